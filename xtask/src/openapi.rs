//! `cargo xtask openapi`: the platform's own OpenAPI document, from the route table.

use std::path::Path;

use crate::server;
use crate::shell::{Result, command, output, root};

/// Writes `openapi/platform.json`, or with `--check` says whether it is current.
pub fn run(arguments: &[String]) -> Result {
    let ligand = server::build("ligand-server", "ligand", false)?;
    if arguments.iter().any(|argument| argument == "--check") {
        return check(&ligand);
    }
    let path = root().join(DOCUMENT);
    std::fs::write(&path, generate(&ligand)?)
        .map_err(|error| format!("cannot write {DOCUMENT}: {error}"))?;
    println!("{DOCUMENT} is written.");
    Ok(())
}

/// Fails when the document that is kept differs from what the server says of itself.
pub fn check(ligand: &Path) -> Result {
    let kept = std::fs::read_to_string(root().join(DOCUMENT)).unwrap_or_default();
    if kept != generate(ligand)? {
        return Err(format!("{DOCUMENT} is stale; run `cargo xtask openapi`"));
    }
    println!("{DOCUMENT} is current.");
    Ok(())
}

const DOCUMENT: &str = "openapi/platform.json";

fn generate(ligand: &Path) -> Result<String> {
    output(&mut command(ligand, &["openapi"]))
}
