//! Hooks of the catalog run from bytecode that is kept: what they say and where they fail is the same.

use super::*;
use crate::hooks::library;

/// The same hook as a tenant's and, the first time and again, as the catalog's.
fn three_ways(source: &str, variables: &Value) -> [Result<HookResult, HookError>; 3] {
    [false, true, true].map(|of_catalog| {
        let call = HookCall {
            of_catalog,
            ..call_of(source, variables.clone())
        };
        runtime().run(&call)
    })
}

#[test]
fn a_kept_hook_says_what_it_says_when_it_is_compiled() {
    let given = json!({"response_body": [{"id": 1}], "configuration": {"key": "v"}, "of_mine": 7});
    for text in [
        "done({a: response_body[0].id, b: this === globalThis, c: of_mine})",
        "configuration.key = 'w'; response_body = response_body.concat([2]); return {response_body};",
        "const inner = () => done({a: typeof response_body, b: typeof request_body}); inner();",
        "class A { #b = 1; get b() { return this.#b; } }\ndone({a: new A().b, r: 'a-1'.match(/(\\w)-(\\d)/)[2]});",
        "\n\n  throw new Error('third')",
        "done({a: `${CE.b64('x')}`, l: require('lodash').map([{n: 1}], 'n')})",
        "const x = 1;\n  x = 2;",
        "undeclared = 5; done({undeclared})",
        "(async () => { await 1; done({a: 1}) })()",
        "const n = await 2; done({n})",
        "done({continue: false})\n})(), (function () {",
        "let = ;",
        "",
    ] {
        for opening in [
            "'use strict';",
            "// What: it.\n/* 'x' */ \"use strict\";\n",
            "",
        ] {
            let source = format!("{opening}{text}");
            let [plain, first, again] = three_ways(&source, &given);
            assert_eq!(plain, first, "{source}");
            assert_eq!(plain, again, "{source}");
        }
    }
}

#[test]
fn only_strict_hooks_of_the_catalog_are_kept() {
    let runs = |of_catalog, source: &str| {
        let call = HookCall {
            of_catalog,
            ..call_of(source, json!({}))
        };
        runtime().run(&call).unwrap();
        library::is_kept(source)
    };
    assert!(runs(true, "'use strict'; done({kept: 1})"));
    assert!(
        !runs(false, "'use strict'; done({kept: 2})"),
        "a tenant's text"
    );
    assert!(!runs(true, "done({kept: 3})"), "sloppy");
    assert!(
        !runs(true, "'use strict' + 4; done({kept: 4})"),
        "no directive"
    );
}

#[test]
fn what_a_hook_mentions_it_is_given() {
    let given = json!({"request_body": "a", "request_body_map": {"b": 1}, "events": [2]});
    for (source, expected) in [
        (
            "done({a: request_body, b: request_body_map, c: events})",
            json!({"a": "a", "b": {"b": 1}, "c": [2]}),
        ),
        ("done({a: request_body_map.b})", json!({"a": 1})),
        (
            "done({a: typeof request_bodyé, b: `${request_body}`})",
            json!({"a": "undefined", "b": "a"}),
        ),
        (
            "done({a:events,b:[...request_body]})",
            json!({"a": [2], "b": ["a"]}),
        ),
    ] {
        assert_eq!(members(source, given.clone()), expected, "{source}");
    }
}
