//! Time: UTC inside, Asia/Shanghai outside. China has had one fixed offset since 1991.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

/// +08:00.
pub fn shanghai() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).unwrap_or_else(|| unreachable!("eight hours is a valid offset"))
}

/// The same instant on a Shanghai clock.
pub fn to_shanghai(t: DateTime<Utc>) -> DateTime<FixedOffset> {
    t.with_timezone(&shanghai())
}

/// The calendar day in Shanghai.
pub fn day(t: DateTime<Utc>) -> NaiveDate {
    to_shanghai(t).date_naive()
}

/// `2026-11-24 08:05`, as screens show it.
pub fn minute(t: DateTime<Utc>) -> String {
    to_shanghai(t).format("%Y-%m-%d %H:%M").to_string()
}
