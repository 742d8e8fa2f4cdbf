//! `/api/v1`: the same things as JSON, for programs that hold a session.

use crate::failure::{Explained, Failure};
use crate::place::QueuePlace;
use crate::search::{names_for, read_query, run};
use crate::state::AppState;
use crate::visit::Params;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use guanlan_archive::{ArchiveError, MAX_LIMIT, MAX_OFFSET, SearchRequest, Sort};
use guanlan_model::time;
use guanlan_store::{AlertRow, FoundIn, SourceState};
use guanlan_text::mask_personal;
use serde_json::{Value, json};

/// `GET /healthz`: open, says nothing but that the process and its database answer.
pub async fn health(State(state): State<AppState>) -> Result<Json<Value>, Failure> {
    state.store.collector_state(state.now()).await?;
    Ok(Json(json!({"status": "ok"})))
}

/// `GET /api/v1/alerts`: takes what the queue's address takes (`view`, `severity`, `category`, `institution`, `page`).
pub async fn alerts(State(state): State<AppState>, params: Params) -> Result<Json<Value>, Failure> {
    let place = QueuePlace::parse(&params.0);
    let found = state.store.queue(&place.filter()).await?;
    let alerts: Vec<Value> = found.rows.iter().map(alert_json).collect();
    Ok(Json(json!({"total": found.total, "page": place.page, "alerts": alerts})))
}

/// `GET /api/v1/alerts/{id}`
pub async fn alert(State(state): State<AppState>, Path(id): Path<i64>) -> Result<Json<Value>, Failure> {
    let detail = state.store.alert_detail(id).await?.ok_or(Failure::NotFound)?;
    let mut alert = alert_json(&detail.row);
    let article = &detail.article.article;
    alert["article"] = json!({
        "id": detail.article.id,
        "url": article.url,
        "body": mask_personal(&article.body),
        "fetched_at": article.fetched_at,
    });
    alert["findings"] = detail.findings.iter().map(finding_json).collect();
    alert["suppressed"] = json!(detail.suppressed);
    alert["capture"] = json!(detail.capture.as_ref().map(|capture| json!({
        "id": capture.id,
        "final_url": capture.stored.final_url,
        "status": capture.stored.status,
        "sha256": capture.stored.sha256,
        "fetched_at": capture.stored.fetched_at,
    })));
    alert["story"] = detail
        .members
        .iter()
        .map(|m| json!({"id": m.id, "title": mask_personal(&m.title), "url": m.url}))
        .collect();
    alert["history"] = detail
        .history
        .iter()
        .map(|e| json!({"id": e.id, "at": e.at, "who": e.who, "action": e.action, "from": e.from, "to": e.to, "reason": e.reason, "note": e.note}))
        .collect();
    Ok(Json(alert))
}

/// A finding as `guanlan screen` writes it, with the article it is in and the pack that made it.
fn finding_json(found: &FoundIn) -> Value {
    let mut finding = json!(found.finding);
    finding["article"] = json!(found.article_id);
    finding["pack"] = json!(found.pack_version);
    finding
}

fn alert_json(row: &AlertRow) -> Value {
    json!({
        "id": row.id,
        "state": row.state,
        "severity": row.severity,
        "category": row.category,
        "institution": {"id": row.institution_id, "name": row.institution_name},
        "title": mask_personal(&row.title),
        "source": row.source_name,
        "tier": row.tier,
        "published": row.published,
        "created_at": row.created_at,
        "story_size": row.story_size,
        "rule": row.rule,
        "pack": row.pack_version,
        "why": row.why,
        "departments": row.departments,
        "confidence": row.confidence,
        "orientation": row.orientation,
        "version": row.version,
    })
}

/// `GET /api/v1/search?q=…&limit=…&offset=…&sort=newest`
pub async fn search(State(state): State<AppState>, params: Params) -> Result<Response, Failure> {
    let q = params.get("q").unwrap_or_default();
    let expr = match read_query(&q, time::day(state.now())) {
        Ok(expr) => expr,
        Err(error) => {
            let body = json!({"error": error.message, "at": error.at, "len": error.len, "help": error.help});
            return Ok(explained(StatusCode::UNPROCESSABLE_ENTITY, body));
        }
    };
    let newest = expr.is_none() || params.get("sort").as_deref() == Some("newest");
    let request = SearchRequest {
        limit: params.number("limit").unwrap_or(20).min(MAX_LIMIT),
        offset: params.number("offset").unwrap_or(0).min(MAX_OFFSET),
        sort: if newest { Sort::Newest } else { Sort::Relevance },
        names: names_for(&state, expr.as_ref()).await?,
        expr,
    };
    match run(&state, request).await? {
        Ok(answer) => Ok(Json(answer).into_response()),
        Err(error @ ArchiveError::Busy) => {
            Ok(explained(StatusCode::SERVICE_UNAVAILABLE, json!({"error": error.to_string()})))
        }
        Err(error @ (ArchiveError::Page | ArchiveError::Unsupported(_))) => {
            Ok(explained(StatusCode::UNPROCESSABLE_ENTITY, json!({"error": error.to_string()})))
        }
        Err(error) => Err(Failure::Broken(error.to_string())),
    }
}

fn explained(status: StatusCode, body: Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.extensions_mut().insert(Explained);
    response
}

/// `GET /api/v1/sources`
pub async fn sources(State(state): State<AppState>) -> Result<Json<Value>, Failure> {
    let sources = state.store.sources(state.now()).await?;
    let rows: Vec<Value> = sources.iter().map(source_json).collect();
    Ok(Json(json!({"sources": rows})))
}

fn source_json(source: &SourceState) -> Value {
    json!({
        "id": source.spec.id,
        "name": source.spec.name,
        "tier": source.spec.tier,
        "kind": source.spec.kind,
        "url": source.spec.url,
        "enabled": source.spec.enabled,
        "verified": source.spec.verified,
        "health": source.health,
        "trouble": source.trouble,
        "trouble_since": source.trouble_since,
        "last_success_at": source.last_success_at,
        "newest_item_at": source.newest_item_at,
        "next_fetch_at": source.next_fetch_at,
        "last_outcome": source.last_outcome,
        "items_today": source.items_today,
    })
}
