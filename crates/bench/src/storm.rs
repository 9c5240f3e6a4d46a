//! A refresh storm: thousands of accounts of one vendor whose tokens pass in one second, called at the vendor's rate.
//! What is measured is everybody else: the latency of another vendor's calls, idle and meanwhile.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::arguments::{Arguments, Result};
use crate::report::Output;
use crate::server::Server;

/// Threads that call accounts of the vendor in the storm.
const CALLERS: usize = 8;
/// A neighbour's calls a second: the machine must not be busy with them.
const PACE: Duration = Duration::from_millis(20);

/// Measures and prints; fails when an answer was wrong.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result {
    let instances = arguments.number("instances", 10_000)?.max(1);
    let rate = arguments.number("rate", 100)?.max(1);
    let seconds = arguments.number("seconds", 10)?.max(1);
    let server = Server::start(arguments.need("ligand")?, "storm")?;
    let neighbour = server.connect("sfdc", "neighbour")?;
    output.line(&format!("connecting {instances} accounts"));
    let tokens = connect_all(&server, instances)?;
    let idle = watched(&server, &neighbour, || {
        std::thread::sleep(Duration::from_secs(u64::try_from(seconds).unwrap_or(10)));
        0
    })?;
    server.control("/tokens/expire", &json!({"vendor": "marketo"}))?;
    let began = Instant::now();
    let storm = watched(&server, &neighbour, || call_all(&server, &tokens, rate))?;
    let took = began.elapsed().as_secs_f64();
    output.line(&format!(
        "{instances} renewals in {took:.1} s ({:.0} a second asked for), {} wrong answers",
        f64::from(u32::try_from(rate).unwrap_or(u32::MAX)),
        storm.wrong
    ));
    for (name, watch) in [("idle", &idle), ("storm", &storm)] {
        output.line(&format!(
            "{name:<6} neighbour: {:>5} calls  p50 {:>6.2} ms  p99 {:>6.2} ms",
            watch.latencies.len(),
            watch.at(50),
            watch.at(99)
        ));
    }
    output.line(&format!(
        "p99 in the storm ÷ idle: {:.2} (bar: under 2)",
        storm.at(99) / idle.at(99)
    ));
    if storm.wrong + idle.wrong > 0 {
        return Err("answers were wrong".to_owned());
    }
    Ok(())
}

fn connect_all(server: &Server, instances: usize) -> Result<Vec<String>> {
    let next = AtomicUsize::new(0);
    let mut tokens = Vec::with_capacity(instances);
    std::thread::scope(|scope| {
        let work = || -> Result<Vec<String>> {
            let mut mine = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= instances {
                    return Ok(mine);
                }
                mine.push(server.connect("marketo", &format!("account {n}"))?);
            }
        };
        let running: Vec<_> = (0..CALLERS).map(|_| scope.spawn(work)).collect();
        for thread in running {
            let made = thread.join().map_err(|_| "a thread ended early")?;
            tokens.extend(made?);
        }
        Ok::<(), String>(())
    })?;
    Ok(tokens)
}

/// Calls every account once, so many a second; answers how many were wrong.
fn call_all(server: &Server, tokens: &[String], rate: usize) -> usize {
    let (next, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let began = Instant::now();
    let every = Duration::from_secs(1) / u32::try_from(rate).unwrap_or(1);
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(token) = tokens.get(n) else { return };
                    let due = began + every * u32::try_from(n).unwrap_or(0);
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    let reply = server.resource("/hubs/marketing/lists", token);
                    if !reply.is_ok_and(|reply| reply.status == 200) {
                        wrong.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    wrong.into_inner()
}

/// A neighbour's calls while something else happens.
struct Watch {
    /// Ascending, milliseconds.
    latencies: Vec<f64>,
    wrong: usize,
}

impl Watch {
    fn at(&self, percent: usize) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let index = self.latencies.len() * percent / 100;
        self.latencies.get(index.min(last)).copied().unwrap_or(0.0)
    }
}

fn watched(server: &Server, token: &str, during: impl FnOnce() -> usize) -> Result<Watch> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let (mut latencies, mut wrong) = (Vec::new(), 0);
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                let reply = server.resource("/hubs/crm/contacts?pageSize=5", token);
                latencies.push(began.elapsed().as_secs_f64() * 1000.0);
                wrong += usize::from(!reply.is_ok_and(|reply| reply.status == 200));
                std::thread::sleep(PACE);
            }
            (latencies, wrong)
        });
        let others = during();
        over.store(true, Ordering::Relaxed);
        let (mut latencies, wrong) = watching.join().map_err(|_| "a thread ended early")?;
        latencies.sort_by(f64::total_cmp);
        Ok(Watch {
            latencies,
            wrong: wrong + others,
        })
    })
}
