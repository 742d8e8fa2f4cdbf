//! What an article says in favour of a name that proves nothing by itself.

use crate::register::{Bearer, NamePattern, Register};
use crate::resolve::{Field, NameHit, Passage, Passages};
use crate::words::words;
use guanlan_model::Via;
use guanlan_text::is_han;

/// Names that are already linked.
#[derive(Debug, Clone)]
pub(crate) struct Proven {
    owner: Option<usize>,
    names: Vec<ProvenName>,
}

#[derive(Debug, Clone)]
struct ProvenName {
    institution: usize,
    text: String,
    field: Field,
    start: usize,
    end: usize,
}

impl Proven {
    pub fn new(owner: Option<usize>) -> Self {
        Proven { owner, names: Vec::new() }
    }

    pub fn add(&mut self, institution: usize, text: &str, hit: &NameHit) {
        self.names.push(ProvenName {
            institution,
            text: text.to_owned(),
            field: hit.field,
            start: hit.start,
            end: hit.end,
        });
    }

    /// The institution among `candidates` that was named last before the hit, else first behind it.
    pub fn nearest(&self, candidates: &[usize], hit: &NameHit) -> Option<usize> {
        let named = || self.names.iter().filter(|n| candidates.contains(&n.institution));
        let at = (hit.field, hit.start);
        named()
            .filter(|n| (n.field, n.start) < at)
            .max_by_key(|n| (n.field, n.start))
            .or_else(|| named().filter(|n| (n.field, n.start) > at).min_by_key(|n| (n.field, n.start)))
            .map(|n| n.institution)
    }

    /// The name that stands next to the hit in a list: 甲、乙.
    fn beside(&self, passage: &Passage, hit: &NameHit) -> Option<&str> {
        let joined = |at: usize| passage.chars.get(at) == Some(&'、');
        self.names
            .iter()
            .filter(|n| n.field == hit.field)
            .find(|n| {
                (n.start == hit.end + 1 && joined(hit.end)) || (n.end + 1 == hit.start && joined(n.end))
            })
            .map(|n| n.text.as_str())
    }

    /// The longest name under which the institution is already linked.
    fn name_of(&self, institution: usize) -> Option<&str> {
        self.names
            .iter()
            .filter(|n| n.institution == institution)
            .map(|n| n.text.as_str())
            .max_by_key(|n| n.len())
    }
}

/// Adds up the evidence. 1.0 is enough; the reasons are in Chinese, strongest kinds first.
pub(crate) fn weigh(
    register: &Register,
    passages: &Passages,
    proven: &Proven,
    hit: &NameHit,
    pattern: &NamePattern,
    bearer: &Bearer,
) -> (f64, Vec<String>) {
    let passage = passages.of(hit.field);
    let mut evidence = Vec::new();
    let mut score = own_weight(pattern, bearer);
    if proven.owner == Some(bearer.institution) {
        score += 1.5;
        evidence.push("本机构的页面".to_owned());
    }
    if let Some(name) = proven.name_of(bearer.institution) {
        score += 0.8;
        evidence.push(if name == pattern.text {
            format!("文中他处的「{name}」已确认")
        } else {
            format!("文中另有「{name}」")
        });
    }
    if let Some(name) = proven.beside(passage, hit) {
        score += 1.0;
        evidence.push(format!("与「{name}」并列"));
    }
    let whereabouts =
        whereabouts(register, passages, passage, hit, bearer, pattern.bearers.len() > 1, &mut evidence);
    if pattern.masked && !whereabouts.adjacent {
        return (0.0, Vec::new());
    }
    if pattern.masked {
        evidence.push("名称有遮挡，名录中只有这一家对应".to_owned());
    }
    score += whereabouts.score;
    score += neighbours(passage, hit, pattern, &mut evidence);
    score += sentence(register, passage, hit, bearer, &mut evidence);
    (score, evidence)
}

/// What the name brings along: a given name that is no word is nearly enough.
fn own_weight(pattern: &NamePattern, bearer: &Bearer) -> f64 {
    match (pattern.common_word, bearer.via, pattern.bearers.len()) {
        (true, Via::Short, _) => -0.2,
        (true, _, _) => 0.0,
        (false, _, 2..) => 0.2,
        (false, Via::Alias, _) => 0.5,
        // 彩虹艺术: a common word with the institution's own trade behind it.
        (false, Via::Short, _) if pattern.text.chars().count() >= 4 => 0.5,
        (false, _, _) => 0.3,
    }
}

struct Whereabouts {
    score: f64,
    /// The institution's own place stands directly in front of the name.
    adjacent: bool,
}

/// Address, road, town and county.
fn whereabouts(
    register: &Register,
    passages: &Passages,
    passage: &Passage,
    hit: &NameHit,
    bearer: &Bearer,
    shared: bool,
    evidence: &mut Vec<String>,
) -> Whereabouts {
    let Some(home) = register.homes.get(bearer.institution) else {
        return Whereabouts { score: 0.0, adjacent: false };
    };
    let mut score = 0.0;
    if passages.contain(&home.spot) {
        score += 0.8;
        evidence.push(format!("文中有其地址「{}」", home.spot));
    } else if passages.contain(&home.road) {
        score += 0.25;
        evidence.push(format!("文中有其所在「{}」", home.road));
    }
    let mut at = hit.start;
    while at > 0 && passage.chars.get(at - 1).is_some_and(|c| matches!(c, '“' | '"' | '「' | '‘' | '的'))
    {
        at -= 1;
    }
    let before = passage.normal.slice(at.saturating_sub(14), at);
    let adjacent = [home.spot.as_str(), &home.road, &home.town, &home.county, home.county_bare()]
        .into_iter()
        .find(|own| !own.is_empty() && before.ends_with(own));
    if let Some(own) = adjacent {
        score += 0.6;
        evidence.push(format!("前接「{own}」"));
    } else if passages.contain(&home.town) {
        score += 0.3;
        evidence.push(format!("文中有「{}」", home.town));
    } else if passages.contain(home.county_bare()) {
        // The county tells bearers of one name apart; that it is named at all says little in a county paper.
        score += if shared { 0.3 } else { 0.2 };
        evidence.push(format!("文中有「{}」", home.county));
    }
    Whereabouts { score, adjacent: adjacent.is_some() }
}

/// The characters on both sides.
fn neighbours(passage: &Passage, hit: &NameHit, pattern: &NamePattern, evidence: &mut Vec<String>) -> f64 {
    let table = words();
    let mut score = 0.0;
    let quoted = passage.chars.get(hit.end).is_some_and(|c| matches!(c, '”' | '"' | '」' | '’'))
        && hit
            .start
            .checked_sub(1)
            .and_then(|at| passage.chars.get(at))
            .is_some_and(|c| matches!(c, '“' | '"' | '「' | '‘'));
    let from = if quoted { hit.end + 1 } else { hit.end };
    let behind = passage.normal.slice(from, from + 5);
    let cue = |text: &str| table.evidence.right_cues.iter().find(|c| text.starts_with(c.as_str())).cloned();
    if let Some(word) = cue(behind) {
        score += 0.6;
        evidence.push(format!("后接「{word}」"));
    } else if let Some(word) = behind.strip_prefix('的').filter(|_| !pattern.common_word).and_then(cue) {
        score += 0.3;
        evidence.push(format!("后接「的{word}」"));
    }
    if quoted {
        score += 0.2;
    }
    let start = if quoted { hit.start - 1 } else { hit.start };
    let before = passage.normal.slice(start.saturating_sub(3), start);
    if table.evidence.left_cues.iter().any(|c| before.ends_with(c.as_str())) {
        score += 0.15;
    }
    let free = |c: Option<&char>, table: &str| c.is_none_or(|c| !is_han(*c) || table.contains(*c));
    let left = hit.start.checked_sub(1).and_then(|at| passage.chars.get(at));
    if !free(left, &table.boundary.free_left) && !passage.normal.gap_before(hit.start) {
        score -= 0.3;
    }
    if !free(passage.chars.get(hit.end), &table.boundary.free_right) && cue(behind).is_none() {
        score -= 0.3;
    }
    score
}

/// The sentence: what the institution teaches, and whether training is spoken of at all.
fn sentence(
    register: &Register,
    passage: &Passage,
    hit: &NameHit,
    bearer: &Bearer,
    evidence: &mut Vec<String>,
) -> f64 {
    let range = passage.sentence(hit.start);
    let around = format!(
        "{}\u{0}{}",
        passage.normal.slice(range.start, hit.start),
        passage.normal.slice(hit.end, range.end.max(hit.end))
    );
    let mut score = 0.0;
    let trades = register.trades.get(bearer.institution).map(Vec::as_slice).unwrap_or_default();
    if let Some(trade) = trades.iter().find(|t| around.contains(t.as_str())) {
        score += 0.4;
        evidence.push(format!("同句有其业务「{trade}」"));
    }
    if let Some(word) = words().evidence.context.iter().find(|w| around.contains(w.as_str())) {
        score += 0.4;
        evidence.push(format!("同句有「{word}」"));
    }
    score
}
