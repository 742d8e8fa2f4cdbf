//! Things to store.

use chrono::{DateTime, Duration, Utc};
use guanlan_model::{
    Category, Departments, Finding, Form, Institution, InstitutionStatus, InstitutionType, Kind, Lead,
    LeadKind, MentionRef, Outcome, PageRole, Role, Screened, Severity, Span, Suppressed, Tier, Via,
};
use guanlan_store::{Committed, FetchRecord, NewArticle, NewCapture, NewPage, Processed, SourceSpec, Store};

pub fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

/// 10:00 in Shanghai on the day of most tests.
pub fn morning() -> DateTime<Utc> {
    at("2026-11-24T02:00:00Z")
}

pub fn near(a: u64, b: u64) -> bool {
    (a ^ b).count_ones() <= 3
}

pub fn institution(id: &str, name: &str) -> Institution {
    Institution {
        id: id.into(),
        name: name.into(),
        aliases: vec!["小河马".into()],
        category: InstitutionType::Arts,
        approver: "云溪县教体局".into(),
        supervisor: "云溪县文旅局".into(),
        town: "城关镇".into(),
        address: "云溪县城关镇一号".into(),
        scope: vec!["美术".into()],
        licence_no: "民1001".into(),
        credit_code: String::new(),
        licence_from: None,
        licence_to: chrono::NaiveDate::from_ymd_opt(2027, 1, 1),
        sites: vec!["https://hema.example/".into()],
        status: InstitutionStatus::Normal,
    }
}

pub fn source(id: &str) -> SourceSpec {
    SourceSpec {
        id: id.into(),
        name: format!("来源{id}"),
        tier: Tier::County,
        kind: "list".into(),
        url: format!("https://{id}.example/news/"),
        owner: None,
        stale_after_secs: 7 * 86_400,
        every_secs: 3_600,
        enabled: true,
        verified: true,
    }
}

pub fn page(url: &str) -> NewPage {
    NewPage {
        url: url.into(),
        role: PageRole::Article,
        depth: 1,
        title: Some("标题".into()),
        published: None,
    }
}

pub fn capture(now: DateTime<Utc>) -> NewCapture {
    NewCapture {
        final_url: "https://a.example/1".into(),
        status: 200,
        headers_json: r#"[["content-type","text/html"]]"#.into(),
        sha256: "ab".repeat(32),
        segment: "20261124-00.warc.gz".into(),
        offset: 0,
        length: 812,
        bytes: 2_048,
        fetched_at: now,
        remote: Some("203.0.113.7:443".into()),
    }
}

pub fn fetch(source_id: &str, page_id: Option<i64>, outcome: Outcome, now: DateTime<Utc>) -> FetchRecord {
    FetchRecord {
        source_id: source_id.into(),
        page_id,
        url: "https://a.example/1".into(),
        started_at: now,
        duration_ms: 120,
        outcome,
        detail: String::new(),
        capture: (outcome == Outcome::Fetched).then(|| capture(now)),
        next_at: None,
    }
}

pub fn article(url: &str, fingerprint: u64, now: DateTime<Utc>) -> NewArticle {
    NewArticle {
        url: url.into(),
        kind: Kind::News,
        tier: Tier::County,
        source_id: Some("a".into()),
        source_name: "云溪发布".into(),
        publisher: None,
        origin: None,
        title: "培训机构人去楼空".into(),
        body: "小河马艺术培训中心人去楼空。\n家长要求退费。".into(),
        published: Some(now - Duration::hours(3)),
        date_confidence: 1.0,
        fetched_at: now,
        fingerprint,
        charset: "utf-8".into(),
        owner: None,
        external_id: None,
        content_sha256: format!("{fingerprint:064x}"),
    }
}

pub fn finding(institution: &str, category: Category, severity: Severity, confidence: f64) -> Finding {
    Finding {
        institution: institution.into(),
        category,
        rule: format!("{category}-rule"),
        severity,
        confidence,
        orientation: false,
        role: Role::Accused,
        departments: Departments { lead: "教体局".into(), co: vec!["公安局".into()] },
        basis: vec!["办法第一条".into()],
        spans: vec![Span {
            field: "body".into(),
            start: 9,
            end: 13,
            text: "人去楼空".into(),
            form: Form::Exact,
        }],
        mention: MentionRef {
            field: "body".into(),
            start: 0,
            end: 9,
            text: "小河马艺术培训中心".into(),
            via: Via::Name,
        },
        reason: format!("「小河马」与「人去楼空」同句（{severity}）"),
    }
}

pub fn screened(findings: Vec<Finding>) -> Screened {
    Screened {
        id: "x".into(),
        findings,
        suppressed: vec![Suppressed {
            rule: "r".into(),
            institution: String::new(),
            by: "「不承诺」".into(),
        }],
        leads: vec![Lead {
            name: "小太阳托管班".into(),
            reason: "不在名录".into(),
            kind: LeadKind::Unregistered,
            candidates: vec![],
        }],
    }
}

pub fn processed(article: Option<NewArticle>, findings: Vec<Finding>) -> Processed {
    Processed {
        outcome: if article.is_some() { Outcome::Fetched } else { Outcome::NotArticle },
        detail: String::new(),
        screened: article.as_ref().map(|_| screened(findings)),
        article,
        pack_version: "base@1234".into(),
        register_version: "1@abcd".into(),
        discovered: vec![],
        etag: None,
        last_modified: None,
        next_at: None,
    }
}

/// A store with the source `a` and two institutions.
pub async fn county(store: &Store) {
    store.sync_sources(&[source("a")], morning()).await.unwrap();
    let rows = [institution("A1", "小河马艺术培训中心"), institution("A2", "云溪县青禾教育")];
    store.apply_register(&rows, false, "lin", "名录.xlsx", morning()).await.unwrap();
}

/// Adds pages to the frontier as a list of that source does.
pub async fn discover(store: &Store, source_id: &str, pages: &[NewPage], now: DateTime<Utc>) {
    let capture_id =
        store.commit_fetch(&fetch(source_id, None, Outcome::Fetched, now)).await.unwrap().unwrap();
    let read = Processed { discovered: pages.to_vec(), ..processed(None, vec![]) };
    store.commit_processed(capture_id, &read, &near, now).await.unwrap();
}

/// Fetches and commits one article with its findings.
pub async fn publish(
    store: &Store,
    article: NewArticle,
    findings: Vec<Finding>,
    now: DateTime<Utc>,
) -> Committed {
    let capture_id = store.commit_fetch(&fetch("a", None, Outcome::Fetched, now)).await.unwrap().unwrap();
    store.commit_processed(capture_id, &processed(Some(article), findings), &near, now).await.unwrap()
}

/// Raises one alert and answers its id.
pub async fn alert(store: &Store, n: u64, severity: Severity, now: DateTime<Utc>) -> i64 {
    let spread = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let article = article(&format!("https://a.example/{n}"), spread, now);
    let committed =
        publish(store, article, vec![finding("A1", Category::ClosureRefund, severity, 0.9)], now).await;
    committed.new_alerts[0]
}
