//! Scripts for Node.js and Python against a fresh server: the vendors' own client libraries at the simulated vendors, and a parser of
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
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".test.mjs") || name.ends_with("_test.py")
        })
        .collect();
    scripts.sort();
    if scripts.is_empty() {
        return Err(format!(
            "{} holds no `*.test.mjs` and no `*_test.py`",
            folder.display()
        ));
    }
    let place = format!("e2e/{name}");
    install::ensure_npm(&place)?;
    let python = install::ensure_venv(&place)?;
    let server = Server::start(ligand, name)?;
    for script in scripts {
        println!(
            "--- {}",
            script.file_name().unwrap_or_default().to_string_lossy()
        );
        let is_python = script.extension().is_some_and(|end| end == "py");
        let mut run = match &python {
            Some(python) if is_python => command(python, &["-B"]),
            _ => command("node", &[]),
        };
        run.arg(&script)
            .current_dir(&folder)
            .env("LIGAND_BINARY", ligand)
            .env("LIGAND_RUNTIME", server.data().join("runtime.json"));
        finish(&mut run)?;
    }
    server.stop()
}
