//! The pages beside the pipeline: both run until the process is told to stop, and neither outlives the other.

use crate::config::Config;
use anyhow::{Context, Result};
use chrono::Utc;
use guanlan_pipeline::{DigestPlan, Engine, located};
use guanlan_web::{AppState, CaptureError, ReadCapture};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Runs pipeline and pages until a signal comes or one of them fails.
///
/// # Errors
/// What made one of them fail.
pub async fn until_stopped(
    config: &Config,
    engine: &Arc<Engine>,
    listener: tokio::net::TcpListener,
    digest: Option<DigestPlan>,
) -> Result<()> {
    let stop = engine.stop().clone();
    let app = guanlan_web::router(app_state(config, engine).await?);
    let pages = async {
        let ended = serve(listener, app, stop.clone()).await;
        stop.cancel();
        ended
    };
    let pipeline = async {
        let ended = guanlan_pipeline::run(engine.clone(), digest).await;
        stop.cancel();
        ended
    };
    let (pages, pipeline) = tokio::join!(pages, pipeline);
    pages?;
    pipeline.context("处理流程中断")
}

/// Binds the address of the pages.
///
/// # Errors
/// When it is taken or not ours; the message says what to change.
pub async fn listen(address: SocketAddr) -> Result<tokio::net::TcpListener> {
    tokio::net::TcpListener::bind(address).await.with_context(|| {
        format!("无法在 {address} 提供页面：端口可能已被占用，请修改 web.listen 或 --listen")
    })
}

/// Serves until stopped; requests that are being answered are finished first.
///
/// # Errors
/// When the listener breaks.
async fn serve(listener: tokio::net::TcpListener, app: axum::Router, stop: CancellationToken) -> Result<()> {
    axum::serve(listener, app)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
        .context("页面服务中断")
}

/// What the pages need of an installation.
///
/// # Errors
/// When the store cannot be read.
async fn app_state(config: &Config, engine: &Arc<Engine>) -> Result<AppState> {
    Ok(AppState {
        store: engine.store().clone(),
        archive: engine.archive().clone(),
        rulebook: engine.rulebook().clone(),
        county: config.county.name.clone(),
        base_url: config.base_url(),
        demo: engine.store().is_demo().await?,
        secure_cookies: config.web.secure_cookies,
        read_capture: read_capture(engine),
        digest_at: config.digest.at,
        clock: Utc::now,
    })
}

/// Raw captures for download. The pages call it on a blocking thread, so it may wait for the store.
fn read_capture(engine: &Arc<Engine>) -> ReadCapture {
    let (store, vault) = (engine.store().clone(), engine.vault().clone());
    let runtime = tokio::runtime::Handle::current();
    Arc::new(move |id| {
        let damaged = |error: String| CaptureError::Damaged(error);
        let row = runtime.block_on(store.capture(id)).map_err(|e| damaged(e.to_string()))?;
        let located = located(&row.ok_or(CaptureError::Missing)?.stored);
        vault.read(&located).map(|response| response.body.to_vec()).map_err(|e| damaged(e.to_string()))
    })
}
