//! The ways out of the pages: to the original address, and to the raw capture.

use crate::failure::Failure;
use crate::outside::SafeUrl;
use crate::state::{AppState, CaptureError};
use crate::ui::{self, Place, Ui};
use crate::visit::{Params, Visit};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

#[derive(Template)]
#[template(path = "leave.html")]
struct LeavePage {
    ui: Ui,
    host: String,
    host_ascii: String,
    url: String,
    back: String,
}

/// `GET /leave?article=ID`: shows where the link leads before anybody follows it. Only addresses we captured can be
/// asked for, so the page is no open redirect.
pub async fn leave(State(state): State<AppState>, visit: Visit, params: Params) -> Result<Response, Failure> {
    let id = params.number::<i64>("article").ok_or(Failure::BadRequest("no article named"))?;
    let row = state.store.article(id).await?.ok_or(Failure::NotFound)?;
    let url = SafeUrl::parse(&row.article.url).ok_or(Failure::NotFound)?;
    let ui = Ui::full(&state, &visit, "leave.title", Some(Place::Archive)).await?;
    let page = LeavePage {
        host: url.host(),
        host_ascii: url.host_ascii(),
        url: url.as_str().to_owned(),
        back: format!("/articles/{id}"),
        ui,
    };
    ui::page(&page)
}

/// `GET /captures/{id}/raw`: the payload as it came, only ever as a download that no browser renders.
pub async fn raw(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let read = state.read_capture.clone();
    let bytes = tokio::task::spawn_blocking(move || read(id))
        .await
        .map_err(|error| Failure::Broken(format!("capture task: {error}")))?
        .map_err(|error| match error {
            CaptureError::Missing => Failure::NotFound,
            CaptureError::Damaged(_) => Failure::Broken(error.to_string()),
        })?;
    tracing::info!(user = visit.user_name(), capture = id, "raw capture downloaded");
    let name = HeaderValue::from_str(&format!("attachment; filename=\"capture-{id}.bin\""))
        .map_err(|error| Failure::Broken(error.to_string()))?;
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_DISPOSITION, name),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "sandbox; default-src 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
        ),
    ];
    Ok((headers, bytes).into_response())
}
