//! Every address of the pages, in one table, behind one gate.

use crate::state::AppState;
use crate::{
    alert, api, article, assets, digest, draft, draft_trial, evidence, frame, gate, lab, login, queue,
    search, sources, verdict,
};
use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use std::any::Any;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::timeout::TimeoutLayer;

/// Longest time one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The table: a test walks it without a session and without form tokens.
fn table() -> Vec<(&'static str, MethodRouter<AppState>)> {
    vec![
        ("/", get(queue::home)),
        ("/assets/{name}", get(assets::serve)),
        ("/healthz", get(api::health)),
        ("/login", get(login::form).post(login::submit)),
        ("/logout", post(login::logout)),
        ("/password", get(login::password_form).post(login::password_submit)),
        ("/queue", get(queue::show)),
        ("/queue/pulse", get(queue::pulse)),
        ("/alerts/{id}", get(alert::show)),
        ("/alerts/{id}/verdict", post(verdict::judge)),
        ("/alerts/{id}/undo", post(verdict::undo)),
        ("/archive", get(search::show)),
        ("/articles/{id}", get(article::show)),
        ("/captures/{id}/raw", get(evidence::raw)),
        ("/leave", get(evidence::leave)),
        ("/lab", get(lab::show)),
        ("/lab/try", get(lab::article).post(lab::text)),
        ("/lab/drafts", post(draft::create)),
        ("/lab/drafts/new", get(draft::blank)),
        ("/lab/drafts/{id}", get(draft::show).post(draft::save)),
        ("/lab/drafts/{id}/step", post(draft::step)),
        ("/lab/drafts/{id}/trial", get(draft_trial::show)),
        ("/sources", get(sources::show)),
        ("/digest", get(digest::show)),
        ("/digest/{day}/html", get(digest::html)),
        ("/api/v1/alerts", get(api::alerts)),
        ("/api/v1/alerts/{id}", get(api::alert)),
        ("/api/v1/search", get(api::search)),
        ("/api/v1/sources", get(api::sources)),
    ]
}

/// Every path of the table, for tests that walk them all.
pub fn routes() -> Vec<&'static str> {
    table().into_iter().map(|(path, _)| path).collect()
}

/// The pages and the API, ready to be served.
pub fn router(state: AppState) -> Router {
    let pages =
        table().into_iter().fold(Router::new(), |router, (path, handlers)| router.route(path, handlers));
    // The last layer is the outermost: the frame sees every answer, the gate stands right in front of the handlers.
    pages
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(middleware::from_fn_with_state(state.clone(), gate::gate))
        .layer(same_origin(&state))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(state.clone(), frame::frame))
        .with_state(state)
}

/// The first wall against forged requests, by `Sec-Fetch-Site` and `Origin`; form tokens are the second.
fn same_origin(state: &AppState) -> CsrfLayer<impl FnMut(ProtectionError) -> Response<Body> + Clone + use<>> {
    let forbidden = |_: ProtectionError| StatusCode::FORBIDDEN.into_response();
    let layer = CsrfLayer::new().with_rejection_response(forbidden);
    let origin = url::Url::parse(&state.base_url).map(|url| url.origin().ascii_serialization());
    match origin.map(|origin| layer.clone().add_trusted_origin(origin)) {
        Ok(Ok(trusting)) => trusting,
        _ => layer,
    }
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(panic = text, "handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
