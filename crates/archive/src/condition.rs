//! A query made ready for this index: words in the normal form, names resolved to ids.

use crate::request::Names;
use crate::{ArchiveError, Result};
use chrono::{Datelike, NaiveDate};
use guanlan_rules::query::{Expr, Field, Filter};
use guanlan_text::normalise;

/// What a document must satisfy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// These characters of the normal form stand somewhere. Nothing satisfies the empty text.
    Text(String),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Near {
        left: Box<Condition>,
        right: Box<Condition>,
        distance: usize,
        ordered: bool,
    },
    Sentence(Box<Condition>),
    Paragraph(Box<Condition>),
    In(Field, Box<Condition>),
    /// One of these register ids.
    Institution(Vec<String>),
    /// One of these names of sources, as stored.
    Source(Vec<String>),
    Tier(&'static str),
    Category(&'static str),
    /// Days since the common era, both ends included.
    Days {
        from: Option<i64>,
        to: Option<i64>,
    },
}

/// Looks up names while a query is made ready.
pub(crate) struct Resolver<'a> {
    pub(crate) names: &'a Names,
    /// Gives every name of a source in the index.
    pub(crate) sources: &'a dyn Fn() -> Result<Vec<String>>,
}

impl Resolver<'_> {
    pub(crate) fn condition(&self, expr: &Expr) -> Result<Condition> {
        let each = |items: &[Expr]| items.iter().map(|item| self.condition(item)).collect::<Result<Vec<_>>>();
        let boxed = |inner: &Expr| self.condition(inner).map(Box::new);
        Ok(match expr {
            Expr::Term(text) | Expr::Phrase(text) => literal(text),
            Expr::And(items) => Condition::All(each(items)?),
            Expr::Or(items) => Condition::Any(each(items)?),
            Expr::Not(inner) => Condition::Not(boxed(inner)?),
            Expr::Near { left, right, distance, ordered } => Condition::Near {
                left: boxed(left)?,
                right: boxed(right)?,
                distance: *distance as usize,
                ordered: *ordered,
            },
            Expr::Sentence(inner) => Condition::Sentence(boxed(inner)?),
            Expr::Paragraph(inner) => Condition::Paragraph(boxed(inner)?),
            Expr::In(field, inner) => Condition::In(*field, boxed(inner)?),
            Expr::Filter(filter) => self.filter(filter)?,
            Expr::List(_) => return Err(ArchiveError::Unsupported("『@列表』")),
            Expr::Fact(_) => return Err(ArchiveError::Unsupported("数量条件")),
        })
    }

    fn filter(&self, filter: &Filter) -> Result<Condition> {
        Ok(match filter {
            Filter::Institution(name) => self.institution(name),
            Filter::Source(name) => Condition::Source(self.source(name)?),
            Filter::Tier(tier) => Condition::Tier(tier.code()),
            Filter::Category(category) => Condition::Category(category.code()),
            Filter::Date { from, to } => {
                Condition::Days { from: from.map(day_number), to: to.map(day_number) }
            }
        })
    }

    /// A known name or id stands for what the linker found. An unknown one may still be an id that the register has
    /// dropped, or a name that stands in the text.
    fn institution(&self, name: &str) -> Condition {
        let ids = self.names.resolve(name);
        if !ids.is_empty() {
            return Condition::Institution(ids.to_vec());
        }
        Condition::Any(vec![Condition::Institution(vec![name.to_owned()]), literal(name)])
    }

    /// Sources of exactly this name, else sources whose name contains it.
    fn source(&self, name: &str) -> Result<Vec<String>> {
        let (sources, wanted) = ((self.sources)()?, normalise(name));
        let wanted = wanted.as_str().trim();
        let matching = |fits: &dyn Fn(&str) -> bool| -> Vec<String> {
            sources.iter().filter(|source| fits(normalise(source).as_str().trim())).cloned().collect()
        };
        let exact = matching(&|source| source == wanted);
        Ok(if exact.is_empty() { matching(&|source| source.contains(wanted)) } else { exact })
    }
}

fn literal(text: &str) -> Condition {
    Condition::Text(normalise(text).as_str().trim().to_owned())
}

fn day_number(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce())
}

impl Condition {
    /// Texts that a document is wanted for, as far as they may stand in this field; for ranking and highlighting.
    pub(crate) fn texts(&self, field: Field) -> Vec<&str> {
        let mut out = Vec::new();
        self.gather(field, &mut out);
        out.sort_unstable();
        out.dedup();
        out
    }

    fn gather<'a>(&'a self, field: Field, out: &mut Vec<&'a str>) {
        match self {
            Condition::Text(text) if !text.is_empty() => out.push(text),
            Condition::All(items) | Condition::Any(items) => {
                items.iter().for_each(|item| item.gather(field, out))
            }
            Condition::Near { left, right, .. } => {
                left.gather(field, out);
                right.gather(field, out);
            }
            Condition::Sentence(inner) | Condition::Paragraph(inner) => inner.gather(field, out),
            Condition::In(only, inner) if *only == field => inner.gather(field, out),
            _ => {}
        }
    }
}
