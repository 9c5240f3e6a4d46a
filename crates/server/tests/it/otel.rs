//! Spans reach a collector, name what the log names, and hold no secret.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::recorder::{Recorder, json as answer};

/// The attributes of a span as pairs.
fn attribute<'a>(span: &'a Value, name: &str) -> &'a str {
    let all = span["attributes"].as_array().unwrap();
    let found = all.iter().find(|one| one["key"] == name);
    let value = &found.unwrap_or_else(|| panic!("{name}: {span}"))["value"];
    value["stringValue"]
        .as_str()
        .or(value["intValue"].as_str())
        .unwrap()
}

#[tokio::test]
async fn a_request_and_its_vendor_call_are_two_spans_of_the_callers_trace() {
    let (told, heard) = std::sync::mpsc::channel();
    let collector = Recorder::start(move |asked| {
        let _ = told.send(asked.clone());
        answer(200, "{}")
    })
    .await;
    let vendor = Recorder::start(|_| answer(200, r#"[{"id":"1"}]"#)).await;
    let app = TestApp::with(|config| {
        config.telemetry.otlp_endpoint = collector.origin.clone();
        let origin = vendor.origin.clone();
        config
            .vendor
            .connect
            .insert("api.example.com".to_owned(), origin);
    })
    .await;
    let element = json!({"name": "own", "key": "own", "authentication": {"type": "custom"}, "hub": "crm",
        "configuration": [{"key": "base.url", "name": "Base", "defaultValue": "https://api.example.com"}],
        "resources": [{"method": "GET", "path": "/things", "vendorPath": "/things"}]});
    app.ok("POST", "/elements", element).await;
    let made =
        json!({"element": {"key": "own"}, "name": "x", "configuration": {"password": "hunter2"}});
    let made = app.ok("POST", "/instances", made).await;
    let token = made["token"].as_str().unwrap();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let secrets = app.with_token(token);
    let headers = [
        ("authorization", secrets.as_str()),
        ("traceparent", parent.as_str()),
    ];
    let path = "/elements/api-v2/things?pageSize=1&note=hunter2";
    app.send("GET", path, &headers, "").await.expect(200);
    let parents = vendor.take();
    let passed_on = parents.last().unwrap().header("traceparent").to_owned();

    let (mut texts, mut spans) = (String::new(), Vec::new());
    let heard = tokio::task::spawn_blocking(move || {
        while spans.len() < 2 {
            let asked = heard
                .recv_timeout(std::time::Duration::from_secs(20))
                .unwrap();
            assert_eq!(asked.path, "/v1/traces");
            assert_eq!(asked.header("content-type"), "application/json");
            let body: Value = serde_json::from_slice(&asked.body).unwrap();
            texts += &body.to_string();
            let told = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
                .as_array()
                .unwrap()
                .clone();
            spans.extend(told.into_iter().filter(|span| span["traceId"] == trace));
        }
        (texts, spans)
    });
    let (texts, spans) = heard.await.unwrap();
    for secret in ["hunter2", token, &*app.user, &*app.organization] {
        assert!(!texts.contains(secret), "{secret}: {texts}");
    }
    let of = |kind: u64| spans.iter().find(|span| span["kind"] == kind).unwrap();
    let (request, call) = (of(2), of(3));
    assert_eq!(request["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(request["name"], "GET /hubs/crm/things");
    assert_eq!(attribute(request, "ligand.element.key"), "own");
    assert_eq!(attribute(request, "http.response.status_code"), "200");
    assert_eq!(call["parentSpanId"], request["spanId"]);
    assert_eq!(attribute(call, "server.address"), "api.example.com");
    let span = call["spanId"].as_str().unwrap();
    assert_eq!(
        passed_on,
        format!("00-{trace}-{span}-01"),
        "the vendor goes on from the call"
    );
    let at = |span: &Value, name: &str| span[name].as_str().unwrap().parse::<u128>().unwrap();
    assert!(at(request, "startTimeUnixNano") <= at(call, "startTimeUnixNano"));
    assert!(at(call, "endTimeUnixNano") <= at(request, "endTimeUnixNano"));
}
