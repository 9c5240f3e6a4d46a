//! The numbers an operator watches, in the Prometheus text format; every label has few values.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of duration buckets, in microseconds.
const BOUNDS: [u64; 11] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 250_000, 1_000_000, 5_000_000, 30_000_000,
];

/// A histogram of durations.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

impl Histogram {
    /// Counts one duration.
    pub fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // Buckets are kept apart and summed when read: one addition a call.
        if let Some(bucket) = BOUNDS
            .iter()
            .position(|bound| micros <= *bound)
            .and_then(|i| self.buckets.get(i))
        {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn write(&self, out: &mut String, name: &str, help: &str) {
        header(out, name, "histogram", help);
        let mut sum = 0;
        for (bound, bucket) in BOUNDS.iter().zip(&self.buckets) {
            sum += bucket.load(Ordering::Relaxed);
            let _ = writeln!(out, "{name}_bucket{{le=\"{}\"}} {sum}", seconds(*bound));
        }
        let count = self.count.load(Ordering::Relaxed);
        let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}");
        let _ = writeln!(
            out,
            "{name}_sum {}",
            seconds(self.micros.load(Ordering::Relaxed))
        );
        let _ = writeln!(out, "{name}_count {count}");
    }
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// Counters by class of status: 1xx to 5xx, and none at all.
#[derive(Debug, Default)]
pub struct ByStatus([AtomicU64; 6]);

impl ByStatus {
    /// Counts one answer; 0 stands for none.
    pub fn count(&self, status: u16) {
        if let Some(counter) = self.0.get(usize::from(status / 100).min(5)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn write(&self, out: &mut String, name: &str, help: &str) {
        header(out, name, "counter", help);
        for (class, counter) in ["none", "1xx", "2xx", "3xx", "4xx", "5xx"]
            .iter()
            .zip(&self.0)
        {
            let _ = writeln!(
                out,
                "{name}{{status=\"{class}\"}} {}",
                counter.load(Ordering::Relaxed)
            );
        }
    }
}

/// A counter of successes and failures.
#[derive(Debug, Default)]
pub struct ByResult([AtomicU64; 2]);

impl ByResult {
    /// Counts one.
    pub fn count(&self, ok: bool) {
        let [good, bad] = &self.0;
        if ok { good } else { bad }.fetch_add(1, Ordering::Relaxed);
    }

    fn write(&self, out: &mut String, name: &str, help: &str) {
        header(out, name, "counter", help);
        for (result, counter) in ["ok", "error"].iter().zip(&self.0) {
            let _ = writeln!(
                out,
                "{name}{{result=\"{result}\"}} {}",
                counter.load(Ordering::Relaxed)
            );
        }
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Requests answered, by class of status.
    pub requests: ByStatus,
    /// How long they took.
    pub request_duration: Histogram,
    /// Requests being answered.
    pub in_flight: AtomicI64,
    /// Connections open to us.
    pub connections: AtomicI64,
    /// Calls to vendors, by class of status; `none` when the vendor did not answer.
    pub vendor_calls: ByStatus,
    /// How long they took.
    pub vendor_duration: Histogram,
    /// Connections opened to vendors: far fewer than calls when they are reused.
    pub vendor_connections: std::sync::Arc<AtomicU64>,
    /// Requests to vendors that were sent again.
    pub vendor_retries: AtomicU64,
    /// Pauses of hosts that failed again and again.
    pub breaker_pauses: AtomicU64,
    /// Hooks run.
    pub hooks: ByResult,
    /// How long they took, waiting for a thread included.
    pub hook_duration: Histogram,
    /// Grants refreshed.
    pub refreshes: ByResult,
    /// Grants that their vendors refused to renew: refused, or an answer was lost.
    pub condemned: Condemned,
}

/// Counters of grants that are over, by the reason.
#[derive(Debug, Default)]
pub struct Condemned([AtomicU64; 2]);

impl Condemned {
    /// Counts one; else the answer with the next grant in it was lost.
    pub fn count(&self, refused: bool) {
        let [by_vendor, lost] = &self.0;
        if refused { by_vendor } else { lost }.fetch_add(1, Ordering::Relaxed);
    }

    fn write(&self, out: &mut String, name: &str, help: &str) {
        header(out, name, "counter", help);
        for (reason, counter) in ["refused", "answer_lost"].iter().zip(&self.0) {
            let count = counter.load(Ordering::Relaxed);
            let _ = writeln!(out, "{name}{{reason=\"{reason}\"}} {count}");
        }
    }
}

impl Metrics {
    /// The text exposition. `statements` is the store's own counter.
    pub fn render(&self, statements: u64) -> String {
        let mut out = String::with_capacity(8192);
        let o = &mut out;
        header(o, "ligand_build_info", "gauge", "The running version.");
        let _ = writeln!(
            o,
            "ligand_build_info{{version=\"{}\"}} 1",
            env!("CARGO_PKG_VERSION")
        );
        self.requests
            .write(o, "ligand_http_requests_total", "Requests answered.");
        self.request_duration.write(
            o,
            "ligand_http_request_duration_seconds",
            "How long requests took.",
        );
        gauge(
            o,
            "ligand_http_requests_in_flight",
            "Requests being answered.",
            &self.in_flight,
        );
        gauge(
            o,
            "ligand_http_connections",
            "Connections open to us.",
            &self.connections,
        );
        self.vendor_calls
            .write(o, "ligand_vendor_requests_total", "Calls to vendors.");
        self.vendor_duration.write(
            o,
            "ligand_vendor_request_duration_seconds",
            "How long calls to vendors took.",
        );
        counter(
            o,
            "ligand_vendor_connections_total",
            "Connections opened to vendors.",
            self.vendor_connections.load(Ordering::Relaxed),
        );
        counter(
            o,
            "ligand_vendor_retries_total",
            "Requests to vendors that were sent again.",
            self.vendor_retries.load(Ordering::Relaxed),
        );
        counter(
            o,
            "ligand_vendor_breaker_pauses_total",
            "Pauses of vendor hosts that failed again and again.",
            self.breaker_pauses.load(Ordering::Relaxed),
        );
        self.hooks
            .write(o, "ligand_hook_runs_total", "Element hooks run.");
        self.hook_duration
            .write(o, "ligand_hook_duration_seconds", "How long hooks took.");
        self.refreshes.write(
            o,
            "ligand_grant_refreshes_total",
            "Vendor grants refreshed.",
        );
        self.condemned.write(
            o,
            "ligand_grants_condemned_total",
            "Grants that vendors refused to renew.",
        );
        counter(
            o,
            "ligand_store_statements_total",
            "Database statements executed.",
            statements,
        );
        if let Some(bytes) = resident_bytes() {
            header(
                o,
                "process_resident_memory_bytes",
                "gauge",
                "Memory in use.",
            );
            let _ = writeln!(o, "process_resident_memory_bytes {bytes}");
        }
        out
    }
}

fn header(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn gauge(out: &mut String, name: &str, help: &str, value: &AtomicI64) {
    header(out, name, "gauge", help);
    let _ = writeln!(out, "{name} {}", value.load(Ordering::Relaxed));
}

fn counter(out: &mut String, name: &str, help: &str, value: u64) {
    header(out, name, "counter", help);
    let _ = writeln!(out, "{name} {value}");
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace()
        .next()?
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exposition_is_readable_and_its_buckets_add_up() {
        let metrics = Metrics::default();
        metrics.requests.count(200);
        metrics.requests.count(404);
        metrics.vendor_calls.count(0);
        metrics.request_duration.observe(Duration::from_micros(700));
        metrics.request_duration.observe(Duration::from_mins(1));
        metrics.hooks.count(false);
        let text = metrics.render(7);
        for line in [
            "ligand_http_requests_total{status=\"2xx\"} 1",
            "ligand_http_requests_total{status=\"4xx\"} 1",
            "ligand_vendor_requests_total{status=\"none\"} 1",
            "ligand_http_request_duration_seconds_bucket{le=\"0.000500\"} 0",
            "ligand_http_request_duration_seconds_bucket{le=\"0.001000\"} 1",
            "ligand_http_request_duration_seconds_bucket{le=\"30.000000\"} 1",
            "ligand_http_request_duration_seconds_bucket{le=\"+Inf\"} 2",
            "ligand_http_request_duration_seconds_sum 60.000700",
            "ligand_hook_runs_total{result=\"error\"} 1",
            "ligand_store_statements_total 7",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        assert!(
            text.lines()
                .all(|l| l.starts_with('#') || l.rsplit(' ').next().is_some())
        );
    }
}
