//! The register of institutions: import, credit codes, aliases, and finding institutions in text.
//!
//! Finding works in two steps. [`Register::patterns`] gives every text an institution can be recognised by, in normal
//! form; whoever screens puts them into one multi-pattern automaton. [`Register::resolve`] takes all hits of that
//! automaton in one article and decides: the longest match wins, pieces of longer words do not count, a name behind
//! another county's name is somebody else, and common or shared names need evidence in the article.

mod boundary;
mod clean;
mod columns;
mod credit_code;
mod csv_table;
mod diff;
mod elsewhere;
mod evidence;
mod import;
mod names;
mod place;
mod register;
mod resolve;
#[cfg(test)]
mod sample;
mod table;
mod template;
mod words;
mod xlsx_table;

pub use credit_code::{CreditCode, Malformation, credit_code_check};
pub use diff::{Changed, FieldChange, RegisterDiff, diff};
pub use import::{Import, RowProblem, read_register};
pub use register::{Bearer, NamePattern, Register, Strength};
pub use resolve::{Elsewhere, Field, Mention, NameHit, Names};
pub use rust_xlsxwriter::XlsxError as TemplateError;
pub use table::{ImportError, MAX_BYTES, MAX_COLUMNS, MAX_ROWS};
pub use template::template_xlsx;
