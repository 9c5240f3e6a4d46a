//! The records that the simulated subscription starts with, the same ones every time.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::leads;
use super::state::{CAMPAIGNS, COMPANIES, LEADS, LISTS, State};
use crate::people;
use crate::record_store::Record;

/// How many people there are.
pub const LEAD_COUNT: usize = 260;
/// How many static lists there are.
const LIST_COUNT: usize = 260;
/// 2017-01-10T09:00:00Z: the first person; the others follow every four hours.
const FIRST: i64 = 1_484_038_800_000;
const STEP: i64 = 4 * 60 * 60 * 1000;

/// A fresh subscription.
pub fn state() -> State {
    let mut state = State::default();
    let companies = people::companies(85, 40);
    for (number, company) in companies.iter().enumerate() {
        let made = at(number).to_iso();
        add(
            &mut state,
            COMPANIES,
            json!({
                "externalCompanyId": format!("ext-{:04}", number + 1), "company": company.name,
                "website": format!("https://{}", company.domain), "industry": company.industry,
                "annualRevenue": company.revenue, "numberOfEmployees": company.employees,
                "mainPhone": company.phone, "billingStreet": company.place.street,
                "billingCity": company.place.city, "billingState": company.place.state,
                "billingCountry": company.place.country, "billingPostalCode": company.place.postal,
                "createdAt": made, "updatedAt": made,
            }),
        );
    }
    for (number, person) in people::people(85, LEAD_COUNT, &companies)
        .into_iter()
        .enumerate()
    {
        let company = companies.get(person.company);
        let values = json!({
            "email": person.email, "firstName": person.first, "lastName": person.last,
            "title": person.title, "phone": person.phone, "mobilePhone": person.mobile,
            "company": company.map(|company| company.name.as_str()),
            "industry": company.map(|company| company.industry),
            "website": company.map(|company| format!("https://{}", company.domain)),
            "externalCompanyId": format!("ext-{:04}", person.company + 1),
            "address": person.place.street, "city": person.place.city,
            "state": person.place.state, "country": person.place.country,
            "postalCode": person.place.postal, "leadSource": source(number),
            "leadScore": number * 7 % 100,
        });
        let id = leads::create(&mut state, object(values), 1, at(number));
        if let Some(lead) = state.records.collection_mut(LEADS).get_mut(&id.to_string()) {
            lead.insert("updatedAt".into(), at(number + 30).to_iso().into());
        }
    }
    for (name, description, program) in [
        (
            "Newsletter Subscribers",
            "Everybody who asked for the newsletter",
            "Newsletter",
        ),
        (
            "Webinar Attendees",
            "Came to the spring webinar",
            "Spring Webinar",
        ),
        (
            "Customer Advisory Board",
            "Invited by hand",
            "Advisory Board",
        ),
        ("Trade Show Leads", "Collected at the booth", "Trade Show"),
    ] {
        add(
            &mut state,
            LISTS,
            json!({
                "name": name, "description": description, "programName": program,
                "workspaceName": "Default", "createdAt": at(0).to_iso(), "updatedAt": at(1).to_iso(),
            }),
        );
    }
    for number in 5..=LIST_COUNT {
        add(
            &mut state,
            LISTS,
            json!({
                "name": format!("Event {number:03}"), "description": "", "programName": "Events",
                "workspaceName": "Default", "createdAt": at(number).to_iso(),
                "updatedAt": at(number).to_iso(),
            }),
        );
    }
    for id in 1..=i64::try_from(LEAD_COUNT).unwrap_or(0) {
        for (list, every) in [(1, 1), (2, 2), (3, 25), (4, 7)] {
            if id % every == 0 {
                state.members.entry(list).or_default().insert(id);
            }
        }
        // Everybody was at one event.
        state.members.entry(5 + id % 200).or_default().insert(id);
    }
    for (number, (name, kind, program)) in [
        ("Send Welcome Email", "trigger", "Newsletter"),
        ("Spring Webinar Invitation", "batch", "Spring Webinar"),
        ("Score Web Visits", "trigger", "Scoring"),
        ("Quarterly Clean-up", "batch", "Operations"),
    ]
    .into_iter()
    .enumerate()
    {
        add(
            &mut state,
            CAMPAIGNS,
            json!({
                "name": name, "description": "", "type": kind, "programName": program,
                "programId": 1001 + number, "workspaceName": "Default",
                "createdAt": at(number).to_iso(), "updatedAt": at(number).to_iso(),
                "active": kind == "trigger",
            }),
        );
    }
    state
}

/// The assets of that plural path name; `None` when there is no such kind.
pub fn assets(kind: &str) -> Option<Vec<Value>> {
    let made = "2017-01-10T09:00:00Z+0000";
    let folder = |id: i64, name: &str| json!({"type": "Folder", "id": id, "name": name});
    Some(match kind {
        "folders" => [
            (1916, "Simulated Files"),
            (2006, "Simulated Programs"),
            (2007, "Emails"),
        ]
        .map(|(id, name)| {
            json!({
                "id": id, "name": name, "description": "", "createdAt": made, "updatedAt": made,
                "url": null, "folderId": {"id": id, "type": "Folder"}, "folderType": "Folder",
                "parent": {"id": 1, "type": "Folder"}, "path": format!("/Design Studio/{name}"),
                "isArchive": false, "isSystem": false, "accessZoneId": 1, "workspace": "Default",
            })
        })
        .to_vec(),
        "files" => (1..=25)
            .map(|number| {
                json!({
                    "id": 20 + number, "name": format!("sheet-{number:02}.pdf"), "description": "",
                    "createdAt": made, "updatedAt": made, "size": 1000 + 37 * number,
                    "url": format!("https://files.example.com/rs/sheet-{number:02}.pdf"),
                    "mimeType": "application/pdf", "folder": folder(1916, "Simulated Files"),
                })
            })
            .collect(),
        "channels" => [
            (1, "Newsletter", "email"),
            (6, "Email Send", "email"),
            (9, "Webinar", "event"),
        ]
        .map(|(id, name, applies)| {
            let step = |name: &str, step: i64, success: bool| {
                json!({
                    "name": name, "description": null, "hidden": false, "type": "system",
                    "step": step, "success": success,
                })
            };
            json!({
                "id": id, "name": name, "description": "", "applicableProgramType": applies,
                "createdAt": made, "updatedAt": made,
                "progressionStatuses": [step("Member", 10, false), step("Engaged", 20, true)],
            })
        })
        .to_vec(),
        "programs" => [
            (1001, "Newsletter"),
            (1002, "Spring Webinar"),
            (1003, "Scoring"),
        ]
        .map(|(id, name)| {
            json!({
                "id": id, "name": name, "description": "", "createdAt": made, "updatedAt": made,
                "url": null, "type": "Default", "channel": "Newsletter",
                "folder": {"type": "Folder", "value": 2006, "folderName": "Simulated Programs"},
                "status": "", "workspace": "Default",
            })
        })
        .to_vec(),
        "tagTypes" => ["Business Unit", "Region", "Product", "Owner"]
            .map(|name| {
                json!({
                    "tagType": name, "applicableProgramTypes": "[program, event]",
                    "required": false, "allowableValues": "[North, South]",
                })
            })
            .to_vec(),
        "smartLists" | "staticLists" | "smartCampaigns" | "emails" | "forms" | "landingPages" => {
            Vec::new()
        }
        _ => return None,
    })
}

fn add(state: &mut State, collection: &str, record: Value) {
    state.add(collection, object(record));
}

fn object(value: Value) -> Record {
    match value {
        Value::Object(record) => record,
        _ => Record::new(),
    }
}

fn at(number: usize) -> Timestamp {
    Timestamp(FIRST).plus_millis(STEP.saturating_mul(i64::try_from(number).unwrap_or(0)))
}

fn source(number: usize) -> &'static str {
    ["Web", "Trade Show", "Partner", "Referral"]
        .get(number % 4)
        .copied()
        .unwrap_or("Web")
}
