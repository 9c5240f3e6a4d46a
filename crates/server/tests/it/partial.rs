//! Batches that fail in part: what was done and what was not is told record by record, in the order given, and a batch that the
//! vendor takes whole or not at all leaves nothing behind.

use serde_json::{Value, json};

use crate::marketing::Account;
use crate::support::Reply;

impl Account {
    /// A call of the vendor's own API.
    async fn vendor(&self, method: &str, path: &str, body: Value) -> Reply {
        let path = format!("/passthrough{path}");
        self.app.resource(method, &path, &self.token, body).await
    }
}

fn statuses(rows: &Value) -> Vec<&str> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn marketo_rows_have_each_their_status_and_reasons() {
    let marketo = Account::of("marketo").await;
    let input = json!({"input": [
        {"name": "ok", "leadID": 1}, {"leadID": 2}, {"name": "more", "nope": 1}, {"name": "last"}]});
    let rows = marketo
        .json("POST /custom-objects/aw_c/custom-fields", input)
        .await;
    assert_eq!(
        statuses(&rows),
        ["created", "skipped", "skipped", "created"]
    );
    assert_eq!(rows[1]["reasons"][0]["code"], "1002");
    assert_eq!(rows[2]["reasons"][0]["message"], "Field 'nope' not found");
    assert!(rows[3]["id"].is_string(), "{rows}");
    let people = json!([{"person": {"id": 2}}, {"person": {"id": 99_999}}, {"person": {"id": 4}}]);
    let rows = marketo.json("POST /lists/4/contacts", people).await;
    let inner: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["person"]["status"].as_str().unwrap())
        .collect();
    assert_eq!(inner, ["added", "skipped", "added"]);
    assert_eq!(rows[1]["person"]["reasons"][0]["code"], "1004");
    let leads = json!({"lookupField": "email", "action": "createOnly", "input": [
        {"email": "batch1@example.com"}, {"email": "batch1@example.com"}, {"email": "batch2@example.com", "leadScore": "x"}]});
    let told = marketo
        .vendor("POST", "/v1/leads.json", leads)
        .await
        .expect(200)
        .json();
    assert_eq!(statuses(&told["result"]), ["created", "skipped", "skipped"]);
    assert_eq!(told["result"][1]["reasons"][0]["code"], "1005");
}

#[tokio::test]
async fn a_rowset_of_marketing_cloud_is_saved_whole_or_not_at_all_and_later_says_which_rows() {
    let mc = Account::of("salesforcemarketingcloud").await;
    let body = json!({"Name": "Batch", "CustomerKey": "batch", "Fields": [
        {"Name": "email", "FieldType": "EmailAddress", "IsPrimaryKey": true, "IsRequired": true, "MaxLength": 100},
        {"Name": "age", "FieldType": "Number"}]});
    let made = mc.json("POST /data-extensions", body).await;
    let place = format!("/data-extensions/{}", made["id"].as_str().unwrap());
    let rows = format!("{place}/rows");
    let row = |email: &str, age: Value| json!({"keys": {"email": email}, "values": {"age": age}});
    let batch = json!([
        row("a@example.com", json!(1)),
        row("b@example.com", json!("many")),
        row("nonsense", json!(3))
    ]);
    let refused = mc
        .call(&format!("POST {rows}"), batch)
        .await
        .expect(400)
        .json();
    let vendor = refused["providerMessage"].as_str().unwrap();
    // Each faulty row has its own error, and the good one is not saved.
    assert!(
        vendor.contains("'many'") && vendor.contains("'nonsense'"),
        "{vendor}"
    );
    assert_eq!(mc.get(&rows).await, json!([]));
    let items =
        json!([{"email": "a@example.com", "age": 1}, {"email": "b@example.com", "age": "many"}]);
    let later = mc.json(&format!("POST {place}/rows-async"), items).await;
    let path = format!("/rows-async/{}", later["requestId"].as_str().unwrap());
    let state = mc.get(&format!("{path}/status")).await;
    assert_eq!(state["requestStatus"], "Complete");
    assert_eq!(state["hasErrors"], true);
    let told = mc.get(&format!("{path}/results")).await;
    let told = told.to_string();
    assert!(told.contains("'many'"), "{told}");
}

#[tokio::test]
async fn eloqua_keeps_the_members_of_a_list_that_are_there_and_refuses_a_row_whole() {
    let eloqua = Account::of("eloqua").await;
    let people = json!([{"id": "5"}, {"id": "99999"}]);
    eloqua.json("POST /lists/2/contacts", people).await;
    assert_eq!(
        eloqua.get("/lists/2/contacts?where=id='5'").await[0]["id"],
        "5"
    );
    eloqua
        .fails(404, "GET /lists/2/contacts/99999", Value::Null)
        .await;
    let before = eloqua.get("/custom-objects/1/instances").await;
    let row =
        json!({"fieldValues": [{"id": "111", "value": "kept?"}, {"id": "999", "value": "x"}]});
    let message = eloqua
        .fails(400, "POST /custom-objects/1/instances", row)
        .await;
    assert_eq!(message, "fieldValues: IdRequirement");
    assert_eq!(eloqua.get("/custom-objects/1/instances").await, before);
}

#[tokio::test]
async fn a_collection_of_salesforce_tells_of_each_record_unless_all_or_none_is_wanted() {
    let sfdc = Account::of("sfdc").await;
    let path = "/services/data/v59.0/composite/sobjects";
    let records = json!([
        {"attributes": {"type": "Account"}, "Name": "First of two"},
        {"attributes": {"type": "Account"}}]);
    for (whole, first) in [(true, false), (false, true)] {
        let body = json!({"allOrNone": whole, "records": records});
        let told = sfdc.vendor("POST", path, body).await.expect(200).json();
        assert_eq!(told[0]["success"], first, "{told}");
        assert_eq!(told[1]["success"], false);
        assert_eq!(told[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
        let found = "/hubs/crm/accounts?where=Name%3D'First%20of%20two'";
        let found = sfdc
            .app
            .resource("GET", found, &sfdc.token, Value::Null)
            .await;
        assert_eq!(found.json().as_array().unwrap().len(), usize::from(first));
    }
}
