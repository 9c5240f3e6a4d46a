//! Paths, roots and pages of the generic vendor.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::{IdPlace, Operation, SEEDED};
use crate::call::{Call, Reply, encode};
use crate::record_store::{Record, RecordStore, page as cut};

/// Rows of a page when the call does not say.
const USUAL_SIZE: u64 = 100;

/// What an OAuth 2 token endpoint answers.
pub(super) fn token() -> Reply {
    let body = json!({
        "access_token": "generic-access-token", "refresh_token": "generic-refresh-token",
        "token_type": "bearer", "expires_in": 3600
    });
    Reply::json(200, &body)
}

/// What a call that logs in answers.
pub(super) fn granted(operation: &Operation) -> Reply {
    let mut body = json!({});
    for (path, value) in &operation.grants {
        set(&mut body, path, value.clone());
    }
    Reply::json(200, &body)
}

/// The operation of a call, and its variables: the one with most literal segments, then most parameters of its own.
pub(super) fn find<'a>(
    operations: &'a [Operation],
    call: &Call,
) -> Option<(&'a Operation, Vec<(String, String)>)> {
    let given: Vec<String> = segments(&call.path);
    operations
        .iter()
        .filter(|operation| operation.method == call.method.as_str())
        .filter(|operation| {
            let mut wanted = operation.query.iter();
            wanted.all(|(name, value)| call.query(name) == Some(value))
        })
        .filter_map(|operation| {
            let pattern = segments(&operation.path);
            if pattern.len() != given.len() {
                return None;
            }
            let mut variables = Vec::new();
            let mut literal = 0;
            for (pattern, given) in pattern.iter().zip(&given) {
                match fit(pattern, given)? {
                    Some(variable) => variables.push(variable),
                    None => literal += 1,
                }
            }
            Some((literal, operation.query.len(), operation, variables))
        })
        // The first of equals: later ones with the same form are never reached at the vendor either.
        .rev()
        .max_by_key(|(literal, query, ..)| (*literal, *query))
        .map(|(_, _, operation, variables)| (operation, variables))
}

fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect()
}

#[expect(
    clippy::option_option,
    reason = "a fit without a variable is no misfit"
)]
/// Whether a segment fits: none when not; the variable when the pattern has one.
fn fit(pattern: &str, given: &str) -> Option<Option<(String, String)>> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return (pattern == given).then_some(None);
    };
    let (name, after) = rest.split_once('}').unwrap_or((rest, ""));
    // A second variable in one segment is taken with the first.
    let after = if after.contains('{') { "" } else { after };
    let value = given.strip_prefix(before)?.strip_suffix(after)?;
    (!value.is_empty()).then(|| Some((name.to_owned(), value.to_owned())))
}

/// The record that a call names.
pub(super) fn id_of(
    operation: &Operation,
    variables: &[(String, String)],
    call: &Call,
) -> Option<String> {
    match operation.id.as_ref()? {
        IdPlace::Path(name) => variables
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .or(variables.last())
            .map(|(_, value)| value.clone()),
        IdPlace::Query(name) => call.query(name).map(str::to_owned),
        IdPlace::Body(name) => {
            let body = call.json().ok()?;
            let found = get(&body, name)?;
            found
                .as_str()
                .map(str::to_owned)
                .or_else(|| Some(found.to_string()))
        }
    }
}

/// The records that a collection begins with.
pub(super) fn seed(records: &mut RecordStore, collection: &str) {
    if records.collection(collection).is_some() {
        return;
    }
    for _ in 0..SEEDED {
        let kept = records.collection_mut(collection);
        let id = kept.next_number().to_string();
        kept.insert(record(&id, collection), |_| id);
    }
}

/// A seeded record.
pub(super) fn record(id: &str, collection: &str) -> Record {
    let mut record = Record::new();
    let mut put = |name: &str, value: String| record.insert(name.to_owned(), Value::String(value));
    put("id", id.to_owned());
    put("name", format!("{collection} {id}"));
    put("email", format!("{id}@generic.example"));
    put("created", "2026-01-05T08:00:00Z".to_owned());
    record
}

/// The record in a call's body: JSON below its root, or a form. Anything else holds no members that we could read.
pub(super) fn body(operation: &Operation, call: &Call) -> Option<Record> {
    if call.body.is_empty() {
        return Some(Record::new());
    }
    let kind = call.content_type();
    if kind == "application/x-www-form-urlencoded" {
        let fields = call.form().into_iter();
        return Some(
            fields
                .map(|(name, value)| (name, Value::String(value)))
                .collect(),
        );
    }
    if !kind.contains("json") {
        return Some(Record::new());
    }
    let mut body = call.json().ok()?;
    let inner = operation
        .request_root
        .as_deref()
        .and_then(|root| get(&body, root))
        .cloned();
    if let Some(inner) = inner {
        body = inner;
    }
    match body {
        Value::Object(members) => Some(members),
        Value::Array(items) => items.into_iter().find_map(|item| match item {
            Value::Object(members) => Some(members),
            _ => None,
        }),
        _ => None,
    }
}

/// One record, below the answer's root.
pub(super) fn one(operation: &Operation, record: &Record) -> Reply {
    Reply::json(200, &rooted(operation, Value::Object(record.clone())))
}

fn rooted(operation: &Operation, value: Value) -> Value {
    match operation
        .response_root
        .as_deref()
        .filter(|root| !root.is_empty())
    {
        None => value,
        Some(root) => {
            let mut body = Value::Null;
            set(&mut body, root, value);
            body
        }
    }
}

/// The page of a list that a call asks for.
pub(super) fn page(operation: &Operation, all: &[&Record], call: &Call) -> Reply {
    let paging = &operation.paging;
    let number =
        |name: &Option<String>| -> Option<u64> { call.query(name.as_deref()?)?.parse().ok() };
    let size = number(&paging.size).unwrap_or(USUAL_SIZE).max(1);
    let cursor = paging.cursor.as_deref().and_then(|name| call.query(name));
    let from = match (cursor, number(&paging.page)) {
        (Some(cursor), _) => cursor.trim_start_matches("row-").parse().unwrap_or(0),
        (None, Some(row)) if paging.by_offset => row.saturating_sub(paging.first),
        (None, Some(page)) => page.saturating_sub(paging.first).saturating_mul(size),
        (None, None) => 0,
    };
    let index = usize::try_from(from).unwrap_or(usize::MAX);
    let rows = cut(all, index, usize::try_from(size).unwrap_or(usize::MAX));
    let next = from.saturating_add(size);
    let more = next < all.len() as u64;
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|row| Value::Object(row.clone()))
        .collect();
    let mut body = rooted(operation, Value::Array(rows));
    let mut header = None;
    if let Some(place) = paging.next.as_deref().filter(|_| more) {
        let (place, parameter) = match place.split_once('?') {
            Some((place, parameter)) => (place, Some(parameter)),
            None => (place, None),
        };
        let token = match (&paging.cursor, &paging.page) {
            (None, Some(_)) if !paging.by_offset => (from / size)
                .saturating_add(paging.first)
                .saturating_add(1)
                .to_string(),
            _ => format!("row-{next}"),
        };
        let value = match parameter {
            Some(parameter) => {
                format!(
                    "{}{}?{parameter}={}",
                    call.origin(),
                    call.path,
                    encode(&token)
                )
            }
            None => token,
        };
        match place.strip_prefix("header.") {
            Some(name) => header = Some((name.to_owned(), value)),
            None => set(
                &mut body,
                place.strip_prefix("body.").unwrap_or(place),
                value.into(),
            ),
        }
    }
    let reply = Reply::json(200, &body);
    match header {
        Some((name, value)) => reply.header(&name, &value),
        None => reply,
    }
}

/// The value at a dotted path.
fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut at = value;
    for name in path.split('.') {
        let (name, index) = indexed(name);
        if !name.is_empty() {
            at = at.get(name)?;
        }
        if let Some(index) = index {
            at = at.get(index)?;
        }
    }
    Some(at)
}

/// Puts a value at a dotted path, making what is missing on the way. A path through something else changes nothing.
pub(super) fn set(value: &mut Value, path: &str, new: Value) {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let (name, index) = indexed(name);
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(members) = value else {
        return;
    };
    let mut at = members.entry(name.to_owned()).or_insert(Value::Null);
    if index.is_some() {
        if at.is_null() {
            *at = Value::Array(vec![Value::Null]);
        }
        let Some(first) = at.get_mut(0) else { return };
        at = first;
    }
    match rest {
        Some(rest) => set(at, rest, new),
        None => *at = new,
    }
}

/// `items[0]` → `items`, 0.
fn indexed(name: &str) -> (&str, Option<usize>) {
    match name.split_once('[') {
        Some((before, rest)) => (before, rest.trim_end_matches(']').parse().ok()),
        None => (name, None),
    }
}
