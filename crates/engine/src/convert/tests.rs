use ligand_model::id::ElementId;
use serde_json::{Value, json};

use super::swagger;

fn converted(document: &Value) -> Value {
    let element = swagger(document.to_string().as_bytes()).unwrap();
    // Whatever is made can be imported without a warning.
    let (_, found) =
        crate::catalog::import(element.to_string().as_bytes(), ElementId(10_000)).unwrap();
    assert!(found.is_empty(), "{found:?}");
    element
}

#[test]
fn a_swagger_2_document_becomes_an_element() {
    let element = converted(&json!({
        "swagger": "2.0", "info": {"title": "Pet Store", "version": "1"}, "host": "pets.example", "basePath": "/v1/",
        "securityDefinitions": {"key": {"type": "apiKey", "name": "X-Key", "in": "header"}},
        "parameters": {"limit": {"name": "limit", "in": "query", "type": "integer"}},
        "paths": {"/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": true, "type": "string"}],
            "get": {"operationId": "getPet", "summary": "One pet.", "parameters": [{"$ref": "#/parameters/limit"}],
                "responses": {"200": {"schema": {"$ref": "#/definitions/Pet"}}}},
            "put": {"parameters": [{"name": "pet", "in": "body", "required": true, "schema": {"$ref": "#/definitions/Pet"}}],
                "responses": {"200": {"description": "ok"}}}}},
        "definitions": {"Pet": {"properties": {"owner": {"$ref": "#/definitions/Owner"}}}, "Owner": {"properties": {}}, "Other": {}}
    }));
    assert_eq!(
        (&element["name"], &element["key"]),
        (&json!("Pet Store"), &json!("petstore"))
    );
    assert_eq!(
        element["configuration"][0]["defaultValue"],
        "https://pets.example/v1"
    );
    assert_eq!(element["parameters"][0]["vendorName"], "X-Key");
    let (get, put) = (&element["resources"][0], &element["resources"][1]);
    assert_eq!(
        (&get["path"], &get["vendorPath"]),
        (&json!("/hubs/general/pets/{id}"), &json!("/pets/{id}"))
    );
    assert_eq!(get["parameters"][0]["name"], "limit");
    assert_eq!(get["parameters"][1]["vendorType"], "path");
    let mut schemas: Vec<&str> = get["model"]["swagger"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    schemas.sort_unstable();
    assert_eq!(
        (&get["model"]["name"], schemas),
        (&json!("Pet"), vec!["Owner", "Pet"])
    );
    assert_eq!(put["parameters"][0]["type"], "body");
    assert_eq!(put["model"]["requestName"], "Pet");
}

#[test]
fn an_openapi_3_document_becomes_an_element() {
    let element = converted(&json!({
        "openapi": "3.0.3", "info": {"title": "Files"},
        "servers": [{"url": "https://{region}.files.example/api", "variables": {"region": {"default": "eu"}}}],
        "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {"authorizationCode": {
            "authorizationUrl": "https://files.example/authorize", "tokenUrl": "https://files.example/token",
            "scopes": {"read": "", "write": ""}}}}},
            "schemas": {"File": {"type": "object", "properties": {"id": {"type": "string"}}}}},
        "paths": {"/files": {
            "get": {"responses": {"200": {"content": {"application/json": {"schema":
                {"type": "array", "items": {"$ref": "#/components/schemas/File"}}}}}}},
            "post": {"requestBody": {"content": {"multipart/form-data": {"schema": {"properties":
                {"file": {"type": "string", "format": "binary"}, "note": {"type": "string"}}}}}},
                "responses": {"201": {"description": "made"}}}}}
    }));
    assert_eq!(element["authentication"]["type"], "oauth2");
    assert_eq!(
        element["configuration"][0]["defaultValue"],
        "https://eu.files.example/api"
    );
    let token = element["configuration"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["key"] == "oauth.token.url");
    assert_eq!(
        token.unwrap()["defaultValue"],
        "https://files.example/token"
    );
    assert_eq!(element["resources"][0]["model"]["name"], "File");
    let post: Vec<_> = element["resources"][1]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["type"].as_str().unwrap(),
                one["dataType"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        post,
        [
            ("file", "multipart", "file"),
            ("note", "multipart", "string")
        ]
    );
}

#[test]
fn references_that_lead_out_or_round_are_nothing() {
    let element = converted(
        &json!({"swagger": "2.0", "info": {"title": "x"}, "host": "h.example",
        "parameters": {"a": {"$ref": "#/parameters/b"}, "b": {"$ref": "#/parameters/a"}},
        "paths": {"/a": {"get": {"parameters": [{"$ref": "#/parameters/a"}, {"$ref": "http://127.0.0.1/p.json"}],
            "responses": {"200": {"schema": {"$ref": "http://127.0.0.1/s.json#/definitions/S"}}}}},
            "/b": {"$ref": "file:///etc/passwd"}}}),
    );
    assert_eq!(element["resources"].as_array().unwrap().len(), 1);
    assert_eq!(element["resources"][0]["parameters"], json!([]));
}

#[test]
fn what_is_no_document_is_refused() {
    for (text, word) in [
        ("swagger: '2.0'", "YAML"),
        ("{}", "Swagger 2.0"),
        (r#"{"swagger":"2.0","info":{"title":"!!"}}"#, "info.title"),
        (r#"{"openapi":"3.1.0"}"#, "info.title"),
    ] {
        let message = swagger(text.as_bytes()).unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    }
}
