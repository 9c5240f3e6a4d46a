//! The data API in XML: for callers that ask by `.xml` at the end of the path or by `Accept`.
//!
//! # Source
//! <https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest_resources.htm> (2026-11): the format
//! in the path wins over the header. Names of roots are those of its samples; of answers that it shows no sample of they are ours.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::call::{Call, Reply};
use crate::page::escape;

/// Takes `.json` or `.xml` off a path, and says whether XML is wanted.
pub fn asked<'a>(call: &Call, path: &[&'a str]) -> (Vec<&'a str>, bool) {
    let mut path = path.to_vec();
    if let Some(last) = path.last_mut() {
        for (ending, xml) in [(".json", false), (".xml", true)] {
            if let Some(rest) = last.strip_suffix(ending).filter(|rest| !rest.is_empty()) {
                *last = rest;
                return (path, xml);
            }
        }
    }
    let accept = call.header("accept").unwrap_or_default();
    let first = accept.split([',', ';']).next().unwrap_or_default().trim();
    (path, matches!(first, "application/xml" | "text/xml"))
}

/// A JSON answer as XML; others stay.
pub fn reply(path: &[&str], json: Reply) -> Reply {
    let kind = json.headers.get("content-type");
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let Some(value) = is_json
        .then(|| serde_json::from_slice::<Value>(&json.body).ok())
        .flatten()
    else {
        return json;
    };
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    match &value {
        Value::Array(items) if json.status.is_client_error() || json.status.is_server_error() => {
            list("Errors", "Error", items, &mut out);
        }
        Value::Array(items) if path.is_empty() => list("Versions", "Version", items, &mut out),
        Value::Array(items) => list("Results", "Result", items, &mut out),
        value => element(root(path, value), value, true, &mut out),
    }
    let body = Reply::bytes(json.status.as_u16(), "application/xml;charset=UTF-8", out);
    let others = json
        .headers
        .iter()
        .filter(|(name, _)| *name != "content-type");
    others.fold(body, |reply, (name, value)| {
        reply.header(name.as_str(), value.to_str().unwrap_or_default())
    })
}

/// The name of the outermost element.
fn root<'a>(path: &[&str], value: &'a Value) -> &'a str {
    let kind = value.pointer("/attributes/type").and_then(Value::as_str);
    if let Some(kind) = kind {
        return kind;
    }
    let has = |name: &str| value.get(name).is_some();
    match path {
        _ if has("records") && has("done") => "QueryResult",
        [.., "describe"] => "DescribeSObject",
        ["sobjects"] => "DescribeGlobal",
        ["limits"] => "LimitsSnapshot",
        ["search" | "parameterizedSearch", ..] => "SearchResult",
        [] => "Resources",
        _ => "Result",
    }
}

fn list(outer: &str, inner: &str, items: &[Value], out: &mut String) {
    let _ = write!(out, "<{outer}>");
    for item in items {
        element(inner, item, false, out);
    }
    let _ = write!(out, "</{outer}>");
}

/// Prints a value as elements of a name: an array repeats it, `attributes` of a record become attributes, null is `xsi:nil`.
fn element(name: &str, value: &Value, outermost: bool, out: &mut String) {
    let namespace = if outermost {
        " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
    } else {
        ""
    };
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| element(name, item, outermost, out)),
        Value::Null => {
            let _ = write!(out, "<{name}{namespace} xsi:nil=\"true\"/>");
        }
        Value::Object(members) => {
            let _ = write!(out, "<{name}{namespace}{}>", attributes(members));
            for (name, value) in members.iter().filter(|(name, _)| *name != "attributes") {
                element(name, value, false, out);
            }
            let _ = write!(out, "</{name}>");
        }
        Value::String(text) => {
            let _ = write!(out, "<{name}{namespace}>{}</{name}>", escape(text));
        }
        other => {
            let _ = write!(out, "<{name}{namespace}>{other}</{name}>");
        }
    }
}

fn attributes(members: &Map<String, Value>) -> String {
    let mut out = String::new();
    for (name, value) in members
        .get("attributes")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let _ = write!(
            out,
            " {name}=\"{}\"",
            escape(value.as_str().unwrap_or_default())
        );
    }
    out
}
