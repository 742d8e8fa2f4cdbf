//! The outermost layer: request ids, the log line, security headers, the language cookie, failure pages.

use crate::cookies;
use crate::failure::{self, Explained};
use crate::state::AppState;
use crate::visit::{self, Visit};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument;

/// What every page may do: its own scripts and styles, its own forms, nothing inline, nothing from elsewhere.
pub const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Wraps every answer, also those of layers further in.
pub async fn frame(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let visit = Visit::new(request_id(), request.uri().clone(), request.headers());
    let span = tracing::info_span!("request", id = %visit.request_id, method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(visit.clone());
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;

    let status = response.status();
    let unexplained = status.is_client_error() || status.is_server_error();
    if unexplained && response.extensions().get::<Explained>().is_none() && status.as_u16() != 401 {
        response = failure::explain(&state, &visit, &response);
    }
    secure(response.headers_mut(), state.secure_cookies);
    remember_language(&visit, response.headers_mut(), state.secure_cookies);
    if let Ok(id) = HeaderValue::from_str(&visit.request_id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    let _in_span = span.enter();
    tracing::info!(status = status.as_u16(), ms = begun.elapsed().as_millis() as u64, "answered");
    response
}

fn request_id() -> String {
    hex::encode(rand::random::<[u8; 6]>())
}

fn secure(headers: &mut HeaderMap, tls: bool) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::CONTENT_SECURITY_POLICY, CSP);
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "no-referrer");
    default(header::CACHE_CONTROL, "no-store");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if tls {
        default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

fn remember_language(visit: &Visit, headers: &mut HeaderMap, secure: bool) {
    const YEAR: i64 = 365 * 24 * 3600;
    let asked = visit::asked_language(&visit.target);
    if let Some(cookie) =
        asked.and_then(|lang| cookies::set(cookies::LANGUAGE, lang.code(), "/", Some(YEAR), secure))
    {
        headers.append(header::SET_COOKIE, cookie);
    }
}
