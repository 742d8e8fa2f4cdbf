//! The query language, rule packs, compilation and evaluation.

pub mod query;
