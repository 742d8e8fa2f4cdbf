//! What the digest says.
//!
//! Every sentence is a count or a suspicion. Nothing here says that there was nothing: a day without key items is
//! `今日无重点`, and where a source was not seen, or nothing was collected at all, the same sentence says so.

use crate::shown::{line, number};
use askama::Template;
use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, Utc};
use guanlan_model::{AlertState, Severity, time};
use guanlan_store::{AlertRow, DigestData, DigestPeriod, LeadRow, SourceCoverage, SourceState};

/// Alerts listed at most; the others are counted.
const LISTED: usize = 200;
/// Gaps, thin sources and leads listed at most, each.
const OTHERS_LISTED: usize = 60;
/// Bytes of the HTML part at most: larger mails are cut by mail programs.
const HTML_BYTES: usize = 100 * 1024;

/// What the digest does not find in the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestOptions {
    /// Name of the county, for the heading.
    pub county: String,
    /// Where the review pages are, `http://…` or `https://…`; without it there are no links.
    pub base_url: Option<String>,
    /// Labels the digest as a demonstration, also when the data do not.
    pub demo: bool,
}

/// A digest, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Subject of the mail, one line.
    pub subject: String,
    /// HTML part, at most 100 KiB, nothing remote.
    pub html: String,
    /// Text part; says everything that the HTML part says.
    pub text: String,
}

/// Composes a digest.
pub fn compose(data: &DigestData, options: &DigestOptions) -> Digest {
    let mut listed = LISTED;
    loop {
        let page = Page::new(data, options, listed);
        let html = rendered(Html { page: &page }.render());
        if html.len() <= HTML_BYTES || listed == 0 {
            return Digest {
                subject: page.subject.clone(),
                text: rendered(Text { page: &page }.render()),
                html,
            };
        }
        listed /= 2;
    }
}

/// The templates write into a string, which cannot fail.
fn rendered(result: askama::Result<String>) -> String {
    result.unwrap_or_else(|error| {
        tracing::error!(%error, "cannot render the digest");
        String::new()
    })
}

#[derive(Template)]
#[template(path = "digest.html")]
struct Html<'a> {
    page: &'a Page,
}

#[derive(Template)]
#[template(path = "digest.txt")]
struct Text<'a> {
    page: &'a Page,
}

/// Everything both parts say, in words.
struct Page {
    subject: String,
    heading: String,
    today: &'static str,
    issue: String,
    period: String,
    missed: Option<String>,
    demo: bool,
    situation: Vec<String>,
    key_items: Vec<Item>,
    other_items: Vec<Item>,
    quiet: Option<String>,
    more: Option<String>,
    handling: Vec<String>,
    gaps: Vec<String>,
    covered: bool,
    coverage: String,
    taken_at: String,
}

/// One alert.
struct Item {
    no: usize,
    label: String,
    colour: &'static str,
    institution: String,
    state: &'static str,
    title: String,
    from: String,
    why: String,
    departments: String,
    link: Option<String>,
}

impl Page {
    fn new(data: &DigestData, options: &DigestOptions, listed: usize) -> Page {
        let (key, other): (Vec<&AlertRow>, Vec<&AlertRow>) = data.top.iter().partition(|row| is_key(row));
        let total = data.top_total.max(data.top.len() as i64);
        let shown = data.top.len().min(listed);
        let base = base_url(options);
        let key_shown = key.len().min(shown);
        let item = |(at, row): (usize, &&AlertRow)| Item::new(at + 1, row, base.as_deref());
        let demo = options.demo || data.demo;
        let gaps = gaps(data);
        let unlisted = total - shown as i64;
        let day = data.period.day;
        Page {
            subject: subject(data, key.len(), demo),
            today: today(data),
            heading: format!("{}校外培训舆情日报", line(&options.county, 40)),
            issue: format!("{}年第{}期　{}年{}", day.year(), data.issue_no, day.year(), date(day)),
            period: period(&data.period),
            missed: missed(&data.period),
            demo,
            situation: situation(data),
            key_items: key.iter().take(key_shown).enumerate().map(item).collect(),
            other_items: other.iter().take(shown - key_shown).enumerate().map(item).collect(),
            quiet: key.is_empty().then(|| quiet(data)),
            more: (unlisted > 0).then(|| format!("另有 {} 件未列出，更多见系统。", number(unlisted))),
            handling: handling(data),
            covered: gaps.is_empty() && !data.coverage.is_empty(),
            gaps,
            coverage: coverage(&data.coverage),
            taken_at: time::minute(data.taken_at),
        }
    }
}

/// What a leader must know of: urgent, high, or found true.
fn is_key(row: &AlertRow) -> bool {
    row.severity >= Severity::High || row.state == AlertState::Confirmed
}

fn base_url(options: &DigestOptions) -> Option<String> {
    let base = options.base_url.as_deref()?.trim().trim_end_matches('/');
    (base.starts_with("https://") || base.starts_with("http://")).then(|| base.to_owned())
}

fn subject(data: &DigestData, key: usize, demo: bool) -> String {
    let label = if demo { "【演示】" } else { "" };
    let mut parts = vec![match key {
        0 if data.fetched_ok == 0 => format!("{}未采集", today(data)),
        0 if data.period.open => format!("{}暂无重点", today(data)),
        0 => format!("{}无重点", today(data)),
        n => format!("重点{n}条"),
    }];
    if data.waiting_total > 0 {
        parts.push(format!("待复核{}件", data.waiting_total));
    }
    if !data.gaps.is_empty() {
        parts.push(format!("{}个来源未覆盖", data.gaps.len()));
    }
    format!("{label}【校外培训舆情】{} 日报：{}", date(data.period.day), parts.join("，"))
}

fn situation(data: &DigestData) -> Vec<String> {
    let before = if data.period.to - data.period.from == Duration::days(1) {
        "前一日"
    } else {
        "此前等长时段"
    };
    let compared = match data.new_alerts - data.new_alerts_before {
        0 => format!("与{before}持平"),
        n if n > 0 => format!("较{before}增加 {} 件", number(n)),
        n => format!("较{before}减少 {} 件", number(-n)),
    };
    let mut lines = vec![format!(
        "采集 {} 次（成功 {} 次），新增文章 {} 篇，命中 {} 处，归并为新增预警 {} 件，{compared}。",
        number(data.fetched),
        number(data.fetched_ok),
        number(data.articles),
        number(data.hits),
        number(data.new_alerts)
    )];
    if data.new_alerts > 0 {
        let severities = data.by_severity.iter().rev().map(|(severity, n)| format!("{} {n}", severity.zh()));
        lines.push(format!("按级别：{}。", list(severities)));
        let mut categories: Vec<_> = data.by_category.iter().collect();
        categories.sort_by_key(|(category, n)| (-**n, **category));
        let categories = categories.into_iter().map(|(category, n)| format!("疑似{}问题 {n}", category.zh()));
        lines.push(format!("按类别：{}。", list(categories)));
        lines.push(format!(
            "新增预警 {} 件 ＝ 属实待办 {} ＋ 关注 {} ＋ 已排除 {} ＋ 待复核 {}。",
            number(data.new_alerts),
            number(data.confirmed),
            number(data.watching),
            number(data.rejected),
            number(data.waiting)
        ));
    }
    if !data.gaps.is_empty() {
        lines.push(format!("来源异常 {} 个，见“四、未覆盖（盲区）”。", data.gaps.len()));
    }
    lines
}

/// A day that is over is not today any more, and what is not finished or covers several days is not a day.
fn today(data: &DigestData) -> &'static str {
    let period = &data.period;
    if period.open || period.missed_from.is_some() {
        "本期"
    } else if time::day(data.taken_at) > period.day {
        "当日"
    } else {
        "今日"
    }
}

fn date(day: NaiveDate) -> String {
    format!("{}月{}日", day.month(), day.day())
}

fn period(period: &DigestPeriod) -> String {
    let moment =
        |t: DateTime<Utc>| format!("{} {}", date(time::day(t)), time::to_shanghai(t).format("%H:%M"));
    let open = if period.open { "（截至目前）" } else { "" };
    format!("统计时段：{} 至 {}{open}", moment(period.from), moment(period.to))
}

/// A digest that nobody is known to have got is said to be missing by the next one (I6).
fn missed(period: &DigestPeriod) -> Option<String> {
    let first = period.missed_from?;
    let last = period.day.checked_sub_days(Days::new(1)).unwrap_or(first).max(first);
    let days = if first == last { date(first) } else { format!("{}至{}", date(first), date(last)) };
    let merged = if period.is_cut() {
        "；本期只并入上述统计时段，此前的情况请在系统中查看。"
    } else {
        "，所涉时段并入本期。"
    };
    Some(format!("{days}的日报未确认发出{merged}"))
}

/// Never more than was seen.
fn quiet(data: &DigestData) -> String {
    let today = today(data);
    if data.fetched_ok == 0 {
        return format!("{today}没有成功的采集，不能判断有无重点。");
    }
    let so_far = if data.period.open { "暂" } else { "" };
    if data.gaps.is_empty() {
        return format!("{today}{so_far}无重点。");
    }
    format!("{today}{so_far}无重点。{} 个来源未覆盖，其间的情况不在此列。", data.gaps.len())
}

fn handling(data: &DigestData) -> Vec<String> {
    let mut lines = vec![format!(
        "累计待复核 {} 件，属实待办 {} 件。",
        number(data.waiting_total),
        number(data.confirmed_total)
    )];
    if !data.leads.is_empty() {
        let names = data.leads.iter().take(OTHERS_LISTED).map(lead);
        lines.push(format!("名录外线索 {} 条，待核实：{}。", data.leads.len(), list(names)));
    }
    lines
}

fn lead(lead: &LeadRow) -> String {
    format!("“{}”（{} 篇）", line(&lead.name, 30), lead.seen)
}

fn gaps(data: &DigestData) -> Vec<String> {
    let silent = data.collector_silent_since.map(|t| format!("采集程序自 {} 起没有运行。", time::minute(t)));
    let in_trouble: Vec<&str> = data.gaps.iter().map(|gap| gap.spec.id.as_str()).collect();
    let sources = data.gaps.iter().take(OTHERS_LISTED).map(gap);
    let thin = data.coverage.iter().filter(|c| is_thin(c) && !in_trouble.contains(&c.source_id.as_str()));
    let mut lines: Vec<String> = silent.into_iter().chain(sources).collect();
    lines.extend(thin.take(OTHERS_LISTED).map(|c| {
        format!("{}（{}）：应采 {} 轮，实采 {} 轮。", line(&c.name, 40), c.tier.zh(), c.expected, c.done)
    }));
    lines
}

/// One round late is the scheduler's jitter; more than that, or a tenth of the period, was not seen.
fn is_thin(coverage: &SourceCoverage) -> bool {
    coverage.done == 0 || coverage.done < coverage.expected - (coverage.expected / 10).max(1)
}

fn gap(source: &SourceState) -> String {
    let since = source.trouble_since.map(|t| format!("，自 {} 起", time::minute(t))).unwrap_or_default();
    let reason = line(source.trouble.as_deref().unwrap_or("异常"), 80);
    format!("{}（{}）：{reason}{since}。", line(&source.spec.name, 40), source.spec.tier.zh())
}

fn coverage(sources: &[SourceCoverage]) -> String {
    if sources.is_empty() {
        return "统计时段内没有应采集的来源，没有监测任何来源。".to_owned();
    }
    let (expected, done) = sources.iter().fold((0, 0), |(e, d), c| (e + c.expected, d + c.done));
    format!("{} 个来源应采 {} 轮，实采 {} 轮。", sources.len(), number(expected), number(done))
}

impl Item {
    fn new(no: usize, row: &AlertRow, base: Option<&str>) -> Item {
        Item {
            no,
            label: label(row),
            colour: colour(row.severity),
            institution: line(&row.institution_name, 40),
            state: row.state.zh(),
            title: line(&row.title, 60),
            from: from(row),
            why: line(&row.why, 120),
            departments: departments(row),
            link: base.map(|base| format!("{base}/alerts/{}", row.id)),
        }
    }
}

/// A suspicion until a person has found it true.
fn label(row: &AlertRow) -> String {
    let suspected = if row.state == AlertState::Confirmed { "" } else { "疑似" };
    format!("{}·{suspected}{}问题", row.severity.zh(), row.category.zh())
}

/// Contrast with white is at least 4.5 : 1 (WCAG 2.2, 1.4.3).
fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Urgent => "#C8102E",
        Severity::High => "#B45309",
        Severity::Medium => "#1D4ED8",
        Severity::Low => "#4B5563",
    }
}

fn from(row: &AlertRow) -> String {
    let when = |t: DateTime<Utc>| time::minute(t);
    let published = row.published.map_or_else(|| "时间不详".to_owned(), when);
    let spread = if row.story_size > 1 { format!("，同源 {} 篇", row.story_size) } else { String::new() };
    format!("{}（{}）{published}{spread}", line(&row.source_name, 30), row.tier.zh())
}

fn departments(row: &AlertRow) -> String {
    let all = std::iter::once(&row.departments.lead).chain(&row.departments.co);
    list(all.filter(|name| !name.is_empty()).map(|name| line(name, 20)))
}

fn list(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join("、")
}
