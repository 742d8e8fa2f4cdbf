//! The screening set of this repository, scored as the public benchmark scores: what was reached must not be lost.

use guanlan_tests::Installation;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const REGISTER: &str = include_str!("../screening/register.csv");
const ARTICLES: &str = include_str!("../screening/articles.jsonl");
const LABELS: &str = include_str!("../screening/labels.jsonl");

/// Pair F1 that the packs have reached on this set; raise it when they get better.
const FLOOR: f64 = 0.88;
/// Share of articles with nothing to find that may raise something all the same.
const FALSE_ALARMS: f64 = 0.06;

type Pairs = BTreeSet<(String, String)>;

/// 超范围 and 隐形变异 count as one category: where one ends and the other begins is for experts to say.
fn category(code: &str) -> String {
    if matches!(code, "scope" | "covert") { "scope/covert".into() } else { code.into() }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn expected() -> BTreeMap<String, Pairs> {
    LABELS
        .lines()
        .map(|line| {
            let label: Value = serde_json::from_str(line).expect("label");
            let pairs = label["expect"].as_array().expect("expect").iter().flat_map(|e| {
                let institution = text(&e["institution"]);
                let categories = e["categories"].as_array().expect("categories").clone();
                categories.into_iter().map(move |c| (institution.clone(), category(&text(&c))))
            });
            (text(&label["id"]), pairs.collect())
        })
        .collect()
}

fn found(output: &[u8]) -> BTreeMap<String, Pairs> {
    String::from_utf8_lossy(output)
        .lines()
        .map(|line| {
            let answer: Value = serde_json::from_str(line).expect("answer");
            let findings = answer["findings"].as_array().expect("findings").iter();
            let pairs =
                findings.map(|f| (text(&f["institution"]), category(&text(&f["category"])))).collect();
            (text(&answer["id"]), pairs)
        })
        .collect()
}

/// A bare penalty counts only where nothing more specific was expected or found for the institution.
fn without_penalty(pairs: &Pairs, others: &Pairs) -> Pairs {
    let busy: BTreeSet<&String> =
        pairs.union(others).filter(|(_, c)| c != "penalty").map(|(institution, _)| institution).collect();
    pairs.iter().filter(|(i, c)| c != "penalty" || !busy.contains(i)).cloned().collect()
}

#[test]
fn the_packs_keep_what_they_reached() {
    let here = Installation::new();
    here.write("register.csv", REGISTER);
    let output = here.run_with(&["screen", "--register", "register.csv"], ARTICLES.as_bytes());
    assert!(output.status.success());
    let (want, got) = (expected(), found(&output.stdout));
    assert_eq!(want.len(), got.len(), "every article is labelled and answered");
    let (mut both, mut predicted, mut wanted, mut empty, mut alarmed) = (0, 0, 0, 0, 0);
    for (id, want) in &want {
        let got = &got[id];
        if want.is_empty() {
            empty += 1;
            alarmed += usize::from(!got.is_empty());
        }
        let (w, g) = (without_penalty(want, got), without_penalty(got, want));
        both += w.intersection(&g).count();
        predicted += g.len();
        wanted += w.len();
    }
    let f1 = 2.0 * both as f64 / (predicted + wanted) as f64;
    let false_alarms = alarmed as f64 / empty as f64;
    assert!(f1 >= FLOOR, "pair F1 {f1:.3} fell below {FLOOR}");
    assert!(false_alarms <= FALSE_ALARMS, "false alarms {false_alarms:.3} rose above {FALSE_ALARMS}");
}
