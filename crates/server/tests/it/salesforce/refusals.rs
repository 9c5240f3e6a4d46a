//! What Salesforce refuses in each of its hubs: the caller learns the vendor's reason, in one shape.

mod marketing;

use serde_json::{Value, json};

use super::Account;
use crate::support::TestApp;

/// A call that must be refused: status, call, body, what the caller is told.
type Refusal<'a> = (u16, &'a str, Value, &'a str);

impl Account<'_> {
    /// Makes calls that must be refused; names every one that was not, or not so.
    async fn refuses(&self, refusals: Vec<Refusal<'_>>) {
        let mut faults = Vec::new();
        for (status, line, body, says) in refusals {
            let (method, path) = line.split_once(' ').unwrap();
            let reply = self.send(method, path, body.clone()).await;
            let told = reply.json();
            let mut members: Vec<&String> = told
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name)
                .collect();
            members.sort();
            let vendor: &[&str] = &["message", "providerMessage", "requestId"];
            let ours: &[&str] = &["message", "requestId"];
            let one_shape = members == vendor || members == ours;
            let message = told["message"].as_str().unwrap_or_default();
            if reply.status != status || !one_shape || !message.contains(says) {
                faults.push(format!("{line} {body}: {} {told}", reply.status));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    async fn first(&self, list: &str) -> String {
        let found = self.get(&format!("{list}?pageSize=1")).await;
        found[0]["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn the_crm_says_why_it_refuses_a_record_a_condition_or_an_id() {
    let app = TestApp::start().await;
    let crm = Account::at(&app, "sfdc", "crm").await;
    let (contact, deal) = (
        crm.first("/contacts").await,
        crm.first("/opportunities").await,
    );
    let account = json!({"Name": "Short-lived"});
    let account = crm
        .send("POST", "/accounts", account)
        .await
        .expect(200)
        .json();
    let gone = format!("/accounts/{}", account["id"].as_str().unwrap());
    crm.send("DELETE", &gone, Value::Null).await.expect(200);
    let user = json!({
        "Username": "alex.morgan@sandbox.example.com", "LastName": "M", "Email": "m@example.com", "Alias": "m",
        "TimeZoneSidKey": "GMT", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
        "ProfileId": "00ei0000000ehVn",
    });
    let change = format!("PATCH /contacts/{contact}");
    let change_deal = format!("PATCH /opportunities/{deal}");
    let event = json!({"ActivityDateTime": "2026-01-01T10:00:00Z", "StartDateTime": "2026-01-01T11:00:00Z", "DurationInMinutes": 5});
    crm.refuses(vec![
        // Missing, read-only, of the wrong type, too long, unknown.
        (
            400,
            "POST /opportunities",
            json!({"Name": "O"}),
            "Required fields are missing: [StageName, CloseDate]",
        ),
        (400, "POST /users", json!({}), "Required fields are missing"),
        (
            400,
            &change,
            json!({"LastName": null}),
            "Required fields are missing: [LastName]",
        ),
        (400, &change, json!({"IsDeleted": true}), "IsDeleted"),
        (400, &change, json!({"Birthdate": "soon"}), "soon"),
        (400, &change_deal, json!({"Amount": "much"}), "much"),
        (
            400,
            &change,
            json!({"FirstName": "x".repeat(41)}),
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
            &format!("POST /contacts/{contact}/notes"),
            json!({}),
            "Required fields are missing: [Title]",
        ),
        (
            400,
            &format!("POST /opportunities/{deal}/activities"),
            event,
            "ActivityDateTime",
        ),
        // Duplicates.
        (409, "POST /users", user, "uplicate"),
        (
            409,
            &change,
            json!({"External_Id__c": "con-0002"}),
            "duplicate value found",
        ),
        // Gone, or never there.
        (404, &format!("GET {gone}"), Value::Null, "deleted"),
        (
            404,
            &format!("PATCH {gone}"),
            json!({"Phone": "1"}),
            "deleted",
        ),
        (404, &format!("DELETE {gone}"), Value::Null, "deleted"),
        (
            404,
            "PATCH /leads/00Q5i00000000AA",
            json!({"Title": "x"}),
            "does not exist",
        ),
        (
            400,
            "POST /contacts/0035i00000000AA/tasks",
            json!({"Priority": "High"}),
            "id",
        ),
        (
            404,
            "GET /files/0695i00000000AA/metadata",
            Value::Null,
            "does not exist",
        ),
        (
            404,
            "GET /reports/00O5i00000000AA",
            Value::Null,
            "does not exist",
        ),
        (
            404,
            "GET /objects/Nobody__c/metadata",
            Value::Null,
            "does not exist",
        ),
        // Conditions, statements and lists that are none.
        (
            400,
            "GET /contacts?where=Description='x'",
            Value::Null,
            "can not be filtered",
        ),
        (
            400,
            "GET /contacts?where=CreatedDate='2026-01-01x'",
            Value::Null,
            "CreatedDate",
        ),
        (
            400,
            "GET /contacts?where=AccountId='nobody'",
            Value::Null,
            "invalid ID field: nobody",
        ),
        (
            400,
            "GET /contacts?orderBy=Nothing",
            Value::Null,
            "No such column 'Nothing'",
        ),
        (
            400,
            "GET /contacts?fields=Name,Nothing",
            Value::Null,
            "No such column 'Nothing'",
        ),
        (
            400,
            "GET /query?q=SELECT Id FRM Contact",
            Value::Null,
            "unexpected token",
        ),
        (400, "GET /search?q=FIND nobody", Value::Null, "FIND"),
        (
            400,
            "GET /contacts?nextPage=bm9uZQ",
            Value::Null,
            "nextPage",
        ),
    ])
    .await;
    let found = crm.get(&format!("/contacts/{contact}")).await;
    assert_ne!(
        found["External_Id__c"], "con-0002",
        "a refused change was written"
    );
}

#[tokio::test]
async fn the_helpdesk_and_the_documents_say_why_they_refuse() {
    let app = TestApp::start().await;
    let desk = Account::at(&app, "sfdcservicecloud", "helpdesk").await;
    let incident = desk.first("/incidents").await;
    let draft = json!({"ArticleType": "FAQ", "Title": "t", "UrlName": "refusals"});
    let draft = desk
        .send("POST", "/resources/articles", draft)
        .await
        .expect(200)
        .json();
    let own = format!("/resources/articles/{}", draft["id"].as_str().unwrap());
    desk.refuses(vec![
        (
            400,
            "POST /incidents",
            json!({"Foo": 1}),
            "No such column 'Foo'",
        ),
        (
            400,
            "POST /incidents",
            json!({"IsEscalated": "perhaps"}),
            "perhaps",
        ),
        (
            400,
            "POST /incidents",
            json!({"CaseNumber": "1"}),
            "CaseNumber",
        ),
        (
            400,
            &format!("PATCH /incidents/{incident}"),
            json!({"Subject": "x".repeat(256)}),
            "data value too large",
        ),
        (
            400,
            &format!("POST /incidents/{incident}/comments"),
            json!({"CommentBody": "x".repeat(4001)}),
            "data value too large",
        ),
        (400, "POST /agents", json!({"FirstName": "x"}), "Email"),
        (
            400,
            "POST /agents",
            json!({"FirstName": "x", "LastName": "y", "Email": "none"}),
            "email",
        ),
        (
            400,
            "POST /resources/articles",
            json!({"Title": "t"}),
            "ArticleType",
        ),
        (
            400,
            "POST /resources/articles",
            json!({"ArticleType": "FAQ", "Title": "t", "UrlName": "no spaces"}),
            "URL",
        ),
        (
            409,
            "POST /resources/articles",
            json!({"ArticleType": "FAQ", "Title": "t", "UrlName": "refusals"}),
            "uplicate",
        ),
        (
            400,
            &format!("PUT {own}/status"),
            json!({"PublishStatus": "Nowhere"}),
            "publishStatus must be",
        ),
        (
            404,
            "PATCH /resources/articles/ka05i00000000AA",
            json!({"Title": "x"}),
            "",
        ),
        (
            404,
            "PATCH /resources/categories/01I5i00000000AA",
            json!({"label": "x"}),
            "",
        ),
        (
            404,
            "DELETE /incidents/5005i00000000AA",
            Value::Null,
            "does not exist",
        ),
        (
            400,
            "GET /incidents?where=Foo='x'",
            Value::Null,
            "No such column 'Foo'",
        ),
    ])
    .await;
    let documents = Account::at(&app, "sfdcdocuments", "documents").await;
    let file = documents
        .upload("POST", "/files?path=/refused.txt", "one")
        .await
        .expect(200)
        .json();
    let own = format!("/files/{}", file["id"].as_str().unwrap());
    documents
        .refuses(vec![
            (404, "GET /files/0695i00000000AA", Value::Null, ""),
            (404, "GET /files/0695i00000000AA/metadata", Value::Null, ""),
            (
                404,
                "DELETE /files?path=/nothing.txt",
                Value::Null,
                "no such record",
            ),
            (
                400,
                &format!("PATCH {own}/metadata"),
                json!({"name": "x".repeat(256)}),
                "data value too large",
            ),
            (
                404,
                &format!("GET {own}/revisions/0685i00000000AA"),
                Value::Null,
                "",
            ),
            (
                400,
                &format!("POST /files/{}/comments", file["feedId"].as_str().unwrap()),
                json!({}),
                "comment",
            ),
            (
                404,
                &format!("GET {own}/comments/0D75i00000000AA"),
                Value::Null,
                "",
            ),
            (400, "POST /folders", json!({}), "path"),
            (
                404,
                "GET /folders/contents?path=/Nowhere",
                Value::Null,
                "/Nowhere",
            ),
            (
                404,
                "DELETE /folders?path=/Nowhere",
                Value::Null,
                "/Nowhere",
            ),
            (400, "GET /search?startDate=soon", Value::Null, "startDate"),
        ])
        .await;
}

#[tokio::test]
async fn in_mid_list_a_session_that_ends_is_renewed_a_limit_is_told_and_a_lost_grant_is_a_401() {
    for (element, hub, list) in [
        ("sfdcservicecloud", "helpdesk", "/incidents"),
        ("sfdcdocuments", "documents", "/folders/contents"),
        ("sfdcmarketingcloud", "marketing", "/campaigns"),
    ] {
        let app = TestApp::start().await;
        let account = Account::at(&app, element, hub).await;
        let order = async |path: &str, mut body: Value| {
            body["vendor"] = "salesforce".into();
            app.control(path, body).await;
        };
        let first = account
            .send("GET", &format!("{list}?pageSize=2"), Value::Null)
            .await
            .expect(200);
        let next = format!(
            "{list}?pageSize=2&nextPage={}",
            first.header("elements-next-page-token")
        );
        order("/tokens/expire", json!({})).await;
        let second = account.get(&next).await;
        assert_eq!(second.as_array().unwrap().len(), 2, "{element}");
        assert_ne!(second, first.json(), "{element}");
        order("/rate-limit", json!({"limit": 0})).await;
        let limited = account.send("GET", &next, Value::Null).await.error(429);
        assert!(
            limited.contains("TotalRequests Limit exceeded"),
            "{element}: {limited}"
        );
        order("/rate-limit", json!({"limit": null})).await;
        order("/tokens/revoke", json!({})).await;
        account.send("GET", &next, Value::Null).await.error(401);
    }
}
