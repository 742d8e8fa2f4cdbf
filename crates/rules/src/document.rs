//! An article as rules read it: normal form of title and body in one line of offsets, and where its parts begin.

use guanlan_model::{Form, Span};
use guanlan_text::{Normal, clauses, normalise, paragraphs, sentences};
use std::cell::OnceCell;
use std::ops::Range;

use crate::facts::{Reading, read_facts};
use crate::query::Field;

/// Characters of the longest sentence that is taken as one.
const LONGEST_SENTENCE: usize = 1_000;

/// An article in normal form. Places count characters: the title begins at 0, the body one past the title's end.
#[derive(Debug)]
pub struct Document<'a> {
    title: &'a str,
    body: &'a str,
    title_normal: Normal,
    body_normal: Normal,
    paragraphs: OnceCell<Vec<Range<usize>>>,
    sentences: OnceCell<Vec<Range<usize>>>,
    clauses: OnceCell<Vec<Range<usize>>>,
    facts: OnceCell<Vec<Reading>>,
}

impl<'a> Document<'a> {
    /// Normalises title and body. Linear in their length.
    pub fn new(title: &'a str, body: &'a str) -> Document<'a> {
        Document {
            title,
            body,
            title_normal: normalise(title),
            body_normal: normalise(body),
            paragraphs: OnceCell::new(),
            sentences: OnceCell::new(),
            clauses: OnceCell::new(),
            facts: OnceCell::new(),
        }
    }

    /// Cuts both fields; done when something first asks.
    fn cut(&self, cut: fn(&str) -> Vec<Range<usize>>) -> Vec<Range<usize>> {
        let at = self.body_start();
        let mut all = cut(self.title_normal.as_str());
        all.extend(cut(self.body_normal.as_str()).into_iter().map(|r| r.start + at..r.end + at));
        all
    }

    /// The two fields with the place where each begins.
    pub fn fields(&self) -> [(usize, &Normal); 2] {
        [(0, &self.title_normal), (self.body_start(), &self.body_normal)]
    }

    /// Where the body begins.
    pub fn body_start(&self) -> usize {
        self.title_normal.len_chars() + 1
    }

    /// One past the last character.
    pub fn end(&self) -> usize {
        self.body_start() + self.body_normal.len_chars()
    }

    /// Which field a place lies in.
    pub fn field_of(&self, place: usize) -> Field {
        if place < self.body_start() { Field::Title } else { Field::Body }
    }

    /// The field that holds a stretch, and the places in it.
    pub(crate) fn split(&self, start: usize, end: usize) -> (&Normal, usize, usize) {
        let body = self.body_start();
        if start >= body {
            (&self.body_normal, start - body, end.saturating_sub(body))
        } else {
            (&self.title_normal, start, end.min(body - 1))
        }
    }

    /// The normal text between two places of one field.
    pub fn slice(&self, start: usize, end: usize) -> &str {
        let (normal, from, upto) = self.split(start, end);
        normal.slice(from, upto)
    }

    /// The same stretch as it was written, with offsets in the original field.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let (normal, from, upto) = self.split(start, end);
        let (in_title, original) =
            (start < self.body_start(), if start < self.body_start() { self.title } else { self.body });
        let (from_original, upto_original) = normal.to_original(from, upto);
        Span {
            field: if in_title { "title" } else { "body" }.to_owned(),
            start: from_original,
            end: upto_original,
            text: original.chars().skip(from_original).take(upto_original - from_original).collect(),
            form: self.form(start, end),
        }
    }

    /// The strongest transformation needed between two places of one field.
    pub fn form(&self, start: usize, end: usize) -> Form {
        let (normal, from, upto) = self.split(start, end);
        normal.form(from, upto)
    }

    /// Paragraphs in order; the title is the first when it is not empty.
    pub fn paragraphs(&self) -> &[Range<usize>] {
        self.paragraphs.get_or_init(|| self.cut(paragraphs))
    }

    /// Sentences in order.
    pub fn sentences(&self) -> &[Range<usize>] {
        self.sentences.get_or_init(|| short(self.cut(sentences)))
    }

    /// Clauses in order.
    fn clauses(&self) -> &[Range<usize>] {
        self.clauses.get_or_init(|| short(self.cut(clauses)))
    }

    /// Index of the paragraph that holds a place.
    pub fn paragraph_of(&self, place: usize) -> usize {
        index_of(self.paragraphs(), place)
    }

    /// Index of the sentence that holds a place.
    pub fn sentence_of(&self, place: usize) -> usize {
        index_of(self.sentences(), place)
    }

    /// Index of the clause that holds a place.
    pub fn clause_of(&self, place: usize) -> usize {
        index_of(self.clauses(), place)
    }

    /// The clause that holds a place.
    pub fn clause(&self, place: usize) -> Range<usize> {
        self.clauses().get(self.clause_of(place)).cloned().unwrap_or(place..place)
    }

    /// The sentence that holds a place.
    pub fn sentence(&self, place: usize) -> Range<usize> {
        self.sentences().get(self.sentence_of(place)).cloned().unwrap_or(place..place)
    }

    /// The paragraph that holds a place.
    pub fn paragraph(&self, place: usize) -> Range<usize> {
        self.paragraphs().get(self.paragraph_of(place)).cloned().unwrap_or(place..place)
    }

    /// Takes the document as one that states no quantity; to measure what quantities are worth.
    pub fn forget_facts(&mut self) {
        self.facts = OnceCell::from(Vec::new());
    }

    /// Quantities that the text states; read once, when a rule first asks.
    pub(crate) fn facts(&self) -> &[Reading] {
        self.facts.get_or_init(|| {
            let mut all = Vec::new();
            for (at, normal) in self.fields() {
                read_facts(normal.as_str(), at, &mut all);
            }
            all.sort_by_key(|r| (r.start, r.end));
            all
        })
    }
}

/// Cuts stretches without punctuation that are longer than any sentence: they bound the work spent on one match.
fn short(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    if ranges.iter().all(|r| r.len() <= LONGEST_SENTENCE) {
        return ranges;
    }
    ranges
        .into_iter()
        .flat_map(|r| {
            (r.start..r.end).step_by(LONGEST_SENTENCE).map(move |s| s..r.end.min(s + LONGEST_SENTENCE))
        })
        .collect()
}

fn index_of(ranges: &[Range<usize>], place: usize) -> usize {
    ranges.partition_point(|r| r.end <= place)
}
