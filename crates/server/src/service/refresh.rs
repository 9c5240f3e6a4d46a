//! Keeping grants fresh: one refresh an instance at a time, whoever asks; the rest wait and use its result.
//!
//! The refresh itself runs beside the request that began it, so that a caller who goes away cannot lose a rotated token.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use ligand_engine::catalog::Compiled;
use ligand_engine::oauth::{self, TokenCall, read_token_reply, token_request};
use ligand_engine::step::Failure;
use ligand_model::configuration::InstanceDocument;
use ligand_model::element::AuthenticationKind;
use ligand_model::error::{Classify as _, ErrorKind};
use ligand_model::id::{InstanceId, OrganizationId};
use ligand_store::instances::{InstanceChange, SealedInstance};
use tokio::sync::watch;

use super::{Error, lifecycle};
use crate::app::App;

/// How often a write that met another is tried again.
const ATTEMPTS: usize = 8;

/// What a refresh came to, for everyone who waited for it.
#[derive(Debug, Clone)]
pub enum Refreshed {
    /// The instance as it is now.
    Fresh(InstanceDocument),
    /// The vendor refused the grant: the customer must reconnect.
    Refused(String, Option<String>),
    /// It could not be tried; the grant may still be good.
    Failed(ErrorKind, String),
}

/// Refreshes under way, by instance.
#[derive(Debug, Default)]
pub struct Flights(Mutex<HashMap<InstanceId, watch::Receiver<Option<Refreshed>>>>);

/// Refreshes an instance's grant, or joins who already does. `used` is the access token that turned out stale.
pub async fn refresh(
    app: &App,
    element: &Arc<Compiled>,
    organization: OrganizationId,
    id: InstanceId,
    used: Option<String>,
) -> Refreshed {
    let mut waiting = {
        let mut flights = app
            .memory
            .flights
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = flights.get(&id) {
            running.clone()
        } else {
            let (done, waiting) = watch::channel(None);
            flights.insert(id, waiting.clone());
            let landing = Landing {
                app: app.clone(),
                id,
                done,
            };
            let element = Arc::clone(element);
            app.spawn("refresh", async move {
                let result = fly(&landing.app, &element, organization, id, used).await;
                landing.done.send_replace(Some(result));
            });
            waiting
        }
    };
    let landed = waiting
        .wait_for(Option::is_some)
        .await
        .ok()
        .and_then(|result| result.clone());
    landed.unwrap_or_else(|| {
        Refreshed::Failed(
            ErrorKind::Internal,
            "The grant could not be refreshed.".to_owned(),
        )
    })
}

/// Makes room for the next refresh however this one ends.
struct Landing {
    app: App,
    id: InstanceId,
    done: watch::Sender<Option<Refreshed>>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let flights = &self.app.memory.flights.0;
        flights
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}

async fn fly(
    app: &App,
    element: &Arc<Compiled>,
    organization: OrganizationId,
    id: InstanceId,
    used: Option<String>,
) -> Refreshed {
    match attempt(app, element, organization, id, used).await {
        Ok(document) => Refreshed::Fresh(document),
        Err(error) => {
            let refused = error.is_vendor()
                && (400..500).contains(&status_of(&error))
                && !matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Timeout);
            let message = error.public().into_owned();
            if !refused {
                tracing::warn!(instance.id = id.0, error = %message, "a refresh could not be made");
                return Refreshed::Failed(error.kind(), message);
            }
            tracing::warn!(
                instance.id = id.0,
                "the vendor refused to refresh the grant"
            );
            if let Err(error) = condemn(app, organization, id).await {
                tracing::error!(instance.id = id.0, error = %error, "the refusal could not be kept");
            }
            Refreshed::Refused(message, error.provider_message().map(str::to_owned))
        }
    }
}

fn status_of(error: &Error) -> u16 {
    error.status().unwrap_or_else(|| error.kind().status())
}

async fn attempt(
    app: &App,
    element: &Arc<Compiled>,
    organization: OrganizationId,
    id: InstanceId,
    used: Option<String>,
) -> Result<InstanceDocument, Error> {
    let sealed = read(app, organization, id).await?;
    let before = sealed.open()?;
    if before.values.get("oauth.user.token") != used.as_ref() {
        // Somebody refreshed between this caller's failure and now.
        return Ok(before);
    }
    let mut after = before.clone();
    at_vendor(app, element, &mut after).await?;
    let changes = Changes::between(&before, &after);
    let kept = write(app, sealed, changes, Some(true)).await?;
    Ok(kept)
}

async fn read(
    app: &App,
    organization: OrganizationId,
    id: InstanceId,
) -> Result<SealedInstance, Error> {
    app.store
        .instance(organization, id)
        .await?
        .ok_or_else(|| Error::new(ErrorKind::Unauthenticated, super::callers::BAD_CREDENTIALS))
}

/// The vendor's part of a refresh: the element's own call where it declares one, else OAuth's; then `onRefresh`.
///
/// # Errors
/// The vendor's refusal or failure; 401 when there is nothing to refresh with.
pub async fn at_vendor(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
) -> Result<(), Error> {
    let text = |key: &str| {
        document
            .values
            .get(key)
            .filter(|value| !value.is_empty())
            .cloned()
    };
    let refresh_token = text("oauth.user.refresh_token");
    if lifecycle::declares(element, "oauthOnTokenRefresh") {
        let query = vec![
            ("refreshToken".to_owned(), refresh_token.unwrap_or_default()),
            (
                "callbackUrl".to_owned(),
                text("oauth.callback.url").unwrap_or_default(),
            ),
        ];
        lifecycle::run(app, element, "oauthOnTokenRefresh", &query, document).await?;
        stamp(app, element, document);
        lifecycle::run(app, element, "onRefresh", &[], document).await?;
        return Ok(());
    }
    if let Some(call) = oauth::renewal(&element.element, &document.values, app.now()) {
        obtain(app, element, document, &call).await?;
        lifecycle::run(app, element, "onRefresh", &[], document).await?;
        return Ok(());
    }
    // A session of the vendor's own: renewed by what the element declares for it, else by logging in again.
    let mut ran = lifecycle::run(app, element, "onRefresh", &[], document).await?;
    if ran == 0 {
        ran += lifecycle::run(app, element, "provisionAuthValidation", &[], document).await?;
        ran += lifecycle::run(app, element, "onProvision", &[], document).await?;
    }
    if ran > 0 {
        return Ok(());
    }
    let message = "The vendor no longer accepts this instance's credential; reconnect it.";
    if element.element.authentication.kind == AuthenticationKind::Oauth2 {
        // The session is over and there is no token to begin another: only the customer can.
        return Err(Failure {
            kind: ErrorKind::Unauthenticated,
            status: None,
            message: message.to_owned(),
            provider_message: None,
        }
        .into());
    }
    // A key that is refused for one call may be good for another: the instance is not condemned for it.
    Err(Error::new(ErrorKind::Unauthenticated, message))
}

/// Obtains a grant for which nobody needs to be asked: by the element's own resource where it declares one, else by
/// OAuth's call.
///
/// # Errors
/// The vendor's refusal or failure, or a configuration that is not enough for the call.
pub async fn obtain(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
    call: &TokenCall<'_>,
) -> Result<(), Error> {
    let own = oauth::grant_kind(&element.element, &document.values).own_resource();
    if !matches!(call, TokenCall::Refresh) && lifecycle::declares(element, own) {
        lifecycle::run(app, element, own, &[], document).await?;
        stamp(app, element, document);
        return Ok(());
    }
    let request = token_request(&element.element, &document.values, call)?;
    let reply = lifecycle::send(app, request, document).await?;
    let stored = read_token_reply(&element.element, &document.values, &reply, app.now())?;
    let written = stored
        .into_iter()
        .map(|(key, value)| (key, Some(value)))
        .collect();
    lifecycle::absorb(element, document, written)
}

/// Notes when a grant was obtained, where the element's own call did not.
pub fn stamp(app: &App, element: &Compiled, document: &mut InstanceDocument) {
    let now = app.now().0.to_string();
    document
        .values
        .insert("oauth.user.refresh_time".to_owned(), now);
    if let Some(lifetime) = element.element.authentication.assumed_lifetime {
        document
            .values
            .entry("oauth.user.refresh_interval".to_owned())
            .or_insert_with(|| lifetime.to_string());
    }
}

/// What a use case changed in a document, to be laid over whatever the document has become meanwhile.
#[derive(Debug, Default)]
pub struct Changes {
    values: BTreeMap<String, Option<String>>,
    hosts: Option<Vec<String>>,
}

impl Changes {
    /// What makes `after` out of `before`.
    pub fn between(before: &InstanceDocument, after: &InstanceDocument) -> Self {
        let mut values: BTreeMap<String, Option<String>> = before
            .values
            .keys()
            .filter(|key| !after.values.contains_key(*key))
            .map(|key| (key.clone(), None))
            .collect();
        values.extend(
            after
                .values
                .iter()
                .filter(|(key, value)| before.values.get(*key) != Some(value))
                .map(|(key, value)| (key.clone(), Some(value.clone()))),
        );
        let hosts = (before.hosts != after.hosts).then(|| after.hosts.clone());
        Self { values, hosts }
    }

    /// The changes that a call's own writes make.
    pub fn of_values(values: BTreeMap<String, Option<String>>, hosts: Option<Vec<String>>) -> Self {
        Self { values, hosts }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.hosts.is_none()
    }

    /// Lays them over a document.
    pub fn apply(&self, document: &mut InstanceDocument) {
        for (key, value) in &self.values {
            match value {
                Some(value) => document.values.insert(key.clone(), value.clone()),
                None => document.values.remove(key),
            };
        }
        if let Some(hosts) = &self.hosts {
            document.hosts.clone_from(hosts);
        }
    }
}

/// Writes changes by compare-and-swap, again over the newer document when another writer was first.
///
/// # Errors
/// 401 when the instance has been deleted meanwhile, 409 when others write without pause.
pub async fn write(
    app: &App,
    mut sealed: SealedInstance,
    changes: Changes,
    valid: Option<bool>,
) -> Result<InstanceDocument, Error> {
    let (organization, id) = (sealed.instance.organization, sealed.instance.id);
    for _ in 0..ATTEMPTS {
        let mut document = sealed.open()?;
        changes.apply(&mut document);
        let change = InstanceChange {
            document: Some(document.clone()),
            valid,
            ..InstanceChange::default()
        };
        let version = sealed.instance.version;
        match app
            .store
            .update_instance(organization, id, version, change)
            .await?
        {
            Some(written) => {
                app.memory.instances.publish(written);
                return Ok(document);
            }
            None => sealed = read(app, organization, id).await?,
        }
    }
    Err(Error::conflict(
        "The instance is being changed by others; try again.",
    ))
}

/// Marks an instance as refused by its vendor.
async fn condemn(app: &App, organization: OrganizationId, id: InstanceId) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let sealed = read(app, organization, id).await?;
        let change = InstanceChange {
            valid: Some(false),
            ..InstanceChange::default()
        };
        let version = sealed.instance.version;
        if let Some(written) = app
            .store
            .update_instance(organization, id, version, change)
            .await?
        {
            app.memory.instances.publish(written);
            return Ok(());
        }
    }
    Err(Error::conflict(
        "The instance is being changed by others; try again.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(pairs: &[(&str, &str)], hosts: &[&str]) -> InstanceDocument {
        InstanceDocument {
            values: pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        }
    }

    #[test]
    fn changes_laid_over_a_newer_document_keep_what_others_wrote() {
        let before = document(&[("a", "1"), ("b", "1"), ("c", "1")], &["x"]);
        let after = document(&[("a", "2"), ("c", "1"), ("d", "1")], &["x"]);
        let changes = Changes::between(&before, &after);
        let mut newer = document(&[("a", "1"), ("b", "1"), ("c", "9")], &["x", "y"]);
        changes.apply(&mut newer);
        assert_eq!(
            newer,
            document(&[("a", "2"), ("c", "9"), ("d", "1")], &["x", "y"])
        );
        assert!(Changes::between(&before, &before).is_empty());
    }
}
