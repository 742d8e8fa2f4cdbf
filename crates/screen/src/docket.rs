//! From grounds to findings: what is too thin falls away, what remains is put in order.

use crate::cues::Cue;
use crate::leaning::Leaning;
use crate::promo_page;
use crate::report::{Ground, Reporter};
use crate::tie::{Bond, Scene};
use crate::weight::Evidence;
use guanlan_model::{Category, Finding, Institution, Kind, Severity, Suppressed};
use guanlan_rules::{Compiled, Match, different};
use std::collections::BTreeMap;

/// Below this confidence in the tie nothing is raised.
const LEAST: f64 = 0.5;

/// Below these confidences in a finding nothing is raised.
const LEAST_IN_NEWS: f64 = 0.38;
const LEAST_IN_PROMO: f64 = 0.22;

/// Log-odds below which an article plainly reports no fault.
const PLAINLY_AGAINST: f64 = -0.5;

/// Below this confidence a page that lays its terms open is believed.
const ON_A_CANDID_PAGE: f64 = 0.6;

/// Hits of rules by rule and institution, and what was held back.
#[derive(Default)]
pub(crate) struct Docket<'a> {
    grounds: BTreeMap<(usize, usize), Vec<Ground<'a>>>,
    held: Vec<Held<'a>>,
}

/// A hit that was held back from an institution, and why.
#[derive(Debug, Clone)]
pub(crate) struct Held<'a> {
    pub hit: &'a Match,
    pub institution: usize,
    /// In Chinese.
    pub by: String,
}

impl<'a> Docket<'a> {
    /// Notes a hit that stands.
    pub(crate) fn ground(&mut self, institution: usize, ground: Ground<'a>) {
        self.grounds.entry((ground.hit.rule, institution)).or_default().push(ground);
    }

    /// Notes a hit that was held back.
    pub(crate) fn hold(&mut self, hit: &'a Match, institution: usize, by: String) {
        self.held.push(Held { hit, institution, by });
    }

    /// Hits that stand, with the institution of each.
    pub(crate) fn grounds(&self) -> impl Iterator<Item = (usize, &Ground<'a>)> {
        self.grounds.iter().flat_map(|((_, institution), all)| all.iter().map(|g| (*institution, g)))
    }

    /// Hits that were held back.
    pub(crate) fn held(&self) -> &[Held<'a>] {
        &self.held
    }
}

/// Decides what of a docket becomes findings.
pub(crate) struct Verdict<'a> {
    pub compiled: &'a Compiled,
    pub institutions: &'a [Institution],
    pub scene: &'a Scene<'a>,
    pub kind: Kind,
    /// Whether how the whole article reads takes part.
    pub leaning: bool,
}

impl Verdict<'_> {
    /// Findings in their order, and what was held back where nothing stands.
    pub(crate) fn decide(&self, mut docket: Docket<'_>) -> (Vec<(Finding, Evidence)>, Vec<Suppressed>) {
        self.drop_headlines(&mut docket);
        self.drop_lone_signals(&mut docket);
        let reporter = Reporter { document: self.scene.document, compiled: self.compiled };
        let mut tied: Vec<(Finding, Bond)> = docket
            .grounds
            .iter()
            .filter_map(|((rule, institution), grounds)| {
                reporter.finding(
                    self.compiled.rules().get(*rule)?,
                    self.institutions.get(*institution)?,
                    grounds,
                )
            })
            .collect();
        let mut suppressed: Vec<Suppressed> = docket.held.iter().filter_map(|h| self.suppressed(h)).collect();
        let mut drop = |f: &Finding, by: String| {
            suppressed.push(Suppressed { rule: f.rule.clone(), institution: f.institution.clone(), by });
        };
        tied.retain(|(f, _)| {
            let sure = f.confidence >= LEAST;
            if !sure {
                drop(f, format!("把握不足（{:.2}）", f.confidence));
            }
            sure
        });
        let specific: Vec<String> = tied
            .iter()
            .filter(|(f, _)| f.category != Category::Penalty)
            .map(|(f, _)| f.institution.clone())
            .collect();
        tied.retain(|(f, _)| {
            let general = f.category == Category::Penalty && specific.contains(&f.institution);
            if general {
                drop(f, "同一机构已有更具体的类别".to_owned());
            }
            !general
        });
        let leaning = if self.leaning && !tied.is_empty() {
            Leaning::of(self.scene.document, self.kind)
        } else {
            Leaning::none()
        };
        let mut findings = Vec::with_capacity(tied.len());
        for (finding, evidence) in self.weigh(&tied, leaning.log_odds) {
            if self.outweighed(&finding, evidence.bond, leaning.log_odds) {
                let (words, confidence) = (leaning.against.join("、"), finding.confidence);
                drop(&finding, format!("把握不足（{confidence:.2}）：全文行文不像报道问题（如“{words}”）"));
            } else {
                findings.push((finding, evidence));
            }
        }
        if self.kind == Kind::Promo && promo_page::is_candid(self.scene) {
            findings.retain(|(f, _)| {
                let stands = f.confidence >= ON_A_CANDID_PAGE || self.by_register(f);
                if !stands {
                    drop(f, format!("页面多处作出合规说明，仅凭一处用语把握不足（{:.2}）", f.confidence));
                }
                stands
            });
        }
        findings.sort_by(|(a, _), (b, _)| {
            (b.severity, &a.institution, a.category, &a.rule).cmp(&(
                a.severity,
                &b.institution,
                b.category,
                &b.rule,
            ))
        });
        suppressed
            .retain(|s| !findings.iter().any(|(f, _)| f.rule == s.rule && f.institution == s.institution));
        suppressed.sort();
        suppressed.dedup();
        (findings, suppressed)
    }

    /// The findings, each with the confidence that its evidence earns.
    fn weigh(&self, tied: &[(Finding, Bond)], leaning: f64) -> Vec<(Finding, Evidence)> {
        let length = self.scene.document.end() - self.scene.document.body_start();
        tied.iter()
            .map(|(finding, bond)| {
                let evidence = Evidence::of(finding, *bond, self.kind, length, leaning, tied);
                (Finding { confidence: evidence.score(), ..finding.clone() }, evidence)
            })
            .collect()
    }

    /// A thin finding in an article that reads like no report of a fault. What happens at a stroke and is told of the
    /// institution in one sentence gives way only to a plain leaning.
    fn outweighed(&self, finding: &Finding, bond: Bond, leaning: f64) -> bool {
        let least = match self.kind {
            Kind::News => LEAST_IN_NEWS,
            Kind::Promo => LEAST_IN_PROMO,
        };
        let plain = finding.severity == Severity::Urgent && bond <= Bond::Sentence;
        let against = if plain { PLAINLY_AGAINST } else { 0.0 };
        leaning < against && finding.confidence < least && !self.by_register(finding)
    }

    /// An innocent page recruits on an expired licence: the register proves the fault, whatever the words.
    fn by_register(&self, finding: &Finding) -> bool {
        self.kind == Kind::Promo && finding.category == Category::Licence
    }

    fn suppressed(&self, held: &Held<'_>) -> Option<Suppressed> {
        let rule = self.compiled.rules().get(held.hit.rule)?.id.clone();
        let institution = self.institutions.get(held.institution)?.id.clone();
        Some(Suppressed { rule, institution, by: held.by.clone() })
    }

    fn category(&self, rule: usize) -> Option<Category> {
        self.compiled.rules().get(rule).map(|r| r.category)
    }

    fn drop(docket: &mut Docket<'_>, key: (usize, usize), by: &str) {
        for ground in docket.grounds.remove(&key).unwrap_or_default() {
            docket.hold(ground.hit, key.1, by.to_owned());
        }
    }

    /// A headline that does not name the institution and is borne out by nothing in the text says nothing about it,
    /// unless somebody complains or acts.
    fn drop_headlines(&self, docket: &mut Docket<'_>) {
        let body = self.scene.document.body_start();
        let whole = 0..self.scene.document.end();
        if self.scene.cues.any_in(Cue::Complaint, whole.clone()) || self.scene.cues.any_in(Cue::Acted, whole)
        {
            return;
        }
        let borne_out: Vec<(Option<Category>, usize)> = docket
            .grounds
            .iter()
            .filter(|(_, grounds)| grounds.iter().any(|g| g.hit.start >= body))
            .map(|((rule, institution), _)| (self.category(*rule), *institution))
            .collect();
        let idle: Vec<(usize, usize)> = docket
            .grounds
            .iter()
            .filter(|(_, grounds)| grounds.iter().all(|g| g.hit.start < body && g.bond == Bond::Only))
            .map(|(key, _)| *key)
            .filter(|(rule, institution)| !borne_out.contains(&(self.category(*rule), *institution)))
            .collect();
        for key in idle {
            Self::drop(docket, key, "只见于标题，正文没有对应的事实");
        }
    }

    /// A rule that asks for several signals is not content with fewer. Where an authority acted against an institution
    /// and no rule says why, half the signals are enough, for the kind of problem that has most of them: that something
    /// is wrong is known, the question is only what.
    fn drop_lone_signals(&self, docket: &mut Docket<'_>) {
        let mut thin: Vec<(usize, usize, usize, usize)> = Vec::new();
        for ((rule, institution), grounds) in &docket.grounds {
            let needed = self.compiled.rules().get(*rule).map_or(1, |r| r.at_least);
            if needed > 1 {
                let triggers = grounds.iter().filter_map(|g| g.hit.parts.first().copied());
                let found = different(self.scene.document, triggers);
                if found < needed {
                    thin.push((*rule, *institution, found, needed));
                }
            }
        }
        let is_thin = |key: &(usize, usize)| thin.iter().any(|t| (t.0, t.1) == *key);
        let explained: Vec<usize> = docket
            .grounds
            .keys()
            .filter(|key| !is_thin(key) && self.category(key.0) != Some(Category::Penalty))
            .map(|(_, institution)| *institution)
            .collect();
        let accused: Vec<usize> = docket
            .grounds
            .iter()
            .filter(|((rule, _), grounds)| {
                self.category(*rule) == Some(Category::Penalty) || grounds.iter().any(|g| g.acted)
            })
            .map(|((_, institution), _)| *institution)
            .filter(|institution| !explained.contains(institution))
            .collect();
        for &(rule, institution, found, needed) in &thin {
            let best = thin.iter().filter(|t| t.1 == institution).map(|t| t.2 * 100 / t.3).max();
            let enough = accused.contains(&institution)
                && found >= needed.div_ceil(2)
                && Some(found * 100 / needed) == best;
            if !enough {
                Self::drop(docket, (rule, institution), &format!("信号不足（{found}/{needed}）"));
            }
        }
    }
}
