//! Cuts the article out of the lines around it: the stretch of lines that speaks most for being one text.

use crate::lines::Line;
use crate::noise::{Role, is_long_sentence, role};
use crate::title::bare;
use std::ops::Range;

/// So many plain lines behind the last sentence and a byline are a list, too.
const NAMES: usize = 3;
/// A sentence this long in front of the best stretch belongs to the article: noise stands mostly behind it.
const EARLIER_SENTENCE: i64 = 25;
/// At most this many short plain lines are taken for labels of the noise that follows them.
const LABELS: usize = 6;
const LABEL_CHARS: usize = 12;
/// Characters in sentences that make the text behind a box part of the article.
const REST_CHARS: usize = 100;

/// An article without its surroundings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Trimmed {
    pub lines: Vec<Line>,
    /// How often links alone stood between two sentences: often makes a list with teasers.
    pub teasers: usize,
}

/// The article's lines. A text in which nothing reads like a sentence is left whole.
pub(crate) fn trimmed(body: Vec<Line>, title: &str) -> Trimmed {
    let body = without_wrapping_link(body);
    let roles: Vec<Role> = body.iter().map(role).collect();
    let scores: Vec<i64> = roles.iter().map(|r| r.score()).collect();
    let Some(best) = best_stretch(&scores) else {
        return Trimmed { lines: body, teasers: 0 };
    };
    let title = bare(title);
    let range = with_lead_in(best, &roles, &scores, &body, &title);
    let range = with_rest_behind_box(range, &roles);
    let range = with_list_behind(range, &roles);
    let range = without_labels(range, &roles, &body);
    let teasers = teasers(roles.get(range.clone()).unwrap_or_default());
    let inside = inside(&range, &roles);
    let keep = |i: &usize| {
        let line_is_title = body.get(*i).is_some_and(|l| bare(&l.text) == title);
        let within =
            inside.contains(i) && matches!(roles.get(*i), Some(Role::Byline | Role::Mixed | Role::Call(_)));
        !line_is_title
            && (at(&scores, *i) >= 0 || within || is_linked_subheading(*i, &range, &roles, &scores))
    };
    let kept: Vec<usize> = range.clone().filter(keep).collect();
    let mut index = 0;
    let mut next = kept.iter().peekable();
    let mut body = body;
    body.retain(|_| {
        let take = next.next_if(|k| **k == index).is_some();
        index += 1;
        take
    });
    Trimmed { lines: body, teasers }
}

fn teasers(roles: &[Role]) -> usize {
    let titles = roles.windows(2).filter(|w| matches!(w, [Role::Links(8..), Role::Sentence(_)]));
    titles.count()
}

fn at(scores: &[i64], i: usize) -> i64 {
    scores.get(i).copied().unwrap_or(0)
}

/// Some pages put the whole article inside one link: then links tell nothing.
fn without_wrapping_link(mut body: Vec<Line>) -> Vec<Line> {
    let all: usize = body.iter().map(Line::chars).sum();
    let linked = body.iter().filter(|l| l.link_chars * 2 > l.chars() && is_long_sentence(l));
    if linked.map(|l| l.link_chars).sum::<usize>() * 2 > all {
        for line in &mut body {
            (line.link_chars, line.links) = (0, 0);
        }
    }
    body
}

/// The contiguous stretch with the highest sum, as long as possible; `None` when no line scores above zero.
fn best_stretch(scores: &[i64]) -> Option<Range<usize>> {
    let (mut best_sum, mut best) = (0_i64, 0..0);
    let (mut sum, mut start) = (0_i64, 0);
    for (i, score) in scores.iter().enumerate() {
        if sum <= 0 && *score > 0 {
            (sum, start) = (0, i);
        }
        sum += score;
        let longer = sum == best_sum && best.start == start && best.end == i;
        if sum > best_sum || longer {
            (best_sum, best) = (sum, start..i + 1);
        }
        sum = sum.max(0);
    }
    (best_sum > 0).then_some(best)
}

fn with_lead_in(
    best: Range<usize>,
    roles: &[Role],
    scores: &[i64],
    body: &[Line],
    title: &str,
) -> Range<usize> {
    let mut start = (0..best.start).find(|i| at(scores, *i) >= EARLIER_SENTENCE).unwrap_or(best.start);
    let is_plain = |i: &usize| {
        let is_title = body.get(*i).is_some_and(|l| bare(&l.text) == title);
        matches!(roles.get(*i), Some(Role::Plain | Role::Item)) && !is_title
    };
    start -= (0..start).rev().take_while(is_plain).count();
    start..best.end
}

/// From the first sentence to the last line of text: what looks like a byline in there is part of the article.
fn inside(range: &Range<usize>, roles: &[Role]) -> Range<usize> {
    let is = |i: &usize, wanted: fn(&Role) -> bool| roles.get(*i).is_some_and(wanted);
    let first = range.clone().find(|i| is(i, |r| matches!(r, Role::Sentence(_))));
    let last = range.clone().rfind(|i| is(i, |r| matches!(r, Role::Sentence(_) | Role::Plain | Role::Item)));
    first.unwrap_or(range.end)..last.unwrap_or(range.start)
}

/// A line that looks like a byline (截止日期：2026年11月20日) in front of a list of names does not end the article.
fn with_list_behind(range: Range<usize>, roles: &[Role]) -> Range<usize> {
    let behind = roles.get(range.end..).unwrap_or_default();
    let listed =
        |r: &&Role| matches!(r, Role::Plain | Role::Item | Role::DateAlone | Role::Byline | Role::Call(_));
    let run: Vec<&Role> = behind.iter().take_while(listed).collect();
    let names = run.iter().filter(|r| matches!(r, Role::Plain | Role::Item)).count();
    if names >= NAMES { range.start..range.end + run.len() } else { range }
}

/// An article that goes on behind a box of related links.
fn with_rest_behind_box(range: Range<usize>, roles: &[Role]) -> Range<usize> {
    let behind = roles.get(range.end..).unwrap_or_default();
    let boxed = behind.iter().take_while(|r| matches!(r, Role::Box(_) | Role::Links(_))).count();
    let has_title = behind.iter().take(boxed).any(|r| matches!(r, Role::Box(_)));
    let rest = behind.get(boxed..).unwrap_or_default();
    let text = |r: &&Role| matches!(r, Role::Sentence(_) | Role::Plain | Role::Item | Role::DateAlone);
    let run: Vec<&Role> = rest.iter().take_while(text).collect();
    let chars: usize = run.iter().map(|r| if let Role::Sentence(n) = r { *n } else { 0 }).sum();
    if has_title && chars >= REST_CHARS { range.start..range.end + boxed + run.len() } else { range }
}

/// Tab labels and box titles (社会, 娱乐, 频道推荐) stand right before the noise they introduce; a signature (云溪县教体局,
/// 2026年11月24日) ends with its date.
fn without_labels(range: Range<usize>, roles: &[Role], body: &[Line]) -> Range<usize> {
    if range.end >= body.len() {
        return range;
    }
    let is_label = |i: &usize| {
        roles.get(*i) == Some(&Role::Plain) && body.get(*i).is_some_and(|l| l.chars() < LABEL_CHARS)
    };
    let labels = range.clone().rev().take_while(is_label).count();
    if labels <= LABELS { range.start..range.end - labels } else { range }
}

/// A single linked line between two sentences is a subheading more often than an advertisement.
fn is_linked_subheading(i: usize, range: &Range<usize>, roles: &[Role], scores: &[i64]) -> bool {
    let linked = matches!(roles.get(i), Some(Role::Links(n)) if *n < 50);
    linked && i > range.start && i + 1 < range.end && at(scores, i - 1) >= 20 && at(scores, i + 1) >= 20
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(lines: &[(&str, bool)]) -> Vec<Line> {
        let line = |(text, link): &(&str, bool)| Line {
            text: (*text).to_owned(),
            link_chars: if *link { text.chars().count() } else { 0 },
            links: usize::from(*link),
            ..Line::default()
        };
        lines.iter().map(line).collect()
    }

    fn text(trimmed: Trimmed) -> Vec<String> {
        trimmed.lines.into_iter().map(|l| l.text).collect()
    }

    const FIRST: &str = "11月23日，云溪县教体局联合市场监管局开展检查，现场发现一家机构无证办学。";
    const SECOND: &str = "目前，该机构已停止招生，退费工作正在进行，家长可以拨打热线咨询。";

    #[test]
    fn both_ends_are_cut_and_the_middle_stays() {
        let body = page(&[
            ("云溪县查处一家无证机构", false),
            ("2026-11-24 08:30 来源：云溪县融媒体中心", false),
            ("本报记者 李四", false),
            (FIRST, false),
            ("退费进展", false),
            (SECOND, false),
            ("1、晨星艺术培训中心", false),
            ("2、启航体育俱乐部", false),
            ("附件：名单.xlsx", true),
            ("云溪县教体局", false),
            ("2026年11月24日", false),
            ("频道推荐", false),
            ("云溪县召开冬季安全生产会议", true),
            ("云溪县新增学位三千个", true),
            ("责任编辑：王五", false),
        ]);
        assert_eq!(
            text(trimmed(body, "云溪县查处一家无证机构")),
            [
                "本报记者 李四",
                FIRST,
                "退费进展",
                SECOND,
                "1、晨星艺术培训中心",
                "2、启航体育俱乐部",
                "附件：名单.xlsx",
                "云溪县教体局",
                "2026年11月24日"
            ]
        );
    }

    #[test]
    fn a_box_of_links_in_the_middle_does_not_cost_the_beginning() {
        let links = ["推荐阅读", "云溪县召开会议", "云溪县新增学位", "云溪县修路", "云溪县种树"];
        let mut lines = vec![(FIRST, false)];
        lines.extend(links.iter().map(|l| (*l, true)));
        let long = SECOND.repeat(20);
        lines.push((&long, false));
        assert_eq!(text(trimmed(page(&lines), "标题")), [FIRST.to_owned(), long.clone()]);
    }

    #[test]
    fn a_box_of_links_in_the_middle_does_not_cost_the_end() {
        let long = FIRST.repeat(20);
        let rest = SECOND.repeat(4);
        let mut lines = vec![(long.as_str(), false), ("相关新闻", false)];
        lines.extend(
            ["云溪县召开会议部署工作", "云溪县新增学位三千个", "云溪县修路十公里", "云溪县种树一万棵"]
                .map(|l| (l, true)),
        );
        lines.push((&rest, false));
        assert_eq!(text(trimmed(page(&lines), "标题")), [long.clone(), rest.clone()]);
    }

    #[test]
    fn a_long_list_in_front_of_the_only_sentence_stays() {
        let names: Vec<String> = (1..=12).map(|i| format!("晨星{i}号培训点")).collect();
        let mut lines: Vec<(&str, bool)> = names.iter().map(|n| (n.as_str(), false)).collect();
        lines.push((FIRST, false));
        assert_eq!(text(trimmed(page(&lines), "名单")).len(), 13);
    }

    #[test]
    fn a_bare_list_of_names_is_left_whole() {
        let body = page(&[("晨星艺术培训中心", false), ("启航体育俱乐部", false)]);
        assert_eq!(trimmed(body.clone(), "名单").lines, body);
    }

    #[test]
    fn an_article_inside_a_link_is_an_article() {
        let body = page(&[(FIRST, true), (SECOND, true)]);
        assert_eq!(text(trimmed(body.clone(), "标题")).len(), 2);
    }
}
