//! The way of an article, wired: collecting, processing, indexing, the digest, the clock, recovery.
//!
//! Every step may be killed at any point and run again. What has been captured is found again through the store
//! ([`Engine::recover`]); what had not been captured is simply fetched again.

mod collect;
mod engine;
mod index;
mod process;
mod rounds;
mod rulebook;
mod run;
mod stored_text;
mod trial;

pub use collect::{Seen, check_source};
pub use engine::{Engine, Parts, verified_key};
pub use index::{index_outbox, rebuild_index};
pub use process::located;
pub use rounds::{Progress, Round};
pub use rulebook::{LeftOut, Rulebook, Screening, past_pack, screen_again, with_drafts};
pub use run::{DigestPlan, run};
pub use stored_text::{StoredText, article_of, content_hash};
pub use trial::{Period, Quick, backtest, try_change};

/// A step that could not be done. The message is for the operator's log.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The database refused or is gone.
    #[error("store: {0}")]
    Store(#[from] guanlan_store::StoreError),
    /// Evidence could not be written or read.
    #[error("evidence: {0}")]
    Evidence(#[from] guanlan_evidence::EvidenceError),
    /// The index refused.
    #[error("archive: {0}")]
    Archive(#[from] guanlan_archive::ArchiveError),
    /// Names and rules could not be compiled into one automaton.
    #[error("rules: {0}")]
    Rules(#[from] guanlan_rules::CompileError),
    /// The texts of a pack that was live once cannot be read any more.
    #[error("pack {version}: {why}")]
    PastPack {
        /// Its version.
        version: String,
        /// Why.
        why: String,
    },
    /// A worker thread panicked; the input is kept and the rest goes on.
    #[error("worker: {0}")]
    Worker(#[from] tokio::task::JoinError),
}
