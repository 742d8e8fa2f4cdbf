//! The register in memory: institutions and every text they can be recognised by.

use crate::landmarks::Landmarks;
use crate::names::{Parts, parts};
use crate::nearby::Surroundings;
use crate::patterns::{Claims, NamePattern, Patterns};
use crate::place::Home;
use crate::words::{normal_form, words};
use guanlan_model::{Institution, Via};
use std::collections::HashMap;

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

/// The institutions of the county and how texts speak of them. Immutable; build a new one after an import.
#[derive(Debug, Clone, Default)]
pub struct Register {
    institutions: Vec<Institution>,
    by_id: HashMap<String, usize>,
    patterns: Patterns,
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
        kept.shrink_to_fit();
        let mut parts = read_all(&kept).into_iter();
        let mut read = parts.next().unwrap_or_default();
        parts.for_each(|part| read.append(part));
        let homes = with_cities(read.homes);
        let landmarks = Landmarks::new(&kept, &homes, &read.trades);
        let surroundings = Surroundings::of(&homes, &read.trades);
        read.claims.sort();
        let patterns = Patterns::new(&read.claims);
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

    /// Every text that names somebody, sorted and unique.
    pub fn patterns(&self) -> impl ExactSizeIterator<Item = NamePattern<'_>> {
        (0..self.patterns.len()).map(|at| {
            self.pattern(at).unwrap_or(NamePattern {
                text: "",
                bearers: &[],
                bare: false,
                common_word: false,
                masked: false,
            })
        })
    }

    /// One of [`Register::patterns`].
    pub fn pattern(&self, index: usize) -> Option<NamePattern<'_>> {
        self.patterns.get(index)
    }

    /// The beginnings of all patterns: far fewer than there are patterns. Put them into a multi-pattern automaton over
    /// normal text, ask [`Register::names_at`] for the patterns at each hit, and give these to [`Register::resolve`].
    pub fn stems(&self) -> impl Iterator<Item = &str> {
        self.patterns.stems()
    }

    /// The patterns that stand where a stem was found, each with its length in bytes. `text` begins with the stem.
    pub fn names_at(&self, stem: usize, text: &str) -> Vec<(usize, usize)> {
        self.patterns.at(stem, text)
    }
}

/// What is read from rows, in their order.
#[derive(Default)]
struct Read {
    homes: Vec<Home>,
    trades: Vec<Vec<String>>,
    claims: Claims,
}

impl Read {
    fn append(&mut self, more: Read) {
        self.homes.extend(more.homes);
        self.trades.extend(more.trades);
        self.claims.append(more.claims);
    }
}

/// Reads rows on several threads; the parts come in the order of the rows, however many there are.
fn read_all(rows: &[Institution]) -> Vec<Read> {
    const LEAST: usize = 1_000;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = rows.len().div_ceil(threads).max(LEAST);
    std::thread::scope(|scope| {
        let parts: Vec<_> = rows
            .chunks(size)
            .enumerate()
            .map(|(number, part)| scope.spawn(move || read(part, number * size)))
            .collect();
        parts
            .into_iter()
            .map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

fn read(rows: &[Institution], first: usize) -> Read {
    let mut read = Read::default();
    for (at, row) in rows.iter().enumerate() {
        let parts = parts(row);
        read.homes.push(Home::of(row));
        read.trades.push(trade_words(row, &parts));
        read.claims.claim(first + at, row, &parts);
    }
    read.claims.sort();
    read
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::institution;

    fn pattern<'a>(register: &'a Register, text: &str) -> NamePattern<'a> {
        register.patterns().find(|p| p.text == text).unwrap_or_else(|| panic!("no pattern {text}"))
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
        let texts: Vec<&str> = register.patterns().map(|p| p.text).collect();
        assert!(texts.windows(2).all(|w| w[0] < w[1]));
        assert!(register.patterns().all(|p| !p.bearers.is_empty()));
    }

    #[test]
    fn every_pattern_is_found_behind_its_stem_and_only_there() {
        let register = register();
        for (index, pattern) in register.patterns().enumerate() {
            let text = format!("{}的家长", pattern.text);
            let found: Vec<(usize, usize)> = (register.stems().enumerate())
                .filter(|(_, stem)| text.starts_with(stem))
                .flat_map(|(stem, _)| register.names_at(stem, &text))
                .filter(|(at, _)| *at == index)
                .collect();
            assert_eq!(found, [(index, pattern.text.len())], "{}", pattern.text);
        }
        assert!(register.stems().count() * 3 < register.patterns().len());
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
        assert_eq!(Register::new(Vec::new()).patterns().len(), 0);
    }
}
