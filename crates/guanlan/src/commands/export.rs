//! `guanlan export evidence`: what one alert rests on, as a folder that anyone can check.

use crate::config::Config;
use crate::{cli, instance, say};
use anyhow::{Result, anyhow, bail};
use guanlan_evidence::Located;
use guanlan_model::time;
use guanlan_pipeline::located;
use guanlan_store::{AlertDetail, Store};
use serde_json::json;
use std::process::ExitCode;

/// Writes the package.
///
/// # Errors
/// When there is no such alert, its captures are damaged, or the folder exists already.
pub async fn run(config: &Config, command: &cli::Export) -> Result<ExitCode> {
    let cli::Export::Evidence { alert, out } = command;
    let store = instance::store(config).await?;
    let Some(detail) = store.alert_detail(*alert).await? else {
        bail!("没有编号为 {alert} 的预警；用 guanlan alerts 查看编号");
    };
    let captures = captures(&store, &detail).await?;
    let vault = config.data_dir().join("evidence");
    if out.exists() {
        bail!("{} 已经存在；证据包不覆盖旧文件，请换一个文件夹名", out.display());
    }
    let (case, text) = (case(&detail), text(&detail));
    let more: [(&str, &[u8]); 2] = [("预警.json", case.as_bytes()), ("正文.txt", text.as_bytes())];
    let package = guanlan_evidence::export(&vault, &captures, &more, out).map_err(|e| anyhow!(e.zh()))?;
    say::line(format!("已导出 {} 份快照到 {}", captures.len(), out.display()));
    say::line(format!("核对：cd {} && sha256sum -c SHA256SUMS", out.display()));
    say::line(format!("清单哈希（写入证据固定单）：{}", package.digest));
    Ok(ExitCode::SUCCESS)
}

/// The captures of every article that tells the alert's story.
async fn captures(store: &Store, detail: &AlertDetail) -> Result<Vec<Located>> {
    let mut found = Vec::new();
    for member in &detail.members {
        let Some(article) = store.article(member.id).await? else { continue };
        let Some(id) = article.capture_id else { continue };
        let Some(capture) = store.capture(id).await? else { continue };
        found.push(located(&capture.stored));
    }
    Ok(found)
}

/// What the package is evidence of: the alert, its findings with rule and versions, and what happened to it.
fn case(detail: &AlertDetail) -> String {
    let row = &detail.row;
    let history: Vec<_> = detail
        .history
        .iter()
        .map(|event| json!({ "at": event.at, "who": event.who, "what": event.action, "hash": event.hash }))
        .collect();
    let findings: Vec<_> = detail
        .findings
        .iter()
        .map(|found| json!({ "article": found.article_id, "pack_version": found.pack_version, "finding": found.finding }))
        .collect();
    let case = json!({
        "alert": row.id, "institution": row.institution_id, "institution_name": row.institution_name,
        "category": row.category, "severity": row.severity, "state": row.state, "why": row.why,
        "pack_version": row.pack_version, "register_version": detail.article.register_version,
        "findings": findings, "history": history,
    });
    format!("{case:#}\n")
}

fn text(detail: &AlertDetail) -> String {
    let article = &detail.article.article;
    format!(
        "{}\n{}　{}\n{}\n采集时间 {}\n\n{}\n",
        article.title,
        article.publisher.as_ref().unwrap_or(&article.source_name),
        article.published.map(time::minute).unwrap_or_default(),
        article.url,
        time::minute(article.fetched_at),
        article.body
    )
}
