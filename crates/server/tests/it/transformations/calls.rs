//! Calls in common names.

use serde_json::{Value, json};

use super::{Fixture, definition, transformation};

async fn mapped() -> Fixture {
    let fixture = Fixture::start().await;
    fixture.define().await;
    fixture.map(transformation()).await;
    fixture
}

#[tokio::test]
async fn records_come_in_the_common_shape_and_queries_go_in_the_vendors_words() {
    let fixture = mapped().await;
    let shape = json!([{"id": "1", "mail": "a@x.io", "address": {"town": "Rome"}, "phones": [{"no": "1"}]}]);
    let reply = fixture.app.resource(
        "GET",
        "/hubs/anything/person?where=mail%3D'a@x.io'&fields=id,address&orderBy=mail%20desc",
        &fixture.token,
        Value::Null,
    );
    let reply = reply.await.expect(200);
    assert_eq!(reply.json(), shape);
    assert_eq!(reply.header("elements-returned-count"), "1");
    let asked = fixture.recorder.take().remove(0);
    assert_eq!(asked.path, "/v1/Contact");
    let query: Vec<(String, String)> = url::form_urlencoded::parse(asked.query.as_bytes())
        .into_owned()
        .collect();
    let of = |name: &str| {
        query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(of("where"), Some("Email = 'a@x.io'"));
    assert_eq!(of("fields"), Some("Id,MailingAddress.City"));
    assert_eq!(of("orderBy"), Some("Email desc"));
    // The vendor's own name still gives the vendor's shape.
    assert_eq!(fixture.get("/Contact").await[0]["Other"], 7);
}

#[tokio::test]
async fn bodies_go_in_the_vendors_shape_and_come_back_in_the_common_one() {
    let fixture = mapped().await;
    let body = json!({"mail": "b@x.io", "address": {"town": "Oslo"}, "junk": 1});
    let made = fixture
        .app
        .resource("POST", "/person", &fixture.token, body)
        .await
        .expect(200)
        .json();
    assert_eq!(
        made,
        json!({"id": "new", "mail": "b@x.io", "address": {"town": "Oslo"}})
    );
    let sent: Value = serde_json::from_slice(&fixture.recorder.take()[0].body).unwrap();
    assert_eq!(
        sent,
        json!({"Email": "b@x.io", "MailingAddress": {"City": "Oslo"}})
    );
    let changed = fixture
        .app
        .resource(
            "PATCH",
            "/person/7",
            &fixture.token,
            json!({"mail": "c@x.io"}),
        )
        .await;
    assert_eq!(
        changed.expect(200).json(),
        json!({"id": "new", "mail": "c@x.io"})
    );
    assert_eq!(fixture.recorder.take()[0].path, "/v1/Contact/7");
    fixture
        .app
        .resource("DELETE", "/person/7", &fixture.token, Value::Null)
        .await
        .expect(200);
    assert_eq!(
        fixture.get("/person/1").await,
        json!({"id": "1", "mail": "a@x.io"})
    );
    // What cannot be read reaches nobody.
    fixture.recorder.take();
    let headers = [
        ("authorization", fixture.app.with_token(&fixture.token)),
        ("content-type", "application/json".to_owned()),
    ];
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    fixture
        .app
        .send("POST", "/elements/api-v2/person", &headers, "{\"mail\": ")
        .await
        .error(400);
    assert_eq!(fixture.recorder.take().len(), 0);
}

#[tokio::test]
async fn parents_and_children_may_both_have_common_names() {
    let fixture = mapped().await;
    let app = &fixture.app;
    app.ok("POST", "/organizations/objects/memo/definitions", json!({}))
        .await;
    let memo = json!({"vendorName": "Note", "configuration": super::closed(), "fields": [{"path": "key", "vendorPath": "Id"}]});
    app.ok(
        "POST",
        "/organizations/elements/mapped/transformations/memo",
        memo,
    )
    .await;
    assert_eq!(fixture.get("/person/5/memo").await, json!([{"key": "1"}]));
    assert_eq!(fixture.recorder.take()[0].path, "/v1/Contact/5/Note/all");
    assert_eq!(fixture.get("/Contact/5/memo").await, json!([{"key": "1"}]));
    // A child by the element's own name has the vendor's shape.
    assert_eq!(fixture.get("/person/5/Note").await[0]["Other"], 7);
    let nowhere = app
        .resource("GET", "/person/5/nosuch", &fixture.token, Value::Null)
        .await
        .error(400);
    assert!(!nowhere.is_empty());
}

#[tokio::test]
async fn a_common_name_may_be_the_elements_own() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    app.ok(
        "POST",
        "/organizations/objects/Contact/definitions",
        definition(),
    )
    .await;
    app.ok(
        "POST",
        "/organizations/elements/mapped/transformations/Contact",
        transformation(),
    )
    .await;
    assert_eq!(fixture.get("/Contact").await[0]["mail"], "a@x.io");
    assert_eq!(fixture.get("/Contact").await[0].get("Other"), None);
}

#[tokio::test]
async fn a_write_at_any_level_is_seen_by_the_next_call_and_a_warm_call_asks_no_database() {
    let fixture = mapped().await;
    fixture.get("/person").await;
    let before = fixture.app.app.store.statements();
    fixture.get("/person").await;
    assert_eq!(fixture.app.app.store.statements(), before);
    let path = "/organizations/elements/mapped/transformations/person";
    let changed =
        json!({"fields": [{"path": "key", "vendorPath": "Id"}], "configuration": super::closed()});
    fixture.app.ok("PUT", path, changed).await;
    assert_eq!(fixture.get("/person").await, json!([{"key": "1"}]));
    fixture
        .app
        .ok(
            "PATCH",
            "/organizations/objects/person",
            json!({"objectName": "human"}),
        )
        .await;
    assert_eq!(fixture.get("/human").await, json!([{"key": "1"}]));
    fixture
        .app
        .resource("GET", "/person", &fixture.token, Value::Null)
        .await
        .error(400);
}

#[tokio::test]
async fn an_answer_that_is_cut_short_is_the_vendors_fault() {
    let fixture = mapped().await;
    let app = &fixture.app;
    app.ok("POST", "/organizations/objects/bad/definitions", json!({}))
        .await;
    app.ok(
        "POST",
        "/organizations/elements/mapped/transformations/bad",
        json!({"vendorName": "broken"}),
    )
    .await;
    app.resource("GET", "/bad", &fixture.token, Value::Null)
        .await
        .error(502);
}

#[tokio::test]
async fn nothing_of_a_transformation_lies_in_clear() {
    let fixture = mapped().await;
    let mut body = transformation();
    body["script"] = json!({"body": "const key = 's3cret-in-a-script'; done(transformedObject)"});
    fixture
        .app
        .ok(
            "PUT",
            "/organizations/elements/mapped/transformations/person",
            body,
        )
        .await;
    assert!(
        !fixture
            .app
            .everything_stored()
            .contains("s3cret-in-a-script")
    );
}

#[tokio::test]
async fn names_that_mean_each_other_end() {
    let fixture = mapped().await;
    let app = &fixture.app;
    for (name, vendor) in [("hen", "egg"), ("egg", "hen"), ("self", "self")] {
        let path = format!("/organizations/objects/{name}/definitions");
        app.ok("POST", &path, json!({})).await;
        let path = format!("/organizations/elements/mapped/transformations/{name}");
        app.ok("POST", &path, json!({"vendorName": vendor})).await;
    }
    for name in ["hen", "egg", "self"] {
        let path = format!("/{name}");
        let message = app
            .resource("GET", &path, &fixture.token, Value::Null)
            .await
            .error(400);
        assert!(!message.is_empty(), "{name}");
    }
    assert_eq!(fixture.recorder.take().len(), 0);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_before_it_is_mapped() {
    let fixture = Fixture::with(|config| config.http.max_body.0 = 64 * 1024).await;
    let app = &fixture.app;
    fixture.define().await;
    fixture.map(transformation()).await;
    let record = json!({"mail": "x".repeat(1024)});
    let records = Value::Array(vec![record; 100]);
    app.resource("POST", "/person", &fixture.token, records)
        .await
        .error(413);
    assert_eq!(fixture.recorder.take().len(), 0);
}
