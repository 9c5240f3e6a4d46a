//! The records that the simulated subscription starts with, the same ones every time.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::assets;
use super::leads;
use super::objects::{self, kinds};
use super::programs;
use super::state::{CAMPAIGNS, LEADS, LISTS, State};
use crate::people;
use crate::record_store::{Record, put};

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
            "companies",
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
    assets::seed_all(&mut state);
    for (program, every) in [(1001, 3), (1002, 10)] {
        for lead in (1..=260).filter(|lead| lead % every == 0) {
            // The status is one of every seeded channel.
            let _ = programs::join(&mut state, program, lead, "Member", at(1));
        }
    }
    records(&mut state);
    state
}

/// Opportunities, sales persons, named accounts and rows of custom objects.
fn records(state: &mut State) {
    let mut put = |path: &str, values: Value| {
        let mut values = object(values);
        for name in ["createdAt", "updatedAt"] {
            values.insert(name.into(), at(1).to_iso().into());
        }
        if let Some(kind) = kinds::at(path) {
            objects::add(state, kind, values);
        }
    };
    for number in 1..=12 {
        put(
            "opportunities",
            json!({
                "externalOpportunityId": format!("opp-{number:02}"), "name": format!("Deal {number}"),
                "amount": 1000 * number, "stage": "Negotiation", "externalCompanyId": format!("ext-{number:04}"),
            }),
        );
        let role = json!({"externalOpportunityId": format!("opp-{number:02}"), "leadId": number, "role": "Buyer"});
        put("opportunities/roles", role);
        let person = json!({
            "externalSalesPersonId": format!("rep-{number:02}"), "email": format!("rep{number}@example.com"),
            "firstName": "Rep", "lastName": format!("Number {number}"),
        });
        put("salespersons", person);
        put(
            "namedaccounts",
            json!({"name": format!("Named {number}"), "country": "USA"}),
        );
        put(
            kinds::ACCOUNT_LISTS,
            json!({"name": format!("Account List {number}")}),
        );
        let row = json!({"myExternalId": format!("bulk-{number:02}"), "myName": format!("Row {number}"), "myCity": "Springfield"});
        put("customobjects/sampleBulkCustomObject_c", row);
        for path in [
            "leadActivities_c",
            "attendance_c",
            "linktest_c",
            "aw_c",
            "readyTalkMeetingInfo_c",
        ] {
            let row = json!({"leadID": number, "name": format!("Row {number}"), "value": "x"});
            put(&format!("{}{path}", kinds::CUSTOM), row);
        }
    }
    for (number, guid) in [
        "c244523c-0a21-4c56-aa71-a845af615d4c",
        "dab80af7-849f-47da-97af-cb3160867892",
        "a3305990-a7e6-46f4-9a5b-9f81ae5db16c",
    ]
    .into_iter()
    .enumerate()
    {
        let row = json!({"marketoGUID": guid, "dedupeFieldafrin": format!("afrin-{number}"), "afrinchaks": "chaks"});
        put("customobjects/afrinCustom_c", row);
    }
    let guids = |path: &str| -> Vec<String> {
        state
            .all(path)
            .filter_map(|record| record.get("marketoGUID")?.as_str().map(str::to_owned))
            .take(3)
            .collect()
    };
    let (lists, accounts) = (guids(kinds::ACCOUNT_LISTS), guids(kinds::ACCOUNTS));
    if let Some(list) = lists.into_iter().next() {
        state
            .account_members
            .insert(list, accounts.into_iter().collect());
    }
}

const MADE: &str = "2017-01-10T09:00:00Z+0000";

/// A folder.
pub fn folder(id: i64, name: &str, parent: i64, path: &str) -> Value {
    json!({
        "id": id, "name": name, "description": "", "createdAt": MADE, "updatedAt": MADE,
        "url": null, "folderId": {"id": id, "type": "Folder"}, "folderType": "Folder",
        "parent": {"id": parent, "type": "Folder"}, "path": path,
        "isArchive": false, "isSystem": false, "accessZoneId": 1, "workspace": "Default",
    })
}

/// A file in a folder.
pub fn file(id: i64, name: &str, size: usize, place: i64, folder: &str) -> Value {
    json!({
        "id": id, "name": name, "description": "", "createdAt": MADE, "updatedAt": MADE, "size": size,
        "url": format!("https://files.example.com/rs/{name}"), "mimeType": "application/pdf",
        "folder": {"type": "Folder", "id": place, "name": folder},
    })
}

/// A program in a folder.
pub fn program(id: i64, name: &str, kind: &str, channel: &str, place: i64, folder: &str) -> Value {
    json!({
        "id": id, "name": name, "description": "", "createdAt": MADE, "updatedAt": MADE,
        "url": null, "type": kind, "channel": channel,
        "folder": {"type": "Folder", "value": place, "folderName": folder},
        "status": "", "workspace": "Default", "tags": [], "costs": [],
    })
}

/// The assets of a kind that a fresh subscription has.
pub fn assets(kind: &str, state: &State) -> Vec<Value> {
    match kind {
        "staticLists" => state.all(LISTS).map(mirrored).collect(),
        "smartCampaigns" => state.all(CAMPAIGNS).map(mirrored).collect(),
        "folders" => [
            (1, "Design Studio"),
            (1916, "Simulated Files"),
            (2006, "Simulated Programs"),
            (2007, "Emails"),
        ]
        .map(|(id, name)| {
            let path = if id == 1 { format!("/{name}") } else { format!("/Design Studio/{name}") };
            folder(id, name, i64::from(id != 1), &path)
        })
        .to_vec(),
        "files" => (1..=25)
            .map(|number: i64| {
                let size = usize::try_from(1000 + 37 * number).unwrap_or(0);
                file(20 + number, &format!("sheet-{number:02}.pdf"), size, 1916, "Simulated Files")
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
                "createdAt": MADE, "updatedAt": MADE,
                "progressionStatuses": [step("Member", 10, false), step("Engaged", 20, true)],
            })
        })
        .to_vec(),
        "programs" => [
            (1001, "Newsletter", "Default", "Newsletter"),
            (1002, "Spring Webinar", "Event", "Webinar"),
            (1003, "Scoring", "Default", "Email Send"),
            (1004, "Spring Mailing", "Email", "Email Send"),
        ]
        .map(|(id, name, kind, channel)| {
            program(id, name, kind, channel, 2006, "Simulated Programs")
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
        other => (1..=3)
            .map(|number| {
                let mut asset = json!({
                    "id": 500 + number, "name": format!("Simulated {other} {number}"), "description": "",
                    "createdAt": MADE, "updatedAt": MADE, "status": "approved", "workspace": "Default",
                    "folder": {"type": "Folder", "value": 2007, "folderName": "Emails"},
                });
                match other {
                    "forms" => put(&mut asset, "fields", json!([{
                        "id": "Email", "label": "Email Address:", "dataType": "email", "required": true, "rowNumber": 0,
                        "columnNumber": 0, "formPrefill": true, "visibilityRules": {"ruleType": "alwaysShow"},
                    }])),
                    "landingPages" => put(&mut asset, "parts", json!([{
                        "id": 1, "type": "RichText", "index": 1, "content": "<h1>Hello</h1>", "formattingOptions": {},
                    }])),
                    _ => {}
                }
                asset
            })
            .collect(),
    }
}

/// A list or campaign of the lead database as an asset.
fn mirrored(record: &Record) -> Value {
    let mut asset = record.clone();
    for name in ["createdAt", "updatedAt"] {
        let time = record.get(name).and_then(Value::as_str).unwrap_or_default();
        asset.insert(name.into(), format!("{time}+0000").into());
    }
    if let Some(active) = asset.remove("active") {
        let status = if active == true {
            "Active"
        } else {
            "Never Run"
        };
        asset.insert("isActive".into(), active);
        asset.insert("status".into(), status.into());
    }
    for name in ["programName", "workspaceName", "programId"] {
        asset.remove(name);
    }
    asset.insert("workspace".into(), "Default".into());
    let folder = json!({"type": "Folder", "value": 2006, "folderName": "Simulated Programs"});
    asset.insert("folder".into(), folder);
    asset.insert("computedUrl".into(), Value::Null);
    asset.into()
}

/// The segmentations, which nobody writes.
pub fn segmentations() -> Vec<Value> {
    vec![json!({
        "id": 1001, "name": "Industry", "description": "", "createdAt": MADE, "updatedAt": MADE, "status": "approved",
        "folder": {"type": "Folder", "value": 2006, "folderName": "Simulated Programs"}, "workspace": "Default",
    })]
}

/// The segments of one.
pub fn segments(segmentation: i64) -> Vec<Value> {
    let names = ["Default", "Software", "Logistics"];
    let of = names.iter().zip(1..).filter(|_| segmentation == 1001);
    of.map(|(name, id): (_, i64)| {
        json!({
            "id": 1000 + id, "name": name, "description": "", "createdAt": MADE, "updatedAt": MADE,
            "segmentationId": segmentation, "status": "approved",
        })
    })
    .collect()
}

fn add(state: &mut State, collection: &str, record: Value) {
    state.add(collection, object(record));
}

/// The members of a JSON object.
pub fn object(value: Value) -> Record {
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
