//! The query language: one grammar for rules (`match =`) and for archive search.
//!
//! | written | means |
//! |---|---|
//! | `甲 乙`, `甲 且 乙`, `甲 AND 乙` | both |
//! | `甲 或 乙`, `甲 OR 乙`, `甲 \| 乙` | either |
//! | `-甲`, `非 甲`, `NOT 甲` | not; never alone |
//! | `( … )` | group, at most 8 deep |
//! | `"甲乙"`, `“甲乙”`, `「甲乙」`, `『甲乙』` | exact characters |
//! | `甲 NEAR/20 乙`, `甲 BEFORE/20 乙` | at most 20 characters between, any order / left first |
//! | `句(…)`, `段(…)` | all inside one sentence / one paragraph |
//! | `标题:甲`, `正文:(甲 乙)` | only in that field |
//! | `@学科词` | a named list of the pack; rules only |
//! | `课时>60`, `金额>=5000`, `月数>3`, `时刻>20:30`, `年龄<=6`, `年级<=6` | facts; rules only |
//! | `机构:` `来源:` `级别:` `类别:` `日期:` | filters; search only |
//!
//! From loosest to tightest: or, and, not, NEAR/BEFORE (left to right), prefixes. So `甲 乙 NEAR/5 丙 | 丁` is
//! `(甲 (乙 NEAR/5 丙)) | 丁`, and `-甲 NEAR/5 乙` excludes the pair. NEAR takes words, phrases, lists, facts, a group of
//! alternatives of these, or another NEAR. It counts the characters of the normal form between the two places. Places
//! that overlap have none between them, but a place is not near itself, and BEFORE wants them side by side; a chain is
//! measured from the whole stretch that the NEAR before it spans. The words 且 或 非 AND OR NOT are operators only when
//! they stand alone; `句(` and `段(` need their bracket at once. Full-width signs count as their ASCII twins everywhere.
//!
//! Facts are read from the text in figures, full-width figures or Han numbers: "48周，每周2课时" is 96 课时, "每节85元，共24节"
//! is 2040 金额, "晚9点半" is 时刻 21:30 and so is "20:00开始，每课时45分钟，连上两课时"; 年龄 counts years ("18个月的宝宝" is 1.5, 学龄前 5),
//! 年级 years of school (初一 7, 高一 10, 幼儿园大班 0).
//!
//! Words and phrases stay in the tree as they were written; rules and archive take them to the normal form of
//! `guanlan-text` where they are used. The tree is flat: no `And` directly inside `And`, no `Or` directly inside `Or`.
//! Its height is bounded, so walking it recursively is safe.
//!
//! `Expr::to_string` writes a query that is read back as the same tree, as long as it stays within the limits.

mod ast;
mod dates;
mod display;
mod error;
mod lexer;
mod names;
mod parser;

pub use ast::{Comparison, Expr, Fact, Field, Filter, Quantity};
pub use error::QueryError;
pub(crate) use names::nearest;

use chrono::NaiveDate;

/// Who speaks: what is allowed and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `match =` and `suppress =` of a rule: lists and facts, no filters; 8,192 characters, 5,000 terms.
    Rule,
    /// Archive search: filters, no lists or facts; 512 characters, 64 clauses.
    Search,
}

impl Dialect {
    /// Longest query, in characters.
    pub const fn max_chars(self) -> usize {
        match self {
            Dialect::Rule => 8_192,
            Dialect::Search => 512,
        }
    }

    /// Most words, phrases, lists, facts and filters in one query.
    pub const fn max_clauses(self) -> usize {
        match self {
            Dialect::Rule => 5_000,
            Dialect::Search => 64,
        }
    }
}

/// Deepest nesting of brackets, `句(` and `段(` included.
pub const MAX_DEPTH: usize = 8;

/// Reads a query. `today` is the Shanghai day that 今天 and 近7天 are counted from.
///
/// # Errors
/// [`QueryError`] with position, message and help, for anything outside the grammar or its limits. Never panics and
/// never recurses deeper than [`MAX_DEPTH`] groups, whatever the input.
pub fn parse(input: &str, dialect: Dialect, today: NaiveDate) -> Result<Expr, QueryError> {
    let length = input.chars().count();
    let limit = dialect.max_chars();
    if length > limit {
        return Err(QueryError::new(
            limit,
            length - limit,
            format!("检索式太长：最多 {limit} 个字，现有 {length} 个字"),
        )
        .help("请分成几次检索，或去掉一部分词"));
    }
    parser::Parser::new(input, dialect, today).query()
}

#[cfg(test)]
mod tests;
