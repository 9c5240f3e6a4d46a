//! `ligand element new --openapi FILE`: the element that a Swagger 2 or OpenAPI 3 document describes, as an export.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use ligand_engine::convert;

use crate::cli::Failed;

/// The largest document that is read.
const LARGEST: u64 = 16 * 1024 * 1024;

#[derive(Debug, Args)]
pub(in crate::cli) struct New {
    /// A Swagger 2 or OpenAPI 3 document in JSON; nothing that it refers to is fetched.
    #[arg(long, value_name = "FILE")]
    openapi: PathBuf,
}

impl New {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failed> {
        let place = self.openapi.display();
        let file =
            std::fs::File::open(&self.openapi).map_err(|error| format!("{place}: {error}"))?;
        let mut document = Vec::new();
        file.take(LARGEST + 1)
            .read_to_end(&mut document)
            .map_err(|error| format!("{place}: {error}"))?;
        if u64::try_from(document.len()).unwrap_or(u64::MAX) > LARGEST {
            return Err(format!("{place}: larger than {LARGEST} bytes").into());
        }
        let element = convert::swagger(&document).map_err(|error| format!("{place}: {error}"))?;
        let mut out = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, &element)?;
        out.write_all(b"\n")?;
        Ok(ExitCode::SUCCESS)
    }
}
