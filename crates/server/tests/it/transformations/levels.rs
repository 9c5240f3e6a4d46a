//! Who has which definition and which mapping, and what each call says of it.

use serde_json::{Value, json};

use super::{Fixture, closed, definition, instance, transformation};
use crate::support::TestApp;

#[tokio::test]
async fn a_definition_is_made_shown_replaced_renamed_and_deleted_at_every_level() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    let account = app.ok("GET", "/me", Value::Null).await["accountId"]
        .as_i64()
        .unwrap();
    let places = [
        ("/organizations".to_owned(), "organization"),
        (format!("/accounts/{account}"), "account"),
        (format!("/instances/{}", fixture.id), "instance"),
    ];
    for (base, level) in &places {
        let path = format!("{base}/objects/person/definitions");
        let made = app.ok("POST", &path, definition()).await;
        assert_eq!(
            (&made["objectName"], &made["level"]),
            (&json!("person"), &json!(level))
        );
        assert!(made["id"].is_i64());
        let fields = made["fields"].as_array().unwrap();
        assert_eq!(fields.len(), 5);
        assert_eq!(fields[1]["type"], "string");
        for field in fields {
            assert_eq!(
                (&field["level"], &field["associatedLevel"]),
                (&json!(level), &json!(level))
            );
            assert!(field["id"].is_i64() && field["associatedId"].is_i64());
        }
        assert_eq!(app.ok("GET", &path, Value::Null).await, made);
        app.refused("POST", &path, definition(), 409).await;
    }
    for (base, _) in &places {
        let path = format!("{base}/objects/person/definitions");
        let before = app.ok("GET", &path, Value::Null).await;
        let put = json!({"fields": [{"path": "mail", "type": "string"}, {"path": "more"}]});
        let replaced = app.ok("PUT", &path, put).await;
        assert_eq!(replaced["fields"].as_array().unwrap().len(), 2);
        // A field that was there keeps its id.
        assert_eq!(replaced["fields"][0]["id"], before["fields"][1]["id"]);
        let all = format!("{base}/objects/definitions");
        assert_eq!(
            app.ok("GET", &all, Value::Null).await,
            json!({"person": replaced})
        );
        app.refused(
            "POST",
            &all,
            json!({"pet": {"fields": []}, "person": {"fields": []}}),
            409,
        )
        .await;
        app.refused(
            "GET",
            &format!("{base}/objects/pet/definitions"),
            Value::Null,
            404,
        )
        .await;
        let made = app
            .ok("POST", &all, json!({"pet": {"fields": []}, "tree": {}}))
            .await;
        assert_eq!(made["pet"]["fields"], json!([]));
        // Only this level gets the new name.
        let renamed = app
            .ok(
                "PATCH",
                &format!("{base}/objects/person"),
                json!({"objectName": "human"}),
            )
            .await;
        assert_eq!(
            (&renamed["objectName"], &renamed["fields"]),
            (&json!("human"), &replaced["fields"])
        );
        app.refused("GET", &path, Value::Null, 404).await;
        app.refused(
            "PATCH",
            &format!("{base}/objects/person"),
            json!({"objectName": "x"}),
            404,
        )
        .await;
        app.refused(
            "PATCH",
            &format!("{base}/objects/pet"),
            json!({"objectName": "human"}),
            409,
        )
        .await;
        app.ok(
            "DELETE",
            &format!("{base}/objects/human/definitions"),
            Value::Null,
        )
        .await;
        app.refused(
            "DELETE",
            &format!("{base}/objects/human/definitions"),
            Value::Null,
            404,
        )
        .await;
        app.ok("DELETE", &all, Value::Null).await;
        // Nothing left is a 404, not an empty object.
        let message = app.refused("GET", &all, Value::Null, 404).await;
        assert_eq!(message, "No object definitions found");
    }
}

#[tokio::test]
async fn short_paths_mean_the_callers_account_and_the_tokens_instance() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    app.ok("POST", "/accounts/objects/person/definitions", definition())
        .await;
    let account = app.ok("GET", "/me", Value::Null).await["accountId"]
        .as_i64()
        .unwrap();
    let by_id = app
        .ok(
            "GET",
            &format!("/accounts/{account}/objects/person/definitions"),
            Value::Null,
        )
        .await;
    assert_eq!(by_id["level"], "account");
    let call = |method: &'static str, path: &'static str, body: Value| {
        app.resource(method, path, &fixture.token, body)
    };
    let made = call(
        "POST",
        "/instances/objects/person/definitions",
        definition(),
    )
    .await
    .expect(200)
    .json();
    assert_eq!(made["level"], "instance");
    let mapped = call(
        "POST",
        "/instances/transformations/person",
        transformation(),
    )
    .await
    .expect(200)
    .json();
    assert_eq!(
        (&mapped["level"], &mapped["elementInstanceId"]),
        (&json!("instance"), &json!(fixture.id))
    );
    assert_eq!(
        call("GET", "/instances/transformations", Value::Null)
            .await
            .json()["person"],
        mapped
    );
    assert_eq!(
        app.ok(
            "GET",
            &format!("/instances/{}/transformations/person", fixture.id),
            Value::Null
        )
        .await,
        mapped
    );
    call(
        "PUT",
        "/instances/transformations/person",
        json!({"vendorName": "Contact"}),
    )
    .await
    .expect(200);
    call(
        "PATCH",
        "/instances/objects/person",
        json!({"objectName": "human"}),
    )
    .await
    .expect(200);
    assert_eq!(
        call("GET", "/instances/transformations/human", Value::Null)
            .await
            .json()["id"],
        mapped["id"]
    );
    call("GET", "/instances/transformations/person", Value::Null)
        .await
        .error(404);
    call("GET", "/instances/objects/human/definitions", Value::Null)
        .await
        .expect(200);
    call("DELETE", "/instances/transformations", Value::Null)
        .await
        .expect(200);
    call(
        "DELETE",
        "/instances/objects/human/definitions",
        Value::Null,
    )
    .await
    .expect(200);
    for path in [
        "/accounts/999/objects/person/definitions",
        "/instances/999/objects/person/definitions",
    ] {
        app.refused("GET", path, Value::Null, 404).await;
    }
    // The system's account is there, but another organization's.
    app.refused(
        "GET",
        "/accounts/1/objects/person/definitions",
        Value::Null,
        403,
    )
    .await;
}

#[tokio::test]
async fn a_transformation_is_made_shown_replaced_and_deleted_at_every_level() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    let account = app.ok("GET", "/me", Value::Null).await["accountId"]
        .as_i64()
        .unwrap();
    let element = app.ok("GET", "/elements/mapped", Value::Null).await["id"]
        .as_i64()
        .unwrap();
    for (definitions, base) in [
        (
            "/organizations",
            "/organizations/elements/mapped/transformations".to_owned(),
        ),
        (
            "/accounts",
            format!("/accounts/{account}/elements/{element}/transformations"),
        ),
        (
            "/accounts",
            "/accounts/elements/mapped/transformations".to_owned(),
        ),
        (
            "/organizations",
            format!("/instances/{}/transformations", fixture.id),
        ),
    ] {
        let path = format!("{base}/person");
        let message = app.refused("POST", &path, transformation(), 400).await;
        assert_eq!(
            message,
            "No object definition found for 'person' so no transformation can be created for that object. \
             Please define that object in your object definitions first."
        );
        app.ok(
            "POST",
            &format!("{definitions}/objects/person/definitions"),
            definition(),
        )
        .await;
        app.refused("GET", &path, Value::Null, 404).await;
        let mut body = transformation();
        body["fields"][0]["level"] = json!("system");
        body["startDate"] = json!("2020-01-01");
        let made = app.ok("POST", &path, body).await;
        assert_eq!(made["isLegacy"], false);
        assert_eq!(
            (&made["objectName"], &made["elementKey"]),
            (&json!("person"), &json!("mapped"))
        );
        assert_eq!(
            (&made["vendorName"], &made["startDate"]),
            (&json!("Contact"), &json!("2020-01-01"))
        );
        for field in made["fields"].as_array().unwrap() {
            assert_eq!(field["level"], made["level"]);
            assert!(field["type"].is_string(), "{field}");
        }
        app.refused("POST", &path, transformation(), 409).await;
        assert_eq!(app.ok("GET", &path, Value::Null).await, made);
        assert_eq!(
            app.ok("GET", &base, Value::Null).await,
            json!({"person": made})
        );
        let bare = app.ok("PUT", &path, json!({"fields": []})).await;
        assert_eq!(
            (
                &bare["vendorName"],
                &bare["fields"],
                bare.get("configuration")
            ),
            (&json!("Contact"), &json!([]), None)
        );
        assert_eq!(bare["id"], made["id"]);
        // Definitions go after what uses them.
        if !base.starts_with("/instances") {
            app.refused(
                "DELETE",
                &format!("{definitions}/objects/definitions"),
                Value::Null,
                409,
            )
            .await;
            app.refused(
                "DELETE",
                &format!("{definitions}/objects/person/definitions"),
                Value::Null,
                409,
            )
            .await;
            let uses = app
                .ok(
                    "GET",
                    &format!("{definitions}/objects/person/transformations"),
                    Value::Null,
                )
                .await;
            assert_eq!(
                (&uses[0]["name"], &uses[0]["element"]["key"]),
                (&json!("person"), &json!("mapped"))
            );
            assert_eq!(uses[0]["account"]["defaultAccount"], true);
        }
        app.ok("DELETE", &path, Value::Null).await;
        app.refused("DELETE", &path, Value::Null, 404).await;
        assert_eq!(app.ok("GET", &base, Value::Null).await, json!({}));
        app.ok("POST", &path, json!({"vendorName": "/Contact"}))
            .await;
        app.ok("DELETE", &base, Value::Null).await;
        app.refused("GET", &path, Value::Null, 404).await;
        app.ok(
            "DELETE",
            &format!("{definitions}/objects/definitions"),
            Value::Null,
        )
        .await;
    }
    app.refused(
        "GET",
        "/organizations/elements/nosuch/transformations/person",
        Value::Null,
        404,
    )
    .await;
}

#[tokio::test]
async fn legacy_scripts_become_new_ones_and_never_again_legacy() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    fixture.define().await;
    let path = "/organizations/elements/mapped/transformations/person";
    let with = |legacy: Value| json!({"vendorName": "Contact", "isLegacy": legacy, "script": {"body": "return transformedObject"}});
    let made = app.ok("POST", path, with(json!(true))).await;
    assert_eq!(made["isLegacy"], true);
    assert_eq!(made["script"]["mimeType"], "application/javascript");
    assert_eq!(
        app.ok("PUT", path, with(Value::Null)).await["isLegacy"],
        true
    );
    assert_eq!(
        app.ok("PUT", path, with(json!(false))).await["isLegacy"],
        false
    );
    app.refused("PUT", path, with(json!(true)), 400).await;
    assert_eq!(app.ok("GET", path, Value::Null).await["isLegacy"], false);
}

#[tokio::test]
async fn what_inherits_is_shown_whole_each_field_with_its_level() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    fixture.define().await;
    let inherit = json!([{"type": "inherit"}]);
    let one = |path: &str, vendor: &str, configuration: &Value| json!({"vendorName": "Contact", "fields": [{"path": path, "vendorPath": vendor}], "configuration": configuration});
    let organization = "/organizations/elements/mapped/transformations/person";
    let account = "/accounts/elements/mapped/transformations/person";
    let own = format!("/instances/{}/transformations/person", fixture.id);
    app.ok("POST", organization, one("id", "Id", &closed()))
        .await;
    assert_eq!(fixture.get("/person").await, json!([{"id": "1"}]));
    app.ok("POST", account, one("name", "Email", &inherit))
        .await;
    assert_eq!(
        fixture.get("/hubs/crm/person").await,
        json!([{"name": "a@x.io", "id": "1"}])
    );
    let shown = app.ok("POST", &own, one("mod", "Modified", &inherit)).await;
    let levels: Vec<(&str, &str)> = shown["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            (
                field["path"].as_str().unwrap(),
                field["level"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        levels,
        [
            ("mod", "instance"),
            ("name", "account"),
            ("id", "organization")
        ]
    );
    assert_eq!(
        fixture.get("/person").await,
        json!([{"mod": "2020-01-01", "name": "a@x.io", "id": "1"}])
    );
    // Another instance of the account has what the account has.
    let (_, token) = instance(app, "mapped").await;
    let other = app
        .resource("GET", "/person", &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(other, json!([{"name": "a@x.io", "id": "1"}]));
    // What is below goes, what is above with `propagate`.
    app.ok("DELETE", &format!("{own}?propagate=true"), Value::Null)
        .await;
    for path in [organization, account, &own] {
        app.refused("GET", path, Value::Null, 404).await;
    }
    app.resource("GET", "/person", &fixture.token, Value::Null)
        .await
        .error(400);
}

#[tokio::test]
async fn one_call_makes_or_replaces_what_its_body_names() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    let body = |extra: Value| {
        let mut body = transformation();
        body["objectName"] = json!("person");
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        body
    };
    let of_instance = body(json!({"level": "instance", "elementInstanceId": fixture.id}));
    app.refused("PUT", "/transformations", of_instance.clone(), 400)
        .await;
    fixture.define().await;
    let made = app.ok("PUT", "/transformations", of_instance.clone()).await;
    assert_eq!(made["level"], "instance");
    assert_eq!(
        app.ok("PUT", "/transformations", of_instance).await["id"],
        made["id"]
    );
    for level in ["organization", "account"] {
        let made = app
            .ok(
                "PUT",
                "/transformations",
                body(json!({"level": level, "elementKey": "mapped"})),
            )
            .await;
        assert_eq!(made["level"], level);
    }
    for wrong in [
        json!({"level": "account"}),
        json!({"level": "instance"}),
        json!({"level": "none", "elementKey": "mapped"}),
    ] {
        app.refused("PUT", "/transformations", body(wrong), 400)
            .await;
    }
}

#[tokio::test]
async fn what_is_malformed_is_named_and_nothing_is_kept() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    let path = "/organizations/objects/person/definitions";
    for (body, says) in [
        (json!({"fields": [{"type": "string"}]}), "fields[0].path"),
        (
            json!({"fields": [{"path": "a"}, {"path": "a["}]}),
            "fields[1].path",
        ),
        (json!({"fields": {}}), "`fields`"),
        (
            json!({"fields": [{"path": "a", "type": 5}]}),
            "fields[0].type",
        ),
    ] {
        let message = app.refused("POST", path, body, 400).await;
        assert!(message.contains(says), "{message}");
    }
    app.refused("GET", path, Value::Null, 404).await;
    let message = app
        .refused(
            "POST",
            "/organizations/objects/a%2Fb/definitions",
            definition(),
            400,
        )
        .await;
    assert!(message.contains("name of an object"), "{message}");
    app.ok("POST", path, json!({})).await;
    let path = "/organizations/elements/mapped/transformations/person";
    for (body, says) in [
        (json!({}), "vendorName"),
        (
            json!({"vendorName": "Contact", "fields": [{"path": "a", "vendorPath": "b["}]}),
            "fields[0].vendorPath",
        ),
        (
            json!({"vendorName": "Contact", "configuration": {}}),
            "configuration",
        ),
    ] {
        let message = app.refused("POST", path, body, 400).await;
        assert!(message.contains(says), "{message}");
    }
    app.refused("GET", path, Value::Null, 404).await;
}

#[tokio::test]
async fn another_organization_sees_nothing_of_it() {
    let fixture = Fixture::start().await;
    let app: &TestApp = &fixture.app;
    fixture.define().await;
    fixture.map(transformation()).await;
    let theirs = app.neighbour().await;
    for path in [
        "/organizations/objects/person/definitions".to_owned(),
        "/organizations/objects/definitions".to_owned(),
        format!("/instances/{}/transformations/person", fixture.id),
        format!("/instances/{}/objects/definitions", fixture.id),
    ] {
        app.call("GET", &path, &theirs, Value::Null)
            .await
            .error(404);
    }
    app.call(
        "POST",
        "/organizations/objects/person/definitions",
        &theirs,
        definition(),
    )
    .await
    .expect(200);
}
