//! The same name in another county.

use crate::landmarks::Marks;
use crate::place::{Home, Place, bare};
use crate::resolve::{NameHit, Passage, Passages};
use crate::words::words;
use std::ops::Range;

/// Characters that may stand between a place and the name it qualifies.
const OPENERS: &[char] = &['“', '"', '「', '『', '《', '‘', '\'', '（', '(', '的', ' '];
/// Another place without its name.
const SOMEWHERE: &[&str] = &[
    "邻省", "邻县", "邻市", "邻区", "外省", "外地", "外县", "外市", "省外", "县外", "市外", "某省", "某市",
    "某县", "某地",
];
/// How far from the beginning of the body a place still rules the whole article.
const LEAD: usize = 120;

/// The other place that the name belongs to, if the text says so. `earlier` is what the same name was found to
/// belong to further up in the article. On an institution's `own` page only what stands directly in front counts.
pub(crate) fn place(
    passages: &Passages,
    hit: &NameHit,
    (home, marks): (&Home, &Marks),
    earlier: Option<&str>,
    own: bool,
) -> Option<String> {
    let passage = passages.of(hit.field);
    if own || home.county.is_empty() {
        return adjacent(passages, passage, hit, home).flatten();
    }
    if let Some(verdict) = adjacent(passages, passage, hit, home) {
        return verdict;
    }
    let own = |range: &Range<usize>| marks.are_named_within(&passages.sights, hit.field, range);
    if let Some(verdict) = same_clause(passage, hit, home, own) {
        return verdict;
    }
    let sentence = passage.sentence(hit.start);
    if own(&sentence) {
        return None;
    }
    earlier
        .map(str::to_owned)
        .or_else(|| same_sentence(passage, hit, home, &sentence))
        .or_else(|| article_is_about(passages, home, marks))
}

/// What stands directly in front of the name: `Some(None)` its own place, `Some(Some(_))` another one.
fn adjacent(passages: &Passages, passage: &Passage, hit: &NameHit, home: &Home) -> Option<Option<String>> {
    let mut at = hit.start;
    while at > 0 && passage.chars.get(at - 1).is_some_and(|c| OPENERS.contains(c)) {
        at -= 1;
    }
    let before = passage.normal.slice(at.saturating_sub(8), at);
    let own = [home.county.as_str(), home.county_bare(), &home.town, &home.road, &home.spot];
    if own.iter().any(|o| !o.is_empty() && before.ends_with(o)) {
        return Some(None);
    }
    if let Some(word) = SOMEWHERE.iter().find(|w| before.ends_with(*w)) {
        return Some(Some((*word).to_owned()));
    }
    if let Some(place) = last_before(passage, at).filter(|p| p.end == at) {
        return Some(if home.holds(&place.name) { None } else { Some(place.name.clone()) });
    }
    let city = bare(&home.city);
    let named = passages
        .all()
        .into_iter()
        .flat_map(|p| &p.places)
        .filter(|p| !home.holds(&p.name))
        .map(|p| bare(&p.name))
        .chain(
            words()
                .places
                .well_known
                .iter()
                .map(String::as_str)
                .filter(|w| *w != city && *w != home.county_bare()),
        )
        .find(|name| !name.is_empty() && before.ends_with(name))?;
    Some(Some(named.to_owned()))
}

/// The last place in front of the name in its own clause.
fn same_clause(
    passage: &Passage,
    hit: &NameHit,
    home: &Home,
    own: impl Fn(&Range<usize>) -> bool,
) -> Option<Option<String>> {
    let clause = passage.clause(hit.start);
    let place = last_before(passage, hit.start).filter(|p| p.start >= clause.start)?;
    if home.holds(&place.name) || own(&(place.end..hit.start)) {
        return Some(None);
    }
    (!of_a_person(passage, place)).then(|| Some(place.name.clone()))
}

/// The last place that ends in front of a character.
fn last_before<'p>(passage: &'p Passage, at: usize) -> Option<&'p Place> {
    let next = passage.places.partition_point(|p| p.end <= at);
    next.checked_sub(1).and_then(|last| passage.places.get(last))
}

/// The last place in front of the name in its sentence, which does not speak of the institution's own.
fn same_sentence(passage: &Passage, hit: &NameHit, home: &Home, sentence: &Range<usize>) -> Option<String> {
    let place = last_before(passage, hit.start).filter(|p| p.start >= sentence.start)?;
    // The city of the county is named as often as another one.
    let county = !place.name.ends_with('市');
    (county && !home.holds(&place.name) && !of_a_person(passage, place)).then(|| place.name.clone())
}

/// 家住松陵县的王女士, 松陵县居民: where somebody comes from says nothing about the institution.
fn of_a_person(passage: &Passage, place: &Place) -> bool {
    const IN_FRONT: &[&str] = &["家住", "来自", "籍贯", "户籍", "居住在", "考入", "录取", "考上"];
    const BEHIND: &[&str] =
        &["居民", "市民", "游客", "村民", "籍", "人", "家长", "男子", "女子", "学生", "消费者"];
    let front = passage.normal.slice(place.start.saturating_sub(3), place.start);
    let behind = passage.normal.slice(place.end, place.end + 4);
    IN_FRONT.iter().any(|w| front.ends_with(w))
        || BEHIND.iter().any(|w| behind.trim_start_matches(['的', '一', '名', '位']).starts_with(w))
}

/// The other county that the article is about: named in the title, or twice and early, while the own one never is.
fn article_is_about(passages: &Passages, home: &Home, marks: &Marks) -> Option<String> {
    if marks.are_named(&passages.sights) {
        return None;
    }
    let others = |p: &&Place| !p.name.ends_with('市') && !home.holds(&p.name);
    let [title, body] = passages.all();
    if let Some(place) = title.places.iter().find(others) {
        return Some(place.name.clone());
    }
    let early = body.places.iter().filter(|p| p.start < LEAD).find(others)?;
    (body.places.iter().filter(|p| p.name == early.name).count() >= 2).then(|| early.name.clone())
}
