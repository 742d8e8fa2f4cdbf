//! RSS, Atom and JSON feeds. A strict reader first; when it refuses, what can be saved is saved and the damage is told.

use crate::charset::decode;
use crate::date::parse_date;
use crate::dom::MAX_DOM_BYTES;
use crate::links::absolute;
use crate::meta::one_line;
use crate::repair;
use crate::strip::strip_tags;
use crate::title::MAX_TITLE_CHARS;
use crate::{ExtractError, Listed, PageContext};
use chrono::{DateTime, FixedOffset, Utc};
use feed_rs::model;
use guanlan_model::time::to_shanghai;
use regex::Regex;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use url::Url;

/// Items kept of one feed.
const MAX_ITEMS: usize = 1_000;
/// Characters of an item's plain-text summary.
const MAX_SUMMARY_CHARS: usize = 10_000;

/// A feed as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feed {
    /// The feed's own title.
    pub title: String,
    /// Items in feed order, one per address and title, at most 1,000.
    pub items: Vec<Listed>,
    /// Set when the feed is damaged: one Chinese sentence with the line, for the operator. Items may be missing.
    pub bozo: Option<String>,
}

/// Reads a feed. The bytes are decoded by our own ladder first (their XML declaration is often wrong), entities are
/// never expanded beyond the named characters of HTML, nothing is fetched.
///
/// # Errors
/// [`ExtractError::NotAFeed`] when the bytes hold no feed, or one too damaged to give a single item.
pub fn feed(bytes: &[u8], ctx: &PageContext<'_>) -> Result<Feed, ExtractError> {
    let bytes = bytes.get(..bytes.len().min(MAX_DOM_BYTES)).unwrap_or(bytes);
    let text = decode(bytes, ctx.content_type, ctx.tld()).text;
    let prepared = prepare(&text)?;
    let sound = !repair::has_forbidden(&prepared.xml);
    match strict(&prepared.xml, ctx)
        .and_then(|feed| if sound { Ok(feed) } else { Err("forbidden characters".into()) })
    {
        Ok(feed) => Ok(feed),
        Err(reason) => {
            tracing::debug!(%reason, "feed is not well-formed, repairing");
            let fault = repair::fault(&prepared.xml);
            let line = fault.line + prepared.lines_before;
            repaired(&prepared.xml, ctx, line, fault.what)
        }
    }
}

fn repaired(xml: &str, ctx: &PageContext<'_>, line: usize, what: &str) -> Result<Feed, ExtractError> {
    if let Ok(mut feed) = strict(&repair::mended(xml), ctx) {
        feed.bozo = Some(format!("第 {line} 行附近格式有误（{what}），已修补后读取"));
        return Ok(feed);
    }
    let saved = repair::salvaged(xml);
    let raw = saved.items.into_iter().map(|item| {
        let date = item.date.and_then(|d| parse_date(&d, ctx.now));
        (item.link, item.title, date, item.summary)
    });
    let items = listed(raw, ctx.url);
    if items.is_empty() {
        return Err(ExtractError::NotAFeed { found: "a damaged feed without a complete item" });
    }
    let bozo = format!("第 {line} 行附近格式有误（{what}），已略过损坏部分，取回 {} 条", items.len());
    Ok(Feed { title: plain(&saved.title, MAX_TITLE_CHARS), items, bozo: Some(bozo) })
}

struct Prepared {
    xml: String,
    lines_before: usize,
}

/// Drops what stands before the root and the XML declaration (the text is UTF-8 by now), and gives `<rss>` the
/// version that feed-rs insists on.
fn prepare(text: &str) -> Result<Prepared, ExtractError> {
    static ROOT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)<(?:[a-z][a-z0-9]*:)?(?:rss|feed|rdf|channel)[\s>]").ok());
    static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"^(<rss\b[^>]*?)(?:\sversion\s*=\s*(?:"([^"]*)"|'([^']*)'))?([^>]*>)"#).ok()
    });
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{FEFF}');
    if start.starts_with('{') {
        return Ok(Prepared { xml: start.to_owned(), lines_before: 0 });
    }
    let window = crate::dom::prefix(text, 1 << 14);
    let Some(root) = ROOT.as_ref().and_then(|r| r.find(window)) else {
        return Err(ExtractError::NotAFeed { found: looks_like(start) });
    };
    let (before, xml) = text.split_at(root.start());
    if before.to_ascii_lowercase().contains("<html") {
        return Err(ExtractError::NotAFeed { found: "an HTML page" });
    }
    let version = |c: &regex::Captures<'_>| {
        let given = c.get(2).or_else(|| c.get(3)).map_or("", |m| m.as_str());
        let known = if matches!(given, "0.91" | "0.92") { given } else { "2.0" };
        let part = |i| c.get(i).map_or("", |m: regex::Match<'_>| m.as_str());
        format!("{} version=\"{known}\"{}", part(1), part(4))
    };
    let xml = VERSION.as_ref().map_or_else(|| xml.to_owned(), |v| v.replace(xml, version).into_owned());
    Ok(Prepared { xml, lines_before: before.matches('\n').count() })
}

fn looks_like(text: &str) -> &'static str {
    let head = crate::dom::prefix(text, 1_024).to_ascii_lowercase();
    match head {
        h if h.is_empty() => "an empty body",
        h if h.contains("<html") || h.contains("<!doctype html") || h.contains("<body") => "an HTML page",
        h if h.starts_with('<') => "XML of another kind",
        _ => "something that is not XML",
    }
}

fn strict(xml: &str, ctx: &PageContext<'_>) -> Result<Feed, String> {
    let now = ctx.now;
    let parser = feed_rs::parser::Builder::new()
        .base_uri(ctx.url.map(Url::as_str))
        .timestamp_parser(move |text| parse_date(text, now).map(|d| d.with_timezone(&Utc)))
        .build();
    // quick-xml has panicked inside feed-rs on odd input: one bad feed must not take a worker with it. The panic is
    // logged as an error, because it is one.
    let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse(xml.as_bytes())));
    match parsed {
        Ok(Ok(feed)) => Ok(from_model(feed, ctx)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => {
            tracing::error!(url = ctx.url.map(Url::as_str), "feed parser panicked");
            Err("parser panicked".to_owned())
        }
    }
}

fn from_model(feed: model::Feed, ctx: &PageContext<'_>) -> Feed {
    let raw = feed.entries.into_iter().map(|entry| {
        let alternate = entry.links.iter().find(|l| l.rel.as_deref().is_none_or(|r| r == "alternate"));
        let link = alternate.or(entry.links.first()).map(|l| l.href.clone());
        let link =
            link.or_else(|| entry.id.starts_with("http").then(|| entry.id.clone())).unwrap_or_default();
        let title = entry.title.map(|t| t.content).unwrap_or_default();
        let date = entry.published.or(entry.updated).map(to_shanghai);
        let summary = entry.summary.map(|s| s.content).unwrap_or_default();
        let content = entry.content.and_then(|c| c.body).unwrap_or_default();
        let longest = if content.len() > summary.len() { content } else { summary };
        (link, title, date, longest)
    });
    let items = listed(raw, ctx.url);
    let title = plain(&feed.title.map(|t| t.content).unwrap_or_default(), MAX_TITLE_CHARS);
    Feed { title, items, bozo: None }
}

type Raw = (String, String, Option<DateTime<FixedOffset>>, String);

/// Items with a usable address, one per address and title: guids are missing, reused or made up.
fn listed(raw: impl Iterator<Item = Raw>, base: Option<&Url>) -> Vec<Listed> {
    let mut seen = HashSet::new();
    raw.filter_map(|(link, title, date, summary)| {
        let url = absolute(&link, base)?;
        let title = one_line(&plain(&title, MAX_TITLE_CHARS));
        let summary = plain(&summary, MAX_SUMMARY_CHARS);
        seen.insert((url.clone(), title.clone())).then_some(Listed { url, title, date, summary })
    })
    .take(MAX_ITEMS)
    .collect()
}

/// Titles and summaries carry HTML, often escaped twice.
fn plain(html: &str, limit: usize) -> String {
    let text = if html.contains(['<', '&']) {
        strip_tags(html).into_iter().map(|l| l.text).collect::<Vec<_>>().join("\n")
    } else {
        html.lines().map(one_line).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
    };
    text.chars().take(limit).collect()
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
