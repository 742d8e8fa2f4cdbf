//! Segment files: naming, appending, reading one record.

use crate::record::{self, Located, MAX_RECORD, Response, sha256_hex};
use crate::{EvidenceError, Result};
use chrono::NaiveDate;
use flate2::bufread::GzDecoder;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const SUFFIX: &str = ".warc.gz";

pub(crate) fn name(day: NaiveDate, number: u32) -> String {
    format!("{day}/{number:06}{SUFFIX}")
}

/// The path of a segment. Only names that [`name`] could have made are accepted: the name may come from a database or a file.
pub(crate) fn path(dir: &Path, segment: &str) -> Result<PathBuf> {
    let known = segment.split_once('/').is_some_and(|(day, file)| {
        let number = file.strip_suffix(SUFFIX).unwrap_or_default();
        day.parse::<NaiveDate>().is_ok()
            && day.len() == 10
            && number.len() == 6
            && number.bytes().all(|b| b.is_ascii_digit())
    });
    if known { Ok(dir.join(segment)) } else { Err(EvidenceError::BadPlace(segment.to_owned())) }
}

/// Numbers of a day's segments, ascending.
pub(crate) fn numbers(dir: &Path, day: NaiveDate) -> Result<Vec<u32>> {
    let folder = dir.join(day.to_string());
    let mut numbers: Vec<u32> = fs::read_dir(&folder)
        .map_err(EvidenceError::io("list", &folder))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(SUFFIX)?.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

pub(crate) fn length(path: &Path) -> Result<u64> {
    match fs::metadata(path) {
        Ok(meta) => Ok(meta.len()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(e) => Err(EvidenceError::io("read", path)(e)),
    }
}

/// Makes the folder's list of names durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(EvidenceError::io("sync", dir))
}

/// A segment open for appending.
pub(crate) struct Writer {
    file: File,
    path: PathBuf,
    pub length: u64,
}

impl Writer {
    /// Opens or creates a segment; a new file's name is durable on return.
    pub fn open(dir: &Path, segment: &str) -> Result<Writer> {
        let path = path(dir, segment)?;
        let is_new = !path.exists();
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(EvidenceError::io("open", &path))?;
        if is_new {
            file.sync_all().map_err(EvidenceError::io("sync", &path))?;
            if let Some(folder) = path.parent() {
                sync_dir(folder)?;
            }
        }
        let length = length(&path)?;
        Ok(Writer { file, path, length })
    }

    /// Appends and syncs. `Err((error, clean))`: `clean` says that the file is as it was before.
    pub fn append(&mut self, member: &[u8]) -> std::result::Result<(), (EvidenceError, bool)> {
        if let Err(e) = self.file.write_all(member) {
            return Err((EvidenceError::io("write", &self.path)(e), self.cut(self.length)));
        }
        self.file.sync_data().map_err(|e| (EvidenceError::io("sync", &self.path)(e), false))?;
        self.length += member.len() as u64;
        Ok(())
    }

    /// Takes back everything past `length`; false when the disk refuses.
    pub fn cut(&mut self, length: u64) -> bool {
        let done = self.file.set_len(length).and_then(|()| self.file.sync_all()).is_ok();
        if done {
            self.length = length;
        }
        done
    }
}

/// Unpacks one gzip member from the front of `input`, at most [`MAX_RECORD`] bytes of it. The reader is left after the member.
pub(crate) fn unpack_member(input: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut decoder = GzDecoder::new(input);
    let mut bytes = Vec::new();
    (&mut decoder).take(MAX_RECORD + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_RECORD {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "record too large"));
    }
    Ok(bytes)
}

/// The compressed bytes of a record.
pub(crate) fn member(dir: &Path, segment: &str, offset: u64, length: u64) -> Result<Vec<u8>> {
    let path = path(dir, segment)?;
    // gzip adds little to what it cannot compress.
    if length > MAX_RECORD + MAX_RECORD / 8 {
        return Err(EvidenceError::TooLarge(length));
    }
    let mut file = File::open(&path).map_err(EvidenceError::io("open", &path))?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))
        .and_then(|_| file.take(length).read_to_end(&mut bytes))
        .map_err(EvidenceError::io("read", &path))?;
    if bytes.len() as u64 != length {
        return Err(EvidenceError::damaged(segment, offset, "the segment ends before the record does"));
    }
    Ok(bytes)
}

/// Decodes a member and checks its body against the hash it was stored with.
pub(crate) fn decode(member: &[u8], at: &Located) -> Result<Response> {
    let damaged = |reason: &str| EvidenceError::damaged(&at.segment, at.offset, reason);
    let mut rest = member;
    let bytes = unpack_member(&mut rest).map_err(|e| damaged(&e.to_string()))?;
    if !rest.is_empty() {
        return Err(damaged("bytes after the record"));
    }
    let response = record::parse(&bytes).and_then(|raw| record::response(&raw)).map_err(damaged)?;
    if sha256_hex(&response.body) != at.sha256 {
        return Err(damaged("the body does not have the hash it was stored with"));
    }
    Ok(response)
}

/// Reads one record without opening the vault for writing, checking the body's hash.
///
/// # Errors
/// [`EvidenceError::Damaged`] when what lies there is not what was stored; [`EvidenceError::BadPlace`], [`EvidenceError::Io`].
pub fn read(dir: &Path, at: &Located) -> Result<Response> {
    decode(&member(dir, &at.segment, at.offset, at.length)?, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_names_are_paths() {
        let dir = Path::new("/evidence");
        assert!(path(dir, "2026-11-24/000001.warc.gz").is_ok());
        for bad in [
            "",
            "../000001.warc.gz",
            "2026-11-24/../../x.warc.gz",
            "2026-11-24/000001.warc.gz/..",
            "/etc/passwd",
            "2026-13-24/000001.warc.gz",
            "2026-11-24/1.warc.gz",
            "2026-11-24/+00001.warc.gz",
            "2026-11-24\\000001.warc.gz",
        ] {
            assert!(matches!(path(dir, bad), Err(EvidenceError::BadPlace(_))), "{bad}");
        }
    }
}
