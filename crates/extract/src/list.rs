//! List pages: the items that a source's selectors point at.

use crate::charset::decode;
use crate::date::{self, parse_date};
use crate::dom::{self, MAX_DOM_BYTES};
use crate::links::{MAX_LINKS, absolute, link_text};
use crate::meta::{base, one_line};
use crate::title::MAX_TITLE_CHARS;
use crate::{ExtractError, PageContext};
use chrono::{DateTime, FixedOffset};
use dom_query::{Matcher, NodeRef};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use url::Url;

/// CSS selectors of a list page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSelectors {
    /// One element per item; when it is itself a link, nothing else is needed.
    pub item: String,
    /// The link inside an item. Without it the first link with words in it is taken.
    #[serde(default)]
    pub link: Option<String>,
    /// The date inside an item. Without it the text outside the link is searched.
    #[serde(default)]
    pub date: Option<String>,
}

/// One item of a list page or a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Absolute http or https address.
    pub url: Url,
    /// Title, one line, at most 500 characters; may be empty.
    pub title: String,
    /// Date printed beside it, at +08:00.
    pub date: Option<DateTime<FixedOffset>>,
    /// Plain text of a feed's description; empty for list pages.
    pub summary: String,
}

/// Reads the items of a list page, in page order, one per address, at most 2,000.
///
/// # Errors
/// [`ExtractError::BadSelector`] or [`ExtractError::NothingSelected`] with the selector at fault,
/// [`ExtractError::TooComplex`] for a page past the parser's limits.
pub fn list(
    bytes: &[u8],
    ctx: &PageContext<'_>,
    selectors: &ListSelectors,
) -> Result<Vec<Listed>, ExtractError> {
    let item = compile(&selectors.item)?;
    let link = selectors.link.as_deref().map(compile).transpose()?;
    let date = selectors.date.as_deref().map(compile).transpose()?;
    let text =
        decode(bytes.get(..bytes.len().min(MAX_DOM_BYTES)).unwrap_or(bytes), ctx.content_type, ctx.tld())
            .text;
    let document = dom::parse(&text).map_err(|_| ExtractError::TooComplex)?;
    let base = base(&document, ctx.url);
    let items = document.select_matcher(&item);
    if items.is_empty() {
        return Err(ExtractError::NothingSelected { selector: selectors.item.clone() });
    }
    let mut seen = HashSet::new();
    let mut listed = Vec::new();
    for node in items.nodes() {
        let Some((anchor, url)) = anchor(node, link.as_ref(), base.as_ref()) else {
            continue;
        };
        if listed.len() == MAX_LINKS || !seen.insert(url.clone()) {
            continue;
        }
        let date = item_date(node, &anchor, date.as_ref(), ctx.now);
        listed.push(Listed { url, title: title(&anchor), date, summary: String::new() });
    }
    Ok(listed)
}

fn compile(selector: &str) -> Result<Matcher, ExtractError> {
    Matcher::new(selector).map_err(|_| ExtractError::BadSelector { selector: selector.to_owned() })
}

/// The item's link: the item itself, what `link` selects, or the link with the most words.
fn anchor<'a>(item: &NodeRef<'a>, link: Option<&Matcher>, base: Option<&Url>) -> Option<(NodeRef<'a>, Url)> {
    let resolve = |n: NodeRef<'a>| absolute(&n.attr("href")?, base).map(|url| (n, url));
    if link.is_none() && item.has_name("a") {
        return resolve(*item);
    }
    let inside = item.descendants_it().filter(|n| match link {
        Some(m) => n.is_element() && n.is_match(m),
        None => n.has_name("a"),
    });
    let mut best: Option<(usize, (NodeRef<'a>, Url))> = None;
    for found in inside.filter_map(resolve) {
        let words = link_text(&found.0).chars().count();
        if best.as_ref().is_none_or(|(most, _)| words > *most) {
            best = Some((words, found));
        }
    }
    best.map(|(_, found)| found)
}

/// The full title is often only in the `title` attribute, the visible one ends in dots.
fn title(anchor: &NodeRef<'_>) -> String {
    let shown = link_text(anchor);
    let tooltip = one_line(&anchor.attr("title").unwrap_or_default());
    let cut_off = shown.ends_with("...") || shown.ends_with('…');
    let longer = tooltip.chars().count() > shown.chars().count();
    let title = if longer && (cut_off || tooltip.starts_with(shown.as_str())) { tooltip } else { shown };
    title.chars().take(MAX_TITLE_CHARS).collect()
}

fn item_date(
    item: &NodeRef<'_>,
    anchor: &NodeRef<'_>,
    date: Option<&Matcher>,
    now: DateTime<FixedOffset>,
) -> Option<DateTime<FixedOffset>> {
    if let Some(matcher) = date {
        return item
            .descendants_it()
            .filter(|n| n.is_element() && n.is_match(matcher))
            .find_map(|n| parse_date(&n.text(), now));
    }
    let mut outside = String::new();
    for node in item.descendants_it().filter(NodeRef::is_text) {
        let in_link = node.ancestors_it(None).any(|a| a.id == anchor.id);
        if !in_link || item.id == anchor.id {
            outside.push_str(&node.text());
            outside.push(' ');
        }
    }
    date::parse_date(&one_line(&outside), now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests_support::{context, now};

    const PAGE: &str = r#"<html><head><meta charset="gb2312"><title>通知公告_云溪县教体局</title></head><body>
        <ul class="nav"><li><a href="/">首页</a></li></ul>
        <ul class="list">
        <li><span>[11-20]</span><a href="./t20261120_1.html" title="关于公布云溪县校外培训机构名录的通知">关于公布云溪县校外培训机构名…</a></li>
        <li><a href="t20261119_2.html"><img src=new.gif></a><a href="t20261119_2.html">云溪县开展校外培训专项检查</a><em>2026年11月19日</em></li>
        <li><a href="javascript:;">更多</a></li>
        <li><a href="http://www.jiangning.example/x?id=3">江宁市通报三起案例</a></li>
        </ul></body></html>"#;

    #[test]
    fn a_gbk_list_page_gives_titles_dates_and_addresses() {
        let (bytes, _, _) = encoding_rs::GBK.encode(PAGE);
        let url = Url::parse("http://www.yunxi.example/tzgg/index.html").unwrap();
        let selectors = ListSelectors { item: "ul.list > li".into(), ..ListSelectors::default() };
        let found = list(&bytes, &context(Some(&url)), &selectors).unwrap();
        let plain: Vec<_> = found
            .iter()
            .map(|l| (l.url.as_str(), l.title.as_str(), l.date.map(|d| d.date_naive().to_string())))
            .collect();
        assert_eq!(
            plain,
            [
                (
                    "http://www.yunxi.example/tzgg/t20261120_1.html",
                    "关于公布云溪县校外培训机构名录的通知",
                    Some("2026-11-20".to_owned())
                ),
                (
                    "http://www.yunxi.example/tzgg/t20261119_2.html",
                    "云溪县开展校外培训专项检查",
                    Some("2026-11-19".to_owned())
                ),
                ("http://www.jiangning.example/x?id=3", "江宁市通报三起案例", None),
            ]
        );
    }

    #[test]
    fn selectors_are_obeyed_and_their_faults_named() {
        let url = Url::parse("http://www.yunxi.example/").unwrap();
        let page = "<div class=i><a href=/a>甲</a><a class=t href=/b>乙</a><i class=d>2026-11-01</i><i>2026-01-01</i></div>";
        let of = |item: &str, link: Option<&str>, date: Option<&str>| {
            let s =
                ListSelectors { item: item.into(), link: link.map(Into::into), date: date.map(Into::into) };
            list(page.as_bytes(), &context(Some(&url)), &s)
        };
        let found = of(".i", Some("a.t"), Some(".d")).unwrap();
        assert_eq!(found[0].title, "乙");
        assert_eq!(found[0].date, parse_date("2026-11-01", now()));
        assert_eq!(of(".i[", None, None), Err(ExtractError::BadSelector { selector: ".i[".into() }));
        assert_eq!(of(".none", None, None), Err(ExtractError::NothingSelected { selector: ".none".into() }));
        assert_eq!(of("a", None, None).unwrap().len(), 2);
    }
}
