//! The checks of the fuzz targets (`fuzz/`), on their seeds, on seeds with random damage, and on random bytes.

#[path = "../../../fuzz/checks.rs"]
mod checks;

use proptest::prelude::*;
use std::path::PathBuf;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|p| std::fs::read(p).unwrap()).collect()
}

fn replay(target: &str, check: fn(&[u8])) {
    let seeds = seeds(target);
    assert!(seeds.len() > 5, "the seeds of {target} are missing");
    seeds.iter().for_each(|seed| check(seed));
}

/// A seed with a stretch of it replaced by a stretch of another one.
fn damaged(target: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let seeds = seeds(target);
    let any = any::<prop::sample::Index>;
    (any(), any(), any(), any(), 0usize..12).prop_map(move |(one, other, at, from, length)| {
        let (mut text, donor) = (one.get(&seeds).clone(), other.get(&seeds).clone());
        let start = at.index(text.len() + 1);
        let from = from.index(donor.len() + 1);
        let piece = donor.get(from..(from + length).min(donor.len())).unwrap_or_default().to_vec();
        let end = (start + length / 2).min(text.len());
        text.splice(start..end, piece);
        text
    })
}

#[test]
fn seeds_pass() {
    replay("query", checks::query);
    replay("pack", checks::pack);
    replay("normalise", checks::normalise);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_pass(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        checks::query(&bytes);
        checks::pack(&bytes);
        checks::normalise(&bytes);
    }

    #[test]
    fn any_text_passes(text in any::<String>()) {
        checks::query(text.as_bytes());
        checks::normalise(text.as_bytes());
    }

    #[test]
    fn damaged_queries_pass(bytes in damaged("query")) {
        checks::query(&bytes);
    }

    #[test]
    fn damaged_texts_pass(bytes in damaged("normalise")) {
        checks::normalise(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn damaged_packs_pass(bytes in damaged("pack")) {
        checks::pack(&bytes);
    }
}
