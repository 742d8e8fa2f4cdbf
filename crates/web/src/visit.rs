//! Who asks, in which language, and for what: known to every handler.

use crate::cookies;
use crate::messages::Lang;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use guanlan_model::UserRole;
use guanlan_store::User;
use std::convert::Infallible;
use url::form_urlencoded;

/// One request, seen from the pages.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Identifies the request in the log and on failure pages.
    pub request_id: String,
    /// Language of the answer.
    pub lang: Lang,
    /// Path and query, as asked.
    pub target: Uri,
    /// Who is logged in.
    pub user: Option<User>,
    /// Token that every form of this visit carries.
    pub csrf: String,
}

impl Visit {
    /// A visit of somebody unknown.
    pub fn new(request_id: String, target: Uri, headers: &HeaderMap) -> Visit {
        Visit { request_id, lang: language(&target, headers), target, user: None, csrf: String::new() }
    }

    /// The user's login name; empty before login.
    pub fn user_name(&self) -> &str {
        self.user.as_ref().map_or("", |user| &user.name)
    }

    /// Whether the user may give verdicts. Leaders and department contacts read.
    pub fn may_judge(&self) -> bool {
        let role = self.user.as_ref().map(|user| user.role);
        matches!(role, Some(UserRole::Reviewer | UserRole::Investigator | UserRole::Admin))
    }

    /// Whether the answer is JSON.
    pub fn is_api(&self) -> bool {
        self.target.path().starts_with("/api/")
    }
}

/// `?lang=` beats the cookie; without either it is Chinese. `Accept-Language` is not asked: browsers on county machines
/// often say `en-US` though their whole interface is Chinese, and every page offers the other language anyway.
fn language(target: &Uri, headers: &HeaderMap) -> Lang {
    asked_language(target)
        .or_else(|| cookies::get(headers, cookies::LANGUAGE).and_then(Lang::from_tag))
        .unwrap_or_default()
}

/// The language named in the address, if any.
pub fn asked_language(target: &Uri) -> Option<Lang> {
    let query = target.query()?.as_bytes();
    form_urlencoded::parse(query).find_map(|(key, value)| (key == "lang").then(|| Lang::from_tag(&value))?)
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // The frame puts it there before any handler runs; without it nobody is let in.
        parts.extensions.get::<Visit>().cloned().ok_or(StatusCode::UNAUTHORIZED)
    }
}

/// The query string, for pages that read it leniently: what does not parse counts as not given.
#[derive(Debug, Clone, Default)]
pub struct Params(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Params(parts.uri.query().unwrap_or_default().to_owned()))
    }
}

impl Params {
    /// The first value of a key that is not blank.
    pub fn get(&self, key: &str) -> Option<String> {
        let found = form_urlencoded::parse(self.0.as_bytes()).find(|(k, v)| k == key && !v.trim().is_empty());
        found.map(|(_, value)| value.trim().to_owned())
    }

    /// The first value of a key, as a number; `None` when it is something else.
    pub fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.get(key)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderValue, header};

    #[test]
    fn chinese_unless_a_person_chose_english() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en-US,en;q=0.9"));
        let plain = Uri::from_static("/queue");
        assert_eq!(language(&plain, &headers), Lang::Zh);
        assert_eq!(language(&Uri::from_static("/queue?view=all&lang=en"), &headers), Lang::En);
        headers.insert(header::COOKIE, HeaderValue::from_static("guanlan-lang=en"));
        assert_eq!(language(&plain, &headers), Lang::En);
        assert_eq!(language(&Uri::from_static("/queue?lang=zh-CN"), &headers), Lang::Zh);
        assert_eq!(language(&Uri::from_static("/queue?lang=xx"), &headers), Lang::En);
    }
}
