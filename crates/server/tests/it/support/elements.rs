//! Elements that tests build.

use serde_json::{Value, json};

use super::TestApp;
use super::recorder::{Recorder, json as answer};

/// Where the element of these tests is.
pub const CRM: &str = "/elements/mycrm";

/// A small element of the organization's own.
pub fn crm() -> Value {
    json!({"name": "My CRM", "description": "d", "authentication": {"type": "custom"}, "hub": "crm", "odd": [1, null],
        "configuration": [{"key": "base.url", "name": "Base", "description": "", "defaultValue": "https://api.example.com"},
            {"key": "api.key", "name": "Key", "type": "PASSWORD"}],
        "parameters": [{"name": "api.key", "type": "configuration", "vendorName": "x-key", "vendorType": "header"}],
        "resources": [{"method": "GET", "path": "/things", "vendorPath": "/v1/things"}]})
}

/// An application whose vendor is a recorder.
pub async fn with_vendor() -> (TestApp, Recorder) {
    let recorder = Recorder::start(|_| answer(200, r#"[{"id":"1"}]"#)).await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        for host in ["api.example.com", "other.example.com"] {
            config
                .vendor
                .connect
                .insert(host.to_owned(), origin.clone());
        }
    })
    .await;
    (app, recorder)
}

impl TestApp {
    /// The JSON of a platform call that succeeds.
    pub async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        let reply = self.platform(method, path, body).await.expect(200);
        if reply.body.is_empty() {
            Value::Null
        } else {
            reply.json()
        }
    }

    /// The message of one that does not.
    pub async fn refused(&self, method: &str, path: &str, body: Value, status: u16) -> String {
        self.platform(method, path, body).await.error(status)
    }
}
