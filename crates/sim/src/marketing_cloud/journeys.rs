//! Journeys: versions, and a lock that the current `modifiedDate` opens.

use serde_json::{Map, Value, json};

use super::page;
use super::rest::{Answer, Asked, no};
use super::state::{JOURNEYS, State, plain, record, stamp};
use crate::call::Reply;
use crate::record_store::Record;

/// What an update does not change.
const KEPT: [&str; 6] = [
    "id",
    "createdDate",
    "modifiedDate",
    "version",
    "definitionId",
    "stats",
];

/// `/interaction/v1/interactions…`
pub fn answer(state: &mut State, asked: &Asked<'_>, path: &[&str]) -> Answer {
    let rest = path.get(3..).unwrap_or_default();
    match (asked.call.method.as_str(), rest) {
        ("GET", []) => list(state, asked),
        ("POST", []) => create(state, asked),
        ("PUT", []) => update(state, asked),
        ("GET", [_]) => match state.records.get(JOURNEYS, &find(state, asked)?) {
            Some(journey) => Ok(Value::Object(journey.clone())),
            None => Err(unknown()),
        },
        ("DELETE", [_]) => {
            let id = find(state, asked)?;
            state.of(JOURNEYS).remove(&id);
            Ok(Value::Null)
        }
        ("POST", ["publishasync" | "stop", _]) => {
            let id = asked.segment(4);
            let key = state
                .find(JOURNEYS, "id", id)
                .map(|journey| plain(journey.get("id")));
            let key = key.ok_or_else(unknown)?;
            let stop = rest.first() == Some(&"stop");
            if let Some(journey) = state.of(JOURNEYS).get_mut(&key) {
                journey.insert(
                    "status".into(),
                    if stop { "Stopped" } else { "Published" }.into(),
                );
                journey.insert("modifiedDate".into(), stamp(asked.now).into());
            }
            Ok(json!({"statusId": key, "errors": []}))
        }
        _ => Err(no(405, 0, "Method Not Allowed")),
    }
}

fn unknown() -> Reply {
    no(404, 30000, "Interaction was not found.")
}

/// The id behind `{id}` or `key:{key}`, of the version asked for.
fn find(state: &State, asked: &Asked<'_>) -> Result<String, Reply> {
    let segment = asked.segment(3);
    let version = asked.call.query("versionNumber").unwrap_or_default();
    let found = state.all(JOURNEYS).find(|journey| {
        let named = match segment.split_once(':') {
            Some((word, key)) if word.eq_ignore_ascii_case("key") => {
                plain(journey.get("key")).eq_ignore_ascii_case(key)
            }
            _ => plain(journey.get("id")).eq_ignore_ascii_case(segment),
        };
        named && (version.is_empty() || plain(journey.get("version")) == version)
    });
    found
        .map(|journey| plain(journey.get("id")))
        .ok_or_else(unknown)
}

fn list(state: &State, asked: &Asked<'_>) -> Answer {
    let given = |name: &str| {
        asked
            .call
            .query(name)
            .filter(|text| !text.is_empty())
            .map(str::to_lowercase)
    };
    let (status, text) = (given("status"), given("nameOrDescription"));
    let rows: Vec<&Record> = state
        .all(JOURNEYS)
        .filter(|journey| {
            let has = |name: &str| plain(journey.get(name)).to_lowercase();
            status
                .as_ref()
                .is_none_or(|status| has("status") == *status)
                && text.as_ref().is_none_or(|text| {
                    has("name").contains(text) || has("description").contains(text)
                })
        })
        .collect();
    page::of(asked.call, "items", rows, 500).map(Value::Object)
}

fn create(state: &mut State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    for name in ["key", "name", "workflowApiVersion"] {
        if plain(body.get(name)).is_empty() {
            return Err(no(
                400,
                121_000,
                &format!("The interaction needs a {name}."),
            ));
        }
    }
    if state
        .find(JOURNEYS, "key", &plain(body.get("key")))
        .is_some()
    {
        return Err(no(
            400,
            121_088,
            "The key of the interaction is already in use.",
        ));
    }
    let id = state.guid();
    let journey = make(&body, &id, &state.guid(), &stamp(asked.now));
    state.of(JOURNEYS).insert(journey.clone(), |_| id);
    Ok(Value::Object(journey))
}

/// A journey as the vendor completes it.
pub fn make(body: &Map<String, Value>, id: &str, definition: &str, now: &str) -> Record {
    let member = |name: &str, otherwise: Value| body.get(name).cloned().unwrap_or(otherwise);
    record(json!({
        "id": id, "key": body.get("key"), "name": body.get("name"), "lastPublishedDate": "0001-01-01T00:00:00",
        "description": member("description", "".into()), "version": 1, "workflowApiVersion": body.get("workflowApiVersion"),
        "createdDate": now, "modifiedDate": now, "goals": member("goals", json!([])), "triggers": member("triggers", json!([])),
        "activities": member("activities", json!([])), "exits": member("exits", json!([])),
        "stats": {"currentPopulation": 0, "cumulativePopulation": 0, "metGoal": 0, "metExitCriteria": 0, "goalPerformance": 0.0},
        "entryMode": member("entryMode", "NotSet".into()), "definitionId": definition, "channel": member("channel", "".into()),
        "defaults": member("defaults", json!({"email": []})), "metaData": member("metaData", json!({})),
        "executionMode": "Production", "categoryId": 1001, "status": "Draft", "scheduledStatus": "Draft",
    }))
}

fn update(state: &mut State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    let (id, key) = (plain(body.get("id")), plain(body.get("key")));
    let known = state.all(JOURNEYS).find(|journey| {
        if id.is_empty() {
            plain(journey.get("key")) == key
        } else {
            plain(journey.get("id")) == id
        }
    });
    let Some(known) = known.cloned() else {
        return Err(unknown());
    };
    if plain(body.get("version")) != plain(known.get("version")) {
        return Err(no(
            400,
            121_073,
            "The version of the interaction is not the current one.",
        ));
    }
    if plain(body.get("modifiedDate")) != plain(known.get("modifiedDate")) {
        let why = "The interaction has been changed since it was read: modifiedDate differs.";
        return Err(no(400, 121_019, why));
    }
    let id = plain(known.get("id"));
    let mut now = known;
    now.extend(
        body.into_iter()
            .filter(|(name, _)| !KEPT.contains(&name.as_str())),
    );
    now.insert("modifiedDate".into(), stamp(asked.now).into());
    state.of(JOURNEYS).insert(now.clone(), |_| id);
    Ok(Value::Object(now))
}
