//! How much an article reads like one that reports a fault, judged by its words as a whole.
//!
//! The weights (`index/leaning.txt`) were learned from the labelled sets in `tests/screening` with the example
//! `learn_leaning`: a logistic model over single characters and pairs of them, one for news and one for promotion. On
//! sets of authors it had not seen it ranks an article with a fault before one without it more than nine times in ten.
//! It knows nothing of institutions, so it never raises a finding; it lowers or raises the confidence of one.

use guanlan_model::Kind;
use guanlan_rules::Document;
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

const SOURCE: &str = include_str!("../../../index/leaning.txt");

/// Weights in the file count hundredths.
const UNIT: f64 = 100.0;

/// How far the words of one article together can move its score: the sum is divided by the root of their number.
const SCALE: f64 = 3.0;

/// Known grams from which on a score is taken at its word; a line or two of text say less about what they belong to.
const ENOUGH: f64 = 80.0;

/// Words that are quoted to explain a score.
const QUOTED: usize = 3;

/// A character, or two in a row; the second is `'\0'` for a single one.
pub type Gram = (char, char);

/// The grams of a text in normal form, each once. Digits are all the same, marks part them.
pub fn grams(text: &str) -> BTreeSet<Gram> {
    let mut found = BTreeSet::new();
    let mut last = None;
    for c in text.chars() {
        let c = if c.is_ascii_digit() { '0' } else { c };
        if !c.is_alphanumeric() {
            last = None;
            continue;
        }
        found.insert((c, '\0'));
        if let Some(before) = last {
            found.insert((before, c));
        }
        last = Some(c);
    }
    found
}

/// Log-odds of an article with `known` grams whose weights (in log-odds) add up to `sum`.
pub fn score(bias: f64, known: usize, sum: f64) -> f64 {
    bias + SCALE * sum / ((known + 1) as f64).sqrt()
}

/// What an article leans to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Leaning {
    /// Above zero for a report of a fault, below for any other article.
    pub log_odds: f64,
    /// The words that speak most against a fault.
    pub against: Vec<String>,
}

impl Leaning {
    /// No opinion.
    pub(crate) fn none() -> Leaning {
        Leaning { log_odds: 0.0, against: Vec::new() }
    }

    pub(crate) fn of(document: &Document<'_>, kind: Kind) -> Leaning {
        let model = model(kind);
        let [(_, title), (_, body)] = document.fields();
        let mut grams = grams(title.as_str());
        grams.extend(self::grams(body.as_str()));
        let mut known: Vec<(i32, Gram)> = grams
            .into_iter()
            .filter_map(|gram| model.weights.get(&gram).map(|weight| (*weight, gram)))
            .collect();
        let sum: i32 = known.iter().map(|(weight, _)| weight).sum();
        let sure = (known.len() as f64 / ENOUGH).min(1.0);
        let log_odds = sure * score(model.bias, known.len(), f64::from(sum) / UNIT);
        known.retain(|(weight, gram)| *weight < 0 && gram.1 != '\0');
        known.sort_unstable();
        let against = known.iter().take(QUOTED).map(|(_, gram)| [gram.0, gram.1].iter().collect()).collect();
        Leaning { log_odds, against }
    }
}

/// Learned weights for articles of one kind.
#[derive(Debug, Default)]
struct Model {
    bias: f64,
    weights: HashMap<Gram, i32>,
}

fn model(kind: Kind) -> &'static Model {
    static MODELS: OnceLock<[Model; 2]> = OnceLock::new();
    let [news, promo] = MODELS.get_or_init(|| [read("news"), read("promo")]);
    match kind {
        Kind::News => news,
        Kind::Promo => promo,
    }
}

/// Lines of one kind: kind, gram, weight; the bias has no gram.
fn read(kind: &str) -> Model {
    let mut model = Model::default();
    for line in SOURCE.lines() {
        let mut columns = line.split('\t');
        let (Some(of), Some(gram), Some(weight)) = (columns.next(), columns.next(), columns.next()) else {
            continue;
        };
        let Ok(weight) = weight.parse::<i32>() else { continue };
        if of != kind {
            continue;
        }
        let mut chars = gram.chars();
        match (chars.next(), chars.next()) {
            (None, _) => model.bias = f64::from(weight) / UNIT,
            (Some(one), other) => {
                model.weights.insert((one, other.unwrap_or('\0')), weight);
            }
        }
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaning(title: &str, body: &str) -> f64 {
        Leaning::of(&Document::new(title, body), Kind::News).log_odds
    }

    #[test]
    fn grams_are_characters_and_pairs_between_marks() {
        let found: Vec<Gram> = grams("教3，师12").into_iter().collect();
        assert_eq!(found, [('0', '\0'), ('0', '0'), ('师', '\0'), ('师', '0'), ('教', '\0'), ('教', '0')]);
    }

    #[test]
    fn a_fault_reads_unlike_a_feast() {
        let fault = leaning("家长讨要学费", "机构负责人失联，教室大门紧锁，家长报警，县教体局已立案调查。");
        let feast =
            leaning("校园文化节开幕", "孩子们登台表演舞蹈，家长鼓掌，志愿者为老人送上春联，欢声笑语。");
        assert!(fault > 0.0 && feast < 0.0, "{fault} {feast}");
    }

    #[test]
    fn both_models_are_there() {
        for kind in [Kind::News, Kind::Promo] {
            assert!(model(kind).weights.len() > 500 && model(kind).bias != 0.0, "{kind:?}");
        }
    }

    #[test]
    fn an_empty_text_leans_nowhere() {
        assert_eq!(leaning("", ""), 0.0);
    }
}
