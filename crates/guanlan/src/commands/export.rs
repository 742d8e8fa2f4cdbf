//! `guanlan export evidence`: what one alert rests on, as a folder that anyone can check.

use crate::config::Config;
use crate::{cli, instance, say};
use anyhow::{Context, Result, anyhow, bail};
use guanlan_evidence::Located;
use guanlan_model::time;
use guanlan_pipeline::located;
use guanlan_store::{AlertDetail, Store};
use std::path::Path;
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
    let package = guanlan_evidence::export(&vault, &captures, out).map_err(|e| anyhow!(e.zh()))?;
    write_text(&detail, out)?;
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

fn write_text(detail: &AlertDetail, out: &Path) -> Result<()> {
    let article = &detail.article.article;
    let text = format!(
        "{}\n{}　{}\n{}\n采集时间 {}\n\n{}\n",
        article.title,
        article.source_name,
        article.published.map(time::minute).unwrap_or_default(),
        article.url,
        time::minute(article.fetched_at),
        article.body
    );
    let path = out.join("正文.txt");
    std::fs::write(&path, text).with_context(|| format!("无法写入 {}", path.display()))
}
