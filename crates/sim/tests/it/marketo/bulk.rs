//! Files that are imported and exported.

use serde_json::{Value, json};

use super::Marketo;

impl Marketo {
    /// Imports a file and looks until it is done; answers the last status.
    async fn imported(&self, path: &str, status: &str, csv: &str) -> Value {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{csv}\r\n--b--\r\n"
        );
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("content-type", "multipart/form-data; boundary=b"),
        ];
        let begun = self.world.send("POST", path, &headers, body).await.json();
        let id = begun["result"][0]["batchId"].to_string();
        assert_eq!(begun["result"][0]["status"], "Queued", "{begun}");
        let path = status.replace("{id}", &id);
        for _ in 0..2 {
            self.get(&path).await;
        }
        self.get(&path).await["result"][0].clone()
    }
}

#[tokio::test]
async fn files_are_imported_row_by_row() {
    let marketo = Marketo::start().await;
    let csv = "email,firstName,leadScore\nnew@example.com,New,5\nbad@example.com,Bad,many\n";
    let path = "/bulk/v1/leads.json?format=csv&listId=3";
    let done = marketo
        .imported(path, "/bulk/v1/leads/batch/{id}.json", csv)
        .await;
    assert_eq!(done["status"], "Complete", "{done}");
    assert_eq!(
        (&done["numOfLeadsProcessed"], &done["numOfRowsFailed"]),
        (&json!(1), &json!(1))
    );
    let id = done["batchId"].to_string();
    let headers = [("authorization", marketo.bearer.as_str())];
    let path = format!("/bulk/v1/leads/batch/{id}/failures.json");
    let failures = marketo.world.send("GET", &path, &headers, "").await.text;
    assert!(
        failures.starts_with("email,firstName,leadScore,Import Failure Reason\nbad@example.com,"),
        "{failures}"
    );
    let found = marketo
        .get("/rest/v1/leads.json?filterType=email&filterValues=new@example.com")
        .await;
    let lead = found["result"][0]["id"].clone();
    let member = marketo
        .get(&format!("/rest/v1/lists/3/leads/ismember.json?id={lead}"))
        .await;
    assert_eq!(member["result"][0]["status"], "memberof");
    let path = "/bulk/v1/customobjects/sampleBulkCustomObject_c/import.json?format=csv";
    let status = "/bulk/v1/customobjects/sampleBulkCustomObject_c/import/{id}/status.json";
    let done = marketo
        .imported(
            path,
            status,
            "myExternalId,myCity\nbulk-01,Bonn\nnew-1,Köln\n",
        )
        .await;
    assert_eq!(done["numOfObjectsProcessed"], 2);
    let path = "/bulk/v1/program/1003/members/import.json?format=csv&programMemberStatus=Engaged";
    let done = marketo
        .imported(
            path,
            "/bulk/v1/program/members/import/{id}/status.json",
            "email\nnew@example.com\n",
        )
        .await;
    assert_eq!(done["status"], "Complete");
    let members = marketo.get("/rest/v1/leads/programs/1003.json").await;
    assert_eq!(
        members["result"][0]["membership"]["progressionStatus"],
        "Engaged"
    );
}

#[tokio::test]
async fn members_of_programs_and_custom_objects_are_exported() {
    let marketo = Marketo::start().await;
    for (object, body, first) in [
        (
            "program/members",
            json!({"fields": ["leadId", "statusName"], "filter": {"programId": 1002}}),
            "leadId,statusName\n10,Member\n",
        ),
        (
            "customobjects/afrinCustom_c",
            json!({"fields": ["marketoGUID", "afrinchaks"], "filter": {"updatedAt": {"startAt": "2017-01-01T00:00:00Z", "endAt": "2017-01-20T00:00:00Z"}}}),
            "marketoGUID,afrinchaks\nc244523c-0a21-4c56-aa71-a845af615d4c,chaks\n",
        ),
    ] {
        let made = marketo
            .post(&format!("/bulk/v1/{object}/export/create.json"), body)
            .await;
        let id = made["result"][0]["exportId"]
            .as_str()
            .unwrap_or_else(|| panic!("{made}"))
            .to_owned();
        let job = format!("/bulk/v1/{object}/export/{id}");
        marketo
            .post(&format!("{job}/enqueue.json"), Value::Null)
            .await;
        for _ in 0..2 {
            marketo.get(&format!("{job}/status.json")).await;
        }
        let headers = [("authorization", marketo.bearer.as_str())];
        let file = marketo
            .world
            .send("GET", &format!("{job}/file.json"), &headers, "")
            .await;
        assert!(file.text.starts_with(first), "{}", file.text);
    }
    let push = json!({"programName": "Scoring", "programStatus": "No such", "lookupField": "email", "input": [{"email": "p@example.com"}]});
    let pushed = marketo.post("/rest/v1/leads/push.json", push).await;
    assert_eq!(pushed["result"][0]["reasons"][0]["code"], "1025");
}
