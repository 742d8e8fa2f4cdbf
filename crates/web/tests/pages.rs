//! The pages as people use them, over the real router and a real database.

mod browser;
#[allow(dead_code)]
mod county;

use axum::http::StatusCode;
use browser::{Browser, get};
use county::{County, LEADER, REVIEWER, SECOND, noon};
use guanlan_web::router;
use tempfile::TempDir;

struct World {
    county: County,
    _dir: TempDir,
}

impl World {
    async fn filled() -> World {
        let dir = tempfile::tempdir().unwrap();
        World { county: County::filled(dir.path(), noon()).await, _dir: dir }
    }

    async fn empty() -> World {
        let dir = tempfile::tempdir().unwrap();
        World { county: County::empty(dir.path(), noon()).await, _dir: dir }
    }

    fn browser(&self) -> Browser {
        Browser::new(router(self.county.state(noon)))
    }

    async fn reviewer(&self) -> Browser {
        let mut browser = self.browser();
        let page = browser.log_in(REVIEWER).await;
        assert_eq!(page.status, StatusCode::OK);
        browser
    }
}

#[tokio::test]
async fn the_queue_shows_what_a_reviewer_needs() {
    let world = World::filled().await;
    let page = world.reviewer().await.get("/queue").await;
    page.says("复核队列").says("观澜").says("云溪县").says("演示");
    page.says("待复核 <b class=\"num\">7</b>")
        .says("属实待办 <b class=\"num\">0</b>")
        .says("全部 <b class=\"num\">7</b>");
    page.says("云溪县星桥文化培训学校有限公司").says("江宁晚报 · 市").says("同源 2 条");
    page.says("「星桥培训」与「人去楼空」同句");
    page.says("发布 <time").says("采集 <time").says("2 小时前");
    page.says("2 个来源异常");
    let urgent = page.body.find("启明星托管服务部").unwrap();
    let low = page.body.find("行政处罚公示").unwrap();
    assert!(urgent < low, "urgent before low");
}

#[tokio::test]
async fn filters_stand_in_the_address_and_in_every_link() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let page = browser.get("/queue?severity=high&institution=Y001").await;
    page.says("待复核 <b class=\"num\">2</b>").says("全部 <b class=\"num\">2</b>").lacks("消防救援大队通报");
    assert_eq!(page.body.matches("data-row=").count(), 2);
    page.says("/queue?view=confirmed&#38;severity=high&#38;institution=Y001");
    page.says("<option value=\"high\" selected>").says("<option value=\"Y001\" selected>");
    browser.get("/queue?category=penalty&severity=urgent").await.says("这些条件下没有预警").says("清除筛选");
    let junk = browser.get("/queue?view=%3Cscript%3E&severity=9&page=-1&open=abc").await;
    assert_eq!(junk.body.matches("data-row=").count(), 7);
}

#[tokio::test]
async fn an_alert_explains_itself() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let page = browser.get("/alerts/1").await;
    page.says("<span class=\"mention\">星桥培训</span>")
        .says("<mark>人去楼空</mark>")
        .says("<mark>退费无门</mark>");
    page.says("yunxi@1a2b3c4d");
    page.says("卷款闭店").says("runaway-closure").says("别名").says("被指");
    page.says("「登记电话」前无“未”“无”，不作无证处理");
    page.says("政策要求").says("教监管函〔2021〕2号").says("处罚依据").says("教育部令第53号");
    let lead = page.body.find("牵头 教体局").unwrap();
    let first = page.body.find("协同 公安局").unwrap();
    assert!(lead < first && first < page.body.find("协同 市场监管局").unwrap());
    page.says("同源报道 2 条").says("首发").says("云溪新闻网");
    let institution =
        page.body.split("class=\"who\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    page.says("SHA-256").says("/captures/1/raw").says("/leave?article=1");
    page.says("产生预警").says("系统");
    page.lacks("13800138000").says("***********");
    browser.get(&institution).await.says("2 篇").says("value=\"机构:云溪县星桥文化培训学校有限公司\"");
}

#[tokio::test]
async fn disguised_words_are_marked_and_the_trick_is_shown() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let list = browser.get("/queue?category=advertising").await;
    let page = browser.get(&format!("/alerts/{}", row_ids(&list.body)[0])).await;
    page.says("<mark>不过退</mark><span class=\"ctl\">U+200B</span><mark>款</mark>")
        .says("插入符号")
        .says("内容导向");
}

/// Ids of the rows of a list, in order.
fn row_ids(body: &str) -> Vec<i64> {
    body.split("data-row=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn a_verdict_opens_the_next_alert_and_can_be_undone() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let list = browser.get("/queue").await;
    let ids = row_ids(&list.body);
    let page = browser.get(&format!("/queue?open={}", ids[1])).await;
    let post = [
        ("csrf", page.field("csrf")),
        ("version", page.field("version")),
        ("verdict", "false-alarm/not-at-fault".to_owned()),
        ("note", "已澄清".to_owned()),
        ("back", "/queue".to_owned()),
    ];
    let next = browser.post(&format!("/alerts/{}/verdict", ids[1]), &post).await;
    assert_eq!(next.at, format!("/queue?open={}&done={}", ids[2], ids[1]));
    next.says("已标为误报")
        .says("data-undo")
        .says("待复核 <b class=\"num\">6</b>")
        .says("误报 <b class=\"num\">1</b>");
    let judged = browser.get(&format!("/alerts/{}", ids[1])).await;
    judged.says("李审核 于 2026-11-24 10:30 标为误报（机构并无过错）").says("备注：已澄清");

    let undo = [("csrf", next.field("csrf")), ("event", next.field("event")), ("back", "/queue".to_owned())];
    let back = browser.post(&format!("/alerts/{}/undo", ids[1]), &undo).await;
    back.says("已撤销").says("待复核 <b class=\"num\">7</b>");
    browser.get(&format!("/alerts/{}", ids[1])).await.says("撤销，回到待复核");
    assert_eq!(world.county.store.verify_audit().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_page_of_its_own_goes_on_to_the_next_page_of_its_own() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let page = browser.get("/alerts/3?severity=high").await;
    page.says("href=\"/queue?severity=high\"");
    let token = page.field("csrf");
    let version = page.field("version");
    let post = |verdict: &'static str| {
        [
            ("csrf", token.clone()),
            ("version", version.clone()),
            ("verdict", verdict.to_owned()),
            ("back", page.field("back")),
            ("alone", "1".to_owned()),
        ]
    };
    for incomplete in ["false-alarm", "confirm/other", "close"] {
        let pairs = post(incomplete);
        assert_eq!(
            browser.post("/alerts/3/verdict", &pairs).await.status,
            StatusCode::BAD_REQUEST,
            "{incomplete}"
        );
    }
    let pairs = post("watch");
    let next = browser.post("/alerts/3/verdict", &pairs).await;
    assert_eq!(next.at, "/alerts/4?severity=high&done=3");
    next.says("已标为关注");
}

#[tokio::test]
async fn two_reviewers_cannot_both_decide() {
    let world = World::filled().await;
    let (mut first, mut second) = (world.reviewer().await, world.browser());
    second.log_in(SECOND).await;
    let seen_by_first = first.get("/alerts/1").await;
    let seen_by_second = second.get("/alerts/1").await;
    let judge = |page: &browser::Answer, verdict: &str| {
        [
            ("csrf", page.field("csrf")),
            ("version", page.field("version")),
            ("verdict", verdict.to_owned()),
            ("note", "我的备注".to_owned()),
        ]
    };
    let pairs = judge(&seen_by_first, "confirm");
    assert_eq!(first.post("/alerts/1/verdict", &pairs).await.status, StatusCode::OK);
    let pairs = judge(&seen_by_second, "elsewhere");
    let refused = second.post("/alerts/1/verdict", &pairs).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.says("李审核 于 2026-11-24 10:30 标为属实待办").says("我的备注").says("现在的状态：属实待办");
    second.get("/queue?view=elsewhere").await.says("这个视图里没有预警");
}

#[tokio::test]
async fn a_leader_reads_but_does_not_judge() {
    let world = World::filled().await;
    let mut browser = world.browser();
    browser.log_in(LEADER).await;
    let page = browser.get("/alerts/1").await;
    page.lacks("data-verdict");
    let fields =
        [("csrf", page.field("csrf")), ("version", "1".to_owned()), ("verdict", "confirm".to_owned())];
    assert_eq!(browser.post("/alerts/1/verdict", &fields).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_empty_queue_says_why_it_is_empty() {
    let world = World::empty().await;
    world.reviewer().await.get("/queue").await.says("还没有来源").says("guanlan demo");
    world.county.store.sync_sources(&county::sources(), noon()).await.unwrap();
    world.reviewer().await.get("/queue").await.says("队列是空的，但采集已经停了").says("采集尚未开始");
    world.county.store.heartbeat(noon()).await.unwrap();
    world.reviewer().await.get("/queue").await.says("今日已清零").says("下次采集：");
    let later = || noon() + chrono::TimeDelta::hours(3);
    let mut browser = Browser::new(router(world.county.state(later)));
    browser.log_in(REVIEWER).await;
    browser.get("/queue").await.says("采集已停 3 小时").says("队列是空的，但采集已经停了");
}

#[tokio::test]
async fn the_archive_finds_narrows_and_explains_errors() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let page = browser.get("/archive?q=%E6%98%9F%E6%A1%A5%E5%9F%B9%E8%AE%AD").await;
    page.says("<mark>星桥培训</mark>").says("3 篇").says("江宁晚报").says("闭店与退费");
    let narrowed = browser.get("/archive?q=%E6%98%9F%E6%A1%A5%E5%9F%B9%E8%AE%AD+%E6%9D%A5%E6%BA%90%3A%E6%B1%9F%E5%AE%81%E6%99%9A%E6%8A%A5").await;
    narrowed.says("1 篇").says("已限定").says("去掉这个限定");
    browser.get("/archive?q=%E6%9C%BA%E6%9E%84%3A%E5%B0%8F%E8%8D%B7%E8%89%BA%E6%9C%AF").await.says("1 篇");
    let fault = browser.get("/archive?q=%E6%97%A5%E6%9C%9F%3A2026-13-01").await;
    assert_eq!(fault.status, StatusCode::UNPROCESSABLE_ENTITY);
    fault.says("<mark>13</mark>").says("月份应为").says("aria-invalid");
    browser.get("/archive?q=%E6%B2%A1%E6%9C%89%E8%BF%99%E4%B8%AA%E8%AF%8D+%E6%97%A5%E6%9C%9F%3A%E8%BF%917%E5%A4%A9").await.says("没有找到文章").says("去掉时间限制再检索");
    browser.get("/archive?page=999999999&sort=x").await;
    for nasty in ["%28".repeat(400), "NOT+".repeat(120), "%22".to_owned(), "a+".repeat(250)] {
        let page = browser.get(&format!("/archive?q={nasty}")).await;
        assert_ne!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{nasty}");
    }
}

#[tokio::test]
async fn an_archived_article_shows_its_findings() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    browser
        .get("/articles/1")
        .await
        .says("<mark>人去楼空</mark>")
        .says("/alerts/1")
        .lacks("13800138000")
        .says("新闻");
    assert_eq!(browser.get("/articles/999").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn sources_are_shown_with_their_troubles_first() {
    let world = World::filled().await;
    let page = world.reviewer().await.get("/sources").await;
    page.says("503 Service Unavailable")
        .says("内容陈旧")
        .says("未核实")
        .says("网站返回 5xx 1")
        .says("下次采集");
    assert!(page.body.find("江宁日报").unwrap() < page.body.find("江宁晚报").unwrap());
}

#[tokio::test]
async fn the_digest_is_previewed_inside_a_sandbox() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let page = browser.get("/digest").await;
    page.says("<iframe class=\"mail\" src=\"/digest/2026-11-25/html\" sandbox").says("这一天还没有发送");
    assert!(page.header("content-security-policy").contains("frame-src 'self'"));
    page.says("2026-11-25 08:07 截止并发送");
    browser
        .get("/digest?day=2026-11-24")
        .await
        .says("2026-11-23 08:07 至 2026-11-24 08:07")
        .says("/digest?day=2026-11-25");
    assert_eq!(browser.get("/digest/2026-11-26/html").await.status, StatusCode::NOT_FOUND);
    let mail = browser.get("/digest/2026-11-25/html").await;
    mail.says("星桥");
    let policy = mail.header("content-security-policy");
    assert!(
        policy.starts_with("sandbox; default-src 'none'") && policy.contains("frame-ancestors 'self'"),
        "{policy}"
    );
    assert_eq!(browser.get("/digest/yesterday/html").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn hostile_titles_stay_text() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    for page in ["/archive", "/archive?q=%E5%8D%9A%E6%80%9D", "/articles/6"] {
        browser.get(page).await.lacks("<script>alert").says("&#60;script&#62;alert");
    }
}

#[tokio::test]
async fn a_capture_is_only_ever_a_download() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let raw = browser.get("/captures/1/raw").await;
    assert_eq!(raw.header("content-type"), "application/octet-stream");
    assert_eq!(raw.header("content-disposition"), "attachment; filename=\"capture-1.bin\"");
    assert_eq!(raw.header("x-content-type-options"), "nosniff");
    assert!(raw.header("content-security-policy").starts_with("sandbox; default-src 'none'"));
    assert_eq!(browser.get("/captures/2/raw").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(browser.get("/captures/3/raw").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn leaving_shows_the_host_and_cannot_be_aimed_elsewhere() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let page = browser.get("/leave?article=1").await;
    page.says("wanbao.jiangning.example").says("rel=\"noopener noreferrer nofollow\"");
    let aimed = browser.get("/leave?url=https://evil.example/").await;
    assert_eq!(aimed.status, StatusCode::BAD_REQUEST);
    aimed.lacks("evil.example/\" rel");
}

#[tokio::test]
async fn the_api_speaks_json() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let json = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap();
    let alerts = json(&browser.get("/api/v1/alerts?severity=urgent").await.body);
    assert_eq!(
        (alerts["total"].as_i64(), alerts["alerts"][0]["severity"].as_str()),
        (Some(2), Some("urgent"))
    );
    let alert = json(&browser.get("/api/v1/alerts/1").await.body);
    assert_eq!(alert["findings"][0]["rule"], "runaway-closure");
    assert!(!alert.to_string().contains("13800138000"));
    let found = json(&browser.get("/api/v1/search?q=%E9%80%80%E8%B4%B9&limit=1").await.body);
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(1));
    let fault = browser.get("/api/v1/search?q=%28").await;
    assert_eq!(fault.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(json(&fault.body)["at"].is_number());
    assert_eq!(json(&browser.get("/api/v1/sources").await.body)["sources"].as_array().map(Vec::len), Some(8));
    let missing = browser.get("/api/v1/alerts/999").await;
    assert_eq!(
        (missing.status, json(&missing.body)["request_id"].is_string()),
        (StatusCode::NOT_FOUND, true)
    );
}

#[tokio::test]
async fn failures_are_in_chinese_with_an_id_of_the_log() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let page = browser.get("/no/such/page").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    let id = page.header("x-request-id").to_owned();
    page.says("没有这个页面").says(&format!("编号 {id}"));
    let wrong_method = browser.send(get("/logout")).await;
    assert_eq!(wrong_method.status, StatusCode::METHOD_NOT_ALLOWED);
    wrong_method.says("不能这样访问");
}

#[tokio::test]
async fn english_is_a_choice_that_is_remembered() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    browser.get("/queue").await.says("lang=\"zh-CN\"").says("复核队列");
    browser.get("/queue?lang=en").await.says("lang=\"en\"").says("Review queue");
    browser.get("/sources").await.says("Newest item");
    browser.get("/sources?lang=zh").await.says("最新内容");
}

#[tokio::test]
async fn pages_refresh_counts_without_the_list() {
    let world = World::filled().await;
    let mut browser = world.reviewer().await;
    let page = browser.get("/queue/pulse?severity=high").await;
    page.says("id=\"tabs\"").says("id=\"light\"").says("hx-swap-oob=\"true\"").lacks("data-row");
    let mut request = get("/queue?open=1");
    request.headers_mut().insert("hx-request", "true".parse().unwrap());
    let pane = browser.send(request).await;
    pane.says("id=\"reader\"").lacks("data-row").lacks("<html");
}
