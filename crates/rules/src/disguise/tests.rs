use super::*;
use crate::{Compiled, load_texts};
use guanlan_model::Kind;
use proptest::prelude::*;

const WORDS: [&str; 8] = ["语文", "数学", "英语", "物理", "化学", "作文", "补课", "提分"];

const PACK: &str = r#"
[disguised]
"暗号学科" = ["语文", "数学", "英语", "物理", "化学", "作文", "补课", "提分"]
[[rule]]
id = "coded"
name = "暗号"
category = "covert"
severity = "high"
applies_to = ["promo"]
match = "@暗号学科"
[[rule]]
id = "subject"
name = "学科"
category = "scope"
severity = "high"
applies_to = ["promo"]
match = "(语文 | 数学 | 英语 | 物理 | 化学 | 作文 | 补课 | 提分) 班"
[[rule]]
id = "promise"
name = "承诺"
category = "advertising"
severity = "high"
applies_to = ["promo"]
match = "保过 | 包录取 | 加微信 | 100%通过 | 培训贷"
"#;

fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| {
        Compiled::new(&load_texts("试验", &[("a.toml", PACK)]).unwrap(), std::iter::empty()).unwrap()
    })
}

/// Rules that match, with the stretches that opened them and what these stand for.
fn found(body: &str) -> Vec<(String, String, Option<Disguise>)> {
    let compiled = compiled();
    let document = Document::new("", body);
    let (_, hits) = compiled.read(&document, Kind::Promo);
    hits.iter()
        .map(|h| {
            let text = document.slice(h.start, h.end).to_owned();
            let disguise = compiled.disguise(&text).cloned();
            (compiled.rules()[h.rule].id.clone(), text, disguise)
        })
        .collect()
}

#[test]
fn the_tables_are_readable() {
    let tables = read().unwrap();
    assert!(tables.readings.len() > 6_000 && tables.characters.len() > 390);
    assert!(tables.file.parts.keys().all(|c| tables.readings.contains_key(c)));
}

#[test]
fn every_spelling_is_its_own_normal_form_and_another_word() {
    for word in WORDS.iter().chain(&["保过", "包录取", "加微信", "100%通过", "培训贷"]) {
        let all = all_spellings(word);
        assert!(!all.is_empty());
        for spelling in all {
            assert_eq!(guanlan_text::normalise(&spelling.text).as_str(), spelling.text);
            assert_ne!(spelling.text, *word);
        }
    }
}

#[test]
fn a_disguise_counts_as_the_word_and_is_named() {
    for (written, rule, word, form) in [
        ("周末数xue，老地方", "coded", "数学", Form::Pinyin),
        ("暑期 shu xue 小组", "coded", "数学", Form::Pinyin),
        ("周末BUKE，速来", "coded", "补课", Form::Pinyin),
        ("每晚bǔ课两小时", "coded", "补课", Form::Pinyin),
        ("补 ke 名额不多", "coded", "补课", Form::Pinyin),
        ("周六上午 鱼文 四五年级", "coded", "语文", Form::Homophone),
        ("术学：五六年级", "coded", "数学", Form::Homophone),
        ("周日上午 音语 六年级", "coded", "英语", Form::Homophone),
        ("🌧️文班周三", "coded", "语文", Form::Homophone),
        ("讠吾文精讲", "coded", "语文", Form::Split),
        ("米 女 攵 学", "coded", "数学", Form::Split),
        ("S学、Y文都有", "coded", "数学", Form::Initial),
        ("签约bao过", "promise", "保过", Form::Pinyin),
        ("保guo不过退", "promise", "保过", Form::Pinyin),
        ("签约亻呆过", "promise", "保过", Form::Split),
        ("+微信细聊", "promise", "加微信", Form::Lookalike),
        ("1OO%通过", "promise", "100%通过", Form::Lookalike),
        ("支持培训dai", "promise", "培训贷", Form::Pinyin),
    ] {
        let all = found(written);
        let hit = all.iter().find(|(id, ..)| id == rule).unwrap_or_else(|| panic!("{written}: {all:?}"));
        assert_eq!(hit.2, Some(Disguise { form, word: word.to_owned() }), "{written}");
    }
    assert!(found("树学班").iter().any(|(id, ..)| id == "subject"), "the word itself is found as well");
    assert_eq!(found("数学班").iter().filter(|(id, ..)| id == "coded").count(), 0);
}

#[test]
fn two_disguised_words_support_each_other() {
    assert!(found("树学一天一个专题").is_empty());
    let both = found("树学一天一个专题，鹰语背句子");
    assert_eq!(both.iter().map(|(_, text, _)| text.as_str()).collect::<Vec<_>>(), ["树学", "鹰语"]);
}

#[test]
fn ordinary_text_is_no_disguise() {
    for text in [
        "县武术学校招收学员",
        "武术学习班",
        "种一棵树，学一首歌",
        "植树学农一日营",
        "屋里开着灯",
        "这样做没有道理，无理取闹",
        "滑雪课，画学院派素描",
        "鱼文化节开幕",
        "余文老师讲书法",
        "布课桌二十张",
        "不可入内；部课题组；不课外加班",
        "🐟文化主题绘本",
        "🌲学画画，先学线条",
        "C语言、E语言入门",
        "A课、B课、C课任选",
        "联系邮箱 shuxue@example.cn，网址 buke.example.cn/yuwen",
        "bu课程",
        "应与家长协商，因与场地冲突改期",
        "题分三类，每题分值相同",
        "KTV、AI课、VIP班、PE课",
        "报过名的家长，保证过程安全",
        "女子评书专场",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

proptest! {
    #[test]
    fn every_disguise_of_every_subject_word_is_found(word in prop::sample::select(WORDS.to_vec()), at in any::<prop::sample::Index>(), frame in prop::sample::select(vec!["周六：{}，老地方", "★{}★", "{}，速来", "四年级 {}提升"])) {
        let all: Vec<Spelling> = all_spellings(word).into_iter().filter(|s| !is_word(&s.text)).collect();
        let spelling = at.get(&all);
        let text = frame.replace("{}", &spelling.text);
        let hits = found(&text);
        prop_assert!(hits.iter().any(|(id, _, d)| id == "coded" && d.as_ref().is_some_and(|d| d.word == word || d.form <= spelling.form)), "{} as {:?}: {:?}", text, spelling, hits);
    }

    #[test]
    fn letters_digits_and_pictures_alone_are_no_disguise(text in "[a-z]{1,3}[0-9 ]{0,3}[🐟🌲🎨❄0-9a-cA-C ,.。，]{0,20}") {
        prop_assert!(found(&text).is_empty(), "{}: {:?}", text, found(&text));
    }
}
