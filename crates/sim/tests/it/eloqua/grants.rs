//! Who gets in: pages, codes, tokens, and where the site is.

use ligand_sim::Consent;
use serde_json::{Value, json};

use super::{AUTHORIZE, CLIENT, Eloqua, exchange};
use crate::world::{Answer, FORM, World};

/// `Site\User:password`.
const PERSON: (&str, &str) = ("authorization", "Basic U2l0ZVxVc2VyOnBhc3N3b3Jk");

async fn refresh(world: &World, token: &str) -> Answer {
    let form = format!("grant_type=refresh_token&refresh_token={token}&scope=full");
    world
        .send("POST", "/auth/oauth2/token", &[CLIENT, FORM], form)
        .await
}

/// The address that a page's form posts to.
fn action(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("action=\"").unwrap();
    rest.split_once('"').unwrap().0.replace("&amp;", "&")
}

#[tokio::test]
async fn a_person_signs_in_and_accepts_twice() {
    let world = World::start("eloqua").await;
    let first = world.send("GET", AUTHORIZE, &[], "").await;
    assert!(first.text.contains("<strong>Sandbox</strong>"));
    let (_, link) = first
        .text
        .split_once("id=\"login-button\" href=\"")
        .unwrap();
    let link = link.split_once('"').unwrap().0.replace("&amp;", "&");
    let login = world.send("GET", &link, &[], "").await;
    for id in ["sitename", "username", "password", "submitButton"] {
        assert!(login.text.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let form = "sandbox_step=consent&sitename=Acme&username=ann&password=x";
    let consent = world.send("POST", &action(&login), &[FORM], form).await;
    assert!(consent.text.contains("id=\"accept\""));
    assert!(consent.text.contains("Acme\\ann"));
    let form = "sandbox_step=confirm&user=Acme%5Cann";
    let confirm = world.send("POST", &action(&consent), &[FORM], form).await;
    assert!(confirm.text.contains("id=\"accept\"") && confirm.text.contains("Deny"));
    let form = "sandbox_step=grant&user=Acme%5Cann";
    let done = world.send("POST", &action(&confirm), &[FORM], form).await;
    assert_eq!(done.status, 302);
    assert!(done.location().starts_with("https://app.example/cb?code="));
    assert_eq!(done.redirected("state").as_deref(), Some("eloqua"));
    let tokens = exchange(&world, &done.redirected("code").unwrap())
        .await
        .json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let id = world
        .send("GET", "/id", &[("authorization", &bearer)], "")
        .await
        .json();
    assert_eq!(
        (&id["site"]["name"], &id["user"]["username"]),
        (&json!("Acme"), &json!("ann"))
    );
}

#[tokio::test]
async fn who_denies_is_sent_back_with_an_error() {
    let world = World::start("eloqua").await;
    let path = AUTHORIZE;
    let denied = world.send("POST", path, &[FORM], "sandbox_step=deny").await;
    assert_eq!(
        denied.location(),
        "https://app.example/cb?error=access_denied&state=eloqua"
    );
    let path = format!("{AUTHORIZE}&sandbox_decision=deny");
    let denied = world.send("GET", &path, &[], "").await;
    assert_eq!(denied.redirected("error").as_deref(), Some("access_denied"));
    let form = "sandbox_step=consent&sitename=Acme&username=ann&password=sandbox-invalid";
    let again = world.send("POST", AUTHORIZE, &[FORM], form).await;
    assert!(again.text.contains("role=\"alert\"") && again.text.contains("id=\"submitButton\""));
}

#[tokio::test]
async fn a_request_without_client_or_target_is_answered_on_a_page() {
    let world = World::start("eloqua").await;
    for (query, wanted) in [
        (
            "response_type=code&redirect_uri=https://a.example",
            "The &quot;client_id&quot; parameter is required.",
        ),
        (
            "response_type=code&client_id=app",
            "The &quot;redirect_uri&quot; parameter is required.",
        ),
        (
            "response_type=code&client_id=sandbox-invalid&redirect_uri=https://a.example",
            "not a valid client",
        ),
    ] {
        let answer = world
            .send("GET", &format!("/auth/oauth2/authorize?{query}"), &[], "")
            .await;
        assert_eq!(answer.status, 200);
        assert!(answer.text.contains(wanted), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_code_and_a_refresh_token_work_once() {
    let world = World::with("eloqua", Consent::Auto).await;
    let code = world
        .send("GET", AUTHORIZE, &[], "")
        .await
        .redirected("code")
        .unwrap();
    let first = exchange(&world, &code).await;
    assert_eq!(first.status, 200);
    let first = first.json();
    assert_eq!(
        (&first["expires_in"], &first["token_type"]),
        (&json!(28_800), &json!("bearer"))
    );
    let again = exchange(&world, &code).await;
    assert_eq!(
        (again.status, &again.json()["error"]),
        (400, &json!("invalid_grant"))
    );
    let old = first["refresh_token"].as_str().unwrap();
    let second = refresh(&world, old).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let reused = refresh(&world, old).await;
    assert_eq!(
        (reused.status, &reused.json()["error"]),
        (401, &json!("invalid_grant"))
    );
    assert_eq!(
        refresh(&world, second["refresh_token"].as_str().unwrap())
            .await
            .status,
        200
    );
    let unknown = world
        .send(
            "POST",
            "/auth/oauth2/token",
            &[FORM],
            "grant_type=refresh_token",
        )
        .await;
    assert_eq!(
        (unknown.status, &unknown.json()["error"]),
        (401, &json!("invalid_client"))
    );
}

#[tokio::test]
async fn the_identity_call_tells_where_the_site_is_or_that_nobody_is_known() {
    let world = World::start("eloqua").await;
    let nobody = world.send("GET", "/id", &[], "").await;
    assert_eq!(
        (nobody.status, nobody.text.as_str()),
        (200, "\"Not authenticated.\"")
    );
    let id = world.send("GET", "/id", &[PERSON], "").await.json();
    assert_eq!(id["urls"]["base"], world.origin());
    assert_eq!(id["site"]["name"], "Site");
    let rest = format!("{}/API/REST/{{version}}/", world.origin());
    assert_eq!(id["urls"]["apis"]["rest"]["standard"], rest);
    let mapped = [
        PERSON,
        ("host", "login.eloqua.com"),
        ("x-forwarded-proto", "https"),
    ];
    let id = world.send("GET", "/id", &mapped, "").await.json();
    assert_eq!(id["urls"]["base"], "https://secure.p01.eloqua.com");
}

#[tokio::test]
async fn a_dead_token_is_401_after_eight_hours_or_when_revoked() {
    let eloqua = Eloqua::start().await;
    eloqua.get("/API/REST/2.0/data/contacts?count=1").await;
    eloqua
        .world
        .order("/clock/advance", json!({"seconds": 28_801}))
        .await;
    let dead = eloqua
        .call("GET", "/API/REST/2.0/data/contacts", Value::Null)
        .await;
    assert_eq!((dead.status, dead.text.as_str()), (401, "Login required."));
    let id = eloqua.call("GET", "/id", Value::Null).await;
    assert_eq!(id.text, "\"Not authenticated.\"");
    let other = Eloqua::start().await;
    other.world.revoke().await;
    assert_eq!(
        other
            .call("GET", "/api/rest/2.0/data/contacts", Value::Null)
            .await
            .status,
        401
    );
}
