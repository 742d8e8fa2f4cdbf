//! `guanlan search`: the archive without the web.

use crate::{cli, instance, say};
use anyhow::{Result, anyhow, bail};
use chrono::{SecondsFormat, Utc};
use guanlan_archive::{Answer, SearchRequest, Sort};
use guanlan_model::time;
use guanlan_rules::query::{self, Dialect};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Searches a data folder.
///
/// # Errors
/// When the query cannot be read (with a caret), or there is no index.
pub fn run(args: &cli::Search, data: &Path) -> Result<ExitCode> {
    if !data.join("index").is_dir() {
        bail!(
            "{} 里还没有档案库；先运行 guanlan run 采集，或用 guanlan import articles 导入",
            data.display()
        );
    }
    let expr = query::parse(&args.query, Dialect::Search, time::day(Utc::now()))
        .map_err(|e| anyhow!("检索式有误：{}\n{}", e, e.caret(&args.query)))?;
    let request = SearchRequest {
        expr: Some(expr),
        limit: usize::from(args.limit),
        sort: Sort::Relevance,
        ..Default::default()
    };
    let answer = instance::archive(data)?.search(&request)?;
    if args.json {
        say::line(as_json(&answer));
    } else {
        print(&answer, &args.query);
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(answer: &Answer) -> Value {
    let hits: Vec<Value> = answer
        .hits
        .iter()
        .map(|hit| {
            json!({
                "id": hit.external_id.clone().unwrap_or_else(|| hit.id.to_string()), "title": hit.title, "url": hit.url,
                "published": hit.published.map(|p| time::to_shanghai(p).to_rfc3339_opts(SecondsFormat::Secs, false)),
                "source": hit.source, "tier": hit.tier,
                "snippet": hit.snippet.iter().map(|p| p.text.as_str()).collect::<String>(),
            })
        })
        .collect();
    json!({ "total": answer.total, "took_ms": answer.took_ms, "hits": hits, "facets": answer.facets })
}

fn print(answer: &Answer, query: &str) {
    if answer.total == 0 {
        say::line(format!("没有找到「{query}」。可以减少条件、去掉日期限制，或换一个说法。"));
        return;
    }
    say::line(format!("共 {} 篇，用时 {:.1} 毫秒", answer.total, answer.took_ms));
    for hit in &answer.hits {
        let when = hit.published.map_or_else(|| "日期不详".to_owned(), time::minute);
        say::line(format!("\n{}　{}　{}（{}）", hit.title, when, hit.source, hit.tier.zh()));
        let snippet: String = hit
            .snippet
            .iter()
            .map(|p| if p.hit { format!("【{}】", p.text) } else { p.text.clone() })
            .collect();
        say::line(format!("  {snippet}"));
        say::line(format!("  {}", hit.url));
    }
}
