//! OAuth 1 against the examples of its RFC.

use serde_json::json;

use super::*;
use crate::step::VendorRequest;

fn photos(place: &str) -> Element {
    serde_json::from_value(json!({"name": "Photos", "key": "photos", "authentication": {"type": "oauth1"},
        "configuration": [{"key": "oauth.api.key"}, {"key": "oauth.api.secret"}, {"key": "scope"}, {"key": "oauth.scope", "defaultValue": "read"},
            {"key": "oauth.request.authorization.type", "defaultValue": place},
            {"key": "oauth.request.url", "defaultValue": "https://photos.example.net/initiate"},
            {"key": "oauth.authorization.url", "defaultValue": "https://photos.example.net/authorize?scope={scope}&expiration=never"},
            {"key": "oauth.token.url", "defaultValue": "https://photos.example.net/token"}]}))
    .unwrap()
}

fn printer(token: &[(&str, &str)]) -> BTreeMap<String, String> {
    [
        ("oauth.api.key", "dpf43f3p2l4k3l03"),
        ("oauth.api.secret", "kd94hf93k423kf44"),
        ("oauth.callback.url", "http://printer.example.com/ready"),
    ]
    .iter()
    .chain(token)
    .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
    .collect()
}

fn call(method: &str, url: &str, body: &str) -> VendorRequest {
    VendorRequest {
        method: method.into(),
        url: url.into(),
        headers: vec![(
            "Content-Type".into(),
            "application/x-www-form-urlencoded".into(),
        )],
        body: Bytes::from(body.to_owned()),
        after_upload: None,
        stream: false,
        carries_application_secret: false,
    }
}

fn authorization(request: &VendorRequest) -> String {
    let header = request.headers.iter().find(|(n, _)| n == "Authorization");
    header.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// RFC 5849 §1.2, less `oauth_version`, which that example leaves out and vendors want.
#[test]
fn a_call_is_signed_over_its_query_and_its_form() {
    let token = [
        ("oauth.user.token", "nnch734d00sl2jdk"),
        ("oauth.user.token.secret", "pfkkdhi9sl3r4s00"),
    ];
    let sign = |url: &str, body: &str| {
        let mut request = call("GET", url, body);
        sign_call(
            &photos("header"),
            &printer(&token),
            &mut request,
            "chapoH",
            Timestamp(137_131_202_000),
        );
        authorization(&request)
    };
    let signed = sign(
        "http://photos.example.net/photos?file=vacation.jpg&size=original",
        "",
    );
    assert_eq!(
        signed,
        "OAuth oauth_consumer_key=\"dpf43f3p2l4k3l03\", oauth_nonce=\"chapoH\", oauth_signature_method=\"HMAC-SHA1\", \
         oauth_timestamp=\"137131202\", oauth_version=\"1.0\", oauth_token=\"nnch734d00sl2jdk\", oauth_signature=\"1IAE9RzK%2BDqSqVTdQ%2F0zWANXVzs%3D\""
    );
    let as_form = sign(
        "HTTP://Photos.Example.NET:80/photos",
        "size=original&file=vacation.jpg",
    );
    assert_eq!(as_form, signed);
}

#[test]
fn a_signature_in_the_query_leaves_the_headers_alone() {
    let mut request = call("GET", "https://api.example.com/1/me?fields=a%20b", "");
    let values = printer(&[("oauth.user.token", "t"), ("oauth.user.token.secret", "s")]);
    sign_call(&photos("query"), &values, &mut request, "n", Timestamp(0));
    assert!(
        request.url.starts_with(
            "https://api.example.com/1/me?fields=a%20b&oauth_consumer_key=dpf43f3p2l4k3l03&oauth_nonce=n&"
        ),
        "{}",
        request.url
    );
    assert!(request.url.contains("&oauth_signature="));
    assert_eq!(authorization(&request), "");
}

#[test]
fn a_call_that_the_element_authorized_itself_stays_as_it_is() {
    let mut request = call("GET", "https://api.example.com/", "");
    request.headers.push(("authorization".into(), "Own".into()));
    sign_call(
        &photos("header"),
        &printer(&[]),
        &mut request,
        "n",
        Timestamp(0),
    );
    assert_eq!(request.headers.len(), 2);
}

#[test]
fn a_consent_is_three_messages() {
    let element = photos("header");
    let values = printer(&[
        ("oauth.user.token", "stale"),
        ("oauth.user.token.secret", "stale"),
    ]);
    let first = request_token_request(&element, &values, "n1", Timestamp(1_000)).unwrap();
    assert_eq!(
        (first.method.as_str(), first.url.as_str()),
        ("POST", "https://photos.example.net/initiate")
    );
    let header = authorization(&first);
    assert!(
        header.contains("oauth_callback=\"http%3A%2F%2Fprinter.example.com%2Fready\"")
            && !header.contains("oauth_token="),
        "{header}"
    );
    let reply_of = |body: &str| reply(200, body);
    let (token, secret) = read_request_token(
        &values,
        &reply_of("oauth_token=hh5s93j4hdidpola&oauth_token_secret=hdhd0244k9j7ao03&oauth_callback_confirmed=true"),
    )
    .unwrap();
    let extra = BTreeMap::from([("requestToken".to_owned(), token.clone())]);
    let mut asked = ask(&extra);
    asked.callback_url = "https://app.example.com/cb";
    assert_eq!(
        authorize_url(&element, &asked).unwrap(),
        "https://photos.example.net/authorize?scope=read&expiration=never&oauth_token=hh5s93j4hdidpola\
         &oauth_callback=https://app.example.com/cb?state=photos"
    );
    let values = printer(&[
        ("oauth.user.token", &token),
        ("oauth.user.token.secret", &secret),
    ]);
    let last = access_token_request(
        &element,
        &values,
        "hfdp7dh39dks9884",
        "n2",
        Timestamp(2_000),
    )
    .unwrap();
    assert_eq!(last.url, "https://photos.example.net/token");
    assert!(authorization(&last).contains("oauth_verifier=\"hfdp7dh39dks9884\""));
    let stored =
        read_access_token(&values, &reply_of("oauth_token=T&oauth_token_secret=S")).unwrap();
    assert_eq!(
        stored,
        BTreeMap::from([
            ("oauth.user.token".to_owned(), "T".to_owned()),
            ("oauth.user.token.secret".to_owned(), "S".to_owned()),
        ])
    );
}

#[test]
fn a_consent_without_a_request_token_names_it() {
    let extra = BTreeMap::new();
    let error = authorize_url(&photos("header"), &ask(&extra)).unwrap_err();
    assert_eq!(error.to_string(), "Missing query parameter: requestToken");
}

#[test]
fn a_refused_token_is_the_callers_and_a_failing_vendor_is_not() {
    let kind = |status: u16, body: &str| {
        let failure = read_request_token(&printer(&[]), &reply(status, body)).unwrap_err();
        (failure.kind, failure.message)
    };
    let (refused, said) = kind(401, "oauth_problem=consumer_key_unknown");
    assert_eq!(refused, ErrorKind::Invalid);
    assert!(said.contains("consumer_key_unknown"), "{said}");
    assert_eq!(kind(503, "down").0, ErrorKind::VendorUnavailable);
    assert_eq!(kind(200, "<html>").0, ErrorKind::VendorUnavailable);
    assert_eq!(kind(429, "").0, ErrorKind::RateLimited);
}
