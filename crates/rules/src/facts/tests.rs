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
    ] {
        assert_eq!(values(text, Quantity::Months), expected, "{text}");
    }
}

#[test]
fn clock_times_and_ages() {
    assert_eq!(values("18:30—21:00", Quantity::TimeOfDay), [1110.0, 1260.0]);
    assert_eq!(values("每晚9点半下课", Quantity::TimeOfDay), [1290.0]);
    assert_eq!(values("二十一点下课", Quantity::TimeOfDay), [1260.0]);
    assert_eq!(values("招收3—6岁", Quantity::Age), [3.0, 6.0]);
    assert_eq!(values("年满18周岁", Quantity::Age), [18.0]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read(text in "[0-9零一二两十百千万,.:：元块节课时次周每月年岁日至—第晚半点/|卡\\n 学期]{0,50}") {
        let mut all = Vec::new();
        let normal = guanlan_text::normalise(&text);
        read_facts(normal.as_str(), 0, &mut all);
        for reading in all {
            proptest::prop_assert!(reading.start < reading.end && reading.end <= normal.len_chars());
        }
    }
}
