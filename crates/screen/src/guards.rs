//! Why a match that was tied to an institution still raises nothing: nobody is at fault, or not any more.

use crate::cues::Cue;
use crate::frame;
use crate::genre::Genre;
use crate::negation;
use crate::roles::Roles;
use crate::status;
use crate::tie::{Bond, Scene};
use guanlan_model::Category;
use guanlan_rules::{Match, Named};
use std::ops::Range;

/// What is known of the whole article before single matches are judged.
pub(crate) struct Tone {
    genre: Genre,
    roles: Roles,
}

impl Tone {
    pub(crate) fn of(scene: &Scene<'_>) -> Tone {
        Tone { genre: Genre::of(scene), roles: Roles::of(scene) }
    }
}

/// One tied match under judgement.
pub(crate) struct Tied<'a> {
    pub hit: &'a Match,
    pub category: Category,
    pub institution: usize,
    pub bond: Bond,
    /// The rule is about something that happens at a stroke.
    pub urgent: bool,
}

impl Tied<'_> {
    /// How near the institution is named, for the suppressors of the pack.
    pub(crate) fn named(&self) -> Named {
        match self.bond {
            Bond::Clause | Bond::Sentence => Named::InSentence,
            _ => Named::Nearby,
        }
    }
}

/// The Chinese reason why a tied match in news raises nothing; nothing when it stands.
pub(crate) fn excuse(scene: &Scene<'_>, tone: &Tone, tied: &Tied<'_>) -> Option<String> {
    let place = tied.hit.start;
    let sentence = scene.document.sentence(place);
    let sentence = sentence.start..sentence.end.max(tied.hit.end);
    let acted = scene.cues.any_in(Cue::Acted, sentence.clone());
    // An authority acted and the institution is named in the very sentence: no genre excuses that.
    let firm = acted && tied.bond <= Bond::Reference;
    let item = scene.outline.item_of(place).range.clone();
    status::denied(scene, &item, tied)
        .or_else(|| negation::in_front(scene, tied.hit, Cue::Never))
        .or_else(|| negation::abstains(scene, tied.hit, tied.category))
        .or_else(|| victim(scene, tone, tied))
        .or_else(|| found_sound(scene, &sentence, tied))
        .or_else(|| status::cleared(scene, &item, tied))
        .or_else(|| (!firm).then(|| general(scene, tone, &sentence, tied, acted)).flatten())
        .or_else(|| listed_as_good(scene, tied))
}

/// 报警器均能正常工作: what is looked at in the sentence is found in order. Of what happened suddenly (a fire) the return
/// to order is no excuse.
fn found_sound(scene: &Scene<'_>, sentence: &Range<usize>, tied: &Tied<'_>) -> Option<String> {
    let bad = |cue| scene.cues.any_in(cue, sentence.clone());
    if tied.urgent || bad(Cue::Harsh) || bad(Cue::Acted) || bad(Cue::Complaint) {
        return None;
    }
    let words = scene.cues.within(Cue::Sound, tied.hit.start..sentence.end);
    let (s, e) = words.iter().copied().find(|(s, _)| {
        let front = scene.document.slice(s.saturating_sub(3).max(sentence.start), *s);
        !front.contains(['不', '未', '无', '没', '非'])
    })?;
    Some(format!("所查事项正常（“{}”）", scene.document.slice(s, e)))
}

fn victim(scene: &Scene<'_>, tone: &Tone, tied: &Tied<'_>) -> Option<String> {
    let (s, e) = *tone.roles.victims.get(&tied.institution)?;
    Some(format!("该机构是受害一方（“{}”）", scene.document.slice(s, e)))
}

/// Telling that is about everybody, about others, or about what is not real.
fn general(
    scene: &Scene<'_>,
    tone: &Tone,
    sentence: &Range<usize>,
    tied: &Tied<'_>,
    acted: bool,
) -> Option<String> {
    if (!acted || tied.bond > Bond::Sentence)
        && let Some(&(s, e)) = tone.roles.praised.get(&tied.institution)
    {
        return Some(format!("该机构受到肯定（“{}”）", scene.document.slice(s, e)));
    }
    if !acted
        && tied.bond > Bond::Clause
        && let Some(&(s, e)) = tone.roles.hosts.get(&tied.institution)
    {
        return Some(format!("该机构只是活动场所（“{}”）", scene.document.slice(s, e)));
    }
    if let Some(&(s, e)) = tone.roles.sound.get(&tied.institution)
        && (tied.bond > Bond::Sentence || tied.hit.parts.iter().any(|(s, _)| !sentence.contains(s)))
    {
        return Some(format!("检查未见该机构有问题（“{}”）", scene.document.slice(s, e)));
    }
    if let Some((s, e)) =
        tone.genre.kind.filter(|_| tone.genre.warmth >= if tied.bond <= Bond::Reference { 2 } else { 1 })
    {
        return Some(format!("全文为正面报道（“{}”）", scene.document.slice(s, e)));
    }
    if let Some(reason) = tone.genre.harmless {
        return Some(reason.to_owned());
    }
    if tone.genre.policy && tied.bond > Bond::Clause {
        return Some("全文为通知、倡议或提醒，未指向该机构".to_owned());
    }
    let show = |(s, e): (usize, usize)| scene.document.slice(s, e).to_owned();
    let paragraph = scene.document.paragraph(tied.hit.start);
    // A drill is often told as if it were real and explained a paragraph later.
    let staged = matches!(tied.category, Category::Fire | Category::Injury | Category::ChildHarm);
    let reach = if staged && !acted {
        scene.outline.item_of(tied.hit.start).range.clone()
    } else {
        paragraph.clone()
    };
    if let Some(cue) = scene.cues.first_in(Cue::Drill, reach) {
        return Some(format!("文中为演练（“{}”）", show(cue)));
    }
    if !acted && let Some(cue) = scene.cues.first_in(Cue::Lecture, paragraph) {
        return Some(format!("同段为宣传教育（“{}”）", show(cue)));
    }
    frame::excuse(scene, sentence, tied, acted)
}

/// The name stands in a list of good ones: "白名单：甲、乙", or the headline announces such a list.
fn listed_as_good(scene: &Scene<'_>, tied: &Tied<'_>) -> Option<String> {
    if tied.bond <= Bond::Sentence {
        return None;
    }
    let before = scene.document.paragraph(tied.hit.start).start..tied.hit.start;
    let title = 0..scene.document.body_start();
    // What a heading says of its list is no carrying over; a list of the bad ones may stand beside the good ones.
    let announced =
        tied.bond != Bond::Listed && !scene.document.slice(0, title.end.saturating_sub(1)).contains('黑');
    let good = |range: Range<usize>| {
        scene.cues.within(Cue::Whitelist, range).iter().copied().find(|place| is_list(scene, *place))
    };
    let (s, e) = good(before).or_else(|| good(title).filter(|_| announced))?;
    Some(format!("名称出现在正面名单中（“{}”）", scene.document.slice(s, e)))
}

/// “红榜” in quotation marks is mockery, and 白名单赛事 is a list of something else.
fn is_list(scene: &Scene<'_>, (start, end): (usize, usize)) -> bool {
    let sentence = scene.document.sentence(start);
    let behind = scene.document.slice(end, (end + 2).min(sentence.end.max(end)));
    !["赛事", "竞赛", "之外", "外"].iter().any(|w| behind.starts_with(w)) && !scene.is_quoted(start)
}
