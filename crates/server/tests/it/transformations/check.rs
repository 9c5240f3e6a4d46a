//! Which mapped vendor fields are there, gone, or of another type.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::{Value, json};

use super::instance;
use crate::support::TestApp;
use crate::support::elements::crm;
use crate::support::recorder::{Recorder, json as answer};

/// What the vendor tells of its contacts.
const ALL: u8 = 0;
const CHANGED: u8 = 1;
const NO_OBJECT: u8 = 2;
const DOWN: u8 = 3;

fn told(state: u8) -> (u16, &'static str) {
    match state {
        ALL => (
            200,
            r#"{"fields":[{"name":"Id","type":"id"},{"name":"Email","type":"email"},{"name":"Size","type":"double"}]}"#,
        ),
        CHANGED => (
            200,
            r#"{"fields":[{"name":"Id","type":"id"},{"name":"Size","type":"string"}]}"#,
        ),
        NO_OBJECT => (
            404,
            r#"[{"errorCode":"NOT_FOUND","message":"no such object"}]"#,
        ),
        _ => (503, r#"[{"errorCode":"DOWN","message":"later"}]"#),
    }
}

async fn described() -> (TestApp, Recorder, Arc<AtomicU8>) {
    let state = Arc::new(AtomicU8::new(ALL));
    let now = Arc::clone(&state);
    let recorder = Recorder::start(move |asked| match asked.path.as_str() {
        "/v1/sobjects/Contact/describe" => {
            let (status, body) = told(now.load(Ordering::SeqCst));
            answer(status, body)
        }
        _ => answer(404, "[]"),
    })
    .await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        let connect = &mut config.vendor.connect;
        connect.insert("api.example.com".to_owned(), origin);
    })
    .await;
    let mut element = crm();
    element["resources"] = json!([
        {"method": "GET", "path": "/contacts", "vendorPath": "/v1/contacts", "objectName": "Contact"},
        {"method": "GET", "path": "/notes", "vendorPath": "/v1/notes"},
        {"method": "GET", "path": "/describe/{object}", "vendorPath": "/v1/sobjects/{object}/describe",
            "type": "describeFields", "rootKey": "|fields", "describe": {"name": "name", "type": "type",
                "others": true, "types": {"double": "number"}}},
        {"method": "GET", "path": "/describe-contact", "vendorPath": "/v1/sobjects/Contact/describe",
            "type": "describeFields", "rootKey": "|fields", "describe": {"of": ["contacts"], "name": "name", "type": "type",
                "types": {"double": "number"}}}]);
    app.ok("POST", "/elements", element).await;
    let mapping = |vendor: &str| {
        json!({"vendorName": vendor, "fields": [
        {"path": "id", "vendorPath": "Id"}, {"path": "mail", "vendorPath": "Email"},
        {"path": "size", "type": "number", "vendorPath": "Size"}, {"path": "made"}]})
    };
    for (name, vendor) in [("person", "contacts"), ("remark", "notes")] {
        let path = format!("/organizations/objects/{name}/definitions");
        app.ok("POST", &path, json!({"fields": []})).await;
        let path = format!("/organizations/elements/mycrm/transformations/{name}");
        app.ok("POST", &path, mapping(vendor)).await;
    }
    (app, recorder, state)
}

fn statuses(checked: &Value) -> Vec<String> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let fields = checked["fields"].as_array().unwrap().iter();
    fields
        .map(|one| format!("{} {}", text(one, "path"), text(one, "status")))
        .collect()
}

#[tokio::test]
async fn a_field_that_the_vendor_dropped_or_changed_is_named() {
    let (app, vendor, state) = described().await;
    let (id, token) = instance(&app, "mycrm").await;
    let path = format!("/instances/{id}/transformations/person/check");
    let fine = app.ok("GET", &path, Value::Null).await;
    assert_eq!(
        (&fine["ok"], &fine["describedBy"], &fine["level"]),
        (&json!(true), &json!("vendor"), &json!("organization"))
    );
    assert_eq!(fine["counts"]["ok"], 3);
    state.store(CHANGED, Ordering::SeqCst);
    let path = "/instances/transformations/person/check";
    let reply = app.resource("GET", path, &token, Value::Null).await;
    let checked = reply.expect(200).json();
    assert_eq!(statuses(&checked), ["id ok", "mail gone", "size changed"]);
    assert_eq!(checked["ok"], false);
    assert_eq!(checked["fields"][2]["foundType"], "string");
    assert_eq!(
        checked["fields"][1]["message"],
        "The vendor has no field `Email`."
    );
    state.store(NO_OBJECT, Ordering::SeqCst);
    let reply = app.resource("GET", path, &token, Value::Null).await;
    assert_eq!(reply.expect(200).json()["counts"]["gone"], 3);
    state.store(DOWN, Ordering::SeqCst);
    let reply = app.resource("GET", path, &token, Value::Null).await;
    assert!(
        (500..=599).contains(&reply.status),
        "what cannot be asked is not claimed: {}",
        reply.text()
    );
    assert!(vendor.take().len() >= 4);
}

#[tokio::test]
async fn what_nobody_describes_is_unknown_and_what_is_not_mapped_is_not_there() {
    let (app, vendor, _) = described().await;
    let (id, _) = instance(&app, "mycrm").await;
    let of = |name: &str| format!("/instances/{id}/transformations/{name}/check");
    let checked = app.ok("GET", &of("remark"), Value::Null).await;
    assert_eq!(checked["describedBy"], "nobody");
    assert_eq!(checked["counts"]["unknown"], 3);
    app.refused("GET", &of("nothing"), Value::Null, 404).await;
    app.refused(
        "GET",
        "/instances/-1/transformations/person/check",
        Value::Null,
        404,
    )
    .await;
    app.ok("DELETE", &format!("/instances/{id}/enabled"), Value::Null)
        .await;
    let checked = app.ok("GET", &of("person"), Value::Null).await;
    assert_ne!(
        checked["describedBy"], "vendor",
        "a disabled instance asks nobody"
    );
    assert!(vendor.take().is_empty());
    let fields = format!("/instances/{id}/objects/contacts/metadata");
    assert!(app.ok("GET", &fields, Value::Null).await["fields"].is_array());
    let names = app
        .ok("GET", &format!("/instances/{id}/objects"), Value::Null)
        .await;
    assert_eq!(names, json!(["contacts", "notes", "person", "remark"]));
}
