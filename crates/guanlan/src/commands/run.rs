//! `guanlan run` and `guanlan crawl --once`: the pipeline with its pages, or one round of it.

use crate::config::Config;
use crate::{cli, instance, mail, say, serve};
use anyhow::{Context, Result};
use chrono::Utc;
use guanlan_pipeline::{DigestPlan, Progress};
use std::process::ExitCode;

/// Collects, screens, serves and sends until it is told to stop.
///
/// # Errors
/// When a part cannot be opened or the address is taken.
pub async fn run(config: &Config) -> Result<ExitCode> {
    let (engine, _lock) = instance::engine(config, Utc::now).await?;
    if engine.store().users().await?.is_empty() {
        say::note("还没有用户：先运行 guanlan user add 登录名 --display 姓名，才能登录页面");
    }
    if engine.store().institutions().await?.is_empty() {
        say::note("名录是空的：导入名录（guanlan import register 名录.xlsx）之前不会有预警");
    }
    tokio::spawn(instance::cancel_on_signal(engine.stop().clone()));
    let digest = digest_plan(config)?;
    let listener = serve::listen(config.web.listen).await?;
    say::note(format!("复核页面：{}　（Ctrl-C 停止）", config.base_url()));
    serve::until_stopped(config, &engine, listener, digest).await?;
    Ok(ExitCode::SUCCESS)
}

/// Collects and processes everything that is due now.
///
/// # Errors
/// When a part cannot be opened or the store refuses.
pub async fn once(config: &Config, args: &cli::Crawl) -> Result<ExitCode> {
    let (engine, _lock) = instance::engine(config, Utc::now).await?;
    tokio::spawn(instance::cancel_on_signal(engine.stop().clone()));
    let progress = Progress::default();
    engine.recover(&progress).await?;
    let round = engine.round(&progress).await.context("采集中断")?;
    engine.index_outbox().await.context("写入索引失败")?;
    if args.json {
        say::line(serde_json::json!({
            "sources": round.sources, "fetched": round.fetched, "articles": round.articles,
            "alerts": round.alerts, "gaps": round.gaps,
        }));
    } else {
        say::line(format!(
            "来源 {} 个，采集 {} 次，新文章 {} 篇，新预警 {} 件，异常来源 {} 个。",
            round.sources, round.fetched, round.articles, round.alerts, round.gaps
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The digest's plan; `None` when no mail server is configured.
///
/// # Errors
/// When the mail settings contradict themselves.
fn digest_plan(config: &Config) -> Result<Option<DigestPlan>> {
    if config.mail.host.is_empty() || config.digest.recipients.is_empty() {
        return Ok(None);
    }
    Ok(Some(DigestPlan {
        at: config.digest.at,
        options: mail::digest_options(config, false),
        mailer: mail::mailer(config)?,
    }))
}
