//! Large things: definitions at their limit, and answers beyond it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use crate::support::TestApp;
use crate::support::recorder::{Recorder, json as answer};

const MIB: usize = 1024 * 1024;
const LARGEST: usize = 16 * MIB;

/// Ten thousand resources in a definition of exactly so many bytes.
fn definition(bytes: usize) -> String {
    let resources: Vec<Value> = (0..10_000)
        .map(|number| {
            json!({"method": "GET", "path": format!("/r{number}/{{id}}"), "vendorPath": format!("/vendor/{number}/{{id}}"),
                "parameters": [{"name": "id", "type": "path", "vendorName": "id", "vendorType": "path"}]})
        })
        .collect();
    let made = |description: &str| {
        json!({"name": "Large", "key": "large", "description": description, "hub": "crm", "authentication": {"type": "custom"},
            "configuration": [{"key": "base.url", "name": "Base", "defaultValue": "https://large.example"}], "resources": resources})
        .to_string()
    };
    made(&"d".repeat(bytes - made("").len()))
}

#[tokio::test]
async fn a_definition_at_the_limit_runs_and_one_byte_more_is_refused_in_words() {
    let recorder = Recorder::start(|_| answer(200, r#"{"id":"7"}"#)).await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        config.http.max_body.0 = LARGEST as u64;
        config
            .vendor
            .connect
            .insert("large.example".to_owned(), origin);
    })
    .await;
    let secrets = app.secrets();
    let headers = [
        ("authorization", &*secrets),
        ("content-type", "application/json"),
    ];
    let import = async |bytes: usize| {
        let definition = definition(bytes);
        assert_eq!(definition.len(), bytes);
        app.send(
            "POST",
            "/elements/api-v2/elements",
            &headers,
            definition.into_bytes(),
        )
        .await
    };
    let refused = import(LARGEST + 1).await.error(413);
    assert_eq!(refused, "The body is larger than 16777216 bytes.");
    app.platform("GET", "/elements/large", Value::Null)
        .await
        .error(404);

    import(LARGEST).await.expect(200);
    let exported = app.ok("GET", "/elements/large/export", Value::Null).await;
    assert_eq!(exported["resources"].as_array().unwrap().len(), 10_000);
    let body = json!({"element": {"key": "large"}, "name": "x"});
    let made = app.ok("POST", "/instances", body).await;
    let token = made["token"].as_str().unwrap();
    let called = app
        .resource("GET", "/r9999/a%20b", token, Value::Null)
        .await;
    called.expect(200);
    assert_eq!(recorder.take()[0].path, "/vendor/9999/a%20b");
}

/// A vendor that answers 100 MB of JSON without saying so before, and waits after its first megabytes until it is told
/// to go on. Counts what it could send.
async fn flood(sent: Arc<AtomicUsize>, begun: Arc<Notify>, on: Arc<Notify>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 4096];
        let _ = stream.read(&mut asked).await;
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n[0";
        stream.write_all(head.as_bytes()).await.unwrap();
        let piece = ",12345678".repeat(MIB / 9);
        while sent.load(Ordering::SeqCst) < 100_000_000 {
            if stream.write_all(piece.as_bytes()).await.is_err() {
                return;
            }
            let so_far = sent.fetch_add(piece.len(), Ordering::SeqCst);
            if so_far < 4 * MIB && so_far + piece.len() >= 4 * MIB {
                begun.notify_one();
                on.notified().await;
            }
        }
        let _ = stream.write_all(b"]").await;
    });
    origin
}

/// The process's largest memory since the last look, KiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kib = line.trim().trim_end_matches(" kB").parse().unwrap();
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    kib
}

#[tokio::test]
async fn a_hundred_megabytes_of_json_are_refused_in_bounded_memory_while_a_neighbour_is_served() {
    let (sent, begun, on) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
    );
    let flood = flood(Arc::clone(&sent), Arc::clone(&begun), Arc::clone(&on)).await;
    let calm = Recorder::start(|_| answer(200, r#"[{"id":"1"}]"#)).await;
    let origin = calm.origin.clone();
    let app = TestApp::with(|config| {
        config.vendor.retries = 0;
        config.vendor.connect.extend([
            ("flood.example".to_owned(), flood),
            ("calm.example".to_owned(), origin),
        ]);
    })
    .await;
    let mut tokens = Vec::new();
    for host in ["flood", "calm"] {
        let element = json!({"name": host, "key": host, "authentication": {"type": "custom"}, "hub": "crm",
            "configuration": [{"key": "base.url", "name": "Base", "defaultValue": format!("https://{host}.example")}],
            "resources": [{"method": "GET", "path": "/things", "vendorPath": "/things"}]});
        app.ok("POST", "/elements", element).await;
        let body = json!({"element": {"key": host}, "name": "x"});
        let made = app.ok("POST", "/instances", body).await;
        tokens.push(made["token"].as_str().unwrap().to_owned());
    }
    peak();
    let before = peak();
    let flooded = app.resource("GET", "/things", &tokens[0], Value::Null);
    let neighbour = async {
        // In the midst of the other's answer.
        begun.notified().await;
        let reply = app
            .resource("GET", "/things", &tokens[1], Value::Null)
            .await;
        assert_eq!(reply.expect(200).json(), json!([{"id": "1"}]));
        on.notify_one();
    };
    let (flooded, ()) = tokio::join!(flooded, neighbour);
    let message = flooded.error(502);
    assert!(
        message.contains("flood.example is larger than the 33554432 bytes that are read"),
        "{message}"
    );
    let grown = peak().saturating_sub(before) / 1024;
    assert!(grown < 80, "{grown} MiB");
    assert!(sent.load(Ordering::SeqCst) < 50_000_000, "{sent:?}");
    let reply = app
        .resource("GET", "/things", &tokens[1], Value::Null)
        .await;
    reply.expect(200);
}
