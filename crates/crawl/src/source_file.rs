//! Source files: `config/sources/*.toml`.

use crate::source_value::Parsed;
use crate::{Source, SourceKind, canonical};
use chrono::DateTime;
use guanlan_extract::{ExtractError, ListSelectors, PageContext, Selectors};
use guanlan_model::{Kind, Tier};
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Spanned;
use url::Url;

const SHORTEST_RHYTHM: Duration = Duration::from_secs(60);
const LONGEST_RHYTHM: Duration = Duration::from_secs(30 * 24 * 3600);
const DEEPEST: u32 = 5;
/// Most links that may be taken from one page.
const LARGEST_BUDGET: usize = 2000;
const USUAL_DEPTH: u32 = 2;
const USUAL_BUDGET: usize = 50;

/// Something in a source file that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceProblem {
    /// The file, or the folder when it cannot be read.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do, in Chinese.
    pub message: String,
}

impl fmt::Display for SourceProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} 第 {} 行第 {} 列：{}", self.file.display(), self.line, self.column, self.message)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    source: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    name: Spanned<String>,
    tier: Parsed<Tier>,
    kind: Parsed<SourceKind>,
    url: Spanned<Parsed<Url>>,
    article_kind: Option<Parsed<Kind>>,
    owner: Option<String>,
    every: Option<Spanned<Parsed<Duration>>>,
    stale_after: Option<Parsed<Duration>>,
    list: Option<Spanned<ListSelectors>>,
    page: Option<Spanned<Selectors>>,
    max_depth: Option<Spanned<u32>>,
    budget: Option<Spanned<usize>>,
    #[serde(default)]
    ports: Vec<u16>,
    #[serde(default)]
    verified: bool,
    enabled: Option<bool>,
}

/// A place in a text: byte offset.
type Place = usize;

impl Entry {
    /// What types alone cannot say.
    fn problems(&self) -> Vec<(Place, String)> {
        let mut problems = Vec::new();
        let mut say = |place: Place, message: String| problems.push((place, message));
        let id = self.id.get_ref();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            say(self.id.span().start, format!("id「{id}」只能用小写字母、数字和连字符"));
        }
        if self.name.get_ref().trim().is_empty() {
            say(self.name.span().start, "name 不能为空".to_owned());
        }
        if let Err(problem) = canonical(&self.url.get_ref().0) {
            say(self.url.span().start, problem.zh());
        }
        match (self.kind.0, &self.list) {
            (SourceKind::List, None) => {
                say(
                    self.id.span().start,
                    format!(
                        "列表页来源「{id}」缺少 list：请写明列表项的选择器，例如 list = {{ item = \"ul.news li\" }}"
                    ),
                );
            }
            (SourceKind::Feed | SourceKind::Site | SourceKind::Page, Some(list)) => {
                say(list.span().start, "list 只用于列表页（kind = \"list\"）".to_owned());
            }
            _ => {}
        }
        if let Some(every) = &self.every
            && !(SHORTEST_RHYTHM..=LONGEST_RHYTHM).contains(&every.get_ref().0)
        {
            say(every.span().start, "every 须在 1m 和 30d 之间".to_owned());
        }
        if let Some(depth) = &self.max_depth
            && *depth.get_ref() > DEEPEST
        {
            say(depth.span().start, format!("max_depth 不能大于 {DEEPEST}"));
        }
        if let Some(budget) = &self.budget
            && !(1..=LARGEST_BUDGET).contains(budget.get_ref())
        {
            say(budget.span().start, format!("budget 须在 1 和 {LARGEST_BUDGET} 之间"));
        }
        for (place, selector) in self.bad_selectors() {
            say(place, format!("「{selector}」不是正确的 CSS 选择器"));
        }
        problems
    }

    fn bad_selectors(&self) -> Vec<(Place, &str)> {
        let list = self.list.iter().flat_map(|list| {
            let ListSelectors { item, link, date } = list.get_ref();
            [Some(item), link.as_ref(), date.as_ref()].map(|selector| (list.span().start, selector))
        });
        let page = self.page.iter().flat_map(|page| {
            let Selectors { title, body, date, publisher } = page.get_ref();
            [title, body, date, publisher].map(|selector| (page.span().start, selector.as_ref()))
        });
        list.chain(page)
            .filter_map(|(place, selector)| Some((place, selector?.as_str())))
            .filter(|(_, selector)| !is_css(selector))
            .collect()
    }

    fn into_source(self) -> Source {
        let kind = self.kind.0;
        let usual_article = if self.owner.is_some() { Kind::Promo } else { Kind::News };
        Source {
            id: self.id.into_inner(),
            name: self.name.into_inner(),
            tier: self.tier.0,
            kind,
            url: self.url.into_inner().0,
            article_kind: self.article_kind.map_or(usual_article, |k| k.0),
            owner: self.owner,
            every: self.every.map_or(kind.usual_rhythm(), |e| e.into_inner().0),
            stale_after: self.stale_after.map_or(kind.usual_staleness(), |s| s.0),
            list: self.list.map(Spanned::into_inner),
            page: self.page.map(Spanned::into_inner).unwrap_or_default(),
            max_depth: self.max_depth.map_or(USUAL_DEPTH, Spanned::into_inner),
            budget: self.budget.map_or(USUAL_BUDGET, Spanned::into_inner),
            ports: self.ports,
            verified: self.verified,
            enabled: self.enabled.unwrap_or(true),
        }
    }
}

/// Tries the selector on nothing, with the very code that will use it.
fn is_css(selector: &str) -> bool {
    let context = PageContext {
        url: None,
        content_type: None,
        selectors: None,
        now: DateTime::UNIX_EPOCH.fixed_offset(),
    };
    let selectors = ListSelectors { item: selector.to_owned(), ..ListSelectors::default() };
    !matches!(guanlan_extract::list(b"", &context, &selectors), Err(ExtractError::BadSelector { .. }))
}

/// Reads every `*.toml` of a folder, in the order of their names. Two sources may share neither an id nor an address.
///
/// # Errors
/// Everything that is wrong, in all files, each with its place.
pub fn load_sources(dir: &Path) -> Result<Vec<Source>, Vec<SourceProblem>> {
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    let mut seen: HashMap<String, String> = HashMap::new();
    for file in files(dir).map_err(|problem| vec![problem])? {
        match read(&file) {
            Err(problem) => problems.push(problem),
            Ok((text, entries)) => {
                for entry in entries {
                    let doubled = doubles(&entry, &file, &mut seen);
                    let found = entry.problems().into_iter().chain(doubled);
                    problems.extend(found.map(|(place, message)| problem_at(&file, &text, place, message)));
                    sources.push(entry.into_source());
                }
            }
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

/// Notes the entry's id and address; says where each was used before.
fn doubles(entry: &Entry, file: &Path, seen: &mut HashMap<String, String>) -> Vec<(Place, String)> {
    let id = entry.id.get_ref();
    let here = format!("{}「{id}」", file.file_name().unwrap_or_default().to_string_lossy());
    let mut doubled = Vec::new();
    if let Some(before) = seen.insert(format!("id {id}"), here.clone()) {
        doubled.push((entry.id.span().start, format!("id「{id}」重复：已用于 {before}")));
    }
    if let Ok(url) = canonical(&entry.url.get_ref().0)
        && let Some(before) = seen.insert(format!("url {url}"), here)
    {
        doubled.push((entry.url.span().start, format!("网址重复：已用于 {before}")));
    }
    doubled
}

fn files(dir: &Path) -> Result<Vec<PathBuf>, SourceProblem> {
    let unreadable = |e: std::io::Error| SourceProblem {
        file: dir.to_owned(),
        line: 1,
        column: 1,
        message: format!("来源文件夹无法读取（{e}）：请核对路径和权限"),
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> Result<(String, Vec<Entry>), SourceProblem> {
    let bytes = fs::read(file).map_err(|e| problem_at(file, "", 0, format!("文件无法读取（{e}）")))?;
    let text = match String::from_utf8(bytes) {
        // Some Windows editors put a mark before UTF-8.
        Ok(text) => text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text),
        Err(e) => {
            let valid = e.utf8_error().valid_up_to();
            let start = String::from_utf8_lossy(e.as_bytes().get(..valid).unwrap_or_default()).into_owned();
            return Err(problem_at(
                file,
                &start,
                valid,
                "文件不是 UTF-8 编码：请用编辑器另存为 UTF-8".to_owned(),
            ));
        }
    };
    match toml::from_str::<File>(&text) {
        Ok(parsed) => Ok((text, parsed.source)),
        Err(e) => {
            let place = e.span().map_or(0, |span| span.start);
            Err(problem_at(file, &text, place, in_chinese(e.message())))
        }
    }
}

fn problem_at(file: &Path, text: &str, place: Place, message: String) -> SourceProblem {
    let before = text.get(..place).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    SourceProblem {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        message,
    }
}

/// The TOML reader's message in Chinese. Messages of our own come through as they are.
fn in_chinese(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message, quoted.split_first()) {
        (m, Some((unknown, expected))) if m.starts_with("unknown field") => unknown_key(unknown, expected),
        (m, Some((missing, _))) if m.starts_with("missing field") => format!("缺少「{missing}」"),
        (m, _) if m.starts_with("invalid type") || m.starts_with("invalid value") => {
            format!("值的类型不对（{m}）")
        }
        (m, _) if m.starts_with("duplicate") => format!("同一个键写了两次（{m}）"),
        (m, _) if m.is_ascii() || quoted.iter().any(|q| !q.is_ascii()) => {
            format!("不是正确的 TOML（{m}）：请检查引号、方括号和等号")
        }
        (m, _) => m.to_owned(),
    }
}

fn unknown_key(unknown: &str, expected: &[&str]) -> String {
    let nearest = expected.iter().min_by_key(|key| strsim::damerau_levenshtein(key, unknown));
    match nearest.filter(|key| strsim::damerau_levenshtein(key, unknown) <= 1 + unknown.chars().count() / 3) {
        Some(key) => format!("不认识的键「{unknown}」，是不是想写「{key}」？"),
        None => format!("不认识的键「{unknown}」：可以用 {}", expected.join("、")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[[source]]
id = "xinwen"
name = "云溪新闻"
tier = "县"
kind = "列表页"
url = "http://news.example/list"
every = "10m"
list = { item = "ul li", date = "span" }
page = { body = ".text" }
"#;

    fn load(files: &[(&str, &[u8])]) -> Result<Vec<Source>, Vec<String>> {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        load_sources(dir.path()).map_err(|problems| {
            let short = |p: &SourceProblem| {
                format!(
                    "{} {}:{} {}",
                    p.file.file_name().unwrap().to_string_lossy(),
                    p.line,
                    p.column,
                    p.message
                )
            };
            problems.iter().map(short).collect()
        })
    }

    #[test]
    fn a_source_with_its_defaults() {
        let with_bom = format!("\u{feff}{GOOD}");
        let second = "[[source]]\nid='b'\nname='乙'\ntier='other'\nkind='site'\nurl='http://school.example'\nowner='A001'\n";
        let sources =
            load(&[("b.toml", second.as_bytes()), ("a.toml", with_bom.as_bytes()), ("c.txt", b"not read")])
                .unwrap();
        let [list, site] = &sources[..] else { panic!("{sources:?}") };
        assert_eq!((list.tier, list.kind, list.article_kind), (Tier::County, SourceKind::List, Kind::News));
        assert_eq!(
            (list.every, list.stale_after),
            (Duration::from_secs(600), Duration::from_secs(3 * 86400))
        );
        assert_eq!((list.enabled, list.verified, list.max_depth, list.budget), (true, false, 2, 50));
        assert_eq!((site.article_kind, site.every), (Kind::Promo, Duration::from_secs(86400)));
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        let change = |from: &str, to: &str| {
            assert!(GOOD.contains(from), "{from}");
            GOOD.replace(from, to)
        };
        for (text, expected) in [
            (change("every", "evrey"), "a.toml 8:1 不认识的键「evrey」，是不是想写「every」？"),
            (change("every", "colour"), "a.toml 8:1 不认识的键「colour」：可以用 id、name"),
            (change("item =", "itme ="), "a.toml 9:10 不认识的键「itme」，是不是想写「item」？"),
            (change("[[source]]", "[[sources]]"), "a.toml 2:3 不认识的键「sources」，是不是想写「source」？"),
            (change("name = \"云溪新闻\"\n", ""), "a.toml 2:1 缺少「name」"),
            (change("\"10m\"", "\"10分钟\""), "a.toml 8:9 「10分钟」不是时长"),
            (change("\"10m\"", "\"5s\""), "a.toml 8:9 every 须在"),
            (change("\"10m\"", "10"), "a.toml 8:9 值的类型不对"),
            (change("\"县\"", "\"镇\""), "a.toml 5:8 级别不能是「镇」：可以是 central（中央）"),
            (change("\"列表页\"", "\"rss\""), "a.toml 6:8 来源类型不能是「rss」"),
            (change("http://news", "ftp://news"), "a.toml 7:7 只采集 http 和 https 网址"),
            (change("http://news", "http://a:b@news"), "a.toml 7:7 网址中不能带用户名"),
            (change("\"xinwen\"", "\"新闻\""), "a.toml 3:6 id「新闻」只能用"),
            (
                change("list = { item = \"ul li\", date = \"span\" }\n", ""),
                "a.toml 3:6 列表页来源「xinwen」缺少 list",
            ),
            (change("ul li", "ul >> li["), "a.toml 9:8 「ul >> li[」不是正确的 CSS 选择器"),
            (change(".text", ".."), "a.toml 10:8 「..」不是正确的 CSS 选择器"),
            (change("\"列表页\"", "\"feed\""), "a.toml 9:8 list 只用于列表页"),
            (change("\"10m\"", "\"10m\"\nbudget = 0"), "a.toml 9:10 budget 须在"),
            (change("\"10m\"", "\"10m\"\nmax_depth = 9"), "a.toml 9:13 max_depth 不能大于"),
            (change("\"10m\"", "\"10m"), "a.toml 8:"),
            (change("\"10m\"", "\"10m\"\nevery = \"1h\""), "a.toml 9:1 同一个键写了两次"),
            (format!("{GOOD}{GOOD}"), "a.toml 13:6 id「xinwen」重复：已用于 a.toml「xinwen」"),
        ] {
            let problems = load(&[("a.toml", text.as_bytes())]).unwrap_err();
            assert!(problems[0].starts_with(expected), "{problems:#?}\ninstead of {expected}");
        }
    }

    #[test]
    fn all_files_are_looked_at() {
        let twin = GOOD.replace("xinwen", "twin").replace("/list", "/list?utm_source=x#top");
        let gbk = b"[[source]]\nname = \"\xd4\xc6\"\n";
        let problems =
            load(&[("a.toml", GOOD.as_bytes()), ("b.toml", twin.as_bytes()), ("c.toml", gbk)]).unwrap_err();
        assert_eq!(problems[0], "b.toml 7:7 网址重复：已用于 a.toml「xinwen」");
        assert!(problems[1].starts_with("c.toml 2:9 文件不是 UTF-8"), "{problems:?}");
        let missing = load_sources(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(missing[0].to_string().contains("无法读取"));
    }

    #[test]
    fn the_files_that_are_shipped_load() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/sources");
        let sources = load_sources(&dir).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert!(sources.iter().any(|s| s.tier == Tier::Central));
        assert!(sources.iter().all(|s| !s.verified), "nobody has seen these work from here");
    }
}
