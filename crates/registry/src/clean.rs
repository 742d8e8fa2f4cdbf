//! One cell at a time: what people type, as the register keeps it.

use crate::table::Cell;
use chrono::{Days, NaiveDate};
use guanlan_text::normalise;

/// Longest text of a cell, in characters.
const MAX_TEXT: usize = 500;

/// What is wrong with a cell, and what to do. Both in Chinese.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub message: String,
    pub help: String,
}

impl Complaint {
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Complaint { message: message.into(), help: help.into() }
    }
}

/// A cell as text: trimmed, blanks joined, invisible characters gone. Whole numbers lose their decimals.
pub(crate) fn text(cell: &Cell) -> Result<String, Complaint> {
    let raw = match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Cell::Number(number) => number.to_string(),
        Cell::Date(date) => date.to_string(),
        Cell::Broken(error) => {
            return Err(Complaint::new(format!("单元格是公式错误 {error}"), "请改成固定的文字再导入"));
        }
    };
    let visible: String =
        raw.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect();
    let joined = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if joined.chars().count() > MAX_TEXT {
        return Err(Complaint::new(format!("内容超过 {MAX_TEXT} 个字"), "请只保留名录需要的内容"));
    }
    Ok(joined)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}')
}

/// A list as people write it: `|`, `、`, `；`, `;`, `，`, `,` and newlines part it; doubles are dropped.
pub(crate) fn list(cell: &Cell) -> Result<Vec<String>, Complaint> {
    let parted = match cell {
        Cell::Text(text) => Cell::Text(text.replace(['\n', '\r'], "|")),
        other => other.clone(),
    };
    let mut items: Vec<String> = Vec::new();
    for item in text(&parted)?.split(['|', '｜', '、', ';', '；', '，', ',']) {
        let item = item.trim();
        if !item.is_empty() && item != "无" && item != "/" && item != "-" && !items.iter().any(|i| i == item)
        {
            items.push(item.to_owned());
        }
    }
    Ok(items)
}

/// A number that is a name: credit code or licence number. Scientific notation has lost its last digits.
pub(crate) fn number(cell: &Cell) -> Result<String, Complaint> {
    let lost = |shown: &str| {
        Complaint::new(
            format!("号码变成了 {shown}，末几位已经丢失"),
            "请把这一列设为文本格式，重新填写完整号码再导入",
        )
    };
    if let Cell::Number(number) = cell
        && number.abs() >= 1e15
    {
        return Err(lost(&format!("{number:.5E}")));
    }
    let text = text(cell)?;
    if is_scientific(&text) {
        return Err(lost(&text));
    }
    let text = text.trim_start_matches('\'');
    Ok(if matches!(text, "无" | "/" | "-" | "—") { String::new() } else { text.to_owned() })
}

fn is_scientific(text: &str) -> bool {
    let half = normalise(text);
    let Some((mantissa, exponent)) = half.as_str().split_once('e') else { return false };
    let digits = exponent.strip_prefix('+').unwrap_or(exponent);
    (mantissa.contains('.') || exponent.starts_with('+'))
        && mantissa.chars().all(|c| c.is_ascii_digit() || c == '.')
        && !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit())
}

/// A credit code in half-width capitals, with what was mended: O and I are no characters of a code.
pub(crate) fn credit_code(text: &str) -> (String, Vec<String>) {
    let upper: String = text
        .chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '－'))
        .flat_map(char::to_uppercase)
        .collect();
    let mut mended = Vec::new();
    if upper.contains('O') {
        mended.push("字母 O 已改为数字 0".to_owned());
    }
    if upper.contains('I') {
        mended.push("字母 I 已改为数字 1".to_owned());
    }
    (upper.replace('O', "0").replace('I', "1"), mended)
}

/// Full-width letters, digits and signs as half-width ones.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// A day in any of the usual spellings, or an Excel serial number. `None`: 长期, 无固定期限 and the like.
pub(crate) fn date(cell: &Cell) -> Result<Option<NaiveDate>, Complaint> {
    match cell {
        Cell::Date(date) => Ok(Some(*date)),
        Cell::Number(number) => serial(*number).map(Some).ok_or_else(|| unreadable(&number.to_string())),
        _ => date_text(&text(cell)?),
    }
}

/// Two days with something between them: `2024-03-01至2028-02-29`.
pub(crate) fn period(cell: &Cell) -> Result<(Option<NaiveDate>, Option<NaiveDate>), Complaint> {
    let text = text(cell)?;
    for mark in ["至", "到", "~", "～", "—", " - ", "--"] {
        if let Some((from, to)) = text.split_once(mark) {
            return Ok((date_text(from)?, date_text(to.trim_start_matches(['-', '—']))?));
        }
    }
    Ok((None, date_text(&text)?))
}

fn unreadable(text: &str) -> Complaint {
    Complaint::new(format!("看不懂日期「{text}」"), "请写成 2026-03-01 或 2026年3月1日；长期有效请写“长期”")
}

/// Days since 1899-12-30, as Excel counts after 1900-03-01; or the eight digits 20260301.
fn serial(number: f64) -> Option<NaiveDate> {
    if number.fract() == 0.0 && (19_000_101.0..=21_991_231.0).contains(&number) {
        return compact(&format!("{number:.0}"));
    }
    if !(20_000.0..80_000.0).contains(&number) {
        return None;
    }
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(number.trunc() as u64))
}

fn date_text(text: &str) -> Result<Option<NaiveDate>, Complaint> {
    let plain: String = text.chars().map(half_width).collect();
    let plain = plain.trim();
    if plain.is_empty()
        || matches!(plain, "长期" | "长期有效" | "无固定期限" | "永久" | "无" | "/" | "-" | "—")
    {
        return Ok(None);
    }
    let day = plain.split([' ', 'T']).next().unwrap_or(plain);
    let parts: Vec<&str> =
        day.split(['年', '月', '日', '/', '-', '.']).map(str::trim).filter(|p| !p.is_empty()).collect();
    let found = match parts.as_slice() {
        [year, month, day] if year.len() == 4 => {
            let number = |s: &str| s.parse::<u32>().ok();
            match (year.parse::<i32>(), number(month), number(day)) {
                (Ok(y), Some(m), Some(d)) => NaiveDate::from_ymd_opt(y, m, d),
                _ => None,
            }
        }
        [one] if one.len() == 8 => compact(one),
        [one] => one.parse::<f64>().ok().and_then(serial),
        _ => None,
    };
    found
        .filter(|d| (1949..2200).contains(&chrono::Datelike::year(d)))
        .map(Some)
        .ok_or_else(|| unreadable(text))
}

fn compact(digits: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(digits, "%Y%m%d").ok()
}

/// A web address that can be fetched, or the reason why it is none.
pub(crate) fn site(text: &str) -> Result<(String, bool), Complaint> {
    let plain: String = text.chars().map(half_width).collect();
    let (address, mended) = match plain.to_lowercase() {
        lower if lower.starts_with("http://") || lower.starts_with("https://") => (plain, false),
        lower if lower.contains("://") => {
            return Err(Complaint::new(
                format!("网址「{text}」不是网页地址"),
                "只支持 http:// 或 https:// 开头的网址",
            ));
        }
        _ => (format!("https://{plain}"), true),
    };
    let host =
        address.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let dotted =
        host.split(':').next().is_some_and(|h| h.contains('.') && !h.starts_with('.') && !h.ends_with('.'));
    if !dotted || host.contains('@') || address.chars().any(char::is_whitespace) {
        return Err(Complaint::new(
            format!("网址「{text}」不完整"),
            "请写成 https://www.example.com/ 的样子，多个网址用 | 隔开",
        ));
    }
    Ok((address, mended))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(text: &str) -> Cell {
        Cell::Text(text.into())
    }

    #[test]
    fn dates_in_every_usual_spelling() {
        let expected = NaiveDate::from_ymd_opt(2026, 3, 1);
        for text in [
            "2026年3月1日",
            "2026年03月01日",
            "2026/3/1",
            "2026-03-01",
            "2026.3.1",
            "20260301",
            "２０２６－０３－０１",
            "2026-03-01 00:00:00",
            "2026-03-01T08:00:00+08:00",
            "46082",
        ] {
            assert_eq!(date(&typed(text)), Ok(expected), "{text}");
        }
        assert_eq!(date(&Cell::Number(46_082.0)), Ok(expected));
        assert_eq!(date(&Cell::Number(20_260_301.0)), Ok(expected));
        for text in ["长期", "无固定期限", "/", ""] {
            assert_eq!(date(&typed(text)), Ok(None), "{text}");
        }
        for text in ["2026年3月", "2026-02-30", "3/1/2026", "明年", "99999", "1026-03-01", "2026-3-1-2"] {
            assert!(date(&typed(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn periods_are_parted() {
        let day = NaiveDate::from_ymd_opt;
        for text in [
            "2024-03-01至2028-02-29",
            "2024年3月1日—2028年2月29日",
            "2024.3.1~2028.2.29",
            "2024/3/1 - 2028/2/29",
        ] {
            assert_eq!(period(&typed(text)), Ok((day(2024, 3, 1), day(2028, 2, 29))), "{text}");
        }
        assert_eq!(period(&typed("2024-03-01至长期")), Ok((day(2024, 3, 1), None)));
    }

    #[test]
    fn lists_are_parted_and_freed_of_doubles() {
        assert_eq!(
            list(&typed("小荷|小荷舞蹈、小荷；荷花;无")),
            Ok(vec!["小荷".into(), "小荷舞蹈".into(), "荷花".into()])
        );
        assert_eq!(list(&typed("甲\n乙")), Ok(vec!["甲".into(), "乙".into()]));
    }

    #[test]
    fn numbers_that_lost_digits_are_refused() {
        assert!(number(&Cell::Number(9.131_000_063_159_284e17)).is_err());
        for text in ["9.13E+17", "9.13e17", "９.13E+17"] {
            assert!(number(&typed(text)).is_err(), "{text}");
        }
        assert_eq!(number(&typed(" 教民1369982010000037号 ")), Ok("教民1369982010000037号".into()));
        assert_eq!(number(&Cell::Number(136_998_201.0)), Ok("136998201".into()));
        assert_eq!(number(&typed("91350100M000100Y43")), Ok("91350100M000100Y43".into()));
    }

    #[test]
    fn credit_codes_are_mended() {
        let (code, mended) = credit_code("９１35o100m0001ooy4 3");
        assert_eq!(code, "91350100M000100Y43");
        assert_eq!(mended.len(), 1);
        assert_eq!(credit_code("9I350100M000100Y43").0, "91350100M000100Y43");
    }

    #[test]
    fn sites_need_a_host() {
        assert_eq!(site("https://www.xiaohe.example/a"), Ok(("https://www.xiaohe.example/a".into(), false)));
        assert_eq!(site("www.xiaohe.example"), Ok(("https://www.xiaohe.example".into(), true)));
        for text in ["ftp://x.example", "http://", "公众号小荷", "https://a b.example", "https://u@x.example"]
        {
            assert!(site(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_cell_panics(raw in "\\PC{0,40}") {
            let cell = typed(&raw);
            let _ = (text(&cell), list(&cell), number(&cell), date(&cell), period(&cell), credit_code(&raw), site(&raw));
        }

        #[test]
        fn every_day_survives_every_spelling(days in 18_000u64..60_000) {
            let day = NaiveDate::from_ymd_opt(1970, 1, 1).and_then(|d| d.checked_add_days(Days::new(days - 10_000)));
            let Some(day) = day else { return Ok(()) };
            for form in ["%Y年%-m月%-d日", "%Y/%-m/%-d", "%Y-%m-%d", "%Y%m%d"] {
                prop_assert_eq!(date(&typed(&day.format(form).to_string())), Ok(Some(day)));
            }
        }
    }
}
