//! Attack 8: reading another organization's records through what is remembered. Attack 10: a token after its end.

use serde_json::{Value, json};

use super::{staged, victim};
use crate::support::TestApp;

/// The same element and an instance of it for somebody else: `User …, Organization …` and the token.
async fn neighbour(app: &TestApp, element: Value) -> (String, String) {
    let theirs = app.neighbour().await;
    app.call("POST", "/elements", &theirs, element)
        .await
        .expect(200);
    let body = json!({"name": "theirs", "cachingEnabled": true, "cacheTimeToLive": 600,
        "configuration": {"secret.key": "their-credential"}});
    let made = app
        .call("POST", "/elements/victim/instances", &theirs, body)
        .await
        .expect(200)
        .json();
    let user = theirs.split(',').next().unwrap();
    let token = format!("{user}, Element {}", made["token"].as_str().unwrap());
    (theirs, token)
}

#[tokio::test]
async fn attack_8_nothing_that_is_remembered_crosses_organizations() {
    let paged = victim(
        json!({"resources": [{"method": "GET", "path": "/things", "vendorPath": "/things", "parameters": [
        {"type": "query", "name": "page", "vendorType": "query", "vendorName": "page"},
        {"type": "query", "name": "pageSize", "vendorType": "query", "vendorName": "size"}]}]}),
    );
    let (app, vendor, _) = staged(paged.clone()).await;
    let body = json!({"name": "mine", "tags": ["mine"], "cachingEnabled": true, "cacheTimeToLive": 600,
        "configuration": {"secret.key": "my-credential"}});
    let made = app.ok("POST", "/elements/victim/instances", body).await;
    let mine = app.with_token(made["token"].as_str().unwrap());
    let (their_secrets, theirs) = neighbour(&app, paged).await;
    // Cached answers: each asks its own vendor account, with its own credential.
    let path = "/things?pageSize=1";
    let first = app.call("GET", path, &mine, Value::Null).await.expect(200);
    app.call("GET", path, &mine, Value::Null).await.expect(200);
    app.call("GET", path, &theirs, Value::Null)
        .await
        .expect(200);
    let keys: Vec<_> = vendor
        .take()
        .iter()
        .map(|asked| asked.header("x-key").to_owned())
        .collect();
    assert_eq!(keys, ["my-credential", "their-credential"]);
    // Page tokens.
    let token = first.header("elements-next-page-token");
    assert!(!token.is_empty());
    let next = format!("/things?nextPage={token}");
    app.call("GET", &next, &theirs, Value::Null)
        .await
        .error(400);
    app.call("GET", &next, &mine, Value::Null).await.expect(200);
    // Usage and search.
    let request = first.header("elements-request-id");
    app.call(
        "GET",
        &format!("/usage/{request}"),
        &their_secrets,
        Value::Null,
    )
    .await
    .error(404);
    for path in [
        "/instances?search=mine",
        "/instances?tags%5B%5D=mine",
        "/usage",
    ] {
        let rows = app
            .call("GET", path, &their_secrets, Value::Null)
            .await
            .text();
        assert!(
            !rows.contains(request) && !rows.contains("\"mine\""),
            "{path}: {rows}"
        );
    }
    let other = format!(
        "{their_secrets}, Element {}",
        made["token"].as_str().unwrap()
    );
    app.call("GET", "/things", &other, Value::Null)
        .await
        .error(401);
}

#[tokio::test]
async fn attack_10_a_token_ends_with_its_instance_and_secrets_with_their_change() {
    let (app, _, _) = staged(victim(json!({}))).await;
    let (id, token) = super::instance(&app, json!({})).await;
    app.resource("GET", "/things", &token, Value::Null)
        .await
        .expect(200);
    app.ok("DELETE", &format!("/instances/{id}/enabled"), Value::Null)
        .await;
    app.resource("GET", "/things", &token, Value::Null)
        .await
        .error(403);
    app.ok("DELETE", &format!("/instances/{id}"), Value::Null)
        .await;
    app.resource("GET", "/things", &token, Value::Null)
        .await
        .error(401);
}
