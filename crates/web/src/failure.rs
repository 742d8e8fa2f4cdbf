//! What goes wrong while a page is made, and the page that says so.

use crate::messages::Lang;
use crate::state::AppState;
use crate::ui::{self, Ui};
use crate::visit::Visit;
use askama::Template;
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use guanlan_store::StoreError;
use serde_json::json;

/// Why a handler could not answer. What people read is chosen by status alone; the cause goes to the log.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The form or address does not say what it must say.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// The user may not do this.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// There is nothing under this address.
    #[error("not found")]
    NotFound,
    /// The database said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something else broke; the text is for the log.
    #[error("{0}")]
    Broken(String),
    /// A template could not be filled.
    #[error("template: {0}")]
    Template(#[from] askama::Error),
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Failure::BadRequest(_) => StatusCode::BAD_REQUEST,
            Failure::Forbidden(_) => StatusCode::FORBIDDEN,
            Failure::NotFound | Failure::Store(StoreError::NotFound { .. }) => StatusCode::NOT_FOUND,
            Failure::Store(_) | Failure::Broken(_) | Failure::Template(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }
}

impl IntoResponse for Failure {
    /// An empty body: the frame fills in the page, which needs the visitor's language and the request's id.
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(error = %self, "page failed");
        } else {
            tracing::info!(reason = %self, "request refused");
        }
        status.into_response()
    }
}

/// Marks a response with an error status whose body already says what happened.
#[derive(Debug, Clone, Copy)]
pub struct Explained;

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    ui: Ui,
    what_to_do: &'a str,
    request_id: &'a str,
}

fn keys(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        403 => ("failure.e403", "failure.e403_help"),
        404 => ("failure.e404", "failure.e404_help"),
        405 => ("failure.e405", "failure.e405_help"),
        413 => ("failure.e413", "failure.e413_help"),
        503 | 408 | 429 => ("failure.e503", "failure.e503_help"),
        500..=599 => ("failure.e500", "failure.e500_help"),
        _ => ("failure.e400", "failure.e400_help"),
    }
}

/// The same failure with a body people or programs can read. Headers that belong to the failure are kept.
pub fn explain(state: &AppState, visit: &Visit, failed: &Response) -> Response {
    let status = failed.status();
    let (title, help) = keys(status);
    let mut response = if visit.is_api() {
        let error = crate::messages::text(Lang::En, title);
        (status, Json(json!({"error": error, "request_id": visit.request_id}))).into_response()
    } else {
        let ui = Ui::bare(state, visit, title);
        let page = FailurePage { what_to_do: ui.t(help), request_id: &visit.request_id, ui };
        ui::with_status(status, &page).unwrap_or_else(|_| status.into_response())
    };
    copy_headers(failed.headers(), response.headers_mut());
    response
}

fn copy_headers(from: &HeaderMap, to: &mut HeaderMap) {
    for name in [header::ALLOW, header::RETRY_AFTER, header::SET_COOKIE] {
        if let Some(value) = from.get(&name) {
            to.insert(name, value.clone());
        }
    }
}
