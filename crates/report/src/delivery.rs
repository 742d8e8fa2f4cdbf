//! Delivering the digest: once per day and recipient (I6).

use crate::{DigestOptions, MailError, Mailer, compose};
use chrono::{DateTime, Duration, Utc};
use guanlan_model::DeliveryState;
use guanlan_store::{DeliveryResult, DeliveryRow, DigestPeriod, Store, StoreError};

/// When a delivery that failed for the moment is tried again.
const RETRY_AFTER: Duration = Duration::minutes(10);

/// What became of one recipient's digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Address.
    pub recipient: String,
    /// How it ended.
    pub result: DeliveryResult,
    /// What the server said, or one Chinese line that says what to do.
    pub detail: String,
}

/// Sends a digest to every recipient who has not got it yet and whose turn it is. Call it again until it has
/// nothing to do: deliveries that failed for the moment are tried again after ten minutes, those that were refused or
/// whose end nobody knows are not.
///
/// # Errors
/// [`StoreError`]; mail errors are in the answer and in [`Store::deliveries`].
pub async fn send_digest(
    store: &Store,
    mailer: &Mailer,
    options: &DigestOptions,
    period: &DigestPeriod,
    now: DateTime<Utc>,
) -> Result<Vec<Delivered>, StoreError> {
    let day = period.day;
    let rows = store.deliveries(day).await?;
    let is_waiting =
        |email: &str| rows.iter().find(|row| row.recipient == email).is_none_or(|row| is_open(row, now));
    if !mailer.recipients().any(|recipient| is_waiting(recipient.email.as_ref())) {
        return Ok(Vec::new());
    }
    let digest = compose(&store.digest_data(period, now).await?, options);
    let mut delivered: Vec<Delivered> = Vec::new();
    for recipient in mailer.recipients() {
        let address = recipient.email.to_string();
        let Some(id) = store.claim_delivery(period, &address, now).await? else { continue };
        if !delivered.is_empty() {
            tokio::time::sleep(mailer.pause()).await;
        }
        let (result, detail) = match mailer.send(&digest, day, recipient, now).await {
            Ok(answer) => (DeliveryResult::Sent, answer),
            Err(error) => (ending(&error, now), error.zh),
        };
        tracing::info!(%day, recipient = %address, ?result, "digest");
        store.delivery_result(id, &result, &detail, now).await?;
        delivered.push(Delivered { recipient: address, result, detail });
    }
    Ok(delivered)
}

/// A claim may be worth making; a claim of a process that has died is looked at when it is claimed again.
fn is_open(row: &DeliveryRow, now: DateTime<Utc>) -> bool {
    match row.state {
        DeliveryState::Failed => row.retry_at.is_some_and(|retry_at| retry_at <= now),
        DeliveryState::Claimed => true,
        DeliveryState::Sent | DeliveryState::MaybeSent => false,
    }
}

fn ending(error: &MailError, now: DateTime<Utc>) -> DeliveryResult {
    if error.maybe_sent() {
        return DeliveryResult::MaybeSent;
    }
    DeliveryResult::Failed { retry_at: error.is_transient().then(|| now + RETRY_AFTER) }
}
