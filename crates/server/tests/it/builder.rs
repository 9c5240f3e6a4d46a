//! The element builder: definitions piece by piece, extensions of the catalog, versions.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::elements::{CRM, crm};

#[tokio::test]
async fn a_resource_is_built_piece_by_piece_and_its_ids_stay() {
    let app = TestApp::start().await;
    app.ok("POST", "/elements", crm()).await;
    let first = app
        .ok("GET", &format!("{CRM}/resources"), Value::Null)
        .await;
    let kept = first[0]["id"].as_i64().unwrap();
    let body = json!({"method": "post", "path": "/mynewcontacts", "vendorPath": "/v1/contacts", "description": null});
    let made = app
        .ok("POST", &format!("{CRM}/resources"), body.clone())
        .await;
    assert_eq!(made["path"], "/hubs/crm/mynewcontacts");
    assert_eq!(
        (&made["method"], &made["type"], &made["kind"]),
        (&json!("POST"), &json!("api"), &json!("eb"))
    );
    let id = made["id"].as_i64().unwrap();
    let resource = format!("{CRM}/resources/{id}");
    app.refused("POST", &format!("{CRM}/resources"), body, 409)
        .await;

    let hook = json!({"type": "preRequest", "body": "this is no script ("});
    let hook = app.ok("POST", &format!("{resource}/hooks"), hook).await;
    assert_eq!(
        (&hook["isLegacy"], &hook["resourceId"]),
        (&json!(false), &json!(id))
    );
    let at = format!("{resource}/hooks/{}", hook["id"]);
    let legacy = json!({"type": "preRequest", "body": "done()", "isLegacy": true});
    assert!(
        app.refused("PUT", &at, legacy.clone(), 400)
            .await
            .contains("legacy")
    );
    let changed = app
        .ok("PUT", &at, json!({"type": "preRequest", "body": "done()"}))
        .await;
    assert_eq!(
        (&changed["id"], &changed["body"]),
        (&hook["id"], &json!("done()"))
    );
    let old = app
        .ok("POST", &format!("{resource}/hooks"), legacy.clone())
        .await;
    let old = format!("{resource}/hooks/{}", old["id"]);
    app.ok("PUT", &old, legacy).await;
    app.ok(
        "PUT",
        &old,
        json!({"type": "preRequest", "body": "done()", "isLegacy": false}),
    )
    .await;
    app.ok("DELETE", &old, Value::Null).await;
    assert_eq!(app.ok("GET", &at, Value::Null).await["body"], "done()");

    let parameter =
        json!({"name": "q", "type": "query", "vendorName": "search", "vendorType": "query"});
    let parameter = app
        .ok("POST", &format!("{resource}/parameters"), parameter)
        .await;
    let at = format!("{resource}/parameters/{}", parameter["id"]);
    let message = app.refused(
        "PUT",
        &at,
        json!({"name": "q", "type": "magic", "vendorName": "x", "vendorType": "query"}),
        400,
    );
    assert!(message.await.contains("`type` must be one of query, path"));
    let renamed =
        json!({"name": "query", "type": "query", "vendorName": "search", "vendorType": "query"});
    assert_eq!(app.ok("PUT", &at, renamed).await["id"], parameter["id"]);
    app.refused("PUT", &format!("{resource}/parameters/1"), json!({}), 404)
        .await;

    let model = json!({"name": "contact", "swagger": {"contact": {"properties": {"id": {"type": "string"}}}}});
    app.refused("GET", &format!("{resource}/models"), Value::Null, 404)
        .await;
    app.ok("POST", &format!("{resource}/models"), model.clone())
        .await;
    assert_eq!(
        app.ok("GET", &format!("{resource}/models"), Value::Null)
            .await["name"],
        "contact"
    );

    // A resource that is replaced keeps what stands below it, and every id.
    let put = json!({"method": "POST", "path": "/renamed", "vendorPath": "/v2/contacts"});
    let put = app.ok("PUT", &resource, put).await;
    assert_eq!(
        (&put["id"], &put["path"]),
        (&json!(id), &json!("/hubs/crm/renamed"))
    );
    assert_eq!(put["parameters"][0]["id"], parameter["id"]);
    assert_eq!(put["model"]["name"], "contact");
    app.ok("DELETE", &format!("{resource}/models"), Value::Null)
        .await;
    let whole = app.ok("GET", CRM, Value::Null).await;
    let ids: Vec<i64> = whole["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [kept, id]);
    app.ok("DELETE", &resource, Value::Null).await;
    app.refused("DELETE", &resource, Value::Null, 404).await;
    for (body, word) in [
        (json!({"path": "/x"}), "method"),
        (json!({"method": "GET"}), "path"),
        (json!({"method": "BREW", "path": "/x"}), "method"),
        (
            json!({"method": "GET", "path": "/x", "type": "odd"}),
            "type",
        ),
        (json!({"method": "GET", "path": "/x", "hooks": 1}), "hooks"),
    ] {
        let message = app
            .refused("POST", &format!("{CRM}/resources"), body, 400)
            .await;
        assert!(message.contains(word), "{message}");
    }
}

#[tokio::test]
async fn an_elements_own_parameters_hooks_and_entries_are_changed() {
    let app = TestApp::start().await;
    app.ok("POST", "/elements", crm()).await;
    let parameters = app
        .ok("GET", &format!("{CRM}/parameters"), Value::Null)
        .await;
    let at = format!("{CRM}/parameters/{}", parameters[0]["id"]);
    app.ok("DELETE", &at, Value::Null).await;
    assert_eq!(
        app.ok("GET", &format!("{CRM}/parameters"), Value::Null)
            .await,
        json!([])
    );
    assert_eq!(
        app.ok("GET", &format!("{CRM}/hooks"), Value::Null).await,
        json!([])
    );
    let hook = app
        .ok(
            "POST",
            &format!("{CRM}/hooks"),
            json!({"type": "postRequest", "body": "done()"}),
        )
        .await;
    assert_eq!(
        app.ok("GET", &format!("{CRM}/hooks/{}", hook["id"]), Value::Null)
            .await,
        hook
    );

    for key in [
        "base.url",
        "event.objects",
        "bulk.anything",
        "oauth.api.key",
    ] {
        let entry = json!({"key": key, "name": "x", "description": "d"});
        app.refused("POST", &format!("{CRM}/configuration"), entry, 400)
            .await;
    }
    let entry = json!({"key": "site", "name": "Site", "description": "d", "defaultValue": 7});
    let made = app
        .ok("POST", &format!("{CRM}/configuration"), entry.clone())
        .await;
    assert_eq!(
        (&made["defaultValue"], &made["id"]),
        (&json!("7"), &json!(3))
    );
    app.refused("POST", &format!("{CRM}/configuration"), entry, 409)
        .await;
    let put = json!({"key": "site.name", "name": "Site", "description": "d"});
    let put = app
        .ok("PUT", &format!("{CRM}/configuration/site"), put)
        .await;
    assert_eq!((&put["key"], &put["id"]), (&json!("site.name"), &json!(3)));
    app.ok(
        "DELETE",
        &format!("{CRM}/configuration/site.name"),
        Value::Null,
    )
    .await;
    app.refused(
        "DELETE",
        &format!("{CRM}/configuration/site.name"),
        Value::Null,
        404,
    )
    .await;
    // What every element has is there without being listed, and can be given a default.
    let page = json!({"name": "Page", "defaultValue": 50});
    app.ok("PUT", &format!("{CRM}/configuration/pagination.max"), page)
        .await;
    let shown = app
        .ok("GET", &format!("{CRM}/configuration"), Value::Null)
        .await;
    let find = |key: &str| -> Vec<Value> {
        let entries = shown["configuration"].as_array().unwrap();
        entries
            .iter()
            .filter(|entry| entry["key"] == key)
            .cloned()
            .collect()
    };
    assert_eq!(
        find("base.url")[0]["defaultValue"],
        "https://api.example.com"
    );
    assert_eq!(
        (find("base.url").len(), find("pagination.type").len()),
        (1, 1)
    );
    assert_eq!(find("pagination.max")[0]["defaultValue"], "50");
    assert_eq!(
        find("event.notification.enabled")[0]["defaultValue"],
        "false"
    );
}

#[tokio::test]
async fn an_export_gives_the_import_back_and_a_replacement_keeps_the_key() {
    let app = TestApp::start().await;
    let made = app.ok("POST", "/elements", crm()).await;
    let mut expected = crm();
    expected["id"] = made["id"].clone();
    expected["key"] = json!("mycrm");
    expected["active"] = json!(true);
    assert_eq!(
        app.ok("GET", &format!("{CRM}/export"), Value::Null).await,
        expected
    );
    let replacement = json!({"name": "Renamed", "key": "other", "authentication": {"type": "basic"}, "active": false});
    let put = app.ok("PUT", CRM, replacement).await;
    assert_eq!(
        (&put["key"], &put["name"], &put["version"]),
        (&json!("mycrm"), &json!("Renamed"), &json!(2))
    );
    assert_eq!((&put["id"], &put["active"]), (&made["id"], &json!(false)));
    let keys: Vec<&str> = put["configuration"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["key"].as_str().unwrap())
        .collect();
    for key in [
        "base.url",
        "username",
        "password",
        "pagination.max",
        "event.notification.enabled",
    ] {
        assert_eq!(
            keys.iter().filter(|known| **known == key).count(),
            1,
            "{key}: {keys:?}"
        );
    }
    app.refused("PUT", CRM, json!({"description": "nameless"}), 400)
        .await;
    app.refused("PUT", CRM, json!([]), 400).await;
    app.refused("PUT", "/elements/sfdc", json!({"name": "x"}), 403)
        .await;
    app.refused("PUT", "/elements/nonsense", json!({"name": "x"}), 404)
        .await;
}

#[tokio::test]
async fn a_clone_is_private_has_its_own_key_and_no_credentials() {
    let app = TestApp::start().await;
    let mut element = crm();
    element["configuration"].as_array_mut().unwrap().push(
        json!({"key": "oauth.api.key", "name": "k", "description": "d", "defaultValue": "the-application"}),
    );
    app.ok("POST", "/elements", element).await;
    let clone = app
        .ok("POST", &format!("{CRM}/clone"), json!({"ignored": true}))
        .await;
    assert_eq!(
        (&clone["key"], &clone["private"]),
        (&json!("mycrmclone"), &json!(true))
    );
    assert!(!clone.to_string().contains("the-application"));
    assert_eq!(
        app.ok("POST", &format!("{CRM}/clone"), Value::Null).await["key"],
        "mycrmclone2"
    );
    let sfdc = app.ok("POST", "/elements/sfdc/clone", Value::Null).await;
    assert_eq!(sfdc["key"], "sfdcclone");
    let resources = app.ok("GET", "/elements/sfdc/resources", Value::Null).await;
    assert_eq!(
        sfdc["resources"].as_array().unwrap().len(),
        resources.as_array().unwrap().len()
    );
    // An instance may switch to a clone, which leads nowhere else.
    let (id, token) = app.instance("sfdc").await;
    let moved = app
        .ok(
            "PATCH",
            &format!("/instances/{id}"),
            json!({"element": {"id": sfdc["id"]}}),
        )
        .await;
    assert_eq!(
        (&moved["element"]["id"], &moved["elementVersion"]),
        (&sfdc["id"], &json!(1))
    );
    app.resource("GET", "/hubs/crm/contacts", &token, Value::Null)
        .await
        .expect(200);
}

#[tokio::test]
async fn metadata_tells_what_an_element_can_do() {
    let app = TestApp::start().await;
    let all = app.ok("GET", "/elements/metadata", Value::Null).await;
    assert!(all.as_array().unwrap().len() >= 7);
    let plain = app.ok("GET", "/elements/sfdc/metadata", Value::Null).await;
    assert_eq!(plain["events"]["methods"], json!(["polling"]));
    let marketo = app
        .ok("GET", "/elements/marketo/metadata", Value::Null)
        .await;
    assert_eq!(
        (&marketo["id"], &marketo["key"]),
        (&json!(85), &json!("marketo"))
    );
    let whole = app
        .ok("GET", "/elements/23/metadata?expand=true", Value::Null)
        .await;
    for name in [
        "image",
        "displayOrder",
        "active",
        "beta",
        "transformations",
        "elementType",
        "churros",
        "normalizedPaging",
        "swaggerValidated",
        "cloneable",
        "authenticationType",
        "discovery",
        "bulk",
        "api",
        "hub",
    ] {
        assert!(whole.get(name).is_some(), "{name}: {whole}");
    }
    let resources = whole["resources"].as_array().unwrap();
    let contacts = resources
        .iter()
        .find(|one| one["canonicalName"] == "contacts")
        .unwrap();
    assert!(
        contacts["operations"]
            .as_array()
            .unwrap()
            .contains(&json!("search")),
        "{contacts}"
    );
    let message = app
        .refused("GET", "/elements/999999999999/metadata", Value::Null, 404)
        .await;
    assert_eq!(message, "No element found with key 999999999999");
}
