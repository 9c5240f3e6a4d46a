//! The console's endpoints as a browser, and as a page of somebody else's, sees them.

use http::HeaderMap;
use ligand_server::console::{Access, ENDPOINTS};
use serde_json::{Value, json};

use crate::support::{Reply, TestApp};

/// Open without a session: signing in is.
const OPEN: [&str; 1] = ["POST /console/api/session"];
/// Open before the first password was changed, each because changing it, or leaving, takes it.
const BEFORE_THE_PASSWORD: [&str; 3] = [
    "GET /console/api/session",
    "DELETE /console/api/session",
    "POST /console/api/password",
];

const PASSWORD: &str = "a password of my own";

/// A browser: cookie and token.
struct Browser {
    cookie: String,
    token: String,
    password: String,
}

impl Browser {
    async fn ask(&self, app: &TestApp, method: &str, path: &str, body: Value) -> Reply {
        send(
            app,
            method,
            path,
            &[("cookie", &self.cookie), ("x-csrf-token", &self.token)],
            body,
        )
        .await
    }
}

async fn send(
    app: &TestApp,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> Reply {
    let mut headers = headers.to_vec();
    headers.push(("content-type", "application/json"));
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    app.send(method, &format!("/console/api{path}"), &headers, body)
        .await
}

fn cookie(headers: &HeaderMap) -> String {
    let set = headers["set-cookie"].to_str().unwrap();
    assert!(
        set.contains("; HttpOnly; SameSite=Strict") && set.contains("Path=/console;"),
        "{set}"
    );
    set.split(';').next().unwrap().to_owned()
}

fn browser(reply: &Reply, password: &str) -> Browser {
    Browser {
        cookie: cookie(&reply.headers),
        token: reply.json()["csrf"].as_str().unwrap().to_owned(),
        password: password.to_owned(),
    }
}

async fn sign_in(app: &TestApp, password: &str) -> Reply {
    let body = json!({"username": "admin@example.com", "password": password});
    send(app, "POST", "/session", &[("x-csrf-token", "none")], body).await
}

/// Signed in, with a password of one's own.
async fn signed_in(app: &TestApp) -> Browser {
    let first = browser(
        &sign_in(app, &app.password).await.expect(200),
        &app.password,
    );
    let body = json!({"current": app.password, "password": PASSWORD});
    browser(
        &first.ask(app, "POST", "/password", body).await.expect(200),
        PASSWORD,
    )
}

fn example(path: &str) -> String {
    path.strip_prefix("/console/api")
        .unwrap()
        .replace("{id}", "1")
        .replace("{*path}", "instances")
}

#[tokio::test]
async fn every_endpoint_wants_a_session_its_token_and_a_password_of_ones_own() {
    let app = TestApp::start().await;
    let fresh = browser(
        &sign_in(&app, &app.password).await.expect(200),
        &app.password,
    );
    for endpoint in ENDPOINTS {
        let name = format!("{} {}", endpoint.method, endpoint.path);
        let method = if endpoint.method == "*" {
            "POST"
        } else {
            endpoint.method
        };
        let path = example(endpoint.path);
        assert_eq!(
            endpoint.access == Access::Open,
            OPEN.contains(&name.as_str()),
            "{name}"
        );
        if endpoint.access == Access::Open {
            send(&app, method, &path, &[], json!({})).await.error(403);
            continue;
        }
        send(
            &app,
            method,
            &path,
            &[("x-csrf-token", &fresh.token)],
            json!({}),
        )
        .await
        .error(401);
        if method != "GET" {
            send(&app, method, &path, &[("cookie", &fresh.cookie)], json!({}))
                .await
                .error(403);
            let forged = [
                ("cookie", fresh.cookie.as_str()),
                ("x-csrf-token", "guessed"),
            ];
            send(&app, method, &path, &forged, json!({}))
                .await
                .error(403);
        }
        let cross = [
            ("cookie", fresh.cookie.as_str()),
            ("x-csrf-token", &fresh.token),
            ("sec-fetch-site", "cross-site"),
        ];
        send(&app, method, &path, &cross, json!({}))
            .await
            .error(403);
        let foreign = [
            ("cookie", fresh.cookie.as_str()),
            ("x-csrf-token", &fresh.token),
            ("origin", "https://evil.example"),
        ];
        send(&app, method, &path, &foreign, json!({}))
            .await
            .error(403);
        if BEFORE_THE_PASSWORD.contains(&name.as_str()) {
            assert_eq!(endpoint.access, Access::Session, "{name}");
        } else {
            let message = fresh.ask(&app, method, &path, json!({})).await.error(403);
            assert!(
                message.contains("password of your own"),
                "{name}: {message}"
            );
        }
    }
}

#[tokio::test]
async fn the_cookie_is_worth_nothing_at_the_api_and_ends_with_the_session() {
    let app = TestApp::start().await;
    let me = signed_in(&app).await;
    let headers = [("cookie", me.cookie.as_str()), ("x-csrf-token", &me.token)];
    app.send("GET", "/elements/api-v2/me", &headers, "")
        .await
        .error(401);
    app.send("GET", "/elements/api-v2/instances", &headers, "")
        .await
        .error(401);
    assert_eq!(
        me.ask(&app, "GET", "/platform/me", Value::Null)
            .await
            .expect(200)
            .json()["id"],
        2
    );
    let gone = me
        .ask(&app, "DELETE", "/session", Value::Null)
        .await
        .expect(200);
    assert!(gone.header("set-cookie").contains("Max-Age=0"));
    me.ask(&app, "GET", "/session", Value::Null)
        .await
        .error(401);
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_every_other_session() {
    let app = TestApp::start().await;
    let other = browser(
        &sign_in(&app, &app.password).await.expect(200),
        &app.password,
    );
    let me = browser(
        &sign_in(&app, &app.password).await.expect(200),
        &app.password,
    );
    for (current, password, status) in [
        ("wrong", PASSWORD, 403),
        (me.password.as_str(), "short", 400),
        (me.password.as_str(), me.password.as_str(), 400),
    ] {
        me.ask(
            &app,
            "POST",
            "/password",
            json!({"current": current, "password": password}),
        )
        .await
        .error(status);
    }
    let changed = me
        .ask(
            &app,
            "POST",
            "/password",
            json!({"current": me.password, "password": PASSWORD}),
        )
        .await;
    let changed = changed.expect(200);
    assert_eq!(changed.json()["mustChangePassword"], false);
    let me = browser(&changed, PASSWORD);
    me.ask(&app, "GET", "/platform/elements", Value::Null)
        .await
        .expect(200);
    other
        .ask(&app, "GET", "/session", Value::Null)
        .await
        .error(401);
}

#[tokio::test]
async fn no_secret_reaches_the_browser_unless_the_password_is_given_again() {
    let app = TestApp::start().await;
    let me = signed_in(&app).await;
    let (id, token) = app.instance("sfdc").await;
    for path in [
        "/platform/instances".to_owned(),
        format!("/platform/instances/{id}"),
        "/platform/elements/sfdc/instances".to_owned(),
        format!("/platform/elements/instances/{id}"),
        format!("/platform/instances/{id}/configuration"),
    ] {
        let reply = me.ask(&app, "GET", &path, Value::Null).await;
        assert!(!reply.text().contains(&token), "{path}: {}", reply.text());
    }
    for path in [
        "/platform/authentication/secrets",
        "/platform/%61uthentication/secrets",
        "/platform//authentication/secrets",
        "/platform/oauth/callback",
        "/platform/passthrough/x",
        "/platform/accounts",
        "/platform/accounts/2/users",
        "/platform/accounts/2//users",
        "/platform/accounts/2%2Fusers",
        "/platform/accounts/2/users/2",
    ] {
        me.ask(&app, "GET", path, Value::Null).await.error(404);
    }
    let account = me.ask(&app, "GET", "/platform/accounts/2", Value::Null);
    assert_eq!(account.await.expect(200).json()["name"], "Default");
    let change = me.ask(
        &app,
        "PATCH",
        "/platform/accounts/2",
        json!({"name": "Mine"}),
    );
    change.await.error(404);
    for path in [
        "instances",
        "%69nstances",
        "instances/configuration",
        "authentication/secrets",
        "connect/sessions/1",
        "api-keys",
        "accounts/2/users",
    ] {
        let reply = me
            .ask(
                &app,
                "GET",
                &format!("/instances/{id}/call/{path}"),
                Value::Null,
            )
            .await;
        assert!(
            reply.status >= 400 && !reply.text().contains(&token),
            "{path}: {}",
            reply.text()
        );
    }
    let path = format!("/instances/{id}/token");
    me.ask(&app, "POST", &path, json!({"password": "wrong"}))
        .await
        .error(403);
    me.ask(&app, "POST", "/secrets", json!({"password": "wrong"}))
        .await
        .error(403);
    let shown = me
        .ask(&app, "POST", &path, json!({"password": PASSWORD}))
        .await
        .expect(200)
        .json();
    assert_eq!(shown, json!({"token": token}));
    let custody = app
        .platform("GET", &format!("/instances/{id}/custody"), Value::Null)
        .await
        .expect(200)
        .json();
    let revealed: Vec<&Value> = (custody.as_array().unwrap().iter())
        .filter(|row| row["event"] == "revealed")
        .collect();
    assert_eq!(revealed.len(), 1, "once shown, twice refused: {custody}");
    assert_eq!(
        (&revealed[0]["detail"], &revealed[0]["userId"]),
        (&json!("token"), &json!(2))
    );
    let shown = me
        .ask(&app, "POST", "/secrets", json!({"password": PASSWORD}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        shown,
        json!({"userSecret": app.user, "organizationSecret": app.organization})
    );
}

#[tokio::test]
async fn an_element_is_called_without_its_token_in_the_browser() {
    let app = TestApp::start().await;
    let me = signed_in(&app).await;
    let (id, _) = app.instance("sfdc").await;
    let reply = me
        .ask(
            &app,
            "GET",
            &format!("/instances/{id}/call/hubs/crm/contacts?pageSize=1"),
            Value::Null,
        )
        .await;
    let reply = reply.expect(200);
    assert_eq!(reply.json().as_array().unwrap().len(), 1);
    assert_eq!(reply.header("elements-returned-count"), "1");
    me.ask(
        &app,
        "GET",
        "/instances/99/call/hubs/crm/contacts",
        Value::Null,
    )
    .await
    .error(404);
    // The call is the instance's own; what the console reads for itself is nobody's call.
    let rows = me
        .ask(
            &app,
            "GET",
            &format!("/platform/usage?instanceId={id}"),
            Value::Null,
        )
        .await
        .expect(200)
        .json();
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    assert_eq!(rows[0]["request_id"], reply.header("elements-request-id"));
    let reads = me
        .ask(
            &app,
            "GET",
            "/platform/usage?searchText=/elements",
            Value::Null,
        )
        .await;
    assert!(
        !reads.text().contains("GET /elements\""),
        "{}",
        reads.text()
    );
}

#[tokio::test]
async fn another_organizations_instances_are_not_there() {
    let app = TestApp::start().await;
    let me = signed_in(&app).await;
    let other = app.neighbour().await;
    let mut body = app.guide_body("sfdc").await;
    body["name"] = json!("theirs");
    let made = app
        .call("POST", "/instances", &other, body)
        .await
        .expect(200)
        .json();
    let id = made["id"].as_i64().unwrap();
    for (method, path) in [
        ("GET", format!("/platform/instances/{id}")),
        ("DELETE", format!("/platform/instances/{id}")),
        ("GET", format!("/instances/{id}/call/hubs/crm/contacts")),
        ("POST", format!("/instances/{id}/token")),
    ] {
        let body = if method == "POST" {
            json!({"password": PASSWORD})
        } else {
            Value::Null
        };
        me.ask(&app, method, &path, body).await.error(404);
    }
}

#[tokio::test]
async fn a_consent_is_finished_only_by_the_browser_that_began_it() {
    let app = TestApp::start().await;
    let me = signed_in(&app).await;
    let application = json!({"apiKey": "registered", "apiSecret": "s3cret-registered"});
    me.ask(
        &app,
        "PUT",
        "/platform/elements/sfdc/application",
        application,
    )
    .await
    .expect(200);
    for own in [false, true] {
        let begun = me
            .ask(&app, "POST", "/consents", json!({"element": "sfdc"}))
            .await
            .expect(200);
        let consent = begun.header("set-cookie").to_owned();
        assert!(
            consent.contains("HttpOnly; SameSite=Lax") && consent.contains("oauth/callback"),
            "{consent}"
        );
        let shown = consent.split(';').next().unwrap().to_owned();
        let begun = begun.json();
        let secret = json!({"secret": begun["secret"]});
        let progress = async || {
            me.ask(&app, "POST", "/consents/progress", secret.clone())
                .await
                .expect(200)
                .json()["state"]
                .clone()
        };
        assert_eq!(progress().await, "waiting");
        let answer = app.follow(begun["url"].as_str().unwrap()).await;
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(answer)
            .finish();
        let path = format!("/elements/api-v2/oauth/callback?{query}");
        let headers: &[(&str, &str)] = if own {
            &[("cookie", &shown)]
        } else {
            &[("cookie", "ligand_consent=x")]
        };
        let page = app.send("GET", &path, headers, "").await.expect(200).text();
        assert_eq!(page.contains("has given its consent"), own, "{page}");
        assert_eq!(progress().await, if own { "answered" } else { "waiting" });
        if own {
            let body = json!({"element": {"key": "sfdc"}, "name": "mine", "providerData": {"secret": begun["secret"]}});
            let made = me
                .ask(&app, "POST", "/platform/instances", body)
                .await
                .expect(200)
                .json();
            assert!(made["token"].is_string());
            assert_eq!(progress().await, "unknown");
        }
    }
}

#[tokio::test]
async fn the_page_runs_under_a_strict_policy_or_says_how_to_get_it() {
    let app = TestApp::start().await;
    for path in ["/console", "/console/", "/console/instances/7"] {
        let page = app.send("GET", path, &[], "").await;
        assert!([200, 404].contains(&page.status), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(
            !policy.contains("unsafe") && !policy.contains("http"),
            "{policy}"
        );
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert!(page.status == 200 || page.text().contains("cargo xtask serve"));
    }
    let monogram = app
        .send("GET", "/console/monograms/sfdc.svg", &[], "")
        .await
        .expect(200);
    assert_eq!(monogram.header("content-type"), "image/svg+xml");
    let guide = app
        .send("GET", "/console/guides/sfdc.md", &[], "")
        .await
        .expect(200);
    assert!(guide.header("content-type").starts_with("text/plain"));
    for path in [
        "/console/guides/sfdc",
        "/console/guides/..%2F..%2FREADME.md",
        "/console/monograms/..%2Fsfdc.svg",
        "/console/monograms/nothing.svg",
        "/console/..%2f..%2fCargo.js",
    ] {
        app.send("GET", path, &[], "").await.expect(404);
    }
    assert_eq!(
        app.send("GET", "/console/api/nonsense", &[], "")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_scoped_key_is_made_for_the_password_alone() {
    let app = TestApp::start().await;
    let mine = signed_in(&app).await;
    let wanted = json!({"name": "CI", "scopes": ["read"]});
    // Whoever sits at an unattended browser has the session, not the password.
    mine.ask(&app, "POST", "/platform/api-keys", wanted.clone())
        .await
        .error(403);
    mine.ask(&app, "POST", "/platform/%61pi-keys/1/rotate", json!({}))
        .await
        .error(403);
    // Nor does it widen one that is there.
    let narrow = app.ok("POST", "/api-keys", wanted.clone()).await;
    let path = format!("/platform/api-keys/{}", narrow["id"]);
    mine.ask(&app, "PATCH", &path, json!({"scopes": ["admin"]}))
        .await
        .error(403);
    let path = format!("/api-keys/{}", narrow["id"]);
    assert_eq!(
        app.ok("GET", &path, Value::Null).await["scopes"],
        json!(["read"])
    );
    let body = json!({"password": "wrong", "key": wanted});
    let refused = mine.ask(&app, "POST", "/keys", body).await;
    assert!(refused.status >= 400);
    let body = json!({"password": mine.password, "key": wanted});
    let made = mine.ask(&app, "POST", "/keys", body).await.expect(200);
    let secret = made.json()["key"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {secret}");
    let ask = |bearer: String| {
        let app = &app;
        async move {
            app.call("GET", "/elements", &bearer, Value::Null)
                .await
                .status
        }
    };
    assert_eq!(ask(bearer.clone()).await, 200);
    let listed = mine
        .ask(&app, "GET", "/platform/api-keys", Value::Null)
        .await;
    assert!(!listed.expect(200).text().contains(&secret));
    let path = format!("/keys/{}/secret", made.json()["id"]);
    let body = json!({"password": mine.password});
    let renewed = mine
        .ask(&app, "POST", &path, body.clone())
        .await
        .expect(200);
    assert_ne!(renewed.json()["key"], made.json()["key"]);
    assert_eq!(ask(bearer).await, 200, "the former works for a day more");
    mine.ask(&app, "POST", "/keys/9999/secret", body)
        .await
        .error(404);
    let body = json!({"password": PASSWORD});
    mine.ask(&app, "POST", "/keys/x/secret", body)
        .await
        .error(404);
}

#[tokio::test]
async fn a_connect_link_is_made_but_what_came_of_it_is_not_shown() {
    let app = TestApp::start().await;
    let mine = signed_in(&app).await;
    let body = json!({"elements": ["marketo"]});
    let made = mine
        .ask(&app, "POST", "/platform/connect/sessions", body)
        .await;
    let made = made.expect(200).json();
    assert!(made["url"].as_str().unwrap().contains("/connect?session="));
    assert!(made["token"].is_null(), "{made}");
    let path = format!("/platform/connect/sessions/{}", made["id"]);
    mine.ask(&app, "GET", &path, Value::Null).await.error(404);
}
