//! List views of an object, and what the query planner says.

use serde_json::{Value, json};

use super::describe::{Field, Object, objects};
use super::error::{Answer, ApiError};
use super::layouts::derived;
use super::org::Org;
use super::rest::Request;
use super::soql;
use super::{id, reports};
use crate::call::Reply;

/// The views of every object: what follows the plural in the developer name, whose records, and the condition.
const VIEWS: [(&str, &str, &str, &str); 2] = [
    ("All", "All", "everything", ""),
    ("My", "My", "mine", " WHERE OwnerId = '{user}'"),
];

struct View {
    id: String,
    developer_name: String,
    label: String,
    scope: &'static str,
    query: String,
}

/// The columns that a view shows.
fn columns(object: &Object) -> Vec<&Field> {
    let wanted = object.fields.iter().filter(|field| {
        field.is_name() || matches!(field.kind.as_str(), "phone" | "email" | "picklist")
    });
    let mut shown: Vec<&Field> = wanted.take(4).collect();
    shown.extend(object.field("CreatedDate"));
    shown.extend(object.field("Id"));
    shown
}

fn views(object: &Object, user: &str) -> Vec<View> {
    let names: Vec<&str> = columns(object)
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    let owned = object.field("OwnerId").is_some();
    let plural = object.label_plural().replace(' ', "");
    (0_u64..)
        .zip(VIEWS)
        .filter(|(_, (_, _, _, condition))| owned || condition.is_empty())
        .map(|(number, (name, label, scope, condition))| View {
            id: derived("00B", object, number),
            developer_name: format!("{name}{plural}"),
            label: format!("{label} {}", object.label_plural()),
            scope,
            query: format!(
                "SELECT {} FROM {}{} ORDER BY Id ASC",
                names.join(", "),
                object.name,
                condition.replace("{user}", user)
            ),
        })
        .collect()
}

/// Answers what follows `/sobjects/{object}/listviews`.
pub fn answer(org: &Org, request: &Request<'_>, object: &Object, path: &[&str]) -> Answer<Reply> {
    let method = request.call.method.as_str();
    if !matches!(method, "GET" | "HEAD") {
        return Err(ApiError::method(method, "GET,HEAD"));
    }
    let base = format!("{}/sobjects/{}/listviews", request.base, object.name);
    let entry = |view: &View| {
        let own = format!("{base}/{}", view.id);
        json!({
            "describeUrl": format!("{own}/describe"), "developerName": view.developer_name, "id": view.id,
            "label": view.label, "resultsUrl": format!("{own}/results"), "soqlCompatible": true, "url": own,
        })
    };
    let views = views(object, request.actor.user);
    let [given, rest @ ..] = path else {
        let list: Vec<Value> = views.iter().map(entry).collect();
        return Ok(Reply::json(
            200,
            &json!({
                "done": true, "listviews": list, "nextRecordsUrl": null, "size": list.len(), "sobjectType": object.name,
            }),
        ));
    };
    let wanted = id::normalize(given).unwrap_or_default();
    let view = views.iter().find(|view| view.id == wanted);
    let view = view.ok_or_else(ApiError::not_found)?;
    let body = match rest {
        [] => entry(view),
        ["describe"] => json!({
            "columns": shown(object), "id": view.id, "query": view.query, "scope": view.scope, "scopeEntityId": null,
            "relatedEntityId": null, "sobjectType": object.name, "whereCondition": { "conditions": [], "conjunction": "and" },
            "orderBy": [{ "fieldNameOrPath": "Id", "nullsPosition": "first", "sortDirection": "ascending" }],
        }),
        ["results"] => results(org, request, object, view)?,
        _ => return Err(ApiError::not_found()),
    };
    Ok(Reply::json(200, &body))
}

fn shown(object: &Object) -> Vec<Value> {
    columns(object)
        .iter()
        .map(|field| {
            json!({
                "ascendingLabel": "A-Z", "descendingLabel": "Z-A", "fieldNameOrPath": field.name,
                "hidden": field.name == "Id" || field.name == "CreatedDate", "label": field.label(),
                "selectListItem": field.name, "sortDirection": null, "sortIndex": null, "sortable": true,
                "type": field.kind,
            })
        })
        .collect()
}

/// `…/results?limit=&offset=`: 25 rows unless asked.
fn results(org: &Org, request: &Request<'_>, object: &Object, view: &View) -> Answer<Value> {
    let number = |name: &str, usual: usize| {
        let given = request.call.query(name);
        given.and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let (limit, offset) = (number("limit", 25).min(2000), number("offset", 0));
    let query = soql::parse(&view.query, request.actor.now)?;
    let ids = query.run(org, false);
    let fields = columns(object);
    let records: Vec<Value> = ids
        .iter()
        .skip(offset)
        .take(limit)
        .filter_map(|id| org.any(id))
        .map(|(_, record)| {
            let cells: Vec<Value> = fields
                .iter()
                .map(|field| json!({ "fieldNameOrPath": field.name, "value": record.get(&field.name) }))
                .collect();
            json!({ "columns": cells })
        })
        .collect();
    Ok(json!({
        "columns": shown(object), "developerName": view.developer_name, "done": offset + records.len() >= ids.len(),
        "id": view.id, "label": view.label, "records": records, "size": records.len(),
    }))
}

/// `/query?explain=`: a statement, or the id of a report or of a list view.
pub fn explain(org: &Org, request: &Request<'_>, given: &str) -> Answer<Reply> {
    let by_id = id::normalize(given);
    let statement = match &by_id {
        Some(wanted) if wanted.starts_with("00O") => Some(reports::statement(org, wanted)?),
        Some(wanted) => objects()
            .iter()
            .flat_map(|object| views(object, request.actor.user))
            .find(|view| view.id == *wanted)
            .map(|view| view.query),
        None => Some(given.to_owned()),
    };
    let statement = statement.ok_or_else(ApiError::not_found)?;
    let query = soql::parse(&statement, request.actor.now)?;
    let found = query.run(org, false).len();
    let total = org.live_records(query.object).count();
    Ok(Reply::json(
        200,
        &json!({
            "plans": [{
                "cardinality": found, "fields": [], "leadingOperationType": "TableScan", "relativeCost": 1.0,
                "sobjectCardinality": total, "sobjectType": query.object.name, "notes": [{
                    "description": "Not considering filter for optimization because unindexed", "fields": ["IsDeleted"],
                    "tableEnumOrId": query.object.name,
                }],
            }],
            "sourceQuery": statement,
        }),
    ))
}
