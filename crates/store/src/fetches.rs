//! Fetches: the capture and the one ledger row of each.

use crate::sql::{Columns, Row, all, first, number, run, values};
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use guanlan_model::{Outcome, PageState};
use sea_orm::DatabaseTransaction;
use std::collections::{BTreeMap, HashMap};

/// One fetch, finished one way or the other.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchRecord {
    /// Source it was made for.
    pub source_id: String,
    /// Page of the frontier; `None` for the source's own address.
    pub page_id: Option<i64>,
    /// Address that was asked.
    pub url: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Milliseconds it took.
    pub duration_ms: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// More about the outcome; may be empty.
    pub detail: String,
    /// The stored response, when there is one.
    pub capture: Option<NewCapture>,
    /// When the page is to be fetched again. `None`: never; the page is then done after a success and given up
    /// after a failure. With a capture this only holds until the capture has been read, see [`crate::Processed`].
    pub next_at: Option<DateTime<Utc>>,
}

/// A response that the evidence room has stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCapture {
    /// Address after redirects.
    pub final_url: String,
    /// HTTP status.
    pub status: u16,
    /// Response headers as a JSON array of pairs.
    pub headers_json: String,
    /// Hash of the payload, hex.
    pub sha256: String,
    /// WARC segment.
    pub segment: String,
    /// Byte offset in the segment.
    pub offset: u64,
    /// Bytes in the segment.
    pub length: u64,
    /// Bytes of the payload.
    pub bytes: u64,
    /// When it was read.
    pub fetched_at: DateTime<Utc>,
    /// Address and port that answered.
    pub remote: Option<String>,
}

/// A stored response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureRow {
    /// Row id.
    pub id: i64,
    /// Source it was fetched for.
    pub source_id: String,
    /// Page of the frontier.
    pub page_id: Option<i64>,
    /// Address that was asked.
    pub url: String,
    /// What the evidence room stored.
    pub stored: NewCapture,
    /// When it was read into an article or set aside; `None` while it waits.
    pub processed_at: Option<DateTime<Utc>>,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Row id.
    pub id: i64,
    /// Source it was fetched for.
    pub source_id: String,
    /// Page of the frontier; `None` for the source's own address.
    pub page_id: Option<i64>,
    /// Address that was asked.
    pub url: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Milliseconds it took.
    pub duration_ms: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// More about the outcome.
    pub detail: String,
    /// The stored response.
    pub capture_id: Option<i64>,
}

impl Row for CaptureRow {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(CaptureRow {
            id: row.get("id")?,
            source_id: row.get("source_id")?,
            page_id: row.get("page_id")?,
            url: row.get("url")?,
            stored: NewCapture {
                final_url: row.get("final_url")?,
                status: row.count("status")?,
                headers_json: row.get("headers")?,
                sha256: row.get("sha256")?,
                segment: row.get("segment")?,
                offset: row.count("segment_offset")?,
                length: row.count("segment_length")?,
                bytes: row.count("bytes")?,
                fetched_at: row.get("fetched_at")?,
                remote: row.get("remote")?,
            },
            processed_at: row.get("processed_at")?,
        })
    }
}

impl Row for LedgerRow {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(LedgerRow {
            id: row.get("id")?,
            source_id: row.get("source_id")?,
            page_id: row.get("page_id")?,
            url: row.get("url")?,
            started_at: row.get("started_at")?,
            duration_ms: row.get("duration_ms")?,
            outcome: row.word("outcome")?,
            detail: row.get("detail")?,
            capture_id: row.get("capture_id")?,
        })
    }
}

struct OutcomeCount {
    source_id: String,
    outcome: Outcome,
    count: i64,
}

impl Row for OutcomeCount {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(OutcomeCount {
            source_id: row.get("source_id")?,
            outcome: row.word("outcome")?,
            count: row.get("n")?,
        })
    }
}

const INSERT_CAPTURE: &str = "INSERT INTO capture
    (source_id, page_id, url, final_url, status, headers, sha256, segment, segment_offset, segment_length, bytes,
     fetched_at, remote)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id AS n";

const INSERT_LEDGER: &str = "INSERT INTO ledger
    (source_id, page_id, url, started_at, duration_ms, outcome, detail, capture_id, refined)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE)";

impl Store {
    /// Writes one fetch down: the capture, its one ledger row, and where the page stands – all or nothing. Answers the
    /// capture's id.
    ///
    /// # Errors
    /// [`StoreError::Database`]; also when the source or page is not known.
    pub async fn commit_fetch(&self, fetch: &FetchRecord) -> Result<Option<i64>, StoreError> {
        let tx = self.write().await?;
        let capture_id = match &fetch.capture {
            Some(capture) => Some(insert_capture(&tx, fetch, capture).await?),
            None => None,
        };
        let values = values![
            fetch.source_id.as_str(),
            fetch.page_id,
            fetch.url.as_str(),
            fetch.started_at,
            fetch.duration_ms,
            fetch.outcome.code(),
            fetch.detail.as_str(),
            capture_id,
        ];
        run(&tx, INSERT_LEDGER, values).await?;
        if let Some(page_id) = fetch.page_id {
            count_attempt(&tx, page_id).await?;
            match (capture_id, fetch.next_at) {
                (Some(_), Some(until)) => hold_page(&tx, page_id, until).await?,
                _ => settle_page(&tx, page_id, fetch.outcome, fetch.next_at, fetch.started_at).await?,
            }
        }
        tx.commit().await?;
        Ok(capture_id)
    }

    /// Captures with ids above `after_id` that nobody has read into articles yet, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn unprocessed_captures(
        &self,
        after_id: i64,
        limit: u64,
    ) -> Result<Vec<CaptureRow>, StoreError> {
        let sql = "SELECT * FROM capture WHERE processed_at IS NULL AND id > $1 ORDER BY id LIMIT $2";
        all(&self.reader, sql, values![after_id, limit as i64]).await
    }

    /// Captures with ids above `after_id`, by id, for verification.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn captures(&self, after_id: i64, limit: u64) -> Result<Vec<CaptureRow>, StoreError> {
        let sql = "SELECT * FROM capture WHERE id > $1 ORDER BY id LIMIT $2";
        all(&self.reader, sql, values![after_id, limit as i64]).await
    }

    /// One capture.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn capture(&self, id: i64) -> Result<Option<CaptureRow>, StoreError> {
        first(&self.reader, "SELECT * FROM capture WHERE id = $1", values![id]).await
    }

    /// How the fetches that began at `since` or later ended, by source.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn outcome_counts(
        &self,
        since: DateTime<Utc>,
    ) -> Result<HashMap<String, BTreeMap<Outcome, i64>>, StoreError> {
        let sql = "SELECT source_id, outcome, COUNT(*) AS n FROM ledger WHERE started_at >= $1
                   GROUP BY source_id, outcome";
        let rows: Vec<OutcomeCount> = all(&self.reader, sql, values![since]).await?;
        let mut counts: HashMap<String, BTreeMap<Outcome, i64>> = HashMap::new();
        for row in rows {
            counts.entry(row.source_id).or_default().insert(row.outcome, row.count);
        }
        Ok(counts)
    }

    /// The newest lines of the ledger, of one source or of all.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn ledger(&self, source_id: Option<&str>, limit: u64) -> Result<Vec<LedgerRow>, StoreError> {
        match source_id {
            Some(source) => {
                let sql = "SELECT * FROM ledger WHERE source_id = $1 ORDER BY id DESC LIMIT $2";
                all(&self.reader, sql, values![source, limit as i64]).await
            }
            None => {
                all(&self.reader, "SELECT * FROM ledger ORDER BY id DESC LIMIT $1", values![limit as i64])
                    .await
            }
        }
    }
}

async fn insert_capture(
    tx: &DatabaseTransaction,
    fetch: &FetchRecord,
    capture: &NewCapture,
) -> Result<i64, StoreError> {
    let values = values![
        fetch.source_id.as_str(),
        fetch.page_id,
        fetch.url.as_str(),
        capture.final_url.as_str(),
        i64::from(capture.status),
        capture.headers_json.as_str(),
        capture.sha256.as_str(),
        capture.segment.as_str(),
        size(capture.offset)?,
        size(capture.length)?,
        size(capture.bytes)?,
        capture.fetched_at,
        capture.remote.as_deref(),
    ];
    number(tx, INSERT_CAPTURE, values).await
}

fn size(bytes: u64) -> Result<i64, StoreError> {
    i64::try_from(bytes).map_err(|_| StoreError::Damaged(format!("size {bytes}")))
}

async fn count_attempt(tx: &DatabaseTransaction, page_id: i64) -> Result<(), StoreError> {
    run(tx, "UPDATE page SET attempts = attempts + 1 WHERE id = $1", values![page_id]).await?;
    Ok(())
}

/// What was captured is not asked for again while it waits to be read.
async fn hold_page(tx: &DatabaseTransaction, page_id: i64, until: DateTime<Utc>) -> Result<(), StoreError> {
    run(tx, "UPDATE page SET next_at = $2 WHERE id = $1", values![page_id, until]).await?;
    Ok(())
}

/// Where a page stands after a visit, and since when it has been failing.
pub(crate) async fn settle_page(
    tx: &DatabaseTransaction,
    page_id: i64,
    outcome: Outcome,
    next_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let state = match next_at {
        Some(_) => PageState::Pending,
        None if outcome.is_success() => PageState::Done,
        None => PageState::GaveUp,
    };
    let counters = if outcome.is_passing() {
        "failures = failures + 1, failing_since = COALESCE(failing_since, $4)"
    } else {
        "failures = 0, failing_since = NULL"
    };
    let sql =
        format!("UPDATE page SET state = $2, next_at = COALESCE($3, next_at), {counters} WHERE id = $1");
    let mut values = values![page_id, state.code(), next_at];
    if outcome.is_passing() {
        values.push(now.into());
    }
    run(tx, &sql, values).await?;
    Ok(())
}

/// Keeps the validators of what could be read, and forgets them otherwise: "unchanged" must never stand for something
/// that was no answer.
pub(crate) async fn keep_validators(
    tx: &DatabaseTransaction,
    capture: &CaptureRow,
    validators: (Option<&str>, Option<&str>),
) -> Result<(), StoreError> {
    let (etag, last_modified) = validators;
    match capture.page_id {
        Some(id) => {
            let sql = "UPDATE page SET etag = $2, last_modified = $3 WHERE id = $1";
            run(tx, sql, values![id, etag, last_modified]).await?
        }
        None => {
            let sql = "UPDATE source SET etag = $2, last_modified = $3 WHERE id = $1";
            run(tx, sql, values![capture.source_id.as_str(), etag, last_modified]).await?
        }
    };
    Ok(())
}

/// Says more precisely what a captured page was. Once: a later word does not change the ledger.
pub(crate) async fn refine_outcome(
    tx: &DatabaseTransaction,
    capture_id: i64,
    outcome: Outcome,
    detail: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE ledger SET outcome = $2, detail = $3, refined = TRUE
               WHERE capture_id = $1 AND outcome = 'fetched' AND NOT refined";
    run(tx, sql, values![capture_id, outcome.code(), detail]).await?;
    Ok(())
}
