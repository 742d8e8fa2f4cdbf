//! The main text of a page.

use crate::lines::{Line, lines};
use crate::meta::Meta;
use crate::noise::{Role, is_long_sentence, role};
use crate::title::bare;
use dom_query::{Document, Matcher};
use dom_smoothie::{Config, Readability, TextMode};

/// Text below which Readability tries again with looser rules. Its default of 500 takes the whole column with a
/// short Chinese item; everything from 100 to 200 measured the same.
const CHAR_THRESHOLD: usize = 150;

/// The lines of the elements that a source's own selector names; `None` when it names nothing with text.
pub(crate) fn selected(document: &Document, selector: &str) -> Option<Vec<Line>> {
    let matcher = Matcher::new(selector).ok()?;
    let found: Vec<Line> = document.select_matcher(&matcher).nodes().iter().flat_map(lines).collect();
    (!found.is_empty()).then_some(found)
}

/// The lines that Readability takes for the article. Consumes the tree, which it rewrites.
pub(crate) fn readable(document: Document) -> Vec<Line> {
    let config = Config {
        char_threshold: CHAR_THRESHOLD,
        disable_json_ld: true,
        text_mode: TextMode::Formatted,
        ..Config::default()
    };
    let Ok(mut readability) = Readability::with_document(document, None, Some(config)) else {
        return Vec::new();
    };
    if readability.parse().is_err() {
        return Vec::new();
    }
    readability.doc.select("#readability-page-1").nodes().first().map(lines).unwrap_or_default()
}

/// Characters of the page's description that must stand at the front of a line.
const ANCHOR_CHARS: usize = 16;
/// Characters in sentences without which a quoted text is not preferred.
const MIN_QUOTED: usize = 80;

/// The text that the page's own description quotes, when it is on the page and not in `body`: Readability took the
/// wrong column.
pub(crate) fn described(meta: &Meta, all: &[Line], body: &[Line]) -> Option<Vec<Line>> {
    let description = meta.first(&["og:description", "description"])?;
    let anchor: String = bare(description).chars().take(ANCHOR_CHARS).collect();
    let known = bare(&meta.title).contains(&anchor) || body.iter().any(|l| bare(&l.text).contains(&anchor));
    if anchor.chars().count() < ANCHOR_CHARS || known {
        return None;
    }
    let quotes = |l: &Line| is_long_sentence(l) && bare(&l.text).starts_with(&anchor);
    let start = all.iter().position(quotes)?;
    let from = all.get(start..)?;
    let roles: Vec<Role> = from.iter().map(role).collect();
    let ends = |w: &[Role]| {
        matches!(w, [Role::Closing(_) | Role::Box(_) | Role::Legal(_), ..] | [Role::Links(_), Role::Links(_)])
    };
    let end = roles.windows(2).position(ends).unwrap_or(from.len());
    let quoted = from.get(..end)?;
    let sentences = quoted.iter().filter(|l| matches!(role(l), Role::Sentence(_)));
    (sentences.map(Line::chars).sum::<usize>() >= MIN_QUOTED).then(|| quoted.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|t| Line { text: (*t).to_owned(), ..Line::default() }).collect()
    }

    #[test]
    fn the_description_finds_the_text_that_was_missed() {
        const FIRST: &str =
            "云溪县教体局昨日公布今年校外培训机构名录，共有一百家机构列入名录，家长可以查询核对各项信息。";
        const SECOND: &str =
            "名录以外的机构不得招生，群众发现无证办学可以拨打热线举报，查实后给予奖励，并为举报人保密。";
        const OTHER: &str =
            "江宁市昨日举行运动会，来自全市各中小学的两千名学生参加了开幕式，比赛将持续三天。";
        let html = format!("<meta name=description content=\"{FIRST}\"><title>名录公布</title>");
        let meta = Meta::read(&crate::dom::parse(&html).unwrap());
        let all = sentences(&["首页", FIRST, SECOND, "相关新闻", OTHER]);
        let found = described(&meta, &all, &sentences(&[OTHER])).unwrap();
        assert_eq!(found, sentences(&[FIRST, SECOND]));
        assert_eq!(described(&meta, &all, &sentences(&[FIRST])), None);
        assert_eq!(described(&Meta::default(), &all, &sentences(&[OTHER])), None);
    }
}
