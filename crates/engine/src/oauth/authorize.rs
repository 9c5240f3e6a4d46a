//! The URL that a customer's browser is sent to.

use std::collections::BTreeMap;

use ligand_model::element::{AuthenticationKind, Element};

use super::declared_url;
use crate::error::Error;
use crate::template::{self, encode_needed, encode_query};

/// The template of elements that bring none: authorization code, in the order of the format's own builder.
const AUTHORIZE_URL: &str = "{oauth.authorization.url}?response_type=code&client_id={client_id}\
    &redirect_uri={redirect_uri}&scope={scope}&state={state}";

/// OAuth 1 asks with the request token; the callback stands here too for vendors that take it late.
const AUTHORIZE_URL_1: &str =
    "{oauth.authorization.url}?oauth_token={request_token}&oauth_callback={callback_with_state}";

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
        None if element.authentication.kind == AuthenticationKind::Oauth1 => AUTHORIZE_URL_1,
        None => {
            return Err(Error::Invalid(format!(
                "The element `{}` does not use OAuth; create its instance with its configuration \
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
    // Some vendors' URLs have a `{scope}` of their own, with an entry of that name.
    if let Some(scope) = scope.as_ref().filter(|_| element.entry("scope").is_some()) {
        values
            .entry("scope".to_owned())
            .or_insert_with(|| scope.clone());
    }
    let request_token = request.extra.get("requestToken").map_or("", String::as_str);
    let field = |name: &str| -> Option<String> {
        Some(match name {
            "request_token" => request_token.to_owned(),
            "callback_with_state" => callback_with_state(request.callback_url, state),
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
        ("{request_token}", request_token, "requestToken"),
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

/// OAuth 1 knows no `state`: it travels in the callback.
fn callback_with_state(callback: &str, state: &str) -> String {
    if callback.is_empty() || state.is_empty() {
        return callback.to_owned();
    }
    let joint = if callback.contains('?') { '&' } else { '?' };
    format!("{callback}{joint}state={}", encode_query(state))
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
