//! Where an organization hears that an account must be reconnected.

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use crate::service::callers::administers;
use crate::service::notices;

/// `GET /organizations/me/notices`
///
/// # Shape
/// `{"url": "https://…"}`; `{}` when nobody is told
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let url = notices::target(&call.app, caller.organization).await?;
    Ok(shown(url))
}

/// `PUT /organizations/me/notices`: from now on the URL is sent `instance.invalid` when a vendor refuses a grant.
///
/// # Shape
/// `{"url": "https://…"}`. What is sent, by `POST`, signed as Connect's callbacks are:
/// `{"type": "instance.invalid", "timestamp": "…", "data": {"instance": {"id": 7, "name": "…", "tags": […]},
/// "element": {"id": 23, "key": "sfdc"}, "reason": "refused", "since": "…", "reconnectUrl": "https://…",
/// "reconnectExpires": "…"}}`
///
/// # Errors
/// 400 for what is no https URL, or leads into our own network; 403 for who does not administer the organization.
pub async fn put(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    administers(&caller)?;
    let body = call.json(vocabulary).await?;
    let url = body.get("url").and_then(Value::as_str).map(str::trim);
    let Some(url) = url.filter(|url| !url.is_empty() && url.len() <= 2000) else {
        return Err(ApiError::invalid(
            "`url` is missing: where you want to be told.",
        ));
    };
    notices::set_target(&call.app, caller.organization, Some(url.to_owned())).await?;
    Ok(shown(Some(url.to_owned())))
}

/// `DELETE /organizations/me/notices`: nobody is told any more.
pub async fn delete(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    administers(&caller)?;
    notices::set_target(&call.app, caller.organization, None).await?;
    Ok(Answer::empty())
}

fn shown(url: Option<String>) -> Answer {
    Answer::platform(url.map_or_else(|| json!({}), |url| json!({"url": url})))
}
