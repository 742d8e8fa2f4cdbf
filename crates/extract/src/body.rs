//! The main text of a page.

use crate::lines::{Line, lines};
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
