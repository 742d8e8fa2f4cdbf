//! Articles: what was read out of captures, and what waits to be indexed.

use crate::sql::{Columns, Row, all, number, placeholders, run, values};
use crate::{Store, StoreError};
use chrono::{DateTime, NaiveDate, Utc};
use guanlan_model::{Kind, Suppressed, Tier};
use sea_orm::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Ids in one `IN (…)`.
const IDS_AT_ONCE: usize = 500;

/// An article to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewArticle {
    /// Address it was read from.
    pub url: String,
    /// News or promotion.
    pub kind: Kind,
    /// Standing of the source.
    pub tier: Tier,
    /// Source of the configuration; `None` for imported articles.
    pub source_id: Option<String>,
    /// Name of the source.
    pub source_name: String,
    /// Name printed after 来源.
    pub publisher: Option<String>,
    /// First publisher of a reprint.
    pub origin: Option<String>,
    /// Title, one line.
    pub title: String,
    /// Paragraphs separated by `\n`.
    pub body: String,
    /// Publication time.
    pub published: Option<DateTime<Utc>>,
    /// 0 to 1.
    pub date_confidence: f32,
    /// When it was fetched.
    pub fetched_at: DateTime<Utc>,
    /// 64-bit fingerprint for near-duplicates.
    pub fingerprint: u64,
    /// WHATWG label of the encoding.
    pub charset: String,
    /// Register id, when the page is an institution's own.
    pub owner: Option<String>,
    /// The id that the file gave it from which it was imported.
    pub external_id: Option<String>,
    /// Hash of title and body, hex.
    pub content_sha256: String,
}

/// A stored article.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleRow {
    /// Row id.
    pub id: i64,
    /// The response it was read from; `None` when it was imported.
    pub capture_id: Option<i64>,
    /// The story it tells.
    pub story_id: i64,
    /// Day in Shanghai on which it was stored; licences are judged on it when the article has no date.
    pub day: NaiveDate,
    /// What was stored.
    pub article: NewArticle,
    /// Hits that were held back, and why.
    pub suppressed: Vec<Suppressed>,
    /// Rule pack that it was screened with; empty when it was not screened.
    pub pack_version: String,
    /// Register that it was screened with; empty when it was not screened.
    pub register_version: String,
    /// Register ids of its findings, sorted.
    pub institutions: Vec<String>,
    /// Category codes of its findings, sorted.
    pub categories: Vec<String>,
}

/// An article in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleBrief {
    /// Row id.
    pub id: i64,
    /// The story it tells.
    pub story_id: i64,
    /// Title, one line.
    pub title: String,
    /// Address it was read from.
    pub url: String,
    /// Name of the source.
    pub source_name: String,
    /// Standing of the source.
    pub tier: Tier,
    /// Publication time.
    pub published: Option<DateTime<Utc>>,
    /// When it was fetched.
    pub fetched_at: DateTime<Utc>,
}

impl Row for NewArticle {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        let fingerprint: i64 = row.get("fingerprint")?;
        let date_confidence: f64 = row.get("date_confidence")?;
        Ok(NewArticle {
            url: row.get("url")?,
            kind: row.word("kind")?,
            tier: row.word("tier")?,
            source_id: row.get("source_id")?,
            source_name: row.get("source_name")?,
            publisher: row.get("publisher")?,
            origin: row.get("origin")?,
            title: row.get("title")?,
            body: row.get("body")?,
            published: row.get("published")?,
            date_confidence: date_confidence as f32,
            fetched_at: row.get("fetched_at")?,
            fingerprint: fingerprint.cast_unsigned(),
            charset: row.get("charset")?,
            owner: row.get("owner")?,
            external_id: row.get("external_id")?,
            content_sha256: row.get("content_sha256")?,
        })
    }
}

impl Row for ArticleRow {
    /// Without institutions and categories: those are in the findings.
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(ArticleRow {
            id: row.get("id")?,
            capture_id: row.get("capture_id")?,
            story_id: row.get("story_id")?,
            day: row.word("day")?,
            article: NewArticle::read(row)?,
            suppressed: row.json("suppressed")?,
            pack_version: row.get("pack_version")?,
            register_version: row.get("register_version")?,
            institutions: Vec::new(),
            categories: Vec::new(),
        })
    }
}

impl Row for ArticleBrief {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(ArticleBrief {
            id: row.get("id")?,
            story_id: row.get("story_id")?,
            title: row.get("title")?,
            url: row.get("url")?,
            source_name: row.get("source_name")?,
            tier: row.word("tier")?,
            published: row.get("published")?,
            fetched_at: row.get("fetched_at")?,
        })
    }
}

/// Two ids of one row.
struct Pair(i64, i64);

impl Row for Pair {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Pair(row.get("a")?, row.get("b")?))
    }
}

/// The tags that one finding gives its article.
struct Tags {
    article_id: i64,
    institution: String,
    category: String,
}

impl Row for Tags {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Tags {
            article_id: row.get("article_id")?,
            institution: row.get("institution_id")?,
            category: row.get("category")?,
        })
    }
}

impl Store {
    /// What waits to be indexed, oldest first: outbox id and article id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn outbox_batch(&self, limit: u64) -> Result<Vec<(i64, i64)>, StoreError> {
        let sql = "SELECT id AS a, article_id AS b FROM outbox ORDER BY id LIMIT $1";
        let pairs: Vec<Pair> = all(&self.reader, sql, values![limit as i64]).await?;
        Ok(pairs.into_iter().map(|Pair(outbox, article)| (outbox, article)).collect())
    }

    /// Takes entries out of the outbox: their articles are in the index, durably.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn outbox_done(&self, outbox_ids: &[i64]) -> Result<(), StoreError> {
        let tx = self.write().await?;
        for ids in outbox_ids.chunks(IDS_AT_ONCE) {
            let sql = format!("DELETE FROM outbox WHERE id IN ({})", placeholders(1, ids.len()));
            run(&tx, &sql, ids.iter().map(|id| Value::from(*id)).collect()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Articles by id, in the order of their ids. Unknown ids are left out.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn articles_by_ids(&self, ids: &[i64]) -> Result<Vec<ArticleRow>, StoreError> {
        let mut articles = Vec::with_capacity(ids.len());
        for ids in ids.chunks(IDS_AT_ONCE) {
            let sql = format!("SELECT * FROM article WHERE id IN ({})", placeholders(1, ids.len()));
            let rows = all(&self.reader, &sql, ids.iter().map(|id| Value::from(*id)).collect()).await?;
            articles.extend(self.with_tags(rows).await?);
        }
        articles.sort_by_key(|row| row.id);
        articles.dedup_by_key(|row| row.id);
        Ok(articles)
    }

    /// Articles with ids above `id`, by id, for a rebuild of the index.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn articles_after(&self, id: i64, limit: u64) -> Result<Vec<ArticleRow>, StoreError> {
        let sql = "SELECT * FROM article WHERE id > $1 ORDER BY id LIMIT $2";
        let rows: Vec<ArticleRow> = all(&self.reader, sql, values![id, limit as i64]).await?;
        let mut articles = Vec::with_capacity(rows.len());
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk = rows.by_ref().take(IDS_AT_ONCE).collect();
            articles.extend(self.with_tags(chunk).await?);
        }
        Ok(articles)
    }

    /// Articles that were published in a stretch of time – for those without a date, fetched in it – with ids above
    /// `after`, by id. Without institutions and categories.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn articles_of_time(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        after: i64,
        limit: u64,
    ) -> Result<Vec<ArticleRow>, StoreError> {
        let sql = "SELECT * FROM article WHERE COALESCE(published, fetched_at) >= $1
                   AND COALESCE(published, fetched_at) < $2 AND id > $3 ORDER BY id LIMIT $4";
        all(&self.reader, sql, values![from, to, after, limit as i64]).await
    }

    /// The articles of one story that were published in a stretch of time, or fetched in it when they have no date,
    /// by id: the first 500. Without institutions and categories.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn articles_of_story(
        &self,
        story_id: i64,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<ArticleRow>, StoreError> {
        let sql = "SELECT * FROM article WHERE story_id = $1 AND COALESCE(published, fetched_at) >= $2
                   AND COALESCE(published, fetched_at) < $3 ORDER BY id LIMIT $4";
        all(&self.reader, sql, values![story_id, from, to, IDS_AT_ONCE as i64]).await
    }

    /// How many articles were published in a stretch of time, or fetched in it when they have no date.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn article_count_of_time(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) AS n FROM article WHERE COALESCE(published, fetched_at) >= $1
                   AND COALESCE(published, fetched_at) < $2";
        number(&self.reader, sql, values![from, to]).await
    }

    /// One article.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn article(&self, id: i64) -> Result<Option<ArticleRow>, StoreError> {
        Ok(self.articles_by_ids(&[id]).await?.pop())
    }

    /// How many articles there are.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn article_count(&self) -> Result<i64, StoreError> {
        number(&self.reader, "SELECT COUNT(*) AS n FROM article", values![]).await
    }

    /// Adds the institutions and categories of the findings to at most [`IDS_AT_ONCE`] articles.
    async fn with_tags(&self, mut rows: Vec<ArticleRow>) -> Result<Vec<ArticleRow>, StoreError> {
        if rows.is_empty() {
            return Ok(rows);
        }
        let sql = format!(
            "SELECT article_id, institution_id, category FROM finding WHERE article_id IN ({})",
            placeholders(1, rows.len())
        );
        let tags: Vec<Tags> =
            all(&self.reader, &sql, rows.iter().map(|row| Value::from(row.id)).collect()).await?;
        let mut by_article: BTreeMap<i64, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
        for tag in tags {
            let (institutions, categories) = by_article.entry(tag.article_id).or_default();
            institutions.insert(tag.institution);
            categories.insert(tag.category);
        }
        for row in &mut rows {
            if let Some((institutions, categories)) = by_article.remove(&row.id) {
                row.institutions = institutions.into_iter().collect();
                row.categories = categories.into_iter().collect();
            }
        }
        Ok(rows)
    }
}
