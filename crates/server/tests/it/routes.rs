//! The table of routes against the reviewed list of what is open to everyone.

use ligand_server::api::routes::{Access, ROUTES};
use serde_json::Value;

use crate::support::TestApp;

/// Open without credentials, each for a reason: the catalog and the guides' first step are, so are signing in and the
/// page that vendors send browsers to.
const OPEN: [&str; 12] = [
    "GET /elements",
    "GET /elements/keys",
    "GET /elements/{keyOrId}",
    "GET /elements/{keyOrId}/oauth/url",
    "POST /elements/{keyOrId}/oauth/url",
    "GET /elements/{keyOrId}/oauth/token",
    "GET /oauth/callback",
    "GET /hubs",
    "GET /hubs/keys",
    "GET /hubs/{key}",
    "GET /hubs/{key}/elements",
    "POST /authentication",
];

fn example(path: &str) -> String {
    path.replace("{keyOrId}", "sfdc")
        .replace("configuration/{key}", "configuration/my.key")
        .replace("{key}", "crm")
        .replace("{version}", "1")
        .replace("{operationId}", "GET-contacts")
        .replace("{objectName}", "contacts")
        .replace("{accountId}", "1")
        .replace("{name}", "x")
        .replace("{userId}", "1")
        .replace("{roleKey}", "admin")
        .replace("{transformationId}", "1")
        .replace("{other}", "1")
        .replace("{hookId}", "1")
        .replace("{parameterId}", "1")
        .replace("{*path}", "services/data")
        .replace("{id}", "1")
        .replace("{configId}", "1")
        .replace("{requestId}", "1")
}

#[tokio::test]
async fn every_route_answers_401_without_credentials_unless_it_is_reviewed() {
    let app = TestApp::start().await;
    for route in ROUTES {
        let method = if route.method == "*" {
            "POST"
        } else {
            route.method
        };
        let name = format!("{} {}", route.method, route.path);
        let reply = app
            .call(method, &example(route.path), "", Value::Null)
            .await;
        if OPEN.contains(&name.as_str()) {
            // A sign-in without a body is a 400.
            assert!(
                [200, 400].contains(&reply.status),
                "{name}: {} {}",
                reply.status,
                reply.text()
            );
        } else {
            assert_eq!(reply.status, 401, "{name}: {}", reply.text());
        }
    }
}

#[tokio::test]
async fn every_route_that_reads_json_refuses_what_is_none() {
    let app = TestApp::with(|config| config.http.max_body.0 = 64 << 10).await;
    let (id, token) = app.instance("sfdc").await;
    for route in ROUTES.iter().filter(|route| route.body) {
        let path = example(route.path).replace("/1", &format!("/{id}"));
        let path = path.replace(&format!("configuration/{id}"), "configuration/1");
        // With a token `/accounts` is the element's.
        let authorization = match route.access {
            Access::Instance => format!("{}, Element {token}", app.secrets()),
            _ => app.secrets(),
        };
        let url = format!("/elements/api-v2{path}");
        let json = [
            ("authorization", &*authorization),
            ("content-type", "application/json"),
        ];
        let xml = [
            ("authorization", &*authorization),
            ("content-type", "text/xml"),
        ];
        for body in ["{\"a\":", "[1, 2", "nonsense"] {
            app.send(route.method, &url, &json, body).await.error(400);
        }
        // An import is read as it is, whatever it claims to be.
        if route.path != "/elements" {
            app.send(route.method, &url, &xml, "<a/>").await.error(415);
        }
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(65 << 10));
        app.send(route.method, &url, &json, large).await.error(413);
    }
}

#[tokio::test]
async fn an_unknown_path_is_met_with_a_hint_and_a_wrong_verb_with_the_right_ones() {
    let app = TestApp::start().await;
    let message = app
        .platform("GET", "/instancez", Value::Null)
        .await
        .error(404);
    assert!(message.contains("/instances"), "{message}");
    let reply = app
        .platform("POST", "/instances/5", Value::Null)
        .await
        .expect(405);
    assert_eq!(reply.header("allow"), "DELETE, GET, PATCH, PUT");
    let outside = app.send("GET", "/nonsense", &[], "").await.error(404);
    assert!(outside.contains("/elements/api-v2"), "{outside}");
}
