//! Which rules match a document, and where.

use crate::compile::{Compiled, Node, Reach};
use crate::document::Document;
use crate::scan::{Hit, Scan};
use guanlan_model::Kind;

/// Characters in front of a hit in which a word of the promotion suppressors denies it.
const DENIAL: usize = 12;

/// One rule in one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// Index of the rule.
    pub rule: usize,
    /// First character of what triggered it; places as in [`Document`].
    pub start: usize,
    /// One past the last character of what triggered it.
    pub end: usize,
    /// Every stretch that took part, the trigger first.
    pub parts: Vec<(usize, usize)>,
    /// Why the rule's own suppressors hold it back, in Chinese; known after [`Compiled::hold`].
    pub held: Option<String>,
}

/// Whether an institution is named near a match: it decides how far words like 责令 and 罚款 switch suppressors off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// Nobody is.
    Nowhere,
    /// In an earlier sentence that the match belongs to.
    Nearby,
    /// In the sentence of the match.
    InSentence,
}

/// What a node found: a stretch, and the stretches it was put together from when there are several.
#[derive(Debug, Clone)]
struct Found {
    start: usize,
    end: usize,
    parts: Vec<(usize, usize)>,
}

impl Found {
    fn parts(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let own = self.parts.is_empty().then_some((self.start, self.end));
        self.parts.iter().copied().chain(own)
    }
}

/// Within what all operands of an AND must lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Article,
    Paragraph,
    Sentence,
}

struct Evaluation<'a> {
    document: &'a Document<'a>,
    scan: &'a Scan,
}

impl Evaluation<'_> {
    fn node(&self, node: &Node, within: Within) -> Vec<Found> {
        match node {
            Node::Words(words) => self.words(words),
            Node::Fact(fact) => (self.document.facts().iter())
                .filter(|r| r.satisfies(fact))
                .map(|r| Found { start: r.start, end: r.end, parts: Vec::new() })
                .collect(),
            Node::Any(parts) => {
                let mut all: Vec<Found> = parts.iter().flat_map(|p| self.node(p, within)).collect();
                all.sort_by_key(|f| (f.start, f.end));
                all
            }
            Node::All { all, none } => self.all(all, none, within),
            Node::Near { left, right, distance, ordered } => {
                near(self.node(left, within), &self.node(right, within), *distance, *ordered)
            }
            Node::Sentence(inner) => self.node(inner, Within::Sentence),
            Node::Paragraph(inner) => self.node(inner, Within::Paragraph),
            Node::In(field, inner) => {
                let mut found = self.node(inner, within);
                found.retain(|f| self.document.field_of(f.start) == *field);
                found
            }
        }
    }

    fn words(&self, words: &[u32]) -> Vec<Found> {
        let mut found = Vec::new();
        let mut take = |hits: &[Hit]| {
            found.extend(hits.iter().map(|h| Found { start: h.start, end: h.end, parts: Vec::new() }));
        };
        if words.len() <= self.scan.hits.len() {
            words.iter().for_each(|w| take(self.scan.places(*w)));
        } else {
            for hit in &self.scan.hits {
                if words.binary_search(&hit.word).is_ok() {
                    take(std::slice::from_ref(hit));
                }
            }
        }
        found.sort_by_key(|f| (f.start, f.end));
        found
    }

    fn unit(&self, place: usize, within: Within) -> usize {
        match within {
            Within::Article => 0,
            Within::Paragraph => self.document.paragraph_of(place),
            Within::Sentence => self.document.sentence_of(place),
        }
    }

    /// Every place of the first operand that has the others, and none of the excluded, in its unit.
    fn all(&self, all: &[Node], none: &[Node], within: Within) -> Vec<Found> {
        let Some((first, others)) = all.split_first() else { return Vec::new() };
        let mut found = self.node(first, within);
        for other in others {
            if found.is_empty() {
                return found;
            }
            let more = self.node(other, within);
            found = found.into_iter().filter_map(|f| self.join(f, &more, within)).collect();
        }
        for excluded in none {
            if found.is_empty() {
                return found;
            }
            // Places are sorted, so their units are.
            let units: Vec<usize> =
                self.node(excluded, within).iter().map(|f| self.unit(f.start, within)).collect();
            found.retain(|f| units.binary_search(&self.unit(f.start, within)).is_err());
        }
        found
    }

    /// Adds the nearest of `more` in the same unit.
    fn join(&self, found: Found, more: &[Found], within: Within) -> Option<Found> {
        let unit = self.unit(found.start, within);
        let after = more.partition_point(|m| m.start < found.start);
        let nearest = [after.checked_sub(1), Some(after)]
            .into_iter()
            .flatten()
            .filter_map(|i| more.get(i))
            .filter(|m| self.unit(m.start, within) == unit)
            .min_by_key(|m| distance(&found, m))?;
        let parts: Vec<(usize, usize)> = found.parts().chain(nearest.parts()).collect();
        // Inside a sentence the whole stretch is the trigger; further apart it is the first operand.
        let (start, end) = if within == Within::Sentence {
            (found.start.min(nearest.start), found.end.max(nearest.end))
        } else {
            (found.start, found.end)
        };
        Some(Found { start, end, parts })
    }
}

/// Characters between two stretches; 0 when they touch or overlap.
fn distance(a: &Found, b: &Found) -> usize {
    if a.end <= b.start { b.start - a.end } else { a.start.saturating_sub(b.end) }
}

fn near(left: Vec<Found>, right: &[Found], limit: usize, ordered: bool) -> Vec<Found> {
    let mut out = Vec::new();
    for found in left {
        let after = right.partition_point(|r| r.start < found.start);
        let earlier = if ordered { None } else { after.checked_sub(1) };
        // The next ones may overlap the left stretch (补课 and 课): look a few further for one that stands beside it.
        let candidates = earlier.into_iter().chain(after..(after + 3).min(right.len()));
        let best = candidates
            .filter_map(|i| right.get(i))
            .filter(|r| distance(&found, r) <= limit && (r.start, r.end) != (found.start, found.end))
            .filter(|r| !ordered || r.start >= found.end)
            .min_by_key(|r| (r.start < found.end && found.start < r.end, distance(&found, r)));
        if let Some(other) = best {
            let parts = found.parts().chain(other.parts()).collect();
            out.push(Found { start: found.start.min(other.start), end: found.end.max(other.end), parts });
        }
    }
    out
}

impl Compiled {
    /// Every place where a rule matches, before anything is held back; sorted by rule and
    /// place.
    pub fn matches(&self, document: &Document<'_>, scan: &Scan) -> Vec<Match> {
        let evaluation = Evaluation { document, scan };
        let mut out = Vec::new();
        for rule in scan.open.iter().copied() {
            let Some(compiled) = self.compiled.get(rule as usize) else { continue };
            let mut found = evaluation.node(&compiled.matches, Within::Article);
            found.dedup_by_key(|f| (f.start, f.end));
            if found.is_empty() {
                continue;
            }
            out.extend(found.into_iter().map(|f| Match {
                rule: rule as usize,
                start: f.start,
                end: f.end,
                parts: f.parts().collect(),
                held: None,
            }));
        }
        out
    }

    /// Notes which matches their rule's own suppressors hold back. Needs [`Compiled::asides`] first.
    pub fn hold(&self, document: &Document<'_>, scan: &Scan, matches: &mut [Match]) {
        let evaluation = Evaluation { document, scan };
        for matches in matches.chunk_by_mut(|a, b| a.rule == b.rule) {
            let Some(compiled) = matches.first().and_then(|m| self.compiled.get(m.rule)) else { continue };
            let holds = holds(&evaluation, &compiled.suppress);
            for hit in matches {
                hit.held = holds.iter().find_map(|h| h.reaches(document, hit.start));
            }
        }
    }

    /// Reads a document to the end: every match, with what its rule says against it.
    pub fn read(&self, document: &Document<'_>, kind: Kind) -> (Scan, Vec<Match>) {
        let mut scan = self.scan(document, &self.find(document), kind);
        let mut matches = self.matches(document, &scan);
        self.asides(document, &mut scan);
        self.hold(document, &scan, &mut matches);
        (scan, matches)
    }

    /// Why a match is held back by its rule's suppressors or by the global ones, in Chinese; nothing when it stands.
    pub fn held_back(
        &self,
        document: &Document<'_>,
        scan: &Scan,
        hit: &Match,
        kind: Kind,
        named: Named,
    ) -> Option<String> {
        hit.held.clone().or_else(|| match kind {
            Kind::Promo => denied(document, scan, hit),
            Kind::News => excused(document, scan, hit, named),
        })
    }
}

/// One suppressor of a rule: the units (sentences, paragraphs) it was found in, with the first words found there.
struct Hold {
    reach: Reach,
    units: Vec<(usize, Found)>,
}

fn holds(evaluation: &Evaluation<'_>, suppress: &[(Reach, Node)]) -> Vec<Hold> {
    suppress
        .iter()
        .map(|(reach, node)| {
            let within = if *reach == Reach::Sentence { Within::Sentence } else { Within::Paragraph };
            let found = evaluation.node(node, within);
            let mut units: Vec<(usize, Found)> =
                found.into_iter().map(|f| (Hold::unit(*reach, evaluation.document, f.start), f)).collect();
            units.dedup_by_key(|(unit, _)| *unit);
            Hold { reach: *reach, units }
        })
        .collect()
}

impl Hold {
    fn unit(reach: Reach, document: &Document<'_>, place: usize) -> usize {
        match reach {
            Reach::Sentence => document.sentence_of(place),
            Reach::Paragraph => document.paragraph_of(place),
            Reach::Article => 0,
        }
    }

    fn reaches(&self, document: &Document<'_>, place: usize) -> Option<String> {
        let unit = Hold::unit(self.reach, document, place);
        let at = self.units.binary_search_by_key(&unit, |(u, _)| *u).ok()?;
        let (_, found) = self.units.get(at)?;
        let where_ = match self.reach {
            Reach::Sentence => "同句",
            Reach::Paragraph => "同段",
            Reach::Article => "标题",
        };
        Some(format!("{where_}有“{}”", document.slice(found.start, found.end)))
    }
}

/// How many different triggers a rule found; 停课 inside 突然停课 is not another one.
pub fn different(document: &Document<'_>, hits: impl Iterator<Item = (usize, usize)>) -> usize {
    let mut texts: Vec<&str> = hits.map(|(start, end)| document.slice(start, end)).collect();
    texts.sort_unstable_by_key(|t| std::cmp::Reverse(t.len()));
    let mut kept: Vec<&str> = Vec::new();
    for text in texts {
        // Nine are always enough, so this stays linear.
        if kept.len() < 9 && !kept.iter().any(|k| k.contains(text)) {
            kept.push(text);
        }
    }
    kept.len()
}

/// Promotion: a denial right in front of any part of the hit, in the same clause.
fn denied(document: &Document<'_>, scan: &Scan, hit: &Match) -> Option<String> {
    hit.parts.iter().find_map(|&(start, _)| {
        let clause = document.clause(start);
        let from = scan.cues.partition_point(|(cue, _)| cue.start + DENIAL * 2 < start);
        scan.cues[from..]
            .iter()
            .take_while(|(cue, _)| cue.start < start)
            .find(|(cue, duty)| {
                duty.promo && cue.start >= clause.start && cue.end <= start && start - cue.end <= DENIAL
            })
            .map(|(cue, _)| format!("前文“{}”表示否定", document.slice(cue.start, cue.end)))
    })
}

/// News: a word of the news suppressors in the sentence, unless an authority acted against somebody who is named.
fn excused(document: &Document<'_>, scan: &Scan, hit: &Match, named: Named) -> Option<String> {
    let (sentence, clause) = (document.sentence(hit.start), document.clause(hit.start));
    let from = scan.cues.partition_point(|(cue, _)| cue.start < sentence.start);
    let here = || scan.cues[from..].iter().take_while(|(cue, _)| cue.start < sentence.end.max(hit.end));
    let acted = here().any(|(cue, duty)| {
        duty.never
            && match named {
                Named::Nowhere => false,
                Named::Nearby => clause.contains(&cue.start),
                Named::InSentence => true,
            }
    });
    if acted {
        return None;
    }
    let part_of_hit = |start: usize, end: usize| hit.parts.iter().any(|(s, e)| *s <= start && end <= *e);
    here()
        .find(|(cue, duty)| duty.news && !part_of_hit(cue.start, cue.end))
        .map(|(cue, _)| format!("同句有“{}”", document.slice(cue.start, cue.end)))
}

#[cfg(test)]
mod tests;
