//! The second look at what the rules found: what the wording speaks against falls, what it speaks for may rise.

use super::{Opinion, View, Wording, chance, column};
use crate::docket::order;
use crate::mentions::Mention;
use crate::report::{Ground, Reporter};
use crate::tie::{Bond, Scene};
use crate::trail::Weighed;
use crate::weight::IN_THE_SENTENCE;
use guanlan_model::{Category, Finding, Institution, Kind, Severity, Suppressed};
use guanlan_rules::{Match, Rule};
use std::collections::BTreeMap;

/// A finding needs at least this score. Score and limit were fitted on articles whose authors the table had not been
/// learned from; a higher limit cost more right findings than it saved wrong ones.
const LEAST: f64 = 0.5;

/// The same for what is urgent and told of the institution in one sentence.
const LEAST_OF_URGENT: f64 = 0.25;

/// Log-odds of a kind of fault from which on a match is looked at that was held back or tied to nobody.
const HOPELESS: f64 = -3.0;

/// Wordings that a reason quotes.
const QUOTED: usize = 3;

/// Institutions of one article that are looked at; a register dump names more.
const MOST: usize = 50;

/// What the register adds when a rule can concern an institution; nothing when it cannot.
type Concerns<'a> = dyn Fn(&Rule, &Institution, &Match) -> Option<Option<String>> + 'a;

/// Everything a second look needs.
pub(crate) struct SecondLook<'a> {
    pub wording: &'a Wording,
    pub reporter: &'a Reporter<'a>,
    pub scene: &'a Scene<'a>,
    pub institutions: &'a [Institution],
    pub rules: &'a [Rule],
    pub kind: Kind,
    pub owner: Option<usize>,
    pub concerns: &'a Concerns<'a>,
}

impl SecondLook<'_> {
    /// Takes back and adds findings.
    pub(crate) fn take(
        &self,
        matches: &[Match],
        findings: &mut Vec<Weighed>,
        suppressed: &mut Vec<Suppressed>,
    ) {
        if matches.is_empty() {
            return;
        }
        for index in self.cast() {
            let Some(institution) = self.institutions.get(index) else { continue };
            let opinion = self.wording.opinion(self.kind, &self.view(index));
            let before = std::mem::take(findings);
            for Weighed { mut finding, parts } in before.clone() {
                if finding.institution != institution.id || self.is_by_register(&finding) {
                    findings.push(Weighed { finding, parts });
                    continue;
                }
                let parts = self.again(&finding, &opinion, &parts, &before);
                finding.confidence = score(&parts);
                if finding.confidence >= least(&finding, &parts) {
                    findings.push(Weighed { finding, parts });
                } else {
                    let by = format!(
                        "综合证据与行文，把握只有 {:.2}（低于 {:.2} 不报）",
                        finding.confidence,
                        least(&finding, &parts)
                    );
                    suppressed.push(Suppressed { rule: finding.rule, institution: finding.institution, by });
                }
            }
            self.raise(index, institution, &opinion, matches, findings);
        }
        order(findings);
        suppressed.retain(|s| {
            !findings.iter().any(|w| w.finding.rule == s.rule && w.finding.institution == s.institution)
        });
        suppressed.sort();
        suppressed.dedup();
    }

    /// The evidence of the rules together with the wording, in log-odds.
    fn again(
        &self,
        finding: &Finding,
        opinion: &Opinion,
        evidence: &[(&'static str, f64)],
        others: &[Weighed],
    ) -> Vec<(&'static str, f64)> {
        let mut parts = vec![("起点", 0.15)];
        parts.extend(evidence.iter().map(|(what, weight)| (*what, 0.5 * weight)));
        let corroborated = others.iter().any(|Weighed { finding: f, .. }| {
            f.institution == finding.institution
                && f.rule != finding.rule
                && column(f.category) == column(finding.category)
        });
        if corroborated {
            parts.push(("另一条规则也这样看", 0.4));
        }
        parts.extend(self.by_wording(finding.category, opinion));
        parts
    }

    /// What the wording, and the kind of page and of problem, count.
    fn by_wording(&self, category: Category, opinion: &Opinion) -> Vec<(&'static str, f64)> {
        let mut parts = vec![
            ("行文：机构有责", 0.4 * opinion.fault().unwrap_or_default().clamp(-3.0, 3.0)),
            ("行文：属于这类问题", 0.6 * opinion.of(category).unwrap_or_default().clamp(-5.0, 3.0)),
        ];
        if self.kind == Kind::Promo {
            parts.push(("机构自己的宣传", 0.8));
        }
        if category == Category::Penalty {
            parts.push(("官方处理", 1.0));
        }
        parts
    }

    /// An innocent page recruits on an expired licence: the register proves the fault, whatever the words.
    fn is_by_register(&self, finding: &Finding) -> bool {
        self.kind == Kind::Promo && finding.category == Category::Licence
    }

    /// The institutions in question: the owner of the page, or everybody named.
    fn cast(&self) -> Vec<usize> {
        let mut all: Vec<usize> = match self.owner {
            Some(owner) => vec![owner],
            None => self.scene.mentions.iter().map(|m| m.institution).collect(),
        };
        all.sort_unstable();
        all.dedup();
        all.truncate(MOST);
        all
    }

    fn view(&self, institution: usize) -> View<'_> {
        View {
            document: self.scene.document,
            outline: self.scene.outline,
            mentions: self.scene.mentions,
            institution,
            own_page: self.owner.is_some(),
        }
    }

    /// Lets one match of each kind of problem through that the wording speaks for and nothing was found of.
    fn raise(
        &self,
        index: usize,
        institution: &Institution,
        opinion: &Opinion,
        matches: &[Match],
        findings: &mut Vec<Weighed>,
    ) {
        let mut best: BTreeMap<usize, (usize, &Match, Option<String>)> = BTreeMap::new();
        for hit in matches {
            let Some(rule) = self.rules.get(hit.rule) else { continue };
            let kind = column(rule.category);
            if is_found(findings, institution, |c| column(c) == kind)
                || opinion.of(rule.category).is_none_or(|odds| odds <= HOPELESS)
            {
                continue;
            }
            let Some(fact) = (self.concerns)(rule, institution, hit) else { continue };
            let far = self.distance(index, hit);
            if best.get(&kind).is_none_or(|(other, _, _)| far < *other) {
                best.insert(kind, (far, hit, fact));
            }
        }
        // The general kind comes last, and only where nothing more specific stands.
        let general = best.remove(&column(Category::Penalty));
        for (_, hit, fact) in best.into_values() {
            findings.extend(self.finding(index, institution, opinion, hit, fact));
        }
        if let Some((_, hit, fact)) = general.filter(|_| !is_found(findings, institution, |_| true)) {
            findings.extend(self.finding(index, institution, opinion, hit, fact));
        }
    }

    fn finding(
        &self,
        index: usize,
        institution: &Institution,
        opinion: &Opinion,
        hit: &Match,
        fact: Option<String>,
    ) -> Option<Weighed> {
        let rule = self.rules.get(hit.rule)?;
        let mention = if self.owner.is_some() { None } else { self.nearest(index, hit) };
        let ground = Ground { hit, bond: Bond::Wording, mention, acted: false, fact };
        let (mut finding, _) = self.reporter.finding(rule, institution, &[ground])?;
        let mut parts = vec![("规则词句未能确定所指", -1.75)];
        parts.extend(self.by_wording(rule.category, opinion));
        finding.confidence = score(&parts);
        let quoted: Vec<String> = (self.wording.strongest(opinion, rule.category, QUOTED).into_iter())
            .map(|words| format!("“{words}”"))
            .collect();
        finding.reason = format!("{}（行文与该类问题的案例相近：{}）", finding.reason, quoted.concat());
        (finding.confidence >= LEAST).then_some(Weighed { finding, parts })
    }

    /// Characters between a match and the nearest mention.
    fn distance(&self, institution: usize, hit: &Match) -> usize {
        self.nearest(institution, hit).map_or(0, |m| gap(m, hit))
    }

    fn nearest(&self, institution: usize, hit: &Match) -> Option<&Mention> {
        self.scene.mentions.iter().filter(|m| m.institution == institution).min_by_key(|m| gap(m, hit))
    }
}

fn gap(mention: &Mention, hit: &Match) -> usize {
    if mention.end <= hit.start { hit.start - mention.end } else { mention.start.saturating_sub(hit.end) }
}

/// What is urgent and told of the institution in one sentence falls only when the article plainly reads otherwise: a
/// fire that nobody sees costs more than a look at a harmless text.
fn least(finding: &Finding, parts: &[(&'static str, f64)]) -> f64 {
    let told = parts.iter().any(|(what, _)| *what == IN_THE_SENTENCE);
    if finding.severity == Severity::Urgent && told { LEAST_OF_URGENT } else { LEAST }
}

/// Log-odds that add up, as a chance with two decimals.
fn score(parts: &[(&'static str, f64)]) -> f64 {
    (chance(parts.iter().map(|(_, weight)| weight).sum()) * 100.0).round() / 100.0
}

/// True when something of a kind stands for an institution.
fn is_found(findings: &[Weighed], institution: &Institution, of: impl Fn(Category) -> bool) -> bool {
    findings.iter().any(|w| w.finding.institution == institution.id && of(w.finding.category))
}
