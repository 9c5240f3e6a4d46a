//! `ligand backup` beside a server that runs, and `ligand restore` elsewhere.

use std::path::Path;
use std::process::Command;

use ligand_server::config::Secret;
use ligand_store::Database;
use ligand_store::testing::TestDatabase;
use serde_json::Value;

use crate::support::TestApp;

async fn ligand(arguments: &[&Path]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ligand"));
    command.args(arguments).env_remove("LIGAND__VAULT__KEY");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn a_backup_of_a_running_server_is_of_use_with_the_key_alone_and_tells_what_may_be_stale() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("eloqua").await;
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("backup.db");
    let [backup, restore, flag] = ["backup", "restore", "--data"].map(Path::new);
    let (done, text) = ligand(&[backup, &file, flag, app.folder()]).await;
    assert!(done, "{text}");
    app.resource("GET", "/hubs/marketing/contacts", &token, Value::Null)
        .await
        .expect(200);
    // Nothing that opens it is in it, and nobody else reads it.
    let bytes = std::fs::read(&file).unwrap();
    let key = std::fs::read_to_string(app.folder().join("root.key")).unwrap();
    for secret in [key.trim(), &*token, &*app.user, &*app.password] {
        assert!(
            !bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes())
        );
    }
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    let (again, text) = ligand(&[backup, &file, flag, app.folder()]).await;
    assert!(!again && text.contains("already"), "{text}");

    let new = elsewhere.path().join("new");
    std::fs::create_dir(&new).unwrap();
    let (done, text) = ligand(&[restore, &file, flag, &new]).await;
    assert!(
        !done && text.contains("root key"),
        "without the key: {text}"
    );
    std::fs::write(new.join("root.key"), &key).unwrap();
    let (done, text) = ligand(&[restore, &file, flag, &new]).await;
    assert!(done, "{text}");
    assert!(text.contains(&format!("instance {id}: Test")), "{text}");
    let (done, text) = ligand(&[restore, &file, flag, &new]).await;
    assert!(!done && text.contains("move it away"), "{text}");
    let (done, text) = ligand(&[Path::new("audit"), Path::new("verify"), flag, &new]).await;
    assert!(
        done && text.contains("1 instances whose record holds, 0"),
        "{text}"
    );
}

#[tokio::test]
async fn a_backup_of_postgres_goes_into_an_empty_postgres_or_into_sqlite() {
    let (Some(database), Some(empty)) = (
        TestDatabase::postgres().unwrap(),
        TestDatabase::postgres().unwrap(),
    ) else {
        return;
    };
    let url = |database: &TestDatabase| match database.database() {
        Database::Postgres(url) => url,
        Database::Sqlite(_) => panic!("not PostgreSQL"),
    };
    let (source, target) = (url(&database), url(&empty));
    let key = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    let app = TestApp::with(|config| {
        config.database.url = Secret::new(&source);
        config.vault.key = Secret::new(key);
    })
    .await;
    let (id, token) = app.instance("eloqua").await;
    let folder = tempfile::tempdir().unwrap();
    let ask = async |command: &str, file: &Path, database: &str, key: &str| {
        let mut ligand = Command::new(env!("CARGO_BIN_EXE_ligand"));
        ligand
            .args([Path::new(command), file])
            .current_dir(folder.path())
            .env("LIGAND__DATABASE__URL", database)
            .env("LIGAND__VAULT__KEY", key);
        let output = tokio::task::spawn_blocking(move || ligand.output().unwrap());
        let output = output.await.unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let file = folder.path().join("backup.db");
    let (done, text) = ask("backup", &file, &source, key).await;
    assert!(done, "{text}");
    assert!(!folder.path().join("backup.db-wal").exists());
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    let (done, text) = ask("restore", &file, &source, key).await;
    assert!(!done && text.contains("empty one"), "{text}");
    let other = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";
    let (done, text) = ask("restore", &file, &target, other).await;
    assert!(!done && text.contains("root key"), "{text}");
    for place in [target.as_str(), "sqlite:moved.db"] {
        let (done, text) = ask("restore", &file, place, key).await;
        assert!(done, "{text}");
        assert!(text.contains(&format!("instance {id}: Test")), "{text}");
        assert!(!folder.path().join("data/restoring.db").exists());
        let place = place.replace("sqlite:", &format!("sqlite:{}/", folder.path().display()));
        let mut restored = TestApp::with(|config| {
            config.database.url = Secret::new(&place);
            config.vault.key = Secret::new(key);
        })
        .await;
        restored.user.clone_from(&app.user);
        restored.organization.clone_from(&app.organization);
        // The credential opens there, and the next instance gets the next number.
        let called = restored.resource("GET", "/hubs/marketing/contacts", &token, Value::Null);
        called.await.expect(200);
        assert_eq!(restored.instance("sfdc").await.0, id + 1);
    }
}
