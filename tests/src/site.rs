//! A web server on loopback that says what a test tells it to.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Request, StatusCode};
use axum::response::Response;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// What is answered for one path.
#[derive(Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    silent: bool,
}

impl Reply {
    /// 200 with HTML.
    pub fn html(body: impl Into<Vec<u8>>) -> Reply {
        Reply {
            status: 200,
            headers: vec![("content-type", "text/html".into())],
            body: body.into(),
            silent: false,
        }
    }

    /// 200 with a feed.
    pub fn feed(body: impl Into<Vec<u8>>) -> Reply {
        Reply::html(body).header("content-type", "application/rss+xml")
    }

    /// A bare status.
    pub fn status(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), body: Vec::new(), silent: false }
    }

    /// Accepts the request and never answers.
    pub fn silence() -> Reply {
        Reply { silent: true, ..Reply::status(200) }
    }

    /// Sets a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.retain(|(n, _)| *n != name);
        self.headers.push((name, value.into()));
        self
    }
}

struct Book {
    replies: Mutex<BTreeMap<String, Reply>>,
    seen: Mutex<HashMap<String, usize>>,
}

/// A running server. It stops when dropped.
pub struct Site {
    /// `http://127.0.0.1:port`
    pub origin: String,
    /// The port alone.
    pub port: u16,
    book: Arc<Book>,
    _runtime: tokio::runtime::Runtime,
}

impl Site {
    /// Starts a server that answers 404 to everything.
    pub fn start() -> Site {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("runtime");
        let book = Arc::new(Book { replies: Mutex::default(), seen: Mutex::default() });
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0))).expect("port");
        let port = listener.local_addr().expect("address").port();
        let app = Router::new().fallback(answer).with_state(book.clone());
        runtime.spawn(async move { axum::serve(listener, app).await });
        Site { origin: format!("http://127.0.0.1:{port}"), port, book, _runtime: runtime }
    }

    /// Sets the answer for a path.
    pub fn put(&self, path: &str, reply: Reply) {
        self.book.replies.lock().expect("lock").insert(path.to_owned(), reply);
    }

    /// How often each path was asked for.
    pub fn seen(&self) -> HashMap<String, usize> {
        self.book.seen.lock().expect("lock").clone()
    }
}

async fn answer(State(book): State<Arc<Book>>, request: Request<Body>) -> Response {
    let path = request.uri().path().to_owned();
    *book.seen.lock().expect("lock").entry(path.clone()).or_default() += 1;
    let reply = book.replies.lock().expect("lock").get(&path).cloned().unwrap_or_else(|| Reply::status(404));
    if reply.silent {
        std::future::pending::<()>().await;
    }
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("status");
    for (name, value) in reply.headers {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_str(&value).expect("header"));
    }
    response
}
