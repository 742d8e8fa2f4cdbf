//! Articles: what was read out of a capture.

use crate::terms::vocabulary;
use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// News about institutions, or an institution's own promotion. Rules read the two differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    News,
    Promo,
}

vocabulary!(Kind, "article kind", {
    News => "news", "新闻";
    Promo => "promo", "宣传页";
});

/// The standing of a source, highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Tier {
    Central,
    Provincial,
    Municipal,
    County,
    Government,
    Other,
}

vocabulary!(Tier, "tier", {
    Central => "central", "中央";
    Provincial => "provincial", "省";
    Municipal => "municipal", "市";
    County => "county", "县";
    Government => "government", "政务";
    Other => "other", "其他";
});

/// One article as the screening room takes it (one line of `guanlan screen`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Identifier, echoed in the answer.
    pub id: String,
    /// News or promotion.
    pub kind: Kind,
    /// Name of the source.
    #[serde(default)]
    pub source: String,
    /// Standing of the source.
    #[serde(default = "other_tier")]
    pub tier: Tier,
    /// Address it was read from.
    #[serde(default)]
    pub url: String,
    /// Publication time, if it is known.
    #[serde(default)]
    pub published: Option<DateTime<FixedOffset>>,
    /// Title, one line.
    #[serde(default)]
    pub title: String,
    /// Paragraphs separated by `\n`.
    #[serde(default)]
    pub body: String,
    /// Register id of the institution whose own page it is; promotion only.
    #[serde(default)]
    pub owner: Option<String>,
}

fn other_tier() -> Tier {
    Tier::Other
}

/// What a fetched page turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageKind {
    /// A text to be screened.
    Article,
    /// Links to articles and little else.
    List,
    /// Pictures with captions.
    Gallery,
    /// The text is inside a picture.
    Image,
    /// A wall against machines or a login: a gap, never an article.
    Challenge,
    /// Status 200 for a page that does not exist.
    SoftNotFound,
    /// Nothing to read.
    Empty,
}

vocabulary!(PageKind, "page kind", {
    Article => "article", "文章";
    List => "list", "列表";
    Gallery => "gallery", "图集";
    Image => "image", "图片";
    Challenge => "challenge", "验证页";
    SoftNotFound => "soft-404", "页面不存在";
    Empty => "empty", "空页";
});

/// One line of `guanlan extract`: everything read out of one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extracted {
    /// What the page is.
    pub kind: PageKind,
    /// Title without the site's suffix.
    pub title: String,
    /// Publication time at +08:00. `None` rather than a guess.
    pub date: Option<DateTime<FixedOffset>>,
    /// 0 (no date) to 1 (stated by the page's own metadata).
    pub date_confidence: f32,
    /// Name printed after 来源, or the site's own name.
    pub publisher: Option<String>,
    /// Original publisher of a reprint (转载自).
    pub origin: Option<String>,
    /// Paragraphs separated by `\n`.
    pub text: String,
    /// Encoding that the bytes were decoded with, as a WHATWG label.
    pub charset: String,
}
