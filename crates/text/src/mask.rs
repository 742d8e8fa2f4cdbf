//! Personal numbers hidden before a text is indexed or shown.

use std::ops::Range;

/// Replaces the digits of mobile numbers (11 digits, 1[3-9]…), identity numbers (18 characters with a valid check
/// character, GB 11643-1999) and bank cards (16 to 19 digits that pass the Luhn check) by `*`, one for one, so that
/// offsets stay valid. Credit codes and licence numbers stay readable: they belong to institutions.
pub fn mask_personal(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = chars.clone();
    for run in runs(&chars) {
        for hidden in personal(&chars[run.clone()], names_a_code(&chars[..run.start])) {
            let (from, upto) = (run.start + hidden.start, run.start + hidden.end);
            for c in &mut out[from..upto] {
                if ascii(*c).is_some() {
                    *c = '*';
                }
            }
        }
    }
    out.into_iter().collect()
}

/// Runs of digits (with a last X), in which single spaces or hyphens between digits do not end the run. A run that
/// touches a letter is a code of something else.
fn runs(chars: &[char]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if ascii(chars[at]).is_none_or(|c| !c.is_ascii_digit()) {
            at += 1;
            continue;
        }
        let start = at;
        at += 1;
        while at < chars.len() {
            let here = ascii(chars[at]);
            let joined = matches!(chars[at], ' ' | '-')
                && chars.get(at + 1).and_then(|c| ascii(*c)).is_some_and(|c| c.is_ascii_digit());
            if here.is_none() && !joined {
                break;
            }
            at += 1;
        }
        let letter_before = start > 0 && chars[start - 1].is_ascii_alphabetic();
        if !letter_before {
            out.push(start..at);
        }
    }
    out
}

/// The half-width form of a digit or letter.
fn ascii(c: char) -> Option<char> {
    match c {
        '0'..='9' | 'a'..='z' | 'A'..='Z' => Some(c),
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(c as u32 - 0xfee0),
        _ => None,
    }
}

/// True when the words in front of a number say that it belongs to an institution or an order, not to a card.
fn names_a_code(before: &[char]) -> bool {
    const WORDS: &[&str] = &["代码", "许可证", "编号", "教民", "登记证", "单号", "订单", "文号"];
    let near: String = before[before.len().saturating_sub(10)..].iter().collect();
    WORDS.iter().any(|w| near.contains(w))
}

/// The stretches of one run that are personal numbers.
fn personal(run: &[char], is_code: bool) -> Vec<Range<usize>> {
    let digits: Vec<(usize, char)> =
        run.iter().enumerate().filter_map(|(i, c)| ascii(*c).map(|a| (i, a.to_ascii_uppercase()))).collect();
    let plain: String = digits.iter().map(|(_, c)| c).collect();
    let whole = 0..run.len();
    let all_digits = plain.bytes().all(|b| b.is_ascii_digit());
    let is_card = all_digits && !is_code && (16..=19).contains(&plain.len()) && passes_luhn(&plain);
    if is_card || is_identity(&plain) {
        return vec![whole];
    }
    if all_digits && is_mobile(plain.trim_start_matches("86")) && plain.len() <= 13 {
        return vec![whole];
    }
    // Two numbers written side by side ("13800000000 0537-…") make one run: look at its parts.
    let mut out = Vec::new();
    let mut start = 0;
    for part in run.split(|c| matches!(c, ' ' | '-')) {
        let text: String = part.iter().filter_map(|c| ascii(*c)).collect();
        if part.len() < run.len() && (is_mobile(&text) || is_identity(&text.to_ascii_uppercase())) {
            out.push(start..start + part.len());
        }
        start += part.len() + 1;
    }
    out
}

fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11
        && bytes[0] == b'1'
        && (b'3'..=b'9').contains(&bytes[1])
        && bytes.iter().all(u8::is_ascii_digit)
}

/// GB 11643: seventeen digits and the check character of ISO 7064 MOD 11-2.
fn is_identity(number: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let bytes = number.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = bytes.iter().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    bytes[17] == b"10X98765432"[(sum % 11) as usize]
}

fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0');
            if i % 2 == 0 {
                d
            } else if d > 4 {
                d * 2 - 9
            } else {
                d * 2
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn personal_numbers_are_hidden_one_for_one() {
        for (text, masked) in [
            ("电话13812345678咨询", "电话***********咨询"),
            ("电话138 1234 5678咨询", "电话*** **** ****咨询"),
            ("１３８１２３４５６７８", "***********"),
            ("身份证11010519491231002X。", "身份证******************。"),
            ("卡号6222021234567890127", "卡号6222021234567890127"),
            ("卡号4111111111111111", "卡号****************"),
            ("座机0537-1234567", "座机0537-1234567"),
        ] {
            assert_eq!(mask_personal(text), masked);
        }
    }

    #[test]
    fn numbers_of_institutions_stay() {
        for text in [
            "信用代码91310000MA1K35XY2T",
            "教民137082370230011号",
            "许可证编号4111111111111111",
            "2026年11月24日",
            "订单202611241234567",
        ] {
            assert_eq!(mask_personal(text), text);
        }
    }

    proptest! {
        #[test]
        fn length_in_characters_never_changes(text in "[0-9１Xx 补\\-]{0,60}") {
            prop_assert_eq!(mask_personal(&text).chars().count(), text.chars().count());
        }
    }
}
