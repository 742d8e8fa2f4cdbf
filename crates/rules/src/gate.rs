//! Which rules can match at all, by which words occur anywhere in the article.
//!
//! Most articles satisfy no rule. To know that, no place of any word is needed: the words of every operand form a
//! group, an article is the set of groups of which a word occurs, and a rule asks for some of them.

use crate::compile::{CompiledRule, Node, Word};
use crate::facts;
use guanlan_model::Form;
use std::collections::HashMap;

/// The groups of which a word occurs, as bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Present {
    bits: Vec<u64>,
}

impl Present {
    fn set(&mut self, group: u16) {
        if let Some(bits) = self.bits.get_mut(usize::from(group) / 64) {
            *bits |= 1 << (group % 64);
        }
    }

    fn holds(&self, group: u16) -> bool {
        self.bits.get(usize::from(group) / 64).is_some_and(|bits| bits >> (group % 64) & 1 == 1)
    }
}

/// What must occur for a node to match; not all that must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Need {
    Group(u16),
    All(Vec<Need>),
    Any(Vec<Need>),
}

impl Need {
    fn is_met(&self, present: &Present) -> bool {
        match self {
            Need::Group(group) => present.holds(*group),
            Need::All(parts) => parts.iter().all(|p| p.is_met(present)),
            Need::Any(parts) => parts.iter().any(|p| p.is_met(present)),
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
            Node::Near { left, right, .. } => Need::All(vec![self.need(left, word), self.need(right, word)]),
            Node::Sentence(inner) | Node::Paragraph(inner) | Node::In(_, inner) => self.need(inner, word),
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

    /// No group.
    pub(crate) fn nothing(&self) -> Present {
        Present { bits: vec![0; self.count.div_ceil(64)] }
    }

    /// Notes that a word occurs.
    pub(crate) fn note(&self, word: Word, present: &mut Present) {
        self.groups_of(word).iter().for_each(|group| present.set(*group));
    }

    /// True when a rule may match where these groups are present.
    pub(crate) fn opens(&self, rule: u32, present: &Present) -> bool {
        self.needs.get(rule as usize).is_some_and(|need| need.is_met(present))
    }

    /// The groups that some of the rules ask for.
    pub(crate) fn used_by(&self, rules: &[u32]) -> Present {
        let mut used = self.nothing();
        for groups in rules.iter().filter_map(|rule| self.used.get(*rule as usize)) {
            groups.iter().for_each(|group| used.set(*group));
        }
        used
    }

    /// True when a word belongs to one of the groups.
    pub(crate) fn is_in(&self, word: Word, groups: &Present) -> bool {
        self.groups_of(word).iter().any(|group| groups.holds(*group))
    }
}
