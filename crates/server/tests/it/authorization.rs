//! Who is let in.

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn any_wrong_part_is_one_answer() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let (user, organization) = (&app.user, &app.organization);
    for wrong in [
        "User x, Organization y".to_owned(),
        format!("User {user}, Organization y"),
        format!("User x, Organization {organization}"),
        format!("User {user}"),
        format!("Organization {organization}"),
        format!("Element {token}"),
        format!("User {user}, Element nonsense"),
        format!("User {user}, Organization {organization}, Element nonsense"),
        format!("User {organization}, Organization {user}"),
        format!("User {user}; Organization {organization}"),
        format!("User {user}, User {user}, Organization {organization}"),
        format!("User {user}, Organization {organization},"),
        "Basic dXNlcjpwYXNz".to_owned(),
        "Bearer nonsense".to_owned(),
        "User <INSERT_USER_SECRET>, Organization <INSERT_ORGANIZATION_SECRET>".to_owned(),
    ] {
        for path in ["/instances", "/hubs/crm/contacts", "/elements", "/nonsense"] {
            let message = app.call("GET", path, &wrong, Value::Null).await.error(401);
            assert_eq!(
                message, "Invalid Organization or User secret, or invalid Element token provided.",
                "{path} {wrong}"
            );
        }
    }
}

#[tokio::test]
async fn parts_come_in_any_order_and_vocabulary() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let (user, organization) = (&app.user, &app.organization);
    for right in [
        format!("Element {token}, User {user}"),
        format!("Your_mom {token},Organization {organization},User {user}"),
        format!("user {user} , organization {organization} , element: {token}"),
    ] {
        app.call("GET", "/ping", &right, Value::Null)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_resource_call_without_a_token_is_refused() {
    let app = TestApp::start().await;
    for path in [
        "/hubs/crm/contacts",
        "/contacts",
        "/hubs/crm/account",
        "/passthrough/x",
    ] {
        for credentials in ["", &app.secrets()] {
            app.call("GET", path, credentials, Value::Null)
                .await
                .error(401);
        }
    }
}

#[tokio::test]
async fn platform_calls_need_more_than_a_token() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let path = format!("/instances/{id}");
    app.resource("GET", &path, &token, Value::Null)
        .await
        .error(401);
    let whole = format!("{}, Element {token}", app.secrets());
    app.call("GET", &path, &whole, Value::Null)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_deleted_or_disabled_instances_token_stops_at_once() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    app.resource("GET", "/hubs/crm/ping", &token, Value::Null)
        .await
        .expect(200);
    let enabled = format!("/instances/{id}/enabled");
    let shown = app
        .platform("DELETE", &enabled, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(shown["disabled"], true);
    app.resource("GET", "/hubs/crm/ping", &token, Value::Null)
        .await
        .error(403);
    // The token still names its instance, so that it can be switched on again.
    app.resource("PUT", "/instances/enabled", &token, json!({}))
        .await
        .expect(200);
    app.resource("GET", "/hubs/crm/ping", &token, Value::Null)
        .await
        .expect(200);
    app.platform("DELETE", &format!("/instances/{id}"), Value::Null)
        .await
        .expect(200);
    app.resource("GET", "/hubs/crm/ping", &token, Value::Null)
        .await
        .error(401);
    app.platform("GET", &format!("/instances/{id}"), Value::Null)
        .await
        .error(404);
}
