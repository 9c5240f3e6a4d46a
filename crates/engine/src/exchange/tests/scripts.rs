//! Hooks of the format, used in ways that no one export shows: a script, and what comes of it.

use super::*;

fn hooks(pre: &str, post: &str) -> Value {
    let hook = |kind: &str, body: &str| json!({"type": kind, "mimeType": "application/javascript", "body": body});
    let all = [("preRequest", pre), ("postRequest", post)];
    all.iter()
        .filter(|(_, body)| !body.is_empty())
        .map(|(kind, body)| hook(kind, body))
        .collect()
}

fn run(
    more: Value,
    element_more: Value,
    line: &str,
    body: Option<Value>,
    replies: Vec<VendorReply>,
) -> Played {
    let method = line.split_once(' ').unwrap().0;
    let mut resource = json!({"method": method, "path": "/x/{id}", "vendorPath": "/a/{id}/{open}?k=1", "parameters": [
        {"type": "query", "name": "q", "vendorType": "query", "vendorName": "q"},
        {"type": "query", "name": "where", "vendorType": "no-op", "vendorName": "where"},
        {"type": "body", "name": "body", "vendorType": "body", "vendorName": "body"}]});
    for (name, value) in more.as_object().unwrap() {
        resource[name] = value.clone();
    }
    let mut element = json!({"name": "P", "key": "p", "hub": "crm", "authentication": {"type": "custom"},
        "configuration": [{"key": "base.url", "defaultValue": "https://api.p.example"}, {"key": "k", "defaultValue": "v"}],
        "resources": [resource]});
    for (name, value) in element_more.as_object().unwrap() {
        element[name] = value.clone();
    }
    play(element, &[("given", "g")], line, body, replies)
}

fn before(script: &str) -> Played {
    let more = json!({"vendorPath": "/a/{id}", "hooks": hooks(script, "")});
    run(
        more,
        json!({}),
        "POST /x/7?q=Q",
        Some(json!({"n": 1})),
        vec![reply(200, json!({}))],
    )
}

fn after(script: &str, answer: VendorReply) -> Played {
    let more = json!({"vendorPath": "/a/{id}", "hooks": hooks("", script)});
    run(more, json!({}), "GET /x/7", None, vec![answer])
}

fn body_of(played: &Played) -> String {
    String::from_utf8_lossy(&played.requests[0].body).into_owned()
}

#[test]
fn before_the_vendor() {
    for (script, url, body) in [
        ("done()", "/a/7?q=Q", r#"{"n":1}"#),
        (
            "done({request_vendor_parameters: {r: 2}})",
            "/a/7?q=Q&r=2",
            r#"{"n":1}"#,
        ),
        (
            "done({request_vendor_parameters: {q: null, r: [1, 2]}})",
            "/a/7?r=1&r=2",
            r#"{"n":1}"#,
        ),
        (
            "request_vendor_parameters = {only: 'x'}; done({request_vendor_parameters: request_vendor_parameters})",
            "/a/7?q=Q&only=x",
            r#"{"n":1}"#,
        ),
        (
            "delete request_vendor_parameters.q; request_vendor_parameters.z = true; done({request_vendor_parameters})",
            "/a/7?z=true",
            r#"{"n":1}"#,
        ),
        (
            "done({request_vendor_body: {m: new Date(0)}})",
            "/a/7?q=Q",
            r#"{"m":"1970-01-01T00:00:00.000Z"}"#,
        ),
        ("done({request_vendor_body: '<x/>'})", "/a/7?q=Q", "<x/>"),
        (
            "done({request_vendor_body: [1, {a: null}]})",
            "/a/7?q=Q",
            r#"[1,{"a":null}]"#,
        ),
        (
            "var b = JSON.parse(request_vendor_body); b.n++; done({request_vendor_body: b}); throw new Error('never')",
            "/a/7?q=Q",
            r#"{"n":2}"#,
        ),
        (
            "done({request_vendor_path: request_vendor_path + '/more?w=a b'})",
            "/a/7/more?w=a%20b&q=Q",
            r#"{"n":1}"#,
        ),
        (
            "if (request_body_map.n === 1) { done({request_vendor_path: '/one'}) } done({request_vendor_path: '/two'})",
            "/one?q=Q",
            r#"{"n":1}"#,
        ),
        (
            "done({request_vendor_path: '/' + [request_method, request_path_variables.id, request_parameters.q, typeof request_parameters.none, object_name, configuration.k, configuration.given, request_expression].join('-')})",
            "/POST-7-Q-undefined-x-v-g-?q=Q",
            r#"{"n":1}"#,
        ),
        (
            "undeclared = 5; return {request_vendor_path: '/returned' + undeclared}",
            "/returned5?q=Q",
            r#"{"n":1}"#,
        ),
        (
            "later(); done({request_vendor_path: '/' + text}); var text; function later() { text = 'hoisted' }",
            "/hoisted?q=Q",
            r#"{"n":1}"#,
        ),
        (
            "async function f() { return await Promise.resolve('async') } f().then(t => done({request_vendor_path: '/' + (t ?? 'x')}))",
            "/async?q=Q",
            r#"{"n":1}"#,
        ),
        (
            "done({xx: 1, vendor_body: 2, 'request_parameters.code': 3})",
            "/a/7?q=Q",
            r#"{"n":1}"#,
        ),
        (
            "done({request_vendor_method: 'put'})",
            "/a/7?q=Q",
            r#"{"n":1}"#,
        ),
        (
            "notify.email('a@b.c', 's', 't'); console.log('x'); print('y'); done({request_vendor_path: '/' + CE.b64('ä') + CE.decode64('eA==')})",
            "/w6Q=x?q=Q",
            r#"{"n":1}"#,
        ),
        ("", "/a/7?q=Q", r#"{"n":1}"#),
        ("var x = 1;", "/a/7?q=Q", r#"{"n":1}"#),
    ] {
        let played = before(script);
        assert_eq!(
            played.requests.len(),
            1,
            "{script}: {:?}",
            played.outcome.result
        );
        assert_eq!(
            played.requests[0].url,
            format!("https://api.p.example{url}"),
            "{script}"
        );
        assert_eq!(body_of(&played), body, "{script}");
    }
    let bare =
        before("done({request_vendor_headers: {'Content-Type': null, 'X-A': 5, 'X-E': ''}})");
    let headers = &bare.requests[0].headers;
    let find = |name: &str| {
        headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(
        (
            find("content-type"),
            find("x-a"),
            find("x-e"),
            find("accept")
        ),
        (None, Some("5"), Some(""), Some("application/json"))
    );
}

#[test]
fn a_hook_that_says_no_or_fails() {
    for (script, status, message) in [
        ("throw 'plain words'", 400, "plain words"),
        ("throw new Error('an error')", 400, "an error"),
        ("nothing.at.all", 400, "nothing is not defined"),
        ("done({", 400, "Unexpected"),
        (
            "done({response_error_message: 'not today'})",
            400,
            "not today",
        ),
        (
            "done({response_error_message: 'gone', response_status_code: 404})",
            404,
            "gone",
        ),
        (
            "done({continue: false, response_error_message: 'skipped', response_status_code: 409})",
            409,
            "skipped",
        ),
        (
            "done({continue: false, response_status_code: 403, response_body: {message: 'no right'}})",
            403,
            "no right",
        ),
    ] {
        let played = before(script);
        assert!(played.requests.is_empty(), "{script}");
        let failure = played.failure();
        assert!(failure.message.contains(message), "{script}: {failure:?}");
        let expected = ErrorKind::from_vendor_status(status);
        assert!(
            failure.kind == expected || (status == 400 && failure.kind == ErrorKind::Invalid),
            "{script}: {failure:?}"
        );
    }
    let skipped = before(
        "done({continue: false, response_body: [{a: 1}], response_headers: {'elements-total-count': 9}})",
    );
    assert_eq!(skipped.json(), json!([{"a": 1}]));
    assert_eq!(skipped.header("elements-total-count"), Some("9"));
    let nothing = before("done({continue: false})");
    assert_eq!(nothing.json(), json!({}));
}

#[test]
fn a_hook_that_fails_on_the_answer_of_a_write_says_that_it_was_written() {
    let play = |method: &str| {
        let more = json!({"method": method, "vendorMethod": "POST", "vendorPath": "/a/{id}",
            "hooks": hooks("", "response_body.no.such")});
        let line = format!("{method} /x/7");
        let given = vec![reply(201, json!({"id": "new7"}))];
        let body = Some(json!({"n": 1}));
        run(more, json!({}), &line, body, given).failure().clone()
    };
    let failure = play("POST");
    assert_eq!((failure.kind, failure.status), (ErrorKind::Invalid, None));
    let expected = "A hook of the element failed: Cannot read properties of undefined (reading 'such') \
        (POST /hubs/crm/x/{id} postRequest:1:1). The vendor had carried out this POST by then (it answered 201): \
        do not send it again.";
    assert_eq!(failure.message, expected);
    assert_eq!(
        failure.provider_message.as_deref(),
        Some(r#"{"id":"new7"}"#)
    );
    // What reads, also by a vendor's POST, has written nothing.
    let read = play("GET");
    assert!(!read.message.contains("carried out"), "{}", read.message);
    assert_eq!(read.provider_message, None);
}

#[test]
fn what_a_lifecycle_resource_got_is_not_told() {
    let login = json!({"method": "POST", "path": "/login", "type": "onProvision", "vendorPath": "/login", "parameters": [],
        "hooks": hooks("", "throw 'no'")});
    let first = json!({"method": "POST", "path": "/x/{id}", "vendorPath": "/a/{id}", "parameters": [], "nextResource": "POST:/login"});
    let played = run(
        json!({}),
        json!({"resources": [first, login]}),
        "POST /x/7",
        None,
        vec![reply(200, json!({})), reply(200, json!({"token": "t"}))],
    );
    assert_eq!(played.requests.len(), 2);
    assert_eq!(played.failure().provider_message, None);
}

#[test]
fn a_chain_that_fails_after_its_first_write_says_so() {
    let second = json!({"method": "GET", "path": "/y", "vendorPath": "/y", "parameters": [], "hooks": hooks("throw 'no'", "")});
    let first = json!({"method": "POST", "path": "/x/{id}", "vendorPath": "/a/{id}", "vendorMethod": "POST",
        "parameters": [], "nextResource": "GET:/y"});
    let element = json!({"resources": [first, second]});
    let played = run(
        json!({}),
        element,
        "POST /x/7",
        Some(json!({})),
        vec![reply(200, json!({"id": 5}))],
    );
    let failure = played.failure();
    assert!(
        failure.message.contains("had carried out this POST"),
        "{failure:?}"
    );
    assert_eq!(failure.provider_message.as_deref(), Some(r#"{"id":5}"#));
}

#[test]
fn after_the_vendor() {
    let given = || {
        let mut given = reply(200, json!({"data": [{"id": 1, "none": null}], "count": 1}));
        given.headers.push(("set-cookie".into(), "a=1".into()));
        given.headers.push(("set-cookie".into(), "b=2".into()));
        given
    };
    for (script, expected) in [
        ("done()", json!({"data": [{"id": 1}], "count": 1})),
        (
            "response_body = response_body.data[0]; done({response_body: response_body})",
            json!({"id": 1}),
        ),
        (
            "done({response_body: {array: response_body.data instanceof Array, object: response_body instanceof Object}})",
            json!({"array": true, "object": true}),
        ),
        (
            "done({response_body: {cookies: response_headers['Set-Cookie'], status: response_status_code, error: response_iserror, raw: typeof response_body_raw}})",
            json!({"cookies": ["a=1", "b=2"], "status": 200, "error": false, "raw": "string"}),
        ),
        (
            "done({response_body: request_vendor_url})",
            json!("https://api.p.example/a/7"),
        ),
        ("done({response_body_raw: '[1,2]'})", json!([1, 2])),
        (
            "const _ = require('lodash'); done({response_body: _.map(response_body.data, 'id')})",
            json!([1]),
        ),
        ("done({response_body: 5})", json!(5)),
        ("done({response_body: 'text'})", json!("text")),
    ] {
        assert_eq!(after(script, given()).json(), expected, "{script}");
    }
    let counted = after(
        "done({response_headers: {'Elements-Total-Count': 12, 'X-Gone': null}})",
        given(),
    );
    assert_eq!(counted.header("elements-total-count"), Some("12"));
    let kept = after(
        "done({configuration: {k: 'w', fresh: 1, given: null}})",
        given(),
    );
    assert_eq!(
        kept.outcome.configuration,
        BTreeMap::from([
            ("fresh".into(), Some("1".into())),
            ("given".into(), None),
            ("k".into(), Some("w".into()))
        ])
    );
}

#[test]
fn errors_of_the_vendor_and_hooks_after_them() {
    for (script, status, body, expected, message) in [
        (
            "done()",
            404,
            json!({"message": "no such"}),
            ErrorKind::NotFound,
            "no such",
        ),
        (
            "done()",
            422,
            json!({"errors": ["first", "second"]}),
            ErrorKind::from_vendor_status(422),
            "first",
        ),
        (
            "done()",
            400,
            json!({"error": "invalid_grant", "error_description": "told"}),
            ErrorKind::Invalid,
            "told",
        ),
        (
            "done()",
            500,
            json!({"message": "oops"}),
            ErrorKind::VendorUnavailable,
            "oops",
        ),
        (
            "response_body.data.map(x => x)",
            404,
            json!({"message": "no such"}),
            ErrorKind::NotFound,
            "no such",
        ),
        (
            "if (response_iserror) done({response_status_code: 409, response_error_message: 'twice'})",
            400,
            json!({}),
            ErrorKind::Conflict,
            "twice",
        ),
        (
            "if (response_body.fault) done({response_status_code: 404, response_error_message: response_body.fault})",
            200,
            json!({"fault": "hidden"}),
            ErrorKind::NotFound,
            "hidden",
        ),
    ] {
        let failed = after(script, reply(status, body));
        let failure = failed.failure();
        assert_eq!(failure.kind, expected, "{script}: {failure:?}");
        assert!(failure.message.contains(message), "{script}: {failure:?}");
    }
    let mended = after(
        "done({response_status_code: 200, response_body: {fine: true}})",
        reply(404, json!({"message": "no such"})),
    );
    assert_eq!(mended.json(), json!({"fine": true}));
}

#[test]
fn hooks_of_the_element_and_of_the_resource() {
    let all = json!({"hooks": hooks("request_vendor_headers['X-A'] = 'element'; request_vendor_headers['X-B'] = 'element'; done({request_vendor_headers})",
        "done({response_body: {data: response_body.data, seen: Object.keys(response_body).length}})")});
    let more = json!({"vendorPath": "/a", "rootKey": "|data", "hooks": hooks("done({request_vendor_headers: {'X-A': request_vendor_headers['X-B'] + '+resource'}})",
        "done({response_body: {rooted: response_body, raw: Object.keys(response_body_raw_map).length}})")});
    let played = run(
        more,
        all,
        "GET /x/7",
        None,
        vec![reply(200, json!({"data": [1], "other": 2}))],
    );
    let headers = &played.requests[0].headers;
    assert!(
        headers.contains(&("X-A".into(), "element+resource".into())),
        "{headers:?}"
    );
    assert_eq!(
        played.json()["rooted"],
        json!([1]),
        "the resource's hook sees what its root leads to"
    );
    let made = json!({"vendorPath": "/a", "rootKey": "|boards", "hooks": hooks("", "done({response_body: {boards: response_body.list}})")});
    let played = run(
        made,
        json!({}),
        "GET /x/7",
        None,
        vec![reply(200, json!({"list": [3]}))],
    );
    assert_eq!(played.json(), json!([3]), "a root that only the hook makes");
}

#[test]
fn chains_go_on_and_know_what_was_before() {
    let step = |path: &str, more: Value| {
        let mut step = json!({"method": "GET", "path": path, "vendorPath": path, "type": "apiNoDocumentation"});
        for (name, value) in more.as_object().unwrap() {
            step[name] = value.clone();
        }
        step
    };
    let chain = |first: Value, second: Value| {
        json!({"resources": [{"method": "GET", "path": "/x/{id}", "vendorPath": "/first/{id}", "nextResource": "GET:/second", "hooks": first},
            step("/second", second)]})
    };
    let second = json!({"vendorPath": "/second/{n}", "parameters": [{"type": "prevBodyField", "name": "deep.n", "vendorType": "path", "vendorName": "n"},
        {"type": "query", "name": "q", "vendorType": "query", "vendorName": "q"}],
        "hooks": hooks("", "done({response_body: {before: request_previous_response, header: request_previous_response_headers['x-a'], now: response_body}})")});
    let mut first = reply(200, json!({"deep": {"n": 5}}));
    first.headers.push(("x-a".into(), "h".into()));
    let played = run(
        json!({}),
        chain(json!([]), second),
        "GET /x/7?q=Q",
        None,
        vec![first, reply(200, json!([1]))],
    );
    assert_eq!(
        played.urls(),
        [
            "GET https://api.p.example/first/7",
            "GET https://api.p.example/second/5?q=Q"
        ]
    );
    assert_eq!(
        played.json(),
        json!({"before": {"deep": {"n": 5}}, "header": "h", "now": [1]})
    );
    let skipping = hooks("done({continue: false, response_body: {deep: {n: 6}}})", "");
    let second = json!({"vendorPath": "/second/{n}", "parameters": [{"type": "prevBodyField", "name": "deep.n", "vendorType": "path", "vendorName": "n"}]});
    let played = run(
        json!({}),
        chain(skipping, second),
        "GET /x/7",
        None,
        vec![reply(200, json!([2]))],
    );
    assert_eq!(
        played.urls(),
        ["GET https://api.p.example/second/6"],
        "only the first vendor call is skipped"
    );
    assert_eq!(played.json(), json!([2]));
    let failing = run(
        json!({}),
        chain(json!([]), json!({})),
        "GET /x/7",
        None,
        vec![reply(409, json!({"message": "no"}))],
    );
    assert_eq!(
        (failing.requests.len(), failing.failure().kind),
        (1, ErrorKind::Conflict)
    );
}

#[test]
fn xml_as_the_format_turns_it_into_json() {
    let answer = |text: &str| VendorReply {
        status: 200,
        headers: vec![("content-type".into(), "text/xml; charset=utf-8".into())],
        body: Bytes::from(text.to_owned()),
    };
    for (text, expected) in [
        (
            "<a><n>5</n><f>1.5</f><b>true</b><t>05x</t></a>",
            json!({"a": {"n": 5, "f": 1.5, "b": true, "t": "05x"}}),
        ),
        (
            "<?xml version=\"1.0\"?><r x=\"1\"><i>1</i><i>2</i></r>",
            json!({"r": {"@x": "1", "i": [1, 2]}}),
        ),
        (
            "<s:E xmlns:s=\"u\"><s:B><r y=\"2\">text</r></s:B></s:E>",
            json!({"s:E": {"@xmlns:s": "u", "s:B": {"r": {"@y": "2", "$": "text"}}}}),
        ),
        ("<a><![CDATA[<b>]]></a>", json!({"a": "<b>"})),
        ("<a>x &amp; y</a>", json!({"a": "x & y"})),
    ] {
        let more = json!({"vendorPath": "/a", "hooks": []});
        let played = run(more, json!({}), "GET /x/7", None, vec![answer(text)]);
        assert_eq!(played.json(), expected, "{text}");
    }
}

#[test]
fn bodies_reach_scripts_as_the_vendor_wrote_them() {
    let seen = |root: Value, text: &'static str| {
        let hook = "done({response_body: {body: response_body, map: response_body_map, raw: response_body_raw, rawMap: response_body_raw_map}})";
        let more = json!({"method": "GET", "vendorPath": "/a/{id}", "parameters": [], "rootKey": root, "hooks": hooks("", hook)});
        let given = VendorReply {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: Bytes::from_static(text.as_bytes()),
        };
        run(more, json!({}), "GET /x/7", None, vec![given]).json()
    };
    let text = r#" {"d": [{"a": "\u0041\ud83d\ude00"}, 1.0], "n": {"a": 1, "a": 2}} "#;
    assert_eq!(
        seen(json!("|d"), text),
        json!({"body": [{"a": "A😀"}, 1], "map": [{"a": "A😀"}, 1], "raw": text,
            "rawMap": {"d": [{"a": "A😀"}, 1], "n": {"a": 2}}})
    );
    assert_eq!(
        seen(Value::Null, "\"t\""),
        json!({"body": "t", "raw": "\"t\"", "rawMap": "t"})
    );
}
