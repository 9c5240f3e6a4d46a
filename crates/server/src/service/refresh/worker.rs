//! Renewing ahead of time, beside the calls: what was used since its last renewal before it passes, what was not only
//! before its vendor forgets it. Paced, so that no vendor meets all renewals at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ligand_model::configuration::Grant;
use ligand_model::error::{Classify as _, ErrorKind};
use ligand_model::id::{ElementId, InstanceId, OrganizationId};
use ligand_model::time::Timestamp;
use ligand_store::grants::DueGrant;
use quick_cache::sync::Cache;
use tokio::task::JoinSet;

use super::super::{Error, elements};
use super::{Refreshed, credential, due_idle, refresh};
use crate::app::App;

/// How often the worker looks.
const EVERY: Duration = Duration::from_secs(1);
/// Grants read at a time.
const PAGE: i64 = 200;
/// A use is noted again after so long, milliseconds.
const NOTED_MS: i64 = 5 * 60 * 1000;

/// Which instances were called lately.
#[derive(Debug)]
pub struct Uses {
    noted: Cache<InstanceId, Timestamp>,
    waiting: Mutex<Vec<(OrganizationId, InstanceId)>>,
}

impl Default for Uses {
    fn default() -> Self {
        Self {
            noted: Cache::new(50_000),
            waiting: Mutex::default(),
        }
    }
}

impl Uses {
    /// Notes a call; what is known already costs a look into memory.
    pub fn note(&self, organization: OrganizationId, id: InstanceId, now: Timestamp) {
        let known = self.noted.get(&id);
        if known.is_some_and(|at| now.0 < at.0.saturating_add(NOTED_MS)) {
            return;
        }
        self.noted.insert(id, now);
        self.lock().push((organization, id));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(OrganizationId, InstanceId)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks every second until the application stops.
pub async fn work(app: App) {
    let mut stopping = app.tasks.stopping();
    while tokio::time::timeout(EVERY, stopping.wait()).await.is_err() {
        if let Err(error) = round(&app).await {
            tracing::warn!(error = %error, "grants could not be looked after this time");
        }
    }
}

/// Notes uses and renews what is due, each element within its share. Answers how many were renewed.
///
/// # Errors
/// Those of the store; what was not done is still due.
pub async fn round(app: &App) -> Result<usize, Error> {
    let used = std::mem::take(&mut *app.memory.uses.lock());
    if !used.is_empty()
        && let Err(error) = app.store.note_use(used.clone(), app.now()).await
    {
        app.memory.uses.lock().extend(used);
        return Err(error.into());
    }
    if !app.config.grants.renew_ahead {
        return Ok(0);
    }
    let share = app.config.grants.renewals_per_second.max(1);
    let mut shares: HashMap<ElementId, u32> = HashMap::new();
    let mut running: JoinSet<bool> = JoinSet::new();
    let mut renewed = 0;
    loop {
        let full: Vec<ElementId> = shares
            .iter()
            .filter(|(_, taken)| **taken >= share)
            .map(|(element, _)| *element)
            .collect();
        let due = app.store.due_grants(app.now(), &full, PAGE).await?;
        let mut begun = 0;
        for grant in due {
            let taken = shares.entry(grant.element).or_default();
            if *taken >= share {
                continue;
            }
            match look_at(app, grant).await {
                Ok(Some(renewal)) => {
                    *taken += 1;
                    begun += 1;
                    running.spawn(renewal);
                }
                Ok(None) => {}
                Err(error) => pass_over(app, grant, error).await?,
            }
        }
        while let Some(done) = running.join_next().await {
            renewed += usize::from(done.unwrap_or(false));
        }
        // What failed is due again later; what was put off is no longer due: without new work the round is over.
        if begun == 0 || app.tasks.stopping().is_stopping() {
            return Ok(renewed);
        }
    }
}

/// One grant that cannot be looked at, such as one that does not open, is no reason to leave the others.
///
/// # Errors
/// The failure itself, when it is the database's and not the grant's.
async fn pass_over(app: &App, grant: DueGrant, error: Error) -> Result<(), Error> {
    if error.kind() == ErrorKind::Unavailable {
        return Err(error);
    }
    tracing::warn!(
        instance.id = grant.instance.0,
        organization.id = grant.organization.0,
        error = %error,
        "a grant cannot be looked after; it is passed over until its instance is written again"
    );
    let store = &app.store;
    store
        .postpone_grant(grant.organization, grant.instance, None)
        .await?;
    Ok(())
}

/// What a due grant needs: to be renewed, or to be looked at another time.
async fn look_at(
    app: &App,
    grant: DueGrant,
) -> Result<Option<impl Future<Output = bool> + Send + 'static>, Error> {
    let (organization, id) = (grant.organization, grant.instance);
    let Some(row) = app.store.grant(organization, id).await? else {
        return Ok(None);
    };
    let Ok(element) = elements::of_instance(app, &row.instance.instance).await else {
        // Nobody can call it either; when its element is back, the next renewal is made by a call.
        app.store.postpone_grant(organization, id, None).await?;
        return Ok(None);
    };
    let document = row.instance.open()?;
    let obtained = Grant::of(&document.values).obtained.unwrap_or_default();
    let idle = due_idle(app, &element, &document.values);
    let forgotten_soon = idle.is_some_and(|idle| idle <= app.now());
    if grant.used < obtained && !forgotten_soon {
        app.store.postpone_grant(organization, id, idle).await?;
        return Ok(None);
    }
    let app = app.clone();
    let used = credential(&document.values);
    Ok(Some(async move {
        let refreshed = refresh(&app, &element, organization, id, used).await;
        matches!(refreshed, Refreshed::Fresh(_))
    }))
}
