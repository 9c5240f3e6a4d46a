use serde_json::{Value, json};

use super::Play;

const DATA: &str = "https://na1.salesforce.com/services/data/v59.0";

#[test]
fn a_list_is_one_soql_query() {
    let url = format!(
        "GET {DATA}/query?q=SELECT%20Id,Email%20FROM%20Contact%20WHERE%20LastName%20%3D%20'O%5C'Neil'%20ORDER%20BY%20Id%20LIMIT%202%20OFFSET%202"
    );
    let ended = Play::of("sfdc", "GET /contacts?fields=Id,Email&where=LastName%3D'O''Neil'&page=2&pageSize=2")
        .vendor(&url, Value::Null, 200, json!({"totalSize": 2, "done": true, "records": [{"Id": "1", "Email": null}, {"Id": "2", "Email": "b"}]}))
        .run()
        .unwrap();
    assert_eq!(
        ended.body,
        json!([{"Id": "1", "id": "1"}, {"Id": "2", "id": "2", "Email": "b"}])
    );
    assert_eq!(ended.headers["elements-returned-count"], "2");
    assert!(ended.headers.contains_key("elements-next-page-token"));
}

#[test]
fn a_list_without_arguments_asks_for_the_usual_fields() {
    let play = Play::of("sfdcservicecloud", "GET /hubs/helpdesk/incidents");
    let url = format!(
        "GET {DATA}/query?q=SELECT%20Id,CaseNumber,Subject,Description,Status,Priority,Type,Origin,Reason,IsEscalated,IsClosed,ContactId,AccountId,OwnerId,CreatedDate,LastModifiedDate%20FROM%20Case%20ORDER%20BY%20Id%20LIMIT%20200%20OFFSET%200"
    );
    let ended = play
        .vendor(&url, Value::Null, 200, json!({"records": []}))
        .run()
        .unwrap();
    assert_eq!(ended.body, json!([]));
    assert!(!ended.headers.contains_key("elements-next-page-token"));
}

#[test]
fn what_is_created_is_read_again() {
    let body = json!({"LastName": "Churro"});
    let ended = Play::of("sfdc", "POST /contacts")
        .json(&body)
        .vendor(
            &format!("POST {DATA}/sobjects/Contact"),
            body.clone(),
            201,
            json!({"id": "003A", "success": true, "errors": []}),
        )
        .vendor(
            &format!("GET {DATA}/sobjects/Contact/003A"),
            Value::Null,
            200,
            json!({"Id": "003A", "LastName": "Churro"}),
        )
        .run()
        .unwrap();
    assert_eq!(
        ended.body,
        json!({"Id": "003A", "id": "003A", "LastName": "Churro"})
    );
}

#[test]
fn what_is_changed_is_read_again() {
    let body = json!({"Status": "Planned"});
    let ended = Play::of("sfdcmarketingcloud", "PATCH /campaigns/701A")
        .json(&body)
        .vendor(
            &format!("PATCH {DATA}/sobjects/Campaign/701A"),
            body.clone(),
            204,
            Value::Null,
        )
        .vendor(
            &format!("GET {DATA}/sobjects/Campaign/701A"),
            Value::Null,
            200,
            json!({"Id": "701A", "Status": "Planned"}),
        )
        .run()
        .unwrap();
    assert_eq!(ended.body["id"], "701A");
}

#[test]
fn the_vendors_codes_become_statuses() {
    for (status, code, ours) in [
        (404, "NOT_FOUND", 404),
        (403, "REQUEST_LIMIT_EXCEEDED", 429),
        (400, "DUPLICATE_VALUE", 409),
        (400, "INVALID_FIELD", 400),
    ] {
        let failure = Play::of("sfdc", "DELETE /accounts/0")
            .vendor(
                &format!("DELETE {DATA}/sobjects/Account/0"),
                Value::Null,
                status,
                json!([{"errorCode": code, "message": "M"}]),
            )
            .run()
            .err()
            .unwrap();
        assert_eq!(
            (failure.kind.status(), failure.message.as_str()),
            (ours, "M"),
            "{code}"
        );
    }
}

#[test]
fn ping_asks_for_the_limits() {
    for (key, _) in crate::elements::KEYS
        .iter()
        .filter(|(key, _)| key.starts_with("sfdc"))
    {
        let ended = Play::of(key, "GET /ping")
            .vendor(
                &format!("GET {DATA}/limits"),
                Value::Null,
                200,
                json!({"DailyApiRequests": {"Max": 1}}),
            )
            .run()
            .unwrap();
        assert_eq!(
            (&ended.body["endpoint"], &ended.body["valid"]),
            (&json!(key), &json!(true))
        );
    }
}
