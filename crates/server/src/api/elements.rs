//! The catalog.

use bytes::Bytes;
use ligand_engine::catalog::Compiled;
use ligand_engine::query;
use ligand_model::error::Classify as _;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::page::Page;
use super::{body, permit, wire};
use crate::service::elements::extensions;
use crate::service::{builder, elements as service};

/// `GET /elements`
///
/// `where` compares plain members of an element: `key`, `name`, `hub`, `active`, `private` (the organization's own),
/// `extended` (with resources of the caller's account) and their like.
///
/// # Errors
/// 400 for a `where` that cannot be read.
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let page = Page::of(&call)?;
    let organization = call.caller.as_ref().map(|caller| caller.organization);
    let mut all = service::all(&call.app, organization).await?;
    if let Some(text) = call.parameter("where") {
        let wanted = query::parse_where(text)
            .map_err(|error| ApiError::invalid(error.public().into_owned()))?;
        let mut fitting = Vec::new();
        for element in all {
            let extended = match call.caller.as_deref() {
                Some(caller) => extensions::exists(&call.app, caller, &element).await?,
                None => false,
            };
            if wanted.holds(&wire::element_plainly(&element, extended)) {
                fitting.push(element);
            }
        }
        all = fitting;
    }
    let (rows, next) = page.cut(all)?;
    let abridged = call.flag("abridged").unwrap_or(false);
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            if abridged {
                wire::element_abridged(row)
            } else {
                whole(&call, row)
            }
        })
        .collect();
    let count = rows.len();
    Ok(page.headers(Answer::platform(Value::Array(rows)), count, next.as_deref()))
}

/// `GET /elements/keys`
pub async fn keys(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let organization = call.caller.as_ref().map(|caller| caller.organization);
    let all = service::all(&call.app, organization).await?;
    let keys: Vec<&str> = all
        .iter()
        .map(|element| element.element.key.as_str())
        .collect();
    Ok(Answer::platform(json!(keys)))
}

/// `GET /elements/{keyOrId}`
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller.as_deref();
    let found = service::seen(&call.app, caller, call.variable(0)).await?;
    Ok(Answer::platform(whole(&call, &found.element)))
}

/// The whole element; the secrets in it are for who may export it.
fn whole(call: &Call, element: &Compiled) -> Value {
    let mut value = wire::element(element);
    if let Some(entries) = value
        .get_mut("configuration")
        .filter(|_| !permit::exports(call))
    {
        wire::mask_defaults(entries, element);
    }
    value
}

/// `GET /elements/{keyOrId}/export`: the definition as it was imported, or as it stands in the catalog.
pub async fn export(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let definition = builder::export(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::platform(definition))
}

/// `GET /elements/{keyOrId}/configuration`
///
/// # Shape
/// `{"configuration": […], "providerData": […]}`
pub async fn configuration(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let element = service::find(&call.app, Some(caller.organization), call.variable(0)).await?;
    let mut entries = serde_json::to_value(&element.element.configuration).unwrap_or_default();
    if !permit::exports(&call) {
        wire::mask_defaults(&mut entries, &element);
    }
    let provider_data = if service::is_oauth(&element) {
        json!([{"key": "code", "name": "OAuth code", "required": true}])
    } else {
        json!([])
    };
    Ok(Answer::platform(
        json!({"configuration": entries, "providerData": provider_data}),
    ))
}

/// `POST /elements`
pub async fn import(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let limit = call.app.config.http.max_body.0;
    let taken = call.take_body();
    let bytes = body::read(&call.headers, taken, limit).await?;
    let json = inner(bytes, vocabulary)?;
    let (element, found) = service::import(&call.app, &caller, &json).await?;
    let mut value = wire::element(&element);
    if let Value::Object(members) = &mut value
        && !found.is_empty()
    {
        let found = found.iter().map(wire::diagnostic).collect();
        members.insert("diagnostics".to_owned(), Value::Array(found));
    }
    Ok(Answer::platform(value))
}

/// An export in the words of another noun is spelt the inner way; any other stays as it came, byte for byte.
fn inner(bytes: Bytes, vocabulary: &Vocabulary) -> Result<Bytes, ApiError> {
    let mut value = body::parse(&bytes)?;
    let names = |value: &Value| -> Option<Vec<String>> {
        Some(value.as_object()?.keys().cloned().collect())
    };
    let Some(before) = names(&value) else {
        return Err(ApiError::invalid(
            "The body must be a JSON object: an exported element.",
        ));
    };
    vocabulary.inner_body(&mut value);
    if names(&value).is_some_and(|after| after == before) {
        return Ok(bytes);
    }
    serde_json::to_vec(&value)
        .map(Bytes::from)
        .map_err(|_| ApiError::invalid("The body cannot be read as an element."))
}

/// `PUT /elements/{keyOrId}/active`
pub async fn activate(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    switch(call, true).await
}

/// `DELETE /elements/{keyOrId}/active`
pub async fn deactivate(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    switch(call, false).await
}

async fn switch(call: Call, active: bool) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let element = service::set_active(&call.app, &caller, call.variable(0), active).await?;
    Ok(Answer::platform(wire::element_abridged(&element)))
}

/// `DELETE /elements/{keyOrId}`
pub async fn delete(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    service::delete(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::empty())
}
