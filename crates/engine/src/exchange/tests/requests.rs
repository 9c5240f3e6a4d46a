//! Requests made by the words `requestShape`, `pattern` and `when`: what they say, and that a script would have said the
//! same.

use proptest::prelude::*;

use super::*;

fn resource(method: &str, path: &str, more: &Value) -> Value {
    let body = json!({"type": "body", "name": "body", "vendorType": "no-op", "vendorName": "body"});
    let mut resource = json!({"method": method, "path": path, "vendorPath": "/all", "vendorMethod": "POST", "parameters": [body]});
    for (name, value) in more.as_object().unwrap() {
        resource[name] = value.clone();
    }
    resource
}

/// Plays one call of a resource at `path`.
fn called(method: &str, path: &str, more: &Value, call: &str, body: Option<Value>) -> Played {
    play(
        element(json!([resource(method, path, more)]), json!({})),
        TOKEN,
        &format!("{method} {call}"),
        body,
        vec![reply(200, json!({}))],
    )
}

fn person() -> Value {
    json!({"requestShape": {"members": {"action": {"text": "create"}, "by": {"text": "email"},
        "input": [{"keep": ["person | $record"], "omit": ["id"]}]}}})
}

#[test]
fn a_body_becomes_what_the_vendor_takes() {
    for (sent, input) in [
        (json!({"person": {"a": 1, "id": 2}}), r#"{"a":1}"#),
        (
            json!({"a": "x", "id": 2, "b": null}),
            r#"{"a":"x","b":null}"#,
        ),
        (json!({"person": null}), r#"{"person":null}"#),
        (json!({}), "{}"),
    ] {
        let played = called("POST", "/all", &person(), "/all", Some(sent));
        let expected = format!(r#"{{"action":"create","by":"email","input":[{input}]}}"#);
        assert_eq!(played.requests[0].body, expected);
    }
    for sent in [
        json!([{"a": 1}]),
        json!("a"),
        json!({"person": [1]}),
        json!({"person": 5}),
    ] {
        let failure = called("POST", "/all", &person(), "/all", Some(sent));
        assert_eq!(failure.requests.len(), 0);
        assert_eq!(failure.failure().kind, ErrorKind::Invalid);
        assert_eq!(
            failure.failure().message,
            r#"The body must be one JSON object, or hold one: {"person":{"email":"a@b.c"}}."#
        );
    }
}

#[test]
fn a_call_without_a_body_may_send_one() {
    let more = json!({"requestShape": {"members": {"input": [{"members": {"id": {"number": "$path.id"}}}]}},
        "parameters": [{"type": "path", "name": "id", "vendorType": "no-op", "vendorName": "id", "pattern": "^(0|[1-9][0-9]*)$"}]});
    let played = called("DELETE", "/all/{id}", &more, "/all/12", None);
    assert_eq!(played.requests[0].body, r#"{"input":[{"id":12}]}"#);
    let none = called("DELETE", "/all/{id}", &more, "/all/x12", None);
    assert_eq!(none.requests.len(), 0);
    assert_eq!(none.failure().kind, ErrorKind::NotFound);
    assert_eq!(none.failure().message, "No record found with id x12");
}

#[test]
fn lists_objects_and_texts_stand_in_one_another() {
    let more = json!({"requestShape": [
        {"when": "$body.C_*", "members": {
            "custom": "$body.C_*", "list": ["a", "nothing", {"when": "nothing", "keep": ["$record"]}, [true, 1.5]]}},
        {"when": "x", "keep": [{"texts": "$record"}, "below"], "omit": ["below"], "members": {"z": {"text": "{n}-{x}"}}}]});
    let of = |body: Value| {
        let played = called("POST", "/all", &more, "/all", Some(body));
        String::from_utf8(played.requests[0].body.to_vec()).unwrap()
    };
    assert_eq!(
        of(json!({"C_b": 1, "a": "A", "C_a": null})),
        r#"{"custom":{"C_a":null,"C_b":1},"list":["A",[true,1.5]]}"#
    );
    assert_eq!(
        of(
            json!({"n": 1.5, "x": true, "o": {"n": 1}, "no": null, "t": "t", "below": {"n": 2, "no": 3}})
        ),
        r#"{"n":2,"x":"true","o":{"n":1},"no":3,"t":"t","z":"1.5-true"}"#
    );
    // None of the shapes is for this body: nothing is sent of it.
    assert_eq!(of(json!({"a": 1})), "");
}

#[test]
fn fields_are_added_to_the_body_that_was_made_and_a_hook_sees_it() {
    let more = json!({"requestShape": {"keep": ["$record"]},
        "parameters": [{"type": "value", "name": "y", "vendorType": "bodyField", "vendorName": "x"}],
        "hooks": [{"type": "preRequest", "when": "$query.more",
            "body": "done({request_vendor_body: {had: request_vendor_body_map}})"}]});
    let of = |call: &str| {
        let played = called("POST", "/all", &more, call, Some(json!({"a": 1})));
        String::from_utf8(played.requests[0].body.to_vec()).unwrap()
    };
    assert_eq!(of("/all"), r#"{"a":1,"x":"y"}"#);
    assert_eq!(of("/all?more=yes"), r#"{"had":{"a":1,"x":"y"}}"#);
}

#[test]
fn a_shape_of_many_places_does_not_make_a_large_request_of_a_small_one() {
    let members = |place: &str| -> Value {
        let each = (0..200).map(|number| (number.to_string(), json!(place)));
        json!({"members": Value::Object(each.collect())})
    };
    let large = json!({"a": "a".repeat(1 << 20), "list": []});
    for shape in [
        json!({"members": {"a": vec![json!("$record"); 200]}}),
        members("$record"),
        members("a"),
        json!({"when": vec!["$body.a*"; 200], "members": {"a": true}}),
        json!({"keep": vec!["$record"; 200]}),
    ] {
        let more = json!({"requestShape": shape});
        let failure = called("POST", "/all", &more, "/all", Some(large.clone()));
        assert!(failure.failure().message.contains("too large"), "{more}");
    }
}

#[test]
fn what_was_answered_before_is_not_copied_without_end() {
    let of = |copies: usize| {
        let shape =
            json!({"when": vec!["$previous"; copies], "members": {"all": "$previous.list[0].b"}});
        let second =
            json!({"method": "GET", "path": "/second", "vendorPath": "/second", "shape": shape});
        let first = json!({"method": "GET", "path": "/first", "vendorPath": "/first", "nextResource": "GET:/second"});
        let answer = json!({"list": [{"b": 1}], "text": "a".repeat(1 << 20)});
        let vendor = vec![reply(200, answer), reply(200, json!({"id": 1}))];
        let element = element(json!([first, second]), json!({}));
        play(element, TOKEN, "GET /first", None, vendor)
    };
    assert_eq!(of(2).json()["all"], 1);
    assert!(of(300).failure().message.contains("too large"));
}

#[test]
fn a_pattern_names_tokens_of_the_path_and_refuses_what_it_is_not_for() {
    let read = json!({"method": "GET", "path": "/rows/{id}", "vendorPath": "/list/{list}/row/{id}", "parameters": [
        {"type": "path", "name": "id", "vendorType": "path", "vendorName": "id", "pattern": "^(?<list>[a-z]-[0-9]+)(:|$)"},
        {"type": "query", "name": "size", "vendorType": "query", "vendorName": "size", "pattern": "^[SML]$"}]});
    let of = |call: &str| {
        let vendor = vec![reply(200, json!({}))];
        play(
            element(json!([read]), json!({})),
            TOKEN,
            &format!("GET {call}"),
            None,
            vendor,
        )
    };
    assert_eq!(
        of("/rows/l-1%3A7?size=S").urls(),
        ["GET https://api.acme.com/v1/list/l-1/row/l-1:7?size=S"]
    );
    let none = of("/rows/l1%3A7");
    assert_eq!(none.failure().kind, ErrorKind::NotFound);
    assert_eq!(none.failure().message, "No record found with id l1:7");
    let wrong = of("/rows/l-1%3A7?size=XL");
    assert_eq!(wrong.failure().kind, ErrorKind::Invalid);
    assert_eq!(
        wrong.failure().message,
        "`size` (query) must match ^[SML]$, but it is XL."
    );
}

#[test]
fn a_pattern_that_cannot_be_read_is_told_of_and_ignored() {
    let read = json!({"method": "GET", "path": "/rows/{id}", "vendorPath": "/row/{id}", "parameters": [
        {"type": "path", "name": "id", "vendorType": "path", "vendorName": "id", "pattern": "("}]});
    let text = element(json!([read]), json!({})).to_string();
    let (_, said) = catalog::import(text.as_bytes(), ElementId(10_000)).unwrap();
    let told = "the `pattern` ( cannot be read and is ignored";
    assert!(
        said.iter().any(|one| one.message.starts_with(told)),
        "{said:?}"
    );
    let vendor = vec![reply(200, json!({}))];
    let element = element(json!([read]), json!({}));
    let played = play(element, TOKEN, "GET /rows/7", None, vendor);
    assert_eq!(played.urls(), ["GET https://api.acme.com/v1/row/7"]);
}

#[test]
fn a_link_that_is_not_needed_leaves_what_there_was() {
    let first = resource(
        "PATCH",
        "/all/{id}",
        &json!({"nextResource": "PATCH:/all/{id}/fields", "vendorMethod": "GET"}),
    );
    let fields = resource(
        "PATCH",
        "/all/{id}/fields",
        &json!({"nextResource": "PATCH:/all/{id}/whole", "vendorPath": "/fields",
        "vendorMethod": "GET", "skip": {"when": ["!$body.C_*", "!$body.M_*"], "keep": ["$previous"]}}),
    );
    let whole = resource(
        "PATCH",
        "/all/{id}/whole",
        &json!({"requestShape": {"keep": ["$previous", "$record"]}}),
    );
    let of = |body: Value, vendor: Vec<VendorReply>| {
        play(
            element(json!([first, fields, whole]), json!({})),
            TOKEN,
            "PATCH /all/7",
            Some(body),
            vendor,
        )
    };
    let stored = reply(200, json!({"a": 1, "b": 2}));
    let done = reply(200, json!({}));
    let skipped = of(json!({"b": 3}), vec![stored.clone(), done.clone()]);
    assert_eq!(skipped.requests.len(), 2);
    assert_eq!(skipped.requests[1].body, r#"{"a":1,"b":3}"#);
    // A member counts by its name, whatever it holds.
    let looked = of(
        json!({"C_b": null}),
        vec![stored, reply(200, json!({"f": 1})), done],
    );
    assert_eq!(looked.requests.len(), 3);
    assert_eq!(looked.requests[2].body, r#"{"f":1,"C_b":null}"#);
}

#[test]
fn the_fields_that_were_written_are_named() {
    let more = json!({"parameters": [
        {"type": "body", "name": "person", "vendorType": "query", "vendorName": "fields", "converter": "toFieldNames",
            "defaultValue": "id,email"},
        {"type": "query", "name": "fields", "vendorType": "query", "vendorName": "fields", "converter": "toFieldList"}]});
    let of = |call: &str, body: Value| {
        called("POST", "/all", &more, call, Some(body))
            .urls()
            .remove(0)
    };
    let url = |fields: &str| format!("POST https://api.acme.com/v1/all?fields={fields}");
    assert_eq!(
        of("/all", json!({"person": {"email": 1, "b": 2}, "c": 3})),
        url("id,email,b")
    );
    assert_eq!(
        of("/all", json!({"c": 3, "a,b": 4, "d": 5})),
        url("id,email,c,d")
    );
    assert_eq!(of("/all?fields=x", json!({"c": 3})), url("x"));
}

/// What a person became before there was a word for it.
const PERSON: &str =
    "const sent = request_body_map && (request_body_map.person || request_body_map);
    if (!sent || typeof sent !== 'object' || Array.isArray(sent)) {
      done({ continue: false, response_status_code: 400, response_error_message: 'no' });
    }
    const person = Object.assign({}, sent);
    delete person.id;
    done({ request_vendor_body: { action: 'create', by: 'email', input: [person] } });";

/// The script that Eloqua's elements have for bodies with names of fields; without such it does what the word says.
const WHOLE: &str = include_str!("../../../../../elements/eloqua/hooks/record.write.pre.js");

fn sent() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        // Without the last digits, which scripts write with an exponent when there are many.
        (-9999_i32..9999).prop_map(|n| Value::from(f64::from(n) + 0.5)),
        "[a-b\"\\\\\u{e9}\u{1}/]{0,3}".prop_map(Value::from),
    ];
    let value = leaf.clone().prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec(("[a-c\u{e9}\"]{1,2}", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    let name = prop_oneof![
        "[a-c\"\u{e9}]{1,2}",
        Just("id".to_owned()),
        Just("person".to_owned())
    ];
    let object = proptest::collection::vec((name, value.clone()), 0..5)
        .prop_map(|members| Value::Object(members.into_iter().collect()));
    prop_oneof![4 => object, 1 => value]
}

fn bodies(played: &Played) -> Vec<String> {
    let text = |request: &VendorRequest| String::from_utf8_lossy(&request.body).into_owned();
    played.requests.iter().map(text).collect()
}

proptest! {
    #![proptest_config(records::few_cases())]

    #[test]
    fn a_request_is_what_a_script_makes_of_it(sent in sent()) {
        if sent.is_null() {
            return Ok(());
        }
        let script = json!({"hooks": [{"type": "preRequest", "body": PERSON}]});
        let by_script = called("POST", "/all", &script, "/all", Some(sent.clone()));
        let by_word = called("POST", "/all", &person(), "/all", Some(sent));
        prop_assert_eq!(bodies(&by_word), bodies(&by_script));
    }

    #[test]
    fn a_whole_record_is_what_a_script_makes_of_it(stored in sent(), sent in sent()) {
        let Value::Object(mut stored) = stored else { return Ok(()) };
        if sent.is_null() {
            return Ok(());
        }
        stored.insert("id".to_owned(), json!("7"));
        let first = resource("PATCH", "/all/{id}", &json!({"vendorMethod": "GET", "nextResource": "PATCH:/all/{id}/whole"}));
        let run = |more: Value| {
            let whole = resource("PATCH", "/all/{id}/whole", &more);
            let vendor = vec![reply(200, Value::Object(stored.clone())), reply(200, json!({}))];
            play(element(json!([first, whole]), json!({})), TOKEN, "PATCH /all/7", Some(sent.clone()), vendor)
        };
        let by_script = run(json!({"hooks": [{"type": "preRequest", "body": WHOLE}]}));
        let by_word = run(json!({"requestShape": {"keep": ["$previous", {"texts": "$record"}], "members": {"id": "$path.id"}}}));
        prop_assert_eq!(bodies(&by_word), bodies(&by_script));
    }
}
