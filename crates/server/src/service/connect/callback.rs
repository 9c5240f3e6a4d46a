//! Telling an application's server that an account is connected: signed, in order of time, until it has heard.
//!
//! A session's end and the wish to tell of it are one row, written together. A worker takes the rows that are due; one
//! that dies leaves them due again. A message may so arrive twice: its `webhook-id` is the same.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ligand_engine::step::VendorRequest;
use ligand_model::error::Classify as _;
use ligand_model::time::Timestamp;
use ligand_store::connect::{ConnectSession, ConnectStatus};
use ring::hmac;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::ask::Ask;
use crate::app::App;
use crate::service::{Error, authentication, elements};

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// A worker that has not said anything for so long is taken for dead, milliseconds.
const LEASE_MS: i64 = 60 * 1000;
/// Waits between attempts, seconds: about a day in all.
const WAITS_S: [i64; 9] = [5, 30, 120, 600, 1800, 3600, 7200, 21_600, 43_200];
/// Attempts after which a message is given up.
pub(crate) const MOST_ATTEMPTS: i64 = 10;
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

/// Tells everyone who is due, side by side.
///
/// # Errors
/// Those of the store; a server that does not listen is no error.
pub async fn tell_due(app: &App) -> Result<(), Error> {
    let again = app.now().plus_millis(LEASE_MS);
    let due = app.store.claim_connect_callbacks(again).await?;
    let mut telling = JoinSet::new();
    for session in due {
        let app = app.clone();
        telling.spawn(async move { tell(&app, session).await });
    }
    while let Some(told) = telling.join_next().await {
        if let Ok(Err(error)) = told {
            tracing::warn!(error = %error.public(), "a Connect callback could not be noted");
        }
    }
    Ok(())
}

async fn tell(app: &App, session: ConnectSession) -> Result<(), Error> {
    let (organization, id) = (session.organization, session.id);
    let next = match deliver(app, &session).await {
        Ok(()) => None,
        Err(why) => later(app, &session, &why),
    };
    app.store
        .set_connect_callback(organization, id, next)
        .await?;
    Ok(())
}

/// Seconds to wait after so many attempts; `None` when it has been tried for long enough.
pub(crate) fn wait_after(attempts: i64) -> Option<i64> {
    let index = usize::try_from(attempts - 1).ok()?;
    WAITS_S.get(index).copied()
}

/// When a message that was not taken is tried again; `None` when it has been tried for long enough.
fn later(app: &App, session: &ConnectSession, why: &str) -> Option<Timestamp> {
    let (organization, id, attempt) = (session.organization.0, session.id, session.attempts);
    let wait = wait_after(attempt);
    if let Some(seconds) = wait {
        tracing::info!(
            organization.id = organization,
            session.id = id,
            attempt,
            "the Connect callback of session {id} was not taken ({why}); again in {seconds} s"
        );
    } else {
        tracing::warn!(
            organization.id = organization,
            session.id = id,
            attempt,
            "the Connect callback of session {id} was never taken ({why}); GET /connect/sessions/{id} tells"
        );
    }
    wait.map(|seconds| app.now().plus_millis(seconds * 1000))
}

/// One attempt; the refusal names no more than a status or a host.
async fn deliver(app: &App, session: &ConnectSession) -> Result<(), String> {
    let ours = |error: Error| error.public().into_owned();
    let ask = Ask::of(session).map_err(ours)?;
    let Some(url) = ask.callback_url.clone() else {
        return Ok(());
    };
    let body = message(app, session, &ask).await.map_err(ours)?;
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let (_, secret) = authentication::secrets(app, session.organization, session.user)
        .await
        .map_err(ours)?;
    let name = format!("connect_{}", session.id);
    let headers = signed(&name, app.now(), secret.expose(), &body);
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

/// What is told. The account's token is not in it: the application asks for it with its own credentials.
///
/// # Shape
/// `{"type": "connect.connected", "timestamp": "…", "data": {"session": 1, "status": "connected", "reference": "…",
/// "instance": {"id": 7, "name": "…", "tags": […], "element": {"id": 23, "key": "sfdc"}}}}`
async fn message(app: &App, session: &ConnectSession, ask: &Ask) -> Result<Value, Error> {
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

/// The headers of the Standard Webhooks specification, signed with the organization's secret: who may act for the
/// organization can check, nobody else can forge.
///
/// # Source
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
pub(crate) fn signed(id: &str, now: Timestamp, secret: &str, body: &[u8]) -> Vec<(String, String)> {
    let seconds = now.0.div_euclid(1000).to_string();
    let key = Zeroizing::new(
        STANDARD
            .decode(secret)
            .unwrap_or_else(|_| secret.as_bytes().to_vec()),
    );
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
    for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
        context.update(part);
    }
    let signature = format!("v1,{}", STANDARD.encode(context.sign()));
    [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", &seconds),
        ("webhook-signature", &signature),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        let headers = signed(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp(1_614_265_330_000),
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            br#"{"test": 2432232314}"#,
        );
        let signature = headers
            .iter()
            .find(|(name, _)| name == "webhook-signature")
            .map(|(_, value)| value.as_str());
        assert_eq!(
            signature,
            Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
    }
}
