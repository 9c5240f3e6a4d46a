mod grants;
mod oauth1;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use ligand_model::error::ErrorKind;

use super::*;
use crate::step::VendorReply;

fn element(json: &str) -> Element {
    serde_json::from_str(json).unwrap()
}

fn salesforce() -> Element {
    element(
        r#"{"name":"Salesforce","key":"sfdc","hosts":["*.salesforce.com"],
        "authentication":{"type":"oauth2","tokenResponse":{"base.url":"instance_url"},
          "authorizeUrl":"{oauth.authorization.url}?response_type=code&client_id={client_id}&scope={scope}&redirect_uri={redirect_uri}&state={state}"},
        "configuration":[{"key":"site.address","defaultValue":"https://login.salesforce.com"},
          {"key":"oauth.scope","defaultValue":"full refresh_token"},{"key":"base.url"},
          {"key":"oauth.api.key"},{"key":"oauth.api.secret"},
          {"key":"oauth.authorization.url","defaultValue":"{site.address}/services/oauth2/authorize"},
          {"key":"oauth.token.url","defaultValue":"{site.address}/services/oauth2/token"}]}"#,
    )
}

fn ask(extra: &BTreeMap<String, String>) -> AuthorizeRequest<'_> {
    AuthorizeRequest {
        api_key: "fake_salesforce_api_key",
        callback_url: "https://www.mycoolapp.com/auth",
        state: None,
        scope: None,
        site_address: None,
        subdomain: None,
        random: "R4ND0M",
        code_challenge: None,
        extra,
    }
}

#[test]
fn follows_the_template_of_the_guides() {
    let extra = BTreeMap::new();
    assert_eq!(
        authorize_url(&salesforce(), &ask(&extra)).unwrap(),
        "https://login.salesforce.com/services/oauth2/authorize?response_type=code&client_id=fake_salesforce_api_key&scope=full%20refresh_token&redirect_uri=https://www.mycoolapp.com/auth&state=sfdc"
    );
}

#[test]
fn a_site_address_must_be_a_declared_host() {
    let extra = BTreeMap::new();
    let at = |site| {
        authorize_url(
            &salesforce(),
            &AuthorizeRequest {
                site_address: Some(site),
                ..ask(&extra)
            },
        )
    };
    assert!(
        at("https://test.salesforce.com")
            .unwrap()
            .starts_with("https://test.salesforce.com/services/")
    );
    assert!(at("https://evil.tld").is_err());
    assert!(at("https://login.salesforce.com@evil.tld").is_err());
}

#[test]
fn the_callback_itself_can_be_the_vendor() {
    let marketo = element(
        r#"{"name":"Marketo","key":"marketo","authentication":{"type":"oauth2","authorizeUrl":"{redirect_uri}?state={state}&code={random}"}}"#,
    );
    let extra = BTreeMap::new();
    assert_eq!(
        authorize_url(&marketo, &ask(&extra)).unwrap(),
        "https://www.mycoolapp.com/auth?state=marketo&code=R4ND0M"
    );
    let with_query = AuthorizeRequest {
        callback_url: "https://a.b/c?x=1",
        ..ask(&extra)
    };
    assert_eq!(
        authorize_url(&marketo, &with_query).unwrap(),
        "https://a.b/c?x=1&state=marketo&code=R4ND0M"
    );
}

#[test]
fn a_callback_without_scheme_is_passed_on_and_no_state_means_none() {
    let acton = element(
        r#"{"name":"Act-On","key":"acton","authentication":{"type":"oauth2","defaultState":"none",
        "authorizeUrl":"https://restapi.actonsoftware.com/authorize?scope=PRODUCTION&response_type=code&callbackUrl={redirect_uri}&client_id={client_id}&state={state}"}}"#,
    );
    let extra = BTreeMap::new();
    let request = AuthorizeRequest {
        callback_url: "www.samplecallbackurl.com",
        api_key: "sample_client_id",
        ..ask(&extra)
    };
    assert_eq!(
        authorize_url(&acton, &request).unwrap(),
        "https://restapi.actonsoftware.com/authorize?scope=PRODUCTION&response_type=code&callbackUrl=www.samplecallbackurl.com&client_id=sample_client_id"
    );
    let stated = AuthorizeRequest {
        state: Some("x&y"),
        ..request
    };
    assert!(
        authorize_url(&acton, &stated)
            .unwrap()
            .ends_with("&client_id=sample_client_id&state=x%26y")
    );
}

#[test]
fn no_secret_and_no_injected_parameter_reaches_the_url() {
    let extra = BTreeMap::from([
        ("client_secret".to_owned(), "s3cret".to_owned()),
        ("oauth.api.secret".to_owned(), "s3cret".to_owned()),
        ("prompt".to_owned(), "login&client_id=evil".to_owned()),
    ]);
    let url = authorize_url(&salesforce(), &ask(&extra)).unwrap();
    assert!(!url.contains("s3cret"), "{url}");
    assert!(url.ends_with("&prompt=login%26client_id=evil"), "{url}");
}

#[test]
fn a_declared_query_is_kept_once() {
    let discord = element(
        r#"{"name":"D","key":"d","authentication":{"type":"oauth2"},"configuration":[
        {"key":"oauth.authorization.url","defaultValue":"https://d.com/authorize?permissions=7&response_type=code"}]}"#,
    );
    let extra = BTreeMap::new();
    assert_eq!(
        authorize_url(&discord, &ask(&extra)).unwrap(),
        "https://d.com/authorize?permissions=7&response_type=code&client_id=fake_salesforce_api_key&redirect_uri=https://www.mycoolapp.com/auth&state=d"
    );
}

fn values() -> BTreeMap<String, String> {
    [
        ("oauth.api.key", "key"),
        ("oauth.api.secret", "s3cr&t!"),
        ("oauth.callback.url", "https://cb/x"),
        ("oauth.user.refresh_token", "refresh-me"),
    ]
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .into()
}

#[test]
fn exchanges_a_code_with_credentials_in_the_form() {
    let request = token_request(
        &salesforce(),
        &values(),
        &TokenCall::Exchange {
            code: "a b",
            code_verifier: None,
        },
    )
    .unwrap();
    assert_eq!(
        request.url,
        "https://login.salesforce.com/services/oauth2/token"
    );
    assert_eq!(
        request.body,
        "grant_type=authorization_code&code=a%20b&redirect_uri=https://cb/x&client_id=key&client_secret=s3cr%26t!"
    );
}

#[test]
fn refreshes_with_credentials_in_the_header() {
    let mut basic = salesforce();
    basic.configuration.push(
        serde_json::from_str(r#"{"key":"oauth.basic.header","defaultValue":"true"}"#).unwrap(),
    );
    let request = token_request(&basic, &values(), &TokenCall::Refresh).unwrap();
    assert_eq!(
        request.body,
        "grant_type=refresh_token&refresh_token=refresh-me"
    );
    assert!(
        request
            .headers
            .iter()
            .any(|(n, v)| n == "authorization" && v.starts_with("Basic "))
    );
}

fn reply(status: u16, body: &str) -> VendorReply {
    VendorReply {
        status,
        headers: vec![],
        body: Bytes::from(body.to_owned()),
    }
}

#[test]
fn reads_a_grant_and_what_the_element_declares() {
    let stored = read_token_reply(
        &salesforce(),
        &values(),
        &reply(200, r#"{"access_token":"t","refresh_token":"r","instance_url":"https://na1.salesforce.com","expires_in":3599}"#),
        Timestamp(5000),
    )
    .unwrap();
    assert_eq!(stored["oauth.user.token"], "t");
    assert_eq!(stored["base.url"], "https://na1.salesforce.com");
    assert_eq!(stored["oauth.user.refresh_interval"], "3599");
    assert_eq!(stored["oauth.user.refresh_time"], "5000");
}

/// What the vendor says, else what the token itself says, else what the element declares.
#[test]
fn a_grant_lives_as_long_as_the_first_says_that_knows() {
    let now = Timestamp(1_700_000_000_000);
    let jwt = |claims: &str| {
        format!(
            "eyJhbGciOiJub25lIn0.{}.c2ln",
            URL_SAFE_NO_PAD.encode(claims)
        )
    };
    let lives = |token: &str, more: &str, assumed: bool| {
        let mut element = salesforce();
        element.authentication.assumed_lifetime = assumed.then_some(900);
        let body = format!(r#"{{"access_token":"{token}"{more}}}"#);
        let stored = read_token_reply(&element, &values(), &reply(200, &body), now).unwrap();
        assert_eq!(stored["oauth.user.token"], token);
        stored.get("oauth.user.refresh_interval").cloned()
    };
    let two_minutes = jwt(r#"{"exp":1700000120}"#);
    let stated = r#","expires_in":"3599""#;
    assert_eq!(lives(&two_minutes, stated, true).unwrap(), "3599");
    for odd in ["", r#","expires_in":0"#, r#","expires_in":"soon""#] {
        assert_eq!(lives(&two_minutes, odd, true).unwrap(), "120", "{odd}");
        assert_eq!(lives("opaque", odd, true).unwrap(), "900", "{odd}");
        assert_eq!(lives("opaque", odd, false), None, "{odd}");
    }
    assert_eq!(
        lives(&jwt(r#"{"exp":1700000120.6}"#), "", false).unwrap(),
        "121"
    );
    // A token that says nothing of use leaves it to the element.
    for claims in [
        r#"{"exp":1700000000}"#,
        r#"{"exp":-1}"#,
        r#"{"exp":"1700000120"}"#,
        r#"{"exp":1e300}"#,
        "{}",
        "[1]",
        "exp",
    ] {
        assert_eq!(lives(&jwt(claims), "", true).unwrap(), "900", "{claims}");
    }
    for token in ["a.b", "a.b.c", "..", "a.b.c.d", &format!("{two_minutes}.d")] {
        assert_eq!(lives(token, "", true).unwrap(), "900", "{token}");
    }
}

#[test]
fn a_refusal_is_the_callers_and_a_failing_vendor_is_not() {
    let refused = read_token_reply(
        &salesforce(),
        &values(),
        &reply(
            400,
            r#"{"error":"invalid_grant","error_description":"expired code for s3cr&t!"}"#,
        ),
        Timestamp(0),
    )
    .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Invalid);
    assert!(refused.message.contains("expired code"), "{refused:?}");
    assert!(!refused.provider_message.unwrap().contains("s3cr&t!"));
    for (status, body) in [
        (503, "down"),
        (200, "<html>hello</html>"),
        (200, "{\"a\":1}"),
        (200, "{\"access_token\":{\"a\":1}}"),
        (200, "{\"access_token\":5}"),
        (200, "{\"access_token\":null}"),
        (200, "{\"access_token\":\"\"}"),
    ] {
        let failed = read_token_reply(&salesforce(), &values(), &reply(status, body), Timestamp(0))
            .unwrap_err();
        assert_eq!(failed.kind, ErrorKind::VendorUnavailable, "{status} {body}");
    }
}
