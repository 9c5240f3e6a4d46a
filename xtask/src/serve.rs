//! `cargo xtask serve`: from a clone to a running server with its sandbox.

use std::os::unix::process::CommandExt;

use crate::shell::{Result, command};
use crate::{console, server};

/// Builds, then becomes `ligand serve --sandbox` with the rest of the arguments.
///
/// A debug build: it is ready in about a third of the time of a release build, and password hashing
/// and the script engine are optimised in it anyway. `--release` builds what production runs.
pub fn run(arguments: &[String]) -> Result {
    let release = arguments.iter().any(|argument| argument == "--release");
    console::build()?;
    let binary = server::build("ligand-server", "ligand", release)?;
    let mut serve = command(binary, &["serve", "--sandbox"]);
    serve.args(arguments.iter().filter(|argument| *argument != "--release"));
    // Becoming the server, not its parent: signals reach it and its exit status is ours.
    Err(format!("cannot start the server: {}", serve.exec()))
}
