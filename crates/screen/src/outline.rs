//! How an article is laid out: which paragraphs tell one thing together.

use guanlan_rules::Document;
use std::ops::Range;

/// A heading line: the paragraphs after it belong to it. Longer numbered paragraphs stand for themselves.
const HEADING: usize = 28;

/// The items of an article. An article without numbering is one item; a list of cases, a table or a numbered notice has
/// one item a case, so that what is told of one institution never slides to the next.
#[derive(Debug)]
pub(crate) struct Outline {
    /// Items in order, as ranges of places.
    items: Vec<Item>,
    /// Where the numbered items begin and end.
    listing: Option<(usize, usize)>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub range: Range<usize>,
    /// Part of an enumeration: only its own names, or those of the introduction, belong to it.
    pub numbered: bool,
}

impl Outline {
    pub(crate) fn of(document: &Document<'_>) -> Outline {
        let body: Vec<Range<usize>> =
            document.paragraphs().iter().filter(|p| p.start >= document.body_start()).cloned().collect();
        let marked: Vec<bool> = body.iter().map(|p| is_entry(document.slice(p.start, p.end))).collect();
        let whole = Item { range: 0..document.end(), numbered: false };
        if marked.iter().filter(|m| **m).count() < 2 {
            return Outline { items: vec![whole], listing: None };
        }
        let mut items: Vec<Item> = vec![Item { range: 0..document.body_start(), numbered: false }];
        let last_entry = marked.iter().rposition(|m| *m).unwrap_or(0);
        for (index, paragraph) in body.iter().enumerate() {
            let continues = !marked[index]
                && items.last().is_some_and(|item| {
                    !item.numbered || index < last_entry || is_heading(document, item, &body[index - 1])
                });
            match items.last_mut() {
                Some(item) if continues => item.range.end = paragraph.end,
                _ => items.push(Item { range: paragraph.clone(), numbered: marked[index] }),
            }
        }
        let first = items.iter().find(|i| i.numbered).map(|i| i.range.start);
        let last = items.iter().rev().find(|i| i.numbered).map(|i| i.range.end);
        Outline { items, listing: first.zip(last) }
    }

    /// The item that holds a place.
    pub(crate) fn item_of(&self, place: usize) -> &Item {
        let index = self.items.partition_point(|i| i.range.end <= place).min(self.items.len() - 1);
        &self.items[index]
    }

    /// The numbered items.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.items.iter().filter(|i| i.numbered).map(|i| i.range.clone())
    }

    /// Where the first numbered item begins and the last one ends.
    pub(crate) fn listing(&self) -> Option<(usize, usize)> {
        self.listing
    }

    /// Title and introduction: what comes before the first numbered item.
    pub(crate) fn introduction(&self) -> Range<usize> {
        0..self.listing.map_or(0, |(first, _)| first)
    }
}

fn is_heading(document: &Document<'_>, item: &Item, previous: &Range<usize>) -> bool {
    let text = document.slice(previous.start, previous.end);
    item.range.end == previous.end
        && previous.len() <= HEADING
        && !text.ends_with('。')
        && !text.contains('|')
}

/// A paragraph that opens an entry: 1. 一、 （一） ① 案例一： 办件二： or a table row.
fn is_entry(paragraph: &str) -> bool {
    let text = paragraph.trim_start_matches([' ', '·', '-', '●', '■', '◆', '▶']);
    if text.matches('|').count() >= 2 {
        return true;
    }
    let labelled = ["案例", "案件", "办件", "典型案例", "问题", "诉求", "线索", "第"]
        .iter()
        .find_map(|w| text.strip_prefix(w));
    if let Some(rest) = labelled {
        let number = rest.chars().take_while(|c| is_number(*c)).count();
        let after = rest.chars().nth(number);
        return number > 0
            && matches!(after, Some('：' | ':' | '、' | '.' | ' ' | '，' | '起' | '件' | '例'));
    }
    let bare = text.trim_start_matches(['（', '(', '【']);
    let number = bare.chars().take_while(|c| is_number(*c)).count();
    if number == 0 || number > 3 {
        return false;
    }
    let mut rest = bare.chars().skip(number);
    match rest.next() {
        Some('、' | '）' | ')' | '．' | '】') => true,
        Some('.') => rest.next().is_none_or(|c| !c.is_ascii_digit()),
        _ => false,
    }
}

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || "一二三四五六七八九十".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(body: &str) -> Vec<(String, bool)> {
        let document = Document::new("题", body);
        let outline = Outline::of(&document);
        let show = |i: &Item| {
            (document.slice(i.range.start.max(document.body_start()), i.range.end).to_owned(), i.numbered)
        };
        outline.items.iter().map(show).collect()
    }

    #[test]
    fn plain_text_is_one_item() {
        assert_eq!(items("甲。\n乙。").len(), 1);
    }

    #[test]
    fn a_numbered_notice_has_an_introduction_its_entries_and_a_tail() {
        let found = items("通报如下：\n1.甲机构。灭火器过期。\n2.乙机构。无证。\n各机构要引以为戒。");
        let texts: Vec<&str> = found.iter().map(|(t, _)| t.as_str()).collect();
        assert_eq!(texts, ["通报如下：", "1.甲机构。灭火器过期。", "2.乙机构。无证。", "各机构要引以为戒。"]);
        assert_eq!(found.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [false, true, true, false]);
    }

    #[test]
    fn paragraphs_between_two_entries_and_under_a_heading_belong_to_the_entry() {
        let found = items("案例一：某案\n被告人甲。\n案例二：乙案\n被告人乙。");
        assert_eq!(found.len(), 3);
        assert!(found[1].0.contains("被告人甲") && found[2].0.contains("被告人乙"));
    }

    #[test]
    fn dates_and_decimals_are_no_entries() {
        assert_eq!(items("2026.5月起\n3.5万元\n三年来").len(), 1);
    }
}
