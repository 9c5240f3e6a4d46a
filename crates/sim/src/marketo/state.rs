//! The records of a Marketo subscription and the trail that every change leaves.

use std::collections::{BTreeMap, BTreeSet};

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::envelope::Fault;
use crate::call::{Call, decode_form};
use crate::record_store::{Record, RecordStore};

/// Collection names.
pub const LEADS: &str = "leads";
/// Static lists by id.
pub const LISTS: &str = "lists";
/// Campaigns by id.
pub const CAMPAIGNS: &str = "campaigns";
/// Everything that happened to people, oldest first.
pub const ACTIVITIES: &str = "activities";
/// Bulk exports by export id.
pub const EXPORTS: &str = "exports";

/// What a subscription remembers.
#[derive(Debug, Default)]
pub struct State {
    /// All records.
    pub records: RecordStore,
    /// The people of each static list.
    pub members: BTreeMap<i64, BTreeSet<i64>>,
    /// The people of each program with their membership.
    pub program_members: BTreeMap<i64, BTreeMap<i64, Value>>,
    /// The named accounts on each list of them, both by GUID.
    pub account_members: BTreeMap<String, BTreeSet<String>>,
}

impl State {
    /// Adds a record under the next number and gives it that as its `id`.
    pub fn add(&mut self, collection: &str, mut record: Record) -> i64 {
        let collection = self.records.collection_mut(collection);
        let id = i64::try_from(collection.next_number()).unwrap_or(i64::MAX);
        record.insert("id".into(), id.into());
        collection.insert(record, |_| id.to_string());
        id
    }

    /// The record of that id.
    pub fn get(&self, collection: &str, id: i64) -> Option<&Record> {
        self.records.get(collection, &id.to_string())
    }

    /// Every record of a collection, oldest first.
    pub fn all(&self, collection: &str) -> impl Iterator<Item = &Record> {
        self.records
            .collection(collection)
            .into_iter()
            .flat_map(|collection| collection.iter().map(|(_, record)| record))
    }

    /// Leaves an activity behind; `primary` is its id and text.
    pub fn note(
        &mut self,
        now: Timestamp,
        lead: i64,
        kind: i64,
        primary: Option<(i64, &str)>,
        attributes: &[(&str, String)],
    ) {
        let mut activity = Record::new();
        activity.insert("leadId".into(), lead.into());
        activity.insert("activityDate".into(), now.to_iso().into());
        activity.insert("activityTypeId".into(), kind.into());
        if let Some((id, text)) = primary {
            activity.insert("primaryAttributeValueId".into(), id.into());
            activity.insert("primaryAttributeValue".into(), text.into());
        }
        let attributes: Vec<Value> = attributes
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        activity.insert("attributes".into(), attributes.into());
        let id = self.add(ACTIVITIES, activity);
        let stored = self
            .records
            .collection_mut(ACTIVITIES)
            .get_mut(&id.to_string());
        if let Some(stored) = stored {
            stored.insert("marketoGUID".into(), id.to_string().into());
        }
    }
}

/// The `id` of a record.
pub fn id_of(record: &Record) -> i64 {
    record.get("id").and_then(Value::as_i64).unwrap_or_default()
}

/// Parameters of a call: those of the query, then those of a form body.
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads both.
    pub fn of(call: &Call) -> Self {
        let mut pairs = call.query.clone();
        if call.content_type() == "application/x-www-form-urlencoded" {
            pairs.extend(decode_form(&call.text()));
        }
        Self(pairs)
    }

    /// The first non-empty value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Every value: the parameter may be repeated, and each may be a comma list.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(key, _)| key == name || key.strip_suffix("[]") == Some(name))
            // A client in the wild joins ids by `&id=` and then encodes the ampersand.
            .flat_map(|(_, value)| {
                value
                    .replace(&format!("&{name}="), ",")
                    .split(',')
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// A required value.
    ///
    /// # Errors
    /// 1002 when it is absent or empty.
    pub fn require(&self, name: &str) -> Result<&str, Fault> {
        self.get(name).ok_or_else(|| Fault::missing(name))
    }

    /// A whole number within bounds, else the default.
    ///
    /// # Errors
    /// 1001 when it is no number.
    pub fn number(&self, name: &str, otherwise: usize, most: usize) -> Result<usize, Fault> {
        let Some(text) = self.get(name) else {
            return Ok(otherwise);
        };
        let number = text
            .parse::<usize>()
            .map_err(|_| Fault::type_of(text, "integer"))?;
        Ok(if number == 0 {
            otherwise
        } else {
            number.min(most)
        })
    }
}

/// Reads an id out of a path or parameter.
///
/// # Errors
/// 1001 when it is no whole number.
pub fn read_id(text: &str) -> Result<i64, Fault> {
    text.parse().map_err(|_| Fault::type_of(text, "Integer"))
}
