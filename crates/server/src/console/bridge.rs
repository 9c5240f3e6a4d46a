//! Platform calls and element calls on the browser's behalf: the secrets they take stay here.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    SET_COOKIE,
};
use http::{Method, Uri};
use http_body_util::BodyExt as _;
use ligand_model::error::ErrorKind;
use ligand_store::oauth_states::OauthProgress;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::account::{self, answer, text};
use super::session;
use super::{Console, Visit};
use crate::api::edge::OfInstance;
use crate::api::error::ApiError;
use crate::service::instances;
use crate::service::oauth::{self, Asked};

/// What the console may ask the platform for: the first word of the path. Signing in and secrets are not among it.
const PLATFORM: [&str; 10] = [
    "api-keys",
    "connect",
    "elements",
    "instances",
    "hubs",
    "applications",
    "usage",
    "organizations",
    "transformations",
    "me",
];

/// Words that are the platform's and never an element's, when an instance is called.
const NOT_AN_ELEMENTS: [&str; 7] = [
    "elements",
    "instances",
    "applications",
    "organizations",
    "authentication",
    "oauth",
    "usage",
];

/// What no answer to a browser holds.
const SECRETS: [&str; 3] = ["token", "userSecret", "organizationSecret"];

/// `ANY /console/api/platform/{path}`: the platform's answer, without tokens; a new instance's token is shown once.
pub async fn platform(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let authorization = visit.session()?.authorization();
    let rest = below(visit.request.uri(), 4);
    let method = visit.request.method().clone();
    let word = first_word(&rest);
    let maps = word == "accounts" && shown_of_accounts(&method, &rest);
    if !maps && !PLATFORM.contains(&word.as_str()) {
        return Err(ApiError::not_found("The console has no such endpoint."));
    }
    // Deleting one is all that a session may without the password: what shows a secret or widens a key asks for it.
    if word == "api-keys" && ![Method::GET, Method::DELETE].contains(&method) {
        return Err(ApiError::new(
            ErrorKind::Forbidden,
            "A key is made or changed after your password was given again.",
        ));
    }
    // What a Connect session came to holds the instance's token, deep inside.
    if method != Method::POST && word == "connect" {
        return Err(ApiError::not_found("The console has no such endpoint."));
    }
    // A new instance's token is what the caller came for.
    let makes = method == Method::POST && rest.split('?').next() == Some("/instances");
    let mut request = inner(visit.request, &rest, &authorization)?;
    if method == Method::GET {
        account::quiet(request.extensions_mut());
    }
    let response = console.edge.answer(request).await;
    if makes {
        return Ok(response);
    }
    without_secrets(response).await
}

/// `ANY /console/api/instances/{id}/call/{path}`: a call of the instance's element, with its token.
pub async fn call(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let id = account::instance_id(visit.request.uri().path())?;
    let session = visit.session()?;
    let organization = session.caller.organization;
    let rest = below(visit.request.uri(), 6);
    if NOT_AN_ELEMENTS.contains(&first_word(&rest).as_str()) {
        return Err(ApiError::invalid(
            "This is a path of the platform, not of the element.",
        ));
    }
    instances::find(&console.app, &*session.caller, id, None).await?;
    let token = console.app.store.reveal_token(organization, id).await?;
    let token = token.ok_or_else(|| instances::unknown(&id.to_string()))?;
    let authorization = format!("{}, Element {}", *session.authorization(), token.expose());
    let mut request = inner(visit.request, &rest, &authorization)?;
    request.extensions_mut().insert(OfInstance);
    Ok(console.edge.answer(request).await)
}

/// `POST /console/api/consents`: begins a hosted consent that only this browser can finish.
///
/// # Shape
/// `{"element": "sfdc", "parameters": {"siteAddress": "…"}}` → `{"url": "…", "secret": "…"}`
pub async fn begin_consent(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let session = visit.session()?;
    let (caller, shown) = (session.caller.clone(), session.consent());
    let (given, _) = account::read(visit).await?;
    let key = text(&given, "element")?;
    let parameters: BTreeMap<String, String> = given
        .get("parameters")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let urls = &console.app.urls;
    // Where vendors reach us by another name, the browser's cookie does not come along.
    let bound = (urls.events == urls.console).then(|| shown.clone());
    let asked = Asked::from_pairs(parameters);
    let begun = oauth::begin(&console.app, &caller, &key, asked, bound).await?;
    let mut response = answer(&json!({"url": begun.url, "secret": begun.secret}));
    if let Some(cookie) = session::consent_cookie(&console.app, &shown) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `POST /console/api/consents/progress`
///
/// # Shape
/// `{"secret": "…"}` → `{"state": "waiting" | "answered" | "refused" | "unknown", "message": "…"}`
pub async fn consent_progress(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let caller = visit.session()?.caller.clone();
    let (given, _) = account::read(visit).await?;
    let secret = text(&given, "secret")?;
    let progress = oauth::progress(&console.app, &caller, &secret).await?;
    Ok(answer(&match progress {
        Some(OauthProgress::Waiting) => json!({"state": "waiting"}),
        Some(OauthProgress::Answered) => json!({"state": "answered"}),
        Some(OauthProgress::Refused(why)) => json!({"state": "refused", "message": why}),
        None => json!({"state": "unknown"}),
    }))
}

/// Path and query below so many segments, with a leading slash, as they were encoded.
fn below(uri: &Uri, segments: usize) -> String {
    let path = uri.path();
    let cut = path
        .match_indices('/')
        .nth(segments - 1)
        .map_or(path.len(), |(at, _)| at);
    let rest = path.get(cut..).unwrap_or_default();
    match uri.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    }
}

/// Of accounts the console shows what they are and what they map; their users are made elsewhere.
fn shown_of_accounts(method: &Method, rest: &str) -> bool {
    let words = words(rest);
    let maps = |at: usize| {
        words
            .get(at)
            .is_some_and(|word| word == "objects" || word == "elements")
    };
    maps(1) || maps(2) || (method == Method::GET && words.len() == 2)
}

/// The first word of a path.
fn first_word(rest: &str) -> String {
    words(rest).into_iter().next().unwrap_or_default()
}

/// The words of a path however it is written.
fn words(rest: &str) -> Vec<String> {
    let path = rest.split('?').next().unwrap_or_default();
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let words = decoded.trim_start_matches('/').split('/');
    words.map(str::to_ascii_lowercase).collect()
}

/// The request as the API's edge takes it: our path, our credentials, and of the browser's headers what it needs.
fn inner(request: Request, rest: &str, authorization: &str) -> Result<Request, ApiError> {
    let (parts, body) = request.into_parts();
    let uri: Uri = format!("/elements/api-v2{rest}")
        .parse()
        .map_err(|_| ApiError::invalid("The path is not one."))?;
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    *request.uri_mut() = uri;
    *request.extensions_mut() = parts.extensions;
    let headers = request.headers_mut();
    for (name, value) in &parts.headers {
        if passes(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    let mut authorization =
        HeaderValue::from_str(authorization).map_err(|_| ApiError::unauthenticated())?;
    authorization.set_sensitive(true);
    headers.insert(AUTHORIZATION, authorization);
    Ok(request)
}

fn passes(name: &HeaderName) -> bool {
    [ACCEPT, CONTENT_TYPE, CONTENT_LENGTH].contains(name) || name.as_str().starts_with("elements-")
}

/// The answer without the members that no browser needs.
async fn without_secrets(response: Response) -> Result<Response, ApiError> {
    if !is_json(response.headers()) {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let bytes = body
        .collect()
        .await
        .map_err(|_| ApiError::invalid("The answer broke off."))?
        .to_bytes();
    let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) else {
        return Ok(Response::from_parts(parts, Body::from(bytes)));
    };
    match &mut value {
        Value::Array(rows) => rows.iter_mut().for_each(strip),
        one => strip(one),
    }
    parts.headers.remove(CONTENT_LENGTH);
    let body = Body::from(serde_json::to_vec(&value).unwrap_or_default());
    Ok(Response::from_parts(parts, body))
}

fn strip(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|name, _| !SECRETS.contains(&name.as_str()));
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_as_they_were_written() {
        let uri: Uri = "/console/api/platform/elements/a%2Fb?x=%20"
            .parse()
            .unwrap();
        assert_eq!(below(&uri, 4), "/elements/a%2Fb?x=%20");
        let uri: Uri = "/console/api/instances/7/call/contacts/1".parse().unwrap();
        assert_eq!(below(&uri, 6), "/contacts/1");
    }

    #[test]
    fn a_word_in_disguise_is_still_that_word() {
        for text in [
            "/authentication/x",
            "//authentication",
            "/%61uthentication",
            "/Authentication?x",
        ] {
            assert_eq!(first_word(text), "authentication", "{text}");
        }
    }
}
