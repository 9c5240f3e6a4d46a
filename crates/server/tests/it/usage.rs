//! Every call leaves a row.

use ligand_model::time::Clock as _;
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

#[tokio::test]
async fn calls_are_counted_over_time_with_empty_spans_between() {
    let app = TestApp::start().await;
    let statuses = "/usage/analytics/statuses";
    app.platform("GET", statuses, Value::Null).await.error(404);
    let (_, token) = app.instance("sfdc").await;
    for path in ["/ping", "/contacts/nosuch"] {
        app.resource("GET", path, &token, Value::Null).await;
        app.clock.advance(2 * 3600 * 1000);
    }
    let days = app.ok("GET", statuses, Value::Null).await;
    let days = days.as_array().unwrap();
    assert_eq!(days.len(), 8, "the week until now, by day: {days:?}");
    let sum = |name: &str| {
        days.iter()
            .map(|day| day[name].as_i64().unwrap())
            .sum::<i64>()
    };
    assert_eq!((sum("count"), sum("success"), sum("failed")), (3, 2, 1));

    let now = app.clock.now();
    let from = now.plus_millis(-5 * 3600 * 1000).to_iso();
    let hours = app
        .ok(
            "GET",
            &format!("{statuses}?interval=hour&from={from}"),
            Value::Null,
        )
        .await;
    let counts: Vec<i64> = hours
        .as_array()
        .unwrap()
        .iter()
        .map(|hour| hour["count"].as_i64().unwrap())
        .collect();
    assert_eq!(counts, [0, 2, 0, 1, 0, 0], "{hours}");
    let times = format!("/usage/analytics/times?interval=hour&from={from}");
    let times = app.ok("GET", &times, Value::Null).await;
    let times = times.as_array().unwrap();
    assert_eq!(times.len(), 6);
    assert!(
        times
            .iter()
            .all(|row| row["min"].as_i64() <= row["avg"].as_i64()
                && row["avg"].as_i64() <= row["max"].as_i64())
    );
    for wrong in [
        "interval=fortnight",
        "interval=second",
        "from=2026-02-01&to=2026-01-01",
        "from=yesterday",
    ] {
        let path = format!("{statuses}?{wrong}");
        app.platform("GET", &path, Value::Null).await.error(400);
    }
    app.clock.advance(31 * 24 * 3600 * 1000);
    let old = "/usage?from=2000-01-01";
    app.ok("GET", old, Value::Null).await;
    ligand_server::service::usage::forget(&app.app)
        .await
        .unwrap();
    app.platform("GET", old, Value::Null).await.error(404);
    let other = app.neighbour().await;
    app.call("GET", statuses, &other, Value::Null)
        .await
        .error(404);
}
