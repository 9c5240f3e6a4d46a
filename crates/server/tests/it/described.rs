//! What each hub says of its objects: every name that it lists has fields, with picklists and custom fields as the vendor has them.

use serde_json::{Value, json};

use crate::support::TestApp;

/// An instance's hub.
struct Hub<'a> {
    app: &'a TestApp,
    token: String,
    name: &'static str,
}

impl<'a> Hub<'a> {
    async fn at(app: &'a TestApp, element: &str, hub: &'static str) -> Self {
        let (_, token) = app.instance(element).await;
        Self {
            app,
            token,
            name: hub,
        }
    }

    async fn get(&self, path: &str) -> Value {
        let path = format!("/hubs/{}{path}", self.name);
        let reply = self
            .app
            .resource("GET", &path, &self.token, Value::Null)
            .await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.json()
    }

    /// The fields of an object.
    async fn fields(&self, object: &str) -> Vec<Value> {
        let told = self.get(&format!("/objects/{object}/metadata")).await;
        told["fields"].as_array().unwrap().clone()
    }

    /// One of them.
    async fn field(&self, object: &str, path: &str) -> Value {
        let fields = self.fields(object).await;
        let found = fields.iter().find(|field| field["path"] == path);
        found
            .unwrap_or_else(|| panic!("{object}.{path}: {fields:?}"))
            .clone()
    }
}

#[tokio::test]
async fn every_object_that_a_hub_lists_has_fields() {
    let app = TestApp::start().await;
    for (element, hub) in [
        ("eloqua", "marketing"),
        ("sfdc", "crm"),
        ("sfdcservicecloud", "helpdesk"),
        ("sfdcmarketingcloud", "marketing"),
        ("sfdcdocuments", "documents"),
        ("acton", "marketing"),
        ("marketo", "marketing"),
        ("salesforcemarketingcloud", "marketing"),
    ] {
        let hub = Hub::at(&app, element, hub).await;
        let names = hub.get("/objects").await;
        let mut without = Vec::new();
        for name in names.as_array().unwrap() {
            let name = name.as_str().unwrap();
            let fields = hub.fields(name).await;
            let whole = |field: &Value| {
                ["path", "vendorPath", "type", "vendorNativeType"]
                    .iter()
                    .all(|member| field[member].is_string())
            };
            if fields.is_empty() || !fields.iter().all(whole) {
                without.push(name.to_owned());
            }
        }
        assert!(without.is_empty(), "{element}: {without:?}");
    }
}

#[tokio::test]
async fn picklists_and_custom_fields_are_the_vendors() {
    let app = TestApp::start().await;
    for (element, hub, object, picklist, value, custom) in [
        ("sfdc", "crm", "contacts", "Salutation", "Mr.", "Level__c"),
        (
            "sfdcservicecloud",
            "helpdesk",
            "incidents",
            "Priority",
            "High",
            "External_Id__c",
        ),
        (
            "sfdcmarketingcloud",
            "marketing",
            "campaigns",
            "Status",
            "Planned",
            "External_Id__c",
        ),
        (
            "sfdcdocuments",
            "documents",
            "Contact",
            "LeadSource",
            "Web",
            "Languages__c",
        ),
    ] {
        let hub = Hub::at(&app, element, hub).await;
        let field = hub.field(object, picklist).await;
        assert_eq!(
            (&field["vendorNativeType"], &field["custom"]),
            (&json!("picklist"), &json!(false)),
            "{element}"
        );
        let values = field["picklistValues"].as_array().unwrap();
        let wanted = json!({"value": value, "displayValue": value, "active": true});
        assert!(values.contains(&wanted), "{element}: {values:?}");
        assert_eq!(hub.field(object, custom).await["custom"], true, "{element}");
    }
    for (element, object, field, kind, custom) in [
        ("eloqua", "contacts", "C_EmailAddress", "string", false),
        (
            "eloqua",
            "contacts",
            "C_Churros_Contact_Field1",
            "string",
            true,
        ),
        ("marketo", "leads", "email", "string", false),
        (
            "marketo",
            "sampleBulkCustomObject_c",
            "myName",
            "string",
            true,
        ),
        (
            "salesforcemarketingcloud",
            "contacts",
            "Email Addresses.Email Address",
            "string",
            true,
        ),
        (
            "salesforcemarketingcloud",
            "lists",
            "ListName",
            "string",
            false,
        ),
        (
            "salesforcemarketingcloud",
            "campaigns",
            "favorite",
            "boolean",
            false,
        ),
        ("acton", "contacts", "Email", "string", false),
    ] {
        let hub = Hub::at(&app, element, "marketing").await;
        let found = hub.field(object, field).await;
        assert_eq!(
            (&found["type"], &found["custom"]),
            (&json!(kind), &json!(custom)),
            "{element} {object}.{field}"
        );
    }
}

#[tokio::test]
async fn an_object_of_ones_own_has_the_fields_that_are_mapped() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let fields = json!([{"path": "greeting", "vendorPath": "Salutation"}, {"path": "name.last", "vendorPath": "LastName"}]);
    let body = json!({"vendorName": "Contact", "fields": fields});
    let object = format!("/instances/{id}/objects/ourPeople/definitions");
    let own = json!({"fields": [{"path": "greeting", "type": "string"}, {"path": "name.last", "type": "string"}]});
    app.platform("POST", &object, own).await.expect(200);
    let path = format!("/instances/{id}/transformations/ourPeople");
    app.platform("POST", &path, body).await.expect(200);
    let told = app
        .resource(
            "GET",
            "/hubs/crm/objects/ourPeople/metadata",
            &token,
            Value::Null,
        )
        .await
        .expect(200)
        .json();
    let fields = told["fields"].as_array().unwrap();
    let of = |path: &str| fields.iter().find(|field| field["path"] == path).unwrap();
    assert_eq!(
        (fields.len(), &of("name.last")["vendorPath"]),
        (2, &json!("LastName"))
    );
    assert_eq!(of("greeting")["vendorNativeType"], "picklist");
    assert!(
        !of("greeting")["picklistValues"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let nobody = app.resource(
        "GET",
        "/hubs/crm/objects/nobodys/metadata",
        &token,
        Value::Null,
    );
    nobody.await.error(404);
}
