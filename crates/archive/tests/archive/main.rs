//! The archive as its callers see it.

mod differential;
mod names;
mod recovery;
mod search;

use chrono::{DateTime, NaiveDate, Utc};
use guanlan_archive::{Answer, Archive, Document, LocalArchive, SearchRequest};
use guanlan_model::{Kind, Tier};
use guanlan_rules::query::{Dialect, Expr, parse};
use guanlan_text::Segmenter;
use tempfile::TempDir;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn expr(query: &str) -> Expr {
    parse(query, Dialect::Search, today()).unwrap_or_else(|error| panic!("{}", error.caret(query)))
}

fn request(query: &str) -> SearchRequest {
    SearchRequest { expr: Some(expr(query)), limit: 200, ..SearchRequest::default() }
}

fn article(id: i64, title: &str, body: &str) -> Document {
    Document {
        id,
        title: title.to_owned(),
        body: body.to_owned(),
        external_id: None,
        url: format!("https://news.example/{id}"),
        published: Some(time("2026-11-20T04:00:00Z")),
        fetched_at: time("2026-11-21T04:00:00Z"),
        source: "云溪日报".to_owned(),
        tier: Tier::County,
        kind: Kind::News,
        institutions: Vec::new(),
        categories: Vec::new(),
    }
}

fn empty() -> (TempDir, LocalArchive) {
    let dir = tempfile::tempdir().unwrap();
    let archive = LocalArchive::open(dir.path(), Segmenter::new([])).unwrap();
    (dir, archive)
}

fn ids(answer: &Answer) -> Vec<i64> {
    answer.hits.iter().map(|hit| hit.id).collect()
}

/// Every id that a query finds, page after page, in rising order.
fn all_ids(archive: &LocalArchive, mut request: SearchRequest) -> Vec<i64> {
    let mut found = Vec::new();
    loop {
        request.offset = found.len();
        let answer = archive.search(&request).unwrap();
        assert!(!answer.total_is_lower_bound);
        found.extend(ids(&answer));
        if answer.hits.is_empty() || found.len() as u64 == answer.total {
            assert_eq!(found.len() as u64, answer.total);
            break;
        }
    }
    found.sort_unstable();
    found
}

/// A small deterministic source of numbers (xorshift), so that failures can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}
