//! A list of named steps, each timed; the summary is printed however the list ends.

use std::time::{Duration, Instant};

use crate::shell::Result;

/// Steps so far, with wall and CPU time (ours and that of the children we waited for).
#[derive(Default)]
pub struct Steps {
    done: Vec<(String, Duration, f64, bool)>,
}

impl Steps {
    /// Runs one step; its failure ends the caller through `?`.
    pub fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n=== {name}");
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let outcome = work();
        self.done.push((
            name.to_owned(),
            start.elapsed(),
            cpu_seconds() - cpu,
            outcome.is_ok(),
        ));
        outcome.map_err(|message| format!("step `{name}` failed: {message}"))
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        println!("\nstep                            wall s     CPU s");
        for (name, wall, cpu, succeeded) in &self.done {
            let word = if *succeeded { "" } else { "  FAILED" };
            println!("{name:<28}{:>10.1}{cpu:>10.1}{word}", wall.as_secs_f64());
        }
        let wall: f64 = self
            .done
            .iter()
            .map(|(_, wall, ..)| wall.as_secs_f64())
            .sum();
        let cpu: f64 = self.done.iter().map(|(_, _, cpu, _)| cpu).sum();
        println!("{:<28}{wall:>10.1}{cpu:>10.1}", "in all");
    }
}

/// User and system seconds of this process and of every child that has been waited for.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name
        .split_whitespace()
        .skip(11)
        .take(4)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}
