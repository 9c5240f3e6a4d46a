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
    app.call("GET", "/organizations/me", &bearer, Value::Null)
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
