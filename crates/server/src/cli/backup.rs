//! `ligand backup` and `ligand restore`: a database in a file, without the keys that open it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use ligand_store::{Database, backup};

use super::{Common, Failed, Flags};
use crate::app::system::{SystemClock, SystemEntropy};
use crate::config::{Config, Secret};
use crate::{first_start, runtime, start, telemetry};

/// The file, and the rest.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file of the backup.
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl Backup {
    fn load(self) -> Result<(Config, Database), Failed> {
        let config = Flags::common(&self.common).load(self.common)?;
        telemetry::start(&config.telemetry);
        let database = start::database(&config)?;
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

    /// Puts a backup in the place of a database that is not there, and marks what may be stale. Blocks.
    pub(super) fn restore(self) -> Result<ExitCode, Failed> {
        let file = self.file.clone();
        let (mut config, database) = self.load()?;
        runtime::make_folder(config.data_dir())?;
        let entropy = SystemEntropy::new();
        // A missing or malformed key is told before anything is copied.
        if matches!(database, Database::Postgres(_)) {
            first_start::root_keys(&config, &database, &entropy)?;
        }
        let place = match &database {
            Database::Sqlite(path) => path.clone(),
            Database::Postgres(_) => config.data_dir().join("restoring.db"),
        };
        if place.exists() {
            return Err(format!(
                "there is a database at {} already; move it away first",
                place.display()
            )
            .into());
        }
        backup::copy(&Database::Sqlite(file), &place)?;
        // Brought up to date, tried with the key, and marked, in a file that is nobody's yet.
        config.database.url = Secret::new(&format!("sqlite://{}", place.display()));
        let stale = super::block_on(async {
            let opened = start::open_store(&config, Arc::new(SystemClock), Arc::new(entropy)).await;
            let (store, _) = opened?;
            let stale = store.mark_restored().await?;
            store.close().await;
            Ok::<_, Failed>(stale)
        })?;
        let poured = match (&stale, &database) {
            (Ok(_), Database::Postgres(url)) => backup::pour(&place, url),
            _ => Ok(()),
        };
        if stale.is_err() || matches!(database, Database::Postgres(_)) {
            // Without the key it is no restored database, and the next attempt shall find the place free.
            for end in ["", "-wal", "-shm"] {
                let mut path = place.clone().into_os_string();
                path.push(end);
                let _ = std::fs::remove_file(path);
            }
        }
        let stale = stale?;
        poured?;
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
