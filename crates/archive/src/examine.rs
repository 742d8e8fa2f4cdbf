//! Candidates looked at one by one.

use crate::Result;
use crate::condition::Condition;
use crate::facets::{Counts, SegmentCounts};
use crate::schema::{CATEGORY, DAY, Fields, INSTITUTION};
use crate::sweep::{Found, Ranked};
use crate::verify::Reading;
use guanlan_text::normalise;
use std::time::Instant;
use tantivy::columnar::{Column, StrColumn};
use tantivy::schema::{Field, Value};
use tantivy::{DocId, Searcher, SegmentReader, TantivyDocument};

/// What conditions ask of one segment besides text.
struct Segment {
    categories: Option<StrColumn>,
    institutions: Option<StrColumn>,
    day: Column<i64>,
    counts: SegmentCounts,
}

impl Segment {
    fn new(reader: &SegmentReader) -> Result<Self> {
        let fast = reader.fast_fields();
        Ok(Segment {
            categories: fast.str(CATEGORY)?,
            institutions: fast.str(INSTITUTION)?,
            day: fast.i64(DAY)?,
            counts: SegmentCounts::new(reader)?,
        })
    }
}

/// Reads stored documents of one searcher.
pub(crate) struct Examiner<'a> {
    searcher: &'a Searcher,
    fields: &'a Fields,
    segments: Vec<Segment>,
}

impl<'a> Examiner<'a> {
    pub(crate) fn new(searcher: &'a Searcher, fields: &'a Fields) -> Result<Self> {
        let segments = searcher.segment_readers().iter().map(Segment::new).collect::<Result<_>>()?;
        Ok(Examiner { searcher, fields, segments })
    }

    /// Goes through candidates, best first, and keeps those whose text satisfies the condition. What remains at the
    /// deadline, and candidates beyond those that were kept, are not looked at; the answer is incomplete then.
    pub(crate) fn verified(
        mut self,
        candidates: Found,
        condition: &Condition,
        deadline: Instant,
    ) -> Result<Found> {
        let complete = candidates.complete && candidates.total <= candidates.best.len() as u64;
        let mut found = Found { total: 0, complete, best: Vec::new(), counts: Counts::default() };
        for ranked in candidates.best {
            if Instant::now() >= deadline {
                found.complete = false;
                break;
            }
            if !self.reading(&ranked)?.satisfies(condition) {
                continue;
            }
            found.total += 1;
            found.best.push(ranked);
            if let Some(segment) = self.segments.get_mut(ranked.address.segment_ord as usize) {
                segment.counts.count(ranked.address.doc_id);
            }
        }
        for segment in self.segments {
            found.counts.add(segment.counts)?;
        }
        Ok(found)
    }

    fn reading(&self, ranked: &Ranked) -> Result<Reading> {
        let stored: TantivyDocument = self.searcher.doc(ranked.address)?;
        let form = |field| normalise(text(&stored, field)).as_str().to_owned();
        let mut reading = Reading {
            title: form(self.fields.title),
            body: form(self.fields.body),
            source: text(&stored, self.fields.source).to_owned(),
            tier: text(&stored, self.fields.tier).to_owned(),
            ..Reading::default()
        };
        if let Some(segment) = self.segments.get(ranked.address.segment_ord as usize) {
            let doc = ranked.address.doc_id;
            reading.categories = values(segment.categories.as_ref(), doc)?;
            reading.institutions = values(segment.institutions.as_ref(), doc)?;
            reading.day = segment.day.first(doc).unwrap_or(i64::MIN);
        }
        Ok(reading)
    }
}

fn values(column: Option<&StrColumn>, doc: DocId) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for (column, ordinal) in
        column.into_iter().flat_map(|column| column.term_ords(doc).map(move |o| (column, o)))
    {
        let mut value = String::new();
        column.ord_to_str(ordinal, &mut value)?;
        out.push(value);
    }
    Ok(out)
}

/// A stored text; empty when there is none.
pub(crate) fn text(stored: &TantivyDocument, field: Field) -> &str {
    stored.get_first(field).and_then(|value| value.as_str()).unwrap_or_default()
}
