//! `Idempotency-Key`: a write is done once, and its outcome told again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

use ligand_model::id::OrganizationId;
use ligand_model::secret::TokenDigest;
use ligand_store::outcomes::{Begun, Once, Room};
use serde_json::{Value, json};

use crate::support::recorder::{Recorder, json as answer};
use crate::support::{Reply, TestApp};

struct World {
    app: TestApp,
    recorder: Recorder,
    status: Arc<AtomicU16>,
    token: String,
}

impl World {
    /// A vendor that numbers what it makes.
    async fn start() -> Self {
        Self::configured(|_| {}).await
    }

    /// The same with a configuration that was changed.
    async fn configured(change: impl FnOnce(&mut ligand_server::config::Config)) -> Self {
        let status = Arc::new(AtomicU16::new(200));
        let (told, made) = (Arc::clone(&status), AtomicU32::new(0));
        let recorder = Recorder::start(move |_| {
            let n = made.fetch_add(1, Ordering::SeqCst) + 1;
            answer(told.load(Ordering::SeqCst), &format!(r#"{{"id":"{n}"}}"#))
        })
        .await;
        let origin = recorder.origin.clone();
        let app = TestApp::with(|config| {
            config
                .vendor
                .connect
                .insert("api.example.com".to_owned(), origin);
            change(config);
        })
        .await;
        let element = json!({"name": "Own", "key": "own", "authentication": {"type": "custom"}, "hub": "crm",
            "configuration": [{"key": "base.url", "name": "Base", "defaultValue": "https://api.example.com"}],
            "resources": [{"method": "POST", "path": "/things", "vendorPath": "/things",
                "parameters": [{"name": "body", "type": "body", "vendorName": "body", "vendorType": "body"}]}]});
        app.ok("POST", "/elements", element).await;
        let body = json!({"element": {"key": "own"}, "name": "x"});
        let made = app.ok("POST", "/instances", body).await;
        Self {
            app,
            recorder,
            status,
            token: made["token"].as_str().unwrap().to_owned(),
        }
    }

    async fn post(&self, path: &str, key: &str, body: &str) -> Reply {
        let secrets = self.app.with_token(&self.token);
        self.post_as(&secrets, path, key, body).await
    }

    async fn post_as(&self, secrets: &str, path: &str, key: &str, body: &str) -> Reply {
        let headers = [
            ("authorization", secrets),
            ("idempotency-key", key),
            ("content-type", "application/json"),
        ];
        let path = format!("/elements/api-v2{path}");
        self.app
            .send("POST", &path, &headers, body.to_owned())
            .await
    }
}

#[tokio::test]
async fn a_repeated_write_reaches_the_vendor_once() {
    let world = World::start().await;
    let first = world.post("/things", "k1", r#"{"a":1}"#).await.expect(200);
    let again = world.post("/things", "k1", r#"{"a":1}"#).await.expect(200);
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(
        again.header("elements-original-request-id"),
        first.header("elements-request-id")
    );
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!(world.recorder.take().len(), 1);
    world.post("/things", "k2", r#"{"a":1}"#).await.expect(200);
    assert_eq!(
        world.recorder.take().len(),
        1,
        "another key is another deed"
    );
}

#[tokio::test]
async fn passthrough_and_the_platforms_own_writes_are_done_once_too() {
    let world = World::start().await;
    for _ in 0..2 {
        let reply = world.post("/passthrough/x", "k", "{}").await.expect(200);
        assert_eq!(reply.text(), r#"{"id":"1"}"#);
    }
    assert_eq!(world.recorder.take().len(), 1);
    let secrets = world.app.secrets();
    let body = json!({"element": {"key": "own"}, "name": "once"}).to_string();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let made = world.post_as(&secrets, "/instances", "i", &body).await;
        tokens.push(made.expect(200).json()["token"].clone());
    }
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    let count = world.app.ok("GET", "/instances/count", Value::Null).await;
    assert_eq!(count["totalInstances"], 2);
    let stored = world.app.everything_stored();
    assert!(
        !stored.contains(tokens[0].as_str().unwrap()),
        "outcomes are sealed"
    );
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let world = World::start().await;
    world.post("/things", "k", r#"{"a":1}"#).await.expect(200);
    for (path, body) in [
        ("/things", r#"{"a":2}"#),
        ("/passthrough/things", r#"{"a":1}"#),
    ] {
        let message = world.post(path, "k", body).await.error(422);
        assert!(message.contains("Idempotency-Key"), "{message}");
    }
    assert_eq!(world.recorder.take().len(), 1);
    for odd in ["", " ", &"x".repeat(256)] {
        world.post("/things", odd, "{}").await.error(400);
    }
    // A read has nothing to be done once.
    let secrets = world.app.secrets();
    let headers = [
        ("authorization", secrets.as_str()),
        ("idempotency-key", "k"),
    ];
    let read = world
        .app
        .send("GET", "/elements/api-v2/instances", &headers, "")
        .await;
    read.expect(200);
}

#[tokio::test]
async fn a_key_is_the_callers_own() {
    let world = World::start().await;
    let first = world.app.secrets();
    let neighbour = world.app.neighbour().await;
    let element = json!({"name": "Own", "key": "theirs", "authentication": {"type": "custom"}, "hub": "crm",
        "configuration": [{"key": "base.url", "name": "Base", "defaultValue": "https://api.example.com"}],
        "resources": [{"method": "POST", "path": "/things", "vendorPath": "/things"}]});
    for secrets in [&first, &neighbour] {
        let made = world
            .app
            .call("POST", "/elements", secrets, element.clone());
        made.await.expect(200);
    }
    // The same request under the same key, by two who do not know of each other: each is done, each is repeated alone.
    let body = json!({"element": {"key": "theirs"}, "name": "same"}).to_string();
    let mut made = Vec::new();
    for secrets in [&first, &neighbour, &first, &neighbour] {
        let reply = world.post_as(secrets, "/instances", "k", &body).await;
        made.push(reply.expect(200));
    }
    let token = |n: usize| made[n].json()["token"].clone();
    assert_ne!(token(0), token(1), "one was told what the other did");
    assert_eq!((token(0), token(1)), (token(2), token(3)));
    let told = |n: usize| made[n].header("idempotent-replayed").to_owned();
    assert_eq!([0, 1, 2, 3].map(told), ["", "", "true", "true"]);
    for (secrets, expected) in [(&first, 2), (&neighbour, 1)] {
        let listed = world.app.call("GET", "/instances", secrets, Value::Null);
        let listed = listed.await.expect(200).json();
        assert_eq!(listed.as_array().unwrap().len(), expected);
    }
    // What one did is no hindrance to another request of the other.
    world.post("/things", "t", "{}").await.expect(200);
    let other = json!({"element": {"key": "theirs"}, "name": "other"}).to_string();
    let other = world.post_as(&neighbour, "/instances", "t", &other).await;
    other.expect(200);
}

#[tokio::test]
async fn what_one_scoped_key_did_is_not_told_to_another() {
    let world = World::start().await;
    let mut authorizations = Vec::new();
    for scope in ["write", "read"] {
        let body = json!({"name": scope, "scopes": [scope]});
        let made = world.app.ok("POST", "/api-keys", body).await;
        let key = made["key"].as_str().unwrap();
        authorizations.push(format!("Bearer {key}, Element {}", world.token));
    }
    for _ in 0..2 {
        let done = world
            .post_as(&authorizations[0], "/things", "k", "{}")
            .await;
        done.expect(200);
    }
    assert_eq!(world.recorder.take().len(), 1);
    let other = world
        .post_as(&authorizations[1], "/things", "k", "{}")
        .await;
    other.error(403);
    assert_eq!(world.recorder.take().len(), 0);
}

#[tokio::test]
async fn what_was_only_explained_is_not_taken_for_done() {
    let world = World::start().await;
    let secrets = world.app.with_token(&world.token);
    let headers = [
        ("authorization", secrets.as_str()),
        ("idempotency-key", "k"),
        ("content-type", "application/json"),
        ("elements-explain", "dry-run"),
    ];
    let path = "/elements/api-v2/things";
    let explained = world.app.send("POST", path, &headers, "{}").await;
    explained.expect(200);
    assert_eq!(world.recorder.take().len(), 0);
    world.post("/things", "k", "{}").await.error(422);
    world.post("/things", "k2", "{}").await.expect(200);
    assert_eq!(world.recorder.take().len(), 1);
}

#[tokio::test]
async fn what_was_not_done_may_be_tried_again_under_the_same_key() {
    let world = World::start().await;
    world.status.store(429, Ordering::SeqCst);
    let secrets = world.app.with_token(&world.token);
    let limited = world.post_as(&secrets, "/things", "k", "{}").await;
    limited.error(429);
    world.recorder.take();
    world.status.store(200, Ordering::SeqCst);
    world.post("/things", "k", "{}").await.expect(200);
    // A failure that may have come after the deed stays what it is.
    world.status.store(500, Ordering::SeqCst);
    let failed = world.post("/things", "f", "{}").await;
    let message = failed.error(502);
    world.recorder.take();
    world.status.store(200, Ordering::SeqCst);
    let again = world.post("/things", "f", "{}").await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.error(502), message);
    assert_eq!(world.recorder.take().len(), 0);
}

#[tokio::test]
async fn an_outcome_is_forgotten_after_a_day() {
    let world = World::start().await;
    let first = world.post("/things", "k", "{}").await.expect(200);
    // To the last moment of the day it is told again, whatever was swept meanwhile.
    world.app.clock.advance(24 * 60 * 60 * 1000 - 1);
    let sweep = async || {
        ligand_server::service::notices::sweep(&world.app.app)
            .await
            .unwrap();
        let store = &world.app.app.store;
        store.count_outcomes(OrganizationId(2), 9).await.unwrap()
    };
    assert_eq!(sweep().await, 1);
    let again = world.post("/things", "k", "{}").await.expect(200);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.body, first.body);
    assert_eq!(world.recorder.take().len(), 1);
    world.app.clock.advance(2);
    let again = world.post("/things", "k", "{}").await.expect(200);
    assert_eq!(again.header("idempotent-replayed"), "");
    assert_ne!(again.body, first.body);
    assert_eq!(world.recorder.take().len(), 1);
    world.app.clock.advance(25 * 60 * 60 * 1000);
    assert_eq!(sweep().await, 0);
}

#[tokio::test]
async fn many_at_once_are_done_once() {
    let world = World::start().await;
    let mut calls = Vec::new();
    for _ in 0..8 {
        calls.push(world.post("/things", "k", "{}"));
    }
    let mut done = 0;
    for reply in crate::refresh::together(calls).await {
        match reply.status {
            200 => done += 1,
            409 => assert_eq!(reply.header("retry-after"), "1"),
            other => panic!("{other} {}", reply.text()),
        }
    }
    assert!(done >= 1);
    assert_eq!(world.recorder.take().len(), 1);
}

/// What a server leaves behind that ended between the vendor's answer and its own.
#[tokio::test]
async fn an_unknown_outcome_is_told_and_never_sent_again() {
    let world = World::start().await;
    world.post("/things", "k", "{}").await.expect(200);
    world.recorder.take();
    let organization = OrganizationId(2);
    // The same key and request as another process noted them, without an outcome.
    let row = world.app.raw_outcome(organization);
    let once = Once {
        organization,
        key: row.0,
        request: row.1,
        request_id: "5f00".to_owned(),
        process: "one that is gone".to_owned(),
        expires: ligand_model::time::Timestamp(i64::MAX),
        room: Room::Free,
    };
    let store = &world.app.app.store;
    store.forget_outcome(organization, row.0).await.unwrap();
    assert!(matches!(store.begin_once(once).await.unwrap(), Begun::New));
    for _ in 0..2 {
        let message = world.post("/things", "k", "{}").await.error(409);
        assert!(
            message.starts_with("The outcome of this request is unknown"),
            "{message}"
        );
        assert!(message.contains("5f00"), "{message}");
    }
    assert_eq!(world.recorder.take().len(), 0);
}

#[tokio::test]
async fn an_organization_keeps_no_more_outcomes_than_it_may() {
    let world = World::configured(|config| config.api.outcomes = 3).await;
    for key in ["a", "b", "c"] {
        world.post("/things", key, "{}").await.expect(200);
    }
    let reply = world.post("/things", "d", "{}").await;
    let message = reply.error(429);
    assert!(message.contains("at most 3"), "{message}");
    assert_eq!(world.recorder.take().len(), 3, "nothing was sent");
    // What is kept is told, and what asks for nothing is done.
    let again = world.post("/things", "a", "{}").await.expect(200);
    assert_eq!(again.header("idempotent-replayed"), "true");
    let plain = world
        .app
        .resource("POST", "/things", &world.token, json!({}))
        .await;
    plain.expect(200);
    // Its neighbour has room of its own.
    assert_eq!(
        world
            .app
            .app
            .store
            .count_outcomes(OrganizationId(3), 9)
            .await
            .unwrap(),
        0
    );
    // A day later there is room again.
    world.app.clock.advance(25 * 60 * 60 * 1000);
    let store = &world.app.app.store;
    store.prune_outcomes(world.app.app.now()).await.unwrap();
    world.post("/things", "d", "{}").await.expect(200);
}

impl TestApp {
    /// The digests of the one key that is stored.
    fn raw_outcome(&self, organization: OrganizationId) -> (TokenDigest, TokenDigest) {
        let path = self.app.config.data_dir().join("ligand.db");
        let connection = rusqlite::Connection::open(path).unwrap();
        let read =
            |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?));
        let (key, request) = connection
            .query_row(
                "SELECT key_digest, request_digest FROM outcomes WHERE organization_id = ?1",
                [organization.0],
                read,
            )
            .unwrap();
        (
            TokenDigest(key.try_into().unwrap()),
            TokenDigest(request.try_into().unwrap()),
        )
    }
}
