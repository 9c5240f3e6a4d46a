//! `/data`: contacts and accounts.

use std::collections::BTreeSet;

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::entity::{self, Depth, Kind, text};
use super::listing::Query;
use super::state::{State, conflict, gone};
use crate::call::{Call, Reply};
use crate::record_store::{Record, put};

/// `GET /data/contacts`, or the SEARCH override of it with `{ids, depth}`.
pub fn browse(state: &State, kind: &Kind, call: &Call) -> Reply {
    let query = match Query::read(call) {
        Ok(query) => query,
        Err(body) => return Reply::json(400, &body),
    };
    if call.method.as_str() == "SEARCH" {
        let Ok(body) = call.json() else {
            return malformed();
        };
        let depth = Depth::read(body.get("depth").and_then(Value::as_str), Depth::Minimal);
        let shown: Vec<Value> = body
            .get("ids")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .take(200)
            .filter_map(|id| state.records.get(kind.plural, &entity::scalar(id)?))
            .map(|record| entity::show(kind, record, depth))
            .collect();
        let total = shown.len();
        return Reply::json(
            200,
            &json!({"elements": shown, "page": 1, "pageSize": 200, "total": total}),
        );
    }
    Reply::json(200, &listed(kind, &query, state.all(kind.plural)))
}

/// `GET /data/contacts/list/{id}`: the members of a contact list.
pub fn of_list(state: &State, kind: &Kind, list: &str, call: &Call) -> Reply {
    if state.records.get("ContactList", list).is_none() {
        return gone();
    }
    match Query::read(call) {
        Ok(query) => {
            let members = state.members.get(list).into_iter().flatten();
            let members = members.filter_map(|id| state.records.get(kind.plural, &id.to_string()));
            Reply::json(200, &listed(kind, &query, members))
        }
        Err(body) => Reply::json(400, &body),
    }
}

/// `GET /data/contacts/segment/{id}`: who is on a list that the segment holds; everybody, when it holds none.
pub fn of_segment(state: &State, kind: &Kind, segment: &str, call: &Call) -> Reply {
    let Some(segment) = state.records.get("ContactSegment", segment) else {
        return gone();
    };
    let lists = lists_of(segment);
    if lists.is_empty() {
        return browse(state, kind, call);
    }
    let members: BTreeSet<u64> = lists
        .iter()
        .filter_map(|list| state.members.get(*list))
        .flatten()
        .copied()
        .collect();
    match Query::read(call) {
        Ok(query) => {
            let members = members
                .iter()
                .filter_map(|id| state.records.get(kind.plural, &id.to_string()));
            Reply::json(200, &listed(kind, &query, members))
        }
        Err(body) => Reply::json(400, &body),
    }
}

/// The lists that a segment holds.
fn lists_of(segment: &Record) -> Vec<&str> {
    let elements = segment.get("elements").and_then(Value::as_array);
    let lists = elements.into_iter().flatten();
    lists
        .filter_map(|element| element.get("list")?.get("id")?.as_str())
        .collect()
}

/// Whether a contact is in a segment; one that holds no list holds everybody.
pub fn in_segment(state: &State, segment: &str, contact: &Record) -> bool {
    let Some(segment) = state.records.get("ContactSegment", segment) else {
        return false;
    };
    let lists = lists_of(segment);
    let id = text(contact, "id").parse().unwrap_or(0);
    let on = |list: &&str| {
        state
            .members
            .get(*list)
            .is_some_and(|who| who.contains(&id))
    };
    lists.is_empty() || lists.iter().any(on)
}

/// `GET /data/activities/contact/{id}?type&startDate&endDate&count&page`, version 1.0 only: a bare array.
pub fn activities(state: &State, id: &str, call: &Call) -> Reply {
    let Some(contact) = state.records.get("contacts", id) else {
        return gone();
    };
    let asked = |name: &str| call.query(name).filter(|text| !text.is_empty());
    for name in ["type", "startDate", "endDate"] {
        let number = |text: &str| name == "type" || text.parse::<i64>().is_ok();
        if !asked(name).is_some_and(number) {
            let fault = json!({
                "type": "EndpointParameterError", "parameter": name,
                "requirement": {"type": "NotNullRequirement"}, "value": asked(name),
            });
            return Reply::json(400, &json!([fault]));
        }
    }
    let bound = |name: &str| asked(name).and_then(|text| text.parse::<i64>().ok());
    let shown: Vec<Value> = activities_of(contact)
        .into_iter()
        .filter(|activity| {
            let at = text(activity, "activityDate")
                .parse::<i64>()
                .unwrap_or_default();
            asked("type")
                .is_some_and(|wanted| wanted.eq_ignore_ascii_case(text(activity, "activityType")))
                && bound("startDate").is_some_and(|start| at >= start)
                && bound("endDate").is_some_and(|end| at <= end)
        })
        .map(|mut activity| {
            let name = activity.remove("assetName").unwrap_or_default();
            for bulk in [
                "bulkType",
                "emailAddress",
                "emailRecipientId",
                "emailSendType",
                "deploymentId",
                "campaignId",
                "ipAddress",
                "visitorId",
                "visitorExternalId",
                "emailWebLink",
                "clickedLink",
            ] {
                activity.remove(bulk);
            }
            activity.insert(
                "details".into(),
                json!([{"Key": "EmailName", "Value": name}]),
            );
            activity.into()
        })
        .collect();
    let number = |name: &str, otherwise: usize| {
        let given = asked(name).and_then(|text| text.parse::<usize>().ok());
        given.unwrap_or(otherwise).max(1)
    };
    let (count, page) = (number("count", 1000), number("page", 1));
    let shown: Vec<Value> = shown
        .into_iter()
        .skip(count.saturating_mul(page - 1))
        .take(count)
        .collect();
    Reply::json(200, &shown.into())
}

/// What a contact did: an e-mail was sent a day after it came, it opened it an hour later and clicked a minute after.
pub fn activities_of(contact: &Record) -> Vec<Record> {
    let (id, email) = (text(contact, "id"), text(contact, "emailAddress"));
    let created = text(contact, "createdAt")
        .parse::<i64>()
        .unwrap_or_default();
    [
        ("emailSend", "EmailSend", 86_400),
        ("emailOpen", "EmailOpen", 90_000),
        ("emailClickThrough", "EmailClickthrough", 90_060),
    ]
    .into_iter()
    .map(|(kind, bulk, later)| {
        let at = created.saturating_add(later);
        let activity = json!({
            "type": "Activity", "id": format!("{id}{:03}", later % 1000), "activityDate": at.to_string(),
            "activityType": kind, "bulkType": bulk, "asset": "1", "assetType": "email", "assetName": "Email 01",
            "contact": id, "emailAddress": email, "emailRecipientId": format!("r-{id}"), "emailSendType": "Campaign",
            "deploymentId": "1", "campaignId": "1",
        });
        let mut activity = activity;
        if kind != "emailSend" {
            // Only what a browser did is known by its address.
            for (name, value) in [
                ("ipAddress", format!("192.0.2.{}", created % 250 + 1)),
                ("visitorId", format!("1{id}")),
                ("visitorExternalId", format!("{created:032x}")),
                ("emailWebLink", "https://news.example.com/e/1".to_owned()),
            ] {
                put(&mut activity, name, value.into());
            }
        }
        if kind == "emailClickThrough" {
            put(&mut activity, "clickedLink", "https://www.example.com/offer".into());
        }
        activity.as_object().cloned().unwrap_or_default()
    })
    .collect()
}

fn listed<'a>(kind: &Kind, query: &Query, records: impl Iterator<Item = &'a Record>) -> Value {
    query.answer(
        records,
        |record, name| entity::property(kind, record, name),
        |record| entity::show(kind, record, query.depth),
    )
}

/// `POST /data/contact`.
pub fn create(state: &mut State, kind: &Kind, call: &Call, now: Timestamp) -> Reply {
    let Ok(body) = call.json() else {
        return malformed();
    };
    let mut record = match entity::read(kind, None, &body) {
        Ok(record) => record,
        Err(faults) => return Reply::json(400, &faults.into()),
    };
    if let Some(reply) = taken(state, kind, None, &record) {
        return reply;
    }
    record.insert("createdAt".into(), entity::seconds(now));
    record.insert("updatedAt".into(), entity::seconds(now));
    let id = state.add(kind.plural, record);
    one(state, kind, &id, call, 201)
}

/// `GET`, `PUT` and `DELETE /data/contact/{id}`; PUT replaces the whole object.
pub fn single(state: &mut State, kind: &Kind, id: &str, call: &Call, now: Timestamp) -> Reply {
    let Some(stored) = state.records.get(kind.plural, id) else {
        return gone();
    };
    match call.method {
        Method::GET => one(state, kind, id, call, 200),
        Method::DELETE => {
            state.records.collection_mut(kind.plural).remove(id);
            if let (Ok(number), "contacts") = (id.parse::<u64>(), kind.plural) {
                for members in state.members.values_mut() {
                    members.remove(&number);
                }
            }
            Reply::empty(200)
        }
        Method::PUT => {
            let Ok(body) = call.json() else {
                return malformed();
            };
            let named = body.get("id").and_then(entity::scalar);
            if named.as_ref().is_some_and(|named| named != id) {
                let value = named.unwrap_or_default();
                let fault =
                    entity::violation(kind.type_name, Some(id), "id", "IdRequirement", &value);
                return Reply::json(400, &json!([fault]));
            }
            let created = stored.get("createdAt").cloned().unwrap_or_default();
            let mut record = match entity::read(kind, Some(id), &body) {
                Ok(record) => record,
                Err(faults) => return Reply::json(400, &faults.into()),
            };
            if let Some(reply) = taken(state, kind, Some(id), &record) {
                return reply;
            }
            record.insert("id".into(), id.into());
            record.insert("createdAt".into(), created);
            record.insert("updatedAt".into(), entity::seconds(now));
            if let Some(stored) = state.records.collection_mut(kind.plural).get_mut(id) {
                *stored = record;
            }
            one(state, kind, id, call, 200)
        }
        _ => Reply::empty(405),
    }
}

/// `GET /data/contact/{id}/membership`: the contact lists that hold it; accounts are in no group.
pub fn membership(state: &State, kind: &Kind, id: &str) -> Reply {
    if state.records.get(kind.plural, id).is_none() {
        return gone();
    }
    let number = id.parse::<u64>().unwrap_or(0);
    let lists: Vec<Value> = state
        .all("ContactList")
        .filter(|list| {
            let members = state.members.get(text(list, "id"));
            kind.plural == "contacts" && members.is_some_and(|members| members.contains(&number))
        })
        .map(|list| json!({"type": "ContactList", "id": list.get("id"), "name": list.get("name")}))
        .collect();
    Reply::json(200, &lists.into())
}

/// The fields of a kind: `/assets/contact/fields` and `/assets/contact/field/{id}`.
pub fn fields(kind: &Kind, id: Option<&str>, call: &Call) -> Reply {
    let Some(id) = id else {
        let query = match Query::read(call) {
            Ok(query) => query,
            Err(body) => return Reply::json(400, &body),
        };
        let complete = query.depth != Depth::Minimal;
        let assets: Vec<Record> = kind
            .fields
            .iter()
            .filter_map(|field| field.asset(kind.field_type, complete).as_object().cloned())
            .collect();
        let answer = query.answer(
            assets.iter(),
            |record, name| record.get(name).and_then(entity::scalar),
            |record| record.clone().into(),
        );
        return Reply::json(200, &answer);
    };
    match kind.fields.iter().find(|field| field.id == id) {
        Some(field) => Reply::json(200, &field.asset(kind.field_type, true)),
        None => gone(),
    }
}

/// A body that is no JSON.
pub fn malformed() -> Reply {
    Reply::json(
        400,
        &json!([{"type": "ParseError", "requirement": {"type": "JsonRequirement"}}]),
    )
}

fn one(state: &State, kind: &Kind, id: &str, call: &Call, status: u16) -> Reply {
    let depth = Depth::read(call.query("depth"), Depth::Complete);
    match state.records.get(kind.plural, id) {
        Some(record) => Reply::json(status, &entity::show(kind, record, depth)),
        None => gone(),
    }
}

/// Refuses an address that another contact has; names of accounts may repeat.
fn taken(state: &State, kind: &Kind, id: Option<&str>, record: &Record) -> Option<Reply> {
    let email = text(record, "emailAddress");
    let other = (kind.plural == "contacts")
        && state.all(kind.plural).any(|one| {
            text(one, "emailAddress").eq_ignore_ascii_case(email) && Some(text(one, "id")) != id
        });
    other.then(|| conflict(kind.type_name, id, "emailAddress", email))
}
