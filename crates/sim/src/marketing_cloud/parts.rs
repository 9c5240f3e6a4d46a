//! What SOAP writes beside the object itself: a subscriber's lists, a data extension's fields.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::state::{State, member_key, plain, stamp};
use super::write::Refusal;
use crate::record_store::Record;

/// The lists of a subscriber, each with what is to be done; everybody is on list 1.
pub fn enlist(
    state: &mut State,
    subscriber: &Record,
    lists: Option<&Value>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let id = subscriber.get("ID").cloned().unwrap_or_default();
    let everyone = member_key(1, &id);
    if state.records.get("ListSubscriber", &everyone).is_none() {
        state.join(1, subscriber, "Active", now);
    }
    let lists: Vec<&Value> = match lists {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    };
    for list in lists {
        let wanted = plain(list.get("ID"));
        let number = wanted
            .parse::<i64>()
            .ok()
            .filter(|_| state.find("List", "ID", &wanted).is_some());
        let Some(number) = number else {
            return Err(Refusal(
                13006,
                format!("Unable to find the List with ID {wanted}."),
            ));
        };
        let action = plain(list.get("Action"));
        let key = member_key(number, &id);
        let member = state.records.get("ListSubscriber", &key).is_some();
        match action.as_str() {
            "delete" if member => {
                state.of("ListSubscriber").remove(&key);
            }
            "delete" | "update" if !member => {
                return Err(Refusal(
                    12015,
                    "The subscriber is not on the list".to_owned(),
                ));
            }
            _ => {
                let status = plain(list.get("Status"));
                let status = if status.is_empty() { "Active" } else { &status };
                state.join(number, subscriber, status, now);
            }
        }
    }
    Ok(())
}

/// Adds the fields of a data extension, or changes those that it has.
pub fn add_fields(
    state: &mut State,
    extension: &str,
    fields: &Value,
    now: Timestamp,
) -> Result<(), Refusal> {
    const TYPES: [&str; 8] = [
        "Text",
        "Number",
        "Date",
        "Boolean",
        "EmailAddress",
        "Phone",
        "Decimal",
        "Locale",
    ];
    let list = fields.get("Field").unwrap_or(fields);
    let list: Vec<&Value> = match list {
        Value::Array(items) => items.iter().collect(),
        Value::Object(_) => vec![list],
        _ => Vec::new(),
    };
    for (ordinal, field) in list.into_iter().enumerate() {
        let text = |name: &str| plain(field.get(name));
        let name = text("Name");
        if name.is_empty() {
            return Err(Refusal(310_001, "A field has no Name.".to_owned()));
        }
        let kind = text("FieldType");
        let kind = if kind.is_empty() { "Text" } else { &kind };
        if !TYPES.contains(&kind) {
            return Err(Refusal(
                310_002,
                format!("The FieldType '{kind}' of '{name}' is not valid."),
            ));
        }
        let truth = |name: &str| text(name).eq_ignore_ascii_case("true");
        let key = truth("IsPrimaryKey");
        let length = text("MaxLength").parse::<i64>().ok();
        let length = length.or(match kind {
            "Text" | "Phone" => Some(50),
            "EmailAddress" => Some(254),
            _ => None,
        });
        let guid = state.guid();
        let record = json!({
            "ObjectID": guid, "CustomerKey": format!("[{extension}].[{name}]"), "Name": name, "FieldType": kind, "MaxLength": length,
            "IsPrimaryKey": key, "IsRequired": key || truth("IsRequired"), "DefaultValue": text("DefaultValue"), "Ordinal": ordinal,
            "DataExtension.CustomerKey": extension, "CreatedDate": stamp(now), "ModifiedDate": stamp(now),
        });
        let place = format!("[{extension}].[{}]", text("Name")).to_lowercase();
        state
            .of("DataExtensionField")
            .insert(super::state::record(record), |_| place);
    }
    Ok(())
}
