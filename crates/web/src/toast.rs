//! The bar after an action: what was done, and the button that takes it back.

use crate::failure::Failure;
use crate::highlight;
use crate::place::QueuePlace;
use crate::state::AppState;
use crate::ui::Ui;
use crate::visit::{Params, Visit};
use chrono::TimeDelta;
use guanlan_text::mask_personal;

/// A verdict just given.
#[derive(Debug)]
pub struct Done {
    /// The alert.
    pub id: i64,
    /// The audit event that undo takes back.
    pub event: i64,
    /// Title of the alert.
    pub title: String,
    /// The verdict in words.
    pub verdict: String,
    /// The list it was given from.
    pub back: String,
    /// It was given on a page of its own.
    pub alone: bool,
}

/// The verdict named by `?done=`, if it was the visitor's own, is recent, and still stands.
///
/// # Errors
/// When the database cannot be read.
pub async fn done(
    state: &AppState,
    visit: &Visit,
    ui: &Ui,
    params: &Params,
    place: &QueuePlace,
    alone: bool,
) -> Result<Option<Done>, Failure> {
    const LONGEST_TITLE: usize = 24;
    let Some(id) = params.number::<i64>("done") else { return Ok(None) };
    let Some(detail) = state.store.alert_detail(id).await? else { return Ok(None) };
    let own = |who: &str, at| who == visit.user_name() && ui.now - at < TimeDelta::hours(1);
    let Some(last) = detail.history.last().filter(|e| e.action == "judge" && own(&e.who, e.at)) else {
        return Ok(None);
    };
    let title = highlight::plain(&mask_personal(&detail.row.title));
    let short: String = title.chars().take(LONGEST_TITLE).collect();
    let dots = if short.len() < title.len() { "…" } else { "" };
    Ok(Some(Done {
        id,
        event: last.id,
        title: format!("{short}{dots}"),
        verdict: ui.word("state", detail.row.state.code()),
        back: place.back(),
        alone,
    }))
}

/// What `?saved=` says: something was saved and cannot be taken back from here.
pub fn notice(ui: &Ui, params: &Params) -> Option<String> {
    let key = match params.get("saved")?.as_str() {
        "undo" => "toast.undone",
        "same" => "toast.same",
        "password" => "toast.saved",
        _ => return None,
    };
    Some(ui.t(key).to_owned())
}
