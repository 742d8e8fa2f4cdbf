//! What screening says about one article (the stable output of `guanlan screen`).

use crate::terms::vocabulary;
use crate::{Category, Severity};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Which transformation was needed to see a match, from the nearest to the farthest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// As written, up to letter case.
    Exact,
    /// Full-width letters and digits.
    Width,
    /// Traditional characters.
    Traditional,
    /// Zero-width characters, spaces or symbols inside the word.
    Inserted,
    /// Other characters or symbols that look the same: `с` for `c`, 🈶 for 有, ➕ for 加.
    Lookalike,
    /// Pinyin for a character: 补ke, shu学, yuwen.
    Pinyin,
    /// A character taken apart: 讠吾文.
    Split,
    /// The initial of a character's reading: S学.
    Initial,
    /// Another character, or a picture, of the same sound: 树学, 🌧文.
    Homophone,
    /// A word that a pack lists as a code word.
    Disguised,
}

vocabulary!(Form, "form", {
    Exact => "exact", "原文";
    Width => "width", "全角";
    Traditional => "traditional", "繁体";
    Inserted => "inserted", "插入符号";
    Lookalike => "lookalike", "形近符号";
    Pinyin => "pinyin", "拼音混写";
    Split => "split", "拆字";
    Initial => "initial", "首字母代字";
    Homophone => "homophone", "谐音";
    Disguised => "disguised", "暗语";
});

impl Form {
    /// How much of the confidence is left when this much had to be undone to see a word: 1 for the text as written.
    pub fn certainty(self) -> f64 {
        match self {
            Form::Exact => 1.0,
            Form::Width | Form::Traditional => 0.97,
            Form::Inserted => 0.93,
            Form::Lookalike | Form::Pinyin => 0.9,
            Form::Split => 0.88,
            Form::Disguised => 0.85,
            Form::Homophone | Form::Initial => 0.82,
        }
    }

    /// True when the writer must have meant to be found by nobody: more than another width, script or a stray symbol.
    pub fn is_evasive(self) -> bool {
        self >= Form::Inserted
    }
}

/// How an institution was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// Full legal name.
    Name,
    /// A public name given by the register.
    Alias,
    /// A short name derived from the full name.
    Short,
    /// Licence number or credit code.
    Number,
    /// "该机构", "该校": carried from the last institution named.
    Reference,
    /// The page belongs to the institution.
    Owner,
}

vocabulary!(Via, "via", {
    Name => "name", "全称";
    Alias => "alias", "别名";
    Short => "short", "简称";
    Number => "number", "证照号";
    Reference => "reference", "指代";
    Owner => "owner", "本机构页面";
});

/// What part an institution plays in an article. Only the first two raise findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Role {
    Accused,
    Penalised,
    Victim,
    Host,
    Praised,
    Listed,
    Elsewhere,
}

vocabulary!(Role, "role", {
    Accused => "accused", "被指";
    Penalised => "penalised", "被处罚";
    Victim => "victim", "受害";
    Host => "host", "活动场所";
    Praised => "praised", "受表扬";
    Listed => "listed", "被列举";
    Elsewhere => "elsewhere", "外地同名";
});

/// A stretch of an article's own text. Offsets count Unicode scalar values in the original field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// `title` or `body`.
    pub field: String,
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The original text between the two.
    pub text: String,
    /// What it took to see it.
    pub form: Form,
}

/// Where and how the institution was named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MentionRef {
    /// `title` or `body`; `owner` when the page itself belongs to the institution and does not name it.
    pub field: String,
    /// First character, in Unicode scalar values of the original field.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The original text between the two.
    pub text: String,
    /// How it was recognised.
    pub via: Via,
}

/// Where a case would go. Names as in `departments.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departments {
    /// The department that answers for it.
    pub lead: String,
    /// Departments that take part.
    pub co: Vec<String>,
}

/// A suspected problem: the hits of one rule, tied to one institution, in one article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Register id.
    pub institution: String,
    /// Kind of problem.
    pub category: Category,
    /// Rule id.
    pub rule: String,
    /// How soon a person must look.
    pub severity: Severity,
    /// 0 to 1, two decimals.
    pub confidence: f64,
    /// Counts for the assessment item on content orientation (◎).
    pub orientation: bool,
    /// The institution's part in it.
    pub role: Role,
    /// Where it would go.
    pub departments: Departments,
    /// Legal basis, policy before penalty.
    pub basis: Vec<String>,
    /// What matched.
    pub spans: Vec<Span>,
    /// Who was meant.
    pub mention: MentionRef,
    /// One Chinese sentence for the reviewer.
    pub reason: String,
}

/// A hit that was held back, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Suppressed {
    /// Rule id.
    pub rule: String,
    /// Register id; empty when nobody was tied to it.
    pub institution: String,
    /// What held it back, in Chinese.
    pub by: String,
}

/// What a lead is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeadKind {
    /// A training institution that operates and is not in the register.
    #[default]
    Unregistered,
    /// A masked or shared name: it may be one of the candidates.
    Possible,
}

vocabulary!(LeadKind, "lead kind", {
    Unregistered => "unregistered", "名录外";
    Possible => "possible", "可能";
});

/// An institution that a masked or shared name may stand for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Candidate {
    /// Register id.
    pub institution: String,
    /// Full name.
    pub name: String,
    /// What speaks for it, in Chinese.
    pub reason: String,
}

/// An institution that is not in the register, or a masked name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lead {
    /// The name as written.
    pub name: String,
    /// Why it is a lead.
    pub reason: String,
    /// Unregistered, or possibly one of the candidates.
    #[serde(default)]
    pub kind: LeadKind,
    /// Whom it may be, best first, at most three; empty for an unregistered institution.
    #[serde(default)]
    pub candidates: Vec<Candidate>,
}

/// Everything screening says about one article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Screened {
    /// The article's id.
    pub id: String,
    /// What would raise an alert.
    pub findings: Vec<Finding>,
    /// What was held back.
    pub suppressed: Vec<Suppressed>,
    /// Unknown institutions.
    pub leads: Vec<Lead>,
}
