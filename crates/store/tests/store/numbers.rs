//! The numbers of a digest.

use crate::made::{alert, article, at, county, fetch, morning, near, publish, source};
use crate::place::Place;
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use guanlan_model::{AlertState, Category, Outcome, Severity, Verdict};
use guanlan_store::{DigestData, DigestPeriod, Store, digest_time};

crate::on_both_engines!(
    an_empty_day,
    the_numbers_of_a_day_agree,
    today_is_a_day_in_shanghai,
    gaps_are_in_the_digest
);

fn day(d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, d).unwrap()
}

/// A calendar day in Shanghai, up to `now`.
async fn numbers(store: &Store, d: u32, now: DateTime<Utc>) -> DigestData {
    let from = digest_time(day(d), NaiveTime::MIN);
    let to = from + Duration::days(1);
    let period = DigestPeriod { day: day(d), from, to, open: false, missed_from: None };
    store.digest_data(&period.until(now), now).await.unwrap()
}

async fn an_empty_day(place: &Place) {
    let data = numbers(&place.store, 24, morning()).await;
    assert_eq!((data.fetched, data.articles, data.hits, data.new_alerts), (0, 0, 0, 0));
    assert_eq!(data.issue_no, 328);
    assert!(data.top.is_empty() && data.gaps.is_empty() && data.coverage.is_empty() && !data.demo);
}

async fn the_numbers_of_a_day_agree(place: &Place) {
    let store = &place.store;
    county(store).await;
    alert(store, 100, Severity::Low, morning() - Duration::hours(11)).await;
    let mut ids = Vec::new();
    for n in 0..6 {
        ids.push(alert(store, n, if n == 5 { Severity::Urgent } else { Severity::Medium }, morning()).await);
    }
    publish(store, article("https://a.example/quiet", u64::MAX, morning()), vec![], morning()).await;
    store.commit_fetch(&fetch("a", None, Outcome::Timeout, morning())).await.unwrap();
    let mut imported = article("https://b.example/imported", 1 << 40, morning());
    imported.source_id = None;
    store.import_articles(&[imported], &near, morning()).await.unwrap();
    let verdicts = [Verdict::Confirm, Verdict::Watch, Verdict::FalseAlarm, Verdict::Duplicate];
    for (id, verdict) in ids.iter().zip(verdicts) {
        store.judge(*id, 1, verdict, None, "", "lin", morning()).await.unwrap();
    }
    store.set_demo().await.unwrap();
    let data = numbers(store, 24, morning() + Duration::minutes(30)).await;
    assert_eq!((data.fetched, data.fetched_ok, data.articles, data.hits), (8, 7, 7, 6));
    assert_eq!((data.new_alerts, data.new_alerts_before), (6, 1));
    assert_eq!((data.confirmed, data.watching, data.rejected, data.waiting), (1, 1, 2, 2));
    assert_eq!(data.coverage[0].expected, 8, "what was tried was expected");
    assert_eq!(data.new_alerts, data.confirmed + data.watching + data.rejected + data.waiting);
    assert_eq!((data.waiting_total, data.confirmed_total), (3, 1));
    assert_eq!((data.by_severity[&Severity::Urgent], data.by_severity[&Severity::Medium]), (1, 5));
    assert_eq!(data.by_category[&Category::ClosureRefund], 6);
    assert_eq!(data.by_state[&AlertState::Duplicate], 1);
    let top: Vec<i64> = data.top.iter().map(|row| row.id).collect();
    assert_eq!((top, data.top_total), (vec![ids[5], ids[0], ids[1], ids[4]], 4));
    assert_eq!(data.leads.len(), 0, "the only lead was seen the day before");
    assert!(data.demo);
}

async fn today_is_a_day_in_shanghai(place: &Place) {
    let store = &place.store;
    county(store).await;
    for (n, time) in
        ["2026-11-23T15:59:59Z", "2026-11-23T16:00:00Z", "2026-11-24T15:59:59Z", "2026-11-24T16:00:00Z"]
            .into_iter()
            .enumerate()
    {
        alert(store, n as u64, Severity::Low, at(time)).await;
    }
    let state = store.sources(at("2026-11-24T15:59:59Z")).await.unwrap().remove(0);
    assert_eq!(state.items_today, 2);
}

async fn gaps_are_in_the_digest(place: &Place) {
    let store = &place.store;
    let midnight = at("2026-11-23T16:00:00Z");
    let mut off = source("off");
    off.enabled = false;
    store.sync_sources(&[source("a"), source("b"), off], midnight - Duration::days(3)).await.unwrap();
    store.heartbeat(midnight).await.unwrap();
    for hour in 0..10 {
        let now = midnight + Duration::hours(hour);
        for id in ["a", "b"] {
            let outcome = if id == "b" && hour > 5 { Outcome::Blocked } else { Outcome::Unchanged };
            store.commit_fetch(&fetch(id, None, outcome, now)).await.unwrap();
            store.source_attempted(id, outcome, "", None, now, now).await.unwrap();
        }
    }
    let now = midnight + Duration::hours(10);
    let data = numbers(store, 24, now).await;
    assert_eq!(data.gaps.len(), 1);
    assert_eq!((data.gaps[0].spec.id.as_str(), data.gaps[0].failures), ("b", 4));
    let coverage: Vec<_> = data.coverage.iter().map(|c| (c.source_id.as_str(), c.expected, c.done)).collect();
    assert_eq!(coverage, [("a", 10, 10), ("b", 10, 6)]);
    assert_eq!(data.collector_silent_since, Some(midnight));
    // A source that was not there yet is not expected.
    assert!(numbers(store, 19, now).await.coverage.is_empty());
    // The rest of the day was to be watched as well.
    let evening = numbers(store, 24, midnight + Duration::hours(30)).await;
    assert_eq!((evening.coverage[0].expected, evening.coverage[0].done), (24, 10));
    assert_eq!(evening.gaps.len(), 2);
}
