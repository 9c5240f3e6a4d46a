//! The tour and the benchmarks: programs that talk to a running server as its users do.
//!
//! Nothing here depends on the crates of the product, so nothing here can cheat.

mod arguments;
mod connectors;
mod http;
mod million;
mod nodes;
mod programs;
mod provision;
mod proxy;
mod report;
mod server;
mod soak;
mod storm;
mod tour;
mod transformations;

use std::process::ExitCode;

use arguments::Arguments;
use report::Output;

const USAGE: &str = "\
ligand-bench tour  [--runtime FILE] [--credentials FILE]
    walks the five guides against the server that wrote these files (default ./data/…)
ligand-bench proxy --ligand BINARY [--rounds N] [--seconds N] [--report FILE]
    compares the proxy path with nginx and Node
ligand-bench connectors --ligand BINARY [--element KEY] [--rounds N] [--calls N] [--records N] [--report FILE]
    compares each element with its vendor's own client library
ligand-bench transformations --ligand BINARY [--rounds N] [--seconds N] [--records N]
    compares mapped calls with plain ones and `ligand vdr map` with jq; memory over many records
ligand-bench provision --ligand BINARY --postgres URL --postgres-programs FOLDER [--rounds N] [--seconds N]
    compares durable `POST /instances` on both stores with nginx and pgbench
ligand-bench nodes --ligand BINARY --postgres URL --postgres-programs FOLDER [--rounds N] [--seconds N]
    warm calls of two nodes on one PostgreSQL: the statements they make, and their rate beside SQLite
ligand-bench million --ligand BINARY --examples FOLDER [--instances N] [--rounds N] [--seconds N]
    a million instances: those in use, those that nobody remembers, memory
ligand-bench storm --ligand BINARY [--instances N] [--rate N] [--seconds N]
    lets the tokens of thousands of accounts pass at once and measures everybody else's calls
ligand-bench soak --ligand BINARY [--seconds N]
    minutes at 70 % of the peak with faults on: no wrong answer, flat memory
";

fn main() -> ExitCode {
    let mut given = std::env::args().skip(1);
    let command = given.next().unwrap_or_default();
    let mut output = Output::to_terminal();
    let outcome = Arguments::read(given).and_then(|arguments| match command.as_str() {
        "tour" => tour::run(&arguments, &mut output),
        "proxy" => proxy::run(&arguments, &mut output),
        "connectors" => connectors::run(&arguments, &mut output),
        "transformations" => transformations::run(&arguments, &mut output),
        "provision" => provision::run(&arguments, &mut output),
        "nodes" => nodes::run(&arguments, &mut output),
        "million" => million::run(&arguments, &mut output),
        "storm" => storm::run(&arguments, &mut output),
        "soak" => soak::run(&arguments, &mut output),
        other => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            output.line(&format!("ligand-bench: {message}"));
            ExitCode::FAILURE
        }
    }
}
