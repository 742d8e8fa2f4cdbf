//! The parts, held together.

use crate::collect::Unreachable;
use crate::{PipelineError, Rulebook};
use chrono::{DateTime, Utc};
use guanlan_archive::Archive;
use guanlan_crawl::pacing::RecentRequests;
use guanlan_crawl::{Fetcher, Source};
use guanlan_evidence::Vault;
use guanlan_review::Departments;
use guanlan_rules::Pack;
use guanlan_store::{SourceSpec, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What an engine is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The evidence folder.
    pub vault: Vault,
    /// The search index.
    pub archive: Arc<dyn Archive>,
    /// The one way to the network.
    pub fetcher: Fetcher,
    /// What is watched.
    pub sources: Vec<Source>,
    /// The rules of the files.
    pub pack: Pack,
    /// Where a finding goes.
    pub departments: Departments,
    /// Least time between two requests to one host.
    pub spacing: Duration,
    /// The clock. Passed in so that tests and the demo can set it.
    pub clock: fn() -> DateTime<Utc>,
}

/// The pipeline of one process. Shared by its tasks.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    pub(crate) archive: Arc<dyn Archive>,
    pub(crate) fetcher: Fetcher,
    pub(crate) sources: BTreeMap<String, Arc<Source>>,
    pub(crate) spacing: Duration,
    pub(crate) rulebook: Arc<Rulebook>,
    /// Cancelled when the process is to end: what is under way is finished, nothing new is begun.
    pub(crate) stop: CancellationToken,
    pub(crate) unreachable: Unreachable,
    pub(crate) recent: Mutex<RecentRequests>,
    clock: fn() -> DateTime<Utc>,
}

impl Engine {
    /// Compiles the rules and the register in force and tells the store which sources there are.
    ///
    /// # Errors
    /// When the store cannot be read, or names and rules cannot be compiled.
    pub async fn new(parts: Parts) -> Result<Engine, PipelineError> {
        let now = (parts.clock)();
        let mut specs = Vec::with_capacity(parts.sources.len());
        for source in &parts.sources {
            let reached = parts.store.meta_get(&verified_key(&source.id)).await?.is_some();
            specs.push(spec(source, reached));
        }
        parts.store.sync_sources(&specs, now).await?;
        let rulebook = Rulebook::open(parts.store.clone(), parts.pack, parts.departments, now).await?;
        Ok(Engine {
            store: parts.store,
            vault: Arc::new(parts.vault),
            archive: parts.archive,
            fetcher: parts.fetcher,
            sources: parts.sources.into_iter().map(|s| (s.id.clone(), Arc::new(s))).collect(),
            spacing: parts.spacing,
            rulebook: Arc::new(rulebook),
            stop: CancellationToken::new(),
            unreachable: Unreachable::default(),
            recent: Mutex::default(),
            clock: parts.clock,
        })
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The evidence folder.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// The search index.
    pub fn archive(&self) -> &Arc<dyn Archive> {
        &self.archive
    }

    /// Ends the engine when it is cancelled: what is under way is finished, nothing new is begun.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// The rules in force.
    pub fn rulebook(&self) -> &Arc<Rulebook> {
        &self.rulebook
    }
}

/// Where the store remembers that `guanlan check sources` has reached a source.
pub fn verified_key(source_id: &str) -> String {
    format!("source.verified.{source_id}")
}

fn spec(source: &Source, reached: bool) -> SourceSpec {
    SourceSpec {
        id: source.id.clone(),
        name: source.name.clone(),
        tier: source.tier,
        kind: source.kind.code().to_owned(),
        url: source.url.to_string(),
        owner: source.owner.clone(),
        stale_after_secs: seconds(source.stale_after),
        every_secs: seconds(source.every),
        enabled: source.enabled,
        verified: source.verified || reached,
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
