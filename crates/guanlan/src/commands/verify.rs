//! `guanlan verify`: the one oracle of every fault test. Captures, database and index are checked against each other.

use crate::config::Config;
use crate::{cli, instance, say};
use anyhow::{Context, Result, bail};
use guanlan_archive::SearchRequest;
use guanlan_evidence::Located;
use guanlan_pipeline::{content_hash, located};
use guanlan_store::Store;
use std::process::ExitCode;

/// Checks a data folder.
///
/// # Errors
/// When it cannot be opened at all; problems inside it are the answer, not an error.
pub async fn run(config: &Config, args: &cli::Verify) -> Result<ExitCode> {
    let data = config.data_dir();
    if !data.join("evidence").is_dir() {
        bail!("{} 里没有数据；用 --data 指明数据文件夹", data.display());
    }
    // When nobody else writes, what a killed process left half-written is put right before it is judged.
    let lock = instance::lock(&data);
    if lock.is_ok() {
        drop(instance::vault(&data)?);
    }
    let store = instance::store(config).await?;
    let mut problems = store.check_invariants().await.context("无法核对数据库")?;
    let located = captures(&store).await?;
    let evidence =
        guanlan_evidence::verify(&data.join("evidence"), &located, args.deep).context("无法核对快照")?;
    problems.extend(evidence.problems.iter().map(guanlan_evidence::Problem::zh));
    problems.extend(altered_articles(&store).await?);
    let articles = store.article_count().await?;
    let waiting = store.outbox_batch(u64::from(u32::MAX)).await?.len();
    let indexed = instance::archive(&data)?.search(&SearchRequest::default())?.total;
    if i64::try_from(indexed)? + i64::try_from(waiting)? < articles {
        problems.push(format!(
            "索引有 {indexed} 篇，待入 {waiting} 篇，数据库有 {articles} 篇；运行 guanlan index rebuild"
        ));
    }
    if args.json {
        say::line(serde_json::json!({
            "captures": located.len(), "articles": articles, "indexed": indexed, "waiting": waiting,
            "deep": args.deep, "problems": problems,
        }));
    } else {
        for problem in &problems {
            say::line(format!("问题：{problem}"));
        }
        say::line(format!(
            "快照 {} 份{}，文章 {articles} 篇，索引 {indexed} 篇（待入 {waiting}），问题 {} 处。",
            located.len(),
            if args.deep { "（逐份重读）" } else { "" },
            problems.len()
        ));
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Articles whose text is no longer what was committed, or whose capture is gone (I3).
async fn altered_articles(store: &Store) -> Result<Vec<String>> {
    let (mut after, mut problems) = (0, Vec::new());
    loop {
        let rows = store.articles_after(after, 1000).await?;
        let Some(last) = rows.last() else { return Ok(problems) };
        after = last.id;
        for row in &rows {
            if content_hash(&row.article.title, &row.article.body) != row.article.content_sha256 {
                problems.push(format!("文章 {} 的标题或正文与存入时的哈希不符", row.id));
            }
            if let Some(capture) = row.capture_id
                && store.capture(capture).await?.is_none()
            {
                problems.push(format!("文章 {} 的快照 {capture} 不在数据库里", row.id));
            }
        }
    }
}

async fn captures(store: &Store) -> Result<Vec<Located>> {
    let (mut after, mut all) = (0, Vec::new());
    loop {
        let rows = store.captures(after, 1000).await?;
        let Some(last) = rows.last() else { return Ok(all) };
        after = last.id;
        all.extend(rows.iter().map(|row| located(&row.stored)));
    }
}
