//! What calls on people and companies share: input rows, ids, wanted fields, pages.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::envelope::{Cursor, Fault, Page};
use super::fields::{self, Field};
use super::state::{Parameters, id_of};
use crate::record_store::Record;

/// A call takes and answers this many records at most.
pub const MOST_ROWS: usize = 300;

/// The rows of one page, continued by `nextPageToken`.
///
/// # Errors
/// 1001 for the batch size, 1003 for the token.
pub fn page(
    rows: &[&Record],
    kind: &str,
    parameters: &Parameters,
    wanted: &[String],
    now: Timestamp,
) -> Result<Page, Fault> {
    let size = parameters.number("batchSize", MOST_ROWS, MOST_ROWS)?;
    let after = match parameters.get("nextPageToken") {
        Some(token) => Cursor::open(token, kind, now)?.after,
        None => 0,
    };
    let rest: Vec<&&Record> = rows.iter().filter(|row| id_of(row) > after).collect();
    let shown: Vec<Value> = rest
        .iter()
        .take(size)
        .map(|row| project(row, wanted))
        .collect();
    let last = rest.get(size.saturating_sub(1)).map_or(0, |row| id_of(row));
    let next = (rest.len() > size).then(|| Cursor::new(kind, last, Timestamp(0), now).seal());
    Ok(Page {
        result: Some(shown),
        next,
        ..Page::default()
    })
}

/// The fields asked for, else the default ones; `id` is always among them.
///
/// # Errors
/// 1006 for an unknown one.
pub fn wanted_fields(
    parameters: &Parameters,
    known: &[Field],
    default: &[&str],
) -> Result<Vec<String>, Fault> {
    let mut wanted = parameters.list("fields");
    if wanted.is_empty() {
        return Ok(default.iter().map(|name| (*name).to_owned()).collect());
    }
    if let Some(unknown) = wanted
        .iter()
        .find(|name| fields::find(known, name).is_none())
    {
        return Err(Fault::unknown_field(unknown));
    }
    if !wanted.iter().any(|name| name == "id") {
        wanted.insert(0, "id".into());
    }
    Ok(wanted)
}

/// A record with the wanted members only; absent ones are null.
pub fn project(record: &Record, wanted: &[String]) -> Value {
    wanted
        .iter()
        .map(|name| (name.clone(), record.get(name).cloned().unwrap_or_default()))
        .collect::<Record>()
        .into()
}

/// The `input` rows of a body.
///
/// # Errors
/// 1002 when there is none, 1003 when there are too many.
pub fn rows(body: &Value) -> Result<&[Value], Fault> {
    let rows = body
        .get("input")
        .and_then(Value::as_array)
        .filter(|rows| !rows.is_empty())
        .ok_or_else(|| Fault::missing("input"))?;
    if rows.len() > MOST_ROWS {
        return Err(Fault::new("1003", "Invalid data: more than 300 records"));
    }
    Ok(rows)
}

/// The ids that a body (`{"input":[{"id":1}]}`) or the parameters name.
///
/// # Errors
/// 1002 when there is none.
pub fn ids(parameters: &Parameters, body: &Value) -> Result<Vec<String>, Fault> {
    let mut ids = parameters.list("id");
    if ids.is_empty() {
        ids = rows(body)
            .map_err(|fault| {
                if fault.code == "1002" {
                    Fault::missing("id")
                } else {
                    fault
                }
            })?
            .iter()
            .map(|row| plain(row.get("id").unwrap_or(row)))
            .collect();
    }
    Ok(ids)
}

/// The row of a record that was left alone.
pub fn skipped(id: Option<&str>, fault: &Fault) -> Value {
    let mut row = Record::new();
    if let Some(id) = id.and_then(|id| id.parse::<i64>().ok()) {
        row.insert("id".into(), id.into());
    }
    row.insert("status".into(), "skipped".into());
    row.insert("reasons".into(), json!([fault.reason()]));
    row.into()
}

/// Equality as filters mean it: text without regard to case.
pub fn equals(stored: Option<&Value>, wanted: &str) -> bool {
    stored.is_some_and(|stored| {
        !stored.is_null() && plain(stored).to_lowercase() == wanted.to_lowercase()
    })
}

/// A value as plain text; null is empty.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
