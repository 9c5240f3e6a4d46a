//! The contacts of a list, one at a time.

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::state::{CONTACT_ID, Fault, List, State, cell, millis};
use crate::call::Call;
use crate::record_store::Record;

/// `/list/{id}/record`: `POST` inserts, `PUT ?email=` inserts or updates, `DELETE ?contactids=` removes several.
///
/// # Errors
/// 10004, 10008, 10010; `None` for a method that there is not.
pub fn several(
    state: &mut State,
    list: &str,
    call: &Call,
    now: Timestamp,
) -> Result<Option<Value>, Fault> {
    let list = state.list(list)?.clone();
    Ok(Some(match call.method {
        Method::POST => {
            let cells = body(&list, call)?;
            let id = state.add_contact(&list.id, cells, now);
            saved(state, &list, &id, "Record inserted", call)
        }
        Method::PUT => {
            let email = call.query("email").filter(|email| !email.is_empty());
            let email = email.ok_or_else(Fault::no_contact)?;
            let (_, heading) = list
                .email()
                .ok_or_else(|| Fault::no_column("email").in_text())?;
            let mut cells = body(&list, call)?;
            if let Some(id) = state.find(&list.id, heading, email) {
                state.change_contact(&list.id, &id, cells, now)?;
                saved(state, &list, &id, "Record updated", call)
            } else {
                cells.entry(heading).or_insert_with(|| email.into());
                let id = state.add_contact(&list.id, cells, now);
                saved(state, &list, &id, "Record inserted", call)
            }
        }
        Method::DELETE => {
            let ids = call.query("contactids").unwrap_or_default();
            let ids: Vec<&str> = ids
                .split(',')
                .map(str::trim)
                .filter(|id| !id.is_empty())
                .collect();
            if ids.is_empty() || ids.len() > 100 {
                return Err(Fault::no_contact());
            }
            let failed: Vec<Value> = ids
                .iter()
                .filter(|id| {
                    let id = whole(&list.id, id);
                    state.records.collection_mut(&list.id).remove(&id).is_none()
                })
                .map(|id| json!({"id": id, "reason": "Invalid contact id"}))
                .collect();
            state.touch(&list.id, None, None, now);
            json!({
                "success_count": ids.len() - failed.len(), "fail_count": failed.len(),
                "failedList": failed,
            })
        }
        _ => return Ok(None),
    }))
}

/// `/list/{id}/record/{rid}`: `GET` answers the bare cells in the order of the headings.
///
/// # Errors
/// 10004, 10008, 10010; `None` for a method that there is not.
pub fn one(
    state: &mut State,
    list: &str,
    id: &str,
    call: &Call,
    now: Timestamp,
) -> Result<Option<Value>, Fault> {
    let list = state.list(list)?.clone();
    let id = whole(&list.id, id);
    let contact = state
        .records
        .get(&list.id, &id)
        .ok_or_else(Fault::no_contact)?;
    Ok(Some(match call.method {
        Method::GET => {
            let mut row = vec![Value::from(id.as_str())];
            row.extend(
                list.columns
                    .iter()
                    .map(|column| cell(contact, &column.heading).into()),
            );
            row.into()
        }
        Method::PUT => {
            let cells = body(&list, call)?;
            state.change_contact(&list.id, &id, cells, now)?;
            saved(state, &list, &id, "Record updated", call)
        }
        Method::DELETE => {
            state.records.collection_mut(&list.id).remove(&id);
            state.touch(&list.id, None, None, now);
            json!({"status": "success", "message": "Record deleted", "id": id, "contact_id": id})
        }
        _ => return Ok(None),
    }))
}

/// `/list/{id}/record/{rid}/facts`: a contact's history and score; nobody here has done anything yet.
///
/// # Errors
/// 10004, 10008.
pub fn facts(state: &State, list: &str, id: &str) -> Result<Value, Fault> {
    let list = state.list(list)?;
    let id = whole(&list.id, id);
    let contact = state
        .records
        .get(&list.id, &id)
        .ok_or_else(Fault::no_contact)?;
    let since = Timestamp(millis(contact, "created")).to_iso_millis();
    Ok(json!({"contact_id": id, "score": 0, "created": since, "facts": []}))
}

/// `GET /list/lookup/{list}?email=`.
///
/// # Errors
/// 10004, 10008.
pub fn lookup(state: &State, list: &str, call: &Call) -> Result<Value, Fault> {
    let list = state.list(list)?;
    let email = call.query("email").unwrap_or_default();
    let found = list
        .email()
        .and_then(|(_, heading)| state.find(&list.id, heading, email));
    found
        .map(|id| shown(state, list, &id))
        .ok_or_else(Fault::no_contact)
}

/// Record ids may come whole (`l-0001:0`) or without their list.
fn whole(list: &str, id: &str) -> String {
    if id.contains(':') {
        id.to_owned()
    } else {
        format!("{list}:{id}")
    }
}

/// The cells of a body: JSON whatever its media type says, else form fields.
fn body(list: &List, call: &Call) -> Result<Record, Fault> {
    let given = match call.json() {
        Ok(Value::Object(members)) => members,
        _ if call.text().trim_start().starts_with(['{', '[']) => {
            return Err(Fault::new(10012, "Invalid body").in_text());
        }
        _ => call
            .form()
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect(),
    };
    let mut cells = Record::new();
    for (key, value) in given {
        // What a read adds may come back with an update.
        if [
            CONTACT_ID,
            "id",
            "contact_id",
            "created_date",
            "modified_date",
        ]
        .contains(&key.as_str())
        {
            continue;
        }
        let heading = list
            .heading(&key)
            .ok_or_else(|| Fault::no_column(&key).in_text())?;
        let text = match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        Fault::unless_short(heading, &text).map_err(Fault::in_text)?;
        cells.insert(
            heading.to_owned(),
            if text.is_empty() {
                Value::Null
            } else {
                text.into()
            },
        );
    }
    if cells.is_empty() {
        return Err(Fault::no_contact());
    }
    Ok(cells)
}

fn saved(state: &State, list: &List, id: &str, message: &str, call: &Call) -> Value {
    let mut answer = Record::new();
    answer.insert("status".into(), "success".into());
    answer.insert("message".into(), message.into());
    answer.insert("id".into(), id.into());
    if call
        .query("returncontact")
        .is_some_and(|text| text.eq_ignore_ascii_case("y"))
    {
        answer.insert("contact".into(), shown(state, list, id));
    }
    answer.insert("contact_id".into(), id.into());
    answer.into()
}

fn shown(state: &State, list: &List, id: &str) -> Value {
    let mut shown = Record::new();
    shown.insert(CONTACT_ID.into(), id.into());
    if let Some(contact) = state.records.get(&list.id, id) {
        for column in &list.columns {
            shown.insert(
                column.heading.clone(),
                cell(contact, &column.heading).into(),
            );
        }
    }
    shown.into()
}
