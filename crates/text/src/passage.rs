//! Paragraphs, sentences and clauses. All offsets count Unicode scalar values.

use std::ops::Range;

/// Stretches between newlines; empty ones are left out.
pub fn paragraphs(text: &str) -> Vec<Range<usize>> {
    split(text, |c, _| c == '\n')
}

/// Stretches that end with 。！？； (or their half-width forms) or a newline, the mark and closing quotes included.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    split(text, ends_sentence)
}

/// Parts of sentences: cut at commas, colons, dashes and the table bar as well, not at 、.
pub fn clauses(text: &str) -> Vec<Range<usize>> {
    split(text, |c, next| {
        ends_sentence(c, next)
            || matches!(c, '，' | '：' | '|' | '—')
            || (matches!(c, ',' | ':') && !is_digit(next))
    })
}

fn ends_sentence(c: char, next: Option<char>) -> bool {
    match c {
        '。' | '！' | '？' | '；' | '!' | '?' | ';' | '\n' => true,
        '…' => next != Some('…'),
        _ => false,
    }
}

fn is_digit(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_digit())
}

fn is_closing(c: char) -> bool {
    matches!(c, '”' | '’' | '」' | '》' | '）' | ')' | '"')
}

fn split(text: &str, ends: impl Fn(char, Option<char>) -> bool) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut blank = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        at += 1;
        if !ends(c, chars.peek().copied()) {
            blank &= c.is_whitespace();
            continue;
        }
        if c == '\n' {
            if !blank {
                out.push(start..at - 1);
            }
        } else {
            while chars.peek().is_some_and(|c| is_closing(*c)) {
                chars.next();
                at += 1;
            }
            out.push(start..at);
        }
        start = at;
        blank = true;
    }
    if !blank {
        out.push(start..at);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, ranges: Vec<Range<usize>>) -> Vec<String> {
        ranges.into_iter().map(|r| text.chars().skip(r.start).take(r.len()).collect()).collect()
    }

    #[test]
    fn paragraphs_skip_empty_lines() {
        let text = "一段。\n\n二段";
        assert_eq!(texts(text, paragraphs(text)), ["一段。", "二段"]);
    }

    #[test]
    fn sentences_keep_their_mark_and_closing_quotes() {
        let text = "他说：“跑了！”然后报警；没人理……\n完";
        assert_eq!(texts(text, sentences(text)), ["他说：“跑了！”", "然后报警；", "没人理……", "完"]);
    }

    #[test]
    fn clauses_cut_at_commas_and_colons_but_not_inside_numbers() {
        let text = "严禁迟到，周六补课：12,000元，20:30下课";
        assert_eq!(texts(text, clauses(text)), ["严禁迟到，", "周六补课：", "12,000元，", "20:30下课"]);
    }
}
