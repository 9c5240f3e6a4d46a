//! Vendors that speak XML: what a definition says of their answers, and bodies made of what the caller sends.

use super::*;

fn xml(body: &str) -> VendorReply {
    VendorReply {
        status: 200,
        headers: vec![("content-type".into(), "text/xml".into())],
        body: Bytes::from(body.to_owned()),
    }
}

fn results(inside: &str, status: &str) -> VendorReply {
    xml(&format!(
        "<e xmlns='x'>{inside}<Status>{status}</Status><Id>r-1</Id></e>"
    ))
}

fn list() -> Value {
    json!({"method": "GET", "path": "/all", "vendorMethod": "POST", "vendorPath": "/x", "rootKey": "|e.Results", "rootDefault": [],
        "xml": {"lists": ["Results"], "plain": true}, "nextPageKey": "body.e.Id", "nextPageWhen": "e.Status=More",
        "aliases": {"id": "ID"},
        "parameters": [
            {"type": "value", "name": "<q>{Properties}{Filter}{more}</q>", "vendorType": "body", "vendorName": "body"},
            {"type": "query", "name": "nextPage", "vendorType": "bodyToken", "vendorName": "more", "defaultValue": ""},
            {"type": "query", "name": "fields", "vendorType": "bodyToken", "vendorName": "Properties", "converter": "toXmlElements", "defaultValue": "ID,Name"},
            {"type": "query", "name": "where", "vendorType": "bodyToken", "vendorName": "Filter", "converter": "toExactTargetFilter", "defaultValue": ""}]})
}

#[test]
fn results_are_records_and_lead_on_only_when_there_are_more() {
    let one = "<Results t='y'><Key n:nil='true'/><ID>7</ID></Results>";
    for (inside, status, expected, more) in [
        (one.to_owned(), "More", json!([{"ID": 7, "id": 7}]), true),
        (
            format!("{one}{one}"),
            "OK",
            json!([{"ID": 7, "id": 7}, {"ID": 7, "id": 7}]),
            false,
        ),
        (String::new(), "OK", json!([]), false),
    ] {
        let played = play(
            element(json!([list()]), json!({})),
            TOKEN,
            "GET /all?where=Name%3D%27a%26b%27&fields=ID",
            None,
            vec![results(&inside, status)],
        );
        assert_eq!(played.json(), expected);
        assert_eq!(played.header("elements-next-page-token").is_some(), more);
        assert_eq!(
            played.requests[0].body,
            "<q><Properties>ID</Properties><Filter xsi:type=\"SimpleFilterPart\"><Property>Name</Property>\
             <SimpleOperator>equals</SimpleOperator><Value>a&amp;b</Value></Filter></q>"
        );
    }
    let refused = play(
        element(json!([list()]), json!({})),
        TOKEN,
        "GET /all?fields=a%3Cb",
        None,
        Vec::new(),
    );
    assert_eq!(refused.failure().kind, ErrorKind::Invalid);
}

#[test]
fn a_record_is_sent_as_elements_and_nothing_else() {
    let make = json!({"method": "POST", "path": "/all", "vendorPath": "/x", "rootKey": "|e.Results[0]", "xml": {"lists": ["Results"], "plain": true},
        "shape": {"keep": ["Object"], "members": {"ID": "NewID | Object.ID"}},
        "parameters": [
            {"type": "body", "name": "body", "vendorType": "bodyToken", "vendorName": "object", "converter": "toXmlElements", "omit": "id"},
            {"type": "configuration", "name": "api.key", "vendorType": "bodyToken", "vendorName": "key"},
            {"type": "value", "name": "<q k=\"{key}\">{object}</q>", "vendorType": "body", "vendorName": "body"}]});
    let values = [TOKEN, &[("api.key", "<k>")]].concat();
    let send = |body: Value| {
        play(
            element(json!([make]), json!({})),
            &values,
            "POST /all",
            Some(body),
            vec![results(
                "<Results><NewID>9</NewID><Object a='1'><ID>0</ID><Name>n</Name></Object></Results>",
                "OK",
            )],
        )
    };
    let played = send(
        json!({"id": 1, "Name": "a<b", "In.n": {"x": true, "no": null}, "L": [1, {"y": 2.5}], "E": []}),
    );
    assert_eq!(
        played.requests[0].body,
        "<q k=\"&lt;k&gt;\"><Name>a&lt;b</Name><In.n><x>true</x></In.n><L>1</L><L><y>2.5</y></L></q>"
    );
    assert_eq!(played.json(), json!({"ID": 9, "Name": "n"}));
    for empty in [json!({}), json!({"id": 1})] {
        assert_eq!(send(empty).requests[0].body, "<q k=\"&lt;k&gt;\"></q>");
    }
    for body in [
        json!({"a b": 1}),
        json!({"a": {"x><y": 1}}),
        json!({"": 1}),
        json!({"1a": 1}),
        json!([1]),
    ] {
        let refused = send(body);
        assert_eq!(refused.failure().kind, ErrorKind::Invalid);
        assert!(refused.requests.is_empty());
    }
}

#[test]
fn a_success_may_answer_nothing() {
    let gone = json!({"method": "DELETE", "path": "/all", "vendorPath": "/x", "answer": "none"});
    let gone_of = |reply| {
        play(
            element(json!([gone]), json!({})),
            TOKEN,
            "DELETE /all",
            None,
            vec![reply],
        )
    };
    let played = gone_of(xml("<ok/>"));
    assert!(
        matches!(&played.outcome.result, Ok(Reply { status: 200, body: Body::Json(bytes), .. }) if bytes.is_empty())
    );
    assert_eq!(
        gone_of(reply(404, json!({"message": "no"}))).failure().kind,
        ErrorKind::NotFound
    );
}
