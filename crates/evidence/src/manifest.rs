//! The manifest of one day: a line a record, each naming the hash of the line before it.

use crate::record::{Located, sha256_hex};
use crate::{EvidenceError, Result};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What the first line of a vault's first manifest names as its predecessor.
pub(crate) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One line. Its hash is the SHA-256 of its bytes without the line break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Hash of the line before; of the newest other day's last line when it is the first of its day.
    pub previous: String,
    pub segment: String,
    pub offset: u64,
    pub length: u64,
    /// SHA-256 of the body.
    pub payload: String,
    /// SHA-256 of the gzip member, which covers status, headers, address and time as well.
    pub record: String,
    pub url: String,
    pub fetched_at: DateTime<Utc>,
}

impl Line {
    pub fn located(&self) -> Located {
        Located {
            segment: self.segment.clone(),
            offset: self.offset,
            length: self.length,
            sha256: self.payload.clone(),
        }
    }

    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

pub(crate) fn path(dir: &Path, day: NaiveDate) -> PathBuf {
    dir.join(day.to_string()).join("manifest.jsonl")
}

/// The days of a vault, oldest first. Other names in the folder are not ours and are left alone.
pub(crate) fn days(dir: &Path) -> Result<Vec<NaiveDate>> {
    let mut days: Vec<NaiveDate> = fs::read_dir(dir)
        .map_err(EvidenceError::io("list", dir))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    days.sort_unstable();
    Ok(days)
}

/// The bytes of a manifest up to its last complete line; empty when there is none yet.
pub(crate) fn read_complete(dir: &Path, day: NaiveDate) -> Result<Vec<u8>> {
    let path = path(dir, day);
    let mut bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(EvidenceError::io("read", &path)(e)),
    };
    bytes.truncate(bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1));
    Ok(bytes)
}

pub(crate) fn raw_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty())
}

pub(crate) fn parse(line: &[u8]) -> Option<Line> {
    serde_json::from_slice(line).ok()
}

/// The end of a day's manifest.
pub(crate) struct Tail {
    /// The last complete line.
    pub line: Option<Vec<u8>>,
    /// Bytes up to the end of that line.
    pub length: u64,
}

/// Reads a day's manifest from its end: opening a vault of many years must stay cheap.
pub(crate) fn tail(dir: &Path, day: NaiveDate) -> Result<Tail> {
    let path = path(dir, day);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Tail { line: None, length: 0 }),
        Err(e) => return Err(EvidenceError::io("read", &path)(e)),
    };
    let size = file.seek(SeekFrom::End(0)).map_err(EvidenceError::io("read", &path))?;
    let mut window = 16 * 1024;
    loop {
        let from = size.saturating_sub(window);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))
            .and_then(|_| (&mut file).take(size - from).read_to_end(&mut bytes))
            .map_err(EvidenceError::io("read", &path))?;
        let breaks: Vec<usize> =
            bytes.iter().enumerate().rev().filter(|(_, b)| **b == b'\n').map(|(at, _)| at).take(2).collect();
        let line = |from: usize, to: usize| bytes.get(from..to).map(<[u8]>::to_vec);
        match (breaks[..].first(), breaks.get(1)) {
            (Some(&end), Some(&before)) => {
                return Ok(Tail { line: line(before + 1, end), length: from + end as u64 + 1 });
            }
            (Some(&end), None) if from == 0 => {
                return Ok(Tail { line: line(0, end), length: end as u64 + 1 });
            }
            (None, _) if from == 0 => return Ok(Tail { line: None, length: 0 }),
            _ => window *= 8,
        }
    }
}

/// A manifest open for appending.
pub(crate) struct Writer {
    file: File,
    path: PathBuf,
    length: u64,
    previous: String,
}

impl Writer {
    /// Opens the day's manifest, cutting off a line that was never completed.
    pub fn open(dir: &Path, day: NaiveDate) -> Result<Writer> {
        let path = path(dir, day);
        let Tail { line, length } = tail(dir, day)?;
        let is_new = !path.exists();
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(EvidenceError::io("open", &path))?;
        if file.metadata().map_err(EvidenceError::io("read", &path))?.len() > length {
            tracing::warn!(day = %day, "an unfinished manifest line is cut off");
            file.set_len(length)
                .and_then(|()| file.sync_all())
                .map_err(EvidenceError::io("repair", &path))?;
        }
        if is_new {
            file.sync_all().map_err(EvidenceError::io("sync", &path))?;
            crate::segment::sync_dir(&dir.join(day.to_string()))?;
        }
        let previous = match line {
            Some(line) => sha256_hex(&line),
            None => newest_other(dir, day)?,
        };
        Ok(Writer { file, path, length, previous })
    }

    /// Appends one line and syncs it. `Err((error, clean))`: `clean` says that the file is as it was before.
    pub fn append(&mut self, mut line: Line) -> std::result::Result<(), (EvidenceError, bool)> {
        line.previous.clone_from(&self.previous);
        let mut bytes = match serde_json::to_vec(&line) {
            Ok(bytes) => bytes,
            Err(_) => unreachable!("a line of strings and numbers is always JSON"),
        };
        let hash = sha256_hex(&bytes);
        bytes.push(b'\n');
        if let Err(e) = self.file.write_all(&bytes) {
            let clean = self.file.set_len(self.length).is_ok();
            return Err((EvidenceError::io("write", &self.path)(e), clean));
        }
        // After a failed fsync nobody knows what is on the disk: never retried.
        self.file.sync_data().map_err(|e| (EvidenceError::io("sync", &self.path)(e), false))?;
        self.length += bytes.len() as u64;
        self.previous = hash;
        Ok(())
    }
}

/// The hash that links a new day to the days before it.
fn newest_other(dir: &Path, day: NaiveDate) -> Result<String> {
    for other in days(dir)?.into_iter().rev().filter(|&d| d != day) {
        if let Some(line) = tail(dir, other)?.line {
            return Ok(sha256_hex(&line));
        }
    }
    Ok(GENESIS.to_owned())
}
