//! From the outbox to the search index, which is derived and can be thrown away.

use crate::{Engine, PipelineError};
use guanlan_archive::{Archive, Document};
use guanlan_store::{ArticleRow, Store};
use std::sync::Arc;

/// Articles in one commit of the index.
const BATCH: u64 = 1000;

impl Engine {
    /// Indexes what the outbox holds. Returns the number of articles.
    ///
    /// # Errors
    /// When the store or the index refuses; the outbox keeps what was not done.
    pub async fn index_outbox(&self) -> Result<u64, PipelineError> {
        index_outbox(&self.store, &self.archive).await
    }
}

/// Indexes what the outbox holds, without an engine. Returns the number of articles.
///
/// # Errors
/// When the store or the index refuses; the outbox keeps what was not done.
pub async fn index_outbox(store: &Store, archive: &Arc<dyn Archive>) -> Result<u64, PipelineError> {
    let mut done = 0;
    loop {
        let batch = store.outbox_batch(BATCH).await?;
        if batch.is_empty() {
            return Ok(done);
        }
        let ids: Vec<i64> = batch.iter().map(|(_, article)| *article).collect();
        add(archive, store.articles_by_ids(&ids).await?).await?;
        store.outbox_done(&batch.iter().map(|(outbox, _)| *outbox).collect::<Vec<_>>()).await?;
        done += batch.len() as u64;
    }
}

/// Empties the index and fills it again from the database. Returns the number of articles.
///
/// # Errors
/// When the store or the index refuses.
pub async fn rebuild_index(store: &Store, archive: &Arc<dyn Archive>) -> Result<u64, PipelineError> {
    let index = archive.clone();
    tokio::task::spawn_blocking(move || index.clear()).await??;
    let (mut after, mut done) = (0, 0);
    loop {
        let rows = store.articles_after(after, BATCH).await?;
        let Some(last) = rows.last().map(|r| r.id) else { break };
        after = last;
        done += rows.len() as u64;
        add(archive, rows).await?;
    }
    // What was committed meanwhile is still in the outbox; adding an article twice replaces it.
    index_outbox(store, archive).await?;
    Ok(done)
}

async fn add(archive: &Arc<dyn Archive>, rows: Vec<ArticleRow>) -> Result<(), PipelineError> {
    let archive = archive.clone();
    let documents: Vec<Document> = rows.into_iter().map(document).collect();
    tokio::task::spawn_blocking(move || archive.add(&documents)).await??;
    Ok(())
}

fn document(row: ArticleRow) -> Document {
    Document {
        id: row.id,
        title: row.article.title,
        body: row.article.body,
        url: row.article.url,
        external_id: row.article.external_id,
        published: row.article.published,
        fetched_at: row.article.fetched_at,
        source: row.article.source_name,
        tier: row.article.tier,
        kind: row.article.kind,
        institutions: row.institutions,
        categories: row.categories,
    }
}
