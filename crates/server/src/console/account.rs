//! Signing in and out, the password, and the secrets that are shown after asking for it again.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, SET_COOKIE};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::session::{self, Session};
use super::{Console, Visit};
use crate::api::edge::Quiet;
use crate::api::error::ApiError;
use crate::api::{body, wire};
use crate::listener::peer::Peer;
use crate::service::{api_keys, authentication, instances, oauth};
use ligand_model::id::{ApiKeyId, InstanceId};
use ligand_store::custody::{self, Act};
use ligand_store::identity::Caller;

/// Most bytes of a body here.
const MOST: u64 = 64 * 1024;

/// `POST /console/api/session`
///
/// # Shape
/// `{"username": "…", "password": "…"}` → as [`show`], with the cookie
pub async fn sign_in(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let (given, peer) = read(visit).await?;
    let password = Zeroizing::new(text(&given, "password")?);
    let name = text(&given, "username")?;
    enter(console, &name, password, peer).await
}

async fn enter(
    console: &Console,
    name: &str,
    password: Zeroizing<String>,
    peer: Peer,
) -> Result<Response, ApiError> {
    let signed_in = authentication::sign_in(&console.app, name, password, peer.address).await?;
    let cookie = session::begin(&console.app, signed_in.token.expose());
    let cookie = cookie.ok_or_else(|| ApiError::invalid("The session could not be begun."))?;
    // The same door as every later request, so that what is shown is what those will see.
    let mut headers = HeaderMap::new();
    let shown = format!("{}={}", session::COOKIE_NAME, signed_in.token.expose());
    if let Ok(value) = HeaderValue::from_str(&shown) {
        headers.insert(http::header::COOKIE, value);
    }
    let session = Session::of(&console.app, &headers).await?;
    let mut response = answer(&shown_to(console, &session));
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// `GET /console/api/session`
///
/// # Shape
/// `{"user": {…}, "csrf": "…", "mustChangePassword": false, "sandbox": true, "version": "…", "apiUrl": "…",
/// "callbackUrl": "…"}`
pub async fn show(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let session = visit.session()?;
    Ok(answer(&shown_to(console, session)))
}

fn shown_to(console: &Console, session: &Session) -> Value {
    let urls = &console.app.urls;
    json!({
        "user": wire::user(&session.user),
        "csrf": session.token(),
        "mustChangePassword": session.user.must_change_password,
        "sandbox": console.app.config.sandbox.enabled,
        "version": env!("CARGO_PKG_VERSION"),
        "apiUrl": format!("{}/elements/api-v2", urls.public),
        "callbackUrl": format!("{}{}", urls.events, oauth::CALLBACK_PATH),
    })
}

/// `DELETE /console/api/session`
pub async fn sign_out(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let session = visit.session()?;
    let store = &console.app.store;
    store
        .delete_session(session.caller.organization, session.digest())
        .await?;
    let mut response = answer(&json!({}));
    if let Some(cookie) = session::end(&console.app) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `POST /console/api/password`: every other session ends, this browser gets a new one.
///
/// # Shape
/// `{"current": "…", "password": "…"}` → as [`show`], with the cookie
pub async fn change_password(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let caller = visit.session()?.caller.clone();
    let (given, peer) = read(visit).await?;
    let current = Zeroizing::new(text(&given, "current")?);
    let password = Zeroizing::new(text(&given, "password")?);
    if current == password {
        return Err(ApiError::invalid(
            "Choose a password that is not the present one.",
        ));
    }
    authentication::confirm(&console.app, &caller, current, peer.address).await?;
    authentication::change_password(&console.app, &caller, password.clone()).await?;
    enter(console, &caller.email, password, peer).await
}

/// `POST /console/api/secrets`
///
/// # Shape
/// `{"password": "…"}` → `{"userSecret": "…", "organizationSecret": "…"}`
pub async fn secrets(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let caller = confirmed(console, visit).await?;
    let (user, organization) =
        authentication::secrets(&console.app, caller.organization, caller.user).await?;
    Ok(answer(&json!({
        "userSecret": user.expose(),
        "organizationSecret": organization.expose(),
    })))
}

/// `POST /console/api/instances/{id}/token`
///
/// # Shape
/// `{"password": "…"}` → `{"token": "…"}`
pub async fn token(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let id = instance_id(visit.request.uri().path())?;
    let caller = confirmed(console, visit).await?;
    instances::find(&console.app, &*caller, id, None).await?;
    let token = console
        .app
        .store
        .reveal_token(caller.organization, id)
        .await?;
    let token = token.ok_or_else(|| instances::unknown(&id.to_string()))?;
    let act = Act {
        user: Some(caller.user),
        ..Act::default()
    };
    // Noted first: what cannot be recorded is not shown.
    let note = (console.app.store).note_revealed(caller.organization, vec![id]);
    custody::by(act, note).await?;
    Ok(answer(&json!({"token": token.expose()})))
}

/// `POST /console/api/keys`: a scoped key, whose secret is shown this once.
///
/// # Shape
/// `{"password": "…", "key": …}` with `key` as in `POST /api-keys` → the same answer
pub async fn make_key(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let (caller, given) = confirmed_with(console, visit).await?;
    let wanted = given.get("key").unwrap_or(&Value::Null);
    let (key, secret) = api_keys::create(&console.app, &caller, wanted).await?;
    let shown = crate::api::api_keys::shown(&console.app, &key, Some(&secret)).await?;
    Ok(answer(&shown))
}

/// `POST /console/api/keys/{id}/secret`: another secret for a key, shown this once; the former works for a day more.
///
/// # Shape
/// `{"password": "…"}` → as [`make_key`]
pub async fn renew_key(console: &Console, visit: Visit) -> Result<Response, ApiError> {
    let text = visit.request.uri().path().split('/').nth(4);
    let text = text.unwrap_or_default().to_owned();
    let (caller, _) = confirmed_with(console, visit).await?;
    let id = text
        .parse()
        .map(ApiKeyId)
        .map_err(|_| ApiError::from(api_keys::unknown(&text)))?;
    let (key, secret) = api_keys::rotate(&console.app, &caller, id, &json!({})).await?;
    let shown = crate::api::api_keys::shown(&console.app, &key, Some(&secret)).await?;
    Ok(answer(&shown))
}

/// The caller, who has just given the password again.
async fn confirmed(console: &Console, visit: Visit) -> Result<Arc<Caller>, ApiError> {
    let (caller, _) = confirmed_with(console, visit).await?;
    Ok(caller)
}

/// The same, with the body that the password came in.
async fn confirmed_with(console: &Console, visit: Visit) -> Result<(Arc<Caller>, Value), ApiError> {
    let caller = visit.session()?.caller.clone();
    let (given, peer) = read(visit).await?;
    let password = Zeroizing::new(text(&given, "password")?);
    authentication::confirm(&console.app, &caller, password, peer.address).await?;
    Ok((caller, given))
}

/// The instance of `/console/api/instances/{id}/…`.
///
/// # Errors
/// 404 for anything that is no id.
pub fn instance_id(path: &str) -> Result<InstanceId, ApiError> {
    let text = path.split('/').nth(4).unwrap_or_default();
    text.parse()
        .map(InstanceId)
        .map_err(|_| instances::unknown(text).into())
}

/// The JSON body, and the other end.
///
/// # Errors
/// As [`body::json`].
pub async fn read(visit: Visit) -> Result<(Value, Peer), ApiError> {
    let (parts, body) = visit.request.into_parts();
    let peer = parts.extensions.get::<Peer>().copied().unwrap_or(Peer {
        address: std::net::Ipv4Addr::UNSPECIFIED.into(),
    });
    let given = body::json(&parts.headers, body, MOST).await?;
    Ok((given, peer))
}

/// A text member of a body.
///
/// # Errors
/// 400 when it is missing.
pub fn text(given: &Value, name: &str) -> Result<String, ApiError> {
    match given.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        _ => Err(ApiError::invalid(format!(
            "`{name}` is missing; it must be text."
        ))),
    }
}

/// 200 with JSON.
pub fn answer(value: &Value) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Marks a request as the console's own reading.
pub fn quiet(extensions: &mut http::Extensions) {
    extensions.insert(Quiet);
}
