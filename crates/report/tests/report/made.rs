//! Digests to say and send.

use chrono::{DateTime, NaiveDate, Utc};
use guanlan_model::{AlertState, Category, Departments, Health, Severity, Tier};
use guanlan_report::DigestOptions;
use guanlan_store::{AlertRow, DigestData, DigestPeriod, LeadRow, SourceCoverage, SourceSpec, SourceState};
use std::collections::BTreeMap;

pub fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

pub fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

/// A day's digest like any other.
pub fn period() -> DigestPeriod {
    DigestPeriod {
        day: day(),
        from: at("2026-11-23T00:07:00Z"),
        to: at("2026-11-24T00:07:00Z"),
        open: false,
        missed_from: None,
    }
}

pub fn options() -> DigestOptions {
    DigestOptions { county: "云溪县".into(), base_url: Some("http://10.1.2.3:8080/".into()), demo: false }
}

/// A day on which everything was watched and nothing was found.
pub fn quiet() -> DigestData {
    DigestData {
        period: period(),
        taken_at: at("2026-11-24T00:07:00Z"),
        issue_no: 328,
        fetched: 1_284,
        fetched_ok: 1_284,
        articles: 312,
        hits: 0,
        new_alerts: 0,
        new_alerts_before: 0,
        confirmed: 0,
        watching: 0,
        rejected: 0,
        waiting: 0,
        by_severity: BTreeMap::new(),
        by_category: BTreeMap::new(),
        by_state: BTreeMap::new(),
        waiting_total: 0,
        confirmed_total: 0,
        top: Vec::new(),
        top_total: 0,
        gaps: Vec::new(),
        coverage: vec![
            coverage("云溪日报", Tier::County, 24, 24),
            coverage("江宁晚报", Tier::Municipal, 24, 23),
        ],
        leads: Vec::new(),
        collector_silent_since: None,
        demo: false,
    }
}

pub fn coverage(name: &str, tier: Tier, expected: i64, done: i64) -> SourceCoverage {
    SourceCoverage { source_id: name.into(), name: name.into(), tier, expected, done }
}

pub fn gap(name: &str) -> SourceState {
    SourceState {
        spec: SourceSpec {
            id: name.into(),
            name: name.into(),
            tier: Tier::Municipal,
            kind: "list".into(),
            url: "https://s.example/".into(),
            owner: None,
            stale_after_secs: 86_400,
            every_secs: 3_600,
            enabled: true,
            verified: true,
        },
        health: Health::Trouble,
        trouble: Some("超时：30 秒内无应答".into()),
        trouble_since: Some(at("2026-11-22T23:00:00Z")),
        last_attempt_at: None,
        last_success_at: None,
        newest_item_at: None,
        next_fetch_at: None,
        last_outcome: None,
        items_today: 0,
        failures: 7,
        etag: None,
        last_modified: None,
    }
}

pub fn alert(id: i64, severity: Severity, state: AlertState) -> AlertRow {
    AlertRow {
        id,
        story_id: id,
        article_id: id,
        severity,
        category: if id % 2 == 0 { Category::Fees } else { Category::ClosureRefund },
        state,
        institution_id: "A1".into(),
        institution_name: "小河马艺术培训中心".into(),
        title: format!("培训机构人去楼空 家长退费无门（{id}）"),
        source_name: "江宁晚报".into(),
        tier: Tier::Municipal,
        published: Some(at("2026-11-23T23:30:00Z")),
        created_at: at("2026-11-24T00:01:00Z"),
        story_size: if id == 1 { 12 } else { 1 },
        why: "「小河马」与「人去楼空」同句".into(),
        rule: "runaway-closure".into(),
        pack_version: "guanlan@1a2b3c4d".into(),
        departments: Departments {
            lead: "教体局".into(), co: vec!["公安局".into(), "市场监管局".into()]
        },
        confidence: 0.93,
        version: 1,
        orientation: false,
    }
}

/// A day with something of everything.
pub fn busy() -> DigestData {
    let mut data = quiet();
    data.fetched_ok = 1_270;
    data.hits = 17;
    data.new_alerts = 9;
    data.new_alerts_before = 7;
    (data.confirmed, data.watching, data.rejected, data.waiting) = (1, 1, 4, 3);
    data.by_severity =
        [(Severity::Low, 1), (Severity::Medium, 5), (Severity::High, 2), (Severity::Urgent, 1)].into();
    data.by_category = [(Category::ClosureRefund, 5), (Category::Fees, 4)].into();
    data.waiting_total = 12;
    data.confirmed_total = 3;
    data.top = vec![
        alert(1, Severity::Urgent, AlertState::Waiting),
        alert(2, Severity::High, AlertState::Watching),
        alert(3, Severity::Medium, AlertState::Confirmed),
        alert(4, Severity::Medium, AlertState::Waiting),
        alert(5, Severity::Low, AlertState::Waiting),
    ];
    data.top_total = 5;
    data.gaps = vec![gap("江宁教育网"), gap("云溪论坛")];
    data.coverage.push(coverage("江宁教育网", Tier::Municipal, 24, 0));
    data.coverage.push(coverage("云溪政务", Tier::Government, 24, 11));
    data.leads = vec![LeadRow {
        id: 1,
        name: "小太阳托管班".into(),
        reason: "不在名录".into(),
        article_id: 1,
        article_title: "标题".into(),
        seen: 3,
        created_at: at("2026-11-24T00:00:00Z"),
    }];
    data
}
