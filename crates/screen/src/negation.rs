//! Denials that bind to the words of a match: 从不, 不, 非 in front, 休息 or 停课 behind.

use crate::cues::Cue;
use crate::tie::Scene;
use guanlan_model::Category;
use guanlan_rules::Match;

/// Characters in front of a hit in which a denial binds to it.
const BINDS: usize = 12;

/// Characters behind a hit in which a denial binds to it.
const REACH: usize = 6;

/// 不考试, 不上课 promise an easy certificate: they are the offer itself, not a denial.
const OFFERED: &[char] = &['考', '上', '学', '到', '培'];

/// 从不办收费杯赛: a denial in the clause, right in front of any part of the hit.
pub(crate) fn in_front(scene: &Scene<'_>, hit: &Match, cue: Cue) -> Option<String> {
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

/// 不讲题, 没有跪拜; 寒假该校不开课: an institution in the news is said not to do what a rule is about. What must be done
/// (退费, 持证) is left out: there not doing it is the fault.
pub(crate) fn abstains(scene: &Scene<'_>, hit: &Match, category: Category) -> Option<String> {
    const CLOSE: usize = 4;
    let doing =
        matches!(category, Category::Scope | Category::Covert | Category::Content | Category::Advertising);
    if !doing {
        return None;
    }
    let not_held = ["不开课", "不上课", "不排课", "不补课", "不授课"];
    hit.parts.iter().find_map(|&(start, end)| {
        let clause = scene.document.clause(start);
        let from = start.saturating_sub(CLOSE).max(clause.start);
        // 没有任何资质, 没有依据: what is missing is the fault.
        let papers = scene.document.slice(start, (end + 4).min(clause.end.max(end)));
        let missing = ["资质", "资格", "证", "依据", "许可", "批准"].iter().any(|w| papers.contains(w));
        let front = scene.cues.first_in(Cue::Abstains, from..start).filter(|(_, e)| *e <= start && !missing);
        if let Some((s, e)) = front {
            return Some(format!("前文“{}”表示否定", scene.document.slice(s, e)));
        }
        let behind = scene.document.slice(end, (end + 8).min(clause.end.max(end)));
        let denied = not_held.iter().find(|w| behind.contains(*w))?;
        Some(format!("后文“{denied}”表示否定"))
    })
}

/// 节假日休息: a denial in the clause, right behind any part of the hit.
pub(crate) fn behind(scene: &Scene<'_>, hit: &Match) -> Option<String> {
    hit.parts.iter().find_map(|&(_, end)| {
        let upto = (end + REACH).min(scene.document.clause(end.saturating_sub(1)).end);
        let (s, e) = scene.cues.first_in(Cue::Trailing, end..upto)?;
        Some(format!("后文“{}”表示否定", scene.document.slice(s, e)))
    })
}

/// 能改善动作，改不了身高; 寒假期间暂停学科类课程: a denial between two parts of the hit.
pub(crate) fn between(scene: &Scene<'_>, hit: &Match) -> Option<String> {
    const NEAR: usize = 10;
    const WORDS: &[&str] = &[
        "暂停",
        "停止",
        "取消",
        "不了",
        "换不来",
        "不开",
        "不上",
        "不设",
        "不安排",
        "不再",
        "不占用",
        "不涉及",
        "没有",
        "不提供",
        "不含",
        "不得",
        "不办",
    ];
    let mut parts = hit.parts.clone();
    parts.sort_unstable();
    parts.windows(2).find_map(|pair| {
        let (from, upto) = (pair[0].1, pair[1].0);
        let near = from <= upto && upto - from <= NEAR && scene.document.sentence(from).contains(&upto);
        let gap = if near { scene.document.slice(from, upto) } else { "" };
        WORDS.iter().find(|w| gap.contains(*w)).map(|w| format!("其间“{w}”表示否定"))
    })
}

/// 不强压, 不代收, 非周末授课: the one character in front of a part denies it.
pub(crate) fn one_character(scene: &Scene<'_>, hit: &Match) -> Option<String> {
    hit.parts.iter().find_map(|&(start, end)| {
        let before = scene.document.slice(start.checked_sub(1)?, start);
        let free = !hit.parts.iter().any(|(s, e)| *s < start && start <= *e);
        let offered = scene.document.slice(start, end).starts_with(OFFERED);
        // 有没有备案 asks.
        let asks = before == "有" && scene.document.slice(start, end).starts_with('没');
        let denies = asks || before == "非" || (!offered && matches!(before, "不" | "勿" | "莫"));
        (free && denies).then(|| format!("“{before}{}”为否定", scene.document.slice(start, end)))
    })
}
