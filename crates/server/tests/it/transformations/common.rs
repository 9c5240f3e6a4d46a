//! Common resources as one thing: by name, by id, as files.

use serde_json::{Value, json};

use super::{Fixture, element, transformation};
use crate::support::corpus;

fn fields(instance: i64) -> Value {
    json!([
        {"path": "orgId", "type": "string", "associatedLevel": "organization"},
        {"path": "accId", "type": "string", "associatedLevel": "account"},
        {"path": "instId", "type": "string", "associatedLevel": "instance", "associatedId": instance},
    ])
}

#[tokio::test]
async fn fields_of_several_levels_are_one_resource_and_new_paths_reach_its_transformations() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    let made = app
        .ok(
            "PUT",
            "/common-resources",
            json!({"name": "thing", "fields": fields(fixture.id)}),
        )
        .await;
    assert_eq!(made["name"], "thing");
    let levels: Vec<_> = made["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["associatedLevel"].clone())
        .collect();
    assert_eq!(levels, ["organization", "account", "instance"]);
    let inherit = json!([{"type": "inherit"}]);
    for (path, field, vendor) in [
        (
            "/organizations/elements/mapped/transformations/thing".to_owned(),
            "orgId",
            "Id",
        ),
        (
            "/accounts/elements/mapped/transformations/thing".to_owned(),
            "accId",
            "Email",
        ),
        (
            format!("/instances/{}/transformations/thing", fixture.id),
            "instId",
            "Other",
        ),
    ] {
        let body = json!({"vendorName": "Contact", "fields": [{"path": field, "vendorPath": vendor}], "configuration": inherit});
        app.ok("POST", &path, body).await;
    }
    let shown = app.ok("GET", "/common-resources/thing", Value::Null).await;
    assert_eq!(
        (
            &shown["elementInstanceIds"],
            shown["mappedElementIds"].as_array().unwrap().len()
        ),
        (&json!([fixture.id]), 1)
    );
    assert_eq!(shown["coverage"][0]["elementKey"], "mapped");
    assert_eq!(shown["coverage"][0]["missing"], json!([]));
    let renamed = json!([
        {"path": "orgId2", "associatedLevel": "organization"}, {"path": "accId2", "associatedLevel": "account"},
        {"path": "instId2", "associatedLevel": "instance", "associatedId": fixture.id},
    ]);
    let changed = json!([
        {"type": "string", "path": "orgId2", "oldPath": "orgId", "associatedLevel": "organization"},
        {"type": "string", "path": "accId2", "oldPath": "accId", "associatedLevel": "account"},
        {"type": "string", "path": "instId2", "oldPath": "instId", "associatedLevel": "instance"},
    ]);
    app.ok(
        "PUT",
        "/common-resources",
        json!({"name": "thing", "fields": renamed, "changedFields": changed}),
    )
    .await;
    let mapped = app
        .ok(
            "GET",
            &format!("/instances/{}/transformations/thing", fixture.id),
            Value::Null,
        )
        .await;
    let mut paths: Vec<_> = mapped["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    assert_eq!(paths, ["accId2", "instId2", "orgId2"]);
    let other = app
        .ok("PATCH", "/common-resources/thing", json!({"name": "other"}))
        .await;
    assert_eq!(other["fields"].as_array().unwrap().len(), 3);
    app.refused("GET", "/common-resources/thing", Value::Null, 404)
        .await;
    assert_eq!(fixture.get("/other").await[0]["instId2"], 7);
    assert_eq!(
        app.ok("GET", "/common-resources/other/usages", Value::Null)
            .await,
        json!({"formulaUsages": []})
    );
    app.refused("DELETE", "/common-resources/other", Value::Null, 409)
        .await;
    app.ok("DELETE", "/common-resources/other?force=true", Value::Null)
        .await;
    app.refused("GET", "/common-resources/other", Value::Null, 404)
        .await;
    app.ok(
        "PUT",
        "/common-resources",
        json!({"name": "empty", "fields": []}),
    )
    .await;
    let names = app.ok("GET", "/common-resources", Value::Null).await;
    assert!(
        names
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["name"] == "empty")
    );
    for wrong in [
        json!({}),
        json!({"name": "x", "fields": {}}),
        json!({"name": "x", "fields": [{"path": "a", "level": "none"}]}),
    ] {
        app.refused("PUT", "/common-resources", wrong, 400).await;
    }
}

#[tokio::test]
async fn a_vdr_is_changed_by_the_ids_of_its_fields() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    let body = json!({"objectName": "thing", "fields": [
        {"path": "a", "level": "organization"}, {"path": "b", "level": "account"},
        {"path": "c", "level": "instance", "associatedId": fixture.id}]});
    let reply = app
        .platform("POST", "/vdrs", body.clone())
        .await
        .expect(200);
    assert_eq!(reply.header("elements-error"), "");
    let made = reply.json();
    let id = made["id"].as_i64().unwrap();
    assert_eq!(made["fields"].as_array().unwrap().len(), 3);
    app.refused("POST", "/vdrs", body, 409).await;
    let path = format!("/vdrs/{id}");
    assert_eq!(app.ok("GET", &path, Value::Null).await, made);
    let mut fields = made["fields"].as_array().unwrap().clone();
    fields[0]["path"] = json!("a2");
    fields.remove(1);
    fields.push(json!({"path": "d", "level": "account"}));
    let changed = app
        .ok(
            "PUT",
            &path,
            json!({"objectName": "thing2", "fields": fields}),
        )
        .await;
    assert_eq!(changed["objectName"], "thing2");
    let shown: Vec<_> = changed["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["path"].as_str().unwrap(), f["id"].as_i64().unwrap()))
        .collect();
    let before = |at: usize| made["fields"][at]["id"].as_i64().unwrap();
    assert_eq!(shown[0], ("a2", before(0)));
    assert_eq!(shown[2], ("c", before(2)));
    assert_eq!(shown[1].0, "d");
    // One transformation, every level of it.
    let body = json!({"vendorName": "Contact", "elementKey": "mapped",
        "script": {"body": "done(transformedObject)", "level": "account"},
        "configuration": [{"type": "inherit", "level": "account"}, {"type": "inherit", "level": "instance", "associatedId": fixture.id}],
        "fields": [{"vdrFieldId": before(0), "vendorPath": "Id"}, {"path": "d", "vendorPath": "Email", "level": "account"},
            {"path": "c", "vendorPath": "Other", "level": "instance", "associatedId": fixture.id}]});
    let mapped = app
        .ok("POST", &format!("{path}/transformations"), body.clone())
        .await;
    assert_eq!(mapped["fields"].as_array().unwrap().len(), 3);
    for field in mapped["fields"].as_array().unwrap() {
        assert!(
            field["path"].is_string() && field["type"].is_string() && field["level"].is_string(),
            "{field}"
        );
    }
    app.refused("POST", &format!("{path}/transformations"), body, 409)
        .await;
    let one = format!("{path}/transformations/{}", mapped["id"]);
    assert_eq!(app.ok("GET", &one, Value::Null).await, mapped);
    assert_eq!(
        app.ok("GET", &format!("{path}/transformations"), Value::Null)
            .await,
        json!([mapped])
    );
    let record = fixture.get("/thing2/1").await;
    assert_eq!(
        (&record["a2"], &record["d"], &record["c"]),
        (&json!("1"), &json!("a@x.io"), &json!(7))
    );
    let fewer = app
        .ok(
            "PUT",
            &one,
            json!({"fields": [{"path": "a2", "vendorPath": "Id", "level": "organization"}]}),
        )
        .await;
    assert_eq!(fewer["fields"].as_array().unwrap().len(), 1);
    app.ok(
        "DELETE",
        &format!("{path}/transformations/{}", fewer["id"]),
        Value::Null,
    )
    .await;
    app.refused("GET", &one, Value::Null, 404).await;
    assert_eq!(
        app.platform("DELETE", &path, Value::Null)
            .await
            .expect(200)
            .header("elements-error"),
        ""
    );
    app.refused("GET", &path, Value::Null, 404).await;
    app.refused("GET", "/vdrs/-1", Value::Null, 404).await;
    assert_eq!(
        app.ok("GET", "/vdrs?where=objectName%20in%20('x')", Value::Null)
            .await,
        json!([])
    );
    app.refused("GET", "/vdrs?where=id%3D5", Value::Null, 400)
        .await;
}

#[tokio::test]
async fn a_clone_has_the_elements_that_were_asked_for() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    app.ok("POST", "/elements", element("second")).await;
    app.ok(
        "POST",
        "/organizations/objects/thing/definitions",
        json!({"fields": [{"path": "id"}]}),
    )
    .await;
    for key in ["mapped", "second"] {
        app.ok(
            "POST",
            &format!("/organizations/elements/{key}/transformations/thing"),
            transformation(),
        )
        .await;
    }
    let id = app
        .ok(
            "GET",
            "/organizations/objects/thing/definitions",
            Value::Null,
        )
        .await["id"]
        .clone();
    app.ok(
        "POST",
        &format!("/vdrs/{id}/clone?elementKeys[]=mapped"),
        json!({"objectName": "copy"}),
    )
    .await;
    let copy = app
        .ok("GET", "/accounts/objects/copy/definitions", Value::Null)
        .await;
    assert_eq!(copy["fields"][0]["path"], "id");
    let mapped = app
        .ok(
            "GET",
            "/accounts/elements/mapped/transformations/copy",
            Value::Null,
        )
        .await;
    assert_eq!(mapped["fields"].as_array().unwrap().len(), 4);
    app.refused(
        "GET",
        "/accounts/elements/second/transformations/copy",
        Value::Null,
        404,
    )
    .await;
    app.refused(
        "POST",
        &format!("/vdrs/{id}/clone"),
        json!({"objectName": "copy"}),
        409,
    )
    .await;
    app.ok(
        "POST",
        &format!("/vdrs/{id}/clone?level=organization&cloneAllTransformations=true"),
        json!({"objectName": "all"}),
    )
    .await;
    for key in ["mapped", "second"] {
        app.ok(
            "GET",
            &format!("/organizations/elements/{key}/transformations/all"),
            Value::Null,
        )
        .await;
    }
}

#[tokio::test]
async fn exports_of_the_field_come_in_and_go_out_as_they_are() {
    let Some(root) = corpus("vdrs") else {
        return;
    };
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    let files = [
        "CombiningObjects/my-contacts",
        "CombiningObjects/my-contact-notes",
        "CombiningObjects/my-contact-activities",
        "UsingIsWhere/ledgerAccount",
    ];
    for file in files {
        let name = file.rsplit('/').next().unwrap();
        let path = root.join(file).join(format!("{name}.json"));
        let text =
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let given: Value = serde_json::from_slice(&text).unwrap();
        for _ in 0..2 {
            let reply = app
                .platform("PUT", "/vdrs/import", given.clone())
                .await
                .expect(200);
            assert_eq!(reply.header("elements-error"), "");
        }
        let out = app
            .ok("GET", &format!("/vdrs/{name}/export"), Value::Null)
            .await;
        assert_eq!(
            alike(&out["definition"]["fields"]),
            alike(&given["definition"]["fields"]),
            "{name}"
        );
        assert_eq!(
            (&out["vdrName"], &out["vdrVersion"]),
            (&given["vdrName"], &given["vdrVersion"])
        );
        for (key, one) in given["transformation"].as_object().unwrap() {
            let back = &out["transformation"][key];
            for member in ["vendorName", "objectName", "elementKey", "isLegacy"] {
                assert_eq!(back[member], one[member], "{name} {member}");
            }
            for member in ["fields", "configuration", "scripts"] {
                assert_eq!(alike(&back[member]), alike(&one[member]), "{name} {member}");
            }
            assert_eq!(back["script"]["body"], one["script"]["body"], "{name}");
        }
        // And in again, elsewhere.
        app.ok(
            "DELETE",
            &format!("/common-resources/{name}?force=true"),
            Value::Null,
        )
        .await;
        app.ok("PUT", "/vdrs/import", out.clone()).await;
        let again = app
            .ok("GET", &format!("/vdrs/{name}/export"), Value::Null)
            .await;
        assert_eq!(again["transformation"], out["transformation"]);
    }
    app.refused("PUT", "/vdrs/import", json!({"definition": {}}), 400)
        .await;
}

/// Lists in any order, without what is nothing.
fn alike(value: &Value) -> Vec<String> {
    let mut items: Vec<String> = value
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| {
            let members: std::collections::BTreeMap<_, _> = item
                .as_object()
                .unwrap()
                .iter()
                .filter(|(_, value)| !value.is_null())
                .collect();
            // The one script stands twice in an export, blanks set in two ways.
            serde_json::to_string(&members)
                .unwrap()
                .replace("\\n", "")
                .replace(' ', "")
        })
        .collect();
    items.sort();
    items
}

#[tokio::test]
async fn an_import_waits_for_its_element() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    let export = json!({"vdrName": "late", "definition": {"objectName": "late", "fields": [{"path": "id", "level": "organization"}]},
        "transformation": {"latecomer": {"vendorName": "Contact", "fields": [{"path": "key", "vendorPath": "Id", "level": "organization"}]}}});
    app.ok("PUT", "/vdrs/import", export).await;
    app.ok("POST", "/elements", element("latecomer")).await;
    let (_, token) = super::instance(app, "latecomer").await;
    let read = app
        .resource("GET", "/late/1", &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(read["key"], "1");
}

#[tokio::test]
async fn snippets_and_the_version_are_kept() {
    let fixture = Fixture::start().await;
    let app = &fixture.app;
    let made = app
        .ok(
            "POST",
            "/vdrs/snippets",
            json!({"name": "hello", "body": "done({})", "snippetType": "transformation"}),
        )
        .await;
    let path = format!("/vdrs/snippets/{}", made["id"]);
    assert_eq!(app.ok("GET", &path, Value::Null).await, made);
    assert_eq!(
        app.ok("GET", "/vdrs/snippets", Value::Null).await,
        json!([made])
    );
    let changed = app
        .ok("PUT", &path, json!({"name": "hello", "body": "done()"}))
        .await;
    assert_eq!(
        (&changed["id"], &changed["body"]),
        (&made["id"], &json!("done()"))
    );
    app.ok("DELETE", &path, Value::Null).await;
    app.refused("GET", &path, Value::Null, 404).await;
    app.refused("POST", "/vdrs/snippets", json!({"name": "x"}), 400)
        .await;
    assert_eq!(
        app.ok("GET", "/organizations/me", Value::Null).await["vdrVersion"],
        "v2"
    );
    app.ok("DELETE", "/vdrs/upgrade/v2", Value::Null).await;
    assert_eq!(
        app.ok("GET", "/organizations/me", Value::Null).await["vdrVersion"],
        "v1"
    );
    app.ok("PUT", "/vdrs/upgrade/v2", json!({})).await;
    assert_eq!(
        app.ok("GET", "/organizations/me", Value::Null).await["vdrVersion"],
        "v2"
    );
}
