//! What every answer carries.

use serde_json::Value;

use crate::support::TestApp;

#[tokio::test]
async fn every_answer_has_a_request_id_and_the_security_headers() {
    let app = TestApp::start().await;
    for (path, status) in [("/elements", 200), ("/instances", 401), ("/nonsense", 404)] {
        let reply = app.call("GET", path, "", Value::Null).await.expect(status);
        let id = reply.header("elements-request-id");
        assert!(
            id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit()),
            "{id}"
        );
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert!(reply.header("content-security-policy").contains("sandbox"));
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("access-control-expose-headers"), "");
    }
}

#[tokio::test]
async fn a_foreign_page_may_read_exactly_the_headers_of_the_field() {
    let app = TestApp::start().await;
    let origin = [("origin", "https://app.example")];
    let reply = app
        .send("GET", "/elements/api-v2/elements", &origin, "")
        .await
        .expect(200);
    assert_eq!(
        reply.header("access-control-expose-headers"),
        "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition"
    );
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    let preflight = [
        ("origin", "https://app.example"),
        ("access-control-request-method", "PATCH"),
        (
            "access-control-request-headers",
            "authorization,content-type",
        ),
    ];
    let reply = app
        .send("OPTIONS", "/your_moms/api-v2/instances", &preflight, "")
        .await
        .expect(200);
    assert!(
        reply
            .header("access-control-allow-methods")
            .contains("PATCH")
    );
    assert_eq!(
        reply.header("access-control-allow-headers"),
        "authorization,content-type"
    );
}

#[tokio::test]
async fn who_takes_no_json_learns_it_before_anything_is_done() {
    let app = TestApp::start().await;
    for (accept, status) in [
        ("text/xml", 406),
        ("text/html, */*;q=0.1", 200),
        ("application/json", 200),
    ] {
        let reply = app
            .send(
                "GET",
                "/elements/api-v2/elements/keys",
                &[("accept", accept)],
                "",
            )
            .await;
        assert_eq!(reply.status, status, "{accept}");
    }
}

#[tokio::test]
async fn trailing_slashes_are_ignored_and_heads_are_answered() {
    let app = TestApp::start().await;
    app.call("GET", "/elements/sfdc/", "", Value::Null)
        .await
        .expect(200);
    app.platform("GET", "/organizations/me/", Value::Null)
        .await
        .expect(200);
    let reply = app
        .call("HEAD", "/elements/sfdc", "", Value::Null)
        .await
        .expect(200);
    assert!(reply.body.is_empty());
}
