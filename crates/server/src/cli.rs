//! The command line. Data goes to standard output, talk to standard error.
//!
//! Exit codes: 0 done; 1 it failed; 2 the command line or the configuration is wrong.

mod audit;
mod backup;
mod doctor;
pub(crate) mod element;
mod keys;
mod migrate;
mod sandbox;
pub mod serve;
mod vdr;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use toml::{Table, Value};

use crate::config::{self, Config, Sources};
use crate::telemetry;

/// Ligand: one API to your customers' SaaS accounts, whatever the vendor.
#[derive(Debug, Parser)]
#[command(name = "ligand", version, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 it failed, 2 the command line or the configuration is wrong.\n\
    Every setting is also a key of ligand.toml and a variable LIGAND__SECTION__KEY: see docs/reference/configuration.md."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server until it is told to stop (SIGTERM, Ctrl-C).
    Serve(Serve),
    /// Runs the simulated vendors alone.
    Sandbox(SandboxAlone),
    /// Brings the database up to date and ends, or says what that would take.
    Migrate(migrate::Migrate),
    /// Checks configuration, database, key, catalog, clock, limits and the way to the vendors, and says what is wrong.
    Doctor(Common),
    /// Copies the database into a file while servers run; the root key is not in it.
    Backup(backup::Backup),
    /// Puts a backup, whichever engine it is of, where there is no database yet, and says which grants may be stale.
    Restore(backup::Backup),
    /// Looks through the records of what happened to credentials.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Rotates and destroys keys, and says how they are.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Imports, exports, looks over and formats elements.
    #[command(subcommand)]
    Element(element::Element),
    /// Imports and exports common resources, and maps files by them.
    #[command(subcommand)]
    Vdr(vdr::Vdr),
}

#[derive(Debug, Args)]
struct Common {
    /// The folder of everything we write [default: ./data].
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// postgres://… or sqlite://… [default: SQLite in the data folder].
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The configuration file [default: ./ligand.toml, else /etc/ligand/ligand.toml, else none].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Serve {
    /// Address and port; port 0 picks a free one [default: 127.0.0.1:7080].
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    #[command(flatten)]
    common: Common,
    /// Start the simulated vendors and connect to them in place of the real ones.
    #[arg(long)]
    sandbox: bool,
    /// Whether simulated vendors show their login and consent, or approve at once [default: page].
    #[arg(long, value_name = "page|auto", value_enum)]
    sandbox_consent: Option<ConsentFlag>,
}

#[derive(Debug, Args)]
struct SandboxAlone {
    #[command(flatten)]
    common: Common,
    /// Whether simulated vendors show their login and consent, or approve at once [default: page].
    #[arg(long, visible_alias = "consent", value_name = "page|auto", value_enum)]
    sandbox_consent: Option<ConsentFlag>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ConsentFlag {
    Page,
    Auto,
}

impl ConsentFlag {
    const fn text(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Auto => "auto",
        }
    }
}

/// The flags as the topmost layer of the configuration.
#[derive(Debug, Default)]
struct Flags(Table);

impl Flags {
    fn set(&mut self, section: &str, key: &str, value: Option<impl Into<Value>>) {
        let Some(value) = value else { return };
        let table = self
            .0
            .entry(section.to_owned())
            .or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(table) = table {
            table.insert(key.to_owned(), value.into());
        }
    }

    fn common(common: &Common) -> Self {
        let mut flags = Self::default();
        flags.set("data", "dir", common.data.clone());
        flags.set("database", "url", common.database.clone());
        flags
    }

    fn load(self, common: Common) -> Result<Config, config::Error> {
        let variables = std::env::vars_os()
            .filter_map(|(name, text)| {
                let name = name
                    .into_string()
                    .ok()
                    .filter(|name| name.starts_with("LIGAND__"))?;
                Some((name, text.to_string_lossy().into_owned()))
            })
            .collect();
        Config::load(Sources {
            file: common.config,
            variables,
            flags: self.0,
        })
    }
}

/// A failure on its way to the operator.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Runs the command of this process's arguments to its end.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let outcome = cli.run();
    telemetry::flush();
    match outcome {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "ligand: {}", sentence(&*error));
            let wrong = error.is::<config::Error>();
            ExitCode::from(if wrong { 2 } else { 1 })
        }
    }
}

/// An error and its causes in one line.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        // Transparent errors repeat their cause.
        if !text.ends_with(&inner_text) {
            text.push_str(": ");
            text.push_str(inner_text.trim_end());
        }
        cause = inner.source();
    }
    text
}

impl Cli {
    fn run(self) -> Result<ExitCode, Failed> {
        match self.command {
            Command::Serve(serve) => {
                let mut flags = Flags::common(&serve.common);
                flags.set("http", "listen", serve.listen);
                flags.set("sandbox", "enabled", serve.sandbox.then_some(true));
                flags.set(
                    "sandbox",
                    "consent",
                    serve.sandbox_consent.map(ConsentFlag::text),
                );
                let config = flags.load(serve.common)?;
                block_on(serve::run(config))?
            }
            Command::Sandbox(sandbox) => {
                let mut flags = Flags::common(&sandbox.common);
                flags.set(
                    "sandbox",
                    "consent",
                    sandbox.sandbox_consent.map(ConsentFlag::text),
                );
                let config = flags.load(sandbox.common)?;
                block_on(sandbox::run(config))?
            }
            Command::Migrate(migrate) => migrate.run(),
            Command::Doctor(common) => {
                let config = Flags::common(&common).load(common)?;
                block_on(doctor::run(config))?
            }
            Command::Backup(backup) => backup.make(),
            Command::Restore(backup) => backup.restore(),
            Command::Audit(audit) => block_on(audit.run())?,
            Command::Keys(keys) => block_on(keys.run())?,
            Command::Element(element) => element.run(),
            Command::Vdr(vdr) => vdr.run(),
        }
    }
}

fn block_on<F: Future>(future: F) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("ligand")
        .build()?;
    let output = runtime.block_on(future);
    // Whatever blocks (a resolver) is left behind rather than waited for.
    runtime.shutdown_background();
    Ok(output)
}

/// SIGTERM and Ctrl-C, heard from the moment this is made.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Completes at the next one.
    async fn told_to_stop(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound_and_holds_the_contract() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
        let cli = Cli::try_parse_from([
            "ligand",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            "d",
            "--database",
            "sqlite:x",
            "--sandbox",
            "--sandbox-consent",
            "auto",
            "--config",
            "f.toml",
        ])
        .unwrap();
        let Command::Serve(serve) = cli.command else {
            panic!("not serve")
        };
        assert!(serve.sandbox);
        assert_eq!(serve.sandbox_consent.map(ConsentFlag::text), Some("auto"));
        assert_eq!(serve.common.data.as_deref(), Some("d"));
        for wrong in [
            &["ligand"][..],
            &["ligand", "sevre"],
            &["ligand", "serve", "--lisen", "x"],
            &["ligand", "serve", "--sandbox-consent", "never"],
        ] {
            assert!(Cli::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_error_is_told_with_its_causes_once() {
        let error = config::Error::Read {
            path: "x.toml".into(),
            source: std::io::Error::other("no such thing"),
        };
        assert_eq!(sentence(&error), "cannot read x.toml: no such thing");
    }
}
