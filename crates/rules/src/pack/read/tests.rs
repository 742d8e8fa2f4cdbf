use super::*;

const RULE: &str = r#"
[pack]
name = "试验"
[lists]
"学科词" = ["语文", "数学"]
[[rule]]
id = "subject"
name = "学科"
category = "scope"
severity = "high"
applies_to = ["promo"]
institution_types = ["文化艺术类", "sports"]
match = "句(@学科词 招生)"
[[rule.example]]
text = "数学班招生"
fires = true
"#;

fn read(text: &str) -> (Pack, Vec<PackProblem>) {
    read_texts(texts(text))
}

fn texts(text: &str) -> PackTexts {
    let files = vec![("a.toml".to_owned(), text.to_owned())];
    PackTexts { name: "x".to_owned(), files, changes: Vec::new() }
}

#[test]
fn a_good_pack_is_read_whole() {
    let (pack, problems) = read(RULE);
    assert_eq!(problems, []);
    assert!(pack.version.starts_with("试验@"));
    let rule = &pack.rules[0];
    assert_eq!(rule.institution_types, [InstitutionType::Arts, InstitutionType::Sports]);
    assert_eq!((rule.line, rule.examples[0].line, rule.examples[0].kind), (7, 15, Kind::Promo));
}

#[test]
fn problems_name_file_line_and_rule() {
    for (from, to, line, words) in [
        ("severity = \"high\"", "severity = \"hot\"", 10, "high、urgent"),
        ("category = \"scope\"", "category = \"scpoe\"", 9, "child-harm"),
        ("@学科词 招生", "@学科 招生", 13, "@学科 没有定义"),
        ("\"sports\"", "\"体育\"", 12, "体育类"),
        ("name = \"学科\"", "nmae = \"学科\"", 8, "不认识的键"),
        ("@学科词 招生", "(数学 招生", 13, "表达式第"),
        ("match =", "at_least = 0\nmatch =", 13, "1 至 9"),
    ] {
        let (_, problems) = read(&RULE.replacen(from, to, 1));
        let problem = problems.first().unwrap_or_else(|| panic!("{to} is accepted"));
        assert_eq!((problem.line, problem.rule.as_deref()), (line, Some("subject")), "{problem}");
        assert!(problem.message.contains(words), "{problem}");
    }
}

#[test]
fn who_approves_leads() {
    let lead =
        "lead = \"教体局\"\nco = [\"市场监管局\"]\nco_for = { \"文化艺术类\" = [\"文旅局\"] }\nmatch =";
    let table = "\n[approver.\"教体局\"]\n\"职业培训\" = \"人社局\"\n\"早教托育\" = \"卫健局\"\n";
    let text = RULE.replacen("match =", lead, 1) + table;
    let (pack, problems) = read(&text);
    assert_eq!(problems, []);
    for (kind, lead, co) in [
        (InstitutionType::Subject, "教体局", vec!["市场监管局"]),
        (InstitutionType::Arts, "教体局", vec!["市场监管局", "文旅局"]),
        (InstitutionType::Vocational, "人社局", vec!["市场监管局", "教体局"]),
    ] {
        let departments = pack.rules[0].departments(kind);
        assert_eq!(
            (departments.lead.as_str(), departments.co),
            (lead, co.iter().map(|c| (*c).to_owned()).collect())
        );
    }
    let own = text.replacen("co_for", "lead_for = { \"职业培训\" = \"公安局\" }\nco_for", 1);
    assert_eq!(read(&own).0.rules[0].departments(InstitutionType::Vocational).lead, "公安局");
    let (_, problems) = read(&text.replacen("\"职业培训\"", "\"职校\"", 1));
    assert!(problems[0].message.contains("机构类型“职校”不认识"), "{}", problems[0]);
}

#[test]
fn a_folder_that_is_not_there_is_told_in_chinese() {
    let problems = load_dir(std::path::Path::new("/nowhere/rules")).unwrap_err();
    assert_eq!(problems[0].message, "无法打开规则文件夹：没有这个文件或文件夹");
}

#[test]
fn ids_are_unique() {
    let (pack, problems) = read(&format!("{RULE}{}", &RULE[RULE.find("[[rule]]").unwrap()..]));
    assert_eq!(pack.rules.len(), 1);
    assert!(problems[0].message.contains("重复"));
}

#[test]
fn the_version_follows_the_content() {
    assert_ne!(read(RULE).0.version, read(&RULE.replace("high", "low")).0.version);
    assert_eq!(read(RULE).0.version, read(RULE).0.version);
}

#[test]
fn a_change_takes_the_place_of_what_it_names_and_adds_what_is_new() {
    let changed = RULE.replace("high", "low").replace("\"数学\"]", "\"英语\"]");
    let added =
        RULE.replace("\"subject\"", "\"other\"").replace("[lists]\n\"学科词\" = [\"语文\", \"数学\"]", "");
    let pack = texts(RULE).with("b.toml", &changed).with("c.toml", &added).read().unwrap();
    let rules: Vec<(&str, Severity)> = pack.rules.iter().map(|r| (r.id.as_str(), r.severity)).collect();
    assert_eq!(rules, [("subject", Severity::Low), ("other", Severity::High)]);
    assert_eq!(pack.lists["学科词"], ["语文", "英语"]);
    let plain = texts(RULE).read().unwrap();
    assert_ne!(pack.version, plain.version);
    assert_eq!(pack.texts.clone().read().unwrap(), pack, "texts read again give the same pack");
    let again = texts(RULE).with("b.toml", &changed).with("c.toml", RULE).read().unwrap();
    assert_eq!(
        (again.rules, again.lists),
        (rename(plain.rules, "c.toml"), plain.lists),
        "the later one counts"
    );
    let twice = texts(RULE)
        .with("b.toml", &format!("{added}{}", &added[added.find("[[rule]]").unwrap()..]))
        .read()
        .unwrap_err();
    assert!(twice[0].message.contains("重复"), "{}", twice[0]);
}

fn rename(mut rules: Vec<Rule>, file: &str) -> Vec<Rule> {
    rules.iter_mut().for_each(|rule| rule.file = file.to_owned());
    rules
}

#[test]
fn a_fault_in_an_expression_has_a_caret_at_its_own_place() {
    let fault = |match_line: &str| {
        let text = RULE.replace("match = \"句(@学科词 招生)\"", match_line);
        read(&text).1.remove(0).caret()
    };
    assert_eq!(fault("match = '语文 )'"), "match = '语文 )'\n              ^");
    assert_eq!(fault("match = \"\"\"\n语文\n数学 )\n\"\"\""), "数学 )\n     ^");
    assert_eq!(fault("match = \"语\\u6587 )\""), "match = \"语\\u6587 )\"\n        ^");
}
