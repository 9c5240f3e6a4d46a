//! What can be said of an element at a glance.

use ligand_engine::catalog::Compiled;
use serde_json::{Map, Value, json};

use std::collections::BTreeMap;

/// An element's metadata; `expand` tells all of it.
///
/// # Shape
/// `{"id": 23, "key": "sfdc", "name": …, "description": …, "events": {"supported": false, "methods": []},
/// "proven": [{"resource": "GET /contacts", "status": "simulated", "date": "2026-11-28"}]}`: calls that have been seen to
/// work, `live-verified` with the vendor itself or `simulated`; any other is unproven. Expanded with
/// the flags of the catalog and a line for each object: its operations, and what can be done in bulk and by events.
pub fn of(compiled: &Compiled, expand: bool) -> Value {
    let element = &compiled.element;
    let mut value = json!({
        "id": compiled.id,
        "key": element.key,
        "name": element.name,
        "description": element.description,
        "events": events(compiled),
        "proven": proven(compiled),
    });
    if !expand {
        return value;
    }
    let flag = |name: &str| element.extra.flag(name).unwrap_or(false);
    let bulk =
        json!({"upload": flag("bulkUploadEnabled"), "download": flag("bulkDownloadEnabled")});
    let rest = json!({
        "image": element.extra.text("image").unwrap_or_default(),
        "displayOrder": element.extra.get("displayOrder").and_then(|order| order.as_i64()).unwrap_or(0),
        "active": element.active,
        "beta": flag("beta"),
        "transformations": flag("transformationsEnabled"),
        "elementType": if flag("private") { "private" } else { "public" },
        "churros": false,
        "normalizedPaging": element.entry("pagination.type").is_some(),
        "swaggerValidated": true,
        "cloneable": true,
        "authenticationType": String::from(element.authentication.kind.clone()),
        "discovery": {"customFields": false, "customObjects": false, "endpointCustomFields": false,
            "endpointCustomObjects": false},
        "bulk": bulk,
        "api": {
            "type": element.extra.text("protocolType").unwrap_or_else(|| "http".to_owned()),
            "contentType": "application/json",
        },
        "resources": resources(compiled),
        "hub": element.hub,
    });
    if let (Value::Object(value), Value::Object(rest)) = (&mut value, rest) {
        value.extend(rest);
    }
    value
}

fn proven(compiled: &Compiled) -> Vec<Value> {
    let proven = compiled.element.proven.iter();
    proven
        .map(|(call, proof)| json!({"resource": call, "status": proof.how, "date": proof.date}))
        .collect()
}

fn events(compiled: &Compiled) -> Value {
    let element = &compiled.element;
    let stated = |key: &str| element.default_of(key).unwrap_or_default().to_owned();
    let kind = stated("event.vendor.type");
    let methods: Vec<&str> = ["polling", "webhook"]
        .into_iter()
        .filter(|method| kind.eq_ignore_ascii_case(method))
        .collect();
    let mut events = Map::new();
    events.insert("supported".to_owned(), json!(!methods.is_empty()));
    events.insert("methods".to_owned(), json!(methods));
    if methods.contains(&"polling") {
        let declared = serde_json::from_str::<Value>(&stated("event.metadata")).unwrap_or_default();
        let polling = declared.get("polling").cloned().unwrap_or(json!({}));
        events.insert("polling".to_owned(), polling);
    }
    Value::Object(events)
}

/// A line for each object: the first segment of its resources.
fn resources(compiled: &Compiled) -> Vec<Value> {
    let mut operations: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for resource in &compiled.element.resources {
        if resource.kind_of_call != "api" {
            continue;
        }
        let path = resource.path.trim_start_matches("/hubs/");
        let mut segments = path.split('/').skip(1);
        let Some(object) = segments.next().filter(|name| !name.starts_with('{')) else {
            continue;
        };
        let below: Vec<&str> = segments.collect();
        let one = matches!(below.as_slice(), [only] if only.starts_with('{'));
        let operation = match (
            resource.method.to_ascii_uppercase().as_str(),
            below.is_empty(),
            one,
        ) {
            ("GET", true, _) => "search",
            ("POST", true, _) => "create",
            ("GET", _, true) => "retrieve",
            ("PATCH", _, true) => "update",
            ("PUT", _, true) => "replace",
            ("DELETE", _, true) => "delete",
            _ => continue,
        };
        let known = operations.entry(object).or_default();
        if !known.contains(&operation) {
            known.push(operation);
        }
    }
    let none = json!({"supported": false, "native": false});
    operations
        .into_iter()
        .map(|(name, operations)| {
            json!({
                "canonicalName": name,
                "operations": operations,
                "events": {"supported": false, "methods": [], "eventTypes": []},
                "bulk": {"upload": none, "download": none},
                "customField": {"get": false, "create": false, "update": false, "delete": false},
            })
        })
        .collect()
}
