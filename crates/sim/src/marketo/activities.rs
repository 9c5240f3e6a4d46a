//! What happened to people, read from a point in time on.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::envelope::{Cursor, Fault, Page};
use super::fields::{self, LEAD};
use super::rows::plain;
use super::state::{ACTIVITIES, Parameters, State, id_of};
use crate::record_store::Record;

const MOST: usize = 300;

/// `GET activities/pagingtoken.json?sinceDatetime=…`: a page without rows.
///
/// # Errors
/// 1002 without the date, 1001 when it is none.
pub fn paging_token(parameters: &Parameters, now: Timestamp) -> Result<Page, Fault> {
    let text = parameters.require("sinceDatetime")?;
    // A `+` of a zone offset that was not encoded arrives as a space.
    let since = Timestamp::parse(text)
        .or_else(|| Timestamp::parse(&text.replace(' ', "+")))
        .or_else(|| Timestamp::parse(&format!("{text}Z")))
        .ok_or_else(|| Fault::type_of(text, "datetime"))?;
    let next = Some(Cursor::new("activity", 0, since, now).seal());
    Ok(Page {
        next,
        ..Page::default()
    })
}

/// `GET activities.json`.
///
/// # Errors
/// 1002 without token or types, 1003 for too many of them or a token that is none.
pub fn read(state: &State, parameters: &Parameters, now: Timestamp) -> Result<Page, Fault> {
    let types = numbers(parameters, "activityTypeIds")?;
    if types.is_empty() {
        return Err(Fault::missing("activityTypeIds"));
    }
    let leads = numbers(parameters, "leadIds")?;
    if types.len() > 10 || leads.len() > 30 {
        return Err(Fault::new("1003", "Invalid data: too many ids"));
    }
    let list = numbers(parameters, "listId")?;
    let members = list
        .first()
        .map(|list| state.members.get(list).cloned().unwrap_or_default());
    collect(state, parameters, now, |activity| {
        let lead = activity
            .get("leadId")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        let wanted = types.contains(&kind_of(activity))
            && (leads.is_empty() || leads.contains(&lead))
            && members
                .as_ref()
                .is_none_or(|members| members.contains(&lead));
        wanted.then(|| activity.clone().into())
    })
}

/// `GET activities/leadchanges.json`: changed values of the named fields, and new people.
///
/// # Errors
/// 1002 without token or fields, 1006 for an unknown field.
pub fn changes(state: &State, parameters: &Parameters, now: Timestamp) -> Result<Page, Fault> {
    let wanted = parameters.list("fields");
    if wanted.is_empty() {
        return Err(Fault::missing("fields"));
    }
    if let Some(unknown) = wanted
        .iter()
        .find(|name| fields::find(LEAD, name).is_none())
    {
        return Err(Fault::unknown_field(unknown));
    }
    collect(state, parameters, now, |activity| match kind_of(activity) {
        12 => Some(change(activity, json!([]))),
        13 => {
            let display = activity
                .get("primaryAttributeValue")
                .and_then(Value::as_str)?;
            let field = LEAD.iter().find(|field| field.display == display)?;
            wanted.iter().any(|name| name == field.name).then(|| {
                let entry = json!({
                    "id": field.id, "name": field.name,
                    "newValue": attribute(activity, "New Value"),
                    "oldValue": attribute(activity, "Old Value"),
                });
                change(activity, json!([entry]))
            })
        }
        _ => None,
    })
}

/// `GET activities/deletedleads.json`.
///
/// # Errors
/// 1002 without token.
pub fn deleted(state: &State, parameters: &Parameters, now: Timestamp) -> Result<Page, Fault> {
    collect(state, parameters, now, |activity| {
        (kind_of(activity) == 37).then(|| activity.clone().into())
    })
}

fn collect(
    state: &State,
    parameters: &Parameters,
    now: Timestamp,
    show: impl Fn(&Record) -> Option<Value>,
) -> Result<Page, Fault> {
    let token = parameters.require("nextPageToken")?;
    let cursor = Cursor::open(token, "activity", now)?;
    let size = parameters.number("batchSize", MOST, MOST)?;
    let mut result = Vec::new();
    let (mut last, mut more) = (cursor.after, false);
    for activity in state
        .all(ACTIVITIES)
        .filter(|activity| id_of(activity) > cursor.after)
    {
        let at = activity
            .get("activityDate")
            .and_then(Value::as_str)
            .and_then(Timestamp::parse);
        let Some(shown) = at
            .filter(|at| at.seconds() >= cursor.since.seconds())
            .and_then(|_| show(activity))
        else {
            continue;
        };
        if result.len() == size {
            more = true;
            break;
        }
        last = id_of(activity);
        result.push(shown);
    }
    // A reader that keeps the token of the last page sees later activities with it.
    let next = Some(Cursor::new("activity", last, cursor.since, now).seal());
    Ok(Page {
        result: Some(result),
        next,
        more: Some(more),
        ..Page::default()
    })
}

fn change(activity: &Record, changed: Value) -> Value {
    let mut item = Record::new();
    for name in [
        "id",
        "marketoGUID",
        "leadId",
        "activityDate",
        "activityTypeId",
    ] {
        item.insert(name.into(), activity.get(name).cloned().unwrap_or_default());
    }
    item.insert("fields".into(), changed);
    item.insert(
        "attributes".into(),
        activity.get("attributes").cloned().unwrap_or_default(),
    );
    item.into()
}

fn attribute(activity: &Record, name: &str) -> Value {
    activity
        .get("attributes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|entry| entry.get("name").and_then(Value::as_str) == Some(name))
        .and_then(|entry| entry.get("value"))
        .map(plain)
        .unwrap_or_default()
        .into()
}

fn kind_of(activity: &Record) -> i64 {
    activity
        .get("activityTypeId")
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

fn numbers(parameters: &Parameters, name: &str) -> Result<Vec<i64>, Fault> {
    parameters
        .list(name)
        .iter()
        .map(|text| text.parse().map_err(|_| Fault::type_of(text, "integer")))
        .collect()
}

/// The activity types of `activities/types.json`.
///
/// # Source
/// <https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/activities> (2026-11)
pub fn types() -> Vec<Value> {
    /// Id, name, description, primary attribute, further attributes.
    type Row = (
        i64,
        &'static str,
        &'static str,
        Option<&'static str>,
        &'static [&'static str],
    );
    const TYPES: &[Row] = &[
        (
            1,
            "Visit Webpage",
            "User visits a web page",
            Some("Webpage ID"),
            &[
                "Client IP Address",
                "Query Parameters",
                "Referrer URL",
                "User Agent",
                "Webpage URL",
            ],
        ),
        (
            2,
            "Fill Out Form",
            "User fills out and submits form on web page",
            Some("Webform ID"),
            &[
                "Client IP Address",
                "Form Fields",
                "Query Parameters",
                "Referrer URL",
                "Webpage ID",
            ],
        ),
        (
            3,
            "Click Link",
            "User clicks link on a page",
            Some("Link ID"),
            &[
                "Client IP Address",
                "Query Parameters",
                "Referrer URL",
                "Webpage ID",
            ],
        ),
        (
            6,
            "Send Email",
            "Send Marketo Email to a person",
            Some("Mailing ID"),
            &["Campaign Run ID", "Choice Number", "Step ID"],
        ),
        (
            7,
            "Email Delivered",
            "Marketo Email is delivered to a person/contact",
            Some("Mailing ID"),
            &["Campaign Run ID", "Choice Number", "Step ID"],
        ),
        (
            8,
            "Email Bounced",
            "Marketo Email is bounced for a person",
            Some("Mailing ID"),
            &["Category", "Details", "Email", "Step ID"],
        ),
        (
            9,
            "Unsubscribe Email",
            "Person unsubscribes from Marketo Emails",
            Some("Mailing ID"),
            &["Campaign Run ID", "Client IP Address", "Webform ID"],
        ),
        (
            10,
            "Open Email",
            "User opens Marketo Email",
            Some("Mailing ID"),
            &["Device", "Is Mobile Device", "Platform", "User Agent"],
        ),
        (
            11,
            "Click Email",
            "User clicks on a link in a Marketo Email",
            Some("Mailing ID"),
            &["Device", "Is Mobile Device", "Link", "User Agent"],
        ),
        (
            12,
            "New Lead",
            "New person/record is added to the lead database",
            None,
            &["Created Date", "Form Name", "List Name", "Source Type"],
        ),
        (
            13,
            "Change Data Value",
            "Changed attribute value for a person/record",
            Some("Attribute Name"),
            &["New Value", "Old Value", "Reason", "Source"],
        ),
        (
            22,
            "Change Score",
            "Modify the value of a score field",
            Some("Score Name"),
            &["Change Value", "New Value", "Old Value", "Reason"],
        ),
        (
            24,
            "Add to List",
            "Add a person/record to a list",
            Some("List ID"),
            &["Source"],
        ),
        (
            25,
            "Remove from List",
            "Remove this lead from a list",
            Some("List ID"),
            &["Source"],
        ),
        (
            32,
            "Merge Leads",
            "Merge two or more leads into a single record",
            Some("Lead ID"),
            &["Master Updated", "Merge IDs", "Merge Source"],
        ),
        (
            37,
            "Delete Lead",
            "Delete lead from database",
            Some("Lead ID"),
            &["Campaign", "Remove From CRM", "Trigger Type"],
        ),
        (
            46,
            "Interesting Moment",
            "Record an interesting moment",
            Some("Milestone"),
            &["Date", "Description", "Source"],
        ),
    ];
    TYPES
        .iter()
        .map(|(id, name, description, primary, attributes)| {
            let attributes: Vec<Value> = attributes
                .iter()
                .map(|name| json!({"name": name, "dataType": "string"}))
                .collect();
            let mut entry = json!({"id": id, "name": name, "description": description});
            if let (Some(primary), Some(entry)) = (primary, entry.as_object_mut()) {
                entry.insert(
                    "primaryAttribute".into(),
                    json!({"name": primary, "dataType": "integer"}),
                );
            }
            if let Some(entry) = entry.as_object_mut() {
                entry.insert("attributes".into(), attributes.into());
            }
            entry
        })
        .collect()
}
