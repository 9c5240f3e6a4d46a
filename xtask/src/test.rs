//! `cargo xtask test`: everything that must hold, cheapest first; CI runs exactly this.

use crate::postgres::Postgres;
use crate::shell::{Result, cargo, output, run as finish};
use crate::steps::Steps;
use crate::{console, install, server, tidy, tour, vendor_clients};

/// Runs every step; the first failure ends it, and whatever was started is stopped.
pub fn run() -> Result {
    let mut steps = Steps::default();
    steps.step("what the machine needs", || {
        install::ensure(&[
            ("postgres", "postgresql"),
            ("cc", "gcc"),
            ("chromium", "chromium"),
            // The commands of the guides are typed as they stand there.
            ("curl", "curl"),
            ("jq", "jq"),
        ])?;
        install::ensure_node()?;
        finish(&mut cargo(&["fetch", "--locked"]))
    })?;
    steps.step("format", || {
        finish(&mut cargo(&["fmt", "--all", "--check"]))
    })?;
    steps.step("tidy", tidy::run)?;
    steps.step("clippy", || {
        let lint = [
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ];
        finish(&mut cargo(&lint))
    })?;
    steps.step("without features", || {
        let bare = [
            "check",
            "--locked",
            "--package",
            "ligand-server",
            "--no-default-features",
        ];
        finish(&mut cargo(&bare))
    })?;
    steps.step("build", || {
        finish(&mut cargo(&[
            "build",
            "--locked",
            "--workspace",
            "--all-targets",
        ]))
    })?;
    steps.step("console", console::check)?;
    let postgres = steps.step("private PostgreSQL", Postgres::start)?;
    steps.step("tests, both stores", || tests(&postgres.url))?;
    steps.step("documentation tests", || {
        let arguments = ["test", "--locked", "--workspace", "--doc", "--quiet"];
        finish(&mut cargo(&arguments))
    })?;
    drop(postgres);
    let ligand = server::built("ligand", false)?;
    let bench = server::built("ligand-bench", false)?;
    steps.step("vendors' own clients", || {
        vendor_clients::run(&ligand, "vendor-clients")
    })?;
    steps.step("OAuth against a certified provider", || {
        vendor_clients::run(&ligand, "oauth")
    })?;
    steps.step("documentation of elements", || {
        vendor_clients::run(&ligand, "docs")
    })?;
    steps.step("console in a browser", || console::journeys(&ligand))?;
    steps.step("tour", || tour::fresh(&bench, &ligand))?;
    steps.step("documentation", || {
        let mut document = cargo(&["doc", "--locked", "--workspace", "--no-deps", "--quiet"]);
        finish(document.env("RUSTDOCFLAGS", "-D warnings"))
    })
}

/// Whether cargo-nextest is there.
pub fn has_nextest() -> bool {
    output(&mut cargo(&["nextest", "--version"])).is_ok()
}

fn tests(postgres: &str) -> Result {
    let mut tests = if has_nextest() {
        cargo(&["nextest", "run", "--locked", "--workspace"])
    } else {
        println!(
            "cargo-nextest is not installed; `cargo test` takes its place (slower, no list of slow tests)"
        );
        cargo(&[
            "test",
            "--locked",
            "--workspace",
            "--all-targets",
            "--quiet",
        ])
    };
    let outcome = finish(
        tests
            .env("TEST_POSTGRES_URL", postgres)
            .env("INSTA_UPDATE", "no"),
    );
    slowest();
    outcome
}

/// Prints the ten slowest tests of nextest's report.
fn slowest() {
    let Ok(target) = server::target_folder() else {
        return;
    };
    let report = target.join("nextest/default/junit.xml");
    let text = std::fs::read_to_string(report).unwrap_or_default();
    let mut tests: Vec<(f64, String)> = text
        .split("<testcase ")
        .skip(1)
        .map(|case| format!(" {case}"))
        .filter_map(|case| {
            let seconds = attribute(&case, "time")?.parse().ok()?;
            Some((
                seconds,
                format!(
                    "{} {}",
                    attribute(&case, "classname")?,
                    attribute(&case, "name")?
                ),
            ))
        })
        .collect();
    tests.sort_by(|left, right| right.0.total_cmp(&left.0));
    println!("\nthe slowest of {} tests", tests.len());
    for (seconds, name) in tests.iter().take(10) {
        println!("{seconds:>8.2} s  {name}");
    }
}

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let rest = element.split_once(&format!(" {name}=\""))?.1;
    rest.split_once('"').map(|(value, _)| value)
}
