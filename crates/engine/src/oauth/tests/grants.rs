//! Grants without a consent: password, client credentials, a signed assertion.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

use super::*;

/// Made for this test and worth nothing.
const KEY: &str = include_str!("worthless_key.pem");

fn of_kind(kind: &str, more: Value) -> Element {
    let mut element = json!({"name": "x", "key": "x", "authentication": {"type": kind}, "configuration": [
        {"key": "oauth.token.url", "defaultValue": "https://login.example.com/token"},
        {"key": "oauth.api.key"}, {"key": "oauth.api.secret"}, {"key": "oauth.scope"},
        {"key": "oauth.basic.header", "defaultValue": "false"}, {"key": "username"}, {"key": "password"}]});
    for (key, value) in more.as_object().unwrap() {
        element[key] = value.clone();
    }
    serde_json::from_value(element).unwrap()
}

fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

const APPLICATION: [(&str, &str); 2] = [("oauth.api.key", "id"), ("oauth.api.secret", "s&t")];

fn form(element: &Element, values: &BTreeMap<String, String>, call: &TokenCall) -> String {
    let request = token_request(element, values, call).unwrap();
    assert_eq!(request.url, "https://login.example.com/token");
    assert!(request.carries_application_secret);
    String::from_utf8(request.body.to_vec()).unwrap()
}

#[test]
fn each_type_has_its_grant() {
    for (kind, expected) in [
        ("oauth2", GrantKind::Code),
        ("oauth2Password", GrantKind::Password),
        ("oauth2ClientCredentials", GrantKind::ClientCredentials),
        ("jwtOauth2", GrantKind::JwtBearer),
        ("oauth1", GrantKind::Oauth1),
        ("basic", GrantKind::None),
        ("customApiKey", GrantKind::None),
        ("awsv4", GrantKind::None),
    ] {
        let element = of_kind(kind, json!({}));
        assert_eq!(grant_kind(&element, &BTreeMap::new()), expected, "{kind}");
    }
    let own =
        json!({"resources": [{"type": "oauth2ClientCredentials", "method": "POST", "path": "/t"}]});
    let element = of_kind("oauth2", own);
    assert_eq!(
        grant_kind(&element, &BTreeMap::new()),
        GrantKind::ClientCredentials
    );
}

#[test]
fn an_instance_chooses_only_where_the_element_lets_it() {
    let values = given(&[("authentication.type", "basic")]);
    let closed = of_kind("custom", json!({}));
    assert_eq!(kind(&closed, &values), AuthenticationKind::Custom);
    let open = of_kind(
        "custom",
        json!({"configuration": [{"key": "authentication.type", "defaultValue": "custom"}]}),
    );
    assert_eq!(kind(&open, &values), AuthenticationKind::Basic);
    assert_eq!(kind(&open, &BTreeMap::new()), AuthenticationKind::Custom);
}

#[test]
fn a_password_and_client_credentials_are_forms() {
    let mut values = given(&APPLICATION);
    values.extend(given(&[
        ("username", "ann"),
        ("password", "p w"),
        ("oauth.scope", "a b"),
    ]));
    assert_eq!(
        form(
            &of_kind("oauth2Password", json!({})),
            &values,
            &TokenCall::Password
        ),
        "grant_type=password&username=ann&password=p%20w&scope=a%20b&client_id=id&client_secret=s%26t"
    );
    assert_eq!(
        form(
            &of_kind("clientCredentials", json!({})),
            &given(&APPLICATION),
            &TokenCall::ClientCredentials
        ),
        "grant_type=client_credentials&client_id=id&client_secret=s%26t"
    );
}

#[test]
fn what_obtained_a_grant_obtains_the_next_unless_it_can_be_refreshed() {
    let now = Timestamp(5_000);
    let call = |kind: &str, values: &[(&str, &str)]| {
        renewal(&of_kind(kind, json!({})), &given(values), now)
    };
    let refresh = [("oauth.user.refresh_token", "r")];
    assert!(call("oauth2", &[]).is_none());
    assert!(matches!(call("oauth2", &refresh), Some(TokenCall::Refresh)));
    assert!(matches!(
        call("oauth2Password", &refresh),
        Some(TokenCall::Refresh)
    ));
    assert!(matches!(
        call("oauth2Password", &[]),
        Some(TokenCall::Password)
    ));
    assert!(matches!(
        call("oauth2ClientCredentials", &[]),
        Some(TokenCall::ClientCredentials)
    ));
    assert!(matches!(call("jwtOauth", &[]), Some(TokenCall::JwtBearer { now: at }) if at == now));
}

#[test]
fn an_assertion_is_signed_and_says_who_for_whom_and_until_when() {
    let element = of_kind("jwtOauth2", json!({}));
    let values = given(&[
        ("jwt.private.key", KEY),
        ("oauth.api.key", "id"),
        ("username", "ann"),
        ("jwt.key.id", "k1"),
        ("oauth.scope", "a"),
    ]);
    let now = Timestamp(1_700_000_000_999);
    let assertion = assertion(&element, &values, now).unwrap();
    let parts: Vec<&str> = assertion.split('.').collect();
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let json = |part: &str| serde_json::from_slice::<Value>(&decode(part)).unwrap();
    assert_eq!(
        json(parts[0]),
        json!({"alg": "RS256", "typ": "JWT", "kid": "k1"})
    );
    assert_eq!(
        json(parts[1]),
        json!({"iss": "id", "sub": "ann", "aud": "https://login.example.com/token", "scope": "a",
            "iat": 1_700_000_000, "exp": 1_700_000_300})
    );
    let der = {
        let body: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
        base64::engine::general_purpose::STANDARD
            .decode(body)
            .unwrap()
    };
    let pair = ring::signature::RsaKeyPair::from_pkcs8(&der).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public().as_ref());
    let message = format!("{}.{}", parts[0], parts[1]);
    assert_eq!(public.verify(message.as_bytes(), &decode(parts[2])), Ok(()));
    let one_line = given(&[
        ("jwt.private.key", &KEY.replace('\n', "\\n")),
        ("oauth.api.key", "id"),
    ]);
    let body = form(&element, &one_line, &TokenCall::JwtBearer { now });
    assert!(
        body.starts_with("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=eyJ"),
        "{body}"
    );
}

#[test]
fn an_assertion_needs_a_key_that_is_one() {
    let element = of_kind("jwtOauth2", json!({}));
    let refused = |values: &[(&str, &str)]| {
        assertion(&element, &given(values), Timestamp(0))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(&[]),
        "Missing required configuration: jwt.private.key, jwt.issuer"
    );
    for key in [
        "secret-value",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    ] {
        let said = refused(&[("jwt.private.key", key), ("oauth.api.key", "id")]);
        assert!(said.contains("not an RSA private key"), "{said}");
        assert!(!said.contains("secret-value"), "{said}");
    }
}

#[test]
fn an_application_may_sign_instead_of_showing_its_secret() {
    let element = of_kind(
        "oauth2",
        json!({"configuration": [
            {"key": "oauth.token.url", "defaultValue": "https://login.example.com/token"},
            {"key": "oauth.client.authentication", "defaultValue": "private_key_jwt"}]}),
    );
    let mut values = given(&[
        ("oauth.api.key", "id"),
        ("oauth.user.refresh_token", "R"),
        ("jwt.private.key", include_str!("worthless_key.pem")),
        ("jwt.key.id", "k1"),
    ]);
    let mut request = token_request(&element, &values, &TokenCall::Refresh).unwrap();
    let now = Timestamp(1_700_000_000_000);
    sign_client(&element, &values, &mut request, "n1", now).unwrap();
    assert!(
        request
            .headers
            .iter()
            .all(|(name, _)| name != "authorization")
    );
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let (form, assertion) = body.split_once("&client_assertion=").unwrap();
    assert_eq!(
        form,
        "grant_type=refresh_token&refresh_token=R&client_id=id&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
    );
    let part = |at: usize| -> Value {
        let text = assertion.split('.').nth(at).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_eq!(part(0), json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}));
    assert_eq!(
        part(1),
        json!({"iss": "id", "sub": "id", "aud": "https://login.example.com/token", "jti": "n1",
            "iat": 1_700_000_000, "exp": 1_700_000_300})
    );
    values.remove("jwt.private.key");
    let refused = sign_client(&element, &values, &mut request, "n2", now);
    assert!(refused.unwrap_err().to_string().contains("jwt.private.key"));
}
