//! A rule as it stands in its file.

use crate::pack::Pack;

/// The text of one rule of a pack, from its `[[rule]]` to the next table that is not its own. To begin a draft with.
pub fn written(pack: &Pack, id: &str) -> Option<String> {
    let rule = pack.rules.iter().find(|rule| rule.id == id)?;
    let mut texts = pack.texts.changes.iter().rev().chain(&pack.texts.files);
    let (_, text) = texts.find(|(file, _)| *file == rule.file)?;
    let lines: Vec<&str> = text.lines().collect();
    let above = lines.get(..rule.line)?;
    let start = above.iter().rposition(|line| line.trim() == "[[rule]]")?;
    let own =
        |line: &&&str| !line.starts_with('[') || line.starts_with("[[rule.") || line.starts_with("[rule.");
    let body: Vec<&str> = lines[start + 1..].iter().take_while(own).copied().collect();
    let end = body.iter().rposition(|line| !line.trim().is_empty() && !line.starts_with('#'))?;
    Some(format!("[[rule]]\n{}\n", body[..=end].join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::builtin;
    use crate::{draft_over, load_texts};

    #[test]
    fn every_shipped_rule_can_be_taken_up_as_a_draft() {
        let pack = builtin();
        for rule in pack.rules.iter().step_by(7) {
            let text = written(&pack, &rule.id).unwrap_or_else(|| panic!("{} is not found", rule.id));
            let drafted = draft_over(&pack, "草稿.toml", &text);
            let again = drafted.rule.unwrap_or_else(|| panic!("{}: {:?}", rule.id, drafted.problems));
            assert_eq!(
                (&again.id, &again.matches, again.examples.len()),
                (&rule.id, &rule.matches, rule.examples.len())
            );
        }
    }

    #[test]
    fn a_rule_ends_where_the_next_table_begins() {
        let text = "[[rule]]\nid = 'a'\nname = '甲'\ncategory = 'fees'\nseverity = 'low'\napplies_to = ['news']\nmatch = '预收'\n\
                    [[rule.example]]\ntext = '预收'\nfires = true\n\n# about b\n[[rule]]\nid = 'b'\nname = '乙'\n\
                    category = 'fees'\nseverity = 'low'\napplies_to = ['news']\nmatch = '超收'\n[lists]\n'词' = ['甲']\n";
        let pack = load_texts("t", &[("t.toml", text)]).unwrap();
        assert!(written(&pack, "a").unwrap().ends_with("fires = true\n"));
        assert!(written(&pack, "b").unwrap().ends_with("match = '超收'\n"));
        assert_eq!(written(&pack, "c"), None);
    }
}
