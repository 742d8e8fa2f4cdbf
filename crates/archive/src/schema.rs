//! The fields of the index, and the version that ties an index to the program that can read it.

use crate::Document;
use crate::tokens::{Bigrams, Singles, Words};
use chrono::Datelike;
use guanlan_rules::query::Field as TextField;
use guanlan_text::{Segmenter, mask_personal, normalise};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{TantivyDocument, Term};

/// Raised by hand whenever fields or tokens change their meaning.
const LAYOUT: u32 = 2;

pub(crate) const SOURCE: &str = "source";
pub(crate) const TIER: &str = "tier";
pub(crate) const KIND: &str = "kind";
pub(crate) const CATEGORY: &str = "category";
pub(crate) const INSTITUTION: &str = "institution";
pub(crate) const ID: &str = "id";
pub(crate) const TIME: &str = "time";
pub(crate) const DAY: &str = "day";

/// Handles of all fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) id: Field,
    pub(crate) title: Field,
    pub(crate) body: Field,
    pub(crate) url: Field,
    pub(crate) external_id: Field,
    /// Seconds; absent when the publication time is unknown.
    pub(crate) published: Field,
    /// Seconds of the publication, or of the fetch when that is unknown.
    time: Field,
    /// Days since the common era in Shanghai of the same moment.
    pub(crate) day: Field,
    pub(crate) source: Field,
    pub(crate) tier: Field,
    kind: Field,
    pub(crate) category: Field,
    pub(crate) institution: Field,
    pub(crate) words: Field,
    title_bigrams: Field,
    body_bigrams: Field,
    title_singles: Field,
    body_singles: Field,
}

impl Fields {
    pub(crate) fn bigrams(&self, of: TextField) -> Field {
        match of {
            TextField::Title => self.title_bigrams,
            TextField::Body => self.body_bigrams,
        }
    }

    pub(crate) fn singles(&self, of: TextField) -> Field {
        match of {
            TextField::Title => self.title_singles,
            TextField::Body => self.body_singles,
        }
    }

    /// The term that identifies a document.
    pub(crate) fn identity(&self, id: i64) -> Term {
        Term::from_field_i64(self.id, id)
    }

    /// The document as the index stores it. Personal numbers are masked first.
    pub(crate) fn document(&self, document: &Document) -> TantivyDocument {
        let (title, body) = (mask_personal(&document.title), mask_personal(&document.body));
        let (title_form, body_form) = (normalise(&title), normalise(&body));
        let time = document.time();
        let mut out = TantivyDocument::new();
        out.add_i64(self.id, document.id);
        out.add_text(self.title, &title);
        out.add_text(self.body, &body);
        out.add_text(self.url, &document.url);
        if let Some(external_id) = &document.external_id {
            out.add_text(self.external_id, external_id);
        }
        if let Some(published) = document.published {
            out.add_i64(self.published, published.timestamp());
        }
        out.add_i64(self.time, time.timestamp());
        out.add_i64(self.day, i64::from(guanlan_model::time::day(time).num_days_from_ce()));
        out.add_text(self.source, &document.source);
        out.add_text(self.tier, document.tier.code());
        out.add_text(self.kind, document.kind.code());
        for category in &document.categories {
            out.add_text(self.category, category);
        }
        for institution in &document.institutions {
            out.add_text(self.institution, institution);
        }
        out.add_text(self.words, title_form.as_str());
        out.add_text(self.words, body_form.as_str());
        out.add_text(self.title_bigrams, title_form.as_str());
        out.add_text(self.body_bigrams, body_form.as_str());
        out.add_text(self.title_singles, title_form.as_str());
        out.add_text(self.body_singles, body_form.as_str());
        out
    }
}

pub(crate) fn build() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let stored = TextOptions::default().set_stored();
    let name = text("raw", IndexRecordOption::Basic).set_fast("raw");
    let bigrams = text("bigrams", IndexRecordOption::WithFreqsAndPositions);
    let singles = text("singles", IndexRecordOption::Basic);
    let add = |schema: &mut SchemaBuilder, field: &str, options: &TextOptions| {
        schema.add_text_field(field, options.clone())
    };
    let fields = Fields {
        id: schema.add_i64_field(ID, INDEXED | FAST | STORED),
        title: add(&mut schema, "title", &stored),
        body: add(&mut schema, "body", &stored),
        url: add(&mut schema, "url", &stored),
        external_id: add(&mut schema, "external_id", &stored),
        published: schema.add_i64_field("published", STORED),
        time: schema.add_i64_field(TIME, FAST),
        day: schema.add_i64_field(DAY, FAST),
        source: add(&mut schema, SOURCE, &name.clone().set_stored()),
        tier: add(&mut schema, TIER, &name.clone().set_stored()),
        kind: add(&mut schema, KIND, &name),
        category: add(&mut schema, CATEGORY, &name),
        institution: add(&mut schema, INSTITUTION, &name),
        // Words only rank. Phrases run on bigrams, so words need no positions, which would double their size.
        words: add(&mut schema, "words", &text("words", IndexRecordOption::WithFreqs)),
        title_bigrams: add(&mut schema, "title_bigrams", &bigrams),
        body_bigrams: add(&mut schema, "body_bigrams", &bigrams),
        title_singles: add(&mut schema, "title_singles", &singles),
        body_singles: add(&mut schema, "body_singles", &singles),
    };
    (schema.build(), fields)
}

fn text(tokenizer: &str, option: IndexRecordOption) -> TextOptions {
    let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option);
    TextOptions::default().set_indexing_options(indexing)
}

pub(crate) fn register(tokenizers: &TokenizerManager, segmenter: Segmenter) {
    tokenizers.register("words", Words(segmenter));
    tokenizers.register("bigrams", Bigrams);
    tokenizers.register("singles", Singles);
}

/// What every commit says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payload {
    pub(crate) version: String,
}

/// Layout of the index, and a hash over the normal form of every character of the basic plane: an index whose
/// characters were folded by other tables would miss what it holds. Words are left out on purpose, because they only
/// rank, and the operator's dictionary may grow without a rebuild.
pub(crate) fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let mut probe = String::new();
        for c in ('\u{20}'..='\u{ffff}').chain('\u{20000}'..='\u{2a6df}') {
            probe.push(c);
            probe.push('\n');
        }
        let tables = xxhash_rust::xxh3::xxh3_64(normalise(&probe).as_str().as_bytes());
        format!("{LAYOUT}-{tables:016x}")
    })
}
