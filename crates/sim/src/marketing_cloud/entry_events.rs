//! Entry events of journeys: their definitions, and the events that are fired.

use serde_json::{Map, Value, json};

use super::page;
use super::rest::{Answer, Asked, no};
use super::rows;
use super::state::{State, plain, record, stamp};
use crate::call::Reply;
use crate::record_store::Record;

/// Collection of event definitions.
const DEFINITIONS: &str = "eventDefinitions";
/// What a change may touch; the page of the vendor says that only a few can be.
const CHANGEABLE: [&str; 5] = [
    "name",
    "eventDefinitionKey",
    "sourceApplicationExtensionId",
    "dataExtensionId",
    "description",
];

/// `/interaction/v1/eventDefinitions…`
pub fn answer(state: &mut State, asked: &Asked<'_>, path: &[&str]) -> Answer {
    let rest = path.get(3..).unwrap_or_default();
    match (asked.call.method.as_str(), rest) {
        ("GET", []) => list(state, asked),
        ("POST", []) => create(state, asked),
        ("GET", [_]) => Ok(Value::Object(found(state, asked.segment(3))?.clone())),
        ("PUT", [_]) => change(state, asked),
        ("DELETE", [_]) => {
            let id = plain(found(state, asked.segment(3))?.get("id"));
            state.of(DEFINITIONS).remove(&id);
            Ok(Value::Null)
        }
        _ => Err(no(405, 0, "Method Not Allowed")),
    }
}

/// `POST /interaction/v1/events`: the event goes to the data extension of its definition.
pub fn fire(state: &mut State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    for name in ["ContactKey", "EventDefinitionKey"] {
        if plain(body.get(name)).is_empty() {
            return Err(no(400, 30001, &format!("The event needs a {name}.")));
        }
    }
    let key = plain(body.get("EventDefinitionKey"));
    let extension = plain(found(state, &format!("key:{key}"))?.get("dataExtensionId"));
    let customer_key = state
        .find("DataExtension", "ObjectID", &extension)
        .map(|extension| plain(extension.get("CustomerKey")));
    if let (Some(customer_key), Some(Value::Object(row))) = (customer_key, body.get("Data")) {
        rows::upsert(state, &customer_key, std::slice::from_ref(row))
            .map_err(|wrong| no(400, 30000, &wrong.join(" ")))?;
    }
    let instance = state.guid();
    Err(Reply::json(201, &json!({"eventInstanceId": instance})))
}

/// The definition behind `{id}` or `key:{key}`.
fn found<'a>(state: &'a State, segment: &str) -> Result<&'a Record, Reply> {
    let found = match segment.split_once(':') {
        Some((word, key)) if word.eq_ignore_ascii_case("key") => {
            state.find(DEFINITIONS, "eventDefinitionKey", key)
        }
        _ => state.find(DEFINITIONS, "id", segment),
    };
    found.ok_or_else(|| no(404, 30003, "Event definition was not found."))
}

fn list(state: &State, asked: &Asked<'_>) -> Answer {
    let name = asked.call.query("name").unwrap_or_default().to_lowercase();
    let rows: Vec<&Record> = state
        .all(DEFINITIONS)
        .filter(|one| plain(one.get("name")).to_lowercase().contains(&name))
        .collect();
    page::of(asked.call, "items", rows, 500).map(Value::Object)
}

fn create(state: &mut State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    for name in ["type", "name", "eventDefinitionKey"] {
        if plain(body.get(name)).is_empty() {
            let why = format!("The event definition needs a {name}.");
            return Err(no(400, 30001, &why));
        }
    }
    let key = plain(body.get("eventDefinitionKey"));
    if state
        .find(DEFINITIONS, "eventDefinitionKey", &key)
        .is_some()
    {
        let why = "The eventDefinitionKey is already in use.";
        return Err(no(400, 30002, why));
    }
    let extension = extension(state, &body)?;
    let (id, now) = (state.guid(), stamp(asked.now));
    let member = |name: &str, otherwise: Value| body.get(name).cloned().unwrap_or(otherwise);
    let definition = record(json!({
        "id": id, "type": body.get("type"), "name": body.get("name"), "description": member("description", "".into()),
        "createdDate": now, "createdBy": 1, "modifiedDate": now, "modifiedBy": 1,
        "mode": member("mode", "Production".into()), "eventDefinitionKey": key,
        "dataExtensionId": extension.get("ObjectID"), "dataExtensionName": extension.get("Name"),
        "sourceApplicationExtensionId": member("sourceApplicationExtensionId", "".into()),
        "filterDefinitionId": "00000000-0000-0000-0000-000000000000", "filterDefinitionTemplate": "",
        "iconUrl": member("iconUrl", "".into()), "arguments": member("arguments", json!({})),
        "configuration": member("configuration", json!({})), "metaData": member("metaData", json!({})),
        "interactionCount": 0, "isVisibleInPicker": member("isVisibleInPicker", false.into()), "isPlatformObject": false,
        "category": member("category", "Event".into()), "publishedInteractionCount": 0, "automationId": "",
    }));
    state.of(DEFINITIONS).insert(definition.clone(), |_| id);
    Err(Reply::json(201, &Value::Object(definition)))
}

/// The data extension that a definition names by its id.
fn extension(state: &State, body: &Map<String, Value>) -> Result<Record, Reply> {
    let id = plain(body.get("dataExtensionId"));
    if id.is_empty() && body.get("schema").is_some() {
        // The vendor makes one of the schema; here events of such a definition are only counted.
        return Ok(Record::new());
    }
    let found = state.find("DataExtension", "ObjectID", &id);
    found.cloned().ok_or_else(|| {
        let why =
            "The event definition needs the dataExtensionId of a data extension, or a schema.";
        no(400, 30001, why)
    })
}

fn change(state: &mut State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    let mut now = found(state, asked.segment(3))?.clone();
    if body.get("dataExtensionId").is_some() {
        let extension = extension(state, &body)?;
        let name = extension.get("Name").cloned().unwrap_or_default();
        now.insert("dataExtensionName".into(), name);
    }
    now.extend(
        body.into_iter()
            .filter(|(name, _)| CHANGEABLE.contains(&name.as_str())),
    );
    now.insert("modifiedDate".into(), stamp(asked.now).into());
    let id = plain(now.get("id"));
    state.of(DEFINITIONS).insert(now.clone(), |_| id);
    Ok(Value::Object(now))
}
