//! Contacts: kept by attribute set, found by attribute, deleted in the background.

use serde_json::{Map, Value, json};

use super::page;
use super::rest::{Answer, Asked, no};
use super::seed::SETS;
use super::state::{CONTACTS, State, plain, record, stamp};
use crate::call::Reply;
use crate::record_store::Record;

/// `/contacts/v1/…`
pub fn answer(state: &mut State, asked: &Asked<'_>, path: &[&str]) -> Answer {
    let rest = path.get(2..).unwrap_or_default();
    match (asked.call.method.as_str(), rest) {
        ("GET", ["attributesetdefinitions"]) => {
            page::of(asked.call, "items", state.all(SETS).collect(), 500).map(Value::Object)
        }
        ("GET", ["attributesetdefinitions", id]) => {
            let found = state.all(SETS).find(|set| {
                plain(set.get("id")) == *id || plain(set.get("key")).eq_ignore_ascii_case(id)
            });
            found
                .map(|set| Value::Object(set.clone()))
                .ok_or_else(|| no(404, 10004, "Unable to find the attribute set."))
        }
        ("POST", ["contacts"]) => save(state, asked, true),
        ("PATCH", ["contacts"]) => save(state, asked, false),
        ("POST", ["contacts", "actions", "delete"]) => delete(state, asked),
        ("GET", ["contacts", "actions", "delete", "status"]) => {
            let id = asked.call.query("operationID").unwrap_or_default();
            match state.records.get("operations", id) {
                Some(_) => {
                    Ok(json!({"operationID": id.parse::<u64>().ok(), "status": "Completed"}))
                }
                None => Err(no(404, 10004, "The operation was not found.")),
            }
        }
        ("POST", ["addresses", "email", "search"]) => by_email(state, asked),
        ("POST", ["attributes", "search"]) => search(state, asked),
        _ => Err(no(404, 0, "Not Found")),
    }
}

/// Faults of a contact call are told in its own envelope, with status 400.
fn refused(state: &mut State, now: &str, class: &str, why: &str) -> Reply {
    let (one, other) = (state.guid(), state.guid());
    Reply::json(
        400,
        &json!({
            "operationStatus": "Error", "rowsAffected": 0, "requestServiceMessageID": one, "hasErrors": true,
            "resultMessages": [{"resultType": "Error", "resultClass": class, "resultCode": class, "message": why}],
            "serviceMessageID": other, "responseDateTime": now,
        }),
    )
}

fn save(state: &mut State, asked: &Asked<'_>, creates: bool) -> Answer {
    let body = asked.body()?;
    let now = stamp(asked.now);
    let (key, id) = (plain(body.get("contactKey")), plain(body.get("contactID")));
    let known = if id.is_empty() {
        state.find(CONTACTS, "contactKey", &key)
    } else {
        state.find(CONTACTS, "contactID", &id)
    };
    let known = known.cloned();
    if creates && key.is_empty() {
        return Err(refused(
            state,
            &now,
            "MissingContactKey",
            "The contactKey is required.",
        ));
    }
    if creates && known.is_some() {
        return Err(refused(
            state,
            &now,
            "ContactKeyExists",
            "A contact with this contactKey exists already.",
        ));
    }
    if !creates && known.is_none() {
        return Err(refused(
            state,
            &now,
            "ContactNotFound",
            "The contact was not found.",
        ));
    }
    let mut sets = known
        .as_ref()
        .and_then(|k| k.get("attributeSets"))
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for set in body
        .get("attributeSets")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let name = plain(set.get("name"));
        let definition = state
            .all(SETS)
            .find(|known| plain(known.get("name").and_then(|n| n.get("value"))) == name)
            .cloned();
        let Some(definition) = definition else {
            let why = format!("The attribute set '{name}' does not exist.");
            return Err(refused(state, &now, "InvalidAttributeSet", &why));
        };
        let kept = sets.entry(name.clone()).or_insert_with(|| json!({}));
        for value in set
            .get("items")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .flat_map(|item| {
                item.get("values")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
            })
        {
            let attribute = plain(value.get("name"));
            let exists = definition
                .get("attributes")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .any(|known| plain(known.get("name").and_then(|n| n.get("value"))) == attribute);
            if !exists {
                let why = format!("The attribute '{attribute}' does not exist in '{name}'.");
                return Err(refused(state, &now, "InvalidAttribute", &why));
            }
            crate::record_store::put(
                kept,
                &attribute,
                value.get("value").cloned().unwrap_or_default(),
            );
        }
    }
    let (one, other) = (state.guid(), state.guid());
    let contacts = state.of(CONTACTS);
    let number = match &known {
        Some(known) => known.get("contactID").cloned().unwrap_or_default(),
        None => json!(12_000_000 + contacts.next_number()),
    };
    let key = known
        .as_ref()
        .map_or(key, |known| plain(known.get("contactKey")));
    let contact = record(
        json!({"contactID": number, "contactKey": key, "attributeSets": sets, "modifiedDate": now}),
    );
    contacts.insert(contact, |_| plain(Some(&number)));
    Ok(json!({
        "operationStatus": "OK", "rowsAffected": 1, "contactKey": key, "contactID": number, "contactTypeID": 0,
        "isNewContactKey": creates, "requestServiceMessageID": one, "hasErrors": false, "resultMessages": [],
        "serviceMessageID": other, "responseDateTime": now,
    }))
}

fn delete(state: &mut State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    let by = asked.call.query("type").unwrap_or("ids").to_lowercase();
    let member = match by.as_str() {
        "ids" => "contactID",
        "keys" => "contactKey",
        _ => return Err(no(400, 10001, "The type must be ids or keys.")),
    };
    let Some(values) = body
        .get("values")
        .and_then(Value::as_array)
        .filter(|values| !values.is_empty())
    else {
        return Err(no(
            400,
            10001,
            "The values of the contacts to delete are missing.",
        ));
    };
    for value in values {
        let found = state.find(CONTACTS, member, &plain(Some(value)));
        if let Some(id) = found.map(|contact| plain(contact.get("contactID"))) {
            state.of(CONTACTS).remove(&id);
        }
    }
    let guid = state.guid();
    let number = state
        .of("operations")
        .insert(Record::new(), |number| number.to_string());
    Ok(json!({
        "operationInitiated": true, "operationID": number.parse::<u64>().unwrap_or_default(), "requestServiceMessageID": guid,
        "responseDateTime": stamp(asked.now), "hasErrors": false, "resultMessages": [],
    }))
}

/// `{channelAddressList: [..]}` → the contact keys of each address.
fn by_email(state: &State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    let wanted = body
        .get("channelAddressList")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if wanted.is_empty() {
        return Err(no(400, 10001, "The channelAddressList is empty."));
    }
    let entities: Vec<Value> = wanted
        .iter()
        .map(|address| {
            let address = plain(Some(address));
            let keys: Vec<Value> = state
                .all(CONTACTS)
                .filter(|contact| value_of(contact, "Email Addresses.Email Address").eq_ignore_ascii_case(&address))
                .map(|contact| json!({"contactKey": contact.get("contactKey"), "createDate": contact.get("modifiedDate")}))
                .collect();
            json!({"channelAddress": address, "contactKeyDetails": keys})
        })
        .collect();
    Ok(
        json!({"channelAddressResponseEntities": entities, "operationStatus": "OK", "hasErrors": false, "resultMessages": []}),
    )
}

/// The value of `Set.Attribute`, or of the contact itself.
fn value_of(contact: &Map<String, Value>, key: &str) -> String {
    match key.split_once('.') {
        Some(("Contact", "Contact Key")) => plain(contact.get("contactKey")),
        Some(("Contact", "Contact ID")) => plain(contact.get("contactID")),
        Some((set, attribute)) => plain(
            contact
                .get("attributeSets")
                .and_then(|s| s.get(set))
                .and_then(|s| s.get(attribute)),
        ),
        None => plain(contact.get(key)),
    }
}

/// `attributes/search`: columns of the contacts that meet every condition.
fn search(state: &State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    let wanted: Vec<String> = body
        .get("request")
        .and_then(|request| request.get("attributes"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|attribute| plain(attribute.get("key")))
        .collect();
    if wanted.is_empty() {
        return Err(no(400, 10001, "The request names no attributes."));
    }
    let conditions = body
        .get("conditionSet")
        .and_then(|set| set.get("conditions"))
        .and_then(Value::as_array);
    let conditions = conditions.cloned().unwrap_or_default();
    let rows: Vec<&Record> = state
        .all(CONTACTS)
        .filter(|contact| {
            conditions.iter().all(|condition| {
                let key = plain(condition.get("attribute").and_then(|a| a.get("key")));
                let has = value_of(contact, &key);
                let values = condition
                    .get("value")
                    .and_then(|v| v.get("items"))
                    .and_then(Value::as_array);
                let mut values = values.into_iter().flatten().map(|value| plain(Some(value)));
                match plain(condition.get("operator")).to_lowercase().as_str() {
                    "equals" | "in" => values.any(|value| value.eq_ignore_ascii_case(&has)),
                    "contains" => {
                        values.any(|value| has.to_lowercase().contains(&value.to_lowercase()))
                    }
                    _ => false,
                }
            })
        })
        .collect();
    let mut body = page::of(asked.call, "items", rows, 500)?;
    if let Some(Value::Array(items)) = body.get_mut("items") {
        for item in items {
            let Value::Object(contact) = &*item else {
                continue;
            };
            let values: Vec<Value> = wanted
                .iter()
                .map(|key| json!({"key": key, "value": value_of(contact, key)}))
                .collect();
            *item = json!({"values": values});
        }
    }
    Ok(Value::Object(body))
}
