//! Until when an alert must be judged.

use chrono::{DateTime, Datelike, Days, FixedOffset, TimeDelta, Utc, Weekday};
use guanlan_model::{Severity, time};

/// Working days for a medium alert.
const MEDIUM_WORKING_DAYS: u32 = 3;

/// The moment until which an alert of this severity must be judged: urgent 1 hour, high 24 hours, medium the same
/// time of day three working days on, low 7 days. Days are those of Shanghai; Saturdays and Sundays are no working
/// days, public holidays are not known.
pub fn deadline(severity: Severity, raised_at: DateTime<Utc>) -> DateTime<Utc> {
    match severity {
        Severity::Urgent => raised_at + TimeDelta::hours(1),
        Severity::High => raised_at + TimeDelta::hours(24),
        Severity::Medium => {
            after_working_days(time::to_shanghai(raised_at), MEDIUM_WORKING_DAYS).with_timezone(&Utc)
        }
        Severity::Low => raised_at + TimeDelta::days(7),
    }
}

fn after_working_days(from: DateTime<FixedOffset>, days: u32) -> DateTime<FixedOffset> {
    let mut at = from;
    let mut left = days;
    while left > 0 {
        // Shanghai has no daylight saving time, so the next day at the same time always exists.
        let Some(next) = at.checked_add_days(Days::new(1)) else { return at };
        at = next;
        if !matches!(at.weekday(), Weekday::Sat | Weekday::Sun) {
            left -= 1;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shanghai(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(&format!("{text}:00+08:00")).expect("a time").with_timezone(&Utc)
    }

    #[test]
    fn the_calendar_of_a_county_office() {
        // 2026-11-24 is a Tuesday.
        let cases = [
            (Severity::Urgent, "2026-11-24T23:30", "2026-11-25T00:30"),
            (Severity::High, "2026-11-27T18:00", "2026-11-28T18:00"),
            (Severity::Medium, "2026-11-24T09:15", "2026-11-27T09:15"),
            (Severity::Medium, "2026-11-25T09:15", "2026-11-30T09:15"),
            (Severity::Medium, "2026-11-27T17:59", "2026-12-02T17:59"),
            (Severity::Medium, "2026-11-28T10:00", "2026-12-02T10:00"),
            (Severity::Medium, "2026-11-29T10:00", "2026-12-02T10:00"),
            // Friday 23:00 in UTC is Saturday in Shanghai.
            (Severity::Medium, "2026-11-28T07:00", "2026-12-02T07:00"),
            (Severity::Low, "2026-11-24T09:15", "2026-12-01T09:15"),
        ];
        for (severity, raised, due) in cases {
            assert_eq!(deadline(severity, shanghai(raised)), shanghai(due), "{severity} {raised}");
        }
    }

    proptest! {
        #[test]
        fn more_severe_is_never_later(seconds in 0i64..4_000_000_000) {
            let raised = DateTime::from_timestamp(seconds, 0).expect("in range");
            let due: Vec<DateTime<Utc>> =
                Severity::ALL.iter().rev().map(|severity| deadline(*severity, raised)).collect();
            prop_assert!(due.windows(2).all(|w| w[0] < w[1]));
            prop_assert!(due[0] > raised);
            let medium = time::to_shanghai(deadline(Severity::Medium, raised));
            prop_assert!(!matches!(medium.weekday(), Weekday::Sat | Weekday::Sun));
        }
    }
}
