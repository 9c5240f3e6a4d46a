//! Several calls in one: `/composite`, `/composite/batch`, `/composite/tree`, `/composite/sobjects`, `/composite/graph`.

mod collections;
mod tree;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};

use super::error::{Answer, ApiError};
use super::org::{Org, known};
use super::rest::{self, Request};
use crate::call::{Call, Reply};

/// Calls in one composite or batch, as at the vendor.
const MOST_CALLS: usize = 25;
/// Graphs in one call, and calls in all of them together, as at the vendor.
const MOST_GRAPHS: usize = 75;
const MOST_NODES: usize = 500;
/// Records in one collection or tree, as at the vendor.
const MOST_RECORDS: usize = 200;

/// Answers what follows `/composite`.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let method = request.call.method.as_str();
    match (method, path) {
        ("GET" | "HEAD", []) => {
            let base = request.base;
            let names = ["tree", "batch", "sobjects", "graph"];
            let entries = names.iter().map(|name| {
                (
                    (*name).to_owned(),
                    json!(format!("{base}/composite/{name}")),
                )
            });
            Ok(Reply::json(200, &Value::Object(entries.collect())))
        }
        ("POST", []) => composite(org, request),
        ("POST", ["graph"]) => graphs(org, request),
        ("POST", ["batch"]) => batch(org, request),
        ("POST", ["tree", object]) => tree::plant(org, request, known(object)?),
        (_, ["sobjects", rest @ ..]) => collections::answer(org, request, rest),
        (_, [] | ["batch" | "graph"] | ["tree", _]) => Err(ApiError::method(method, "POST")),
        _ => Err(ApiError::not_found()),
    }
}

/// The members of a body that must be a JSON object.
fn object_body(call: &Call) -> Answer<Map<String, Value>> {
    match call.json() {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err(ApiError::new(
            400,
            "JSON_PARSER_ERROR",
            "The HTTP entity body must be a JSON object",
        )),
    }
}

fn list<'a>(body: &'a Map<String, Value>, name: &str) -> Answer<&'a [Value]> {
    let list = body.get(name).and_then(Value::as_array);
    list.map(Vec::as_slice).ok_or_else(|| {
        let message = format!("Missing required field: {name}");
        ApiError::new(400, "JSON_PARSER_ERROR", message)
    })
}

fn too_many(what: &str, most: usize) -> ApiError {
    let message = format!("{what} exceeds the limit of {most}");
    ApiError::new(400, "LIMIT_EXCEEDED", message)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Calls that may use what earlier ones answered; with `allOrNone` the first failure undoes all.
fn composite(org: &mut Org, request: &Request<'_>) -> Answer<Reply> {
    let body = object_body(request.call)?;
    let calls = list(&body, "compositeRequest")?;
    if calls.len() > MOST_CALLS {
        return Err(too_many("Number of subrequests", MOST_CALLS));
    }
    let all_or_none = body.get("allOrNone") == Some(&json!(true));
    let (answers, _) = chain(org, request, calls, all_or_none)?;
    Ok(Reply::json(200, &json!({ "compositeResponse": answers })))
}

/// Several chains, each of which happens whole or not at all.
fn graphs(org: &mut Org, request: &Request<'_>) -> Answer<Reply> {
    let body = object_body(request.call)?;
    let graphs = list(&body, "graphs")?;
    let nodes = graphs
        .iter()
        .filter_map(|graph| graph.get("compositeRequest")?.as_array());
    if graphs.len() > MOST_GRAPHS || nodes.map(Vec::len).sum::<usize>() > MOST_NODES {
        return Err(too_many("Number of graphs or nodes", MOST_NODES));
    }
    let mut answers = Vec::new();
    for graph in graphs {
        let graph_body = graph.as_object().ok_or_else(|| {
            ApiError::new(400, "JSON_PARSER_ERROR", "A graph must be a JSON object")
        })?;
        let calls = list(graph_body, "compositeRequest")?;
        let (answer, failed) = chain(org, request, calls, true)?;
        answers.push(json!({
            "graphId": text(graph, "graphId"), "graphResponse": { "compositeResponse": answer }, "isSuccessful": !failed,
        }));
    }
    Ok(Reply::json(200, &json!({ "graphs": answers })))
}

/// Makes calls one after the other; answers what each said, and whether one failed.
fn chain(
    org: &mut Org,
    request: &Request<'_>,
    calls: &[Value],
    all_or_none: bool,
) -> Answer<(Vec<Value>, bool)> {
    let before = all_or_none.then(|| org.snapshot());
    let mut known: Map<String, Value> = Map::new();
    let mut answers: Vec<Value> = Vec::new();
    let mut failed = None;
    for call in calls {
        let reference = text(call, "referenceId").to_owned();
        if reference.is_empty() || known.contains_key(&reference) {
            let message = format!("Duplicate or missing referenceId: '{reference}'");
            return Err(ApiError::new(400, "INVALID_INPUT", message));
        }
        let reply = match filled(call, &known) {
            Ok(call) => sub_call(
                org,
                request,
                text(&call, "method"),
                text(&call, "url"),
                call.get("body"),
            ),
            Err(error) => error.reply(),
        };
        let status = reply.status.as_u16();
        let answer = reply_body(&reply);
        if status >= 400 && failed.is_none() {
            failed = Some(answers.len());
        }
        let mut headers = Map::new();
        if let Some(place) = reply.headers.get("location").and_then(|v| v.to_str().ok()) {
            headers.insert("Location".to_owned(), json!(place));
        }
        known.insert(reference.clone(), answer.clone());
        answers.push(json!({
            "body": answer, "httpHeaders": headers, "httpStatusCode": status, "referenceId": reference,
        }));
        if all_or_none && failed.is_some() {
            break;
        }
    }
    if let (Some(before), Some(at)) = (before, failed) {
        org.restore(before);
        let halted = json!([{
            "errorCode": "PROCESSING_HALTED",
            "message": "The transaction was rolled back since another operation in the same transaction failed.",
        }]);
        let own = answers.get(at).cloned().unwrap_or_default();
        answers = calls
            .iter()
            .enumerate()
            .map(|(index, call)| {
                if index == at {
                    return own.clone();
                }
                json!({
                    "body": halted, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": text(call, "referenceId"),
                })
            })
            .collect();
    }
    Ok((answers, failed.is_some()))
}

/// Independent calls.
fn batch(org: &mut Org, request: &Request<'_>) -> Answer<Reply> {
    let body = object_body(request.call)?;
    let calls = list(&body, "batchRequests")?;
    if calls.len() > MOST_CALLS {
        return Err(too_many("Number of subrequests", MOST_CALLS));
    }
    let halt = body.get("haltOnError") == Some(&json!(true));
    let mut results = Vec::new();
    let mut errors = false;
    for call in calls {
        if errors && halt {
            let result = json!([{
                "errorCode": "BATCH_PROCESSING_HALTED",
                "message": "Batch processing halted per client request due to previous error",
            }]);
            results.push(json!({ "statusCode": 412, "result": result }));
            continue;
        }
        let reply = sub_call(
            org,
            request,
            text(call, "method"),
            text(call, "url"),
            call.get("richInput"),
        );
        errors |= reply.status.as_u16() >= 400;
        results.push(json!({ "statusCode": reply.status.as_u16(), "result": reply_body(&reply) }));
    }
    Ok(Reply::json(
        200,
        &json!({ "hasErrors": errors, "results": results }),
    ))
}

/// Makes one call of several; `url` may leave out what precedes the version.
fn sub_call(
    org: &mut Org,
    request: &Request<'_>,
    method: &str,
    url: &str,
    body: Option<&Value>,
) -> Reply {
    let Ok(method) = method.to_ascii_uppercase().parse::<Method>() else {
        return ApiError::new(400, "METHOD_NOT_ALLOWED", "A subrequest names no method").reply();
    };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut headers = HeaderMap::new();
    headers.insert(
        HeaderName::from_static("content-type"),
        HeaderValue::from_static("application/json"),
    );
    let body = body
        .filter(|body| !body.is_null())
        .map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
    let call = Call::new(method, path, query, headers, body);
    let segments = call.segments();
    let mut rest: &[String] = &segments;
    if let [first, second, after @ ..] = rest
        && first == "services"
        && second == "data"
    {
        rest = after;
    }
    let Some((version, rest)) = rest.split_first() else {
        return ApiError::not_found().reply();
    };
    let Some(version) = super::version_number(version) else {
        return ApiError::not_found().reply();
    };
    let path: Vec<&str> = rest.iter().map(String::as_str).collect();
    let collection = path.first() == Some(&"composite") && path.get(1) == Some(&"sobjects");
    if path.first() == Some(&"composite") && !collection {
        let message = "A composite request cannot hold another one";
        return ApiError::new(400, "INVALID_INPUT", message).reply();
    }
    let base = format!("/services/data/v{version}.0");
    let inner = Request {
        call: &call,
        base: &base,
        version,
        actor: request.actor,
        usage: request.usage,
    };
    rest::answer(org, &inner, &path).unwrap_or_else(|error| error.reply())
}

fn reply_body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or(Value::Null)
}

/// A subrequest with every `@{reference.path}` replaced by what was answered there.
fn filled(value: &Value, known: &Map<String, Value>) -> Answer<Value> {
    Ok(match value {
        Value::String(text) => fill(text, known)?,
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| filled(item, known))
                .collect::<Answer<_>>()?,
        ),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| Ok((name.clone(), filled(member, known)?)))
                .collect::<Answer<_>>()?,
        ),
        other => other.clone(),
    })
}

fn fill(given: &str, known: &Map<String, Value>) -> Answer<Value> {
    let mut out = String::new();
    let mut rest = given;
    while let Some((before, after)) = rest.split_once("@{") {
        let (expression, after) = after.split_once('}').unwrap_or((after, ""));
        let found = look_up(expression, known).ok_or_else(|| {
            let message = format!("Invalid reference specified. No value for {expression} found");
            ApiError::new(400, "PROCESSING_HALTED", message)
        })?;
        if before.is_empty() && after.is_empty() && out.is_empty() {
            return Ok(found.clone());
        }
        out.push_str(before);
        match found {
            Value::String(text) => out.push_str(text),
            other => out.push_str(&other.to_string()),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(Value::String(out))
}

/// `account.records[0].Id`
fn look_up<'a>(expression: &str, known: &'a Map<String, Value>) -> Option<&'a Value> {
    let mut steps = expression.split(['.', '[']);
    let mut at = known.get(steps.next()?)?;
    for step in steps {
        at = match step.strip_suffix(']') {
            Some(index) => at.get(index.parse::<usize>().ok()?)?,
            None => at.get(step)?,
        };
    }
    Some(at)
}
