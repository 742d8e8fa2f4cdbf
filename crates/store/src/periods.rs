//! What one digest covers. Each period begins where the one before it ended, so no moment is in none of them.

use crate::sql::{Columns, Row, first, run, values};
use crate::{Store, StoreError};
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, Utc};
use guanlan_model::time;

/// Days that one digest covers at most, its own included.
const MERGED: u64 = 7;
/// What is committed this long after its time is still in the digest: a commit may wait for the one before it.
const SETTLING: Duration = Duration::seconds(30);
/// When this installation first asked whether a digest is due.
const SINCE: &str = "digest.since";

/// What the digest of a day covers: everything at or after `from` and before `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestPeriod {
    /// The digest's date: the day in Shanghai on which the period ends.
    pub day: NaiveDate,
    /// Where the last digest that was sent ended; without one, or when nothing was missed, a day before `to`.
    pub from: DateTime<Utc>,
    /// The digest's time on that day, or the time it was taken while it is open.
    pub to: DateTime<Utc>,
    /// The period goes on: `to` is only how far it has got.
    pub open: bool,
    /// The date of the first digest before this one that nobody is known to have got. What it and those after it would
    /// have said is in this one, as far as seven days back.
    pub missed_from: Option<NaiveDate>,
}

impl DigestPeriod {
    /// The part of the period that has passed at `now`.
    pub fn until(self, now: DateTime<Utc>) -> DigestPeriod {
        if self.to <= now { self } else { DigestPeriod { to: now, open: true, ..self } }
    }

    /// The digests that were missed lie too far back to be in this one as a whole.
    pub fn is_cut(&self) -> bool {
        let reach = self.day.checked_sub_days(Days::new(MERGED - 1)).unwrap_or(self.day);
        self.missed_from.is_some_and(|first| first < reach)
    }
}

/// When the digest of a day is due: at the time of day `at` in Shanghai.
pub fn digest_time(day: NaiveDate, at: NaiveTime) -> DateTime<Utc> {
    (day.and_time(at) - Duration::hours(8)).and_utc()
}

/// The date of the latest digest whose time has come.
pub fn complete_day(now: DateTime<Utc>, at: NaiveTime) -> NaiveDate {
    let today = time::day(now);
    if now < digest_time(today, at) { before(today, 1) } else { today }
}

/// The date of the digest that everything at `now` belongs to.
fn open_day(now: DateTime<Utc>, at: NaiveTime) -> NaiveDate {
    after(complete_day(now, at))
}

fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

fn after(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

/// A digest that somebody got.
struct Sent {
    day: NaiveDate,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Row for Sent {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Sent { day: row.word("day")?, from: row.get("period_from")?, to: row.get("period_to")? })
    }
}

/// The last of several that were sent on one day is the one that ended first.
const SELECT_SENT: &str = "SELECT day, period_from, period_to FROM delivery WHERE state = 'sent'";

impl Store {
    /// The whole period of a day's digest. One that was sent covers what it said when it was sent. Any other begins
    /// where the last one that was sent ended, at most seven days back, and ends on the day at `at` in Shanghai.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn digest_period(&self, day: NaiveDate, at: NaiveTime) -> Result<DigestPeriod, StoreError> {
        let missed_from = self.missed_before(day, at).await?;
        if let Some(sent) = self.sent_on(day).await? {
            return Ok(DigestPeriod { day, from: sent.from, to: sent.to, open: false, missed_from });
        }
        let to = digest_time(day, at);
        let from = match (self.sent_before(day).await?, missed_from) {
            (Some(last), _) => last.to.max(digest_time(before(day, MERGED), at)),
            (None, Some(first)) => digest_time(before(first, 1).max(before(day, MERGED)), at),
            (None, None) => digest_time(before(day, 1), at),
        };
        Ok(DigestPeriod { day, from, to, open: false, missed_from })
    }

    /// The digest that is being filled, as far as it has got at `now`: what happens now will be in it.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn open_digest(&self, at: NaiveTime, now: DateTime<Utc>) -> Result<DigestPeriod, StoreError> {
        let day = open_day(now, at);
        // A person may have sent it before its time; what comes after that is for the next one.
        let day = if self.sent_on(day).await?.is_some() { after(day) } else { day };
        Ok(self.digest_period(day, at).await?.until(now))
    }

    /// The digest that is to be sent at `now`, also when it has been sent to some or all; `None` until the first time
    /// of day `at` after the first call: a new installation has nothing to say about the day before.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn digest_due(
        &self,
        at: NaiveTime,
        now: DateTime<Utc>,
    ) -> Result<Option<DigestPeriod>, StoreError> {
        let since = match self.digests_since().await? {
            Some(since) if since <= now => since,
            // The first call; or the clock was wrong then, and no digest may wait for that time.
            _ => {
                self.meta_set(SINCE, &now.to_rfc3339()).await?;
                now
            }
        };
        let day = complete_day(now - SETTLING, at);
        if digest_time(day, at) <= since {
            return Ok(None);
        }
        self.digest_period(day, at).await.map(Some)
    }

    /// Makes the deliveries of a day's digest that failed due at `now`: a person asks for them. Answers how many.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn retry_deliveries(&self, day: NaiveDate, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let sql = "UPDATE delivery SET retry_at = $2 WHERE day = $1 AND state = 'failed'";
        run(&self.writer, sql, values![day.to_string(), now]).await
    }

    /// The first of the digests right before `day` that were due and that nobody is known to have got.
    async fn missed_before(&self, day: NaiveDate, at: NaiveTime) -> Result<Option<NaiveDate>, StoreError> {
        let after_last = self.sent_before(day).await?.map(|last| after(last.day));
        let promised = self.digests_since().await?.map(|since| open_day(since, at));
        Ok(after_last.max(promised).filter(|expected| *expected < day))
    }

    async fn digests_since(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let Some(text) = self.meta_get(SINCE).await? else { return Ok(None) };
        let since = DateTime::parse_from_rfc3339(&text)
            .map_err(|_| StoreError::Damaged(format!("{SINCE} = `{text}`")))?;
        Ok(Some(since.with_timezone(&Utc)))
    }

    async fn sent_on(&self, day: NaiveDate) -> Result<Option<Sent>, StoreError> {
        let sql = format!("{SELECT_SENT} AND day = $1 ORDER BY period_to LIMIT 1");
        first(&self.reader, &sql, values![day.to_string()]).await
    }

    async fn sent_before(&self, day: NaiveDate) -> Result<Option<Sent>, StoreError> {
        let sql = format!("{SELECT_SENT} AND day < $1 ORDER BY day DESC, period_to LIMIT 1");
        first(&self.reader, &sql, values![day.to_string()]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, d).unwrap()
    }

    #[test]
    fn a_digest_is_complete_from_its_time_in_shanghai_on() {
        let at = NaiveTime::from_hms_opt(8, 7, 0).unwrap();
        let due = digest_time(day(24), at);
        assert_eq!(due.to_rfc3339(), "2026-11-24T00:07:00+00:00");
        for (seconds, complete) in [(-1, 23), (0, 24), (1, 24), (86_399, 24), (86_400, 25)] {
            let now = due + Duration::seconds(seconds);
            assert_eq!(
                (complete_day(now, at), open_day(now, at)),
                (day(complete), day(complete + 1)),
                "{seconds}"
            );
        }
        let midnight = digest_time(day(24), NaiveTime::MIN);
        assert_eq!(complete_day(midnight, NaiveTime::MIN), day(24));
        assert_eq!(complete_day(midnight - Duration::seconds(1), NaiveTime::MIN), day(23));
    }

    #[test]
    fn only_a_period_that_has_not_ended_is_open() {
        let (from, to) = (digest_time(day(23), NaiveTime::MIN), digest_time(day(24), NaiveTime::MIN));
        let period = DigestPeriod { day: day(24), from, to, open: false, missed_from: None };
        assert_eq!(period.clone().until(to), period);
        let noon = from + Duration::hours(12);
        let open = period.until(noon);
        assert_eq!((open.from, open.to, open.open), (from, noon, true));
    }
}
