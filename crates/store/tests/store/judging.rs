//! The queue, verdicts and the audit trail.

use crate::made::{alert, article, county, finding, morning, publish};
use crate::place::Place;
use chrono::Duration;
use guanlan_model::{AlertState, Category, FalseAlarmReason, Severity, Verdict};
use guanlan_store::{FoundIn, JudgeError, Opinion, QueueFilter, Store};
use proptest::prelude::*;

crate::on_both_engines!(
    the_queue_is_in_order,
    the_queue_is_filtered_and_paged,
    the_next_alert_is_the_one_behind,
    an_alert_tells_everything,
    i2_one_alert_for_a_story_institution_and_category,
    i2_many_workers_raise_one_alert,
    a_stronger_report_raises_a_waiting_alert,
    a_judged_alert_stays_as_it_was_judged,
    a_verdict_is_written_down,
    opinions_are_those_of_people,
    two_reviewers_do_not_overwrite_each_other,
    a_verdict_is_taken_back,
    only_the_last_verdict_is_taken_back,
    i4_the_chain_is_unbroken_after_many_hands,
);

async fn judge(
    store: &Store,
    id: i64,
    version: i64,
    verdict: Verdict,
) -> Result<guanlan_store::Judged, JudgeError> {
    store.judge(id, version, verdict, None, "", "lin", morning()).await
}

async fn the_queue_is_in_order(place: &Place) {
    let store = &place.store;
    county(store).await;
    let later = morning() + Duration::milliseconds(1_500);
    let low = alert(store, 1, Severity::Low, morning()).await;
    let new_urgent = alert(store, 2, Severity::Urgent, later).await;
    let urgent = alert(store, 3, Severity::Urgent, morning()).await;
    let high = alert(store, 4, Severity::High, morning()).await;
    let medium = alert(store, 5, Severity::Medium, morning()).await;
    let page = store.queue(&QueueFilter::default()).await.unwrap();
    assert_eq!(page.total, 5);
    assert_eq!(page.rows.iter().map(|r| r.id).collect::<Vec<_>>(), [urgent, new_urgent, high, medium, low]);
    let row = &page.rows[0];
    assert_eq!(
        (row.institution_name.as_str(), row.title.as_str()),
        ("小河马艺术培训中心", "培训机构人去楼空")
    );
    assert_eq!(
        (row.severity, row.category, row.state),
        (Severity::Urgent, Category::ClosureRefund, AlertState::Waiting)
    );
    assert_eq!((row.version, row.story_size, row.created_at), (1, 1, morning()));
    assert_eq!((row.departments.lead.as_str(), row.rule.as_str()), ("教体局", "closure-refund-rule"));
    assert_eq!(row.why, "「小河马」与「人去楼空」同句（urgent）");
}

async fn the_queue_is_filtered_and_paged(place: &Place) {
    let store = &place.store;
    county(store).await;
    for n in 0..7 {
        alert(store, n, if n < 3 { Severity::High } else { Severity::Low }, morning()).await;
    }
    let other = article("https://a.example/other", u64::MAX, morning());
    publish(store, other, vec![finding("unknown", Category::Fire, Severity::High, 0.5)], morning()).await;
    let count = async |filter: QueueFilter| {
        let page = store.queue(&filter).await.unwrap();
        (page.total, page.rows.len())
    };
    let all = QueueFilter::default();
    assert_eq!(count(all.clone()).await, (8, 8));
    assert_eq!(count(QueueFilter { severity: Some(Severity::High), ..all.clone() }).await, (4, 4));
    assert_eq!(count(QueueFilter { category: Some(Category::Fire), ..all.clone() }).await, (1, 1));
    assert_eq!(count(QueueFilter { institution: Some("A1".into()), ..all.clone() }).await, (7, 7));
    assert_eq!(count(QueueFilter { institution: Some("' OR 1=1 --".into()), ..all.clone() }).await, (0, 0));
    assert_eq!(count(QueueFilter { state: Some(AlertState::Confirmed), ..all.clone() }).await, (0, 0));
    assert_eq!(count(QueueFilter { state: None, ..all.clone() }).await, (8, 8));
    assert_eq!(count(QueueFilter { per_page: 5, page: 2, ..all.clone() }).await, (8, 3));
    assert_eq!(count(QueueFilter { per_page: 0, page: 0, ..all.clone() }).await, (8, 1));
    assert_eq!(count(QueueFilter { per_page: u32::MAX, page: u32::MAX, ..all }).await, (8, 0));
    let unknown = store.alerts_of_institution("unknown", 9).await.unwrap();
    assert_eq!(unknown[0].institution_name, "unknown");
}

async fn the_next_alert_is_the_one_behind(place: &Place) {
    let store = &place.store;
    county(store).await;
    assert_eq!(store.next_waiting(None).await.unwrap(), None);
    let mut ids = Vec::new();
    for (n, severity) in
        [Severity::Urgent, Severity::High, Severity::High, Severity::Low].into_iter().enumerate()
    {
        ids.push(alert(store, n as u64, severity, morning()).await);
    }
    assert_eq!(store.next_waiting(None).await.unwrap(), Some(ids[0]));
    for pair in ids.windows(2) {
        assert_eq!(store.next_waiting(Some(pair[0])).await.unwrap(), Some(pair[1]));
    }
    assert_eq!(store.next_waiting(Some(ids[3])).await.unwrap(), Some(ids[0]));
    judge(store, ids[1], 1, Verdict::Watch).await.unwrap();
    assert_eq!(store.next_waiting(Some(ids[1])).await.unwrap(), Some(ids[2]));
    assert_eq!(store.next_waiting(Some(ids[0])).await.unwrap(), Some(ids[2]));
    for id in [ids[0], ids[2]] {
        judge(store, id, 1, Verdict::Watch).await.unwrap();
    }
    assert_eq!(store.next_waiting(Some(ids[3])).await.unwrap(), None);
    assert_eq!(store.next_waiting(Some(ids[2])).await.unwrap(), Some(ids[3]));
}

async fn an_alert_tells_everything(place: &Place) {
    let store = &place.store;
    county(store).await;
    assert_eq!(store.alert_detail(1).await.unwrap(), None);
    let id = alert(store, 1, Severity::High, morning()).await;
    judge(store, id, 1, Verdict::Confirm).await.unwrap();
    let detail = store.alert_detail(id).await.unwrap().unwrap();
    assert_eq!(detail.institution.unwrap().id, "A1");
    assert_eq!(detail.findings.len(), 1);
    let found = FoundIn {
        finding: finding("A1", Category::ClosureRefund, Severity::High, 0.9),
        article_id: detail.article.id,
        pack_version: "base@1234".into(),
    };
    assert_eq!(detail.findings, [found]);
    assert_eq!(detail.row.pack_version, "base@1234");
    assert_eq!(detail.suppressed.len(), 1);
    assert_eq!(Some(detail.capture.unwrap().id), detail.article.capture_id);
    assert_eq!(detail.members.len(), 1);
    let actions: Vec<&str> = detail.history.iter().map(|e| e.action.as_str()).collect();
    assert_eq!(actions, ["raise", "judge"]);
    assert_eq!(store.alerts_of_institution("A1", 9).await.unwrap(), [detail.row]);
}

async fn i2_one_alert_for_a_story_institution_and_category(place: &Place) {
    let store = &place.store;
    county(store).await;
    let findings = || {
        vec![
            finding("A1", Category::Fees, Severity::Low, 0.5),
            finding("A1", Category::Fees, Severity::High, 0.4),
            finding("A1", Category::Fire, Severity::Low, 0.5),
            finding("A2", Category::Fees, Severity::Low, 0.5),
        ]
    };
    let first = publish(store, article("https://a.example/1", 7, morning()), findings(), morning()).await;
    assert_eq!(first.new_alerts.len(), 3);
    let rows = store
        .queue(&QueueFilter { category: Some(Category::Fees), ..QueueFilter::default() })
        .await
        .unwrap()
        .rows;
    assert_eq!(
        (rows[0].severity, rows[0].confidence, rows[0].institution_id.as_str()),
        (Severity::High, 0.4, "A1")
    );
    for n in 2..5 {
        let reprint = article(&format!("https://b.example/{n}"), 7, morning());
        assert!(publish(store, reprint, findings(), morning()).await.new_alerts.is_empty());
    }
    assert_eq!(store.queue(&QueueFilter::default()).await.unwrap().total, 3);
}

async fn i2_many_workers_raise_one_alert(place: &Place) {
    county(&place.store).await;
    let workers: Vec<_> = (0..8)
        .map(|n| {
            let store = place.store.clone();
            tokio::spawn(async move {
                let reprint = article(&format!("https://a.example/{n}"), 7, morning());
                publish(&store, reprint, vec![finding("A1", Category::Fees, Severity::High, 0.5)], morning())
                    .await
            })
        })
        .collect();
    let mut raised = Vec::new();
    for worker in workers {
        raised.extend(worker.await.unwrap().new_alerts);
    }
    assert_eq!(raised.len(), 1);
    assert_eq!(place.store.alert(raised[0]).await.unwrap().unwrap().story_size, 8);
}

async fn a_stronger_report_raises_a_waiting_alert(place: &Place) {
    let store = &place.store;
    county(store).await;
    let report = async |n: u64, severity, confidence, orientation| {
        let mut found = finding("A1", Category::Fees, severity, confidence);
        found.orientation = orientation;
        let mut new = article(&format!("https://a.example/{n}"), 7, morning());
        new.title = format!("第{n}篇");
        publish(store, new, vec![found], morning()).await
    };
    let id = report(1, Severity::Medium, 0.9, false).await.new_alerts[0];
    report(2, Severity::Medium, 0.8, false).await;
    let row = store.alert(id).await.unwrap().unwrap();
    assert_eq!((row.title.as_str(), row.version, row.severity), ("第1篇", 1, Severity::Medium));
    report(3, Severity::Urgent, 0.6, true).await;
    let row = store.alert(id).await.unwrap().unwrap();
    assert_eq!((row.title.as_str(), row.version, row.severity), ("第3篇", 2, Severity::Urgent));
    assert_eq!((row.confidence, row.orientation, row.story_size), (0.9, true, 3));
    let event = place.audit().await.pop().unwrap();
    assert_eq!((event.who.as_str(), event.action.as_str(), event.to), ("system", "strengthen", None));
    assert!(event.note.contains("urgent"), "{}", event.note);
    // The reviewer who saw the weaker version is told.
    let conflict = judge(store, id, 1, Verdict::FalseAlarm).await;
    assert!(matches!(conflict, Err(JudgeError::Conflict { state: AlertState::Waiting, .. })));
    // It was no move: a verdict and its undo before it can still be taken back after it.
    let judged = judge(store, id, 2, Verdict::Watch).await.unwrap();
    let undone = store.undo(judged.audit_id, "wu", morning()).await.unwrap();
    report(4, Severity::Urgent, 0.95, true).await;
    assert_eq!(place.audit().await.pop().unwrap().action, "strengthen");
    assert_eq!(store.undo(undone.audit_id, "wu", morning()).await.unwrap().state, AlertState::Watching);
}

async fn a_judged_alert_stays_as_it_was_judged(place: &Place) {
    let store = &place.store;
    county(store).await;
    let low = vec![finding("A1", Category::Fees, Severity::Low, 0.5)];
    let first = publish(store, article("https://a.example/1", 7, morning()), low, morning()).await;
    let id = first.new_alerts[0];
    judge(store, id, 1, Verdict::FalseAlarm).await.unwrap();
    let before = store.alert(id).await.unwrap().unwrap();
    let urgent = vec![finding("A1", Category::Fees, Severity::Urgent, 0.9)];
    let reprint = publish(store, article("https://b.example/1", 7, morning()), urgent, morning()).await;
    assert!(reprint.new_alerts.is_empty());
    let mut after = store.alert(id).await.unwrap().unwrap();
    assert_eq!(after.story_size, 2);
    after.story_size = before.story_size;
    assert_eq!(after, before);
}

async fn a_verdict_is_written_down(place: &Place) {
    let store = &place.store;
    county(store).await;
    let id = alert(store, 1, Severity::High, morning()).await;
    let reason = Some(FalseAlarmReason::NotAtFault);
    let later = morning() + Duration::nanoseconds(1_234_567);
    let judged =
        store.judge(id, 1, Verdict::FalseAlarm, reason, "机构是受害方\0", "lin", later).await.unwrap();
    assert_eq!((judged.alert_id, judged.version, judged.state), (id, 2, AlertState::FalseAlarm));
    let event = place.audit().await.pop().unwrap();
    assert_eq!((event.id, event.who.as_str(), event.action.as_str()), (judged.audit_id, "lin", "judge"));
    assert_eq!((event.from, event.to), (Some(AlertState::Waiting), Some(AlertState::FalseAlarm)));
    assert_eq!((event.reason, event.note.as_str()), (reason, "机构是受害方"));
    assert_eq!(event.at, morning() + Duration::microseconds(1_234));
    let again = judge(store, id, 2, Verdict::FalseAlarm).await;
    assert!(matches!(again, Err(JudgeError::Illegal(_))));
    assert!(matches!(judge(store, 99, 1, Verdict::Watch).await, Err(JudgeError::NotFound)));
    let counts = store.queue_counts().await.unwrap();
    assert_eq!((counts[&AlertState::Waiting], counts[&AlertState::FalseAlarm]), (0, 1));
}

async fn opinions_are_those_of_people(place: &Place) {
    let store = &place.store;
    county(store).await;
    let judged = alert(store, 1, Severity::High, morning()).await;
    alert(store, 2, Severity::High, morning()).await;
    judge(store, judged, 1, Verdict::Confirm).await.unwrap();
    let stories: Vec<i64> = store
        .queue(&QueueFilter { state: None, ..QueueFilter::default() })
        .await
        .unwrap()
        .rows
        .iter()
        .map(|r| r.story_id)
        .collect();
    let opinion = Opinion {
        story_id: store.alert(judged).await.unwrap().unwrap().story_id,
        institution_id: "A1".into(),
        category: Category::ClosureRefund,
        state: AlertState::Confirmed,
    };
    assert_eq!(store.opinions(&stories).await.unwrap(), [opinion]);
    assert_eq!(store.opinions(&[]).await.unwrap(), []);
}

async fn two_reviewers_do_not_overwrite_each_other(place: &Place) {
    let store = &place.store;
    county(store).await;
    let id = alert(store, 1, Severity::High, morning()).await;
    let verdicts = [("lin", Verdict::Confirm), ("wu", Verdict::FalseAlarm), ("hu", Verdict::Watch)];
    let tries = verdicts.map(|(who, verdict)| {
        let store = store.clone();
        tokio::spawn(async move { (who, store.judge(id, 1, verdict, None, "", who, morning()).await) })
    });
    let mut won = Vec::new();
    let mut lost = Vec::new();
    for attempt in tries {
        match attempt.await.unwrap() {
            (who, Ok(judged)) => won.push((who, judged.state)),
            (_, Err(JudgeError::Conflict { by, state, .. })) => lost.push((by, state)),
            (_, Err(other)) => panic!("{other}"),
        }
    }
    assert_eq!((won.len(), lost.len()), (1, 2));
    assert!(lost.iter().all(|(by, state)| (by.as_str(), *state) == won[0]));
}

async fn a_verdict_is_taken_back(place: &Place) {
    let store = &place.store;
    county(store).await;
    let id = alert(store, 1, Severity::High, morning()).await;
    let before = store.alert(id).await.unwrap().unwrap();
    let judged = judge(store, id, 1, Verdict::FalseAlarm).await.unwrap();
    let undone = store.undo(judged.audit_id, "wu", morning()).await.unwrap();
    assert_eq!((undone.state, undone.version), (AlertState::Waiting, 3));
    let mut after = store.alert(id).await.unwrap().unwrap();
    after.version = before.version;
    assert_eq!(after, before);
    let event = place.audit().await.pop().unwrap();
    assert_eq!((event.action.as_str(), event.undoes), ("undo", Some(judged.audit_id)));
    let redone = store.undo(undone.audit_id, "wu", morning()).await.unwrap();
    assert_eq!(redone.state, AlertState::FalseAlarm);
}

async fn only_the_last_verdict_is_taken_back(place: &Place) {
    let store = &place.store;
    county(store).await;
    let id = alert(store, 1, Severity::High, morning()).await;
    let raised = place.audit().await.pop().unwrap().id;
    assert!(matches!(store.undo(raised, "wu", morning()).await, Err(JudgeError::NotFound)));
    assert!(matches!(store.undo(999, "wu", morning()).await, Err(JudgeError::NotFound)));
    let first = judge(store, id, 1, Verdict::Watch).await.unwrap();
    judge(store, id, 2, Verdict::Confirm).await.unwrap();
    let late = store.undo(first.audit_id, "wu", morning()).await;
    assert!(matches!(late, Err(JudgeError::Conflict { state: AlertState::Confirmed, .. })));
    assert_eq!(store.alert(id).await.unwrap().unwrap().version, 3);
}

async fn i4_the_chain_is_unbroken_after_many_hands(place: &Place) {
    let store = &place.store;
    county(store).await;
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.push(alert(store, n, Severity::Low, morning()).await);
    }
    let hands: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move {
                let judged = judge(&store, id, 1, Verdict::Watch).await.unwrap();
                store.undo(judged.audit_id, "wu", morning()).await.unwrap();
            })
        })
        .collect();
    for hand in hands {
        hand.await.unwrap();
    }
    assert_eq!(store.verify_audit().await.unwrap(), Vec::<String>::new());
    assert_eq!(place.audit().await.len(), 1 + 3 * 8);
}

/// Damage, and a word of what must be said about it.
const DAMAGE: &[(&str, &str)] = &[
    ("UPDATE audit SET note = 'x' WHERE id = 2", "row 2 was changed"),
    ("UPDATE audit SET to_state = 'confirmed' WHERE id = 3", "row 3 was changed"),
    ("DELETE FROM audit WHERE id = 2", "rows 2 to 2 are missing"),
    ("DELETE FROM audit WHERE id = 3", "I4: an alert stands"),
    ("UPDATE alert SET state = 'confirmed'", "I4: an alert stands"),
    ("UPDATE story SET members = 5", "a story counts"),
    ("DELETE FROM ledger", "I1: a captured fetch"),
    ("UPDATE capture SET processed_at = NULL", "I3: an article's capture"),
    ("UPDATE article SET capture_id = NULL", "I3: no alert without a capture"),
    ("DELETE FROM finding", "an alert has a finding"),
    ("UPDATE rule_draft SET state = 'live', approved_by = 'wu' WHERE id = 1", "I4: a drafted rule stands"),
    ("UPDATE rule_draft SET approved_by = 'lin' WHERE id = 2", "approved by somebody else"),
    ("UPDATE rule_draft SET state = 'leaving', rule_id = 'b' WHERE id = 1", "one draft of a rule"),
    ("UPDATE audit SET draft_id = 2 WHERE draft_id = 1", "was changed after"),
    ("UPDATE finding SET alert_id = NULL", "a finding belongs"),
];

#[tokio::test]
async fn damage_is_found() {
    for (sql, said) in DAMAGE {
        let place = Place::sqlite().await;
        county(&place.store).await;
        let id = alert(&place.store, 1, Severity::High, morning()).await;
        judge(&place.store, id, 1, Verdict::Watch).await.unwrap();
        crate::drafting::two_drafts(&place.store).await;
        assert!(place.store.check_invariants().await.unwrap().is_empty());
        place.damage(sql).await;
        let broken = place.store.check_invariants().await.unwrap();
        assert!(broken.iter().any(|line| line.contains(said)), "{sql}: {broken:?}");
        place.abandon().await;
    }
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    proptest::sample::select(Verdict::ALL)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever is judged and taken back leaves the alert as it was, with two rows in the trail, and the chain holds.
    #[test]
    fn judging_and_taking_back_is_lossless(moves in proptest::collection::vec(verdicts(), 1..6)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let place = Place::sqlite().await;
            let store = &place.store;
            county(store).await;
            let id = alert(store, 1, Severity::High, morning()).await;
            for verdict in moves {
                let before = store.alert(id).await.unwrap().unwrap();
                let rows = place.audit().await.len();
                let judged = match (before.state.after(verdict), judge(store, id, before.version, verdict).await) {
                    (Ok(next), Ok(judged)) if judged.state == next => judged,
                    (Err(expected), Err(JudgeError::Illegal(said))) if said == expected => continue,
                    (expected, got) => panic!("{expected:?} {got:?}"),
                };
                let undone = store.undo(judged.audit_id, "wu", morning()).await.unwrap();
                let mut after = store.alert(id).await.unwrap().unwrap();
                assert_eq!((after.version, undone.version), (before.version + 2, before.version + 2));
                after.version = before.version;
                assert_eq!(after, before);
                assert_eq!(place.audit().await.len(), rows + 2);
                // What was taken back cannot be taken back again, but the undo can.
                let twice = store.undo(judged.audit_id, "wu", morning()).await;
                assert!(matches!(twice, Err(JudgeError::Conflict { .. })));
                assert_eq!(store.undo(undone.audit_id, "wu", morning()).await.unwrap().state, judged.state);
            }
            place.leave().await;
        });
    }
}
