//! Bulk extract of people, activities, custom objects and members of programs: create, enqueue, status, file, cancel.

use std::fmt::Write as _;

use ligand_model::time::Timestamp;
use ring::digest;
use serde_json::{Value, json};

use super::assets;
use super::envelope::{Fault, Page};
use super::fields::{self, LEAD};
use super::objects::kinds;
use super::rows::plain;
use super::state::{ACTIVITIES, EXPORTS, LEADS, LISTS, State, id_of, read_id};
use crate::call::{Call, Reply};
use crate::record_store::Record;

/// The object of exports of program members.
pub const MEMBERS: &str = "program/members";
/// What a membership adds to the fields of a person.
const MEMBERSHIP: &[&str] = &[
    "leadId",
    "program",
    "programId",
    "statusName",
    "membershipDate",
    "reachedSuccess",
];
/// A window of dates spans this much at most.
const MOST_SPAN: i64 = 31 * 24 * 60 * 60 * 1000;
/// Members that answers show, in order.
const SHOWN: &[&str] = &[
    "exportId",
    "format",
    "status",
    "createdAt",
    "queuedAt",
    "startedAt",
    "finishedAt",
    "numberOfRecords",
    "fileSize",
    "fileChecksum",
];

/// `POST {object}/export/create.json`.
///
/// # Errors
/// 1002 without fields or filter, 1003, 1006 and 1035 for what is wrong with them.
pub fn create(
    state: &mut State,
    object: &str,
    body: &Value,
    now: Timestamp,
) -> Result<Page, Fault> {
    let mut export = Record::new();
    let fields = body
        .get("fields")
        .and_then(Value::as_array)
        .filter(|fields| !fields.is_empty());
    if object != ACTIVITIES {
        let fields = fields.ok_or_else(|| Fault::missing("fields"))?;
        let known = |name: &str| match kinds::at(object) {
            Some(kind) => name == kind.id || fields::find(kind.fields, name).is_some(),
            None if object == MEMBERS => {
                MEMBERSHIP.contains(&name) || fields::find(LEAD, name).is_some()
            }
            None => fields::find(LEAD, name).is_some(),
        };
        if let Some(unknown) = fields.iter().map(plain).find(|name| !known(name)) {
            return Err(Fault::unknown_field(&unknown));
        }
    }
    let filter = body
        .get("filter")
        .and_then(Value::as_object)
        .filter(|filter| !filter.is_empty());
    let filter = filter.ok_or_else(|| Fault::missing("filter"))?;
    let allowed: &[&str] = match object {
        ACTIVITIES => &[
            "createdAt",
            "activityTypeIds",
            "primaryAttributeValueIds",
            "primaryAttributeValues",
        ],
        MEMBERS => &["programId", "programIds", "statusNames", "updatedAt"],
        _ => &["createdAt", "updatedAt", "staticListId", "staticListName"],
    };
    if let Some(unknown) = filter.keys().find(|name| !allowed.contains(&name.as_str())) {
        let message = format!("Unsupported filter type for target subscription: {unknown}");
        return Err(Fault::new("1035", message));
    }
    if object == ACTIVITIES && !filter.contains_key("createdAt") {
        return Err(Fault::missing("filter.createdAt"));
    }
    for name in ["createdAt", "updatedAt"] {
        if let Some(window) = filter.get(name) {
            let (start, end) = span(window, now)?;
            if end.0 < start.0 || end.0.saturating_sub(start.0) > MOST_SPAN {
                return Err(Fault::new(
                    "1003",
                    format!("Invalid data: {name} spans over 31 days"),
                ));
            }
        }
    }
    let format = body
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or("CSV")
        .to_uppercase();
    if !["CSV", "TSV", "SSV"].contains(&format.as_str()) {
        return Err(Fault::new(
            "1003",
            format!("Invalid data: format '{format}'"),
        ));
    }
    export.insert("format".into(), format.into());
    export.insert("status".into(), "Created".into());
    export.insert("createdAt".into(), now.to_iso().into());
    export.insert("object".into(), object.into());
    export.insert("fields".into(), fields.cloned().unwrap_or_default().into());
    export.insert("filter".into(), filter.clone().into());
    export.insert(
        "headings".into(),
        body.get("columnHeaderNames").cloned().unwrap_or_default(),
    );
    let collection = state.records.collection_mut(EXPORTS);
    let id = format!("ce45a7a1-f19d-4ce2-882c-{:012x}", collection.next_number());
    export.insert("exportId".into(), id.clone().into());
    let shown = show(&export);
    collection.insert(export, |_| id);
    Ok(Page::of(vec![shown]))
}

/// `GET {object}/export.json`.
pub fn browse(state: &State, object: &str) -> Page {
    Page::of(
        state
            .all(EXPORTS)
            .filter(|export| text(export, "object") == object)
            .map(show)
            .collect(),
    )
}

/// `POST {object}/export/{id}/enqueue.json`.
///
/// # Errors
/// 1013 for an unknown export, 1029 when it was enqueued or cancelled before.
pub fn enqueue(state: &mut State, id: &str, now: Timestamp) -> Result<Page, Fault> {
    let export = state
        .records
        .collection_mut(EXPORTS)
        .get_mut(id)
        .ok_or_else(Fault::no_object)?;
    if text(export, "status") != "Created" {
        return Err(Fault::new("1029", "Job already queued"));
    }
    export.insert("status".into(), "Queued".into());
    export.insert("queuedAt".into(), now.to_iso().into());
    Ok(Page::of(vec![show(export)]))
}

/// `POST {object}/export/{id}/cancel.json`.
///
/// # Errors
/// 1013 for an unknown export.
pub fn cancel(state: &mut State, id: &str) -> Result<Page, Fault> {
    let export = state
        .records
        .collection_mut(EXPORTS)
        .get_mut(id)
        .ok_or_else(Fault::no_object)?;
    export.insert("status".into(), "Cancelled".into());
    Ok(Page::of(vec![show(export)]))
}

/// `GET {object}/export/{id}/status.json`: each look moves a queued export one state on.
///
/// # Errors
/// 1013 for an unknown export.
pub fn status(state: &mut State, id: &str, now: Timestamp) -> Result<Page, Fault> {
    let export = state
        .records
        .get(EXPORTS, id)
        .cloned()
        .ok_or_else(Fault::no_object)?;
    let mut changes = Record::new();
    match text(&export, "status") {
        "Queued" => {
            changes.insert("status".into(), "Processing".into());
            changes.insert("startedAt".into(), now.to_iso().into());
        }
        "Processing" => {
            let (file, count) = write(state, &export, now)?;
            let sum = digest::digest(&digest::SHA256, file.as_bytes());
            let mut hex = String::from("sha256:");
            for byte in sum.as_ref() {
                let _ = write!(hex, "{byte:02x}");
            }
            changes.insert("status".into(), "Completed".into());
            changes.insert("finishedAt".into(), now.to_iso().into());
            changes.insert("numberOfRecords".into(), count.into());
            changes.insert("fileSize".into(), file.len().into());
            changes.insert("fileChecksum".into(), hex.into());
            changes.insert("file".into(), file.into());
        }
        _ => {}
    }
    let export = state
        .records
        .collection_mut(EXPORTS)
        .get_mut(id)
        .ok_or_else(Fault::no_object)?;
    export.extend(changes);
    Ok(Page::of(vec![show(export)]))
}

/// `GET {object}/export/{id}/file.json`: the file, or the range of bytes asked for; 404 until it is complete.
pub fn file(state: &State, id: &str, call: &Call) -> Reply {
    let Some(file) = state
        .records
        .get(EXPORTS, id)
        .map(|export| text(export, "file").to_owned())
    else {
        return Reply::empty(404);
    };
    if file.is_empty() {
        return Reply::empty(404);
    }
    let bytes = file.into_bytes();
    let length = bytes.len();
    let range = call.header("range").and_then(|range| {
        let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
        let from: usize = from.parse().ok()?;
        let to = to
            .parse()
            .unwrap_or(length.saturating_sub(1))
            .min(length.saturating_sub(1));
        Some((from, to, bytes.get(from..=to)?.to_vec()))
    });
    match range {
        Some((from, to, part)) => Reply::bytes(206, "text/csv;charset=UTF-8", part)
            .header("content-range", &format!("bytes {from}-{to}/{length}")),
        None => Reply::bytes(200, "text/csv;charset=UTF-8", bytes).header("accept-ranges", "bytes"),
    }
}

fn write(state: &State, export: &Record, now: Timestamp) -> Result<(String, usize), Fault> {
    let separator = match text(export, "format") {
        "TSV" => '\t',
        "SSV" => ';',
        _ => ',',
    };
    let object = text(export, "object");
    let mut columns: Vec<String> = export
        .get("fields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(plain)
        .collect();
    if columns.is_empty() {
        columns = [
            "marketoGUID",
            "leadId",
            "activityDate",
            "activityTypeId",
            "campaignId",
            "primaryAttributeValueId",
            "primaryAttributeValue",
            "attributes",
        ]
        .map(str::to_owned)
        .to_vec();
    }
    let filter = export.get("filter").cloned().unwrap_or_default();
    let members = list_of(state, &filter)?;
    let types: Option<Vec<String>> = filter
        .get("activityTypeIds")
        .and_then(Value::as_array)
        .map(|types| types.iter().map(plain).collect());
    let date = if object == ACTIVITIES {
        "activityDate"
    } else {
        "createdAt"
    };
    let windows = [("createdAt", date), ("updatedAt", "updatedAt")]
        .into_iter()
        .filter_map(|(name, member)| Some((member, filter.get(name)?)))
        .map(|(member, window)| Ok((member, span(window, now)?)))
        .collect::<Result<Vec<_>, Fault>>()?;
    let headings = export.get("headings").cloned().unwrap_or_default();
    let titles: Vec<String> = columns
        .iter()
        .map(|name| headings.get(name).map_or_else(|| name.clone(), plain))
        .collect();
    let mut file = String::new();
    line(&mut file, &titles, separator);
    let mut count = 0;
    let rows: Vec<Record> = match object {
        MEMBERS => memberships(state, &filter),
        _ => state.all(object).cloned().collect(),
    };
    for record in &rows {
        let inside = windows.iter().all(|(member, (start, end))| {
            Timestamp::parse(text(record, member))
                .is_some_and(|at| at.0 >= start.0 && at.0 <= end.0)
        });
        let member = members
            .as_ref()
            .is_none_or(|members| members.contains(&id_of(record)));
        let kind = record.get("activityTypeId").map(plain).unwrap_or_default();
        if inside && member && types.as_ref().is_none_or(|types| types.contains(&kind)) {
            let cells: Vec<String> = columns.iter().map(|name| cell(record.get(name))).collect();
            line(&mut file, &cells, separator);
            count += 1;
        }
    }
    Ok((file, count))
}

/// A row a member of the wanted programs.
fn memberships(state: &State, filter: &Value) -> Vec<Record> {
    let mut wanted: Vec<String> = filter.get("programId").map(plain).into_iter().collect();
    wanted.extend(
        filter
            .get("programIds")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(plain),
    );
    let statuses = filter.get("statusNames").and_then(Value::as_array);
    let mut rows = Vec::new();
    for (program, members) in &state.program_members {
        if !wanted.is_empty() && !wanted.contains(&program.to_string()) {
            continue;
        }
        let name = assets::get(state, "programs", *program)
            .and_then(|program| program.get("name").cloned());
        for (lead, membership) in members {
            let status = membership
                .get("progressionStatus")
                .cloned()
                .unwrap_or_default();
            if statuses.is_some_and(|statuses| !statuses.contains(&status)) {
                continue;
            }
            let mut row = state.get(LEADS, *lead).cloned().unwrap_or_default();
            for (member, value) in [
                ("leadId", json!(lead)),
                ("programId", json!(program)),
                ("program", name.clone().unwrap_or_default()),
                ("statusName", status),
                (
                    "membershipDate",
                    membership
                        .get("membershipDate")
                        .cloned()
                        .unwrap_or_default(),
                ),
                (
                    "reachedSuccess",
                    membership
                        .get("reachedSuccess")
                        .cloned()
                        .unwrap_or_default(),
                ),
            ] {
                row.insert(member.into(), value);
            }
            rows.push(row);
        }
    }
    rows
}

fn list_of(
    state: &State,
    filter: &Value,
) -> Result<Option<std::collections::BTreeSet<i64>>, Fault> {
    let id = match (filter.get("staticListId"), filter.get("staticListName")) {
        (Some(id), _) => read_id(&plain(id))?,
        (None, Some(name)) => state
            .all(LISTS)
            .find(|list| list.get("name") == Some(name))
            .map(id_of)
            .ok_or_else(Fault::no_object)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(state.members.get(&id).cloned().unwrap_or_default()))
}

fn span(window: &Value, now: Timestamp) -> Result<(Timestamp, Timestamp), Fault> {
    let read =
        |name: &str, otherwise: Option<Timestamp>| match window.get(name).and_then(Value::as_str) {
            Some(text) => Timestamp::parse(text).ok_or_else(|| Fault::type_of(text, "datetime")),
            None => otherwise.ok_or_else(|| Fault::missing(name)),
        };
    Ok((read("startAt", None)?, read("endAt", Some(now))?))
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "null".into(),
        Some(Value::Array(attributes)) => {
            let object: Record = attributes
                .iter()
                .map(|entry| {
                    let name = entry.get("name").map(plain).unwrap_or_default();
                    (name, entry.get("value").cloned().unwrap_or_default())
                })
                .collect();
            json!(object).to_string()
        }
        Some(value) => plain(value),
    }
}

fn line(file: &mut String, cells: &[String], separator: char) {
    for (position, cell) in cells.iter().enumerate() {
        if position > 0 {
            file.push(separator);
        }
        if cell.contains([separator, '"', '\n', '\r']) {
            let _ = write!(file, "\"{}\"", cell.replace('"', "\"\""));
        } else {
            file.push_str(cell);
        }
    }
    file.push('\n');
}

fn show(export: &Record) -> Value {
    SHOWN
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), export.get(*name)?.clone())))
        .collect::<Record>()
        .into()
}

fn text<'a>(record: &'a Record, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}
