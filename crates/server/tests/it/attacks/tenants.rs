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
    let my_secrets = app.secrets();
    for (path, sign) in [
        ("/instances?searchText=mine", "\"mine\""),
        ("/instances?tags%5B%5D=mine", "\"mine\""),
        ("/usage", request),
        ("/usage?searchText=things", request),
    ] {
        let read = async |secrets: &str| app.call("GET", path, secrets, Value::Null).await.text();
        let (own, others) = (read(&my_secrets).await, read(&their_secrets).await);
        assert!(own.contains(sign), "{path} finds it for its owner: {own}");
        assert!(!others.contains(sign), "{path}: {others}");
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
async fn attack_8_an_idempotency_key_tells_nothing_of_another_organizations_write() {
    let (app, _, _) = staged(victim(json!({}))).await;
    let (their_secrets, _) = neighbour(&app, victim(json!({}))).await;
    let body = json!({"name": "same", "configuration": {"secret.key": "k"}}).to_string();
    let post = async |secrets: &str| {
        let headers = [
            ("authorization", secrets),
            ("idempotency-key", "the-same"),
            ("content-type", "application/json"),
        ];
        let path = "/elements/api-v2/elements/victim/instances";
        let reply = app.send("POST", path, &headers, body.clone()).await;
        let reply = reply.expect(200);
        (
            reply.header("idempotent-replayed").to_owned(),
            reply.json()["token"].clone(),
        )
    };
    let my_secrets = app.secrets();
    let (first, mine) = post(&my_secrets).await;
    let (second, theirs) = post(&their_secrets).await;
    assert_eq!((&*first, &*second), ("", ""), "each did its own");
    assert_ne!(mine, theirs);
    // Either is told its own again.
    assert_eq!(post(&my_secrets).await, ("true".to_owned(), mine));
    assert_eq!(post(&their_secrets).await, ("true".to_owned(), theirs));
}

#[tokio::test]
async fn attack_10_a_token_ends_with_its_instance_and_a_key_with_its_deletion() {
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
    let made = json!({"name": "k", "scopes": ["read"]});
    let made = app.ok("POST", "/api-keys", made).await;
    let key = format!("Bearer {}", made["key"].as_str().unwrap());
    let listed = async || app.call("GET", "/elements", &key, Value::Null).await;
    listed().await.expect(200);
    app.ok("DELETE", &format!("/api-keys/{}", made["id"]), Value::Null)
        .await;
    listed().await.error(401);
}
