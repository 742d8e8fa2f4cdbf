//! When a page says it was published.
//!
//! Statements are tried from the most to the least reliable; a page that states nothing has no date.

use crate::date::{self, Found, Written};
use crate::lines::Line;
use crate::meta::Meta;
use crate::noise::{Role, role};
use crate::title::bare;
use chrono::{DateTime, Datelike, Duration, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use guanlan_model::time::shanghai;
use regex::Regex;
use std::sync::LazyLock;
use url::Url;

/// A date and how much it can be relied on (0 to 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Published {
    pub when: DateTime<FixedOffset>,
    pub confidence: f32,
}

/// Everything the search looks at.
pub(crate) struct Evidence<'a> {
    pub html: &'a str,
    pub meta: &'a Meta,
    pub lines: &'a [Line],
    /// The main text.
    pub body: &'a [Line],
    pub title: &'a str,
    pub address: Option<&'a Url>,
    pub now: DateTime<FixedOffset>,
}

/// Characters after the title within which a bare date belongs to it.
const AFTER_TITLE: usize = 260;
/// Lines above and below the text in which a lone date is looked for.
const BESIDE: usize = 5;

/// The most reliable date that the page states. A day stated without its time takes the time printed beside the title.
pub(crate) fn published(page: &Evidence<'_>) -> Option<Published> {
    let stated = from_meta(page)
        .or_else(|| from_clock_variable(page))
        .or_else(|| from_title_on(page))
        .or_else(|| from_label(page))
        .or_else(|| from_dateline(page))
        .or_else(|| from_script(page))
        .or_else(|| from_beside_text(page))
        .or_else(|| from_address(page))?;
    if stated.when.time() != NaiveTime::MIN {
        return Some(stated);
    }
    let same_day = |p: &Published| p.when.date_naive() == stated.when.date_naive();
    let timed = from_title_on(page).filter(same_day).or_else(|| from_script(page).filter(same_day));
    Some(Published { when: timed.map_or(stated.when, |t| t.when), ..stated })
}

fn from_meta(page: &Evidence<'_>) -> Option<Published> {
    const NAMES: [&str; 22] = [
        "article:published_time",
        "og:published_time",
        "og:release_date",
        "datepublished",
        "pubdate",
        "publishdate",
        "publish_date",
        "publish-date",
        "publishtime",
        "pubtime",
        "apub:time",
        "weibo:article:create_at",
        "dateupdate",
        "firstpublishedtime",
        "createdate",
        "dc.date",
        "dc.date.issued",
        "dcterms.created",
        "dcterms.issued",
        "date",
        "sailthru.date",
        "article:create_at",
    ];
    let stated = page.meta.property.date.as_deref();
    NAMES.iter().flat_map(|name| page.meta.all(name)).chain(stated).find_map(|content| {
        let when = date::parse_date(content, page.now)?;
        Some(Published { when, confidence: 0.95 })
    })
}

/// WeChat: the article's clock is a variable in seconds since 1970.
fn from_clock_variable(page: &Evidence<'_>) -> Option<Published> {
    static CT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?:var ct|svr_time_ct|publish_time"?)\s*[=:]\s*["'](1\d{9})["']"#).ok()
    });
    let seconds = CT.as_ref()?.captures(page.html)?.get(1)?.as_str().parse().ok()?;
    let when = Utc.timestamp_opt(seconds, 0).single()?.with_timezone(&shanghai());
    (when <= page.now + Duration::hours(24)).then_some(Published { when, confidence: 0.9 })
}

/// The first date in the lines that follow the title.
fn from_title_on(page: &Evidence<'_>) -> Option<Published> {
    let start = title_line(page)?;
    let mut budget = AFTER_TITLE;
    let mut weak = None;
    for (i, line) in page.lines.iter().enumerate().skip(start) {
        let text: String = line.text.chars().take(budget).collect();
        let folded = date::fold(&text);
        let sentence =
            matches!(role(line), Role::Sentence(_)) && (line.text.contains('。') || line.chars() > 40);
        if !sentence && (i > start || bare(&text) != bare(page.title)) {
            if let Some(found) = date::find_full(&folded, page.now) {
                let confidence = if found.timed { 0.9 } else { 0.8 };
                return Some(Published { when: found.when, confidence });
            }
            weak = weak.or_else(|| weak_date(&folded, line, page));
        }
        budget = budget.saturating_sub(text.chars().count());
        if budget == 0 {
            break;
        }
    }
    weak
}

/// 【新唐人2012年1月11日訊】, 新华社北京2026年11月24日电: the first sentence states where and when it was filed.
fn from_dateline(page: &Evidence<'_>) -> Option<Published> {
    const FILED: [char; 4] = ['讯', '訊', '电', '電'];
    page.body.iter().take(3).find_map(|line| {
        let folded = date::fold(&line.text.chars().take(60).collect::<String>());
        let found = date::find_full(&folded, page.now)?;
        let after = folded.get(found.end..)?.trim_start();
        after.starts_with(FILED).then_some(Published { when: found.when, confidence: 0.7 })
    })
}

/// A line that is little more than a date, right above the text or signed below it.
fn from_beside_text(page: &Evidence<'_>) -> Option<Published> {
    let first = page.body.first()?;
    let last = page.body.last()?;
    let start = page.lines.iter().position(|l| l.text == first.text)?;
    let end = page.lines.iter().rposition(|l| l.text == last.text)?;
    let top = title_line(page).filter(|t| *t <= start).unwrap_or_default().max(start.saturating_sub(BESIDE));
    let above = page.lines.get(top..=start)?.iter().rev();
    let below = page.lines.get(end.saturating_sub(2)..page.lines.len().min(end + BESIDE))?.iter();
    let is_short = |l: &&Line| l.chars() <= 40 && l.link_chars * 2 <= l.chars() && !is_page_clock(&l.text);
    above.chain(below).filter(is_short).find_map(|line| {
        let found = date::find_full(&date::fold(&line.text), page.now)?;
        let alone = line.chars() <= 24 || found.timed;
        alone.then_some(Published { when: found.when, confidence: if found.timed { 0.7 } else { 0.6 } })
    })
}

/// 今天是2026年11月24日 星期二: the day on which the page was looked at.
fn is_page_clock(text: &str) -> bool {
    const MARKS: [&str; 5] = ["今天", "今日", "现在", "星期", "農曆"];
    MARKS.iter().any(|m| text.contains(m))
}

/// A relative date, or one without its year: good when it stands in a short line of its own.
fn weak_date(folded: &str, line: &Line, page: &Evidence<'_>) -> Option<Published> {
    let found = date::find(folded, page.now)?;
    let limit = if found.written == Written::Relative { 30 } else { 60 };
    if !found.timed || line.chars() > limit || line.link_chars * 2 > line.chars() {
        return None;
    }
    match found.written {
        Written::NoYear => Some(with_stated_year(found, page)),
        Written::ShortYear => Some(Published { when: found.when, confidence: 0.7 }),
        _ => Some(Published { when: found.when, confidence: 0.5 }),
    }
}

/// The year of a date without one, when the page's address or scripts state it for the same day.
fn with_stated_year(found: Found, page: &Evidence<'_>) -> Published {
    let same_day = |p: &Published| p.when.month() == found.when.month() && p.when.day() == found.when.day();
    let stated = from_script(page).filter(same_day).or_else(|| from_address(page).filter(same_day));
    let when = stated.and_then(|p| found.when.with_year(p.when.year())).unwrap_or(found.when);
    Published { when, confidence: if stated.is_some() { 0.8 } else { 0.5 } }
}

fn title_line(page: &Evidence<'_>) -> Option<usize> {
    let title = bare(page.title);
    if title.is_empty() {
        return None;
    }
    let is_title = |l: &Line| bare(&l.text).starts_with(&title);
    page.lines
        .iter()
        .position(|l| l.heading > 0 && is_title(l))
        .or_else(|| page.lines.iter().position(is_title))
        .or_else(|| page.lines.iter().position(|l| bare(&l.text).contains(&title)))
}

fn from_label(page: &Evidence<'_>) -> Option<Published> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        // 活动时间 and 成立于 are dates of other things.
        Regex::new(
            r"(?:发布|發布|发表|發表|发稿|入稿|出稿|发文|成文|公开|公布|印发|更新|录入|添加|刊登|上传|创建)(?:时间|時間|日期|于)\s?[:：]?\s?|(?:^|[^\p{Han}])(?:时间|時間|日期)\s?:\s?",
        )
        .ok()
    });
    let label = LABEL.as_ref()?;
    page.lines.iter().filter(|l| l.chars() <= 200).find_map(|line| {
        let folded = date::fold(&line.text);
        label.find_iter(&folded).find_map(|m| {
            let found = date::find_full(folded.get(m.end()..)?, page.now)?;
            (found.start <= 1).then_some(Published { when: found.when, confidence: 0.8 })
        })
    })
}

fn from_script(page: &Evidence<'_>) -> Option<Published> {
    static SCRIPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"(?i)(?:pub_?time|pub_?date|publish_?time|publish_?date|datePublished|ptime|create_?time|article_?date|news_?time)["']?\s*[:=]\s*["']((?:19|20)\d{2}[^"']{4,24})["']"#,
        )
        .ok()
    });
    SCRIPT.as_ref()?.captures_iter(page.html).find_map(|c| {
        let found = date::find_full(&date::fold(c.get(1)?.as_str()), page.now)?;
        Some(Published { when: found.when, confidence: 0.75 })
    })
}

/// `/2026/11/24/`, `/20261124/`, `/2026-11/24/`, `t20261124_…` in the page's own address.
fn from_address(page: &Evidence<'_>) -> Option<Published> {
    static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:^|[^0-9])(20[0-3]\d)[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?:[^0-9]|$)")
            .ok()
    });
    let given = page.address.map(Url::path).into_iter().chain(page.meta.addresses.iter().map(String::as_str));
    given.filter_map(|path| DATE.as_ref()?.captures(path)).find_map(|c| {
        let part = |i| c.get(i).and_then(|m| m.as_str().parse::<u32>().ok());
        let day = NaiveDate::from_ymd_opt(i32::try_from(part(1)?).ok()?, part(2)?, part(3)?)?;
        let when = shanghai().from_local_datetime(&day.and_hms_opt(0, 0, 0)?).single()?;
        (when <= page.now + Duration::hours(24)).then_some(Published { when, confidence: 0.6 })
    })
}
