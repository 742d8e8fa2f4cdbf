//! Every operator against a scan over all texts that knows nothing of an index.

use super::*;
use guanlan_archive::{Names, Sort};
use guanlan_model::Category;
use guanlan_rules::query::{Field, Filter};
use guanlan_text::normalise;
use std::collections::{BTreeMap, BTreeSet};

const WORDS: &[&str] = &[
    "退费",
    "跑路",
    "培训",
    "培训班",
    "晨曦",
    "晨曦艺术",
    "家长",
    "云溪县",
    "哈哈",
    "哈哈哈",
    "课",
    "的",
    "abc",
    "K-12",
    "2026",
    "退",
    "费退",
    "学科",
    "消防",
    "训班",
];
/// The same words as people write them to look different.
const DISGUISES: &[&str] = &["退\u{200b}费", "培訓", "跑·路", "ＡＢＣ", "晨 曦", "學科"];
const MARKS: &[&str] = &["", "", "", "，", "。", "！", "\n", "、", "一", "二三"];
const SOURCES: &[&str] = &["云溪日报", "云溪日报网", "江宁发布", "新闻 网(县)"];
const INSTITUTIONS: &[&str] = &["A1", "A2", "A3", "退役号"];

fn documents(dice: &mut Dice) -> Vec<Document> {
    let text = |dice: &mut Dice, words: usize| -> String {
        (0..words)
            .map(|_| {
                let word = if dice.roll(5) == 0 { dice.pick(DISGUISES) } else { dice.pick(WORDS) };
                format!("{word}{}", dice.pick(MARKS))
            })
            .collect()
    };
    (0..500)
        .map(|id| {
            let title = text(dice, 3).replace('\n', "");
            let length = dice.roll(40);
            let mut document = article(id, &title, &text(dice, length));
            let day = |dice: &mut Dice| {
                time("2026-10-01T15:30:00Z") + chrono::Duration::hours(dice.roll(1300) as i64)
            };
            document.published = if dice.roll(6) == 0 { None } else { Some(day(dice)) };
            document.fetched_at = day(dice);
            document.source = (*dice.pick(SOURCES)).to_owned();
            document.tier = *dice.pick(Tier::ALL);
            let some = |dice: &mut Dice, from: &[&str]| -> Vec<String> {
                let kept: BTreeSet<String> =
                    (0..dice.roll(3)).map(|_| (*dice.pick(from)).to_owned()).collect();
                kept.into_iter().collect()
            };
            document.institutions = some(dice, INSTITUTIONS);
            document.categories = some(dice, &["fees", "fire", "data"]);
            document
        })
        .collect()
}

fn names() -> Names {
    let pairs = [("云溪县晨曦艺术培训有限公司", "A1"), ("晨曦", "A1"), ("晨曦", "A2"), ("海棠书院", "A3")];
    Names::new(pairs.map(|(name, id)| (name.to_owned(), id.to_owned())))
}

fn form(text: &str) -> String {
    normalise(text).as_str().to_owned()
}

struct Scan<'a> {
    document: &'a Document,
    title: Vec<char>,
    body: Vec<char>,
}

impl<'a> Scan<'a> {
    fn new(document: &'a Document) -> Self {
        let chars = |text: &str| form(text).chars().collect();
        Scan { document, title: chars(&document.title), body: chars(&document.body) }
    }

    fn finds(&self, expr: &Expr) -> bool {
        self.holds(expr, &[&self.title, &self.body])
    }

    fn holds(&self, expr: &Expr, texts: &[&[char]]) -> bool {
        match expr {
            Expr::Term(_) | Expr::Phrase(_) | Expr::Near { .. } => {
                texts.iter().any(|text| !spans(expr, text).is_empty())
            }
            Expr::And(items) => items.iter().all(|item| self.holds(item, texts)),
            Expr::Or(items) => items.iter().any(|item| self.holds(item, texts)),
            Expr::Not(inner) => !self.holds(inner, texts),
            Expr::In(Field::Title, inner) => self.holds(inner, &[&self.title]),
            Expr::In(Field::Body, inner) => self.holds(inner, &[&self.body]),
            Expr::Sentence(inner) => texts.iter().any(|text| {
                let whole: String = text.iter().collect();
                guanlan_text::sentences(&whole).into_iter().any(|range| self.holds(inner, &[&text[range]]))
            }),
            Expr::Paragraph(inner) => {
                texts.iter().any(|text| text.split(|c| *c == '\n').any(|part| self.holds(inner, &[part])))
            }
            Expr::Filter(filter) => self.passes(filter),
            Expr::List(_) | Expr::Fact(_) => unreachable!("rules only"),
        }
    }

    fn passes(&self, filter: &Filter) -> bool {
        let document = self.document;
        let known = |id: &str| document.institutions.iter().any(|i| i == id);
        match filter {
            Filter::Institution(name) => match name.as_str() {
                "晨曦" => known("A1") || known("A2"),
                "海棠书院" => known("A3"),
                "A1" | "A2" | "A3" => known(name),
                other => known(other) || self.finds(&Expr::Term(other.to_owned())),
            },
            Filter::Source(name) if SOURCES.contains(&name.as_str()) => document.source == *name,
            Filter::Source(name) => document.source.contains(name.as_str()),
            Filter::Tier(tier) => document.tier == *tier,
            Filter::Category(category) => document.categories.iter().any(|c| c == category.code()),
            Filter::Date { from, to } => {
                let day = guanlan_model::time::day(document.published.unwrap_or(document.fetched_at));
                from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to)
            }
        }
    }
}

/// Every stretch of the text that an expression with a place matches.
fn spans(expr: &Expr, text: &[char]) -> BTreeSet<(usize, usize)> {
    match expr {
        Expr::Term(word) | Expr::Phrase(word) => {
            let word: Vec<char> = form(word).chars().collect();
            let at = text.windows(word.len()).enumerate().filter(|(_, window)| *window == word);
            at.map(|(start, _)| (start, start + word.len())).collect()
        }
        Expr::Or(items) => items.iter().flat_map(|item| spans(item, text)).collect(),
        Expr::Near { left, right, distance, ordered } => {
            let (lefts, rights) = (spans(left, text), spans(right, text));
            let mut out = BTreeSet::new();
            for (a, b) in &lefts {
                for (c, d) in &rights {
                    let between = if c >= b { c - b } else { a.saturating_sub(*d) };
                    let allowed = if *ordered { c >= b } else { (a, b) != (c, d) };
                    if allowed && between <= *distance as usize {
                        out.insert((*a.min(c), *b.max(d)));
                    }
                }
            }
            out
        }
        _ => unreachable!("the grammar keeps it out of NEAR"),
    }
}

/// A query as a person could type it.
fn query(dice: &mut Dice, depth: usize) -> String {
    let word = |dice: &mut Dice| {
        let word = if dice.roll(6) == 0 { dice.pick(DISGUISES) } else { dice.pick(WORDS) };
        let word = if dice.roll(4) == 0 { format!("{word}{}", dice.pick(WORDS)) } else { (*word).to_owned() };
        if dice.roll(3) == 0 || word.contains(' ') { format!("\"{word}\"") } else { word }
    };
    let near = |dice: &mut Dice| {
        let operator = if dice.roll(2) == 0 { "NEAR" } else { "BEFORE" };
        format!("{operator}/{}", 1 + dice.roll(12))
    };
    if depth == 0 {
        return word(dice);
    }
    match dice.roll(12) {
        0 | 1 => format!("({} {})", query(dice, depth - 1), query(dice, depth - 1)),
        2 => format!("({} | {})", query(dice, depth - 1), query(dice, depth - 1)),
        3 => format!("({} -{})", query(dice, depth - 1), query(dice, depth - 1)),
        4 => format!("({} {} {})", word(dice), near(dice), word(dice)),
        5 => format!(
            "(({} | {}) {} {} {} {})",
            word(dice),
            word(dice),
            near(dice),
            word(dice),
            near(dice),
            word(dice)
        ),
        6 => format!("句({} {})", word(dice), word(dice)),
        7 => format!("句({} -({} | {}) )", word(dice), word(dice), word(dice)),
        8 => format!("段({} {} {} {})", word(dice), word(dice), near(dice), word(dice)),
        9 => format!("{}:({} {})", dice.pick(&["标题", "正文"]), word(dice), word(dice)),
        10 => format!("{}:({} -{})", dice.pick(&["标题", "正文"]), word(dice), word(dice)),
        _ => filter(dice),
    }
}

fn filter(dice: &mut Dice) -> String {
    (*dice.pick(&[
        "机构:晨曦",
        "机构:A3",
        "机构:海棠书院",
        "机构:退役号",
        "机构:家长",
        "来源:云溪日报",
        "来源:日报",
        "来源:\"新闻 网(县)\"",
        "来源:没有",
        "级别:省",
        "级别:central",
        "类别:收费",
        "类别:fire",
        "日期:2026-10-12..2026-11-02",
        "日期:2026-11",
        "日期:近7天",
        "日期:..2026-10-20",
        "日期:2026-11-10..",
    ]))
    .to_owned()
}

#[test]
fn every_operator_agrees_with_a_scan() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let documents = documents(&mut dice);
    let (_dir, archive) = empty();
    // In several commits, and the last third twice, so that there are segments with deleted documents.
    let old: Vec<Document> =
        documents[330..].iter().map(|d| article(d.id, "退费 跑路 培训", "晨曦。退费")).collect();
    for part in [&documents[..200], &old, &documents[200..330], &documents[330..]] {
        archive.add(part).unwrap();
    }
    let scans: Vec<Scan<'_>> = documents.iter().map(Scan::new).collect();
    let (mut some, mut most) = (0, 0);
    for round in 0..700 {
        let depth = 1 + round % 3;
        let typed = query(&mut dice, depth);
        let sort = if round % 2 == 0 { Sort::Relevance } else { Sort::Newest };
        let request = SearchRequest { names: names(), sort, ..request(&typed) };
        let parsed = expr(&typed);
        let expected: Vec<&Document> =
            scans.iter().filter(|scan| scan.finds(&parsed)).map(|s| s.document).collect();
        let expected_ids: Vec<i64> = expected.iter().map(|document| document.id).collect();
        assert_eq!(all_ids(&archive, request.clone()), expected_ids, "{typed}");

        let answer = archive.search(&request).unwrap();
        let mut tiers: BTreeMap<&str, u64> = BTreeMap::new();
        for document in &expected {
            *tiers.entry(document.tier.code()).or_default() += 1;
        }
        let counted: BTreeMap<&str, u64> =
            answer.facets["tier"].iter().map(|(t, n)| (t.as_str(), *n)).collect();
        assert_eq!(counted, tiers, "{typed}");
        let months: u64 = answer.facets["month"].iter().map(|(_, count)| count).sum();
        assert_eq!(months, expected.len() as u64, "{typed}");
        some += usize::from(!expected.is_empty());
        most += usize::from(expected.len() > 250);
    }
    assert!(some > 500 && most > 20, "the queries must find something: {some} {most}");
}

#[test]
fn exclusion_and_choice_agree_with_a_scan_in_a_large_segment() {
    let mut dice = Dice(7);
    let documents: Vec<Document> = (0..9_000)
        .map(|id| {
            let mut words = || -> String { (0..1 + dice.roll(6)).map(|_| *dice.pick(WORDS)).collect() };
            let (title, body) = (words(), words());
            article(id, &title, &body)
        })
        .collect();
    let (_dir, archive) = empty();
    archive.add(&documents).unwrap();
    let scans: Vec<Scan<'_>> = documents.iter().map(Scan::new).collect();
    let sum = |ids: &[i64]| ids.iter().sum::<i64>();
    for _ in 0..60 {
        let mut word = || format!("{}{}", dice.pick(WORDS), dice.pick(&["", "", "培训", "哈"]));
        let typed = match word().len() % 3 {
            0 => format!("({} | {} {}) -({} {}) -{}", word(), word(), word(), word(), word(), word()),
            1 => format!("{} -{} | 标题:({} -({} | {}))", word(), word(), word(), word(), word()),
            _ => format!("({} | {}) ({} | {}) -标题:{}", word(), word(), word(), word(), word()),
        };
        let parsed = expr(&typed);
        let expected: Vec<i64> = scans.iter().filter(|s| s.finds(&parsed)).map(|s| s.document.id).collect();
        let found = all_ids(&archive, request(&typed));
        assert_eq!((found.len(), sum(&found)), (expected.len(), sum(&expected)), "{typed}");
    }
}

#[test]
fn every_word_of_every_length_agrees_with_a_scan() {
    let mut dice = Dice(42);
    let documents = documents(&mut dice);
    let (_dir, archive) = empty();
    archive.add(&documents).unwrap();
    let bodies: Vec<Vec<char>> = documents.iter().map(|d| form(&d.body).chars().collect()).collect();
    let titles: Vec<String> = documents.iter().map(|d| form(&d.title)).collect();
    for _ in 0..600 {
        let body = dice.pick(&bodies);
        let length = 1 + dice.roll(9);
        if body.len() < length {
            continue;
        }
        let start = dice.roll(body.len() - length + 1);
        let needle: String = body[start..start + length].iter().collect();
        let needle = needle.trim();
        if !needle.chars().any(char::is_alphanumeric) || form(needle) != needle {
            continue;
        }
        let request = SearchRequest {
            expr: Some(Expr::Phrase(needle.to_owned())),
            limit: 200,
            ..SearchRequest::default()
        };
        let expected: Vec<i64> = documents
            .iter()
            .zip(bodies.iter().zip(&titles))
            .filter(|(_, (body, title))| {
                title.contains(needle) || body.iter().collect::<String>().contains(needle)
            })
            .map(|(document, _)| document.id)
            .collect();
        assert_eq!(all_ids(&archive, request), expected, "{needle:?}");
    }
}

#[test]
fn categories_and_tiers_of_the_query_language_are_those_of_the_index() {
    let (_dir, archive) = empty();
    for (id, category) in (0..).zip(Category::ALL) {
        let mut document = article(id, "标题", "正文");
        document.categories = vec![category.code().to_owned()];
        archive.add(&[document]).unwrap();
    }
    for (id, category) in (0..).zip(Category::ALL) {
        assert_eq!(all_ids(&archive, request(&format!("类别:{}", category.zh()))), [id]);
    }
}
