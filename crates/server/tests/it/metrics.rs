//! What is counted has few names, whatever is asked: a metric of a label a path would fill its reader's disk.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::TestApp;

/// The exposition without its numbers.
fn series(app: &TestApp) -> BTreeSet<String> {
    let text = app.app.metrics.render(0);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
        .collect()
}

#[tokio::test]
async fn thousands_of_paths_elements_verbs_and_callers_add_no_label() {
    let app = TestApp::start().await;
    let before = series(&app);
    let (id, token) = app.instance("sfdc").await;
    app.resource("GET", "/contacts", &token, Value::Null)
        .await
        .expect(200);
    let secrets = app.with_token(&token);
    for round in 0..100 {
        let calls = (0..20).map(|n| {
            let (app, secrets) = (&app, &secrets);
            async move {
                let other = format!("{secrets}-{round}-{n}");
                let (method, path, who) = match n % 5 {
                    0 => ("GET", format!("/hubs/h{round}/things-{n}"), secrets),
                    1 => ("GET", format!("/elements/e{round}-{n}"), secrets),
                    2 => ("POST", format!("/nowhere/{round}/{n}"), secrets),
                    3 => ("GET", format!("/contacts?fields=f{round}x{n}"), &other),
                    _ => (
                        ["LOCK", "PURGE", "X"][round % 3],
                        format!("/x/{n}"),
                        secrets,
                    ),
                };
                let path = format!("/elements/api-v2{path}");
                let headers = [("authorization", who.as_str())];
                let reply = app.send(method, &path, &headers, "").await;
                assert!((400..500).contains(&reply.status), "{method} {path}");
            }
        });
        crate::refresh::together(calls.collect()).await;
    }
    let element = json!({"name": "x"});
    app.ok("PATCH", &format!("/instances/{id}"), element).await;
    assert_eq!(series(&app), before);
    let counted = app.app.metrics.render(0);
    let refused = counted
        .lines()
        .find_map(|line| line.strip_prefix("ligand_http_requests_total{status=\"4xx\"} "));
    assert!(
        refused.unwrap().parse::<u32>().unwrap() >= 2_000,
        "{counted}"
    );
}
