//! The fuzz targets' folder, which is no member of the workspace: what it may bring, and that nothing in it is forgotten.

use std::collections::BTreeSet;

use super::Faults;
use crate::fuzz;
use crate::shell::{Result, root};

/// Packages that only fuzzing takes, each looked at: their licences ask for no more than their text, and none is shipped.
const ONLY_FUZZING: [(&str, &str); 3] = [
    ("libfuzzer-sys", "(MIT OR Apache-2.0) AND NCSA"),
    ("arbitrary", "MIT OR Apache-2.0"),
    ("jobserver", "MIT OR Apache-2.0"),
];

/// Compares the two lock files as texts: fetching what only fuzzing takes would cost everyone a download.
pub fn check(faults: &mut Faults) -> Result {
    let read = |name: &str| {
        std::fs::read_to_string(root().join(name)).map_err(|error| format!("{name}: {error}"))
    };
    let ours = read("Cargo.lock")?;
    let known: BTreeSet<[&str; 3]> = packages(&ours).collect();
    let lock = read("fuzz/Cargo.lock")?;
    for [name, version, source] in packages(&lock) {
        let looked_at = name == "ligand-fuzz" || ONLY_FUZZING.iter().any(|(own, _)| *own == name);
        if !looked_at && !known.contains(&[name, version, source]) {
            faults.add(format!(
                "fuzz/Cargo.lock: `{name} {version}` is not what Cargo.lock has; `cp Cargo.lock fuzz/ && cargo metadata \
                 --manifest-path fuzz/Cargo.toml >/dev/null`, and a new package needs a line in tidy"
            ));
        }
        if !source.is_empty() && !source.contains("github.com/rust-lang/crates.io-index") {
            faults.add(format!("fuzz/Cargo.lock: `{name}` comes from {source}"));
        }
    }
    let manifest = read("fuzz/Cargo.toml")?;
    let bodies = read("fuzz/src/lib.rs")?;
    let smoke = read("crates/engine/tests/it/fuzz_properties.rs")?;
    for target in fuzz::targets()? {
        for (place, text, wanted) in [
            ("fuzz/Cargo.toml", &manifest, format!("name = \"{target}\"")),
            ("fuzz/src/lib.rs", &bodies, format!("pub fn {target}(")),
            (
                "crates/engine/tests/it/fuzz_properties.rs",
                &smoke,
                format!("targets::{target}("),
            ),
        ] {
            if !text.contains(&wanted) {
                faults.add(format!("{place} lacks the fuzz target `{target}`"));
            }
        }
        if !root().join("fuzz/seeds").join(&target).is_dir() {
            faults.add(format!("fuzz/seeds/{target} is missing"));
        }
    }
    Ok(())
}

/// Name, version and source of each package of a lock file.
fn packages(lock: &str) -> impl Iterator<Item = [&str; 3]> {
    lock.split("[[package]]").skip(1).map(|package| {
        ["name", "version", "source"].map(|member| {
            package
                .lines()
                .find_map(|line| line.strip_prefix(member)?.strip_prefix(" = "))
                .map_or("", |value| value.trim_matches('"'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::packages;

    #[test]
    fn reads_a_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\nsource = \"s\"\n";
        let read: Vec<_> = packages(lock).collect();
        assert_eq!(read, [["a", "1.2.3", ""], ["b", "2.0.0", "s"]]);
    }
}
