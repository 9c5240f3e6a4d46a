//! The catalog, and elements that an organization brings itself.

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn the_catalog_is_open_in_both_vocabularies() {
    let app = TestApp::start().await;
    let all = app
        .call("GET", "/elements", "", Value::Null)
        .await
        .expect(200);
    let rows = all.json();
    let keys: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["key"].as_str().unwrap())
        .collect();
    for key in [
        "eloqua",
        "sfdc",
        "sfdcservicecloud",
        "sfdcmarketingcloud",
        "sfdcdocuments",
        "acton",
        "marketo",
        "salesforcemarketingcloud",
    ] {
        assert!(keys.contains(&key), "{key}: {keys:?}");
    }
    assert_eq!(
        all.header("elements-returned-count"),
        keys.len().to_string()
    );
    assert!(!rows[0]["resources"].as_array().unwrap().is_empty());
    let listed = app
        .call("GET", "/elements/keys", "", Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(listed, json!(keys));
    let one = app
        .send("GET", "/your_moms/api-v2/your_moms/27", &[], "")
        .await
        .expect(200)
        .json();
    assert_eq!(one["key"], "eloqua");
    assert!(
        one["description"].as_str().unwrap().contains("Your_mom"),
        "{}",
        one["description"]
    );
    assert_eq!(one["image"], "your_moms/provider_eloqua.png");
    let message = app
        .call("GET", "/elements/badelement", "", Value::Null)
        .await
        .error(404);
    assert_eq!(message, "No element found with key badelement");
}

#[tokio::test]
async fn the_catalog_comes_in_pages_and_in_short() {
    let app = TestApp::start().await;
    let mut keys = Vec::new();
    let mut next = String::new();
    loop {
        let path = format!("/elements?abridged=true&pageSize=3&nextPage={next}");
        let reply = app.call("GET", &path, "", Value::Null).await.expect(200);
        let rows = reply.json();
        for row in rows.as_array().unwrap() {
            assert!(row.get("resources").is_none());
            keys.push(row["key"].as_str().unwrap().to_owned());
        }
        reply
            .header("elements-next-page-token")
            .clone_into(&mut next);
        if next.is_empty() {
            break;
        }
    }
    let all = app
        .call("GET", "/elements/keys", "", Value::Null)
        .await
        .json();
    assert_eq!(json!(keys), all);
    let reply = app
        .call("GET", "/elements?pageSize=100000", "", Value::Null)
        .await
        .expect(200);
    assert!(reply.header("elements-error").contains("limited to 200"));
    app.call("GET", "/elements?pageSize=many", "", Value::Null)
        .await
        .error(400);
}

#[tokio::test]
async fn hubs_list_their_elements() {
    let app = TestApp::start().await;
    let keys = app
        .call("GET", "/hubs/keys", "", Value::Null)
        .await
        .expect(200)
        .json();
    assert!(keys.as_array().unwrap().contains(&json!("crm")), "{keys}");
    let hubs = app
        .call("GET", "/hubs?hydrate=true", "", Value::Null)
        .await
        .expect(200)
        .json();
    assert!(!hubs[0]["resources"].as_array().unwrap().is_empty());
    let crm = app
        .call("GET", "/hubs/crm/elements", "", Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(crm[0]["key"], "sfdc");
    app.call("GET", "/hubs/nonsense/elements", "", Value::Null)
        .await
        .error(404);
}

#[tokio::test]
async fn an_import_can_be_switched_exported_and_deleted() {
    let app = TestApp::start().await;
    let definition = json!({"name": "My CRM!", "description": "d", "authentication": {"type": "custom"},
        "hub": "crm", "active": false, "odd": [1, null], "resources": [{"method": "GET", "path": "/things", "vendorPath": "/t"}],
        "configuration": [{"key": "base.url", "name": "Base", "description": "", "defaultValue": "https://api.example.com"}]});
    let made = app
        .platform("POST", "/elements", definition.clone())
        .await
        .expect(200)
        .json();
    assert_eq!(made["key"], "mycrm");
    assert_eq!(made["active"], false);
    assert!(made["id"].as_i64().unwrap() >= 10_000);
    app.platform("POST", "/elements", definition)
        .await
        .error(409);
    app.platform("POST", "/elements", json!({"name": "x", "key": "sfdc"}))
        .await
        .error(409);
    app.platform("POST", "/elements", json!({"key": "nameless"}))
        .await
        .error(400);
    app.platform("POST", "/elements", json!([1]))
        .await
        .error(400);

    app.platform("POST", "/elements/mycrm/instances", json!({"name": "n"}))
        .await
        .error(400);
    let on = app
        .platform("PUT", "/elements/mycrm/active", Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(on["active"], true);
    let made = app
        .platform("POST", "/elements/mycrm/instances", json!({"name": "n"}))
        .await
        .expect(200)
        .json();
    app.platform("DELETE", "/elements/mycrm", Value::Null)
        .await
        .error(409);
    app.platform("DELETE", &format!("/instances/{}", made["id"]), Value::Null)
        .await
        .expect(200);

    let export = app
        .platform("GET", "/elements/mycrm/export", Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(export["odd"], json!([1, null]));
    // Another caller does not see it.
    app.call("GET", "/elements/mycrm", "", Value::Null)
        .await
        .error(404);
    app.platform("DELETE", "/elements/mycrm", Value::Null)
        .await
        .expect(200);
    app.platform("GET", "/elements/mycrm", Value::Null)
        .await
        .error(404);
    app.platform("POST", "/elements", export).await.expect(200);
    app.platform("DELETE", "/elements/sfdc", Value::Null)
        .await
        .error(403);
}

#[tokio::test]
async fn an_elements_configuration_is_an_object_of_two_lists() {
    let app = TestApp::start().await;
    let shown = app
        .platform("GET", "/elements/marketo/configuration", Value::Null)
        .await
        .expect(200)
        .json();
    let keys: Vec<&str> = shown["configuration"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["key"].as_str().unwrap())
        .collect();
    assert!(keys.contains(&"marketo.identity.url"), "{keys:?}");
    assert!(shown["providerData"].is_array());
}
