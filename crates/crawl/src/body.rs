//! Reading a body from the wire, with an eye on size and speed.

use crate::{FetchError, TimeoutPhase, TooLarge};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What a body may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire {
    /// Most bytes.
    pub raw: usize,
    /// Fewest bytes a second, over each window.
    pub min_rate: u64,
    /// Length of the window.
    pub window: Duration,
    /// Stop quietly at `raw` instead of failing.
    pub cut: bool,
}

/// Reads until the end.
///
/// # Errors
/// [`FetchError::TooLarge`]; [`FetchError::Timeout`] when it is too slow; [`FetchError::Truncated`] when it breaks off.
pub(crate) async fn read(response: &mut reqwest::Response, wire: Wire) -> Result<Vec<u8>, FetchError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > wire.raw as u64 && !wire.cut {
        return Err(FetchError::TooLarge(TooLarge::Raw));
    }
    let mut raw = Vec::new();
    let mut window_ends = Instant::now() + wire.window;
    let mut window_bytes: u64 = 0;
    let window_least = u128::from(wire.min_rate) * wire.window.as_millis() / 1000;
    loop {
        match timeout_at(window_ends, response.chunk()).await {
            Ok(Ok(None)) => return Ok(raw),
            Ok(Ok(Some(chunk))) => {
                window_bytes += chunk.len() as u64;
                raw.extend_from_slice(&chunk);
                if raw.len() > wire.raw {
                    raw.truncate(wire.raw);
                    return if wire.cut { Ok(raw) } else { Err(FetchError::TooLarge(TooLarge::Raw)) };
                }
            }
            Ok(Err(_)) => return Err(FetchError::Truncated { received: raw.len() }),
            Err(_) => {}
        }
        if Instant::now() >= window_ends {
            if u128::from(window_bytes) < window_least {
                return Err(FetchError::Timeout(TimeoutPhase::Slow));
            }
            window_bytes = 0;
            window_ends = Instant::now() + wire.window;
        }
    }
}
