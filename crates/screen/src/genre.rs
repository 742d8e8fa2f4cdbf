//! What kind of article this is, from several signs together: no single word makes a report kind or harmless.

use crate::cues::Cue;
use crate::tie::{Bond, Scene};
use std::ops::Range;

/// Different words of one kind beyond which more of them add nothing.
const MANY: usize = 4;

/// The kind of the whole article, as far as it excuses anybody.
pub(crate) struct Genre {
    /// The headline announces an exercise, a lecture or a performance, and nothing in the text speaks of a case.
    pub harmless: Option<&'static str>,
    /// The headline is a notice or an appeal to everybody.
    pub policy: bool,
    /// Kind words and not one harsh one in the whole article.
    pub kind: Option<(usize, usize)>,
    /// Different kind words.
    pub warmth: usize,
}

impl Genre {
    pub(crate) fn of(scene: &Scene<'_>) -> Genre {
        let body = scene.document.body_start();
        let title = 0..body;
        let whole = 0..scene.document.end();
        let has = |cue| scene.cues.within(cue, title.clone()).iter().any(|(s, _)| !scene.is_quoted(*s));
        // A word of the headline alone does not make the genre: the text has to bear it out, or speak of nothing harsh.
        let harsh = different(scene, Cue::Harsh, body..whole.end);
        let borne_out = |cue| {
            let signs = different(scene, cue, body..whole.end) + different(scene, Cue::Warm, body..whole.end);
            has(cue) && (harsh == 0 || signs >= harsh.min(MANY))
        };
        let harmless = if is_case(scene, &title) {
            None
        } else if has(Cue::Drill) {
            Some("全文为演练报道")
        } else if borne_out(Cue::Lecture) {
            Some("全文为宣传教育报道")
        } else if borne_out(Cue::Stage) {
            Some("全文为演出赛事报道")
        } else {
            None
        };
        // A title that itself says who did what (甲机构被责令…的通知) is no general notice.
        // Nor is an article in which somebody complains.
        let policy = scene.cues.any_in(Cue::Policy, title.clone())
            && !scene.cues.any_in(Cue::Acted, title.clone())
            && !scene.cues.any_in(Cue::Complaint, whole.clone());
        let warmth = different(scene, Cue::Warm, whole);
        let kind =
            scene.cues.all(Cue::Warm).first().copied().filter(|_| scene.cues.all(Cue::Harsh).is_empty());
        Genre { harmless, policy, kind, warmth }
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

/// How many different words of a cue stand in a stretch, up to [`MANY`].
fn different(scene: &Scene<'_>, cue: Cue, range: Range<usize>) -> usize {
    let mut words: Vec<&str> = Vec::with_capacity(MANY);
    for &(start, end) in scene.cues.within(cue, range) {
        let word = scene.document.slice(start, end);
        if words.len() < MANY && !words.contains(&word) {
            words.push(word);
        }
    }
    words.len()
}
