use super::*;
use crate::Screener;
use guanlan_model::{
    Departments, Institution, InstitutionStatus, InstitutionType, Kind, MentionRef, Role, Tier, Via,
};
use guanlan_registry::Register;
use guanlan_rules::load_texts;

const PACK: &str = "[lists]\n'课程' = ['数学', '英语']\n
[[rule]]\nid = 'a'\nname = '甲'\ncategory = 'scope'\nseverity = 'high'\napplies_to = ['news']\nmatch = '句(@课程 招生)'\n
[[rule]]\nid = 'b'\nname = '乙'\ncategory = 'fees'\nseverity = 'low'\napplies_to = ['news']\nmatch = '预收'\n";

fn pack(text: &str) -> Pack {
    load_texts("t", &[("t.toml", text)]).unwrap()
}

fn article(body: &str) -> Article {
    Article {
        id: String::new(),
        kind: Kind::News,
        source: String::new(),
        tier: Tier::Other,
        url: String::new(),
        published: None,
        title: String::new(),
        body: body.into(),
        owner: None,
    }
}

fn finding(institution: &str, rule: &str, severity: Severity) -> Finding {
    Finding {
        institution: institution.into(),
        category: Category::Fees,
        rule: rule.into(),
        severity,
        confidence: 0.9,
        orientation: false,
        role: Role::Accused,
        departments: Departments::default(),
        basis: vec![],
        spans: vec![],
        mention: MentionRef { field: "body".into(), start: 0, end: 1, text: "甲".into(), via: Via::Name },
        reason: format!("{institution} {rule}"),
    }
}

fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, n).unwrap()
}

fn tried(id: i64, story: i64, on: u32) -> Tried<'static> {
    Tried { id, story, day: day(on), title: "标题" }
}

#[test]
fn only_articles_that_a_changed_rule_can_be_about_are_concerned() {
    let old = pack(PACK);
    let concerned =
        |new: &str, body: &str| Difference::between(&old, &pack(new)).unwrap().concerns(&article(body));
    let texts = ["数学班招生。", "预收三年学费。", "花展开幕。"];
    let all = |new: &str| texts.map(|body| concerned(new, body));
    assert_eq!(all(PACK), [false; 3], "the same pack");
    assert_eq!(
        all(&PACK.replace("'预收'", "'花展'")),
        [false, true, true],
        "old and new words of a changed rule"
    );
    assert_eq!(
        all(PACK.split("[[rule]]\nid = 'b'").next().unwrap()),
        [false, true, false],
        "a rule taken out"
    );
    let moved = format!("# a line\n{PACK}\n[[rule.example]]\ntext = '预收'\nfires = true\n");
    assert_eq!(all(&moved), [false; 3], "another place and another example change nothing");
    assert_eq!(all(&PACK.replace("'英语'", "'物理'")), [true; 3], "a list can change anything");
}

#[test]
fn alerts_are_counted_by_story_institution_and_category() {
    let mut tally = Tally::new();
    let old = [finding("A", "a", Severity::Low)];
    let new = [
        finding("A", "a", Severity::Low),
        finding("A", "b", Severity::High),
        finding("B", "b", Severity::Low),
    ];
    tally.add(&tried(1, 7, 3), &old, &new);
    tally.add(&tried(2, 7, 4), &old, &new);
    tally.add(&tried(3, 8, 4), &old, &[]);
    tally.read(4);
    let report = tally.report();
    assert_eq!((report.articles, report.old, report.new, report.gained, report.lost), (4, 2, 2, 1, 1));
    let gained: Vec<(&str, i64)> =
        report.gained_alerts.iter().map(|c| (c.institution.as_str(), c.article)).collect();
    assert_eq!(gained, [("B", 1)], "the first article of the story raises it");
    assert_eq!((report.lost_alerts[0].article, report.lost_alerts[0].rule.as_str()), (3, "a"));
    let days: Vec<(NaiveDate, u64, u64, u64, u64)> =
        report.days.iter().map(|d| (d.day, d.old, d.new, d.gained, d.lost)).collect();
    assert_eq!(days, [(day(3), 1, 2, 1, 0), (day(4), 1, 0, 0, 1)]);
    let rules: Vec<(&str, u64, u64)> = report.rules.iter().map(|r| (r.rule.as_str(), r.old, r.new)).collect();
    assert_eq!(rules, [("a", 2, 1), ("b", 0, 2)]);
}

#[test]
fn an_alert_that_the_old_pack_raises_later_in_the_story_is_not_gained() {
    let mut tally = Tally::new();
    let found = [finding("A", "a", Severity::Low)];
    tally.add(&tried(1, 7, 3), &[], &found);
    tally.add(&tried(2, 7, 5), &found, &found);
    let report = tally.report();
    assert_eq!((report.gained, report.lost, report.gained_alerts.len()), (0, 0, 0));
    let days: Vec<(NaiveDate, u64, u64)> = report.days.iter().map(|d| (d.day, d.old, d.new)).collect();
    assert_eq!(days, [(day(3), 0, 1), (day(5), 1, 0)], "each pack by its own first day");
}

#[test]
fn a_changed_alert_shows_its_strongest_finding() {
    let mut tally = Tally::new();
    let new = [finding("A", "weak", Severity::Low), finding("A", "strong", Severity::Urgent)];
    tally.add(&tried(1, 7, 3), &[], &new);
    let report = tally.report();
    assert_eq!((report.gained_alerts[0].rule.as_str(), report.gained_alerts.len()), ("strong", 1));
    assert_eq!(report.gained_alerts[0].reason, "A strong");
}

#[test]
fn verdicts_judge_both_packs() {
    let mut tally = Tally::new();
    let found = |rule| [finding("A", rule, Severity::Low)];
    let (none, a, b) = (vec![], found("a"), found("b"));
    for (story, old, new, state) in [
        (1, &a[..], &b[..], AlertState::Confirmed),
        (2, &a[..], &none[..], AlertState::FalseAlarm),
        (3, &none[..], &b[..], AlertState::Watching),
        (4, &none[..], &b[..], AlertState::Elsewhere),
        (5, &a[..], &none[..], AlertState::Confirmed),
        (6, &none[..], &none[..], AlertState::Confirmed),
        (7, &a[..], &none[..], AlertState::Duplicate),
        (8, &a[..], &b[..], AlertState::Waiting),
    ] {
        tally.add(&tried(story, story, 3), old, new);
        tally.judged(story, "A", Category::Fees, state);
    }
    let Verdicts { old, new, gained, lost, neither } = tally.report().verdicts;
    let judged = |right, wrong| Judged { right, wrong };
    assert_eq!((old, new), (judged(2, 1), judged(2, 1)));
    assert_eq!((gained, lost, neither), (judged(1, 1), judged(1, 1), judged(1, 0)));
    assert_eq!(old.precision(), Some(2.0 / 3.0));
    assert_eq!(Judged::default().precision(), None);
}

#[test]
fn a_report_lists_the_first_and_counts_the_rest() {
    let mut tally = Tally::new();
    for story in 0..2 * LISTED as i64 + 100 {
        tally.add(&tried(story, story, 3), &[], &[finding("A", "a", Severity::Low)]);
    }
    let report = tally.report();
    assert_eq!((report.gained as usize, report.gained_alerts.len()), (2 * LISTED + 100, LISTED));
}

/// What is not screened twice must come out the same: every text of the shipped packs, with one rule changed after the
/// other.
#[test]
fn packs_say_the_same_about_articles_that_do_not_concern_their_difference() {
    let old = guanlan_rules::builtin();
    let institution = Institution {
        id: "A1".into(),
        name: "小河马艺术培训中心".into(),
        aliases: vec![],
        category: InstitutionType::Arts,
        approver: String::new(),
        supervisor: String::new(),
        town: String::new(),
        address: String::new(),
        scope: vec!["美术".into()],
        licence_no: String::new(),
        credit_code: String::new(),
        licence_from: None,
        licence_to: None,
        sites: vec![],
        status: InstitutionStatus::Normal,
    };
    let screener = |pack: &Pack| Screener::new(Register::new(vec![institution.clone()]), pack).unwrap();
    let before = screener(&old);
    let texts: Vec<Article> = old
        .rules
        .iter()
        .flat_map(|rule| &rule.examples)
        .step_by(3)
        .map(|e| Article {
            kind: e.kind,
            owner: Some("A1".into()),
            ..article(&format!("小河马艺术培训中心：{}", e.text))
        })
        .collect();
    let (mut same, mut concerned) = (0, 0);
    for gone in (0..old.rules.len()).step_by(29) {
        let mut new = old.clone();
        new.rules.remove(gone);
        let difference = Difference::between(&old, &new).unwrap();
        let after = screener(&new);
        for article in &texts {
            if difference.concerns(article) {
                concerned += 1;
                continue;
            }
            same += 1;
            assert_eq!(before.screen(article, day(3)), after.screen(article, day(3)), "{}", article.body);
        }
    }
    assert!(same > 500 && concerned > 5, "{same} {concerned}");
}
