//! Records that the simulated vendors take, and what an instance needs to reach them: for whoever tries an element.

use serde_json::{Value, json};

/// What an instance of an element must be given beside its application, by element key.
pub fn configuration(element: &str) -> &'static [(&'static str, &'static str)] {
    match element {
        "marketo" => &[
            (
                "marketo.identity.url",
                "https://123-ABC-456.mktorest.com/identity",
            ),
            ("marketo.rest.url", "https://123-ABC-456.mktorest.com/rest"),
        ],
        "salesforcemarketingcloud" => &[(
            "salesforcemarketingcloud.subdomain",
            "mc563885gzs27c5t9-63k636ttgm",
        )],
        _ => &[],
    }
}

/// A new record of a collection and a change of it, by element key and the collection's path on the platform.
pub fn record(element: &str, collection: &str) -> Option<(Value, Value)> {
    Some(match (element, collection) {
        ("sfdc" | "sfdcservicecloud" | "sfdcmarketingcloud", "contacts") => {
            (json!({"LastName": "Lovelace"}), json!({"FirstName": "Ada"}))
        }
        ("sfdc" | "sfdcservicecloud" | "sfdcmarketingcloud", "accounts" | "campaigns") => {
            (json!({"Name": "Engines"}), json!({"Name": "Looms"}))
        }
        ("sfdcservicecloud", "incidents") => {
            (json!({"Subject": "Smoke"}), json!({"Subject": "Fire"}))
        }
        ("eloqua", "contacts") => (
            json!({"emailAddress": "trial@example.com", "firstName": "Ada"}),
            json!({"emailAddress": "trial@example.com", "firstName": "Augusta"}),
        ),
        ("eloqua", "accounts") => (json!({"name": "Engines"}), json!({"name": "Looms"})),
        ("marketo", "contacts") => (
            json!({"person": {"email": "trial@example.com"}}),
            json!({"person": {"firstName": "Ada"}}),
        ),
        ("salesforcemarketingcloud", collection) => return marketing_cloud(collection),
        _ => return None,
    })
}

fn marketing_cloud(collection: &str) -> Option<(Value, Value)> {
    Some(match collection {
        "lists" => (
            json!({"ListName": "Trial"}),
            json!({"Description": "Tried"}),
        ),
        "lists/contacts" => (
            json!({"EmailAddress": "member@example.com"}),
            json!({"Status": "Unsubscribed"}),
        ),
        "subscribers" => (
            json!({"EmailAddress": "trial@example.com"}),
            json!({"EmailTypePreference": "Text"}),
        ),
        "folders" => (
            json!({"Name": "Trial", "ContentType": "asset"}),
            json!({"Name": "Tried"}),
        ),
        "data-extensions" => (
            json!({"Name": "Trial", "CustomerKey": "TRIAL", "Fields": [
                {"Name": "Id", "FieldType": "Number", "IsPrimaryKey": true},
                {"Name": "Name", "FieldType": "Text", "MaxLength": 50}]}),
            json!({"Name": "Tried"}),
        ),
        "campaigns" => (json!({"name": "Trial"}), json!({})),
        "activities" => (
            json!({"key": "trial", "name": "Trial", "workflowApiVersion": 1.0}),
            json!({}),
        ),
        "contacts" => {
            let values = |address: &str| {
                json!([{"name": "Email Addresses", "items": [{"values": [
                    {"name": "Email Address", "value": address}]}]}])
            };
            (
                json!({"contactKey": "trial", "attributeSets": values("trial@example.com")}),
                json!({"attributeSets": values("tried@example.com")}),
            )
        }
        "assets" => (
            json!({"name": "Trial", "assetType": {"id": 208}}),
            json!({"name": "Tried"}),
        ),
        _ => return None,
    })
}
