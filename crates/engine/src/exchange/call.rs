//! The incoming call, as the engine sees it.

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::error::Error;

/// One part of a multipart body.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Field name.
    pub name: String,
    /// File name, for files.
    pub file_name: Option<String>,
    /// Content type.
    pub content_type: Option<String>,
    /// The bytes; for one that is uploaded, some that were never used before: the boundary of its form is made of them.
    pub data: Bytes,
    /// Whether the driver sends the bytes, which are not here.
    pub uploaded: bool,
}

/// The incoming call of one resource.
#[derive(Debug, Clone, Default)]
pub struct ResourceCall {
    /// Upper-case verb.
    pub method: String,
    /// As received, percent-encoded, with or without `/hubs/{hub}`.
    pub path: String,
    /// Decoded query parameters, in order.
    pub query: Vec<(String, String)>,
    /// Headers by lower-case name; platform credentials are never read from them.
    pub headers: Vec<(String, String)>,
    /// The body; empty for multipart bodies, which arrive as parts.
    pub body: Bytes,
    /// The body's content type.
    pub content_type: Option<String>,
    /// The parts of a multipart body.
    pub parts: Vec<Part>,
    /// Whether the driver sends the body, which is not here.
    pub uploaded: bool,
}

impl ResourceCall {
    /// The first query parameter of this name.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    pub(super) fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// A field of an urlencoded or multipart form.
    pub(super) fn form(&self, name: &str) -> Option<String> {
        if let Some(part) = self.part(name) {
            return Some(String::from_utf8_lossy(&part.data).into_owned());
        }
        let kind = self.content_type.as_deref()?;
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return None;
        }
        url::form_urlencoded::parse(&self.body)
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The body as JSON, when it is.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Refuses a body that says it is JSON and is not.
    pub(super) fn check_json(&self) -> Result<(), Error> {
        let json = self
            .content_type
            .as_deref()
            .is_none_or(|kind| kind.contains("json"));
        if self.body.trim_ascii().is_empty() || !json {
            return Ok(());
        }
        serde_json::from_slice::<IgnoredAny>(&self.body)
            .map(drop)
            .map_err(|error| Error::Invalid(format!("The body is not valid JSON: {error}.")))
    }
}
