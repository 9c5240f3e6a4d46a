//! Keeping grants fresh: one renewal an instance at a time, whoever asks; the rest wait and use its result.
//!
//! On this node by a table of flights, in the cluster by a lease in the instance's row. A flight runs beside the request
//! that began it, so that a caller who goes away cannot lose a rotated token.

mod changes;
mod due;
mod exchange;
mod fly;
mod lasting;
pub mod worker;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ligand_engine::catalog::Compiled;
use ligand_model::configuration::InstanceDocument;
use ligand_model::error::ErrorKind;
use ligand_model::id::{InstanceId, OrganizationId};
use tokio::sync::watch;

pub use changes::{Changes, write};
pub use due::{due, due_idle};
pub use exchange::{at_vendor, obtain, stamp};
pub use lasting::Lasting;

use super::Error;
use crate::app::App;
use fly::Flight;

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

/// Refreshes an instance's grant, or joins who already does. `used` names the credential that turned out stale.
pub async fn refresh(
    app: &App,
    element: &Arc<Compiled>,
    organization: OrganizationId,
    id: InstanceId,
    used: String,
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
                let flight = Flight::new(&landing.app, &element, organization, id);
                let result = flight.fly(used).await;
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

/// Names the credential among an instance's values: another name means that it was renewed.
///
/// It is a digest, so that it can be kept and compared without being a secret. Vendors' own sessions have no token of
/// their own name: there every value counts.
pub fn credential(values: &BTreeMap<String, String>) -> String {
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    let mut add = |text: &str| {
        digest.update(&u64::try_from(text.len()).unwrap_or(0).to_le_bytes());
        digest.update(text.as_bytes());
    };
    let of = |key: &str| values.get(key).filter(|value| !value.is_empty());
    match (of("oauth.user.token"), of("oauth.user.refresh_token")) {
        (None, None) => {
            for (key, value) in values {
                add(key);
                add(value);
            }
        }
        (token, refresh_token) => {
            add(token.map_or("", String::as_str));
            add(refresh_token.map_or("", String::as_str));
        }
    }
    URL_SAFE_NO_PAD.encode(digest.finish())
}

fn unknown() -> Error {
    Error::new(ErrorKind::Unauthenticated, super::callers::BAD_CREDENTIALS)
}

/// What a caller of an instance whose grant was refused is told.
pub fn reconnect_it(id: InstanceId) -> String {
    format!(
        "The vendor refused to renew this instance's access. Reconnect it: PUT /instances/{id} \
         with a new `providerData.code`."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_credential_is_named_by_its_tokens_or_else_by_everything() {
        let one = values(&[("oauth.user.token", "a"), ("x", "1")]);
        let same = values(&[("oauth.user.token", "a"), ("x", "2")]);
        let other = values(&[("oauth.user.token", "b"), ("x", "1")]);
        assert_eq!(credential(&one), credential(&same));
        assert_ne!(credential(&one), credential(&other));
        assert_eq!(credential(&one).len(), 43, "a digest, no secret");
        let session = values(&[("sessionId", "a")]);
        let next = values(&[("sessionId", "b")]);
        assert_ne!(credential(&session), credential(&next));
    }
}
