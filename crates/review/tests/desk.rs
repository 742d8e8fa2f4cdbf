//! The desk over a real database.

use chrono::{DateTime, Duration, Utc};
use guanlan_model::{
    AlertState, Category, Departments, FalseAlarmReason, Finding, Form, Institution, InstitutionStatus,
    InstitutionType, Kind, MentionRef, Outcome, Role, Screened, Severity, Span, Tier, Verdict, Via,
};
use guanlan_review::{Desk, DeskError, Judgement};
use guanlan_store::{FetchRecord, NewArticle, NewCapture, Processed, SourceSpec, Store};
use proptest::prelude::*;

fn morning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_485_600, 0).expect("in range")
}

struct Office {
    desk: Desk,
    store: Store,
    _folder: tempfile::TempDir,
}

impl Office {
    async fn open() -> Office {
        let folder = tempfile::tempdir().expect("a folder");
        let store =
            Store::open(&format!("sqlite:{}", folder.path().join("t.db").display())).await.expect("a store");
        let source = SourceSpec {
            id: "a".into(),
            name: "云溪发布".into(),
            tier: Tier::County,
            kind: "list".into(),
            url: "https://a.example/".into(),
            owner: None,
            stale_after_secs: 604_800,
            every_secs: 3_600,
            enabled: true,
            verified: true,
        };
        store.sync_sources(&[source], morning()).await.expect("sources");
        store.apply_register(&[institution()], false, "lin", "名录.csv", morning()).await.expect("register");
        Office { desk: Desk::new(store.clone()), store, _folder: folder }
    }

    /// Raises one alert and answers its id.
    async fn alert(&self, n: u64) -> i64 {
        let capture = self.store.commit_fetch(&fetch()).await.expect("committed").expect("a capture");
        let processed = processed(n);
        let committed = self
            .store
            .commit_processed(capture, &processed, &|a, b| a == b, morning())
            .await
            .expect("processed");
        committed.new_alerts[0]
    }

    async fn state(&self, id: i64) -> (AlertState, i64, usize) {
        let detail = self.store.alert_detail(id).await.expect("readable").expect("there");
        (detail.row.state, detail.row.version, detail.history.len())
    }
}

fn institution() -> Institution {
    Institution {
        id: "Y001".into(),
        name: "云溪县小荷舞蹈培训有限公司".into(),
        aliases: Vec::new(),
        category: InstitutionType::Arts,
        approver: String::new(),
        supervisor: String::new(),
        town: String::new(),
        address: String::new(),
        scope: Vec::new(),
        licence_no: String::new(),
        credit_code: String::new(),
        licence_from: None,
        licence_to: None,
        sites: Vec::new(),
        status: InstitutionStatus::Normal,
    }
}

fn fetch() -> FetchRecord {
    FetchRecord {
        source_id: "a".into(),
        page_id: None,
        url: "https://a.example/1".into(),
        started_at: morning(),
        duration_ms: 5,
        outcome: Outcome::Fetched,
        detail: String::new(),
        capture: Some(NewCapture {
            final_url: "https://a.example/1".into(),
            status: 200,
            headers_json: "[]".into(),
            sha256: "ab".repeat(32),
            segment: "s.warc.gz".into(),
            offset: 0,
            length: 1,
            bytes: 1,
            fetched_at: morning(),
            remote: None,
        }),
        next_at: None,
    }
}

fn processed(n: u64) -> Processed {
    let finding = Finding {
        institution: "Y001".into(),
        category: Category::ClosureRefund,
        rule: "runaway-closure".into(),
        severity: Severity::Urgent,
        confidence: 0.9,
        orientation: false,
        role: Role::Accused,
        departments: Departments { lead: "教体局".into(), co: Vec::new() },
        basis: Vec::new(),
        spans: vec![Span {
            field: "body".into(),
            start: 2,
            end: 6,
            text: "人去楼空".into(),
            form: Form::Exact,
        }],
        mention: MentionRef {
            field: "body".into(), start: 0, end: 2, text: "小荷".into(), via: Via::Alias
        },
        reason: "「小荷」与「人去楼空」同句".into(),
    };
    Processed {
        outcome: Outcome::Fetched,
        detail: String::new(),
        screened: Some(Screened {
            id: "x".into(),
            findings: vec![finding],
            suppressed: Vec::new(),
            leads: Vec::new(),
        }),
        article: Some(NewArticle {
            url: format!("https://a.example/{n}"),
            kind: Kind::News,
            tier: Tier::County,
            source_id: Some("a".into()),
            source_name: "云溪发布".into(),
            publisher: None,
            origin: None,
            title: "人去楼空".into(),
            body: "小荷人去楼空".into(),
            published: Some(morning()),
            date_confidence: 1.0,
            fetched_at: morning(),
            fingerprint: n,
            charset: "utf-8".into(),
            owner: None,
            external_id: None,
            content_sha256: format!("{n:064x}"),
        }),
        pack_version: "p@1".into(),
        register_version: "1@a".into(),
        discovered: Vec::new(),
        etag: None,
        last_modified: None,
        next_at: None,
    }
}

fn judgement(alert_id: i64, version: i64, verdict: Verdict) -> Judgement<'static> {
    let reason = (verdict == Verdict::FalseAlarm).then_some(FalseAlarmReason::NotAtFault);
    Judgement { alert_id, version, verdict, reason, note: "", who: "lin" }
}

#[tokio::test]
async fn a_false_alarm_needs_a_reason_and_nothing_else_takes_one() {
    let office = Office::open().await;
    let id = office.alert(1).await;
    let before = office.state(id).await;
    let without = Judgement { reason: None, ..judgement(id, before.1, Verdict::FalseAlarm) };
    let error = office.desk.judge(&without, morning()).await.expect_err("refused");
    assert!(error.to_string().contains("机构对应错误"), "{error}");
    let with =
        Judgement { reason: Some(FalseAlarmReason::Other), ..judgement(id, before.1, Verdict::Confirm) };
    assert!(matches!(office.desk.judge(&with, morning()).await, Err(DeskError::ReasonUnexpected)));
    let note = "字".repeat(2_001);
    let long = Judgement { note: &note, ..judgement(id, before.1, Verdict::Confirm) };
    assert!(matches!(office.desk.judge(&long, morning()).await, Err(DeskError::NoteTooLong(2_001))));
    assert_eq!(office.state(id).await, before);
}

#[tokio::test]
async fn the_second_of_two_people_learns_who_was_first() {
    let office = Office::open().await;
    let id = office.alert(1).await;
    let (_, version, _) = office.state(id).await;
    let first = Judgement { who: "王审核", ..judgement(id, version, Verdict::Watch) };
    office.desk.judge(&first, morning()).await.expect("taken");
    let error =
        office.desk.judge(&judgement(id, version, Verdict::Confirm), morning()).await.expect_err("refused");
    let shown = error.to_string();
    assert!(shown.contains("王审核 已于 2026-11-24 10:00 把这条改为「关注」"), "{shown}");
    assert!(matches!(
        office.desk.judge(&judgement(99, 1, Verdict::Watch), morning()).await,
        Err(DeskError::NotFound)
    ));
    assert!(matches!(office.desk.undo(99_999, "lin", morning()).await, Err(DeskError::NotFound)));
}

#[tokio::test]
async fn only_the_last_verdict_can_be_taken_back() {
    let office = Office::open().await;
    let id = office.alert(1).await;
    let (_, version, _) = office.state(id).await;
    let first = office.desk.judge(&judgement(id, version, Verdict::Watch), morning()).await.expect("taken");
    office.desk.judge(&judgement(id, first.version, Verdict::Confirm), morning()).await.expect("taken");
    let error = office.desk.undo(first.audit_id, "lin", morning()).await.expect_err("refused");
    assert!(matches!(error, DeskError::Conflict { state: AlertState::Confirmed, .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// From any state that verdicts lead to, a verdict and its undo give the same state and exactly two more audit
    /// rows; a verdict that the state machine does not know changes nothing.
    #[test]
    fn judging_and_undoing_leaves_the_state_and_two_audit_rows(
        path in proptest::collection::vec(0..Verdict::ALL.len(), 0..5),
        last in 0..Verdict::ALL.len(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let office = Office::open().await;
            let id = office.alert(1).await;
            let mut now = morning();
            for verdict in path.into_iter().chain([last]).map(|at| Verdict::ALL[at]) {
                now += Duration::seconds(30);
                let (state, version, rows) = office.state(id).await;
                let taken = office.desk.judge(&judgement(id, version, verdict), now).await;
                match state.after(verdict) {
                    Err(expected) => {
                        assert!(matches!(taken, Err(DeskError::Illegal(illegal)) if illegal == expected));
                        assert_eq!(office.state(id).await, (state, version, rows));
                    }
                    Ok(next) => {
                        let judged = taken.expect("a legal move");
                        assert_eq!(judged.state, next);
                        let undone = office.desk.undo(judged.audit_id, "lin", now).await.expect("undone");
                        assert_eq!(undone.state, state);
                        let (after, later, more) = office.state(id).await;
                        assert_eq!((after, more), (state, rows + 2));
                        assert_eq!(later, version + 2);
                        // Taking back the undo brings the verdict back, so the walk goes on.
                        office.desk.undo(undone.audit_id, "lin", now).await.expect("redone");
                        assert_eq!(office.state(id).await.0, next);
                    }
                }
            }
            assert_eq!(office.store.verify_audit().await.expect("readable"), Vec::<String>::new());
        });
    }
}
