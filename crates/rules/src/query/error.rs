//! What is wrong with a query, where, and what would be right.

use unicode_width::UnicodeWidthChar;

/// Characters shown on either side of the fault when a line is long.
const CONTEXT: usize = 30;

/// A query that cannot be read. Positions count Unicode scalar values of the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// First character of the fault.
    pub at: usize,
    /// Length of the fault; 0 when something is missing at `at`.
    pub len: usize,
    /// What is wrong, in Chinese, one line.
    pub message: String,
    /// What would be right, in Chinese, one line.
    pub help: Option<String>,
}

impl QueryError {
    pub(super) fn new(at: usize, len: usize, message: impl Into<String>) -> Self {
        let message = message.into().chars().map(visible).collect();
        QueryError { at, len, message, help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into().chars().map(visible).collect());
        self
    }

    /// The faulty line with carets under the fault, the message, and the help on a line of its own.
    ///
    /// Widths are terminal columns: a Chinese character takes two. Control characters are shown as spaces, so that a
    /// query cannot write escape sequences to a terminal. Long lines are cut to the surroundings of the fault.
    pub fn caret(&self, input: &str) -> String {
        let chars: Vec<char> = input.chars().collect();
        let at = self.at.min(chars.len());
        let line_start = chars[..at].iter().rposition(|&c| c == '\n').map_or(0, |newline| newline + 1);
        let line_end = chars[at..].iter().position(|&c| c == '\n').map_or(chars.len(), |offset| at + offset);
        let fault_end = (at + self.len.max(1)).min(line_end).max(at);
        let from = line_start.max(at.saturating_sub(CONTEXT));
        let to = line_end.min(fault_end.min(at + CONTEXT) + CONTEXT);
        let marked_end = fault_end.min(to);

        let mut shown = String::new();
        let mut pad = 0;
        if from > line_start {
            shown.push('…');
            pad += 1;
        }
        shown.extend(chars[from..to].iter().map(|&c| visible(c)));
        if to < line_end {
            shown.push('…');
        }
        pad += columns(&chars[from..at]);
        let marks = columns(&chars[at..marked_end]).max(1);
        let mut out = format!("{shown}\n{}{} {}", " ".repeat(pad), "^".repeat(marks), self.message);
        if let Some(help) = &self.help {
            out.push_str("\n提示：");
            out.push_str(help);
        }
        out
    }
}

/// Control characters and those that turn the direction of writing are shown as spaces.
fn visible(c: char) -> char {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || turns { ' ' } else { c }
}

fn columns(chars: &[char]) -> usize {
    chars.iter().map(|&c| visible(c).width().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_double_width_characters() {
        let error = QueryError::new(8, 2, "月份应为 1–12");
        assert_eq!(error.caret("日期:2026-13-01"), "日期:2026-13-01\n          ^^ 月份应为 1–12");
        let error = QueryError::new(0, 2, "未知字段").help("是否指『来源』？");
        assert_eq!(error.caret("来原:甲"), "来原:甲\n^^^^ 未知字段\n提示：是否指『来源』？");
    }

    #[test]
    fn only_the_faulty_line_is_shown_and_long_lines_are_cut() {
        let error = QueryError::new(4, 1, "x");
        assert_eq!(error.caret("甲 乙\n)丙\n丁"), ")丙\n^ x");
        let long = "字".repeat(100);
        let error = QueryError::new(50, 1, "x");
        let shown = error.caret(&long);
        let first = shown.lines().next().unwrap();
        assert_eq!(first.chars().count(), 1 + 30 + 1 + 30 + 1);
        assert_eq!(shown.lines().nth(1).unwrap(), format!("{}^^ x", " ".repeat(61)));
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal_and_wild_positions_do_not_panic() {
        let error = QueryError::new(99, 99, "x");
        assert!(!error.caret("a\u{1b}[31mb").contains('\u{1b}'));
        let quoting = QueryError::new(0, 1, "未知字段『\u{1b}[31m』").help("是否指『\u{202e}』");
        assert!(!quoting.caret("x").contains(['\u{1b}', '\u{202e}']));
        assert_eq!(QueryError::new(0, 0, "空").caret(""), "\n^ 空");
    }
}
