//! Objects, fields and models of an element, built piece by piece.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::elements::{CRM, crm};

#[tokio::test]
async fn objects_and_their_fields_are_made_changed_and_deleted() {
    let app = TestApp::start().await;
    app.ok("POST", "/elements", crm()).await;
    let objects = format!("{CRM}/objects");
    assert_eq!(app.ok("GET", &objects, Value::Null).await, json!([]));
    let body = json!({"name": "leads", "primaryKeyName": "id", "createdDateName": "made",
        "fields": [{"name": "score", "type": "number"}, {"name": "city"}]});
    let made = app.ok("POST", &objects, body).await;
    let id = made["id"].as_i64().unwrap();
    assert_eq!(made["fields"][1]["type"], "string");
    let first = made["fields"][0]["id"].as_i64().unwrap();
    assert_ne!(first, made["fields"][1]["id"].as_i64().unwrap());
    let one = format!("{objects}/{id}");
    let fields = format!("{one}/fields");
    let field = app
        .ok(
            "POST",
            &fields,
            json!({"name": "mail", "type": "string", "primaryKey": true}),
        )
        .await;
    assert_eq!(field["objectId"], id);
    let changed = app
        .ok(
            "PUT",
            &one,
            json!({"name": "leads", "primaryKeyName": "key"}),
        )
        .await;
    assert_eq!(
        (changed["id"].as_i64(), &changed["primaryKeyName"]),
        (Some(id), &json!("key"))
    );
    assert_eq!(
        changed["fields"].as_array().unwrap().len(),
        3,
        "fields stay"
    );
    let path = format!("{fields}/{first}");
    let changed = app
        .ok("PUT", &path, json!({"name": "score", "type": "integer"}))
        .await;
    assert_eq!(changed["type"], "integer");
    assert_eq!(app.ok("GET", &path, Value::Null).await, changed);
    app.ok("DELETE", &path, Value::Null).await;
    app.refused("GET", &path, Value::Null, 404).await;
    assert_eq!(
        app.ok("GET", &fields, Value::Null)
            .await
            .as_array()
            .unwrap()
            .len(),
        2
    );
    for wrong in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "x", "fields": 3}),
        json!({"name": "x", "fields": [{}]}),
    ] {
        app.refused("POST", &objects, wrong, 400).await;
    }
    app.refused(
        "POST",
        &format!("{objects}/7/fields"),
        json!({"name": "x"}),
        404,
    )
    .await;
    let neighbour = app.neighbour().await;
    app.call("GET", &objects, &neighbour, Value::Null)
        .await
        .error(404);
    app.ok("DELETE", &one, Value::Null).await;
    assert_eq!(app.ok("GET", &objects, Value::Null).await, json!([]));
}

#[tokio::test]
async fn models_are_put_by_id_and_an_account_may_add_them_to_the_catalog() {
    let app = TestApp::start().await;
    app.ok("POST", "/elements", crm()).await;
    for element in [CRM, "/elements/sfdc"] {
        let models = format!("{element}/models");
        assert_eq!(app.ok("GET", &models, Value::Null).await, json!([]));
        let body = json!({"name": "invoices", "vendorName": "Invoice__c", "resources": [{"id": 1}, {"id": 2}],
            "modelFields": [{"name": "total", "type": "number"}]});
        let made = app.ok("POST", &models, body).await;
        assert_eq!(made["modelType"], "standard");
        let id = &made["id"];
        let body =
            json!({"id": id, "name": "invoices", "resources": [{"id": 1}], "modelFields": []});
        let put = app.ok("PUT", &models, body).await;
        assert_eq!(
            (&put["id"], put["resources"].as_array().unwrap().len()),
            (id, 1)
        );
        let one = app.ok("GET", &format!("{models}/{id}"), Value::Null).await;
        assert_eq!(one["modelFields"], json!([]));
        let second = app.ok("PUT", &models, json!({"name": "orders"})).await;
        assert_ne!(&second["id"], id);
        app.refused("PUT", &models, json!({"id": 5, "name": "x"}), 404)
            .await;
        app.refused("POST", &models, json!({"name": "x", "resources": 1}), 400)
            .await;
        app.ok("DELETE", &format!("{models}/{id}"), Value::Null)
            .await;
        let left = app.ok("GET", &models, Value::Null).await;
        assert_eq!(left.as_array().unwrap().len(), 1);
    }
    // What one account adds to the catalog no other sees, and resources added before stay.
    let own = json!({"method": "GET", "path": "/mine", "vendorPath": "/x"});
    app.ok("POST", "/elements/sfdc/resources", own).await;
    let models = app.ok("GET", "/elements/sfdc/models", Value::Null).await;
    assert_eq!(models[0]["name"], "orders");
    let added = app
        .ok(
            "GET",
            "/elements/sfdc/resources?accountOnly=true",
            Value::Null,
        )
        .await;
    assert_eq!(added.as_array().unwrap().len(), 1);
    let neighbour = app.neighbour().await;
    let theirs = app
        .call("GET", "/elements/sfdc/models", &neighbour, Value::Null)
        .await;
    assert_eq!(theirs.expect(200).json(), json!([]));
    app.refused("POST", "/elements/sfdc/objects", json!({"name": "x"}), 403)
        .await;
}

#[tokio::test]
async fn a_loose_export_is_taken_with_warnings_and_a_chain_without_end_is_not() {
    let app = TestApp::start().await;
    let loose = json!({"name": "Loose", "description": null, "hooks": [{"type": "preRequest", "body": "done({", "isLegacy": "false"}],
        "configuration": [{"key": "base.url", "defaultValue": "https://api.example.com"}, {"key": "n", "defaultValue": 7}],
        "resources": [{"method": "GET", "path": "/a", "vendorPath": "/a", "parameters": null, "odd key [x].y": {"z": null}}, {"path": "/b"}]});
    let made = app.ok("POST", "/elements", loose.clone()).await;
    let found = made["diagnostics"].to_string();
    assert!(
        found.contains("hooks[0]") && found.contains("resources[1]"),
        "{found}"
    );
    let exported = app.ok("GET", "/elements/loose/export", Value::Null).await;
    for (name, value) in loose.as_object().unwrap() {
        assert_eq!(&exported[name], value, "{name} comes back as it was given");
    }
    let entries = app
        .ok("GET", "/elements/loose/configuration", Value::Null)
        .await;
    assert!(
        entries["configuration"]
            .to_string()
            .contains("\"defaultValue\":\"7\""),
        "{entries}"
    );
    let step = |path: &str, next: &str| json!({"method": "GET", "path": path, "vendorPath": "/x", "nextResource": next});
    let endless =
        json!({"name": "Endless", "resources": [step("/a", "GET:/b"), step("/b", "GET:/a")]});
    let message = app.refused("POST", "/elements", endless, 400).await;
    assert!(
        message.contains("resources[0]") && message.contains("never ends"),
        "{message}"
    );
    app.refused(
        "POST",
        "/elements/loose/resources",
        step("/c", "GET:/c"),
        400,
    )
    .await;
}
