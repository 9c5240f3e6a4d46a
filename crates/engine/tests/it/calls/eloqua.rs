use serde_json::{Value, json};

use super::Play;

const REST: &str = "https://secure.p01.eloqua.com/API/REST/2.0";

#[test]
fn a_list_is_searched_by_page() {
    let ended = Play::of("eloqua", "GET /contacts?where=id='7' AND firstName='Ann'&page=2&pageSize=5")
        .vendor(
            &format!("GET {REST}/data/contacts?search=id%3D7%20firstName%3DAnn&orderBy=id&count=5&page=2&depth=complete"),
            Value::Null,
            200,
            json!({"elements": [{"id": "7", "type": "Contact"}], "page": 2, "pageSize": 5, "total": 6}),
        )
        .run()
        .unwrap();
    assert_eq!(ended.body, json!([{"id": "7", "type": "Contact"}]));
}

#[test]
fn a_change_reads_merges_and_replaces() {
    let stored = json!({"type": "Contact", "id": "7", "emailAddress": "a@b.c", "city": "Bonn",
        "fieldValues": [{"type": "FieldValue", "id": "100171", "value": "old"}, {"type": "FieldValue", "id": "100023"}]});
    let merged = json!({"type": "Contact", "id": "7", "emailAddress": "a@b.c", "city": "Bonn", "firstName": "Ann",
        "fieldValues": [{"type": "FieldValue", "id": "100023"}, {"type": "FieldValue", "id": "100171", "value": "new"}]});
    let ended = Play::of("eloqua", "PATCH /contacts/7")
        .json(&json!({"C_FirstName": "Ann", "C_Churros_Contact_Field1": "new"}))
        .vendor(
            &format!("GET {REST}/data/contact/7?depth=complete"),
            Value::Null,
            200,
            stored,
        )
        .vendor(
            &format!("GET {REST}/assets/contact/fields?depth=complete&count=1000"),
            Value::Null,
            200,
            json!({"elements": [{"id": "100171", "internalName": "C_Churros_Contact_Field1"}]}),
        )
        .vendor(
            &format!("PUT {REST}/data/contact/7"),
            merged.clone(),
            200,
            merged,
        )
        .run()
        .unwrap();
    assert_eq!(ended.body["C_FirstName"], "Ann");
    assert_eq!(ended.body["C_Churros_Contact_Field1"], "new");
    assert_eq!(ended.body["firstName"], "Ann");
}

#[test]
fn properties_need_no_look_up_and_null_clears() {
    let ended = Play::of("eloqua", "PATCH /accounts/3")
        .json(&json!({"country": "India", "city": null}))
        .vendor(
            &format!("GET {REST}/data/account/3?depth=complete"),
            Value::Null,
            200,
            json!({"id": "3", "name": "A", "city": "X"}),
        )
        .vendor(
            &format!("PUT {REST}/data/account/3"),
            json!({"id": "3", "name": "A", "country": "India"}),
            200,
            json!({"id": "3", "name": "A", "country": "India"}),
        )
        .run()
        .unwrap();
    assert_eq!(
        ended.body,
        json!({"id": "3", "name": "A", "country": "India"})
    );
}

#[test]
fn a_contact_is_created_in_one_call() {
    let body = json!({"emailAddress": "a@b.c"});
    let ended = Play::of("eloqua", "POST /contacts")
        .json(&body)
        .vendor(
            &format!("POST {REST}/data/contact"),
            body.clone(),
            201,
            json!({"id": "9", "emailAddress": "a@b.c"}),
        )
        .run()
        .unwrap();
    assert_eq!(ended.body["id"], "9");
    let failure = Play::of("eloqua", "POST /contacts")
        .json(&body)
        .vendor(
            &format!("POST {REST}/data/contact"),
            body,
            400,
            json!([{"type": "ObjectValidationError", "property": "emailAddress", "requirement": {"type": "UniquenessRequirement"}}]),
        )
        .run()
        .err()
        .unwrap();
    assert_eq!(failure.kind.status(), 409);
}

#[test]
fn a_field_that_the_site_does_not_have_is_named() {
    let failure = Play::of("eloqua", "POST /contacts")
        .json(&json!({"C_Nothing1": "x"}))
        .vendor(
            &format!("GET {REST}/assets/contact/fields?depth=complete&count=1000"),
            Value::Null,
            200,
            json!({"elements": []}),
        )
        .run()
        .err()
        .unwrap();
    assert_eq!(
        (failure.status, failure.message.as_str()),
        (Some(400), "This Eloqua site has no field C_Nothing1.")
    );
}

#[test]
fn the_pod_is_found_and_an_unknown_token_is_refused() {
    let play = |answer: Value| {
        Play::of("eloqua", "GET /ping")
            .vendor("GET https://login.eloqua.com/id", Value::Null, 200, answer)
            .lifecycle("onProvision")
    };
    let found = play(json!({"site": {"id": 1}, "urls": {"base": "https://secure.p02.eloqua.com"}}))
        .unwrap();
    assert_eq!(
        found.written["base.url"].as_deref(),
        Some("https://secure.p02.eloqua.com/API/REST/2.0")
    );
    let failure = play(json!("Not authenticated.")).err().unwrap();
    assert_eq!(failure.status, Some(401));
    assert!(
        failure.message.contains("Not authenticated."),
        "{}",
        failure.message
    );
}

#[test]
fn a_refresh_sends_what_the_vendor_asks_for() {
    let ended = Play::of("eloqua", "GET /ping")
        .value("oauth.user.refresh_token", "R0")
        .value("oauth.api.key", "id")
        .value("oauth.api.secret", "secret")
        .value("oauth.callback.url", "https://app.example/cb")
        .vendor(
            "POST https://login.eloqua.com/auth/oauth2/token",
            json!("grant_type=refresh_token&refresh_token=R0&scope=full&redirect_uri=https://app.example/cb"),
            200,
            json!({"access_token": "T1", "refresh_token": "R1", "expires_in": 28800, "token_type": "bearer"}),
        )
        .lifecycle("oauthOnTokenRefresh")
        .unwrap();
    assert_eq!(
        ended.written["oauth.user.refresh_token"].as_deref(),
        Some("R1")
    );
}
