//! `ligand keys` against a server that runs: as an operator would, from another process.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::cluster::{KEY, database, node};
use crate::support::TestApp;

async fn ligand(folder: &Path, arguments: &[&str]) -> (bool, String) {
    ligand_on(None, folder, arguments).await
}

/// The same on PostgreSQL, where the root key is configured.
async fn ligand_on(postgres: Option<&str>, folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ligand"));
    command
        .arg("keys")
        .args(arguments)
        .arg("--data")
        .arg(folder);
    command.env_remove("LIGAND__VAULT__KEY");
    if let Some(url) = postgres {
        command.env("LIGAND__DATABASE__URL", url);
        command.env("LIGAND__VAULT__KEY", KEY);
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// Rotates twice while instances are called, changed and made, none of which fails.
async fn rotated_under_load(app: &TestApp, postgres: Option<&str>) {
    let (id, token) = app.instance("sfdc").await;
    let (stop, served) = (AtomicBool::new(false), AtomicU64::new(0));
    let reading = async {
        while !stop.load(Ordering::Relaxed) {
            app.resource("GET", "/hubs/crm/contacts?pageSize=1", &token, Value::Null)
                .await
                .expect(200);
            served.fetch_add(1, Ordering::Relaxed);
        }
    };
    let writing = async {
        while !stop.load(Ordering::Relaxed) {
            let name = json!({"name": format!("n{}", served.load(Ordering::Relaxed))});
            app.platform("PATCH", &format!("/instances/{id}"), name)
                .await
                .expect(200);
            let body = app.guide_body("sfdc").await;
            app.platform("POST", "/instances", body).await.expect(200);
        }
    };
    let rotating = async {
        for _ in 0..2 {
            let (done, text) = ligand_on(postgres, app.folder(), &["rotate"]).await;
            assert!(done && text.contains("Done. 2 organizations"), "{text}");
        }
        // A while longer, under what is there now.
        let goal = served.load(Ordering::Relaxed) + 5;
        while served.load(Ordering::Relaxed) < goal {
            tokio::task::yield_now().await;
        }
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(reading, writing, rotating);
}

#[tokio::test]
async fn keys_are_rotated_while_calls_and_writes_go_on_and_none_fails_on_postgres() {
    let Some((_database, url)) = database() else {
        return;
    };
    let app = node(&url, |_| {}).await;
    rotated_under_load(&app, Some(&url)).await;
    let (done, status) = ligand_on(Some(&url), app.folder(), &["status"]).await;
    assert!(done && status.contains("(present)"), "{status}");
    assert!(status.contains("finished"), "{status}");
    // A node that starts now opens everything.
    let mut fresh = node(&url, |_| {}).await;
    fresh.user.clone_from(&app.user);
    fresh.organization.clone_from(&app.organization);
    let listed = fresh.ok("GET", "/instances", Value::Null).await;
    let listed = listed.as_array().unwrap();
    assert!(listed.len() > 1);
    for instance in listed {
        let path = format!("/instances/{}/configuration", instance["id"]);
        fresh.platform("GET", &path, Value::Null).await.expect(200);
    }
}

#[tokio::test]
async fn keys_are_rotated_while_calls_and_writes_go_on_and_none_fails() {
    let app = TestApp::start().await;
    let folder = app.folder().to_owned();
    let before = std::fs::read_to_string(folder.join("root.key")).unwrap();
    rotated_under_load(&app, None).await;
    let after = std::fs::read_to_string(folder.join("root.key")).unwrap();
    assert_ne!(before, after);
    assert_eq!(after.lines().count(), 1, "the former root key is gone");
    let (done, status) = ligand(&folder, &["status"]).await;
    assert!(
        done && status.contains("(present)") && status.contains("finished"),
        "{status}"
    );
    assert!(!status.contains(after.trim()) && !status.contains(before.trim()));
}

#[tokio::test]
async fn a_shredded_organization_is_refused_by_the_server_that_runs() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let folder = app.folder().to_owned();
    let (done, text) = ligand(&folder, &["shred", "2"]).await;
    assert!(!done && text.contains("--yes"), "{text}");
    let (done, text) = ligand(&folder, &["shred", "1", "--yes"]).await;
    assert!(!done && text.contains("no customer organization"), "{text}");
    app.resource("GET", "/hubs/crm/contacts", &token, Value::Null)
        .await
        .expect(200);

    let (done, text) = ligand(&folder, &["shred", "2", "--yes"]).await;
    assert!(done && text.contains("destroyed"), "{text}");
    let began = std::time::Instant::now();
    while app
        .resource("GET", "/hubs/crm/contacts", &token, Value::Null)
        .await
        .status
        == 200
    {
        assert!(began.elapsed().as_secs() < 2, "still served");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    app.resource("GET", "/hubs/crm/contacts", &token, Value::Null)
        .await
        .expect(401);
    app.platform("GET", "/instances", Value::Null)
        .await
        .expect(401);
}
