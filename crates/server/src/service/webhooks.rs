//! Telling applications' servers what happened: signed, in order of time, until they have heard.
//!
//! What is told and its cause are one row, written together. A worker takes the rows that are due ([`Due`]); one that
//! dies leaves them due again. A message may so arrive twice: its `webhook-id` is the same.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ligand_engine::step::VendorRequest;
use ligand_model::error::Classify as _;
use ligand_model::id::{OrganizationId, UserId};
use ligand_model::time::Timestamp;
use ring::hmac;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{Error, authentication};
use crate::app::App;

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// A worker that has not said anything for so long is taken for dead, milliseconds.
const LEASE_MS: i64 = 60 * 1000;
/// Waits between attempts, seconds: about a day in all.
const WAITS_S: [i64; 9] = [5, 30, 120, 600, 1800, 3600, 7200, 21_600, 43_200];
/// Attempts after which a message is given up.
pub const MOST_ATTEMPTS: i64 = 10;

/// What an application's server is told.
#[derive(Debug)]
pub struct Message {
    /// Where.
    pub url: String,
    /// Its name, the same at each attempt.
    pub id: String,
    /// The message.
    pub body: Value,
    /// The user with whose organization's secret it is signed.
    pub signer: (OrganizationId, UserId),
}

/// A row that says that somebody is to be told.
pub trait Due: Send + Sync + 'static {
    /// Attempts, the present one included.
    fn attempts(&self) -> i64;

    /// What it is about, for the log.
    fn about(&self) -> String;

    /// The message; none where nobody needs to hear any more.
    fn message(&self, app: &App) -> impl Future<Output = Result<Option<Message>, Error>> + Send;

    /// Keeps when it is told again; `None` when that is over.
    fn settle(
        &self,
        app: &App,
        again: Option<Timestamp>,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Until when a worker has what it takes.
pub fn lease(app: &App) -> Timestamp {
    app.now().plus_millis(LEASE_MS)
}

/// Tells everyone of what is due, side by side; a server that does not listen is no error.
pub async fn tell_all<D: Due>(app: &App, due: Vec<D>) {
    let mut telling = JoinSet::new();
    for one in due {
        let app = app.clone();
        telling.spawn(async move { tell(&app, &one).await });
    }
    while let Some(told) = telling.join_next().await {
        if let Ok(Err(error)) = told {
            tracing::warn!(error = %error.public(), "a message could not be noted as told");
        }
    }
}

async fn tell(app: &App, due: &impl Due) -> Result<(), Error> {
    let again = match deliver(app, due).await {
        Ok(()) => None,
        Err(why) => later(app, due, &why),
    };
    due.settle(app, again).await
}

/// Seconds to wait after so many attempts; `None` when it has been tried for long enough.
pub fn wait_after(attempts: i64) -> Option<i64> {
    let index = usize::try_from(attempts - 1).ok()?;
    WAITS_S.get(index).copied()
}

/// When a message that was not taken is tried again; `None` when it has been tried for long enough.
fn later(app: &App, due: &impl Due, why: &str) -> Option<Timestamp> {
    let (attempt, about) = (due.attempts(), due.about());
    let wait = wait_after(attempt);
    if let Some(seconds) = wait {
        tracing::info!(
            attempt,
            "{about} was not taken ({why}); again in {seconds} s"
        );
    } else {
        tracing::warn!(attempt, "{about} was never taken ({why})");
    }
    wait.map(|seconds| app.now().plus_millis(seconds * 1000))
}

/// One attempt; the refusal names no more than a status or a host.
async fn deliver(app: &App, due: &impl Due) -> Result<(), String> {
    let ours = |error: Error| error.public().into_owned();
    let Some(message) = due.message(app).await.map_err(ours)? else {
        return Ok(());
    };
    let body = serde_json::to_vec(&message.body).unwrap_or_default();
    let (organization, user) = message.signer;
    let (_, secret) = authentication::secrets(app, organization, user)
        .await
        .map_err(ours)?;
    let request = VendorRequest {
        method: "POST".to_owned(),
        url: message.url,
        headers: signed(&message.id, app.now(), secret.expose(), &body),
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

/// The headers of the Standard Webhooks specification, signed with the organization's secret: who may act for the
/// organization can check, nobody else can forge.
///
/// # Source
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
fn signed(id: &str, now: Timestamp, secret: &str, body: &[u8]) -> Vec<(String, String)> {
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
