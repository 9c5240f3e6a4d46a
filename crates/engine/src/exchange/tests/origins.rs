//! What set which part of a request, for explaining it.

use super::*;

fn exchange(resource: Value, parameters: Value, query: &[(&str, &str)]) -> Exchange {
    let element = json!({
        "name": "X", "authentication": {"type": "oauth2"},
        "configuration": [{"key": "base.url", "defaultValue": "https://h"}, {"key": "tenant"}],
        "parameters": parameters, "resources": [resource]
    });
    let (compiled, _) = catalog::import(element.to_string().as_bytes(), ElementId(1)).unwrap();
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let call = ResourceCall {
        method: "GET".into(),
        path: "/things".into(),
        query: query.iter().map(pair).collect(),
        ..ResourceCall::default()
    };
    let values = [("oauth.user.token", "t"), ("tenant", "acme")];
    let values = values.iter().map(pair).collect();
    Exchange::new(
        Arc::new(compiled),
        0,
        BTreeMap::new(),
        call,
        values,
        setting(),
    )
}

fn resource() -> Value {
    json!({"method": "GET", "path": "/things", "vendorPath": "/v1/things", "rootKey": "|items", "parameters": [
        {"name": "pageSize", "type": "query", "vendorName": "limit", "vendorType": "query"},
        {"name": "sort", "type": "query", "vendorName": "sort", "vendorType": "query", "defaultValue": "id"},
        {"name": "where", "type": "query", "vendorName": "q", "vendorType": "query", "converter": "toQueryParameters"}
    ], "hooks": [{"type": "preRequest", "mimeType": "application/javascript",
        "body": "request_vendor_headers['X-Made'] = 'yes'; done({request_vendor_headers: request_vendor_headers, request_vendor_path: '/v2/things', continue: true});"}]})
}

fn element_parameter() -> Value {
    json!([{"name": "tenant", "type": "configuration", "vendorName": "X-Tenant", "vendorType": "header"}])
}

fn played(mut exchange: Exchange) -> (VendorRequest, Vec<Origin>) {
    let mut hooks = HookRuntime::new(Limits::unlimited_time()).unwrap();
    let mut input = Input::Start;
    loop {
        input = match exchange.next(input) {
            Step::Send(request) => return (*request, exchange.origins()),
            Step::RunHook(hook) => Input::Hook(hooks.run(&hook)),
            other => panic!("{other:?}"),
        };
    }
}

#[test]
fn every_part_names_the_level_that_set_it() {
    let query = [("pageSize", "5"), ("where", "name='x' and size='2'")];
    let exchange = exchange(resource(), element_parameter(), &query).explained();
    let (request, origins) = played(exchange);
    assert_eq!(
        request.url,
        "https://h/v2/things?limit=5&sort=id&name=x&size=2"
    );
    let told: Vec<String> = origins
        .iter()
        .map(|o| format!("{} {}: {} {}", o.part, o.name, o.level.text(), o.by))
        .collect();
    for expected in [
        "method : resource ",
        "header Accept: default ",
        "header Authorization: authentication ",
        "header X-Tenant: element parameter configuration tenant",
        "query limit: resource parameter query pageSize",
        "query sort: parameter default query sort",
        "query name: resource parameter query where",
        "query size: resource parameter query where",
        "path : hook GET /hubs/general/things preRequest",
        "header X-Made: hook GET /hubs/general/things preRequest",
    ] {
        assert!(
            told.iter().any(|line| line == expected),
            "{expected} in {told:#?}"
        );
    }
    assert!(
        !told.iter().any(|line| line.starts_with("query q:")),
        "{told:#?}"
    );
}

#[test]
fn a_call_that_is_not_explained_keeps_nothing_and_sends_the_same() {
    let query = [("pageSize", "5")];
    let (plain, none) = played(exchange(resource(), element_parameter(), &query));
    let (explained, some) = played(exchange(resource(), element_parameter(), &query).explained());
    assert!(none.is_empty() && !some.is_empty());
    assert_eq!(
        (plain.url, plain.headers),
        (explained.url, explained.headers)
    );
}
