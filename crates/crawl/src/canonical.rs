//! One address, one spelling; and addresses that are not worth a request.

use std::collections::HashMap;
use url::Url;

const MAX_BYTES: usize = 2048;
const MAX_SEGMENTS: usize = 20;
/// The same path segment more often than this is a trap (`/a/b/a/b/a/b/…`), as Heritrix' PathologicalPath rule has it.
const MAX_REPEATS: usize = 2;

/// Query parameters that say where a reader came from, not what is read.
const TRACKING: [&str; 3] = ["spm", "from", "share"];
const TRACKING_PREFIXES: [&str; 2] = ["utm_", "share_"];

/// Why an address is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// It cannot be read as an address.
    #[error("malformed address: {0}")]
    Malformed(String),
    /// Neither `http` nor `https`.
    #[error("scheme `{0}` is not fetched")]
    Scheme(String),
    /// It carries a user name or a password, which hides the real host from a reader.
    #[error("address carries user information")]
    UserInfo,
    /// A backslash, tab or line break: parsers disagree on what it means.
    #[error("address holds a backslash or control character")]
    Ambiguous,
    /// More than 2,048 bytes.
    #[error("address is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// More than 20 path segments, or one of them more than twice.
    #[error("address looks like a crawler trap")]
    Trap,
}

impl UrlProblem {
    /// One Chinese line.
    pub fn zh(&self) -> String {
        match self {
            UrlProblem::Malformed(_) => "网址写法不正确".to_owned(),
            UrlProblem::Scheme(scheme) => format!("只采集 http 和 https 网址，不采集 {scheme}:"),
            UrlProblem::UserInfo => "网址中不能带用户名或口令".to_owned(),
            UrlProblem::Ambiguous => "网址中不能有反斜杠或控制字符".to_owned(),
            UrlProblem::TooLong => format!("网址超过 {MAX_BYTES} 字节"),
            UrlProblem::Trap => "网址层级过深或重复，疑似采集陷阱".to_owned(),
        }
    }
}

/// Reads an address as written in a file, a link or a `Location` header, refusing what parsers read differently.
///
/// # Errors
/// Any [`UrlProblem`] but [`UrlProblem::Trap`].
pub(crate) fn parse_url(text: &str, base: Option<&Url>) -> Result<Url, UrlProblem> {
    let text = text.trim_matches([' ', '\t', '\r', '\n', '\u{c}', '\u{3000}']);
    if text.len() > MAX_BYTES {
        return Err(UrlProblem::TooLong);
    }
    let before_query = text.split(['?', '#']).next().unwrap_or_default();
    if before_query.contains('\\') || text.chars().any(|c| c.is_ascii_control()) {
        return Err(UrlProblem::Ambiguous);
    }
    let url = Url::options().base_url(base).parse(text).map_err(|e| UrlProblem::Malformed(e.to_string()))?;
    check(&url)?;
    Ok(url)
}

fn check(url: &Url) -> Result<(), UrlProblem> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlProblem::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::UserInfo);
    }
    if url.as_str().len() > MAX_BYTES {
        return Err(UrlProblem::TooLong);
    }
    Ok(())
}

/// The one spelling of an address: host in lower case and without a final dot, no default port, no fragment, no tracking
/// parameters. Other parameters keep their order and bytes. Applying it twice changes nothing.
///
/// # Errors
/// Any [`UrlProblem`] but [`UrlProblem::Malformed`].
pub fn canonical(url: &Url) -> Result<Url, UrlProblem> {
    check(url)?;
    if is_trap(url) {
        return Err(UrlProblem::Trap);
    }
    let mut url = url.clone();
    url.set_fragment(None);
    if let Some(host) = url.host_str().filter(|h| h.ends_with('.')) {
        let host = host.trim_end_matches('.').to_owned();
        url.set_host(Some(&host)).map_err(|e| UrlProblem::Malformed(e.to_string()))?;
    }
    if let Some(query) = url.query() {
        let kept: Vec<&str> =
            query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
        let kept = kept.join("&");
        url.set_query(if kept.is_empty() { None } else { Some(&kept) });
    }
    Ok(url)
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING.contains(&name.as_str()) || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn is_trap(url: &Url) -> bool {
    let path = url.path().trim_matches('/');
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut segments = 0;
    path.split('/').any(|segment| {
        segments += 1;
        let times = seen.entry(segment).or_default();
        *times += 1;
        segments > MAX_SEGMENTS || *times > MAX_REPEATS
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spelled(text: &str) -> Result<String, UrlProblem> {
        Ok(canonical(&parse_url(text, None)?)?.into())
    }

    #[test]
    fn spellings_fold_into_one() {
        for (given, expected) in [
            ("HTTP://News.Example:80/A/B", "http://news.example/A/B"),
            ("https://news.example:443", "https://news.example/"),
            ("http://news.example./a", "http://news.example/a"),
            ("http://news.example/a#top", "http://news.example/a"),
            ("http://news.example/a?utm_source=x&id=2&UTM_medium=y&spm=1.2", "http://news.example/a?id=2"),
            ("http://news.example/a?from=timeline&share=1&share_token=9", "http://news.example/a"),
            ("http://news.example/a?b=2&a=1&&", "http://news.example/a?b=2&a=1"),
            ("http://news.example/a?fromage=1", "http://news.example/a?fromage=1"),
            ("http://news.example/a?q=%e4%b8%ad&x=+", "http://news.example/a?q=%e4%b8%ad&x=+"),
            ("http://新闻.example/", "http://xn--efvy88h.example/"),
            ("  http://news.example/a/../b \n", "http://news.example/b"),
        ] {
            assert_eq!(spelled(given).as_deref(), Ok(expected), "{given}");
        }
    }

    #[test]
    fn what_is_refused() {
        let long = format!("http://news.example/{}", "a".repeat(2048));
        let deep = format!("http://news.example{}", (0..21).map(|i| format!("/{i}")).collect::<String>());
        for (given, expected) in [
            ("ftp://news.example/", UrlProblem::Scheme("ftp".into())),
            ("file:///etc/passwd", UrlProblem::Scheme("file".into())),
            ("javascript:alert(1)", UrlProblem::Scheme("javascript".into())),
            ("data:text/html,x", UrlProblem::Scheme("data".into())),
            ("http://user@news.example/", UrlProblem::UserInfo),
            ("http://:pw@news.example/", UrlProblem::UserInfo),
            (r"http://169.254.169.254:8888\@public.example/", UrlProblem::Ambiguous),
            ("http://news.example/a\tb", UrlProblem::Ambiguous),
            ("http://news.example/\r\nX: y", UrlProblem::Ambiguous),
            (&long, UrlProblem::TooLong),
            (&deep, UrlProblem::Trap),
            ("http://news.example/a/b/a/b/a", UrlProblem::Trap),
            ("http://news.example/a//b//c//d", UrlProblem::Trap),
        ] {
            assert_eq!(spelled(given), Err(expected), "{given}");
        }
        assert!(matches!(spelled("http://"), Err(UrlProblem::Malformed(_))));
        assert!(matches!(spelled("没有协议"), Err(UrlProblem::Malformed(_))));
        assert!(spelled("http://news.example/2011/11/11/11.html").is_ok());
    }

    proptest! {
        #[test]
        fn canonical_is_idempotent_and_total(text in "https?://[a-z.]{1,12}(:[0-9]{1,5})?(/[a-z0-9%/.]{0,30})?(\\?[a-z_=&%+]{0,40})?(#[a-z]{0,5})?") {
            if let Ok(url) = parse_url(&text, None) && let Ok(once) = canonical(&url) {
                prop_assert_eq!(canonical(&once), Ok(once.clone()));
                prop_assert_eq!(parse_url(once.as_str(), None), Ok(once));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            if let Ok(url) = parse_url(&text, None) {
                let _ = canonical(&url);
            }
        }
    }
}
