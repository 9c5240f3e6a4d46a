//! Attack 9: a stolen database, backup or data folder, without the root key that is kept elsewhere.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use base64::Engine as _;
use ligand_model::time::FixedClock;
use ligand_server::app::system::SystemEntropy;
use ligand_server::config::Config;
use ligand_server::start::{Surroundings, assemble};
use serde_json::json;

use super::{CREDENTIAL, instance, victim};
use crate::support::{START, TestApp};

fn key(byte: u8) -> String {
    base64::engine::general_purpose::STANDARD.encode([byte; 32])
}

/// What a thief sees who starts our own program on the stolen folder.
async fn opened(folder: &Path, change: impl FnOnce(&mut Config)) -> bool {
    let mut config = Config::defaults().unwrap();
    config.data.dir = folder.display().to_string();
    config.hooks.threads = 1;
    change(&mut config);
    let surroundings = Surroundings {
        clock: Arc::new(FixedClock::new(START)),
        entropy: Arc::new(SystemEntropy::new()),
        origin: format!("http://{}:1", Ipv4Addr::LOCALHOST),
        sandbox: Vec::new(),
    };
    assemble(config, surroundings).await.is_ok()
}

#[tokio::test]
async fn attack_9_a_stolen_database_backup_or_folder_opens_nothing() {
    let app = TestApp::with(|config| {
        config.vault.key = ligand_server::config::sections::Secret::new(&key(7));
    })
    .await;
    app.ok("POST", "/elements", victim(json!({}))).await;
    let (_, token) = instance(&app, json!({})).await;
    // All of the folder but `credentials.json`, which operators are told to take away.
    let stored = app.everything_stored();
    assert!(!app.folder().join("root.key").exists());
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("backup.db");
    let mut backup = Command::new(env!("CARGO_BIN_EXE_ligand"));
    backup.args([
        Path::new("backup"),
        &copy,
        Path::new("--data"),
        app.folder(),
    ]);
    let made = tokio::task::spawn_blocking(move || backup.output().unwrap());
    let made = made.await.unwrap();
    assert!(made.status.success(), "{made:?}");
    let backed_up = std::fs::read(&copy).unwrap();
    let backed_up = String::from_utf8_lossy(&backed_up);
    assert!(backed_up.contains("victim"), "it holds the database");
    for secret in [
        CREDENTIAL,
        &token,
        &app.user,
        &app.organization,
        &app.password,
        &key(7),
    ] {
        assert!(
            !secret.is_empty() && !stored.contains(secret) && !backed_up.contains(secret),
            "{secret} is stored in clear"
        );
    }
    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(&copy, restored.path().join("ligand.db")).unwrap();
    assert!(!opened(restored.path(), |_| {}).await, "the backup");
    let stolen = tempfile::tempdir().unwrap();
    app.copy_database(stolen.path());
    assert!(
        !opened(stolen.path(), |_| {}).await,
        "a key of its own making"
    );
    assert!(
        !opened(stolen.path(), |config| config.vault.key =
            ligand_server::config::sections::Secret::new(&key(8)))
        .await
    );
    // The same folder with the right key, so that it was the key that was missing.
    assert!(
        opened(stolen.path(), |config| config.vault.key =
            ligand_server::config::sections::Secret::new(&key(7)))
        .await
    );
}
