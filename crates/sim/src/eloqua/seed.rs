//! The records that the simulated site starts with, the same ones every time.

use serde_json::{Value, json};

use super::custom;
use super::state::State;
use crate::people;
use crate::record_store::Record;

/// How many contacts and accounts there are, each.
pub const COUNT: usize = 260;
/// 2014-12-15T18:03:49Z: the first record; the others follow every six hours.
const FIRST: usize = 1_418_666_629;
const STEP: usize = 6 * 60 * 60;

/// A fresh site.
pub fn state() -> State {
    let mut state = State::default();
    let companies = people::companies(27, COUNT);
    for (number, company) in companies.iter().enumerate() {
        // One account in every eight is in India, where the guides' examples look for one.
        let india = number % 8 == 0;
        add(
            &mut state,
            "accounts",
            number,
            json!({
                "name": company.name, "address1": company.place.street,
                "city": if india { "Bengaluru" } else { company.place.city },
                "province": if india { "Karnataka" } else { company.place.state },
                "postalCode": if india { "560001" } else { company.place.postal },
                "country": if india { "India" } else { company.place.country },
                "businessPhone": company.phone,
                "fieldValues": {"100102": company.industry, "100181": format!("account-{}", number + 1)},
            }),
        );
    }
    for (number, person) in people::people(27, COUNT, &companies)
        .into_iter()
        .enumerate()
    {
        let company = companies.get(person.company);
        let email = match number {
            0 => "bulker1@donotdelete.com".to_owned(),
            1 => "bulker2@donotdelete.com".to_owned(),
            _ => person.email,
        };
        add(
            &mut state,
            "contacts",
            number,
            json!({
                "emailAddress": email, "firstName": person.first, "lastName": person.last,
                "title": person.title, "businessPhone": person.phone, "mobilePhone": person.mobile,
                "accountId": (person.company + 1).to_string(),
                "accountName": company.map(|company| company.name.as_str()),
                "address1": person.place.street, "city": person.place.city,
                "province": person.place.state, "postalCode": person.place.postal,
                "country": person.place.country,
                "fieldValues": {
                    "100046": company.map(|company| company.industry),
                    "100171": format!("contact-{}", number + 1),
                },
            }),
        );
    }
    for (number, name) in ["Newsletter", "Webinar 2015", "Partners", "Do not call"]
        .iter()
        .enumerate()
    {
        let list = add(
            &mut state,
            "ContactList",
            number,
            json!({
                "name": name, "description": format!("Simulated list {}", number + 1),
                "scope": "global", "folderId": "261", "createdBy": "314", "updatedBy": "314",
                "dataLookupId": format!("00000000-0000-4000-8000-{number:012x}"),
            }),
        );
        let members = (1..=COUNT as u64).filter(|id| id % (number as u64 * 3 + 1) == 0);
        state.members.insert(list, members.collect());
    }
    for number in 0..25 {
        add(
            &mut state,
            "Campaign",
            number,
            json!({
                "name": format!("Campaign {:02}", number + 1), "currentStatus": "Draft",
                "folderId": "308", "budgetedCost": "0.00", "actualCost": "0.00",
                "isReadOnly": "false", "isMemberAllowedReEntry": "false", "isIncludedInROI": "false",
                "isEmailMarketingCampaign": "false", "createdBy": "314", "updatedBy": "314",
                "elements": [{
                    "type": "CampaignSegment", "id": (100 + number).to_string(),
                    "name": "Segment Members", "segmentId": "1",
                }],
            }),
        );
        add(
            &mut state,
            "Email",
            number,
            json!({
                "name": format!("Email {:02}", number + 1), "subject": format!("News {}", number + 1),
                "senderName": "Sandbox", "senderEmail": "news@example.com", "folderId": "261",
                "encodingId": "1", "emailGroupId": "1", "emailHeaderId": "1", "emailFooterId": "1",
                "isTracked": "true", "createdBy": "314", "updatedBy": "314",
                "htmlContent": {"type": "RawHtmlContent", "html": "<html><body>Hello</body></html>"},
            }),
        );
    }
    add(
        &mut state,
        "ContactSegment",
        0,
        json!({
            "name": "Newsletter readers", "createdBy": "314", "updatedBy": "314",
            "elements": [{
                "type": "ContactListSegmentElement", "id": "1", "isIncluded": "true",
                "list": {"type": "ContactList", "id": "1", "name": "Newsletter"},
            }],
        }),
    );
    for (kind, name) in [
        ("ContactSegment", "All contacts"),
        ("EmailGroup", "Newsletters"),
        ("EmailHeader", "Plain header"),
        ("EmailFooter", "Plain footer"),
        ("LandingPage", "Welcome"),
        ("ContentSection", "Opening hours"),
    ] {
        add(
            &mut state,
            kind,
            0,
            json!({"name": name, "createdBy": "314", "updatedBy": "314"}),
        );
    }
    for (id, first, last) in [
        (314, "Sandbox", "User"),
        (315, "Grace", "Hill"),
        (316, "Omar", "Reed"),
    ] {
        let user = json!({
            "id": id.to_string(), "name": format!("{first} {last}"), "loginName": format!("{first}.{last}"), "firstName": first,
            "lastName": last, "emailAddress": format!("{}.{}@example.com", first.to_lowercase(), last.to_lowercase()),
            "isDisabled": "false", "createdAt": FIRST.to_string(), "updatedAt": FIRST.to_string(),
        });
        if let Value::Object(user) = user {
            let users = state.records.collection_mut("User");
            users.insert(user, |_| id.to_string());
        }
    }
    let form = add(
        &mut state,
        "Form",
        0,
        json!({
            "name": "Contact us", "htmlName": "contact-us", "createdBy": "314", "updatedBy": "314", "elements": [
                {"type": "FormField", "id": "1001", "name": "Email Address", "htmlName": "emailAddress", "dataType": "text"},
                {"type": "FormField", "id": "1002", "name": "Message", "htmlName": "message", "dataType": "largeText"},
            ],
        }),
    );
    for number in 0..12 {
        let at = FIRST + STEP * number;
        add(
            &mut state,
            &format!("submissions of {form}"),
            number,
            json!({
                "type": "FormData", "submittedAt": at.to_string(), "submittedByContactId": (number + 1).to_string(),
                "fieldValues": [
                    {"type": "FieldValue", "id": "1001", "value": format!("visitor{}@example.com", number + 1)},
                    {"type": "FieldValue", "id": "1002", "value": "Please call me back"},
                ],
            }),
        );
    }
    let fields: Vec<Value> = ["Code", "Label", "Amount", "Ordered On", "Note", "Email"]
        .iter()
        .enumerate()
        .map(|(number, name)| {
            json!({
                "type": "CustomObjectField", "id": (111 + number).to_string(), "name": name,
                "internalName": format!("{}1", name.replace(' ', "_")), "dataType": "text",
                "displayType": "text",
            })
        })
        .collect();
    add(
        &mut state,
        "CustomObject",
        0,
        json!({"name": "customTest", "fields": fields}),
    );
    for number in 0..30 {
        add(
            &mut state,
            &custom::collection("1"),
            number,
            json!({
                "contactId": (number + 1).to_string(),
                "fieldValues": {
                    "111": format!("code-{:02}", number + 1), "112": format!("Order {}", number + 1),
                    "113": (100 + 7 * number).to_string(), "116": format!("buyer{}@example.com", number + 1),
                },
            }),
        );
    }
    state
}

fn add(state: &mut State, collection: &str, number: usize, record: Value) -> String {
    let mut record = match record {
        Value::Object(record) => record,
        _ => Record::new(),
    };
    let created = FIRST.saturating_add(STEP.saturating_mul(number));
    record.insert("createdAt".into(), created.to_string().into());
    record.insert(
        "updatedAt".into(),
        created.saturating_add(86_400).to_string().into(),
    );
    state.add(collection, record)
}
