//! Described records: found by one field, saved and deleted by their dedupe fields or id.

pub mod kinds;

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::envelope::{Fault, Page};
use super::fields::{self, Field};
use super::rows::{equals, page, plain, rows};
use super::state::{Parameters, State, id_of};
use crate::record_store::Record;
use kinds::{KINDS, Kind};

/// `GET {kind}.json`.
///
/// # Errors
/// 1002 without filter, 1003 for a field that cannot be filtered by, 1006 for an unknown field.
pub fn find(
    state: &State,
    kind: &Kind,
    parameters: &Parameters,
    body: &Value,
    now: Timestamp,
) -> Result<Page, Fault> {
    if body.get("input").is_some() {
        return find_by_keys(state, kind, parameters, body, now);
    }
    let given = parameters.require("filterType")?;
    let filter = match (given, kind.dedupe) {
        ("idField", _) => kind.id,
        ("dedupeFields", [only]) => only,
        _ => given,
    };
    let by_key = filter != given || (filter == kind.id && !kind.searchable.is_empty());
    if !by_key && !kind.searchable.contains(&filter) {
        let text = format!("Invalid data: filterType '{filter}' is not searchable");
        return Err(Fault::new("1003", text));
    }
    let values = parameters.list("filterValues");
    if values.is_empty() {
        return Err(Fault::missing("filterValues"));
    }
    let wanted = wanted(kind, parameters)?;
    let found: Vec<&Record> = state
        .all(kind.path)
        .filter(|record| values.iter().any(|value| equals(record.get(filter), value)))
        .collect();
    let mut page = page(&found, kind.path, parameters, &wanted, now)?;
    number(page.result.iter_mut().flatten());
    Ok(page)
}

/// The same as a long read, whose JSON body holds `{filterType, input: [{key: value…}]}`: by keys of several fields.
fn find_by_keys(
    state: &State,
    kind: &Kind,
    parameters: &Parameters,
    body: &Value,
    now: Timestamp,
) -> Result<Page, Fault> {
    let filter = body.get("filterType").and_then(Value::as_str);
    let filter = filter.ok_or_else(|| Fault::missing("filterType"))?;
    let fits = |record: &Record, row: &Value| match row.as_object() {
        Some(keys) => {
            let mut keys = keys.iter();
            keys.all(|(name, value)| equals(record.get(name), &plain(value)))
        }
        None => equals(record.get(filter), &plain(row)),
    };
    let rows = rows(body)?;
    let found: Vec<&Record> = state
        .all(kind.path)
        .filter(|record| rows.iter().any(|row| fits(record, row)))
        .collect();
    let mut page = page(
        &found,
        kind.path,
        parameters,
        &wanted(kind, parameters)?,
        now,
    )?;
    number(page.result.iter_mut().flatten());
    Ok(page)
}

/// The fields asked for, else those that are shown unasked.
///
/// # Errors
/// 1006.
pub fn wanted(kind: &Kind, parameters: &Parameters) -> Result<Vec<String>, Fault> {
    let mut wanted = parameters.list("fields");
    if wanted.is_empty() {
        return Ok(kind.shown.iter().map(|name| (*name).to_owned()).collect());
    }
    let known = |name: &str| name == kind.id || fields::find(kind.fields, name).is_some();
    if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
        return Err(Fault::unknown_field(unknown));
    }
    if !wanted.iter().any(|name| name == kind.id) {
        wanted.insert(0, kind.id.to_owned());
    }
    Ok(wanted)
}

/// `POST {kind}.json`.
///
/// # Errors
/// 1002 without input, 1003 for an unknown action or key.
pub fn save(state: &mut State, kind: &Kind, body: &Value, now: Timestamp) -> Result<Page, Fault> {
    let action = body
        .get("action")
        .and_then(Value::as_str)
        .unwrap_or("createOrUpdate");
    let keys = keys(kind, body, "dedupeBy")?;
    if !["createOrUpdate", "createOnly", "updateOnly"].contains(&action) {
        return Err(Fault::new(
            "1003",
            format!("Invalid data: action '{action}'"),
        ));
    }
    let mut result: Vec<Value> = rows(body)?
        .iter()
        .map(|row| {
            save_one(state, kind, row, action, &keys, now).unwrap_or_else(|fault| skipped(&fault))
        })
        .collect();
    number(result.iter_mut());
    Ok(Page::of(result))
}

/// Writes one row; answers its id and what became of it.
///
/// # Errors
/// The reason why it is skipped.
pub fn save_one(
    state: &mut State,
    kind: &Kind,
    row: &Value,
    action: &str,
    keys: &[&'static str],
    now: Timestamp,
) -> Result<Value, Fault> {
    let row = row
        .as_object()
        .ok_or_else(|| Fault::new("1003", "Invalid data"))?;
    let mut values = Record::new();
    for (name, given) in row {
        if name == kind.id {
            continue;
        }
        if let Some(value) = fields::written(kind.fields, name, given)? {
            values.insert(name.clone(), value);
        }
    }
    let found = seek(state, kind, row, keys)?;
    match (found, action) {
        (Some(_), "createOnly") => Err(Fault::new("1017", "Object already exists")),
        (None, "updateOnly") => Err(Fault::no_object()),
        (None, _) if keys == [kind.id] => Err(Fault::no_object()),
        (Some(number), _) => {
            values.insert("updatedAt".into(), now.to_iso().into());
            let stored = state
                .records
                .collection_mut(kind.path)
                .get_mut(&number.to_string());
            let mut answer = Map::new();
            if let Some(record) = stored {
                record.extend(values);
                answer.insert(
                    kind.id.into(),
                    record.get(kind.id).cloned().unwrap_or_default(),
                );
            }
            answer.insert("status".into(), "updated".into());
            Ok(answer.into())
        }
        (None, _) => {
            values.insert("createdAt".into(), now.to_iso().into());
            values.insert("updatedAt".into(), now.to_iso().into());
            let id = add(state, kind, values);
            let mut answer = Map::new();
            answer.insert(kind.id.into(), id);
            answer.insert("status".into(), "created".into());
            Ok(answer.into())
        }
    }
}

/// Stores a record under the next number; answers the id by which it is known.
pub fn add(state: &mut State, kind: &Kind, values: Record) -> Value {
    let mut values = values;
    for (name, text) in kind.fresh {
        let field = fields::find(kind.fields, name);
        let value = field.and_then(|field| fields::coerce(field, &json!(text)));
        values.insert((*name).into(), value.unwrap_or_default());
    }
    let number = state.add(kind.path, values);
    if kind.id == "id" {
        return number.into();
    }
    let place = KINDS
        .iter()
        .position(|one| one.path == kind.path)
        .unwrap_or(0);
    let guid = format!("dff23271-f996-47d7-{:04x}-{number:012x}", 0x9840 + place);
    let stored = state
        .records
        .collection_mut(kind.path)
        .get_mut(&number.to_string());
    if let Some(record) = stored {
        record.entry(kind.id).or_insert_with(|| guid.into());
        return record.get(kind.id).cloned().unwrap_or_default();
    }
    Value::Null
}

/// The number of the record that all keys of a row find.
fn seek(
    state: &State,
    kind: &Kind,
    row: &Map<String, Value>,
    keys: &[&'static str],
) -> Result<Option<i64>, Fault> {
    let mut wanted = Vec::new();
    for key in keys {
        let value = row.get(*key).map(plain).filter(|value| !value.is_empty());
        wanted.push((*key, value.ok_or_else(|| Fault::missing(key))?));
    }
    let found = state.all(kind.path).find(|record| {
        wanted
            .iter()
            .all(|(key, value)| equals(record.get(*key), value))
    });
    Ok(found.map(id_of))
}

/// `POST {kind}/delete.json`.
///
/// # Errors
/// 1002 without input, 1003 for an unknown key.
pub fn delete(state: &mut State, kind: &Kind, body: &Value) -> Result<Page, Fault> {
    let keys = keys(kind, body, "deleteBy")?;
    let mut result = Vec::new();
    for row in rows(body)? {
        let row = row.as_object().cloned().unwrap_or_default();
        result.push(match seek(state, kind, &row, &keys) {
            Ok(Some(number)) => {
                let gone = state
                    .records
                    .collection_mut(kind.path)
                    .remove(&number.to_string());
                let id = gone.and_then(|record| record.get(kind.id).cloned());
                let mut answer = Map::new();
                answer.insert(kind.id.into(), id.unwrap_or_default());
                answer.insert("status".into(), "deleted".into());
                answer.into()
            }
            Ok(None) => skipped(&Fault::no_object()),
            Err(fault) => skipped(&fault),
        });
    }
    number(result.iter_mut());
    Ok(Page::of(result))
}

/// `GET {kind}/describe.json`.
pub fn describe(kind: &Kind) -> Page {
    let made = "2015-01-01T00:00:00Z";
    let mut whole: Vec<Field> = Vec::new();
    if fields::find(kind.fields, kind.id).is_none() {
        whole.push(Field {
            id: 0,
            name: kind.id,
            display: "Marketo GUID",
            kind: "string",
            read_only: true,
        });
    }
    whole.extend(kind.fields.iter().copied());
    let mut description = fields::describe(
        kind.name(),
        kind.display,
        &whole,
        kind.dedupe,
        kind.searchable,
        made,
    );
    if let Some(members) = description.as_object_mut() {
        members.insert("idField".into(), kind.id.into());
        if kind.is_custom() {
            let relations: Vec<Value> = kind
                .link
                .iter()
                .map(|field| json!({"field": field, "type": "child", "relatedTo": {"name": "Lead", "field": "Id"}}))
                .collect();
            members.insert("relationships".into(), relations.into());
            members.insert("description".into(), "".into());
        }
    }
    Page::of(vec![description])
}

/// `GET customobjects.json?names=`: the descriptions without their fields.
pub fn types(parameters: &Parameters) -> Page {
    let names = parameters.list("names");
    let shown = KINDS
        .iter()
        .filter(|kind| kind.is_custom())
        .filter(|kind| names.is_empty() || names.iter().any(|name| name == kind.name()))
        .flat_map(|kind| describe(kind).result.unwrap_or_default())
        .map(|mut description| {
            if let Some(members) = description.as_object_mut() {
                members.remove("fields");
            }
            description
        })
        .collect();
    Page::of(shown)
}

/// The fields that rows are found by: `dedupeFields` or `idField`.
///
/// # Errors
/// 1003 for another word.
pub fn keys(kind: &Kind, body: &Value, member: &str) -> Result<Vec<&'static str>, Fault> {
    match body
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or("dedupeFields")
    {
        "dedupeFields" => Ok(kind.dedupe.to_vec()),
        "idField" => Ok(vec![kind.id]),
        other => Err(Fault::new(
            "1003",
            format!("Invalid data: {member} '{other}'"),
        )),
    }
}

/// The row of a record that was left alone.
pub fn skipped(fault: &Fault) -> Value {
    json!({"status": "skipped", "reasons": [fault.reason()]})
}

/// Rows of these calls carry their position first.
pub fn number<'a>(rows: impl Iterator<Item = &'a mut Value>) {
    for (position, row) in rows.enumerate() {
        if let Value::Object(members) = row {
            let mut numbered = Record::new();
            numbered.insert("seq".into(), position.into());
            numbered.append(members);
            *members = numbered;
        }
    }
}
