//! The simulated vendors beside the server: their ports are chosen once a data folder and reused.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use ligand_model::time::Clock;

use crate::config;
use crate::runtime::replace;

/// The ports of a data folder: `{"salesforce":7091,…}`.
pub const FILE: &str = "sandbox.json";

/// Ports that are tried first, in the order of the vendors' names.
#[cfg(feature = "sandbox")]
const FIRST_PORT: u16 = 7091;

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

/// Starts the simulators. `free_ports` ignores what was chosen before, for a server that listens on a free port itself.
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
    let names = ligand_sim::VENDORS.iter().map(|(name, _)| *name).chain(["control"]);
    let (known, ports) = if free_ports {
        (BTreeMap::new(), BTreeMap::new())
    } else {
        let known = read_ports(dir).map_err(Error::File)?;
        let ports = choose_ports(&known, names, sandbox.listen, FIRST_PORT);
        (known, ports)
    };
    let consent = match sandbox.consent {
        config::Consent::Page => ligand_sim::Consent::Page,
        config::Consent::Auto => ligand_sim::Consent::Auto,
    };
    let options =
        ligand_sim::SandboxOptions { listen: sandbox.listen, ports, consent, clock };
    let inner = ligand_sim::Sandbox::start(options).await.map_err(Error::Start)?;
    let origins: BTreeMap<String, String> =
        inner.origins().into_iter().map(|(name, origin)| (name.to_owned(), origin)).collect();
    if !free_ports {
        remember(dir, known, &origins).map_err(Error::File)?;
    }
    Ok(Running { origins, connect: inner.connect_map(), inner })
}

/// Says that there is none.
///
/// # Errors
/// Always [`Error::Absent`].
#[cfg(not(feature = "sandbox"))]
#[expect(clippy::unused_async, reason = "the same signature as with the feature")]
pub async fn start(
    _: &config::Sandbox,
    _: &Path,
    _: bool,
    _: Arc<dyn Clock>,
) -> Result<Running, Error> {
    Err(Error::Absent)
}

/// The ports that this folder's sandbox had.
#[cfg_attr(not(feature = "sandbox"), expect(dead_code, reason = "used by the sandbox"))]
fn read_ports(dir: &Path) -> io::Result<BTreeMap<String, u16>> {
    match std::fs::read(dir.join(FILE)) {
        Ok(text) => serde_json::from_slice(&text).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// A known port stays; a new vendor gets the first usual one that is free. A port that is taken is replaced for this time.
#[cfg_attr(not(feature = "sandbox"), expect(dead_code, reason = "used by the sandbox"))]
fn choose_ports<'a>(
    known: &BTreeMap<String, u16>,
    names: impl Iterator<Item = &'a str>,
    listen: IpAddr,
    first: u16,
) -> BTreeMap<String, u16> {
    let free = |port: u16| TcpListener::bind((listen, port)).is_ok();
    let mut usual = first..first.saturating_add(40);
    let mut chosen = BTreeMap::new();
    for name in names {
        let port = match known.get(name) {
            Some(port) if free(*port) => *port,
            Some(port) => {
                tracing::warn!("the sandbox's port {port} of {name} is taken; using a free one");
                0
            }
            None => usual
                .find(|port| !known.values().any(|other| other == port) && free(*port))
                .unwrap_or(0),
        };
        chosen.insert(name.to_owned(), port);
    }
    chosen
}

/// Adds the ports of vendors that had none.
#[cfg_attr(not(feature = "sandbox"), expect(dead_code, reason = "used by the sandbox"))]
fn remember(
    dir: &Path,
    mut known: BTreeMap<String, u16>,
    origins: &BTreeMap<String, String>,
) -> io::Result<()> {
    let before = known.len();
    for (name, origin) in origins {
        let port = origin.rsplit(':').next().and_then(|port| port.parse().ok());
        if let Some(port) = port {
            known.entry(name.clone()).or_insert(port);
        }
    }
    if known.len() == before {
        return Ok(());
    }
    let text = serde_json::to_vec_pretty(&known).map_err(io::Error::other)?;
    replace(&dir.join(FILE), &text, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_chosen_once_and_a_taken_one_is_replaced_for_the_time_being() {
        let local: IpAddr = [127, 0, 0, 1].into();
        let folder = tempfile::tempdir().unwrap();
        assert!(read_ports(folder.path()).unwrap().is_empty());
        let taken = TcpListener::bind((local, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let origins = BTreeMap::from([("eloqua".into(), format!("http://127.0.0.1:{port}"))]);
        remember(folder.path(), BTreeMap::new(), &origins).unwrap();
        let known = read_ports(folder.path()).unwrap();
        assert_eq!(known["eloqua"], port);
        assert_eq!(choose_ports(&known, ["eloqua"].into_iter(), local, port)["eloqua"], 0);
        drop(taken);
        assert_eq!(choose_ports(&known, ["eloqua"].into_iter(), local, port)["eloqua"], port);
        let other = choose_ports(&known, ["eloqua", "marketo"].into_iter(), local, port);
        assert_ne!(other["marketo"], port);
        let moved = BTreeMap::from([("eloqua".into(), "http://127.0.0.1:1".into())]);
        remember(folder.path(), known, &moved).unwrap();
        assert_eq!(read_ports(folder.path()).unwrap()["eloqua"], port);
    }
}
