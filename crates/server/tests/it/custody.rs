//! Who did what with a credential, and where it went.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::TestApp;

async fn events(app: &TestApp, id: i64) -> Vec<(String, String)> {
    let path = format!("/instances/{id}/custody");
    let rows = app
        .platform("GET", &path, Value::Null)
        .await
        .expect(200)
        .json();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| (text(row, "event"), text(row, "detail")))
        .collect()
}

#[tokio::test]
async fn a_host_stands_there_once_in_whatever_letters_it_was_configured() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("marketo").await;
    let lists = "/hubs/marketing/lists?pageSize=1";
    let call = app.resource("GET", lists, &token, Value::Null);
    call.await.expect(200);
    let told = events(&app, id).await;
    let hosts: Vec<&str> = told
        .iter()
        .filter(|(event, _)| event == "host")
        .map(|(_, detail)| &**detail)
        .collect();
    assert_eq!(hosts, ["123-abc-456.mktorest.com"], "{told:?}");
}

#[tokio::test]
async fn the_record_names_every_host_every_refresh_and_every_change() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let made = events(&app, id).await;
    assert_eq!(
        made[1],
        ("host".to_owned(), "login.salesforce.com".to_owned()),
        "it was called while the instance was made: {made:?}"
    );
    for _ in 0..3 {
        app.resource("GET", "/hubs/crm/contacts?pageSize=1", &token, Value::Null)
            .await
            .expect(200);
    }
    app.platform("PATCH", &format!("/instances/{id}"), json!({"name": "new"}))
        .await
        .expect(200);
    let made = json!({"name": "k", "scopes": ["provision", "read"]});
    let key = app
        .platform("POST", "/api-keys", made)
        .await
        .expect(200)
        .json();
    let bearer = format!("Bearer {}", key["key"].as_str().unwrap());
    app.call(
        "DELETE",
        &format!("/instances/{id}/enabled"),
        &bearer,
        Value::Null,
    )
    .await
    .expect(200);

    let told = events(&app, id).await;
    let words: Vec<&str> = told.iter().map(|(event, _)| &**event).collect();
    let expected = [
        "created", "host", "updated", "revealed", "updated", "revealed",
    ];
    assert_eq!(words, expected, "{told:?}");
    assert!(told[0].1.contains("salesforce.com"), "{told:?}");
    let path = format!("/instances/{id}/custody?after=4");
    let last = app
        .platform("GET", &path, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&last[0]["detail"], &last[0]["apiKeyId"]),
        (&json!("disabled"), &key["id"])
    );
    let newest = format!("/instances/{id}/custody?order=desc&pageSize=3");
    let numbers = async |path: &str| {
        let rows = app
            .platform("GET", path, Value::Null)
            .await
            .expect(200)
            .json();
        let rows = rows.as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["number"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&newest).await, [6, 5, 4], "newest first");
    assert_eq!(numbers(&format!("{newest}&after=2")).await, [1]);
    let hosts = format!("/instances/{id}/custody?event=host");
    assert_eq!(numbers(&hosts).await, [2], "one kind alone");
    for wrong in [
        "order=up",
        "event=lost",
        "pageSize=0",
        "pageSize=1001",
        "after=-1",
    ] {
        let path = format!("/instances/{id}/custody?{wrong}");
        app.platform("GET", &path, Value::Null).await.error(400);
    }
    assert_eq!(last[0]["digest"].as_str().unwrap().len(), 64);
    assert!(!last[0]["requestId"].as_str().unwrap().is_empty());

    app.platform("DELETE", &format!("/instances/{id}"), Value::Null)
        .await
        .expect(200);
    assert_eq!(
        events(&app, id).await.last().unwrap().0,
        "deleted",
        "it outlives the instance"
    );
    let other = app.neighbour().await;
    let path = format!("/instances/{id}/custody");
    app.call("GET", &path, &other, Value::Null).await.error(404);
    app.platform("GET", &format!("{path}?after=x"), Value::Null)
        .await
        .error(400);
    let verified = app.app.store.verify_custody(|_, _| {}).await.unwrap();
    assert!(
        verified.broken.is_empty() && verified.records >= 5,
        "{verified:?}"
    );
}

#[tokio::test]
async fn a_token_that_is_shown_is_on_record_once_a_day_and_caller() {
    let app = TestApp::start().await;
    let (id, _) = app.instance("sfdc").await;
    let revealed = async || {
        let told = events(&app, id).await;
        told.iter().filter(|(event, _)| event == "revealed").count()
    };
    let path = format!("/instances/{id}");
    assert_eq!(revealed().await, 0, "it was made, and not shown since");
    for _ in 0..2 {
        app.ok("GET", &path, Value::Null).await;
        app.ok("GET", "/instances", Value::Null).await;
    }
    assert_eq!(revealed().await, 1);
    // Another key is another caller, and a list shows tokens, too.
    let made = json!({"name": "k", "scopes": ["read"]});
    let key = app.ok("POST", "/api-keys", made).await;
    let bearer = format!("Bearer {}", key["key"].as_str().unwrap());
    app.call("GET", "/instances", &bearer, Value::Null)
        .await
        .expect(200);
    assert_eq!(revealed().await, 2);
    app.clock.advance(86_400_000);
    app.ok("GET", &path, Value::Null).await;
    assert_eq!(revealed().await, 3);
    // What changes nothing shows the token all the same.
    for (method, path) in [
        ("PUT", format!("{path}/enabled")),
        ("PATCH", path.clone()),
        ("PUT", format!("/elements/sfdc{path}")),
    ] {
        app.clock.advance(86_400_000);
        let before = revealed().await;
        app.ok(method, &path, json!({})).await;
        assert_eq!(revealed().await, before + 1, "{method} {path}");
    }
}

/// `ligand audit verify` on a folder whose server may run: its status and what it said.
async fn verify(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ligand"));
    command.args(["audit", "verify", "--data"]).arg(folder);
    command.args(arguments).env_remove("LIGAND__VAULT__KEY");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn an_entry_cut_off_the_end_shows_against_heads_that_were_kept() {
    let app = TestApp::start().await;
    let (id, _) = app.instance("sfdc").await;
    let (other, _) = app.instance("sfdc").await;
    let folder = app.folder();
    let (code, heads) = verify(folder, &["--heads"]).await;
    assert_eq!(code, Some(0), "{heads}");
    let kept = folder.join("heads.txt");
    std::fs::write(&kept, &heads).unwrap();
    let against = ["--against", kept.to_str().unwrap()];
    // A record that went on since holds.
    let path = format!("/instances/{id}");
    app.ok("PATCH", &path, json!({"name": "new"})).await;
    let (code, said) = verify(folder, &against).await;
    assert!(said.contains("2 of 2 kept entries are there."), "{said}");
    assert_eq!(code, Some(0), "{said}");

    let database = rusqlite::Connection::open(app.app.config.data_dir().join("ligand.db")).unwrap();
    let cut = "DELETE FROM custody WHERE instance_id = ?1 AND number >= 2";
    assert!(database.execute(cut, [id]).unwrap() >= 2);
    let (code, said) = verify(folder, &[]).await;
    assert_eq!(code, Some(0), "the chain alone cannot tell: {said}");
    let (code, said) = verify(folder, &against).await;
    let told = format!("organization 2, instance {id}: entry 2, which was kept, was cut off");
    assert!(said.contains(&told) && said.contains("1 of 2"), "{said}");
    assert_eq!(code, Some(1), "{said}");
    // A chain that holds and is another than the one that was.
    let replaced = format!("2 {other} 2 {}\n", "0".repeat(64));
    std::fs::write(&kept, replaced).unwrap();
    let (code, said) = verify(folder, &against).await;
    let told = format!("instance {other}: entry 2, which was kept, was cut off or replaced");
    assert!(said.contains(&told) && said.contains("0 of 1"), "{said}");
    assert_eq!(code, Some(1), "{said}");
    // A record that is gone as a whole.
    std::fs::write(&kept, &heads).unwrap();
    let change = "UPDATE custody SET detail = 'elsewhere' WHERE instance_id = ?1 AND number = 1";
    database.execute(change, [other]).unwrap();
    let (code, said) = verify(folder, &[]).await;
    let told = format!("organization 2, instance {other}: entry 1 was changed, removed or put in");
    assert!(code == Some(1) && said.contains(&told), "{said}");
    database.execute("DELETE FROM custody", []).unwrap();
    let (code, said) = verify(folder, &against).await;
    assert!(code == Some(1) && said.contains("0 of 2"), "{said}");

    std::fs::write(&kept, "2 1 2\n").unwrap();
    let (code, said) = verify(folder, &against).await;
    assert!(code == Some(1) && said.contains("line 1"), "{said}");
}
