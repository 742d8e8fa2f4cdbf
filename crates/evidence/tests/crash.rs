//! The vault under `kill -9` and on a disk that fills up. The test program starts itself as the victim.

use guanlan_evidence::{EvidenceError, Located, Response, Vault, verify};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const VICTIM_DIR: &str = "GUANLAN_TEST_VAULT";

/// A response whose body does not compress.
fn response(number: u32) -> Response {
    let block = |i: u32| Sha256::digest(format!("{number} {i}"));
    Response {
        url: format!("http://news.example/{number}"),
        final_url: format!("http://news.example/{number}"),
        status: 200,
        headers: vec![("content-type".into(), "text/html".into())],
        body: (0..100).flat_map(block).collect(),
        fetched_at: chrono::DateTime::UNIX_EPOCH,
        remote: None,
    }
}

/// Appends until it is killed or the disk is full; says what was acknowledged, one line each.
#[test]
fn victim() {
    let Ok(dir) = std::env::var(VICTIM_DIR) else { return };
    let vault = Vault::open(dir).unwrap();
    let mut out = std::io::stdout();
    for number in 0.. {
        match vault.append(&response(number)) {
            Ok(at) => writeln!(out, "\n{}", serde_json::to_string(&at).unwrap()).unwrap(),
            Err(error) => {
                assert!(matches!(error, EvidenceError::Io { .. }), "{error}");
                // What did not fit was taken back: the next attempt meets the same full disk, not a broken segment.
                assert!(matches!(vault.append(&response(number)), Err(EvidenceError::Io { .. })));
                assert!(!error.zh().is_empty());
                writeln!(out, "\nfull").unwrap();
                return;
            }
        }
    }
}

fn victim_command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.env(VICTIM_DIR, dir).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn acknowledged(lines: impl Iterator<Item = std::io::Result<String>>) -> impl Iterator<Item = Located> {
    lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok())
}

#[test]
fn i1_nothing_acknowledged_is_lost_when_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut all: Vec<Located> = Vec::new();
    let me = std::env::current_exe().unwrap();
    for round in 1..=12 {
        let mut child = victim_command(me.to_str().unwrap(), dir.path())
            .args(["--exact", "victim", "--nocapture"])
            .spawn()
            .unwrap();
        let mut lines = acknowledged(BufReader::new(child.stdout.take().unwrap()).lines());
        all.extend(lines.by_ref().take(round * 3));
        child.kill().unwrap();
        // What was said before the kill came through was acknowledged too.
        all.extend(lines);
        child.wait().unwrap();

        drop(Vault::open(dir.path()).unwrap());
        let report = verify(dir.path(), &all, true).unwrap();
        assert_eq!(report.problems, [], "round {round}");
        assert!(report.checked >= all.len() as u64);
    }
    assert!(all.len() >= 200, "{}", all.len());
}

#[test]
fn a_full_disk_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let me = std::env::current_exe().unwrap();
    // A limit on the size of files stands for the end of the disk; the signal that comes with it is ignored.
    let script = format!("trap '' XFSZ; ulimit -f 40; exec '{}' --exact victim --nocapture", me.display());
    let output = victim_command("sh", dir.path()).args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("\nfull\n"), "{text}");
    let mut all: Vec<Located> = acknowledged(text.lines().map(|line| Ok(line.to_owned()))).collect();
    assert!(all.len() > 3);

    assert_eq!(verify(dir.path(), &all, true).unwrap().problems, [], "nothing is left to mend");
    let vault = Vault::open(dir.path()).unwrap();
    all.push(vault.append(&response(999)).unwrap());
    let report = verify(dir.path(), &all, true).unwrap();
    assert_eq!((report.problems, report.checked), (vec![], all.len() as u64));
}
