//! Contacts and accounts: what is stored, what is refused, what is shown at which depth.

use std::borrow::Cow;

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::fields::{self, Field};

/// A stored object; `fieldValues` is kept as a map of field id to text.
pub type Record = Map<String, Value>;

/// What tells contacts from accounts.
pub struct Kind {
    /// Plural path segment.
    pub plural: &'static str,
    /// `type` member.
    pub type_name: &'static str,
    /// `type` of its field assets.
    pub field_type: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    properties: &'static [&'static str],
}

/// People.
pub const CONTACT: Kind = Kind {
    plural: "contacts",
    type_name: "Contact",
    field_type: "ContactField",
    fields: fields::CONTACT,
    properties: fields::CONTACT_PROPERTIES,
};

/// Companies.
pub const ACCOUNT: Kind = Kind {
    plural: "accounts",
    type_name: "Account",
    field_type: "AccountField",
    fields: fields::ACCOUNT,
    properties: fields::ACCOUNT_PROPERTIES,
};

/// How much of an object an answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Identity and dates.
    Minimal,
    /// Everything but the field values.
    Partial,
    /// Everything.
    Complete,
}

impl Depth {
    /// The depth asked for, else the given one.
    pub fn read(text: Option<&str>, otherwise: Self) -> Self {
        match text.map(str::to_lowercase).as_deref() {
            Some("minimal") => Self::Minimal,
            Some("partial") => Self::Partial,
            Some("complete") => Self::Complete,
            _ => otherwise,
        }
    }

    /// The vendor's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Partial => "partial",
            Self::Complete => "complete",
        }
    }
}

/// One broken rule, as an element of the vendor's 400 array.
pub fn violation(
    type_name: &str,
    id: Option<&str>,
    property: &str,
    requirement: &str,
    value: &str,
) -> Value {
    let mut container = json!({"type": "ObjectKey", "objectType": type_name});
    if let (Some(id), Some(container)) = (id, container.as_object_mut()) {
        container.insert("objectId".into(), id.into());
    }
    json!({
        "type": "ObjectValidationError", "container": container, "property": property,
        "requirement": {"type": requirement}, "value": value,
    })
}

/// The rule that a value of a field of this data type breaks, if any; an empty value breaks none.
///
/// # Source
/// <https://docs.oracle.com/cloud/latest/marketingcs_gs/OMCAC/APIRequests_HTTPValidationErrors.html> (2026-11)
pub fn broken_rule(data_type: &str, value: &str) -> Option<&'static str> {
    if value.is_empty() {
        return None;
    }
    match data_type {
        "number" | "numeric" if value.parse::<f64>().is_err() => Some("IntegerRequirement"),
        "date" if value.parse::<i64>().is_err() => Some("DateRequirement"),
        _ => None,
    }
}

/// Reads a body into what is stored: the whole object, for PUT replaces.
/// Unknown members are dropped as the vendor drops them; scalars become strings.
///
/// # Errors
/// The violations, each an element of the 400 answer.
pub fn read(kind: &Kind, id: Option<&str>, body: &Value) -> Result<Record, Vec<Value>> {
    let Some(given) = body.as_object() else {
        return Err(vec![violation(
            kind.type_name,
            id,
            "",
            "NotNullRequirement",
            "",
        )]);
    };
    let mut faults = Vec::new();
    let mut record = Record::new();
    let named = (kind.type_name == "Account").then_some("name");
    for property in kind.properties.iter().copied().chain(named) {
        if let Some(text) = given
            .get(property)
            .and_then(scalar)
            .filter(|text| !text.is_empty())
        {
            if text.chars().count() > 100 && property != "description" {
                let rule = "StringLengthRequirement";
                faults.push(violation(kind.type_name, id, property, rule, &text));
            }
            let flag = property.starts_with("is");
            if flag && !matches!(text.as_ref(), "true" | "false") {
                let rule = "BooleanRequirement";
                faults.push(violation(kind.type_name, id, property, rule, &text));
            }
            record.insert(property.into(), text.into_owned().into());
        }
    }
    let mut values = Map::new();
    for entry in given
        .get("fieldValues")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let field = entry.get("id").and_then(scalar).unwrap_or_default();
        match fields::find(kind.fields, &field).filter(|found| found.id == field) {
            // A property of the object is not a field value even when its id is known.
            Some(found) if found.property.is_some() => {}
            Some(found) => {
                if let Some(text) = entry
                    .get("value")
                    .and_then(scalar)
                    .filter(|text| !text.is_empty())
                {
                    if let Some(rule) = broken_rule(found.kind, &text) {
                        let property = found.internal;
                        faults.push(violation(kind.type_name, id, property, rule, &text));
                    }
                    values.insert(found.id.into(), text.into_owned().into());
                }
            }
            None => faults.push(violation(
                kind.type_name,
                id,
                "fieldValues",
                "IdRequirement",
                &field,
            )),
        }
    }
    record.insert("fieldValues".into(), values.into());
    let key = if kind.type_name == "Contact" {
        "emailAddress"
    } else {
        "name"
    };
    let value = text(&record, key);
    if key == "emailAddress" && !is_email(value) {
        faults.push(violation(
            kind.type_name,
            id,
            key,
            "EmailAddressRequirement",
            value,
        ));
    } else if value.is_empty() {
        faults.push(violation(
            kind.type_name,
            id,
            key,
            "NotNullRequirement",
            value,
        ));
    }
    if faults.is_empty() {
        Ok(record)
    } else {
        Err(faults)
    }
}

/// The vendor's form of a stored object.
pub fn show(kind: &Kind, record: &Record, depth: Depth) -> Value {
    let mut shown = Map::new();
    shown.insert("type".into(), kind.type_name.into());
    let copy = |shown: &mut Map<String, Value>, name: &str| {
        if let Some(value) = record.get(name) {
            shown.insert(name.into(), value.clone());
        }
    };
    if depth != Depth::Minimal {
        shown.insert("currentStatus".into(), "Awaiting action".into());
    }
    copy(&mut shown, "id");
    copy(&mut shown, "createdAt");
    shown.insert("depth".into(), depth.word().into());
    let name = if kind.type_name == "Contact" {
        "emailAddress"
    } else {
        "name"
    };
    shown.insert("name".into(), text(record, name).into());
    copy(&mut shown, "updatedAt");
    if kind.type_name == "Contact" {
        copy(&mut shown, "emailAddress");
    }
    if depth == Depth::Minimal {
        return shown.into();
    }
    for property in kind.properties {
        copy(&mut shown, property);
    }
    if kind.type_name == "Contact" {
        for (name, value) in [
            ("emailFormatPreference", "unspecified"),
            ("isBounceback", "false"),
            ("isSubscribed", "true"),
        ] {
            shown.entry(name).or_insert_with(|| value.into());
        }
        let created = record.get("createdAt").cloned().unwrap_or_default();
        shown.insert("subscriptionDate".into(), created);
    }
    if depth == Depth::Complete {
        let stored = record.get("fieldValues").and_then(Value::as_object);
        let values: Vec<Value> = kind
            .fields
            .iter()
            .filter(|field| field.property.is_none())
            .map(|field| {
                let mut entry = json!({"type": "FieldValue", "id": field.id});
                let value = stored.and_then(|values| values.get(field.id));
                if let (Some(value), Some(entry)) = (value, entry.as_object_mut()) {
                    entry.insert("value".into(), value.clone());
                }
                entry
            })
            .collect();
        shown.insert("fieldValues".into(), values.into());
    }
    shown.into()
}

/// The text of a property, internal field name or field id, as search and bulk read it.
pub fn property<'a>(kind: &Kind, record: &'a Record, name: &str) -> Option<Cow<'a, str>> {
    if name == "name" && kind.type_name == "Contact" {
        return record.get("emailAddress").and_then(scalar);
    }
    if let Some(field) = fields::find(kind.fields, name) {
        return match field.property {
            Some(property) => record.get(property).and_then(scalar),
            None => record.get("fieldValues")?.get(field.id).and_then(scalar),
        };
    }
    // Property names compare without case, as paths do.
    record
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .and_then(|(_, value)| scalar(value))
}

/// The text of a stored member, or nothing.
pub fn text<'a>(record: &'a Record, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Unix seconds as the vendor prints them.
pub fn seconds(time: Timestamp) -> Value {
    time.seconds().to_string().into()
}

/// A scalar as text: the vendor knows strings only.
pub fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string().into()),
        _ => None,
    }
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !text.contains(char::is_whitespace)
            && !host.contains('@')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(body: Value) -> Record {
        let mut record = read(&CONTACT, None, &body).unwrap();
        record.insert("id".into(), "7".into());
        record.insert("createdAt".into(), "1418666629".into());
        record.insert("updatedAt".into(), "1427120657".into());
        record
    }

    #[test]
    fn scalars_become_strings_and_unknown_members_are_dropped() {
        let record = contact(json!({
            "emailAddress": "a@b.co", "accountId": 12, "colour": "red",
            "fieldValues": [{"id": 100_171, "value": "x"}, {"id": "100001", "value": "other"}],
        }));
        assert_eq!(record["accountId"], "12");
        assert!(!record.contains_key("colour"));
        assert_eq!(record["fieldValues"], json!({"100171": "x"}));
    }

    #[test]
    fn an_address_must_be_one() {
        for body in [
            json!({}),
            json!({"emailAddress": "nobody"}),
            json!({"emailAddress": "a@b"}),
        ] {
            let faults = read(&CONTACT, Some("3"), &body).unwrap_err();
            assert_eq!(faults[0]["requirement"]["type"], "EmailAddressRequirement");
            assert_eq!(faults[0]["container"]["objectId"], "3");
        }
    }

    #[test]
    fn an_account_needs_a_name_and_known_fields() {
        let body = json!({"fieldValues": [{"id": "1", "value": "x"}]});
        let faults = read(&ACCOUNT, None, &body).unwrap_err();
        assert_eq!(faults.len(), 2);
        assert_eq!(faults[0]["requirement"]["type"], "IdRequirement");
        assert_eq!(faults[1]["requirement"]["type"], "NotNullRequirement");
    }

    #[test]
    fn depth_decides_what_is_shown() {
        let record = contact(json!({"emailAddress": "a@b.co", "firstName": "Ann"}));
        let minimal = show(&CONTACT, &record, Depth::Minimal);
        assert_eq!(minimal.get("firstName"), None);
        assert_eq!(minimal["name"], "a@b.co");
        let partial = show(&CONTACT, &record, Depth::Partial);
        assert_eq!(partial["firstName"], "Ann");
        assert_eq!(partial.get("fieldValues"), None);
        let complete = show(&CONTACT, &record, Depth::Complete);
        assert_eq!(
            complete["fieldValues"][0],
            json!({"type": "FieldValue", "id": "100023"})
        );
    }

    #[test]
    fn search_reads_properties_internal_names_and_field_values() {
        let record = contact(json!({
            "emailAddress": "a@b.co", "fieldValues": [{"id": "100171", "value": "x"}],
        }));
        assert_eq!(
            property(&CONTACT, &record, "C_EmailAddress").unwrap(),
            "a@b.co"
        );
        assert_eq!(
            property(&CONTACT, &record, "c_churros_contact_field1").unwrap(),
            "x"
        );
        assert_eq!(property(&CONTACT, &record, "ID").unwrap(), "7");
        assert_eq!(property(&CONTACT, &record, "nothing"), None);
    }
}
