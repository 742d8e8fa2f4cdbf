//! Lines of a robots.txt into groups.

use super::pattern::Pattern;
use super::{Group, MAX_DELAY, Robots, Rule};
use std::time::Duration;

pub(crate) const MAX_BYTES: usize = 512 * 1024;

pub(super) fn parse(bytes: &[u8]) -> Robots {
    let mut robots = Robots::default();
    let mut current: Option<Group> = None;
    // Set once the current group has a rule: the next User-agent line then starts a new group.
    let mut has_rules = false;
    for line in without_bom(readable(bytes)).split(is_break) {
        let Some((key, value)) = key_value(line) else { continue };
        match key.as_str() {
            "user-agent" | "useragent" | "user agent" => {
                if has_rules {
                    robots.groups.extend(current.take());
                    has_rules = false;
                }
                let agent = if value.starts_with(b"*") {
                    "*".to_owned()
                } else {
                    token(&String::from_utf8_lossy(value))
                };
                current.get_or_insert_default().agents.push(agent);
            }
            "allow" | "disallow" => {
                has_rules = true;
                // A rule before any group binds nobody; an empty rule says nothing.
                if let Some(group) = &mut current
                    && !value.is_empty()
                {
                    group.rules.push(Rule { allow: key == "allow", pattern: Pattern::new(value) });
                }
            }
            "crawl-delay" => {
                if let Some(group) = &mut current {
                    group.delay = delay(value).max(group.delay);
                }
            }
            _ => {}
        }
    }
    robots.groups.extend(current);
    robots
}

/// The part of a file that is read: its first 512 KiB, up to the last full line. Half a rule would forbid too much.
pub(crate) fn readable(bytes: &[u8]) -> &[u8] {
    match bytes.get(..MAX_BYTES) {
        Some(start) if bytes.len() > MAX_BYTES => {
            start.get(..start.iter().rposition(is_break).unwrap_or(0)).unwrap_or_default()
        }
        _ => bytes,
    }
}

/// CR, LF and CRLF end a line.
fn is_break(b: &u8) -> bool {
    matches!(b, b'\r' | b'\n')
}

/// The mark of UTF-8 at the start, whole or cut short.
fn without_bom(bytes: &[u8]) -> &[u8] {
    [&b"\xef\xbb\xbf"[..], b"\xef\xbb", b"\xef"]
        .iter()
        .find_map(|bom| bytes.strip_prefix(*bom))
        .unwrap_or(bytes)
}

/// `Key: value # comment`, or `Key value` of exactly two words. The key in lower case.
fn key_value(line: &[u8]) -> Option<(String, &[u8])> {
    let line = line.split(|&b| b == b'#').next().map(trim)?;
    let (key, value) = match line.iter().position(|&b| b == b':') {
        Some(at) => (line.get(..at)?, line.get(at + 1..)?),
        None => {
            let at = line.iter().position(|b| is_blank(*b))?;
            let (key, value) = (line.get(..at)?, trim(line.get(at..)?));
            if value.iter().any(|b| is_blank(*b)) {
                return None;
            }
            (key, value)
        }
    };
    Some((String::from_utf8_lossy(trim(key)).to_ascii_lowercase(), trim(value)))
}

/// Blanks and NUL, which some files written on old systems carry between lines.
fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | 0 | 0x0b | 0x0c)
}

fn trim(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|b| !is_blank(*b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !is_blank(*b)).map_or(start, |at| at + 1);
    bytes.get(start..end).unwrap_or_default()
}

/// The product token: the letters, `-` and `_` at the start (RFC 9309 section 2.2.1), in lower case.
pub(super) fn token(agent: &str) -> String {
    let end = agent.find(|c: char| !(c.is_ascii_alphabetic() || c == '-' || c == '_')).unwrap_or(agent.len());
    agent.get(..end).unwrap_or_default().to_ascii_lowercase()
}

fn delay(value: &[u8]) -> Option<Duration> {
    let seconds: f64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds.min(MAX_DELAY)).ok()
}
