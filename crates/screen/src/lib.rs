//! Article x register x rules: findings with reasons. Pure and deterministic.
//!
//! [`Screener`] holds a register and a rule pack in one automaton. Screening an article reads it once; what is found
//! is then tied to institutions, judged, and put into words a clerk understands. The same article, register, pack and
//! day always give the same answer.

mod cues;
mod docket;
mod frame;
mod genre;
mod guards;
mod leads;
mod mechanisms;
mod mentions;
mod negation;
mod outline;
mod premises;
mod promo_page;
mod reading;
mod report;
mod roles;
mod standing;
mod status;
mod strangers;
mod subject;
mod tie;
pub mod trail;
pub mod trial;
mod weight;
pub mod wording;

use chrono::NaiveDate;
use cues::{Cue, CueTable};
use docket::{Docket, Verdict};
use guanlan_model::{Article, Form, Institution, Kind, Lead, Screened, Severity, Suppressed};
use guanlan_registry::Register;
use guanlan_rules::{CompileError, Compiled, Document, Match, Named, Pack, RegisterCondition, Rule, Scan};
use guanlan_text::cuts_words;
use guards::{Tied, Tone};
use leads::Tracker;
use reading::{Extent, Reading};
use report::{Ground, Reporter};
use std::borrow::Cow;
use tie::{Bond, Scene};
use trail::Weighed;
use wording::{SecondLook, Wording};

pub use mechanisms::{Mechanisms, UnknownMechanism};

/// A register and a pack, ready to screen articles. Cheap to share between threads behind an `Arc`.
#[derive(Debug)]
pub struct Screener {
    register: Register,
    compiled: Compiled,
    table: CueTable,
    /// How many signs of strangers come before the names of the register.
    signs: usize,
    subjects: standing::Subjects,
    mechanisms: Mechanisms,
    wording: Cow<'static, Wording>,
}

impl Screener {
    /// Builds the automaton of all rule words, names and aliases.
    ///
    /// # Errors
    /// The pack cannot be compiled; the message names the rule.
    pub fn new(register: Register, pack: &Pack) -> Result<Screener, CompileError> {
        let names = register.stems();
        // Words of a table live for ever, names as long as the register.
        let short = |word: &'static str| -> &str { word };
        let strangers = cues::signs_of_strangers().map(short);
        let compiled = Compiled::with_asides(pack, strangers.chain(names), cues::words().map(short))?;
        let subjects = standing::Subjects::of(&pack.lists);
        let mechanisms = Mechanisms::default();
        let (table, signs) = (CueTable::new(), cues::signs_of_strangers().count());
        let wording = Cow::Borrowed(Wording::builtin());
        Ok(Screener { compiled, table, signs, subjects, register, mechanisms, wording })
    }

    /// The same screener with some mechanisms switched off, to measure what they are worth.
    #[must_use]
    pub fn with_mechanisms(mut self, mechanisms: Mechanisms) -> Screener {
        if !mechanisms.register {
            self.register = self.register.without_addresses();
        }
        Screener { mechanisms, ..self }
    }

    /// The same screener with another table of wordings, to measure one that is being learned.
    #[must_use]
    pub fn with_wording(self, wording: Wording) -> Screener {
        Screener { wording: Cow::Owned(wording), ..self }
    }

    /// Name and content hash of the pack.
    pub fn pack_version(&self) -> &str {
        self.compiled.version()
    }

    /// The register.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Screens one article. `today` is the day on which licences are judged when the article has no date.
    pub fn screen(&self, article: &Article, today: NaiveDate) -> Screened {
        let nothing = || Screened {
            id: article.id.clone(),
            findings: Vec::new(),
            suppressed: Vec::new(),
            leads: Vec::new(),
        };
        let Some(reading) = self.read(article, today, Extent::Needed) else { return nothing() };
        let scene = reading.scene(&self.register);
        let docket = self.docket(&reading, &scene);
        let (weighed, suppressed) = self.judge(&reading, &scene, docket);
        let findings = weighed.into_iter().map(|w| w.finding).collect();
        let leads = self.leads(article, &reading, &scene);
        Screened { findings, suppressed, leads, ..nothing() }
    }

    fn leads(&self, article: &Article, reading: &Reading<'_>, scene: &Scene<'_>) -> Vec<Lead> {
        Tracker { register: &self.register, reading, scene, source: &article.source }.leads()
    }

    /// What stands of a docket, after the rules alone and after the second look.
    fn judge(
        &self,
        reading: &Reading<'_>,
        scene: &Scene<'_>,
        docket: Docket<'_>,
    ) -> (Vec<Weighed>, Vec<Suppressed>) {
        let (compiled, institutions) = (&self.compiled, self.register.institutions());
        let verdict = Verdict { compiled, institutions, scene, kind: reading.kind };
        let (mut weighed, mut suppressed) = verdict.decide(docket);
        if self.mechanisms.wording {
            let look = SecondLook {
                wording: &self.wording,
                reporter: &Reporter { document: scene.document, compiled },
                scene,
                institutions,
                rules: compiled.rules(),
                kind: reading.kind,
                owner: reading.owner.filter(|_| reading.kind == Kind::Promo),
                concerns: &|rule, whom, hit| self.concerns(scene, rule, whom, hit, reading.day),
            };
            look.take(&reading.matches, &mut weighed, &mut suppressed);
        }
        (weighed, suppressed)
    }

    /// Every match, weighed for the institutions that it concerns.
    fn docket<'a>(&self, reading: &'a Reading<'a>, scene: &'a Scene<'a>) -> Docket<'a> {
        let (scan, matches, day) = (&reading.scan, &reading.matches, reading.day);
        match (reading.kind, reading.owner) {
            (Kind::Promo, Some(owner)) => self.own_page(scene, scan, matches, owner, day),
            (kind, _) => self.told(scene, scan, matches, kind, day),
        }
    }

    /// News, and promotion by somebody else: whom a match concerns is read from the text.
    fn told<'a>(
        &self,
        scene: &'a Scene<'a>,
        scan: &Scan,
        matches: &'a [Match],
        kind: Kind,
        day: NaiveDate,
    ) -> Docket<'a> {
        let mut docket = Docket::default();
        let tone = Tone::of(scene);
        for hit in matches {
            let Some(rule) = self.compiled.rules().get(hit.rule) else { continue };
            let mut ties = scene.tie_all(hit);
            if !self.mechanisms.coreference {
                ties.retain(|(_, bond)| *bond <= Bond::Sentence);
            }
            for (index, bond) in ties {
                let mention = &scene.mentions[index];
                let Some(institution) = self.register.institutions().get(mention.institution) else {
                    continue;
                };
                let Some(fact) = self.concerns(scene, rule, institution, hit, day) else { continue };
                let tied = Tied {
                    hit,
                    category: rule.category,
                    institution: mention.institution,
                    bond,
                    urgent: rule.severity == Severity::Urgent,
                };
                let held = self.held_back(scene, scan, hit, kind, tied.named()).or_else(|| {
                    if !self.mechanisms.roles {
                        return None;
                    }
                    match kind {
                        Kind::News => guards::excuse(scene, &tone, &tied),
                        Kind::Promo => promo_page::excuse(scene, hit, rule.category),
                    }
                });
                match held.or_else(|| splits_words(scene.document, hit)) {
                    Some(by) => docket.hold(hit, mention.institution, by),
                    None => {
                        let acted = kind == Kind::News
                            && scene.cues.any_in(Cue::Acted, scene.document.sentence(hit.start));
                        docket.ground(
                            mention.institution,
                            Ground { hit, bond, mention: Some(mention), acted, fact },
                        );
                    }
                }
            }
        }
        docket
    }

    /// Promotion on the institution's own page: everything on it is the institution's.
    fn own_page<'a>(
        &self,
        scene: &Scene<'_>,
        scan: &Scan,
        matches: &'a [Match],
        owner: usize,
        day: NaiveDate,
    ) -> Docket<'a> {
        let mut docket = Docket::default();
        let Some(institution) = self.register.institutions().get(owner) else { return docket };
        for hit in matches {
            let Some(rule) = self.compiled.rules().get(hit.rule) else { continue };
            let Some(fact) = self.concerns(scene, rule, institution, hit, day) else { continue };
            let excuse = || promo_page::excuse(scene, hit, rule.category);
            let held = self
                .held_back(scene, scan, hit, Kind::Promo, Named::InSentence)
                .or_else(|| if self.mechanisms.roles { excuse() } else { None })
                .or_else(|| splits_words(scene.document, hit));
            match held {
                Some(by) => docket.hold(hit, owner, by),
                None => {
                    docket.ground(owner, Ground { hit, bond: Bond::Owner, mention: None, acted: false, fact })
                }
            }
        }
        docket
    }

    /// What the pack's own words say against a hit.
    fn held_back(
        &self,
        scene: &Scene<'_>,
        scan: &Scan,
        hit: &Match,
        kind: Kind,
        named: Named,
    ) -> Option<String> {
        let asked = self.mechanisms.suppressors;
        asked.then(|| self.compiled.held_back(scene.document, scan, hit, kind, named)).flatten()
    }

    /// True when a hit could be seen only through something inserted or disguised.
    fn is_evasive(&self, document: &Document<'_>, hit: &Match) -> bool {
        hit.parts.iter().any(|&(start, end)| {
            document.form(start, end) >= Form::Inserted
                || self.compiled.disguise(document.slice(start, end)).is_some()
        })
    }

    /// Whether a rule can concern an institution at all, by the register. Nothing when it cannot; otherwise what the
    /// register adds to the reason.
    fn concerns(
        &self,
        scene: &Scene<'_>,
        rule: &Rule,
        institution: &Institution,
        hit: &Match,
        day: NaiveDate,
    ) -> Option<Option<String>> {
        if !self.mechanisms.register {
            return Some(None);
        }
        if !rule.institution_types.is_empty() && !rule.institution_types.contains(&institution.category) {
            return None;
        }
        let mut fact = None;
        for condition in &rule.register {
            fact = Some(match condition {
                RegisterCondition::LicenceInvalid => standing::licence_problem(institution, day)?,
                RegisterCondition::OutsideScope => {
                    let (start, end) = hit.parts.first().copied().unwrap_or((hit.start, hit.end));
                    let written = scene.document.slice(start, end);
                    let meant = self.compiled.disguise(written).map_or(written, |d| d.word.as_str());
                    if self.subjects.covers(institution, meant) {
                        return None;
                    }
                    format!("核准内容为{}", institution.scope.join("、"))
                }
                RegisterCondition::AddressUnregistered => {
                    // 📍 and the address often stand in the next line.
                    let line = scene.document.paragraph(hit.start);
                    let next = scene.document.paragraph(line.end + 1);
                    let from = hit.start.saturating_sub(BESIDE).max(line.start);
                    let beside = scene.document.slice(from, (hit.end + BESIDE).min(next.end.max(line.end)));
                    let place = premises::unregistered(institution, beside)?;
                    format!("所写「{place}」不是登记地址「{}」", institution.address)
                }
            });
        }
        Some(fact)
    }
}

/// How far from a trigger an address may stand that is taken for its place.
const BESIDE: usize = 40;

/// A two-character trigger that cuts two words apart (点招 in 教学点招收) was never written. Asked last, because it
/// needs the dictionary.
fn splits_words(document: &Document<'_>, hit: &Match) -> Option<String> {
    const AROUND: usize = 6;
    let (start, end) = hit.parts.first().copied()?;
    if end - start != 2 || document.form(start, end) > Form::Width {
        return None;
    }
    let clause = document.clause(start);
    let from = start.saturating_sub(AROUND).max(clause.start);
    let window = document.slice(from, (end + AROUND).min(clause.end));
    cuts_words(window, start - from, end - from)
        .then(|| format!("“{}”是前后两个词的一部分", document.slice(start, end)))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod twins;
