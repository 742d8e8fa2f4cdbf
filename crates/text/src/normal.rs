//! The normal form: what is compared, with a way back to what was written.

use crate::lookalike::lookalike;
use crate::script::{is_han, simplified};
use guanlan_model::Form;
use std::sync::OnceLock;
use unicode_normalization::UnicodeNormalization;

/// Longest run of separators that is taken for a disguise between two Han characters; a longer one is layout.
const LONGEST_GAP: usize = 4;

const GAP: u8 = 0x80;

/// A text in normal form together with the place every character came from. Offsets count Unicode scalar values.
///
/// Most text is written in its normal form, so only what was changed is stored.
#[derive(Debug, Clone, Default)]
pub struct Normal {
    text: String,
    chars: u32,
    /// Where the way back to the original jumps, in order: from this normal character on, the original offset is this
    /// one plus the distance. Before the first jump both are the same.
    jumps: Vec<(u32, u32)>,
    /// Normal characters that were written otherwise, in order: their [`Form`], and [`GAP`] where something was
    /// dropped in front of them.
    marks: Vec<(u32, u8)>,
    /// Byte offset of each normal character, and the length of the text at the end; made when first asked for.
    bytes: OnceLock<Vec<u32>>,
}

impl Normal {
    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Number of characters of the normal form.
    pub fn len_chars(&self) -> usize {
        self.chars as usize
    }

    /// Offsets in the normal form to offsets in the original. Characters that were dropped inside the stretch
    /// belong to it, those at its ends do not. Offsets beyond the end are taken for the end.
    pub fn to_original(&self, start: usize, end: usize) -> (usize, usize) {
        let past = self.len_chars().checked_sub(1).map_or(0, |last| self.origin(last) + 1);
        let from = if start < self.len_chars() { self.origin(start) } else { past };
        if end <= start {
            return (from, from);
        }
        let upto = if end <= self.len_chars() { self.origin(end - 1) + 1 } else { past };
        (from, upto)
    }

    /// Original offset of a normal character.
    fn origin(&self, at: usize) -> usize {
        let next = self.jumps.partition_point(|(from, _)| *from as usize <= at);
        let (from, origin) = next.checked_sub(1).and_then(|i| self.jumps.get(i)).copied().unwrap_or_default();
        origin as usize + (at - from as usize)
    }

    /// The strongest transformation that was needed between the two offsets of the normal form.
    pub fn form(&self, start: usize, end: usize) -> Form {
        let mut strongest = Form::Exact;
        let next = self.marks.partition_point(|(at, _)| (*at as usize) < start);
        for (at, mark) in self.marks[next..].iter().take_while(|(at, _)| (*at as usize) < end) {
            strongest = strongest.max(from_mark(mark & !GAP));
            if *at as usize > start && mark & GAP != 0 {
                strongest = strongest.max(Form::Inserted);
            }
        }
        strongest
    }

    /// Byte offset of a character in [`Normal::as_str`].
    pub fn byte_of(&self, at: usize) -> usize {
        self.bytes().get(at).map_or(self.text.len(), |b| *b as usize)
    }

    /// Character offset of a byte offset that lies on a character of [`Normal::as_str`].
    pub fn char_of(&self, byte: usize) -> usize {
        self.bytes().partition_point(|b| (*b as usize) < byte)
    }

    fn bytes(&self) -> &[u32] {
        self.bytes.get_or_init(|| {
            let mut bytes = Vec::with_capacity(self.len_chars() + 1);
            bytes.extend(self.text.char_indices().map(|(at, _)| at as u32));
            bytes.push(self.text.len() as u32);
            bytes
        })
    }

    /// The characters between two offsets of the normal form.
    pub fn slice(&self, start: usize, end: usize) -> &str {
        self.text.get(self.byte_of(start)..self.byte_of(end)).unwrap_or_default()
    }

    /// True when something was dropped in front of this character: a space, a separator or an invisible character.
    pub fn gap_before(&self, at: usize) -> bool {
        let next = self.marks.partition_point(|(place, _)| (*place as usize) < at);
        self.marks.get(next).is_some_and(|(place, mark)| *place as usize == at && mark & GAP != 0)
    }

    fn push(&mut self, c: char, origin: u32, form: Form, gap: bool) {
        self.jump(origin);
        let mark = form as u8 | if gap { GAP } else { 0 };
        if mark != 0 {
            self.marks.push((self.chars, mark));
        }
        self.text.push(c);
        self.chars += 1;
    }

    /// Takes characters over as they are.
    fn copy(&mut self, text: &str, chars: u32, origin: u32) {
        if chars > 0 {
            self.jump(origin);
            self.text.push_str(text);
            self.chars += chars;
        }
    }

    /// Notes that the next character comes from `origin`.
    fn jump(&mut self, origin: u32) {
        let (from, before) = self.jumps.last().copied().unwrap_or_default();
        if before + (self.chars - from) != origin {
            self.jumps.push((self.chars, origin));
        }
    }
}

fn from_mark(mark: u8) -> Form {
    Form::ALL.get(usize::from(mark)).copied().unwrap_or(Form::Disguised)
}

/// Puts a text into normal form: NFKC character by character, traditional to simplified, look-alikes to what they are
/// meant for, Latin letters in lower case and without tone marks, invisible and bidirectional characters dropped, and
/// separators or spaces dropped where they stand between two Han characters. Newlines stay: they end paragraphs. Runs in linear time.
pub fn normalise(original: &str) -> Normal {
    let plain = Plain::table();
    let mut normal = Normal { text: String::with_capacity(original.len()), ..Normal::default() };
    let mut pending: Vec<(char, u32)> = Vec::new();
    let mut gap = false;
    // Characters from here on are taken over together, when the next one comes that is not plain.
    let (mut from_byte, mut from) = (0, 0u32);
    for (at, (byte, raw)) in original.char_indices().enumerate() {
        if plain.holds(raw) && !gap && pending.is_empty() {
            continue;
        }
        let at = at as u32;
        normal.copy(&original[from_byte..byte], at - from, from);
        (from_byte, from) = (byte + raw.len_utf8(), at + 1);
        if is_invisible(raw) {
            gap = true;
            continue;
        }
        for (c, form) in fold(raw) {
            // Some letters fall apart into a letter and its marks.
            if is_invisible(c) {
                gap = true;
                continue;
            }
            if is_separator(c) {
                // A run of spaces is one space, however long.
                if c != ' ' || pending.last().is_none_or(|(last, _)| *last != ' ') {
                    pending.push((c, at));
                }
                continue;
            }
            if !pending.is_empty() {
                let last = normal.text.chars().next_back().unwrap_or('\n');
                if pending.len() <= LONGEST_GAP && is_han(last) && is_han(c) {
                    gap = true;
                } else {
                    keep(&mut normal, &pending);
                }
                pending.clear();
            }
            normal.push(c, at, form, gap);
            gap = false;
        }
    }
    normal.copy(&original[from_byte..], original[from_byte..].chars().count() as u32, from);
    keep(&mut normal, &pending);
    normal
}

/// The characters of the basic plane that are their own normal form wherever they stand, as bits.
struct Plain {
    bits: Vec<u64>,
}

impl Plain {
    fn table() -> &'static Plain {
        static TABLE: OnceLock<Plain> = OnceLock::new();
        TABLE.get_or_init(|| {
            let mut bits = vec![0; 0x1_0000 / 64];
            for c in (0..0x1_0000u32).filter_map(char::from_u32) {
                let kept = matches!(fold(c), Folded::One(same, Form::Exact) if same == c);
                if kept && !is_invisible(c) && !is_separator(c) {
                    bits[c as usize / 64] |= 1 << (c as usize % 64);
                }
            }
            Plain { bits }
        })
    }

    fn holds(&self, c: char) -> bool {
        self.bits.get(c as usize / 64).is_some_and(|bits| bits >> (c as usize % 64) & 1 == 1)
    }
}

/// Separators that separate are kept.
fn keep(normal: &mut Normal, pending: &[(char, u32)]) {
    for (c, at) in pending {
        normal.push(*c, *at, Form::Exact, false);
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{300}'..='\u{36f}' | '\u{20e3}' | '\r' | '\0')
}

/// What is inserted between two Han characters without ending anything. Sentence punctuation, brackets, 、 and the
/// table bar are no separators.
fn is_separator(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t'
            | '/'
            | '\\'
            | '-'
            | '_'
            | '*'
            | '.'
            | '·'
            | '•'
            | '‧'
            | '∙'
            | '+'
            | '~'
            | '^'
            | '`'
            | '\''
            | '#'
            | '='
    )
}

/// One original character as normal characters. Nearly always one.
fn fold(c: char) -> Folded {
    if c.is_ascii() {
        return Folded::One(c.to_ascii_lowercase(), Form::Exact);
    }
    if is_han(c) && !matches!(c, '\u{f900}'..='\u{faff}') {
        let simple = simplified(c);
        return Folded::One(simple, if simple == c { Form::Exact } else { Form::Traditional });
    }
    if let Some((meant, form)) = single(c) {
        return Folded::One(meant, form);
    }
    let mut chars = std::iter::once(c).nfkc();
    let first = chars.next().unwrap_or(c);
    let form = match c {
        _ if first == c => Form::Exact,
        '\u{1f200}'..='\u{1f2ff}' | '\u{2e80}'..='\u{2fd5}' => Form::Lookalike,
        _ => Form::Width,
    };
    match chars.next() {
        None => Folded::One(settled(first), form),
        Some(_) => Folded::Many(std::iter::once(c).nfkc().map(settled).collect::<Vec<_>>().into_iter()),
    }
}

/// What one character stands for by itself, before its compatibility form is asked.
fn single(c: char) -> Option<(char, Form)> {
    if let Some(kept) = sentence_mark(c) {
        return Some((kept, Form::Exact));
    }
    if c.is_whitespace() && c != '\n' {
        return Some((' ', Form::Exact));
    }
    let letter = bare_letter(c).map(|letter| (letter, Form::Pinyin));
    letter.or_else(|| lookalike(c).map(|meant| (meant, Form::Lookalike)))
}

/// A part of a compatibility form, which may be a mark, an accented letter or a look-alike in its turn.
fn settled(c: char) -> char {
    let c = c.to_ascii_lowercase();
    single(c).map_or_else(|| simplified(c), |(meant, _)| meant)
}

/// Chinese sentence punctuation stays full-width, so that it never joins the ASCII separators; dots that people
/// insert between characters become one.
fn sentence_mark(c: char) -> Option<char> {
    match c {
        '，' | '。' | '！' | '？' | '；' | '：' | '、' | '（' | '）' | '“' | '”' | '‘' | '’' | '《'
        | '》' | '「' | '」' | '…' | '—' => Some(c),
        '・' | '･' | '●' | '∘' | '⋅' => Some('·'),
        '–' | '‐' | '‑' | '−' => Some('-'),
        _ => None,
    }
}

/// Pinyin tone marks and accents taken off: `kè` is read as `ke`.
fn bare_letter(c: char) -> Option<char> {
    if !matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}') {
        return None;
    }
    let base = std::iter::once(c).nfkd().next()?;
    base.is_ascii_alphabetic().then(|| base.to_ascii_lowercase())
}

enum Folded {
    One(char, Form),
    Many(std::vec::IntoIter<char>),
    Done,
}

impl Iterator for Folded {
    type Item = (char, Form);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Folded::One(c, form) => {
                let out = (*c, *form);
                *self = Folded::Done;
                Some(out)
            }
            Folded::Many(chars) => chars.next().map(|c| (c, Form::Width)),
            Folded::Done => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_normal_form_for_many_spellings() {
        for (written, normal) in [
            ("保過", "保过"),
            ("补\u{200b}课", "补课"),
            ("补 课", "补课"),
            ("补        课", "补课"),
            ("语·数/外", "语数外"),
            ("语－数＿外", "语数外"),
            ("补Kè", "补ke"),
            ("９９元", "99元"),
            ("Wonder  Steps", "wonder steps"),
            ("高一，高二。", "高一，高二。"),
            ("一段\n二段", "一段\n二段"),
            ("20:30-21:00", "20:30-21:00"),
            ("㈠项", "(一)项"),
            ("课时 | 单价", "课时 | 单价"),
            ("2026.5月", "2026.5月"),
            ("🈶️课", "有课"),
            ("➕Ｖ", "加v"),
            ("1️⃣对1️⃣", "1对1"),
            ("❶对❶", "1对1"),
            ("сх班", "cx班"),
            ("🅰班", "a班"),
        ] {
            assert_eq!(normalise(written).as_str(), normal, "{written}");
        }
    }

    #[test]
    fn offsets_lead_back_to_what_was_written() {
        let original = "来补 課吧";
        let normal = normalise(original);
        assert_eq!(normal.as_str(), "来补课吧");
        assert_eq!(normal.to_original(1, 3), (1, 4));
        assert_eq!(normal.form(1, 3), Form::Inserted);
        assert_eq!(normal.form(2, 3), Form::Traditional, "a gap in front of the stretch is not in it");
        assert_eq!(normal.form(0, 2), Form::Exact);
    }

    #[test]
    fn the_transformation_is_told() {
        for (written, form) in [
            ("保过", Form::Exact),
            ("９折", Form::Width),
            ("保過", Form::Traditional),
            ("保/过", Form::Inserted),
            ("🈶课", Form::Lookalike),
            ("⾔语", Form::Lookalike),
            ("➕微", Form::Lookalike),
            ("补kè", Form::Pinyin),
        ] {
            let normal = normalise(written);
            assert_eq!(normal.form(0, normal.len_chars()), form, "{written}");
        }
    }

    proptest! {
        #[test]
        fn every_stretch_maps_inside_the_original(text in "[补課 ·a\u{200b}９。\n]{0,40}", a in 0usize..40, b in 0usize..40) {
            let normal = normalise(&text);
            let (start, end) = (a.min(b).min(normal.len_chars()), a.max(b).min(normal.len_chars()));
            let (from, upto) = normal.to_original(start, end);
            prop_assert!(from <= upto && upto <= text.chars().count());
        }

        #[test]
        fn normal_form_is_a_fixed_point(text in "[补課 ·a\u{200b}９。Kè\n/]{0,40}") {
            let once = normalise(&text);
            let twice = normalise(once.as_str());
            prop_assert_eq!(once.as_str(), twice.as_str());
        }
    }
}
