//! What an article says in favour of a name that proves nothing by itself.

use crate::landmarks::Landmark;
use crate::patterns::NamePattern;
use crate::place::Home;
use crate::register::{Bearer, Register};
use crate::resolve::{Field, NameHit, Origin, Passage, Passages};
use crate::words::words;
use guanlan_model::Via;
use guanlan_text::is_han;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Opening quotation marks, and the closing ones.
const OPENING: &[char] = &['“', '"', '「', '‘', '《', '『'];
const CLOSING: &[char] = &['”', '"', '」', '’', '》', '』'];
/// Numbers and counters of persons behind a name.
const COUNTING: &[char] = &[
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '一', '二', '三', '四', '五', '六', '七', '八', '九',
    '十', '多', '名', '位',
];
/// Names of a paragraph that are looked at.
const FEW: usize = 8;
/// What ends an entry of a list or a cell of a table.
const BREAKS: &[char] = &[' ', '：', ':', '、', '|', '\n', '.', '；', '（', '）', '。', '，', '等'];

/// Names that are already linked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proven {
    /// The longest name of each institution.
    names: HashMap<usize, String>,
    /// Where each stands: place of the first character → one past the last, whom it names, its text.
    places: BTreeMap<(Field, usize), (usize, usize, String)>,
    /// One past the last character → the first one.
    ends: HashMap<(Field, usize), usize>,
}

impl Proven {
    pub fn add(&mut self, institution: usize, text: &str, hit: &NameHit) {
        let name = self.names.entry(institution).or_default();
        if text.len() > name.len() {
            text.clone_into(name);
        }
        self.places.insert((hit.field, hit.start), (hit.end, institution, text.to_owned()));
        self.ends.insert((hit.field, hit.end), hit.start);
    }

    /// The institution among `candidates` that was named last before the hit, else first behind it.
    pub fn nearest(&self, candidates: &[usize], hit: &NameHit) -> Option<usize> {
        let at = (hit.field, hit.start);
        let whom = |place: (&(Field, usize), &(usize, usize, String))| place.1.1;
        let mut before = self.places.range(..at).rev().map(whom);
        let mut behind = self.places.range(at..).map(whom);
        before.find(|i| candidates.contains(i)).or_else(|| behind.find(|i| candidates.contains(i)))
    }

    /// The name that stands next to the hit in a list: 甲、乙.
    fn beside(&self, passage: &Passage, hit: &NameHit) -> Option<&str> {
        let joined = |at: usize| passage.chars.get(at) == Some(&'、');
        let behind = || joined(hit.end).then_some((hit.field, hit.end + 1));
        let before = || {
            let end = hit.start.checked_sub(1).filter(|at| joined(*at))?;
            self.ends.get(&(hit.field, end)).map(|start| (hit.field, *start))
        };
        let place = behind().filter(|p| self.places.contains_key(p)).or_else(before)?;
        self.places.get(&place).map(|(_, _, text)| text.as_str())
    }

    /// The name of another institution inside a stretch of a field.
    fn other_within(&self, institution: usize, field: Field, range: Range<usize>) -> Option<&str> {
        let there = self.places.range((field, range.start)..(field, range.end.max(range.start)));
        // The first few tell as much as all.
        there
            .take(FEW)
            .find(|(_, (_, named, _))| *named != institution)
            .map(|(_, (_, _, text))| text.as_str())
    }

    /// The longest name under which the institution is already linked.
    fn name_of(&self, institution: usize) -> Option<&str> {
        self.names.get(&institution).map(String::as_str)
    }
}

/// Adds up the evidence of one article.
pub(crate) struct Scale<'a> {
    register: &'a Register,
    passages: &'a Passages<'a>,
    origin: Origin<'a>,
    /// Whether the article contains an address: looked up once.
    contained: HashMap<&'a str, bool>,
    /// Whether the article speaks of training at all.
    on_topic: bool,
}

/// Reasons for one bearer of a name. 1.0 is enough.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weighed {
    pub bearer: Bearer,
    pub score: f64,
    /// Something shows that the word is used as a name here at all.
    named: bool,
    /// In Chinese, strongest kinds first.
    pub evidence: Vec<String>,
}

impl Weighed {
    fn add(&mut self, weight: f64, reason: String) {
        self.score += weight;
        self.evidence.push(reason);
    }

    /// Evidence that the word is a name and no common speech.
    fn name(&mut self, weight: f64, reason: String) {
        self.named = true;
        self.add(weight, reason);
    }
}

impl<'a> Scale<'a> {
    pub fn new(register: &'a Register, passages: &'a Passages<'a>, origin: Origin<'a>) -> Scale<'a> {
        let on_topic = register.landmarks.context.iter().any(|w| passages.sights.has(*w));
        Scale { register, passages, origin, contained: HashMap::new(), on_topic }
    }

    fn contains(&mut self, text: &'a str) -> bool {
        let passages = self.passages;
        *self.contained.entry(text).or_insert_with(|| passages.contain(text))
    }

    /// What speaks for one bearer of a name at one place.
    pub fn weigh(
        &mut self,
        proven: &Proven,
        hit: &NameHit,
        pattern: &NamePattern,
        bearer: &Bearer,
    ) -> Weighed {
        let passage = self.passages.of(hit.field);
        let score = own_weight(pattern, bearer);
        let mut weighed = Weighed { bearer: *bearer, score, named: false, evidence: Vec::new() };
        if self.origin.owner == Some(bearer.institution) {
            weighed.name(1.5, "本机构的页面".to_owned());
        } else if self.on_own_site(bearer.institution) {
            weighed.name(1.0, "页面在其登记的网站上".to_owned());
        }
        if let Some(name) = proven.name_of(bearer.institution) {
            let reason = if name == pattern.text {
                format!("文中他处的「{name}」已确认")
            } else {
                format!("文中另有「{name}」")
            };
            weighed.name(0.8, reason);
        }
        if let Some(name) = proven.beside(passage, hit) {
            weighed.name(1.0, format!("与「{name}」并列"));
        } else if let Some(name) =
            proven.other_within(bearer.institution, hit.field, passage.paragraph(hit.start))
        {
            weighed.add(0.2, format!("同段有「{name}」"));
        }
        let place = self.whereabouts(passage, hit, &mut weighed);
        if pattern.masked {
            let whole = self.register.runs_on(passage, hit, bearer);
            if whole {
                weighed.name(1.0, "遮挡之外与全称相同".to_owned());
            } else if place.is_none() {
                weighed.score = 0.0;
                return weighed;
            }
            weighed.evidence.push("名称有遮挡，名录中只有这一家对应".to_owned());
        }
        neighbours(passage, hit, pattern, place, &mut weighed);
        self.trade(passage, hit, pattern, &mut weighed);
        if !weighed.named && pattern.bare {
            match pattern.text.chars().count() {
                // 白鹭 in a county paper that also writes of roller skates is still the bird.
                ..=2 => weighed.score = 0.0,
                3 if pattern.common_word => weighed.score = 0.0,
                _ if pattern.common_word => weighed.score -= 0.4,
                _ => {}
            }
        }
        weighed
    }

    fn on_own_site(&self, institution: usize) -> bool {
        let host = host(self.origin.url);
        let Some(row) = self.register.institutions().get(institution) else { return false };
        !host.is_empty() && row.sites.iter().any(|site| self::host(site) == host)
    }

    /// Address, road, town and county. Where the one begins that stands directly in front of the name, if one does.
    fn whereabouts(&mut self, passage: &Passage, hit: &NameHit, weighed: &mut Weighed) -> Option<usize> {
        let register = self.register;
        let home = register.homes.get(weighed.bearer.institution)?;
        let marks = register.landmarks.of(weighed.bearer.institution)?;
        let sights = &self.passages.sights;
        let by_road = sights.has(marks.road);
        if sights.has(marks.spot) || (by_road && self.contains(&home.spot)) {
            weighed.name(0.8, format!("文中有其地址「{}」", home.spot));
            let clause = passage.clause(hit.start);
            if passage.normal.slice(clause.start, hit.start).contains(&home.spot) {
                weighed.score += 0.6;
            }
        } else if by_road {
            weighed.add(0.25, format!("文中有其所在「{}」", home.road));
        }
        if let Some((own, start)) = in_front(passage, hit, home) {
            weighed.name(0.8, format!("前接「{own}」"));
            return Some(start);
        }
        if sights.has(marks.town) {
            weighed.add(0.3, format!("文中地点「{}」", home.town));
        }
        let bare = home.county_bare();
        if bare.is_empty() {
            return None;
        }
        let sentence = passage.sentence(hit.start);
        if sights.has_within(marks.bare, hit.field, &sentence) {
            weighed.add(0.4, format!("同句有「{}」", home.county));
        } else if sights.has(marks.bare) {
            weighed.add(0.3, format!("文中地点「{}」", home.county));
        } else if self.origin.source.contains(bare) {
            weighed.add(0.3, format!("来源为「{}」", self.origin.source));
        }
        None
    }

    /// What the institution teaches, what kind of institution it is, and whether training is spoken of at all.
    fn trade(&self, passage: &Passage, hit: &NameHit, pattern: &NamePattern, weighed: &mut Weighed) {
        let range = passage.sentence(hit.start);
        let (landmarks, sights) = (&self.register.landmarks, &self.passages.sights);
        // The name itself says nothing about what the sentence says.
        let sides = [range.start..hit.start, hit.end..range.end.max(hit.end)];
        let said = |word: Landmark| sides.iter().any(|side| sights.has_within(word, hit.field, side));
        let Some(marks) = landmarks.of(weighed.bearer.institution) else { return };
        let signs = || landmarks.signs(marks).iter().copied();
        if let Some(word) = signs().find(|w| said(*w)) {
            weighed.add(0.4, format!("同句有其业务「{}」", landmarks.text(word)));
        } else if let Some(word) =
            signs().find(|w| sights.has(*w) && !pattern.text.contains(landmarks.text(*w)))
        {
            weighed.add(0.3, format!("文中有其业务「{}」", landmarks.text(word)));
        }
        if let Some(word) = landmarks.context.iter().copied().find(|w| said(*w)) {
            weighed.add(0.4, format!("同句有「{}」", landmarks.text(word)));
        } else if self.on_topic {
            weighed.score += 0.2;
        }
    }
}

/// The host of an address: `www.a.example` in `https://www.a.example/b`.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#', ':']).next().unwrap_or_default()
}

/// The institution's own place directly in front of the name, and where it begins.
fn in_front<'h>(passage: &Passage, hit: &NameHit, home: &'h Home) -> Option<(&'h str, usize)> {
    let mut at = hit.start;
    while at > 0 && passage.chars.get(at - 1).is_some_and(|c| *c == '的' || OPENING.contains(c)) {
        at -= 1;
    }
    let before = passage.normal.slice(at.saturating_sub(14), at);
    [home.spot.as_str(), &home.road, &home.town, &home.county, home.county_bare()]
        .into_iter()
        .find(|own| !own.is_empty() && before.ends_with(own))
        .map(|own| (own, at - own.chars().count()))
}

/// What the name brings along: a given name that is no word is nearly enough.
fn own_weight(pattern: &NamePattern, bearer: &Bearer) -> f64 {
    let length = pattern.text.chars().count();
    match (pattern.common_word, bearer.via, pattern.bearers.len()) {
        // Nobody says 未来工匠 or 蓝海豚 by chance as often as 阳光.
        (true, _, _) if length >= 4 => 0.6,
        (true, _, _) if length == 3 => 0.2,
        (true, Via::Short, _) => -0.2,
        (true, _, _) => 0.0,
        (false, _, 2..) => 0.2,
        (false, Via::Alias, _) => 0.5,
        // 彩虹艺术: a common word with the institution's own trade behind it.
        (false, Via::Short, _) if length >= 4 => 0.5,
        (false, _, _) => 0.3,
    }
}

/// The words on both sides. `place` is where the institution's own place begins in front of the name.
fn neighbours(
    passage: &Passage,
    hit: &NameHit,
    pattern: &NamePattern,
    place: Option<usize>,
    weighed: &mut Weighed,
) {
    let cues = &words().evidence;
    let is = |at: usize, set: &[char]| passage.chars.get(at).is_some_and(|c| set.contains(c));
    let quoted = is(hit.end, CLOSING) && hit.start > 0 && is(hit.start - 1, OPENING);
    let upto = if quoted { hit.end + 1 } else { hit.end };
    let from = place.unwrap_or(if quoted { hit.start - 1 } else { hit.start });
    // 蓝海豚3名教练 counts people of the place.
    let behind = passage.normal.slice(upto, upto + 8).trim_start_matches(COUNTING);
    let cue = |text: &str| cues.right_cues.iter().find(|c| text.starts_with(c.as_str()));
    let right = cue(behind);
    if let Some(word) = right {
        weighed.name(0.6, format!("后接「{word}」"));
    } else if let Some(word) =
        behind.strip_prefix('的').filter(|_| quoted || !pattern.common_word).and_then(cue)
    {
        weighed.name(0.3, format!("后接「的{word}」"));
    }
    if quoted {
        weighed.score += 0.2;
    }
    let before = passage.normal.slice(from.saturating_sub(3), from);
    let left = cues.left_cues.iter().any(|c| before.ends_with(c.as_str()));
    let called = cues.left_names.iter().find(|c| before.ends_with(c.as_str()));
    if let Some(word) = called {
        weighed.name(0.3, format!("前接「{word}」"));
    } else if left {
        weighed.score += 0.15;
    }
    let (open, closed) = (from == 0 || is(from - 1, BREAKS), upto >= passage.chars.len() || is(upto, BREAKS));
    // An entry of a list, a cell of a table, a line of its own; or what follows the county and ends there.
    if closed && (place.is_some() || (open && !is(upto, &['，']))) {
        weighed.named = true;
        weighed.score += 0.3;
    }
    // A longer name is less likely to be cut out of other words.
    let penalty = match pattern.text.chars().count() {
        ..=2 => 0.3,
        3 => 0.15,
        _ => 0.0,
    };
    let table = &words().boundary;
    let free = |c: Option<&char>, table: &str| c.is_none_or(|c| !is_han(*c) || table.contains(*c));
    let first = hit.start.checked_sub(1).and_then(|at| passage.chars.get(at));
    if !left && place.is_none() && !free(first, &table.free_left) && !passage.normal.gap_before(hit.start) {
        weighed.score -= penalty;
    }
    let framed = right.is_some() || (called.is_some() && place.is_some());
    if !framed && !free(passage.chars.get(hit.end), &table.free_right) {
        weighed.score -= penalty;
    }
}
