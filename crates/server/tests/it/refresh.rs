//! Grants stay fresh: by time, by the vendor's 401, once for all who wait, and only a refusal condemns.

use serde_json::{Value, json};

use crate::support::TestApp;

async fn requests(app: &TestApp, vendor: &str) -> Vec<Value> {
    let url = format!("{}/requests?vendor={vendor}", app.vendor("control"));
    let log = app.send("GET", &url, &[], "").await.expect(200).json();
    let rows = if log.is_array() {
        log
    } else {
        log["requests"].clone()
    };
    rows.as_array().unwrap_or_else(|| panic!("{rows}")).clone()
}

async fn forget_requests(app: &TestApp) {
    let url = format!("{}/requests", app.vendor("control"));
    app.send("DELETE", &url, &[], "").await.expect(200);
}

async fn token_calls(app: &TestApp, vendor: &str) -> usize {
    let rows = requests(app, vendor).await;
    rows.iter()
        .filter(|row| {
            row["path"]
                .as_str()
                .is_some_and(|path| path.contains("token"))
        })
        .count()
}

const ELEMENTS: [(&str, &str, &str); 4] = [
    ("sfdc", "salesforce", "/hubs/crm/contacts"),
    ("eloqua", "eloqua", "/hubs/marketing/contacts"),
    ("acton", "acton", "/hubs/marketing/lists"),
    ("marketo", "marketo", "/hubs/marketing/lists"),
];

#[tokio::test]
async fn a_grant_that_the_vendor_no_longer_takes_is_refreshed_and_the_call_repeated() {
    let app = TestApp::start().await;
    for (element, vendor, path) in ELEMENTS {
        let (id, token) = app.instance(element).await;
        app.control("/tokens/expire", json!({"vendor": vendor}))
            .await;
        forget_requests(&app).await;
        app.resource("GET", path, &token, Value::Null)
            .await
            .expect(200);
        assert_eq!(token_calls(&app, vendor).await, 1, "{element}");
        app.resource("GET", path, &token, Value::Null)
            .await
            .expect(200);
        assert_eq!(
            token_calls(&app, vendor).await,
            1,
            "{element}: the new token was not kept"
        );
        let shown = app
            .platform("GET", &format!("/instances/{id}"), Value::Null)
            .await
            .json();
        assert_eq!(shown["valid"], true);
    }
}

#[tokio::test]
async fn a_grant_that_has_passed_is_refreshed_before_the_call() {
    let app = TestApp::start().await;
    for (element, vendor, path) in ELEMENTS.into_iter().skip(1) {
        let (_, token) = app.instance(element).await;
        app.clock.advance(10 * 60 * 60 * 1000);
        forget_requests(&app).await;
        app.resource("GET", path, &token, Value::Null)
            .await
            .expect(200);
        assert_eq!(token_calls(&app, vendor).await, 1, "{element}");
    }
}

#[tokio::test]
async fn many_calls_at_once_share_one_refresh() {
    let app = TestApp::start().await;
    for (element, vendor, path) in ELEMENTS {
        let (_, token) = app.instance(element).await;
        app.control("/tokens/expire", json!({"vendor": vendor}))
            .await;
        forget_requests(&app).await;
        let mut calls = Vec::new();
        for _ in 0..12 {
            calls.push(app.resource("GET", path, &token, Value::Null));
        }
        for reply in together(calls).await {
            reply.expect(200);
        }
        assert_eq!(token_calls(&app, vendor).await, 1, "{element}");
    }
}

/// Polls all of them until all are done.
pub async fn together<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures
        .into_iter()
        .map(|future| (Box::pin(future), None))
        .collect();
    std::future::poll_fn(|context| {
        let mut all = true;
        for (future, done) in &mut waiting {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(output) => *done = Some(output),
                    std::task::Poll::Pending => all = false,
                }
            }
        }
        if all {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    waiting.into_iter().filter_map(|(_, done)| done).collect()
}

#[tokio::test]
async fn a_refused_refresh_condemns_the_instance_and_a_new_code_repairs_it() {
    let app = TestApp::start().await;
    for (element, vendor, path) in ELEMENTS.into_iter().take(3) {
        let (id, token) = app.instance(element).await;
        app.control("/tokens/revoke", json!({"vendor": vendor}))
            .await;
        let reply = app
            .resource("GET", path, &token, Value::Null)
            .await
            .expect(401);
        assert!(
            reply.json()["providerMessage"].is_string(),
            "{element}: {}",
            reply.text()
        );
        let one = format!("/instances/{id}");
        assert_eq!(
            app.platform("GET", &one, Value::Null).await.json()["valid"],
            false,
            "{element}"
        );
        forget_requests(&app).await;
        let message = app
            .resource("GET", path, &token, Value::Null)
            .await
            .error(401);
        assert!(message.contains(&format!("PUT {one}")), "{message}");
        assert_eq!(
            requests(&app, vendor).await.len(),
            0,
            "{element}: the vendor was asked again"
        );

        let body = app.guide_body(element).await;
        let code = json!({"providerData": body["providerData"]});
        let repaired = app.platform("PUT", &one, code).await.expect(200).json();
        assert_eq!(repaired["valid"], true);
        assert_eq!(repaired["token"], json!(token));
        app.resource("GET", path, &token, Value::Null)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_vendor_that_is_down_condemns_nobody() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    app.control("/tokens/expire", json!({"vendor": "salesforce"}))
        .await;
    app.control(
        "/fail",
        json!({"vendor": "salesforce", "status": 503, "path": "token"}),
    )
    .await;
    let reply = app.resource("GET", "/contacts", &token, Value::Null).await;
    assert!(reply.status >= 500, "{} {}", reply.status, reply.text());
    let one = format!("/instances/{id}");
    assert_eq!(
        app.platform("GET", &one, Value::Null).await.json()["valid"],
        true
    );
    app.resource("GET", "/contacts", &token, Value::Null)
        .await
        .expect(200);
}

#[tokio::test]
async fn somebody_elses_refresh_token_is_enough_to_begin_with() {
    let app = TestApp::start().await;
    let callback = app.consent("sfdc").await;
    let code = &callback.iter().find(|(name, _)| name == "code").unwrap().1;
    // The customer's own program exchanges the code with the vendor.
    let form = format!(
        "grant_type=authorization_code&code={code}&client_id=key&client_secret=secret&redirect_uri=https://www.mycoolapp.com/auth"
    );
    let url = format!("{}/services/oauth2/token", app.vendor("salesforce"));
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("host", "login.salesforce.com"),
    ];
    let grant = app
        .send("POST", &url, &headers, form)
        .await
        .expect(200)
        .json();
    let mut body = json!({"element": {"key": "sfdc"}, "name": "external", "externalAuthentication": "initial",
        "configuration": {"oauth.api.key": "key", "oauth.api.secret": "secret", "oauth.callback.url": "https://x"}});
    let message = app
        .platform("POST", "/instances", body.clone())
        .await
        .error(400);
    assert_eq!(
        message,
        "Missing required configuration: oauth.user.refresh_token"
    );
    body["configuration"]["oauth.user.refresh_token"] = grant["refresh_token"].clone();
    let made = app
        .platform("POST", "/instances", body)
        .await
        .expect(200)
        .json();
    assert_eq!(made["externalAuthentication"], "initial");
    assert_eq!(
        made["configuration"]["oauth.user.refresh_token"],
        "********"
    );
    app.resource(
        "GET",
        "/contacts",
        made["token"].as_str().unwrap(),
        Value::Null,
    )
    .await
    .expect(200);
}
