//! Delivering the digest: once per day and recipient (I6).

use crate::{DigestOptions, MailError, Mailer, compose};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use guanlan_store::{DeliveryResult, Store, StoreError};

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

/// Sends a day's digest to every recipient who has not got it yet and whose turn it is. Call it again until it has
/// nothing to do: deliveries that failed for the moment are tried again after ten minutes, those that were refused or
/// whose end nobody knows are not.
///
/// # Errors
/// [`StoreError`]; mail errors are in the answer and in [`Store::deliveries`].
pub async fn send_digest(
    store: &Store,
    mailer: &Mailer,
    options: &DigestOptions,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Vec<Delivered>, StoreError> {
    let digest = compose(&store.digest_data(day, now).await?, options);
    let mut delivered: Vec<Delivered> = Vec::new();
    for recipient in mailer.recipients() {
        let address = recipient.email.to_string();
        let Some(id) = store.claim_delivery(day, &address, now).await? else { continue };
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

fn ending(error: &MailError, now: DateTime<Utc>) -> DeliveryResult {
    if error.maybe_sent() {
        return DeliveryResult::MaybeSent;
    }
    DeliveryResult::Failed { retry_at: error.is_transient().then(|| now + RETRY_AFTER) }
}
