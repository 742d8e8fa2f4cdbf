//! Sessions. The browser holds a random token; the database holds its hash.

use crate::sql::{Columns, Row, first, run, values};
use crate::users::User;
use crate::{Store, StoreError};
use chrono::{DateTime, Duration, Utc};
use rand::RngCore;
use sha2::{Digest, Sha256};

/// A session that is not used for so long has ended.
const IDLE: Duration = Duration::minutes(30);
/// A session ends after this time, used or not.
const ABSOLUTE: Duration = Duration::hours(12);
/// The last use is written down no more often than this.
const TOUCH: Duration = Duration::minutes(1);
/// How long a request waits for the last use to be written down.
const TOUCH_PATIENCE: std::time::Duration = std::time::Duration::from_millis(300);
/// Sessions a user can have at the same time.
const AT_ONCE: i64 = 3;

struct Seen {
    user: User,
    session_from: DateTime<Utc>,
    seen_at: DateTime<Utc>,
}

impl Row for Seen {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Seen {
            user: User::read(row)?,
            session_from: row.get("session_from")?,
            seen_at: row.get("seen_at")?,
        })
    }
}

impl Store {
    /// Opens a session and answers its token, 64 hex digits. The oldest sessions of the user beyond three end.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn open_session(&self, user_id: i64, now: DateTime<Utc>) -> Result<String, StoreError> {
        let mut bytes = [0_u8; 32];
        rand::rng().fill_bytes(&mut bytes);
        let token = hex::encode(bytes);
        let tx = self.write().await?;
        let sql = "INSERT INTO session (token_hash, user_id, created_at, seen_at) VALUES ($1, $2, $3, $3)";
        run(&tx, sql, values![token_hash(&token), user_id, now]).await?;
        let sql = "DELETE FROM session WHERE user_id = $1 AND token_hash NOT IN
                   (SELECT token_hash FROM session WHERE user_id = $1 ORDER BY created_at DESC, token_hash LIMIT $2)";
        run(&tx, sql, values![user_id, AT_ONCE]).await?;
        run(&tx, "DELETE FROM session WHERE created_at < $1", values![now - ABSOLUTE]).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The user of a session that has not ended; it stays open for another 30 minutes.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn session(&self, token: &str, now: DateTime<Utc>) -> Result<Option<User>, StoreError> {
        let sql = "SELECT u.*, s.created_at AS session_from, s.seen_at
                   FROM session s JOIN app_user u ON u.id = s.user_id WHERE s.token_hash = $1";
        let Some(seen) = first::<Seen>(&self.reader, sql, values![token_hash(token)]).await? else {
            return Ok(None);
        };
        // A clock that was set back must not make a session live longer.
        let age = (now - seen.session_from).max(seen.seen_at - now);
        let ended = age >= ABSOLUTE || now - seen.seen_at >= IDLE;
        if ended {
            return Ok(None);
        }
        if now - seen.seen_at >= TOUCH {
            self.touch(token, now).await;
        }
        Ok(Some(seen.user))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn close_session(&self, token: &str) -> Result<(), StoreError> {
        run(&self.writer, "DELETE FROM session WHERE token_hash = $1", values![token_hash(token)]).await?;
        Ok(())
    }

    /// Reading must work when writing cannot (I9), so this neither fails nor waits for long.
    async fn touch(&self, token: &str, now: DateTime<Utc>) {
        let sql = "UPDATE session SET seen_at = $2 WHERE token_hash = $1";
        let write = run(&self.writer, sql, values![token_hash(token), now]);
        match tokio::time::timeout(TOUCH_PATIENCE, write).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "cannot write down the last use of a session"),
            Err(_) => tracing::warn!("no time to write down the last use of a session"),
        }
    }
}

fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}
