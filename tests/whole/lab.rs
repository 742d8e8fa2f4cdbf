//! The rule lab: a changed pack over an imported archive, from the command line.

use guanlan_tests::Installation;
use serde_json::{Value, json};

const RULE: &str = "[[rule]]
id = \"lab-blocked\"
name = \"疏散通道堵塞（试）\"
category = \"fire\"
severity = \"high\"
applies_to = [\"news\"]
match = '吊灯落灰'
";

/// An installation with a register of one and three imported articles of November.
fn archive() -> Installation {
    let here = Installation::new();
    here.write(
        "register.csv",
        "机构编号,机构名称,别名,机构类别,地址\nA1,云溪县小河马艺术培训中心,小河马艺术,文化艺术类,城关镇一号\n",
    );
    here.must(&["import", "register", "register.csv"]);
    let article = |n: u32, day: u32, title: &str, body: &str| {
        json!({ "id": format!("n-{n}"), "kind": "news", "source": "云溪发布", "tier": "county",
            "url": format!("https://a.example/{n}"), "published": format!("2026-11-{day:02}T09:00:00+08:00"),
            "title": title, "body": body })
        .to_string()
    };
    let articles = [
        article(1, 3, "消防抽查", "云溪县小河马艺术培训中心吊灯落灰，漆面发黄。"),
        article(2, 4, "家长反映", "小河马艺术人去楼空，家长退费无门，预付的学费要不回来。"),
        article(3, 20, "花展开幕", "云溪县花展今天开幕，展出牡丹三百盆。"),
    ];
    here.write("articles.jsonl", articles.join("\n"));
    here.must(&["import", "articles", "articles.jsonl"]);
    here
}

fn refused(here: &Installation, args: &[&str]) -> String {
    let output = here.run(args);
    assert!(!output.status.success(), "{args:?} went through");
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn a_changed_rule_is_replayed_over_imported_articles() {
    let here = archive();
    here.write("changed.toml", RULE);
    let args = ["rules", "backtest", "--since", "2026-11-01", "--until", "2026-11-30", "--pack"];
    let with = |pack: &str, more: &[&str]| {
        let all: Vec<&str> = args.iter().copied().chain([pack]).chain(more.iter().copied()).collect();
        (here.must(&all), here.must_json(&[&all[..], &["--json"]].concat()))
    };
    let (said, report) = with("changed.toml", &[]);
    assert_eq!((&report["articles"], &report["gained"], &report["lost"]), (&json!(3), &json!(1), &json!(0)));
    let gained = &report["gained_alerts"][0];
    assert_eq!(gained["institution"], "A1");
    assert_eq!(
        (&gained["rule"], &gained["category"], &gained["day"]),
        (&json!("lab-blocked"), &json!("fire"), &json!("2026-11-03"))
    );
    assert!(
        said.contains("新增 1 件") && said.contains("小河马艺术培训中心") && said.contains("消防抽查"),
        "{said}"
    );
    assert!(said.contains("还没有可对照的复核结论"), "{said}");
    let day =
        report["days"].as_array().expect("days").iter().find(|d| d["day"] == "2026-11-03").expect("day");
    assert_eq!((&day["old"], &day["new"]), (&json!(0), &json!(1)));
    assert_ne!(report["old_pack"], report["new_pack"]);

    // A folder is a pack of its own: what the shipped pack raises is lost with it.
    here.write("folder/only.toml", RULE);
    let (said, report) = with("folder", &[]);
    let lost: Vec<&Value> = report["lost_alerts"].as_array().expect("lost").iter().collect();
    assert!(lost.iter().any(|l| l["category"] == "closure-refund"), "{report}");
    assert!(said.contains("减少的预警"), "{said}");

    // Another time, other articles.
    let later =
        here.must_json(&["rules", "backtest", "--since", "2026-11-10", "--pack", "changed.toml", "--json"]);
    assert_eq!((&later["articles"], &later["gained"]), (&json!(1), &json!(0)));
    assert_eq!(here.must_json(&["alerts", "--json"]), json!([]), "a replay raises nothing");
}

#[test]
fn what_cannot_be_replayed_says_what_to_do() {
    let here = Installation::new();
    here.write("changed.toml", RULE);
    let asked = ["rules", "backtest", "--since", "2026-11-01", "--pack", "changed.toml"];
    assert!(refused(&here, &asked).contains("还没有档案库"));
    assert!(!here.path("data/guanlan.db").exists(), "asking begins no archive");
    for bad in ["11月1日", "2026-11-1", "2026-13-01"] {
        assert!(refused(&here, &["rules", "backtest", "--since", bad]).contains("要 YYYY-MM-DD"));
    }

    let here = archive();
    here.write("changed.toml", RULE.replace("'吊灯落灰'", "'吊灯落灰 ('"));
    let fault = refused(&here, &asked);
    assert!(fault.contains("changed.toml:7:") && fault.contains("lab-blocked"), "{fault}");
    let lines: Vec<&str> = fault.lines().collect();
    let caret = lines.iter().position(|line| line.trim() == "^").expect("a caret");
    assert!(lines[caret - 1].contains("match = '吊灯落灰 ('"), "{fault}");
    assert!(
        refused(&here, &["rules", "backtest", "--since", "2020-01-01", "--until", "2020-02-01"])
            .contains("没有文章")
    );
    assert!(
        refused(&here, &["rules", "backtest", "--since", "2026-11-20", "--until", "2026-11-01"])
            .contains("早于")
    );
    assert!(refused(&here, &["rules", "backtest", "--since", "2026-11-01"]).contains("--pack"));
    assert!(
        refused(&here, &["rules", "backtest", "--since", "2026-11-01", "--pack", "gone"])
            .contains("无法读取")
    );
}
