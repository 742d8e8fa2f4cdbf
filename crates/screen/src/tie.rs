//! Whom a match concerns.
//!
//! Nearer is better: the clause, then the sentence, then what was named last in the same item; a name that comes only
//! afterwards counts when nobody else is named. Somebody else as the subject (a restaurant, "某公司") breaks the tie.

use crate::cues::{Cue, Cues};
use crate::mentions::Mention;
use crate::outline::Outline;
use crate::strangers::Stranger;
use guanlan_model::Institution;
use guanlan_rules::{Document, Match};
use std::ops::Range;

/// Sentences that a name carries over, when nobody else is named.
const FARTHEST: usize = 40;

/// Names that are looked at behind a match to see whether they are all of one institution.
const LOOKAHEAD: usize = 100;
/// Largest group of names that a match is tied to at once.
const GROUP: usize = 60;

/// Stretches of one match that are tied one by one.
const PARTS: usize = 8;

/// How a match was tied to an institution; nearer first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bond {
    /// Same clause.
    Clause,
    /// Same sentence.
    Sentence,
    /// "该机构" in the sentence, the name before.
    Reference,
    /// The name stands this many sentences before.
    Carried(usize),
    /// The headline or the closing sentence of a list speaks of all entries.
    Listed,
    /// Named only in the title, in the introduction or afterwards; nobody else is named.
    Only,
    /// The page is the institution's own.
    Owner,
    /// No tie that the text states; the wording of the article speaks for it.
    Wording,
}

impl Bond {
    /// How the match and the institution hang together, in Chinese.
    pub(crate) fn zh(self) -> String {
        match self {
            Bond::Clause => "同一分句".to_owned(),
            Bond::Sentence => "同一句".to_owned(),
            Bond::Reference => "同句有“该机构”之类的指代".to_owned(),
            Bond::Carried(sentences) => format!("前文 {sentences} 句处提到"),
            Bond::Listed => "名单中的一家，表述针对整个名单".to_owned(),
            Bond::Only => "全文只涉及这一家".to_owned(),
            Bond::Owner => "本机构的页面".to_owned(),
            Bond::Wording => "文中未写明所指，行文相近".to_owned(),
        }
    }

    /// How sure a tie of this kind is.
    pub(crate) fn confidence(self) -> f64 {
        match self {
            Bond::Clause | Bond::Owner => 0.95,
            Bond::Sentence => 0.9,
            Bond::Reference => 0.88,
            Bond::Carried(n) => (0.86 - 0.02 * n as f64).max(0.6),
            Bond::Listed => 0.7,
            Bond::Only => 0.65,
            Bond::Wording => 0.6,
        }
    }
}

/// Everything that ties are decided on.
pub(crate) struct Scene<'a> {
    pub document: &'a Document<'a>,
    pub outline: &'a Outline,
    pub cues: &'a Cues,
    /// Mentions that count, in text order.
    pub mentions: &'a [Mention],
    /// The institutions of the register.
    pub institutions: &'a [Institution],
    /// The same names in another county: start, end, whom it is not.
    pub elsewhere: &'a [(usize, usize, usize)],
    /// Institutions that the register does not know, in text order.
    pub strangers: &'a [Stranger],
    /// Where names end to be resolved.
    pub horizon: usize,
    /// The one institution of the article, when there is only one.
    pub only: Option<usize>,
}

impl Scene<'_> {
    /// Indices of the mentions that begin inside a range.
    pub(crate) fn mentions_in(&self, range: Range<usize>) -> Range<usize> {
        let from = self.mentions.partition_point(|m| m.start < range.start);
        let upto = self.mentions.partition_point(|m| m.start < range.end);
        from..upto.max(from)
    }

    /// Mentions that a match concerns: those of its trigger, unless another stretch that took part is told of somebody
    /// else.
    pub(crate) fn tie_all(&self, hit: &Match) -> Vec<(usize, Bond)> {
        let mut ties = self.tie(hit.start, hit.end);
        ties.retain(|(index, _)| {
            let parts = hit.parts.iter().skip(1).take(PARTS);
            !parts
                .clone()
                .any(|&(start, _)| self.told_of_another(hit.start, start, self.mentions[*index].institution))
        });
        ties
    }

    /// A stretch in another sentence than the trigger has another subject, or an authority acts in it against another.
    fn told_of_another(&self, trigger: usize, start: usize, institution: usize) -> bool {
        let sentence = self.document.sentence(start);
        let same = sentence.contains(&trigger) || start < self.document.body_start();
        let here = &self.mentions[self.mentions_in(sentence.clone())];
        if self.aimed_elsewhere(start..start + 1) {
            return true;
        }
        let (own, other) = (self.outline.item_of(trigger), self.outline.item_of(start));
        if own.numbered && other.numbered && own.range != other.range {
            return true;
        }
        if same || here.iter().any(|m| m.institution == institution) {
            return false;
        }
        let acts = self.cues.any_in(Cue::Acted, start..start + 1);
        let refers = self.cues.any_in(Cue::Reference, sentence.clone());
        (acts && !here.is_empty()) || (!refers && self.other_actor(sentence.start..start))
    }

    /// Mentions that a stretch concerns, with the strength of the tie. Empty when it concerns nobody known.
    pub(crate) fn tie(&self, start: usize, end: usize) -> Vec<(usize, Bond)> {
        if start >= self.horizon {
            return Vec::new();
        }
        let sentence = self.document.sentence(start);
        if self.is_example(start) {
            return Vec::new();
        }
        if let Some(headed) = self.headed(start, end) {
            return headed;
        }
        let here = self.mentions_in(sentence.clone());
        if !here.is_empty() {
            return self.in_sentence(start, end, here);
        }
        let refers = self.cues.any_in(Cue::Reference, sentence.clone());
        if !refers && self.other_actor(sentence.start..start) {
            return Vec::new();
        }
        if !refers && self.cues.any_in(Cue::Tally, sentence.clone()) {
            return Vec::new();
        }
        if let Some(listed) = self.listed(start, &sentence) {
            return listed;
        }
        let item = self.outline.item_of(start).clone();
        let before = self.mentions_in(item.range.start..start);
        if self
            .stranger_in(before.clone().next_back().map_or(item.range.start, |m| self.mentions[m].end)..start)
        {
            return Vec::new();
        }
        if let Some(last) = before.clone().next_back() {
            return self.carried(start, last, refers, &sentence);
        }
        if item.numbered {
            return self.introduced();
        }
        // Named only afterwards: the first name that follows in the item, if it is the only institution there.
        let after = self.mentions_in(end..item.range.end);
        let first = after.clone().next();
        let alone = first.filter(|f| {
            after
                .clone()
                .take(LOOKAHEAD)
                .all(|i| self.mentions[i].institution == self.mentions[*f].institution)
        });
        // The same name in another county makes every such guess idle.
        let only = if self.elsewhere.is_empty() { alone } else { None };
        if let Some(index) = only {
            return vec![(index, Bond::Only)];
        }
        Vec::new()
    }

    fn in_sentence(&self, start: usize, end: usize, here: Range<usize>) -> Vec<(usize, Bond)> {
        let clause = self.document.clause(start);
        let bond = |i: usize| {
            let m = &self.mentions[i];
            if m.start >= clause.start && m.start < clause.end.max(end) {
                Bond::Clause
            } else {
                Bond::Sentence
            }
        };
        let preceding = self.mentions_in(self.mentions[here.start].start..start).next_back();
        if let Some(last) = preceding {
            let gap = self.mentions[last].end..start;
            if self.other_actor(gap) && !self.cues.any_in(Cue::Reference, self.mentions[last].end..start) {
                return Vec::new();
            }
            return self.group(here, last).map(|i| (i, bond(i))).collect();
        }
        if self.other_actor(clause.start..start) {
            return Vec::new();
        }
        let Some(first) = here.clone().next() else { return Vec::new() };
        // "年检不合格：甲、乙" names those after the colon; otherwise only the first group.
        self.group(here, first).map(|i| (i, bond(i))).collect()
    }

    /// The mentions joined to one by 、 和 与 及 and the like.
    fn group(&self, here: Range<usize>, member: usize) -> Range<usize> {
        let joined = |a: usize, b: usize| {
            let between = self.document.slice(self.mentions[a].end, self.mentions[b].start);
            is_joint(between)
        };
        let (mut from, mut upto) = (member, member + 1);
        while from > here.start && member - from < GROUP && joined(from - 1, from) {
            from -= 1;
        }
        while upto < here.end && upto - member < GROUP && joined(upto - 1, upto) {
            upto += 1;
        }
        from..upto
    }

    /// From the last name before the sentence.
    fn carried(
        &self,
        start: usize,
        last: usize,
        refers: bool,
        sentence: &Range<usize>,
    ) -> Vec<(usize, Bond)> {
        let named_in = self.document.sentence(self.mentions[last].start);
        let (from, upto) = (self.document.sentence_of(named_in.start), self.document.sentence_of(start));
        let away = upto.saturating_sub(from);
        if away > FARTHEST {
            return Vec::new();
        }
        let in_title =
            self.mentions[last].start < self.document.body_start() && start >= self.document.body_start();
        let members = self.group(self.mentions_in(named_in.clone()), last);
        let bond = if refers {
            Bond::Reference
        } else if in_title {
            Bond::Only
        } else {
            Bond::Carried(away)
        };
        if members.len() == 1 {
            return vec![(last, bond)];
        }
        // Several were named together: all of them, when the sentence speaks of them together or follows at once.
        let together = self.cues.any_in(Cue::Plural, sentence.clone()) || away <= 1;
        if together { members.map(|i| (i, bond)).collect() } else { Vec::new() }
    }

    /// "以下单位存在隐患：甲（…）；乙（…）": what stands in front of the colon is said of everybody in the paragraph
    /// behind it, but of those where nothing was found wrong.
    fn headed(&self, start: usize, end: usize) -> Option<Vec<(usize, Bond)>> {
        let clause = self.document.clause(start);
        let text = self.document.slice(clause.start, clause.end);
        let opens =
            text.ends_with('：') && ["以下", "下列", "如下", "名单", "包括"].iter().any(|w| text.contains(w));
        if !opens || end > clause.end {
            return None;
        }
        let behind = self.mentions_in(clause.end..self.document.paragraph(start).end);
        let ties: Vec<(usize, Bond)> = behind
            .take(GROUP)
            .filter(|i| !self.cues.any_in(Cue::Sound, self.document.sentence(self.mentions[*i].start)))
            .map(|i| (i, Bond::Listed))
            .collect();
        (!ties.is_empty()).then_some(ties)
    }

    /// "培训机构（如甲、乙）": the only names of the sentence are examples of a kind, and nothing is said of them.
    fn is_example(&self, start: usize) -> bool {
        let here = self.mentions_in(self.document.sentence(start));
        let Some(first) = here.clone().next() else { return false };
        let at = self.mentions[first].start;
        let front = self.document.slice(at.saturating_sub(3), at);
        ["（如", "(如", "，如", "例如", "比如", "譬如"].iter().any(|w| front.ends_with(w))
            && self.group(here.clone(), first) == here
    }

    /// What the headline, the last words before a list, or the sentence after it say of everybody in the list: all
    /// entries but those where nothing was found wrong.
    fn listed(&self, start: usize, sentence: &Range<usize>) -> Option<Vec<(usize, Bond)>> {
        let (first, last) = self.outline.listing()?;
        if start >= first && start < last {
            return None;
        }
        let text = self.document.slice(sentence.start, sentence.end.min(self.document.paragraph(start).end));
        let heads = start < first
            && !text.contains('等')
            && (text.contains("如下")
                || (start < self.document.body_start()
                    && ['起', '家', '例', '处'].iter().any(|c| text.contains(*c))));
        let sums = start >= last && self.cues.any_in(Cue::Listed, sentence.clone());
        if !heads && !sums {
            return None;
        }
        let mut ties: Vec<(usize, Bond)> = Vec::new();
        for entry in self.outline.entries().take(GROUP) {
            if !self.cues.any_in(Cue::Sound, entry.clone()) {
                ties.extend(self.mentions_in(entry).map(|i| (i, Bond::Listed)));
            }
        }
        ties.dedup_by_key(|(i, _)| self.mentions[*i].institution);
        Some(ties)
    }

    /// A numbered entry that names nobody may belong to the one institution of the introduction.
    fn introduced(&self) -> Vec<(usize, Bond)> {
        let named = self.mentions_in(self.outline.introduction());
        let Some(last) = named.clone().next_back() else { return Vec::new() };
        let institution = self.mentions[last].institution;
        let alone = named.clone().all(|i| self.mentions[i].institution == institution);
        if alone && self.only == Some(institution) { vec![(last, Bond::Only)] } else { Vec::new() }
    }
}

/// What stands between two names of one group.
fn is_joint(between: &str) -> bool {
    let mut rest = between;
    for bracket in [('（', '）'), ('(', ')')] {
        if let (Some(open), Some(close)) = (rest.find(bracket.0), rest.rfind(bracket.1))
            && rest[..open].chars().count() <= 1
            && close > open
        {
            rest = &rest[close + bracket.1.len_utf8()..];
        }
    }
    rest.chars().count() <= 3 && rest.chars().all(|c| "、和与及以及，“”\"'《》".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_by_conjunctions_only() {
        for (between, joined) in [
            ("、", true),
            ("和", true),
            ("”“", true),
            ("以及", true),
            ("（负责人甲）、", true),
            ("被罚，", false),
            ("的", false),
        ] {
            assert_eq!(is_joint(between), joined, "{between}");
        }
    }
}
