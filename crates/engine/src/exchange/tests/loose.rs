//! Exports that are written loosely: other types, nulls, members that are missing or mis-spelt.

use super::*;

/// Imports a definition and says whether it was taken.
fn taken(definition: Value) -> Result<(Value, usize), String> {
    catalog::import(definition.to_string().as_bytes(), ElementId(10_000))
        .map(|(compiled, found)| (compiled.to_json(), found.len()))
        .map_err(|error| error.to_string())
}

#[test]
fn nulls_and_other_types_are_taken() {
    for (what, definition) in [
        (
            "null lists",
            json!({"name": "A", "description": null, "hub": null, "configuration": null, "parameters": null, "hooks": null,
            "resources": null, "objects": null, "authentication": null, "active": null, "key": null, "id": null}),
        ),
        (
            "a number as default",
            json!({"name": "A", "configuration": [{"key": "n", "defaultValue": 100}]}),
        ),
        (
            "a flag as default",
            json!({"name": "A", "configuration": [{"key": "n", "defaultValue": true, "required": null, "internal": null, "hideFromConsole": null}]}),
        ),
        (
            "an object as default",
            json!({"name": "A", "configuration": [{"key": "n", "defaultValue": {"a": 1}, "type": null, "name": null, "description": null}]}),
        ),
        (
            "flags as text",
            json!({"name": "A", "active": "true", "configuration": [{"key": "n", "required": "true", "hideFromConsole": "false"}]}),
        ),
        (
            "a resource of nulls",
            json!({"name": "A", "resources": [{"method": "GET", "path": "/a", "vendorMethod": null, "vendorPath": null, "type": null, "kind": null,
            "parameters": null, "hooks": null, "rootKey": null, "paginationType": null, "nextPageKey": null, "nextResource": null, "model": null, "response": null}]}),
        ),
        (
            "a parameter of nulls",
            json!({"name": "A", "resources": [{"method": "GET", "path": "/a", "parameters": [
            {"name": null, "type": null, "vendorName": null, "vendorType": null, "source": null, "required": null, "converter": null, "vendorDataType": null},
            {"name": "x", "type": "query", "vendorName": 7, "vendorType": "query", "required": "true"}]}]}),
        ),
        (
            "a hook of nulls",
            json!({"name": "A", "hooks": [{"type": null, "body": null, "isLegacy": null, "mimeType": null}, {"type": "preRequest", "body": "done()", "isLegacy": "false"}]}),
        ),
        (
            "an id as text",
            json!({"name": "A", "id": "7", "resources": [{"id": "12", "method": "GET", "path": "/a"}]}),
        ),
        (
            "a huge id",
            json!({"name": "A", "id": 99_999_999_999_999_999_u64}),
        ),
        (
            "a resource without a verb",
            json!({"name": "A", "resources": [{"path": "/a"}]}),
        ),
        (
            "a resource without a path",
            json!({"name": "A", "resources": [{"method": "GET"}]}),
        ),
        ("a name as number", json!({"name": 7})),
        (
            "a key that is missing",
            json!({"name": "A", "configuration": [{"name": "x"}]}),
        ),
        (
            "an authentication as text",
            json!({"name": "A", "authentication": "basic"}),
        ),
        (
            "mis-spelt members",
            json!({"name": "A", "configuration": [{"key": "n", "di¸splayOrder": 1}]}),
        ),
        (
            "our words as others mean them",
            json!({"name": "A", "hosts": "x", "errors": {"a": 1}, "resources": [{"method": "GET", "path": "/a",
            "answer": {"x": 1}, "aliases": ["a"], "notFound": 3, "describe": "text"}]}),
        ),
    ] {
        if let Err(error) = taken(definition) {
            panic!("{what}: {error}");
        }
    }
}

#[test]
fn a_loose_definition_means_what_its_author_meant() {
    let (read, found) = taken(json!({"name": 7, "hub": null, "active": "false", "authentication": "basic",
        "configuration": [{"key": "n", "defaultValue": 100, "required": "true", "type": null}, {"name": "no key"}, "text"],
        "resources": [{"method": "GET", "path": "/a", "vendorPath": null, "hosts": 1, "parameters": null,
            "hooks": [{"type": "preRequest", "body": "done()", "isLegacy": "no"}]}, {"path": "/b"}], "hosts": "x"}))
    .unwrap();
    assert_eq!(
        (&read["name"], &read["key"], &read["hub"]),
        (&json!("7"), &json!("7"), &json!("general"))
    );
    assert_eq!(
        (&read["active"], &read["authentication"]["type"]),
        (&json!(false), &json!("basic"))
    );
    let entry = &read["configuration"][0];
    assert_eq!(
        (&entry["defaultValue"], &entry["required"]),
        (&json!("100"), &json!(true))
    );
    assert_eq!(read["configuration"].as_array().unwrap().len(), 1);
    assert_eq!(read["resources"].as_array().unwrap().len(), 1);
    assert_eq!(read["resources"][0]["hooks"][0]["isLegacy"], false);
    assert_eq!(
        found, 4,
        "an entry without a key, a text, a resource without a verb, hosts that are none"
    );
    for none in [
        json!([]),
        json!({}),
        json!({"name": ""}),
        json!({"name": null}),
        json!("x"),
    ] {
        assert!(taken(none.clone()).is_err(), "{none}");
    }
}

#[test]
fn a_definition_is_looked_over_and_endless_chains_are_found() {
    let step = |path: &str, next: &str| json!({"method": "GET", "path": path, "vendorPath": "/x", "nextResource": next});
    let definition = json!({"name": "A", "hooks": [{"type": "preRequest", "body": "done({"}],
        "resources": [step("/a", "GET:/b"), step("/b", "GET:/a"), step("/c", "GET:/c"), step("/d", "GET:/nowhere"),
            step("/e", "GET:/f"), {"method": "GET", "path": "/f", "kind": "java"}, step("/in", "GET:/a"),
            {"method": "GET", "path": "/g", "vendorPath": "/g", "countWith": {"q": "COUNT"}}]});
    let (compiled, _) =
        catalog::import(definition.to_string().as_bytes(), ElementId(10_000)).unwrap();
    let found: Vec<String> = catalog::review(&compiled)
        .into_iter()
        .map(|one| format!("{:?} {}: {}", one.severity, one.path, one.message))
        .collect();
    let starts = [
        "Warning hooks[0]",
        "Error resources[0] (GET /hubs/general/a)",
        "Error resources[1]",
        "Error resources[2]",
        "Warning resources[3]",
        "Warning resources[5]",
        "Error resources[6]",
        "Warning resources[7] (GET /hubs/general/g): `countWith` names `q`",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (found, start) in found.iter().zip(starts) {
        assert!(found.starts_with(start), "{found} / {start}");
    }
    assert!(
        catalog::endless_chain(&compiled)
            .unwrap()
            .message
            .contains("never ends")
    );
}
