//! The caller and the caller's organization.

use serde_json::json;

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::wire;
use crate::service::branding;

/// `GET /organizations/me`
///
/// # Shape
/// `{"id", "name", …, "branding": {"accent": "#27509b", "logo": "data:image/png;base64,…"}}`, both empty when not set
pub async fn me(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    show(&call).await
}

/// `PATCH /organizations/me`: name and looks, as Connect shows them.
///
/// # Shape
/// `{"name": "…", "branding": {"accent": "#27509b", "logo": "data:image/png;base64,…"}}`; `""` takes a look away
pub async fn change(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let body = call.json(vocabulary).await?;
    let change = branding::change(&caller, &body)?;
    let store = &call.app.store;
    store
        .change_organization(caller.organization, change)
        .await?;
    show(&call).await
}

async fn show(call: &Call) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = call.app.store.organization(caller.organization).await?;
    let organization = found.ok_or_else(ApiError::unauthenticated)?;
    let brand = call.app.store.brand(caller.organization).await?;
    Ok(Answer::platform(json!({
        "id": organization.id,
        "name": organization.name,
        "externalId": organization.external_id,
        "active": organization.active,
        "createdDate": organization.created.to_iso(),
        "status": "paid",
        "vdrVersion": format!("v{}", call.app.store.vdr_version(caller.organization).await?),
        "branding": {"accent": brand.accent, "logo": brand.logo},
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
