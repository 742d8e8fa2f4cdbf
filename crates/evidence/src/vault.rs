//! The vault: where responses are kept.

use crate::manifest::{self, Line};
use crate::record::{self, Encoded, Located, Response, sha256_hex};
use crate::recovery::{self, Recovery};
use crate::{EvidenceError, Result, segment};
use chrono::NaiveDate;
use guanlan_model::time::day;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A segment that is past this many bytes is followed by a new one.
const SEGMENT_SIZE: u64 = 256 * 1024 * 1024;

/// A folder of captures, open for appending. One process at a time; reading with [`crate::read`] and [`crate::verify`] needs
/// no vault and may go on beside it.
pub struct Vault {
    dir: PathBuf,
    segment_size: u64,
    writing: Mutex<Writing>,
    /// Held for as long as the vault is open.
    _lock: File,
}

struct Writing {
    open: Option<OpenDay>,
    /// Set after a failure that leaves the disk's content unknown.
    stopped: bool,
}

/// The day that is being appended to.
struct OpenDay {
    day: NaiveDate,
    number: u32,
    segment: segment::Writer,
    manifest: manifest::Writer,
}

impl Vault {
    /// Opens or creates a vault and mends what a crash may have left; what was mended, and damage that stays, is logged.
    ///
    /// # Errors
    /// [`EvidenceError::Locked`] when another process has it open; [`EvidenceError::Io`].
    pub fn open(dir: impl Into<PathBuf>) -> Result<Vault> {
        let (vault, recovery) = Vault::with_segment_size(dir.into(), SEGMENT_SIZE)?;
        recovery.log();
        Ok(vault)
    }

    /// The vault, and what opening it had to mend.
    fn with_segment_size(dir: PathBuf, segment_size: u64) -> Result<(Vault, Recovery)> {
        fs::create_dir_all(&dir).map_err(EvidenceError::io("create", &dir))?;
        let lock = lock(&dir)?;
        let mut recovery = Recovery::default();
        for day in manifest::days(&dir)? {
            if !recovery::is_clean(&dir, day)? {
                recovery::mend(&dir, day, &mut recovery)?;
            }
        }
        let writing = Mutex::new(Writing { open: None, stopped: false });
        Ok((Vault { dir, segment_size, writing, _lock: lock }, recovery))
    }

    /// Stores a response. On return its bytes, its manifest line and their names are synced to the disk.
    ///
    /// # Errors
    /// [`EvidenceError::TooLarge`]; [`EvidenceError::Io`] when nothing was stored; [`EvidenceError::Stopped`] after a failure
    /// that leaves the disk's content unknown, until the vault is opened again.
    pub fn append(&self, response: &Response) -> Result<Located> {
        let encoded = record::encode(response)?;
        let mut writing = self.writing();
        if writing.stopped {
            return Err(EvidenceError::Stopped);
        }
        let today = day(response.fetched_at);
        let length = encoded.member.len() as u64;
        let fits = writing
            .open
            .as_ref()
            .is_some_and(|open| open.day == today && open.segment.length + length <= self.segment_size);
        if !fits {
            writing.open = None;
            writing.open = Some(self.open_day(today, length)?);
        }
        let Some(open) = &mut writing.open else { unreachable!("a day was just opened") };
        open.append(response, &encoded).map_err(|(error, clean)| {
            writing.stopped = !clean;
            error
        })
    }

    /// Reads a record and checks its hash.
    ///
    /// # Errors
    /// As [`crate::read`].
    pub fn read(&self, at: &Located) -> Result<Response> {
        segment::read(&self.dir, at)
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            let mut writing = poisoned.into_inner();
            writing.stopped = true;
            writing
        })
    }

    /// Opens a day at the segment that has room for `needed` more bytes.
    fn open_day(&self, day: NaiveDate, needed: u64) -> Result<OpenDay> {
        let folder = self.dir.join(day.to_string());
        if !folder.exists() {
            fs::create_dir(&folder).map_err(EvidenceError::io("create", &folder))?;
            segment::sync_dir(&self.dir)?;
        }
        // What was damaged when the vault was opened stays closed; nobody else writes here.
        let sealed = match recovery::is_clean(&self.dir, day)? {
            true => BTreeSet::new(),
            false => recovery::mend(&self.dir, day, &mut Recovery::default())?,
        };
        let manifest = manifest::Writer::open(&self.dir, day)?;
        let newest = segment::numbers(&self.dir, day)?.last().copied();
        let mut number = newest.unwrap_or(1);
        let mut segment = None;
        if let Some(newest) = newest {
            let length = segment::length(&segment::path(&self.dir, &segment::name(day, newest))?)?;
            if sealed.contains(&newest) || (length > 0 && length + needed > self.segment_size) {
                number = newest + 1;
            } else {
                segment = Some(segment::Writer::open(&self.dir, &segment::name(day, newest))?);
            }
        }
        let segment = match segment {
            Some(segment) => segment,
            None => segment::Writer::open(&self.dir, &segment::name(day, number))?,
        };
        Ok(OpenDay { day, number, segment, manifest })
    }
}

impl OpenDay {
    fn append(
        &mut self,
        response: &Response,
        encoded: &Encoded,
    ) -> std::result::Result<Located, (EvidenceError, bool)> {
        let offset = self.segment.length;
        let line = Line {
            previous: String::new(),
            segment: segment::name(self.day, self.number),
            offset,
            length: encoded.member.len() as u64,
            payload: encoded.payload.clone(),
            record: sha256_hex(&encoded.member),
            url: response.final_url.clone(),
            fetched_at: response.fetched_at,
        };
        let located = line.located();
        self.segment.append(&encoded.member)?;
        // A record without a line would be taken for one that was acknowledged: take it back.
        self.manifest.append(line).map_err(|(error, clean)| (error, clean && self.segment.cut(offset)))?;
        Ok(located)
    }
}

fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(EvidenceError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EvidenceError::Locked(dir.to_owned())),
        Err(TryLockError::Error(e)) => Err(EvidenceError::io("lock", &path)(e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::sample;
    use crate::verify::{ProblemKind, verify};
    use std::io::Write;

    fn vault(dir: &Path) -> Vault {
        Vault::open(dir).unwrap()
    }

    fn mended(dir: &Path) -> (Vault, Recovery) {
        Vault::with_segment_size(dir.to_owned(), SEGMENT_SIZE).unwrap()
    }

    fn fill(dir: &Path, n: usize) -> Vec<Located> {
        let vault = vault(dir);
        (0..n).map(|i| vault.append(&sample(format!("body {i}").as_bytes())).unwrap()).collect()
    }

    #[test]
    fn what_is_appended_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let vault = vault(dir.path());
        let response = sample("正文".as_bytes());
        let at = vault.append(&response).unwrap();
        // 16:30 UTC is the next day in Shanghai.
        assert_eq!((at.segment.as_str(), at.offset), ("2026-11-24/000001.warc.gz", 0));
        assert_eq!(vault.read(&at).unwrap(), response);
        assert_eq!(crate::read(dir.path(), &at).unwrap(), response);
    }

    #[test]
    fn segments_rotate_and_days_part() {
        let dir = tempfile::tempdir().unwrap();
        let (vault, _) = Vault::with_segment_size(dir.path().to_owned(), 1500).unwrap();
        let mut all: Vec<Located> = (0..6).map(|i| vault.append(&sample(&[i; 10])).unwrap()).collect();
        let mut next_day = sample(b"later");
        next_day.fetched_at += chrono::Duration::days(1);
        all.push(vault.append(&next_day).unwrap());
        all.push(vault.append(&sample(b"an import for the day before")).unwrap());
        let segments: std::collections::BTreeSet<_> = all.iter().map(|at| at.segment.clone()).collect();
        assert!(segments.contains("2026-11-24/000003.warc.gz"), "{segments:?}");
        assert!(segments.contains("2026-11-25/000001.warc.gz"), "{segments:?}");
        let report = verify(dir.path(), &all, true).unwrap();
        assert_eq!((report.checked, report.problems), (8, vec![]));
    }

    #[test]
    fn i1_a_torn_tail_is_cut_at_every_byte() {
        let dir = tempfile::tempdir().unwrap();
        let all = fill(dir.path(), 3);
        let segment = dir.path().join(&all[0].segment);
        let manifest = dir.path().join("2026-11-24/manifest.jsonl");
        let whole = fs::read(&segment).unwrap();
        let lines = fs::read(&manifest).unwrap();
        let acknowledged = lines[..lines.len() - 1].iter().rposition(|&b| b == b'\n').unwrap() + 1;
        let last = &all[2];
        for cut in last.offset..=last.offset + last.length {
            fs::write(&segment, &whole[..cut as usize]).unwrap();
            fs::write(&manifest, &lines[..acknowledged]).unwrap();
            let (vault, recovery) = mended(dir.path());
            let torn: u64 = recovery.torn.iter().map(|t| t.bytes).sum();
            let complete = cut == last.offset + last.length;
            assert_eq!(torn, if complete { 0 } else { cut - last.offset }, "cut at {cut}");
            assert_eq!(recovery.adopted.len(), usize::from(complete), "cut at {cut}");
            assert_eq!(recovery.problems, vec![]);
            assert_eq!(&*vault.read(&all[1]).unwrap().body, b"body 1");
            let again = vault.append(&sample(b"after the crash")).unwrap();
            assert_eq!(&*vault.read(&again).unwrap().body, b"after the crash");
            let report = verify(dir.path(), &[all[0].clone(), all[1].clone(), again], true).unwrap();
            assert_eq!(report.problems, vec![], "cut at {cut}");
        }
    }

    #[test]
    fn a_torn_manifest_line_is_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let all = fill(dir.path(), 3);
        let manifest = dir.path().join("2026-11-24/manifest.jsonl");
        let lines = fs::read(&manifest).unwrap();
        let acknowledged = lines[..lines.len() - 1].iter().rposition(|&b| b == b'\n').unwrap() + 1;
        for cut in acknowledged..lines.len() {
            fs::write(&manifest, &lines[..cut]).unwrap();
            assert_eq!(mended(dir.path()).1.adopted, vec![all[2].clone()], "cut at {cut}");
            assert_eq!(fs::read(&manifest).unwrap(), lines, "cut at {cut}");
        }
    }

    #[test]
    fn a_zeroed_tail_is_cut_but_a_record_behind_damage_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let all = fill(dir.path(), 2);
        let segment = dir.path().join(&all[0].segment);
        let manifest = dir.path().join("2026-11-24/manifest.jsonl");
        OpenOptions::new().append(true).open(&segment).unwrap().write_all(&[0; 512]).unwrap();
        assert_eq!(mended(dir.path()).1.torn.len(), 1);

        // The whole manifest is lost and the first record is damaged: the second must survive.
        fs::remove_file(&manifest).unwrap();
        let mut bytes = fs::read(&segment).unwrap();
        bytes[40] ^= 0xff;
        fs::write(&segment, &bytes).unwrap();
        let (vault, recovery) = mended(dir.path());
        assert_eq!(recovery.problems.len(), 1);
        assert_eq!(fs::read(&segment).unwrap(), bytes);
        assert_eq!(&*vault.read(&all[1]).unwrap().body, b"body 1");
        assert_eq!(vault.append(&sample(b"new")).unwrap().segment, "2026-11-24/000002.warc.gz");
    }

    #[test]
    fn a_short_segment_is_reported_and_left() {
        let dir = tempfile::tempdir().unwrap();
        let all = fill(dir.path(), 2);
        let segment = dir.path().join(&all[0].segment);
        let bytes = fs::read(&segment).unwrap();
        fs::write(&segment, &bytes[..bytes.len() - 5]).unwrap();
        let (vault, recovery) = mended(dir.path());
        assert_eq!(recovery.problems[0].kind, ProblemKind::Short);
        assert_eq!(vault.append(&sample(b"new")).unwrap().segment, "2026-11-24/000002.warc.gz");
        assert!(matches!(vault.read(&all[1]), Err(EvidenceError::Damaged { .. })));
    }

    #[test]
    fn a_long_address_does_not_lose_the_chain() {
        let dir = tempfile::tempdir().unwrap();
        let mut long = sample(b"x");
        long.final_url = format!("http://news.example/{}", "a".repeat(200_000));
        let mut all = vec![vault(dir.path()).append(&long).unwrap()];
        all.push(vault(dir.path()).append(&sample(b"y")).unwrap());
        assert_eq!(mended(dir.path()).1, Recovery::default());
        assert_eq!(verify(dir.path(), &all, true).unwrap().problems, vec![]);
    }

    #[test]
    fn a_vault_has_one_writer() {
        let dir = tempfile::tempdir().unwrap();
        let first = vault(dir.path());
        assert!(matches!(Vault::open(dir.path()), Err(EvidenceError::Locked(_))));
        drop(first);
        assert!(Vault::open(dir.path()).is_ok());
    }

    #[test]
    fn many_threads_append() {
        let dir = tempfile::tempdir().unwrap();
        let vault = vault(dir.path());
        let all: Vec<Located> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4u8)
                .map(|w| {
                    let vault = &vault;
                    scope.spawn(move || {
                        (0..10u8).map(|i| vault.append(&sample(&[w, i])).unwrap()).collect::<Vec<_>>()
                    })
                })
                .collect();
            workers.into_iter().flat_map(|w| w.join().unwrap()).collect()
        });
        let report = verify(dir.path(), &all, true).unwrap();
        assert_eq!((report.checked, report.problems), (40, vec![]));
    }
}
