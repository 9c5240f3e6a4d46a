//! The packages inside the binary and their licences, for THIRD_PARTY.md.

use std::collections::BTreeMap;

use crate::shell::{Result, cargo, output};

/// Versions are left to Cargo.lock, so that an update changes nothing here.
pub fn table() -> Result<String> {
    let mut table = String::from("| package | licence |\n|---|---|\n");
    for (name, licence) in packages()? {
        table += &format!("| [{name}](https://crates.io/crates/{name}) | {licence} |\n");
    }
    Ok(table)
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
