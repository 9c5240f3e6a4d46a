//! Lists: the listing, the read model of one, uploads into one, jobs.

use std::fmt::Write as _;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::parts::{cells, field, uploaded};
use super::state::{CONTACT_ID, Fault, List, State, cell, millis};
use super::upload::Column;
use crate::call::{Call, Reply};
use crate::csv;
use crate::multipart::Part;
use crate::record_store::Record;

/// Collection of upload jobs.
const JOBS: &str = "jobs";
const MOST: usize = 1000;
/// The kinds of listing besides contact lists: known, and empty here.
const OTHER_LISTINGS: &[&str] = &[
    "header",
    "footer",
    "sender",
    "media",
    "pages",
    "custom_events",
    "template_message",
    "draft_message",
    "landing_page",
    "sent_message",
    "triggered_message",
    "test_message",
    "failed_message",
    "scheduled_message",
];

/// `count` and `offset` of a query.
///
/// # Errors
/// 10012 when one is no number.
pub fn window(call: &Call, otherwise: usize) -> Result<(usize, usize), Fault> {
    let number = |name: &str, otherwise: usize| match call.query(name) {
        None | Some("") => Ok(otherwise),
        Some(text) => text
            .parse()
            .map_err(|_| Fault::new(10012, format!("Invalid value for {name}: {text}"))),
    };
    Ok((number("count", otherwise)?.min(MOST), number("offset", 0)?))
}

/// `GET /list?listingtype=&count=&offset=`.
///
/// # Errors
/// 10012 for an unknown listing or a bad number.
pub fn browse(state: &State, call: &Call) -> Result<Value, Fault> {
    let (count, offset) = window(call, 100)?;
    let kind = call.query("listingtype").unwrap_or_default().to_lowercase();
    let lists: &[List] = match kind.as_str() {
        "" | "contact_list" => state.lists(),
        other if OTHER_LISTINGS.contains(&other) => &[],
        other => return Err(Fault::new(10012, format!("Invalid listingtype: {other}"))),
    };
    let shown: Vec<Value> = lists
        .iter()
        .skip(offset)
        .take(count)
        .map(|list| describe(state, list))
        .collect();
    Ok(json!({"offset": offset, "count": shown.len(), "totalCount": lists.len(), "result": shown}))
}

fn describe(state: &State, list: &List) -> Value {
    let size = state.contacts(&list.id).count();
    json!({
        "id": list.id, "name": list.name, "folderName": list.folder, "sourceId": "", "baseId": "",
        "description": "", "sourceSize": size.to_string(), "sourceName": "Upload",
        "tsLastModified": list.modified.0, "tsLastCounted": list.modified.0, "tsSource": list.modified.0,
        "sourceTS": list.modified.format("%b %e %Y %l:%M %p UTC"),
        "bIsSingleton": false, "bIsList": true, "bIsSforce": false, "bIsSforceReport": false,
        "bIsMSDyn": false, "bIsSugar": false, "bIsSL": false, "bIsNsuite": false,
    })
}

/// `GET /list/{id}`: headings and rows, as JSON or CSV.
///
/// # Errors
/// 10004, 10010 for an unknown field, 10012 for a bad number or combination.
pub fn read(state: &State, id: &str, call: &Call) -> Result<Reply, Fault> {
    let list = state.list(id)?;
    let (count, offset) = window(call, MOST)?;
    let yes = |name: &str| {
        call.query(name)
            .is_some_and(|text| ["true", "y", "yes", "1"].contains(&text.to_lowercase().as_str()))
    };
    let dates = yes("datequalifiers");
    let mut headings: Vec<String> = Vec::new();
    match call.query("fields").filter(|fields| !fields.is_empty()) {
        Some(_) if dates => {
            return Err(Fault::new(
                10012,
                "datequalifiers cannot be combined with fields",
            ));
        }
        Some(fields) => {
            for name in fields
                .split(';')
                .map(str::trim)
                .filter(|n| !n.is_empty() && *n != CONTACT_ID)
            {
                let heading = list.heading(name).ok_or_else(|| Fault::no_column(name))?;
                headings.push(heading.to_owned());
            }
        }
        None => headings.extend(list.columns.iter().map(|column| column.heading.clone())),
    }
    let mut bounds = Vec::new();
    for (name, member, later) in [
        ("createdafter", "created", true),
        ("createdbefore", "created", false),
        ("modafter", "modified", true),
        ("modbefore", "modified", false),
    ] {
        if let Some(text) = call.query(name).filter(|text| !text.is_empty()) {
            let seconds = text.parse::<i64>();
            let seconds = seconds
                .map_err(|_| Fault::new(10012, format!("Invalid value for {name}: {text}")))?;
            bounds.push((member, later, seconds));
        }
    }
    let found: Vec<(&str, &Record)> = state
        .contacts(id)
        .filter(|(_, contact)| {
            bounds.iter().all(|(member, later, seconds)| {
                let at = millis(contact, member).div_euclid(1000);
                if *later {
                    at >= *seconds
                } else {
                    at <= *seconds
                }
            })
        })
        .collect();
    let rows: Vec<Vec<Option<String>>> = found
        .iter()
        .skip(offset)
        .take(count)
        .map(|(contact_id, contact)| {
            let mut row = vec![Some((*contact_id).to_owned())];
            row.extend(
                headings
                    .iter()
                    .map(|name| cell(contact, name).map(str::to_owned)),
            );
            if dates {
                row.extend(["created", "modified"].map(|member| {
                    Some(Timestamp(millis(contact, member)).format("%Y-%m-%d %H:%M:%S"))
                }));
            }
            row
        })
        .collect();
    let mut all = vec![CONTACT_ID.to_owned()];
    all.extend(headings);
    if dates {
        all.extend(["created_date".to_owned(), "modified_date".to_owned()]);
    }
    if call
        .query("responseformat")
        .is_some_and(|format| format.eq_ignore_ascii_case("csv"))
    {
        let mut text = String::new();
        let heading: Vec<String> = all.iter().map(|name| csv::cell(name)).collect();
        let _ = writeln!(text, "{}", heading.join(","));
        for row in &rows {
            let cells: Vec<String> = row
                .iter()
                .map(|cell| csv::cell(cell.as_deref().unwrap_or_default()))
                .collect();
            let _ = writeln!(text, "{}", cells.join(","));
        }
        return Ok(Reply::bytes(200, "text/csv;charset=UTF-8", text));
    }
    let email = list
        .email()
        .and_then(|(_, heading)| all.iter().position(|name| name == heading));
    Ok(Reply::json(
        200,
        &json!({
            "listId": id, "offset": offset, "count": rows.len(), "totalCount": found.len(),
            "emailColumn": email, "headers": all, "data": rows,
        }),
    ))
}

/// `POST /list`: a new list from an upload.
///
/// # Errors
/// 10003 without file, 10012 without a name or for bad specifications.
pub fn create(state: &mut State, parts: &[Part], now: Timestamp) -> Result<Value, Fault> {
    let name = field(parts, "listname").unwrap_or_default();
    if name.trim().is_empty() {
        return Err(Fault::new(10012, "listname is required"));
    }
    Fault::unless_short("listname", &name)?;
    let (columns, rows) = uploaded(parts, false)?;
    let folder = field(parts, "foldername").unwrap_or_default();
    let id = state.add_list(name.trim(), folder.trim(), columns.clone(), now);
    let mut counts = Counts::default();
    for row in &rows {
        let values = cells(&columns, row, true);
        if counts.takes(&values) {
            state.add_contact(&id, values, now);
            counts.added += 1;
        }
    }
    let job = note(state, &id, &counts, now);
    Ok(json!({
        "status": "success", "message": "Upload completed", "id": id, "listId": id, "jobId": job,
    }))
}

/// `PUT /list/{id}`: merges an upload into the list.
///
/// # Errors
/// 10004, 10003 without file, 10010 for a column that the list lacks, 10025 and 10088 for merge specifications.
pub fn merge(state: &mut State, id: &str, parts: &[Part], now: Timestamp) -> Result<Value, Fault> {
    let list = state.list(id)?.clone();
    let (columns, rows) = uploaded(parts, true)?;
    let mut known = Vec::new();
    for column in &columns {
        let heading = list
            .heading(&column.heading)
            .ok_or_else(|| Fault::no_column(&column.heading))?;
        known.push(Column {
            heading: heading.to_owned(),
            ..column.clone()
        });
    }
    let specs = field(parts, "mergespecs").unwrap_or_else(|| "[]".to_owned());
    let specs: Value =
        serde_json::from_str(&specs).map_err(|_| Fault::new(10012, "mergespecs is not JSON"))?;
    let spec = specs.get(0).unwrap_or(&specs);
    let member = |name: &str| {
        spec.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    if member("dstListId").is_some_and(|target| target != id) {
        return Err(Fault::new(
            10025,
            "Merge destination list is missing or invalid",
        ));
    }
    let key = match member("mergeKeyHeading") {
        Some(name) => {
            let missing = || Fault::new(10088, format!("Merge column is missing: {name}"));
            Some(list.heading(name).ok_or_else(missing)?.to_owned())
        }
        None => list.email().map(|(_, heading)| heading.to_owned()),
    };
    if member("mergeMode").is_some_and(|mode| mode.eq_ignore_ascii_case("replace")) {
        *state.records.collection_mut(id) = crate::record_store::Collection::default();
    }
    let empty = field(parts, "putEmptyValues").is_some_and(|text| text.eq_ignore_ascii_case("y"));
    let mut counts = Counts::default();
    for row in &rows {
        let values = cells(&known, row, empty);
        if !counts.takes(&values) {
            continue;
        }
        let found = key.as_ref().and_then(|key| {
            let wanted = values.get(key)?.as_str()?;
            state.find(id, key, wanted)
        });
        if let Some(contact) = found {
            state.change_contact(id, &contact, values, now)?;
            counts.updated += 1;
        } else {
            state.add_contact(id, values, now);
            counts.added += 1;
        }
    }
    let name = field(parts, "listname");
    state.touch(
        id,
        name.as_deref(),
        field(parts, "foldername").as_deref(),
        now,
    );
    let job = note(state, id, &counts, now);
    Ok(json!({"status": "success", "message": "Upload completed", "jobId": job}))
}

/// `GET /list/{jobid}/status`: pending, running, then the counts.
///
/// # Errors
/// 10017.
pub fn job(state: &mut State, id: &str) -> Result<Value, Fault> {
    let unknown = || Fault::new(10017, "Invalid or expired Job Id");
    let job = state
        .records
        .collection_mut(JOBS)
        .get_mut(id)
        .ok_or_else(unknown)?;
    let looks = job.get("looks").and_then(Value::as_u64).unwrap_or_default();
    job.insert("looks".into(), (looks + 1).into());
    Ok(match looks {
        0 => json!({"status": "The job is pending"}),
        1 => json!({"status": "The job is running"}),
        _ => {
            let details = job.get("details").cloned().unwrap_or_default();
            json!({"status": "success", "jobDetails": details.to_string(), "details": details})
        }
    })
}

/// What became of the rows of an upload.
#[derive(Default)]
struct Counts {
    added: usize,
    updated: usize,
    rejected: usize,
}

impl Counts {
    /// Whether a row is taken; one with too long a cell is not, and does not keep the others out.
    fn takes(&mut self, row: &Record) -> bool {
        let short = row.iter().all(|(heading, cell)| {
            Fault::unless_short(heading, cell.as_str().unwrap_or_default()).is_ok()
        });
        self.rejected += usize::from(!short);
        short
    }
}

fn note(state: &mut State, list: &str, counts: &Counts, now: Timestamp) -> String {
    let mut job = Record::new();
    let details = json!({
        "status": "ok", "listId": list, "appendCount": counts.added, "updateCount": counts.updated,
        "failedCount": 0, "rejectedCount": counts.rejected,
    });
    job.insert("details".into(), details);
    job.insert("created".into(), now.0.into());
    state
        .records
        .collection_mut(JOBS)
        .insert(job, |number| (1_234_566 + number).to_string())
}
