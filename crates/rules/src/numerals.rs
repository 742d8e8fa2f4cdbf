//! Numbers as texts write them: 3600, 3,600, 3.5万, 三千六百, 两, 半.

/// A number read from the front of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Numeral {
    /// Its value.
    pub value: f64,
    /// How many characters it takes.
    pub len: usize,
}

/// Reads a number at the start of `chars`, or nothing. 万 and 亿 multiply what stands before them.
pub(crate) fn read(chars: &[char]) -> Option<Numeral> {
    let first = *chars.first()?;
    if first.is_ascii_digit() { read_digits(chars) } else { read_han(chars) }
}

fn read_digits(chars: &[char]) -> Option<Numeral> {
    let (mut value, mut len) = (0f64, 0);
    while let Some(c) = chars.get(len) {
        if let Some(d) = c.to_digit(10) {
            value = value * 10.0 + f64::from(d);
            len += 1;
        } else if *c == ',' && is_group(&chars[len + 1..]) {
            len += 1;
        } else {
            break;
        }
    }
    if chars.get(len) == Some(&'.') && chars.get(len + 1).is_some_and(char::is_ascii_digit) {
        len += 1;
        let mut weight = 0.1;
        while let Some(d) = chars.get(len).and_then(|c| c.to_digit(10)) {
            value += f64::from(d) * weight;
            weight /= 10.0;
            len += 1;
        }
    }
    let (factor, more) = multiplier(&chars[len..]);
    Some(Numeral { value: value * factor, len: len + more })
}

/// Exactly three digits follow: the comma groups thousands.
fn is_group(rest: &[char]) -> bool {
    rest.len() >= 3
        && rest[..3].iter().all(char::is_ascii_digit)
        && !rest.get(3).is_some_and(char::is_ascii_digit)
}

fn multiplier(rest: &[char]) -> (f64, usize) {
    match rest.first() {
        Some('万') => (1e4, 1),
        Some('亿') => (1e8, 1),
        Some('千') => (1e3, 1),
        Some('百') => (1e2, 1),
        _ => (1.0, 0),
    }
}

fn digit(c: char) -> Option<f64> {
    let value = match c {
        '零' | '〇' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    };
    Some(f64::from(value))
}

fn read_han(chars: &[char]) -> Option<Numeral> {
    let (mut total, mut section, mut pending) = (0f64, 0f64, None);
    let mut len = 0;
    for c in chars {
        if let Some(d) = digit(*c) {
            // 二零二六: digits side by side are read one after another.
            pending = Some(pending.map_or(d, |p: f64| p * 10.0 + d));
        } else if let Some(unit) = match c {
            '十' | '拾' => Some(10.0),
            '百' | '佰' => Some(100.0),
            '千' | '仟' => Some(1000.0),
            _ => None,
        } {
            if pending.is_none() && unit > 10.0 {
                break;
            }
            section += pending.take().unwrap_or(1.0) * unit;
        } else if matches!(c, '万' | '亿') && len > 0 {
            let unit = if *c == '万' { 1e4 } else { 1e8 };
            total = (total + section + pending.take().unwrap_or(0.0)) * unit;
            section = 0.0;
        } else {
            break;
        }
        len += 1;
    }
    (len > 0).then(|| Numeral { value: total + section + pending.unwrap_or(0.0), len })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_figures_and_in_han_characters() {
        for (text, value, len) in [
            ("3600元", 3600.0, 4),
            ("3,600元", 3600.0, 5),
            ("3.5万元", 35000.0, 4),
            ("九十六课时", 96.0, 3),
            ("十二个月", 12.0, 2),
            ("两年", 2.0, 1),
            ("三千六百元", 3600.0, 4),
            ("二十万元", 200_000.0, 3),
            ("二零二六年", 2026.0, 4),
            ("一百零八", 108.0, 4),
            ("8百元", 800.0, 2),
        ] {
            let chars: Vec<char> = text.chars().collect();
            assert_eq!(read(&chars), Some(Numeral { value, len }), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "元", "万元", "百货"] {
            assert_eq!(read(&text.chars().collect::<Vec<_>>()), None, "{text}");
        }
    }
}
