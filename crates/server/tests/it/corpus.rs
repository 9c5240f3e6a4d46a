//! Proof that the engine is general: exports of others, imported as they are, every resource called against a recorder.
//!
//! The corpus is not part of this repository: `LIGAND_CORPUS` names it, else it is looked for beside the source tree.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::recorder::{Asked, Recorder, json as answer};

fn export(key: &str) -> Option<Vec<u8>> {
    let corpus = std::env::var_os("LIGAND_CORPUS").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/corpus"
            ))
        },
        PathBuf::from,
    );
    let path = corpus.join("elements").join(key).join("element.json");
    let found = std::fs::read(&path).ok();
    if found.is_none() {
        eprintln!(
            "SKIPPED: no corpus at {}; set LIGAND_CORPUS",
            path.display()
        );
    }
    found
}

/// A running application that knows an imported element whose hosts lead to a recorder.
async fn with_import(key: &str, host: &str) -> Option<(TestApp, Recorder, Value)> {
    let bytes = export(key)?;
    let recorder = Recorder::start(|asked| match asked.path.as_str() {
        path if path.ends_with("/oauth2/token") => answer(
            200,
            r#"{"access_token":"granted","refresh_token":"r","expires_in":604800}"#,
        ),
        _ => answer(200, r#"{"id":"1","name":"x","gone":null}"#),
    })
    .await;
    let (host, origin) = (host.to_owned(), recorder.origin.clone());
    let app = TestApp::with(|config| {
        config.vendor.connect.insert(host, origin);
    })
    .await;
    let headers = [
        ("authorization", &*app.secrets()),
        ("content-type", "application/json"),
    ];
    app.send("POST", "/elements/api-v2/elements", &headers, bytes.clone())
        .await
        .expect(200);
    let definition: Value = serde_json::from_slice(&bytes).unwrap();
    let exported = app
        .platform("GET", &format!("/elements/{key}/export"), Value::Null)
        .await
        .expect(200)
        .json();
    for member in definition
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| *name != "id")
    {
        assert!(
            exported.get(member).is_some() || definition[member].is_null(),
            "{member} was lost"
        );
    }
    Some((app, recorder, definition))
}

/// A path with every variable filled by a value of its own.
fn filled(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}').unwrap();
        out.push_str(before);
        out.push_str("v-");
        out.push_str(name);
        rest = tail;
    }
    out + rest
}

async fn call_every_resource(
    app: &TestApp,
    recorder: &Recorder,
    definition: &Value,
    token: &str,
    base: &str,
    check: impl Fn(&Asked),
) -> usize {
    let resources = definition["resources"].as_array().unwrap();
    for resource in resources {
        let text = |name: &str| resource[name].as_str().unwrap_or_default();
        let declared = resource["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut query = Vec::new();
        let mut body = Value::Null;
        for parameter in &declared {
            match parameter["type"].as_str() {
                Some("query") if parameter["name"] == "where" => {
                    query.push("where=email%3D'a@b.c'".to_owned());
                }
                Some("query") => {
                    query.push(format!("{}=1", parameter["name"].as_str().unwrap()));
                }
                Some("body") => body = json!({"name": "given"}),
                _ => {}
            }
        }
        let method = text("method");
        let path = format!("{}?{}", filled(text("path")), query.join("&"));
        recorder.take();
        let reply = app.resource(method, &path, token, body.clone()).await;
        assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text());
        assert!(
            !reply.text().contains("null"),
            "{method} {path}: {}",
            reply.text()
        );
        let asked = recorder.take();
        assert_eq!(asked.len(), 1, "{method} {path}");
        let asked = &asked[0];
        let vendor_method = resource["vendorMethod"].as_str().unwrap_or(method);
        assert_eq!(asked.method, vendor_method, "{path}");
        let expected = filled(text("vendorPath"))
            .split('?')
            .next()
            .unwrap()
            .to_owned();
        assert_eq!(asked.path, format!("{base}{expected}"), "{method} {path}");
        for parameter in &declared {
            if parameter["type"] == "query"
                && parameter["vendorType"] == "query"
                && parameter["name"] != "where"
            {
                let name = parameter["vendorName"].as_str().unwrap();
                let decoded: String = asked.query.replace("%5B", "[").replace("%5D", "]");
                assert!(
                    decoded.contains(&format!("{name}=")),
                    "{method} {path}: {}",
                    asked.query
                );
            }
        }
        if !body.is_null() {
            let sent: Value = serde_json::from_slice(&asked.body).unwrap();
            assert_eq!(sent["name"], "given", "{method} {path}");
        }
        check(asked);
    }
    resources.len()
}

#[tokio::test]
async fn every_resource_of_discordbot_is_called_as_its_export_says() {
    let Some((app, recorder, definition)) = with_import("discordbot", "discordapp.com").await
    else {
        return;
    };
    let body = json!({"element": {"key": "discordbot"}, "name": "bot", "providerData": {"code": "c0de"},
        "configuration": {"oauth.api.key": "key", "oauth.api.secret": "secret", "bot.token": "Bot t0ken",
            "oauth.callback.url": "https://app.example/cb"}});
    let mut without = body.clone();
    without["configuration"]
        .as_object_mut()
        .unwrap()
        .remove("bot.token");
    let message = app.platform("POST", "/instances", without).await.error(400);
    assert_eq!(message, "Missing required configuration: bot.token");
    let made = app
        .platform("POST", "/instances", body)
        .await
        .expect(200)
        .json();
    let exchange = recorder.take();
    assert_eq!(exchange[0].path, "/api/oauth2/token");
    assert!(exchange[0].header("authorization").starts_with("Basic "));
    let token = made["token"].as_str().unwrap();
    let called = call_every_resource(&app, &recorder, &definition, token, "/api/v6", |asked| {
        assert_eq!(asked.host, "discordapp.com");
        assert_eq!(asked.header("authorization"), "Bot t0ken");
        assert_eq!(asked.header("accept"), "application/json");
    })
    .await;
    assert_eq!(called, 88);
}

#[tokio::test]
async fn every_resource_of_fullcontact_is_called_as_its_export_says() {
    let Some((app, recorder, definition)) = with_import("fullcontact", "api.fullcontact.com").await
    else {
        return;
    };
    let body = json!({"name": "full", "configuration": {"key": "k3y-of-the-customer"}});
    let made = app
        .platform("POST", "/elements/fullcontact/instances", body)
        .await
        .expect(200)
        .json();
    assert!(recorder.take().is_empty());
    let token = made["token"].as_str().unwrap();
    let called = call_every_resource(&app, &recorder, &definition, token, "/v2", |asked| {
        assert_eq!(asked.host, "api.fullcontact.com");
        assert_eq!(asked.header("x-fullcontact-apikey"), "k3y-of-the-customer");
        assert!(asked.header("authorization").is_empty());
    })
    .await;
    assert_eq!(called, 2);
}

#[tokio::test]
async fn exports_of_the_corpus_can_be_imported_and_come_back_whole() {
    let Some(_) = export("discordbot") else {
        return;
    };
    let corpus = std::env::var_os("LIGAND_CORPUS").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/corpus"
            ))
        },
        PathBuf::from,
    );
    let app = TestApp::start().await;
    let headers = [
        ("authorization", &*app.secrets()),
        ("content-type", "application/json"),
    ];
    let mut imported = 0;
    for folder in std::fs::read_dir(corpus.join("elements")).unwrap() {
        let Ok(bytes) = std::fs::read(folder.unwrap().path().join("element.json")) else {
            continue;
        };
        // The largest only take time; the engine's own tests read them all.
        if bytes.len() > 150_000 {
            continue;
        }
        let before: Value = serde_json::from_slice(&bytes).unwrap();
        let made = app
            .send("POST", "/elements/api-v2/elements", &headers, bytes)
            .await
            .expect(200)
            .json();
        assert_eq!(made["active"], before["active"].as_bool().unwrap_or(true));
        let path = format!("/elements/{}/export", made["id"]);
        let after = app
            .platform("GET", &path, Value::Null)
            .await
            .expect(200)
            .json();
        assert_eq!(
            after["resources"].as_array().map(Vec::len),
            before["resources"].as_array().map(Vec::len),
            "{}",
            made["key"]
        );
        imported += 1;
    }
    assert!(imported > 30, "{imported}");
}
