//! Times as screens show them: Shanghai, relative only inside a day and never without the full time.

use crate::messages::{self, Lang};
use chrono::{DateTime, TimeDelta, Utc};
use guanlan_model::time;

/// One instant in the three forms a `<time>` element needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// RFC 3339 with the Shanghai offset.
    pub machine: String,
    /// `2026-11-24 08:05`.
    pub full: String,
    /// `3 小时前` within a day, then `11-24 08:05`, then the date.
    pub short: String,
}

impl Stamp {
    /// The instant as seen at `now`.
    pub fn new(lang: Lang, at: DateTime<Utc>, now: DateTime<Utc>) -> Stamp {
        let local = time::to_shanghai(at);
        Stamp { machine: local.to_rfc3339(), full: time::minute(at), short: short(lang, at, now) }
    }
}

fn short(lang: Lang, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let age = now - at;
    let local = time::to_shanghai(at);
    if age < TimeDelta::zero() && age > TimeDelta::minutes(-5)
        || (TimeDelta::zero()..TimeDelta::minutes(1)).contains(&age)
    {
        return messages::text(lang, "age.now").to_owned();
    }
    if age > TimeDelta::zero() && age < TimeDelta::hours(1) {
        return messages::fill(lang, "age.minutes", &[&age.num_minutes()]);
    }
    if age > TimeDelta::zero() && age < TimeDelta::hours(24) {
        return messages::fill(lang, "age.hours", &[&age.num_hours()]);
    }
    let this_year = local.format("%Y").to_string() == time::to_shanghai(now).format("%Y").to_string();
    local.format(if this_year { "%m-%d %H:%M" } else { "%Y-%m-%d" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_only_inside_a_day() {
        let now: DateTime<Utc> = "2026-11-24T04:00:00Z".parse().unwrap();
        for (at, want) in [
            ("2026-11-24T03:59:30Z", "刚刚"),
            ("2026-11-24T04:02:00Z", "刚刚"),
            ("2026-11-24T03:01:00Z", "59 分钟前"),
            ("2026-11-23T05:00:00Z", "23 小时前"),
            ("2026-11-23T04:00:00Z", "11-23 12:00"),
            ("2026-11-25T04:00:00Z", "11-25 12:00"),
            ("2025-12-31T15:59:00Z", "2025-12-31"),
            ("2025-12-31T16:00:00Z", "01-01 00:00"),
        ] {
            assert_eq!(Stamp::new(Lang::Zh, at.parse().unwrap(), now).short, want, "{at}");
        }
    }

    #[test]
    fn the_full_time_is_shanghai_time() {
        let at: DateTime<Utc> = "2026-11-24T00:05:00Z".parse().unwrap();
        let stamp = Stamp::new(Lang::En, at, at);
        assert_eq!(stamp.full, "2026-11-24 08:05");
        assert_eq!(stamp.machine, "2026-11-24T08:05:00+08:00");
    }
}
