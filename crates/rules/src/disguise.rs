//! Disguised spellings of rule words, and whether one that was found is meant.
//!
//! Packs hold words as they are. What people write instead is generated here from tables: pinyin for a character
//! (补ke), another character or a picture of the same sound (树学, 🌧文), a character taken apart (讠吾文), an initial
//! (S学), a sign (+微信). A disguise counts only where no word of the dictionary explains the characters: 武术学校 holds
//! no 数学.

use crate::compile::Word;
use crate::document::Document;
use crate::scan::Hit;
use guanlan_model::Form;
use guanlan_text::{Normal, cuts_words, in_words, is_han, is_word};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

const READINGS: &str = include_str!("../../../index/pinyin.toml");
const TABLES: &str = include_str!("../../../index/disguises.toml");

/// Longest word, in characters, that is written in a disguise.
const LONGEST: usize = 8;
/// Characters around a disguise that the dictionary sees.
const AROUND: usize = 6;

/// A disguised spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disguise {
    /// How the word was changed.
    pub form: Form,
    /// The word, in normal form; empty for a code word of the pack.
    pub word: String,
}

/// A way to write a word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spelling {
    pub text: String,
    pub form: Form,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    near_sounds: Vec<(String, String)>,
    surnames: String,
    initials: Vec<String>,
    before: Vec<String>,
    after: Vec<String>,
    parts: BTreeMap<char, Vec<String>>,
    signs: BTreeMap<char, Vec<String>>,
    pictures: BTreeMap<char, Vec<String>>,
}

#[derive(Debug, Default)]
struct Tables {
    file: File,
    readings: HashMap<char, Vec<String>>,
    characters: BTreeMap<String, Vec<char>>,
}

fn tables() -> &'static Tables {
    static READ: OnceLock<Tables> = OnceLock::new();
    READ.get_or_init(|| read().unwrap_or_default())
}

fn read() -> Result<Tables, toml::de::Error> {
    let listed: BTreeMap<String, String> = toml::from_str(READINGS)?;
    let mut readings: HashMap<char, Vec<String>> = HashMap::new();
    for (reading, characters) in &listed {
        for c in characters.chars() {
            readings.entry(c).or_default().push(reading.clone());
        }
    }
    let characters = listed.into_iter().map(|(r, all)| (r, all.chars().collect())).collect();
    Ok(Tables { file: toml::from_str(TABLES)?, readings, characters })
}

impl Tables {
    fn readings(&self, c: char) -> &[String] {
        self.readings.get(&c).map_or(&[], Vec::as_slice)
    }

    /// Readings that sound like this one, and itself. Some of them do not exist and have no characters.
    fn like(&self, reading: &str) -> BTreeSet<String> {
        let mut all = BTreeSet::from([reading.to_owned()]);
        for (a, b) in &self.file.near_sounds {
            for (from, to) in [(a, b), (b, a)] {
                all.extend(reading.strip_prefix(from.as_str()).map(|rest| format!("{to}{rest}")));
                all.extend(reading.strip_suffix(from.as_str()).map(|rest| format!("{rest}{to}")));
            }
        }
        all
    }

    /// Characters of the same sound, without the character itself.
    fn homophones(&self, c: char) -> BTreeSet<char> {
        let sounds = self.readings(c).iter().flat_map(|r| self.like(r));
        sounds
            .flat_map(|s| self.characters.get(&s).into_iter().flatten())
            .copied()
            .filter(|h| *h != c)
            .collect()
    }
}

/// Spellings that nobody writes by chance, for every word of a rule: one character in pinyin, characters taken apart,
/// signs for characters. `word` is in normal form.
pub(crate) fn spellings(word: &str) -> Vec<Spelling> {
    let chars: Vec<char> = word.chars().collect();
    let mut out = Vec::new();
    if !(2..=LONGEST).contains(&chars.len()) {
        return out;
    }
    let tables = tables();
    let mut add = |text: String, form: Form| out.push(Spelling { text, form });
    for (at, c) in chars.iter().enumerate() {
        let replaced = |by: &str| -> String {
            let (head, tail) = (chars[..at].iter(), chars[at + 1..].iter());
            head.collect::<String>() + by + &tail.collect::<String>()
        };
        if chars.iter().all(|c| is_han(*c)) {
            for reading in tables.readings(*c).iter().filter(|r| r.len() > 1) {
                add(replaced(reading), Form::Pinyin);
            }
        }
        for parts in tables.file.parts.get(c).into_iter().flatten() {
            add(replaced(parts), Form::Split);
        }
    }
    let all_replaced = |table: &BTreeMap<char, Vec<String>>| {
        let first = |c: &char| table.get(c).and_then(|ways| ways.first());
        let text: String = chars.iter().map(|c| first(c).cloned().unwrap_or_else(|| c.to_string())).collect();
        (text != word).then_some(text)
    };
    out.extend(all_replaced(&tables.file.parts).map(|text| Spelling { text, form: Form::Split }));
    out.extend(all_replaced(&tables.file.signs).map(|text| Spelling { text, form: Form::Lookalike }));
    out.sort();
    out.dedup();
    out
}

/// All spellings of a word that people are known to disguise: besides [`spellings`] the whole word in pinyin, one
/// character by another of the same sound or by a picture of it, the first one by its initial.
pub(crate) fn all_spellings(word: &str) -> Vec<Spelling> {
    let mut out = spellings(word);
    let chars: Vec<char> = word.chars().collect();
    if !(2..=LONGEST).contains(&chars.len()) || !chars.iter().all(|c| is_han(*c)) {
        return out;
    }
    let tables = tables();
    let first_readings: Vec<&str> =
        chars.iter().filter_map(|c| tables.readings(*c).first()).map(String::as_str).collect();
    if first_readings.len() == chars.len() {
        for between in ["", " "] {
            out.push(Spelling { text: first_readings.join(between), form: Form::Pinyin });
        }
    }
    let spaced: Vec<Spelling> = out
        .iter()
        .filter(|s| s.form == Form::Pinyin && s.text.chars().any(is_han))
        .map(|s| Spelling { text: spaced(&s.text), form: Form::Pinyin })
        .collect();
    out.extend(spaced);
    if chars.len() == 2 {
        out.extend(sounding(&chars, tables));
        if let (true, Some(reading)) =
            (tables.file.initials.iter().any(|w| w == word), first_readings.first())
        {
            out.push(Spelling { text: format!("{}{}", &reading[..1], chars[1]), form: Form::Initial });
        }
    }
    out.sort();
    out.dedup();
    out
}

/// One of two characters replaced by one of the same sound, or by a picture of that.
fn sounding(chars: &[char], tables: &Tables) -> Vec<Spelling> {
    let mut out = Vec::new();
    for (at, c) in chars.iter().enumerate() {
        for other in tables.homophones(*c) {
            let written = |by: &str| {
                let text = if at == 0 { format!("{by}{}", chars[1]) } else { format!("{}{by}", chars[0]) };
                Spelling { text, form: Form::Homophone }
            };
            if at > 0 || !tables.file.surnames.contains(other) {
                out.push(written(other.encode_utf8(&mut [0; 4])));
            }
            out.extend(tables.file.pictures.get(&other).into_iter().flatten().map(|p| written(p)));
        }
    }
    out
}

/// A space where Han characters and letters meet.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut last: Option<char> = None;
    for c in text.chars() {
        if last.is_some_and(|l| is_han(l) != is_han(c)) {
            out.push(' ');
        }
        out.push(c);
        last = Some(c);
    }
    out
}

/// A disguise found in a document, how far it lies from the word, and which word it stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub hit: Hit,
    pub form: Form,
    pub word: Word,
}

/// Which of the disguises that were found are meant. One of the same sound must stand by itself: between signs, or
/// words like 课 and 年级; where two different words are disguised, a free left side is enough.
pub(crate) fn meant(document: &Document<'_>, seen: &[Seen]) -> Vec<bool> {
    let mut bounds: Vec<Option<(bool, bool)>> = Vec::with_capacity(seen.len());
    for s in seen {
        let (normal, start, end) = document.split(s.hit.start, s.hit.end);
        bounds.push(plausible(normal, start, end, s.form).then(|| free(normal, start, end)));
    }
    let kept: BTreeSet<Word> = (seen.iter().zip(&bounds))
        .filter(|(s, b)| b.is_some_and(|(left, _)| left || s.form != Form::Homophone))
        .map(|(s, _)| s.word)
        .collect();
    let several = kept.len() > 1;
    let stands = |(s, b): (&Seen, &Option<(bool, bool)>)| {
        b.is_some_and(|(left, right)| s.form != Form::Homophone || (left && (right || several)))
    };
    seen.iter().zip(&bounds).map(stands).collect()
}

/// False when ordinary words explain the characters.
fn plausible(normal: &Normal, start: usize, end: usize, form: Form) -> bool {
    let text = normal.slice(start, end);
    if text.chars().all(|c| c.is_ascii_lowercase() || c == ' ') {
        // Part of an address or of a file name is no word.
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || "@./_-:#".contains(c));
        return !joins(before(normal, start)) && !joins(at(normal, end));
    }
    // What a space or a sign parts belongs to no word.
    let from = (start.saturating_sub(AROUND)..=start).rev().find(|at| normal.gap_before(*at));
    let from = from.unwrap_or(start.saturating_sub(AROUND));
    let upto = (end..end + AROUND).find(|at| normal.gap_before(*at)).unwrap_or(end + AROUND);
    let window = normal.slice(from, upto);
    let (start, end) = (start - from, end - from);
    if form != Form::Homophone {
        return !cuts_words(window, start, end);
    }
    !is_word(text) && !in_words(window, start, end)
}

/// Whether the stretch is free on its left and on its right.
fn free(normal: &Normal, start: usize, end: usize) -> (bool, bool) {
    let file = &tables().file;
    let left = normal.gap_before(start)
        || before(normal, start).is_none_or(|c| !is_han(c))
        || file.before.iter().any(|w| normal.slice(0, start).ends_with(w.as_str()));
    let right = normal.gap_before(end)
        || at(normal, end).is_none_or(|c| !is_han(c))
        || file.after.iter().any(|w| normal.slice(end, end + LONGEST).starts_with(w.as_str()));
    (left, right)
}

fn at(normal: &Normal, place: usize) -> Option<char> {
    normal.slice(place, place + 1).chars().next()
}

fn before(normal: &Normal, place: usize) -> Option<char> {
    at(normal, place.checked_sub(1)?)
}

#[cfg(test)]
mod tests;
