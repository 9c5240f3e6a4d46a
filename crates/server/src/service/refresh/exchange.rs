//! The vendor's part of a renewal.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::oauth::{self, TokenCall, read_token_reply, token_request};
use ligand_engine::step::Failure;
use ligand_model::configuration::InstanceDocument;
use ligand_model::element::AuthenticationKind;
use ligand_model::error::ErrorKind;

use super::super::Error;
use super::super::lifecycle::{self, Twice};
use crate::app::App;

/// What an exchange leaves to be done once its grant is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// The element's `onRefresh`, where it declares one.
    OnRefresh,
    /// Nothing: `onRefresh` was the exchange itself.
    Nothing,
}

/// A renewal without a lease, for a document that is not stored yet: the exchange, then `onRefresh`.
///
/// # Errors
/// The vendor's refusal or failure; 401 when there is nothing to refresh with.
pub async fn at_vendor(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
) -> Result<(), Error> {
    if exchange(app, element, document).await? == After::OnRefresh {
        lifecycle::run(app, element, "onRefresh", &[], document).await?;
    }
    Ok(())
}

/// Asks the vendor for the next grant: by the element's own call where it declares one, else by OAuth's.
///
/// # Errors
/// As [`at_vendor`]. The document may hold a new grant all the same, when something after it failed.
pub(super) async fn exchange(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
) -> Result<After, Error> {
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
        return Ok(After::OnRefresh);
    }
    if let Some(call) = oauth::renewal(&element.element, &document.values, app.now()) {
        obtain(app, element, document, &call).await?;
        return Ok(After::OnRefresh);
    }
    // A session of the vendor's own: renewed by what the element declares for it, else by logging in again.
    let mut ran = lifecycle::run(app, element, "onRefresh", &[], document).await?;
    if ran == 0 {
        ran += lifecycle::run(app, element, "provisionAuthValidation", &[], document).await?;
        ran += lifecycle::run(app, element, "onProvision", &[], document).await?;
    }
    if ran > 0 {
        return Ok(After::Nothing);
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
    let lasting = &app.memory.lasting;
    let twice = if lasting.may_repeat(element.id, &document.values, call) {
        Twice::May
    } else {
        Twice::MayNot
    };
    let reply = lifecycle::send_as_application(app, element, request, document, twice).await?;
    let stored = read_token_reply(&element.element, &document.values, &reply, app.now())?;
    if matches!(call, TokenCall::Refresh) {
        lasting.note(element.id, &document.values, &stored);
    }
    // The grant first: what else the vendor said may be refused, and the grant exists nowhere but here.
    let (grant, others): (BTreeMap<_, _>, BTreeMap<_, _>) = stored
        .into_iter()
        .map(|(key, value)| (key, Some(value)))
        .partition(|(key, _)| key.starts_with("oauth.user."));
    lifecycle::absorb(element, document, grant)?;
    lifecycle::absorb(element, document, others)
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
