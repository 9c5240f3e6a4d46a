//! Instances, by id, by element and by token.

pub mod configuration;

use ligand_model::id::{ElementId, InstanceId};
use ligand_store::identity::Caller;
use ligand_store::instances::{InstanceChange, SealedInstance};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::page::Page;
use super::permit;
use super::wire;
use crate::service::input::InstanceInput;
use crate::service::instances::{self as service, Shown, Status, Wanted};
use crate::service::{custody, elements, provision, reconfigure};

/// `POST /instances`
pub async fn create(call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    make(call, vocabulary, None).await
}

/// `POST /elements/{keyOrId}/instances`
pub async fn create_of_element(call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let element = call.variable(0).to_owned();
    make(call, vocabulary, Some(element)).await
}

async fn make(
    mut call: Call,
    vocabulary: &Vocabulary,
    element: Option<String>,
) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let input = InstanceInput::read(&call.json(vocabulary).await?)?;
    permit::new_instance(&call, &caller, &input, element.as_deref()).await?;
    let shown = provision::provision(&call.app, &caller, input, element.as_deref()).await?;
    Ok(Answer::platform(wire::instance(&shown, true)))
}

/// `GET /instances`
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    rows(call, None).await
}

/// `GET /elements/{keyOrId}/instances`
pub async fn list_of_element(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let element = call.variable(0).to_owned();
    rows(call, Some(element)).await
}

async fn rows(call: Call, element: Option<String>) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let page = Page::of(&call)?;
    let wanted = Wanted {
        element,
        only: call.key.as_ref().map(|key| key.permission.clone()),
        tags: call.parameters("tags"),
        search: call.parameter("searchText").map(str::to_owned),
        status: call.parameter("status").map(Status::of).transpose()?,
        limit: page.size,
        page: page.number,
        next: page.next.clone(),
        query: call.query.clone(),
    };
    let (shown, next) = service::list(&call.app, &caller, wanted).await?;
    note_revealed(&call, &caller, &shown).await?;
    let hydrate = call.flag("hydrate").unwrap_or(true);
    let rows: Vec<Value> = shown
        .iter()
        .map(|shown| wire::instance(shown, hydrate))
        .collect();
    let count = rows.len();
    Ok(page.headers(Answer::platform(Value::Array(rows)), count, next.as_deref()))
}

/// `GET /instances/count`
///
/// # Shape
/// `{"totalInstances": 2, "elementInstances": [{"key": "sfdc", "count": 2}]}`
pub async fn count(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let (total, by_element) = {
        let only = call.key.as_ref().map(|key| &key.permission);
        service::count(&call.app, &caller, only).await?
    };
    let rows: Vec<Value> = by_element
        .iter()
        .map(|(key, count)| json!({"key": key, "count": count}))
        .collect();
    Ok(Answer::platform(
        json!({"totalInstances": total, "elementInstances": rows}),
    ))
}

/// `GET /instances/{id}`
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance_id(0)?;
    show(&call, id, None).await
}

/// `GET /elements/{keyOrId}/instances/{id}`
pub async fn get_of_element(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (element, id) = within(&call).await?;
    show(&call, id, Some(element)).await
}

async fn show(call: &Call, id: InstanceId, of: Option<ElementId>) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let sealed = service::find(&call.app, &*caller, id, of).await?;
    let shown = service::show(&call.app, sealed).await?;
    note_revealed(call, &caller, std::slice::from_ref(&shown)).await?;
    Ok(Answer::platform(wire::instance(&shown, true)))
}

/// The console takes tokens out of what it shows.
pub(super) async fn note_revealed(
    call: &Call,
    caller: &Caller,
    shown: &[Shown],
) -> Result<(), ApiError> {
    if call.veiled {
        return Ok(());
    }
    let key = call.key.as_ref().map(|key| key.id);
    let ids = shown.iter().map(|shown| shown.instance.id);
    Ok(custody::revealed(&call.app, caller, key, ids).await?)
}

/// An instance as it now is, token and all.
pub(super) async fn answer(call: &Call, sealed: SealedInstance) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let shown = service::show(&call.app, sealed).await?;
    note_revealed(call, &caller, std::slice::from_ref(&shown)).await?;
    Ok(Answer::platform(wire::instance(&shown, true)))
}

/// `PUT|PATCH /instances/{id}`
pub async fn update(call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance_id(0)?;
    change(call, vocabulary, id, None).await
}

/// `PUT|PATCH /elements/{keyOrId}/instances/{id}`
pub async fn update_of_element(call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let (element, id) = within(&call).await?;
    change(call, vocabulary, id, Some(element)).await
}

/// `PUT|PATCH /instances` with a token
pub async fn update_by_token(call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance()?.instance.id;
    change(call, vocabulary, id, None).await
}

async fn change(
    mut call: Call,
    vocabulary: &Vocabulary,
    id: InstanceId,
    of: Option<ElementId>,
) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let input = InstanceInput::read(&call.json(vocabulary).await?)?;
    permit::changed_instance(&call, &caller, &input).await?;
    let sealed = reconfigure::reconfigure(&call.app, &caller, id, of, input).await?;
    answer(&call, sealed).await
}

/// `DELETE /instances/{id}`
pub async fn delete(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance_id(0)?;
    remove(&call, id, None).await
}

/// `DELETE /elements/{keyOrId}/instances/{id}`
pub async fn delete_of_element(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (element, id) = within(&call).await?;
    remove(&call, id, Some(element)).await
}

/// `DELETE /instances` with a token
pub async fn delete_by_token(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance()?.instance.id;
    remove(&call, id, None).await
}

async fn remove(call: &Call, id: InstanceId, of: Option<ElementId>) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    service::delete(&call.app, &*caller, id, of).await?;
    Ok(Answer::empty())
}

/// `PUT /instances/{id}/enabled`
pub async fn enable(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance_id(0)?;
    switch(&call, id, false).await
}

/// `DELETE /instances/{id}/enabled`
pub async fn disable(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance_id(0)?;
    switch(&call, id, true).await
}

/// `PUT /instances/enabled` with a token
pub async fn enable_by_token(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance()?.instance.id;
    switch(&call, id, false).await
}

/// `DELETE /instances/enabled` with a token
pub async fn disable_by_token(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let id = call.instance()?.instance.id;
    switch(&call, id, true).await
}

async fn switch(call: &Call, id: InstanceId, disabled: bool) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let change = InstanceChange {
        disabled: Some(disabled),
        ..InstanceChange::default()
    };
    let sealed = service::change(&call.app, &*caller, id, change).await?;
    answer(call, sealed).await
}

/// The element and instance of a path that names both.
async fn within(call: &Call) -> Result<(ElementId, InstanceId), ApiError> {
    let caller = call.caller()?;
    let element = elements::find(&call.app, Some(caller.organization), call.variable(0)).await?;
    Ok((element.id, call.instance_id(1)?))
}
