//! 复核队列: the list, its views and filters, and the reader beside it.

use crate::alert::{self, AlertView, Scene};
use crate::failure::Failure;
use crate::place::{QueuePlace, View};
use crate::state::AppState;
use crate::toast::{self, Done};
use crate::ui::{self, Light, Place, Ui};
use crate::visit::{Params, Visit};
use crate::when::Stamp;
use crate::{highlight, pager::Pager};
use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Redirect, Response};
use guanlan_model::{AlertState, Category, Severity, time};
use guanlan_store::{AlertRow, QueueFilter, SourceState};
use std::collections::BTreeMap;

/// A view of the queue with its exact count.
#[derive(Debug)]
pub struct Tab {
    href: String,
    label: String,
    count: i64,
    here: bool,
}

/// One choice of a filter.
#[derive(Debug)]
pub struct Choice {
    value: String,
    label: String,
    here: bool,
}

/// One alert as the list shows it.
#[derive(Debug)]
struct RowView {
    id: i64,
    href: String,
    severity: &'static str,
    institution: String,
    category: String,
    confidence: String,
    title: String,
    source: String,
    tier: String,
    when: Stamp,
    when_kind: String,
    same_story: i64,
    why: String,
    state: &'static str,
    current: bool,
}

/// What an empty list says.
#[derive(Debug, Default)]
struct Empty {
    title: String,
    help: String,
    step: Option<Step>,
    warning: bool,
}

/// The one thing to do next.
#[derive(Debug)]
struct Step {
    href: String,
    label: String,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePageView {
    ui: Ui,
    tabs: Vec<Tab>,
    view: &'static str,
    severities: Vec<Choice>,
    categories: Vec<Choice>,
    institutions: Vec<Choice>,
    filtered: bool,
    unfiltered_href: String,
    rows: Vec<RowView>,
    empty: Empty,
    pager: Option<Pager>,
    opened: bool,
    alert: Option<AlertView>,
    done: Option<Done>,
    undone: Option<String>,
    pulse_href: String,
}

#[derive(Template)]
#[template(path = "pulse.html")]
struct Pulse {
    ui: Ui,
    tabs: Vec<Tab>,
}

/// The reader alone, for the pane of a list that is already shown.
#[derive(Template)]
#[template(path = "pane.html")]
struct Pane {
    ui: Ui,
    a: AlertView,
}

/// `GET /`
pub async fn home() -> Redirect {
    Redirect::to("/queue")
}

/// `GET /queue`
pub async fn show(
    State(state): State<AppState>,
    visit: Visit,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let place = QueuePlace::parse(&params.0);
    if let (true, Some(id)) = (headers.contains_key("hx-request"), params.number::<i64>("open")) {
        let ui = Ui::bare(&state, &visit, "queue.title");
        let scene = Scene { state: &state, visit: &visit, ui: &ui, place: &place, alone: false };
        let a = alert::view(&scene, id).await?.ok_or(Failure::NotFound)?;
        return ui::page(&Pane { ui, a });
    }
    let sources = state.store.sources(state.now()).await?;
    let ui = Ui::over(&state, &visit, "queue.title", Some(Place::Queue), &sources).await?;
    let found = state.store.queue(&place.filter()).await?;

    let asked = params.number::<i64>("open");
    let shown = asked.or_else(|| found.rows.first().map(|row| row.id));
    let scene = Scene { state: &state, visit: &visit, ui: &ui, place: &place, alone: false };
    let alert = match shown {
        Some(id) if !found.rows.is_empty() => alert::view(&scene, id).await?,
        _ => None,
    };
    let shown = alert.as_ref().map(|alert| alert.id);
    let rows = found.rows.iter().map(|row| row_view(&ui, &place, row, shown)).collect();
    let empty = if found.rows.is_empty() { empty(&ui, &place, &sources) } else { Empty::default() };
    let page = QueuePageView {
        tabs: tabs(&state, &ui, &place).await?,
        view: place.view.code(),
        severities: choices(
            Severity::ALL.iter().rev().map(|s| (s.code(), ui.word("severity", s.code()))),
            place.severity.map(Severity::code),
        ),
        categories: choices(
            Category::ALL.iter().map(|c| (c.code(), ui.word("category", c.code()))),
            place.category.map(Category::code),
        ),
        institutions: institutions(&state, &place).await?,
        filtered: place.is_filtered(),
        unfiltered_href: place.unfiltered().href(None),
        pager: Pager::new(place.page, place.filter().per_page, found.total, |page| {
            place.on_page(page).href(None)
        }),
        opened: asked.is_some() && alert.is_some(),
        done: toast::done(&state, &visit, &ui, &params, &place, false).await?,
        undone: toast::notice(&ui, &params),
        pulse_href: place.pulse_href(),
        rows,
        empty,
        alert,
        ui,
    };
    ui::page(&page)
}

/// `GET /queue/pulse`: counts and light, for pages that stay open.
pub async fn pulse(State(state): State<AppState>, visit: Visit, params: Params) -> Result<Response, Failure> {
    let place = QueuePlace::parse(&params.0);
    let mut ui = Ui::full(&state, &visit, "queue.title", Some(Place::Queue)).await?;
    ui.out_of_band = true;
    let tabs = tabs(&state, &ui, &place).await?;
    ui::page(&Pulse { ui, tabs })
}

async fn tabs(state: &AppState, ui: &Ui, place: &QueuePlace) -> Result<Vec<Tab>, Failure> {
    let counts = counts(state, place).await?;
    let tab = |view: View| Tab {
        href: place.in_view(view).href(None),
        label: match view {
            View::State(state) => ui.word("state", state.code()),
            View::All => ui.t("queue.all").to_owned(),
        },
        count: match view {
            View::State(state) => counts.get(&state).copied().unwrap_or(0),
            View::All => counts.values().sum(),
        },
        here: place.view == view,
    };
    let states = AlertState::ALL.iter().map(|state| View::State(*state));
    Ok(states.chain([View::All]).map(tab).collect())
}

/// Alerts of each state within the filters, so that a tab holds what it says.
async fn counts(state: &AppState, place: &QueuePlace) -> Result<BTreeMap<AlertState, i64>, Failure> {
    if !place.is_filtered() {
        return Ok(state.store.queue_counts().await?);
    }
    let mut counts = BTreeMap::new();
    for one in AlertState::ALL {
        let filter = QueueFilter { per_page: 1, ..place.in_view(View::State(*one)).filter() };
        counts.insert(*one, state.store.queue(&filter).await?.total);
    }
    Ok(counts)
}

fn choices(all: impl Iterator<Item = (&'static str, String)>, here: Option<&str>) -> Vec<Choice> {
    all.map(|(value, label)| Choice { value: value.to_owned(), label, here: here == Some(value) }).collect()
}

/// A drop-down of the whole register serves a county; a larger register is filtered through links only.
async fn institutions(state: &AppState, place: &QueuePlace) -> Result<Vec<Choice>, Failure> {
    const LONGEST: usize = 500;
    let here = place.institution.as_deref();
    let choice =
        |id: String, name: String| Choice { here: here == Some(id.as_str()), label: name, value: id };
    let all = state.store.institutions().await?;
    let shown = all.len() <= LONGEST;
    Ok(all
        .into_iter()
        .filter(|i| shown || here == Some(i.id.as_str()))
        .map(|i| choice(i.id, i.name))
        .collect())
}

fn row_view(ui: &Ui, place: &QueuePlace, row: &AlertRow, shown: Option<i64>) -> RowView {
    RowView {
        id: row.id,
        href: place.href(Some(row.id)),
        severity: row.severity.code(),
        institution: highlight::plain(&row.institution_name),
        category: ui.word("category", row.category.code()),
        confidence: ui.t1("reader.confidence", alert::percent(row.confidence)),
        title: highlight::plain(&guanlan_text::mask_personal(&row.title)),
        source: highlight::plain(&row.source_name),
        tier: ui.word("tier", row.tier.code()),
        when: ui.stamp(row.published.unwrap_or(row.created_at)),
        when_kind: ui.t(if row.published.is_some() { "queue.published" } else { "queue.fetched" }).to_owned(),
        same_story: row.story_size,
        why: highlight::plain(&row.why),
        state: row.state.code(),
        current: shown == Some(row.id),
    }
}

fn empty(ui: &Ui, place: &QueuePlace, sources: &[SourceState]) -> Empty {
    let say = |title: &str, help: String| Empty { title: ui.t(title).to_owned(), help, ..Empty::default() };
    let plain = |title: &str, help: &str| say(title, ui.t(help).to_owned());
    if place.is_filtered() {
        let step = Step { href: place.unfiltered().href(None), label: ui.t("queue.clear").to_owned() };
        return Empty { step: Some(step), ..plain("empty.filtered", "empty.filtered_help") };
    }
    if place.view != View::State(AlertState::Waiting) {
        return plain("empty.view", "empty.view_help");
    }
    if ui.light == Light::NoSource {
        return plain("empty.no_source", "empty.no_source_help");
    }
    if ui.light.is_stopped() {
        let step = Step { href: "/sources".to_owned(), label: ui.t("empty.stopped_step").to_owned() };
        return Empty { step: Some(step), warning: true, ..plain("empty.stopped", "empty.stopped_help") };
    }
    match sources.iter().filter(|s| s.spec.enabled).filter_map(|s| s.next_fetch_at).min() {
        Some(next) => {
            let clock = time::to_shanghai(next.max(ui.now)).format("%H:%M").to_string();
            say("empty.cleared", ui.t1("empty.cleared_next", clock))
        }
        None => plain("empty.cleared", "empty.cleared_help"),
    }
}
