//! OAuth, its pages, SOAP login, and what ends a session.

use ligand_sim::Consent;
use serde_json::json;

use super::{BASE, CALLBACK, Salesforce, authorize, code, exchange, refresh};
use crate::world::{FORM, World};

fn action(page: &str) -> String {
    let (_, rest) = page.split_once("action=\"").unwrap();
    let (action, _) = rest.split_once('"').unwrap();
    action.replace("&amp;", "&")
}

#[tokio::test]
async fn a_browser_logs_in_consents_and_returns_with_code_and_state() {
    let world = World::start("salesforce").await;
    let login = world.send("GET", &authorize(""), &[], "").await;
    assert_eq!(login.status, 200);
    for mark in [
        "id=\"username\" name=\"username\"",
        "id=\"password\"",
        "id=\"Login\"",
        "Sandbox",
    ] {
        assert!(login.text.contains(mark), "{mark}");
    }
    let form = "sandbox_step=login&username=ines.keller%40sandbox.example.com&pw=x&Login=Log+In";
    let consent = world
        .send("POST", &action(&login.text), &[FORM], form)
        .await;
    assert_eq!(consent.status, 200);
    for mark in [
        "id=\"oaapprove\"",
        "id=\"oadeny\"",
        "<strong>app</strong>",
        "<li>refresh_token</li>",
    ] {
        assert!(consent.text.contains(mark), "{mark}");
    }
    let form = "sandbox_step=consent&username=ines.keller%40sandbox.example.com&decision=approve";
    let back = world
        .send("POST", &action(&consent.text), &[FORM], form)
        .await;
    assert_eq!(back.status, 302);
    assert!(
        back.location()
            .starts_with(&format!("{CALLBACK}?code=aPrx"))
    );
    assert_eq!(back.redirected("state").as_deref(), Some("sfdc"));
    let tokens = exchange(&world, &back.redirected("code").unwrap())
        .await
        .json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let info = world
        .send(
            "GET",
            "/services/oauth2/userinfo",
            &[("authorization", &bearer)],
            "",
        )
        .await;
    assert_eq!(
        info.json()["preferred_username"],
        "ines.keller@sandbox.example.com"
    );
}

#[tokio::test]
async fn denying_returns_the_vendors_refusal() {
    let world = World::start("salesforce").await;
    let form = "sandbox_step=consent&username=a&decision=deny";
    let back = world.send("POST", &authorize(""), &[FORM], form).await;
    assert_eq!(back.redirected("error").as_deref(), Some("access_denied"));
    assert_eq!(
        back.redirected("error_description").as_deref(),
        Some("end-user%20denied%20authorization")
    );
    assert_eq!(back.redirected("state").as_deref(), Some("sfdc"));
    let at_once = world
        .send("GET", &authorize("&sandbox_decision=deny"), &[], "")
        .await;
    assert_eq!(
        at_once.redirected("error").as_deref(),
        Some("access_denied")
    );
}

#[tokio::test]
async fn pages_escape_what_the_url_says_and_the_invalid_client_is_told_so() {
    let world = World::start("salesforce").await;
    let odd = "/services/oauth2/authorize?response_type=code&client_id=%3Cscript%3E&redirect_uri=https://a.example\
               &scope=%3Ci%3E&login_hint=%22%3E%3Cb%3E";
    let login = world.send("GET", odd, &[], "").await;
    let consent = world
        .send("POST", odd, &[FORM], "sandbox_step=login&username=%3Cu%3E")
        .await;
    for page in [&login.text, &consent.text] {
        assert!(
            !page.contains("<script")
                && !page.contains("<i>")
                && !page.contains("<b>")
                && !page.contains("<u>")
        );
    }
    assert!(
        login.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    let refused = authorize("").replace("client_id=app", "client_id=sandbox-invalid");
    let page = world.send("GET", &refused, &[], "").await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("invalid_client_id"));
    let form = "grant_type=refresh_token&refresh_token=x&client_id=sandbox-invalid&client_secret=s";
    let answer = world
        .send("POST", "/services/oauth2/token", &[FORM], form)
        .await;
    assert_eq!(answer.json()["error"], "invalid_client_id");
}

#[tokio::test]
async fn a_token_answer_has_the_vendors_members_and_echoes_the_host() {
    let world = World::with("salesforce", Consent::Auto).await;
    let code = code(&world).await;
    let form = format!(
        "grant_type=authorization_code&code={code}&client_id=app&client_secret=s&redirect_uri={CALLBACK}"
    );
    let headers = [
        FORM,
        ("host", "acme.my.salesforce.com"),
        ("x-forwarded-proto", "https"),
    ];
    let tokens = world
        .send("POST", "/services/oauth2/token", &headers, form)
        .await
        .json();
    let members: Vec<&str> = tokens
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "access_token",
        "refresh_token",
        "signature",
        "scope",
        "instance_url",
        "id",
        "token_type",
        "issued_at",
    ];
    assert_eq!(members, expected);
    assert_eq!(tokens["instance_url"], "https://acme.my.salesforce.com");
    assert_eq!(
        tokens["id"],
        "https://acme.my.salesforce.com/id/00D5i000000LGNDEA4/005i0000001VNdeAAG"
    );
    assert_eq!(tokens["issued_at"], "1700000000000");
    assert!(
        tokens["access_token"]
            .as_str()
            .unwrap()
            .starts_with("00D5i000000LGND!AQ")
    );
}

#[tokio::test]
async fn a_code_works_once_for_its_address_and_for_a_quarter_of_an_hour() {
    let world = World::with("salesforce", Consent::Auto).await;
    let first = code(&world).await;
    assert_eq!(exchange(&world, &first).await.status, 200);
    let again = exchange(&world, &first).await;
    assert_eq!(again.status, 400);
    assert_eq!(
        again.json(),
        json!({"error": "invalid_grant", "error_description": "expired authorization code"})
    );
    let unknown = exchange(&world, "aPrxnothing").await.json();
    assert_eq!(unknown["error_description"], "invalid authorization code");
    let second = code(&world).await;
    let form = format!(
        "grant_type=authorization_code&code={second}&client_id=app&redirect_uri=https://other.example"
    );
    let elsewhere = world
        .send("POST", "/services/oauth2/token", &[FORM], form)
        .await
        .json();
    assert_eq!(elsewhere["error"], "redirect_uri_mismatch");
    world.order("/clock/advance", json!({"seconds": 901})).await;
    assert_eq!(
        exchange(&world, &second).await.json()["error_description"],
        "expired authorization code"
    );
    let other = world
        .send(
            "POST",
            "/services/oauth2/token",
            &[FORM],
            "grant_type=magic&client_id=app",
        )
        .await;
    assert_eq!(other.json()["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn another_sandbox_process_honours_codes_and_tokens() {
    let first = Salesforce::start().await;
    let code = code(&first.world).await;
    let second = World::start("salesforce").await;
    let bearer = format!("Bearer {}", first.token("access_token"));
    let limits = second
        .send(
            "GET",
            &format!("{BASE}/limits"),
            &[("authorization", &bearer)],
            "",
        )
        .await;
    assert_eq!(limits.status, 200);
    assert_eq!(
        refresh(&second, &first.token("refresh_token")).await.status,
        200
    );
    assert_eq!(exchange(&second, &code).await.status, 200);
    assert_eq!(exchange(&second, &code).await.status, 400);
}

#[tokio::test]
async fn a_session_ends_two_hours_after_its_last_use_and_is_refreshed() {
    let client = Salesforce::start().await;
    for _ in 0..2 {
        client
            .world
            .order("/clock/advance", json!({"seconds": 7100}))
            .await;
        assert_eq!(client.get("/limits").await.status, 200);
    }
    client
        .world
        .order("/clock/advance", json!({"seconds": 7200}))
        .await;
    let dead = client.get("/limits").await;
    assert_eq!(dead.status, 401);
    assert_eq!(
        dead.json(),
        json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
    );
    assert_eq!(dead.headers["www-authenticate"], "Token");
    let renewed = refresh(&client.world, &client.token("refresh_token"))
        .await
        .json();
    assert!(renewed["refresh_token"].is_null());
    assert_ne!(renewed["access_token"], client.tokens["access_token"]);
    assert_eq!(
        refresh(&client.world, &client.token("refresh_token"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_control_api_expires_and_revokes_and_refuses_grants() {
    let client = Salesforce::start().await;
    client
        .world
        .order(
            "/fail",
            json!({"vendor": "salesforce", "kind": "refuse_grant"}),
        )
        .await;
    let refused = refresh(&client.world, &client.token("refresh_token")).await;
    assert_eq!(
        refused.json()["error_description"],
        "expired access/refresh token"
    );
    client.world.expire().await;
    assert_eq!(client.get("/limits").await.status, 401);
    assert_eq!(
        refresh(&client.world, &client.token("refresh_token"))
            .await
            .status,
        200
    );
    client.world.revoke().await;
    assert_eq!(
        refresh(&client.world, &client.token("refresh_token"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_its_sessions() {
    let client = Salesforce::start().await;
    let form = format!("token={}", client.token("refresh_token"));
    let answer = client
        .world
        .send("POST", "/services/oauth2/revoke", &[FORM], form.clone())
        .await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    assert_eq!(client.get("/limits").await.status, 401);
    assert_eq!(
        refresh(&client.world, &client.token("refresh_token"))
            .await
            .status,
        400
    );
    let again = client
        .world
        .send("POST", "/services/oauth2/revoke", &[FORM], form)
        .await;
    assert_eq!(again.json()["error"], "invalid_token");
}

#[tokio::test]
async fn identity_and_introspection_tell_whose_token_it_is() {
    let client = Salesforce::start().await;
    let access = client.token("access_token");
    let identity = "/id/00D5i000000LGNDEA4/005i0000001VNdeAAG";
    let bearer = format!("Bearer {access}");
    let who = client
        .world
        .send("GET", identity, &[("authorization", &bearer)], "")
        .await
        .json();
    assert_eq!(who["user_id"], "005i0000001VNdeAAG");
    assert!(
        who["urls"]["rest"]
            .as_str()
            .unwrap()
            .ends_with("/services/data/v{version}/")
    );
    let bad = client
        .world
        .send("GET", identity, &[("authorization", "Bearer x")], "")
        .await;
    assert_eq!((bad.status, bad.text.as_str()), (403, "Bad_OAuth_Token"));
    let none = client.world.send("GET", identity, &[], "").await;
    assert_eq!(none.text, "Missing_OAuth_Token");
    let form = format!("token={access}&client_id=app");
    let active = client
        .world
        .send("POST", "/services/oauth2/introspect", &[FORM], form)
        .await
        .json();
    assert_eq!(active["active"], true);
    assert_eq!(active["username"], "alex.morgan@sandbox.example.com");
    let dead = client
        .world
        .send("POST", "/services/oauth2/introspect", &[FORM], "token=x")
        .await
        .json();
    assert_eq!(dead, json!({"active": false}));
}

#[tokio::test]
async fn password_grant_and_soap_login_open_sessions() {
    let world = World::start("salesforce").await;
    let form = "grant_type=password&client_id=app&client_secret=s&username=mei.chen%40sandbox.example.com&password=x";
    let tokens = world
        .send("POST", "/services/oauth2/token", &[FORM], form)
        .await
        .json();
    assert!(tokens["refresh_token"].is_null());
    let xml = "<env:Envelope><env:Body><n1:login><n1:username>mei.chen@sandbox.example.com</n1:username>\
               <n1:password>x</n1:password></n1:login></env:Body></env:Envelope>";
    let soap = world
        .send(
            "POST",
            "/services/Soap/u/59.0",
            &[("content-type", "text/xml")],
            xml,
        )
        .await;
    let between = |open: &str| {
        let (_, rest) = soap.text.split_once(open).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    assert_eq!(
        between("<serverUrl>"),
        format!("{}/services/Soap/u/59.0/00D5i000000LGND", world.origin())
    );
    assert!(
        tokens["id"]
            .as_str()
            .unwrap()
            .ends_with(&between("<userId>"))
    );
    let bearer = format!("OAuth {}", between("<sessionId>"));
    let limits = world
        .send(
            "GET",
            &format!("{BASE}/limits"),
            &[("authorization", &bearer)],
            "",
        )
        .await;
    assert_eq!(limits.status, 200);
}

#[tokio::test]
async fn a_challenged_code_needs_its_verifier() {
    let world = World::start("salesforce").await;
    let challenge =
        "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    let path = authorize(&format!("{challenge}&sandbox_decision=approve"));
    let code = world
        .send("GET", &path, &[], "")
        .await
        .redirected("code")
        .unwrap();
    assert_eq!(exchange(&world, &code).await.status, 400);
    let form = format!(
        "grant_type=authorization_code&code={code}&client_id=app&redirect_uri={CALLBACK}\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    assert_eq!(
        world
            .send("POST", "/services/oauth2/token", &[FORM], form)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_rate_limit_refuses_with_the_vendors_code_and_counts_in_a_header() {
    let client = Salesforce::start().await;
    let free = client.get("/limits").await;
    assert!(
        free.headers["sforce-limit-info"]
            .to_str()
            .unwrap()
            .ends_with("/15000")
    );
    client
        .world
        .order("/rate-limit", json!({"vendor": "salesforce", "limit": 1}))
        .await;
    assert_eq!(
        client.get("/limits").await.headers["sforce-limit-info"],
        "api-usage=1/1"
    );
    let over = client.get("/limits").await;
    assert_eq!(over.status, 403);
    assert_eq!(
        over.json(),
        json!([{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}])
    );
    client
        .world
        .order(
            "/rate-limit",
            json!({"vendor": "salesforce", "limit": null}),
        )
        .await;
    assert_eq!(client.get("/limits").await.status, 200);
}

#[tokio::test]
async fn an_assertion_names_application_and_user_and_serves_until_its_time() {
    use base64::Engine as _;
    let world = World::start("salesforce").await;
    let assert = |claims: serde_json::Value| {
        let part = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims.to_string());
        format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=e30.{part}.c2ln"
        )
    };
    let ask = async |form: String| {
        world
            .send("POST", "/services/oauth2/token", &[FORM], form)
            .await
            .json()
    };
    let claims = json!({
        "iss": "app", "sub": "mei.chen@sandbox.example.com", "aud": "https://login.salesforce.com", "exp": 4_102_444_800_u64,
    });
    let tokens = ask(assert(claims.clone())).await;
    assert!(tokens["access_token"].is_string(), "{tokens}");
    assert!(tokens["refresh_token"].is_null());
    let by_password = ask(
        "grant_type=password&client_id=app&client_secret=s&username=mei.chen%40sandbox.example.com&password=x".to_owned(),
    )
    .await;
    assert_eq!(tokens["id"], by_password["id"]);
    for (member, value, error, text) in [
        (
            "exp",
            json!(1),
            "invalid_grant",
            "expired authorization code",
        ),
        ("exp", json!("soon"), "invalid_grant", "invalid assertion"),
        ("aud", json!(""), "invalid_grant", "audience is invalid"),
        (
            "iss",
            json!("sandbox-invalid"),
            "invalid_client_id",
            "client identifier invalid",
        ),
    ] {
        let mut wrong = claims.clone();
        wrong[member] = value;
        let refusal = ask(assert(wrong)).await;
        assert_eq!(
            (&refusal["error"], &refusal["error_description"]),
            (&json!(error), &json!(text))
        );
    }
    let garbled =
        ask("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x".to_owned()).await;
    assert_eq!(garbled["error_description"], "invalid assertion");
}
