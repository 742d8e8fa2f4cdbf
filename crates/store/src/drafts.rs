//! Rules that people draft. A second person puts them in force; a second person takes them out.
//!
//! Every step and its audit row are one transaction (I4), and who may take it is decided here, so that no page can let
//! an author approve.

use crate::audit::{AuditRow, Event, append};
use crate::sql::{Columns, Row, all, first, number, run, values};
use crate::{DraftError, Store, StoreError};
use chrono::{DateTime, Utc};
use guanlan_model::{DraftState, DraftStep, Hand};
use sea_orm::DatabaseTransaction;
use sha2::{Digest, Sha256};

/// Drafts that a list shows at most.
const LISTED: i64 = 500;

/// A drafted rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Row id.
    pub id: i64,
    /// Id of the rule that it writes; a rule of the files with this id is replaced.
    pub rule_id: String,
    /// The rule's name.
    pub name: String,
    /// The rule, as TOML.
    pub toml: String,
    /// Where it stands.
    pub state: DraftState,
    /// User name of the author. Only the author changes the text.
    pub author: String,
    /// Who asked to take it out, while or since somebody did.
    pub asked_by: Option<String>,
    /// Who put it in force.
    pub approved_by: Option<String>,
    /// Why it was sent back, or why it is to be taken out; may be empty.
    pub reason: String,
    /// Goes up with every step; a step names the version it was taken on.
    pub version: i64,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When the last step was taken.
    pub updated_at: DateTime<Utc>,
    /// When it was put in force.
    pub live_at: Option<DateTime<Utc>>,
}

/// What an author writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftText<'a> {
    /// Id of the rule.
    pub rule_id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The rule, as TOML.
    pub toml: &'a str,
}

impl Row for Draft {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Draft {
            id: row.get("id")?,
            rule_id: row.get("rule_id")?,
            name: row.get("name")?,
            toml: row.get("toml")?,
            state: row.word("state")?,
            author: row.get("author")?,
            asked_by: row.get("asked_by")?,
            approved_by: row.get("approved_by")?,
            reason: row.get("reason")?,
            version: row.get("version")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            live_at: row.get("live_at")?,
        })
    }
}

const INSERT: &str = "INSERT INTO rule_draft
    (rule_id, name, toml, state, author, reason, version, created_at, updated_at)
    VALUES ($1, $2, $3, 'draft', $4, '', 1, $5, $5) RETURNING id AS n";

impl Store {
    /// Begins a draft and answers its id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn create_draft(
        &self,
        text: DraftText<'_>,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let tx = self.write_serial().await?;
        let id = number(&tx, INSERT, values![text.rule_id, text.name, text.toml, who, now]).await?;
        append(&tx, event(id, DraftStep::Save, digest(text.toml), who, now)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Writes a draft again. A draft that waits for approval is taken back by it.
    ///
    /// # Errors
    /// [`DraftError`]; nothing was changed then.
    pub async fn save_draft(
        &self,
        id: i64,
        version: i64,
        text: DraftText<'_>,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<(), DraftError> {
        let tx = self.write_serial().await?;
        let draft = checked(&tx, id, version, DraftStep::Save, who).await?;
        append(&tx, event(id, DraftStep::Save, digest(text.toml), who, now)).await?;
        let sql = "UPDATE rule_draft SET rule_id = $2, name = $3, toml = $4, state = 'draft', reason = '',
                   version = $5, updated_at = $6 WHERE id = $1";
        run(&tx, sql, values![id, text.rule_id, text.name, text.toml, draft.version + 1, now]).await?;
        Ok(tx.commit().await?)
    }

    /// Takes any other step. Approving a draft replaces the draft of the same rule that is in force.
    ///
    /// # Errors
    /// [`DraftError`]; nothing was changed then.
    pub async fn step_draft(
        &self,
        id: i64,
        version: i64,
        step: DraftStep,
        reason: &str,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<(), DraftError> {
        let tx = self.write_serial().await?;
        let draft = checked(&tx, id, version, step, who).await?;
        if step.needs_reason() && reason.is_empty() {
            return Err(DraftError::ReasonMissing);
        }
        let to = draft.state.after(step)?;
        let note = if step == DraftStep::Approve { digest(&draft.toml) } else { reason.to_owned() };
        append(&tx, event(id, step, note, who, now)).await?;
        let sql = "UPDATE rule_draft SET state = $2, version = version + 1, updated_at = $3, reason = $4
                   WHERE id = $1";
        run(&tx, sql, values![id, to.code(), now, reason]).await?;
        match step {
            DraftStep::Approve => {
                replace_others(&tx, &draft, now).await?;
                let sql = "UPDATE rule_draft SET approved_by = $2, live_at = $3 WHERE id = $1";
                run(&tx, sql, values![id, who, now]).await?;
            }
            DraftStep::AskWithdrawal => {
                run(&tx, "UPDATE rule_draft SET asked_by = $2 WHERE id = $1", values![id, who]).await?;
            }
            DraftStep::Keep => {
                run(&tx, "UPDATE rule_draft SET asked_by = NULL WHERE id = $1", values![id]).await?;
            }
            _ => {}
        }
        Ok(tx.commit().await?)
    }

    /// One draft.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn draft(&self, id: i64) -> Result<Option<Draft>, StoreError> {
        first(&self.reader, "SELECT * FROM rule_draft WHERE id = $1", values![id]).await
    }

    /// The drafts, the one that was touched last first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        let sql = "SELECT * FROM rule_draft ORDER BY updated_at DESC, id DESC LIMIT $1";
        all(&self.reader, sql, values![LISTED]).await
    }

    /// The drafts in force, in the order in which they were approved.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn live_drafts(&self) -> Result<Vec<Draft>, StoreError> {
        let sql = "SELECT * FROM rule_draft WHERE state IN ('live', 'leaving') ORDER BY live_at, id";
        all(&self.reader, sql, values![]).await
    }

    /// Ids of the drafts in force, in the order in which they were approved. The text of a draft in force never
    /// changes, so this tells whether the rules have changed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn live_draft_ids(&self) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT id AS n FROM rule_draft WHERE state IN ('live', 'leaving') ORDER BY live_at, id";
        all(&self.reader, sql, values![]).await
    }

    /// What happened to a draft, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn draft_history(&self, id: i64) -> Result<Vec<AuditRow>, StoreError> {
        all(&self.reader, "SELECT * FROM audit WHERE draft_id = $1 ORDER BY id", values![id]).await
    }
}

/// The draft, when this person may take this step on this version of it.
async fn checked(
    tx: &DatabaseTransaction,
    id: i64,
    version: i64,
    step: DraftStep,
    who: &str,
) -> Result<Draft, DraftError> {
    let draft: Option<Draft> = first(tx, "SELECT * FROM rule_draft WHERE id = $1", values![id]).await?;
    let draft = draft.ok_or(DraftError::NotFound)?;
    if draft.version != version {
        let sql = "SELECT * FROM audit WHERE draft_id = $1 ORDER BY id DESC LIMIT 1";
        let last: AuditRow = first(tx, sql, values![id])
            .await?
            .ok_or_else(|| StoreError::Damaged(format!("draft {id} has no audit row")))?;
        return Err(DraftError::Conflict { by: last.who, at: last.at, state: draft.state });
    }
    draft.state.after(step)?;
    let hand = step.hand();
    let allowed = match hand {
        Hand::Author => draft.author == who,
        Hand::NotAuthor => draft.author != who,
        Hand::NotAsker => draft.asked_by.as_deref() != Some(who),
        Hand::Anybody => true,
        Hand::Program => false,
    };
    if allowed { Ok(draft) } else { Err(DraftError::WrongHand(hand)) }
}

/// Takes the draft of the same rule that was in force until now out of it.
async fn replace_others(tx: &DatabaseTransaction, by: &Draft, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql =
        "SELECT id AS n FROM rule_draft WHERE rule_id = $1 AND id <> $2 AND state IN ('live', 'leaving')";
    let others: Vec<i64> = all(tx, sql, values![by.rule_id.as_str(), by.id]).await?;
    for other in others {
        append(tx, event(other, DraftStep::Replace, by.id.to_string(), "system", now)).await?;
        let sql =
            "UPDATE rule_draft SET state = 'replaced', version = version + 1, updated_at = $2 WHERE id = $1";
        run(tx, sql, values![other, now]).await?;
    }
    Ok(())
}

fn event(id: i64, step: DraftStep, note: String, who: &str, now: DateTime<Utc>) -> Event<'_> {
    Event { draft_id: Some(id), note, ..Event::new(who, format!("rule-{step}"), now) }
}

/// Binds an event to the text it is about.
fn digest(toml: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(toml)))
}
