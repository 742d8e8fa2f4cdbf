//! The search index and the search over it.
//!
//! What a query means is decided on the characters of the normal form (`guanlan_text::normalise`) of title and body,
//! never on words: a word, phrase or name is found wherever its characters stand, whatever a tokenizer would have
//! made of them and whenever the name became known. Character bigrams in the index find candidates; NEAR, 句(…) and
//! 段(…) are then verified on the stored text. Words by jieba only order the answer.
//!
//! The index is derived. It may be thrown away and rebuilt from the database at any time, with the same hits.

mod answer;
mod budget;
mod candidates;
mod condition;
mod document;
mod error;
mod examine;
mod facets;
mod local;
mod request;
mod schema;
mod snippet;
mod steady;
mod sweep;
mod tokens;
mod verify;

pub use answer::{Answer, Hit, Piece};
pub use document::Document;
pub use error::ArchiveError;
pub use local::LocalArchive;
pub use request::{MAX_LIMIT, MAX_OFFSET, Names, SearchRequest, Sort};

/// Result of an archive operation.
pub type Result<T> = std::result::Result<T, ArchiveError>;

/// An index that holds every article and answers queries about them.
pub trait Archive: Send + Sync {
    /// Adds documents, replacing those with the same id. All of it becomes durable and visible together, or none of it
    /// does.
    ///
    /// # Errors
    /// [`ArchiveError::InUse`] when another process writes; otherwise failures of storage. Nothing is added then.
    fn add(&self, documents: &[Document]) -> Result<()>;

    /// Answers a query. Blocks for at most about two seconds; call it from a thread that may block.
    ///
    /// # Errors
    /// [`ArchiveError::Page`] beyond the paging limits, [`ArchiveError::Unsupported`] for rule-only expressions,
    /// [`ArchiveError::Busy`] when no turn came within the time budget.
    fn search(&self, request: &SearchRequest) -> Result<Answer>;

    /// Removes every document.
    ///
    /// # Errors
    /// As for [`Archive::add`].
    fn clear(&self) -> Result<()>;
}
