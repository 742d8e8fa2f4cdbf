//! Wording: does an article speak of an institution the way texts do in which a reviewer found a fault?
//!
//! A linear model over single characters and pairs of neighbouring characters, learned from the labelled articles in
//! `tests/screening` (`examples/learn_wording.rs` writes the table, always the same one for the same articles). It has
//! no word on its own: it holds back findings that read like no fault, and lets a match through whose institution or
//! role was in doubt when the text reads like one. What it went by is quoted in the reason.

mod features;
mod lessons;
mod second_look;

pub use features::{Features, Field, Ngram};
pub(crate) use features::{View, each, features};
pub(crate) use second_look::SecondLook;

use guanlan_model::{Category, Kind};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

const SOURCE: &str = include_str!("../../../index/wording.tsv");

/// Log-odds of one step of a weight in the table.
pub const STEP: f64 = 0.005;

/// Known wordings up to which the table has no opinion, and from which on it is taken at its word: a line or two of text
/// say less.
const TOO_FEW: f64 = 60.0;
const ENOUGH: f64 = 250.0;

/// What is judged: whether the institution is at fault at all, then each kind of problem.
pub const COLUMNS: usize = 15;

/// The column of a kind of problem; 0 is "at fault at all". Disguised teaching and teaching outside the approved
/// scope share one: the line between them is for experts.
pub fn column(category: Category) -> usize {
    let kind = if category == Category::Covert { Category::Scope } else { category };
    let before = Category::ALL.iter().take_while(|c| **c != kind).filter(|c| **c != Category::Covert).count();
    before + 1
}

/// A table of weights.
#[derive(Debug, Clone, Default)]
pub struct Wording {
    /// Index of a row by its kind and [`Ngram::key`].
    index: [HashMap<u64, u32, BuildHasherDefault<Mix>>; 2],
    rows: Vec<(Ngram, [i8; COLUMNS])>,
    /// Log-odds of an article without any known wording; nothing where too few articles were seen to learn from.
    bias: [[Option<f64>; COLUMNS]; 2],
}

/// A line of a table that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {0} of the wording table: expected kind, field, characters and {COLUMNS} whole numbers between tabs"
)]
pub struct BadTable(pub usize);

impl Wording {
    /// The table that is compiled in.
    pub fn builtin() -> &'static Wording {
        static BUILTIN: OnceLock<Wording> = OnceLock::new();
        // A test reads the table; an unreadable one would leave everything to the rules.
        BUILTIN.get_or_init(|| Wording::read(SOURCE).unwrap_or_default())
    }

    /// Reads a table: lines of kind, field, characters and one weight a column (in steps of [`STEP`]; `.` is none).
    /// The field `=` gives the bias in log-odds.
    ///
    /// # Errors
    /// The number of the first line that is not of this form.
    pub fn read(text: &str) -> Result<Wording, BadTable> {
        let mut table = Wording::default();
        let lines = text.lines().enumerate().filter(|(_, l)| !l.starts_with("# "));
        for (index, line) in lines {
            table.read_line(line).ok_or(BadTable(index + 1))?;
        }
        Ok(table)
    }

    fn read_line(&mut self, line: &str) -> Option<()> {
        let mut cells = line.split('\t');
        let kind: Kind = cells.next()?.parse().ok()?;
        let field = cells.next()?;
        let characters = cells.next()?;
        let weights: Vec<&str> = cells.collect();
        if weights.len() != COLUMNS {
            return None;
        }
        if field == "=" {
            for (bias, cell) in self.bias[kind as usize].iter_mut().zip(weights) {
                *bias = if cell == "." { None } else { Some(cell.parse().ok()?) };
            }
            return Some(());
        }
        let mut row = [0; COLUMNS];
        for (weight, cell) in row.iter_mut().zip(weights) {
            *weight = if cell == "." { 0 } else { cell.parse().ok()? };
        }
        let ngram = Ngram::read(field, characters)?;
        self.index[kind as usize].insert(ngram.key(), u32::try_from(self.rows.len()).ok()?);
        self.rows.push((ngram, row));
        Some(())
    }

    /// What the wording says of one institution.
    pub(crate) fn opinion(&self, kind: Kind, view: &View<'_>) -> Opinion {
        let index = &self.index[kind as usize];
        let mut seen = vec![false; self.rows.len()];
        let mut sums = [0i32; COLUMNS];
        let mut known = Vec::new();
        each(view, |ngram| {
            let Some(&row) = index.get(&ngram.key()) else { return };
            if !std::mem::replace(&mut seen[row as usize], true) {
                for (sum, weight) in sums.iter_mut().zip(self.rows[row as usize].1) {
                    *sum += i32::from(weight);
                }
                known.push(row);
            }
        });
        let trust = ((known.len() as f64 - TOO_FEW) / (ENOUGH - TOO_FEW)).clamp(0.0, 1.0);
        let mut odds = [None; COLUMNS];
        for (out, (sum, bias)) in odds.iter_mut().zip(sums.iter().zip(&self.bias[kind as usize])) {
            *out = bias.map(|bias| trust * (bias + STEP * f64::from(*sum)));
        }
        Opinion { odds, known }
    }
}

/// Log-odds that an institution is at fault, and of what kind.
#[derive(Debug, Clone)]
pub(crate) struct Opinion {
    odds: [Option<f64>; COLUMNS],
    /// Rows that took part.
    known: Vec<u32>,
}

impl Opinion {
    /// Log-odds that the institution is at fault at all; nothing when there is no table.
    pub(crate) fn fault(&self) -> Option<f64> {
        self.odds[0]
    }

    /// Log-odds of a fault of this kind; nothing when the table knows too little of it.
    pub(crate) fn of(&self, category: Category) -> Option<f64> {
        self.odds.get(column(category)).copied().flatten()
    }
}

impl Wording {
    /// The pairs of characters that spoke most for a kind of fault, strongest first.
    pub(crate) fn strongest(&self, opinion: &Opinion, category: Category, most: usize) -> Vec<String> {
        let column = column(category);
        let mut pairs: Vec<(i8, String)> = (opinion.known.iter())
            .filter_map(|row| self.rows.get(*row as usize))
            .filter(|(ngram, row)| row[column] > 0 && ngram.is_readable())
            .map(|(ngram, row)| (row[column], ngram.text()))
            .collect();
        pairs.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
        let mut out: Vec<String> = Vec::new();
        for (_, text) in pairs {
            if out.len() < most && !out.contains(&text) {
                out.push(text);
            }
        }
        out
    }
}

/// Mixes a key that is already one number; nobody can choose the keys of the table.
#[derive(Debug, Default, Clone)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u64(u64::from(*b)));
    }

    fn write_u64(&mut self, key: u64) {
        let mixed = (self.0 ^ key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

/// Log-odds as a chance, for people.
pub(crate) fn chance(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_table_can_be_read() {
        assert!(Wording::read(SOURCE).is_ok_and(|t| t.bias[0][0].is_some() && t.bias[1][0].is_some()));
    }

    #[test]
    fn every_category_has_a_column_of_its_own_but_the_two_that_experts_divide() {
        let mut columns: Vec<usize> = Category::ALL.iter().map(|c| column(*c)).collect();
        columns.sort_unstable();
        columns.dedup();
        assert_eq!(columns, (1..COLUMNS).collect::<Vec<_>>());
        assert_eq!(column(Category::Covert), column(Category::Scope));
    }

    #[test]
    fn a_bad_line_is_pointed_at() {
        let none = vec!["."; COLUMNS].join("\t");
        let good = format!("# note\nnews\town\t责令\t{none}\n");
        assert!(Wording::read(&good).is_ok());
        for bad in ["news\town\t责令\t1", "news\tnowhere\t责令", &format!("news\town\t责令罚\t{none}")]
        {
            assert_eq!(Wording::read(&format!("{good}{bad}")).err(), Some(BadTable(3)), "{bad}");
        }
    }
}
