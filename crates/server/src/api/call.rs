//! One request as a handler sees it: located, identified, not yet read.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::body::Body;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use ligand_model::id::InstanceId;
use ligand_model::time::Timestamp;
use ligand_store::api_keys::KeyHolder;
use ligand_store::identity::Caller;
use ligand_store::instances::SealedInstance;
use ligand_store::usage::Why;
use serde_json::Value;

use super::body;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use crate::app::App;
use crate::listener::peer::Peer;
use crate::service;

/// A platform call.
#[derive(Debug)]
pub struct Call {
    /// The application.
    pub app: App,
    /// Upper-case verb.
    pub method: http::Method,
    /// Path inside the base as received, with the trailing slash it came with.
    pub path: String,
    /// The raw query, without `?`.
    pub raw_query: String,
    /// Values of the route's variables, in order, percent-decoded.
    pub variables: Vec<String>,
    /// Decoded query parameters.
    pub query: Vec<(String, String)>,
    /// Headers, with `Elements-*` in the inner spelling.
    pub headers: HeaderMap,
    /// Who calls.
    pub caller: Option<Arc<Caller>>,
    /// The scoped key it came with, if it came with one.
    pub key: Option<Arc<KeyHolder>>,
    /// When its session began, if it came with one.
    pub session_begun: Option<Timestamp>,
    /// The instance of an Element token.
    pub instance: Option<Arc<SealedInstance>>,
    /// The other end.
    pub peer: Peer,
    /// The body, unread. Behind a lock only because bodies cannot be shared between threads and calls are.
    pub body: Mutex<Body>,
    /// Whether the console asks, which takes tokens out of the answer.
    pub veiled: bool,
    /// What the vendor was asked, for the usage row.
    pub vendor: Arc<OnceLock<VendorNote>>,
}

/// What a call cost at the vendor.
#[derive(Debug, Clone, Default)]
pub struct VendorNote {
    /// The vendor's last status.
    pub status: Option<u16>,
    /// Requests sent.
    pub attempts: u32,
    /// Time spent waiting for limits and before repetitions.
    pub waits: Duration,
    /// Time spent waiting for the vendor's answers.
    pub vendor_time: Duration,
    /// When the vendor, or what we know of it, wants to be asked again.
    pub retry_after: Option<Duration>,
    /// Whether the answer came out of the instance's cache.
    pub cached: bool,
    /// Why it failed, without secrets.
    pub why: Option<Why>,
}

impl VendorNote {
    /// What the answer's headers tell of it.
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let by = match (self.cached, self.status) {
            (true, _) => "cache",
            (false, Some(_)) => "vendor",
            (false, None) => "ligand",
        };
        let waits = u64::try_from(self.waits.as_millis()).unwrap_or(u64::MAX);
        vec![
            (
                HeaderName::from_static("elements-answered-by"),
                HeaderValue::from_static(by),
            ),
            (
                HeaderName::from_static("elements-vendor-attempts"),
                HeaderValue::from(self.attempts),
            ),
            (
                HeaderName::from_static("elements-vendor-wait-ms"),
                HeaderValue::from(waits),
            ),
        ]
    }
}

impl Call {
    /// The caller of a route that demands one.
    ///
    /// # Errors
    /// 401.
    pub fn caller(&self) -> Result<Arc<Caller>, ApiError> {
        self.caller.clone().ok_or_else(ApiError::unauthenticated)
    }

    /// The instance of a route that demands an Element token.
    ///
    /// # Errors
    /// 401.
    pub fn instance(&self) -> Result<Arc<SealedInstance>, ApiError> {
        self.instance.clone().ok_or_else(ApiError::unauthenticated)
    }

    /// Takes the body; what is left is empty.
    pub fn take_body(&mut self) -> Body {
        std::mem::take(self.body.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the JSON body of a platform call, in the inner spelling.
    ///
    /// # Errors
    /// As [`body::json`].
    pub async fn json(&mut self, vocabulary: &Vocabulary) -> Result<Value, ApiError> {
        let taken = self.take_body();
        let limit = self.app.config.http.max_body.0.min(body::PLATFORM);
        let mut value = body::json(&self.headers, taken, limit).await?;
        vocabulary.inner_body(&mut value);
        Ok(value)
    }

    /// A variable of the route, by position.
    pub fn variable(&self, position: usize) -> &str {
        self.variables.get(position).map_or("", String::as_str)
    }

    /// A variable that is an instance id.
    ///
    /// # Errors
    /// 404 for anything that is no id.
    pub fn instance_id(&self, position: usize) -> Result<InstanceId, ApiError> {
        let text = self.variable(position);
        text.parse()
            .map(InstanceId)
            .map_err(|_| service::instances::unknown(text).into())
    }

    /// The first query parameter of this name; empty counts as absent.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Every value of a repeated parameter, with or without `[]`; commas separate too.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        self.query
            .iter()
            .filter(|(known, _)| known.strip_suffix("[]").unwrap_or(known) == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.parameter(name)
            .map(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }
}
