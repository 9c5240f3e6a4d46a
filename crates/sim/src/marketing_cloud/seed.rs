//! What an account holds at the start: the same at every start, but for dates, which the newest events have of today.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::content;
use super::journeys;
use super::parts::add_fields;
use super::rows;
use super::state::{ASSETS, CAMPAIGNS, CONTACTS, DEFINITIONS, JOURNEYS, State, record, stamp};
use crate::people;

/// Attribute sets by name.
pub const SETS: &str = "attribute sets";

const DAY: i64 = 86_400_000;
const SUBSCRIBERS: usize = 250;

/// The seeded account.
pub fn state(now: Timestamp) -> State {
    let mut state = State::default();
    let start = Timestamp(1_483_264_800_000);
    campaigns(&mut state, start);
    journey_list(&mut state, start);
    sets(&mut state);
    audience(&mut state, start);
    extensions(&mut state, start);
    folders(&mut state, start);
    assets(&mut state, start);
    events(&mut state, now);
    account(&mut state, start);
    studio(&mut state, start);
    state
}

fn day(start: Timestamp, days: usize) -> String {
    stamp(start.plus_millis(DAY.saturating_mul(i64::try_from(days).unwrap_or_default())))
}

/// Puts a record under the number it carries.
fn add(state: &mut State, kind: &str, key: &str, value: Value) {
    let value = record(value);
    let key = super::state::plain(value.get(key));
    state.of(kind).insert(value, |_| key);
}

fn campaigns(state: &mut State, start: Timestamp) {
    for n in 0..60_usize {
        let season = ["Spring", "Summer", "Autumn", "Winter"]
            .get(n % 4)
            .copied()
            .unwrap_or_default();
        let at = day(start, n * 7);
        add(
            state,
            CAMPAIGNS,
            "id",
            json!({"id": (1001 + n).to_string(), "createdDate": at, "modifiedDate": at, "name": format!("{season} campaign {}", n / 4 + 1),
                "description": format!("The {} {season} campaign", n / 4 + 1), "campaignCode": format!("C-{n:03}"),
                "color": "0000ff", "favorite": n % 5 == 0}),
        );
    }
}

fn journey_list(state: &mut State, start: Timestamp) {
    for n in 0..12_usize {
        let (id, definition) = (state.guid(), state.guid());
        let body = record(
            json!({"key": format!("journey-{n}"), "name": format!("Welcome journey {n}"), "workflowApiVersion": 1.0}),
        );
        let mut journey = journeys::make(&body, &id, &definition, &day(start, n * 3));
        if n % 3 == 0 {
            journey.insert("status".into(), "Published".into());
        }
        state.of(JOURNEYS).insert(journey, |_| id);
    }
}

fn sets(state: &mut State) {
    const ALL: [(&str, &[&str]); 6] = [
        ("Email Addresses", &["Email Address", "HTML Enabled"]),
        (
            "Email Demographics",
            &["First Name", "Last Name", "Company", "City"],
        ),
        (
            "MobileConnect Demographics",
            &["Mobile Number", "Locale", "Status"],
        ),
        (
            "MobilePush Demographics",
            &["Device ID", "Platform", "Opt In Status"],
        ),
        ("Chat Message Demographics", &["Address", "Message Type"]),
        ("Contact", &["Contact Key", "Contact ID"]),
    ];
    for (name, attributes) in ALL {
        let id = state.guid();
        let attributes: Vec<Value> = attributes
            .iter()
            .map(|attribute| {
                let id = state.guid();
                json!({"id": id, "key": attribute.replace(' ', ""), "name": {"value": attribute}, "dataType": "Text", "length": 254,
                    "isNullable": true, "isReadOnly": name == "Contact"})
            })
            .collect();
        let set = json!({"id": id, "key": name.replace(' ', ""), "name": {"value": name}, "isReadOnly": name == "Contact",
            "attributeCount": attributes.len(), "attributes": attributes});
        state.of(SETS).insert(record(set), |_| id);
    }
}

fn audience(state: &mut State, start: Timestamp) {
    for (n, name) in [
        "All Subscribers",
        "Newsletter",
        "Product news",
        "Customers",
        "Partners",
        "Events",
    ]
    .iter()
    .enumerate()
    {
        let (guid, at) = (state.guid(), day(start, n));
        add(
            state,
            "List",
            "ID",
            json!({"ID": n + 1, "ObjectID": guid, "ListName": name, "Description": format!("{name} of the sandbox"), "CustomerKey": name,
                "Category": 2000, "Type": if n == 0 { "Public" } else { "Private" }, "ListClassification": "ExactTargetList",
                "CreatedDate": at, "ModifiedDate": at}),
        );
    }
    let companies = people::companies(11, 40);
    for (n, person) in people::people(12, SUBSCRIBERS, &companies)
        .into_iter()
        .enumerate()
    {
        let at = day(start, n);
        let subscriber = json!({"ID": 70_000_001 + n, "EmailAddress": person.email, "SubscriberKey": person.email,
            "Status": if n % 25 == 7 { "Unsubscribed" } else { "Active" }, "EmailTypePreference": "HTML", "CreatedDate": at});
        add(state, "Subscriber", "ID", subscriber.clone());
        let subscriber = record(subscriber);
        let when = start.plus_millis(DAY.saturating_mul(i64::try_from(n).unwrap_or_default()));
        state.join(1, &subscriber, "Active", when);
        if n % 4 == 0 {
            state.join(2, &subscriber, "Active", when);
        }
        if n < 60 {
            let set = json!({"Email Addresses": {"Email Address": person.email, "HTML Enabled": true},
                "Email Demographics": {"First Name": person.first, "Last Name": person.last}});
            add(
                state,
                CONTACTS,
                "contactID",
                json!({"contactID": 11_000_001 + n, "contactKey": person.email, "attributeSets": set, "modifiedDate": at}),
            );
        }
    }
}

fn extensions(state: &mut State, start: Timestamp) {
    for (n, name) in ["Customers", "Orders", "Preferences", "Coupons", "Stores"]
        .iter()
        .enumerate()
    {
        let (guid, at) = (state.guid(), day(start, n));
        let key = name.to_uppercase();
        add(
            state,
            "DataExtension",
            "ObjectID",
            json!({"ObjectID": guid, "CustomerKey": key, "Name": name, "Description": format!("{name} of the sandbox"), "IsSendable": n == 0,
                "IsTestable": false, "Status": "Normal", "CategoryID": 2000, "CreatedDate": at, "ModifiedDate": at}),
        );
        let fields = json!([
            {"Name": "Id", "FieldType": "Number", "IsPrimaryKey": "true"},
            {"Name": "Email", "FieldType": "EmailAddress", "MaxLength": "254"},
            {"Name": "Name", "FieldType": "Text", "MaxLength": "100", "IsRequired": "true"},
            {"Name": "Since", "FieldType": "Date"},
        ]);
        // The fields are ours and good.
        let _ = add_fields(state, &key, &fields, start);
    }
    let companies = people::companies(13, 20);
    let people = people::people(14, 220, &companies);
    let rows: Vec<_> = people
        .iter()
        .enumerate()
        .map(|(n, person)| {
            record(json!({"Id": n + 1, "Email": person.email, "Name": format!("{} {}", person.first, person.last), "Since": day(start, n)}))
        })
        .collect();
    let _ = rows::upsert(state, "CUSTOMERS", &rows);
}

fn folders(state: &mut State, start: Timestamp) {
    let folders = [
        (2000, "Data Extensions", "dataextension", 0),
        (2001, "Content Builder", "asset", 0),
        (2002, "E-mails", "email", 0),
        (2003, "Newsletters", "asset", 2001),
    ];
    for (id, name, kind, parent) in folders {
        let guid = state.guid();
        let at = day(start, 0);
        add(
            state,
            "DataFolder",
            "ID",
            json!({"ID": id, "ObjectID": guid, "CustomerKey": name, "Name": name, "Description": "", "ContentType": kind, "ParentFolder.ID": parent,
                "IsActive": true, "IsEditable": true, "AllowChildren": true, "CreatedDate": at, "ModifiedDate": at}),
        );
    }
}

fn assets(state: &mut State, start: Timestamp) {
    for n in 0..14_usize {
        let kind = if n % 2 == 0 { 208 } else { 197 };
        let body = record(
            json!({"name": format!("Newsletter {}", n + 1), "content": format!("<p>News {}</p>", n + 1)}),
        );
        let key = state.guid();
        content::make(state, body, kind, &key, &day(start, n));
        let (guid, at) = (state.guid(), day(start, n));
        add(
            state,
            "Email",
            "ID",
            json!({"ID": 40_001 + n, "ObjectID": guid, "CustomerKey": format!("email-{n}"), "Name": format!("E-mail {}", n + 1),
                "Subject": format!("News {}", n + 1), "HTMLBody": "<p>News</p>", "TextBody": "News", "CategoryID": 2002, "EmailType": "HTML",
                "CharacterSet": "UTF-8", "IsHTMLPaste": true, "Status": "New", "CreatedDate": at, "ModifiedDate": at}),
        );
        if n < 3 {
            let key = format!("order-confirmation-{}", n + 1);
            let definition = json!({"name": key, "definitionKey": key, "status": "Active", "classification": "Default Transactional",
                "content": {"customerKey": format!("email-{n}")}, "createdDate": at, "modifiedDate": at});
            state.of(DEFINITIONS).insert(record(definition), |_| key);
        }
        add(
            state,
            "Send",
            "ID",
            json!({"ID": 500_001 + n, "EmailName": format!("E-mail {}", n + 1), "Subject": format!("News {}", n + 1), "FromName": "Sandbox",
                "FromAddress": "news@example.com", "Status": "Complete", "SentDate": at, "CreatedDate": at, "ModifiedDate": at,
                "NumberSent": SUBSCRIBERS, "UniqueOpens": 90 + n, "UniqueClicks": 20 + n, "HardBounces": 3, "Unsubscribes": 1}),
        );
    }
    debug_assert!(state.records.collection(ASSETS).is_some());
}

/// The account itself, who may sign in, and whom e-mails are from.
fn account(state: &mut State, start: Timestamp) {
    let at = day(start, 0);
    add(
        state,
        "BusinessUnit",
        "ID",
        json!({"ID": 510_000_001, "Name": "Ligand Sandbox", "CustomerKey": "", "ParentID": 0, "IsActive": true,
            "Email": "news@example.com", "FromName": "Sandbox", "Country": "US", "CreatedDate": at, "ModifiedDate": at}),
    );
    add(
        state,
        "AccountUser",
        "ID",
        json!({"ID": 720_001, "AccountUserID": 720_001, "UserID": "sandbox.user", "Name": "Sandbox User",
            "Email": "sandbox.user@example.com", "ActiveFlag": true, "IsAPIUser": true, "CreatedDate": at, "ModifiedDate": at}),
    );
    let guid = state.guid();
    add(
        state,
        "SenderProfile",
        "ObjectID",
        json!({"ObjectID": guid, "CustomerKey": "Default", "Name": "Default", "Description": "", "FromName": "Sandbox",
            "FromAddress": "news@example.com", "CreatedDate": at, "ModifiedDate": at}),
    );
}

/// Automation Studio, and definitions that send and import.
fn studio(state: &mut State, start: Timestamp) {
    let at = day(start, 0);
    let both = |state: &mut State, kind: &str, name: &str, more: Value| -> String {
        let guid = state.guid();
        let key = name.to_lowercase().replace(' ', "-");
        let mut one = record(
            json!({"ObjectID": guid, "CustomerKey": key, "Name": name, "Description": "",
            "CreatedDate": at, "ModifiedDate": at}),
        );
        one.extend(record(more));
        state.of(kind).insert(one, |_| guid.clone());
        guid
    };
    for (n, name) in ["Nightly orders", "Hourly customers", "Weekly report"]
        .iter()
        .enumerate()
    {
        let text = format!("SELECT Id, Email, Name FROM Customers WHERE Id > {n}");
        let query = json!({"QueryText": text, "TargetType": "DE", "TargetUpdateType": "Overwrite", "CategoryID": 2011, "Status": "Active"});
        let query = both(state, "QueryDefinition", &format!("{name} query"), query);
        let (step, activity) = (state.guid(), state.guid());
        let steps = json!([{"id": step, "name": "", "step": 1, "activities": [
            {"id": activity, "name": format!("{name} query"), "activityObjectId": query, "objectTypeId": 300, "displayOrder": 1}]}]);
        let status = [2, 6, 4].get(n).copied().unwrap_or(2);
        let automation = json!({"AutomationType": "scheduled", "Status": status, "IsActive": true, "CategoryID": 2010,
            "startSource": {"typeId": 1}, "steps": steps});
        both(state, "Automation", name, automation);
    }
    let import = json!({"FileSpec": "customers.csv", "FileType": "CSV", "UpdateType": "AddAndUpdate", "FieldMappingType": "InferFromColumnHeadings",
        "AllowErrors": true, "CategoryID": 2012});
    both(state, "ImportDefinition", "Customers import", import);
    let welcome = json!({"TriggeredSendStatus": "Active", "CategoryID": 2002, "FromName": "Sandbox", "FromAddress": "news@example.com",
        "EmailSubject": "Welcome", "Email.ID": 40_001, "SendClassification.CustomerKey": "Default Transactional"});
    both(state, "TriggeredSendDefinition", "Welcome", welcome);
    let summary = json!({"Sent": 0, "NotSentDueToOptOut": 0, "Bounces": 0, "Opens": 0, "Clicks": 0, "Queued": 0});
    both(state, "TriggeredSendSummary", "Welcome", summary);
    let mail = json!({"EmailSubject": "News", "FromName": "Sandbox", "FromAddress": "news@example.com", "Email.ID": 40_002});
    both(state, "EmailSendDefinition", "Monthly news", mail);
    let never = json!({"Category": 2000, "SubscriberCount": 0});
    both(state, "SuppressionListDefinition", "Never again", never);
    for name in ["SendLog", "TriggeredSendDataExtension"] {
        both(state, "DataExtensionTemplate", name, json!({}));
    }
    for name in ["Administrator", "Content Creator"] {
        both(state, "Role", name, json!({"IsSystemDefined": true}));
    }
    add(
        state,
        "Account",
        "ID",
        json!({"ID": 510_000_001, "Name": "Ligand Sandbox", "CustomerKey": "", "AccountType": "PRO_CONNECT", "Email": "news@example.com",
            "FromName": "Sandbox", "ParentID": 0, "IsActive": true, "CreatedDate": at, "ModifiedDate": at}),
    );
    for n in 0..3 {
        let send = 500_001 + n;
        add(
            state,
            "LinkSend",
            "ID",
            json!({"ID": 600_001 + n, "SendID": send, "Link.ID": 700_001 + n, "Link.URL": "https://www.example.com/news",
                "Link.TotalClicks": 30 + n, "Link.UniqueClicks": 20 + n}),
        );
        add(
            state,
            "ListSend",
            "ID",
            json!({"ID": 610_001 + n, "SendID": send, "List.ID": 1, "NumberSent": SUBSCRIBERS, "CreatedDate": at, "ModifiedDate": at}),
        );
    }
}

/// Twelve events of each kind: half of the year 2016, half of the last days.
fn events(state: &mut State, now: Timestamp) {
    let old = Timestamp(1_478_000_000_000);
    for (place, kind) in [
        "SentEvent",
        "OpenEvent",
        "ClickEvent",
        "BounceEvent",
        "UnsubEvent",
    ]
    .iter()
    .enumerate()
    {
        for n in 0..12_usize {
            let back = i64::try_from(n).unwrap_or_default().saturating_mul(DAY);
            let at = stamp(if n < 6 {
                old.plus_millis(back)
            } else {
                now.plus_millis(back.saturating_sub(12 * DAY))
            });
            let mut event = json!({"ID": 800_001 + place * 100 + n, "SubscriberKey": format!("subscriber-{n}@example.com"), "SendID": 500_001 + n % 3,
                "EventDate": at, "EventType": kind.trim_end_matches("Event"), "BatchID": n % 2 + 1, "CreatedDate": at});
            let more: &[(&str, Value)] = &match *kind {
                "ClickEvent" => vec![
                    ("URL", json!("https://www.example.com/news")),
                    ("URLID", json!(n)),
                ],
                "BounceEvent" => vec![
                    ("BounceCategory", json!("Hard bounce")),
                    ("SMTPCode", json!(550)),
                    ("SMTPReason", json!("5.1.1 User unknown")),
                ],
                "UnsubEvent" => vec![("IsMasterUnsubscribed", json!(false))],
                _ => Vec::new(),
            };
            for (name, value) in more {
                crate::record_store::put(&mut event, name, value.clone());
            }
            add(state, kind, "ID", event);
        }
    }
}
