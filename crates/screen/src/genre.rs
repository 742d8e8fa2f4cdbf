//! What kind of article this is, from several signs together: no single word makes a report kind or harmless.

use crate::cues::Cue;
use crate::tie::{Bond, Scene};
use std::ops::Range;

/// Different kind words that a praising report has at least.
const KINDLY: usize = 2;

/// The kind of the whole article, as far as it excuses anybody.
pub(crate) struct Genre {
    /// The headline announces an exercise, a lecture or a performance, and nothing in the text speaks of a case.
    pub harmless: Option<&'static str>,
    /// The headline is a notice or an appeal to everybody.
    pub policy: bool,
    /// Kind words and not one harsh one in the whole article.
    pub kind: Option<(usize, usize)>,
}

impl Genre {
    pub(crate) fn of(scene: &Scene<'_>) -> Genre {
        let title = 0..scene.document.body_start();
        let has = |cue| scene.cues.any_in(cue, title.clone());
        let whole = 0..scene.document.end();
        let case = is_case(scene, &title);
        let harmless = if case {
            None
        } else if has(Cue::Drill) {
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
        let policy = has(Cue::Policy) && !has(Cue::Acted) && !scene.cues.any_in(Cue::Complaint, whole);
        let kind = (different(scene, Cue::Warm, KINDLY) && scene.cues.all(Cue::Harsh).is_empty())
            .then(|| scene.cues.all(Cue::Warm).first().copied())
            .flatten();
        Genre { harmless, policy, kind }
    }
}

/// Somebody complains about an institution or an authority acts against it, in a sentence that names or refers to it.
fn is_case(scene: &Scene<'_>, title: &Range<usize>) -> bool {
    let against = |cue: Cue| {
        scene
            .cues
            .all(cue)
            .iter()
            .take(50)
            .filter(|(s, _)| *s >= title.end)
            .any(|(s, e)| scene.tie(*s, *e).iter().any(|(_, bond)| *bond <= Bond::Carried(1)))
    };
    against(Cue::Acted) || against(Cue::Complaint)
}

/// At least `least` different words of a cue stand in the article.
fn different(scene: &Scene<'_>, cue: Cue, least: usize) -> bool {
    let mut words: Vec<&str> = Vec::with_capacity(least);
    for &(start, end) in scene.cues.all(cue) {
        let word = scene.document.slice(start, end);
        if !words.contains(&word) {
            words.push(word);
        }
        if words.len() == least {
            return true;
        }
    }
    false
}
