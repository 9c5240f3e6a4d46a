//! `ligand backup` and `ligand restore`: a database in a file, without the keys that open it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use ligand_store::{Database, backup};

use super::{Common, Failed, Flags};
use crate::app::system::{SystemClock, SystemEntropy};
use crate::config::Config;
use crate::{runtime, start, telemetry};

/// The file, and the rest.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file of the backup.
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl Backup {
    fn load(self) -> Result<(Config, PathBuf), Failed> {
        let config = Flags::common(&self.common).load(self.common)?;
        telemetry::start(&config.telemetry);
        let database = match start::database(&config)? {
            Database::Sqlite(path) => path,
            Database::Postgres(_) => {
                return Err("on PostgreSQL, `pg_dump` makes and `pg_restore` puts back what this does for SQLite; \
                            neither holds the root key"
                    .into());
            }
        };
        Ok((config, database))
    }

    /// Writes the backup; servers go on.
    pub(super) fn make(self) -> Result<ExitCode, Failed> {
        let file = self.file.clone();
        let (_, database) = self.load()?;
        backup::copy(&database, &file)?;
        let size = std::fs::metadata(&file)?.len();
        writeln!(
            std::io::stdout(),
            "{} holds the database ({size} bytes). It is of use only with the root key, which is not in it: keep that \
             elsewhere.",
            file.display()
        )?;
        Ok(ExitCode::SUCCESS)
    }

    /// Puts a backup in the place of a database that is not there, and marks what may be stale.
    pub(super) async fn restore(self) -> Result<ExitCode, Failed> {
        let file = self.file.clone();
        let (config, database) = self.load()?;
        runtime::make_folder(config.data_dir())?;
        if database.exists() {
            return Err(format!(
                "there is a database at {} already; move it away first",
                database.display()
            )
            .into());
        }
        backup::copy(&file, &database)?;
        let clock = Arc::new(SystemClock);
        let opened = start::open_store(&config, clock, Arc::new(SystemEntropy::new())).await;
        let (store, _) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                // Without the key it is no restored database, and the next attempt shall find the place free.
                for end in ["", "-wal", "-shm"] {
                    let mut path = database.clone().into_os_string();
                    path.push(end);
                    let _ = std::fs::remove_file(path);
                }
                return Err(error.into());
            }
        };
        let stale = store.mark_restored().await?;
        store.close().await;
        let mut out = std::io::stdout();
        for known in &stale {
            writeln!(
                out,
                "organization {}, instance {}: {}",
                known.organization, known.instance, known.name
            )?;
        }
        writeln!(
            out,
            "Restored. The vendors may have renewed {} grants since the backup was made: a server tries each when it is \
             started, and marks those that are refused as invalid, to be reconnected.",
            stale.len()
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
