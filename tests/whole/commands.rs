//! The command line as a person types it: what it answers, what it refuses, and how it says so.

use guanlan_tests::Installation;
use serde_json::{Value, json};

const REGISTER: &str = include_str!("../../config/register-sample.csv");

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn lines(output: &std::process::Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON line"))
        .collect()
}

#[test]
fn screen_answers_in_order_and_reports_a_malformed_line_by_number() {
    let here = Installation::new();
    here.write("register.csv", REGISTER);
    let input = [
        json!({"id": "a", "kind": "news", "title": "培训学校起火", "body": "昨晚，彩虹桥艺术二楼舞蹈室突然起火，三十余名学员被困。"}).to_string(),
        "{not json}".into(),
        String::new(),
        json!({"id": "b", "kind": "news", "title": "天气", "body": "明天晴。"}).to_string(),
    ]
    .join("\n");
    let output = here.run_with(&["screen", "--register", "register.csv"], input.as_bytes());
    assert_eq!(output.status.code(), Some(1), "a malformed line means exit 1 at the end");
    assert!(stderr(&output).contains("第 2 行"), "{}", stderr(&output));
    let answers = lines(&output);
    assert_eq!(answers.iter().map(|a| a["id"].as_str().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
    let finding = &answers[0]["findings"][0];
    assert_eq!(finding["institution"], "Y003");
    assert_eq!(finding["category"], "fire");
    let body: Vec<char> = "昨晚，彩虹桥艺术二楼舞蹈室突然起火，三十余名学员被困。".chars().collect();
    for span in finding["spans"].as_array().unwrap().iter().filter(|s| s["field"] == "body") {
        let (start, end) = (span["start"].as_u64().unwrap() as usize, span["end"].as_u64().unwrap() as usize);
        assert_eq!(body[start..end].iter().collect::<String>(), span["text"].as_str().unwrap());
    }
    assert_eq!(answers[1]["findings"], json!([]));
}

#[test]
fn screen_gives_the_same_bytes_whatever_the_number_of_jobs() {
    let here = Installation::new();
    here.write("register.csv", REGISTER);
    let input: String = (0..300)
        .map(|n| {
            json!({"id": format!("n{n}"), "kind": "promo", "owner": "Y002", "title": "寒假班",
                   "body": format!("第{n}期：数学培优班签约保分，120课时课包一次性付清9800元。")})
            .to_string()
                + "\n"
        })
        .collect();
    let one = here.run_with(&["screen", "--register", "register.csv"], input.as_bytes());
    let four = here.run_with(&["screen", "--register", "register.csv", "--jobs", "4"], input.as_bytes());
    assert!(one.status.success() && four.status.success());
    assert_eq!(one.stdout, four.stdout);
    assert!(lines(&one).iter().all(|l| !l["findings"].as_array().unwrap().is_empty()));
}

#[test]
fn extract_prints_one_line_a_file_and_skips_what_it_cannot_read() {
    let here = Installation::new();
    here.write(
        "页面.html",
        "<html><head><meta charset=utf-8><title>托管班抽查结果公布_云溪新闻网</title></head><body><h1>托管班抽查结果公布</h1>\
         <div>2026-11-20 09:30 来源：云溪新闻网</div><div class=text><p>县市场监管局昨天公布了托管班食品安全抽查结果，二十家单位中十九家合格。</p>\
         <p>不合格的一家单位已被责令整改，复查时间为下周一。</p></div></body></html>",
    );
    let output = here.run(&["extract", "页面.html", "没有.html"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("没有.html"));
    let line = &lines(&output)[0];
    assert_eq!(line["id"], "页面");
    assert_eq!(line["title"], "托管班抽查结果公布");
    assert_eq!(line["date"], "2026-11-20T09:30:00+08:00");
    assert_eq!(line["publisher"], "云溪新闻网");
    assert_eq!(line["kind"], "article");
    assert!(line["text"].as_str().unwrap().contains("十九家合格"));
}

#[test]
fn init_writes_what_check_accepts_and_does_not_overwrite() {
    let here = Installation::new();
    for file in
        ["config/guanlan.toml", "config/departments.toml", "config/名录模板.xlsx", "config/rules/fire.toml"]
    {
        assert!(here.path(file).exists(), "{file}");
    }
    let said = here.must(&["check"]);
    assert!(!said.contains("[有误]"), "{said}");
    let again = here.run(&["init"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("已有配置"));
}

#[test]
fn check_points_at_what_is_wrong() {
    let here = Installation::new();
    here.write("config/guanlan.toml", "[collect]\ncontcat = \"x\"\n");
    let said = stderr(&here.run(&["check"]));
    assert!(said.contains("guanlan.toml:2:1") && said.contains("contact"), "{said}");

    here.write("config/guanlan.toml", "");
    here.write("config/rules/broken.toml", "[[rule]]\nid = \"broken\"\nname = \"坏规则\"\ncategory = \"fire\"\nseverity = \"high\"\napplies_to = [\"news\"]\nmatch = '(起火'\nlead = \"教体局\"\n");
    let output = here.run(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("broken.toml") && said.contains("[有误] 规则包"), "{said}");
    std::fs::remove_file(here.path("config/rules/broken.toml")).expect("removed");

    here.write("config/sources/a.toml", "[[source]]\nid = \"a\"\nnmae = \"甲\"\n");
    let said = String::from_utf8_lossy(&here.run(&["check"]).stdout).into_owned();
    assert!(said.contains("a.toml") && said.contains("name"), "{said}");
}

#[test]
fn a_register_is_previewed_imported_and_imported_again_as_a_difference() {
    let here = Installation::new();
    let broken = REGISTER.replacen("52369982MJ3107339K", "52369982MJ3107339A", 1)
        + "Y099,,,学科类,教体局,教体局,,,,,,,,,正常\n";
    here.write("名录.csv", encoding_rs::GBK.encode(&broken).0);
    let preview = here.run(&["import", "register", "名录.csv", "--preview"]);
    let said = String::from_utf8_lossy(&preview.stdout).into_owned();
    assert!(said.contains('K') && said.contains("提醒"), "the expected check digit is printed: {said}");
    assert!(said.contains("错误") && said.contains("预览"), "{said}");
    let json = |args: &[&str]| -> Value {
        let output = here.run(args);
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let first = json(&["import", "register", "名录.csv", "--json"]);
    assert_eq!((&first["added"], &first["errors"]), (&json!(24), &json!(1)), "{first}");
    let again = json(&["import", "register", "名录.csv", "--json"]);
    assert_eq!((&again["added"], &again["changed"], &again["unchanged"]), (&json!(0), &json!(0), &json!(24)));
    here.write("新名录.csv", REGISTER.replacen("云溪县城关镇人民路18号3层", "云溪县城关镇人民路20号", 1));
    let changed = json(&["import", "register", "新名录.csv", "--json"]);
    assert_eq!((&changed["added"], &changed["changed"]), (&json!(0), &json!(1)), "{changed}");
}

#[test]
fn articles_are_imported_once_and_found_by_exact_search() {
    let here = Installation::new();
    let article = json!({"id": "x1", "kind": "news", "source": "云溪新闻网", "tier": "county", "url": "http://news.yunxi.example/1.html",
        "published": "2026-11-20T08:00:00+08:00", "title": "寒假安全提示", "body": "县教体局发布寒假安全提示，提醒家长选择有证机构。\n联系电话13812345678。"});
    here.write("articles.jsonl", format!("{article}\nnot json\n"));
    let first = here.run(&["import", "articles", "articles.jsonl", "--data", "archive"]);
    assert_eq!(first.status.code(), Some(1), "the malformed line is reported");
    assert!(String::from_utf8_lossy(&first.stdout).contains("已导入 1 篇"));
    let again = here.run(&["import", "articles", "articles.jsonl", "--data", "archive"]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("已有 1 篇"));
    let found = here.must_json(&["search", "\"择有证机\"", "--data", "archive", "--json"]);
    assert_eq!(found["total"], 1, "an exact phrase is found across word boundaries: {found}");
    assert_eq!((&found["hits"][0]["id"], &found["hits"][0]["title"]), (&json!("x1"), &json!("寒假安全提示")));
    assert_eq!(found["hits"][0]["published"], "2026-11-20T08:00:00+08:00");
    assert!(found["took_ms"].is_number() && found["facets"].is_object());
    assert_eq!(
        here.must_json(&["search", "13812345678", "--data", "archive", "--json"])["total"],
        0,
        "numbers of people are masked"
    );
    let wrong = here.run(&["search", "机构 AND (", "--data", "archive"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(stderr(&wrong).contains('^'), "{}", stderr(&wrong));
}

#[test]
fn wrong_usage_ends_with_2_and_missing_configuration_says_what_to_do() {
    let folder = tempfile::tempdir().expect("folder");
    let here = Installation::new();
    assert_eq!(here.run(&["screen"]).status.code(), Some(2));
    assert_eq!(here.run(&["nonsense"]).status.code(), Some(2));
    let output = here.command(&["run"]).current_dir(folder.path()).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("guanlan init"), "{}", stderr(&output));
}

#[test]
fn demo_fills_the_queue_offline_and_removes_itself() {
    let here = Installation::new();
    let counts = here.must_json(&["demo", "--once", "--json", "--data", "demo-data"]);
    let count = |key: &str| counts[key].as_u64().unwrap_or_else(|| panic!("{key} in {counts}"));
    assert!(count("articles") >= 15 && count("alerts") >= 5 && count("gaps") >= 2, "{counts}");
    assert!(count("sources") >= 13 && count("digest_bytes") > 1000, "{counts}");
    let verified = here.must_json(&["verify", "--deep", "--json", "--data", "demo-data"]);
    assert_eq!(verified["problems"], json!([]));
    let again = here.must_json(&["demo", "--once", "--json", "--data", "demo-data"]);
    assert_eq!(
        (&again["articles"], &again["alerts"]),
        (&json!(0), &json!(0)),
        "a second pass finds nothing new"
    );
    assert!(
        here.must_json(&["search", "小荷舞蹈", "--data", "demo-data", "--json"])["total"].as_u64() >= Some(2)
    );
    here.must(&["demo", "--remove", "--data", "demo-data"]);
    assert!(!here.path("demo-data").exists());
}

#[test]
fn help_and_man_page_are_there_for_a_stranger() {
    let here = Installation::new();
    let help = here.must(&["--help"]);
    for word in ["demo", "init", "screen", "guanlan demo"] {
        assert!(help.contains(word), "{word}");
    }
    assert!(here.must(&["man"]).starts_with(".ie") || here.must(&["man"]).contains(".TH"));
    assert!(here.must(&["completions", "bash"]).contains("guanlan"));
}
