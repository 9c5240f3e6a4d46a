//! Assets beyond folders and files: what is refused, and what the lead database sees of them.

use serde_json::{Value, json};

use super::{FORM, Marketo, code};

impl Marketo {
    async fn form(&self, path: &str, form: &str) -> Value {
        self.send("POST", path, &[FORM], form).await
    }
}

#[tokio::test]
async fn a_static_list_is_the_same_list_in_both_families() {
    let marketo = Marketo::start().await;
    let place = "folder=%7B%22id%22%3A1916%2C%22type%22%3A%22Folder%22%7D";
    let made = marketo
        .form(
            "/rest/asset/v1/staticLists.json",
            &format!("name=Mine&{place}"),
        )
        .await;
    let id = made["result"][0]["id"].as_i64().unwrap();
    let seen = marketo.get(&format!("/rest/v1/lists/{id}.json")).await;
    assert_eq!(seen["result"][0]["name"], "Mine");
    let twice = marketo
        .form(
            "/rest/asset/v1/staticLists.json",
            &format!("name=mine&{place}"),
        )
        .await;
    assert_eq!(code(&twice), "709");
    let gone = marketo
        .form(&format!("/rest/asset/v1/staticList/{id}/delete.json"), "")
        .await;
    assert_eq!(gone["result"][0]["id"], id);
    let seen = marketo.get(&format!("/rest/v1/lists/{id}.json")).await;
    assert_eq!(code(&seen), "1013");
}

#[tokio::test]
async fn forms_are_refused_by_what_is_wrong_with_them() {
    let marketo = Marketo::start().await;
    for (path, form, wanted) in [
        ("snippets.json", "name=x", "1002"),
        ("snippets.json", "folder=1916", "1002"),
        ("snippets.json", "name=x&folder=nowhere", "1001"),
        ("snippets.json", "name=x&folder=99", "710"),
        ("emails.json", "name=x&folder=1916", "1002"),
        ("snippet/501/approveDraft.json", "", "709"),
        ("snippet/99/approveDraft.json", "", "702"),
        (
            "snippet/501/clone.json",
            "name=Simulated+snippets+2&folder=1916",
            "709",
        ),
        ("smartCampaign/2/activate.json", "", "709"),
        ("smartList/501.json", "name=x", "605"),
        ("channels.json", "name=x", "605"),
        (
            "folder/1916/tokens.json",
            "name=a&type=nonsense&value=1",
            "1001",
        ),
        ("form/501/fields.json", "fieldId=Email", "709"),
        ("nonsense/1/approveDraft.json", "", "610"),
    ] {
        let answer = marketo.form(&format!("/rest/asset/v1/{path}"), form).await;
        assert_eq!(code(&answer), wanted, "{path} {form}");
    }
}

#[tokio::test]
async fn a_draft_is_listed_by_its_status_and_by_when_it_changed() {
    let marketo = Marketo::start().await;
    let all = marketo
        .get("/rest/asset/v1/snippets.json?status=draft")
        .await;
    assert_eq!(all["result"], Value::Null);
    marketo
        .form(
            "/rest/asset/v1/snippet/502/content.json",
            "type=Text&content=x",
        )
        .await;
    let drafts = marketo
        .get("/rest/asset/v1/snippets.json?status=draft")
        .await;
    assert_eq!(drafts["result"][0]["id"], 502);
    assert_eq!(drafts["result"][0]["html"], Value::Null);
    let changed = "/rest/asset/v1/snippets.json?earliestUpdatedAt=2020-01-01T00:00:00Z";
    let changed = marketo.get(changed).await;
    assert_eq!(changed["result"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn members_of_a_program_have_values_and_a_status() {
    let marketo = Marketo::start().await;
    let input = json!({"statusName": "Engaged", "input": [{"leadId": 3}, {"leadId": 99_999}]});
    let moved = marketo
        .post("/rest/v1/programs/1001/members/status.json", input)
        .await;
    assert_eq!(
        moved["result"][0],
        json!({"seq": 0, "leadId": 3, "status": "updated"})
    );
    assert_eq!(moved["result"][1]["reasons"][0]["code"], "1004");
    let by = "/rest/v1/programs/1001/members.json?filterType=statusName&filterValues=Engaged";
    let found = marketo.get(by).await;
    assert_eq!(found["result"][0]["leadId"], 3);
    assert_eq!(found["result"][1], Value::Null);
    let input = json!({"input": [{"leadId": 3, "nonsense": 1}]});
    let saved = marketo
        .post("/rest/v1/programs/1001/members.json", input)
        .await;
    assert_eq!(saved["result"][0]["reasons"][0]["code"], "1006");
    let listed = marketo.get("/rest/v1/leads/3/programMembership.json").await;
    assert_eq!(listed["moreResult"], false);
    assert_eq!(listed["result"][0]["id"], 1001);
}
