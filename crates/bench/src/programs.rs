//! PostgreSQL's own programs, and the server they talk to.

use std::path::Path;
use std::process::Command;

use crate::arguments::{Arguments, Result};

/// `--postgres URL` and `--postgres-programs FOLDER`.
pub struct Programs {
    folder: String,
    url: String,
}

impl Programs {
    /// As the arguments say.
    pub fn of(arguments: &Arguments) -> Result<Self> {
        Ok(Self {
            folder: arguments.need("postgres-programs")?.to_owned(),
            url: arguments.need("postgres")?.to_owned(),
        })
    }

    /// Lets a server use the database. The key is the benchmark's: nothing real is sealed with it.
    pub fn lend(&self, command: &mut Command) {
        command.args(["--database", &self.url]).env(
            "LIGAND__VAULT__KEY",
            "YmVuY2htYXJrYmVuY2htYXJrYmVuY2htYXJrYmVuY2g=",
        );
    }

    /// Runs SQL; answers rows as lines.
    pub fn sql(&self, sql: &str) -> Result<String> {
        let quiet = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
        let mut command = self.program("psql");
        said(command.args(quiet).args(["-c", sql, &self.url]))
    }

    /// Runs a script of pgbench's for so long; answers transactions a second.
    pub fn bench(&self, script: &Path, clients: usize, seconds: usize) -> Result<f64> {
        let mut command = self.program("pgbench");
        command.args(["-n", "-j", "2", "-M", "prepared"]);
        command.args(["-c", &clients.to_string(), "-T", &seconds.to_string()]);
        let said = said(command.arg("-f").arg(script).arg(&self.url))?;
        let mut rates = said.lines().filter_map(|line| {
            let rate = line.strip_prefix("tps = ")?.split(' ').next()?;
            rate.parse().ok()
        });
        rates
            .next()
            .ok_or_else(|| format!("pgbench told no rate:\n{said}"))
    }

    fn program(&self, name: &str) -> Command {
        Command::new(Path::new(&self.folder).join(name))
    }
}

/// What a program says, or why it failed.
pub fn said(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("cannot start {name}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}
