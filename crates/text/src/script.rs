//! Han characters and the step from traditional to simplified ones.

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use std::sync::OnceLock;

const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9fff;

/// Characters that OpenCC would change although simplified text uses them as they are (著名, 乾隆).
const KEPT: &[char] = &['著', '乾'];

/// Steps from a traditional character to one that is no traditional form of another.
const LONGEST_CHAIN: usize = 3;

/// True for a Han character (CJK unified ideographs, their extensions, the compatibility block and 〇).
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '〇' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// The simplified form of one character, or the character itself.
///
/// Character by character on purpose: phrase tables would make the result depend on the neighbours, and a rule
/// term must look the same whatever stands around it.
pub(crate) fn simplified(c: char) -> char {
    let code = c as u32;
    if !(FIRST..=LAST).contains(&code) {
        return c;
    }
    table().get((code - FIRST) as usize).copied().unwrap_or(c)
}

fn table() -> &'static [char] {
    static TABLE: OnceLock<Vec<char>> = OnceLock::new();
    TABLE.get_or_init(build)
}

/// Runs OpenCC once over every character of the range, one a line so that no phrase can form.
fn build() -> Vec<char> {
    let all: Vec<char> = (FIRST..=LAST).filter_map(char::from_u32).collect();
    let Ok(converter) = OpenCC::from_config(BuiltinConfig::T2s) else {
        return all;
    };
    let lines: String = all.iter().flat_map(|c| [*c, '\n']).collect();
    let converted = converter.convert(&lines);
    let mut out: Vec<char> = all.clone();
    for (slot, line) in out.iter_mut().zip(converted.split('\n')) {
        let mut chars = line.chars();
        if let (Some(one), None) = (chars.next(), chars.next())
            && !KEPT.contains(slot)
        {
            *slot = one;
        }
    }
    // 薴 becomes 苧, which is itself the traditional form of 苎: the last one counts, so that a normal form stays as it is.
    let once = out.clone();
    for slot in &mut out {
        for _ in 0..LONGEST_CHAIN {
            let code = u32::from(*slot).wrapping_sub(FIRST) as usize;
            *slot = once.get(code).copied().unwrap_or(*slot);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_simplified_stays() {
        for c in (FIRST..=LAST).filter_map(char::from_u32) {
            assert_eq!(simplified(simplified(c)), simplified(c), "{c}");
        }
        assert_eq!(simplified('薴'), '苎');
    }

    #[test]
    fn traditional_becomes_simplified_and_the_rest_stays() {
        for (from, to) in [
            ('線', '线'),
            ('衝', '冲'),
            ('補', '补'),
            ('課', '课'),
            ('課', '课'),
            ('学', '学'),
            ('著', '著'),
            ('a', 'a'),
            ('，', '，'),
        ] {
            assert_eq!(simplified(from), to);
        }
    }
}
