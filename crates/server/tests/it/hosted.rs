//! Registered applications and the hosted consent.

use serde_json::{Value, json};

use crate::support::TestApp;

async fn register(app: &TestApp, element: &str) {
    let application = json!({"apiKey": "registered", "apiSecret": "s3cret-registered"});
    let shown = app
        .platform(
            "PUT",
            &format!("/elements/{element}/application"),
            application,
        )
        .await
        .expect(200)
        .json();
    assert_eq!(shown["apiSecret"], "********");
    assert_eq!(shown["apiKey"], "registered");
}

/// Walks a hosted consent to our own callback, and answers its secret and the page.
async fn consent(app: &TestApp, element: &str) -> (String, String) {
    let begun = app
        .platform(
            "GET",
            &format!("/elements/{element}/oauth/url/default"),
            Value::Null,
        )
        .await
        .expect(200)
        .json();
    assert_eq!(begun["element"], element);
    let secret = begun["configuration"]["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let url = begun["oauthUrl"].as_str().unwrap();
    assert!(
        !url.contains("s3cret-registered") && !url.contains(&secret),
        "{url}"
    );
    let callback = app.follow(url).await;
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(callback)
        .finish();
    let page = app
        .call("GET", &format!("/oauth/callback?{query}"), "", Value::Null)
        .await
        .expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    // The state works once.
    let again = app
        .call("GET", &format!("/oauth/callback?{query}"), "", Value::Null)
        .await
        .expect(200);
    assert!(again.text().contains("used before"), "{}", again.text());
    (secret, page.text())
}

#[tokio::test]
async fn a_hosted_consent_becomes_an_instance_once() {
    let app = TestApp::start().await;
    let other = app.neighbour().await;
    app.platform("GET", "/elements/sfdc/oauth/url/default", Value::Null)
        .await
        .error(404);
    for element in ["sfdc", "eloqua", "acton"] {
        register(&app, element).await;
        let (secret, page) = consent(&app, element).await;
        assert!(page.contains("Connected"), "{page}");
        let body = json!({"element": {"key": element}, "name": "hosted", "providerData": {"secret": secret}});
        app.call("POST", "/instances", &other, body.clone())
            .await
            .error(400);
        let made = app
            .platform("POST", "/instances", body.clone())
            .await
            .expect(200)
            .json();
        let token = made["token"].as_str().unwrap();
        app.resource("GET", "/ping", token, Value::Null)
            .await
            .expect(200);
        app.platform("POST", "/instances", body).await.error(400);
    }
}

#[tokio::test]
async fn a_secret_is_redeemed_after_the_vendor_answered_and_within_ten_minutes() {
    let app = TestApp::start().await;
    register(&app, "sfdc").await;
    let begun = app
        .platform("GET", "/elements/sfdc/oauth/url/default", Value::Null)
        .await
        .expect(200)
        .json();
    let body = json!({"element": {"key": "sfdc"}, "providerData": {"secret": begun["configuration"]["secret"]}});
    let message = app.platform("POST", "/instances", body).await.error(400);
    assert!(message.contains("not answered yet"), "{message}");
    let (secret, _) = consent(&app, "sfdc").await;
    app.clock.advance(11 * 60 * 1000);
    let body = json!({"element": {"key": "sfdc"}, "providerData": {"secret": secret}});
    app.platform("POST", "/instances", body).await.error(400);
}

#[tokio::test]
async fn a_denied_consent_says_so_on_the_page_and_to_the_program() {
    let app = TestApp::start().await;
    register(&app, "sfdc").await;
    let begun = app
        .platform("GET", "/elements/sfdc/oauth/url/default", Value::Null)
        .await
        .expect(200)
        .json();
    let url = format!(
        "{}&sandbox_decision=deny",
        begun["oauthUrl"].as_str().unwrap()
    );
    let callback = app.follow(&url).await;
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(callback)
        .finish();
    let page = app
        .call("GET", &format!("/oauth/callback?{query}"), "", Value::Null)
        .await
        .expect(200)
        .text();
    assert!(page.contains("Not connected"), "{page}");
    let body = json!({"element": {"key": "sfdc"}, "providerData": {"secret": begun["configuration"]["secret"]}});
    let reply = app
        .platform("POST", "/instances", body)
        .await
        .expect(400)
        .json();
    assert!(reply["providerMessage"].is_string(), "{reply}");
}

#[tokio::test]
async fn the_registered_application_serves_the_guides_flow_too() {
    let app = TestApp::start().await;
    register(&app, "sfdc").await;
    let mut body = app.guide_body("sfdc").await;
    body["configuration"] = json!({"oauth.callback.url": "https://www.mycoolapp.com/auth"});
    app.platform("POST", "/instances", body).await.expect(200);
    let listed = app
        .platform("GET", "/applications", Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(listed[0]["element"]["key"], "sfdc");
    app.platform("DELETE", "/elements/sfdc/application", Value::Null)
        .await
        .expect(200);
    app.platform("DELETE", "/elements/sfdc/application", Value::Null)
        .await
        .error(404);
    assert_eq!(
        app.platform("GET", "/applications", Value::Null)
            .await
            .expect(200)
            .json(),
        json!([])
    );
}

#[tokio::test]
async fn a_lent_secret_goes_only_where_the_element_says() {
    let app = TestApp::start().await;
    register(&app, "marketo").await;
    let configuration = json!({"oauth.callback.url": "https://x",
        "marketo.identity.url": "https://collector.example/identity", "marketo.rest.url": "https://collector.example/rest"});
    let body = json!({"element": {"key": "marketo"}, "providerData": {"code": "x"}, "configuration": configuration});
    let message = app.platform("POST", "/instances", body).await.error(400);
    assert!(message.contains("collector.example"), "{message}");
}

#[tokio::test]
async fn a_lent_secret_is_not_seen_by_what_an_account_wrote() {
    let app = TestApp::start().await;
    register(&app, "sfdc").await;
    let made = app.platform("POST", "/accounts", json!({"externalId": "acme"}));
    let account = made.await.expect(200).json()["id"].clone();
    let ann = json!({"firstName": "Ann", "lastName": "Bee", "email": "ann@example.com", "password": "IAmGood1!"});
    let path = format!("/accounts/{account}/users");
    let made = app.platform("POST", &path, ann).await.expect(200).json();
    let ann = format!(
        "User {}, Organization {}",
        made["secret"].as_str().unwrap(),
        app.organization
    );
    let call =
        async |method: &str, path: &str, body: Value| app.call(method, path, &ann, body).await;
    let mut body = app.guide_body("sfdc").await;
    body["configuration"] = json!({"oauth.callback.url": "https://www.mycoolapp.com/auth"});
    let made = call("POST", "/instances", body).await.expect(200).json();
    let (id, token) = (made["id"].clone(), made["token"].as_str().unwrap());

    // A script beside those of the catalog.
    let seen = "done({continue: false, response_body: {key: configuration['oauth.api.key'], \
        secret: configuration['oauth.api.' + 'secret'] || 'none'}})";
    let resource = json!({"method": "GET", "path": "/seen", "vendorPath": "/services/data",
        "hooks": [{"type": "preRequest", "body": seen}]});
    call("POST", "/elements/sfdc/resources", resource)
        .await
        .expect(200);
    let told = app
        .call(
            "GET",
            "/seen",
            &format!("{ann}, Element {token}"),
            Value::Null,
        )
        .await
        .expect(200);
    assert_eq!(told.json(), json!({"key": "registered", "secret": "none"}));
    let parameter = json!({"name": "oauth.api.secret", "type": "configuration", "vendorName": "x", "vendorType": "query"});
    let resource = json!({"method": "GET", "path": "/sent", "vendorPath": "/services/data", "parameters": [parameter]});
    call("POST", "/elements/sfdc/resources", resource)
        .await
        .error(400);

    // Another element, whose scripts are the account's own.
    let copy = call("POST", "/elements/sfdc/clone", Value::Null).await;
    let copy = copy.expect(200).json()["key"].clone();
    let path = format!("/instances/{id}");
    let message = call("PUT", &path, json!({"element": {"key": copy}}))
        .await
        .error(400);
    assert!(message.contains("does not go along"), "{message}");
    assert!(!message.contains("s3cret-registered"));
}

#[tokio::test]
async fn an_element_that_gets_a_lent_secret_is_changed_by_administrators_alone() {
    let app = TestApp::start().await;
    let made = app
        .ok("POST", "/accounts", json!({"externalId": "acme"}))
        .await;
    let ann = json!({"firstName": "Ann", "lastName": "Bee", "email": "ann@example.com", "password": "IAmGood1!"});
    let path = format!("/accounts/{}/users", made["id"]);
    let made = app.ok("POST", &path, ann).await;
    let secret = made["secret"].as_str().unwrap();
    let ann = format!("User {secret}, Organization {}", app.organization);
    let own = |key: &str| {
        json!({"name": key, "key": key, "hub": "crm", "authentication": {"type": "oauth2"}, "configuration": [
        {"key": "base.url", "defaultValue": "https://api.acme.example"},
        {"key": "oauth.token.url", "defaultValue": "https://api.acme.example/token"}]})
    };
    for key in ["lent", "unlent"] {
        app.call("POST", "/elements", &ann, own(key))
            .await
            .expect(200);
    }
    register(&app, "lent").await;
    let thief = json!({"method": "GET", "path": "/seen", "vendorPath": "/x", "hooks": [
        {"type": "preRequest", "body": "done({continue: false, response_body: configuration})"}]});
    let host = json!({"key": "base.url", "name": "Base", "defaultValue": "https://evil.example"});
    for (method, path, body) in [
        ("POST", "/elements/lent/resources", thief.clone()),
        ("PUT", "/elements/lent/configuration/base.url", host),
        ("PUT", "/elements/lent", own("lent")),
        ("DELETE", "/elements/lent", Value::Null),
    ] {
        let message = app.call(method, path, &ann, body).await.error(403);
        assert!(
            message.contains("administrators"),
            "{method} {path}: {message}"
        );
    }
    app.call("POST", "/elements/unlent/resources", &ann, thief.clone())
        .await
        .expect(200);
    // Who registered the application answers for what it is given to.
    app.ok("POST", "/elements/lent/resources", thief).await;
}
