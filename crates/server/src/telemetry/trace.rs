//! W3C trace context: a request's place in its caller's trace, told on to vendors and in every line of the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use ligand_model::time::Entropy;

use super::Facts;
use super::spans::{Kind, Span, Spans};

/// The header's name.
pub const HEADER: &str = "traceparent";

tokio::task_local! {
    /// The trace of the request being answered.
    pub static CURRENT: Trace;
}

/// Makes ids that no other process makes, without asking for randomness each time: they name, they are no secret.
#[derive(Debug)]
pub struct TraceIds {
    process: [u64; 3],
    count: AtomicU64,
}

impl TraceIds {
    /// Draws the process's part.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let process = std::array::from_fn(|_| {
            let mut bytes = [0; 8];
            entropy.fill(&mut bytes);
            u64::from_le_bytes(bytes)
        });
        Self {
            process,
            count: AtomicU64::new(1),
        }
    }

    /// A trace and a span.
    fn next(&self) -> (String, String) {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let [high, low, span] = self.process.map(|part| mixed(part.wrapping_add(count)));
        (format!("{high:016x}{low:016x}"), format!("{span:016x}"))
    }
}

/// Every number becomes another one, and neighbours become strangers (the finish of splitmix64).
const fn mixed(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// A request's place in a trace.
///
/// # Source
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
#[derive(Debug, Clone)]
pub struct Trace {
    /// 32 hexadecimal digits: the same in everything that one cause led to.
    pub id: Arc<str>,
    /// 16 hexadecimal digits: what we do for this request.
    pub span: Arc<str>,
    /// The caller's span, when it named one.
    pub parent: Option<Arc<str>>,
    /// Whether the trace is recorded by who began it.
    pub sampled: bool,
    /// Whether it is told on to vendors.
    pub told_on: bool,
    /// Where its spans go.
    pub spans: Spans,
}

impl Trace {
    /// Goes on with the trace in the headers; begins one when there is none that can be read.
    pub fn of(headers: &HeaderMap, ids: &TraceIds, told_on: bool, spans: &Spans) -> Self {
        let (fresh, span) = ids.next();
        let given = headers
            .get(HEADER)
            .and_then(|value| parse(value.to_str().ok()?));
        match given {
            Some((id, parent, sampled)) => Self {
                id: id.into(),
                span: span.into(),
                parent: Some(parent.into()),
                sampled,
                told_on,
                spans: spans.clone(),
            },
            None => Self {
                id: fresh.into(),
                span: span.into(),
                parent: None,
                sampled: true,
                told_on,
                spans: spans.clone(),
            },
        }
    }
}

impl Trace {
    /// Records the request itself, once it is answered.
    pub fn end(&self, method: &str, status: u16, took: Duration, facts: &Facts) {
        if !self.sampled || !self.spans.wanted() {
            return;
        }
        let path = facts.path.as_deref().unwrap_or("(no route)");
        let mut told = vec![
            ("http.request.method", method.to_owned()),
            ("http.route", path.to_owned()),
        ];
        let number = |id: i64| id.to_string();
        let others = [
            (
                "ligand.organization.id",
                facts.organization.map(|id| number(id.0)),
            ),
            ("ligand.instance.id", facts.instance.map(|id| number(id.0))),
            (
                "ligand.element.key",
                facts.element.as_deref().map(str::to_owned),
            ),
            (
                "error.type",
                facts.error.as_ref().map(|(kind, _)| format!("{kind:?}")),
            ),
        ];
        told.extend(
            others
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        self.spans.record(Span {
            trace: Arc::clone(&self.id),
            id: Arc::clone(&self.span),
            parent: self.parent.clone(),
            kind: Kind::Server,
            name: format!("{method} {path}"),
            ended: SystemTime::now(),
            took,
            status: Some(status),
            facts: told,
        });
    }
}

/// A request to a vendor within the present trace.
#[derive(Debug)]
pub struct Outgoing {
    trace: Trace,
    /// Its own span, when it is recorded; else the request's is told on.
    span: Option<Arc<str>>,
}

impl Outgoing {
    /// Begins one; none where there is no trace.
    pub fn begin(entropy: &dyn Entropy) -> Option<Self> {
        let trace = CURRENT.try_with(Trace::clone).ok()?;
        let span = (trace.sampled && trace.spans.wanted()).then(|| {
            let mut bytes = [0; 8];
            entropy.fill(&mut bytes);
            format!("{:016x}", u64::from_le_bytes(bytes)).into()
        });
        Some(Self { trace, span })
    }

    /// What the request says of its trace.
    pub fn header(&self) -> Option<String> {
        let Trace { id, sampled, .. } = &self.trace;
        let span = self.span.as_ref().unwrap_or(&self.trace.span);
        let flags = if *sampled { "01" } else { "00" };
        self.trace
            .told_on
            .then(|| format!("00-{id}-{span}-{flags}"))
    }

    /// Records how it went.
    pub fn end(self, method: &str, host: &str, status: Option<u16>, took: Duration) {
        let Some(id) = self.span else { return };
        self.trace.spans.record(Span {
            trace: self.trace.id,
            id,
            parent: Some(self.trace.span),
            kind: Kind::Client,
            name: format!("{method} {host}"),
            ended: SystemTime::now(),
            took,
            status,
            facts: vec![
                ("http.request.method", method.to_owned()),
                ("server.address", host.to_owned()),
            ],
        });
    }
}

/// Trace, parent, and whether it is recorded.
fn parse(text: &str) -> Option<(&str, &str, bool)> {
    let mut parts = text.trim().split('-');
    let (version, id) = (parts.next()?, parts.next()?);
    let (parent, flags) = (parts.next()?, parts.next()?);
    let digits = |text: &str, length: usize| {
        text.len() == length
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let known = digits(version, 2) && version != "ff";
    let whole = version != "00" || parts.next().is_none();
    let named = digits(id, 32) && digits(parent, 16) && digits(flags, 2);
    let nothing = |text: &str| text.bytes().all(|b| b == b'0');
    if !known || !whole || !named || nothing(id) || nothing(parent) {
        return None;
    }
    let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
    Some((id, parent, sampled))
}

#[cfg(test)]
mod tests {
    use ligand_model::time::FixedEntropy;

    use super::*;

    #[test]
    fn a_callers_trace_goes_on_and_anything_else_begins_one() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let good = format!("00-{id}-00f067aa0ba902b7-00");
        let ids = TraceIds::new(&FixedEntropy::new(1));
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, text.parse().unwrap());
            Trace::of(&headers, &ids, true, &Spans::default())
        };
        let trace = of(&good);
        assert_eq!(
            (&*trace.id, trace.parent.as_deref()),
            (id, Some("00f067aa0ba902b7"))
        );
        assert!(!trace.sampled && trace.span.len() == 16);
        for bad in [
            "",
            "00-4bf9-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
        ] {
            let trace = of(bad);
            assert!(trace.parent.is_none() && trace.id.len() == 32, "{bad}");
            assert_ne!(&*trace.id, id);
        }
        let made: std::collections::BTreeSet<_> = (0..1000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 1000);
    }
}
