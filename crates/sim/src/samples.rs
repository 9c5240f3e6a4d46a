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
        _ => return None,
    })
}
