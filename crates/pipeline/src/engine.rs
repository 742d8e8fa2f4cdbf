//! The parts, held together.

use crate::PipelineError;
use crate::collect::Unreachable;
use chrono::{DateTime, Utc};
use guanlan_archive::Archive;
use guanlan_crawl::pacing::RecentRequests;
use guanlan_crawl::{Fetcher, Source};
use guanlan_evidence::Vault;
use guanlan_registry::Register;
use guanlan_review::Departments;
use guanlan_rules::Pack;
use guanlan_screen::Screener;
use guanlan_store::{SourceSpec, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};
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
    /// The rules.
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
    pub(crate) departments: Arc<Departments>,
    /// Cancelled when the process is to end: what is under way is finished, nothing new is begun.
    pub(crate) stop: CancellationToken,
    pub(crate) unreachable: Unreachable,
    pub(crate) recent: Mutex<RecentRequests>,
    pack: Pack,
    screening: RwLock<Arc<Screening>>,
    clock: fn() -> DateTime<Utc>,
}

/// A screener and the version of the register it was compiled from.
pub(crate) struct Screening {
    pub(crate) screener: Screener,
    pub(crate) register_version: String,
}

impl Engine {
    /// Compiles the register that the store holds and tells the store which sources there are.
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
        let screening = compile(&parts.store, &parts.pack).await?;
        Ok(Engine {
            store: parts.store,
            vault: Arc::new(parts.vault),
            archive: parts.archive,
            fetcher: parts.fetcher,
            sources: parts.sources.into_iter().map(|s| (s.id.clone(), Arc::new(s))).collect(),
            spacing: parts.spacing,
            departments: Arc::new(parts.departments),
            stop: CancellationToken::new(),
            unreachable: Unreachable::default(),
            recent: Mutex::default(),
            pack: parts.pack,
            screening: RwLock::new(Arc::new(screening)),
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
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The screener in force.
    pub(crate) fn screening(&self) -> Arc<Screening> {
        match self.screening.read() {
            Ok(screening) => screening.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Compiles the register again when it has been imported anew since the last look.
    ///
    /// # Errors
    /// When the store cannot be read, or names and rules cannot be compiled.
    pub async fn refresh_register(&self) -> Result<(), PipelineError> {
        if self.store.register_version().await? == self.screening().register_version {
            return Ok(());
        }
        let fresh = Arc::new(compile(&self.store, &self.pack).await?);
        tracing::info!(register.version = %fresh.register_version, "register compiled");
        match self.screening.write() {
            Ok(mut screening) => *screening = fresh,
            Err(poisoned) => *poisoned.into_inner() = fresh,
        }
        Ok(())
    }
}

async fn compile(store: &Store, pack: &Pack) -> Result<Screening, PipelineError> {
    let register_version = store.register_version().await?;
    let register = Register::new(store.institutions().await?);
    let screener = Screener::new(register, pack)?;
    Ok(Screening { screener, register_version })
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
