//! The token, refresh and revocation calls, and what comes of their answers.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ligand_model::element::Element;
use ligand_model::error::ErrorKind;
use ligand_model::time::Timestamp;
use serde_json::Value;

use super::{declared_url, jwt};
use crate::error::Error;
use crate::json_path;
use crate::step::{Failure, VendorReply, VendorRequest};
use crate::template::{self, encode_query};

/// Refusals that say nothing of the grant: the application's own credentials or rights are at fault, or the moment.
///
/// # Source
/// <https://www.rfc-editor.org/rfc/rfc6749#section-5.2> and, for the last two, section 4.1.2.1, which vendors answer here, too.
const NOT_THE_GRANT: [&str; 5] = [
    "invalid_client",
    "unauthorized_client",
    "unsupported_grant_type",
    "server_error",
    "temporarily_unavailable",
];

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
    /// The user's name and password (`username`, `password`).
    Password,
    /// The application's credentials alone.
    ClientCredentials,
    /// An assertion signed with `jwt.private.key`.
    JwtBearer {
        /// When it is signed.
        now: Timestamp,
    },
}

/// The token call of an element that declares no resource of its own for it. Where the application signs instead of
/// showing a secret, [`super::sign_client`] completes it.
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
        TokenCall::Password => {
            form.push(("grant_type", "password".into()));
            for key in ["username", "password"] {
                form.push((key, value(key).unwrap_or_default()));
            }
            url_of("oauth.token.url")?
        }
        TokenCall::ClientCredentials => {
            form.push(("grant_type", "client_credentials".into()));
            url_of("oauth.token.url")?
        }
        TokenCall::JwtBearer { now } => {
            form.push((
                "grant_type",
                "urn:ietf:params:oauth:grant-type:jwt-bearer".into(),
            ));
            form.push(("assertion", jwt::assertion(element, values, *now)?));
            url_of("oauth.token.url")?
        }
    };
    let has_scope = matches!(
        call,
        TokenCall::Password | TokenCall::ClientCredentials | TokenCall::JwtBearer { .. }
    );
    if has_scope && let Some(scope) = value("oauth.scope") {
        form.push(("scope", scope));
    }
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
    let shown = match value(jwt::CLIENT_AUTHENTICATION).as_str() {
        "" if value("oauth.basic.header") == "true" => "client_secret_basic".to_owned(),
        other => other.to_owned(),
    };
    match shown.as_str() {
        // An assertion may be all that the vendor asks for.
        _ if id.is_empty() && secret.is_empty() => {}
        // The caller signs it.
        jwt::PRIVATE_KEY_JWT => form.push(("client_id", id)),
        "client_secret_basic" => {
            let credentials = STANDARD.encode(format!("{id}:{secret}"));
            headers.push(("authorization".to_owned(), format!("Basic {credentials}")));
        }
        _ => {
            form.push(("client_id", id));
            form.push(("client_secret", secret));
        }
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
        after_upload: None,
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
    // A token is a text; a number or an object in its place is a vendor's fault that no call would survive.
    let issued = |name: &str| {
        let token = body.get(name).and_then(Value::as_str);
        token.filter(|v| !v.is_empty()).map(str::to_owned)
    };
    let refused = |kind: ErrorKind, why: &str| Failure {
        kind,
        status: None,
        message: why.to_owned(),
        provider_message: Some(crate::redact::provider_message(&text, values)),
    };
    if reply.status >= 500 || (300..400).contains(&reply.status) {
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
    let token = match issued("access_token") {
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
            let of_application = field("error").is_some_and(|code| NOT_THE_GRANT.contains(&&*code));
            let (kind, what) = if of_application {
                (ErrorKind::Forbidden, "application")
            } else {
                (ErrorKind::Invalid, "authorization")
            };
            return Err(refused(
                kind,
                &format!(
                    "The vendor refused the {what}: {}",
                    crate::redact::line(&why, values)
                ),
            ));
        }
    };
    let mut stored = BTreeMap::from([
        ("oauth.user.token".to_owned(), token.clone()),
        ("oauth.user.refresh_time".to_owned(), now.0.to_string()),
    ]);
    if let Some(refresh) = issued("refresh_token") {
        stored.insert("oauth.user.refresh_token".to_owned(), refresh);
    }
    let lifetime = field("expires_in")
        .and_then(|seconds| seconds.parse::<f64>().ok())
        .filter(|seconds| *seconds > 0.0)
        .map(|seconds| format!("{seconds:.0}"))
        .or_else(|| jwt::lifetime(&token, now).map(|seconds| seconds.to_string()))
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
