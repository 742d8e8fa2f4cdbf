//! Training institutions that are named and not in the register.

use crate::cues::stranger_words;
use crate::mentions::Cast;
use guanlan_rules::Document;
use guanlan_text::is_han;

/// An institution that the register does not know, at a place of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stranger {
    pub start: usize,
    pub end: usize,
    pub name: String,
}

/// Words of an article about training institutions.
const TOPIC: &[&str] = &["培训", "托管", "托育", "补课", "补习", "办学", "取缔", "无证", "无照"];

/// Longest proper part of a name without quotation marks.
const PROPER: usize = 8;

/// Finds the strangers of a document, in text order. A promotional page that is nobody's names its own institution.
pub(crate) fn find(document: &Document<'_>, cast: &Cast, ownerless: bool) -> Vec<Stranger> {
    let mut found = Vec::new();
    let listed = are_listed(document);
    for (at, normal) in document.fields() {
        let chars: Vec<char> = normal.as_str().chars().collect();
        quoted(&chars, at, listed, &mut found);
        unquoted(&chars, at, &mut found);
        acted_on(normal.as_str(), at, &mut found);
        if ownerless {
            promoted(&chars, at, &mut found);
        }
        if listed {
            entries(&chars, at, &mut found);
        }
    }
    found.retain(|s| {
        let mention = cast.mentions.partition_point(|m| m.end <= s.start);
        let elsewhere = cast.elsewhere.partition_point(|(_, end, _)| *end <= s.start);
        s.start < cast.horizon
            && cast.mentions.get(mention).is_none_or(|m| m.start >= s.end)
            && cast.elsewhere.get(elsewhere).is_none_or(|(start, _, _)| *start >= s.end)
    });
    found.sort_by_key(|s| (s.start, std::cmp::Reverse(s.end)));
    found.dedup_by(|later, earlier| later.start < earlier.end);
    found
}

/// True for an article about training institutions: entries of its lists are institutions.
pub(crate) fn are_listed(document: &Document<'_>) -> bool {
    let [(_, title), _] = document.fields();
    TOPIC.iter().any(|w| title.as_str().contains(w))
}

fn quoted(chars: &[char], at: usize, listed: bool, out: &mut Vec<Stranger>) {
    let mut open = None;
    for (i, c) in chars.iter().enumerate() {
        match c {
            '“' | '「' | '『' | '‘' => open = Some(i + 1),
            '"' if open.is_none() => open = Some(i + 1),
            '”' | '」' | '』' | '’' | '"' => {
                if let Some(start) = open.take()
                    && is_quoted_name(chars, start, i, listed)
                {
                    out.push(Stranger {
                        start: at + start,
                        end: at + i,
                        name: chars[start..i].iter().collect(),
                    });
                }
            }
            '\n' => open = None,
            _ => {}
        }
    }
}

fn is_quoted_name(chars: &[char], start: usize, end: usize, listed: bool) -> bool {
    let inside = &chars[start..end];
    let words = stranger_words();
    if !(2..=16).contains(&inside.len()) || inside.iter().any(|c| words.not_in_names.contains(*c)) {
        return false;
    }
    if is_of_trades(inside) {
        return false;
    }
    let front: String = chars[start.saturating_sub(6)..start - 1].iter().collect();
    let behind: String = chars[(end + 1).min(chars.len())..(end + 5).min(chars.len())].iter().collect();
    // 以“体能托管”名义 is a disguise of what was done, and no name of anybody.
    if ["名义", "为名", "的名义", "之名", "旗号", "的旗号"].iter().any(|w| behind.starts_with(w))
    {
        return false;
    }
    let entry = {
        let line: String = chars[..start - 1].iter().rev().take_while(|c| **c != '\n').collect();
        // Reversed: the mark behind the number comes first.
        (2..=4).contains(&line.chars().count())
            && line.starts_with(['.', '、', '．', ')', '）'])
            && line.chars().any(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c))
    };
    let text: String = inside.iter().collect();
    if let Some(ending) = words.endings.iter().find(|e| text.ends_with(e.as_str())) {
        let proper = text.trim_end_matches(ending.as_str());
        return proper.chars().count() >= 2 && !words.trades.iter().any(|t| t == proper);
    }
    let followed = words.behind.iter().any(|b| behind.starts_with(b.trim_start_matches('”')));
    let place = words.places.iter().chain(&words.endings).any(|p| behind.starts_with(p.as_str()));
    let said = |list: &[String]| list.iter().any(|n| front.ends_with(n.as_str()));
    let like_a_place = ends_broadly(&text).is_some();
    let placed =
        front.ends_with('的') || words.fronts.iter().any(|f| front.ends_with(f.trim_end_matches('“')));
    let named =
        said(&words.named) || said(&words.acting) || (like_a_place && (placed || said(&words.hinted)));
    // 名为“某某”的理发店 is a name, but of something else.
    place || followed || (named && !behind.starts_with('的')) || (entry && listed)
}

/// The proper part in front of an ending that makes a name only where one is expected; nothing for 素质教育.
fn ends_broadly(text: &str) -> Option<&str> {
    let words = stranger_words();
    let proper = words
        .broad_endings
        .iter()
        .chain(&words.quoted_endings)
        .chain(&words.endings)
        .filter_map(|e| text.strip_suffix(e.as_str()))
        .min_by_key(|proper| proper.len())?;
    let generic = words.generic.iter().chain(&words.trades).any(|g| proper.starts_with(g.as_str()));
    ((2..=8).contains(&proper.chars().count()) && !generic).then_some(proper)
}

/// A name directly behind what was done about it, with its neighbours in the list: 取缔优才家教、北斗晚辅.
fn acted_on(text: &str, at: usize, out: &mut Vec<Stranger>) {
    const LONGEST: usize = 12;
    for verb in &stranger_words().acting {
        for (byte, _) in text.match_indices(verb.as_str()) {
            let mut start = byte + verb.len();
            while let Some(rest) = text.get(start..) {
                let name: String = rest.chars().take(LONGEST).take_while(|c| is_han(*c)).collect();
                // 取缔优才家教两处无证点: the count ends the name.
                let name = name.split(['两', '等', '和', '及', '一', '三']).next().unwrap_or_default();
                if ends_broadly(name).filter(|p| proper_part(p) == Some(p)).is_none() {
                    break;
                }
                let from = text.get(..start).map_or(0, |front| front.chars().count());
                let length = name.chars().count();
                out.push(Stranger { start: at + from, end: at + from + length, name: name.to_owned() });
                start += name.len();
                match text.get(start..).and_then(|rest| rest.strip_prefix('、')) {
                    Some(_) => start += '、'.len_utf8(),
                    None => break,
                }
            }
        }
    }
}

/// Names between marks on a promotional page: 学霸家教，招生中.
fn promoted(chars: &[char], at: usize, out: &mut Vec<Stranger>) {
    const BEHIND: &str = "招欢新开位地在是为的报提推老秋春暑寒全进";
    let mut place = 0;
    for run in chars.split(|c| !is_han(*c)) {
        let text: String = run.iter().take(PROPER + 4).collect();
        let ends = (4..=text.chars().count().min(10)).rev();
        let name = ends.map(|n| text.chars().take(n).collect::<String>()).find(|name| {
            let next = run.get(name.chars().count());
            next.is_none_or(|c| BEHIND.contains(*c))
                && ends_broadly(name).is_some_and(|p| p.chars().count() <= 5 && proper_part(p) == Some(p))
        });
        if let Some(name) = name {
            let start = at + place;
            out.push(Stranger { start, end: start + name.chars().count(), name });
        }
        place += run.len() + 1;
    }
}

/// Entries of a list that begin with a name: 2.博识教育，位于…
fn entries(chars: &[char], at: usize, out: &mut Vec<Stranger>) {
    const LONGEST: usize = 16;
    let mut line = 0;
    for part in chars.split_inclusive(|c| *c == '\n') {
        let bracket = usize::from(part.first().is_some_and(|c| matches!(c, '（' | '(')));
        let digits = part.iter().skip(bracket);
        let number =
            digits.take_while(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(**c)).count();
        let mark = bracket + number;
        let marked = number > 0 && part.get(mark).is_some_and(|c| ".、．)） |".contains(*c));
        let from = mark + part.iter().skip(mark).take_while(|c| !is_han(**c) && **c != '\n').count();
        if marked && let Some(rest) = part.get(from..) {
            let name: String = rest.iter().take(LONGEST).take_while(|c| is_han(**c)).collect();
            let length = name.chars().count();
            let ended = rest.get(length).is_some_and(|c| "，：（(。\n； |".contains(*c));
            let proper = ends_broadly(&name).filter(|p| proper_part(p) == Some(p));
            if ended && proper.is_some() {
                let start = line + from;
                out.push(Stranger { start: at + start, end: at + start + length, name });
            }
        }
        line += part.len();
    }
}

/// 机器人编程 is a course: nothing in it is a name.
fn is_of_trades(text: &[char]) -> bool {
    let mut rest: String = text.iter().collect();
    while let Some(trade) = stranger_words().trades.iter().find(|t| rest.ends_with(t.as_str())) {
        rest.truncate(rest.len() - trade.len());
    }
    rest.is_empty()
}

fn unquoted(chars: &[char], at: usize, out: &mut Vec<Stranger>) {
    for i in 0..chars.len() {
        let Some(ending) = stranger_words().endings.iter().find(|e| starts(&chars[i..], e)) else { continue };
        let end = i + ending.chars().count();
        if chars.get(end).is_some_and(|c| is_han(*c) && "长里内生员".contains(*c)) {
            continue;
        }
        let run = chars[..i].iter().rev().take(PROPER + 1).take_while(|c| is_han(**c)).count();
        let proper: String = chars[i - run..i].iter().collect();
        let Some(name) = proper_part(&proper) else { continue };
        let start = i - name.chars().count();
        out.push(Stranger { start: at + start, end: at + end, name: chars[start..end].iter().collect() });
    }
}

/// The proper name at the end of a run of characters: what follows the last word that no name contains.
fn proper_part(run: &str) -> Option<&str> {
    let cut = stranger_words()
        .not_proper
        .iter()
        .filter_map(|w| run.rfind(w.as_str()).map(|at| at + w.len()))
        .max()
        .unwrap_or(0);
    let name = run.get(cut..)?;
    let length = name.chars().count();
    // Without a boundary in sight the run may be any sentence.
    let bounded = cut > 0 || run.chars().count() < PROPER;
    (bounded && (2..=6).contains(&length) && !stranger_words().trades.iter().any(|t| t == name))
        .then_some(name)
}

fn starts(chars: &[char], word: &str) -> bool {
    let mut n = 0;
    word.chars().all(|c| {
        n += 1;
        chars.get(n - 1) == Some(&c)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_notice(body: &str) -> Vec<String> {
        let cast = Cast { horizon: usize::MAX, ..Cast::default() };
        find(&Document::new("关于取缔非法培训点的公告", body), &cast, false)
            .into_iter()
            .map(|s| s.name)
            .collect()
    }

    fn names(body: &str) -> Vec<String> {
        let cast = Cast { horizon: usize::MAX, ..Cast::default() };
        find(&Document::new("", body), &cast, false).into_iter().map(|s| s.name).collect()
    }

    #[test]
    fn names_of_unknown_institutions_are_found() {
        for (text, expected) in [
            ("发现一家名为“小博士”的场所，无营业执照", vec!["小博士"]),
            ("对“博识家教中心”予以取缔", vec!["博识家教中心"]),
            ("居民楼内的“小桥流水工作室”被取缔", vec!["小桥流水工作室"]),
            ("由“博识教育”组织", vec!["博识教育"]),
            ("邻居在家开了个“童童英语角”", vec!["童童英语角"]),
            ("“优学汇”未取得办学许可", vec!["优学汇"]),
            ("昨日取缔优才家教、北斗晚辅两处无证点", vec!["优才家教", "北斗晚辅"]),
            ("位于河西路的飞鸿托管班被查封", vec!["飞鸿托管班"]),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn entries_of_a_notice_are_names() {
        assert_eq!(in_notice("如下：\n1.“学霸家园”，锦苑小区5栋，负责人肖某"), ["学霸家园"]);
    }

    #[test]
    fn entries_without_marks_are_names_where_they_end_like_one() {
        assert_eq!(
            in_notice("如下：\n1.学霸托辅，锦苑小区5栋\n（二）北斗家教：无证\n3.锦苑小区5栋，无证"),
            ["学霸托辅", "北斗家教"]
        );
    }

    #[test]
    fn a_page_of_nobody_names_its_own_institution() {
        let on_page = |body: &str| {
            let cast = Cast { horizon: usize::MAX, ..Cast::default() };
            find(&Document::new("", body), &cast, true).into_iter().map(|s| s.name).collect::<Vec<_>>()
        };
        assert_eq!(on_page("河西路二楼，小状元家教招生啦！作业辅导，随到随学"), ["小状元家教"]);
        assert_eq!(on_page("素质教育，名师辅导，暑期托管，快来"), Vec::<String>::new());
        assert_eq!(names("河西路二楼，小状元家教招生啦"), Vec::<String>::new());
    }

    #[test]
    fn general_talk_names_nobody() {
        for text in [
            "全县校外培训中心要引以为戒",
            "他说：“不要相信，我们没有跑路。”",
            "一家托管班",
            "宣传“名师一对一”课程",
            "一家“素质教育”示范校",
            "人们统一叫“吃晚饭”",
            "取缔违规培训，查处无证托管",
            "名为“机器人编程”的课",
            "各类艺术培训学校",
            "以“体能托管”名义招收小学生",
        ] {
            assert_eq!(names(text), Vec::<String>::new(), "{text}");
        }
    }
}
