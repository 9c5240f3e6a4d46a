//! The records of an Eloqua site.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::entity::violation;
use crate::call::Reply;
use crate::record_store::{Record, RecordStore};

/// What a site remembers: contacts and accounts by their plural, assets by their type.
#[derive(Debug, Default)]
pub struct State {
    /// All records.
    pub records: RecordStore,
    /// The contacts of each contact list, by list id.
    pub members: BTreeMap<String, BTreeSet<u64>>,
}

impl State {
    /// Adds a record under the next number and gives it that as its `id`.
    pub fn add(&mut self, collection: &str, mut record: Record) -> String {
        let collection = self.records.collection_mut(collection);
        let id = collection.next_number().to_string();
        record.insert("id".into(), id.clone().into());
        collection.insert(record, |_| id.clone());
        id
    }

    /// Every record of a collection, oldest first.
    pub fn all(&self, collection: &str) -> impl Iterator<Item = &Record> {
        self.records
            .collection(collection)
            .into_iter()
            .flat_map(|collection| collection.iter().map(|(_, record)| record))
    }
}

/// 404: the vendor sends no body.
pub fn gone() -> Reply {
    Reply::empty(404)
}

/// 409: the value belongs to another object.
pub fn conflict(type_name: &str, id: Option<&str>, property: &str, value: &str) -> Reply {
    let fault = violation(type_name, id, property, "UniquenessRequirement", value);
    Reply::json(409, &json!([fault]))
}
