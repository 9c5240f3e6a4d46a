//! Syncs: pending, active, then done, a step a look; with logs and rejects.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::super::data::malformed;
use super::super::entity::text;
use super::super::state::{State, gone};
use super::export::EXPORTS;
use super::import::{self, IMPORTS};
use super::{Object, export, fault, paged};
use crate::call::{Call, Reply};
use crate::record_store::Record;

const SYNCS: &str = "syncs";

/// Answers `/syncs/…`, whose remaining segments these are.
pub fn answer(state: &mut State, path: &[&str], call: &Call, now: Timestamp) -> Reply {
    match (call.method.as_str(), path) {
        ("POST", []) => {
            let Ok(body) = call.json() else {
                return malformed();
            };
            let uri = body.get("syncedInstanceUri").and_then(Value::as_str);
            start(state, uri.unwrap_or_default(), now).map_or_else(
                || fault("syncedInstanceUri", "Must reference an existing object."),
                |sync| Reply::json(201, &sync),
            )
        }
        ("GET", []) => {
            let all: Vec<Value> = state.all(SYNCS).map(shown).collect();
            paged(&all, call)
        }
        ("GET", [id]) => advance(state, id, now),
        ("GET", [id, part @ ("data" | "logs" | "rejects")]) => {
            let Some(sync) = state.records.get(SYNCS, id) else {
                return gone();
            };
            if *part == "data" {
                let export = definition(state, text(sync, "syncedInstanceUri"), EXPORTS);
                return export.map_or_else(gone, |export| export::data(state, export, call));
            }
            let items = sync.get(*part).and_then(Value::as_array).cloned();
            paged(&items.unwrap_or_default(), call)
        }
        (_, [] | [_] | [_, "data" | "logs" | "rejects"]) => Reply::empty(405),
        _ => gone(),
    }
}

/// Begins a sync of an export or import; `None` when there is none of that address.
pub fn start(state: &mut State, uri: &str, now: Timestamp) -> Option<Value> {
    let known = [EXPORTS, IMPORTS]
        .into_iter()
        .any(|kind| definition(state, uri, kind).is_some());
    if !known {
        return None;
    }
    let collection = state.records.collection_mut(SYNCS);
    let id = collection.next_number().to_string();
    let sync = json!({
        "syncedInstanceUri": uri, "status": "pending", "createdAt": now.to_iso(), "createdBy": "API.User",
        "uri": format!("/syncs/{id}"),
    });
    if let Value::Object(record) = sync.clone() {
        collection.insert(record, |_| id);
    }
    Some(sync)
}

fn definition<'a>(state: &'a State, uri: &str, kind: &str) -> Option<&'a Record> {
    let found = state.records.get(kind, uri.rsplit('/').next()?)?;
    text(found, "uri")
        .eq_ignore_ascii_case(uri)
        .then_some(found)
}

/// What the answer shows: logs and rejects have addresses of their own.
fn shown(sync: &Record) -> Value {
    let members = sync
        .iter()
        .filter(|(name, _)| !["logs", "rejects"].contains(&name.as_str()));
    Value::Object(
        members
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// Each look at a sync moves it on.
fn advance(state: &mut State, id: &str, now: Timestamp) -> Reply {
    let Some(sync) = state.records.get(SYNCS, id) else {
        return gone();
    };
    let reply = Reply::json(200, &shown(sync));
    let (status, uri) = (
        text(sync, "status").to_owned(),
        text(sync, "syncedInstanceUri").to_owned(),
    );
    let mut changed: Vec<(&str, Value)> = Vec::new();
    match status.as_str() {
        "pending" => {
            changed.push(("status", "active".into()));
            changed.push(("syncStartedAt", now.to_iso().into()));
        }
        "active" => {
            let done = finish(state, &uri, now);
            let log = |(code, severity, message, count): &(&str, &str, &str, usize)| {
                json!({
                    "syncUri": format!("/syncs/{id}"), "count": count, "severity": severity, "statusCode": code,
                    "message": message, "createdAt": now.to_iso(),
                })
            };
            changed.push(("logs", done.log.iter().map(log).collect()));
            changed.push(("status", done.status().into()));
            changed.push(("rejects", done.rejects.into()));
            changed.push(("syncEndedAt", now.to_iso().into()));
        }
        _ => {}
    }
    if let Some(sync) = state.records.collection_mut(SYNCS).get_mut(id) {
        sync.extend(
            changed
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
    }
    reply
}

/// What a sync came to: lines of its log (code, severity, message, count) and the rows that were refused.
#[derive(Default)]
pub struct Done {
    /// The log.
    pub log: Vec<(&'static str, &'static str, &'static str, usize)>,
    /// The refused rows.
    pub rejects: Vec<Value>,
}

impl Done {
    fn status(&self) -> &'static str {
        if self.rejects.is_empty() {
            "success"
        } else {
            "warning"
        }
    }
}

fn finish(state: &mut State, uri: &str, now: Timestamp) -> Done {
    if let Some(import) = definition(state, uri, IMPORTS).cloned() {
        return import::carry_out(state, &import, now);
    }
    let mut done = Done::default();
    if let Some(export) = definition(state, uri, EXPORTS) {
        let lower = uri.to_lowercase();
        let path: Vec<&str> = lower.split('/').skip(1).collect();
        let count = Object::of(state, &path)
            .map_or(0, |(object, _)| export::rows(state, &object, export).len());
        done.log.push((
            "ELQ-00102",
            "information",
            "Successfully exported members to csv file.",
            count,
        ));
    }
    done.log
        .push(("ELQ-00101", "information", "Sync processed.", 0));
    done
}
