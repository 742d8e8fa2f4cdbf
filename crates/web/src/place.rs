//! Where in the queue a person is: the view, the filters and the page, always in the address.

use guanlan_model::{AlertState, Category, Severity};
use guanlan_store::QueueFilter;
use url::form_urlencoded;

/// A tab of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Alerts in one state.
    State(AlertState),
    /// All alerts.
    All,
}

impl View {
    /// As it stands in the address.
    pub fn code(self) -> &'static str {
        match self {
            View::State(state) => state.code(),
            View::All => "all",
        }
    }
}

/// View, filters and page. What an address gives wrongly counts as not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuePlace {
    /// The tab.
    pub view: View,
    /// Only this severity.
    pub severity: Option<Severity>,
    /// Only this category.
    pub category: Option<Category>,
    /// Only this institution, by register id.
    pub institution: Option<String>,
    /// From 1.
    pub page: u32,
}

impl QueuePlace {
    /// Reads the query part of an address.
    pub fn parse(query: &str) -> QueuePlace {
        let mut place = QueuePlace {
            view: View::State(AlertState::Waiting),
            severity: None,
            category: None,
            institution: None,
            page: 1,
        };
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "view" if value == "all" => place.view = View::All,
                "view" => place.view = value.parse().map(View::State).unwrap_or(place.view),
                "severity" => place.severity = value.parse().ok(),
                "category" => place.category = value.parse().ok(),
                "institution" => {
                    place.institution =
                        Some(value.into_owned()).filter(|id| !id.is_empty() && id.len() <= 128)
                }
                "page" => place.page = value.parse().unwrap_or(1).clamp(1, 100_000),
                _ => {}
            }
        }
        place
    }

    /// Reads the `back` field of a form, which holds what [`QueuePlace::back`] wrote. Anything else is the plain queue.
    pub fn from_back(back: &str) -> QueuePlace {
        QueuePlace::parse(back.strip_prefix("/queue?").unwrap_or_default())
    }

    /// What the store is asked for.
    pub fn filter(&self) -> QueueFilter {
        QueueFilter {
            state: match self.view {
                View::State(state) => Some(state),
                View::All => None,
            },
            institution: self.institution.clone(),
            category: self.category,
            severity: self.severity,
            page: self.page,
            ..QueueFilter::default()
        }
    }

    /// True when something other than the view narrows the list.
    pub fn is_filtered(&self) -> bool {
        self.severity.is_some() || self.category.is_some() || self.institution.is_some()
    }

    /// The same view without filters.
    pub fn unfiltered(&self) -> QueuePlace {
        QueuePlace { severity: None, category: None, institution: None, page: 1, ..self.clone() }
    }

    /// The same filters in another view.
    pub fn in_view(&self, view: View) -> QueuePlace {
        QueuePlace { view, page: 1, ..self.clone() }
    }

    /// Another page of the same list.
    pub fn on_page(&self, page: u32) -> QueuePlace {
        QueuePlace { page, ..self.clone() }
    }

    /// The address, with an alert opened in the reader. Defaults are left out.
    pub fn href(&self, open: Option<i64>) -> String {
        self.address("/queue", open)
    }

    /// The address of an alert on a page of its own, which still knows the list it came from.
    pub fn alone_href(&self, id: i64) -> String {
        self.address(&format!("/alerts/{id}"), None)
    }

    /// The address of the list, as forms carry it.
    pub fn back(&self) -> String {
        self.href(None)
    }

    /// The address that refreshes counts and light.
    pub fn pulse_href(&self) -> String {
        self.address("/queue/pulse", None)
    }

    fn address(&self, path: &str, open: Option<i64>) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        if self.view != View::State(AlertState::Waiting) {
            pairs.append_pair("view", self.view.code());
        }
        if let Some(severity) = self.severity {
            pairs.append_pair("severity", severity.code());
        }
        if let Some(category) = self.category {
            pairs.append_pair("category", category.code());
        }
        if let Some(institution) = &self.institution {
            pairs.append_pair("institution", institution);
        }
        if self.page > 1 {
            pairs.append_pair("page", &self.page.to_string());
        }
        if let Some(open) = open {
            pairs.append_pair("open", &open.to_string());
        }
        let query = pairs.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_reading_and_writing() {
        for address in [
            "/queue",
            "/queue?view=all",
            "/queue?view=false-alarm&severity=urgent&category=fees&institution=A001&page=3",
            "/queue?institution=%E4%BA%91%E6%BA%AA%26x%3D1",
        ] {
            assert_eq!(QueuePlace::from_back(address).back(), address);
        }
    }

    #[test]
    fn nonsense_counts_as_not_given() {
        let place = QueuePlace::parse("view=<script>&severity=9&category=&institution=&page=-4&open=x");
        assert_eq!(place, QueuePlace::parse(""));
        for elsewhere in
            ["https://evil.example/", "//evil.example/queue?view=all", "/queue@evil.example/?view=all"]
        {
            assert_eq!(QueuePlace::from_back(elsewhere).back(), "/queue");
        }
    }
}
