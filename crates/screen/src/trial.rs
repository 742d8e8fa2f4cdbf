//! Two packs on the same articles: what each would raise, and where they differ at all.

use chrono::NaiveDate;
use guanlan_model::{AlertState, Article, Category, Finding, Severity};
use guanlan_rules::{CompileError, Compiled, Document, Pack, PackTexts, Rule};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Changed alerts that a report lists; further ones are counted only.
const LISTED: usize = 2_000;

/// The rules that two packs do not share, ready to tell which articles they can be about.
#[derive(Debug)]
pub struct Difference {
    /// Nothing when lists or suppressors differ as well, so that any article may be concerned.
    changed: Option<Compiled>,
}

impl Difference {
    /// What differs between two packs.
    ///
    /// # Errors
    /// A changed rule cannot be compiled.
    pub fn between(old: &Pack, new: &Pack) -> Result<Difference, CompileError> {
        if with_rules(old, Vec::new()) != with_rules(new, Vec::new()) {
            return Ok(Difference { changed: None });
        }
        let mut changed = not_in(old, new);
        changed.extend(not_in(new, old));
        Ok(Difference { changed: Some(Compiled::new(&with_rules(new, changed), std::iter::empty())?) })
    }

    /// False when both packs say the same about an article, whatever the register says.
    pub fn concerns(&self, article: &Article) -> bool {
        let Some(changed) = &self.changed else { return true };
        let document = Document::new(&article.title, &article.body);
        let found = changed.find(&document);
        !changed.matches(&document, &changed.scan(&document, &found, article.kind)).is_empty()
    }
}

/// The words of a pack with other rules.
fn with_rules(pack: &Pack, rules: Vec<Rule>) -> Pack {
    Pack { version: String::new(), rules, texts: PackTexts::default(), ..pack.clone() }
}

/// The rules of one pack that the other does not have like that. Where a rule is written does not matter.
fn not_in(one: &Pack, other: &Pack) -> Vec<Rule> {
    let bare = |rule: &Rule| Rule { examples: Vec::new(), file: String::new(), line: 0, ..rule.clone() };
    let others: BTreeMap<&str, Rule> = other.rules.iter().map(|r| (r.id.as_str(), bare(r))).collect();
    one.rules.iter().filter(|rule| others.get(rule.id.as_str()) != Some(&bare(rule))).cloned().collect()
}

/// The article that two packs were run on.
#[derive(Debug, Clone, Copy)]
pub struct Tried<'a> {
    /// Its row id.
    pub id: i64,
    /// The story it tells.
    pub story: i64,
    /// The day on which it was told.
    pub day: NaiveDate,
    /// Its title.
    pub title: &'a str,
}

/// Counts what the old and the new pack raise, as the store would: one alert for each story, institution and category.
/// Its size grows with the alerts, not with the articles.
#[derive(Debug, Default)]
pub struct Tally {
    articles: u64,
    alerts: BTreeMap<Key, Raised>,
    opinions: BTreeMap<Key, AlertState>,
    kept: usize,
}

type Key = (i64, String, Category);

/// An alert, by either pack.
#[derive(Debug, Default)]
struct Raised {
    old: Side,
    new: Side,
    /// The finding that raised it, while only one of the packs has.
    shown: Option<Box<Shown>>,
}

/// What one pack says about an alert.
#[derive(Debug, Default)]
struct Side {
    /// The day on which it is raised first.
    day: Option<NaiveDate>,
    rules: Vec<String>,
}

#[derive(Debug)]
struct Shown {
    article: i64,
    title: String,
    day: NaiveDate,
    rule: String,
    severity: Severity,
    reason: String,
}

/// What a change of the pack would change.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct TrialReport {
    /// Articles that were read.
    pub articles: u64,
    /// Alerts of the old pack.
    pub old: u64,
    /// Alerts of the new pack.
    pub new: u64,
    /// Alerts of the new pack only.
    pub gained: u64,
    /// Alerts of the old pack only.
    pub lost: u64,
    /// Each day on which either raises something, in order.
    pub days: Vec<DayCount>,
    /// Each rule that raises something, by its id.
    pub rules: Vec<RuleCount>,
    /// The gained alerts, the first 2,000.
    pub gained_alerts: Vec<Changed>,
    /// The lost alerts, the first 2,000.
    pub lost_alerts: Vec<Changed>,
    /// Against what reviewers have said.
    pub verdicts: Verdicts,
}

/// Alerts of one day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DayCount {
    /// The day in Shanghai.
    pub day: NaiveDate,
    /// Raised by the old pack.
    pub old: u64,
    /// Raised by the new pack.
    pub new: u64,
    /// Raised by the new pack only.
    pub gained: u64,
    /// Raised by the old pack only.
    pub lost: u64,
}

/// Alerts that one rule has a part in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RuleCount {
    /// Rule id.
    pub rule: String,
    /// With the old pack.
    pub old: u64,
    /// With the new pack.
    pub new: u64,
}

/// An alert that only one of the packs raises.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Changed {
    /// Row id of the article.
    pub article: i64,
    /// Its title.
    pub title: String,
    /// The day on which it was told.
    pub day: NaiveDate,
    /// Register id.
    pub institution: String,
    /// Kind of problem.
    pub category: Category,
    /// Rule id.
    pub rule: String,
    /// How soon a person must look.
    pub severity: Severity,
    /// One Chinese sentence.
    pub reason: String,
    /// What a reviewer said about this alert, if anybody did.
    pub verdict: Option<AlertState>,
}

/// How alerts fare against what reviewers have said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Judged {
    /// Confirmed or watched.
    pub right: u64,
    /// False alarms and cases of other counties.
    pub wrong: u64,
}

impl Judged {
    /// The share that was right, where anybody has said anything.
    pub fn precision(self) -> Option<f64> {
        let all = self.right + self.wrong;
        (all > 0).then(|| self.right as f64 / all as f64)
    }

    fn count(&mut self, state: AlertState) {
        match state {
            AlertState::Confirmed | AlertState::Watching => self.right += 1,
            AlertState::FalseAlarm | AlertState::Elsewhere => self.wrong += 1,
            AlertState::Waiting | AlertState::Duplicate => {}
        }
    }
}

/// Old and new against reviewers. Duplicates and what nobody has judged do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verdicts {
    /// Alerts of the old pack.
    pub old: Judged,
    /// Alerts of the new pack.
    pub new: Judged,
    /// Alerts of the new pack only.
    pub gained: Judged,
    /// Alerts of the old pack only.
    pub lost: Judged,
    /// Judged alerts that neither raises.
    pub neither: Judged,
}

impl Tally {
    /// An empty tally.
    pub fn new() -> Tally {
        Tally::default()
    }

    /// Counts articles that were read.
    pub fn read(&mut self, articles: usize) {
        self.articles += articles as u64;
    }

    /// Counts what both packs say about an article.
    pub fn add(&mut self, tried: &Tried<'_>, old: &[Finding], new: &[Finding]) {
        for (findings, is_new) in [(old, false), (new, true)] {
            let mut findings: Vec<&Finding> = findings.iter().collect();
            findings.sort_by_key(|f| (Reverse(f.severity), Reverse((f.confidence * 100.0) as i64)));
            for finding in findings {
                self.note(tried, finding, is_new);
            }
        }
    }

    fn note(&mut self, tried: &Tried<'_>, finding: &Finding, is_new: bool) {
        let key = (tried.story, finding.institution.clone(), finding.category);
        let raised = self.alerts.entry(key).or_default();
        let side = if is_new { &mut raised.new } else { &mut raised.old };
        let first = side.day.is_none();
        side.day = Some(side.day.map_or(tried.day, |day| day.min(tried.day)));
        if !side.rules.contains(&finding.rule) {
            side.rules.push(finding.rule.clone());
        }
        if raised.old.day.is_some() && raised.new.day.is_some() {
            self.kept -= usize::from(raised.shown.take().is_some());
        } else if first && self.kept < 2 * LISTED {
            self.kept += 1;
            raised.shown = Some(Box::new(Shown {
                article: tried.id,
                title: tried.title.to_owned(),
                day: tried.day,
                rule: finding.rule.clone(),
                severity: finding.severity,
                reason: finding.reason.clone(),
            }));
        }
    }

    /// What a reviewer has said about an alert.
    pub fn judged(&mut self, story: i64, institution: &str, category: Category, state: AlertState) {
        self.opinions.insert((story, institution.to_owned(), category), state);
    }

    /// Puts it together.
    pub fn report(mut self) -> TrialReport {
        let mut report = TrialReport { articles: self.articles, ..TrialReport::default() };
        let mut days: BTreeMap<NaiveDate, DayCount> = BTreeMap::new();
        let mut rules: BTreeMap<String, RuleCount> = BTreeMap::new();
        for ((story, institution, category), raised) in self.alerts {
            let verdict = self.opinions.remove(&(story, institution.clone(), category));
            let (old, new) = (raised.old.day, raised.new.day);
            for (day, is_new) in [(old, false), (new, true)] {
                let Some(day) = day else { continue };
                let count = days.entry(day).or_insert(DayCount { day, old: 0, new: 0, gained: 0, lost: 0 });
                if is_new {
                    count.new += 1;
                    count.gained += u64::from(old.is_none());
                } else {
                    count.old += 1;
                    count.lost += u64::from(new.is_none());
                }
            }
            for (side, is_new) in [(&raised.old, false), (&raised.new, true)] {
                for rule in &side.rules {
                    let blank = || RuleCount { rule: rule.clone(), old: 0, new: 0 };
                    let count = rules.entry(rule.clone()).or_insert_with(blank);
                    *(if is_new { &mut count.new } else { &mut count.old }) += 1;
                }
            }
            report.count(old.is_some(), new.is_some(), verdict);
            let list = if new.is_some() { &mut report.gained_alerts } else { &mut report.lost_alerts };
            if let Some(shown) = raised.shown.filter(|_| list.len() < LISTED) {
                list.push(shown.changed(institution, category, verdict));
            }
        }
        for state in self.opinions.into_values() {
            report.verdicts.neither.count(state);
        }
        report.days = days.into_values().collect();
        report.rules = rules.into_values().collect();
        for list in [&mut report.gained_alerts, &mut report.lost_alerts] {
            list.sort_by_key(|changed| (Reverse(changed.severity), changed.day, changed.article));
        }
        report
    }
}

impl TrialReport {
    fn count(&mut self, old: bool, new: bool, verdict: Option<AlertState>) {
        self.old += u64::from(old);
        self.new += u64::from(new);
        self.gained += u64::from(new && !old);
        self.lost += u64::from(old && !new);
        let Some(state) = verdict else { return };
        if old {
            self.verdicts.old.count(state);
        }
        if new {
            self.verdicts.new.count(state);
        }
        match (old, new) {
            (false, true) => self.verdicts.gained.count(state),
            (true, false) => self.verdicts.lost.count(state),
            (true, true) | (false, false) => {}
        }
    }
}

impl Shown {
    fn changed(self, institution: String, category: Category, verdict: Option<AlertState>) -> Changed {
        Changed {
            article: self.article,
            title: self.title,
            day: self.day,
            institution,
            category,
            rule: self.rule,
            severity: self.severity,
            reason: self.reason,
            verdict,
        }
    }
}

#[cfg(test)]
mod tests;
