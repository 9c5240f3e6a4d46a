//! `ligand migrate`: brings the database up to date, as every start does, and says what that takes.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use ligand_store::Database;
use ligand_store::migrate::{Extent, Listed, Standing, bring_up, standings};

use super::{Common, Failed, Flags};
use crate::app::system::{SystemClock, SystemEntropy};
use crate::{start, telemetry};

/// What is to be done.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    common: Common,
    /// Say where each migration stands, and change nothing.
    #[arg(long, conflicts_with_all = ["dry_run", "contract"])]
    status: bool,
    /// Print the SQL that would be run, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Also take away what only older versions need: once every node runs this version.
    #[arg(long)]
    contract: bool,
}

impl Migrate {
    /// Blocks: the database's own client is not driven by a runtime.
    pub(super) fn run(self) -> Result<ExitCode, Failed> {
        let config = Flags::common(&self.common).load(self.common)?;
        telemetry::start(&config.telemetry);
        let database = start::database(&config)?;
        let mut out = std::io::stdout();
        let before = standings(&database)?;
        if self.status {
            for listed in &before {
                writeln!(out, "{}", line(listed))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let begun =
            |listed: &Listed| matches!(listed.standing, Standing::Applied | Standing::Newer);
        // Whoever is alone on a database waits for nobody.
        let alone = matches!(database, Database::Sqlite(_)) || !before.iter().any(begun);
        let due = |listed: &&Listed| match listed.standing {
            Standing::Pending => true,
            Standing::Waiting => alone || self.contract,
            Standing::Applied | Standing::Newer => false,
        };
        if self.dry_run {
            for listed in before.iter().filter(due) {
                writeln!(
                    out,
                    "-- {:04} {}\n{}",
                    listed.number, listed.name, listed.sql
                )?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        super::block_on(async {
            let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy::new()));
            let (store, _) = start::open_store(&config, clock, entropy).await?;
            store.close().await;
            Ok::<_, Failed>(())
        })??;
        if self.contract {
            bring_up(&database, Extent::Contract)?;
        }
        for listed in before.iter().filter(due) {
            writeln!(out, "{:04} {} is applied.", listed.number, listed.name)?;
        }
        let after = standings(&database)?;
        let waiting = after
            .iter()
            .filter(|listed| listed.standing == Standing::Waiting);
        match waiting.count() {
            0 => writeln!(out, "The database is up to date.")?,
            some => writeln!(
                out,
                "The database is up to date for this version and the former one. {some} contractions wait for \
                 `ligand migrate --contract`, to be run when every node runs this version."
            )?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn line(listed: &Listed) -> String {
    let word = match listed.standing {
        Standing::Applied => "applied",
        Standing::Pending => "pending",
        Standing::Waiting => "waits for --contract",
        Standing::Newer => "applied by a newer version",
    };
    format!("{:04} {:<28} {word}", listed.number, listed.name)
}
