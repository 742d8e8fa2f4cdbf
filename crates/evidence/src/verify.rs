//! Whether what is stored is what was stored.

use crate::manifest::{self, GENESIS, Line};
use crate::record::{Located, sha256_hex};
use crate::{EvidenceError, Result, segment};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A manifest line cannot be read. The offset is the line's number, from 1.
    ManifestLine,
    /// A manifest line does not name the hash of the line before it. The offset is the line's number, from 1.
    ChainBroken,
    /// The segment ends before its last record does.
    Short,
    /// Bytes of a segment that no manifest line names.
    Unrecorded,
    /// The caller's record has no manifest line.
    NotInManifest,
    /// The caller's record has a manifest line that says otherwise.
    Mismatch,
    /// The bytes are no longer those that were stored.
    Changed,
    /// The bytes are no record at all.
    Unreadable,
}

/// One problem, at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Segment or manifest.
    pub segment: String,
    /// Byte offset, or line number where the kind says so.
    pub offset: u64,
    /// What is wrong.
    pub kind: ProblemKind,
}

impl Problem {
    pub(crate) fn new(segment: &str, offset: u64, kind: ProblemKind) -> Problem {
        Problem { segment: segment.to_owned(), offset, kind }
    }

    /// One Chinese line.
    pub fn zh(&self) -> String {
        let Problem { segment, offset, kind } = self;
        match kind {
            ProblemKind::ManifestLine => format!("{segment} 第 {offset} 行无法读取"),
            ProblemKind::ChainBroken => {
                format!("{segment} 第 {offset} 行与上一行的哈希不衔接，清单可能被改动")
            }
            ProblemKind::Short => format!("{segment} 不完整：文件在 {offset} 字节处结束，少于清单所载"),
            ProblemKind::Unrecorded => format!("{segment} 自 {offset} 字节起有清单未载的内容"),
            ProblemKind::NotInManifest => format!("{segment}（位置 {offset}）不在清单中"),
            ProblemKind::Mismatch => format!("{segment}（位置 {offset}）与清单所载不一致"),
            ProblemKind::Changed => format!("{segment}（位置 {offset}）的内容与存入时的哈希不符"),
            ProblemKind::Unreadable => format!("{segment}（位置 {offset}）无法读取"),
        }
    }
}

/// The outcome of a verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Records looked at: those of the caller, or with `deep` every record of the vault.
    pub checked: u64,
    /// What does not fit, in the order of the vault. Empty: all is well.
    pub problems: Vec<Problem>,
}

/// Everything the manifests say.
#[derive(Default)]
struct Manifests {
    lines: Vec<Line>,
    problems: Vec<Problem>,
}

/// Verifies a vault: the manifest chain, the segments' lengths, and that every record of `located` (what the database knows) is
/// in the manifest with the same hash. `deep` reads every record and hashes it again. Works beside a running writer.
///
/// # Errors
/// [`EvidenceError::Io`] when the folder cannot be read; damage is in the report.
pub fn verify(dir: &Path, located: &[Located], deep: bool) -> Result<Report> {
    let Manifests { lines, mut problems } = read_manifests(dir)?;
    check_segments(dir, &lines, &mut problems)?;
    check_located(&lines, located, &mut problems);
    if deep {
        for line in &lines {
            problems.extend(check_record(dir, line));
        }
    }
    problems.sort_unstable();
    problems.dedup();
    let checked = if deep { lines.len() } else { located.len() } as u64;
    Ok(Report { checked, problems })
}

fn read_manifests(dir: &Path) -> Result<Manifests> {
    let mut all = Manifests::default();
    let mut hashes: HashSet<String> = HashSet::new();
    let mut firsts: Vec<(String, String)> = Vec::new();
    for day in manifest::days(dir)? {
        let name = format!("{day}/manifest.jsonl");
        let bytes = manifest::read_complete(dir, day)?;
        let mut previous: Option<String> = None;
        for (raw, number) in manifest::raw_lines(&bytes).zip(1..) {
            let hash = sha256_hex(raw);
            match (manifest::parse(raw), previous.replace(hash.clone())) {
                (None, _) => all.problems.push(Problem::new(&name, number, ProblemKind::ManifestLine)),
                (Some(line), before) => {
                    match before {
                        None => firsts.push((name.clone(), line.previous.clone())),
                        Some(before) if before != line.previous => {
                            all.problems.push(Problem::new(&name, number, ProblemKind::ChainBroken));
                        }
                        Some(_) => {}
                    }
                    all.lines.push(line);
                }
            }
            hashes.insert(hash);
        }
    }
    // The first line of a day names a line of another day; exactly one day is the first of all.
    let mut began = false;
    for (name, previous) in firsts {
        let is_first = previous == GENESIS && !std::mem::replace(&mut began, true);
        if !is_first && !hashes.contains(&previous) {
            all.problems.push(Problem::new(&name, 1, ProblemKind::ChainBroken));
        }
    }
    Ok(all)
}

fn check_segments(dir: &Path, lines: &[Line], problems: &mut Vec<Problem>) -> Result<()> {
    let mut segments: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
    for line in lines {
        segments.entry(&line.segment).or_default().push((line.offset, line.end()));
    }
    // The newest segment may be growing while we look.
    let newest = segments.last_key_value().map(|(name, _)| (*name).to_owned());
    for (name, mut ranges) in segments {
        ranges.sort_unstable();
        let mut at = 0;
        for (start, end) in ranges {
            if start != at {
                problems.push(Problem::new(name, at, ProblemKind::Unrecorded));
            }
            at = end;
        }
        let Ok(path) = segment::path(dir, name) else {
            problems.push(Problem::new(name, 0, ProblemKind::Unreadable));
            continue;
        };
        let length = segment::length(&path)?;
        if length < at {
            problems.push(Problem::new(name, length, ProblemKind::Short));
        } else if length > at && newest.as_deref() != Some(name) {
            problems.push(Problem::new(name, at, ProblemKind::Unrecorded));
        }
    }
    Ok(())
}

fn check_located(lines: &[Line], located: &[Located], problems: &mut Vec<Problem>) {
    let known: HashMap<(&str, u64), &Line> =
        lines.iter().map(|line| ((line.segment.as_str(), line.offset), line)).collect();
    for at in located {
        let kind = match known.get(&(at.segment.as_str(), at.offset)) {
            None => ProblemKind::NotInManifest,
            Some(line) if line.length != at.length || line.payload != at.sha256 => ProblemKind::Mismatch,
            Some(_) => continue,
        };
        problems.push(Problem::new(&at.segment, at.offset, kind));
    }
}

fn check_record(dir: &Path, line: &Line) -> Option<Problem> {
    let problem = |kind| Some(Problem::new(&line.segment, line.offset, kind));
    let Ok(member) = segment::member(dir, &line.segment, line.offset, line.length) else {
        return problem(ProblemKind::Unreadable);
    };
    if sha256_hex(&member) != line.record {
        return problem(ProblemKind::Changed);
    }
    match segment::decode(&member, &line.located()) {
        Ok(_) => None,
        Err(EvidenceError::Damaged { .. }) => problem(ProblemKind::Changed),
        Err(_) => problem(ProblemKind::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vault;
    use crate::record::tests::sample;
    use std::fs;

    fn three_records(dir: &Path) -> Vec<Located> {
        let vault = Vault::open(dir).unwrap();
        (0..3u8).map(|i| vault.append(&sample(&[i; 200])).unwrap()).collect()
    }

    fn kinds(dir: &Path, located: &[Located]) -> Vec<ProblemKind> {
        verify(dir, located, true).unwrap().problems.into_iter().map(|p| p.kind).collect()
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let all = three_records(dir.path());
        let segment = dir.path().join(&all[0].segment);
        let whole = fs::read(&segment).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&segment, &bytes).unwrap();
            assert_eq!(kinds(dir.path(), &all), [ProblemKind::Changed], "byte {at}");
        }
        fs::write(&segment, &whole).unwrap();
        assert_eq!(kinds(dir.path(), &all), []);
    }

    #[test]
    fn a_changed_manifest_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let all = three_records(dir.path());
        let manifest = dir.path().join("2026-11-24/manifest.jsonl");
        let text = fs::read_to_string(&manifest).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let join = |lines: &[&str]| lines.iter().map(|l| format!("{l}\n")).collect::<String>();

        for (what, changed, expected) in [
            ("a line removed", join(&[lines[0], lines[2]]), ProblemKind::ChainBroken),
            ("lines swapped", join(&[lines[1], lines[0], lines[2]]), ProblemKind::ChainBroken),
            (
                "a line rewritten",
                join(&[lines[0], &lines[1].replace("news.", "other."), lines[2]]),
                ProblemKind::ChainBroken,
            ),
            ("the first line removed", join(&lines[1..]), ProblemKind::ChainBroken),
            ("the last line removed", join(&lines[..2]), ProblemKind::NotInManifest),
            ("rubbish", join(&[lines[0], "{}", lines[2]]), ProblemKind::ManifestLine),
        ] {
            fs::write(&manifest, changed).unwrap();
            assert!(kinds(dir.path(), &all).contains(&expected), "{what}: {:?}", kinds(dir.path(), &all));
        }
        // The chain sees it without the database, and without reading the records.
        fs::write(&manifest, join(&[lines[0], lines[2]])).unwrap();
        assert!(!verify(dir.path(), &[], false).unwrap().problems.is_empty());
    }

    #[test]
    fn a_removed_day_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        for days in 0..3 {
            let mut response = sample(b"x");
            response.fetched_at += chrono::Duration::days(days);
            vault.append(&response).unwrap();
        }
        assert_eq!(kinds(dir.path(), &[]), []);
        fs::remove_dir_all(dir.path().join("2026-11-25")).unwrap();
        assert_eq!(kinds(dir.path(), &[]), [ProblemKind::ChainBroken]);
    }

    #[test]
    fn what_the_database_says_is_compared() {
        let dir = tempfile::tempdir().unwrap();
        let mut all = three_records(dir.path());
        all[0].sha256 = all[1].sha256.clone();
        all[2].segment = "2026-11-24/000009.warc.gz".into();
        assert_eq!(kinds(dir.path(), &all), [ProblemKind::Mismatch, ProblemKind::NotInManifest]);
    }

    #[test]
    fn a_missing_segment_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let all = three_records(dir.path());
        fs::remove_file(dir.path().join(&all[0].segment)).unwrap();
        let problems = verify(dir.path(), &all, false).unwrap().problems;
        assert_eq!(problems, [Problem::new(&all[0].segment, 0, ProblemKind::Short)]);
        assert!(problems[0].zh().contains("不完整"));
    }
}
