//! The definitions that no export looks like, over HTTP: imported, exported again, connected, called. What exactly a
//! vendor is sent is compared by the engine's own test of the same files.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::recorder::Recorder;

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn reply_of(told: &Value) -> Response {
    let status = told["status"].as_u64().unwrap_or(200);
    let kind = told["type"].as_str().unwrap_or("application/json");
    let mut reply = Response::builder()
        .status(u16::try_from(status).unwrap())
        .header("content-type", kind);
    for (name, value) in told["headers"].as_object().into_iter().flatten() {
        reply = reply.header(name, text(value));
    }
    let body = match (&told["text"], &told["body"]) {
        (Value::String(text), _) => text.clone(),
        (_, Value::Null) => String::new(),
        (_, body) => body.to_string(),
    };
    reply.body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn definitions_that_no_export_looks_like_are_served() {
    let replies: Arc<Mutex<VecDeque<Value>>> = Arc::default();
    let queue = Arc::clone(&replies);
    let recorder = Recorder::start(move |_| {
        let next = queue.lock().unwrap().pop_front();
        reply_of(&next.unwrap_or_else(|| json!({"status": 500, "body": "no reply"})))
    })
    .await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        config.vendor.retries = 0;
        config
            .vendor
            .connect
            .insert("*.u.example".to_owned(), origin);
    })
    .await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/unseen");
    let mut calls = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let told: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let mut element = told["element"].clone();
        element["key"] = json!(name);
        app.ok("POST", "/elements", element.clone()).await;
        let path = format!("/elements/{name}/export");
        let exported = app.ok("GET", &path, Value::Null).await;
        let count = |element: &Value| element["resources"].as_array().unwrap().len();
        assert_eq!(count(&exported), count(&element), "{name}");
        let body = json!({"element": {"key": name}, "name": name});
        let made = app.ok("POST", "/instances", body).await;
        let authorization = app.with_token(made["token"].as_str().unwrap());
        for call in told["calls"].as_array().unwrap() {
            let line = text(&call["ask"]);
            // Tokens of pages are sealed here, a path that is a dot never comes so far, and parts have tests of their own.
            if line.contains("nextPage=") || line.ends_with("%2E") || call["parts"].is_array() {
                continue;
            }
            calls += 1;
            let scripted = call["replies"].as_array().into_iter().flatten().cloned();
            *replies.lock().unwrap() = scripted.collect();
            let (method, target) = line.split_once(' ').unwrap();
            let kind = call["contentType"].as_str().unwrap_or("application/json");
            let mut headers = vec![("authorization", &*authorization), ("content-type", kind)];
            for (name, value) in call["headers"].as_object().into_iter().flatten() {
                headers.push((name, value.as_str().unwrap()));
            }
            let body = match (&call["text"], &call["body"]) {
                (Value::String(text), _) => text.clone(),
                (_, Value::Null) => String::new(),
                (_, body) => body.to_string(),
            };
            let url = format!("/elements/api-v2/hubs/general{target}");
            let reply = app.send(method, &url, &headers, body).await;
            let place = format!("{name}: {line}: {}", reply.text());
            let status = call["status"].as_u64().unwrap_or(200);
            assert_eq!(u64::from(reply.status), status, "{place}");
            let asked = recorder.take();
            let sent = call["sent"].as_array().unwrap();
            assert_eq!(asked.len(), sent.len(), "{place}");
            for (sent, asked) in sent.iter().zip(&asked) {
                let wanted = text(&sent["is"]);
                let (verb, url) = wanted.split_once(' ').unwrap();
                let url = url.strip_prefix("https://").unwrap();
                let (host, rest) = url.split_at(url.find('/').unwrap());
                let path = rest.split('?').next().unwrap();
                assert_eq!((&*asked.method, &*asked.path), (verb, path), "{place}");
                assert_eq!(asked.host, host, "{place}");
            }
            match call.get("answer") {
                _ if status != 200 => {
                    let message = text(&call["message"]);
                    assert!(reply.text().contains(&message), "{place}");
                }
                Some(Value::String(empty)) => assert_eq!(reply.text(), *empty, "{place}"),
                Some(answer) => assert_eq!(reply.json(), *answer, "{place}"),
                None => {}
            }
        }
    }
    assert!(calls > 70, "{calls} calls");
}
