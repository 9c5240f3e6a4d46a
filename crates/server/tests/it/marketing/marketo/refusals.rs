use serde_json::{Value, json};

use super::super::{Account, ids};

#[tokio::test]
async fn bad_input_is_refused_in_the_vendors_words() {
    let marketo = Account::of("marketo").await;
    let long = "x".repeat(300);
    for (status, line, body, says) in [
        (
            400,
            "POST /contacts",
            json!({"person": {"email": "a@b.co", "noSuchField": 1}}),
            "noSuchField",
        ),
        (
            400,
            "POST /contacts",
            json!({"person": {"email": "a@b.co", "leadScore": "many"}}),
            "score",
        ),
        (
            400,
            "POST /contacts",
            json!({"person": {"firstName": "no email"}}),
            "email",
        ),
        (
            400,
            "POST /contacts",
            json!({"person": {"email": "a@b.co", "firstName": long}}),
            "firstName",
        ),
        (400, "POST /contacts", json!("text"), "person"),
        (
            400,
            "GET /contacts?where=email='a' AND id='1'",
            Value::Null,
            "one field",
        ),
        (
            400,
            "GET /contacts?where=firstName='Ann'",
            Value::Null,
            "firstName",
        ),
        (
            400,
            "GET /contacts/1?fields=id,nothing",
            Value::Null,
            "nothing",
        ),
        (404, "GET /contacts/99999", Value::Null, ""),
        (
            404,
            "PATCH /contacts/99999",
            json!({"person": {"firstName": "x"}}),
            "",
        ),
        (404, "DELETE /contacts/99999", Value::Null, ""),
        (400, "GET /contacts/abc", Value::Null, "abc"),
        (
            400,
            "POST /companies",
            json!({"company": "no external id"}),
            "externalCompanyId",
        ),
        (
            400,
            "GET /companies?where=industry='x'",
            Value::Null,
            "industry",
        ),
        (404, "PATCH /companies/99999", json!({"company": "x"}), ""),
        (
            400,
            "POST /folders",
            json!({"name": "x", "parent": {"id": 424_242, "type": "Folder"}}),
            "Parent Folder",
        ),
        (400, "POST /programs", json!({"name": "x"}), "folder"),
        (
            404,
            "PATCH /programs/99999",
            json!({"description": "x"}),
            "",
        ),
        (
            400,
            "POST /campaigns/2/trigger",
            json!({"input": {"leads": [{"id": 1}]}}),
            "triggerable",
        ),
    ] {
        let message = marketo.fails(status, line, body).await;
        assert!(message.contains(says), "{line}: {message}");
    }
}

#[tokio::test]
async fn limits_and_expired_tokens_in_mid_list_are_told_apart() {
    let marketo = Account::of("marketo").await;
    let first = marketo
        .call("GET /lists?pageSize=2", Value::Null)
        .await
        .expect(200);
    let next = first.header("elements-next-page-token").to_owned();
    marketo
        .app
        .control("/tokens/expire", json!({"vendor": "marketo"}))
        .await;
    assert_eq!(
        ids(&marketo
            .get(&format!("/lists?pageSize=2&nextPage={next}"))
            .await),
        ["3", "4"]
    );
    marketo
        .app
        .control("/rate-limit", json!({"vendor": "marketo", "limit": 1}))
        .await;
    marketo.get("/lists?pageSize=1").await;
    let message = marketo
        .fails(
            429,
            "POST /contacts",
            json!({"person": {"email": "late@example.com"}}),
        )
        .await;
    assert!(message.contains("Max rate limit"), "{message}");
    marketo
        .app
        .control("/rate-limit", json!({"vendor": "marketo"}))
        .await;
    assert_eq!(
        marketo
            .get("/contacts?where=email='late@example.com'")
            .await,
        json!([])
    );
}
