//! In what frame a sentence tells something: as what others do, as what may happen, as what must not be, as what once
//! was. Only what is told of here and now blames anybody.

use crate::cues::Cue;
use crate::guards::Tied;
use crate::tie::{Bond, Scene};
use guanlan_model::Category;
use std::ops::Range;

/// The Chinese reason why a sentence does not tell what the institution did. `sentence` reaches to the end of the match.
pub(crate) fn excuse(
    scene: &Scene<'_>,
    sentence: &Range<usize>,
    tied: &Tied<'_>,
    acted: bool,
) -> Option<String> {
    let show = |(s, e): (usize, usize)| scene.document.slice(s, e).to_owned();
    let physical = !matches!(
        tied.category,
        Category::ClosureRefund | Category::Fees | Category::Licence | Category::Penalty
    );
    let told =
        || scene.cues.within(Cue::Fiction, sentence.clone()).iter().find(|(s, _)| !scene.inside_name(*s));
    let case =
        [Cue::Harsh, Cue::Acted, Cue::Complaint].iter().any(|cue| scene.cues.any_in(*cue, sentence.clone()));
    if physical
        && !case
        && let Some(&cue) = told()
    {
        return Some(format!("同句为故事或赛事描写（“{}”）", show(cue)));
    }
    if tied.bond == Bond::Clause {
        return None;
    }
    let before = sentence.start..tied.hit.start;
    if let Some(cue) =
        scene.cues.first_in(Cue::Others, before.clone()).or_else(|| scene.some_of_many(before.clone()))
    {
        return Some(format!("所述为他人或行业情况（“{}”）", show(cue)));
    }
    let in_title = tied.hit.start < scene.document.body_start();
    if !in_title && let Some(cue) = scene.cues.first_in(Cue::Doubt, before.clone()) {
        return Some(format!("所述为假设或提醒（“{}”）", show(cue)));
    }
    if !in_title
        && !acted
        && let Some(cue) = scene.cues.first_in(Cue::Past, before.clone())
    {
        return Some(format!("所述为往事（“{}”）", show(cue)));
    }
    // 要求各机构不得…: a rule for everybody, unless the sentence speaks to this institution.
    if tied.bond > Bond::Reference
        && let Some(cue) = scene.cues.first_in(Cue::Norm, before)
    {
        return Some(format!("所述为要求或规定（“{}”）", show(cue)));
    }
    None
}

impl Scene<'_> {
    /// A place inside quotation marks of its paragraph.
    pub(crate) fn is_quoted(&self, place: usize) -> bool {
        let paragraph = self.document.paragraph(place);
        let before = self.document.slice(paragraph.start.min(place), place);
        before.rfind(['“', '「']) > before.rfind(['”', '」'])
    }

    /// 有的托管班, 部分学校: some of many establishments, and none in particular.
    fn some_of_many(&self, range: Range<usize>) -> Option<(usize, usize)> {
        const MOST: usize = 10;
        let words = self.cues.within(Cue::Some, range);
        // 有的转型，有的跑路: some did this, some did that.
        let (first, rest) = words.split_first()?;
        let apiece = |place: &(usize, usize)| self.document.slice(place.0, place.1) == "有的";
        if apiece(first) && rest.iter().any(apiece) {
            return Some(*first);
        }
        words.iter().copied().take(MOST).find(|place| self.is_establishment(*place))
    }
}
