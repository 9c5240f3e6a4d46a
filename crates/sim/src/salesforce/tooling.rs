//! The Tooling API, as far as definitions of objects go, and the calls of the Metadata API that make them.

use serde_json::json;

use super::describe::{Object, tooling_object};
use super::error::{Answer, ApiError};
use super::org::Org;
use super::query;
use super::rest::Request;
use super::rules::text;
use super::soap::{element, envelope, fault};
use crate::call::{Call, Reply};
use crate::page::escape;
use crate::record_store::Record;

fn definitions() -> Answer<&'static Object> {
    tooling_object("EntityDefinition").ok_or_else(ApiError::not_found)
}

/// Answers what follows `/tooling`.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let method = request.call.method.as_str();
    match (method, path) {
        ("GET" | "HEAD", ["query"]) => {
            let page = query::tooling_page(org, request.call, request.base, request.actor.now)?;
            Ok(Reply::json(200, &page))
        }
        (_, ["query"]) => Err(ApiError::method(method, "GET,HEAD")),
        _ => Err(ApiError::not_found()),
    }
}

/// Answers `createMetadata`, `updateMetadata`, `deleteMetadata` of one `CustomObject`; `None` for other calls.
pub fn metadata(org: &mut Org, call: &Call, actor: super::org::Actor<'_>) -> Option<Reply> {
    let body = call.text();
    let operation = ["createMetadata", "updateMetadata", "deleteMetadata"]
        .into_iter()
        .find(|operation| element(&body, operation).is_some())?;
    if !body.contains("CustomObject") {
        let message = "UNSUPPORTED: the sandbox keeps definitions of CustomObject only";
        return Some(fault("sf:UNSUPPORTED_OPERATION", message));
    }
    let named = if operation == "deleteMetadata" {
        "fullNames"
    } else {
        "fullName"
    };
    let name = element(&body, named).unwrap_or_default();
    let outcome = match operation {
        "createMetadata" => make(org, actor, &body, &name),
        "updateMetadata" => change(org, actor, &body, &name),
        _ => remove(org, actor, &name),
    };
    let full = escape(&name);
    let result = match outcome {
        Ok(()) => format!("<fullName>{full}</fullName><success>true</success>"),
        Err(error) => format!(
            "<errors><message>{}</message><statusCode>{}</statusCode></errors><fullName>{full}</fullName><success>false</success>",
            escape(&error.message),
            error.code
        ),
    };
    Some(envelope(
        200,
        &format!("<{operation}Response><result>{result}</result></{operation}Response>"),
    ))
}

/// `Name__kav` without its suffix, which an article type must have.
fn developer_name(full: &str) -> Answer<&str> {
    let stem = full
        .strip_suffix("__kav")
        .or_else(|| full.strip_suffix("__c"));
    stem.filter(|stem| {
        stem.starts_with(|c: char| c.is_ascii_alphabetic())
            && stem.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
    .ok_or_else(|| {
        let message =
            format!("The object name {full} must begin with a letter and end in __kav or __c");
        ApiError::new(400, "INVALID_FULL_NAME", message)
    })
}

fn found(org: &Org, full: &str) -> Answer<String> {
    developer_name(full)?;
    org.live_records(definitions()?)
        .find(|(_, record)| {
            text(record, "QualifiedApiName").is_some_and(|name| name.eq_ignore_ascii_case(full))
        })
        .map(|(id, _)| id.to_owned())
        .ok_or_else(|| {
            ApiError::new(
                404,
                "INVALID_CROSS_REFERENCE_KEY",
                format!("no CustomObject named {full} found"),
            )
        })
}

/// The members of the definition that a call gives.
fn given(body: &str) -> Record {
    let mut record = Record::new();
    for (tag, field) in [
        ("label", "Label"),
        ("pluralLabel", "PluralLabel"),
        ("description", "Description"),
    ] {
        if let Some(value) = element(body, tag) {
            record.insert(field.to_owned(), json!(value));
        }
    }
    record
}

fn make(org: &mut Org, actor: super::org::Actor<'_>, body: &str, full: &str) -> Answer<()> {
    let stem = developer_name(full)?;
    if found(org, full).is_ok() {
        let message = format!("This Object Name is already used: {full}");
        return Err(ApiError::new(400, "DUPLICATE_DEVELOPER_NAME", message));
    }
    let mut record = given(body);
    record.insert("DeveloperName".to_owned(), json!(stem));
    let id = org.create(actor, definitions()?, &record)?;
    named(org, &id, full);
    Ok(())
}

/// Gives a definition the names that follow from its own.
pub fn named(org: &mut Org, id: &str, full: &str) {
    if let Some(record) = org.records.collection_mut("EntityDefinition").get_mut(id) {
        record.insert("DurableId".to_owned(), json!(id));
        record.insert("QualifiedApiName".to_owned(), json!(full));
    }
}

fn change(org: &mut Org, actor: super::org::Actor<'_>, body: &str, full: &str) -> Answer<()> {
    let id = found(org, full)?;
    org.update(actor, definitions()?, &id, &given(body))
}

fn remove(org: &mut Org, actor: super::org::Actor<'_>, full: &str) -> Answer<()> {
    let id = found(org, full)?;
    org.delete(actor, definitions()?, &id)
}
