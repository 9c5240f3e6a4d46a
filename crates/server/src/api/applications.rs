//! Registered applications: `/elements/{keyOrId}/application` and `/applications`.

use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::wire;
use crate::service::{applications as service, elements};

/// `GET /elements/{keyOrId}/application`
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let (element, application) = service::get(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::platform(wire::application(&element, &application)))
}

/// `PUT /elements/{keyOrId}/application`
///
/// # Shape
/// `{"apiKey": "…", "apiSecret": "…", "callbackUrl": "…", "scope": "…"}`
pub async fn put(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let body = call.json(vocabulary).await?;
    let (element, application) = service::put(&call.app, &caller, call.variable(0), &body).await?;
    Ok(Answer::platform(wire::application(&element, &application)))
}

/// `DELETE /elements/{keyOrId}/application`
pub async fn delete(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    service::delete(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::empty())
}

/// `GET /applications`
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let mut rows: Vec<Value> = Vec::new();
    for application in call.app.store.applications(caller.organization).await? {
        let found =
            elements::by_id(&call.app, Some(caller.organization), application.element).await?;
        if let Some(element) = found {
            rows.push(wire::application(&element, &application));
        }
    }
    Ok(Answer::platform(Value::Array(rows)))
}
