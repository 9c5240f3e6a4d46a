//! Configuration entries of an organization's element.

use ligand_model::element::ConfigurationEntry;
use ligand_store::identity::Caller;
use serde_json::{Map, Value, json};

use super::{Draft, edit_own, members, required};
use crate::app::App;
use crate::service::elements::standard::is_reserved;
use crate::service::{Error, elements};

const TYPES: [&str; 9] = [
    "TEXTFIELD_32",
    "TEXTFIELD_64",
    "TEXTFIELD_128",
    "TEXTFIELD_1000",
    "TEXTAREA",
    "PASSWORD",
    "BOOLEAN",
    "BOOLEAN_YESNO",
    "COMBO",
];

/// Adds an entry.
///
/// # Errors
/// 400 for a reserved key and naming what is wrong, 409 for a key that the element has.
pub async fn add(app: &App, caller: &Caller, element: &str, body: &Value) -> Result<Value, Error> {
    let given = members(body)?;
    edit_own(app, caller, element, |draft| {
        let key = required(&given, "key")?.to_owned();
        refuse_reserved(&key)?;
        if position(draft, &key).is_some() {
            return Err(taken(&key));
        }
        let mut entry = checked(given.clone())?;
        let id = number(draft);
        entry.insert("id".to_owned(), json!(id));
        let entry = Value::Object(entry);
        draft.list("configuration").push(entry.clone());
        Ok(entry)
    })
    .await
}

/// Replaces an entry; its key may change, but not to a reserved one. An entry that every element has is taken into the
/// definition by this.
///
/// # Errors
/// 400 naming what is wrong, 404 for an unknown key, 409 for another's.
pub async fn replace(
    app: &App,
    caller: &Caller,
    element: &str,
    key: &str,
    body: &Value,
) -> Result<Value, Error> {
    let mut given = members(body)?;
    given.entry("key").or_insert(json!(key));
    let known = elements::find(app, Some(caller.organization), element).await?;
    edit_own(app, caller, element, |draft| {
        let wanted = required(&given, "key")?.to_owned();
        if wanted != key {
            refuse_reserved(&wanted)?;
            if position(draft, &wanted).is_some() {
                return Err(taken(&wanted));
            }
        }
        let at = match position(draft, key) {
            Some(at) => Some(at),
            None if known.element.entry(key).is_some() => None,
            None => return Err(unknown(key)),
        };
        let mut entry = checked(given.clone())?;
        let id = number(draft);
        let entries = draft.list("configuration");
        let slot = at.and_then(|at| entries.get_mut(at));
        let id = slot
            .as_ref()
            .and_then(|known| known.get("id").cloned())
            .unwrap_or(json!(id));
        entry.insert("id".to_owned(), id);
        let entry = Value::Object(entry);
        match slot {
            Some(slot) => *slot = entry.clone(),
            None => entries.push(entry.clone()),
        }
        Ok(entry)
    })
    .await
}

/// Deletes an entry. What every element has comes back with its standard text.
///
/// # Errors
/// 404 for a key that the definition does not list.
pub async fn remove(app: &App, caller: &Caller, element: &str, key: &str) -> Result<(), Error> {
    edit_own(app, caller, element, |draft| {
        let at = position(draft, key).ok_or_else(|| unknown(key))?;
        number(draft);
        draft.list("configuration").remove(at);
        Ok(())
    })
    .await
}

fn position(draft: &mut Draft, key: &str) -> Option<usize> {
    draft
        .list("configuration")
        .iter()
        .position(|entry| entry.get("key").and_then(Value::as_str) == Some(key))
}

/// Writes down the ids that entries have by their position, and answers the next.
fn number(draft: &mut Draft) -> i64 {
    let mut most = 0;
    for (entry, position) in draft.list("configuration").iter_mut().zip(1..) {
        let id = entry.get("id").and_then(Value::as_i64);
        if let Value::Object(members) = entry
            && id.is_none()
        {
            members.insert("id".to_owned(), json!(position));
        }
        most = most.max(id.unwrap_or(position));
    }
    most + 1
}

fn checked(mut given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    required(&given, "key")?;
    required(&given, "name")?;
    given.entry("description").or_insert(json!(""));
    given.entry("type").or_insert(json!("TEXTFIELD_128"));
    let kind = required(&given, "type")?;
    if !TYPES.contains(&kind) && kind != "CODE_EDITOR" {
        return Err(Error::invalid(format!(
            "`type` must be one of {}, CODE_EDITOR.",
            TYPES.join(", ")
        )));
    }
    // Defaults are text, also those of flags and numbers.
    if let Some(value) = given.get_mut("defaultValue")
        && !value.is_string()
    {
        *value = json!(value.to_string());
    }
    for name in ["required", "active", "internal", "hideFromConsole"] {
        let default = name == "active";
        given.entry(name).or_insert(json!(default));
    }
    let entry: Result<ConfigurationEntry, _> = serde_json::from_value(Value::Object(given.clone()));
    entry.map_err(|error| Error::invalid(format!("This is no configuration entry: {error}.")))?;
    Ok(given)
}

fn refuse_reserved(key: &str) -> Result<(), Error> {
    if is_reserved(key) {
        return Err(Error::invalid(format!(
            "The configuration key {} is reserved.",
            elements::shown(key)
        )));
    }
    Ok(())
}

fn taken(key: &str) -> Error {
    Error::conflict(format!(
        "The element has a configuration entry {} already.",
        elements::shown(key)
    ))
}

fn unknown(key: &str) -> Error {
    Error::not_found(format!(
        "No configuration found with key {}",
        elements::shown(key)
    ))
}
