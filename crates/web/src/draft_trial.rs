//! 试算: what a drafted rule would have raised in the last thirty days.

use crate::draft::{check, file};
use crate::failure::Failure;
use crate::highlight;
use crate::lab::admit;
use crate::state::AppState;
use crate::ui::{self, Place, Ui};
use crate::visit::Visit;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use guanlan_model::time;
use guanlan_pipeline::Period;
use guanlan_screen::trial::{Changed, Judged, TrialReport};
use guanlan_text::mask_personal;

/// Days that are looked at.
const DAYS: u64 = 30;
/// Alerts that are listed.
const SHOWN: usize = 100;
/// Width of the longest bar, in pixels.
const BAR: u64 = 220;

#[derive(Debug)]
struct DayView {
    day: NaiveDate,
    gained: u64,
    lost: u64,
    bar: u64,
}

#[derive(Debug)]
struct ChangeView {
    day: NaiveDate,
    href: String,
    title: String,
    severity: &'static str,
    category: String,
    institution: String,
    rule: String,
    reason: String,
    /// Empty while nobody has judged it.
    verdict: &'static str,
}

#[derive(Debug)]
struct TrialView {
    since: NaiveDate,
    until: NaiveDate,
    cut_short: bool,
    articles: u64,
    gained: u64,
    lost: u64,
    days: Vec<DayView>,
    gained_alerts: Vec<ChangeView>,
    lost_alerts: Vec<ChangeView>,
    verdict_gained: Judged,
    verdict_lost: Judged,
    a_day: String,
}

#[derive(Template)]
#[template(path = "trial.html")]
struct TrialPage {
    ui: Ui,
    id: i64,
    wrong: Option<String>,
    trial: Option<TrialView>,
}

/// `GET /lab/drafts/{id}/trial`
pub async fn show(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    admit(&visit)?;
    let draft = state.store.draft(id).await?.ok_or(Failure::NotFound)?;
    let mut ui = Ui::full(&state, &visit, "trial.title", Some(Place::Lab)).await?;
    let live = draft.state.is_live();
    let title = if live { "trial.title_without" } else { "trial.title" };
    ui.title = ui.t2(title, highlight::plain(&draft.name), DAYS);
    let refused = |ui: Ui, status: StatusCode, key: &str| {
        let wrong = Some(ui.t(key).to_owned());
        ui::with_status(status, &TrialPage { ui, id, wrong, trial: None })
    };
    // What is in force is tried the other way round: what would be lost without it.
    let pack = match live {
        true => Some(state.rulebook.without(id).await?),
        false => check(&state, &file(id), &draft.toml).await?.pack,
    };
    let Some(pack) = pack else {
        return refused(ui, StatusCode::UNPROCESSABLE_ENTITY, "trial.faulty");
    };
    let period = Period::ending(time::day(state.now()), DAYS);
    let tried = state.rulebook.try_pack(pack, period).await;
    let Some((report, since)) = tried.map_err(|error| Failure::Broken(error.to_string()))? else {
        return refused(ui, StatusCode::SERVICE_UNAVAILABLE, "trial.busy");
    };
    let trial = view(&state, &ui, period, since, report);
    ui::page(&TrialPage { ui, id, wrong: None, trial: Some(trial) })
}

fn view(state: &AppState, ui: &Ui, period: Period, since: NaiveDate, report: TrialReport) -> TrialView {
    let in_force = state.rulebook.in_force();
    let most = report.days.iter().map(|day| day.gained).max().unwrap_or(0).max(1);
    let change = |c: &Changed| ChangeView {
        day: c.day,
        href: format!("/articles/{}", c.article),
        title: highlight::plain(&mask_personal(&c.title)),
        severity: c.severity.code(),
        category: ui.word("category", c.category.code()),
        institution: in_force
            .register()
            .get(&c.institution)
            .map_or_else(|| c.institution.clone(), |i| highlight::plain(&i.name)),
        rule: c.rule.clone(),
        reason: highlight::plain(&c.reason),
        verdict: c.verdict.map_or("", guanlan_model::AlertState::code),
    };
    let list = |all: &[Changed]| all.iter().take(SHOWN).map(change).collect();
    let days = (period.until - since).num_days().max(0) as u64 + 1;
    TrialView {
        since,
        until: period.until,
        cut_short: since > period.since,
        articles: report.articles,
        gained: report.gained,
        lost: report.lost,
        gained_alerts: list(&report.gained_alerts),
        lost_alerts: list(&report.lost_alerts),
        verdict_gained: report.verdicts.gained,
        verdict_lost: report.verdicts.lost,
        a_day: format!("{:.1}", report.gained as f64 / days as f64),
        days: report
            .days
            .iter()
            .filter(|day| day.gained + day.lost > 0)
            .map(|d| DayView {
                day: d.day,
                gained: d.gained,
                lost: d.lost,
                bar: (d.gained * BAR).div_ceil(most),
            })
            .collect(),
    }
}
