//! A soak: minutes at 70 % of what the server can do, with a vendor that fails on the way. No wrong answer, flat memory.
//!
//! Wrong is an answer of 200 that is not the vendor's, and none at all. An error that tells of the vendor's failure is
//! counted apart, by what it says.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::arguments::{Arguments, Result};
use crate::report::Output;
use crate::server::Server;

const CALLERS: usize = 8;
const PATH: &str = "/hubs/crm/contacts?pageSize=5";
/// Faults come this often.
const FAULTS_EVERY: Duration = Duration::from_secs(2);

/// Measures and prints; fails when an answer was wrong.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result {
    let seconds = arguments.number("seconds", 600)?.max(10);
    let server = Server::start(arguments.need("ligand")?, "soak")?;
    let token = server.connect("sfdc", "soak")?;
    let right = server.resource(PATH, &token)?.body;
    let peak = load(
        &server,
        &token,
        &right,
        Duration::from_secs(5),
        None,
        || Ok(()),
    )?;
    let rate = peak.rate() * 0.7;
    output.line(&format!(
        "peak {:.0} calls a second; {seconds} s at {rate:.0} with faults on",
        peak.rate()
    ));
    let first = server.resident();
    let span = Duration::from_secs(u64::try_from(seconds).unwrap_or(600));
    let mut memory = vec![first];
    let mut turn = 0_usize;
    let every = Duration::from_secs_f64(1.0 / rate);
    let soaked = load(&server, &token, &right, span, Some(every), || {
        let fault = match turn % 4 {
            0 => json!({"vendor": "salesforce", "status": 503}),
            1 => json!({"vendor": "salesforce", "kind": "drop"}),
            2 => json!({"vendor": "salesforce", "status": 429, "headers": {"Retry-After": "0"}}),
            _ => json!({"vendor": "salesforce", "kind": "truncated"}),
        };
        turn += 1;
        memory.push(server.resident());
        if turn.is_multiple_of(15) {
            server.control("/tokens/expire", &json!({"vendor": "salesforce"}))?;
        }
        server.control("/fail", &fault)
    })?;
    let most = memory.iter().copied().fold(first, f64::max);
    let last = server.resident();
    output.line(&format!(
        "{} calls, {} wrong, {} faults; memory {first:.0} MiB at first, {last:.0} at last, {most:.0} at most",
        soaked.done, soaked.wrong, turn
    ));
    for ((status, message), times) in &soaked.refused {
        output.line(&format!("{times} times {status}: {message}"));
    }
    if soaked.wrong > 0 {
        return Err("answers were wrong".to_owned());
    }
    Ok(())
}

struct Loaded {
    done: usize,
    wrong: usize,
    /// Errors that were told, by status and message.
    refused: BTreeMap<(u16, String), usize>,
    took: f64,
}

impl Loaded {
    fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.done).unwrap_or(u32::MAX)) / self.took
    }
}

/// Calls for so long, without pause or one every so often; `beside` happens meanwhile now and then.
fn load(
    server: &Server,
    token: &str,
    right: &[u8],
    span: Duration,
    every: Option<Duration>,
    mut beside: impl FnMut() -> Result,
) -> Result<Loaded> {
    let (done, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let refused: Mutex<BTreeMap<(u16, String), usize>> = Mutex::default();
    let over = AtomicBool::new(false);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let n = done.fetch_add(1, Ordering::Relaxed);
                    if let Some(every) = every {
                        let due = began + every.mul_f64(f64::from(u32::try_from(n).unwrap_or(0)));
                        std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    }
                    match server.resource(PATH, token) {
                        Ok(reply) if reply.status == 200 && reply.body == right => {}
                        Ok(reply) if reply.status >= 400 => {
                            let mut refused =
                                refused.lock().unwrap_or_else(PoisonError::into_inner);
                            let told = (reply.status, message(&reply.body));
                            *refused.entry(told).or_default() += 1;
                        }
                        _ => {
                            wrong.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
        let mut result = Ok(());
        while began.elapsed() < span && result.is_ok() {
            std::thread::sleep(FAULTS_EVERY.min(span));
            result = beside();
        }
        over.store(true, Ordering::Relaxed);
        result
    })?;
    Ok(Loaded {
        done: done.into_inner(),
        wrong: wrong.into_inner(),
        refused: refused.into_inner().unwrap_or_else(PoisonError::into_inner),
        took: began.elapsed().as_secs_f64(),
    })
}

/// What an error says.
fn message(body: &[u8]) -> String {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let said = body.as_ref().and_then(|body| body.get("message")?.as_str());
    said.unwrap_or("no message").to_owned()
}
