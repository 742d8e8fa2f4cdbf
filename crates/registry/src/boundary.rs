//! Whether a hit is a name by itself or a piece of a longer word.

use crate::patterns::NamePattern;
use crate::register::Strength;
use crate::resolve::{NameHit, Passage};
use crate::words::words;
use guanlan_model::Via;
use guanlan_text::is_han;

/// Longest continuation that is read in search of a legal form.
pub(crate) const LONGEST_NAME: usize = 16;
/// Particles and enumerations that no legal name contains.
const NAME_ENDS: &[char] = &['的', '在', '是', '和', '与', '及', '等', '被', '将', '对', '向'];

/// False when the characters around the hit make it part of something else: 大博文, 未来教育部门, 博文雅苑小区,
/// 博文教育咨询有限公司.
pub(crate) fn holds(passage: &Passage, hit: &NameHit, pattern: &NamePattern) -> bool {
    let vias = || pattern.bearers.iter().map(|b| b.via);
    if vias().any(|v| v == Via::Name) {
        return true;
    }
    let left = hit.start.checked_sub(1).and_then(|at| passage.chars.get(at));
    let right = passage.chars.get(hit.end);
    let first = passage.chars.get(hit.start);
    let last = hit.end.checked_sub(1).and_then(|at| passage.chars.get(at));
    if (is_latin(first) && is_latin(left)) || (is_latin(last) && is_latin(right)) {
        return false;
    }
    if vias().any(|v| v == Via::Number) {
        return true;
    }
    // Nothing but the dropped asterisk tells 龙*跆拳道 from 龙跆拳道, which may be anybody.
    let shown = pattern.masked && passage.chars.get(hit.start + 1).is_some_and(|c| is_mask(*c));
    if pattern.masked && !shown && !passage.normal.gap_before(hit.start + 1) {
        return false;
    }
    !joined_left(passage, hit)
        && !joined_right(passage, hit, pattern)
        && !other_legal_name(passage, hit)
        && !begins_a_quoted_name(passage, hit, pattern)
}

fn is_latin(c: Option<&char>) -> bool {
    c.is_some_and(char::is_ascii_alphanumeric)
}

fn is_mask(c: char) -> bool {
    matches!(c, '某' | 'x' | '×')
}

/// “清风陪读” is not 清风: the quotation marks hold another name that only begins alike.
fn begins_a_quoted_name(passage: &Passage, hit: &NameHit, pattern: &NamePattern) -> bool {
    const LONGEST: usize = 6;
    const SPEECH: &str = "的不了在是有没要就都很来去说我你他她们这那";
    let opened = hit
        .start
        .checked_sub(1)
        .and_then(|at| passage.chars.get(at))
        .is_some_and(|c| matches!(c, '“' | '「'));
    let weak = pattern.bare && pattern.bearers.iter().all(|b| b.strength == Strength::Common);
    if !weak || !opened {
        return false;
    }
    let behind = passage.chars.iter().skip(hit.end).take(LONGEST + 1);
    let rest: String = behind.take_while(|c| is_han(**c) && !SPEECH.contains(**c)).collect();
    let length = rest.chars().count();
    let closed = passage.chars.get(hit.end + length).is_some_and(|c| matches!(c, '”' | '」'));
    closed && (1..=LONGEST).contains(&length) && !words().is_made_of_trades(&rest)
}

fn joined_left(passage: &Passage, hit: &NameHit) -> bool {
    let table = &words().boundary;
    // Something dropped in between (a space, a dot) ends the word on the left.
    if passage.normal.gap_before(hit.start) {
        return false;
    }
    let before = passage.normal.slice(hit.start.saturating_sub(3), hit.start);
    table.left_joiners.iter().any(|j| before.ends_with(j.as_str()))
        && !table.left_exceptions.iter().any(|e| before.ends_with(e.as_str()))
}

fn joined_right(passage: &Passage, hit: &NameHit, pattern: &NamePattern) -> bool {
    let table = &words().boundary;
    let behind = passage.normal.slice(hit.end, hit.end + 5);
    let starts = |list: &[String]| list.iter().any(|w| behind.starts_with(w.as_str()));
    let office = starts(&table.office_joiners) && !starts(&table.office_exceptions);
    // 托管部 and 培训部 are departments of the institution; 教育部 and 体育局 are offices of the state.
    let office_like = table.office_words.iter().any(|w| pattern.text.ends_with(w.as_str()));
    (office && office_like)
        || (pattern.bare && starts(&table.brand_joiners) && !starts(&table.brand_exceptions))
}

/// True when the name runs on into a legal form: then it is the legal name of somebody else, since the full names
/// of the register are patterns of their own and would have been the longer hit.
fn other_legal_name(passage: &Passage, hit: &NameHit) -> bool {
    let run: String = passage
        .chars
        .iter()
        .skip(hit.end)
        .take(LONGEST_NAME)
        .take_while(|c| is_han(**c) && !NAME_ENDS.contains(c))
        .collect();
    words().boundary.legal_ends.iter().any(|end| run.contains(end.as_str()))
}
