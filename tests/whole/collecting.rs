//! Collecting from real HTTP servers on loopback: real pages, and pages that nobody would wish for.

use guanlan_tests::{Installation, Reply, Site, free_port};
use serde_json::{Value, json};
use std::path::PathBuf;

const REGISTER: &str = include_str!("../../config/register-sample.csv");

fn installation(sites: &[(&str, &Site, &str)]) -> Installation {
    let here = Installation::new();
    here.settings(free_port(), "");
    let mut sources = String::new();
    for (id, site, rest) in sites {
        sources.push_str(&format!(
            "[[source]]\nid = \"{id}\"\nname = \"来源{id}\"\ntier = \"county\"\nports = [{}]\nverified = true\n{}\n",
            site.port,
            rest.replace("ORIGIN", &site.origin)
        ));
    }
    here.write("config/sources/test.toml", sources);
    here.write("register.csv", REGISTER);
    here.must(&["import", "register", "register.csv"]);
    here
}

fn list_page(links: &[(String, &str)]) -> String {
    let rows: String =
        links.iter().map(|(href, title)| format!("<li><a href=\"{href}\">{title}</a></li>")).collect();
    format!(
        "<html><head><meta charset=utf-8><title>列表</title></head><body><ul class=\"news\">{rows}</ul></body></html>"
    )
}

fn article(title: &str, body: &str) -> Reply {
    Reply::html(format!(
        "<html><head><meta charset=utf-8><title>{title}</title></head><body><h1>{title}</h1><div>2026-11-20 09:30 来源：云溪新闻网</div><p>{body}</p></body></html>"
    ))
}

fn search(here: &Installation, query: &str) -> Value {
    here.must_json(&["search", query, "--json"])
}

fn verified(here: &Installation) -> Value {
    let answer = here.must_json(&["verify", "--deep", "--json"]);
    assert_eq!(answer["problems"], json!([]));
    answer
}

const LIST: &str = "kind = \"list\"\nurl = \"ORIGIN/list.html\"\nevery = \"10m\"\nstale_after = \"3650d\"\nlist = { item = \"ul.news li\" }\n";
const FEED: &str = "kind = \"feed\"\nurl = \"ORIGIN/rss.xml\"\nevery = \"10m\"\nstale_after = \"3650d\"\n";

#[test]
#[allow(clippy::print_stderr)]
fn real_pages_are_captured_extracted_searchable_and_screened() {
    let folder = std::env::var_os("GUANLAN_PAGES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/pages"),
        PathBuf::from,
    );
    if !folder.join("raw").is_dir() {
        // The pages belong to their publishers and are not part of the repository.
        eprintln!("no saved pages at {}: set GUANLAN_PAGES to run this test", folder.display());
        return;
    }
    let gold: Vec<Value> = std::fs::read_to_string(folder.join("gold.jsonl"))
        .expect("gold")
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    let site = Site::start();
    let mut links = Vec::new();
    for page in &gold {
        let id = page["id"].as_str().expect("id");
        let bytes = std::fs::read(folder.join("raw").join(format!("{id}.html"))).expect("page");
        site.put(&format!("/{id}.html"), Reply::html(bytes));
        links.push((format!("/{id}.html"), "页面"));
    }
    site.put("/list.html", Reply::html(list_page(&links)));
    let here = installation(&[("real", &site, LIST)]);
    let round = here.must_json(&["crawl", "--once", "--json"]);
    assert_eq!(round["fetched"].as_u64(), Some(gold.len() as u64 + 1), "every page was asked for: {round}");
    let articles = round["articles"].as_u64().expect("articles");
    assert!(articles as f64 >= 0.95 * gold.len() as f64, "{round}");
    assert_eq!(round["alerts"], 0, "none of them is about a registered institution: {round}");
    let answer = verified(&here);
    assert_eq!(answer["captures"].as_u64(), Some(gold.len() as u64 + 1));
    assert_eq!(answer["indexed"].as_u64(), Some(articles));
    for page in gold.iter().step_by(40) {
        let body: Vec<char> = page["body"].as_str().expect("body").chars().collect();
        let han: String = body
            .iter()
            .skip(body.len() / 2)
            .skip_while(|c| !('一'..='龥').contains(*c))
            .take_while(|c| ('一'..='龥').contains(*c))
            .take(6)
            .collect();
        if han.chars().count() == 6 {
            let found = search(&here, &format!("\"{han}\""));
            assert!(found["total"].as_u64() >= Some(1), "{} {han}: {found}", page["id"]);
        }
    }
}

#[test]
fn what_goes_wrong_is_counted_and_the_rest_goes_on() {
    let (good, bad) = (Site::start(), Site::start());
    let fire = "昨晚，彩虹桥艺术二楼舞蹈室突然起火，三十余名学员被困，消防员到场扑救。";
    good.put("/rss.xml", Reply::feed(format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>t</title><item><title>A & B 起火</title><link>{}/a.html</link><pubDate>2026年11月20日</pubDate></item><item><title>cut", good.origin)));
    good.put("/a.html", article("培训学校起火", fire));
    let deep = format!(
        "<html><head><meta charset=utf-8><title>很深的页面</title></head><body><h1>很深的页面</h1>{}<p>深处的文字仍然应当能够读到，这是一段用于检验的普通中文。</p></body></html>",
        "<div>".repeat(100_000)
    );
    let gbk = encoding_rs::GBK.encode("<html><head><meta charset=utf-8><title>编码标错的页面</title></head><body><h1>编码标错的页面</h1><p>本页实际使用国标编码，声明却写成别的，采集时应当正确解码。</p></body></html>").0.into_owned();
    let links = [
        "/missing.html",
        "/broken.html",
        "/private.html",
        "/huge.html",
        "/deep.html",
        "/gbk.html",
        "/wall.html",
        "/empty.html",
    ];
    bad.put("/list.html", Reply::html(list_page(&links.map(|l| (l.to_owned(), "条目")))));
    bad.put("/broken.html", Reply::status(500));
    bad.put("/private.html", Reply::status(302).header("location", "http://10.1.2.3/secret"));
    bad.put("/huge.html", Reply::html(vec![b'x'; 50 * 1024 * 1024]));
    bad.put("/deep.html", Reply::html(deep));
    bad.put("/gbk.html", Reply::html(gbk));
    // As such walls really look: no date, no publisher, nothing but the demand.
    bad.put(
        "/wall.html",
        Reply::html(
            "<html><head><meta charset=utf-8><title></title></head><body><h2>环境异常</h2>\
             <p>当前环境异常，完成验证后即可继续访问。</p><a href=\"#\">去验证</a></body></html>",
        ),
    );
    bad.put("/empty.html", Reply::html(""));
    let here = installation(&[("good", &good, FEED), ("bad", &bad, LIST)]);
    let round = here.must_json(&["crawl", "--once", "--json"]);
    assert_eq!(round["alerts"], 1, "the torn feed still gave its complete item: {round}");
    let ledger = here.must_json(&["ledger", "--json"]);
    let outcome = |path: &str| -> String {
        let row = ledger.as_array().unwrap().iter().find(|r| r["url"].as_str().unwrap().ends_with(path));
        row.unwrap_or_else(|| panic!("{path} is not in the ledger: {ledger:#}"))["outcome"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(outcome("/missing.html"), "http-4xx");
    assert_eq!(outcome("/broken.html"), "http-5xx");
    assert_eq!(outcome("/private.html"), "address-refused");
    assert_eq!(outcome("/huge.html"), "too-large");
    assert_eq!(outcome("/wall.html"), "blocked");
    assert_eq!(outcome("/empty.html"), "no-text");
    assert_eq!(outcome("/deep.html"), "fetched");
    assert_eq!(search(&here, "\"深处的文字仍然应当\"")["total"], 1);
    assert_eq!(search(&here, "\"采集时应当正确解码\"")["total"], 1);
    assert_eq!(search(&here, "\"完成验证后\"")["total"], 0, "a wall is a gap, never an article");
    verified(&here);
}

#[test]
fn a_dead_source_and_a_silent_one_do_not_stop_the_others() {
    let (good, silent) = (Site::start(), Site::start());
    good.put("/list.html", Reply::html(list_page(&[("/a.html".into(), "甲")])));
    good.put(
        "/a.html",
        article("敬老院里写春联", "墨香苑书画培训中心的师生来到敬老院写春联，老人们十分高兴。"),
    );
    silent.put("/list.html", Reply::silence());
    let here = installation(&[("good", &good, LIST), ("silent", &silent, LIST)]);
    here.write(
        "config/sources/dead.toml",
        format!("[[source]]\nid = \"dead\"\nname = \"关停的站\"\ntier = \"county\"\nkind = \"list\"\nurl = \"http://127.0.0.1:{p}/list.html\"\nports = [{p}]\nevery = \"10m\"\nstale_after = \"30d\"\nlist = {{ item = \"li\" }}\n", p = free_port()),
    );
    let round = here.must_json(&["crawl", "--once", "--json"]);
    assert_eq!((&round["articles"], &round["gaps"]), (&json!(1), &json!(2)), "{round}");
    verified(&here);
}

#[test]
fn nothing_is_fetched_twice_and_robots_are_obeyed() {
    let site = Site::start();
    site.put(
        "/robots.txt",
        Reply::html("User-agent: *\nDisallow: /private/\n").header("content-type", "text/plain"),
    );
    site.put(
        "/list.html",
        Reply::html(list_page(&[
            ("/a.html".into(), "甲"),
            ("/a.html#top".into(), "甲"),
            ("/a.html?utm_source=x".into(), "甲"),
            ("/private/b.html".into(), "乙"),
        ])),
    );
    site.put(
        "/a.html",
        article("书画展开幕", "青少年书画展昨天在县文化馆开幕，展出作品一百二十件，展期一个月。"),
    );
    site.put("/private/b.html", article("不该读到", "这一页不允许采集。"));
    let here = installation(&[("s", &site, LIST)]);
    here.must(&["crawl", "--once"]);
    here.must(&["crawl", "--once"]);
    let seen = site.seen();
    assert_eq!(seen.get("/a.html"), Some(&1), "{seen:?}");
    assert_eq!(seen.get("/private/b.html"), None, "{seen:?}");
    assert_eq!(search(&here, "不该读到")["total"], 0);
    let ledger = here.must_json(&["ledger", "--json"]);
    let refused: Vec<&Value> =
        ledger.as_array().unwrap().iter().filter(|r| r["outcome"] == "robots").collect();
    assert_eq!(refused.len(), 1, "{ledger:#}");
}
