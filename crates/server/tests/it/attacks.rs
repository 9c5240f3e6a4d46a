//! Ten attacks that fail, and those of the wire beside them. `SECURITY.md` says which promise each of them tests.

mod answers;
mod hosts;
mod stored;
mod tenants;
mod wire;

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::recorder::{Recorder, json as answer};

/// The credential that must not arrive anywhere but at the vendor.
const CREDENTIAL: &str = "c0ffee-credential-of-the-customer";

/// An application, a vendor at `api.victim.example`, and a collector at every `*.evil.example`, reachable if only we
/// were made to call it.
async fn staged(element: Value) -> (TestApp, Recorder, Recorder) {
    let vendor = Recorder::start(|asked| match asked.path.as_str() {
        "/oauth/token" => answer(
            200,
            r#"{"access_token":"granted-token","refresh_token":"granted-refresh","expires_in":3600}"#,
        ),
        _ => answer(200, r#"[{"id":"1"}]"#),
    })
    .await;
    let collector = Recorder::start(|_| answer(200, r#"{"access_token":"x"}"#)).await;
    let (origin, evil) = (vendor.origin.clone(), collector.origin.clone());
    let app = TestApp::with(|config| {
        let map = &mut config.vendor.connect;
        map.insert("api.victim.example".to_owned(), origin.clone());
        map.insert("*.victim.example".to_owned(), origin);
        map.insert("*.evil.example".to_owned(), evil);
    })
    .await;
    app.ok("POST", "/elements", element).await;
    (app, vendor, collector)
}

/// An element with a key in a header; `more` adds or replaces members.
fn victim(more: Value) -> Value {
    let mut element = json!({"name": "Victim", "key": "victim", "hub": "crm", "authentication": {"type": "custom"},
        "configuration": [
            {"key": "base.url", "defaultValue": "https://api.victim.example"},
            {"key": "secret.key", "type": "PASSWORD"}],
        "parameters": [{"type": "configuration", "name": "secret.key", "vendorType": "header", "vendorName": "X-Key"}],
        "resources": [{"method": "GET", "path": "/things", "vendorPath": "/things"}]});
    if let (Value::Object(element), Value::Object(more)) = (&mut element, more) {
        element.extend(more);
    }
    element
}

/// An instance of it: id and token.
async fn instance(app: &TestApp, more: Value) -> (i64, String) {
    let mut configuration = json!({"secret.key": CREDENTIAL});
    if let (Value::Object(all), Value::Object(more)) = (&mut configuration, more) {
        all.extend(more);
    }
    let body = json!({"name": "I", "configuration": configuration});
    let made = app.ok("POST", "/elements/victim/instances", body).await;
    let token = made["token"].as_str().unwrap().to_owned();
    (made["id"].as_i64().unwrap(), token)
}
