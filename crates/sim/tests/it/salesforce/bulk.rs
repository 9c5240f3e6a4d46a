//! Bulk jobs of both versions.

use serde_json::{Value, json};

use super::{BASE, Salesforce};

#[tokio::test]
async fn a_table_is_loaded_row_by_row() {
    let client = Salesforce::start().await;
    let job = json!({ "object": "Contact", "operation": "insert", "contentType": "CSV", "lineEnding": "LF" });
    let job = client.call("POST", "/jobs/ingest", job).await.json();
    assert_eq!(job["state"], "Open");
    let own = format!("/jobs/ingest/{}", job["id"].as_str().unwrap());
    let table = "LastName,Account.External_Id__c,Description\nBulk one,acc-0001,\"a, b\"\n,acc-0001,\nBulk three,none,\n";
    let bearer = format!("Bearer {}", client.token("access_token"));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/csv"),
    ];
    let path = format!("{BASE}{own}/batches");
    assert_eq!(
        client
            .world
            .send("PUT", &path, &headers, table)
            .await
            .status,
        201
    );
    client
        .call("PATCH", &own, json!({ "state": "UploadComplete" }))
        .await;
    let mut states = Vec::new();
    for _ in 0..4 {
        states.push(
            client.get(&own).await.json()["state"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(
        states,
        ["UploadComplete", "InProgress", "JobComplete", "JobComplete"]
    );
    let done = client.get(&own).await.json();
    assert_eq!(
        (
            &done["numberRecordsProcessed"],
            &done["numberRecordsFailed"]
        ),
        (&json!(3), &json!(2))
    );
    let good = client.get(&format!("{own}/successfulResults")).await.text;
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(
        lines[0],
        "\"sf__Id\",\"sf__Created\",\"LastName\",\"Account.External_Id__c\",\"Description\""
    );
    assert!(lines[1].contains("\"true\",\"Bulk one\"") && lines[1].ends_with("\"a, b\""));
    let bad = client.get(&format!("{own}/failedResults")).await.text;
    assert!(
        bad.contains("REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"),
        "{bad}"
    );
    assert_eq!(client.ids("SELECT Id FROM Contact WHERE LastName = 'Bulk one' AND Account.External_Id__c = 'acc-0001'").await.len(), 1);
    let again = client
        .refused("PATCH", &own, json!({ "state": "Aborted" }))
        .await;
    assert_eq!(again.1, "INVALIDJOBSTATE");
    assert_eq!(client.call("DELETE", &own, Value::Null).await.status, 204);
    assert_eq!(client.get(&own).await.status, 404);
}

#[tokio::test]
async fn a_query_job_gives_its_table_in_pages() {
    let client = Salesforce::start().await;
    let job = json!({ "operation": "query", "query": "SELECT Name, Owner.Name FROM Account ORDER BY Name" });
    let job = client.call("POST", "/jobs/query", job).await.json();
    let own = format!("/jobs/query/{}", job["id"].as_str().unwrap());
    let early = client
        .refused("GET", &format!("{own}/results"), Value::Null)
        .await;
    assert_eq!(early.1, "INVALIDJOBSTATE");
    for _ in 0..3 {
        client.get(&own).await;
    }
    let first = client.get(&format!("{own}/results?maxRecords=200")).await;
    assert_eq!(first.headers["sforce-numberofrecords"], "200");
    assert!(first.text.starts_with("\"Name\",\"Owner.Name\"\n"));
    let locator = first.headers["sforce-locator"].to_str().unwrap().to_owned();
    let last = client
        .get(&format!("{own}/results?maxRecords=200&locator={locator}"))
        .await;
    assert_eq!(last.headers["sforce-locator"], "null");
    assert_eq!(first.text.lines().count() + last.text.lines().count(), 262);
    let refused = client
        .refused(
            "POST",
            "/jobs/query",
            json!({ "operation": "query", "query": "SELECT COUNT(Id) FROM Account" }),
        )
        .await;
    assert_eq!(refused.0, 400);
}

#[tokio::test]
async fn the_first_version_speaks_xml_and_json() {
    let client = Salesforce::start().await;
    let session = client.token("access_token");
    let send = async |method: &str, path: &str, kind: &str, body: &str| {
        let headers = [("x-sfdc-session", session.as_str()), ("content-type", kind)];
        client
            .world
            .send(
                method,
                &format!("/services/async/40.0/job{path}"),
                &headers,
                body.to_owned(),
            )
            .await
    };
    let inside = |text: &str, tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    let job = "<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\"><operation>query</operation><object>Account</object><contentType>CSV</contentType></jobInfo>";
    let made = send("POST", "", "application/xml", job).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let own = format!("/{}", inside(&made.text, "id"));
    let batch = send(
        "POST",
        &format!("{own}/batch"),
        "text/csv",
        "SELECT Name FROM Account LIMIT 3",
    )
    .await;
    let batch = format!("{own}/batch/{}", inside(&batch.text, "id"));
    let mut states = Vec::new();
    for _ in 0..3 {
        states.push(inside(
            &send("GET", &batch, "application/xml", "").await.text,
            "state",
        ));
    }
    assert_eq!(states, ["Queued", "InProgress", "Completed"]);
    let result = inside(
        &send("GET", &format!("{batch}/result"), "application/xml", "")
            .await
            .text,
        "result",
    );
    let table = send(
        "GET",
        &format!("{batch}/result/{result}"),
        "application/xml",
        "",
    )
    .await
    .text;
    assert_eq!(table.lines().count(), 4);
    let job = json!({ "operation": "insert", "object": "Lead", "contentType": "JSON" }).to_string();
    let made = send("POST", "", "application/json", &job).await.json();
    let own = format!("/{}", made["id"].as_str().unwrap());
    let rows = json!([{ "LastName": "a", "Company": "b" }, { "LastName": "a" }]).to_string();
    let batch = send("POST", &format!("{own}/batch"), "application/json", &rows)
        .await
        .json();
    let batch = format!("{own}/batch/{}", batch["id"].as_str().unwrap());
    for _ in 0..3 {
        send("GET", &batch, "application/json", "").await;
    }
    let outcome = send("GET", &format!("{batch}/result"), "application/json", "")
        .await
        .json();
    assert_eq!(
        (&outcome[0]["success"], &outcome[1]["success"]),
        (&json!(true), &json!(false))
    );
    let closed = send(
        "POST",
        &own,
        "application/json",
        &json!({ "state": "Closed" }).to_string(),
    )
    .await
    .json();
    assert_eq!(
        (&closed["state"], &closed["numberRecordsFailed"]),
        (&json!("Closed"), &json!(1))
    );
    let nobody = client
        .world
        .send(
            "POST",
            "/services/async/40.0/job",
            &[("x-sfdc-session", "no")],
            "",
        )
        .await;
    assert!(nobody.text.contains("<exceptionCode>InvalidSessionId"));
}
