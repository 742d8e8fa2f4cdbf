//! The way of an article, wired: scheduler, workers, outbox, recovery.
