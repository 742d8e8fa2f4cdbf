//! Deliveries: one digest, one recipient, once.

use crate::sql::{Columns, Row, all, first, run, values};
use crate::{DigestPeriod, Store, StoreError};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use guanlan_model::DeliveryState;

/// A claim that has no result after this time was made by a process that has died.
const CLAIM_LASTS: Duration = Duration::minutes(15);

/// A claimed delivery.
pub type DeliveryId = i64;

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryResult {
    /// The server took it.
    Sent,
    /// It was not sent.
    Failed {
        /// May be tried again from then on; `None`: only by hand.
        retry_at: Option<DateTime<Utc>>,
    },
    /// Nobody knows: the connection ended after the text was sent.
    MaybeSent,
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Row id.
    pub id: DeliveryId,
    /// Day of the digest.
    pub day: NaiveDate,
    /// Address.
    pub recipient: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Claims so far.
    pub attempts: u32,
    /// What the server said.
    pub detail: String,
    /// Last claim.
    pub claimed_at: DateTime<Utc>,
    /// When the last try ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// May be tried again from then on.
    pub retry_at: Option<DateTime<Utc>>,
}

impl Row for DeliveryRow {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        let day: String = row.get("day")?;
        Ok(DeliveryRow {
            id: row.get("id")?,
            day: day.parse().map_err(|_| StoreError::Damaged(format!("day = `{day}`")))?,
            recipient: row.get("recipient")?,
            state: row.word("state")?,
            attempts: row.count("attempts")?,
            detail: row.get("detail")?,
            claimed_at: row.get("claimed_at")?,
            ended_at: row.get("ended_at")?,
            retry_at: row.get("retry_at")?,
        })
    }
}

/// A new delivery, or one that failed and whose next try has come.
const CLAIM: &str = "INSERT INTO delivery (day, recipient, state, attempts, detail, claimed_at, period_from, period_to)
    VALUES ($1, $2, 'claimed', 1, '', $3, $4, $5)
    ON CONFLICT (day, recipient) DO UPDATE SET state = 'claimed', attempts = delivery.attempts + 1, claimed_at = $3,
    ended_at = NULL, retry_at = NULL, period_from = $4, period_to = $5 WHERE delivery.state = 'failed' AND delivery.retry_at <= $3
    RETURNING id AS n";

/// The process that claimed it has died, before or after the server took the text: nobody knows.
const EXPIRE: &str = "UPDATE delivery SET state = 'maybe-sent', detail = '发送过程中断，结果未知'
    WHERE state = 'claimed' AND claimed_at < $1";

impl Store {
    /// Claims the delivery of a digest to a recipient: one for each day and recipient. `None` when it has been sent,
    /// may have been sent, is being sent by somebody else, or is not to be tried now.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn claim_delivery(
        &self,
        period: &DigestPeriod,
        recipient: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<DeliveryId>, StoreError> {
        let values = values![period.day.to_string(), recipient, now, period.from, period.to];
        let tx = self.write().await?;
        run(&tx, EXPIRE, values![now - CLAIM_LASTS]).await?;
        let claimed = first(&tx, CLAIM, values).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Writes down how a claimed delivery ended.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it is not claimed, [`StoreError::Database`].
    pub async fn delivery_result(
        &self,
        id: DeliveryId,
        result: &DeliveryResult,
        detail: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (state, retry_at) = match result {
            DeliveryResult::Sent => (DeliveryState::Sent, None),
            DeliveryResult::MaybeSent => (DeliveryState::MaybeSent, None),
            DeliveryResult::Failed { retry_at } => (DeliveryState::Failed, *retry_at),
        };
        let sql = "UPDATE delivery SET state = $2, retry_at = $3, detail = $4, ended_at = $5
                   WHERE id = $1 AND state = 'claimed'";
        match run(&self.writer, sql, values![id, state.code(), retry_at, detail, now]).await? {
            0 => Err(StoreError::NotFound { what: "claimed delivery", id: id.to_string() }),
            _ => Ok(()),
        }
    }

    /// All deliveries of a day's digest, by recipient.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn deliveries(&self, day: NaiveDate) -> Result<Vec<DeliveryRow>, StoreError> {
        let sql = "SELECT * FROM delivery WHERE day = $1 ORDER BY recipient";
        all(&self.reader, sql, values![day.to_string()]).await
    }
}
