//! The caller and the caller's organization.

use serde_json::json;

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::wire;

/// `GET /organizations/me`
pub async fn me(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = call.app.store.organization(caller.organization).await?;
    let organization = found.ok_or_else(ApiError::unauthenticated)?;
    Ok(Answer::platform(json!({
        "id": organization.id,
        "name": organization.name,
        "externalId": organization.external_id,
        "active": organization.active,
        "createdDate": organization.created.to_iso(),
        "status": "paid",
    })))
}

/// `GET /me`
pub async fn user(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = call
        .app
        .store
        .user(caller.organization, caller.user)
        .await?;
    let user = found.ok_or_else(ApiError::unauthenticated)?;
    Ok(Answer::platform(wire::user(&user)))
}
