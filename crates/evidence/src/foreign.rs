//! WARC files from elsewhere, for import.

use crate::record::{self, MAX_RECORD, Response};
use crate::{EvidenceError, Result, segment};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The `response` records of a WARC file, in order. Other records are passed over.
///
/// Plain and gzip-compressed files are read. A record larger than [`MAX_RECORD`] or one that cannot be read ends the
/// iteration with an error.
pub struct ForeignWarc {
    input: BufReader<Box<dyn Read + Send>>,
    ended: bool,
}

/// Opens a WARC file (`.warc` or `.warc.gz`, told apart by their first bytes).
///
/// # Errors
/// [`EvidenceError::Io`].
pub fn read_foreign(path: &Path) -> Result<ForeignWarc> {
    let mut file = BufReader::new(File::open(path).map_err(EvidenceError::io("open", path))?);
    let start = file.fill_buf().map_err(EvidenceError::io("read", path))?;
    let input: Box<dyn Read + Send> =
        if start.starts_with(&[0x1f, 0x8b]) { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(ForeignWarc { input: BufReader::with_capacity(64 * 1024, input), ended: false })
}

impl Iterator for ForeignWarc {
    type Item = Result<Response>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.next_record() {
                Ok(Some(bytes)) => match as_response(&bytes) {
                    Ok(Some(response)) => return Some(Ok(response)),
                    Ok(None) => {}
                    Err(reason) => return Some(Err(EvidenceError::Foreign(reason.to_owned()))),
                },
                Ok(None) => self.ended = true,
                Err(reason) => {
                    self.ended = true;
                    return Some(Err(EvidenceError::Foreign(reason)));
                }
            }
        }
        None
    }
}

impl ForeignWarc {
    /// The bytes of the next record: its header, and as much block as the header announces.
    fn next_record(&mut self) -> std::result::Result<Option<Vec<u8>>, String> {
        let io = |e: std::io::Error| e.to_string();
        let mut bytes = Vec::new();
        let mut length: u64 = 0;
        loop {
            let start = bytes.len();
            let read = (&mut self.input).take(64 * 1024).read_until(b'\n', &mut bytes).map_err(io)?;
            let line = bytes.get(start..).unwrap_or_default();
            match (read, line) {
                (0, _) if start == 0 => return Ok(None),
                (0, _) => return Err("the file ends inside a record header".into()),
                (_, b"\r\n" | b"\n") if start == 0 => bytes.clear(),
                (_, b"\r\n" | b"\n") => break,
                _ => {}
            }
            if bytes.len() > 256 * 1024 {
                return Err("a record header is too long".into());
            }
            let text = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default());
            if let Some(value) = text.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| "a Content-Length is not a number".to_owned())?;
            }
        }
        if length > MAX_RECORD {
            return Err(format!("a record of {length} bytes is larger than the limit"));
        }
        let head = bytes.len() as u64;
        (&mut self.input).take(length).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 != head + length {
            Err("the file ends inside a record".into())
        } else {
            Ok(Some(bytes))
        }
    }
}

/// The response of a record; `None` for other kinds. A body that is still encoded as it was on the wire is decoded.
fn as_response(bytes: &[u8]) -> std::result::Result<Option<Response>, &'static str> {
    let raw = record::parse(bytes)?;
    let is_http =
        raw.field("Content-Type").is_none_or(|t| t.to_ascii_lowercase().starts_with("application/http"));
    if raw.field("WARC-Type") != Some("response") || !is_http {
        return Ok(None);
    }
    let mut response = record::response(&raw)?;
    let header = |name: &str| {
        response
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.to_ascii_lowercase())
    };
    let chunked = header("transfer-encoding").is_some_and(|v| v.contains("chunked"));
    let gzip = header("content-encoding").is_some_and(|v| v.contains("gzip"));
    if chunked && let Some(body) = unchunk(&response.body) {
        response.body = body.into();
    }
    // Some programs store the decoded body and leave the header standing.
    if gzip && response.body.starts_with(&[0x1f, 0x8b]) {
        let mut input: &[u8] = &response.body;
        response.body =
            segment::unpack_member(&mut input).map_err(|_| "a gzip body cannot be unpacked")?.into();
    }
    Ok(Some(response))
}

/// Joins chunks (RFC 9112 section 7.1). `None` when the body is not chunked after all.
fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    loop {
        let end = body.windows(2).position(|w| w == b"\r\n")?;
        let size = std::str::from_utf8(body.get(..end)?).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        body = body.get(end + 2..)?;
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(body.get(..size)?);
        body = body.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn record(kind: &str, head: &str, body: &[u8]) -> Vec<u8> {
        let block = [format!("HTTP/1.1 200 OK\r\n{head}\r\n").as_bytes(), body].concat();
        let mut out = format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: <http://news.example/>\r\nWARC-Date: 2026-11-24T00:00:00Z\r\n\
             Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
            block.len()
        )
        .into_bytes();
        out.extend(block);
        out.extend(b"\r\n\r\n");
        out
    }

    fn bodies(bytes: &[u8]) -> Vec<std::result::Result<String, String>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().write_all(bytes).unwrap();
        read_foreign(file.path())
            .unwrap()
            .map(|r| r.map(|r| String::from_utf8_lossy(&r.body).into_owned()).map_err(|e| e.to_string()))
            .collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(bytes).unwrap();
        gz.finish().unwrap()
    }

    #[test]
    fn plain_and_compressed_files_are_read() {
        let records = [
            record("warcinfo", "", b"about"),
            record("response", "Server: x\r\n", b"one"),
            record("request", "", b"ask"),
            record("response", "Transfer-Encoding: chunked\r\n", b"3\r\ntwo\r\n5;x=y\r\n more\r\n0\r\n\r\n"),
            record("response", "Content-Encoding: gzip\r\n", &gzip(b"three")),
            record("response", "Content-Encoding: gzip\r\n", b"already plain"),
        ];
        let expected: Vec<_> =
            ["one", "two more", "three", "already plain"].map(|s| Ok::<_, String>(s.to_owned())).into();
        assert_eq!(bodies(&records.concat()), expected);
        assert_eq!(bodies(&records.iter().flat_map(|r| gzip(r)).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn damage_ends_with_an_error() {
        let whole = record("response", "", b"one");
        for bytes in [
            whole[..whole.len() - 6].to_vec(),
            b"not a warc at all\n\n".to_vec(),
            b"WARC/1.0\r\nContent-Length: 99999999999\r\n\r\n".to_vec(),
            gzip(&whole)[..60].to_vec(),
        ] {
            let read = bodies(&bytes);
            assert!(matches!(&read[..], [Err(_)]), "{read:?}");
        }
        assert_eq!(bodies(b""), []);
    }
}
