//! Which channels there are, and what a change of a record makes them tell.

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::{Change, Happened};
use crate::record_store::Record;
use crate::salesforce::describe::object;
use crate::salesforce::org::Org;
use crate::salesforce::rules::text;
use crate::salesforce::soql::{self, Query};
use crate::salesforce::value::print_datetime;

/// Whether a channel can be subscribed to.
pub fn exists(org: &Org, channel: &str) -> bool {
    let named = |kind: &str, name: &str| {
        let records = object(kind)
            .into_iter()
            .flat_map(|kind| org.live_records(kind));
        records
            .into_iter()
            .any(|(_, record)| text(record, "Name") == Some(name))
    };
    match channel
        .split_once('/')
        .and_then(|(_, rest)| rest.split_once('/'))
    {
        Some(("topic", name)) => named("PushTopic", name),
        Some(("u", _)) => named("StreamingChannel", channel),
        Some(("data", "ChangeEvents")) => true,
        Some(("data", name)) => {
            let of = |name: &str| {
                object(
                    &name
                        .replace("__ChangeEvent", "__c")
                        .replace("ChangeEvent", ""),
                )
            };
            name.ends_with("ChangeEvent") && of(name).is_some()
        }
        _ => false,
    }
}

/// Tells the push topics that ask for it, and the channels of change events.
pub fn publish(org: &mut Org, change: &Change, now: Timestamp) {
    let Some(record) =
        object(&change.object).and_then(|kind| org.records.get(&kind.name, &change.id))
    else {
        return;
    };
    let mut told: Vec<(String, Value)> = Vec::new();
    for (_, topic) in object("PushTopic")
        .into_iter()
        .flat_map(|kind| org.live_records(kind))
    {
        if let Some(shown) = of_topic(org, topic, change, record, now) {
            let channel = format!("/topic/{}", text(topic, "Name").unwrap_or_default());
            told.push((channel, shown));
        }
    }
    let payload = changed(change, record, now);
    for (channel, shown) in told {
        let kind = match change.kind {
            Happened::Created => "created",
            Happened::Updated => "updated",
            Happened::Deleted => "deleted",
            Happened::Undeleted => "undeleted",
        };
        let event = json!({ "createdDate": print_datetime(now), "type": kind });
        org.stream
            .publish(&channel, json!({ "sobject": shown }), event);
    }
    let own = match change.object.strip_suffix("__c") {
        Some(stem) => format!("/data/{stem}__ChangeEvent"),
        None => format!("/data/{}ChangeEvent", change.object),
    };
    for channel in ["/data/ChangeEvents", &own] {
        let data = json!({ "payload": payload, "schema": "sandbox" });
        org.stream.publish(channel, data, json!({}));
    }
}

/// What a topic shows of the change; `None` when it does not ask for it.
fn of_topic(
    org: &Org,
    topic: &Record,
    change: &Change,
    record: &Record,
    now: Timestamp,
) -> Option<Value> {
    let flag = |name: &str| topic.get(name) != Some(&json!(false));
    let wanted = match change.kind {
        Happened::Created => "NotifyForOperationCreate",
        Happened::Updated => "NotifyForOperationUpdate",
        Happened::Deleted => "NotifyForOperationDelete",
        Happened::Undeleted => "NotifyForOperationUndelete",
    };
    if !flag("IsActive") || !flag(wanted) {
        return None;
    }
    let query = soql::parse(text(topic, "Query")?, now).ok()?;
    if query.object.name != change.object {
        return None;
    }
    if change.kind == Happened::Deleted {
        return Some(json!({ "Id": change.id }));
    }
    let touched = |names: &[&str]| {
        change.kind != Happened::Updated
            || change
                .fields
                .iter()
                .any(|field| names.contains(&field.as_str()))
    };
    let (selected, filtered) = query.own_fields();
    let concerned = match text(topic, "NotifyForFields") {
        Some("All") => true,
        Some("Select") => touched(&selected),
        Some("Where") => touched(&filtered),
        _ => touched(&[selected, filtered].concat()),
    };
    (concerned && query.takes(org, record)).then(|| shown(&query, org, record))
}

fn shown(query: &Query, org: &Org, record: &Record) -> Value {
    let mut shown = query.render(org, "", record);
    if let Value::Object(members) = &mut shown {
        members.remove("attributes");
    }
    shown
}

/// The payload of a change event: the header and the values that are new.
fn changed(change: &Change, record: &Record, now: Timestamp) -> Value {
    let kind = match change.kind {
        Happened::Created => "CREATE",
        Happened::Updated => "UPDATE",
        Happened::Deleted => "DELETE",
        Happened::Undeleted => "UNDELETE",
    };
    let mut payload = Map::new();
    let all = change.kind != Happened::Updated && change.kind != Happened::Deleted;
    for (name, value) in record {
        let new = all && !value.is_null() || change.fields.contains(name);
        if new && !matches!(name.as_str(), "Id" | "IsDeleted" | "SystemModstamp") {
            payload.insert(name.clone(), value.clone());
        }
    }
    let header = json!({
        "changeOrigin": "com/salesforce/api/rest/59.0", "changeType": kind, "changedFields": change.fields,
        "commitNumber": now.0, "commitTimestamp": now.0, "commitUser": change.user, "entityName": change.object,
        "recordIds": [change.id], "sequenceNumber": 1, "transactionKey": format!("{:032x}", now.0),
    });
    payload.insert("ChangeEventHeader".to_owned(), header);
    Value::Object(payload)
}
