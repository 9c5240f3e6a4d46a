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
fn a_list_without_arguments_asks_for_every_field() {
    let play = Play::of("sfdcservicecloud", "GET /hubs/helpdesk/incidents");
    let url = format!(
        "GET {DATA}/query?q=SELECT%20FIELDS(ALL)%20FROM%20Case%20ORDER%20BY%20Id%20LIMIT%20200%20OFFSET%200"
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

/// The SOQL of a list as it is sent, percent signs undone where a reader would.
fn soql(statement: &str) -> String {
    let encoded = statement
        .replace('%', "%25")
        .replace(' ', "%20")
        .replace('=', "%3D")
        .replace('>', "%3E")
        .replace('\\', "%5C");
    format!("GET {DATA}/query?q={encoded}")
}

#[test]
fn lists_below_a_record_keep_to_it_whatever_the_caller_asks() {
    for (key, line, statement) in [
        (
            "sfdc",
            "GET /accounts/001A/activities?fields=Subject&where=Subject='x' OR Location='y'&pageSize=5",
            "SELECT Id,Subject FROM Event WHERE WhatId = '001A' AND (Subject = 'x' OR Location = 'y') ORDER BY Id LIMIT 5 OFFSET 0",
        ),
        (
            "sfdc",
            "GET /contacts/x' OR Id != '/tasks?fields=Id&pageSize=5",
            "SELECT Id FROM Task WHERE WhoId = 'x\\' OR Id != \\'' ORDER BY Id LIMIT 5 OFFSET 0",
        ),
        (
            "sfdcservicecloud",
            "GET /resources/articles?fields=Title&language=de&where=Title LIKE 'A%25'&pageSize=5",
            "SELECT Id,Title FROM KnowledgeArticleVersion WHERE PublishStatus = 'Draft' AND Language = 'de' AND (Title LIKE 'A%') ORDER BY Id LIMIT 5 OFFSET 0",
        ),
        (
            "sfdcmarketingcloud",
            "GET /campaigns/701A/leads?fields=Status&orderBy=CreatedDate desc&pageSize=5&page=3",
            "SELECT Id,Status FROM CampaignMember WHERE CampaignId = '701A' AND LeadId != null ORDER BY CreatedDate DESC LIMIT 5 OFFSET 10",
        ),
        (
            "sfdc",
            "GET /accounts?fields=Name,Owner.Name,(select LastName from Contacts where Title = 'CEO' order by LastName limit 3)&where=CreatedDate = last_n_days:30&pageSize=5",
            "SELECT Id,Name,Owner.Name,(SELECT LastName FROM Contacts WHERE Title = 'CEO' ORDER BY LastName LIMIT 3) FROM Account WHERE CreatedDate = LAST_N_DAYS:30 ORDER BY Id LIMIT 5 OFFSET 0",
        ),
        (
            "sfdc",
            "GET /Project__c?where=Budget__c > 100&pageSize=5",
            "SELECT FIELDS(ALL) FROM Project__c WHERE Budget__c > 100 ORDER BY Id LIMIT 5 OFFSET 0",
        ),
        (
            "sfdc",
            "GET /Account/001A/Contacts?fields=LastName&pageSize=5",
            "SELECT Id, (SELECT Id,LastName FROM Contacts ORDER BY Id LIMIT 5 OFFSET 0) FROM Account WHERE Id = '001A' LIMIT 1",
        ),
    ] {
        Play::of(key, &line.replace('+', "%2B"))
            .vendor(
                &soql(statement),
                Value::Null,
                200,
                json!({"records": [{"Id": "1"}]}),
            )
            .run()
            .unwrap();
    }
}

#[test]
fn a_long_list_goes_on_by_id_instead_of_skipping() {
    let list = "GET /contacts?fields=Email&where=Email!=null OR Fax=null&pageSize=2";
    let records = json!({"records": [{"Id": "A"}, {"Id": "B"}]});
    let first = "SELECT Id,Email FROM Contact WHERE Email != null OR Fax = null ORDER BY Id LIMIT 2 OFFSET 0";
    let ended = Play::of("sfdc", list)
        .vendor(&soql(first), Value::Null, 200, records.clone())
        .run()
        .unwrap();
    let token = &ended.headers["elements-next-page-token"];
    let next = "SELECT Id,Email FROM Contact WHERE (Email != null OR Fax = null) AND Id > 'B' ORDER BY Id LIMIT 2 OFFSET 0";
    // Some callers send the number of the page along with the token.
    let line = format!(
        "GET /contacts?nextPage={}&page=2",
        url::form_urlencoded::byte_serialize(token.as_bytes()).collect::<String>()
    );
    Play::of("sfdc", &line)
        .vendor(
            &soql(next),
            Value::Null,
            200,
            json!({"records": [{"Id": "C"}]}),
        )
        .run()
        .unwrap();
    // A caller's own order has no key to go on by.
    let ordered = "SELECT Id FROM Contact ORDER BY Email LIMIT 2 OFFSET 0";
    let ended = Play::of("sfdc", "GET /contacts?fields=Id&orderBy=Email&pageSize=2")
        .vendor(&soql(ordered), Value::Null, 200, records)
        .run()
        .unwrap();
    assert!(ended.headers["elements-next-page-token"].contains("\"page\":2"));
}

#[test]
fn a_record_below_another_is_made_for_it() {
    let event = json!({"Location": "Room 4"});
    let ended = Play::of("sfdc", "POST /contacts/003A/activities")
        .json(&event)
        .vendor(
            &format!("POST {DATA}/sobjects/Event"),
            json!({"Location": "Room 4", "WhoId": "003A"}),
            201,
            json!({"id": "00UA", "success": true}),
        )
        .vendor(
            &format!("GET {DATA}/sobjects/Event/00UA"),
            Value::Null,
            200,
            json!({"Id": "00UA", "WhoId": "003A"}),
        )
        .run()
        .unwrap();
    assert_eq!(ended.body["id"], "00UA");
}

#[test]
fn an_agent_needs_a_name_and_an_address_only() {
    let body = json!({"FirstName": "Ada", "LastName": "O'Neil", "Email": "ada@example.com", "TimeZoneSidKey": "Europe/Paris"});
    let play = Play::of("sfdcservicecloud", "POST /agents").json(&body);
    let failure = play
        .vendor(
            &soql("SELECT Id FROM Profile WHERE Name = 'Standard User' LIMIT 1"),
            Value::Null,
            403,
            json!([{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}]),
        )
        .run()
        .err()
        .unwrap();
    assert_eq!(failure.kind.status(), 403);
}

#[test]
fn reports_are_filtered_by_where() {
    let filters = json!([
        {"column": "AMOUNT", "operator": "greaterOrEqual", "value": "100"},
        {"column": "NAME", "operator": "contains", "value": "acme"},
        {"column": "STAGE", "operator": "equals", "value": "Won,Lost"},
    ]);
    let ended = Play::of("sfdc", "GET /reports/00OA?where=AMOUNT >= 100 AND NAME LIKE '%25acme%25' AND STAGE IN ('Won', 'Lost')")
        .vendor(
            &format!("POST {DATA}/analytics/reports/00OA?includeDetails=true"),
            json!({"reportMetadata": {"reportFilters": filters}}),
            200,
            json!({"allData": true}),
        )
        .run()
        .unwrap();
    assert_eq!(ended.body, json!({"allData": true}));
}

#[test]
fn statements_of_the_caller_are_passed_on_and_paged_by_the_vendor() {
    let records = json!({"totalSize": 3, "done": false, "nextRecordsUrl": "/services/data/v59.0/query/01gA-2", "records": [{"Id": "1"}]});
    let ended = Play::of(
        "sfdc",
        "GET /query?q=select * from Opportunity where Amount > 10",
    )
    .vendor(
        &soql("SELECT FIELDS(ALL) FROM Opportunity WHERE Amount > 10 LIMIT 200"),
        Value::Null,
        200,
        records,
    )
    .run()
    .unwrap();
    let token = &ended.headers["elements-next-page-token"];
    let line = format!(
        "GET /query?q=select * from Opportunity where Amount > 10&nextPage={}",
        url::form_urlencoded::byte_serialize(token.as_bytes()).collect::<String>()
    );
    Play::of("sfdc", &line)
        .vendor(
            &format!("GET {DATA}/query/01gA-2"),
            Value::Null,
            200,
            json!({"done": true, "records": []}),
        )
        .run()
        .unwrap();
    let failure = Play::of("sfdc", "GET /query?q=drop it")
        .run()
        .err()
        .unwrap();
    assert!(
        failure.message.contains("expected SELECT"),
        "{}",
        failure.message
    );
}

#[test]
fn a_file_is_linked_to_its_record_in_one_write() {
    let ended = Play::of("sfdc", "POST /Contact/003A/files?pathOnClient=a/pen.jpg&description=%22d")
        .part("file", Some("other.jpg"), "abc")
        .vendor(
            &format!("POST {DATA}/sobjects/ContentVersion"),
            json!([
                ["entity_content", null, "application/json",
                    {"PathOnClient": "a/pen.jpg", "Description": "\"d", "FirstPublishLocationId": "003A"}],
                ["VersionData", "other.jpg", null, "abc"]]),
            201,
            json!({"id": "068A", "success": true}),
        )
        .vendor(
            &format!("GET {DATA}/sobjects/ContentVersion/068A?fields=ContentDocumentId"),
            Value::Null,
            200,
            json!({"Id": "068A", "ContentDocumentId": "069A"}),
        )
        .vendor(
            &soql("SELECT FIELDS(ALL) FROM ContentDocumentLink WHERE ContentDocumentId = '069A' AND LinkedEntityId = '003A' LIMIT 1"),
            Value::Null,
            200,
            json!({"records": [{"Id": "06AA", "LinkedEntityId": "003A", "ContentDocumentId": "069A"}]}),
        )
        .run()
        .unwrap();
    assert_eq!(ended.body["LinkedEntityId"], "003A");
}
