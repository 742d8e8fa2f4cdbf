//! The index in a folder of this machine.

use crate::budget::{TIME, Turns};
use crate::candidates::{EVERYWHERE, candidates, ranked_by};
use crate::condition::{Condition, Resolver};
use crate::examine::{Examiner, text};
use crate::schema::{Fields, Payload, build, register, version};
use crate::snippet::{marked, snippet};
use crate::sweep::{Ranked, Sweep};
use crate::{Answer, Archive, ArchiveError, Document, Hit, MAX_LIMIT, MAX_OFFSET, Result, SearchRequest};
use chrono::DateTime;
use guanlan_model::Tier;
use guanlan_rules::query::Field;
use guanlan_text::Segmenter;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::schema::Value;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term};

/// Memory for documents that are not yet on disk.
const WRITER_HEAP_BYTES: usize = 50_000_000;
/// Candidates of one search that are verified on their text.
const MOST_VERIFIED: usize = 20_000;
/// Words that order one answer.
const MOST_WORDS: usize = 64;
/// Searches at the same time.
const TURNS: usize = 2;

/// An index in a folder. Any number of processes may read it while one writes.
pub struct LocalArchive {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    segmenter: Segmenter,
    /// Opened by the first write, so that a process that only searches never holds the lock.
    writer: Mutex<Option<IndexWriter>>,
    turns: Turns,
}

impl LocalArchive {
    /// Opens the index in a folder, at its last complete commit; creates both when they do not exist.
    ///
    /// # Errors
    /// [`ArchiveError::Version`] or [`ArchiveError::Damaged`], whose messages name the command that mends it;
    /// otherwise failures of storage.
    pub fn open(dir: &Path, segmenter: Segmenter) -> Result<LocalArchive> {
        fs::create_dir_all(dir)?;
        let directory = MmapDirectory::open(dir).map_err(TantivyError::from)?;
        let (schema, fields) = build();
        let exists = Index::exists(&directory).map_err(TantivyError::from)?;
        let index = if exists {
            let index = Index::open(directory).map_err(damaged)?;
            check_version(&index, index.schema() == schema)?;
            index
        } else {
            Index::create(directory, schema, tantivy::IndexSettings::default())?
        };
        register(index.tokenizers(), segmenter.clone());
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::OnCommitWithDelay)
            .try_into()
            .map_err(damaged)?;
        let (writer, turns) = (Mutex::new(None), Turns::new(TURNS));
        Ok(LocalArchive { index, reader, fields, segmenter, writer, turns })
    }

    /// Throws away whatever index is in the folder, readable or not, and opens an empty one.
    ///
    /// # Errors
    /// [`ArchiveError::InUse`] while a process writes to it, [`ArchiveError::NotAnIndex`] when the folder holds
    /// anything else; otherwise as for [`LocalArchive::open`].
    pub fn recreate(dir: &Path, segmenter: Segmenter) -> Result<LocalArchive> {
        fs::create_dir_all(dir)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if !entry.file_type()?.is_file() || !is_index_file(&entry.file_name().to_string_lossy()) {
                return Err(ArchiveError::NotAnIndex(dir.to_owned()));
            }
            files.push(entry.path());
        }
        let directory = MmapDirectory::open(dir).map_err(TantivyError::from)?;
        let lock = directory
            .acquire_lock(&INDEX_WRITER_LOCK)
            .map_err(|error| ArchiveError::from(TantivyError::LockFailure(error, None)))?;
        for file in files {
            fs::remove_file(file)?;
        }
        drop(lock);
        LocalArchive::open(dir, segmenter)
    }

    /// Runs changes and commits them, or leaves the index as it was.
    fn commit(&self, change: impl FnOnce(&IndexWriter) -> tantivy::Result<()>) -> Result<()> {
        let mut slot = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writer = match slot.take() {
            Some(writer) => writer,
            None => self.index.writer_with_num_threads(1, WRITER_HEAP_BYTES)?,
        };
        // On failure the writer is dropped with everything uncommitted; the next write opens a new one.
        change(&writer)?;
        let payload = Payload { version: version().to_owned() };
        let payload =
            serde_json::to_string(&payload).map_err(|e| TantivyError::InternalError(e.to_string()))?;
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        *slot = Some(writer);
        self.reader.reload()?;
        tracing::debug!(documents = self.reader.searcher().num_docs(), "index committed");
        Ok(())
    }

    fn condition(&self, request: &SearchRequest, searcher: &Searcher) -> Result<Option<Condition>> {
        let Some(expr) = &request.expr else { return Ok(None) };
        let sources = || self.sources(searcher);
        Resolver { names: &request.names, sources: &sources }.condition(expr).map(Some)
    }

    /// Names of all sources in the index.
    fn sources(&self, searcher: &Searcher) -> Result<Vec<String>> {
        let mut names = BTreeSet::new();
        for segment in searcher.segment_readers() {
            let inverted = segment.inverted_index(self.fields.source)?;
            let mut terms = inverted.terms().stream()?;
            while terms.advance() {
                names.insert(String::from_utf8_lossy(terms.key()).into_owned());
            }
        }
        Ok(names.into_iter().collect())
    }

    /// Words of what is wanted, as terms that raise the score.
    fn words(&self, condition: &Condition) -> Vec<Term> {
        let wanted: BTreeSet<&str> = EVERYWHERE.iter().flat_map(|field| condition.texts(*field)).collect();
        let words: BTreeSet<String> = wanted
            .into_iter()
            .flat_map(|text| self.segmenter.search_tokens(text))
            .map(|token| token.text)
            .collect();
        words.iter().take(MOST_WORDS).map(|word| Term::from_field_text(self.fields.words, word)).collect()
    }

    fn hit(&self, searcher: &Searcher, ranked: &Ranked, condition: Option<&Condition>) -> Result<Hit> {
        let stored: TantivyDocument = searcher.doc(ranked.address)?;
        let wanted = |field| condition.map(|condition| condition.texts(field)).unwrap_or_default();
        let number = |field| stored.get_first(field).and_then(|value| value.as_i64());
        let title = text(&stored, self.fields.title);
        Ok(Hit {
            id: number(self.fields.id).unwrap_or_default(),
            title: title.to_owned(),
            title_pieces: marked(title, &wanted(Field::Title)),
            url: text(&stored, self.fields.url).to_owned(),
            external_id: Some(text(&stored, self.fields.external_id).to_owned()).filter(|id| !id.is_empty()),
            published: number(self.fields.published).and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            source: text(&stored, self.fields.source).to_owned(),
            tier: text(&stored, self.fields.tier).parse().unwrap_or(Tier::Other),
            snippet: snippet(text(&stored, self.fields.body), &wanted(Field::Body)),
        })
    }
}

impl Archive for LocalArchive {
    fn add(&self, documents: &[Document]) -> Result<()> {
        self.commit(|writer| {
            for document in documents {
                writer.delete_term(self.fields.identity(document.id));
                writer.add_document(self.fields.document(document))?;
            }
            Ok(())
        })
    }

    fn search(&self, request: &SearchRequest) -> Result<Answer> {
        let started = Instant::now();
        if request.offset > MAX_OFFSET || request.limit > MAX_LIMIT {
            return Err(ArchiveError::Page);
        }
        let deadline = started + TIME;
        let _turn = self.turns.take(deadline)?;
        let searcher = self.reader.searcher();
        let condition = self.condition(request, &searcher)?;
        let pass = |keep, with_facets| Sweep {
            searcher: &searcher,
            sort: request.sort,
            keep,
            with_facets,
            deadline,
        };
        let page = request.offset + request.limit;
        let found = match &condition {
            None => pass(page, true).run(&tantivy::query::AllQuery)?,
            Some(condition) => {
                let candidates = candidates(condition, &self.fields);
                let query = ranked_by(candidates.query, self.words(condition));
                if candidates.exact {
                    pass(page, true).run(&*query)?
                } else {
                    let sweep = pass(MOST_VERIFIED, false);
                    Examiner::new(&searcher, &self.fields)?.verified(
                        sweep.run(&*query)?,
                        condition,
                        deadline,
                    )?
                }
            }
        };
        let wanted = found.best.iter().skip(request.offset).take(request.limit);
        let hits =
            wanted.map(|ranked| self.hit(&searcher, ranked, condition.as_ref())).collect::<Result<_>>()?;
        Ok(Answer {
            total: found.total,
            total_is_lower_bound: !found.complete,
            took_ms: started.elapsed().as_secs_f64() * 1000.0,
            hits,
            facets: found.counts.ranked(),
        })
    }

    fn clear(&self) -> Result<()> {
        self.commit(|writer| writer.delete_all_documents().map(|_| ()))
    }
}

/// What the last commit says about itself; `None` before the first commit.
fn payload(index: &Index) -> Result<Option<Payload>> {
    let meta = index.load_metas().map_err(damaged)?;
    let read = |text: String| serde_json::from_str(&text).map_err(|e| ArchiveError::Damaged(e.to_string()));
    meta.payload.map(read).transpose()
}

fn check_version(index: &Index, same_schema: bool) -> Result<()> {
    let found = payload(index)?.map(|payload| payload.version);
    let fits = found.as_deref().is_none_or(|found| found == version());
    if same_schema && fits {
        return Ok(());
    }
    let found = found.unwrap_or_else(|| "未知".to_owned());
    Err(ArchiveError::Version { found, expected: version().to_owned() })
}

fn damaged(error: TantivyError) -> ArchiveError {
    match error {
        TantivyError::IoError(error) => {
            ArchiveError::Io(std::io::Error::new(error.kind(), error.to_string()))
        }
        other => ArchiveError::Damaged(other.to_string()),
    }
}

/// `meta.json`, lock files, and segment files, which are named by 32 hexadecimal digits.
fn is_index_file(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    matches!(name, "meta.json" | ".managed.json")
        || name.starts_with(".tantivy-")
        || (stem.len() == 32 && stem.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sort;
    use guanlan_model::Kind;

    #[test]
    fn a_pass_stops_at_the_deadline_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let archive = LocalArchive::open(dir.path(), Segmenter::new([])).unwrap();
        let document = |id| Document {
            id,
            title: "通报".to_owned(),
            body: "退费难".to_owned(),
            url: String::new(),
            external_id: None,
            published: None,
            fetched_at: DateTime::UNIX_EPOCH,
            source: String::new(),
            tier: Tier::Other,
            kind: Kind::News,
            institutions: Vec::new(),
            categories: Vec::new(),
        };
        archive.add(&(0..600).map(document).collect::<Vec<_>>()).unwrap();
        let searcher = archive.reader.searcher();
        let pass = |deadline| {
            let sweep =
                Sweep { searcher: &searcher, sort: Sort::Newest, keep: 10, with_facets: true, deadline };
            sweep.run(&tantivy::query::AllQuery).unwrap()
        };
        let whole = pass(Instant::now() + std::time::Duration::from_secs(3600));
        assert_eq!((whole.total, whole.complete, whole.best.len()), (600, true, 10));
        let cut = pass(Instant::now());
        assert!(!cut.complete && cut.total < 600);

        // The same when candidates are looked at: none after the deadline, and more found than kept is incomplete.
        let condition = Condition::Text("退费".to_owned());
        let examined = |deadline, keep: usize| {
            let mut found = pass(Instant::now() + std::time::Duration::from_secs(3600));
            found.total = keep as u64;
            let examiner = Examiner::new(&searcher, &archive.fields).unwrap();
            examiner.verified(found, &condition, deadline).unwrap()
        };
        let late = examined(Instant::now(), 10);
        assert_eq!((late.total, late.complete), (0, false));
        let later = Instant::now() + std::time::Duration::from_secs(3600);
        assert_eq!((examined(later, 10).total, examined(later, 10).complete), (10, true));
        assert_eq!((examined(later, 11).total, examined(later, 11).complete), (10, false));
    }
}
