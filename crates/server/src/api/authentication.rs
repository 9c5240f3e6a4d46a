//! Signing in.

use http::HeaderValue;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::wire;
use crate::service::authentication as service;

/// Where the field's clients put the present password.
const PRESENT: &str = "elements-user-password";

/// `POST /authentication`
///
/// # Shape
/// `{"username": "…", "password": "…"}` → the user and a `token` for `Authorization: Bearer`.
pub async fn sign_in(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let username = text(&body, "username")?;
    let password = Zeroizing::new(text(&body, "password")?);
    let address = call.peer.address;
    let signed_in = service::sign_in(&call.app, &username, password, address).await?;
    let mut value = wire::user(&signed_in.user);
    if let Value::Object(members) = &mut value {
        members.insert("token".to_owned(), json!(signed_in.token.expose()));
    }
    Ok(Answer::platform(value))
}

/// `GET /authentication/secrets`
///
/// # Shape
/// `{"userSecret": "…", "organizationSecret": "…"}`
pub async fn secrets(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let (user, organization) =
        service::secrets(&call.app, caller.organization, caller.user).await?;
    Ok(Answer::platform(json!({
        "userSecret": user.expose(),
        "organizationSecret": organization.expose(),
    })))
}

/// `POST /authentication/passwords`
///
/// # Shape
/// `{"password": "…", "currentPassword": "…"}`; the present one may come in the header `Elements-User-Password` instead, and
/// need not come at all from a session that began within the last quarter of an hour.
pub async fn change_password(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let body = call.json(vocabulary).await?;
    let password = Zeroizing::new(text(&body, "password")?);
    let header = call.headers.get(PRESENT).map(HeaderValue::to_str);
    let present = match (header, body.get("currentPassword")) {
        (Some(Ok(given)), _) => Some(given.to_owned()),
        (Some(Err(_)), _) => {
            return Err(ApiError::invalid(
                "`Elements-User-Password` must be visible ASCII; send `currentPassword` instead.",
            ));
        }
        (None, None | Some(Value::Null)) => None,
        (None, Some(_)) => Some(text(&body, "currentPassword")?),
    };
    let (begun, address) = (call.session_begun, call.peer.address);
    let present = present.map(Zeroizing::new);
    service::knows_password(&call.app, &caller, begun, present, address).await?;
    service::change_password(&call.app, &caller, password).await?;
    Ok(Answer::empty())
}

fn text(body: &Value, name: &str) -> Result<String, ApiError> {
    match body.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        _ => Err(ApiError::invalid(format!(
            "`{name}` is missing; it must be text."
        ))),
    }
}
