//! Learns `index/leaning.txt` from labelled sets: `learn_leaning SET_DIR… > index/leaning.txt`.
//!
//! A set holds `articles.jsonl` and `labels.jsonl` as described in `tests/screening/README.md`. The result depends on
//! the sets alone: there is no chance in it.

use guanlan_model::{Article, Kind};
use guanlan_rules::Document;
use guanlan_screen::leaning::{Gram, grams, score};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Articles and sets in which a gram has to occur: what only one author writes is no sign of a fault.
const ARTICLES: usize = 3;
const SETS: usize = 2;

/// Rounds over all articles, step and pull towards zero of the gradient descent.
const ROUNDS: usize = 20;
const STEP: f64 = 0.05;
const PULL: f64 = 5e-4;

/// Weights below this many hundredths are left out.
const LEAST: i32 = 3;

#[derive(Deserialize)]
struct Label {
    id: String,
    expect: Vec<serde_json::Value>,
}

struct Text {
    grams: BTreeSet<Gram>,
    fault: bool,
    set: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let dirs: Vec<String> = std::env::args().skip(1).collect();
    let mut out = BufWriter::new(std::io::stdout().lock());
    writeln!(out, "# 文章整体行文像不像报道问题：单字与相邻两字的权重（百分之一），新闻与宣传各一份。")?;
    writeln!(
        out,
        "# 由 learn_leaning 从 tests/screening 的标注集算出，不要手改。列：体裁、字、权重；没有字的一行是常数项。"
    )?;
    for (kind, name) in [(Kind::News, "news"), (Kind::Promo, "promo")] {
        let mut texts = Vec::new();
        for (set, dir) in dirs.iter().enumerate() {
            read(Path::new(dir), set, kind, &mut texts)?;
        }
        let (bias, weights) = learn(&texts);
        writeln!(out, "{name}\t\t{}", hundredths(bias))?;
        for ((one, other), weight) in weights {
            let weight = hundredths(weight);
            if weight.abs() >= LEAST {
                let other = if other == '\0' { String::new() } else { other.to_string() };
                writeln!(out, "{name}\t{one}{other}\t{weight}")?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

fn hundredths(weight: f64) -> i32 {
    (weight * 100.0).round() as i32
}

fn read(dir: &Path, set: usize, kind: Kind, texts: &mut Vec<Text>) -> Result<(), Box<dyn Error>> {
    let mut faults = HashMap::new();
    for line in std::fs::read_to_string(dir.join("labels.jsonl"))?.lines() {
        let label: Label = serde_json::from_str(line)?;
        faults.insert(label.id, !label.expect.is_empty());
    }
    for line in std::fs::read_to_string(dir.join("articles.jsonl"))?.lines() {
        let article: Article = serde_json::from_str(line)?;
        let Some(&fault) = faults.get(&article.id).filter(|_| article.kind == kind) else { continue };
        let document = Document::new(&article.title, &article.body);
        let grams = document.fields().iter().flat_map(|(_, text)| grams(text.as_str())).collect();
        texts.push(Text { grams, fault, set });
    }
    Ok(())
}

/// Logistic regression by gradient descent over the articles in turn, those of all sets mixed.
fn learn(texts: &[Text]) -> (f64, BTreeMap<Gram, f64>) {
    let mut seen: BTreeMap<Gram, (usize, BTreeSet<usize>)> = BTreeMap::new();
    for text in texts {
        for gram in &text.grams {
            let entry = seen.entry(*gram).or_default();
            entry.0 += 1;
            entry.1.insert(text.set);
        }
    }
    let known: Vec<Gram> = seen
        .iter()
        .filter(|(_, (articles, sets))| *articles >= ARTICLES && sets.len() >= SETS)
        .map(|(gram, _)| *gram)
        .collect();
    let place: HashMap<Gram, usize> = known.iter().enumerate().map(|(i, gram)| (*gram, i)).collect();
    let inputs: Vec<(Vec<usize>, f64)> = texts
        .iter()
        .map(|t| {
            let places = t.grams.iter().filter_map(|g| place.get(g).copied()).collect();
            (places, f64::from(u8::from(t.fault)))
        })
        .collect();
    let (mut bias, mut weights) = (0.0, vec![0.0; known.len()]);
    for round in 0..ROUNDS {
        for index in order(inputs.len(), round) {
            let (places, fault) = &inputs[index];
            let sum: f64 = places.iter().map(|p| weights[*p]).sum();
            let error = fault - 1.0 / (1.0 + (-score(bias, places.len(), sum)).exp());
            bias += STEP * 0.3 * error;
            let push = score(0.0, places.len(), 1.0) * error;
            for p in places {
                weights[*p] += STEP * (push - PULL * weights[*p]);
            }
        }
    }
    (bias, known.into_iter().zip(weights).collect())
}

/// Every article once, far ones next to each other, each round another way.
fn order(count: usize, round: usize) -> impl Iterator<Item = usize> {
    let mut stride = (count / 3 + 7 * round).max(1) | 1;
    while count > 1 && greatest_common_divisor(stride, count) != 1 {
        stride += 1;
    }
    (0..count).map(move |i| (i * stride + round) % count)
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
