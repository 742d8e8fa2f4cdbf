//! Committing what became of a capture: article, story, findings, alerts, leads, outbox – in one transaction.

use crate::fetches::{keep_validators, refine_outcome, settle_page};
use crate::frontier::{add_pages, url_hash};
use crate::raising::{Speaking, raise_alerts};
use crate::sql::{first, number, run, values};
use crate::stories::join_story;
use crate::{CaptureRow, NewArticle, NewPage, Store, StoreError};
use chrono::{DateTime, Utc};
use guanlan_model::{Lead, LeadKind, Outcome, Screened, time};
use sea_orm::DatabaseTransaction;

/// Whether two fingerprints tell the same story.
pub type SameStory<'a> = &'a (dyn Fn(u64, u64) -> bool + Send + Sync);

/// What became of one capture.
#[derive(Debug, Clone, PartialEq)]
pub struct Processed {
    /// Refines the ledger row: `Fetched`, `Duplicate`, `NoText`, `NotArticle`, `Blocked`, `SoftNotFound` or
    /// `ParseFailed`. An article that is known already always ends as `Duplicate`.
    pub outcome: Outcome,
    /// More about the outcome; may be empty.
    pub detail: String,
    /// The article, when there was one.
    pub article: Option<NewArticle>,
    /// What screening said about it.
    pub screened: Option<Screened>,
    /// Rule pack that was used.
    pub pack_version: String,
    /// Register that was used.
    pub register_version: String,
    /// Links to be fetched later.
    pub discovered: Vec<NewPage>,
    /// Validator for the next fetch; kept after a success only.
    pub etag: Option<String>,
    /// Validator for the next fetch; kept after a success only.
    pub last_modified: Option<String>,
    /// When the page is to be fetched again. `None`: never; the page is then done after a success and given up after
    /// a failure. A source's own address has its time in the source's row.
    pub next_at: Option<DateTime<Utc>>,
}

/// What a commit changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// The article, new or already known.
    pub article_id: Option<i64>,
    /// Its story.
    pub story_id: Option<i64>,
    /// Alerts that this commit raised.
    pub new_alerts: Vec<i64>,
    /// True when the capture or the article had been committed before.
    pub duplicate: bool,
}

/// Where an article came from and how it was judged.
#[derive(Default)]
struct Provenance<'a> {
    capture_id: Option<i64>,
    screened: Option<&'a Screened>,
    pack_version: &'a str,
    register_version: &'a str,
}

/// An article of the database: its id and its story.
struct Known {
    id: i64,
    story_id: i64,
}

impl crate::sql::Row for Known {
    fn read(row: &crate::sql::Columns<'_>) -> Result<Self, StoreError> {
        Ok(Known { id: row.get("id")?, story_id: row.get("story_id")? })
    }
}

const INSERT_ARTICLE: &str = "INSERT INTO article
    (capture_id, story_id, source_id, source_name, url, url_hash, kind, tier, publisher, origin, title, body, published,
     date_confidence, fetched_at, day, fingerprint, charset, owner, external_id, content_sha256, pack_version,
     register_version, suppressed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
    RETURNING id AS n";

impl Store {
    /// Commits what became of a capture, all or nothing. A capture that has been committed before changes nothing;
    /// an article with the same address and the same content is not stored twice. Alerts that have been judged are
    /// not opened again by another article of their story.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown capture, [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn commit_processed(
        &self,
        capture_id: i64,
        processed: &Processed,
        same_story: SameStory<'_>,
        now: DateTime<Utc>,
    ) -> Result<Committed, StoreError> {
        let tx = self.write_serial().await?;
        let capture: Option<CaptureRow> =
            first(&tx, "SELECT * FROM capture WHERE id = $1", values![capture_id]).await?;
        let Some(capture) = capture else {
            return Err(StoreError::NotFound { what: "capture", id: capture_id.to_string() });
        };
        if capture.processed_at.is_some() {
            let sql = "SELECT id, story_id FROM article WHERE capture_id = $1";
            let known: Option<Known> = first(&tx, sql, values![capture_id]).await?;
            return Ok(again(known));
        }
        add_pages(&tx, &capture.source_id, &processed.discovered, now).await?;
        let committed = match &processed.article {
            Some(article) => {
                let provenance = Provenance {
                    capture_id: Some(capture_id),
                    screened: processed.screened.as_ref(),
                    pack_version: &processed.pack_version,
                    register_version: &processed.register_version,
                };
                store_article(&tx, article, &provenance, same_story, now).await?
            }
            None => Committed::default(),
        };
        let outcome = if committed.duplicate { Outcome::Duplicate } else { processed.outcome };
        refine_outcome(&tx, capture_id, outcome, &processed.detail).await?;
        let validators = match outcome.is_success() {
            true => (processed.etag.as_deref(), processed.last_modified.as_deref()),
            false => (None, None),
        };
        keep_validators(&tx, &capture, validators).await?;
        if let Some(page_id) = capture.page_id {
            settle_page(&tx, page_id, outcome, processed.next_at, now).await?;
        }
        run(&tx, "UPDATE capture SET processed_at = $2 WHERE id = $1", values![capture_id, now]).await?;
        tx.commit().await?;
        Ok(committed)
    }

    /// Takes articles into the archive that were not fetched here, all or none of them. They have no capture, so they
    /// raise no alerts (I3).
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn import_articles(
        &self,
        articles: &[NewArticle],
        same_story: SameStory<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Committed>, StoreError> {
        let tx = self.write_serial().await?;
        let mut committed = Vec::with_capacity(articles.len());
        for article in articles {
            committed.push(store_article(&tx, article, &Provenance::default(), same_story, now).await?);
        }
        tx.commit().await?;
        Ok(committed)
    }
}

fn again(known: Option<Known>) -> Committed {
    Committed {
        article_id: known.as_ref().map(|k| k.id),
        story_id: known.as_ref().map(|k| k.story_id),
        new_alerts: Vec::new(),
        duplicate: true,
    }
}

async fn store_article(
    tx: &DatabaseTransaction,
    article: &NewArticle,
    provenance: &Provenance<'_>,
    same_story: SameStory<'_>,
    now: DateTime<Utc>,
) -> Result<Committed, StoreError> {
    let sql = "SELECT id, story_id FROM article WHERE url_hash = $1 AND content_sha256 = $2";
    let known = first(tx, sql, values![url_hash(&article.url), article.content_sha256.as_str()]).await?;
    if known.is_some() {
        return Ok(again(known));
    }
    let story_id = join_story(tx, article, same_story, now).await?;
    let article_id = insert_article(tx, article, story_id, provenance, now).await?;
    let new_alerts = match provenance.screened {
        Some(screened) => {
            note_leads(tx, &screened.leads, article_id, now).await?;
            let speaking = Speaking { story_id, article_id, pack_version: provenance.pack_version };
            raise_alerts(tx, speaking, &screened.findings, now).await?
        }
        None => Vec::new(),
    };
    run(tx, "INSERT INTO outbox (article_id) VALUES ($1)", values![article_id]).await?;
    Ok(Committed { article_id: Some(article_id), story_id: Some(story_id), new_alerts, duplicate: false })
}

async fn insert_article(
    tx: &DatabaseTransaction,
    article: &NewArticle,
    story_id: i64,
    provenance: &Provenance<'_>,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let suppressed = provenance.screened.map(|s| s.suppressed.as_slice()).unwrap_or_default();
    let suppressed = serde_json::to_string(suppressed).map_err(|e| StoreError::Damaged(e.to_string()))?;
    let values = values![
        provenance.capture_id,
        story_id,
        article.source_id.as_deref(),
        article.source_name.as_str(),
        article.url.as_str(),
        url_hash(&article.url),
        article.kind.code(),
        article.tier.code(),
        article.publisher.as_deref(),
        article.origin.as_deref(),
        article.title.as_str(),
        article.body.as_str(),
        article.published,
        f64::from(article.date_confidence),
        article.fetched_at,
        time::day(now).to_string(),
        article.fingerprint.cast_signed(),
        article.charset.as_str(),
        article.owner.as_deref(),
        article.external_id.as_deref(),
        article.content_sha256.as_str(),
        provenance.pack_version,
        provenance.register_version,
        suppressed,
    ];
    number(tx, INSERT_ARTICLE, values).await
}

/// A name that was a lead before is counted, once an article.
async fn note_leads(
    tx: &DatabaseTransaction,
    leads: &[Lead],
    article_id: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO lead (name, reason, article_id, seen, created_at) VALUES ($1, $2, $3, 1, $4)
               ON CONFLICT (name) DO UPDATE SET seen = lead.seen + 1";
    // A masked name counts nobody: 某培训机构 of two articles are two.
    let mut named: Vec<&Lead> = leads.iter().filter(|l| l.kind == LeadKind::Unregistered).collect();
    named.sort_by(|a, b| a.name.cmp(&b.name));
    named.dedup_by(|a, b| a.name == b.name);
    for lead in named {
        let values = values![lead.name.as_str(), lead.reason.as_str(), article_id, now];
        run(tx, sql, values).await?;
    }
    Ok(())
}
