//! Cached answers: only for instances that ask for it, never older than a write.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ligand_model::id::{InstanceId, OrganizationId};
use serde_json::{Value, json};

use crate::support::recorder::{Recorder, json as answer};
use crate::support::{Reply, TestApp};

/// An element whose vendor counts its answers, and an instance with these cache settings.
async fn started(settings: Value) -> (TestApp, Recorder, i64, String) {
    with(settings, |_| {}).await
}

async fn with(
    settings: Value,
    change: impl FnOnce(&mut ligand_server::config::Config),
) -> (TestApp, Recorder, i64, String) {
    let count = Arc::new(AtomicU32::new(0));
    let recorder = Recorder::start(move |asked| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        if asked.path.ends_with("/missing") {
            return answer(404, r#"{"message":"no such thing"}"#);
        }
        answer(200, &format!(r#"[{{"id":"1","count":{n}}},{{"id":"2"}}]"#))
    })
    .await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        config
            .vendor
            .connect
            .insert("api.cached.example".to_owned(), origin);
        change(config);
    })
    .await;
    let query = |name: &str, vendor: &str| json!({"name": name, "type": "query", "vendorName": vendor, "vendorType": "query"});
    let element = json!({
        "name": "Cached", "key": "cached", "authentication": {"type": "custom"},
        "configuration": [{"key": "base.url", "defaultValue": "https://api.cached.example", "type": "TEXTFIELD_1000"},
            {"key": "region", "defaultValue": "eu", "type": "TEXTFIELD_32"}],
        "resources": [
            {"method": "GET", "path": "/things", "vendorPath": "/things", "parameters": [
                query("page", "page"), query("pageSize", "size"), query("q", "q"),
                {"name": "subsite", "type": "header", "vendorName": "X-Site", "vendorType": "header"}]},
            {"method": "GET", "path": "/things/{id}", "vendorPath": "/things/{id}"},
            {"method": "GET", "path": "/missing", "vendorPath": "/missing"},
            {"method": "POST", "path": "/things", "vendorPath": "/things", "parameters": [
                {"name": "body", "type": "body", "vendorName": "body", "vendorType": "body"}]}
        ]
    });
    app.platform("POST", "/elements", element).await.expect(200);
    let mut body = json!({"name": "cached"});
    for (name, value) in settings.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = app
        .platform("POST", "/elements/cached/instances", body)
        .await
        .expect(200)
        .json();
    (
        app,
        recorder,
        made["id"].as_i64().unwrap(),
        made["token"].as_str().unwrap().to_owned(),
    )
}

async fn get(app: &TestApp, token: &str, path: &str) -> Reply {
    app.resource("GET", path, token, Value::Null)
        .await
        .expect(200)
}

/// `hit`, `miss` or empty for each of these reads.
async fn reads(app: &TestApp, token: &str, paths: &[&str]) -> Vec<String> {
    let mut said = Vec::new();
    for path in paths {
        said.push(
            get(app, token, path)
                .await
                .header("elements-cache")
                .to_owned(),
        );
    }
    said
}

#[tokio::test]
async fn nothing_is_cached_unless_the_instance_asks_for_it() {
    let (app, recorder, _, token) = started(json!({})).await;
    assert_eq!(reads(&app, &token, &["/things", "/things"]).await, ["", ""]);
    assert_eq!(recorder.take().len(), 2);
    assert_eq!(app.app.memory.answers.bytes(), 0);
}

#[tokio::test]
async fn a_read_is_answered_again_until_its_time_is_over() {
    let (app, recorder, _, token) =
        started(json!({"cachingEnabled": true, "cacheTimeToLive": 60})).await;
    let first = get(&app, &token, "/things?pageSize=2").await;
    let again = get(&app, &token, "/things?pageSize=2").await;
    assert_eq!(first.body, again.body);
    assert_eq!(
        (
            first.header("elements-cache"),
            again.header("elements-cache")
        ),
        ("miss", "hit")
    );
    assert_eq!(
        first.header("elements-returned-count"),
        again.header("elements-returned-count")
    );
    let next = again.header("elements-next-page-token");
    assert!(!next.is_empty());
    get(&app, &token, &format!("/things?pageSize=2&nextPage={next}")).await;
    assert_eq!(recorder.take().len(), 2);
    app.clock.advance(59_999);
    assert_eq!(reads(&app, &token, &["/things?pageSize=2"]).await, ["hit"]);
    app.clock.advance(1);
    assert_eq!(reads(&app, &token, &["/things?pageSize=2"]).await, ["miss"]);
}

#[tokio::test]
async fn another_question_has_another_answer() {
    let (app, _, _, token) = started(json!({"cachingEnabled": true})).await;
    let paths = [
        "/things",
        "/things?q=a",
        "/things?q=b",
        "/things/1",
        "/things/2",
        "/things",
        "/things/1",
    ];
    assert_eq!(
        reads(&app, &token, &paths).await,
        ["miss", "miss", "miss", "miss", "miss", "hit", "hit"]
    );
    let credentials = app.with_token(&token);
    for (site, cache, expected) in [
        ("a", "", "miss"),
        ("a", "", "hit"),
        ("b", "", "miss"),
        ("a", "no-cache", "miss"),
    ] {
        let mut headers = vec![("authorization", &*credentials), ("subsite", site)];
        if !cache.is_empty() {
            headers.push(("cache-control", cache));
        }
        let reply = app
            .send("GET", "/elements/api-v2/things", &headers, "")
            .await
            .expect(200);
        assert_eq!(reply.header("elements-cache"), expected, "{site} {cache}");
    }
    // A second instance of the same element and organization shares nothing.
    let body = json!({"name": "second", "cachingEnabled": true});
    let made = app
        .platform("POST", "/elements/cached/instances", body)
        .await
        .expect(200)
        .json();
    assert_eq!(
        reads(&app, made["token"].as_str().unwrap(), &["/things"]).await,
        ["miss"]
    );
}

#[tokio::test]
async fn a_write_and_a_change_of_the_instance_clear_what_was_read() {
    let (app, _, id, token) = started(json!({"cachingEnabled": true})).await;
    let twice = ["/things", "/things"];
    assert_eq!(reads(&app, &token, &twice).await, ["miss", "hit"]);
    app.resource("POST", "/things", &token, json!({"a": 1}))
        .await
        .expect(200);
    assert_eq!(app.app.memory.answers.bytes(), 0);
    assert_eq!(reads(&app, &token, &twice).await, ["miss", "hit"]);
    app.resource("POST", "/passthrough/things", &token, json!({"a": 1}))
        .await
        .expect(200);
    assert_eq!(reads(&app, &token, &twice).await, ["miss", "hit"]);
    app.platform(
        "PATCH",
        &format!("/instances/{id}"),
        json!({"configuration": {"region": "us"}}),
    )
    .await
    .expect(200);
    assert_eq!(reads(&app, &token, &twice).await, ["miss", "hit"]);
    app.platform(
        "PATCH",
        &format!("/instances/{id}"),
        json!({"cachingEnabled": false}),
    )
    .await
    .expect(200);
    assert_eq!(reads(&app, &token, &twice).await, ["", ""]);
    app.platform("DELETE", &format!("/instances/{id}"), Value::Null)
        .await
        .expect(200);
    assert_eq!(app.app.memory.answers.bytes(), 0);
}

#[tokio::test]
async fn errors_and_explanations_are_not_kept() {
    let (app, recorder, _, token) = started(json!({"cachingEnabled": true})).await;
    for _ in 0..2 {
        app.resource("GET", "/missing", &token, Value::Null)
            .await
            .error(404);
    }
    let credentials = app.with_token(&token);
    let headers = [
        ("authorization", &*credentials),
        ("elements-explain", "true"),
    ];
    for _ in 0..2 {
        app.send("GET", "/elements/api-v2/things", &headers, "")
            .await
            .expect(200);
    }
    assert_eq!(recorder.take().len(), 4);
    assert_eq!(app.app.memory.answers.bytes(), 0);
}

#[tokio::test]
async fn an_instance_keeps_no_more_answers_than_it_may() {
    let (app, _, _, token) = started(json!({"cachingEnabled": true, "maxCacheSize": 2})).await;
    let said = reads(
        &app,
        &token,
        &[
            "/things/1",
            "/things/2",
            "/things/1",
            "/things/3",
            "/things/1",
            "/things/2",
        ],
    )
    .await;
    // The one that was used longest ago went.
    assert_eq!(said, ["miss", "miss", "hit", "miss", "hit", "miss"]);
}

#[tokio::test]
async fn all_instances_together_keep_no_more_bytes_than_the_operator_allows() {
    let limit = 1500;
    let (app, _, _, token) = with(json!({"cachingEnabled": true}), |config| {
        config.api.answer_cache = ligand_server::config::units::Size(limit);
    })
    .await;
    for n in 0..20 {
        get(&app, &token, &format!("/things/{n}")).await;
        let used = app.app.memory.answers.bytes();
        assert!(used > 0 && used as u64 <= limit, "{used}");
    }
    assert_eq!(
        reads(&app, &token, &["/things/19", "/things/0"]).await,
        ["hit", "miss"]
    );
}

#[tokio::test]
async fn a_hit_costs_no_statement_and_no_vendor_call_and_is_sealed_in_memory() {
    let (app, recorder, id, token) = started(json!({"cachingEnabled": true})).await;
    get(&app, &token, "/things").await;
    recorder.take();
    let before = app.app.store.statements();
    assert_eq!(reads(&app, &token, &["/things"]).await, ["hit"]);
    assert_eq!(app.app.store.statements(), before);
    assert!(recorder.take().is_empty());
    let shown = format!("{:?}", app.app.memory.answers);
    assert!(
        !shown.contains(r#""count""#) && shown.contains("sealed"),
        "{shown}"
    );
    app.app
        .memory
        .answers
        .forget(OrganizationId(2), InstanceId(id));
    assert_eq!(app.app.memory.answers.bytes(), 0);
}
