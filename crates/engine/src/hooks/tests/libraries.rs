//! What hooks `require`.

use super::*;

#[test]
fn nothing_is_loaded_that_is_not_asked_for() {
    let source = "done({a: typeof _, b: typeof moment, c: typeof exports, d: typeof define, e: typeof module, f: typeof process})";
    let expected = json!({"a": "undefined", "b": "undefined", "c": "undefined", "d": "undefined", "e": "undefined", "f": "undefined"});
    assert_eq!(members(source, json!({})), expected);
}

#[test]
fn lodash_does_what_the_collection_uses_it_for() {
    for (source, expected) in [
        (
            "[_.floor(4.006, 2), _.floor(_.now() / 1e12) >= 0, _.floor(4060, -2)]",
            json!([4, true, 4000]),
        ),
        (
            "[_.isEmpty({}), _.isEmpty([1]), _.isEmpty(null), _.isEmpty('')]",
            json!([true, false, true, true]),
        ),
        (
            "_.differenceWith([{a: 1}, {a: 2}], [{a: 2}], _.isEqual)",
            json!([{"a": 1}]),
        ),
        ("_.filter([1, 2, 3], n => n > 1)", json!([2, 3])),
        (
            "_.filter([{a: 1, b: 2}, {a: 2}], {a: 1})",
            json!([{"a": 1, "b": 2}]),
        ),
        ("_.filter([{a: 1}, {a: 0}], 'a')", json!([{"a": 1}])),
        (
            "_.filter([{a: {b: 1}}, {a: 0}], ['a.b', 1])",
            json!([{"a": {"b": 1}}]),
        ),
        (
            "_.get({a: [{b: 3}]}, 'a[0].b') + _.get({}, 'x.y', 4)",
            json!(7),
        ),
        ("_.set({}, 'a.b[1]', 2)", json!({"a": {"b": [null, 2]}})),
        (
            "_.merge({a: {b: 1}}, {a: {c: 2}})",
            json!({"a": {"b": 1, "c": 2}}),
        ),
        ("_.cloneDeep({a: [new Date(0)]}).a[0].getTime()", json!(0)),
        (
            "_.groupBy(['one', 'two', 'three'], 'length')",
            json!({"3": ["one", "two"], "5": ["three"]}),
        ),
        (
            "_.map(_.orderBy([{n: 1}, {n: 3}, {n: 2}], ['n'], ['desc']), 'n')",
            json!([3, 2, 1]),
        ),
        (
            "_.partial(function (a, b) { return [a, b] }, _, 2)(1)",
            json!([1, 2]),
        ),
        ("_.curry((a, b) => a + b)(_, 2)(1)", json!(3)),
        (
            "_.camelCase('Foo Bar') + _.startCase('aB')",
            json!("fooBarA B"),
        ),
        // The whole library.
        (
            "_([1, 2, 3]).map(n => n * 2).filter(n => n > 2).value()",
            json!([4, 6]),
        ),
        ("_.chain([3, 1]).sortBy().first().value()", json!(1)),
        (
            "_.template('a <%= b %> <%- c %>')({b: 1, c: '<'})",
            json!("a 1 &lt;"),
        ),
        (
            "(_.mixin({twice: n => n * 2}), [_.twice(4), _(4).twice()])",
            json!([8, 8]),
        ),
        (
            "[typeof _.nothing, typeof _._baseGet, _.VERSION, typeof _]",
            json!(["undefined", "undefined", "4.17.23", "function"]),
        ),
        ("_.map === require('lodash').map", json!(true)),
        (
            "Object.keys(_).length > 300 && 'map' in _ && !('nothing' in _)",
            json!(true),
        ),
        ("require('lodash/get')({a: 1}, 'a')", json!(1)),
        ("(_.mine = 5, _.mine)", json!(5)),
    ] {
        let source = format!("var _ = require('lodash'); done({{a: {source}}})");
        assert_eq!(members(&source, json!({}))["a"], expected, "{source}");
    }
}

#[test]
fn every_function_of_lodash_is_there_by_parts_and_whole() {
    let source = "var _ = require('lodash'), names = NAMES, kinds = names.map(n => typeof _[n]);
        var whole = _.runInContext();
        done({missing: names.filter((n, i) => kinds[i] !== 'function'),
              unlike: names.filter((n, i) => typeof whole[n] !== kinds[i]),
              forgotten: Object.keys(whole).filter(n => typeof whole[n] === 'function' && !names.includes(n))})";
    let names: Vec<&str> = include_str!("../lib/lodash-modules.txt")
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with('_') && *name != "wrapperLodash")
        .collect();
    assert!(names.len() > 290);
    let source = source.replace("NAMES", &json!(names).to_string());
    let found = members(&source, json!({}));
    assert_eq!(found["missing"], json!([]));
    assert_eq!(found["unlike"], json!([]));
    // These load the whole, or are not made of modules.
    assert_eq!(
        found["forgotten"],
        json!([
            "chain",
            "mixin",
            "tap",
            "thru",
            "noConflict",
            "runInContext",
            "template"
        ])
    );
}

/// What each expression comes to as JSON, by parts and with the whole library.
#[test]
fn lodash_by_parts_is_the_whole() {
    let expressions = include_str!("lodash-expressions.txt");
    let texts: Vec<&str> = expressions
        .lines()
        .filter(|line| !line.is_empty())
        .collect();
    assert!(texts.len() > 120);
    let each = |first: &str| {
        let source = format!(
            "var _ = require('lodash'); {first};
            const data = () => ({{a: [{{n: 1, s: 'b'}}, {{n: 3, s: 'a'}}, {{n: 2, s: 'b'}}], o: {{x: {{y: [1, {{z: 2}}]}}, d: new Date(0)}}, m: new Map([[1, {{k: 1}}]]), t: new Set([1, 2]), u: new Uint8Array([1, 2])}});
            const show = (v) => JSON.stringify(v, (k, x) => x instanceof Map ? ['map', ...x] : x instanceof Set ? ['set', ...x] : x === undefined ? '(undefined)' : typeof x === 'function' ? '(function)' : typeof x === 'symbol' ? String(x) : Object.is(x, -0) ? '-0' : x !== x ? 'NaN' : x);
            done({{a: {}.map(text => {{ try {{ return show(new Function('_', 'd', 'return ' + text)(_, data())) }} catch (error) {{ return 'threw ' + error.name }} }})}})",
            json!(texts)
        );
        members(&source, json!({}))["a"].clone()
    };
    let (parts, whole) = (each(""), each("_ = _.runInContext()"));
    for (text, (part, whole)) in texts.iter().zip(
        parts
            .as_array()
            .unwrap()
            .iter()
            .zip(whole.as_array().unwrap()),
    ) {
        assert_eq!(part, whole, "{text}");
    }
}

#[test]
fn a_chain_ends_where_that_of_the_whole_library_ends() {
    let each = |first: &str| {
        let source = "var _ = require('lodash'); FIRST; const names = NAMES;
            done({a: names.map(name => { try { return name + ' ' + !!_([2, 1])[name](x => x).__actions__ } catch (error) { return name + ' ends' } })})";
        let names: Vec<&str> = include_str!("../lib/lodash-modules.txt")
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(name, _)| name)
            .filter(|name| !name.starts_with('_') && *name != "wrapperLodash")
            .chain([
                "pop", "push", "shift", "sort", "splice", "unshift", "tap", "thru", "chain",
                "commit", "plant", "value", "toJSON", "valueOf",
            ])
            .collect();
        let source = source
            .replace("FIRST", first)
            .replace("NAMES", &json!(names).to_string());
        let found = members(&source, json!({}));
        let ends = |told: &Value| told.as_str().unwrap().replace(" false", " ends");
        found["a"]
            .as_array()
            .unwrap()
            .iter()
            .map(ends)
            .collect::<Vec<_>>()
    };
    let (ours, whole) = (each(""), each("_ = _.runInContext()"));
    let unlike: Vec<_> = ours.iter().zip(&whole).filter(|(a, b)| a != b).collect();
    assert!(whole.len() > 300 && unlike.is_empty(), "{unlike:?}");
}

/// Libraries that are loaded ahead of a call are those that the call before had loaded, and no script can tell.
#[test]
fn what_a_hook_used_is_there_before_the_next_call_of_it() {
    let source = "var _ = require('lodash'), m = require('moment');
        done({a: _.map([{n: 1}], 'n'), b: _([1, 2]).filter(x => x > 1).value(), c: require('lodash/fp').map(x => x + 1)([1]), d: m.utc(0).year(),
              e: [typeof lodash, typeof moment, Object.getOwnPropertyNames(globalThis).filter(n => /lodash|moment/.test(n)).length]})";
    let call = call_of(source, json!({}));
    let mut first = HookRuntime::new(Limits::unlimited_time()).unwrap();
    let told = first.run(&call).unwrap();
    let used = first.used();
    assert_eq!(
        used,
        [
            "lodash",
            "moment",
            "lodash/map",
            "lodash/property",
            "lodash/chain",
            "lodash/filter",
            "lodash/fp",
            "lodash/fp/map"
        ]
    );
    let mut second = HookRuntime::new(Limits::unlimited_time()).unwrap();
    second.prepare(&used);
    let mut sorted = second.used();
    let mut same = used.clone();
    sorted.sort();
    same.sort();
    assert_eq!(sorted, same);
    assert_eq!(second.run(&call).unwrap(), told);
    // Nothing new was loaded by the call.
    assert_eq!(second.used().len(), used.len());

    let mut third = HookRuntime::new(Limits::unlimited_time()).unwrap();
    third.prepare(&["fs".to_owned(), "lodash/nothing".to_owned()]);
    assert_eq!(third.run(&call).unwrap(), told);
    let whole = call_of("done({a: require('lodash').template('x')()})", json!({}));
    let mut fourth = HookRuntime::new(Limits::unlimited_time()).unwrap();
    fourth.run(&whole).unwrap();
    assert_eq!(
        fourth.used(),
        ["lodash", "lodash/noConflict", "lodash/template"]
    );
}

#[test]
fn lodash_fp_curries_and_takes_data_last() {
    let source = "const fp = require('lodash/fp');
        done({a: fp.flow(fp.filter(x => x.n > 1), fp.map('n'))([{n: 1}, {n: 2}, {n: 3}]), b: fp.get('a.b', {a: {b: 1}}),
              c: require('lodash/fp/map')(n => n + 1)([1]), d: require('lodash').map([1], n => n + 1), e: fp.curry((a, b) => a - b)(fp.__, 1)(3),
              f: fp.assoc('a', 1)({}), g: fp.tap(n => n)(5), h: fp.map(n => n * 2)([1]), i: typeof fp.nothing})";
    assert_eq!(
        members(source, json!({})),
        json!({"a": [2, 3], "b": 1, "c": [2], "d": [2], "e": 2, "f": {"a": 1}, "g": 5, "h": [2], "i": "undefined"})
    );
}

#[test]
fn moment_reads_and_writes_dates() {
    let source = "const moment = require('moment');
        done({a: moment.utc('2024-02-29T12:00:00Z').add(1, 'year').format('YYYY-MM-DD'), b: moment.utc(0).toISOString(),
              c: moment.utc('03/04/2021', 'DD/MM/YYYY').unix(), d: moment('nonsense', 'YYYY', true).isValid(),
              e: moment.duration(90, 'minutes').asHours(), f: moment.utc('2020-01-31').diff(moment.utc('2020-01-01'), 'days'), g: moment.version})";
    assert_eq!(
        members(source, json!({})),
        json!({"a": "2025-02-28", "b": "1970-01-01T00:00:00.000Z", "c": 1_617_408_000, "d": false, "e": 1.5, "f": 30, "g": "2.30.1"})
    );
}

#[test]
fn util_inspects_formats_and_promisifies() {
    let source = "const util = require('util');
        const wait = util.promisify((n, back) => n > 0 ? back(null, n + 1) : back(new Error('no')));
        done({a: util.inspect({a: 1, b: ['x', null], c: {d: {e: {}}}}), b: util.format('%s is %d, %j%%', 'a', '4', {b: 1}, 'more'),
              c: util.isArray([]), d: await wait(1), e: await wait(0).catch(e => e.message), f: util.isDeepStrictEqual({a: [1]}, {a: [1]}),
              g: util.inspect(\"it's\"), h: util.inspect(new Map([[1, 'a']])), i: util.format({a: undefined}, 'x')})";
    assert_eq!(
        members(source, json!({})),
        json!({"a": "{ a: 1, b: [ 'x', null ], c: { d: { e: {} } } }", "b": "a is 4, {\"b\":1}% more", "c": true, "d": 2, "e": "no",
               "f": true, "g": "\"it's\"", "h": "Map(1) { 1 => 'a' }", "i": "{ a: undefined } x"})
    );
}

#[test]
fn querystring_and_url_follow_node() {
    let source = "const qs = require('querystring'), url = require('url');
        const u = new url.URL('../c?x=1#h', 'https://u:p@Example.com:443/a/b/d'); u.searchParams.append('y', 'a b');
        const p = url.parse('https://u@example.com:8080/a?b=c#d', true);
        done({a: qs.stringify({a: [1, 2], b: 'x y&', c: null}), b: qs.parse('a=1&a=2&b=x+y%26&c'), c: u.href, d: [u.origin, u.pathname],
              e: [p.host, p.port, p.pathname, p.query.b, p.hash, p.auth], f: url.format({protocol: 'https', host: 'a.b', pathname: 'x', query: {q: 1}}),
              g: url.resolve('https://a.b/c/d', 'e'), h: new url.URLSearchParams({a: 'b c', d: 'é'}).toString()})";
    assert_eq!(
        members(source, json!({})),
        json!({"a": "a=1&a=2&b=x%20y%26&c=", "b": {"a": ["1", "2"], "b": "x y&", "c": ""}, "c": "https://u:p@example.com/a/c?x=1&y=a+b#h",
               "d": ["https://example.com", "/a/c"], "e": ["example.com:8080", "8080", "/a", "c", "#d", "u"],
               "f": "https://a.b/x?q=1", "g": "https://a.b/c/e", "h": "a=b+c&d=%C3%A9"})
    );
    let error = refusal("new (require('url').URL)('no url')");
    assert_eq!(error.message, "Invalid URL");
}

#[test]
fn buffers_encode_and_digests_match() {
    let source = "const crypto = require('crypto'), {Buffer: B} = require('buffer');
        const b = Buffer.from('Grüße');
        done({a: b.toString('hex'), b: b.toString('base64'), c: Buffer.from('R3LDvMOfZQ==', 'base64').toString(), d: Buffer.from('ff00', 'hex').length,
              e: Buffer.concat([Buffer.from('a'), Buffer.from([98])]) + '', f: Buffer.isBuffer(b) && B === Buffer && b instanceof Uint8Array, g: b.slice(0, 2).toString(),
              h: Buffer.byteLength('ü'), i: JSON.stringify(Buffer.from('a')), j: new Buffer('a').equals(Buffer.from('a')), k: Buffer.from('é', 'latin1')[0],
              l: crypto.createHash('sha256').update('a').update('bc').digest('hex'), m: crypto.createHmac('SHA1', 'key').update('text').digest('base64') === CE.hmacSha1Base64('key', 'text'),
              n: crypto.createHash('md5').update(Buffer.from('abc')).digest().toString('hex'), o: require('lodash').isBuffer(b)})";
    assert_eq!(
        members(source, json!({})),
        json!({"a": "4772c3bcc39f65", "b": "R3LDvMOfZQ==", "c": "Grüße", "d": 2, "e": "ab", "f": true, "g": "Gr", "h": 2,
               "i": r#"{"type":"Buffer","data":[97]}"#, "j": true, "k": 233,
               "l": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "m": true,
               "n": "900150983cd24fb0d6963f7d28e17f72", "o": true})
    );
    assert_eq!(
        refusal("require('crypto').createHash('crc')").message,
        "Digest method not supported"
    );
    assert_eq!(
        refusal("Buffer.from('a', 'ebcdic')").message,
        "Unknown encoding: ebcdic"
    );
}

#[test]
fn a_hook_that_breaks_the_globals_before_it_requires_harms_only_itself() {
    let source = "Array.prototype.push = function () { throw new Error('mine') }; String = null; Object.keys = null; Function.prototype.call = null;
        var caught = []; ['lodash', 'moment', 'axios', 'util', 'buffer', 'lodash/fp'].forEach(function (n, i) {
            try { require(n); caught[i] = 'fine' } catch (e) { caught[i] = 'failed' } });
        done({n: caught.length})";
    assert_eq!(members(source, json!({})), json!({"n": 6}));
    assert_eq!(
        members("done({a: require('lodash').map([1], String)})", json!({})),
        json!({"a": ["1"]})
    );
}
