//! Scripts for Node.js against a fresh server: the vendors' own client libraries at the simulated vendors, and a parser of
//! others' that reads the documentation of elements.

use std::path::Path;

use crate::install;
use crate::server::Server;
use crate::shell::{Result, command, root, run as finish};

/// Runs every script of a folder below `e2e` against a fresh server with a sandbox; one that needs a server of its own
/// finds the binary in `LIGAND_BINARY`.
pub fn run(ligand: &Path, name: &str) -> Result {
    let folder = root().join("e2e").join(name);
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut scripts: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    scripts.sort();
    if scripts.is_empty() {
        return Err(format!("{} holds no `*.test.mjs`", folder.display()));
    }
    install::ensure_npm(&format!("e2e/{name}"))?;
    let server = Server::start(ligand, name)?;
    for script in scripts {
        println!(
            "--- {}",
            script.file_name().unwrap_or_default().to_string_lossy()
        );
        let mut node = command("node", &[]);
        node.arg(&script)
            .current_dir(&folder)
            .env("LIGAND_BINARY", ligand)
            .env("LIGAND_RUNTIME", server.data().join("runtime.json"));
        finish(&mut node)?;
    }
    server.stop()
}
