//! Each mechanism on texts of its own, with a small pack, so that no edit of the shipped rules moves them.

use super::*;
use guanlan_model::{InstitutionStatus, InstitutionType, Lead, LeadKind, Role, Tier, Via};
use proptest::prelude::*;

const PACK: &str = r#"
[pack]
name = "试验"
[suppressors]
promo = ["严禁", "不承诺", "拒绝"]
news = ["提醒", "未发现"]
never = ["责令", "罚款", "立案"]
[lists]
"科目·舞蹈" = ["舞", "芭蕾"]
"暗号" = ["数xue"]
[[rule]]
id = "fire"
name = "火灾事故"
category = "fire"
severity = "urgent"
applies_to = ["news"]
match = '起火 | 浓烟 | 灭火器过期'
lead = "消防救援大队"
co = ["教体局"]
basis_policy = ["政策"]
basis_penalty = ["罚则"]
[[rule]]
id = "closure"
name = "闭店跑路"
category = "closure-refund"
severity = "urgent"
applies_to = ["news"]
match = '跑路 | 人去楼空 | 退费难'
lead = "教体局"
[[rule]]
id = "harm"
name = "体罚"
category = "child-harm"
severity = "urgent"
applies_to = ["news"]
match = '体罚 | 殴打'
[[rule]]
id = "penalty"
name = "处罚通报"
category = "penalty"
severity = "medium"
applies_to = ["news"]
match = '罚款 | 责令整改 | 年检不合格'
[[rule]]
id = "signals"
name = "综合信号"
category = "closure-refund"
severity = "high"
applies_to = ["news"]
at_least = 2
match = '(关机 | 搬空 | 欠租) (学费 | 课时)'
[[rule]]
id = "guarantee"
name = "保证性承诺"
category = "advertising"
severity = "high"
applies_to = ["promo"]
match = '保过 | 点招 | 补课'
[[rule]]
id = "coded"
name = "暗号"
category = "covert"
severity = "high"
applies_to = ["promo"]
match = '@暗号'
[[rule]]
id = "lapsed"
name = "许可失效仍招生"
category = "licence"
severity = "high"
applies_to = ["promo"]
licence = "invalid"
match = '招生 | 报名'
[[rule]]
id = "beyond"
name = "超范围"
category = "scope"
severity = "medium"
applies_to = ["promo"]
institution_types = ["文化艺术类"]
outside_scope = true
match = '(编程 | 街舞) (招生 | 报名)'
[[rule]]
id = "away"
name = "办学地址与登记不符"
category = "licence"
severity = "medium"
applies_to = ["promo"]
address = "unregistered"
match = '校区'
[[rule]]
id = "lessons"
name = "超课时收费"
category = "fees"
severity = "high"
applies_to = ["promo"]
match = '课时>60'
"#;

fn institution(id: &str, name: &str, alias: &str, category: InstitutionType) -> Institution {
    Institution {
        id: id.into(),
        name: name.into(),
        aliases: if alias.is_empty() { Vec::new() } else { vec![alias.into()] },
        category,
        approver: String::new(),
        supervisor: String::new(),
        town: "城关镇".into(),
        address: "江宁市云溪县城关镇人民路8号".into(),
        scope: vec!["中国舞".into()],
        licence_no: String::new(),
        credit_code: String::new(),
        licence_from: NaiveDate::from_ymd_opt(2024, 1, 1),
        licence_to: NaiveDate::from_ymd_opt(2026, 6, 30),
        sites: Vec::new(),
        status: InstitutionStatus::Normal,
    }
}

/// The judgement of the rules alone: these texts are too short for how they read to say anything.
fn by_rules() -> Screener {
    screener().with_mechanisms(Mechanisms::without("wording").unwrap())
}

pub(crate) fn screener() -> Screener {
    let register = Register::new(vec![
        institution("Y1", "云溪县青松舞蹈艺术培训有限公司", "青松舞蹈", InstitutionType::Arts),
        institution("Y2", "云溪县凌霄击剑俱乐部有限公司", "凌霄击剑", InstitutionType::Sports),
        institution("Y3", "云溪县墨香苑书画培训中心", "墨香苑书画", InstitutionType::Arts),
    ]);
    let pack = guanlan_rules::load_texts("t", &[("t.toml", PACK)]).unwrap();
    Screener::new(register, &pack).unwrap()
}

pub(crate) fn article(kind: Kind, owner: Option<&str>, title: &str, body: &str) -> Article {
    Article {
        id: "a".into(),
        kind,
        source: String::new(),
        tier: Tier::County,
        url: String::new(),
        published: None,
        title: title.into(),
        body: body.into(),
        owner: owner.map(str::to_owned),
    }
}

pub(crate) fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 5, 1).unwrap()
}

fn screen(kind: Kind, owner: Option<&str>, title: &str, body: &str) -> Screened {
    by_rules().screen(&article(kind, owner, title, body), day())
}

/// `institution/rule` of every finding, sorted.
pub(super) fn found(screened: &Screened) -> Vec<String> {
    let mut out: Vec<String> =
        screened.findings.iter().map(|f| format!("{}/{}", f.institution, f.rule)).collect();
    out.sort();
    out
}

fn news(title: &str, body: &str) -> Vec<String> {
    found(&screen(Kind::News, None, title, body))
}

#[test]
fn a_match_is_tied_to_the_nearest_institution_at_fault() {
    for (title, body, expected) in [
        ("快讯", "昨晚青松舞蹈突然起火，凌霄击剑的学员帮忙疏散。", vec!["Y1/fire"]),
        ("快讯", "家长来到青松舞蹈。推门一看，已经人去楼空。", vec!["Y1/closure"]),
        ("检查通报", "检查组先到青松舞蹈，台账齐全。随后来到凌霄击剑，发现灭火器过期。", vec!["Y2/fire"]),
        ("检查通报", "青松舞蹈、凌霄击剑两家机构的灭火器过期。", vec!["Y1/fire", "Y2/fire"]),
        ("公告", "年检不合格：青松舞蹈、墨香苑书画。", vec!["Y1/penalty", "Y3/penalty"]),
        ("青松舞蹈人去楼空", "几十名家长守在门口。", vec!["Y1/closure"]),
        (
            "门前的家长",
            "楼道里贴满通知，机构已经人去楼空。工商登记显示，该店为云溪县青松舞蹈艺术培训有限公司。",
            vec!["Y1/closure"],
        ),
    ] {
        assert_eq!(news(title, body), expected, "{body}");
    }
}

#[test]
fn a_campus_elsewhere_is_seen_by_the_register() {
    let page = |body: &str| screen(Kind::Promo, Some("Y1"), "", body);
    let told = page("石埠校区开放啦！\n📍石埠街118号二楼，九月开课。");
    assert_eq!(found(&told), ["Y1/away"]);
    assert!(told.findings[0].reason.contains("石埠街118号") && told.findings[0].reason.contains("人民路8号"));
    for body in [
        "本校区在人民路8号三楼，九月开课。",
        "校区环境优美，共118个座位。",
        "校区招生。\n九月开课。\n比赛在石埠街118号。",
    ] {
        assert!(!found(&page(body)).contains(&"Y1/away".to_owned()), "{body}");
    }
}

#[test]
fn the_reason_says_what_proved_a_weak_name() {
    let told = screen(Kind::News, None, "", "云溪县的家长说，凌霄教练失联，凌霄教练的门店人去楼空。");
    let reason = &told.findings[0].reason;
    assert!(reason.contains("佐证") && reason.contains("后接「教练」"), "{reason}");
    let plain = screen(Kind::News, None, "", "家长来到青松舞蹈，已经人去楼空。");
    assert!(!plain.findings[0].reason.contains("佐证"), "{}", plain.findings[0].reason);
}

#[test]
fn numbered_entries_keep_to_themselves() {
    let body = "现通报如下：\n1.青松舞蹈。灭火器过期。\n2.凌霄击剑。教学秩序良好。\n3.某餐馆油锅起火。\n各机构要引以为戒，责令整改不到位的将罚款。";
    assert_eq!(news("情况通报", body), ["Y1/fire"]);
}

#[test]
fn a_headline_or_a_closing_sentence_speaks_for_the_whole_list() {
    let listed =
        "近日检查情况如下：\n1.青松舞蹈。通道狭窄。\n2.凌霄击剑。设施完好。\n对存在问题的机构，已责令整改。";
    assert_eq!(news("通报", listed), ["Y1/penalty"]);
    let inline = "以下机构灭火器过期：青松舞蹈（三具）；某饭店（两具）；墨香苑书画（一具）。";
    assert_eq!(news("公布", inline), ["Y1/fire", "Y3/fire"]);
}

#[test]
fn somebody_else_is_somebody_else() {
    for body in [
        "楼下火锅店后厨起火，楼上的青松舞蹈有序疏散。",
        "发现一家名为“小博士”的场所，墙角灭火器过期。附近的青松舞蹈接收了部分学员。",
        "青松舞蹈负责人谈起行业，说隔壁有家机构跑路，家长都怕了。",
        "松阳县青松舞蹈人去楼空，家长报警。",
        "培训机构（如青松舞蹈、凌霄击剑）周边禁放烟花，违者罚款。",
        "骑手殴打刚走出青松舞蹈大门的男孩。",
        "检查组来到青松舞蹈，台账齐全；另一处没有招牌的点位灭火器过期。",
    ] {
        assert_eq!(news("本地新闻", body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn what_is_not_real_or_not_theirs_is_held_back_with_its_reason() {
    for (title, body, reason) in [
        ("消防演练进机构", "青松舞蹈楼道里浓烟滚滚，学员弯腰撤离。", "演练"),
        ("孩子们的一课", "青松舞蹈楼道里浓烟滚滚。原来这是一次应急演练。", "演练"),
        ("网传跑路？不实", "有人称青松舞蹈跑路。经核实，该消息系谣言。", "辟谣"),
        ("示范单位揭晓", "青松舞蹈、凌霄击剑入选。评选剔除了有退费难的机构。", "正面名单"),
        ("家庭教育", "沙龙在青松舞蹈的剧场举行。专家说，体罚让孩子远离父母。", "活动场所"),
        ("更正", "此前误将青松舞蹈列入年检不合格名单，现更正。", "否认"),
        ("有人冒名收费", "不法分子冒用青松舞蹈的招牌收费后跑路。", "受害"),
        ("复查结果", "青松舞蹈此前灭火器过期，现已更换，复查合格。", "整改"),
        ("关于防范跑路的提示", "有机构跑路。青松舞蹈等机构签了承诺书。", ""),
        ("家长课堂", "民警到青松舞蹈宣讲，剖析体罚案例。", "宣传教育"),
        ("好人好事", "凌霄击剑的教练制止了一起殴打事件，被通报表扬，凌霄击剑受到点赞。", "肯定"),
    ] {
        let screened = screen(Kind::News, None, title, body);
        assert_eq!(found(&screened), Vec::<String>::new(), "{body}");
        assert!(screened.suppressed.iter().any(|s| s.by.contains(reason)), "{:?}", screened.suppressed);
    }
}

#[test]
fn an_act_of_an_authority_overrides_the_telling() {
    assert_eq!(news("安全提示", "青松舞蹈因灭火器过期被责令整改，消防部门提醒其他机构自查。"), ["Y1/fire"]);
}

#[test]
fn an_order_to_put_right_is_no_putting_right() {
    assert_eq!(news("查处", "青松舞蹈退费难，教体局责令其全额退费。"), ["Y1/closure"]);
    assert_eq!(news("退费", "青松舞蹈曾退费难，经协调，学费已全额退费。"), Vec::<String>::new());
}

#[test]
fn penalty_stays_only_where_nothing_more_specific_is_found() {
    assert_eq!(news("处罚", "青松舞蹈因体罚学员被罚款两万元。"), ["Y1/harm"]);
    assert_eq!(news("处罚", "青松舞蹈被罚款两万元。"), ["Y1/penalty"]);
}

#[test]
fn several_signals_are_counted() {
    assert_eq!(news("停课", "青松舞蹈搬空，老板关机，家长刚交学费。"), ["Y1/signals"]);
    assert_eq!(news("停课", "青松舞蹈老板关机，家长刚交学费。"), Vec::<String>::new());
    // An authority acted and nothing else says why: one of two signals is enough.
    assert_eq!(news("停课", "青松舞蹈老板关机，家长刚交学费，教体局已责令整改。"), ["Y1/signals"]);
}

#[test]
fn promotion_is_the_owners_and_denials_bind() {
    let promo = |body: &str| found(&screen(Kind::Promo, Some("Y1"), "招贴", body));
    assert_eq!(promo("签约保过，名额有限。"), ["Y1/guarantee"]);
    assert_eq!(promo("严禁迟到，周六补课照常。"), ["Y1/guarantee"]);
    assert_eq!(promo("拒绝套路，签约保过。"), ["Y1/guarantee"]);
    for body in ["严禁补课。", "我们从不承诺保过。", "谨防有人以保过为名行骗。", "另开教学点招收学员。"]
    {
        assert_eq!(promo(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn the_register_adds_its_facts() {
    let screener = screener();
    let page = article(Kind::Promo, Some("Y1"), "", "街舞、编程班招生");
    let before = screener.screen(&page, day());
    assert_eq!(found(&before), ["Y1/beyond"]);
    assert_eq!(before.findings[0].spans[0].text, "编程", "街舞 belongs to 中国舞");
    let after = screener.screen(&page, NaiveDate::from_ymd_opt(2026, 7, 1).unwrap());
    assert_eq!(found(&after), ["Y1/beyond", "Y1/lapsed"]);
    assert!(after.findings.iter().any(|f| f.reason.contains("2026-06-30")));
}

#[test]
fn offsets_lead_to_the_original_and_name_the_disguise() {
    let body = "本周签约保\u{200b}過，先到先得。";
    let screened = screen(Kind::Promo, Some("Y1"), "", body);
    let span = &screened.findings[0].spans[0];
    let original: String = body.chars().skip(span.start).take(span.end - span.start).collect();
    assert_eq!(
        (original.as_str(), span.text.as_str(), span.form),
        ("保\u{200b}過", "保\u{200b}過", Form::Inserted)
    );
    assert!(screened.findings[0].reason.contains("插入符号"));
    let coded = screen(Kind::Promo, Some("Y1"), "", "数xuě老地方见");
    assert_eq!(
        (coded.findings[0].spans[0].text.as_str(), coded.findings[0].spans[0].form),
        ("数xuě", Form::Disguised)
    );
}

#[test]
fn a_finding_says_who_where_and_why() {
    let screened = screen(Kind::News, None, "突发", "青松舞蹈二楼起火，消防部门立案调查。");
    let finding = &screened.findings[0];
    assert_eq!(
        (finding.mention.field.as_str(), finding.mention.start, finding.mention.via),
        ("body", 0, Via::Alias)
    );
    assert_eq!((finding.role, finding.departments.lead.as_str()), (Role::Penalised, "消防救援大队"));
    assert_eq!(finding.basis, ["政策", "罚则"]);
    assert_eq!(finding.reason, "「青松舞蹈」与「起火」同句，疑似火灾事故");
}

#[test]
fn kind_reports_use_harsh_words_harmlessly() {
    assert_eq!(
        news("守护", "青松舞蹈请家长看后厨。新闻里的体罚让人心慌，在这里大家放心。"),
        Vec::<String>::new()
    );
    assert_eq!(news("守护", "青松舞蹈的老师体罚学员，家长报警，有人说以前很放心。"), ["Y1/harm"]);
}

proptest! {
    #[test]
    fn any_text_is_screened_and_every_span_is_its_own_text(
        title in "[青松舞蹈凌霄击剑起火，。“”补课保过1.|\u{200b} \n]{0,12}",
        body in "([青松舞蹈凌霄击剑起火，。：“”补课保过严禁不1、.|\u{200b} \n]|青松舞蹈|人去楼空|凌霄击剑|罚款|案例一：){0,40}",
        promo in any::<bool>(),
    ) {
        let (kind, owner) = if promo { (Kind::Promo, Some("Y1")) } else { (Kind::News, None) };
        let page = article(kind, owner, &title, &body);
        let screened = SCREENER.with(|s| s.screen(&page, day()));
        for span in screened.findings.iter().flat_map(|f| &f.spans) {
            let field = if span.field == "title" { &title } else { &body };
            let own: String = field.chars().skip(span.start).take(span.end - span.start).collect();
            prop_assert_eq!(&own, &span.text);
        }
    }
}

thread_local! {
    static SCREENER: Screener = screener();
}

#[test]
fn unknown_institutions_are_leads() {
    let screened =
        screen(Kind::News, None, "清查", "城关镇取缔一家名为“学霸来了”的场所，无证招收学员三十名。");
    assert_eq!(screened.leads.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["学霸来了"]);
}

fn leads(title: &str, body: &str) -> Vec<(String, LeadKind, Vec<String>)> {
    let leads = screen(Kind::News, None, title, body).leads;
    let whom = |l: &Lead| l.candidates.iter().map(|c| c.institution.clone()).collect();
    leads.iter().map(|l| (l.name.clone(), l.kind, whom(l))).collect()
}

#[test]
fn leads_belong_to_the_county_and_operate() {
    let unknown = |name: &str| vec![(name.to_owned(), LeadKind::Unregistered, Vec::new())];
    let notice =
        "云溪县取缔两处场所：\n1.“状元书屋”，人民路供销社宿舍，无证招收学生；\n2.“青松舞蹈”，已整改。";
    assert_eq!(leads("取缔公告", notice), unknown("状元书屋"));
    for body in [
        "松阳县取缔一家名为“学霸来了”的场所，无证招收学员三十名。",
        "全国多地取缔名为“学霸来了”的场所，无证招收学员三十名。",
        "云溪县青松舞蹈新开“淑女养成营”，招收学员三十名。",
        "云溪县的人们统一叫“吃晚饭”，执法人员查封了场所。",
        "云溪县门店只做午托，记者看到学生三十名，执法人员查封了场所。",
    ] {
        assert_eq!(leads("新闻", body), Vec::new(), "{body}");
    }
}

#[test]
fn a_masked_name_is_a_possible_lead_and_never_a_finding() {
    let body = "云溪县城关镇一家击剑俱乐部起火，学员疏散。";
    let told = screen(Kind::News, None, "快讯", body);
    assert!(told.findings.is_empty(), "{:?}", told.findings);
    assert!(told.leads.is_empty(), "no such kind of establishment: {:?}", told.leads);
    let body = "云溪县城关镇一家舞蹈机构起火，学员疏散。";
    let told = screen(Kind::News, None, "快讯", body);
    assert!(told.findings.is_empty(), "{:?}", told.findings);
    let [lead] = told.leads.as_slice() else { panic!("{:?}", told.leads) };
    assert_eq!((lead.name.as_str(), lead.kind), ("云溪县城关镇一家舞蹈机构", LeadKind::Possible));
    assert_eq!(lead.candidates[0].institution, "Y1");
    assert!(lead.candidates[0].reason.contains("城关镇"), "{}", lead.candidates[0].reason);
    let twice = screen(Kind::News, None, "某舞蹈机构起火", body);
    assert_eq!(twice.leads.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["云溪县城关镇一家舞蹈机构"]);
    for body in [
        "云溪县城关镇一家舞蹈机构起火？谣言！",
        "松阳县一家舞蹈机构起火。",
        "云溪县城关镇一家舞蹈机构举行演出。",
        "青松舞蹈起火，附近一家舞蹈机构帮忙。",
    ] {
        let possible = leads("快讯", body).into_iter().any(|(_, kind, _)| kind == LeadKind::Possible);
        assert!(!possible, "{body}");
    }
}

#[test]
fn a_brand_that_nothing_tells_apart_is_a_possible_lead() {
    let register = Register::new(vec![
        institution("Y1", "云溪县远航文化培训学校", "", InstitutionType::Subject),
        institution("Y2", "云溪县远航技能培训学校", "", InstitutionType::Vocational),
    ]);
    let pack = guanlan_rules::load_texts("t", &[("t.toml", PACK)]).unwrap();
    let screener = Screener::new(register, &pack).unwrap();
    let told = screener.screen(&article(Kind::News, None, "", "云溪县家长说，远航培训人去楼空。"), day());
    assert!(told.findings.is_empty(), "{:?}", told.findings);
    let [lead] = told.leads.as_slice() else { panic!("{:?}", told.leads) };
    let whom: Vec<&str> = lead.candidates.iter().map(|c| c.institution.as_str()).collect();
    assert_eq!((lead.name.as_str(), lead.kind, whom), ("远航培训", LeadKind::Possible, vec!["Y1", "Y2"]));
}

#[test]
fn the_same_article_gives_the_same_bytes() {
    let body = "青松舞蹈、凌霄击剑灭火器过期。墨香苑书画退费难。";
    let once = serde_json::to_string(&screen(Kind::News, None, "通报", body)).unwrap();
    let again = serde_json::to_string(&screen(Kind::News, None, "通报", body)).unwrap();
    assert_eq!(once, again);
}

#[test]
fn a_long_article_is_read_in_one_go() {
    let body = "青松舞蹈的家长说，凌霄击剑起火，墨香苑书画退费难。".repeat(4_000);
    assert_eq!(news("长文", &body).len(), 2);
}

#[test]
fn each_mechanism_can_be_switched_off() {
    let excused = "青松舞蹈楼道里浓烟滚滚。原来这是一次应急演练。";
    let feast = "周末，青松舞蹈的孩子们带着春联和灯笼走进社区，给爷爷奶奶们跳了三支新舞。院子里摆着长桌，邻居们端来自家包的\
        饺子。八十岁的周奶奶说，她最爱看孩子们跳舞，看着看着就想起自己年轻的时候。那年老屋起火，也是邻居们一桶一桶提水。\
        散场时，孩子们和老人约好，明年春天再来。";
    for (off, kind, body, with, without) in [
        ("roles", Kind::News, excused, vec![], vec!["Y1/fire"]),
        ("suppressors", Kind::News, "消防提醒青松舞蹈：灭火器过期要换。", vec![], vec!["Y1/fire"]),
        ("facts", Kind::Promo, "一次买96课时", vec!["Y1/lessons"], vec![]),
        ("register", Kind::Promo, "街舞班报名", vec![], vec!["Y1/beyond", "Y1/lapsed"]),
        ("evasion", Kind::Promo, "签约保\u{200b}过，数xue老地方", vec!["Y1/coded", "Y1/guarantee"], vec![]),
        ("coreference", Kind::News, "家长来到青松舞蹈。已经人去楼空。", vec!["Y1/closure"], vec![]),
        ("wording", Kind::News, feast, vec![], vec!["Y1/fire"]),
    ] {
        let owner = (kind == Kind::Promo).then_some("Y1");
        let page = article(kind, owner, "", body);
        let whole = if off == "wording" { screener() } else { by_rules() };
        let part = screener().with_mechanisms(Mechanisms::without(&format!("{off},wording")).unwrap());
        assert_eq!(found(&whole.screen(&page, day())), with, "{off}: {body}");
        assert_eq!(found(&part.screen(&page, day())), without, "{off}: {body}");
    }
}
