//! Every way in which a fetch can fail, with the outcome it counts as and what an operator can do.

use crate::{Fetched, Refusal, UrlProblem};
use guanlan_model::Outcome;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;
use url::Url;

/// Which clock ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeoutPhase {
    /// Resolving, dialling, agreeing on encryption.
    Connect,
    /// Nothing came after the request was sent.
    FirstByte,
    /// The body came slower than the least rate.
    Slow,
    /// The whole fetch took too long.
    Total,
}

/// Which limit was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLarge {
    /// More than the allowed bytes on the wire.
    Raw,
    /// More than the allowed bytes after decompression.
    Decoded,
    /// Decompression grew out of proportion.
    Ratio,
    /// Too many header fields, or too many bytes of them.
    Headers,
}

/// What is wrong with a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectProblem {
    /// More hops than allowed.
    TooMany,
    /// It leads back to an address that was already asked.
    Loop,
    /// A redirect without an address.
    NoLocation,
    /// An address that cannot be used.
    BadLocation(UrlProblem),
}

/// A failed fetch.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address guard said no.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// The site's robots.txt does not allow it.
    #[error("robots.txt does not allow {0}")]
    Robots(Url),
    /// The name has no address.
    #[error("cannot resolve {host}: {reason}")]
    Dns {
        /// Host name.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// No connection, or it broke before an answer came.
    #[error("cannot connect to {host}: {reason}")]
    Connect {
        /// Host name.
        host: String,
        /// What the network said.
        reason: String,
    },
    /// Encryption failed: no, an expired or a foreign certificate. Never overridden.
    #[error("tls failed with {host}: {reason}")]
    Tls {
        /// Host name.
        host: String,
        /// What was wrong.
        reason: String,
    },
    /// A clock ran out.
    #[error("timed out ({0:?})")]
    Timeout(TimeoutPhase),
    /// A redirect cannot be followed.
    #[error("redirect: {0:?}")]
    Redirect(RedirectProblem),
    /// A limit was passed.
    #[error("too large ({0:?})")]
    TooLarge(TooLarge),
    /// The body broke off.
    #[error("truncated after {received} bytes")]
    Truncated {
        /// Bytes of the body that came.
        received: usize,
    },
    /// What came is no HTTP, or a content encoding that cannot be undone.
    #[error("unreadable answer: {0}")]
    Unreadable(String),
    /// A status that is no success. The answer is kept: a page that is gone is evidence too.
    #[error("status {}", .fetched.status)]
    Status {
        /// How long the site asks to be left alone, between 30 seconds and 24 hours.
        retry_after: Option<Duration>,
        /// The answer; its body is empty if it could not be read.
        fetched: Box<Fetched>,
    },
}

impl FetchError {
    /// The outcome this counts as in the ledger.
    pub fn outcome(&self) -> Outcome {
        match self {
            FetchError::Refused(_) => Outcome::AddressRefused,
            FetchError::Robots(_) => Outcome::Robots,
            FetchError::Dns { .. } => Outcome::Dns,
            FetchError::Connect { .. } => Outcome::Connect,
            FetchError::Tls { .. } => Outcome::Tls,
            FetchError::Timeout(_) => Outcome::Timeout,
            FetchError::Redirect(_) => Outcome::Redirect,
            FetchError::TooLarge(_) => Outcome::TooLarge,
            FetchError::Truncated { .. } => Outcome::Truncated,
            FetchError::Unreadable(_) => Outcome::ParseFailed,
            FetchError::Status { fetched, .. } => match fetched.status {
                // Login, refusal, script challenges (412 and 521 are what Chinese site shields answer), law.
                401 | 403 | 407 | 412 | 451 | 521 => Outcome::Blocked,
                500.. => Outcome::HttpServer,
                _ => Outcome::HttpClient,
            },
        }
    }

    /// How long the site asks to be left alone, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            FetchError::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// One Chinese line that says what to do.
    pub fn zh(&self) -> String {
        match self {
            FetchError::Refused(refusal) => refusal.zh(),
            FetchError::Robots(url) => {
                format!("网站的 robots.txt 不允许采集 {}：请改用允许的栏目或与网站联系", url.path())
            }
            FetchError::Dns { host, .. } => format!("域名 {host} 无法解析：请核对网址，或检查本机 DNS"),
            FetchError::Connect { host, .. } => {
                format!("无法连接 {host}：网站可能停机，或本机网络不通；稍后自动重试")
            }
            FetchError::Tls { host, .. } => {
                format!("{host} 的证书无效或已过期：请通知网站更新证书，本系统不绕过证书检查")
            }
            FetchError::Timeout(TimeoutPhase::Connect) => "连接超时：网站可能停机；稍后自动重试".to_owned(),
            FetchError::Timeout(TimeoutPhase::FirstByte) => "网站没有回应：稍后自动重试".to_owned(),
            FetchError::Timeout(TimeoutPhase::Slow | TimeoutPhase::Total) => {
                "网站传输过慢，已中止：稍后自动重试".to_owned()
            }
            FetchError::Redirect(RedirectProblem::TooMany) => {
                "跳转次数过多：请打开网址核对，改填最终网址".to_owned()
            }
            FetchError::Redirect(RedirectProblem::Loop) => {
                "网页来回跳转：可能要求登录或 Cookie，请打开网址核对".to_owned()
            }
            FetchError::Redirect(RedirectProblem::NoLocation) => {
                "网页要求跳转却没有给出网址：请打开网址核对".to_owned()
            }
            FetchError::Redirect(RedirectProblem::BadLocation(problem)) => {
                format!("跳转的网址不可用（{}）", problem.zh())
            }
            FetchError::TooLarge(TooLarge::Headers) => "网站应答的头部过大，已中止".to_owned(),
            FetchError::TooLarge(_) => "内容超过大小上限，已中止：可能是文件下载地址，请核对网址".to_owned(),
            FetchError::Truncated { .. } => "内容没有传完：保留上一次的内容，稍后自动重试".to_owned(),
            FetchError::Unreadable(_) => "网站的应答无法读取：请打开网址核对".to_owned(),
            FetchError::Status { fetched, .. } => status_zh(fetched.status),
        }
    }
}

fn status_zh(status: u16) -> String {
    match status {
        401 | 407 => format!("网页要求登录（{status}）：不采集需要登录的内容，请停用或更换来源"),
        403 | 412 | 521 => format!("网站拒绝访问（{status}）：请与网站联系，或停用该来源；不会绕过"),
        404 | 410 => format!("网页不存在（{status}）：网站可能已改版，请更新网址"),
        429 => "网站要求放慢（429）：已自动延后".to_owned(),
        503 => "网站暂时不可用（503）：已自动延后".to_owned(),
        451 => "网页因法律原因不可用（451）".to_owned(),
        500.. => format!("网站内部出错（{status}）：稍后自动重试"),
        _ => format!("网站返回 {status}：请打开网址核对"),
    }
}

/// The errors behind an error, outermost first, including those that `io::Error` hides.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
        None => error.source(),
    })
}

/// Sorts what happened before an answer's headers were complete.
pub(crate) fn before_headers(error: &reqwest::Error, host: &str) -> FetchError {
    for cause in chain(error) {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return FetchError::Refused(refusal.clone());
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return FetchError::Tls { host: host.to_owned(), reason: tls.to_string() };
        }
        if let Some(http) = cause.downcast_ref::<hyper::Error>() {
            if http.is_parse_too_large() {
                return FetchError::TooLarge(TooLarge::Headers);
            }
            if http.is_parse() {
                return FetchError::Unreadable(http.to_string());
            }
        }
    }
    let reason = chain(error).last().map_or_else(String::new, ToString::to_string);
    let host = host.to_owned();
    if error.is_timeout() {
        FetchError::Timeout(if error.is_connect() { TimeoutPhase::Connect } else { TimeoutPhase::FirstByte })
    } else if error.is_dns() {
        FetchError::Dns { host, reason }
    } else {
        FetchError::Connect { host, reason }
    }
}
