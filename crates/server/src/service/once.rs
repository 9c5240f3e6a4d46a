//! Requests that are done once: which of them this process is working on.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use ligand_model::id::OrganizationId;
use ligand_model::secret::TokenDigest;
use ligand_model::time::Timestamp;
use ligand_store::outcomes::Room;

use super::Error;
use crate::app::App;

/// New keys of an organization between two counts of what it has kept.
const BETWEEN: i64 = 1_000;
/// How long an organization without room is believed to have none, milliseconds.
const FULL_MS: i64 = 10_000;
/// Organizations remembered at most.
const REMEMBERED: usize = 10_000;

/// What this process works on.
#[derive(Debug, Default)]
pub struct Running {
    process: OnceLock<String>,
    keys: Mutex<HashSet<(OrganizationId, TokenDigest)>>,
    /// New keys until the next count, and when an organization was last found to have no room.
    left: Mutex<HashMap<OrganizationId, (i64, Timestamp)>>,
}

impl Running {
    /// The name of this process: what it began and did not end, no other can know.
    pub fn process(&self, app: &App) -> String {
        let name = || ligand_model::secret::random_token(&*app.entropy);
        self.process.get_or_init(name).clone()
    }

    /// The keys that are being worked on.
    pub fn keys(&self) -> MutexGuard<'_, HashSet<(OrganizationId, TokenDigest)>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an organization may keep one key more (`api.outcomes`). It is counted once in a while, so that there may be
    /// some more of them than that, by as many as nodes have begun meanwhile.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn room(&self, app: &App, organization: OrganizationId) -> Result<Room, Error> {
        let (most, now) = (app.config.api.outcomes, app.now());
        {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            if left.len() > REMEMBERED {
                left.clear();
            }
            if let Some((left, full)) = left.get_mut(&organization) {
                if *left > 0 {
                    *left -= 1;
                    return Ok(Room::Free);
                }
                // A clock that was set back says nothing.
                if (0..FULL_MS).contains(&(now.0 - full.0)) {
                    return Ok(Room::Taken(most));
                }
            }
        }
        let kept = app.store.count_outcomes(organization, most).await?;
        let found = most.saturating_sub(kept).clamp(0, BETWEEN);
        let (rest, full, room) = match found {
            0 => (0, now, Room::Taken(most)),
            some => (some - 1, Timestamp(i64::MIN / 2), Room::Free),
        };
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.insert(organization, (rest, full));
        Ok(room)
    }
}
