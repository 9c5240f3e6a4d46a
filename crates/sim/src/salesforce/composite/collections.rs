//! `/composite/sobjects`: up to 200 records in one call, each with its own outcome.

use serde_json::{Value, json};

use super::{MOST_RECORDS, list, object_body, text, too_many};
use crate::call::Reply;
use crate::record_store::Record;
use crate::salesforce::describe::{Object, object_of_id};
use crate::salesforce::error::{Answer, ApiError};
use crate::salesforce::id;
use crate::salesforce::org::{Org, known, render};
use crate::salesforce::rest::{Request, chosen};

/// Answers what follows `/composite/sobjects`.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let call = request.call;
    match (call.method.as_str(), path) {
        ("POST", []) => write(org, request, |org, record| {
            let object = object_named(record)?;
            let id = org.create(request.actor, object, record)?;
            Ok(done(&id))
        }),
        ("PATCH", []) => write(org, request, |org, record| {
            let (object, id) = named_record(record)?;
            let mut changes = record.clone();
            changes.retain(|name, _| !name.eq_ignore_ascii_case("id"));
            org.update(request.actor, object, &id, &changes)?;
            Ok(done(&id))
        }),
        ("PATCH", [object, field]) => {
            let object = known(object)?;
            let field = object
                .field(field)
                .filter(|field| field.external_id || field.kind == "id")
                .ok_or_else(ApiError::not_found)?;
            write(org, request, |org, record| {
                let (id, created) = org.upsert(request.actor, object, field, record)?;
                Ok(json!({ "id": id, "success": true, "errors": [], "created": created }))
            })
        }
        ("DELETE", []) => {
            let ids: Vec<Value> = call
                .query("ids")
                .unwrap_or_default()
                .split(',')
                .filter(|id| !id.is_empty())
                .map(|id| json!({ "id": id }))
                .collect();
            let all_or_none = call.query("allOrNone") == Some("true");
            outcomes(org, &ids, all_or_none, |org, record| {
                let (object, id) = named_record(record)?;
                org.delete(request.actor, object, &id)?;
                Ok(done(&id))
            })
        }
        ("GET" | "HEAD", [object]) => {
            let ids = call.query("ids").unwrap_or_default().to_owned();
            let fields = call.query("fields").unwrap_or("Id").to_owned();
            retrieve(org, request, known(object)?, &ids, &fields)
        }
        ("POST", [object]) => {
            let body = object_body(call)?;
            let joined = |name: &str| {
                let items = body.get(name).and_then(Value::as_array);
                let items = items.into_iter().flatten().filter_map(Value::as_str);
                items.collect::<Vec<_>>().join(",")
            };
            retrieve(
                org,
                request,
                known(object)?,
                &joined("ids"),
                &joined("fields"),
            )
        }
        (other, [] | [_] | [_, _]) => Err(ApiError::method(other, "DELETE,GET,HEAD,PATCH,POST")),
        _ => Err(ApiError::not_found()),
    }
}

fn write(
    org: &mut Org,
    request: &Request<'_>,
    act: impl FnMut(&mut Org, &Record) -> Answer<Value>,
) -> Answer<Reply> {
    let body = object_body(request.call)?;
    let all_or_none = body.get("allOrNone") == Some(&json!(true));
    outcomes(org, list(&body, "records")?, all_or_none, act)
}

/// Acts on each record; what failed says why, and with `all_or_none` nothing stays done.
fn outcomes(
    org: &mut Org,
    records: &[Value],
    all_or_none: bool,
    mut act: impl FnMut(&mut Org, &Record) -> Answer<Value>,
) -> Answer<Reply> {
    if records.len() > MOST_RECORDS {
        return Err(too_many("Number of records", MOST_RECORDS));
    }
    let before = all_or_none.then(|| org.snapshot());
    let mut results: Vec<Value> = Vec::new();
    let mut failed = false;
    for record in records {
        let outcome = match record {
            Value::Object(record) => act(org, record),
            _ => Err(ApiError::new(
                400,
                "JSON_PARSER_ERROR",
                "A record must be an object",
            )),
        };
        results.push(outcome.unwrap_or_else(|error| {
            failed = true;
            json!({ "success": false, "errors": [error.of_record()] })
        }));
    }
    if let (Some(before), true) = (before, failed) {
        org.restore(before);
        for result in &mut results {
            if result.get("success") == Some(&json!(true)) {
                let message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
                *result = json!({ "success": false, "errors": [{
                    "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": message, "fields": [],
                }] });
            }
        }
    }
    Ok(Reply::json(200, &Value::Array(results)))
}

fn done(id: &str) -> Value {
    json!({ "id": id, "success": true, "errors": [] })
}

/// The object that `attributes.type` names.
fn object_named(record: &Record) -> Answer<&'static Object> {
    let name = record
        .get("attributes")
        .map(|attributes| text(attributes, "type"))
        .unwrap_or_default();
    known(name).map_err(|_| {
        let message = format!("sObject type '{name}' is not supported.");
        ApiError::new(400, "INVALID_TYPE", message)
    })
}

fn named_record(record: &Record) -> Answer<(&'static Object, String)> {
    let given = record
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("id"))
        .and_then(|(_, id)| id.as_str())
        .unwrap_or_default();
    let malformed = || {
        let message = format!("Invalid id: {given}");
        ApiError::field("MALFORMED_ID", "Id", message)
    };
    let id = id::normalize(given).ok_or_else(malformed)?;
    let object = object_of_id(&id).ok_or_else(malformed)?;
    Ok((object, id))
}

fn retrieve(
    org: &Org,
    request: &Request<'_>,
    object: &'static Object,
    ids: &str,
    fields: &str,
) -> Answer<Reply> {
    let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
    if ids.len() > 2000 {
        return Err(too_many("Number of records", 2000));
    }
    let fields = chosen(object, fields)?;
    let records: Vec<Value> = ids
        .into_iter()
        .map(|given| {
            let record = id::normalize(given).and_then(|id| org.live(object, &id).ok());
            record.map_or(Value::Null, |record| {
                render(request.base, object, record, Some(&fields))
            })
        })
        .collect();
    Ok(Reply::json(200, &Value::Array(records)))
}
