//! Making, finding, changing and deleting instances.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::recorder::{Recorder, json as answer};

fn names(rows: &Value) -> Vec<&str> {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect()
}

async fn plain_element(app: &TestApp) {
    let element = json!({"name": "Plain", "authentication": {"type": "custom"}, "configuration": [
        {"key": "base.url", "name": "Base", "description": "", "defaultValue": "https://api.plain.example"},
        {"key": "site", "name": "Site", "description": ""},
        {"key": "pin", "name": "Pin", "description": "", "type": "PASSWORD"}],
        "resources": [{"method": "GET", "path": "/things", "vendorPath": "{site}/things"}]});
    app.platform("POST", "/elements", element).await.expect(200);
}

async fn plain_instance(app: &TestApp, body: Value) -> Value {
    app.platform("POST", "/elements/plain/instances", body)
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn names_and_tags_are_plain_text_and_the_name_is_the_first_tag() {
    let app = TestApp::start().await;
    plain_element(&app).await;
    let xss = "<a href=\"http://x\" onClick=\"alert(1)\">churros-xss</a>";
    let made = plain_instance(
        &app,
        json!({"name": xss, "tags": ["", "<b></b>", "t", "churros-xss", xss]}),
    )
    .await;
    assert_eq!(made["name"], "churros-xss");
    assert_eq!(made["tags"], json!(["churros-xss", "t"]));
    let path = format!("/instances/{}", made["id"]);
    let changed = app
        .platform("PATCH", &path, json!({"id": 77, "tags": [xss, "u"]}))
        .await
        .expect(200)
        .json();
    assert_eq!(changed["tags"], json!(["churros-xss", "u"]));
    assert_eq!(changed["id"], made["id"]);
    let renamed = app
        .platform("PUT", &path, json!({"name": "new"}))
        .await
        .expect(200)
        .json();
    assert_eq!(renamed["tags"], json!(["new", "u"]));
    let nameless = plain_instance(&app, json!({"name": "<script>x</script>"})).await;
    assert_eq!(nameless["name"], "Plain");
}

#[tokio::test]
async fn lists_are_narrowed_by_how_instances_are() {
    let app = TestApp::start().await;
    plain_element(&app).await;
    let off = plain_instance(&app, json!({"name": "off"})).await;
    plain_instance(&app, json!({"name": "on"})).await;
    let path = format!("/instances/{}/enabled", off["id"]);
    app.platform("DELETE", &path, Value::Null).await.expect(200);
    let like = |status: &str| {
        let path = format!("/instances?status={status}");
        let app = &app;
        async move { app.platform("GET", &path, Value::Null).await }
    };
    assert_eq!(names(&like("disabled").await.expect(200).json()), ["off"]);
    assert_eq!(names(&like("connected").await.expect(200).json()), ["on"]);
    like("invalid").await.error(404);
    let said = like("broken").await.error(400);
    assert!(
        said.contains("`connected`, `invalid` or `disabled`"),
        "{said}"
    );
}

#[tokio::test]
async fn lists_filter_search_and_page() {
    let app = TestApp::start().await;
    app.platform("GET", "/instances", Value::Null)
        .await
        .error(404);
    plain_element(&app).await;
    for (name, tag) in [("one", "odd"), ("two", "even"), ("three", "odd")] {
        plain_instance(&app, json!({"name": name, "tags": [tag]})).await;
    }
    let list = |query: &'static str| {
        let app = &app;
        async move {
            app.platform("GET", &format!("/instances?{query}"), Value::Null)
                .await
        }
    };
    for (query, expected) in [
        ("", vec!["one", "two", "three"]),
        ("tags[]=odd", vec!["one", "three"]),
        ("tags%5B%5D=two", vec!["two"]),
        ("searchText=TH", vec!["three"]),
        ("searchText=plai", vec!["one", "two", "three"]),
    ] {
        assert_eq!(
            names(&list(query).await.expect(200).json()),
            expected,
            "{query}"
        );
    }
    list("tags[]=nobody").await.error(404);
    let first = list("pageSize=2&tags[]=odd").await.expect(200);
    assert_eq!(first.header("elements-next-page-token"), "");
    let first = list("pageSize=2").await.expect(200);
    let next = first.header("elements-next-page-token");
    let rest = app
        .platform(
            "GET",
            &format!("/instances?pageSize=2&nextPage={next}"),
            Value::Null,
        )
        .await;
    assert_eq!(names(&rest.expect(200).json()), ["three"]);
    let second = list("pageSize=2&page=2").await.expect(200);
    assert_eq!(names(&second.json()), ["three"]);
    list("pageSize=2&page=3").await.error(404);
    app.platform("GET", "/instances?nextPage=nonsense", Value::Null)
        .await
        .error(400);
    let bare = list("hydrate=false").await.expect(200).json();
    assert!(bare[0].get("configuration").is_none() && bare[0]["token"].is_string());
    let of_element = app
        .platform("GET", "/elements/plain/instances", Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(of_element.as_array().unwrap().len(), 3);
    app.platform("GET", "/elements/sfdc/instances", Value::Null)
        .await
        .error(404);
    let count = app
        .platform("GET", "/instances/count", Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(
        count,
        json!({"totalInstances": 3, "elementInstances": [{"key": "plain", "count": 3}]})
    );
}

#[tokio::test]
async fn ids_follow_one_another() {
    let app = TestApp::start().await;
    plain_element(&app).await;
    let first = plain_instance(&app, json!({"name": "a"})).await["id"]
        .as_i64()
        .unwrap();
    app.platform("POST", "/instances", json!({"element": {"key": "sfdc"}}))
        .await
        .error(400);
    let second = plain_instance(&app, json!({"name": "b"})).await["id"]
        .as_i64()
        .unwrap();
    assert_eq!(second, first + 1);
}

#[tokio::test]
async fn the_whole_answer_may_be_sent_back() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let path = format!("/instances/{id}");
    let shown = app
        .platform("GET", &path, Value::Null)
        .await
        .expect(200)
        .json();
    let mut again = app
        .platform("PUT", &path, shown.clone())
        .await
        .expect(200)
        .json();
    again["updatedDate"] = shown["updatedDate"].clone();
    assert_eq!(again, shown);
    app.resource("GET", "/contacts", &token, Value::Null)
        .await
        .expect(200);
    let whole = format!("{}, Element {token}", app.secrets());
    let mut body = shown;
    body["name"] = json!("by token");
    let changed = app
        .call("PUT", "/instances", &whole, body)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&changed["name"], &changed["id"]),
        (&json!("by token"), &json!(id))
    );
}

#[tokio::test]
async fn configuration_is_shown_and_changed_entry_by_entry() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let entries = app
        .platform(
            "GET",
            &format!("/instances/{id}/configuration"),
            Value::Null,
        )
        .await
        .expect(200)
        .json();
    let by_token = app
        .resource("GET", "/instances/configuration", &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(entries, by_token);
    let secret = entries
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["key"] == "oauth.api.secret")
        .unwrap();
    assert_eq!(secret["propertyValue"], "********");
    let one = format!("/instances/{id}/configuration/{}", secret["id"]);
    app.platform("PATCH", &one, secret.clone())
        .await
        .expect(200);
    app.resource("GET", "/contacts", &token, Value::Null)
        .await
        .expect(200);
    let events = entries
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["key"] == "event.notification.enabled")
        .unwrap();
    let one = format!("/instances/configuration/{}", events["id"]);
    let changed = app
        .resource("PATCH", &one, &token, json!({"propertyValue": true}))
        .await
        .expect(200)
        .json();
    assert_eq!(changed["propertyValue"], "true");
    let shown = app
        .platform("GET", &format!("/instances/{id}"), Value::Null)
        .await
        .json();
    assert_eq!(shown["eventsEnabled"], true);
    app.platform(
        "GET",
        &format!("/instances/{id}/configuration/nonsense"),
        Value::Null,
    )
    .await
    .error(404);
    app.platform("PATCH", &one, json!({})).await.error(401);
}

#[tokio::test]
async fn a_new_host_needs_the_secrets_again() {
    let upstream = Recorder::start(|_| answer(200, "[]")).await;
    let origin = upstream.origin.clone();
    let app = TestApp::with(|config| {
        for host in ["a.example.com", "b.example.com"] {
            config
                .vendor
                .connect
                .insert(host.to_owned(), origin.clone());
        }
    })
    .await;
    plain_element(&app).await;
    let configuration = json!({"site": "https://a.example.com", "pin": "1234"});
    let made = plain_instance(&app, json!({"name": "n", "configuration": configuration})).await;
    let token = made["token"].as_str().unwrap();
    let path = format!("/instances/{}", made["id"]);
    app.resource("GET", "/things", token, Value::Null)
        .await
        .expect(200);
    assert_eq!(upstream.take()[0].host, "a.example.com");

    let moved = json!({"configuration": {"site": "https://b.example.com", "pin": "********"}});
    for method in ["PUT", "PATCH"] {
        let message = app.platform(method, &path, moved.clone()).await.error(400);
        assert!(
            message.contains("pin") && !message.contains("1234"),
            "{message}"
        );
    }
    let fresh = json!({"configuration": {"site": "https://b.example.com", "pin": "5678"}});
    app.platform("PATCH", &path, fresh).await.expect(200);
    app.resource("GET", "/things", token, Value::Null)
        .await
        .expect(200);
    assert_eq!(upstream.take()[0].host, "b.example.com");
}

#[tokio::test]
async fn deleting_revokes_the_grant_at_the_vendor() {
    let app = TestApp::start().await;
    let (id, _) = app.instance("sfdc").await;
    let log = format!("{}/requests?vendor=salesforce", app.vendor("control"));
    app.send("DELETE", &log, &[], "").await.expect(200);
    app.platform(
        "DELETE",
        &format!("/elements/sfdc/instances/{id}"),
        Value::Null,
    )
    .await
    .expect(200);
    let asked = app.send("GET", &log, &[], "").await.expect(200).text();
    assert!(asked.contains("/services/oauth2/revoke"), "{asked}");
    app.platform("DELETE", &format!("/instances/{id}"), Value::Null)
        .await
        .error(404);
}

#[tokio::test]
async fn deleting_does_not_wait_for_a_vendor_that_is_down() {
    let app = TestApp::start().await;
    let (id, _) = app.instance("sfdc").await;
    app.control(
        "/fail",
        json!({"vendor": "salesforce", "kind": "drop", "times": 5}),
    )
    .await;
    app.platform("DELETE", &format!("/instances/{id}"), Value::Null)
        .await
        .expect(200);
}

#[tokio::test]
async fn an_instance_is_of_the_element_in_its_path() {
    let app = TestApp::start().await;
    let (id, _) = app.instance("sfdc").await;
    app.platform("GET", &format!("/elements/23/instances/{id}"), Value::Null)
        .await
        .expect(200);
    for method in ["GET", "DELETE"] {
        app.platform(
            method,
            &format!("/elements/eloqua/instances/{id}"),
            Value::Null,
        )
        .await
        .error(404);
    }
    let body = json!({"name": "x"});
    app.platform("PUT", &format!("/elements/eloqua/instances/{id}"), body)
        .await
        .error(404);
}
