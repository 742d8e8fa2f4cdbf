//! What a page says about itself in its head: title, meta elements, canonical address.

use crate::kind::is_han;
use dom_query::{Document, NodeData, NodeRef};
use url::Url;

/// Han characters that make the description of a picture worth reading, and how many of them are kept.
const MIN_ALT_HAN: usize = 6;
const MAX_PICTURES: usize = 20;

/// Head data of one page.
#[derive(Debug, Default)]
pub(crate) struct Meta {
    /// Text of `<title>`, white space folded.
    pub title: String,
    /// Name (`name`, `property` or `itemprop`, lower case) and content, in page order.
    entries: Vec<(String, String)>,
    /// Addresses the page gives for itself.
    pub addresses: Vec<String>,
    /// Target and delay of a meta refresh, as written.
    pub refresh: Option<String>,
    /// Descriptions of pictures, in page order.
    pub pictures: Vec<String>,
    /// Title and date that a newspaper system left in a comment.
    pub property: Property,
}

/// The `<!--enpproperty … /enpproperty-->` comment of the Founder newspaper system, used by many Chinese papers.
#[derive(Debug, Default)]
pub(crate) struct Property {
    pub title: Option<String>,
    pub date: Option<String>,
}

impl Property {
    fn read(comment: &str) -> Option<Self> {
        let inside = comment.strip_prefix("enpproperty")?;
        let field = |name: &str| {
            let (_, after) = inside.split_once(&format!("<{name}>"))?;
            let (value, _) = after.split_once("</")?;
            Some(one_line(&html_escape::decode_html_entities(value))).filter(|v| !v.is_empty() && v != "null")
        };
        Some(Property { title: field("title"), date: field("date") })
    }
}

impl Meta {
    /// All that is known of a page without a tree.
    pub fn titled(title: String) -> Self {
        Meta { title, ..Meta::default() }
    }

    pub fn read(document: &Document) -> Self {
        let mut meta = Meta::default();
        for node in document.root().descendants_it() {
            let Some(name) = node.qual_name_ref().map(|q| q.local.clone()) else {
                meta.comment(&node);
                continue;
            };
            match &*name {
                "title" if meta.title.is_empty() && !in_svg(&node) => meta.title = one_line(&node.text()),
                "meta" => meta.entry(&node),
                "img" => meta.picture(&node),
                "link" if node.attr("rel").is_some_and(|r| r.eq_ignore_ascii_case("canonical")) => {
                    meta.addresses.extend(node.attr("href").map(|h| h.to_string()));
                }
                _ => {}
            }
        }
        let og_url = meta.first(&["og:url"]).map(str::to_owned);
        meta.addresses.extend(og_url);
        meta
    }

    fn picture(&mut self, node: &NodeRef<'_>) {
        let alt = one_line(&node.attr("alt").unwrap_or_default());
        let told = alt.chars().filter(|c| is_han(*c)).count() >= MIN_ALT_HAN;
        if told && self.pictures.len() < MAX_PICTURES && !self.pictures.contains(&alt) {
            self.pictures.push(alt);
        }
    }

    fn comment(&mut self, node: &NodeRef<'_>) {
        let property = node.query_or(None, |n| match &n.data {
            NodeData::Comment { contents } => Property::read(contents),
            _ => None,
        });
        if let Some(property) = property {
            self.property = property;
        }
    }

    fn entry(&mut self, node: &NodeRef<'_>) {
        let Some(content) = node.attr("content") else {
            return;
        };
        if node.attr("http-equiv").is_some_and(|h| h.eq_ignore_ascii_case("refresh")) {
            self.refresh = Some(content.to_string());
            return;
        }
        for key in ["name", "property", "itemprop"] {
            if let Some(name) = node.attr(key) {
                self.entries.push((name.trim().to_ascii_lowercase(), one_line(&content)));
            }
        }
    }

    /// The first non-empty content of the first name that has one.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.all(name).next())
    }

    /// Every non-empty content of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(move |(n, c)| n == name && !c.is_empty()).map(|(_, c)| c.as_str())
    }
}

fn in_svg(node: &NodeRef<'_>) -> bool {
    node.parent().is_some_and(|p| p.has_name("svg"))
}

/// White space folded to single spaces, none at the ends.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The base that relative links of the page are resolved against: `<base href>`, itself relative to `address`.
pub(crate) fn base(document: &Document, address: Option<&Url>) -> Option<Url> {
    let written = document.base_uri().filter(|b| !b.trim().is_empty());
    match (written, address) {
        (Some(b), Some(a)) => a.join(b.trim()).ok().or_else(|| Some(a.clone())),
        (Some(b), None) => Url::parse(b.trim()).ok(),
        (None, a) => a.cloned(),
    }
}
