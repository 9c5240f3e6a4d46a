//! Transformations as callers see them: definitions and mappings by level, calls in common names.

mod calls;
mod check;
mod common;
mod levels;
mod ready;
mod scripts;

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::recorder::{Asked, Recorder, json as answer};

/// What the vendor has.
const RECORDS: &str = r#"[{"Id":"1","Email":"a@x.io","Other":7,"Modified":"2020-01-01",
    "MailingAddress":{"City":"Rome"},"Phones":[{"Number":"1","X":2}]}]"#;

fn vendor(asked: &Asked) -> axum::response::Response {
    if asked.path.contains("/broken") {
        return answer(200, "[{\"Id\": ");
    }
    match asked.method.as_str() {
        "GET" if asked.path.matches('/').count() == 3 => {
            answer(200, r#"{"Id":"1","Email":"a@x.io","Other":7}"#)
        }
        "GET" => answer(200, RECORDS),
        "DELETE" => answer(200, ""),
        _ => {
            let mut body: Value = serde_json::from_slice(&asked.body).unwrap_or_else(|_| json!({}));
            body["Id"] = json!("new");
            answer(200, &body.to_string())
        }
    }
}

/// The resources of an element whose object is `Contact`.
fn element(key: &str) -> Value {
    let query = |name: &str| json!({"name": name, "type": "query", "vendorName": name, "vendorType": "query"});
    let id = json!([{"name": "id", "type": "path", "vendorName": "id", "vendorType": "path"}]);
    let body = json!({"name": "body", "type": "body", "vendorName": "body", "vendorType": "body"});
    let with_body = |mut parameters: Value| {
        parameters.as_array_mut().unwrap().push(body.clone());
        parameters
    };
    json!({
        "name": key, "key": key, "hub": "crm", "authentication": {"type": "custom"},
        "configuration": [
            {"key": "base.url", "name": "Base", "defaultValue": "https://api.mapped.example/v1"},
            {"key": "api.key", "name": "Key", "type": "PASSWORD"},
        ],
        "resources": [
            {"method": "GET", "path": "/Contact", "vendorPath": "/Contact",
             "parameters": [query("where"), query("fields"), query("orderBy")]},
            {"method": "POST", "path": "/Contact", "vendorPath": "/Contact", "parameters": with_body(json!([]))},
            {"method": "GET", "path": "/Contact/{id}", "vendorPath": "/Contact/{id}", "parameters": id},
            {"method": "PATCH", "path": "/Contact/{id}", "vendorPath": "/Contact/{id}", "parameters": with_body(id.clone())},
            {"method": "DELETE", "path": "/Contact/{id}", "vendorPath": "/Contact/{id}", "parameters": id},
            {"method": "GET", "path": "/Contact/{id}/Note", "vendorPath": "/Contact/{id}/Note/all", "parameters": id},
            {"method": "GET", "path": "/broken", "vendorPath": "/broken"},
        ],
    })
}

/// An application with an element, and an instance of it.
struct Fixture {
    app: TestApp,
    recorder: Recorder,
    id: i64,
    token: String,
}

impl Fixture {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut ligand_server::config::Config)) -> Self {
        let recorder = Recorder::start(vendor).await;
        let origin = recorder.origin.clone();
        let app = TestApp::with(|config| {
            config
                .vendor
                .connect
                .insert("api.mapped.example".to_owned(), origin);
            change(config);
        })
        .await;
        app.ok("POST", "/elements", element("mapped")).await;
        let (id, token) = instance(&app, "mapped").await;
        Self {
            app,
            recorder,
            id,
            token,
        }
    }

    /// The organization gets the definition of a person.
    async fn define(&self) {
        let path = "/organizations/objects/person/definitions";
        self.app.ok("POST", path, definition()).await;
    }

    /// And how the element's contacts become one.
    async fn map(&self, transformation: Value) {
        let path = "/organizations/elements/mapped/transformations/person";
        self.app.ok("POST", path, transformation).await;
    }

    /// The JSON that a call of the instance answers.
    async fn get(&self, path: &str) -> Value {
        self.app
            .resource("GET", path, &self.token, Value::Null)
            .await
            .expect(200)
            .json()
    }
}

async fn instance(app: &TestApp, element: &str) -> (i64, String) {
    let body = json!({"element": {"key": element}, "name": "x", "configuration": {"api.key": "k"}});
    let made = app.ok("POST", "/instances", body).await;
    (
        made["id"].as_i64().unwrap(),
        made["token"].as_str().unwrap().to_owned(),
    )
}

/// A definition of a person and its mapping.
fn definition() -> Value {
    json!({"fields": [
        {"path": "id", "type": "string", "level": "system"}, {"path": "mail"},
        {"path": "address.town", "type": "string"}, {"path": "phones", "type": "array"},
        {"path": "phones[*].no", "type": "string"},
    ]})
}

fn closed() -> Value {
    json!([{"type": "passThrough", "properties": {"fromVendor": false, "toVendor": false}}])
}

fn transformation() -> Value {
    json!({"vendorName": "Contact", "configuration": closed(), "fields": [
        {"path": "id", "vendorPath": "Id"}, {"path": "mail", "vendorPath": "Email"},
        {"path": "address.town", "vendorPath": "MailingAddress.City"},
        {"path": "phones[*].no", "vendorPath": "Phones[*].Number"},
    ]})
}
