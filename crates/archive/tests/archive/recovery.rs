//! Crashes, other versions, other writers.

use super::*;
use guanlan_archive::{ArchiveError, Sort};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const CHILD_DIR: &str = "GUANLAN_ARCHIVE_TEST_CHILD";

fn open(dir: &Path) -> guanlan_archive::Result<LocalArchive> {
    LocalArchive::open(dir, Segmenter::new([]))
}

#[test]
fn a_reopened_index_holds_what_it_held() {
    let (dir, archive) = empty();
    archive.add(&[article(1, "甲", "退费")]).unwrap();
    drop(archive);
    let archive = open(dir.path()).unwrap();
    assert_eq!(all_ids(&archive, request("退费")), [1]);
    archive.clear().unwrap();
    assert_eq!(archive.search(&SearchRequest::default()).unwrap().total, 0);
}

/// Not a test of its own: the process that the next test kills.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    let archive = open(Path::new(&dir)).unwrap();
    for round in total(&archive) / 20.. {
        let id = i64::try_from(round * 20).unwrap();
        let documents: Vec<Document> = (id..id + 20).map(|id| article(id, "通报", "退费难")).collect();
        archive.add(&documents).unwrap();
    }
}

#[test]
fn after_kill_9_the_last_commit_opens_clean() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "recovery::child_that_writes_until_it_is_killed"])
            .env(CHILD_DIR, dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let before = committed(dir.path());
        // Kill it only after it has committed something, at a moment that differs from round to round.
        while committed(dir.path()) <= before {
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(round * 13));
        child.kill().unwrap();
        child.wait().unwrap();

        let archive = open(dir.path()).unwrap();
        assert_eq!(total(&archive) % 20, 0, "all of every commit and nothing of the one that was cut off");
        archive.add(&[article(-1, "恢复", "写入")]).unwrap();
        assert_eq!(all_ids(&archive, request("恢复 写入")), [-1]);
    }
}

fn total(archive: &LocalArchive) -> u64 {
    archive.search(&request("退费难")).unwrap().total
}

fn committed(dir: &Path) -> u64 {
    open(dir).map(|archive| total(&archive)).unwrap_or(0)
}

#[test]
fn i5_a_rebuild_gives_the_same_hits() {
    let (dir, archive) = empty();
    let documents: Vec<Document> = (0..120)
        .map(|id| {
            let body =
                format!("第{id}次通报，{}晨曦艺术退费难。", "县教体局责令整改。".repeat(id as usize % 7));
            let mut document = article(id, if id % 3 == 0 { "退费通报" } else { "通报" }, &body);
            document.published = Some(time("2026-11-20T04:00:00Z") - chrono::Duration::hours(id * 7 % 100));
            document
        })
        .collect();
    // A history: small commits, early versions that were corrected later.
    for batch in documents.chunks(17) {
        let early: Vec<Document> = batch.iter().map(|d| article(d.id, "初稿", "退费 晨曦艺术")).collect();
        archive.add(&early).unwrap();
        archive.add(batch).unwrap();
    }
    let answers = |archive: &LocalArchive| -> Vec<_> {
        ["退费", "\"晨曦艺术\" -标题:退费", "整改 NEAR/3 晨曦", "句(第7 通报)", "日期:2026-11-18"]
            .map(|query| {
                let request = SearchRequest { sort: Sort::Newest, ..request(query) };
                let answer = archive.search(&request).unwrap();
                (answer.total, answer.hits, answer.facets)
            })
            .into()
    };
    let before = answers(&archive);
    assert!(before.iter().all(|(total, _, _)| *total > 0));
    drop(archive);
    let rebuilt = LocalArchive::recreate(dir.path(), Segmenter::new([])).unwrap();
    rebuilt.add(&documents).unwrap();
    assert_eq!(answers(&rebuilt), before);
}

#[test]
fn an_index_of_another_version_is_refused_with_the_command_that_mends_it() {
    let (dir, archive) = empty();
    archive.add(&[article(1, "甲", "退费")]).unwrap();
    drop(archive);
    let meta = dir.path().join("meta.json");
    let text = fs::read_to_string(&meta).unwrap();
    let start = r#"\"version\":\""#;
    let at = text.find(start).expect("the version stands in the payload") + start.len();
    let dash = at + text[at..].find('-').expect("layout and tables are joined by a dash");
    let mut other = text.clone();
    other.replace_range(at..dash, "0");
    fs::write(&meta, other).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(matches!(error, ArchiveError::Version { .. }), "{error:?}");
    assert!(error.to_string().contains("guanlan index rebuild"), "{error}");

    let archive = LocalArchive::recreate(dir.path(), Segmenter::new([])).unwrap();
    archive.add(&[article(2, "乙", "跑路")]).unwrap();
    assert_eq!(all_ids(&archive, request("退费 | 跑路")), [2]);
}

#[test]
fn a_damaged_index_is_refused_with_the_command_that_mends_it() {
    for damage in ["{", "", "\u{0}\u{0}"] {
        let (dir, archive) = empty();
        archive.add(&[article(1, "甲", "退费")]).unwrap();
        drop(archive);
        fs::write(dir.path().join("meta.json"), damage).unwrap();
        let error = open(dir.path()).err().unwrap();
        assert!(error.to_string().contains("guanlan index rebuild"), "{error}");
        assert!(LocalArchive::recreate(dir.path(), Segmenter::new([])).is_ok());
    }
    // Segments that the commit speaks of are gone.
    let (dir, archive) = empty();
    archive.add(&[article(1, "甲", "退费")]).unwrap();
    drop(archive);
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "store" || ext == "idx") {
            fs::remove_file(path).unwrap();
        }
    }
    let error = open(dir.path()).err().unwrap();
    assert!(error.to_string().contains("guanlan index rebuild"), "{error}");
}

#[test]
fn only_one_process_writes_and_others_may_read() {
    let (dir, writer) = empty();
    writer.add(&[article(1, "甲", "退费")]).unwrap();
    let reader = open(dir.path()).unwrap();
    assert_eq!(all_ids(&reader, request("退费")), [1]);
    assert!(matches!(reader.add(&[article(2, "乙", "退费")]), Err(ArchiveError::InUse)));
    assert!(matches!(LocalArchive::recreate(dir.path(), Segmenter::new([])), Err(ArchiveError::InUse)));
    assert_eq!(all_ids(&writer, request("退费")), [1]);
    drop(writer);
    reader.add(&[article(2, "乙", "退费")]).unwrap();
    assert_eq!(all_ids(&reader, request("退费")), [1, 2]);
}

#[test]
fn a_folder_with_other_files_is_never_emptied() {
    let (dir, archive) = empty();
    drop(archive);
    fs::write(dir.path().join("notes.txt"), "keep").unwrap();
    let error = LocalArchive::recreate(dir.path(), Segmenter::new([])).err().unwrap();
    assert!(matches!(error, ArchiveError::NotAnIndex(_)), "{error:?}");
    assert!(dir.path().join("notes.txt").exists() && dir.path().join("meta.json").exists());
}
