//! 日报: the digest that is being filled or an older one, and what became of it.

use crate::failure::Failure;
use crate::state::AppState;
use crate::ui::{self, Place, Ui};
use crate::visit::{Params, Visit};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use chrono::{Days, NaiveDate, NaiveTime};
use guanlan_model::{DeliveryState, time};
use guanlan_report::{Digest, DigestOptions};
use guanlan_store::{DeliveryRow, DigestPeriod, digest_time};

#[derive(Debug)]
struct DeliveryView {
    recipient: String,
    state: String,
    chip: &'static str,
    note: String,
    at: String,
}

#[derive(Template)]
#[template(path = "digest.html")]
struct DigestPage {
    ui: Ui,
    day: NaiveDate,
    covers: String,
    before: NaiveDate,
    after: Option<NaiveDate>,
    subject: String,
    text: String,
    deliveries: Vec<DeliveryView>,
}

/// The page may frame its own HTML part; the part itself has a policy of its own.
const PAGE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Mail carries its style inline. Nothing in it may run, load, post or lead anywhere.
const MAIL_CSP: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; \
     base-uri 'none'; frame-ancestors 'self'";

/// `GET /digest`: the one that is being filled, or that of `?day=`.
pub async fn show(State(state): State<AppState>, visit: Visit, params: Params) -> Result<Response, Failure> {
    let latest = state.store.open_digest(state.digest_at, state.now()).await?;
    let newest = latest.day;
    let period = match params.number::<NaiveDate>("day").filter(|day| *day < newest) {
        Some(day) => state.store.digest_period(day, state.digest_at).await?,
        None => latest,
    };
    let day = period.day;
    let mut ui = Ui::full(&state, &visit, "digest.title", Some(Place::Digest)).await?;
    ui.title = ui.t1("digest.title", day);
    let digest = compose(&state, &period).await?;
    let deliveries = state.store.deliveries(day).await?;
    let page = DigestPage {
        day,
        covers: covers(&ui, &period, state.digest_at),
        before: day.checked_sub_days(Days::new(1)).unwrap_or(day),
        after: day.checked_add_days(Days::new(1)).filter(|after| *after <= newest),
        subject: digest.subject,
        text: digest.text,
        deliveries: deliveries.iter().map(|delivery| delivery_view(&ui, delivery)).collect(),
        ui,
    };
    let mut response = ui::page(&page)?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_CSP));
    Ok(response)
}

/// `GET /digest/{day}/html`: the HTML part alone, for the frame.
pub async fn html(State(state): State<AppState>, Path(day): Path<NaiveDate>) -> Result<Response, Failure> {
    let latest = state.store.open_digest(state.digest_at, state.now()).await?;
    let period = match day {
        day if day > latest.day => return Err(Failure::NotFound),
        day if day == latest.day => latest,
        day => state.store.digest_period(day, state.digest_at).await?,
    };
    let digest = compose(&state, &period).await?;
    Ok(([(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(MAIL_CSP))], Html(digest.html))
        .into_response())
}

async fn compose(state: &AppState, period: &DigestPeriod) -> Result<Digest, Failure> {
    let data = state.store.digest_data(period, state.now()).await?;
    let options = DigestOptions {
        county: state.county.clone(),
        base_url: Some(state.base_url.clone()),
        demo: state.demo,
    };
    Ok(guanlan_report::compose(&data, &options))
}

fn covers(ui: &Ui, period: &DigestPeriod, at: NaiveTime) -> String {
    let from = time::minute(period.from);
    if period.open {
        return ui.t2("digest.covers_open", from, time::minute(digest_time(period.day, at)));
    }
    ui.t2("digest.covers", from, time::minute(period.to))
}

fn delivery_view(ui: &Ui, delivery: &DeliveryRow) -> DeliveryView {
    let chip = match delivery.state {
        DeliveryState::Sent => "chip-ok",
        DeliveryState::Failed => "chip-bad",
        DeliveryState::MaybeSent => "chip-warn",
        DeliveryState::Claimed => "chip-info",
    };
    DeliveryView {
        recipient: delivery.recipient.clone(),
        state: ui.word("delivery", delivery.state.code()),
        chip,
        note: delivery.detail.clone(),
        at: time::minute(delivery.claimed_at),
    }
}
