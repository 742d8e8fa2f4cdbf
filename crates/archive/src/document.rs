//! What goes into the index.

use chrono::{DateTime, Utc};
use guanlan_model::{Kind, Tier};

/// One article as the index takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Identifier in the database. A document with a known id replaces the old one.
    pub id: i64,
    /// Title, one line.
    pub title: String,
    /// Paragraphs separated by `\n`. Personal numbers are masked before anything is stored.
    pub body: String,
    /// Address it was read from.
    pub url: String,
    /// The id that the file gave it from which it was imported.
    pub external_id: Option<String>,
    /// Publication time, if it is known.
    pub published: Option<DateTime<Utc>>,
    /// When it was fetched. Stands in for an unknown publication time in `日期:`, in sorting and in the months facet:
    /// an article without a date must not vanish from a search over the last seven days.
    pub fetched_at: DateTime<Utc>,
    /// Name of the source.
    pub source: String,
    /// Standing of the source.
    pub tier: Tier,
    /// News or promotion.
    pub kind: Kind,
    /// Register ids of the institutions mentioned.
    pub institutions: Vec<String>,
    /// Codes of the categories of its findings, as in [`guanlan_model::Category::code`].
    pub categories: Vec<String>,
}

impl Document {
    /// The moment that dates the document.
    pub(crate) fn time(&self) -> DateTime<Utc> {
        self.published.unwrap_or(self.fetched_at)
    }
}
