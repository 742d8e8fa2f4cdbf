//! The numbers of one digest.

use crate::alerts::{self, AlertRow};
use crate::sql::{Columns, Row, all, first, number, values};
use crate::{CollectorState, DigestPeriod, SourceState, Store, StoreError};
use chrono::{DateTime, Datelike, Utc};
use guanlan_model::{AlertState, Category, Health, Severity, Tier};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Alerts that a digest lists; the others are counted.
const LISTED: i64 = 30;
/// Leads that a digest lists.
const LEADS: i64 = 50;

/// Everything one digest says.
#[derive(Debug, Clone, PartialEq)]
pub struct DigestData {
    /// What it covers.
    pub period: DigestPeriod,
    /// When the numbers were taken.
    pub taken_at: DateTime<Utc>,
    /// Number of the issue in its year: the day of the year.
    pub issue_no: u32,
    /// Fetches in the ledger.
    pub fetched: i64,
    /// Fetches that saw what they were made for.
    pub fetched_ok: i64,
    /// Articles read; imported ones were not.
    pub articles: i64,
    /// Findings in the articles read.
    pub hits: i64,
    /// Alerts raised; `confirmed + watching + rejected + waiting`.
    pub new_alerts: i64,
    /// Alerts raised in the equally long time before.
    pub new_alerts_before: i64,
    /// Of the new alerts: found true.
    pub confirmed: i64,
    /// Of the new alerts: under watch.
    pub watching: i64,
    /// Of the new alerts: false alarm, duplicate or elsewhere.
    pub rejected: i64,
    /// Of the new alerts: not judged yet.
    pub waiting: i64,
    /// New alerts by severity.
    pub by_severity: BTreeMap<Severity, i64>,
    /// New alerts by category.
    pub by_category: BTreeMap<Category, i64>,
    /// New alerts by state.
    pub by_state: BTreeMap<AlertState, i64>,
    /// All alerts that wait, of whatever time.
    pub waiting_total: i64,
    /// All confirmed alerts, of whatever time.
    pub confirmed_total: i64,
    /// New alerts that were not rejected, in the order of the queue; at most 30.
    pub top: Vec<AlertRow>,
    /// How many there are in all.
    pub top_total: i64,
    /// Enabled sources in trouble.
    pub gaps: Vec<SourceState>,
    /// Rounds expected and done, by source.
    pub coverage: Vec<SourceCoverage>,
    /// Institutions outside the register, and masked names.
    pub leads: Vec<LeadRow>,
    /// The collector's last sign of life, when it is silent.
    pub collector_silent_since: Option<DateTime<Utc>>,
    /// True when the data are made up.
    pub demo: bool,
}

/// How often a source was to be read in a period, and how often it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCoverage {
    /// Source id.
    pub source_id: String,
    /// Name people see.
    pub name: String,
    /// Standing.
    pub tier: Tier,
    /// Rounds that the rhythm asks for.
    pub expected: i64,
    /// Rounds that saw the source.
    pub done: i64,
}

/// An institution outside the register, or a masked name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadRow {
    /// Row id.
    pub id: i64,
    /// The name as written.
    pub name: String,
    /// Why it is a lead.
    pub reason: String,
    /// The first article that named it.
    pub article_id: i64,
    /// That article's title.
    pub article_title: String,
    /// Articles that named it.
    pub seen: i64,
    /// When it was first named.
    pub created_at: DateTime<Utc>,
}

impl Row for LeadRow {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(LeadRow {
            id: row.get("id")?,
            name: row.get("name")?,
            reason: row.get("reason")?,
            article_id: row.get("article_id")?,
            article_title: row.get("article_title")?,
            seen: row.get("seen")?,
            created_at: row.get("created_at")?,
        })
    }
}

const LEADS_OF: &str =
    "SELECT l.id, l.name, l.reason, l.article_id, a.title AS article_title, l.seen, l.created_at
    FROM lead l JOIN article a ON a.id = l.article_id
    WHERE l.created_at >= $1 AND l.created_at < $2 ORDER BY l.id LIMIT $3";

/// A source and the period's fetches of its own address.
struct Rounds {
    source_id: String,
    name: String,
    tier: Tier,
    every_secs: i64,
    created_at: DateTime<Utc>,
    tried: i64,
    seen: i64,
}

impl Row for Rounds {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Rounds {
            source_id: row.get("id")?,
            name: row.get("name")?,
            tier: row.word("tier")?,
            every_secs: row.get("every_secs")?,
            created_at: row.get("created_at")?,
            tried: row.get("tried")?,
            seen: row.get("seen")?,
        })
    }
}

/// Times that are counted: from the first, up to but without the second.
#[derive(Clone, Copy)]
struct Span {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Span {
    /// The equally long time before.
    fn before(self) -> Span {
        Span { from: self.from - (self.to - self.from), to: self.from }
    }
}

#[derive(Default)]
struct Fetches {
    all: i64,
    ok: i64,
}

impl Row for Fetches {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Fetches { all: row.get("tried")?, ok: row.get("seen")? })
    }
}

/// Outcomes that saw what they were made for, as an SQL list.
fn successes() -> String {
    let codes = guanlan_model::Outcome::ALL.iter().filter(|o| o.is_success());
    codes.map(|o| format!("'{o}'")).collect::<Vec<_>>().join(", ")
}

impl Store {
    /// The numbers of a digest, as they are known at `now`.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn digest_data(
        &self,
        period: &DigestPeriod,
        now: DateTime<Utc>,
    ) -> Result<DigestData, StoreError> {
        let span = Span { from: period.from, to: period.to.max(period.from) };
        let by_state: BTreeMap<AlertState, i64> = self.alerts_by("state", span).await?;
        let of = |states: &[AlertState]| states.iter().filter_map(|s| by_state.get(s)).sum::<i64>();
        let totals = self.queue_counts().await?;
        let total = |state: AlertState| totals.get(&state).copied().unwrap_or(0);
        let sources = self.sources(now).await?;
        let collector_silent_since = match self.collector_state(now).await? {
            CollectorState::Silent { since } => Some(since),
            CollectorState::Never | CollectorState::Running { .. } => None,
        };
        let fetches = self.fetches(span).await?;
        Ok(DigestData {
            period: period.clone(),
            taken_at: now,
            issue_no: period.day.ordinal(),
            fetched: fetches.all,
            fetched_ok: fetches.ok,
            articles: self.articles(span).await?,
            hits: self.hits(span).await?,
            new_alerts: by_state.values().sum(),
            new_alerts_before: self.alerts(span.before()).await?,
            confirmed: of(&[AlertState::Confirmed]),
            watching: of(&[AlertState::Watching]),
            rejected: of(&[AlertState::FalseAlarm, AlertState::Duplicate, AlertState::Elsewhere]),
            waiting: of(&[AlertState::Waiting]),
            by_severity: self.alerts_by("severity", span).await?,
            by_category: self.alerts_by("category", span).await?,
            waiting_total: total(AlertState::Waiting),
            confirmed_total: total(AlertState::Confirmed),
            top: self.top(span).await?,
            top_total: of(&[AlertState::Waiting, AlertState::Confirmed, AlertState::Watching]),
            gaps: sources.into_iter().filter(|s| s.health == Health::Trouble).collect(),
            coverage: self.coverage(span).await?,
            leads: self.leads_of(span).await?,
            collector_silent_since,
            demo: self.is_demo().await?,
            by_state,
        })
    }

    async fn leads_of(&self, span: Span) -> Result<Vec<LeadRow>, StoreError> {
        all(&self.reader, LEADS_OF, values![span.from, span.to, LEADS]).await
    }

    async fn fetches(&self, span: Span) -> Result<Fetches, StoreError> {
        let sql = format!(
            "SELECT COUNT(*) AS tried, COUNT(CASE WHEN outcome IN ({}) THEN 1 END) AS seen FROM ledger
             WHERE started_at >= $1 AND started_at < $2",
            successes()
        );
        let counted = first(&self.reader, &sql, values![span.from, span.to]).await?;
        Ok(counted.unwrap_or_default())
    }

    async fn articles(&self, span: Span) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) AS n FROM article
                   WHERE capture_id IS NOT NULL AND fetched_at >= $1 AND fetched_at < $2";
        number(&self.reader, sql, values![span.from, span.to]).await
    }

    async fn alerts(&self, span: Span) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) AS n FROM alert WHERE created_at >= $1 AND created_at < $2";
        number(&self.reader, sql, values![span.from, span.to]).await
    }

    async fn hits(&self, span: Span) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) AS n FROM finding f JOIN article a ON a.id = f.article_id
                   WHERE a.fetched_at >= $1 AND a.fetched_at < $2";
        number(&self.reader, sql, values![span.from, span.to]).await
    }

    async fn alerts_by<K: FromStr + Ord>(
        &self,
        column: &str,
        span: Span,
    ) -> Result<BTreeMap<K, i64>, StoreError> {
        let sql = format!(
            "SELECT {column} AS t, COUNT(*) AS n FROM alert WHERE created_at >= $1 AND created_at < $2
             GROUP BY {column}"
        );
        let counted: Vec<(String, i64)> = all(&self.reader, &sql, values![span.from, span.to]).await?;
        let word = |w: String| w.parse().map_err(|_| StoreError::Damaged(format!("{column} = `{w}`")));
        counted.into_iter().map(|(w, n)| Ok((word(w)?, n))).collect()
    }

    async fn top(&self, span: Span) -> Result<Vec<AlertRow>, StoreError> {
        let sql = format!(
            "{} WHERE al.created_at >= $1 AND al.created_at < $2
             AND al.state IN ('waiting', 'confirmed', 'watching') {} LIMIT $3",
            alerts::SELECT,
            alerts::ORDER
        );
        all(&self.reader, &sql, values![span.from, span.to, LISTED]).await
    }

    /// Rounds expected and done by every enabled source that was there.
    async fn coverage(&self, span: Span) -> Result<Vec<SourceCoverage>, StoreError> {
        let sql = format!(
            "SELECT s.id, s.name, s.tier, s.every_secs, s.created_at, COUNT(l.id) AS tried,
                COUNT(CASE WHEN l.outcome IN ({}) THEN 1 END) AS seen
             FROM source s LEFT JOIN ledger l ON l.source_id = s.id AND l.page_id IS NULL
                AND l.started_at >= $1 AND l.started_at < $2
             WHERE s.enabled AND s.created_at < $2 GROUP BY s.id, s.name, s.tier, s.every_secs, s.created_at",
            successes()
        );
        let rows: Vec<Rounds> = all(&self.reader, &sql, values![span.from, span.to]).await?;
        let mut coverage: Vec<SourceCoverage> =
            rows.into_iter().map(|rounds| rounds.coverage(span)).collect();
        coverage.sort_by(|a, b| (a.tier, &a.name, &a.source_id).cmp(&(b.tier, &b.name, &b.source_id)));
        Ok(coverage)
    }
}

impl Rounds {
    /// A source is to be read in every interval of its rhythm since the period began, or since it was added, and at
    /// least once. What was tried more often was expected too.
    fn coverage(self, span: Span) -> SourceCoverage {
        let seconds = (span.to - span.from.max(self.created_at)).num_seconds().max(0);
        let by_rhythm = (seconds / self.every_secs.max(1)).max(1);
        SourceCoverage {
            expected: by_rhythm.max(self.tried),
            done: self.seen,
            source_id: self.source_id,
            name: self.name,
            tier: self.tier,
        }
    }
}
