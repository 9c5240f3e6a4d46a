//! `cargo xtask torture`: the property tests, with far more cases than CI's, and the simulation of renewals, with far
//! more schedules.

use crate::shell::{Result, cargo, run as finish};
use crate::test;

/// Runs every test whose path says `properties` with `CASES` (default 20,000) cases each.
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
            "test(/propert|renewal/)",
        ])
    } else {
        cargo(&["test", "--locked", "--workspace", "propert"])
    };
    finish(
        command
            .env("PROPTEST_CASES", cases)
            .env("LIGAND_SCHEDULES", "500000"),
    )
}
