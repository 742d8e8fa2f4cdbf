//! The canonical way to write a query down.

use super::ast::{Comparison, Expr, Fact, Filter, Quantity};
use super::lexer::{fold, is_bare_value, is_bare_word};
use super::names::{Prefix, field_name, quantity_name};
use std::fmt::{self, Display, Formatter, Write};

/// How tightly an expression holds together when written without brackets.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Binding {
    Or,
    And,
    Not,
    Near,
    Operand,
}

fn binding(expr: &Expr) -> Binding {
    match expr {
        Expr::Or(_) => Binding::Or,
        Expr::And(_) => Binding::And,
        Expr::Not(_) => Binding::Not,
        Expr::Near { .. } => Binding::Near,
        _ => Binding::Operand,
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Term(word) if is_bare_word(word) => f.write_str(word),
            Expr::Term(words) | Expr::Phrase(words) => quoted(words, f),
            Expr::List(name) => write!(f, "@{name}"),
            Expr::And(items) => joined(items, " ", Binding::Not, f),
            Expr::Or(items) => joined(items, " | ", Binding::And, f),
            Expr::Not(inner) => {
                f.write_char('-')?;
                within(inner, Binding::Near, f)
            }
            Expr::Near { left, right, distance, ordered } => {
                within(left, Binding::Near, f)?;
                write!(f, " {}/{distance} ", if *ordered { "BEFORE" } else { "NEAR" })?;
                within(right, Binding::Operand, f)
            }
            Expr::Sentence(inner) => write!(f, "句({inner})"),
            Expr::Paragraph(inner) => write!(f, "段({inner})"),
            Expr::In(field, inner) => {
                write!(f, "{}:", field_name(*field))?;
                within(inner, Binding::Operand, f)
            }
            Expr::Filter(filter) => filter.fmt(f),
            Expr::Fact(fact) => fact.fmt(f),
        }
    }
}

fn joined(items: &[Expr], between: &str, least: Binding, f: &mut Formatter<'_>) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        within(item, least, f)?;
    }
    Ok(())
}

/// Brackets only where the expression binds less tightly than its place asks for.
fn within(expr: &Expr, least: Binding, f: &mut Formatter<'_>) -> fmt::Result {
    if binding(expr) < least { write!(f, "({expr})") } else { expr.fmt(f) }
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let (open, close) = if !text.chars().any(|c| fold(c) == '"') {
        ('"', '"')
    } else if !text.contains('」') {
        ('「', '」')
    } else {
        ('『', '』')
    };
    write!(f, "{open}{text}{close}")
}

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let prefix = match self {
            Filter::Institution(_) => Prefix::Institution,
            Filter::Source(_) => Prefix::Source,
            Filter::Tier(_) => Prefix::Tier,
            Filter::Category(_) => Prefix::Category,
            Filter::Date { .. } => Prefix::Date,
        };
        write!(f, "{}:", prefix.name())?;
        match self {
            Filter::Institution(name) | Filter::Source(name) if is_bare_value(name) => f.write_str(name),
            Filter::Institution(name) | Filter::Source(name) => quoted(name, f),
            Filter::Tier(tier) => f.write_str(tier.zh()),
            Filter::Category(category) => f.write_str(category.zh()),
            Filter::Date { from: Some(from), to: Some(to) } if from == to => write!(f, "{from}"),
            Filter::Date { from, to } => {
                if let Some(from) = from {
                    write!(f, "{from}")?;
                }
                f.write_str("..")?;
                to.as_ref().map_or(Ok(()), |to| write!(f, "{to}"))
            }
        }
    }
}

impl Display for Fact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let sign = match self.comparison {
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Equal => "=",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Greater => ">",
        };
        write!(f, "{}{sign}", quantity_name(self.quantity))?;
        if self.quantity == Quantity::TimeOfDay {
            return write!(f, "{}:{:02}", (self.value / 60.0).floor(), self.value % 60.0);
        }
        write!(f, "{}", self.value)
    }
}
