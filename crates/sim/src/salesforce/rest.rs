//! The data API under `/services/data/vNN.N`.

mod body;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

pub use self::body::record_body;
use super::describe::{Child, Object, object, objects};
use super::error::{Answer, ApiError};
use super::org::{Actor, Org, known, render};
use super::rules::text;
use super::{bulk, chatter, composite, content, knowledge, layouts, metadata, passwords};
use super::{files, id, query, value};
use super::{reports, search, streaming, tooling, ui_api, views};
use crate::call::{Call, Reply, encode};
use crate::rate::Usage;
use crate::record_store::{Record, put};

/// A call of the data API whose session is good.
pub struct Request<'a> {
    /// The call.
    pub call: &'a Call,
    /// `/services/data/v59.0`
    pub base: &'a str,
    /// The version's number before the dot.
    pub version: u32,
    /// Who calls, and when.
    pub actor: Actor<'a>,
    /// Calls so far.
    pub usage: Usage,
}

/// Answers a call; `path` is what follows the version.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let call = request.call;
    let (base, now) = (request.base, request.actor.now);
    let method = call.method.as_str();
    match (method, path) {
        ("GET" | "HEAD", []) => Ok(Reply::json(200, &resources(base))),
        ("GET" | "HEAD", ["limits"]) => Ok(Reply::json(200, &limits(request.usage))),
        ("GET" | "HEAD", ["limits", "recordCount"]) => Ok(record_counts(org, call)),
        ("GET" | "HEAD", ["recent"]) => Ok(Reply::json(200, &recent(org, call, base))),
        ("GET" | "HEAD", ["query"]) if call.query("explain").is_some() => {
            views::explain(org, request, call.query("explain").unwrap_or_default())
        }
        ("GET" | "HEAD", ["query"]) => Ok(Reply::json(
            200,
            &query::first_page(org, call, base, false, now)?,
        )),
        ("GET" | "HEAD", ["queryAll"]) => Ok(Reply::json(
            200,
            &query::first_page(org, call, base, true, now)?,
        )),
        ("GET" | "HEAD", ["query" | "queryAll", locator]) => Ok(Reply::json(
            200,
            &query::next_page(org, call, base, locator, now)?,
        )),
        ("GET" | "HEAD", ["sobjects"]) => {
            let list: Vec<Value> = objects()
                .iter()
                .filter(|object| !object.tooling)
                .map(|object| object.basic(base))
                .collect();
            Ok(Reply::json(
                200,
                &json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": list }),
            ))
        }
        (_, ["sobjects", name, rest @ ..]) => sobjects(org, request, known(name)?, rest),
        (_, ["connect" | "chatter", rest @ ..]) => match chatter::answer(org, request, rest) {
            Some(answer) => answer,
            None => files::answer(org, request, rest),
        },
        (_, ["composite", rest @ ..]) => composite::answer(org, request, rest),
        ("GET" | "HEAD", ["search"]) => search::sosl(org, request),
        ("GET" | "HEAD" | "POST", ["parameterizedSearch"]) => search::parameterized(org, request),
        (_, ["jobs", rest @ ..]) => bulk::two::answer(org, request, rest),
        (_, ["analytics", "reports", rest @ ..]) => reports::answer(org, request, rest),
        // There are none of these here, which is what the vendor says of an org without them.
        ("GET" | "HEAD", ["analytics", "dashboards"]) => Ok(Reply::json(200, &json!([]))),
        ("GET" | "HEAD", ["process", "rules"]) => Ok(Reply::json(200, &json!({ "rules": {} }))),
        ("GET" | "HEAD", ["process", "approvals"]) => {
            Ok(Reply::json(200, &json!({ "approvals": {} })))
        }
        ("GET" | "HEAD", ["actions", "standard" | "custom"]) => {
            Ok(Reply::json(200, &json!({ "actions": [] })))
        }
        (_, ["ui-api", rest @ ..]) => ui_api::answer(org, request, rest),
        ("GET" | "HEAD", ["search", rest @ ..]) => search::aids(org, request, rest),
        (_, ["metadata", "deployRequest", rest @ ..]) => {
            metadata::package::rest(org, request, rest)
        }
        (_, ["tooling", rest @ ..]) => tooling::answer(org, request, rest),
        (
            "PATCH",
            [
                "knowledgeManagement",
                "articleVersions",
                "masterVersions",
                version,
            ],
        ) => {
            knowledge::publish(org, request.actor, version, &record_body(call)?)?;
            Ok(Reply::empty(204))
        }
        (
            _,
            []
            | ["limits" | "query" | "queryAll" | "sobjects" | "search" | "parameterizedSearch"]
            | ["query" | "queryAll", _],
        ) => Err(ApiError::method(method, "HEAD,GET")),
        _ => layouts::answer(org, request, path).unwrap_or_else(|| Err(ApiError::not_found())),
    }
}

/// Answers what follows `/sobjects/{object}`.
pub fn sobjects(
    org: &mut Org,
    request: &Request<'_>,
    object: &'static Object,
    rest: &[&str],
) -> Answer<Reply> {
    let call = request.call;
    let base = request.base;
    let method = call.method.as_str();
    match (method, rest) {
        ("GET" | "HEAD", []) => {
            let recent: Vec<Value> = org
                .live_records(object)
                .take(5)
                .map(|(id, record)| json!({ "attributes": super::org::attributes(base, object, id), "Id": id, "Name": record.get("Name") }))
                .collect();
            Ok(Reply::json(
                200,
                &json!({ "objectDescribe": object.basic(base), "recentItems": recent }),
            ))
        }
        ("POST", [] | ["Id" | "id"]) => {
            let id = org.create(request.actor, object, &record_body(call)?)?;
            Ok(created(base, object, &id))
        }
        (_, []) => Err(ApiError::method(method, "HEAD,GET,POST")),
        ("GET" | "HEAD", ["describe"]) => Ok(Reply::json(200, &object.describe(base))),
        ("GET" | "HEAD", ["updated" | "deleted"]) => {
            changes(org, call, object, rest.first() == Some(&"deleted"))
        }
        (_, ["describe" | "updated" | "deleted"]) => Err(ApiError::method(method, "HEAD,GET")),
        (_, ["compactLayouts"]) => sobjects(org, request, object, &["describe", "compactLayouts"]),
        (_, ["listviews", path @ ..]) => views::answer(org, request, object, path),
        ("POST", [channel, "push"]) if object.name == "StreamingChannel" => {
            streaming::push(org, call, channel, request.actor.now)
        }
        (_, [user, "password"]) if object.name == "User" => passwords::answer(org, request, user),
        (_, ["describe" | "quickActions", ..]) => layouts::of_object(org, request, object, rest)
            .unwrap_or_else(|| Err(ApiError::not_found())),
        (_, [given]) => {
            let id = record_id(org, object, given)?;
            one(org, request, object, &id)
        }
        (_, [name, wanted]) => match object
            .field(name)
            .filter(|field| field.external_id || field.kind == "id")
        {
            Some(field) if field.kind == "id" => {
                let id = record_id(org, object, wanted)?;
                one(org, request, object, &id)
            }
            Some(field) => {
                let found = org.by_external_id(object, field, wanted);
                let (Some(id), None) = (found.first(), found.get(1)) else {
                    return match (found.len(), method) {
                        (0, "PATCH") => upsert_new(org, request, object, &field.name, wanted),
                        (0, _) => Err(ApiError::not_found()),
                        _ => Ok(several(base, object, &found)),
                    };
                };
                if method == "PATCH" {
                    let body = record_body(call)?;
                    let own = body
                        .keys()
                        .find(|key| key.eq_ignore_ascii_case(&field.name));
                    if own.is_some() {
                        let message = format!(
                            "The {} field should not be specified in the sobject data.",
                            field.name
                        );
                        return Err(ApiError::new(400, "INVALID_FIELD", message));
                    }
                    org.update(request.actor, object, id, &body)?;
                    return Ok(if request.version >= 46 {
                        Reply::json(
                            200,
                            &json!({ "id": id, "success": true, "errors": [], "created": false }),
                        )
                    } else {
                        Reply::empty(204)
                    });
                }
                let id = id.clone();
                one(org, request, object, &id)
            }
            None => related(org, request, object, name, wanted),
        },
        _ => Err(ApiError::not_found()),
    }
}

/// A record by its id.
pub fn one(
    org: &mut Org,
    request: &Request<'_>,
    object: &'static Object,
    id: &str,
) -> Answer<Reply> {
    let call = request.call;
    match call.method.as_str() {
        "GET" | "HEAD" => {
            let record = org.live(object, id)?;
            let only = match call.query("fields").filter(|fields| !fields.is_empty()) {
                None => None,
                Some(fields) => Some(chosen(object, fields)?),
            };
            Ok(Reply::json(
                200,
                &render(request.base, object, record, only.as_deref()),
            ))
        }
        "PATCH" => {
            let body = record_body(call)?;
            org.update(request.actor, object, id, &body)?;
            Ok(Reply::empty(204))
        }
        "DELETE" => {
            org.delete(request.actor, object, id)?;
            Ok(Reply::empty(204))
        }
        other => Err(ApiError::method(other, "HEAD,GET,PATCH,DELETE")),
    }
}

pub fn chosen<'a>(object: &'a Object, fields: &str) -> Answer<Vec<&'a super::describe::Field>> {
    let mut chosen: Vec<_> = object.field("Id").into_iter().collect();
    for name in fields
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let Some(field) = object.field(name) else {
            let message = format!("No such column '{name}' on sobject of type {}", object.name);
            return Err(ApiError::new(400, "INVALID_FIELD", message));
        };
        chosen.push(field);
    }
    Ok(chosen)
}

/// The 18-character id of a path segment. What cannot be an id is taken for the name of an external id field.
fn record_id(org: &Org, object: &Object, given: &str) -> Answer<String> {
    let Some(id) = id::normalize(given) else {
        let message =
            format!("Provided external ID field does not exist or is not accessible: {given}");
        return Err(ApiError::new(404, "NOT_FOUND", message));
    };
    org.live(object, &id)?;
    Ok(id)
}

/// `{id}/{field or relationship}`: a blob, children, or a parent.
fn related(
    org: &mut Org,
    request: &Request<'_>,
    object: &'static Object,
    given: &str,
    name: &str,
) -> Answer<Reply> {
    let id = record_id(org, object, given)?;
    let method = request.call.method.as_str();
    if !matches!(method, "GET" | "HEAD") {
        return Err(ApiError::method(method, "HEAD,GET"));
    }
    if object
        .field(name)
        .is_some_and(|field| field.kind == "base64")
    {
        let bytes = org
            .blobs
            .get(&id)
            .cloned()
            .ok_or_else(ApiError::not_found)?;
        let kind =
            text(org.live(object, &id)?, "ContentType").unwrap_or("application/octet-stream");
        return Ok(Reply::bytes(200, kind, bytes).header("content-disposition", "attachment"));
    }
    let parent = object.relationship(name).map(|field| field.name.clone());
    if let Some(field) = parent {
        let target = text(org.live(object, &id)?, &field).and_then(|parent| org.any(parent));
        return match target {
            Some((parent, record)) => Ok(Reply::json(
                200,
                &render(request.base, parent, record, None),
            )),
            None => Ok(Reply::empty(204)),
        };
    }
    let child = object
        .children
        .iter()
        .find(|Child(_, _, relationship, _)| relationship.eq_ignore_ascii_case(name));
    let Some(Child(child, field, _, _)) = child else {
        return Err(ApiError::not_found());
    };
    let child = known(child)?;
    let records: Vec<Value> = org
        .live_records(child)
        .filter(|(_, record)| text(record, field) == Some(&id))
        .take(2000)
        .map(|(_, record)| render(request.base, child, record, None))
        .collect();
    Ok(Reply::json(
        200,
        &json!({ "totalSize": records.len(), "done": true, "records": records }),
    ))
}

fn upsert_new(
    org: &mut Org,
    request: &Request<'_>,
    object: &'static Object,
    field: &str,
    value: &str,
) -> Answer<Reply> {
    let mut body = record_body(request.call)?;
    body.insert(field.to_owned(), json!(value));
    let id = org.create(request.actor, object, &body)?;
    Ok(created(request.base, object, &id))
}

fn several(base: &str, object: &Object, ids: &[String]) -> Reply {
    let urls: Vec<String> = ids
        .iter()
        .map(|id| format!("{base}/sobjects/{}/{id}", object.name))
        .collect();
    Reply::json(300, &json!(urls))
}

fn created(base: &str, object: &Object, id: &str) -> Reply {
    Reply::json(201, &json!({ "id": id, "success": true, "errors": [] }))
        .header("location", &format!("{base}/sobjects/{}/{id}", object.name))
}

/// `/updated` and `/deleted` between `start` and `end`.
fn changes(org: &Org, call: &Call, object: &Object, deleted: bool) -> Answer<Reply> {
    let time = |name: &str| -> Answer<Timestamp> {
        call.query(name)
            .map(|text| text.replace(' ', "+"))
            .as_deref()
            .and_then(value::parse_datetime)
            .ok_or_else(|| {
                ApiError::new(
                    400,
                    "INVALID_REPLICATION_DATE",
                    format!("{name} must be given as 2016-11-30T10:28:11Z"),
                )
            })
    };
    let (start, end) = (time("start")?, time("end")?);
    if end <= start {
        return Err(ApiError::new(
            400,
            "INVALID_REPLICATION_DATE",
            "startDate must be before endDate",
        ));
    }
    let within = |record: &Record| {
        let at = text(record, "SystemModstamp").and_then(value::parse_datetime);
        at.is_some_and(|at| at >= start && at < end)
    };
    let covered = value::print_datetime(end);
    let records = org.all_records(object).filter(|(_, record)| within(record));
    let records = records.filter(|(_, record)| super::org::is_deleted(record) == deleted);
    Ok(Reply::json(
        200,
        &if deleted {
            let list: Vec<Value> = records
                .map(
                    |(id, record)| json!({ "id": id, "deletedDate": record.get("SystemModstamp") }),
                )
                .collect();
            json!({ "deletedRecords": list, "earliestDateAvailable": value::print_datetime(start), "latestDateCovered": covered })
        } else {
            let ids: Vec<&str> = records.map(|(id, _)| id).collect();
            json!({ "ids": ids, "latestDateCovered": covered })
        },
    ))
}

fn resources(base: &str) -> Value {
    let names = [
        "sobjects",
        "query",
        "queryAll",
        "search",
        "parameterizedSearch",
        "composite",
        "jobs",
        "analytics",
        "knowledgeManagement",
        "tooling",
        "limits",
        "connect",
        "chatter",
        "ui-api",
        "quickActions",
        "compactLayouts",
        "recent",
        "tabs",
        "theme",
        "appMenu",
    ];
    let entries = names
        .iter()
        .map(|name| ((*name).to_owned(), json!(format!("{base}/{name}"))));
    Value::Object(entries.collect())
}

fn limits(usage: Usage) -> Value {
    let most = super::daily_calls(usage);
    let mut limits = json!({
        "DailyApiRequests": { "Max": most, "Remaining": most.saturating_sub(usage.used) },
    });
    // What nothing here counts is wholly left.
    for (name, most) in [
        ("ConcurrentAsyncGetReportInstances", 200),
        ("DailyAsyncApexExecutions", 250_000),
        ("DailyBulkApiBatches", 15_000),
        ("DailyBulkV2QueryJobs", 10_000),
        ("DailyGenericStreamingApiEvents", 10_000),
        ("DailyStreamingApiEvents", 10_000),
        ("DailyWorkflowEmails", 100),
        ("DataStorageMB", 5),
        ("FileStorageMB", 20),
        ("HourlyAsyncReportRuns", 1_200),
        ("HourlySyncReportRuns", 500),
        ("MassEmail", 10),
        ("SingleEmail", 15),
        ("StreamingApiConcurrentClients", 20),
    ] {
        put(&mut limits, name, json!({ "Max": most, "Remaining": most }));
    }
    limits
}

/// `/limits/recordCount?sObjects=Account,Contact`: unknown names are left out, as at the vendor.
fn record_counts(org: &Org, call: &Call) -> Reply {
    let names = call.query("sObjects").unwrap_or_default();
    let wanted = objects().iter().filter(|object| {
        names.is_empty()
            || names
                .split(',')
                .any(|name| name.trim().eq_ignore_ascii_case(&object.name))
    });
    let counts: Vec<Value> = wanted
        .map(|object| json!({ "count": org.live_records(object).count(), "name": object.name }))
        .filter(|entry| !names.is_empty() || entry.get("count") != Some(&json!(0)))
        .collect();
    Reply::json(200, &json!({ "sObjects": counts }))
}

/// `/recent?limit=`: what was changed last, of the objects that people look at.
fn recent(org: &Org, call: &Call, base: &str) -> Value {
    let limit = call.query("limit").and_then(|text| text.parse().ok());
    let mut found: Vec<(&str, Value)> = search::USUAL
        .iter()
        .filter_map(|name| object(name))
        .flat_map(|object| {
            org.live_records(object).map(move |(id, record)| {
                let shown = json!({
                    "attributes": super::org::attributes(base, object, id), "Id": id, "Name": record.get("Name"),
                });
                (text(record, "LastModifiedDate").unwrap_or_default(), shown)
            })
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| b.cmp(a));
    let shown = found.into_iter().take(limit.unwrap_or(200));
    shown.map(|(_, shown)| shown).collect()
}

/// The newest version of a document.
pub fn latest_version<'a>(org: &'a Org, document: &Record) -> Option<&'a Record> {
    org.records.get(
        "ContentVersion",
        text(document, "LatestPublishedVersionId")?,
    )
}

/// The version of a document with this number.
pub fn version_numbered<'a>(org: &'a Org, document: &str, number: &str) -> Option<&'a Record> {
    org.live_records(object("ContentVersion")?)
        .map(|(_, record)| record)
        .find(|record| {
            text(record, "ContentDocumentId") == Some(document)
                && text(record, "VersionNumber") == Some(number)
        })
}

/// A version's bytes with their media type.
pub fn download(org: &Org, version: &Record) -> Answer<Reply> {
    let bytes = text(version, "Id")
        .and_then(|id| org.blobs.get(id))
        .cloned()
        .ok_or_else(ApiError::not_found)?;
    let extension = text(version, "FileExtension").unwrap_or_default();
    let name = text(version, "PathOnClient").unwrap_or("file");
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    Ok(Reply::bytes(200, content::media_type(extension), bytes)
        .header("content-disposition", &attachment(name)))
}

/// A file name for old clients in ASCII, for all others as it is.
fn attachment(name: &str) -> String {
    let plain = |c: char| {
        if c == '"' || c == '\\' || !(c == ' ' || c.is_ascii_graphic()) {
            '_'
        } else {
            c
        }
    };
    let ascii: String = name.chars().map(plain).collect();
    format!(
        "attachment; filename=\"{ascii}\"; filename*=UTF-8''{}",
        encode(name)
    )
}
