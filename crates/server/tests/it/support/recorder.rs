//! A vendor that answers what it is told and keeps what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub host: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// The answer to a request.
pub type Script = dyn Fn(&Asked) -> Response + Send + Sync;

/// A running vendor.
#[derive(Clone)]
pub struct Recorder {
    pub origin: String,
    kept: Arc<Mutex<Vec<Asked>>>,
}

struct Inner {
    kept: Arc<Mutex<Vec<Asked>>>,
    script: Box<Script>,
}

/// A JSON answer.
pub fn json(status: u16, body: &str) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

impl Recorder {
    /// Starts one on a free port; it ends with the test's runtime.
    pub async fn start(script: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let inner = Arc::new(Inner {
            kept: Arc::clone(&kept),
            script: Box::new(script),
        });
        let router = Router::new().fallback(answer).with_state(inner);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { origin, kept }
    }

    /// What was asked since the last look.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.kept.lock().unwrap())
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let asked = Asked {
        method: parts.method.to_string(),
        host: parts
            .headers
            .get("host")
            .map_or("", |h| h.to_str().unwrap())
            .to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: axum::body::to_bytes(body, usize::MAX).await.unwrap(),
    };
    let response = (inner.script)(&asked);
    inner.kept.lock().unwrap().push(asked);
    response
}
