//! Telling an application that one of its customers must reconnect: signed, until it has heard, with a link that leads
//! the customer there.
//!
//! A notice is written with the refusal it tells of.

use std::time::Duration;

use ligand_model::error::Classify as _;
use ligand_model::id::OrganizationId;
use ligand_model::time::Timestamp;
use ligand_store::identity::Caller;
use ligand_store::notices::Notice;
use serde_json::{Value, json};

use super::connect;
use super::connect::ask::Wanted;
use super::webhooks::{self, Due, Message};
use super::{Error, elements};
use crate::app::App;

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
    // Longer than any span that an element declares.
    app.store
        .prune_slices(now.plus_millis(-2 * REMEMBERED_MS))
        .await?;
    let before = now.plus_millis(-REMEMBERED_MS);
    app.store.prune_notices(before).await?;
    Ok(())
}

/// Tells everyone who is due.
///
/// # Errors
/// Those of the store; a server that does not listen is no error.
pub async fn tell_due(app: &App) -> Result<(), Error> {
    let due = app.store.claim_notices(webhooks::lease(app)).await?;
    webhooks::tell_all(app, due).await;
    Ok(())
}

impl Due for Notice {
    fn attempts(&self) -> i64 {
        self.attempts
    }

    fn about(&self) -> String {
        let (id, organization) = (self.instance, self.organization);
        format!(
            "the notice that instance {id} of organization {organization} must be reconnected (GET /instances/{id} tells)"
        )
    }

    async fn message(&self, app: &App) -> Result<Option<Message>, Error> {
        message(app, self).await
    }

    async fn settle(&self, app: &App, again: Option<Timestamp>) -> Result<(), Error> {
        app.store
            .set_notice(self.organization, self.id, again)
            .await?;
        Ok(())
    }
}

/// What is told; nothing where nobody wants to hear, and of what is gone or reconnected meanwhile.
async fn message(app: &App, notice: &Notice) -> Result<Option<Message>, Error> {
    let organization = notice.organization;
    let Some(url) = target(app, organization).await? else {
        return Ok(None);
    };
    let found = app.store.instance(organization, notice.instance).await?;
    let Some(sealed) = found.filter(|sealed| !sealed.instance.valid) else {
        return Ok(None);
    };
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
    Ok(Some(Message {
        url,
        id: format!("notice_{}", notice.id),
        body: json!({
            "type": "instance.invalid",
            "timestamp": app.now().to_iso(),
            "data": data,
        }),
        signer: (organization, sealed.owner.user),
    }))
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
