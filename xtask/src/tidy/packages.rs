//! Which crates may use which, and what may come from outside.

use std::collections::{BTreeMap, BTreeSet};

use super::Faults;
use crate::json::Json;
use crate::shell::{Result, cargo, output};

/// Raising it takes an ADR (docs/adr/0010).
const CEILING: usize = 270;

/// The floors: who may depend on whom, tests included.
const EDGES: [(&str, &[&str]); 7] = [
    ("ligand-model", &[]),
    ("ligand-engine", &["ligand-model"]),
    ("ligand-store", &["ligand-model"]),
    ("ligand-sim", &["ligand-model"]),
    (
        "ligand-server",
        &[
            "ligand-model",
            "ligand-engine",
            "ligand-store",
            "ligand-sim",
        ],
    ),
    ("ligand-bench", &[]),
    ("xtask", &[]),
];

/// Not even behind somebody else: second stacks for what we have, or a build we cannot vouch for.
const BANNED: [(&str, &str); 12] = [
    ("openssl", "ring and rustls are the one TLS stack"),
    ("openssl-sys", "ring and rustls are the one TLS stack"),
    ("native-tls", "ring and rustls are the one TLS stack"),
    ("aws-lc-rs", "ring is the one crypto provider"),
    ("aws-lc-sys", "ring is the one crypto provider"),
    (
        "icu_normalizer",
        "idna_adapter is pinned to keep ICU tables out",
    ),
    (
        "icu_properties",
        "idna_adapter is pinned to keep ICU tables out",
    ),
    ("boa_engine", "QuickJS is the one script engine"),
    ("v8", "its build fetches a binary"),
    (
        "reqwest",
        "hyper-util is the one HTTP client (docs/adr/0009)",
    ),
    (
        "sqlx",
        "rusqlite and postgres are the drivers (docs/adr/0004)",
    ),
    ("async-std", "tokio is the one runtime"),
];

/// Not in our own manifests; `chrono` only in the model, behind `Timestamp`.
const NOT_OURS: [&str; 6] = [
    "async-trait",
    "once_cell",
    "lazy_static",
    "anyhow",
    "figment",
    "chrono",
];

/// Licences that ask for no more than their text; all are listed in THIRD_PARTY.md.
const PERMISSIVE: [&str; 12] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unicode-3.0",
    "CC0-1.0",
    "Unlicense",
    "CDLA-Permissive-2.0",
];

pub fn check(faults: &mut Faults) -> Result {
    let metadata = Json::parse(&output(&mut cargo(&[
        "metadata",
        "--locked",
        "--format-version",
        "1",
    ]))?)?;
    let mut allowed: BTreeMap<&str, &[&str]> = EDGES.into_iter().collect();
    for package in metadata.list("packages") {
        let name = package.text("name");
        outside(package, faults);
        if package.get("source") != Some(&Json::Null) {
            continue;
        }
        let Some(edges) = allowed.remove(name) else {
            faults.add(format!(
                "crate `{name}` stands on no floor; a new crate needs an ADR and a line in tidy"
            ));
            continue;
        };
        for dependency in package.list("dependencies") {
            let to = dependency.text("name");
            // Its own tests, built with features that are off by default.
            if to == name {
                continue;
            }
            if (to.starts_with("ligand-") || to == "xtask") && !edges.contains(&to) {
                faults.add(format!(
                    "`{name}` may not depend on `{to}` (ARCHITECTURE.md, floors)"
                ));
            }
            if NOT_OURS.contains(&to) && !(name == "ligand-model" && to == "chrono") {
                faults.add(format!(
                    "`{name}` depends on `{to}`, which is not used here"
                ));
            }
            if name == "xtask" {
                faults.add(format!(
                    "xtask depends on `{to}`; it is standard library only"
                ));
            }
        }
    }
    ceiling(faults)
}

/// Bans, sources and licences.
fn outside(package: &Json, faults: &mut Faults) {
    let name = package.text("name");
    if let Some((_, reason)) = BANNED.iter().find(|(banned, _)| *banned == name) {
        faults.add(format!("`{name}` is banned: {reason}"));
    }
    let source = package.text("source");
    if !source.is_empty()
        && !source.starts_with("registry+https://github.com/rust-lang/crates.io-index")
    {
        faults.add(format!(
            "`{name}` comes from {source}; crates.io is the only source"
        ));
    }
    let licence = package.text("license");
    if !permissive(licence) {
        faults.add(format!(
            "`{name}` has the licence `{licence}`, which is not on the permissive list"
        ));
    }
}

/// Whether an SPDX expression leaves a permissive choice.
fn permissive(expression: &str) -> bool {
    let flat = expression.replace('/', " OR ");
    // No expression in use nests deeper than one pair of brackets, and an OR outside of them decides.
    let alternatives = split_outside_brackets(&flat, " OR ");
    if alternatives.len() > 1 {
        return alternatives.iter().any(|part| permissive(part));
    }
    let parts = split_outside_brackets(&flat, " AND ");
    if parts.len() > 1 {
        return parts.iter().all(|part| permissive(part));
    }
    let one = flat.trim();
    match one
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
    {
        Some(inner) => permissive(inner),
        None => PERMISSIVE.contains(&one),
    }
}

fn split_outside_brackets<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0
            && at >= start
            && text
                .get(at..)
                .is_some_and(|rest| rest.starts_with(separator))
        {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + separator.len();
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// Counts the packages of a release build.
fn ceiling(faults: &mut Faults) -> Result {
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
        "{p}",
    ]))?;
    let packages: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.split(" (").next().unwrap_or(line))
        .filter(|line| !line.is_empty())
        .collect();
    println!("{} packages of at most {CEILING}", packages.len());
    if packages.len() > CEILING {
        faults.add(format!(
            "{} packages; the ceiling is {CEILING} (docs/adr/0010)",
            packages.len()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::permissive;

    #[test]
    fn a_choice_is_enough_and_every_part_of_a_sum_counts() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "GPL-2.0 OR ISC",
            "Apache-2.0 AND ISC",
        ] {
            assert!(permissive(good), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND MPL-2.0",
            "(LGPL-3.0 OR MPL-2.0) AND MIT",
        ] {
            assert!(!permissive(bad), "{bad}");
        }
    }
}
