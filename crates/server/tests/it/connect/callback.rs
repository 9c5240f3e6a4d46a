//! What an application's server is told, and for how long a session is remembered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ligand_server::service::connect::callback;
use serde_json::{Value, json};

use super::{Page, begin, marketo, standing};
use crate::support::TestApp;

/// Headers and body.
type Message = (BTreeMap<String, String>, String);

/// An application's server: what it was sent, and what it answers.
struct Heard {
    url: String,
    seen: Arc<Mutex<Vec<Message>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

async fn listen() -> Heard {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/ligand", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let answers = Arc::new(Mutex::new(Vec::new()));
    let (into, from) = (Arc::clone(&seen), Arc::clone(&answers));
    let heard = move |headers: http::HeaderMap, body: String| {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    value.to_str().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        into.lock().unwrap().push((headers, body));
        let status = from.lock().unwrap().pop().unwrap_or(200);
        async move { http::StatusCode::from_u16(status).unwrap() }
    };
    let router = axum::Router::new().route("/ligand", axum::routing::post(heard));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Heard { url, seen, answers }
}

#[tokio::test]
async fn the_application_is_told_signed_until_it_has_heard() {
    let app = TestApp::with(|config| {
        config.vendor.allow_private = vec![serde_json::from_value(json!("127.0.0.1/32")).unwrap()];
    })
    .await;
    let server = listen().await;
    server.answers.lock().unwrap().push(500);
    let begun = begin(
        &app,
        json!({"elements": ["marketo"], "callbackUrl": server.url, "reference": "customer-42"}),
    )
    .await;
    let mut page = Page::default();
    page.open(&app, &begun).await.expect(200);
    page.ask(&app, "finish", marketo("secret"))
        .await
        .expect(200);
    callback::tell_due(&app.app).await.unwrap();
    callback::tell_due(&app.app).await.unwrap();
    assert_eq!(
        server.seen.lock().unwrap().len(),
        1,
        "it is told again only after a while"
    );
    app.clock.advance(5_000);
    callback::tell_due(&app.app).await.unwrap();
    app.clock.advance(24 * 3600 * 1000);
    callback::tell_due(&app.app).await.unwrap();
    let seen = server.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 2, "once it has heard it is left in peace");
    let token = standing(&app, &begun).await["instance"]["token"]
        .as_str()
        .unwrap()
        .to_owned();
    for (headers, body) in &seen {
        assert_eq!(headers["webhook-id"], format!("connect_{}", begun["id"]));
        let content = format!(
            "{}.{}.{body}",
            headers["webhook-id"], headers["webhook-timestamp"]
        );
        let key = STANDARD.decode(&app.organization).unwrap();
        let signature = STANDARD
            .decode(headers["webhook-signature"].strip_prefix("v1,").unwrap())
            .unwrap();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        ring::hmac::verify(&key, content.as_bytes(), &signature).unwrap();
        let told: Value = serde_json::from_str(body).unwrap();
        assert_eq!(told["type"], "connect.connected");
        assert_eq!(told["data"]["reference"], "customer-42");
        assert_eq!(told["data"]["instance"]["element"]["key"], "marketo");
        assert!(!body.contains(&token), "the token must not travel");
    }
}

#[tokio::test]
async fn sessions_are_forgotten_a_day_after_their_end() {
    let app = TestApp::start().await;
    let begun = begin(&app, json!({"elements": ["marketo"]})).await;
    app.clock.advance(24 * 3600 * 1000);
    callback::sweep(&app.app).await.unwrap();
    assert_eq!(standing(&app, &begun).await["status"], "expired");
    app.clock.advance(31 * 60 * 1000);
    callback::sweep(&app.app).await.unwrap();
    app.platform(
        "GET",
        &format!("/connect/sessions/{}", begun["id"]),
        Value::Null,
    )
    .await
    .error(404);
}
