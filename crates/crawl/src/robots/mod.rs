//! robots.txt (RFC 9309), read as tolerantly as search engines read it and matched in linear time.

mod pattern;
pub(crate) mod read;

use pattern::Pattern;
use std::time::Duration;
use url::Url;

/// No delay longer than this is kept, in seconds: a typing error must not silence a source for years.
const MAX_DELAY: f64 = 24.0 * 3600.0;

/// The rules of one host.
#[derive(Debug, Clone, Default)]
pub struct Robots {
    groups: Vec<Group>,
    disallow_all: bool,
}

/// The rules that follow one run of `User-agent` lines.
#[derive(Debug, Clone, Default)]
struct Group {
    /// Product tokens in lower case; `*` for everyone.
    agents: Vec<String>,
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

#[derive(Debug, Clone)]
struct Rule {
    allow: bool,
    pattern: Pattern,
}

impl Robots {
    /// Reads a file. Nothing is an error: what is no rule is passed over. At most 512 KiB are read, up to the last full line.
    pub fn parse(bytes: &[u8]) -> Robots {
        read::parse(bytes)
    }

    /// The rules of a host without a robots.txt.
    pub fn allow_all() -> Robots {
        Robots::default()
    }

    /// The rules of a host whose robots.txt cannot be reached.
    pub fn disallow_all() -> Robots {
        Robots { disallow_all: true, ..Robots::default() }
    }

    /// Whether a crawler with this product token may fetch the address. The longest matching rule decides, `Allow` wins a
    /// tie, and no matching rule allows. `/robots.txt` itself is always allowed.
    pub fn allows(&self, product: &str, url: &Url) -> bool {
        if url.path() == "/robots.txt" {
            return true;
        }
        if self.disallow_all {
            return false;
        }
        let target = pattern::target(url);
        let best = self
            .groups_for(product)
            .flat_map(|group| &group.rules)
            .filter(|rule| rule.pattern.matches(&target))
            .max_by_key(|rule| (rule.pattern.len(), rule.allow));
        best.is_none_or(|rule| rule.allow)
    }

    /// The longest `Crawl-delay` that addresses this product token, at most a day.
    pub fn crawl_delay(&self, product: &str) -> Option<Duration> {
        self.groups_for(product).filter_map(|group| group.delay).max()
    }

    /// All groups that name the product; those for everyone when none does.
    fn groups_for(&self, product: &str) -> impl Iterator<Item = &Group> {
        let product = read::token(product);
        let named = self.groups.iter().any(|group| group.agents.contains(&product));
        let wanted = if named { product } else { "*".to_owned() };
        self.groups.iter().filter(move |group| group.agents.contains(&wanted))
    }
}

#[cfg(test)]
mod tests;
