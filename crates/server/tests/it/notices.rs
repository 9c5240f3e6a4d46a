//! An application hears that its customer must reconnect, with a link that leads there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ligand_server::service::notices::tell_due;
use ring::hmac;
use serde_json::{Value, json};

use crate::connect::Page;
use crate::support::TestApp;
use crate::support::recorder::{Asked, Recorder, json as answer};

async fn started() -> (TestApp, Recorder, Arc<AtomicU16>) {
    let status = Arc::new(AtomicU16::new(200));
    let told = Arc::clone(&status);
    let recorder = Recorder::start(move |_| answer(told.load(Ordering::SeqCst), "{}")).await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        config
            .vendor
            .connect
            .insert("hooks.example.com".to_owned(), origin);
    })
    .await;
    let target = json!({"url": "https://hooks.example.com/ligand"});
    app.ok("PUT", "/organizations/me/notices", target).await;
    (app, recorder, status)
}

/// Connect pages need an application of the organization's own.
async fn register(app: &TestApp) {
    let application = json!({"apiKey": "k", "apiSecret": "s", "callbackUrl": "https://x"});
    app.platform("PUT", "/elements/sfdc/application", application)
        .await
        .expect(200);
}

/// An instance whose customer took the grant back, and that a call has found so.
async fn revoked(app: &TestApp) -> i64 {
    let (id, token) = app.instance("sfdc").await;
    app.control("/tokens/revoke", json!({"vendor": "salesforce"}))
        .await;
    app.resource("GET", "/contacts", &token, Value::Null)
        .await
        .expect(401);
    id
}

/// As the guide to Connect tells: the signature over id, time and body, and a time that is now.
fn is_signed(app: &TestApp, asked: &Asked) -> bool {
    let now = ligand_model::time::Clock::now(&*app.clock).0 / 1000;
    if asked.header("webhook-timestamp") != now.to_string() {
        return false;
    }
    let key = STANDARD.decode(&app.organization).unwrap();
    let mut signed = format!(
        "{}.{}.",
        asked.header("webhook-id"),
        asked.header("webhook-timestamp")
    )
    .into_bytes();
    signed.extend_from_slice(&asked.body);
    let given = asked.header("webhook-signature").strip_prefix("v1,");
    let given = STANDARD.decode(given.unwrap()).unwrap();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), &signed, &given).is_ok()
}

#[tokio::test]
async fn a_refused_grant_is_told_once_with_a_link_to_reconnect() {
    let (app, recorder, _) = started().await;
    register(&app).await;
    let id = revoked(&app).await;
    tell_due(&app.app).await.unwrap();
    tell_due(&app.app).await.unwrap();
    let asked = recorder.take();
    assert_eq!(asked.len(), 1);
    assert!(is_signed(&app, &asked[0]));
    let mut forged = asked[0].clone();
    forged.body = [&*forged.body, b" "].concat().into();
    assert!(!is_signed(&app, &forged));
    let told: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(told["type"], "instance.invalid");
    assert_eq!(told["data"]["instance"]["id"], id);
    assert_eq!(told["data"]["element"]["key"], "sfdc");
    assert_eq!(told["data"]["reason"], "refused");
    let link = told["data"]["reconnectUrl"].as_str().unwrap();
    assert!(link.contains("/connect?session="), "{link}");
    let text = String::from_utf8_lossy(&asked[0].body).into_owned();
    assert!(!text.contains("s3cret-of-the-application"), "{text}");

    // Who follows it reconnects; nobody follows it twice.
    let begun = json!({"url": link});
    let mut page = Page::default();
    page.open(&app, &begun).await.expect(200);
    let second = Page::default().open(&app, &begun).await;
    assert!((400..500).contains(&second.status), "{}", second.text());
    let element = json!({"element": "sfdc"});
    page.ask(&app, "consents", element.clone())
        .await
        .expect(200);
    page.consent(&app, "approve").await;
    page.ask(&app, "finish", element).await.expect(200);
    let shown = app
        .ok("GET", &format!("/instances/{id}"), Value::Null)
        .await;
    assert_eq!(shown["valid"], true);
}

#[tokio::test]
async fn a_link_to_reconnect_opens_for_half_an_hour() {
    let (app, recorder, _) = started().await;
    register(&app).await;
    revoked(&app).await;
    tell_due(&app.app).await.unwrap();
    let told: Value = serde_json::from_slice(&recorder.take()[0].body).unwrap();
    let begun = json!({"url": told["data"]["reconnectUrl"]});
    app.clock.advance(30 * 60 * 1000);
    let late = Page::default().open(&app, &begun).await;
    assert!((400..500).contains(&late.status), "{}", late.text());
}

#[tokio::test]
async fn a_notice_is_told_until_it_is_heard_or_no_longer_true() {
    let (app, recorder, status) = started().await;
    status.store(500, Ordering::SeqCst);
    let id = revoked(&app).await;
    tell_due(&app.app).await.unwrap();
    let first = recorder.take();
    assert_eq!(first.len(), 1);
    tell_due(&app.app).await.unwrap();
    assert_eq!(recorder.take().len(), 0, "not at once");
    app.clock.advance(6_000);
    tell_due(&app.app).await.unwrap();
    let second = recorder.take();
    assert!(is_signed(&app, &second[0]), "of the second attempt's time");
    assert_eq!(
        second[0].header("webhook-id"),
        first[0].header("webhook-id")
    );
    let code = json!({"providerData": app.guide_body("sfdc").await["providerData"]});
    app.ok("PUT", &format!("/instances/{id}"), code).await;
    app.clock.advance(60_000);
    tell_due(&app.app).await.unwrap();
    assert_eq!(recorder.take().len(), 0, "it was reconnected");
}

#[tokio::test]
async fn who_does_not_ask_is_not_told_and_nobody_is_told_inside_our_network() {
    let (app, recorder, _) = started().await;
    let path = "/organizations/me/notices";
    let shown = app.ok("GET", path, Value::Null).await;
    assert_eq!(shown["url"], "https://hooks.example.com/ligand");
    app.ok("DELETE", path, Value::Null).await;
    assert_eq!(app.ok("GET", path, Value::Null).await, json!({}));
    revoked(&app).await;
    tell_due(&app.app).await.unwrap();
    assert_eq!(recorder.take().len(), 0);
    for bad in [
        "http://example.com",
        "https://127.0.0.1/x",
        "https://169.254.169.254/",
        "nowhere",
        "",
    ] {
        app.refused("PUT", path, json!({"url": bad}), 400).await;
    }
}
