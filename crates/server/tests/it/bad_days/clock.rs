//! Clocks that are set: nothing is lost, nobody is shut out for as long as the clock was wrong.

use serde_json::{Value, json};

use crate::grants::World;
use crate::support::TestApp;
use crate::support::recorder::{Recorder, json as answer};

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn a_clock_that_jumps_while_a_grant_is_renewed_loses_it_not() {
    for jump in [-DAY, DAY, -400 * DAY, 400 * DAY] {
        let world = World::start().await;
        world.call().await.expect(200);
        world.recorder.take();
        world.an_hour_later();
        let clock = world.app.clock.clone();
        let once = std::sync::Once::new();
        world.while_asked(move || once.call_once(|| clock.advance(jump)));
        world.call().await.expect(200);
        assert_eq!(
            world.token_calls(),
            1,
            "{jump}: the vendor's only answer was kept"
        );
        world.call().await.expect(200);
        // Set right again: at most one renewal more, and never a second with a used token.
        world.app.clock.advance(-jump);
        world.call().await.expect(200);
        assert!(world.token_calls() <= 1, "{jump}");
        let shown = world.shown().await;
        assert_eq!(shown["valid"], true, "{jump}: {shown}");
        // The vendor's own word counts, whatever the clock says.
        world.expire();
        world.call().await.expect(200);
        assert_eq!(world.token_calls(), 1, "{jump}");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_sends_nothing_twice() {
    let vendor = Recorder::start(|_| answer(200, r#"{"id":"1"}"#)).await;
    let origin = vendor.origin.clone();
    let app = TestApp::with(|config| {
        let connect = &mut config.vendor.connect;
        connect.insert("calm.example".to_owned(), origin);
    })
    .await;
    let token = super::connected(&app, "calm").await;
    let secrets = app.with_token(&token);
    let headers = [("authorization", &*secrets), ("idempotency-key", "k")];
    let post = async || {
        let path = "/elements/api-v2/passthrough/things";
        app.send("POST", path, &headers, "{}").await.expect(200)
    };
    post().await;
    for jump in [-DAY, -400 * DAY, 401 * DAY + DAY / 2, -DAY / 2] {
        app.clock.advance(jump);
        let reply = post().await;
        assert_eq!(reply.header("idempotent-replayed"), "true", "{jump}");
    }
    assert_eq!(vendor.take().len(), 1);
}

#[tokio::test]
async fn a_clock_that_is_set_back_shuts_nobody_out_and_one_ahead_ends_sessions() {
    let app = TestApp::start().await;
    let sign_in = async |password: &str| {
        let body = json!({"username": "admin@example.com", "password": password});
        app.call("POST", "/authentication", "", body).await
    };
    let ask = async |token: &str| {
        let bearer = format!("Bearer {token}");
        let reply = app
            .call("GET", "/authentication/secrets", &bearer, Value::Null)
            .await;
        reply.status
    };
    // Too many failures, at a time that has not come yet.
    app.clock.advance(DAY);
    for _ in 0..10 {
        sign_in("wrong").await.error(401);
    }
    sign_in(&app.password).await.error(429);
    app.clock.advance(-DAY);
    let user = sign_in(&app.password).await.expect(200).json();
    let token = user["token"].as_str().unwrap();
    assert_eq!(ask(token).await, 200);
    app.clock.advance(-DAY);
    assert_eq!(ask(token).await, 200, "set back");
    app.clock.advance(2 * DAY);
    assert_eq!(
        ask(token).await,
        401,
        "ahead: whoever has it signs in again"
    );
    sign_in(&app.password).await.expect(200);
}

#[tokio::test]
async fn an_answer_is_not_kept_for_as_long_as_the_clock_was_ahead() {
    let (vendor, app, token) = super::calm().await;
    let id = app.ok("GET", "/instances", Value::Null).await[0]["id"].clone();
    let settings = json!({"cachingEnabled": true, "cacheTimeToLive": 60});
    app.ok("PATCH", &format!("/instances/{id}"), settings).await;
    let call = async || {
        let reply = app.resource("GET", "/things", &token, Value::Null).await;
        reply.expect(200);
        vendor.take().len()
    };
    app.clock.advance(DAY);
    assert_eq!([call().await, call().await], [1, 0], "kept");
    app.clock.advance(-DAY);
    assert_eq!([call().await, call().await], [1, 0], "asked anew, and kept");
}
