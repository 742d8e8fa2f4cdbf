use super::*;
use crate::tests_support::{context, now};
use crate::{ListSelectors, links, list};
use proptest::prelude::*;
use url::Url;

fn read(html: &str) -> Extracted {
    page(html.as_bytes(), &context(None))
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn invented_pages_are_read_as_a_person_would() {
    for name in ["p1-gov-notice", "p2-newspaper", "p3-blacklist-table", "p4-portal", "p5-promotion"] {
        let extracted = page(&fixture(&format!("{name}.html")), &context(None));
        insta::assert_json_snapshot!(name, extracted);
    }
}

#[test]
fn walls_error_pages_and_empty_pages_are_never_articles() {
    let nav = "<ul><li><a href=/>首页</a></li><li><a href=/news>新闻</a></li></ul>";
    let pad = |text: &str| {
        format!("<html><head><title>提示</title></head><body>{nav}<div>{text}</div></body></html>")
    };
    let challenge = PageKind::Challenge;
    let missing = PageKind::SoftNotFound;
    let table: Vec<(String, PageKind)> = vec![
        (pad("<h2>环境异常</h2><p>当前环境异常，完成验证后即可继续访问。</p><a>去验证</a>"), challenge),
        (pad("<p>请拖动滑块完成拼图，进行安全验证</p>"), challenge),
        (pad("<p>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问请求被拦截。</p><p>事件编号：123</p>"), challenge),
        ("<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center><hr>nginx</body></html>".into(), challenge),
        ("<html><head><title>Just a moment...</title></head><body>Checking your browser before accessing</body></html>".into(), challenge),
        ("<html><head><meta id=\"9Dh\" content=\"x\"><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=1;</script></head><body></body></html>".into(), challenge),
        ("<html><script>document.cookie='__jsl_clearance=1';location.href=location.pathname</script></html>".into(), challenge),
        ("<html><script>var arg1='ABC';function setCookie(){document.cookie='acw_sc__v2=1';document.location.reload()}</script></html>".into(), challenge),
        ("<html><body><noscript>请开启JavaScript并刷新该页.</noscript><p>请开启JavaScript并刷新该页</p></body></html>".into(), challenge),
        (pad("<form><input name=user><input type=\"password\"><button>登录</button></form><p>用户登录</p>"), challenge),
        (pad("<p>您需要登录后才可以查看此内容</p>"), challenge),
        ("<html><head><title>404 Not Found</title></head><body><h1>404</h1></body></html>".into(), missing),
        (pad("<p>抱歉，您访问的页面不存在或已删除！3秒后返回首页</p>"), missing),
        (pad("<p>该内容已被发布者删除</p>"), missing),
        (pad("<h3>文章不存在</h3>"), missing),
        (String::new(), PageKind::Empty),
        ("<html><head><title>云溪网</title></head><body></body></html>".into(), PageKind::Empty),
    ];
    for (html, kind) in table {
        let found = read(&html);
        assert_eq!((found.kind, found.text.as_str()), (kind, ""), "{html}");
    }
}

#[test]
fn an_article_about_walls_is_an_article() {
    let text = "近日，多名家长反映，云溪县某培训机构的小程序打开后提示环境异常，随后页面显示404，无法申请退费。\
                县市场监管局已介入调查，机构负责人表示系统正在升级，三日内恢复，逾期可以到现场登记，工作人员会逐一核实并办理退费手续。";
    let body = format!("<p>{text}</p>").repeat(4);
    let found = read(&format!(
        "<title>退费页面打不开？官方回应_云溪网</title><h1>退费页面打不开？官方回应</h1>{body}"
    ));
    assert_eq!(found.kind, PageKind::Article);
    assert!(found.text.contains("三日内恢复"));
}

#[test]
fn a_brief_that_mentions_a_wall_is_an_article() {
    for text in [
        "云溪县一家培训机构未通过消防安全验证，今日被责令停业整改。",
        "咨询电话：0000-87404404，课程已下线的学员可以退费。",
    ] {
        let html = format!(
            "<title>快讯：机构被责令停业_云溪网</title><h1>快讯：机构被责令停业</h1><div>2026-11-24 08:30</div><p>{text}</p>"
        );
        assert_eq!(read(&html).kind, PageKind::Article, "{text}");
    }
}

#[test]
fn lists_pictures_and_galleries_are_told_apart() {
    let item = |i: usize| {
        format!(
            "<li><a href=/t{i}.html>云溪县召开第{i}次校外培训治理工作会议</a><span>2026-11-{:02}</span></li>",
            i + 1
        )
    };
    let items: String = (0..20).map(item).collect();
    let list = read(&format!("<title>通知公告_云溪县</title><body><h1>通知公告</h1><ul>{items}</ul></body>"));
    assert_eq!((list.kind, list.text.as_str()), (PageKind::List, ""));
    let teaser = |i: usize| {
        format!(
            "<li><a href=/t{i}.html>云溪县召开第{i}次校外培训治理工作会议</a><p>11月{i}日，云溪县召开会议，部署校外培训治理工作，各部门参加会议并作了发言。</p></li>"
        )
    };
    let teasers: String = (1..20).map(teaser).collect();
    assert_eq!(
        read(&format!("<title>要闻_云溪网</title><body><div>{teasers}</div></body>")).kind,
        PageKind::List
    );
    let image = read(
        "<title>暑期招生简章_晨星艺术</title><body><div class=content><h1>暑期招生简章</h1><p><img src=poster.jpg alt='晨星艺术暑期招生，一对一提分'></p><p>咨询电话见图</p></div></body>",
    );
    assert_eq!((image.kind, image.title.as_str()), (PageKind::Image, "暑期招生简章"));
    assert_eq!(image.text, "咨询电话见图\n晨星艺术暑期招生，一对一提分");
    let picture = "<p><img src=a.jpg></p><p>学员在展示作品</p>".repeat(5);
    let gallery = read(&format!(
        "<title>晨星艺术汇报演出图集_云溪网</title><body><h1>晨星艺术汇报演出图集</h1><div>{picture}</div></body>"
    ));
    assert_eq!(gallery.kind, PageKind::Gallery);
    assert!(gallery.text.contains("学员在展示作品"));
}

#[test]
fn a_short_notice_among_many_links_is_an_article() {
    let links: String =
        (0..40).map(|i| format!("<li><a href=/{i}>云溪县召开第{i}次工作会议的通知</a></li>")).collect();
    let html = format!(
        "<title>停课通知_晨星艺术</title><body><ul class=nav>{links}</ul><div class=content><h1>停课通知</h1>\
         <p>因场地装修，本中心自11月25日起停课三天，已缴课时顺延，敬请谅解。</p></div><div class=related>{links}</div></body>"
    );
    let found = read(&html);
    assert_eq!(
        (found.kind, found.text.as_str()),
        (PageKind::Article, "因场地装修，本中心自11月25日起停课三天，已缴课时顺延，敬请谅解。")
    );
}

#[test]
fn selectors_of_the_source_come_first_and_fall_back() {
    let html = "<title>云溪网</title><div id=t>标题在这里</div><div class=date>2026年11月20日</div><div class=from>来源：云溪县教体局 发布</div>\
                <div class=ad>广告</div><div class=text><p>正文第一段。</p></div><div class=text><p>正文第二段。</p></div>";
    let selectors = Selectors {
        title: Some("#t".into()),
        body: Some(".text".into()),
        date: Some(".date".into()),
        publisher: Some(".from".into()),
    };
    let found = page(html.as_bytes(), &PageContext { selectors: Some(&selectors), ..context(None) });
    assert_eq!(found.title, "标题在这里");
    assert_eq!(found.text, "正文第一段。\n正文第二段。");
    assert_eq!((found.date, found.date_confidence), (parse_date("2026-11-20", now()), 1.0));
    assert_eq!(found.publisher.as_deref(), Some("云溪县教体局"));
    let nothing = Selectors { title: Some("#none".into()), body: Some("[".into()), ..Selectors::default() };
    let found = page(html.as_bytes(), &PageContext { selectors: Some(&nothing), ..context(None) });
    assert!(found.text.contains("正文第一段"));
}

#[test]
fn page_dates_are_stated_or_absent() {
    let page_with = |head: &str, line: &str, after: &str| {
        format!(
            "<html><head>{head}<title>云溪县查处一家无证机构_云溪网</title></head><body><p>今天是2026年11月24日 星期二</p>\
                 <h1>云溪县查处一家无证机构</h1><div>{line}</div><div class=content><p>11月1日，云溪县教体局查处一家无证办学机构，\
                 执法人员现场责令其停止办学，并要求三十日内完成退费，有关情况将持续公布。</p><p>该机构2025年3月5日开业，未取得办学许可，\
                 也没有在民政部门登记，属于擅自举办，群众可以拨打热线反映。</p></div>{after}<footer>版权所有 2009-2026</footer></body></html>"
        )
    };
    for (what, html, expected, least) in [
        (
            "meta",
            page_with("<meta name=PubDate content='2026-11-20 08:30'>", "2026-11-19", ""),
            Some("2026-11-20 08:30"),
            0.9,
        ),
        (
            "after the title",
            page_with("", "2026-11-19 09:00 来源：云溪网", ""),
            Some("2026-11-19 09:00"),
            0.8,
        ),
        (
            "label after the text",
            page_with("", "", "<p>发布日期：<!-- x -->2026-11-18</p>"),
            Some("2026-11-18"),
            0.7,
        ),
        (
            "wechat",
            page_with("<script>var ct = \"1763600000\";</script>", "", ""),
            Some("2025-11-20 08:53:20"),
            0.8,
        ),
        (
            "script",
            page_with("<script>var d = {\"pubtime\":\"2026-11-17 10:00\"}</script>", "", ""),
            Some("2026-11-17 10:00"),
            0.7,
        ),
        (
            "signed",
            page_with("", "", "<p>云溪县教体局</p><p>二〇二六年十一月十六日</p>"),
            Some("2026-11-16"),
            0.5,
        ),
        ("relative", page_with("", "昨天 08:30", ""), Some("2026-11-23 08:30"), 0.4),
        ("no year", page_with("", "11-20 08:30 云溪网", ""), Some("2026-11-20 08:30"), 0.4),
        (
            "year from the script",
            page_with("<script>pubtime=\"2025-11-20 08:30\"</script>", "11-20 08:30 云溪网", ""),
            Some("2025-11-20 08:30"),
            0.7,
        ),
        ("none", page_with("", "", ""), None, 0.0),
    ] {
        let found = read(&html);
        assert_eq!(found.date, expected.and_then(|e| parse_date(e, now())), "{what}");
        assert!(
            found.date_confidence >= least && (found.date.is_some() || found.date_confidence == 0.0),
            "{what}"
        );
    }
    let url = Url::parse("https://www.yunxi.example/news/2026/11/15/t1.html").unwrap();
    let found = page(page_with("", "", "").as_bytes(), &context(Some(&url)));
    assert_eq!(found.date, parse_date("2026-11-15", now()));
}

#[test]
fn nested_past_the_limit_is_still_read() {
    for open in ["<div>", "<ul><li>", "<a><i>", "<b><p>", "<table><tr><td>"] {
        let html = format!("<title>深处_云溪网</title>{}<p>云溪县公布名录。</p>", open.repeat(100_000 / 4));
        let found = read(&html);
        assert_eq!(found.title, "深处_云溪网");
        assert_eq!(found.text, "云溪县公布名录。", "{open}");
    }
}

#[test]
fn nested_up_to_the_limit_fits_a_small_stack() {
    let html =
        format!("<title>深处_云溪网</title>{}<p>云溪县公布名录，共一百家。</p>", "<div><b>".repeat(245));
    let small = std::thread::Builder::new().stack_size(512 << 10);
    let found = small.spawn(move || read(&html)).unwrap().join().unwrap();
    assert_eq!(found.text, "云溪县公布名录，共一百家。");
}

#[test]
fn one_line_of_many_megabytes_is_cut() {
    let html = format!("<title>长</title><p>{}", "云溪县".repeat(2_000_000));
    let found = read(&html);
    assert!(found.text.len() <= MAX_TEXT_BYTES && found.text.starts_with("云溪县"));
    let title = format!("<title>{}</title><p>云溪县公布名录，共一百家。</p>", "长".repeat(10_000));
    assert!(read(&title).title.chars().count() <= MAX_TITLE_CHARS);
}

#[test]
fn odd_markup_does_not_hurt() {
    for html in [
        "<plaintext>云溪县公布名录</p>",
        "<!-- 没有结束",
        "<svg><title>x</title><foreignObject><p>云溪县</svg>",
        "<math><mtext><table><mglyph><style><img></style>",
        "<template><template><p>云溪县</template>",
        "<p>云\0溪\0县</p>",
        "<select><option>一<option>二",
        "<frameset><frame src=a></frameset>",
    ] {
        let _ = read(html);
    }
}

proptest! {
    #[test]
    fn any_bytes_make_a_page(bytes in proptest::collection::vec(any::<u8>(), 0..800)) {
        let url = Url::parse("https://www.yunxi.example/a/b.html").unwrap();
        let found = page(&bytes, &context(Some(&url)));
        prop_assert_eq!(page(&bytes, &context(Some(&url))), found);
        let _ = links(&bytes, &context(Some(&url)));
        let _ = list(&bytes, &context(Some(&url)), &ListSelectors { item: "li".into(), ..ListSelectors::default() });
    }

    #[test]
    fn any_tag_soup_makes_a_page(pieces in proptest::collection::vec("(</?(p|div|a|table|tr|td|h1|title|li|br|img|script|svg|template|b|select|font)( (href|class|content)=('[^']{0,5}|x))?>)|[云溪县2026年11月24日，。]{0,12}", 0..60)) {
        let html = pieces.concat();
        let found = read(&html);
        prop_assert!(found.text.len() <= MAX_TEXT_BYTES);
        prop_assert!((0.0..=1.0).contains(&found.date_confidence));
    }
}
