//! Telling an application that one of its customers must reconnect: signed, until it has heard, with a link that leads
//! the customer there.
//!
//! A notice is written with the refusal it tells of. A worker takes those that are due; one that dies leaves them due
//! again. A message may so arrive twice: its `webhook-id` is the same.

use std::time::Duration;

use bytes::Bytes;
use ligand_engine::step::VendorRequest;
use ligand_model::error::Classify as _;
use ligand_model::id::{OrganizationId, UserId};
use ligand_model::time::Timestamp;
use ligand_store::identity::Caller;
use ligand_store::notices::Notice;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connect::ask::Wanted;
use super::connect::{self, callback};
use super::{Error, authentication, elements};
use crate::app::App;

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// A worker that has not said anything for so long is taken for dead, milliseconds.
const LEASE_MS: i64 = 60 * 1000;
/// How often the table is looked at.
const EVERY: Duration = Duration::from_secs(5);
/// Notices are remembered so long, milliseconds.
const REMEMBERED_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Looks between two sweeps.
const SWEEP_EVERY: u32 = 120;

/// Where an organization is told.
///
/// # Errors
/// Those of the store.
pub async fn target(app: &App, organization: OrganizationId) -> Result<Option<String>, Error> {
    Ok(app.store.notice_target(organization).await?)
}

/// Says where an organization is told; `None` for nowhere.
///
/// # Errors
/// 400 for what is no https URL, or leads into our own network.
pub async fn set_target(
    app: &App,
    organization: OrganizationId,
    url: Option<String>,
) -> Result<(), Error> {
    if let Some(url) = &url {
        app.vendor
            .admits(url)
            .map_err(|refusal| Error::invalid(format!("`url`: {refusal}.")))?;
    }
    app.store.set_notice_target(organization, url).await?;
    Ok(())
}

/// Tells applications until the application stops.
pub async fn work(app: App) {
    let mut stopping = app.tasks.stopping();
    let mut looks: u32 = 0;
    while tokio::time::timeout(EVERY, stopping.wait()).await.is_err() {
        if let Err(error) = tell_due(&app).await {
            tracing::warn!(error = %error.public(), "notices could not be read; trying again");
        }
        looks = looks.wrapping_add(1);
        if looks.is_multiple_of(SWEEP_EVERY)
            && let Err(error) = sweep(&app).await
        {
            tracing::warn!(error = %error.public(), "what is over could not be forgotten yet");
        }
    }
}

/// Forgets notices that are over, and outcomes that have expired.
///
/// # Errors
/// Those of the store.
pub async fn sweep(app: &App) -> Result<(), Error> {
    let now = app.now();
    app.store.prune_outcomes(now).await?;
    let before = now.plus_millis(-REMEMBERED_MS);
    app.store.prune_notices(before).await?;
    Ok(())
}

/// Tells everyone who is due, side by side.
///
/// # Errors
/// Those of the store; a server that does not listen is no error.
pub async fn tell_due(app: &App) -> Result<(), Error> {
    let again = app.now().plus_millis(LEASE_MS);
    let mut telling = JoinSet::new();
    for notice in app.store.claim_notices(again).await? {
        let app = app.clone();
        telling.spawn(async move { tell(&app, notice).await });
    }
    while let Some(told) = telling.join_next().await {
        if let Ok(Err(error)) = told {
            tracing::warn!(error = %error.public(), "a notice could not be noted as told");
        }
    }
    Ok(())
}

async fn tell(app: &App, notice: Notice) -> Result<(), Error> {
    let next = match deliver(app, &notice).await {
        Ok(()) => None,
        Err(why) => later(app, &notice, &why),
    };
    let (organization, id) = (notice.organization, notice.id);
    app.store.set_notice(organization, id, next).await?;
    Ok(())
}

fn later(app: &App, notice: &Notice, why: &str) -> Option<Timestamp> {
    let wait = callback::wait_after(notice.attempts);
    if wait.is_none() {
        tracing::warn!(
            organization.id = notice.organization.0,
            instance.id = notice.instance.0,
            "nobody took the notice that instance {} must be reconnected ({why}); GET /instances/{} tells",
            notice.instance,
            notice.instance
        );
    }
    wait.map(|seconds| app.now().plus_millis(seconds * 1000))
}

/// One attempt; the refusal names no more than a status or a host.
async fn deliver(app: &App, notice: &Notice) -> Result<(), String> {
    let ours = |error: Error| error.public().into_owned();
    let organization = notice.organization;
    let Some(url) = target(app, organization).await.map_err(ours)? else {
        return Ok(());
    };
    let found = app.store.instance(organization, notice.instance).await;
    let Some(sealed) = found.map_err(|error| ours(error.into()))? else {
        return Ok(());
    };
    if sealed.instance.valid {
        // Reconnected meanwhile.
        return Ok(());
    }
    let mut data = json!({
        "instance": {
            "id": sealed.instance.id,
            "name": sealed.instance.name,
            "tags": sealed.instance.tags,
        },
        "reason": notice.reason,
        "since": notice.created.to_iso(),
    });
    let element = elements::of_instance(app, &sealed.instance).await.ok();
    let key = element.map(|element| element.element.key.clone());
    if let Value::Object(members) = &mut data {
        members.insert(
            "element".to_owned(),
            json!({"id": sealed.instance.element, "key": key}),
        );
        if let Some(link) = reconnect_link(app, &sealed.owner, notice).await {
            members.extend(link);
        }
    }
    let body = json!({
        "type": "instance.invalid",
        "timestamp": app.now().to_iso(),
        "data": data,
    });
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let secret = secret(app, organization, sealed.owner.user).await;
    let name = format!("notice_{}", notice.id);
    let headers = callback::signed(&name, app.now(), &secret.map_err(ours)?, &body);
    let request = VendorRequest {
        method: "POST".to_owned(),
        url,
        headers,
        body: Bytes::from(body),
        after_upload: None,
        stream: false,
        carries_application_secret: false,
    };
    let answer = app.vendor.send(request, Instant::now() + PATIENCE).await;
    let status = answer.map_err(|error| error.message)?.reply.status;
    if (200..300).contains(&status) {
        Ok(())
    } else {
        Err(format!("status {status}"))
    }
}

async fn secret(app: &App, organization: OrganizationId, user: UserId) -> Result<String, Error> {
    let (_, secret) = authentication::secrets(app, organization, user).await?;
    Ok(secret.expose().to_owned())
}

/// A link that leads the customer to reconnect: it opens once and is good for half an hour. Without one the application
/// begins a Connect session of its own.
async fn reconnect_link(
    app: &App,
    owner: &Caller,
    notice: &Notice,
) -> Option<serde_json::Map<String, Value>> {
    let wanted = Wanted {
        instance: Some(notice.instance),
        ..Wanted::default()
    };
    match connect::begin(app, owner, wanted).await {
        Ok(begun) => {
            let link =
                json!({"reconnectUrl": begun.url, "reconnectExpires": begun.expires.to_iso()});
            link.as_object().cloned()
        }
        Err(error) => {
            tracing::info!(instance.id = notice.instance.0, error = %error.public(), "no link to reconnect could be made");
            None
        }
    }
}
