//! A grant at its vendor: got by a code or what stands in its place, checked, and ended. Nothing is stored here.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::hosts;
use ligand_engine::oauth::{
    GrantKind, TokenCall, access_token_request, grant_kind, read_access_token, read_token_reply,
    renewal, revoke_request, token_request,
};
use ligand_engine::step::Failure;
use ligand_model::configuration::InstanceDocument;
use ligand_model::error::{Classify as _, ErrorKind};

use super::lifecycle::{self, Twice};
use super::oauth::Consent;
use super::{Error, refresh};
use crate::app::App;

/// The sentence of the field for an OAuth element without a code.
const NO_CODE: &str =
    "You must provide an OAuth code in order to create an instance of this element";

/// The same for OAuth 1.
const NO_VERIFIER: &str = "You must provide `oauth_token`, `oauth_verifier` and the `secret` of the \
    request token in `providerData` in order to create an instance of this element";

/// The hosts these values lead to; a lent application secret goes only where the element says it may.
///
/// # Errors
/// 400 for a host-bearing value that is no plain URL, host or label, or that the lent secret must not reach.
pub fn freeze(
    element: &Compiled,
    values: &BTreeMap<String, String>,
    lent: bool,
) -> Result<Vec<String>, Error> {
    let frozen = hosts::freeze(&element.element, values)?;
    if lent {
        let stranger = frozen.iter().find(|host| {
            !hosts::takes_application_secret(&element.element, &format!("https://{host}/"))
        });
        if let Some(host) = stranger {
            return Err(Error::invalid(format!(
                "The registered application's secret must not be sent to `{host}`; give \
                 `oauth.api.key` and `oauth.api.secret` with this configuration."
            )));
        }
    }
    Ok(frozen)
}

/// Every vendor step of connecting: the code, then the element's own checks.
///
/// # Errors
/// The first step that fails; a refusal of the vendor is the caller's 400.
pub async fn connect(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
    consent: &Consent,
    initial: bool,
) -> Result<(), Error> {
    obtain(app, element, document, consent, initial).await?;
    settle(app, element, document).await
}

/// The element's own check alone.
///
/// # Errors
/// As [`connect`].
pub async fn validate(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
) -> Result<(), Error> {
    let ran = lifecycle::run(app, element, "provisionAuthValidation", &[], document).await;
    ran.map(drop).map_err(refusal)
}

/// The code, or what stands in its place, becomes a grant.
///
/// # Errors
/// As [`connect`].
pub async fn obtain(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
    consent: &Consent,
    initial: bool,
) -> Result<(), Error> {
    let got = grant(app, element, document, consent, initial);
    got.await.map_err(refusal)
}

async fn grant(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
    consent: &Consent,
    initial: bool,
) -> Result<(), Error> {
    match grant_kind(&element.element, &document.values) {
        GrantKind::Code if initial => given_grant(app, element, document).await?,
        GrantKind::Code => exchange(app, element, document, consent).await?,
        GrantKind::Oauth1 => access_token(app, element, document, consent).await?,
        GrantKind::Password | GrantKind::ClientCredentials | GrantKind::JwtBearer => {
            let call = renewal(&element.element, &document.values, app.now());
            refresh::obtain(app, element, document, &call.unwrap_or(TokenCall::Refresh)).await?;
        }
        GrantKind::None => {}
    }
    Ok(())
}

/// What the element wants done with a new grant.
///
/// # Errors
/// As [`connect`].
pub async fn settle(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
) -> Result<(), Error> {
    validate(app, element, document).await?;
    let ran = lifecycle::run(app, element, "onProvision", &[], document).await;
    ran.map(drop).map_err(refusal)
}

/// `externalAuthentication: initial`: somebody else got the grant; its refresh token is enough to begin with.
async fn given_grant(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
) -> Result<(), Error> {
    let given = |key: &str| {
        document
            .values
            .get(key)
            .is_some_and(|value| !value.is_empty())
    };
    if !given("oauth.user.refresh_token") && !lifecycle::declares(element, "oauthOnTokenRefresh") {
        return Err(ligand_engine::error::Error::MissingConfiguration(vec![
            "oauth.user.refresh_token".to_owned(),
        ])
        .into());
    }
    if !given("oauth.user.token") {
        refresh::at_vendor(app, element, document).await?;
    }
    Ok(())
}

/// OAuth 1: the request token that the customer authorized becomes the lasting one.
async fn access_token(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
    consent: &Consent,
) -> Result<(), Error> {
    let Some(verifier) = &consent.code else {
        return Err(Error::invalid(NO_VERIFIER));
    };
    let nonce = lifecycle::nonce(app);
    let values = &document.values;
    let request = access_token_request(&element.element, values, verifier, &nonce, app.now())?;
    let reply = lifecycle::send(app, element, request, document).await?;
    let stored = read_access_token(&document.values, &reply)?;
    let written = stored
        .into_iter()
        .map(|(key, value)| (key, Some(value)))
        .collect();
    lifecycle::absorb(element, document, written)
}

async fn exchange(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
    consent: &Consent,
) -> Result<(), Error> {
    let own_call = lifecycle::declares(element, "oauthOnTokenExchange");
    let code = match &consent.code {
        Some(code) => code.as_str(),
        None if own_call && !exchange_needs_code(element) => "",
        None => return Err(Error::invalid(NO_CODE)),
    };
    if own_call {
        let callback = document
            .values
            .get("oauth.callback.url")
            .cloned()
            .unwrap_or_default();
        let mut query = vec![
            ("code".to_owned(), code.to_owned()),
            ("callbackUrl".to_owned(), callback),
        ];
        if let Some(verifier) = &consent.code_verifier {
            query.push(("codeVerifier".to_owned(), verifier.clone()));
        }
        lifecycle::run(app, element, "oauthOnTokenExchange", &query, document).await?;
        refresh::stamp(app, element, document);
        return Ok(());
    }
    let call = TokenCall::Exchange {
        code,
        code_verifier: consent.code_verifier.as_deref(),
    };
    let request = token_request(&element.element, &document.values, &call)?;
    let reply =
        lifecycle::send_as_application(app, element, request, document, Twice::MayNot).await?;
    let stored = read_token_reply(&element.element, &document.values, &reply, app.now())?;
    let written = stored
        .into_iter()
        .map(|(key, value)| (key, Some(value)))
        .collect();
    lifecycle::absorb(element, document, written)
}

/// Whether an element's own exchange reads the code; client credentials in OAuth's clothes do not.
fn exchange_needs_code(element: &Compiled) -> bool {
    element
        .element
        .lifecycle("oauthOnTokenExchange")
        .any(|(_, resource)| {
            resource
                .parameters
                .iter()
                .any(|parameter| parameter.name == "code")
        })
}

/// A vendor's refusal while connecting is the caller's 400; a vendor that failed stays what it is.
fn refusal(error: Error) -> Error {
    let Error::Vendor(failure) = error else {
        return error;
    };
    let status = failure.status.unwrap_or_else(|| failure.kind.status());
    let refused = (400..500).contains(&status) && failure.kind != ErrorKind::RateLimited;
    if refused {
        Error::Vendor(Failure {
            kind: ErrorKind::Invalid,
            status: None,
            ..failure
        })
    } else {
        Error::Vendor(failure)
    }
}

/// Whether more is asked of the vendor between a new grant and the instance.
pub fn settles(element: &Compiled) -> bool {
    lifecycle::declares(element, "provisionAuthValidation")
        || lifecycle::declares(element, "onProvision")
}

/// Whether a vendor is told that a connection has ended.
pub fn must_tell(element: &Compiled, document: &InstanceDocument) -> bool {
    lifecycle::declares(element, "onDelete")
        || lifecycle::declares(element, "oauthOnTokenRevoke")
        || revoke_request(&element.element, &document.values).is_some()
}

/// Tells the vendor that a connection has ended, where the element says how. False when it could not be reached, so that
/// telling it again may help.
pub async fn disconnect(
    app: &App,
    element: &Arc<Compiled>,
    document: &mut InstanceDocument,
) -> bool {
    let passes = |error: &Error| {
        matches!(
            error.kind(),
            ErrorKind::Timeout
                | ErrorKind::VendorUnavailable
                | ErrorKind::Unavailable
                | ErrorKind::RateLimited
        )
    };
    let mut heard = true;
    if let Err(error) = lifecycle::run(app, element, "onDelete", &[], document).await {
        heard = !passes(&error);
        tracing::warn!(element.key = element.element.key, error = %error.public(), "onDelete failed");
    }
    let revoked = match lifecycle::run(app, element, "oauthOnTokenRevoke", &[], document).await {
        Ok(0) => match revoke_request(&element.element, &document.values) {
            Some(request) => {
                let sent =
                    lifecycle::send_as_application(app, element, request, document, Twice::MayNot)
                        .await;
                sent.map(drop)
            }
            None => Ok(()),
        },
        other => other.map(drop),
    };
    if let Err(error) = revoked {
        heard &= !passes(&error);
        tracing::warn!(element.key = element.element.key, error = %error.public(), "revoking failed");
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: ErrorKind, status: Option<u16>) -> Error {
        Error::Vendor(Failure {
            kind,
            status,
            message: "m".into(),
            provider_message: Some("v".into()),
        })
    }

    #[test]
    fn a_refusal_is_the_callers_and_a_failing_vendor_is_not() {
        for (kind, status, expected) in [
            (ErrorKind::Unauthenticated, None, ErrorKind::Invalid),
            (ErrorKind::Invalid, Some(418), ErrorKind::Invalid),
            (
                ErrorKind::VendorUnavailable,
                None,
                ErrorKind::VendorUnavailable,
            ),
            (ErrorKind::Timeout, None, ErrorKind::Timeout),
            (ErrorKind::RateLimited, None, ErrorKind::RateLimited),
        ] {
            let mapped = refusal(failure(kind, status));
            assert_eq!(mapped.kind(), expected);
            assert_eq!(mapped.provider_message(), Some("v"));
        }
    }
}
