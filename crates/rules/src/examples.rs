//! The examples of a pack, run.

use crate::compile::{CompileError, Compiled};
use crate::document::Document;
use crate::evaluate::{Named, different};
use crate::pack::{Example, Pack, PackProblem, Rule};

/// Runs every example of every rule against the pack and reports those that do not come out as stated, with the line
/// of their text. Judged on the text alone: conditions that need a register (licence, scope) count as met, and an
/// example that must fire is read as one about a registered institution.
///
/// # Errors
/// The pack cannot be compiled.
pub fn check_examples(pack: &Pack) -> Result<Vec<PackProblem>, CompileError> {
    let compiled = Compiled::new(pack, std::iter::empty())?;
    let mut problems = Vec::new();
    for (index, rule) in pack.rules.iter().enumerate() {
        for example in &rule.examples {
            if let Some(message) = judge(&compiled, index, rule, example) {
                problems.push(PackProblem {
                    file: rule.file.clone(),
                    line: example.line,
                    column: 1,
                    rule: Some(rule.id.clone()),
                    message,
                    written: String::new(),
                });
            }
        }
    }
    Ok(problems)
}

fn judge(compiled: &Compiled, index: usize, rule: &Rule, example: &Example) -> Option<String> {
    let document = Document::new(&example.title, &example.text);
    let (scan, matches) = compiled.read(&document, example.kind);
    let named = if example.fires { Named::InSentence } else { Named::Nowhere };
    let concerned = match example.institution_type {
        Some(kind) => rule.institution_types.is_empty() || rule.institution_types.contains(&kind),
        None => true,
    };
    let mut held = None;
    let mut standing = Vec::new();
    for hit in matches.iter().filter(|m| m.rule == index && concerned) {
        match compiled.held_back(&document, &scan, hit, example.kind, named) {
            Some(by) => held = Some(by),
            None => standing.push(hit.parts.first().copied().unwrap_or((hit.start, hit.end))),
        }
    }
    let found = different(&document, standing.iter().copied());
    let fired =
        standing.last().filter(|_| found >= rule.at_least).map(|(s, e)| document.slice(*s, *e).to_owned());
    if example.fires && found > 0 && fired.is_none() {
        return Some(format!("例句应当命中，却只有 {found} 个不同的信号，规则要求 {}", rule.at_least));
    }
    match (example.fires, fired) {
        (true, None) => Some(match held {
            Some(by) => format!("例句应当命中，却被抑制：{by}"),
            None => "例句应当命中，却没有命中".to_owned(),
        }),
        (false, Some(text)) => Some(format!("例句不应命中，却命中了“{text}”")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::{builtin, load_texts};

    #[test]
    fn every_example_of_the_shipped_packs_comes_out_as_stated() {
        let problems = check_examples(&builtin()).unwrap();
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(shown.is_empty(), "{}", shown.join("\n"));
    }

    #[test]
    fn an_example_that_comes_out_otherwise_is_reported_with_its_line() {
        let pack = |fires: bool, text: &str| {
            let toml = format!(
                "[suppressors]\npromo = ['严禁']\n[[rule]]\nid = 'a'\nname = '甲'\ncategory = 'fees'\nseverity = 'low'\n\
                 applies_to = ['promo']\nmatch = '补课'\n[[rule.example]]\ntext = '{text}'\nfires = {fires}\n"
            );
            load_texts("t", &[("t.toml", &toml)]).unwrap()
        };
        for (fires, text, words) in [
            (true, "周末画画", "却没有命中"),
            (true, "严禁补课", "却被抑制"),
            (false, "周末补课", "却命中了“补课”"),
        ] {
            let problems = check_examples(&pack(fires, text)).unwrap();
            assert_eq!((problems.len(), problems[0].line), (1, 11));
            assert!(problems[0].message.contains(words), "{}", problems[0]);
        }
        assert_eq!(check_examples(&pack(true, "周末补课")).unwrap(), []);
    }
}
