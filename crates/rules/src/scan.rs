//! Finding the words of a pack and the names of a register in an article.
//!
//! One pass of the automaton notes which word ends at which byte and nothing more ([`Compiled::find`]). Where the words
//! stand as characters is worked out only for rules that can match at all ([`Compiled::scan`]) and only when somebody
//! asks for names ([`Compiled::names`]), and words that only hold back are looked for only where a rule matches
//! ([`Compiled::asides`]): most articles need nothing of it.

use crate::compile::{Compiled, Duty, Word};
use crate::disguise::{self, Seen};
use crate::document::Document;
use crate::gate::{Present, Used, sentence_bit};
use guanlan_model::Kind;
use guanlan_text::Normal;

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
    fn sort(&mut self) {
        self.hits.sort_unstable();
        self.hits.dedup();
        self.cues.sort_unstable_by_key(|(hit, _)| (hit.start, hit.end));
    }

    /// Places of one word.
    pub(crate) fn places(&self, word: Word) -> &[Hit] {
        let from = self.hits.partition_point(|h| h.word < word);
        let upto = from + self.hits[from..].partition_point(|h| h.word == word);
        &self.hits[from..upto]
    }
}

impl Compiled {
    /// Meets every word that a rule matches and every name in one pass over title and body.
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
            let mut ends = sentence_ends(normal.as_str()).peekable();
            let mut sentence = 0;
            for met in automaton.find_overlapping_iter(normal.as_str()) {
                if let Some(pattern) = met.value().checked_sub(first_name) {
                    names.push((pattern, met.start() as u32, met.end() as u32));
                    continue;
                }
                // A word that holds the end of a sentence belongs to the one in which it begins; none does.
                while ends.next_if(|end| *end < met.end()).is_some() {
                    sentence += 1;
                }
                self.gate.note(met.value(), sentence_bit(field, sentence), &mut found.present);
                words.push((met.value(), met.end() as u32));
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
                self.place(&mut scan, &used, normal, at, (word, end), &mut disguised);
            }
        }
        self.note_disguised(&mut scan, document, &disguised);
        scan.sort();
        scan
    }

    /// Finds the words that hold the open rules back, and where the words stand that [`Compiled::with_asides`] was
    /// given besides, in text order.
    pub fn asides(&self, document: &Document<'_>, scan: &mut Scan) -> Vec<NameHit> {
        let mut asides = Vec::new();
        let Some(automaton) = &self.asides else { return asides };
        let used = self.gate.used_by(&scan.open);
        let first_name = self.entries.len() as u32;
        for (at, normal) in document.fields() {
            for met in automaton.find_overlapping_iter(normal.as_str()) {
                match met.value().checked_sub(first_name) {
                    Some(pattern) => asides.extend(name_hit(normal, at, pattern, met.start(), met.end())),
                    None => {
                        self.place(scan, &used, normal, at, (met.value(), met.end() as u32), &mut Vec::new())
                    }
                }
            }
        }
        scan.sort();
        asides.sort_unstable();
        asides
    }

    /// Places one word, if it does anything for the groups in use.
    fn place(
        &self,
        scan: &mut Scan,
        used: &Used,
        normal: &Normal,
        at: usize,
        (word, end): (Word, u32),
        disguised: &mut Vec<Hit>,
    ) {
        let Some(entry) = self.entries.get(word as usize) else { return };
        let (in_rule, has_duty) = (self.gate.is_in(word, used), entry.duty.is_any());
        if !in_rule && !has_duty && !entry.disguised {
            return;
        }
        let end = normal.char_of(end as usize);
        let start = end - entry.chars as usize;
        if !entry.edges.are_free(normal.as_str(), normal.byte_of(start), normal.byte_of(end)) {
            return;
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

    /// Where names stand, in text order. `spell` tells, from what an automaton met (as [`Compiled::new`] counts) and
    /// the text that begins there, which names stand there and how many bytes each takes: what was handed over may be
    /// only their beginnings. Letters and figures that run on make a name a piece of something else.
    pub fn names(
        &self,
        document: &Document<'_>,
        found: &Occurrences,
        spell: impl Fn(usize, &str) -> Vec<(usize, usize)>,
    ) -> Vec<NameHit> {
        let mut names = Vec::new();
        for (hits, (at, normal)) in found.names.iter().zip(document.fields()) {
            for &(met, start, _) in hits {
                let start = start as usize;
                let text = normal.as_str().get(start..).unwrap_or_default();
                for (pattern, bytes) in spell(met as usize, text) {
                    names.extend(name_hit(normal, at, pattern as u32, start, start + bytes));
                }
            }
        }
        names.sort_unstable();
        names
    }
}

/// A name between two bytes, unless letters or figures run on into it.
fn name_hit(normal: &Normal, at: usize, pattern: u32, start: usize, end: usize) -> Option<NameHit> {
    let text = normal.as_str();
    let free = Edges::of(text.get(start..end)?).are_free(text, start, end);
    let (start, end) = (normal.char_of(start) + at, normal.char_of(end) + at);
    free.then_some(NameHit { start, end, pattern: pattern as usize })
}

/// Bytes behind which sentences end, as far as one mark tells.
fn sentence_ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices().filter(|(_, c)| ends_sentence(*c)).map(|(at, c)| at + c.len_utf8())
}

fn ends_sentence(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '；' | '!' | '?' | ';' | '\n')
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
