//! Texts and rules that nobody means well: they must come to an end, with what they hold and no more.

use guanlan_model::{Article, Institution, InstitutionStatus, InstitutionType, Kind, Screened, Tier};
use guanlan_registry::Register;
use guanlan_screen::Screener;
use std::collections::BTreeSet;

fn institution(number: usize) -> Institution {
    Institution {
        id: format!("Y{number}"),
        name: format!("云溪县青松{number}号舞蹈艺术培训有限公司"),
        aliases: vec![format!("青松{number}号舞蹈")],
        category: InstitutionType::Arts,
        approver: String::new(),
        supervisor: String::new(),
        town: String::new(),
        address: "云溪县城关镇人民路8号".to_owned(),
        scope: Vec::new(),
        licence_no: String::new(),
        credit_code: String::new(),
        licence_from: None,
        licence_to: None,
        sites: Vec::new(),
        status: InstitutionStatus::Normal,
    }
}

fn screen(rule: &str, institutions: usize, body: String) -> Screened {
    screen_with("", rule, institutions, body)
}

fn screen_with(lists: &str, rule: &str, institutions: usize, body: String) -> Screened {
    let toml = format!(
        "{lists}[[rule]]\nid = 'r'\nname = '规则'\ncategory = 'fire'\nseverity = 'low'\napplies_to = ['news']\nmatch = '{rule}'\n"
    );
    let pack = guanlan_rules::load_texts("t", &[("t.toml", &toml)]).unwrap_or_else(|e| panic!("{e:?}"));
    let register = Register::new((0..institutions).map(institution).collect());
    let screener = Screener::new(register, &pack).expect("a pack");
    let article = Article {
        id: "a".to_owned(),
        kind: Kind::News,
        source: String::new(),
        tier: Tier::County,
        url: String::new(),
        published: None,
        title: "快讯".to_owned(),
        body,
        owner: None,
    };
    screener.screen(&article, chrono::NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day"))
}

#[test]
fn an_article_of_two_megabytes_is_screened_to_its_end() {
    let mut body = "云溪县召开会议，研究部署下一阶段工作。".repeat(36_000);
    assert!(body.len() > 2_000_000);
    body.push_str("\n青松0号舞蹈突然起火。");
    let screened = screen("起火 | 会议", 1, body);
    assert!(
        screened.findings.iter().any(|f| f.spans.iter().any(|s| s.text == "起火")),
        "{:?}",
        screened.findings
    );
}

#[test]
fn ten_thousand_mentions_are_one_answer_each_institution() {
    let body: String = (0..10_000).map(|i| format!("青松{}号舞蹈起火。", i % 40)).collect();
    let screened = screen("起火", 40, body);
    // How the text reads may speak against them: then they are listed with the reason.
    let raised = screened.findings.iter().map(|f| f.institution.as_str());
    let held = screened.suppressed.iter().map(|s| s.institution.as_str());
    assert_eq!(raised.chain(held).collect::<BTreeSet<_>>().len(), 40);
    assert!(screened.findings.iter().all(|f| f.spans.len() <= 8), "stretches are bounded");
}

#[test]
fn a_rule_that_matches_everything_is_bounded() {
    let body = "的一是在不了有和人这青松0号舞蹈中大为上个国我以要他。".repeat(3_000);
    let screened = screen("的 | 一 | 是 | 在 | 不 | 了 | 有 | 和 | 人 | 这 | 中 | 大", 1, body);
    assert!(screened.findings.len() <= 1);
    assert!(screened.findings.iter().all(|f| f.spans.len() <= 8 && f.reason.chars().count() < 200));
}

#[test]
fn a_rule_of_five_thousand_terms_finds_the_last_of_them() {
    let terms: Vec<String> = (0..5_000).map(|i| format!("'险情{i}号'")).collect();
    let lists = format!("[lists]\n\"险情\" = [{}]\n", terms.join(", "));
    let screened = screen_with(&lists, "@险情", 1, "青松0号舞蹈发生险情4999号。".to_owned());
    assert_eq!(screened.findings.len(), 1);
}
