//! Telling an application's server that an account is connected: a session's end and the wish to tell of it are one row.

use std::time::Duration;

use ligand_model::error::Classify as _;
use ligand_model::time::Timestamp;
use ligand_store::connect::{ConnectSession, ConnectStatus};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::ask::Ask;
use crate::app::App;
use crate::service::webhooks::{self, Due, Message};
use crate::service::{Error, elements};

/// How often the table is looked at when nobody calls.
const EVERY: Duration = Duration::from_secs(5);
/// How often what is over is forgotten.
const SWEEP: Duration = Duration::from_mins(10);

/// Tells applications and forgets what is over, until the application stops.
pub async fn work(app: App) {
    let mut stopping = app.tasks.stopping();
    let mut swept = Instant::now();
    loop {
        if let Err(error) = tell_due(&app).await {
            tracing::warn!(error = %error.public(), "Connect callbacks could not be read; trying again");
        }
        if swept.elapsed() >= SWEEP {
            swept = Instant::now();
            if let Err(error) = sweep(&app).await {
                tracing::warn!(error = %error.public(), "what is over could not be forgotten yet");
            }
        }
        let woken = tokio::time::timeout(EVERY, app.memory.connected.notified());
        tokio::select! {
            _ = woken => {}
            () = stopping.wait() => return,
        }
    }
}

/// Forgets sessions a day after their end, and consents and sign-ins that expired.
///
/// # Errors
/// Those of the store.
pub async fn sweep(app: &App) -> Result<(), Error> {
    let now = app.now();
    app.store
        .prune_connect_sessions(now.plus_millis(-super::REMEMBERED_MS))
        .await?;
    app.store.prune_expired(now).await?;
    Ok(())
}

/// Tells everyone who is due.
///
/// # Errors
/// Those of the store; a server that does not listen is no error.
pub async fn tell_due(app: &App) -> Result<(), Error> {
    let due = app
        .store
        .claim_connect_callbacks(webhooks::lease(app))
        .await?;
    webhooks::tell_all(app, due).await;
    Ok(())
}

impl Due for ConnectSession {
    fn attempts(&self) -> i64 {
        self.attempts
    }

    fn about(&self) -> String {
        let (id, organization) = (self.id, self.organization);
        format!(
            "the Connect callback of session {id} of organization {organization} (GET /connect/sessions/{id} tells)"
        )
    }

    async fn message(&self, app: &App) -> Result<Option<Message>, Error> {
        let ask = Ask::of(self)?;
        let Some(url) = ask.callback_url.clone() else {
            return Ok(None);
        };
        Ok(Some(Message {
            url,
            id: format!("connect_{}", self.id),
            body: body(app, self, &ask).await?,
            signer: (self.organization, self.user),
        }))
    }

    async fn settle(&self, app: &App, again: Option<Timestamp>) -> Result<(), Error> {
        app.store
            .set_connect_callback(self.organization, self.id, again)
            .await?;
        Ok(())
    }
}

/// What is told. The account's token is not in it: the application asks for it with its own credentials.
///
/// # Shape
/// `{"type": "connect.connected", "timestamp": "…", "data": {"session": 1, "status": "connected", "reference": "…",
/// "instance": {"id": 7, "name": "…", "tags": […], "element": {"id": 23, "key": "sfdc"}}}}`
async fn body(app: &App, session: &ConnectSession, ask: &Ask) -> Result<Value, Error> {
    let mut data = json!({"session": session.id, "status": super::word(session, app.now())});
    if let (Value::Object(members), Some(reference)) = (&mut data, &ask.reference) {
        members.insert("reference".to_owned(), json!(reference));
    }
    if let ConnectStatus::Connected(id) = session.status
        && let Some(found) = app.store.instance(session.organization, id).await?
    {
        let instance = found.instance;
        let element = elements::by_id(app, Some(session.organization), instance.element).await?;
        let key = element.map(|element| element.element.key.clone());
        if let Value::Object(members) = &mut data {
            members.insert(
                "instance".to_owned(),
                json!({
                    "id": instance.id,
                    "name": instance.name,
                    "tags": instance.tags,
                    "element": {"id": instance.element, "key": key},
                }),
            );
        }
    }
    Ok(json!({
        "type": "connect.connected",
        "timestamp": app.now().to_iso(),
        "data": data,
    }))
}
