//! Damaged feeds: where the damage is, what can be mended in place, what can be saved item by item.

use quick_xml::Reader;
use quick_xml::events::Event;
use regex::Regex;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

/// The first place where a feed stops being XML.
pub(crate) struct Fault {
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong, in Chinese, for the operator.
    pub what: &'static str,
}

/// Finds the first fault. Line 1 when the XML is sound and the feed is at fault in another way.
pub(crate) fn fault(xml: &str) -> Fault {
    let found = catch_unwind(AssertUnwindSafe(|| first_fault(xml))).unwrap_or((0, "无法解析"));
    let upto = xml.get(..xml.floor_char_boundary(found.0)).unwrap_or(xml);
    Fault { line: upto.matches('\n').count() + 1, what: found.1 }
}

fn first_fault(xml: &str) -> (usize, &'static str) {
    if let Some(at) = xml.find(is_forbidden) {
        return (at, "含有控制字符");
    }
    let mut reader = Reader::from_str(xml);
    let mut open = 0_usize;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(0);
        match reader.read_event() {
            Ok(Event::Start(_)) => open += 1,
            Ok(Event::End(_)) => open = open.saturating_sub(1),
            Ok(Event::Eof) if open > 0 => return (xml.len(), "内容不完整"),
            Ok(Event::Eof) => return (0, "结构不符合订阅格式"),
            Ok(Event::GeneralRef(name)) if !is_xml_reference(name.as_ref()) => {
                return (at, "含有未定义的实体");
            }
            Ok(_) => {}
            Err(quick_xml::Error::IllFormed(quick_xml::errors::IllFormedError::UnclosedReference)) => {
                return (at, "含有裸露的 & 符号");
            }
            Err(quick_xml::Error::Syntax(_)) => {
                return (usize::try_from(reader.error_position()).unwrap_or(at), "内容不完整");
            }
            Err(_) => return (usize::try_from(reader.error_position()).unwrap_or(at), "标签不配对"),
        }
    }
}

fn is_xml_reference(name: &str) -> bool {
    name.starts_with('#') || matches!(name, "amp" | "lt" | "gt" | "quot" | "apos")
}

/// Control characters make a feed ill-formed, although some parsers let them through.
pub(crate) fn has_forbidden(xml: &str) -> bool {
    xml.contains(is_forbidden)
}

/// Characters that XML 1.0 does not allow (section 2.2).
fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// The same feed without forbidden characters, with bare `&` escaped and HTML's named characters written out.
pub(crate) fn mended(xml: &str) -> String {
    let mut out = String::with_capacity(xml.len() + 64);
    let mut rest = xml;
    while let Some(at) = rest.find("<![CDATA[") {
        let (markup, cdata) = rest.split_at(at);
        let end = cdata.find("]]>").map_or(cdata.len(), |e| e + 3);
        mend_markup(markup, &mut out);
        let (inside, after) = cdata.split_at(end);
        out.extend(inside.chars().filter(|c| !is_forbidden(*c)));
        rest = after;
    }
    mend_markup(rest, &mut out);
    out
}

fn mend_markup(markup: &str, out: &mut String) {
    let mut rest = markup;
    while let Some(at) = rest.find('&') {
        let (text, reference) = rest.split_at(at);
        out.extend(text.chars().filter(|c| !is_forbidden(*c)));
        let (written, length) = mended_reference(reference);
        out.push_str(&written);
        rest = reference.get(length..).unwrap_or_default();
    }
    out.extend(rest.chars().filter(|c| !is_forbidden(*c)));
}

/// What to write for the reference at the front of `text`, and how many bytes it took.
fn mended_reference(text: &str) -> (Cow<'_, str>, usize) {
    const LONGEST: usize = 34;
    let end = text.bytes().take(LONGEST).position(|b| b == b';');
    let Some(whole) = end.and_then(|e| text.get(..=e)) else {
        return (Cow::Borrowed("&amp;"), 1);
    };
    let name = whole.trim_matches(['&', ';']);
    if is_xml_reference(name) && !name.starts_with('#') {
        return (Cow::Borrowed(whole), whole.len());
    }
    let decoded = html_escape::decode_html_entities(whole);
    if decoded == whole {
        return (Cow::Borrowed("&amp;"), 1);
    }
    let safe: String = decoded.chars().filter(|c| !is_forbidden(*c)).collect();
    (Cow::Owned(html_escape::encode_text(&safe).into_owned()), whole.len())
}

/// What could be saved out of a feed that no parser takes.
pub(crate) struct Salvaged {
    pub title: String,
    pub items: Vec<SalvagedItem>,
}

/// One item as written: markup inside, not resolved, not checked.
pub(crate) struct SalvagedItem {
    pub link: String,
    pub title: String,
    pub date: Option<String>,
    pub summary: String,
}

/// Cuts out every `<item>` or `<entry>` that is closed, or followed by the next one, and reads its fields.
pub(crate) fn salvaged(xml: &str) -> Salvaged {
    static START: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)<(?:[a-z]+:)?(item|entry)(?:\s[^>]*)?>").ok());
    static END: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)</(?:[a-z]+:)?(?:item|entry)\s*>").ok());
    let (Some(start), Some(end)) = (START.as_ref(), END.as_ref()) else {
        return Salvaged { title: String::new(), items: Vec::new() };
    };
    let starts: Vec<_> = start.find_iter(xml).map(|m| (m.start(), m.end())).collect();
    let head = starts.first().and_then(|(at, _)| xml.get(..*at)).unwrap_or(xml);
    let mut items = Vec::new();
    for (i, (_, from)) in starts.iter().enumerate() {
        let next = starts.get(i + 1).map(|(at, _)| *at);
        let Some(span) = xml.get(*from..next.unwrap_or(xml.len())) else {
            continue;
        };
        let closed = end.find(span).map(|m| m.start());
        let complete = closed.or_else(|| next.map(|_| span.len()));
        items.extend(complete.and_then(|to| span.get(..to)).map(salvaged_item));
    }
    Salvaged { title: field(head, &["title"]).unwrap_or_default(), items }
}

fn salvaged_item(item: &str) -> SalvagedItem {
    let link = field(item, &["link"]).filter(|l| !l.is_empty());
    SalvagedItem {
        link: link
            .or_else(|| link_attribute(item))
            .or_else(|| field(item, &["guid", "id"]))
            .unwrap_or_default(),
        title: field(item, &["title"]).unwrap_or_default(),
        date: field(item, &["pubDate", "published", "dc:date", "updated", "date"]),
        summary: field(item, &["content:encoded", "content", "description", "summary"]).unwrap_or_default(),
    }
}

/// `<link rel="alternate" href="…"/>` of Atom.
fn link_attribute(item: &str) -> Option<String> {
    static LINK: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?i)<link\s([^>]*?)href\s*=\s*(?:"([^"]*)"|'([^']*)')([^>]*)>"#).ok());
    let relation = |c: &regex::Captures<'_>| {
        let others = [c.get(1), c.get(4)].into_iter().flatten().map(|m| m.as_str()).collect::<String>();
        !others.contains("rel=") || others.contains("alternate")
    };
    let found = LINK.as_ref()?.captures_iter(item).find(relation)?;
    let href = found.get(2).or_else(|| found.get(3))?.as_str();
    Some(html_escape::decode_html_entities(href).into_owned())
}

/// The content of the first element with one of the names, CDATA unwrapped, references decoded once.
fn field(item: &str, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let from = opening(item, name)?;
        let inside = item.get(from..)?;
        let closing = format!("</{name}");
        let end = find_ignoring_case(inside, &closing).unwrap_or(inside.len());
        Some(content(inside.get(..end)?))
    })
}

/// Byte offset behind `<name …>`. Self-closing elements have no content and are passed over.
fn opening(item: &str, name: &str) -> Option<usize> {
    let tag = format!("<{name}");
    let mut from = 0;
    while let Some(at) = find_ignoring_case(item.get(from..)?, &tag) {
        let after = from + at + tag.len();
        let rest = item.get(after..)?;
        let end = rest.find('>')?;
        let ends_name = rest.starts_with(|c: char| c == '>' || c.is_whitespace());
        if ends_name && !rest.get(..end)?.ends_with('/') {
            return Some(after + end + 1);
        }
        from = after;
    }
    None
}

fn content(inside: &str) -> String {
    let trimmed = inside.trim();
    let Some(start) = trimmed.strip_prefix("<![CDATA[") else {
        return html_escape::decode_html_entities(trimmed).into_owned();
    };
    start.split("]]>").next().unwrap_or(start).trim().to_owned()
}

fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    text.windows(needle.len()).position(|w| w.eq_ignore_ascii_case(needle))
}
