//! Bad days: the affected calls degrade with a clear error, others go on, nothing is lost, and it recovers alone.

mod clock;
mod custody;
mod slow;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ligand_model::id::{ElementId, InstanceId, OrganizationId};
use ligand_model::time::Clock as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::faults::{self, Vendor};
use crate::grants::World;
use crate::refresh::together;
use crate::support::TestApp;
use crate::support::recorder::{Recorder, json as answer};

#[tokio::test]
async fn a_database_that_stands_still_while_a_grant_arrives_loses_nothing() {
    let world = World::configured(Value::Null, |config| {
        config.vendor.total_timeout.0 = Duration::from_millis(800);
    })
    .await;
    world.an_hour_later();
    // From the moment the vendor is asked, nobody can write.
    let path = world.app.app.config.data_dir().join("ligand.db");
    let lock: Arc<Mutex<Option<rusqlite::Connection>>> = Arc::default();
    let kept = Arc::clone(&lock);
    world.while_asked(move || {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        *kept.lock().unwrap() = Some(connection);
    });
    world.call().await.error(504);
    // Who needs no database is served meanwhile.
    world.app.ok("GET", "/elements/keys", Value::Null).await;
    world.while_asked(|| {});
    drop(lock.lock().unwrap().take());
    world.call().await.expect(200);
    assert_eq!(
        world.token_calls(),
        1,
        "the rotated grant was kept after all"
    );
}

#[tokio::test]
async fn a_clock_that_jumps_back_does_not_leave_a_grant_leased_for_a_day() {
    let world = World::start().await;
    let (organization, id) = (OrganizationId(2), InstanceId(world.id));
    let store = &world.app.app.store;
    let row = store.grant(organization, id).await.unwrap().unwrap();
    let until = world.app.clock.now().plus_millis(90_000);
    store
        .lease_grant(&row.instance, until)
        .await
        .unwrap()
        .unwrap();
    // The holder is gone, and the clock is set right.
    world.app.clock.advance(-86_400_000);
    world.expire();
    world.call().await.expect(200);
    assert_eq!(world.token_calls(), 1);
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_renews_and_goes_on() {
    let world = World::start().await;
    world.app.clock.advance(400 * 86_400_000);
    world.call().await.expect(200);
    assert_eq!(world.token_calls(), 1);
    assert_eq!(world.shown().await["valid"], true);
}

#[tokio::test]
async fn many_grants_that_come_due_at_once_are_renewed_at_their_vendors_pace() {
    let world = World::start().await;
    world.app.clock.advance(1_000);
    world.call().await.expect(200);
    let store = &world.app.app.store;
    let (organization, id) = (OrganizationId(2), InstanceId(world.id));
    let row = store.grant(organization, id).await.unwrap().unwrap();
    let (instance, document) = (row.instance.instance.clone(), row.instance.open().unwrap());
    let now = world.app.clock.now();
    let mut made = Vec::new();
    for n in 0..25 {
        let new = ligand_store::instances::NewInstance {
            organization,
            account: instance.account,
            user: instance.user,
            element: ElementId(instance.element.0),
            element_version: instance.element_version,
            name: format!("{n}"),
            tags: Vec::new(),
            external_authentication: "none".to_owned(),
            document: &document,
            refresh_due: Some(now),
            token: ligand_model::secret::ElementToken::new(format!("t{n}")),
        };
        made.push((organization, store.insert_instance(new).await.unwrap().id));
    }
    world.app.clock.advance(2_000);
    store.note_use(made, world.app.clock.now()).await.unwrap();
    world.recorder.take();
    // Their one grant is shared, so that all but one are refused: what counts here is how often the vendor is asked.
    for asked in [10, 10, 5, 0] {
        world.round().await;
        assert_eq!(world.token_calls(), asked);
    }
}

#[tokio::test]
async fn a_full_disk_refuses_what_it_cannot_keep_and_loses_nothing() {
    let vendor = Recorder::start(|_| answer(200, "[]")).await;
    let world = World::configured(Value::Null, |config| {
        config.vendor.total_timeout.0 = Duration::from_millis(800);
        let origin = vendor.origin.clone();
        config
            .vendor
            .connect
            .insert("own.example".to_owned(), origin);
    })
    .await;
    let app = &world.app;
    let element = json!({"name": "own", "key": "own", "authentication": {"type": "custom"}, "hub": "crm",
        "configuration": [{"key": "base.url", "name": "Base", "defaultValue": "https://own.example"}],
        "resources": [{"method": "GET", "path": "/things", "vendorPath": "/things"}]});
    app.ok("POST", "/elements", element).await;
    let body =
        |n: usize| json!({"element": {"key": "own"}, "name": format!("{n}-{}", "x".repeat(200))});
    world.call().await.expect(200);
    let neighbour = app.ok("POST", "/instances", body(1_000)).await;
    let neighbour = neighbour["token"].as_str().unwrap();
    let call = async || app.resource("GET", "/things", neighbour, Value::Null).await;
    call().await.expect(200);
    app.app.store.make_full(true).await.unwrap();
    // What fits into the last pages is kept; then it is said that nothing more is.
    let mut kept = Vec::new();
    let refusal = loop {
        let reply = app.platform("POST", "/instances", body(kept.len())).await;
        if reply.status != 200 {
            break reply.error(503);
        }
        kept.push(reply.json());
        assert!(kept.len() < 150, "the disk is not full");
    };
    assert_eq!(refusal, "The database is not available, try again");
    // Whoever is known is served as ever, and what must be done once is not even begun.
    for _ in 0..20 {
        call().await.expect(200);
    }
    vendor.take();
    let secrets = app.with_token(neighbour);
    let headers = [
        ("authorization", &*secrets),
        ("idempotency-key", &*"k".repeat(200)),
    ];
    let path = "/elements/api-v2/passthrough/things";
    for _ in 0..20 {
        let once = app.send("POST", path, &headers, "{}").await;
        let asked = vendor.take().len();
        if once.status == 200 {
            // Into the last free bytes of a page.
            assert!(asked <= 1);
        } else {
            once.error(503);
            assert_eq!(asked, 0, "asked without a note of it");
        }
    }
    // Who only reads is served, and a grant that is due meanwhile is renewed now or later, but not twice.
    app.ok("GET", "/instances", Value::Null).await;
    world.call().await.expect(200);
    world.recorder.take();
    world.an_hour_later();
    let meanwhile = world.call().await.status;
    assert!([200, 503, 504].contains(&meanwhile), "{meanwhile}");
    app.app.store.make_full(false).await.unwrap();
    let after = app.platform("POST", "/instances", body(kept.len())).await;
    kept.push(after.expect(200).json());
    world.call().await.expect(200);
    assert_eq!(world.token_calls(), 1, "the rotated grant was kept");
    for made in &kept {
        let token = made["token"].as_str().unwrap();
        let called = app.resource("GET", "/things", token, Value::Null).await;
        called.expect(200);
    }
    let listed = app.ok("GET", "/instances", Value::Null).await;
    // The account of the grant and the neighbour are the two more; nothing that was refused is there.
    assert_eq!(listed.as_array().unwrap().len(), kept.len() + 2);
}

/// A vendor that sends a byte now and then.
async fn drip() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked).await;
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n[";
                let mut bytes = head.as_bytes().to_vec();
                while stream.write_all(&bytes).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    bytes = b" ".to_vec();
                }
            });
        }
    });
    origin
}

#[tokio::test]
async fn a_caller_who_named_a_deadline_hears_by_then_of_a_vendor_that_drips() {
    let origin = drip().await;
    let app = TestApp::with(|config| {
        config.vendor.total_timeout.0 = Duration::from_mins(1);
        let connect = &mut config.vendor.connect;
        connect.insert("slow.example".to_owned(), origin);
    })
    .await;
    let secrets = app.with_token(&connected(&app, "slow").await);
    let headers = [
        ("authorization", secrets.as_str()),
        ("elements-deadline-ms", "300"),
    ];
    let began = std::time::Instant::now();
    let reply = app.send("GET", "/elements/api-v2/things", &headers, "");
    let reply = reply.await;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(300), "{took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert_eq!(reply.header("elements-vendor-attempts"), "1");
    reply.error(504);
}

#[tokio::test]
async fn a_vendor_that_drips_is_given_up_and_nobody_else_waits_for_it() {
    let slow = drip().await;
    let recorder = Recorder::start(|_| answer(200, "[]")).await;
    let fast = recorder.origin.clone();
    let app = TestApp::with(|config| {
        config.vendor.retries = 0;
        config.vendor.total_timeout.0 = Duration::from_secs(2);
        config.vendor.connect.extend([
            ("slow.example".to_owned(), slow),
            ("fast.example".to_owned(), fast),
        ]);
    })
    .await;
    let tokens = [connected(&app, "slow").await, connected(&app, "fast").await];
    let ended = Mutex::new(Vec::new());
    let slow = async {
        let reply = app
            .resource("GET", "/things", &tokens[0], Value::Null)
            .await;
        ended.lock().unwrap().push("slow");
        reply.error(504);
    };
    let fast = async {
        for _ in 0..20 {
            let reply = app
                .resource("GET", "/things", &tokens[1], Value::Null)
                .await;
            reply.expect(200);
        }
        ended.lock().unwrap().push("fast");
    };
    tokio::join!(slow, fast);
    assert_eq!(*ended.lock().unwrap(), ["fast", "slow"]);
}

#[tokio::test]
async fn clients_that_never_read_hold_up_nobody() {
    let app = TestApp::start().await;
    let address = app.base.strip_prefix("http://").unwrap().to_owned();
    let mut deaf = Vec::new();
    for _ in 0..20 {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let ask = "GET /elements/api-v2/elements HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200);
        // Its own buffers may be full before all is sent; that is the point.
        let _ =
            tokio::time::timeout(Duration::from_millis(50), stream.write_all(ask.as_bytes())).await;
        deaf.push(stream);
    }
    for _ in 0..10 {
        app.ok("GET", "/elements/keys", Value::Null).await;
    }
    assert_eq!(deaf.len(), 20);
}

/// The element of a vendor that knows no credentials, and the token of an instance of it.
async fn connected(app: &TestApp, host: &str) -> String {
    let element = json!({"name": host, "key": host, "authentication": {"type": "custom"}, "hub": "crm",
        "configuration": [{"key": "base.url", "name": "Base", "defaultValue": format!("https://{host}.example")}],
        "resources": [{"method": "GET", "path": "/things", "vendorPath": "/things"}]});
    app.ok("POST", "/elements", element).await;
    let body = json!({"element": {"key": host}, "name": "x"});
    let made = app.ok("POST", "/instances", body).await;
    made["token"].as_str().unwrap().to_owned()
}

/// An application with an account at a vendor of which nothing is wrong, and the account's token.
async fn calm() -> (Recorder, TestApp, String) {
    let vendor = Recorder::start(|_| answer(200, "[]")).await;
    let origin = vendor.origin.clone();
    let app = TestApp::with(|config| {
        let connect = &mut config.vendor.connect;
        connect.insert("calm.example".to_owned(), origin);
    })
    .await;
    let token = connected(&app, "calm").await;
    (vendor, app, token)
}

#[tokio::test]
async fn many_grants_that_pass_at_once_are_renewed_once_each_and_a_neighbour_is_served_meanwhile() {
    const ACCOUNTS: usize = 150;
    let vendor: Arc<Mutex<Vendor>> = Arc::default();
    let shared = Arc::clone(&vendor);
    let storm = Recorder::start(move |asked| shared.lock().unwrap().answer(asked)).await;
    let calm = Recorder::start(|_| answer(200, "[]")).await;
    let app = TestApp::with(|config| {
        config.grants.renew_ahead = false;
        config.vendor.connect.extend([
            ("api.example.com".to_owned(), storm.origin.clone()),
            ("auth.example.com".to_owned(), storm.origin.clone()),
            ("calm.example".to_owned(), calm.origin.clone()),
        ]);
    })
    .await;
    let neighbour = connected(&app, "calm").await;
    app.ok("POST", "/elements", faults::element()).await;
    let names: Vec<String> = (0..ACCOUNTS).map(|n| format!("{n}")).collect();
    let made = names
        .iter()
        .map(|name| app.ok("POST", "/instances", faults::account(name)));
    let made = together(made.collect()).await;
    let token = |made: &Value| made["token"].as_str().unwrap().to_owned();
    let tokens: Vec<String> = made.iter().map(token).collect();
    vendor.lock().unwrap().expire();
    storm.take();

    let over = AtomicBool::new(false);
    let all = async {
        let calls = tokens
            .iter()
            .map(|token| app.resource("GET", "/hubs/crm/things", token, Value::Null));
        let replies = together(calls.collect()).await;
        over.store(true, Ordering::Relaxed);
        replies
    };
    let calls = async {
        let mut served = 0;
        while !over.load(Ordering::Relaxed) {
            let reply = app.resource("GET", "/hubs/crm/things", &neighbour, Value::Null);
            reply.await.expect(200);
            served += usize::from(!over.load(Ordering::Relaxed));
        }
        served
    };
    let (replies, served) = tokio::join!(all, calls);
    for reply in replies {
        reply.expect(200);
    }
    assert!(served > 0, "the neighbour waited for the last renewal");
    let asked = storm.take();
    let renewals = asked.iter().filter(|asked| asked.path == "/token");
    assert_eq!(renewals.count(), ACCOUNTS, "each grant is renewed once");
    let listed = app.ok("GET", "/instances?pageSize=200", Value::Null).await;
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), ACCOUNTS + 1);
    assert!(listed.iter().all(|instance| instance["valid"] == true));
}

#[tokio::test]
async fn a_database_that_stands_still_holds_up_who_writes_and_nobody_who_calls() {
    let (_vendor, app, token) = calm().await;
    let call = async || {
        let reply = app.resource("GET", "/hubs/crm/things", &token, Value::Null);
        reply.await.expect(200);
    };
    call().await;
    let lock = rusqlite::Connection::open(app.app.config.data_dir().join("ligand.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ended = Mutex::new(Vec::new());
    let write = async {
        let body = json!({"element": {"key": "calm"}, "name": "y"});
        let reply = app.platform("POST", "/instances", body).await;
        ended.lock().unwrap().push("write");
        reply
    };
    let calls = async {
        for _ in 0..20 {
            call().await;
        }
        ended.lock().unwrap().push("calls");
        lock.execute_batch("ROLLBACK").unwrap();
    };
    let (written, ()) = tokio::join!(write, calls);
    assert_eq!(*ended.lock().unwrap(), ["calls", "write"]);
    // Told as it is: there, or refused and not there.
    let there = app.ok("GET", "/instances", Value::Null).await;
    let there = there.as_array().unwrap().len() - 1;
    assert_eq!(
        there,
        usize::from(written.status == 200),
        "{}",
        written.text()
    );
    app.platform(
        "POST",
        "/instances",
        json!({"element": {"key": "calm"}, "name": "z"}),
    )
    .await
    .expect(200);
}
