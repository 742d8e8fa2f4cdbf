//! Captures that stand.
//!
//! Every fetched response is kept as one record of a WARC 1.1 segment (ISO 28500:2017, one gzip member a record), written and
//! synced before anything else learns of it. Beside the segments of each Shanghai day lies a manifest whose lines are
//! chained by SHA-256, so that a record that was changed, removed or slipped in later is seen by [`verify`].
//!
//! ```text
//! evidence/
//!   2026-11-24/000001.warc.gz      segments, at most 256 MiB each
//!   2026-11-24/manifest.jsonl      one line a record: previous line's hash, place, hashes
//! ```

mod error;
mod export;
mod manifest;
mod record;
mod recovery;
mod segment;
mod vault;
mod verify;

pub use error::EvidenceError;
pub use export::{Export, export};
pub use record::{Located, Response};
pub use segment::read;
pub use vault::Vault;
pub use verify::{Problem, ProblemKind, Report, verify};

/// Result of this room.
pub type Result<T> = std::result::Result<T, EvidenceError>;
