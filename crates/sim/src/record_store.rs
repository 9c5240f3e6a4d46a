//! The generic record store: named collections of JSON records in insertion order. Vendor dialects are layers over it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

/// A JSON object.
pub type Record = Map<String, Value>;

/// Records by id, in the order they came.
#[derive(Debug, Default, Clone)]
pub struct Collection {
    next: u64,
    by_sequence: BTreeMap<u64, (String, Record)>,
    sequence_of: HashMap<String, u64>,
}

impl Collection {
    /// Adds a record under the id that `make_id` makes of its number (1 for the first); returns the id. The record of an id
    /// that is taken is replaced, and keeps its place.
    pub fn insert(&mut self, record: Record, make_id: impl FnOnce(u64) -> String) -> String {
        self.next = self.next.saturating_add(1);
        let id = make_id(self.next);
        let sequence = *self.sequence_of.entry(id.clone()).or_insert(self.next);
        self.by_sequence.insert(sequence, (id.clone(), record));
        id
    }

    /// The number that the next record gets.
    pub fn next_number(&self) -> u64 {
        self.next.saturating_add(1)
    }

    /// The record of an id.
    pub fn get(&self, id: &str) -> Option<&Record> {
        let sequence = self.sequence_of.get(id)?;
        self.by_sequence.get(sequence).map(|(_, record)| record)
    }

    /// The record of an id, to change.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Record> {
        let sequence = self.sequence_of.get(id)?;
        self.by_sequence.get_mut(sequence).map(|(_, record)| record)
    }

    /// Takes a record out.
    pub fn remove(&mut self, id: &str) -> Option<Record> {
        let sequence = self.sequence_of.remove(id)?;
        self.by_sequence.remove(&sequence).map(|(_, record)| record)
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.by_sequence.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_sequence.is_empty()
    }

    /// Ids and records in insertion order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Record)> {
        self.by_sequence
            .values()
            .map(|(id, record)| (id.as_str(), record))
    }

    /// The records that `keep` wants, in insertion order.
    pub fn filter(&self, keep: impl Fn(&Record) -> bool) -> Vec<&Record> {
        self.by_sequence
            .values()
            .map(|(_, record)| record)
            .filter(|record| keep(record))
            .collect()
    }
}

/// Collections by name.
#[derive(Debug, Default, Clone)]
pub struct RecordStore(BTreeMap<String, Collection>);

impl RecordStore {
    /// A collection; `None` when nothing was ever put there.
    pub fn collection(&self, name: &str) -> Option<&Collection> {
        self.0.get(name)
    }

    /// A collection to change, made when absent.
    pub fn collection_mut(&mut self, name: &str) -> &mut Collection {
        self.0.entry(name.to_owned()).or_default()
    }

    /// The record of an id in a collection.
    pub fn get(&self, collection: &str, id: &str) -> Option<&Record> {
        self.collection(collection)?.get(id)
    }
}

/// Sets a member of a JSON object; other values are left alone.
pub fn put(value: &mut Value, name: &str, member: Value) {
    if let Value::Object(map) = value {
        map.insert(name.to_owned(), member);
    }
}

/// Sorts by a member, stably; nulls and absent members come first when ascending.
pub fn sort_by(records: &mut [&Record], member: &str, descending: bool) {
    records.sort_by(|a, b| {
        let order = compare(a.get(member), b.get(member));
        if descending { order.reverse() } else { order }
    });
}

/// `count` items from `offset`.
pub fn page<T: Copy>(items: &[T], offset: usize, count: usize) -> Vec<T> {
    items.iter().skip(offset).take(count).copied().collect()
}

/// Orders JSON values: null, then booleans, numbers, text (case ignored), the rest as equal.
pub fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    fn rank(value: Option<&Value>) -> u8 {
        match value {
            None | Some(Value::Null) => 0,
            Some(Value::Bool(_)) => 1,
            Some(Value::Number(_)) => 2,
            Some(Value::String(_)) => 3,
            Some(_) => 4,
        }
    }
    match (a, b) {
        (Some(Value::Bool(x)), Some(Value::Bool(y))) => x.cmp(y),
        (Some(Value::Number(x)), Some(Value::Number(y))) => x
            .as_f64()
            .unwrap_or_default()
            .total_cmp(&y.as_f64().unwrap_or_default()),
        (Some(Value::String(x)), Some(Value::String(y))) => x.to_lowercase().cmp(&y.to_lowercase()),
        _ => rank(a).cmp(&rank(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, age: i64) -> Record {
        let mut record = Record::new();
        record.insert("name".to_owned(), name.into());
        record.insert("age".to_owned(), age.into());
        record
    }

    #[test]
    fn records_keep_insertion_order_and_ids_come_from_their_number() {
        let mut collection = Collection::default();
        for (name, age) in [("b", 3), ("a", 1), ("C", 2)] {
            collection.insert(record(name, age), |n| format!("l-{n:04}"));
        }
        let ids: Vec<&str> = collection.iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["l-0001", "l-0002", "l-0003"]);
        assert!(collection.remove("l-0002").is_some());
        assert!(collection.get("l-0002").is_none());
        assert_eq!(collection.insert(record("d", 9), |n| n.to_string()), "4");
        assert_eq!(collection.len(), 3);
    }

    #[test]
    fn filter_sort_and_page_compose() {
        let mut collection = Collection::default();
        for (name, age) in [("b", 3), ("a", 1), ("C", 2), ("z", 0)] {
            collection.insert(record(name, age), |n| n.to_string());
        }
        let mut found = collection.filter(|r| r.get("age").and_then(Value::as_i64) > Some(0));
        sort_by(&mut found, "name", true);
        let names: Vec<&str> = page(&found, 1, 5)
            .iter()
            .map(|r| r["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["b", "a"]);
    }
}
