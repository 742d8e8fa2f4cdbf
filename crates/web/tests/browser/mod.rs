//! A browser without a screen: cookies, redirects and forms over the real router.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use std::collections::BTreeMap;
use tower::ServiceExt;

pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    /// Where redirects led.
    pub at: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the first hidden field with this name.
    pub fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let start =
            self.body.find(&mark).unwrap_or_else(|| panic!("no field {name} in {}", self.body)) + mark.len();
        let raw = &self.body[start..start + self.body[start..].find('"').unwrap()];
        raw.replace("&#38;", "&").replace("&amp;", "&")
    }

    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "{text:?} is not in {}: {}", self.at, self.body);
        self
    }

    #[track_caller]
    pub fn lacks(&self, text: &str) -> &Self {
        assert!(!self.body.contains(text), "{text:?} is in {}", self.at);
        self
    }
}

impl Browser {
    pub fn new(router: Router) -> Browser {
        Browser { router, cookies: BTreeMap::new() }
    }

    /// The raw answer to a request, with cookies sent and kept.
    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let at = request.uri().to_string();
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !jar.is_empty() {
            request.headers_mut().insert(header::COOKIE, jar.join("; ").parse().unwrap());
        }
        request.headers_mut().entry(header::HOST).or_insert("127.0.0.1:8099".parse().unwrap());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            at,
        }
    }

    /// `GET`, following redirects.
    pub async fn get(&mut self, path: &str) -> Answer {
        let mut answer = self.send(get(path)).await;
        while answer.status.is_redirection() {
            let next = answer.header("location").to_owned();
            answer = self.send(get(&next)).await;
        }
        answer
    }

    /// A form post, following redirects.
    pub async fn post(&mut self, path: &str, fields: &[(&str, impl AsRef<str>)]) -> Answer {
        let answer = self.send(post(path, fields)).await;
        if !answer.status.is_redirection() {
            return answer;
        }
        let next = answer.header("location").to_owned();
        self.get(&next).await
    }

    pub async fn log_in(&mut self, (user, password): (&str, &str)) -> Answer {
        let form = self.get("/login").await;
        self.post("/login", &[("csrf", form.field("csrf").as_str()), ("user", user), ("password", password)])
            .await
    }
}

pub fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

pub fn post(path: &str, fields: &[(&str, impl AsRef<str>)]) -> Request<Body> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value.as_ref());
    }
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.finish()))
        .unwrap()
}
