//! Requests that are done once: which of them this process is working on.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use ligand_model::id::OrganizationId;
use ligand_model::secret::TokenDigest;

use crate::app::App;

/// What this process works on.
#[derive(Debug, Default)]
pub struct Running {
    process: OnceLock<String>,
    keys: Mutex<HashSet<(OrganizationId, TokenDigest)>>,
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
}
