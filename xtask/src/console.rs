//! The console's front end, built when it is there, and its journeys in a browser.

use std::path::Path;

use crate::install;
use crate::server::Server;
use crate::shell::{Result, cargo, command, root, run};

/// Builds `console/dist`; a checkout without `console/` is fine.
pub fn build() -> Result {
    if !root().join("console/package.json").is_file() {
        return Ok(());
    }
    install::ensure_npm("console")?;
    npm("build")
}

/// Types and the tests of its logic, then the build that the journeys use; and the package that host applications take.
pub fn check() -> Result {
    install::ensure_npm("console")?;
    npm("check")?;
    npm("build")?;
    install::ensure_npm("packages/connect")?;
    run(command("npm", &["run", "--silent", "check"]).current_dir(root().join("packages/connect")))
}

/// Walks the journeys of `e2e/console` in Chromium, each against a fresh server.
///
/// With `LIGAND_PICTURES` they also take pictures of every page into that folder.
pub fn journeys(ligand: &Path) -> Result {
    install::ensure(&[("chromium", "chromium")])?;
    install::ensure_npm("e2e/console")?;
    for journey in [
        "stranger",
        "journeys",
        "connect",
        "mapper",
        "definition",
        "keyboard",
        "scale",
    ] {
        // The host application of Connect's journey listens on this machine, and is told there.
        let local = [("LIGAND__VENDOR__ALLOW_PRIVATE", "127.0.0.1/32")];
        let server = Server::start_with(ligand, journey, &local)?;
        if journey == "scale" {
            fill(&server.data())?;
        }
        let mut node = command("node", &[&format!("{journey}.test.mjs")]);
        node.current_dir(root().join("e2e/console"))
            .env("LIGAND_DATA", server.data());
        run(&mut node)?;
        server.stop()?;
    }
    Ok(())
}

/// How long the console takes to search, filter and page through a hundred thousand accounts; more than 100 ms at the
/// median is an error. Wants a release build.
pub fn bench(ligand: &Path) -> Result {
    install::ensure(&[("chromium", "chromium")])?;
    install::ensure_npm("e2e/console")?;
    let server = Server::start(ligand, "console")?;
    fill(&server.data())?;
    let mut node = command("node", &["scale.test.mjs"]);
    node.current_dir(root().join("e2e/console"))
        .env("LIGAND_DATA", server.data())
        .env("LIGAND_BAR_MS", "100");
    run(&mut node)?;
    server.stop()
}

/// Makes a hundred thousand instances in a running server's folder.
fn fill(data: &Path) -> Result {
    let data = data.to_str().ok_or("the folder's name is not UTF-8")?;
    let arguments = [
        "run",
        "--locked",
        "--quiet",
        "--package",
        "ligand-store",
        "--features",
        "testing",
    ];
    run(cargo(&arguments).args(["--example", "fill", "--", data, "100000"]))
}

fn npm(script: &str) -> Result {
    run(command("npm", &["run", "--silent", script]).current_dir(root().join("console")))
}
