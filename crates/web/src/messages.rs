//! The message catalogue: every word people read on the pages, Chinese first, English complete.

use serde::Deserialize;
use std::collections::HashMap;
use std::fmt::{Display, Write as _};
use std::sync::LazyLock;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Simplified Chinese, the source language.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// BCP 47 tag for `lang` attributes.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// The short code used in `?lang=` and in the cookie.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// The language's name in itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Lang::Zh => "中文",
            Lang::En => "English",
        }
    }

    /// The one that is not shown.
    pub fn other(self) -> Lang {
        match self {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        }
    }

    /// Reads `zh`, `zh-CN`, `en`, `en-GB` and the like.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        let primary = tag.trim().split(['-', '_']).next()?;
        match primary.to_ascii_lowercase().as_str() {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    zh: String,
    en: String,
}

const SOURCE: &str = include_str!("../messages.toml");

static CATALOGUE: LazyLock<HashMap<String, Message>> = LazyLock::new(|| {
    let sections: HashMap<String, HashMap<String, Message>> = match toml::from_str(SOURCE) {
        Ok(sections) => sections,
        Err(error) => {
            // Compiled in and read by every test: this cannot reach a user.
            tracing::error!(%error, "message catalogue is not readable");
            HashMap::new()
        }
    };
    let flat = |(section, messages): (String, HashMap<String, Message>)| {
        messages.into_iter().map(move |(name, message)| (format!("{section}.{name}"), message))
    };
    sections.into_iter().flat_map(flat).collect()
});

/// The message of a key. An unknown key is shown as it is; a test finds those before a user does.
pub fn text(lang: Lang, key: &str) -> &str {
    match CATALOGUE.get(key) {
        Some(message) if lang == Lang::En => &message.en,
        Some(message) => &message.zh,
        None => key,
    }
}

/// The message of a key with `{0}`, `{1}` … replaced.
pub fn fill(lang: Lang, key: &str, values: &[&dyn Display]) -> String {
    let template = text(lang, key);
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        out.push_str(before);
        let placeholder = after.get(1..2).and_then(|digit| digit.parse::<usize>().ok());
        match placeholder.and_then(|at| values.get(at)) {
            Some(value) if after[2..].starts_with('}') => {
                let _ = write!(out, "{value}");
                rest = &after[3..];
            }
            _ => {
                out.push('{');
                rest = &after[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The word of a closed vocabulary: `severity`, `category`, `state` and so on, by its code.
pub fn word(lang: Lang, vocabulary: &str, code: &str) -> String {
    text(lang, &format!("{vocabulary}.{code}")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanlan_model::{
        AlertState, Category, DeliveryState, DraftState, DraftStep, FalseAlarmReason, Form, Health, Kind,
        Outcome, Role, Severity, Tier, Verdict, Via,
    };
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn placeholders_are_filled_and_stray_braces_kept() {
        assert_eq!(fill(Lang::Zh, "pager.range", &[&1, &20, &45]), "第 1–20 条，共 45 条");
        assert_eq!(fill(Lang::En, "pager.range", &[&1, &20, &45]), "1–20 of 45");
        assert_eq!(fill(Lang::Zh, "no.such {9} {x} {", &[&1]), "no.such {9} {x} {");
    }

    #[test]
    fn a_tag_may_name_a_region() {
        for (tag, want) in [
            ("zh", Some(Lang::Zh)),
            ("zh-CN", Some(Lang::Zh)),
            ("EN_gb", Some(Lang::En)),
            ("fr", None),
            ("", None),
        ] {
            assert_eq!(Lang::from_tag(tag), want, "{tag}");
        }
    }

    /// Every word of every vocabulary: key, Chinese of the model.
    fn vocabulary_words() -> Vec<(String, &'static str)> {
        let mut words = Vec::new();
        macro_rules! add {
            ($section:literal, $type:ty) => {
                words.extend(<$type>::ALL.iter().map(|w| (format!("{}.{}", $section, w.code()), w.zh())));
            };
        }
        add!("severity", Severity);
        add!("category", Category);
        add!("tier", Tier);
        add!("kind", Kind);
        add!("state", AlertState);
        add!("verdict", Verdict);
        add!("reason", FalseAlarmReason);
        add!("form", Form);
        add!("via", Via);
        add!("role", Role);
        add!("health", Health);
        add!("outcome", Outcome);
        add!("delivery", DeliveryState);
        add!("draftstate", DraftState);
        add!("draftstep", DraftStep);
        words
    }

    #[test]
    fn vocabularies_are_complete_and_say_what_the_model_says() {
        for (key, zh) in vocabulary_words() {
            assert_eq!(text(Lang::Zh, &key), zh, "{key}");
            assert_ne!(text(Lang::En, &key), key, "{key} has no English");
        }
    }

    fn sources() -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut all = String::new();
        for folder in ["templates", "src"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                all.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
        all
    }

    /// Quoted strings that look like catalogue keys: `"section.name"`, where the section exists.
    fn used_keys(source: &str) -> BTreeSet<String> {
        let sections: BTreeSet<&str> = CATALOGUE.keys().filter_map(|key| key.split('.').next()).collect();
        let is_key = |word: &&str| {
            let mut parts = word.split('.');
            let known = parts.next().is_some_and(|section| sections.contains(section));
            let name = parts.next().unwrap_or_default();
            known
                && !name.is_empty()
                && parts.next().is_none()
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
                && !matches!(name, "html" | "css" | "js" | "svg" | "example" | "toml")
        };
        source.split('"').filter(is_key).map(str::to_owned).collect()
    }

    #[test]
    fn every_key_used_exists_and_none_is_unused() {
        let mut used = used_keys(&sources());
        let missing: Vec<_> = used.iter().filter(|key| !CATALOGUE.contains_key(*key)).collect();
        assert!(missing.is_empty(), "not in the catalogue: {missing:?}");
        used.extend(vocabulary_words().into_iter().map(|(key, _)| key));
        used.extend(DraftStep::ALL.iter().map(|step| format!("drafted.{}", step.code())));
        used.extend(["feed", "list", "site", "page"].map(|kind| format!("sourcekind.{kind}")));
        let unused: Vec<_> = CATALOGUE.keys().filter(|key| !used.contains(*key)).collect();
        assert!(unused.is_empty(), "never used: {unused:?}");
    }

    #[test]
    fn english_is_complete_and_takes_the_same_values() {
        let placeholders = |s: &str| (0..9).filter(|n| s.contains(&format!("{{{n}}}"))).collect::<Vec<_>>();
        for (key, message) in CATALOGUE.iter() {
            assert!(!message.zh.trim().is_empty() && !message.en.trim().is_empty(), "{key} is empty");
            assert_eq!(placeholders(&message.zh), placeholders(&message.en), "{key}");
        }
    }

    #[test]
    fn chinese_uses_full_width_punctuation() {
        let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        for (key, message) in
            CATALOGUE.iter().filter(|(key, _)| !key.starts_with("grammar.") && *key != "archive.hint")
        {
            let chars: Vec<char> = message.zh.chars().collect();
            for pair in chars.windows(2) {
                assert!(!(han(pair[0]) && ",;:!?()".contains(pair[1])), "{key}: {}", message.zh);
            }
        }
    }
}
