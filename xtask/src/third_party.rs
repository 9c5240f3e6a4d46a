//! `cargo xtask third-party`: the packages inside the binary and their licences.

use std::collections::BTreeMap;

use crate::shell::{Result, cargo, output, root};

const PAGE: &str = "THIRD_PARTY.md";
const BEGIN: &str = "<!-- packages: begin -->";
const END: &str = "<!-- packages: end -->";

/// Rewrites the list between the marks of THIRD_PARTY.md.
pub fn run() -> Result {
    let text = current()?;
    std::fs::write(root().join(PAGE), text)
        .map_err(|error| format!("cannot write {PAGE}: {error}"))?;
    println!("{PAGE} is written.");
    Ok(())
}

/// Whether the page lists what the binary is made of.
pub fn is_current() -> Result<bool> {
    Ok(current()? == read()?)
}

fn read() -> Result<String> {
    std::fs::read_to_string(root().join(PAGE))
        .map_err(|error| format!("cannot read {PAGE}: {error}"))
}

/// The page as it should be; versions are left to Cargo.lock, so that an update changes nothing here.
fn current() -> Result<String> {
    let page = read()?;
    let around = page
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = around.ok_or(format!("{PAGE} lacks `{BEGIN}` and `{END}`"))?;
    let mut table = String::from("| package | licence |\n|---|---|\n");
    for (name, licence) in packages()? {
        table += &format!("| [{name}](https://crates.io/crates/{name}) | {licence} |\n");
    }
    Ok(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
}

/// Name and licence of everything that a release build is made of, ours left out.
fn packages() -> Result<BTreeMap<String, String>> {
    let tree = output(&mut cargo(&[
        "tree",
        "--locked",
        "-p",
        "ligand-server",
        "-e",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}\t{l}",
    ]))?;
    let mut packages = BTreeMap::new();
    for line in tree.lines() {
        let Some((package, licence)) = line.split_once('\t') else {
            continue;
        };
        let name = package.split(' ').next().unwrap_or_default();
        if !name.is_empty() && !name.starts_with("ligand-") {
            let licence = licence.trim_end_matches(" (*)").to_owned();
            packages.insert(name.to_owned(), licence);
        }
    }
    Ok(packages)
}
