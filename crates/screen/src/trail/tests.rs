use super::*;
use crate::tests::{article, day, screener};
use guanlan_model::Kind;
use proptest::prelude::*;

#[test]
fn every_match_says_what_became_of_it() {
    let text = "青松舞蹈二楼起火。\n云溪消防提醒：谨防起火。\n另有一家无名小店浓烟滚滚。";
    let trail = screener().explain(&article(Kind::News, None, "", text), day());
    let told: Vec<(String, Option<String>)> = (trail.hits.iter())
        .map(|hit| {
            let outcome = hit.outcomes.first();
            (hit.spans[0].text.clone(), outcome.map(|o| o.held_by.clone().unwrap_or_default()))
        })
        .collect();
    assert_eq!(told[0], ("起火".to_owned(), Some(String::new())), "{told:?}");
    assert_eq!(told[1], ("起火".to_owned(), Some("同句有“提醒”".to_owned())), "{told:?}");
    assert_eq!(trail.named[0].party.id, "Y1");
    assert_eq!(trail.findings.len(), 1);
    assert!(!trail.findings[0].parts.is_empty());
}

#[test]
fn exact_and_evasive_hits_are_counted_apart() {
    let page = article(Kind::Promo, Some("Y1"), "", "签约保过，保\u{200b}过，数xue，ｂａｏ过。");
    let trail = screener().explain(&page, day());
    assert_eq!(trail.exact_and_evasive(), (1, 3), "{:?}", trail.forms);
    let meant: Vec<&str> = trail.hits.iter().flat_map(|h| &h.meant).map(String::as_str).collect();
    assert!(meant.contains(&"保过"), "{meant:?}");
}

proptest! {
    /// The trail explains what screening says: no more and no less.
    #[test]
    fn the_trail_leads_to_what_screening_says(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "青松舞蹈", "云溪县", "起火", "跑路", "罚款", "责令整改", "提醒", "，", "。", "\n", "保过", "数xue", "演练",
            "没有", "欠租", "学费", "关机", "某培训机构", "记者", "被查处", "招生", "编程", "严禁",
        ]), 0..24),
        promo in any::<bool>(),
        own in any::<bool>(),
    ) {
        let kind = if promo { Kind::Promo } else { Kind::News };
        let article = article(kind, own.then_some("Y1"), "", &pieces.concat());
        let screener = screener();
        let (trail, screened) = (screener.explain(&article, day()), screener.screen(&article, day()));
        let findings: Vec<Finding> = trail.findings.iter().map(|w| w.finding.clone()).collect();
        prop_assert_eq!(findings, screened.findings);
        prop_assert_eq!(&trail.suppressed, &screened.suppressed);
        prop_assert_eq!(&trail.leads, &screened.leads);
        for hit in &trail.hits {
            prop_assert_eq!(hit.spans.len(), hit.meant.len());
        }
        for Weighed { finding, .. } in &trail.findings {
            let of = |o: &Outcome| o.party.id == finding.institution && o.held_by.is_none();
            let found = trail.hits.iter().any(|hit| hit.rule == finding.rule && hit.outcomes.iter().any(of));
            prop_assert!(found, "no match stands for {:?}", finding);
        }
    }
}
