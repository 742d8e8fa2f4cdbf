//! Which rules can match at all, by which words occur in which sentences of the article.
//!
//! Most articles satisfy no rule. To know that, no place of any word is needed: the words of every operand form a
//! group, an article is the set of groups of which a word occurs, each with the sentences where, and a rule asks for
//! some of them.

use crate::compile::{CompiledRule, Node, Word};
use crate::facts;
use crate::query::Field;
use guanlan_model::Form;
use std::collections::HashMap;

/// Sentences as bits: the first ones are those of the title; the last one of a field stands for all further ones.
type Sentences = u64;
const TITLE: u32 = 8;

/// The bit of a sentence of the title or the body.
pub(crate) fn sentence_bit(field: usize, number: u32) -> Sentences {
    let bit = if field == 0 { number.min(TITLE - 1) } else { (TITLE + number).min(u64::BITS - 1) };
    1 << bit
}

fn of_field(field: Field) -> Sentences {
    let title = (1 << TITLE) - 1;
    match field {
        Field::Title => title,
        Field::Body => !title,
    }
}

/// Where words of each group occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Present {
    sentences: Vec<Sentences>,
}

impl Present {
    fn of(&self, group: u16) -> Sentences {
        self.sentences.get(usize::from(group)).copied().unwrap_or_default()
    }

    fn add(&mut self, group: u16, sentences: Sentences) {
        if let Some(all) = self.sentences.get_mut(usize::from(group)) {
            *all |= sentences;
        }
    }
}

/// What must occur for a node to match; not all that must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Need {
    Group(u16),
    All(Vec<Need>),
    Any(Vec<Need>),
    Near(Box<(Need, Need)>),
    Sentence(Box<Need>),
    Paragraph(Box<Need>),
    In(Field, Box<Need>),
}

impl Need {
    /// Sentences where the node may match: those of its first operand, or of all of them inside one sentence.
    fn met(&self, present: &Present, one_sentence: bool) -> Sentences {
        match self {
            Need::Group(group) => present.of(*group),
            Need::All(parts) => {
                let mut met = None;
                for part in parts {
                    let here = part.met(present, one_sentence);
                    let left =
                        if one_sentence { met.unwrap_or(Sentences::MAX) & here } else { met.unwrap_or(here) };
                    if here == 0 || left == 0 {
                        return 0;
                    }
                    met = Some(left);
                }
                met.unwrap_or(Sentences::MAX)
            }
            Need::Any(parts) => parts.iter().fold(0, |all, p| all | p.met(present, one_sentence)),
            Need::Near(sides) => {
                let (left, right) = (sides.0.met(present, one_sentence), sides.1.met(present, one_sentence));
                if left == 0 || right == 0 { 0 } else { left | right }
            }
            Need::Sentence(inner) => inner.met(present, true),
            Need::Paragraph(inner) => inner.met(present, false),
            Need::In(field, inner) => inner.met(present, one_sentence) & of_field(*field),
        }
    }
}

/// The gate of a pack.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    needs: Vec<Need>,
    /// Groups of the words that each rule is evaluated with.
    used: Vec<Vec<u16>>,
    /// Groups of a word: `groups[starts[word]..starts[word + 1]]`.
    starts: Vec<u32>,
    groups: Vec<u16>,
    count: usize,
}

/// More operands than any pack has; a group beyond it takes the last number, which only opens rules needlessly.
const MOST: usize = u16::MAX as usize;

#[derive(Default)]
struct Builder {
    numbers: HashMap<Vec<Word>, u16>,
}

impl Builder {
    fn group(&mut self, words: &[Word]) -> u16 {
        let next = self.numbers.len().min(MOST) as u16;
        *self.numbers.entry(words.to_vec()).or_insert(next)
    }

    fn need(&mut self, node: &Node, word: &mut impl FnMut(&str) -> Option<Word>) -> Need {
        match node {
            Node::Words(words) => Need::Group(self.group(words)),
            Node::All { all, .. } => {
                // A number is looked for only where the words are there; where it stands alone, its units open it.
                let only_numbers = all.iter().all(is_number);
                let asked = all.iter().filter(|n| only_numbers || !is_number(n));
                Need::All(asked.map(|n| self.need(n, word)).collect())
            }
            Node::Any(parts) => Need::Any(parts.iter().map(|n| self.need(n, word)).collect()),
            Node::Near { left, right, .. } => {
                Need::Near(Box::new((self.need(left, word), self.need(right, word))))
            }
            Node::Sentence(inner) => Need::Sentence(Box::new(self.need(inner, word))),
            Node::Paragraph(inner) => Need::Paragraph(Box::new(self.need(inner, word))),
            Node::In(field, inner) => Need::In(*field, Box::new(self.need(inner, word))),
            Node::Fact(fact) => {
                let mut words: Vec<Word> =
                    facts::openers(fact.quantity).iter().filter_map(|w| word(w)).collect();
                words.sort_unstable();
                Need::Group(self.group(&words))
            }
        }
    }

    /// Groups of every operand, of the excluded ones too.
    fn used(&mut self, node: &Node, out: &mut Vec<u16>) {
        match node {
            Node::Words(words) => out.push(self.group(words)),
            Node::All { all, none } => all.iter().chain(none).for_each(|n| self.used(n, out)),
            Node::Any(parts) => parts.iter().for_each(|n| self.used(n, out)),
            Node::Near { left, right, .. } => [left, right].into_iter().for_each(|n| self.used(n, out)),
            Node::Sentence(inner) | Node::Paragraph(inner) | Node::In(_, inner) => self.used(inner, out),
            Node::Fact(_) => {}
        }
    }
}

fn is_number(node: &Node) -> bool {
    match node {
        Node::Fact(_) => true,
        Node::Sentence(inner) | Node::Paragraph(inner) | Node::In(_, inner) => is_number(inner),
        _ => false,
    }
}

impl Gate {
    /// `aliases` are the words that a disguise stands for; `word` leads from a text to its word in the automaton.
    pub(crate) fn new(
        rules: &[CompiledRule],
        aliases: &HashMap<Word, Vec<(Word, Form)>>,
        mut word: impl FnMut(&str) -> Option<Word>,
    ) -> Gate {
        let mut builder = Builder::default();
        let needs = rules.iter().map(|rule| builder.need(&rule.matches, &mut word)).collect();
        let used = rules
            .iter()
            .map(|rule| {
                let mut groups = Vec::new();
                builder.used(&rule.matches, &mut groups);
                rule.suppress.iter().for_each(|(_, node)| builder.used(node, &mut groups));
                groups.sort_unstable();
                groups.dedup();
                groups
            })
            .collect();
        let words = builder.numbers.keys().flatten().chain(aliases.keys());
        let last = words.max().map_or(0, |word| *word as usize + 1);
        let mut of_word: Vec<Vec<u16>> = vec![Vec::new(); last];
        for (words, group) in &builder.numbers {
            words.iter().for_each(|word| of_word[*word as usize].push(*group));
        }
        for (disguise, meant) in aliases {
            let meant =
                meant.iter().flat_map(|(word, _)| of_word.get(*word as usize).cloned().unwrap_or_default());
            let meant: Vec<u16> = meant.collect();
            of_word[*disguise as usize].extend(meant);
        }
        let (mut starts, mut groups) = (vec![0], Vec::new());
        for mut own in of_word {
            own.sort_unstable();
            own.dedup();
            groups.extend(own);
            starts.push(groups.len() as u32);
        }
        Gate { needs, used, starts, groups, count: builder.numbers.len().min(MOST + 1) }
    }

    /// The groups of one word.
    fn groups_of(&self, word: Word) -> &[u16] {
        let at = word as usize;
        let range = self.starts.get(at).zip(self.starts.get(at + 1));
        range.and_then(|(from, upto)| self.groups.get(*from as usize..*upto as usize)).unwrap_or_default()
    }

    /// No group anywhere.
    pub(crate) fn nothing(&self) -> Present {
        Present { sentences: vec![0; self.count] }
    }

    /// Notes that a word occurs in a sentence.
    pub(crate) fn note(&self, word: Word, sentence: Sentences, present: &mut Present) {
        self.groups_of(word).iter().for_each(|group| present.add(*group, sentence));
    }

    /// True when a rule may match where these groups are present.
    pub(crate) fn opens(&self, rule: u32, present: &Present) -> bool {
        self.needs.get(rule as usize).is_some_and(|need| need.met(present, false) != 0)
    }

    /// The groups that some of the rules ask for.
    pub(crate) fn used_by(&self, rules: &[u32]) -> Used {
        let mut used = Used { bits: vec![0; self.count.div_ceil(64)] };
        for group in rules.iter().filter_map(|rule| self.used.get(*rule as usize)).flatten() {
            if let Some(bits) = used.bits.get_mut(usize::from(*group) / 64) {
                *bits |= 1 << (group % 64);
            }
        }
        used
    }

    /// True when a word belongs to one of the groups.
    pub(crate) fn is_in(&self, word: Word, used: &Used) -> bool {
        let holds =
            |group: &u16| used.bits.get(usize::from(*group) / 64).is_some_and(|b| b >> (group % 64) & 1 == 1);
        self.groups_of(word).iter().any(holds)
    }
}

/// Groups, as bits.
#[derive(Debug)]
pub(crate) struct Used {
    bits: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_title_and_body_never_share_a_bit() {
        for number in [0, 5, 7, 8, 60, 10_000] {
            assert_eq!(sentence_bit(0, number) & of_field(Field::Body), 0);
            assert_eq!(sentence_bit(1, number) & of_field(Field::Title), 0);
        }
        assert_ne!(sentence_bit(1, 0), sentence_bit(1, 1));
    }
}
