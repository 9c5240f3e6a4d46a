//! The export format, used in ways that no one export shows: a resource, a call, and what the vendor is sent.

use super::*;

/// An element without authentication or paging, so that a request shows its resource alone.
pub(super) fn plain(resource: Value, more: Value) -> Value {
    let mut element = json!({"name": "P", "key": "p", "hub": "crm", "authentication": {"type": "custom"},
        "configuration": [{"key": "base.url", "defaultValue": "https://api.p.example/v1"}, {"key": "tenant-id", "defaultValue": "t 1"},
            {"key": "oauth.api.key", "defaultValue": "K"}, {"key": "username", "defaultValue": "u"}, {"key": "password"}],
        "resources": [resource]});
    for (key, value) in more.as_object().unwrap() {
        element[key] = value.clone();
    }
    element
}

pub(super) fn resource(method: &str, path: &str, vendor: &str, parameters: Value) -> Value {
    json!({"method": method, "path": path, "vendorPath": vendor, "parameters": parameters})
}

pub(super) fn p(kind: &str, name: &str, vendor_kind: &str, vendor: &str) -> Value {
    json!({"type": kind, "name": name, "vendorType": vendor_kind, "vendorName": vendor, "source": "request"})
}

pub(super) fn ask(resource: Value, line: &str, body: Option<Value>) -> Played {
    play(
        plain(resource, json!({})),
        &[],
        line,
        body,
        vec![reply(200, json!({"ok": true}))],
    )
}

/// Verb, URL and body of the only request.
pub(super) fn sent(played: &Played) -> (String, String) {
    match played.requests.as_slice() {
        [one] => (
            format!("{} {}", one.method, one.url),
            String::from_utf8_lossy(&one.body).into_owned(),
        ),
        others => panic!("{} requests: {:?}", others.len(), played.outcome.result),
    }
}

fn header<'a>(played: &'a Played, name: &str) -> Option<&'a str> {
    let headers = &played.requests[0].headers;
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

#[test]
fn paths() {
    for (vendor, parameters, line, expected) in [
        (
            "/a/{:id}/b",
            json!([p("path", "id", "path", ":id")]),
            "GET /x/7",
            "/a/7/b",
        ),
        (
            "/a/{account.id}",
            json!([p("path", "id", "path", "account.id")]),
            "GET /x/7",
            "/a/7",
        ),
        (
            "/a/{id}",
            json!([p("path", "id", "path", "{id}")]),
            "GET /x/a%2Fb%20c",
            "/a/a%2Fb%20c",
        ),
        ("/a/{id}", json!([]), "GET /x/7", "/a/7"),
        (
            "/a/{id}",
            json!([{"type": "path", "name": "stream id", "vendorType": "path", "vendorName": "id", "required": true}]),
            "GET /x/7",
            "/a/7",
        ),
        (
            "/a/{id}",
            json!([p("path", "id", "path", "other")]),
            "GET /x/7",
            "/a/7",
        ),
        ("/a/{tenant-id}", json!([]), "GET /x/7", "/a/t%201"),
        (
            "/a/{n}",
            json!([p("query", "n", "path", "n")]),
            "GET /x/7?n=q%26r",
            "/a/q&r",
        ),
        (
            "/a/{n}",
            json!([p("value", "${configuration.tenant-id}/z", "path", "n")]),
            "GET /x/7",
            "/a/t%201%2Fz",
        ),
        (
            "/a/{n}",
            json!([p("bodyField", "deep.n", "path", "n")]),
            "POST /x/7",
            "/a/5",
        ),
        ("a/b", json!([]), "GET /x/7", "/a/b"),
        ("//a", json!([]), "GET /x/7", "/a"),
        (
            "?q=1",
            json!([p("query", "r", "query", "r")]),
            "GET /x/7?r=a%20b",
            "?q=1&r=a%20b",
        ),
        (
            "/a?x=1 2&y={id}",
            json!([p("value", "z", "query", "z")]),
            "GET /x/7",
            "/a?x=1%202&y=7&z=z",
        ),
        (
            "/a?x=1",
            json!([p("value", "2", "query", "x")]),
            "GET /x/7",
            "/a?x=2",
        ),
        ("", json!([]), "GET /x/7", ""),
    ] {
        let method = line.split_once(' ').unwrap().0;
        let body = (method == "POST").then(|| json!({"deep": {"n": 5}}));
        let played = ask(resource(method, "/x/{id}", vendor, parameters), line, body);
        let (call, _) = sent(&played);
        assert_eq!(
            call,
            format!("{method} https://api.p.example/v1{expected}"),
            "{vendor}"
        );
    }
    let absolute = ask(
        resource("GET", "/x/{id}", "https://other.example/{id}", json!([])),
        "GET /x/7",
        None,
    );
    assert_eq!(sent(&absolute).0, "GET https://other.example/7");
    let open = ask(
        resource("GET", "/x/{id}", "/a/{nothing}", json!([])),
        "GET /x/7",
        None,
    );
    assert!(open.requests.is_empty());
    assert!(
        open.failure().message.contains("{nothing}"),
        "{:?}",
        open.failure()
    );
}

#[test]
fn base_urls() {
    for (base, vendor, expected) in [
        (
            "https://api.p.example/query?apikey={oauth.api.key}",
            "&function=F",
            "https://api.p.example/query?apikey=K&function=F",
        ),
        ("https://api.p.example/", "/a", "https://api.p.example/a"),
        (
            "https://api.p.example/v1?k=1",
            "",
            "https://api.p.example/v1?k=1",
        ),
        (
            "https://api.p.example/{username}/v1",
            "/a",
            "https://api.p.example/u/v1/a",
        ),
    ] {
        let element = plain(
            resource("GET", "/x", vendor, json!([])),
            json!({"configuration": [{"key": "base.url", "defaultValue": base},
            {"key": "tenant-id", "defaultValue": "t 1"}, {"key": "oauth.api.key", "defaultValue": "K"}, {"key": "username", "defaultValue": "u"}]}),
        );
        let played = play(element, &[], "GET /x", None, vec![reply(200, json!({}))]);
        assert_eq!(sent(&played).0, format!("GET {expected}"));
    }
}

#[test]
fn values_and_headers() {
    for (name, expected) in [
        ("Bearer ${configuration.username}", "Bearer u"),
        ("${oauth.api.key}", "K"),
        (
            "Basic CE.b64(${configuration.username}:${configuration.password})",
            "Basic dTpwdw==",
        ),
        ("{webhookCallbackUrl}", "https://hook"),
        ("{{webhookCallbackUrl}}", "https://hook"),
        ("${webhookCallbackUrl}", "https://hook"),
        (
            "{token} ${configuration.nothing}",
            "{token} ${configuration.nothing}",
        ),
        (
            "application/json-patch+json ",
            "application/json-patch+json",
        ),
    ] {
        let element = plain(
            resource(
                "GET",
                "/x",
                "/a",
                json!([p("value", name, "header", "X-H")]),
            ),
            json!({}),
        );
        let played = play(
            element,
            &[("password", "pw")],
            "GET /x",
            None,
            vec![reply(200, json!({}))],
        );
        assert_eq!(header(&played, "x-h"), Some(expected), "{name}");
    }
    let element = plain(
        resource(
            "GET",
            "/x",
            "/a",
            json!([
                p("value", "text/csv", "header", "accept"),
                p("header", "X-In", "header", "X-Out"),
                p("query", "h", "header", "X-Q"),
                p("configuration", "password", "header", "X-None")
            ]),
        ),
        json!({"parameters": [p("value", "application/xml", "header", "Accept"), p("header", "Authorization", "value", "Basic CE.b64(a:b)")]}),
    );
    let played = play_with(
        element,
        &[],
        "GET /x?h=1",
        &[("x-in", "in"), ("authorization", "User platform")],
        None,
        vec![reply(200, json!({}))],
    );
    assert_eq!(
        header(&played, "accept"),
        Some("text/csv"),
        "the resource's own goes before the element's"
    );
    assert_eq!(
        (header(&played, "x-out"), header(&played, "x-q")),
        (Some("in"), Some("1"))
    );
    assert_eq!(
        (header(&played, "x-none"), header(&played, "authorization")),
        (None, None)
    );
}

#[test]
fn bodies() {
    let given = || Some(json!({"a": 1, "b": {"c": "x & <y>"}, "d": null, "list": [1, 2]}));
    for (what, parameters, expected) in [
        (
            "whole, whatever its name",
            json!([p("body", "worker", "body", "JSON")]),
            r#"{"a":1,"b":{"c":"x & <y>"},"d":null,"list":[1,2]}"#,
        ),
        (
            "members of it",
            json!([
                p("bodyField", "b.c", "bodyField", "x.y"),
                p("value", "k", "bodyField", "k"),
                p("query", "q", "bodyField", "n")
            ]),
            r#"{"x":{"y":"x & <y>"},"k":"k","n":"5"}"#,
        ),
        (
            "a template of XML",
            json!([
                p(
                    "value",
                    "<e><c>{b.c}</c><a>{a}</a>{worker}</e>",
                    "body",
                    "body"
                ),
                p("body", "body", "bodyToken", "body")
            ]),
            "<e><c>x &amp; &lt;y&gt;</c><a>1</a>{worker}</e>",
        ),
        (
            "a template of JSON",
            json!([
                p("value", r#"{"q": "{q}", "w": "{worker}"}"#, "body", "body"),
                p("query", "q", "bodyToken", "q")
            ]),
            r#"{"q": "5", "w": "{worker}"}"#,
        ),
        (
            "the whole in a template",
            json!([
                p("value", r#"{"data": {payload}}"#, "body", "body"),
                p("body", "anything", "bodyToken", "payload")
            ]),
            r#"{"data": {"a":1,"b":{"c":"x & <y>"},"d":null,"list":[1,2]}}"#,
        ),
        (
            "fields of a form",
            json!([
                p("body", "body", "form", "body"),
                p("value", "1", "form", "v")
            ]),
            "a=1&b=%7B%22c%22:%22x%20%26%20%3Cy%3E%22%7D&list=%5B1,2%5D&v=1",
        ),
    ] {
        let played = ask(
            resource("POST", "/x", "/a", parameters),
            "POST /x?q=5",
            given(),
        );
        let (_, body) = sent(&played);
        let body = match what {
            "fields of a form" => body.replace('+', "%20"),
            _ => body,
        };
        assert_eq!(body, expected, "{what}");
        if what == "fields of a form" {
            assert_eq!(
                header(&played, "content-type"),
                Some("application/x-www-form-urlencoded")
            );
        }
    }
    let flat = ask(
        resource(
            "POST",
            "/x",
            "/a",
            json!([p("body", "body", "query", "body")]),
        ),
        "POST /x",
        given(),
    );
    assert!(sent(&flat).0.contains("a=1"), "{:?}", sent(&flat));
    let several = resource(
        "POST",
        "/x",
        "/a",
        json!([
            p("body", "a", "bodyField", "first"),
            p("body", "b", "bodyField", "second")
        ]),
    );
    assert_eq!(
        sent(&ask(several, "POST /x", given())).1,
        r#"{"first":1,"second":{"c":"x & <y>"}}"#
    );
    let made = json!({"method": "GET", "path": "/x", "vendorMethod": "POST", "vendorPath": "/a", "parameters": [p("query", "q", "bodyField", "q")]});
    assert_eq!(
        sent(&ask(made, "GET /x?q=1", None)),
        (
            "POST https://api.p.example/v1/a".to_owned(),
            r#"{"q":"1"}"#.to_owned()
        )
    );
    let got = json!({"method": "PATCH", "path": "/x", "vendorMethod": "GET", "vendorPath": "/a", "parameters": [p("body", "body", "body", "body")]});
    assert_eq!(sent(&ask(got, "PATCH /x", given())).1, "");
    let mut wrapped = resource(
        "POST",
        "/x",
        "/a",
        json!([p("body", "body", "body", "body")]),
    );
    wrapped["rootKey"] = json!("data|");
    assert_eq!(
        sent(&ask(wrapped, "POST /x", Some(json!({"n": 1})))).1,
        r#"{"data":{"n":1}}"#
    );
    let soql = resource(
        "GET",
        "/x",
        "/a",
        json!([
            p(
                "value",
                "SELECT x WHERE {where} LIMIT {pageSize}",
                "query",
                "q"
            ),
            p("query", "where", "bodyToken", "where"),
            p("query", "pageSize", "bodyToken", "pageSize")
        ]),
    );
    let (call, _) = sent(&ask(soql, "GET /x?where=a%3D'b'&pageSize=3", None));
    assert_eq!(
        call.replace('+', "%20"),
        "GET https://api.p.example/v1/a?q=SELECT%20x%20WHERE%20a%20%3D%20'b'%20LIMIT%203"
    );
}

#[test]
fn roots_and_what_is_found_by_them() {
    for (root, body, expected) in [
        ("data", json!({"data": {"a": 1}}), json!({"a": 1})),
        ("|data.items", json!({"data": {"items": [1]}}), json!([1])),
        (".data", json!({"data": [2]}), json!([2])),
        ("[0]", json!([{"a": 1}, {"a": 2}]), json!({"a": 1})),
        ("|a[1].b", json!({"a": [{"b": 1}, {"b": 2}]}), json!(2)),
        ("|a[*]", json!({"a": [1, 2]}), json!([1, 2])),
        (
            "|soap:Envelope.soap:Body",
            json!({"soap:Envelope": {"soap:Body": {"x": 1}}}),
            json!({"x": 1}),
        ),
        ("request|", json!({"a": 1}), json!({"a": 1})),
        ("request|data", json!({"data": 3}), json!(3)),
        ("|nowhere.at.all", json!({"a": 1}), json!({"a": 1})),
        ("|", json!({"a": 1}), json!({"a": 1})),
        ("", json!({"a": 1}), json!({"a": 1})),
        ("|a.b", json!({"a.b": 1}), json!(1)),
    ] {
        let mut one = resource("GET", "/x", "/a", json!([]));
        one["rootKey"] = json!(root);
        let played = play(
            plain(one, json!({})),
            &[],
            "GET /x",
            None,
            vec![reply(200, body)],
        );
        assert_eq!(played.json(), expected, "{root}");
    }
}

#[test]
fn what_is_kept_of_an_answer() {
    let kept = |kind: &str, vendor: &str| json!({"type": "configuration", "name": "kept", "vendorType": kind, "vendorName": vendor, "source": "response"});
    for (kind, vendor, expected) in [
        ("body", "token", Some("t")),
        ("bodyField", "data.accessToken", Some("d")),
        ("bodyToken", "list[0].access_token", Some("l")),
        ("header", "X-Session", Some("h")),
        ("bodyField", "number", Some("5")),
        ("bodyField", "nothing", None),
    ] {
        let mut answer = reply(
            200,
            json!({"token": "t", "data": {"accessToken": "d"}, "list": [{"access_token": "l"}], "number": 5}),
        );
        answer.headers.push(("x-session".into(), "h".into()));
        let mut one = resource("GET", "/x", "/a", json!([kept(kind, vendor)]));
        one["rootKey"] = json!("|data");
        let played = play(plain(one, json!({})), &[], "GET /x", None, vec![answer]);
        let written = played.outcome.configuration.get("kept").cloned().flatten();
        assert_eq!(written.as_deref(), expected, "{kind} {vendor}");
    }
    let one = resource("GET", "/x", "/a", json!([kept("body", "token")]));
    let failed = play(
        plain(one, json!({})),
        &[],
        "GET /x",
        None,
        vec![reply(400, json!({"token": "t"}))],
    );
    assert!(
        failed.outcome.configuration.is_empty(),
        "nothing of an error is kept"
    );
    // Written the wrong way round it is nothing, rather than a null member.
    let mut wrong = kept("bodyField", "data.token");
    wrong["source"] = json!("request");
    let one = resource(
        "POST",
        "/x",
        "/a",
        json!([p("body", "body", "body", "body"), wrong]),
    );
    let played = play(
        plain(one, json!({})),
        &[],
        "POST /x",
        Some(json!({"a": 1})),
        vec![reply(200, json!({}))],
    );
    assert_eq!(sent(&played).1, r#"{"a":1}"#);
}
