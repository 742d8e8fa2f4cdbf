//! Path patterns of robots.txt: `*` for anything, `$` for the end.

use std::fmt::Write;
use url::Url;

/// A pattern in normal spelling. Matching takes time linear in the path and the pattern: after a `*`, the first place where the
/// next piece fits is as good as any later one, so nothing is ever tried twice.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// The texts between the asterisks.
    pieces: Vec<String>,
    /// The pattern ends with `$`.
    anchored: bool,
    /// Length as written in normal spelling, which decides between rules.
    len: usize,
}

impl Pattern {
    pub fn new(written: &[u8]) -> Pattern {
        let (body, anchored) = match written.strip_suffix(b"$") {
            Some(body) => (body, true),
            None => (written, false),
        };
        let pieces: Vec<String> = body.split(|&b| b == b'*').map(normal).collect();
        let len = pieces.iter().map(String::len).sum::<usize>() + pieces.len() - 1 + usize::from(anchored);
        Pattern { pieces, anchored, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// `target` as given by [`target`].
    pub fn matches(&self, target: &str) -> bool {
        let Some((first, rest)) = self.pieces.split_first() else { return true };
        let Some(mut left) = target.strip_prefix(first.as_str()) else { return false };
        let Some((last, middle)) = rest.split_last() else {
            return !self.anchored || left.is_empty();
        };
        for piece in middle {
            match left.find(piece.as_str()) {
                Some(at) => left = left.get(at + piece.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        if self.anchored { left.ends_with(last.as_str()) } else { left.contains(last.as_str()) }
    }
}

/// Path and query of an address in normal spelling. An asterisk or dollar sign in an address stands for itself.
pub(super) fn target(url: &Url) -> String {
    let mut text = normal(url.path().as_bytes());
    if let Some(query) = url.query() {
        text.push('?');
        text.push_str(&normal(query.as_bytes()));
    }
    text
}

/// Percent-encodings in one spelling (RFC 9309 section 2.2.2): unreserved characters plain, everything that is not printable
/// ASCII encoded, hexadecimal digits in upper case; `*` and `$`, which mean something in patterns, encoded.
fn normal(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        let escaped = if b == b'%' { bytes.get(at + 1..at + 3).and_then(hex_byte) } else { None };
        match escaped {
            Some(c) if is_unreserved(c) => out.push(char::from(c)),
            Some(c) => encode(c, &mut out),
            None if b.is_ascii_graphic() && !matches!(b, b'*' | b'$') => out.push(char::from(b)),
            None => encode(b, &mut out),
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    out
}

fn encode(b: u8, out: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(out, "%{b:02X}");
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |b: &u8| char::from(*b).to_digit(16);
    match digits {
        [a, b] => u8::try_from(digit(a)? * 16 + digit(b)?).ok(),
        _ => None,
    }
}

fn is_unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the standard says, tried out in the plainest way.
    fn slow_match(pattern: &[u8], path: &[u8]) -> bool {
        match pattern.split_first() {
            None => true,
            Some((b'$', [])) => path.is_empty(),
            Some((b'*', rest)) => (0..=path.len()).any(|skip| slow_match(rest, &path[skip..])),
            Some((b, rest)) => path.first() == Some(b) && slow_match(rest, &path[1..]),
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_plain_definition(pattern in "/[ab/*]{0,10}\\$?", path in "/[ab/]{0,12}") {
            prop_assert_eq!(Pattern::new(pattern.as_bytes()).matches(&path), slow_match(pattern.as_bytes(), path.as_bytes()));
        }

        #[test]
        fn normal_spelling_is_stable(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let once = normal(&bytes);
            prop_assert_eq!(normal(once.as_bytes()), once.clone());
            prop_assert!(once.bytes().all(|b| b.is_ascii_graphic()));
        }
    }
}
