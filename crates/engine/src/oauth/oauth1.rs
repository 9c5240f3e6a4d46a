//! OAuth 1.0a: the three messages of a consent, and the signature of every call (HMAC-SHA1).
//!
//! # Source
//! <https://www.rfc-editor.org/rfc/rfc5849>

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ligand_model::element::Element;
use ligand_model::error::ErrorKind;
use ligand_model::time::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;

use super::declared_url;
use crate::error::Error;
use crate::step::{Failure, VendorReply, VendorRequest};
use crate::template;

/// What stays unencoded in a signature: less than anywhere else.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// The call for a request token, with which a consent begins.
///
/// `nonce` must be fresh for every call.
///
/// # Errors
/// An element without `oauth.request.url`, or values without the application's key.
pub fn request_token_request(
    element: &Element,
    values: &BTreeMap<String, String>,
    nonce: &str,
    now: Timestamp,
) -> Result<VendorRequest, Error> {
    let callback = template::resolve(element, values, "oauth.callback.url").unwrap_or_default();
    let mut request = post(element, values, "oauth.request.url")?;
    let mut without_token = values.clone();
    without_token.remove("oauth.user.token");
    without_token.remove("oauth.user.token.secret");
    let extra = [("oauth_callback", callback.as_str())];
    sign(element, &without_token, &mut request, &extra, nonce, now);
    Ok(request)
}

/// The call that turns the request token, authorized by the customer, into the lasting one.
///
/// `values` hold the request token and its secret as `oauth.user.token` and `oauth.user.token.secret`; `verifier` is the
/// callback's `oauth_verifier`; `nonce` must be fresh for every call.
///
/// # Errors
/// An element without `oauth.token.url`, or values without the application's key.
pub fn access_token_request(
    element: &Element,
    values: &BTreeMap<String, String>,
    verifier: &str,
    nonce: &str,
    now: Timestamp,
) -> Result<VendorRequest, Error> {
    let mut request = post(element, values, "oauth.token.url")?;
    let extra = [("oauth_verifier", verifier)];
    let extra = if verifier.is_empty() {
        &extra[..0]
    } else {
        &extra
    };
    sign(element, values, &mut request, extra, nonce, now);
    Ok(request)
}

fn post(
    element: &Element,
    values: &BTreeMap<String, String>,
    key: &str,
) -> Result<VendorRequest, Error> {
    let url = declared_url(element, values, key)?
        .ok_or_else(|| Error::Invalid(format!("The element `{}` has no `{key}`.", element.key)))?;
    if template::resolve(element, values, "oauth.api.key").is_none_or(|id| id.is_empty()) {
        return Err(Error::MissingConfiguration(vec![
            "oauth.api.key".to_owned(),
        ]));
    }
    Ok(VendorRequest {
        method: "POST".to_owned(),
        url,
        headers: vec![("accept".to_owned(), "*/*".to_owned())],
        body: Bytes::new(),
        after_upload: None,
        stream: false,
        carries_application_secret: true,
    })
}

/// Signs a call of an instance, in the query or in `Authorization` as `oauth.request.authorization.type` says
/// (`query`; anything else is the header). A call that a hook or parameter has authorized stays as it is.
pub fn sign_call(
    element: &Element,
    values: &BTreeMap<String, String>,
    request: &mut VendorRequest,
    nonce: &str,
    now: Timestamp,
) {
    let authorized = request
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if !authorized {
        sign(element, values, request, &[], nonce, now);
    }
}

fn sign(
    element: &Element,
    values: &BTreeMap<String, String>,
    request: &mut VendorRequest,
    extra: &[(&str, &str)],
    nonce: &str,
    now: Timestamp,
) {
    let value = |key: &str| template::resolve(element, values, key).unwrap_or_default();
    let seconds = now.seconds().to_string();
    let consumer = value("oauth.api.key");
    let token = value("oauth.user.token");
    let mut protocol: Vec<(&str, &str)> = vec![
        ("oauth_consumer_key", &consumer),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", &seconds),
        ("oauth_version", "1.0"),
    ];
    if !token.is_empty() {
        protocol.push(("oauth_token", &token));
    }
    protocol.extend(extra);
    let base = base_string(request, &protocol);
    let key = format!(
        "{}&{}",
        encode(&value("oauth.api.secret")),
        encode(&value("oauth.user.token.secret"))
    );
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, base.as_bytes()));
    protocol.push(("oauth_signature", &signature));
    if value("oauth.request.authorization.type").eq_ignore_ascii_case("query") {
        for (name, value) in protocol {
            request
                .url
                .push(if request.url.contains('?') { '&' } else { '?' });
            request.url.push_str(name);
            request.url.push('=');
            request.url.push_str(&encode(value));
        }
    } else {
        let pairs: Vec<String> = protocol
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", encode(value)))
            .collect();
        let header = format!("OAuth {}", pairs.join(", "));
        request.headers.push(("Authorization".to_owned(), header));
    }
}

/// What is signed (RFC 5849 §3.4.1): verb, address without query, and every parameter in order.
fn base_string(request: &VendorRequest, protocol: &[(&str, &str)]) -> String {
    let url = request.url.split('#').next().unwrap_or_default();
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut parameters: Vec<(String, String)> = protocol
        .iter()
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    let form = request.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type")
            && value.starts_with("application/x-www-form-urlencoded")
    });
    let body: &[u8] = if form { &request.body } else { &[] };
    for source in [query.as_bytes(), body] {
        for (name, value) in url::form_urlencoded::parse(source) {
            parameters.push((encode(&name), encode(&value)));
        }
    }
    parameters.sort();
    let parameters: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{}&{}&{}",
        request.method.to_ascii_uppercase(),
        encode(&base_address(address)),
        encode(&parameters.join("&"))
    )
}

/// Scheme and host in lower case, no default port, the path as it is sent.
fn base_address(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let (authority, path) = match rest.split_once('/') {
        Some((authority, path)) => (authority, path),
        None => (rest, ""),
    };
    let scheme = scheme.to_ascii_lowercase();
    let authority = authority.to_ascii_lowercase();
    let default = if scheme == "http" { ":80" } else { ":443" };
    let authority = authority.strip_suffix(default).unwrap_or(&authority);
    format!("{scheme}://{authority}/{path}")
}

/// Reads the request token and its secret.
///
/// # Errors
/// The vendor's refusal (the caller's 400) or failure (502), with its own words.
pub fn read_request_token(
    values: &BTreeMap<String, String>,
    reply: &VendorReply,
) -> Result<(String, String), Failure> {
    let text = String::from_utf8_lossy(&reply.body);
    let field = |wanted: &str| {
        url::form_urlencoded::parse(text.trim().as_bytes())
            .find(|(name, value)| name == wanted && !value.is_empty())
            .map(|(_, value)| value.into_owned())
    };
    let ok = (200..300).contains(&reply.status);
    if ok && let (Some(token), Some(secret)) = (field("oauth_token"), field("oauth_token_secret")) {
        return Ok((token, secret));
    }
    let (kind, message) = if reply.status == 429 {
        let message = "The vendor limits token calls; try again later.";
        (ErrorKind::RateLimited, message.to_owned())
    } else if ok || reply.status >= 500 {
        let message = "The vendor's token endpoint answered something that is not a token.";
        (ErrorKind::VendorUnavailable, message.to_owned())
    } else {
        let why = field("oauth_problem").unwrap_or_else(|| format!("status {}", reply.status));
        let why = crate::redact::line(&why, values);
        let message = format!("The vendor refused the authorization: {why}");
        (ErrorKind::Invalid, message)
    };
    Err(Failure {
        kind,
        status: None,
        message,
        provider_message: Some(crate::redact::provider_message(&text, values)),
    })
}

/// Reads the lasting token into the values to store.
///
/// # Errors
/// As [`read_request_token`].
pub fn read_access_token(
    values: &BTreeMap<String, String>,
    reply: &VendorReply,
) -> Result<BTreeMap<String, String>, Failure> {
    let (token, secret) = read_request_token(values, reply)?;
    Ok(BTreeMap::from([
        ("oauth.user.token".to_owned(), token),
        ("oauth.user.token.secret".to_owned(), secret),
    ]))
}
