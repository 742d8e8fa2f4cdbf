use super::*;
use encoding_rs::EUC_KR;
use proptest::prelude::*;

const TEXT: &str =
    "云溪县教体局发布通知，要求校外培训机构公示收费标准，严禁超期收费，家长可拨打热线反映问题。";

fn gbk(text: &str) -> Vec<u8> {
    GBK.encode(text).0.into_owned()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let unit = |u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() };
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn the_ladder_is_climbed_in_order() {
    let page = |declared: &str| {
        format!("<html><head>{declared}<title>通知</title></head><body>{TEXT}</body></html>")
    };
    let meta = |label: &str| page(&format!("<meta charset={label}>"));
    let padding = " ".repeat(15_000);
    let far = page(&format!("{padding}<meta http-equiv=Content-Type content='text/html; charset=gb2312'>"));
    let with_mark = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
    let markup = page("<meta charset=utf-16>");
    type Row = (&'static str, Vec<u8>, Option<&'static str>, &'static str);
    let table: Vec<Row> = vec![
        (
            "utf-8 mark beats the header",
            with_mark(b"\xEF\xBB\xBF", page("").into_bytes()),
            Some("text/html; charset=gbk"),
            "utf-8",
        ),
        ("utf-16 mark", with_mark(b"\xFF\xFE", utf16(&markup, false)), None, "utf-16le"),
        ("big-endian mark", with_mark(b"\xFE\xFF", utf16(&markup, true)), None, "utf-16be"),
        ("utf-16 without a mark", utf16(&markup, false), None, "utf-16le"),
        ("big-endian without a mark", utf16(&markup, true), None, "utf-16be"),
        ("header", gbk(&meta("utf-8")), Some("text/html; charset=\"GBK\""), "gb18030"),
        ("header lies about utf-8", page("").into_bytes(), Some("text/html;charset=gb2312"), "utf-8"),
        ("meta lies about utf-8", meta("gb2312").into_bytes(), None, "utf-8"),
        ("meta gb2312", gbk(&meta("gb2312")), None, "gb18030"),
        ("meta x-gbk", gbk(&meta("x-gbk")), None, "gb18030"),
        ("meta far away", gbk(&far), None, "gb18030"),
        (
            "xml declaration",
            gbk(&format!("<?xml version='1.0' encoding='gb2312'?><rss>{TEXT}</rss>")),
            None,
            "gb18030",
        ),
        ("nothing declared", gbk(&page("")), None, "gb18030"),
        ("meta lies about gbk", gbk(&meta("utf-8")), None, "gb18030"),
        ("header lies about gbk", gbk(&page("")), Some("text/html; charset=utf-8"), "gb18030"),
        ("plain ascii", b"<html><body>hello</body></html>".to_vec(), None, "utf-8"),
        ("empty", Vec::new(), None, "utf-8"),
    ];
    for (what, bytes, header, charset) in table {
        let found = decode(&bytes, header, Some("cn"));
        assert_eq!(found.charset, charset, "{what}");
        assert_eq!(found.bad_ratio, 0.0, "{what}");
        assert!(!found.text.starts_with('\u{FEFF}'), "{what}");
        let readable = found.text.contains("校外培训机构") || bytes.len() < 40;
        assert!(readable, "{what}: {}", found.text);
    }
}

#[test]
fn rare_characters_of_gb18030_are_read() {
    // 〇 and 镕 are in GBK, 𠮷 takes four bytes.
    let bytes =
        [gbk("<meta charset=gb2312>二〇二六年，朱镕基，"), vec![0x95, 0x32, 0xB7, 0x36], gbk(TEXT)].concat();
    let found = decode(&bytes, None, None);
    let rare = found.text.chars().find(|c| u32::from(*c) > 0xFFFF);
    assert!(found.text.contains("二〇二六年，朱镕基") && rare.is_some(), "{}", found.text);
    assert_eq!(found.bad_ratio, 0.0);
}

#[test]
fn traditional_pages_are_detected() {
    let text = "雲溪縣教育局公布校外補習班名單，要求業者公開收費標準，家長可撥打專線反映問題，違者依法處分。";
    let bytes = BIG5.encode(text).0.into_owned();
    for tld in [None, Some("tw"), Some("cn")] {
        let found = decode(&bytes, None, tld);
        assert_eq!((found.charset.as_str(), found.text.as_str()), ("big5", text), "{tld:?}");
    }
}

#[test]
fn mixed_bytes_are_kept_and_measured() {
    let mut bytes = TEXT.repeat(20).into_bytes();
    bytes.extend(gbk("版权所有"));
    let found = decode(&bytes, Some("text/html; charset=utf-8"), Some("cn"));
    assert!(found.text.contains("校外培训机构") && found.bad_ratio > 0.0, "{found:?}");
}

#[test]
fn a_character_cut_in_half_at_the_end_does_not_change_the_encoding() {
    let bytes = TEXT.as_bytes();
    let found = decode(&bytes[..bytes.len() - 1], None, None);
    assert_eq!(found.charset, "utf-8");
}

#[test]
fn labels_that_would_throw_the_page_away_are_ignored() {
    for label in ["hz-gb-2312", "utf-7", "iso-2022-cn", "no-such-charset"] {
        let found = decode(&gbk(&format!("<meta charset={label}>{TEXT}")), None, Some("cn"));
        assert!(found.text.contains("校外培训机构"), "{label}");
    }
    let korean = EUC_KR.encode("한국어 문서입니다. 여러 글자가 있어야 합니다.").0.into_owned();
    assert_eq!(decode(&korean, Some("text/html; charset=euc-kr"), None).charset, "euc-kr");
}

proptest! {
    #[test]
    fn any_bytes_are_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..400), header in "\\PC{0,40}", tld in "\\PC{0,8}") {
        let found = decode(&bytes, Some(&header), Some(&tld));
        prop_assert!((0.0..=1.0).contains(&found.bad_ratio));
    }

    #[test]
    fn utf8_is_always_read_back(text in "[\\u{4e00}-\\u{9fa5}]{12,200}") {
        prop_assert_eq!(decode(text.as_bytes(), None, None).text, text);
    }
}
