//! What an answer shows can be sent back.

use serde_json::Value;

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_answer_can_be_put_back_and_changes_nothing() {
    let app = TestApp::start().await;
    for element in ["sfdc", "eloqua", "acton", "marketo"] {
        let (id, token) = app.instance(element).await;
        let path = format!("/instances/{id}");
        let shown = app
            .platform("GET", &path, Value::Null)
            .await
            .expect(200)
            .json();
        // A token is `{a.key}`, also inside a value that is JSON.
        let is_key = |name: &str| {
            let of_key = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            !name.is_empty() && name.bytes().all(of_key)
        };
        let has_token = |text: &str| {
            let mut opened = text.split('{').skip(1);
            opened.any(|rest| rest.split_once('}').is_some_and(|(name, _)| is_key(name)))
        };
        let templates: Vec<&Value> = shown["configuration"]
            .as_object()
            .unwrap()
            .values()
            .filter(|value| value.as_str().is_some_and(has_token))
            .collect();
        assert!(
            templates.is_empty(),
            "{element} shows templates: {templates:?}"
        );
        let put = app
            .platform("PUT", &path, shown.clone())
            .await
            .expect(200)
            .json();
        assert_eq!(put["configuration"], shown["configuration"], "{element}");
        assert_eq!(put["token"], shown["token"]);
        app.resource("GET", "/ping", &token, Value::Null)
            .await
            .expect(200);
    }
}
