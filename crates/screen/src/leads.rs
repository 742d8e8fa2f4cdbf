//! Institutions that an article reports as operating and the register does not know; and names that hide or share
//! whom they mean, with those whom they may mean.

use crate::cues::{Cue, Cues, stranger_words};
use crate::reading::Reading;
use crate::strangers::{self, Stranger};
use crate::tie::Scene;
use guanlan_model::{Candidate, Kind, Lead, LeadKind};
use guanlan_registry::Register;
use guanlan_rules::Document;
use std::ops::Range;

/// In news one of these says that something is told about an institution.
const TELLING: [Cue; 2] = [Cue::Acted, Cue::Operating];

/// True when something is told about an institution anywhere in the article.
pub(crate) fn is_told(kind: Kind, cues: &Cues) -> bool {
    kind == Kind::Promo || TELLING.iter().any(|cue| !cues.all(*cue).is_empty())
}

/// Most masked names that are looked into in one article.
const MOST_MASKED: usize = 8;
/// Longest name of a place in front of a masked name.
const PLACE: usize = 8;

/// An institution that is spoken of without its name: 某培训机构, 一家托管班.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Masked {
    pub start: usize,
    pub end: usize,
}

/// Unnamed institutions of a document, in text order.
pub(crate) fn masked(document: &Document<'_>) -> Vec<Masked> {
    let words = stranger_words();
    let mut found = Vec::new();
    for (at, normal) in document.fields() {
        let text = normal.as_str();
        for (byte, c) in text.char_indices() {
            if !matches!(c, '某' | '一') {
                continue;
            }
            let rest = text.get(byte..).unwrap_or_default();
            let Some(mask) = words.masking.iter().find(|m| rest.starts_with(m.as_str())) else { continue };
            let Some(what) = rest.get(mask.len()..) else { continue };
            let Some(kind) = words.establishments.iter().find(|e| what.starts_with(e.as_str())) else {
                continue;
            };
            // 某艺术节, 一教育局: the two shortest words must be the end of a phrase.
            let behind = what.get(kind.len()..).and_then(|r| r.chars().next());
            if kind.chars().count() == 2 && behind.is_some_and(|c| "局部厅节类界家体性品科".contains(c))
            {
                continue;
            }
            let start = at + normal.char_of(byte);
            found.push(Masked { start, end: start + mask.chars().count() + kind.chars().count() });
            if found.len() == MOST_MASKED {
                return found;
            }
        }
    }
    found
}

/// Two masked names that most likely mean the same institution.
fn alike(one: &Lead, other: &Lead) -> bool {
    let best = |lead: &Lead| lead.candidates.first().map(|c| c.institution.clone());
    one.kind == other.kind && best(one) == best(other)
}

/// What the leads of one article are decided on.
pub(crate) struct Tracker<'a> {
    pub register: &'a Register,
    pub reading: &'a Reading<'a>,
    pub scene: &'a Scene<'a>,
    /// Name of the article's source.
    pub source: &'a str,
}

impl Tracker<'_> {
    /// All leads, in text order, each name once.
    pub(crate) fn leads(&self) -> Vec<Lead> {
        let mut found: Vec<(usize, Lead)> = Vec::new();
        for stranger in self.scene.strangers.iter().filter(|s| self.operates(s) && self.is_local(s.start)) {
            let reason = "名录中没有这家机构".to_owned();
            let (kind, candidates) = (LeadKind::Unregistered, Vec::new());
            found.push((stranger.start, Lead { name: stranger.name.clone(), reason, kind, candidates }));
        }
        if self.reading.owner.is_none() {
            found.extend(self.reading.masked.iter().filter_map(|m| Some((m.start, self.masked(m)?))));
            found.extend(
                self.reading
                    .undecided()
                    .filter_map(|(at, end, whom)| Some((at, self.shared(at, end, whom)?))),
            );
        }
        found.sort_by_key(|(start, _)| *start);
        let mut out: Vec<Lead> = Vec::new();
        for (_, lead) in found {
            // 某托管班 of the title is the one of the text: the fuller way to speak of it stays.
            let same = |l: &Lead| l.name == lead.name || (lead.kind == LeadKind::Possible && alike(l, &lead));
            match out.iter_mut().find(|l| same(l)) {
                Some(known) if known.name.len() < lead.name.len() => *known = lead,
                Some(_) => {}
                None => out.push(lead),
            }
        }
        out
    }

    /// Something is told that an institution does or that is done about it. On an institution's own page other names
    /// are leads only where it complains of being imitated.
    fn operates(&self, stranger: &Stranger) -> bool {
        let (document, cues) = (self.scene.document, self.scene.cues);
        let paragraph = document.paragraph(stranger.start);
        if self.reading.owner.is_some() {
            return cues.any_in(Cue::Victim, 0..document.end()) && cues.any_in(Cue::Operating, paragraph);
        }
        if self.reading.kind == Kind::Promo {
            return true;
        }
        // 新开的“亲子营”: what a registered institution names in the sentence is its course.
        let sentence = document.sentence(stranger.start);
        if self.reading.named.iter().any(|n| n.start >= sentence.start && n.start < stranger.end) {
            return false;
        }
        let around = if strangers::are_listed(document) {
            0..document.end()
        } else {
            let before = document.paragraph(paragraph.start.saturating_sub(2));
            before.start.min(paragraph.start)..document.paragraph(paragraph.end + 1).end.max(paragraph.end)
        };
        TELLING.iter().any(|cue| cues.any_in(*cue, around.clone()))
    }

    fn is_local(&self, at: usize) -> bool {
        let [(_, title), (body_at, body)] = self.scene.document.fields();
        match at.checked_sub(body_at) {
            Some(at) => self.register.is_local(body, title, self.source, at),
            None => {
                self.register.is_local(title, title, self.source, at)
                    || self.register.is_local(body, title, self.source, 0)
            }
        }
    }

    /// A masked name in an article that tells of a problem: whom it may mean. Nobody when somebody is named.
    fn masked(&self, masked: &Masked) -> Option<Lead> {
        let document = self.scene.document;
        let paragraph = document.paragraph(masked.start);
        let told = self.reading.matches.iter().any(|m| m.start >= paragraph.start);
        // A rumour, an exercise and a lesson tell of nobody.
        let unreal =
            [Cue::Denial, Cue::Drill, Cue::Lecture].iter().any(|c| !self.scene.cues.all(*c).is_empty());
        if !told || unreal || !self.scene.mentions.is_empty() || !self.is_local(masked.start) {
            return None;
        }
        let from = self.place_in_front(masked.start, &paragraph);
        let name = document.slice(masked.start, masked.end);
        let candidates =
            self.candidates(self.register.likely(name, document.slice(paragraph.start, paragraph.end)));
        if candidates.is_empty() {
            return None;
        }
        Some(Lead {
            name: document.slice(from, masked.end).to_owned(),
            reason: "文中没有写出名称，按地点、类别和业务推测".to_owned(),
            kind: LeadKind::Possible,
            candidates,
        })
    }

    /// 城关镇 in front of 一家托管班 belongs to what is said.
    fn place_in_front(&self, start: usize, paragraph: &Range<usize>) -> usize {
        let from = start.saturating_sub(PLACE).max(paragraph.start);
        let front: Vec<char> = self.scene.document.slice(from, start).chars().collect();
        let ends = front.last().is_some_and(|c| "镇乡道路街巷村".contains(*c));
        let run = front
            .iter()
            .rev()
            .take_while(|c| guanlan_text::is_han(**c) && !"在位于，的".contains(**c))
            .count();
        if ends { start - run } else { start }
    }

    /// A brand of several institutions that nothing in the article tells apart.
    fn shared(&self, start: usize, end: usize, whom: &[usize]) -> Option<Lead> {
        if self.reading.matches.is_empty() || !self.is_local(start) {
            return None;
        }
        let rows = whom.iter().take(3).filter_map(|at| self.register.institutions().get(*at));
        let candidates: Vec<Candidate> = rows
            .map(|row| Candidate {
                institution: row.id.clone(),
                name: row.name.clone(),
                reason: "字号相同".to_owned(),
            })
            .collect();
        Some(Lead {
            name: self.scene.document.slice(start, end).to_owned(),
            reason: format!("名录中有{}家用这个字号，文中没有可区分的说法", whom.len()),
            kind: LeadKind::Possible,
            candidates,
        })
    }

    fn candidates(&self, likely: Vec<guanlan_registry::Likely>) -> Vec<Candidate> {
        let rows = likely.into_iter().filter_map(|l| {
            let row = self.register.institutions().get(l.institution)?;
            Some(Candidate {
                institution: row.id.clone(),
                name: row.name.clone(),
                reason: l.reasons.join("、"),
            })
        });
        rows.collect()
    }
}
