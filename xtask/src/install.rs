//! What the machine lacks: installed from Debian's packages as root, else named.

use std::path::PathBuf;
use std::process::Stdio;

use crate::shell::{Result, command, exists, find, is_root, run};

/// Makes sure that each `(program, Debian package)` is there.
pub fn ensure(wanted: &[(&str, &str)]) -> Result {
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(program, _)| !present(program))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let by_hand = format!("sudo apt-get install -y --no-install-recommends {packages}");
    if !is_root() || !exists("apt-get") {
        return Err(format!("{packages} missing; install with `{by_hand}`"));
    }
    println!("installing {packages}");
    run(apt(&["update", "-qq"]).stdout(Stdio::null()))?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&missing);
    run(apt(&arguments).stdout(Stdio::null()))?;
    match wanted.iter().find(|(program, _)| !present(program)) {
        Some((program, package)) => Err(format!(
            "{package} is installed, yet `{program}` is nowhere"
        )),
        None => Ok(()),
    }
}

/// Makes sure of a Node.js that can run the vendor clients.
pub fn ensure_node() -> Result {
    if exists("node") && exists("npm") {
        return Ok(());
    }
    Err("Node.js 20 or newer with npm is missing; see https://nodejs.org or `sudo apt-get install nodejs npm`".into())
}

/// Makes sure of `node_modules` in `folder`, exactly as its lock file says.
pub fn ensure_npm(folder: &str) -> Result {
    ensure_node()?;
    let path = crate::shell::root().join(folder);
    // npm writes this file last, so an older one means an install that is stale or was cut short.
    let installed = path.join("node_modules/.package-lock.json");
    let age = |file: &std::path::Path| {
        std::fs::metadata(file)
            .and_then(|data| data.modified())
            .ok()
    };
    if let (Some(done), Some(lock)) = (age(&installed), age(&path.join("package-lock.json")))
        && done >= lock
    {
        return Ok(());
    }
    run(command(
        "npm",
        &["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    )
    .current_dir(path))
}

/// Makes sure of a virtual environment of Python in `folder`, with exactly what its `requirements.txt` pins; answers the
/// interpreter. `None` for a folder without that file.
pub fn ensure_venv(folder: &str) -> Result<Option<PathBuf>> {
    let path = crate::shell::root().join(folder);
    let Ok(wanted) = std::fs::read_to_string(path.join("requirements.txt")) else {
        return Ok(None);
    };
    let venv = path.join(".venv");
    let python = venv.join("bin/python");
    // Written last: another text, or none, means an environment that is stale or was cut short.
    let note = venv.join("installed.txt");
    if std::fs::read_to_string(&note).is_ok_and(|done| done == wanted) {
        return Ok(Some(python));
    }
    ensure(&[("python3", "python3-venv")])?;
    let made = run(command("python3", &["-m", "venv", "--clear", ".venv"]).current_dir(&path));
    if made.is_err() {
        // Debian's python3 comes without the part that makes environments.
        let by_hand = "sudo apt-get install -y python3-venv";
        if !is_root() || !exists("apt-get") {
            return Err(format!(
                "no virtual environment could be made; try `{by_hand}`"
            ));
        }
        run(apt(&[
            "install",
            "-y",
            "-qq",
            "--no-install-recommends",
            "python3-venv",
        ])
        .stdout(Stdio::null()))?;
        run(command("python3", &["-m", "venv", "--clear", ".venv"]).current_dir(&path))?;
    }
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "-r",
        "requirements.txt",
    ];
    run(command(&python, &pip).current_dir(&path))?;
    std::fs::write(&note, wanted).map_err(|error| format!("{}: {error}", note.display()))?;
    Ok(Some(python))
}

fn apt(arguments: &[&str]) -> std::process::Command {
    let mut command = command("apt-get", arguments);
    // No questions, and no service started only because its package arrived.
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1");
    command
}

fn present(program: &str) -> bool {
    match program {
        "postgres" => crate::postgres::binaries().is_some(),
        other => find(other).is_some(),
    }
}
