//! What a condition means, decided on the text itself.

use crate::condition::Condition;
use guanlan_rules::query::Field;
use guanlan_text::{paragraphs, sentences};
use std::ops::Range;

/// Most places of one NEAR that a further NEAR is measured from, in one text.
const MAX_PLACES: usize = 20_000;

/// A document as far as conditions can ask about it. Texts are in the normal form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) source: String,
    pub(crate) tier: String,
    pub(crate) categories: Vec<String>,
    pub(crate) institutions: Vec<String>,
    /// Days since the common era.
    pub(crate) day: i64,
}

impl Reading {
    pub(crate) fn satisfies(&self, condition: &Condition) -> bool {
        self.holds(condition, &[&self.title, &self.body])
    }

    fn holds(&self, condition: &Condition, texts: &[&str]) -> bool {
        match condition {
            Condition::All(items) => items.iter().all(|item| self.holds(item, texts)),
            Condition::Any(items) => items.iter().any(|item| self.holds(item, texts)),
            Condition::Not(inner) => !self.holds(inner, texts),
            Condition::In(Field::Title, inner) => self.holds(inner, &[&self.title]),
            Condition::In(Field::Body, inner) => self.holds(inner, &[&self.body]),
            Condition::Institution(ids) => ids.iter().any(|id| self.institutions.contains(id)),
            Condition::Source(names) => names.contains(&self.source),
            Condition::Tier(code) => self.tier == *code,
            Condition::Category(code) => self.categories.iter().any(|category| category == code),
            Condition::Days { from, to } => {
                from.is_none_or(|from| from <= self.day) && to.is_none_or(|to| self.day <= to)
            }
            Condition::Text(_)
            | Condition::Near { .. }
            | Condition::Sentence(_)
            | Condition::Paragraph(_) => texts.iter().any(|text| stands_in(condition, text)),
        }
    }
}

/// Whether the condition is satisfied inside this one stretch of text. Filters say nothing about a stretch and are
/// not satisfied by one; the grammar keeps them out of 句(…) and 段(…).
fn stands_in(condition: &Condition, text: &str) -> bool {
    match condition {
        Condition::Text(needle) => !needle.is_empty() && text.contains(needle.as_str()),
        Condition::All(items) => items.iter().all(|item| stands_in(item, text)),
        Condition::Any(items) => items.iter().any(|item| stands_in(item, text)),
        Condition::Not(inner) => !stands_in(inner, text),
        Condition::Near { left, right, distance, ordered } => {
            !pairs(left, right, *distance, *ordered, text, 1).is_empty()
        }
        Condition::Sentence(inner) => {
            slices(text, sentences(text)).any(|sentence| stands_in(inner, sentence))
        }
        Condition::Paragraph(inner) => {
            slices(text, paragraphs(text)).any(|paragraph| stands_in(inner, paragraph))
        }
        Condition::In(_, inner) => stands_in(inner, text),
        Condition::Institution(_)
        | Condition::Source(_)
        | Condition::Tier(_)
        | Condition::Category(_)
        | Condition::Days { .. } => false,
    }
}

/// The stretches of a text between character offsets that rise.
fn slices(text: &str, ranges: Vec<Range<usize>>) -> impl Iterator<Item = &str> {
    let (mut at_char, mut at_byte) = (0, 0);
    ranges.into_iter().map(move |range| {
        let mut byte_of = |offset: usize| {
            let rest = text.get(at_byte..).unwrap_or_default();
            let step = offset.saturating_sub(at_char);
            at_byte += rest.char_indices().nth(step).map_or(rest.len(), |(byte, _)| byte);
            at_char = offset;
            at_byte
        };
        let start = byte_of(range.start);
        let end = byte_of(range.end);
        text.get(start..end).unwrap_or_default()
    })
}

/// Places in a text, as character offsets, in order of their start.
fn places(condition: &Condition, text: &str) -> Vec<(usize, usize)> {
    let mut found = match condition {
        Condition::Text(needle) => return occurrences(text, needle),
        Condition::Any(items) => items.iter().flat_map(|item| places(item, text)).collect(),
        Condition::Near { left, right, distance, ordered } => {
            pairs(left, right, *distance, *ordered, text, MAX_PLACES)
        }
        _ => Vec::new(),
    };
    found.sort_unstable();
    found.dedup();
    found
}

/// Every place where the needle stands, overlapping ones included, as character offsets.
pub(crate) fn occurrences(text: &str, needle: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let Some(first) = needle.chars().next() else { return found };
    let length = needle.chars().count();
    let (mut at_char, mut at_byte) = (0, 0);
    while let Some(offset) = text.get(at_byte..).and_then(|rest| rest.find(needle)) {
        let byte = at_byte + offset;
        at_char += text.get(at_byte..byte).unwrap_or_default().chars().count();
        found.push((at_char, at_char + length));
        at_char += 1;
        at_byte = byte + first.len_utf8();
    }
    found
}

/// Stretches from one place of `left` to one of `right` (or, unless ordered, the other way round) with at most
/// `distance` characters between the two. Unless ordered, places that overlap have no characters between them; a place
/// is not near itself. Stops after `most`.
fn pairs(
    left: &Condition,
    right: &Condition,
    distance: usize,
    ordered: bool,
    text: &str,
    most: usize,
) -> Vec<(usize, usize)> {
    let (lefts, rights) = (places(left, text), places(right, text));
    let longest = rights.iter().map(|(start, end)| end - start).max().unwrap_or(0);
    let mut found = Vec::new();
    for (start, end) in lefts {
        let earliest = if ordered { end } else { start.saturating_sub(distance + longest) };
        let from = rights.partition_point(|right| right.0 < earliest);
        for right in rights.iter().skip(from).take_while(|right| right.0 <= end + distance) {
            let beside = right.0 >= end;
            let reaches = right.1 + distance >= start && *right != (start, end);
            if beside || (!ordered && reaches) {
                found.push((start.min(right.0), end.max(right.1)));
            }
            if found.len() >= most {
                return found;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: &str, right: &str, distance: usize, ordered: bool) -> Condition {
        let text = |t: &str| Box::new(Condition::Text(t.into()));
        Condition::Near { left: text(left), right: text(right), distance, ordered }
    }

    #[test]
    fn near_counts_the_characters_between() {
        for (text, left, right, distance, ordered, expected) in [
            ("甲一二乙", "甲", "乙", 2, false, true),
            ("甲一二乙", "甲", "乙", 1, false, false),
            ("乙一二甲", "甲", "乙", 2, false, true),
            ("乙一二甲", "甲", "乙", 2, true, false),
            ("培训班", "培训", "训班", 5, false, true),
            ("培训班", "培训", "训班", 5, true, false),
            ("培训班", "培训班", "训班", 5, false, true),
            ("哈哈", "哈", "哈", 1, false, true),
            ("哈", "哈", "哈", 1, false, false),
            ("甲一二三乙甲", "甲", "乙", 1, true, false),
            ("甲一二三乙甲", "甲", "乙", 1, false, true),
        ] {
            assert_eq!(
                stands_in(&near(left, right, distance, ordered), text),
                expected,
                "{text} {left} {right}"
            );
        }
    }

    #[test]
    fn a_chain_is_measured_from_the_whole_stretch_before() {
        let chain = |d| Condition::Near {
            left: Box::new(near("甲", "乙", 10, false)),
            right: Box::new(Condition::Text("丙".into())),
            distance: d,
            ordered: false,
        };
        // The far 乙 stands next to 丙 although a nearer one exists.
        assert!(stands_in(&chain(1), "甲乙一二三乙丙"));
        assert!(!stands_in(&chain(1), "甲乙一二三四丙"));
    }

    #[test]
    fn stretches_are_cut_at_their_own_marks() {
        let both = |wrap: fn(Box<Condition>) -> Condition| {
            wrap(Box::new(Condition::All(vec![Condition::Text("甲".into()), Condition::Text("乙".into())])))
        };
        assert!(stands_in(&both(Condition::Sentence), "丙。甲，乙。"));
        assert!(!stands_in(&both(Condition::Sentence), "甲。乙"));
        assert!(stands_in(&both(Condition::Paragraph), "甲。乙\n丙"));
        assert!(!stands_in(&both(Condition::Paragraph), "甲。\n乙"));
    }

    #[test]
    fn occurrences_may_overlap() {
        assert_eq!(occurrences("啊哈哈哈", "哈哈"), [(1, 3), (2, 4)]);
        assert_eq!(occurrences("啊", ""), []);
    }
}
