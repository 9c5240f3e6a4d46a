//! `/sobjects/User/{id}/password`: asked for, set, reset.

use serde_json::{Value, json};

use super::error::{Answer, ApiError};
use super::id;
use super::org::{Org, known};
use super::rest::{Request, record_body};
use crate::call::Reply;

/// Answers it; a password itself is never kept, as every one is good here.
pub fn answer(org: &Org, request: &Request<'_>, user: &str) -> Answer<Reply> {
    let id = id::normalize(user).ok_or_else(ApiError::not_found)?;
    org.live(known("User")?, &id)?;
    match request.call.method.as_str() {
        "GET" | "HEAD" => Ok(Reply::json(200, &json!({ "isExpired": false }))),
        "POST" => {
            let body = record_body(request.call)?;
            set(body.get("NewPassword").and_then(Value::as_str))?;
            Ok(Reply::empty(204))
        }
        "DELETE" => Ok(Reply::json(200, &json!({ "NewPassword": generated(&id) }))),
        other => Err(ApiError::method(other, "DELETE,GET,HEAD,POST")),
    }
}

/// Refuses what the vendor's usual policy refuses.
pub fn set(password: Option<&str>) -> Answer<()> {
    let Some(password) = password else {
        let message = "NewPassword must be specified";
        return Err(ApiError::new(400, "MISSING_ARGUMENT", message));
    };
    if password.chars().count() < 8 {
        let message = "Your password must be at least 8 characters long.";
        return Err(ApiError::new(400, "INVALID_NEW_PASSWORD", message));
    }
    let mixed =
        password.chars().any(char::is_alphabetic) && password.chars().any(|c| c.is_ascii_digit());
    if !mixed {
        let message = "Your password must include letters and numbers.";
        return Err(ApiError::new(400, "INVALID_NEW_PASSWORD", message));
    }
    Ok(())
}

/// The password after a reset.
pub fn generated(user: &str) -> String {
    format!("Sandbox1{}", user.get(12..15).unwrap_or("abc"))
}
