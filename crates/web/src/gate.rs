//! Deny by default: who is not logged in gets no further, and nothing changes without a form token.

use crate::cookies;
use crate::state::AppState;
use crate::visit::Visit;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

/// Paths that answer without a session; assets are the third kind.
const OPEN: [&str; 2] = ["/login", "/healthz"];
/// Paths that answer before the one-time password is replaced.
const BEFORE_OWN_PASSWORD: [&str; 2] = ["/password", "/logout"];
/// Largest form, in bytes.
const FORM_LIMIT: usize = 64 * 1024;
/// Largest form with a drafted rule: the rule twice, each Chinese character as nine bytes.
const DRAFT_LIMIT: usize = 192 * 1024;
/// Largest form with a text to be tried.
const TEXT_LIMIT: usize = 720 * 1024;

fn form_limit(path: &str) -> usize {
    match path {
        "/lab/try" => TEXT_LIMIT,
        _ if path.starts_with("/lab/drafts") => DRAFT_LIMIT,
        _ => FORM_LIMIT,
    }
}

fn is_open(path: &str) -> bool {
    OPEN.contains(&path) || path.starts_with("/assets/")
}

/// The form token of a session: known to whoever holds the session cookie, of no use without it.
pub fn form_token(session: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"guanlan form token\0");
    hash.update(session.as_bytes());
    hex::encode(hash.finalize())
}

/// The one layer all requests pass: session, first password, form token.
pub async fn gate(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let Some(mut visit) = request.extensions().get::<Visit>().cloned() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let session =
        cookies::get(request.headers(), cookies::session_name(state.secure_cookies)).map(str::to_owned);
    if let Some(token) = &session {
        match state.store.session(token, state.now()).await {
            Ok(user) => visit.user = user,
            Err(error) => return crate::failure::Failure::from(error).into_response(),
        }
    }
    let path = request.uri().path().to_owned();
    if path == "/login" {
        visit.csrf = cookies::get(request.headers(), cookies::LOGIN_FORM).map(form_token).unwrap_or_default();
    } else if let (Some(token), Some(_)) = (&session, &visit.user) {
        visit.csrf = form_token(token);
    }

    match &visit.user {
        None if !is_open(&path) => return turn_away(&visit, request.headers()),
        Some(user)
            if user.must_change && !is_open(&path) && !BEFORE_OWN_PASSWORD.contains(&path.as_str()) =>
        {
            return send_to(request.headers(), "/password");
        }
        _ => {}
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        request = match with_form_token(request, &visit.csrf).await {
            Ok(request) => request,
            Err(status) => {
                tracing::warn!(user = visit.user_name(), "form token missing or wrong");
                return status.into_response();
            }
        };
    }
    request.extensions_mut().insert(visit);
    next.run(request).await
}

/// Reads the form, compares its token, and puts the form back for the handler.
async fn with_form_token(request: Request, expected: &str) -> Result<Request, StatusCode> {
    let (parts, body) = request.into_parts();
    let bytes =
        to_bytes(body, form_limit(parts.uri.path())).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    let sent =
        form_urlencoded::parse(&bytes).find_map(|(key, value)| (key == "csrf").then(|| value.into_owned()));
    // Hashing both sides makes the comparison's time say nothing about the token.
    let equal =
        sent.is_some_and(|sent| Sha256::digest(sent.as_bytes()) == Sha256::digest(expected.as_bytes()));
    if expected.is_empty() || !equal {
        return Err(StatusCode::FORBIDDEN);
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

fn turn_away(visit: &Visit, headers: &HeaderMap) -> Response {
    if visit.is_api() {
        let body = axum::Json(serde_json::json!({"error": "log in first", "request_id": visit.request_id}));
        return (StatusCode::UNAUTHORIZED, body).into_response();
    }
    let target = visit.target.path_and_query().map_or("/queue", |target| target.as_str());
    let next: String = form_urlencoded::byte_serialize(target.as_bytes()).collect();
    let wants_more = target != "/" && target != "/logout";
    send_to(headers, &if wants_more { format!("/login?next={next}") } else { "/login".to_owned() })
}

/// A redirect that also works when a script asked.
fn send_to(headers: &HeaderMap, target: &str) -> Response {
    if headers.contains_key("hx-request") {
        let value = HeaderValue::from_str(target).unwrap_or(HeaderValue::from_static("/login"));
        return (StatusCode::UNAUTHORIZED, [(HeaderName::from_static("hx-redirect"), value)]).into_response();
    }
    Redirect::to(target).into_response()
}
