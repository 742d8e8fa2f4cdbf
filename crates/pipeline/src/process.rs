//! From a capture to what it says: links, or an article with its findings.

use crate::collect::next_visit;
use crate::rulebook::Screening;
use crate::stored_text::{StoredText, article_of};
use crate::{Engine, PipelineError, Progress};
use chrono::{DateTime, Utc};
use guanlan_crawl::{Source, SourceKind, canonical, wanted_links};
use guanlan_evidence::{Located, Response};
use guanlan_extract::{Listed, PageContext};
use guanlan_model::{Extracted, Outcome, PageKind, PageRole, time};
use guanlan_store::{CaptureRow, NewArticle, NewCapture, NewPage, PageRow, Processed};
use std::sync::Arc;
use tokio::task::JoinError;
use url::Url;

/// How sure a date is that only the list page printed.
const LIST_DATE_CONFIDENCE: f32 = 0.6;

/// What one capture came to.
pub(crate) struct Read {
    /// Refined outcome.
    pub(crate) outcome: Outcome,
    /// More about it.
    pub(crate) detail: String,
    /// Date of the newest item, for feeds and lists.
    pub(crate) newest: Option<DateTime<Utc>>,
}

/// How a page is to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Feed,
    List,
    Site,
    Article,
}

impl Engine {
    /// Reads a capture and commits what it says, in one transaction. Doing it twice changes nothing.
    pub(crate) async fn process(
        &self,
        capture: &CaptureRow,
        progress: &Progress,
    ) -> Result<Read, PipelineError> {
        let page = match capture.page_id {
            Some(id) => self.store.page(id).await?,
            None => None,
        };
        let source = self.sources.get(&capture.source_id).cloned();
        let located = located(&capture.stored);
        let vault = self.vault.clone();
        let capture_row = capture.clone();
        let now = self.now();
        let screening = self.rulebook.in_force();
        let (reading_page, reading_source) = (page.clone(), source.clone());
        let reading_screening = screening.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let response = vault.read(&located)?;
            Ok::<_, PipelineError>(match reading_source {
                Some(source) => Reader {
                    source: &source,
                    page: reading_page.as_ref(),
                    now,
                    screening: &reading_screening,
                }
                .read(&capture_row, &response),
                None => set_aside(Outcome::NotArticle, "来源已不在配置中", &reading_screening),
            })
        });
        let (read, mut processed) = survived(reading.await, &screening)?;
        if let (Some(source), Some(page)) = (&source, &page) {
            processed.next_at = next_visit(source, page, processed.outcome, None, now);
        }
        let same_story: &(dyn Fn(u64, u64) -> bool + Send + Sync) = &guanlan_text::same_story;
        let committed = self.store.commit_processed(capture.id, &processed, same_story, self.now()).await?;
        let new_article = u64::from(processed.article.is_some() && !committed.duplicate);
        progress.add(0, new_article, committed.new_alerts.len() as u64);
        Ok(read)
    }
}

/// A parser that broke on a capture will break on it again, so the capture is set aside; it stays, as evidence. A task
/// that was stopped with the process has said nothing about its capture.
fn survived(
    reading: Result<Result<(Read, Processed), PipelineError>, JoinError>,
    screening: &Screening,
) -> Result<(Read, Processed), PipelineError> {
    match reading {
        Ok(done) => done,
        Err(error) if error.is_panic() => {
            tracing::error!(%error, "a capture could not be read and is set aside");
            Ok(set_aside(Outcome::ParseFailed, "读取时程序出错，原文已存证", screening))
        }
        Err(error) => Err(error.into()),
    }
}

/// Where the evidence room keeps what the store knows as a capture.
pub fn located(stored: &NewCapture) -> Located {
    Located {
        segment: stored.segment.clone(),
        offset: stored.offset,
        length: stored.length,
        sha256: stored.sha256.clone(),
    }
}

struct Reader<'a> {
    source: &'a Source,
    page: Option<&'a PageRow>,
    now: DateTime<Utc>,
    screening: &'a Arc<Screening>,
}

impl Reader<'_> {
    fn read(&self, capture: &CaptureRow, response: &Response) -> (Read, Processed) {
        let content_type = header(response, "content-type");
        let Ok(url) = Url::parse(&capture.stored.final_url) else {
            return set_aside(Outcome::ParseFailed, "存证中的网址无法识别", self.screening);
        };
        let context = PageContext {
            url: Some(&url),
            content_type: content_type.as_deref(),
            selectors: Some(&self.source.page),
            now: time::to_shanghai(self.now),
        };
        let (read, processed) = match self.reading() {
            Reading::Feed => self.feed(&response.body, &context),
            Reading::List => self.list(&response.body, &context),
            Reading::Site => self.site(capture, response, &context),
            Reading::Article => self.article(capture, response, &context, Vec::new()),
        };
        let (etag, last_modified) = (header(response, "etag"), header(response, "last-modified"));
        (read, Processed { etag, last_modified, ..processed })
    }

    fn reading(&self) -> Reading {
        match (self.page.map(|p| p.role), self.source.kind) {
            (Some(PageRole::Article), _) | (None, SourceKind::Page) => Reading::Article,
            (Some(PageRole::Site), _) | (None, SourceKind::Site) => Reading::Site,
            (None, SourceKind::Feed) => Reading::Feed,
            (None, SourceKind::List) => Reading::List,
        }
    }

    fn feed(&self, body: &[u8], context: &PageContext<'_>) -> (Read, Processed) {
        match guanlan_extract::feed(body, context) {
            Ok(feed) => {
                let detail =
                    feed.bozo.map(|line| format!("订阅源格式有误，修复后读取：{line}")).unwrap_or_default();
                let items: Vec<Listed> = feed.items;
                self.listed(items, detail)
            }
            Err(error) => set_aside(Outcome::ParseFailed, &error.zh(), self.screening),
        }
    }

    fn list(&self, body: &[u8], context: &PageContext<'_>) -> (Read, Processed) {
        let Some(selectors) = &self.source.list else {
            return set_aside(Outcome::ParseFailed, "来源没有配置 list 选择器", self.screening);
        };
        match guanlan_extract::list(body, context, selectors) {
            Ok(items) => self.listed(items, String::new()),
            Err(error) => set_aside(Outcome::ParseFailed, &error.zh(), self.screening),
        }
    }

    /// A feed or list: its items go to the frontier, its newest date tells whether it is alive.
    fn listed(&self, items: Vec<Listed>, detail: String) -> (Read, Processed) {
        if items.is_empty() {
            return set_aside(
                Outcome::ParseFailed,
                "没有读到条目：网页可能已改版，请核对来源配置",
                self.screening,
            );
        }
        let tomorrow = self.now + chrono::Duration::days(1);
        let newest = items
            .iter()
            .filter_map(|i| i.date)
            .map(|d| d.with_timezone(&Utc))
            .filter(|d| *d <= tomorrow)
            .max();
        let discovered = items
            .into_iter()
            .filter_map(|item| {
                Some(NewPage {
                    url: canonical(&item.url).ok()?.to_string(),
                    role: PageRole::Article,
                    depth: 1,
                    title: Some(item.title).filter(|t| !t.is_empty()),
                    published: item.date.map(|d| d.with_timezone(&Utc)),
                })
            })
            .collect();
        let processed = Processed { discovered, ..nothing(Outcome::NotArticle, &detail, self.screening) };
        (Read { outcome: Outcome::Fetched, detail, newest }, processed)
    }

    /// A page of an institution's own site: an article, and links to more of them.
    fn site(
        &self,
        capture: &CaptureRow,
        response: &Response,
        context: &PageContext<'_>,
    ) -> (Read, Processed) {
        let depth = self.page.map_or(0, |p| p.depth);
        let links = guanlan_extract::links(&response.body, context);
        let here = context.url.cloned().unwrap_or_else(|| self.source.url.clone());
        // Every page of a promotional site is visited again: what it says today may be gone tomorrow.
        let discovered = wanted_links(self.source, &here, depth, links.iter().map(|l| &l.url))
            .into_iter()
            .map(|url| NewPage {
                url: url.to_string(),
                role: PageRole::Site,
                depth: depth + 1,
                title: None,
                published: None,
            })
            .collect();
        self.article(capture, response, context, discovered)
    }

    fn article(
        &self,
        capture: &CaptureRow,
        response: &Response,
        context: &PageContext<'_>,
        discovered: Vec<NewPage>,
    ) -> (Read, Processed) {
        let page = guanlan_extract::page(&response.body, context);
        let outcome = match page.kind {
            PageKind::Article | PageKind::Image | PageKind::Gallery => Outcome::Fetched,
            // The home page of an institution is often a list of links with a few sentences of promotion above it.
            PageKind::List if self.reading() == Reading::Site => Outcome::Fetched,
            PageKind::List => Outcome::NotArticle,
            PageKind::Challenge => Outcome::Blocked,
            PageKind::SoftNotFound => Outcome::SoftNotFound,
            PageKind::Empty => Outcome::NoText,
        };
        let read = Read { outcome, detail: String::new(), newest: None };
        let mut processed = Processed { discovered, ..nothing(outcome, "", self.screening) };
        if outcome != Outcome::Fetched {
            return (read, processed);
        }
        let article = self.new_article(capture, page);
        if article.title.is_empty() && article.body.is_empty() {
            processed.outcome = Outcome::NoText;
            return (Read { outcome: Outcome::NoText, ..read }, processed);
        }
        let today = time::day(self.now);
        processed.screened = Some(self.screening.screen(&article_of(capture.id, &article), today));
        processed.article = Some(article);
        (read, processed)
    }

    fn new_article(&self, capture: &CaptureRow, page: Extracted) -> NewArticle {
        let listed_title = self.page.and_then(|p| p.title.clone()).unwrap_or_default();
        let title = if page.title.is_empty() { listed_title } else { page.title };
        let (published, date_confidence) = match (page.date, self.page.and_then(|p| p.published)) {
            (Some(date), _) => (Some(date.with_timezone(&Utc)), page.date_confidence),
            (None, Some(listed)) => (Some(listed), LIST_DATE_CONFIDENCE),
            (None, None) => (None, 0.0),
        };
        let StoredText { title, body, fingerprint, content_sha256 } = StoredText::of(&title, &page.text);
        NewArticle {
            url: capture.stored.final_url.clone(),
            kind: self.source.article_kind,
            tier: self.source.tier,
            source_id: Some(self.source.id.clone()),
            source_name: self.source.name.clone(),
            publisher: page.publisher,
            origin: page.origin,
            fingerprint,
            content_sha256,
            title,
            body,
            published,
            date_confidence,
            fetched_at: capture.stored.fetched_at,
            charset: page.charset,
            owner: self.source.owner.clone(),
            external_id: None,
        }
    }
}

fn set_aside(outcome: Outcome, why: &str, screening: &Screening) -> (Read, Processed) {
    (Read { outcome, detail: why.to_owned(), newest: None }, nothing(outcome, why, screening))
}

fn nothing(outcome: Outcome, detail: &str, screening: &Screening) -> Processed {
    Processed {
        outcome,
        detail: detail.to_owned(),
        article: None,
        screened: None,
        pack_version: screening.version().to_owned(),
        register_version: screening.register_version.clone(),
        discovered: Vec::new(),
        etag: None,
        last_modified: None,
        next_at: None,
    }
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_capture_that_breaks_a_parser_is_set_aside() {
        let departments = Arc::new(guanlan_review::Departments::builtin());
        let pack = guanlan_rules::builtin();
        let screening = Screening::new(pack, Vec::new(), "0".into(), departments).unwrap();
        let broken = tokio::task::spawn_blocking(|| panic!("a parser breaks")).await;
        let (read, processed) = survived(broken, &screening).unwrap();
        assert_eq!((read.outcome, processed.outcome), (Outcome::ParseFailed, Outcome::ParseFailed));
        let stopped = tokio::spawn(std::future::pending());
        stopped.abort();
        assert!(matches!(survived(stopped.await, &screening), Err(PipelineError::Worker(_))));
    }
}
