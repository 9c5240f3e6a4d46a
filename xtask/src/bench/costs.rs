//! `cargo xtask bench hooks|catalog|stream|transformations`: what the engine's parts cost, beside Node where it does the same.

use std::collections::BTreeMap;

use crate::shell::{Result, cargo, command, output, root, run as finish};

/// A ratio that has a bar: what is measured, over what, the bar and the aim.
type Bar = (&'static str, &'static str, f64, f64);

const ROUNDS: usize = 5;

/// Hooks, in turn with Node's `vm`.
pub fn hooks() -> Result {
    const BARS: [Bar; 10] = [
        ("fresh, 10 objects", "Node: fresh, 10 objects", 1.5, 0.7),
        ("fresh, 500 objects", "Node: warm, 500 objects", 8.0, 5.0),
        ("lodash, one function", "fresh, 10 objects", 1.5, 1.5),
        ("lodash, three functions", "fresh, 10 objects", 1.5, 1.5),
        ("lodash, a chain", "fresh, 10 objects", 1.5, 1.5),
        ("lodash, whole", "fresh, 10 objects", 1.5, 1.5),
        (
            "ready: lodash, one function",
            "ready: fresh, 10 objects",
            1.5,
            1.5,
        ),
        (
            "ready: lodash, three functions",
            "ready: fresh, 10 objects",
            1.5,
            1.5,
        ),
        (
            "ready: lodash, a chain",
            "ready: fresh, 10 objects",
            1.5,
            1.5,
        ),
        ("ready: lodash, whole", "ready: fresh, 10 objects", 1.5, 1.5),
    ];
    beside_node("hooks", "vm.mjs", &BARS)
}

/// Mapping by fields and by script, in turn with Node. Half of Node's time is twice its throughput.
pub fn transformations() -> Result {
    const BARS: [Bar; 3] = [
        ("109 KB mapped, CPU", "109 KB as a Value, CPU", 0.6, 0.4),
        ("109 KB", "Node: 109 KB", 1.0 / 2.0, 1.0 / 3.0),
        (
            "script over 500 records",
            "Node: script over 500 records",
            3.0,
            2.0,
        ),
    ];
    beside_node("transformations", "rename.mjs", &BARS)
}

fn beside_node(what: &str, script: &str, bars: &[Bar]) -> Result {
    build()?;
    let mut seen = BTreeMap::new();
    for _ in 0..ROUNDS {
        keep(&mut seen, "", &costs(what)?);
        let node = root().join("crates/bench/node").join(script);
        let said = output(command("node", &[]).arg(node))?;
        keep(&mut seen, "Node: ", &said);
    }
    print(&seen, "µs");
    for (name, of, floor, aim) in bars {
        let ratio = middle(&seen, name)? / middle(&seen, of)?;
        let verdict = if ratio <= *floor { "holds" } else { "missed" };
        println!("{name} / {of}: {ratio:.2} (bar {floor:.2}, aim {aim:.2}): {verdict}");
    }
    Ok(())
}

/// A thousand elements.
pub fn catalog() -> Result {
    build()?;
    let mut seen = BTreeMap::new();
    for _ in 0..ROUNDS {
        keep(&mut seen, "", &costs("catalog")?);
    }
    print(&seen, "µs, or MiB where it says so");
    let load = middle(&seen, "load 1,000 elements")? / 1e6;
    println!("load: {load:.2} s (bar 2)");
    let memory = middle(&seen, "1,000 elements, MiB")?;
    println!("memory: {memory:.1} MiB (bar 150)");
    let ratio = middle(&seen, "look-up among 1,000")? / middle(&seen, "look-up among 10")?;
    println!("look-up among 1,000 / among 10: {ratio:.2} (bar 1.5)");
    Ok(())
}

/// A gigabyte through a running server, down and up: its own test, with a larger file and a release build.
pub fn stream() -> Result {
    finish(
        cargo(&[
            "test",
            "--release",
            "--locked",
            "--package",
            "ligand-server",
            "--test",
            "it",
            "large_files_pass_through",
            "--",
            "--nocapture",
        ])
        .env("LIGAND_STREAM_MIB", "1024"),
    )
}

fn build() -> Result {
    examples("ligand-engine", &["--example", "costs"])
}

/// What fills a database, and what looks instances up in it.
pub fn store_examples() -> Result {
    let both = [
        "--example",
        "fill",
        "--example",
        "lookups",
        "--features",
        "testing",
    ];
    examples("ligand-store", &both)
}

fn examples(package: &str, which: &[&str]) -> Result {
    let build = ["build", "--release", "--locked", "--package", package];
    finish(cargo(&build).args(which))
}

fn costs(what: &str) -> Result<String> {
    output(&mut command(
        root().join("target/release/examples/costs"),
        &[what],
    ))
}

fn keep(seen: &mut BTreeMap<String, Vec<f64>>, whose: &str, said: &str) {
    for line in said.lines() {
        if let Some((name, figure)) = line.split_once('\t')
            && let Ok(figure) = figure.trim().parse()
        {
            seen.entry(format!("{whose}{name}"))
                .or_default()
                .push(figure);
        }
    }
}

fn middle(seen: &BTreeMap<String, Vec<f64>>, name: &str) -> Result<f64> {
    let mut figures = seen
        .get(name)
        .cloned()
        .ok_or(format!("nothing said `{name}`"))?;
    figures.sort_by(f64::total_cmp);
    figures
        .get(figures.len() / 2)
        .copied()
        .ok_or(format!("no figure of `{name}`"))
}

fn print(seen: &BTreeMap<String, Vec<f64>>, unit: &str) {
    println!("median of {ROUNDS} rounds, least and most ({unit})");
    for (name, figures) in seen {
        let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
        let most = figures.iter().copied().fold(0.0, f64::max);
        let median = middle(seen, name).unwrap_or_default();
        println!("  {name:<32}{median:>12.2}   {least:.2} … {most:.2}");
    }
}
