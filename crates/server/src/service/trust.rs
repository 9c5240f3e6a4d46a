//! How long what this node remembers is believed: while it hears of every change, and a little longer.

use std::time::Duration;

use ligand_model::error::{Classify as _, ErrorKind};
use ligand_model::time::Timestamp;
use ligand_store::changes::Change;

use super::Error;
use crate::app::App;

/// A node that has not been told for so long that nothing is missing asks the store about each token.
const IN_TOUCH: Duration = Duration::from_secs(1);

/// While every change is heard, what was read is true. This bounds what is changed past all programs, by hand in the
/// database; half a minute, as long as nothing else told of a change, made every node read every caller all the time.
const BELIEVED: Duration = Duration::from_mins(10);

/// Whether what was read then is believed without asking the store again. What was read at a time to come, before the
/// clock was set back, is not.
pub fn believes(app: &App, read: Timestamp) -> bool {
    let age = u64::try_from(app.now().0.saturating_sub(read.0));
    is_in_touch(app) && age.is_ok_and(|age| Duration::from_millis(age) < BELIEVED)
}

/// Whether this node hears of what others change.
pub fn is_in_touch(app: &App) -> bool {
    app.store.silent_for() < IN_TOUCH
}

/// How long the store is waited for by somebody who may be remembered.
const HURRY: Duration = Duration::from_millis(500);

/// Asks the store about somebody. Where they are remembered, a store that stands still is as good as one that is gone.
///
/// # Errors
/// The store's.
pub async fn ask<T>(
    remembered: bool,
    asking: impl Future<Output = Result<T, ligand_store::Error>>,
) -> Result<T, ligand_store::Error> {
    if !remembered {
        return asking.await;
    }
    tokio::time::timeout(HURRY, asking)
        .await
        .unwrap_or_else(|_| Err(ligand_store::Error::late()))
}

/// What is remembered, when the store cannot be asked and the grace (`database.grace`) is not over; else the failure.
///
/// # Errors
/// The store's.
pub fn in_spite_of<T>(app: &App, error: ligand_store::Error, known: Option<T>) -> Result<T, Error> {
    let grace = IN_TOUCH.saturating_add(app.config.database.grace.0);
    match known {
        Some(known) if error.kind() == ErrorKind::Unavailable && app.store.silent_for() < grace => {
            Ok(known)
        }
        _ => Err(error.into()),
    }
}

/// Forgets what others change, until the application stops.
pub async fn follow(app: App) {
    let mut changes = app.store.changes();
    let mut stopping = app.tasks.stopping();
    loop {
        tokio::select! {
            heard = changes.next() => match heard {
                Some(change) => {
                    app.memory.forget(change);
                    if let Change::Held(organization, element, instance, until) = change {
                        let wait = until.0.saturating_sub(app.now().0);
                        let wait = Duration::from_millis(u64::try_from(wait).unwrap_or(0));
                        app.manners.hear_held(organization, element, instance, wait);
                    }
                    if change == Change::Everything {
                        tracing::debug!("what was remembered is forgotten: it may have changed elsewhere");
                    }
                }
                None => return,
            },
            () = stopping.wait() => return,
        }
    }
}
