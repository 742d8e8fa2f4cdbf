//! How much search at a time, and for how long.

use crate::{ArchiveError, Result};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time that one search may take, waiting for its turn included.
pub(crate) const TIME: Duration = Duration::from_secs(2);

/// A limited number of searches at the same time.
#[derive(Debug)]
pub(crate) struct Turns {
    free: Mutex<usize>,
    returned: Condvar,
}

/// The right to search; given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    pub(crate) fn new(free: usize) -> Self {
        Turns { free: Mutex::new(free), returned: Condvar::new() }
    }

    /// Waits for a turn until the deadline.
    pub(crate) fn take(&self, deadline: Instant) -> Result<Turn<'_>> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = deadline.saturating_duration_since(Instant::now());
        let (mut free, _) = self
            .returned
            .wait_timeout_while(free, patience, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        if *free == 0 {
            return Err(ArchiveError::Busy);
        }
        *free -= 1;
        Ok(Turn(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_search_waits_for_a_turn_and_gives_up_at_the_deadline() {
        let turns = Turns::new(2);
        let first = turns.take(Instant::now()).unwrap();
        let _second = turns.take(Instant::now()).unwrap();
        assert!(matches!(turns.take(Instant::now()), Err(ArchiveError::Busy)));
        drop(first);
        assert!(turns.take(Instant::now()).is_ok());
    }
}
