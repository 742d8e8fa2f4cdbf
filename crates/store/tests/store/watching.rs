//! Sources, pages, hosts and fetches.

use crate::made::{at, county, discover, fetch, morning, near, page, processed, source};
use crate::place::Place;
use chrono::Duration;
use guanlan_model::{Health, Outcome, PageState, Tier};
use guanlan_store::{CollectorState, FetchRecord, HostClaim, Processed, RobotsCopy, SourceState, StoreError};

crate::on_both_engines!(
    sources_follow_the_configuration,
    a_source_that_fails_is_in_trouble_since_the_first_failure,
    old_items_are_trouble,
    silence_is_trouble,
    due_sources_come_in_order,
    a_page_is_met_once,
    pages_are_spread_over_hosts,
    a_host_gives_one_turn_at_a_time,
    only_one_of_many_claims_is_granted,
    a_clock_set_back_does_not_close_a_host,
    robots_are_kept,
    a_fetch_is_one_line,
    a_page_ends_done_or_given_up,
    a_page_stands_where_its_reading_says,
    who_is_left_alone_is_not_counted,
    a_fetch_that_cannot_be_written_leaves_nothing,
    the_outcome_is_refined_once,
    the_collector_gives_signs_of_life,
);

async fn one(place: &Place, now: chrono::DateTime<chrono::Utc>) -> SourceState {
    place.store.sources(now).await.unwrap().into_iter().find(|s| s.spec.id == "a").unwrap()
}

async fn sources_follow_the_configuration(place: &Place) {
    let store = &place.store;
    let mut b = source("b");
    b.tier = Tier::Central;
    store.sync_sources(&[source("a"), b.clone()], morning()).await.unwrap();
    let states = store.sources(morning()).await.unwrap();
    assert_eq!(states.iter().map(|s| s.spec.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(states[0].spec, b);
    assert_eq!(states[0].health, Health::New);
    assert_eq!(states[0].next_fetch_at, Some(morning()));

    let capture = store.commit_fetch(&fetch("b", None, Outcome::Fetched, morning())).await.unwrap().unwrap();
    let read = Processed { etag: Some("\"1\"".into()), ..processed(None, vec![]) };
    store.commit_processed(capture, &read, &near, morning()).await.unwrap();
    store.source_attempted("b", Outcome::Fetched, "", None, morning(), morning()).await.unwrap();
    assert_eq!(store.sources(morning()).await.unwrap()[0].etag.as_deref(), Some("\"1\""));
    b.name = "新名".into();
    b.url = "https://moved.example/".into();
    store.sync_sources(&[b.clone()], morning()).await.unwrap();
    let states = store.sources(morning()).await.unwrap();
    assert_eq!((states[0].spec.clone(), states[0].etag.clone()), (b, None));
    assert_eq!((states[1].health, states[1].next_fetch_at), (Health::Disabled, None));
}

async fn a_source_that_fails_is_in_trouble_since_the_first_failure(place: &Place) {
    let store = &place.store;
    county(store).await;
    let attempt = |outcome, detail: &'static str, hours| {
        let now = morning() + Duration::hours(hours);
        store.source_attempted("a", outcome, detail, None, now + Duration::hours(1), now)
    };
    assert_eq!(attempt(Outcome::Fetched, "", 0).await.unwrap(), Outcome::Fetched);
    assert_eq!(one(place, morning()).await.health, Health::Normal);
    attempt(Outcome::Timeout, "30 秒内无应答", 1).await.unwrap();
    attempt(Outcome::HttpServer, "502", 2).await.unwrap();
    let state = one(place, morning() + Duration::hours(2)).await;
    assert_eq!(state.health, Health::Trouble);
    assert_eq!(state.trouble.as_deref(), Some("网站返回 5xx：502"));
    assert_eq!(state.trouble_since, Some(morning() + Duration::hours(1)));
    assert_eq!((state.failures, state.last_success_at), (2, Some(morning())));
    attempt(Outcome::Unchanged, "", 3).await.unwrap();
    let state = one(place, morning() + Duration::hours(3)).await;
    assert_eq!((state.health, state.failures, state.trouble), (Health::Normal, 0, None));
    let unknown = store.source_attempted("nobody", Outcome::Fetched, "", None, morning(), morning()).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
}

async fn old_items_are_trouble(place: &Place) {
    let store = &place.store;
    county(store).await;
    let newest = morning() - Duration::days(8);
    let next = morning() + Duration::hours(1);
    let outcome =
        store.source_attempted("a", Outcome::Fetched, "", Some(newest), next, morning()).await.unwrap();
    assert_eq!(outcome, Outcome::Stale);
    let state = one(place, morning()).await;
    assert_eq!(state.health, Health::Trouble);
    assert_eq!(state.trouble.as_deref(), Some("内容陈旧：最新一条为 2026-11-16 10:00"));
    assert_eq!(state.trouble_since, Some(newest + Duration::days(7)));
    assert_eq!(state.last_success_at, Some(morning()));
    // A later round that reads no dates does not forget the newest item, a new item ends the trouble.
    store.source_attempted("a", Outcome::Unchanged, "", None, next, morning()).await.unwrap();
    assert_eq!(one(place, morning()).await.health, Health::Trouble);
    let fresh = Some(morning() - Duration::hours(1));
    store.source_attempted("a", Outcome::Fetched, "", fresh, next, morning()).await.unwrap();
    assert_eq!(one(place, morning()).await.health, Health::Normal);
}

async fn silence_is_trouble(place: &Place) {
    county(&place.store).await;
    assert_eq!(one(place, morning() + Duration::hours(2)).await.health, Health::New);
    let state = one(place, morning() + Duration::hours(5)).await;
    assert_eq!(state.health, Health::Trouble);
    assert_eq!(state.trouble.as_deref(), Some("未按时采集：上次为 2026-11-24 10:00"));
}

async fn due_sources_come_in_order(place: &Place) {
    let store = &place.store;
    let mut off = source("off");
    off.enabled = false;
    store.sync_sources(&[source("a"), source("b"), source("c"), off], morning()).await.unwrap();
    let later = morning() + Duration::hours(1);
    store.source_attempted("a", Outcome::Fetched, "", None, later, morning()).await.unwrap();
    store
        .source_attempted("b", Outcome::Fetched, "", None, later - Duration::minutes(1), morning())
        .await
        .unwrap();
    let due = async |now, limit| {
        let sources = store.due_sources(now, limit).await.unwrap();
        sources.into_iter().map(|s| s.spec.id).collect::<Vec<_>>()
    };
    assert_eq!(due(morning(), 9).await, ["c"]);
    assert_eq!(due(later, 9).await, ["c", "b", "a"]);
    assert_eq!(due(later, 2).await, ["c", "b"]);
    // The clock is set back by a year: what was tried "in the future" is due now.
    assert_eq!(due(morning() - Duration::days(365), 9).await, ["b", "a"]);
}

async fn a_page_is_met_once(place: &Place) {
    let store = &place.store;
    store.sync_sources(&[source("a"), source("b")], morning()).await.unwrap();
    let long = format!("https://a.example/{}", "路".repeat(3_000));
    let pages = [page("https://a.example/1"), page("https://a.example/1"), page(&long)];
    discover(store, "a", &pages, morning()).await;
    discover(store, "b", &pages, morning()).await;
    let due = store.due_pages(morning(), 10).await.unwrap();
    assert_eq!(due.len(), 2);
    assert_eq!((due[0].source_id.as_str(), due[0].host.as_str()), ("a", "a.example"));
    assert_eq!(due[0].title.as_deref(), Some("标题"));
    assert!(store.due_pages(morning() - Duration::seconds(1), 10).await.unwrap().is_empty());
    assert_eq!(store.page(due[0].id).await.unwrap().as_ref(), Some(&due[0]));
    assert_eq!(store.page(999).await.unwrap(), None);
}

async fn pages_are_spread_over_hosts(place: &Place) {
    let store = &place.store;
    county(store).await;
    let mut pages: Vec<_> = (0..50).map(|n| page(&format!("https://slow.example/{n}"))).collect();
    pages.extend(["https://one.example/x", "https://two.example:8443/y", "https://busy.example/z"].map(page));
    discover(store, "a", &pages, morning()).await;
    store.set_host_next("busy.example", morning() + Duration::hours(1)).await.unwrap();
    let due = store.due_pages(morning(), 4).await.unwrap();
    let hosts: Vec<&str> = due.iter().map(|p| p.host.as_str()).collect();
    assert_eq!(hosts, ["slow.example", "one.example", "two.example:8443", "slow.example"]);
    store.sync_sources(&[], morning()).await.unwrap();
    assert!(store.due_pages(morning(), 4).await.unwrap().is_empty());
}

async fn a_host_gives_one_turn_at_a_time(place: &Place) {
    let store = &place.store;
    let (now, spacing) = (morning(), Duration::seconds(5));
    let claim = |now| store.claim_host("h.example", now, spacing);
    assert_eq!(claim(now).await.unwrap(), HostClaim::Granted);
    assert_eq!(claim(now).await.unwrap(), HostClaim::Wait(now + spacing));
    assert_eq!(claim(now + Duration::milliseconds(4_999)).await.unwrap(), HostClaim::Wait(now + spacing));
    assert_eq!(claim(now + spacing).await.unwrap(), HostClaim::Granted);
    let retry_after = now + Duration::hours(2);
    store.set_host_next("h.example", retry_after).await.unwrap();
    store.set_host_next("h.example", now).await.unwrap();
    assert_eq!(claim(now + Duration::hours(1)).await.unwrap(), HostClaim::Wait(retry_after));
    assert_eq!(store.claim_host("other.example", now, spacing).await.unwrap(), HostClaim::Granted);
}

async fn only_one_of_many_claims_is_granted(place: &Place) {
    let claims: Vec<_> = (0..16)
        .map(|_| {
            let store = place.store.clone();
            tokio::spawn(async move { store.claim_host("h.example", morning(), Duration::seconds(5)).await })
        })
        .collect();
    let mut granted = 0;
    for claim in claims {
        granted += usize::from(claim.await.unwrap().unwrap() == HostClaim::Granted);
    }
    assert_eq!(granted, 1);
}

async fn a_clock_set_back_does_not_close_a_host(place: &Place) {
    let (now, spacing) = (morning(), Duration::seconds(5));
    place.store.claim_host("h.example", now + Duration::days(400), spacing).await.unwrap();
    assert_eq!(place.store.claim_host("h.example", now, spacing).await.unwrap(), HostClaim::Granted);
    assert_eq!(
        place.store.claim_host("h.example", now, spacing).await.unwrap(),
        HostClaim::Wait(now + spacing)
    );
}

async fn robots_are_kept(place: &Place) {
    let store = &place.store;
    let origin = "https://a.example";
    assert_eq!(store.robots(origin).await.unwrap(), None);
    let copy =
        RobotsCopy { status: 200, body: "User-agent: *\nDisallow: /内部/".into(), fetched_at: morning() };
    store.robots_put(origin, &copy).await.unwrap();
    assert_eq!(store.robots(origin).await.unwrap(), Some(copy));
    let huge = RobotsCopy { status: 404, body: "字".repeat(400_000), fetched_at: morning() };
    store.robots_put(origin, &huge).await.unwrap();
    let kept = store.robots(origin).await.unwrap().unwrap();
    assert_eq!((kept.status, kept.body.len()), (404, 512 * 1024 - 2));
}

async fn a_fetch_is_one_line(place: &Place) {
    let store = &place.store;
    county(store).await;
    let record = fetch("a", None, Outcome::Fetched, morning());
    let id = store.commit_fetch(&record).await.unwrap().unwrap();
    let mut failed = fetch("a", None, Outcome::Timeout, morning());
    failed.detail = "30 秒".into();
    assert_eq!(store.commit_fetch(&failed).await.unwrap(), None);
    let lines = store.ledger(Some("a"), 10).await.unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (lines[0].outcome, lines[0].detail.as_str(), lines[0].capture_id),
        (Outcome::Timeout, "30 秒", None)
    );
    assert_eq!(
        (lines[1].outcome, lines[1].capture_id, lines[1].duration_ms),
        (Outcome::Fetched, Some(id), 120)
    );
    assert_eq!(store.ledger(None, 1).await.unwrap(), lines[..1]);
    let capture = store.capture(id).await.unwrap().unwrap();
    assert_eq!(Some(capture.stored.clone()), record.capture);
    assert_eq!((capture.url.as_str(), capture.processed_at), ("https://a.example/1", None));
    assert_eq!(store.unprocessed_captures(0, 5).await.unwrap(), std::slice::from_ref(&capture));
    assert_eq!(store.captures(0, 5).await.unwrap(), [capture]);
    assert!(store.captures(id, 5).await.unwrap().is_empty());
    assert!(store.unprocessed_captures(id, 5).await.unwrap().is_empty());
    let counts = store.outcome_counts(morning()).await.unwrap();
    assert_eq!(counts["a"], [(Outcome::Fetched, 1), (Outcome::Timeout, 1)].into());
    assert!(store.outcome_counts(morning() + Duration::seconds(1)).await.unwrap().is_empty());
}

async fn a_page_ends_done_or_given_up(place: &Place) {
    let store = &place.store;
    county(store).await;
    let urls = ["https://a.example/1", "https://a.example/2", "https://a.example/3"];
    discover(store, "a", &urls.map(page), morning()).await;
    let ids: Vec<i64> = store.due_pages(morning(), 3).await.unwrap().iter().map(|p| p.id).collect();
    store.commit_fetch(&fetch("a", Some(ids[0]), Outcome::Unchanged, morning())).await.unwrap();
    let mut retry = fetch("a", Some(ids[1]), Outcome::Timeout, morning());
    retry.next_at = Some(morning() + Duration::hours(1));
    store.commit_fetch(&retry).await.unwrap();
    store.commit_fetch(&fetch("a", Some(ids[2]), Outcome::HttpClient, morning())).await.unwrap();

    let pages = [store.page(ids[0]).await, store.page(ids[1]).await, store.page(ids[2]).await];
    let [done, again, gone] = pages.map(|p| p.unwrap().unwrap());
    assert_eq!((done.state, done.failures), (PageState::Done, 0));
    assert_eq!((again.state, again.attempts, Some(again.next_at)), (PageState::Pending, 1, retry.next_at));
    assert_eq!((again.failures, again.failing_since), (1, Some(morning())));
    assert_eq!(gone.state, PageState::GaveUp);
    assert!(store.due_pages(morning(), 9).await.unwrap().is_empty());
    let later = store.due_pages(morning() + Duration::hours(1), 9).await.unwrap();
    assert_eq!(later.iter().map(|p| p.id).collect::<Vec<_>>(), [ids[1]]);
}

async fn a_page_stands_where_its_reading_says(place: &Place) {
    let store = &place.store;
    county(store).await;
    discover(store, "a", &[page("https://a.example/1")], morning()).await;
    let id = store.due_pages(morning(), 1).await.unwrap()[0].id;
    let visit = async |outcome: Outcome, hours: i64, again: Option<i64>| {
        let now = morning() + Duration::hours(hours);
        let held = Some(now + Duration::hours(6));
        let fetched = FetchRecord { next_at: held, ..fetch("a", Some(id), Outcome::Fetched, now) };
        let capture = store.commit_fetch(&fetched).await.unwrap().unwrap();
        assert_eq!(Some(store.page(id).await.unwrap().unwrap().next_at), held, "while it waits to be read");
        let read = Processed {
            outcome,
            etag: Some(format!("\"{hours}\"")),
            next_at: again.map(|hours| now + Duration::hours(hours)),
            ..processed(None, vec![])
        };
        store.commit_processed(capture, &read, &near, now).await.unwrap();
        store.page(id).await.unwrap().unwrap()
    };
    let read = visit(Outcome::NotArticle, 0, Some(1)).await;
    assert_eq!((read.state, read.failures, read.etag.as_deref()), (PageState::Pending, 0, Some("\"0\"")));
    let walled = visit(Outcome::Blocked, 1, Some(1)).await;
    assert_eq!((walled.state, walled.failures, walled.etag), (PageState::Pending, 1, None));
    let walled = visit(Outcome::Blocked, 2, Some(1)).await;
    assert_eq!((walled.failures, walled.failing_since), (2, Some(morning() + Duration::hours(1))));
    let read = visit(Outcome::NotArticle, 3, None).await;
    assert_eq!((read.state, read.failures, read.failing_since), (PageState::Done, 0, None));
    assert_eq!(visit(Outcome::Blocked, 4, None).await.state, PageState::GaveUp);
}

async fn who_is_left_alone_is_not_counted(place: &Place) {
    let store = &place.store;
    county(store).await;
    discover(store, "a", &[page("https://a.example/1")], morning()).await;
    let id = store.due_pages(morning(), 1).await.unwrap()[0].id;
    let tomorrow = morning() + Duration::days(1);
    store.postpone_page(id, tomorrow).await.unwrap();
    store.postpone_source("a", tomorrow).await.unwrap();
    let waiting = store.page(id).await.unwrap().unwrap();
    assert_eq!((waiting.attempts, waiting.failures, waiting.next_at), (0, 0, tomorrow));
    let state = one(place, morning()).await;
    assert_eq!((state.failures, state.last_attempt_at, state.next_fetch_at), (0, None, Some(tomorrow)));
}

async fn a_fetch_that_cannot_be_written_leaves_nothing(place: &Place) {
    let store = &place.store;
    county(store).await;
    let lost = fetch("a", Some(777), Outcome::Fetched, morning());
    assert!(store.commit_fetch(&lost).await.is_err());
    assert!(store.ledger(None, 5).await.unwrap().is_empty());
    assert!(store.captures(0, 5).await.unwrap().is_empty());
    // The writer is free again.
    store.commit_fetch(&fetch("a", None, Outcome::Fetched, morning())).await.unwrap();
}

async fn the_outcome_is_refined_once(place: &Place) {
    let store = &place.store;
    county(store).await;
    let id = store.commit_fetch(&fetch("a", None, Outcome::Fetched, morning())).await.unwrap().unwrap();
    let mut blocked = processed(None, vec![]);
    blocked.outcome = Outcome::Blocked;
    blocked.detail = "环境异常".into();
    blocked.discovered = vec![page("https://a.example/next")];
    let committed = store.commit_processed(id, &blocked, &|_, _| false, morning()).await.unwrap();
    assert_eq!((committed.article_id, committed.duplicate), (None, false));
    let line = store.ledger(None, 1).await.unwrap().remove(0);
    assert_eq!((line.outcome, line.detail.as_str()), (Outcome::Blocked, "环境异常"));
    assert!(store.unprocessed_captures(0, 5).await.unwrap().is_empty());
    assert_eq!(store.due_pages(morning(), 5).await.unwrap().len(), 1);

    let again = store.commit_processed(id, &processed(None, vec![]), &|_, _| false, morning()).await.unwrap();
    assert!(again.duplicate);
    assert_eq!(store.ledger(None, 1).await.unwrap()[0].outcome, Outcome::Blocked);
    let unknown = store.commit_processed(99, &blocked, &|_, _| false, morning()).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "capture", .. })));
}

async fn the_collector_gives_signs_of_life(place: &Place) {
    let store = &place.store;
    let now = at("2026-11-24T02:00:00.123456Z");
    assert_eq!(store.collector_state(now).await.unwrap(), CollectorState::Never);
    store.heartbeat(now).await.unwrap();
    let soon = now + Duration::minutes(5);
    assert_eq!(store.collector_state(soon).await.unwrap(), CollectorState::Running { at: now });
    let late = soon + Duration::seconds(1);
    assert_eq!(store.collector_state(late).await.unwrap(), CollectorState::Silent { since: now });
}
