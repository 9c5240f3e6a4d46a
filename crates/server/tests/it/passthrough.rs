//! The vendor's own API through the token.

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn the_vendors_own_api_is_called_with_the_instances_credential() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let path = "/passthrough/services/data/v59.0/query?q=SELECT%20Id%20FROM%20Contact%20LIMIT%203";
    let reply = app
        .resource("GET", path, &token, Value::Null)
        .await
        .expect(200);
    assert_eq!(reply.json()["records"].as_array().unwrap().len(), 3);
    assert_eq!(reply.header("elements-element-instance-id"), id.to_string());
    let body = json!({"LastName": "Passed"});
    let made = app
        .resource(
            "POST",
            "/passthrough/services/data/v59.0/sobjects/Contact",
            &token,
            body,
        )
        .await;
    assert_eq!(made.expect(200).json()["success"], true);
}

#[tokio::test]
async fn a_passthrough_refreshes_is_metered_and_maps_errors() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    app.control("/tokens/expire", json!({"vendor": "salesforce"}))
        .await;
    let reply = app
        .resource(
            "GET",
            "/passthrough/services/data/v59.0/limits",
            &token,
            Value::Null,
        )
        .await
        .expect(200);
    let id = reply.header("elements-request-id");
    let row = app
        .platform("GET", &format!("/usage/{id}"), Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(row["attempts"], 2);
    assert_eq!(row["vendor_status"], 200);
    assert_eq!(row["request_uri"], "/passthrough/{*path}");
    let message = app
        .resource(
            "GET",
            "/passthrough/services/data/v59.0/nonsense",
            &token,
            Value::Null,
        )
        .await
        .error(404);
    assert!(!message.is_empty());
}

#[tokio::test]
async fn a_passthrough_cannot_leave_its_hosts() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    for path in [
        "/passthrough/https://evil.example/x",
        "/passthrough//evil.example/x",
        "/passthrough/..%2f..%2fx",
    ] {
        let reply = app.resource("GET", path, &token, Value::Null).await;
        assert!(
            (400..500).contains(&reply.status),
            "{path}: {} {}",
            reply.status,
            reply.text()
        );
    }
}

#[tokio::test]
async fn a_passthrough_can_be_switched_off() {
    let app = TestApp::with(|config| config.api.passthrough = false).await;
    let (_, token) = app.instance("sfdc").await;
    app.resource(
        "GET",
        "/passthrough/services/data/v59.0/limits",
        &token,
        Value::Null,
    )
    .await
    .error(403);
}

#[tokio::test]
async fn an_expired_token_that_a_vendor_reports_in_a_200_is_renewed_and_other_errors_pass_verbatim()
{
    let app = TestApp::start().await;
    let (_, token) = app.instance("marketo").await;
    app.control("/tokens/expire", json!({"vendor": "marketo"}))
        .await;
    let path = "/passthrough/v1/leads.json?filterType=id&filterValues=1";
    let found = app
        .resource("GET", path, &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(found["success"], true, "{found}");
    assert_eq!(found["result"][0]["id"], 1, "{found}");
    let path = "/passthrough/v1/leads.json?filterType=nothing&filterValues=1";
    let refused = app
        .resource("GET", path, &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(refused["errors"][0]["code"], "1006", "{refused}");
    let long = "/passthrough/v1/leads.json?filterType=leadSource&filterValues=Web,Partner,Referral,Trade%20Show\
        &fields=id,email,firstName,lastName,company,title,phone,address,city,state,country,postalCode,updatedAt,createdAt";
    let many = app
        .resource("GET", long, &token, Value::Null)
        .await
        .expect(200);
    assert!(many.body.len() > 64 * 1024, "{}", many.body.len());
    assert_eq!(many.json()["result"].as_array().unwrap().len(), 260);
}
