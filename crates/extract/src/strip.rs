//! Text without a tree: for pages that no parser should be given.

use crate::lines::{Line, MAX_TEXT_BYTES};

/// Everything outside tags, scripts and styles, a line per block. Linear in the input.
pub(crate) fn strip_tags(html: &str) -> Vec<Line> {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tail) = rest.split_at(at);
        push(&mut out, text);
        rest = after_markup(tail, &mut out);
        if out.len() > MAX_TEXT_BYTES {
            break;
        }
    }
    if out.len() <= MAX_TEXT_BYTES {
        push(&mut out, rest);
    }
    out.lines()
        .map(crate::meta::one_line)
        .filter(|l| !l.is_empty())
        .map(|text| Line { text, ..Line::default() })
        .collect()
}

/// The text of the first `<title>`.
pub(crate) fn head_title(html: &str) -> String {
    let window = crate::dom::prefix(html, 1 << 16);
    let lower = window.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let start = at + lower.get(at..)?.find('>')? + 1;
        let end = start + lower.get(start..)?.find('<')?;
        window.get(start..end)
    });
    crate::meta::one_line(&html_escape::decode_html_entities(title.unwrap_or_default()))
}

fn push(out: &mut String, text: &str) {
    let text = crate::dom::prefix(text, MAX_TEXT_BYTES);
    // A line break in the source is a space on the page.
    for c in html_escape::decode_html_entities(text).chars() {
        out.push(if c.is_whitespace() { ' ' } else { c });
    }
}

/// `markup` begins with `<`: skips the comment, the silent element or the tag.
fn after_markup<'a>(markup: &'a str, out: &mut String) -> &'a str {
    if let Some(comment) = markup.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let body = markup.get(1..).unwrap_or_default();
    let name_end = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '/').unwrap_or(body.len());
    let name = body.get(..name_end.min(12)).unwrap_or_default().to_ascii_lowercase();
    if name.is_empty() && !body.starts_with(['!', '?']) {
        out.push('<');
        return body;
    }
    let Some((_, rest)) = body.split_once('>') else {
        return "";
    };
    match name.trim_matches('/') {
        "script" | "style" if !name.starts_with('/') => after_element(rest, &name),
        "a" | "b" | "i" | "em" | "strong" | "span" | "font" | "u" | "sub" | "sup" | "small" => rest,
        _ => {
            out.push('\n');
            rest
        }
    }
}

fn after_element<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = rest;
    while let Some((_, tail)) = from.split_once("</") {
        if tail.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name)) {
            return tail.split_once('>').map_or("", |(_, r)| r);
        }
        from = tail;
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_scripts_and_comments_go_text_stays() {
        let html = "<html><head><title>云溪县&nbsp;通知</title><style>p{}</style></head><p>甲&amp;乙<b>丙</b>\n丁<!-- <p>戊 -->\
                    <script>if (a</b) document.write('</p>')</SCRIPT><div>3 < 5</div><plaintext>己";
        let lines: Vec<_> = strip_tags(html).into_iter().map(|l| l.text).collect();
        assert_eq!(lines, ["云溪县 通知", "甲&乙丙 丁", "3 < 5", "己"]);
        assert_eq!(head_title(html), "云溪县 通知");
    }

    #[test]
    fn cut_off_markup_ends_the_text() {
        for html in ["<", "<p", "<!--", "<script>x", "a<b", "<é>", "</"] {
            assert!(strip_tags(html).len() <= 1, "{html}");
        }
    }
}
