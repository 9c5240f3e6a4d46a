//! `/analytics/reports`: three tabular reports over the records at hand.

use serde_json::{Value, json};

use super::describe::Object;
use super::error::{Answer, ApiError};
use super::id;
use super::org::{Org, known};
use super::rest::Request;
use super::rules::text;
use super::soql;
use crate::call::{Call, Reply};
use crate::record_store::{Record, put};

/// Rows in one answer, as at the vendor.
const MOST_ROWS: usize = 2000;

/// The report's developer name, its object, its columns.
const DEFINED: &[(&str, &str, &[&str])] = &[
    (
        "Open_Opportunities",
        "Opportunity",
        &["Name", "StageName", "Amount", "CloseDate"],
    ),
    (
        "Contacts_by_City",
        "Contact",
        &["Name", "Email", "MailingCity", "Department"],
    ),
    (
        "Escalated_Cases",
        "Case",
        &["CaseNumber", "Subject", "Priority", "Status"],
    ),
];

/// Answers what follows `/analytics/reports`.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let call = request.call;
    let method = call.method.as_str();
    match (method, path) {
        ("GET" | "HEAD", []) => {
            let list: Vec<Value> = org
                .live_records(known("Report")?)
                .map(|(id, record)| entry(request.base, id, record))
                .collect();
            Ok(Reply::json(200, &Value::Array(list)))
        }
        ("POST", []) if call.query("cloneId").is_some() => clone(org, request),
        (_, [given, rest @ ..]) => {
            let reports = known("Report")?;
            let id = id::normalize(given).ok_or_else(ApiError::not_found)?;
            let record = org.live(reports, &id)?.clone();
            match (method, rest) {
                ("GET" | "HEAD", ["describe"]) => {
                    let body = describe(&record, &id)?;
                    Ok(Reply::json(200, &body))
                }
                // A run in the background is over at once; its id says when it was.
                ("POST", ["instances"]) => {
                    let made = instance(request, &id, request.actor.now.0);
                    Ok(Reply::json(200, &made))
                }
                ("GET" | "HEAD", ["instances"]) => Ok(Reply::json(200, &json!([]))),
                ("GET" | "HEAD", ["instances", run_id]) => {
                    let started = run_id
                        .strip_prefix("0LG")
                        .and_then(|digits| digits.parse().ok());
                    let started: i64 = started.ok_or_else(ApiError::not_found)?;
                    let mut body = run(org, request, &record, &id)?;
                    put(&mut body, "attributes", instance(request, &id, started));
                    Ok(Reply::json(200, &body))
                }
                ("GET" | "HEAD" | "POST", []) => {
                    let body = run(org, request, &record, &id)?;
                    Ok(Reply::json(200, &body))
                }
                ("DELETE", []) => {
                    org.delete(request.actor, reports, &id)?;
                    Ok(Reply::empty(204))
                }
                (_, [] | ["describe"]) => Err(ApiError::method(method, "DELETE,GET,HEAD,POST")),
                _ => Err(ApiError::not_found()),
            }
        }
        (_, []) => Err(ApiError::method(method, "GET,HEAD")),
    }
}

fn instance(request: &Request<'_>, report: &str, started: i64) -> Value {
    let at = super::value::print_datetime(ligand_model::time::Timestamp(started));
    let id = format!("0LG{started:015}");
    json!({
        "id": id, "ownerId": request.actor.user, "status": "Success", "requestDate": at, "completionDate": at,
        "queryable": false, "hasDetailRows": true,
        "url": format!("{}/analytics/reports/{report}/instances/{id}", request.base),
    })
}

/// `POST ?cloneId=` with `{"reportMetadata": {"name": …}}`.
fn clone(org: &mut Org, request: &Request<'_>) -> Answer<Reply> {
    let given = request.call.query("cloneId").unwrap_or_default();
    let id = id::normalize(given).ok_or_else(ApiError::not_found)?;
    let reports = known("Report")?;
    let source = org.live(reports, &id)?.clone();
    let body = request.call.json().unwrap_or_default();
    let name = body.pointer("/reportMetadata/name").and_then(Value::as_str);
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| {
        ApiError::new(
            400,
            "BAD_REQUEST",
            "A clone needs a name: reportMetadata.name",
        )
    })?;
    let number = u64::try_from(request.actor.now.0).unwrap_or(0) % 1_000_000_000;
    let made = id::make("00O", number);
    let values = Record::from_iter([("Name".to_owned(), json!(name))]);
    org.create_as(request.actor, reports, &values, Some(&made))?;
    if let Some(record) = org.records.collection_mut("Report").get_mut(&made) {
        for kept in ["DeveloperName", "FolderName"] {
            record.insert(
                kept.to_owned(),
                source.get(kept).cloned().unwrap_or_default(),
            );
        }
    }
    let record = org.live(reports, &made)?.clone();
    Ok(Reply::json(200, &describe(&record, &made)?))
}

fn entry(base: &str, id: &str, record: &Record) -> Value {
    let own = format!("{base}/analytics/reports/{id}");
    json!({
        "id": id, "name": record.get("Name"), "url": own, "describeUrl": format!("{own}/describe"),
        "instancesUrl": format!("{own}/instances"),
    })
}

fn defined(record: &Record) -> Answer<(&'static Object, &'static [&'static str])> {
    let name = text(record, "DeveloperName").unwrap_or_default();
    let found = DEFINED.iter().find(|(known, _, _)| *known == name);
    let (_, object, columns) = found.ok_or_else(ApiError::not_found)?;
    Ok((known(object)?, columns))
}

/// The statement behind a report.
pub fn statement(org: &Org, id: &str) -> Answer<String> {
    let (object, columns) = defined(org.live(known("Report")?, id)?)?;
    Ok(format!(
        "SELECT {} FROM {} ORDER BY Id",
        columns.join(","),
        object.name
    ))
}

fn metadata(record: &Record, id: &str, filters: &[Value]) -> Answer<Value> {
    let (object, columns) = defined(record)?;
    Ok(json!({
        "id": id, "name": record.get("Name"), "developerName": record.get("DeveloperName"), "reportFormat": "TABULAR",
        "reportType": { "type": object.name, "label": object.name }, "detailColumns": columns, "reportFilters": filters,
        "reportBooleanFilter": null, "groupingsDown": [], "groupingsAcross": [], "aggregates": ["RowCount"],
        "hasDetailRows": true, "hasRecordCount": true, "scope": "organization", "currency": null,
    }))
}

fn extended(record: &Record) -> Answer<Value> {
    let (object, columns) = defined(record)?;
    let columns = columns.iter().filter_map(|name| {
        let field = object.field(name)?;
        let told = json!({ "label": field.label(), "dataType": field.kind, "name": field.name });
        Some(((*name).to_owned(), told))
    });
    Ok(
        json!({ "detailColumnInfo": Value::Object(columns.collect()), "groupingColumnInfo": {}, "aggregateColumnInfo": {
        "RowCount": { "label": "Record Count", "dataType": "int" },
    } }),
    )
}

fn describe(record: &Record, id: &str) -> Answer<Value> {
    Ok(json!({
        "attributes": { "type": "Report", "reportId": id, "reportName": record.get("Name") },
        "reportMetadata": metadata(record, id, &[])?, "reportExtendedMetadata": extended(record)?,
        "reportTypeMetadata": { "categories": [] },
    }))
}

fn run(org: &Org, request: &Request<'_>, record: &Record, id: &str) -> Answer<Value> {
    let (object, columns) = defined(record)?;
    let filters = filters(request.call)?;
    let mut conditions = Vec::new();
    for filter in &filters {
        conditions.push(condition(object, filter)?);
    }
    let condition = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    };
    let statement = format!(
        "SELECT {} FROM {}{condition} ORDER BY Id",
        columns.join(","),
        object.name
    );
    let query = soql::parse(&statement, request.actor.now)?;
    let ids = query.run(org, false);
    let details = request.call.query("includeDetails") == Some("true");
    let rows: Vec<Value> = ids
        .iter()
        .take(if details { MOST_ROWS } else { 0 })
        .filter_map(|id| org.records.get(&object.name, id))
        .map(|record| {
            let cells = columns.iter().map(|column| {
                let value = record.get(*column).cloned().unwrap_or(Value::Null);
                let label = match &value {
                    Value::Null => "-".to_owned(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                json!({ "label": label, "value": value })
            });
            json!({ "dataCells": cells.collect::<Vec<_>>() })
        })
        .collect();
    Ok(json!({
        "attributes": { "type": "Report", "reportId": id, "reportName": record.get("Name") },
        "allData": ids.len() <= MOST_ROWS, "hasDetailRows": details, "groupingsDown": { "groupings": [] },
        "groupingsAcross": { "groupings": [] }, "reportMetadata": metadata(record, id, &filters)?,
        "reportExtendedMetadata": extended(record)?,
        "factMap": { "T!T": { "aggregates": [{ "label": ids.len().to_string(), "value": ids.len() }], "rows": rows } },
    }))
}

fn filters(call: &Call) -> Answer<Vec<Value>> {
    if call.body.is_empty() {
        return Ok(Vec::new());
    }
    let body = call
        .json()
        .map_err(|_| ApiError::new(400, "JSON_PARSER_ERROR", "The body must be JSON"))?;
    let filters = body
        .pointer("/reportMetadata/reportFilters")
        .and_then(Value::as_array);
    Ok(filters.cloned().unwrap_or_default())
}

/// A report filter as a condition.
fn condition(object: &Object, filter: &Value) -> Answer<String> {
    let member = |name: &str| filter.get(name).and_then(Value::as_str).unwrap_or_default();
    let (column, operator, value) = (member("column"), member("operator"), member("value"));
    let bad = |message: String| ApiError::new(400, "BAD_REQUEST", message);
    let field = object
        .field(column)
        .ok_or_else(|| bad(format!("The filter column {column} does not exist.")))?;
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let literal = |text: &str| {
        if field.is_text() || field.is_id() {
            quoted(text)
        } else if text.is_empty() {
            "null".to_owned()
        } else {
            text.to_owned()
        }
    };
    let name = &field.name;
    let list: Vec<String> = value.split(',').map(|text| literal(text.trim())).collect();
    Ok(match operator {
        "equals" => format!("{name} IN ({})", list.join(",")),
        "notEqual" => format!("{name} NOT IN ({})", list.join(",")),
        "lessThan" => format!("{name} < {}", literal(value)),
        "greaterThan" => format!("{name} > {}", literal(value)),
        "lessOrEqual" => format!("{name} <= {}", literal(value)),
        "greaterOrEqual" => format!("{name} >= {}", literal(value)),
        "contains" => format!("{name} LIKE {}", quoted(&format!("%{value}%"))),
        "notContain" => format!("(NOT {name} LIKE {})", quoted(&format!("%{value}%"))),
        "startsWith" => format!("{name} LIKE {}", quoted(&format!("{value}%"))),
        other => return Err(bad(format!("The filter operator {other} is not valid."))),
    })
}
