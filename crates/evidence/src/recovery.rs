//! What is done after a crash: a torn tail is cut off, a complete record is kept.

use crate::manifest::{self, Line};
use crate::record::{self, Located, sha256_hex};
use crate::verify::{Problem, ProblemKind};
use crate::{EvidenceError, Result, segment};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

/// The start of every gzip member that holds deflated data.
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];

/// Bytes of a record that a crash cut short. They were never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TornTail {
    /// Segment name.
    pub segment: String,
    /// Where the last complete record ends.
    pub offset: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// What opening a vault had to mend, and what it could not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Recovery {
    /// Unfinished records that were cut off.
    pub torn: Vec<TornTail>,
    /// Complete records that no manifest line named yet; they are named now.
    pub adopted: Vec<Located>,
    /// Damage that is left as it is; nothing is appended to such a segment any more.
    pub problems: Vec<Problem>,
}

impl Recovery {
    /// Tells the operator.
    pub fn log(&self) {
        for TornTail { segment, offset, bytes } in &self.torn {
            tracing::warn!(segment, offset, bytes, "an unfinished record was cut off");
        }
        for Located { segment, offset, .. } in &self.adopted {
            tracing::warn!(segment, offset, "a complete record was missing in the manifest and is named now");
        }
        for Problem { segment, offset, kind } in &self.problems {
            tracing::error!(segment, offset, ?kind, "evidence is damaged");
        }
    }
}

/// True when the newest segment ends where the manifest says, judged by the last line alone.
pub(crate) fn is_clean(dir: &Path, day: NaiveDate) -> Result<bool> {
    let numbers = segment::numbers(dir, day)?;
    let Some(&newest) = numbers.last() else { return Ok(true) };
    let name = segment::name(day, newest);
    let length = segment::length(&segment::path(dir, &name)?)?;
    let last = manifest::tail(dir, day)?.line.and_then(|line| manifest::parse(&line));
    Ok(last.is_some_and(|line| line.segment == name && line.end() == length))
}

/// Mends one day and returns the segments that must not be appended to.
pub(crate) fn mend(dir: &Path, day: NaiveDate, report: &mut Recovery) -> Result<BTreeSet<u32>> {
    let lines: Vec<Line> =
        manifest::raw_lines(&manifest::read_complete(dir, day)?).filter_map(manifest::parse).collect();
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    for line in &lines {
        let end = ends.entry(&line.segment).or_default();
        *end = (*end).max(line.end());
    }
    let mut sealed = BTreeSet::new();
    for number in segment::numbers(dir, day)? {
        let name = segment::name(day, number);
        let known = ends.get(name.as_str()).copied().unwrap_or(0);
        let length = segment::length(&segment::path(dir, &name)?)?;
        let whole = match length.cmp(&known) {
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Less => {
                report.problems.push(Problem::new(&name, length, ProblemKind::Short));
                false
            }
            std::cmp::Ordering::Greater => mend_tail(dir, day, &name, known, report)?,
        };
        if !whole {
            sealed.insert(number);
        }
    }
    Ok(sealed)
}

/// Looks at what lies past the manifest's end of a segment. False when it is left damaged.
fn mend_tail(dir: &Path, day: NaiveDate, name: &str, known: u64, report: &mut Recovery) -> Result<bool> {
    let path = segment::path(dir, name)?;
    let mut tail = Vec::new();
    let mut file = File::open(&path).map_err(EvidenceError::io("open", &path))?;
    file.seek(SeekFrom::Start(known))
        .and_then(|_| file.read_to_end(&mut tail))
        .map_err(EvidenceError::io("read", &path))?;

    let mut at = 0;
    if let Some((line, used)) = complete_record(&tail, name, known) {
        // Each record is named in the manifest before the next is written: a crash leaves one without a line, never
        // two. More than one means that the manifest was shortened, and that is not for us to mend.
        let rest = tail.get(used..).unwrap_or_default();
        if complete_record(rest, name, known + used as u64).is_some() {
            report.problems.push(Problem::new(name, known, ProblemKind::Unrecorded));
            return Ok(false);
        }
        report.adopted.push(line.located());
        manifest::Writer::open(dir, day)?.append(line).map_err(|(e, _)| e)?;
        at = used;
    }
    let torn = tail.get(at..).unwrap_or_default();
    if torn.is_empty() {
        return Ok(true);
    }
    let offset = known + at as u64;
    if holds_a_record(torn.get(1..).unwrap_or_default()) {
        report.problems.push(Problem::new(name, offset, ProblemKind::Unreadable));
        return Ok(false);
    }
    let file = OpenOptions::new().write(true).open(&path).map_err(EvidenceError::io("open", &path))?;
    file.set_len(offset).and_then(|()| file.sync_all()).map_err(EvidenceError::io("repair", &path))?;
    report.torn.push(TornTail { segment: name.to_owned(), offset, bytes: torn.len() as u64 });
    Ok(true)
}

/// The record at the front of `bytes` with its manifest line, if it is complete.
fn complete_record(bytes: &[u8], segment: &str, offset: u64) -> Option<(Line, usize)> {
    let mut cursor = Cursor::new(bytes);
    let plain = segment::unpack_member(&mut cursor).ok()?;
    let used = usize::try_from(cursor.position()).ok()?;
    let response = record::response(&record::parse(&plain).ok()?).ok()?;
    let line = Line {
        previous: String::new(),
        segment: segment.to_owned(),
        offset,
        length: used as u64,
        payload: sha256_hex(&response.body),
        record: sha256_hex(bytes.get(..used)?),
        url: response.final_url,
        fetched_at: response.fetched_at,
    };
    Some((line, used))
}

/// True when a complete record lies anywhere in `bytes`: then the damage before it is no torn tail.
fn holds_a_record(bytes: &[u8]) -> bool {
    bytes
        .windows(GZIP_MAGIC.len())
        .enumerate()
        .filter(|(_, window)| *window == GZIP_MAGIC)
        .any(|(at, _)| complete_record(bytes.get(at..).unwrap_or_default(), "", 0).is_some())
}
