//! Sources: what is watched, and whether it answers.

use crate::sql::{Columns, Row, all, first, run, values};
use crate::{Store, StoreError};
use chrono::{DateTime, Duration, Utc};
use guanlan_model::{Health, Outcome, Tier, time};
use sea_orm::DatabaseTransaction;

/// A source as the configuration describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSpec {
    /// Stable identifier from the configuration.
    pub id: String,
    /// Name people see.
    pub name: String,
    /// Standing.
    pub tier: Tier,
    /// `feed`, `list`, `site` or `page`.
    pub kind: String,
    /// Where it starts.
    pub url: String,
    /// Register id, when the source is an institution's own page.
    pub owner: Option<String>,
    /// Seconds after which the newest item is too old.
    pub stale_after_secs: i64,
    /// Seconds between two rounds.
    pub every_secs: i64,
    /// Whether it is watched at all.
    pub enabled: bool,
    /// Whether a person has checked that it delivers.
    pub verified: bool,
}

/// A source, and how it has been doing.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceState {
    /// What the configuration says.
    pub spec: SourceSpec,
    /// The light in the header.
    pub health: Health,
    /// Why it is in trouble, in Chinese.
    pub trouble: Option<String>,
    /// Since when.
    pub trouble_since: Option<DateTime<Utc>>,
    /// Last time it was tried.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// Last time it answered.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Date of its newest item.
    pub newest_item_at: Option<DateTime<Utc>>,
    /// When it is tried next.
    pub next_fetch_at: Option<DateTime<Utc>>,
    /// Outcome of the last attempt.
    pub last_outcome: Option<Outcome>,
    /// Articles read from it since midnight in Shanghai.
    pub items_today: i64,
    /// Attempts that failed in a row.
    pub failures: i64,
    /// Validator of the last answer of the source's own address that could be read.
    pub etag: Option<String>,
    /// Validator of the last answer of the source's own address that could be read.
    pub last_modified: Option<String>,
}

/// What the database knows of a source; its health is judged when it is read.
struct SourceRow {
    spec: SourceSpec,
    created_at: DateTime<Utc>,
    next_fetch_at: DateTime<Utc>,
    last_attempt_at: Option<DateTime<Utc>>,
    last_success_at: Option<DateTime<Utc>>,
    newest_item_at: Option<DateTime<Utc>>,
    last_outcome: Option<Outcome>,
    last_detail: String,
    failing_since: Option<DateTime<Utc>>,
    failures: i64,
    items_today: i64,
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Row for SourceRow {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(SourceRow {
            spec: SourceSpec {
                id: row.get("id")?,
                name: row.get("name")?,
                tier: row.word("tier")?,
                kind: row.get("kind")?,
                url: row.get("url")?,
                owner: row.get("owner")?,
                stale_after_secs: row.get("stale_after_secs")?,
                every_secs: row.get("every_secs")?,
                enabled: row.get("enabled")?,
                verified: row.get("verified")?,
            },
            created_at: row.get("created_at")?,
            next_fetch_at: row.get("next_fetch_at")?,
            last_attempt_at: row.get("last_attempt_at")?,
            last_success_at: row.get("last_success_at")?,
            newest_item_at: row.get("newest_item_at")?,
            last_outcome: row.word_or_none("last_outcome")?,
            last_detail: row.get("last_detail")?,
            failing_since: row.get("failing_since")?,
            failures: row.get("failures")?,
            items_today: row.get("items_today")?,
            etag: row.get("etag")?,
            last_modified: row.get("last_modified")?,
        })
    }
}

impl SourceRow {
    /// The light, the reason in Chinese, and since when. Silence is an alarm: a source that is not asked any more, or
    /// that answers with old items only, is in trouble like one that does not answer.
    fn health(&self, now: DateTime<Utc>) -> (Health, Option<(String, DateTime<Utc>)>) {
        if !self.spec.enabled {
            return (Health::Disabled, None);
        }
        let trouble = self.failing().or_else(|| self.stale(now)).or_else(|| self.overdue(now));
        match (trouble, self.last_attempt_at) {
            (Some(trouble), _) => (Health::Trouble, Some(trouble)),
            (None, None) => (Health::New, None),
            (None, Some(_)) => (Health::Normal, None),
        }
    }

    fn failing(&self) -> Option<(String, DateTime<Utc>)> {
        let since = self.failing_since?;
        let outcome = self.last_outcome.map_or("采集失败", Outcome::zh);
        let reason = if self.last_detail.is_empty() {
            outcome.to_owned()
        } else {
            format!("{outcome}：{}", self.last_detail)
        };
        Some((reason, since))
    }

    fn stale(&self, now: DateTime<Utc>) -> Option<(String, DateTime<Utc>)> {
        let newest = self.newest_item_at?;
        let since = newest + Duration::seconds(self.spec.stale_after_secs);
        let reason = || format!("内容陈旧：最新一条为 {}", time::minute(newest));
        (since < now).then(|| (reason(), since))
    }

    fn overdue(&self, now: DateTime<Utc>) -> Option<(String, DateTime<Utc>)> {
        let every = Duration::seconds(self.spec.every_secs);
        let last = self.last_attempt_at.unwrap_or(self.created_at);
        let grace = (every * 3).max(Duration::hours(1));
        let reason = || format!("未按时采集：上次为 {}", time::minute(last));
        (last + grace < now).then(|| (reason(), last + every))
    }

    fn into_state(self, now: DateTime<Utc>) -> SourceState {
        let (health, trouble) = self.health(now);
        let (trouble, trouble_since) = trouble.unzip();
        SourceState {
            health,
            trouble,
            trouble_since,
            last_attempt_at: self.last_attempt_at,
            last_success_at: self.last_success_at,
            newest_item_at: self.newest_item_at,
            next_fetch_at: self.spec.enabled.then_some(self.next_fetch_at),
            last_outcome: self.last_outcome,
            items_today: self.items_today,
            failures: self.failures,
            etag: self.etag,
            last_modified: self.last_modified,
            spec: self.spec,
        }
    }
}

/// `$1` is today.
const SELECT: &str =
    "SELECT s.*, (SELECT COUNT(*) FROM article a WHERE a.day = $1 AND a.source_id = s.id) AS items_today
    FROM source s";

const UPSERT: &str = "INSERT INTO source
    (id, name, tier, kind, url, owner, stale_after_secs, every_secs, enabled, verified, created_at, next_fetch_at,
     last_detail, failures)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, '', 0)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, tier = excluded.tier, kind = excluded.kind,
    url = excluded.url, owner = excluded.owner, stale_after_secs = excluded.stale_after_secs,
    every_secs = excluded.every_secs, enabled = excluded.enabled, verified = excluded.verified";

impl Store {
    /// Takes the configured sources over. What is known about a source stays; a source that is not configured any more
    /// is switched off and kept, because the ledger speaks of it. An address that changed is fetched anew.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sync_sources(&self, specs: &[SourceSpec], now: DateTime<Utc>) -> Result<(), StoreError> {
        let tx = self.write().await?;
        run(&tx, "UPDATE source SET enabled = FALSE", values![]).await?;
        for spec in specs {
            forget_moved_address(&tx, spec, now).await?;
            let values = values![
                spec.id.as_str(),
                spec.name.as_str(),
                spec.tier.code(),
                spec.kind.as_str(),
                spec.url.as_str(),
                spec.owner.as_deref(),
                spec.stale_after_secs,
                spec.every_secs,
                spec.enabled,
                spec.verified,
                now,
            ];
            run(&tx, UPSERT, values).await?;
        }
        Ok(tx.commit().await?)
    }

    /// All sources with their health at `now`, by tier and name.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn sources(&self, now: DateTime<Utc>) -> Result<Vec<SourceState>, StoreError> {
        let rows: Vec<SourceRow> = all(&self.reader, SELECT, values![time::day(now).to_string()]).await?;
        let mut states: Vec<SourceState> = rows.into_iter().map(|row| row.into_state(now)).collect();
        states.sort_by(|a, b| {
            (a.spec.tier, &a.spec.name, &a.spec.id).cmp(&(b.spec.tier, &b.spec.name, &b.spec.id))
        });
        Ok(states)
    }

    /// Writes down how a round at a source ended and when the next one is. A round that saw nothing newer than the
    /// source's rhythm allows ends as [`Outcome::Stale`]. Answers the outcome that was written.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown source, [`StoreError::Database`].
    pub async fn source_attempted(
        &self,
        source_id: &str,
        outcome: Outcome,
        detail: &str,
        newest_item: Option<DateTime<Utc>>,
        next_fetch_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Outcome, StoreError> {
        let tx = self.write().await?;
        let sql = format!("{SELECT} WHERE s.id = $2");
        let row: Option<SourceRow> = first(&tx, &sql, values![time::day(now).to_string(), source_id]).await?;
        let Some(row) = row else {
            return Err(StoreError::NotFound { what: "source", id: source_id.to_owned() });
        };
        let newest = row.newest_item_at.max(newest_item);
        let answered = outcome.is_success() || outcome == Outcome::Stale;
        let too_old = newest.is_some_and(|t| t + Duration::seconds(row.spec.stale_after_secs) < now);
        let outcome = if answered && too_old { Outcome::Stale } else { outcome };
        let failing_since = if answered { None } else { row.failing_since.or(Some(now)) };
        let sql = "UPDATE source SET last_attempt_at = $2, last_success_at = $3, newest_item_at = $4, last_outcome = $5,
                   last_detail = $6, failing_since = $7, failures = $8, next_fetch_at = $9 WHERE id = $1";
        let values = values![
            source_id,
            now,
            if answered { Some(now) } else { row.last_success_at },
            newest,
            outcome.code(),
            detail,
            failing_since,
            if answered { 0 } else { row.failures + 1 },
            next_fetch_at,
        ];
        run(&tx, sql, values).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Leaves a source alone until `until`. Nobody was asked, so nothing is counted; a source that is left alone for
    /// much longer than its rhythm is in trouble like any other that is not read.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn postpone_source(&self, id: &str, until: DateTime<Utc>) -> Result<(), StoreError> {
        run(&self.writer, "UPDATE source SET next_fetch_at = $2 WHERE id = $1", values![id, until]).await?;
        Ok(())
    }

    /// Sources whose time has come, longest due first. A source that was last tried after `now` is due as well: the
    /// clock was set back.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn due_sources(&self, now: DateTime<Utc>, limit: u64) -> Result<Vec<SourceState>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE s.enabled AND (s.next_fetch_at <= $2 OR s.last_attempt_at > $3)
             ORDER BY s.next_fetch_at, s.id LIMIT $4"
        );
        let values = values![time::day(now).to_string(), now, now + Duration::minutes(1), limit as i64];
        let rows: Vec<SourceRow> = all(&self.reader, &sql, values).await?;
        Ok(rows.into_iter().map(|row| row.into_state(now)).collect())
    }
}

/// A source with a new address has no validators, no failures and no rhythm yet.
async fn forget_moved_address(
    tx: &DatabaseTransaction,
    spec: &SourceSpec,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE source SET etag = NULL, last_modified = NULL, newest_item_at = NULL, failing_since = NULL,
               failures = 0, next_fetch_at = $3 WHERE id = $1 AND url <> $2";
    run(tx, sql, values![spec.id.as_str(), spec.url.as_str(), now]).await?;
    Ok(())
}
