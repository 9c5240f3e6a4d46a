//! Definitions that no export looks like, each with calls, what the vendor must be asked, and what comes of it; written
//! by hand from the format's reference, never from what the engine does.
//!
//! # Shape
//! `{why, element, values?, calls: [{ask, headers?, body? | text?, contentType?, parts?, replies: [{status?, headers?, body? |
//! text?, type?}], sent: [{is, loose?, headers?, body?, parts?}], answer?, answerHeaders?, kept?, status?, message?}]}`.
//! A `sent` that is `loose` is compared decoded, its query in any order. A null header must not be there.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use ligand_engine::catalog::{self, Compiled, Route};
use ligand_engine::exchange::{Exchange, Part, ResourceCall, Setting};
use ligand_engine::hooks::{HookRuntime, Limits};
use ligand_engine::step::{Body, Input, Outcome, Step, VendorReply, VendorRequest};
use ligand_model::error::ErrorKind;
use ligand_model::id::ElementId;
use ligand_model::time::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    let members = value.as_object().into_iter().flatten();
    members
        .map(|(name, value)| (name.to_lowercase(), text(value)))
        .collect()
}

fn call_of(told: &Value) -> ResourceCall {
    let (method, target) = told["ask"].as_str().unwrap().split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let body = match (&told["text"], &told["body"]) {
        (Value::String(text), _) => text.clone(),
        (_, Value::Null) => String::new(),
        (_, body) => body.to_string(),
    };
    let part = |part: &Value| Part {
        name: text(&part["name"]),
        file_name: part["file"].as_str().map(str::to_owned),
        content_type: part["type"].as_str().map(str::to_owned),
        data: text(&part["text"]).into(),
        uploaded: false,
    };
    let kind = told["contentType"].as_str().unwrap_or("application/json");
    ResourceCall {
        method: method.to_owned(),
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            // The server seals what stands around a vendor's cursor; a file tells the cursor.
            .map(|(name, value)| match name.as_str() {
                "nextPage" => (name, json!({"cursor": value, "q": {}}).to_string()),
                _ => (name, value),
            })
            .collect(),
        headers: pairs(&told["headers"]),
        body: body.into(),
        content_type: Some(kind.to_owned()),
        parts: told["parts"]
            .as_array()
            .into_iter()
            .flatten()
            .map(part)
            .collect(),
        ..ResourceCall::default()
    }
}

fn reply_of(told: &Value) -> VendorReply {
    let kind = told["type"].as_str().unwrap_or("application/json");
    let mut headers = pairs(&told["headers"]);
    headers.push(("content-type".to_owned(), kind.to_owned()));
    let body = match (&told["text"], &told["body"]) {
        (Value::String(text), _) => text.clone(),
        (_, Value::Null) => String::new(),
        (_, body) => body.to_string(),
    };
    VendorReply {
        status: told["status"]
            .as_u64()
            .map_or(200, |status| u16::try_from(status).unwrap()),
        headers,
        body: body.into(),
    }
}

fn play(
    compiled: &Arc<Compiled>,
    values: &Value,
    told: &Value,
) -> Result<(Vec<VendorRequest>, Outcome), String> {
    let call = call_of(told);
    let Route::Found {
        resource,
        variables,
        ..
    } = compiled.route(&call.method, &call.path)
    else {
        return Err("no such route".to_owned());
    };
    let setting = Setting {
        now: Timestamp(1_000_000),
        webhook_callback_url: "https://hook.example".into(),
        nonce: "n0nce".into(),
    };
    let values: BTreeMap<String, String> = values
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect();
    let mut exchange = Exchange::new(
        Arc::clone(compiled),
        resource,
        variables,
        call,
        values,
        setting,
    );
    let mut hooks = HookRuntime::new(Limits::new(|| false)).unwrap();
    let mut replies = told["replies"].as_array().into_iter().flatten();
    let (mut requests, mut input) = (Vec::new(), Input::Start);
    loop {
        input = match exchange.next(input) {
            Step::RunHook(call) => Input::Hook(hooks.run(&call)),
            Step::Send(request) => {
                requests.push(*request);
                match replies.next() {
                    Some(reply) => Input::Reply(reply_of(reply)),
                    None => Input::Unreachable(ErrorKind::VendorUnavailable, "no reply".into()),
                }
            }
            Step::Refresh => Input::RefreshFailed("not here".into(), None),
            Step::Done(outcome) => return Ok((requests, *outcome)),
        };
    }
}

/// A verb and address with its query decoded and ordered.
fn loosened(line: &str) -> String {
    let (address, query) = line.split_once('?').unwrap_or((line, ""));
    let mut query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    query.sort();
    format!(
        "{} {query:?}",
        percent_decode_str(address).decode_utf8_lossy()
    )
}

/// The parts of a multipart body as a file tells them.
fn parts_of(request: &VendorRequest) -> Vec<Value> {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let boundary = body.lines().next().unwrap_or_default().to_owned();
    let mut parts = Vec::new();
    for piece in body.split(&boundary).skip(1) {
        let Some((head, content)) = piece.trim_start_matches("\r\n").split_once("\r\n\r\n") else {
            continue;
        };
        let quoted = |name: &str| {
            let (_, after) = head.split_once(&format!("{name}=\""))?;
            let (value, _) = after.split_once('"')?;
            Some(Value::String(value.to_owned()))
        };
        let mut part = serde_json::Map::new();
        part.insert("name".to_owned(), quoted("; name").unwrap_or_default());
        if let Some(file) = quoted("filename") {
            part.insert("file".to_owned(), file);
            let kind = head.lines().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-type: ")
                    .map(str::to_owned)
            });
            part.insert("type".to_owned(), kind.unwrap_or_default().into());
        }
        let content = content.strip_suffix("\r\n").unwrap_or(content);
        part.insert("text".to_owned(), content.into());
        parts.push(Value::Object(part));
    }
    parts
}

fn compare_sent(expected: &Value, request: &VendorRequest, wrong: &mut String) {
    let line = format!("{} {}", request.method, request.url);
    let wanted = expected["is"].as_str().unwrap();
    let same = if expected["loose"] == true {
        loosened(wanted) == loosened(&line)
    } else {
        wanted == line
    };
    if !same {
        let _ = writeln!(wrong, "  sent {line}\n  not  {wanted}");
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let known = request
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        if known.map(|(_, value)| value.as_str()) != value.as_str() {
            let _ = writeln!(wrong, "  header {name} is {known:?}, not {value}");
        }
    }
    let body = String::from_utf8_lossy(&request.body);
    match &expected["body"] {
        Value::Null => {}
        Value::String(text) if *text == body => {}
        Value::String(text) => {
            let _ = writeln!(wrong, "  body {body}\n  not  {text}");
        }
        json if serde_json::from_str::<Value>(&body).is_ok_and(|body| body == *json) => {}
        json => {
            let _ = writeln!(wrong, "  body {body}\n  not  {json}");
        }
    }
    if let Some(parts) = expected["parts"].as_array() {
        let ordered = |mut parts: Vec<Value>| {
            parts.sort_by_key(|part| text(&part["name"]));
            parts
        };
        let (found, parts) = (ordered(parts_of(request)), ordered(parts.clone()));
        if parts != found {
            let _ = writeln!(wrong, "  parts {found:?}\n  not   {parts:?}");
        }
    }
}

fn compare_outcome(expected: &Value, outcome: &Outcome, wrong: &mut String) {
    if let Some(kept) = expected["kept"].as_object() {
        let found: BTreeMap<&str, Option<&str>> = outcome
            .configuration
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_deref()))
            .collect();
        let kept: BTreeMap<&str, Option<&str>> = kept
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        if kept != found {
            let _ = writeln!(wrong, "  kept {found:?}\n  not  {kept:?}");
        }
    }
    match (&outcome.result, expected["status"].as_u64()) {
        (Err(failure), Some(status)) => {
            let found = failure.status.unwrap_or_else(|| failure.kind.status());
            let message = expected["message"].as_str().unwrap_or_default();
            let said = failure.provider_message.as_deref().unwrap_or_default();
            let told = failure.message.contains(message) || said.contains(message);
            if u64::from(found) != status || !told {
                let _ = writeln!(wrong, "  failed with {failure:?}\n  not {status} {message}");
            }
        }
        (Ok(reply), None) => {
            let body = match &reply.body {
                Body::Json(bytes) | Body::Raw(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Body::Stream => "(a stream)".to_owned(),
            };
            let same = match expected.get("answer") {
                None => true,
                Some(Value::String(text)) => *text == body,
                Some(json) => serde_json::from_str::<Value>(&body).is_ok_and(|body| body == *json),
            };
            if !same {
                let _ = writeln!(wrong, "  answer {body}\n  not    {}", expected["answer"]);
            }
            for (name, value) in expected["answerHeaders"].as_object().into_iter().flatten() {
                let known = reply.headers.iter().find(|(known, _)| known == name);
                let known = known.map(|(_, value)| value.as_str());
                let token = known.and_then(|token| serde_json::from_str::<Value>(token).ok());
                let same = match (value, token) {
                    (Value::Object(wanted), Some(token)) => {
                        wanted.iter().all(|(name, value)| token[name] == *value)
                    }
                    (Value::String(cursor), Some(token)) if token["cursor"].is_string() => {
                        token["cursor"] == *cursor
                    }
                    (value, _) => known == value.as_str(),
                };
                if !same {
                    let _ = writeln!(wrong, "  answered {name}: {known:?}, not {value}");
                }
            }
        }
        (result, status) => {
            let _ = writeln!(wrong, "  came to {result:?}, not {status:?}");
        }
    }
}

#[test]
fn definitions_that_no_export_looks_like_do_what_the_format_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unseen");
    let (mut calls, mut wrong) = (0, String::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let told: Value = serde_json::from_slice(&std::fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let bytes = told["element"].to_string();
        let (compiled, _) = catalog::import(bytes.as_bytes(), ElementId(10_000)).unwrap();
        let mut lost = Vec::new();
        let exported = compiled.to_json();
        super::corpus::differ("", &told["element"], &exported, &mut lost);
        // Stored paths begin with their hub.
        lost.retain(|line| !line.contains("became \"/hubs/general/"));
        assert_eq!(lost, Vec::<String>::new(), "{name}");
        let compiled = Arc::new(compiled);
        for call in told["calls"].as_array().unwrap() {
            calls += 1;
            let mut faults = String::new();
            match play(&compiled, &told["values"], call) {
                Err(why) => faults = format!("  {why}\n"),
                Ok((requests, outcome)) => {
                    let sent = call["sent"].as_array().unwrap();
                    if sent.len() != requests.len() {
                        let _ = writeln!(
                            faults,
                            "  {} requests, not {}; came to {:?}",
                            requests.len(),
                            sent.len(),
                            outcome.result
                        );
                    }
                    for (expected, request) in sent.iter().zip(&requests) {
                        compare_sent(expected, request, &mut faults);
                    }
                    compare_outcome(call, &outcome, &mut faults);
                }
            }
            if !faults.is_empty() {
                let _ = writeln!(wrong, "{name}: {}\n{faults}", text(&call["ask"]));
            }
        }
    }
    assert!(calls > 80, "{calls} calls");
    assert!(wrong.is_empty(), "{wrong}");
}
