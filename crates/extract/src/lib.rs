//! From bytes to an article: charset, main text, title, date, publisher, links, feeds, list pages.
//!
//! Everything here is a function of its input: no network, no clock (the caller passes `now`), the same bytes give
//! the same answer. Input is hostile: sizes, depth and counts are bounded before a parser sees them, and nothing
//! panics on any bytes.

mod body;
mod charset;
mod date;
mod dom;
mod feed;
mod kind;
mod lines;
mod links;
mod list;
mod meta;
mod noise;
mod page;
mod published;
mod repair;
mod source;
mod strip;
mod title;
mod trim;

pub use feed::{Feed, feed};
pub use links::{Link, links};
pub use list::{ListSelectors, Listed, list};
pub use page::{Selectors, page};

use chrono::{DateTime, FixedOffset};
use url::Url;

/// What is known about a page besides its bytes.
#[derive(Debug, Clone, Copy)]
pub struct PageContext<'a> {
    /// Address it was fetched from, after redirects; relative links are resolved against it.
    pub url: Option<&'a Url>,
    /// The HTTP `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The source's own selectors for this kind of page.
    pub selectors: Option<&'a Selectors>,
    /// Resolves 昨天 and dates without a year; later dates than a day after it are refused.
    pub now: DateTime<FixedOffset>,
}

impl PageContext<'_> {
    /// Last label of the host, as a hint for the charset detector.
    fn tld(&self) -> Option<&str> {
        self.url.and_then(Url::host_str).and_then(|h| h.rsplit('.').next())
    }
}

/// Why a feed or a list page gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// A configured CSS selector does not parse.
    #[error("selector `{selector}` is not valid CSS")]
    BadSelector {
        /// The selector as configured.
        selector: String,
    },
    /// The selector is fine and the page has nothing that matches it.
    #[error("no element matches `{selector}`")]
    NothingSelected {
        /// The selector as configured.
        selector: String,
    },
    /// The page is nested or filled past the limits of the parser.
    #[error("page is too complex to parse")]
    TooComplex,
    /// The bytes are not a feed: an HTML page, an empty body, something else.
    #[error("not a feed: {found}")]
    NotAFeed {
        /// What it looks like.
        found: &'static str,
    },
}

impl ExtractError {
    /// One line in Chinese that says what an operator can do.
    pub fn zh(&self) -> String {
        match self {
            ExtractError::BadSelector { selector } => {
                format!("选择器 {selector} 不是有效的 CSS，请修改来源文件")
            }
            ExtractError::NothingSelected { selector } => {
                format!("网页中没有与选择器 {selector} 匹配的内容，网页可能已改版，请核对来源文件")
            }
            ExtractError::TooComplex => "网页过于复杂，无法解析".to_owned(),
            ExtractError::NotAFeed { .. } => {
                "打开的不是 RSS 或 Atom 订阅源（可能是网页或空白内容），请核对网址".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests_support {
    use super::PageContext;
    use chrono::{DateTime, FixedOffset};
    use url::Url;

    /// Tuesday, 24 November 2026, 10:00 in Shanghai.
    pub fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-11-24T10:00:00+08:00").unwrap()
    }

    pub fn context(url: Option<&Url>) -> PageContext<'_> {
        PageContext { url, content_type: None, selectors: None, now: now() }
    }
}
