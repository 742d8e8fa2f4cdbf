//! Article x register x rules: findings with reasons. Pure and deterministic.
//!
//! [`Screener`] holds a register and a rule pack in one automaton. Screening an article reads it once; what is found
//! is then tied to institutions, judged, and put into words a clerk understands. The same article, register, pack and
//! day always give the same answer.

mod cues;
mod guards;
mod leads;
mod mentions;
mod outline;
mod report;
mod standing;
mod strangers;
mod tie;

use chrono::NaiveDate;
use cues::{Cue, CueTable, Cues};
use guanlan_model::{Article, Category, Finding, Form, Institution, Kind, Screened, Suppressed};
use guanlan_registry::Register;
use guanlan_rules::{CompileError, Compiled, Document, Match, NameHit, Pack, RegisterCondition, Rule, Scan};
use guanlan_text::Segmenter;
use guards::{Tied, Tone};
use mentions::Mention;
use outline::Outline;
use report::Ground;
use std::collections::BTreeMap;
use tie::{Bond, Scene};

/// Below this confidence nothing is raised.
const LEAST: f64 = 0.5;

/// A register and a pack, ready to screen articles. Cheap to share between threads behind an `Arc`.
#[derive(Debug)]
pub struct Screener {
    register: Register,
    compiled: Compiled,
    table: CueTable,
    subjects: standing::Subjects,
    words: Segmenter,
}

/// Hits of rules by rule and institution, and what was held back.
#[derive(Default)]
struct Docket<'a> {
    grounds: BTreeMap<(usize, usize), Vec<Ground<'a>>>,
    suppressed: Vec<Suppressed>,
}

impl Screener {
    /// Builds the automaton of all rule words, names and aliases.
    ///
    /// # Errors
    /// The pack cannot be compiled; the message names the rule.
    pub fn new(register: Register, pack: &Pack) -> Result<Screener, CompileError> {
        let mut names: Vec<&str> = register.patterns().iter().map(|p| p.text.as_str()).collect();
        for word in cues::words() {
            names.push(word);
        }
        let compiled = Compiled::new(pack, names.into_iter())?;
        let subjects = standing::Subjects::of(&pack.lists);
        Ok(Screener { compiled, table: CueTable::new(), subjects, words: Segmenter::new([]), register })
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
        let document = Document::new(&article.title, &article.body);
        let mut scan = self.compiled.scan(&document);
        let (names, cues) = self.sort_names(std::mem::take(&mut scan.names));
        let owner = article.owner.as_deref().and_then(|id| self.register.index_of(id));
        let cast = mentions::resolve(&self.register, &document, owner, &names);
        let strangers = strangers::find(&document, &cast);
        let outline = Outline::of(&document);
        let only = only(&cast.mentions);
        let scene = Scene {
            document: &document,
            outline: &outline,
            cues: &cues,
            mentions: &cast.mentions,
            elsewhere: &cast.elsewhere,
            strangers: &strangers,
            only,
        };
        let matches = self.compiled.matches(&document, &scan, article.kind);
        let day = article.published.map_or(today, |at| guanlan_model::time::day(at.to_utc()));
        let docket = match (article.kind, owner) {
            (Kind::Promo, Some(owner)) => self.own_page(&scene, &scan, &matches, owner, day),
            _ => self.told(&scene, &scan, &matches, article.kind, day),
        };
        let (findings, suppressed) = self.decide(&scene, docket);
        let leads = leads::leads(&scene, article.kind, owner.is_some());
        Screened { id: article.id.clone(), findings, suppressed, leads }
    }

    /// Parts name hits of the register from cue words.
    fn sort_names(&self, hits: Vec<NameHit>) -> (Vec<NameHit>, Cues) {
        let known = self.register.patterns().len();
        let mut cues = Cues::default();
        let mut names = hits;
        names.retain(|hit| {
            if hit.pattern >= known {
                self.table.note(&mut cues, hit.pattern - known, hit.start, hit.end);
            }
            hit.pattern < known
        });
        (names, cues)
    }

    /// News, and promotion by somebody else: whom a match concerns is read from the text.
    fn told<'a>(&self, scene: &'a Scene<'a>, scan: &Scan, matches: &'a [Match], kind: Kind, day: NaiveDate) -> Docket<'a> {
        let mut docket = Docket::default();
        let tone = Tone::of(scene);
        let broken = |hit: &Match| self.cuts_words(scene.document, hit);
        for hit in matches {
            let Some(rule) = self.compiled.rules().get(hit.rule) else { continue };
            let ties = scene.tie(hit.start, hit.end);
            if ties.is_empty() {
                docket.hold(rule, "", "未关联到名录内机构".to_owned());
            }
            for (index, bond) in ties {
                let mention = &scene.mentions[index];
                let Some(institution) = self.register.institutions().get(mention.institution) else { continue };
                let Some(fact) = self.concerns(scene, rule, institution, hit, day) else { continue };
                let tied = Tied { hit, category: rule.category, institution: mention.institution, bond };
                let held = self.compiled.held_back(scene.document, scan, hit, kind, tied.named()).or_else(|| match kind {
                    Kind::News => guards::excuse(scene, &tone, &tied),
                    Kind::Promo => guards::promo_excuse(scene, hit, rule.category),
                });
                match held.or_else(|| broken(hit)) {
                    Some(by) => docket.hold(rule, &institution.id, by),
                    None => {
                        let acted = kind == Kind::News && scene.cues.any_in(Cue::Acted, scene.document.sentence(hit.start));
                        docket.ground(mention.institution, Ground { hit, bond, mention: Some(mention), acted, fact });
                    }
                }
            }
        }
        docket
    }

    /// Promotion on the institution's own page: everything on it is the institution's.
    fn own_page<'a>(&self, scene: &Scene<'_>, scan: &Scan, matches: &'a [Match], owner: usize, day: NaiveDate) -> Docket<'a> {
        let mut docket = Docket::default();
        let Some(institution) = self.register.institutions().get(owner) else { return docket };
        for hit in matches {
            let Some(rule) = self.compiled.rules().get(hit.rule) else { continue };
            let Some(fact) = self.concerns(scene, rule, institution, hit, day) else { continue };
            let held = self
                .compiled
                .held_back(scene.document, scan, hit, Kind::Promo, guanlan_rules::Named::InSentence)
                .or_else(|| guards::promo_excuse(scene, hit, rule.category))
                .or_else(|| self.cuts_words(scene.document, hit));
            match held {
                Some(by) => docket.hold(rule, &institution.id, by),
                None => docket.ground(owner, Ground { hit, bond: Bond::Owner, mention: None, acted: false, fact }),
            }
        }
        docket
    }

    /// A headline that does not name the institution and is borne out by nothing in the text says nothing about it,
    /// unless somebody complains or acts.
    fn drop_headlines(&self, scene: &Scene<'_>, docket: &mut Docket<'_>) {
        let body = scene.document.body_start();
        let whole = 0..scene.document.end();
        if scene.cues.any_in(Cue::Complaint, whole.clone()) || scene.cues.any_in(Cue::Acted, whole) {
            return;
        }
        let category = |rule: usize| self.compiled.rules().get(rule).map(|r| r.category);
        let borne_out: Vec<(Option<Category>, usize)> = docket
            .grounds
            .iter()
            .filter(|(_, grounds)| grounds.iter().any(|g| g.hit.start >= body))
            .map(|((rule, institution), _)| (category(*rule), *institution))
            .collect();
        let suppressed = &mut docket.suppressed;
        docket.grounds.retain(|(rule, institution), grounds| {
            let idle = grounds.iter().all(|g| g.hit.start < body && g.bond == Bond::Only)
                && !borne_out.contains(&(category(*rule), *institution));
            if idle && let (Some(r), Some(i)) = (self.compiled.rules().get(*rule), self.register.institutions().get(*institution)) {
                let by = "只见于标题，正文没有对应的事实".to_owned();
                suppressed.push(Suppressed { rule: r.id.clone(), institution: i.id.clone(), by });
            }
            !idle
        });
    }

    /// A rule that asks for several signals is not content with fewer.
    fn drop_lone_signals(&self, scene: &Scene<'_>, docket: &mut Docket<'_>) {
        let suppressed = &mut docket.suppressed;
        docket.grounds.retain(|(rule, institution), grounds| {
            let (Some(rule), Some(institution)) = (self.compiled.rules().get(*rule), self.register.institutions().get(*institution)) else {
                return false;
            };
            let triggers = grounds.iter().filter_map(|g| g.hit.parts.first().copied());
            let found = if rule.at_least > 1 { guanlan_rules::different(scene.document, triggers) } else { 1 };
            if found < rule.at_least {
                let by = format!("信号不足（{found}/{}）", rule.at_least);
                suppressed.push(Suppressed { rule: rule.id.clone(), institution: institution.id.clone(), by });
            }
            found >= rule.at_least
        });
    }

    /// A two-character trigger that cuts two words apart (点招 in 教学点招收) was never written. Asked last, because it
    /// needs the dictionary.
    fn cuts_words(&self, document: &Document<'_>, hit: &Match) -> Option<String> {
        const AROUND: usize = 6;
        let (start, end) = hit.parts.first().copied()?;
        if end - start != 2 || document.form(start, end) > Form::Width {
            return None;
        }
        let clause = document.clause(start);
        let from = start.saturating_sub(AROUND).max(clause.start);
        let window = document.slice(from, (end + AROUND).min(clause.end));
        self.words
            .cuts(window, start - from, end - from)
            .then(|| format!("“{}”是前后两个词的一部分", document.slice(start, end)))
    }

    /// Whether a rule can concern an institution at all, by the register. Nothing when it cannot; otherwise what the
    /// register adds to the reason.
    fn concerns(&self, scene: &Scene<'_>, rule: &Rule, institution: &Institution, hit: &Match, day: NaiveDate) -> Option<Option<String>> {
        if !rule.institution_types.is_empty() && !rule.institution_types.contains(&institution.category) {
            return None;
        }
        let mut fact = None;
        for condition in &rule.register {
            fact = Some(match condition {
                RegisterCondition::LicenceInvalid => standing::licence_problem(institution, day)?,
                RegisterCondition::OutsideScope => {
                    let (start, end) = hit.parts.first().copied().unwrap_or((hit.start, hit.end));
                    if self.subjects.covers(institution, scene.document.slice(start, end)) {
                        return None;
                    }
                    format!("核准内容为{}", institution.scope.join("、"))
                }
            });
        }
        Some(fact)
    }

    /// Findings in their order, and what was held back where nothing stands.
    fn decide(&self, scene: &Scene<'_>, mut docket: Docket<'_>) -> (Vec<Finding>, Vec<Suppressed>) {
        self.drop_headlines(scene, &mut docket);
        self.drop_lone_signals(scene, &mut docket);
        let mut findings: Vec<Finding> = docket
            .grounds
            .iter()
            .filter_map(|((rule, institution), grounds)| {
                let rule = self.compiled.rules().get(*rule)?;
                let institution = self.register.institutions().get(*institution)?;
                report::finding(scene.document, rule, institution, grounds)
            })
            .collect();
        let mut suppressed = docket.suppressed;
        findings.retain(|f| {
            let unsure = f.confidence < LEAST;
            if unsure {
                let by = format!("把握不足（{:.2}）", f.confidence);
                suppressed.push(Suppressed { rule: f.rule.clone(), institution: f.institution.clone(), by });
            }
            !unsure
        });
        let specific: Vec<String> =
            findings.iter().filter(|f| f.category != Category::Penalty).map(|f| f.institution.clone()).collect();
        findings.retain(|f| {
            let general = f.category == Category::Penalty && specific.contains(&f.institution);
            if general {
                let by = "同一机构已有更具体的类别".to_owned();
                suppressed.push(Suppressed { rule: f.rule.clone(), institution: f.institution.clone(), by });
            }
            !general
        });
        findings.sort_by(|a, b| {
            (b.severity, &a.institution, a.category, &a.rule).cmp(&(a.severity, &b.institution, b.category, &b.rule))
        });
        suppressed.retain(|s| !findings.iter().any(|f| f.rule == s.rule && f.institution == s.institution));
        suppressed.sort();
        suppressed.dedup();
        (findings, suppressed)
    }
}

impl<'a> Docket<'a> {
    fn ground(&mut self, institution: usize, ground: Ground<'a>) {
        self.grounds.entry((ground.hit.rule, institution)).or_default().push(ground);
    }

    fn hold(&mut self, rule: &Rule, institution: &str, by: String) {
        self.suppressed.push(Suppressed { rule: rule.id.clone(), institution: institution.to_owned(), by });
    }
}

/// The one institution that is named, when all mentions are of one.
fn only(mentions: &[Mention]) -> Option<usize> {
    let first = mentions.first()?.institution;
    mentions.iter().all(|m| m.institution == first).then_some(first)
}

#[cfg(test)]
mod tests;
