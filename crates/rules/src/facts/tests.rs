use super::*;

fn values(text: &str, quantity: Quantity) -> Vec<f64> {
    let mut all = Vec::new();
    read_facts(guanlan_text::normalise(text).as_str(), 0, &mut all);
    all.into_iter().filter(|r| r.quantity == quantity).map(|r| r.value).collect()
}

#[test]
fn lessons() {
    for (text, expected) in [
        ("共九十六课时", vec![96.0]),
        ("全年48周，每周2课时，一次缴清", vec![96.0]),
        ("每周三节，共４０周", vec![120.0]),
        ("第3节起", vec![]),
        ("一次性付清", vec![]),
        ("次卡40次课", vec![40.0]),
        ("每课时45分钟", vec![]),
    ] {
        assert_eq!(values(text, Quantity::Lessons), expected, "{text}");
    }
}

#[test]
fn amounts() {
    for (text, expected) in [
        ("学费8800元", vec![8800.0]),
        ("学费1.2万元", vec![12000.0]),
        ("罚款2万元", vec![]),
        ("120节 | 80元/节 | 12个月", vec![9600.0]),
        ("每节85元，共24节", vec![2040.0]),
        ("40课时1280元，每课时32元", vec![1280.0, 1280.0]),
        ("三千六百元", vec![3600.0]),
        ("￥6800", vec![6800.0]),
        ("原价43200，母亲节价26800！", vec![26800.0]),
        ("学费：9800/年", vec![9800.0]),
        ("电话88001234，只要坚持30天", vec![]),
    ] {
        assert_eq!(values(text, Quantity::Amount), expected, "{text}");
    }
}

#[test]
fn months() {
    for (text, expected) in [
        ("有效期12个月", vec![12.0]),
        ("三年卡", vec![36.0]),
        ("办年卡", vec![12.0]),
        ("一次交两年", vec![24.0]),
        ("2026年春季", vec![]),
        ("成立三年来", vec![]),
        ("一学期学完上册", vec![]),
        ("按学期收取，每一学期1800元", vec![5.0]),
        ("9月1日至12月31日", vec![4.0]),
        ("3月5月6日", vec![]),
        ("1980元/年，限时", vec![12.0]),
        ("租金12万元/年", vec![]),
        ("收1800元年底退", vec![]),
        ("365天会员", vec![12.0]),
        ("封闭训练40天", vec![]),
    ] {
        assert_eq!(values(text, Quantity::Months), expected, "{text}");
    }
}

#[test]
fn months_of_life_are_an_age_and_no_charge() {
    for (text, ages) in [
        ("招收6—36个月婴幼儿", vec![0.5, 3.0]),
        ("招收18个月—36个月宝宝", vec![1.5, 3.0]),
        ("适合满9个月的孩子", vec![0.75]),
    ] {
        assert_eq!(values(text, Quantity::Months), Vec::<f64>::new(), "{text}");
        assert_eq!(values(text, Quantity::Age), ages, "{text}");
    }
    assert_eq!(values("宝宝班一次交6个月托费", Quantity::Months), [6.0]);
}

#[test]
fn ages() {
    for (text, expected) in [
        ("招收3—6岁", vec![3.0, 6.0]),
        ("年满18周岁", vec![18.0]),
        ("三岁半的小朋友", vec![3.5]),
        ("一岁半到三岁", vec![1.5, 3.0]),
        ("学龄前儿童", vec![5.0]),
        ("百岁老人之外无岁数", vec![]),
    ] {
        assert_eq!(values(text, Quantity::Age), expected, "{text}");
    }
}

#[test]
fn grades() {
    for (text, expected) in [
        ("三年级数学", vec![3.0]),
        ("1—6年级均可", vec![1.0, 6.0]),
        ("七年级", vec![7.0]),
        ("初二、高三学生", vec![8.0, 12.0]),
        ("幼儿园大班、中班孩子", vec![0.0, 0.0]),
        ("学前班", vec![0.0]),
        ("小班教学，大班授课", vec![]),
        ("正月初三，再高一点", vec![]),
        ("2026年级别认定", vec![]),
    ] {
        assert_eq!(values(text, Quantity::Grade), expected, "{text}");
    }
}

#[test]
fn money_of_a_case_is_no_price() {
    for text in [
        "没收违法所得2.6万元",
        "处5万元罚款",
        "领取报酬8000元",
        "收缴9000元",
        "赔偿十三万余元",
        "赠送价值8000元礼包",
        "房租6000元",
    ] {
        assert_eq!(values(text, Quantity::Amount), Vec::<f64>::new(), "{text}");
    }
    assert_eq!(values("一次收取学费8000元，已罚款", Quantity::Amount), [8000.0]);
}

#[test]
fn a_total_beside_weeks_is_no_rate() {
    let text = "3月9日开课，10周，20课时（法定节假日停课顺延），每课时36元，720元。";
    assert_eq!(values(text, Quantity::Lessons), [20.0]);
    assert_eq!(values(text, Quantity::Amount), [720.0, 720.0]);
}

#[test]
fn clock_times() {
    for (text, expected) in [
        ("18:30—21:00", vec![1110.0, 1260.0]),
        ("每晚9点半下课", vec![1290.0]),
        ("二十一点下课", vec![1260.0]),
        ("夜里八点五十，灯还亮着", vec![1250.0]),
        ("晚上九点四十才放学", vec![1300.0]),
        ("晚上7:00-8:50", vec![1140.0, 1250.0]),
        ("晚七点三刻", vec![1185.0]),
        ("夜里一点", vec![1500.0]),
        ("晚8点3个孩子还在", vec![1200.0]),
        ("早上八点二十个孩子", vec![480.0]),
        ("上午9点", vec![540.0]),
        ("重点讲解，时间待定", vec![]),
    ] {
        assert_eq!(values(text, Quantity::TimeOfDay), expected, "{text}");
    }
}

#[test]
fn a_class_ends_after_its_lessons() {
    for (text, last) in [
        ("周二晚19:30集合，先检查电池，每次训练两课时，每课时50分钟", 1270.0),
        ("18:30开课，时长一个半小时", 1200.0),
        ("晚7点开始，每节课40分钟，连上三节", 1260.0),
    ] {
        assert_eq!(values(text, Quantity::TimeOfDay).last(), Some(&last), "{text}");
    }
    for text in [
        "19:30集合",
        "18:10—19:40开课，每课时45分钟，两课时",
        "19:30集合，每课时50分钟",
        "19:30下课，每次两课时，每课时50分钟",
        "19:30集合\n每次两课时，每课时50分钟",
    ] {
        assert!(values(text, Quantity::TimeOfDay).iter().all(|t| *t < 1200.0), "{text}");
    }
}

/// A number below a hundred thousand in Han characters.
fn han(n: u32) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let mut out = String::new();
    let mut gap = false;
    for (unit, name) in [(10_000, "万"), (1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = (n / unit % 10) as usize;
        if digit == 0 {
            gap |= !out.is_empty();
        } else {
            if gap {
                out.push('零');
                gap = false;
            }
            out += DIGITS[digit];
            out += name;
        }
    }
    out
}

fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { char::from_u32(c as u32 + 0xFEE0).unwrap_or(c) } else { c })
        .collect()
}

fn all(text: &str) -> Vec<(Quantity, f64)> {
    let mut all = Vec::new();
    read_facts(guanlan_text::normalise(text).as_str(), 0, &mut all);
    all.into_iter().map(|r| (r.quantity, r.value)).collect()
}

proptest::proptest! {
    #[test]
    fn figures_full_width_and_han_numbers_read_alike(n in 2u32..99_999, unit in 0usize..6) {
        let unit = ["课时", "元", "个月", "岁", "节课", "元/课时"][unit];
        let figures = format!("学费：共{n}{unit}。");
        proptest::prop_assert_eq!(all(&figures), all(&full_width(&figures)), "{}", &figures);
        proptest::prop_assert_eq!(all(&figures), all(&format!("学费：共{}{unit}。", han(n))), "{}", &figures);
    }

    #[test]
    fn times_read_alike(hour in 1u32..12, minute in 10u32..60) {
        let figures = all(&format!("晚{hour}:{minute}下课"));
        proptest::prop_assert_eq!(figures.len(), 1);
        proptest::prop_assert_eq!(&figures, &all(&full_width(&format!("晚{hour}:{minute}下课"))));
        proptest::prop_assert_eq!(&figures, &all(&format!("晚{}点{}分下课", han(hour), han(minute))));
        proptest::prop_assert_eq!(&figures, &all(&format!("晚{}点{}下课", han(hour), han(minute))));
    }

    #[test]
    fn any_text_is_read(text in "[0-9零一二两十百千万,.:：元块节课时次周每月年岁日至—第晚半点/|卡\\n 学期级初高大小班个招收宝夜刻分钟小开始集合龄前]{0,50}") {
        let mut all = Vec::new();
        let normal = guanlan_text::normalise(&text);
        read_facts(normal.as_str(), 0, &mut all);
        for reading in all {
            proptest::prop_assert!(reading.start < reading.end && reading.end <= normal.len_chars());
        }
    }
}
