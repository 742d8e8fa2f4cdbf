//! Asking one address.

use crate::body::{self, Wire};
use crate::encoding::{self, Lid};
use crate::fetch_error::before_headers;
use crate::resolver::GuardedResolver;
use crate::robots::{self, Robots};
use crate::{
    AddressGuard, FetchError, Names, RedirectProblem, Refusal, SystemNames, TimeoutPhase, TooLarge,
    UrlProblem, parse_url,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use ipnet::IpNet;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

/// One byte more than is read of a robots.txt, so that the reader sees that it was cut.
const ROBOTS_BYTES: usize = robots::read::MAX_BYTES + 1;
const ROBOTS_REDIRECTS: usize = 5;
const RETRY_AFTER: std::ops::RangeInclusive<u64> = 30..=24 * 3600;

/// Limits of one fetch. The defaults are those of the operating manual; tests lower them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Resolving, dialling and agreeing on encryption.
    pub connect: Duration,
    /// From the request to the answer's headers.
    pub first_byte: Duration,
    /// Everything, redirects included.
    pub total: Duration,
    /// Fewest bytes a second of a body, over each `window`.
    pub min_rate: u64,
    /// See `min_rate`.
    pub window: Duration,
    /// Most bytes of a body on the wire.
    pub raw: usize,
    /// Most bytes of a body after decompression.
    pub decoded: usize,
    /// Most bytes after decompression for each byte on the wire, past the first MiB.
    pub ratio: usize,
    /// Most header fields of an answer.
    pub header_fields: usize,
    /// Most bytes of an answer's header.
    pub header_bytes: usize,
    /// Most redirects.
    pub redirects: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(20),
            total: Duration::from_secs(60),
            min_rate: 1024,
            window: Duration::from_secs(15),
            raw: 10 * 1024 * 1024,
            decoded: 32 * 1024 * 1024,
            ratio: 100,
            header_fields: 100,
            header_bytes: 64 * 1024,
            redirects: 10,
        }
    }
}

/// How to fetch.
#[derive(Debug, Clone)]
pub struct FetchPolicy {
    /// `Name/version`; the part before the slash is what robots.txt files address.
    pub user_agent: String,
    /// Telephone or e-mail at which a site can reach the operator; part of the User-Agent.
    pub contact: String,
    /// Private networks that may be dialled. From the configuration file only.
    pub allow_private: Vec<IpNet>,
    /// Limits.
    pub limits: Limits,
}

impl Default for FetchPolicy {
    fn default() -> FetchPolicy {
        FetchPolicy {
            user_agent: concat!("GuanlanBot/", env!("CARGO_PKG_VERSION")).to_owned(),
            contact: String::new(),
            allow_private: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// Why a fetcher cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The contact or the name holds something that cannot stand in an HTTP header.
    #[error("user agent or contact cannot be sent: only visible ascii characters")]
    UserAgent,
    /// The HTTP client cannot be set up.
    #[error("cannot set up the http client: {0}")]
    Client(#[from] reqwest::Error),
}

impl SetupError {
    /// One Chinese line that says what to do.
    pub fn zh(&self) -> String {
        match self {
            SetupError::UserAgent => {
                "采集联系方式（contact）只能用英文字母、数字和符号：请填邮箱或电话".to_owned()
            }
            SetupError::Client(e) => format!("采集组件无法启动：{e}"),
        }
    }
}

/// One address to ask for.
#[derive(Debug, Clone, Copy)]
pub struct FetchRequest<'a> {
    /// The address.
    pub url: &'a Url,
    /// `ETag` of the last answer, to be spared an unchanged page.
    pub etag: Option<&'a str>,
    /// `Last-Modified` of the last answer.
    pub last_modified: Option<&'a str>,
    /// Ports allowed beside 80, 443, 8080 and 8443.
    pub ports: &'a [u16],
    /// Rules of the server of `url`; they bind every hop on its host and port. `None`: the caller has made sure.
    pub robots: Option<&'a Robots>,
}

/// An answer: a success, or 304 to a conditional request.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// Headers as they came; bytes that are no UTF-8 are read as Latin-1.
    pub headers: Vec<(String, String)>,
    /// Body after content encodings were undone.
    pub body: Bytes,
    /// Address that answered.
    pub final_url: Url,
    /// Every address that was asked, in order; the last is `final_url`.
    pub hops: Vec<Url>,
    /// The machine that answered.
    pub remote: Option<SocketAddr>,
    /// When the answer was complete.
    pub fetched_at: DateTime<Utc>,
    /// From the first request to the last byte.
    pub duration: Duration,
}

impl Fetched {
    /// A header's first value, by case-insensitive name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// True for an answer that says "as you last saw it".
    pub fn is_unchanged(&self) -> bool {
        self.status == 304
    }
}

/// What asking for robots.txt led to.
#[derive(Debug)]
pub struct RobotsAnswer {
    /// The rules to obey; everything is disallowed when the file could not be read.
    pub robots: Robots,
    /// The file, for the cache: give it to [`Robots::parse`] again. `None` when there is no file or it could not be read.
    pub text: Option<Bytes>,
    /// Why it could not be read.
    pub error: Option<FetchError>,
}

/// What differs between a page and a robots.txt.
struct Course {
    redirects: usize,
    raw: usize,
    decoded: usize,
    /// Take the beginning of what is too large.
    cut: bool,
}

/// Asks addresses. Cheap to clone; all clones share connections.
#[derive(Clone)]
pub struct Fetcher {
    client: reqwest::Client,
    guard: AddressGuard,
    limits: Limits,
    product: String,
}

impl Fetcher {
    /// A fetcher that resolves names as the operating system does. Proxies of the environment are not used: behind one the
    /// address guard could not see what is dialled.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(policy: FetchPolicy) -> Result<Fetcher, SetupError> {
        Fetcher::with_names(policy, Arc::new(SystemNames))
    }

    /// A fetcher with its own names. The address guard judges their addresses as any other.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn with_names(policy: FetchPolicy, names: Arc<dyn Names>) -> Result<Fetcher, SetupError> {
        let FetchPolicy { user_agent, contact, allow_private, limits } = policy;
        let product = user_agent.split(['/', ' ']).next().unwrap_or_default().to_owned();
        let agent = if contact.is_empty() { user_agent } else { format!("{user_agent} (+{contact})") };
        let agent = match HeaderValue::from_str(&agent) {
            Ok(value) if agent.is_ascii() => value,
            _ => return Err(SetupError::UserAgent),
        };
        let guard = AddressGuard::new(allow_private);
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .filter_map(|der| reqwest::Certificate::from_der(der).ok());
        let client = reqwest::Client::builder()
            .user_agent(agent)
            .default_headers(default_headers())
            .dns_resolver(GuardedResolver { guard: guard.clone(), names })
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // Encodings are undone here, where both sides can be measured.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .tls_certs_merge(roots)
            .connect_timeout(limits.connect)
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(1)
            .http1_max_headers(limits.header_fields)
            .http1_ignore_invalid_headers_in_responses(true)
            .http2_max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .build()?;
        Ok(Fetcher { client, guard, limits, product })
    }

    /// The name that robots.txt files address.
    pub fn product(&self) -> &str {
        &self.product
    }

    /// Asks for one address, following redirects. No cookie and no credential is ever sent.
    ///
    /// Every hop is vetted by the guard. The rules of `request.robots` bind hops on the server of `request.url` only, that is
    /// on its host and port: a redirect to another server is followed without asking that server's robots.txt and without
    /// waiting for its turn. Validators are sent to the first server alone.
    ///
    /// # Errors
    /// [`FetchError`]; a status that is no success is one of them.
    pub async fn fetch(&self, request: &FetchRequest<'_>) -> Result<Fetched, FetchError> {
        let Limits { redirects, raw, decoded, .. } = self.limits;
        self.within_deadline(request, &Course { redirects, raw, decoded, cut: false }).await
    }

    /// Reads the robots.txt of the host of `site` (RFC 9309 section 2.3.1): no file allows everything, a file that cannot be
    /// reached forbids everything. 429 counts as unreachable: a site that asks to be left alone is left alone.
    pub async fn fetch_robots(&self, site: &Url, ports: &[u16]) -> RobotsAnswer {
        let mut url = site.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        url.set_fragment(None);
        let request = FetchRequest { url: &url, etag: None, last_modified: None, ports, robots: None };
        let course =
            Course { redirects: ROBOTS_REDIRECTS, raw: ROBOTS_BYTES, decoded: ROBOTS_BYTES, cut: true };
        match self.within_deadline(&request, &course).await {
            Ok(fetched) => {
                let text = fetched.body.slice_ref(robots::read::readable(&fetched.body));
                RobotsAnswer { robots: Robots::parse(&text), text: Some(text), error: None }
            }
            Err(FetchError::Redirect(_)) => {
                RobotsAnswer { robots: Robots::allow_all(), text: None, error: None }
            }
            Err(FetchError::Status { fetched, .. })
                if (400..500).contains(&fetched.status) && fetched.status != 429 =>
            {
                RobotsAnswer { robots: Robots::allow_all(), text: None, error: None }
            }
            Err(error) => RobotsAnswer { robots: Robots::disallow_all(), text: None, error: Some(error) },
        }
    }

    async fn within_deadline(
        &self,
        request: &FetchRequest<'_>,
        course: &Course,
    ) -> Result<Fetched, FetchError> {
        let deadline = Instant::now() + self.limits.total;
        timeout_at(deadline, self.follow(request, course))
            .await
            .unwrap_or(Err(FetchError::Timeout(TimeoutPhase::Total)))
    }

    /// Hop by hop, each one vetted.
    async fn follow(&self, request: &FetchRequest<'_>, course: &Course) -> Result<Fetched, FetchError> {
        let started = Instant::now();
        let mut hops = vec![request.url.clone()];
        let mut url = request.url.clone();
        loop {
            let response = self.one_hop(&url, request).await?;
            if !is_redirect(response.status().as_u16()) {
                return self.answer(response, hops, started, request, course).await;
            }
            url = target(&response, &url)?;
            if hops.contains(&url) {
                return Err(FetchError::Redirect(RedirectProblem::Loop));
            }
            if hops.len() > course.redirects {
                return Err(FetchError::Redirect(RedirectProblem::TooMany));
            }
            hops.push(url.clone());
        }
    }

    async fn one_hop(&self, url: &Url, request: &FetchRequest<'_>) -> Result<reqwest::Response, FetchError> {
        self.guard.vet(url, request.ports)?;
        let same_server = is_same_server(url, request.url);
        if let Some(robots) = request.robots
            && same_server
            && !robots.allows(&self.product, url)
        {
            return Err(FetchError::Robots(url.clone()));
        }
        let mut get = self.client.get(url.clone());
        if same_server {
            get = get.headers(conditions(request));
        }
        let host = url.host_str().unwrap_or_default();
        let response = timeout(self.limits.connect + self.limits.first_byte, get.send())
            .await
            .map_err(|_| FetchError::Timeout(TimeoutPhase::FirstByte))?
            .map_err(|e| before_headers(&e, host))?;
        self.check_peer(&response, host)?;
        let header_bytes: usize =
            response.headers().iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
        if header_bytes > self.limits.header_bytes || response.headers().len() > self.limits.header_fields {
            return Err(FetchError::TooLarge(TooLarge::Headers));
        }
        Ok(response)
    }

    /// The machine that answered is looked at once more: a second wall, should the first ever have a hole.
    fn check_peer(&self, response: &reqwest::Response, host: &str) -> Result<(), FetchError> {
        match response.remote_addr() {
            Some(peer) if !self.guard.allows(peer.ip()) => {
                Err(Refusal::Address { host: host.to_owned(), address: peer.ip() }.into())
            }
            _ => Ok(()),
        }
    }

    async fn answer(
        &self,
        mut response: reqwest::Response,
        hops: Vec<Url>,
        started: Instant,
        request: &FetchRequest<'_>,
        course: &Course,
    ) -> Result<Fetched, FetchError> {
        let status = response.status().as_u16();
        let same_server = is_same_server(response.url(), request.url);
        let conditional = same_server && !conditions(request).is_empty();
        let is_answer = (200..300).contains(&status) || (status == 304 && conditional);
        let headers = readable(response.headers());
        let retry_after = retry_after(response.headers(), SystemTime::now());
        let remote = response.remote_addr();
        let body = match self.body(&mut response, course).await {
            Err(error) if is_answer => return Err(error),
            body => body.unwrap_or_default(),
        };
        let final_url = hops.last().unwrap_or(request.url).clone();
        let duration = started.elapsed();
        let fetched =
            Fetched { status, headers, body, final_url, hops, remote, fetched_at: Utc::now(), duration };
        if is_answer {
            Ok(fetched)
        } else {
            Err(FetchError::Status { retry_after, fetched: Box::new(fetched) })
        }
    }

    async fn body(&self, response: &mut reqwest::Response, course: &Course) -> Result<Bytes, FetchError> {
        let Limits { min_rate, window, ratio, .. } = self.limits;
        let encodings: Vec<&str> = response
            .headers()
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .map(|v| v.to_str().unwrap_or("unreadable"))
            .collect();
        let encodings = encodings.join(",");
        let raw = body::read(response, Wire { raw: course.raw, min_rate, window, cut: course.cut }).await?;
        let lid = Lid { decoded: course.decoded, ratio, cut: course.cut };
        if encodings.is_empty() {
            return Ok(Bytes::from(raw));
        }
        // Unpacking keeps a processor busy for as long as it takes: not on the threads that serve other hosts.
        tokio::task::spawn_blocking(move || encoding::decode(raw, &encodings, lid))
            .await
            .unwrap_or_else(|e| Err(FetchError::Unreadable(e.to_string())))
            .map(Bytes::from)
    }
}

fn default_headers() -> HeaderMap {
    HeaderMap::from_iter([
        (
            header::ACCEPT,
            HeaderValue::from_static("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ),
        (header::ACCEPT_LANGUAGE, HeaderValue::from_static("zh-CN,zh;q=0.9,en;q=0.3")),
        (header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br")),
    ])
}

/// Validators of the last answer, if they can stand in a header at all.
fn conditions(request: &FetchRequest<'_>) -> HeaderMap {
    let pairs: [(HeaderName, Option<&str>); 2] =
        [(header::IF_NONE_MATCH, request.etag), (header::IF_MODIFIED_SINCE, request.last_modified)];
    pairs.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_str(value?).ok()?))).collect()
}

/// The same host and port. The scheme may differ while both ports are the usual ones: a site that moved to HTTPS is the same site.
fn is_same_server(a: &Url, b: &Url) -> bool {
    a.host() == b.host() && a.port() == b.port()
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn target(response: &reqwest::Response, from: &Url) -> Result<Url, FetchError> {
    let location =
        response.headers().get(header::LOCATION).ok_or(FetchError::Redirect(RedirectProblem::NoLocation))?;
    let bad = |problem| FetchError::Redirect(RedirectProblem::BadLocation(problem));
    let text =
        std::str::from_utf8(location.as_bytes()).map_err(|e| bad(UrlProblem::Malformed(e.to_string())))?;
    let mut url = parse_url(text, Some(from)).map_err(|problem| match problem {
        UrlProblem::Malformed(_) | UrlProblem::TooLong | UrlProblem::Trap => bad(problem),
        UrlProblem::Scheme(_) | UrlProblem::UserInfo | UrlProblem::Ambiguous => Refusal::from(problem).into(),
    })?;
    url.set_fragment(None);
    Ok(url)
}

fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|&b| char::from(b)).collect(),
    };
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// `Retry-After` in seconds or as a date, brought between 30 seconds and 24 hours; what cannot be read counts as the least.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().unwrap_or_default().trim().to_owned();
    let seconds = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().unwrap_or(u64::MAX)
    } else {
        let date = httpdate::parse_http_date(&text).ok();
        date.and_then(|date| date.duration_since(now).ok()).map_or(0, |wait| wait.as_secs())
    };
    Some(Duration::from_secs(seconds.clamp(*RETRY_AFTER.start(), *RETRY_AFTER.end())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h9_retry_after_is_clamped() {
        let now = httpdate::parse_http_date("Tue, 24 Nov 2026 00:00:00 GMT").unwrap();
        for (value, seconds) in [
            ("120", 120),
            ("0", 30),
            ("-1", 30),
            ("1000000000000", 86400),
            ("99999999999999999999999999", 86400),
            ("Tue, 24 Nov 2026 00:10:00 GMT", 600),
            ("Mon, 23 Nov 2026 00:00:00 GMT", 30),
            ("Tue, 24 Nov 2099 00:00:00 GMT", 86400),
            ("soon", 30),
            ("", 30),
        ] {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(retry_after(&headers, now), Some(Duration::from_secs(seconds)), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn a_server_is_a_host_and_a_port() {
        for (a, b, same) in [
            ("http://school.example/a", "http://school.example/b", true),
            ("http://school.example/", "https://school.example/", true),
            ("http://school.example:80/", "https://school.example:443/", true),
            ("http://school.example/", "http://school.example:8080/", false),
            ("http://school.example:8081/", "http://school.example:8080/", false),
            ("http://school.example/", "http://www.school.example/", false),
        ] {
            let [a, b] = [a, b].map(|url| Url::parse(url).unwrap());
            assert_eq!(is_same_server(&a, &b), same, "{a} {b}");
        }
    }

    #[test]
    fn a_contact_that_is_no_header_is_refused() {
        let policy = FetchPolicy { contact: "云溪县网信办".into(), ..FetchPolicy::default() };
        assert!(matches!(Fetcher::new(policy), Err(SetupError::UserAgent)));
        assert_eq!(Fetcher::new(FetchPolicy::default()).unwrap().product(), "GuanlanBot");
    }
}
