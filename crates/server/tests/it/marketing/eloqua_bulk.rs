//! Bulk 2.0 through the platform: what the vendor's own bulk API does, a step a call.

use serde_json::{Value, json};

use super::{Account, id_of};

/// Looks at a sync until it is over.
async fn finished(eloqua: &Account, definition: &Value) -> Value {
    let begun = json!({"syncedInstanceUri": definition["uri"]});
    let sync = id_of(&eloqua.json("POST /syncs", begun).await);
    for _ in 0..5 {
        let seen = eloqua.get(&format!("/syncs/{sync}")).await;
        if !matches!(seen["status"].as_str(), Some("pending" | "active")) {
            return seen;
        }
    }
    panic!("the sync {sync} does not end");
}

#[tokio::test]
async fn contacts_are_exported_and_read_page_by_page() {
    let eloqua = Account::of("eloqua").await;
    let fields = eloqua
        .get("/bulk-fields/contacts?q=name%3D*Email*%20Address*")
        .await;
    let email = &fields[0]["statement"];
    assert_eq!(email, "{{Contact.Field(C_EmailAddress)}}", "{fields}");
    let made = eloqua
        .json(
            "POST /exports/contacts",
            json!({"name": "All", "fields": {"mail": email, "id": "{{Contact.Id}}"}}),
        )
        .await;
    let export = format!("/exports/contacts/{}", id_of(&made));
    assert_eq!(
        made["uri"],
        format!("/contacts{}", export.replace("/contacts", ""))
    );
    let sync = finished(&eloqua, &made).await;
    assert_eq!(sync["status"], "success", "{sync}");
    for data in [
        format!("{export}/data"),
        format!("/syncs/{}/data", id_of(&sync)),
    ] {
        let first = eloqua
            .call(
                &format!("GET {data}?pageSize=100&returnCount=true"),
                Value::Null,
            )
            .await
            .expect(200);
        assert_eq!(first.header("elements-total-count"), "260");
        assert_eq!(
            first.json()[0],
            json!({"mail": "bulker1@donotdelete.com", "id": "1"})
        );
        let third = eloqua.get(&format!("{data}?pageSize=100&page=3")).await;
        assert_eq!(third.as_array().unwrap().len(), 60, "{data}");
        assert_eq!(third[0]["id"], "201");
        let next = first.header("elements-next-page-token");
        let second = eloqua
            .get(&format!("{data}?pageSize=100&nextPage={next}"))
            .await;
        assert_eq!(second[0]["id"], "101");
    }
    let logs = eloqua.get(&format!("/syncs/{}/logs", id_of(&sync))).await;
    assert_eq!(logs[0]["statusCode"], "ELQ-00102", "{logs}");
    let listed = eloqua.get("/exports/contacts").await;
    assert_eq!(id_of(&listed[0]), id_of(&made));
    eloqua.json(&format!("DELETE {export}"), Value::Null).await;
    eloqua
        .fails(404, &format!("GET {export}"), Value::Null)
        .await;
    assert_eq!(eloqua.get("/exports/contacts").await, json!([]));
}

#[tokio::test]
async fn rows_are_imported_and_those_refused_are_told_one_by_one() {
    let eloqua = Account::of("eloqua").await;
    let made = eloqua
        .json(
            "POST /imports/contacts",
            json!({"name": "People", "identifierFieldName": "mail", "fields": {
                "mail": "{{Contact.Field(C_EmailAddress)}}", "first": "{{Contact.Field(C_FirstName)}}"}}),
        )
        .await;
    let import = format!("/imports/contacts/{}", id_of(&made));
    let rows =
        json!([{"mail": "bulk@example.com", "first": "Bea"}, {"mail": "nobody", "first": "No"}]);
    eloqua.json(&format!("POST {import}/data"), rows).await;
    let sync = finished(&eloqua, &made).await;
    assert_eq!(sync["status"], "warning", "{sync}");
    let found = eloqua
        .get("/contacts?where=emailAddress='bulk@example.com'")
        .await;
    assert_eq!(found[0]["firstName"], "Bea", "{found}");
    let rejects = eloqua
        .get(&format!("/syncs/{}/rejects", id_of(&sync)))
        .await;
    assert_eq!(rejects.as_array().unwrap().len(), 1);
    assert_eq!(
        (
            &rejects[0]["statusCode"],
            &rejects[0]["fieldValues"]["mail"]
        ),
        (&json!("ELQ-00002"), &json!("nobody"))
    );
}

#[tokio::test]
async fn rows_of_custom_objects_go_the_same_way_and_a_wrong_definition_is_refused() {
    let eloqua = Account::of("eloqua").await;
    let fields = eloqua.get("/bulk-fields/custom-objects/1").await;
    let statement = &fields[0]["statement"];
    assert!(
        statement.as_str().unwrap().starts_with("{{CustomObject[1]"),
        "{fields}"
    );
    let made = eloqua
        .json(
            "POST /exports/custom-objects/1",
            json!({"name": "Rows", "fields": {"code": statement}}),
        )
        .await;
    let sync = finished(&eloqua, &made).await;
    let rows = eloqua.get(&format!("/syncs/{}/data", id_of(&sync))).await;
    assert_eq!(
        (rows.as_array().unwrap().len(), &rows[6]["code"]),
        (30, &json!("code-07"))
    );
    for (status, line, body, says) in [
        (
            400,
            "POST /exports/contacts",
            json!({"name": "x", "fields": {"a": "{{Contact.Field(C_No)}}"}}),
            "fields.a: Must reference an existing field.",
        ),
        (
            400,
            "POST /imports/accounts",
            json!({"name": "x", "fields": {"a": "{{Account.Field(M_CompanyName)}}"}, "identifierFieldName": "b"}),
            "identifierFieldName: Must reference a field of this import.",
        ),
        (
            400,
            "POST /syncs",
            json!({"syncedInstanceUri": "/contacts/exports/99"}),
            "syncedInstanceUri: Must reference an existing object.",
        ),
        (404, "GET /exports/nothing", Value::Null, ""),
        (404, "GET /syncs/99", Value::Null, ""),
    ] {
        let message = eloqua.fails(status, line, body).await;
        assert!(message.contains(says), "{line}: {message}");
    }
}
