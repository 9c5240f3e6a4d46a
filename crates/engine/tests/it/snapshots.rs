//! What vendors would be sent for a stratified sample of the corpus, kept to be read by people.
//!
//! The sample holds every pair of source and destination that occurs (thrice where it occurs that often), every converter,
//! every lifecycle type, every style of path, root key and page, and something of every element. A call gives each
//! declared value a text that says where it came from: `q_limit` is the query parameter `limit`, `p_id` the path variable
//! `id`, `c_username` the configuration entry `username`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ligand_engine::catalog::{self, Compiled};
use ligand_engine::exchange::{Exchange, Part, ResourceCall, Setting};
use ligand_engine::hooks::{HookRuntime, Limits};
use ligand_engine::step::{Input, Step, VendorReply, VendorRequest};
use ligand_model::element::{Hook, Parameter, Resource};
use ligand_model::id::ElementId;
use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::corpus::corpus;

/// How many resources show each pair of source and destination.
const EACH_PAIR: usize = 3;

/// How many resources show each kind of hook.
const EACH_HOOK: usize = 25;

/// Configuration that hooks take apart themselves.
const SHAPED: [(&str, &str); 2] = [
    ("quickbase.objects", r#"[{"p_objectName":"bk1"}]"#),
    ("expires_in", "3600"),
];

fn is_integer(parameter: &Parameter) -> bool {
    let declared = parameter.extra.text("dataType");
    matches!(declared.as_deref(), Some("integer" | "number"))
}

fn value_of(prefix: &str, parameter: &Parameter) -> String {
    if is_integer(parameter) {
        "7".to_owned()
    } else {
        format!("{prefix}_{}", parameter.name)
    }
}

fn call_of(resource: &Resource) -> (ResourceCall, BTreeMap<String, String>) {
    let mut call = ResourceCall {
        method: resource.method.to_uppercase(),
        content_type: Some("application/json".into()),
        ..ResourceCall::default()
    };
    let mut variables = BTreeMap::new();
    for part in resource.path.split('{').skip(1) {
        let name = part.split('}').next().unwrap();
        variables.insert(name.to_owned(), format!("p_{name}"));
    }
    call.path = variables
        .iter()
        .fold(resource.path.to_string(), |path, (name, value)| {
            path.replace(&format!("{{{name}}}"), value)
        });
    let mut body = Map::new();
    let mut has_body = false;
    for parameter in resource.parameters.iter().filter(|p| p.source == "request") {
        let name = parameter.name.as_str();
        match parameter.kind.as_str() {
            "query" if matches!(name, "page" | "pageSize" | "nextPage") => {}
            "query" if name == "where" => {
                call.query
                    .push(("where".into(), "name = 'w_x' AND age = 7".into()));
            }
            "query" => call.query.push((name.into(), value_of("q", parameter))),
            "path" if !variables.contains_key(name) => {
                call.query.push((name.into(), value_of("q", parameter)));
            }
            "header" => call
                .headers
                .push((name.to_lowercase(), format!("h_{name}"))),
            "body" => has_body = true,
            "bodyField" => {
                has_body = true;
                let top = name.split(['.', '[']).next().unwrap();
                body.insert(top.to_owned(), json!(format!("b_{name}")));
            }
            "multipart" | "form" => call.parts.push(Part {
                name: name.to_owned(),
                file_name: (parameter.kind == "multipart").then(|| "a.txt".into()),
                content_type: Some("text/plain".into()),
                data: format!("f_{name}").into(),
                uploaded: false,
            }),
            _ => {}
        }
    }
    if has_body && call.parts.is_empty() {
        let bodies = resource.parameters.iter().filter(|p| p.kind == "body");
        for parameter in bodies {
            body.insert(
                parameter.name.to_string(),
                json!(format!("b_{}", parameter.name)),
            );
        }
        body.insert("id".into(), json!("b_id"));
        body.insert("nested".into(), json!({"n": 1, "none": null}));
        call.body = Value::Object(body).to_string().into();
    }
    (call, variables)
}

fn values_of(compiled: &Compiled) -> BTreeMap<String, String> {
    let element = &compiled.element;
    let open = element
        .configuration
        .iter()
        .filter(|entry| element.default_of(&entry.key).is_none());
    open.map(|entry| {
        let key = entry.key.as_str();
        let shaped = SHAPED.iter().find(|(shaped, _)| *shaped == key);
        let value = match shaped {
            Some((_, value)) => (*value).to_owned(),
            None if key.ends_with("url") => "https://api.example.com".to_owned(),
            None => format!("c_{}", key.replace(['.', ' '], "_")),
        };
        (key.to_owned(), value)
    })
    // What decides how values are read has no invented value.
    .filter(|(key, _)| !key.starts_with("pagination") && !key.ends_with("fields.map"))
    .collect()
}

pub fn plan(compiled: &Arc<Compiled>, index: usize) -> Value {
    let (call, variables) = call_of(compiled.resource(index).unwrap());
    let setting = Setting {
        now: Timestamp(1_700_000_000_000),
        webhook_callback_url: "https://events.example/hook".into(),
        nonce: "n0nce".into(),
    };
    let values = values_of(compiled);
    let mut exchange = Exchange::new(
        Arc::clone(compiled),
        index,
        variables,
        call,
        values,
        setting,
    )
    .without_refresh();
    let mut hooks = HookRuntime::new(Limits::unlimited_time()).unwrap();
    let mut requests = Vec::new();
    let mut input = Input::Start;
    loop {
        input = match exchange.next(input) {
            Step::RunHook(call) => Input::Hook(hooks.run(&call)),
            Step::Send(request) => {
                requests.push(shown(&request));
                Input::Reply(VendorReply {
                    status: 200,
                    headers: vec![("content-type".into(), "application/json".into())],
                    body: "{}".into(),
                })
            }
            Step::Refresh => Input::RefreshFailed("not here".into(), None),
            Step::Done(outcome) => {
                let mut plan = json!({ "requests": requests });
                if let Err(failure) = outcome.result {
                    plan["failed"] = json!(failure.message);
                }
                if !outcome.configuration.is_empty() {
                    plan["writes"] = json!(outcome.configuration);
                }
                return plan;
            }
        };
    }
}

fn shown(request: &VendorRequest) -> Value {
    let text = String::from_utf8_lossy(&request.body).into_owned();
    let body = match serde_json::from_str::<Value>(&text) {
        _ if text.is_empty() => Value::Null,
        Ok(json) => json,
        Err(_) => json!(text.lines().collect::<Vec<_>>()),
    };
    let headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    json!({"call": format!("{} {}", request.method, request.url), "headers": headers, "body": body})
}

/// A hook that asks the clock or the dice says something else every time.
fn is_steady(hook: &Hook) -> bool {
    const CHANGING: [&str; 5] = ["Date", "now(", "random", "moment", "require('http"];
    let body = hook.body.as_deref().unwrap_or_default();
    CHANGING.iter().all(|word| !body.contains(word))
}

/// What a resource shows, and how many resources of the sample should show it.
fn features(compiled: &Compiled, resource: &Resource) -> BTreeSet<(String, usize)> {
    let element = &compiled.element;
    let mut shown = BTreeSet::from([
        (format!("element {}", element.key), 1),
        (format!("type {}", resource.kind_of_call), 1),
        (
            format!(
                "authentication {}",
                String::from(element.authentication.kind.clone())
            ),
            1,
        ),
    ]);
    for parameter in element.parameters.iter().chain(&resource.parameters) {
        if parameter.source == "request" {
            let pair = format!("{} → {}", parameter.kind, parameter.vendor_type);
            shown.insert((pair, EACH_PAIR));
        } else {
            shown.insert((format!("response → {}", parameter.vendor_type), 1));
        }
        if let Some(converter) = &parameter.converter {
            shown.insert((format!("converter {converter}"), EACH_PAIR));
        }
    }
    for hook in element
        .hooks
        .iter()
        .chain(&resource.hooks)
        .filter(|hook| hook.body.is_some())
    {
        shown.insert((format!("hook {}", hook.kind), EACH_HOOK));
    }
    let path = resource.vendor_path.as_deref().unwrap_or_default();
    let root = resource.root_key.as_deref().unwrap_or_default();
    let paging = element.default_of("pagination.type").unwrap_or("none");
    for (feature, has) in [
        ("empty path", path.is_empty()),
        ("absolute path", path.starts_with("http")),
        ("query in the path", path.contains('?')),
        (
            "another verb",
            resource
                .vendor_method
                .as_ref()
                .is_some_and(|verb| *verb != resource.method),
        ),
        (
            "request root",
            root.split_once('|')
                .is_some_and(|(request, _)| !request.is_empty()),
        ),
        (
            "chain",
            resource
                .next_resource
                .as_ref()
                .is_some_and(|next| !next.is_empty()),
        ),
        (
            "cursor",
            resource
                .next_page_key
                .as_ref()
                .is_some_and(|key| !key.is_empty()),
        ),
        (
            &*format!("pages {paging}"),
            resource.parameters.iter().any(|p| p.name == "page"),
        ),
    ] {
        if has {
            shown.insert((feature.to_owned(), EACH_PAIR));
        }
    }
    shown
}

#[test]
fn vendors_are_sent_what_the_format_says() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut sampled = 0;
    let elements: Vec<(String, Arc<Compiled>)> = corpus()
        .into_iter()
        .map(|(name, bytes)| {
            let (compiled, _) = catalog::import(&bytes, ElementId(10_000)).unwrap();
            (name, Arc::new(compiled))
        })
        .collect();
    for (name, compiled) in &elements {
        let mut plans = Map::new();
        for (index, resource) in compiled.element.resources.iter().enumerate() {
            let hooks = || compiled.element.hooks.iter().chain(&resource.hooks);
            let steady = hooks()
                .filter(|hook| hook.kind == "preRequest")
                .all(is_steady);
            let features = features(compiled, resource);
            let wanted = features
                .iter()
                .any(|(feature, most)| seen.get(feature).is_none_or(|seen| seen < most));
            if !steady || !wanted {
                continue;
            }
            for (feature, _) in features {
                *seen.entry(feature).or_default() += 1;
            }
            let line = format!("{} {}", resource.method, resource.path);
            let mut plan = plan(compiled, index);
            if !hooks().all(is_steady)
                && let Some(plan) = plan.as_object_mut()
            {
                plan.remove("writes");
            }
            plans.insert(line, plan);
            sampled += 1;
        }
        if !plans.is_empty() {
            insta::assert_json_snapshot!(name.replace(['(', ')', '.'], "_"), Value::Object(plans));
        }
    }
    let pairs = elements.iter().flat_map(|(_, compiled)| {
        let parameters = compiled.element.parameters.iter();
        parameters.chain(
            compiled
                .element
                .resources
                .iter()
                .flat_map(|r| &r.parameters),
        )
    });
    let missing: BTreeSet<String> = pairs
        .filter(|parameter| parameter.source == "request")
        .map(|parameter| format!("{} → {}", parameter.kind, parameter.vendor_type))
        .filter(|pair| !seen.contains_key(pair))
        .collect();
    assert_eq!(
        missing,
        BTreeSet::new(),
        "pairs that the sample does not show"
    );
    assert!(
        elements.is_empty() || sampled >= 150,
        "only {sampled} sampled"
    );
    eprintln!("{sampled} resources of {} elements", elements.len());
}
