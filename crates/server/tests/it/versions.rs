//! Versions of elements, extensions of the catalog, and the hosts that neither may open.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::elements::{CRM, crm, with_vendor};

#[tokio::test]
async fn running_instances_stay_on_their_version_until_they_are_moved() {
    let (app, recorder) = with_vendor().await;
    app.ok("POST", "/elements", crm()).await;
    let new = json!({"name": "n", "configuration": {"api.key": "s3cret"}});
    let made = app.ok("POST", &format!("{CRM}/instances"), new).await;
    let (id, token) = (&made["id"], made["token"].as_str().unwrap());
    let resources = app
        .ok("GET", &format!("{CRM}/resources"), Value::Null)
        .await;
    let at = format!("{CRM}/resources/{}", resources[0]["id"]);
    let second = json!({"method": "GET", "path": "/things", "vendorPath": "/v2/things"});
    app.ok("PUT", &at, second).await;

    app.resource("GET", "/things", token, Value::Null)
        .await
        .expect(200);
    assert_eq!(recorder.take()[0].path, "/v1/things");
    let moved = app
        .ok("PUT", &format!("{CRM}/instances/{id}/version"), Value::Null)
        .await;
    assert_eq!(moved["elementVersion"], 2);
    app.resource("GET", "/things", token, Value::Null)
        .await
        .expect(200);
    assert_eq!(recorder.take()[0].path, "/v2/things");
    // The whole answer sent back moves nothing, a version that is named does.
    app.ok(
        "PUT",
        &at,
        json!({"method": "GET", "path": "/things", "vendorPath": "/v3/things"}),
    )
    .await;
    let put = app.ok("PUT", &format!("/instances/{id}"), moved).await;
    assert_eq!(put["elementVersion"], 2);
    let one = json!({"element": {"id": put["elementId"], "version": 1}});
    assert_eq!(
        app.ok("PATCH", &format!("/instances/{id}"), one).await["elementVersion"],
        1
    );
    let none = json!({"element": {"id": put["elementId"], "version": 9}});
    let message = app
        .refused("PATCH", &format!("/instances/{id}"), none, 404)
        .await;
    assert_eq!(message, "No version 9 found of the element mycrm");

    let versions = app.ok("GET", &format!("{CRM}/versions"), Value::Null).await;
    let told: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|v| {
            (
                v["version"].as_i64().unwrap(),
                v["instances"].as_i64().unwrap(),
                v["current"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [(1, 1, false), (2, 0, false), (3, 0, true)]);
    let before = app
        .ok("GET", &format!("{CRM}/versions/2"), Value::Null)
        .await;
    assert_eq!(before["resources"][0]["vendorPath"], "/v2/things");
    let diff = app
        .ok("GET", &format!("{CRM}/versions/2/diff/3"), Value::Null)
        .await;
    let path = format!("/resources/{}/vendorPath", resources[0]["id"]);
    assert!(
        diff["changes"].as_array().unwrap().contains(
            &json!({"op": "replace", "path": path, "before": "/v2/things", "after": "/v3/things"})
        ),
        "{diff}"
    );
    let back = app
        .ok("POST", &format!("{CRM}/versions/1/rollback"), Value::Null)
        .await;
    assert_eq!(
        (&back["version"], &back["resources"][0]["vendorPath"]),
        (&json!(4), &json!("/v1/things"))
    );
    app.refused(
        "POST",
        &format!("{CRM}/versions/99/rollback"),
        Value::Null,
        404,
    )
    .await;
}

#[tokio::test]
async fn an_edited_element_never_leads_a_running_instance_to_another_host() {
    let (app, recorder) = with_vendor().await;
    app.ok("POST", "/elements", crm()).await;
    let new = json!({"name": "n", "configuration": {"api.key": "s3cret"}});
    let made = app.ok("POST", &format!("{CRM}/instances"), new).await;
    let (id, token) = (&made["id"], made["token"].as_str().unwrap());
    let elsewhere = json!({"method": "GET", "path": "/stolen", "vendorPath": "https://other.example.com/v1/stolen"});
    app.ok("POST", &format!("{CRM}/resources"), elsewhere).await;
    // Not before it is moved, and not moved without giving the secrets again.
    app.resource("GET", "/stolen", token, Value::Null)
        .await
        .error(400);
    let message = app
        .refused(
            "PUT",
            &format!("{CRM}/instances/{id}/version"),
            Value::Null,
            400,
        )
        .await;
    assert!(
        message.contains("must be given again: api.key"),
        "{message}"
    );
    assert!(recorder.take().is_empty());
    // A pattern of hosts that a vendor may name is as good as a host.
    app.ok("POST", &format!("{CRM}/versions/1/rollback"), Value::Null)
        .await;
    let mut wide = crm();
    wide["hosts"] = json!(["*.example.org"]);
    app.ok("PUT", CRM, wide).await;
    app.refused(
        "PUT",
        &format!("{CRM}/instances/{id}/version"),
        Value::Null,
        400,
    )
    .await;
    let fresh =
        json!({"element": {"key": "mycrm", "version": 2}, "configuration": {"api.key": "again"}});
    app.ok("PATCH", &format!("/instances/{id}"), fresh).await;
    app.resource("GET", "/stolen", token, Value::Null)
        .await
        .expect(200);
    let asked = recorder.take();
    assert_eq!(
        (asked[0].host.as_str(), asked[0].header("x-key")),
        ("other.example.com", "again")
    );
}

#[tokio::test]
async fn an_account_extends_an_element_of_the_catalog_for_itself_alone() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let other = app.neighbour().await;
    let count = |value: Value| value.as_array().map_or(0, Vec::len);
    let path = "/elements/sfdc/resources";
    let base = count(app.ok("GET", path, Value::Null).await);
    app.resource("GET", "/myaccounts", &token, Value::Null)
        .await
        .error(400);
    let own = json!({"method": "GET", "path": "/myaccounts", "vendorPath": "/services/data/v59.0/sobjects/Account"});
    let made = app.ok("POST", path, own).await;
    assert_eq!(
        (&made["path"], &made["ownerAccountId"]),
        (&json!("/hubs/crm/myaccounts"), &json!(2))
    );
    assert_eq!(count(app.ok("GET", path, Value::Null).await), base + 1);
    assert_eq!(
        count(app.ok("GET", "/elements/23", Value::Null).await["resources"].clone()),
        base + 1
    );
    let added = app
        .ok("GET", &format!("{path}?accountOnly=true"), Value::Null)
        .await;
    assert_eq!((count(added.clone()), &added[0]["id"]), (1, &made["id"]));
    let theirs = app
        .call("GET", path, &other, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(count(theirs), base);
    let at = format!("{path}/{}", made["id"]);
    app.call("DELETE", &at, &other, Value::Null)
        .await
        .error(404);
    app.call("GET", &at, &other, Value::Null).await.error(404);
    let called = app
        .resource("GET", "/hubs/crm/myaccounts", &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert!(called.to_string().contains("recentItems"), "{called}");
    // Own resources carry parameters and models; the catalog's cannot be changed.
    let parameter = json!({"name": "a", "type": "query", "vendorName": "b", "vendorType": "query"});
    app.ok("POST", &format!("{at}/parameters"), parameter.clone())
        .await;
    app.ok(
        "POST",
        &format!("{at}/models"),
        json!({"name": "myaccount"}),
    )
    .await;
    let system = app.ok("GET", path, Value::Null).await[0]["id"].clone();
    let system = format!("{path}/{system}");
    app.refused(
        "POST",
        &format!("{system}/parameters"),
        parameter.clone(),
        404,
    )
    .await;
    app.refused(
        "PUT",
        &format!("{system}/models"),
        json!({"name": "x"}),
        404,
    )
    .await;
    app.refused("DELETE", &system, Value::Null, 404).await;
    app.refused("POST", "/elements/sfdc/parameters", parameter, 403)
        .await;
    app.refused(
        "POST",
        path,
        json!({"method": "GET", "path": "/x", "type": "onProvision"}),
        400,
    )
    .await;
    // Same verb and path: it takes the place of the element's own.
    let contacts = json!({"method": "GET", "path": "/contacts/{anything}", "vendorPath": "/services/data/v59.0/sobjects/Account"});
    let over = app.ok("POST", path, contacts).await;
    assert_eq!(count(app.ok("GET", path, Value::Null).await), base + 1);
    let called = app
        .resource("GET", "/contacts/003", &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert!(called.to_string().contains("recentItems"), "{called}");
    app.ok("DELETE", &format!("{path}/{}", over["id"]), Value::Null)
        .await;
    app.ok("DELETE", &at, Value::Null).await;
    assert_eq!(count(app.ok("GET", path, Value::Null).await), base);
    app.resource("GET", "/myaccounts", &token, Value::Null)
        .await
        .error(400);
}

#[tokio::test]
async fn an_added_resource_cannot_lead_elsewhere() {
    let (app, recorder) = with_vendor().await;
    let (_, token) = app.instance("sfdc").await;
    let own = json!({"method": "GET", "path": "/out", "vendorPath": "https://other.example.com/x"});
    app.ok("POST", "/elements/sfdc/resources", own).await;
    app.resource("GET", "/out", &token, Value::Null)
        .await
        .error(403);
    assert!(recorder.take().is_empty());
}
