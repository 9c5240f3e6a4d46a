//! Transformations' scripts over records.

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::{HookRuntime, Limits, check_transformation};
use crate::step::{Batch, HookCall, HookError, VendorReply};

fn call(source: &str, legacy: bool, originals: &Value, mapped: &Value) -> HookCall {
    let configuration = json!({"protocol": "https", "host": "api.example.com"});
    HookCall {
        name: "person script".to_owned(),
        source: source.to_owned(),
        legacy,
        variables: serde_json::Map::from_iter([("configuration".to_owned(), configuration)]),
        batch: Some(Batch {
            originals: Bytes::from(originals.to_string()),
            mapped: Bytes::from(mapped.to_string()),
            from_vendor: true,
            is_where: false,
        }),
        ..HookCall::default()
    }
}

fn run_as(source: &str, legacy: bool, mapped: &Value) -> Result<Value, HookError> {
    let mut runtime = HookRuntime::new(Limits::unlimited_time()).unwrap();
    let originals = json!([{"Id": 1}, {"Id": 2}]);
    let result = runtime.run_with(&call(source, legacy, &originals, mapped), &mut |request| {
        let body = json!({"asked": request.url}).to_string();
        Ok(VendorReply {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Bytes::from(body),
        })
    })?;
    Ok(serde_json::from_str(&result.batch.unwrap()).unwrap())
}

fn run(source: &str) -> Result<Value, HookError> {
    run_as(source, false, &json!([{"id": "a"}, {"id": "b"}]))
}

#[test]
fn a_script_sees_both_sides_of_each_record_and_hands_over_what_it_wants() {
    let made = run(
        "transformedObject.from = originalObject.Id; transformedObject.way = fromVendor && !isWhere; done(transformedObject);",
    );
    assert_eq!(
        made.unwrap(),
        json!([{"id": "a", "from": 1, "way": true}, {"id": "b", "from": 2, "way": true}])
    );
    assert_eq!(
        run("done({only: transformedObject.id})").unwrap(),
        json!([{"only": "a"}, {"only": "b"}])
    );
    // The first counts; what stands after it still runs.
    let made = run("const o = {n: 1}; done(o); o.n = 2; done({n: 3});");
    assert_eq!(made.unwrap(), json!([{"n": 2}, {"n": 2}]));
}

#[test]
fn a_script_that_says_nothing_leaves_the_record_as_it_is() {
    let same = json!([{"id": "a"}, {"id": "b"}]);
    for source in [
        "console.log('x')",
        "",
        "done()",
        "done(null)",
        "if (!fromVendor) done({})",
    ] {
        assert_eq!(run(source).unwrap(), same, "{source}");
    }
    assert_eq!(run_as("", false, &json!([])).unwrap(), json!([]));
}

#[test]
fn legacy_scripts_return_their_record() {
    let made = run_as(
        "transformedObject.x = 1; return transformedObject;",
        true,
        &json!([{}]),
    );
    assert_eq!(made.unwrap(), json!([{"x": 1}]));
    // Sloppy as they were.
    assert_eq!(
        run_as("y = 2; return {y: y};", true, &json!([{}])).unwrap(),
        json!([{"y": 2}])
    );
    assert!(run("undeclared = 1; done({})").is_err());
}

#[test]
fn scripts_await_and_call_out_side_by_side() {
    let awaited = run("const value = await Promise.resolve(7); done({value});");
    assert_eq!(awaited.unwrap(), json!([{"value": 7}, {"value": 7}]));
    let made = run(
        "const axios = require('axios').create({baseURL: `${configuration.protocol}://${configuration.host}`});
         const ask = async (path) => (await axios.request({url: path, method: 'get'})).data.asked;
         Promise.all(['/a', '/b'].map(ask)).then((found) => { transformedObject.found = found; done(transformedObject); });",
    );
    let found = json!(["https://api.example.com/a", "https://api.example.com/b"]);
    assert_eq!(
        made.unwrap(),
        json!([{"id": "a", "found": found}, {"id": "b", "found": found}])
    );
}

#[test]
fn what_goes_wrong_is_said_with_its_place() {
    let failed = |source: &str| run(source).unwrap_err();
    let thrown = failed("const a = 1;\nthrow new Error('no luck');");
    assert_eq!((thrown.message.as_str(), thrown.line), ("no luck", 2));
    assert!(
        failed("done('text')")
            .message
            .contains("must give an object to done()")
    );
    assert!(
        failed("return 5")
            .message
            .contains("for record 1 it gave a number")
    );
    assert!(
        failed("await Promise.reject(new Error('later'))")
            .message
            .contains("later")
    );
    assert!(failed("let x = ;").message.contains("Unexpected token"));
    assert!(check_transformation("x", "done({})", false).is_ok());
    assert_eq!(
        check_transformation("x", "\n\nlet = ;", false)
            .unwrap_err()
            .line,
        3
    );
}

#[test]
fn the_helpers_of_the_field_are_there() {
    let made = run(
        "done({
           usd: CE.currencyCode('United States'), eur: CE.currencySymbol('EUR'), fr: CE.iso2CountryCode('france'),
           mx: CE.iso3CountryCode('mexico'), none: CE.iso2CountryCode('nowhere'), mail: CE.randomEmail().includes('@example'),
           random: typeof CE.randomString(), md5: CE.md5('a'), b64: CE.b64('a'), back: CE.decode64('YQ=='),
           hmac: CE.hmac('sha1')('hex')('k', 't') === CE.hmacSha1Hex('k', 't'), moment: require('moment')('2020-01-02').format('YYYY'),
         })",
    );
    let first = &made.unwrap()[0];
    assert_eq!(
        first,
        &json!({"usd": "USD", "eur": "€", "fr": "FR", "mx": "MEX", "mail": true, "random": "string",
            "md5": "0cc175b9c0f1b6a831c399e269772661", "b64": "YQ==", "back": "a", "hmac": true, "moment": "2020"})
    );
}

#[test]
fn five_hundred_records_cost_one_context() {
    let records: Value = (0..500).map(|at| json!({"id": at})).collect();
    let made = run_as("done({double: transformedObject.id * 2})", false, &records).unwrap();
    assert_eq!(
        (made.as_array().unwrap().len(), &made[499]),
        (500, &json!({"double": 998}))
    );
}

#[test]
fn a_script_that_waits_for_what_never_comes_leaves_the_record_as_it_is() {
    let same = json!([{"id": "a"}, {"id": "b"}]);
    for source in [
        "await new Promise(() => {}); done({late: 1})",
        "new Promise(() => {}).then(() => done({late: 1}))",
    ] {
        assert_eq!(run(source).unwrap(), same, "{source}");
    }
}

#[test]
fn records_larger_than_a_script_may_hold_are_refused() {
    let text = "x".repeat(10_000);
    let records: Value = (0..5_000)
        .map(|at| json!({"id": at, "text": text}))
        .collect();
    let refused = run_as("done(transformedObject)", false, &records).unwrap_err();
    assert!(
        refused.message.contains("more memory than it may"),
        "{}",
        refused.message
    );
}

#[test]
fn half_a_surrogate_pair_becomes_the_sign_for_what_is_none() {
    let made = run(
        r#"done({a: 'x\ud83d', b: '\\ud83d\n"', c: '\ude00\ud83d!', d: '\ud83d\ude00', '\ud83d': 1})"#,
    );
    let one = json!({"a": "x\u{fffd}", "b": "\\ud83d\n\"", "c": "\u{fffd}\u{fffd}!", "d": "😀", "\u{fffd}": 1});
    assert_eq!(made.unwrap(), json!([one, one]));
}
