//! Which hosts received an instance's credential: each stands in its record before it receives it.

use std::hash::{BuildHasher as _, RandomState};

use ligand_model::id::{InstanceId, OrganizationId};
use ligand_store::{Error, Store};
use quick_cache::sync::Cache;

/// Hosts that are known to stand in the record of their instance.
#[derive(Debug)]
pub struct Known {
    hosts: Cache<(InstanceId, u64), ()>,
    hash: RandomState,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            hosts: Cache::new(50_000),
            hash: RandomState::new(),
        }
    }
}

/// Whose credential is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct FirstUses<'a> {
    /// Where the record is.
    pub store: &'a Store,
    /// What need not be asked.
    pub known: &'a Known,
    /// The tenant.
    pub organization: OrganizationId,
    /// The instance.
    pub instance: InstanceId,
}

impl FirstUses<'_> {
    /// Notes that a host, in lower case, is about to receive the credential; what is known costs no statement.
    ///
    /// # Errors
    /// Those of the store: what cannot be noted must not be sent.
    pub async fn note(&self, host: &str) -> Result<(), Error> {
        let key = (self.instance, self.known.hash.hash_one(host));
        if self.known.hosts.get(&key).is_some() {
            return Ok(());
        }
        self.store
            .note_host(self.organization, self.instance, host)
            .await?;
        self.known.hosts.insert(key, ());
        Ok(())
    }
}
