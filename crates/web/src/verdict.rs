//! Giving a verdict and taking it back. Both are plain form posts that end in a redirect.

use crate::alert::what_happened;
use crate::failure::Failure;
use crate::highlight;
use crate::people::People;
use crate::place::QueuePlace;
use crate::state::AppState;
use crate::ui::{self, Place, Ui};
use crate::visit::Visit;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use guanlan_model::{FalseAlarmReason, Verdict, time};
use guanlan_review::{Desk, DeskError, Judgement};
use guanlan_text::mask_personal;
use serde::Deserialize;

/// What the verdict form sends.
#[derive(Debug, Deserialize)]
pub struct VerdictForm {
    /// Version of the alert that the person saw.
    version: i64,
    /// A verdict's code; for a false alarm `false-alarm/REASON`.
    verdict: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    back: String,
    /// Present when the form stood on a page of its own.
    alone: Option<String>,
}

/// What the undo form sends.
#[derive(Debug, Deserialize)]
pub struct UndoForm {
    /// The audit event to take back.
    event: i64,
    #[serde(default)]
    back: String,
    /// Present when the form stood on a page of its own.
    alone: Option<String>,
}

#[derive(Template)]
#[template(path = "conflict.html")]
struct ConflictPage {
    ui: Ui,
    id: i64,
    title: String,
    happened: String,
    state: String,
    note: String,
    back: String,
}

/// `confirm`, or `false-alarm/rule-too-wide`.
fn read_verdict(text: &str) -> Result<(Verdict, Option<FalseAlarmReason>), Failure> {
    let (verdict, reason) =
        text.split_once('/').map_or((text, None), |(verdict, reason)| (verdict, Some(reason)));
    let verdict: Verdict = verdict.parse().map_err(|_| Failure::BadRequest("unknown verdict"))?;
    let reason = reason.map(str::parse).transpose().map_err(|_| Failure::BadRequest("unknown reason"))?;
    Ok((verdict, reason))
}

/// `POST /alerts/{id}/verdict`
pub async fn judge(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(form): Form<VerdictForm>,
) -> Result<Response, Failure> {
    if !visit.may_judge() {
        return Err(Failure::Forbidden("this role reads"));
    }
    let (verdict, reason) = read_verdict(&form.verdict)?;
    // PostgreSQL stores no NUL.
    let note = form.note.replace('\0', "");
    let place = QueuePlace::from_back(&form.back);
    let next = next_alert(&state, &place, id).await?;
    let judgement = Judgement {
        alert_id: id,
        version: form.version,
        verdict,
        reason,
        note: &note,
        who: visit.user_name(),
    };
    let alone = form.alone.is_some();
    match Desk::new(state.store.clone()).judge(&judgement, state.now()).await {
        Ok(_) => Ok(onward(&place, alone, next, &format!("done={id}"))),
        Err(DeskError::Illegal(_)) => Ok(onward(&place, alone, Some(id), "saved=same")),
        Err(DeskError::Conflict { .. }) => conflict(&state, &visit, id, &note, &place).await,
        Err(error) => Err(refused(error)),
    }
}

/// What the desk refuses for reasons that a page of ours never gives it.
fn refused(error: DeskError) -> Failure {
    match error {
        DeskError::NotFound => Failure::NotFound,
        DeskError::Store(error) => error.into(),
        DeskError::ReasonMissing | DeskError::ReasonUnexpected => {
            Failure::BadRequest("a false alarm, and nothing else, has a reason")
        }
        DeskError::NoteTooLong(_) => Failure::BadRequest("the note is too long"),
        DeskError::Conflict { .. } | DeskError::Illegal(_) => Failure::BadRequest("the alert has changed"),
    }
}

/// `POST /alerts/{id}/undo`
pub async fn undo(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(form): Form<UndoForm>,
) -> Result<Response, Failure> {
    if !visit.may_judge() {
        return Err(Failure::Forbidden("this role reads"));
    }
    let detail = state.store.alert_detail(id).await?.ok_or(Failure::NotFound)?;
    if !detail.history.iter().any(|event| event.id == form.event && event.action == "judge") {
        return Err(Failure::NotFound);
    }
    let place = QueuePlace::from_back(&form.back);
    match Desk::new(state.store.clone()).undo(form.event, visit.user_name(), state.now()).await {
        Ok(_) => Ok(onward(&place, form.alone.is_some(), Some(id), "saved=undo")),
        Err(DeskError::Conflict { .. } | DeskError::Illegal(_)) => {
            conflict(&state, &visit, id, "", &place).await
        }
        Err(error) => Err(refused(error)),
    }
}

/// The alert below the judged one in the list it was judged from, the one above at the end of the list. When it is
/// not in that list (any more): the next waiting alert.
async fn next_alert(state: &AppState, place: &QueuePlace, id: i64) -> Result<Option<i64>, Failure> {
    let rows = state.store.queue(&place.filter()).await?.rows;
    let Some(at) = rows.iter().position(|row| row.id == id) else {
        return Ok(state.store.next_waiting(Some(id)).await?.filter(|next| *next != id));
    };
    let before = at.checked_sub(1).and_then(|at| rows.get(at));
    Ok(rows.get(at + 1).or(before).map(|row| row.id))
}

/// Where a person goes after an action, with what the bar there is to say.
fn onward(place: &QueuePlace, alone: bool, open: Option<i64>, say: &str) -> Response {
    let address = match open {
        Some(id) if alone => place.alone_href(id),
        open => place.href(open),
    };
    let joint = if address.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{address}{joint}{say}")).into_response()
}

/// 409: who did what when. Nothing was overwritten, and the person's note is kept on the page.
async fn conflict(
    state: &AppState,
    visit: &Visit,
    id: i64,
    note: &str,
    place: &QueuePlace,
) -> Result<Response, Failure> {
    let ui = Ui::full(state, visit, "conflict.title", Some(Place::Queue)).await?;
    let detail = state.store.alert_detail(id).await?.ok_or(Failure::NotFound)?;
    let people = People::load(&state.store).await?;
    let happened = match detail.history.last() {
        Some(last) => {
            let who = people.name(&ui, &last.who);
            ui.t3("conflict.happened", who, time::minute(last.at), what_happened(&ui, last))
        }
        None => ui.t("conflict.changed").to_owned(),
    };
    let page = ConflictPage {
        id,
        title: highlight::plain(&mask_personal(&detail.row.title)),
        happened,
        state: ui.word("state", detail.row.state.code()),
        note: highlight::plain(note),
        back: place.back(),
        ui,
    };
    ui::with_status(StatusCode::CONFLICT, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_names_a_verdict_and_perhaps_a_reason() {
        let read = |text: &str| read_verdict(text).ok();
        assert_eq!(read("confirm"), Some((Verdict::Confirm, None)));
        assert_eq!(
            read("false-alarm/rule-too-wide"),
            Some((Verdict::FalseAlarm, Some(FalseAlarmReason::RuleTooWide)))
        );
        for refused in ["", "close", "false-alarm/because", "confirm/"] {
            assert!(read(refused).is_none(), "{refused}");
        }
    }

    #[test]
    fn a_person_stays_where_they_were() {
        let (urgent, plain) = (QueuePlace::parse("severity=urgent"), QueuePlace::parse(""));
        for (place, alone, open, want) in [
            (&urgent, false, Some(7), "/queue?severity=urgent&open=7&done=6"),
            (&urgent, true, Some(7), "/alerts/7?severity=urgent&done=6"),
            (&plain, false, None, "/queue?done=6"),
            (&plain, true, Some(7), "/alerts/7?done=6"),
            (&plain, true, None, "/queue?done=6"),
        ] {
            let response = onward(place, alone, open, "done=6");
            assert_eq!(response.headers()["location"], want);
        }
    }
}
