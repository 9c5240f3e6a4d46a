//! Imports: a definition, staged rows, and what a sync does with them.

use std::collections::HashSet;

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::super::custom;
use super::super::data::malformed;
use super::super::entity::{self, Kind, seconds, text};
use super::super::state::{State, gone};
use super::sync::{self, Done};
use super::{Object, defined, fault, keep, read_fields};
use crate::call::{Call, Reply};
use crate::csv::{self, Cut};
use crate::record_store::Record;

/// The collection, which is a part of each `uri`.
pub const IMPORTS: &str = "imports";
/// An import may name this many fields.
const MOST_FIELDS: usize = 100;
/// One upload holds this many bytes at most.
const MOST_DATA: usize = 32 * 1024 * 1024;
const RULES: [&str; 4] = [
    "always",
    "ifNewIsNotNull",
    "ifExistingIsNull",
    "useFieldRule",
];

/// Answers `/{object}/imports/…`, whose remaining segments these are.
pub fn answer(
    state: &mut State,
    object: &Object,
    path: &[&str],
    call: &Call,
    now: Timestamp,
) -> Reply {
    if matches!(object, Object::Activities) {
        return gone();
    }
    if let ("POST", []) = (call.method.as_str(), path) {
        return create(state, object, call, now);
    }
    let import = match defined(state, IMPORTS, object, path, call, shown) {
        Ok(import) => import,
        Err(reply) => return reply,
    };
    match (call.method.as_str(), path) {
        ("GET", [_]) => Reply::json(200, &shown(import)),
        ("DELETE", [id]) => {
            state.records.collection_mut(IMPORTS).remove(id);
            Reply::empty(204)
        }
        ("POST", [id, "data"]) => stage(state, id, call, now),
        ("DELETE", [id, "data"]) => {
            if let Some(import) = state.records.collection_mut(IMPORTS).get_mut(id) {
                import.remove("staged");
            }
            Reply::empty(204)
        }
        (_, [_] | [_, "data"]) => Reply::empty(405),
        _ => gone(),
    }
}

fn shown(import: &Record) -> Value {
    let members = import.iter().filter(|(name, _)| *name != "staged");
    Value::Object(
        members
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

fn create(state: &mut State, object: &Object, call: &Call, now: Timestamp) -> Reply {
    let Ok(body) = call.json() else {
        return malformed();
    };
    let fields = match read_fields(object, &body, MOST_FIELDS) {
        Ok(fields) => fields,
        Err(reply) => return reply,
    };
    let identifier = body.get("identifierFieldName").and_then(Value::as_str);
    if !identifier.is_some_and(|identifier| fields.contains_key(identifier)) {
        return fault(
            "identifierFieldName",
            "Must reference a field of this import.",
        );
    }
    let rule = body
        .get("updateRule")
        .and_then(Value::as_str)
        .unwrap_or("always");
    if !RULES.contains(&rule) {
        return fault(
            "updateRule",
            "Must be one of: always, ifNewIsNotNull, ifExistingIsNull, useFieldRule.",
        );
    }
    let mut import = Record::new();
    import.insert("fields".into(), fields.into());
    import.insert("updateRule".into(), rule.into());
    for name in [
        "name",
        "identifierFieldName",
        "syncActions",
        "isSyncTriggeredOnImport",
        "mapDataCards",
    ] {
        if let Some(value) = body.get(name) {
            import.insert(name.into(), value.clone());
        }
    }
    for (name, otherwise) in [
        ("dataRetentionDuration", "P7D"),
        ("autoDeleteDuration", "P3D"),
    ] {
        let given = body.get(name).cloned().unwrap_or_else(|| otherwise.into());
        import.insert(name.into(), given);
    }
    keep(state, IMPORTS, object, import, now)
}

/// Takes rows in, as a JSON array or as CSV with aliases for headings.
fn stage(state: &mut State, id: &str, call: &Call, now: Timestamp) -> Reply {
    if call.body.len() > MOST_DATA {
        return Reply::empty(413);
    }
    let rows: Vec<Value> = if call.content_type() == "text/csv" {
        let mut rows = csv::rows(&call.text(), Cut::COMMA).into_iter();
        let headings = rows.next().unwrap_or_default();
        let row = |cells: Vec<String>| {
            let cells = headings.iter().cloned().zip(cells);
            Value::Object(cells.map(|(name, cell)| (name, cell.into())).collect())
        };
        rows.map(row).collect()
    } else {
        match call.json() {
            Ok(Value::Array(rows)) => rows,
            Ok(one @ Value::Object(_)) => vec![one],
            _ => return malformed(),
        }
    };
    let Some(import) = state.records.collection_mut(IMPORTS).get_mut(id) else {
        return gone();
    };
    let staged = import.entry("staged").or_insert_with(|| json!([]));
    if let Some(staged) = staged.as_array_mut() {
        staged.extend(rows);
    }
    let uri = text(import, "uri").to_owned();
    let at_once = import.get("isSyncTriggeredOnImport") == Some(&json!(true));
    match at_once.then(|| sync::start(state, &uri, now)).flatten() {
        Some(sync) => Reply::json(201, &sync),
        None => Reply::empty(204),
    }
}

/// One row on its way: the texts of its properties and its identifier.
struct Row {
    given: Value,
    properties: Vec<(String, String)>,
    identifier: String,
}

/// Writes the staged rows; each is created, updates the record of its identifier, or is refused.
pub fn carry_out(state: &mut State, import: &Record, now: Timestamp) -> Done {
    let lower = text(import, "uri").to_lowercase();
    let path: Vec<&str> = lower.split('/').skip(1).collect();
    let Some((object, _)) = Object::of(state, &path) else {
        return Done::default();
    };
    let id = text(import, "uri").rsplit('/').next().unwrap_or_default();
    let staged = state
        .records
        .collection_mut(IMPORTS)
        .get_mut(id)
        .and_then(|import| import.remove("staged"));
    let staged = staged
        .and_then(|rows| rows.as_array().cloned())
        .unwrap_or_default();
    let (mut done, mut seen) = (Done::default(), HashSet::new());
    let (mut created, mut updated, mut twice, mut malformed_addresses) = (0, 0, 0, 0);
    let total = staged.len();
    let mut on_lists = Vec::new();
    for (index, given) in staged.into_iter().enumerate() {
        let row = read_row(&object, import, given);
        if !seen.insert(row.identifier.to_lowercase()) {
            twice += 1;
            continue;
        }
        let outcome = match &object {
            Object::People(kind) => write_person(state, kind, import, &row, now),
            Object::Custom(definition) => write_row(state, definition, import, &row, now),
            Object::Activities => Err(("ELQ-00040", "Invalid data.")),
        };
        match outcome {
            Ok((new, id)) => {
                if new {
                    created += 1;
                } else {
                    updated += 1;
                }
                on_lists.push(id);
            }
            Err((code, message)) => {
                malformed_addresses += usize::from(code == "ELQ-00002");
                done.rejects.push(json!({
                    "fieldValues": row.given, "message": message, "statusCode": code, "recordIndex": index + 1,
                    "invalidFields": [text(import, "identifierFieldName")],
                }));
            }
        }
    }
    act_on_lists(state, import, &on_lists);
    done.log.push((
        "ELQ-00001",
        "information",
        "Total records processed.",
        total,
    ));
    for (code, severity, message, count) in [
        (
            "ELQ-00002",
            "warning",
            "Invalid email addresses.",
            malformed_addresses,
        ),
        ("ELQ-00011", "warning", "Duplicate email addresses.", twice),
        ("ELQ-00004", "information", "Contacts created.", created),
        ("ELQ-00022", "information", "Contacts updated.", updated),
        (
            "ELQ-00060",
            "warning",
            "Total rejected records.",
            done.rejects.len(),
        ),
    ] {
        if count > 0 {
            done.log.push((code, severity, message, count));
        }
    }
    done.log
        .push(("ELQ-00101", "information", "Sync processed.", 0));
    done
}

fn read_row(object: &Object, import: &Record, given: Value) -> Row {
    let fields = import.get("fields").and_then(Value::as_object);
    let cell = |alias: &str| {
        given
            .get(alias)
            .and_then(entity::scalar)
            .unwrap_or_default()
            .into_owned()
    };
    let properties = fields
        .into_iter()
        .flatten()
        .filter(|(alias, _)| given.get(alias.as_str()).is_some())
        .filter_map(|(alias, statement)| Some((object.property(statement.as_str()?)?, cell(alias))))
        .collect();
    let identifier = cell(text(import, "identifierFieldName"));
    Row {
        given,
        properties,
        identifier,
    }
}

/// The property that rows are found by.
fn key(object: &Object, import: &Record) -> Option<String> {
    let alias = text(import, "identifierFieldName");
    object.property(import.get("fields")?.get(alias)?.as_str()?)
}

type Written = Result<(bool, String), (&'static str, &'static str)>;

fn write_person(
    state: &mut State,
    kind: &'static Kind,
    import: &Record,
    row: &Row,
    now: Timestamp,
) -> Written {
    let object = Object::People(kind);
    let by = key(&object, import).unwrap_or_default();
    let found = state.all(kind.plural).find(|record| {
        !row.identifier.is_empty()
            && object
                .read(record, &by)
                .is_some_and(|value| value.eq_ignore_ascii_case(&row.identifier))
    });
    let old = found.cloned();
    let mut body = Map::new();
    let mut values = Map::new();
    if let Some(old) = &old {
        body.extend(
            old.iter()
                .filter(|(name, _)| *name != "fieldValues")
                .map(|(n, v)| (n.clone(), v.clone())),
        );
        let stored = old.get("fieldValues").and_then(Value::as_object);
        values.extend(stored.cloned().unwrap_or_default());
    }
    for (property, value) in &row.properties {
        let existing = old
            .as_ref()
            .and_then(|old| object.read(old, property))
            .unwrap_or_default();
        let kept = match text(import, "updateRule") {
            "ifNewIsNotNull" => value.is_empty(),
            "ifExistingIsNull" => !existing.is_empty(),
            _ => false,
        };
        let Some(field) = kind
            .fields
            .iter()
            .find(|field| field.internal == *property)
            .filter(|_| !kept)
        else {
            continue;
        };
        match field.property {
            Some(name) => body.insert(name.to_owned(), value.clone().into()),
            None => values.insert(field.id.to_owned(), value.clone().into()),
        };
    }
    let values: Vec<Value> = values
        .iter()
        .map(|(id, value)| json!({"id": id, "value": value}))
        .collect();
    body.insert("fieldValues".into(), values.into());
    let mut record = entity::read(kind, None, &Value::Object(body)).map_err(|faults| {
        let rule = faults
            .first()
            .and_then(|fault| fault.get("requirement")?.get("type")?.as_str());
        match rule {
            Some("EmailAddressRequirement") => ("ELQ-00002", "Invalid email address."),
            _ => ("ELQ-00040", "Invalid data."),
        }
    })?;
    record.insert("updatedAt".into(), seconds(now));
    if let Some(old) = old {
        let id = text(&old, "id").to_owned();
        for name in ["id", "createdAt"] {
            record.insert(name.into(), old.get(name).cloned().unwrap_or_default());
        }
        if let Some(stored) = state.records.collection_mut(kind.plural).get_mut(&id) {
            *stored = record;
        }
        return Ok((false, id));
    }
    record.insert("createdAt".into(), seconds(now));
    Ok((true, state.add(kind.plural, record)))
}

fn write_row(
    state: &mut State,
    definition: &Record,
    import: &Record,
    row: &Row,
    now: Timestamp,
) -> Written {
    if row.identifier.is_empty() {
        return Err(("ELQ-00032", "Malformed record."));
    }
    let object = Object::Custom(definition.clone());
    let by = key(&object, import).unwrap_or_default();
    let name = custom::collection(text(definition, "id"));
    let found = state.all(&name).find(|record| {
        custom::property(definition, record, &by)
            .is_some_and(|value| value.eq_ignore_ascii_case(&row.identifier))
    });
    let values: Map<String, Value> = row
        .properties
        .iter()
        .map(|(property, value)| (property.clone(), value.clone().into()))
        .collect();
    if let Some(id) = found.map(|record| text(record, "id").to_owned()) {
        if let Some(stored) = state.records.collection_mut(&name).get_mut(&id) {
            stored.insert("updatedAt".into(), seconds(now));
            if let Some(known) = stored.get_mut("fieldValues").and_then(Value::as_object_mut) {
                known.extend(values);
            }
        }
        return Ok((false, id));
    }
    let mut record = Record::new();
    record.insert("fieldValues".into(), values.into());
    record.insert("createdAt".into(), seconds(now));
    record.insert("updatedAt".into(), seconds(now));
    Ok((true, state.add(&name, record)))
}

/// `syncActions`: the written contacts go onto a list, or off it.
fn act_on_lists(state: &mut State, import: &Record, ids: &[String]) {
    for action in import
        .get("syncActions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let part = |name: &str| action.get(name).and_then(Value::as_str).unwrap_or_default();
        let list = part("destination")
            .strip_prefix("{{ContactList[")
            .and_then(|rest| rest.strip_suffix("]}}"));
        let Some(list) = list.filter(|list| state.records.get("ContactList", list).is_some())
        else {
            continue;
        };
        let members = state.members.entry(list.to_owned()).or_default();
        for id in ids.iter().filter_map(|id| id.parse().ok()) {
            match part("action") {
                "add" => {
                    members.insert(id);
                }
                "remove" => {
                    members.remove(&id);
                }
                _ => {}
            }
        }
    }
}
