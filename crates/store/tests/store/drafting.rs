//! Drafted rules: two people, their trail, and the packs they make.

use crate::made::morning;
use crate::place::Place;
use chrono::Duration;
use guanlan_model::{DraftState, DraftStep, Hand};
use guanlan_store::{Draft, DraftError, DraftText, Store};

crate::on_both_engines!(
    a_draft_goes_live_by_a_second_hand,
    its_author_cannot_approve_it,
    nobody_takes_a_rule_out_alone,
    a_draft_is_sent_back_with_a_reason,
    only_its_author_writes_at_it,
    two_people_do_not_step_at_once,
    a_later_draft_takes_the_place_of_the_one_in_force,
    a_pack_is_kept_with_who_made_it,
);

fn text(rule_id: &str) -> DraftText<'_> {
    DraftText { rule_id, name: "甲", toml: "[[rule]]" }
}

/// One draft by `lin` that is written, and one that `wu` has put in force.
pub async fn two_drafts(store: &Store) {
    store.create_draft(text("a"), "lin", morning()).await.unwrap();
    live(store, "b").await;
}

async fn live(store: &Store, rule: &str) -> i64 {
    let id = store.create_draft(text(rule), "lin", morning()).await.unwrap();
    step(store, id, DraftStep::Propose, "lin").await.unwrap();
    step(store, id, DraftStep::Approve, "wu").await.unwrap();
    id
}

/// Takes a step on the version that is there now.
async fn step(store: &Store, id: i64, step: DraftStep, who: &str) -> Result<(), DraftError> {
    let version = store.draft(id).await.unwrap().unwrap().version;
    let reason = if step.needs_reason() { "太宽" } else { "" };
    store.step_draft(id, version, step, reason, who, morning()).await
}

async fn draft(store: &Store, id: i64) -> Draft {
    store.draft(id).await.unwrap().unwrap()
}

async fn a_draft_goes_live_by_a_second_hand(place: &Place) {
    let store = &place.store;
    let id = store.create_draft(text("a"), "lin", morning()).await.unwrap();
    assert!(store.live_draft_ids().await.unwrap().is_empty());
    step(store, id, DraftStep::Propose, "lin").await.unwrap();
    let later = morning() + Duration::hours(1);
    store.step_draft(id, 2, DraftStep::Approve, "", "wu", later).await.unwrap();
    let live = draft(store, id).await;
    assert_eq!((live.state, live.version, live.live_at), (DraftState::Live, 3, Some(later)));
    assert_eq!((live.author.as_str(), live.approved_by.as_deref()), ("lin", Some("wu")));
    assert_eq!(store.live_draft_ids().await.unwrap(), [id]);
    assert_eq!(store.live_drafts().await.unwrap(), [live]);
    let history = store.draft_history(id).await.unwrap();
    let told: Vec<(&str, &str)> = history.iter().map(|e| (e.who.as_str(), e.action.as_str())).collect();
    assert_eq!(told, [("lin", "rule-save"), ("lin", "rule-propose"), ("wu", "rule-approve")]);
    assert_eq!(history[0].note, history[2].note, "approved is what was written");
    assert!(history[0].note.starts_with("sha256:"));
    assert!(store.drafts().await.unwrap().len() == 1 && store.draft(99).await.unwrap().is_none());
}

async fn its_author_cannot_approve_it(place: &Place) {
    let store = &place.store;
    let id = store.create_draft(text("a"), "lin", morning()).await.unwrap();
    let early = step(store, id, DraftStep::Approve, "wu").await;
    assert!(matches!(early, Err(DraftError::Illegal(_))));
    step(store, id, DraftStep::Propose, "lin").await.unwrap();
    let own = step(store, id, DraftStep::Approve, "lin").await;
    assert!(matches!(own, Err(DraftError::WrongHand(Hand::NotAuthor))));
    let program = step(store, id, DraftStep::Replace, "wu").await;
    assert!(program.is_err());
    assert_eq!(draft(store, id).await.state, DraftState::Proposed);
    assert_eq!(place.audit().await.len(), 2, "what was refused left no trace");
}

async fn nobody_takes_a_rule_out_alone(place: &Place) {
    let store = &place.store;
    let id = live(store, "a").await;
    let silent = store.step_draft(id, 3, DraftStep::AskWithdrawal, "", "hu", morning()).await;
    assert!(matches!(silent, Err(DraftError::ReasonMissing)));
    step(store, id, DraftStep::AskWithdrawal, "hu").await.unwrap();
    assert_eq!(
        (draft(store, id).await.state, store.live_draft_ids().await.unwrap()),
        (DraftState::Leaving, vec![id])
    );
    let own = step(store, id, DraftStep::Withdraw, "hu").await;
    assert!(matches!(own, Err(DraftError::WrongHand(Hand::NotAsker))));
    step(store, id, DraftStep::Keep, "wu").await.unwrap();
    assert_eq!((draft(store, id).await.state, draft(store, id).await.asked_by), (DraftState::Live, None));
    step(store, id, DraftStep::AskWithdrawal, "wu").await.unwrap();
    step(store, id, DraftStep::Withdraw, "lin").await.unwrap();
    assert!(store.live_draft_ids().await.unwrap().is_empty());
}

async fn a_draft_is_sent_back_with_a_reason(place: &Place) {
    let store = &place.store;
    let id = store.create_draft(text("a"), "lin", morning()).await.unwrap();
    step(store, id, DraftStep::Propose, "lin").await.unwrap();
    let own = step(store, id, DraftStep::Return, "lin").await;
    assert!(matches!(own, Err(DraftError::WrongHand(Hand::NotAuthor))));
    step(store, id, DraftStep::Return, "wu").await.unwrap();
    let returned = draft(store, id).await;
    assert_eq!((returned.state, returned.reason.as_str()), (DraftState::Returned, "太宽"));
    assert!(matches!(step(store, id, DraftStep::Propose, "lin").await, Err(DraftError::Illegal(_))));
    store.save_draft(id, returned.version, text("a"), "lin", morning()).await.unwrap();
    assert_eq!(
        (draft(store, id).await.state, draft(store, id).await.reason),
        (DraftState::Draft, String::new())
    );
    step(store, id, DraftStep::Propose, "lin").await.unwrap();
    step(store, id, DraftStep::Drop, "lin").await.unwrap();
    assert_eq!(store.draft_history(id).await.unwrap().len(), 6);
}

async fn only_its_author_writes_at_it(place: &Place) {
    let store = &place.store;
    let id = store.create_draft(text("a"), "lin", morning()).await.unwrap();
    for who in ["wu", ""] {
        let other = store.save_draft(id, 1, text("b"), who, morning()).await;
        assert!(matches!(other, Err(DraftError::WrongHand(Hand::Author))));
        assert!(step(store, id, DraftStep::Propose, who).await.is_err());
        assert!(step(store, id, DraftStep::Drop, who).await.is_err());
    }
    step(store, id, DraftStep::Propose, "lin").await.unwrap();
    let changed = DraftText { toml: "[[rule]]\n# 改", ..text("c") };
    store.save_draft(id, 2, changed, "lin", morning()).await.unwrap();
    let saved = draft(store, id).await;
    assert_eq!(
        (saved.state, saved.rule_id.as_str(), saved.toml.as_str()),
        (DraftState::Draft, "c", changed.toml)
    );
    let stale = store.step_draft(id, 2, DraftStep::Approve, "", "wu", morning()).await;
    assert!(
        matches!(stale, Err(DraftError::Conflict { state: DraftState::Draft, .. })),
        "what wu read is gone"
    );
    live(store, "d").await;
    let in_force = store.save_draft(2, 3, text("d"), "lin", morning()).await;
    assert!(matches!(in_force, Err(DraftError::Illegal(_))));
    assert!(matches!(store.save_draft(99, 1, text("a"), "lin", morning()).await, Err(DraftError::NotFound)));
}

async fn two_people_do_not_step_at_once(place: &Place) {
    let store = &place.store;
    let id = store.create_draft(text("a"), "lin", morning()).await.unwrap();
    step(store, id, DraftStep::Propose, "lin").await.unwrap();
    let tries =
        [("wu", DraftStep::Approve, ""), ("hu", DraftStep::Return, "太宽")].map(|(who, step, reason)| {
            let store = store.clone();
            tokio::spawn(async move { store.step_draft(id, 2, step, reason, who, morning()).await })
        });
    let mut won = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(()) => won += 1,
            Err(DraftError::Conflict { by, .. }) => assert!(["wu", "hu"].contains(&by.as_str())),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(won, 1);
}

async fn a_later_draft_takes_the_place_of_the_one_in_force(place: &Place) {
    let store = &place.store;
    let (first, other) = (live(store, "a").await, live(store, "b").await);
    let second = live(store, "a").await;
    assert_eq!(draft(store, first).await.state, DraftState::Replaced);
    assert_eq!(store.live_draft_ids().await.unwrap(), [other, second]);
    let event = store.draft_history(first).await.unwrap().pop().unwrap();
    assert_eq!(
        (event.who.as_str(), event.action.as_str(), event.note),
        ("system", "rule-replace", second.to_string())
    );
}

async fn a_pack_is_kept_with_who_made_it(place: &Place) {
    let store = &place.store;
    assert_eq!(store.live_pack().await.unwrap(), None);
    store.pack_is_live("p@1", "{1}", morning()).await.unwrap();
    store.pack_is_live("p@1", "{1}", morning()).await.unwrap();
    let id = live(store, "a").await;
    store.pack_is_live("p@2", "{2}", morning() + Duration::hours(1)).await.unwrap();
    step(store, id, DraftStep::AskWithdrawal, "hu").await.unwrap();
    step(store, id, DraftStep::Withdraw, "wu").await.unwrap();
    store.pack_is_live("p@3", "{3}", morning() + Duration::hours(2)).await.unwrap();
    store.pack_is_live("p@4", "{4}", morning() + Duration::hours(3)).await.unwrap();
    store.pack_is_live("p@1", "{other}", morning() + Duration::hours(4)).await.unwrap();
    let packs = store.rule_packs(10).await.unwrap();
    let told: Vec<[&str; 3]> =
        packs.iter().map(|p| [p.version.as_str(), &p.proposed_by, &p.approved_by]).collect();
    assert_eq!(told, [["p@4", "", ""], ["p@3", "hu", "wu"], ["p@2", "lin", "wu"], ["p@1", "", ""]]);
    assert_eq!(packs[3].live_at, morning());
    assert_eq!(store.live_pack().await.unwrap().as_deref(), Some("p@1"));
    assert_eq!(store.rule_pack("p@1").await.unwrap().as_deref(), Some("{1}"), "what has been live stays");
    assert_eq!(store.rule_pack("p@9").await.unwrap(), None);
    let events = place.audit().await;
    assert_eq!(events.iter().filter(|e| e.action == "pack-live").count(), 5);
}
