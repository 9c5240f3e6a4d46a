//! The simulated vendors beside the server.

#[cfg(feature = "sandbox")]
mod ports;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ligand_model::time::Clock;

use crate::config;

/// The ports of a data folder: `{"salesforce":7091,…}`.
pub const FILE: &str = "sandbox.json";

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Built without it.
    #[error("this binary was built without the sandbox (feature `sandbox`)")]
    Absent,
    /// A listener cannot be bound.
    #[error("the sandbox cannot be started")]
    Start(#[source] io::Error),
    /// The file of ports cannot be read or written.
    #[error("cannot use {FILE} in the data folder")]
    File(#[source] io::Error),
}

/// Running simulators.
pub struct Running {
    /// Vendor → origin.
    pub origins: BTreeMap<String, String>,
    /// Host pattern → origin.
    pub connect: Vec<(String, String)>,
    #[cfg(feature = "sandbox")]
    inner: ligand_sim::Sandbox,
}

impl Running {
    /// Closes every listener.
    pub async fn stop(self) {
        #[cfg(feature = "sandbox")]
        self.inner.stop().await;
    }
}

/// Starts the simulators on the ports of their data folder. Ports that are chosen for the first time are the usual
/// ones, or any with `free_ports`, for a server that listens on a free port itself.
///
/// # Errors
/// [`Error`].
#[cfg(feature = "sandbox")]
pub async fn start(
    sandbox: &config::Sandbox,
    dir: &Path,
    free_ports: bool,
    clock: Arc<dyn Clock>,
) -> Result<Running, Error> {
    let names = ligand_sim::VENDORS
        .iter()
        .map(|(name, _)| *name)
        .chain(["control"]);
    let known = ports::read(dir).map_err(Error::File)?;
    let first = (!free_ports).then_some(ports::FIRST);
    let chosen = ports::choose(&known, names, sandbox.listen, first);
    let consent = match sandbox.consent {
        config::Consent::Page => ligand_sim::Consent::Page,
        config::Consent::Auto => ligand_sim::Consent::Auto,
    };
    let options = ligand_sim::SandboxOptions {
        listen: sandbox.listen,
        ports: chosen,
        consent,
        clock,
    };
    let inner = ligand_sim::Sandbox::start(options)
        .await
        .map_err(Error::Start)?;
    let origins: BTreeMap<String, String> = inner
        .origins()
        .into_iter()
        .map(|(name, origin)| (name.to_owned(), origin))
        .collect();
    ports::remember(dir, known, &origins).map_err(Error::File)?;
    Ok(Running {
        origins,
        connect: inner.connect_map(),
        inner,
    })
}

/// Says that there is none.
///
/// # Errors
/// Always [`Error::Absent`].
#[cfg(not(feature = "sandbox"))]
#[expect(
    clippy::unused_async,
    reason = "the same signature as with the feature"
)]
pub async fn start(
    _: &config::Sandbox,
    _: &Path,
    _: bool,
    _: Arc<dyn Clock>,
) -> Result<Running, Error> {
    Err(Error::Absent)
}
