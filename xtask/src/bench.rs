//! `cargo xtask bench …`: measurements, made by the bench crate, or of the engine's parts alone.

mod costs;

use crate::postgres::{Postgres, binaries};
use crate::shell::{Result, command, run as finish};
use crate::{console, install, server};

/// Installs the peers, builds release binaries and runs the named benchmark.
pub fn run(arguments: &[String]) -> Result {
    match arguments.first().map(String::as_str) {
        Some("hooks") => return costs::hooks(),
        Some("catalog") => return costs::catalog(),
        Some("stream") => return costs::stream(),
        Some("console") => {
            console::build()?;
            return console::bench(&server::build("ligand-server", "ligand", true)?);
        }
        Some("proxy") => {
            install::ensure(&[("nginx", "nginx-light"), ("wrk", "wrk")])?;
            install::ensure_npm("crates/bench/node")?;
        }
        Some("transformations") => {
            install::ensure(&[("nginx", "nginx-light"), ("wrk", "wrk"), ("jq", "jq")])?;
            install::ensure_npm("crates/bench/node")?;
            costs::transformations()?;
        }
        Some("connectors") => install::ensure_npm("e2e/vendor-clients")?,
        Some("million") => {
            install::ensure(&[("nginx", "nginx-light"), ("wrk", "wrk")])?;
            costs::store_examples()?;
        }
        Some("provision" | "nodes") => {
            install::ensure(&[
                ("nginx", "nginx-light"),
                ("wrk", "wrk"),
                ("postgres", "postgresql"),
            ])?;
        }
        Some("storm" | "soak") => {}
        _ => {
            return Err(
                "which benchmark? `cargo xtask bench proxy|connectors|transformations|provision|nodes|million|console|storm|soak|hooks|catalog|stream`"
                    .into(),
            );
        }
    }
    let ligand = server::build("ligand-server", "ligand", true)?;
    let bench = server::build("ligand-bench", "ligand-bench", true)?;
    let mut measure = command(bench, &[]);
    measure.args(arguments).arg("--ligand").arg(ligand);
    let database = match arguments.first().map(String::as_str) {
        Some("provision" | "nodes") => Some(Postgres::start_durable()?),
        _ => None,
    };
    if let Some(database) = &database {
        measure.args(["--postgres", &database.url]);
        measure
            .arg("--postgres-programs")
            .arg(binaries().unwrap_or_default());
    }
    measure
        .arg("--examples")
        .arg(server::built("examples", true)?);
    finish(&mut measure)
}
