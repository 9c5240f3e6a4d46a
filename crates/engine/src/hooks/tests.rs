use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::*;

mod batch;
mod corpus;
mod http;
mod kept;
mod libraries;
mod limits;
mod messages;

fn call_of(source: &str, variables: Value) -> HookCall {
    let Value::Object(variables) = variables else {
        panic!("variables are an object")
    };
    HookCall {
        name: "GET /x preRequest".into(),
        source: source.into(),
        variables,
        ..HookCall::default()
    }
}

fn runtime() -> HookRuntime {
    // A count of questions stands in for a clock: one comes every ten thousand operations.
    let asked = Arc::new(AtomicU64::new(0));
    let count = move || asked.fetch_add(1, Ordering::Relaxed) > 2000;
    HookRuntime::new(Limits::new(count)).unwrap()
}

fn run_with(source: &str, variables: Value) -> Result<HookResult, HookError> {
    runtime().run(&call_of(source, variables))
}

fn members(source: &str, variables: Value) -> Value {
    match run_with(source, variables) {
        Ok(result) => all_members(result),
        Err(error) => panic!("{source}: {error}"),
    }
}

/// What a hook said, its body parsed.
fn all_members(result: HookResult) -> Value {
    let parsed =
        |(name, text): (&str, Bytes)| (name.to_owned(), serde_json::from_slice(&text).unwrap());
    let bodies = result.texts.into_iter().map(parsed);
    Value::Object(result.members.into_iter().chain(bodies).collect())
}

fn refusal(source: &str) -> HookError {
    match run_with(source, json!({})) {
        Ok(result) => panic!("{source}: {result:?}"),
        Err(error) => error,
    }
}

#[test]
fn the_first_done_decides() {
    for (source, expected) in [
        ("done({a: 1})", json!({"a": 1})),
        ("done({a: 1}); done({a: 2})", json!({"a": 1})),
        ("done({a: 1}); throw new Error('x')", json!({"a": 1})),
        ("done({a: 1}); undefinedFunction()", json!({"a": 1})),
        (
            "try { done({a: 1}) } catch (e) { done({a: e}) }",
            json!({"a": 1}),
        ),
        (
            "try { done({a: 1}) } catch (e) {} done({a: 2})",
            json!({"a": 1}),
        ),
        (
            "try { done({a: 1}) } finally { return {a: 2} }",
            json!({"a": 1}),
        ),
        (
            "try { done({a: 1}) } catch (e) { for (;;) {} }",
            json!({"a": 1}),
        ),
        (
            "[1, 2].forEach(function (n) { done({a: n}) })",
            json!({"a": 1}),
        ),
        ("if (true) { done() } done({a: 1})", json!({})),
        (
            "var r = {a: [1]}; try { done(r) } catch (e) { r.a.push(2) }",
            json!({"a": [1]}),
        ),
        ("", json!({})),
        ("// only a comment", json!({})),
        ("return", json!({})),
        ("return {a: 1}", json!({"a": 1})),
        ("return [1]", json!({})),
        ("done('text')", json!({})),
        ("done(null)", json!({})),
        (
            "finish(); function finish() { done({a: typeof finish}) }",
            json!({"a": "function"}),
        ),
    ] {
        assert_eq!(members(source, json!({})), expected, "{source}");
    }
}

#[test]
fn continue_false_skips_the_vendor_call() {
    for (source, expected) in [
        ("done({continue: false, response_body: {}})", false),
        ("done({'continue': 'false'})", false),
        ("done({continue: true})", true),
        ("done({})", true),
        ("", true),
    ] {
        let result = run_with(source, json!({})).unwrap();
        assert_eq!(result.proceed, expected, "{source}");
        assert!(!result.members.contains_key("continue"));
    }
}

#[test]
fn variables_are_assignable_locals_of_the_same_realm() {
    let body = json!({"response_body": [{"id": 1}], "request_body": "{}"});
    for (source, expected) in [
        (
            "response_body = response_body[0]; done({b: response_body})",
            json!({"b": {"id": 1}}),
        ),
        (
            "var response_body = response_body[0]; done({b: response_body})",
            json!({"b": {"id": 1}}),
        ),
        (
            "done({b: response_body instanceof Array})",
            json!({"b": true}),
        ),
        (
            "done({b: response_body[0] instanceof Object})",
            json!({"b": true}),
        ),
        ("done({b: typeof request_body})", json!({"b": "string"})),
        (
            "done({b: request_expression === null && response_error === null})",
            json!({"b": true}),
        ),
        (
            "done({b: typeof globalThis.response_body})",
            json!({"b": "undefined"}),
        ),
        ("undeclared = 5; done({b: undeclared})", json!({"b": 5})),
        (
            "done({b: typeof exports + typeof define + typeof module})",
            json!({"b": "undefinedundefinedundefined"}),
        ),
        (
            "(function (root) { root.X = 1; }(this)); done({b: X})",
            json!({"b": 1}),
        ),
        ("done({b: this === globalThis})", json!({"b": true})),
        (
            "const {id} = response_body[0]; done({b: `${`<${id}>`}`, c: [1, 2].includes(2)})",
            json!({"b": "<1>", "c": true}),
        ),
        (
            "done({b: (response_error?.x ?? 'none')})",
            json!({"b": "none"}),
        ),
    ] {
        assert_eq!(members(source, body.clone()), expected, "{source}");
    }
}

#[test]
fn variables_that_the_format_does_not_know_are_there_too() {
    let source = "done({a: vendor_extra, b: typeof __proto__x})";
    let given = json!({"vendor_extra": 1, "not a name": 2, "done": 3, "class": 4});
    assert_eq!(members(source, given), json!({"a": 1, "b": "undefined"}));
}

#[test]
fn maps_report_what_was_added_changed_or_deleted() {
    let given = json!({
        "request_vendor_headers": {"Accept": "x", "Authorization": "y"},
        "request_vendor_parameters": {"page": 1, "where": "a"},
        "configuration": {"key": "v"},
    });
    for (source, expected) in [
        (
            "done({request_vendor_headers: {'Content-Type': null}})",
            json!({"request_vendor_headers": {"Content-Type": null}}),
        ),
        (
            "delete request_vendor_headers.Accept; done({request_vendor_headers: request_vendor_headers})",
            json!({"request_vendor_headers": {"Accept": null}}),
        ),
        (
            "delete request_vendor_headers['Accept']; done()",
            json!({"request_vendor_headers": {"Accept": null}}),
        ),
        (
            "request_vendor_parameters.page = 2; done({request_vendor_parameters})",
            json!({"request_vendor_parameters": {"page": 2}}),
        ),
        (
            "request_vendor_parameters.page = 2; done({request_vendor_parameters: {q: 'z'}})",
            json!({"request_vendor_parameters": {"page": 2, "q": "z"}}),
        ),
        (
            "request_vendor_parameters.where = undefined; return {}",
            json!({"request_vendor_parameters": {"where": null}}),
        ),
        (
            "done({request_vendor_parameters: request_vendor_parameters})",
            json!({"request_vendor_parameters": {}}),
        ),
        (
            "done({configuration: {key: 'v', other: 'w'}})",
            json!({"configuration": {"key": "v", "other": "w"}}),
        ),
        (
            "done({configuration: null, request_vendor_headers: 'x'})",
            json!({}),
        ),
        (
            "request_vendor_parameters = {a: 1}; done({request_vendor_parameters})",
            json!({"request_vendor_parameters": {"a": 1}}),
        ),
        (
            "done({request_vendor_body: {a: 1}, xx: 1, 'request_parameters.code': 2})",
            json!({"request_vendor_body": {"a": 1}, "xx": 1, "request_parameters.code": 2}),
        ),
    ] {
        assert_eq!(members(source, given.clone()), expected, "{source}");
    }
}

#[test]
fn headers_are_read_without_regard_to_case() {
    let given = json!({"response_headers": {"set-cookie": ["a", "b"], "X-Code": "5"}});
    for (source, expected) in [
        (
            "done({a: response_headers['Set-Cookie'], b: response_headers['X-CODE']})",
            json!({"a": ["a", "b"], "b": "5"}),
        ),
        (
            "done({a: Array.isArray(response_headers['set-cookie'])})",
            json!({"a": true}),
        ),
        (
            "done({a: response_headers['nothing'] === undefined, b: 'x-code' in response_headers})",
            json!({"a": true, "b": true}),
        ),
        (
            "done({a: response_headers.hasOwnProperty('X-CODE')})",
            json!({"a": true}),
        ),
        (
            "done({a: Object.keys(response_headers), b: response_headers})",
            json!({"a": ["set-cookie", "X-Code"], "b": {"set-cookie": ["a", "b"], "X-Code": "5"}}),
        ),
        (
            "response_headers['X-CODE'] = '6'; done({response_headers})",
            json!({"response_headers": {"X-Code": "6"}}),
        ),
        (
            "delete response_headers['x-code']; done({response_headers})",
            json!({"response_headers": {"X-Code": null}}),
        ),
        (
            "done({response_headers: {'elements-next-page-token': 't'}})",
            json!({"response_headers": {"elements-next-page-token": "t"}}),
        ),
    ] {
        assert_eq!(members(source, given.clone()), expected, "{source}");
    }
}

#[test]
fn results_are_what_json_makes_of_them() {
    for (source, expected) in [
        (
            "done({a: new Date(0), b: [new Date(0)]})",
            json!({"a": "1970-01-01T00:00:00.000Z", "b": ["1970-01-01T00:00:00.000Z"]}),
        ),
        (
            "done({a: undefined, b: null, c: NaN, d: function () {}})",
            json!({"b": null, "c": null}),
        ),
        (r"done({a: '\ud83d'})", json!({"a": "\u{fffd}"})),
        (r"done({a: '\ud83d\ude00'})", json!({"a": "😀"})),
        (
            "done({a: 12345678901, b: 1.5, c: 'C:\\\\udir'})",
            json!({"a": 12_345_678_901_i64, "b": 1.5, "c": "C:\\udir"}),
        ),
    ] {
        assert_eq!(members(source, json!({})), expected, "{source}");
    }
}

#[test]
fn a_body_is_passed_on_as_the_script_printed_it() {
    for (body, passed) in [
        (
            "{b: 1e21, a: [1, 'é'], c: null}",
            Some(r#"{"b":1e+21,"a":[1,"é"],"c":null}"#),
        ),
        ("[{id: 1}]", Some(r#"[{"id":1}]"#)),
        ("'text'", None),
        ("null", None),
    ] {
        for name in BODIES {
            let source =
                format!("done({{response_status_code: 201, other: {body}, {name}: {body}}})");
            let result = run_with(&source, json!({})).unwrap();
            assert_eq!(
                result.text(name).map(|text| &**text),
                passed.map(str::as_bytes),
                "{source}"
            );
            assert_eq!(
                result.members.contains_key(name),
                passed.is_none(),
                "{source}"
            );
            assert_eq!(result.members["response_status_code"], 201);
            assert!(result.members.contains_key("other"));
        }
    }
}

#[test]
fn helpers_encode_and_sign() {
    let source = "done({
        b64: CE.b64('Grüße'), text: CE.decode64('R3LDvMOfZQ=='), bare: CE.decode64('Pz8_'),
        md5: CE.md5('abc'),
        sha1: CE.hmacSha1Base64('key', 'text') === CE.hmac('sha1')('base64')('key', 'text'),
        sha256: CE.hmacSha256Hex('Jefe', 'what do ya want for nothing?'),
        hmacMd5: CE.hmacMd5Hex('Jefe', 'what do ya want for nothing?'),
        random: CE.randomString() !== CE.randomString(), mail: /^[a-z0-9]+@example.com$/.test(CE.randomEmail()),
    })";
    assert_eq!(
        members(source, json!({})),
        json!({
            "b64": "R3LDvMOfZQ==", "text": "Grüße", "bare": "???",
            "md5": "900150983cd24fb0d6963f7d28e17f72",
            "sha1": true,
            "sha256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "hmacMd5": "750c783e6ab0b503eaa86e310a5db738",
            "random": true, "mail": true,
        })
    );
    assert!(
        refusal("CE.hmac('crc')('hex')('a', 'b')")
            .message
            .contains("knows no crc in hex")
    );
}

#[test]
fn legacy_hooks_return_their_result_and_read_null() {
    let source = "var list = getArray(); list.add('x'); var map = getMap(); map.put('k', 1);
        print('seen');
        return {a: list, b: map, c: request_parameters.missing === null, d: base64Encode('x'), e: request_parameters.p}";
    let mut call = call_of(source, json!({"request_parameters": {"p": "q"}}));
    call.legacy = true;
    let result = runtime().run(&call).unwrap();
    let expected = json!({"a": ["x"], "b": {"k": 1}, "c": true, "d": "eA==", "e": "q"});
    assert_eq!(Value::Object(result.members), expected);
    assert_eq!(result.log, ["seen"]);
    let source = "done({a: request_parameters.missing === undefined})";
    assert_eq!(
        members(source, json!({"request_parameters": {}})),
        json!({"a": true})
    );
}

#[test]
fn what_is_logged_is_kept_up_to_a_limit() {
    let source = "console.log('a', {b: 1}, [2], null, undefined, new Error('e'));
        console.error('x'.repeat(5000)); for (var i = 0; i < 500; i++) print(i); done(); print('late')";
    let result = run_with(source, json!({})).unwrap();
    assert_eq!(result.log[0], r#"a {"b":1} [2] null undefined Error: e"#);
    assert_eq!(result.log[1].len(), MAX_LOG.1);
    assert_eq!(result.log.len(), MAX_LOG.0);
}

#[test]
fn a_missing_module_is_named() {
    let error = refusal("\nvar fs = require('fs');");
    assert!(
        error.message.starts_with("Cannot find module 'fs'"),
        "{error}"
    );
    assert_eq!((error.line, error.column > 0), (2, true));
}

#[test]
fn errors_say_what_and_where_in_the_hooks_own_source() {
    for (source, message, line, column) in [
        ("throw 'plain text'", "plain text", 0, 0),
        ("throw {message: 'in an object'}", "in an object", 0, 0),
        ("throw {code: 5}", r#"{"code":5}"#, 0, 0),
        ("throw null", "or threw null", 0, 0),
        ("throw undefined", "the script threw nothing", 0, 0),
        ("var a;\n\n  throw new Error('third')", "third", 3, 13),
        (
            "var a = null;\na.b",
            "Cannot read properties of null (reading 'b')",
            2,
            1,
        ),
        (
            "var f = function () {\n  missing();\n};\nf()",
            "missing is not defined",
            2,
            3,
        ),
        ("var a = 1;\nvar b = = 2;", "Unexpected token '='", 2, 9),
        ("done({a: 1n})", "BigInt", 1, 1),
        (
            "var a = {}; a.a = a; done(a)",
            "Converting circular structure",
            1,
            27,
        ),
    ] {
        let error = refusal(source);
        assert!(error.message.contains(message), "{source}: {error}");
        assert_eq!(
            (error.line, error.column),
            (line, column),
            "{source}: {error}"
        );
        assert_eq!(error.name, "GET /x preRequest");
    }
    assert!(refusal("var a = '\0'").line <= 1);
}

#[test]
fn promises_settle_before_the_end() {
    for (source, expected) in [
        (
            "Promise.resolve(1).then(function (n) { done({a: n}) })",
            json!({"a": 1}),
        ),
        (
            "(async () => { const n = await 2; done({a: n}) })()",
            json!({"a": 2}),
        ),
        ("(async () => { await 1; })()", json!({})),
        (
            "Promise.reject(1).catch(function () { done({a: 3}) })",
            json!({"a": 3}),
        ),
        (
            "Promise.resolve().then(function () { done({a: 4}); done({a: 5}) })",
            json!({"a": 4}),
        ),
    ] {
        assert_eq!(members(source, json!({})), expected, "{source}");
    }
    let error = refusal("(async () => {\n await 1; throw new Error('later') })()");
    assert_eq!((error.message.as_str(), error.line), ("later", 2));
}

#[test]
fn the_hooks_of_one_call_share_a_world_but_no_result() {
    let mut runtime = runtime();
    let first = runtime
        .run(&call_of(
            "shared = 1; print('one'); done({a: 1})",
            json!({}),
        ))
        .unwrap();
    assert_eq!(first.log, ["one"]);
    let second = runtime
        .run(&call_of("done({b: shared})", json!({})))
        .unwrap();
    assert_eq!(Value::Object(second.members), json!({"b": 1}));
    assert_eq!(second.log, Vec::<String>::new());
    runtime.run(&call_of("throw 1", json!({}))).unwrap_err();
    let fourth = runtime.run(&call_of("", json!({}))).unwrap();
    assert_eq!(
        fourth,
        HookResult {
            proceed: true,
            ..HookResult::default()
        }
    );
}

#[test]
fn another_runtime_sees_nothing() {
    run_with("Object.prototype.leak = 1; leaked = 2; done()", json!({})).unwrap();
    assert_eq!(
        members(
            "done({a: typeof leaked, b: ({}).leak === undefined})",
            json!({})
        ),
        json!({"a": "undefined", "b": true})
    );
}

#[test]
fn a_hook_that_breaks_the_globals_harms_only_itself() {
    let source = "JSON.stringify = null; Object.keys = null; Array.isArray = null; String.prototype.indexOf = null;
        Object.prototype.hasOwnProperty = null; done({a: 1})";
    assert_eq!(
        members(source, json!({"configuration": {"k": "v"}})),
        json!({"a": 1})
    );
}

#[test]
fn sources_can_be_checked_without_being_run() {
    assert_eq!(check("h", "throw 1; return 2"), Ok(()));
    let error = check("h", "\n\nlet = ;").unwrap_err();
    assert_eq!((error.name.as_str(), error.line), ("h", 3));
}
