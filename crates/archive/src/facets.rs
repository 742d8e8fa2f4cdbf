//! Counts of values over the documents of an answer.

use crate::Result;
use crate::schema::{CATEGORY, DAY, INSTITUTION, KIND, SOURCE, TIER};
use chrono::{Datelike, NaiveDate};
use std::collections::{BTreeMap, HashMap};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, SegmentReader};

/// Most values of one facet in an answer.
const MOST: usize = 50;

const NAMES: [&str; 5] = [SOURCE, TIER, KIND, CATEGORY, INSTITUTION];
const MONTH: &str = "month";

/// Counts in one segment, by the ordinals of its columns.
pub(crate) struct SegmentCounts {
    values: Vec<(&'static str, StrColumn, Vec<u64>)>,
    day: Column<i64>,
    days: HashMap<i64, u64>,
}

impl SegmentCounts {
    pub(crate) fn new(segment: &SegmentReader) -> Result<Self> {
        let mut values = Vec::new();
        for name in NAMES {
            if let Some(column) = segment.fast_fields().str(name)? {
                let counts = vec![0; column.num_terms()];
                values.push((name, column, counts));
            }
        }
        Ok(SegmentCounts { values, day: segment.fast_fields().i64(DAY)?, days: HashMap::new() })
    }

    pub(crate) fn count(&mut self, doc: DocId) {
        for (_, column, counts) in &mut self.values {
            for ordinal in column.term_ords(doc) {
                if let Some(count) = usize::try_from(ordinal).ok().and_then(|ordinal| counts.get_mut(ordinal))
                {
                    *count += 1;
                }
            }
        }
        if let Some(day) = self.day.first(doc) {
            *self.days.entry(day).or_default() += 1;
        }
    }
}

/// Counts over all segments.
#[derive(Default)]
pub(crate) struct Counts(BTreeMap<&'static str, HashMap<String, u64>>);

impl Counts {
    pub(crate) fn add(&mut self, segment: SegmentCounts) -> Result<()> {
        for (name, column, counts) in segment.values {
            let total = self.0.entry(name).or_default();
            for (ordinal, count) in (0..).zip(counts).filter(|(_, count)| *count > 0) {
                let mut value = String::new();
                column.ord_to_str(ordinal, &mut value)?;
                *total.entry(value).or_default() += count;
            }
        }
        let months = self.0.entry(MONTH).or_default();
        for (day, count) in segment.days {
            if let Some(day) = i32::try_from(day).ok().and_then(NaiveDate::from_num_days_from_ce_opt) {
                *months.entry(format!("{:04}-{:02}", day.year(), day.month())).or_default() += count;
            }
        }
        Ok(())
    }

    pub(crate) fn ranked(self) -> BTreeMap<String, Vec<(String, u64)>> {
        let mut out: BTreeMap<String, Vec<(String, u64)>> =
            NAMES.iter().chain([&MONTH]).map(|name| ((*name).to_owned(), Vec::new())).collect();
        for (name, values) in self.0 {
            let mut values: Vec<(String, u64)> = values.into_iter().collect();
            if name == MONTH {
                values.sort_unstable_by(|a, b| b.0.cmp(&a.0));
            } else {
                values.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            }
            values.truncate(MOST);
            out.insert(name.to_owned(), values);
        }
        out
    }
}
