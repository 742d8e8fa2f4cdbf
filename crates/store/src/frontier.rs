//! The frontier: pages to fetch, each once.

use crate::sql::{Columns, Row, all, first, run, values};
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use guanlan_model::{PageRole, PageState};
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};

/// A page that was seen as a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPage {
    /// Canonical address; the same address is never stored twice.
    pub url: String,
    /// How it was met.
    pub role: PageRole,
    /// Links away from the source's first page.
    pub depth: u32,
    /// The link's text.
    pub title: Option<String>,
    /// The date printed beside the link.
    pub published: Option<DateTime<Utc>>,
}

/// A page on the list of things to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRow {
    /// Row id.
    pub id: i64,
    /// Source it belongs to.
    pub source_id: String,
    /// Canonical address.
    pub url: String,
    /// Host, with the port when the address names one: what [`Store::claim_host`] takes.
    pub host: String,
    /// How it was met.
    pub role: PageRole,
    /// Links away from the source's first page.
    pub depth: u32,
    /// Where it stands.
    pub state: PageState,
    /// Fetches so far.
    pub attempts: u32,
    /// Fetches that failed in a row.
    pub failures: u32,
    /// When the first of these was.
    pub failing_since: Option<DateTime<Utc>>,
    /// Earliest time of the next fetch.
    pub next_at: DateTime<Utc>,
    /// Validator of the last answer that could be read.
    pub etag: Option<String>,
    /// Validator of the last answer that could be read.
    pub last_modified: Option<String>,
    /// The link's text.
    pub title: Option<String>,
    /// The date printed beside the link.
    pub published: Option<DateTime<Utc>>,
}

impl Row for PageRow {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(PageRow {
            id: row.get("id")?,
            source_id: row.get("source_id")?,
            url: row.get("url")?,
            host: row.get("host")?,
            role: row.word("role")?,
            depth: row.count("depth")?,
            state: row.word("state")?,
            attempts: row.count("attempts")?,
            failures: row.count("failures")?,
            failing_since: row.get("failing_since")?,
            next_at: row.get("next_at")?,
            etag: row.get("etag")?,
            last_modified: row.get("last_modified")?,
            title: row.get("title")?,
            published: row.get("published")?,
        })
    }
}

/// One page a host first, then the second of each: a host with a long list does not keep the others waiting.
/// `$1` is now.
const DUE: &str = "SELECT * FROM (
        SELECT p.*, ROW_NUMBER() OVER (PARTITION BY p.host ORDER BY p.next_at, p.id) AS turn
        FROM page p JOIN source s ON s.id = p.source_id LEFT JOIN host h ON h.host = p.host
        WHERE p.state = 'pending' AND p.next_at <= $1 AND s.enabled AND (h.next_at IS NULL OR h.next_at <= $1)
    ) AS due ORDER BY turn, next_at, id LIMIT $2";

impl Store {
    /// Pages that may be fetched now: their time has come, their source is switched on, their host may be asked. One
    /// page of every host first, then the second of each.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn due_pages(&self, now: DateTime<Utc>, limit: u64) -> Result<Vec<PageRow>, StoreError> {
        all(&self.reader, DUE, values![now, limit as i64]).await
    }

    /// One page.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn page(&self, id: i64) -> Result<Option<PageRow>, StoreError> {
        first(&self.reader, "SELECT * FROM page WHERE id = $1", values![id]).await
    }

    /// Leaves a page alone until `until`. Nobody was asked, so nothing is counted.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn postpone_page(&self, id: i64, until: DateTime<Utc>) -> Result<(), StoreError> {
        run(&self.writer, "UPDATE page SET next_at = $2 WHERE id = $1", values![id, until]).await?;
        Ok(())
    }
}

/// Adds pages that are not known yet. An address that any source has met before is not taken again.
pub(crate) async fn add_pages(
    tx: &impl ConnectionTrait,
    source_id: &str,
    pages: &[NewPage],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO page
        (source_id, url, url_hash, host, role, depth, state, attempts, failures, next_at, title, published, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'pending', 0, 0, $7, $8, $9, $7) ON CONFLICT (url_hash) DO NOTHING";
    for page in pages {
        let values = values![
            source_id,
            page.url.as_str(),
            url_hash(&page.url),
            host_of(&page.url),
            page.role.code(),
            i64::from(page.depth),
            now,
            page.title.as_deref(),
            page.published,
        ];
        run(tx, sql, values).await?;
    }
    Ok(())
}

/// Addresses can be longer than an index takes, so their hash is the key.
pub(crate) fn url_hash(url: &str) -> String {
    hex::encode(Sha256::digest(url))
}

/// `host` or `host:port` of a canonical address, as it is written there; the whole text when it is no address.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}
