//! The numbers of one day.

use crate::alerts::{self, AlertRow};
use crate::sql::{Columns, Row, all, number, values};
use crate::{CollectorState, SourceState, Store, StoreError};
use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveTime, Utc};
use guanlan_model::{AlertState, Category, Health, Severity, Tier};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Alerts that a digest lists; the others are counted.
const LISTED: i64 = 200;
/// Leads that a digest lists.
const LEADS: i64 = 50;

/// Everything the digest of one day says. Days are days in Shanghai.
#[derive(Debug, Clone, PartialEq)]
pub struct DigestData {
    /// The day.
    pub day: NaiveDate,
    /// When the numbers were taken.
    pub taken_at: DateTime<Utc>,
    /// Number of the issue in its year: the day of the year.
    pub issue_no: u32,
    /// Fetches in the ledger.
    pub fetched: i64,
    /// Fetches that saw what they were made for.
    pub fetched_ok: i64,
    /// Articles read.
    pub articles: i64,
    /// Findings in the articles read.
    pub hits: i64,
    /// Alerts raised; `confirmed + watching + rejected + waiting`.
    pub new_alerts: i64,
    /// Alerts raised the day before.
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
    /// All alerts that wait, of whatever day.
    pub waiting_total: i64,
    /// All confirmed alerts, of whatever day.
    pub confirmed_total: i64,
    /// New alerts that were not rejected, in the order of the queue; at most 200.
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

/// How often a source was to be read on a day, and how often it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCoverage {
    /// Source id.
    pub source_id: String,
    /// Name people see.
    pub name: String,
    /// Standing.
    pub tier: Tier,
    /// Rounds that the rhythm asks for up to now.
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

const SELECT_LEADS: &str =
    "SELECT l.id, l.name, l.reason, l.article_id, a.title AS article_title, l.seen, l.created_at
    FROM lead l JOIN article a ON a.id = l.article_id";

/// A source and the day's fetches of its own address.
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

/// Outcomes that saw what they were made for, as an SQL list.
fn successes() -> String {
    let codes = guanlan_model::Outcome::ALL.iter().filter(|o| o.is_success());
    codes.map(|o| format!("'{o}'")).collect::<Vec<_>>().join(", ")
}

impl Store {
    /// The numbers of a day, as they are known at `now`.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn digest_data(&self, day: NaiveDate, now: DateTime<Utc>) -> Result<DigestData, StoreError> {
        let by_state: BTreeMap<AlertState, i64> = self.alerts_by("state", day).await?;
        let of = |states: &[AlertState]| states.iter().filter_map(|s| by_state.get(s)).sum::<i64>();
        let totals = self.queue_counts().await?;
        let total = |state: AlertState| totals.get(&state).copied().unwrap_or(0);
        let sources = self.sources(now).await?;
        let collector_silent_since = match self.collector_state(now).await? {
            CollectorState::Silent { since } => Some(since),
            CollectorState::Never | CollectorState::Running { .. } => None,
        };
        let before = day.checked_sub_days(Days::new(1)).unwrap_or(day);
        let ok = format!("outcome IN ({})", successes());
        Ok(DigestData {
            day,
            taken_at: now,
            issue_no: day.ordinal(),
            fetched: self.count("ledger", day, "1 = 1").await?,
            fetched_ok: self.count("ledger", day, &ok).await?,
            articles: self.count("article", day, "1 = 1").await?,
            hits: self.hits(day).await?,
            new_alerts: by_state.values().sum(),
            new_alerts_before: self.count("alert", before, "1 = 1").await?,
            confirmed: of(&[AlertState::Confirmed]),
            watching: of(&[AlertState::Watching]),
            rejected: of(&[AlertState::FalseAlarm, AlertState::Duplicate, AlertState::Elsewhere]),
            waiting: of(&[AlertState::Waiting]),
            by_severity: self.alerts_by("severity", day).await?,
            by_category: self.alerts_by("category", day).await?,
            waiting_total: total(AlertState::Waiting),
            confirmed_total: total(AlertState::Confirmed),
            top: self.top(day).await?,
            top_total: of(&[AlertState::Waiting, AlertState::Confirmed, AlertState::Watching]),
            gaps: sources.into_iter().filter(|s| s.health == Health::Trouble).collect(),
            coverage: self.coverage(day, now).await?,
            leads: self.leads_of(day).await?,
            collector_silent_since,
            demo: self.is_demo().await?,
            by_state,
        })
    }

    /// The newest leads.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn leads(&self, limit: u64) -> Result<Vec<LeadRow>, StoreError> {
        all(&self.reader, &format!("{SELECT_LEADS} ORDER BY l.id DESC LIMIT $1"), values![limit as i64]).await
    }

    async fn leads_of(&self, day: NaiveDate) -> Result<Vec<LeadRow>, StoreError> {
        let sql = format!("{SELECT_LEADS} WHERE l.day = $1 ORDER BY l.id LIMIT $2");
        all(&self.reader, &sql, values![day.to_string(), LEADS]).await
    }

    /// `table` and `condition` are ours, never a person's.
    async fn count(&self, table: &str, day: NaiveDate, condition: &str) -> Result<i64, StoreError> {
        let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE day = $1 AND {condition}");
        number(&self.reader, &sql, values![day.to_string()]).await
    }

    async fn hits(&self, day: NaiveDate) -> Result<i64, StoreError> {
        let sql =
            "SELECT COUNT(*) AS n FROM finding f JOIN article a ON a.id = f.article_id WHERE a.day = $1";
        number(&self.reader, sql, values![day.to_string()]).await
    }

    async fn alerts_by<K: FromStr + Ord>(
        &self,
        column: &str,
        day: NaiveDate,
    ) -> Result<BTreeMap<K, i64>, StoreError> {
        let sql = format!("SELECT {column} AS t, COUNT(*) AS n FROM alert WHERE day = $1 GROUP BY {column}");
        let counted: Vec<(String, i64)> = all(&self.reader, &sql, values![day.to_string()]).await?;
        let word = |w: String| w.parse().map_err(|_| StoreError::Damaged(format!("{column} = `{w}`")));
        counted.into_iter().map(|(w, n)| Ok((word(w)?, n))).collect()
    }

    async fn top(&self, day: NaiveDate) -> Result<Vec<AlertRow>, StoreError> {
        let sql = format!(
            "{} WHERE al.day = $1 AND al.state IN ('waiting', 'confirmed', 'watching') {} LIMIT $2",
            alerts::SELECT,
            alerts::ORDER
        );
        all(&self.reader, &sql, values![day.to_string(), LISTED]).await
    }

    /// Rounds expected and done by every enabled source.
    async fn coverage(&self, day: NaiveDate, now: DateTime<Utc>) -> Result<Vec<SourceCoverage>, StoreError> {
        let sql = format!(
            "SELECT s.id, s.name, s.tier, s.every_secs, s.created_at, COUNT(l.id) AS tried,
                COUNT(CASE WHEN l.outcome IN ({}) THEN 1 END) AS seen
             FROM source s LEFT JOIN ledger l ON l.source_id = s.id AND l.page_id IS NULL AND l.day = $1
             WHERE s.enabled GROUP BY s.id, s.name, s.tier, s.every_secs, s.created_at",
            successes()
        );
        let rows: Vec<Rounds> = all(&self.reader, &sql, values![day.to_string()]).await?;
        let mut coverage: Vec<SourceCoverage> =
            rows.into_iter().map(|rounds| rounds.coverage(day, now)).collect();
        coverage.sort_by(|a, b| (a.tier, &a.name, &a.source_id).cmp(&(b.tier, &b.name, &b.source_id)));
        Ok(coverage)
    }
}

impl Rounds {
    /// A source is to be read once in every period since midnight, or since it was added on that day, and at least
    /// once. What was tried more often was expected too.
    fn coverage(self, day: NaiveDate, now: DateTime<Utc>) -> SourceCoverage {
        let midnight = midnight(day);
        let from = midnight.max(self.created_at);
        let until = (midnight + Duration::days(1)).min(now);
        let seconds = (until - from).num_seconds().max(0);
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

/// When the day begins in Shanghai.
fn midnight(day: NaiveDate) -> DateTime<Utc> {
    (day.and_time(NaiveTime::MIN) - Duration::hours(8)).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanlan_model::time;

    #[test]
    fn a_day_begins_at_midnight_in_shanghai() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        assert_eq!(midnight(day).to_rfc3339(), "2026-11-23T16:00:00+00:00");
        assert_eq!(time::day(midnight(day)), day);
        assert_eq!(time::day(midnight(day) - Duration::seconds(1)), day.pred_opt().unwrap());
    }
}
