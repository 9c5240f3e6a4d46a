//! The proxy path beside nginx and Node: same vendor, same machine, interleaved rounds.

pub mod figures;
pub mod load;
pub mod page;
pub mod peers;
pub mod process;

use crate::arguments::{Arguments, Result};
use crate::report::Output;
use figures::{median, number};
use load::Load;
use peers::Peers;

/// Bodies that the fake vendor answers with.
pub const BODIES: [(&str, &str); 3] = [
    ("small", "2 KB"),
    ("large", "109 KB"),
    ("nulls", "109 KB with nulls"),
];

/// Who is measured, in the order of a round; the first is the limit, the second the yardstick.
pub const TARGETS: [&str; 4] = [
    "vendor direct",
    "nginx, 2 workers",
    "Node, fastify + undici",
    "Ligand",
];

/// One run of one target.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// What wrk saw.
    pub load: Load,
    /// CPU of the target's processes, µs a request.
    pub cpu: f64,
    /// Resident memory after the run, MiB.
    pub resident: f64,
}

/// All rounds of one setting: for each target its samples, in round order.
pub struct Setting {
    /// `2 KB, 32 connections`.
    pub title: String,
    /// Samples by target, as in [`TARGETS`].
    pub samples: Vec<Vec<Sample>>,
}

impl Setting {
    /// One figure of one target, a value a round.
    pub fn of(&self, target: usize, figure: impl Fn(&Sample) -> f64) -> Vec<f64> {
        self.samples
            .get(target)
            .into_iter()
            .flatten()
            .map(figure)
            .collect()
    }
}

/// Measures, prints, and writes the figures into the page.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result {
    let rounds = arguments.number("rounds", 3)?.max(1);
    let seconds = arguments.number("seconds", 3)?.max(1);
    let page = arguments
        .get("report")
        .unwrap_or("docs/reference/performance.md");
    output.line(&format!("load before: {}", page::load_average()));
    let peers = Peers::start(arguments.need("ligand")?, output)?;
    let settings = [
        ("small", "2 KB", 32),
        ("large", "109 KB", 32),
        ("nulls", "109 KB with nulls", 32),
        ("small", "2 KB", 1),
    ];
    let mut measured = Vec::new();
    for (body, size, connections) in settings {
        let ending = if connections == 1 { "" } else { "s" };
        let title = format!("{size}, {connections} connection{ending}");
        output.line(&format!("\n{title}"));
        let mut setting = Setting {
            title,
            samples: vec![Vec::new(); TARGETS.len()],
        };
        for target in 0..TARGETS.len() {
            peers.measure(target, body, connections, 1)?;
        }
        for round in 1..=rounds {
            for (target, name) in TARGETS.iter().enumerate() {
                let sample = peers.measure(target, body, connections, seconds)?;
                output.line(&format!(
                    "  round {round}  {name:<24}{:>9} req/s  p50 {:>7} µs  CPU {:>6} µs/req",
                    number(sample.load.rate, 0),
                    number(sample.load.median, 0),
                    number(sample.cpu, 1)
                ));
                if let Some(samples) = setting.samples.get_mut(target) {
                    samples.push(sample);
                }
            }
        }
        measured.push(setting);
    }
    let text = page::figures(&measured, peers.idle, rounds, seconds);
    output.line(&text);
    page::write(page, &text)?;
    output.line(&format!("written to {page}"));
    missed(&measured, output);
    Ok(())
}

/// Says which bars are missed; the page shows them all.
fn missed(measured: &[Setting], output: &mut Output) {
    for bar in page::bars(measured) {
        if !bar.holds(bar.floor) {
            output.line(&format!(
                "missed: {} is {:.2}",
                bar.name,
                median(&bar.ratios)
            ));
        }
    }
}
