//! Common resources: `/common-resources`.

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use crate::service::transformations::common as service;

/// `GET /common-resources`
///
/// # Shape
/// `[{"name": "person", "id": 17, "fields": [{"id": 91, "path": "id", "type": "string", "associatedLevel": "organization",
/// "associatedId": 2}], "elementInstanceIds": [5], "mappedElementIds": [23]}]`
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let all = service::all(&call.app, &caller).await?;
    let rows: Vec<Value> = all.iter().map(service::Whole::common).collect();
    Ok(Answer::platform(Value::Array(rows)))
}

/// `GET /common-resources/{name}`; `coverage` says which element has which fields.
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    shown(&call, &caller, call.variable(0)).await
}

/// `PUT /common-resources`
///
/// # Shape
/// `{"name": "person", "fields": [{"path": "id", "associatedLevel": "organization"}], "changedFields": [{"oldPath": "id",
/// "path": "key", "associatedLevel": "organization"}]}`
pub async fn put(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let name = service::put(&call.app, &caller, &body).await?;
    shown(&call, &caller, &name).await
}

/// `PATCH /common-resources/{name}`
///
/// # Shape
/// `{"name": "new"}`
pub async fn rename(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let new = ["name", "objectName"]
        .iter()
        .find_map(|member| body.get(member).and_then(Value::as_str))
        .ok_or_else(|| ApiError::invalid("`name` is missing; it must be the new name."))?;
    let name = service::rename(&call.app, &caller, call.variable(0), new).await?;
    shown(&call, &caller, &name).await
}

/// `DELETE /common-resources/{name}`; `force=true` deletes transformations too.
pub async fn delete(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let force = call.flag("force").unwrap_or(false);
    service::delete(&call.app, &caller, call.variable(0), force).await?;
    Ok(Answer::empty())
}

/// `GET /common-resources/{name}/usages`
///
/// # Shape
/// `{"formulaUsages": [{"formulaName", "formulaId", "usageCount"}]}`
pub async fn usages(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    service::by_name(&call.app, &caller, call.variable(0)).await?;
    // Nothing else that could use one exists yet.
    Ok(Answer::platform(json!({"formulaUsages": []})))
}

async fn shown(
    call: &Call,
    caller: &ligand_store::identity::Caller,
    name: &str,
) -> Result<Answer, ApiError> {
    let whole = service::by_name(&call.app, caller, name).await?;
    let mut value = whole.common();
    let coverage = service::coverage(&call.app, caller, &whole).await?;
    if let Value::Object(members) = &mut value {
        members.insert("coverage".to_owned(), coverage);
    }
    Ok(Answer::platform(value))
}
