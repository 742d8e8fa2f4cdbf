//! Bytes to text. Chinese pages lie about their encoding, so the ladder trusts evidence before labels.
//!
//! Order: byte order mark, HTTP header, valid UTF-8, `<meta>` or XML declaration in the first 20 kB, detector.
//! (WHATWG "Encoding" and "HTML: determining the character encoding", with UTF-8 tried before the page's own label.)

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// Bytes in which a page may declare its own encoding. Browsers look at 1,024; seven pages in six hundred need more.
const DECLARATION_WINDOW: usize = 20_000;
/// Bytes that the detector reads, counted from the first byte outside ASCII.
const DETECTOR_WINDOW: usize = 8_192;
/// Share of U+FFFD above which the decoding is tried again with the detector's guess.
const BAD_RATIO_LIMIT: f64 = 0.005;
/// This many multi-byte sequences do not form valid UTF-8 by accident.
const UTF8_EVIDENCE: usize = 8;

/// Decoded text and how it came about.
#[derive(Debug, Clone)]
pub(crate) struct Decoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// Encoding as a lower-case WHATWG name.
    pub charset: String,
    /// Share of characters that could not be decoded (U+FFFD), 0 to 1.
    pub bad_ratio: f64,
}

/// Decodes a response body. `content_type` is the HTTP header; `tld` the last label of the host (`cn`), as a hint.
///
/// Never fails: bytes that fit no encoding become U+FFFD and show in [`Decoded::bad_ratio`].
pub(crate) fn decode(bytes: &[u8], content_type: Option<&str>, tld: Option<&str>) -> Decoded {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return decoded(bytes.get(mark..).unwrap_or_default(), encoding);
    }
    let utf8 = Utf8Evidence::weigh(bytes);
    let (encoding, guessed) = choose(bytes, content_type, tld, &utf8);
    let first = decoded(bytes, encoding);
    let settled = encoding == UTF_8 && utf8.is_convincing();
    if settled || (first.bad_ratio <= BAD_RATIO_LIMIT && !guessed) {
        return first;
    }
    // The detector takes traditional pages under .cn for GBK; read so, they are full of private-use characters.
    let guesses = [detect(bytes, tld), BIG5].into_iter().filter(|e| *e != encoding);
    guesses.fold(first, |best, guess| {
        if strangeness(&best.text) <= BAD_RATIO_LIMIT {
            return best;
        }
        let next = decoded(bytes, guess);
        if strangeness(&next.text) < strangeness(&best.text) { next } else { best }
    })
}

/// The first encoding of the ladder after the mark, and whether it is no more than the detector's guess.
fn choose(
    bytes: &[u8],
    content_type: Option<&str>,
    tld: Option<&str>,
    utf8: &Utf8Evidence,
) -> (&'static Encoding, bool) {
    let header = content_type.and_then(header_charset);
    if let Some(encoding) = header.filter(|e| *e == UTF_8 || !utf8.is_convincing()) {
        return (encoding, false);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return (encoding, false);
    }
    if utf8.is_convincing() || bytes.is_ascii() {
        return (UTF_8, false);
    }
    match declared_charset(bytes) {
        Some(encoding) => (encoding, false),
        // Two or three sequences can be GBK that happens to be valid: only then nothing else is known.
        None if utf8.errors == 0 => (UTF_8, false),
        None => (detect(bytes, tld), true),
    }
}

fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Decoded {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let text = text.into_owned();
    let sound = !text.contains(char::REPLACEMENT_CHARACTER);
    let bad_ratio = if sound { 0.0 } else { share(&text, |c| c == char::REPLACEMENT_CHARACTER) };
    Decoded { text, charset: encoding.name().to_ascii_lowercase(), bad_ratio }
}

/// Share of characters that no page contains on purpose.
fn strangeness(text: &str) -> f64 {
    share(text, |c| c == char::REPLACEMENT_CHARACTER || matches!(c, '\u{E000}'..='\u{F8FF}'))
}

fn share(text: &str, is_bad: impl Fn(char) -> bool) -> f64 {
    let (mut bad, mut all) = (0_usize, 0_usize);
    for c in text.chars() {
        all += 1;
        bad += usize::from(is_bad(c));
    }
    if all == 0 { 0.0 } else { bad as f64 / all as f64 }
}

/// How far the bytes are UTF-8. GBK read as UTF-8 is wrong at nearly every character; a cut-off end or a footer in
/// another encoding is wrong at a few.
struct Utf8Evidence {
    sequences: usize,
    errors: usize,
}

impl Utf8Evidence {
    fn weigh(bytes: &[u8]) -> Self {
        let starts = |valid: &[u8]| valid.iter().filter(|b| **b >= 0xC0).count();
        if std::str::from_utf8(bytes).is_ok() {
            return Utf8Evidence { sequences: starts(bytes), errors: 0 };
        }
        let mut evidence = Utf8Evidence { sequences: 0, errors: 0 };
        for chunk in bytes.utf8_chunks() {
            evidence.sequences += starts(chunk.valid().as_bytes());
            evidence.errors += usize::from(!chunk.invalid().is_empty());
        }
        evidence
    }

    fn is_convincing(&self) -> bool {
        self.sequences >= UTF8_EVIDENCE && self.errors * 10 <= self.sequences
    }
}

/// GB 2312 and GBK are subsets of GB 18030, and pages labelled with the small sets use the large one.
fn encoding_for_label(label: &[u8]) -> Option<&'static Encoding> {
    // UTF-16 in a label that could be read as ASCII is a mistake; `replacement` would throw the page away.
    match Encoding::for_label_no_replacement(label)? {
        e if e == GBK => Some(GB18030),
        e if e == UTF_16LE || e == UTF_16BE => Some(UTF_8),
        e => Some(e),
    }
}

fn header_charset(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let (_, after) = lower.split_once("charset")?;
    let label = after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let end = label.find(|c: char| c == ';' || c == '"' || c == '\'' || c.is_whitespace());
    encoding_for_label(label.get(..end.unwrap_or(label.len()))?.as_bytes())
}

fn declared_charset(bytes: &[u8]) -> Option<&'static Encoding> {
    static DECLARATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"(?i-u)<meta\s[^>]{0,400}?charset\s*=\s*["']?\s*([a-z0-9_:.-]{2,40})|^\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([a-z0-9_:.-]{2,40})"#,
        )
        .ok()
    });
    let window = bytes.get(..bytes.len().min(DECLARATION_WINDOW))?;
    DECLARATION.as_ref()?.captures_iter(window).find_map(|found| {
        let label = found.get(1).or_else(|| found.get(2))?;
        encoding_for_label(label.as_bytes())
    })
}

/// Markup is ASCII: in UTF-16 every second byte of it is zero.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let window = bytes.get(..bytes.len().min(1_024))?;
    if window.len() < 8 {
        return None;
    }
    let zeros = |parity: usize| window.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let quarter = window.len() / 8;
    match (even > quarter, odd > quarter) {
        (false, true) => Some(UTF_16LE),
        (true, false) => Some(UTF_16BE),
        _ => None,
    }
}

fn detect(bytes: &[u8], tld: Option<&str>) -> &'static Encoding {
    let start = bytes.iter().position(|b| *b >= 0x80).unwrap_or(0);
    let window = bytes.get(start..bytes.len().min(start + DETECTOR_WINDOW)).unwrap_or_default();
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(window, true);
    // The detector panics on a hint that is not a lower-case ASCII label.
    let tld = tld
        .map(str::to_ascii_lowercase)
        .filter(|t| t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    match detector.guess(tld.as_deref().map(str::as_bytes), Utf8Detection::Allow) {
        e if e == GBK => GB18030,
        // A Chinese source that looks Korean or Japanese is far likelier to be one of the two Chinese encodings.
        e if e == BIG5 => BIG5,
        e => e,
    }
}

#[cfg(test)]
#[path = "charset_tests.rs"]
mod tests;
