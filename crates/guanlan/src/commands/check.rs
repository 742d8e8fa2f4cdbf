//! `guanlan check`: everything the operator wrote, read without touching network or data; `check sources` visits them.

use crate::config::Config;
use crate::{cli, instance, say};
use anyhow::Result;
use chrono::Utc;
use guanlan_pipeline::{Seen, check_source, verified_key};
use serde_json::json;
use std::process::ExitCode;

/// One part that was looked at.
struct Part {
    name: &'static str,
    found: Result<String, String>,
}

/// Checks offline, or visits the sources.
///
/// # Errors
/// When the sources cannot be read or the store refuses.
pub async fn run(config: &Config, args: &cli::Check) -> Result<ExitCode> {
    match args.what {
        Some(cli::CheckWhat::Sources) => visit_sources(config, args.json).await,
        None => Ok(offline(config, args.json)),
    }
}

fn offline(config: &Config, json: bool) -> ExitCode {
    let parts = [
        Part {
            name: "配置", found: instance::fetch_policy(config).map(|_| "没有问题".into()).map_err(text)
        },
        Part { name: "邮件", found: mail(config) },
        Part {
            name: "来源",
            found: instance::sources(config).map_err(text).map(|sources| {
                let unverified = sources.iter().filter(|s| !s.verified).count();
                format!(
                    "{} 个，其中 {unverified} 个尚未核实（guanlan check sources 会逐个访问）",
                    sources.len()
                )
            }),
        },
        Part { name: "规则包", found: rules(config) },
        Part { name: "部门", found: departments(config) },
    ];
    if json {
        let rows: Vec<_> = parts
            .iter()
            .map(|p| match &p.found {
                Ok(said) => json!({ "part": p.name, "ok": true, "message": said }),
                Err(said) => json!({ "part": p.name, "ok": false, "message": said }),
            })
            .collect();
        say::line(json!(rows));
    } else {
        for part in &parts {
            match &part.found {
                Ok(said) => say::line(format!("[通过] {}　{said}", part.name)),
                Err(said) => say::line(format!("[有误] {}　{said}", part.name)),
            }
        }
    }
    if parts.iter().all(|p| p.found.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn mail(config: &Config) -> Result<String, String> {
    if config.mail.host.is_empty() {
        return Ok("没有配置，日报只生成、不发送".into());
    }
    crate::mail::mailer(config).map_err(text)?;
    Ok(format!("{}:{}，收件人 {} 个", config.mail.host, config.mail.port, config.digest.recipients.len()))
}

fn rules(config: &Config) -> Result<String, String> {
    let pack = instance::pack(config).map_err(text)?;
    let failures = guanlan_rules::check_examples(&pack).map_err(|e| e.to_string())?;
    if failures.is_empty() {
        return Ok(format!("{} 条规则，示例全部通过（{}）", pack.rules.len(), pack.version));
    }
    Err(failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn departments(config: &Config) -> Result<String, String> {
    let departments = instance::departments(config).map_err(text)?;
    Ok(format!("{} 个部门", departments.names().len()))
}

async fn visit_sources(config: &Config, json: bool) -> Result<ExitCode> {
    let sources = instance::sources(config)?;
    let fetcher =
        guanlan_crawl::Fetcher::new(instance::fetch_policy(config)?).map_err(|e| anyhow::anyhow!(e.zh()))?;
    let store = instance::store(config).await?;
    let mut failed = 0usize;
    for source in &sources {
        let seen = check_source(&fetcher, source, Utc::now()).await;
        if seen.error.is_none() {
            store.meta_set(&verified_key(&source.id), &Utc::now().to_rfc3339()).await?;
        } else {
            failed += 1;
        }
        if json {
            say::line(
                json!({ "id": source.id, "items": seen.items, "newest": seen.newest, "error": seen.error }),
            );
        } else {
            match &seen.error {
                None => {
                    say::line(format!("[通过] {}　{} 条，最新 {}", source.name, seen.items, newest(&seen)))
                }
                Some(why) => say::line(format!("[不通] {}　{why}", source.name)),
            }
        }
    }
    say::note(format!("{} 个来源，{failed} 个不通。", sources.len()));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(error: anyhow::Error) -> String {
    format!("{error:#}")
}

fn newest(seen: &Seen) -> String {
    seen.newest.map_or_else(|| "日期不详".to_owned(), guanlan_model::time::minute)
}
