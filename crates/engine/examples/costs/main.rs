//! What the engine's parts cost, for `cargo xtask bench hooks`, `… catalog` and `… transformations`, which set them beside
//! Node's; `parts` takes the scripts of a call apart.
//!
//! Prints a line a figure: its name, a tab, microseconds (or MiB, where the name says so).

#![allow(clippy::print_stdout, reason = "it is a program that prints figures")]

mod parts;
mod transformations;

use std::path::Path;
use std::time::{Duration, Instant};

use ligand_engine::catalog::{Catalog, Route};
use ligand_engine::hooks::{HookRuntime, Limits};
use ligand_engine::step::HookCall;
use serde_json::{Value, json};

/// What every hook here does to each object; `crates/bench/node/vm.mjs` does the same.
const RESHAPE: &str = "request_vendor_body = {items: response_body.map(x => ({id: x.id, n: x.name + '!', d: x.more.a.length}))}; \
    done({request_vendor_body})";

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    match std::env::args().nth(1).as_deref() {
        Some("hooks") => hooks(),
        Some("parts") => parts::run(),
        Some("catalog") => catalog(),
        Some("transformations") => transformations::run(),
        _ => Err("usage: costs hooks|parts|catalog|transformations".into()),
    }
}

fn call(source: &str, objects: usize) -> HookCall {
    let items: Vec<Value> = (0..objects)
        .map(|id| json!({"id": id, "name": format!("name {id}"), "more": {"a": [1, 2, 3]}}))
        .collect();
    let variables = [
        ("response_body", json!(items)),
        ("request_vendor_body", Value::Null),
    ];
    HookCall {
        name: "cost".to_owned(),
        source: source.to_owned(),
        variables: variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        ..HookCall::default()
    }
}

fn hooks() -> Result<(), Error> {
    let lodash = |more: &str| format!("var _ = require('lodash'); {more} {RESHAPE}");
    let scenarios = [
        ("fresh, 10 objects", call(RESHAPE, 10), 400),
        ("fresh, 500 objects", call(RESHAPE, 500), 60),
        (
            "lodash, one function",
            call(&lodash("_.filter([1, 2], n => n > 1);"), 10),
            400,
        ),
        (
            "lodash, three functions",
            call(
                &lodash("_.map([1], 'a'); _.groupBy([1]); _.merge({}, {a: 1});"),
                10,
            ),
            200,
        ),
        (
            "lodash, a chain",
            call(&lodash("_([1]).map(n => n).value();"), 10),
            200,
        ),
        ("lodash, whole", call(&lodash("_.template('x')();"), 10), 60),
    ];
    let only = std::env::args().nth(2).unwrap_or_default();
    for (name, call, times) in scenarios.iter().filter(|(name, ..)| name.contains(&only)) {
        let mut took = Vec::new();
        let (mut ready, mut used) = (Vec::new(), Vec::new());
        for _ in 0..*times {
            let began = Instant::now();
            let mut runtime = HookRuntime::new(Limits::new(|| false))?;
            runtime.run(call).map_err(|error| error.to_string())?;
            used = runtime.used();
            drop(runtime);
            took.push(began.elapsed());
        }
        print(name, median(took));
        // What the caller waits for, when the runtime was made while nobody waited.
        for _ in 0..*times {
            let mut runtime = HookRuntime::new(Limits::new(|| false))?;
            runtime.prepare(&used);
            let began = Instant::now();
            runtime.run(call).map_err(|error| error.to_string())?;
            ready.push(began.elapsed());
        }
        print(&format!("ready: {name}"), median(ready));
    }
    Ok(())
}

/// The catalog's own files, by their paths below `elements`.
fn elements() -> Result<Vec<(String, Vec<u8>)>, Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../elements");
    let mut found = Vec::new();
    collect(&root, "", &mut found)?;
    Ok(found)
}

/// The catalog's own directories under new keys, until there are this many elements.
fn files(many: usize) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../elements");
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(&root)? {
        let mut found = Vec::new();
        collect(&entry?.path(), "", &mut found)?;
        folders.push(found);
    }
    let mut all = Vec::new();
    for number in 0..many {
        let folder = folders.get(number % folders.len()).ok_or("no elements")?;
        for (name, bytes) in folder {
            let bytes = if name == "element.json" {
                let mut element: Value = serde_json::from_slice(bytes)?;
                let members = element.as_object_mut().ok_or("no element")?;
                members.insert("key".to_owned(), json!(format!("copy{number}")));
                members.insert("id".to_owned(), json!(number + 1));
                serde_json::to_vec(&element)?
            } else {
                bytes.clone()
            };
            all.push((format!("copy{number}/{name}"), bytes));
        }
    }
    Ok(all)
}

fn collect(folder: &Path, place: &str, found: &mut Vec<(String, Vec<u8>)>) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().ok_or("a file without a name")?;
        let name = format!("{place}{}", name.to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found)?;
        } else {
            found.push((name, std::fs::read(&path)?));
        }
    }
    Ok(())
}

fn catalog() -> Result<(), Error> {
    let few = files(10)?;
    let many = files(1_000)?;
    let before = resident()?;
    let began = Instant::now();
    let (large, found) = Catalog::load(&many);
    let took = began.elapsed();
    if let Some(wrong) = found.first() {
        return Err(format!("{}: {}", wrong.path, wrong.message).into());
    }
    print("load 1,000 elements", took);
    println!("1,000 elements, MiB\t{:.1}", resident()? - before);
    let (small, _) = Catalog::load(&few);
    for (name, catalog, of) in [
        ("look-up among 10", &small, 10),
        ("look-up among 1,000", &large, 1_000),
    ] {
        print(name, look_up(catalog, of)?);
    }
    Ok(())
}

/// Element by key, then the resource of a path.
fn look_up(catalog: &Catalog, of: usize) -> Result<Duration, Error> {
    let rounds = 200_u32;
    let mut took = Vec::new();
    for _ in 0..50 {
        let began = Instant::now();
        for number in 0..rounds {
            let key = format!("copy{}", (number as usize * 7) % of.min(10));
            let element = catalog.by_key(&key).ok_or("an element is missing")?;
            let route = element.route("GET", "/hubs/crm/ping");
            if let Route::MethodNotAllowed { .. } = route {
                return Err("no ping".into());
            }
        }
        took.push(began.elapsed() / rounds);
    }
    Ok(median(took))
}

fn resident() -> Result<f64, Error> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes / 1024.0)
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort();
    took.get(took.len() / 2).copied().unwrap_or_default()
}

fn print(name: &str, took: Duration) {
    println!("{name}\t{:.2}", took.as_secs_f64() * 1e6);
}
