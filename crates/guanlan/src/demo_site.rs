//! The county that `guanlan demo` watches: a web server on loopback with invented sites.
//!
//! One listener answers for all of them and tells them apart by the `Host` header, so that addresses on screen look
//! like addresses. The texts are data (`demo/county.toml`); their dates are counted back from the day of the demo.

mod layout;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use chrono::{DateTime, Duration, FixedOffset};
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// The port that is tried first when none was used before.
pub const USUAL_PORT: u16 = 18700;

const CONTENT: &str = include_str!("../demo/county.toml");

/// Everything the invented county publishes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct County {
    /// The sites.
    pub site: Vec<Site>,
    /// Their pages.
    pub page: Vec<Page>,
}

/// One invented site.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Host name, under `.example`.
    pub host: String,
    /// Name of the source.
    pub name: String,
    /// Code of the tier.
    pub tier: guanlan_model::Tier,
    /// How it is built, and so how it is collected.
    pub layout: Layout,
    /// Register id of the institution whose site it is.
    #[serde(default)]
    pub owner: Option<String>,
    /// Paragraphs of the home page of an institution.
    #[serde(default)]
    pub home: String,
}

/// The kinds of site a county has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// A county news portal in GBK with an RSS feed and a list page.
    Portal,
    /// A municipal paper with list pages.
    Paper,
    /// A government site with a notice column.
    Government,
    /// An institution's own pages.
    Institution,
    /// Answers every request with an error.
    Broken,
    /// A feed that has not changed for two months.
    Stale,
}

/// One invented page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Host of its site.
    pub host: String,
    /// Path, from `/`.
    pub path: String,
    /// Title.
    pub title: String,
    /// Age in hours on the day of the demo.
    pub hours_ago: i64,
    /// What stands after 来源.
    #[serde(default)]
    pub publisher: Option<String>,
    /// Paragraphs, one a line.
    pub body: String,
}

impl Page {
    fn published(&self, epoch: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
        epoch - Duration::hours(self.hours_ago)
    }
}

/// A running county site. Dropping it stops the server.
pub struct CountySite {
    /// Where it listens.
    pub address: SocketAddr,
    county: Arc<County>,
    server: tokio::task::JoinHandle<()>,
}

struct Served {
    county: Arc<County>,
    epoch: DateTime<FixedOffset>,
    port: u16,
}

impl CountySite {
    /// Starts the server, on `port` when it is free; `epoch` is the moment that page ages are counted from.
    ///
    /// # Errors
    /// When no loopback port can be bound.
    pub async fn start(epoch: DateTime<FixedOffset>, port: u16) -> Result<CountySite> {
        let county: Arc<County> = Arc::new(toml::from_str(CONTENT).context("演示内容无法解析")?);
        let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = match tokio::net::TcpListener::bind(usual).await {
            Ok(listener) => listener,
            Err(_) => tokio::net::TcpListener::bind(any).await.context("无法在本机打开端口")?,
        };
        let address = listener.local_addr()?;
        let served = Arc::new(Served { county: county.clone(), epoch, port: address.port() });
        let app = Router::new().fallback(answer).with_state(served);
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "demo site stopped");
            }
        });
        Ok(CountySite { address, county, server })
    }

    /// The sites, in the order of the file.
    pub fn sites(&self) -> &[Site] {
        &self.county.site
    }
}

impl Drop for CountySite {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(served): State<Arc<Served>>, headers: HeaderMap, uri: Uri) -> Response {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("");
    let host = host.split(':').next().unwrap_or("");
    let Some(site) = served.county.site.iter().find(|s| s.host == host) else {
        return plain(StatusCode::NOT_FOUND, "no such site");
    };
    if site.layout == Layout::Broken {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "service unavailable");
    }
    let view = layout::View {
        site,
        pages: served.county.page.iter().filter(|p| p.host == site.host).collect(),
        epoch: served.epoch,
        origin: format!("http://{}:{}", site.host, served.port),
    };
    match uri.path() {
        "/robots.txt" => plain(StatusCode::OK, "User-agent: *\nDisallow: /admin/\n"),
        path => match view.render(path, uri.query().unwrap_or("")) {
            Some(document) => send(document),
            None => plain(StatusCode::NOT_FOUND, "not found"),
        },
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

fn send(document: layout::Document) -> Response {
    let tag = format!("\"{:x}-{}\"", document.bytes.len(), document.stamp);
    let mut response = Response::new(Body::from(document.bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(document.content_type));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
