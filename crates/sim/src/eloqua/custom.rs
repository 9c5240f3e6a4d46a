//! The rows of custom objects: `/data/customObject/{parent}/instances` and `…/instance/{id}`.

use std::borrow::Cow;

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::data::malformed;
use super::entity::{self, Depth, scalar, seconds, text, violation};
use super::listing::Query;
use super::state::{State, gone};
use crate::call::{Call, Reply};
use crate::record_store::Record;

const TYPE: &str = "CustomObjectData";

/// What a row has beside its fields, as it was given.
const GIVEN: [&str; 3] = ["contactId", "name", "uniqueCode"];

/// The collection that holds the rows of an object.
pub fn collection(object: &str) -> String {
    format!("rows of {object}")
}

/// Answers `/data/customObject/{object}/…`, whose remaining segments these are.
pub fn answer(
    state: &mut State,
    object: &str,
    path: &[&str],
    call: &Call,
    now: Timestamp,
) -> Reply {
    let Some(definition) = state.records.get("CustomObject", object).cloned() else {
        return gone();
    };
    match (call.method.as_str(), path) {
        ("GET", ["instances"]) => match Query::read(call) {
            Ok(query) => Reply::json(
                200,
                &query.answer(
                    state.all(&collection(object)),
                    |row, name| property(&definition, row, name),
                    |row| show(&definition, row, query.depth),
                ),
            ),
            Err(body) => Reply::json(400, &body),
        },
        ("POST", ["instance"]) => save(state, object, &definition, None, call, now),
        (_, ["instance", id]) => {
            let Some(row) = state.records.get(&collection(object), id) else {
                return gone();
            };
            match call.method {
                Method::GET => {
                    let depth = Depth::read(call.query("depth"), Depth::Complete);
                    Reply::json(200, &show(&definition, row, depth))
                }
                Method::PUT => save(state, object, &definition, Some(id), call, now),
                Method::DELETE => {
                    let name = collection(object);
                    state.records.collection_mut(&name).remove(id);
                    Reply::empty(200)
                }
                _ => Reply::empty(405),
            }
        }
        (_, ["instances" | "instance"]) => Reply::empty(405),
        _ => gone(),
    }
}

fn save(
    state: &mut State,
    object: &str,
    definition: &Record,
    id: Option<&str>,
    call: &Call,
    now: Timestamp,
) -> Reply {
    let Ok(body) = call.json() else {
        return malformed();
    };
    let mut values = Map::new();
    for entry in body
        .get("fieldValues")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let field = entry.get("id").and_then(scalar).unwrap_or_default();
        let known = fields(definition).find(|known| text(known, "id") == field);
        let Some(known) = known else {
            let fault = violation(TYPE, id, "fieldValues", "IdRequirement", &field);
            return Reply::json(400, &json!([fault]));
        };
        let value = entry.get("value").and_then(scalar).unwrap_or_default();
        if let Some(rule) = entity::broken_rule(text(known, "dataType"), &value) {
            let fault = violation(TYPE, id, text(known, "name"), rule, &value);
            return Reply::json(400, &json!([fault]));
        }
        if !value.is_empty() {
            values.insert(field.into_owned(), value.into_owned().into());
        }
    }
    let mut row = Record::new();
    row.insert("fieldValues".into(), values.into());
    for member in GIVEN {
        if let Some(value) = body.get(member).and_then(scalar) {
            row.insert(member.into(), value.into_owned().into());
        }
    }
    row.insert("updatedAt".into(), seconds(now));
    let name = collection(object);
    let (id, status) = if let Some(id) = id {
        if let Some(stored) = state.records.collection_mut(&name).get_mut(id) {
            for kept in ["id", "createdAt"] {
                row.insert(kept.into(), stored.get(kept).cloned().unwrap_or_default());
            }
            *stored = row;
        }
        (id.to_owned(), 200)
    } else {
        row.insert("createdAt".into(), seconds(now));
        (state.add(&name, row), 201)
    };
    match state.records.get(&name, &id) {
        Some(row) => Reply::json(status, &show(definition, row, Depth::Complete)),
        None => gone(),
    }
}

/// The fields of an object's definition.
pub fn fields(definition: &Record) -> impl Iterator<Item = &Record> {
    let fields = definition.get("fields").and_then(Value::as_array);
    fields.into_iter().flatten().filter_map(Value::as_object)
}

/// The text of a field (by id, name or internal name) or property of a row.
pub fn property<'a>(definition: &Record, row: &'a Record, name: &str) -> Option<Cow<'a, str>> {
    let field = fields(definition).find(|field| {
        ["id", "name", "internalName"]
            .iter()
            .any(|member| text(field, member).eq_ignore_ascii_case(name))
    });
    match field {
        Some(field) if name != "id" => row
            .get("fieldValues")?
            .get(text(field, "id"))
            .and_then(scalar),
        _ => row
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| scalar(value)),
    }
}

fn show(definition: &Record, row: &Record, depth: Depth) -> Value {
    let mut shown = json!({
        "type": TYPE, "id": row.get("id"), "depth": depth.word(), "createdAt": row.get("createdAt"),
        "updatedAt": row.get("updatedAt"),
    });
    let Some(members) = shown.as_object_mut().filter(|_| depth != Depth::Minimal) else {
        return shown;
    };
    for member in GIVEN {
        if let Some(value) = row.get(member) {
            members.insert(member.into(), value.clone());
        }
    }
    let values: Vec<Value> = fields(definition)
        .map(|field| {
            let id = text(field, "id");
            let mut entry = json!({"type": "FieldValue", "id": id});
            let stored = row.get("fieldValues").and_then(|values| values.get(id));
            if let (Some(value), Some(entry)) = (stored, entry.as_object_mut()) {
                entry.insert("value".into(), value.clone());
            }
            entry
        })
        .collect();
    members.insert("fieldValues".into(), values.into());
    shown
}
