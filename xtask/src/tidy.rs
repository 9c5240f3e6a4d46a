//! `cargo xtask tidy`: the rules of the house that no compiler knows.

mod files;
mod fuzz;
mod packages;
mod proofs;

use crate::generated;
use crate::shell::Result;

/// Collects every fault before it fails, so that one run is enough.
#[derive(Default)]
pub struct Faults(Vec<String>);

impl Faults {
    pub fn add(&mut self, fault: impl Into<String>) {
        self.0.push(fault.into());
    }
}

/// Runs every check.
pub fn run() -> Result {
    let mut faults = Faults::default();
    packages::check(&mut faults)?;
    files::check(&mut faults)?;
    fuzz::check(&mut faults)?;
    proofs::check(&mut faults)?;
    for page in generated::stale()? {
        faults.add(format!("{page} is stale; run `cargo xtask gen`"));
    }
    if faults.0.is_empty() {
        return Ok(());
    }
    for fault in &faults.0 {
        eprintln!("tidy: {fault}");
    }
    Err(format!("{} faults", faults.0.len()))
}
