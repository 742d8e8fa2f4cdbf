//! `guanlan ledger` and `guanlan alerts`: what was fetched and what was raised, without a browser.

use crate::config::Config;
use crate::{cli, instance, say};
use anyhow::Result;
use guanlan_model::time;
use guanlan_store::QueueFilter;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Prints the newest fetches, newest first.
///
/// # Errors
/// When the store cannot be read.
pub async fn fetches(config: &Config, args: &cli::Ledger) -> Result<ExitCode> {
    let rows = instance::store(config).await?.ledger(args.source.as_deref(), u64::from(args.limit)).await?;
    if args.json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|r| {
                json!({ "source": r.source_id, "url": r.url, "at": r.started_at, "duration_ms": r.duration_ms,
                    "outcome": r.outcome, "detail": r.detail, "capture": r.capture_id })
            })
            .collect();
        say::line(json!(rows));
        return Ok(ExitCode::SUCCESS);
    }
    for r in &rows {
        let detail = if r.detail.is_empty() { String::new() } else { format!("（{}）", r.detail) };
        say::line(format!(
            "{}　{}　{}　{}{detail}",
            time::minute(r.started_at),
            r.source_id,
            r.outcome.zh(),
            r.url
        ));
    }
    say::note(format!("{} 条，最近的在前", rows.len()));
    Ok(ExitCode::SUCCESS)
}

/// Prints alerts in the order of the queue.
///
/// # Errors
/// When the store cannot be read.
pub async fn alerts(config: &Config, args: &cli::Alerts) -> Result<ExitCode> {
    let store = instance::store(config).await?;
    let mut filter = QueueFilter { state: None, per_page: 200, ..QueueFilter::default() };
    let mut rows = Vec::new();
    loop {
        let page = store.queue(&filter).await?;
        let last = page.rows.is_empty();
        rows.extend(page.rows);
        if last || rows.len() as i64 >= page.total {
            break;
        }
        filter.page += 1;
    }
    if args.json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|r| {
                json!({ "id": r.id, "severity": r.severity, "category": r.category, "state": r.state,
                    "institution": r.institution_id, "title": r.title, "story_size": r.story_size, "why": r.why,
                    "rule": r.rule, "pack_version": r.pack_version })
            })
            .collect();
        say::line(json!(rows));
        return Ok(ExitCode::SUCCESS);
    }
    for r in &rows {
        say::line(format!(
            "{}　[{}·疑似{}] {}　{}　{}",
            r.id,
            r.severity.zh(),
            r.category.zh(),
            r.institution_name,
            r.title,
            r.state.zh()
        ));
    }
    say::note(format!("{} 件", rows.len()));
    Ok(ExitCode::SUCCESS)
}
