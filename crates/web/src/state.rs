//! What the pages need from the rest of the program.

use chrono::{DateTime, NaiveTime, Utc};
use guanlan_archive::Archive;
use guanlan_pipeline::Rulebook;
use guanlan_store::Store;
use std::fmt;
use std::sync::Arc;

/// Why a capture could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// There is no such capture.
    #[error("no such capture")]
    Missing,
    /// The stored bytes are gone or do not match their hash.
    #[error("capture cannot be read: {0}")]
    Damaged(String),
}

/// Reads the raw payload of a capture by its id. Called on a blocking thread.
pub type ReadCapture = Arc<dyn Fn(i64) -> Result<Vec<u8>, CaptureError> + Send + Sync>;

/// Everything the pages work with. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub store: Store,
    /// The archive search.
    pub archive: Arc<dyn Archive>,
    /// The rules in force.
    pub rulebook: Arc<Rulebook>,
    /// Name of the county, for the header.
    pub county: String,
    /// Address under which people reach the pages, such as `https://guanlan.yunxi.example`; its origin may post forms.
    pub base_url: String,
    /// Label everything 演示.
    pub demo: bool,
    /// Served over TLS: cookies are `Secure` and HSTS is sent.
    pub secure_cookies: bool,
    /// Reads raw captures for download.
    pub read_capture: ReadCapture,
    /// Time of day in Shanghai at which a digest ends.
    pub digest_at: NaiveTime,
    /// The time.
    pub clock: fn() -> DateTime<Utc>,
}

impl AppState {
    /// Now, by the state's clock.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState")
            .field("county", &self.county)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
