//! One vendor call a record.

use super::*;

fn contacts() -> Value {
    let resource = json!({"method": "POST", "path": "/contacts", "vendorPath": "/people", "repeat": "body", "rootKey": "|person",
        "parameters": [{"type": "body", "name": "body", "vendorType": "body", "vendorName": "body", "required": true}],
        "hooks": [
            {"type": "preRequest", "body": "done({request_vendor_headers: {'X-Name': request_body_map.name}})"},
            {"type": "postRequest", "body": "if (response_iserror) done(); done({response_body: Object.assign({}, request_body_map, response_body)})"}]});
    element(json!([resource]), json!({}))
}

fn made(id: u64) -> VendorReply {
    reply(201, json!({"person": {"id": id}}))
}

fn run(body: Value, replies: Vec<VendorReply>) -> Played {
    play(contacts(), TOKEN, "POST /contacts", Some(body), replies)
}

#[test]
fn each_record_of_an_array_is_a_call_with_its_hooks() {
    let played = run(
        json!([{"name": "a"}, {"name": "b"}]),
        vec![made(1), made(2)],
    );
    let sent: Vec<&Bytes> = played
        .requests
        .iter()
        .map(|request| &request.body)
        .collect();
    assert_eq!(sent, [r#"{"name":"a"}"#, r#"{"name":"b"}"#]);
    let names: Vec<&str> = played
        .requests
        .iter()
        .flat_map(|request| &request.headers)
        .filter(|(name, _)| name == "X-Name")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(
        played.json(),
        json!([{"name": "a", "id": 1}, {"name": "b", "id": 2}])
    );
}

#[test]
fn a_record_alone_is_answered_alone_and_none_are_answered_with_none() {
    let alone = run(json!({"name": "a"}), vec![made(1)]);
    assert_eq!(alone.json(), json!({"name": "a", "id": 1}));
    let one = run(json!([{"name": "a"}]), vec![made(1)]);
    assert_eq!(one.json(), json!([{"name": "a", "id": 1}]));
    let none = run(json!([]), vec![]);
    assert_eq!((none.requests.len(), none.json()), (0, json!([])));
}

#[test]
fn the_first_failure_ends_it_and_says_how_far_it_came() {
    let body = json!([{"name": "a"}, {"name": "b"}, {"name": "c"}]);
    let played = run(
        body,
        vec![made(1), reply(422, json!({"message": "no such name"}))],
    );
    assert_eq!(played.requests.len(), 2);
    assert_eq!(
        played.failure().message,
        "Record [1] failed, 1 of 3 were done before it: no such name"
    );
    let alone = run(
        json!([{"name": "a"}]),
        vec![reply(422, json!({"message": "no"}))],
    );
    assert_eq!(alone.failure().message, "no");
}

#[test]
fn too_many_records_are_refused_before_the_first() {
    let records: Vec<Value> = (0..101).map(|n| json!({ "name": n })).collect();
    let played = run(json!(records), vec![]);
    assert!(played.requests.is_empty());
    assert_eq!(
        played.failure().message,
        "One call takes at most 100 records here, but 101 were sent; nothing was done."
    );
    let records = json!(records[..100]);
    let played = run(records, (0..100).map(made).collect());
    assert_eq!(played.json().as_array().map(Vec::len), Some(100));
}

#[test]
fn a_grant_that_ends_on_the_way_is_renewed_and_no_record_is_sent_twice_or_lost() {
    let denied = reply(401, json!({"message": "expired"}));
    let played = run(
        json!([{"name": "a"}, {"name": "b"}]),
        vec![made(1), denied, made(2)],
    );
    assert_eq!(played.refreshes, 1);
    let sent: Vec<&Bytes> = played
        .requests
        .iter()
        .map(|request| &request.body)
        .collect();
    assert_eq!(
        sent,
        [r#"{"name":"a"}"#, r#"{"name":"b"}"#, r#"{"name":"b"}"#]
    );
    assert_eq!(
        played.json(),
        json!([{"name": "a", "id": 1}, {"name": "b", "id": 2}])
    );
}
