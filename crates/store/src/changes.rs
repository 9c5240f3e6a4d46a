//! What other writers of the database changed, so that nobody believes what is over.
//!
//! On PostgreSQL a write announces itself in its own transaction (`NOTIFY`), so that every node hears of it when it is
//! committed and not before; the round trip that follows is the feed's heartbeat. On SQLite there is one server; what
//! another process wrote (`ligand keys rotate`) is seen by the file's version.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ligand_model::id::{ElementId, InstanceId, OrganizationId};
use ligand_model::time::Timestamp;
use tokio::sync::mpsc;

use crate::Store;
use crate::error::Error;

/// How often the feed proves that it lives.
pub(crate) const BEAT: Duration = Duration::from_millis(250);

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Anything may have: the feed was away, or the writer cannot say.
    Everything,
    /// Who may call: users, sessions, keys.
    Callers(OrganizationId),
    /// An instance now has this version; `i64::MAX`: it is gone.
    Instance(InstanceId, i64),
    /// What accounts add to elements.
    Extensions(OrganizationId),
    /// What calls in common names go through.
    Transformations(OrganizationId),
    /// The data keys of an organization.
    Keys(OrganizationId),
    /// A vendor wants to be left alone until then with an instance's calls.
    Held(OrganizationId, ElementId, InstanceId, Timestamp),
}

impl Change {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Everything => "everything".to_owned(),
            Self::Callers(id) => format!("callers {id}"),
            Self::Instance(id, version) => format!("instance {id} {version}"),
            Self::Extensions(id) => format!("extensions {id}"),
            Self::Transformations(id) => format!("transformations {id}"),
            Self::Keys(id) => format!("keys {id}"),
            Self::Held(organization, element, instance, until) => {
                format!("held {organization} {element} {instance} {}", until.0)
            }
        }
    }

    /// What a text says; a word of a newer program is taken for everything.
    pub(crate) fn parse(text: &str) -> Self {
        let mut words = text.split(' ');
        let word = words.next().unwrap_or_default();
        let mut number = || words.next().and_then(|word| word.parse().ok());
        let known = match word {
            "callers" => number().map(|id| Self::Callers(OrganizationId(id))),
            "instance" => number()
                .zip(number())
                .map(|(id, version)| Self::Instance(InstanceId(id), version)),
            "extensions" => number().map(|id| Self::Extensions(OrganizationId(id))),
            "transformations" => number().map(|id| Self::Transformations(OrganizationId(id))),
            "keys" => number().map(|id| Self::Keys(OrganizationId(id))),
            "held" => (|| {
                Some(Self::Held(
                    OrganizationId(number()?),
                    ElementId(number()?),
                    InstanceId(number()?),
                    Timestamp(number()?),
                ))
            })(),
            _ => None,
        };
        known.unwrap_or(Self::Everything)
    }
}

/// When the feed last proved that nothing is missing.
#[derive(Debug)]
pub(crate) struct Pulse {
    began: Instant,
    /// Milliseconds after `began`.
    last: AtomicU64,
    stopped: AtomicBool,
    /// Cut off on purpose, by a test.
    deaf: AtomicBool,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            last: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            deaf: AtomicBool::new(false),
        }
    }
}

impl Pulse {
    /// Nothing that was committed before `when` is missing.
    pub(crate) fn beat(&self, when: Instant) {
        let millis = when.saturating_duration_since(self.began).as_millis();
        self.last
            .fetch_max(u64::try_from(millis).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn silent_for(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(last)
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn is_deaf(&self) -> bool {
        self.deaf.load(Ordering::Relaxed)
    }
}

/// The feed of one store.
#[derive(Debug)]
pub struct Changes {
    store: Store,
    heard: Option<mpsc::UnboundedReceiver<Change>>,
    /// The file's version when it was last looked at, at first when it was opened; SQLite only.
    version: Option<i64>,
}

impl Changes {
    /// The next change; `None` when the store was closed.
    pub async fn next(&mut self) -> Option<Change> {
        if let Some(heard) = &mut self.heard {
            let change = heard.recv().await;
            if matches!(change, Some(Change::Everything | Change::Keys(_))) {
                self.store.inner.keyring.forget();
            }
            return change;
        }
        loop {
            tokio::time::sleep(BEAT).await;
            match self.store.write(|tx| tx.foreign_version()).await {
                Ok(version) => {
                    let before = std::mem::replace(&mut self.version, version);
                    if before != version {
                        self.store.inner.keyring.forget();
                        return Some(Change::Everything);
                    }
                }
                Err(Error::Closed) => return None,
                // A full disk is told by those whose writes it fails.
                Err(_) => {}
            }
        }
    }
}

impl Store {
    /// The feed of changes; there is one, and who takes it must follow it.
    pub fn changes(&self) -> Changes {
        let heard = self.take_heard();
        Changes {
            store: self.clone(),
            heard,
            version: self.inner.version.get().copied(),
        }
    }

    /// How long ago it was certain that no change of another node is missing; zero on SQLite.
    pub fn silent_for(&self) -> Duration {
        let pulse = self.inner.pulse.as_ref();
        pulse.map_or(Duration::ZERO, |pulse| pulse.silent_for())
    }

    /// Hears no more changes, as a node whose network is cut; undone with `false`. For tests.
    #[cfg(any(test, feature = "testing"))]
    pub fn make_deaf(&self, deaf: bool) {
        if let Some(pulse) = &self.inner.pulse {
            pulse.deaf.store(deaf, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_survives_its_text_and_an_unknown_one_is_everything() {
        for change in [
            Change::Everything,
            Change::Callers(OrganizationId(2)),
            Change::Instance(InstanceId(7), i64::MAX),
            Change::Extensions(OrganizationId(3)),
            Change::Keys(OrganizationId(4)),
        ] {
            assert_eq!(Change::parse(&change.text()), change);
        }
        for unknown in ["", "instance 7", "formulas 3", "callers x"] {
            assert_eq!(Change::parse(unknown), Change::Everything, "{unknown}");
        }
    }
}
