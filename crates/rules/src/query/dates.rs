//! The value of `日期:`.

use super::QueryError;
use chrono::{Datelike, Days, Months, NaiveDate};
use std::ops::RangeInclusive;

const YEARS: RangeInclusive<i32> = 1990..=2100;
const EXAMPLES: &str = "例如 2026-11-01..2026-11-24、2026年5月、2026、近7天、今天";

/// Reads the value of `日期:` that starts at character `at` of the query: a day, a month, a year, two of them with
/// `..` (also `至`, `~`) between, one end left open, or a stretch that ends today.
pub(super) fn read(value: &str, at: usize, today: NaiveDate) -> Result<Ends, QueryError> {
    let chars: Vec<char> = value.chars().map(super::lexer::fold).collect();
    let whole = |message: &str| QueryError::new(at, chars.len(), message.to_owned()).help(EXAMPLES);
    if chars.is_empty() {
        return Err(whole("『日期:』后面缺少日期"));
    }
    let Some((left, right_start)) = split(&chars) else {
        let (from, to) = stretch(&chars, at, today)?;
        return Ok((Some(from), Some(to)));
    };
    let (left, right) = (chars.get(..left).unwrap_or_default(), chars.get(right_start..).unwrap_or_default());
    let from = if left.is_empty() { None } else { Some(stretch(left, at, today)?.0) };
    let to = if right.is_empty() { None } else { Some(stretch(right, at + right_start, today)?.1) };
    match (from, to) {
        (None, None) => Err(whole("日期范围的两端不能都空着")),
        (Some(first), Some(last)) if first > last => Err(whole("起始日期晚于结束日期")),
        ends => Ok(ends),
    }
}

type Ends = (Option<NaiveDate>, Option<NaiveDate>);

/// End of the left side and start of the right side of a range.
fn split(chars: &[char]) -> Option<(usize, usize)> {
    if let Some(dots) = chars.windows(2).position(|pair| pair == ['.', '.']) {
        return Some((dots, dots + 2));
    }
    chars.iter().position(|c| matches!(c, '…' | '~' | '至' | '到')).map(|sign| (sign, sign + 1))
}

/// First and last day of one expression.
fn stretch(chars: &[char], at: usize, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), QueryError> {
    let text: String = chars.iter().collect();
    let fault = || QueryError::new(at, chars.len(), format!("看不懂的日期『{text}』")).help(EXAMPLES);
    let named = match text.as_str() {
        "今天" | "今日" => Some((today, today)),
        "昨天" | "昨日" => back(today, 1).map(|day| (day, day)),
        "前天" => back(today, 2).map(|day| (day, day)),
        "本周" | "这周" => monday(today).map(|first| (first, today)),
        "上周" => monday(today).and_then(|first| Some((back(first, 7)?, back(first, 1)?))),
        "本月" => today.with_day(1).map(|first| (first, today)),
        "上月" | "上个月" => today
            .with_day(1)
            .and_then(|first| Some((first.checked_sub_months(Months::new(1))?, back(first, 1)?))),
        "今年" | "本年" => NaiveDate::from_ymd_opt(today.year(), 1, 1).map(|first| (first, today)),
        "去年" => return year(today.year() - 1).ok_or_else(fault),
        _ => ["最近", "过去", "近"]
            .iter()
            .find_map(|word| text.strip_prefix(word))
            .and_then(|rest| recent(rest, today)),
    };
    match named {
        Some(ends) => Ok(ends),
        None if without_year(chars) => of_this_or_last_year(chars, at, today, &fault),
        None => calendar(chars, at, &fault),
    }
}

fn monday(today: NaiveDate) -> Option<NaiveDate> {
    back(today, u64::from(today.weekday().num_days_from_monday()))
}

/// 5月, 11月24日.
fn without_year(chars: &[char]) -> bool {
    let digits = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    (1..=2).contains(&digits) && chars.get(digits) == Some(&'月')
}

/// A month or day without its year: the latest one that has begun.
fn of_this_or_last_year(
    chars: &[char],
    at: usize,
    today: NaiveDate,
    fault: &dyn Fn() -> QueryError,
) -> Result<(NaiveDate, NaiveDate), QueryError> {
    let dated = |year: i32| {
        let written: Vec<char> = format!("{year}年").chars().chain(chars.iter().copied()).collect();
        // The five characters of the year are ours, not the query's.
        calendar(&written, 0, fault).map_err(|error| match error.at.checked_sub(5) {
            Some(behind) if error.len < chars.len() => QueryError { at: at + behind, ..error },
            _ => fault(),
        })
    };
    let this = dated(today.year())?;
    if this.0 <= today { Ok(this) } else { dated(today.year() - 1) }
}

/// 近7天, 近2周, 近三个月, 近半年, 近1年: the stretch ends today and includes it.
fn recent(rest: &str, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    if rest == "半年" {
        return months_back(today, 6);
    }
    let end = rest.find(['天', '日', '周', '个', '月', '年'])?;
    let (number, unit) = rest.split_at(end);
    let number = small_number(number).filter(|n| (1..=3660).contains(n))?;
    match unit {
        "天" | "日" => Some((back(today, u64::from(number) - 1)?, today)),
        "周" | "个星期" => Some((back(today, u64::from(number) * 7 - 1)?, today)),
        "个月" | "月" => months_back(today, number),
        "年" => months_back(today, number * 12),
        _ => None,
    }
}

fn small_number(text: &str) -> Option<u32> {
    if text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let digit = |c: char| "一二三四五六七八九".chars().position(|d| d == c).map(|at| at as u32 + 1);
    let chars: Vec<char> = text.chars().map(|c| if c == '两' { '二' } else { c }).collect();
    match chars.as_slice() {
        [one] if *one == '十' => Some(10),
        [one] => digit(*one),
        ['十', ones] => Some(10 + digit(*ones)?),
        [tens, '十'] => Some(digit(*tens)? * 10),
        [tens, '十', ones] => Some(digit(*tens)? * 10 + digit(*ones)?),
        _ => None,
    }
}

fn back(day: NaiveDate, days: u64) -> Option<NaiveDate> {
    day.checked_sub_days(Days::new(days))
}

fn months_back(today: NaiveDate, months: u32) -> Option<(NaiveDate, NaiveDate)> {
    let first = today.checked_sub_months(Months::new(months))?.succ_opt()?;
    Some((first, today))
}

fn year(year: i32) -> Option<(NaiveDate, NaiveDate)> {
    Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?))
}

/// One number of a calendar date: its value and where it stands in the query.
struct Part {
    value: u32,
    at: usize,
    len: usize,
}

/// `2026`, `2026年`, `2026-11`, `2026年5月`, `2026-11-01`, `2026/11/1`, `2026年5月3日`.
fn calendar(
    chars: &[char],
    at: usize,
    fault: &dyn Fn() -> QueryError,
) -> Result<(NaiveDate, NaiveDate), QueryError> {
    let parts = parts(chars, at).ok_or_else(fault)?;
    let mut parts = parts.iter();
    let year_part = parts.next().ok_or_else(fault)?;
    let whole_year = i32::try_from(year_part.value).unwrap_or(i32::MAX);
    if year_part.len != 4 || !YEARS.contains(&whole_year) {
        return Err(wrong(year_part, format!("年份应为 {}–{}", YEARS.start(), YEARS.end())));
    }
    let Some(month) = parts.next() else {
        return year(whole_year).ok_or_else(fault);
    };
    if !(1..=12).contains(&month.value) {
        return Err(wrong(month, "月份应为 1–12".to_owned()));
    }
    let first = NaiveDate::from_ymd_opt(whole_year, month.value, 1).ok_or_else(fault)?;
    let last = first.checked_add_months(Months::new(1)).and_then(|next| back(next, 1)).ok_or_else(fault)?;
    let Some(day) = parts.next() else {
        return Ok((first, last));
    };
    if day.value == 0 || day.value > last.day() {
        let message = format!("{whole_year}年{}月的日期应为 1–{}", month.value, last.day());
        return Err(wrong(day, message));
    }
    let date = first.with_day(day.value).ok_or_else(fault)?;
    Ok((date, date))
}

fn wrong(part: &Part, message: String) -> QueryError {
    QueryError::new(part.at, part.len, message)
}

/// Splits into at most three numbers of at most four digits; `None` when anything else stands there.
fn parts(chars: &[char], at: usize) -> Option<Vec<Part>> {
    let mut found = Vec::new();
    let mut pos = 0;
    while pos < chars.len() {
        let digits = chars.get(pos..)?.iter().take_while(|c| c.is_ascii_digit()).count();
        if !(1..=4).contains(&digits) || found.len() == 3 {
            return None;
        }
        let text: String = chars.get(pos..pos + digits)?.iter().collect();
        found.push(Part { value: text.parse().ok()?, at: at + pos, len: digits });
        pos += digits;
        match (chars.get(pos), found.len()) {
            (None, _) => {}
            (Some('-' | '/' | '.'), 1 | 2) if pos + 1 < chars.len() => pos += 1,
            (Some('年'), 1) | (Some('月'), 2) | (Some('日' | '号'), 3) => pos += 1,
            _ => return None,
        }
    }
    Some(found)
}
