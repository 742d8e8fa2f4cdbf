//! A pack file as TOML spells it.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) pack: Option<Head>,
    #[serde(default)]
    pub(super) lists: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) disguised: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) approver: BTreeMap<String, ByType<String>>,
    pub(super) suppressors: Option<SuppressorLists>,
    #[serde(default, rename = "rule")]
    pub(super) rules: Vec<RawRule>,
}

/// Something for every institution type that is named.
pub(super) type ByType<T> = BTreeMap<Spanned<String>, T>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) version: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SuppressorLists {
    #[serde(default)]
    pub(super) promo: Vec<String>,
    #[serde(default)]
    pub(super) news: Vec<String>,
    #[serde(default)]
    pub(super) never: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) id: Spanned<String>,
    pub(super) name: String,
    pub(super) category: Spanned<String>,
    pub(super) severity: Spanned<String>,
    #[serde(default)]
    pub(super) orientation: bool,
    pub(super) applies_to: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) institution_types: Vec<Spanned<String>>,
    pub(super) licence: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) outside_scope: bool,
    pub(super) address: Option<Spanned<String>>,
    pub(super) at_least: Option<Spanned<usize>>,
    #[serde(rename = "match")]
    pub(super) matches: Spanned<String>,
    pub(super) suppress: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) lead: String,
    #[serde(default)]
    pub(super) co: Vec<String>,
    #[serde(default)]
    pub(super) lead_for: ByType<String>,
    #[serde(default)]
    pub(super) co_for: ByType<Vec<String>>,
    #[serde(default)]
    pub(super) basis_policy: Vec<String>,
    #[serde(default)]
    pub(super) basis_penalty: Vec<String>,
    #[serde(default, rename = "example")]
    pub(super) examples: Vec<RawExample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExample {
    pub(super) text: Spanned<String>,
    pub(super) fires: bool,
    #[serde(default)]
    pub(super) title: String,
    pub(super) kind: Option<Spanned<String>>,
    pub(super) institution_type: Option<Spanned<String>>,
}
