//! Credentials of other kinds than OAuth 2's code: signatures, sessions and their renewal.

use super::*;

/// Runs the first resource of a lifecycle type as the server does: no call of anybody, no renewal on the way.
fn lifecycle(
    element: Value,
    values: &[(&str, &str)],
    kind: &str,
    reply: VendorReply,
) -> BTreeMap<String, Option<String>> {
    let (compiled, _) = catalog::import(element.to_string().as_bytes(), ElementId(10_000)).unwrap();
    let compiled = Arc::new(compiled);
    let (index, _) = compiled.element.lifecycle(kind).next().unwrap();
    let values = values
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    let call = ResourceCall::default();
    let mut exchange =
        Exchange::new(compiled, index, BTreeMap::new(), call, values, setting()).without_refresh();
    assert!(matches!(exchange.next(Input::Start), Step::Send(_)));
    match exchange.next(Input::Reply(reply)) {
        Step::Done(outcome) => {
            assert!(outcome.result.is_ok(), "{:?}", outcome.result);
            outcome.configuration
        }
        other => panic!("{other:?}"),
    }
}

fn login(kind: &str, more: Value) -> Value {
    let login = json!({"method": "POST", "path": "/login", "vendorPath": "/login", "type": kind, "parameters": [
        {"type": "configuration", "name": "token", "vendorType": "bodyField", "vendorName": "session.token", "source": "response"}]});
    let mut element = element(
        json!([login, list(json!({}))]),
        json!({"authentication": {"type": "custom"}}),
    );
    let entries = element["configuration"].as_array_mut().unwrap();
    entries.extend(more.as_array().unwrap().clone());
    element
}

fn expires_in(seconds: Value) -> Value {
    json!([{"key": "expires_in", "defaultValue": seconds}, {"key": "authentication.time"}])
}

#[test]
fn a_login_that_brings_a_token_begins_the_session() {
    let answer = || reply(200, json!({"session": {"token": "T"}}));
    for kind in ["provisionAuthValidation", "onProvision", "onRefresh"] {
        let written = lifecycle(login(kind, expires_in(json!("60"))), &[], kind, answer());
        assert_eq!(
            written,
            BTreeMap::from([
                ("authentication.time".to_owned(), Some("1000000".to_owned())),
                ("token".to_owned(), Some("T".to_owned())),
            ]),
            "{kind}"
        );
    }
    let endless = login("onProvision", json!([]));
    let written = lifecycle(endless, &[], "onProvision", answer());
    assert!(!written.contains_key("authentication.time"));
    let nothing = lifecycle(
        login("onProvision", expires_in(json!("60"))),
        &[],
        "onProvision",
        reply(200, json!({})),
    );
    assert_eq!(nothing, BTreeMap::new());
}

#[test]
fn a_session_that_passed_is_renewed_before_the_call() {
    let run = |time: &str| {
        play(
            login("onProvision", expires_in(json!("60"))),
            &[("authentication.time", time), ("token", "T")],
            "GET /contacts",
            None,
            vec![reply(200, json!([]))],
        )
        .refreshes
    };
    assert_eq!((run("940001"), run("940000")), (0, 1));
    assert_eq!(run("never"), 0);
}

#[test]
fn a_grant_that_needs_no_person_is_renewed_without_a_refresh_token() {
    let run = |kind: &str| {
        play(
            element(
                json!([list(json!({}))]),
                json!({"authentication": {"type": kind}}),
            ),
            &[
                ("oauth.user.token", "old"),
                ("oauth.user.refresh_time", "0"),
                ("oauth.user.refresh_interval", "60"),
            ],
            "GET /contacts",
            None,
            vec![reply(200, json!([]))],
        )
    };
    for kind in ["oauth2ClientCredentials", "jwtOauth2", "oauth2Password"] {
        let played = run(kind);
        assert_eq!(played.refreshes, 1, "{kind}");
        assert!(
            played.requests[0]
                .headers
                .contains(&("Authorization".into(), "Bearer fresh-1".into()))
        );
    }
    assert_eq!(run("oauth2").refreshes, 0);
}

#[test]
fn every_request_of_a_chain_is_signed_anew() {
    let first = list(json!({"nextResource": "GET:/hubs/crm/contacts/again"}));
    let second = json!({"method": "GET", "path": "/contacts/again", "vendorPath": "/again"});
    let played = play(
        element(
            json!([first, second]),
            json!({"authentication": {"type": "oauth1"}}),
        ),
        &[
            ("oauth.api.key", "key"),
            ("oauth.user.token", "token"),
            ("oauth.request.authorization.type", "query"),
        ],
        "GET /contacts",
        None,
        vec![reply(200, json!([])), reply(200, json!([]))],
    );
    let signed: Vec<bool> = played
        .urls()
        .iter()
        .zip(["oauth_nonce=n0nce0&", "oauth_nonce=n0nce1&"])
        .map(|(url, nonce)| url.contains(nonce) && url.contains("&oauth_timestamp=1000&"))
        .collect();
    assert_eq!(signed, [true, true], "{:?}", played.urls());
    assert!(played.requests.iter().all(|request| {
        request
            .headers
            .iter()
            .all(|(name, _)| name != "Authorization")
    }));
}
