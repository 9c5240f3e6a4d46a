//! What tracked files may hold, and how long they may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Faults;
use crate::shell::{Result, command, output, root};

/// Longer source files need a line with a reason in xtask/long-files.txt.
const LONGEST: usize = 600;

pub fn check(faults: &mut Faults) -> Result {
    let tracked = output(&mut command("git", &["ls-files", "-z"]))?;
    let excused = excuses()?;
    let mut used = BTreeSet::new();
    for name in tracked.split('\0').filter(|name| !name.is_empty()) {
        let Ok(text) = std::fs::read_to_string(root().join(name)) else {
            continue;
        };
        if name.ends_with("/mod.rs") {
            faults.add(format!("{name}: modules are `name.rs` beside `name/`"));
        }
        let lines = text.lines().count();
        if is_source(name) && lines > LONGEST {
            if excused.contains_key(name) {
                used.insert(name.to_owned());
            } else {
                faults.add(format!(
                    "{name}: {lines} lines; cut it along the field's words (at most {LONGEST})"
                ));
            }
        }
        if !is_lock(name) {
            words(name, &text, faults);
        }
        if name.ends_with("package-lock.json") {
            sources(name, &text, faults);
        }
    }
    for name in excused.keys().filter(|name| !used.contains(*name)) {
        faults.add(format!(
            "xtask/long-files.txt: {name} needs no excuse (any more)"
        ));
    }
    decisions(faults)
}

fn is_source(name: &str) -> bool {
    ["rs", "ts", "tsx", "js", "mjs"].iter().any(|extension| {
        Path::new(name)
            .extension()
            .is_some_and(|own| own == *extension)
    })
}

fn is_lock(name: &str) -> bool {
    name.ends_with(".lock") || name.ends_with("package-lock.json")
}

/// `path: reason` a line.
fn excuses() -> Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(root().join("xtask/long-files.txt")).unwrap_or_default();
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, reason) = line
                .split_once(": ")
                .ok_or(format!("xtask/long-files.txt: `{line}` has no reason"))?;
            Ok((name.to_owned(), reason.to_owned()))
        })
        .collect()
}

/// Placeholders and machine paths; the words are put together here so that this file passes.
fn words(name: &str, text: &str, faults: &mut Faults) {
    let placeholders = [
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("db", "g!("),
        concat!("FIX", "ME"),
    ];
    for (number, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", number + 1);
        if is_source(name)
            && let Some(word) = placeholders.iter().find(|word| line.contains(**word))
        {
            faults.add(format!("{place}: `{word}`"));
        }
        if let Some(path) = machine_path(line) {
            faults.add(format!("{place}: `{path}` is a path of one machine"));
        }
    }
}

/// An absolute path below a folder that only one machine has.
fn machine_path(line: &str) -> Option<&'static str> {
    let folders = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
    ];
    folders.into_iter().find(|folder| {
        line.match_indices(folder).any(|(at, _)| {
            // Inside an address or below another folder it is somebody else's.
            let before = line.get(..at).and_then(|head| head.chars().next_back());
            before.is_none_or(|character| {
                !(character.is_alphanumeric() || "_.}-:".contains(character))
            })
        })
    })
}

/// A lock file must not name one machine's mirror.
fn sources(name: &str, text: &str, faults: &mut Faults) {
    let foreign = text.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with("\"resolved\":") && !line.contains("\"https://registry.npmjs.org/")
    });
    if foreign {
        faults.add(format!(
            "{name}: a package comes from elsewhere than registry.npmjs.org"
        ));
    }
}

/// Every ADR is in the index, numbered without a gap.
fn decisions(faults: &mut Faults) -> Result {
    let folder = root().join("docs/adr");
    let index = std::fs::read_to_string(folder.join("README.md")).unwrap_or_default();
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("docs/adr: {error}"))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != "README.md" && name.ends_with(".md"))
        .collect();
    names.sort();
    for (position, name) in names.iter().enumerate() {
        if !name.starts_with(&format!("{:04}-", position + 1)) {
            faults.add(format!(
                "docs/adr/{name}: number {:04} was expected",
                position + 1
            ));
        }
        if !index.contains(&format!("({name})")) {
            faults.add(format!("docs/adr/README.md does not list {name}"));
        }
    }
    let listed = index.matches(".md)").count();
    if listed != names.len() {
        faults.add(format!(
            "docs/adr/README.md lists {listed} decisions, there are {}",
            names.len()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::machine_path;

    #[test]
    fn tells_a_machine_path_from_an_address() {
        let own = concat!("see /wo", "rk/main/x");
        assert!(machine_path(own).is_some());
        assert!(machine_path(concat!("https://example.com/wo", "rk/x")).is_none());
        assert!(machine_path("/var/lib/ligand").is_none());
    }
}
