//! Scoped keys: `/api-keys`.

use ligand_model::id::ApiKeyId;
use ligand_model::secret::ApiKeySecret;
use ligand_store::api_keys::{ApiKey, Scope};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::wire;
use crate::app::App;
use crate::service::{api_keys as service, elements};

/// `GET /api-keys`
///
/// # Shape
/// A list, oldest first; empty when there are none. No member is a secret.
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let mut rows = Vec::new();
    for key in service::list(&call.app, &caller).await? {
        rows.push(shown(&call.app, &key, None).await?);
    }
    Ok(Answer::platform(Value::Array(rows)))
}

/// `POST /api-keys`
///
/// # Shape
/// `{"name": "CI", "scopes": ["read", "write"], "elements": ["sfdc"], "tags": ["acme"], "expiresDate": "2030-01-31T12:00:00Z"}`
/// → the key with `key`, the secret for `Authorization: Bearer`, shown this once.
pub async fn create(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let body = call.json(vocabulary).await?;
    let (key, secret) = service::create(&call.app, &caller, &body).await?;
    Ok(Answer::platform(
        shown(&call.app, &key, Some(&secret)).await?,
    ))
}

/// `GET /api-keys/{id}`
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let key = service::get(&call.app, &caller, id(&call)?).await?;
    Ok(Answer::platform(shown(&call.app, &key, None).await?))
}

/// `PATCH /api-keys/{id}`
///
/// # Shape
/// Any members of the body of `POST /api-keys`; what is absent stays.
pub async fn update(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let id = id(&call)?;
    let body = call.json(vocabulary).await?;
    let key = service::update(&call.app, &caller, id, &body).await?;
    Ok(Answer::platform(shown(&call.app, &key, None).await?))
}

/// `POST /api-keys/{id}/rotate`
///
/// # Shape
/// `{"overlapSeconds": 86400}` → the key with its new secret in `key`, shown this once. The former secret works for
/// that long more; 0 ends it now.
pub async fn rotate(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let id = id(&call)?;
    let body = call.json(vocabulary).await?;
    let (key, secret) = service::rotate(&call.app, &caller, id, &body).await?;
    Ok(Answer::platform(
        shown(&call.app, &key, Some(&secret)).await?,
    ))
}

/// `DELETE /api-keys/{id}`
pub async fn delete(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    service::delete(&call.app, &caller, id(&call)?).await?;
    Ok(Answer::empty())
}

fn id(call: &Call) -> Result<ApiKeyId, ApiError> {
    let text = call.variable(0);
    text.parse()
        .map(ApiKeyId)
        .map_err(|_| service::unknown(text).into())
}

/// A key as answers show it; its secret only where it was just made.
///
/// # Errors
/// Those of the store.
pub async fn shown(
    app: &App,
    key: &ApiKey,
    secret: Option<&ApiKeySecret>,
) -> Result<Value, ApiError> {
    let mut names = Vec::new();
    for id in &key.permission.elements {
        let element = elements::by_id(app, Some(key.organization), *id).await?;
        names.push(element.map_or_else(|| id.to_string(), |known| known.element.key.clone()));
    }
    let scopes = key.permission.scopes.iter().copied().map(Scope::word);
    let secrets: Vec<Value> = key
        .secrets
        .iter()
        .map(|secret| {
            let mut shown = json!({
                "hint": secret.hint,
                "createdDate": secret.created.to_iso(),
                "expiresDate": secret.expires.map(ligand_model::time::Timestamp::to_iso),
                "lastUsedDate": secret.last_used.map(ligand_model::time::Timestamp::to_iso),
            });
            wire::without_nulls(&mut shown);
            shown
        })
        .collect();
    let mut shown = json!({
        "id": key.id,
        "name": key.name,
        "scopes": scopes.collect::<Vec<_>>(),
        "elements": names,
        "tags": key.permission.tags,
        "userId": key.user,
        "createdDate": key.created.to_iso(),
        "expiresDate": key.expires.map(ligand_model::time::Timestamp::to_iso),
        "key": secret.map(ApiKeySecret::expose),
        "secrets": secrets,
    });
    wire::without_nulls(&mut shown);
    Ok(shown)
}
