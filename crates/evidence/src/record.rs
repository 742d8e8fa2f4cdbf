//! One response as one WARC record (ISO 28500:2017, WARC 1.1), and back.

use crate::{EvidenceError, Result};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

/// Largest record, uncompressed, in bytes. The fetcher's own caps are lower.
pub(crate) const MAX_RECORD: u64 = 64 * 1024 * 1024;

/// The body is stored as it was read, after these were undone; their original values are kept under this prefix, so that
/// other WARC programs do not try to undo them again.
const UNDONE: [&str; 3] = ["content-encoding", "transfer-encoding", "content-length"];
const UNDONE_PREFIX: &str = "X-Archive-Orig-";

/// One fetched response, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Address that was asked for.
    pub url: String,
    /// Address that answered, after redirects.
    pub final_url: String,
    /// HTTP status.
    pub status: u16,
    /// Headers in the order they came.
    pub headers: Vec<(String, String)>,
    /// Body after transfer and content encoding were undone.
    pub body: Bytes,
    /// When the answer was complete.
    pub fetched_at: DateTime<Utc>,
    /// The machine that answered.
    pub remote: Option<SocketAddr>,
}

/// Where a record lies, and what it must hash to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Located {
    /// `2026-11-24/000001.warc.gz`.
    pub segment: String,
    /// First byte of the gzip member.
    pub offset: u64,
    /// Length of the gzip member in bytes.
    pub length: u64,
    /// SHA-256 of the body, in hex.
    pub sha256: String,
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A record ready to be appended.
pub(crate) struct Encoded {
    /// The gzip member.
    pub member: Vec<u8>,
    /// SHA-256 of the body, in hex.
    pub payload: String,
}

/// Headers and addresses may come from an import: a line break inside one would forge a header.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\r' | '\n' | '\0') { ' ' } else { c }).collect()
}

fn http_head(response: &Response) -> String {
    let mut head = format!("HTTP/1.1 {} \r\n", response.status);
    for (name, value) in &response.headers {
        let prefix = if UNDONE.iter().any(|u| name.eq_ignore_ascii_case(u)) { UNDONE_PREFIX } else { "" };
        let _ = write!(head, "{prefix}{}: {}\r\n", one_line(name), one_line(value));
    }
    head.push_str("\r\n");
    head
}

/// An identifier that depends on nothing but the record: a UUID of version 8 from its hash.
fn record_id(seed: &[u8]) -> String {
    let mut id: [u8; 16] = [0; 16];
    for (to, from) in id.iter_mut().zip(seed) {
        *to = *from;
    }
    id[6] = (id[6] & 0x0f) | 0x80;
    id[8] = (id[8] & 0x3f) | 0x80;
    let h = hex::encode(id);
    format!("<urn:uuid:{}-{}-{}-{}-{}>", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
}

fn warc_head(response: &Response, block: &[&[u8]], payload: &str) -> String {
    let mut digest = Sha256::new();
    for part in block {
        digest.update(part);
    }
    let block_digest = digest.finalize();
    let date = response.fetched_at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let target = one_line(&response.final_url);
    let id = record_id(&Sha256::digest(format!("{date} {target} {}", hex::encode(block_digest))));
    let mut head = format!(
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: {id}\r\nWARC-Date: {date}\r\nWARC-Target-URI: {target}\r\n"
    );
    if let Some(remote) = response.remote {
        let _ =
            write!(head, "WARC-IP-Address: {}\r\nGuanlan-Remote-Port: {}\r\n", remote.ip(), remote.port());
    }
    if response.url != response.final_url {
        let _ = write!(head, "Guanlan-Requested-URI: {}\r\n", one_line(&response.url));
    }
    let length: usize = block.iter().map(|part| part.len()).sum();
    let _ = write!(
        head,
        "WARC-Block-Digest: sha256:{}\r\nWARC-Payload-Digest: sha256:{payload}\r\n\
         Content-Type: application/http;msgtype=response\r\nContent-Length: {length}\r\n\r\n",
        hex::encode(block_digest),
    );
    head
}

/// Encodes a response as one gzip member.
///
/// # Errors
/// [`EvidenceError::TooLarge`] past [`MAX_RECORD`].
pub(crate) fn encode(response: &Response) -> Result<Encoded> {
    let http = http_head(response);
    let payload = sha256_hex(&response.body);
    let head = warc_head(response, &[http.as_bytes(), &response.body], &payload);
    let size = head.len() as u64 + http.len() as u64 + response.body.len() as u64 + 4;
    if size > MAX_RECORD {
        return Err(EvidenceError::TooLarge(size));
    }
    let mut gzip = GzEncoder::new(Vec::with_capacity(response.body.len() / 3 + 1024), Compression::default());
    let written = [head.as_bytes(), http.as_bytes(), &response.body, b"\r\n\r\n"]
        .iter()
        .try_for_each(|part| gzip.write_all(part))
        .and_then(|()| gzip.finish());
    match written {
        Ok(member) => Ok(Encoded { member, payload }),
        Err(_) => unreachable!("writing to memory does not fail"),
    }
}

/// The parts of a WARC record, still as bytes.
pub(crate) struct RawRecord<'a> {
    pub fields: Vec<(String, String)>,
    pub block: &'a [u8],
}

impl RawRecord<'_> {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    Some((bytes.get(..at)?, bytes.get(at + 4..)?))
}

/// Splits `Name: value` lines, continuation lines joined. Bytes that are no UTF-8 are read as Latin-1.
fn fields(head: &[u8]) -> Vec<(String, String)> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text.to_owned(),
        Err(_) => head.iter().map(|&b| char::from(b)).collect(),
    };
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.split("\r\n").skip(1) {
        match (line.starts_with([' ', '\t']), line.split_once(':'), fields.last_mut()) {
            (true, _, Some((_, value))) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (_, Some((name, value)), _) => fields.push((name.trim().to_owned(), value.trim().to_owned())),
            _ => {}
        }
    }
    fields
}

/// Reads one uncompressed record from the front of `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> std::result::Result<RawRecord<'_>, &'static str> {
    if !bytes.starts_with(b"WARC/1.") {
        return Err("no WARC version line");
    }
    let (head, rest) = split_head(bytes).ok_or("the WARC header does not end")?;
    let fields = fields(head);
    let length = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.parse::<usize>().ok())
        .ok_or("no Content-Length")?;
    let block = rest.get(..length).ok_or("shorter than its Content-Length")?;
    Ok(RawRecord { fields, block })
}

/// Turns a `response` record into a response. The status line and headers are read tolerantly, hashes are not checked here.
pub(crate) fn response(record: &RawRecord<'_>) -> std::result::Result<Response, &'static str> {
    let (head, body) = split_head(record.block).ok_or("the HTTP header does not end")?;
    let status = head
        .split(|&b| b == b' ')
        .nth(1)
        .and_then(|s| std::str::from_utf8(s).ok())
        .and_then(|s| s.trim().parse().ok())
        .ok_or("no HTTP status")?;
    let headers = fields(head).into_iter().map(|(name, value)| {
        let original = name.get(..UNDONE_PREFIX.len()).filter(|p| p.eq_ignore_ascii_case(UNDONE_PREFIX));
        (original.and(name.get(UNDONE_PREFIX.len()..)).unwrap_or(&name).to_owned(), value)
    });
    let final_url =
        record.field("WARC-Target-URI").ok_or("no WARC-Target-URI")?.trim_matches(['<', '>']).to_owned();
    let fetched_at = record
        .field("WARC-Date")
        .and_then(|date| DateTime::parse_from_rfc3339(date).ok())
        .ok_or("no readable WARC-Date")?
        .with_timezone(&Utc);
    let ip = record.field("WARC-IP-Address").and_then(|ip| ip.parse::<IpAddr>().ok());
    let port = record.field("Guanlan-Remote-Port").and_then(|port| port.parse().ok()).unwrap_or(0);
    Ok(Response {
        url: record.field("Guanlan-Requested-URI").map_or_else(|| final_url.clone(), str::to_owned),
        final_url,
        status,
        headers: headers.collect(),
        body: Bytes::copy_from_slice(body),
        fetched_at,
        remote: ip.map(|ip| SocketAddr::new(ip, port)),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn sample(body: &[u8]) -> Response {
        Response {
            url: "http://news.example/a".into(),
            final_url: "https://news.example/a/".into(),
            status: 200,
            headers: vec![
                ("content-type".into(), "text/html; charset=gbk".into()),
                ("content-encoding".into(), "gzip".into()),
                ("set-cookie".into(), "a=1".into()),
                ("set-cookie".into(), "b=2".into()),
            ],
            body: Bytes::copy_from_slice(body),
            fetched_at: DateTime::parse_from_rfc3339("2026-11-23T16:30:00.123456Z")
                .unwrap()
                .with_timezone(&Utc),
            remote: Some("203.0.113.9:443".parse().unwrap()),
        }
    }

    fn unpacked(encoded: &Encoded) -> Vec<u8> {
        let mut out = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&encoded.member[..]), &mut out).unwrap();
        out
    }

    #[test]
    fn a_response_comes_back_as_it_was() {
        let original = sample("<p>正文</p>".as_bytes());
        let bytes = unpacked(&encode(&original).unwrap());
        assert_eq!(response(&parse(&bytes).unwrap()).unwrap(), original);
    }

    #[test]
    fn the_record_is_what_the_standard_asks_for() {
        let bytes = unpacked(&encode(&sample(b"hello")).unwrap());
        let text = String::from_utf8(bytes).unwrap();
        for expected in [
            "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:",
            "\r\nWARC-Date: 2026-11-23T16:30:00.123456Z\r\n",
            "\r\nWARC-Target-URI: https://news.example/a/\r\n",
            "\r\nWARC-IP-Address: 203.0.113.9\r\n",
            "\r\nWARC-Payload-Digest: sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n",
            "\r\nX-Archive-Orig-content-encoding: gzip\r\n",
        ] {
            assert!(text.contains(expected), "{expected:?} is missing from\n{text}");
        }
        assert!(text.ends_with("\r\n\r\nhello\r\n\r\n"));
    }

    #[test]
    fn line_breaks_cannot_forge_headers() {
        let mut hostile = sample(b"x");
        hostile.headers = vec![("a".into(), "1\r\nWARC-Type: revisit\r\n\r\nbody".into())];
        hostile.final_url = "http://news.example/\r\nWARC-Date: 1999-01-01T00:00:00Z".into();
        let bytes = unpacked(&encode(&hostile).unwrap());
        let back = response(&parse(&bytes).unwrap()).unwrap();
        assert_eq!(back.headers.len(), 1);
        assert_eq!(back.body, hostile.body);
        assert_eq!(back.fetched_at, hostile.fetched_at);
    }

    #[test]
    fn too_large_is_refused() {
        let mut big = sample(b"");
        big.body = Bytes::from(vec![0; MAX_RECORD as usize]);
        assert!(matches!(encode(&big), Err(EvidenceError::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_parse_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut bytes = bytes;
            if let Ok(record) = parse(&bytes) { let _ = response(&record); }
            bytes.splice(0..0, *b"WARC/1.1\r\nContent-Length: 20\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n\r\n");
            if let Ok(record) = parse(&bytes) { let _ = response(&record); }
        }

        #[test]
        fn any_response_round_trips(
            body in prop::collection::vec(any::<u8>(), 0..2000),
            status in 100u16..999,
            value in "[!-~][ -~]{0,30}[!-~]",
        ) {
            let mut original = sample(&body);
            original.status = status;
            original.headers.push(("x-any".into(), value));
            let bytes = unpacked(&encode(&original).unwrap());
            prop_assert_eq!(response(&parse(&bytes).unwrap()).unwrap(), original);
        }
    }
}
