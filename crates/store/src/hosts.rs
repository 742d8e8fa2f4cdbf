//! Hosts: pacing and robots.txt.

use crate::sql::{Columns, Row, first, run, values};
use crate::{Store, StoreError};
use chrono::{DateTime, Duration, Utc};

/// A longer wait than this was written by a clock that has been set back since.
const LONGEST_WAIT: Duration = Duration::days(2);
/// RFC 9309 2.5: a parser must read at least 500 KiB; we keep no more than that, rounded up.
const ROBOTS_BYTES: usize = 512 * 1024;

/// Whether a host may be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostClaim {
    /// Go ahead; the next claim waits for the spacing.
    Granted,
    /// Not before this time.
    Wait(DateTime<Utc>),
}

/// A host's robots.txt as it was last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotsCopy {
    /// HTTP status: 200 when there is a file, 404 when there is none.
    pub status: u16,
    /// Text, cut at 512 KiB.
    pub body: String,
    /// When it was read.
    pub fetched_at: DateTime<Utc>,
}

impl Row for DateTime<Utc> {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        row.get("at")
    }
}

impl Row for RobotsCopy {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(RobotsCopy {
            status: row.count("status")?,
            body: row.get("body")?,
            fetched_at: row.get("fetched_at")?,
        })
    }
}

/// Takes the turn when the host is free, in one statement, so that two workers cannot both have it.
const CLAIM: &str = "INSERT INTO host (host, next_at) VALUES ($1, $2)
    ON CONFLICT (host) DO UPDATE SET next_at = excluded.next_at
    WHERE host.next_at <= $3 OR host.next_at > $4";

impl Store {
    /// Asks for the host's turn. Granted once per `spacing`, over all tasks, workers and restarts.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn claim_host(
        &self,
        host: &str,
        now: DateTime<Utc>,
        spacing: Duration,
    ) -> Result<HostClaim, StoreError> {
        let values = values![host, now + spacing, now, now + LONGEST_WAIT.max(spacing)];
        if run(&self.writer, CLAIM, values).await? == 1 {
            return Ok(HostClaim::Granted);
        }
        let next: Option<DateTime<Utc>> =
            first(&self.writer, "SELECT next_at AS at FROM host WHERE host = $1", values![host]).await?;
        Ok(HostClaim::Wait(next.unwrap_or(now + spacing)))
    }

    /// Nobody asks the host before `at` (Retry-After, back-off). Never brings the next turn forward.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_host_next(&self, host: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
        let sql = "INSERT INTO host (host, next_at) VALUES ($1, $2)
                   ON CONFLICT (host) DO UPDATE SET next_at = excluded.next_at WHERE host.next_at < excluded.next_at";
        run(&self.writer, sql, values![host, at]).await?;
        Ok(())
    }

    /// The stored robots.txt of an origin (`https://host[:port]`).
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn robots(&self, origin: &str) -> Result<Option<RobotsCopy>, StoreError> {
        first(&self.reader, "SELECT status, body, fetched_at FROM robots WHERE origin = $1", values![origin])
            .await
    }

    /// Stores an origin's robots.txt, cut at 512 KiB.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn robots_put(&self, origin: &str, copy: &RobotsCopy) -> Result<(), StoreError> {
        let body = &copy.body[..copy.body.floor_char_boundary(ROBOTS_BYTES)];
        let sql = "INSERT INTO robots (origin, status, body, fetched_at) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (origin) DO UPDATE SET status = excluded.status, body = excluded.body,
                   fetched_at = excluded.fetched_at";
        run(&self.writer, sql, values![origin, i64::from(copy.status), body, copy.fetched_at]).await?;
        Ok(())
    }
}
