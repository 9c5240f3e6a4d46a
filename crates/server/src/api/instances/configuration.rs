//! An instance's configuration, entry by entry.

use ligand_engine::catalog::Compiled;
use ligand_model::configuration::{InstanceDocument, text_of};
use ligand_model::id::InstanceId;
use ligand_model::secret::MASK;
use serde_json::Value;

use super::super::answer::Answer;
use super::super::call::Call;
use super::super::edge::nouns::Vocabulary;
use super::super::error::ApiError;
use super::super::wire;
use crate::service::input::InstanceInput;
use crate::service::instances::{self as service, Entry};
use crate::service::{elements, reconfigure};

/// `GET /instances/{id}/configuration`
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance_id(0)?;
    rows(&call, id).await
}

/// `GET /instances/configuration` with a token
pub async fn list_by_token(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance()?.instance.id;
    rows(&call, id).await
}

async fn rows(call: &Call, id: InstanceId) -> Result<Answer, ApiError> {
    let rows: Vec<Value> = entries(call, id).await?.iter().map(wire::entry).collect();
    let count = rows.len().to_string();
    Ok(Answer::platform(Value::Array(rows)).header("elements-returned-count", &count))
}

/// `GET /instances/{id}/configuration/{configId}`
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance_id(0)?;
    one(&call, id, call.variable(1)).await
}

/// `GET /instances/configuration/{configId}` with a token
pub async fn get_by_token(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance()?.instance.id;
    one(&call, id, call.variable(0)).await
}

async fn one(call: &Call, id: InstanceId, entry: &str) -> Result<Answer, ApiError> {
    let entries = entries(call, id).await?;
    Ok(Answer::platform(wire::entry(named(&entries, entry)?)))
}

/// `PATCH /instances/{id}/configuration/{configId}`
pub async fn update(call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance_id(0)?;
    let entry = call.variable(1).to_owned();
    change(call, vocabulary, id, &entry).await
}

/// `PATCH /instances/configuration/{configId}` with a token
pub async fn update_by_token(call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance()?.instance.id;
    let entry = call.variable(0).to_owned();
    change(call, vocabulary, id, &entry).await
}

/// The entry comes back with a new `propertyValue`; a masked one means unchanged.
async fn change(
    mut call: Call,
    vocabulary: &Vocabulary,
    id: InstanceId,
    entry: &str,
) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let key = named(&entries(&call, id).await?, entry)?.key.clone();
    let body = call.json(vocabulary).await?;
    let Some(value) = body.get("propertyValue") else {
        return Err(ApiError::invalid("`propertyValue` is missing."));
    };
    let value = text_of(value);
    if value.as_deref() != Some(MASK) {
        let input = InstanceInput {
            configuration: [(key.clone(), value)].into(),
            ..InstanceInput::default()
        };
        reconfigure::reconfigure(&call.app, &caller, id, None, input).await?;
    }
    one(&call, id, &key).await
}

async fn entries(call: &Call, id: InstanceId) -> Result<Vec<Entry>, ApiError> {
    let caller = call.caller()?;
    let sealed = service::find(&call.app, &*caller, id, None).await?;
    let element = elements::of_instance(&call.app, &sealed.instance).await?;
    let document: InstanceDocument = sealed.open()?;
    let element: &Compiled = &element;
    Ok(service::entries(element, &document))
}

/// The entry with this id, or this key.
fn named<'a>(entries: &'a [Entry], wanted: &str) -> Result<&'a Entry, ApiError> {
    entries
        .iter()
        .find(|entry| wanted.parse() == Ok(entry.id) || entry.key == wanted)
        .ok_or_else(|| {
            ApiError::not_found(format!(
                "No configuration found with ID {}",
                elements::shown(wanted)
            ))
        })
}
