//! Custody: the record of what happened to an instance's credential, and who was shown its token.

use std::hash::{BuildHasher as _, RandomState};

use ligand_model::id::{ApiKeyId, InstanceId};
use ligand_store::custody::{Page, Record};
use ligand_store::identity::Caller;
use quick_cache::sync::Cache;

use super::{Error, instances};
use crate::app::App;

/// What is noted already: who was shown an instance's token today.
#[derive(Debug)]
pub struct Noted {
    shown: Cache<(InstanceId, u64), ()>,
    hash: RandomState,
}

impl Default for Noted {
    fn default() -> Self {
        Self {
            shown: Cache::new(50_000),
            hash: RandomState::new(),
        }
    }
}

/// Notes that tokens are about to be shown to a caller: once a day, since some ask every minute. What cannot be noted is
/// not shown.
///
/// # Errors
/// Those of the store.
pub async fn revealed(
    app: &App,
    caller: &Caller,
    key: Option<ApiKeyId>,
    instances: impl IntoIterator<Item = InstanceId>,
) -> Result<(), Error> {
    const DAY_MS: i64 = 86_400_000;
    let noted = &app.memory.custody;
    let whose = (caller.user, key, app.now().0.div_euclid(DAY_MS));
    let whose = noted.hash.hash_one(whose);
    let new: Vec<InstanceId> = instances
        .into_iter()
        .filter(|id| noted.shown.get(&(*id, whose)).is_none())
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let note = app.store.note_revealed(caller.organization, new.clone());
    note.await?;
    for id in new {
        noted.shown.insert((id, whose), ());
    }
    Ok(())
}

/// The record of an instance, a page of it; also of one that was deleted.
///
/// # Errors
/// 404 for an instance of which there is no record.
pub async fn record(
    app: &App,
    caller: &Caller,
    id: InstanceId,
    page: Page,
    event: Option<&str>,
    limit: i64,
) -> Result<Vec<Record>, Error> {
    // What became of a deleted instance is for who administers the organization.
    if !caller.organization_admin {
        instances::find(app, caller, id, None).await?;
    }
    let rows = app
        .store
        .custody(caller.organization, id, page, event, limit)
        .await?;
    if rows.is_empty() && matches!(page, Page::After(0) | Page::Before(None)) {
        // An instance of before there was a record has an empty one.
        instances::find(app, caller, id, None).await?;
    }
    Ok(rows)
}
