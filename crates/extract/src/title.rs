//! The title of an article: the heading that the page's own `<title>` repeats.

use crate::lines::Line;
use crate::meta::{Meta, one_line};
use crate::noise::{Role, role};
use dom_query::{Document, NodeRef, local_name};
use std::collections::HashMap;

/// Characters of a title.
pub(crate) const MAX_TITLE_CHARS: usize = 500;
/// Characters of `<title>` that are compared with headings; the comparison is quadratic.
const MAX_HEAD_CHARS: usize = 300;
/// Share of a heading that must stand in `<title>` in one piece.
const LIKENESS: f64 = 0.7;
/// Lines above the text in which a title is looked for when `<title>` holds only the site's name.
const LINES_ABOVE: usize = 6;

/// Letters, digits and Han characters only, lower case: what two spellings of one title have in common.
pub(crate) fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A heading, or an element that calls itself a title.
#[derive(Debug)]
pub(crate) struct Heading {
    text: String,
    bare: String,
    /// 1 to 4; 7 for an element that only calls itself a title.
    level: u8,
}

impl Heading {
    fn rank(&self) -> u8 {
        match self.level {
            1 => 3,
            2 | 3 => 2,
            7 => 1,
            _ => 0,
        }
    }
}

/// Every heading of the page that is long enough for a title.
pub(crate) fn headings(document: &Document) -> Vec<Heading> {
    let mut found = Vec::new();
    for node in document.root().descendants_it() {
        let Some(level) = heading_level(&node) else {
            continue;
        };
        let text = one_line(&node.text());
        let bare = bare(&text);
        if (4..=200).contains(&bare.chars().count()) {
            found.push(Heading { text, bare, level });
        }
    }
    found
}

fn heading_level(node: &NodeRef<'_>) -> Option<u8> {
    let element = node.element_ref()?;
    let calls_itself_title = || {
        [local_name!("class"), local_name!("id")]
            .into_iter()
            .filter_map(|name| element.attr_ref(name))
            .any(|value| value.contains("title") || value.contains("Title"))
    };
    match &*element.name.local {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "title" | "body" | "a" | "script" | "li" | "style" => None,
        _ => calls_itself_title().then_some(7),
    }
}

/// The title without the site's name and channel. `body` is the raw main text, for pages that hide their title.
pub(crate) fn title(headings: &[Heading], meta: &Meta, lines: &[Line], body: &[Line]) -> String {
    let stated = meta.first(&["articletitle"]).or(meta.property.title.as_deref());
    if let Some(stated) = stated.filter(|t| bare(t).chars().count() >= 4) {
        return clip(stated);
    }
    let head: String = meta.title.chars().take(MAX_HEAD_CHARS).collect();
    let found = repeated_heading(headings, &head)
        .or_else(|| heading_behind_dots(headings, &head))
        .or_else(|| repeated_line(lines, &head));
    if let Some(found) = found {
        return clip(&found);
    }
    if let Some(og) = meta.first(&["og:title", "twitter:title", "weibo:article:title"]) {
        return clip(&without_suffix(og, meta));
    }
    let short = without_suffix(&head, meta);
    let weak = is_site_name(&short) || short.is_empty();
    let instead = weak.then(|| only_h1(headings).or_else(|| line_above(lines, body))).flatten();
    clip(&instead.filter(|t| !t.is_empty()).unwrap_or(if short.is_empty() { head } else { short }))
}

fn clip(title: &str) -> String {
    one_line(title).chars().take(MAX_TITLE_CHARS).collect()
}

/// The best heading whose text `<title>` contains, whole or nearly so.
fn repeated_heading(headings: &[Heading], head: &str) -> Option<String> {
    let head = bare(head);
    let cut_off = |h: &&Heading| h.text.ends_with("..") || h.text.ends_with('…');
    let whole = headings.iter().filter(|h| is_part(&h.bare, &head) && !cut_off(h));
    if let Some(best) = whole.max_by_key(|h| (h.rank(), h.bare.chars().count())) {
        return Some(best.text.clone());
    }
    let nearly = |h: &&Heading| {
        let n = h.bare.chars().count();
        h.rank() >= 2 && (8..=60).contains(&n) && common_run(&h.bare, &head) as f64 >= n as f64 * LIKENESS
    };
    headings.iter().filter(nearly).max_by_key(|h| h.rank()).map(|h| h.text.clone())
}

/// A heading counts when `<title>` contains it and it is more than the site's name.
fn is_part(heading: &str, head: &str) -> bool {
    !head.is_empty() && head.contains(heading) && (head.starts_with(heading) || heading.chars().count() >= 8)
}

/// Length of the longest run of characters that both texts share.
fn common_run(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut best = 0;
    let mut row = vec![0_usize; b.len() + 1];
    for x in a.chars() {
        let mut diagonal = 0;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let above = *cell;
            *cell = if x == *y { diagonal + 1 } else { 0 };
            best = best.max(*cell);
            diagonal = above;
        }
    }
    best
}

/// The longest part of `<title>`, cut at its separators, that stands on the page as a line of its own.
fn repeated_line(lines: &[Line], head: &str) -> Option<String> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for line in lines.iter().filter(|l| l.chars() <= 120 && l.link_chars * 2 <= l.chars()) {
        seen.entry(bare(&line.text))
            .or_insert(line.text.trim_start_matches(['》', '>', '•', '·', '◎', '■']).trim());
    }
    let pieces: Vec<&str> = head.split(is_separator).collect();
    let mut best: Option<(usize, String)> = None;
    for from in 0..pieces.len() {
        let mut joined = String::new();
        for piece in pieces.iter().skip(from).take(12) {
            joined.push_str(&bare(piece));
            let n = joined.chars().count();
            if n >= 6
                && best.as_ref().is_none_or(|(most, _)| n > *most)
                && let Some(text) = seen.get(&joined)
            {
                best = Some((n, (*text).to_owned()));
            }
        }
    }
    best.map(|(_, text)| text).filter(|t| !is_site_name(t))
}

fn is_separator(c: char) -> bool {
    matches!(c, '_' | '|' | '｜' | '-' | '－' | '—' | '–' | ':' | '：' | '>' | '»' | '·') || c.is_whitespace()
}

/// The heading that a `<title>` ending in dots was cut from.
fn heading_behind_dots(headings: &[Heading], head: &str) -> Option<String> {
    let (start, rest) = head.split_once('…').or_else(|| head.split_once("..."))?;
    let rest = rest.trim_start_matches(['…', '.', ' ']);
    let start = bare(start);
    let cut_off = rest.is_empty() || rest.starts_with(is_separator);
    let whole = headings.iter().find(|h| cut_off && h.bare.starts_with(&start))?;
    (start.chars().count() >= 6).then(|| whole.text.clone())
}

fn only_h1(headings: &[Heading]) -> Option<String> {
    let mut level1 = headings.iter().filter(|h| h.level == 1 && !is_site_name(&h.text));
    let first = level1.next()?;
    level1.next().is_none().then(|| first.text.clone())
}

/// The nearest plain line above the text.
fn line_above(lines: &[Line], body: &[Line]) -> Option<String> {
    let is_text = |l: &&Line| matches!(role(l), Role::Sentence(_));
    let first = body.iter().find(is_text)?;
    let at = lines.iter().position(|l| l.text == first.text)?;
    let above = lines.get(..at)?.iter().rev().take(LINES_ABOVE);
    above
        .into_iter()
        .find(|l| (6..=60).contains(&l.chars()) && role(l) == Role::Plain)
        .map(|l| l.text.clone())
}

const STRONG: [char; 4] = ['_', '|', '｜', '﹣'];
const WEAK: [&str; 6] = ["--", "——", " - ", "-", "—", "–"];

/// `标题_频道_网站`, `标题 - 网站`, `标题|频道--网站`: the part before the site's own words.
fn without_suffix(head: &str, meta: &Meta) -> String {
    let mut kept = head.trim();
    let site = meta.first(&["og:site_name", "sitename"]);
    if let Some(rest) = site.and_then(|s| kept.strip_suffix(s)).filter(|r| r.chars().count() >= 4) {
        kept = rest.trim_end_matches(is_separator);
    }
    if let Some(at) = kept.find(STRONG)
        && kept.get(..at).is_some_and(|t| t.chars().count() >= 4)
    {
        kept = kept.get(..at).unwrap_or(kept).trim();
    }
    while let Some((before, after)) = WEAK.iter().find_map(|s| kept.rsplit_once(s)) {
        let long_enough = before.trim().chars().count() >= 6;
        if !(long_enough && is_site_name(after.trim())) {
            break;
        }
        kept = before.trim();
    }
    kept.to_owned()
}

/// How names of sites and channels end.
const SITE_MARKS: [&str; 30] = [
    "网",
    "網",
    "新闻",
    "新聞",
    "频道",
    "頻道",
    "日报",
    "日報",
    "晚报",
    "晚報",
    "在线",
    "在線",
    "资讯",
    "資訊",
    "中心",
    "门户",
    "都市报",
    "周刊",
    "电视台",
    "电台",
    "政府",
    "教育局",
    "体育局",
    ".com",
    ".cn",
    "News",
    "财经",
    "論壇",
    "论坛",
    "时报",
];

/// Short, without figures, and ending like a site or a channel.
fn is_site_name(text: &str) -> bool {
    let n = text.chars().count();
    let figures = text.chars().any(|c| c.is_ascii_digit());
    (n <= 24 && SITE_MARKS.iter().any(|m| text.ends_with(m))) || (n <= 6 && !figures)
}

/// The site's own name at the end of `<title>`.
pub(crate) fn site_name(head: &str) -> Option<&str> {
    let (_, last) = head.rsplit_once(|c: char| is_separator(c) && !c.is_whitespace())?;
    let last = last.trim();
    let channel =
        ["频道", "頻道", "新闻", "新聞"].iter().any(|m| last.ends_with(m)) && last.chars().count() <= 4;
    let named = (3..=24).contains(&last.chars().count()) && SITE_MARKS.iter().any(|m| last.ends_with(m));
    (named && !channel).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;
    use crate::lines::lines;

    #[test]
    fn titles_lose_their_site_and_keep_themselves() {
        for (head, body, expected) in [
            ("云溪县查处一家无证机构_云溪网", "", "云溪县查处一家无证机构"),
            ("云溪县查处一家无证机构-教育频道-云溪新闻网", "", "云溪县查处一家无证机构"),
            ("云溪县查处一家无证机构|江宁日报", "", "云溪县查处一家无证机构"),
            ("某公司预计净利1900万-2900万-财经频道-江宁网", "", "某公司预计净利1900万-2900万"),
            (
                "云溪县：查处一家无证机构_云溪网",
                "<h1>云溪县：查处一家无证机构</h1><h2>相关新闻</h2>",
                "云溪县：查处一家无证机构",
            ),
            ("查处一家无证机构 教育 云溪网", "<h1>云溪网</h1><p>查处一家无证机构</p>", "查处一家无证机构"),
            ("江宁评论新闻：“看孩子”的暑假托管", "<div>“看孩子”的暑假托管</div>", "“看孩子”的暑假托管"),
            (
                "云溪县查处一家无证办学机构涉…_云溪网",
                "<h1>云溪县查处一家无证办学机构涉及学员百人</h1>",
                "云溪县查处一家无证办学机构涉及学员百人",
            ),
            ("新闻中心", "<h1>云溪县查处一家无证机构</h1>", "云溪县查处一家无证机构"),
            (
                "云溪县查处无证培训机构 消费_江宁网",
                "<h1>【快讯】云溪县查处无证培训机构</h1>",
                "【快讯】云溪县查处无证培训机构",
            ),
            ("", "<h1>云溪县查处一家无证机构</h1>", "云溪县查处一家无证机构"),
        ] {
            let document = dom::parse(&format!("<title>{head}</title>{body}")).unwrap();
            let meta = Meta::read(&document);
            let all = lines(&document.root());
            assert_eq!(title(&headings(&document), &meta, &all, &all), expected, "{head}");
        }
    }

    #[test]
    fn what_the_publishing_system_states_wins() {
        for html in [
            "<meta name=ArticleTitle content=云溪县通报三起案例><title>政府门户网站</title>",
            "<!--enpproperty <date>2026-11-24</date><title>云溪县通报三起案例</title> /enpproperty--><title>江宁日报</title>",
        ] {
            let document = dom::parse(html).unwrap();
            assert_eq!(title(&[], &Meta::read(&document), &[], &[]), "云溪县通报三起案例");
        }
    }
}
