//! The register in memory: institutions and every text they can be recognised by.

use crate::landmarks::Landmarks;
use crate::names::{Parts, masked, parts, shorts};
use crate::nearby::Surroundings;
use crate::place::Home;
use crate::words::{normal_form, words};
use guanlan_model::{Institution, Via};
use std::collections::{BTreeMap, HashMap};

/// How much a text proves by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// A common word, two characters, or a name that several institutions use: needs evidence in the article.
    Common,
    /// A name that nobody else in the register has.
    Distinct,
    /// The full legal name, a licence number or a credit code.
    Full,
}

/// One institution that a pattern can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    /// Index into [`Register::institutions`].
    pub institution: usize,
    /// What the text is to that institution.
    pub via: Via,
    /// What it proves.
    pub strength: Strength,
}

/// A text that names one or more institutions. Texts are in normal form and unique, so that all patterns fit into
/// one automaton as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    /// The text, in normal form.
    pub text: String,
    /// Whom it can stand for, in register order. More than one: the strength of each is [`Strength::Common`].
    pub bearers: Vec<Bearer>,
    /// A trade name without any word that says what the institution does.
    pub(crate) bare: bool,
    /// In the table of common words.
    pub(crate) common_word: bool,
    /// A name with characters hidden behind the first one: 龙*跆拳道.
    pub(crate) masked: bool,
}

/// The institutions of the county and how texts speak of them. Immutable; build a new one after an import.
#[derive(Debug, Clone, Default)]
pub struct Register {
    institutions: Vec<Institution>,
    by_id: HashMap<String, usize>,
    patterns: Vec<NamePattern>,
    pub(crate) homes: Vec<Home>,
    pub(crate) landmarks: Landmarks,
    pub(crate) surroundings: Surroundings,
}

impl Register {
    /// Derives short names and builds the patterns. Of several rows with one id the first counts.
    pub fn new(institutions: Vec<Institution>) -> Register {
        let mut by_id = HashMap::with_capacity(institutions.len());
        let mut kept: Vec<Institution> = Vec::with_capacity(institutions.len());
        for institution in institutions {
            if !by_id.contains_key(&institution.id) {
                by_id.insert(institution.id.clone(), kept.len());
                kept.push(institution);
            }
        }
        let apart: Vec<Parts> = kept.iter().map(parts).collect();
        let homes = with_cities(kept.iter().map(Home::of).collect());
        let trades: Vec<Vec<String>> = kept.iter().zip(&apart).map(|(i, p)| trade_words(i, p)).collect();
        let landmarks = Landmarks::new(&kept, &homes, &trades);
        let surroundings = Surroundings::of(&homes, &trades);
        let patterns = build_patterns(&kept, &apart);
        Register { institutions: kept, by_id, patterns, homes, landmarks, surroundings }
    }

    /// The same register without addresses: towns and roads no longer speak for anybody. To measure what they are
    /// worth.
    #[must_use]
    pub fn without_addresses(mut self) -> Register {
        for home in &mut self.homes {
            *home = Home {
                city: std::mem::take(&mut home.city),
                county: std::mem::take(&mut home.county),
                ..Home::default()
            };
        }
        self.landmarks.forget_addresses();
        self
    }

    /// All institutions, in register order.
    pub fn institutions(&self) -> &[Institution] {
        &self.institutions
    }

    /// The institution with this register id.
    pub fn get(&self, id: &str) -> Option<&Institution> {
        self.index_of(id).and_then(|at| self.institutions.get(at))
    }

    /// The index of a register id in [`Register::institutions`].
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Every text to look for, sorted and unique. Put them into a multi-pattern automaton over normal text and give
    /// all overlapping hits to [`Register::resolve`].
    pub fn patterns(&self) -> &[NamePattern] {
        &self.patterns
    }
}

/// A row that tells the city of a county tells it for every row of that county.
fn with_cities(mut homes: Vec<Home>) -> Vec<Home> {
    let known: HashMap<String, String> =
        homes.iter().filter(|h| !h.city.is_empty()).map(|h| (h.county.clone(), h.city.clone())).collect();
    for home in homes.iter_mut().filter(|h| h.city.is_empty()) {
        if let Some(city) = known.get(&home.county) {
            home.city.clone_from(city);
        }
    }
    homes
}

fn trade_words(institution: &Institution, parts: &Parts) -> Vec<String> {
    let words = words();
    let mut trades: Vec<String> = parts
        .tail
        .iter()
        .filter(|w| words.trade_words.contains(w) && !words.abstract_words.contains(*w))
        .cloned()
        .collect();
    trades.extend(institution.scope.iter().map(|s| normal_form(s)).filter(|s| s.chars().count() >= 2));
    trades.sort();
    trades.dedup();
    trades
}

/// What one institution claims of a text, before the claims of all are compared.
#[derive(Debug, Clone, Copy)]
struct Claim {
    institution: usize,
    via: Via,
    weak: bool,
    masked: bool,
}

fn build_patterns(institutions: &[Institution], apart: &[Parts]) -> Vec<NamePattern> {
    let mut claims: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    for (at, (institution, parts)) in institutions.iter().zip(apart).enumerate() {
        let mut claim = |text: String, via: Via, weak: bool, masked: bool| {
            if text.chars().count() < 2 {
                return;
            }
            let list = claims.entry(text).or_default();
            // Institutions come one after the other, so its own earlier claim can only be the last.
            if list.last().is_none_or(|c| c.institution != at) {
                list.push(Claim { institution: at, via, weak, masked });
            }
        };
        for name in bracket_forms(&normal_form(&institution.name)) {
            claim(name, Via::Name, false, false);
        }
        for number in [&institution.licence_no, &institution.credit_code] {
            let number = normal_form(number);
            if number.chars().count() >= 6 {
                claim(number, Via::Number, false, false);
            }
        }
        for alias in &institution.aliases {
            let alias = normal_form(alias);
            let weak = words().proves_little(&alias);
            for form in bracket_forms(&alias) {
                claim(form, Via::Alias, weak, false);
            }
        }
        for short in shorts(institution, parts) {
            claim(short.text, Via::Short, short.weak, false);
        }
        for text in masked(parts) {
            claim(text, Via::Short, true, true);
        }
    }
    claims.into_iter().map(|(text, list)| settle(text, list)).collect()
}

/// A full name, number or given alias beats what others only derive; what then remains with several is common.
fn settle(text: String, claims: Vec<Claim>) -> NamePattern {
    let rank = |claim: &Claim| match claim.via {
        Via::Name | Via::Number => 3,
        Via::Alias => 2,
        _ if claim.masked => 0,
        _ => 1,
    };
    let best = claims.iter().map(rank).max().unwrap_or(0);
    // A bare brand that one institution was given and another one would derive stays with both.
    let common_word = words().is_common(&text);
    let bare = words().last_word(&text).is_none();
    let floor = if bare && best == 2 { 1 } else { best };
    let kept: Vec<Claim> = claims.into_iter().filter(|c| rank(c) >= floor).collect();
    let shared = kept.len() > 1;
    let bearers = kept
        .iter()
        .map(|c| Bearer {
            institution: c.institution,
            via: c.via,
            strength: match rank(c) {
                3 if !shared => Strength::Full,
                _ if shared || c.weak => Strength::Common,
                _ => Strength::Distinct,
            },
        })
        .collect();
    let masked = kept.iter().any(|c| c.masked);
    NamePattern { text, bearers, bare, common_word, masked }
}

/// A name with its brackets in the Chinese and in the ASCII form.
fn bracket_forms(name: &str) -> Vec<String> {
    if !name.contains(['(', ')', '（', '）']) {
        return vec![name.to_owned()];
    }
    vec![name.replace('（', "(").replace('）', ")"), name.replace('(', "（").replace(')', "）")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::institution;

    fn pattern<'a>(register: &'a Register, text: &str) -> &'a NamePattern {
        register.patterns().iter().find(|p| p.text == text).unwrap_or_else(|| panic!("no pattern {text}"))
    }

    fn register() -> Register {
        let mut a = institution("Y1", "云溪县启航艺术培训有限公司");
        a.credit_code = "91350100M000100Y43".into();
        let mut b = institution("Y2", "云溪县启航体育培训有限公司");
        b.aliases = vec!["启航".into(), "启航体育".into()];
        let mut c = institution("Y3", "云溪县墨香苑书画培训中心");
        c.aliases = vec!["墨香苑".into()];
        Register::new(vec![a, b, c, institution("Y1", "同号的另一行")])
    }

    #[test]
    fn patterns_are_unique_and_sorted() {
        let register = register();
        assert_eq!(register.institutions().len(), 3);
        assert!(register.patterns().windows(2).all(|w| w[0].text < w[1].text));
        assert!(register.patterns().iter().all(|p| !p.bearers.is_empty()));
    }

    #[test]
    fn strength_follows_what_a_text_proves() {
        let register = register();
        let strength = |text: &str| {
            let p = pattern(&register, text);
            p.bearers.iter().map(|b| (b.institution, b.via, b.strength)).collect::<Vec<_>>()
        };
        assert_eq!(strength("云溪县启航艺术培训有限公司"), [(0, Via::Name, Strength::Full)]);
        assert_eq!(strength("91350100m000100y43"), [(0, Via::Number, Strength::Full)]);
        assert_eq!(strength("启航"), [(0, Via::Short, Strength::Common), (1, Via::Alias, Strength::Common)]);
        assert_eq!(strength("启航体育"), [(1, Via::Alias, Strength::Distinct)]);
        assert_eq!(strength("启航艺校"), [(0, Via::Short, Strength::Distinct)]);
        assert_eq!(strength("启航培训").len(), 2);
        assert_eq!(strength("墨香苑"), [(2, Via::Alias, Strength::Distinct)]);
    }

    #[test]
    fn both_kinds_of_brackets_are_patterns() {
        let register = Register::new(vec![institution("Y1", "青禾（云溪）艺术培训有限公司")]);
        for text in ["青禾(云溪)艺术培训有限公司", "青禾（云溪）艺术培训有限公司", "青禾艺术"]
        {
            assert_eq!(pattern(&register, text).bearers.len(), 1);
        }
    }

    #[test]
    fn an_empty_register_is_fine() {
        assert!(Register::new(Vec::new()).patterns().is_empty());
    }
}
