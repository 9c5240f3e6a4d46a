//! `cargo xtask torture`: the property tests with far more cases than CI's, the simulation of renewals with far more
//! schedules, then the crash suite and the fuzz targets at length.

use crate::fuzz;
use crate::shell::{Result, cargo, run as finish};
use crate::test;

/// Every test but those that start a whole server: a property may stand in any file, and what is none costs nothing.
const EVERYTHING_QUICK: &str =
    "not (package(ligand-server) & kind(test)) | test(/propert|renewal/)";

/// Runs every property with `CASES` (default 20,000) cases each.
pub fn run(arguments: &[String]) -> Result {
    let cases = arguments.first().map_or("20000", String::as_str);
    if cases.parse::<u32>().is_err() {
        return Err(format!("`{cases}` is no number of cases"));
    }
    let mut command = if test::has_nextest() {
        cargo(&[
            "nextest",
            "run",
            "--locked",
            "--workspace",
            "-P",
            "torture",
            "-E",
            EVERYTHING_QUICK,
        ])
    } else {
        cargo(&["test", "--locked", "--workspace"])
    };
    finish(
        command
            .env("PROPTEST_CASES", cases)
            .env("LIGAND_SCHEDULES", "500000"),
    )?;
    crashes()?;
    fuzz::run()
}

/// Kills the process two hundred times on each store.
fn crashes() -> Result {
    let postgres = crate::postgres::Postgres::start()?;
    let mut command = if test::has_nextest() {
        cargo(&[
            "nextest",
            "run",
            "--locked",
            "-p",
            "ligand-server",
            "-P",
            "torture",
            "-E",
            "test(/outlives_a_killed_process/)",
        ])
    } else {
        let name = "outlives_a_killed_process";
        cargo(&[
            "test",
            "--locked",
            "-p",
            "ligand-server",
            "--test",
            "it",
            name,
        ])
    };
    command
        .env("TEST_POSTGRES_URL", &postgres.url)
        .env("LIGAND_CRASH_ROUNDS", "200");
    finish(&mut command)
}
