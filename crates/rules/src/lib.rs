//! The query language, rule packs, compilation and evaluation.
//!
//! A [`Pack`] is read from TOML, compiled with the names of a register into one automaton ([`Compiled`]), and run over
//! [`Document`]s: [`Compiled::scan`] finds words, [`Compiled::matches`] the rules, [`Compiled::held_back`] what speaks
//! against a match in the text itself. Whom a match concerns is decided in the screening room.

mod compile;
mod document;
mod evaluate;
mod examples;
mod facts;
mod numerals;
mod pack;
pub mod query;

pub use compile::{CompileError, Compiled, NameHit, Scan};
pub use document::Document;
pub use evaluate::{Match, Named, different};
pub use examples::check_examples;
pub use pack::{
    Example, Pack, PackProblem, RegisterCondition, Rule, Suppressors, builtin, load_dir, load_texts,
};
