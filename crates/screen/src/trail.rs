//! The whole way from an article to its findings: who is named and why, what was hit, whom it was tied to, what held
//! it back, and what a confidence is made of. For people who doubt an answer, and for those who write rules.

use crate::Screener;
use crate::docket::Docket;
use crate::mentions::Mention;
use crate::reading::{Extent, Reading};
use crate::report::Reporter;
use crate::tie::{Bond, Scene};
use chrono::NaiveDate;
use guanlan_model::{Article, Finding, Form, Lead, Span, Suppressed, Via};
use guanlan_rules::{Match, Rule};
use serde::Serialize;
use std::collections::BTreeMap;

/// How one article was judged, step by step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trail {
    /// The article's id.
    pub id: String,
    /// Name and content hash of the pack.
    pub pack: String,
    /// The day on which licences were judged.
    pub day: NaiveDate,
    /// The institution whose own page it is.
    pub owner: Option<Party>,
    /// Institutions of the register that are named, in text order.
    pub named: Vec<Named>,
    /// The same names where they mean somebody in another county.
    pub elsewhere: Vec<Span>,
    /// Where rules matched, in text order.
    pub hits: Vec<Hit>,
    /// What stands, each with what its confidence is made of.
    pub findings: Vec<Weighed>,
    /// What was held back where nothing stands.
    pub suppressed: Vec<Suppressed>,
    /// Unknown institutions.
    pub leads: Vec<Lead>,
    /// Stretches that were hit, by what had to be undone to see them.
    pub forms: BTreeMap<Form, usize>,
}

/// An institution.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Party {
    /// Register id.
    pub id: String,
    /// Full name.
    pub name: String,
}

/// A mention.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Named {
    /// Who is meant.
    pub party: Party,
    /// Where and as what.
    pub span: Span,
    /// How it was recognised.
    pub via: Via,
    /// 0 to 1.
    pub confidence: f64,
    /// What else in the article speaks for it.
    pub evidence: Vec<String>,
}

/// A match of a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// Rule id.
    pub rule: String,
    /// Its name.
    pub name: String,
    /// The stretches that took part, in text order.
    pub spans: Vec<Span>,
    /// Words that disguised stretches stand for, in the order of the stretches; empty for what is written plainly.
    pub meant: Vec<String>,
    /// For whom it was weighed, and with what result; empty when it was tied to nobody.
    pub outcomes: Vec<Outcome>,
}

/// What became of a match for one institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// For whom.
    pub party: Party,
    /// How the two hang together, in Chinese.
    pub tie: String,
    /// What the register adds, in Chinese.
    pub fact: Option<String>,
    /// What held it back, in Chinese; nothing when it stands.
    pub held_by: Option<String>,
}

/// A finding with the parts of its confidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weighed {
    /// The finding.
    pub finding: Finding,
    /// What speaks for it or against it, with its weight in log-odds.
    pub parts: Vec<(&'static str, f64)>,
}

impl Screener {
    /// Screens an article and keeps every step. The findings are those of [`Screener::screen`].
    pub fn explain(&self, article: &Article, today: NaiveDate) -> Trail {
        let mut trail = Trail {
            id: article.id.clone(),
            pack: self.pack_version().to_owned(),
            day: today,
            owner: None,
            named: Vec::new(),
            elsewhere: Vec::new(),
            hits: Vec::new(),
            findings: Vec::new(),
            suppressed: Vec::new(),
            leads: Vec::new(),
            forms: BTreeMap::new(),
        };
        let Some(reading) = self.read(article, today, Extent::Whole) else { return trail };
        let scene = reading.scene(self.register());
        let docket = self.docket(&reading, &scene);
        trail.day = reading.day;
        trail.owner = reading.owner.and_then(|index| self.party(index));
        trail.named = scene.mentions.iter().filter_map(|m| self.named(&reading, m)).collect();
        trail.elsewhere = scene.elsewhere.iter().map(|(s, e, _)| reading.document.span(*s, *e)).collect();
        trail.hits = self.hits(&reading, &scene, &docket);
        for span in trail.hits.iter().flat_map(|hit| &hit.spans) {
            *trail.forms.entry(span.form).or_default() += 1;
        }
        let (weighed, suppressed) = self.judge(&reading, &scene, docket);
        trail.leads = self.leads(article, &reading, &scene);
        trail.findings = weighed;
        trail.suppressed = suppressed;
        trail.settle();
        trail
    }

    fn party(&self, index: usize) -> Option<Party> {
        let institution = self.register().institutions().get(index)?;
        Some(Party { id: institution.id.clone(), name: institution.name.clone() })
    }

    fn named(&self, reading: &Reading<'_>, mention: &Mention) -> Option<Named> {
        Some(Named {
            party: self.party(mention.institution)?,
            span: reading.document.span(mention.start, mention.end),
            via: mention.via,
            confidence: mention.confidence,
            evidence: mention.evidence.clone(),
        })
    }

    fn hits(&self, reading: &Reading<'_>, scene: &Scene<'_>, docket: &Docket<'_>) -> Vec<Hit> {
        let reporter = Reporter { document: &reading.document, compiled: &self.compiled };
        let mut matches: Vec<&Match> = reading.matches.iter().collect();
        matches.sort_by_key(|hit| (hit.start, hit.end, hit.rule));
        let mut out = Vec::with_capacity(matches.len());
        for hit in matches {
            let Some(rule) = self.compiled.rules().get(hit.rule) else { continue };
            let mut parts = hit.parts.clone();
            parts.sort_unstable();
            parts.dedup();
            let meant = |(start, end): &(usize, usize)| {
                let disguise = self.compiled.disguise(reading.document.slice(*start, *end));
                disguise.map(|d| d.word.clone()).unwrap_or_default()
            };
            out.push(Hit {
                rule: rule.id.clone(),
                name: rule.name.clone(),
                spans: parts.iter().map(|(start, end)| reporter.span(*start, *end)).collect(),
                meant: parts.iter().map(meant).collect(),
                outcomes: self.outcomes(reading, scene, docket, rule, hit),
            });
        }
        out
    }

    fn outcomes(
        &self,
        reading: &Reading<'_>,
        scene: &Scene<'_>,
        docket: &Docket<'_>,
        rule: &Rule,
        hit: &Match,
    ) -> Vec<Outcome> {
        let ties: Vec<(usize, Bond)> = match reading.owner {
            Some(owner) => vec![(owner, Bond::Owner)],
            None => scene
                .tie_all(hit)
                .into_iter()
                .map(|(m, bond)| (scene.mentions[m].institution, bond))
                .collect(),
        };
        let mut out: Vec<Outcome> = Vec::new();
        for (index, bond) in ties {
            let Some(party) = self.party(index) else { continue };
            let ground = docket.grounds().find(|(of, ground)| *of == index && ground.hit == hit);
            let held = docket.held().iter().find(|held| held.institution == index && held.hit == hit);
            let held_by = match (ground, held) {
                (Some(_), _) => None,
                (None, Some(held)) => Some(held.by.clone()),
                (None, None) => Some(self.unconcerned(rule, index)),
            };
            let fact = ground.and_then(|(_, ground)| ground.fact.clone());
            if out.iter().all(|o| o.party != party) {
                out.push(Outcome { party, tie: bond.zh(), fact, held_by });
            }
        }
        out
    }

    /// Why a rule that matched does not concern an institution.
    fn unconcerned(&self, rule: &Rule, index: usize) -> String {
        let category = self.register().institutions().get(index).map(|i| i.category);
        match category {
            Some(category)
                if !rule.institution_types.is_empty() && !rule.institution_types.contains(&category) =>
            {
                format!("这条规则不管{}的机构", category.zh())
            }
            _ => "名录显示许可有效，或所写内容在核准范围内".to_owned(),
        }
    }
}

impl Hit {
    /// Taken up for an institution by the second look.
    fn take_up(&mut self, party: Party) {
        let before = self.outcomes.iter().position(|o| o.party == party).map(|at| self.outcomes.remove(at));
        let tie = match before.and_then(|o| o.held_by.map(|by| (o.tie, by))) {
            Some((tie, by)) => format!("{tie}；规则挡下（{by}），按全文行文采用"),
            None => "规则没有关联上，按全文行文采用".to_owned(),
        };
        self.outcomes.push(Outcome { party, tie, fact: None, held_by: None });
    }
}

impl Trail {
    /// Says of every match what became of it in the end: some stood by themselves and fell when all was weighed, some
    /// were held back or tied to nobody and taken up for the wording of the article.
    fn settle(&mut self) {
        for hit in &mut self.hits {
            for outcome in hit.outcomes.iter_mut().filter(|o| o.held_by.is_none()) {
                let of = |rule: &str, id: &str| rule == hit.rule && id == outcome.party.id;
                if !self.findings.iter().any(|w| of(&w.finding.rule, &w.finding.institution)) {
                    let fell = self.suppressed.iter().find(|s| of(&s.rule, &s.institution));
                    outcome.held_by = fell.map(|s| s.by.clone());
                }
            }
        }
        for Weighed { finding, .. } in &self.findings {
            let stands = |o: &Outcome| o.party.id == finding.institution && o.held_by.is_none();
            let of_rule = || self.hits.iter().filter(|hit| hit.rule == finding.rule);
            if !of_rule().any(|hit| hit.outcomes.iter().any(stands)) {
                let party = self.named.iter().map(|n| &n.party).chain(&self.owner);
                let party = party.into_iter().find(|p| p.id == finding.institution).cloned();
                let hit = (self.hits.iter_mut()).find(|hit| {
                    hit.rule == finding.rule && hit.spans.iter().any(|s| finding.spans.contains(s))
                });
                if let (Some(party), Some(hit)) = (party, hit) {
                    hit.take_up(party);
                }
            }
        }
    }

    /// How many stretches were seen as written, and how many only through a disguise.
    pub fn exact_and_evasive(&self) -> (usize, usize) {
        let evasive = self.forms.iter().filter(|(form, _)| form.is_evasive()).map(|(_, n)| n).sum();
        (self.forms.values().sum::<usize>() - evasive, evasive)
    }
}

#[cfg(test)]
mod tests;
