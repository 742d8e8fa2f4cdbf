//! One page, from its bytes to an article.

use crate::PageContext;
use crate::body;
use crate::charset::decode;
use crate::date::parse_date;
use crate::dom::{self, MAX_DOM_BYTES};
use crate::kind::{Look, kind};
use crate::lines::{Line, MAX_TEXT_BYTES, lines};
use crate::meta::{Meta, one_line};
use crate::published::{Evidence, Published, published};
use crate::source::{named, origin, publisher};
use crate::strip::{head_title, strip_tags};
use crate::title::{MAX_TITLE_CHARS, headings, title};
use crate::trim::{Trimmed, trimmed};
use dom_query::{Document, Matcher};
use guanlan_model::{Extracted, PageKind};
use serde::{Deserialize, Serialize};

/// CSS selectors that a source gives for its article pages. Each one falls back to the general rules when it
/// selects nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selectors {
    /// The title.
    pub title: Option<String>,
    /// The article's text; several matches are joined in page order.
    pub body: Option<String>,
    /// The publication time.
    pub date: Option<String>,
    /// The publisher's name.
    pub publisher: Option<String>,
}

/// Confidence above which a date was printed on the page, not taken from its address.
const STATED: f32 = 0.65;

/// Reads one page. Never fails: a page that cannot be parsed is stripped of its tags.
///
/// At most 8 MiB are read, nested at most 512 deep; the text is at most 2 MiB, the title 500 characters.
pub fn page(bytes: &[u8], ctx: &PageContext<'_>) -> Extracted {
    let decoded =
        decode(bytes.get(..bytes.len().min(MAX_DOM_BYTES)).unwrap_or(bytes), ctx.content_type, ctx.tld());
    match dom::parse(&decoded.text) {
        Ok(document) => parsed(document, &decoded.text, decoded.charset, ctx),
        Err(_) => unparsed(&decoded.text, decoded.charset, ctx),
    }
}

fn parsed(document: Document, html: &str, charset: String, ctx: &PageContext<'_>) -> Extracted {
    let meta = Meta::read(&document);
    let all = lines(&document.root());
    let given = ctx.selectors.cloned().unwrap_or_default();
    let headings = headings(&document);
    let given_title = selected_text(&document, given.title.as_deref());
    let given_date = selected_text(&document, given.date.as_deref()).and_then(|t| parse_date(&t, ctx.now));
    let given_publisher = selected_text(&document, given.publisher.as_deref()).and_then(|t| named(&t));
    let publisher = given_publisher.or_else(|| publisher(&all, &meta));
    let chosen = given.body.as_deref().and_then(|s| body::selected(&document, s));
    let by_selector = chosen.is_some();
    let raw = chosen.unwrap_or_else(|| {
        let body = body::readable(document);
        body::described(&meta, &all, &body).unwrap_or(body)
    });
    let title = given_title.unwrap_or_else(|| title(&headings, &meta, &all, &raw));
    let title: String = title.chars().take(MAX_TITLE_CHARS).collect();
    let cut = if by_selector { Trimmed { lines: raw, teasers: 0 } } else { trimmed(raw, &title) };
    let (body, teasers) = (cut.lines, cut.teasers);
    let published = given_date.map(|when| Published { when, confidence: 1.0 }).or_else(|| {
        let (meta, lines, title) = (&meta, all.as_slice(), title.as_str());
        published(&Evidence { html, meta, lines, body: &body, title, address: ctx.url, now: ctx.now })
    });
    let look = Look {
        html,
        meta: &meta,
        title: &title,
        lines: &all,
        body: &body,
        teasers,
        dated: published.is_some_and(|p| p.confidence > STATED),
    };
    let kind = match kind(&look) {
        // A source's selector picks the article out of a list.
        PageKind::List if by_selector => PageKind::Article,
        kind => kind,
    };
    Extracted {
        kind,
        title,
        date: published.map(|p| p.when),
        date_confidence: published.map_or(0.0, |p| p.confidence),
        publisher,
        origin: origin(&all),
        text: text(kind, &body, &meta),
        charset,
    }
}

fn unparsed(html: &str, charset: String, ctx: &PageContext<'_>) -> Extracted {
    let lines = strip_tags(html);
    let meta = Meta::titled(head_title(html));
    let title: String = meta.title.chars().take(MAX_TITLE_CHARS).collect();
    let published = published(&Evidence {
        html,
        meta: &meta,
        lines: &lines,
        body: &lines,
        title: &title,
        address: ctx.url,
        now: ctx.now,
    });
    let kind = if lines.is_empty() { PageKind::Empty } else { PageKind::Article };
    Extracted {
        kind,
        date: published.map(|p| p.when),
        date_confidence: published.map_or(0.0, |p| p.confidence / 2.0),
        publisher: publisher(&lines, &meta),
        origin: origin(&lines),
        text: joined(lines.iter().map(|l| l.text.as_str()).filter(|t| *t != title)),
        title,
        charset,
    }
}

fn selected_text(document: &Document, selector: Option<&str>) -> Option<String> {
    let matcher = Matcher::new(selector?).ok()?;
    let text = one_line(&document.select_single_matcher(&matcher).text());
    (!text.is_empty()).then_some(text)
}

/// Only text that somebody wrote: a list keeps what stands outside its links, a picture its descriptions, a wall nothing.
fn text(kind: PageKind, body: &[Line], meta: &Meta) -> String {
    match kind {
        PageKind::Challenge | PageKind::SoftNotFound | PageKind::Empty => String::new(),
        PageKind::List => {
            joined(body.iter().filter(|l| l.own_chars() * 2 > l.chars()).map(|l| l.text.as_str()))
        }
        PageKind::Image => {
            let description = meta.first(&["og:description", "description"]);
            let pictures = meta.pictures.iter().map(String::as_str);
            joined(body.iter().map(|l| l.text.as_str()).chain(description).chain(pictures))
        }
        PageKind::Article | PageKind::Gallery => joined(body.iter().map(|l| l.text.as_str())),
    }
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
        if text.len() > MAX_TEXT_BYTES {
            break;
        }
    }
    dom::prefix(&text, MAX_TEXT_BYTES).to_owned()
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
