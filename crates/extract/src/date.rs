//! Dates as Chinese pages write them. No zone and `CST` mean +08:00 (finding: chrono and feed-rs read `CST` as −06:00).
//!
//! Nothing is guessed beyond the year of a date that has none. Years before 1990 and instants more than a day after
//! `now` are refused: the first is a zero in somebody's database, the second is an event, not a publication.

use chrono::{DateTime, Datelike, Duration, FixedOffset, NaiveDate, TimeZone};
use guanlan_model::time::shanghai;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// How far a publication may lie in the future: clocks differ, and tomorrow's paper is printed today.
const AHEAD: Duration = Duration::hours(24);
const FIRST_YEAR: i32 = 1990;
/// Characters looked at. A date is at the front of a label or it is not a date.
const MAX_CHARS: usize = 4_000;

/// What a date was written like; decides how much it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// Year, month and day.
    Full,
    /// Two-digit year.
    ShortYear,
    /// 3小时前, 昨天.
    Relative,
    /// Month and day only.
    NoYear,
    /// Eight or fourteen digits.
    Compact,
}

/// A date found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    /// Byte offset in the folded text (see [`fold`]).
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The instant, at +08:00; midnight when no time was written.
    pub when: DateTime<FixedOffset>,
    /// How it was written.
    pub written: Written,
    /// A time of day was given.
    pub timed: bool,
}

/// Reads the first date in a short text (`2026年11月24日 08:30`, `昨天 08:30`, `3小时前`, `11-24`, RFC 822, ISO 8601).
///
/// `now` resolves relative dates and missing years. The answer is at +08:00; `None` when there is no date, when it is
/// impossible (13月, 30 February), before 1990, or more than 24 hours after `now`.
pub(crate) fn parse_date(text: &str, now: DateTime<FixedOffset>) -> Option<DateTime<FixedOffset>> {
    let folded = fold(text);
    find(&folded, now).or_else(|| find_alone(&folded, now)).map(|found| found.when)
}

/// Half-width digits and punctuation, one kind of space and dash, so that the patterns stay readable.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .take(MAX_CHARS)
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '∶' | '︰' => ':',
            c if c.is_whitespace() || c == '\u{3000}' || c == '\u{200B}' || c == '\u{FEFF}' => ' ',
            c => c,
        })
        .collect()
}

/// The first date written out in a running text: full dates before weaker ones.
pub(crate) fn find(folded: &str, now: DateTime<FixedOffset>) -> Option<Found> {
    find_full(folded, now).or_else(|| find_short_year(folded, now)).or_else(|| {
        let relative = find_relative(folded, now);
        let no_year = find_no_year(folded, now);
        match (relative, no_year) {
            (Some(a), Some(b)) => Some(if a.start <= b.start { a } else { b }),
            (a, b) => a.or(b),
        }
    })
}

/// The first date with a four-digit year (or a year of the Republic), whatever its notation.
pub(crate) fn find_full(folded: &str, now: DateTime<FixedOffset>) -> Option<Found> {
    PATTERNS.as_ref()?.full(folded, now)
}

fn find_short_year(folded: &str, now: DateTime<FixedOffset>) -> Option<Found> {
    let p = PATTERNS.as_ref()?;
    matches(&p.short_year, folded).find_map(|c| {
        let year = 2000 + number(&c, "y")?;
        // 10-08-12 alone could be anything; with a time or a 年 it is a date.
        let found = build(&c, year, number(&c, "m")?, number(&c, "d")?, Written::ShortYear, now)?;
        let whole = c.get(0)?.as_str();
        (found.timed || whole.contains('年') || folded.trim_matches(around).len() == whole.len())
            .then_some(found)
    })
}

fn find_relative(folded: &str, now: DateTime<FixedOffset>) -> Option<Found> {
    let p = PATTERNS.as_ref()?;
    p.relative.captures_iter(folded).find_map(|c| {
        let span = c.get(0)?;
        let found = |when| Found {
            start: span.start(),
            end: span.end(),
            when,
            written: Written::Relative,
            timed: true,
        };
        if c.name("now").is_some() {
            return Some(found(now.with_timezone(&shanghai())));
        }
        if c.name("halfhour").is_some() {
            return Some(found(now.with_timezone(&shanghai()) - Duration::minutes(30)));
        }
        if let Some(unit) = c.name("unit") {
            let n = i64::from(number(&c, "n")?);
            return Some(found(now.with_timezone(&shanghai()) - span_of(unit.as_str(), n)?))
                .filter(|f| f.when.year() >= FIRST_YEAR);
        }
        let back = match c.name("day")?.as_str() {
            "今天" | "今日" => 0,
            "昨天" | "昨日" => 1,
            _ => 2,
        };
        let day = now.with_timezone(&shanghai()).date_naive() - Duration::days(back);
        let month = i32::try_from(day.month()).ok()?;
        build(&c, day.year(), month, i32::try_from(day.day()).ok()?, Written::Relative, now)
    })
}

fn span_of(unit: &str, n: i64) -> Option<Duration> {
    match unit {
        "秒" => Duration::try_seconds(n),
        "分" | "分钟" | "分鐘" => Duration::try_minutes(n),
        "小时" | "小時" => Duration::try_hours(n),
        "天" | "日" => Duration::try_days(n),
        _ => Duration::try_weeks(n),
    }
}

fn find_no_year(folded: &str, now: DateTime<FixedOffset>) -> Option<Found> {
    let p = PATTERNS.as_ref()?;
    let yearless = |c: &Captures<'_>| {
        c.get(0)
            .and_then(|m| folded.get(..m.start()))
            .is_none_or(|before| !before.trim_end().ends_with(['年', '-', '/', '.']))
    };
    matches(&p.no_year, folded).filter(yearless).find_map(|c| {
        let found = this_year_or_last(&c, now)?;
        let whole = c.get(0)?.as_str();
        (found.timed || whole.contains('月') || folded.trim_matches(around).len() == whole.len())
            .then_some(found)
    })
}

/// The latest year in which the day is not in the future.
fn this_year_or_last(c: &Captures<'_>, now: DateTime<FixedOffset>) -> Option<Found> {
    let year = now.with_timezone(&shanghai()).year();
    let (month, day) = (number(c, "m")?, number(c, "d")?);
    [year, year - 1].into_iter().find_map(|y| build(c, y, month, day, Written::NoYear, now))
}

/// Digits that are a date only when nothing stands beside them.
fn find_alone(folded: &str, now: DateTime<FixedOffset>) -> Option<Found> {
    let c = PATTERNS.as_ref()?.compact.captures(folded.trim_matches(around))?;
    build(&c, number(&c, "y")?, number(&c, "m")?, number(&c, "d")?, Written::Compact, now)
}

fn around(c: char) -> bool {
    !c.is_alphanumeric()
}

struct Patterns {
    full: Regex,
    han: Regex,
    republic: Regex,
    rfc822: Regex,
    month_first: Regex,
    ctime: Regex,
    short_year: Regex,
    relative: Regex,
    no_year: Regex,
    compact: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| Patterns::new().ok());

impl Patterns {
    fn new() -> Result<Self, regex::Error> {
        const ZONE: &str = r"(?:\s?(?P<zone>Z\b|(?:GMT|UTC)?[+-]\d{1,2}:?(?:\d{2})?\b|[A-Z]{2,4}\b))?";
        const HALF: &str = "上午|下午|晚上|晚间|晚間|凌晨|中午|早上|早晨|清晨|傍晚|[AaPp][Mm]";
        let time = format!(
            r"(?:[ T,_]*(?:[(]?(?:星期|周|週|礼拜)[一二三四五六日天][)]?[ ,]*)?(?:(?P<half>{HALF})\s*)?(?P<h>\d{{1,2}})\s?(?::|时|時|点|點)(?:\s?(?P<min>\d{{1,2}})(?:\s?(?::|分)\s?(?P<s>\d{{1,2}})(?:[.,]\d+)?|分)?)?(?:\s*(?P<half2>[AaPp][Mm])\b)?{ZONE})?"
        );
        const MONTH: &str = r"(?P<mon>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?";
        let clock = format!(
            r"(?P<h>\d{{1,2}}):(?P<min>\d{{2}})(?::(?P<s>\d{{2}}))?(?:\s?(?P<half2>[AaPp][Mm]))?{ZONE}"
        );
        let new = |pattern: String| Regex::new(&pattern);
        Ok(Self {
            full: new(format!(
                r"(?P<y>\d{{4}})(?:\s?[-/.年]\s?(?P<m>\d{{1,2}})\s?[-/.月]\s?|\s+(?P<m2>\d{{2}})/)(?P<d>3[01]|[12]\d|0?[1-9])(?:\s?[日号號])?{time}"
            ))?,
            han: new(format!(
                "(?P<hy>[〇零○O一二三四五六七八九]{{4}})年(?P<hm>[正一二三四五六七八九十]{{1,3}})月(?P<hd>[一二三四五六七八九十廿卅]{{1,4}})[日号號]{time}"
            ))?,
            republic: new(format!(
                r"(?:民[国國]\s*(?P<y>\d{{2,3}})\s?[年/.-]|(?P<y2>1[0-4]\d)[年/])\s?(?P<m>\d{{1,2}})\s?[月/.-]\s?(?P<d>3[01]|[12]\d|0?[1-9])日?{time}"
            ))?,
            rfc822: new(format!(r"(?P<d>\d{{1,2}})[\s-]{MONTH}[\s-](?P<y>\d{{4}}|\d{{2}}),?(?:\s+{clock})?"))?,
            month_first: new(format!(r"{MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}),?(?:\s+{clock})?"))?,
            ctime: new(format!(r"{MONTH}\s+(?P<d>\d{{1,2}})\s+(?P<h>\d{{1,2}}):(?P<min>\d{{2}}):(?P<s>\d{{2}})\s+(?:(?P<zone>[A-Z]{{2,4}}|[+-]\d{{4}})\s+)?(?P<y>\d{{4}})"))?,
            short_year: new(format!(r"(?P<y>\d{{2}})(?:[-/]|年)(?P<m>\d{{1,2}})(?:[-/]|月)(?P<d>3[01]|[12]\d|0?[1-9])日?{time}"))?,
            relative: new(format!(
                r"(?P<now>刚刚|剛剛|刚才)|(?P<halfhour>半)(?:个|個)?(?:小时|小時|钟头)前|(?P<n>\d{{1,4}})\s*(?:个|個)?\s*(?P<unit>秒|分钟|分鐘|分|小时|小時|天|日|周|星期)(?:钟|鐘)?(?:之|以)?前|(?P<day>今天|今日|昨天|昨日|前天){time}"
            ))?,
            no_year: new(format!(r"(?P<m>\d{{1,2}})(?:[-/]|月)(?P<d>3[01]|[12]\d|0?[1-9])(?:\s?[日号號])?{time}"))?,
            compact: new(r"^(?P<y>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?:[ T]?(?P<h>[01]\d|2[0-4]):?(?P<min>[0-5]\d)(?::?(?P<s>[0-5]\d))?)?$".to_owned())?,
        })
    }

    fn full(&self, folded: &str, now: DateTime<FixedOffset>) -> Option<Found> {
        let numeric = matches(&self.full, folded).find_map(|c| {
            let month = number(&c, "m").or_else(|| number(&c, "m2"))?;
            build(&c, number(&c, "y")?, month, number(&c, "d")?, Written::Full, now)
        });
        if let Some(found) = numeric {
            return Some(found);
        }
        if let Some(found) = self.english(folded, now) {
            return Some(found);
        }
        let han = matches(&self.han, folded).find_map(|c| {
            let (y, m, d) = (c.name("hy")?.as_str(), c.name("hm")?.as_str(), c.name("hd")?.as_str());
            build(&c, digits(y)?, counted(m)?, counted(d)?, Written::Full, now)
        });
        han.or_else(|| {
            matches(&self.republic, folded).find_map(|c| {
                let year = 1911 + number(&c, "y").or_else(|| number(&c, "y2"))?;
                build(&c, year, number(&c, "m")?, number(&c, "d")?, Written::Full, now)
            })
        })
    }

    fn english(&self, folded: &str, now: DateTime<FixedOffset>) -> Option<Found> {
        [&self.rfc822, &self.ctime, &self.month_first].into_iter().find_map(|pattern| {
            matches(pattern, folded).find_map(|c| {
                let year = number(&c, "y")?;
                let year = if year < 100 { 2000 + year } else { year };
                build(&c, year, month_number(c.name("mon")?.as_str())?, number(&c, "d")?, Written::Full, now)
            })
        })
    }
}

/// Matches that no digit touches on either side.
fn matches<'r: 't, 't>(pattern: &'r Regex, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
    pattern.captures_iter(text).filter(move |c| {
        c.get(0).is_some_and(|m| {
            let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
            !digit(text.get(..m.start()).and_then(|t| t.chars().next_back()))
                && !digit(text.get(m.end()..).and_then(|t| t.chars().next()))
        })
    })
}

fn build(
    c: &Captures<'_>,
    year: i32,
    month: i32,
    day: i32,
    written: Written,
    now: DateTime<FixedOffset>,
) -> Option<Found> {
    if year < FIRST_YEAR || year > now.year() + 1 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)?;
    let span = c.get(0)?;
    let clock = c.name("h").is_some().then(|| clock(c)).flatten();
    let seconds = clock.unwrap_or(0);
    let offset = c.name("zone").map_or_else(shanghai, |z| zone(z.as_str()).unwrap_or_else(shanghai));
    let local = date.and_hms_opt(0, 0, 0)?.checked_add_signed(Duration::seconds(seconds))?;
    let when = offset.from_local_datetime(&local).single()?.with_timezone(&shanghai());
    // Today's date without a time is midnight: never in the future.
    (when <= now + AHEAD).then_some(Found {
        start: span.start(),
        end: span.end(),
        when,
        written,
        timed: clock.is_some(),
    })
}

/// Seconds after midnight. `24:00` is the end of the day, second 60 is the last one.
fn clock(c: &Captures<'_>) -> Option<i64> {
    let hour = number(c, "h")?;
    let minute = number(c, "min").unwrap_or(0);
    let second = number(c, "s").unwrap_or(0).min(59);
    let half = c.name("half").or_else(|| c.name("half2")).map_or("", |m| m.as_str());
    let hour = match half {
        "下午" | "傍晚" | "PM" | "pm" | "Pm" if hour < 12 => hour + 12,
        "晚上" | "晚间" | "晚間" if (5..12).contains(&hour) => hour + 12,
        "中午" if hour < 3 => hour + 12,
        "凌晨" | "AM" | "am" | "Am" if hour == 12 => 0,
        _ => hour,
    };
    let end_of_day = hour == 24 && minute == 0;
    ((hour < 24 || end_of_day) && minute < 60)
        .then(|| i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second))
}

/// A zone as mail and feeds write it. Letters that are no zone (`PV`, `BY`) are ignored.
fn zone(name: &str) -> Option<FixedOffset> {
    let hours = match name {
        "Z" | "GMT" | "UTC" | "UT" => 0,
        "CST" | "BJT" | "HKT" => 8,
        "JST" | "KST" => 9,
        "EST" | "CDT" => -5,
        "EDT" => -4,
        "MST" | "PDT" => -7,
        "MDT" => -6,
        "PST" => -8,
        "CET" | "BST" => 1,
        "CEST" => 2,
        _ => return numeric_zone(name.trim_start_matches(|c: char| c.is_ascii_alphabetic())),
    };
    FixedOffset::east_opt(hours * 3600)
}

fn numeric_zone(text: &str) -> Option<FixedOffset> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let figures: String = text.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = figures.split_at(figures.len().min(2));
    let hours: i32 = hours.parse().ok()?;
    let minutes: i32 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    (hours <= 14 && minutes < 60)
        .then(|| FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60)))
        .flatten()
}

fn number(c: &Captures<'_>, name: &str) -> Option<i32> {
    c.name(name)?.as_str().parse().ok()
}

fn month_number(name: &str) -> Option<i32> {
    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    NAMES.iter().zip(1..).find(|(n, _)| **n == name).map(|(_, i)| i)
}

fn digit(c: char) -> Option<i32> {
    "〇一二三四五六七八九".chars().zip(0..).find(|(h, _)| *h == c).map(|(_, n)| n).or(match c {
        '零' | '○' | 'O' => Some(0),
        '正' => Some(1),
        _ => None,
    })
}

/// 二〇二六 → 2026.
fn digits(text: &str) -> Option<i32> {
    text.chars().try_fold(0, |n, c| Some(n * 10 + digit(c)?))
}

/// 二十四 → 24, 廿四 → 24, 十 → 10.
fn counted(text: &str) -> Option<i32> {
    let mut total = 0;
    let mut pending = None;
    for c in text.chars() {
        match c {
            '十' => total += pending.take().unwrap_or(1) * 10,
            '廿' => total += 20,
            '卅' => total += 30,
            c => pending = Some(digit(c)?),
        }
    }
    Some(total + pending.unwrap_or(0))
}

#[cfg(test)]
#[path = "date_tests.rs"]
mod tests;
