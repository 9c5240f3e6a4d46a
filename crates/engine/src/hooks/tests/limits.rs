//! Loops, recursion, allocation and size end in an error for their caller alone.

use super::*;

#[test]
fn an_endless_loop_ends_at_the_deadline() {
    for source in [
        "for (;;) {}",
        "while (true) { try { for (;;) {} } catch (e) {} }",
        "function f() { return Promise.resolve().then(f) } f()",
        "/(a+)+$/.test('a'.repeat(40) + 'b')",
        "var e = new Error(); Object.defineProperty(e, 'message', {get() { for (;;) {} }}); throw e",
    ] {
        let mut runtime = HookRuntime::new(Limits::new({
            let asked = AtomicU64::new(0);
            move || asked.fetch_add(1, Ordering::Relaxed) > 20
        }))
        .unwrap();
        let error = runtime.run(&call_of(source, json!({}))).unwrap_err();
        assert_eq!(
            error.message, "the script used more time than it may",
            "{source}"
        );
    }
}

#[test]
fn a_new_deadline_replaces_the_old() {
    let mut runtime = HookRuntime::new(Limits::new(|| true)).unwrap();
    runtime
        .run(&call_of("for (var i = 0; i < 100000; i++) {}", json!({})))
        .unwrap_err();
    runtime.set_deadline(|| false);
    let result = runtime.run(&call_of(
        "for (var i = 0; i < 100000; i++) {} done({i})",
        json!({}),
    ));
    assert_eq!(
        Value::Object(result.unwrap().members),
        json!({"i": 100_000})
    );
}

#[test]
fn recursion_ends_in_an_error() {
    for source in [
        "function f() { f() } f()",
        "var o = {}; o.toJSON = function () { return JSON.stringify(o) }; done(o)",
        "var a = []; for (var i = 0; i < 100000; i++) a = [a]; done({a: a})",
    ] {
        let error = refusal(source);
        assert_eq!(
            error.message, "the script calls itself too deeply",
            "{source}"
        );
    }
    let source = "var a = []; for (var i = 0; i < 300; i++) a = [a]; done({a: a})";
    assert!(refusal(source).message.contains("nested too deeply"));
}

#[test]
fn allocation_ends_in_an_error() {
    for source in [
        "var a = []; for (;;) a.push('x'.repeat(1000) + a.length)",
        "var s = 'x'; for (;;) s += s",
        "new Array(1e8).fill(0)",
        "new ArrayBuffer(1e9)",
    ] {
        let error = refusal(source);
        let known = ["the script used more memory than it may", "string too long"];
        assert!(
            known.iter().any(|known| error.message.starts_with(known)),
            "{source}: {error}"
        );
    }
}

#[test]
fn a_runtime_survives_its_limits() {
    let mut runtime = runtime();
    runtime
        .run(&call_of("var a = []; for (;;) a.push({})", json!({})))
        .unwrap_err();
    runtime
        .run(&call_of("function f() { f() } f()", json!({})))
        .unwrap_err();
    let result = runtime.run(&call_of("done({a: 1})", json!({}))).unwrap();
    assert_eq!(Value::Object(result.members), json!({"a": 1}));
}

#[test]
fn an_input_larger_than_the_memory_is_refused() {
    let mut limits = Limits::new(|| false);
    limits.memory_bytes = 1024 * 1024;
    let mut runtime = HookRuntime::new(limits).unwrap();
    let call = call_of(
        "done(response_body)",
        json!({"response_body": "x".repeat(2 * 1024 * 1024)}),
    );
    let error = runtime.run(&call).unwrap_err();
    assert_eq!(error.message, "the script used more memory than it may");
}

/// Runs out of memory at every kind of place: parsing, calls, regular expressions, proxies, JSON, promises, `done`.
#[test]
fn running_short_of_memory_anywhere_is_an_error_or_a_result() {
    let source = r"
        var ballast = new Uint8Array(ballast_size), keep = [];
        for (var i = 0; i < 18; i++) {
            keep.push({i, s: 'text' + i, d: new Date(i), r: /(\w+)-(\d+)/g.exec('abc-' + i)});
            keep.push(keep.map((x) => ({...x})), `${JSON.stringify(keep).length}`, new Map([[i, keep]]));
            if (i % 4 === 0) keep.length = 5;
        }
        response_headers['X-A'] = CE.b64(JSON.stringify(keep));
        var f = new Function('a', 'return [...a, ' + keep.length + ']');
        Promise.resolve(f(keep)).then(function (all) {
            done({response_headers, response_body: {all, text: 'x'.repeat(100000)}});
        });";
    let (mut fine, mut short) = (0, 0);
    for step in 0..60 {
        let variables =
            json!({"response_headers": {"x-a": "1"}, "ballast_size": 500_000 + step * 9_001});
        let mut limits = Limits::unlimited_time();
        limits.memory_bytes = MIN_MEMORY;
        match HookRuntime::new(limits)
            .unwrap()
            .run(&call_of(source, variables))
        {
            Ok(_) => fine += 1,
            Err(_) => short += 1,
        }
    }
    assert!(fine > 0 && short > 0, "{fine} fine, {short} short");
}

/// Libraries are loaded from bytecode: being short of memory in the midst of it must end in an error too.
#[test]
fn running_short_of_memory_while_libraries_load_is_an_error_or_a_result() {
    let source = r"
        var ballast = new Uint8Array(ballast_size);
        var _ = require('lodash');
        var a = [_.floor(1.5), _.filter([1], {a: 1}), Buffer.from('x').toString('hex')];
        require('axios').get('https://a.example/').then((r) => { a.push(_([1]).map((n) => n).value(), _.template('x')(), r.data); done({a}); });";
    let (mut fine, mut short) = (0, 0);
    for step in 0..90 {
        let mut limits = Limits::unlimited_time();
        limits.memory_bytes = 2 * MIN_MEMORY;
        let call = call_of(source, json!({"ballast_size": 700_000 + step * 15_011}));
        let reply = |_| {
            Ok(VendorReply {
                status: 200,
                headers: Vec::new(),
                body: vec![b'1'; 2000].into(),
            })
        };
        match HookRuntime::new(limits)
            .unwrap()
            .run_with(&call, &mut { reply })
        {
            Ok(_) => fine += 1,
            Err(_) => short += 1,
        }
    }
    assert!(fine > 0 && short > 0, "{fine} fine, {short} short");
}

#[test]
fn a_result_may_not_be_larger_than_its_limit() {
    let mut limits = Limits::new(|| false);
    limits.memory_bytes = 512 * 1024 * 1024;
    let mut runtime = HookRuntime::new(limits).unwrap();
    let call = call_of("done({a: 'x'.repeat(33 * 1024 * 1024)})", json!({}));
    let error = runtime.run(&call).unwrap_err();
    assert_eq!(
        error.message,
        format!("the result is larger than {MAX_RESULT} bytes")
    );
}
