//! The part of a text that shows why it was found.

use crate::Piece;
use crate::verify::occurrences;
use guanlan_text::normalise;
use std::collections::BTreeSet;

/// Characters of one fragment before it is cut at punctuation.
const WIDTH: usize = 60;
/// Characters that a cut may move to reach punctuation.
const SLACK: usize = 15;
/// Characters shown in front of the first hit.
const LEAD: usize = 20;
const MOST_FRAGMENTS: usize = 3;
/// Hits that are looked at in one text.
const MOST_HITS: usize = 2_000;

/// Where one of the wanted texts stands, in characters of the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    start: usize,
    end: usize,
    wanted: usize,
}

/// The whole text with what matched marked.
pub(crate) fn marked(original: &str, wanted: &[&str]) -> Vec<Piece> {
    let chars: Vec<char> = original.chars().collect();
    let mut pieces = Vec::new();
    cut(&chars, &spots(original, wanted), 0, chars.len(), &mut pieces);
    pieces
}

/// One to three fragments that show as many of the wanted texts as possible; the beginning when there is none.
pub(crate) fn snippet(original: &str, wanted: &[&str]) -> Vec<Piece> {
    let chars: Vec<char> = original.chars().collect();
    let spots = spots(original, wanted);
    let mut fragments = fragments(&chars, &spots);
    if fragments.is_empty() && !chars.is_empty() {
        fragments.push((0, end_at_mark(&chars, 0, WIDTH)));
    }
    let mut pieces = Vec::new();
    let mut shown = 0;
    for (start, end) in fragments {
        if start > shown {
            pieces.push(Piece { text: "…".to_owned(), hit: false });
        }
        cut(&chars, &spots, start, end, &mut pieces);
        shown = end;
    }
    if shown < chars.len() {
        pieces.push(Piece { text: "…".to_owned(), hit: false });
    }
    pieces
}

/// Finds the wanted texts, given in the normal form, and leads them back to the original.
fn spots(original: &str, wanted: &[&str]) -> Vec<Spot> {
    let normal = normalise(original);
    let mut found = Vec::new();
    for (index, text) in wanted.iter().enumerate() {
        for (start, end) in occurrences(normal.as_str(), text).into_iter().take(MOST_HITS) {
            let (start, end) = normal.to_original(start, end);
            found.push(Spot { start, end, wanted: index });
        }
    }
    found.sort_unstable();
    found.truncate(MOST_HITS);
    found
}

/// Stretches in order, without overlap. Each next one shows the most of what is not shown yet.
fn fragments(chars: &[char], spots: &[Spot]) -> Vec<(usize, usize)> {
    let mut open: BTreeSet<usize> = spots.iter().map(|spot| spot.wanted).collect();
    let mut chosen: Vec<(usize, usize)> = Vec::new();
    while chosen.len() < MOST_FRAGMENTS && !open.is_empty() {
        let free = |spot: &Spot| !chosen.iter().any(|(start, end)| spot.start < *end && *start < spot.end);
        let mut best: Option<(usize, Spot, usize)> = None;
        for (index, first) in spots.iter().enumerate().filter(|(_, spot)| free(spot)) {
            let inside = spots.iter().skip(index).take_while(|spot| spot.start < first.start + WIDTH - LEAD);
            let (mut seen, mut last) = (BTreeSet::new(), first.end);
            for spot in inside.filter(|spot| spot.end <= first.start + WIDTH || spot.start == first.start) {
                if open.contains(&spot.wanted) {
                    seen.insert(spot.wanted);
                    last = last.max(spot.end);
                }
            }
            if seen.len() > best.as_ref().map_or(0, |(count, _, _)| *count) {
                best = Some((seen.len(), *first, last));
            }
            if seen.len() == open.len() {
                break;
            }
        }
        let Some((_, first, last)) = best else { break };
        let start = start_after_mark(chars, first.start);
        let end = end_at_mark(chars, start, WIDTH.max(last - start));
        for spot in spots.iter().filter(|spot| start <= spot.start && spot.end <= end) {
            open.remove(&spot.wanted);
        }
        chosen.push((start, end));
    }
    chosen.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (start, end) in chosen {
        match merged.last_mut() {
            Some(previous) if start <= previous.1 => previous.1 = previous.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// Just behind the punctuation that precedes the hit, or a little in front of the hit when there is none near.
fn start_after_mark(chars: &[char], hit: usize) -> usize {
    let from = hit.saturating_sub(LEAD);
    if from == 0 {
        return 0;
    }
    let lead = chars.get(from..hit).unwrap_or_default();
    lead.iter().position(|c| is_mark(*c)).map_or(from, |mark| from + mark + 1)
}

/// Behind the punctuation nearest to the wanted width, within the slack.
fn end_at_mark(chars: &[char], start: usize, width: usize) -> usize {
    let target = start + width;
    if target + SLACK >= chars.len() {
        return chars.len();
    }
    let mark_at = |at: &usize| chars.get(at - 1).is_some_and(|c| is_mark(*c));
    (target..=target + SLACK).find(mark_at).unwrap_or(target)
}

fn is_mark(c: char) -> bool {
    matches!(c, '。' | '，' | '！' | '？' | '；' | '：' | '、' | '\n' | '!' | '?' | ';')
}

/// The stretch as pieces, overlapping hits as one.
fn cut(chars: &[char], spots: &[Spot], start: usize, end: usize, pieces: &mut Vec<Piece>) {
    let text = |from: usize, to: usize| -> String {
        chars
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .map(|c| if c.is_control() { ' ' } else { *c })
            .collect()
    };
    let mut push = |from: usize, to: usize, hit: bool| {
        if from < to {
            pieces.push(Piece { text: text(from, to), hit });
        }
    };
    let mut at = start;
    let mut inside = spots.iter().filter(|spot| spot.end > start && spot.start < end).peekable();
    while let Some(spot) = inside.next() {
        let from = spot.start.max(at);
        let mut to = spot.end.min(end);
        while let Some(next) = inside.next_if(|next| next.start <= to) {
            to = to.max(next.end.min(end));
        }
        if to > from {
            push(at, from, false);
            push(from, to, true);
            at = to;
        }
    }
    push(at, end, false);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(pieces: &[Piece]) -> String {
        pieces.iter().map(|p| if p.hit { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    }

    #[test]
    fn hits_are_marked_in_the_original_whatever_form_they_have() {
        assert_eq!(show(&marked("云溪县晨曦培訓被查", &["培训", "晨曦培"])), "云溪县[晨曦培訓]被查");
        assert_eq!(show(&marked("退\u{200b}费难，退费", &["退费"])), "[退\u{200b}费]难，[退费]");
        assert_eq!(show(&marked("无", &["有"])), "无");
        assert_eq!(marked("", &["有"]), []);
    }

    #[test]
    fn a_snippet_is_cut_at_punctuation_and_shows_every_wanted_text() {
        let filler = "这一段与检索的内容毫无关系，只是为了把文章拉长。".repeat(10);
        let text = format!("{filler}家长反映晨曦艺术退费难。{filler}负责人已经跑路，电话无人接听。{filler}");
        let shown = show(&snippet(&text, &["退费", "跑路"]));
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.contains("家长反映晨曦艺术[退费]难。"), "{shown}");
        assert!(shown.contains("负责人已经[跑路]"), "{shown}");
        assert!(shown.chars().count() < 180, "{shown}");
        for fragment in shown.split('…').filter(|f| !f.is_empty()) {
            assert!(fragment.ends_with(['。', '，', ']']), "{fragment}");
        }
    }

    #[test]
    fn without_a_hit_the_beginning_is_shown() {
        assert_eq!(show(&snippet("短文。", &["无"])), "短文。");
        let long = "一二三四五六七八九，".repeat(20);
        let shown = show(&snippet(&long, &[]));
        assert_eq!(shown.chars().count(), 61);
        assert!(shown.ends_with("，…"));
        assert_eq!(snippet("", &["有"]), []);
    }

    #[test]
    fn a_hit_longer_than_the_window_and_many_hits_do_no_harm() {
        let long = "长".repeat(200);
        assert_eq!(show(&snippet(&long, &[&long])), format!("[{long}]"));
        let many = "退费".repeat(5_000);
        assert!(show(&snippet(&many, &["退费", "费退"])).contains("退费"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_or_invented(
            text in "[退费培訓\u{200b} ，。\na1哈]{0,300}",
            wanted in proptest::collection::vec("[退费培训a1哈]{1,3}", 0..4),
        ) {
            let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
            let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let whole: String = marked(&text, &wanted).into_iter().map(|piece| piece.text).collect();
            proptest::prop_assert_eq!(&whole, &line);
            let pieces = snippet(&text, &wanted);
            let shown: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            let mut rest = line.as_str();
            for fragment in shown.split('…') {
                let at = rest.find(fragment);
                proptest::prop_assert!(at.is_some(), "{} in {}", fragment, line);
                rest = &rest[at.unwrap() + fragment.len()..];
            }
            let found = wanted.iter().any(|w| normalise(&text).as_str().contains(w));
            proptest::prop_assert_eq!(pieces.iter().any(|piece| piece.hit), found, "{}", shown);
        }
    }
}
