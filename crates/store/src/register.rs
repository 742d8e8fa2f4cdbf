//! The register as it was last imported.

use crate::audit::{Event, append};
use crate::sql::{Columns, Row, all, first, run, values};
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use guanlan_model::Institution;
use sea_orm::DatabaseTransaction;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What an import changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisterApplied {
    /// Institutions that were not there before, or had been removed.
    pub added: usize,
    /// Institutions with other values.
    pub changed: usize,
    /// Institutions that the file does not hold any more and that were taken out.
    pub removed: usize,
    /// Institutions as before.
    pub unchanged: usize,
    /// The register's version after the import.
    pub version: String,
}

impl Row for Institution {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        row.json("data")
    }
}

const INSERT: &str = "INSERT INTO institution (id, name, data, updated_at, removed_at) VALUES ($1, $2, $3, $4, NULL)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, data = excluded.data, updated_at = excluded.updated_at,
    removed_at = NULL";

impl Store {
    /// All institutions of the register, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn institutions(&self) -> Result<Vec<Institution>, StoreError> {
        let sql = "SELECT data FROM institution WHERE removed_at IS NULL ORDER BY id";
        all(&self.reader, sql, values![]).await
    }

    /// One institution, also when it has been taken out of the register since.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn institution(&self, id: &str) -> Result<Option<Institution>, StoreError> {
        first(&self.reader, "SELECT data FROM institution WHERE id = $1", values![id]).await
    }

    /// Takes the rows of an import into the register, in one transaction with its audit row. The same rows twice
    /// change nothing the second time. With `remove_missing`, institutions that the rows do not hold are taken out;
    /// their alerts stay. When an id occurs twice, the later row counts.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn apply_register(
        &self,
        rows: &[Institution],
        remove_missing: bool,
        who: &str,
        file_name: &str,
        now: DateTime<Utc>,
    ) -> Result<RegisterApplied, StoreError> {
        let tx = self.write_serial().await?;
        let mut known = present(&tx).await?;
        let incoming: BTreeMap<&str, &Institution> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
        let mut applied = RegisterApplied::default();
        for (id, row) in incoming {
            match known.get(id) {
                Some(old) if old == row => {
                    applied.unchanged += 1;
                    continue;
                }
                Some(_) => applied.changed += 1,
                None => applied.added += 1,
            }
            run(&tx, INSERT, values![id, row.name.as_str(), json(row)?, now]).await?;
            known.insert(id.to_owned(), row.clone());
        }
        if remove_missing {
            let kept: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
            let gone: Vec<String> = known.keys().filter(|id| !kept.contains(id.as_str())).cloned().collect();
            for id in gone {
                run(&tx, "UPDATE institution SET removed_at = $2 WHERE id = $1", values![id.as_str(), now])
                    .await?;
                known.remove(&id);
                applied.removed += 1;
            }
        }
        applied.version = record_import(&tx, &applied, &known, who, file_name, now).await?;
        tx.commit().await?;
        Ok(applied)
    }

    /// The register's version: number of the import that last changed it and a hash of its content; `0` before any.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn register_version(&self) -> Result<String, StoreError> {
        let sql = "SELECT version AS t FROM register_import ORDER BY id DESC LIMIT 1";
        Ok(first(&self.reader, sql, values![]).await?.unwrap_or_else(|| "0".to_owned()))
    }
}

async fn present(tx: &DatabaseTransaction) -> Result<BTreeMap<String, Institution>, StoreError> {
    let rows: Vec<Institution> =
        all(tx, "SELECT data FROM institution WHERE removed_at IS NULL", values![]).await?;
    Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
}

/// Writes the import down and answers the register's version.
async fn record_import(
    tx: &DatabaseTransaction,
    applied: &RegisterApplied,
    register: &BTreeMap<String, Institution>,
    who: &str,
    file_name: &str,
    now: DateTime<Utc>,
) -> Result<String, StoreError> {
    let last: Option<(String, i64)> =
        first(tx, "SELECT version AS t, id AS n FROM register_import ORDER BY id DESC LIMIT 1", values![])
            .await?;
    let changes = applied.added + applied.changed + applied.removed;
    let version = match last {
        Some((version, _)) if changes == 0 => version,
        last => format!("{}@{}", last.map_or(0, |(_, id)| id) + 1, content_hash(register)?),
    };
    let sql = "INSERT INTO register_import (version, file_name, who, at, added, changed, removed, unchanged)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let [added, changed, removed, unchanged] =
        [applied.added, applied.changed, applied.removed, applied.unchanged].map(|n| n as i64);
    run(tx, sql, values![version.as_str(), file_name, who, now, added, changed, removed, unchanged]).await?;
    let note = format!(
        "{file_name}：新增 {added}、变更 {changed}、移除 {removed}、未变 {unchanged}（版本 {version}）"
    );
    append(tx, Event { note, ..Event::new(who, "import-register", now) }).await?;
    Ok(version)
}

/// Eight hex digits over the whole register.
fn content_hash(register: &BTreeMap<String, Institution>) -> Result<String, StoreError> {
    let mut hasher = Sha256::new();
    for row in register.values() {
        hasher.update(json(row)?);
        hasher.update(b"\n");
    }
    let mut digest = hex::encode(hasher.finalize());
    digest.truncate(8);
    Ok(digest)
}

fn json(row: &Institution) -> Result<String, StoreError> {
    serde_json::to_string(row).map_err(|e| StoreError::Damaged(e.to_string()))
}
