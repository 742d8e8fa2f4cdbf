//! Users and their logins.

use crate::audit::{Event, append};
use crate::sql::{Columns, Row, all, first, number, run, values};
use crate::{Store, StoreError, passwords};
use chrono::{DateTime, Duration, Utc};
use guanlan_model::{Secret, UserRole};
use sea_orm::DatabaseTransaction;
use sha2::{Digest, Sha256};

/// Wrong tries before a name is locked.
const TRIES: i64 = 5;
/// How long a name is locked, and how long wrong tries are remembered.
const LOCK: Duration = Duration::minutes(15);

/// A person who works here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Row id.
    pub id: i64,
    /// Login name.
    pub name: String,
    /// Name people see.
    pub display: String,
    /// What the user may do.
    pub role: UserRole,
    /// True until the first own password is set.
    pub must_change: bool,
}

/// The answer to a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginOutcome {
    /// Name and password are right.
    Ok(User),
    /// Name or password is wrong; the answer is the same for names that do not exist.
    Wrong {
        /// Tries left before the name is locked.
        left: u32,
    },
    /// Too many wrong tries.
    Locked {
        /// Until then no password is looked at.
        until: DateTime<Utc>,
    },
}

impl Row for User {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(User {
            id: row.get("id")?,
            name: row.get("name")?,
            display: row.get("display")?,
            role: row.word("role")?,
            must_change: row.get("must_change")?,
        })
    }
}

/// Wrong tries with one name, whether a user has it or not.
struct Guard {
    failures: i64,
    failed_at: DateTime<Utc>,
    locked_until: Option<DateTime<Utc>>,
}

impl Row for Guard {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Guard {
            failures: row.get("failures")?,
            failed_at: row.get("failed_at")?,
            locked_until: row.get("locked_until")?,
        })
    }
}

impl Store {
    /// Creates a user.
    ///
    /// # Errors
    /// [`StoreError::WeakPassword`], [`StoreError::NameTaken`], [`StoreError::Hashing`], [`StoreError::Database`].
    pub async fn create_user(
        &self,
        name: &str,
        display: &str,
        role: UserRole,
        password: &Secret,
        must_change: bool,
        now: DateTime<Utc>,
    ) -> Result<User, StoreError> {
        passwords::check(name, password)?;
        let hash = passwords::hash(password, &self.hashing).await?;
        let tx = self.write_serial().await?;
        let sql =
            "INSERT INTO app_user (name, name_hash, display, role, password_hash, must_change, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO NOTHING RETURNING id AS n";
        let values = values![name, name_hash(name), display, role.code(), hash, must_change, now];
        let Some(id) = first::<i64>(&tx, sql, values).await? else {
            return Err(StoreError::NameTaken(name.to_owned()));
        };
        let note = format!("{name}（{}）", role.zh());
        append(&tx, Event { note, ..Event::new("system", "create-user", now) }).await?;
        let user = first(&tx, "SELECT * FROM app_user WHERE id = $1", values![id]).await?;
        tx.commit().await?;
        user.ok_or_else(|| StoreError::NotFound { what: "user", id: name.to_owned() })
    }

    /// Sets a user's password, lifts a lock and ends all the user's sessions. The audit trail says that `who` did it.
    ///
    /// # Errors
    /// [`StoreError::WeakPassword`], [`StoreError::NotFound`], [`StoreError::Hashing`], [`StoreError::Database`].
    pub async fn set_password(
        &self,
        name: &str,
        password: &Secret,
        must_change: bool,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        passwords::check(name, password)?;
        let hash = passwords::hash(password, &self.hashing).await?;
        let tx = self.write_serial().await?;
        let sql = "UPDATE app_user SET password_hash = $2, must_change = $3 WHERE name = $1";
        if run(&tx, sql, values![name, hash, must_change]).await? == 0 {
            return Err(StoreError::NotFound { what: "user", id: name.to_owned() });
        }
        let sql = "DELETE FROM session WHERE user_id IN (SELECT id FROM app_user WHERE name = $1)";
        run(&tx, sql, values![name]).await?;
        forgive(&tx, name).await?;
        append(&tx, Event { note: name.to_owned(), ..Event::new(who, "set-password", now) }).await?;
        Ok(tx.commit().await?)
    }

    /// Checks a name and a password. Five wrong tries lock the name for 15 minutes. Every answer is in the audit
    /// trail, and takes as long for names that do not exist.
    ///
    /// # Errors
    /// [`StoreError::Hashing`], [`StoreError::Database`].
    pub async fn login(
        &self,
        name: &str,
        password: &Secret,
        now: DateTime<Utc>,
    ) -> Result<LoginOutcome, StoreError> {
        if let Some(until) = locked_until(self.guard(name).await?.as_ref(), now) {
            return Ok(LoginOutcome::Locked { until });
        }
        let sql = "SELECT password_hash AS t FROM app_user WHERE name = $1";
        let stored: Option<String> = first(&self.reader, sql, values![name]).await?;
        let right = passwords::verify(password, stored, &self.hashing).await?;
        let tx = self.write_serial().await?;
        let outcome = if right { admit(&tx, name, now).await? } else { refuse(&tx, name, now).await? };
        tx.commit().await?;
        Ok(outcome)
    }

    /// All users, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        all(&self.reader, "SELECT * FROM app_user ORDER BY name", values![]).await
    }

    async fn guard(&self, name: &str) -> Result<Option<Guard>, StoreError> {
        first(&self.reader, "SELECT * FROM login_guard WHERE name_hash = $1", values![name_hash(name)]).await
    }
}

/// Names that are tried are not kept in the clear: people type passwords into the wrong field.
fn name_hash(name: &str) -> String {
    hex::encode(Sha256::digest(name))
}

/// A lock that ends later than a lock can last was written by a clock that has been set back since.
fn locked_until(guard: Option<&Guard>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    guard.and_then(|g| g.locked_until).filter(|until| *until > now && *until <= now + LOCK)
}

async fn admit(tx: &DatabaseTransaction, name: &str, now: DateTime<Utc>) -> Result<LoginOutcome, StoreError> {
    forgive(tx, name).await?;
    append(tx, Event::new(name, "login", now)).await?;
    let user = first(tx, "SELECT * FROM app_user WHERE name = $1", values![name]).await?;
    user.map(LoginOutcome::Ok).ok_or_else(|| StoreError::NotFound { what: "user", id: name.to_owned() })
}

async fn refuse(
    tx: &DatabaseTransaction,
    name: &str,
    now: DateTime<Utc>,
) -> Result<LoginOutcome, StoreError> {
    run(tx, "DELETE FROM login_guard WHERE failed_at < $1", values![now - LOCK]).await?;
    let sql = "SELECT * FROM login_guard WHERE name_hash = $1";
    let guard: Option<Guard> = first(tx, sql, values![name_hash(name)]).await?;
    if let Some(until) = locked_until(guard.as_ref(), now) {
        return Ok(LoginOutcome::Locked { until });
    }
    let counted = guard.filter(|g| g.locked_until.is_none() && g.failed_at <= now).map_or(0, |g| g.failures);
    let failures = counted + 1;
    let until = (failures >= TRIES).then_some(now + LOCK);
    let sql = "INSERT INTO login_guard (name_hash, failures, failed_at, locked_until) VALUES ($1, $2, $3, $4)
               ON CONFLICT (name_hash) DO UPDATE SET failures = excluded.failures, failed_at = excluded.failed_at,
               locked_until = excluded.locked_until";
    run(tx, sql, values![name_hash(name), failures, now, until]).await?;
    let known = number(tx, "SELECT COUNT(*) AS n FROM app_user WHERE name = $1", values![name]).await? == 1;
    let who = if known { name } else { "unknown" };
    append(tx, Event::new(who, if until.is_some() { "lock" } else { "login-failed" }, now)).await?;
    Ok(match until {
        Some(until) => LoginOutcome::Locked { until },
        None => LoginOutcome::Wrong { left: u32::try_from(TRIES - failures).unwrap_or(0) },
    })
}

async fn forgive(tx: &DatabaseTransaction, name: &str) -> Result<(), StoreError> {
    run(tx, "DELETE FROM login_guard WHERE name_hash = $1", values![name_hash(name)]).await?;
    Ok(())
}
