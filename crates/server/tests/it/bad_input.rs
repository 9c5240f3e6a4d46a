//! Bad input and bad vendors: a clear error in the one shape, nothing half-stored.

use serde_json::{Value, json};

use crate::support::TestApp;

async fn nothing_is_stored(app: &TestApp) {
    let count = app
        .platform("GET", "/instances/count", Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(count["totalInstances"], 0);
    app.platform("GET", "/instances", Value::Null)
        .await
        .error(404);
}

#[tokio::test]
async fn every_fault_of_a_new_instance_is_a_clear_400_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let good = app.guide_body("sfdc").await;
    let with = |change: fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        body
    };
    for (body, words) in [
        (json!([1]), "must be a JSON object"),
        (json!({}), "Which element?"),
        (with(|b| b["element"] = json!("sfdc")), "`element`"),
        (with(|b| b["configuration"] = json!("x")), "`configuration`"),
        (with(|b| b["tags"] = json!({"a": 1})), "`tags`"),
        (with(|b| b["name"] = json!(7)), "`name`"),
        (with(|b| b["providerData"] = json!([])), "`providerData`"),
        (
            with(|b| b["configuration"] = json!({"oauth.callback.url": "https://x"})),
            "Missing required configuration: oauth.api.key, oauth.api.secret",
        ),
        (
            with(|b| b["providerData"] = json!({})),
            "You must provide an OAuth code in order to create an instance of this element",
        ),
    ] {
        let message = app
            .platform("POST", "/instances", body.clone())
            .await
            .error(400);
        assert!(message.contains(words), "{body}: {message}");
        assert!(!message.contains("s3cret-of-the-application"), "{message}");
    }
    let unknown = with(|b| b["element"] = json!({"key": "nonsense"}));
    let message = app.platform("POST", "/instances", unknown).await.error(404);
    assert_eq!(message, "No element found with key nonsense");
    nothing_is_stored(&app).await;
}

#[tokio::test]
async fn missing_configuration_of_every_guide_is_named_at_once() {
    let app = TestApp::start().await;
    for element in [
        "eloqua",
        "sfdc",
        "sfdcservicecloud",
        "sfdcmarketingcloud",
        "sfdcdocuments",
        "acton",
        "marketo",
    ] {
        let body = json!({"element": {"key": element}, "providerData": {"code": "c"}, "name": "n"});
        let message = app.platform("POST", "/instances", body).await.error(400);
        assert!(
            message.starts_with("Missing required configuration: "),
            "{element}: {message}"
        );
        for key in ["oauth.api.key", "oauth.api.secret", "oauth.callback.url"] {
            assert!(message.contains(key), "{element}: {message}");
        }
    }
}

#[tokio::test]
async fn a_code_works_once() {
    let app = TestApp::start().await;
    for element in ["sfdc", "eloqua", "acton"] {
        let body = app.guide_body(element).await;
        app.platform("POST", "/instances", body.clone())
            .await
            .expect(200);
        let reply = app.platform("POST", "/instances", body).await.expect(400);
        let error = reply.json();
        assert!(error["providerMessage"].is_string(), "{element}: {error}");
    }
}

#[tokio::test]
async fn a_vendors_refusal_is_a_400_with_its_words() {
    let app = TestApp::start().await;
    for element in ["sfdc", "eloqua", "acton", "marketo"] {
        let mut body = app.guide_body(element).await;
        body["configuration"]["oauth.api.key"] = json!("sandbox-invalid");
        let error = app
            .platform("POST", "/instances", body)
            .await
            .expect(400)
            .json();
        assert!(error["providerMessage"].is_string(), "{element}: {error}");
        assert!(!error.to_string().contains("s3cret-of-the-application"));
    }
    nothing_is_stored(&app).await;
}

#[tokio::test]
async fn a_bad_vendor_has_its_own_status_while_connecting_and_while_calling() {
    let app = TestApp::with(|config| {
        config.vendor.total_timeout.0 = std::time::Duration::from_millis(700);
        config.vendor.max_response.0 = 1 << 20;
        // Each failure is told as it is; tests of their own show what is repeated.
        config.vendor.retries = 0;
    })
    .await;
    let (_, token) = app.instance("sfdc").await;
    for (fault, status) in [
        (json!({"kind": "status", "status": 500}), 502),
        (json!({"kind": "html"}), 502),
        (json!({"kind": "truncated"}), 502),
        (json!({"kind": "huge", "bytes": 3_000_000}), 502),
        (json!({"kind": "slow", "delay_ms": 5000}), 504),
        (json!({"kind": "drop"}), 502),
        (
            json!({"kind": "redirect", "location": "https://evil.example/"}),
            502,
        ),
        (json!({"kind": "status", "status": 429}), 429),
    ] {
        let mut fault = fault;
        fault["vendor"] = json!("salesforce");
        app.control("/fail", fault.clone()).await;
        let reply = app.resource("GET", "/contacts", &token, Value::Null).await;
        assert_eq!(reply.status, status, "calling, {fault}: {}", reply.text());
        reply.error(status);

        let body = app.guide_body("sfdc").await;
        app.control("/fail", fault.clone()).await;
        let reply = app.platform("POST", "/instances", body).await;
        assert_eq!(
            reply.status,
            status,
            "connecting, {fault}: {}",
            reply.text()
        );
        let count = app
            .platform("GET", "/instances/count", Value::Null)
            .await
            .json();
        assert_eq!(count["totalInstances"], 1, "{fault}");
    }
}

#[tokio::test]
async fn ids_and_keys_that_are_none_are_404s() {
    let app = TestApp::start().await;
    for path in [
        "/instances/999",
        "/instances/-1",
        "/instances/nonsense",
        "/instances/99999999999999999999999",
        "/instances/999/configuration",
        "/elements/nonsense/instances",
        "/elements/999999999999",
        "/elements/%00%ff",
        "/usage/nonsense",
        "/elements/sfdc/application",
    ] {
        let message = app.platform("GET", path, Value::Null).await.error(404);
        assert!(message.starts_with("No "), "{path}: {message}");
    }
    app.platform("DELETE", "/instances/999", Value::Null)
        .await
        .error(404);
    app.platform("PUT", "/instances/999", json!({"name": "x"}))
        .await
        .error(404);
}

#[tokio::test]
async fn a_malformed_body_of_a_resource_call_is_refused_before_the_vendor() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let authorization = app.with_token(&token);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    for body in ["{\"a\":", "{]"] {
        app.send("POST", "/elements/api-v2/contacts", &headers, body)
            .await
            .error(400);
    }
}

#[tokio::test]
async fn a_name_that_is_no_object_of_the_vendor_is_met_with_the_nearest_resource() {
    let app = TestApp::start().await;
    for (element, hub) in [
        ("sfdc", "crm"),
        ("eloqua", "marketing"),
        ("marketo", "marketing"),
    ] {
        let (_, token) = app.instance(element).await;
        let path = format!("/hubs/{hub}/contcts?where=id='1'");
        let reply = app.resource("GET", &path, &token, Value::Null).await;
        let said = reply.json();
        let message = said["message"].as_str().unwrap_or_default();
        assert!(matches!(reply.status, 400 | 404), "{element}: {said}");
        assert!(
            message.ends_with("The nearest resource of the element is /contacts."),
            "{element}: {said}"
        );
    }
}
