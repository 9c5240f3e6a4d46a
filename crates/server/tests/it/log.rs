//! What the log says, and what it never says.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::TestApp;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_calls_and_holds_no_secret_even_when_it_tells_everything() {
    let kept = Kept::default();
    let writer = kept.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    app.resource(
        "GET",
        "/contacts?where=LastName%3D'in-the-query'",
        &token,
        Value::Null,
    )
    .await
    .expect(200);
    app.control("/tokens/revoke", json!({"vendor": "salesforce"}))
        .await;
    app.resource("GET", "/contacts", &token, Value::Null)
        .await
        .error(401);
    let wrong = json!({"username": "admin@example.com", "password": "p4ssword-tried"});
    app.call("POST", "/authentication", "", wrong)
        .await
        .error(401);
    let organization = ligand_model::id::OrganizationId(2);
    let stored = app
        .app
        .store
        .instance(organization, ligand_model::id::InstanceId(id));
    let document = stored.await.unwrap().unwrap().open().unwrap();
    drop(guard);

    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    // Our own lines; the libraries' are theirs and off by default.
    let ours: String = log
        .lines()
        .filter(|line| line.contains("ligand"))
        .collect::<Vec<_>>()
        .join("\n");
    assert!(ours.contains("/hubs/crm/contacts"), "{ours}");
    for secret in [
        token.as_str(),
        &app.user,
        &app.organization,
        "s3cret-of-the-application",
        "in-the-query",
        "p4ssword-tried",
        &document.values["oauth.user.token"],
        &document.values["oauth.user.refresh_token"],
    ] {
        assert!(!ours.contains(secret), "the log holds {secret}");
    }
}
