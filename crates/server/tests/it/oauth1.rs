//! OAuth 1: request token, consent, access token, signed calls.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::recorder::{Asked, Recorder, json as answer};

fn form(text: &str) -> axum::response::Response {
    axum::response::Response::builder()
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(text.to_owned()))
        .unwrap()
}

fn vendor(asked: &Asked) -> axum::response::Response {
    match asked.path.as_str() {
        "/request" => form("oauth_token=rt&oauth_token_secret=rs&oauth_callback_confirmed=true"),
        "/access" => form("oauth_token=at&oauth_token_secret=as"),
        _ => answer(200, "[]"),
    }
}

fn element() -> Value {
    json!({"name": "Signed", "authentication": {"type": "oauth1"}, "hub": "crm", "configuration": [
        {"key": "base.url", "name": "", "description": "", "defaultValue": "https://api.signed.example"},
        {"key": "oauth.request.url", "name": "", "description": "", "defaultValue": "https://api.signed.example/request"},
        {"key": "oauth.authorization.url", "name": "", "description": "", "defaultValue": "https://api.signed.example/authorize"},
        {"key": "oauth.token.url", "name": "", "description": "", "defaultValue": "https://api.signed.example/access"}],
        "resources": [{"method": "GET", "path": "/things", "vendorPath": "/things"}]})
}

#[tokio::test]
async fn a_request_token_becomes_an_instance_whose_calls_are_signed() {
    let recorder = Recorder::start(vendor).await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        config
            .vendor
            .connect
            .insert("api.signed.example".to_owned(), origin);
    })
    .await;
    app.platform("POST", "/elements", element())
        .await
        .expect(200);
    let asked = "apiKey=key&apiSecret=s3cret&callbackUrl=https://app.example/cb";
    let path = format!("/elements/signed/oauth/token?{asked}");
    let made = app
        .platform("GET", &path, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(made, json!({"token": "rt", "secret": "rs"}));
    assert!(
        recorder.take()[0]
            .header("authorization")
            .starts_with("OAuth ")
    );
    // Whoever may not see the element learns nothing, and elements with other manners say so.
    app.call("GET", &path, "", Value::Null).await.error(404);
    app.call(
        "GET",
        &format!("/elements/sfdc/oauth/token?{asked}"),
        "",
        Value::Null,
    )
    .await
    .error(400);

    let path = format!("/elements/signed/oauth/url?requestToken=rt&{asked}");
    let url = app
        .platform("GET", &path, Value::Null)
        .await
        .expect(200)
        .json();
    assert!(
        url["oauthUrl"].as_str().unwrap().contains("oauth_token=rt"),
        "{url}"
    );
    let body = json!({"name": "n", "configuration": {"oauth.api.key": "key", "oauth.api.secret": "s3cret"},
        "providerData": {"oauth_token": "rt", "oauth_verifier": "v", "secret": "rs"}});
    let made = app
        .platform("POST", "/elements/signed/instances", body)
        .await
        .expect(200)
        .json();
    assert_eq!(made["configuration"]["oauth.user.token.secret"], "********");
    assert_eq!(recorder.take()[0].path, "/access");
    let token = made["token"].as_str().unwrap();
    app.resource("GET", "/things", token, Value::Null)
        .await
        .expect(200);
    let call = &recorder.take()[0];
    let signed = call.header("authorization");
    assert!(
        signed.contains("oauth_token=\"at\"") && signed.contains("HMAC-SHA1"),
        "{signed}"
    );
}
