//! Rounds of collecting against a real server on loopback, with a clock that the test sets.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration as Span, Utc};
use guanlan_archive::LocalArchive;
use guanlan_crawl::{FetchPolicy, Fetcher, Source, SourceKind};
use guanlan_evidence::{Response as Stored, Vault};
use guanlan_extract::{ListSelectors, Selectors};
use guanlan_model::{Health, Institution, InstitutionStatus, InstitutionType, Kind, Outcome, Tier};
use guanlan_pipeline::{Engine, Parts, Progress, Round};
use guanlan_store::{FetchRecord, NewCapture, SourceState, Store};
use guanlan_text::Segmenter;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Seconds that the tests' clock is ahead of the wall clock. One test at a time moves it (see [`turn`]).
static AHEAD: AtomicI64 = AtomicI64::new(0);
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn clock() -> DateTime<Utc> {
    Utc::now() + Span::seconds(AHEAD.load(Ordering::SeqCst))
}

fn later(span: Span) {
    AHEAD.fetch_add(span.num_seconds(), Ordering::SeqCst);
}

async fn turn() -> tokio::sync::MutexGuard<'static, ()> {
    let guard = TURN.lock().await;
    AHEAD.store(0, Ordering::SeqCst);
    guard
}

#[derive(Default)]
struct Server {
    pages: Mutex<HashMap<String, String>>,
    seen: Mutex<Vec<(String, bool)>>,
    broken: Mutex<bool>,
    /// Paths that answer 503.
    down: Mutex<HashSet<String>>,
}

impl Server {
    async fn start() -> (Arc<Server>, u16) {
        let server = Arc::new(Server::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (server, port)
    }

    fn put(&self, path: &str, body: impl Into<String>) {
        self.pages.lock().unwrap().insert(path.into(), body.into());
    }

    /// Requests for a path: all of them, and those that carried a validator.
    fn seen(&self, path: &str) -> (usize, usize) {
        let seen = self.seen.lock().unwrap();
        let of_path = seen.iter().filter(|(p, _)| p == path);
        (of_path.clone().count(), of_path.filter(|(_, conditional)| *conditional).count())
    }
}

async fn answer(State(server): State<Arc<Server>>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().to_owned();
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).map(str::to_owned);
    server.seen.lock().unwrap().push((path.clone(), asked.is_some()));
    if *server.broken.lock().unwrap() || server.down.lock().unwrap().contains(&path) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Some(body) = server.pages.lock().unwrap().get(&path).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag =
        format!("\"{:x}\"", body.bytes().fold(0u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b))));
    if asked.as_deref() == Some(&tag) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(header::ETAG, tag), (header::CONTENT_TYPE, "text/html; charset=utf-8".into())], body).into_response()
}

fn source(port: u16, kind: SourceKind) -> Source {
    let path = if kind == SourceKind::List { "/list.html" } else { "/" };
    Source {
        id: "t".into(),
        name: "测试站".into(),
        tier: Tier::County,
        kind,
        url: format!("http://127.0.0.1:{port}{path}").parse().unwrap(),
        article_kind: if kind == SourceKind::Site { Kind::Promo } else { Kind::News },
        owner: (kind == SourceKind::Site).then(|| "Y1".to_owned()),
        every: Duration::from_secs(600),
        stale_after: Duration::from_secs(3 * 24 * 3600),
        list: (kind == SourceKind::List).then(|| ListSelectors { item: "li".into(), link: None, date: None }),
        page: Selectors::default(),
        max_depth: 2,
        budget: 50,
        ports: vec![port],
        verified: true,
        enabled: true,
    }
}

fn institution() -> Institution {
    Institution {
        id: "Y1".into(),
        name: "云溪县蓝海豚游泳培训有限公司".into(),
        aliases: vec!["蓝海豚".into()],
        category: InstitutionType::Sports,
        approver: "教体局".into(),
        supervisor: "教体局".into(),
        town: "东湖街道".into(),
        address: "云溪县东湖街道湖滨路1号".into(),
        scope: vec!["游泳".into()],
        licence_no: String::new(),
        credit_code: String::new(),
        licence_from: None,
        licence_to: None,
        sites: Vec::new(),
        status: InstitutionStatus::Normal,
    }
}

struct Bench {
    engine: Engine,
    _folder: tempfile::TempDir,
}

async fn bench(source: Source) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("guanlan.db").display())).await.unwrap();
    store.apply_register(&[institution()], true, "test", "test.csv", clock()).await.unwrap();
    let policy =
        FetchPolicy { allow_private: vec!["127.0.0.0/8".parse().unwrap()], ..FetchPolicy::default() };
    let engine = Engine::new(Parts {
        store,
        vault: Vault::open(folder.path().join("evidence")).unwrap(),
        archive: Arc::new(LocalArchive::open(&folder.path().join("index"), Segmenter::new([])).unwrap()),
        fetcher: Fetcher::new(policy).unwrap(),
        sources: vec![source],
        pack: guanlan_rules::builtin(),
        departments: guanlan_review::Departments::builtin(),
        spacing: Duration::ZERO,
        clock,
    })
    .await
    .unwrap();
    Bench { engine, _folder: folder }
}

impl Bench {
    async fn round(&self) -> Round {
        self.engine.round(&Progress::default()).await.unwrap()
    }

    async fn outcomes(&self) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> =
            self.engine.store().ledger(None, 1000).await.unwrap().into_iter().map(|r| r.outcome).collect();
        outcomes.reverse();
        outcomes
    }

    async fn state(&self) -> SourceState {
        self.engine.store().sources(clock()).await.unwrap().remove(0)
    }

    async fn health(&self) -> (Health, Option<String>) {
        let state = self.state().await;
        (state.health, state.trouble)
    }

    async fn consistent(&self) {
        assert_eq!(self.engine.store().check_invariants().await.unwrap(), Vec::<String>::new());
    }
}

fn list(items: &[(&str, &str)]) -> String {
    let today = guanlan_model::time::day(clock());
    items.iter().map(|(href, title)| format!("<li><a href=\"{href}\">{title}</a> {today}</li>")).collect()
}

fn page(title: &str, body: &str) -> String {
    format!("<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{body}</p></body></html>")
}

const DANGER: &str = "检查人员发现，蓝海豚游泳馆的安全出口被铁链锁住，灭火器已过期，消防部门责令其限期改正。";

#[tokio::test]
async fn a_source_is_asked_by_its_rhythm_and_conditionally() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    server.put("/list.html", list(&[("/a.html", "甲")]));
    server.put("/a.html", page("消防检查", DANGER));
    let bench = bench(source(port, SourceKind::List)).await;
    let first = bench.round().await;
    assert_eq!((first.sources, first.articles, first.alerts), (1, 1, 1));
    assert_eq!(bench.round().await.sources, 0, "not due yet");
    later(Span::minutes(15));
    let second = bench.round().await;
    assert_eq!((second.sources, second.fetched, second.articles), (1, 1, 0));
    assert_eq!(server.seen("/list.html"), (2, 1), "the second request carried the validator");
    assert_eq!(server.seen("/a.html").0, 1, "an article is fetched once");
    assert_eq!(bench.outcomes().await.last(), Some(&Outcome::Unchanged));
    assert_eq!(bench.health().await.0, Health::Normal);
    bench.consistent().await;
}

#[tokio::test]
async fn silence_is_an_alarm_and_recovery_clears_it() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    server.put("/list.html", list(&[("/a.html", "甲")]));
    server.put("/a.html", page("消防检查", DANGER));
    let bench = bench(source(port, SourceKind::List)).await;
    assert_eq!(bench.round().await.gaps, 0);
    // HTTP 200 (or 304) with old items is stale.
    later(Span::days(4));
    assert_eq!(bench.round().await.gaps, 1);
    let (health, why) = bench.health().await;
    assert_eq!(health, Health::Trouble);
    assert!(why.unwrap().contains("陈旧"), "the reason is said");
    server.put("/list.html", list(&[("/b.html", "乙")]));
    server.put("/b.html", page("书画展", "青少年书画展昨天在县文化馆开幕，展出作品一百二十件，展期一个月。"));
    later(Span::hours(12));
    assert_eq!(bench.round().await.gaps, 0);
    *server.broken.lock().unwrap() = true;
    later(Span::hours(12));
    assert_eq!(bench.round().await.gaps, 1);
    assert!(bench.health().await.1.unwrap().contains("503"));
    bench.consistent().await;
}

#[tokio::test]
async fn a_failing_page_is_tried_again_later_and_then_given_up() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    server.put("/list.html", list(&[("/gone.html", "甲")]));
    let bench = bench(source(port, SourceKind::List)).await;
    bench.round().await;
    assert_eq!(bench.outcomes().await, [Outcome::NotArticle, Outcome::HttpClient], "404 is final");
    later(Span::days(1));
    bench.round().await;
    assert_eq!(server.seen("/gone.html").0, 1);
    bench.consistent().await;
}

#[tokio::test]
async fn a_host_that_asks_for_a_day_does_not_stop_the_round() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    server.put("/robots.txt", "User-agent: *\nCrawl-delay: 86400\n");
    server.put("/list.html", list(&[("/a.html", "甲"), ("/b.html", "乙")]));
    server.put("/a.html", page("消防检查", DANGER));
    let bench = bench(source(port, SourceKind::List)).await;
    let round = async || {
        let round = tokio::time::timeout(Duration::from_secs(20), bench.round()).await;
        round.expect("the round does not sit the delay out")
    };
    assert_eq!(round().await.fetched, 1, "the list, and nothing more today");
    assert_eq!(bench.outcomes().await, [Outcome::NotArticle]);
    later(Span::minutes(15));
    round().await;
    let state = bench.state().await;
    assert_eq!((state.failures, state.health), (0, Health::Normal));
    assert!(state.next_fetch_at.unwrap() > clock() + Span::hours(23), "{:?}", state.next_fetch_at);
    assert_eq!(bench.outcomes().await.len(), 1, "nobody was asked, so nothing is counted");
    bench.consistent().await;
}

#[tokio::test]
async fn a_page_that_was_always_there_survives_its_first_failure() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    let home = "蓝海豚游泳馆，常年开设少儿游泳课程，欢迎到馆参观。<a href=\"/news.html\">动态</a>";
    server.put("/", page("蓝海豚", home));
    server
        .put("/news.html", page("开班通知", "寒假游泳班周一开班，教练持证上岗，收费在前台公示，欢迎咨询。"));
    let bench = bench(source(port, SourceKind::Site)).await;
    for _ in 0..6 {
        bench.round().await;
        later(Span::hours(1));
    }
    server.down.lock().unwrap().insert("/news.html".into());
    bench.round().await;
    assert_eq!(bench.outcomes().await.last(), Some(&Outcome::HttpServer));
    server.down.lock().unwrap().clear();
    let seen = server.seen("/news.html").0;
    later(Span::minutes(5));
    bench.round().await;
    assert_eq!(server.seen("/news.html").0, seen + 1, "it is asked again soon");
    bench.consistent().await;
}

#[tokio::test]
async fn what_could_not_be_read_is_never_unchanged() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    server.put("/list.html", list(&[]) + "<p>改版公告</p>");
    let bench = bench(source(port, SourceKind::List)).await;
    for _ in 0..3 {
        bench.round().await;
        later(Span::hours(2));
    }
    assert_eq!(bench.outcomes().await, [Outcome::ParseFailed; 3]);
    assert_eq!(server.seen("/list.html"), (3, 0), "no validator of a page that was no list");
    assert_eq!(bench.state().await.failures, 3);
    bench.consistent().await;
}

#[tokio::test]
async fn a_wall_is_tried_again_until_it_is_gone() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    server.put("/list.html", list(&[("/a.html", "甲")]));
    server.put("/a.html", page("安全验证", "您的访问请求被拦截，请完成验证后即可继续访问。"));
    let bench = bench(source(port, SourceKind::List)).await;
    bench.round().await;
    assert_eq!(bench.outcomes().await, [Outcome::NotArticle, Outcome::Blocked]);
    server.put("/a.html", page("消防检查", DANGER));
    later(Span::minutes(2));
    assert_eq!(bench.round().await.articles, 1, "{:?}", bench.outcomes().await);
    later(Span::days(2));
    bench.round().await;
    assert_eq!(server.seen("/a.html").0, 2, "an article that was read is done");
    bench.consistent().await;
}

#[tokio::test]
async fn an_outage_is_waited_out_for_three_days() {
    let _turn = turn().await;
    for (steps, read) in [(8, 1), (14, 0)] {
        let (server, port) = Server::start().await;
        server.put("/list.html", list(&[("/a.html", "甲")]));
        server.put("/a.html", page("消防检查", DANGER));
        server.down.lock().unwrap().insert("/a.html".into());
        let bench = bench(source(port, SourceKind::List)).await;
        let progress = Progress::default();
        for _ in 0..steps {
            bench.engine.round(&progress).await.unwrap();
            later(Span::hours(8));
        }
        server.down.lock().unwrap().clear();
        later(Span::hours(8));
        let round = bench.round().await;
        assert_eq!(round.articles, read, "after {steps} times eight hours: {:?}", bench.outcomes().await);
        bench.consistent().await;
    }
}

#[tokio::test]
async fn a_host_whose_robots_are_out_of_reach_is_one_line_in_the_ledger() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    server.put("/list.html", list(&[("/a.html", "甲"), ("/b.html", "乙"), ("/c.html", "丙")]));
    server.put("/a.html", page("消防检查", DANGER));
    for path in ["/a.html", "/b.html", "/c.html"] {
        server.down.lock().unwrap().insert(path.into());
    }
    let bench = bench(source(port, SourceKind::List)).await;
    bench.round().await;
    let before = bench.outcomes().await;
    assert_eq!(before.len(), 4);
    *server.broken.lock().unwrap() = true;
    later(Span::hours(25));
    bench.round().await;
    let after = bench.outcomes().await;
    assert_eq!(after[4..], [Outcome::HttpServer], "the source says it; its pages were not asked");
    *server.broken.lock().unwrap() = false;
    server.down.lock().unwrap().clear();
    later(Span::hours(1));
    assert_eq!(bench.round().await.articles, 1, "the other two are gone: {:?}", bench.outcomes().await);
    bench.consistent().await;
}

#[tokio::test]
async fn captures_whose_evidence_is_damaged_do_not_block_the_others() {
    let _turn = turn().await;
    let (_server, port) = Server::start().await;
    let bench = bench(source(port, SourceKind::List)).await;
    let url = format!("http://127.0.0.1:{port}/list.html");
    let stored = Stored {
        url: url.clone(),
        final_url: url.clone(),
        status: 200,
        headers: vec![("content-type".into(), "text/html; charset=utf-8".into())],
        body: list(&[("/a.html", "甲")]).into_bytes().into(),
        fetched_at: clock(),
        remote: None,
    };
    let place = bench.engine.vault().append(&stored).unwrap();
    let capture = |segment: &str| NewCapture {
        final_url: url.clone(),
        status: 200,
        headers_json: "[]".into(),
        sha256: place.sha256.clone(),
        segment: segment.into(),
        offset: place.offset,
        length: place.length,
        bytes: stored.body.len() as u64,
        fetched_at: clock(),
        remote: None,
    };
    let fetched = |segment: &str| FetchRecord {
        source_id: "t".into(),
        page_id: None,
        url: url.clone(),
        started_at: clock(),
        duration_ms: 1,
        outcome: Outcome::Fetched,
        detail: String::new(),
        capture: Some(capture(segment)),
        next_at: None,
    };
    let store = bench.engine.store();
    for _ in 0..205 {
        store.commit_fetch(&fetched("19990101-00.warc.gz")).await.unwrap();
    }
    store.commit_fetch(&fetched(&place.segment)).await.unwrap();
    assert_eq!(bench.engine.recover(&Progress::default()).await.unwrap(), 1);
    assert_eq!(store.due_pages(clock(), 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_promotional_page_is_read_again_when_it_changes() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    server.put(
        "/",
        page("蓝海豚", "蓝海豚游泳馆，常年开设少儿游泳课程，欢迎到馆参观。<a href=\"/news.html\">动态</a>"),
    );
    server
        .put("/news.html", page("开班通知", "寒假游泳班周一开班，教练持证上岗，收费在前台公示，欢迎咨询。"));
    let bench = bench(source(port, SourceKind::Site)).await;
    let first = bench.round().await;
    assert_eq!((first.articles, first.alerts), (2, 0));
    server.put("/news.html", page("开班通知", "寒假语文数学培优班周一开班，签约保分，不过退费，欢迎报名。"));
    later(Span::days(2));
    let second = bench.round().await;
    assert_eq!(second.articles, 1, "only what changed: {:?}", bench.outcomes().await);
    assert!(second.alerts >= 1);
    bench.consistent().await;
}

#[tokio::test]
async fn a_register_imported_while_running_takes_part_in_the_next_round() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    server.put("/list.html", list(&[("/a.html", "甲")]));
    server.put("/a.html", page("消防检查", &DANGER.replace("蓝海豚游泳馆", "小白鲸戏水馆")));
    let bench = bench(source(port, SourceKind::List)).await;
    assert_eq!(bench.round().await.alerts, 0);
    let newcomer = Institution {
        id: "Y2".into(),
        name: "云溪县小白鲸戏水馆".into(),
        aliases: vec!["小白鲸戏水馆".into()],
        ..institution()
    };
    bench.engine.store().apply_register(&[newcomer], false, "test", "new.csv", clock()).await.unwrap();
    server.put("/list.html", list(&[("/a.html", "甲"), ("/b.html", "乙")]));
    server.put(
        "/b.html",
        page("消防复查", &DANGER.replace("蓝海豚游泳馆", "小白鲸戏水馆").replace("铁链", "挂锁")),
    );
    later(Span::hours(1));
    assert_eq!(bench.round().await.alerts, 1);
    bench.consistent().await;
}

#[tokio::test]
async fn i5_a_rebuilt_index_gives_the_same_hits() {
    let _turn = turn().await;
    let (server, port) = Server::start().await;
    server.put("/list.html", list(&[("/a.html", "甲"), ("/b.html", "乙")]));
    server.put("/a.html", page("消防检查", DANGER));
    server.put("/b.html", page("书画展", "青少年书画展昨天在县文化馆开幕，展出作品一百二十件，展期一个月。"));
    let bench = bench(source(port, SourceKind::List)).await;
    bench.round().await;
    assert_eq!(bench.engine.index_outbox().await.unwrap(), 2);
    let query = guanlan_rules::query::parse(
        "\"安全出口\" 或 书画展",
        guanlan_rules::query::Dialect::Search,
        guanlan_model::time::day(clock()),
    )
    .unwrap();
    let request = guanlan_archive::SearchRequest { expr: Some(query), limit: 10, ..Default::default() };
    let hits = |e: &Engine| {
        let answer = e.archive().search(&request).unwrap();
        answer.hits.into_iter().map(|h| (h.id, h.title, h.snippet)).collect::<Vec<_>>()
    };
    let before = hits(&bench.engine);
    assert_eq!(before.len(), 2);
    guanlan_pipeline::rebuild_index(bench.engine.store(), bench.engine.archive()).await.unwrap();
    assert_eq!(hits(&bench.engine), before);
}
