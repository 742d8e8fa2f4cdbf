//! One rule that a person drafts, checked over the pack it is to join.

use crate::compile::{CompileError, Compiled};
use crate::examples::check_examples;
use crate::pack::{Pack, PackProblem, Rule};

/// Longest text of a draft, in bytes.
pub const LARGEST_DRAFT: usize = 20 * 1024;

/// A draft, as far as it could be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drafted {
    /// The rule, when it can be read.
    pub rule: Option<Rule>,
    /// The rule of the pack that it takes the place of.
    pub replaces: Option<Rule>,
    /// The pack with the draft over it, when the draft has no fault.
    pub pack: Option<Pack>,
    /// Why it cannot be used.
    pub problems: Vec<PackProblem>,
    /// Its examples that do not come out as stated.
    pub examples: Vec<PackProblem>,
}

impl Drafted {
    /// Can be proposed: no fault, an example that fires and one that does not, and all come out as stated.
    pub fn is_ready(&self) -> bool {
        self.pack.is_some() && self.examples.is_empty() && self.missing_examples().is_none()
    }

    /// Which kind of example is still missing: one that fires (`true`) or one that does not (`false`).
    pub fn missing_examples(&self) -> Option<bool> {
        let rule = self.rule.as_ref()?;
        [true, false].into_iter().find(|fires| !rule.examples.iter().any(|e| e.fires == *fires))
    }
}

/// Reads a draft over a pack and runs its examples. A draft is one rule and nothing else: lists and suppressors would
/// change other rules as well.
pub fn draft_over(pack: &Pack, file: &str, text: &str) -> Drafted {
    if let Some(message) = not_one_rule(text) {
        return Drafted { problems: vec![at_the_start(file, text, message)], ..Drafted::default() };
    }
    let mut joined = match pack.texts.clone().with(file, text).read() {
        Ok(joined) => joined,
        Err(problems) => return Drafted { problems, ..Drafted::default() },
    };
    let Some(at) = joined.rules.iter().position(|rule| rule.file == file) else { return Drafted::default() };
    let replaces = pack.rules.iter().find(|rule| rule.id == joined.rules[at].id).cloned();
    let rule = joined.rules[at].clone();
    // Alone with the pack's words: the other rules have been checked.
    let others = std::mem::replace(&mut joined.rules, vec![rule.clone()]);
    let checked = Compiled::new(&joined, std::iter::empty()).and_then(|_| check_examples(&joined));
    joined.rules = others;
    match checked {
        Ok(examples) => {
            Drafted { rule: Some(rule), replaces, pack: Some(joined), problems: Vec::new(), examples }
        }
        Err(error) => {
            let message = match error {
                CompileError::Opening(_) => "match 里没有能触发规则的词或数字条件，请至少写一个词".to_owned(),
                CompileError::Automaton(why) => format!("词太多，无法编译：{why}"),
            };
            let problem = PackProblem { rule: Some(rule.id.clone()), ..at_the_start(file, text, message) };
            Drafted { rule: Some(rule), replaces, problems: vec![problem], ..Drafted::default() }
        }
    }
}

/// Why a text is not one rule alone. Faults of TOML itself are left to the reader, which names their place.
fn not_one_rule(text: &str) -> Option<String> {
    if text.len() > LARGEST_DRAFT {
        return Some(format!("草稿有 {} 字节，最多 {LARGEST_DRAFT} 字节", text.len()));
    }
    let table: toml::Table = toml::from_str(text).ok()?;
    if let Some(key) = table.keys().find(|key| *key != "rule") {
        return Some(format!("草稿只写一条规则，不能有 {key}：词表和抑制词会影响别的规则，请改规则包文件"));
    }
    let rules = table.get("rule").and_then(toml::Value::as_array).map_or(0, Vec::len);
    (rules != 1).then(|| format!("草稿要有一条规则（以 [[rule]] 开头），这里有 {rules} 条"))
}

fn at_the_start(file: &str, text: &str, message: String) -> PackProblem {
    let written = text.lines().next().unwrap_or_default().to_owned();
    PackProblem { file: file.to_owned(), line: 1, column: 1, rule: None, message, written }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::load_texts;

    const PACK: &str = "[lists]\n'课程' = ['数学']\n[suppressors]\nnews = ['演练']\n[[rule]]\nid = 'a'\nname = '甲'\n\
        category = 'fees'\nseverity = 'low'\napplies_to = ['news']\nmatch = '预收'\n";
    const DRAFT: &str = "[[rule]]\nid = 'b'\nname = '乙'\ncategory = 'scope'\nseverity = 'low'\n\
        applies_to = ['news']\nmatch = '句(@课程 招生)'\n[[rule.example]]\ntext = '数学班招生。'\nfires = true\n\
        [[rule.example]]\ntext = '画展招生。'\nfires = false\n";

    fn draft(text: &str) -> Drafted {
        draft_over(&load_texts("t", &[("t.toml", PACK)]).unwrap(), "草稿1.toml", text)
    }

    #[test]
    fn a_good_draft_joins_the_pack() {
        let drafted = draft(DRAFT);
        assert!(drafted.is_ready() && drafted.replaces.is_none(), "{drafted:?}");
        let ids: Vec<String> = drafted.pack.unwrap().rules.into_iter().map(|r| r.id).collect();
        assert_eq!(ids, ["a", "b"]);
        let over = draft(&DRAFT.replace("'b'", "'a'"));
        assert_eq!((over.replaces.unwrap().name, over.pack.unwrap().rules.len()), ("甲".to_owned(), 1));
    }

    #[test]
    fn a_fault_is_named_and_nothing_joins() {
        for (from, to, words) in [
            ("(@课程", "(@课", "@课 没有定义"),
            ("招生)'", "招生'", "表达式第"),
            ("[[rule]]", "[[rul]]", "不能有 rul"),
            ("[[rule]]", "[lists]\n'甲' = ['乙']\n[[rule]]", "不能有 lists"),
            (DRAFT, "", "这里有 0 条"),
            (DRAFT, &DRAFT.repeat(2), "这里有 2 条"),
            ("'句(@课程 招生)'", "'-招生'", "只有排除词"),
            ("'乙'", &format!("'{}'", "长".repeat(LARGEST_DRAFT)), "最多"),
        ] {
            let drafted = draft(&DRAFT.replacen(from, to, 1));
            assert!(drafted.pack.is_none() && !drafted.is_ready(), "{to}");
            let said: Vec<String> = drafted.problems.iter().map(ToString::to_string).collect();
            assert!(said.iter().any(|line| line.contains(words)), "{to}: {said:?}");
        }
    }

    #[test]
    fn a_draft_without_good_examples_is_not_ready() {
        let wrong = draft(&DRAFT.replace("画展招生", "数学招生"));
        assert!(wrong.pack.is_some() && !wrong.is_ready());
        assert!(wrong.examples[0].message.contains("不应命中"));
        let one_kind = draft(DRAFT.rsplit_once("[[rule.example]]").unwrap().0);
        assert_eq!((one_kind.missing_examples(), one_kind.is_ready()), (Some(false), false));
    }
}
