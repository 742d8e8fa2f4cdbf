//! The rules in force: approved drafts, packs of the past, and a changed pack over the archive.

use chrono::{DateTime, Utc};
use guanlan_model::{AlertState, DraftStep};
use guanlan_model::{
    Institution, InstitutionStatus, InstitutionType, Kind, Outcome, Screened, Severity, Tier, Verdict,
};
use guanlan_pipeline::{Period, Quick, Rulebook, StoredText, backtest, screen_again, try_change};
use guanlan_review::Departments;
use guanlan_rules::{Pack, draft_over, load_texts};
use guanlan_store::{DraftText, FetchRecord, NewArticle, NewCapture, Processed, SourceSpec, Store};
use std::sync::Arc;
use std::time::Duration;

const FILES: &str = "[lists]\n'停业词' = ['人去楼空', '关门停业']\n
[[rule]]\nid = 'closed'\nname = '闭店'\ncategory = 'closure-refund'\nseverity = 'urgent'\napplies_to = ['news']
match = '@停业词'\nlead = '教体局'\n
[[rule]]\nid = 'fees'\nname = '超收'\ncategory = 'fees'\nseverity = 'low'\napplies_to = ['news']\nmatch = '超收学费'
lead = '教体局'\n";

const DRAFT: &str = "[[rule]]\nid = 'blocked'\nname = '通道堵塞'\ncategory = 'fire'\nseverity = 'high'\napplies_to = ['news']
match = '安全出口被堵'\nlead = '教体局'\n[[rule.example]]\ntext = '小河马艺术培训中心安全出口被堵。'\nfires = true\n";

fn now() -> DateTime<Utc> {
    "2026-11-24T02:00:00Z".parse().unwrap()
}

fn files(text: &str) -> Pack {
    load_texts("t", &[("t.toml", text)]).unwrap()
}

struct Place {
    store: Store,
    _folder: tempfile::TempDir,
}

async fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.unwrap();
    let institution = Institution {
        id: "A1".into(),
        name: "小河马艺术培训中心".into(),
        aliases: vec!["小河马艺术".into()],
        category: InstitutionType::Arts,
        approver: String::new(),
        supervisor: String::new(),
        town: "城关镇".into(),
        address: String::new(),
        scope: vec![],
        licence_no: String::new(),
        credit_code: String::new(),
        licence_from: None,
        licence_to: None,
        sites: vec![],
        status: InstitutionStatus::Normal,
    };
    store.apply_register(&[institution], false, "lin", "名录.csv", now()).await.unwrap();
    let source = SourceSpec {
        id: "a".into(),
        name: "云溪发布".into(),
        tier: Tier::County,
        kind: "list".into(),
        url: "https://a.example/".into(),
        owner: None,
        stale_after_secs: 1_000_000,
        every_secs: 3_600,
        enabled: true,
        verified: true,
    };
    store.sync_sources(&[source], now()).await.unwrap();
    Place { store, _folder: folder }
}

async fn rulebook(store: &Store, files: Pack) -> Rulebook {
    Rulebook::open(store.clone(), files, Departments::builtin(), now()).await.unwrap()
}

async fn approve(store: &Store, rule_id: &str, toml: &str) -> i64 {
    let text = DraftText { rule_id, name: "规则", toml };
    let id = store.create_draft(text, "lin", now()).await.unwrap();
    store.step_draft(id, 1, DraftStep::Propose, "", "lin", now()).await.unwrap();
    store.step_draft(id, 2, DraftStep::Approve, "", "wu", now()).await.unwrap();
    id
}

fn article(n: u64, body: &str, published: Option<DateTime<Utc>>) -> NewArticle {
    let text = StoredText::of(&format!("第{n}篇"), body);
    NewArticle {
        url: format!("https://a.example/{n}"),
        kind: Kind::News,
        tier: Tier::County,
        source_id: None,
        source_name: "云溪发布".into(),
        publisher: None,
        origin: None,
        published,
        date_confidence: 1.0,
        fetched_at: now(),
        fingerprint: n << 32,
        charset: "utf-8".into(),
        owner: None,
        external_id: None,
        content_sha256: text.content_sha256,
        title: text.title,
        body: text.body,
    }
}

/// Stores an article with what screening says about it, as the pipeline does.
async fn publish(store: &Store, rules: &Rulebook, article: NewArticle) -> (i64, Vec<i64>) {
    let fetch = FetchRecord {
        source_id: "a".into(),
        page_id: None,
        url: article.url.clone(),
        started_at: now(),
        duration_ms: 1,
        outcome: Outcome::Fetched,
        detail: String::new(),
        capture: Some(NewCapture {
            final_url: article.url.clone(),
            status: 200,
            headers_json: "[]".into(),
            sha256: "ab".repeat(32),
            segment: "s".into(),
            offset: 0,
            length: 1,
            bytes: 1,
            fetched_at: now(),
            remote: None,
        }),
        next_at: None,
    };
    let capture = store.commit_fetch(&fetch).await.unwrap().unwrap();
    let screening = rules.in_force();
    let processed = Processed {
        outcome: Outcome::Fetched,
        detail: String::new(),
        screened: Some(screen(rules, &article)),
        article: Some(NewArticle { source_id: Some("a".into()), ..article }),
        pack_version: screening.version().to_owned(),
        register_version: screening.register_version.clone(),
        discovered: vec![],
        etag: None,
        last_modified: None,
        next_at: None,
    };
    let near = |a: u64, b: u64| a == b;
    let committed = store.commit_processed(capture, &processed, &near, now()).await.unwrap();
    (committed.article_id.unwrap(), committed.new_alerts)
}

fn screen(rules: &Rulebook, article: &NewArticle) -> Screened {
    let article = guanlan_model::Article {
        id: "1".into(),
        kind: article.kind,
        source: article.source_name.clone(),
        tier: article.tier,
        url: article.url.clone(),
        published: article.published.map(guanlan_model::time::to_shanghai),
        title: article.title.clone(),
        body: article.body.clone(),
        owner: None,
    };
    rules.in_force().screen(&article, guanlan_model::time::day(now()))
}

#[tokio::test]
async fn an_alert_is_made_again_from_its_pack_version_and_its_text() {
    let place = place().await;
    let store = &place.store;
    let rules = rulebook(store, files(FILES)).await;
    let first = rules.in_force().version().to_owned();
    let text = "小河马艺术培训中心人去楼空，安全出口被堵。";
    let (article_id, alerts) = publish(store, &rules, article(1, text, None)).await;
    assert_eq!(alerts.len(), 1);

    // The rule changes and another joins; what was said before can still be told.
    approve(store, "blocked", DRAFT).await;
    let changed = DRAFT.replace("blocked", "closed").replace("安全出口被堵", "查无此事");
    approve(store, "closed", &changed).await;
    rules.refresh(now()).await.unwrap();
    let second = rules.in_force().version().to_owned();
    assert_ne!(first, second);
    let row = store.article(article_id).await.unwrap().unwrap();
    let categories =
        |screened: &Screened| screened.findings.iter().map(|f| f.rule.clone()).collect::<Vec<_>>();
    assert_eq!(categories(&screen_again(&rules.in_force(), &row)), ["blocked"]);
    let detail = store.alert_detail(alerts[0]).await.unwrap().unwrap();
    let found = &detail.findings[0];
    assert_eq!(
        (found.pack_version.as_str(), detail.row.pack_version.as_str()),
        (first.as_str(), first.as_str())
    );
    let then = rules.past(&found.pack_version).await.unwrap().unwrap();
    assert_eq!(then.version(), first);
    assert_eq!(screen_again(&then, &row).findings, std::slice::from_ref(&found.finding));
    assert!(rules.past("t@00000000").await.unwrap().is_none());

    // Another process with the same files and the same drafts has the same pack.
    assert_eq!(rulebook(store, files(FILES)).await.in_force().version(), second);
    let packs = store.rule_packs(9).await.unwrap();
    assert_eq!(packs.iter().map(|p| p.version.as_str()).collect::<Vec<_>>().len(), 2);
    assert_eq!(store.check_invariants().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn an_approved_rule_that_does_not_fit_the_files_any_more_is_left_out() {
    let place = place().await;
    let store = &place.store;
    approve(store, "blocked", DRAFT).await;
    let listed =
        approve(store, "more", &DRAFT.replace("'安全出口被堵'", "'@停业词'").replace("blocked", "more"))
            .await;
    let rules = rulebook(store, files(FILES)).await;
    assert_eq!((rules.in_force().pack.rules.len(), rules.in_force().left_out.len()), (4, 0));
    let without_list = FILES.replace("'停业词'", "'歇业词'").replace("@停业词", "@歇业词");
    let rules = rulebook(store, files(&without_list)).await;
    let in_force = rules.in_force();
    assert_eq!((in_force.pack.rules.len(), in_force.left_out.len()), (3, 1));
    assert_eq!((in_force.left_out[0].draft, in_force.left_out[0].rule_id.as_str()), (listed, "more"));
    assert!(in_force.left_out[0].why.contains("@停业词 没有定义"), "{}", in_force.left_out[0].why);
    // It is left out, not forgotten: taking it out clears the notice.
    store.step_draft(listed, 3, DraftStep::AskWithdrawal, "词表没有了", "lin", now()).await.unwrap();
    store.step_draft(listed, 4, DraftStep::Withdraw, "", "wu", now()).await.unwrap();
    rules.refresh(now()).await.unwrap();
    assert_eq!(rules.in_force().left_out, []);
}

#[tokio::test]
async fn a_changed_pack_is_tried_on_the_archive() {
    let place = place().await;
    let store = &place.store;
    let rules = rulebook(store, files(FILES)).await;
    let day = |n: u32| Some(format!("2026-11-{n:02}T04:00:00Z").parse().unwrap());
    let blocked = "小河马艺术培训中心安全出口被堵。";
    let (_, raised) = publish(store, &rules, article(1, "小河马艺术培训中心人去楼空。", day(20))).await;
    store.judge(raised[0], 1, Verdict::Confirm, None, "", "lin", now()).await.unwrap();
    publish(store, &rules, article(2, "云溪县举办花展。", day(21))).await;
    publish(store, &rules, article(3, "花店安全出口被堵。", day(21))).await;
    // Imported articles raise nothing, and are tried all the same.
    let imported = [article(4, blocked, day(22)), article(5, blocked, day(1))];
    store.import_articles(&imported, &|_, _| false, now()).await.unwrap();

    let old = rules.in_force();
    let drafted = draft_over(&old.pack, "草稿1.toml", DRAFT);
    let without_closed = drafted.pack.unwrap();
    let new = Arc::new(old.with_pack(without_closed).unwrap());
    let period = Period { since: "2026-11-10".parse().unwrap(), until: "2026-11-24".parse().unwrap() };
    let mut days = Vec::new();
    let report = backtest(store, &old, &new, period, |day, _| days.push(day)).await.unwrap();
    assert_eq!((report.articles, report.old, report.new, report.gained, report.lost), (4, 1, 2, 1, 0));
    let gained = &report.gained_alerts[0];
    assert_eq!(
        (gained.title.as_str(), gained.institution.as_str(), gained.rule.as_str()),
        ("第4篇", "A1", "blocked")
    );
    assert_eq!(
        (gained.severity, gained.day, gained.verdict),
        (Severity::High, "2026-11-22".parse().unwrap(), None)
    );
    assert_eq!((report.verdicts.old.right, report.verdicts.new.right), (1, 1));
    assert!(days.is_sorted() && days.first() == Some(&period.since) && days.last() == Some(&period.until));

    let quick = Quick { patience: Duration::from_secs(20), stories: 100 };
    let (tried, since) = try_change(store, &old, &new, period, quick).await.unwrap();
    assert_eq!((tried.gained_alerts, tried.lost, since), (report.gained_alerts, 0, period.since));
    assert_eq!(tried.articles, 4);

    // The other way round, what was gained is lost; a confirmed alert that is lost is told.
    let back = backtest(store, &new, &old, period, |_, _| ()).await.unwrap();
    assert_eq!((back.gained, back.lost), (0, 1));
    let none = Arc::new(old.with_pack(files(&FILES.replace("'@停业词'", "'查无此事'"))).unwrap());
    let report = backtest(store, &old, &none, period, |_, _| ()).await.unwrap();
    assert_eq!((report.lost, report.verdicts.lost.right, report.verdicts.new.right), (1, 1, 0));
    assert_eq!(report.lost_alerts[0].verdict, Some(AlertState::Confirmed));

    // A page's patience is kept, and how far it reached is told.
    let hasty = Quick { patience: Duration::ZERO, stories: 100 };
    let (tried, since) = try_change(store, &old, &new, period, hasty).await.unwrap();
    assert_eq!((tried.articles, since), (0, period.until));
}
