//! Automation Studio: `/automation/v1/…`, automations and the activities that their steps name. SOAP sees the same records.

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::page;
use super::rest::{Answer, Asked, no};
use super::state::{State, plain, record, stamp};
use crate::call::Reply;
use crate::record_store::Record;

/// What an automation is doing; the numbers are the vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It has no steps yet.
    Building = 1,
    /// It can be started.
    Ready = 2,
    /// It waits.
    Paused = 4,
    /// It was stopped.
    Stopped = 5,
    /// It runs by a schedule.
    Scheduled = 6,
}

/// A path below `/automation/v1`, the SOAP type or collection of it, and the member that names one.
const ACTIVITIES: [(&str, &str, &str); 6] = [
    ("queries", "QueryDefinition", "queryDefinitionId"),
    ("imports", "ImportDefinition", "importDefinitionId"),
    ("scripts", "scripts", "ssjsActivityId"),
    ("dataextracts", "data extracts", "dataExtractDefinitionId"),
    ("filetransfers", "file transfers", "id"),
    (
        "verifications",
        "verifications",
        "dataVerificationDefinitionId",
    ),
];
/// REST name → SOAP name, of what both planes know.
const NAMES: [(&str, &str); 9] = [
    ("key", "CustomerKey"),
    ("name", "Name"),
    ("description", "Description"),
    ("categoryId", "CategoryID"),
    ("createdDate", "CreatedDate"),
    ("modifiedDate", "ModifiedDate"),
    ("queryText", "QueryText"),
    ("targetUpdateTypeName", "TargetUpdateType"),
    ("status", "Status"),
];
const KIND: &str = "Automation";

/// Answers a call; the first two segments are `automation` and `v1`.
pub fn answer(state: &mut State, asked: &Asked<'_>, path: &[&str]) -> Answer {
    let rest = path.get(2..).unwrap_or_default();
    let method = asked.call.method.as_str();
    match (method, rest) {
        ("GET", ["automations"]) => {
            let rows: Vec<Record> = state.all(KIND).map(|one| shown(one, false)).collect();
            listed(asked, &rows)
        }
        ("POST", ["automations"]) => create(state, asked),
        ("GET", ["automations", _]) => {
            let key = place(state, KIND, asked.segment(3))?;
            let found = state.records.get(KIND, &key).cloned().unwrap_or_default();
            Ok(Value::Object(shown(&found, true)))
        }
        ("PATCH", ["automations", _]) => change(state, asked),
        ("DELETE", ["automations", _]) => {
            let key = place(state, KIND, asked.segment(3))?;
            state.of(KIND).remove(&key);
            Ok(Value::Null)
        }
        ("POST", ["automations", _, "actions", action]) => act(state, asked, action),
        (_, [kind, rest @ ..]) => match ACTIVITIES.iter().find(|(path, ..)| path == kind) {
            Some((_, kept, id)) => activity(state, asked, kept, id, rest),
            None => Err(no(404, 0, "Not Found")),
        },
        _ => Err(no(404, 0, "Not Found")),
    }
}

fn listed(asked: &Asked<'_>, rows: &[Record]) -> Answer {
    page::of(asked.call, "items", rows.iter().collect(), 500).map(Value::Object)
}

/// The place of a record, by GUID or `key:{…}`.
fn place(state: &State, kind: &str, segment: &str) -> Result<String, Reply> {
    let found = match segment.split_once(':') {
        Some((word, key)) if word.eq_ignore_ascii_case("key") => {
            state.find(kind, "CustomerKey", key)
        }
        _ => state.find(kind, "ObjectID", segment),
    };
    found
        .map(|found| plain(found.get("ObjectID")))
        .ok_or_else(|| no(404, 10004, "The requested object was not found."))
}

/// An automation as REST shows it; `whole` has its steps.
fn shown(one: &Record, whole: bool) -> Record {
    let number = one.get("Status").and_then(Value::as_i64).unwrap_or(1);
    let word = match number {
        2 => "Ready",
        3 => "Running",
        4 => "Paused",
        5 => "Stopped",
        6 => "Scheduled",
        _ => "Building",
    };
    let kind = plain(one.get("AutomationType"));
    let mut shown = record(json!({
        "id": one.get("ObjectID"), "name": one.get("Name"), "key": one.get("CustomerKey"), "description": one.get("Description"),
        "typeId": if kind == "triggered" { 2 } else { 1 }, "type": kind, "statusId": number, "status": word,
        "categoryId": one.get("CategoryID"), "createdDate": one.get("CreatedDate"), "modifiedDate": one.get("ModifiedDate"),
        "lastRunTime": one.get("LastRunTime"), "lastRunInstanceId": one.get("LastRunInstanceID"),
    }));
    if whole {
        for name in ["startSource", "steps"] {
            shown.insert(name.into(), one.get(name).cloned().unwrap_or_default());
        }
    }
    shown
}

/// The steps as the vendor completes them.
///
/// # Errors
/// 400 for a step without activities, or an activity that says not what it is.
fn steps(state: &mut State, given: Option<&Value>) -> Result<Value, Reply> {
    let Some(Value::Array(given)) = given else {
        return Ok(json!([]));
    };
    let mut all = Vec::new();
    for (at, step) in given.iter().enumerate() {
        let Some(Value::Array(wanted)) = step.get("activities") else {
            return Err(no(400, 10001, "Each step needs activities."));
        };
        let mut activities = Vec::new();
        for (order, activity) in wanted.iter().enumerate() {
            let object = plain(activity.get("activityObjectId"));
            if activity
                .get("objectTypeId")
                .and_then(Value::as_i64)
                .is_none()
                || object.is_empty()
            {
                let why = "Each activity needs an objectTypeId and an activityObjectId.";
                return Err(no(400, 10001, why));
            }
            let query = activity.get("objectTypeId").and_then(Value::as_i64) == Some(300);
            if query && state.find("QueryDefinition", "ObjectID", &object).is_none() {
                let why = format!("The activity {object} does not exist.");
                return Err(no(400, 10004, &why));
            }
            let mut kept = activity.as_object().cloned().unwrap_or_default();
            kept.insert("id".into(), state.guid().into());
            kept.entry("displayOrder")
                .or_insert_with(|| (order + 1).into());
            activities.push(Value::Object(kept));
        }
        let name = step.get("name").cloned().unwrap_or_else(|| "".into());
        all.push(
            json!({"id": state.guid(), "name": name, "step": at + 1, "activities": activities}),
        );
    }
    Ok(all.into())
}

/// 400 when the name or the key is taken by another record.
fn free(state: &State, kind: &str, own: &str, name: &str, key: &str) -> Result<(), Reply> {
    let taken = |member: &str, text: &str| {
        let other = state.find(kind, member, text);
        other.is_some_and(|other| plain(other.get("ObjectID")) != own)
    };
    if taken("Name", name) {
        return Err(no(400, 10003, "The name is already in use."));
    }
    if !key.is_empty() && taken("CustomerKey", key) {
        return Err(no(400, 10003, "The key is already in use."));
    }
    Ok(())
}

fn named(body: &Map<String, Value>) -> Result<String, Reply> {
    let name = plain(body.get("name"));
    match name.chars().count() {
        0 => Err(no(400, 10005, "The name is required.")),
        1..=200 => Ok(name),
        _ => Err(no(
            400,
            10005,
            "The name may not be longer than 200 characters.",
        )),
    }
}

fn create(state: &mut State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    let (name, key) = (named(&body)?, plain(body.get("key")));
    free(state, KIND, "", &name, &key)?;
    let steps = steps(state, body.get("steps"))?;
    let (guid, at) = (state.guid(), stamp(asked.now));
    let key = if key.is_empty() { guid.clone() } else { key };
    let source = body.get("startSource").cloned().unwrap_or_default();
    let triggered = source.get("typeId").and_then(Value::as_i64) == Some(2);
    let made = json!({
        "ObjectID": guid, "CustomerKey": key, "Name": name, "Description": plain(body.get("description")),
        "AutomationType": if triggered { "triggered" } else { "scheduled" },
        "Status": if steps == json!([]) { Status::Building } else { Status::Ready } as i64, "IsActive": true,
        "CategoryID": body.get("categoryId").cloned().unwrap_or_else(|| 2010.into()), "CreatedDate": at, "ModifiedDate": at,
        "startSource": source, "steps": steps,
    });
    let made = record(made);
    let answer = shown(&made, true);
    state.of(KIND).insert(made, |_| guid);
    Ok(Value::Object(answer))
}

fn change(state: &mut State, asked: &Asked<'_>) -> Answer {
    let key = place(state, KIND, asked.segment(3))?;
    let body = asked.body()?;
    if body.contains_key("name") {
        let name = named(&body)?;
        free(state, KIND, &key, &name, "")?;
    }
    let steps = body
        .get("steps")
        .map(|given| steps(state, Some(given)))
        .transpose()?;
    let Some(kept) = state.of(KIND).get_mut(&key) else {
        return Err(no(404, 10004, "The requested object was not found."));
    };
    for (rest, soap) in NAMES.iter().take(4) {
        if let Some(value) = body.get(*rest) {
            kept.insert((*soap).to_owned(), value.clone());
        }
    }
    if let Some(source) = body.get("startSource") {
        kept.insert("startSource".into(), source.clone());
    }
    if let Some(steps) = steps {
        kept.insert("steps".into(), steps);
    }
    kept.insert("ModifiedDate".into(), stamp(asked.now).into());
    Ok(Value::Object(shown(kept, true)))
}

fn act(state: &mut State, asked: &Asked<'_>, action: &str) -> Answer {
    let key = place(state, KIND, asked.segment(3))?;
    let empty = state
        .records
        .get(KIND, &key)
        .and_then(|one| one.get("steps"))
        .and_then(Value::as_array)
        .is_none_or(Vec::is_empty);
    if empty {
        let why = "The automation has no activities and cannot be started.";
        return Err(no(400, 10001, why));
    }
    match action {
        "start" | "runallonce" => run(state, &key, asked.now),
        "schedule" => set(state, &key, Status::Scheduled, asked.now),
        "pause" => set(state, &key, Status::Paused, asked.now),
        "stop" => set(state, &key, Status::Stopped, asked.now),
        _ => return Err(no(404, 0, "Not Found")),
    }
    Ok("OK".into())
}

/// Gives an automation a status.
pub fn set(state: &mut State, key: &str, status: Status, now: Timestamp) {
    if let Some(one) = state.of(KIND).get_mut(key) {
        one.insert("Status".into(), (status as i64).into());
        one.insert("ModifiedDate".into(), stamp(now).into());
    }
}

/// Runs an automation, which is over at once; its instance stays.
pub fn run(state: &mut State, key: &str, now: Timestamp) {
    let (guid, at) = (state.guid(), stamp(now));
    let name = state.records.get(KIND, key).and_then(|one| one.get("Name"));
    let instance = json!({"ObjectID": guid, "Name": name, "AutomationInstanceID": guid, "AutomationObjectID": key, "Status": 3, "StatusMessage": "Complete",
        "StartTime": at, "CompletedTime": at, "CreatedDate": at, "ModifiedDate": at});
    state
        .of("AutomationInstance")
        .insert(record(instance), |_| guid.clone());
    if let Some(one) = state.of(KIND).get_mut(key) {
        one.insert("LastRunTime".into(), at.into());
        one.insert("LastRunInstanceID".into(), guid.into());
    }
}

/// Runs a query or an import by itself; what it did is told in the summary of imports.
pub fn run_activity(state: &mut State, kind: &str, key: &str, now: Timestamp) {
    let at = stamp(now);
    if kind == "ImportDefinition" {
        let definition = state.records.get(kind, key).cloned().unwrap_or_default();
        let (guid, number) = (state.guid(), state.of("ImportResultsSummary").next_number());
        let summary = json!({"ID": number, "ObjectID": guid, "ImportDefinitionCustomerKey": definition.get("CustomerKey"), "ImportStatus": "Completed",
            "StartDate": at, "EndDate": at, "NumberSuccessful": 0, "NumberDuplicated": 0, "NumberErrors": 0, "TotalRows": 0, "ImportType": "Subscriber"});
        state
            .of("ImportResultsSummary")
            .insert(record(summary), |_| number.to_string());
    }
    if let Some(one) = state.of(kind).get_mut(key) {
        one.insert("LastRunTime".into(), at.into());
    }
}

/// Queries, imports and their like: created, read, changed, deleted, started.
fn activity(state: &mut State, asked: &Asked<'_>, kind: &str, id: &str, path: &[&str]) -> Answer {
    match (asked.call.method.as_str(), path) {
        ("GET", []) => {
            let rows: Vec<Record> = state.all(kind).map(|one| as_rest(one, id)).collect();
            listed(asked, &rows)
        }
        ("POST", []) => {
            let body = asked.body()?;
            let (name, key) = (named(&body)?, plain(body.get("key")));
            free(state, kind, "", &name, &key)?;
            if kind == "QueryDefinition" && plain(body.get("queryText")).is_empty() {
                return Err(no(400, 10005, "The queryText is required."));
            }
            let guid = state.guid();
            let mut made = as_soap(body, id);
            made.insert("ObjectID".into(), guid.clone().into());
            made.entry("CustomerKey")
                .or_insert_with(|| guid.clone().into());
            made.entry("Status").or_insert_with(|| "Active".into());
            for date in ["CreatedDate", "ModifiedDate"] {
                made.insert(date.into(), stamp(asked.now).into());
            }
            let answer = as_rest(&made, id);
            state.of(kind).insert(made, |_| guid);
            Ok(Value::Object(answer))
        }
        ("GET", [_]) => {
            let key = place(state, kind, asked.segment(3))?;
            let found = state.records.get(kind, &key).cloned().unwrap_or_default();
            Ok(Value::Object(as_rest(&found, id)))
        }
        ("PATCH", [_]) => {
            let key = place(state, kind, asked.segment(3))?;
            let body = asked.body()?;
            if body.contains_key("name") {
                let name = named(&body)?;
                free(state, kind, &key, &name, "")?;
            }
            let kept = state.of(kind).get_mut(&key);
            let kept = kept.ok_or_else(|| no(404, 10004, "The requested object was not found."))?;
            kept.extend(as_soap(body, id));
            kept.insert("ModifiedDate".into(), stamp(asked.now).into());
            Ok(Value::Object(as_rest(kept, id)))
        }
        ("DELETE", [_]) => {
            let key = place(state, kind, asked.segment(3))?;
            state.of(kind).remove(&key);
            Ok(Value::Null)
        }
        ("POST", [_, "actions", "start"]) => {
            let key = place(state, kind, asked.segment(3))?;
            run_activity(state, kind, &key, asked.now);
            Ok("OK".into())
        }
        ("GET", [_, "actions", "isrunning"]) => {
            place(state, kind, asked.segment(3))?;
            Ok(json!({"isRunning": false}))
        }
        _ => Err(no(404, 0, "Not Found")),
    }
}

fn as_rest(one: &Record, id: &str) -> Record {
    let mut shown = Record::new();
    shown.insert(
        id.to_owned(),
        one.get("ObjectID").cloned().unwrap_or_default(),
    );
    for (name, value) in one {
        if name != "ObjectID" {
            let known = NAMES.iter().find(|(_, soap)| soap == name);
            let name = known.map_or(name.as_str(), |(rest, _)| rest);
            shown.insert(name.to_owned(), value.clone());
        }
    }
    shown
}

fn as_soap(body: Map<String, Value>, id: &str) -> Record {
    let own =
        |name: &String| name != id && !matches!(name.as_str(), "createdDate" | "modifiedDate");
    body.into_iter()
        .filter(|(name, value)| own(name) && !value.is_null())
        .map(|(name, value)| {
            let known = NAMES.iter().find(|(rest, _)| *rest == name);
            (known.map_or(name, |(_, soap)| (*soap).to_owned()), value)
        })
        .collect()
}
