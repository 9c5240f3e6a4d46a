//! `ligand sandbox`: the simulated vendors alone.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use super::{Failed, Signals};
use crate::app::system::SystemClock;
use crate::config::Config;
use crate::{runtime, sandbox, telemetry};

/// Runs until told to stop; prints `{"salesforce":"http://127.0.0.1:7091",…}` once they listen.
pub(super) async fn run(config: Config) -> Result<ExitCode, Failed> {
    telemetry::start(&config.telemetry);
    let mut signals = Signals::listen()?;
    runtime::make_folder(config.data_dir())?;
    let running = sandbox::start(
        &config.sandbox,
        config.data_dir(),
        false,
        Arc::new(SystemClock),
    )
    .await?;
    let text = serde_json::to_string_pretty(&running.origins)?;
    writeln!(std::io::stdout(), "{text}")?;
    signals.told_to_stop().await;
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}
