//! The messages of OAuth 2: the authorization URL, the token and refresh calls, revocation.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ligand_model::element::{AuthenticationKind, Element};
use ligand_model::error::ErrorKind;
use ligand_model::time::Timestamp;
use serde_json::Value;

use crate::error::Error;
use crate::json_path;
use crate::step::{Failure, VendorReply, VendorRequest};
use crate::template::{self, encode_needed, encode_query};

/// The template of elements that bring none: authorization code, in the order of the format's own builder.
const AUTHORIZE_URL: &str = "{oauth.authorization.url}?response_type=code&client_id={client_id}\
    &redirect_uri={redirect_uri}&scope={scope}&state={state}";

/// What `oauth/url` was asked with.
#[derive(Debug, Clone)]
pub struct AuthorizeRequest<'a> {
    /// The vendor application's client id.
    pub api_key: &'a str,
    /// Where the vendor sends the browser; passed on as given.
    pub callback_url: &'a str,
    /// Handed back to the callback; the element key when absent, unless the element says none.
    pub state: Option<&'a str>,
    /// Vendor scopes; the element's `oauth.scope` when absent.
    pub scope: Option<&'a str>,
    /// The vendor's login host where it has several.
    pub site_address: Option<&'a str>,
    /// The tenant's name where it is part of the host.
    pub subdomain: Option<&'a str>,
    /// A fresh random code for vendors without a page of their own.
    pub random: &'a str,
    /// PKCE challenge (S256), hosted flows only.
    pub code_challenge: Option<&'a str>,
    /// Further parameters by name; those naming a configuration entry fill templates.
    pub extra: &'a BTreeMap<String, String>,
}

/// The URL the customer's browser is sent to.
///
/// Never holds a client secret.
///
/// # Errors
/// A missing `callbackUrl` or `apiKey` that the template needs, or a host-bearing value that is not declared.
pub fn authorize_url(element: &Element, request: &AuthorizeRequest) -> Result<String, Error> {
    let mut values: BTreeMap<String, String> = request
        .extra
        .iter()
        .filter(|(key, _)| element.entry(key).is_some_and(|entry| !entry.is_secret()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for (key, given) in [
        ("site.address", request.site_address),
        ("subdomain", request.subdomain),
    ] {
        if let Some(given) = given.filter(|given| !given.is_empty() && element.entry(key).is_some())
        {
            values.insert(key.to_owned(), given.to_owned());
        }
    }
    let custom = element.authentication.authorize_url.as_deref();
    let template = match custom {
        Some(template) => template,
        None if element.authentication.kind == AuthenticationKind::Oauth2 => AUTHORIZE_URL,
        None => {
            return Err(Error::Invalid(format!(
                "The element `{}` does not use OAuth 2; create its instance with its configuration \
                 instead.",
                element.key
            )));
        }
    };
    let default_state = match element.authentication.default_state.as_deref() {
        Some("none") => "",
        _ => element.key.as_str(),
    };
    let state = request
        .state
        .filter(|state| !state.is_empty())
        .unwrap_or(default_state);
    let scope = request.scope.map(str::to_owned);
    let scope = scope.or_else(|| template::resolve(element, &values, "oauth.scope"));
    let field = |name: &str| -> Option<String> {
        Some(match name {
            "client_id" => request.api_key.to_owned(),
            "redirect_uri" => request.callback_url.to_owned(),
            "state" => state.to_owned(),
            "scope" => scope.clone().unwrap_or_default(),
            "random" => request.random.to_owned(),
            key => template::resolve(element, &values, key)?,
        })
    };
    let missing = [
        ("{client_id}", request.api_key, "apiKey"),
        ("{redirect_uri}", request.callback_url, "callbackUrl"),
    ]
    .iter()
    .filter(|(token, value, _)| template.contains(token) && value.is_empty())
    .map(|(_, _, name)| *name)
    .collect::<Vec<_>>();
    if !missing.is_empty() {
        return Err(Error::Invalid(format!(
            "Missing query parameter: {}",
            missing.join(", ")
        )));
    }
    let (base, query) = template.split_once('?').unwrap_or((template, ""));
    let base = if base == "{redirect_uri}" {
        request.callback_url.to_owned()
    } else {
        // A template that is one configuration value may be a URL with parameters of its own.
        let whole = base
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let declared = match whole {
            Some(key) => declared_url(element, &values, key)?,
            None => None,
        };
        let base = match declared {
            Some(url) => url,
            None => template::fill_url(base, |name| template::resolve(element, &values, name))?,
        };
        guard_login_host(element, &base)?;
        base
    };
    let mut url = base;
    let mut pairs: Vec<String> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let mut empty = false;
        let filled = template::fill_tokens(pair, |name| {
            let value = field(name)?;
            empty |= value.is_empty();
            Some(encode_needed(&value))
        });
        if !empty {
            pairs.push(filled);
        }
    }
    // Some vendors declare an authorization URL that already has parameters.
    let declared: Vec<String> = url
        .split_once('?')
        .map(|(_, query)| {
            query
                .split('&')
                .filter_map(|p| Some(p.split('=').next()?.to_owned()))
                .collect()
        })
        .unwrap_or_default();
    pairs.retain(|pair| {
        pair.split('=')
            .next()
            .is_none_or(|name| !declared.iter().any(|given| given == name))
    });
    for (name, value) in request.extra {
        if element.entry(name).is_none() && is_vendor_parameter(name) {
            pairs.push(format!("{}={}", encode_query(name), encode_needed(value)));
        }
    }
    if let Some(challenge) = request.code_challenge {
        pairs.push(format!(
            "code_challenge={challenge}&code_challenge_method=S256"
        ));
    }
    for pair in pairs {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&pair);
    }
    Ok(url)
}

/// Parameters of the platform's own call are not vendor parameters, and no secret goes into a URL.
fn is_vendor_parameter(name: &str) -> bool {
    const OURS: [&str; 16] = [
        "apiKey",
        "apiSecret",
        "callbackUrl",
        "state",
        "scope",
        "siteAddress",
        "subdomain",
        "requestToken",
        "authentication.type",
        "isOauthProxy",
        "oauthProxyName",
        "callbackProxy",
        "elementKeyOrId",
        "pageSize",
        "nextPage",
        "page",
    ];
    let lower = name.to_ascii_lowercase();
    !OURS.contains(&name)
        && ![
            "secret",
            "password",
            "token",
            "client_id",
            "redirect_uri",
            "response_type",
            "code_challenge",
        ]
        .iter()
        .any(|word| lower.contains(word))
}

/// A login host other than the declared default must match a declared pattern.
fn guard_login_host(element: &Element, url: &str) -> Result<(), Error> {
    let default = template::resolve(element, &BTreeMap::new(), "oauth.authorization.url");
    let same = default
        .as_deref()
        .is_some_and(|default| origin(default) == origin(url));
    if same || element.hosts.is_empty() || crate::hosts::takes_application_secret(element, url) {
        return Ok(());
    }
    Err(Error::Host(format!(
        "`{}` is not a login host of the element `{}`; it declares {}.",
        origin(url),
        element.key,
        element.hosts.join(", ")
    )))
}

fn origin(url: &str) -> &str {
    let end = url
        .match_indices(['/', '?', '#'])
        .map(|(at, _)| at)
        .find(|at| *at >= url.find("://").map_or(0, |at| at + 3))
        .unwrap_or(url.len());
    url.get(..end).unwrap_or(url)
}

/// Which token call.
#[derive(Debug, Clone, Copy)]
pub enum TokenCall<'a> {
    /// The code of the callback for a first grant.
    Exchange {
        /// The code.
        code: &'a str,
        /// PKCE verifier, hosted flows only.
        code_verifier: Option<&'a str>,
    },
    /// The refresh token for the next grant.
    Refresh,
}

/// The token call of an element that declares no resource of its own for it.
///
/// # Errors
/// A configuration without a token URL, or without a refresh token to refresh with.
pub fn token_request(
    element: &Element,
    values: &BTreeMap<String, String>,
    call: &TokenCall,
) -> Result<VendorRequest, Error> {
    let value = |key: &str| template::resolve(element, values, key).filter(|v| !v.is_empty());
    let url_of = |key: &str| declared_url(element, values, key);
    let mut form: Vec<(&str, String)> = Vec::new();
    let url = match call {
        TokenCall::Exchange {
            code,
            code_verifier,
        } => {
            form.push(("grant_type", "authorization_code".into()));
            form.push(("code", (*code).to_owned()));
            form.push((
                "redirect_uri",
                value("oauth.callback.url").unwrap_or_default(),
            ));
            if let Some(verifier) = code_verifier {
                form.push(("code_verifier", (*verifier).to_owned()));
            }
            url_of("oauth.token.url")?
        }
        TokenCall::Refresh => {
            let token = value("oauth.user.refresh_token").ok_or_else(|| {
                Error::Invalid("The instance has no refresh token; reconnect it.".to_owned())
            })?;
            form.push(("grant_type", "refresh_token".into()));
            form.push(("refresh_token", token));
            match url_of("oauth.token.refresh_url")? {
                Some(url) => Some(url),
                None => url_of("oauth.token.url")?,
            }
        }
    };
    let url = url.ok_or_else(|| {
        Error::Invalid(format!(
            "The element `{}` has no `oauth.token.url`.",
            element.key
        ))
    })?;
    if url.contains("grant_type=") {
        form.retain(|(name, _)| *name != "grant_type");
    }
    Ok(form_request(element, values, url, form))
}

/// The call that takes a grant back at the vendor, where the element has an address for it.
pub fn revoke_request(
    element: &Element,
    values: &BTreeMap<String, String>,
) -> Option<VendorRequest> {
    let url = declared_url(element, values, "oauth.token.revoke_url")
        .ok()
        .flatten()?;
    let text = |key: &str| values.get(key).filter(|value| !value.is_empty()).cloned();
    let token = text("oauth.user.refresh_token").or_else(|| text("oauth.user.token"))?;
    Some(form_request(element, values, url, vec![("token", token)]))
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

fn form_request(
    element: &Element,
    values: &BTreeMap<String, String>,
    url: String,
    mut form: Vec<(&str, String)>,
) -> VendorRequest {
    let value = |key: &str| template::resolve(element, values, key).unwrap_or_default();
    let (id, secret) = (value("oauth.api.key"), value("oauth.api.secret"));
    let mut headers = vec![
        ("accept".to_owned(), "application/json".to_owned()),
        (
            "content-type".to_owned(),
            "application/x-www-form-urlencoded".to_owned(),
        ),
    ];
    if value("oauth.basic.header") == "true" {
        let credentials = STANDARD.encode(format!("{id}:{secret}"));
        headers.push(("authorization".to_owned(), format!("Basic {credentials}")));
    } else {
        form.push(("client_id", id));
        form.push(("client_secret", secret));
    }
    let body = form
        .iter()
        .map(|(name, value)| format!("{name}={}", encode_query(value)))
        .collect::<Vec<_>>()
        .join("&");
    VendorRequest {
        method: "POST".to_owned(),
        url,
        headers,
        body: Bytes::from(body),
        stream: false,
        carries_application_secret: true,
    }
}

/// Reads the vendor's token reply into the values to store.
///
/// # Errors
/// The vendor's refusal (kind by its status: a refusal is the caller's 400, a failing vendor is 502), with its own words.
pub fn read_token_reply(
    element: &Element,
    values: &BTreeMap<String, String>,
    reply: &VendorReply,
    now: Timestamp,
) -> Result<BTreeMap<String, String>, Failure> {
    let text = String::from_utf8_lossy(&reply.body);
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_else(|_| form_members(&text));
    let field = |name: &str| {
        body.get(name)
            .and_then(json_path::text)
            .filter(|v| !v.is_empty())
    };
    let refused = |kind: ErrorKind, why: &str| Failure {
        kind,
        status: None,
        message: why.to_owned(),
        provider_message: Some(crate::redact::provider_message(&text, values)),
    };
    if reply.status >= 500 {
        return Err(refused(
            ErrorKind::VendorUnavailable,
            "The vendor's token endpoint failed; try again later.",
        ));
    }
    if reply.status == 429 {
        return Err(refused(
            ErrorKind::RateLimited,
            "The vendor limits token calls; try again later.",
        ));
    }
    let token = match field("access_token") {
        Some(token) if (200..300).contains(&reply.status) => token,
        _ if (200..300).contains(&reply.status) && body.get("error").is_none() => {
            return Err(refused(
                ErrorKind::VendorUnavailable,
                "The vendor's token endpoint answered something that is not a token.",
            ));
        }
        _ => {
            let why = field("error_description")
                .or_else(|| field("error"))
                .or_else(|| field("message"))
                .unwrap_or_else(|| format!("status {}", reply.status));
            return Err(refused(
                ErrorKind::Invalid,
                &format!(
                    "The vendor refused the authorization: {}",
                    crate::redact::line(&why, values)
                ),
            ));
        }
    };
    let mut stored = BTreeMap::from([
        ("oauth.user.token".to_owned(), token),
        ("oauth.user.refresh_time".to_owned(), now.0.to_string()),
    ]);
    if let Some(refresh) = field("refresh_token") {
        stored.insert("oauth.user.refresh_token".to_owned(), refresh);
    }
    let lifetime = field("expires_in")
        .and_then(|seconds| seconds.parse::<f64>().ok())
        .filter(|seconds| *seconds > 0.0)
        .map(|seconds| format!("{seconds:.0}"))
        .or_else(|| {
            element
                .authentication
                .assumed_lifetime
                .map(|seconds| seconds.to_string())
        });
    if let Some(lifetime) = lifetime {
        stored.insert("oauth.user.refresh_interval".to_owned(), lifetime);
    }
    for (key, path) in &element.authentication.token_response {
        if let Some(value) = json_path::get(&body, path).and_then(json_path::text) {
            stored.insert(key.clone(), value);
        }
    }
    Ok(stored)
}

/// Some vendors answer the token as a form.
fn form_members(text: &str) -> Value {
    if !text.contains("access_token=") || text.len() > 65_536 {
        return Value::Null;
    }
    url::form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests;
