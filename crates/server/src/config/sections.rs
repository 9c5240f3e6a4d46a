//! The sections of the configuration; `defaults.toml` says what each key does.

use std::collections::BTreeMap;
use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use super::units::{Network, Size, Span};

/// A secret of the configuration: never printed.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the text.
    pub fn new(text: &str) -> Self {
        Self(SecretString::from(text))
    }

    /// Whether none was given.
    pub fn is_empty(&self) -> bool {
        self.0.expose_secret().is_empty()
    }

    /// The text itself. Every use is a place to review.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() {
            "Secret()"
        } else {
            "Secret(…)"
        })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(&text))
    }
}

/// `[http]`
#[derive(Debug, Clone, Deserialize)]
pub struct Http {
    /// Address and port.
    pub listen: std::net::SocketAddr,
    /// What callers call us; empty: made from the listener.
    pub public_url: String,
    /// What vendors call us; empty: `public_url`.
    pub events_url: String,
    /// Where the console is; empty: `public_url`.
    pub console_url: String,
    /// Whose `X-Forwarded-*` are believed.
    pub trusted_proxies: Vec<Network>,
    /// PEM file; empty: no TLS.
    pub tls_certificate: String,
    /// PEM file.
    pub tls_key: String,
    /// The largest request body.
    pub max_body: Size,
    /// Until a request's headers are there.
    pub header_timeout: Span,
    /// At a time.
    pub max_connections: u32,
    /// Between the signal to stop and the last request that is taken.
    pub drain: Span,
    /// For requests in flight at shutdown.
    pub shutdown_timeout: Span,
}

/// `[data]`
#[derive(Debug, Clone, Deserialize)]
pub struct Data {
    /// The data folder.
    pub dir: String,
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
pub struct Database {
    /// URL; empty: SQLite in the data folder. It may hold a password.
    pub url: Secret,
    /// A file that holds the URL.
    pub url_file: String,
    /// How long what is remembered is believed when the database is gone.
    pub grace: Span,
}

/// `[catalog]`
#[derive(Debug, Clone, Deserialize)]
pub struct Catalog {
    /// A folder of elements; empty: those inside the binary.
    pub dir: String,
    /// A folder of common resources; empty: those inside the binary.
    pub common_resources_dir: String,
}

/// `[vault]`
#[derive(Debug, Clone, Deserialize)]
pub struct Vault {
    /// Base64 of 32 bytes; empty: a key file.
    pub key: Secret,
    /// A file that holds the key.
    pub key_file: String,
    /// A program and its arguments that print the key.
    pub key_command: Vec<String>,
}

impl Vault {
    /// Whether the operator gave a key.
    pub fn is_configured(&self) -> bool {
        !self.key.is_empty() || !self.key_command.is_empty()
    }
}

/// `[vendor]`
#[derive(Debug, Clone, Deserialize)]
pub struct Vendor {
    /// Private networks that may be called.
    pub allow_private: Vec<Network>,
    /// Host patterns that every instance may call.
    pub allowed_hosts: Vec<String>,
    /// For a connection.
    pub connect_timeout: Span,
    /// For a whole call.
    pub total_timeout: Span,
    /// Repetitions of a request that failed.
    pub retries: u32,
    /// How long a call waits for a vendor's limit.
    pub patience: Span,
    /// Whether calls keep to the limits that elements declare.
    pub declared_limits: bool,
    /// For a streamed answer.
    pub stream_timeout: Span,
    /// The largest answer that is read whole.
    pub max_response: Size,
    /// The largest answer that is streamed.
    pub max_stream: Size,
    /// The largest headers of an answer.
    pub max_headers: Size,
    /// Idle connections kept, a host.
    pub idle_connections: u32,
    /// How long they are kept.
    pub idle_timeout: Span,
    /// A PEM file of further authorities.
    pub ca_file: String,
    /// Host pattern → origin.
    pub connect: BTreeMap<String, String>,
}

/// `[grants]`
#[derive(Debug, Clone, Deserialize)]
pub struct Grants {
    /// Whether grants are renewed before they pass.
    pub renew_ahead: bool,
    /// Ahead of time, for each element.
    pub renewals_per_second: u32,
    /// When another process tells a vendor that a grant is not needed.
    pub farewell_after: Span,
}

/// `[hooks]`
#[derive(Debug, Clone, Deserialize)]
pub struct Hooks {
    /// Processor time of a call's scripts.
    pub cpu: Span,
    /// Time of a call's scripts by the wall clock, their own HTTP calls included.
    pub wall: Span,
    /// Heap.
    pub memory: Size,
    /// Stack.
    pub stack: Size,
    /// Own HTTP calls.
    pub calls: u32,
    /// Threads; 0: one a processor.
    pub threads: usize,
    /// Calls with scripts at a time.
    pub sessions: usize,
}

/// `[api]`
#[derive(Debug, Clone, Deserialize)]
pub struct Api {
    /// The nouns the API is mounted under; the first is the main one.
    pub nouns: Vec<String>,
    /// Whether `/passthrough` exists.
    pub passthrough: bool,
    /// Memory for the cached answers of all instances.
    pub answer_cache: Size,
    /// Outcomes of idempotency keys that an organization may have kept.
    pub outcomes: i64,
}

/// `[telemetry]`
#[derive(Debug, Clone, Deserialize)]
pub struct Telemetry {
    /// Level or filter.
    pub log: String,
    /// Text or JSON.
    pub format: Format,
    /// Whether vendor requests carry the trace context.
    pub trace_vendors: bool,
    /// The collector of spans; empty: none.
    pub otlp_endpoint: String,
    /// The listener of `/metrics`; empty: none.
    pub metrics_listen: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}

/// `[sandbox]`
#[derive(Debug, Clone, Deserialize)]
pub struct Sandbox {
    /// Whether `serve` starts the simulated vendors.
    pub enabled: bool,
    /// How they ask for consent.
    pub consent: Consent,
    /// Where they listen.
    pub listen: IpAddr,
}

/// How a simulated vendor asks for consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    /// By login and consent pages.
    Page,
    /// Not at all: it answers 302 at once.
    Auto,
}
