use super::*;
use crate::sample::institution;
use guanlan_model::{Institution, InstitutionType};
use guanlan_text::normalise;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// Finds every pattern the slow way; the product does it with one automaton.
fn hits(register: &Register, title: &Normal, body: &Normal) -> Vec<NameHit> {
    let mut hits = Vec::new();
    for (field, text) in [(Field::Title, title), (Field::Body, body)] {
        for (index, pattern) in register.patterns().enumerate() {
            for (byte, _) in text.as_str().match_indices(pattern.text) {
                let start = text.char_of(byte);
                hits.push(NameHit {
                    pattern: index,
                    field,
                    start,
                    end: start + pattern.text.chars().count(),
                });
            }
        }
    }
    hits
}

fn names(register: &Register, title: &str, body: &str, owner: Option<&str>) -> Names {
    let (title, body) = (normalise(title), normalise(body));
    let owner = owner.and_then(|id| register.index_of(id));
    let origin = Origin { owner, ..Origin::default() };
    register.resolve(&title, &body, origin, &hits(register, &title, &body))
}

/// Ids of the linked institutions, sorted, each once.
fn linked(register: &Register, body: &str) -> Vec<String> {
    let mut ids: Vec<String> = names(register, "", body, None)
        .mentions
        .iter()
        .map(|m| register.institutions()[m.institution].id.clone())
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

fn row(id: &str, name: &str, aliases: &[&str], address: &str) -> Institution {
    let mut row = institution(id, name);
    row.aliases = aliases.iter().map(|a| (*a).to_owned()).collect();
    row.address = address.to_owned();
    row
}

fn county() -> Register {
    let mut number = row("Y7", "云溪县棋乐轩棋院", &[], "云溪县城关镇文昌街31号");
    number.licence_no = "教民1369982140000518号".into();
    number.credit_code = "91350100M000100Y43".into();
    let mut hiking = row("Y8", "云溪县茶山谷青少年营地有限公司", &[], "云溪县南坪乡茶山谷景区内");
    hiking.town = "南坪乡".into();
    Register::new(vec![
        row("Y1", "云溪县小荷教育培训学校", &["小荷教育"], "云溪县城关镇人民路18号"),
        row("Y2", "云溪县博文教育培训学校", &["博文"], "云溪县城关镇学府路12号"),
        row("Y3", "云溪县未来教育培训有限公司", &["未来教育"], "云溪县东湖街道湖滨路66号"),
        row("Y4", "云溪县智慧树科技培训有限公司", &["智慧树编程", "智慧树"], "云溪县城关镇东门巷35号"),
        row("Y5", "云溪县智慧树托育中心有限公司", &["智慧树托育", "智慧树"], "云溪县城关镇临河路77号"),
        row("Y6", "云溪县龙腾跆拳道俱乐部有限公司", &["龙腾跆拳道"], "云溪县西岭镇解放路70号"),
        number,
        hiking,
        row("Y9", "云溪县星光艺术培训中心", &["星光"], "云溪县西岭镇解放路45号"),
    ])
}

#[test]
fn boundaries_decide_between_names_and_pieces_of_words() {
    let register = county();
    let cases: &[(&str, &[&str])] = &[
        ("家长称小荷教育拖欠退费。", &["Y1"]),
        ("小荷教育部分校区停课。", &["Y1"]),
        ("“小荷·教育”的老师", &["Y1"]),
        ("新未来教育部门的要求", &[]),
        ("未来教育部门将加强监管", &[]),
        ("未来教育局势", &[]),
        ("大博文培训学校的学员家长", &[]),
        ("家住博文雅苑小区的家长反映补课噪声", &[]),
        ("博文教育咨询有限公司的家长要求退费", &[]),
        ("家长住在博文城2楼", &[]),
        ("家长说“博文陪读”的老师要求退费", &[]),
        ("家长说“博文书法班”的老师要求退费", &["Y2"]),
        ("渊博文化的熏陶让家长满意", &[]),
        ("青禾abc教民1369982140000518号公示", &["Y7"]),
        ("代码91350100M000100Y43", &["Y7"]),
        ("代码891350100M000100Y435", &[]),
        ("云溪县博文教育培训学校被罚", &["Y2"]),
        ("博文教育培训学校被罚", &["Y2"]),
    ];
    for (body, expected) in cases {
        assert_eq!(linked(&register, body), *expected, "{body}");
    }
}

#[test]
fn the_longest_name_wins() {
    let register = county();
    let found = names(&register, "", "智慧树编程停课了", None);
    assert_eq!(found.mentions.len(), 1);
    let mention = &found.mentions[0];
    assert_eq!((mention.start, mention.end, mention.via, mention.confidence), (0, 5, Via::Alias, 0.95));
    assert_eq!(register.institutions()[mention.institution].id, "Y4");
}

#[test]
fn common_and_shared_names_need_evidence() {
    let register = county();
    let cases: &[(&str, &[&str])] = &[
        ("夜晚的星光洒满河面。", &[]),
        ("学生们在星光下奔跑，家长也来报名。", &[]),
        ("云溪县星光艺术培训中心停课，星光的账户被冻结。", &["Y9"]),
        ("解放路45号的星光昨夜搬空。", &["Y9"]),
        ("云溪县星光老师失联，家长要求退费。", &["Y9"]),
        ("记者来到智慧树，前台没有人。", &[]),
        ("位于临河路77号的智慧树突然停托。", &["Y5"]),
        ("智慧树编程发通知。智慧树的家长说没收到退费。", &["Y4"]),
        ("检查了小荷教育、星光、云溪县棋乐轩棋院三家培训机构。", &["Y1", "Y7", "Y9"]),
        ("游客涌入茶山谷，景区限流。", &[]),
        ("茶山谷营地的教练没有证书。", &["Y8"]),
    ];
    for (body, expected) in cases {
        assert_eq!(linked(&register, body), *expected, "{body}");
    }
    let found = names(&register, "", "位于临河路77号的智慧树突然停托。", None);
    assert!(found.mentions[0].evidence.iter().any(|e| e == "文中有其地址「临河路77号」"), "{found:?}");
    let found = names(&register, "", "夜晚的星光洒满河面。", None);
    assert_eq!(found.unproven.len(), 1);
}

fn at(source: &str, url: &str, body: &str) -> Vec<String> {
    let register = crafts();
    let (title, body) = (normalise(""), normalise(body));
    let origin = Origin { source, url, owner: None };
    let found = register.resolve(&title, &body, origin, &hits(&register, &title, &body));
    found.mentions.iter().map(|m| register.institutions()[m.institution].id.clone()).collect()
}

/// Figures of speech as brands, and one brand with two bearers.
fn crafts() -> Register {
    let mut camp = row("Y1", "云溪县未来工匠研学服务有限公司", &["未来工匠"], "云溪县南坪乡茶山村三组");
    camp.category = InstitutionType::Practice;
    camp.sites = vec!["https://www.gongjiang.example/".into()];
    let mut school = row("Y2", "云溪县远航教育培训学校", &[], "云溪县城关镇学府路12号");
    school.category = InstitutionType::Subject;
    let mut trade = row("Y3", "云溪县远航职业培训学校", &[], "云溪县城关镇工业路88号");
    trade.category = InstitutionType::Vocational;
    let mut rink = row("Y4", "云溪县白鹭轮滑俱乐部", &["白鹭"], "云溪县城关镇滨河路3号");
    rink.category = InstitutionType::Sports;
    Register::new(vec![camp, school, trade, rink])
}

#[test]
fn the_source_and_the_site_are_evidence() {
    let body = "昨天，孩子从未来工匠的山坡上摔了下来。";
    assert_eq!(at("云溪融媒", "", body), ["Y1"]);
    assert_eq!(at("", "https://www.gongjiang.example/news/1", body), ["Y1"]);
    assert!(at("华夏日报", "https://www.hx.example/1", body).is_empty());
}

#[test]
fn the_county_may_stand_anywhere_in_the_sentence_or_the_text() {
    for body in [
        "未来工匠在云溪县举办夏令营，一名学生骨折。",
        "昨天，家长在未来工匠门口等孩子。云溪县教体局已介入。",
        "云溪县未来工匠派来的老师没有证。",
    ] {
        assert_eq!(at("华夏日报", "", body), ["Y1"], "{body}");
    }
    for body in ["技能大赛培养未来工匠，学生们受益。", "争当未来工匠，云溪县职工走上赛场。"]
    {
        assert!(at("华夏日报", "", body).is_empty(), "{body}");
    }
}

#[test]
fn an_everyday_word_counts_only_where_it_is_used_as_a_name() {
    assert!(at("云溪融媒", "", "白鹭飞过河面，轮滑队的学员停下来看。").is_empty());
    assert_eq!(at("云溪融媒", "", "白鹭的学员说，轮滑教练没有证。白鹭教练不在。").len(), 2);
}

#[test]
fn of_two_bearers_the_kind_decides_and_otherwise_nobody() {
    assert_eq!(at("云溪融媒", "", "打电话的是远航教育的顾问，问要不要补习数学。"), ["Y2"]);
    assert_eq!(at("云溪融媒", "", "远航培训承诺叉车包拿证，学员交了钱。"), ["Y3"]);
    let register = crafts();
    let (title, body) = (normalise(""), normalise("云溪县远航培训的学员讨要学费。"));
    let found = register.resolve(&title, &body, Origin::default(), &hits(&register, &title, &body));
    assert!(found.mentions.is_empty(), "{found:?}");
    assert_eq!(found.undecided.iter().map(|(_, whom)| whom.clone()).collect::<Vec<_>>(), [vec![1, 2]]);
}

#[test]
fn a_derived_name_ends_at_the_end_of_a_word() {
    let register = Register::new(vec![row("Y1", "云溪县新时代职业培训学校", &["新时代职校"], "")]);
    assert!(
        register.patterns().all(|p| p.text != "新时代职"),
        "{:?}",
        register.patterns().collect::<Vec<_>>()
    );
    assert_eq!(linked(&register, "云溪县新时代职校的学员退费无门。"), ["Y1"]);
    assert!(linked(&register, "进入新时代职工有了新要求，云溪县培训学员。").is_empty());
}

#[test]
fn an_owner_page_proves_the_owner() {
    let register = county();
    let found = names(&register, "星光秋季班", "星光开课了。", Some("Y9"));
    assert_eq!(found.mentions.len(), 2);
    assert!(found.mentions.iter().all(|m| m.evidence.iter().any(|e| e == "本机构的页面")));
}

#[test]
fn the_same_name_in_another_county_is_not_linked() {
    let register = county();
    let elsewhere = [
        "邻水县小荷教育停课。",
        "据报道，邻近的青州县小荷教育学校近日停业。青州县教体局已介入。",
        "邻水县的小荷教育停课，云溪县教体局提醒家长注意。",
        "邻水县城南一商住楼三层的小荷教育起火。",
        "邻水县“小荷教育”闭店。家长说，小荷教育欠费已久。",
        "成都小荷教育闭店。",
        "邻省小荷教育闭店。",
        "外省某市的“小荷教育”闭店。",
        "邻水县一托育园夜里搬空，家长问：又是“小荷教育”？",
        "邻水县消防通报，昨夜一处培训机构起火。邻水县教体局说，起火的小荷教育已停课。",
    ];
    for body in elsewhere {
        let found = names(&register, "", body, None);
        assert!(found.mentions.is_empty(), "{body}: {:?}", found.mentions);
        assert!(!found.elsewhere.is_empty(), "{body}");
    }
    let home = [
        "云溪县小荷教育停课。",
        "家住邻水县的王女士在小荷教育报名。",
        "云溪县人民路小荷教育停课。",
        "邻水县居民投诉小荷教育。",
        "邻水县教体局来云溪考察，走进小荷教育。",
        "全县各小区的家长都知道小荷教育。",
    ];
    for body in home {
        assert_eq!(linked(&register, body), ["Y1"], "{body}");
    }
    let both = "邻水县“小荷教育”与我校无关。我校全称为云溪县小荷教育培训学校。";
    let found = names(&register, "", both, None);
    assert_eq!((found.mentions.len(), found.elsewhere.len()), (1, 1));
    assert_eq!(found.elsewhere[0].place, "邻水县");
}

#[test]
fn a_hidden_name_is_linked_when_only_one_fits() {
    let register = county();
    for body in [
        "被告人系云溪县龙*跆拳道俱乐部教练。",
        "云溪县龙某跆拳道俱乐部被罚",
        "云溪县龙××跆拳道俱乐部被罚",
        "法院认为，龙*跆拳道俱乐部有限公司存在疏漏",
    ] {
        assert_eq!(linked(&register, body), ["Y6"], "{body}");
    }
    for body in ["被告人龙某跆拳道教练", "云溪县某跆拳道俱乐部", "云溪县龙跆拳道俱乐部"]
    {
        assert!(linked(&register, body).is_empty(), "{body}");
    }
}

#[test]
fn hits_out_of_range_are_ignored() {
    let register = county();
    let (title, body) = (normalise(""), normalise("小荷教育"));
    let wild = [
        NameHit { pattern: usize::MAX, field: Field::Body, start: 0, end: 4 },
        NameHit { pattern: 0, field: Field::Title, start: 90, end: 99 },
        NameHit { pattern: 0, field: Field::Body, start: 3, end: 3 },
    ];
    register.resolve(&title, &body, Origin { owner: Some(999), ..Origin::default() }, &wild);
}

/// Sentence frames of I12. Every name must be found in all of them.
const FRAMES: &[&str] = &[
    "{}",
    "{}被责令停业。",
    "家长称{}拒绝退费。",
    "执法人员走进{}检查。",
    "近日，{}发生火灾。",
    "“{}”的招生广告不实",
    "据了解，{}未取得办学许可证。",
    "在{}，老师没有教师资格证。",
    "我县{}超范围培训",
    "通报了甲校、{}两家机构的问题",
    "1.{}：学费超过五千元",
    "涉事机构为{}。",
    "孩子在{}上课时受伤",
    "（{}）承诺保过",
    "《{}学员须知》",
    "教体局约谈了{}负责人",
    "记者来到位于人民路的{}",
    "家住邻水县的李女士向{}交了学费",
    "{}\n电话：0000",
    "序号 | {} | 不合格",
];

/// I12 for one name. Where a name proves nothing by itself the frame gives evidence: the county in front of a common
/// word, and the institution's address besides where several share the name.
fn planted(register: &Register, id: &str, text: &str) -> Result<(), TestCaseError> {
    let at = register.index_of(id).expect("in the register");
    let normal = normalise(text);
    let pattern = register.patterns().find(|p| p.text == normal.as_str());
    let bearer = pattern.and_then(|p| p.bearers.iter().find(|b| b.institution == at));
    let Some((pattern, bearer)) = pattern.zip(bearer) else {
        return Err(TestCaseError::fail(format!("{text} is no pattern of {id}")));
    };
    let home = &register.homes[at];
    let common = bearer.strength == Strength::Common;
    for frame in FRAMES {
        let front = if common { home.county.as_str() } else { "" };
        let mut body = frame.replace("{}", &format!("{front}{text}"));
        if pattern.bearers.len() > 1 {
            body.push_str(&format!("\n办学地址：{}。", register.institutions()[at].address));
        }
        let found = names(register, "", &body, None);
        let before = frame.split("{}").next().unwrap_or_default();
        let start = normalise(&format!("{before}{front}")).len_chars();
        prop_assert!(
            found.mentions.iter().any(|m| m.institution == at && m.start <= start && m.end > start),
            "{text} ({:?}) not linked in: {body}\n{found:?}",
            bearer.strength
        );
    }
    Ok(())
}

fn all_planted(register: &Register) -> Result<(), TestCaseError> {
    for institution in register.institutions() {
        for name in std::iter::once(&institution.name).chain(&institution.aliases) {
            planted(register, &institution.id, name)?;
        }
    }
    Ok(())
}

#[test]
fn i12_holds_for_the_sample_register() {
    let rows = include_bytes!("../../../../config/register-sample.csv");
    let register = Register::new(crate::read_register(rows, "register-sample.csv").expect("it reads").rows);
    assert!(!register.institutions().is_empty());
    all_planted(&register).expect("every name and alias is linked");
}

/// Brands that are figures of speech, shared within the county, or like other words.
const BRANDS: &[&str] = &[
    "小荷",
    "墨香苑",
    "星光",
    "启航",
    "蓝海豚",
    "极客星球",
    "博雅",
    "童画世界",
    "未来工匠",
    "橡树湾",
    "跃动",
    "金桥",
    "春蕾",
    "暖阳",
    "乐途",
    "知行",
];
const TAILS: &[&str] = &[
    "教育培训学校",
    "艺术培训学校有限公司",
    "舞蹈培训有限公司",
    "文化课培训学校",
    "体育培训有限公司",
    "职业技能培训学校",
    "托管服务中心",
    "托育服务有限公司",
    "研学服务有限公司",
    "科技培训有限公司",
];
const ALIAS_TAILS: &[&str] = &["", "艺校", "培训", "学校", "中心", "工作室", "职校", "教育"];

/// A brand of the table, or any two to four characters.
fn brand() -> impl Strategy<Value = String> {
    prop_oneof![(0..BRANDS.len()).prop_map(|n| BRANDS[n].to_owned()), "[\u{4e00}-\u{9fa5}]{2,4}",]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// I12: every full name and every given alias of any register is linked in 20 sentence frames.
    #[test]
    fn i12_every_name_and_alias_is_linked(
        rows in proptest::collection::vec((brand(), 0..TAILS.len(), 0..ALIAS_TAILS.len()), 1..6),
    ) {
        let mut taken = std::collections::HashSet::new();
        let rows: Vec<Institution> = rows
            .iter()
            .enumerate()
            .map(|(n, (brand, tail, alias))| {
                let name = format!("云溪县{brand}{}", TAILS[*tail]);
                let alias = format!("{brand}{}", ALIAS_TAILS[*alias]);
                row(&format!("Y{n}"), &name, &[&alias], &format!("云溪县城关镇文昌街{}号", n + 10))
            })
            // Two rows of one legal name are one institution to every text.
            .filter(|row| taken.insert(row.name.clone()))
            .collect();
        all_planted(&Register::new(rows))?;
    }

    #[test]
    fn resolve_never_panics_and_is_deterministic(title in "\\PC{0,20}", body in "[小荷教育博文星光县市区“”的、。\\n某*a-z]{0,60}") {
        let register = county();
        prop_assert_eq!(names(&register, &title, &body, None), names(&register, &title, &body, None));
    }
}

#[test]
fn of_a_brand_in_many_counties_the_near_one_is_meant() {
    let counties: Vec<char> = "东西南北山水云溪河江湖海林田石松柏梅兰竹".chars().collect();
    let rows = counties
        .iter()
        .map(|c| {
            let name = format!("{c}阳县启航艺术培训有限公司");
            row(&format!("{c}"), &name, &["启航艺术"], &format!("{c}阳县城关镇文昌街1号"))
        })
        .collect();
    let register = Register::new(rows);
    assert_eq!(linked(&register, "梅阳县启航艺术的老师没有教师资格证。"), ["梅"]);
    assert_eq!(linked(&register, "松阳县教体局通报，启航艺术停课。"), ["松"]);
    assert!(linked(&register, "启航艺术停课。").is_empty());
}
