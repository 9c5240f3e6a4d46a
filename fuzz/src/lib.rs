//! What each fuzz target does with its bytes, and what must hold whatever they are.
//!
//! One function a target; each panics when the engine breaks its word. `cargo fuzz` feeds them on nightly, and the
//! engine's own tests (`crates/engine/tests/it/fuzz_properties.rs`) compile this same file and feed them on stable.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::{self, Compiled};
use ligand_engine::exchange::{Exchange, ResourceCall, Setting};
use ligand_engine::query;
use ligand_engine::step::{Body, HookResult, Input, Outcome, Step, VendorReply, VendorRequest};
use ligand_engine::transform::Path;
use ligand_model::error::{Classify, ErrorKind};
use ligand_model::id::ElementId;
use serde_json::{Value, json};

/// Most steps that a call without a vendor's pages may take: five links, each with its hooks and a renewal.
const MOST_STEPS: usize = 2_000;
/// Where the made elements call.
const BASE: &str = "https://api.example.com/v1";

/// An element's JSON is imported, reviewed, exported and imported again as the same, and its calls are planned to their end.
pub fn element(bytes: &[u8]) {
    let (compiled, _) = match catalog::import(bytes, ElementId(10_000)) {
        Ok(imported) => imported,
        Err(error) => return assert!(!error.public().is_empty()),
    };
    catalog::review(&compiled);
    let exported = compiled.to_json();
    let (again, _) = catalog::import(exported.to_string().as_bytes(), ElementId(10_000))
        .expect("an export is imported again");
    assert_eq!(again.to_json(), exported, "an export is stable");
    let compiled = Arc::new(compiled);
    for (index, resource) in compiled.element.resources.iter().enumerate().take(20) {
        let call = ResourceCall {
            method: resource.method.to_string(),
            path: resource.path.to_string(),
            body: br#"{"id":1,"nested":{"none":null}}"#.as_slice().into(),
            content_type: Some("application/json".into()),
            ..ResourceCall::default()
        };
        compiled.route(&resource.method, &resource.path);
        drive(
            &compiled,
            index,
            "1",
            call,
            &answer("application/json", b"{}"),
            &[],
        );
    }
}

/// A `where` is parsed and printed in every vendor's language; what is typed stays where it was put.
pub fn query(bytes: &[u8]) {
    const CONVERTERS: [&str; 18] = [
        "toSOQL",
        "toSOQLAnd",
        "toSFDCReportFilter",
        "toQuickbase",
        "toWiql",
        "toExactTargetFilter",
        "toBazaarvoice",
        "toODataFilter",
        "toODataV3Filter",
        "toEloquaSearch",
        "toMarketoFilter",
        "toFieldList",
        "toSOQLOrderBy",
        "toSOQLFields",
        "toSOQLText",
        "toSOQLName",
        "toSOQLStatement",
        "toQueryParameters",
    ];
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    for converter in CONVERTERS {
        match query::convert(converter, text) {
            Ok(query::Converted::Text(printed)) => {
                if converter.starts_with("toSOQL") {
                    let quotes = printed.replace("\\\\", "").replace("\\'", "");
                    assert!(quotes.matches('\'').count() % 2 == 0, "{printed:?}");
                }
                if converter == "toExactTargetFilter" {
                    let count = |c: char| printed.matches(c).count();
                    assert_eq!(count('<'), count('>'), "{printed:?}");
                }
            }
            Ok(query::Converted::Query(_)) => {}
            Err(error) => said_briefly(&error.public()),
        }
    }
    if let Ok(expression) = query::parse_where(text) {
        expression.flatten();
        expression
            .holds(&json!({"name": "a", "n": 1.5, "o": {"list": [null, true, "2016-11-30"]}}));
    }
    if let Ok(terms) = query::parse_order_by(text) {
        query::order(
            &mut [json!({"a": 1}), json!({"a": "x"}), json!(null)],
            &terms,
        );
    }
}

/// The first line is a path template, the rest the value of each of its variables: a value fills one place and never
/// another host.
pub fn path_template(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (template, value) = text.split_once('\n').unwrap_or((text, "x"));
    let compiled = made(json!({"path": template, "vendorPath": template}));
    compiled.route("GET", value);
    compiled.route("GET", template);
    let urls = [value, "x"].map(|value| {
        let reply = answer("application/json", b"{}");
        let (requests, _) = drive(&compiled, 0, value, ResourceCall::default(), &reply, &[]);
        requests.into_iter().next().map(|request| request.url)
    });
    if template.starts_with("http://") || template.starts_with("https://") {
        return; // Hosts in definitions are the guard's business.
    }
    for url in urls.iter().flatten() {
        let rest = url.strip_prefix(BASE).expect(url);
        assert!(
            rest.is_empty() || rest.starts_with(['/', '?', '&']),
            "{url:?}"
        );
        plain_url(url);
    }
    if let [Some(with_value), Some(with_x)] = &urls {
        let address = |url: &str| url.split('?').next().map(|url| url.matches('/').count());
        assert_eq!(
            address(with_value),
            address(with_x),
            "{with_value:?} {with_x:?}"
        );
    }
}

/// A vendor's answer that calls itself XML becomes JSON or a clear error.
pub fn xml(bytes: &[u8]) {
    let reply = answer("text/xml", bytes);
    let compiled = made(json!({"path": "/hubs/crm/a", "vendorPath": "/a", "rootKey": "a.b"}));
    let (_, outcome) = drive(&compiled, 0, "1", ResourceCall::default(), &reply, &[]);
    if let Err(failure) = outcome.result {
        said_briefly(&failure.message);
    }
}

/// What hooks say, a JSON array of what each hands to `done`, is taken or refused; headers and address stay whole.
pub fn hook_result(bytes: &[u8]) {
    let Ok(Value::Array(said)) = serde_json::from_slice(bytes) else {
        return;
    };
    let results: Vec<HookResult> = said
        .into_iter()
        .filter_map(|said| match said {
            Value::Object(members) => Some(HookResult {
                proceed: members.get("continue") != Some(&json!(false)),
                members,
                ..HookResult::default()
            }),
            _ => None,
        })
        .collect();
    let hooks = json!([{"type": "preRequest", "body": "done()"}, {"type": "postRequest", "body": "done()"}]);
    let compiled = made(json!({
        "path": "/hubs/crm/a", "vendorPath": "/a", "hooks": hooks, "rootKey": "data|data.items",
        "nextPageKey": "body.next?cursor"
    }));
    let reply = answer(
        "application/json",
        br#"{"data":{"items":[{"id":1}]},"next":"n"}"#,
    );
    let (requests, _) = drive(&compiled, 0, "1", ResourceCall::default(), &reply, &results);
    for request in requests {
        plain_url(&request.url);
        for (name, value) in &request.headers {
            assert!(!name.contains([' ', ':', '\r', '\n', '\0']), "{name:?}");
            assert!(!value.contains(['\r', '\n', '\0']), "{value:?}");
        }
    }
}

/// A field path of a transformation is read as what it prints.
pub fn field_path(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Path::parse(text) {
        Ok(path) => {
            path.name();
            let printed = path.to_string();
            // Quotes know no escapes: a text that holds both kinds has no second spelling. The whole spelling of a filter
            // is longer than its short one, and may be longer than a path may be.
            if !text.contains(['\'', '"']) && printed.len() <= 1000 {
                assert_eq!(Path::parse(&printed), Ok(path), "{text:?}");
            }
        }
        Err(error) => said_briefly(&error.to_string()),
    }
}

/// An element of one resource.
fn made(resource: Value) -> Arc<Compiled> {
    let mut resource = resource;
    resource["method"] = json!("GET");
    let definition = json!({
        "name": "Made", "key": "made", "hub": "crm", "authentication": {"type": "custom"},
        "configuration": [{"key": "base.url", "defaultValue": BASE}],
        "resources": [resource]
    });
    let imported = catalog::import(definition.to_string().as_bytes(), ElementId(10_000));
    Arc::new(imported.expect("the made element is imported").0)
}

fn answer(content_type: &str, body: &[u8]) -> VendorReply {
    VendorReply {
        status: 200,
        headers: vec![("content-type".into(), content_type.into())],
        body: body.to_vec().into(),
    }
}

/// Drives a call to its end: every hook says what comes next in `results`, the vendor always `reply`.
fn drive(
    compiled: &Arc<Compiled>,
    index: usize,
    value: &str,
    call: ResourceCall,
    reply: &VendorReply,
    results: &[HookResult],
) -> (Vec<VendorRequest>, Outcome) {
    let path = compiled
        .resource(index)
        .map_or("", |resource| &resource.path);
    let names = path
        .split('{')
        .skip(1)
        .filter_map(|part| part.split('}').next());
    let variables: BTreeMap<String, String> = names
        .map(|name| (name.to_owned(), value.to_owned()))
        .collect();
    let nothing = HookResult {
        proceed: true,
        ..HookResult::default()
    };
    let mut results = results.iter();
    let mut requests = Vec::new();
    let compiled = Arc::clone(compiled);
    let mut exchange = Exchange::new(
        compiled,
        index,
        variables,
        call,
        BTreeMap::new(),
        Setting::default(),
    );
    let mut input = Input::Start;
    for _ in 0..MOST_STEPS {
        input = match exchange.next(input) {
            Step::RunHook(_) => Input::Hook(Ok(results.next().unwrap_or(&nothing).clone())),
            Step::Send(request) => {
                requests.push(*request);
                Input::Reply(reply.clone())
            }
            Step::Refresh => Input::RefreshFailed("no".into(), None),
            Step::Done(outcome) => {
                judge(&outcome);
                return (requests, *outcome);
            }
        };
    }
    panic!("a call that does not end");
}

/// Whatever happened, the caller gets JSON with a status of success, or an error that is not ours.
fn judge(outcome: &Outcome) {
    match &outcome.result {
        Ok(reply) => {
            assert!(
                (200..300).contains(&reply.status),
                "status {}",
                reply.status
            );
            // A null is answered as nothing.
            if let Body::Json(json) = &reply.body
                && !json.is_empty()
            {
                serde_json::from_slice::<Value>(json).expect("an answer in JSON");
            }
        }
        Err(failure) => assert_ne!(failure.kind, ErrorKind::Internal, "{}", failure.message),
    }
}

fn plain_url(url: &str) {
    assert!(
        !url.contains(|c: char| c == ' ' || c == '#' || c.is_control()),
        "{url:?}"
    );
}

/// A message tells what was wrong without repeating all of it.
fn said_briefly(message: &str) {
    assert!(
        !message.is_empty() && message.len() < 4_000,
        "{} bytes of message",
        message.len()
    );
}
