//! How an instance comes by its grant: the authorization URL, the token calls of each kind of grant, revocation, and
//! the signatures of OAuth 1.

mod authorize;
mod jwt;
mod oauth1;
mod token;

use std::collections::BTreeMap;

use ligand_model::element::{AuthenticationKind, Element};
use ligand_model::time::Timestamp;

pub use authorize::{AuthorizeRequest, authorize_url};
pub use jwt::{assertion, sign_client};
pub use oauth1::{
    access_token_request, read_access_token, read_request_token, request_token_request, sign_call,
};
pub use token::{TokenCall, read_token_reply, revoke_request, token_request};

use crate::error::Error;
use crate::template;

/// How an instance comes by its grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantKind {
    /// OAuth 2, a code that the customer's consent brings.
    Code,
    /// OAuth 2, the user's own name and password.
    Password,
    /// OAuth 2, the application's credentials alone.
    ClientCredentials,
    /// OAuth 2, an assertion that we sign (RFC 7523).
    JwtBearer,
    /// OAuth 1.0a, HMAC-SHA1.
    Oauth1,
    /// There is none: parameters, hooks and resources do it.
    None,
}

impl GrantKind {
    /// The type of resource by which an element replaces the built-in call that obtains the grant.
    pub const fn own_resource(self) -> &'static str {
        match self {
            Self::Password => "oauth2Password",
            Self::ClientCredentials => "oauth2ClientCredentials",
            _ => "oauthOnTokenExchange",
        }
    }

    /// Whether calls carry `Authorization: Bearer` with the token.
    pub const fn is_bearer(self) -> bool {
        !matches!(self, Self::Oauth1 | Self::None)
    }
}

/// How the vendor authenticates this instance: the element's kind, or what the instance chose where the element lets it
/// (a configuration entry `authentication.type`).
pub fn kind(element: &Element, values: &BTreeMap<String, String>) -> AuthenticationKind {
    const KEY: &str = "authentication.type";
    let chosen = element
        .entry(KEY)
        .and(template::resolve(element, values, KEY));
    match chosen.filter(|text| !text.is_empty()) {
        Some(text) => AuthenticationKind::from(text),
        None => element.authentication.kind.clone(),
    }
}

/// How this instance comes by its grant.
pub fn grant_kind(element: &Element, values: &BTreeMap<String, String>) -> GrantKind {
    match kind(element, values) {
        AuthenticationKind::Oauth2
            if element
                .lifecycle("oauth2ClientCredentials")
                .next()
                .is_some() =>
        {
            GrantKind::ClientCredentials
        }
        AuthenticationKind::Oauth2 => GrantKind::Code,
        AuthenticationKind::Oauth2Password => GrantKind::Password,
        AuthenticationKind::Oauth1 => GrantKind::Oauth1,
        AuthenticationKind::Other(text) => {
            let text = text.to_ascii_lowercase().replace(['_', '-'], "");
            if text.contains("jwt") {
                GrantKind::JwtBearer
            } else if text.contains("clientcredentials") {
                GrantKind::ClientCredentials
            } else {
                GrantKind::None
            }
        }
        _ => GrantKind::None,
    }
}

/// The call that obtains the next grant without a person: by refresh token, else as the first one was obtained.
pub fn renewal<'a>(
    element: &Element,
    values: &BTreeMap<String, String>,
    now: Timestamp,
) -> Option<TokenCall<'a>> {
    let refreshes = values
        .get("oauth.user.refresh_token")
        .is_some_and(|token| !token.is_empty());
    match grant_kind(element, values) {
        _ if refreshes => Some(TokenCall::Refresh),
        GrantKind::Password => Some(TokenCall::Password),
        GrantKind::ClientCredentials => Some(TokenCall::ClientCredentials),
        GrantKind::JwtBearer => Some(TokenCall::JwtBearer { now }),
        GrantKind::Code | GrantKind::Oauth1 | GrantKind::None => None,
    }
}

fn declared_url(
    element: &Element,
    values: &BTreeMap<String, String>,
    key: &str,
) -> Result<Option<String>, Error> {
    if let Some(given) = values.get(key).filter(|value| !value.is_empty()) {
        return Ok(Some(given.clone()));
    }
    let Some(default) = element.default_of(key) else {
        return Ok(None);
    };
    let filled = template::fill_url(default, |name| template::resolve(element, values, name))?;
    Ok(Some(filled))
}

#[cfg(test)]
mod tests;
