//! Rule packs: the rules an operator reads and edits, as data.

use crate::query::{Expr, QueryError};
use guanlan_model::{Category, Departments, InstitutionType, Kind, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

mod raw;
mod read;
mod toml_words;

pub use read::{load_dir, load_texts};

/// The rules, word lists and global suppressors of one folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    /// Name and a short hash of the content, `标准规则包@1a2b3c4d`: an alert keeps it so that it can be reproduced.
    pub version: String,
    /// Rules in the order of the files and of their places in them. Ids are unique.
    pub rules: Vec<Rule>,
    /// Word lists that rules name with `@`.
    pub lists: BTreeMap<String, Vec<String>>,
    /// Words whose disguised spellings belong to a list, by the name of the list.
    pub disguised: BTreeMap<String, Vec<String>>,
    /// Words that hold hits of every rule back.
    pub suppressors: Suppressors,
    /// What it was read from.
    pub texts: PackTexts,
}

/// The texts of a pack: enough to read it again as it was. Kept with every version that has been live.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackTexts {
    /// Name of a pack whose files give it none.
    pub name: String,
    /// File name and text, in order.
    pub files: Vec<(String, String)>,
    /// Files laid over them, in order: a rule takes the place of the one with its id, a list that of the one with
    /// its name, suppressors that of all suppressors; what is new is added.
    pub changes: Vec<(String, String)>,
}

impl PackTexts {
    /// The same files with one more laid over them.
    #[must_use]
    pub fn with(mut self, file: &str, text: &str) -> PackTexts {
        self.changes.push((file.to_owned(), text.to_owned()));
        self
    }

    /// Reads the pack.
    ///
    /// # Errors
    /// As [`load_dir`], except that an empty pack is fine.
    pub fn read(self) -> Result<Pack, Vec<PackProblem>> {
        let (pack, problems) = read::read_texts(self);
        if problems.is_empty() { Ok(pack) } else { Err(problems) }
    }
}

/// Global suppressors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suppressors {
    /// Promotion: up to twelve characters in front of a hit, in the same clause.
    pub promo: Vec<String>,
    /// News: anywhere in the sentence of a hit.
    pub news: Vec<String>,
    /// News: words that switch the suppressors off, because they say that an authority acted.
    pub never: Vec<String>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Stable identifier.
    pub id: String,
    /// Name on screen.
    pub name: String,
    /// Kind of problem.
    pub category: Category,
    /// How soon a person must look.
    pub severity: Severity,
    /// Counts for the assessment item on content orientation.
    pub orientation: bool,
    /// Which kinds of article it reads.
    pub applies_to: Vec<Kind>,
    /// Which institutions it can concern; empty for all.
    pub institution_types: Vec<InstitutionType>,
    /// What the register must say about the institution besides.
    pub register: Vec<RegisterCondition>,
    /// How many different triggers must be found for one institution, 1 to 9. More than one: signals that prove
    /// nothing singly and something together.
    pub at_least: usize,
    /// What it looks for.
    pub matches: Expr,
    /// What it looks for, as written.
    pub match_text: String,
    /// What holds it back.
    pub suppress: Option<Expr>,
    /// Department that answers for it; empty when routing decides.
    pub lead: String,
    /// Departments that take part.
    pub co: Vec<String>,
    /// Who answers for it instead where the institution is of a type that somebody else approves.
    pub lead_for: BTreeMap<InstitutionType, String>,
    /// Departments that take part besides, for institutions of a type.
    pub co_for: BTreeMap<InstitutionType, Vec<String>>,
    /// Duties it rests on.
    pub basis_policy: Vec<String>,
    /// Penalties it rests on.
    pub basis_penalty: Vec<String>,
    /// Texts that must or must not fire it.
    pub examples: Vec<Example>,
    /// File it was read from.
    pub file: String,
    /// Line of its id in that file, from 1.
    pub line: usize,
}

impl Rule {
    /// Who answers for it at an institution of this type, and who takes part. A lead that gives way takes part.
    pub fn departments(&self, institution: InstitutionType) -> Departments {
        let lead = self.lead_for.get(&institution).unwrap_or(&self.lead);
        let mut co = self.co.clone();
        co.extend(self.co_for.get(&institution).into_iter().flatten().cloned());
        co.push(self.lead.clone());
        let mut seen = std::collections::BTreeSet::from([lead.clone(), String::new()]);
        co.retain(|name| seen.insert(name.clone()));
        Departments { lead: lead.clone(), co }
    }
}

/// A condition on the register's row of the institution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterCondition {
    /// `licence = "invalid"`: the licence is not valid on the day of the article, or the institution is cancelled or suspended.
    LicenceInvalid,
    /// `outside_scope = true`: the words that triggered the rule are not covered by the approved scope.
    OutsideScope,
    /// `address = "unregistered"`: the text gives an address beside the trigger that is not the registered one.
    AddressUnregistered,
}

/// A text that a rule must fire on, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Title, often empty.
    pub title: String,
    /// Text.
    pub text: String,
    /// Whether the rule fires on it.
    pub fires: bool,
    /// News or promotion; the first kind the rule reads when nothing is said.
    pub kind: Kind,
    /// The institution's type, when the example depends on it.
    pub institution_type: Option<InstitutionType>,
    /// Line of the text in the file, from 1.
    pub line: usize,
}

/// Why a pack is refused, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column} {}{message}", rule.as_ref().map(|r| format!("规则 {r}：")).unwrap_or_default())]
pub struct PackProblem {
    /// File name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Rule, when the problem lies in one.
    pub rule: Option<String>,
    /// What is wrong and what was expected, in Chinese.
    pub message: String,
    /// The line as it is written; empty when the fault lies in no line.
    pub written: String,
}

impl PackProblem {
    /// The line with a caret under the fault; empty when the fault lies in no line.
    pub fn caret(&self) -> String {
        if self.written.is_empty() {
            return String::new();
        }
        let at = self.column.saturating_sub(1);
        QueryError { at, len: 1, message: String::new(), help: None }
            .caret(&self.written)
            .trim_end()
            .to_owned()
    }
}

mod builtin {
    /// Name and text of every shipped pack file.
    pub(super) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));
}

/// The packs that are compiled into the program. Tests prove that they hold no problem.
pub fn builtin() -> Pack {
    read::read_texts(builtin_texts()).0
}

fn builtin_texts() -> PackTexts {
    let files = builtin::FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    PackTexts { name: "guanlan".to_owned(), files, changes: Vec::new() }
}

/// Version of a pack: its name and a hash of every file's name and content.
fn version(name: &str, content: &[u8]) -> String {
    format!("{name}@{:08x}", xxh3_64(content) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_packs_hold_no_problem() {
        let (pack, problems) = read::read_texts(builtin_texts());
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(shown.is_empty(), "{}", shown.join("\n"));
        assert_eq!(pack.rules.is_empty(), builtin::FILES.is_empty());
    }
}
