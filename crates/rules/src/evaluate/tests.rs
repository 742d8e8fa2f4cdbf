//! What expressions find, and what holds it back.

use super::*;
use crate::pack::load_texts;
use proptest::prelude::*;

fn compiled(matches: &str, suppress: &str) -> Compiled {
    let suppress = if suppress.is_empty() { String::new() } else { format!("suppress = '{suppress}'\n") };
    let toml = format!(
        "[lists]\n\"学科词\" = ['语文', '数学']\n[suppressors]\npromo = ['严禁', '不承诺']\nnews = ['提醒']\nnever = ['责令']\n\
         [[rule]]\nid = 'a'\nname = '甲'\ncategory = 'fees'\nseverity = 'low'\napplies_to = ['promo', 'news']\n\
         match = '{matches}'\n{suppress}"
    );
    let pack = load_texts("t", &[("t.toml", &toml)]).unwrap_or_else(|e| panic!("{e:?}"));
    Compiled::new(&pack, std::iter::empty()).unwrap()
}

/// The stretches that the rule triggers on.
fn triggers(matches: &str, title: &str, body: &str) -> Vec<String> {
    let compiled = compiled(matches, "");
    let document = Document::new(title, body);
    let (_, found) = compiled.read(&document, Kind::Promo);
    found.iter().map(|m| document.slice(m.start, m.end).to_owned()).collect()
}

fn fires(matches: &str, body: &str) -> bool {
    !triggers(matches, "", body).is_empty()
}

#[test]
fn operators_mean_what_the_grammar_says() {
    for (expression, text, expected) in [
        ("保过", "签约保过班", true),
        ("保过", "签约班", false),
        ("甲词 乙词", "甲词。隔了很远的一段。\n乙词", true),
        ("甲词 -乙词", "甲词。\n乙词", false),
        ("甲词 | 乙词", "乙词", true),
        ("句(甲词 乙词)", "甲词，乙词。", true),
        ("句(甲词 乙词)", "甲词。乙词。", false),
        ("句(甲词 -乙词)", "甲词。乙词。", true),
        ("段(甲词 乙词)", "甲词。乙词。", true),
        ("段(甲词 乙词)", "甲词。\n乙词。", false),
        ("甲词 NEAR/3 乙词", "乙词一二三甲词", true),
        ("甲词 NEAR/3 乙词", "乙词一二三四甲词", false),
        ("甲词 BEFORE/3 乙词", "乙词一甲词", false),
        ("甲词 BEFORE/3 乙词", "甲词一乙词", true),
        ("标题:甲词", "甲词", false),
        ("正文:甲词", "甲词", true),
        ("句(@学科词 招生)", "数学班招生", true),
        ("课时>60", "48周，每周2课时", true),
        ("年卡 金额>5000", "年卡8800元", true),
        ("年卡 金额>5000", "年卡880元", false),
        ("时刻>20:30", "每晚九点下课", true),
    ] {
        assert_eq!(fires(expression, text), expected, "{expression} / {text}");
    }
}

#[test]
fn the_first_operand_is_the_trigger() {
    assert_eq!(triggers("甲词 乙词", "", "乙词。\n甲词。甲词。"), ["甲词", "甲词"]);
    assert_eq!(
        triggers("句(甲词 乙词)", "", "乙词和甲词。"),
        ["乙词和甲词"],
        "inside a sentence the whole stretch"
    );
}

#[test]
fn every_spelling_of_the_normal_form_is_found() {
    for text in ["签约保過", "签约保\u{200b}过", "签约保 过", "签约保·过"] {
        assert!(fires("保过", text), "{text}");
    }
}

#[test]
fn letters_and_figures_have_borders_and_han_characters_have_none() {
    for (text, expected) in [("考PET证", true), ("petition", false), ("一对一pet课", true)] {
        assert_eq!(fires("pet", text), expected, "{text}");
    }
    assert!(!fires("96课时", "196课时"));
}

fn held(matches: &str, suppress: &str, kind: Kind, named: Named, text: &str) -> Option<String> {
    let compiled = compiled(matches, suppress);
    let document = Document::new("", text);
    let (scan, found) = compiled.read(&document, kind);
    compiled.held_back(
        &document,
        &scan,
        found.first().unwrap_or_else(|| panic!("{text} is not found")),
        kind,
        named,
    )
}

#[test]
fn denials_bind_inside_their_clause() {
    let promo = |text| held("补课 | 保过", "", Kind::Promo, Named::InSentence, text).is_some();
    assert!(promo("严禁补课"));
    assert!(promo("我们不承诺任何形式的保过"));
    assert!(!promo("严禁迟到，周六补课"));
    assert!(!promo("严禁学员在教室里面追逐打闹大声喧哗补课照常"), "too far in front");
    assert!(held("补课", "", Kind::News, Named::InSentence, "严禁补课").is_none(), "not in news");
}

#[test]
fn news_is_excused_by_its_sentence_unless_an_authority_acted() {
    let news = |named, text| held("跑路", "", Kind::News, named, text).is_some();
    assert!(news(Named::InSentence, "民警提醒家长谨防跑路。"));
    assert!(!news(Named::InSentence, "民警提醒家长。机构跑路了。"));
    assert!(!news(Named::InSentence, "该机构跑路，被责令退款，民警提醒家长登记。"));
    assert!(
        news(Named::Nearby, "机构跑路，被责令退款，民警提醒家长登记。"),
        "only the clause counts from afar"
    );
    assert!(news(Named::Nowhere, "跑路者将被责令退款，民警提醒。"));
}

#[test]
fn suppressors_of_a_rule_reach_as_far_as_they_say() {
    let is_held = |suppress, text| held("跑路", suppress, Kind::News, Named::InSentence, text).is_some();
    assert!(is_held("辟谣", "跑路是谣传，官方辟谣。"));
    assert!(!is_held("辟谣", "机构跑路。官方辟谣另一件事。"));
    assert!(is_held("段(辟谣)", "机构跑路。官方辟谣。"));
    assert!(!is_held("段(辟谣)", "机构跑路。\n官方辟谣。"));
}

#[test]
fn different_triggers_are_counted_once_each() {
    let document = Document::new("", "停课，突然停课，关门，关门");
    let places = [(1, 3), (4, 8), (9, 11), (12, 14)];
    assert_eq!(different(&document, places.into_iter()), 2);
}

proptest! {
    #[test]
    fn matches_lie_inside_the_document(body in "[甲词乙丙，。\\n0-9课时元 a]{0,60}") {
        let compiled = compiled("句(甲词 -乙词) | (甲 NEAR/5 丙) 课时>1 | 段(甲 乙)", "乙丙");
        let document = Document::new("题", &body);
        let (_, matches) = compiled.read(&document, Kind::News);
        for found in matches {
            prop_assert!(found.start < found.end && found.end <= document.end());
            prop_assert!(found.parts.iter().all(|(s, e)| s < e && *e <= document.end()));
        }
    }
}
