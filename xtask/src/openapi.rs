//! `cargo xtask openapi`: the platform's own OpenAPI document, from the route table.

use crate::shell::{Result, cargo, run as finish};

/// Writes `openapi/platform.json`, or with `--check` says whether it is current.
///
/// The server's own test makes the document, so that CI checks it with all the others.
pub fn run(arguments: &[String]) -> Result {
    let test = "the_document_beside_the_source_is_the_one_of_the_table";
    let mut command = cargo(&[
        "test",
        "--locked",
        "--quiet",
        "--package",
        "ligand-server",
        "--lib",
        test,
    ]);
    if !arguments.iter().any(|argument| argument == "--check") {
        command.env("LIGAND_UPDATE", "1");
    }
    finish(&mut command)
}
