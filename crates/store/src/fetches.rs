//! Fetches: the capture and the one ledger row of each.

use crate::sql::{Columns, Row, all, first, number, run, values};
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use guanlan_model::{Outcome, PageState};
use sea_orm::DatabaseTransaction;

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
    /// Validator for the next fetch.
    pub etag: Option<String>,
    /// Validator for the next fetch.
    pub last_modified: Option<String>,
    /// When the page is to be fetched again. `None`: never; the page is then done after a success and given up
    /// after a failure.
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
        match fetch.page_id {
            Some(page_id) => update_page(&tx, fetch, page_id, capture_id).await?,
            None => keep_source_validators(&tx, fetch).await?,
        }
        tx.commit().await?;
        Ok(capture_id)
    }

    /// Captures that nobody has read into articles yet, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn unprocessed_captures(&self, limit: u64) -> Result<Vec<CaptureRow>, StoreError> {
        let sql = "SELECT * FROM capture WHERE processed_at IS NULL ORDER BY id LIMIT $1";
        all(&self.reader, sql, values![limit as i64]).await
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

async fn update_page(
    tx: &DatabaseTransaction,
    fetch: &FetchRecord,
    page_id: i64,
    capture_id: Option<i64>,
) -> Result<(), StoreError> {
    let state = match fetch.next_at {
        Some(_) => PageState::Pending,
        None if fetch.outcome.is_success() => PageState::Done,
        None => PageState::GaveUp,
    };
    let sql = "UPDATE page SET state = $2, attempts = attempts + 1, next_at = COALESCE($3, next_at),
               etag = COALESCE($4, etag), last_modified = COALESCE($5, last_modified),
               last_capture_id = COALESCE($6, last_capture_id) WHERE id = $1";
    let values = values![
        page_id,
        state.code(),
        fetch.next_at,
        fetch.etag.as_deref(),
        fetch.last_modified.as_deref(),
        capture_id,
    ];
    run(tx, sql, values).await?;
    Ok(())
}

async fn keep_source_validators(tx: &DatabaseTransaction, fetch: &FetchRecord) -> Result<(), StoreError> {
    let sql = "UPDATE source SET etag = COALESCE($2, etag), last_modified = COALESCE($3, last_modified) WHERE id = $1";
    run(tx, sql, values![fetch.source_id.as_str(), fetch.etag.as_deref(), fetch.last_modified.as_deref()])
        .await?;
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
