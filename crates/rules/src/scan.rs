//! Finding the words of a pack and the names of a register in an article.
//!
//! One pass of the automaton notes which word ends at which byte and nothing more ([`Compiled::find`]). Where the words
//! stand as characters is worked out only for rules that can match at all ([`Compiled::scan`]) and only when somebody
//! asks for names ([`Compiled::names`]): most articles need neither.

use crate::compile::{Compiled, Duty, Word};
use crate::disguise::{self, Seen};
use crate::document::Document;
use crate::gate::Present;
use guanlan_model::Kind;

/// A word found in a document; places as in [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub word: Word,
    pub start: usize,
    pub end: usize,
}

/// A name pattern found in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameHit {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Index of the pattern as it was handed to [`Compiled::new`].
    pub pattern: usize,
}

/// What the automaton met in title and body; bytes of the field's normal form.
#[derive(Debug)]
pub struct Occurrences {
    /// Words of the pack and the byte where each ends.
    words: [Vec<(Word, u32)>; 2],
    /// Name patterns with the bytes where each begins and ends.
    names: [Vec<(u32, u32, u32)>; 2],
    present: Present,
}

impl Occurrences {
    /// The name patterns that were met, in no order; some may turn out to be pieces of longer words.
    pub fn patterns(&self) -> impl Iterator<Item = usize> + '_ {
        self.names.iter().flatten().map(|(pattern, _, _)| *pattern as usize)
    }
}

/// The words of rules that can match one document.
#[derive(Debug, Default)]
pub struct Scan {
    /// Words of these rules, sorted by word and place.
    pub(crate) hits: Vec<Hit>,
    /// Words with a duty, sorted by place.
    pub(crate) cues: Vec<(Hit, Duty)>,
    /// The rules, sorted.
    pub(crate) open: Vec<u32>,
}

impl Scan {
    /// Places of one word.
    pub(crate) fn places(&self, word: Word) -> &[Hit] {
        let from = self.hits.partition_point(|h| h.word < word);
        let upto = from + self.hits[from..].partition_point(|h| h.word == word);
        &self.hits[from..upto]
    }
}

impl Compiled {
    /// Meets every rule word and every name in one pass over title and body.
    pub fn find(&self, document: &Document<'_>) -> Occurrences {
        let mut found = Occurrences {
            words: Default::default(),
            names: Default::default(),
            present: self.gate.nothing(),
        };
        let Some(automaton) = &self.automaton else { return found };
        let first_name = self.entries.len() as u32;
        for (field, (_, normal)) in document.fields().into_iter().enumerate() {
            let (words, names) = (&mut found.words[field], &mut found.names[field]);
            for met in automaton.find_overlapping_iter(normal.as_str()) {
                match met.value().checked_sub(first_name) {
                    Some(pattern) => names.push((pattern, met.start() as u32, met.end() as u32)),
                    None => {
                        self.gate.note(met.value(), &mut found.present);
                        words.push((met.value(), met.end() as u32));
                    }
                }
            }
        }
        found
    }

    /// The rules for this kind of article that can match, and where their words stand.
    pub fn scan(&self, document: &Document<'_>, found: &Occurrences, kind: Kind) -> Scan {
        let open: Vec<u32> = (0..self.rules().len() as u32)
            .filter(|rule| self.reads(*rule, kind) && self.gate.opens(*rule, &found.present))
            .collect();
        let mut scan = Scan { open, ..Scan::default() };
        if scan.open.is_empty() {
            return scan;
        }
        let used = self.gate.used_by(&scan.open);
        let mut disguised = Vec::new();
        for (words, (at, normal)) in found.words.iter().zip(document.fields()) {
            for &(word, end) in words {
                let Some(entry) = self.entries.get(word as usize) else { continue };
                let (in_rule, has_duty) = (self.gate.is_in(word, &used), entry.duty.is_any());
                if !in_rule && !has_duty && !entry.disguised {
                    continue;
                }
                let end = normal.char_of(end as usize);
                let start = end - entry.chars as usize;
                if !entry.edges.are_free(normal.as_str(), normal.byte_of(start), normal.byte_of(end)) {
                    continue;
                }
                let hit = Hit { word, start: start + at, end: end + at };
                if in_rule && entry.plain {
                    scan.hits.push(hit);
                }
                if has_duty {
                    scan.cues.push((hit, entry.duty));
                }
                if entry.disguised {
                    disguised.push(hit);
                }
            }
        }
        self.note_disguised(&mut scan, document, &disguised);
        scan.hits.sort_unstable();
        scan.hits.dedup();
        scan.cues.sort_unstable_by_key(|(hit, _)| (hit.start, hit.end));
        scan
    }

    /// Disguises that are meant count as the words they stand for, and as themselves where a list holds them.
    fn note_disguised(&self, scan: &mut Scan, document: &Document<'_>, hits: &[Hit]) {
        let mut seen = Vec::new();
        for hit in hits {
            for (word, form) in self.aliases.get(&hit.word).into_iter().flatten() {
                seen.push(Seen { hit: *hit, form: *form, word: *word });
            }
        }
        for (seen, meant) in seen.iter().zip(disguise::meant(document, &seen)) {
            if meant {
                let words = [seen.hit.word, seen.word];
                scan.hits.extend(words.into_iter().map(|word| Hit { word, ..seen.hit }));
            }
        }
    }

    /// Where names stand, in text order. Letters and figures that run on make a hit a piece of something else.
    pub fn names(&self, document: &Document<'_>, found: &Occurrences) -> Vec<NameHit> {
        let mut names = Vec::new();
        for (hits, (at, normal)) in found.names.iter().zip(document.fields()) {
            let text = normal.as_str();
            for &(pattern, start, end) in hits {
                let (start, end) = (start as usize, end as usize);
                if text.get(start..end).is_some_and(|word| Edges::of(word).are_free(text, start, end)) {
                    let (start, end) = (normal.char_of(start) + at, normal.char_of(end) + at);
                    names.push(NameHit { start, end, pattern: pattern as usize });
                }
            }
        }
        names.sort_unstable();
        names
    }
}

/// The characters at both ends of a word: no letter may stand beside a letter, no figure beside a figure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edges {
    first: Edge,
    last: Edge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Free,
    Letter,
    Figure,
}

impl Edges {
    pub(crate) fn of(word: &str) -> Edges {
        Edges { first: Edge::of(word.chars().next()), last: Edge::of(word.chars().next_back()) }
    }

    /// True where the text around the word does not run on into it.
    fn are_free(self, text: &str, start: usize, end: usize) -> bool {
        !self.first.is_broken_by(|| text.get(..start)?.chars().next_back())
            && !self.last.is_broken_by(|| text.get(end..)?.chars().next())
    }
}

impl Edge {
    fn of(c: Option<char>) -> Edge {
        match c {
            Some(c) if c.is_ascii_alphabetic() => Edge::Letter,
            Some(c) if c.is_ascii_digit() => Edge::Figure,
            _ => Edge::Free,
        }
    }

    fn is_broken_by(self, neighbour: impl FnOnce() -> Option<char>) -> bool {
        self != Edge::Free && self == Edge::of(neighbour())
    }
}
