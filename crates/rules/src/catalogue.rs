//! The page that lists every rule of a pack, as Markdown.

use crate::pack::{Example, Pack, Rule};
use crate::reading::Reading;
use guanlan_model::Category;

/// Alternatives of a rule that are shown before it is cut short.
const SHOWN: usize = 4;

/// The page. `command` is what makes it, for the note at its head.
pub fn catalogue(pack: &Pack, command: &str) -> String {
    let urgent = pack.rules.iter().filter(|r| r.orientation).count();
    let mut out = format!(
        "# 规则目录\n\n<!-- 由规则包生成，不要手改。更新：{command} -->\n\n\
         共 {} 条规则，其中 {urgent} 条计入内容导向（◎）。规则写在 `config/rules/` 里，改完运行 `guanlan rules check` 核对；\
         `guanlan rules explain 编号` 说明一条规则的全部细节。\n\n",
        pack.rules.len()
    );
    for category in Category::ALL {
        let rules: Vec<&Rule> = pack.rules.iter().filter(|r| r.category == *category).collect();
        if rules.is_empty() {
            continue;
        }
        out += &format!("## {}（{} 条）\n\n", category.zh(), rules.len());
        for rule in rules {
            out += &entry(rule, pack);
        }
    }
    out
}

fn entry(rule: &Rule, pack: &Pack) -> String {
    let reading = Reading::of(rule, pack);
    let mark = if rule.orientation { " ◎" } else { "" };
    let mut out = format!("### {}{mark} `{}`\n\n", rule.name, rule.id);
    out += &format!("{}级 · {} · {}\n\n", rule.severity.zh(), reading.reads, reading.departments);
    let shown = reading.looks_for.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("；或者");
    let more = reading.looks_for.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!("；另有 {more} 种") } else { String::new() };
    out += &format!("找：{shown}{rest}。\n");
    if reading.concerns != "所有类型" {
        out += &format!("对：{}。\n", reading.concerns);
    }
    let basis = |name: &str, all: &[String]| match all {
        [] => String::new(),
        all => format!("{name}：{}。\n", all.join("；")),
    };
    out += "\n";
    out += &basis("义务依据", &rule.basis_policy);
    out += &basis("处罚依据", &rule.basis_penalty);
    out += "\n";
    for (sign, fires) in [("命中", true), ("不命中", false)] {
        if let Some(example) = rule.examples.iter().find(|e| e.fires == fires) {
            out += &format!("- {sign}：{}\n", one_line(example));
        }
    }
    out + "\n"
}

fn one_line(example: &Example) -> String {
    let title = if example.title.is_empty() { String::new() } else { format!("《{}》", example.title) };
    format!("{title}{}", example.text.replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: &str = "guanlan rules catalogue > docs/rules.md";

    #[test]
    fn the_committed_page_is_what_the_packs_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md");
        let made = catalogue(&crate::builtin(), COMMAND);
        if std::env::var_os("GUANLAN_UPDATE").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap();
        let same = made.lines().zip(committed.lines()).take_while(|(a, b)| a == b).count();
        assert!(
            made == committed,
            "docs/rules.md is not what the packs say (from line {} on); make it anew:\n  \
             GUANLAN_UPDATE=1 cargo test -p guanlan-rules catalogue",
            same + 1
        );
    }
}
