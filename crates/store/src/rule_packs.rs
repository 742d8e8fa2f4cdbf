//! The rule packs that have been live, with their texts, so that what they found can be found again.

use crate::audit::{AuditRow, Event, append};
use crate::sql::{Columns, Row, all, first, run, values};
use crate::{Draft, Store, StoreError};
use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

/// A pack that has been live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRow {
    /// Name and content hash, as findings name it.
    pub version: String,
    /// Who drafted the change that made it; empty when the operator changed the files.
    pub proposed_by: String,
    /// Who approved that change; empty when the operator changed the files.
    pub approved_by: String,
    /// When it was first live.
    pub live_at: DateTime<Utc>,
}

impl Row for PackRow {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(PackRow {
            version: row.get("version")?,
            proposed_by: row.get("proposed_by")?,
            approved_by: row.get("approved_by")?,
            live_at: row.get("live_at")?,
        })
    }
}

impl Store {
    /// Writes down that a pack is live from now on: its texts, when it is new, and an audit row, when another one was
    /// live before. Call it before the pack screens anything.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn pack_is_live(
        &self,
        version: &str,
        texts: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if self.live_pack().await?.as_deref() == Some(version) {
            return Ok(());
        }
        let tx = self.write_serial().await?;
        let (proposed_by, approved_by) = last_decision(&tx).await?;
        let sql = "INSERT INTO rule_pack (version, texts, proposed_by, approved_by, live_at)
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (version) DO NOTHING";
        run(&tx, sql, values![version, texts, proposed_by, approved_by, now]).await?;
        append(&tx, Event { note: version.to_owned(), ..Event::new("system", "pack-live", now) }).await?;
        Ok(tx.commit().await?)
    }

    /// Version of the pack that went live last.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn live_pack(&self) -> Result<Option<String>, StoreError> {
        let sql = "SELECT note AS t FROM audit WHERE action = 'pack-live' ORDER BY id DESC LIMIT 1";
        first(&self.reader, sql, values![]).await
    }

    /// The texts of a pack that has been live, as they were given.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_pack(&self, version: &str) -> Result<Option<String>, StoreError> {
        first(&self.reader, "SELECT texts AS t FROM rule_pack WHERE version = $1", values![version]).await
    }

    /// The packs that have been live, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_packs(&self, limit: u64) -> Result<Vec<PackRow>, StoreError> {
        let sql = "SELECT version, proposed_by, approved_by, live_at FROM rule_pack
                   ORDER BY live_at DESC, version LIMIT $1";
        all(&self.reader, sql, values![limit as i64]).await
    }
}

/// Who drafted and who approved, when a decision about a drafted rule made the new pack; nobody when the files did.
async fn last_decision(tx: &DatabaseTransaction) -> Result<(String, String), StoreError> {
    let sql = "SELECT * FROM audit WHERE action IN ('rule-approve', 'rule-withdraw', 'pack-live')
               ORDER BY id DESC LIMIT 1";
    let nobody = (String::new(), String::new());
    let Some(AuditRow { who, action, draft_id: Some(id), .. }) = first(tx, sql, values![]).await? else {
        return Ok(nobody);
    };
    let draft: Option<Draft> = first(tx, "SELECT * FROM rule_draft WHERE id = $1", values![id]).await?;
    Ok(draft.map_or(nobody, |draft| match draft.asked_by {
        Some(asked_by) if action == "rule-withdraw" => (asked_by, who),
        _ => (draft.author, who),
    }))
}
