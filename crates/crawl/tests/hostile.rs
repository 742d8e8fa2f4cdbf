//! The fetcher against servers that misbehave. Names carry the row of the list of bad inputs they cover.

mod site;

use guanlan_crawl::{
    FetchError, FetchPolicy, FetchRequest, Fetched, Fetcher, Limits, Lookup, Names, RedirectProblem, Refusal,
    TimeoutPhase, TooLarge,
};
use guanlan_model::Outcome;
use site::{Answer, Site, page, raw, redirect};
use std::collections::VecDeque;
use std::io::Write;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

const SHORT: Duration = Duration::from_millis(300);

fn policy() -> FetchPolicy {
    let limits = Limits { raw: 256 * 1024, decoded: 4 * 1024 * 1024, ..Limits::default() };
    FetchPolicy {
        contact: "wxb@county.example".into(),
        allow_private: vec!["127.0.0.1/32".parse().unwrap()],
        limits,
        ..FetchPolicy::default()
    }
}

fn impatient() -> Fetcher {
    let mut policy = policy();
    policy.limits =
        Limits { connect: SHORT, first_byte: SHORT, window: SHORT, min_rate: 100_000, ..policy.limits };
    Fetcher::new(policy).unwrap()
}

fn request<'a>(url: &'a Url, ports: &'a [u16]) -> FetchRequest<'a> {
    FetchRequest { url, etag: None, last_modified: None, ports, robots: None }
}

async fn fetch_with(fetcher: &Fetcher, site: &Site, path: &str) -> Result<Fetched, FetchError> {
    fetcher.fetch(&request(&site.url(path), &site.ports())).await
}

async fn fetch(site: &Site, path: &str) -> Result<Fetched, FetchError> {
    fetch_with(&Fetcher::new(policy()).unwrap(), site, path).await
}

async fn fails(answer: Answer) -> FetchError {
    let site = Site::start([("/", answer)]).await;
    fetch(&site, "/").await.unwrap_err()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[tokio::test]
async fn a_page_is_fetched() {
    let body = gzip("正文".as_bytes());
    let site = Site::start([(
        "/a",
        page("200 OK", "Content-Encoding: gzip\r\nETag: \"1\"\r\nX-Raw: \u{e9}\r\n", &body),
    )])
    .await;
    let fetched = fetch(&site, "/a").await.unwrap();
    assert_eq!((fetched.status, &*fetched.body), (200, "正文".as_bytes()));
    assert_eq!(fetched.header("etag"), Some("\"1\""));
    assert_eq!(fetched.remote, Some(site.addr));
    assert_eq!(fetched.hops, [site.url("/a")]);
    let sent = &site.requests()[0];
    assert!(sent.contains("user-agent: guanlanbot/") && sent.contains("(+wxb@county.example)"), "{sent}");
}

#[test]
fn s9_proxies_of_the_environment_are_ignored() {
    let me = std::env::current_exe().unwrap();
    let mut child = std::process::Command::new(me);
    child.args(["--exact", "a_page_is_fetched"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        child.env(name, "http://127.0.0.1:9/");
    }
    let output = child.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
async fn s1_s4_s6_redirects_are_vetted_on_every_hop() {
    let private = Site::start_on("127.0.0.2", [("/", page("200 OK", "", b"secret"))]).await;
    let inner: &'static str = format!("http://127.0.0.2:{}/", private.addr.port()).leak();
    let site = Site::start([
        ("/two", redirect("/one")),
        ("/one", redirect(inner)),
        ("/mapped", redirect("http://[::ffff:127.0.0.2]:8080/")),
        ("/decimal", redirect("http://2130706434/")),
        ("/octal", redirect("http://0177.0.0.2/")),
        ("/metadata", redirect("http://169.254.169.254/latest/meta-data/")),
        ("/file", redirect("file:///etc/passwd")),
        ("/gopher", redirect("gopher://127.0.0.1:70/")),
        ("/script", redirect("javascript:alert(1)")),
        ("/port", redirect("http://127.0.0.1:6379/")),
        ("/user", redirect("http://admin:pw@127.0.0.1/")),
        ("/backslash", redirect("http://127.0.0.1\\@public.example/")),
    ])
    .await;
    let ports = [site.addr.port(), private.addr.port()];
    let fetcher = Fetcher::new(policy()).unwrap();
    let paths = [
        "/one",
        "/two",
        "/mapped",
        "/decimal",
        "/octal",
        "/metadata",
        "/file",
        "/gopher",
        "/script",
        "/port",
        "/user",
        "/backslash",
    ];
    for path in paths {
        let error = fetcher.fetch(&request(&site.url(path), &ports)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::AddressRefused, "{path}: {error}");
        assert!(!error.zh().is_empty());
    }
    assert_eq!(private.requests().len(), 0);
}

#[tokio::test]
async fn s4_a_name_of_this_machine_is_refused() {
    let fetcher = Fetcher::new(FetchPolicy::default()).unwrap();
    for url in ["http://localhost/", "http://127.0.0.1/", "http://[::1]/", "http://0x7f.1/"] {
        let error = fetcher.fetch(&request(&Url::parse(url).unwrap(), &[])).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::AddressRefused, "{url}: {error:?}");
    }
}

/// Names that answer what they are told, one answer a lookup.
struct Scripted(Mutex<VecDeque<Vec<IpAddr>>>);

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Scripted> {
        Arc::new(Scripted(Mutex::new(
            answers.iter().map(|a| a.iter().map(|ip| ip.parse().unwrap()).collect()).collect(),
        )))
    }
}

impl Names for Scripted {
    fn lookup(&self, _: &str) -> Lookup {
        let answer = self.0.lock().unwrap().pop_front().unwrap_or_default();
        Box::pin(async move { Ok(answer) })
    }
}

#[tokio::test]
async fn s5_only_the_vetted_address_is_dialled() {
    let site = Site::start([("/", page("200 OK", "", b"public"))]).await;
    let port = site.addr.port();
    let private = tokio::net::TcpListener::bind(("127.0.0.2", port)).await.unwrap();
    let names = Scripted::new(&[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.2", "127.0.0.1"], &[]]);
    let fetcher = Fetcher::with_names(policy(), names).unwrap();
    let url = Url::parse(&format!("http://rebind.example:{port}/")).unwrap();
    let ask = || async { fetcher.fetch(&request(&url, &[port])).await };

    assert_eq!(&*ask().await.unwrap().body, b"public");
    let refused = ask().await.unwrap_err();
    assert!(
        matches!(&refused, FetchError::Refused(Refusal::Address { address, .. }) if address.to_string() == "127.0.0.2")
    );
    assert!(refused.zh().contains("allow_private"));
    // Of a mixed answer only the public address is tried.
    assert_eq!(ask().await.unwrap().remote, Some(site.addr));
    assert_eq!(ask().await.unwrap_err().outcome(), Outcome::Dns);
    let dialled = tokio::time::timeout(Duration::from_millis(20), private.accept()).await;
    assert!(dialled.is_err(), "the private address was dialled");
}

#[tokio::test]
async fn s6_no_cookie_and_no_credential_is_sent() {
    let site = Site::start([
        ("/", page("302 Found", "Set-Cookie: sid=1\r\nLocation: /next\r\n", b"")),
        ("/next", page("200 OK", "", b"ok")),
    ])
    .await;
    let fetched = fetch(&site, "/").await.unwrap();
    assert_eq!(fetched.hops, [site.url("/"), site.url("/next")]);
    for sent in site.requests() {
        for header in ["cookie:", "authorization:", "referer:"] {
            assert!(!sent.contains(header), "{sent}");
        }
    }
}

#[tokio::test]
async fn h1_a_bomb_is_stopped() {
    let bomb = gzip(&vec![0; 8 * 1024 * 1024]);
    let error = fails(page("200 OK", "Content-Encoding: gzip\r\n", &bomb)).await;
    assert!(matches!(error, FetchError::TooLarge(TooLarge::Ratio)), "{error}");
    let numbers: String = (0..700_000).map(|i| format!("{i}\n")).collect();
    let site =
        Site::start([("/", page("200 OK", "Content-Encoding: gzip\r\n", &gzip(numbers.as_bytes())))]).await;
    let mut policy = policy();
    policy.limits.raw = 10 * 1024 * 1024;
    let error = fetch_with(&Fetcher::new(policy).unwrap(), &site, "/").await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge(TooLarge::Decoded)), "{error}");
    let error = fails(page("200 OK", "Content-Encoding: gzip, gzip, gzip\r\n", &gzip(b"x"))).await;
    assert_eq!(error.outcome(), Outcome::ParseFailed);
}

#[tokio::test]
async fn h3_slow_servers_are_left() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".to_vec();
    let site = Site::start([
        ("/drip", Answer::Drip(head.clone(), Duration::from_millis(10))),
        ("/silent-body", Answer::Hang(head)),
        ("/silent", Answer::Hang(Vec::new())),
        ("/half-head", Answer::Hang(b"HTTP/1.1 200 OK\r\nServer".to_vec())),
        ("/drip-head", Answer::Drip(b"HTTP/1.1 200 OK\r\nServer: ".to_vec(), Duration::from_millis(10))),
    ])
    .await;
    let fetcher = impatient();
    for (path, phase) in [
        ("/drip", TimeoutPhase::Slow),
        ("/silent-body", TimeoutPhase::Slow),
        ("/silent", TimeoutPhase::FirstByte),
        ("/half-head", TimeoutPhase::FirstByte),
        ("/drip-head", TimeoutPhase::FirstByte),
    ] {
        let error = fetch_with(&fetcher, &site, path).await.unwrap_err();
        assert!(matches!(error, FetchError::Timeout(p) if p == phase), "{path}: {error}");
        assert_eq!(error.outcome(), Outcome::Timeout);
    }
}

#[tokio::test]
async fn h3_the_whole_fetch_has_an_end() {
    let mut policy = policy();
    policy.limits = Limits { total: SHORT, ..policy.limits };
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let site = Site::start([("/", Answer::Drip(head, Duration::from_millis(1)))]).await;
    let error = fetch_with(&Fetcher::new(policy).unwrap(), &site, "/").await.unwrap_err();
    assert!(matches!(error, FetchError::Timeout(TimeoutPhase::Total)), "{error}");
}

#[tokio::test]
async fn h4_endless_and_overflowing_chunks() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let chunk = [&b"1000\r\n"[..], &[b'x'; 4096], b"\r\n"].concat();
    let error = fails(Answer::Endless(head.clone(), chunk)).await;
    assert!(matches!(error, FetchError::TooLarge(TooLarge::Raw)), "{error}");
    let error = fails(raw(&[&head[..], b"FFFFFFFFFFFFFFFFFF\r\nx\r\n0\r\n\r\n"].concat())).await;
    assert_eq!(error.outcome(), Outcome::Truncated);
    let error = fails(Answer::Endless(head, b"1;".repeat(4096))).await;
    assert_eq!(error.outcome(), Outcome::Truncated);
}

#[tokio::test]
async fn h5_header_floods_are_refused() {
    let many: String = (0..10_000).map(|i| format!("X-{i}: y\r\n")).collect();
    let some: String = (0..101).map(|i| format!("X-{i}: y\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "y".repeat(1024 * 1024));
    let longish = format!("X-Long: {}\r\n", "y".repeat(70 * 1024));
    for headers in [many, some, long, longish] {
        let error = fails(page("200 OK", &headers, b"ok")).await;
        assert!(matches!(error, FetchError::TooLarge(TooLarge::Headers)), "{} bytes: {error}", headers.len());
    }
}

#[tokio::test]
async fn h6_what_breaks_off_is_not_taken_for_whole() {
    let whole = gzip("正文".repeat(1000).as_bytes());
    for answer in [
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        page("200 OK", "Content-Encoding: gzip\r\n", &whole[..whole.len() - 9]),
    ] {
        assert_eq!(fails(answer).await.outcome(), Outcome::Truncated);
    }
    // What is longer than announced belongs to nobody.
    let site = Site::start([(
        "/",
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\nmore"),
    )])
    .await;
    assert_eq!(&*fetch(&site, "/").await.unwrap().body, b"ok");
}

#[tokio::test]
async fn too_large_is_refused_before_it_is_read() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n".to_vec();
    let error = fails(Answer::Hang(head)).await;
    assert!(matches!(error, FetchError::TooLarge(TooLarge::Raw)), "{error}");
    let error = fails(page("200 OK", "", &vec![b'x'; 256 * 1024 + 1])).await;
    assert!(matches!(error, FetchError::TooLarge(TooLarge::Raw)), "{error}");
}

#[tokio::test]
async fn unchanged_pages_are_asked_for_politely() {
    let site =
        Site::start([("/", page("304 Not Modified", "ETag: \"1\"\r\n", b"")), ("/move", redirect("/"))])
            .await;
    let fetcher = Fetcher::new(policy()).unwrap();
    let (url, moved, ports) = (site.url("/"), site.url("/move"), site.ports());
    let conditional = FetchRequest {
        etag: Some("\"1\""),
        last_modified: Some("Tue, 24 Nov 2026 00:00:00 GMT"),
        ..request(&url, &ports)
    };
    assert!(fetcher.fetch(&conditional).await.unwrap().is_unchanged());
    let sent = site.requests().remove(0);
    assert!(
        sent.contains("if-none-match: \"1\"") && sent.contains("if-modified-since: tue, 24 nov 2026"),
        "{sent}"
    );
    assert!(fetcher.fetch(&FetchRequest { url: &moved, ..conditional }).await.unwrap().is_unchanged());

    // Nobody asked a condition: 304 is no answer.
    let error = fetcher.fetch(&request(&url, &ports)).await.unwrap_err();
    assert!(matches!(&error, FetchError::Status { fetched, .. } if fetched.status == 304));

    // H10: a validator that cannot stand in a header is not sent back.
    let broken =
        FetchRequest { etag: Some("a\r\nx: y"), last_modified: Some("\u{1}"), ..request(&url, &ports) };
    assert!(fetcher.fetch(&broken).await.is_err());
    let sent = site.requests().pop().unwrap();
    assert!(!sent.contains("if-"), "{sent}");
}

#[tokio::test]
async fn h7_h9_statuses_become_outcomes() {
    for (status, outcome, wait) in [
        ("401 Unauthorized", Outcome::Blocked, None),
        ("403 Forbidden", Outcome::Blocked, None),
        ("404 Not Found", Outcome::HttpClient, None),
        ("410 Gone", Outcome::HttpClient, None),
        ("412 Precondition Failed", Outcome::Blocked, None),
        ("429 Too Many Requests", Outcome::HttpClient, Some(3600)),
        ("500 Internal Server Error", Outcome::HttpServer, None),
        ("503 Service Unavailable", Outcome::HttpServer, Some(3600)),
        ("521 Web Server Is Down", Outcome::Blocked, None),
    ] {
        let headers = if wait.is_some() { "Retry-After: 3600\r\n" } else { "" };
        let error = fails(page(status, headers, b"the page that was shown")).await;
        assert_eq!(error.outcome(), outcome, "{status}");
        assert_eq!(error.retry_after().map(|w| w.as_secs()), wait, "{status}");
        let FetchError::Status { fetched, .. } = &error else { panic!("{error}") };
        assert_eq!(&*fetched.body, b"the page that was shown");
        assert!(error.zh().contains(&status[..3]), "{}", error.zh());
    }
}

#[tokio::test]
async fn redirects_end() {
    let mut answers: Vec<(&'static str, Answer)> =
        (0..12).map(|i| (&*format!("/{i}").leak(), redirect(format!("/{}", i + 1).leak()))).collect();
    answers.push(("/12", page("200 OK", "", b"there")));
    answers.push(("/loop", redirect("/pool")));
    answers.push(("/pool", redirect("/loop#again")));
    answers.push(("/self", redirect("/self")));
    answers.push(("/nowhere", page("302 Found", "", b"")));
    answers.push(("/bad", redirect("http://[::bad/")));
    answers.push(("/relative/", redirect("../12?a=b#c")));
    answers.push(("/12?a=b", page("200 OK", "", b"relative")));
    let site = Site::start(answers).await;
    assert_eq!(&*fetch(&site, "/2").await.unwrap().body, b"there");
    assert_eq!(&*fetch(&site, "/relative/").await.unwrap().body, b"relative");
    for (path, expected) in [
        ("/1", RedirectProblem::TooMany),
        ("/loop", RedirectProblem::Loop),
        ("/self", RedirectProblem::Loop),
        ("/nowhere", RedirectProblem::NoLocation),
    ] {
        let error = fetch(&site, path).await.unwrap_err();
        assert!(matches!(&error, FetchError::Redirect(p) if *p == expected), "{path}: {error}");
    }
    let error = fetch(&site, "/bad").await.unwrap_err();
    assert!(matches!(error, FetchError::Redirect(RedirectProblem::BadLocation(_))), "{error}");
}

#[tokio::test]
async fn h8_broken_encryption_fails_closed() {
    let site = Site::start([]).await;
    let url = Url::parse(&format!("https://{}/", site.addr)).unwrap();
    let error = Fetcher::new(policy()).unwrap().fetch(&request(&url, &site.ports())).await.unwrap_err();
    assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Tls);
}

#[tokio::test]
async fn no_connection_and_no_http() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = Url::parse(&format!("http://{closed}/")).unwrap();
    let fetcher = Fetcher::new(policy()).unwrap();
    let error = fetcher.fetch(&request(&url, &[closed.port()])).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Connect, "{error:?}");
    for answer in [
        raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        raw(b"HTTP/9.9 abc\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
    ] {
        let error = fails(answer).await;
        assert_eq!(error.outcome(), Outcome::ParseFailed, "{error:?}");
    }
    assert_eq!(fails(raw(b"")).await.outcome(), Outcome::Connect);
}

#[tokio::test]
async fn r1_statuses_of_robots() {
    for (answer, allowed) in [
        (page("200 OK", "", b"User-agent: *\nDisallow: /"), false),
        (page("200 OK", "", b"User-agent: GuanlanBot\nAllow: /\nUser-agent: *\nDisallow: /"), true),
        (page("404 Not Found", "", b""), true),
        (page("403 Forbidden", "", b""), true),
        (page("401 Unauthorized", "", b""), true),
        (page("429 Too Many Requests", "", b""), false),
        (page("500 Internal Server Error", "", b""), false),
        (page("503 Service Unavailable", "", b""), false),
        (raw(b""), false),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent: *\nAllow: /"), false),
    ] {
        let site = Site::start([("/robots.txt", answer)]).await;
        let answer =
            Fetcher::new(policy()).unwrap().fetch_robots(&site.url("/deep/page?x=1"), &site.ports()).await;
        assert_eq!(answer.robots.allows("GuanlanBot", &site.url("/page")), allowed, "{:?}", answer.error);
        assert_eq!(site.paths(), ["/robots.txt"]);
    }
}

#[tokio::test]
async fn r2_redirects_of_robots() {
    let rules = page("200 OK", "", b"User-agent: *\nDisallow: /");
    let chain = |from: usize| -> Vec<(&'static str, Answer)> {
        (from..6)
            .map(|i| {
                let path: &'static str = if i == from { "/robots.txt" } else { format!("/{i}").leak() };
                (path, redirect(format!("/{}", i + 1).leak()))
            })
            .chain([("/6", rules.clone())])
            .collect()
    };
    for (from, allowed) in [(1, false), (0, true)] {
        let site = Site::start(chain(from)).await;
        let answer = Fetcher::new(policy()).unwrap().fetch_robots(&site.url("/"), &site.ports()).await;
        assert_eq!(answer.robots.allows("GuanlanBot", &site.url("/page")), allowed, "{} hops", 6 - from);
    }
}

#[tokio::test]
async fn r3_a_robots_file_that_is_too_large_is_read_as_far_as_it_is_read() {
    let file = format!("User-agent: *\nDisallow: /secret\n{}", "# filler\n".repeat(100_000));
    let packed = gzip(file.as_bytes());
    for answer in [page("200 OK", "", file.as_bytes()), page("200 OK", "Content-Encoding: gzip\r\n", &packed)]
    {
        let site = Site::start([("/robots.txt", answer)]).await;
        let answer = Fetcher::new(policy()).unwrap().fetch_robots(&site.url("/"), &site.ports()).await;
        assert!(!answer.robots.allows("GuanlanBot", &site.url("/secret")));
        assert!(answer.robots.allows("GuanlanBot", &site.url("/open")));
        let text = answer.text.unwrap();
        assert!(text.len() <= 512 * 1024 && text.ends_with(b"# filler"), "the last line is whole");
    }
}

#[tokio::test]
async fn robots_bind_every_hop() {
    let site = Site::start([
        ("/robots.txt", page("200 OK", "", b"User-agent: *\nDisallow: /secret")),
        ("/open", redirect("/secret/page")),
        ("/secret/page", page("200 OK", "", b"secret")),
    ])
    .await;
    let fetcher = Fetcher::new(policy()).unwrap();
    let (url, ports) = (site.url("/open"), site.ports());
    let robots = fetcher.fetch_robots(&url, &ports).await.robots;
    let error =
        fetcher.fetch(&FetchRequest { robots: Some(&robots), ..request(&url, &ports) }).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Robots, "{error}");
    assert_eq!(site.paths(), ["/robots.txt", "/open"]);
}

#[tokio::test]
async fn another_port_is_another_server() {
    let target = Site::start([("/secret/page", page("200 OK", "", b"public here"))]).await;
    let away: &'static str = target.url("/secret/page").to_string().leak();
    let site = Site::start([
        ("/robots.txt", page("200 OK", "", b"User-agent: *\nDisallow: /secret")),
        ("/open", redirect(away)),
    ])
    .await;
    let fetcher = Fetcher::new(policy()).unwrap();
    let ports = [site.ports(), target.ports()].concat();
    let url = site.url("/open");
    let robots = fetcher.fetch_robots(&url, &ports).await.robots;
    let request = FetchRequest { robots: Some(&robots), etag: Some("\"1\""), ..request(&url, &ports) };
    assert_eq!(&fetcher.fetch(&request).await.unwrap().body[..], b"public here");
    assert!(site.requests().pop().unwrap().contains("if-none-match"));
    assert!(!target.requests().pop().unwrap().contains("if-none-match"));
}
