//! Moving records in bulk, and the rows of custom objects.

use serde_json::{Value, json};

use super::Eloqua;

const BULK: &str = "/api/bulk/2.0";

impl Eloqua {
    /// Runs a sync of a definition to its end; answers its status.
    async fn synced(&self, uri: &str) -> (String, String) {
        let body = json!({"syncedInstanceUri": uri});
        let sync = self.call("POST", &format!("{BULK}/syncs"), body).await;
        assert_eq!(sync.status, 201, "{}", sync.text);
        let address = sync.json()["uri"].as_str().unwrap().to_owned();
        loop {
            let status = self.get(&format!("{BULK}{address}")).await["status"].clone();
            match status.as_str().unwrap() {
                "pending" | "active" => {}
                done => return (address, done.to_owned()),
            }
        }
    }

    async fn made(&self, path: &str, body: Value) -> String {
        let made = self.call("POST", &format!("{BULK}{path}"), body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["uri"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn an_import_creates_updates_and_refuses_row_by_row() {
    let eloqua = Eloqua::start().await;
    let import = eloqua
        .made("/contacts/imports", json!({
            "name": "mine", "identifierFieldName": "mail", "updateRule": "always",
            "fields": {"mail": "{{Contact.Field(C_EmailAddress)}}", "first": "{{Contact.Field(C_FirstName)}}",
                "own": "{{Contact.Field(C_Churros_Contact_Field1)}}"},
            "syncActions": [{"action": "add", "destination": "{{ContactList[2]}}"}],
        }))
        .await;
    let rows = json!([
        {"mail": "bulker1@donotdelete.com", "first": "Bulky"}, {"mail": "new@example.com", "own": "x"},
        {"mail": "no address"}, {"mail": "NEW@example.com"},
    ]);
    let staged = eloqua
        .call("POST", &format!("{BULK}{import}/data"), rows)
        .await;
    assert_eq!(staged.status, 204);
    let (sync, status) = eloqua.synced(&import).await;
    assert_eq!(status, "warning");
    let logs = eloqua.get(&format!("{BULK}{sync}/logs")).await;
    let count = |code: &str| {
        let items = logs["items"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["statusCode"] == code)
            .map(|item| item["count"].clone())
    };
    for (code, wanted) in [
        ("ELQ-00001", 4),
        ("ELQ-00002", 1),
        ("ELQ-00004", 1),
        ("ELQ-00011", 1),
        ("ELQ-00022", 1),
        ("ELQ-00060", 1),
    ] {
        assert_eq!(count(code), Some(json!(wanted)), "{code}");
    }
    let rejects = eloqua.get(&format!("{BULK}{sync}/rejects")).await;
    assert_eq!(rejects["items"][0]["statusCode"], "ELQ-00002");
    assert_eq!(rejects["items"][0]["recordIndex"], 3);
    assert_eq!(rejects["items"][0]["fieldValues"]["mail"], "no address");
    let one = eloqua.get("/API/REST/2.0/data/contact/1").await;
    assert_eq!(one["firstName"], "Bulky");
    let path =
        "/API/REST/2.0/data/contacts/list/2?search=emailAddress=new@example.com&depth=complete";
    let found = eloqua.get(path).await;
    assert_eq!(found["total"], 1);
    let values = found["elements"][0]["fieldValues"].as_array().unwrap();
    assert!(
        values
            .iter()
            .any(|entry| entry["id"] == "100171" && entry["value"] == "x")
    );
}

#[tokio::test]
async fn custom_objects_are_imported_as_csv_and_exported_as_such() {
    let eloqua = Eloqua::start().await;
    let named = eloqua
        .get(&format!("{BULK}/customObjects?q=%22name=custom*%22"))
        .await;
    assert_eq!(named["items"][0]["uri"], "/customObjects/1");
    let fields = eloqua.get(&format!("{BULK}/customObjects/1/fields")).await;
    assert_eq!(
        fields["items"][0]["statement"],
        "{{CustomObject[1].Field[111]}}"
    );
    let definition = json!({"name": "rows", "identifierFieldName": "code",
        "fields": {"code": "{{CustomObject[1].Field[111]}}", "label": "{{CustomObject[1].Field[112]}}"}});
    let import = eloqua
        .made("/customObjects/1/imports", definition.clone())
        .await;
    let headers = [
        ("authorization", eloqua.bearer.as_str()),
        ("content-type", "text/csv"),
    ];
    let csv = "code,label\r\ncode-01,\"One, changed\"\r\ncode-99,New\r\n";
    let path = format!("{BULK}{import}/data");
    assert_eq!(
        eloqua.world.send("POST", &path, &headers, csv).await.status,
        204
    );
    assert_eq!(eloqua.synced(&import).await.1, "success");
    let mut wanted = definition;
    wanted["filter"] = json!(
        "'{{CustomObject[1].Field[111]}}' = 'code-01' OR '{{CustomObject[1].Field[111]}}' ~ '*99'"
    );
    let export = eloqua.made("/customObjects/1/exports", wanted).await;
    assert_eq!(eloqua.synced(&export).await.1, "success");
    let headers = [
        ("authorization", eloqua.bearer.as_str()),
        ("accept", "text/csv"),
    ];
    let path = format!("{BULK}{export}/data");
    let csv = eloqua.world.send("GET", &path, &headers, "").await;
    assert_eq!(
        csv.text,
        "code,label\r\ncode-01,\"One, changed\"\r\ncode-99,New\r\n"
    );
}

#[tokio::test]
async fn activities_are_exported_by_type_alone_and_definitions_are_checked() {
    let eloqua = Eloqua::start().await;
    let fields =
        json!({"who": "{{Activity.Field(EmailAddress)}}", "when": "{{Activity.CreatedAt}}"});
    let all = json!({"name": "all", "fields": fields});
    let path = format!("{BULK}/activities/exports");
    assert_eq!(eloqua.call("POST", &path, all.clone()).await.status, 400);
    let mut opened = all;
    opened["filter"] = json!("'{{Activity.Type}}' = 'EmailOpen'");
    let export = eloqua.made("/activities/exports", opened).await;
    eloqua.synced(&export).await;
    let data = eloqua.get(&format!("{BULK}{export}/data?limit=1")).await;
    assert_eq!(data["totalResults"], 260);
    assert_eq!(
        data["items"][0],
        json!({"who": "bulker1@donotdelete.com", "when": "1418756629"})
    );
    for (member, bad) in [
        ("name", json!("")),
        ("fields", json!({})),
        ("identifierFieldName", json!("other")),
        ("updateRule", json!("sometimes")),
    ] {
        let mut body =
            json!({"name": "x", "identifierFieldName": "id", "fields": {"id": "{{Contact.Id}}"}});
        body[member] = bad;
        let refused = eloqua
            .call("POST", &format!("{BULK}/contacts/imports"), body)
            .await;
        assert_eq!(refused.status, 400, "{member}");
        assert_eq!(refused.json()["failures"][0]["field"], member);
    }
    let body = json!({"syncedInstanceUri": "/contacts/exports/77"});
    assert_eq!(
        eloqua
            .call("POST", &format!("{BULK}/syncs"), body)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn rows_of_a_custom_object_are_written_and_searched() {
    let eloqua = Eloqua::start().await;
    let rows = "/API/REST/2.0/data/customObject/1";
    let body = json!({"fieldValues": [{"id": 111, "value": "mine"}]});
    let made = eloqua.call("POST", &format!("{rows}/instance"), body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let found = eloqua
        .get(&format!(
            "{rows}/instances?search=Code1=mine&depth=complete"
        ))
        .await;
    assert_eq!(
        (&found["total"], &found["elements"][0]["id"]),
        (&json!(1), &json!(id))
    );
    let body = json!({"fieldValues": [{"id": "999", "value": "x"}]});
    let refused = eloqua
        .call("PUT", &format!("{rows}/instance/{id}"), body)
        .await;
    assert_eq!(refused.json()[0]["requirement"]["type"], "IdRequirement");
    let one = format!("{rows}/instance/{id}");
    assert_eq!(eloqua.call("DELETE", &one, Value::Null).await.status, 200);
    assert_eq!(eloqua.call("GET", &one, Value::Null).await.status, 404);
    let first = "/API/REST/1.0/data/customObject/1";
    let body = json!({"fieldValues": [{"id": 111, "value": "of 1.0"}], "name": "Row", "uniqueCode": "u-1"});
    let made = eloqua.call("POST", first, body).await;
    assert_eq!((made.status, &made.json()["name"]), (201, &json!("Row")));
    let found = eloqua
        .get(&format!("{rows}/instances?search=uniqueCode=u-1"))
        .await;
    assert_eq!(found["elements"][0]["id"], made.json()["id"]);
    let found = eloqua
        .get(&format!("{first}?search=Code1='of%201.0'"))
        .await;
    assert_eq!(found["total"], 1);
    let (newer, put) = (eloqua.call("GET", rows, Value::Null), json!({}));
    assert_eq!(newer.await.status, 404);
    assert_eq!(eloqua.call("PUT", first, put).await.status, 405);
    let other = "/API/REST/2.0/data/customObject/77/instances";
    assert_eq!(eloqua.call("GET", other, Value::Null).await.status, 404);
}
