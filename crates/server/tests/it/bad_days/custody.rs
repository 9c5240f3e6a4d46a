//! The record of custody cannot be written: nothing happens that would have to stand in it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::faults::{self, Vendor};
use crate::support::TestApp;
use crate::support::recorder::Recorder;

/// A vendor whose element asks nothing between a grant and the instance.
async fn world() -> (TestApp, Recorder, Arc<Mutex<Vendor>>) {
    let vendor = Arc::new(Mutex::new(Vendor::default()));
    let shared = Arc::clone(&vendor);
    let recorder = Recorder::start(move |asked| shared.lock().unwrap().answer(asked)).await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        let connect = &mut config.vendor.connect;
        connect.insert("api.example.com".to_owned(), origin.clone());
        connect.insert("auth.example.com".to_owned(), origin);
    })
    .await;
    let mut element = faults::element();
    let resources = element["resources"].as_array_mut().unwrap();
    resources.retain(|resource| resource["type"] != "provisionAuthValidation");
    app.ok("POST", "/elements", element).await;
    (app, recorder, vendor)
}

/// The table goes away, and comes back.
fn rename(app: &TestApp, from: &str, to: &str) {
    let path = app.app.config.data_dir().join("ligand.db");
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    let statement = format!("ALTER TABLE {from} RENAME TO {to}");
    connection.execute_batch(&statement).unwrap();
}

#[tokio::test]
async fn a_host_that_cannot_be_recorded_is_not_sent_the_credential() {
    let (app, recorder, _) = world().await;
    let made = app.ok("POST", "/instances", faults::account("a")).await;
    let token = made["token"].as_str().unwrap();
    recorder.take();
    rename(&app, "custody", "away");
    let call = async || {
        app.resource("GET", "/hubs/crm/things", token, Value::Null)
            .await
    };
    let refusal = call().await.error(503);
    assert!(refusal.contains("could not be recorded"), "{refusal}");
    assert!(
        recorder.take().is_empty(),
        "it was asked without a record of it"
    );
    rename(&app, "away", "custody");
    call().await.expect(200);
    rename(&app, "custody", "away");
    // What stands there need not be written again.
    call().await.expect(200);
    rename(&app, "away", "custody");
    let path = format!("/instances/{}/custody?event=host", made["id"]);
    let hosts = app.ok("GET", &path, Value::Null).await;
    let hosts: Vec<&Value> = hosts
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["detail"])
        .collect();
    assert_eq!(
        hosts,
        [&json!("auth.example.com"), &json!("api.example.com")]
    );
}

#[tokio::test]
async fn a_grant_whose_instance_cannot_be_kept_is_ended_at_the_vendor() {
    let (app, recorder, vendor) = world().await;
    app.ok("POST", "/instances", faults::account("kept")).await;
    rename(&app, "custody", "away");
    recorder.take();
    let made = app.platform("POST", "/instances", faults::account("lost"));
    made.await.error(500);
    let asked = recorder.take();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths, ["/token", "/revoke"]);
    rename(&app, "away", "custody");
    assert_eq!(vendor.lock().unwrap().grants(), 1, "that of the first");
    let listed = app.ok("GET", "/instances", Value::Null).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
}
