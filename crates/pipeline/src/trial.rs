//! A changed pack over the archive: what it would have raised, and what not.
//!
//! [`backtest`] runs both packs over every article of a time. [`try_change`] answers within a page's patience: it runs
//! them only where a changed rule has something to read, and says when it had to stop.

use crate::rulebook::Screening;
use crate::stored_text::article_of;
use crate::{PipelineError, screen_again};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use guanlan_model::time;
use guanlan_screen::trial::{Difference, Tally, TrialReport, Tried};
use guanlan_store::{ArticleRow, Store};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Articles held in memory at a time.
const BATCH: u64 = 200;

/// Days, first and last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub since: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
}

impl Period {
    /// The last so many days up to one.
    pub fn ending(until: NaiveDate, days: u64) -> Period {
        let since = until.checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or(until);
        Period { since, until }
    }

    /// First instant, and the first one after it.
    pub fn bounds(self) -> (DateTime<Utc>, DateTime<Utc>) {
        (midnight(self.since), midnight(self.until.succ_opt().unwrap_or(self.until)))
    }
}

/// The beginning of a day in Shanghai.
fn midnight(day: NaiveDate) -> DateTime<Utc> {
    let local = day.and_time(NaiveTime::MIN).and_local_timezone(time::shanghai());
    local.single().map_or(DateTime::<Utc>::MIN_UTC, |at| at.to_utc())
}

/// The day on which an article was told: published, or fetched when it has no date.
fn told(row: &ArticleRow) -> NaiveDate {
    time::day(row.article.published.unwrap_or(row.article.fetched_at))
}

/// Runs both packs over every stored article of a time, imported ones as well, day by day. `progress` hears the day and
/// how many articles have been read.
///
/// # Errors
/// When the store cannot be read.
pub async fn backtest(
    store: &Store,
    old: &Arc<Screening>,
    new: &Arc<Screening>,
    period: Period,
    mut progress: impl FnMut(NaiveDate, u64),
) -> Result<TrialReport, PipelineError> {
    let difference = Arc::new(Difference::between(&old.pack, &new.pack)?);
    let mut tally = Tally::new();
    let mut read = 0;
    for day in period.since.iter_days().take_while(|day| *day <= period.until) {
        let (from, to) = Period { since: day, until: day }.bounds();
        let mut after = 0;
        loop {
            progress(day, read);
            let rows = store.articles_of_time(from, to, after, BATCH).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            read += rows.len() as u64;
            tally.read(rows.len());
            note_opinions(store, &mut tally, &rows).await?;
            let (old, new, difference) = (old.clone(), new.clone(), difference.clone());
            tally = tokio::task::spawn_blocking(move || {
                for row in &rows {
                    let before = screen_again(&old, row).findings;
                    if difference.concerns(&article_of(row.id, &row.article)) {
                        tally.add(&tried(row), &before, &screen_again(&new, row).findings);
                    } else {
                        tally.add(&tried(row), &before, &before);
                    }
                }
                tally
            })
            .await?;
        }
    }
    Ok(tally.report())
}

/// What [`try_change`] may cost.
#[derive(Debug, Clone, Copy)]
pub struct Quick {
    /// Longest time.
    pub patience: Duration,
    /// Most stories that are screened.
    pub stories: usize,
}

/// Tries a changed pack on the stories of a time that its changed rules can be about, from the last day back. Answers
/// the report, which tells of gained and lost alerts only, and the first day that was looked at.
///
/// # Errors
/// When the store cannot be read.
pub async fn try_change(
    store: &Store,
    old: &Arc<Screening>,
    new: &Arc<Screening>,
    period: Period,
    quick: Quick,
) -> Result<(TrialReport, NaiveDate), PipelineError> {
    let begun = Instant::now();
    let difference = Arc::new(Difference::between(&old.pack, &new.pack)?);
    let mut tally = Tally::new();
    let mut stories = BTreeSet::new();
    let mut looked_at = period.until;
    let mut day = period.until;
    while day >= period.since && begun.elapsed() < quick.patience && stories.len() < quick.stories {
        looked_at = day;
        let (from, to) = Period { since: day, until: day }.bounds();
        let mut after = 0;
        loop {
            let rows = store.articles_of_time(from, to, after, BATCH).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            let difference = difference.clone();
            let found = tokio::task::spawn_blocking(move || {
                let concerned = |row: &&ArticleRow| difference.concerns(&article_of(row.id, &row.article));
                let found: Vec<i64> = rows.iter().filter(concerned).map(|row| row.story_id).collect();
                (rows.len(), found)
            });
            let (read, found) = found.await?;
            tally.read(read);
            stories.extend(found);
        }
        day = day.pred_opt().unwrap_or(NaiveDate::MIN);
    }
    let (from, to) = Period { since: looked_at, until: period.until }.bounds();
    for story in stories {
        let rows = store.articles_of_story(story, from, to).await?;
        note_opinions(store, &mut tally, &rows).await?;
        let (old, new) = (old.clone(), new.clone());
        tally = tokio::task::spawn_blocking(move || {
            for row in &rows {
                let (before, after) = (screen_again(&old, row).findings, screen_again(&new, row).findings);
                tally.add(&tried(row), &before, &after);
            }
            tally
        })
        .await?;
    }
    Ok((tally.report(), looked_at))
}

fn tried(row: &ArticleRow) -> Tried<'_> {
    Tried { id: row.id, story: row.story_id, day: told(row), title: &row.article.title }
}

async fn note_opinions(store: &Store, tally: &mut Tally, rows: &[ArticleRow]) -> Result<(), PipelineError> {
    let mut stories: Vec<i64> = rows.iter().map(|row| row.story_id).collect();
    stories.sort_unstable();
    stories.dedup();
    for opinion in store.opinions(&stories).await? {
        tally.judged(opinion.story_id, &opinion.institution_id, opinion.category, opinion.state);
    }
    Ok(())
}
