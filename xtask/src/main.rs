//! The single entry to everything a contributor or CI does: `cargo xtask COMMAND`.
//!
//! Standard library only, so that it builds in two seconds on a fresh clone.
//! One file a command; `shell` starts processes, `steps` times them, `json` reads what cargo prints.

mod bench;
mod console;
mod dist;
mod fuzz;
mod generated;
mod install;
mod json;
mod openapi;
mod postgres;
mod serve;
mod server;
mod shell;
mod steps;
mod test;
mod third_party;
mod tidy;
mod torture;
mod tour;
mod vendor_clients;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  serve [--release] [ARGS]   build console and server, start `ligand serve --sandbox ARGS`
  test                       what CI runs: format, tidy, clippy, tests on both stores, vendor clients, console, tour, docs
  postgres COMMAND           run a command with TEST_POSTGRES_URL of a private PostgreSQL
  tidy                       crate edges, bans, licences, file length, words, paths, ADR index
  tour [--runtime FILE]      walk the five guides against a running server (starts one when none runs)
  clients                    the vendors' own client libraries (Node.js, Python) against a fresh sandbox; needs a build
  bench hooks|catalog|stream what scripts, a thousand elements and large files cost
  bench proxy [ARGS]         compare the proxy path with nginx and Node, write docs/reference/performance.md
  bench connectors [ARGS]    compare each element with its vendor's own client library
  bench transformations      what mapping costs beside no mapping, serde_json, Node and jq; memory over a million records
  bench console              how long the console takes to search a hundred thousand accounts
  bench storm [ARGS]         the tokens of thousands of accounts pass at once; everybody else's calls are measured
  bench soak [ARGS]          minutes at 70 % of the peak with faults on
  torture [CASES]            the property tests with many more cases, the simulation of renewals with many more schedules,
                             the crash suite and each fuzz target at length
  openapi [--check]          write openapi/platform.json from the server's route table
  gen                        rewrite the generated parts of documents
  dist                       release binary, checksum and Debian package under dist/
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let outcome = match command.as_str() {
        "serve" => serve::run(&rest),
        "test" => test::run(),
        "tidy" => tidy::run(),
        "postgres" => postgres::with(&rest),
        "tour" => tour::run(&rest),
        "clients" => server::built("ligand", false)
            .and_then(|ligand| vendor_clients::run(&ligand, "vendor-clients")),
        "bench" => bench::run(&rest),
        "torture" => torture::run(&rest),
        "openapi" => openapi::run(&rest),
        "gen" => generated::run(),
        "dist" => dist::run(),
        "" | "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
