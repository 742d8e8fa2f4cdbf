//! What every page carries: words in the visitor's language, the header, the light, the form token.

use crate::assets;
use crate::failure::Failure;
use crate::messages::{self, Lang};
use crate::state::AppState;
use crate::visit::Visit;
use crate::when::Stamp;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use guanlan_model::Health;
use guanlan_store::{CollectorState, SourceState};
use std::fmt::Display;
use url::{Host, Url, form_urlencoded};

/// The light in the header: whether silence means peace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// Every enabled source answers as expected.
    Fine,
    /// So many sources are dead, stale or blocked.
    Trouble(usize),
    /// The collector gives no sign of life since so long.
    Stopped(TimeDelta),
    /// The collector has never run.
    Never,
    /// There is nothing to collect.
    NoSource,
}

impl Light {
    /// The worst that is true.
    pub fn judge(collector: CollectorState, sources: &[SourceState], now: DateTime<Utc>) -> Light {
        let trouble = sources.iter().filter(|source| source.health == Health::Trouble).count();
        match collector {
            _ if sources.is_empty() => Light::NoSource,
            CollectorState::Never => Light::Never,
            CollectorState::Silent { since } => Light::Stopped(now - since),
            CollectorState::Running { .. } if trouble > 0 => Light::Trouble(trouble),
            CollectorState::Running { .. } => Light::Fine,
        }
    }

    /// True while nothing new can arrive.
    pub fn is_stopped(self) -> bool {
        matches!(self, Light::Stopped(_) | Light::Never)
    }

    /// Its name in the style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Light::Fine => "fine",
            Light::Trouble(_) => "trouble",
            Light::Stopped(_) | Light::Never => "stopped",
            Light::NoSource => "none",
        }
    }

    /// What it says.
    pub fn text(self, lang: Lang) -> String {
        match self {
            Light::Fine => messages::text(lang, "light.fine").to_owned(),
            Light::Trouble(count) => messages::fill(lang, "light.trouble", &[&count]),
            Light::Stopped(age) if age.num_hours() > 0 => {
                messages::fill(lang, "light.stopped_hours", &[&age.num_hours()])
            }
            Light::Stopped(age) => messages::fill(lang, "light.stopped_minutes", &[&age.num_minutes()]),
            Light::Never => messages::text(lang, "light.stopped_never").to_owned(),
            Light::NoSource => messages::text(lang, "light.none").to_owned(),
        }
    }
}

/// The places of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Place {
    Queue,
    Archive,
    Sources,
    Digest,
    Lab,
}

/// A link of the navigation.
#[derive(Debug)]
pub struct PlaceLink {
    /// Where it leads.
    pub href: &'static str,
    /// What it says.
    pub label: &'static str,
    /// The visitor is there.
    pub here: bool,
}

/// The frame of one page.
#[derive(Debug, Clone)]
pub struct Ui {
    /// Language.
    pub lang: Lang,
    /// Title of the page.
    pub title: String,
    /// Name of the county.
    pub county: String,
    /// Show 演示.
    pub demo: bool,
    /// Warn that the connection is readable on the network.
    pub plain_http: bool,
    /// Name of the person, as people see it.
    pub user_name: String,
    /// Form token.
    pub csrf: String,
    /// The light.
    pub light: Light,
    /// The fragment replaces its twin on a page that is already shown.
    pub out_of_band: bool,
    /// When the page was made.
    pub now: DateTime<Utc>,
    /// Approved rules that do not fit the files any more; told to those who can do something about it.
    pub left_out: usize,
    may_judge: bool,
    place: Option<Place>,
    target: axum::http::Uri,
}

impl Ui {
    /// The frame of a page without header: login and failures. Asks the database nothing.
    pub fn bare(state: &AppState, visit: &Visit, title_key: &str) -> Ui {
        Ui {
            lang: visit.lang,
            title: messages::text(visit.lang, title_key).to_owned(),
            county: state.county.clone(),
            demo: state.demo,
            plain_http: is_readable_on_the_network(&state.base_url),
            user_name: visit.user.as_ref().map(|user| user.display.clone()).unwrap_or_default(),
            csrf: visit.csrf.clone(),
            light: Light::NoSource,
            out_of_band: false,
            now: state.now(),
            left_out: 0,
            may_judge: visit.may_judge(),
            place: None,
            target: visit.target.clone(),
        }
    }

    /// The frame of a page with header.
    ///
    /// # Errors
    /// When the database cannot say how collection is doing.
    pub async fn full(
        state: &AppState,
        visit: &Visit,
        title_key: &str,
        place: Option<Place>,
    ) -> Result<Ui, Failure> {
        let sources = state.store.sources(state.now()).await?;
        Ui::over(state, visit, title_key, place, &sources).await
    }

    /// The same, when the sources are already at hand.
    ///
    /// # Errors
    /// When the database cannot say how collection is doing.
    pub async fn over(
        state: &AppState,
        visit: &Visit,
        title_key: &str,
        place: Option<Place>,
        sources: &[SourceState],
    ) -> Result<Ui, Failure> {
        let mut ui = Ui::bare(state, visit, title_key);
        ui.light = Light::judge(state.store.collector_state(ui.now).await?, sources, ui.now);
        ui.place = place;
        if ui.may_judge {
            ui.left_out = state.rulebook.in_force().left_out.len();
        }
        Ok(ui)
    }

    /// A message.
    pub fn t<'k>(&self, key: &'k str) -> &'k str {
        messages::text(self.lang, key)
    }

    /// A message with one value.
    pub fn t1(&self, key: &str, a: impl Display) -> String {
        messages::fill(self.lang, key, &[&a])
    }

    /// A message with two values.
    pub fn t2(&self, key: &str, a: impl Display, b: impl Display) -> String {
        messages::fill(self.lang, key, &[&a, &b])
    }

    /// A message with three values.
    pub fn t3(&self, key: &str, a: impl Display, b: impl Display, c: impl Display) -> String {
        messages::fill(self.lang, key, &[&a, &b, &c])
    }

    /// The word of a closed vocabulary by its code.
    pub fn word(&self, vocabulary: &str, code: &str) -> String {
        messages::word(self.lang, vocabulary, code)
    }

    /// An instant as this page shows it.
    pub fn stamp(&self, at: DateTime<Utc>) -> Stamp {
        Stamp::new(self.lang, at, self.now)
    }

    /// What the light says.
    pub fn light_text(&self) -> String {
        self.light.text(self.lang)
    }

    /// The address of an asset.
    pub fn asset(&self, name: &str) -> String {
        assets::href(name)
    }

    /// True when somebody is logged in.
    pub fn signed_in(&self) -> bool {
        !self.user_name.is_empty()
    }

    /// The navigation.
    pub fn places(&self) -> Vec<PlaceLink> {
        [
            (Place::Queue, "/queue", "nav.queue"),
            (Place::Archive, "/archive", "nav.archive"),
            (Place::Sources, "/sources", "nav.sources"),
            (Place::Digest, "/digest", "nav.digest"),
            (Place::Lab, "/lab", "nav.lab"),
        ]
        .into_iter()
        .filter(|(place, ..)| *place != Place::Lab || self.may_judge)
        .map(|(place, href, key)| PlaceLink { href, label: self.t(key), here: self.place == Some(place) })
        .collect()
    }

    /// This page in the other language.
    pub fn other_language_href(&self) -> String {
        let query = self.target.query().unwrap_or_default();
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key != "lang"));
        pairs.append_pair("lang", self.lang.other().code());
        format!("{}?{}", self.target.path(), pairs.finish())
    }
}

/// True when passwords would cross a network in the clear: HTTP to another machine than this one.
fn is_readable_on_the_network(base_url: &str) -> bool {
    let Ok(url) = Url::parse(base_url) else { return false };
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => true,
    };
    url.scheme() == "http" && !local
}

/// A page with status 200.
///
/// # Errors
/// When the template cannot be filled.
pub fn page(template: &impl Template) -> Result<Response, Failure> {
    Ok(Html(template.render()?).into_response())
}

/// A page with another status, which needs no further explanation.
///
/// # Errors
/// When the template cannot be filled.
pub fn with_status(status: StatusCode, template: &impl Template) -> Result<Response, Failure> {
    let mut response = (status, Html(template.render()?)).into_response();
    response.extensions_mut().insert(crate::failure::Explained);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanlan_model::Tier;
    use guanlan_store::SourceSpec;

    fn source(health: Health) -> SourceState {
        let spec = SourceSpec {
            id: "gov-notices".to_owned(),
            name: "云溪县政府·公告".to_owned(),
            tier: Tier::Government,
            kind: "list".to_owned(),
            url: "http://gov.yunxi.example/".to_owned(),
            owner: None,
            stale_after_secs: 3600,
            every_secs: 600,
            enabled: health != Health::Disabled,
            verified: true,
        };
        SourceState {
            spec,
            health,
            trouble: None,
            trouble_since: None,
            last_attempt_at: None,
            last_success_at: None,
            newest_item_at: None,
            next_fetch_at: None,
            last_outcome: None,
            items_today: 0,
            failures: 0,
            etag: None,
            last_modified: None,
        }
    }

    #[test]
    fn only_http_across_a_network_is_warned_about() {
        for (url, want) in [
            ("http://127.0.0.1:8080", false),
            ("http://localhost:8080", false),
            ("http://[::1]/", false),
            ("https://guanlan.yunxi.example", false),
            ("http://guanlan.yunxi.example", true),
            ("http://192.0.2.7:8080", true),
        ] {
            assert_eq!(is_readable_on_the_network(url), want, "{url}");
        }
    }

    #[test]
    fn the_light_shows_the_worst_that_is_true() {
        let now: DateTime<Utc> = "2026-11-24T04:00:00Z".parse().unwrap();
        let running = CollectorState::Running { at: now };
        let silent = CollectorState::Silent { since: now - TimeDelta::minutes(130) };
        let stopped = Light::Stopped(TimeDelta::minutes(130));
        let (good, bad) = (Health::Normal, Health::Trouble);
        let cases: [(CollectorState, &[Health], Light); 10] = [
            (running, &[], Light::NoSource),
            (silent, &[], Light::NoSource),
            (CollectorState::Never, &[], Light::NoSource),
            (running, &[good, good], Light::Fine),
            (running, &[good, Health::New, Health::Disabled], Light::Fine),
            (running, &[bad, good, bad], Light::Trouble(2)),
            (silent, &[good], stopped),
            (silent, &[good, bad], stopped),
            (CollectorState::Never, &[good], Light::Never),
            (CollectorState::Never, &[bad], Light::Never),
        ];
        for (collector, health, light) in cases {
            let sources: Vec<SourceState> = health.iter().map(|health| source(*health)).collect();
            assert_eq!(Light::judge(collector, &sources, now), light, "{collector:?} {health:?}");
        }
    }

    #[test]
    fn the_light_says_how_long_and_how_many() {
        assert_eq!(Light::Stopped(TimeDelta::minutes(130)).text(Lang::Zh), "采集已停 2 小时");
        assert_eq!(Light::Stopped(TimeDelta::minutes(7)).text(Lang::Zh), "采集已停 7 分钟");
        assert_eq!(Light::Trouble(3).text(Lang::Zh), "3 个来源异常");
    }
}
