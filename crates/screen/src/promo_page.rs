//! Why a match on an institution's own page raises nothing: it answers a question with no, takes something back,
//! warns of others, or says what it does not do.

use crate::cues::Cue;
use crate::negation;
use crate::tie::Scene;
use guanlan_model::Category;
use guanlan_rules::Match;
use std::ops::Range;

/// The Chinese reason why a match on an institution's own page raises nothing.
pub(crate) fn excuse(scene: &Scene<'_>, hit: &Match, category: Category) -> Option<String> {
    let show = |(s, e): (usize, usize)| scene.document.slice(s, e).to_owned();
    let sentence = scene.document.sentence(hit.start);
    let sentence = sentence.start..sentence.end.max(hit.end);
    if matches!(category, Category::Fraud | Category::ClosureRefund | Category::Fees | Category::Licence)
        && let Some(cue) = abused(scene)
    {
        return Some(format!("页面为被冒名的声明（“{}”）", show(cue)));
    }
    if let Some(cue) = withdrawn(scene, &sentence, category) {
        return Some(format!("机构已撤回或停止（“{}”）", show(cue)));
    }
    if let Some(answer) = answered_no(scene, hit) {
        return Some(format!("为问答，回答是否定的（“{answer}”）"));
    }
    if category != Category::Licence
        && let Some(year) = chronicled(scene, &sentence)
    {
        return Some(format!("所述为往事（“{year}”）"));
    }
    let before = sentence.start..hit.start;
    if let Some(cue) = scene.cues.first_in(Cue::Doubt, before) {
        return Some(format!("所述为假设或提醒（“{}”）", show(cue)));
    }
    let clause = scene.document.clause(hit.start);
    if let Some(cue) = scene.cues.first_in(Cue::Others, clause.start..hit.start) {
        return Some(format!("所述为他人或行业情况（“{}”）", show(cue)));
    }
    if let Some(cue) = scene.cues.first_in(Cue::Condemned, hit.end..clause.end) {
        return Some(format!("页面对此持否定态度（“{}”）", show(cue)));
    }
    if category == Category::ClosureRefund
        && let Some(cue) = refunds(scene)
    {
        return Some(format!("页面已说明退费（“{}”）", show(cue)));
    }
    if let Some(cue) = scene.cues.first_in(Cue::Dismissed, hit.end..sentence.end)
        && matches!(category, Category::ChildHarm | Category::Staff | Category::Content)
    {
        return Some(format!("页面列为禁止行为（“{}”）", show(cue)));
    }
    // 家长不得探视 is the fault of a closed camp and no refusal of it.
    let forbids_parents =
        category == Category::ChildHarm && scene.document.slice(clause.start, clause.end).contains("家长");
    negation::in_front(scene, hit, Cue::Refusal)
        .filter(|_| !forbids_parents)
        .or_else(|| negation::in_front(scene, hit, Cue::Never))
        .or_else(|| negation::behind(scene, hit))
        .or_else(|| negation::between(scene, hit))
        .or_else(|| negation::one_character(scene, hit))
}

/// The page says that somebody abuses the institution's name.
fn abused(scene: &Scene<'_>) -> Option<(usize, usize)> {
    let whole = 0..scene.document.end();
    scene.cues.first_in(Cue::Victim, whole.clone()).or_else(|| scene.cues.first_in(Cue::Preys, whole))
}

/// The page announces that everybody gets their money back, and nothing on it says the contrary.
fn refunds(scene: &Scene<'_>) -> Option<(usize, usize)> {
    let [(_, title), (_, body)] = scene.document.fields();
    let refuses = |text: &str| {
        ["不退", "无法退", "不予退", "不能退", "不办理退", "恕不", "暂缓退", "延期退", "另行通知"]
            .iter()
            .any(|w| text.contains(w))
    };
    let refused = refuses(title.as_str()) || refuses(body.as_str());
    scene.cues.all(Cue::Cleared).first().copied().filter(|_| !refused)
}

/// Different signs of candour from which on a page is one that lays its terms open.
const CANDOUR: usize = 3;

/// A page that says what it does not do and lays prices, money and papers open: a single chance word on it is no offer.
pub(crate) fn is_candid(scene: &Scene<'_>) -> bool {
    let mut signs: Vec<&str> = Vec::with_capacity(CANDOUR);
    let places = scene.cues.all(Cue::Candid).iter().chain(scene.cues.all(Cue::Refusal));
    for &(start, end) in places {
        let sign = scene.document.slice(start, end);
        if signs.len() < CANDOUR && !signs.contains(&sign) {
            signs.push(sign);
        }
    }
    signs.len() == CANDOUR
}

/// 2011年，…；2014年，…: the page tells its history year by year, and the sentence is one of the years.
fn chronicled<'a>(scene: &'a Scene<'_>, sentence: &Range<usize>) -> Option<&'a str> {
    const YEARS: usize = 3;
    let year = |range: &Range<usize>| {
        let text = scene.document.slice(range.start, (range.start + 5).min(range.end));
        let digits = text.strip_suffix('年')?;
        (digits.len() == 4 && digits.chars().all(|c| c.is_ascii_digit())).then_some(text)
    };
    let told = year(sentence)?;
    (scene.document.sentences().iter().filter(|s| year(s).is_some()).take(YEARS).count() == YEARS)
        .then_some(told)
}

/// The institution takes something back or has stopped it: in the sentence, or in the title. Teaching that stops is
/// what a closing is made of, and no taking back of it.
fn withdrawn(scene: &Scene<'_>, sentence: &Range<usize>, category: Category) -> Option<(usize, usize)> {
    let title = 0..scene.document.body_start();
    let cue = scene
        .cues
        .first_in(Cue::Withdrawn, sentence.clone())
        .or_else(|| scene.cues.first_in(Cue::Withdrawn, title))?;
    let stops = scene.document.slice(cue.0, cue.1).contains('停');
    (category != Category::ClosureRefund || !stops).then_some(cue)
}

/// 不上课能拿证吗？不能。 — the match stands in a question, and what follows begins with a denial.
fn answered_no(scene: &Scene<'_>, hit: &Match) -> Option<String> {
    const NO: &[&str] = &[
        "不",
        "没有",
        "没",
        "无",
        "非",
        "那是骗",
        "这是骗",
        "骗",
        "谣言",
        "假的",
        "谁也",
        "绝不",
        "切勿",
        "否",
        "任何",
        "国家不",
        "法律不",
        "按规定不",
        "依规不",
        "我们不",
        "我校不",
        "本校不",
        "本中心不",
        "目前不",
        "暂不",
    ];
    const LED: &[&str] =
        &["答：", "答:", "A：", "a：", "a:", "回复：", "回答：", "答", "：", ":", "“", " ", "\n"];
    let sentences = scene.document.sentences();
    let at = scene.document.sentence_of(hit.start);
    let question = sentences.get(at)?;
    let asked = scene.document.slice(question.start, question.end);
    if !asked.trim_end_matches(['”', '\n', ' ', '）']).ends_with(['？', '?']) {
        return None;
    }
    let answer = sentences.get(at + 1)?;
    let mut text = scene.document.slice(answer.start, answer.end).trim_start();
    for lead in LED {
        text = text.strip_prefix(lead).unwrap_or(text);
    }
    // 不用考试 and the like affirm the offer that was asked for.
    let affirms = [
        "不用",
        "不必",
        "不需",
        "不限",
        "没问题",
        "没关系",
        "无需",
        "不影响",
        "不成问题",
        "不仅",
        "不止",
        "不但",
    ];
    let denies = NO.iter().any(|w| text.starts_with(w)) && !affirms.iter().any(|w| text.starts_with(w));
    denies.then(|| text.chars().take(8).collect())
}
