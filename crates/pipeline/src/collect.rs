//! Asking one address: robots, pacing, the request, the capture, the one line in the ledger.

use crate::process::Read;
use crate::{Engine, PipelineError, Progress};
use chrono::{DateTime, Duration as Span, Utc};
use guanlan_crawl::robots::Robots;
use guanlan_crawl::{FetchRequest, Fetched, Fetcher, Source, SourceKind, pacing};
use guanlan_evidence::Response;
use guanlan_extract::PageContext;
use guanlan_model::{Outcome, PageRole, time};
use guanlan_store::{FetchRecord, HostClaim, NewCapture, PageRow, RobotsCopy, SourceState, host_of};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use url::Url;

/// A robots.txt is read again after this time (RFC 9309 2.4: not longer than 24 hours).
const ROBOTS_FRESH: Span = Span::hours(24);
/// A host whose robots.txt could not be read is asked for it again after this time.
const UNREACHABLE_FRESH: Span = Span::minutes(10);
/// A host that asks to be left alone for longer than this is left for a later round.
const LONGEST_WAIT: Span = Span::minutes(2);
/// A page that has been failing for this long is given up.
const PATIENCE: Span = Span::days(3);
/// A page whose capture could not be written down as read is asked for again after this.
const UNREAD: Span = Span::hours(6);

/// Hosts whose robots.txt could not be read, and why.
pub(crate) type Unreachable = Mutex<HashMap<String, (DateTime<Utc>, Outcome, String)>>;

/// The address that is asked for, and what is known from the last time.
struct Asked<'a> {
    source: &'a Source,
    page: Option<&'a PageRow>,
    url: &'a Url,
    etag: Option<&'a str>,
    last_modified: Option<&'a str>,
    failures: u32,
}

/// How one visit ended.
struct Visit {
    outcome: Outcome,
    detail: String,
    newest: Option<DateTime<Utc>>,
    retry_after: Option<Duration>,
}

/// Whether there was a visit at all.
enum Course {
    Ended(Visit),
    /// Nobody was asked; not before this time.
    Postponed(DateTime<Utc>),
    /// The process is ending.
    Stopped,
}

/// What a host's robots.txt has to say.
enum Rules {
    Known(Robots),
    JustRead(Robots),
    /// The file could not be read: everything is forbidden then.
    Unreadable(Visit),
    Postponed(DateTime<Utc>),
}

/// Whether a host may be asked.
enum Turn {
    Ours,
    NotBefore(DateTime<Utc>),
}

impl Engine {
    /// Visits a source's own address and says how it went.
    pub(crate) async fn visit_source(
        &self,
        source: &Source,
        state: &SourceState,
        progress: &Progress,
    ) -> Result<(), PipelineError> {
        let failures = u32::try_from(state.failures).unwrap_or(u32::MAX);
        let asked = Asked {
            source,
            page: None,
            url: &source.url,
            etag: state.etag.as_deref(),
            last_modified: state.last_modified.as_deref(),
            failures,
        };
        let visit = match self.visit(&asked, progress).await? {
            Course::Ended(visit) => visit,
            Course::Postponed(until) => return Ok(self.store.postpone_source(&source.id, until).await?),
            Course::Stopped => return Ok(()),
        };
        let failures = if visit.outcome.is_success() { 0 } else { failures.saturating_add(1) };
        let now = self.now();
        let next = pacing::next_poll(source, now, failures, visit.retry_after);
        self.store
            .source_attempted(&source.id, visit.outcome, &visit.detail, visit.newest, next, now)
            .await?;
        Ok(())
    }

    /// Visits a page of the frontier.
    pub(crate) async fn visit_page(&self, page: &PageRow, progress: &Progress) -> Result<(), PipelineError> {
        let Some(source) = self.sources.get(&page.source_id) else { return Ok(()) };
        let Ok(url) = Url::parse(&page.url) else { return Ok(()) };
        let asked = Asked {
            source,
            page: Some(page),
            url: &url,
            etag: page.etag.as_deref(),
            last_modified: page.last_modified.as_deref(),
            failures: page.failures,
        };
        if let Course::Postponed(until) = self.visit(&asked, progress).await? {
            self.store.postpone_page(page.id, until).await?;
        }
        Ok(())
    }

    /// One address, from robots.txt to the ledger.
    async fn visit(&self, asked: &Asked<'_>, progress: &Progress) -> Result<Course, PipelineError> {
        let (robots, just_read) = match self.robots(asked).await? {
            Rules::Known(robots) => (robots, false),
            Rules::JustRead(robots) => (robots, true),
            Rules::Unreadable(visit) => {
                self.record_failure(asked, &visit, self.now()).await?;
                progress.add(1, 0, 0);
                return Ok(Course::Ended(visit));
            }
            Rules::Postponed(until) => return Ok(Course::Postponed(until)),
        };
        let delay = robots.crawl_delay(self.fetcher.product()).unwrap_or_default().max(self.spacing);
        // The site's pause lies between its pages. Were the robots.txt one of them, a site that asks for a day would
        // never be read, because its robots.txt is read again every day.
        let before = if just_read { self.spacing } else { delay };
        if let Turn::NotBefore(until) = self.turn(host_of(asked.url.as_str()), before, delay).await? {
            return Ok(Course::Postponed(until));
        }
        let started = self.now();
        let request = FetchRequest {
            url: asked.url,
            etag: asked.etag,
            last_modified: asked.last_modified,
            ports: &asked.source.ports,
            robots: Some(&robots),
        };
        // A request that is given up has left no trace anywhere: it is made again at the next start.
        let answer = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Ok(Course::Stopped),
            answer = self.fetcher.fetch(&request) => answer,
        };
        progress.add(1, 0, 0);
        match answer {
            Ok(fetched) if fetched.is_unchanged() => {
                let visit = Visit {
                    outcome: Outcome::Unchanged,
                    detail: String::new(),
                    newest: None,
                    retry_after: None,
                };
                self.record(asked, &visit, started).await?;
                Ok(Course::Ended(visit))
            }
            Ok(fetched) => self.keep(asked, fetched, started, progress).await.map(Course::Ended),
            Err(error) => {
                let visit = Visit {
                    outcome: error.outcome(),
                    detail: error.zh(),
                    newest: None,
                    retry_after: error.retry_after(),
                };
                if let Some(pause) = visit.retry_after.and_then(|p| Span::from_std(p).ok()) {
                    self.store.set_host_next(host_of(asked.url.as_str()), self.now() + pause).await?;
                }
                self.record_failure(asked, &visit, started).await?;
                Ok(Course::Ended(visit))
            }
        }
    }

    /// Stores the response as evidence before anything is derived from it, then reads it.
    async fn keep(
        &self,
        asked: &Asked<'_>,
        fetched: Fetched,
        started: DateTime<Utc>,
        progress: &Progress,
    ) -> Result<Visit, PipelineError> {
        let capture = self.append(asked, &fetched).await?;
        let kept =
            Visit { outcome: Outcome::Fetched, detail: String::new(), newest: None, retry_after: None };
        let mut record = self.ledger_line(asked, &kept, started);
        record.capture = Some(capture);
        record.next_at = asked.page.map(|_| self.now() + UNREAD);
        let Some(id) = self.store.commit_fetch(&record).await? else { return Ok(kept) };
        let Some(row) = self.store.capture(id).await? else { return Ok(kept) };
        let Read { outcome, detail, newest } = self.process(&row, progress).await?;
        Ok(Visit { outcome, detail, newest, retry_after: None })
    }

    async fn append(&self, asked: &Asked<'_>, fetched: &Fetched) -> Result<NewCapture, PipelineError> {
        let response = Response {
            url: asked.url.to_string(),
            final_url: fetched.final_url.to_string(),
            status: fetched.status,
            headers: fetched.headers.clone(),
            body: fetched.body.clone(),
            fetched_at: fetched.fetched_at,
            remote: fetched.remote,
        };
        let vault = self.vault.clone();
        let headers_json = serde_json::to_string(&fetched.headers).unwrap_or_default();
        let located = tokio::task::spawn_blocking(move || vault.append(&response)).await??;
        Ok(NewCapture {
            final_url: fetched.final_url.to_string(),
            status: fetched.status,
            headers_json,
            sha256: located.sha256,
            segment: located.segment,
            offset: located.offset,
            length: located.length,
            bytes: fetched.body.len() as u64,
            fetched_at: fetched.fetched_at,
            remote: fetched.remote.map(|r| r.to_string()),
        })
    }

    async fn record_failure(
        &self,
        asked: &Asked<'_>,
        visit: &Visit,
        started: DateTime<Utc>,
    ) -> Result<(), PipelineError> {
        tracing::debug!(source.id = %asked.source.id, page.url = %asked.url, outcome = %visit.outcome, "fetch failed");
        self.record(asked, visit, started).await
    }

    async fn record(
        &self,
        asked: &Asked<'_>,
        visit: &Visit,
        started: DateTime<Utc>,
    ) -> Result<(), PipelineError> {
        self.store.commit_fetch(&self.ledger_line(asked, visit, started)).await?;
        Ok(())
    }

    fn ledger_line(&self, asked: &Asked<'_>, visit: &Visit, started: DateTime<Utc>) -> FetchRecord {
        let now = self.now();
        let next = |page| next_visit(asked.source, page, visit.outcome, visit.retry_after, now);
        FetchRecord {
            source_id: asked.source.id.clone(),
            page_id: asked.page.map(|p| p.id),
            url: asked.url.to_string(),
            started_at: started,
            duration_ms: (now - started).num_milliseconds().max(0),
            outcome: visit.outcome,
            detail: visit.detail.clone(),
            capture: None,
            next_at: asked.page.and_then(next),
        }
    }

    /// The rules of a host: cached in the store, read anew when they are old.
    async fn robots(&self, asked: &Asked<'_>) -> Result<Rules, PipelineError> {
        let url = asked.url;
        let origin = url.origin().ascii_serialization();
        let now = self.now();
        if let Some(copy) = self.store.robots(&origin).await?
            && now - copy.fetched_at < ROBOTS_FRESH
            && copy.fetched_at <= now
        {
            return Ok(Rules::Known(rules(&copy)));
        }
        if let Some((visit, until)) = self.known_unreachable(&origin, now) {
            // Nobody is asked now. A source says so once, because it is the gap; its pages just wait.
            let said = asked.page.is_some() || asked.failures > 0;
            return Ok(if said { Rules::Postponed(until) } else { Rules::Unreadable(visit) });
        }
        if let Turn::NotBefore(until) = self.turn(host_of(url.as_str()), self.spacing, self.spacing).await? {
            return Ok(Rules::Postponed(until));
        }
        let answer = self.fetcher.fetch_robots(url, &asked.source.ports).await;
        if let Some(error) = answer.error {
            let (outcome, detail) = (error.outcome(), error.zh());
            if let Ok(mut unreachable) = self.unreachable.lock() {
                unreachable.insert(origin, (now, outcome, detail.clone()));
            }
            let retry_after = error.retry_after();
            return Ok(Rules::Unreadable(Visit { outcome, detail, newest: None, retry_after }));
        }
        let copy = RobotsCopy {
            status: if answer.text.is_some() { 200 } else { 404 },
            body: answer.text.map(|t| String::from_utf8_lossy(&t).into_owned()).unwrap_or_default(),
            fetched_at: now,
        };
        self.store.robots_put(&origin, &copy).await?;
        Ok(Rules::JustRead(answer.robots))
    }

    /// How the last try at a robots.txt failed, and until when it is not tried again.
    fn known_unreachable(&self, origin: &str, now: DateTime<Utc>) -> Option<(Visit, DateTime<Utc>)> {
        let unreachable = self.unreachable.lock().ok()?;
        let (at, outcome, detail) = unreachable.get(origin)?;
        let fresh = now - *at < UNREACHABLE_FRESH && *at <= now;
        let visit = || Visit { outcome: *outcome, detail: detail.clone(), newest: None, retry_after: None };
        fresh.then(|| (visit(), *at + UNREACHABLE_FRESH))
    }

    fn since_last_request(&self, host: &str, delay: Duration) -> Duration {
        self.recent.lock().map(|recent| recent.remaining(host, delay, Instant::now())).unwrap_or_default()
    }

    fn note_request(&self, host: &str) {
        if let Ok(mut recent) = self.recent.lock() {
            recent.note(host, Instant::now());
        }
    }

    /// Waits for the host's turn, unless that would take too long: at least `before` after the last request, and nobody
    /// else for `after`.
    async fn turn(&self, host: &str, before: Duration, after: Duration) -> Result<Turn, PipelineError> {
        let spacing = Span::from_std(after).unwrap_or(Span::MAX);
        let waited_from = self.now();
        loop {
            let now = self.now();
            // The store's time is the wall clock's, which may jump forward; this process's own memory does not (I7).
            let since_last = self.since_last_request(host, before);
            if !since_last.is_zero() {
                let until = now + Span::from_std(since_last).unwrap_or(LONGEST_WAIT);
                if until - waited_from > LONGEST_WAIT {
                    return Ok(Turn::NotBefore(until));
                }
                tokio::time::sleep(since_last).await;
                continue;
            }
            match self.store.claim_host(host, now, spacing).await? {
                HostClaim::Granted => {
                    self.note_request(host);
                    return Ok(Turn::Ours);
                }
                HostClaim::Wait(until) if until - waited_from > LONGEST_WAIT => {
                    return Ok(Turn::NotBefore(until));
                }
                HostClaim::Wait(until) => {
                    let wait = (until - now).to_std().unwrap_or(Duration::from_millis(10));
                    tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
                }
            }
        }
    }
}

fn rules(copy: &RobotsCopy) -> Robots {
    match copy.status {
        200 => Robots::parse(copy.body.as_bytes()),
        _ => Robots::allow_all(),
    }
}

/// When a page is asked for again; `None` for never.
pub(crate) fn next_visit(
    source: &Source,
    page: &PageRow,
    outcome: Outcome,
    retry_after: Option<Duration>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    if !outcome.is_passing() {
        // A promotional page is looked at again whatever it said today, unless it is gone or forbidden.
        let again = page.role == PageRole::Site && (outcome.is_success() || outcome == Outcome::ParseFailed);
        return Span::from_std(source.every).ok().filter(|_| again).map(|every| now + every);
    }
    if page.failing_since.is_some_and(|since| now - since >= PATIENCE) {
        return None;
    }
    let pause =
        pacing::backoff(page.failures.saturating_add(1), &page.url).max(retry_after.unwrap_or_default());
    Span::from_std(pause).ok().map(|pause| now + pause)
}

/// What one look at a source found, for `guanlan check sources`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Items of the feed or list, or links of the site.
    pub items: usize,
    /// Date of the newest item.
    pub newest: Option<DateTime<Utc>>,
    /// Why the source cannot be used, in Chinese with what to do.
    pub error: Option<String>,
}

/// Looks at a source once, without storing anything.
pub async fn check_source(fetcher: &Fetcher, source: &Source, now: DateTime<Utc>) -> Seen {
    let failed = |error: String| Seen { error: Some(error), ..Seen::default() };
    let robots = fetcher.fetch_robots(&source.url, &source.ports).await;
    if let Some(error) = robots.error {
        return failed(error.zh());
    }
    let request = FetchRequest {
        url: &source.url,
        etag: None,
        last_modified: None,
        ports: &source.ports,
        robots: Some(&robots.robots),
    };
    match fetcher.fetch(&request).await {
        Ok(fetched) => look(source, &fetched, now),
        Err(error) => failed(error.zh()),
    }
}

fn look(source: &Source, fetched: &Fetched, now: DateTime<Utc>) -> Seen {
    let context = PageContext {
        url: Some(&fetched.final_url),
        content_type: fetched.header("content-type"),
        selectors: Some(&source.page),
        now: time::to_shanghai(now),
    };
    let items = match (source.kind, &source.list) {
        (SourceKind::Feed, _) => guanlan_extract::feed(&fetched.body, &context).map(|f| f.items),
        (SourceKind::List, Some(list)) => guanlan_extract::list(&fetched.body, &context, list),
        _ => {
            let items = guanlan_extract::links(&fetched.body, &context).len();
            return Seen { items, ..Seen::default() };
        }
    };
    match items {
        Ok(items) if items.is_empty() => Seen {
            error: Some("能打开，但没有读到条目：请核对网址或 list.item 选择器".into()),
            ..Seen::default()
        },
        Ok(items) => Seen {
            items: items.len(),
            newest: items.iter().filter_map(|i| i.date).max().map(|d| d.with_timezone(&Utc)),
            error: None,
        },
        Err(error) => {
            Seen { error: Some(format!("能打开，但无法读取：{}", error.zh())), ..Seen::default() }
        }
    }
}
