//! What the wording model sees of an article: characters and pairs of characters, and where they stand.

use crate::mentions::Mention;
use crate::outline::Outline;
use guanlan_rules::Document;
use std::ops::Range;

/// Stands for the institution that is judged, so that no name is learned.
const SELF: char = 'Ａ';
/// Stands for every other registered institution.
const OTHER: char = 'Ｂ';
/// Characters of the body that are looked at.
const FARTHEST: usize = 20_000;
/// Sentences behind a name that are looked at.
const BEHIND: usize = 2;

/// Where a wording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The title.
    Title,
    /// A sentence that names the institution.
    Own,
    /// Such a sentence or one of the two behind it.
    Near,
    /// Anywhere in the body.
    Body,
}

impl Field {
    /// Every field with its name in the table.
    pub const NAMES: [(Field, &'static str); 4] =
        [(Field::Title, "title"), (Field::Own, "own"), (Field::Near, "near"), (Field::Body, "body")];
}

/// One character, or two that follow each other, in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ngram {
    field: Field,
    first: char,
    second: Option<char>,
}

impl Ngram {
    /// Reads the two cells of a table.
    pub(crate) fn read(field: &str, characters: &str) -> Option<Ngram> {
        let field = Field::NAMES.iter().find(|(_, name)| *name == field)?.0;
        let mut characters = characters.chars();
        let ngram = Ngram { field, first: characters.next()?, second: characters.next() };
        characters.next().is_none().then_some(ngram)
    }

    /// Its name in the table: the field, then the characters.
    pub fn cells(self) -> (&'static str, String) {
        let name = Field::NAMES.iter().find(|(field, _)| *field == self.field).map_or("", |(_, name)| name);
        (name, self.text())
    }

    /// All of it in one number: characters take 21 bits each.
    pub(crate) fn key(self) -> u64 {
        let second = self.second.map_or(0, |c| c as u64);
        (self.field as u64) << 42 | (self.first as u64) << 21 | second
    }

    /// The characters.
    pub(crate) fn text(self) -> String {
        std::iter::once(self.first).chain(self.second).collect()
    }

    /// Two Han characters, which a reader can make something of.
    pub(crate) fn is_readable(self) -> bool {
        guanlan_text::is_han(self.first) && self.second.is_some_and(guanlan_text::is_han)
    }
}

/// Everything that an article says around one institution, each thing once, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features(Vec<Ngram>);

impl Features {
    /// The n-grams, sorted.
    pub fn all(&self) -> &[Ngram] {
        &self.0
    }
}

/// An article as it is read for one institution.
pub(crate) struct View<'a> {
    pub document: &'a Document<'a>,
    pub outline: &'a Outline,
    pub mentions: &'a [Mention],
    pub institution: usize,
    /// The page is the institution's own: all of it speaks of it.
    pub own_page: bool,
}

/// The features of one institution in one article.
pub(crate) fn features(view: &View<'_>) -> Features {
    let mut out = Vec::new();
    each(view, |ngram| out.push(ngram));
    out.sort_unstable();
    out.dedup();
    Features(out)
}

/// Visits every wording around one institution, some of them more than once. Linear in the text, which is looked at up
/// to a limit.
pub(crate) fn each(view: &View<'_>, mut visit: impl FnMut(Ngram)) {
    let document = view.document;
    let text = masked(view);
    let cut = |s: &Range<usize>| s.start.min(text.len())..s.end.min(text.len());
    let body_start = document.body_start().min(text.len());
    pairs(Field::Title, &text[..body_start], &mut visit);
    for part in told(view) {
        pairs(Field::Body, &text[cut(&part)], &mut visit);
    }
    if view.own_page {
        return;
    }
    let sentences = document.sentences();
    let own = view.mentions.iter().filter(|m| m.institution == view.institution);
    let (mut last, mut near) = (None, 0);
    for mention in own {
        let index = document.sentence_of(mention.start);
        if last == Some(index) {
            continue;
        }
        last = Some(index);
        let item = &view.outline.item_of(mention.start).range;
        let upto = (index + 1 + BEHIND).min(sentences.len());
        let behind = sentences.get(index.max(near)..upto).into_iter().flatten();
        for sentence in behind.filter(|s| s.start < item.end) {
            pairs(Field::Near, &text[cut(sentence)], &mut visit);
        }
        near = near.max(upto);
        if let Some(sentence) = sentences.get(index) {
            pairs(Field::Own, &text[cut(sentence)], &mut visit);
        }
    }
}

/// The stretches of the body that may speak of the institution: all of it, but of a numbered list only the
/// introduction and its own entries.
fn told(view: &View<'_>) -> Vec<Range<usize>> {
    let whole = view.document.body_start()..view.document.end();
    let own = view.mentions.iter().filter(|m| m.institution == view.institution && m.start >= whole.start);
    let mut entries: Vec<Range<usize>> = Vec::new();
    for item in own.map(|m| view.outline.item_of(m.start)) {
        if !item.numbered {
            return vec![whole];
        }
        if entries.last() != Some(&item.range) {
            entries.push(item.range.clone());
        }
    }
    if entries.is_empty() {
        return vec![whole];
    }
    entries.insert(0, whole.start..view.outline.introduction().end.max(whole.start));
    entries
}

/// The normal form, one entry a character, with names and numbers replaced; nothing where a character is left out.
fn masked(view: &View<'_>) -> Vec<Option<char>> {
    let [(_, title), (body_start, body)] = view.document.fields();
    let mut text: Vec<Option<char>> = Vec::with_capacity(view.document.end().min(body_start + FARTHEST));
    let mut digit = false;
    let mut read = |c: char| {
        let number = c.is_ascii_digit();
        let repeated = number && digit;
        digit = number;
        if repeated || c.is_whitespace() { None } else { Some(if number { '0' } else { c }) }
    };
    text.extend(title.as_str().chars().map(&mut read));
    text.resize(body_start, None);
    text.extend(body.as_str().chars().take(FARTHEST).map(&mut read));
    for name in view.mentions {
        let mask = if name.institution == view.institution { SELF } else { OTHER };
        for (at, slot) in text.get_mut(name.start..name.end).into_iter().flatten().enumerate() {
            *slot = (at == 0).then_some(mask);
        }
    }
    text
}

fn pairs(field: Field, text: &[Option<char>], visit: &mut impl FnMut(Ngram)) {
    let mut before: Option<char> = None;
    for c in text.iter().copied().flatten() {
        visit(Ngram { field, first: c, second: None });
        if let Some(first) = before {
            visit(Ngram { field, first, second: Some(c) });
        }
        before = Some(c);
    }
}
