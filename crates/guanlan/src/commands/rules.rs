//! `guanlan rules`: check, list and explain packs, and print their catalogue.

use super::{backtest, wait};
use crate::config::Config;
use crate::instance::packs;
use crate::{cli, say};
use anyhow::{Result, bail};
use guanlan_rules::{Pack, Reading, Rule};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use strsim::levenshtein;
use unicode_width::UnicodeWidthStr;

/// How `docs/rules.md` is made.
const CATALOGUE: &str = "guanlan rules catalogue > docs/rules.md";

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
        cli::Rules::Backtest(args) => return wait(backtest::run(&installation()?, args)),
        cli::Rules::Check { rules } => return check(&load(rules)?),
        cli::Rules::List(list) => self::list(&load(&list.rules)?, list),
        cli::Rules::Explain { id, rules, json } => explain(&load(rules)?, id, *json)?,
        cli::Rules::Catalogue { rules } => {
            say::text(guanlan_rules::catalogue(&load(rules)?, CATALOGUE));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn check(pack: &Pack) -> Result<ExitCode> {
    let failures = guanlan_rules::check_examples(pack)?;
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

fn list(pack: &Pack, list: &cli::RuleList) {
    let wanted = |rule: &&Rule| {
        list.category.is_none_or(|c| rule.category == c)
            && list.kind.is_none_or(|k| rule.applies_to.contains(&k))
            && (!list.orientation || rule.orientation)
    };
    let rules: Vec<&Rule> = pack.rules.iter().filter(wanted).collect();
    if list.json {
        rules.iter().for_each(|rule| say::line(facts(rule)));
        return;
    }
    let mut table = vec![[
        "".to_owned(),
        "编号".into(),
        "名称".into(),
        "类别".into(),
        "级别".into(),
        "用于".into(),
        "主办".into(),
    ]];
    table.extend(rules.iter().map(|rule| row(rule)));
    let widths: Vec<usize> =
        (0..7).map(|column| table.iter().map(|row| row[column].width()).max().unwrap_or(0)).collect();
    for row in &table {
        let cells: Vec<String> = (row.iter().zip(&widths))
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())))
            .collect();
        say::line(cells.join("  ").trim_end());
    }
    say::line(format!("共 {} 条；◎ 计入内容导向。guanlan rules explain 编号 查看一条。", rules.len()));
}

fn row(rule: &Rule) -> [String; 7] {
    let kinds: Vec<&str> = rule.applies_to.iter().map(|k| k.zh()).collect();
    let mark = if rule.orientation { "◎" } else { "" };
    let texts =
        [mark, &rule.id, &rule.name, rule.category.zh(), rule.severity.zh(), &kinds.join("、"), &rule.lead];
    texts.map(str::to_owned)
}

/// What a program reads about a rule.
fn facts(rule: &Rule) -> serde_json::Value {
    json!({
        "id": rule.id, "name": rule.name, "category": rule.category, "severity": rule.severity,
        "orientation": rule.orientation, "applies_to": rule.applies_to,
        "institution_types": rule.institution_types, "lead": rule.lead, "co": rule.co,
        "lead_for": rule.lead_for, "co_for": rule.co_for,
    })
}

fn explain(pack: &Pack, id: &str, as_json: bool) -> Result<()> {
    let Some(rule) = pack.rules.iter().find(|r| r.id == id) else {
        bail!("没有编号为 {id} 的规则。{}全部编号见 guanlan rules list", nearest(pack, id));
    };
    let reading = Reading::of(rule, pack);
    if as_json {
        let mut all = facts(rule);
        let more = json!({
            "match": rule.match_text, "looks_for": reading.looks_for, "concerns": reading.concerns,
            "unless": reading.unless, "departments": reading.departments,
            "basis_policy": rule.basis_policy, "basis_penalty": rule.basis_penalty, "pack": pack.version,
            "examples": rule.examples.iter().map(|e| json!({"text": e.text, "fires": e.fires})).collect::<Vec<_>>(),
        });
        if let (Some(all), Some(more)) = (all.as_object_mut(), more.as_object()) {
            all.extend(more.clone());
        }
        say::line(all);
        return Ok(());
    }
    say::line(format!(
        "{}（{}）　{}　{}级{}",
        rule.name,
        rule.id,
        rule.category.zh(),
        rule.severity.zh(),
        if rule.orientation { "　◎ 计入内容导向" } else { "" }
    ));
    let mut parts = reading.lines();
    parts.push(("义务依据", rule.basis_policy.join("\n")));
    parts.push(("处罚依据", rule.basis_penalty.join("\n")));
    for (title, fires) in [("会命中的例子", true), ("不会命中的例子", false)] {
        let texts: Vec<&str> =
            rule.examples.iter().filter(|e| e.fires == fires).map(|e| e.text.as_str()).collect();
        parts.push((title, texts.join("\n")));
    }
    parts.push(("出处", format!("{} 第 {} 行，规则包 {}", rule.file, rule.line, pack.version)));
    for (title, text) in parts.iter().filter(|(_, text)| !text.is_empty()) {
        say::line(format!("\n{title}"));
        text.lines().for_each(|line| say::line(format!("  {line}")));
    }
    Ok(())
}

/// “是否指 prepay-over-limit（预收费超限）？” for an id that is nearly right, or for the name of a rule.
fn nearest(pack: &Pack, id: &str) -> String {
    let near = |rule: &&Rule| {
        let words =
            if rule.name.contains(id) || rule.id.contains(id) { 0 } else { levenshtein(&rule.id, id) };
        (words, rule.id.len())
    };
    let best = pack.rules.iter().min_by_key(near).filter(|rule| near(rule).0 <= 2 + id.len() / 4);
    best.map(|rule| format!("是否指 {}（{}）？", rule.id, rule.name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rule_is_suggested() {
        let pack = guanlan_rules::builtin();
        for asked in ["prepay-overlimit", "prepay-over-limt", "预收费超限"] {
            assert_eq!(nearest(&pack, asked), "是否指 prepay-over-limit（预收费超限）？", "{asked}");
        }
        assert_eq!(nearest(&pack, "qwertyuiop"), "");
    }
}
