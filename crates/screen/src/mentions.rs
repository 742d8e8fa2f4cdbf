//! The institutions that an article names, as the register resolves them.

use guanlan_model::Via;
use guanlan_registry::{Field, NameHit as FieldHit, Origin, Register};
use guanlan_rules::{Document, NameHit};

/// An institution named at a place of the document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mention {
    /// Index in the register.
    pub institution: usize,
    pub start: usize,
    pub end: usize,
    pub via: Via,
    /// 0 to 1.
    pub confidence: f64,
    /// What else in the article speaks for a name that proves nothing by itself, in Chinese.
    pub evidence: Vec<String>,
}

/// Everybody an article names.
#[derive(Debug, Default)]
pub(crate) struct Cast {
    /// Registered institutions, in text order.
    pub mentions: Vec<Mention>,
    /// The same name in another county: where, and whom it is not.
    pub elsewhere: Vec<(usize, usize, usize)>,
    /// Names that speak equally for several institutions: where, and for whom.
    pub undecided: Vec<(usize, usize, Vec<usize>)>,
    /// Names from here on were not resolved; nothing behind it can be tied to anybody.
    pub horizon: usize,
}

/// Names times characters that are resolved at most: every name is weighed against the whole article. Reached only by
/// texts that are no articles, such as a dump of a whole register.
const WORK: usize = 200_000_000;

/// Lets the register decide what the name hits stand for. `origin` is where the article was published.
pub(crate) fn resolve(
    register: &Register,
    document: &Document<'_>,
    origin: Origin<'_>,
    names: &[NameHit],
) -> Cast {
    let [(_, title), (body_at, body)] = document.fields();
    let most = WORK / document.end().max(1);
    let horizon = names.get(most).map_or(document.end(), |first| first.start);
    let hits: Vec<FieldHit> = names
        .iter()
        .take(most)
        .map(|hit| {
            let (field, at) = if hit.start < body_at { (Field::Title, 0) } else { (Field::Body, body_at) };
            FieldHit { pattern: hit.pattern, field, start: hit.start - at, end: hit.end - at }
        })
        .collect();
    let found = register.resolve(title, body, origin, &hits);
    let at = |field: Field| if field == Field::Title { 0 } else { body_at };
    let mentions: Vec<Mention> = found
        .mentions
        .iter()
        .map(|m| Mention {
            institution: m.institution,
            start: m.start + at(m.field),
            end: m.end + at(m.field),
            via: m.via,
            confidence: m.confidence,
            evidence: m.evidence.clone(),
        })
        .collect();
    let mut elsewhere: Vec<(usize, usize, usize)> =
        found.elsewhere.iter().map(|e| (e.start + at(e.field), e.end + at(e.field), e.institution)).collect();
    elsewhere.sort_unstable();
    let place = |hit: &FieldHit| (hit.start + at(hit.field), hit.end + at(hit.field));
    let undecided = found.undecided.into_iter().map(|(hit, whom)| {
        let (start, end) = place(&hit);
        (start, end, whom)
    });
    let undecided = undecided.collect();
    Cast { mentions, elsewhere, undecided, horizon }
}
