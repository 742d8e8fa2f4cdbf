//! Who gets in, what is refused, and what every answer carries.

mod browser;
#[allow(dead_code)]
mod county;

use axum::http::{Method, Request, StatusCode, header};
use browser::{Browser, get, post};
use chrono::TimeDelta;
use county::{County, REVIEWER, noon};
use guanlan_model::{Secret, UserRole};
use guanlan_web::{AppState, router, routes};

const OPEN: [&str; 3] = ["/login", "/healthz", "/assets/{name}"];

async fn state() -> (AppState, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let county = County::filled(dir.path(), noon()).await;
    (county.state(noon), dir)
}

fn concrete(path: &str) -> String {
    path.replace("{id}", "1").replace("{day}", "2026-11-24").replace("{name}", "app.css")
}

#[tokio::test]
async fn no_route_answers_without_a_session() {
    let (state, _dir) = state().await;
    let mut browser = Browser::new(router(state));
    for path in routes() {
        let answer = browser.send(get(&concrete(path))).await;
        if OPEN.contains(&path) {
            assert_eq!(answer.status, StatusCode::OK, "{path}");
        } else if path.starts_with("/api/") {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        } else {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert!(answer.header("location").starts_with("/login"), "{path}");
        }
        let changed = browser.send(post(&concrete(path), &[("version", "1")])).await;
        let refused = [StatusCode::SEE_OTHER, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
        assert!(refused.contains(&changed.status), "{path} took a post: {}", changed.status);
    }
}

#[tokio::test]
async fn no_route_takes_a_post_without_the_form_token() {
    let (state, _dir) = state().await;
    let mut browser = Browser::new(router(state));
    browser.log_in(REVIEWER).await;
    for path in routes() {
        for fields in [&[][..], &[("csrf", "")], &[("csrf", "0000")]] as [&[(&str, &str)]; 3] {
            let answer = browser.send(post(&concrete(path), fields)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {fields:?}");
        }
    }
    assert_eq!(browser.get("/queue").await.status, StatusCode::OK, "the session is still there");
}

#[tokio::test]
async fn a_forged_origin_is_refused_even_with_the_token() {
    let (state, _dir) = state().await;
    let mut browser = Browser::new(router(state));
    let token = browser.log_in(REVIEWER).await.field("csrf");
    for (name, value, want) in [
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
        ("origin", "https://evil.example", StatusCode::FORBIDDEN),
        ("origin", "null", StatusCode::FORBIDDEN),
        ("origin", "http://127.0.0.1:8099", StatusCode::SEE_OTHER),
    ] {
        let mut request = post("/logout", &[("csrf", token.as_str())]);
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(browser.send(request).await.status, want, "{name}: {value}");
    }
}

#[tokio::test]
async fn nothing_changes_by_get_and_trace_is_off() {
    let (state, _dir) = state().await;
    let mut browser = Browser::new(router(state));
    browser.log_in(REVIEWER).await;
    for path in ["/alerts/1/verdict", "/alerts/1/undo", "/logout"] {
        assert_eq!(browser.send(get(path)).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    for method in [Method::TRACE, Method::PUT, Method::DELETE, Method::PATCH] {
        let request =
            Request::builder().method(method.clone()).uri("/queue").body(axum::body::Body::empty()).unwrap();
        let status = browser.send(request).await.status;
        assert!(
            status == StatusCode::FORBIDDEN || status == StatusCode::METHOD_NOT_ALLOWED,
            "{method} {status}"
        );
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let (state, _dir) = state().await;
    let mut browser = Browser::new(router(state));
    let strict = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                  form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    for path in ["/login", "/queue", "/no/such/page", "/healthz", "/api/v1/alerts"] {
        let answer = browser.send(get(path)).await;
        assert_eq!(answer.header("content-security-policy"), strict, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 12, "{path}");
    }
    browser.log_in(REVIEWER).await;
    for path in routes() {
        let page = browser.send(get(&concrete(path))).await;
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        for inline in ["<script>", " style=\"", " onclick=", " onload=", "javascript:", "hx-on", "<style"] {
            let allowed = path == "/digest/{day}/html"
                || ["/captures/", "/assets/", "/api/"].iter().any(|p| path.starts_with(p));
            assert!(allowed || !page.body.contains(inline), "{path} has {inline}");
        }
    }
}

#[tokio::test]
async fn cookies_are_locked_down() {
    let (mut state, _dir) = state().await;
    let mut plain = Browser::new(router(state.clone()));
    let form = plain.get("/login").await;
    let fields =
        [("csrf", form.field("csrf")), ("user", REVIEWER.0.to_owned()), ("password", REVIEWER.1.to_owned())];
    let answer = plain.send(post("/login", &fields)).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(
        cookie.starts_with("guanlan=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );

    state.secure_cookies = true;
    let mut secure = Browser::new(router(state));
    let form = secure.get("/login").await;
    assert!(form.header("strict-transport-security").contains("max-age"));
    let fields =
        [("csrf", form.field("csrf")), ("user", REVIEWER.0.to_owned()), ("password", REVIEWER.1.to_owned())];
    let answer = secure.send(post("/login", &fields)).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-guanlan=") && cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn a_login_form_of_another_browser_does_not_log_in() {
    let (state, _dir) = state().await;
    let theirs = Browser::new(router(state.clone())).get("/login").await.field("csrf");
    let mut mine = Browser::new(router(state));
    let fields = [("csrf", theirs.as_str()), ("user", REVIEWER.0), ("password", REVIEWER.1)];
    assert_eq!(mine.send(post("/login", &fields)).await.status, StatusCode::FORBIDDEN);
    mine.get("/login").await;
    assert_eq!(mine.send(post("/login", &fields)).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_name() {
    let (state, _dir) = state().await;
    let mut browser = Browser::new(router(state));
    for attempt in 1..=4 {
        let page = browser.log_in((REVIEWER.0, "not this one")).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{attempt}");
        page.says("用户名或密码不对").lacks("not this one");
    }
    browser.log_in((REVIEWER.0, "not this one")).await.says("账号已锁定").says("10:45");
    browser.log_in(REVIEWER).await.says("账号已锁定");
    let unknown = browser.log_in(("nobody", "not this one")).await;
    unknown.says("用户名或密码不对");
}

#[tokio::test]
async fn the_one_time_password_must_be_replaced_first() {
    let (state, _dir) = state().await;
    let first = ("zhouxinren", "one-time 4711 word");
    state
        .store
        .create_user(first.0, "周新人", UserRole::Reviewer, &Secret::new(first.1), true, noon())
        .await
        .unwrap();
    let mut browser = Browser::new(router(state.clone()));
    let page = browser.log_in(first).await;
    assert_eq!(page.at, "/password");
    page.says("请先换掉一次性密码");
    for path in ["/queue", "/alerts/1", "/api/v1/alerts", "/archive"] {
        assert_eq!(browser.get(path).await.at, "/password", "{path}");
    }
    let token = page.field("csrf");
    let change = |current: &'static str, new: &'static str, again: &'static str| {
        post("/password", &[("csrf", token.as_str()), ("current", current), ("new", new), ("again", again)])
    };
    for (request, says) in [
        (change(first.1, "river and hill 88", "river and hill 89"), "两遍新密码不一样"),
        (change(first.1, first.1, first.1), "新密码要和现在的不同"),
        (change("guess", "river and hill 88", "river and hill 88"), "现在的密码不对"),
        (change(first.1, "12345678", "12345678"), "密码"),
    ] {
        let page = browser.send(request).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.says(says).lacks("river and hill");
    }
    let mut elsewhere = Browser::new(router(state.clone()));
    elsewhere.log_in(first).await;
    let done = browser.send(change(first.1, "river and hill 88", "river and hill 88")).await;
    assert_eq!(done.header("location"), "/queue?saved=password");
    browser.get("/queue?saved=password").await.says("密码已更新");
    assert!(elsewhere.get("/queue").await.at.starts_with("/login"), "other sessions have ended");
}

#[tokio::test]
async fn sessions_end() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::filled(dir.path(), noon()).await;
    let mut browser = Browser::new(router(county.state(noon)));
    let page = browser.log_in(REVIEWER).await;
    let out = browser.post("/logout", &[("csrf", &page.field("csrf"))]).await;
    assert_eq!(out.at, "/login");
    assert!(browser.get("/queue").await.at.starts_with("/login?next=%2Fqueue"));

    let session = county.store.open_session(1, noon()).await.unwrap();
    let at = |clock| router(county.state(clock));
    for (router, alive) in [(at(noon), true), (at(|| noon() + TimeDelta::minutes(31)), false)] {
        let mut request = get("/queue");
        request.headers_mut().insert(header::COOKIE, format!("guanlan={session}").parse().unwrap());
        let status = Browser::new(router).send(request).await.status;
        assert_eq!(status == StatusCode::OK, alive);
    }
}

#[tokio::test]
async fn a_script_that_lost_its_session_is_sent_to_the_login() {
    let (state, _dir) = state().await;
    let mut request = get("/queue/pulse");
    request.headers_mut().insert("hx-request", "true".parse().unwrap());
    let answer = Browser::new(router(state)).send(request).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.header("hx-redirect").starts_with("/login"));
}

#[tokio::test]
async fn login_returns_to_the_page_that_was_asked_for() {
    let (state, _dir) = state().await;
    let mut browser = Browser::new(router(state));
    let form = browser.get("/queue?view=all").await;
    assert_eq!(form.field("next"), "/queue?view=all");
    let fields = [
        ("csrf", form.field("csrf")),
        ("user", REVIEWER.0.to_owned()),
        ("password", REVIEWER.1.to_owned()),
        ("next", "//evil.example".to_owned()),
    ];
    assert_eq!(browser.post("/login", &fields).await.at, "/queue");
}

#[tokio::test]
async fn a_form_that_is_too_long_is_refused() {
    let (state, _dir) = state().await;
    let mut browser = Browser::new(router(state));
    let token = browser.log_in(REVIEWER).await.field("csrf");
    let long = "字".repeat(40_000);
    let answer = browser.send(post("/alerts/1/verdict", &[("csrf", token.as_str()), ("note", &long)])).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.says("内容太长");
}
