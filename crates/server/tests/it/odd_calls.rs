//! Calls that are a little beside what the guides show, and mean something all the same.

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let reply = app
        .resource("HEAD", "/contacts?pageSize=2", &token, Value::Null)
        .await
        .expect(200);
    assert_eq!(reply.header("elements-returned-count"), "2");
    assert!(reply.body.is_empty());
    app.resource("HEAD", "/nowhere", &token, Value::Null)
        .await
        .expect(400);
}

#[tokio::test]
async fn the_second_page_by_number_follows_the_first_where_vendors_only_know_cursors() {
    let app = TestApp::start().await;
    for (element, path) in [
        ("marketo", "/lists?"),
        ("marketo", "/contacts?where=id%20in%20(1,2,3,4)&"),
        ("sfdcdocuments", "/folders/contents?path=/&"),
    ] {
        let (_, token) = app.instance(element).await;
        let list = async |query: &str| {
            let path = format!("{path}{query}");
            let reply = app.resource("GET", &path, &token, Value::Null).await;
            reply.expect(200).json().as_array().unwrap().clone()
        };
        let halves = [
            list("pageSize=2&page=1").await,
            list("pageSize=2&page=2").await,
        ];
        assert_eq!(halves.concat(), list("pageSize=4").await, "{element}");
    }
    let (_, token) = app.instance("marketo").await;
    let beyond = app
        .resource(
            "GET",
            "/contacts?where=id%20in%20(1)&page=2",
            &token,
            Value::Null,
        )
        .await;
    assert_eq!(beyond.expect(200).json(), json!([]));
}

#[tokio::test]
async fn an_id_that_no_file_can_have_is_not_found() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdcdocuments").await;
    for path in ["/files/0", "/files/0/metadata"] {
        app.resource("GET", path, &token, Value::Null)
            .await
            .error(404);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_413() {
    let app = TestApp::start().await;
    let body = format!("{{\"name\": \"{}\"}}", "x".repeat(9 * 1024 * 1024));
    let headers = [
        ("authorization", app.secrets()),
        ("content-type", "application/json".to_owned()),
    ];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    app.send("POST", "/elements/api-v2/instances", &headers, body)
        .await
        .error(413);
}

#[tokio::test]
async fn a_file_comes_with_the_name_it_has_at_the_vendor() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdcdocuments").await;
    let path = "/files?path=/Meeting%20notes%2001.txt";
    let file = app.resource("GET", path, &token, Value::Null).await;
    let file = file.expect(200);
    let said = file.header("content-disposition");
    assert!(
        said.starts_with("attachment; filename=\"Meeting notes 01"),
        "{said}"
    );
}

#[tokio::test]
async fn a_key_that_no_path_reaches_is_refused() {
    let app = TestApp::start().await;
    for key in ["keys", "metadata", "a/b", "a?b"] {
        let element = json!({"name": "x", "key": key, "authentication": {"type": "custom"}});
        app.platform("POST", "/elements", element).await.error(400);
    }
}

#[tokio::test]
async fn an_instance_outlives_its_element_in_lists() {
    use ligand_model::id::{ElementId, OrganizationId};
    let app = TestApp::start().await;
    let shown = ligand_server::service::elements::shown_of_instance(
        &app.app,
        OrganizationId(2),
        ElementId(77),
    )
    .await
    .unwrap();
    assert_eq!(shown.to_json()["deleted"], true);
    assert_eq!(shown.id, ElementId(77));
}
