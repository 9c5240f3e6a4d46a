//! The vendors' own client libraries against the simulated vendors.

use std::path::Path;

use crate::install;
use crate::server::Server;
use crate::shell::{Result, command, root, run as finish};

/// Runs every script of `e2e/vendor-clients` against a fresh server's sandbox.
pub fn run(ligand: &Path) -> Result {
    let folder = root().join("e2e/vendor-clients");
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
    install::ensure_npm("e2e/vendor-clients")?;
    let server = Server::start(ligand, "vendor-clients")?;
    for script in scripts {
        println!(
            "--- {}",
            script.file_name().unwrap_or_default().to_string_lossy()
        );
        let mut node = command("node", &[]);
        node.arg(&script)
            .current_dir(&folder)
            .env("LIGAND_RUNTIME", server.data().join("runtime.json"));
        finish(&mut node)?;
    }
    server.stop()
}
