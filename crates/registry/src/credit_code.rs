//! Unified social credit codes (统一社会信用代码) by GB 32100-2015.

/// The 31 characters a code may use: digits and capitals without I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Weights of the first 17 characters: 3^(i-1) mod 31.
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// What the check of one code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CreditCode {
    /// 18 characters and the right check digit.
    Valid,
    /// Well-formed, but the last character should be another one. Codes like this have been issued, so it is a
    /// reason to look at the certificate again and not a reason to refuse the row.
    WrongCheckDigit {
        /// The character the first 17 call for.
        expected: char,
    },
    /// Not a credit code at all.
    Malformed(Malformation),
}

/// Why something is not a credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformation {
    /// Not 18 characters long.
    Length(usize),
    /// A character that codes do not use, and its place counted from 1.
    Character(char, usize),
}

/// Checks a code as it is written; cleaning (full-width digits, O for 0) is the importer's work.
pub(crate) fn credit_code_check(code: &str) -> CreditCode {
    let length = code.chars().count();
    if length != 18 {
        return CreditCode::Malformed(Malformation::Length(length));
    }
    let mut values = [0usize; 18];
    for (slot, (at, c)) in values.iter_mut().zip(code.chars().enumerate()) {
        match ALPHABET.iter().position(|a| char::from(*a) == c) {
            Some(value) => *slot = value,
            None => return CreditCode::Malformed(Malformation::Character(c, at + 1)),
        }
    }
    let [body @ .., check] = values;
    let sum: usize = body.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    let expected = (31 - sum % 31) % 31;
    if expected == check {
        return CreditCode::Valid;
    }
    let expected = ALPHABET.get(expected).copied().map_or('0', char::from);
    CreditCode::WrongCheckDigit { expected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_codes() {
        for code in [
            "9131000063159284XQ",
            "11320000MB151840XJ",
            "91512081MA62K0260E",
            "91350100M000100Y43",
            "52130100MJ0000018A",
            "91130100MA0000015F",
        ] {
            assert_eq!(credit_code_check(code), CreditCode::Valid, "{code}");
        }
        // The standard's own sample ends in Z on purpose, and Z is no character of the alphabet.
        assert_eq!(
            credit_code_check("91350100M000100Y4Z"),
            CreditCode::Malformed(Malformation::Character('Z', 18))
        );
        for code in ["91350211M0000XUF46", "91350100M0001TGQXM"] {
            assert!(matches!(credit_code_check(code), CreditCode::WrongCheckDigit { .. }), "{code}");
        }
    }

    #[test]
    fn malformed_codes_say_where() {
        let cases = [
            ("", Malformation::Length(0)),
            ("9135", Malformation::Length(4)),
            ("9.13E+17", Malformation::Length(8)),
            ("9135010OM000100Y43", Malformation::Character('O', 8)),
            ("91350100m000100Y43", Malformation::Character('m', 9)),
            ("９１350100M000100Y43", Malformation::Character('９', 1)),
        ];
        for (code, expected) in cases {
            assert_eq!(credit_code_check(code), CreditCode::Malformed(expected), "{code}");
        }
    }

    proptest! {
        #[test]
        fn exactly_one_last_character_is_right(body in "[0-9A-HJ-NPQRTUWXY]{17}") {
            let right: Vec<char> = ALPHABET
                .iter()
                .map(|c| char::from(*c))
                .filter(|c| credit_code_check(&format!("{body}{c}")) == CreditCode::Valid)
                .collect();
            prop_assert_eq!(right.len(), 1);
            let wrong = if right[0] == '0' { '1' } else { '0' };
            prop_assert_eq!(
                credit_code_check(&format!("{body}{wrong}")),
                CreditCode::WrongCheckDigit { expected: right[0] }
            );
        }

        #[test]
        fn never_panics(code in "\\PC{0,24}") {
            let _ = credit_code_check(&code);
        }
    }
}
