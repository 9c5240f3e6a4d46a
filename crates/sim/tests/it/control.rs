//! The control API, the faults it orders, and what the request log shows.

use std::time::Instant;

use serde_json::{Value, json};

use crate::world::World;

const DATA: &str = "/services/data/";

async fn world() -> World {
    World::start("salesforce").await
}

/// One raw HTTP/1.1 exchange: what a client that reads everything sees.
async fn raw(world: &World, request: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = world.origin().replace("http://", "");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_status_fault_hits_as_often_as_ordered() {
    let world = world().await;
    let fault = json!({"vendor": "salesforce", "status": 503, "body": "busy", "content_type": "text/plain",
        "headers": {"retry-after": "7"}, "times": 2});
    world.order("/fail", fault).await;
    for expected in [503, 503, 200] {
        let answer = world.send("GET", DATA, &[], "").await;
        assert_eq!(answer.status, expected);
        if expected == 503 {
            assert_eq!(answer.text, "busy");
            assert_eq!(answer.headers["retry-after"], "7");
        }
    }
}

#[tokio::test]
async fn a_fault_may_be_kept_to_a_path_and_a_method() {
    let world = world().await;
    let fault =
        json!({"vendor": "salesforce", "status": 500, "path": "/services/data", "method": "post"});
    world.order("/fail", fault).await;
    assert_eq!(world.send("GET", DATA, &[], "").await.status, 200);
    assert_eq!(world.send("POST", DATA, &[], "").await.status, 500);
    assert_eq!(world.send("POST", DATA, &[], "").await.status, 200);
}

#[tokio::test]
async fn an_html_fault_answers_a_page_with_status_200() {
    let world = world().await;
    world
        .order("/fail", json!({"vendor": "salesforce", "kind": "html"}))
        .await;
    let answer = world.send("GET", DATA, &[], "").await;
    assert_eq!(
        (answer.status, &answer.headers["content-type"]),
        (200, &"text/html".parse().unwrap())
    );
    assert!(answer.text.starts_with("<html>"));
}

#[tokio::test]
async fn a_truncated_answer_is_shorter_than_it_says() {
    let world = world().await;
    world
        .order(
            "/fail",
            json!({"vendor": "salesforce", "kind": "truncated"}),
        )
        .await;
    let answer = raw(&world, "GET /services/data/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let claimed = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    assert!(claimed.parse::<usize>().unwrap() > body.len());
    assert!(!body.is_empty());
}

#[tokio::test]
async fn a_dropped_connection_carries_no_answer() {
    let world = world().await;
    world
        .order("/fail", json!({"vendor": "salesforce", "kind": "drop"}))
        .await;
    assert_eq!(
        raw(&world, "GET /services/data/ HTTP/1.1\r\nHost: x\r\n\r\n").await,
        ""
    );
}

#[tokio::test]
async fn a_huge_answer_is_as_long_as_ordered_and_a_redirect_goes_where_told() {
    let world = world().await;
    let fault = json!({"vendor": "salesforce", "kind": "huge", "bytes": 3_000_000});
    world.order("/fail", fault).await;
    let answer = world.send("GET", DATA, &[], "").await;
    assert_eq!(answer.text.len(), 3_000_000);
    assert!(answer.text.starts_with("[{\"filler\":"));
    let fault =
        json!({"vendor": "salesforce", "kind": "redirect", "location": "http://169.254.169.254/"});
    world.order("/fail", fault).await;
    let answer = world.send("GET", DATA, &[], "").await;
    assert_eq!(
        (answer.status, answer.location().as_str()),
        (302, "http://169.254.169.254/")
    );
}

#[tokio::test]
async fn a_slow_answer_is_the_right_one_later() {
    let world = world().await;
    world
        .order(
            "/fail",
            json!({"vendor": "salesforce", "kind": "slow", "delay_ms": 80}),
        )
        .await;
    let before = Instant::now();
    let answer = world.send("GET", DATA, &[], "").await;
    assert!(before.elapsed().as_millis() >= 80);
    assert!(answer.json().as_array().unwrap().len() > 40);
}

#[tokio::test]
async fn the_log_shows_requests_as_they_came_and_can_be_cleared() {
    let world = world().await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    world
        .send(
            "POST",
            "/services/oauth2/token?a=%20b",
            &[form, ("x-own", "1")],
            "grant_type=none",
        )
        .await;
    let log = world.ask("GET", "/requests?vendor=salesforce").await;
    let entries = log["requests"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!(entry["method"], "POST");
    assert_eq!(entry["path"], "/services/oauth2/token");
    assert_eq!(entry["query"], "a=%20b");
    assert_eq!(entry["headers"]["x-own"], "1");
    assert_eq!(entry["body"], "grant_type=none");
    assert_eq!(entry["status"], 400);
    assert_eq!(entry["vendor"], "salesforce");
    world.ask("DELETE", "/requests?vendor=salesforce").await;
    assert_eq!(
        world.ask("GET", "/requests").await["requests"],
        Value::Array(Vec::new())
    );
}

#[tokio::test]
async fn chunked_bodies_are_read_whole_and_oversized_ones_refused() {
    let world = world().await;
    let chunked = "POST /services/oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
                   11\r\ngrant_type=passwo\r\n3\r\nrd&\r\n0\r\n\r\n";
    assert!(raw(&world, chunked).await.contains("invalid_client_id"));
    let log = world.ask("GET", "/requests?vendor=salesforce").await;
    assert_eq!(log["requests"][0]["body"], "grant_type=password&");
    let huge = "POST /services/oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\nx";
    assert!(raw(&world, huge).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn orders_that_make_no_sense_are_refused_with_a_reason() {
    let world = world().await;
    for (path, body, reason) in [
        ("/fail", "{\"vendor\":\"oracle\"}", "unknown vendor"),
        (
            "/fail",
            "{\"vendor\":\"salesforce\",\"kind\":\"meteor\"}",
            "unknown variant",
        ),
        ("/clock/advance", "{}", "seconds"),
        ("/clock/advance", "not json", "expected"),
        (
            "/rate-limit",
            "{\"vendor\":\"salesforce\",\"limit\":-1}",
            "limit",
        ),
    ] {
        let answer = world.control("POST", path, &[], body).await;
        assert_eq!(answer.status, 400, "{path} {body}");
        assert!(
            answer.text.contains(reason) || answer.text.contains("invalid value"),
            "{}",
            answer.text
        );
    }
    assert_eq!(world.control("GET", "/nothing", &[], "").await.status, 404);
    let page = world
        .control(
            "POST",
            "/reset",
            &[("origin", "https://evil.example")],
            "{}",
        )
        .await;
    assert_eq!(page.status, 403);
}
