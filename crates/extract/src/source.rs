//! Who published a page, and where a reprint came from.

use crate::lines::Line;
use crate::meta::Meta;
use crate::noise::{Role, role};
use crate::title::site_name;
use regex::Regex;
use std::sync::LazyLock;

/// Characters of a publisher's name.
const MAX_NAME_CHARS: usize = 30;

/// Characters of a line that says where a text was taken from; longer ones are sentences about reprints.
const MAX_NOTICE_CHARS: usize = 60;
/// What stands after 来源 when nobody is named.
const NOBODY: [&str; 10] =
    ["网络", "互联网", "本站", "本站原创", "原创", "作者", "资料图", "转载", "未知", "XXX"];

/// The name after 来源, else what the head says, else the site's own name.
pub(crate) fn publisher(lines: &[Line], meta: &Meta) -> Option<String> {
    // 凡注明“来源：本网” is a notice about sources, not a source.
    let is_byline = |l: &&Line| l.chars() <= 300 && !matches!(role(l), Role::Legal(_));
    let printed =
        lines.iter().filter(|l| has_label(&l.text)).filter(is_byline).find_map(|l| labelled(&l.text));
    printed
        .or_else(|| meta.first(&["contentsource", "source", "article:source", "mediaid"]).and_then(name))
        .or_else(|| meta.first(&["og:site_name", "sitename", "application-name"]).and_then(name))
        .or_else(|| site_name(&meta.title).and_then(name))
}

/// The name in an element that a source's selector points at, with or without 来源 in front.
pub(crate) fn named(text: &str) -> Option<String> {
    labelled(text).or_else(|| name(text))
}

/// Cheap, because most lines of a page have none.
fn has_label(text: &str) -> bool {
    ["来源", "來源", "稿源", "出处", "供稿单位"].iter().any(|label| text.contains(label))
}

fn labelled(text: &str) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:来源|來源|稿源|出处|供稿单位)\s*[:：︰]\s*(.{1,60})").ok());
    name(LABEL.as_ref()?.captures(text)?.get(1)?.as_str())
}

/// The name after 转载自 and its kin.
pub(crate) fn origin(lines: &[Line]) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:转载自|轉載自|转自|轉自|摘自|原载于?|原載於?|首发于|综合自)\s*[:：]?\s*[《“「『\[【]?([^《》“”「」『』\[\]【】]{2,40})").ok()
    });
    lines.iter().filter(|l| l.chars() <= MAX_NOTICE_CHARS && l.link_chars * 2 <= l.chars()).find_map(|line| {
        if matches!(role(line), Role::Legal(_)) {
            return None;
        }
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
                '，' | '。'
                    | '；'
                    | ';'
                    | ','
                    | '|'
                    | '｜'
                    | '《'
                    | '》'
                    | ']'
                    | '】'
                    | ')'
                    | '）'
                    | '('
                    | '（'
                    | '：'
                    | ':'
                    | '/'
                    | '"'
                    | '”'
                    | '“'
                    | '」'
                    | '\t'
                    | '!'
                    | '！'
                    | '？'
                    | '?'
                    | '【'
                    | '['
            )
    });
    let found = text.get(..end.unwrap_or(text.len()))?.trim_end_matches(['.', '-', '—', '·']);
    let n = found.chars().count();
    let letters = found.chars().filter(|c| c.is_alphabetic()).count();
    let says_nothing =
        NOBODY.contains(&found) || found.eq_ignore_ascii_case("http") || found.eq_ignore_ascii_case("https");
    ((2..=MAX_NAME_CHARS).contains(&n) && letters >= 2 && !says_nothing).then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Vec<Line> {
        vec![Line { text: text.to_owned(), ..Line::default() }]
    }

    #[test]
    fn publishers_are_read_from_the_byline() {
        for (text, expected) in [
            ("2026-11-24 08:30　来源：云溪县融媒体中心　作者：李四", Some("云溪县融媒体中心")),
            ("稿源: 江宁晚报", Some("江宁晚报")),
            ("來源：江寧日報｜記者張三", Some("江寧日報")),
            ("（文章来源：《江宁晚报》）", Some("江宁晚报")),
            ("来源：网络", None),
            ("来源：http://www.yunxi.example/", None),
            ("凡注明“来源：云溪网”的作品，未经授权不得转载", None),
            ("家长来源于各个乡镇", None),
        ] {
            assert_eq!(publisher(&line(text), &Meta::default()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn origins_are_read_from_the_reprint_notice() {
        for (text, expected) in [
            ("（转载自《江宁晚报》）", Some("江宁晚报")),
            ("本文转自：云溪发布", Some("云溪发布")),
            ("摘自江宁日报，略有删节", Some("江宁日报")),
            ("云溪县教体局", None),
        ] {
            assert_eq!(origin(&line(text)).as_deref(), expected, "{text}");
        }
    }
}
