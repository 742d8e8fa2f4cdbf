//! `guanlan import`: the register, and articles from elsewhere.

use crate::cli;
use crate::config::Config;
use crate::{instance, say};
use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use guanlan_model::Article;
use guanlan_pipeline::StoredText;
use guanlan_registry::{Changed, RegisterDiff, diff, read_register};
use guanlan_store::{Committed, NewArticle};
use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::Path;
use std::process::ExitCode;

/// Articles in one transaction.
const BATCH: usize = 500;

/// Rows of a difference that are listed one by one.
const SHOWN: usize = 20;

/// Imports what was named.
///
/// # Errors
/// When the file cannot be used at all; single bad rows are reported and skipped.
pub async fn run(config: &Config, command: &cli::Import) -> Result<ExitCode> {
    match command {
        cli::Import::Register { file, preview, remove_missing, json } => {
            register(config, file, *preview, *remove_missing, *json).await
        }
        cli::Import::Articles { file } => articles(config, file).await,
    }
}

async fn register(
    config: &Config,
    file: &Path,
    preview: bool,
    remove_missing: bool,
    json: bool,
) -> Result<ExitCode> {
    let bytes = std::fs::read(file).with_context(|| format!("无法读取 {}", file.display()))?;
    let name = file.file_name().and_then(|n| n.to_str()).unwrap_or("");
    let import =
        read_register(&bytes, name).with_context(|| format!("{} 无法作为名录导入", file.display()))?;
    let store = instance::store(config).await?;
    let difference = diff(&store.institutions().await?, &import.rows);
    let unchanged = import.rows.len() - difference.added.len() - difference.changed.len();
    if !json {
        for problem in import.errors.iter() {
            say::line(format!("错误　{problem}"));
        }
        for problem in import.warnings.iter() {
            say::line(format!("提醒　{problem}"));
        }
        print_difference(&difference, unchanged, remove_missing);
    }
    if import.rows.is_empty() {
        bail!("没有可导入的行，库中名录未改动");
    }
    let mut version = store.register_version().await?;
    if !preview {
        let applied = store.apply_register(&import.rows, remove_missing, "命令行", name, Utc::now()).await?;
        version = applied.version.to_string();
    }
    if json {
        say::line(serde_json::json!({
            "rows": import.rows.len(), "errors": import.errors.len(), "warnings": import.warnings.len(),
            "added": difference.added.len(), "changed": difference.changed.len(),
            "removed": if remove_missing { difference.removed.len() } else { 0 },
            "missing": difference.removed.len(), "unchanged": unchanged, "imported": !preview,
            "version": version,
        }));
    } else if preview {
        say::line("以上为预览，没有入库。去掉 --preview 即可导入。");
    } else {
        let rows: BTreeSet<usize> = import.errors.iter().map(|problem| problem.row).collect();
        let left_out = match rows.len() {
            0 => String::new(),
            rows => format!("有误的 {rows} 行没有导入，改好后重新导入即可。"),
        };
        say::line(format!("已入库，名录版本 {version}。{left_out}"));
    }
    Ok(if import.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_difference(difference: &RegisterDiff, unchanged: usize, remove_missing: bool) {
    say::line(format!(
        "新增 {} 家，变更 {} 家，未变 {} 家，库中有而本次没有的 {} 家{}",
        difference.added.len(),
        difference.changed.len(),
        unchanged,
        difference.removed.len(),
        if remove_missing { "（将移出）" } else { "（保留；加 --remove-missing 可移出）" },
    ));
    for row in difference.added.iter().take(SHOWN) {
        say::line(format!("　＋ {}　{}", row.id, row.name));
    }
    for change in difference.changed.iter().take(SHOWN) {
        say::line(format!("　～ {}　{}：{}", change.id, change.name, fields(change)));
    }
    let mark = if remove_missing { '－' } else { '＝' };
    for row in difference.removed.iter().take(SHOWN) {
        say::line(format!("　{mark} {}　{}", row.id, row.name));
    }
    let most = difference.added.len().max(difference.changed.len()).max(difference.removed.len());
    if most > SHOWN {
        say::line(format!("　……每类只列前 {SHOWN} 家"));
    }
}

fn fields(change: &Changed) -> String {
    change
        .fields
        .iter()
        .map(|f| format!("{}「{}」改为「{}」", f.field, f.old, f.new))
        .collect::<Vec<_>>()
        .join("；")
}

async fn articles(config: &Config, file: &Path) -> Result<ExitCode> {
    let input = std::fs::File::open(file).with_context(|| format!("无法读取 {}", file.display()))?;
    let data = config.data_dir();
    let _lock = instance::lock(&data)?;
    let store = instance::store(config).await?;
    let archive = instance::archive(&data)?;
    let mut counts = Counts::default();
    let mut batch = Vec::with_capacity(BATCH);
    for (number, line) in std::io::BufReader::new(input).split(b'\n').enumerate() {
        let line = line.context("读取文件失败")?;
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Article>(line) {
            Ok(article) => batch.push(row(article, Utc::now())),
            Err(error) => {
                counts.bad += 1;
                say::note(format!("第 {} 行跳过：{error}", number + 1));
            }
        }
        if batch.len() == BATCH {
            counts.add(&store.import_articles(&batch, &guanlan_text::same_story, Utc::now()).await?);
            batch.clear();
        }
    }
    counts.add(&store.import_articles(&batch, &guanlan_text::same_story, Utc::now()).await?);
    guanlan_pipeline::index_outbox(&store, &archive).await.context("写入索引失败")?;
    say::line(format!("已导入 {} 篇，已有 {} 篇，格式有误 {} 行。", counts.new, counts.known, counts.bad));
    Ok(if counts.bad > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

#[derive(Default)]
struct Counts {
    new: usize,
    known: usize,
    bad: usize,
}

impl Counts {
    fn add(&mut self, committed: &[Committed]) {
        let known = committed.iter().filter(|c| c.duplicate).count();
        self.known += known;
        self.new += committed.len() - known;
    }
}

fn row(article: Article, now: DateTime<Utc>) -> NewArticle {
    let StoredText { title, body, fingerprint, content_sha256 } =
        StoredText::of(&article.title, &article.body);
    NewArticle {
        external_id: Some(article.id).filter(|id| !id.is_empty()),
        url: article.url,
        kind: article.kind,
        tier: article.tier,
        source_id: None,
        source_name: article.source,
        publisher: None,
        origin: None,
        fingerprint,
        content_sha256,
        title,
        body,
        published: article.published.map(|p| p.to_utc()),
        date_confidence: if article.published.is_some() { 1.0 } else { 0.0 },
        fetched_at: now,
        charset: "utf-8".into(),
        owner: article.owner,
    }
}
