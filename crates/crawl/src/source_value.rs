//! Values of source files that are written as strings: durations, addresses, words of closed vocabularies.

use crate::{SourceKind, parse_url};
use guanlan_model::{Kind, Tier, UnknownWord};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// Reads a duration such as `30s`, `10m`, `6h` or `3d`.
///
/// # Errors
/// One Chinese line.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("「{text}」不是时长：请写成 30s、10m、6h 或 3d（秒、分、时、天）");
    let (at, unit) = text.char_indices().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => return Err(wrong()),
    };
    let digits = text
        .get(..at)
        .filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(wrong)?;
    let seconds = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(seconds)).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

/// A string that is read by its own rules; what is wrong with it is said in Chinese, at its place.
pub(crate) struct Parsed<T>(pub T);

pub(crate) trait FromText: Sized {
    fn from_text(text: &str) -> Result<Self, String>;
}

impl<'de, T: FromText> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::from_text(&text).map(Parsed).map_err(D::Error::custom)
    }
}

fn word<T: FromStr<Err = UnknownWord>>(what: &str, all: &[(&str, &str)], text: &str) -> Result<T, String> {
    text.parse().map_err(|_| unknown_word(what, all, text))
}

fn unknown_word(what: &str, all: &[(&str, &str)], text: &str) -> String {
    let all: Vec<String> = all.iter().map(|(code, zh)| format!("{code}（{zh}）")).collect();
    format!("{what}不能是「{text}」：可以是 {}", all.join("、"))
}

impl FromText for Tier {
    fn from_text(text: &str) -> Result<Self, String> {
        let all: Vec<_> = Tier::ALL.iter().map(|t| (t.code(), t.zh())).collect();
        word("级别", &all, text)
    }
}

impl FromText for Kind {
    fn from_text(text: &str) -> Result<Self, String> {
        let all: Vec<_> = Kind::ALL.iter().map(|k| (k.code(), k.zh())).collect();
        word("文章类型", &all, text)
    }
}

impl FromText for SourceKind {
    fn from_text(text: &str) -> Result<Self, String> {
        let wanted = text.trim();
        SourceKind::ALL
            .into_iter()
            .find(|k| wanted == k.code() || wanted == k.zh())
            .ok_or_else(|| unknown_word("来源类型", &SourceKind::ALL.map(|k| (k.code(), k.zh())), text))
    }
}

impl FromText for Url {
    fn from_text(text: &str) -> Result<Self, String> {
        parse_url(text, None).map_err(|problem| format!("{}：「{text}」", problem.zh()))
    }
}

impl FromText for Duration {
    fn from_text(text: &str) -> Result<Self, String> {
        parse_duration(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in
            [("30s", Some(30)), ("10m", Some(600)), ("6h", Some(21600)), ("3d", Some(259200))]
        {
            assert_eq!(parse_duration(text).ok().map(|d| d.as_secs()), seconds);
        }
        for text in [
            "",
            "m",
            "10",
            "-1m",
            "1.5h",
            "1 h",
            "10w",
            "１０m",
            "99999999999999999999d",
            "9999999999999999999h",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
