//! What an element can do, told as Swagger 2.0, as objects and fields; and elements made from documents of others.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::elements::{CRM, crm};

#[tokio::test]
async fn an_element_is_documented_with_what_its_account_added() {
    let app = TestApp::start().await;
    let own = json!({"method": "GET", "path": "/myaccounts/{objectId}", "vendorPath": "/x", "model": {"name": "myaccounts",
        "swagger": {"myaccounts": {"properties": {"Notes": {"type": "accountsNotes"}}}, "accountsNotes": {"properties": {}}}}});
    app.ok("POST", "/elements/sfdc/resources", own).await;
    let docs = app.ok("GET", "/elements/23/docs", Value::Null).await;
    assert_eq!(
        (&docs["swagger"], &docs["basePath"]),
        (&json!("2.0"), &json!("/elements/api-v2"))
    );
    assert_eq!(
        format!("http://{}", docs["host"].as_str().unwrap()),
        app.base
    );
    let get = &docs["paths"]["/contacts/{id}"]["get"];
    assert_eq!(get["operationId"], "GET-contacts-id");
    assert_eq!(
        (&get["parameters"][0]["name"], &get["parameters"][1]["in"]),
        (&json!("Authorization"), &json!("path"))
    );
    assert!(
        docs["paths"].get("/created-contact").is_none(),
        "hidden resources stay hidden"
    );
    assert!(docs["paths"].get("/myaccounts/{objectId}").is_some());
    assert_eq!(
        docs["definitions"]["myaccounts"]["properties"]["Notes"]["$ref"],
        "#/definitions/accountsNotes"
    );
    let theirs = app.neighbour().await;
    let theirs = app
        .call("GET", "/elements/sfdc/docs", &theirs, Value::Null)
        .await
        .expect(200)
        .json();
    assert!(theirs["paths"].get("/myaccounts/{objectId}").is_none());
    let substituted = app
        .send(
            "GET",
            "/your_moms/api-v2/your_moms/sfdc/docs",
            &[("authorization", &app.secrets())],
            "",
        )
        .await;
    assert_eq!(
        substituted.expect(200).json()["basePath"],
        "/your_moms/api-v2"
    );
}

#[tokio::test]
async fn an_instance_is_documented_by_id_and_by_token() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let docs = app
        .ok(
            "GET",
            &format!("/instances/{id}/docs?baseUrl=https://foo.bar"),
            Value::Null,
        )
        .await;
    assert_eq!(
        (&docs["host"], &docs["schemes"]),
        (&json!("foo.bar"), &json!(["https"]))
    );
    let by_token = app
        .resource(
            "GET",
            "/instances/docs?baseUrl=https://foo.bar",
            &token,
            Value::Null,
        )
        .await;
    assert_eq!(by_token.expect(200).json(), docs);
    let one = app
        .ok(
            "GET",
            &format!("/instances/{id}/docs/GET-contacts"),
            Value::Null,
        )
        .await;
    assert_eq!(
        one["paths"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["/contacts"]
    );
    let one = app
        .resource(
            "GET",
            "/instances/docs/GET-contacts/definitions",
            &token,
            Value::Null,
        )
        .await;
    assert!(one.expect(200).json().is_object());
    let message = app
        .refused(
            "GET",
            &format!("/instances/{id}/docs/GET-nonsense"),
            Value::Null,
            404,
        )
        .await;
    assert_eq!(message, "No operation found with ID GET-nonsense");
    app.refused(
        "GET",
        &format!("/instances/{id}/docs?baseUrl=ftp://x"),
        Value::Null,
        400,
    )
    .await;
    let other = app.neighbour().await;
    for path in ["docs", "docs/GET-contacts", "docs/GET-contacts/definitions"] {
        app.call(
            "GET",
            &format!("/instances/{id}/{path}"),
            &other,
            Value::Null,
        )
        .await
        .error(404);
    }
}

#[tokio::test]
async fn objects_and_their_fields_are_told_even_while_calls_are_refused() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let names = app
        .resource("GET", "/objects", &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert!(
        names.as_array().unwrap().contains(&json!("contacts")),
        "{names}"
    );
    let headers = [
        ("authorization", &*app.with_token(&token)),
        ("elements-version", "Helium"),
    ];
    let detail = app
        .send("GET", "/elements/api-v2/hubs/crm/objects", &headers, "")
        .await
        .expect(200)
        .json();
    let vendor = json!({"name": "Contact", "vendorName": "Contact", "type": "vendor"});
    let canonical = json!({"name": "contacts", "vendorName": "Contact", "type": "ceCanonical"});
    for row in [vendor, canonical] {
        assert!(detail.as_array().unwrap().contains(&row), "{detail}");
    }
    app.ok("DELETE", &format!("/instances/{id}/enabled"), Value::Null)
        .await;
    app.resource("GET", "/contacts", &token, Value::Null)
        .await
        .error(403);
    app.resource("GET", "/objects", &token, Value::Null)
        .await
        .expect(200);
    for path in [
        "/objects/Contact/metadata",
        "/hubs/crm/objects/contacts/metadata",
    ] {
        let found = app
            .resource("GET", path, &token, Value::Null)
            .await
            .expect(200)
            .json();
        let fields = found["fields"].as_array().unwrap();
        let name = fields
            .iter()
            .find(|field| field["vendorPath"] == "LastName")
            .unwrap();
        assert_eq!(
            (&name["filterable"], &name["type"]),
            (&json!(true), &json!("string"))
        );
    }
    let custom = app
        .resource(
            "GET",
            "/objects/contacts/metadata?customFieldsOnly=true",
            &token,
            Value::Null,
        )
        .await;
    assert_eq!(custom.expect(200).json()["fields"], json!([]));
    app.resource("GET", "/objects/nonsense/metadata", &token, Value::Null)
        .await
        .error(404);
    app.platform("GET", "/objects", Value::Null)
        .await
        .error(401);
}

#[tokio::test]
async fn a_document_is_converted_and_can_be_imported() {
    let app = TestApp::start().await;
    let document = json!({"swagger": "2.0", "info": {"title": "Pet Store"}, "host": "api.example.com", "basePath": "/v1",
        "paths": {"/pets": {"get": {"responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Pet"}}}}}}},
        "definitions": {"Pet": {"properties": {"name": {"type": "string"}}}}});
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"pets.json\"\r\n\r\n{document}\r\n--b--\r\n"
    );
    let headers = [
        ("authorization", &*app.secrets()),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    let url = "/elements/api-v2/elements/convert?type=swagger";
    let element = app
        .send("POST", url, &headers, body)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&element["name"], &element["key"]),
        (&json!("Pet Store"), &json!("petstore"))
    );
    app.refused("GET", "/elements/petstore", Value::Null, 404)
        .await;
    let made = app.ok("POST", "/elements", element).await;
    assert!(made.get("diagnostics").is_none(), "{made}");
    let docs = app.ok("GET", "/elements/petstore/docs", Value::Null).await;
    assert_eq!(
        docs["definitions"]["Pet"]["properties"]["name"]["type"],
        "string"
    );
    let yaml =
        "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nswagger: '2.0'\r\n--b--\r\n";
    let message = app.send("POST", url, &headers, yaml).await.error(400);
    assert!(message.contains("YAML is not taken"), "{message}");
    app.send(
        "POST",
        "/elements/api-v2/elements/convert?type=soap",
        &headers,
        yaml,
    )
    .await
    .error(400);
    app.send("POST", url, &headers, "--b--\r\n")
        .await
        .error(400);
}

#[tokio::test]
async fn docs_of_a_version_are_of_that_version() {
    let app = TestApp::start().await;
    app.ok("POST", "/elements", crm()).await;
    app.ok(
        "POST",
        &format!("{CRM}/resources"),
        json!({"method": "GET", "path": "/more", "vendorPath": "/m"}),
    )
    .await;
    let has = |docs: Value| docs["paths"].get("/more").is_some();
    assert!(has(app
        .ok("GET", &format!("{CRM}/docs"), Value::Null)
        .await));
    assert!(!has(app
        .ok("GET", &format!("{CRM}/docs?version=1"), Value::Null)
        .await));
    app.refused("GET", &format!("{CRM}/docs?version=9"), Value::Null, 404)
        .await;
}
