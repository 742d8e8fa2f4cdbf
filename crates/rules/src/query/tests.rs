use super::*;
use guanlan_model::{Category, Tier};
use proptest::prelude::*;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

fn search(input: &str) -> Result<Expr, QueryError> {
    parse(input, Dialect::Search, today())
}

fn rule(input: &str) -> Result<Expr, QueryError> {
    parse(input, Dialect::Rule, today())
}

#[test]
fn every_way_of_writing_has_one_canonical_form() {
    let table = [
        ("甲", "甲"),
        ("甲 乙", "甲 乙"),
        ("甲　且　乙 AND 丙", "甲 乙 丙"),
        ("甲 或 乙 OR 丙｜丁", "甲 | 乙 | 丙 | 丁"),
        ("甲 乙 | 丙 丁", "甲 乙 | 丙 丁"),
        ("甲 (乙 | 丙)", "甲 (乙 | 丙)"),
        ("甲 (乙 丙)", "甲 乙 丙"),
        ("（甲｜（乙｜丙））", "甲 | 乙 | 丙"),
        ("甲 -乙", "甲 -乙"),
        ("甲 －乙 非 丙 NOT 丁", "甲 -乙 -丙 -丁"),
        ("-乙 甲", "-乙 甲"),
        ("甲 (-乙 -丙)", "甲 -乙 -丙"),
        ("甲 -(乙 | 丙 丁)", "甲 -(乙 | 丙 丁)"),
        ("甲 非(乙)", "甲 -乙"),
        ("“短 语” ＂全角＂ 「引 号」 『再 来』", "\"短 语\" \"全角\" \"引 号\" \"再 来\""),
        ("「含\"号」", "「含\"号」"),
        ("甲 NEAR/20 乙", "甲 NEAR/20 乙"),
        ("甲 ＮＥＡＲ／２０ 乙", "甲 NEAR/20 乙"),
        ("甲 near/20 乙 before/3 丙", "甲 NEAR/20 乙 BEFORE/3 丙"),
        ("甲 NEAR/5 乙 BEFORE/6 丙 丁", "甲 NEAR/5 乙 BEFORE/6 丙 丁"),
        ("甲 NEAR/5 (乙 NEAR/6 丙)", "甲 NEAR/5 (乙 NEAR/6 丙)"),
        ("(甲|\"乙\") NEAR/5 丙", "(甲 | \"乙\") NEAR/5 丙"),
        ("丁 -甲 NEAR/5 乙", "丁 -甲 NEAR/5 乙"),
        ("句(甲 乙) 段（甲 -乙）", "句(甲 乙) 段(甲 -乙)"),
        ("段(句(甲 | 乙) 丙)", "段(句(甲 | 乙) 丙)"),
        ("标题：甲 正文: (乙 | 丙)", "标题:甲 正文:(乙 | 丙)"),
        ("-标题:句(甲 乙) 丙", "-标题:句(甲 乙) 丙"),
        ("标题:(甲 NEAR/3 乙)", "标题:(甲 NEAR/3 乙)"),
        // Operators only when they stand alone; signs inside words are characters.
        (
            "非法 或许 甲且乙 K-12 1对1 20:30 http://a.example/x",
            "非法 或许 甲且乙 K-12 1对1 20:30 http://a.example/x",
        ),
        ("句 (甲)", "句 甲"),
    ];
    for dialect in [Dialect::Search, Dialect::Rule] {
        for (input, expected) in table {
            let expr = parse(input, dialect, today()).unwrap_or_else(|e| panic!("{input}: {e:?}"));
            assert_eq!(expr.to_string(), expected, "{input}");
            assert_eq!(parse(&expr.to_string(), dialect, today()).as_ref(), Ok(&expr), "{input}");
        }
    }
}

#[test]
fn precedence_is_or_and_not_near() {
    let term = |word: &str| Expr::Term(word.into());
    let near =
        Expr::Near { left: Box::new(term("乙")), right: Box::new(term("丙")), distance: 5, ordered: false };
    assert_eq!(
        search("甲 -乙 NEAR/5 丙 | 丁"),
        Ok(Expr::Or(vec![Expr::And(vec![term("甲"), Expr::Not(Box::new(near))]), term("丁")]))
    );
}

#[test]
fn filters_are_read_in_search() {
    for (input, expected) in [
        ("机构:青禾教育", Filter::Institution("青禾教育".into())),
        ("机构：\"云溪县青禾 培训(北)\"", Filter::Institution("云溪县青禾 培训(北)".into())),
        ("来源:云溪日报", Filter::Source("云溪日报".into())),
        ("来源:或", Filter::Source("或".into())),
        ("级别:省级", Filter::Tier(Tier::Provincial)),
        ("级别:central", Filter::Tier(Tier::Central)),
        ("类别:收费", Filter::Category(Category::Fees)),
        ("类别:closure-refund", Filter::Category(Category::ClosureRefund)),
    ] {
        let expr = search(input).unwrap();
        assert_eq!(expr, Expr::Filter(expected), "{input}");
        assert_eq!(search(&expr.to_string()), Ok(expr), "{input}");
    }
}

#[test]
fn dates_are_read_in_every_way_people_write_them() {
    for (input, expected) in [
        ("2026-11-01..2026-11-24", "2026-11-01..2026-11-24"),
        ("２０２６－１１－０１..2026-11-24", "2026-11-01..2026-11-24"),
        ("2026-11-01至2026年11月24日", "2026-11-01..2026-11-24"),
        ("2026/11/1~2026.11.24", "2026-11-01..2026-11-24"),
        ("2026-11-05", "2026-11-05"),
        ("2026-11-01..", "2026-11-01.."),
        ("..2026-10", "..2026-10-31"),
        ("2026-02", "2026-02-01..2026-02-28"),
        ("2026年5月", "2026-05-01..2026-05-31"),
        ("2026年5月3日", "2026-05-03"),
        ("2026", "2026-01-01..2026-12-31"),
        ("2024年", "2024-01-01..2024-12-31"),
        ("2025..2026-03", "2025-01-01..2026-03-31"),
        ("今天", "2026-11-24"),
        ("昨天", "2026-11-23"),
        ("前天", "2026-11-22"),
        ("昨天..今天", "2026-11-23..2026-11-24"),
        ("近7天", "2026-11-18..2026-11-24"),
        ("近七天", "2026-11-18..2026-11-24"),
        ("近2周", "2026-11-11..2026-11-24"),
        ("近一个月", "2026-10-25..2026-11-24"),
        ("近半年", "2026-05-25..2026-11-24"),
        ("近1年", "2025-11-25..2026-11-24"),
        ("本周", "2026-11-23..2026-11-24"),
        ("上周", "2026-11-16..2026-11-22"),
        ("最近７天", "2026-11-18..2026-11-24"),
        ("过去十五天", "2026-11-10..2026-11-24"),
        ("近三十天", "2026-10-26..2026-11-24"),
        ("5月", "2026-05-01..2026-05-31"),
        ("12月", "2025-12-01..2025-12-31"),
        ("11月24日", "2026-11-24"),
        ("11月25日", "2025-11-25"),
        ("5月1日至5月7日", "2026-05-01..2026-05-07"),
        ("本月", "2026-11-01..2026-11-24"),
        ("上月", "2026-10-01..2026-10-31"),
        ("今年", "2026-01-01..2026-11-24"),
        ("去年", "2025-01-01..2025-12-31"),
    ] {
        let expr = search(&format!("日期:{input}")).unwrap_or_else(|e| panic!("{input}: {e:?}"));
        assert_eq!(expr.to_string(), format!("日期:{expected}"), "{input}");
        assert_eq!(search(&expr.to_string()), Ok(expr), "{input}");
    }
}

#[test]
fn facts_and_lists_are_read_in_rules() {
    for (input, expected) in [
        ("课时>60", "课时>60"),
        ("课时 ＞ 60课时", "课时>60"),
        ("金额>=5000元", "金额>=5000"),
        ("金额≥0.5万", "金额>=5000"),
        ("金额<1.25千", "金额<1250"),
        ("月数>3个月", "月数>3"),
        ("时刻>20:30", "时刻>20:30"),
        ("时刻＞＝20：05", "时刻>=20:05"),
        ("年龄≤6岁", "年龄<=6"),
        ("年龄=6.5", "年龄=6.5"),
        ("@学科词 ＠机构词", "@学科词 @机构词"),
        ("(年卡 | 课包) 课时>60 | 金额>5000", "(年卡 | 课包) 课时>60 | 金额>5000"),
        ("@学科词 NEAR/10 年龄<=6", "@学科词 NEAR/10 年龄<=6"),
    ] {
        let expr = rule(input).unwrap_or_else(|e| panic!("{input}: {e:?}"));
        assert_eq!(expr.to_string(), expected, "{input}");
        assert_eq!(rule(&expr.to_string()), Ok(expr), "{input}");
    }
}

/// Input, first faulty character, length, part of the message, part of the help.
type Fault = (&'static str, usize, usize, &'static str, &'static str);

fn check_faults(dialect: Dialect, table: &[Fault]) {
    for (input, at, len, message, help) in table {
        let error = parse(input, dialect, today()).expect_err(input);
        let shown = format!("{} {}", error.message, error.help.as_deref().unwrap_or(""));
        assert!(error.message.contains(message), "{input}: {shown}");
        assert!(shown.contains(help), "{input}: {shown}");
        assert_eq!((error.at, error.len), (*at, *len), "{input}: {shown}");
    }
}

#[test]
fn errors_point_and_say_what_is_right_in_search() {
    check_faults(
        Dialect::Search,
        &[
            ("", 0, 0, "检索式是空的", "例如"),
            ("   ", 0, 0, "检索式是空的", ""),
            ("-甲", 0, 2, "只有排除词", "培训 -公益"),
            ("-甲 非 乙", 0, 6, "只有排除词", ""),
            ("甲 | -乙", 4, 2, "只有排除词", ""),
            ("甲 -(-乙)", 3, 4, "只有排除词", ""),
            ("句(-甲)", 0, 5, "只有排除词", ""),
            ("甲 --乙", 2, 2, "连续两个“非”", ""),
            ("甲 - 乙", 2, 1, "紧跟", ""),
            ("(甲", 0, 1, "括号没有闭合", ""),
            ("甲)", 1, 1, "多余的右括号", ""),
            (")", 0, 1, "多余的右括号", ""),
            ("甲 ()", 2, 2, "括号里是空的", ""),
            ("甲 或", 3, 0, "『或』后面缺少检索词", ""),
            ("或 甲", 0, 1, "『或』前面缺少检索词", ""),
            ("甲 | | 乙", 4, 1, "『或』后面缺少检索词", ""),
            ("甲 且", 3, 0, "『且』后面缺少检索词", ""),
            ("甲 NEAR/5", 8, 0, "『NEAR』后面缺少检索词", ""),
            ("甲 NEAR 乙", 2, 4, "要写明距离", "NEAR/20"),
            ("甲 NEAR/0 乙", 7, 1, "距离应为 1–500", ""),
            ("甲 BEFORE/abc 乙", 9, 3, "距离应为 1–500", ""),
            ("甲 NEAR/5 (乙 丙)", 9, 5, "两边只能是", ""),
            ("标题:甲 NEAR/5 乙", 0, 4, "两边只能是", "标题:(甲 NEAR/5 乙)"),
            ("“甲", 0, 1, "引号没有闭合", ""),
            ("甲」", 1, 1, "引号没有开头", ""),
            ("\"，\"", 0, 3, "没有可检索的文字", ""),
            ("来原:日报", 0, 2, "未知字段『来原』", "是否指『来源』？"),
            ("标是:日报", 0, 2, "未知字段『标是』", "是否指『标题』？"),
            ("soruce:日报", 0, 6, "未知字段", "机构、来源"),
            ("日期:2026-13-01", 8, 2, "月份应为 1–12", ""),
            ("日期:2026-11-01..2026-13-02", 20, 2, "月份应为 1–12", ""),
            ("日期:2026-02-30", 11, 2, "2026年2月的日期应为 1–28", ""),
            ("日期:26-02-30", 3, 2, "年份应为 1990–2100", ""),
            ("日期:明天", 3, 2, "看不懂的日期", "近7天"),
            ("日期:13月", 3, 2, "月份应为 1–12", ""),
            ("日期:2月30日", 5, 2, "2月的日期应为 1–28", ""),
            ("日期:5月x", 3, 3, "看不懂的日期", ""),
            ("日期:..", 3, 2, "两端不能都空着", ""),
            ("日期:2026-11-24..2026-11-01", 3, 22, "起始日期晚于结束日期", ""),
            ("日期:", 3, 0, "缺少内容", "近7天"),
            ("级别:省会", 3, 2, "未知级别", "是否指『省』？"),
            ("类别:退费", 3, 2, "未知类别", ""),
            ("标题:", 3, 0, "『标题』后面缺少检索词", ""),
            ("标题:-甲", 3, 1, "排除号", "-标题:甲"),
            ("标题:正文:甲", 0, 6, "两个字段", ""),
            ("标题:(甲 来源:乙)", 3, 8, "字段的括号里", ""),
            ("句(甲 标题:乙)", 0, 9, "里不能再写字段", ""),
            ("@学科词", 0, 4, "只能用在规则里", ""),
            ("课时>60", 0, 5, "只能写在规则里", ""),
            ("*", 0, 1, "不支持通配符", ""),
            ("甲 培训*", 2, 3, "不支持通配符", ""),
            ("/a+b/", 0, 5, "不支持正则", ""),
            ("甲 ……", 2, 2, "没有可检索的文字", ""),
        ],
    );
}

#[test]
fn errors_point_and_say_what_is_right_in_rules() {
    check_faults(
        Dialect::Rule,
        &[
            ("课市>60", 0, 2, "未知数量『课市』", "是否指『课时』？"),
            ("课时>多", 3, 1, "这里应为数字", ""),
            ("课时>60元", 3, 3, "这里应为数字", ""),
            ("课时>", 3, 0, "这里应为数字", ""),
            ("甲 时刻>25:00", 5, 5, "时:分", "20:30"),
            ("时刻>20:60", 3, 5, "时:分", ""),
            ("金额>9999999999", 3, 10, "数字太大", ""),
            (">5", 0, 1, "缺少数量", ""),
            ("@", 0, 1, "缺少列表名", ""),
            ("日期:今天", 0, 3, "只用于档案检索", ""),
            ("机构:甲", 0, 3, "只用于档案检索", ""),
        ],
    );
}

#[test]
fn the_caret_stands_under_the_month() {
    let input = "培训 日期:2026-13-01";
    let error = search(input).unwrap_err();
    assert_eq!(error.caret(input), "培训 日期:2026-13-01\n               ^^ 月份应为 1–12");
}

#[test]
fn limits_hold_and_hostile_input_only_gets_an_error() {
    let deep = |n: usize| format!("{}甲{}", "(".repeat(n), ")".repeat(n));
    assert!(search(&deep(8)).is_ok());
    assert!(search(&deep(9)).unwrap_err().message.contains("最多 8 层"));
    assert!(rule(&"(".repeat(800)).unwrap_err().message.contains("最多 8 层"));
    assert!(rule(&"句(".repeat(800)).unwrap_err().message.contains("最多 8 层"));
    assert!(rule(&"标题:".repeat(800)).unwrap_err().message.contains("两个字段"));
    assert!(rule(&"NOT ".repeat(1500)).unwrap_err().message.contains("连续两个"));
    assert!(rule(&"-".repeat(1500)).unwrap_err().message.contains("连续两个"));
    assert!(rule(&"甲 NEAR/5 ".repeat(20)).unwrap_err().message.contains("最多 7 个"));
    assert!(search(&"甲 ".repeat(20_000)).unwrap_err().message.contains("最多 512 个字"));
    assert!(search(&"甲 ".repeat(64)).is_ok());
    assert!(search(&"甲 ".repeat(65)).unwrap_err().message.contains("最多 64 个"));
    assert!(rule(&"甲 ".repeat(4096)).is_ok());
    assert!(rule(&"甲".repeat(8193)).unwrap_err().message.contains("最多 8192 个字"));
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "甲",
        "培训",
        "退费",
        "K-12",
        "1对1",
        "非法",
        "abc",
        "２０２６",
        "甲，乙",
        "10%",
    ])
    .prop_map(str::to_owned)
}

fn placed() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        word().prop_map(Expr::Term),
        word().prop_map(Expr::Phrase),
        word().prop_map(|w| Expr::Phrase(format!("{w} “{w}"))),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone(), 1..=500u32, any::<bool>()).prop_map(
                |(left, right, distance, ordered)| {
                    Expr::Near { left: Box::new(left), right: Box::new(right), distance, ordered }
                }
            ),
            prop::collection::vec(inner.prop_filter("flat", |e| !matches!(e, Expr::Or(_))), 2..4)
                .prop_map(Expr::Or),
        ]
    })
}

fn canonical() -> impl Strategy<Value = Expr> {
    let day = || prop::option::of((0..800u64).prop_map(|n| today() - chrono::Days::new(n)));
    let filter = prop_oneof![
        word().prop_map(Filter::Institution),
        word().prop_map(|w| Filter::Source(format!("{w} （{w}）"))),
        prop::sample::select(Tier::ALL).prop_map(Filter::Tier),
        prop::sample::select(Category::ALL).prop_map(Filter::Category),
        (day(), day())
            .prop_filter("a range", |(a, b)| (a.is_some() || b.is_some()) && (b.is_none() || a <= b))
            .prop_map(|(from, to)| Filter::Date { from, to }),
    ]
    .prop_map(Expr::Filter);
    let field = prop::sample::select(vec![Field::Title, Field::Body]);
    let leaf = prop_oneof![
        4 => placed(),
        1 => placed().prop_map(|e| Expr::Sentence(Box::new(e))),
        1 => placed().prop_map(|e| Expr::Paragraph(Box::new(e))),
        1 => (field, placed()).prop_map(|(field, e)| Expr::In(field, Box::new(e))),
        1 => filter,
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let not_or = inner.clone().prop_filter("flat", |e| !matches!(e, Expr::Or(_)));
        let not_and = inner.clone().prop_filter("flat", |e| !matches!(e, Expr::And(_)));
        prop_oneof![
            prop::collection::vec(not_or, 2..4).prop_map(Expr::Or),
            (prop::collection::vec(not_and.clone(), 1..3), prop::collection::vec(inner, 1..3)).prop_map(
                |(wanted, unwanted)| {
                    let excluded = unwanted.into_iter().map(|e| Expr::Not(Box::new(e)));
                    Expr::And(wanted.into_iter().chain(excluded).collect())
                }
            ),
        ]
    })
}

/// Pieces of the language thrown together: mostly wrong, often nearly right.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "甲",
        "培训",
        " ",
        "　",
        "(",
        "）",
        "|",
        "｜",
        "-",
        "－",
        "非",
        "且",
        "或",
        "\"",
        "“",
        "”",
        "「",
        "」",
        "NEAR/5",
        "BEFORE/3",
        "句(",
        "段（",
        "标题:",
        "正文：",
        "机构:",
        "来源:",
        "级别:省",
        "类别:收费",
        "日期:",
        "2026-13-01",
        "近7天",
        "..",
        "@表",
        "课时",
        ">",
        "60",
        "≥",
        "20:30",
        "*",
        "/",
        "a:b",
        "\u{200b}",
        "\n",
        "😀",
        "NOT",
        "时刻>8:00",
    ]);
    let spaced = (piece, any::<bool>())
        .prop_map(|(piece, space)| if space { format!("{piece} ") } else { piece.into() });
    prop::collection::vec(spaced, 0..24).prop_map(|pieces| pieces.concat())
}

fn check_any_input(input: &str) -> Result<(), TestCaseError> {
    for dialect in [Dialect::Search, Dialect::Rule] {
        match parse(input, dialect, today()) {
            Ok(expr) => {
                let written = expr.to_string();
                prop_assert_eq!(parse(&written, dialect, today()), Ok(expr), "{:?} -> {:?}", input, written);
            }
            Err(error) => {
                let length = input.chars().count();
                prop_assert!(
                    error.at <= length && error.at + error.len <= length.max(1),
                    "{:?} {:?}",
                    input,
                    error
                );
                prop_assert!(error.caret(input).contains(&error.message));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_written_query_is_read_back_the_same(expr in canonical()) {
        let written = expr.to_string();
        prop_assume!(written.chars().count() <= 512);
        prop_assert_eq!(search(&written), Ok(expr), "{}", written);
    }

    #[test]
    fn pieces_of_the_language_never_panic_and_round_trip(input in soup()) {
        check_any_input(&input)?;
    }

    #[test]
    fn arbitrary_text_never_panics(input in any::<String>()) {
        check_any_input(&input)?;
    }
}
