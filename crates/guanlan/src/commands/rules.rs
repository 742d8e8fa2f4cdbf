//! `guanlan rules`: check, list and explain packs.

use super::{backtest, wait};
use crate::config::Config;
use crate::instance::packs;
use crate::{cli, say};
use anyhow::{Result, bail};
use guanlan_rules::Rule;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs one of them.
///
/// # Errors
/// When a pack cannot be loaded or a rule is unknown.
pub fn run(
    command: &cli::Rules,
    config: &Path,
    installation: impl Fn() -> Result<Config>,
) -> Result<ExitCode> {
    // The packs that `guanlan run` would use here.
    let own = config.with_file_name("rules");
    let own = own.is_dir().then_some(own);
    let load = |given: &Option<PathBuf>| packs(given.as_deref().or(own.as_deref()));
    match command {
        cli::Rules::Backtest(args) => wait(backtest::run(&installation()?, args)),
        cli::Rules::Check { rules } => {
            let pack = load(rules)?;
            let failures = guanlan_rules::check_examples(&pack)?;
            let examples: usize = pack.rules.iter().map(|r| r.examples.len()).sum();
            for failure in &failures {
                say::line(failure);
            }
            if failures.is_empty() {
                say::line(format!(
                    "规则包 {}：{} 条规则，{examples} 个示例全部通过。",
                    pack.version,
                    pack.rules.len()
                ));
                return Ok(ExitCode::SUCCESS);
            }
            say::line(format!("{} 个示例不通过，规则包不能启用。", failures.len()));
            Ok(ExitCode::FAILURE)
        }
        cli::Rules::List { rules, json } => {
            let pack = load(rules)?;
            for rule in &pack.rules {
                if *json {
                    say::line(serde_json::json!({
                        "id": rule.id, "name": rule.name, "category": rule.category, "severity": rule.severity,
                        "orientation": rule.orientation, "lead": rule.lead, "co": rule.co,
                    }));
                } else {
                    let mark = if rule.orientation { "◎" } else { "　" };
                    say::line(format!(
                        "{mark}{:<3} {:<28} {}（{}）",
                        rule.severity.zh(),
                        rule.id,
                        rule.name,
                        rule.category.zh()
                    ));
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        cli::Rules::Explain { id, rules } => {
            let pack = load(rules)?;
            let Some(rule) = pack.rules.iter().find(|r| r.id == *id) else {
                bail!("没有编号为 {id} 的规则；用 guanlan rules list 查看全部编号");
            };
            explain(rule, &pack.version);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn explain(rule: &Rule, version: &str) {
    say::line(format!("{}（{}）　规则包 {version}", rule.name, rule.id));
    say::line(format!(
        "类别：{}　级别：{}{}",
        rule.category.zh(),
        rule.severity.zh(),
        if rule.orientation { "　◎内容导向" } else { "" }
    ));
    let kinds: Vec<&str> = rule.applies_to.iter().map(|k| k.zh()).collect();
    say::line(format!("用于：{}", kinds.join("、")));
    if !rule.institution_types.is_empty() {
        let types: Vec<&str> = rule.institution_types.iter().map(|t| t.zh()).collect();
        say::line(format!("机构类型：{}", types.join("、")));
    }
    say::line(format!("出现：{}", rule.match_text));
    if let Some(suppress) = &rule.suppress {
        say::line(format!("除非：{suppress}"));
    }
    say::line(format!("牵头：{}　配合：{}", rule.lead, rule.co.join("、")));
    for basis in &rule.basis_policy {
        say::line(format!("义务依据：{basis}"));
    }
    for basis in &rule.basis_penalty {
        say::line(format!("处罚依据：{basis}"));
    }
}
