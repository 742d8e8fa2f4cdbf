//! One pass over everything a query finds: count, best documents, facets; stops at the deadline.

use crate::facets::{Counts, SegmentCounts};
use crate::schema::{ID, TIME};
use crate::{Result, Sort};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Instant;
use tantivy::query::{EnableScoring, Query};
use tantivy::{DocAddress, Searcher, TERMINATED};

/// Documents between two looks at the clock.
const STRIDE: u64 = 256;

/// A document and its place in the order; greater is better.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked {
    score: f32,
    time: i64,
    id: i64,
    pub(crate) address: DocAddress,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.score.total_cmp(&other.score);
        by_score.then(self.time.cmp(&other.time)).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

/// What to do in one pass.
pub(crate) struct Sweep<'a> {
    pub(crate) searcher: &'a Searcher,
    pub(crate) sort: Sort,
    /// Best documents to keep.
    pub(crate) keep: usize,
    pub(crate) with_facets: bool,
    pub(crate) deadline: Instant,
}

/// What one pass found.
pub(crate) struct Found {
    pub(crate) total: u64,
    /// False when the deadline came first.
    pub(crate) complete: bool,
    /// Best first.
    pub(crate) best: Vec<Ranked>,
    pub(crate) counts: Counts,
}

impl Sweep<'_> {
    pub(crate) fn run(&self, query: &dyn Query) -> Result<Found> {
        let scoring = match self.sort {
            Sort::Relevance => EnableScoring::enabled_from_searcher(self.searcher),
            Sort::Newest => EnableScoring::disabled_from_searcher(self.searcher),
        };
        let weight = query.weight(scoring)?;
        let mut heap = BinaryHeap::with_capacity(self.keep.min(1024) + 1);
        let mut found = Found { total: 0, complete: true, best: Vec::new(), counts: Counts::default() };
        let mut visited = 0;
        for (segment_ord, segment) in (0..).zip(self.searcher.segment_readers()) {
            let (ids, times) = (segment.fast_fields().i64(ID)?, segment.fast_fields().i64(TIME)?);
            let mut facets = if self.with_facets { Some(SegmentCounts::new(segment)?) } else { None };
            let mut scorer = weight.scorer(segment, 1.0)?;
            let mut doc = scorer.doc();
            while doc != TERMINATED {
                visited += 1;
                if visited % STRIDE == 0 && Instant::now() >= self.deadline {
                    found.complete = false;
                    break;
                }
                if !segment.is_deleted(doc) {
                    found.total += 1;
                    if let Some(facets) = &mut facets {
                        facets.count(doc);
                    }
                    let score = if self.sort == Sort::Relevance { scorer.score() } else { 0.0 };
                    let time = times.first(doc).unwrap_or(i64::MIN);
                    let id = ids.first(doc).unwrap_or(i64::MIN);
                    let ranked = Ranked { score, time, id, address: DocAddress::new(segment_ord, doc) };
                    keep_best(&mut heap, ranked, self.keep);
                }
                doc = scorer.advance();
            }
            if let Some(facets) = facets {
                found.counts.add(facets)?;
            }
            if !found.complete {
                break;
            }
        }
        found.best = heap.into_sorted_vec().into_iter().map(|Reverse(ranked)| ranked).collect();
        Ok(found)
    }
}

fn keep_best(heap: &mut BinaryHeap<Reverse<Ranked>>, ranked: Ranked, keep: usize) {
    if heap.len() < keep {
        heap.push(Reverse(ranked));
    } else if let Some(mut worst) = heap.peek_mut()
        && worst.0 < ranked
    {
        worst.0 = ranked;
    }
}
