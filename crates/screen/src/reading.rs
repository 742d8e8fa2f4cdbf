//! An article as far as it has to be read: most articles satisfy no rule and are put down early.

use crate::Screener;
use crate::cues::Cues;
use crate::leads::{self, Masked};
use crate::mentions::{self, Cast, Mention};
use crate::outline::Outline;
use crate::strangers::{self, Stranger};
use crate::subject;
use crate::tie::Scene;
use chrono::NaiveDate;
use guanlan_model::{Article, Form, Kind};
use guanlan_registry::{Origin, Register};
use guanlan_rules::{Document, Match, NameHit, Occurrences, Scan};
use std::ops::Range;

/// Everything that is known of an article before it is judged.
pub(crate) struct Reading<'a> {
    pub document: Document<'a>,
    pub kind: Kind,
    /// The institution whose own page it is.
    pub owner: Option<usize>,
    /// The day on which licences are judged.
    pub day: NaiveDate,
    pub scan: Scan,
    /// Where rules match, outside of names.
    pub matches: Vec<Match>,
    cues: Cues,
    cast: Cast,
    strangers: Vec<Stranger>,
    /// Every name of the register, also of institutions that only stand by.
    pub named: Vec<Range<usize>>,
    /// Institutions that are spoken of without a name.
    pub masked: Vec<Masked>,
    outline: Outline,
}

impl Reading<'_> {
    /// Names that speak equally for several institutions.
    pub(crate) fn undecided(&self) -> impl Iterator<Item = (usize, usize, &[usize])> {
        self.cast.undecided.iter().map(|(start, end, whom)| (*start, *end, whom.as_slice()))
    }

    /// What ties are decided on.
    pub(crate) fn scene<'s>(&'s self, register: &'s Register) -> Scene<'s> {
        Scene {
            document: &self.document,
            outline: &self.outline,
            cues: &self.cues,
            mentions: &self.cast.mentions,
            institutions: register.institutions(),
            elsewhere: &self.cast.elsewhere,
            strangers: &self.strangers,
            horizon: self.cast.horizon,
            only: only(&self.cast.mentions),
        }
    }
}

/// How far an article is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Until it is clear that it raises nothing.
    Needed,
    /// To the end, to explain it.
    Whole,
}

impl Screener {
    /// Reads an article. Nothing when no more is needed and it can raise neither a finding nor a lead: no rule matches,
    /// or nobody is named whom it could concern.
    pub(crate) fn read<'a>(
        &self,
        article: &'a Article,
        today: NaiveDate,
        extent: Extent,
    ) -> Option<Reading<'a>> {
        let mut document = Document::new(&article.title, &article.body);
        if !self.mechanisms.facts {
            document.forget_facts();
        }
        let (kind, found) = (article.kind, self.compiled.find(&document));
        let owner = article.owner.as_deref().and_then(|id| self.register.index_of(id));
        let mut scan = self.compiled.scan(&document, &found, kind);
        let mut matches = self.compiled.matches(&document, &scan);
        let met = self.met(&found, &document);
        let ownerless = kind == Kind::Promo && owner.is_none();
        let masked =
            if owner.is_some() || matches.is_empty() { Vec::new() } else { leads::masked(&document) };
        let may_lead = ownerless || (owner.is_none() && met.strangers);
        let may_find = !matches.is_empty() && (owner.is_some() || met.names || !masked.is_empty());
        let mut cues = None;
        let needed = extent == Extent::Needed;
        if needed && !may_find {
            let told = may_lead && leads::is_told(kind, cues.insert(self.cues(&document, &mut scan)));
            if !told {
                return None;
            }
        }
        let names = self.names(&document, &found);
        let origin = Origin { source: &article.source, url: &article.url, owner };
        let mut cast = mentions::resolve(&self.register, &document, origin, &names);
        matches.retain(|hit| !is_inside_a_name(&cast.mentions, hit));
        let named = cast.mentions.iter().map(|m| m.start..m.end).collect();
        let mut by = subject::bystanders(&document, &cast.mentions).into_iter();
        cast.mentions.retain(|_| !by.next().unwrap_or(false));
        let strangers = if self.mechanisms.roles && (met.strangers || ownerless) {
            strangers::find(&document, &cast, ownerless)
        } else {
            Vec::new()
        };
        let named_nobody = cast.mentions.is_empty() && cast.undecided.is_empty() && strangers.is_empty();
        let nobody = named_nobody && masked.is_empty();
        if needed && owner.is_none() && nobody {
            return None;
        }
        let cues = cues.unwrap_or_else(|| self.cues(&document, &mut scan));
        self.compiled.hold(&document, &scan, &mut matches);
        if !self.mechanisms.evasion {
            matches.retain(|hit| !self.is_evasive(&document, hit));
        }
        let outline = Outline::of(&document);
        let day = article.published.map_or(today, |at| guanlan_model::time::day(at.to_utc()));
        Some(Reading {
            document,
            kind,
            owner,
            day,
            scan,
            matches,
            cues,
            cast,
            strangers,
            named,
            masked,
            outline,
        })
    }

    /// What kinds of names the automaton met.
    fn met(&self, found: &Occurrences, document: &Document<'_>) -> Met {
        let mut met = Met { names: false, strangers: strangers::are_listed(document) };
        for pattern in found.patterns() {
            met.strangers |= pattern < self.signs;
            met.names |= pattern >= self.signs;
        }
        met
    }

    /// Where names of the register stand.
    pub(crate) fn names(&self, document: &Document<'_>, found: &Occurrences) -> Vec<NameHit> {
        let mut names = self.compiled.names(document, found, |met, text| {
            met.checked_sub(self.signs).map(|stem| self.register.names_at(stem, text)).unwrap_or_default()
        });
        if !self.mechanisms.evasion {
            names.retain(|hit| document.form(hit.start, hit.end) < Form::Inserted);
        }
        names
    }

    /// What is said around the matches, and what holds them back.
    fn cues(&self, document: &Document<'_>, scan: &mut Scan) -> Cues {
        let mut cues = Cues::default();
        for hit in self.compiled.asides(document, scan) {
            if let Some(cue) = self.table.cue(hit.pattern) {
                cues.note(cue, hit.start, hit.end);
            }
        }
        cues
    }
}

/// Kinds of names that an article may hold.
#[derive(Debug)]
struct Met {
    /// Of the register.
    names: bool,
    /// Of institutions that the register does not know.
    strangers: bool,
}

/// 文化课培训学校 is a name, not a course: words of a recognised name say nothing about anybody.
fn is_inside_a_name(mentions: &[Mention], hit: &Match) -> bool {
    // Names do not overlap: only those that begin last in front of the hit can hold it.
    let next = mentions.partition_point(|m| m.start <= hit.start);
    mentions[..next].last().is_some_and(|m| hit.end <= m.end)
}

/// The one institution that is named, when all mentions are of one.
fn only(mentions: &[Mention]) -> Option<usize> {
    let first = mentions.first()?.institution;
    mentions.iter().all(|m| m.institution == first).then_some(first)
}
