//! `/assets`: campaigns, emails, lists and their like, all handled alike: a name that is unique in its kind.

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::data::malformed;
use super::entity::{Depth, scalar, seconds, text, violation};
use super::listing::Query;
use super::state::{State, conflict, gone};
use crate::call::{Call, Reply};
use crate::record_store::{Collection, Record};

/// Singular path in lower case, plural path, `type`.
const KINDS: &[(&str, &str, &str)] = &[
    ("account/group", "account/groups", "AccountGroup"),
    ("campaign", "campaigns", "Campaign"),
    ("contact/filter", "contact/filters", "ContactFilter"),
    ("contact/list", "contact/lists", "ContactList"),
    ("contact/segment", "contact/segments", "ContactSegment"),
    ("contentsection", "contentsections", "ContentSection"),
    ("customobject", "customobjects", "CustomObject"),
    ("dynamiccontent", "dynamiccontents", "DynamicContent"),
    ("email", "emails", "Email"),
    ("email/folder", "email/folders", "Folder"),
    ("email/footer", "email/footers", "EmailFooter"),
    ("email/group", "email/groups", "EmailGroup"),
    ("email/header", "email/headers", "EmailHeader"),
    ("form", "forms", "Form"),
    ("landingpage", "landingpages", "LandingPage"),
    ("microsite", "microsites", "Microsite"),
    ("optionlist", "optionlists", "OptionList"),
];

/// Answers `/assets/…`, whose remaining segments these are; `version` is `1.0` or `2.0`.
pub fn answer(
    state: &mut State,
    version: &str,
    path: &[&str],
    call: &Call,
    now: Timestamp,
) -> Reply {
    if let ["campaign", action @ ("active" | "draft"), id] = path {
        return set_status(state, action, id, call, now);
    }
    let whole = path.join("/");
    if let Some((_, _, kind)) = KINDS.iter().find(|(_, plural, _)| *plural == whole) {
        return if call.method == Method::GET {
            browse(state, kind, call)
        } else {
            Reply::empty(405)
        };
    }
    if let Some((_, _, kind)) = KINDS.iter().find(|(singular, _, _)| *singular == whole) {
        return if call.method == Method::POST {
            save(state, version, kind, None, call, now)
        } else {
            Reply::empty(405)
        };
    }
    let Some((id, parent)) = path.split_last() else {
        return gone();
    };
    let parent = parent.join("/");
    let Some((_, _, kind)) = KINDS.iter().find(|(singular, _, _)| *singular == parent) else {
        return gone();
    };
    if state.records.get(kind, id).is_none() {
        return gone();
    }
    match call.method {
        Method::GET => read(state, kind, id, call),
        Method::PUT => save(state, version, kind, Some(id), call, now),
        Method::DELETE => {
            state.records.collection_mut(kind).remove(id);
            match *kind {
                "ContactList" => {
                    state.members.remove(*id);
                }
                "CustomObject" => {
                    *state.records.collection_mut(&super::custom::collection(id)) =
                        Collection::default();
                }
                _ => {}
            }
            Reply::empty(200)
        }
        _ => Reply::empty(405),
    }
}

/// One record of a kind; complete unless the call wants less.
pub fn read(state: &State, kind: &str, id: &str, call: &Call) -> Reply {
    let depth = Depth::read(call.query("depth"), Depth::Complete);
    state.records.get(kind, id).map_or_else(gone, |record| {
        Reply::json(200, &show(state, kind, record, depth))
    })
}

/// One page of the records of a kind.
pub fn browse(state: &State, kind: &str, call: &Call) -> Reply {
    match Query::read(call) {
        Ok(query) => {
            let answer = query.answer(
                state.all(kind),
                |record, name| {
                    let found = record
                        .iter()
                        .find(|(key, _)| key.eq_ignore_ascii_case(name));
                    found.and_then(|(_, value)| scalar(value))
                },
                |record| show(state, kind, record, query.depth),
            );
            Reply::json(200, &answer)
        }
        Err(body) => Reply::json(400, &body),
    }
}

fn save(
    state: &mut State,
    version: &str,
    kind: &str,
    id: Option<&str>,
    call: &Call,
    now: Timestamp,
) -> Reply {
    let Ok(Value::Object(mut body)) = call.json() else {
        return malformed();
    };
    let additions = numbers(body.remove("membershipAdditions"));
    let deletions = numbers(body.remove("membershipDeletions"));
    let Value::Object(mut record) = textual(Value::Object(body)) else {
        return malformed();
    };
    let name = text(&record, "name").to_owned();
    if name.trim().is_empty() {
        let fault = violation(kind, id, "name", "NotNullRequirement", &name);
        return Reply::json(400, &json!([fault]));
    }
    if name.chars().count() > 100 {
        let fault = violation(kind, id, "name", "StringLengthRequirement", &name);
        return Reply::json(400, &json!([fault]));
    }
    let other = state
        .all(kind)
        .any(|one| text(one, "name").eq_ignore_ascii_case(&name) && Some(text(one, "id")) != id);
    if other {
        return conflict(kind, id, "name", &name);
    }
    for server_side in ["type", "id", "depth", "count", "createdAt", "createdBy"] {
        record.remove(server_side);
    }
    record.insert("updatedAt".into(), seconds(now));
    record.insert("updatedBy".into(), "314".into());
    let id = if let Some(id) = id {
        let inner = if kind == "Form" { "elements" } else { "fields" };
        if matches!(kind, "CustomObject" | "Form") {
            number_fields(&mut record, id.parse().unwrap_or(0), inner, false);
        }
        if let Some(stored) = state.records.collection_mut(kind).get_mut(id) {
            for kept in [
                "id",
                "createdAt",
                "createdBy",
                "currentStatus",
                "dataLookupId",
            ] {
                if let Some(value) = stored.get(kept) {
                    record.insert(kept.into(), value.clone());
                }
            }
            *stored = record;
        }
        id.to_owned()
    } else {
        record.insert("createdAt".into(), seconds(now));
        record.insert("createdBy".into(), "314".into());
        defaults(state, kind, &mut record);
        state.add(kind, record)
    };
    // Only version 1.0 changes who is on a list.
    if kind == "ContactList" && version == "1.0" {
        let known: Vec<u64> = additions
            .into_iter()
            .filter(|id| state.records.get("contacts", &id.to_string()).is_some())
            .collect();
        let members = state.members.entry(id.clone()).or_default();
        members.extend(known);
        members.retain(|id| !deletions.contains(id));
    }
    let status = if call.method == Method::POST {
        201
    } else {
        200
    };
    match state.records.get(kind, &id) {
        Some(record) => Reply::json(status, &show(state, kind, record, Depth::Complete)),
        None => gone(),
    }
}

/// What the vendor sets on creation when the caller does not.
fn defaults(state: &State, kind: &str, record: &mut Record) {
    let number = state
        .records
        .collection(kind)
        .map_or(1, Collection::next_number);
    let given: &[(&str, &str)] = match kind {
        "Campaign" => &[
            ("currentStatus", "Draft"),
            ("isReadOnly", "false"),
            ("actualCost", "0.00"),
            ("budgetedCost", "0.00"),
            ("isMemberAllowedReEntry", "false"),
            ("isIncludedInROI", "false"),
            ("isEmailMarketingCampaign", "false"),
        ],
        "ContactList" => &[("scope", "global"), ("folderId", "261")],
        "Email" => &[
            ("encodingId", "1"),
            ("emailGroupId", "1"),
            ("isTracked", "true"),
        ],
        _ => &[],
    };
    for (name, value) in given {
        record.entry(*name).or_insert_with(|| (*value).into());
    }
    if kind == "ContactList" {
        record.insert(
            "dataLookupId".into(),
            format!("00000000-0000-4000-8000-{number:012x}").into(),
        );
    }
    if kind == "CustomObject" {
        number_fields(record, number, "fields", true);
    }
    if kind == "Form" {
        number_fields(record, number, "elements", true);
    }
}

/// The fields of a new custom object, or of a form, come with negative ids and get positive ones.
fn number_fields(record: &mut Record, object: u64, inner: &str, fresh: bool) {
    let own = if inner == "fields" {
        "CustomObjectField"
    } else {
        "FormField"
    };
    let fields = record.get_mut(inner).and_then(Value::as_array_mut);
    for (position, field) in fields.into_iter().flatten().enumerate() {
        let Some(field) = field.as_object_mut() else {
            continue;
        };
        // A field that is there keeps its number; negative ones stand for none yet.
        let known = scalar(field.get("id").unwrap_or(&Value::Null))
            .and_then(|id| id.parse::<u64>().ok())
            .filter(|_| !fresh);
        let number = known.unwrap_or_else(|| {
            object
                .saturating_mul(1000)
                .saturating_add(position as u64 + 1)
        });
        let name = text(field, "name").replace(' ', "_");
        field.insert("type".into(), own.into());
        field.insert("id".into(), number.to_string().into());
        field
            .entry("internalName")
            .or_insert_with(|| format!("{name}1").into());
    }
}

fn set_status(state: &mut State, action: &str, id: &str, call: &Call, now: Timestamp) -> Reply {
    if call.method != Method::POST {
        return Reply::empty(405);
    }
    let status = match (action, call.query("scheduledFor")) {
        ("draft", _) => "Draft",
        (_, None | Some("now")) => "Active",
        _ => "Scheduled",
    };
    let Some(record) = state.records.collection_mut("Campaign").get_mut(id) else {
        return gone();
    };
    record.insert("currentStatus".into(), status.into());
    record.insert("updatedAt".into(), seconds(now));
    let record = record.clone();
    Reply::json(201, &show(state, "Campaign", &record, Depth::Complete))
}

fn show(state: &State, kind: &str, record: &Record, depth: Depth) -> Value {
    let mut shown = Map::new();
    shown.insert("type".into(), kind.into());
    for name in ["currentStatus", "id", "createdAt", "createdBy"] {
        if let Some(value) = record.get(name) {
            shown.insert(name.into(), value.clone());
        }
    }
    shown.insert("depth".into(), depth.word().into());
    for name in ["folderId", "name", "permissions", "updatedAt", "updatedBy"] {
        if let Some(value) = record.get(name) {
            shown.insert(name.into(), value.clone());
        }
    }
    if kind == "ContactList" {
        let count = state
            .members
            .get(text(record, "id"))
            .map_or(0, std::collections::BTreeSet::len);
        shown.insert("count".into(), count.to_string().into());
    }
    if depth != Depth::Minimal {
        for (name, value) in record {
            shown.entry(name).or_insert_with(|| value.clone());
        }
    }
    shown.into()
}

/// Every number and boolean as text, all the way down; nulls are dropped.
fn textual(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, textual(value)))
                .collect(),
        ),
        Value::Array(items) => items.into_iter().map(textual).collect(),
        Value::Number(number) => number.to_string().into(),
        Value::Bool(flag) => flag.to_string().into(),
        other => other,
    }
}

fn numbers(ids: Option<Value>) -> Vec<u64> {
    let ids = ids.unwrap_or_default();
    let ids = ids.as_array().into_iter().flatten();
    ids.filter_map(|id| scalar(id)?.parse().ok()).collect()
}
