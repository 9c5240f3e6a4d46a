//! Filters that the vendor does not know, and those of the catalog.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::elements::{crm, with_vendor};

#[tokio::test]
async fn a_header_asks_for_filters_here_and_a_header_says_so() {
    let (app, vendor) = with_vendor().await;
    app.ok("POST", "/elements", crm()).await;
    let body = json!({"name": "I", "configuration": {"api.key": "k"}});
    let made = app.ok("POST", "/elements/mycrm/instances", body).await;
    let token = made["token"].as_str().unwrap();
    let path = "/elements/api-v2/things?where=id%3D'2'";
    let credentials = app.with_token(token);
    let headers = [("authorization", &*credentials)];
    let message = app.send("GET", path, &headers, "").await.error(400);
    assert!(message.contains("Elements-Local-Filter: true"), "{message}");
    assert!(vendor.take().is_empty());
    let headers = [
        ("authorization", &*credentials),
        ("elements-local-filter", "true"),
    ];
    let reply = app.send("GET", path, &headers, "").await.expect(200);
    assert_eq!(reply.header("elements-local-filter"), "where");
    assert_eq!(reply.json(), json!([]));
    assert_eq!(vendor.take()[0].query, "");
}

#[tokio::test]
async fn the_catalog_is_searched_by_plain_members() {
    let app = TestApp::start().await;
    app.ok("POST", "/elements", crm()).await;
    let own = json!({"method": "GET", "path": "/mine", "vendorPath": "/x"});
    app.ok("POST", "/elements/sfdc/resources", own).await;
    for (condition, expected) in [
        ("private%3D'true'", vec!["mycrm"]),
        ("extended='true'", vec!["sfdc"]),
        (
            "key%20LIKE%20'sfdc%25'%20AND%20hub='documents'",
            vec!["sfdcdocuments"],
        ),
        ("name%20IN%20('My%20CRM')", vec!["mycrm"]),
        ("nonsense='x'", vec![]),
    ] {
        let found = app
            .ok(
                "GET",
                &format!("/elements?abridged=true&where={condition}"),
                Value::Null,
            )
            .await;
        let keys: Vec<_> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["key"].as_str().unwrap())
            .collect();
        assert_eq!(keys, expected, "{condition}");
    }
    let message = app
        .refused("GET", "/elements?where=key%3D", Value::Null, 400)
        .await;
    assert!(message.contains("Error parsing query"), "{message}");
    let neighbour = app.neighbour().await;
    let theirs = app
        .call(
            "GET",
            "/elements?where=extended%3D'true'",
            &neighbour,
            Value::Null,
        )
        .await;
    assert_eq!(theirs.expect(200).json(), json!([]));
}
