//! The Tooling API, as far as Apex and definitions of objects go, and the calls of the Metadata API that make the latter.

use serde_json::{Value, json};

use super::describe::{Object, objects, tooling_object};
use super::error::{Answer, ApiError};
use super::org::Org;
use super::rest::Request;
use super::rules::text;
use super::soap::{element, envelope, fault};
use super::{query, rest};
use crate::call::{Call, Reply};
use crate::page::escape;
use crate::record_store::Record;
use crate::xml::{self, Node};

fn definitions() -> Answer<&'static Object> {
    tooling_object("EntityDefinition").ok_or_else(ApiError::not_found)
}

/// Answers what follows `/tooling`.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let method = request.call.method.as_str();
    let base = format!("{}/tooling", request.base);
    match (method, path) {
        ("GET" | "HEAD", ["query"]) => {
            let page = query::tooling_page(org, request.call, request.base, request.actor.now)?;
            Ok(Reply::json(200, &page))
        }
        (_, ["query"]) => Err(ApiError::method(method, "GET,HEAD")),
        ("GET" | "HEAD", ["sobjects"]) => {
            let own = objects()
                .iter()
                .filter(|one| tooling_object(&one.name).is_some());
            let own: Vec<Value> = own.map(|one| one.basic(&base)).collect();
            let body = json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": own });
            Ok(Reply::json(200, &body))
        }
        (_, ["sobjects", name, rest @ ..]) => {
            let object = tooling_object(name).ok_or_else(ApiError::not_found)?;
            let request = Request {
                base: &base,
                ..*request
            };
            rest::sobjects(org, &request, object, rest)
        }
        // Nothing is run; what has balanced braces compiles.
        ("GET" | "HEAD", ["executeAnonymous"]) => {
            let code = request.call.query("anonymousBody").unwrap_or_default();
            let compiled =
                !code.trim().is_empty() && code.matches('{').count() == code.matches('}').count();
            let problem = (!compiled).then_some("Unexpected token '<EOF>'.");
            let at = if compiled { -1 } else { 1 };
            let body = json!({
                "line": at, "column": at, "compiled": compiled, "success": compiled, "compileProblem": problem,
                "exceptionStackTrace": null, "exceptionMessage": null,
            });
            Ok(Reply::json(200, &body))
        }
        ("GET" | "HEAD", ["completions"]) => match request.call.query("type") {
            Some("apex") => Ok(Reply::json(
                200,
                &json!({ "publicDeclarations": { "System": {} } }),
            )),
            Some("visualforce") => Ok(Reply::json(200, &json!({ "tags": {} }))),
            _ => Err(ApiError::new(
                400,
                "INVALID_TYPE",
                "type must be apex or visualforce",
            )),
        },
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

/// Answers `describeMetadata`, `listMetadata` and `readMetadata` of `CustomObject`; `None` for other calls.
pub fn metadata_read(org: &Org, call: &str, actor: super::org::Actor<'_>) -> Option<Reply> {
    let document = xml::read(call).ok()?;
    let operation = document.child("Body")?.children.first()?;
    let own = || -> Vec<String> {
        let made = definitions()
            .into_iter()
            .flat_map(|kind| org.live_records(kind));
        let made =
            made.filter_map(|(_, record)| text(record, "QualifiedApiName").map(str::to_owned));
        let known = objects().iter().filter(|object| !object.tooling);
        known
            .map(|object| object.name.clone())
            .chain(made)
            .collect()
    };
    let result = match operation.name.as_str() {
        "describeMetadata" => json!({
            "metadataObjects": {
                "directoryName": "objects", "inFolder": false, "metaFile": false, "suffix": "object", "xmlName": "CustomObject",
                "childXmlNames": ["CustomField"],
            },
            "organizationNamespace": "", "partialSaveAllowed": true, "testRequired": false,
        }),
        "listMetadata" => {
            let wanted = |node: &Node| node.text_of("type") == Some("CustomObject");
            if !operation.all("queries").any(wanted) {
                return Some(envelope(200, "<listMetadataResponse/>"));
            }
            let at = super::value::print_datetime(actor.now);
            own().into_iter().map(|name| json!({
                "createdById": actor.user, "createdByName": "Sandbox", "createdDate": at, "fileName": format!("objects/{name}.object"),
                "fullName": name, "id": "", "lastModifiedById": actor.user, "lastModifiedByName": "Sandbox",
                "lastModifiedDate": at, "type": "CustomObject",
            })).collect()
        }
        "readMetadata" => {
            let names: Vec<&str> = operation
                .all("fullNames")
                .map(|node| node.text.trim())
                .collect();
            let records = names
                .iter()
                .filter_map(|name| objects().iter().find(|object| object.name == **name));
            let records: Vec<Value> = records.map(|object| json!({
                "fullName": object.name, "label": object.label(), "pluralLabel": object.label_plural(),
                "fields": object.fields.iter().map(|field| json!({
                    "fullName": field.name, "label": field.label(), "length": field.length, "required": field.must_be_given(),
                    "type": field.kind,
                })).collect::<Vec<_>>(),
            })).collect();
            let mut body = String::new();
            for record in &records {
                xml::print("records", record, &mut body);
            }
            let typed = body.replace("<records>", "<records xsi:type=\"CustomObject\">");
            return Some(envelope(
                200,
                &format!("<readMetadataResponse><result>{typed}</result></readMetadataResponse>"),
            ));
        }
        _ => return None,
    };
    let mut body = String::new();
    xml::print("result", &result, &mut body);
    let name = &operation.name;
    Some(envelope(
        200,
        &format!("<{name}Response>{body}</{name}Response>"),
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
