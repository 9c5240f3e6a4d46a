//! The element builder: definitions piece by piece, metadata, versions.

pub mod pieces;

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::page::Page;
use super::{body, instances, wire};
use crate::service::builder::{self as service, metadata, versions};
use crate::service::{elements, reconfigure};

/// `PUT /elements/{keyOrId}`
pub async fn replace(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let limit = call.app.config.http.max_body.0;
    let taken = call.take_body();
    let mut definition = body::json(&call.headers, taken, limit).await?;
    vocabulary.inner_body(&mut definition);
    let found = service::replace(&call.app, &caller, call.variable(0), &definition).await?;
    Ok(Answer::platform(versioned(&found)))
}

/// `POST /elements/{keyOrId}/clone`; a body is ignored.
pub async fn clone(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let element = service::clone(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::platform(wire::element(&element)))
}

fn versioned(found: &elements::Found) -> Value {
    let mut value = wire::element(&found.element);
    if let Value::Object(members) = &mut value {
        members.insert("version".to_owned(), json!(found.version));
    }
    value
}

/// `GET /elements/{keyOrId}/metadata`
pub async fn metadata(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = elements::seen(&call.app, Some(&caller), call.variable(0)).await?;
    let expand = call.flag("expand").unwrap_or(false);
    Ok(Answer::platform(metadata::of(&found.element, expand)))
}

/// `GET /elements/metadata`
pub async fn all_metadata(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let page = Page::of(&call)?;
    let expand = call.flag("expand").unwrap_or(false);
    let all = elements::all(&call.app, Some(caller.organization)).await?;
    let (rows, next) = page.cut(all)?;
    let rows: Vec<Value> = rows
        .iter()
        .map(|element| metadata::of(element, expand))
        .collect();
    let count = rows.len();
    Ok(page.headers(Answer::platform(Value::Array(rows)), count, next.as_deref()))
}

/// `GET /elements/{keyOrId}/versions`
///
/// # Shape
/// `[{"version": 2, "createdDate": …, "createdBy": 2, "instances": 1, "current": true}]`, oldest first.
pub async fn list_versions(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = versions::list(&call.app, &caller, call.variable(0)).await?;
    let newest = found.last().map(|one| one.version);
    let rows: Vec<Value> = found
        .iter()
        .map(|one| {
            let mut row = json!({
                "version": one.version,
                "createdDate": one.created.to_iso(),
                "instances": one.instances,
                "current": Some(one.version) == newest,
            });
            if let (Value::Object(row), Some(user)) = (&mut row, one.created_by) {
                row.insert("createdBy".to_owned(), json!(user));
            }
            row
        })
        .collect();
    Ok(Answer::platform(Value::Array(rows)))
}

/// `GET /elements/{keyOrId}/versions/{version}`
pub async fn get_version(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let element = versions::get(&call.app, &caller, call.variable(0), call.variable(1)).await?;
    let version = call.variable(1).parse().unwrap_or(1);
    Ok(Answer::platform(versioned(&elements::Found {
        element,
        version,
    })))
}

/// `GET /elements/{keyOrId}/versions/{version}/diff/{other}`
///
/// # Shape
/// `{"from": 1, "to": 2, "changes": [{"op": "replace", "path": "/resources/17/vendorPath", "before": …, "after": …}]}`
pub async fn compare(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let (element, from, to) = (call.variable(0), call.variable(1), call.variable(2));
    let changes = versions::compare(&call.app, &caller, element, from, to).await?;
    let number = |text: &str| text.parse::<i64>().unwrap_or(0);
    Ok(Answer::platform(
        json!({"from": number(from), "to": number(to), "changes": changes}),
    ))
}

/// `POST /elements/{keyOrId}/versions/{version}/rollback`
pub async fn roll_back(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = versions::roll_back(&call.app, &caller, call.variable(0), call.variable(1)).await?;
    Ok(Answer::platform(versioned(&found)))
}

/// `PUT /elements/{keyOrId}/instances/{id}/version`: the newest, or the `version` of the body.
pub async fn move_instance(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let id = call.instance_id(1)?;
    let given = call.json(vocabulary).await?;
    let found = elements::seen(&call.app, Some(&caller), call.variable(0)).await?;
    let version = match given.get("version") {
        None | Some(Value::Null) => json!(found.version),
        Some(version) => version.clone(),
    };
    let change = json!({"element": {"id": found.element.id, "version": version}});
    let input = crate::service::input::InstanceInput::read(&change)?;
    let of = Some(found.element.id);
    let sealed = reconfigure::reconfigure(&call.app, &caller, id, of, input).await?;
    instances::answer(&call, sealed).await
}
