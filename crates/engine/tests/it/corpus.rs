//! Exported elements run as they are: every resource of every file is planned, sent and answered.
//!
//! The files are read from `LIGAND_CORPUS`, else from `../shared/corpus` beside the repository; where neither is, the
//! test says so and proves nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ligand_engine::catalog::{self, Compiled};
use ligand_engine::exchange::{Exchange, ResourceCall, Setting};
use ligand_engine::hooks::{HookRuntime, Limits};
use ligand_engine::step::{Input, Outcome, Step, VendorReply, VendorRequest};
use ligand_model::error::ErrorKind;
use ligand_model::id::ElementId;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

pub fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = std::env::var_os("LIGAND_CORPUS").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../shared/corpus"
            ))
        },
        PathBuf::from,
    );
    let Ok(entries) = std::fs::read_dir(folder.join("elements")) else {
        eprintln!(
            "SKIPPED, proves nothing: no corpus at {} (set LIGAND_CORPUS)",
            folder.display()
        );
        return Vec::new();
    };
    let mut files: Vec<(String, Vec<u8>)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let bytes = std::fs::read(entry.path().join("element.json")).ok()?;
            Some((entry.file_name().to_string_lossy().into_owned(), bytes))
        })
        .collect();
    files.sort();
    files
}

/// A call that gives every declared parameter a plain value.
fn call_of(compiled: &Compiled, index: usize) -> (ResourceCall, BTreeMap<String, String>) {
    let resource = compiled.resource(index).unwrap();
    let mut call = ResourceCall {
        method: resource.method.to_uppercase(),
        path: resource.path.to_string(),
        content_type: Some("application/json".into()),
        ..ResourceCall::default()
    };
    let mut variables = BTreeMap::new();
    for part in resource.path.split('{').skip(1) {
        variables.insert(part.split('}').next().unwrap().to_owned(), "1".to_owned());
    }
    for parameter in &resource.parameters {
        match parameter.kind.as_str() {
            "query" if matches!(parameter.name.as_str(), "page" | "pageSize" | "nextPage") => {}
            "query" if parameter.name == "where" => {
                call.query.push(("where".into(), "name='x'".into()));
            }
            "query" => call.query.push((parameter.name.to_string(), "1".into())),
            "header" => call
                .headers
                .push((parameter.name.to_lowercase(), "1".into())),
            "body" | "bodyField" => call.body = r#"{"name":"x","id":"1"}"#.into(),
            "multipart" | "form" => call.parts.push(ligand_engine::exchange::Part {
                name: parameter.name.to_string(),
                file_name: Some("a.txt".into()),
                content_type: Some("text/plain".into()),
                data: "x".into(),
                uploaded: false,
            }),
            _ => {}
        }
    }
    (call, variables)
}

fn play(compiled: &Arc<Compiled>, index: usize) -> (Vec<VendorRequest>, Outcome) {
    let values: BTreeMap<String, String> = compiled
        .element
        .configuration
        .iter()
        .filter(|entry| entry.default_value.as_deref().is_none_or(str::is_empty))
        .map(|entry| {
            let value = if entry.key == "base.url" || entry.key.ends_with("url") {
                "https://api.example.com"
            } else {
                "1"
            };
            (entry.key.clone(), value.to_owned())
        })
        .collect();
    let (call, variables) = call_of(compiled, index);
    let setting = Setting {
        now: Timestamp(0),
        webhook_callback_url: "https://hook.example".into(),
        nonce: "n0nce".into(),
    };
    let mut exchange = Exchange::new(
        Arc::clone(compiled),
        index,
        variables,
        call,
        values,
        setting,
    )
    .without_refresh();
    let mut hooks = HookRuntime::new(Limits::new(|| false)).unwrap();
    let mut requests = Vec::new();
    let mut input = Input::Start;
    loop {
        input = match exchange.next(input) {
            Step::RunHook(call) => Input::Hook(hooks.run(&call)),
            Step::Send(request) => {
                requests.push(*request);
                Input::Reply(VendorReply {
                    status: 200,
                    headers: vec![("content-type".into(), "application/json".into())],
                    body: "{}".into(),
                })
            }
            Step::Refresh => Input::RefreshFailed("not here".into(), None),
            Step::Done(outcome) => return (requests, *outcome),
        };
    }
}

/// Members that a definition may leave out, and what they then are: by the last name of their place.
const DEFAULTS: [(&str, &[&str]); 5] = [
    (
        "",
        &[
            "id",
            "key",
            "description",
            "hub",
            "authentication",
            "active",
            "configuration",
            "parameters",
            "hooks",
            "resources",
        ],
    ),
    ("authentication", &["type"]),
    (
        "configuration",
        &[
            "name",
            "description",
            "type",
            "required",
            "internal",
            "hideFromConsole",
        ],
    ),
    (
        "parameters",
        &[
            "name",
            "type",
            "vendorName",
            "vendorType",
            "source",
            "required",
        ],
    ),
    ("resources", &["type", "parameters", "hooks"]),
];

/// Says where two definitions differ, but for what is listed: a null is a missing member, and what was left out may be
/// there with its default.
pub fn differ(place: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    let of = place.rsplit('.').next().unwrap_or_default();
    let of = of.split('[').next().unwrap_or_default();
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before.iter().filter(|(_, value)| !value.is_null()) {
                let inner = format!("{place}.{name}").trim_start_matches('.').to_owned();
                match after.get(name) {
                    Some(known) => differ(&inner, value, known, found),
                    None => found.push(format!("{inner} is gone")),
                }
            }
            let legacy = |name: &str| of == "hooks" && name == "isLegacy";
            let default = |name: &str| {
                let known = DEFAULTS.iter().find(|(known, _)| *known == of);
                known.is_some_and(|(_, names)| names.contains(&name)) || legacy(name)
            };
            for (name, value) in after {
                let left_out = before.get(name).is_none_or(Value::is_null);
                if left_out && !default(name) && !value.is_null() {
                    found.push(format!("{place}.{name} was not there"));
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            if before.len() != after.len() {
                found.push(format!("{place} has {} of {}", after.len(), before.len()));
            }
            for (at, (before, after)) in before.iter().zip(after).enumerate() {
                differ(&format!("{place}[{at}]"), before, after, found);
            }
        }
        // The id is ours.
        _ if place == "id" => {}
        _ if before == after => {}
        _ => found.push(format!("{place}: {before} became {after}")),
    }
}

#[test]
fn every_export_comes_back_equal_in_meaning() {
    for (name, bytes) in corpus() {
        let (compiled, _) = catalog::import(&bytes, ElementId(10_000)).unwrap();
        let before: Value = serde_json::from_slice(&bytes).unwrap();
        let mut found = Vec::new();
        differ("", &before, &compiled.to_json(), &mut found);
        assert_eq!(found, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn what_an_export_loses_is_seen() {
    let before = json!({"name": "x", "resources": [{"parameters": [{"name": "a", "odd": {"b": [1, null]}}]}]});
    let mut after = before.clone();
    after["resources"][0]["parameters"][0]["required"] = json!(false);
    let mut found = Vec::new();
    differ("", &before, &after, &mut found);
    assert_eq!(found, Vec::<String>::new());
    after["resources"][0]["parameters"][0]["odd"]["b"][0] = json!(2);
    after["resources"][0]["parameters"][0]["new"] = json!(1);
    differ("", &before, &after, &mut found);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn every_resource_of_every_export_runs() {
    let (mut sent, mut refused) = (0, Vec::new());
    for (name, bytes) in corpus() {
        let (compiled, _) = catalog::import(&bytes, ElementId(10_000)).unwrap();
        let compiled = Arc::new(compiled);
        for index in 0..compiled.element.resources.len() {
            let resource = compiled.resource(index).unwrap();
            let (requests, outcome) = play(&compiled, index);
            if let Err(failure) = &outcome.result {
                assert_ne!(
                    failure.kind,
                    ErrorKind::Internal,
                    "{name} {}",
                    resource.path
                );
            }
            if requests.is_empty() {
                let why = outcome
                    .result
                    .err()
                    .map_or("answered by a hook".into(), |f| f.message);
                refused.push(format!(
                    "{name}: {} {}: {why}",
                    resource.method, resource.path
                ));
            } else {
                sent += 1;
            }
        }
    }
    for line in &refused {
        eprintln!("not sent: {line}");
    }
    eprintln!("{sent} resources sent, {} not", refused.len());
    assert!(
        sent == 0 || sent > refused.len() * 10,
        "{sent} sent, {} not",
        refused.len()
    );
}
