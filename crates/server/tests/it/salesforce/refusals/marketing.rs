//! The marketing hub of an org: campaigns, their members, people and companies.

use serde_json::{Value, json};

use super::super::Account;
use crate::support::TestApp;

#[tokio::test]
async fn the_marketing_hub_says_why_it_refuses_a_campaign_a_member_or_a_person() {
    let app = TestApp::start().await;
    let hub = Account::at(&app, "sfdcmarketingcloud", "marketing").await;
    let campaigns = hub.get("/campaigns?pageSize=2").await;
    let (campaign, other) = (
        campaigns[0]["id"].as_str().unwrap(),
        campaigns[1]["External_Id__c"].as_str().unwrap(),
    );
    let (contact, lead) = (hub.first("/contacts").await, hub.first("/leads").await);
    let fresh = async |name: &str| {
        let made = hub.send("POST", "/campaigns", json!({"Name": name})).await;
        made.expect(200).json()["id"].as_str().unwrap().to_owned()
    };
    let (mine, gone) = (fresh("Mine").await, fresh("Short-lived").await);
    let gone = format!("/campaigns/{gone}");
    hub.send("DELETE", &gone, Value::Null).await.expect(200);
    let of_mine = format!("/campaigns/{mine}/contacts");
    let members = format!("POST {of_mine}");
    let member = json!({"ContactId": contact, "Status": "Sent"});
    hub.send("POST", &of_mine, member.clone()).await.expect(200);
    let change = format!("PATCH /campaigns/{campaign}");
    let events = format!("POST /leads/{lead}/activities");
    let event = json!({"ActivityDateTime": "2026-01-01T10:00:00Z", "StartDateTime": "2026-01-01T11:00:00Z", "DurationInMinutes": 5});
    hub.refuses(vec![
        // Missing, read-only, of the wrong type, too long, unknown.
        (
            400,
            "POST /campaigns",
            json!({}),
            "Required fields are missing: [Name]",
        ),
        (
            400,
            "POST /leads",
            json!({"LastName": "x"}),
            "Required fields are missing: [Company]",
        ),
        (
            400,
            &change,
            json!({"Name": null}),
            "Required fields are missing: [Name]",
        ),
        (400, &change, json!({"IsDeleted": true}), "IsDeleted"),
        (400, &change, json!({"StartDate": "soon"}), "soon"),
        (400, &change, json!({"BudgetedCost": "much"}), "much"),
        (400, &change, json!({"IsActive": "perhaps"}), "perhaps"),
        (
            400,
            &change,
            json!({"Name": "x".repeat(81)}),
            "data value too large",
        ),
        (
            400,
            &change,
            json!({"Nothing__c": 1}),
            "No such column 'Nothing__c'",
        ),
        (
            400,
            "POST /contacts",
            json!({"LastName": "x", "Email": "none"}),
            "invalid email address",
        ),
        (
            400,
            "POST /accounts",
            json!({"Name": "x", "NumberOfEmployees": "many"}),
            "many",
        ),
        (400, &events, event, "ActivityDateTime"),
        // Duplicates.
        (
            409,
            &change,
            json!({"External_Id__c": other}),
            "duplicate value found",
        ),
        (409, &members, member, "campaign member"),
        // Nobody, and the wrong kind of somebody.
        (400, &members, json!({"ContactId": "0035i00000000AA"}), "id"),
        (400, &members, json!({"ContactId": lead}), "id"),
        // Gone, or never there.
        (404, &format!("GET {gone}"), Value::Null, "deleted"),
        (
            404,
            &format!("PATCH {gone}"),
            json!({"Status": "Planned"}),
            "deleted",
        ),
        (404, &format!("DELETE {gone}"), Value::Null, "deleted"),
        (
            404,
            "PATCH /campaigns/7015i00000000AA",
            json!({"Status": "Planned"}),
            "does not exist",
        ),
        (
            404,
            &format!("DELETE /campaigns/{mine}/contacts/0035i00000000AA"),
            Value::Null,
            "",
        ),
        (
            404,
            "GET /objects/Nobody__c/metadata",
            Value::Null,
            "does not exist",
        ),
        // Conditions.
        (
            400,
            "GET /campaigns?where=Foo='x'",
            Value::Null,
            "No such column 'Foo'",
        ),
        (
            400,
            "GET /campaigns?where=Name",
            Value::Null,
            "Error parsing query",
        ),
        (400, "GET /campaigns?orderBy=Foo", Value::Null, "Foo"),
        (
            400,
            "GET /campaigns?nextPage=bm9uZQ",
            Value::Null,
            "nextPage",
        ),
    ])
    .await;
    let found = hub.get(&format!("/campaigns/{campaign}")).await;
    assert_ne!(
        found["External_Id__c"], other,
        "a refused change was written"
    );
    let of_mine = hub.get(&of_mine).await;
    assert_eq!(
        of_mine.as_array().unwrap().len(),
        1,
        "a refused member was added"
    );
}
