//! Grants of a vendor that rotates: kept whatever follows, renewed once in the cluster, condemned only when refused.

mod lasting;

use std::sync::{Arc, Mutex};

use axum::response::Response;
use serde_json::{Value, json};

use crate::support::recorder::{Asked, Recorder, json as answer};
use crate::support::{Reply, TestApp};

/// What the vendor does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    /// Rotates, and its answer is useless.
    LosesAnswers,
    /// The application's secret is wrong.
    RefusesApplication,
    /// What follows a renewal fails.
    FailsAfterwards,
    /// The token endpoint is down.
    Down,
}

/// A vendor whose refresh tokens work once.
struct Vendor {
    /// The number of the grant that it honours.
    grant: u32,
    mood: Mood,
    /// Whether the access token has passed.
    expired: bool,
    /// Happens while it is asked for the next grant.
    meanwhile: Box<dyn Fn() + Send>,
}

/// An application with one instance at that vendor.
pub struct World {
    pub app: TestApp,
    pub recorder: Recorder,
    vendor: Arc<Mutex<Vendor>>,
    pub id: i64,
    token: String,
}

fn vendor_answers(vendor: &Mutex<Vendor>, asked: &Asked) -> Response {
    let mut vendor = vendor.lock().unwrap();
    if asked.path == "/token" {
        (vendor.meanwhile)();
        let form = String::from_utf8_lossy(&asked.body).into_owned();
        let current = form.contains(&format!("refresh_token=r{}", vendor.grant));
        return match vendor.mood {
            Mood::Down => answer(503, "{}"),
            Mood::RefusesApplication => answer(401, r#"{"error":"invalid_client"}"#),
            _ if !current => answer(400, r#"{"error":"invalid_grant"}"#),
            mood => {
                vendor.grant += 1;
                vendor.expired = false;
                if mood == Mood::LosesAnswers {
                    return answer(500, "lost");
                }
                let n = vendor.grant;
                let body = json!({"access_token": format!("a{n}"), "refresh_token": format!("r{n}"), "expires_in": 3600});
                answer(200, &body.to_string())
            }
        };
    }
    if asked.path == "/after" {
        return match vendor.mood {
            Mood::FailsAfterwards => answer(500, "{}"),
            _ => answer(200, r#"{"site": "s"}"#),
        };
    }
    let wanted = format!("Bearer a{}", vendor.grant);
    if asked.header("authorization") == wanted && !vendor.expired {
        answer(200, r#"[{"id":"1"}]"#)
    } else {
        answer(401, r#"{"message":"expired"}"#)
    }
}

impl World {
    pub async fn start() -> Self {
        Self::with(Value::Null).await
    }

    /// With members of `authentication` beside the usual ones.
    async fn with(authentication: Value) -> Self {
        Self::configured(authentication, |_| {}).await
    }

    /// The same with a configuration that was changed.
    pub async fn configured(
        authentication: Value,
        change: impl FnOnce(&mut ligand_server::config::Config),
    ) -> Self {
        let vendor = Arc::new(Mutex::new(Vendor {
            grant: 1,
            mood: Mood::Well,
            expired: false,
            meanwhile: Box::new(|| {}),
        }));
        let shared = Arc::clone(&vendor);
        let recorder = Recorder::start(move |asked| vendor_answers(&shared, asked)).await;
        let origin = recorder.origin.clone();
        let app = TestApp::with(|config| {
            for host in ["api.example.com", "auth.example.com"] {
                config
                    .vendor
                    .connect
                    .insert(host.to_owned(), origin.clone());
            }
            change(config);
        })
        .await;
        let mut kind = json!({"type": "oauth2"});
        for (key, value) in authentication.as_object().into_iter().flatten() {
            kind[key] = value.clone();
        }
        let entry =
            |key: &str, value: &str| json!({"key": key, "name": key, "defaultValue": value});
        let element = json!({"name": "My OAuth", "key": "myoauth", "hub": "crm", "authentication": kind,
        "configuration": [
            entry("base.url", "https://api.example.com"),
            entry("oauth.token.url", "https://auth.example.com/token"),
            entry("oauth.authorization.url", "https://auth.example.com/authorize"),
            entry("oauth.api.key", ""), entry("oauth.api.secret", ""), entry("oauth.callback.url", "")
        ],
        "resources": [
            {"method": "GET", "path": "/things", "vendorPath": "/things"},
            {"method": "GET", "path": "/after", "vendorPath": "/after", "type": "onRefresh",
             "parameters": [{"name": "site", "type": "bodyField", "vendorName": "site",
                "vendorType": "configuration", "source": "response"}]}
        ]});
        app.ok("POST", "/elements", element).await;
        let body = json!({"element": {"key": "myoauth"}, "name": "x", "externalAuthentication": "initial",
            "configuration": {"oauth.api.key": "key", "oauth.api.secret": "s3cret-of-the-application",
                "oauth.callback.url": "https://x", "oauth.user.refresh_token": "r1"}});
        let made = app.ok("POST", "/instances", body).await;
        recorder.take();
        Self {
            app,
            recorder,
            vendor,
            id: made["id"].as_i64().unwrap(),
            token: made["token"].as_str().unwrap().to_owned(),
        }
    }

    /// Does this whenever the vendor is asked for the next grant.
    pub fn while_asked(&self, meanwhile: impl Fn() + Send + 'static) {
        self.vendor.lock().unwrap().meanwhile = Box::new(meanwhile);
    }

    /// The vendor no longer honours the access token that was issued last; the refresh token it does.
    pub fn expire(&self) {
        self.vendor.lock().unwrap().expired = true;
    }

    fn mood(&self, mood: Mood) {
        self.vendor.lock().unwrap().mood = mood;
    }

    pub async fn call(&self) -> Reply {
        self.app
            .resource("GET", "/things", &self.token, Value::Null)
            .await
    }

    pub async fn shown(&self) -> Value {
        let path = format!("/instances/{}", self.id);
        self.app.ok("GET", &path, Value::Null).await
    }

    pub fn token_calls(&self) -> usize {
        let asked = self.recorder.take();
        asked.iter().filter(|asked| asked.path == "/token").count()
    }

    pub fn an_hour_later(&self) {
        self.app.clock.advance(3_700_000);
    }

    pub async fn round(&self) -> usize {
        ligand_server::service::refresh::worker::round(&self.app.app)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn two_nodes_renew_a_grant_once() {
    let world = World::start().await;
    let (_, base) = world.app.node().await;
    world.an_hour_later();
    let secrets = world.app.with_token(&world.token);
    let mut calls = Vec::new();
    for n in 0..10 {
        let origin = if n % 2 == 0 { &world.app.base } else { &base };
        let url = format!("{origin}/elements/api-v2/things");
        let (app, secrets) = (&world.app, &secrets);
        calls.push(async move {
            let headers = [("authorization", secrets.as_str())];
            app.send("GET", &url, &headers, "").await
        });
    }
    for reply in crate::refresh::together(calls).await {
        reply.expect(200);
    }
    assert_eq!(world.token_calls(), 1);
}

#[tokio::test]
async fn a_lease_of_another_node_is_waited_for() {
    let world = World::start().await;
    let (organization, id) = (
        ligand_model::id::OrganizationId(2),
        ligand_model::id::InstanceId(world.id),
    );
    world.an_hour_later();
    let store = &world.app.app.store;
    let row = store.grant(organization, id).await.unwrap().unwrap();
    let until = ligand_model::time::Clock::now(&*world.app.clock).plus_millis(60_000);
    let fence = store
        .lease_grant(&row.instance, until)
        .await
        .unwrap()
        .unwrap();
    let release = async {
        // The call below waits meanwhile; whichever runs first, the vendor must not be asked before.
        tokio::task::yield_now().await;
        assert_eq!(world.token_calls(), 0);
        store
            .release_grant(organization, id, fence, false, None)
            .await
            .unwrap();
    };
    let (reply, ()) = tokio::join!(world.call(), release);
    reply.expect(200);
    assert_eq!(world.token_calls(), 1);
}

#[tokio::test]
async fn a_rotated_grant_is_kept_although_what_follows_it_fails() {
    let world = World::start().await;
    world.an_hour_later();
    world.mood(Mood::FailsAfterwards);
    world.call().await.error(502);
    assert_eq!(world.shown().await["valid"], true);
    world.mood(Mood::Well);
    world.call().await.expect(200);
    assert_eq!(world.token_calls(), 2, "what was left undone is done again");
    world.call().await.expect(200);
    assert_eq!(world.token_calls(), 0);
}

#[tokio::test]
async fn a_refusal_of_the_application_condemns_nobody() {
    let world = World::start().await;
    world.an_hour_later();
    world.mood(Mood::RefusesApplication);
    let message = world.call().await.error(403);
    assert!(message.contains("invalid_client"), "{message}");
    assert_eq!(world.shown().await["valid"], true);
    world.mood(Mood::Well);
    world.call().await.expect(200);
}

#[tokio::test]
async fn a_refusal_says_since_when_and_why() {
    let world = World::start().await;
    world.an_hour_later();
    world.vendor.lock().unwrap().grant = 99;
    world.call().await.error(401);
    let shown = world.shown().await;
    assert_eq!(
        (
            &shown["valid"],
            &shown["invalidReason"],
            &shown["invalidSince"]
        ),
        (
            &json!(false),
            &json!("refused"),
            &json!("2026-01-05T09:01:40Z")
        )
    );
    let metrics = world.app.app.metrics.render(0);
    assert!(
        metrics.contains("ligand_grants_condemned_total{reason=\"refused\"} 1"),
        "{metrics}"
    );
}

#[tokio::test]
async fn an_answer_that_never_arrived_is_told_apart_from_a_refusal() {
    let world = World::start().await;
    world.an_hour_later();
    world.mood(Mood::LosesAnswers);
    world.call().await.error(502);
    assert_eq!(world.shown().await["valid"], true);
    world.mood(Mood::Well);
    world.call().await.error(401);
    assert_eq!(world.shown().await["invalidReason"], "answer_lost");
}

#[tokio::test]
async fn grants_in_use_are_renewed_before_they_pass() {
    let world = World::start().await;
    world.app.clock.advance(1_000);
    world.call().await.expect(200);
    world.recorder.take();
    assert_eq!(world.round().await, 0, "nothing is due yet");
    world.app.clock.advance(55 * 60_000);
    assert_eq!(world.round().await, 1);
    assert_eq!(world.token_calls(), 1);
    world.app.clock.advance(10 * 60_000);
    world.call().await.expect(200);
    assert_eq!(world.token_calls(), 0, "the call found it fresh");
}

#[tokio::test]
async fn grants_that_nobody_uses_are_renewed_only_before_their_vendor_forgets_them() {
    let world = World::with(json!({"idleLifetime": 30 * 86_400})).await;
    for _ in 0..13 {
        world.app.clock.advance(86_400_000);
        assert_eq!(world.round().await, 0);
    }
    world.app.clock.advance(2 * 86_400_000);
    assert_eq!(world.round().await, 1);
    assert_eq!(world.token_calls(), 1);
    let unkept = World::start().await;
    for _ in 0..60 {
        unkept.app.clock.advance(86_400_000);
        assert_eq!(unkept.round().await, 0);
    }
}

#[tokio::test]
async fn a_grant_that_does_not_open_keeps_no_other_from_being_renewed() {
    let world = World::start().await;
    let (spoilt, _) = world.app.instance("sfdc").await;
    world.app.clock.advance(1_000);
    world.call().await.expect(200);
    world.recorder.take();
    world.app.clock.advance(55 * 60_000);
    {
        let path = world.app.app.config.data_dir().join("ligand.db");
        let connection = rusqlite::Connection::open(path).unwrap();
        let sql = "UPDATE instances SET document = zeroblob(64), refresh_due = 1 WHERE id = ?1";
        assert_eq!(connection.execute(sql, [spoilt]).unwrap(), 1);
    }
    assert_eq!(world.round().await, 1);
    assert_eq!(world.token_calls(), 1);
}

#[tokio::test]
async fn a_vendor_that_is_down_is_asked_again_later() {
    let world = World::start().await;
    world.app.clock.advance(1_000);
    world.call().await.expect(200);
    world.app.clock.advance(55 * 60_000);
    world.mood(Mood::Down);
    assert_eq!(world.round().await, 0);
    world.recorder.take();
    assert_eq!(world.round().await, 0);
    assert_eq!(world.token_calls(), 0, "not at once");
    world.mood(Mood::Well);
    world.app.clock.advance(61_000);
    assert_eq!(world.round().await, 1);
    assert_eq!(world.shown().await["valid"], true);
}
