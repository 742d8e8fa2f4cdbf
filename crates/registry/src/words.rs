//! The word tables of `index/names.toml`, read once.

use guanlan_text::normalise;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

const SOURCE: &str = include_str!("../../../index/names.toml");

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub legal_forms: Vec<String>,
    pub organisation_words: Vec<String>,
    pub trade_words: Vec<String>,
    pub abstract_words: HashSet<String>,
    pub slogan_words: HashSet<String>,
    pub general_suffixes: Vec<String>,
    pub spoken: BTreeMap<String, Vec<String>>,
    /// Words that speak of one kind of institution, by the code of the kind.
    pub kinds: BTreeMap<String, Vec<String>>,
    pub common: Common,
    pub boundary: Boundary,
    pub evidence: Cues,
    pub places: PlaceWords,
    /// Trade and organisation words together.
    #[serde(skip)]
    trades: HashSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Common {
    pub words: HashSet<String>,
    pub figurative_heads: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Boundary {
    pub left_joiners: Vec<String>,
    pub left_exceptions: Vec<String>,
    pub office_joiners: Vec<String>,
    pub office_words: Vec<String>,
    pub office_exceptions: Vec<String>,
    pub brand_joiners: Vec<String>,
    pub brand_exceptions: Vec<String>,
    pub free_left: String,
    pub free_right: String,
    pub legal_ends: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cues {
    pub right_cues: Vec<String>,
    pub context: Vec<String>,
    pub left_names: Vec<String>,
    pub left_cues: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceWords {
    pub not_county: Vec<String>,
    pub not_city: Vec<String>,
    pub not_district: Vec<String>,
    pub district_followers: Vec<String>,
    pub district_leaders: Vec<String>,
    pub well_known: Vec<String>,
}

/// The compiled-in tables.
///
/// # Panics
/// When `index/names.toml` does not parse, which a test of this module excludes.
pub(crate) fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| match toml::from_str::<Words>(SOURCE) {
        Ok(mut words) => {
            words.trades = words.trade_words.iter().chain(&words.organisation_words).cloned().collect();
            words
        }
        Err(error) => unreachable!("index/names.toml is compiled in and tested: {error}"),
    })
}

impl Words {
    /// True when a word is common speech and proves nothing by itself.
    pub fn is_common(&self, word: &str) -> bool {
        self.common.words.contains(word) || {
            // 成长驿站: two common words are no rarer than one.
            let middle = word.char_indices().nth(2).map_or(word.len(), |(at, _)| at);
            let (head, tail) = word.split_at(middle);
            tail.chars().count() == 2
                && !self.is_trade(tail)
                && self.common.words.contains(head)
                && self.common.words.contains(tail)
        }
    }

    /// True for a name that could as well be common speech: a listed word, two characters, or a short figure of
    /// speech such as 小太阳.
    pub fn proves_little(&self, name: &str) -> bool {
        let length = name.chars().count();
        self.is_common(name)
            || length <= 2
            || (length == 3
                && self.common.figurative_heads.iter().any(|head| name.starts_with(head.as_str())))
    }

    /// The longest trade or organisation word that ends `name` and leaves at least two characters.
    pub fn last_word<'a>(&self, name: &'a str) -> Option<&'a str> {
        let ends = name.char_indices().skip(2).map(|(at, _)| at);
        ends.filter_map(|at| name.get(at..)).find(|tail| self.is_trade(tail))
    }

    /// True when nothing but trade and organisation words makes up a text: 书法班.
    pub fn is_made_of_trades(&self, text: &str) -> bool {
        let mut rest = text;
        while !rest.is_empty() {
            let mut ends = rest.char_indices().map(|(at, _)| at).filter_map(|at| rest.split_at_checked(at));
            match ends.find(|(_, tail)| self.is_trade(tail)) {
                Some((head, _)) => rest = head,
                None => return false,
            }
        }
        true
    }

    /// True for a word that says what an institution does or is.
    pub fn is_trade(&self, word: &str) -> bool {
        self.trades.contains(word)
    }
}

/// A register value as it is compared with texts.
pub(crate) fn normal_form(text: &str) -> String {
    normalise(text.trim()).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_parse_and_are_in_normal_form() {
        let words = words();
        let all = words
            .legal_forms
            .iter()
            .chain(&words.organisation_words)
            .chain(&words.trade_words)
            .chain(&words.general_suffixes)
            .chain(&words.common.words)
            .chain(&words.evidence.right_cues)
            .chain(&words.evidence.context)
            .chain(&words.places.well_known);
        for word in all {
            assert_eq!(&normal_form(word), word);
            assert!(word.chars().count() >= 1);
        }
        assert!(words.is_common("星光") && words.is_common("成长驿站") && !words.is_common("墨香苑"));
        for (name, little) in
            [("星光", true), ("乐途", true), ("小松鼠", true), ("墨香苑", false), ("小松鼠画室", false)]
        {
            assert_eq!(words.proves_little(name), little, "{name}");
        }
    }

    #[test]
    fn the_longest_last_word_wins() {
        let words = words();
        assert_eq!(words.last_word("青禾文化艺术培训学校"), Some("培训学校"));
        assert_eq!(words.last_word("青禾文化艺术"), Some("文化艺术"));
        assert_eq!(words.last_word("青禾"), None);
        assert_eq!(words.last_word("艺术学校"), Some("学校"));
    }
}
