//! The links of a page.

use crate::PageContext;
use crate::charset::decode;
use crate::dom::{self, MAX_DOM_BYTES};
use crate::meta::{Meta, base, one_line};
use dom_query::{Document, NodeRef};
use std::collections::HashSet;
use url::Url;

/// Links kept of one page.
pub(crate) const MAX_LINKS: usize = 2_000;
/// Bytes of an address (the crawl refuses longer ones).
const MAX_URL_BYTES: usize = 2_048;
/// Characters of a link's text.
const MAX_LINK_TEXT: usize = 300;

/// An address and the words that lead to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Absolute, http or https, without fragment.
    pub url: Url,
    /// Text inside the link, or its `title` attribute; may be empty.
    pub text: String,
}

/// Distinct http and https links in page order, at most 2000. The target of a meta refresh comes first.
///
/// Relative links are resolved against `<base href>` and the page's address. A page too complex to parse has none.
pub fn links(bytes: &[u8], ctx: &PageContext<'_>) -> Vec<Link> {
    let text =
        decode(bytes.get(..bytes.len().min(MAX_DOM_BYTES)).unwrap_or(bytes), ctx.content_type, ctx.tld())
            .text;
    dom::parse(&text).map(|document| links_of(&document, ctx.url)).unwrap_or_default()
}

fn links_of(document: &Document, address: Option<&Url>) -> Vec<Link> {
    let base = base(document, address);
    let mut seen = HashSet::new();
    let mut links: Vec<Link> = Vec::new();
    let mut keep = |url: Option<Url>, text: String| {
        if let Some(url) = url.filter(|u| seen.insert(u.clone())) {
            links.push(Link { url, text });
        }
        links.len() < MAX_LINKS
    };
    if let Some(target) = Meta::read(document).refresh.as_deref().and_then(refresh_target) {
        keep(absolute(target, base.as_ref()), String::new());
    }
    for node in document.root().descendants_it() {
        let is_link = node.has_name("a") || node.has_name("area");
        if !is_link {
            continue;
        }
        let Some(href) = node.attr("href") else {
            continue;
        };
        if !keep(absolute(&href, base.as_ref()), link_text(&node)) {
            break;
        }
    }
    links
}

/// The words of a link: what it shows, else its tooltip, else its picture's description.
pub(crate) fn link_text(node: &NodeRef<'_>) -> String {
    let shown = one_line(&node.text());
    let words = if shown.is_empty() { one_line(&node.attr("title").unwrap_or_default()) } else { shown };
    words.chars().take(MAX_LINK_TEXT).collect()
}

/// Resolves an `href`. `None` for anything that is not http or https, carries a password, or is too long.
pub(crate) fn absolute(href: &str, base: Option<&Url>) -> Option<Url> {
    let href = href.trim();
    if href.is_empty() || href.starts_with('#') || href.len() > MAX_URL_BYTES {
        return None;
    }
    let mut url = match base {
        Some(base) => base.join(href).ok()?,
        None => Url::parse(href).ok()?,
    };
    url.set_fragment(None);
    let plain =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    (plain && url.as_str().len() <= MAX_URL_BYTES).then_some(url)
}

/// `0; url=/new/` → `/new/`.
fn refresh_target(content: &str) -> Option<&str> {
    let (_, rest) = content.split_once([';', ','])?;
    let rest = rest.trim_start();
    let after = match rest.get(..3) {
        Some(word) if word.eq_ignore_ascii_case("url") => rest.get(3..)?.trim_start().strip_prefix('=')?,
        _ => rest,
    };
    Some(after.trim().trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests_support::context;

    #[test]
    fn only_plain_web_links_once_each_resolved_against_the_base() {
        let html = r##"<base href="//static.yunxi.example/a/"><a href="t1.html">一</a><a href="t1.html#top">一再</a>
            <a href="javascript:void(0)">二</a><a href="mailto:a@b.example">三</a><a href="ftp://x.example/">四</a>
            <a href="http://user:pw@x.example/">五</a><a href="#top">六</a><a title="通知" href=" https://b.example/?q=1 "><img></a>
            <map><area href="/map"></map>"##;
        let url = Url::parse("https://www.yunxi.example/index.html").unwrap();
        let found: Vec<_> = links(html.as_bytes(), &context(Some(&url)))
            .into_iter()
            .map(|l| (l.url.to_string(), l.text))
            .collect();
        let expected = [
            ("https://static.yunxi.example/a/t1.html", "一"),
            ("https://b.example/?q=1", "通知"),
            ("https://static.yunxi.example/map", ""),
        ];
        assert_eq!(found, expected.map(|(u, t)| (u.to_owned(), t.to_owned())));
    }

    #[test]
    fn a_meta_refresh_is_a_link() {
        for content in ["0; url=/new/", "0;URL='/new/'", "0, /new/"] {
            let html = format!("<meta http-equiv=refresh content=\"{content}\">");
            let url = Url::parse("https://www.yunxi.example/").unwrap();
            let found = links(html.as_bytes(), &context(Some(&url)));
            assert_eq!(
                found.first().map(|l| l.url.as_str()),
                Some("https://www.yunxi.example/new/"),
                "{content}"
            );
        }
    }

    #[test]
    fn a_hundred_thousand_links_are_capped() {
        let html: String = (0..60_000).map(|i| format!("<a href=/{i}>x</a>")).collect();
        let url = Url::parse("https://www.yunxi.example/").unwrap();
        assert_eq!(links(html.as_bytes(), &context(Some(&url))).len(), MAX_LINKS);
    }
}
