//! Every call leaves a row.

use serde_json::Value;

use crate::support::TestApp;

#[tokio::test]
async fn a_calls_row_is_found_by_its_request_id_at_once() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let reply = app
        .resource(
            "GET",
            "/hubs/crm/contacts/003?fields=Id",
            &token,
            Value::Null,
        )
        .await;
    let request = reply.header("elements-request-id");
    let row = app
        .platform("GET", &format!("/usage/{request}"), Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(row["request_id"], request);
    assert_eq!(row["element_key"], "sfdc");
    assert_eq!(row["element_instance_id"], id);
    assert_eq!(row["request_uri"], "/hubs/crm/contacts/{id}");
    assert_eq!(row["status"], reply.status);
    assert_eq!(row["request_status"], "FAILED");
    assert_eq!(row["user_id"], 2);
    for text in [
        "traffic_id",
        "traffic_date",
        "request_ip",
        "element_api",
        "company_external_id",
    ] {
        assert!(row[text].is_string(), "{text}: {row}");
    }
    assert!(!row.to_string().contains("fields=Id"));
}

#[tokio::test]
async fn rows_are_listed_newest_first_filtered_and_in_pages() {
    let app = TestApp::start().await;
    app.platform("GET", "/usage", Value::Null).await.error(404);
    let (_, token) = app.instance("sfdc").await;
    for path in ["/ping", "/contacts", "/accounts"] {
        app.resource("GET", path, &token, Value::Null)
            .await
            .expect(200);
        app.clock.advance(1000);
    }
    let rows = app
        .platform("GET", "/usage?keys[]=sfdc", Value::Null)
        .await
        .expect(200)
        .json();
    let paths: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["request_uri"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        ["/hubs/crm/accounts", "/hubs/crm/contacts", "/hubs/crm/ping"]
    );
    let first = app
        .platform("GET", "/usage?keys[]=sfdc&pageSize=2", Value::Null)
        .await
        .expect(200);
    let next = first.header("elements-next-page-token");
    let path = format!("/usage?keys[]=sfdc&pageSize=2&nextPage={next}");
    let rest = app
        .platform("GET", &path, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(rest[0]["request_uri"], "/hubs/crm/ping");
    app.platform("GET", "/usage?keys[]=eloqua", Value::Null)
        .await
        .error(404);
    app.platform("GET", "/usage?status=failed&keys[]=sfdc", Value::Null)
        .await
        .error(404);
    app.platform("GET", "/usage?from=yesterday", Value::Null)
        .await
        .error(400);
}
