//! The query language (one grammar for rules and archive search).

mod ast;

pub use ast::{Comparison, Expr, Fact, Field, Filter, Quantity};
