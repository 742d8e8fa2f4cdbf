//! What is answered.

use chrono::{DateTime, Utc};
use guanlan_model::Tier;
use serde::Serialize;
use std::collections::BTreeMap;

/// The answer to a search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Documents that match.
    pub total: u64,
    /// True when the search was cut short (time budget, or more candidates than are verified): at least `total`
    /// documents match, and facets count only those.
    pub total_is_lower_bound: bool,
    /// Time it took, in milliseconds.
    pub took_ms: f64,
    /// The page that was asked for.
    pub hits: Vec<Hit>,
    /// Values and their counts over all matching documents, most frequent first, at most 50 each: `source` (names),
    /// `tier`, `kind`, `category` (codes), `institution` (register ids), and `month` (`2026-11`, latest first).
    pub facets: BTreeMap<String, Vec<(String, u64)>>,
}

/// One document that matches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// Identifier in the database.
    pub id: i64,
    /// Title as stored.
    pub title: String,
    /// The title again, with what matched marked.
    pub title_pieces: Vec<Piece>,
    /// Address it was read from.
    pub url: String,
    /// The id that the file gave it from which it was imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Publication time, if it is known.
    pub published: Option<DateTime<Utc>>,
    /// Name of the source.
    pub source: String,
    /// Standing of the source.
    pub tier: Tier,
    /// One to three stretches of the body of about 60 characters, cut at punctuation, with what matched marked and
    /// `…` where something is left out.
    pub snippet: Vec<Piece>,
}

/// A stretch of original text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// True when it matched.
    pub hit: bool,
}
