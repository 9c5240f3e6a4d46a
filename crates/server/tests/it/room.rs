//! What an organization may have under way: whoever asks without end is told so, and its neighbour is not.

use serde_json::{Value, json};

use crate::support::TestApp;

/// Puts `most` rows of the first customer beside the one that is there, all of them like it but for what must differ.
fn fill(app: &TestApp, table: &str, columns: &str, own: &str, most: i64) {
    let path = app.app.config.data_dir().join("ligand.db");
    let connection = rusqlite::Connection::open(path).unwrap();
    let sql = format!(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {most}) \
         INSERT INTO {table} ({columns}) SELECT {own} FROM n, (SELECT * FROM {table} LIMIT 1)"
    );
    let made = connection.execute(&sql, []).unwrap();
    assert_eq!(i64::try_from(made).unwrap(), most);
}

#[tokio::test]
async fn consents_under_way_are_bounded_and_end_by_themselves() {
    let app = TestApp::start().await;
    let application = json!({"apiKey": "k", "apiSecret": "s"});
    app.ok("PUT", "/elements/sfdc/application", application)
        .await;
    let path = "/elements/sfdc/oauth/url/default";
    app.ok("GET", path, Value::Null).await;
    let most = ligand_store::oauth_states::MOST;
    fill(
        &app,
        "oauth_states",
        "id, organization_id, user_id, element_id, state_digest, secret_digest, payload, redeemed, created, expires",
        "1000 + x, organization_id, user_id, element_id, randomblob(32), randomblob(32), payload, 0, created, expires",
        most - 2,
    );
    app.ok("GET", path, Value::Null).await;
    let message = app.refused("GET", path, Value::Null, 429).await;
    assert!(message.contains("at most 10000 consents"), "{message}");
    let neighbour = app.neighbour().await;
    let mine = json!({"apiKey": "k", "apiSecret": "s"});
    app.call("PUT", "/elements/sfdc/application", &neighbour, mine)
        .await
        .expect(200);
    app.call("GET", path, &neighbour, Value::Null)
        .await
        .expect(200);
    app.clock.advance(11 * 60 * 1000);
    app.ok("GET", path, Value::Null).await;
}

#[tokio::test]
async fn connect_sessions_are_bounded_and_end_by_themselves() {
    let app = TestApp::start().await;
    let application = json!({"apiKey": "k", "apiSecret": "s"});
    app.ok("PUT", "/elements/sfdc/application", application)
        .await;
    let wanted = json!({"elements": ["sfdc"], "origins": ["https://app.example"]});
    app.ok("POST", "/connect/sessions", wanted.clone()).await;
    let most = ligand_store::connect::MOST;
    fill(
        &app,
        "connect_sessions",
        "id, organization_id, user_id, handle, token_digest, origins, payload, status, busy_until, callback_attempts, \
         created, expires",
        "1000 + x, organization_id, user_id, 'h' || x, randomblob(32), origins, payload, 'open', 0, 0, created, expires",
        most - 1,
    );
    let message = app
        .refused("POST", "/connect/sessions", wanted.clone(), 429)
        .await;
    assert!(
        message.contains("at most 10000 Connect sessions"),
        "{message}"
    );
    app.clock.advance(31 * 60 * 1000);
    app.ok("POST", "/connect/sessions", wanted).await;
}

#[tokio::test]
async fn imported_elements_are_bounded() {
    let app = TestApp::start().await;
    let own = |key: &str| json!({"name": key, "key": key, "hub": "crm", "authentication": {"type": "custom"}});
    app.ok("POST", "/elements", own("first")).await;
    fill(
        &app,
        "elements",
        "id, organization_id, account_id, element_key, definition, active, created, version",
        "20000 + x, organization_id, account_id, 'k' || x, definition, 1, created, 1",
        ligand_store::elements::MOST - 1,
    );
    let message = app.refused("POST", "/elements", own("more"), 429).await;
    assert!(message.contains("at most 1000 elements"), "{message}");
    app.ok("DELETE", "/elements/first", Value::Null).await;
    app.ok("POST", "/elements", own("more")).await;
}
