//! The records of an account, by the SOAP type or REST path that they belong to.

use std::collections::{BTreeMap, VecDeque};

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::record_store::{Collection, Record, RecordStore};

/// REST collections; SOAP ones are named by their type.
pub const CAMPAIGNS: &str = "campaigns";
/// Journeys, one record a version.
pub const JOURNEYS: &str = "interactions";
/// Contacts by `contactID`.
pub const CONTACTS: &str = "contacts";
/// Content builder assets.
pub const ASSETS: &str = "assets";
/// What has been sent, by message key.
pub const MESSAGES: &str = "messages";
/// Definitions of transactional e-mails, by key.
pub const DEFINITIONS: &str = "definitions";
/// Outcomes of asynchronous row writes, by request id.
pub const REQUESTS: &str = "requests";

/// Cursors that are remembered; older ones are forgotten as the vendor's are after a while.
const MOST_CURSORS: usize = 1000;

/// An account with its records.
#[derive(Debug, Default)]
pub struct State {
    /// Everything.
    pub records: RecordStore,
    /// Answers that have more to give, by request id: what is left of them, printed.
    cursors: BTreeMap<String, Left>,
    order: VecDeque<String>,
    ids: u64,
}

/// What is left of a SOAP retrieve.
#[derive(Debug, Clone, Default)]
pub struct Left {
    /// Records as XML.
    pub rows: VecDeque<String>,
    /// Records a batch.
    pub batch: usize,
}

impl State {
    /// A GUID that no other record has, the same at every start.
    pub fn guid(&mut self) -> String {
        self.ids += 1;
        let mixed = self.ids.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            mixed >> 32,
            (mixed >> 16) & 0xFFFF,
            mixed & 0xFFF,
            (mixed >> 12) & 0xFFF,
            self.ids
        )
    }

    /// Keeps what is left under a request id.
    pub fn keep(&mut self, request: &str, left: Left) {
        if self.order.len() >= MOST_CURSORS
            && let Some(oldest) = self.order.pop_front()
        {
            self.cursors.remove(&oldest);
        }
        self.order.push_back(request.to_owned());
        self.cursors.insert(request.to_owned(), left);
    }

    /// Takes what is left under a request id.
    pub fn take(&mut self, request: &str) -> Option<Left> {
        self.order.retain(|known| known != request);
        self.cursors.remove(request)
    }

    /// A collection; empty when nothing was ever put there.
    pub fn all(&self, collection: &str) -> impl Iterator<Item = &Record> {
        self.records
            .collection(collection)
            .into_iter()
            .flat_map(|collection| collection.iter().map(|(_, record)| record))
    }

    /// A collection to change.
    pub fn of(&mut self, collection: &str) -> &mut Collection {
        self.records.collection_mut(collection)
    }

    /// The first record whose member has this text; case is ignored, as the vendor's database does.
    pub fn find(&self, collection: &str, member: &str, text: &str) -> Option<&Record> {
        self.all(collection)
            .find(|record| plain(record.get(member)).eq_ignore_ascii_case(text))
    }

    /// The data extension behind an external key.
    pub fn extension(&self, key: &str) -> Option<&Record> {
        self.find("DataExtension", "CustomerKey", key)
    }

    /// The fields of a data extension in order.
    pub fn fields(&self, key: &str) -> Vec<&Record> {
        self.all("DataExtensionField")
            .filter(|field| plain(field.get("DataExtension.CustomerKey")).eq_ignore_ascii_case(key))
            .collect()
    }

    /// Puts or changes a subscriber's membership of a list.
    pub fn join(&mut self, list: i64, subscriber: &Record, status: &str, now: Timestamp) {
        let id = subscriber.get("ID").cloned().unwrap_or_default();
        let key = member_key(list, &id);
        let members = self.of("ListSubscriber");
        if let Some(member) = members.get_mut(&key) {
            member.insert("Status".into(), status.into());
            member.insert("ModifiedDate".into(), stamp(now).into());
            return;
        }
        let member = json!({
            "ID": id, "ListID": list, "SubscriberKey": subscriber.get("SubscriberKey"), "Status": status,
            "CreatedDate": stamp(now), "ModifiedDate": stamp(now), "Subscriber.ID": id, "List.ID": list,
            "Subscriber.SubscriberKey": subscriber.get("SubscriberKey"),
        });
        if let Value::Object(member) = member {
            members.insert(member, |_| key);
        }
    }
}

/// The key of a membership.
pub fn member_key(list: i64, subscriber: &Value) -> String {
    format!("{list}:{}", plain(Some(subscriber)))
}

/// A value as text; nothing for what is absent or null.
pub fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A time as the vendor writes it: no zone.
pub fn stamp(now: Timestamp) -> String {
    now.to_iso_millis().trim_end_matches('Z').to_owned()
}

/// A time with or without zone.
pub fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}Z")))
}

/// An object out of `json!`.
pub fn record(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
