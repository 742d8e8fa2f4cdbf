//! 来源: the state of everything that is watched.

use crate::failure::Failure;
use crate::highlight;
use crate::state::AppState;
use crate::ui::{self, Place, Ui};
use crate::visit::Visit;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveTime, Utc};
use guanlan_model::{Health, Outcome, time};
use guanlan_store::{SourceState, digest_time};
use std::collections::BTreeMap;

#[derive(Debug)]
struct SourceView {
    name: String,
    tier: String,
    kind: String,
    verified: bool,
    health: &'static str,
    since: Option<String>,
    reason: String,
    success: String,
    newest: String,
    next: String,
    outcomes: Vec<OutcomeCount>,
    items: i64,
}

#[derive(Debug)]
struct OutcomeCount {
    label: String,
    count: i64,
    good: bool,
}

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesPage {
    ui: Ui,
    rows: Vec<SourceView>,
    normal: usize,
    trouble: usize,
    fresh: usize,
    disabled: usize,
}

/// `GET /sources`
pub async fn show(State(state): State<AppState>, visit: Visit) -> Result<Response, Failure> {
    let mut sources = state.store.sources(state.now()).await?;
    let ui = Ui::over(&state, &visit, "sources.title", Some(Place::Sources), &sources).await?;
    let today = state.store.outcome_counts(digest_time(time::day(ui.now), NaiveTime::MIN)).await?;
    let count = |health: Health| sources.iter().filter(|source| source.health == health).count();
    let (normal, trouble, fresh, disabled) =
        (count(Health::Normal), count(Health::Trouble), count(Health::New), count(Health::Disabled));
    // What needs a person comes first; the store's order holds within each state.
    sources.sort_by_key(|source| match source.health {
        Health::Trouble => 0,
        Health::New => 1,
        Health::Normal => 2,
        Health::Disabled => 3,
    });
    let rows = sources.iter().map(|source| source_view(&ui, source, today.get(&source.spec.id))).collect();
    ui::page(&SourcesPage { ui, rows, normal, trouble, fresh, disabled })
}

type Counts = BTreeMap<Outcome, i64>;

fn source_view(ui: &Ui, source: &SourceState, today: Option<&Counts>) -> SourceView {
    let at = |instant: Option<DateTime<Utc>>, missing: &str| {
        instant.map_or_else(|| ui.t(missing).to_owned(), |instant| ui.stamp(instant).short)
    };
    let enabled = source.spec.enabled;
    let next = match source.next_fetch_at {
        _ if !enabled => ui.t("sources.off").to_owned(),
        Some(next) if next > ui.now => time::to_shanghai(next).format("%m-%d %H:%M").to_string(),
        _ => ui.t("sources.now").to_owned(),
    };
    let outcomes = today.into_iter().flatten().map(|(outcome, count)| OutcomeCount {
        label: ui.word("outcome", outcome.code()),
        count: *count,
        good: outcome.is_success(),
    });
    SourceView {
        name: highlight::plain(&source.spec.name),
        tier: ui.word("tier", source.spec.tier.code()),
        kind: ui.word("sourcekind", &source.spec.kind),
        verified: source.spec.verified,
        health: source.health.code(),
        since: source.trouble_since.map(time::minute),
        reason: highlight::plain(source.trouble.as_deref().unwrap_or_default()),
        success: at(source.last_success_at, "sources.never"),
        newest: at(source.newest_item_at, "sources.unknown"),
        next,
        outcomes: outcomes.collect(),
        items: source.items_today,
    }
}
