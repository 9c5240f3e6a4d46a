//! What mapping costs through the whole server, and over large files beside jq; memory while many records pass.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::arguments::{Arguments, Result};
use crate::proxy::figures::{median, ratios, shown};
use crate::proxy::page::{Bar, load_average};
use crate::proxy::peers::{Folder, LIGAND, Peers, contact};
use crate::proxy::process::{children_cpu_seconds, most_resident};
use crate::report::Output;

/// The vendor's names and ours.
const FIELDS: [(&str, &str); 10] = [
    ("id", "key"),
    ("firstName", "first"),
    ("lastName", "last"),
    ("email", "mail"),
    ("phone", "call"),
    ("city", "town"),
    ("country", "land"),
    ("score", "rank"),
    ("active", "open"),
    ("updatedAt", "changed"),
];

/// Memory of a file's mapping may grow by this much from a tenth of the records to all, MiB.
const FILE_GROWTH: f64 = 4.0;
/// Memory of the server may grow by this much while all records pass, MiB.
const SERVER_GROWTH: f64 = 16.0;
/// Records of one answer of 109 KB.
const A_CALL: f64 = 500.0;
const CONNECTIONS: usize = 32;

/// Measures and prints; says which bars are missed.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result {
    let ligand = arguments.need("ligand")?;
    let rounds = arguments.number("rounds", 5)?.max(1);
    let seconds = arguments.number("seconds", 3)?.max(1);
    let records = arguments.number("records", 1_000_000)?.max(20_000);
    output.line(&format!("load before: {}", load_average()));
    let mut bars = served(ligand, rounds, seconds, records, output)?;
    bars.extend(files(ligand, rounds.min(3), records, output)?);
    output.line("\n| ratio | measured | floor | aim | |\n|---|---|---|---|---|");
    for bar in &bars {
        output.line(&bar.row());
    }
    output.line(&format!("load after: {}", load_average()));
    for bar in bars.iter().filter(|bar| !bar.holds(bar.floor)) {
        let measured = shown(&bar.ratios, 2);
        output.line(&format!("missed: {} is {measured}", bar.name));
    }
    Ok(())
}

fn bar(name: &'static str, ratios: Vec<f64>, floor: f64, aim: f64, more: bool) -> Bar {
    Bar {
        name,
        ratios,
        floor,
        aim,
        more,
    }
}

fn transformation(vendor: &str, whole: bool) -> Value {
    let fields = FIELDS.map(|(vendor, path)| json!({"path": path, "vendorPath": vendor}));
    let configuration = if whole {
        json!([])
    } else {
        json!([{"type": "passThrough", "properties": {"fromVendor": false, "toVendor": false}}])
    };
    json!({"vendorName": vendor, "fields": fields, "configuration": configuration})
}

/// The same resource by its own name and by a mapped one, in turn; then the larger one until all records have passed.
fn served(
    ligand: &str,
    rounds: usize,
    seconds: usize,
    records: usize,
    output: &mut Output,
) -> Result<Vec<Bar>> {
    let peers = Peers::start(ligand, output)?;
    for (vendor, name) in [("small", "person"), ("large", "people")] {
        peers.post(
            &format!("/organizations/objects/{name}/definitions"),
            &json!({}),
        )?;
        peers.post(
            &format!("/organizations/elements/bench/transformations/{name}"),
            &transformation(vendor, true),
        )?;
        let (plain, mapped) = (peers.ask(vendor)?, peers.ask(name)?);
        if expected(&plain) != mapped {
            return Err(format!("{name} is not {vendor}, mapped"));
        }
    }
    let mut rates = [Vec::new(), Vec::new()];
    let mut costs = [Vec::new(), Vec::new()];
    for round in 0..=rounds {
        let names = ["small", "person"];
        for ((name, rates), costs) in names.iter().zip(&mut rates).zip(&mut costs) {
            let sample = peers.measure(LIGAND, name, CONNECTIONS, seconds)?;
            // The first round warms up.
            if round > 0 {
                rates.push(sample.load.rate);
                costs.push(sample.cpu);
            }
        }
    }
    let [plain, mapped] = &rates;
    let [plain_cpu, mapped_cpu] = &costs;
    output.line(&format!(
        "2 KB, {CONNECTIONS} connections: plain {} req/s, {} µs CPU; mapped {} req/s, {} µs CPU",
        shown(plain, 0),
        shown(plain_cpu, 1),
        shown(mapped, 0),
        shown(mapped_cpu, 1)
    ));
    let before = peers
        .measure(LIGAND, "people", CONNECTIONS, seconds)?
        .resident;
    let wanted = f64::from(u32::try_from(records).unwrap_or(u32::MAX));
    let (mut passed, mut after) = (0.0, before);
    while passed < wanted {
        let sample = peers.measure(LIGAND, "people", CONNECTIONS, seconds)?;
        passed += sample.load.requests * A_CALL;
        after = sample.resident;
    }
    output.line(&format!(
        "109 KB, {CONNECTIONS} connections: RSS {before:.1} MiB, {after:.1} MiB after {passed:.0} mapped records more"
    ));
    Ok(vec![
        bar(
            "2 KB: throughput, mapped ÷ plain",
            ratios(mapped, plain),
            0.80,
            0.90,
            true,
        ),
        bar(
            "server: growth over the records, MiB",
            vec![after - before],
            SERVER_GROWTH,
            SERVER_GROWTH,
            false,
        ),
    ])
}

/// The plain answer with the mapped names.
fn expected(plain: &Value) -> Value {
    let rename = |record: &Value| -> Value {
        FIELDS
            .iter()
            .map(|(vendor, path)| (*path, record.get(vendor).cloned()))
            .map(|(path, value)| (path.to_owned(), value.unwrap_or_default()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    plain.as_array().into_iter().flatten().map(rename).collect()
}

/// `ligand vdr map` and jq over the same records, a line each, which is what jq is fastest at.
fn files(ligand: &str, rounds: usize, records: usize, output: &mut Output) -> Result<Vec<Bar>> {
    let folder = Folder::new("files")?;
    let (few, all) = (folder.0.join("few.json"), folder.0.join("all.json"));
    write(&few, records / 10)?;
    write(&all, records)?;
    let export = folder.0.join("vdr.json");
    let whole = json!({"transformation": {"bench": transformation("contacts", false)}});
    fs::write(&export, whole.to_string()).map_err(|error| error.to_string())?;
    let map = || {
        let mut command = Command::new(ligand);
        command.args(["vdr", "map"]).arg(&export);
        command
    };
    // One object that names everything; `with_entries` would be several times slower.
    let members = FIELDS.map(|(vendor, path)| format!("{path}: .{vendor}"));
    let jq = || {
        let mut command = Command::new("jq");
        command.args(["-c", &format!("{{{}}}", members.join(", "))]);
        command
    };
    if said(map(), &few)? != said(jq(), &few)? {
        return Err("`ligand vdr map` and jq answer different records".to_owned());
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut leasts, mut mosts) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        leasts.push(cost(map(), &few)?.1);
        let (cpu, most) = cost(map(), &all)?;
        ours.push(cpu);
        mosts.push(most);
        theirs.push(cost(jq(), &all)?.0);
    }
    // A short run may end before it was looked at often enough: the middle one counts.
    let least = median(&leasts);
    let growth: Vec<f64> = mosts.iter().map(|most| most - least).collect();
    let megabytes = fs::metadata(&all).map_or(0, |data| data.len() / 1_000_000);
    output.line(&format!(
        "{records} records, {megabytes} MB: `ligand vdr map` {} s CPU, jq {} s CPU; peak memory grows by {} MiB",
        shown(&ours, 2),
        shown(&theirs, 2),
        shown(&growth, 1)
    ));
    Ok(vec![
        bar("file: CPU ÷ jq", ratios(&ours, &theirs), 0.20, 0.20, false),
        bar(
            "file: peak memory, all records − a tenth, MiB",
            growth,
            FILE_GROWTH,
            FILE_GROWTH,
            false,
        ),
    ])
}

fn write(path: &Path, records: usize) -> Result {
    let fault = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let mut file = BufWriter::new(File::create(path).map_err(fault)?);
    for number in 0..records {
        writeln!(file, "{}", contact(number)).map_err(fault)?;
    }
    file.flush().map_err(fault)
}

fn opened(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The records that a program prints.
fn said(mut command: Command, input: &Path) -> Result<Vec<Value>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command
        .stdin(opened(input)?)
        .output()
        .map_err(|error| format!("cannot run {name}: {error}"))?;
    serde_json::Deserializer::from_slice(&done.stdout)
        .into_iter()
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| format!("{name} prints no JSON: {error}"))
}

/// Seconds of CPU, and the most memory that was resident, MiB, of a program that reads a file.
fn cost(mut command: Command, input: &Path) -> Result<(f64, f64)> {
    let name = command.get_program().to_string_lossy().into_owned();
    let fault = |error: std::io::Error| format!("cannot run {name}: {error}");
    let before = children_cpu_seconds();
    let mut child = command
        .stdin(opened(input)?)
        .stdout(Stdio::null())
        .spawn()
        .map_err(fault)?;
    let mut most = 0.0;
    let status = loop {
        most = most_resident(child.id()).unwrap_or(0.0).max(most);
        if let Some(status) = child.try_wait().map_err(fault)? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    if status.success() {
        Ok((children_cpu_seconds() - before, most))
    } else {
        Err(format!("{name} ended with {status}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_costs_what_it_costs() {
        let input = std::env::temp_dir().join(format!("ligand-cost-{}", std::process::id()));
        write(&input, 2).unwrap();
        let mut copy = Command::new("cat");
        copy.arg("-");
        let records = said(copy, &input).unwrap();
        assert_eq!(records, [contact(0), contact(1)]);
        let mut busy = Command::new("sh");
        busy.args(["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"]);
        let (cpu, most) = cost(busy, &input).unwrap();
        fs::remove_file(&input).unwrap();
        assert!(cpu > 0.0 && most > 0.1, "{cpu} s, {most} MiB");
    }

    #[test]
    fn what_is_expected_has_the_mapped_names() {
        let mapped = expected(&json!([contact(3)]));
        assert_eq!(mapped.pointer("/0/last"), Some(&json!("Lovelace 3")));
        assert_eq!(mapped.pointer("/0/lastName"), None);
    }
}
