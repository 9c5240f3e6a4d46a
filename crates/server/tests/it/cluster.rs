//! Two nodes on one PostgreSQL: what one writes the other sees, and what a node believes when it is cut off.
//!
//! Without `TEST_POSTGRES_URL` these say that they are skipped.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ligand_server::config::{Config, Secret};
use ligand_store::Database;
use ligand_store::testing::TestDatabase;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::TestApp;
use crate::support::cable::Cable;
use crate::support::recorder::{Recorder, json as answer};

/// A root key that both nodes have.
pub const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

pub fn database() -> Option<(TestDatabase, String)> {
    let database = TestDatabase::postgres().unwrap()?;
    let Database::Postgres(url) = database.database() else {
        panic!("not PostgreSQL")
    };
    Some((database, url))
}

pub async fn node(url: &str, change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::with(|config| {
        config.database.url = Secret::new(url);
        config.vault.key = Secret::new(KEY);
        change(config);
    })
    .await
}

/// Two nodes; the second knows the first's customer.
async fn two(url: &str) -> (TestApp, TestApp) {
    let first = node(url, |_| {}).await;
    let mut second = node(url, |_| {}).await;
    second.user.clone_from(&first.user);
    second.organization.clone_from(&first.organization);
    (first, second)
}

async fn status(app: &TestApp, token: &str) -> u16 {
    app.resource("GET", "/hubs/crm/contacts", token, Value::Null)
        .await
        .status
}

/// How long it takes until `check` holds; fails after `most`.
pub async fn within(most: Duration, check: impl AsyncFn() -> bool) -> Duration {
    let began = Instant::now();
    while !check().await {
        assert!(began.elapsed() < most, "not within {most:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    began.elapsed()
}

#[tokio::test]
async fn what_one_node_writes_the_other_sees_within_a_second() {
    let Some((_database, url)) = database() else {
        return;
    };
    let (one, two) = two(&url).await;
    let (id, token) = one.instance("sfdc").await;
    let second = Duration::from_secs(1);
    assert_eq!(status(&two, &token).await, 200);
    // Warm there: no statement.
    let before = two.app.store.statements();
    assert_eq!(status(&two, &token).await, 200);
    assert_eq!(two.app.store.statements(), before);

    let switch = format!("/instances/{id}/enabled");
    one.platform("DELETE", &switch, Value::Null)
        .await
        .expect(200);
    within(second, async || status(&two, &token).await == 403).await;
    one.platform("PUT", &switch, Value::Null).await.expect(200);
    within(second, async || status(&two, &token).await == 200).await;

    let made = json!({"name": "k", "scopes": ["read"]});
    let made = one
        .platform("POST", "/api-keys", made)
        .await
        .expect(200)
        .json();
    let key = format!("Bearer {}", made["key"].as_str().unwrap());
    two.call("GET", "/instances", &key, Value::Null)
        .await
        .expect(200);
    let path = format!("/api-keys/{}", made["id"]);
    one.platform("DELETE", &path, Value::Null).await.expect(200);
    let key = &key;
    within(second, async || {
        two.call("GET", "/instances", key, Value::Null).await.status == 401
    })
    .await;

    let extension = json!({"path": "/hubs/crm/extra", "vendorPath": "/x", "method": "GET", "vendorMethod": "GET"});
    two.call(
        "GET",
        "/elements/sfdc/resources",
        &two.secrets(),
        Value::Null,
    )
    .await
    .expect(200);
    one.platform("POST", "/elements/sfdc/resources", extension)
        .await
        .expect(200);
    within(second, async || {
        let listed = two
            .platform("GET", "/elements/sfdc/resources", Value::Null)
            .await;
        listed.text().contains("/hubs/crm/extra")
    })
    .await;

    one.platform("DELETE", &format!("/instances/{id}"), Value::Null)
        .await
        .expect(200);
    within(second, async || status(&two, &token).await == 401).await;
}

#[tokio::test]
async fn a_node_that_hears_nothing_asks_the_database_about_each_token() {
    let Some((_database, url)) = database() else {
        return;
    };
    let (one, two) = two(&url).await;
    let (id, token) = one.instance("sfdc").await;
    assert_eq!(status(&two, &token).await, 200);
    let made = json!({"name": "k", "scopes": ["read"]});
    let made = one.ok("POST", "/api-keys", made).await;
    let key = format!("Bearer {}", made["key"].as_str().unwrap());
    let by_key = async || {
        let reply = two.call("GET", "/instances", &key, Value::Null).await;
        reply.status
    };
    assert_eq!(by_key().await, 200);
    two.app.store.make_deaf(true);
    let store = &two.app.store;
    within(Duration::from_secs(5), async || {
        store.silent_for() > Duration::from_millis(1100)
    })
    .await;
    let before = store.statements();
    assert_eq!(status(&two, &token).await, 200);
    assert!(
        store.statements() > before,
        "it believed what it remembered"
    );
    one.platform("DELETE", &format!("/instances/{id}"), Value::Null)
        .await
        .expect(200);
    assert_eq!(status(&two, &token).await, 401, "the very next call");
    let key_of = format!("/api-keys/{}", made["id"]);
    one.ok("DELETE", &key_of, Value::Null).await;
    assert_eq!(by_key().await, 401, "the very next call");
    // It hears again, and forgets what it missed.
    store.make_deaf(false);
    within(Duration::from_secs(5), async || {
        store.silent_for() < Duration::from_millis(600)
    })
    .await;
    assert_eq!(status(&two, &token).await, 401);
}

#[tokio::test]
async fn a_node_without_its_database_goes_on_for_the_grace_and_then_refuses() {
    let Some((_database, url)) = database() else {
        return;
    };
    let cable = Cable::to(&url).await;
    let app = node(&cable.url, |config| {
        config.database.grace.0 = Duration::from_secs(2);
    })
    .await;
    let (_, token) = app.instance("sfdc").await;
    assert_eq!(status(&app, &token).await, 200);
    cable.cut();
    let began = Instant::now();
    // When the last call began that was served.
    let mut last = Duration::ZERO;
    let refused = loop {
        let asked = began.elapsed();
        let reply = app
            .resource("GET", "/hubs/crm/contacts", &token, Value::Null)
            .await;
        if reply.status != 200 {
            break reply;
        }
        last = asked;
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "it never refused"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(
        began.elapsed() > Duration::from_millis(2500),
        "{:?}",
        began.elapsed()
    );
    // Long after it knew that it hears nothing: it was the grace that served it.
    assert!(last > Duration::from_millis(1200), "{last:?}");
    assert_eq!(
        refused.error(503),
        "The database is not available, try again"
    );
    cable.mend().await;
    within(Duration::from_secs(10), async || {
        status(&app, &token).await == 200
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_cut_off_in_the_midst_of_writes_loses_nothing_it_had_acknowledged() {
    let Some((_database, url)) = database() else {
        return;
    };
    let cable = Cable::to(&url).await;
    let app = node(&cable.url, |_| {}).await;
    let element = json!({"name": "own", "key": "own", "authentication": {"type": "custom"}, "hub": "crm",
        "configuration": [{"key": "base.url", "name": "Base", "defaultValue": "https://api.example.com"}],
        "resources": [{"method": "GET", "path": "/things", "vendorPath": "/things"}]});
    app.ok("POST", "/elements", element).await;
    let (acknowledged, refused) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let count = |list: &Mutex<Vec<String>>| list.lock().unwrap().len();
    let enough = AtomicBool::new(false);
    let writer = async |number: usize| {
        for n in 0.. {
            if enough.load(Ordering::Relaxed) {
                break;
            }
            let name = format!("{number}-{n}");
            let body = json!({"element": {"key": "own"}, "name": name});
            let reply = app.platform("POST", "/instances", body).await;
            if reply.status == 200 {
                acknowledged.lock().unwrap().push(name);
            } else {
                let told = reply.error(503);
                assert_eq!(told, "The database is not available, try again");
                refused.lock().unwrap().push(name);
            }
            // Both lists stay below a page.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let breaker = async {
        let most = Duration::from_secs(20);
        within(most, async || count(&acknowledged) >= 10).await;
        cable.cut();
        within(most, async || count(&refused) >= 3).await;
        let before = count(&acknowledged);
        cable.mend().await;
        within(most, async || count(&acknowledged) >= before + 10).await;
        enough.store(true, Ordering::Relaxed);
    };
    tokio::join!(writer(0), writer(1), writer(2), breaker);
    let listed = app.ok("GET", "/instances?pageSize=5000", Value::Null).await;
    let mut there = BTreeSet::new();
    for instance in listed.as_array().unwrap() {
        let name = instance["name"].as_str().unwrap().to_owned();
        let path = format!("/instances/{}", instance["id"]);
        app.ok("GET", &path, Value::Null).await;
        assert!(there.insert(name.clone()), "{name} is there twice");
    }
    let (acknowledged, refused) = (
        acknowledged.into_inner().unwrap(),
        refused.into_inner().unwrap(),
    );
    for name in &acknowledged {
        assert!(there.remove(name), "{name} was acknowledged and is lost");
    }
    // A commit whose answer was cut off may be there; nothing else is.
    for name in &there {
        assert!(refused.contains(name), "{name}");
    }
    assert!(there.len() <= 3, "one a writer: {there:?}");
}

/// Two nodes and an instance of an element with a limit, at a vendor that keeps what it is asked.
async fn two_at(url: &str, vendor: &Recorder) -> (TestApp, TestApp, String) {
    let to_vendor = |config: &mut Config| {
        let origin = vendor.origin.clone();
        config
            .vendor
            .connect
            .insert("api.example.com".to_owned(), origin);
        config.vendor.retries = 0;
    };
    let one = node(url, to_vendor).await;
    let mut two = node(url, to_vendor).await;
    two.user.clone_from(&one.user);
    two.organization.clone_from(&one.organization);
    let element = json!({"name": "own", "key": "own", "authentication": {"type": "custom"}, "hub": "crm",
        "rateLimits": {"limits": [{"requests": 20, "seconds": 60}]},
        "configuration": [{"key": "base.url", "name": "Base", "defaultValue": "https://api.example.com"}],
        "resources": [{"method": "GET", "path": "/things", "vendorPath": "/things"}]});
    one.ok("POST", "/elements", element).await;
    let made = json!({"element": {"key": "own"}, "name": "x"});
    let made = one.ok("POST", "/instances", made).await;
    let token = made["token"].as_str().unwrap().to_owned();
    (one, two, token)
}

async fn in_a_hurry(app: &TestApp, token: &str) -> u16 {
    let secrets = app.with_token(token);
    let headers = [
        ("authorization", &*secrets),
        ("elements-deadline-ms", "1000"),
    ];
    let reply = app
        .send("GET", "/elements/api-v2/things", &headers, "")
        .await;
    reply.status
}

#[tokio::test]
async fn nodes_keep_a_vendors_limit_together_and_each_gets_its_share() {
    let Some((_database, url)) = database() else {
        return;
    };
    let vendor = Recorder::start(|_| answer(200, "[]")).await;
    let (one, two, token) = two_at(&url, &vendor).await;
    let (one, two) = (Arc::new(one), Arc::new(two));
    let mut calls = JoinSet::new();
    for turn in 0..30 {
        let (app, token) = (
            Arc::clone(if turn % 2 == 0 { &one } else { &two }),
            token.clone(),
        );
        calls.spawn(async move { (turn % 2, in_a_hurry(&app, &token).await) });
    }
    let mut served = [0; 2];
    while let Some(ended) = calls.join_next().await {
        match ended.unwrap() {
            (node, 200) => served[node] += 1,
            (_, status) => assert_eq!(status, 429),
        }
    }
    // A call or two may have been taken by a node that needed them no more.
    let all = served[0] + served[1];
    assert!((17..=20).contains(&all), "{served:?}");
    assert!(served[0] >= 4 && served[1] >= 4, "{served:?}");
    assert_eq!(vendor.take().len(), all);
}

/// The catalog's own numbers: Marketo takes 100 calls in any 20 seconds.
#[tokio::test]
async fn two_nodes_together_keep_what_an_element_of_the_catalog_declares() {
    let Some((_database, url)) = database() else {
        return;
    };
    let asked: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let kept = Arc::clone(&asked);
    let vendor = Recorder::start(move |request| {
        if request.path.ends_with("/oauth/token") {
            return answer(
                200,
                r#"{"access_token":"t","token_type":"bearer","expires_in":3599,"scope":"a@b.c"}"#,
            );
        }
        kept.lock().unwrap().push(Instant::now());
        answer(200, r#"{"requestId":"1","success":true,"result":[]}"#)
    })
    .await;
    let to_vendor = |config: &mut Config| {
        let origin = vendor.origin.clone();
        config
            .vendor
            .connect
            .insert("*.mktorest.com".to_owned(), origin);
    };
    let one = node(&url, to_vendor).await;
    let mut two = node(&url, to_vendor).await;
    two.user.clone_from(&one.user);
    two.organization.clone_from(&one.organization);
    let at = |what: &str| format!("https://123-ABC-456.mktorest.com/{what}");
    let made = json!({"element": {"key": "marketo"}, "name": "x", "providerData": {"code": "any"},
        "configuration": {"oauth.callback.url": "https://x.example", "oauth.api.key": "k", "oauth.api.secret": "s",
            "marketo.identity.url": at("identity"), "marketo.rest.url": at("rest")}});
    let made = one.ok("POST", "/instances", made).await;
    let token = made["token"].as_str().unwrap().to_owned();
    // What connecting asks is nobody's call yet.
    asked.lock().unwrap().clear();
    let nodes = [Arc::new(one), Arc::new(two)];
    let mut calls = JoinSet::new();
    for turn in 0..140 {
        let (app, token) = (Arc::clone(&nodes[turn % 2]), token.clone());
        calls.spawn(async move {
            let secrets = app.with_token(&token);
            let headers = [
                ("authorization", &*secrets),
                ("elements-deadline-ms", "15000"),
            ];
            let path = "/elements/api-v2/hubs/marketing/lists";
            (turn % 2, app.send("GET", path, &headers, "").await.status)
        });
    }
    let mut served = [0; 2];
    while let Some(ended) = calls.join_next().await {
        match ended.unwrap() {
            (node, 200) => served[node] += 1,
            (_, status) => assert_eq!(status, 429),
        }
    }
    assert!(served[0] >= 20 && served[1] >= 20, "{served:?}");
    let mut times = asked.lock().unwrap().clone();
    times.sort();
    let span = Duration::from_secs(20);
    let most = (0..times.len())
        .map(|first| {
            let within = times[first..]
                .iter()
                .filter(|at| **at - times[first] < span);
            within.count()
        })
        .max();
    assert!((80..=100).contains(&most.unwrap()), "{most:?} in 20 s");
}

#[tokio::test]
async fn what_a_vendor_tells_one_node_the_other_hears() {
    let Some((_database, url)) = database() else {
        return;
    };
    let vendor = Recorder::start(|_| {
        let mut limited = answer(429, "{}");
        limited
            .headers_mut()
            .insert("retry-after", "30".parse().unwrap());
        limited
    })
    .await;
    let (one, two, token) = two_at(&url, &vendor).await;
    assert_eq!(in_a_hurry(&one, &token).await, 429);
    vendor.take();
    within(Duration::from_secs(1), async || {
        assert_eq!(in_a_hurry(&two, &token).await, 429);
        vendor.take().is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_mapping_that_one_node_writes_the_other_uses_within_a_second() {
    let Some((_database, url)) = database() else {
        return;
    };
    let (one, two) = two(&url).await;
    let (id, token) = one.instance("sfdc").await;
    let first = async || {
        let path = "/contact?pageSize=1";
        let reply = two.resource("GET", path, &token, Value::Null).await;
        reply.expect(200).json()[0].clone()
    };
    assert!(first().await.get("department").is_none());
    let more = json!({"vendorName": "contacts", "configuration": [{"type": "inherit"}],
        "fields": [{"path": "department", "vendorPath": "Department"}]});
    let path = format!("/instances/{id}/transformations/contact");
    one.ok("POST", &path, more).await;
    let sees = async || first().await["department"].is_string();
    within(Duration::from_secs(1), sees).await;
}
