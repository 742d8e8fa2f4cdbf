//! Learns the table of wordings from labelled sets (folders with `register.csv`, `articles.jsonl`, `labels.jsonl`).
//!
//! `learn_wording TABLE.tsv SET…` learns from all sets and writes the table.
//! `learn_wording --cross FOLDER SET…` learns, for every set, from the others, screens the set with that table and
//! writes `FOLDER/SET.jsonl`: what can be expected of texts whose author was never read. Sets whose names differ only
//! behind the last `-` have one author.
//!
//! Logistic regression with a quadratic penalty, by dual coordinate ascent in a fixed order: the same articles always
//! give the same table.

use guanlan_model::{Article, Category, Kind};
use guanlan_registry::{Register, read_register};
use guanlan_rules::builtin;
use guanlan_screen::Screener;
use guanlan_screen::wording::{COLUMNS, Features, Ngram, STEP, Wording, column};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

type Error = Box<dyn std::error::Error>;

/// A wording counts when at least this many articles have it.
const SEEN: usize = 3;
/// A kind of problem is learned when at least this many articles show it.
const SHOWN: usize = 8;
/// How far an article may pull the weights.
const PULL: f64 = 0.15;
const ROUNDS: usize = 40;
/// A wording is kept when one of its weights is at least this many steps: the rest says nothing on articles held out.
const TELLING: f64 = 3.5;

/// One institution in one article.
struct Sample {
    kind: Kind,
    features: Features,
    /// Columns that a reviewer would agree with.
    faults: BTreeSet<usize>,
}

struct Set {
    name: String,
    screener: Screener,
    articles: Vec<Article>,
    samples: Vec<Sample>,
}

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [flag, folder, sets @ ..] if flag == "--cross" && !sets.is_empty() => {
            cross(Path::new(folder), read(sets)?)
        }
        [table, sets @ ..] if !sets.is_empty() => {
            let sets = read(sets)?;
            let samples: Vec<&Sample> = sets.iter().flat_map(|s| &s.samples).collect();
            Ok(std::fs::write(table, learn(&samples))?)
        }
        _ => Err("usage: learn_wording TABLE.tsv SET… | learn_wording --cross FOLDER SET…".into()),
    }
}

fn read(folders: &[String]) -> Result<Vec<Set>, Error> {
    folders.iter().map(|f| read_set(Path::new(f))).collect()
}

fn read_set(folder: &Path) -> Result<Set, Error> {
    #[derive(serde::Deserialize)]
    struct Label {
        expect: Vec<Expected>,
    }
    #[derive(serde::Deserialize)]
    struct Expected {
        institution: String,
        categories: Vec<Category>,
    }
    let import = read_register(&std::fs::read(folder.join("register.csv"))?, "register.csv")?;
    let screener = Screener::new(Register::new(import.rows), &builtin())?;
    let articles: Vec<Article> = lines(&folder.join("articles.jsonl"))?;
    let labels: Vec<Label> = lines(&folder.join("labels.jsonl"))?;
    let mut samples = Vec::new();
    for (article, label) in articles.iter().zip(&labels) {
        for (institution, features) in screener.wordings(article) {
            let told = label.expect.iter().filter(|e| e.institution == institution);
            let mut faults: BTreeSet<usize> =
                told.flat_map(|e| e.categories.iter().map(|c| column(*c))).collect();
            if !faults.is_empty() {
                faults.insert(0);
            }
            samples.push(Sample { kind: article.kind, features, faults });
        }
    }
    let name = folder.file_name().and_then(|n| n.to_str()).unwrap_or("set").to_owned();
    Ok(Set { name, screener, articles, samples })
}

fn lines<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Vec<T>, Error> {
    let text = std::fs::read_to_string(file)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn cross(folder: &Path, sets: Vec<Set>) -> Result<(), Error> {
    std::fs::create_dir_all(folder)?;
    let author = |name: &str| name.rsplit_once('-').map_or(name, |(author, _)| author).to_owned();
    let authors: BTreeSet<String> = sets.iter().map(|s| author(&s.name)).collect();
    let mut tables: BTreeMap<String, Wording> = BTreeMap::new();
    for by in authors {
        let others = sets.iter().filter(|s| author(&s.name) != by);
        let samples: Vec<&Sample> = others.flat_map(|s| &s.samples).collect();
        tables.insert(by, Wording::read(&learn(&samples))?);
    }
    let today = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).ok_or("no such day")?;
    for set in sets {
        let table = tables.get(&author(&set.name)).ok_or("no table")?;
        let screener = set.screener.with_wording(table.clone());
        let mut out = String::new();
        for article in &set.articles {
            writeln!(out, "{}", serde_json::to_string(&screener.screen(article, today))?)?;
        }
        std::fs::write(folder.join(format!("{}.jsonl", set.name)), out)?;
    }
    Ok(())
}

/// The table, as text.
fn learn(samples: &[&Sample]) -> String {
    let mut out = String::from(
        "# Weights of wordings, learned from tests/screening by crates/screen/examples/learn_wording.rs: kind, field,\n\
         # characters, then one weight for \"at fault\" and one for each kind of problem.\n",
    );
    for kind in [Kind::News, Kind::Promo] {
        let samples: Vec<&Sample> = samples.iter().copied().filter(|s| s.kind == kind).collect();
        write_kind(&mut out, kind, &samples);
    }
    out
}

fn write_kind(out: &mut String, kind: Kind, samples: &[&Sample]) {
    let vocabulary = vocabulary(samples);
    let ids: HashMap<Ngram, u32> = vocabulary.iter().zip(1..).map(|(n, id)| (*n, id)).collect();
    // Column 0 of every article is the bias.
    let rows: Vec<Vec<u32>> = samples
        .iter()
        .map(|s| {
            std::iter::once(0).chain(s.features.all().iter().filter_map(|n| ids.get(n).copied())).collect()
        })
        .collect();
    let weights: Vec<Option<Vec<f64>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..COLUMNS)
            .map(|c| {
                let rows = &rows;
                let wanted: Vec<bool> = samples.iter().map(|s| s.faults.contains(&c)).collect();
                scope.spawn(move || fit(rows, &wanted, vocabulary_len(rows), c == 0))
            })
            .collect();
        threads.into_iter().map(|t| t.join().ok().flatten()).collect()
    });
    let cells = |at: usize, cell: &dyn Fn(f64) -> String| -> String {
        weights
            .iter()
            .map(|w| w.as_ref().and_then(|w| w.get(at)).map_or(".".to_owned(), |w| cell(*w)))
            .collect::<Vec<_>>()
            .join("\t")
    };
    let _ = writeln!(out, "{kind}\t=\t=\t{}", cells(0, &|w| format!("{w:.3}")));
    let telling = |at: usize| weights.iter().flatten().any(|w| (w[at] / STEP).abs() >= TELLING);
    for (ngram, id) in vocabulary.iter().zip(1..).filter(|(_, id)| telling(*id)) {
        let (field, characters) = ngram.cells();
        let step = |w: f64| match (w / STEP).round().clamp(-127.0, 127.0) as i8 {
            0 => ".".to_owned(),
            step => step.to_string(),
        };
        let _ = writeln!(out, "{kind}\t{field}\t{characters}\t{}", cells(id, &step));
    }
}

fn vocabulary_len(rows: &[Vec<u32>]) -> usize {
    rows.iter().flatten().max().map_or(1, |last| *last as usize + 1)
}

fn vocabulary(samples: &[&Sample]) -> Vec<Ngram> {
    let mut seen: BTreeMap<Ngram, usize> = BTreeMap::new();
    for ngram in samples.iter().flat_map(|s| s.features.all()) {
        *seen.entry(*ngram).or_default() += 1;
    }
    seen.into_iter().filter(|(_, times)| *times >= SEEN).map(|(ngram, _)| ngram).collect()
}

/// Weights of one column; nothing when too few articles show it. `plain`: every article pulls alike; otherwise both
/// sides pull alike, however few show the problem.
fn fit(rows: &[Vec<u32>], wanted: &[bool], width: usize, plain: bool) -> Option<Vec<f64>> {
    let yes = wanted.iter().filter(|w| **w).count();
    if yes < SHOWN || yes == rows.len() {
        return None;
    }
    let all = rows.len() as f64;
    let pull = |wanted: bool| {
        let side = if wanted { yes as f64 } else { all - yes as f64 };
        if plain { PULL } else { PULL * all / (2.0 * side) }
    };
    let mut weights = vec![0.0; width];
    let mut alphas: Vec<f64> = wanted.iter().map(|w| pull(*w) * 1e-3).collect();
    for ((row, w), alpha) in rows.iter().zip(wanted).zip(&alphas) {
        add(&mut weights, row, if *w { *alpha } else { -alpha });
    }
    for _ in 0..ROUNDS {
        for ((row, w), alpha) in rows.iter().zip(wanted).zip(&mut alphas) {
            let sign = if *w { 1.0 } else { -1.0 };
            let margin = sign * row.iter().map(|i| weights[*i as usize]).sum::<f64>();
            let better = best_alpha(*alpha, margin, row.len() as f64, pull(*w));
            add(&mut weights, row, sign * (better - *alpha));
            *alpha = better;
        }
    }
    Some(weights)
}

fn add(weights: &mut [f64], row: &[u32], by: f64) {
    for index in row {
        weights[*index as usize] += by;
    }
}

/// Where the dual of one article is best: the root of ln(a / (c - a)) + margin + (a - old) * norm, by halving.
fn best_alpha(old: f64, margin: f64, norm: f64, c: f64) -> f64 {
    let (mut low, mut high) = (0.0, c);
    for _ in 0..40 {
        let a = (low + high) / 2.0;
        if (a / (c - a)).ln() + margin + (a - old) * norm > 0.0 {
            high = a;
        } else {
            low = a;
        }
    }
    (low + high) / 2.0
}
