//! `Elements-Explain`: the vendor requests of a call, masked, in place of its answer.

use serde_json::{Value, json};

use crate::support::recorder::{Recorder, json as answer};
use crate::support::{Reply, TestApp};

async fn explained(
    app: &TestApp,
    mode: &str,
    method: &str,
    path: &str,
    token: &str,
    body: &str,
) -> Reply {
    let credentials = app.with_token(token);
    let headers = [
        ("authorization", &*credentials),
        ("elements-explain", mode),
        ("content-type", "application/json"),
    ];
    app.send(
        method,
        &format!("/elements/api-v2{path}"),
        &headers,
        body.to_owned(),
    )
    .await
}

fn set_by(request: &Value, part: &str, name: &str) -> Vec<String> {
    let found = request["setBy"].as_array().unwrap().iter();
    found
        .filter(|set| set["part"] == part && set["name"].as_str().unwrap_or_default() == name)
        .map(|set| set["level"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_call_is_made_and_explained() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let reply = explained(
        &app,
        "true",
        "GET",
        "/hubs/crm/contacts?pageSize=3",
        &token,
        "",
    )
    .await
    .expect(200);
    let shown = reply.json();
    assert_eq!(shown["explain"], "true");
    assert_eq!(shown["answer"]["status"], 200);
    let request = &shown["requests"][0];
    assert_eq!(request["method"], "GET");
    assert_eq!(request["status"], 200);
    assert!(
        request["url"].as_str().unwrap().contains("/query?q=SELECT"),
        "{request}"
    );
    assert_eq!(request["headers"]["Authorization"], "Bearer ********");
    assert_eq!(
        set_by(request, "header", "Authorization"),
        ["authentication"]
    );
    assert_eq!(set_by(request, "query", "q"), ["resource parameter"]);
    assert!(
        shown.get("records").is_none() && !reply.text().contains("LastName\":"),
        "{}",
        reply.text()
    );
}

#[tokio::test]
async fn a_dry_run_asks_the_vendor_nothing() {
    let recorder = Recorder::start(|_| answer(200, "{}")).await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        config
            .vendor
            .connect
            .insert("api.dry.example".to_owned(), origin);
    })
    .await;
    let token = made(&app, &element()).await;
    let reply = explained(
        &app,
        "dry-run",
        "POST",
        "/things",
        &token,
        r#"{"name":"n","password":"typed"}"#,
    )
    .await;
    let shown = reply.expect(200).json();
    assert_eq!(shown["explain"], "dry-run");
    assert!(shown.get("answer").is_none(), "{shown}");
    assert_eq!(
        shown["requests"][0]["body"],
        json!({"name": "n", "password": "********"})
    );
    assert!(shown["requests"][0].get("status").is_none(), "{shown}");
    assert!(recorder.take().is_empty());
    app.resource("GET", "/things", &token, Value::Null)
        .await
        .expect(200);
    assert_eq!(recorder.take().len(), 1);
}

const PASSWORD: &str = "p4ss/w&rd \"quoted\"";
const KEY: &str = "k3y-of-the-customer";

/// Every place that a secret can go to: header, query, path, body, form, a hook's making, a hook's log, a default.
fn element() -> Value {
    let hook = "var b = request_vendor_body_map || {}; b.copied = configuration['api.key']; \
        b.encoded = Buffer.from('user:' + configuration.password).toString('base64'); \
        console.log('the key is', configuration['api.key'], configuration['fixed.token']); \
        request_vendor_headers['X-Signed'] = 'v1 ' + configuration['api.key']; \
        done({request_vendor_body: JSON.stringify(b), request_vendor_headers: request_vendor_headers, continue: true});";
    json!({
        "name": "Dry", "key": "dry", "authentication": {"type": "basic"},
        "configuration": [
            {"key": "base.url", "defaultValue": "https://api.dry.example/v1", "type": "TEXTFIELD_1000"},
            {"key": "username", "type": "TEXTFIELD_1000", "required": true},
            {"key": "password", "type": "PASSWORD", "required": true},
            {"key": "api.key", "type": "PASSWORD", "required": true},
            {"key": "fixed.token", "type": "PASSWORD", "defaultValue": "t0ken-in-the-definition"}
        ],
        "parameters": [
            {"name": "api.key", "type": "configuration", "vendorName": "X-Key", "vendorType": "header", "source": "request"},
            {"name": "api.key", "type": "configuration", "vendorName": "key", "vendorType": "query", "source": "request"},
            {"name": "fixed.token", "type": "configuration", "vendorName": "fixed", "vendorType": "query", "source": "request"},
            {"name": "password", "type": "configuration", "vendorName": "pw", "vendorType": "query", "source": "request"}
        ],
        "resources": [
            {"method": "GET", "path": "/things", "vendorPath": "/things"},
            {"method": "POST", "path": "/things", "vendorPath": "/things", "parameters": [
                {"name": "body", "type": "body", "vendorName": "body", "vendorType": "body"}]},
            {"method": "GET", "path": "/secrets", "vendorPath": "/by/{api.key}/{password}"},
            {"method": "POST", "path": "/hooked", "vendorPath": "/hooked", "hooks": [{"type": "preRequest",
                "mimeType": "application/javascript", "body": hook}], "parameters": [
                {"name": "body", "type": "body", "vendorName": "body", "vendorType": "body"}]},
            {"method": "POST", "path": "/forms", "vendorPath": "/forms", "parameters": [
                {"name": "password", "type": "configuration", "vendorName": "entry", "vendorType": "form"},
                {"name": "api.key", "type": "configuration", "vendorName": "other", "vendorType": "form"}]}
        ]
    })
}

async fn made(app: &TestApp, element: &Value) -> String {
    app.platform("POST", "/elements", element.clone())
        .await
        .expect(200);
    let body = json!({"name": "dry", "configuration": {"username": "user", "password": PASSWORD, "api.key": KEY}});
    let made = app
        .platform("POST", "/elements/dry/instances", body)
        .await
        .expect(200)
        .json();
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_secret_is_part_of_an_explanation_wherever_it_went() {
    let recorder = Recorder::start(|_| answer(400, &format!(r#"{{"message":"no {KEY}"}}"#))).await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        config
            .vendor
            .connect
            .insert("api.dry.example".to_owned(), origin);
    })
    .await;
    let token = made(&app, &element()).await;
    for mode in ["true", "dry-run"] {
        for (method, path, body) in [
            ("GET", "/things", ""),
            ("GET", "/secrets", ""),
            ("POST", "/hooked", r#"{"a":1}"#),
            ("POST", "/forms", ""),
            ("GET", "/passthrough/things?x=k3y-of-the-customer", ""),
        ] {
            let reply = explained(&app, mode, method, path, &token, body)
                .await
                .expect(200);
            let (text, shown) = (reply.text(), reply.json());
            assert_eq!(
                shown["requests"].as_array().unwrap().len(),
                1,
                "{path}: {text}"
            );
            assert!(text.contains("********"), "{path}: {text}");
            for secret in [
                KEY,
                PASSWORD,
                "p4ss",
                "t0ken-in-the-definition",
                "dXNlcjpwNHNz",
                "cDRzcy93JnJkICJxdW90ZWQi",
            ] {
                assert!(
                    !text.contains(secret),
                    "{mode} {method} {path} shows {secret}: {text}"
                );
            }
        }
    }
    let shown = explained(&app, "dry-run", "POST", "/hooked", &token, r#"{"a":1}"#)
        .await
        .json();
    let request = &shown["requests"][0];
    assert_eq!(request["body"]["a"], 1);
    assert_eq!(set_by(request, "header", "X-Signed"), ["hook"]);
    assert_eq!(set_by(request, "body", ""), ["resource parameter", "hook"]);
    assert_eq!(set_by(request, "header", "X-Key"), ["element parameter"]);
    assert_eq!(shown["log"].as_array().unwrap().len(), 1, "{shown}");
}

#[tokio::test]
async fn a_renewal_on_the_way_is_told_and_its_tokens_are_masked_too() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    app.control("/tokens/expire", json!({"vendor": "salesforce"}))
        .await;
    let shown = explained(&app, "true", "GET", "/hubs/crm/accounts", &token, "")
        .await
        .expect(200)
        .json();
    assert_eq!(shown["accessRenewed"], true);
    let statuses: Vec<_> = shown["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["status"].clone())
        .collect();
    assert_eq!(statuses, [401, 200]);
    for request in shown["requests"].as_array().unwrap() {
        assert_eq!(request["headers"]["Authorization"], "Bearer ********");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_explained_and_a_wrong_header_refused() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let shown = explained(
        &app,
        "true",
        "GET",
        "/hubs/crm/contacts/nothing",
        &token,
        "",
    )
    .await
    .expect(200)
    .json();
    assert_eq!(shown["answer"]["status"], 404, "{shown}");
    explained(&app, "perhaps", "GET", "/hubs/crm/contacts", &token, "")
        .await
        .error(400);
    let plain = explained(
        &app,
        "false",
        "GET",
        "/hubs/crm/contacts?pageSize=1",
        &token,
        "",
    )
    .await
    .expect(200);
    assert_eq!(plain.json().as_array().unwrap().len(), 1);
    explained(
        &app,
        "true",
        "GET",
        "/hubs/crm/contacts",
        "bm90IGEgdG9rZW4=",
        "",
    )
    .await
    .error(401);
}
