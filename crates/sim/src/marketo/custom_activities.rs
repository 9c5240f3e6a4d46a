//! Custom activities: their types, drafts and approval, and the activities that callers add.

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::envelope::{Fault, Page};
use super::rows::{plain, rows};
use super::state::{ACTIVITIES, LEADS, Parameters, State};
use crate::record_store::Record;

const TYPES: &str = "custom activity types";
/// The vendor numbers custom types from here.
const FIRST: i64 = 100_000;

/// `GET activities/external/types.json`.
pub fn types(state: &State) -> Page {
    Page::of(state.all(TYPES).map(|kind| shown(kind, false)).collect())
}

/// The approved types, as `activities/types.json` lists them beside the vendor's own.
pub fn approved(state: &State) -> Vec<Value> {
    let approved = state
        .all(TYPES)
        .filter(|kind| kind.contains_key("approved"));
    approved
        .map(|kind| kind.get("approved").cloned().unwrap_or_default())
        .collect()
}

/// `POST activities/external/type.json`.
///
/// # Errors
/// 1002 for what is missing, 709 for a name that is taken.
pub fn create(state: &mut State, body: &Value, now: Timestamp) -> Result<Page, Fault> {
    for name in [
        "apiName",
        "name",
        "triggerName",
        "filterName",
        "primaryAttribute",
    ] {
        let value = body.get(name).filter(|value| !value.is_null());
        value.ok_or_else(|| Fault::missing(name))?;
    }
    let api = body.get("apiName").map(plain).unwrap_or_default();
    if seek(state, &api).is_ok() {
        return Err(Fault::new(
            "709",
            format!("Activity type {api} already exists"),
        ));
    }
    let mut draft = Map::new();
    for name in [
        "apiName",
        "name",
        "description",
        "triggerName",
        "filterName",
    ] {
        draft.insert(name.into(), body.get(name).cloned().unwrap_or_default());
    }
    let mut primary = body.get("primaryAttribute").cloned().unwrap_or_default();
    if let Some(primary) = primary.as_object_mut() {
        primary.entry("dataType").or_insert_with(|| "string".into());
    }
    draft.insert("primaryAttribute".into(), primary);
    draft.insert("attributes".into(), json!([]));
    draft.insert("createdAt".into(), now.to_iso().into());
    let mut record = Record::new();
    record.insert("draft".into(), draft.into());
    let number = state.add(TYPES, record);
    change(state, number, now, |draft| {
        draft.insert("id".into(), (FIRST + number).into());
        Ok(())
    })
}

/// `POST activities/external/type/{api}…`, whose last segment is `action`; empty for the type itself.
///
/// # Errors
/// 1013 for an unknown type, 709 without a draft, 1003 and 1002 for attributes.
pub fn act(
    state: &mut State,
    api: &str,
    action: &[&str],
    body: &Value,
    now: Timestamp,
) -> Result<Page, Fault> {
    let number = seek(state, api)?;
    let stored = state
        .records
        .collection_mut(TYPES)
        .get_mut(&number.to_string())
        .ok_or_else(Fault::no_object)?;
    match action {
        [] => change(state, number, now, |draft| {
            for name in [
                "name",
                "description",
                "triggerName",
                "filterName",
                "primaryAttribute",
            ] {
                if let Some(value) = body.get(name) {
                    draft.insert(name.into(), value.clone());
                }
            }
            Ok(())
        }),
        ["approve"] => {
            let draft = stored
                .remove("draft")
                .ok_or_else(|| Fault::new("709", "There is no draft to approve"))?;
            stored.insert("approved".into(), draft);
            Ok(Page::of(vec![shown(stored, false)]))
        }
        ["discardDraft"] => {
            if !stored.contains_key("approved") {
                return Err(Fault::new(
                    "1048",
                    "Failed to discard the draft: the type was never approved",
                ));
            }
            stored.remove("draft");
            Ok(Page::of(vec![shown(stored, false)]))
        }
        ["delete"] => {
            let answer = shown(stored, false);
            state
                .records
                .collection_mut(TYPES)
                .remove(&number.to_string());
            Ok(Page::of(vec![answer]))
        }
        ["attributes", verb @ ("create" | "update" | "delete")] => {
            let given = body
                .get("attributes")
                .and_then(Value::as_array)
                .filter(|given| !given.is_empty());
            let given = given.ok_or_else(|| Fault::missing("attributes"))?;
            change(state, number, now, |draft| attributes(draft, verb, given))
        }
        _ => Err(Fault::no_resource()),
    }
}

/// `GET activities/external/type/{api}/describe.json[?draft=true]`.
///
/// # Errors
/// 1013 for an unknown type.
pub fn describe(state: &State, api: &str, parameters: &Parameters) -> Result<Page, Fault> {
    let number = seek(state, api)?;
    let kind = state.get(TYPES, number).ok_or_else(Fault::no_object)?;
    Ok(Page::of(vec![shown(
        kind,
        parameters.get("draft") == Some("true"),
    )]))
}

fn attributes(draft: &mut Map<String, Value>, verb: &str, given: &[Value]) -> Result<(), Fault> {
    let Some(known) = draft.get_mut("attributes").and_then(Value::as_array_mut) else {
        return Ok(());
    };
    let name = |attribute: &Value| {
        attribute
            .get("apiName")
            .or_else(|| attribute.get("name"))
            .map(plain)
    };
    for one in given {
        let wanted = name(one)
            .filter(|name| !name.is_empty())
            .ok_or_else(|| Fault::missing("apiName"))?;
        let place = known
            .iter()
            .position(|attribute| name(attribute).as_ref() == Some(&wanted));
        match (verb, place) {
            ("create", Some(_)) => {
                return Err(Fault::new(
                    "709",
                    format!("Attribute {wanted} already exists"),
                ));
            }
            ("create", None) if known.len() >= 20 => {
                return Err(Fault::new("1028", "At most 20 attributes are allowed"));
            }
            ("create", None) => known.push(one.clone()),
            (_, None) => return Err(Fault::unknown_field(&wanted)),
            ("delete", Some(place)) => {
                known.remove(place);
            }
            (_, Some(place)) => {
                if let (Some(Value::Object(old)), Some(new)) =
                    (known.get_mut(place), one.as_object())
                {
                    old.extend(new.clone());
                }
            }
        }
    }
    Ok(())
}

/// Changes the draft of a type, made of the approved one when there is none.
fn change(
    state: &mut State,
    number: i64,
    now: Timestamp,
    edit: impl FnOnce(&mut Map<String, Value>) -> Result<(), Fault>,
) -> Result<Page, Fault> {
    let stored = state
        .records
        .collection_mut(TYPES)
        .get_mut(&number.to_string())
        .ok_or_else(Fault::no_object)?;
    let begun = stored
        .get("draft")
        .or_else(|| stored.get("approved"))
        .and_then(Value::as_object);
    let mut draft = begun.cloned().unwrap_or_default();
    edit(&mut draft)?;
    draft.insert("updatedAt".into(), now.to_iso().into());
    stored.insert("draft".into(), draft.into());
    Ok(Page::of(vec![shown(stored, true)]))
}

fn shown(kind: &Record, draft_first: bool) -> Value {
    let (draft, approved) = (kind.get("draft"), kind.get("approved"));
    let body = if draft_first {
        draft.or(approved)
    } else {
        approved.or(draft)
    };
    let mut shown = body.cloned().unwrap_or_default();
    let status = match (draft, approved) {
        (Some(_), Some(_)) => "approved with draft",
        (Some(_), None) => "draft",
        _ => "approved",
    };
    if let Some(members) = shown.as_object_mut() {
        members.insert("status".into(), status.into());
    }
    shown
}

fn seek(state: &State, api: &str) -> Result<i64, Fault> {
    let is = |body: Option<&Value>| {
        body.and_then(|body| body.get("apiName"))
            .map(plain)
            .as_deref()
            == Some(api)
    };
    let found = state
        .all(TYPES)
        .find(|kind| is(kind.get("draft")) || is(kind.get("approved")));
    found.map(super::state::id_of).ok_or_else(Fault::no_object)
}

/// `POST activities/external.json`.
///
/// # Errors
/// 1002 without input.
pub fn add(state: &mut State, body: &Value, now: Timestamp) -> Result<Page, Fault> {
    let result = rows(body)?
        .to_vec()
        .iter()
        .map(|row| {
            add_one(state, row, now)
                .unwrap_or_else(|fault| json!({"status": "skipped", "reasons": [fault.reason()]}))
        })
        .collect();
    Ok(Page::of(result))
}

fn add_one(state: &mut State, row: &Value, now: Timestamp) -> Result<Value, Fault> {
    let number = |name: &str| {
        let value = row
            .get(name)
            .map(plain)
            .ok_or_else(|| Fault::missing(name))?;
        value
            .parse::<i64>()
            .map_err(|_| Fault::type_of(&value, "integer"))
    };
    let (lead, kind) = (number("leadId")?, number("activityTypeId")?);
    state
        .get(LEADS, lead)
        .ok_or_else(|| Fault::new("1004", "Lead not found"))?;
    let known = approved(state)
        .iter()
        .any(|one| one.get("id").and_then(Value::as_i64) == Some(kind));
    if !known {
        return Err(Fault::new(
            "1027",
            format!("Invalid activity type '{kind}'"),
        ));
    }
    let date = row
        .get("activityDate")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let date = if date.is_empty() {
        now
    } else {
        Timestamp::parse(date).ok_or_else(|| Fault::type_of(date, "datetime"))?
    };
    let primary = row
        .get("primaryAttributeValue")
        .map(plain)
        .ok_or_else(|| Fault::missing("primaryAttributeValue"))?;
    state.note(date, lead, kind, Some((0, &primary)), &[]);
    let newest = state.all(ACTIVITIES).last().map_or(0, super::state::id_of);
    if let Some(stored) = state
        .records
        .collection_mut(ACTIVITIES)
        .get_mut(&newest.to_string())
    {
        stored.insert(
            "attributes".into(),
            row.get("attributes").cloned().unwrap_or_else(|| json!([])),
        );
    }
    Ok(json!({"id": newest, "status": "added"}))
}
