//! When a host may be asked again, and when a source is due. Pure functions: the state is kept by the store, the time is given.

use crate::{Source, SourceKind};
use chrono::{DateTime, Duration as Span, Timelike, Utc};
use guanlan_model::time::to_shanghai;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

/// No wait is longer than this: it bounds what a clock that jumped, or a site that asks for too much, can do.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
const FIRST_BACKOFF: Duration = Duration::from_secs(60);
const LONGEST_BACKOFF: Duration = Duration::from_secs(6 * 3600);
/// A source that failed is tried again after this, even if its rhythm is slower.
const FIRST_RETRY: Duration = Duration::from_secs(15 * 60);
/// An institution's own small site is asked at night, between these hours in Shanghai.
const NIGHT: std::ops::Range<u32> = 1..5;
/// A source whose rhythm is slower than this can wait for the night.
const CAN_WAIT: Duration = Duration::from_secs(12 * 3600);

/// How long to leave a host alone after `failures` failures in a row: doubling from a minute to six hours, spread by up to a fifth
/// so that hosts that failed together do not come back together. `seed` is anything stable, such as the host's name.
pub fn backoff(failures: u32, seed: &str) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
    spread(doubled(FIRST_BACKOFF, doublings, LONGEST_BACKOFF), seed)
}

/// When a source is due again after a round. `failures` counts the failed rounds in a row (0 after a success), `retry_after` is
/// what the site asked for.
///
/// A success keeps the source's own rhythm, because the ledger counts on it. A failure is tried again sooner than a slow rhythm would, then ever later. Small sites of institutions wait for the night.
pub fn next_poll(
    source: &Source,
    now: DateTime<Utc>,
    failures: u32,
    retry_after: Option<Duration>,
) -> DateTime<Utc> {
    let wait = match failures.checked_sub(1) {
        None => source.every,
        Some(doublings) => {
            let longest = source.every.max(LONGEST_BACKOFF);
            spread(doubled(source.every.min(FIRST_RETRY), doublings, longest), &source.id)
        }
    };
    let due = now + span(wait.max(retry_after.unwrap_or_default()).min(longest_poll(source)));
    let is_small_site = source.owner.is_some() && source.kind == SourceKind::Site && source.every >= CAN_WAIT;
    if is_small_site && failures == 0 { at_night(due, &source.id) } else { due }
}

fn longest_poll(source: &Source) -> Duration {
    source.every.max(LONGEST_WAIT)
}

/// Moves a time that is not in the night to the next one, at a minute that depends on the seed.
fn at_night(due: DateTime<Utc>, seed: &str) -> DateTime<Utc> {
    let local = to_shanghai(due);
    if NIGHT.contains(&local.hour()) {
        return due;
    }
    let minutes = i64::try_from(hash(seed) % 240).unwrap_or(0);
    let start = Span::hours(i64::from(NIGHT.start)) + Span::minutes(minutes);
    let since_midnight = Span::seconds(i64::from(local.num_seconds_from_midnight()));
    let day = if local.hour() < NIGHT.start { Span::zero() } else { Span::days(1) };
    due - since_midnight + day + start
}

fn doubled(first: Duration, doublings: u32, longest: Duration) -> Duration {
    2u32.checked_pow(doublings)
        .and_then(|factor| first.checked_mul(factor))
        .map_or(longest, |wait| wait.min(longest))
}

fn spread(wait: Duration, seed: &str) -> Duration {
    let permille = u32::try_from(hash(seed) % 200).unwrap_or(0);
    wait + wait * permille / 1000
}

fn hash(seed: &str) -> u64 {
    // Its keys are fixed: the same seed gives the same number in every process of one build.
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    hasher.finish()
}

fn span(wait: Duration) -> Span {
    Span::from_std(wait).unwrap_or(Span::MAX).min(Span::days(3650))
}

/// What this process itself remembers of its requests, on a clock that nobody can set. The store's times hold across restarts;
/// this holds when the wall clock jumps forward.
#[derive(Debug, Default)]
pub struct RecentRequests {
    last: HashMap<String, Instant>,
}

impl RecentRequests {
    /// Notes a request to a host.
    pub fn note(&mut self, host: &str, now: Instant) {
        self.last.retain(|_, last| now.saturating_duration_since(*last) < LONGEST_WAIT);
        self.last.insert(host.to_owned(), now);
    }

    /// How long a host must still be left alone.
    pub fn remaining(&self, host: &str, delay: Duration, now: Instant) -> Duration {
        self.last
            .get(host)
            .map_or(Duration::ZERO, |last| delay.saturating_sub(now.saturating_duration_since(*last)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::source;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    const SPACING: Duration = Duration::from_secs(5);

    #[test]
    fn i7_a_jumping_wall_clock_does_not_shorten_the_pause() {
        let start = Instant::now();
        let mut recent = RecentRequests::default();
        recent.note("news.example", start);
        let later = start + Duration::from_secs(2);
        assert_eq!(recent.remaining("news.example", SPACING, later), Duration::from_secs(3));
        assert_eq!(recent.remaining("other.example", SPACING, later), Duration::ZERO);
        assert_eq!(recent.remaining("news.example", SPACING, start + SPACING), Duration::ZERO);
    }

    #[test]
    fn backoff_doubles_and_ends() {
        assert_eq!(backoff(0, "a"), Duration::ZERO);
        let waits: Vec<u64> = (1..40).map(|n| backoff(n, "a").as_secs()).collect();
        assert!(waits.windows(2).all(|w| w[0] <= w[1]), "{waits:?}");
        assert!((60..=72).contains(&waits[0]));
        assert!((21600..=25920).contains(&waits[38]));
        assert_ne!(backoff(5, "a"), backoff(5, "b"));
        assert_eq!(backoff(u32::MAX, "a"), backoff(39, "a"));
    }

    #[test]
    fn a_source_keeps_its_rhythm() {
        let now = at("2026-11-24T08:00:00Z");
        let mut feed = source("feed", SourceKind::Feed);
        feed.every = Duration::from_secs(1800);
        let minutes = |failures, retry: Option<u64>| {
            (next_poll(&feed, now, failures, retry.map(Duration::from_secs)) - now).num_minutes()
        };
        assert_eq!(minutes(0, None), 30);
        assert!((15..=18).contains(&minutes(1, None)));
        assert!((30..=36).contains(&minutes(2, None)));
        assert!((360..=432).contains(&minutes(30, None)));
        assert_eq!(minutes(1, Some(7200)), 120);
        assert_eq!(minutes(1, Some(10 * 86400)), 1440);
    }

    #[test]
    fn small_sites_wait_for_the_night() {
        let mut site = source("site", SourceKind::Site);
        site.owner = Some("A001".into());
        site.every = Duration::from_secs(86400);
        for now in
            ["2026-11-24T08:00:00Z", "2026-11-24T16:10:00Z", "2026-11-24T18:30:00Z", "2026-11-24T23:59:59Z"]
        {
            let due = next_poll(&site, at(now), 0, None);
            assert!(NIGHT.contains(&to_shanghai(due).hour()), "{now} -> {due}");
            assert!(due >= at(now) + Span::days(1) && due <= at(now) + Span::days(2), "{now} -> {due}");
        }
        // A failure does not wait, nor does a site that is somebody else's.
        assert!(next_poll(&site, at("2026-11-24T08:00:00Z"), 1, None) < at("2026-11-24T09:00:00Z"));
        site.owner = None;
        assert_eq!(next_poll(&site, at("2026-11-24T08:00:00Z"), 0, None), at("2026-11-25T08:00:00Z"));
    }
}
