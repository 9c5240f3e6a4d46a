//! A crash at every named point (`ligand_store::fault::POINTS`) of making, changing and deleting instances, renewing
//! grants and writes that are done once: what `docs/reference/crash-matrix.md` promises is there after a restart, and the
//! vendor holds no grant that nobody has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use ligand_model::time::{FixedClock, FixedEntropy, Timestamp};
use ligand_store::fault::POINTS;
use ligand_store::testing::TestDatabase;
use ligand_store::vault::RootKey;
use ligand_store::{Database, Store, StoreOptions};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::process::{KEY, Process};
use crate::support::recorder::{Asked, Recorder, json as answer};

/// A vendor that outlives our crashes: grants by their number, each with the generation of its tokens.
#[derive(Debug, Default, Clone)]
pub struct Vendor {
    grants: BTreeMap<u32, u32>,
    last: u32,
    /// Access tokens that have passed.
    expired: BTreeSet<String>,
    things: u32,
}

impl Vendor {
    /// Every access token passes.
    pub fn expire(&mut self) {
        let current = self.grants.iter();
        self.expired = current
            .map(|(grant, generation)| format!("a{grant}.{generation}"))
            .collect();
    }

    /// How many it holds.
    pub fn grants(&self) -> usize {
        self.grants.len()
    }

    fn tokens(&self, grant: u32) -> Value {
        let generation = self.grants[&grant];
        json!({"access_token": format!("a{grant}.{generation}"), "refresh_token": format!("r{grant}.{generation}"),
            "expires_in": 86400})
    }

    /// The grant that a token belongs to, if it is its present one.
    fn grant_of(&self, token: &str) -> Option<u32> {
        let (grant, generation) = token.get(1..)?.split_once('.')?;
        let grant = grant.parse().ok()?;
        let current = self.grants.get(&grant)?;
        (current.to_string() == generation).then_some(grant)
    }

    pub fn answer(&mut self, asked: &Asked) -> Response {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&asked.body)
            .into_owned()
            .collect();
        let of = |name: &str| form.get(name).map_or("", String::as_str);
        match asked.path.as_str() {
            "/token" if of("grant_type") == "authorization_code" => {
                self.last += 1;
                self.grants.insert(self.last, 1);
                answer(200, &self.tokens(self.last).to_string())
            }
            "/token" => match self.grant_of(of("refresh_token")) {
                Some(grant) => {
                    *self.grants.entry(grant).or_default() += 1;
                    answer(200, &self.tokens(grant).to_string())
                }
                None => answer(400, r#"{"error":"invalid_grant"}"#),
            },
            "/revoke" => {
                if let Some(grant) = self.grant_of(of("token")) {
                    self.grants.remove(&grant);
                }
                answer(200, "{}")
            }
            _ => {
                let token = asked.header("authorization").trim_start_matches("Bearer ");
                if self.grant_of(token).is_none() || self.expired.contains(token) {
                    return answer(401, r#"{"message":"expired"}"#);
                }
                if asked.method == "POST" {
                    self.things += 1;
                }
                answer(200, &json!({"id": self.things.to_string()}).to_string())
            }
        }
    }
}

/// The vendor's element.
pub fn element() -> Value {
    let entry = |key: &str, value: &str| json!({"key": key, "name": key, "defaultValue": value});
    json!({"name": "Own", "key": "own", "hub": "crm", "authentication": {"type": "oauth2"},
    "configuration": [
        entry("base.url", "https://api.example.com"),
        entry("oauth.token.url", "https://auth.example.com/token"),
        entry("oauth.token.revoke_url", "https://auth.example.com/revoke"),
        entry("oauth.authorization.url", "https://auth.example.com/authorize"),
        entry("oauth.api.key", ""), entry("oauth.api.secret", ""), entry("oauth.callback.url", "")
    ],
    "resources": [
        {"type": "provisionAuthValidation", "method": "GET", "path": "/things", "vendorPath": "/things"},
        {"method": "GET", "path": "/things", "vendorPath": "/things"},
        {"method": "POST", "path": "/things", "vendorPath": "/things"}
    ]})
}

/// How an account of it is connected.
pub fn account(name: &str) -> Value {
    json!({"element": {"key": "own"}, "name": name, "providerData": {"code": "c"},
        "configuration": {"oauth.api.key": "k", "oauth.api.secret": "s", "oauth.callback.url": "https://x"}})
}

struct World {
    folder: tempfile::TempDir,
    database: Option<String>,
    vendor: Arc<watch::Sender<Vendor>>,
    secrets: String,
    user: String,
}

impl World {
    async fn start(database: Option<String>) -> Self {
        let vendor = Arc::new(watch::Sender::new(Vendor::default()));
        let shared = Arc::clone(&vendor);
        let recorder = Recorder::start(move |asked| {
            let mut reply = None;
            shared.send_modify(|vendor| reply = Some(vendor.answer(asked)));
            reply.unwrap()
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let configuration = format!(
            "[vendor.connect]\n\"api.example.com\" = \"{0}\"\n\"auth.example.com\" = \"{0}\"\n[grants]\n\
             renew_ahead = false\nfarewell_after = \"200ms\"\n[telemetry]\nmetrics_listen = \"\"\n",
            recorder.origin
        );
        std::fs::write(folder.path().join("ligand.toml"), configuration).unwrap();
        let mut world = Self {
            folder,
            database,
            vendor,
            secrets: String::new(),
            user: String::new(),
        };
        let server = world.serve(None).await;
        let told = std::fs::read(world.folder.path().join("data/credentials.json")).unwrap();
        let told: Value = serde_json::from_slice(&told).unwrap();
        let of = |name: &str| told[name].as_str().unwrap();
        world.user = format!("User {}", of("userSecret"));
        world.secrets = format!("{}, Organization {}", world.user, of("organizationSecret"));
        let element = element();
        let made = world.ask(&server, "POST", "/elements", &element).await;
        assert_eq!(made.as_ref().unwrap().0, 200, "{made:?}");
        world
    }

    async fn serve(&self, fault: Option<&str>) -> Process {
        let mut environment = Vec::new();
        if let Some(url) = &self.database {
            environment.extend([
                ("LIGAND__DATABASE__URL", url.as_str()),
                ("LIGAND__VAULT__KEY", KEY),
            ]);
        }
        environment.extend(fault.map(|name| ("LIGAND_FAULT", name)));
        Process::start(self.folder.path(), "data", &environment).await
    }

    async fn ask(
        &self,
        server: &Process,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Option<(u16, Value)> {
        let headers = [("authorization", self.secrets.as_str())];
        server.call(method, path, &headers, body).await
    }

    async fn make(&self, server: &Process, name: &str) -> Option<(u16, Value)> {
        self.ask(server, "POST", "/instances", &account(name)).await
    }

    async fn call(
        &self,
        server: &Process,
        method: &str,
        token: &str,
        key: Option<&str>,
    ) -> Option<(u16, Value)> {
        let authorization = format!("{}, Element {token}", self.user);
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        let body = if method == "POST" {
            json!({"a": 1})
        } else {
            Value::Null
        };
        server.call(method, "/things", &headers, &body).await
    }

    /// Every instance is whole, has the name it should have, and the vendor holds the grants of these alone.
    async fn check(&self, server: &Process, expected: &BTreeMap<i64, String>, point: &str) {
        let listed = self
            .ask(server, "GET", "/instances?pageSize=100", &Value::Null)
            .await;
        let rows = listed.unwrap().1;
        let mut found = BTreeMap::new();
        for row in rows.as_array().into_iter().flatten() {
            let id = row["id"].as_i64().unwrap();
            found.insert(id, row["name"].as_str().unwrap().to_owned());
            let path = format!("/instances/{id}/configuration");
            let opened = self.ask(server, "GET", &path, &Value::Null).await.unwrap();
            assert_eq!(opened.0, 200, "{point}: {id} does not open");
        }
        assert_eq!(&found, expected, "{point}");
        let wanted = expected.len();
        let mut seen = self.vendor.subscribe();
        let settled = seen.wait_for(|vendor| vendor.grants.len() == wanted);
        let settled = tokio::time::timeout(Duration::from_secs(30), settled).await;
        assert!(
            settled.is_ok(),
            "{point}: the vendor holds {:?}",
            self.vendor.borrow().grants
        );
    }
}

fn id_and_token(made: Option<(u16, Value)>) -> (i64, String) {
    let (status, made) = made.unwrap();
    assert_eq!(status, 200, "{made}");
    (
        made["id"].as_i64().unwrap(),
        made["token"].as_str().unwrap().to_owned(),
    )
}

/// What is there, and the token of an instance that stays.
struct Known {
    names: BTreeMap<i64, String>,
    kept: (i64, String),
}

/// Brings a server down at a point, starts it again and looks. The server that looked goes on.
async fn crash_at(world: &World, before: Process, point: &str, known: &mut Known) -> Process {
    let (operation, _) = point.split_once('.').unwrap();
    let spare = if operation == "delete" || operation == "refresh" {
        let made = id_and_token(world.make(&before, point).await);
        known.names.insert(made.0, point.to_owned());
        made
    } else {
        known.kept.clone()
    };
    drop(before);
    let server = world.serve(Some(point)).await;
    let (id, token) = &spare;
    let path = format!("/instances/{id}");
    let answered = match operation {
        "provision" => world.make(&server, point).await,
        "update" => {
            world
                .ask(&server, "PATCH", &path, &json!({"name": point}))
                .await
        }
        "reconnect" => {
            let again = json!({"providerData": {"code": "c"}});
            world.ask(&server, "PATCH", &path, &again).await
        }
        "delete" => world.ask(&server, "DELETE", &path, &Value::Null).await,
        "refresh" => {
            world.vendor.send_modify(Vendor::expire);
            world.call(&server, "GET", token, None).await
        }
        _ => world.call(&server, "POST", token, Some(point)).await,
    };
    assert_eq!(answered, None, "{point} was not met");
    assert_eq!(server.ended().await, None, "{point}: it did not crash");
    let server = world.serve(None).await;
    match point {
        "provision.written" => {
            // Its id is not the next one where a crash before cost a number.
            let listed = world.ask(&server, "GET", "/instances", &Value::Null).await;
            let rows = listed.unwrap().1;
            let made = rows
                .as_array()
                .unwrap()
                .iter()
                .find(|row| row["name"] == point);
            known
                .names
                .insert(made.unwrap()["id"].as_i64().unwrap(), point.to_owned());
        }
        "update.written" => {
            known.names.insert(*id, point.to_owned());
        }
        "reconnect.granted" => {
            let called = world.call(&server, "GET", token, None).await.unwrap();
            assert_eq!(called.0, 200, "{point}: {}", called.1);
            // Nobody told the vendor that the new one is not needed: it may be one with the former.
            let forgotten = |vendor: &mut Vendor| vendor.grants.remove(&vendor.last.clone());
            let mut left = None;
            world.vendor.send_modify(|vendor| left = forgotten(vendor));
            assert_eq!(left, Some(1), "{point}");
        }
        "delete.written" | "delete.told" => {
            known.names.remove(id);
        }
        _ => {}
    }
    world.check(&server, &known.names, point).await;
    if let (Some(url), "refresh.leased" | "refresh.granted") = (&world.database, point) {
        leases_pass(url).await;
    }
    match point {
        "refresh.leased" | "refresh.kept" => {
            let called = world.call(&server, "GET", token, None).await.unwrap();
            assert_eq!(called.0, 200, "{point}: {}", called.1);
        }
        "refresh.granted" => {
            let called = world.call(&server, "GET", token, None).await.unwrap();
            assert_eq!(called.0, 401, "{point}: {}", called.1);
            let shown = world
                .ask(&server, "GET", &path, &Value::Null)
                .await
                .unwrap()
                .1;
            assert_eq!(shown["invalidReason"], "answer_lost", "{point}: {shown}");
        }
        "once.claimed" | "once.done" | "once.kept" => {
            let before = world.vendor.borrow().things;
            let again = world
                .call(&server, "POST", token, Some(point))
                .await
                .unwrap();
            let expected = if point == "once.kept" { 200 } else { 409 };
            assert_eq!(again.0, expected, "{point}: {}", again.1);
            assert_eq!(
                world.vendor.borrow().things,
                before,
                "{point}: it was sent again"
            );
        }
        _ => {}
    }
    server
}

/// As if the time of every lease had passed: on PostgreSQL a node that starts cannot know that nobody else holds one.
async fn leases_pass(url: &str) {
    let store = Store::open(StoreOptions {
        database: Database::Postgres(url.to_owned()),
        root_keys: Arc::new(RootKey::from_base64(KEY).unwrap()),
        clock: Arc::new(FixedClock::new(Timestamp(0))),
        entropy: Arc::new(FixedEntropy::new(1)),
    })
    .await
    .unwrap();
    assert_eq!(store.forget_leases().await.unwrap(), 1);
    store.close().await;
}

/// Crashes at the points of these operations.
async fn crash_everywhere(database: Option<String>, operations: &[&str]) {
    let world = World::start(database).await;
    let mut server = world.serve(None).await;
    let kept = id_and_token(world.make(&server, "kept").await);
    let mut known = Known {
        names: BTreeMap::from([(kept.0, "kept".to_owned())]),
        kept,
    };
    for point in POINTS {
        let (operation, _) = point.name.split_once('.').unwrap();
        if operations.contains(&operation) {
            server = crash_at(&world, server, point.name, &mut known).await;
        }
    }
}

async fn crash_everywhere_on_postgres(operations: &[&str]) {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let Database::Postgres(url) = database.database() else {
        panic!("not PostgreSQL")
    };
    crash_everywhere(Some(url), operations).await;
}

/// The points by what is being done, in two halves: each is a test, for the servers of all points need half a minute.
const INSTANCES: [&str; 3] = ["provision", "update", "delete"];
const GRANTS_AND_CALLS: [&str; 3] = ["reconnect", "refresh", "once"];

#[test]
fn every_point_is_in_one_of_the_halves() {
    let all = || INSTANCES.iter().chain(&GRANTS_AND_CALLS);
    for point in POINTS {
        let (operation, _) = point.name.split_once('.').unwrap();
        assert_eq!(
            all().filter(|one| **one == operation).count(),
            1,
            "{operation}"
        );
    }
}

#[tokio::test]
async fn a_crash_at_every_point_of_an_instance_leaves_what_is_promised_on_sqlite() {
    crash_everywhere(None, &INSTANCES).await;
}

#[tokio::test]
async fn a_crash_at_every_point_of_a_grant_or_call_leaves_what_is_promised_on_sqlite() {
    crash_everywhere(None, &GRANTS_AND_CALLS).await;
}

#[tokio::test]
async fn a_crash_at_every_point_of_an_instance_leaves_what_is_promised_on_postgres() {
    crash_everywhere_on_postgres(&INSTANCES).await;
}

#[tokio::test]
async fn a_crash_at_every_point_of_a_grant_or_call_leaves_what_is_promised_on_postgres() {
    crash_everywhere_on_postgres(&GRANTS_AND_CALLS).await;
}

/// The table of the reference page is the list of points; `cargo xtask gen` writes it.
#[test]
fn the_crash_matrix_is_the_list_of_points() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/crash-matrix.md"
    );
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once("<!-- points: begin -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- points: end -->").unwrap();
    let mut table =
        "\n| operation | ended when | is there afterwards | point |\n|---|---|---|---|\n"
            .to_owned();
    for point in POINTS {
        let cells = [point.operation, point.moment, point.leaves];
        table += "| ";
        table += &cells.join(" | ");
        table += " | `";
        table += point.name;
        table += "` |\n";
    }
    let expected = format!("{before}<!-- points: begin -->\n{table}\n<!-- points: end -->{after}");
    if std::env::var_os("LIGAND_UPDATE").is_some() {
        std::fs::write(path, expected).unwrap();
    } else {
        assert_eq!(page, expected, "run `cargo xtask gen`");
    }
}
