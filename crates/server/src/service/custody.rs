//! Custody: which hosts received an instance's credential, and the record of it.

use std::hash::{BuildHasher as _, RandomState};

use ligand_model::id::InstanceId;
use ligand_model::instance::Instance;
use ligand_store::custody::{Event, Record};
use ligand_store::identity::Caller;
use quick_cache::sync::Cache;

use super::{Error, instances};
use crate::app::App;

/// Hosts that are noted already, by instance.
#[derive(Debug)]
pub struct Noted {
    known: Cache<(InstanceId, u64), ()>,
    hash: RandomState,
}

impl Default for Noted {
    fn default() -> Self {
        Self {
            known: Cache::new(50_000),
            hash: RandomState::new(),
        }
    }
}

/// Notes each host's first use; later ones cost no statement.
pub async fn used(app: &App, instance: &Instance, hosts: &[String]) {
    let noted = &app.memory.custody;
    for host in hosts {
        let key = (instance.id, noted.hash.hash_one(host));
        if noted.known.get(&key).is_some() {
            continue;
        }
        let note = app
            .store
            .note_custody(instance.organization, instance.id, Event::Host, host);
        match note.await {
            Ok(()) => noted.known.insert(key, ()),
            // The call itself was made; the next one tries again.
            Err(error) => tracing::warn!(
                instance.id = instance.id.0,
                error = %error,
                "a host's first use could not be noted"
            ),
        }
    }
}

/// The record of an instance after an entry, also of one that was deleted.
///
/// # Errors
/// 404 for an instance of which there is no record.
pub async fn record(
    app: &App,
    caller: &Caller,
    id: InstanceId,
    after: i64,
    limit: i64,
) -> Result<Vec<Record>, Error> {
    // What became of a deleted instance is for who administers the organization.
    if !caller.organization_admin {
        instances::find(app, caller, id, None).await?;
    }
    let rows = app
        .store
        .custody(caller.organization, id, after, limit)
        .await?;
    if rows.is_empty() && after == 0 {
        // An instance of before there was a record has an empty one.
        instances::find(app, caller, id, None).await?;
    }
    Ok(rows)
}
