//! What part an institution plays in an article when it is not the one at fault: whose name was abused, where
//! something takes place, who is praised, where nothing was found.

use crate::cues::Cue;
use crate::mentions::Mention;
use crate::tie::{Bond, Scene};
use std::collections::BTreeMap;

/// Words of praise, of abuse or of good order that are looked at in one article.
const MOST: usize = 50;

/// Institutions by the part they play, each with the words that say so.
#[derive(Default)]
pub(crate) struct Roles {
    /// Their name or property was abused.
    pub victims: BTreeMap<usize, (usize, usize)>,
    /// Only where something takes place.
    pub hosts: BTreeMap<usize, (usize, usize)>,
    /// Praised for what they did.
    pub praised: BTreeMap<usize, (usize, usize)>,
    /// Looked at, and nothing was found.
    pub sound: BTreeMap<usize, (usize, usize)>,
}

impl Roles {
    pub(crate) fn of(scene: &Scene<'_>) -> Roles {
        Roles { victims: victims(scene), hosts: hosts(scene), praised: praised(scene), sound: sound(scene) }
    }
}

/// Institutions that somebody preyed on.
fn victims(scene: &Scene<'_>) -> BTreeMap<usize, (usize, usize)> {
    let mut victims = BTreeMap::new();
    for mention in scene.mentions {
        let sentence = scene.document.sentence(mention.start);
        let said = scene.cues.first_in(Cue::Victim, sentence.clone());
        let preys = || {
            let verbs = scene.cues.within(Cue::Preys, sentence).iter().copied().take(MOST);
            verbs.into_iter().find(|(s, e)| is_prey(scene, mention, *s, *e))
        };
        if let Some(cue) = said.or_else(preys) {
            victims.entry(mention.institution).or_insert(cue);
        }
    }
    victims
}

/// Whether a verb such as 冒用 has an institution of its sentence as its object. Who stands in front of it without 被 is
/// the one who does it.
fn is_prey(scene: &Scene<'_>, mention: &Mention, start: usize, end: usize) -> bool {
    const NEAR: usize = 6;
    let clause = scene.document.clause(start);
    if mention.start >= end {
        return mention.start < clause.end || mention.start <= end + NEAR;
    }
    let between = scene.document.slice(mention.end.min(start), start);
    let behind = scene.document.slice(end, (end + 3).min(clause.end.max(end)));
    let front = scene.document.slice(mention.start.saturating_sub(2), mention.start);
    let passive = between.ends_with(['被', '遭']) || between.contains("被人") || between.contains("遭");
    let own = ["其", "该", "自己", "本", "我", "机构", "公司", "学校"].iter().any(|w| behind.starts_with(w));
    let place = front.ends_with(['在', '到', '入', '对', '向']);
    passive || own || place || behind.starts_with('案') || names_a_culprit(between)
}

/// A person between the name and the verb: 发现男子刘某冒充, 有人冒用.
fn names_a_culprit(between: &str) -> bool {
    ["男子", "女子", "有人", "他人", "不法", "骗子", "团伙", "嫌疑人", "小偷", "冒名者"]
        .iter()
        .any(|w| between.contains(w))
}

/// Institutions named behind 在, 走进 and the like with an event right behind the name.
fn hosts(scene: &Scene<'_>) -> BTreeMap<usize, (usize, usize)> {
    const NEAR: usize = 12;
    const IN: &[&str] = &["在", "走进", "来到", "到", "于", "参观了", "参观"];
    let mut hosts = BTreeMap::new();
    for mention in scene.mentions {
        let clause = scene.document.clause(mention.start);
        let front = scene.document.slice(clause.start.max(mention.start.saturating_sub(6)), mention.start);
        let behind = mention.end..clause.end.min(mention.end + NEAR);
        let front = front.trim_end_matches(['“', '「', '《']);
        if IN.iter().any(|w| front.ends_with(w))
            && let Some(cue) = scene.cues.first_in(Cue::Hosting, behind)
        {
            hosts.entry(mention.institution).or_insert(cue);
        }
    }
    hosts
}

/// Whom each word of praise is for.
fn praised(scene: &Scene<'_>) -> BTreeMap<usize, (usize, usize)> {
    let mut praised = BTreeMap::new();
    for &(start, end) in scene.cues.all(Cue::Praise).iter().take(MOST) {
        for (index, _) in scene.tie(start, end) {
            praised.entry(scene.mentions[index].institution).or_insert((start, end));
        }
    }
    // Praise of old does not outweigh a complaint or what an authority does now.
    let against = [Cue::Acted, Cue::Complaint].map(|cue| scene.cues.all(cue).iter().take(MOST));
    for &(start, end) in against.into_iter().flatten() {
        for (index, _) in scene.tie(start, end).into_iter().filter(|(_, bond)| *bond <= Bond::Carried(1)) {
            praised.remove(&scene.mentions[index].institution);
        }
    }
    praised
}

/// Institutions whose every sentence says that all is in order, in an article that names others as well.
fn sound(scene: &Scene<'_>) -> BTreeMap<usize, (usize, usize)> {
    let mut sound = BTreeMap::new();
    if scene.only.is_some() {
        return sound;
    }
    for &(start, end) in scene.cues.all(Cue::Sound).iter().take(MOST) {
        for (index, bond) in scene.tie(start, end) {
            if bond <= Bond::Sentence {
                sound.entry(scene.mentions[index].institution).or_insert((start, end));
            }
        }
    }
    let accused = |m: &Mention| {
        let sentence = scene.document.sentence(m.start);
        scene.cues.any_in(Cue::Harsh, sentence.clone()) || scene.cues.any_in(Cue::Acted, sentence)
    };
    for mention in scene.mentions.iter().filter(|m| accused(m)) {
        sound.remove(&mention.institution);
    }
    sound
}
