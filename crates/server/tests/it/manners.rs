//! How vendors are treated: what is repeated, what waits, what is left alone, and what callers and operators learn of it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use axum::response::Response;
use serde_json::{Value, json};

use crate::cluster::within;
use crate::refresh::together;
use crate::support::recorder::{Asked, Recorder, json as answer};
use crate::support::{Reply, TestApp};

type Script = Arc<Mutex<VecDeque<Response>>>;

struct World {
    app: TestApp,
    recorder: Recorder,
    script: Script,
    token: String,
}

/// An answer with headers.
fn with(status: u16, headers: &[(&str, &str)]) -> Response {
    let mut response = answer(status, r#"{"message":"said so"}"#);
    for (name, value) in headers {
        response.headers_mut().insert(
            http::HeaderName::try_from(*name).unwrap(),
            value.parse().unwrap(),
        );
    }
    response
}

impl World {
    /// A vendor that answers what it is told, and 200 when that is over.
    async fn start(element: Value) -> Self {
        let script = Script::default();
        let told = Arc::clone(&script);
        let recorder = Recorder::start(move |_: &Asked| {
            let next = told.lock().unwrap().pop_front();
            next.unwrap_or_else(|| answer(200, r#"[{"id":"1"}]"#))
        })
        .await;
        Self::of(recorder, script, element).await
    }

    /// This vendor.
    async fn of(recorder: Recorder, script: Script, element: Value) -> Self {
        let origin = recorder.origin.clone();
        let app = TestApp::with(|config| {
            config
                .vendor
                .connect
                .insert("api.example.com".to_owned(), origin);
        })
        .await;
        let mut whole = json!({"name": "Own", "key": "own", "authentication": {"type": "custom"}, "hub": "crm",
        "configuration": [{"key": "base.url", "name": "Base", "defaultValue": "https://api.example.com"}],
        "resources": [
            {"method": "GET", "path": "/things", "vendorPath": "/things"},
            {"method": "POST", "path": "/things", "vendorPath": "/things"}
        ]});
        for (key, value) in element.as_object().into_iter().flatten() {
            whole[key] = value.clone();
        }
        app.ok("POST", "/elements", whole).await;
        let body = json!({"element": {"key": "own"}, "name": "x"});
        let made = app.ok("POST", "/instances", body).await;
        Self {
            app,
            recorder,
            script,
            token: made["token"].as_str().unwrap().to_owned(),
        }
    }

    fn next(&self, answers: impl IntoIterator<Item = Response>) {
        self.script.lock().unwrap().extend(answers);
    }

    async fn call(&self, method: &str, headers: &[(&str, &str)]) -> Reply {
        let secrets = self.app.with_token(&self.token);
        let mut all = vec![("authorization", secrets.as_str())];
        all.extend_from_slice(headers);
        let body = if method == "POST" { "{\"a\":1}" } else { "" };
        if method == "POST" {
            all.push(("content-type", "application/json"));
        }
        self.app
            .send(method, "/elements/api-v2/things", &all, body)
            .await
    }
}

#[tokio::test]
async fn a_read_that_failed_is_repeated_and_the_answer_says_so() {
    let world = World::start(json!({})).await;
    world.next([with(500, &[]), with(503, &[])]);
    let reply = world.call("GET", &[]).await.expect(200);
    assert_eq!(reply.header("elements-vendor-attempts"), "3");
    assert_eq!(reply.header("elements-answered-by"), "vendor");
    assert!(
        reply
            .header("elements-vendor-wait-ms")
            .parse::<u64>()
            .unwrap()
            > 0
    );
    assert_eq!(world.recorder.take().len(), 3);
    let id = reply.header("elements-request-id").to_owned();
    let row = world
        .app
        .ok("GET", &format!("/usage/{id}"), Value::Null)
        .await;
    assert_eq!(row["attempts"], 3);
}

#[tokio::test]
async fn a_write_is_repeated_only_when_the_vendor_says_that_it_did_nothing() {
    let world = World::start(json!({})).await;
    world.next([with(500, &[])]);
    world.call("POST", &[]).await.error(502);
    assert_eq!(world.recorder.take().len(), 1);
    world.next([with(429, &[("retry-after", "0")])]);
    world.call("POST", &[]).await.expect(200);
    assert_eq!(world.recorder.take().len(), 2);
}

#[tokio::test]
async fn a_limit_inside_a_success_is_a_limit_too() {
    let world = World::start(
        json!({"errors": [{"status": [200], "when": {"path": "success", "equals": false},
        "code": "code", "codes": {"606": 429}, "otherwise": 400}]}),
    )
    .await;
    world.next([answer(200, r#"{"success":false,"code":"606"}"#)]);
    world.call("POST", &[]).await.expect(200);
    assert_eq!(world.recorder.take().len(), 2);
    world.next([answer(200, r#"{"success":false,"code":"9"}"#)]);
    world.call("POST", &[]).await.error(400);
}

#[tokio::test]
async fn a_limit_that_ends_too_late_is_told_at_once_and_holds_for_the_next_call() {
    let world = World::start(json!({})).await;
    world.next([with(429, &[("retry-after", "30")])]);
    let reply = world.call("GET", &[]).await;
    assert_eq!(reply.header("retry-after"), "30");
    reply.error(429);
    let reply = world.call("GET", &[("elements-deadline-ms", "2000")]).await;
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert!((28..=30).contains(&seconds), "{seconds}");
    assert_eq!(reply.header("elements-answered-by"), "ligand");
    let message = reply.error(429);
    assert!(message.contains("api.example.com"), "{message}");
    assert_eq!(world.recorder.take().len(), 1, "the vendor was left alone");
}

#[tokio::test]
async fn a_date_is_a_time_to_retry_after_too() {
    let world = World::start(json!({})).await;
    // The tests' clock stands at 08:00:00.
    world.next([with(
        503,
        &[("retry-after", "Mon, 05 Jan 2026 08:00:40 GMT")],
    )]);
    let reply = world.call("POST", &[]).await;
    assert_eq!(reply.header("retry-after"), "40");
    reply.error(503);
}

#[tokio::test]
async fn a_declared_limit_is_kept_within_the_callers_deadline() {
    let limits = json!({"rateLimits": {"limits": [{"requests": 2, "seconds": 1}]}});
    let world = World::start(limits).await;
    for _ in 0..2 {
        world.call("GET", &[]).await.expect(200);
    }
    let late = world.call("GET", &[("elements-deadline-ms", "50")]).await;
    assert_eq!(late.header("retry-after"), "1");
    late.error(429);
    let reply = world.call("GET", &[("elements-deadline-ms", "5000")]).await;
    let waited: u64 = reply.header("elements-vendor-wait-ms").parse().unwrap();
    assert!(waited > 100, "{waited}");
    reply.expect(200);
    assert_eq!(world.recorder.take().len(), 3);
}

#[tokio::test]
async fn a_deadline_is_a_number_of_milliseconds_and_is_kept() {
    let world = World::start(json!({})).await;
    for odd in ["0", "soon", "-5", "1.5"] {
        let message = world.call("GET", &[("elements-deadline-ms", odd)]).await;
        let message = message.error(400);
        assert!(message.contains("Elements-Deadline-Ms"), "{odd}: {message}");
    }
    assert_eq!(world.recorder.take().len(), 0);
    world.next(std::iter::repeat_with(|| with(503, &[])).take(2));
    let reply = world.call("GET", &[("elements-deadline-ms", "100")]).await;
    assert!(matches!(reply.status, 503 | 504), "{}", reply.text());
}

#[tokio::test]
async fn a_vendor_that_is_down_is_left_alone_until_it_may_be_back() {
    let world = World::start(json!({})).await;
    world.next(std::iter::repeat_with(|| with(504, &[])).take(40));
    let mut last = None;
    for _ in 0..12 {
        last = Some(world.call("POST", &[]).await);
    }
    let reply = last.unwrap();
    assert!(!reply.header("retry-after").is_empty());
    let message = reply.error(503);
    assert!(
        message.starts_with("api.example.com has failed"),
        "{message}"
    );
    assert_eq!(world.recorder.take().len(), 10);
    let metrics = world.app.app.metrics.render(0);
    assert!(metrics.contains("ligand_vendor_breaker_pauses_total 1"));
    // Others are served meanwhile.
    world.app.ok("GET", "/elements/keys", Value::Null).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vendor_that_may_be_back_is_tried_by_one_call_and_then_by_all() {
    let (release, held) = mpsc::channel::<()>();
    let (held, arrived) = (Mutex::new(held), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&arrived);
    let recorder = Recorder::start(move |_: &Asked| {
        match seen.fetch_add(1, Ordering::SeqCst) {
            0..10 => with(504, &[]),
            10 => {
                // The call that tries is not answered before somebody says so.
                tokio::task::block_in_place(|| held.lock().unwrap().recv().unwrap());
                answer(200, "[]")
            }
            _ => answer(200, "[]"),
        }
    })
    .await;
    let world = World::of(recorder, Script::default(), json!({})).await;
    for _ in 0..10 {
        world.call("POST", &[]).await.error(504);
    }
    let through = Mutex::new(None);
    let trying = within(Duration::from_secs(30), async || {
        let reply = world.call("GET", &[]).await;
        let came = reply.status != 503;
        *through.lock().unwrap() = came.then_some(reply);
        came
    });
    let others = async {
        within(Duration::from_secs(30), async || {
            arrived.load(Ordering::SeqCst) == 11
        })
        .await;
        for _ in 0..5 {
            let reply = world.call("GET", &[]).await;
            assert_eq!(reply.header("elements-answered-by"), "ligand");
            reply.error(503);
        }
        assert_eq!(arrived.load(Ordering::SeqCst), 11, "one call tries");
        release.send(()).unwrap();
    };
    tokio::join!(trying, others);
    let tried = through.lock().unwrap().take().unwrap();
    assert_eq!(tried.header("elements-vendor-attempts"), "1");
    tried.expect(200);
    for reply in together((0..5).map(|_| world.call("GET", &[])).collect()).await {
        reply.expect(200);
    }
    assert_eq!(arrived.load(Ordering::SeqCst), 16, "it is asked as before");
}

#[tokio::test]
async fn a_vendor_that_fails_everybody_is_asked_little_more_often_than_it_is_called() {
    // One failure says that the host is down and pauses it, the other does not.
    for failure in [503, 500] {
        let script = Script::default();
        let recorder = Recorder::start(move |_: &Asked| with(failure, &[])).await;
        let world = World::of(recorder, script, json!({})).await;
        let mut asked = Vec::new();
        for _ in 0..2 {
            let calls = (0..40).map(|_| world.call("GET", &[])).collect();
            for reply in together(calls).await {
                assert!(matches!(reply.status, 502 | 503), "{}", reply.text());
            }
            asked.push(world.recorder.take().len());
        }
        // Three times each if nobody counted. A host begins with ten repetitions, and each time it is asked adds a tenth.
        let (first, second) = (asked[0], asked[1]);
        assert!((40..=56).contains(&first), "{failure}: {asked:?}");
        let expected = if failure == 503 { 0..=1 } else { 40..=46 };
        assert!(expected.contains(&second), "{failure}: {asked:?}");
        assert!(failure == 503 || first > 45, "{failure}: {asked:?}");
    }
}

#[tokio::test]
async fn instances_take_turns_under_a_limit_that_they_share() {
    let limit = json!({"requests": 5, "seconds": 1, "scope": "organization"});
    let who = json!({"type": "query", "name": "who", "vendorType": "query", "vendorName": "who"});
    let things =
        json!({"method": "GET", "path": "/things", "vendorPath": "/things", "parameters": [who]});
    let world =
        World::start(json!({"rateLimits": {"limits": [limit]}, "resources": [things]})).await;
    let body = json!({"element": {"key": "own"}, "name": "y"});
    let other = world.app.ok("POST", "/instances", body).await;
    let other = other["token"].as_str().unwrap();
    let call = |path: &'static str, token: &str| {
        let (app, token) = (&world.app, token.to_owned());
        async move { app.resource("GET", path, &token, Value::Null).await }
    };
    // One has sent three times what a second takes when its neighbour sends a single call.
    let mut calls: Vec<_> = (0..15)
        .map(|_| call("/things?who=greedy", &world.token))
        .collect();
    calls.push(call("/things?who=modest", other));
    for reply in together(calls).await {
        reply.expect(200);
    }
    let asked = world.recorder.take();
    let modest = asked
        .iter()
        .position(|asked| asked.query.contains("modest"));
    assert_eq!(asked.len(), 16);
    assert!(
        modest.unwrap() < 10,
        "it waited for its neighbour's calls: {modest:?}"
    );
}

#[tokio::test]
async fn a_trace_goes_through_to_the_vendor_and_back() {
    let world = World::start(json!({})).await;
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{id}-00f067aa0ba902b7-01");
    let reply = world.call("GET", &[("traceparent", &parent)]).await;
    assert_eq!(reply.header("elements-trace-id"), id);
    let asked = world.recorder.take();
    let told = asked[0].header("traceparent");
    assert!(
        told.starts_with(&format!("00-{id}-")) && told != parent,
        "{told}"
    );
}

#[tokio::test]
async fn a_failed_calls_row_says_why_in_the_vendors_words_without_secrets() {
    let configuration = json!([
        {"key": "base.url", "name": "Base", "defaultValue": "https://api.example.com"},
        {"key": "api.key", "name": "Key", "type": "PASSWORD", "defaultValue": "s3cret-of-theirs"},
    ]);
    let world = World::start(json!({"configuration": configuration})).await;
    let said = r#"{"message":"key s3cret-of-theirs may not see things"}"#;
    world.next([with(503, &[]), answer(403, said)]);
    let reply = world.call("GET", &[]).await;
    assert_eq!(reply.status, 403, "{}", reply.text());
    assert!(reply.text().contains("may not see things"));
    assert!(
        !reply.text().contains("s3cret-of-theirs"),
        "{}",
        reply.text()
    );
    let path = format!("/usage/{}", reply.header("elements-request-id"));
    let row = world.app.ok("GET", &path, Value::Null).await;
    let words = row["provider_message"].as_str().unwrap();
    assert_eq!(words, said.replace("s3cret-of-theirs", "********"), "{row}");
    assert_eq!(row["message"], "key ******** may not see things");
    let attempts = row["failed_attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2, "{row}");
    assert_eq!(
        (&attempts[0]["status"], &attempts[1]["status"]),
        (&json!(503), &json!(403))
    );
    assert!(attempts[0]["waited"].is_u64() && attempts[1].get("waited").is_none());
    let listed = world.app.ok("GET", "/usage", Value::Null).await;
    assert!(listed[0].get("message").is_none(), "{listed}");
    assert!(!world.app.everything_stored().contains("may not see things"));

    // What a vendor says at length is cut, and a refusal of ours says why as well.
    let long = json!({"message": "x".repeat(100_000)}).to_string();
    world.next([answer(400, &long)]);
    let reply = world.call("GET", &[]).await;
    let path = format!("/usage/{}", reply.header("elements-request-id"));
    let row = world.app.ok("GET", &path, Value::Null).await;
    let length = row["provider_message"].as_str().unwrap().chars().count();
    assert_eq!(length, 2001);
    let reply = world
        .app
        .platform("GET", "/elements/nosuch", Value::Null)
        .await;
    let path = format!("/usage/{}", reply.header("elements-request-id"));
    let row = world.app.ok("GET", &path, Value::Null).await;
    assert_eq!(row["message"], reply.json()["message"]);
    assert_eq!(row["failed_attempts"], json!([]));
}
