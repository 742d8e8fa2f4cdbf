//! What a query means, once it has been read.

use chrono::NaiveDate;
use guanlan_model::{Category, Tier};

/// A parsed query: the same tree for rules (`match =`) and for archive search.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A bare word, as written. Whoever uses it takes it to the normal form of `guanlan-text` first.
    Term(String),
    /// A quoted phrase, as written: exact characters of the normal form, whatever a tokenizer would do.
    Phrase(String),
    /// `@name`: any term of a named list of the pack. Rules only.
    List(String),
    /// All of them.
    And(Vec<Expr>),
    /// Any of them.
    Or(Vec<Expr>),
    /// None of it. Only ever inside `And`, beside something that is wanted.
    Not(Box<Expr>),
    /// Both sides within `distance` characters of the normal form.
    Near {
        /// First operand.
        left: Box<Expr>,
        /// Second operand.
        right: Box<Expr>,
        /// Largest number of characters between the two, 1 to 500.
        distance: u32,
        /// `BEFORE`: the left one comes first.
        ordered: bool,
    },
    /// `句(…)`: all inside one sentence.
    Sentence(Box<Expr>),
    /// `段(…)`: all inside one paragraph.
    Paragraph(Box<Expr>),
    /// `标题:` or `正文:` in front of an operand.
    In(Field, Box<Expr>),
    /// `机构:` `来源:` `级别:` `类别:` `日期:`. Search only.
    Filter(Filter),
    /// `课时>60` and the like. Rules only.
    Fact(Fact),
}

/// A text field of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Field {
    Title,
    Body,
}

/// A restriction on something other than text.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Register id, full name or alias, as typed.
    Institution(String),
    /// Name of a source, as typed.
    Source(String),
    /// Standing of the source.
    Tier(Tier),
    /// Category of a finding in the article.
    Category(Category),
    /// Publication day in Shanghai, both ends included.
    Date {
        /// First day.
        from: Option<NaiveDate>,
        /// Last day.
        to: Option<NaiveDate>,
    },
}

/// A condition on a number read from the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fact {
    /// What is measured.
    pub quantity: Quantity,
    /// How it compares.
    pub comparison: Comparison,
    /// Against what: lessons, yuan, months, years of age or of school, or minutes after midnight.
    pub value: f64,
}

/// A quantity that texts state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// 课时: lessons, also "48周×每周2课时".
    Lessons,
    /// 金额: yuan of one charge.
    Amount,
    /// 月数: months covered by one charge.
    Months,
    /// 时刻: end of a class, minutes after midnight.
    TimeOfDay,
    /// 年龄: years, also "18个月" of a child (1.5) and 学龄前 (5).
    Age,
    /// 年级: year of school, 1 to 12 (初一 is 7, 高一 is 10); 0 in a kindergarten.
    Grade,
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}
