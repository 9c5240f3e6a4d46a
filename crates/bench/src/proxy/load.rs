//! One run of wrk, and what it said.

use std::path::Path;
use std::process::Command;

use crate::arguments::Result;

/// What one run of the load generator found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Answers.
    pub requests: f64,
    /// Answers a second.
    pub rate: f64,
    /// Median latency, µs.
    pub median: f64,
    /// 99th percentile, µs.
    pub p99: f64,
}

/// Runs wrk with one thread; any error or status but 2xx fails the run.
pub fn run(url: &str, authorization: &str, connections: usize, seconds: usize) -> Result<Load> {
    let header = format!("Authorization: {authorization}");
    wrk(url, &["-H", &header], connections, seconds)
}

/// The same with a script of wrk's, which says what is sent.
pub fn run_script(url: &str, script: &Path, connections: usize, seconds: usize) -> Result<Load> {
    let script = script.display().to_string();
    wrk(url, &["-s", &script], connections, seconds)
}

fn wrk(url: &str, what: &[&str], connections: usize, seconds: usize) -> Result<Load> {
    let output = Command::new("wrk")
        .args(["-t1", "--latency", "--timeout", "10s"])
        .arg(format!("-c{connections}"))
        .arg(format!("-d{seconds}s"))
        .args(what)
        .arg(url)
        .output()
        .map_err(|error| format!("cannot start wrk: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    read(&text).map_err(|fault| format!("{url}: {fault}\n{text}"))
}

fn read(text: &str) -> Result<Load> {
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err("some requests failed".into());
    }
    let after = |label: &str| {
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(label));
        line.and_then(|line| line.split_whitespace().nth(1))
            .ok_or(format!("no `{label}`"))
    };
    let line = text
        .lines()
        .find(|line| line.contains(" requests in "))
        .ok_or("no count")?;
    let requests = line
        .split_whitespace()
        .next()
        .and_then(|count| count.parse().ok())
        .ok_or("no count")?;
    Ok(Load {
        requests,
        rate: after("Requests/sec:")?.parse().map_err(|_| "no rate")?,
        median: microseconds(after("50%")?)?,
        p99: microseconds(after("99%")?)?,
    })
}

fn microseconds(text: &str) -> Result<f64> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6), ("m", 6e7)];
    units
        .iter()
        .find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor))
        .ok_or(format!("`{text}` is no time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "Running 3s test @ http://127.0.0.1:1/small
  1 threads and 32 connections
  Latency Distribution
     50%    1.94ms
     75%    2.50ms
     90%    4.00ms
     99%  860.00us
  38208 requests in 3.00s, 88.61MB read
Requests/sec:  12736.12
Transfer/sec:     29.53MB
";

    #[test]
    fn reads_counts_and_units() {
        let load = read(OUTPUT).unwrap();
        assert_eq!(
            load,
            Load {
                requests: 38208.0,
                rate: 12736.12,
                median: 1940.0,
                p99: 860.0
            }
        );
    }

    #[test]
    fn a_failed_request_fails_the_run() {
        assert!(
            read(&OUTPUT.replace("Transfer", "  Non-2xx or 3xx responses: 3\nTransfer")).is_err()
        );
        assert!(read("").is_err());
    }
}
