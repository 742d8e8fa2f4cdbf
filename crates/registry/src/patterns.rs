//! Every text that names an institution, stored close together: a country's register has millions of them.

use crate::names::{Parts, masked, shorts};
use crate::register::{Bearer, Strength};
use crate::words::{normal_form, words};
use guanlan_model::{Institution, Via};

/// A text that names one or more institutions. Texts are in normal form, unique and sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamePattern<'r> {
    /// The text, in normal form.
    pub text: &'r str,
    /// Whom it can stand for, in register order. More than one: the strength of each is [`Strength::Common`].
    pub bearers: &'r [Bearer],
    /// A trade name without any word that says what the institution does.
    pub(crate) bare: bool,
    /// In the table of common words.
    pub(crate) common_word: bool,
    /// A name with characters hidden behind the first one: 龙*跆拳道.
    pub(crate) masked: bool,
}

/// The patterns of a register.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patterns {
    /// All texts, one behind the other.
    texts: String,
    entries: Vec<Entry>,
    bearers: Vec<Bearer>,
    stems: Vec<Stem>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Where its text and its bearers end; they begin where those of the one before end.
    text: u32,
    bearers: u32,
    bare: bool,
    common_word: bool,
    masked: bool,
}

/// The beginning that patterns from `first` up to the first one of the next stem have in common.
#[derive(Debug, Clone, Copy)]
struct Stem {
    first: u32,
    bytes: u32,
}

/// Characters of a stem when no shorter pattern begins the same way: the county and one more of a full name. Enough for
/// few false hits, few enough for a small automaton.
const STEM: usize = 4;
/// The same for masked names, of which each institution has a dozen.
const MASKED_STEM: usize = 2;

impl Patterns {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<NamePattern<'_>> {
        let entry = self.entries.get(index)?;
        let before = index.checked_sub(1).and_then(|i| self.entries.get(i));
        let (text, bearers) = before.map_or((0, 0), |e| (e.text, e.bearers));
        Some(NamePattern {
            text: self.texts.get(text as usize..entry.text as usize)?,
            bearers: self.bearers.get(bearers as usize..entry.bearers as usize)?,
            bare: entry.bare,
            common_word: entry.common_word,
            masked: entry.masked,
        })
    }

    fn text(&self, index: usize) -> &str {
        self.get(index).map_or("", |p| p.text)
    }

    /// The beginnings of all patterns.
    pub(crate) fn stems(&self) -> impl Iterator<Item = &str> {
        self.stems
            .iter()
            .map(|stem| self.text(stem.first as usize).get(..stem.bytes as usize).unwrap_or_default())
    }

    /// The patterns of a stem with which a text begins, and how many bytes each takes. The text begins with the stem.
    pub(crate) fn at(&self, stem: usize, text: &str) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let Some(Stem { first, bytes }) = self.stems.get(stem).copied() else { return found };
        let past = self.stems.get(stem + 1).map_or(self.entries.len(), |next| next.first as usize);
        let (mut from, mut bytes) = (first as usize, bytes as usize);
        // Patterns are sorted: with every further character those that still fit are a narrower stretch.
        let mut upto = past;
        while let Some(begun) = text.get(..bytes) {
            from += self.count(from..upto, |pattern| pattern < begun);
            upto = from + self.count(from..upto, |pattern| pattern.starts_with(begun));
            if from == upto {
                break;
            }
            if self.text(from) == begun {
                found.push((from, bytes));
            }
            let Some(next) = text.get(bytes..).and_then(|rest| rest.chars().next()) else { break };
            bytes += next.len_utf8();
        }
        found
    }

    /// How many patterns at the front of a stretch satisfy what only those at its front do.
    fn count(&self, range: std::ops::Range<usize>, front: impl Fn(&str) -> bool) -> usize {
        let (start, mut low, mut high) = (range.start, 0, range.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if front(self.text(start + middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Settles sorted claims: all of one text together.
    pub(crate) fn new(claims: &Claims) -> Patterns {
        let mut patterns = Patterns::default();
        let mut stem = String::new();
        for same in claims.list.chunk_by(|a, b| claims.text(a) == claims.text(b)) {
            let Some(text) = same.first().map(|claim| claims.text(claim)) else { continue };
            let masked = patterns.settle(text, same);
            if stem.is_empty() || !text.starts_with(stem.as_str()) {
                let most = if masked { MASKED_STEM } else { STEM };
                stem = text.chars().take(most).collect();
                patterns
                    .stems
                    .push(Stem { first: patterns.entries.len() as u32 - 1, bytes: stem.len() as u32 });
            }
        }
        patterns.texts.shrink_to_fit();
        patterns.entries.shrink_to_fit();
        patterns.bearers.shrink_to_fit();
        patterns
    }

    /// A full name, number or given alias beats what others only derive; what then remains with several is common.
    /// Adds the pattern; true when it is masked.
    fn settle(&mut self, text: &str, claims: &[Claim]) -> bool {
        let rank = |claim: &Claim| match claim.via {
            Via::Name | Via::Number => 3,
            Via::Alias => 2,
            _ if claim.masked => 0,
            _ => 1,
        };
        let best = claims.iter().map(rank).max().unwrap_or(0);
        // A bare brand that one institution was given and another one would derive stays with both.
        let common_word = words().is_common(text);
        let bare = words().last_word(text).is_none();
        let floor = if bare && best == 2 { 1 } else { best };
        let mut kept: Vec<&Claim> = claims.iter().filter(|c| rank(c) >= floor).collect();
        kept.dedup_by_key(|c| c.institution);
        let shared = kept.len() > 1;
        self.bearers.extend(kept.iter().map(|c| Bearer {
            institution: c.institution as usize,
            via: c.via,
            strength: match rank(c) {
                3 if !shared => Strength::Full,
                _ if shared || c.weak => Strength::Common,
                _ => Strength::Distinct,
            },
        }));
        let masked = kept.iter().any(|c| c.masked);
        self.texts.push_str(text);
        let (text, bearers) = (self.texts.len() as u32, self.bearers.len() as u32);
        self.entries.push(Entry { text, bearers, bare, common_word, masked });
        masked
    }
}

/// What one institution claims of a text, before the claims of all are compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    /// Where its text begins in [`Claims::texts`], and its bytes.
    text: u32,
    bytes: u16,
    institution: u32,
    via: Via,
    weak: bool,
    masked: bool,
}

/// Claims of many institutions.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    texts: String,
    list: Vec<Claim>,
}

impl Claims {
    fn text(&self, claim: &Claim) -> &str {
        let from = claim.text as usize;
        self.texts.get(from..from + usize::from(claim.bytes)).unwrap_or_default()
    }

    /// Of several claims of one institution on one text the first counts.
    fn add(&mut self, institution: usize, text: &str, via: Via, weak: bool, masked: bool) {
        let Ok(bytes) = u16::try_from(text.len()) else { return };
        if text.chars().nth(1).is_none() {
            return;
        }
        let (at, institution) = (self.texts.len() as u32, institution as u32);
        self.texts.push_str(text);
        self.list.push(Claim { text: at, bytes, institution, via, weak, masked });
    }

    /// Everything one institution claims.
    pub(crate) fn claim(&mut self, at: usize, institution: &Institution, parts: &Parts) {
        for name in bracket_forms(&normal_form(&institution.name)) {
            self.add(at, &name, Via::Name, false, false);
        }
        for number in [&institution.licence_no, &institution.credit_code] {
            let number = normal_form(number);
            if number.chars().count() >= 6 {
                self.add(at, &number, Via::Number, false, false);
            }
        }
        for alias in &institution.aliases {
            let alias = normal_form(alias);
            let weak = words().proves_little(&alias);
            for form in bracket_forms(&alias) {
                self.add(at, &form, Via::Alias, weak, false);
            }
        }
        for short in shorts(institution, parts) {
            self.add(at, &short.text, Via::Short, short.weak, false);
        }
        for text in masked(parts) {
            self.add(at, &text, Via::Short, true, true);
        }
    }

    /// Sorts by text; claims on one text stay in the order in which they were made.
    pub(crate) fn sort(&mut self) {
        let mut list = std::mem::take(&mut self.list);
        list.sort_by(|a, b| self.text(a).cmp(self.text(b)).then(a.text.cmp(&b.text)));
        // The first claim of an institution on a text counts.
        list.dedup_by(|later, first| {
            later.institution == first.institution && self.text(later) == self.text(first)
        });
        self.list = list;
    }

    /// Adds the claims of the institutions that follow.
    pub(crate) fn append(&mut self, more: Claims) {
        let shift = self.texts.len() as u32;
        self.texts.reserve_exact(more.texts.len());
        self.list.reserve_exact(more.list.len());
        self.texts.push_str(&more.texts);
        self.list.extend(more.list.into_iter().map(|claim| Claim { text: claim.text + shift, ..claim }));
    }
}

/// A name with its brackets in the Chinese and in the ASCII form.
fn bracket_forms(name: &str) -> Vec<String> {
    if !name.contains(['(', ')', '（', '）']) {
        return vec![name.to_owned()];
    }
    vec![name.replace('（', "(").replace('）', ")"), name.replace('(', "（").replace(')', "）")]
}
