//! `ligand audit verify`: whether the records of custody are as they were written.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;

use super::{Common, Failed, Flags};
use crate::app::system::{SystemClock, SystemEntropy};
use crate::{start, telemetry};

/// What to do with the records of custody.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Goes through every record and says which was changed, removed or put in; status 1 then.
    Verify {
        /// Prints each instance's last entry: kept elsewhere, it shows later that no record was cut short.
        #[arg(long)]
        heads: bool,
        #[command(flatten)]
        common: Common,
    },
}

impl Audit {
    pub(super) async fn run(self) -> Result<ExitCode, Failed> {
        let Self::Verify { heads, common } = self;
        let config = Flags::common(&common).load(common)?;
        telemetry::start(&config.telemetry);
        let clock = Arc::new(SystemClock);
        let (store, _) = start::open_store(&config, clock, Arc::new(SystemEntropy::new())).await?;
        let mut lines = Vec::new();
        let verified = store
            .verify_custody(|organization, record| {
                if heads {
                    let digest = record.digest_text();
                    let (instance, number) = (record.instance, record.number);
                    lines.push(format!("{organization} {instance} {number} {digest}"));
                }
            })
            .await?;
        store.close().await;
        let mut out = std::io::stdout();
        for line in lines {
            writeln!(out, "{line}")?;
        }
        for broken in &verified.broken {
            writeln!(
                out,
                "organization {}, instance {}: entry {} was changed, removed or put in",
                broken.organization, broken.instance, broken.number
            )?;
        }
        writeln!(
            out,
            "{} entries, {} instances whose record holds, {} whose record does not.",
            verified.records,
            verified.chains,
            verified.broken.len()
        )?;
        Ok(if verified.broken.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}
