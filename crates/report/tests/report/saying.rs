//! What the digest says.

use crate::made::{alert, at, busy, day, gap, options, quiet};
use guanlan_model::{AlertState, Severity};
use guanlan_report::compose;
use guanlan_store::DigestData;

#[test]
fn a_busy_day() {
    let digest = compose(&busy(), &options());
    insta::assert_snapshot!("busy_subject", digest.subject);
    insta::assert_snapshot!("busy_text", digest.text);
    insta::assert_snapshot!("busy_html", digest.html);
}

#[test]
fn a_quiet_day() {
    let digest = compose(&quiet(), &options());
    insta::assert_snapshot!("quiet_text", digest.text);
    assert_eq!(digest.subject, "【校外培训舆情】11月24日 日报：今日无重点");
}

fn in_both(data: &DigestData, words: &[&str]) {
    let digest = compose(data, &options());
    for word in words {
        assert!(digest.text.contains(word), "{word}\n{}", digest.text);
        assert!(digest.html.contains(word), "{word}\n{}", digest.html);
    }
}

#[test]
fn a_gap_is_never_silence() {
    let mut data = quiet();
    data.gaps = vec![gap("江宁教育网")];
    in_both(&data, &["今日无重点。1 个来源未覆盖，其间的情况不在此列。", "江宁教育网（市）：超时"]);
    assert!(compose(&data, &options()).subject.ends_with("今日无重点，1个来源未覆盖"));
    assert!(!compose(&data, &options()).text.contains("来源均按时采集"));

    data.fetched_ok = 0;
    in_both(&data, &["今日没有成功的采集，不能判断有无重点。"]);
    assert!(compose(&data, &options()).subject.contains("今日未采集"));
    assert!(!compose(&data, &options()).text.contains("今日无重点"));

    let mut silent = quiet();
    silent.collector_silent_since = Some(at("2026-11-23T20:00:00Z"));
    in_both(&silent, &["采集程序自 2026-11-24 04:00 起没有运行。"]);
    let mut nothing = quiet();
    nothing.coverage.clear();
    in_both(&nothing, &["统计时段内没有应采集的来源，没有监测任何来源。"]);
    assert!(!compose(&nothing, &options()).text.contains("来源均按时采集"));
}

#[test]
fn yesterday_is_not_called_today() {
    let mut data = quiet();
    data.taken_at = at("2026-11-24T23:00:00Z");
    let digest = compose(&data, &options());
    assert!(digest.subject.ends_with("当日无重点"));
    for text in [&digest.subject, &digest.text, &digest.html] {
        assert!(!text.contains("今日"));
    }
}

#[test]
fn what_is_not_finished_is_not_judged_as_a_whole() {
    let mut data = quiet();
    data.taken_at = at("2026-11-23T12:30:00Z");
    data.period = data.period.until(data.taken_at);
    in_both(
        &data,
        &["统计时段：11月23日 08:07 至 11月23日 20:30（截至目前）", "一、本期情况", "本期暂无重点。"],
    );
    let digest = compose(&data, &options());
    assert_eq!(digest.subject, "【校外培训舆情】11月24日 日报：本期暂无重点");
    assert!(!digest.text.contains("今日") && digest.text.contains("与此前等长时段持平"), "{}", digest.text);
}

#[test]
fn i6_a_digest_that_was_not_sent_is_reported_by_the_next_one() {
    let mut data = quiet();
    let mut says = |days_missed: u64, from: &str, words: &[&str]| {
        data.period.missed_from = day().checked_sub_days(chrono::Days::new(days_missed));
        data.period.from = at(from);
        in_both(&data, words);
    };
    says(
        1,
        "2026-11-22T00:07:00Z",
        &[
            "统计时段：11月22日 08:07 至 11月24日 08:07",
            "11月23日的日报未确认发出，所涉时段并入本期。",
            "本期无重点。",
        ],
    );
    says(6, "2026-11-17T00:07:00Z", &["11月18日至11月23日的日报未确认发出，所涉时段并入本期。"]);
    says(
        7,
        "2026-11-17T00:07:00Z",
        &["11月17日至11月23日的日报未确认发出；本期只并入上述统计时段，此前的情况请在系统中查看。"],
    );
    assert!(!compose(&quiet(), &options()).text.contains("未确认发出"));
}

#[test]
fn what_a_person_found_true_is_not_suspected_any_more() {
    in_both(
        &busy(),
        &["〔中·闭店与退费问题〕小河马", "〔紧急·疑似闭店与退费问题〕"].map(|w| w.trim_end_matches("小河马")),
    );
}

/// A suspicion is not a finding of fact, and a quiet day proves nothing.
#[test]
fn the_words_are_careful() {
    for data in [busy(), quiet()] {
        let digest = compose(&data, &options());
        for text in [&digest.subject, &digest.text, &digest.html] {
            for word in ["无负面", "违法", "爬虫", "抓取"] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
    in_both(&busy(), &["疑似闭店与退费问题", "未经人工研判，不是认定"]);
}

#[test]
fn a_demonstration_is_labelled() {
    let mut data = busy();
    data.demo = true;
    in_both(&data, &["演示数据，不是真实情况"]);
    assert!(compose(&data, &options()).subject.starts_with("【演示】"));
    let labelled = compose(&busy(), &guanlan_report::DigestOptions { demo: true, ..options() });
    assert!(labelled.text.contains("演示数据"));
    assert!(!compose(&busy(), &options()).text.contains("演示"));
}

#[test]
fn five_thousand_alerts_stay_small() {
    let mut data = busy();
    data.top = (0..200).map(|id| alert(id, Severity::High, AlertState::Waiting)).collect();
    for row in &mut data.top {
        row.title = "很长的标题".repeat(100);
        row.why = "很长的理由".repeat(100);
        row.institution_name = "很长的名称".repeat(100);
    }
    data.top_total = 5_000;
    data.gaps = (0..500).map(|n| gap(&format!("来源{n}"))).collect();
    let digest = compose(&data, &options());
    assert!(digest.html.len() <= 100 * 1024, "{}", digest.html.len());
    assert!(digest.text.contains("更多见系统"));
    let listed = digest.text.matches("理由：").count();
    let unlisted = (5_000 - listed).to_string();
    assert!((25..=200).contains(&listed), "{listed}");
    assert!(
        digest.text.contains(&format!("另有 {},{} 件未列出", &unlisted[..1], &unlisted[1..])),
        "{unlisted}"
    );
    data.top.truncate(0);
    data.top_total = 0;
    assert!(compose(&data, &options()).html.len() <= 100 * 1024);
}

#[test]
fn hostile_text_is_shown_as_text() {
    let mut data = busy();
    data.top[0].title =
        "<script>alert(1)</script><img src=https://x.example/a.png>\r\n二、重点\u{202e}".into();
    data.top[0].institution_name = "<b onclick=x>机构</b>".into();
    data.top[0].why = "\"><a href='javascript:x'>".into();
    data.gaps[0].trouble = Some("<iframe src=x>".into());
    let digest = compose(&data, &options());
    for tag in ["<script", "<img", "<iframe", "onclick=x>", "<a href='"] {
        assert!(!digest.html.contains(tag), "{tag}");
    }
    assert!(digest.html.contains("&#60;script&#62;"), "{}", digest.html);
    assert!(!digest.text.contains('\u{202e}') && !digest.text.contains('\r'));
    assert_eq!(digest.text.matches("\n二、重点").count(), 1);
}

#[test]
fn links_lead_only_to_the_review_pages() {
    let link = |base: Option<&str>| {
        let options = guanlan_report::DigestOptions { base_url: base.map(str::to_owned), ..options() };
        compose(&busy(), &options)
    };
    assert!(
        link(Some("https://guanlan.yunxi.example/"))
            .text
            .contains("→ https://guanlan.yunxi.example/alerts/1\n")
    );
    for base in [None, Some("javascript:alert(1)//"), Some("")] {
        let digest = link(base);
        assert!(!digest.html.contains("href") && !digest.text.contains('→'), "{base:?}");
    }
    let html = link(Some("http://10.1.2.3")).html;
    for remote in ["src=", "url(", "@import", "<link"] {
        assert!(!html.contains(remote), "{remote}");
    }
}
