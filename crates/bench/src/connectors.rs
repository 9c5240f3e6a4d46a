//! Each element beside its vendor's own client library: same calls, same simulators, interleaved rounds, and memory over
//! a hundred thousand records.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::arguments::{Arguments, Result, read_json};
use crate::proxy::figures::median;
use crate::proxy::process::Process;
use crate::report::Output;

/// Memory may grow by this much while the records pass, MiB.
const GROWTH: f64 = 16.0;
/// Where each simulator stands in.
const HOSTS: [(&str, &[&str]); 5] = [
    (
        "salesforce",
        &[
            "login.salesforce.com",
            "*.my.salesforce.com",
            "*.salesforce.com",
        ],
    ),
    ("eloqua", &["*.eloqua.com"]),
    ("marketo", &["*.mktorest.com"]),
    ("acton", &["restapi.actonsoftware.com"]),
    ("marketingcloud", &["*.marketingcloudapis.com"]),
];

/// What one side of one operation cost, a value a round, microseconds a call.
#[derive(Default)]
struct Side {
    wall: Vec<f64>,
    own: Vec<f64>,
    server: Vec<f64>,
}

/// Runs the comparison; fails when a bar is missed.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result {
    let ligand = arguments.need("ligand")?;
    let folder =
        std::env::temp_dir().join(format!("ligand-bench-connectors-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let outcome = measured(arguments, ligand, &folder, output);
    // What cannot be removed stays for the system's own cleaning.
    let _ = std::fs::remove_dir_all(&folder);
    let (table, missed) = outcome?;
    output.line(&table);
    if let Some(report) = arguments.get("report") {
        std::fs::write(report, &table).map_err(|error| format!("{report}: {error}"))?;
    }
    if missed.is_empty() {
        Ok(())
    } else {
        Err(format!("bars missed: {}", missed.join("; ")))
    }
}

fn measured(
    arguments: &Arguments,
    ligand: &str,
    folder: &Path,
    output: &mut Output,
) -> Result<(String, Vec<String>)> {
    let told = folder.join("sandbox.log");
    let mut simulators = Process::start(
        Command::new(ligand)
            .args(["sandbox", "--data"])
            .arg(folder.join("sandbox")),
        &told,
    )?;
    let read = |path: &PathBuf| -> Option<Value> {
        serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
    };
    simulators.wait_until(|| read(&told).is_some())?;
    let sandbox = read(&told).unwrap_or_default();
    // The simulators take as many calls as come; what is measured is not how long a limit lasts.
    let mut config = "[vendor]\ndeclared_limits = false\n\n[vendor.connect]\n".to_owned();
    for (vendor, hosts) in HOSTS {
        let origin = sandbox
            .get(vendor)
            .and_then(Value::as_str)
            .unwrap_or_default();
        for host in hosts {
            let _ = writeln!(config, "\"{host}\" = \"{origin}\"");
        }
    }
    let file = folder.join("ligand.toml");
    std::fs::write(&file, config).map_err(|error| error.to_string())?;
    let data = folder.join("data");
    let mut server = Process::start(
        Command::new(ligand)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .arg("--config")
            .arg(&file),
        &folder.join("server.log"),
    )?;
    let runtime = data.join("runtime.json");
    server.wait_until(|| runtime.is_file())?;
    let runtime = read_json(&runtime.display().to_string())?;
    let secrets = read_json(&data.join("credentials.json").display().to_string())?;
    let plan = json!({
        "base": runtime.get("baseUrl"), "pid": runtime.get("pid"), "sandbox": sandbox,
        "userSecret": secrets.get("userSecret"), "organizationSecret": secrets.get("organizationSecret"),
        "rounds": arguments.number("rounds", 7)?, "calls": arguments.number("calls", 200)?,
        "records": arguments.number("records", 100_000)?, "only": arguments.get("element"),
        "latency": arguments.number("latency", 5)?,
    });
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/vendor-clients");
    output.line("measuring; each element takes some seconds a round");
    let mut node = Command::new("node")
        .arg("connectors.bench.mjs")
        .current_dir(clients)
        .env("BENCH", plan.to_string())
        .env("NODE_ENV", "production")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("node: {error}"))?;
    let mut measured = Measured::default();
    let told = node.stdout.take().map(BufReader::new);
    for line in told.into_iter().flat_map(BufRead::lines) {
        let line = line.map_err(|error| format!("node: {error}"))?;
        measured.take(&line);
        output.line(&line);
    }
    let ended = node.wait().map_err(|error| format!("node: {error}"))?;
    if !ended.success() {
        return Err(format!("node ended with {ended}"));
    }
    Ok(measured.tables())
}

/// What one operation of one element cost, first at the client, then at Ligand.
#[derive(Default)]
struct Operation {
    sides: [Side; 2],
    /// Requests to the vendor a call.
    asked: [f64; 2],
}

/// What Node measured.
#[derive(Default)]
struct Measured {
    /// By latency of the vendor in milliseconds, element and operation.
    operations: BTreeMap<(u64, String, String), Operation>,
    /// Element, records, resident memory before and after.
    pages: Vec<(String, f64, f64, f64)>,
}

impl Measured {
    fn take(&mut self, line: &str) {
        let row: Value = serde_json::from_str(line).unwrap_or_default();
        let text = |name: &str| {
            row.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let number = |name: &str| row.get(name).and_then(Value::as_f64).unwrap_or_default();
        if text("operation") == "pages" {
            let pages = (
                text("element"),
                number("records"),
                number("before"),
                number("after"),
            );
            self.pages.push(pages);
            return;
        }
        let latency = row.get("latency").and_then(Value::as_u64).unwrap_or(0);
        let key = (latency, text("element"), text("operation"));
        let operation = self.operations.entry(key).or_default();
        let ([client, ligand], [by_client, by_ligand]) =
            (&mut operation.sides, &mut operation.asked);
        let (side, asked) = if number("side") > 0.5 {
            (ligand, by_ligand)
        } else {
            (client, by_client)
        };
        *asked = number("asked");
        side.wall.push(number("wall"));
        side.own.push(number("own"));
        side.server.push(number("server"));
    }

    /// The tables, and the bars that were missed. Bars are judged at vendors that answer at once.
    fn tables(&self) -> (String, Vec<String>) {
        let (mut out, mut missed) = (String::new(), Vec::new());
        let mut before = None;
        for ((latency, element, name), Operation { sides, asked }) in &self.operations {
            if before != Some(latency) {
                before = Some(latency);
                let _ = writeln!(
                    out,
                    "{}The vendor answers {}.\n\n| element | operation | requests to the vendor | wall, client | wall, Ligand | CPU, client | CPU, Ligand | CPU of its caller |\n|---|---|---:|---:|---:|---:|---:|---:|",
                    if *latency == 0 { "" } else { "\n" },
                    match latency {
                        0 => "at once".to_owned(),
                        more => format!("after {more} ms"),
                    }
                );
            }
            let [client, ligand] = sides;
            let cells = [
                &client.wall,
                &ligand.wall,
                &client.own,
                &ligand.server,
                &ligand.own,
            ]
            .map(|values| spread(values));
            let [by_client, by_ligand] = asked;
            let _ = writeln!(
                out,
                "| {element} | {name} | {by_client:.0}, {by_ligand:.0} | {} |",
                cells.join(" | ")
            );
            if *latency > 0 {
                continue;
            }
            for (what, theirs, ours) in [
                ("wall", &client.wall, &ligand.wall),
                ("CPU", &client.own, &ligand.server),
            ] {
                if median(ours) > median(theirs) {
                    missed.push(format!("{element} {name}: more {what} than the client"));
                }
            }
        }
        out.push_str("\nMicroseconds a call: median of the rounds, and half the distance between the fastest and the slowest round. Requests: the client's, Ligand's.\n\n");
        out.push_str("| element | records paged through | RSS before, MiB | after | growth |\n|---|---:|---:|---:|---:|\n");
        for (element, records, before, after) in &self.pages {
            let growth = after - before;
            let _ = writeln!(
                out,
                "| {element} | {records:.0} | {before:.1} | {after:.1} | {growth:.1} |"
            );
            if growth > GROWTH {
                missed.push(format!("{element}: memory grew by {growth:.1} MiB"));
            }
        }
        (out, missed)
    }
}

fn spread(values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    format!("{:.0} ± {:.0}", median(values), (most - least) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slower_side_and_a_growing_server_are_told() {
        let row = |latency: u64, side: u8, wall: f64, server: f64| {
            json!({"element": "x", "operation": "list", "latency": latency, "side": side, "asked": 1 + side,
                "wall": wall, "own": 50.0, "server": server})
        };
        let mut measured = Measured::default();
        for row in [
            row(0, 0, 100.0, 0.0),
            row(0, 1, 120.0, 40.0),
            row(5, 0, 5_100.0, 0.0),
            row(5, 1, 5_120.0, 60.0),
            json!({"element": "x", "operation": "pages", "records": 100_000, "before": 20.0, "after": 40.0}),
        ] {
            measured.take(&row.to_string());
        }
        let (text, missed) = measured.tables();
        let [at_once, late] = text
            .split("The vendor answers after 5 ms.")
            .collect::<Vec<_>>()[..]
        else {
            panic!("{text}")
        };
        for (part, line) in [
            (
                at_once,
                "| x | list | 1, 2 | 100 ± 0 | 120 ± 0 | 50 ± 0 | 40 ± 0 | 50 ± 0 |",
            ),
            (
                late,
                "| x | list | 1, 2 | 5100 ± 0 | 5120 ± 0 | 50 ± 0 | 60 ± 0 | 50 ± 0 |",
            ),
        ] {
            assert!(part.contains(line), "{text}");
        }
        assert_eq!(
            missed,
            [
                "x list: more wall than the client",
                "x: memory grew by 20.0 MiB"
            ]
        );
    }
}
