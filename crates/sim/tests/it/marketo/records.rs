//! Described records: named accounts on their lists, and what the vendor alone sets.

use serde_json::json;

use super::{Marketo, code};

#[tokio::test]
async fn lists_of_named_accounts_are_found_by_two_words_alone() {
    let marketo = Marketo::start().await;
    let find = |filter: &str| format!("/rest/v1/namedAccountLists.json?filterType={filter}");
    let by_name = find("dedupeFields&filterValues=Account+List+1");
    let list = marketo.get(&by_name).await["result"][0].clone();
    assert_eq!(
        (&list["type"], &list["updateable"]),
        (&json!("default"), &json!(true))
    );
    let guid = list["marketoGUID"].as_str().unwrap();
    let by_id = find(&format!("idField&filterValues={guid}"));
    assert_eq!(marketo.get(&by_id).await["result"][0], list);
    for filter in ["name", "marketoGUID", "type"] {
        let refused = marketo
            .get(&find(&format!("{filter}&filterValues=x")))
            .await;
        assert_eq!(code(&refused), "1003", "{filter}");
    }
}

#[tokio::test]
async fn named_accounts_join_and_leave_a_list() {
    let marketo = Marketo::start().await;
    let lists = "/rest/v1/namedAccountLists.json";
    let made = marketo
        .post(lists, json!({"input": [{"name": "Mine"}]}))
        .await;
    let guid = made["result"][0]["marketoGUID"].as_str().unwrap();
    let members = format!("/rest/v1/namedAccountList/{guid}/namedAccounts.json");
    let accounts = "/rest/v1/namedaccounts.json?filterType=name&filterValues=Named+1,Named+2";
    let accounts = marketo.get(accounts).await["result"].clone();
    let input = json!({"input": [
        {"marketoGUID": accounts[0]["marketoGUID"]}, {"marketoGUID": "none"},
        {"marketoGUID": accounts[1]["marketoGUID"]},
    ]});
    let added = marketo.post(&members, input).await;
    assert_eq!(added["result"][0]["status"], "added");
    assert_eq!(added["result"][1]["reasons"][0]["code"], "1013");
    let page = marketo.get(&format!("{members}?batchSize=1")).await;
    assert_eq!(page["result"][0]["name"], "Named 1");
    let next = page["nextPageToken"].as_str().unwrap();
    let page = marketo
        .get(&format!("{members}?batchSize=1&nextPageToken={next}"))
        .await;
    assert_eq!(page["result"][0]["name"], "Named 2");
    let gone = json!({"input": [{"marketoGUID": accounts[0]["marketoGUID"]}]});
    let body = gone.to_string();
    let gone = marketo
        .send(
            "DELETE",
            &members,
            &[("content-type", "application/json")],
            &body,
        )
        .await;
    assert_eq!(gone["result"][0]["status"], "removed");
    let left = marketo.get(&members).await;
    assert_eq!(left["result"].as_array().map(Vec::len), Some(1));
    let unknown = "/rest/v1/namedAccountList/none/namedAccounts.json";
    assert_eq!(code(&marketo.get(unknown).await), "1013");
}

#[tokio::test]
async fn what_the_vendor_alone_sets_stays_as_it_is() {
    let marketo = Marketo::start().await;
    let old = "2001-01-01T00:00:00Z";
    for (path, row, find) in [
        (
            "leads",
            json!({"email": "a@example.com", "createdAt": old}),
            "email&filterValues=a@example.com",
        ),
        (
            "companies",
            json!({"externalCompanyId": "x", "createdAt": old}),
            "externalCompanyId&filterValues=x",
        ),
        (
            "namedAccountLists",
            json!({"name": "x", "type": "external", "createdAt": old}),
            "dedupeFields&filterValues=x",
        ),
    ] {
        let input = json!({"input": [row]});
        let answer = marketo.post(&format!("/rest/v1/{path}.json"), input).await;
        assert_eq!(answer["result"][0]["status"], "created", "{path}");
        let find = format!("/rest/v1/{path}.json?filterType={find}");
        let stored = marketo.get(&find).await["result"][0].clone();
        assert!(stored["createdAt"].as_str().is_some_and(|at| at > old));
        assert_ne!(stored["type"], "external");
    }
}
