//! The wire: smuggled requests, injected headers, answers that grow when they are unpacked, secrets told by time.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

use super::{CREDENTIAL, instance, staged, victim};
use crate::support::TestApp;
use crate::support::recorder::Recorder;

/// Sends bytes as they are, and answers every status line that comes back.
async fn raw(app: &TestApp, bytes: String) -> Vec<String> {
    let address = app.base.trim_start_matches("http://").to_owned();
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(std::time::Duration::from_secs(5)))
            .unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // A server that hangs up on such a request has answered, too.
        let _ = stream.read_to_end(&mut answer);
        // A body need not end its line, so the next answer begins anywhere.
        let answer = String::from_utf8_lossy(&answer);
        answer
            .match_indices("HTTP/1.1 ")
            .filter_map(|(at, _)| answer.get(at..)?.lines().next())
            .map(str::to_owned)
            .collect()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_request_is_not_smuggled_behind_another() {
    let app = TestApp::start().await;
    let smuggled = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    // One framing alone, and what follows is the next request.
    let honest = format!("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n{smuggled}");
    let answers = raw(&app, honest).await;
    assert_eq!(answers, ["HTTP/1.1 200 OK", "HTTP/1.1 200 OK"]);
    for framing in [
        format!("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!(
            "Content-Length: 0\r\nContent-Length: {}\r\n\r\n{smuggled}",
            smuggled.len()
        ),
        format!("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Content-Length: +0\r\n\r\n{smuggled}"),
        format!("X: y\n GET: z\r\nContent-Length: -1\r\n\r\n{smuggled}"),
    ] {
        let request =
            format!("POST /elements/api-v2/authentication HTTP/1.1\r\nHost: x\r\n{framing}");
        let answers = raw(&app, request).await;
        let second = answers.iter().skip(1).any(|line| line.contains(" 200 "));
        assert!(!second, "{framing:?}: {answers:?}");
    }
}

#[tokio::test]
async fn a_value_does_not_become_a_header_of_its_own() {
    let element = victim(
        json!({"resources": [{"method": "GET", "path": "/things/{id}", "vendorPath": "/things/{id}", "parameters": [
        {"type": "query", "name": "site", "vendorType": "header", "vendorName": "X-Site"},
        {"type": "query", "name": "q", "vendorType": "query", "vendorName": "q"}]}]}),
    );
    let (app, vendor, _) = staged(element).await;
    let (_, token) = instance(&app, json!({})).await;
    for value in [
        "a%0D%0AX-Injected:%201",
        "a%0AX-Injected:%201",
        "a%00b",
        "%E2%80%A8X-Injected:1",
    ] {
        let path = format!("/things/x%0D%0AX-Injected:1?site={value}&q={value}");
        let reply = app.resource("GET", &path, &token, Value::Null).await;
        assert!([200, 400].contains(&reply.status), "{}", reply.text());
        assert_eq!(reply.header("x-injected"), "");
    }
    // In a path and a query it is encoded, and arrives.
    let path = "/things/x%0D%0AX-Injected:1?q=a%0D%0AX-Injected:%201";
    app.resource("GET", path, &token, Value::Null)
        .await
        .expect(200);
    let asked = vendor.take();
    assert!(!asked.is_empty());
    for asked in asked {
        assert!(asked.headers.get("x-injected").is_none(), "{asked:?}");
        assert_eq!(asked.header("x-key"), CREDENTIAL);
    }
}

#[tokio::test]
async fn neither_host_nor_framing_of_a_vendors_request_is_the_callers_to_set() {
    let names = ["Host", "Transfer-Encoding", "Content-Length", "Connection"];
    let parameters: Vec<_> = names
        .iter()
        .map(|name| json!({"type": "query", "name": name, "vendorType": "header", "vendorName": name}))
        .collect();
    let element = victim(json!({"resources": [
        {"method": "GET", "path": "/things", "vendorPath": "/things", "parameters": parameters}]}));
    let (app, vendor, _) = staged(element).await;
    let (_, token) = instance(&app, json!({})).await;
    let path =
        "/things?Host=a.evil.example&Transfer-Encoding=chunked&Content-Length=40&Connection=x-key";
    app.resource("GET", path, &token, Value::Null)
        .await
        .expect(200);
    let asked = vendor.take();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].host, "api.victim.example");
    assert_eq!(asked[0].header("x-key"), CREDENTIAL);
    for name in &names[1..] {
        assert_eq!(asked[0].header(&name.to_lowercase()), "", "{name}");
    }
}

#[tokio::test]
async fn packed_answers_and_bodies_are_not_unpacked_without_bounds() {
    let vendor = Recorder::start(|_| {
        Response::builder()
            .header("content-type", "application/json")
            .header("content-encoding", "gzip")
            .body(Body::from(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0]))
            .unwrap()
    })
    .await;
    let origin = vendor.origin.clone();
    let app = TestApp::with(|config| {
        config
            .vendor
            .connect
            .insert("api.victim.example".to_owned(), origin);
    })
    .await;
    app.ok("POST", "/elements", victim(json!({}))).await;
    let (_, token) = instance(&app, json!({})).await;
    let message = app
        .resource("GET", "/things", &token, Value::Null)
        .await
        .error(502);
    assert!(message.contains("encoding"), "{message}");
    assert_eq!(
        vendor.take()[0].header("accept-encoding"),
        "identity",
        "none was asked for"
    );
    // Nor is a packed body of a caller taken for JSON.
    let headers = [
        ("authorization", &*app.secrets()),
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let packed: &[u8] = &[0x1f, 0x8b, 8, 0];
    let reply = app
        .send(
            "POST",
            "/elements/api-v2/elements",
            &headers,
            packed.to_vec(),
        )
        .await;
    assert!(
        [400, 415].contains(&reply.status),
        "{} {}",
        reply.status,
        reply.text()
    );
}

/// A secret as it is shown.
type Shown<'a> = &'a dyn Fn(&str) -> String;

#[tokio::test]
async fn a_secret_is_wrong_alike_however_much_of_it_is_right() {
    let (app, _, _) = staged(victim(json!({}))).await;
    let (_, token) = instance(&app, json!({})).await;
    let made = json!({"name": "k", "scopes": ["read"]});
    let made = app.ok("POST", "/api-keys", made).await;
    let (user, organization) = (app.user.clone(), app.organization.clone());
    let kinds: [(&str, Shown); 4] = [
        (&user, &|user| {
            format!("User {user}, Organization {organization}")
        }),
        (&organization, &|organization| {
            format!("User {user}, Organization {organization}")
        }),
        (&token, &|token| app.with_token(token)),
        (made["key"].as_str().unwrap(), &|key| {
            format!("Bearer {key}")
        }),
    ];
    for (right, shown) in kinds {
        let path = if right == token {
            "/things"
        } else {
            "/instances"
        };
        let ask = async |secret: &str| {
            let credentials = shown(secret);
            app.call("GET", path, &credentials, Value::Null).await
        };
        ask(right).await.expect(200);
        let mut answers = Vec::new();
        for wrong in [
            right.get(..right.len() / 2).unwrap(),
            right.get(..right.len() - 1).unwrap(),
            &format!("{right}x"),
            "x",
            &right.to_uppercase(),
        ] {
            let mut body = ask(wrong).await.expect(401).json();
            body["requestId"] = Value::Null;
            answers.push(body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    }
    // Secrets are looked up by their digest, so that no comparison stops where they differ.
    let stored = app.everything_stored();
    assert!(!stored.contains(&user) && !stored.contains(&token));
}
