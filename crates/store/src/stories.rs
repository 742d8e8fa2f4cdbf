//! Stories: articles that tell the same thing.

use crate::processed::SameStory;
use crate::sql::{Columns, Row, all, number, run, values};
use crate::{NewArticle, StoreError};
use chrono::{DateTime, Duration, Utc};
use guanlan_model::{Kind, Tier};
use sea_orm::DatabaseTransaction;

/// An article joins a story that was last seen within this time.
const WINDOW: Duration = Duration::days(14);
/// Stories compared with one article; a band of a common text can hold many.
const CANDIDATES: i64 = 200;

struct Story {
    id: i64,
    fingerprint: u64,
    tier: Tier,
    first_publisher: String,
    first_published: Option<DateTime<Utc>>,
    same_address: bool,
}

impl Row for Story {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        let fingerprint: i64 = row.get("fingerprint")?;
        Ok(Story {
            id: row.get("id")?,
            fingerprint: fingerprint.cast_unsigned(),
            tier: row.word("tier")?,
            first_publisher: row.get("first_publisher")?,
            first_published: row.get("first_published")?,
            same_address: row.get("same_address")?,
        })
    }
}

/// Stories that share one of four 16-bit bands with the article, or its address, and are recent enough.
const SELECT: &str = "SELECT id, fingerprint, tier, first_publisher, first_published,
        EXISTS (SELECT 1 FROM article a WHERE a.story_id = story.id AND a.url_hash = $5) AS same_address
    FROM story
    WHERE last_seen_at >= $6 AND (band0 = $1 OR band1 = $2 OR band2 = $3 OR band3 = $4
        OR id IN (SELECT story_id FROM article WHERE url_hash = $5))
    ORDER BY id DESC LIMIT $7";

/// Finds the article's story and adds the article to it, or begins a new one. Answers its id.
///
/// A news article under the same address is a correction of the one before and stays in its story, however much of the
/// text has changed. A promotional page may say something else under the same address, so only its text counts.
pub(crate) async fn join_story(
    tx: &DatabaseTransaction,
    article: &NewArticle,
    same_story: SameStory<'_>,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let [a, b, c, d] = bands(article.fingerprint);
    let values = values![a, b, c, d, crate::frontier::url_hash(&article.url), now - WINDOW, CANDIDATES];
    let candidates: Vec<Story> = all(tx, SELECT, values).await?;
    let joined = candidates.into_iter().find(|story| {
        (story.same_address && article.kind == Kind::News)
            || same_story(story.fingerprint, article.fingerprint)
    });
    match joined {
        Some(story) => add_member(tx, &story, article, now).await,
        None => begin(tx, article, now).await,
    }
}

/// The four 16-bit bands: fingerprints that differ in at most three bits share one.
fn bands(fingerprint: u64) -> [i64; 4] {
    [0, 16, 32, 48].map(|shift| ((fingerprint >> shift) & 0xffff) as i64)
}

/// Who said it first, as far as the article tells.
fn publisher(article: &NewArticle) -> &str {
    let printed = article.origin.as_deref().or(article.publisher.as_deref());
    printed.filter(|name| !name.trim().is_empty()).unwrap_or(&article.source_name)
}

async fn begin(
    tx: &DatabaseTransaction,
    article: &NewArticle,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO story
        (fingerprint, band0, band1, band2, band3, tier, first_publisher, first_published, last_seen_at, members)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1) RETURNING id AS n";
    let [a, b, c, d] = bands(article.fingerprint);
    let values = values![
        article.fingerprint.cast_signed(),
        a,
        b,
        c,
        d,
        article.tier.code(),
        publisher(article),
        article.published,
        now,
    ];
    number(tx, sql, values).await
}

/// Keeps the highest tier and the first publisher.
async fn add_member(
    tx: &DatabaseTransaction,
    story: &Story,
    article: &NewArticle,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let earlier = match (article.published, story.first_published) {
        (Some(new), Some(old)) => new < old,
        (Some(_), None) => true,
        (None, _) => false,
    };
    let (first_publisher, first_published) = if earlier {
        (publisher(article), article.published)
    } else {
        (story.first_publisher.as_str(), story.first_published)
    };
    let sql = "UPDATE story SET tier = $2, first_publisher = $3, first_published = $4, last_seen_at = $5,
               members = members + 1 WHERE id = $1";
    let values =
        values![story.id, story.tier.min(article.tier).code(), first_publisher, first_published, now];
    run(tx, sql, values).await?;
    Ok(story.id)
}
