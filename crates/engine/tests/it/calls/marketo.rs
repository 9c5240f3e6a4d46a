use serde_json::{Value, json};

use super::Play;

const REST: &str = "https://1-A-2.mktorest.com/rest";

#[test]
fn people_are_found_by_one_field() {
    let url = format!("GET {REST}/v1/leads.json?filterType=id&filterValues=1,2&batchSize=2");
    let ended = Play::of("marketo", "GET /contacts?where=id in (1,2)&pageSize=2")
        .vendor(&url, Value::Null, 200, json!({"requestId": "r", "success": true, "result": [{"id": 1}, {"id": 2}], "nextPageToken": "NP"}))
        .run()
        .unwrap();
    assert_eq!(
        ended.body,
        json!([{"person": {"id": 1}}, {"person": {"id": 2}}])
    );
    let token = &ended.headers["elements-next-page-token"];
    let next = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("nextPage", token)
        .finish();
    let last = Play::of("marketo", &format!("GET /contacts?pageSize=2&{next}"))
        .vendor(
            &format!("{url}&nextPageToken=NP"),
            Value::Null,
            200,
            json!({"requestId": "r", "success": true}),
        )
        .run()
        .unwrap();
    assert_eq!(last.body, json!([]));
    assert!(!last.headers.contains_key("elements-next-page-token"));
}

#[test]
fn people_cannot_be_listed_without_a_filter() {
    let failure = Play::of("marketo", "GET /contacts").run().err().unwrap();
    assert_eq!(failure.kind.status(), 400);
    assert!(failure.message.contains("`where`"), "{}", failure.message);
}

#[test]
fn a_person_is_written_and_read_again_with_what_was_sent() {
    let written =
        json!({"requestId": "r", "success": true, "result": [{"id": 5, "status": "created"}]});
    let read = json!({"requestId": "r", "success": true, "result": [{"id": 5, "email": "a@b.c", "title": "T"}]});
    let ended = Play::of("marketo", "POST /contacts")
        .json(&json!({"person": {"email": "a@b.c", "title": "T"}}))
        .vendor(
            &format!("POST {REST}/v1/leads.json"),
            json!({"action": "createOrUpdate", "lookupField": "email", "input": [{"email": "a@b.c", "title": "T"}]}),
            200,
            written,
        )
        .vendor(
            &format!("GET {REST}/v1/lead/5.json?fields=id,email,updatedAt,createdAt,firstName,lastName,title"),
            Value::Null,
            200,
            read,
        )
        .run()
        .unwrap();
    assert_eq!(
        ended.body,
        json!({"person": {"id": 5, "email": "a@b.c", "title": "T"}})
    );
}

#[test]
fn a_record_that_was_skipped_is_an_error() {
    let skipped = json!({"requestId": "r", "success": true,
        "result": [{"status": "skipped", "reasons": [{"code": "1004", "message": "Lead not found"}]}]});
    let failure = Play::of("marketo", "PATCH /contacts/9")
        .json(&json!({"person": {"title": "T"}}))
        .vendor(
            &format!("POST {REST}/v1/leads.json"),
            json!({"action": "updateOnly", "lookupField": "id", "input": [{"title": "T", "id": 9}]}),
            200,
            skipped,
        )
        .run()
        .err()
        .unwrap();
    assert_eq!(
        (failure.kind.status(), failure.message.as_str()),
        (404, "Lead not found")
    );
}

/// The vendor's codes by the status that a caller gets; what is not here is 400.
///
/// Source: <https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes> (2026-11)
const STATUSES: &[(u16, &[&str])] = &[
    (
        400,
        &[
            "609", "613", "701", "704", "709", "710", "711", "712", "714", "718", "1001", "1002",
            "1003", "1006", "1009", "1010", "1011", "1012", "1014", "1020", "1021", "1025", "1027",
            "1028", "1035", "1036", "1037", "1042", "1048", "1049", "1076", "1077", "1078", "1079",
            "9999",
        ],
    ),
    (403, &["603", "616", "703", "1008", "1018", "1026"]),
    (404, &["610", "702", "1004", "1013", "1015"]),
    (405, &["605"]),
    (409, &["1005", "1007", "1017", "1022"]),
    (415, &["612"]),
    (429, &["606", "607", "615", "1016", "1019", "1029"]),
    (502, &["500", "502", "611", "614"]),
    (503, &["604", "608", "713", "719"]),
];

#[test]
fn every_code_is_a_status_in_the_envelope_and_in_a_row() {
    let line = format!("POST {REST}/v1/leads/delete.json");
    let sent = json!({"input": [{"id": 7}]});
    for (status, codes) in STATUSES {
        for code in *codes {
            let said = json!({"code": code, "message": "Said by the vendor"});
            let envelope = json!({"requestId": "r", "success": false, "errors": [said]});
            let row = json!({"requestId": "r", "success": true, "result": [{"status": "skipped", "reasons": [said]}]});
            for answer in [envelope, row] {
                let failure = Play::of("marketo", "DELETE /contacts/7")
                    .vendor(&line, sent.clone(), 200, answer)
                    .run()
                    .err()
                    .unwrap();
                assert_eq!(
                    (failure.kind.status(), failure.message.as_str()),
                    (*status, "Said by the vendor"),
                    "{code}"
                );
                let vendor = failure.provider_message.unwrap_or_default();
                assert!(vendor.contains(code), "{code}: {vendor}");
            }
        }
    }
}

#[test]
fn one_person_or_none() {
    let answer = |result: Value| json!({"requestId": "r", "success": true, "result": result});
    let play = |result: Value| {
        Play::of("marketo", "GET /contacts/7")
            .vendor(
                &format!("GET {REST}/v1/lead/7.json"),
                Value::Null,
                200,
                answer(result),
            )
            .run()
    };
    assert_eq!(
        play(json!([{"id": 7}])).unwrap().body,
        json!({"person": {"id": 7}})
    );
    assert_eq!(play(json!([])).err().unwrap().kind.status(), 404);
    let deleted = Play::of("marketo", "DELETE /contacts/7")
        .vendor(
            &format!("POST {REST}/v1/leads/delete.json"),
            json!({"input": [{"id": 7}]}),
            200,
            answer(json!([{"id": 7, "status": "deleted"}])),
        )
        .run()
        .unwrap();
    assert_eq!(deleted.body, json!({"id": 7, "status": "deleted"}));
}

#[test]
fn lists_and_their_members() {
    let answer = |result: Value| json!({"requestId": "r", "success": true, "result": result});
    let lists = Play::of("marketo", "GET /lists?where=name='A'")
        .vendor(
            &format!("GET {REST}/v1/lists.json?name=A&batchSize=300"),
            Value::Null,
            200,
            answer(json!([{"id": 1, "name": "A"}])),
        )
        .run()
        .unwrap();
    assert_eq!(lists.body, json!([{"id": 1, "name": "A"}]));
    let added = Play::of("marketo", "POST /lists/1/contacts")
        .json(&json!([{"person": {"id": 3}}, {"person": {"id": "4"}}]))
        .vendor(
            &format!("POST {REST}/v1/lists/1/leads.json"),
            json!({"input": [{"id": 3}, {"id": 4}]}),
            200,
            answer(json!([{"id": 3, "status": "added"}, {"id": 4, "status": "added"}])),
        )
        .run()
        .unwrap();
    assert_eq!(
        added.body[1],
        json!({"person": {"id": 4, "status": "added"}})
    );
    let removed = Play::of("marketo", "DELETE /lists/1/contacts/3")
        .vendor(
            &format!("DELETE {REST}/v1/lists/1/leads.json?id=3"),
            Value::Null,
            200,
            answer(json!([{"id": 3, "status": "removed"}])),
        )
        .run()
        .unwrap();
    assert_eq!(removed.body["status"], "removed");
}

#[test]
fn client_and_secret_are_exchanged_for_a_token() {
    for kind in ["oauthOnTokenExchange", "oauthOnTokenRefresh"] {
        let ended = Play::of("marketo", "GET /ping")
            .value("marketo.identity.url", "https://1-A-2.mktorest.com/identity/")
            .value("oauth.api.key", "id")
            .value("oauth.api.secret", "s&t")
            .vendor(
                "GET https://1-A-2.mktorest.com/identity/oauth/token?client_id=id&client_secret=s%26t&grant_type=client_credentials",
                Value::Null,
                200,
                json!({"access_token": "T1:int", "token_type": "bearer", "expires_in": 3599, "scope": "a@b.c"}),
            )
            .lifecycle(kind)
            .unwrap();
        assert_eq!(ended.written["oauth.user.token"].as_deref(), Some("T1:int"));
        assert_eq!(
            ended.written["oauth.user.refresh_interval"].as_deref(),
            Some("3599")
        );
    }
}
