//! One process that keeps watching: collecting, indexing and the digest, each in its own task.

use crate::{Engine, PipelineError, Progress};
use chrono::NaiveTime;
use guanlan_report::{DigestOptions, Mailer, send_digest};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Pause between two looks for due sources.
const COLLECT_EVERY: Duration = Duration::from_secs(5);
/// Pause between two looks at the outbox; an article is searchable within this and one commit.
const INDEX_EVERY: Duration = Duration::from_secs(2);
/// Pause between two looks at the clock.
const DIGEST_EVERY: Duration = Duration::from_secs(20);

/// When the digest goes out, and how.
pub struct DigestPlan {
    /// Time of day in Shanghai.
    pub at: NaiveTime,
    /// How it looks.
    pub options: DigestOptions,
    /// How it is delivered.
    pub mailer: Mailer,
}

/// Runs until the engine's token ([`Engine::stop`]) is cancelled. A failing step is logged and tried again; only a cancelled token ends the loop.
///
/// # Errors
/// When the work that an earlier process left cannot even be listed.
pub async fn run(engine: Arc<Engine>, digest: Option<DigestPlan>) -> Result<(), PipelineError> {
    let stop = engine.stop();
    let progress = Progress::default();
    let recovered = engine.recover(&progress).await?;
    if recovered > 0 {
        tracing::info!(recovered, "captures of an earlier run processed");
    }
    tokio::join!(
        // Sources keep their rhythm while the pages of a slow host are still being worked through.
        every(COLLECT_EVERY, stop, async || engine.visit_due_sources(&progress).await.map(|_| ())),
        every(COLLECT_EVERY, stop, async || engine.visit_due_pages(&progress).await),
        every(INDEX_EVERY, stop, async || engine.index_outbox().await.map(|_| ())),
        every(DIGEST_EVERY, stop, async || match &digest {
            Some(plan) => send_when_due(&engine, plan).await,
            None => Ok(()),
        }),
    );
    // What was committed after the last look is indexed before the process ends.
    engine.index_outbox().await?;
    Ok(())
}

/// Does the work again and again. Work that has begun is never dropped half-way: it looks at the token itself.
async fn every(pause: Duration, stop: &CancellationToken, work: impl AsyncFn() -> Result<(), PipelineError>) {
    while !stop.is_cancelled() {
        if let Err(error) = work().await {
            tracing::error!(%error, "step failed and will be tried again");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Sends the latest digest once its time has come. A process that was down at that time sends it when it starts; the
/// claim in the store keeps it to once per day and recipient.
async fn send_when_due(engine: &Engine, plan: &DigestPlan) -> Result<(), PipelineError> {
    let now = engine.now();
    if let Some(period) = engine.store().digest_due(plan.at, now).await? {
        send_digest(engine.store(), &plan.mailer, &plan.options, &period, now).await?;
    }
    Ok(())
}
