//! `kill -9` at twenty moments of a crawl: nothing lost, nothing doubled.

use guanlan_tests::{Installation, Reply, Site, free_port};
use serde_json::{Value, json};
use std::time::Duration;

const REGISTER: &str = include_str!("../../config/register-sample.csv");
const KILLS: u64 = 20;
const PAGES: u64 = 60;

/// xorshift: the moments are the same in every run, so that a failure can be repeated.
fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

fn site() -> Site {
    let site = Site::start();
    let links: String = (0..PAGES).map(|n| format!("<li><a href=\"/{n}.html\">第{n}条</a></li>")).collect();
    site.put(
        "/list.html",
        Reply::html(format!(
            "<html><head><meta charset=utf-8></head><body><ul class=news>{links}</ul></body></html>"
        )),
    );
    for n in 0..PAGES {
        // Each text differs from the next in many words, so that no two become one story.
        let words: String =
            (0..60).map(|k| char::from_u32(0x4e00 + ((n * 977 + k * 131) % 8000) as u32).unwrap()).collect();
        let fault = if n % 6 == 0 {
            "蓝海豚游泳馆的安全出口被铁链锁住，灭火器已过期，消防部门责令限期改正。"
        } else {
            ""
        };
        site.put(
            &format!("/{n}.html"),
            Reply::html(format!("<html><head><meta charset=utf-8><title>第{n}篇{words}</title></head><body><h1>第{n}篇</h1><p>{words}。{fault}{words}。</p></body></html>")),
        );
    }
    site
}

fn installation(site: &Site) -> Installation {
    let here = Installation::new();
    here.settings(free_port(), "");
    here.write("register.csv", REGISTER);
    here.write(
        "config/sources/test.toml",
        format!(
            "[[source]]\nid = \"t\"\nname = \"测试站\"\ntier = \"county\"\nkind = \"list\"\nurl = \"{}/list.html\"\nports = [{}]\nevery = \"1m\"\nstale_after = \"3650d\"\nlist = {{ item = \"ul.news li\" }}\n",
            site.origin, site.port
        ),
    );
    here.must(&["import", "register", "register.csv"]);
    here
}

fn verified(here: &Installation) -> Value {
    let answer = here.run(&["verify", "--deep", "--json"]);
    let answer: Value = serde_json::from_slice(&answer.stdout).expect("JSON");
    assert_eq!(answer["problems"], json!([]));
    answer
}

#[test]
fn i1_i2_i3_nothing_is_lost_or_doubled_when_the_process_is_killed() {
    let site = site();
    let undisturbed = installation(&site);
    undisturbed.must(&["crawl", "--once"]);
    let whole = verified(&undisturbed);
    assert_eq!(whole["articles"].as_u64(), Some(PAGES), "{whole}");

    let here = installation(&site);
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    for round in 0..KILLS {
        let running = here.start(&["run"]);
        // From before the database is open to well into the crawl.
        std::thread::sleep(Duration::from_millis(20 + next(&mut seed) % 900));
        running.kill();
        let answer = verified(&here);
        assert!(answer["captures"].as_u64() >= answer["articles"].as_u64(), "round {round}: {answer}");
    }
    here.must(&["crawl", "--once"]);
    let after = verified(&here);
    assert_eq!(after["articles"], whole["articles"], "nothing lost, nothing doubled: {after}");
    assert_eq!(after["indexed"], whole["indexed"], "{after}");
    let alerts = |i: &Installation| i.must_json(&["alerts", "--json"]).as_array().map(Vec::len);
    assert_eq!(alerts(&here), alerts(&undisturbed));
    assert!(alerts(&here) >= Some(1));
}
