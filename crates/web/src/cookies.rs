//! The three cookies: the session, the login form's token, the language.

use axum::http::{HeaderMap, HeaderValue, header};

/// Binds a login form to the browser that asked for it.
pub const LOGIN_FORM: &str = "guanlan-form";
/// The language chosen on the page.
pub const LANGUAGE: &str = "guanlan-lang";

/// Name of the session cookie. With TLS the `__Host-` prefix keeps neighbours on the domain from setting it.
pub fn session_name(secure: bool) -> &'static str {
    if secure { "__Host-guanlan" } else { "guanlan" }
}

/// The value of a cookie that the browser sent.
pub fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A `Set-Cookie` value; `None` when the parts cannot stand in a header. `max_age` is in seconds.
pub fn set(name: &str, value: &str, path: &str, max_age: Option<i64>, secure: bool) -> Option<HeaderValue> {
    let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{age}{secure}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; guanlan=abc;guanlan-lang=en"));
        headers.append(header::COOKIE, HeaderValue::from_static("b=2"));
        assert_eq!(get(&headers, "guanlan"), Some("abc"));
        assert_eq!(get(&headers, "guanlan-lang"), Some("en"));
        assert_eq!(get(&headers, "b"), Some("2"));
        assert_eq!(get(&headers, "lan"), None);
    }

    #[test]
    fn a_value_cannot_break_out_of_the_header() {
        assert_eq!(set("guanlan", "a\r\nSet-Cookie: b=1", "/", None, false), None);
        let cookie = set("__Host-guanlan", "t", "/", Some(0), true).unwrap();
        assert_eq!(cookie, "__Host-guanlan=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
    }
}
