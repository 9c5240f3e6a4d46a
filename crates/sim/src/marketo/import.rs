//! Bulk imports of people, custom objects and members of programs: a file, a batch, and what became of its rows.

use std::fmt::Write as _;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::envelope::{Fault, Page, uploaded};
use super::objects::{self, kinds};
use super::state::{LISTS, Parameters, State, id_of, read_id};
use super::{leads, programs};
use crate::call::{Call, Reply};
use crate::csv::{self, Cut};
use crate::record_store::Record;

const BATCHES: &str = "import batches";
/// A file holds this many bytes at most.
pub const MOST: usize = 10 * 1024 * 1024;

/// Takes a file in: `POST /bulk/v1/{object}/import.json?format=csv`, for people `…/leads.json`.
///
/// # Errors
/// 1002 without format or file, 1003 for another format, 613, 1013 for an unknown object, list or program.
pub fn begin(
    state: &mut State,
    object: &str,
    parameters: &Parameters,
    call: &Call,
) -> Result<Page, Fault> {
    let format = parameters.require("format")?.to_lowercase();
    let separator = match format.as_str() {
        "csv" => ',',
        "tsv" => '\t',
        "ssv" => ';',
        other => {
            return Err(Fault::new(
                "1003",
                format!("Invalid data: format '{other}'"),
            ));
        }
    };
    let file = uploaded(call)?;
    if let Some(list) = parameters.get("listId") {
        state
            .get(LISTS, read_id(list)?)
            .ok_or_else(Fault::no_object)?;
    }
    let mut batch = Record::new();
    if let Some(program) = program_of(object) {
        super::assets::get(state, "programs", read_id(program)?).ok_or_else(Fault::no_object)?;
    } else if object != "leads" {
        kinds::at(object).ok_or_else(Fault::no_object)?;
    }
    batch.insert("object".into(), object.into());
    batch.insert("status".into(), "Queued".into());
    batch.insert("file".into(), file.text().into());
    batch.insert("separator".into(), separator.to_string().into());
    for name in ["lookupField", "listId", "programMemberStatus"] {
        if let Some(value) = parameters.get(name) {
            batch.insert(name.into(), value.into());
        }
    }
    let id = state.add(BATCHES, batch);
    Ok(Page::of(vec![
        json!({"batchId": id, "importId": id.to_string(), "status": "Queued"}),
    ]))
}

/// The program in `program/{id}/members`.
fn program_of(object: &str) -> Option<&str> {
    object.strip_prefix("program/")?.strip_suffix("/members")
}

/// The status of a batch; each look moves it one state on.
///
/// # Errors
/// 1013 for an unknown batch.
pub fn status(state: &mut State, id: &str, now: Timestamp) -> Result<Page, Fault> {
    let id = read_id(id)?;
    let batch = state
        .get(BATCHES, id)
        .cloned()
        .ok_or_else(Fault::no_object)?;
    let mut changes = Record::new();
    match text(&batch, "status") {
        "Queued" => {
            changes.insert("status".into(), "Importing".into());
        }
        "Importing" => changes = carry_out(state, &batch, now),
        _ => {}
    }
    let batch = state
        .records
        .collection_mut(BATCHES)
        .get_mut(&id.to_string())
        .ok_or_else(Fault::no_object)?;
    batch.extend(changes);
    Ok(Page::of(vec![shown(batch)]))
}

/// `…/failures.json` and `…/warnings.json`: a CSV with the reason behind each row.
pub fn reasons(state: &State, id: &str, which: &str) -> Reply {
    let batch = id.parse::<i64>().ok().and_then(|id| state.get(BATCHES, id));
    match batch {
        None => Reply::empty(404),
        Some(batch) => Reply::bytes(200, "text/csv;charset=UTF-8", text(batch, which).to_owned()),
    }
}

fn shown(batch: &Record) -> Value {
    let object = text(batch, "object");
    let count = |name: &str| batch.get(name).and_then(Value::as_u64).unwrap_or(0);
    let (done, failed) = (count("done"), count("failed"));
    let processed = match object {
        "leads" => "numOfLeadsProcessed",
        _ => "numOfObjectsProcessed",
    };
    let mut shown = json!({
        "batchId": id_of(batch), "operation": "import", "status": batch.get("status"),
        "numOfRowsFailed": failed, "numOfRowsWithWarning": 0,
    });
    if let Some(members) = shown.as_object_mut() {
        members.insert(processed.into(), done.into());
        if let Some(message) = batch.get("message") {
            members.insert("message".into(), message.clone());
        }
    }
    shown
}

fn carry_out(state: &mut State, batch: &Record, now: Timestamp) -> Record {
    let cut = Cut {
        separator: text(batch, "separator").chars().next().unwrap_or(','),
        ..Cut::COMMA
    };
    let mut rows = csv::rows(text(batch, "file"), cut).into_iter();
    let headings = rows.next().unwrap_or_default();
    let line = |cells: &[String]| {
        cells
            .iter()
            .map(|cell| csv::cell(cell))
            .collect::<Vec<_>>()
            .join(",")
    };
    let (mut done, mut failed) = (0_u64, 0_u64);
    let mut failures = format!("{},Import Failure Reason\n", line(&headings));
    for cells in rows {
        let row: Record = headings
            .iter()
            .zip(&cells)
            .map(|(name, cell)| {
                (
                    name.clone(),
                    if cell == "null" {
                        Value::Null
                    } else {
                        cell.clone().into()
                    },
                )
            })
            .collect();
        match write(state, batch, row, now) {
            Ok(()) => done += 1,
            Err(reason) => {
                failed += 1;
                let _ = writeln!(failures, "{},{}", line(&cells), csv::cell(&reason));
            }
        }
    }
    let mut changes = Record::new();
    changes.insert("status".into(), "Complete".into());
    changes.insert("done".into(), done.into());
    changes.insert("failed".into(), failed.into());
    changes.insert(
        "message".into(),
        format!("Import succeeded, {done} records imported ({done} members)").into(),
    );
    if failed > 0 {
        let message = format!(
            "Import completed with errors, {done} records imported ({done} members), {failed} failed"
        );
        changes.insert("message".into(), message.into());
        changes.insert("failures".into(), failures.into());
    }
    changes
}

/// Writes one row.
fn write(state: &mut State, batch: &Record, row: Record, now: Timestamp) -> Result<(), String> {
    let object = text(batch, "object");
    let words = |fault: Fault| fault.message;
    if object != "leads" && program_of(object).is_none() {
        let kind = kinds::at(object).ok_or("Object not found")?;
        objects::save_one(state, kind, &row.into(), "createOrUpdate", kind.dedupe, now)
            .map_err(words)?;
        return Ok(());
    }
    let lookup = match text(batch, "lookupField") {
        "" => "email",
        lookup => lookup,
    };
    let body = json!({"lookupField": lookup, "input": [row]});
    let saved = leads::save(state, &body, now).map_err(words)?;
    let saved = saved
        .result
        .and_then(|rows| rows.into_iter().next())
        .unwrap_or_default();
    let Some(lead) = saved.get("id").and_then(Value::as_i64) else {
        let reason = saved.pointer("/reasons/0/message").and_then(Value::as_str);
        return Err(reason.unwrap_or("Invalid data").to_owned());
    };
    if let Ok(list) = text(batch, "listId").parse::<i64>() {
        state.members.entry(list).or_default().insert(lead);
    }
    if let Some(program) = program_of(object).and_then(|program| program.parse().ok()) {
        let status = match text(batch, "programMemberStatus") {
            "" => "Member",
            status => status,
        };
        programs::join(state, program, lead, status, now).map_err(words)?;
    }
    Ok(())
}

fn text<'a>(record: &'a Record, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}
