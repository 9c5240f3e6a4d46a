//! Each element beside its vendor's own client library: same calls, same simulators, interleaved rounds, and memory over
//! a hundred thousand records.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    });
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/vendor-clients");
    output.line("measuring; each element takes some seconds a round");
    let ran = Command::new("node")
        .arg("connectors.bench.mjs")
        .current_dir(clients)
        .env("BENCH", plan.to_string())
        .env("NODE_ENV", "production")
        .output()
        .map_err(|error| format!("node: {error}"))?;
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr).into_owned());
    }
    Ok(table(&String::from_utf8_lossy(&ran.stdout)))
}

/// The table, and the bars that were missed.
fn table(lines: &str) -> (String, Vec<String>) {
    let mut operations: BTreeMap<(String, String), [Side; 2]> = BTreeMap::new();
    let mut pages = Vec::new();
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).unwrap_or_default();
        let text = |name: &str| {
            row.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let number = |name: &str| row.get(name).and_then(Value::as_f64).unwrap_or_default();
        if text("operation") == "pages" {
            pages.push((
                text("element"),
                number("records"),
                number("before"),
                number("after"),
            ));
            continue;
        }
        let sides = operations
            .entry((text("element"), text("operation")))
            .or_default();
        let of_ligand = number("side") > 0.5;
        let [client, own] = sides;
        let side = if of_ligand { own } else { client };
        side.wall.push(number("wall"));
        side.own.push(number("own"));
        side.server.push(number("server"));
    }
    let mut missed = Vec::new();
    let mut out = "| element | operation | wall, client | wall, Ligand | CPU, client | CPU, Ligand | CPU of its caller |\n|---|---|---:|---:|---:|---:|---:|\n".to_owned();
    for ((element, operation), [client, ligand]) in &operations {
        let cells = [
            &client.wall,
            &ligand.wall,
            &client.own,
            &ligand.server,
            &ligand.own,
        ]
        .map(|values| spread(values));
        let _ = writeln!(out, "| {element} | {operation} | {} |", cells.join(" | "));
        for (what, theirs, ours) in [
            ("wall", &client.wall, &ligand.wall),
            ("CPU", &client.own, &ligand.server),
        ] {
            if median(ours) > median(theirs) {
                missed.push(format!(
                    "{element} {operation}: more {what} than the client"
                ));
            }
        }
    }
    out.push_str("\nMicroseconds a call: median of the rounds, and half the distance between the fastest and the slowest round.\n\n");
    out.push_str("| element | records paged through | RSS before, MiB | after | growth |\n|---|---:|---:|---:|---:|\n");
    for (element, records, before, after) in pages {
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
        let row = |side: u8, wall: f64, server: f64| {
            json!({"element": "x", "operation": "list", "side": side, "wall": wall, "own": 50.0, "server": server}).to_string()
        };
        let grown = json!({"element": "x", "operation": "pages", "records": 100_000, "before": 20.0, "after": 40.0});
        let (text, missed) =
            table(&[row(0, 100.0, 0.0), row(1, 120.0, 40.0), grown.to_string()].join("\n"));
        assert!(
            text.contains("| x | list | 100 ± 0 | 120 ± 0 | 50 ± 0 | 40 ± 0 | 50 ± 0 |"),
            "{text}"
        );
        assert_eq!(
            missed,
            [
                "x list: more wall than the client",
                "x: memory grew by 20.0 MiB"
            ]
        );
    }
}
