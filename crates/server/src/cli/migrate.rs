//! `ligand migrate`: brings the database up to date, as every start does.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use super::Failed;
use crate::app::system::{SystemClock, SystemEntropy};
use crate::config::Config;
use crate::{start, telemetry};

pub(super) async fn run(config: Config) -> Result<ExitCode, Failed> {
    telemetry::start(&config.telemetry);
    let (store, _) = start::open_store(
        &config,
        Arc::new(SystemClock),
        Arc::new(SystemEntropy::new()),
    )
    .await?;
    store.close().await;
    writeln!(std::io::stdout(), "The database is up to date.")?;
    Ok(ExitCode::SUCCESS)
}
