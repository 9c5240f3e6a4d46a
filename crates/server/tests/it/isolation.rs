//! Two organizations do not see each other, and nothing secret is to be found where it has no place.

use ligand_model::id::{AccountId, OrganizationId};
use ligand_model::secret::UserSecret;
use ligand_store::accounts::NewUser;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::recorder::{Recorder, json as answer};

#[tokio::test]
async fn a_plain_user_is_no_administrator_by_another_way() {
    let app = TestApp::start().await;
    let made = app
        .platform(
            "POST",
            "/api-keys",
            json!({"name": "chief", "scopes": ["admin"]}),
        )
        .await
        .expect(200)
        .json();
    let secret = UserSecret::generate(&*app.app.entropy);
    let plain = format!(
        "User {}, Organization {}",
        secret.expose(),
        app.organization
    );
    let new = NewUser {
        email: "plain@example.com".to_owned(),
        first_name: String::new(),
        last_name: String::new(),
        external_id: String::new(),
        password_hash: String::new(),
        organization_admin: false,
        roles: Vec::new(),
        secret,
    };
    let store = &app.app.store;
    store
        .insert_user(OrganizationId(2), AccountId(2), new)
        .await
        .unwrap();
    // A key acts as its user: a new secret for somebody else's is that user's power.
    let key = format!("/api-keys/{}", made["id"]);
    for (method, path) in [
        ("GET", key.clone()),
        ("PATCH", key.clone()),
        ("POST", format!("{key}/rotate")),
        ("DELETE", key.clone()),
    ] {
        app.call(method, &path, &plain, json!({})).await.error(404);
    }
    let listed = app.call("GET", "/api-keys", &plain, Value::Null).await;
    assert_eq!(listed.expect(200).json(), json!([]));
    // What all others of the organization call through is not one user's to change.
    let body = json!({"fields": [{"path": "id"}]});
    let told = json!({"url": "https://example.com/told"});
    let mapping = json!({"level": "organization", "objectName": "x", "elementKey": "sfdc"});
    for (method, path, body) in [
        ("POST", "/organizations/objects/x/definitions", &body),
        ("PUT", "/organizations/objects/x/definitions", &body),
        ("DELETE", "/organizations/objects/definitions", &body),
        (
            "POST",
            "/organizations/elements/sfdc/transformations/x",
            &body,
        ),
        ("PUT", "/transformations", &mapping),
        ("PUT", "/organizations/me/notices", &told),
        ("DELETE", "/organizations/me/notices", &told),
    ] {
        let refused = app.call(method, path, &plain, body.clone()).await;
        let message = refused.error(403);
        assert!(message.contains("dministrator"), "{message}");
    }
    app.ok("POST", "/organizations/objects/x/definitions", body)
        .await;
}

#[tokio::test]
async fn another_organizations_things_are_not_there() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let element = json!({"name": "Mine", "authentication": {"type": "custom"}});
    app.platform("POST", "/elements", element.clone())
        .await
        .expect(200);
    let application = json!({"apiKey": "k", "apiSecret": "s", "callbackUrl": "https://x"});
    app.platform("PUT", "/elements/sfdc/application", application)
        .await
        .expect(200);
    let mine = app
        .platform("GET", "/instances", Value::Null)
        .await
        .expect(200);
    let request = mine.header("elements-request-id");

    let other = app.neighbour().await;
    for (method, path) in [
        ("GET", format!("/instances/{id}")),
        ("PUT", format!("/instances/{id}")),
        ("PATCH", format!("/instances/{id}")),
        ("DELETE", format!("/instances/{id}")),
        ("GET", format!("/instances/{id}/configuration")),
        ("PUT", format!("/instances/{id}/enabled")),
        ("DELETE", format!("/instances/{id}/enabled")),
        ("GET", format!("/elements/sfdc/instances/{id}")),
        ("DELETE", format!("/elements/sfdc/instances/{id}")),
        ("GET", "/instances".to_owned()),
        ("GET", "/elements/mine".to_owned()),
        ("DELETE", "/elements/mine".to_owned()),
        ("PUT", "/elements/mine".to_owned()),
        ("POST", "/elements/mine/clone".to_owned()),
        ("GET", "/elements/mine/export".to_owned()),
        ("GET", "/elements/mine/metadata".to_owned()),
        ("GET", "/elements/mine/configuration".to_owned()),
        ("PUT", "/elements/mine/configuration/key".to_owned()),
        ("DELETE", "/elements/mine/configuration/key".to_owned()),
        ("GET", "/elements/mine/resources".to_owned()),
        ("GET", "/elements/mine/parameters".to_owned()),
        ("GET", "/elements/mine/hooks".to_owned()),
        ("GET", "/elements/mine/objects".to_owned()),
        ("GET", "/elements/mine/objects/1/fields".to_owned()),
        ("GET", "/elements/mine/models".to_owned()),
        ("PUT", "/elements/mine/models/1".to_owned()),
        ("GET", "/elements/mine/versions".to_owned()),
        ("GET", "/elements/mine/versions/1".to_owned()),
        ("GET", "/elements/mine/versions/1/diff/1".to_owned()),
        ("POST", "/elements/mine/versions/1/rollback".to_owned()),
        ("PUT", format!("/elements/mine/instances/{id}/version")),
        ("PUT", format!("/elements/sfdc/instances/{id}/version")),
        ("GET", "/elements/sfdc/application".to_owned()),
        ("DELETE", "/elements/sfdc/application".to_owned()),
        ("GET", format!("/usage/{request}")),
    ] {
        let body = if matches!(method, "PUT" | "PATCH") {
            json!({"name": "x"})
        } else {
            Value::Null
        };
        let reply = app.call(method, &path, &other, body).await;
        assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text());
    }
    // Another organization's token beside one's own secrets is no credential at all.
    let mixed = format!("{other}, Element {token}");
    for path in [
        "/hubs/crm/contacts",
        "/instances",
        "/passthrough/services/data",
    ] {
        app.call("GET", path, &mixed, Value::Null).await.error(401);
    }
    // Keys are each organization's own.
    app.call("POST", "/elements", &other, element)
        .await
        .expect(200);
    app.platform("GET", &format!("/instances/{id}"), Value::Null)
        .await
        .expect(200);
}

#[tokio::test]
async fn no_secret_is_stored_in_clear_or_answered() {
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
    let url = "/elements/sfdc/oauth/url?apiKey=k&apiSecret=s3cret-in-a-query&callbackUrl=https://x";
    app.platform("GET", url, Value::Null).await.expect(200);
    app.platform("GET", "/usage", Value::Null).await.expect(200);
    let document = app
        .app
        .store
        .instance(OrganizationId(2), ligand_model::id::InstanceId(id));
    let document = document.await.unwrap().unwrap().open().unwrap();
    let access = document.values["oauth.user.token"].clone();
    let refresh = document.values["oauth.user.refresh_token"].clone();

    let stored = app.everything_stored();
    let answered = [
        app.platform("GET", "/instances", Value::Null).await.text(),
        app.platform(
            "GET",
            &format!("/instances/{id}/configuration"),
            Value::Null,
        )
        .await
        .text(),
        app.platform("GET", "/usage", Value::Null).await.text(),
    ]
    .concat();
    for secret in [
        "s3cret-of-the-application",
        "s3cret-in-a-query",
        "in-the-query",
        &access,
        &refresh,
    ] {
        assert!(!stored.contains(secret), "stored: {secret}");
        assert!(!answered.contains(secret), "answered: {secret}");
    }
    assert!(
        !stored.contains(&token) && !stored.contains(&app.user),
        "a token is stored in clear"
    );
}

#[tokio::test]
async fn what_a_lifecycles_script_says_is_told_without_its_accounts_secrets() {
    let vendor = Recorder::start(|asked| match asked.path.as_str() {
        "/token" => answer(
            200,
            r#"{"access_token":"a-granted-token","refresh_token":"a-granted-refresh","expires_in":3600}"#,
        ),
        _ => answer(200, "[]"),
    })
    .await;
    let origin = vendor.origin.clone();
    let app = TestApp::with(|config| {
        let connect = &mut config.vendor.connect;
        connect.insert("api.acme.example".to_owned(), origin);
    })
    .await;
    for kind in ["provisionAuthValidation", "onProvision"] {
        let talks = "throw new Error('no: ' + JSON.stringify(configuration) + \
            encodeURIComponent(configuration['oauth.api.secret']))";
        let element = json!({"name": kind, "key": kind, "hub": "crm", "authentication": {"type": "oauth2"},
            "configuration": [
                {"key": "base.url", "defaultValue": "https://api.acme.example"},
                {"key": "oauth.token.url", "defaultValue": "https://api.acme.example/token"},
                {"key": "oauth.api.key"}, {"key": "oauth.api.secret", "type": "PASSWORD"}, {"key": "oauth.callback.url"}],
            "resources": [{"method": "GET", "path": "/check", "vendorPath": "/check", "type": kind,
                "hooks": [{"type": "postRequest", "body": talks}]}]});
        app.ok("POST", "/elements", element).await;
        let body = json!({"element": {"key": kind}, "name": "x", "providerData": {"code": "c"}, "configuration": {
            "oauth.api.key": "k", "oauth.api.secret": "s3cret/of+the application", "oauth.callback.url": "https://x"}});
        let reply = app.platform("POST", "/instances", body).await;
        assert!(reply.status >= 400, "{kind}");
        let told = reply.text();
        assert!(
            told.contains("no: "),
            "the script's own words are told: {told}"
        );
        let log = app.ok("GET", "/usage", Value::Null).await.to_string();
        for secret in [
            "s3cret/of",
            "s3cret%2Fof",
            "a-granted-token",
            "a-granted-refresh",
        ] {
            assert!(!told.contains(secret), "{kind}: {told}");
            assert!(!log.contains(secret), "{kind}: {log}");
        }
    }
}
