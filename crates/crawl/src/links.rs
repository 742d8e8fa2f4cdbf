//! Which links of a page are worth asking for.

use crate::{Source, SourceKind, canonical};
use std::collections::HashSet;
use url::Url;

/// Files that hold no text we read.
const NO_TEXT: [&str; 33] = [
    "7z", "apk", "avi", "bmp", "css", "dmg", "exe", "flv", "gif", "gz", "ico", "iso", "jpeg", "jpg", "js",
    "json", "m3u8", "m4a", "mov", "mp3", "mp4", "msi", "png", "ppt", "pptx", "rar", "svg", "swf", "tar",
    "wav", "webp", "wmv", "zip",
];
/// Path segments of pages that are behind a login or do something when asked for.
const NOT_FOR_US: [&str; 9] =
    ["login", "logout", "signin", "signup", "register", "passport", "cart", "checkout", "wp-login.php"];

/// The links of one page that a source wants, in the page's order, in canonical spelling, each once, and no more than its budget.
///
/// `depth` counts clicks from the source's address, which has depth 0. Lists and feeds want their items, wherever these lie; a site
/// wants its own pages down to `max_depth`; a single page wants nothing. Traps, downloads and login pages are left out.
pub fn wanted_links<'a>(
    source: &Source,
    page: &Url,
    depth: u32,
    links: impl IntoIterator<Item = &'a Url>,
) -> Vec<Url> {
    let deepest = match source.kind {
        SourceKind::Page => 0,
        SourceKind::Feed | SourceKind::List => 1,
        SourceKind::Site => source.max_depth,
    };
    if depth >= deepest {
        return Vec::new();
    }
    let mut seen: HashSet<Url> =
        [page, &source.url].into_iter().filter_map(|url| canonical(url).ok()).collect();
    links
        .into_iter()
        .filter_map(|link| canonical(link).ok())
        .filter(|link| source.kind != SourceKind::Site || same_site(&source.url, link))
        .filter(has_text)
        .filter(|link| seen.insert(link.clone()))
        .take(source.budget)
        .collect()
}

/// The same host and port, give or take `www.`; the scheme may differ.
fn same_site(a: &Url, b: &Url) -> bool {
    let bare = |url: &Url| {
        let host = url.host_str().unwrap_or_default();
        (host.strip_prefix("www.").unwrap_or(host).to_owned(), url.port())
    };
    bare(a) == bare(b)
}

fn has_text(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let extension =
        path.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map_or("", |(_, extension)| extension);
    !NO_TEXT.contains(&extension) && !path.split('/').any(|segment| NOT_FOR_US.contains(&segment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_url;
    use crate::source::tests::source;

    fn url(text: &str) -> Url {
        parse_url(text, None).unwrap()
    }

    fn wanted(source: &Source, depth: u32, links: &[&str]) -> Vec<String> {
        let links: Vec<Url> = links.iter().map(|l| url(l)).collect();
        wanted_links(source, &source.url, depth, &links).into_iter().map(String::from).collect()
    }

    #[test]
    fn a_site_wants_its_own_pages() {
        let mut site = source("site", SourceKind::Site);
        site.url = url("http://www.school.example/");
        let links = [
            "http://www.school.example/",
            "https://school.example/about",
            "http://www.school.example/about#team",
            "http://www.school.example/price?utm_source=x",
            "http://other.example/",
            "http://bbs.school.example/",
            "http://www.school.example:8080/",
            "http://www.school.example/video.MP4",
            "http://www.school.example/user/login",
            "http://www.school.example/a/b/a/b/a/b",
            "http://www.school.example/notice.pdf",
        ];
        let expected = [
            "https://school.example/about",
            "http://www.school.example/about",
            "http://www.school.example/price",
            "http://www.school.example/notice.pdf",
        ];
        assert_eq!(wanted(&site, 0, &links), expected);
        let wanted_at = |depth| wanted(&site, depth, &["http://school.example/x"]).len();
        assert_eq!([wanted_at(0), wanted_at(1), wanted_at(2)], [1, 1, 0]);
    }

    #[test]
    fn a_list_wants_its_items_once_and_within_budget() {
        let mut list = source("list", SourceKind::List);
        list.budget = 3;
        let links = [
            "http://a.example/1",
            "http://a.example/1?from=x",
            "http://b.example/2",
            "http://b.example/3",
            "http://b.example/4",
        ];
        assert_eq!(
            wanted(&list, 0, &links),
            ["http://a.example/1", "http://b.example/2", "http://b.example/3"]
        );
        assert_eq!(wanted(&list, 1, &links), Vec::<String>::new());
        assert_eq!(wanted(&source("page", SourceKind::Page), 0, &links), Vec::<String>::new());
    }

    #[test]
    fn t2_a_page_full_of_links_stays_within_budget() {
        let site = source("site", SourceKind::Site);
        let links: Vec<Url> = (0..100_000).map(|i| url(&format!("{}p/{i}", site.url))).collect();
        assert_eq!(wanted_links(&site, &site.url, 0, &links).len(), site.budget);
    }
}
