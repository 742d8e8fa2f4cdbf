//! Who published a page, and where a reprint came from.

use crate::lines::Line;
use crate::meta::Meta;
use regex::Regex;
use std::sync::LazyLock;

/// Characters of a publisher's name.
const MAX_NAME_CHARS: usize = 30;

/// The name after 来源, else what the head says, else the site's own name.
pub(crate) fn publisher(lines: &[Line], meta: &Meta) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:来源|來源|稿源|出处|供稿单位|信息来源)\s*[:：︰]\s*(.{1,60})").ok());
    let printed = lines.iter().filter(|l| l.chars() <= 300).find_map(|line| {
        let found = LABEL.as_ref()?.captures(&line.text)?;
        name(found.get(1)?.as_str())
    });
    printed
        .or_else(|| meta.first(&["contentsource", "source", "article:source", "mediaid"]).and_then(name))
        .or_else(|| meta.first(&["og:site_name", "sitename", "application-name"]).and_then(name))
}

/// The name after 转载自 and its kin.
pub(crate) fn origin(lines: &[Line]) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:转载自|轉載自|转自|轉自|摘自|原载于?|原載於?|首发于|综合自)\s*[:：]?\s*[《“「『\[【]?([^《》“”「」『』\[\]【】]{2,40})").ok()
    });
    let near_ends = lines.iter().take(12).chain(lines.iter().skip(12).rev().take(12));
    near_ends.filter(|l| l.chars() <= 200).find_map(|line| {
        let found = LABEL.as_ref()?.captures(&line.text)?;
        name(found.get(1)?.as_str())
    })
}

/// The first word-like run of a text: up to white space or punctuation, without brackets around it.
fn name(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches(['《', '“', '「', '[', '【', '(', '（']);
    let end = text.find(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '，' | '。' | '；' | ';' | ',' | '|' | '｜' | '《' | '》' | '”' | '」' | ']' | '】' | ')' | '）' | '(' | '（'
                    | '：' | ':' | '/' | '\t' | '!' | '！' | '？' | '?' | '【' | '['
            )
    });
    let found = text.get(..end.unwrap_or(text.len()))?.trim_end_matches(['.', '-', '—', '·']);
    let n = found.chars().count();
    let letters = found.chars().filter(|c| c.is_alphabetic()).count();
    ((2..=MAX_NAME_CHARS).contains(&n) && letters >= 2).then(|| found.to_owned())
}
