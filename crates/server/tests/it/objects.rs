//! Objects and fields as the vendor tells them.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::elements::crm;
use crate::support::recorder::{Recorder, json as answer};

/// An element whose vendor describes itself, and an instance of it.
async fn described() -> (TestApp, Recorder, i64, String) {
    let recorder = Recorder::start(|asked| match asked.path.as_str() {
        "/v1/sobjects" => answer(
            200,
            r#"{"sobjects":[{"name":"Contact","queryable":true},{"name":"Invoice__c","queryable":true},
                {"name":"Secret","queryable":false}]}"#,
        ),
        "/v1/sobjects/Contact/describe" => answer(
            200,
            r#"{"fields":[{"name":"Level__c","label":"Level","type":"picklist","custom":true,"createable":true,
                "picklistValues":[{"active":true,"label":"Primary","value":"1"}]},{"name":"Id","type":"id","label":null}]}"#,
        ),
        "/v1/sobjects/Invoice__c/describe" => answer(200, r#"{"fields":[{"name":"Id"}]}"#),
        "/v1/sobjects/Odd/describe" => answer(200, r#"{"fields":"none"}"#),
        _ => answer(404, r#"[{"errorCode":"NOT_FOUND","message":"no such object"}]"#),
    })
    .await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        config
            .vendor
            .connect
            .insert("api.example.com".to_owned(), origin);
    })
    .await;
    let mut element = crm();
    element["resources"] = json!([
        {"method": "GET", "path": "/contacts", "vendorPath": "/v1/contacts", "objectName": "Contact"},
        {"method": "GET", "path": "/describe", "vendorPath": "/v1/sobjects", "type": "describeObjects",
            "rootKey": "|sobjects", "describe": {"name": "name", "when": "queryable"}},
        {"method": "GET", "path": "/describe/{object}", "vendorPath": "/v1/sobjects/{object}/describe",
            "type": "describeFields", "rootKey": "|fields", "parameters": [
                {"type": "query", "name": "discoveryId", "vendorType": "query", "vendorName": "list"}],
            "describe": {"name": "name", "displayName": "label", "type": "type", "custom": "custom",
                "createable": "createable", "updateable": "updateable",
                "choices": {"list": "picklistValues", "value": "value", "label": "label", "active": "active"}}}]);
    app.ok("POST", "/elements", element).await;
    let body = json!({"name": "I", "configuration": {"api.key": "k-1"}});
    let made = app.ok("POST", "/elements/mycrm/instances", body).await;
    let id = made["id"].as_i64().unwrap();
    let token = made["token"].as_str().unwrap().to_owned();
    (app, recorder, id, token)
}

#[tokio::test]
async fn a_vendor_tells_its_objects_and_fields() {
    let (app, vendor, _, token) = described().await;
    let names = app
        .resource("GET", "/objects", &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(names, json!(["Contact", "Invoice__c", "contacts"]));
    assert_eq!(vendor.take()[0].header("x-key"), "k-1");
    let credentials = app.with_token(&token);
    let headers = [
        ("authorization", &*credentials),
        ("elements-version", "Helium"),
    ];
    let rows = app
        .send("GET", "/elements/api-v2/hubs/crm/objects", &headers, "")
        .await
        .expect(200)
        .json();
    let of = |name: &str, vendor: &str, kind: &str| json!({"name": name, "vendorName": vendor, "type": kind});
    assert_eq!(
        rows,
        json!([
            of("Contact", "Contact", "vendor"),
            of("Invoice__c", "Invoice__c", "vendor"),
            of("contacts", "Contact", "ceCanonical")
        ])
    );
    for name in ["contacts", "contact", "Contact"] {
        let path = format!("/objects/{name}/metadata?discoveryId=7");
        let found = app.resource("GET", &path, &token, Value::Null).await;
        let found = found.expect(200).json();
        let level = json!({"vendorPath": "Level__c", "path": "Level__c", "type": "string", "vendorNativeType": "picklist",
            "vendorDisplayName": "Level", "filterable": false, "createable": true, "updateable": false, "required": false,
            "vendorRequired": false, "vendorReadOnly": false, "custom": true, "primaryKey": false,
            "picklistValues": [{"value": "1", "displayValue": "Primary", "active": true}], "method": ["GET", "POST"]});
        assert_eq!(found["fields"][0], level);
        assert_eq!(found["fields"][1]["vendorDisplayName"], "Id");
        assert_eq!(vendor.take().last().unwrap().query, "list=7");
    }
    let custom = "/hubs/crm/objects/Contact/metadata?customFieldsOnly=true";
    let custom = app.resource("GET", custom, &token, Value::Null).await;
    assert_eq!(
        custom.expect(200).json()["fields"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let path = "/objects/Invoice__c/metadata";
    app.resource("GET", path, &token, Value::Null)
        .await
        .expect(200);
}

#[tokio::test]
async fn what_the_vendor_refuses_or_garbles_is_said_and_models_answer_without_it() {
    let (app, vendor, id, token) = described().await;
    let nothing = "/objects/Nothing/metadata";
    app.resource("GET", nothing, &token, Value::Null)
        .await
        .error(404);
    let message = app
        .resource("GET", "/objects/Odd/metadata", &token, Value::Null)
        .await
        .error(502);
    assert!(message.contains("not the list"), "{message}");
    vendor.take();
    let models = "/objects/contacts/metadata?useModels=true";
    app.resource("GET", models, &token, Value::Null)
        .await
        .expect(200);
    app.ok("DELETE", &format!("/instances/{id}/enabled"), Value::Null)
        .await;
    let names = app.resource("GET", "/objects", &token, Value::Null).await;
    assert_eq!(names.expect(200).json(), json!(["contacts"]));
    assert!(vendor.take().is_empty(), "nobody was asked");
}

#[tokio::test]
async fn a_describing_call_is_explained_and_is_no_resource_of_its_own() {
    let (app, vendor, _, token) = described().await;
    let credentials = app.with_token(&token);
    let headers = [
        ("authorization", &*credentials),
        ("elements-explain", "dry-run"),
    ];
    let url = "/elements/api-v2/objects/contacts/metadata";
    let explained = app.send("GET", url, &headers, "").await.expect(200).text();
    assert!(
        explained.contains("/v1/sobjects/Contact/describe"),
        "{explained}"
    );
    assert!(vendor.take().is_empty(), "a dry run asks nobody");
    app.resource("GET", "/describe", &token, Value::Null)
        .await
        .error(400);
}
