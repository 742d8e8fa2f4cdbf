use super::*;
use crate::tests_support::{context, now};
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Result<Feed, ExtractError> {
    let url = Url::parse("https://www.yunxi.example/rss.xml").unwrap();
    feed(bytes, &context(Some(&url)))
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn titles(feed: &Feed) -> Vec<&str> {
    feed.items.iter().map(|i| i.title.as_str()).collect()
}

#[test]
fn sound_feeds_are_read_without_complaint() {
    for (name, title, items) in [
        ("f0-rss.xml", "云溪县教育资讯", 2),
        ("f0-atom.xml", "云溪县教育资讯", 2),
        ("f0-rdf.xml", "云溪县教育资讯", 1),
        ("f0-feed.json", "云溪县教育资讯", 1),
        ("f0-no-version.xml", "云溪县教育资讯", 1),
    ] {
        let feed = read(&fixture(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(
            (feed.title.as_str(), feed.items.len(), feed.bozo.clone()),
            (title, items, None),
            "{name}"
        );
        let first = &feed.items[0];
        assert_eq!(first.url.as_str(), "https://www.yunxi.example/news/1.html", "{name}");
        assert_eq!(first.title, "云溪县公布校外培训机构名录", "{name}");
        assert_eq!(first.date, parse_date("2026-11-23 08:30", now()), "{name}");
        assert!(first.summary.contains("共一百家"), "{name}: {}", first.summary);
        assert!(!first.summary.contains(['<', '&']), "{name}: {}", first.summary);
    }
}

#[test]
fn the_declared_encoding_is_not_believed() {
    let xml = String::from_utf8(fixture("f0-rss.xml")).unwrap();
    let (gbk, _, _) = encoding_rs::GBK.encode(&xml);
    let labelled = xml.replace("utf-8", "gb2312");
    let utf16: Vec<u8> = xml.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (what, bytes) in [
        ("GBK bytes labelled utf-8", gbk.into_owned()),
        ("UTF-8 bytes labelled gb2312", labelled.into_bytes()),
        ("UTF-16 bytes labelled utf-8", utf16),
    ] {
        let feed = read(&bytes).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(titles(&feed), ["云溪县公布校外培训机构名录", "退费须知"], "{what}");
    }
}

/// F1: nothing is expanded, nothing is fetched.
#[test]
fn f1_entities_of_a_doctype_are_not_expanded() {
    let feed = read(&fixture("f1-entities.xml")).unwrap();
    assert_eq!(feed.items.len(), 1);
    let all = format!("{}{}", feed.items[0].title, feed.items[0].summary);
    assert!(!all.contains("root:") && all.len() < 200, "{all}");
}

/// F2: complete items are saved, the damage is told with its line.
#[test]
fn f2_damaged_feeds_give_what_is_whole() {
    for (name, expected, line) in [
        ("f2-bare-ampersand.xml", &["甲&乙培训中心公示", "第二条"][..], "第 6 行"),
        ("f2-control-character.xml", &["第一条", "第二条"][..], "第 6 行"),
        ("f2-truncated.xml", &["第一条", "第二条"][..], "第 16 行"),
        ("f2-mismatched-tags.xml", &["第一条", "第二条"][..], "第 7 行"),
    ] {
        let feed = read(&fixture(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(titles(&feed), expected, "{name}");
        let bozo = feed.bozo.unwrap_or_default();
        assert!(bozo.contains(line), "{name}: {bozo}");
        assert!(
            feed.items.iter().all(|i| i.url.as_str().starts_with("https://www.yunxi.example/")),
            "{name}"
        );
        assert!(feed.items.iter().all(|i| i.date.is_some()), "{name}");
    }
    // HTML's named characters lose nothing: no complaint.
    let named = read(&fixture("f2-html-entities.xml")).unwrap();
    assert_eq!((titles(&named), named.bozo.clone()), (vec!["通知 公告", "“双减”"], None));
    let blank = [b"\n\n  \n".as_slice(), &fixture("f0-rss.xml")].concat();
    assert_eq!(read(&blank).unwrap().items.len(), 2);
}

#[test]
fn f2_what_is_no_feed_is_refused_with_its_kind() {
    for (body, found) in [
        ("", "an empty body"),
        ("<!DOCTYPE html><html><body>404</body></html>", "an HTML page"),
        ("<html><body>the &lt;rss&gt; of <rss> here</body></html>", "an HTML page"),
        ("<urlset><url><loc>https://a.example/</loc></url></urlset>", "XML of another kind"),
        ("hello", "something that is not XML"),
        ("<rss version=\"2.0\"><channel><item><title>只有开头", "a damaged feed without a complete item"),
    ] {
        assert_eq!(read(body.as_bytes()), Err(ExtractError::NotAFeed { found }), "{body}");
    }
}

/// F3: hostile structure ends in an error or an answer, never in a hang.
#[test]
fn f3_monstrous_tags_are_survived() {
    let attributes: String = (0..100_000).map(|i| format!(" a{i}='x'")).collect();
    let namespaces: String = (0..20_000).map(|i| format!(" xmlns:n{i}='http://n.example/{i}'")).collect();
    let item = "<item><title>第一条</title><link>https://www.yunxi.example/1</link></item>";
    for xml in [
        format!("<rss version='2.0'><channel{attributes}>{item}</channel></rss>"),
        format!("<rss version='2.0'{namespaces}><channel>{item}</channel></rss>"),
        format!("<rss version='2.0'><channel>{item}{}</channel></rss>", "<x>".repeat(70_000)),
    ] {
        if let Ok(feed) = read(xml.as_bytes()) {
            assert_eq!(titles(&feed), ["第一条"]);
        }
    }
}

/// F4: identity is address and title; links are resolved and filtered; counts are capped.
#[test]
fn f4_odd_items_are_sorted_out() {
    let feed = read(&fixture("f4-odd-items.xml")).unwrap();
    let plain: Vec<_> = feed.items.iter().map(|i| (i.url.as_str(), i.title.as_str())).collect();
    assert_eq!(
        plain,
        [
            ("https://www.yunxi.example/news/1.html", "相对地址"),
            ("https://www.yunxi.example/news/2.html", "编号重复甲"),
            ("https://www.yunxi.example/news/3.html", "编号重复乙"),
            ("https://www.yunxi.example/news/4.html", "地址写在编号里"),
        ]
    );
    let many: String =
        (0..3_000).map(|i| format!("<item><title>第{i}条</title><link>/{i}</link></item>")).collect();
    let feed =
        read(format!("<rss version='2.0'><channel><title>多</title>{many}</channel></rss>").as_bytes())
            .unwrap();
    assert_eq!(feed.items.len(), MAX_ITEMS);
}

#[test]
fn dates_are_chinese_first() {
    let item = |date: &str| {
        format!(
            "<rss version='2.0'><channel><title>t</title><item><title>a</title><link>https://a.example/</link><pubDate>{date}</pubDate></item></channel></rss>"
        )
    };
    for (date, expected) in [
        ("Mon, 23 Nov 2026 08:30:00 CST", Some("2026-11-23 08:30")),
        ("2026-11-23 08:30:00", Some("2026-11-23 08:30")),
        ("2026年11月23日 08:30", Some("2026-11-23 08:30")),
        ("Fri, 23 Nov 2026 08:30:00 +0800", Some("2026-11-23 08:30")),
        ("someday", None),
    ] {
        let feed = read(item(date).as_bytes()).unwrap();
        assert_eq!(feed.items[0].date, expected.and_then(|e| parse_date(e, now())), "{date}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_cut_of_a_feed_is_survived(cut in 0_usize..1_200, noise in "[<>&;!\\[\\]a-z\"'= 云]{0,30}") {
        let xml = String::from_utf8(fixture("f0-rss.xml")).unwrap();
        let head = crate::dom::prefix(&xml, cut);
        let rest = xml.get(head.len()..).unwrap_or_default();
        if let Ok(feed) = read(format!("{head}{noise}{rest}").as_bytes()) {
            prop_assert!(feed.items.len() <= 3);
        }
    }
}
