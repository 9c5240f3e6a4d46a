//! The page that says what became of each export: `docs/reference/corpus.md`, made from the calls of the snapshots.
//!
//! `LIGAND_UPDATE=1 cargo test -p ligand-engine --test it the_corpus_report` writes it anew.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use ligand_engine::catalog;
use ligand_model::id::ElementId;
use serde_json::Value;

use crate::corpus::corpus;
use crate::snapshots::plan;

const HEAD: &str = "# What becomes of exported elements\n\n\
    Generated; `cargo xtask gen` writes it anew.\n\n\
    Each of these MIT-licensed exports of the Cloud Elements / Open Connectors family is imported as it is, and each of its resources is called with a value for everything it declares, against a recorder that answers `{}`.\n\
    *Sent*: at least one request reached the vendor. *By a hook*: the element's own script answered in the vendor's place. *Not*: see below the table.\n\n\
    | element | resources | sent | by a hook | not | import warnings |\n|---|---:|---:|---:|---:|---:|\n";

/// What became of one resource.
enum Fate {
    Sent,
    ByHook,
    Not(String),
}

fn fate(plan: &Value) -> Fate {
    let sent = plan["requests"]
        .as_array()
        .is_some_and(|list| !list.is_empty());
    match plan["failed"].as_str() {
        _ if sent => Fate::Sent,
        None => Fate::ByHook,
        Some(why) => Fate::Not(why.to_owned()),
    }
}

fn page() -> Option<(String, usize, usize)> {
    let files = corpus();
    if files.is_empty() {
        return None;
    }
    let (mut table, mut reasons) = (HEAD.to_owned(), String::new());
    let (mut all, mut refused, mut sums) = (0, 0, [0; 4]);
    for (name, bytes) in files {
        let (compiled, found) = catalog::import(&bytes, ElementId(10_000)).unwrap();
        let warnings = found.len() + catalog::review(&compiled).len();
        let compiled = Arc::new(compiled);
        let mut counts = [0; 4];
        for (index, resource) in compiled.element.resources.iter().enumerate() {
            counts[0] += 1;
            match fate(&plan(&compiled, index)) {
                Fate::Sent => counts[1] += 1,
                Fate::ByHook => counts[2] += 1,
                Fate::Not(why) => {
                    counts[3] += 1;
                    let why = why.replace('|', "\\|").replace('\n', " ");
                    writeln!(
                        reasons,
                        "| {name} | `{} {}` | {why} |",
                        resource.method, resource.path
                    )
                    .unwrap();
                }
            }
        }
        let [resources, sent, by_hook, not] = counts;
        writeln!(
            table,
            "| {name} | {resources} | {sent} | {by_hook} | {not} | {warnings} |"
        )
        .unwrap();
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
        all += resources;
        refused += not;
    }
    let [resources, sent, by_hook, not] = sums;
    write!(
        table,
        "| **all** | **{resources}** | **{sent}** | **{by_hook}** | **{not}** | |\n\n\
         ## What was not sent, and why\n\n\
         The calls are made up; a call that a script finds wrong is refused as its author wrote it.\n\n\
         | element | resource | answer |\n|---|---|---|\n{reasons}"
    )
    .unwrap();
    Some((table, all, refused))
}

#[test]
fn the_corpus_report_is_what_becomes_of_the_exports() {
    let Some((page, all, refused)) = page() else {
        return;
    };
    assert!(
        refused * 25 < all,
        "{refused} of {all} resources are not sent"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/corpus.md");
    if std::env::var_os("LIGAND_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/reference/corpus.md is not what is so; run `cargo xtask gen`"
    );
}
