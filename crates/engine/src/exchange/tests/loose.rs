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
            {"method": "GET", "path": "/g", "vendorPath": "/g", "countWith": {"q": "COUNT"}},
            {"method": "GET", "path": "/i", "vendorPath": "/i", "skip": 5, "requestShape": [{"keep": [5]}], "wrap": [], "keyset": {},
                "hooks": [{"type": "preRequest", "body": "done()", "when": 5}],
                "parameters": [{"name": "a", "type": "query", "vendorName": "a", "vendorType": "query", "pattern": "("}]}]});
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

#[test]
fn ten_thousand_resources_of_sixteen_mebibytes_are_read_and_called() {
    let about = "d".repeat(1_450);
    let resources: Vec<Value> = (0..10_000)
        .map(|number| {
            json!({"method": "GET", "path": format!("/r{number}/{{id}}"), "vendorPath": "/x", "description": about,
                "parameters": [{"name": "id", "type": "path", "vendorName": "id", "vendorType": "path"}]})
        })
        .collect();
    let text = json!({"name": "Large", "resources": resources}).to_string();
    assert!(text.len() > 16_000_000, "{}", text.len());
    let (compiled, found) = catalog::import(text.as_bytes(), ElementId(10_000)).unwrap();
    assert!(found.is_empty(), "{found:?}");
    let found = compiled.route("GET", "/r9999/a");
    assert!(
        matches!(
            found,
            catalog::Route::Found {
                resource: 9_999,
                ..
            }
        ),
        "{found:?}"
    );
}

#[test]
fn what_is_odd_in_a_definition_is_a_warning_that_names_its_place() {
    let parameter = |kind: &str, vendor: &str| json!({"name": "a [b].c d", "type": kind, "vendorName": "x[y] z.w", "vendorType": vendor});
    let definition = json!({"name": "A", "configuration": [{"key": "odd key[0].x"}], "resources": [
        {"method": "GET", "path": "/a/{id}", "vendorPath": "/x"},
        {"method": "get", "path": "/hubs/general/a/{other}", "vendorPath": "/y"},
        {"method": "GET", "path": "/b", "vendorPath": "/b", "parameters": [parameter("query", "query"),
            parameter("telepathy", "query"), parameter("query", "nowhere")], "hooks": [{"type": "preRequest"}]}]});
    let (compiled, found) =
        catalog::import(definition.to_string().as_bytes(), ElementId(10_000)).unwrap();
    let told: Vec<(&str, &str)> = found
        .iter()
        .map(|one| (one.path.as_str(), one.message.as_str()))
        .collect();
    assert!(
        found
            .iter()
            .all(|one| one.severity == catalog::Severity::Warning),
        "{found:?}"
    );
    for (place, words) in [
        ("resources[1]", "declared twice; the first"),
        ("resources[2].parameters[1]", "`telepathy` → `query`"),
        ("resources[2].parameters[2]", "`query` → `nowhere`"),
        ("resources[2].hooks[0]", "no body"),
    ] {
        let there = told
            .iter()
            .any(|(path, message)| *path == place && message.contains(words));
        assert!(there, "{place} {words}: {told:?}");
    }
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(compiled.element.entry("odd key[0].x").is_some());
    let served = compiled.route("GET", "/a/1");
    assert!(
        matches!(served, catalog::Route::Found { resource: 0, .. }),
        "{served:?}"
    );
}

#[test]
fn malformed_json_is_an_error_that_says_where() {
    for text in [
        "{\"name\": \"A\", \"resources\": [}",
        "{\"name\":",
        "\u{0}",
        "",
    ] {
        let error = catalog::import(text.as_bytes(), ElementId(10_000)).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{text}: {error}");
    }
    let deep = format!("{{\"name\":\"A\",\"x\":{}", "[".repeat(100_000));
    assert!(catalog::import(deep.as_bytes(), ElementId(10_000)).is_err());
}
