//! Why a match that was tied to an institution still raises nothing: nobody is at fault, or not any more.

use crate::cues::Cue;
use crate::tie::{Bond, Scene};
use guanlan_model::Category;
use guanlan_rules::{Match, Named};
use std::collections::BTreeMap;
use std::ops::Range;

/// Words of praise that are looked at in one article.
const PRAISES: usize = 50;

/// Words of settlement that are looked at behind one match.
const CLEARINGS: usize = 10;

/// What is known of the whole article before single matches are judged.
pub(crate) struct Tone {
    title: Range<usize>,
    /// The headline announces an exercise, a lecture or a performance.
    harmless_title: Option<&'static str>,
    /// The headline is a notice or an appeal to everybody.
    policy_title: bool,
    /// Kind words and not one harsh one in the whole article.
    kind: Option<(usize, usize)>,
    /// Institutions whose name or property was abused.
    victims: BTreeMap<usize, (usize, usize)>,
    /// Institutions that are only where something takes place.
    hosts: BTreeMap<usize, (usize, usize)>,
    /// Institutions that are praised for what they did.
    praised: BTreeMap<usize, (usize, usize)>,
}

impl Tone {
    pub(crate) fn of(scene: &Scene<'_>) -> Tone {
        let title = 0..scene.document.body_start();
        let has = |cue| scene.cues.any_in(cue, title.clone());
        let harmless_title = if has(Cue::Drill) {
            Some("全文为演练报道")
        } else if has(Cue::Lecture) {
            Some("全文为宣传教育报道")
        } else if has(Cue::Stage) {
            Some("全文为演出赛事报道")
        } else {
            None
        };
        // A title that itself says who did what (甲机构被责令…的通知) is no general notice.
        // Nor is an article in which somebody complains.
        let policy_title = has(Cue::Policy)
            && !has(Cue::Acted)
            && !scene.cues.any_in(Cue::Complaint, 0..scene.document.end());
        let mut victims = BTreeMap::new();
        for mention in scene.mentions {
            let sentence = scene.document.sentence(mention.start);
            if let Some(cue) = scene.cues.first_in(Cue::Victim, sentence) {
                victims.entry(mention.institution).or_insert(cue);
            }
        }
        let praised = praised(scene);
        let kind =
            scene.cues.all(Cue::Warm).first().copied().filter(|_| scene.cues.all(Cue::Harsh).is_empty());
        Tone { title, harmless_title, policy_title, victims, hosts: hosts(scene), praised, kind }
    }
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
    for &(start, end) in scene.cues.all(Cue::Praise).iter().take(PRAISES) {
        for (index, _) in scene.tie(start, end) {
            praised.entry(scene.mentions[index].institution).or_insert((start, end));
        }
    }
    praised
}

/// One tied match under judgement.
pub(crate) struct Tied<'a> {
    pub hit: &'a Match,
    pub category: Category,
    pub institution: usize,
    pub bond: Bond,
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
    let in_title = tone.title.contains(&place);
    let item = scene.outline.item_of(place).range.clone();
    denied(scene, &item, &sentence, tied)
        .or_else(|| disowned(scene, tied.hit, Cue::Never))
        .or_else(|| victim(scene, tone, tied))
        .or_else(|| cleared(scene, &item, tied))
        .or_else(|| (!firm).then(|| general(scene, tone, &sentence, tied, in_title, acted)).flatten())
        .or_else(|| listed_as_good(scene, tied))
}

/// The item denies what is told, and nothing of it is upheld.
fn denied(
    scene: &Scene<'_>,
    item: &Range<usize>,
    sentence: &Range<usize>,
    tied: &Tied<'_>,
) -> Option<String> {
    let title = 0..scene.document.body_start();
    let (s, e) =
        scene.cues.first_in(Cue::Denial, item.clone()).or_else(|| scene.cues.first_in(Cue::Denial, title))?;
    let upheld = scene.cues.any_in(Cue::Upheld, item.clone());
    let acted_here = tied.bond <= Bond::Sentence
        && scene.cues.any_in(Cue::Acted, sentence.clone())
        && !scene.cues.any_in(Cue::Denial, sentence.clone());
    (!upheld && !acted_here).then(|| format!("文中已辟谣或否认（“{}”）", scene.document.slice(s, e)))
}

fn victim(scene: &Scene<'_>, tone: &Tone, tied: &Tied<'_>) -> Option<String> {
    let (s, e) = *tone.victims.get(&tied.institution)?;
    Some(format!("该机构是受害一方（“{}”）", scene.document.slice(s, e)))
}

/// Characters in front of a hit in which a denial binds to it.
const BINDS: usize = 12;

/// 从不办收费杯赛: a denial in the clause, right in front of any part of the hit.
fn disowned(scene: &Scene<'_>, hit: &Match, cue: Cue) -> Option<String> {
    let within_hit = |place: usize| hit.parts.iter().any(|(s, e)| *s <= place && place < *e);
    hit.parts.iter().find_map(|&(start, _)| {
        let from = start.saturating_sub(BINDS).max(scene.document.clause(start).start);
        let (s, e) = scene
            .cues
            .within(cue, from..start)
            .iter()
            .copied()
            .find(|(s, e)| *e <= start && !within_hit(*s))?;
        Some(format!("前文“{}”表示否定", scene.document.slice(s, e)))
    })
}

/// 节假日休息: a denial in the clause, right behind any part of the hit.
fn disowned_after(scene: &Scene<'_>, hit: &Match) -> Option<String> {
    const REACH: usize = 6;
    hit.parts.iter().find_map(|&(_, end)| {
        let upto = (end + REACH).min(scene.document.clause(end.saturating_sub(1)).end);
        let (s, e) = scene.cues.first_in(Cue::Trailing, end..upto)?;
        Some(format!("后文“{}”表示否定", scene.document.slice(s, e)))
    })
}

/// 不考试, 不上课 promise an easy certificate: they are the offer itself, not a denial.
const OFFERED: &[char] = &['考', '上', '学', '到', '培'];

/// 不强压, 不代收, 非周末授课: the one character in front of a part denies it.
fn negated(scene: &Scene<'_>, hit: &Match) -> Option<String> {
    hit.parts.iter().find_map(|&(start, end)| {
        let before = scene.document.slice(start.checked_sub(1)?, start);
        let free = !hit.parts.iter().any(|(s, e)| *s < start && start <= *e);
        let offered = scene.document.slice(start, end).starts_with(OFFERED);
        let denies = before == "非" || (!offered && matches!(before, "不" | "勿" | "莫"));
        (free && denies).then(|| format!("“{before}{}”为否定", scene.document.slice(start, end)))
    })
}

/// A re-inspection, a refund or an orderly closing of this institution is told at or after the match.
fn cleared(scene: &Scene<'_>, item: &Range<usize>, tied: &Tied<'_>) -> Option<String> {
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
    let (s, e) = done(from..item.end).or_else(|| done(title))?;
    let concerns = scene.only == Some(tied.institution)
        || scene.tie(s, e).iter().any(|(i, _)| scene.mentions[*i].institution == tied.institution);
    concerns.then(|| format!("已整改或已了结（“{}”）", scene.document.slice(s, e)))
}

/// 责令全额退款, 五日前完成整改: an order or a date, not the deed.
fn pending(scene: &Scene<'_>, place: usize) -> bool {
    let sentence = scene.document.sentence(place);
    let near = scene.document.slice(place.saturating_sub(6).max(sentence.start), place);
    near.ends_with('前') || (!near.contains('已') && scene.cues.any_in(Cue::Pending, sentence.start..place))
}

/// Telling that is about everybody, about others, or about what is not real.
fn general(
    scene: &Scene<'_>,
    tone: &Tone,
    sentence: &Range<usize>,
    tied: &Tied<'_>,
    in_title: bool,
    acted: bool,
) -> Option<String> {
    if (!acted || tied.bond > Bond::Sentence)
        && let Some(&(s, e)) = tone.praised.get(&tied.institution)
    {
        return Some(format!("该机构受到肯定（“{}”）", scene.document.slice(s, e)));
    }
    if !acted
        && tied.bond > Bond::Clause
        && let Some(&(s, e)) = tone.hosts.get(&tied.institution)
    {
        return Some(format!("该机构只是活动场所（“{}”）", scene.document.slice(s, e)));
    }
    if let Some((s, e)) = tone.kind {
        return Some(format!("全文为正面报道（“{}”）", scene.document.slice(s, e)));
    }
    if let Some(reason) = tone.harmless_title {
        return Some(reason.to_owned());
    }
    if tone.policy_title && tied.bond > Bond::Clause {
        return Some("全文为通知、倡议或提醒，未指向该机构".to_owned());
    }
    let show = |(s, e): (usize, usize)| scene.document.slice(s, e).to_owned();
    let paragraph = scene.document.paragraph(tied.hit.start);
    // A drill is often told as if it were real and explained a paragraph later.
    let staged = matches!(tied.category, Category::Fire | Category::Injury);
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
    let physical = !matches!(
        tied.category,
        Category::ClosureRefund | Category::Fees | Category::Licence | Category::Penalty
    );
    if physical && let Some(cue) = scene.cues.first_in(Cue::Fiction, sentence.clone()) {
        return Some(format!("同句为故事或赛事描写（“{}”）", show(cue)));
    }
    let before = sentence.start..tied.hit.start;
    if tied.bond > Bond::Clause
        && let Some(cue) = scene.cues.first_in(Cue::Others, before.clone())
    {
        return Some(format!("所述为他人或行业情况（“{}”）", show(cue)));
    }
    if !in_title
        && tied.bond > Bond::Clause
        && let Some(cue) = scene.cues.first_in(Cue::Doubt, before)
    {
        return Some(format!("所述为假设或提醒（“{}”）", show(cue)));
    }
    None
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
    let (s, e) = scene
        .cues
        .first_in(Cue::Whitelist, before)
        .or_else(|| scene.cues.first_in(Cue::Whitelist, title).filter(|_| announced))?;
    Some(format!("名称出现在正面名单中（“{}”）", scene.document.slice(s, e)))
}

/// The Chinese reason why a match on an institution's own page raises nothing.
pub(crate) fn promo_excuse(scene: &Scene<'_>, hit: &Match, category: Category) -> Option<String> {
    let show = |(s, e): (usize, usize)| scene.document.slice(s, e).to_owned();
    let whole = 0..scene.document.end();
    let sentence = scene.document.sentence(hit.start);
    let sentence = sentence.start..sentence.end.max(hit.end);
    if matches!(category, Category::Fraud | Category::ClosureRefund | Category::Fees | Category::Licence)
        && let Some(cue) = scene.cues.first_in(Cue::Victim, whole.clone())
    {
        return Some(format!("页面为被冒名的声明（“{}”）", show(cue)));
    }
    let withdrawn = scene.cues.first_in(Cue::Withdrawn, sentence.clone()).or_else(|| {
        let title = 0..scene.document.body_start();
        scene.cues.first_in(Cue::Withdrawn, title)
    });
    if let Some(cue) = withdrawn {
        return Some(format!("机构已撤回或停止（“{}”）", show(cue)));
    }
    let before = sentence.start..hit.start;
    if let Some(cue) = scene.cues.first_in(Cue::Doubt, before) {
        return Some(format!("所述为假设或提醒（“{}”）", show(cue)));
    }
    disowned(scene, hit, Cue::Refusal)
        .or_else(|| disowned(scene, hit, Cue::Never))
        .or_else(|| disowned_after(scene, hit))
        .or_else(|| negated(scene, hit))
}
