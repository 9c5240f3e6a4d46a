//! A definition and a call in, the vendor's requests and the caller's answer out.

mod answers;
mod format;
mod format_lists;
mod local;
mod loose;
mod origins;
mod pages;
mod parameters;
mod properties;
mod records;
mod repeat;
mod requests;
mod scripts;
mod sessions;
mod xml_words;

use bytes::Bytes;
use ligand_model::id::ElementId;
use serde_json::json;

use super::*;
use crate::catalog;
use crate::hooks::{HookRuntime, Limits};
use crate::step::{Body, VendorReply, VendorRequest};

/// A call of an element driven to its end against scripted replies.
struct Played {
    requests: Vec<VendorRequest>,
    refreshes: usize,
    outcome: Outcome,
}

impl Played {
    fn urls(&self) -> Vec<String> {
        self.requests
            .iter()
            .map(|r| format!("{} {}", r.method, r.url))
            .collect()
    }

    fn json(&self) -> Value {
        match &self.outcome.result {
            Ok(Reply {
                body: Body::Json(bytes),
                ..
            }) => serde_json::from_slice(bytes).unwrap(),
            other => panic!("no JSON: {other:?}"),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let reply = self.outcome.result.as_ref().unwrap();
        reply
            .headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    fn failure(&self) -> &Failure {
        self.outcome.result.as_ref().unwrap_err()
    }
}

fn reply(status: u16, body: Value) -> VendorReply {
    VendorReply {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        },
    }
}

fn setting() -> Setting {
    Setting {
        now: Timestamp(1_000_000),
        webhook_callback_url: "https://hook".into(),
        nonce: "n0nce".into(),
    }
}

/// Plays `METHOD path?query` with an optional body.
fn play(
    element: Value,
    values: &[(&str, &str)],
    line: &str,
    body: Option<Value>,
    replies: Vec<VendorReply>,
) -> Played {
    play_with(element, values, line, &[], body, replies)
}

/// The same with headers.
fn play_with(
    element: Value,
    values: &[(&str, &str)],
    line: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
    replies: Vec<VendorReply>,
) -> Played {
    let (compiled, _) = catalog::import(element.to_string().as_bytes(), ElementId(10_000)).unwrap();
    let compiled = Arc::new(compiled);
    let (method, target) = line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let catalog::Route::Found {
        resource,
        variables,
        ..
    } = compiled.route(method, path)
    else {
        panic!("no route for {line}: {:?}", compiled.route(method, path));
    };
    let call = ResourceCall {
        method: method.into(),
        path: path.into(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        body: body.map(|b| Bytes::from(b.to_string())).unwrap_or_default(),
        content_type: Some("application/json".into()),
        headers: headers
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        ..ResourceCall::default()
    };
    let values: BTreeMap<String, String> = values
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let mut exchange = Exchange::new(
        compiled,
        resource,
        variables,
        call,
        values.clone(),
        setting(),
    );
    let mut hooks = HookRuntime::new(Limits::new(|| false)).unwrap();
    let (mut requests, mut refreshes, mut replies) = (Vec::new(), 0, replies.into_iter());
    let mut input = Input::Start;
    loop {
        input = match exchange.next(input) {
            Step::RunHook(call) => Input::Hook(hooks.run(&call)),
            Step::Send(request) => {
                requests.push(*request);
                match replies.next() {
                    Some(reply) => Input::Reply(reply),
                    None => {
                        Input::Unreachable(ErrorKind::VendorUnavailable, "no reply scripted".into())
                    }
                }
            }
            Step::Refresh => {
                refreshes += 1;
                let mut fresh = values.clone();
                fresh.insert("oauth.user.token".into(), format!("fresh-{refreshes}"));
                fresh.insert("oauth.user.refresh_time".into(), "1000000".into());
                Input::Refreshed(fresh)
            }
            Step::Done(outcome) => {
                return Played {
                    requests,
                    refreshes,
                    outcome: *outcome,
                };
            }
        };
    }
}

fn element(resources: Value, more: Value) -> Value {
    let mut element = json!({"name": "Acme", "key": "acme", "hub": "crm",
        "authentication": {"type": "oauth2"},
        "configuration": [{"key": "base.url", "defaultValue": "https://api.acme.com/v1"},
            {"key": "pagination.max", "defaultValue": "100"},
            {"key": "pagination.type", "defaultValue": "offset"}, {"key": "api.key"}],
        "resources": resources});
    for (key, value) in more.as_object().unwrap() {
        element[key] = value.clone();
    }
    element
}

fn list(more: Value) -> Value {
    let mut resource = json!({"method": "GET", "path": "/hubs/crm/contacts", "vendorPath": "/people",
        "rootKey": "|data.items", "parameters": [
            {"name": "pageSize", "type": "query", "vendorName": "limit", "vendorType": "query"},
            {"name": "page", "type": "query", "vendorName": "skip", "vendorType": "query"},
            {"name": "where", "type": "query", "vendorName": "where", "vendorType": "query", "converter": "toQueryParameters"}]});
    for (key, value) in more.as_object().unwrap() {
        resource[key] = value.clone();
    }
    resource
}

const TOKEN: &[(&str, &str)] = &[
    ("oauth.user.token", "secret-token"),
    ("oauth.user.refresh_token", "refresh-token"),
];

#[test]
fn lists_with_a_filter_and_hands_out_the_next_page() {
    let rows = json!({"data": {"items": [{"id": 1, "x": null}, {"id": 2}]}});
    let played = play(
        element(json!([list(json!({}))]), json!({})),
        TOKEN,
        "GET /hubs/crm/contacts?where=name%3D'Ann%20%26%20Co'&pageSize=2&page=3",
        None,
        vec![reply(200, rows)],
    );
    assert_eq!(
        played.urls(),
        ["GET https://api.acme.com/v1/people?name=Ann%20%26%20Co&limit=2&skip=4"].map(|u| u
            .replace(
                "name=Ann%20%26%20Co&limit=2&skip=4",
                "limit=2&skip=4&name=Ann%20%26%20Co"
            ))
    );
    assert!(
        played.requests[0]
            .headers
            .contains(&("Authorization".into(), "Bearer secret-token".into()))
    );
    assert_eq!(played.json(), json!([{"id": 1}, {"id": 2}]));
    assert_eq!(played.header("elements-returned-count"), Some("2"));
    let token: Value =
        serde_json::from_str(played.header("elements-next-page-token").unwrap()).unwrap();
    assert_eq!(
        token,
        json!({"page": 4, "pageSize": 2, "q": {"where": "name='Ann & Co'"}})
    );
}

#[test]
fn a_vendors_401_refreshes_once_and_repeats_once() {
    let rows = json!({"data": {"items": []}});
    let denied = || reply(401, json!({"message": "expired"}));
    let elements = || element(json!([list(json!({}))]), json!({}));
    let played = play(
        elements(),
        TOKEN,
        "GET /contacts",
        None,
        vec![denied(), reply(200, rows)],
    );
    assert_eq!((played.refreshes, played.requests.len()), (1, 2));
    assert!(
        played.requests[1]
            .headers
            .contains(&("Authorization".into(), "Bearer fresh-1".into()))
    );
    let played = play(
        elements(),
        TOKEN,
        "GET /contacts",
        None,
        vec![denied(), denied()],
    );
    assert_eq!((played.refreshes, played.requests.len()), (1, 2));
    assert_eq!(played.failure().kind, ErrorKind::Unauthenticated);
    assert_eq!(played.failure().message, "expired");
}

#[test]
fn a_grant_that_passed_is_refreshed_before_the_call() {
    let expired: Vec<(&str, &str)> = [
        TOKEN,
        &[
            ("oauth.user.refresh_time", "0"),
            ("oauth.user.refresh_interval", "900"),
        ],
    ]
    .concat();
    let played = play(
        element(json!([list(json!({}))]), json!({})),
        &expired,
        "GET /contacts",
        None,
        vec![reply(200, json!([]))],
    );
    assert_eq!((played.refreshes, played.requests.len()), (1, 1));
}

#[test]
fn templates_paths_and_chains() {
    let resources = json!([
        {"method": "POST", "path": "/contacts", "vendorPath": "/people", "nextResource": "GET:/hubs/crm/contacts/{id}/again",
         "parameters": [{"name": "{\"input\":[{\"email\":\"{email}\",\"n\":{n}}]}", "type": "value", "vendorName": "body", "vendorType": "body"},
            {"name": "email", "type": "bodyField", "vendorName": "email", "vendorType": "bodyToken"},
            {"name": "n", "type": "bodyField", "vendorName": "n", "vendorType": "bodyToken"}]},
        {"method": "GET", "path": "/contacts/{id}/again", "type": "apiNoDocumentation", "vendorPath": "/people/{id}",
         "aliases": {"id": "Id"},
         "parameters": [{"name": "result[0].id", "type": "prevBodyField", "vendorName": "id", "vendorType": "path"}]}]);
    let played = play(
        element(resources, json!({})),
        TOKEN,
        "POST /contacts",
        Some(json!({"email": "a\"b", "n": 3})),
        vec![
            reply(201, json!({"result": [{"id": "x/1"}]})),
            reply(200, json!({"Id": "x/1"})),
        ],
    );
    assert_eq!(
        played.urls(),
        [
            "POST https://api.acme.com/v1/people",
            "GET https://api.acme.com/v1/people/x%2F1"
        ]
    );
    assert_eq!(
        played.requests[0].body,
        r#"{"input":[{"email":"a\"b","n":3}]}"#
    );
    assert!(played.requests[1].body.is_empty());
    assert_eq!(played.json(), json!({"Id": "x/1", "id": "x/1"}));
}

#[test]
fn hooks_see_and_change_the_call_and_the_answer() {
    let resource = list(json!({"hooks": [
        {"type": "preRequest", "body": "request_vendor_parameters.extra = request_expression[0].value; done({request_vendor_parameters, request_vendor_headers: {'X-Key': configuration['api.key'], Accept: null}})"},
        {"type": "postRequest", "body": "done({response_body: response_body.map(r => ({id: r.id, n: response_body_raw_map.data.total})), configuration: {'api.key': 'rotated'}})"}]}));
    let played = play(
        element(json!([resource]), json!({})),
        &[("api.key", "k1")],
        "GET /contacts?where=a=1&pageSize=5",
        None,
        vec![reply(
            200,
            json!({"data": {"total": 9, "items": [{"id": 1}]}}),
        )],
    );
    assert_eq!(
        played.urls(),
        ["GET https://api.acme.com/v1/people?limit=5&skip=0&a=1&extra=1"]
    );
    let names: Vec<&str> = played.requests[0]
        .headers
        .iter()
        .map(|(n, _)| n.as_str())
        .collect();
    assert_eq!(names, ["Content-Type", "X-Key"]);
    assert_eq!(played.json(), json!([{"id": 1, "n": 9}]));
    assert_eq!(
        played.outcome.configuration,
        BTreeMap::from([("api.key".to_owned(), Some("rotated".to_owned()))])
    );
}

#[test]
fn a_hook_can_answer_without_the_vendor() {
    let resource = list(
        json!({"hooks": [{"type": "preRequest", "body": "done({continue: false, response_body: [{id: 7}]})"}]}),
    );
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "GET /contacts",
        None,
        vec![],
    );
    assert!(played.requests.is_empty());
    assert_eq!(played.json(), json!([{"id": 7}]));
    let resource = list(
        json!({"hooks": [{"type": "preRequest", "body": "done({continue: false, response_status_code: 409, response_error_message: 'no'})"}]}),
    );
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "GET /contacts",
        None,
        vec![],
    );
    assert_eq!(
        (played.failure().status, played.failure().message.as_str()),
        (Some(409), "no")
    );
}

#[test]
fn a_failing_hook_is_the_callers_400_but_hides_no_vendor_error() {
    let failing =
        |kind: &str| list(json!({"hooks": [{"type": kind, "body": "throw 'bad input'"}]}));
    let played = play(
        element(json!([failing("preRequest")]), json!({})),
        TOKEN,
        "GET /contacts",
        None,
        vec![],
    );
    assert_eq!(played.failure().kind, ErrorKind::Invalid);
    assert!(
        played.failure().message.contains("bad input"),
        "{:?}",
        played.failure()
    );
    let played = play(
        element(json!([failing("postRequest")]), json!({})),
        TOKEN,
        "GET /contacts",
        None,
        vec![reply(404, json!({"message": "gone"}))],
    );
    assert_eq!(
        (played.failure().kind, played.failure().message.as_str()),
        (ErrorKind::NotFound, "gone")
    );
}

#[test]
fn secrets_are_masked_in_what_the_vendor_says() {
    let played = play(
        element(json!([list(json!({}))]), json!({})),
        &[("oauth.user.token", "secret-token")],
        "GET /contacts",
        None,
        vec![reply(400, json!({"message": "token secret-token is bad"}))],
    );
    assert_eq!(played.failure().message, "token ******** is bad");
    assert!(!format!("{:?}", played.failure()).contains("secret-token"));
}

#[test]
fn a_missing_record_and_a_missing_parameter() {
    let get = json!({"method": "GET", "path": "/contacts/{id}", "vendorPath": "/people/{id}", "rootKey": "|result[0]", "notFound": "result[0]",
        "parameters": [{"name": "list", "type": "query", "vendorName": "list", "vendorType": "query", "required": true}]});
    let elements = || element(json!([get.clone()]), json!({}));
    let played = play(
        elements(),
        TOKEN,
        "GET /contacts/1?list=l",
        None,
        vec![reply(200, json!({"result": []}))],
    );
    assert_eq!(played.failure().kind, ErrorKind::NotFound);
    let played = play(elements(), TOKEN, "GET /contacts/1", None, vec![]);
    assert_eq!(
        played.failure().message,
        "Missing required parameter: `list` (query)"
    );
    let played = play(elements(), TOKEN, "GET /contacts/..?list=l", None, vec![]);
    assert_eq!(played.failure().kind, ErrorKind::Invalid);
}

#[test]
fn a_body_without_nulls_is_passed_on_byte_for_byte() {
    let odd = VendorReply {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: Bytes::from_static(b"[ {\"a\" :1}, {\"a\":2} ]"),
    };
    let resource = json!({"method": "GET", "path": "/all", "vendorPath": "/all"});
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "GET /all",
        None,
        vec![odd],
    );
    let Ok(Reply {
        body: Body::Json(bytes),
        ..
    }) = &played.outcome.result
    else {
        panic!()
    };
    assert_eq!(bytes, "[ {\"a\" :1}, {\"a\":2} ]");
    assert_eq!(played.header("elements-returned-count"), Some("2"));
}

#[test]
fn a_ping_answers_the_platforms_shape() {
    let resource = json!({"method": "GET", "path": "/ping", "vendorPath": "/me", "answer": "ping"});
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "GET /ping",
        None,
        vec![reply(200, json!({"z": 1}))],
    );
    assert_eq!(
        played.json(),
        json!({"dateTime": "1970-01-01T00:16:40.000Z", "endpoint": "acme", "valid": true})
    );
}

#[test]
fn a_chain_has_at_most_five_links() {
    let resource = json!({"method": "GET", "path": "/loop", "vendorPath": "/loop", "nextResource": "GET:/loop"});
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "GET /loop",
        None,
        (0..9).map(|_| reply(200, json!({}))).collect(),
    );
    assert_eq!(
        (played.requests.len(), played.failure().kind),
        (5, ErrorKind::Invalid)
    );
}

#[test]
fn forms_multipart_and_no_body_on_get() {
    let resources = json!([
        {"method": "POST", "path": "/form", "vendorPath": "/form", "parameters": [
            {"name": "body", "type": "body", "vendorName": "body", "vendorType": "form"},
            {"name": "fixed value", "type": "value", "vendorName": "kind", "vendorType": "form"}]},
        {"method": "POST", "path": "/get", "vendorMethod": "GET", "vendorPath": "/get", "parameters": [
            {"name": "body", "type": "body", "vendorName": "body", "vendorType": "body"}]}]);
    let elements = || element(resources.clone(), json!({}));
    let played = play(
        elements(),
        TOKEN,
        "POST /form",
        Some(json!({"a": "x y", "b": 2})),
        vec![reply(200, json!({}))],
    );
    assert_eq!(played.requests[0].body, "a=x%20y&b=2&kind=fixed%20value");
    assert!(played.requests[0].headers.contains(&(
        "Content-Type".into(),
        "application/x-www-form-urlencoded".into()
    )));
    let played = play(
        elements(),
        TOKEN,
        "POST /get",
        Some(json!({"a": 1})),
        vec![reply(200, json!({}))],
    );
    assert!(played.requests[0].body.is_empty());
}

#[test]
fn a_filter_that_nothing_reads_is_refused() {
    let resource = json!({"method": "GET", "path": "/all", "vendorPath": "/all"});
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "GET /all?where=a=1",
        None,
        vec![],
    );
    assert!(
        played.failure().message.contains("cannot filter"),
        "{:?}",
        played.failure()
    );
}
