//! The behaviours that google/robotstxt tests for, as tables, and what its authors did not have to think of.

use super::*;
use crate::parse_url;
use proptest::prelude::*;
use std::time::Duration;

/// One file, then who asks for what and whether it is allowed.
type Case = (&'static str, &'static [(&'static str, &'static str, bool)]);

fn check(cases: &[Case]) {
    for (file, questions) in cases {
        let robots = Robots::parse(file.as_bytes());
        for (agent, path, expected) in *questions {
            let url = parse_url(&format!("http://foo.bar{path}"), None).unwrap();
            assert_eq!(robots.allows(agent, &url), *expected, "{agent} asks for {path} of\n{file}");
        }
    }
}

#[test]
fn lines_and_groups() {
    const GROUPS: &str = "allow: /foo/bar/\n\nuser-agent: FooBot\ndisallow: /\nallow: /x/\nuser-agent: BarBot\ndisallow: /\n\
                          allow: /y/\n\n\nallow: /w/\nuser-agent: BazBot\n\nuser-agent: FooBot\nallow: /z/\ndisallow: /\n";
    check(&[
        ("", &[("FooBot", "/", true), ("FooBot", "/x", true)]),
        ("user-agent: FooBot\ndisallow: /\n", &[("FooBot", "/x/y", false), ("", "/x/y", true)]),
        ("foo: FooBot\nbar: /\n", &[("FooBot", "/x/y", true)]),
        // The colon is forgotten.
        ("user-agent FooBot\ndisallow /\n", &[("FooBot", "/x/y", false)]),
        (
            GROUPS,
            &[
                ("FooBot", "/x/b", true),
                ("FooBot", "/z/d", true),
                ("FooBot", "/y/c", false),
                ("BarBot", "/y/c", true),
                ("BarBot", "/w/a", true),
                ("BarBot", "/z/d", false),
                ("BazBot", "/z/d", true),
                // A rule before any group binds nobody.
                ("FooBot", "/foo/bar/", false),
                ("BarBot", "/foo/bar/", false),
                ("BazBot", "/foo/bar/", false),
            ],
        ),
        // Other lines do not end a run of User-agent lines.
        (
            "User-agent: BarBot\nSitemap: https://foo.bar/sitemap\nUser-agent: *\nDisallow: /\n",
            &[("FooBot", "/", false), ("BarBot", "/", false)],
        ),
        (
            "User-agent: BarBot\nInvalid-Unknown-Line: unknown\nUser-agent: *\nDisallow: /\n",
            &[("FooBot", "/", false), ("BarBot", "/", false)],
        ),
        (
            "USER-AGENT: FooBot\nALLOW: /x/\nDISALLOW: /\n",
            &[("FooBot", "/x/y", true), ("FooBot", "/a/b", false)],
        ),
        (
            "user-agent: FooBot\nallow: /x/\ndisallow: /\n",
            &[("foobot", "/x/y", true), ("FOOBOT", "/a/b", false)],
        ),
        (
            "user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /\n",
            &[("FooBot", "/x/y", false), ("BarBot", "/x/y", true)],
        ),
        (
            "user-agent: FooBot\nallow: /\nuser-agent: BarBot\ndisallow: /\nuser-agent: BazBot\ndisallow: /\n",
            &[("FooBot", "/x", true), ("BarBot", "/x", false), ("QuxBot", "/x", true)],
        ),
        // The product token ends at the first character that cannot be part of it.
        (
            "User-Agent: *\nDisallow: /\nUser-Agent: Foo Bar\nAllow: /x/\nDisallow: /\n",
            &[("Foo", "/x/y", true), ("Foo/2.1", "/x/y", true), ("Food", "/x/y", false)],
        ),
        ("User-agent: FooBot/1.2\nDisallow: /\n", &[("FooBot", "/", false)]),
        (
            "# disallow: /\nuser-agent: FooBot\ndisallow: /foo/quz#qux\nallow: /\n",
            &[("FooBot", "/foo/bar", true), ("FooBot", "/foo/quz", false)],
        ),
    ]);
}

#[test]
fn the_longest_match_wins() {
    check(&[
        ("user-agent: FooBot\ndisallow: /x/\n", &[("FooBot", "/x/y", false), ("FooBot", "/X/y", true)]),
        ("user-agent: FooBot\ndisallow: /x/page.html\nallow: /x/\n", &[("FooBot", "/x/page.html", false)]),
        (
            "user-agent: FooBot\nallow: /x/page.html\ndisallow: /x/\n",
            &[("FooBot", "/x/page.html", true), ("FooBot", "/x/", false)],
        ),
        ("user-agent: FooBot\ndisallow: \nallow: \n", &[("FooBot", "/x/page.html", true)]),
        ("user-agent: FooBot\ndisallow: /\nallow: /\n", &[("FooBot", "/x/page.html", true)]),
        (
            "user-agent: FooBot\ndisallow: /x\nallow: /x/\n",
            &[("FooBot", "/x", false), ("FooBot", "/x/", true)],
        ),
        (
            "user-agent: FooBot\ndisallow: /x/page.html\nallow: /x/page.html\n",
            &[("FooBot", "/x/page.html", true)],
        ),
        (
            "user-agent: FooBot\nallow: /page\ndisallow: /*.html\n",
            &[("FooBot", "/page.html", false), ("FooBot", "/page", true)],
        ),
        (
            "user-agent: FooBot\nallow: /x/page.\ndisallow: /*.html\n",
            &[("FooBot", "/x/page.html", true), ("FooBot", "/x/y.html", false)],
        ),
        (
            "User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\n",
            &[("FooBot", "/x/page", true), ("FooBot", "/y/page", false)],
        ),
        ("user-agent: F\nallow: /p\ndisallow: /\n", &[("F", "/page", true)]),
        ("user-agent: F\nallow: /folder\ndisallow: /folder\n", &[("F", "/folder/page", true)]),
        ("user-agent: F\nallow: /page\ndisallow: /*.htm\n", &[("F", "/page.htm", false)]),
        ("user-agent: F\nallow: /$\ndisallow: /\n", &[("F", "/", true), ("F", "/page.html", false)]),
    ]);
}

#[test]
fn wildcards_and_the_end() {
    check(&[
        (
            "user-agent: F\ndisallow: /foo/bar/quz\nallow: /foo/*/qux\n",
            &[
                ("F", "/foo/bar/quz", false),
                ("F", "/foo/quz", true),
                ("F", "/foo//quz", true),
                ("F", "/foo/bax/quz", true),
            ],
        ),
        (
            "user-agent: F\ndisallow: /foo/bar$\nallow: /foo/bar/qux\n",
            &[
                ("F", "/foo/bar", false),
                ("F", "/foo/bar/qux", true),
                ("F", "/foo/bar/", true),
                ("F", "/foo/bar/baz", true),
            ],
        ),
        (
            "user-agent: F\ndisallow: /\nallow: /fish\n",
            &[
                ("F", "/bar", false),
                ("F", "/fish", true),
                ("F", "/fish.html", true),
                ("F", "/fish/salmon.html", true),
                ("F", "/fishheads/yummy.html", true),
                ("F", "/fish.php?id=anything", true),
                ("F", "/Fish.asp", false),
                ("F", "/catfish", false),
                ("F", "/?id=fish", false),
            ],
        ),
        (
            "user-agent: F\ndisallow: /\nallow: /fish*\n",
            &[("F", "/fish", true), ("F", "/fish/salmon.html", true), ("F", "/catfish", false)],
        ),
        (
            "user-agent: F\ndisallow: /\nallow: /fish/\n",
            &[
                ("F", "/fish/", true),
                ("F", "/fish/salmon", true),
                ("F", "/fish", false),
                ("F", "/fish.html", false),
            ],
        ),
        (
            "user-agent: F\ndisallow: /\nallow: /*.php\n",
            &[
                ("F", "/filename.php", true),
                ("F", "/folder/filename.php?parameters", true),
                ("F", "/folder/any.php.file.html", true),
                ("F", "/php", false),
                ("F", "/windows.PHP", false),
            ],
        ),
        (
            "user-agent: F\ndisallow: /\nallow: /*.php$\n",
            &[
                ("F", "/filename.php", true),
                ("F", "/folder/filename.php", true),
                ("F", "/filename.php?parameters", false),
                ("F", "/filename.php/", false),
                ("F", "/filename.php5", false),
            ],
        ),
        (
            "user-agent: F\ndisallow: /\nallow: /fish*.php\n",
            &[("F", "/fish.php", true), ("F", "/fishheads/catfish.php?p", true), ("F", "/Fish.PHP", false)],
        ),
        // A dollar sign that is not the last character stands for itself.
        ("user-agent: F\ndisallow: /a$b\n", &[("F", "/a$b", false), ("F", "/a", true)]),
        ("user-agent: F\ndisallow: *\n", &[("F", "/any", false)]),
        ("user-agent: F\ndisallow: $\n", &[("F", "/any", true)]),
        ("user-agent: F\ndisallow: /*?page=\n", &[("F", "/list?page=2", false), ("F", "/list", true)]),
    ]);
}

#[test]
fn percent_encoding_is_one_spelling() {
    check(&[
        (
            "User-agent: F\nDisallow: /\nAllow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par\n",
            &[("F", "/foo/bar?qux=taz&baz=http://foo.bar?tar&par", true)],
        ),
        (
            "User-agent: F\nDisallow: /\nAllow: /foo/bar/教\n",
            &[("F", "/foo/bar/教", true), ("F", "/foo/bar/%e6%95%99", true)],
        ),
        ("User-agent: F\nDisallow: /\nAllow: /foo/bar/%E6%95%99\n", &[("F", "/foo/bar/教", true)]),
        ("User-agent: F\nDisallow: /\nAllow: /foo/bar/%e6%95%99\n", &[("F", "/foo/bar/教", true)]),
        (
            "User-agent: F\nDisallow: /\nAllow: /foo/bar/%62%61%7A\n",
            &[("F", "/foo/bar/baz", true), ("F", "/foo/bar/%62%61%7a", true)],
        ),
        (
            "User-agent: F\nDisallow: /file-%2A.html\n",
            &[("F", "/file-*.html", false), ("F", "/file-x.html", true)],
        ),
        ("User-agent: F\nDisallow: /a%2Fb\n", &[("F", "/a%2fb", false), ("F", "/a/b", true)]),
    ]);
}

#[test]
fn r3_damaged_files() {
    let allowed = |bytes: &[u8], path: &str| {
        Robots::parse(bytes).allows("FooBot", &parse_url(&format!("http://foo.bar{path}"), None).unwrap())
    };
    let gbk_comment = b"# \xb2\xc9\xbc\xaf\nUser-agent: *\nDisallow: /x\n";
    let utf16 = b"U\0s\0e\0r\0-\0a\0g\0e\0n\0t\0:\0 \0*\0";
    for (bytes, expected) in [
        (&b"\xef\xbb\xbfUser-Agent: FooBot\nAllow: /AllowedValue\nDisallow: /\n"[..], false),
        (b"\xef\xbbUser-Agent: FooBot\nDisallow: /\n", false),
        (b"\xefUser-Agent: FooBot\nDisallow: /\n", false),
        // A broken mark is part of the first key.
        (b"\xef\x11\xbfUser-Agent: FooBot\nDisallow: /\n", true),
        (b"User-Agent: FooBot\rDisallow: /\r", false),
        (b"User-Agent: FooBot\r\nDisallow: /\r\n", false),
        (b"User-Agent: FooBot\n\0Disallow: /\n", false),
        (b"User-Agent: Foo\0Bot\nDisallow: /\n", true),
        (b"User-Agent: FooBot\nDisallow: /", false),
        (gbk_comment, false),
        (utf16, true),
        (b"<!DOCTYPE html><html><head><title>404</title></head><body>no</body></html>", true),
        (b"User-agent: * # everyone\nDisallow: /x # all of it\n", false),
        (b"User-agent: *\nDisallow: /x disallow: /y\n", true),
        (b"   User-agent  :  *  \n\t Disallow\t:\t/x\t\n", false),
    ] {
        assert_eq!(allowed(bytes, "/x"), expected, "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn r3_only_the_beginning_is_read() {
    let filler = "# filler\n".repeat(60_000);
    let file = format!("user-agent: F\ndisallow: /first\n{filler}disallow: /late\n");
    let robots = Robots::parse(file.as_bytes());
    let url = |path| parse_url(&format!("http://foo.bar{path}"), None).unwrap();
    assert!(!robots.allows("F", &url("/first")));
    assert!(robots.allows("F", &url("/late")));
    // A line that the limit cuts in two is left out: half a rule would forbid too much.
    let mut cut = format!("user-agent: F\n{}", "#".repeat(512 * 1024 - 14 - 12));
    cut.push_str("\ndisallow: /a/long/path\n");
    assert!(Robots::parse(cut.as_bytes()).allows("F", &url("/")));
}

#[test]
fn delays() {
    let robots = Robots::parse(
        b"Sitemap: http://foo.bar/a.xml\nUser-agent: FooBot\nCrawl-delay: 2.5\nDisallow: /x\nUser-agent: *\nCrawl-delay: 10\n\
          Sitemap: http://foo.bar/b.xml\nAllow: /\nUser-agent: BarBot\nCrawl-delay: 1e99\nDisallow:\nUser-agent: BazBot\n\
          Crawl-delay: -3\nDisallow:\n",
    );
    assert_eq!(robots.crawl_delay("FooBot"), Some(Duration::from_millis(2500)));
    assert_eq!(robots.crawl_delay("Other"), Some(Duration::from_secs(10)));
    assert_eq!(robots.crawl_delay("BarBot"), Some(Duration::from_secs(86400)));
    assert_eq!(robots.crawl_delay("BazBot"), None);
}

#[test]
fn unreachable_forbids_everything_but_the_file_itself() {
    let url = |path| parse_url(&format!("http://foo.bar{path}"), None).unwrap();
    assert!(!Robots::disallow_all().allows("F", &url("/")));
    assert!(Robots::disallow_all().allows("F", &url("/robots.txt")));
    assert!(Robots::allow_all().allows("F", &url("/x")));
}

#[test]
fn r4_pathological_patterns_stay_linear() {
    // A matcher that tries again would need longer than the age of the universe for this.
    let file = format!("user-agent: F\ndisallow: /{}b\n", "a*".repeat(2000));
    let url = parse_url(&format!("http://foo.bar/{}", "a".repeat(2000)), None).unwrap();
    assert!(Robots::parse(file.as_bytes()).allows("F", &url));
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let robots = Robots::parse(&bytes);
        let _ = robots.allows("FooBot", &parse_url("http://foo.bar/x", None).unwrap());
        let _ = robots.crawl_delay("FooBot");
    }

    #[test]
    fn line_ends_do_not_matter(paths in prop::collection::vec("/[a-c]{0,3}\\*?[a-c]{0,2}\\$?", 0..6), path in "/[a-c]{0,6}") {
        let unix: String = std::iter::once("user-agent: *\n".to_owned())
            .chain(paths.iter().enumerate().map(|(i, p)| format!("{}: {p}\n", if i % 2 == 0 { "disallow" } else { "allow" })))
            .collect();
        let url = parse_url(&format!("http://foo.bar{path}"), None).unwrap();
        let expected = Robots::parse(unix.as_bytes()).allows("F", &url);
        for other in ["\r\n", "\r"] {
            prop_assert_eq!(Robots::parse(unix.replace('\n', other).as_bytes()).allows("F", &url), expected);
        }
    }

    #[test]
    fn a_rule_of_the_path_itself_decides(path in "/[a-z0-9/]{1,20}") {
        let url = parse_url(&format!("http://foo.bar{path}"), None).unwrap();
        prop_assume!(url.path() != "/robots.txt");
        let file = format!("user-agent: *\nallow: /\ndisallow: {}$\n", url.path());
        prop_assert!(!Robots::parse(file.as_bytes()).allows("F", &url));
    }
}
