//! What was submitted through forms: `/data/form/{id}`, and `/e/f2` where pages send it.

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::data::malformed;
use super::entity::{scalar, seconds, text};
use super::listing::Query;
use super::state::{State, gone};
use crate::call::{Call, Reply};
use crate::record_store::Record;

/// The collection that holds what came through a form.
fn collection(form: &str) -> String {
    format!("submissions of {form}")
}

/// `GET ?startAt&endAt&count&page` and `POST {fieldValues: [{id, value}]}`.
pub fn answer(state: &mut State, form: &str, call: &Call, now: Timestamp) -> Reply {
    let Some(definition) = state.records.get("Form", form) else {
        return gone();
    };
    match call.method {
        Method::GET => browse(state, form, call),
        Method::POST => {
            let known: Vec<String> = fields(definition)
                .map(|field| text(field, "id").to_owned())
                .collect();
            submit(state, form, &known, call, now)
        }
        _ => Reply::empty(405),
    }
}

fn fields(definition: &Record) -> impl Iterator<Item = &Record> {
    let elements = definition.get("elements").and_then(Value::as_array);
    elements.into_iter().flatten().filter_map(Value::as_object)
}

fn browse(state: &State, form: &str, call: &Call) -> Reply {
    let bound = |name: &str, otherwise: i64| {
        let given = call.query(name).and_then(|text| text.parse::<i64>().ok());
        given.unwrap_or(otherwise)
    };
    let (from, to) = (bound("startAt", 0), bound("endAt", i64::MAX));
    let within = |one: &&Record| {
        let at = text(one, "submittedAt").parse::<i64>().unwrap_or(0);
        at >= from && at <= to
    };
    match Query::read(call) {
        Ok(query) => Reply::json(
            200,
            &query.answer(
                state.all(&collection(form)).filter(within),
                |record, name| record.get(name).and_then(scalar),
                |record| record.clone().into(),
            ),
        ),
        Err(body) => Reply::json(400, &body),
    }
}

/// `POST /e/f2` as a page of the site sends it: `elqFormName` and the fields by their `htmlName`, in query or body; no sign-in.
pub fn post(state: &mut State, call: &Call, now: Timestamp) -> Reply {
    let mut given = call.form();
    given.extend(call.query.iter().cloned());
    let named = |wanted: &str| {
        let pair = given
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        pair.map_or("", |(_, value)| value.as_str())
    };
    let form = state
        .all("Form")
        .find(|form| text(form, "htmlName") == named("elqFormName"));
    let Some(form) = form else {
        return Reply::html(
            200,
            "<html><body>Error: the form does not exist.</body></html>",
        );
    };
    let values: Vec<Value> = fields(form)
        .filter(|field| !named(text(field, "htmlName")).is_empty())
        .map(|field| json!({"type": "FieldValue", "id": field.get("id"), "value": named(text(field, "htmlName"))}))
        .collect();
    let place = collection(text(form, "id"));
    let mut record = Record::new();
    record.insert("type".into(), "FormData".into());
    record.insert("fieldValues".into(), values.into());
    record.insert("submittedAt".into(), seconds(now));
    state.add(&place, record);
    // What a form without a page of its own answers.
    Reply::html(200, "\r\n")
}

fn submit(state: &mut State, form: &str, known: &[String], call: &Call, now: Timestamp) -> Reply {
    let Ok(body) = call.json() else {
        return malformed();
    };
    let given = body.get("fieldValues").and_then(Value::as_array);
    let mut values = Vec::new();
    for value in given.into_iter().flatten() {
        let id = value
            .get("id")
            .and_then(scalar)
            .unwrap_or_default()
            .into_owned();
        if !known.contains(&id) {
            let fault = json!({
                "type": "ObjectValidationError", "property": "fieldValues", "value": id,
                "requirement": {"type": "ObjectReferenceRequirement"},
            });
            return Reply::json(400, &json!([fault]));
        }
        let text = value.get("value").and_then(scalar).unwrap_or_default();
        values.push(json!({"type": "FieldValue", "id": id, "value": text}));
    }
    let mut record = Record::new();
    record.insert("type".into(), "FormData".into());
    record.insert("fieldValues".into(), values.into());
    record.insert("submittedAt".into(), seconds(now));
    let id = state.add(&collection(form), record);
    let stored = state.records.get(&collection(form), &id).cloned();
    Reply::json(201, &stored.unwrap_or_default().into())
}
