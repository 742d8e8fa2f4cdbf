//! The rule lab, over the real router: trying a text, drafting, and the second person.

mod browser;
#[allow(dead_code)]
mod county;

use axum::http::StatusCode;
use browser::{Answer, Browser};
use county::{County, LEADER, REVIEWER, SECOND, noon};
use guanlan_model::DraftStep;
use guanlan_store::DraftText;
use guanlan_web::router;

struct World {
    county: County,
    _dir: tempfile::TempDir,
}

impl World {
    async fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        World { county: County::filled(dir.path(), noon()).await, _dir: dir }
    }

    async fn browser(&self, who: (&str, &str)) -> Browser {
        let mut browser = Browser::new(router(self.county.state(noon)));
        browser.log_in(who).await;
        browser
    }

    /// A browser of a process of its own, with the same database and rules of its own.
    async fn version(&self) -> String {
        self.county.rulebook.in_force().version().to_owned()
    }
}

const TOML: &str = "[[rule]]\nid = \"trip-unsafe\"\nname = \"研学安全\"\ncategory = \"injury\"\nseverity = \"high\"\n\
    applies_to = [\"news\"]\nmatch = '研学 走失'\nsuppress = '演习'\nlead = \"教体局\"\n\n[[rule.example]]\ntext = \"研学途中一名学生走失。\"\n\
    fires = true\n\n[[rule.example]]\ntext = \"研学出发。\"\nfires = false\n";

async fn try_text(browser: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    let token = browser.get("/lab").await.field("csrf");
    let mut all = vec![("csrf", token.as_str())];
    all.extend(fields);
    browser.post("/lab/try", &all).await
}

/// Saves a draft as TOML and answers its page.
async fn save(browser: &mut Browser, toml: &str) -> Answer {
    let token = browser.get("/lab/drafts/new").await.field("csrf");
    browser
        .post("/lab/drafts", &[("csrf", token.as_str()), ("how", "toml"), ("toml", toml), ("act", "save")])
        .await
}

async fn step(browser: &mut Browser, id: i64, step: &str, reason: &str) -> Answer {
    let page = browser.get(&format!("/lab/drafts/{id}")).await;
    let fields = [
        ("csrf", page.field("csrf")),
        ("version", page.field("version")),
        ("step", step.into()),
        ("reason", reason.into()),
    ];
    browser.post(&format!("/lab/drafts/{id}/step"), &fields).await
}

#[tokio::test]
async fn a_pasted_text_shows_which_rules_fire_on_whom_and_why() {
    let world = World::new().await;
    let mut browser = world.browser(REVIEWER).await;
    let page = browser.get("/lab").await;
    page.says("规则实验室")
        .says("href=\"/lab\" aria-current=\"page\"")
        .says(&world.version().await)
        .says("试筛这段文字");
    let body = "星桥培训人去楼空、关门停业，家长电话13800138000。\n小荷艺术举行演练，模拟人去楼空。";
    let page = try_text(&mut browser, &[("title", "闭店"), ("body", body), ("kind", "news")]).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("会提示 1 条").says("云溪县星桥文化培训学校有限公司").says("「星桥培训」与「人去楼空」同句");
    page.says("<span class=\"mention\">星桥培训</span>").says("<mark>人去楼空</mark>").says("卷款闭店");
    page.says("/lab/drafts/new?rule=runaway-closure").says("教体局");
    page.says("被抑制").says("云溪县小荷艺术培训中心").says("***********");
    assert_eq!(page.body.matches("13800138000").count(), 1, "only in the form, where the person wrote it");
    assert!(!page.body.contains("被抑制 0 处"), "the drill is told");
    page.says("认出名录内机构 2 处").says("<span class=\"mention\">小荷艺术</span> 别名");
    // Nothing was kept, and the text stands in the form again.
    page.says("模拟人去楼空").says("name=\"title\" value=\"闭店\"");

    let body = "云溪县取缔一处名为“状元书屋”的场所，无证招收学生三十名。\n云溪县城关镇一家艺术培训机构起火，学员疏散。";
    let page = try_text(&mut browser, &[("title", "通报"), ("body", body), ("kind", "news")]).await;
    let article = guanlan_model::Article {
        id: String::new(),
        kind: guanlan_model::Kind::News,
        source: String::new(),
        tier: guanlan_model::Tier::Other,
        url: String::new(),
        published: None,
        title: "通报".into(),
        body: body.into(),
        owner: None,
    };
    let leads = world.county.rulebook.in_force().screen(&article, guanlan_model::time::day(noon())).leads;
    assert!(!leads.is_empty(), "the text names somebody unknown");
    page.says(&format!("线索 {} 条", leads.len()));
    for lead in leads {
        page.says(&lead.name).says(&lead.reason);
        for candidate in lead.candidates {
            page.says(&format!("可能是 {}（{}）", candidate.name, candidate.reason));
        }
    }
    let stored = World::new().await.county.store.article_count().await.unwrap();
    assert_eq!(world.county.store.article_count().await.unwrap(), stored);

    let promo =
        try_text(&mut browser, &[("body", "年卡五折，名额有限。"), ("kind", "promo"), ("owner", "小荷艺术")])
            .await;
    promo.says("会提示 1 条").says("云溪县小荷艺术培训中心").says("宣传页");
    try_text(&mut browser, &[("body", "春天来了。")]).await.says("没有规则会提示").says("没有被抑制的命中");
}

#[tokio::test]
async fn what_cannot_be_tried_says_why_and_keeps_the_text() {
    let world = World::new().await;
    let mut browser = world.browser(REVIEWER).await;
    let long = "字".repeat(70_000);
    for (fields, says) in [
        (vec![("body", "  ")], "请先贴入标题或正文"),
        (vec![("body", long.as_str())], "最多 200 kB"),
        (vec![("body", "甲"), ("owner", "小荷")], "相近的有：云溪县小荷艺术培训中心"),
        (vec![("body", "甲"), ("owner", "不存在的机构")], "没有「不存在的机构」"),
    ] {
        let page = try_text(&mut browser, &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        page.says(says);
    }
    let fits = "字".repeat(66_000);
    assert_eq!(try_text(&mut browser, &[("body", &fits)]).await.status, StatusCode::OK);
    let far_too_long = "字".repeat(90_000);
    assert_eq!(
        try_text(&mut browser, &[("body", &far_too_long)]).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let hostile =
        try_text(&mut browser, &[("title", "<script>alert(1)</script>"), ("body", "</textarea><b>")]).await;
    hostile.lacks("<script>alert").lacks("</textarea><b>");
}

#[tokio::test]
async fn an_article_of_the_archive_is_tried_and_an_old_pack_can_be_asked() {
    let world = World::new().await;
    let mut browser = world.browser(REVIEWER).await;
    browser.get("/articles/1").await.says("href=\"/lab/try?article=1\"");
    let page = browser.get("/lab/try?article=1").await;
    page.says("会提示 1 条").says("runaway-closure").says("按现行规则包");
    let first = world.version().await;
    let toml = TOML.replace("trip-unsafe", "runaway-closure").replace("研学 走失", "查无此事");
    save(&mut browser, &toml.replace("研学途中一名学生走失", "查无此事").replace("研学出发", "一切正常"))
        .await;
    step(&mut browser, 1, "propose", "").await;
    step(&mut world.browser(SECOND).await, 1, "approve", "").await;
    assert_ne!(world.version().await, first);
    browser.get("/lab/try?article=1").await.says("没有规则会提示");
    let past = browser.get(&format!("/lab/try?article=1&pack={first}")).await;
    past.says("按当时的规则包").says(&first).says("runaway-closure").says("会提示 1 条");
    assert_eq!(browser.get("/lab/try?article=1&pack=yunxi%4000000000").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/lab/try?article=999").await.status, StatusCode::NOT_FOUND);
    browser.get("/alerts/1").await.says("yunxi@1a2b3c4d").says("用这一版重新筛查");
}

#[tokio::test]
async fn a_draft_goes_live_only_by_a_second_person() {
    let world = World::new().await;
    let (mut author, mut other) = (world.browser(REVIEWER).await, world.browser(SECOND).await);
    let before = world.version().await;
    let page = save(&mut author, TOML).await;
    assert_eq!(page.at, "/lab/drafts/1?saved=draft");
    page.says("草稿已保存")
        .says("起草中")
        .says("研学 走失")
        .says("演习")
        .says("可以提交批准")
        .says("提交批准");
    page.lacks("value=\"approve\"");
    other.get("/lab/drafts/1").await.says("规则原文").lacks("value=\"propose\"").lacks("value=\"save\"");

    step(&mut author, 1, "propose", "").await.says("等另一个人决定").lacks("value=\"approve\"");
    // The page does not offer it, and the store does not take it.
    let own = step(&mut author, 1, "approve", "").await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    own.says("要由另一个人决定").says("待批准");
    assert_eq!(world.version().await, before, "nothing is live yet");
    let text = [("body", "跃动体育组织的研学途中一名学生走失。")];
    try_text(&mut author, &text).await.says("没有规则会提示");

    let live = step(&mut other, 1, "approve", "").await;
    live.says("已启用").says("批准启用，新文章起按它筛查").says("王审核");
    let after = world.version().await;
    assert_ne!(after, before, "the running process screens with it at once");
    try_text(&mut author, &text).await.says("会提示 1 条").says("研学安全").says(&after);
    let lab = author.get("/lab").await;
    lab.says(&after).says("李审核 提出，王审核 批准").says("其中 1 条由实验室批准");

    author.get("/lab/drafts/1").await.lacks("启用后替换").lacks("可以提交批准").says("试算停用后的近 30 天");
    author.get("/lab/drafts/1/trial").await.says("试算停用「研学安全」的近 30 天").says("近 30 天没有变化");

    // The way out takes two as well.
    let silent = step(&mut author, 1, "ask-withdrawal", " ").await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    step(&mut author, 1, "ask-withdrawal", "误报太多").await.says("待停用").says("理由：误报太多");
    assert_eq!(step(&mut author, 1, "withdraw", "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.version().await, after);
    step(&mut other, 1, "withdraw", "").await.says("已停用");
    assert_eq!(world.version().await, before, "the same rules are the same version");
    let history = author.get("/lab/drafts/1").await;
    for said in ["保存了草稿", "提交了批准", "批准启用", "申请停用", "同意停用"] {
        history.says(said);
    }
    assert_eq!(world.county.store.check_invariants().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_draft_is_sent_back_with_a_reason_and_mended() {
    let world = World::new().await;
    let (mut author, mut other) = (world.browser(REVIEWER).await, world.browser(SECOND).await);
    save(&mut author, TOML).await;
    step(&mut author, 1, "propose", "").await;
    step(&mut other, 1, "return", "例句太少 <b>").await.says("退回修改").says("例句太少 &#60;b&#62;");
    let page = author.get("/lab/drafts/1").await;
    page.says("理由：例句太少");
    let fields = [
        ("csrf", page.field("csrf")),
        ("version", page.field("version")),
        ("how", "toml".to_owned()),
        ("toml", TOML.replace("走失", "迷路")),
        ("act", "save".to_owned()),
    ];
    author.post("/lab/drafts/1", &fields).await.says("草稿已保存").says("研学 迷路").says("起草中");
    let stale = author.post("/lab/drafts/1", &fields).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    stale.says("没有生效");
    let changed = author.get("/lab/drafts/1").await;
    let theirs = [
        ("csrf", other.get("/lab").await.field("csrf")),
        ("version", changed.field("version")),
        ("how", "toml".to_owned()),
        ("toml", TOML.to_owned()),
        ("act", "save".to_owned()),
    ];
    let refused = other.post("/lab/drafts/1", &theirs).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.says("只有起草人能改这份草稿");
    step(&mut author, 1, "drop", "").await.says("已放弃");
}

#[tokio::test]
async fn the_form_writes_the_same_rule_and_faults_are_pointed_at() {
    let world = World::new().await;
    let mut browser = world.browser(REVIEWER).await;
    let page = browser.get("/lab/drafts/new?rule=runaway-closure").await;
    page.says("value=\"runaway-closure\"").says("@停业词").says(county_policy());
    let token = page.field("csrf");
    let fields = |matches: &'static str, act: &'static str| {
        vec![
            ("csrf", token.clone()),
            ("how", "form".to_owned()),
            ("toml", String::new()),
            ("id", "trip-unsafe".to_owned()),
            ("name", "研学安全".to_owned()),
            ("category", "injury".to_owned()),
            ("severity", "high".to_owned()),
            ("news", "on".to_owned()),
            ("matches", matches.to_owned()),
            ("fires", "研学途中一名学生走失。".to_owned()),
            ("quiet", "研学出发。\r\n学生走失。".to_owned()),
            ("act", act.to_owned()),
        ]
    };
    for act in ["look", "save"] {
        let fault = browser.post("/lab/drafts", &fields("研学 (走失", act)).await;
        assert_eq!(fault.status, StatusCode::UNPROCESSABLE_ENTITY);
        fault.says("role=\"alert\"").says("match = ").says("<mark>").says("表达式第").says("研学 (走失");
    }
    assert!(world.county.store.drafts().await.unwrap().is_empty());
    let look = browser.post("/lab/drafts", &fields("研学 走失", "look")).await;
    look.says("这条规则的意思").says("可以提交批准").says("学生走失。");
    let wrong = browser.post("/lab/drafts", &fields("研学 | 走失", "save")).await;
    wrong.says("不符").says("例句不应命中，却命中了").says("起草中");
    let refused = step(&mut browser, 1, "propose", "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("还不能提交或批准");
    let unknown = browser
        .post(
            "/lab/drafts",
            &[("csrf", token.as_str()), ("how", "toml"), ("toml", "[[rule]"), ("act", "look")],
        )
        .await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    let long = format!("{TOML}# {}", "长".repeat(7_000));
    save(&mut browser, &long).await.says("最多 20480 字节");
}

fn county_policy() -> &'static str {
    "教监管函〔2021〕2号"
}

#[tokio::test]
async fn a_draft_is_tried_on_the_last_thirty_days() {
    let world = World::new().await;
    let mut browser = world.browser(REVIEWER).await;
    let toml = TOML
        .replace("'研学 走失'", "'退费无门 | 续交 | 课包 | 随时可退'")
        .replace("研学途中一名学生走失", "退费无门")
        .replace("\"injury\"", "\"fees\"");
    save(&mut browser, &toml).await;
    let page = browser.get("/lab/drafts/1/trial").await;
    page.says("试算「研学安全」近 30 天")
        .says("2026-10-26 至 2026-11-24")
        .says(&format!("读了 {} 篇文章", world.county.store.article_count().await.unwrap()));
    page.says("<b>1</b><span>会新增的预警</span>")
        .says("云溪县星桥文化培训学校有限公司")
        .says("<rect width=\"220\"");
    page.says("/articles/1").says("trip-unsafe");
    assert_eq!(
        world.county.store.queue_counts().await.unwrap().values().sum::<i64>(),
        7,
        "nothing was raised"
    );
    save(&mut browser, TOML).await;
    browser.get("/lab/drafts/2/trial").await.says("近 30 天没有变化");
    assert_eq!(browser.get("/lab/drafts/9/trial").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_only_reads_sees_no_lab() {
    let world = World::new().await;
    save(&mut world.browser(REVIEWER).await, TOML).await;
    let mut leader = world.browser(LEADER).await;
    let queue = leader.get("/queue").await;
    queue.lacks("href=\"/lab\"");
    leader.get("/articles/1").await.lacks("/lab/");
    leader.get("/alerts/1").await.lacks("/lab/");
    for path in ["/lab", "/lab/try?article=1", "/lab/drafts/new", "/lab/drafts/1", "/lab/drafts/1/trial"] {
        assert_eq!(leader.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let token = queue.field("csrf");
    for path in ["/lab/try", "/lab/drafts", "/lab/drafts/1", "/lab/drafts/1/step"] {
        let fields = [("csrf", token.as_str()), ("step", "propose"), ("version", "1")];
        assert_eq!(leader.post(path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn an_approved_rule_that_does_not_fit_any_more_is_announced_on_every_page() {
    let world = World::new().await;
    let store = &world.county.store;
    let toml = TOML.replace("'研学 走失'", "'@没有的词表'");
    let text = DraftText { rule_id: "trip-unsafe", name: "研学安全", toml: &toml };
    let id = store.create_draft(text, REVIEWER.0, noon()).await.unwrap();
    store.step_draft(id, 1, DraftStep::Propose, "", REVIEWER.0, noon()).await.unwrap();
    store.step_draft(id, 2, DraftStep::Approve, "", SECOND.0, noon()).await.unwrap();
    let before = world.version().await;
    world.county.rulebook.refresh(noon()).await.unwrap();
    assert_eq!(world.version().await, before, "the rest runs on");
    let mut browser = world.browser(REVIEWER).await;
    for path in ["/queue", "/archive", "/lab"] {
        browser.get(path).await.says("有 1 条已批准的规则与规则包文件不合");
    }
    let lab = browser.get("/lab").await;
    lab.says("「研学安全」（trip-unsafe）").says("@没有的词表 没有定义").says("其中 0 条由实验室批准");
    world.browser(LEADER).await.get("/queue").await.lacks("已批准的规则");
    step(&mut browser, id, "ask-withdrawal", "词表没有了").await;
    step(&mut world.browser(SECOND).await, id, "withdraw", "")
        .await
        .says("已停用")
        .lacks("有 1 条已批准的规则");
}

#[tokio::test]
async fn the_lab_speaks_english() {
    let world = World::new().await;
    let mut browser = world.browser(REVIEWER).await;
    save(&mut browser, TOML).await;
    browser.get("/lab?lang=en").await.says("Rule lab").says("drafting");
    browser.get("/lab/drafts/1").await.says("Propose").says("What this rule says").says("Saved the draft");
    browser.get("/lab/drafts/1/trial").await.says("alerts gained");
}
