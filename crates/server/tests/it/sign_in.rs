//! Signing in with a password.

use serde_json::{Value, json};

use crate::support::TestApp;

async fn sign_in(app: &TestApp, username: &str, password: &str) -> crate::support::Reply {
    app.call(
        "POST",
        "/authentication",
        "",
        json!({"username": username, "password": password}),
    )
    .await
}

#[tokio::test]
async fn a_session_opens_the_secrets_and_the_platform() {
    let app = TestApp::start().await;
    let user = sign_in(&app, "Admin@example.com", &app.password)
        .await
        .expect(200)
        .json();
    assert_eq!(user["credentialsExpired"], true);
    assert_eq!(user["organizationAdmin"], true);
    assert_eq!(user["lastLoginDate"], "2026-01-05");
    let bearer = format!("Bearer {}", user["token"].as_str().unwrap());
    for beside in ["Organization nonsense", "User nonsense", "Element nonsense"] {
        let whole = format!("{bearer}, {beside}");
        app.call("GET", "/instances", &whole, Value::Null)
            .await
            .error(401);
    }
    let secrets = app
        .call("GET", "/authentication/secrets", &bearer, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(
        secrets,
        json!({"userSecret": app.user, "organizationSecret": app.organization})
    );
    // The password is still one that somebody else knows: the session does nothing with what it opens.
    let token = app.instance("sfdc").await.1;
    for (method, path, authorization) in [
        ("GET", "/me", bearer.clone()),
        ("GET", "/instances", bearer.clone()),
        ("POST", "/api-keys", bearer.clone()),
        (
            "GET",
            "/hubs/crm/contacts",
            format!("{bearer}, Element {token}"),
        ),
        (
            "GET",
            "/authentication/secrets",
            format!("{bearer}, Element {token}"),
        ),
    ] {
        let message = app
            .call(method, path, &authorization, Value::Null)
            .await
            .error(403);
        assert!(
            message.contains("POST /authentication/passwords"),
            "{message}"
        );
    }
    let new = json!({"password": "a longer one"});
    app.call("POST", "/authentication/passwords", &bearer, new)
        .await
        .expect(200);
    let user = sign_in(&app, "admin@example.com", "a longer one").await;
    let user = user.expect(200).json();
    let bearer = format!("Bearer {}", user["token"].as_str().unwrap());
    app.call("GET", "/organizations/me", &bearer, Value::Null)
        .await
        .expect(200);
    let both = format!("{bearer}, Element {token}");
    app.call("GET", "/hubs/crm/contacts", &both, Value::Null)
        .await
        .expect(200);
    let me = app
        .call("GET", "/me", &bearer, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(me["id"], 2);
    app.clock.advance(13 * 60 * 60 * 1000);
    app.call("GET", "/me", &bearer, Value::Null)
        .await
        .error(401);
}

#[tokio::test]
async fn a_wrong_pair_is_one_answer_and_too_many_are_throttled() {
    let app = TestApp::start().await;
    let unknown = sign_in(&app, "nobody@example.com", "x").await.error(401);
    for _ in 0..10 {
        assert_eq!(
            sign_in(&app, "admin@example.com", "wrong").await.error(401),
            unknown
        );
    }
    sign_in(&app, "admin@example.com", &app.password)
        .await
        .error(429);
    app.clock.advance(16 * 60 * 1000);
    sign_in(&app, "admin@example.com", &app.password)
        .await
        .expect(200);
}

#[tokio::test]
async fn the_systems_own_user_cannot_sign_in() {
    let app = TestApp::start().await;
    for password in ["", "system", "password"] {
        let reply = sign_in(&app, "system", password).await;
        assert!([400, 401].contains(&reply.status));
    }
    app.call("POST", "/authentication", "", json!({"username": 1}))
        .await
        .error(400);
    app.call("POST", "/authentication", "", json!([]))
        .await
        .error(400);
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let app = TestApp::start().await;
    let user = sign_in(&app, "admin@example.com", &app.password)
        .await
        .expect(200)
        .json();
    let bearer = format!("Bearer {}", user["token"].as_str().unwrap());
    app.call(
        "POST",
        "/authentication/passwords",
        &bearer,
        json!({"password": "short"}),
    )
    .await
    .error(400);
    let new = json!({"password": "a longer one"});
    app.call("POST", "/authentication/passwords", &bearer, new)
        .await
        .expect(200);
    app.call("GET", "/me", &bearer, Value::Null)
        .await
        .error(401);
    sign_in(&app, "admin@example.com", &app.password)
        .await
        .error(401);
    let user = sign_in(&app, "admin@example.com", "a longer one")
        .await
        .expect(200)
        .json();
    assert_eq!(user["credentialsExpired"], false);
}

#[tokio::test]
async fn a_new_password_takes_the_present_one_unless_the_session_is_fresh() {
    let app = TestApp::start().await;
    let user = sign_in(&app, "admin@example.com", &app.password).await;
    let user = user.expect(200).json();
    let bearer = format!("Bearer {}", user["token"].as_str().unwrap());
    let change = async |authorization: &str, headers: &[(&str, &str)], body: Value| {
        let mut headers = headers.to_vec();
        headers.push(("authorization", authorization));
        headers.push(("content-type", "application/json"));
        let path = "/elements/api-v2/authentication/passwords";
        app.send("POST", path, &headers, body.to_string()).await
    };
    // Whoever has found the two secrets, or a browser that was left alone, does not have the password.
    let wanted = json!({"password": "a longer one"});
    let secrets = app.secrets();
    let message = change(&secrets, &[], wanted.clone()).await.error(403);
    assert!(message.contains("currentPassword"), "{message}");
    app.clock.advance(16 * 60 * 1000);
    change(&bearer, &[], wanted.clone()).await.error(403);
    let wrong = json!({"password": "a longer one", "currentPassword": "wrong"});
    change(&bearer, &[], wrong).await.error(403);
    change(
        &secrets,
        &[("elements-user-password", "wrong")],
        wanted.clone(),
    )
    .await
    .error(403);
    change(
        &secrets,
        &[],
        json!({"password": "a longer one", "currentPassword": 1}),
    )
    .await
    .error(400);
    sign_in(&app, "admin@example.com", &app.password)
        .await
        .expect(200);
    // Told in the body, and in the field's header.
    let right = json!({"password": "a longer one", "currentPassword": app.password});
    change(&bearer, &[], right).await.expect(200);
    let present = [("elements-user-password", "a longer one")];
    change(&secrets, &present, json!({"password": "another one"}))
        .await
        .expect(200);
    sign_in(&app, "admin@example.com", "another one")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_password_is_not_guessed_by_changing_it() {
    let app = TestApp::start().await;
    let guess = json!({"password": "a longer one", "currentPassword": "wrong"});
    let change = async |body: &Value| {
        app.platform("POST", "/authentication/passwords", body.clone())
            .await
            .status
    };
    for _ in 0..10 {
        assert_eq!(change(&guess).await, 403);
    }
    let right = json!({"password": "a longer one", "currentPassword": app.password});
    assert_eq!(change(&right).await, 429);
}
