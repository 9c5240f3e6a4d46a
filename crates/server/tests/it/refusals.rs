//! What vendors refuse in a record, theme by theme: the caller learns the vendor's reason, in one shape, and nothing is written.

use serde_json::{Value, json};

use crate::marketing::Account;

/// A call that must be refused: status, call, body, what our sentence names, what the vendor's own words hold.
type Refusal<'a> = (u16, &'a str, Value, &'a str, &'a str);

impl Account {
    /// Makes calls that must be refused, in the one shape of errors.
    async fn refuses(&self, refusals: Vec<Refusal<'_>>) {
        for (status, line, body, says, vendor_says) in refusals {
            let reply = self.call(line, body).await;
            assert_eq!(reply.status, status, "{line}: {}", reply.text());
            let told = reply.json();
            let mut members: Vec<&String> = told.as_object().unwrap().keys().collect();
            members.sort();
            let wanted: &[&str] = if vendor_says.is_empty() {
                &["message", "requestId"]
            } else {
                &["message", "providerMessage", "requestId"]
            };
            assert_eq!(members, wanted, "{line}: {told}");
            let message = told["message"].as_str().unwrap();
            assert!(message.contains(says), "{line}: {message}");
            let vendor = told["providerMessage"].as_str().unwrap_or_default();
            assert!(vendor.contains(vendor_says), "{line}: {vendor}");
        }
    }
}

fn long() -> String {
    "x".repeat(300)
}

#[tokio::test]
async fn eloqua_says_which_property_breaks_which_requirement() {
    let eloqua = Account::of("eloqua").await;
    let object = json!({"name": "Orders", "fields": [
        {"id": "-1", "type": "CustomObjectField", "name": "Amount", "dataType": "number"},
        {"id": "-2", "type": "CustomObjectField", "name": "Ordered", "dataType": "date"}]});
    let object = eloqua.json("POST /custom-objects", object).await;
    let rows = format!(
        "POST /custom-objects/{}/instances",
        object["id"].as_str().unwrap()
    );
    let row = |field: usize, value: &str| json!({"fieldValues": [{"id": object["fields"][field]["id"], "value": value}]});
    eloqua
        .refuses(vec![
            // Missing, too long, of the wrong type.
            (
                400,
                "POST /contacts",
                json!({"firstName": "x"}),
                "emailAddress: EmailAddressRequirement",
                "ObjectValidationError",
            ),
            (
                400,
                "POST /accounts",
                json!({"country": "x"}),
                "name: NotNullRequirement",
                "\"property\":\"name\"",
            ),
            (
                400,
                "PATCH /contacts/3",
                json!({"firstName": long()}),
                "firstName: StringLengthRequirement",
                "\"objectId\":\"3\"",
            ),
            (
                400,
                "PATCH /contacts/3",
                json!({"isSubscribed": "perhaps"}),
                "isSubscribed: BooleanRequirement",
                "perhaps",
            ),
            (
                400,
                "POST /contacts",
                json!({"emailAddress": "n@example.com", "C_Annual_Revenue1": "much"}),
                "C_Annual_Revenue1: IntegerRequirement",
                "much",
            ),
            (
                400,
                &rows,
                row(0, "many"),
                "Amount: IntegerRequirement",
                "many",
            ),
            (
                400,
                &rows,
                row(1, "soon"),
                "Ordered: DateRequirement",
                "soon",
            ),
            // Duplicates.
            (
                409,
                "POST /contacts",
                json!({"emailAddress": "Bulker1@donotdelete.com"}),
                "emailAddress: UniquenessRequirement",
                "UniquenessRequirement",
            ),
            (
                409,
                "PUT /campaigns/3",
                json!({"name": "Campaign 01"}),
                "name: UniquenessRequirement",
                "Campaign 01",
            ),
            // Gone, or never there: the vendor has no words for it.
            (
                404,
                "PATCH /contacts/99999",
                json!({"firstName": "x"}),
                "The vendor has no such record.",
                "",
            ),
            (
                404,
                "DELETE /custom-objects/99999",
                Value::Null,
                "The vendor has no such record.",
                "",
            ),
        ])
        .await;
    // What only the vendor writes stays as it is.
    let before = eloqua.json("GET /contacts/4", Value::Null).await;
    let given = json!({"createdAt": "1", "currentStatus": "x", "title": "Chief"});
    eloqua.json("PATCH /contacts/4", given).await;
    let after = eloqua.json("GET /contacts/4", Value::Null).await;
    assert_eq!(after["title"], "Chief");
    for fixed in ["createdAt", "currentStatus", "id"] {
        assert_eq!(after[fixed], before[fixed]);
    }
    let found = eloqua
        .get("/contacts?where=emailAddress='n@example.com'")
        .await;
    assert_eq!(found, json!([]), "a refused contact was written");
}

#[tokio::test]
async fn marketo_says_its_reason_inside_a_200_and_the_caller_gets_a_status() {
    let marketo = Account::of("marketo").await;
    let person =
        |field: &str, value: Value| json!({"person": {"email": "n@example.com", (field): value}});
    let program = |name: &str, folder: i64| json!({"name": name, "type": "Default", "channel": "Newsletter", "folder": {"id": folder, "type": "Folder"}});
    marketo
        .refuses(vec![
            (
                400,
                "POST /leads",
                json!({"person": {}}),
                "Value for lookup field 'email' not found",
                "\"1003\"",
            ),
            (
                400,
                "POST /companies",
                json!({"company": "x"}),
                "externalCompanyId",
                "\"1002\"",
            ),
            (
                400,
                "POST /leads",
                person("firstName", json!(long())),
                "'firstName' is too long",
                "\"1003\"",
            ),
            (
                400,
                "POST /leads",
                person("leadScore", json!("many")),
                "Invalid value 'many'",
                "\"1001\"",
            ),
            (
                400,
                "POST /leads",
                person("nope", json!(1)),
                "Field 'nope' not found",
                "\"1006\"",
            ),
            (
                400,
                "POST /folders",
                json!({"name": "x", "parent": {"id": 99, "type": "Folder"}}),
                "Parent Folder Not Found",
                "\"710\"",
            ),
            (
                409,
                "POST /programs",
                program("Newsletter", 2006),
                "Newsletter already exists",
                "\"709\"",
            ),
            (
                404,
                "PATCH /leads/99999",
                json!({"person": {"firstName": "x"}}),
                "Lead not found",
                "\"1004\"",
            ),
            (
                404,
                "DELETE /programs/99",
                Value::Null,
                "No data found",
                "\"702\"",
            ),
            (
                404,
                "DELETE /lists/3/contacts/99",
                Value::Null,
                "Lead not in list",
                "\"1015\"",
            ),
            (
                404,
                "POST /lists/9999/contacts",
                json!([{"person": {"id": 1}}]),
                "Object not found",
                "\"1013\"",
            ),
            (
                404,
                "GET /programs/99",
                Value::Null,
                "The vendor has no such record.",
                "",
            ),
        ])
        .await;
    // A field that only the vendor writes is left as it was.
    let given = json!({"person": {"email": "ro@example.com", "id": 5, "createdAt": "2017-01-01T00:00:00Z"}});
    let made = marketo.json("POST /leads", given).await;
    assert_ne!(made["person"]["id"], 5);
    assert_ne!(made["person"]["createdAt"], "2017-01-01T00:00:00Z");
    let found = marketo.get("/leads?where=email='n@example.com'").await;
    assert_eq!(found, json!([]), "a refused person was written");
}

#[tokio::test]
async fn act_on_says_its_code_and_sentence() {
    let acton = Account::of("acton").await;
    acton
        .refuses(vec![
            (
                400,
                "POST /campaigns",
                json!({"type": "template"}),
                "Missing parameter: subject",
                "10012",
            ),
            (
                400,
                "PATCH /contacts/l-0001:1",
                json!({"NoSuchColumn": "x"}),
                "Invalid column specified: NoSuchColumn",
                "10010",
            ),
            (
                400,
                "PATCH /subscription-types/Nope/optout/a@example.com",
                Value::Null,
                "Invalid category: Nope",
                "10013",
            ),
            (
                400,
                "PATCH /contacts/l-0001:1",
                json!({"Company": long()}),
                "Company is longer than 255",
                "10054",
            ),
            (
                400,
                "POST /campaigns",
                json!({"type": "template", "subject": long()}),
                "subject is longer than 255",
                "10054",
            ),
            (
                400,
                "POST /lists",
                json!({"listname": long(), "uploadspecs": [{"columnHeading": "Email"}]}),
                "listname is longer than 255",
                "10054",
            ),
            (
                404,
                "PATCH /contacts/l-0001:ffff",
                json!({"Company": "x"}),
                "",
                "10008",
            ),
            (
                404,
                "GET /lists/l-ffff/contacts",
                Value::Null,
                "list",
                "10004",
            ),
            (
                404,
                "DELETE /campaigns/t-ffff",
                Value::Null,
                "Message not found",
                "10030",
            ),
        ])
        .await;
    // A record keeps the id that the vendor gave it.
    let made = acton
        .json(
            "POST /contacts",
            json!({"_contact_id_": "l-0001:1", "email": "ro@example.com"}),
        )
        .await;
    assert_ne!(made["id"], "l-0001:1");
}

#[tokio::test]
async fn marketing_cloud_says_its_reason_by_rest_and_by_soap() {
    let mc = Account::of("salesforcemarketingcloud").await;
    let fields = json!([
        {"Name": "email", "FieldType": "EmailAddress", "IsPrimaryKey": true, "IsRequired": true, "MaxLength": 100},
        {"Name": "age", "FieldType": "Number"}, {"Name": "name", "FieldType": "Text", "MaxLength": 10}]);
    let body = json!({"Name": "Rows", "CustomerKey": "rows", "Fields": fields});
    let made = mc.json("POST /data-extensions", body.clone()).await;
    let rows = format!(
        "POST /data-extensions/{}/rows",
        made["id"].as_str().unwrap()
    );
    let row = |name: &str, value: Value| json!({"keys": {"email": "a@example.com"}, "values": {(name): value}});
    mc.refuses(vec![
        (
            400,
            "POST /lists",
            json!({}),
            "'ListName' is required",
            "ListName",
        ),
        (
            400,
            "POST /contacts",
            json!({}),
            "The contactKey is required.",
            "MissingContactKey",
        ),
        (
            400,
            &rows,
            json!({"keys": {}, "values": {"age": 1}}),
            "primary key is missing",
            "10006",
        ),
        (
            400,
            "POST /lists",
            json!({"ListName": long()}),
            "longer than",
            "180005",
        ),
        (
            400,
            "POST /campaigns",
            json!({"name": long()}),
            "longer than 128 characters",
            "10005",
        ),
        (
            400,
            &rows,
            row("name", json!(long())),
            "longer than 10 characters",
            "10006",
        ),
        (
            400,
            &rows,
            row("age", json!("many")),
            "'many'",
            "Unable to save rows",
        ),
        (
            400,
            &rows,
            row("nope", json!(1)),
            "nope does not exist",
            "10006",
        ),
        (
            400,
            "POST /lists/1/contacts",
            json!({"EmailAddress": "nonsense"}),
            "Invalid email address.",
            "soap:Envelope",
        ),
        (
            409,
            "POST /data-extensions",
            body,
            "add-only operation",
            "soap:Envelope",
        ),
        (
            404,
            "GET /campaigns/99999",
            Value::Null,
            "Campaign ID is invalid",
            "10000",
        ),
        (
            404,
            "POST /lists/99999/contacts",
            json!({"EmailAddress": "q@example.com"}),
            "List with ID 99999",
            "soap:Envelope",
        ),
    ])
    .await;
    let path = format!("GET {}", rows.trim_start_matches("POST "));
    assert_eq!(
        mc.json(&path, Value::Null).await,
        json!([]),
        "a refused row was written"
    );
    // What only the vendor writes stays as it is.
    let changed = mc
        .json(
            "PATCH /lists/1",
            json!({"ID": 99, "CreatedDate": "2001-01-01T00:00:00"}),
        )
        .await;
    assert_eq!(changed["ID"], 1);
    assert_ne!(changed["CreatedDate"], "2001-01-01T00:00:00");
}
