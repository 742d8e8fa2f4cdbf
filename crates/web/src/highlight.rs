//! An article's text with institution mentions and rule hits marked, in two layers that may overlap.

/// A stretch of a field: Unicode scalar offsets, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

/// Consecutive characters that are all inside a mention, or all outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Framed as an institution mention.
    pub mention: bool,
    /// The run's text, cut where hits begin and end.
    pub pieces: Vec<Piece>,
}

/// Text of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What to show. For a control character: its code point, such as `U+200B`.
    pub text: String,
    /// Marked as a rule hit.
    pub hit: bool,
    /// Stands for a character that cannot be seen.
    pub control: bool,
}

/// Characters that are invisible or turn the direction of text. They are evidence of evasion, so they are shown, not dropped.
fn is_control(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// A title or name on one line, without characters that could turn or hide the rest of it.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !is_control(*c) && *c != '\n').collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    mention: bool,
    hit: bool,
}

fn looks(length: usize, mentions: &[Stretch], hits: &[Stretch]) -> Vec<Look> {
    let mut looks = vec![Look { mention: false, hit: false }; length];
    let clip = |s: &Stretch| s.start.min(length)..s.end.min(length).max(s.start.min(length));
    for stretch in mentions {
        looks[clip(stretch)].iter_mut().for_each(|look| look.mention = true);
    }
    for stretch in hits {
        looks[clip(stretch)].iter_mut().for_each(|look| look.hit = true);
    }
    looks
}

/// One paragraph or title. Stretches that reach past the end are clipped; overlapping and nested ones are merged.
pub fn line(text: &str, mentions: &[Stretch], hits: &[Stretch]) -> Vec<Run> {
    let chars: Vec<char> = text.chars().collect();
    let looks = looks(chars.len(), mentions, hits);
    runs(&chars, &looks)
}

/// A whole body: paragraphs separated by newlines, blank ones left out.
pub fn paragraphs(text: &str, mentions: &[Stretch], hits: &[Stretch]) -> Vec<Vec<Run>> {
    let chars: Vec<char> = text.chars().collect();
    let looks = looks(chars.len(), mentions, hits);
    let mut paragraphs = Vec::new();
    let mut start = 0;
    while start <= chars.len() {
        let end = chars[start..].iter().position(|c| *c == '\n').map_or(chars.len(), |at| start + at);
        if chars[start..end].iter().any(|c| !c.is_whitespace()) {
            paragraphs.push(runs(&chars[start..end], &looks[start..end]));
        }
        start = end + 1;
    }
    paragraphs
}

fn runs(chars: &[char], looks: &[Look]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut last: Option<Look> = None;
    for (&c, &look) in chars.iter().zip(looks) {
        if last.is_none_or(|l| l.mention != look.mention) {
            runs.push(Run { mention: look.mention, pieces: Vec::new() });
        }
        last = Some(look);
        let Some(run) = runs.last_mut() else { continue };
        if is_control(c) {
            run.pieces.push(Piece { text: format!("U+{:04X}", c as u32), hit: look.hit, control: true });
            continue;
        }
        match run.pieces.last_mut() {
            Some(piece) if piece.hit == look.hit && !piece.control => piece.text.push(c),
            _ => run.pieces.push(Piece { text: c.to_string(), hit: look.hit, control: false }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stretch(start: usize, end: usize) -> Stretch {
        Stretch { start, end }
    }

    /// `[…]` is a mention, `*…*` a hit, `<…>` a control character.
    fn drawn(runs: &[Run]) -> String {
        let piece = |p: &Piece| match (p.control, p.hit) {
            (true, _) => format!("<{}>", p.text),
            (_, true) => format!("*{}*", p.text),
            _ => p.text.clone(),
        };
        let run = |r: &Run| {
            let inner: String = r.pieces.iter().map(piece).collect();
            if r.mention { format!("[{inner}]") } else { inner }
        };
        runs.iter().map(run).collect()
    }

    #[test]
    fn mentions_and_hits_overlap_without_tearing_the_frame() {
        let text = "家长称星桥培训人去楼空";
        let cases: &[(&[Stretch], &[Stretch], &str)] = &[
            (&[], &[], "家长称星桥培训人去楼空"),
            (&[stretch(3, 7)], &[stretch(7, 11)], "家长称[星桥培训]*人去楼空*"),
            (&[stretch(3, 7)], &[stretch(5, 9)], "家长称[星桥*培训*]*人去*楼空"),
            (&[stretch(3, 7)], &[stretch(4, 5)], "家长称[星*桥*培训]人去楼空"),
            (&[stretch(3, 7)], &[stretch(0, 11)], "*家长称*[*星桥培训*]*人去楼空*"),
            (&[stretch(3, 5), stretch(4, 7)], &[stretch(8, 9), stretch(8, 10)], "家长称[星桥培训]人*去楼*空"),
            (&[stretch(9, 99)], &[stretch(50, 60), stretch(5, 2)], "家长称星桥培训人去[楼空]"),
        ];
        for (mentions, hits, want) in cases {
            assert_eq!(drawn(&line(text, mentions, hits)), *want);
        }
    }

    #[test]
    fn offsets_count_characters_across_paragraphs() {
        let body = "𠮷田教育发布公告。\n\n　\n星桥停业。";
        let paragraphs = paragraphs(body, &[stretch(0, 4), stretch(13, 15)], &[stretch(15, 17)]);
        let drawn: Vec<String> = paragraphs.iter().map(|p| drawn(p)).collect();
        assert_eq!(drawn, ["[𠮷田教育]发布公告。", "[星桥]*停业*。"]);
    }

    #[test]
    fn invisible_characters_are_shown() {
        assert_eq!(drawn(&line("无\u{200b}证\u{202e}", &[], &[stretch(0, 3)])), "*无*<U+200B>*证*<U+202E>");
        assert_eq!(plain("退\u{202e}费\n公\u{200b}告"), "退费公告");
    }

    proptest! {
        #[test]
        fn no_character_is_lost(text in "[\\PC\n]{0,60}", spans in prop::collection::vec((0usize..70, 0usize..70), 0..6)) {
            let spans: Vec<Stretch> = spans.into_iter().map(|(start, end)| stretch(start, end)).collect();
            let shown: String = line(&text, &spans, &spans)
                .iter()
                .flat_map(|run| run.pieces.iter())
                .filter(|piece| !piece.control)
                .map(|piece| piece.text.as_str())
                .collect();
            let want: String = text.chars().filter(|c| !is_control(*c)).collect();
            prop_assert_eq!(shown, want);
        }
    }
}
