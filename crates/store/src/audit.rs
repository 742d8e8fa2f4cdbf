//! The audit trail: an append-only chain of hashes.
//!
//! Every event's hash covers all its fields and the hash before it; ids are consecutive. A row that is changed, taken
//! out or slipped in breaks the chain from there on.

use crate::sql::{Columns, Row, all, first, run, values};
use crate::{Store, StoreError};
use chrono::{DateTime, SubsecRound, Utc};
use guanlan_model::{AlertState, FalseAlarmReason};
use sea_orm::DatabaseTransaction;
use sha2::{Digest, Sha256};

/// One event of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Row id; consecutive from 1.
    pub id: i64,
    /// When, to the microsecond.
    pub at: DateTime<Utc>,
    /// User name, or `system`.
    pub who: String,
    /// `raise`, `strengthen`, `judge`, `undo`, `import-register`, `create-user`, `set-password`, `login`, `login-failed`, `lock`,
    /// `pack-live`, or `rule-` and the code of a step of a drafted rule.
    pub action: String,
    /// The alert, when the event is about one.
    pub alert_id: Option<i64>,
    /// The drafted rule, when the event is about one.
    pub draft_id: Option<i64>,
    /// State before.
    pub from: Option<AlertState>,
    /// State after.
    pub to: Option<AlertState>,
    /// Why it is a false alarm.
    pub reason: Option<FalseAlarmReason>,
    /// What the person wrote, or what the event was about.
    pub note: String,
    /// The event that this one takes back.
    pub undoes: Option<i64>,
    /// Hash of the event before; 64 zeros for the first.
    pub prev_hash: String,
    /// SHA-256 of this event, hex.
    pub hash: String,
}

/// An event that is to be written down.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) at: DateTime<Utc>,
    pub(crate) who: &'a str,
    pub(crate) action: String,
    pub(crate) alert_id: Option<i64>,
    pub(crate) draft_id: Option<i64>,
    pub(crate) from: Option<AlertState>,
    pub(crate) to: Option<AlertState>,
    pub(crate) reason: Option<FalseAlarmReason>,
    pub(crate) note: String,
    pub(crate) undoes: Option<i64>,
}

impl<'a> Event<'a> {
    pub(crate) fn new(who: &'a str, action: impl Into<String>, at: DateTime<Utc>) -> Self {
        Event {
            at,
            who,
            action: action.into(),
            alert_id: None,
            draft_id: None,
            from: None,
            to: None,
            reason: None,
            note: String::new(),
            undoes: None,
        }
    }
}

impl Row for AuditRow {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(AuditRow {
            id: row.get("id")?,
            at: row.get("at")?,
            who: row.get("who")?,
            action: row.get("action")?,
            alert_id: row.get("alert_id")?,
            draft_id: row.get("draft_id")?,
            from: row.word_or_none("from_state")?,
            to: row.word_or_none("to_state")?,
            reason: row.word_or_none("reason")?,
            note: row.get("note")?,
            undoes: row.get("undoes")?,
            prev_hash: row.get("prev_hash")?,
            hash: row.get("hash")?,
        })
    }
}

const INSERT: &str = "INSERT INTO audit
    (id, at, who, action, alert_id, draft_id, from_state, to_state, reason, note, undoes, prev_hash, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// Appends an event to the chain and answers its id. The transaction must be serial.
pub(crate) async fn append(tx: &DatabaseTransaction, event: Event<'_>) -> Result<i64, StoreError> {
    let last: Option<(String, i64)> =
        first(tx, "SELECT hash AS t, id AS n FROM audit ORDER BY id DESC LIMIT 1", values![]).await?;
    let (prev_hash, prev_id) = last.unwrap_or_else(|| (zero_hash(), 0));
    let mut row = AuditRow {
        id: prev_id + 1,
        at: event.at.trunc_subsecs(6),
        who: event.who.replace('\0', ""),
        action: event.action,
        alert_id: event.alert_id,
        draft_id: event.draft_id,
        from: event.from,
        to: event.to,
        reason: event.reason,
        note: event.note.replace('\0', ""),
        undoes: event.undoes,
        prev_hash,
        hash: String::new(),
    };
    row.hash = hash(&row);
    let values = values![
        row.id,
        row.at,
        row.who,
        row.action,
        row.alert_id,
        row.draft_id,
        row.from.map(AlertState::code),
        row.to.map(AlertState::code),
        row.reason.map(FalseAlarmReason::code),
        row.note,
        row.undoes,
        row.prev_hash,
        row.hash,
    ];
    run(tx, INSERT, values).await?;
    Ok(prev_id + 1)
}

fn zero_hash() -> String {
    "0".repeat(64)
}

/// A JSON array has one spelling for one event, so no two events share their bytes.
fn hash(row: &AuditRow) -> String {
    let fields = serde_json::json!([
        row.prev_hash,
        row.id,
        row.at.timestamp_micros(),
        row.who,
        row.action,
        row.alert_id,
        row.draft_id,
        row.from,
        row.to,
        row.reason,
        row.note,
        row.undoes,
    ]);
    hex::encode(Sha256::digest(fields.to_string()))
}

impl Store {
    /// Recomputes the whole chain. Answers what is wrong, one line a break; nothing when the chain is whole.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn verify_audit(&self) -> Result<Vec<String>, StoreError> {
        const BATCH: i64 = 5_000;
        let mut problems = Vec::new();
        let (mut prev_id, mut prev_hash) = (0, zero_hash());
        loop {
            let sql = "SELECT * FROM audit WHERE id > $1 ORDER BY id LIMIT $2";
            let rows: Vec<AuditRow> = all(&self.reader, sql, values![prev_id, BATCH]).await?;
            if rows.is_empty() {
                return Ok(problems);
            }
            for row in rows {
                if row.id != prev_id + 1 {
                    problems.push(format!("audit: rows {} to {} are missing", prev_id + 1, row.id - 1));
                }
                if row.prev_hash != prev_hash {
                    problems.push(format!("audit: row {} does not follow the row before it", row.id));
                }
                if row.hash != hash(&row) {
                    problems.push(format!("audit: row {} was changed after it was written", row.id));
                }
                (prev_id, prev_hash) = (row.id, row.hash);
            }
        }
    }
}
