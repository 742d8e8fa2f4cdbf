//! Users, logins, sessions and deliveries.

use crate::made::{at, morning};
use crate::place::Place;
use chrono::{Duration, NaiveDate, NaiveTime};
use guanlan_model::{DeliveryState, Secret, UserRole};
use guanlan_store::{DeliveryResult, DigestPeriod, LoginOutcome, Store, StoreError, digest_time};

crate::on_both_engines!(
    users_are_created_once,
    weak_passwords_are_refused,
    a_name_is_locked_after_five_wrong_tries,
    a_new_password_ends_what_the_old_one_began,
    sessions_end,
    a_user_has_three_sessions,
    i6_a_digest_is_claimed_once,
    a_failed_delivery_is_tried_again,
    an_interrupted_delivery_may_have_been_sent,
);

const GOOD: &str = "松针 落在 石阶上";

async fn user(store: &Store, name: &str) -> guanlan_store::User {
    let password = Secret::new(GOOD);
    store.create_user(name, "林审核", UserRole::Reviewer, &password, true, morning()).await.unwrap()
}

async fn users_are_created_once(place: &Place) {
    let store = &place.store;
    let lin = user(store, "lin").await;
    assert_eq!((lin.name.as_str(), lin.role, lin.must_change), ("lin", UserRole::Reviewer, true));
    let again = store.create_user("lin", "", UserRole::Admin, &Secret::new(GOOD), false, morning()).await;
    assert!(matches!(again, Err(StoreError::NameTaken(name)) if name == "lin"));
    user(store, "an").await;
    let names: Vec<String> = store.users().await.unwrap().into_iter().map(|u| u.name).collect();
    assert_eq!(names, ["an", "lin"]);
}

async fn weak_passwords_are_refused(place: &Place) {
    let store = &place.store;
    let weak =
        ["", "short1!", "password123", "PassWord123", "66666666", "abcdefghij", "98765432", "x-lin2026-x"];
    for password in weak {
        let refused =
            store.create_user("lin2026", "", UserRole::Admin, &Secret::new(password), false, morning()).await;
        assert!(matches!(refused, Err(StoreError::WeakPassword(_))), "{password}");
    }
    assert!(store.users().await.unwrap().is_empty());
    user(store, "lin").await;
    let long = Secret::new("长".repeat(200));
    let refused = store.set_password("lin", &long, false, "lin", morning()).await;
    assert!(matches!(refused, Err(StoreError::WeakPassword(_))));
}

async fn a_name_is_locked_after_five_wrong_tries(place: &Place) {
    let store = &place.store;
    user(store, "lin").await;
    let login = |name: &'static str, word: &'static str, minutes| {
        let store = store.clone();
        async move { store.login(name, &Secret::new(word), morning() + Duration::minutes(minutes)).await.unwrap() }
    };
    assert!(matches!(login("lin", GOOD, 0).await, LoginOutcome::Ok(_)));
    // A name that nobody has is treated the same, from the first try to the lock.
    for name in ["lin", "nobody"] {
        for left in [4, 3, 2, 1] {
            assert_eq!(login(name, "wrong", 0).await, LoginOutcome::Wrong { left }, "{name}");
        }
        let until = morning() + Duration::minutes(15);
        assert_eq!(login(name, "wrong", 0).await, LoginOutcome::Locked { until }, "{name}");
        assert_eq!(login(name, GOOD, 14).await, LoginOutcome::Locked { until }, "{name}");
    }
    assert!(matches!(login("lin", GOOD, 15).await, LoginOutcome::Ok(_)));
    // A success forgets the wrong tries, and so does time.
    assert_eq!(login("lin", "wrong", 16).await, LoginOutcome::Wrong { left: 4 });
    assert_eq!(login("lin", "wrong", 40).await, LoginOutcome::Wrong { left: 4 });
    let events = place.audit().await;
    let actions: Vec<&str> = events.iter().rev().take(3).map(|e| e.action.as_str()).collect();
    assert_eq!(actions, ["login-failed", "login-failed", "login"]);
}

async fn a_new_password_ends_what_the_old_one_began(place: &Place) {
    let store = &place.store;
    let lin = user(store, "lin").await;
    let token = store.open_session(lin.id, morning()).await.unwrap();
    let new = Secret::new("另一句 话");
    assert!(matches!(
        store.set_password("lin", &new, false, "lin", morning()).await,
        Err(StoreError::WeakPassword(_))
    ));
    let new = Secret::new("另一句 很长的话");
    store.set_password("lin", &new, false, "命令行", morning()).await.unwrap();
    let event = place.audit().await.pop().unwrap();
    assert_eq!((event.who.as_str(), event.action.as_str()), ("命令行", "set-password"));
    assert_eq!(store.session(&token, morning()).await.unwrap(), None);
    let old = store.login("lin", &Secret::new(GOOD), morning()).await.unwrap();
    assert_eq!(old, LoginOutcome::Wrong { left: 4 });
    let LoginOutcome::Ok(lin) = store.login("lin", &new, morning()).await.unwrap() else { panic!() };
    assert!(!lin.must_change);
    let nobody = store.set_password("nobody", &new, false, "lin", morning()).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { what: "user", .. })));
}

async fn sessions_end(place: &Place) {
    let store = &place.store;
    let lin = user(store, "lin").await;
    let open = async || store.open_session(lin.id, morning()).await.unwrap();
    let seen = async |token: &str, minutes| {
        store.session(token, morning() + Duration::minutes(minutes)).await.unwrap().is_some()
    };
    let token = open().await;
    assert_eq!(token.len(), 64);
    assert_eq!(store.session(&token, morning()).await.unwrap().unwrap(), lin);
    assert!(!seen("0", 0).await && !seen("", 0).await);
    // Used every 29 minutes it lives for twelve hours, unused for thirty minutes it ends.
    for minutes in (0..12 * 60).step_by(29) {
        assert!(seen(&token, minutes).await, "{minutes}");
    }
    assert!(!seen(&token, 12 * 60).await);
    let idle = open().await;
    assert!(!seen(&idle, 30).await);
    let closed = open().await;
    store.close_session(&closed).await.unwrap();
    assert!(!seen(&closed, 1).await);
    let future = open().await;
    assert!(!seen(&future, -13 * 60).await, "a clock that was set back");
}

async fn a_user_has_three_sessions(place: &Place) {
    let store = &place.store;
    let lin = user(store, "lin").await;
    let mut tokens = Vec::new();
    for second in 0..5 {
        tokens.push(store.open_session(lin.id, morning() + Duration::seconds(second)).await.unwrap());
    }
    let mut alive = Vec::new();
    for token in &tokens {
        alive.push(store.session(token, morning() + Duration::seconds(5)).await.unwrap().is_some());
    }
    assert_eq!(alive, [false, false, true, true, true]);
}

fn period(day: NaiveDate) -> DigestPeriod {
    let to = digest_time(day, NaiveTime::MIN);
    DigestPeriod { day, from: to - Duration::days(1), to, open: false, missed_from: None }
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

async fn i6_a_digest_is_claimed_once(place: &Place) {
    let store = &place.store;
    let claims: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store.claim_delivery(&period(day()), "a@yunxi.example", morning()).await.unwrap()
            })
        })
        .collect();
    let mut claimed = Vec::new();
    for claim in claims {
        claimed.extend(claim.await.unwrap());
    }
    assert_eq!(claimed.len(), 1);
    let claim = async |day: NaiveDate, to: &str, hours| {
        store.claim_delivery(&period(day), to, morning() + Duration::hours(hours)).await.unwrap()
    };
    assert!(claim(day(), "b@yunxi.example", 0).await.is_some());
    assert!(claim(day().succ_opt().unwrap(), "a@yunxi.example", 0).await.is_some());
    store.delivery_result(claimed[0], &DeliveryResult::Sent, "250 ok", morning()).await.unwrap();
    assert_eq!(claim(day(), "a@yunxi.example", 0).await, None);
    assert_eq!(claim(day(), "a@yunxi.example", 999).await, None);
    let twice = store.delivery_result(claimed[0], &DeliveryResult::Sent, "", morning()).await;
    assert!(matches!(twice, Err(StoreError::NotFound { .. })));
    let rows = store.deliveries(day()).await.unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].state, rows[0].detail.as_str(), rows[0].day), (DeliveryState::Sent, "250 ok", day()));
    assert_eq!((rows[0].ended_at, rows[0].attempts), (Some(morning()), 1));
}

async fn a_failed_delivery_is_tried_again(place: &Place) {
    let store = &place.store;
    let claim = async |minutes| {
        let now = morning() + Duration::minutes(minutes);
        store.claim_delivery(&period(day()), "a@yunxi.example", now).await.unwrap()
    };
    let id = claim(0).await.unwrap();
    let retry = DeliveryResult::Failed { retry_at: Some(morning() + Duration::minutes(10)) };
    store.delivery_result(id, &retry, "无法连接", morning()).await.unwrap();
    assert_eq!(claim(9).await, None);
    assert_eq!(claim(10).await, Some(id));
    assert_eq!(claim(10).await, None);
    store.delivery_result(id, &DeliveryResult::Failed { retry_at: None }, "535", morning()).await.unwrap();
    assert_eq!(claim(9_999).await, None);
    // A person asks, for this day only.
    assert_eq!(store.retry_deliveries(day().succ_opt().unwrap(), morning()).await.unwrap(), 0);
    assert_eq!(claim(9_999).await, None);
    assert_eq!(store.retry_deliveries(day(), morning()).await.unwrap(), 1);
    assert_eq!(claim(0).await, Some(id));
    assert_eq!(store.retry_deliveries(day(), morning()).await.unwrap(), 0, "it is being sent");
    store.delivery_result(id, &DeliveryResult::Failed { retry_at: None }, "535", morning()).await.unwrap();
    let row = store.deliveries(day()).await.unwrap().remove(0);
    assert_eq!((row.state, row.attempts, row.detail.as_str()), (DeliveryState::Failed, 3, "535"));
}

async fn an_interrupted_delivery_may_have_been_sent(place: &Place) {
    let store = &place.store;
    let late = at("2026-11-24T02:15:01Z");
    store.claim_delivery(&period(day()), "a@yunxi.example", morning()).await.unwrap().unwrap();
    assert_eq!(store.claim_delivery(&period(day()), "a@yunxi.example", late).await.unwrap(), None);
    let row = store.deliveries(day()).await.unwrap().remove(0);
    assert_eq!(row.state, DeliveryState::MaybeSent);
    assert!(store.delivery_result(row.id, &DeliveryResult::Sent, "", late).await.is_err());
}
