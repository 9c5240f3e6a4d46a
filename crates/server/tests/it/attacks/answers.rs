//! Attacks 5 to 7: consents that are forged, calls without credentials, and answers that want to run in a browser.

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

use super::{instance, victim};
use crate::support::TestApp;
use crate::support::recorder::Recorder;

#[tokio::test]
async fn attack_5_and_6_a_consent_is_neither_forged_nor_replayed_nor_redeemed_by_others() {
    let app = TestApp::start().await;
    let application = json!({"apiKey": "registered", "apiSecret": "s3cret-registered"});
    app.ok("PUT", "/elements/sfdc/application", application)
        .await;
    let begun = app
        .ok("GET", "/elements/sfdc/oauth/url/default", Value::Null)
        .await;
    let secret = begun["configuration"]["secret"].as_str().unwrap();
    let callback = |query: String| {
        let app = &app;
        async move {
            let path = format!("/oauth/callback?{query}");
            app.call("GET", &path, "", Value::Null)
                .await
                .expect(200)
                .text()
        }
    };
    for state in [
        "",
        "forged",
        "sfdc",
        secret,
        "%00",
        "'; DROP TABLE oauth_states; --",
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("state", state)
            .append_pair("code", "attackers-code")
            .finish();
        let page = callback(query).await;
        assert!(
            page.contains("unknown, too old, or was used before"),
            "{state}: {page}"
        );
    }
    let waiting = json!({"element": {"key": "sfdc"}, "providerData": {"secret": secret}});
    let message = app
        .refused("POST", "/instances", waiting.clone(), 400)
        .await;
    assert!(
        message.contains("not answered yet"),
        "no forgery filled it: {message}"
    );
    let answered = app.follow(begun["oauthUrl"].as_str().unwrap()).await;
    let answered = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(answered)
        .finish();
    assert!(callback(answered.clone()).await.contains("Connected"));
    assert!(
        callback(answered).await.contains("used before"),
        "single use"
    );
    let neighbour = app.neighbour().await;
    app.call("POST", "/instances", &neighbour, waiting.clone())
        .await
        .error(400);
    app.ok("POST", "/instances", waiting.clone()).await;
    app.refused("POST", "/instances", waiting, 400).await;
}

/// A vendor that answers markup, whatever it is asked.
async fn markup(kind: &'static str) -> (TestApp, String) {
    let vendor = Recorder::start(move |_| {
        Response::builder()
            .header("content-type", kind)
            .header("set-cookie", "ligand_session=stolen")
            .header("content-disposition", "inline; filename=\"a.svg\"")
            .header("access-control-allow-origin", "*")
            .header("content-security-policy", "default-src *")
            .body(Body::from(
                "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            ))
            .unwrap()
    })
    .await;
    let origin = vendor.origin.clone();
    let app = TestApp::with(|config| {
        config
            .vendor
            .connect
            .insert("api.victim.example".to_owned(), origin);
    })
    .await;
    let element = victim(json!({"resources": [
        {"method": "GET", "path": "/file", "vendorPath": "/f", "answer": "stream"},
        {"method": "GET", "path": "/asked", "vendorPath": "/f", "parameters": [
            {"type": "header", "name": "elements-stream", "vendorType": "header", "vendorName": "Elements-Stream"}]},
        {"method": "GET", "path": "/text", "vendorPath": "/f"}]}));
    app.ok("POST", "/elements", element).await;
    let (_, token) = instance(&app, json!({})).await;
    (app, token)
}

#[tokio::test]
async fn attack_7_markup_of_a_vendor_does_not_run_under_our_origin() {
    for kind in [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "application/javascript",
    ] {
        let (app, token) = markup(kind).await;
        let credentials = app.with_token(&token);
        let headers = [
            ("authorization", &*credentials),
            ("elements-stream", "true"),
        ];
        for path in [
            "/hubs/crm/file",
            "/hubs/crm/asked",
            "/passthrough/f",
            "/hubs/crm/text",
        ] {
            let reply = app
                .send("GET", &format!("/elements/api-v2{path}"), &headers, "")
                .await;
            assert_eq!(
                reply.header("x-content-type-options"),
                "nosniff",
                "{kind} {path}"
            );
            assert_eq!(reply.header("set-cookie"), "", "{kind} {path}");
            let policy = reply.header("content-security-policy");
            assert!(
                policy.contains("sandbox") || policy.contains("default-src 'none'"),
                "{kind} {path}: {policy}"
            );
            if reply.header("content-type").starts_with("application/json") {
                continue;
            }
            assert!(
                reply
                    .header("content-disposition")
                    .starts_with("attachment"),
                "{kind} {path}: {:?}",
                reply.headers
            );
        }
    }
}
