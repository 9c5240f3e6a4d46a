//! Salesforce Marketing Cloud through the platform: SOAP and REST of one account behind one token.

mod automations;
mod entry_events;

use serde_json::{Value, json};

use crate::support::{Reply, TestApp};

/// The tenant of the guides' body.
const TENANT: &str = "mc563885gzs27c5t9-63k636ttgm";

struct Account {
    app: TestApp,
    token: String,
}

impl Account {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let body = app.guide_body("salesforcemarketingcloud").await;
        let made = app.platform("POST", "/instances", body).await.expect(200);
        let made = made.json();
        assert_eq!(made["configuration"]["requestToken"], "********");
        assert_eq!(
            made["configuration"]["base.url"],
            format!("https://{TENANT}.rest.marketingcloudapis.com/")
        );
        let token = made["token"].as_str().unwrap().to_owned();
        Self { app, token }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Reply {
        let path = format!("/hubs/marketing{path}");
        self.app.resource(method, &path, &self.token, body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, Value::Null).await.expect(200).json()
    }

    async fn order(&self, path: &str, body: Value) {
        self.app.control(path, body).await;
    }
}

fn column<'a>(rows: &'a Value, name: &str) -> Vec<&'a Value> {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| &row[name])
        .collect()
}

#[tokio::test]
async fn lists_are_made_filtered_changed_and_deleted_by_soap() {
    let mc = Account::open().await;
    let made = mc
        .ask(
            "POST",
            "/lists",
            json!({"ListName": "A & <B>", "Description": "d"}),
        )
        .await
        .expect(200)
        .json();
    let id = made["id"].as_i64().unwrap();
    assert_eq!(
        (&made["ListName"], &made["ID"]),
        (&json!("A & <B>"), &json!(id))
    );
    let found = mc.get("/lists?where=ListName='A%20%26%20%3CB%3E'").await;
    assert_eq!(column(&found, "id"), [&json!(id)]);
    let either = mc.get(&format!("/lists?where=(ID={id}%20OR%20ListName%20LIKE%20'News%25')%20AND%20Type='Private'&fields=ID,ListName")).await;
    assert_eq!(
        column(&either, "ListName"),
        [&json!("Newsletter"), &json!("A & <B>")]
    );
    assert!(either[0].get("Description").is_none());
    let changed = mc
        .ask(
            "PATCH",
            &format!("/lists/{id}"),
            json!({"Description": "new"}),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&changed["Description"], &changed["ListName"]),
        (&json!("new"), &json!("A & <B>"))
    );
    mc.ask("DELETE", &format!("/lists/{id}"), Value::Null)
        .await
        .expect(200);
    mc.ask("GET", &format!("/lists/{id}"), Value::Null)
        .await
        .error(404);
    mc.ask("DELETE", &format!("/lists/{id}"), Value::Null)
        .await
        .error(404);
    mc.ask(
        "PATCH",
        &format!("/lists/{id}"),
        json!({"Description": "x"}),
    )
    .await
    .error(404);
}

#[tokio::test]
async fn a_long_list_is_read_by_continue_requests_and_by_page_number() {
    let mc = Account::open().await;
    let whole = mc.get("/lists/1/contacts?pageSize=250").await;
    assert_eq!(whole.as_array().unwrap().len(), 250);
    let (mut together, mut next) = (Vec::new(), String::new());
    for size in [100, 100, 50] {
        let page = mc
            .ask(
                "GET",
                &format!("/lists/1/contacts?pageSize=100&nextPage={next}"),
                Value::Null,
            )
            .await
            .expect(200);
        assert_eq!(page.header("elements-returned-count"), size.to_string());
        together.extend(page.json().as_array().unwrap().clone());
        next = page.header("elements-next-page-token").to_owned();
    }
    assert_eq!((Value::Array(together), next.as_str()), (whole.clone(), ""));
    let third = mc.get("/lists/1/contacts?pageSize=100&page=3").await;
    assert_eq!(
        third.as_array().unwrap().as_slice(),
        &whole.as_array().unwrap()[200..]
    );
    assert_eq!(
        mc.get("/lists/1/contacts?pageSize=100&page=4").await,
        json!([])
    );
}

#[tokio::test]
async fn members_join_leave_and_unsubscribe_and_a_second_time_is_a_conflict() {
    let mc = Account::open().await;
    let body = json!({"EmailAddress": "nea@example.com"});
    let made = mc
        .ask("POST", "/lists/3/contacts", body.clone())
        .await
        .expect(200)
        .json();
    let (id, place) = (
        made["ID"].clone(),
        format!("/lists/3/contacts/{}", made["ID"]),
    );
    assert_eq!(mc.get(&place).await["SubscriberKey"], "nea@example.com");
    let told = mc.ask("POST", "/lists/3/contacts", body).await.error(409);
    assert_eq!(told, "The subscriber is already on the list");
    let changed = mc
        .ask("PATCH", &place, json!({"Status": "Unsubscribed"}))
        .await
        .expect(200)
        .json();
    assert_eq!(changed["Status"], "Unsubscribed");
    let filtered = mc
        .get("/lists/3/contacts?where=SubscriberKey='nea@example.com'")
        .await;
    assert_eq!(column(&filtered, "Status"), [&json!("Unsubscribed")]);
    assert_eq!(
        mc.get(&format!("/subscribers/{id}")).await["Status"],
        "Active"
    );
    mc.ask("DELETE", &place, Value::Null).await.expect(200);
    mc.ask("GET", &place, Value::Null).await.error(404);
    assert_eq!(
        mc.get(&format!("/subscribers/{id}")).await["EmailAddress"],
        "nea@example.com"
    );
    for (bad, why) in [
        (json!({"EmailAddress": "nobody"}), "Invalid email address."),
        (
            json!({"SubscriberKey": "x"}),
            "The property 'EmailAddress' is required.",
        ),
        (
            json!({"EmailAddress": "a@b.example", "Colour": "red"}),
            "The property 'Colour' is not known.",
        ),
        (json!([1]), "The body must be one record, a JSON object."),
        (
            json!({"Email Address><": "x"}),
            "Email Address>< is not the name of a property.",
        ),
    ] {
        assert_eq!(
            mc.ask("POST", "/lists/3/contacts", bad).await.error(400),
            why
        );
    }
    mc.ask(
        "POST",
        "/lists/999/contacts",
        json!({"EmailAddress": "z@example.com"}),
    )
    .await
    .error(404);
}

#[tokio::test]
async fn data_extensions_have_fields_and_rows_that_are_checked() {
    let mc = Account::open().await;
    let made = mc
        .ask(
            "POST",
            "/data-extensions",
            json!({"Name": "Orders 2026", "CustomerKey": "orders-2026", "Fields": [
        {"Name": "Email", "FieldType": "EmailAddress", "IsPrimaryKey": true, "MaxLength": 100},
        {"Name": "Total", "FieldType": "Decimal"}]}),
        )
        .await
        .expect(200)
        .json();
    let place = format!("/data-extensions/{}", made["id"].as_str().unwrap());
    let fields = mc.get(&format!("{place}/fields")).await;
    assert_eq!(column(&fields, "Name"), [&json!("Email"), &json!("Total")]);
    let row =
        |email: &str, total: &str| json!({"keys": {"email": email}, "values": {"total": total}});
    let rows = format!("{place}/rows");
    for method in ["POST", "PUT", "PATCH"] {
        mc.ask(method, &rows, row("a@example.com", "1.50"))
            .await
            .expect(200);
    }
    mc.ask(
        "POST",
        &rows,
        json!([row("b@example.com", "2"), row("c@example.com", "3")]),
    )
    .await
    .expect(200);
    let read = mc.get(&rows).await;
    assert_eq!(read.as_array().unwrap().len(), 3);
    assert_eq!(read[0], row("a@example.com", "1.50"));
    assert_eq!(
        mc.get(&format!("{rows}?where=total='2'")).await,
        json!([row("b@example.com", "2")])
    );
    let told = mc
        .ask("POST", &rows, row("a@example.com", "much"))
        .await
        .error(400);
    assert_eq!(told, "The value 'much' of the column Total is no Decimal.");
    let told = mc
        .ask(
            "POST",
            &rows,
            json!({"keys": {}, "values": {"colour": "red"}}),
        )
        .await
        .error(400);
    assert_eq!(
        told,
        "The column colour does not exist in the data extension."
    );
    assert_eq!(
        mc.ask("POST", &rows, json!({"email": "x"}))
            .await
            .error(400),
        "Each row must be {\"keys\": {…}, \"values\": {…}}."
    );
    assert_eq!(
        mc.get(&rows).await.as_array().unwrap().len(),
        3,
        "a refused write left something"
    );
    let later = mc
        .ask(
            "POST",
            &format!("{place}/rows-async"),
            json!([{"email": "d@example.com", "total": 4}]),
        )
        .await
        .expect(200)
        .json();
    let state = mc
        .get(&format!(
            "/rows-async/{}/status",
            later["requestId"].as_str().unwrap()
        ))
        .await;
    assert_eq!(state["requestStatus"], "Complete");
    assert_eq!(mc.get(&rows).await.as_array().unwrap().len(), 4);
    let renamed = mc
        .ask("PATCH", &place, json!({"Name": "Orders"}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&renamed["Name"], &renamed["CustomerKey"]),
        (&json!("Orders"), &json!("orders-2026"))
    );
    let again = json!({"Name": "Orders", "CustomerKey": "orders-2026"});
    mc.ask("POST", "/data-extensions", again).await.error(409);
    mc.ask("GET", "/data-extensions/nothing/rows", Value::Null)
        .await
        .error(404);
}

#[tokio::test]
async fn journeys_are_locked_by_their_date_and_events_are_told_by_type() {
    let mc = Account::open().await;
    let body = json!({"key": "k1", "name": "J", "workflowApiVersion": 1.0, "triggers": [], "goals": [], "activities": []});
    let made = mc
        .ask("POST", "/activities", body.clone())
        .await
        .expect(200)
        .json();
    mc.ask("POST", "/activities", body).await.error(409);
    let mut change = made.clone();
    change["name"] = json!("J2");
    let place = format!("/activities/{}", made["id"].as_str().unwrap());
    mc.app.clock.advance(5000);
    assert_eq!(
        mc.ask("PUT", "/activities", change.clone())
            .await
            .expect(200)
            .json()["name"],
        "J2"
    );
    let told = mc.ask("PUT", "/activities", change).await.error(400);
    assert!(told.contains("modifiedDate differs"), "{told}");
    assert_eq!(mc.get("/activities/key:k1").await["name"], "J2");
    mc.ask("DELETE", &place, Value::Null).await.expect(200);
    mc.ask("GET", &place, Value::Null).await.error(404);
    for kind in [
        "ClickEvent",
        "BounceEvent",
        "OpenEvent",
        "UnsubEvent",
        "SentEvent",
    ] {
        let all = format!("/activities/{kind}/events");
        let rows = mc.get(&all).await;
        let late = mc
            .get(&format!(
                "{all}?where=CreatedDate%20%3E%20'2017-11-07T10:56:05'"
            ))
            .await;
        assert_eq!(
            (
                rows.as_array().unwrap().len(),
                late.as_array().unwrap().len()
            ),
            (12, 6),
            "{kind}"
        );
        assert_eq!(mc.get(&format!("{all}/{}", rows[3]["ID"])).await, rows[3]);
    }
    assert!(
        mc.ask("GET", "/activities/List/events", Value::Null)
            .await
            .error(400)
            .contains("ClickEvent")
    );
}

#[tokio::test]
async fn contacts_campaigns_assets_and_messages_go_by_rest() {
    let mc = Account::open().await;
    let contact = |address: &str| {
        json!({"contactKey": "ada", "attributeSets": [{"name": "Email Addresses", "items": [
        {"values": [{"name": "Email Address", "value": address}, {"name": "HTML Enabled", "value": true}]}]}]})
    };
    let made = mc
        .ask("POST", "/contacts", contact("ada@example.com"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&made["isNewContactKey"], &made["id"]),
        (&json!(true), &made["contactID"])
    );
    mc.ask("POST", "/contacts", contact("ada@example.com"))
        .await
        .error(409);
    let place = format!("/contacts/{}", made["id"]);
    mc.ask("PATCH", &place, contact("augusta@example.com"))
        .await
        .expect(200);
    let find =
        |address: &str| format!("/contacts?key=Email%20Addresses.Email%20Address&value={address}");
    let found = mc.get(&find("augusta@example.com")).await;
    assert_eq!(column(&found, "contactKey"), [&json!("ada")]);
    let gone = mc.ask("DELETE", &place, Value::Null).await.expect(200);
    let operation = format!("/contact-deletions/{}", gone.json()["operationID"]);
    assert_eq!(mc.get(&operation).await["status"], "Completed");
    assert_eq!(mc.get(&find("augusta@example.com")).await, json!([]));
    mc.ask("PATCH", &place, contact("x@example.com"))
        .await
        .error(404);
    assert!(
        mc.ask("GET", "/contacts", Value::Null)
            .await
            .error(400)
            .contains("`key`")
    );

    let body = json!({"name": "C", "campaignCode": "c", "color": "0000ff", "favorite": false});
    let campaign = mc.ask("POST", "/campaigns", body).await.expect(200).json();
    assert!(campaign["id"].is_string());
    let place = format!("/campaigns/{}", campaign["id"].as_str().unwrap());
    mc.ask("DELETE", &place, Value::Null).await.expect(200);
    assert_eq!(
        mc.ask("GET", &place, Value::Null).await.error(404),
        "Campaign ID is invalid"
    );
    let sorted = mc.get("/campaigns?orderBy=name%20desc&pageSize=3").await;
    assert_eq!(sorted[0]["name"], "Winter campaign 9");

    let asset = mc
        .ask(
            "POST",
            "/assets",
            json!({"name": "Offer", "assetType": {"id": 208}}),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(
        mc.get("/assets?where=name='Offer'").await[0]["id"],
        asset["id"]
    );
    let sent = mc.ask("POST", "/messages/m-1", json!({"definitionKey": "order-confirmation-1", "recipient": {"contactKey": "ada", "to": "ada@example.com"}})).await.expect(200).json();
    assert_eq!(sent["responses"][0]["messageKey"], "m-1");
    assert_eq!(mc.get("/messages/m-1").await["info"]["contactKey"], "ada");
    assert_eq!(
        mc.get("/ping").await["endpoint"],
        "salesforcemarketingcloud"
    );
}

#[tokio::test]
async fn an_expired_token_is_renewed_on_both_planes_and_by_time() {
    let mc = Account::open().await;
    for path in ["/lists", "/campaigns"] {
        mc.order("/tokens/expire", json!({"vendor": "marketingcloud"}))
            .await;
        mc.get(path).await;
    }
    mc.app.clock.advance(1_300_000);
    mc.get("/lists").await;
    // The middle of a list survives it, too.
    let first = mc
        .ask("GET", "/lists/1/contacts?pageSize=100", Value::Null)
        .await
        .expect(200);
    mc.order("/tokens/expire", json!({"vendor": "marketingcloud"}))
        .await;
    let next = first.header("elements-next-page-token").to_owned();
    let second = mc
        .get(&format!("/lists/1/contacts?pageSize=100&nextPage={next}"))
        .await;
    assert_eq!(second.as_array().unwrap().len(), 100);
    mc.order(
        "/rate-limit",
        json!({"vendor": "marketingcloud", "limit": 0}),
    )
    .await;
    for path in ["/lists", "/campaigns"] {
        mc.ask("GET", path, Value::Null).await.error(429);
    }
}

#[tokio::test]
async fn a_package_of_the_first_generation_needs_no_tenant_and_a_refused_one_leaves_nothing() {
    let app = TestApp::start().await;
    let body = |id: &str| {
        json!({"element": {"key": "salesforcemarketingcloud"}, "name": "MC",
            "configuration": {"clientId": id, "clientSecret": "s"}})
    };
    let made = app
        .platform("POST", "/instances", body("old"))
        .await
        .expect(200)
        .json();
    assert_eq!(made["configuration"]["expires_in"], "3479");
    let token = made["token"].as_str().unwrap();
    for path in ["/hubs/marketing/lists", "/hubs/marketing/campaigns"] {
        app.resource("GET", path, token, Value::Null)
            .await
            .expect(200);
    }
    let told = app
        .platform("POST", "/instances", body("sandbox-invalid"))
        .await
        .error(400);
    assert_eq!(told, "Unauthorized");
    let mut tenant = body("x");
    tenant["configuration"]["salesforcemarketingcloud.subdomain"] = json!("evil.example/#");
    app.platform("POST", "/instances", tenant).await.error(400);
    let all = app
        .platform("GET", "/instances", Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(all.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn objects_and_their_fields_come_from_the_vendor() {
    let mc = Account::open().await;
    let lists = mc.get("/objects/lists/metadata").await;
    let fields = lists["fields"].as_array().unwrap();
    let id = fields
        .iter()
        .find(|field| field["vendorPath"] == "ID")
        .unwrap();
    assert_eq!(
        (&id["type"], &id["vendorReadOnly"]),
        (&json!("integer"), &json!(true))
    );
    let contacts = mc.get("/objects/contacts/metadata").await;
    let names = contacts["fields"].as_array().unwrap();
    assert!(
        names
            .iter()
            .any(|field| field["vendorPath"] == "Email Addresses.Email Address"),
        "{contacts}"
    );
}

#[tokio::test]
async fn the_vendors_reason_reaches_the_caller_whatever_the_plane() {
    let mc = Account::open().await;
    for (path, why) in [
        (
            "/lists?fields=Nothing",
            "The Request Property(s) Nothing do not match with the fields of List retrieve",
        ),
        (
            "/lists?where=Nothing='1'",
            "The Filter Property 'Nothing' does not match",
        ),
        (
            "/lists?where=ID='x'",
            "The value 'x' is not valid for the property 'ID'",
        ),
        (
            "/lists?where=ListName%20NOT%20LIKE%20'x%25'",
            "cannot be filtered with NOT LIKE",
        ),
        ("/campaigns?where=name='x'", "cannot filter"),
        ("/lists?fields=A;B", "is not a field name"),
    ] {
        let told = mc.ask("GET", path, Value::Null).await.error(400);
        assert!(told.contains(why), "{path}: {told}");
    }
    let long = "x".repeat(200);
    let told = mc
        .ask("POST", "/lists", json!({"ListName": long}))
        .await
        .error(400);
    assert!(told.contains("longer than 100"), "{told}");
    mc.ask("POST", "/campaigns", json!({"name": "Spring campaign 1"}))
        .await
        .error(409);
    // A vendor that fails in the middle of a write is asked once.
    mc.order(
        "/fail",
        json!({"vendor": "marketingcloud", "status": 503, "path": "campaigns", "times": 1}),
    )
    .await;
    let told = mc.ask("POST", "/campaigns", json!({"name": "Once"})).await;
    assert!(told.status >= 500, "{}", told.status);
    let all = mc.get("/campaigns?pageSize=50&page=2").await;
    assert!(!column(&all, "name").contains(&&json!("Once")));
}
