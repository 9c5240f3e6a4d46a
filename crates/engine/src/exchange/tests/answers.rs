//! What the vendor may answer: JSON, XML, files, nonsense.

use super::*;

#[test]
fn answers_that_are_not_json_are_the_vendors_fault() {
    let broken = b"[{\"name\": \"caf\xe9\"}]";
    for body in [
        &b"<html>login</html>"[..],
        b"{\"a\": [1, 2",
        b"plain",
        &broken[..],
    ] {
        let vendor = VendorReply {
            status: 200,
            headers: vec![("content-type".into(), "text/html".into())],
            body: Bytes::from_static(body),
        };
        let played = play(
            element(json!([list(json!({}))]), json!({})),
            TOKEN,
            "GET /contacts",
            None,
            vec![vendor],
        );
        assert_eq!(
            played.failure().kind,
            ErrorKind::VendorUnavailable,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
}

fn xml(status: u16, body: &str) -> VendorReply {
    VendorReply {
        status,
        headers: vec![("content-type".into(), "text/xml; charset=utf-8".into())],
        body: Bytes::from(body.to_owned()),
    }
}

#[test]
fn an_xml_answer_is_json_to_hooks_and_caller() {
    let resource = json!({"method": "GET", "path": "/records", "vendorPath": "/q", "rootKey": "|qdbapi.record",
        "hooks": [{"type": "postRequest",
            "body": "done({response_body: response_body.map(r => ({id: r['@rid'], n: r.n, ok: response_body_raw_map.qdbapi.errcode === 0}))})"}]});
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "GET /records",
        None,
        vec![xml(
            200,
            "<?xml version=\"1.0\"?><qdbapi><errcode>0</errcode><record rid=\"1\"><n>5</n></record><record rid=\"2\"><n>x</n></record></qdbapi>",
        )],
    );
    assert_eq!(
        played.json(),
        json!([{"id": "1", "n": 5, "ok": true}, {"id": "2", "n": "x", "ok": true}])
    );
}

#[test]
fn a_soap_fault_says_what_is_wrong() {
    for fault in [
        "<s:Envelope><s:Body><s:Fault><faultcode>c</faultcode><faultstring>No such user</faultstring></s:Fault></s:Body></s:Envelope>",
        "<e:Envelope><e:Body><e:Fault><e:Reason><e:Text xml:lang=\"en\">No such user</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>",
    ] {
        let played = play(
            element(json!([list(json!({}))]), json!({})),
            TOKEN,
            "GET /contacts",
            None,
            vec![xml(500, fault)],
        );
        assert_eq!(played.failure().message, "No such user");
        assert_eq!(played.failure().provider_message.as_deref(), Some(fault));
    }
}

#[test]
fn an_xml_bomb_is_the_vendors_fault() {
    let bomb = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>";
    let played = play(
        element(json!([list(json!({}))]), json!({})),
        TOKEN,
        "GET /contacts",
        None,
        vec![xml(200, bomb)],
    );
    assert_eq!(played.failure().kind, ErrorKind::VendorUnavailable);
    assert_eq!(
        played.failure().message,
        "The vendor's answer is not usable XML: it declares entities of its own, which are never expanded."
    );
}

fn file(hooks: Value) -> Value {
    json!({"method": "GET", "path": "/files/{id}", "vendorPath": "/up/{id}", "hooks": hooks,
        "parameters": [{"type": "value", "name": "true", "vendorType": "header", "vendorName": "Elements-Stream"}]})
}

fn bytes() -> VendorReply {
    VendorReply {
        status: 200,
        headers: vec![
            ("content-type".into(), "application/pdf".into()),
            (
                "content-disposition".into(),
                "attachment; filename=a.pdf".into(),
            ),
            ("x-other".into(), "1".into()),
        ],
        body: Bytes::from_static(b"%PDF\xFF"),
    }
}

#[test]
fn a_stream_reaches_the_caller_as_the_vendor_sent_it() {
    let played = play(
        element(json!([file(json!([]))]), json!({})),
        TOKEN,
        "GET /files/7",
        None,
        vec![bytes()],
    );
    assert!(played.requests[0].stream);
    let names: Vec<&str> = played.requests[0]
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(!names.contains(&"Elements-Stream"), "{names:?}");
    let answer = played.outcome.result.as_ref().unwrap();
    assert!(matches!(answer.body, Body::Stream));
    assert_eq!(played.header("content-type"), Some("application/pdf"));
    assert_eq!(played.header("x-other"), None);
}

#[test]
fn a_hook_watches_a_stream_as_text() {
    let hook = "if (response_body.indexOf('%PDF') === 0) done(); else done({response_status_code: 404, response_body: {message: 'none'}})";
    let hooks = json!([{"type": "postRequest", "body": hook}]);
    let run = |reply| {
        play(
            element(json!([file(hooks.clone())]), json!({})),
            TOKEN,
            "GET /files/7",
            None,
            vec![reply],
        )
    };
    let played = run(bytes());
    assert!(!played.requests[0].stream);
    let answer = played.outcome.result.as_ref().unwrap();
    assert!(matches!(&answer.body, Body::Raw(raw) if raw == &b"%PDF\xFF"[..]));
    assert_eq!(
        played.header("content-disposition"),
        Some("attachment; filename=a.pdf")
    );
    let played = run(xml(200, "<!DOCTYPE HTML><html/>"));
    assert_eq!(played.failure().status, Some(404));
    assert_eq!(played.failure().message, "none");
}

/// A list below a root, as bytes.
fn rooted(more: &Value, query: &str, body: &'static str) -> Played {
    let vendor = VendorReply {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: Bytes::from_static(body.as_bytes()),
    };
    let mut resource = json!({"method": "GET", "path": "/all", "vendorPath": "/all", "rootKey": "|found.items",
        "totalCount": "total", "nextPageKey": "body.next",
        "parameters": [{"type": "query", "name": "nextPage", "vendorType": "query", "vendorName": "next"}]});
    for (name, value) in more.as_object().unwrap() {
        resource[name] = value.clone();
    }
    play(
        element(json!([resource]), json!({})),
        TOKEN,
        &format!("GET /all{query}"),
        None,
        vec![vendor],
    )
}

fn body(played: &Played) -> &str {
    match &played.outcome.result {
        Ok(Reply {
            body: Body::Json(bytes),
            ..
        }) => std::str::from_utf8(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_surrounds_a_list_is_taken_away_without_touching_it() {
    let text = r#"{"total": 9, "found": {"items": [ {"Id" :1.50, "gone": null}, {"Id":"\u0041"} ]}, "next": "n2"}"#;
    let played = rooted(&json!({}), "?returnCount=true", text);
    assert_eq!(body(&played), r#"[ {"Id" :1.50}, {"Id":"\u0041"} ]"#);
    assert_eq!(played.header("elements-returned-count"), Some("2"));
    assert_eq!(played.header("elements-total-count"), Some("9"));
    let token = played.header("elements-next-page-token").unwrap();
    assert!(token.contains(r#""cursor":"n2""#), "{token}");
    let named = rooted(&json!({"aliases": {"id": "Id"}}), "", text);
    assert_eq!(
        body(&named),
        r#"[{"Id" :1.50, "id":1.50},{"Id":"\u0041","id":"\u0041"}]"#
    );
}

#[test]
fn a_broken_answer_is_the_vendors_fault_wherever_it_is_broken() {
    for text in [
        r#"{"found": {"items": [{"a": }]}}"#,
        r#"{"found": {"items": [1 2]}}"#,
        r#"{"found": {"items": []}} trailing"#,
        r#"{"found": {"items": []}, "next": nul}"#,
        r#"{"found": {"items": [{"a": 1}]}"#,
    ] {
        let played = rooted(&json!({}), "", text);
        assert_eq!(
            played.failure().kind,
            ErrorKind::VendorUnavailable,
            "{text}"
        );
    }
}

#[test]
fn what_only_a_tree_cannot_hold_is_passed_on_or_refused_but_never_a_text() {
    let text = r#"{"found": {"items": [{"a": "\ud800"}]}}"#;
    assert_eq!(body(&rooted(&json!({}), "", text)), r#"[{"a": "\ud800"}]"#);
    let selected = rooted(&json!({}), "?fields=a", text);
    assert_eq!(selected.failure().kind, ErrorKind::VendorUnavailable);
}

#[test]
fn each_record_is_wrapped_where_the_element_says_so() {
    let wrap = json!({"wrap": "person"});
    let text = r#"{"found": {"items": [{"a": 1}, {"a": null}]}, "next": "n2"}"#;
    let played = rooted(&wrap, "", text);
    assert_eq!(body(&played), r#"[{"person":{"a": 1}},{"person":{}}]"#);
    assert_eq!(played.header("elements-returned-count"), Some("2"));
    assert!(played.header("elements-next-page-token").is_some());
    let one = json!({"wrap": "person", "rootKey": "|found.items[0]"});
    assert_eq!(body(&rooted(&one, "", text)), r#"{"person":{"a": 1}}"#);
    let none = json!({"wrap": "person", "rootDefault": []});
    assert_eq!(body(&rooted(&none, "", r#"{"total": 0}"#)), "[]");
    let after_hooks = json!({"wrap": "person", "hooks": [{"type": "postRequest", "body": "done({response_body: [{b: 2}]})"}]});
    assert_eq!(
        body(&rooted(&after_hooks, "", text)),
        r#"[{"person":{"b":2}}]"#
    );
}
