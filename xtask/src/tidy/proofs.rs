//! The tests that SECURITY.md names are there: a promise whose proof was renamed or removed is none.

use super::Faults;
use crate::shell::{Result, root};

/// Reads every `it::…` and `ligand_…::…` of the page, and the table of attacks, which leaves no row without one.
pub fn check(faults: &mut Faults) -> Result {
    let page = std::fs::read_to_string(root().join("SECURITY.md"))
        .map_err(|error| format!("SECURITY.md: {error}"))?;
    for name in names(&page) {
        if !exists(name) {
            faults.add(format!("SECURITY.md: there is no test `{name}`"));
        }
    }
    for row in unproven(&page) {
        faults.add(format!("SECURITY.md: no test is named for `{row}`"));
    }
    Ok(())
}

/// The tests that a text names.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.starts_with("it::") || code.starts_with("ligand_"))
}

/// The attacks whose row ends without the name of a test.
fn unproven(page: &str) -> Vec<&str> {
    let section = page.split("\n## ").find(|s| s.starts_with("Attacks"));
    let rows = section.unwrap_or_default().lines();
    let rows = rows.filter(|line| line.starts_with("| ")).skip(1);
    rows.filter_map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        let proof = cells.last()?;
        (names(proof).next().is_none()).then(|| cells[0].trim())
    })
    .collect()
}

/// `it::module::test` is an integration test of one of the crates, `ligand_crate::module::test` one beside the source.
fn exists(name: &str) -> bool {
    let mut modules: Vec<&str> = name.split("::").collect();
    let Some(test) = modules.pop() else {
        return false;
    };
    let folders: Vec<_> = match modules.remove(0) {
        "it" => ["engine", "server", "store", "sim", "model"]
            .map(|one| format!("crates/{one}/tests/it"))
            .into(),
        own => vec![format!("crates/{}/src", own.trim_start_matches("ligand_"))],
    };
    let inline = modules.strip_suffix(&["tests"]).unwrap_or_default();
    [&*modules, inline]
        .iter()
        .filter(|path| !path.is_empty())
        .flat_map(|path| {
            folders
                .iter()
                .map(move |f| format!("{f}/{}.rs", path.join("/")))
        })
        .filter_map(|file| std::fs::read_to_string(root().join(file)).ok())
        .any(|source| defines(&source, test))
}

/// Whether a source has a test of this name.
fn defines(source: &str, test: &str) -> bool {
    let mut before = "";
    source.lines().map(str::trim).any(|line| {
        let is_test = before == "#[test]" || before.starts_with("#[tokio::test");
        before = line;
        let name = line.trim_start_matches("async ").strip_prefix("fn ");
        is_test && name.and_then(|name| name.split('(').next()) == Some(test)
    })
}

#[cfg(test)]
mod tests {
    use super::{defines, exists, names, unproven};

    #[test]
    fn a_test_is_found_by_its_full_name_alone() {
        let here = "#[test]\nfn a() {}\n#[tokio::test]\nasync fn b() {}\nfn c() {}\n// fn d(";
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| defines(here, name)),
            [true, true, false, false]
        );
        let found = "it::credentials::credentials_reach_declared_hosts_only";
        assert!(exists(found));
        assert!(!exists("it::credentials::credentials_reach_declared_hosts"));
        assert!(!exists(
            "it::attacks::credentials_reach_declared_hosts_only"
        ));
        assert!(exists(
            "ligand_engine::hosts::tests::permits_exactly_the_frozen_hosts"
        ));
    }

    #[test]
    fn a_row_without_a_test_is_told() {
        let page = "# S\n\n## Attacks that fail\n\n| attack | holds | test |\n|---|---|---|\n| one | `x` | `it::a::b` |\n\
            | two | `it::a::b` | by eye |\n\n## Other\n\n| c | d |\n";
        assert_eq!(unproven(page), ["two"]);
        assert_eq!(names(page).count(), 2);
    }
}
