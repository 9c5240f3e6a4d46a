//! Exports: a definition, and the data it stands for.

use std::fmt::Write as _;

use ligand_model::time::Timestamp;
use serde_json::{Map, Value};

use super::super::data::malformed;
use super::super::entity::text;
use super::super::state::{State, gone};
use super::filter::Filter;
use super::{Object, defined, fault, keep, paged, read_fields};
use crate::call::{Call, Reply};
use crate::csv;
use crate::record_store::Record;

/// The collection, which is a part of each `uri`.
pub const EXPORTS: &str = "exports";
/// An export may name this many fields.
const MOST_FIELDS: usize = 250;

/// Answers `/{object}/exports/…`, whose remaining segments these are.
pub fn answer(
    state: &mut State,
    object: &Object,
    path: &[&str],
    call: &Call,
    now: Timestamp,
) -> Reply {
    if let ("POST", []) = (call.method.as_str(), path) {
        return create(state, object, call, now);
    }
    let export = match defined(state, EXPORTS, object, path, call, |one| one.clone().into()) {
        Ok(export) => export,
        Err(reply) => return reply,
    };
    match (call.method.as_str(), path) {
        ("GET", [_]) => Reply::json(200, &Value::Object(export.clone())),
        ("DELETE", [id]) => {
            state.records.collection_mut(EXPORTS).remove(id);
            Reply::empty(204)
        }
        ("GET", [_, "data"]) => data(state, export, call),
        ("DELETE", [_, "data"]) => Reply::empty(204),
        (_, [_] | [_, "data"]) => Reply::empty(405),
        _ => gone(),
    }
}

fn create(state: &mut State, object: &Object, call: &Call, now: Timestamp) -> Reply {
    let Ok(body) = call.json() else {
        return malformed();
    };
    let fields = match read_fields(object, &body, MOST_FIELDS) {
        Ok(fields) => fields,
        Err(reply) => return reply,
    };
    let filter = body
        .get("filter")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let parsed = Filter::parse(object, filter);
    if !filter.is_empty() && parsed.is_none() {
        return fault(
            "filter",
            "Must be a valid Eloqua Markup Language expression.",
        );
    }
    if matches!(object, Object::Activities)
        && !parsed.is_some_and(|filter| filter.names("bulkType"))
    {
        return fault(
            "filter",
            "Must contain exactly one criterion on {{Activity.Type}}.",
        );
    }
    let mut export = Record::new();
    export.insert("name".into(), body.get("name").cloned().unwrap_or_default());
    export.insert("fields".into(), fields.into());
    for (name, otherwise) in [
        ("filter", None),
        ("maxRecords", None),
        ("dataRetentionDuration", Some("PT12H")),
        ("autoDeleteDuration", Some("P3D")),
    ] {
        if let Some(value) = body.get(name).cloned().or(otherwise.map(Value::from)) {
            export.insert(name.into(), value);
        }
    }
    export.insert("areSystemTimestampsInUTC".into(), true.into());
    keep(state, EXPORTS, object, export, now)
}

/// The rows of an export, as JSON pages or as CSV.
pub fn data(state: &State, export: &Record, call: &Call) -> Reply {
    let lower = text(export, "uri").to_lowercase();
    let path: Vec<&str> = lower.split('/').skip(1).collect();
    let Some((object, _)) = Object::of(state, &path) else {
        return gone();
    };
    let rows = rows(state, &object, export);
    if call
        .header("accept")
        .is_some_and(|accept| accept.contains("text/csv"))
    {
        return Reply::bytes(200, "text/csv;charset=UTF-8", as_csv(export, &rows));
    }
    let rows: Vec<Value> = rows.into_iter().map(Value::Object).collect();
    paged(&rows, call)
}

/// Aliases to texts, a record each.
pub fn rows(state: &State, object: &Object, export: &Record) -> Vec<Map<String, Value>> {
    let filter = Filter::parse(object, text(export, "filter"));
    let fields = export.get("fields").and_then(Value::as_object);
    let most = export.get("maxRecords").and_then(Value::as_u64);
    let most = most
        .and_then(|most| usize::try_from(most).ok())
        .unwrap_or(usize::MAX);
    object
        .records(state)
        .iter()
        .filter(|record| {
            filter
                .as_ref()
                .is_none_or(|filter| filter.admits(state, object, record))
        })
        .take(most)
        .map(|record| {
            let cell = |statement: &Value| {
                let property = object.property(statement.as_str().unwrap_or_default())?;
                object.value(state, record, &property)
            };
            fields
                .into_iter()
                .flatten()
                .map(|(alias, statement)| {
                    (alias.clone(), cell(statement).unwrap_or_default().into())
                })
                .collect()
        })
        .collect()
}

fn as_csv(export: &Record, rows: &[Map<String, Value>]) -> String {
    let aliases: Vec<&String> = export
        .get("fields")
        .and_then(Value::as_object)
        .map(|fields| fields.keys().collect())
        .unwrap_or_default();
    let line = |cells: Vec<String>| cells.join(",");
    let mut out = line(aliases.iter().map(|alias| csv::cell(alias)).collect());
    for row in rows {
        let cells = aliases.iter().map(|alias| csv::cell(text(row, alias)));
        let _ = write!(out, "\r\n{}", line(cells.collect()));
    }
    out.push_str("\r\n");
    out
}
