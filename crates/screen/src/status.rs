//! What became of a fault: denied by whoever looked into it, put right, or only ordered to be put right.

use crate::cues::Cue;
use crate::guards::Tied;
use crate::tie::{Bond, Scene};
use std::ops::Range;

/// Words of settlement that are looked at behind one match.
const CLEARINGS: usize = 10;

/// Words of denial that are looked at in one item.
const DENIALS: usize = 20;

/// The item denies what is told, and nothing of it is upheld.
pub(crate) fn denied(scene: &Scene<'_>, item: &Range<usize>, tied: &Tied<'_>) -> Option<String> {
    let title = 0..scene.document.body_start();
    if scene.cues.any_in(Cue::Upheld, item.clone()) {
        return None;
    }
    let denies = |range: Range<usize>| {
        let words = scene.cues.within(Cue::Denial, range);
        words.iter().copied().take(DENIALS).find(|(s, _)| !is_appeal(scene, *s))
    };
    let spoken = denies(item.clone()).or_else(|| denies(title.clone()));
    // 编造, 虚假信息 may be the rumour or the offence itself: they deny only where nobody acts against the institution.
    let (s, e) = spoken.or_else(|| {
        let lies = |range| scene.cues.first_in(Cue::Untrue, range);
        let lie = lies(item.clone()).or_else(|| lies(title))?;
        (is_about(scene, lie, tied.institution) || !called_to_account(scene, item)).then_some(lie)
    })?;
    let sentence = scene.document.sentence(tied.hit.start);
    let sentence = sentence.start..sentence.end.max(tied.hit.end);
    let acted_here = tied.bond <= Bond::Sentence
        && scene.cues.any_in(Cue::Acted, sentence.clone())
        && !scene.cues.any_in(Cue::Denial, sentence.clone())
        && !scene.cues.any_in(Cue::Spreader, sentence);
    (!acted_here).then(|| format!("文中已辟谣或否认（“{}”）", scene.document.slice(s, e)))
}

/// 请勿传播不实信息: what everybody should not do says nothing about what happened.
fn is_appeal(scene: &Scene<'_>, place: usize) -> bool {
    const NEAR: usize = 8;
    let clause = scene.document.clause(place);
    let front = scene.document.slice(place.saturating_sub(NEAR).max(clause.start), place);
    ["勿", "不要", "不得", "切莫", "不再"].iter().any(|w| front.contains(w))
}

/// 编造“青松舞蹈老师打人”: the institution is what the lie is about.
fn is_about(scene: &Scene<'_>, (_, end): (usize, usize), institution: usize) -> bool {
    let clause = scene.document.clause(end.saturating_sub(1));
    let named = scene.mentions.iter().filter(|m| m.institution == institution);
    named.take_while(|m| m.start < clause.end).any(|m| m.start >= end)
}

/// An authority acts in an item, and not against those who spread a rumour.
fn called_to_account(scene: &Scene<'_>, item: &Range<usize>) -> bool {
    let acts = scene.cues.within(Cue::Acted, item.clone());
    acts.iter().take(DENIALS).any(|(s, _)| !scene.cues.any_in(Cue::Spreader, scene.document.sentence(*s)))
}

/// A re-inspection, a refund or an orderly closing of this institution is told at or after the match.
pub(crate) fn cleared(scene: &Scene<'_>, item: &Range<usize>, tied: &Tied<'_>) -> Option<String> {
    let from = scene.document.sentence(tied.hit.start).start;
    let title = 0..scene.document.body_start();
    let done = |range: Range<usize>| {
        scene
            .cues
            .within(Cue::Cleared, range)
            .iter()
            .copied()
            .take(CLEARINGS)
            .find(|(s, _)| !pending(scene, *s))
    };
    // In a list the entry of the institution says what became of it, wherever the list is summed up.
    let entry = || {
        let own = scene.mentions.iter().filter(|m| m.institution == tied.institution);
        own.map(|m| scene.outline.item_of(m.start))
            .filter(|item| item.numbered)
            .find_map(|item| done(item.range.clone()))
    };
    let (s, e) = done(from..item.end)
        .or_else(|| done(title))
        .or_else(|| scene.outline.listing().and_then(|_| entry()))?;
    let concerns = scene.only == Some(tied.institution)
        || scene.tie(s, e).iter().any(|(i, _)| scene.mentions[*i].institution == tied.institution);
    concerns.then(|| format!("已整改或已了结（“{}”）", scene.document.slice(s, e)))
}

/// 责令全额退款, 五日前完成整改: an order or a date, not the deed.
fn pending(scene: &Scene<'_>, place: usize) -> bool {
    let sentence = scene.document.sentence(place);
    let near = scene.document.slice(place.saturating_sub(6).max(sentence.start), place);
    let settled = near.contains('已') || near.contains("调解") || near.contains("协调");
    near.ends_with('前') || (!settled && scene.cues.any_in(Cue::Pending, sentence.start..place))
}
