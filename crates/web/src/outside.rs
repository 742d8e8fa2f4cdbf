//! Addresses of the outside world that may become a link.

use url::Url;

/// An address that is safe to put into `href`: http or https, with a host, without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeUrl(Url);

impl SafeUrl {
    /// Reads an address that came from a crawled page. `None` for anything a browser could run or that hides its host.
    pub fn parse(address: &str) -> Option<SafeUrl> {
        let url = Url::parse(address).ok()?;
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        let bare = url.username().is_empty() && url.password().is_none();
        (web && bare).then_some(SafeUrl(url))
    }

    /// The address, percent-encoded.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Host in its ASCII (punycode) form, with the port when it is not the scheme's own.
    pub fn host_ascii(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Host as people write it.
    pub fn host(&self) -> String {
        let (host, clean) = idna_to_unicode(self.0.host_str().unwrap_or_default());
        if !clean {
            return self.host_ascii();
        }
        self.0.port().map_or(host.clone(), |port| format!("{host}:{port}"))
    }
}

fn idna_to_unicode(host: &str) -> (String, bool) {
    let (unicode, outcome) = idna::domain_to_unicode(host);
    (unicode, outcome.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_become_links() {
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,<script>",
            "file:///etc/passwd",
            "ftp://files.example/",
            "//evil.example/",
            "/queue",
            "",
            "https://user@evil.example/",
            "https://good.example:secret@evil.example/",
        ] {
            assert_eq!(SafeUrl::parse(bad), None, "{bad}");
        }
        let url = SafeUrl::parse("https://news.yunxi.example/a?b=1\"><script>").unwrap();
        assert!(!url.as_str().contains('"') && !url.as_str().contains('<'));
    }

    #[test]
    fn the_real_host_is_shown_both_ways() {
        let url = SafeUrl::parse("http://云溪新闻.example:8080/").unwrap();
        assert_eq!(url.host(), "云溪新闻.example:8080");
        let ascii = url.host_ascii();
        assert!(ascii.starts_with("xn--") && ascii.ends_with(".example:8080"), "{ascii}");
    }
}
