//! The database: SQLite by default, PostgreSQL for many workers.
//!
//! Everything other rooms ask of the database is a method of [`Store`]. The same tables and the same queries serve both
//! engines. The clock is always passed in, so that every answer can be tested and a day can be told again.

mod alerts;
mod articles;
mod audit;
mod deliveries;
mod digest;
mod drafts;
mod error;
mod fetches;
mod frontier;
mod hosts;
mod invariants;
mod meta;
mod migration;
mod open;
mod passwords;
mod periods;
mod processed;
mod raising;
mod register;
mod rule_packs;
mod sessions;
mod sources;
mod sql;
mod stories;
mod users;
mod verdicts;

pub use alerts::{AlertDetail, AlertRow, FoundIn, QueueFilter, QueuePage};
pub use articles::{ArticleBrief, ArticleRow, NewArticle};
pub use audit::AuditRow;
pub use deliveries::{DeliveryId, DeliveryResult, DeliveryRow};
pub use digest::{DigestData, LeadRow, SourceCoverage};
pub use drafts::{Draft, DraftText};
pub use error::{DraftError, JudgeError, StoreError};
pub use fetches::{CaptureRow, FetchRecord, LedgerRow, NewCapture};
pub use frontier::{NewPage, PageRow, host_of};
pub use hosts::{HostClaim, RobotsCopy};
pub use meta::CollectorState;
pub use periods::{DigestPeriod, complete_day, digest_time};
pub use processed::{Committed, Processed, SameStory};
pub use register::RegisterApplied;
pub use rule_packs::PackRow;
pub use sources::{SourceSpec, SourceState};
pub use users::{LoginOutcome, User};
pub use verdicts::{Judged, Opinion};

use sea_orm::DatabaseConnection;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The database. Cheap to clone, shared by all tasks.
#[derive(Debug, Clone)]
pub struct Store {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    hashing: Arc<Semaphore>,
}
