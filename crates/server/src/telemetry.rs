//! The log: one line a request, fields by fixed names; never bodies, tokens, addresses of people or query strings.

pub mod spans;
pub mod trace;
pub mod writer;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ligand_model::error::ErrorKind;
use ligand_model::id::{InstanceId, OrganizationId};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config;
use writer::LogWriter;

/// The way out of this process's log.
static WRITER: OnceLock<LogWriter> = OnceLock::new();

/// The id of a request, put into its extensions by the listener; also `requestId` in error answers.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

/// What the API learned about a request: put it into the answer's extensions, and it appears in the request's line.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The tenant.
    pub organization: Option<OrganizationId>,
    /// The element's key.
    pub element: Option<Arc<str>>,
    /// The instance.
    pub instance: Option<InstanceId>,
    /// The path as a template, never as sent.
    pub path: Option<Arc<str>>,
    /// The vendor's status.
    pub vendor_status: Option<u16>,
    /// Requests sent to the vendor.
    pub attempts: u32,
    /// Time spent waiting for limits and before repetitions.
    pub waits: Duration,
    /// Time spent waiting for the vendor's answers.
    pub vendor_time: Duration,
    /// What went wrong: its kind, and, where the words are ours or about a host, its sentence.
    pub error: Option<(ErrorKind, Option<Box<str>>)>,
    /// The trace that the request belongs to.
    pub trace: Option<Arc<str>>,
}

/// Writes the line of one request.
///
/// The names `request.id`, `trace.id`, `organization.id`, `element.key`, `instance.id`, `resource.path`, `status`,
/// `vendor.status`, `vendor.attempts`, `vendor.duration_ms`, `waits_ms`, `error.kind`, `error.message` and `duration_ms`
/// are the same in every line of the log; operators' queries rest on them.
pub fn request_line(id: &str, method: &str, status: u16, took: Duration, facts: &Facts) {
    // Only what is known is written; `None` fields leave no trace.
    let organization = facts.organization.map(|id| id.0);
    let instance = facts.instance.map(|id| id.0);
    let duration = millis(took);
    let attempts = (facts.attempts > 0).then_some(facts.attempts);
    let vendor_duration = attempts.map(|_| millis(facts.vendor_time));
    let waits = (!facts.waits.is_zero()).then(|| millis(facts.waits));
    let kind = facts.error.as_ref().map(|(kind, _)| format!("{kind:?}"));
    let reason = facts
        .error
        .as_ref()
        .and_then(|(_, reason)| reason.as_deref());
    let path = facts.path.as_deref().unwrap_or("(no route)");
    if path.starts_with("/health/") {
        // Asked every few seconds by whoever watches us.
        tracing::debug!(target: "ligand::request", "{method} {path} answered {status}");
        return;
    }
    tracing::info!(
        target: "ligand::request",
        status,
        request.id = id,
        organization.id = organization,
        element.key = facts.element.as_deref(),
        instance.id = instance,
        resource.path = path,
        vendor.status = facts.vendor_status,
        vendor.attempts = attempts,
        vendor.duration_ms = vendor_duration,
        waits_ms = waits,
        error.kind = kind,
        error.message = reason,
        trace.id = facts.trace.as_deref(),
        duration_ms = duration,
        "{method} {path} answered {status}"
    );
}

fn millis(took: Duration) -> f64 {
    f64::from(u32::try_from(took.as_micros()).unwrap_or(u32::MAX)) / 1000.0
}

/// The reason of a failure as it may stand in the log: short, and without anything that looks like somebody's address.
pub fn reason(message: &str) -> Box<str> {
    const LONGEST: usize = 300;
    let mut text = String::new();
    for word in message.split_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(if word.contains('@') { "…" } else { word });
        if text.len() > LONGEST {
            text.push('…');
            break;
        }
    }
    text.into()
}

/// Starts the log on standard error; a filter that cannot be read falls back to `info` and says so.
pub fn start(telemetry: &config::Telemetry) {
    let (filter, fault) = match EnvFilter::try_new(&telemetry.log) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error.to_string())),
    };
    let writer = WRITER
        .get_or_init(|| LogWriter::new(Box::new(std::io::stderr())))
        .clone();
    let subscriber = subscriber(telemetry.format, filter, BoxMakeWriter::new(writer));
    // A second start, as in tests, keeps the first log.
    let _ = tracing::subscriber::set_global_default(subscriber);
    if let Some(fault) = fault {
        tracing::warn!("telemetry.log cannot be read and is taken as info: {fault}");
    }
}

/// Writes what waits in the log: before the process ends.
pub fn flush() {
    if let Some(writer) = WRITER.get() {
        writer.flush();
    }
}

fn subscriber(
    format: config::Format,
    filter: EnvFilter,
    writer: BoxMakeWriter,
) -> Box<dyn tracing::Subscriber + Send + Sync> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    match format {
        config::Format::Text => Box::new(builder.compact().finish()),
        config::Format::Json => Box::new(builder.json().flatten_event(true).finish()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_line_of_a_request_has_the_fixed_names_and_only_what_is_known() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = subscriber(
            config::Format::Json,
            EnvFilter::new("info"),
            BoxMakeWriter::new(move || writer.clone()),
        );
        let facts = Facts {
            organization: Some(OrganizationId(2)),
            element: Some("sfdc".into()),
            path: Some("/hubs/crm/contacts".into()),
            vendor_status: Some(503),
            attempts: 3,
            waits: Duration::from_millis(400),
            error: Some((
                ErrorKind::VendorUnavailable,
                Some(reason("na1.example cut its answer to a@b.example short")),
            )),
            ..Facts::default()
        };
        tracing::subscriber::with_default(subscriber, || {
            request_line("5a95", "GET", 200, Duration::from_micros(1500), &facts);
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(line["request.id"], "5a95");
        assert_eq!(line["organization.id"], 2);
        assert_eq!(line["element.key"], "sfdc");
        assert_eq!(line["resource.path"], "/hubs/crm/contacts");
        assert_eq!(line["vendor.status"], 503);
        assert_eq!(line["vendor.attempts"], 3);
        assert_eq!(line["waits_ms"], 400.0);
        assert_eq!(line["error.kind"], "VendorUnavailable");
        assert_eq!(
            line["error.message"],
            "na1.example cut its answer to … short"
        );
        assert_eq!(line["duration_ms"], 1.5);
        assert!(line.get("instance.id").is_none(), "{text}");
    }
}
