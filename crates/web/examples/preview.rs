//! The pages over an invented county, for looking at: `cargo run -p guanlan-web --example preview`, then
//! <http://127.0.0.1:8099> as `lishenhe` with the password `yunxi river 2026`.

#[allow(dead_code)]
#[path = "../tests/county/mod.rs"]
mod county;

use chrono::Utc;
use county::County;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init();
    let dir = tempfile::tempdir()?;
    let county = match std::env::args().nth(1).as_deref() {
        Some("empty") => County::empty(dir.path(), Utc::now()).await,
        _ => County::filled(dir.path(), Utc::now()).await,
    };
    let beating = county.store.clone();
    tokio::spawn(async move {
        loop {
            if let Err(error) = beating.heartbeat(Utc::now()).await {
                tracing::warn!(%error, "no heartbeat");
            }
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8099").await?;
    tracing::info!("listening on http://127.0.0.1:8099");
    axum::serve(listener, guanlan_web::router(county.state(Utc::now))).await?;
    Ok(())
}
