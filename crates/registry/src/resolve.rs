//! From name hits to mentions: longest match, boundaries, the same name in another county, and evidence for names
//! that prove nothing by themselves.

use crate::evidence::{Proven, Scale, Weighed};
use crate::landmarks::Sights;
use crate::patterns::NamePattern;
use crate::place::{Place, places};
use crate::register::{Bearer, Register, Strength};
use crate::{boundary, elsewhere, names};
use guanlan_model::Via;
use guanlan_text::{Normal, clauses, paragraphs, sentences};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Which part of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Field {
    Title,
    Body,
}

impl Field {
    /// `title` or `body`, as findings name it.
    pub fn code(self) -> &'static str {
        match self {
            Field::Title => "title",
            Field::Body => "body",
        }
    }
}

/// Where an article was published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Name of the source: a paper of the county speaks of the county.
    pub source: &'a str,
    /// Address it was read from.
    pub url: &'a str,
    /// The institution whose own page it is, an index into [`Register::institutions`].
    pub owner: Option<usize>,
}

/// A pattern of the register found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameHit {
    /// Index into [`Register::patterns`].
    pub pattern: usize,
    /// Where it was found.
    pub field: Field,
    /// First character, in scalar offsets of the normal form.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

/// An institution that the article names.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// Index into [`Register::institutions`].
    pub institution: usize,
    /// Where it is named.
    pub field: Field,
    /// First character, in scalar offsets of the normal form.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// How it was recognised.
    pub via: Via,
    /// 0 to 1, two decimals.
    pub confidence: f64,
    /// For a name that proves nothing by itself: what else in the article speaks for it, in Chinese.
    pub evidence: Vec<String>,
}

/// A registered name that belongs to somebody in another county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The institution it would have been, an index into [`Register::institutions`].
    pub institution: usize,
    /// Where the name stands.
    pub field: Field,
    /// First character, in scalar offsets of the normal form.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The place that stands in front of it or rules the article.
    pub place: String,
}

/// Everything the name hits of one article come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Names {
    /// Linked, in reading order, title first.
    pub mentions: Vec<Mention>,
    /// The same name elsewhere: to be shown, never to raise a finding.
    pub elsewhere: Vec<Elsewhere>,
    /// Common or shared names without enough evidence.
    pub unproven: Vec<NameHit>,
    /// Names that speak equally for several institutions: where, and for whom.
    pub undecided: Vec<(NameHit, Vec<usize>)>,
}

/// One field of the article with everything that is looked up in it more than once.
pub(crate) struct Passage<'a> {
    pub normal: &'a Normal,
    pub chars: Vec<char>,
    pub places: Vec<Place>,
    sentences: Vec<Range<usize>>,
    clauses: Vec<Range<usize>>,
    paragraphs: Vec<Range<usize>>,
}

impl<'a> Passage<'a> {
    fn new(normal: &'a Normal) -> Self {
        let chars: Vec<char> = normal.as_str().chars().collect();
        let places = places(&chars, normal);
        let sentences = sentences(normal.as_str());
        let clauses = clauses(normal.as_str());
        let paragraphs = paragraphs(normal.as_str());
        Passage { normal, chars, places, sentences, clauses, paragraphs }
    }

    /// The sentence around a character.
    pub fn sentence(&self, at: usize) -> Range<usize> {
        around(&self.sentences, at, self.chars.len())
    }

    /// The clause around a character.
    pub fn clause(&self, at: usize) -> Range<usize> {
        around(&self.clauses, at, self.chars.len())
    }

    /// The paragraph around a character.
    pub fn paragraph(&self, at: usize) -> Range<usize> {
        around(&self.paragraphs, at, self.chars.len())
    }
}

fn around(ranges: &[Range<usize>], at: usize, len: usize) -> Range<usize> {
    let next = ranges.partition_point(|r| r.end <= at);
    match ranges.get(next) {
        Some(range) if range.start <= at => range.clone(),
        _ => at..len.min(at + 1),
    }
}

/// The two fields of an article.
pub(crate) struct Passages<'a> {
    title: Passage<'a>,
    body: Passage<'a>,
    pub sights: Sights,
}

impl<'a> Passages<'a> {
    pub fn of(&self, field: Field) -> &Passage<'a> {
        match field {
            Field::Title => &self.title,
            Field::Body => &self.body,
        }
    }

    /// Both fields, title first.
    pub fn all(&self) -> [&Passage<'a>; 2] {
        [&self.title, &self.body]
    }

    /// True when either field contains the text.
    pub fn contain(&self, text: &str) -> bool {
        !text.is_empty() && self.all().iter().any(|p| p.normal.as_str().contains(text))
    }
}

impl Register {
    /// Decides which institutions the hits of [`Register::patterns`] stand for.
    ///
    /// `hits` are all overlapping hits in both fields, in any order; indexes that are out of range are ignored.
    /// Pure and deterministic.
    pub fn resolve(&self, title: &Normal, body: &Normal, origin: Origin<'_>, hits: &[NameHit]) -> Names {
        let mut names = Names::default();
        let kept = longest(self, hits);
        if kept.is_empty() {
            return names;
        }
        let sights = self.landmarks.sight(title, body);
        let passages = Passages { title: Passage::new(title), body: Passage::new(body), sights };
        let candidates = self.candidates(&passages, origin, &kept, &mut names);
        let mut proven = Proven::default();
        for (hit, pattern, bearers) in &candidates {
            for bearer in bearers.iter().filter(|b| b.strength != Strength::Common) {
                proven.add(bearer.institution, pattern.text, hit);
                names.mentions.push(mention(hit, *bearer, sure(bearer.via), Vec::new()));
            }
        }
        let mut open: Vec<&Candidate<'_>> =
            candidates.iter().filter(|(_, _, b)| b.iter().any(|b| b.strength == Strength::Common)).collect();
        let mut scale = Scale::new(self, &passages, origin);
        // Again: a name proven once makes the same name, and its neighbours in a list, clearer in the whole article.
        for _ in 0..ROUNDS {
            let before = proven.clone();
            let linked = names.mentions.len();
            names.undecided.clear();
            open.retain(|(hit, pattern, bearers)| match choose(&mut scale, &before, hit, pattern, bearers) {
                Choice::None => true,
                Choice::Several(whom) => {
                    names.undecided.push((*hit, whom));
                    true
                }
                Choice::One(Weighed { bearer, score, evidence, .. }) => {
                    proven.add(bearer.institution, pattern.text, hit);
                    let confidence = (55.0 + 20.0 * score).min(90.0).round() / 100.0;
                    names.mentions.push(mention(hit, bearer, confidence, evidence));
                    false
                }
            });
            if names.mentions.len() == linked {
                break;
            }
        }
        names.unproven = open.iter().map(|(hit, _, _)| *hit).collect();
        names.mentions.sort_by_key(|m| (m.field, m.start, m.institution));
        names
    }

    /// True when the article names the institution's county, town or road. Of a brand that many counties share,
    /// nobody else can be meant.
    fn is_near(&self, passages: &Passages, institution: usize) -> bool {
        self.landmarks.of(institution).is_some_and(|marks| marks.are_near(&passages.sights))
    }

    /// True when the full legal name goes on behind a masked form.
    pub(crate) fn runs_on(&self, passage: &Passage, hit: &NameHit, bearer: &Bearer) -> bool {
        let behind = passage.normal.slice(hit.end, hit.end + boundary::LONGEST_NAME);
        self.institutions().get(bearer.institution).is_some_and(|row| names::runs_on(row, behind))
    }

    /// Hits whose boundaries hold, each with the bearers that are not ruled out by another county's name.
    fn candidates<'r>(
        &'r self,
        passages: &Passages,
        origin: Origin<'_>,
        kept: &[NameHit],
        names: &mut Names,
    ) -> Vec<Candidate<'r>> {
        let full: Vec<usize> = kept
            .iter()
            .filter_map(|h| self.pattern(h.pattern))
            .flat_map(|p| p.bearers)
            .filter(|b| b.strength == Strength::Full)
            .map(|b| b.institution)
            .collect();
        let mut foreign: HashMap<(usize, usize), String> = HashMap::new();
        let mut candidates = Vec::new();
        for hit in kept {
            let Some(pattern) = self.pattern(hit.pattern) else { continue };
            let passage = passages.of(hit.field);
            let whole = pattern.masked && pattern.bearers.iter().all(|b| self.runs_on(passage, hit, b));
            if !whole && !boundary::holds(passage, hit, &pattern) {
                continue;
            }
            let mut here = Vec::new();
            let crowd = pattern.bearers.len() > CROWD;
            for bearer in pattern.bearers {
                if crowd
                    && origin.owner != Some(bearer.institution)
                    && !self.is_near(passages, bearer.institution)
                {
                    continue;
                }
                let key = (hit.pattern, bearer.institution);
                let home = self.homes.get(bearer.institution).zip(self.landmarks.of(bearer.institution));
                let earlier = foreign.get(&key).filter(|_| !full.contains(&bearer.institution));
                let place = match home {
                    Some(home) if bearer.strength != Strength::Full => elsewhere::place(
                        passages,
                        hit,
                        home,
                        earlier.map(String::as_str),
                        origin.owner == Some(bearer.institution),
                    ),
                    _ => None,
                };
                match place {
                    Some(place) => {
                        foreign.insert(key, place.clone());
                        names.elsewhere.push(Elsewhere {
                            institution: bearer.institution,
                            field: hit.field,
                            start: hit.start,
                            end: hit.end,
                            place,
                        });
                    }
                    None => here.push(*bearer),
                }
            }
            if !here.is_empty() {
                candidates.push((*hit, pattern, here));
            }
        }
        candidates
    }
}

/// The longest hits that do not overlap, in reading order. A long hit shadows the short ones inside it even when
/// its boundaries turn out not to hold: what is inside 博文教育部 is not 博文 either.
fn longest(register: &Register, hits: &[NameHit]) -> Vec<NameHit> {
    let mut sorted: Vec<NameHit> =
        hits.iter().filter(|h| h.start < h.end && h.pattern < register.patterns().len()).copied().collect();
    sorted.sort_by_key(|h| (std::cmp::Reverse(h.end - h.start), h.field, h.start, h.pattern));
    let mut taken: BTreeMap<(Field, usize), usize> = BTreeMap::new();
    let mut kept = Vec::new();
    for hit in sorted {
        let before = taken.range(..=(hit.field, hit.start)).next_back();
        let clear_left = before.is_none_or(|((field, _), end)| *field != hit.field || *end <= hit.start);
        let after = taken.range((hit.field, hit.start)..).next();
        let clear_right = after.is_none_or(|((field, start), _)| *field != hit.field || *start >= hit.end);
        if clear_left && clear_right {
            taken.insert((hit.field, hit.start), hit.end);
            kept.push(hit);
        }
    }
    kept.sort_by_key(|h| (h.field, h.start));
    kept
}

fn sure(via: Via) -> f64 {
    match via {
        Via::Name => 0.99,
        Via::Number => 0.98,
        Via::Alias => 0.95,
        _ => 0.9,
    }
}

fn mention(hit: &NameHit, bearer: Bearer, confidence: f64, evidence: Vec<String>) -> Mention {
    Mention {
        institution: bearer.institution,
        field: hit.field,
        start: hit.start,
        end: hit.end,
        via: bearer.via,
        confidence,
        evidence,
    }
}

/// A hit whose boundaries hold, with the bearers that are not ruled out.
type Candidate<'r> = (NameHit, NamePattern<'r>, Vec<Bearer>);

/// Bearers of one name from which on only those near the article are weighed.
const CROWD: usize = 16;
/// How often evidence is weighed anew with what was proven before.
const ROUNDS: usize = 4;
/// Least evidence for a common or shared name.
const ENOUGH: f64 = 1.0;
/// How far the best of several bearers must be ahead of the next.
const AHEAD: f64 = 0.25;

/// What came of weighing the bearers of one name.
enum Choice {
    /// Nobody has enough evidence.
    None,
    One(Weighed),
    /// Several have, none is ahead.
    Several(Vec<usize>),
}

/// The one bearer that the article speaks for.
fn choose<'a>(
    scale: &mut Scale<'a>,
    proven: &Proven,
    hit: &NameHit,
    pattern: &NamePattern,
    bearers: &[Bearer],
) -> Choice {
    let mut weighed: Vec<Weighed> = bearers
        .iter()
        .filter(|b| b.strength == Strength::Common)
        .map(|b| scale.weigh(proven, hit, pattern, b))
        .filter(|w| w.score >= ENOUGH)
        .collect();
    weighed.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.bearer.institution.cmp(&b.bearer.institution)));
    let Some(first) = weighed.first() else { return Choice::None };
    let level = |w: &&Weighed| first.score - w.score < AHEAD;
    let tied: Vec<usize> = weighed.iter().filter(level).map(|w| w.bearer.institution).collect();
    let chosen = if tied.len() == 1 { tied.first().copied() } else { proven.nearest(&tied, hit) };
    match weighed.into_iter().find(|w| Some(w.bearer.institution) == chosen) {
        Some(one) => Choice::One(one),
        None => Choice::Several(tied),
    }
}

#[cfg(test)]
mod tests;
