//! A successful answer on its way to the edge.

use axum::body::Body;
use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use serde_json::Value;

/// What is answered.
#[derive(Debug)]
pub struct Answer {
    /// The body.
    pub content: Content,
    /// 200, or what an element's hook set.
    pub status: u16,
    /// Further headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// The kinds of bodies.
#[derive(Debug)]
pub enum Content {
    /// None.
    Empty,
    /// The platform's own JSON: the edge spells it in the caller's noun.
    Platform(Value),
    /// A vendor's JSON, as it is.
    Json(Bytes),
    /// A vendor's bytes: files.
    File(Body),
    /// A page for a browser.
    Page(String),
}

impl Answer {
    /// 200 with this content.
    pub fn new(content: Content) -> Self {
        Self {
            content,
            status: 200,
            headers: Vec::new(),
        }
    }

    /// 200 without a body.
    pub fn empty() -> Self {
        Self::new(Content::Empty)
    }

    /// 200 with the platform's own JSON.
    pub fn platform(value: Value) -> Self {
        Self::new(Content::Platform(value))
    }

    /// Adds a header; a value that cannot be one is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (name.parse(), HeaderValue::from_str(value)) {
            self.headers.push((name, value));
        }
        self
    }
}
