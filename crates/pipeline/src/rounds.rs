//! One round: every due source once, and every page that came of it.

use crate::{Engine, PipelineError};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use guanlan_model::Health;
use guanlan_store::PageRow;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

/// Hosts that are asked at the same time. Each host is asked by one task only.
const HOSTS_AT_ONCE: usize = 16;

/// Sources taken up in one go.
const SOURCES_AT_ONCE: u64 = 10_000;

/// Pages taken from the frontier at a time.
const PAGES_AT_ONCE: u64 = 500;

/// Pages of one host before the others are looked at again.
const PAGES_A_TURN: usize = 20;

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Sources that were due.
    pub sources: u64,
    /// Fetches, however they ended.
    pub fetched: u64,
    /// Articles read.
    pub articles: u64,
    /// Alerts raised.
    pub alerts: u64,
    /// Enabled sources in trouble at the end.
    pub gaps: u64,
}

/// Counts that several tasks add to, and whoever wants to watch them.
#[derive(Default)]
pub struct Progress {
    fetched: AtomicU64,
    articles: AtomicU64,
    alerts: AtomicU64,
}

impl Progress {
    /// Fetches, articles and alerts so far.
    pub fn counts(&self) -> (u64, u64, u64) {
        let read = |n: &AtomicU64| n.load(Ordering::Relaxed);
        (read(&self.fetched), read(&self.articles), read(&self.alerts))
    }

    pub(crate) fn add(&self, fetched: u64, articles: u64, alerts: u64) {
        self.fetched.fetch_add(fetched, Ordering::Relaxed);
        self.articles.fetch_add(articles, Ordering::Relaxed);
        self.alerts.fetch_add(alerts, Ordering::Relaxed);
    }
}

impl Engine {
    /// Visits every due source, then every due page, until nothing is due. One page that cannot be handled is logged
    /// and does not stop the others.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn round(&self, progress: &Progress) -> Result<Round, PipelineError> {
        let sources = self.visit_due_sources(progress).await?;
        self.visit_due_pages(progress).await?;
        let (fetched, articles, alerts) = progress.counts();
        let states = self.store.sources(self.now()).await?;
        let gaps = states.iter().filter(|s| s.spec.enabled && s.health == Health::Trouble).count() as u64;
        Ok(Round { sources, fetched, articles, alerts, gaps })
    }

    /// Visits every source that is due now. Returns how many there were.
    pub(crate) async fn visit_due_sources(&self, progress: &Progress) -> Result<u64, PipelineError> {
        let now = self.now();
        self.rulebook.refresh(now).await?;
        self.store.heartbeat(now).await?;
        let due = self.store.due_sources(now, SOURCES_AT_ONCE).await?;
        let count = due.len() as u64;
        futures::stream::iter(due)
            .for_each_concurrent(HOSTS_AT_ONCE, |state| async move {
                if !self.stop.is_cancelled()
                    && let Some(source) = self.sources.get(&state.spec.id)
                    && let Err(error) = self.visit_source(source, &state, progress).await
                {
                    tracing::error!(source.id = %state.spec.id, %error, "source could not be visited");
                }
            })
            .await;
        Ok(count)
    }

    /// Visits due pages until none is left. Each host is asked by one task at a time, and a slow host keeps only its
    /// own task busy (I8): whenever a task ends, the next hosts that have something due take its place.
    pub(crate) async fn visit_due_pages(&self, progress: &Progress) -> Result<(), PipelineError> {
        let mut tried: HashSet<i64> = HashSet::new();
        let mut busy: HashSet<String> = HashSet::new();
        let mut tasks = FuturesUnordered::new();
        loop {
            if tasks.len() < HOSTS_AT_ONCE && !self.stop.is_cancelled() {
                // The tasks go on while the next pages are looked up: one of them may hold the connection that the
                // look-up is waiting for.
                let look_up = self.store.due_pages(self.now(), PAGES_AT_ONCE);
                tokio::pin!(look_up);
                let due = loop {
                    tokio::select! {
                        due = &mut look_up => break due?,
                        Some(host) = tasks.next(), if !tasks.is_empty() => {
                            busy.remove(&host);
                        }
                    }
                };
                let mut hosts: BTreeMap<String, Vec<PageRow>> = BTreeMap::new();
                for page in due.into_iter().filter(|p| !tried.contains(&p.id) && !busy.contains(&p.host)) {
                    let pages = hosts.entry(page.host.clone()).or_default();
                    if pages.len() < PAGES_A_TURN {
                        pages.push(page);
                    }
                }
                for (host, pages) in hosts.into_iter().take(HOSTS_AT_ONCE - tasks.len()) {
                    tried.extend(pages.iter().map(|p| p.id));
                    busy.insert(host.clone());
                    tasks.push(self.visit_host(host, pages, progress));
                }
            }
            let Some(host) = tasks.next().await else { return Ok(()) };
            busy.remove(&host);
        }
    }

    /// Visits some pages of one host, one after the other. Returns the host.
    async fn visit_host(&self, host: String, pages: Vec<PageRow>, progress: &Progress) -> String {
        for page in pages {
            if self.stop.is_cancelled() {
                break;
            }
            if let Err(error) = self.visit_page(&page, progress).await {
                tracing::error!(page.url = %page.url, %error, "page could not be handled");
            }
        }
        if let Err(error) = self.store.heartbeat(self.now()).await {
            tracing::error!(%error, "no sign of life could be written");
        }
        host
    }

    /// Finishes what an earlier process captured and did not get to read. Returns how many captures there were.
    ///
    /// # Errors
    /// When the store or the evidence cannot be read.
    pub async fn recover(&self, progress: &Progress) -> Result<u64, PipelineError> {
        const AT_ONCE: u64 = 200;
        let (mut recovered, mut after) = (0, 0);
        loop {
            let waiting = self.store.unprocessed_captures(after, AT_ONCE).await?;
            let Some(last) = waiting.last().map(|c| c.id) else { return Ok(recovered) };
            after = last;
            for capture in waiting {
                match self.process(&capture, progress).await {
                    Ok(_) => recovered += 1,
                    Err(error) => tracing::error!(capture.id, %error, "capture could not be processed"),
                }
            }
        }
    }
}
