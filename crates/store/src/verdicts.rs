//! Verdicts: what a person decides about an alert, and taking it back.
//!
//! The state and its audit row are written in one transaction (I4). A verdict names the version of the alert that the
//! person saw, so that two people cannot overwrite each other unseen.

use crate::audit::{AuditRow, Event, append};
use crate::sql::{Columns, Row, all, first, placeholders, run, values};
use crate::{JudgeError, Store, StoreError};
use chrono::{DateTime, Utc};
use guanlan_model::{AlertState, Category, FalseAlarmReason, Verdict};
use sea_orm::{DatabaseTransaction, Value};

/// Ids in one `IN (…)`.
const IDS_AT_ONCE: usize = 500;

/// A verdict or an undo that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The event; [`crate::Store::undo`] takes it.
    pub audit_id: i64,
    /// The alert.
    pub alert_id: i64,
    /// The alert's version now.
    pub version: i64,
    /// The alert's state now.
    pub state: AlertState,
}

/// What people have said about the alert of one story, institution and category.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opinion {
    /// The story.
    pub story_id: i64,
    /// Register id.
    pub institution_id: String,
    /// Kind of problem.
    pub category: Category,
    /// Where the alert stands.
    pub state: AlertState,
}

impl Row for Opinion {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Opinion {
            story_id: row.get("story_id")?,
            institution_id: row.get("institution_id")?,
            category: row.word("category")?,
            state: row.word("state")?,
        })
    }
}

/// What an alert's row says about its state.
struct Standing {
    state: AlertState,
    version: i64,
}

impl Row for Standing {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Standing { state: row.word("state")?, version: row.get("version")? })
    }
}

impl Store {
    /// What people have said about the alerts of these stories. Alerts that still wait are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn opinions(&self, story_ids: &[i64]) -> Result<Vec<Opinion>, StoreError> {
        let mut opinions = Vec::new();
        for ids in story_ids.chunks(IDS_AT_ONCE) {
            let sql = format!(
                "SELECT story_id, institution_id, category, state FROM alert
                 WHERE state <> 'waiting' AND story_id IN ({}) ORDER BY id",
                placeholders(1, ids.len())
            );
            let values = ids.iter().map(|id| Value::from(*id)).collect();
            opinions.extend(all::<Opinion>(&self.reader, &sql, values).await?);
        }
        Ok(opinions)
    }

    /// Judges an alert. `reason` is for false alarms; it is written down with any verdict.
    ///
    /// # Errors
    /// [`JudgeError::Conflict`] when the alert is not at `expected_version` any more, [`JudgeError::Illegal`] when the
    /// verdict would change nothing, [`JudgeError::NotFound`], [`JudgeError::Store`].
    #[allow(clippy::too_many_arguments)]
    pub async fn judge(
        &self,
        id: i64,
        expected_version: i64,
        verdict: Verdict,
        reason: Option<FalseAlarmReason>,
        note: &str,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<Judged, JudgeError> {
        let tx = self.write_serial().await?;
        let standing = standing(&tx, id).await?;
        if standing.version != expected_version {
            return Err(conflict(&tx, id, standing.state).await?);
        }
        let to = standing.state.after(verdict)?;
        let event = Event {
            alert_id: Some(id),
            from: Some(standing.state),
            to: Some(to),
            reason,
            note: note.to_owned(),
            ..Event::new(who, "judge", now)
        };
        let judged = move_to(&tx, id, &standing, to, event).await?;
        tx.commit().await?;
        Ok(judged)
    }

    /// Takes a verdict back – or takes back an undo – by an event of its own. Only the last event of an alert can be
    /// taken back.
    ///
    /// # Errors
    /// [`JudgeError::Conflict`] when the alert has been judged again since, [`JudgeError::NotFound`] when there is no
    /// such verdict, [`JudgeError::Store`].
    pub async fn undo(&self, audit_id: i64, who: &str, now: DateTime<Utc>) -> Result<Judged, JudgeError> {
        let tx = self.write_serial().await?;
        let sql = "SELECT * FROM audit WHERE id = $1 AND action IN ('judge', 'undo')";
        let Some(event) = first::<AuditRow>(&tx, sql, values![audit_id]).await? else {
            return Err(JudgeError::NotFound);
        };
        let (Some(id), Some(from), Some(to)) = (event.alert_id, event.from, event.to) else {
            return Err(JudgeError::NotFound);
        };
        let standing = standing(&tx, id).await?;
        let latest = last_move(&tx, id).await?;
        if latest.is_none_or(|latest| latest.id != audit_id) || standing.state != to {
            return Err(conflict(&tx, id, standing.state).await?);
        }
        let event = Event {
            alert_id: Some(id),
            from: Some(to),
            to: Some(from),
            undoes: Some(audit_id),
            ..Event::new(who, "undo", now)
        };
        let judged = move_to(&tx, id, &standing, from, event).await?;
        tx.commit().await?;
        Ok(judged)
    }
}

async fn standing(tx: &DatabaseTransaction, id: i64) -> Result<Standing, JudgeError> {
    first(tx, "SELECT state, version FROM alert WHERE id = $1", values![id])
        .await?
        .ok_or(JudgeError::NotFound)
}

/// The last event that moved the alert, its creation included.
async fn last_move(tx: &DatabaseTransaction, id: i64) -> Result<Option<AuditRow>, StoreError> {
    let sql = "SELECT * FROM audit WHERE alert_id = $1 AND to_state IS NOT NULL ORDER BY id DESC LIMIT 1";
    first(tx, sql, values![id]).await
}

/// The last event that changed the alert: a move, or a stronger finding.
async fn last_change(tx: &DatabaseTransaction, id: i64) -> Result<Option<AuditRow>, StoreError> {
    first(tx, "SELECT * FROM audit WHERE alert_id = $1 ORDER BY id DESC LIMIT 1", values![id]).await
}

async fn conflict(tx: &DatabaseTransaction, id: i64, state: AlertState) -> Result<JudgeError, StoreError> {
    let last = last_change(tx, id).await?;
    let last = last.ok_or_else(|| StoreError::Damaged(format!("alert {id} has no audit row")))?;
    Ok(JudgeError::Conflict { by: last.who, at: last.at, state })
}

/// State and audit row together; the caller commits.
async fn move_to(
    tx: &DatabaseTransaction,
    id: i64,
    standing: &Standing,
    to: AlertState,
    event: Event<'_>,
) -> Result<Judged, StoreError> {
    let audit_id = append(tx, event).await?;
    let version = standing.version + 1;
    run(tx, "UPDATE alert SET state = $2, version = $3 WHERE id = $1", values![id, to.code(), version])
        .await?;
    Ok(Judged { audit_id, alert_id: id, version, state: to })
}
