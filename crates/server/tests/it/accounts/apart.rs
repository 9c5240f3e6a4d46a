//! What one account does is nothing to another, and who is switched off does nothing.

use serde_json::{Value, json};

use super::{account, user};
use crate::support::TestApp;

#[tokio::test]
async fn nobody_maps_or_renames_what_another_account_uses() {
    let app = TestApp::start().await;
    let (ours, token) = app.instance("sfdc").await;
    let acme = account(&app, "acme").await;
    let (_, ann) = user(&app, acme, "ann@example.com", json!([{"key": "admin"}])).await;
    let fields = json!({"fields": [{"path": "name"}]});
    let path = "/accounts/objects/thing/definitions";
    app.ok("POST", path, fields.clone()).await;
    app.call("POST", path, &ann, fields).await.expect(200);
    let listed = app.call("GET", "/vdrs", &ann, Value::Null).await;
    let listed = listed.expect(200).json();
    let found = listed.as_array().unwrap().iter();
    let mut found = found.filter(|one| one["objectName"] == "thing");
    let id = found.next().unwrap()["id"].as_i64().unwrap();

    // A mapping, or a script, in the calls of another account's instance.
    let script = json!({"body": "transformedObject.name = 'taken';", "mimeType": "text/javascript",
        "level": "instance", "associatedId": ours});
    let field =
        json!({"path": "name", "vendorPath": "Name", "level": "instance", "associatedId": ours});
    for part in [
        json!({"script": script.clone()}),
        json!({"scripts": [script]}),
        json!({"fields": [field]}),
        json!({"instanceId": ours}),
    ] {
        let mut body = json!({"elementKey": "sfdc", "vendorName": "contacts"});
        let members = part.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(members);
        let path = format!("/vdrs/{id}/transformations");
        app.call("POST", &path, &ann, body.clone()).await.error(404);
        let import = json!({"vdrName": "thing", "instanceId": ours, "definition": {"fields": []},
            "transformation": {"sfdc": body}});
        app.call("PUT", "/vdrs/import", &ann, import)
            .await
            .error(404);
    }
    let body = json!({"objectName": "other", "instanceId": ours});
    app.call("POST", "/vdrs", &ann, body).await.error(404);
    let uses = format!("/instances/{ours}/transformations");
    assert_eq!(app.ok("GET", &uses, Value::Null).await, json!({}));
    app.resource("GET", "/hubs/crm/contacts", &token, Value::Null)
        .await
        .expect(200);

    // The name is the other account's, too, although hers is all that she sees.
    let new = json!({"name": "renamed", "objectName": "renamed"});
    app.call("PATCH", "/common-resources/thing", &ann, new.clone())
        .await
        .error(403);
    let kept = app
        .call("PUT", &format!("/vdrs/{id}"), &ann, new.clone())
        .await;
    assert_eq!(kept.expect(200).json()["objectName"], "thing");
    app.ok("GET", path, Value::Null).await;
    app.ok("DELETE", path, Value::Null).await;
    app.call("PATCH", "/common-resources/thing", &ann, new)
        .await
        .expect(200);
}

#[tokio::test]
async fn who_is_switched_off_calls_with_no_key_any_more() {
    let app = TestApp::start().await;
    let acme = account(&app, "acme").await;
    let (id, ann) = user(&app, acme, "ann@example.com", json!([{"key": "org-admin"}])).await;
    let body = json!({"name": "k", "scopes": ["admin"]});
    let made = app.call("POST", "/api-keys", &ann, body).await;
    let key = format!(
        "Bearer {}",
        made.expect(200).json()["key"].as_str().unwrap()
    );
    let ask = async |who: &str, path: &str| {
        let who = if who == "key" { &key } else { &ann };
        app.call("GET", path, who, Value::Null).await
    };
    // An administrator's key, until she is none.
    let changes = async || {
        let body = json!({"externalId": "other"});
        app.call("POST", "/accounts", &key, body).await.status
    };
    assert_eq!(changes().await, 200);
    app.ok(
        "DELETE",
        &format!("/users/{id}/roles/org-admin"),
        Value::Null,
    )
    .await;
    assert_eq!(changes().await, 403);
    let path = format!("/accounts/{acme}/users/{id}");
    ask("key", "/elements/keys").await.expect(200);
    app.ok("PATCH", &path, json!({"active": false})).await;
    for who in ["key", "secrets"] {
        ask(who, "/me").await.error(401);
    }
    app.ok("PATCH", &path, json!({"active": true})).await;
    ask("key", "/me").await.expect(200);
    app.ok(
        "PATCH",
        &format!("/accounts/{acme}"),
        json!({"active": false}),
    )
    .await;
    for who in ["key", "secrets"] {
        ask(who, "/me").await.error(401);
    }
}
