//! Facts about the installation: keys and values, and the collector's sign of life.

use crate::sql::{first, run, values};
use crate::{Store, StoreError};
use chrono::{DateTime, Duration, Utc};

/// Whether the collector is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectorState {
    /// It has never run.
    Never,
    /// It gave a sign of life in the last five minutes.
    Running {
        /// The last sign of life.
        at: DateTime<Utc>,
    },
    /// It is silent.
    Silent {
        /// The last sign of life.
        since: DateTime<Utc>,
    },
}

/// A collector that has been silent for longer is not running.
const SILENT_AFTER: Duration = Duration::minutes(5);

impl Store {
    /// A fact about the installation.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn meta_get(&self, key: &str) -> Result<Option<String>, StoreError> {
        first(&self.reader, "SELECT value AS t FROM meta WHERE key = $1", values![key]).await
    }

    /// Sets a fact about the installation.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn meta_set(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO meta (key, value) VALUES ($1, $2)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        run(&self.writer, sql, values![key, value]).await?;
        Ok(())
    }

    /// The collector's sign of life; give it at least every minute.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn heartbeat(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.meta_set("heartbeat", &now.to_rfc3339()).await
    }

    /// Whether the collector is at work.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn collector_state(&self, now: DateTime<Utc>) -> Result<CollectorState, StoreError> {
        let Some(text) = self.meta_get("heartbeat").await? else {
            return Ok(CollectorState::Never);
        };
        let at = DateTime::parse_from_rfc3339(&text)
            .map_err(|_| StoreError::Damaged(format!("heartbeat = `{text}`")))?
            .with_timezone(&Utc);
        if now - at > SILENT_AFTER {
            Ok(CollectorState::Silent { since: at })
        } else {
            Ok(CollectorState::Running { at })
        }
    }

    /// True when the data are made up for a demonstration.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn is_demo(&self) -> Result<bool, StoreError> {
        Ok(self.meta_get("demo").await?.is_some())
    }

    /// Marks the database as a demonstration, for good.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_demo(&self) -> Result<(), StoreError> {
        self.meta_set("demo", "1").await
    }
}
