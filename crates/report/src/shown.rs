//! Making text from outside fit to be shown: one line, no controls, a length.

/// One line of at most `limit` characters. Controls, invisible characters and those that turn the direction of
/// writing are dropped, runs of white space become one space, and what is cut ends in `…`.
pub(crate) fn line(text: &str, limit: usize) -> String {
    let visible: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(visible).collect();
    let words: Vec<&str> = visible.split(' ').filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.chars().count() <= limit {
        return line;
    }
    let kept: String = line.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Unicode 16: zero-width characters, directional controls and the byte order mark.
fn visible(c: &char) -> bool {
    let hidden =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !c.is_control() && !hidden
}

/// `1284` as `1,284`.
pub(crate) fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if n < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_clean_and_short() {
        let cases = [
            ("标题", 5, "标题"),
            ("一二三四五六", 5, "一二三四…"),
            ("一二三四五", 5, "一二三四五"),
            ("a\r\nBcc: x@y.example", 50, "a Bcc: x@y.example"),
            ("\u{202e}反\u{200b}向\u{feff}\0", 50, "反向"),
            (" \t　空 白  ", 50, "空 白"),
            ("一二三 四五", 5, "一二三…"),
            ("", 5, ""),
        ];
        for (text, limit, expected) in cases {
            assert_eq!(line(text, limit), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        let cases =
            [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-12_345, "-12,345")];
        for (n, expected) in cases {
            assert_eq!(number(n), expected);
        }
    }
}
