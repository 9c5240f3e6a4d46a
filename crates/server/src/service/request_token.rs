//! OAuth 1, first step: a request token, with which `oauth/url` sends the customer to the vendor.

use std::collections::BTreeMap;

use ligand_engine::hosts;
use ligand_engine::oauth::{GrantKind, grant_kind, read_request_token, request_token_request};
use ligand_model::configuration::InstanceDocument;
use ligand_store::identity::Caller;
use zeroize::Zeroizing;

use super::oauth::Asked;
use super::{Error, elements, lifecycle};
use crate::app::App;

/// A request token and its secret, which comes back as `providerData.secret`.
#[derive(Debug)]
pub struct RequestToken {
    /// `requestToken` of `oauth/url`.
    pub token: String,
    /// `providerData.secret` of the new instance.
    pub secret: String,
}

/// Asks the vendor for a request token. Nothing is kept.
///
/// # Errors
/// 400 for an element without OAuth 1, a vendor's refusal, or a host that the element does not declare: the call needs
/// no credentials of ours, so it must not be a way to any host.
pub async fn ask(
    app: &App,
    caller: Option<&Caller>,
    key_or_id: &str,
    asked: Asked,
    api_secret: Zeroizing<String>,
) -> Result<RequestToken, Error> {
    let organization = caller.map(|caller| caller.organization);
    let element = elements::find(app, organization, key_or_id).await?;
    let definition = &element.element;
    let mut values: BTreeMap<String, String> = asked
        .extra
        .into_iter()
        .filter(|(key, _)| {
            definition
                .entry(key)
                .is_some_and(|entry| !entry.is_secret())
        })
        .collect();
    for (key, value) in [
        ("oauth.api.key", Some(asked.api_key)),
        ("oauth.api.secret", Some(api_secret.to_string())),
        ("oauth.callback.url", Some(asked.callback_url)),
        ("oauth.scope", asked.scope),
        ("site.address", asked.site_address),
        ("subdomain", asked.subdomain),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            values.insert(key.to_owned(), value);
        }
    }
    if grant_kind(definition, &values) != GrantKind::Oauth1 {
        return Err(Error::invalid(format!(
            "The element {} does not use OAuth 1; ask for its oauth/url.",
            definition.key
        )));
    }
    let nonce = lifecycle::nonce(app);
    let request = request_token_request(definition, &values, &nonce, app.now())?;
    if !hosts::takes_application_secret(definition, &request.url) {
        return Err(Error::invalid(format!(
            "The request token's address is not a host that the element {} declares.",
            definition.key
        )));
    }
    let document = InstanceDocument {
        hosts: hosts::freeze(definition, &values)?,
        values,
    };
    let reply = lifecycle::send(app, &element, request, &document).await?;
    let (token, secret) = read_request_token(&document.values, &reply)?;
    Ok(RequestToken { token, secret })
}
