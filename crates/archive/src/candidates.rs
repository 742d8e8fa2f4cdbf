//! From a condition to a query of the search library that finds at least what satisfies it.

use crate::condition::Condition;
use crate::schema::Fields;
use crate::steady::Steady;
use guanlan_rules::query::Field;
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, RangeQuery,
    TermQuery,
};
use tantivy::schema::IndexRecordOption;

/// How much more a hit in the title counts than one in the body.
const TITLE_WEIGHT: f32 = 3.0;

/// Documents that may satisfy a condition.
pub(crate) struct Candidates {
    pub(crate) query: Box<dyn Query>,
    /// True when they are exactly those that satisfy it. Otherwise they are a superset, and each must be verified.
    pub(crate) exact: bool,
}

/// Where the condition is being read.
#[derive(Clone, Copy)]
struct Scope<'a> {
    fields: &'a [Field],
    /// Inside 句(…) or 段(…): an excluded word may stand elsewhere in the field.
    narrowed: bool,
}

pub(crate) const EVERYWHERE: &[Field] = &[Field::Title, Field::Body];

pub(crate) fn candidates(condition: &Condition, fields: &Fields) -> Candidates {
    Builder { fields }.build(condition, Scope { fields: EVERYWHERE, narrowed: false })
}

struct Builder<'a> {
    fields: &'a Fields,
}

impl Builder<'_> {
    fn build(&self, condition: &Condition, scope: Scope<'_>) -> Candidates {
        let exactly = |query| Candidates { query, exact: true };
        match condition {
            Condition::Text(text) => {
                exactly(union(scope.fields.iter().map(|f| self.literal(text, *f)).collect()))
            }
            Condition::All(items) => self.all(items, scope),
            Condition::Any(items) => {
                let parts: Vec<Candidates> = items.iter().map(|item| self.build(item, scope)).collect();
                let exact = parts.iter().all(|part| part.exact);
                Candidates { query: union(parts.into_iter().map(|part| part.query).collect()), exact }
            }
            Condition::Not(_) => self.all(std::slice::from_ref(condition), scope),
            Condition::Near { left, right, .. } => self.together(&[left, right], scope),
            Condition::Sentence(inner) | Condition::Paragraph(inner) => self.together(&[inner], scope),
            Condition::In(field, inner) => self.build(inner, Scope { fields: &[*field], ..scope }),
            Condition::Institution(ids) => exactly(one_of(self.fields.institution, ids)),
            Condition::Source(names) => exactly(one_of(self.fields.source, names)),
            Condition::Tier(code) => exactly(one_of(self.fields.tier, &[*code])),
            Condition::Category(code) => exactly(one_of(self.fields.category, &[*code])),
            Condition::Days { from, to } => exactly(self.days(*from, *to)),
        }
    }

    fn all(&self, items: &[Condition], scope: Scope<'_>) -> Candidates {
        let mut exact = true;
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for item in items {
            if let Condition::Not(inner) = item {
                let unwanted = self.build(inner, scope);
                // A superset of what is unwanted must not be taken away: that would lose documents.
                if unwanted.exact && !scope.narrowed {
                    clauses.push((Occur::MustNot, Box::new(Steady(unwanted.query))));
                } else {
                    exact = false;
                }
            } else {
                let wanted = self.build(item, scope);
                exact &= wanted.exact;
                clauses.push((Occur::Must, wanted.query));
            }
        }
        if !clauses.iter().any(|(occur, _)| *occur == Occur::Must) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        Candidates { query: Box::new(BooleanQuery::new(clauses)), exact }
    }

    /// All of it in one and the same field; where in the field is left to verification.
    fn together(&self, parts: &[&Condition], scope: Scope<'_>) -> Candidates {
        let in_one = |field: &Field| -> Box<dyn Query> {
            let scope = Scope { fields: std::slice::from_ref(field), narrowed: true };
            let clauses = parts.iter().map(|part| (Occur::Must, self.build(part, scope).query)).collect();
            Box::new(BooleanQuery::new(clauses))
        };
        Candidates { query: union(scope.fields.iter().map(in_one).collect()), exact: false }
    }

    /// Exactly these characters: one character by itself, two as a bigram, more as bigrams side by side that overlap
    /// only where the number is odd.
    fn literal(&self, text: &str, field: Field) -> Box<dyn Query> {
        let chars: Vec<char> = text.chars().collect();
        let bigram = |at: usize| -> Term {
            let pair: String = chars.iter().skip(at).take(2).collect();
            Term::from_field_text(self.fields.bigrams(field), &pair)
        };
        let query: Box<dyn Query> = match chars.len() {
            0 => return Box::new(EmptyQuery),
            1 => {
                let term = Term::from_field_text(self.fields.singles(field), text);
                Box::new(TermQuery::new(term, IndexRecordOption::Basic))
            }
            2 => Box::new(TermQuery::new(bigram(0), IndexRecordOption::WithFreqs)),
            length => {
                let mut starts: Vec<usize> = (0..length - 1).step_by(2).collect();
                if length % 2 == 1 {
                    starts.push(length - 2);
                }
                Box::new(PhraseQuery::new_with_offset(
                    starts.into_iter().map(|at| (at, bigram(at))).collect(),
                ))
            }
        };
        match field {
            Field::Title => Box::new(BoostQuery::new(query, TITLE_WEIGHT)),
            Field::Body => query,
        }
    }

    fn days(&self, from: Option<i64>, to: Option<i64>) -> Box<dyn Query> {
        if from.is_none() && to.is_none() {
            return Box::new(AllQuery);
        }
        let bound = |end: Option<i64>| {
            end.map_or(Bound::Unbounded, |day| Bound::Included(Term::from_field_i64(self.fields.day, day)))
        };
        unscored(Box::new(RangeQuery::new(bound(from), bound(to))))
    }
}

fn union(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match queries.len() {
        0 => Box::new(EmptyQuery),
        1 => queries.swap_remove(0),
        _ => Box::new(BooleanQuery::union(queries)),
    }
}

fn one_of(field: tantivy::schema::Field, values: &[impl AsRef<str>]) -> Box<dyn Query> {
    let term = |value: &str| -> Box<dyn Query> {
        Box::new(TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::Basic))
    };
    unscored(union(values.iter().map(|value| term(value.as_ref())).collect()))
}

/// A filter says nothing about how well a document matches.
fn unscored(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

/// The same documents, better ones first: those that also hold the words.
pub(crate) fn ranked_by(query: Box<dyn Query>, words: Vec<Term>) -> Box<dyn Query> {
    if words.is_empty() {
        return query;
    }
    let mut clauses = vec![(Occur::Must, query)];
    for word in words {
        clauses.push((Occur::Should, Box::new(TermQuery::new(word, IndexRecordOption::WithFreqs))));
    }
    Box::new(BooleanQuery::new(clauses))
}
