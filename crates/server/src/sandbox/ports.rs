//! The ports of the simulated vendors: chosen once a data folder and reused.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::path::Path;

use super::FILE;
use crate::runtime::replace;

/// Ports that are tried first, in the order of the vendors' names.
pub(super) const FIRST: u16 = 7091;

/// The ports that this folder's sandbox had.
pub(super) fn read(dir: &Path) -> io::Result<BTreeMap<String, u16>> {
    match std::fs::read(dir.join(FILE)) {
        Ok(text) => serde_json::from_slice(&text).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// A known port stays; a new vendor gets the first usual one that is free. A port that is taken is replaced for this time.
pub(super) fn choose<'a>(
    known: &BTreeMap<String, u16>,
    names: impl Iterator<Item = &'a str>,
    listen: IpAddr,
    first: Option<u16>,
) -> BTreeMap<String, u16> {
    let free = |port: u16| TcpListener::bind((listen, port)).is_ok();
    let mut usual = first
        .map(|first| first..first.saturating_add(40))
        .into_iter()
        .flatten();
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
pub(super) fn remember(
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
        assert!(read(folder.path()).unwrap().is_empty());
        let taken = TcpListener::bind((local, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let origins = BTreeMap::from([("eloqua".into(), format!("http://127.0.0.1:{port}"))]);
        remember(folder.path(), BTreeMap::new(), &origins).unwrap();
        let known = read(folder.path()).unwrap();
        assert_eq!(known["eloqua"], port);
        assert_eq!(
            choose(&known, ["eloqua"].into_iter(), local, Some(port))["eloqua"],
            0
        );
        drop(taken);
        assert_eq!(
            choose(&known, ["eloqua"].into_iter(), local, Some(port))["eloqua"],
            port
        );
        let other = choose(&known, ["eloqua", "marketo"].into_iter(), local, Some(port));
        assert_ne!(other["marketo"], port);
        assert_eq!(
            choose(&known, ["marketo"].into_iter(), local, None)["marketo"],
            0
        );
        let moved = BTreeMap::from([("eloqua".into(), "http://127.0.0.1:1".into())]);
        remember(folder.path(), known, &moved).unwrap();
        assert_eq!(read(folder.path()).unwrap()["eloqua"], port);
    }
}
