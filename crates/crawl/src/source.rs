//! A source: something that is watched.

use guanlan_extract::{ListSelectors, Selectors};
use guanlan_model::{Kind, Tier};
use std::time::Duration;
use url::Url;

/// How a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// RSS, Atom or JSON feed.
    Feed,
    /// A page that lists articles.
    List,
    /// A small site that is read page by page.
    Site,
    /// One page.
    Page,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: [SourceKind; 4] = [SourceKind::Feed, SourceKind::List, SourceKind::Site, SourceKind::Page];

    /// The stable code used in files, the database and the API.
    pub fn code(self) -> &'static str {
        match self {
            SourceKind::Feed => "feed",
            SourceKind::List => "list",
            SourceKind::Site => "site",
            SourceKind::Page => "page",
        }
    }

    /// The name people see, in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            SourceKind::Feed => "订阅",
            SourceKind::List => "列表页",
            SourceKind::Site => "网站",
            SourceKind::Page => "单页",
        }
    }

    /// How often it is asked when the file does not say.
    pub(crate) fn usual_rhythm(self) -> Duration {
        match self {
            SourceKind::Feed | SourceKind::List => Duration::from_secs(30 * 60),
            SourceKind::Site | SourceKind::Page => Duration::from_secs(24 * 3600),
        }
    }

    /// How old its newest item may be when the file does not say. Sites and pages change seldom.
    pub(crate) fn usual_staleness(self) -> Duration {
        match self {
            SourceKind::Feed | SourceKind::List => Duration::from_secs(3 * 24 * 3600),
            SourceKind::Site | SourceKind::Page => Duration::from_secs(365 * 24 * 3600),
        }
    }
}

/// One source, as a `[[source]]` table of `config/sources/*.toml` gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Stable identifier: lower-case letters, digits and hyphens.
    pub id: String,
    /// Name that people see.
    pub name: String,
    /// Standing.
    pub tier: Tier,
    /// How it is read.
    pub kind: SourceKind,
    /// Where it is read.
    pub url: Url,
    /// Whether its articles are news or promotion.
    pub article_kind: Kind,
    /// Register id of the institution whose own pages these are.
    pub owner: Option<String>,
    /// How often it is asked.
    pub every: Duration,
    /// It counts as stale when its newest item is older than this.
    pub stale_after: Duration,
    /// Selectors of a list page; always there for [`SourceKind::List`].
    pub list: Option<ListSelectors>,
    /// Selectors of its article pages.
    pub page: Selectors,
    /// How many clicks from `url` a site is read; 0 reads `url` alone.
    pub max_depth: u32,
    /// Most links taken from one page; the page's order decides. What all pages of a host add up to in a day is not bounded here.
    pub budget: usize,
    /// Ports allowed beside 80, 443, 8080 and 8443.
    pub ports: Vec<u16>,
    /// Somebody has seen it work.
    pub verified: bool,
    /// It is watched at all.
    pub enabled: bool,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn source(id: &str, kind: SourceKind) -> Source {
        Source {
            id: id.to_owned(),
            name: "测试来源".to_owned(),
            tier: Tier::County,
            kind,
            url: Url::parse("http://school.example/").unwrap(),
            article_kind: Kind::News,
            owner: None,
            every: kind.usual_rhythm(),
            stale_after: kind.usual_staleness(),
            list: None,
            page: Selectors::default(),
            max_depth: 2,
            budget: 50,
            ports: Vec::new(),
            verified: false,
            enabled: true,
        }
    }
}
