//! Logging in and out, and replacing a password.

use crate::cookies;
use crate::failure::Failure;
use crate::messages::{self, Lang};
use crate::state::AppState;
use crate::ui::{self, Ui};
use crate::visit::{Params, Visit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use guanlan_model::{Secret, time};
use guanlan_store::{LoginOutcome, StoreError};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    ui: Ui,
    wrong: Option<String>,
    user: String,
    next: String,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    ui: Ui,
    wrong: Option<String>,
    user: String,
    forced: bool,
}

/// What the login form sends.
#[derive(Deserialize)]
pub struct LoginForm {
    user: String,
    password: Secret,
    #[serde(default)]
    next: String,
}

/// What the password form sends.
#[derive(Deserialize)]
pub struct PasswordForm {
    current: Secret,
    new: Secret,
    again: Secret,
}

/// The page to open after login: one of ours, or the queue.
fn inner_page(next: &str) -> &str {
    const PLACES: [&str; 6] = ["/queue", "/alerts/", "/archive", "/articles/", "/sources", "/digest"];
    let ours = PLACES.iter().any(|place| next.starts_with(place));
    let clean = next.len() <= 1024 && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours && clean && !next.starts_with("//") { next } else { "/queue" }
}

/// `GET /login`
pub async fn form(State(state): State<AppState>, visit: Visit, params: Params) -> Result<Response, Failure> {
    let next = params.get("next").unwrap_or_default();
    if visit.user.is_some() {
        return Ok(Redirect::to(inner_page(&next)).into_response());
    }
    let token = hex::encode(rand::random::<[u8; 16]>());
    let mut ui = Ui::bare(&state, &visit, "login.title");
    ui.csrf = crate::gate::form_token(&token);
    let page = LoginPage { ui, wrong: None, user: String::new(), next };
    let mut response = ui::page(&page)?;
    set_cookie(
        &mut response,
        cookies::set(cookies::LOGIN_FORM, &token, "/login", None, state.secure_cookies),
    );
    Ok(response)
}

/// `POST /login`
pub async fn submit(
    State(state): State<AppState>,
    visit: Visit,
    Form(form): Form<LoginForm>,
) -> Result<Response, Failure> {
    let now = state.now();
    let wrong = match state.store.login(form.user.trim(), &form.password, now).await? {
        LoginOutcome::Ok(user) => {
            let session = state.store.open_session(user.id, now).await?;
            tracing::info!(user = %user.name, "logged in");
            let mut response = Redirect::to(inner_page(&form.next)).into_response();
            let name = cookies::session_name(state.secure_cookies);
            set_cookie(&mut response, cookies::set(name, &session, "/", None, state.secure_cookies));
            return Ok(response);
        }
        LoginOutcome::Wrong { .. } => messages::text(visit.lang, "login.wrong").to_owned(),
        LoginOutcome::Locked { until } => {
            let until = time::to_shanghai(until).format("%H:%M").to_string();
            messages::fill(visit.lang, "login.locked", &[&until])
        }
    };
    // The name is not logged: people type passwords into the wrong field. The audit trail has it when it is a user's.
    tracing::warn!("login refused");
    let ui = Ui::bare(&state, &visit, "login.title");
    let page = LoginPage { ui, wrong: Some(wrong), user: form.user, next: form.next };
    ui::with_status(StatusCode::UNAUTHORIZED, &page)
}

/// `POST /logout`
pub async fn logout(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Failure> {
    let name = cookies::session_name(state.secure_cookies);
    if let Some(session) = cookies::get(&headers, name) {
        state.store.close_session(session).await?;
    }
    let mut response = Redirect::to("/login").into_response();
    set_cookie(&mut response, cookies::set(name, "", "/", Some(0), state.secure_cookies));
    Ok(response)
}

/// `GET /password`
pub async fn password_form(State(state): State<AppState>, visit: Visit) -> Result<Response, Failure> {
    ui::page(&password_page(&state, &visit, None))
}

fn password_page(state: &AppState, visit: &Visit, wrong: Option<String>) -> PasswordPage {
    let forced = visit.user.as_ref().is_some_and(|user| user.must_change);
    PasswordPage {
        ui: Ui::bare(state, visit, "password.title"),
        wrong,
        user: visit.user_name().to_owned(),
        forced,
    }
}

/// `POST /password`
pub async fn password_submit(
    State(state): State<AppState>,
    visit: Visit,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Failure> {
    let Some(user) = visit.user.clone() else { return Err(Failure::Forbidden("nobody is logged in")) };
    let wrong = match replace_password(&state, &visit, &form).await? {
        Some(wrong) => wrong,
        None => {
            // The change ends all sessions of the user, this one too: a new one begins.
            let session = state.store.open_session(user.id, state.now()).await?;
            let mut response = Redirect::to("/queue?saved=password").into_response();
            let name = cookies::session_name(state.secure_cookies);
            set_cookie(&mut response, cookies::set(name, &session, "/", None, state.secure_cookies));
            return Ok(response);
        }
    };
    ui::with_status(StatusCode::UNPROCESSABLE_ENTITY, &password_page(&state, &visit, Some(wrong)))
}

/// Replaces the password, or says in the visitor's language why not.
async fn replace_password(
    state: &AppState,
    visit: &Visit,
    form: &PasswordForm,
) -> Result<Option<String>, Failure> {
    let say = |key: &str| Ok(Some(messages::text(visit.lang, key).to_owned()));
    if form.new != form.again {
        return say("password.differ");
    }
    if form.new == form.current {
        return say("password.same");
    }
    match state.store.login(visit.user_name(), &form.current, state.now()).await? {
        LoginOutcome::Ok(_) => {}
        LoginOutcome::Wrong { .. } | LoginOutcome::Locked { .. } => return say("password.wrong"),
    }
    match state.store.set_password(visit.user_name(), &form.new, false, visit.user_name(), state.now()).await
    {
        Ok(()) => Ok(None),
        Err(StoreError::WeakPassword(reason)) if visit.lang == Lang::Zh => Ok(Some(reason.to_owned())),
        Err(StoreError::WeakPassword(_)) => say("password.weak"),
        Err(error) => Err(error.into()),
    }
}

fn set_cookie(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_leads_only_to_our_own_pages() {
        for (next, want) in [
            ("/queue?view=all", "/queue?view=all"),
            ("/alerts/12", "/alerts/12"),
            ("", "/queue"),
            ("//evil.example", "/queue"),
            ("/\\evil.example", "/queue"),
            ("/queue\\@evil.example", "/queue"),
            ("https://evil.example/queue", "/queue"),
            ("/queue\r\nSet-Cookie: a=b", "/queue"),
            ("/logout", "/queue"),
            ("javascript:alert(1)", "/queue"),
        ] {
            assert_eq!(inner_page(next), want, "{next}");
        }
    }
}
