//! What must hold for any bytes. The fuzz targets call these, and so does a test of the workspace, with the seeds and
//! with random bytes.
#![allow(dead_code)]

use guanlan_model::Kind;
use guanlan_rules::query::{Dialect, parse};
use guanlan_rules::{Compiled, Document, Reading, load_texts};
use guanlan_text::normalise as to_normal;

/// Longest pack text that is tried: longer ones say nothing new.
const LONGEST_PACK: usize = 1 << 16;

/// A query is read or refused; what is read is written and read back the same; what is refused points into the query.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap_or_default();
    for dialect in [Dialect::Search, Dialect::Rule] {
        match parse(&text, dialect, today) {
            Ok(expr) => {
                let written = expr.to_string();
                let again = parse(&written, dialect, today);
                assert_eq!(again.as_ref().ok(), Some(&expr), "{text:?} is written as {written:?}: {again:?}");
            }
            Err(error) => {
                let length = text.chars().count();
                assert!(error.at <= length && error.at + error.len <= length.max(1), "{text:?}: {error:?}");
                let shown = error.caret(&text);
                assert!(shown.contains(&error.message) && !shown.contains('\u{1b}'), "{shown:?}");
            }
        }
    }
}

/// A pack is read or refused with places inside the file; what is read can be said in words, compiled and run.
pub fn pack(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes.get(..LONGEST_PACK).unwrap_or(bytes));
    let lines = text.split('\n').count();
    match load_texts("试验", &[("a.toml", &text)]) {
        Ok(pack) => {
            for rule in &pack.rules {
                assert!(!Reading::of(rule, &pack).lines().is_empty());
            }
            if let Ok(compiled) = Compiled::new(&pack, std::iter::empty()) {
                let document = Document::new("数学班招生", "周末bu课，年卡8800元。\n严禁保过，签约保 过。");
                let found = compiled.find(&document);
                for kind in [Kind::News, Kind::Promo] {
                    let scan = compiled.scan(&document, &found, kind);
                    for hit in compiled.matches(&document, &scan) {
                        assert!(hit.start <= hit.end && hit.end <= document.end(), "{hit:?}");
                    }
                }
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!((1..=lines + 1).contains(&problem.line) && problem.column >= 1, "{problem:?}");
                assert!(!problem.message.is_empty());
            }
        }
    }
}

/// The normal form is its own normal form, and every stretch of it leads back into the original, in order.
pub fn normalise(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let normal = to_normal(&text);
    assert_eq!(to_normal(normal.as_str()).as_str(), normal.as_str(), "{text:?}");
    let (length, original) = (normal.len_chars(), text.chars().count());
    assert_eq!(normal.as_str().chars().count(), length);
    let mut last = 0;
    for at in 0..length {
        let (from, upto) = normal.to_original(at, at + 1);
        assert!(last <= from && from < upto && upto <= original, "{text:?} at {at}: {from}..{upto}");
        assert_eq!(normal.char_of(normal.byte_of(at)), at);
        assert_eq!(normal.slice(at, at + 1).chars().count(), 1);
        last = from;
    }
    assert!(normal.slice(length, length + 9).is_empty());
}
