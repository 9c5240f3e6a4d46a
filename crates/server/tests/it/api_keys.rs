//! Scoped keys: what each may, whom it sees, and how its secret is replaced while it is in use.

use std::collections::BTreeMap;

use ligand_server::api::permit::{Takes, takes};
use ligand_server::api::routes::ROUTES;
use ligand_store::api_keys::Scope;
use serde_json::{Value, json};

use crate::support::{Reply, TestApp};

async fn key(app: &TestApp, body: Value) -> (i64, String) {
    let made = app
        .platform("POST", "/api-keys", body)
        .await
        .expect(200)
        .json();
    let secret = made["key"].as_str().unwrap();
    assert!(secret.starts_with("lgk_") && secret.len() == 47, "{made}");
    (made["id"].as_i64().unwrap(), format!("Bearer {secret}"))
}

async fn scoped(app: &TestApp, scopes: &[&str]) -> String {
    key(app, json!({"name": "k", "scopes": scopes})).await.1
}

async fn with(app: &TestApp, key: &str, method: &str, path: &str) -> Reply {
    let body = if matches!(method, "PUT" | "PATCH" | "POST") {
        json!({"name": "x"})
    } else {
        Value::Null
    };
    app.call(method, path, key, body).await
}

#[tokio::test]
async fn each_scope_opens_its_own_calls_and_no_others() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let instance = format!("/instances/{id}");
    let keys: BTreeMap<&str, String> = [
        ("read", scoped(&app, &["read"]).await),
        ("write", scoped(&app, &["write"]).await),
        ("provision", scoped(&app, &["provision"]).await),
        ("admin", scoped(&app, &["admin"]).await),
    ]
    .into();
    for (method, path, needs) in [
        ("GET", &*instance, "read"),
        ("GET", "/usage", "read"),
        ("GET", "/hubs/crm/contacts", "read"),
        ("HEAD", "/hubs/crm/contacts", "read"),
        ("GET", "/passthrough/services/data", "read"),
        ("PATCH", "/hubs/crm/accounts/none", "write"),
        (
            "POST",
            "/passthrough/services/data/v62.0/sobjects/Nothing",
            "write",
        ),
        ("PATCH", &*instance, "provision"),
        ("PATCH", "/instances", "provision"),
        ("PUT", &*format!("{instance}/enabled"), "provision"),
        ("GET", "/api-keys", "admin"),
        ("PUT", "/elements/sfdc/application", "admin"),
        ("GET", "/elements/sfdc/export", "admin"),
    ] {
        for (scope, key) in &keys {
            let authorization = format!("{key}, Element {token}");
            let reply = with(&app, &authorization, method, path).await;
            let allowed = *scope == needs || *scope == "admin";
            assert_eq!(
                reply.status != 403,
                allowed,
                "{method} {path} with {scope}: {} {}",
                reply.status,
                reply.text()
            );
        }
    }
    let refused = with(&app, &keys["read"], "PATCH", &instance)
        .await
        .error(403);
    assert_eq!(refused, "This API key lacks the scope `provision`.");
    // No key shows the organization's own secrets or changes a password.
    with(&app, &keys["admin"], "GET", "/authentication/secrets")
        .await
        .error(403);
    with(&app, &keys["admin"], "POST", "/authentication/passwords")
        .await
        .error(403);
    // The catalog is open to every key as it is to everyone.
    with(&app, &keys["write"], "GET", "/elements/sfdc")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_key_for_some_instances_sees_and_makes_no_others() {
    let app = TestApp::start().await;
    let (mine, token) = app.instance("sfdc").await;
    let (other, other_token) = app.instance("eloqua").await;
    app.platform(
        "PATCH",
        &format!("/instances/{mine}"),
        json!({"tags": ["acme", "x"]}),
    )
    .await
    .expect(200);
    for limits in [
        json!({"elements": ["sfdc"]}),
        json!({"tags": ["acme", "globex"]}),
    ] {
        let mut body = json!({"name": "acme's", "scopes": ["read", "write", "provision", "admin"]});
        body.as_object_mut()
            .unwrap()
            .extend(limits.as_object().unwrap().clone());
        let (_, key) = key(&app, body).await;
        let listed = with(&app, &key, "GET", "/instances")
            .await
            .expect(200)
            .json();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{limits}");
        assert_eq!(listed[0]["id"], mine);
        let counted = with(&app, &key, "GET", "/instances/count")
            .await
            .expect(200)
            .json();
        assert_eq!(
            counted,
            json!({"totalInstances": 1, "elementInstances": [{"key": "sfdc", "count": 1}]})
        );
        with(&app, &key, "GET", &format!("/instances/{mine}"))
            .await
            .expect(200);
        for (method, path) in [
            ("GET", format!("/instances/{other}")),
            ("DELETE", format!("/instances/{other}")),
            ("GET", format!("/instances/{other}/configuration")),
            ("GET", format!("/elements/eloqua/instances/{other}")),
        ] {
            let reply = with(&app, &key, method, &path).await;
            assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text());
        }
        let contacts = |token: &str| format!("{key}, Element {token}");
        with(&app, &contacts(&token), "GET", "/hubs/crm/contacts")
            .await
            .expect(200);
        with(
            &app,
            &contacts(&other_token),
            "GET",
            "/hubs/marketing/contacts",
        )
        .await
        .error(403);
        with(&app, &contacts(&other_token), "DELETE", "/instances")
            .await
            .error(403);
        for (method, path) in [
            ("GET", "/usage"),
            ("GET", "/api-keys"),
            ("POST", "/elements"),
            ("PUT", "/elements/sfdc/application"),
        ] {
            with(&app, &key, method, path).await.error(403);
        }
        // Nor can it be used to make, or turn one of its own into, an instance that it is not for.
        let eloqua = app.guide_body("eloqua").await;
        app.call("POST", "/instances", &key, eloqua)
            .await
            .error(403);
        let mut body = app.guide_body("sfdc").await;
        body["tags"] = json!(["acme"]);
        app.call("POST", "/instances", &key, body).await.expect(200);
        let newest = app.platform("GET", "/instances", Value::Null).await.json();
        let newest = newest.as_array().unwrap().last().unwrap()["id"].clone();
        with(&app, &key, "DELETE", &format!("/instances/{newest}"))
            .await
            .expect(200);
    }
    let (_, key) = key(
        &app,
        json!({"name": "t", "scopes": ["provision"], "tags": ["acme"]}),
    )
    .await;
    let path = format!("/instances/{mine}");
    let message = app
        .call("PATCH", &path, &key, json!({"tags": ["x"]}))
        .await
        .error(403);
    assert!(message.contains("acme"), "{message}");
}

#[tokio::test]
async fn a_secret_is_replaced_without_a_moment_in_which_none_works() {
    let app = TestApp::start().await;
    app.instance("sfdc").await;
    let (id, first) = key(&app, json!({"name": "CI", "scopes": ["read"]})).await;
    let works = async |key: &str| with(&app, key, "GET", "/instances").await.status == 200;
    let path = format!("/api-keys/{id}");
    let unused = app.ok("GET", &path, Value::Null).await;
    assert!(unused["secrets"][0].get("lastUsedDate").is_none());
    app.clock.advance(60_000);
    assert!(works(&first).await);
    let rotate = async |overlap: i64| {
        let body = json!({"overlapSeconds": overlap});
        let made = app.platform("POST", &format!("{path}/rotate"), body).await;
        format!(
            "Bearer {}",
            made.expect(200).json()["key"].as_str().unwrap()
        )
    };
    let second = rotate(3600).await;
    assert!(works(&first).await && works(&second).await);
    let shown = app
        .platform("GET", &path, Value::Null)
        .await
        .expect(200)
        .json();
    let secrets = shown["secrets"].as_array().unwrap();
    assert_eq!(secrets.len(), 2, "{shown}");
    assert!(
        second.ends_with(secrets[0]["hint"].as_str().unwrap()),
        "{shown}"
    );
    assert!(secrets[0].get("expiresDate").is_none());
    assert_eq!(secrets[1]["expiresDate"], "2026-01-05T09:01:00Z");
    assert_eq!(secrets[1]["lastUsedDate"], "2026-01-05T08:01:00Z");
    assert!(
        shown.get("key").is_none(),
        "the secret is shown once: {shown}"
    );

    app.clock.advance(3_600_000);
    assert!(!works(&first).await && works(&second).await);
    // Without an overlap the former is over at once, also where it was believed a moment ago.
    let third = rotate(0).await;
    assert!(!works(&second).await && works(&third).await);
    app.platform("DELETE", &path, Value::Null).await.expect(200);
    assert!(!works(&third).await);
    app.platform("GET", &path, Value::Null).await.error(404);
}

#[tokio::test]
async fn an_expired_key_and_a_garbled_one_are_no_credentials() {
    let app = TestApp::start().await;
    app.instance("sfdc").await;
    let body = json!({"name": "k", "scopes": ["read"], "expiresDate": "2026-01-05T08:00:10Z"});
    let (_, key) = key(&app, body).await;
    with(&app, &key, "GET", "/instances").await.expect(200);
    app.clock.advance(10_000);
    with(&app, &key, "GET", "/instances").await.error(401);
    let live = scoped(&app, &["read"]).await;
    for wrong in [
        "Bearer lgk_".to_owned(),
        format!("{live}x"),
        format!("{live}, {}", app.secrets()),
        format!("{live}, Organization {}", app.organization),
        live.replace("Bearer", "User"),
    ] {
        with(&app, &wrong, "GET", "/instances").await.error(401);
    }
}

#[tokio::test]
async fn a_faulty_form_is_met_with_every_fault() {
    let app = TestApp::start().await;
    let body = json!({
        "name": "", "scopes": ["reed"], "elements": ["nothing"], "tags": [1], "expiresDate": "2020-01-01",
    });
    let message = app.platform("POST", "/api-keys", body).await.error(400);
    for part in [
        "`name`",
        "read, write, provision, admin",
        "nothing",
        "`tags`",
        "`expiresDate`",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let listed = app
        .platform("GET", "/api-keys", Value::Null)
        .await
        .expect(200);
    assert_eq!(listed.text(), "[]", "nothing was made");
    app.platform("POST", "/api-keys/9/rotate", json!({}))
        .await
        .error(404);
    app.platform("GET", "/api-keys/abc", Value::Null)
        .await
        .error(404);
}

#[tokio::test]
async fn another_organization_does_not_see_a_key_and_no_secret_is_stored() {
    let app = TestApp::start().await;
    let (id, secret) = key(&app, json!({"name": "k", "scopes": ["admin"]})).await;
    let other = app.neighbour().await;
    let path = format!("/api-keys/{id}");
    for (method, path) in [
        ("GET", path.clone()),
        ("PATCH", path.clone()),
        ("DELETE", path.clone()),
        ("POST", format!("{path}/rotate")),
    ] {
        with(&app, &other, method, &path).await.error(404);
    }
    assert_eq!(
        with(&app, &other, "GET", "/api-keys")
            .await
            .expect(200)
            .text(),
        "[]"
    );
    let secret = secret.strip_prefix("Bearer ").unwrap();
    assert!(!app.everything_stored().contains(secret));
}

#[tokio::test]
async fn secrets_in_a_definition_are_for_who_may_export_it() {
    let app = TestApp::start().await;
    let entry = json!({"key": "vendor.key", "name": "Key", "type": "PASSWORD", "defaultValue": "s3cret-of-the-author"});
    let element = json!({"name": "Own", "key": "own", "authentication": {"type": "custom"}, "configuration": [entry]});
    app.platform("POST", "/elements", element).await.expect(200);
    let limited = json!({"name": "k", "scopes": ["admin"], "elements": ["own"]});
    let limited = key(&app, limited).await.1;
    let admin = scoped(&app, &["admin"]).await;
    let read = scoped(&app, &["read"]).await;
    for path in [
        "/elements/own",
        "/elements?pageSize=5000",
        "/elements/own/configuration",
        "/elements/own/versions/1",
        "/elements/own/export",
    ] {
        for (key, sees) in [(&admin, true), (&read, false), (&limited, false)] {
            let reply = with(&app, key, "GET", path).await;
            let found = reply.text().contains("s3cret-of-the-author");
            assert_eq!(found, sees, "{path}: {}", reply.status);
        }
    }
    let shown = with(&app, &read, "GET", "/elements/own").await.json();
    assert_eq!(shown["configuration"][0]["defaultValue"], "********");
}

#[tokio::test]
async fn no_key_makes_somebody_who_signs_in() {
    let app = TestApp::start().await;
    let admin = scoped(&app, &["admin"]).await;
    let user = json!({"firstName": "E", "lastName": "M", "email": "eve@example.com", "password": "Long en0ugh!",
        "roles": [{"key": "org-admin"}]});
    for path in ["/organizations/users", "/accounts/2/users"] {
        let made = app.call("POST", path, &admin, user.clone());
        let message = made.await.error(403);
        assert!(message.contains("secrets"), "{path}: {message}");
    }
    let made = app.platform("POST", "/accounts/2/users", user).await;
    let path = format!("/users/{}/roles/admin", made.expect(200).json()["id"]);
    app.call("PUT", &path, &admin, Value::Null).await.error(403);
    app.platform("PUT", &path, Value::Null).await.expect(200);
}

/// What each route takes of a key, whole: a new route shows up here and is decided by whoever adds it.
#[test]
fn every_route_that_only_reads_takes_read_and_nothing_else_does() {
    for route in ROUTES {
        let takes = takes(route);
        let shuts = matches!(takes, Takes::Secrets | Takes::Verb | Takes::Nothing);
        if takes == Takes::Scope(Scope::Read) {
            assert_eq!(route.method, "GET", "{route:?}");
        } else if route.method == "GET" && !shuts {
            let reviewed = [
                "/export",
                "/versions/{version}",
                "/versions/{version}/diff/{other}",
                "/api-keys",
                "/api-keys/{id}",
                "/oauth/url/default",
            ];
            assert!(
                reviewed.iter().any(|end| route.path.ends_with(end)),
                "{route:?} is {takes:?}"
            );
        }
        if takes == Takes::Nothing {
            assert_eq!(route.access, ligand_server::api::routes::Access::Public);
        }
    }
}
