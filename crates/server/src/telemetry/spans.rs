//! Spans of requests and vendor calls, sent to a collector as OTLP over HTTP in JSON. Built with the feature `otel`;
//! without it a span costs nothing.
//!
//! A span names method, path template, element, ids and statuses, as the log's line does: no query, body, header or
//! address of a person.
//!
//! # Source
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Where spans go; nowhere unless a collector is configured.
#[derive(Clone, Default)]
pub struct Spans {
    #[cfg(feature = "otel")]
    to: Option<tokio::sync::mpsc::Sender<Span>>,
}

impl std::fmt::Debug for Spans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spans")
    }
}

/// What was done, for whom, and how it went.
#[derive(Debug)]
pub struct Span {
    /// The trace, 32 hexadecimal digits.
    pub trace: Arc<str>,
    /// This span, 16 hexadecimal digits.
    pub id: Arc<str>,
    /// The span that caused it.
    pub parent: Option<Arc<str>>,
    /// Whether we were asked, or asked a vendor.
    pub kind: Kind,
    /// Such as `GET /hubs/crm/contacts`.
    pub name: String,
    /// When it ended.
    pub ended: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// The status; none without an answer.
    pub status: Option<u16>,
    /// Further facts by their names of the semantic conventions, or ours.
    pub facts: Vec<(&'static str, String)>,
}

/// Which side of a call a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A request that we answered.
    Server,
    /// A request to a vendor.
    Client,
}

impl Spans {
    /// Whether anybody wants spans: if not, none need be made.
    #[cfg(feature = "otel")]
    pub fn wanted(&self) -> bool {
        self.to.is_some()
    }

    /// Whether anybody wants spans.
    #[cfg(not(feature = "otel"))]
    pub const fn wanted(&self) -> bool {
        false
    }

    /// Hands a span on; when the collector is too slow it is lost, not waited for.
    #[cfg(feature = "otel")]
    pub fn record(&self, span: Span) {
        if let Some(to) = &self.to
            && to.try_send(span).is_err()
        {
            tracing::debug!("a span was lost: the collector is slow or gone");
        }
    }

    /// Without the feature nobody takes it.
    #[cfg(not(feature = "otel"))]
    pub fn record(&self, _: Span) {}
}

#[cfg(feature = "otel")]
pub use export::start;

#[cfg(feature = "otel")]
mod export {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use ligand_engine::step::VendorRequest;
    use serde_json::{Value, json};
    use tokio::sync::mpsc;
    use tokio::time::Instant;
    use tokio_rustls::rustls::ClientConfig;

    use super::{Kind, Span, Spans};
    use crate::app::tasks::Stopping;
    use crate::config;
    use crate::vendor::client::Client;
    use crate::vendor::connect::ConnectMap;
    use crate::vendor::guard::Guard;

    /// Spans that wait at most, and that go in one message.
    const WAITING: usize = 4096;
    const MESSAGE: usize = 512;
    /// How long a span waits for others, and a message for its answer.
    const EVERY: Duration = Duration::from_secs(1);
    const PATIENCE: Duration = Duration::from_secs(10);

    /// What takes spans to the collector.
    pub struct Export {
        client: Client,
        url: String,
        spans: mpsc::Receiver<Span>,
    }

    /// The way to the collector; none without an endpoint.
    pub fn start(config: &config::Config, tls: Arc<ClientConfig>) -> Option<(Spans, Export)> {
        let endpoint = url::Url::parse(&config.telemetry.otlp_endpoint).ok()?;
        let (host, origin) = (
            endpoint.host_str()?,
            endpoint.origin().ascii_serialization(),
        );
        // The operator named this one address: it is the only one that the client reaches in private.
        let guard = Guard::new(ConnectMap::new([(host, origin.as_str())]), Vec::new());
        let (to, spans) = mpsc::channel(WAITING);
        let export = Export {
            client: Client::new(&config.vendor, guard, tls, Arc::default()),
            url: format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/')),
            spans,
        };
        Some((Spans { to: Some(to) }, export))
    }

    impl Export {
        /// Takes spans to the collector until the application stops.
        pub async fn work(mut self, mut stopping: Stopping) {
            let mut batch = Vec::new();
            let mut told = false;
            while !stopping.is_stopping() {
                tokio::select! {
                    _ = self.spans.recv_many(&mut batch, MESSAGE) => {}
                    () = stopping.wait() => {}
                }
                if batch.len() < MESSAGE {
                    // Others may follow; a message is worth more than one span.
                    tokio::select! {
                        () = tokio::time::sleep(EVERY) => {}
                        () = stopping.wait() => {}
                    }
                }
                while batch.len() < MESSAGE
                    && let Ok(span) = self.spans.try_recv()
                {
                    batch.push(span);
                }
                let sent = batch.is_empty() || send(&self.client, &self.url, &batch).await;
                if !sent && !told {
                    tracing::warn!("the collector of spans does not take them; they are dropped");
                }
                told = !sent;
                batch.clear();
            }
        }
    }

    async fn send(client: &Client, url: &str, batch: &[Span]) -> bool {
        let request = VendorRequest {
            method: "POST".to_owned(),
            url: url.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: message(batch).to_string().into(),
            after_upload: None,
            stream: false,
            carries_application_secret: false,
        };
        let answer = client.send(request, Instant::now() + PATIENCE).await;
        answer.is_ok_and(|answer| answer.reply.status < 300)
    }

    fn text(name: &str, value: &str) -> Value {
        json!({"key": name, "value": {"stringValue": value}})
    }

    fn message(batch: &[Span]) -> Value {
        let spans: Vec<Value> = batch.iter().map(one).collect();
        json!({"resourceSpans": [{
            "resource": {"attributes": [
                text("service.name", "ligand"),
                text("service.version", env!("CARGO_PKG_VERSION")),
            ]},
            "scopeSpans": [{"scope": {"name": "ligand"}, "spans": spans}],
        }]})
    }

    fn one(span: &Span) -> Value {
        let nanos = |at: SystemTime| {
            let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
            since.as_nanos().to_string()
        };
        let mut facts: Vec<Value> = span
            .facts
            .iter()
            .map(|(name, value)| text(name, value))
            .collect();
        if let Some(status) = span.status {
            facts.push(json!({"key": "http.response.status_code", "value": {"intValue": status.to_string()}}));
        }
        // A caller's mistake is no fault of a server; whoever asked a vendor sees any refusal as one.
        let (kind, bad) = match span.kind {
            Kind::Server => (2, 500),
            Kind::Client => (3, 400),
        };
        let failed = span.status.is_none_or(|status| status >= bad);
        let ended = span.ended;
        let mut value = json!({
            "traceId": &*span.trace,
            "spanId": &*span.id,
            "kind": kind,
            "name": span.name,
            "startTimeUnixNano": nanos(ended.checked_sub(span.took).unwrap_or(ended)),
            "endTimeUnixNano": nanos(ended),
            "attributes": facts,
            "status": {"code": if failed { 2 } else { 0 }},
        });
        if let (Some(parent), Value::Object(members)) = (&span.parent, &mut value) {
            members.insert("parentSpanId".to_owned(), json!(&**parent));
        }
        value
    }
}
