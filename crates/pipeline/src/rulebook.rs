//! The rules in force: the pack of the files with the approved drafts over it, compiled with the register, and swapped
//! when either changes. Nothing restarts.

use crate::stored_text::article_of;
use crate::{Period, PipelineError, Quick, try_change};
use chrono::{DateTime, NaiveDate, Utc};
use guanlan_model::{Article, Institution, Screened};
use guanlan_registry::Register;
use guanlan_review::Departments;
use guanlan_rules::{CompileError, Compiled, Pack, PackProblem, PackTexts};
use guanlan_screen::Screener;
use guanlan_screen::trail::Trail;
use guanlan_screen::trial::TrialReport;
use guanlan_store::{ArticleRow, Draft, Store, StoreError};
use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};

/// What a trial on a page may cost; a page is answered within thirty seconds.
const PAGE: Quick = Quick { patience: Duration::from_secs(12), stories: 1_500 };

/// A pack and a register, compiled, with the way to the departments.
#[derive(Debug)]
pub struct Screening {
    /// The pack.
    pub pack: Pack,
    /// Register that it was compiled with.
    pub register_version: String,
    /// Approved drafts that do not fit the files any more.
    pub left_out: Vec<LeftOut>,
    screener: Screener,
    departments: Arc<Departments>,
    /// The drafts in force when it was compiled.
    drafts: Vec<i64>,
}

/// An approved draft that does not fit the pack of the files any more. The rest runs without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Row id of the draft.
    pub draft: i64,
    /// Id of its rule.
    pub rule_id: String,
    /// Name of its rule.
    pub name: String,
    /// Why, in Chinese.
    pub why: String,
}

impl Screening {
    /// Compiles a pack with a register. Takes time proportional to the register.
    ///
    /// # Errors
    /// The pack cannot be compiled.
    pub fn new(
        pack: Pack,
        institutions: Vec<Institution>,
        register_version: String,
        departments: Arc<Departments>,
    ) -> Result<Screening, PipelineError> {
        let screener = Screener::new(Register::new(institutions), &pack)?;
        Ok(Screening {
            pack,
            register_version,
            left_out: Vec::new(),
            screener,
            departments,
            drafts: Vec::new(),
        })
    }

    /// Screens an article and says where each finding would go. `today` is the day on which licences are judged when
    /// the article has no date.
    pub fn screen(&self, article: &Article, today: NaiveDate) -> Screened {
        let mut screened = self.screener.screen(article, today);
        for finding in &mut screened.findings {
            if let Some(institution) = self.screener.register().get(&finding.institution) {
                finding.departments = self.departments.route(finding, institution);
            }
        }
        screened
    }

    /// How an article is judged, step by step.
    pub fn explain(&self, article: &Article, today: NaiveDate) -> Trail {
        self.screener.explain(article, today)
    }

    /// Name and content hash of the pack.
    pub fn version(&self) -> &str {
        &self.pack.version
    }

    /// The register.
    pub fn register(&self) -> &Register {
        self.screener.register()
    }

    /// Another pack with the same register and departments.
    ///
    /// # Errors
    /// The pack cannot be compiled.
    pub fn with_pack(&self, pack: Pack) -> Result<Screening, PipelineError> {
        let institutions = self.register().institutions().to_vec();
        Screening::new(pack, institutions, self.register_version.clone(), self.departments.clone())
    }
}

/// The rules of one process. Shared by its tasks.
#[derive(Debug)]
pub struct Rulebook {
    store: Store,
    files: Pack,
    departments: Arc<Departments>,
    in_force: RwLock<Arc<Screening>>,
    /// Held while a new screening is compiled, so that an older one never takes the place of a newer one.
    swapping: Mutex<()>,
    /// One trial at a time: each compiles the register once more.
    trying: Semaphore,
}

impl Rulebook {
    /// Compiles what is in force and writes down that it is live.
    ///
    /// # Errors
    /// When the store cannot be read or written, or the files' own pack cannot be compiled.
    pub async fn open(
        store: Store,
        files: Pack,
        departments: Departments,
        now: DateTime<Utc>,
    ) -> Result<Rulebook, PipelineError> {
        let departments = Arc::new(departments);
        let first = compile(&store, &files, &departments, now).await?;
        let in_force = RwLock::new(Arc::new(first));
        Ok(Rulebook {
            store,
            files,
            departments,
            in_force,
            swapping: Mutex::new(()),
            trying: Semaphore::new(1),
        })
    }

    /// What screens now.
    pub fn in_force(&self) -> Arc<Screening> {
        match self.in_force.read() {
            Ok(screening) => screening.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Compiles again when the register or the approved drafts have changed since the last look.
    ///
    /// # Errors
    /// When the store cannot be read or written, or the files' own pack cannot be compiled.
    pub async fn refresh(&self, now: DateTime<Utc>) -> Result<(), PipelineError> {
        let _one = self.swapping.lock().await;
        let known = self.in_force();
        if self.store.register_version().await? == known.register_version
            && self.store.live_draft_ids().await? == known.drafts
        {
            return Ok(());
        }
        let fresh = Arc::new(compile(&self.store, &self.files, &self.departments, now).await?);
        tracing::info!(register.version = %fresh.register_version, pack.version = fresh.version(), "rules and register compiled");
        match self.in_force.write() {
            Ok(mut in_force) => *in_force = fresh,
            Err(poisoned) => *poisoned.into_inner() = fresh,
        }
        Ok(())
    }

    /// The pack as it would be without one of the approved drafts.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn without(&self, draft: i64) -> Result<Pack, StoreError> {
        let mut live = self.store.live_drafts().await?;
        live.retain(|other| other.id != draft);
        Ok(with_drafts(&self.files, &live).0)
    }

    /// Tries a changed pack over a time of the archive, within the patience of a page; `None` while another trial runs.
    /// Answers the report and the first day that was looked at.
    ///
    /// # Errors
    /// When the store cannot be read or the pack cannot be compiled.
    pub async fn try_pack(
        &self,
        pack: Pack,
        period: Period,
    ) -> Result<Option<(TrialReport, NaiveDate)>, PipelineError> {
        let Ok(_one) = self.trying.try_acquire() else { return Ok(None) };
        let old = self.in_force();
        let compiled = {
            let old = old.clone();
            tokio::task::spawn_blocking(move || old.with_pack(pack)).await??
        };
        Ok(Some(try_change(&self.store, &old, &Arc::new(compiled), period, PAGE).await?))
    }

    /// A pack that was live once, compiled with the register of today; `None` when it never was.
    ///
    /// # Errors
    /// When the store cannot be read, or the stored texts cannot be read any more.
    pub async fn past(&self, version: &str) -> Result<Option<Screening>, PipelineError> {
        let now = self.in_force();
        let Some(pack) = past_pack(&self.store, version).await? else { return Ok(None) };
        let compiled = tokio::task::spawn_blocking(move || now.with_pack(pack)).await??;
        Ok(Some(compiled))
    }
}

/// The pack that was live under a version; `None` when none was.
///
/// # Errors
/// When the store cannot be read, or the stored texts cannot be read any more.
pub async fn past_pack(store: &Store, version: &str) -> Result<Option<Pack>, PipelineError> {
    let Some(texts) = store.rule_pack(version).await? else { return Ok(None) };
    let unreadable = |why: String| PipelineError::PastPack { version: version.to_owned(), why };
    let texts: PackTexts = serde_json::from_str(&texts).map_err(|e| unreadable(e.to_string()))?;
    let first = |problems: Vec<PackProblem>| problems.first().map(ToString::to_string).unwrap_or_default();
    texts.read().map(Some).map_err(|problems| unreadable(first(problems)))
}

/// Screens a stored article again.
pub fn screen_again(screening: &Screening, row: &ArticleRow) -> Screened {
    screening.screen(&article_of(row.id, &row.article), row.day)
}

async fn compile(
    store: &Store,
    files: &Pack,
    departments: &Arc<Departments>,
    now: DateTime<Utc>,
) -> Result<Screening, PipelineError> {
    let register_version = store.register_version().await?;
    let live = store.live_drafts().await?;
    let institutions = store.institutions().await?;
    let (files, departments) = (files.clone(), departments.clone());
    let screening = tokio::task::spawn_blocking(move || {
        let drafts = live.iter().map(|draft| draft.id).collect();
        let (pack, left_out) = with_drafts(&files, &live);
        let screening = Screening::new(pack, institutions, register_version, departments)?;
        Ok::<_, PipelineError>(Screening { drafts, left_out, ..screening })
    })
    .await??;
    for rule in &screening.left_out {
        tracing::warn!(
            draft = rule.draft,
            rule = rule.rule_id,
            why = rule.why,
            "an approved rule is left out"
        );
    }
    let texts = serde_json::to_string(&screening.pack.texts).map_err(|e| PipelineError::PastPack {
        version: screening.version().to_owned(),
        why: e.to_string(),
    })?;
    store.pack_is_live(screening.version(), &texts, now).await?;
    Ok(screening)
}

/// The name under which a draft's text stands in a pack.
pub(crate) fn draft_file(id: i64) -> String {
    format!("草稿{id}.toml")
}

/// The pack of the files with the approved drafts over it. Those that do not fit any more are left out and named.
pub fn with_drafts(files: &Pack, live: &[Draft]) -> (Pack, Vec<LeftOut>) {
    let mut left_out: Vec<LeftOut> = Vec::new();
    loop {
        let out: BTreeSet<i64> = left_out.iter().map(|l| l.draft).collect();
        let kept: Vec<&Draft> = live.iter().filter(|d| !out.contains(&d.id)).collect();
        if kept.is_empty() {
            return (files.clone(), left_out);
        }
        let mut texts = files.texts.clone();
        for draft in &kept {
            texts = texts.with(&draft_file(draft.id), &draft.toml);
        }
        let faults: Vec<(String, String)> = match texts.read() {
            Ok(pack) => match Compiled::new(&pack, std::iter::empty()) {
                Ok(_) => return (pack, left_out),
                Err(CompileError::Opening(rule)) => {
                    let faulty = kept.iter().filter(|d| d.rule_id == rule);
                    faulty.map(|d| (draft_file(d.id), "没有能触发规则的词或数字条件".to_owned())).collect()
                }
                Err(error) => kept.iter().map(|d| (draft_file(d.id), error.to_string())).collect(),
            },
            Err(problems) => problems.iter().map(|p| (p.file.clone(), p.to_string())).collect(),
        };
        let before = left_out.len();
        for draft in &kept {
            let file = draft_file(draft.id);
            if let Some((_, why)) = faults.iter().find(|(faulty, _)| *faulty == file) {
                let (rule_id, name) = (draft.rule_id.clone(), draft.name.clone());
                left_out.push(LeftOut { draft: draft.id, rule_id, name, why: why.clone() });
            }
        }
        if left_out.len() == before {
            // The fault is in no draft: the files are read as they are, and say so themselves.
            return (files.clone(), left_out);
        }
    }
}
