//! What a digest covers: no moment is in none of them, and what was missed is known.

use crate::made::{alert, at, county};
use crate::place::Place;
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use guanlan_model::Severity;
use guanlan_store::{DeliveryResult, DigestPeriod, Store, digest_time};

crate::on_both_engines!(
    a_digest_covers_the_day_before_its_time,
    what_comes_after_the_hour_is_in_the_next_digest,
    i6_a_missed_digest_is_in_the_next_one,
    a_digest_reaches_back_seven_days,
    a_digest_that_was_sent_stays_what_it_was,
    a_digest_sent_before_its_time_ends_there,
    another_time_of_day_leaves_no_hole,
    nothing_is_due_before_the_first_start,
    a_clock_that_was_ahead_holds_nothing_up,
);

fn eight() -> NaiveTime {
    NaiveTime::from_hms_opt(8, 7, 0).unwrap()
}

fn day(d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, d).unwrap()
}

/// When the digest of a day is due.
fn due(d: u32) -> DateTime<Utc> {
    digest_time(day(d), eight())
}

async fn period(store: &Store, d: u32) -> DigestPeriod {
    store.digest_period(day(d), eight()).await.unwrap()
}

async fn end(store: &Store, period: &DigestPeriod, result: DeliveryResult) {
    let id = store.claim_delivery(period, "a@yunxi.example", period.to).await.unwrap().unwrap();
    store.delivery_result(id, &result, "", period.to).await.unwrap();
}

async fn send(store: &Store, period: &DigestPeriod) {
    end(store, period, DeliveryResult::Sent).await;
}

async fn a_digest_covers_the_day_before_its_time(place: &Place) {
    let whole = period(&place.store, 24).await;
    assert_eq!(
        whole,
        DigestPeriod { day: day(24), from: due(23), to: due(24), open: false, missed_from: None }
    );
    assert!(!whole.is_cut());
    let open = place.store.open_digest(eight(), due(24) - Duration::hours(1)).await.unwrap();
    assert_eq!((open.day, open.to, open.open), (day(24), due(24) - Duration::hours(1), true));
    let next = place.store.open_digest(eight(), due(24)).await.unwrap();
    assert_eq!((next.day, next.from, next.to), (day(25), due(24), due(24)));
}

async fn what_comes_after_the_hour_is_in_the_next_digest(place: &Place) {
    let store = &place.store;
    county(store).await;
    for (n, seconds) in [-86_401, -86_400, -1, 0, 3_600].into_iter().enumerate() {
        alert(store, n as u64, Severity::High, due(24) + Duration::seconds(seconds)).await;
    }
    for (d, alerts) in [(22, 0), (23, 1), (24, 2), (25, 2), (26, 0)] {
        let data = store.digest_data(&period(store, d).await, due(26)).await.unwrap();
        assert_eq!(
            (data.new_alerts, data.fetched, data.articles, data.hits),
            (alerts, alerts, alerts, alerts),
            "{d}"
        );
        assert_eq!((data.top.len() as i64, data.by_severity.values().sum()), (alerts, alerts), "{d}");
        let before = store.digest_data(&period(store, d - 1).await, due(26)).await.unwrap();
        assert_eq!(data.new_alerts_before, before.new_alerts, "{d}");
    }
    // The only lead was first named in the first article.
    assert_eq!(store.digest_data(&period(store, 23).await, due(26)).await.unwrap().leads.len(), 1);
    assert_eq!(store.digest_data(&period(store, 24).await, due(26)).await.unwrap().leads.len(), 0);
    let now = due(24) + Duration::hours(2);
    let open = store.open_digest(eight(), now).await.unwrap();
    assert_eq!(store.digest_data(&open, now).await.unwrap().new_alerts, 2, "the alerts just raised");
}

async fn i6_a_missed_digest_is_in_the_next_one(place: &Place) {
    let store = &place.store;
    send(store, &period(store, 20).await).await;
    assert_eq!((period(store, 21).await.from, period(store, 21).await.missed_from), (due(20), None));
    // One was refused, one may have been sent, one was never tried.
    end(store, &period(store, 21).await, DeliveryResult::Failed { retry_at: None }).await;
    end(store, &period(store, 22).await, DeliveryResult::MaybeSent).await;
    let late = period(store, 24).await;
    assert_eq!((late.from, late.to, late.missed_from), (due(20), due(24), Some(day(21))));
    assert!(!late.is_cut());
    send(store, &late).await;
    assert_eq!((period(store, 25).await.from, period(store, 25).await.missed_from), (due(24), None));
}

async fn a_digest_reaches_back_seven_days(place: &Place) {
    let store = &place.store;
    send(store, &period(store, 10).await).await;
    let (whole, cut) = (period(store, 17).await, period(store, 18).await);
    assert_eq!((whole.from, whole.missed_from, whole.is_cut()), (due(10), Some(day(11)), false));
    assert_eq!((cut.from, cut.missed_from, cut.is_cut()), (due(11), Some(day(11)), true));
}

async fn a_digest_that_was_sent_stays_what_it_was(place: &Place) {
    let store = &place.store;
    send(store, &period(store, 20).await).await;
    let late = period(store, 23).await;
    send(store, &late).await;
    // Somebody sends the missed ones afterwards.
    send(store, &period(store, 22).await).await;
    let again = period(store, 23).await;
    assert_eq!((again.from, again.to), (late.from, late.to));
    assert_eq!(again.missed_from, None, "it has been sent by now");
    let moved = store.digest_period(day(23), NaiveTime::from_hms_opt(20, 0, 0).unwrap()).await.unwrap();
    assert_eq!((moved.from, moved.to), (late.from, late.to));
}

async fn a_digest_sent_before_its_time_ends_there(place: &Place) {
    let store = &place.store;
    let now = due(24) - Duration::hours(2);
    send(store, &store.open_digest(eight(), now).await.unwrap()).await;
    let open = store.open_digest(eight(), now + Duration::hours(1)).await.unwrap();
    assert_eq!((open.day, open.from, open.missed_from), (day(25), now, None));
    assert_eq!((period(store, 24).await.to, period(store, 25).await.from), (now, now));
}

async fn another_time_of_day_leaves_no_hole(place: &Place) {
    let store = &place.store;
    send(store, &period(store, 23).await).await;
    for (hour, to) in [(0, "2026-11-23T16:00:00Z"), (6, "2026-11-23T22:00:00Z"), (20, "2026-11-24T12:00:00Z")]
    {
        let other = NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let next = store.digest_period(day(24), other).await.unwrap();
        assert_eq!((next.from, next.to, next.missed_from), (due(23), at(to), None));
        let open = store.open_digest(other, due(23) + Duration::hours(1)).await.unwrap();
        assert_eq!((open.day, open.from), (day(24), due(23)), "{hour}");
    }
}

async fn nothing_is_due_before_the_first_start(place: &Place) {
    let store = &place.store;
    let start = due(24) + Duration::hours(1);
    for hours in [0, 1, 22] {
        let now = start + Duration::hours(hours);
        assert_eq!(store.digest_due(eight(), now).await.unwrap(), None, "{hours}");
    }
    assert_eq!(store.digest_due(eight(), due(25)).await.unwrap(), None, "the last commits are waited for");
    let first = store.digest_due(eight(), due(25) + Duration::minutes(1)).await.unwrap().unwrap();
    assert_eq!((first.day, first.from, first.to, first.missed_from), (day(25), due(24), due(25), None));
    // Down at the hour, and for two days more: the first digest that goes out says so.
    let late = store.digest_due(eight(), due(27) + Duration::hours(5)).await.unwrap().unwrap();
    assert_eq!((late.day, late.from, late.missed_from), (day(27), due(24), Some(day(25))));
    send(store, &late).await;
    assert_eq!(store.digest_due(eight(), due(28) - Duration::hours(1)).await.unwrap().unwrap().day, day(27));
}

async fn a_clock_that_was_ahead_holds_nothing_up(place: &Place) {
    let store = &place.store;
    assert_eq!(store.digest_due(eight(), due(24) + Duration::days(400)).await.unwrap(), None);
    assert_eq!(store.digest_due(eight(), due(24) + Duration::hours(1)).await.unwrap(), None);
    assert!(store.digest_due(eight(), due(25) + Duration::hours(1)).await.unwrap().is_some());
}
