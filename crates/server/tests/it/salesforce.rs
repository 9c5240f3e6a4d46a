//! The Salesforce family against the simulated org: every kind of record, files, comments, articles, faults.

mod files;
mod refusals;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Reply, TestApp};

/// An account at one of the elements.
struct Account<'a> {
    app: &'a TestApp,
    token: String,
    hub: &'static str,
}

impl<'a> Account<'a> {
    async fn at(app: &'a TestApp, element: &str, hub: &'static str) -> Self {
        let (_, token) = app.instance(element).await;
        Self { app, token, hub }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        let path = format!("/hubs/{}{}", self.hub, path.replace(' ', "%20"));
        self.app.resource(method, &path, &self.token, body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.send("GET", path, Value::Null).await.expect(200).json()
    }

    async fn upload(&self, method: &str, path: &str, bytes: &str) -> Reply {
        let path = format!("/elements/api-v2/hubs/{}{path}", self.hub);
        let authorization = self.app.with_token(&self.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "multipart/form-data; boundary=b"),
        ];
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"own.txt\"\r\nContent-Type: text/plain\r\n\r\n{bytes}\r\n--b--\r\n"
        );
        self.app.send(method, &path, &headers, body).await
    }

    /// Lists, creates, reads, finds, changes and (where the vendor does) deletes; answers the id of what was created.
    async fn walk(&self, list: &str, create: Value, change: Value, deletes: bool) -> String {
        let two = self.get(&format!("{list}?pageSize=2")).await;
        assert!(two.as_array().is_some_and(|rows| rows.len() <= 2), "{list}");
        let made = self.send("POST", list, create).await.expect(200).json();
        let id = made["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{list}: {made}"))
            .to_owned();
        assert_eq!(made["Id"], id.as_str(), "{list}");
        let one = format!("{list}/{id}");
        assert_eq!(self.get(&one).await["id"], id.as_str(), "{list}");
        let found = self.get(&format!("{list}?where=Id='{id}'")).await;
        assert_eq!(found[0]["id"], id.as_str(), "{list}");
        assert_eq!(found.as_array().unwrap().len(), 1, "{list}");
        let changed = self
            .send("PATCH", &one, change.clone())
            .await
            .expect(200)
            .json();
        for (name, value) in change.as_object().unwrap() {
            assert_eq!(&changed[name], value, "{list}");
        }
        if deletes {
            self.send("DELETE", &one, Value::Null).await.expect(200);
            self.send("GET", &one, Value::Null).await.error(404);
        }
        id
    }
}

fn event() -> Value {
    json!({"ActivityDateTime": "2015-04-21T15:59:50+00:00", "DurationInMinutes": "60", "Location": "Room 4"})
}

#[tokio::test]
async fn records_of_the_crm_and_what_lies_below_them() {
    let app = TestApp::start().await;
    let crm = Account::at(&app, "sfdc", "crm").await;
    for (list, create, change) in [
        (
            "/accounts",
            json!({"Name": "Churro's Test Account"}),
            json!({"Description": "d"}),
        ),
        (
            "/contacts",
            json!({"lastname": "TestDude"}),
            json!({"FirstName": "Churro"}),
        ),
        (
            "/leads",
            json!({"LastName": "L", "Company": "C"}),
            json!({"Company": "D"}),
        ),
        (
            "/opportunities",
            json!({"Name": "O", "StageName": "whatever", "CloseDate": "2026-05-05", "Amount": 10}),
            json!({"Probability": 25.0}),
        ),
    ] {
        let id = crm.walk(list, create, change, false).await;
        let below = format!("{list}/{id}");
        crm.walk(
            &format!("{below}/activities"),
            event(),
            json!({"Location": "Hall"}),
            true,
        )
        .await;
        crm.walk(
            &format!("{below}/notes"),
            json!({"Title": "t"}),
            json!({"Body": "b"}),
            true,
        )
        .await;
        crm.walk(
            &format!("{below}/tasks"),
            json!({"Priority": "High"}),
            json!({"Status": "Completed"}),
            true,
        )
        .await;
        crm.send("DELETE", &below, Value::Null).await.expect(200);
    }
    let campaign = json!({"Name": "C", "ownerId": "005i0000001VNdeAAG"});
    crm.walk("/campaigns", campaign, json!({"Status": "Completed"}), true)
        .await;
    crm.walk(
        "/Project__c",
        json!({"Name": "P"}),
        json!({"Budget__c": 5.0}),
        true,
    )
    .await;
    assert_eq!(crm.get("/users/me").await["id"], "005i0000001VNdeAAG");
    let parent = crm.get("/accounts?pageSize=1").await[0]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    let nested = crm
        .get(&format!(
            "/accounts?where=Id='{parent}'&fields=Name,Owner.Name,(SELECT LastName FROM Contacts)"
        ))
        .await;
    let children = crm
        .get(&format!("/Account/{parent}/Contacts?fields=LastName"))
        .await;
    assert_eq!(
        nested[0]["Contacts"]["records"].as_array().unwrap().len(),
        children.as_array().unwrap().len()
    );
    assert!(nested[0]["Owner"]["Name"].is_string());
    let counted = crm
        .get("/query?q=SELECT COUNT(Id) n FROM Account WHERE CreatedDate = LAST_N_YEARS:5")
        .await;
    assert!(counted[0]["n"].as_u64().is_some_and(|n| n >= 260));
}

#[tokio::test]
async fn a_list_longer_than_the_vendor_skips_is_read_to_its_end() {
    let app = TestApp::start().await;
    let crm = Account::at(&app, "sfdc", "crm").await;
    let mut seen = BTreeSet::new();
    let mut query = "/contacts?fields=Email&pageSize=90&where=LastName!=null".to_owned();
    let mut pages = 0;
    loop {
        // A token that dies in mid-list is renewed without the caller noticing.
        if pages == 1 {
            app.control("/tokens/expire", json!({"vendor": "salesforce"}))
                .await;
        }
        let page = crm.send("GET", &query, Value::Null).await.expect(200);
        for row in page.json().as_array().unwrap() {
            assert!(
                seen.insert(row["Id"].as_str().unwrap().to_owned()),
                "twice: {row}"
            );
        }
        pages += 1;
        let token = page.header("elements-next-page-token");
        if token.is_empty() {
            break;
        }
        query = format!("/contacts?pageSize=90&page={}&nextPage={token}", pages + 1);
    }
    assert_eq!((pages, seen.len()), (3, 260));
}

#[tokio::test]
async fn objects_and_fields_are_those_of_the_organization() {
    let app = TestApp::start().await;
    let crm = Account::at(&app, "sfdc", "crm").await;
    let objects = crm.get("/objects").await;
    for name in ["Account", "Project__c", "contacts"] {
        assert!(objects.as_array().unwrap().contains(&json!(name)), "{name}");
    }
    for name in ["contacts", "Contact", "contact"] {
        let fields = crm.get(&format!("/objects/{name}/metadata")).await["fields"].clone();
        let field = |wanted: &str| {
            let fields = fields.as_array().unwrap().iter();
            fields
                .clone()
                .find(|field| field["vendorPath"] == wanted)
                .unwrap()
                .clone()
        };
        let salutation = field("Salutation");
        assert_eq!(salutation["vendorNativeType"], "picklist");
        let values = salutation["picklistValues"].as_array().unwrap();
        assert!(
            values.iter().any(|choice| choice["value"] == "Prof."),
            "{salutation}"
        );
        assert_eq!(field("LastName")["vendorRequired"], true);
        assert_eq!(field("Level__c")["custom"], true);
        assert_eq!(field("CreatedDate")["type"], "date");
    }
}

#[tokio::test]
async fn agents_incidents_articles_and_their_types() {
    let app = TestApp::start().await;
    let desk = Account::at(&app, "sfdcservicecloud", "helpdesk").await;
    let incident = json!({"description": "d", "type": "Other", "priority": "High", "isEscalated": true, "status": "New"});
    let id = desk
        .walk("/incidents", incident, json!({"Subject": "s"}), false)
        .await;
    desk.walk(
        &format!("/incidents/{id}/activities"),
        event(),
        json!({"Location": "Hall"}),
        true,
    )
    .await;
    desk.walk(
        &format!("/incidents/{id}/comments"),
        json!({"CommentBody": "a"}),
        json!({"CommentBody": "b"}),
        true,
    )
    .await;
    let agent = json!({"Email": "ann@example.com", "FirstName": "Ann", "LastName": "Lee"});
    let agent = desk
        .walk("/agents", agent, json!({"Title": "T"}), false)
        .await;
    desk.send("DELETE", &format!("/agents/{agent}"), Value::Null)
        .await
        .expect(200);
    assert_eq!(
        desk.get(&format!("/agents/{agent}")).await["IsActive"],
        false
    );
    let article =
        json!({"ArticleType": "Sailthru__Discussion", "Title": "t", "UrlName": "a-new-one"});
    desk.walk(
        "/resources/articles",
        article.clone(),
        json!({"Title": "u"}),
        true,
    )
    .await;
    let made = desk
        .send("POST", "/resources/articles", article.clone())
        .await
        .expect(200)
        .json();
    desk.send("POST", "/resources/articles", article)
        .await
        .error(409);
    let own = format!("/resources/articles/{}", made["id"].as_str().unwrap());
    let online = desk
        .send(
            "PUT",
            &format!("{own}/status"),
            json!({"PublishStatus": "Online"}),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(online["PublishStatus"], "Online");
    desk.send("PATCH", &own, json!({"Title": "late"}))
        .await
        .error(400);
    let kind = json!({"label": "Recipe <1>", "name": "Recipe", "pluralLabel": "Recipes"});
    let made = desk
        .send("POST", "/resources/categories", kind.clone())
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&made["label"], &made["name"]),
        (&json!("Recipe <1>"), &json!("Recipe__kav"))
    );
    desk.send("POST", "/resources/categories", kind)
        .await
        .error(409);
    let own = format!("/resources/categories/{}", made["Id"].as_str().unwrap());
    let changed = desk
        .send("PATCH", &own, json!({"label": "Dish"}))
        .await
        .expect(200)
        .json();
    assert_eq!(changed["label"], "Dish");
    desk.send("DELETE", &own, Value::Null).await.expect(200);
    desk.send("GET", &own, Value::Null).await.error(404);
}

#[tokio::test]
async fn members_come_into_a_campaign_and_leave_it() {
    let app = TestApp::start().await;
    let marketing = Account::at(&app, "sfdcmarketingcloud", "marketing").await;
    let campaign = marketing
        .walk(
            "/campaigns",
            json!({"Name": "n"}),
            json!({"Status": "Completed"}),
            false,
        )
        .await;
    for (people, field) in [("contacts", "ContactId"), ("leads", "LeadId")] {
        let person = marketing.get(&format!("/{people}?pageSize=1")).await[0]["Id"]
            .as_str()
            .unwrap()
            .to_owned();
        let members = format!("/campaigns/{campaign}/{people}");
        let member = json!({field: person, "Status": "Sent"});
        let made = marketing
            .send("POST", &members, member.clone())
            .await
            .expect(200)
            .json();
        assert_eq!(made["CampaignId"], campaign.as_str());
        marketing.send("POST", &members, member).await.error(409);
        assert_eq!(marketing.get(&members).await.as_array().unwrap().len(), 1);
        let one = format!("{members}/{person}");
        marketing
            .send("DELETE", &one, Value::Null)
            .await
            .expect(200);
        marketing.send("DELETE", &one, Value::Null).await.error(404);
    }
}

#[tokio::test]
async fn the_vendors_reason_reaches_the_caller() {
    let app = TestApp::start().await;
    let crm = Account::at(&app, "sfdc", "crm").await;
    for (body, status, said) in [
        (json!({}), 400, "Required fields are missing: [LastName]"),
        (
            json!({"LastName": "x", "Foo": 1}),
            400,
            "No such column 'Foo' on sobject of type Contact",
        ),
        (
            json!({"LastName": "x", "CreatedDate": "2026-01-01"}),
            400,
            "Unable to create/update fields: CreatedDate",
        ),
        (
            json!({"LastName": "x".repeat(81)}),
            400,
            "data value too large",
        ),
        (
            json!({"LastName": {"a": 1}}),
            400,
            "Cannot deserialize instance of string",
        ),
        (
            json!({"LastName": "x", "Email": "no"}),
            400,
            "invalid email address: no",
        ),
        (
            json!({"LastName": "x", "External_Id__c": "con-0001"}),
            409,
            "duplicate value found",
        ),
        (
            json!({"LastName": "x", "AccountId": "0015i00000000AA"}),
            400,
            "invalid cross reference id",
        ),
    ] {
        let reply = crm.send("POST", "/contacts", body.clone()).await;
        assert!(reply.json()["providerMessage"].is_string(), "{body}");
        let message = reply.error(status);
        assert!(message.contains(said), "{body}: {message}");
    }
    for (path, status, said) in [
        ("/contacts?where=Foo='x'", 400, "No such column 'Foo'"),
        (
            "/contacts?where=Birthdate='soon'",
            400,
            "must be of type date",
        ),
        ("/contacts?where=LastName=", 400, "Error parsing query"),
        (
            "/contacts?fields=Id,Nobody.Name",
            400,
            "Didn't understand relationship 'Nobody'",
        ),
        ("/contacts?orderBy=Id; DROP", 400, "Error parsing query"),
        (
            "/contacts?page=500",
            400,
            "Maximum SOQL offset allowed is 2000",
        ),
        ("/contacts/0035i00000000AA", 404, "does not exist"),
        ("/contacts/0", 404, "external ID field does not exist"),
        (
            "/Nobody__c",
            400,
            "sObject type 'Nobody__c' is not supported",
        ),
    ] {
        let message = crm.send("GET", path, Value::Null).await.error(status);
        assert!(message.contains(said), "{path}: {message}");
    }
    let first = crm
        .send("GET", "/contacts?pageSize=2&fields=Id", Value::Null)
        .await
        .expect(200);
    let next = format!(
        "/contacts?nextPage={}",
        first.header("elements-next-page-token")
    );
    app.control("/rate-limit", json!({"vendor": "salesforce", "limit": 0}))
        .await;
    let message = crm.send("GET", &next, Value::Null).await.error(429);
    assert!(
        message.contains("TotalRequests Limit exceeded"),
        "{message}"
    );
    app.control(
        "/rate-limit",
        json!({"vendor": "salesforce", "limit": null}),
    )
    .await;
    app.control("/tokens/revoke", json!({"vendor": "salesforce"}))
        .await;
    crm.send("GET", &next, Value::Null).await.error(401);
}

#[tokio::test]
async fn a_caller_who_asks_is_told_how_many_records_there_are_in_all() {
    let app = TestApp::start().await;
    let crm = Account::at(&app, "sfdc", "crm").await;
    for name in ["Count A", "Count B", "Count C"] {
        let account = json!({"Name": name, "Industry": "Counting"});
        crm.send("POST", "/accounts", account).await.expect(200);
    }
    let total = "elements-total-count";
    for list in ["/accounts", "/Account"] {
        let path = format!("{list}?where=Industry='Counting'&pageSize=2");
        let page = crm
            .send("GET", &format!("{path}&returnCount=true"), Value::Null)
            .await;
        let page = page.expect(200);
        assert_eq!(page.json().as_array().unwrap().len(), 2, "{list}");
        assert_eq!(page.header(total), "3", "{list}");
        let token = page.header("elements-next-page-token").to_owned();
        let next = format!("{list}?nextPage={token}&returnCount=true");
        let next = crm.send("GET", &next, Value::Null).await.expect(200);
        assert_eq!(next.json().as_array().unwrap().len(), 1, "{list}");
        assert_eq!(next.header(total), "3", "{list}");
        let plain = crm.send("GET", &path, Value::Null).await.expect(200);
        assert_eq!(plain.header(total), "", "{list}");
    }
}
