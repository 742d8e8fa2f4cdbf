//! From grounds to findings: what is too thin falls away, what remains is put in order.

use crate::cues::Cue;
use crate::promo_page;
use crate::report::{Ground, Reporter};
use crate::tie::{Bond, Scene};
use crate::trail::Weighed;
use crate::weight::Evidence;
use guanlan_model::{Category, Finding, Institution, Kind, Suppressed};
use guanlan_rules::{Compiled, Match, different};
use std::collections::BTreeMap;

/// Below this confidence in the tie nothing is raised.
const LEAST: f64 = 0.5;

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
}

impl Verdict<'_> {
    /// Findings in their order, and what was held back where nothing stands.
    pub(crate) fn decide(&self, mut docket: Docket<'_>) -> (Vec<Weighed>, Vec<Suppressed>) {
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
        let mut findings = self.weigh(&tied);
        if self.kind == Kind::Promo && promo_page::is_candid(self.scene) {
            findings.retain(|Weighed { finding: f, .. }| {
                let stands = f.confidence >= ON_A_CANDID_PAGE || self.by_register(f);
                if !stands {
                    drop(f, format!("页面多处作出合规说明，仅凭一处用语把握不足（{:.2}）", f.confidence));
                }
                stands
            });
        }
        order(&mut findings);
        suppressed.retain(|s| {
            !findings.iter().any(|w| w.finding.rule == s.rule && w.finding.institution == s.institution)
        });
        suppressed.sort();
        suppressed.dedup();
        (findings, suppressed)
    }

    /// The findings, each with the confidence that its evidence earns.
    fn weigh(&self, tied: &[(Finding, Bond)]) -> Vec<Weighed> {
        let length = self.scene.document.end() - self.scene.document.body_start();
        tied.iter()
            .map(|(finding, bond)| {
                let evidence = Evidence::of(finding, *bond, self.kind, length, tied);
                let finding = Finding { confidence: evidence.score(), ..finding.clone() };
                Weighed { finding, parts: evidence.parts() }
            })
            .collect()
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

/// The worst first, then by institution, category and rule.
pub(crate) fn order(findings: &mut [Weighed]) {
    findings.sort_by(|Weighed { finding: a, .. }, Weighed { finding: b, .. }| {
        (b.severity, &a.institution, a.category, &a.rule).cmp(&(
            a.severity,
            &b.institution,
            b.category,
            &b.rule,
        ))
    });
}
