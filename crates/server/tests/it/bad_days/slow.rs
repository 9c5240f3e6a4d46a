//! A PostgreSQL that is slow, or stands still although its connections live; a SQLite on a slow disk; and a client that
//! does not read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::connected;
use crate::cluster::{database, node, within};
use crate::support::TestApp;
use crate::support::cable::{Cable, Pace};
use crate::support::recorder::{Recorder, json as answer};

/// Longer than anything here takes; who waits for it has failed.
const LONG: Duration = Duration::from_secs(30);

async fn status(app: &TestApp, token: &str) -> u16 {
    let reply = app.resource("GET", "/hubs/crm/things", token, Value::Null);
    reply.await.status
}

#[tokio::test]
async fn a_postgres_that_stands_still_holds_up_who_writes_and_nobody_who_is_known() {
    let Some((_database, url)) = database() else {
        return;
    };
    let cable = Cable::to(&url).await;
    let vendor = Recorder::start(|_| answer(200, "[]")).await;
    let origin = vendor.origin.clone();
    let app = node(&cable.url, |config| {
        config.database.grace.0 = LONG;
        let connect = &mut config.vendor.connect;
        connect.insert("calm.example".to_owned(), origin);
    })
    .await;
    let token = connected(&app, "calm").await;
    assert_eq!(status(&app, &token).await, 200);
    cable.pace(Pace::Held);
    let body = |name: &str| json!({"element": {"key": "calm"}, "name": name});
    let writes = crate::refresh::together(
        (0..20)
            .map(|n| app.platform("POST", "/instances", body(&format!("{n}"))))
            .collect(),
    );
    let meanwhile = async {
        // More writes than there are connections, all of them waiting.
        let store = &app.app.store;
        within(LONG, async || {
            store.silent_for() > Duration::from_millis(1_500)
        })
        .await;
        for _ in 0..3 {
            assert_eq!(status(&app, &token).await, 200);
        }
        let ready = app.send("GET", "/health/ready", &[], "").await;
        cable.pace(Pace::Free);
        ready
    };
    let (written, ready) = tokio::join!(writes, meanwhile);
    assert_eq!(ready.status, 503, "whoever spreads requests learns of it");
    for reply in written {
        reply.expect(200);
    }
    let there = app.ok("GET", "/instances", Value::Null).await;
    assert_eq!(there.as_array().unwrap().len(), 21, "each once");
    within(LONG, async || {
        app.send("GET", "/health/ready", &[], "").await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_postgres_that_stands_still_is_not_believed_in_for_longer_than_the_grace() {
    let Some((_database, url)) = database() else {
        return;
    };
    let cable = Cable::to(&url).await;
    let vendor = Recorder::start(|_| answer(200, "[]")).await;
    let origin = vendor.origin.clone();
    let app = node(&cable.url, |config| {
        config.database.grace.0 = Duration::from_millis(200);
        let connect = &mut config.vendor.connect;
        connect.insert("calm.example".to_owned(), origin);
    })
    .await;
    let token = connected(&app, "calm").await;
    assert_eq!(status(&app, &token).await, 200);
    cable.pace(Pace::Held);
    within(LONG, async || status(&app, &token).await == 503).await;
    let refused = app.resource("GET", "/hubs/crm/things", &token, Value::Null);
    let told = refused.await.error(503);
    assert_eq!(told, "The database is not available, try again");
    cable.pace(Pace::Free);
    within(LONG, async || status(&app, &token).await == 200).await;
}

#[tokio::test]
async fn a_slow_postgres_makes_its_own_work_slow_and_loses_nothing() {
    let Some((_database, url)) = database() else {
        return;
    };
    let cable = Cable::to(&url).await;
    let vendor = Recorder::start(|_| answer(200, "[]")).await;
    let origin = vendor.origin.clone();
    let app = node(&cable.url, |config| {
        let connect = &mut config.vendor.connect;
        connect.insert("calm.example".to_owned(), origin);
    })
    .await;
    let token = connected(&app, "calm").await;
    assert_eq!(status(&app, &token).await, 200);
    cable.pace(Pace::Late(Duration::from_millis(30)));
    let key = |n: usize| format!("{n}");
    let writes = (0..24).map(|n| {
        let (secrets, name) = (app.secrets(), key(n));
        let app = &app;
        async move {
            let headers = [
                ("authorization", &*secrets),
                ("idempotency-key", &*name),
                ("content-type", "application/json"),
            ];
            let body = json!({"element": {"key": "calm"}, "name": name}).to_string();
            app.send("POST", "/elements/api-v2/instances", &headers, body)
                .await
        }
    });
    let calls = async {
        for _ in 0..30 {
            assert_eq!(status(&app, &token).await, 200);
        }
    };
    let (written, ()) = tokio::join!(crate::refresh::together(writes.collect()), calls);
    for reply in written {
        let made = reply.expect(200).json();
        assert_eq!(status(&app, made["token"].as_str().unwrap()).await, 200);
    }
    cable.pace(Pace::Free);
    let there = app.ok("GET", "/instances", Value::Null).await;
    assert_eq!(there.as_array().unwrap().len(), 25, "each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_disk_makes_its_own_reads_slow_and_holds_up_nobody_who_is_known() {
    let (_vendor, app, token) = super::calm().await;
    assert_eq!(status(&app, &token).await, 200);
    let make = async |name: String| {
        let body = json!({"element": {"key": "calm"}, "name": name});
        let made = app.ok("POST", "/instances", body).await;
        made["token"].as_str().unwrap().to_owned()
    };
    let mut strangers = Vec::new();
    for n in 0..16 {
        strangers.push(make(format!("before {n}")).await);
    }
    let store = &app.app.store;
    store.make_slow(Duration::from_millis(15));
    let before = store.statements();
    let finished = std::sync::atomic::AtomicBool::new(false);
    let slow = async {
        // Looked up for the first time, listed and written, all at once.
        let calls =
            crate::refresh::together(strangers.iter().map(|one| status(&app, one)).collect());
        let lists = (0..4)
            .map(|_| app.ok("GET", "/instances", Value::Null))
            .collect();
        let writes = (0..8).map(|n| make(format!("meanwhile {n}"))).collect();
        let all = tokio::join!(
            calls,
            crate::refresh::together(lists),
            crate::refresh::together(writes)
        );
        finished.store(true, Ordering::Relaxed);
        all
    };
    let known = async {
        let mut served = 0;
        while !finished.load(Ordering::Relaxed) {
            assert_eq!(status(&app, &token).await, 200);
            served += 1;
        }
        served
    };
    let ((called, lists, made), served) = tokio::join!(slow, known);
    assert_eq!(called, [200; 16]);
    assert!(lists.iter().all(|list| list.as_array().unwrap().len() > 16));
    assert_eq!(made.len(), 8);
    assert!(store.statements() - before >= 16, "nothing was read");
    assert!(
        served > 10,
        "only {served} calls of who is known were served meanwhile"
    );
    store.make_slow(Duration::ZERO);
    for one in strangers.iter().chain(&made) {
        assert_eq!(status(&app, one).await, 200);
    }
    let there = app.ok("GET", "/instances", Value::Null).await;
    assert_eq!(there.as_array().unwrap().len(), 25, "each once");
}

/// A vendor that sends `most` bytes to whoever asks for `/endless`: how many it got rid of, and when somebody hung up.
async fn endless(most: u64) -> (String, Arc<AtomicU64>, watch::Receiver<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (sent, (ended, over)) = (Arc::new(AtomicU64::new(0)), watch::channel(false));
    let (count, ended) = (Arc::clone(&sent), Arc::new(ended));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (count, ended) = (Arc::clone(&count), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                while let Ok(some @ 1..) = stream.read(&mut asked).await {
                    if !asked[..some].starts_with(b"GET /endless") {
                        let told = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]";
                        let _ = stream.write_all(told).await;
                        continue;
                    }
                    let head = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: {most}\r\n\r\n"
                    );
                    let mut well = stream.write_all(head.as_bytes()).await.is_ok();
                    let piece = vec![b'x'; 64 * 1024];
                    while well && count.load(Ordering::Relaxed) < most {
                        well = stream.write_all(&piece).await.is_ok();
                        count.fetch_add(piece.len() as u64, Ordering::Relaxed);
                    }
                    ended.send_replace(true);
                    return;
                }
            });
        }
    });
    (origin, sent, over)
}

#[tokio::test]
async fn a_client_that_never_reads_its_file_is_held_in_bounded_memory_while_others_are_served() {
    const MOST: u64 = 512 * 1024 * 1024;
    let (origin, sent, mut over) = endless(MOST).await;
    let app = TestApp::with(|config| {
        let connect = &mut config.vendor.connect;
        connect.insert("calm.example".to_owned(), origin);
    })
    .await;
    let token = connected(&app, "calm").await;
    let address = app.base.strip_prefix("http://").unwrap().to_owned();
    let mut deaf = TcpStream::connect(&address).await.unwrap();
    let ask = format!(
        "GET /elements/api-v2/passthrough/endless HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\r\n",
        app.with_token(&token)
    );
    deaf.write_all(ask.as_bytes()).await.unwrap();
    // It has begun: from here on nobody takes what comes.
    within(LONG, async || sent.load(Ordering::Relaxed) > 0).await;
    for _ in 0..50 {
        assert_eq!(status(&app, &token).await, 200);
    }
    assert!(!*over.borrow(), "nobody has hung up");
    let held = sent.load(Ordering::Relaxed);
    // The buffers of four sockets, and ours.
    assert!(held < MOST / 8, "{held} bytes were taken from the vendor");
    // When it goes the vendor's connection goes, too.
    drop(deaf);
    tokio::time::timeout(LONG, over.wait_for(|over| *over))
        .await
        .expect("the vendor still sends")
        .unwrap();
    assert!(sent.load(Ordering::Relaxed) < MOST);
}
