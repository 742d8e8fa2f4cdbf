//! The register of institutions: import, credit codes, aliases, and finding institutions in text.
//!
//! Finding works in two steps. [`Register::patterns`] gives every text an institution can be recognised by, in normal
//! form; whoever screens puts their beginnings ([`Register::stems`]) into one multi-pattern automaton. [`Register::resolve`] takes all hits of that
//! automaton in one article and decides: the longest match wins, pieces of longer words do not count, a name behind
//! another county's name is somebody else, and common or shared names need evidence in the article.
//!
//! ```
//! use guanlan_registry::{Field, NameHit, Origin, Register, read_register};
//! use guanlan_text::normalise;
//!
//! let csv = "编号,机构名称,简称,类别\nY1,云溪县墨香苑书画培训中心,墨香苑,文化艺术类\n";
//! let register = Register::new(read_register(csv.as_bytes(), "名录.csv")?.rows);
//! let (title, body) = (normalise(""), normalise("家长称墨香苑拒绝退费。"));
//! // What the automaton does, here with a plain search. Offsets are characters of the normal form.
//! let pattern = register.patterns().position(|p| p.text == "墨香苑").expect("an alias is a pattern");
//! let hit = NameHit { pattern, field: Field::Body, start: 3, end: 6 };
//! let names = register.resolve(&title, &body, Origin::default(), &[hit]);
//! assert_eq!(register.institutions()[names.mentions[0].institution].id, "Y1");
//! # Ok::<(), guanlan_registry::ImportError>(())
//! ```

mod boundary;
mod clean;
mod columns;
mod credit_code;
mod csv_table;
mod diff;
mod elsewhere;
mod evidence;
mod import;
mod landmarks;
mod names;
mod nearby;
mod patterns;
mod place;
mod register;
mod resolve;
#[cfg(test)]
mod sample;
mod table;
mod template;
mod words;
mod xlsx_table;

pub use diff::{Changed, FieldChange, RegisterDiff, diff};
pub use import::{Import, RowProblem, read_register};
pub use nearby::Likely;
pub use patterns::NamePattern;
pub use register::{Bearer, Register, Strength};
pub use resolve::{Elsewhere, Field, Mention, NameHit, Names, Origin};
pub use rust_xlsxwriter::XlsxError as TemplateError;
pub use table::ImportError;
pub use template::template_xlsx;
