//! Bulk 2.0: fields, exports, syncs and their data, of contacts and accounts.

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::data::malformed;
use super::entity::{self, ACCOUNT, CONTACT, Kind, text};
use super::search::{like, order};
use super::state::{State, gone};
use crate::call::{Call, Reply};
use crate::record_store::Record;

const EXPORTS: &str = "bulk exports";
const SYNCS: &str = "bulk syncs";
/// An export may name this many fields.
const MOST_FIELDS: usize = 250;

/// Answers `/api/bulk/2.0/…`, whose remaining segments these are.
pub fn answer(state: &mut State, path: &[&str], call: &Call, now: Timestamp) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", [object, "fields"]) => match kind(object) {
            Some(kind) => {
                let wanted = call
                    .query("q")
                    .and_then(|q| q.split_once('='))
                    .map(|(_, value)| value.trim_matches(['\'', '"']).to_owned());
                let fields: Vec<Value> = kind
                    .fields
                    .iter()
                    .filter(|field| {
                        wanted
                            .as_ref()
                            .is_none_or(|wanted| like(field.name, wanted))
                    })
                    .map(|field| field.bulk(kind.type_name))
                    .collect();
                paged(&fields, call)
            }
            None => gone(),
        },
        ("GET", [object, "fields", id]) => kind(object)
            .and_then(|kind| {
                Some(
                    kind.fields
                        .iter()
                        .find(|field| field.id == *id)?
                        .bulk(kind.type_name),
                )
            })
            .map_or_else(gone, |field| Reply::json(200, &field)),
        ("POST", [object, "exports"]) => match kind(object) {
            Some(kind) => create_export(state, kind, call, now),
            None => gone(),
        },
        ("GET", [_, "exports", id]) => match state.records.get(EXPORTS, id) {
            Some(export) => Reply::json(200, &Value::Object(export.clone())),
            None => gone(),
        },
        ("DELETE", [_, "exports", id]) => match state.records.collection_mut(EXPORTS).remove(id) {
            Some(_) => Reply::empty(204),
            None => gone(),
        },
        ("GET", [_, "exports", id, "data"]) => data(state, id, call),
        ("POST", ["syncs"]) => create_sync(state, call, now),
        ("GET", ["syncs", id]) => advance(state, id, now),
        ("GET", ["syncs", id, "data"]) => match state.records.get(SYNCS, id) {
            Some(sync) => {
                let export = text(sync, "syncedInstanceUri")
                    .rsplit('/')
                    .next()
                    .unwrap_or_default();
                data(state, export, call)
            }
            None => gone(),
        },
        ("GET", ["syncs", id, "logs"]) => match state.records.get(SYNCS, id) {
            Some(sync) => {
                let item = json!({
                    "syncUri": text(sync, "uri"), "count": 0, "severity": "information",
                    "statusCode": "ELQ-00101", "message": "Sync processed.",
                    "createdAt": text(sync, "createdAt"),
                });
                paged(&[item], call)
            }
            None => gone(),
        },
        (_, ["syncs", ..] | [_, "exports" | "fields", ..]) if call.method != Method::GET => {
            Reply::empty(405)
        }
        _ => gone(),
    }
}

fn create_export(state: &mut State, kind: &Kind, call: &Call, now: Timestamp) -> Reply {
    let Ok(body) = call.json() else {
        return malformed();
    };
    let fault = |field: &str, rule: &str| {
        let failure = json!({"field": field, "constraint": rule});
        Reply::json(400, &json!({"failures": [failure]}))
    };
    if body
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .is_empty()
    {
        return fault(
            "name",
            "Must be a string value, at least 1 character and at most 100 characters long.",
        );
    }
    let Some(fields) = body
        .get("fields")
        .and_then(Value::as_object)
        .filter(|fields| !fields.is_empty() && fields.len() <= MOST_FIELDS)
    else {
        return fault("fields", "Must contain at least 1 and at most 250 fields.");
    };
    if let Some((alias, _)) = fields.iter().find(|(_, statement)| {
        statement
            .as_str()
            .and_then(|statement| property_of(kind, statement))
            .is_none()
    }) {
        return fault(
            &format!("fields.{alias}"),
            "Must reference an existing field.",
        );
    }
    let filter = body
        .get("filter")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !filter.is_empty() && Filter::parse(kind, filter).is_none() {
        return fault(
            "filter",
            "The sandbox takes one comparison of a field with a value.",
        );
    }
    let mut export = Record::new();
    export.insert("name".into(), body.get("name").cloned().unwrap_or_default());
    export.insert("fields".into(), fields.clone().into());
    if !filter.is_empty() {
        export.insert("filter".into(), filter.into());
    }
    for (name, otherwise) in [
        ("dataRetentionDuration", "PT12H"),
        ("autoDeleteDuration", "P3D"),
    ] {
        let given = body.get(name).cloned().unwrap_or_else(|| otherwise.into());
        export.insert(name.into(), given);
    }
    export.insert("areSystemTimestampsInUTC".into(), true.into());
    for (name, value) in [
        ("createdBy", "API.User".to_owned()),
        ("createdAt", now.to_iso()),
    ] {
        export.insert(name.into(), value.into());
    }
    let collection = state.records.collection_mut(EXPORTS);
    let id = collection.next_number().to_string();
    export.insert(
        "uri".into(),
        format!("/{}/exports/{id}", kind.plural).into(),
    );
    let shown = Reply::json(201, &Value::Object(export.clone()));
    collection.insert(export, |_| id);
    shown
}

fn create_sync(state: &mut State, call: &Call, now: Timestamp) -> Reply {
    let Ok(body) = call.json() else {
        return malformed();
    };
    let uri = body
        .get("syncedInstanceUri")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let known = uri
        .rsplit('/')
        .next()
        .and_then(|id| state.records.get(EXPORTS, id));
    if known.is_none_or(|export| text(export, "uri") != uri) {
        let failure = json!({"field": "syncedInstanceUri", "constraint": "Must reference an existing object."});
        return Reply::json(400, &json!({"failures": [failure]}));
    }
    let collection = state.records.collection_mut(SYNCS);
    let id = collection.next_number().to_string();
    let sync = json!({
        "syncedInstanceUri": uri, "status": "pending", "createdAt": now.to_iso(),
        "createdBy": "API.User", "uri": format!("/syncs/{id}"),
    });
    if let Value::Object(record) = sync.clone() {
        collection.insert(record, |_| id);
    }
    Reply::json(201, &sync)
}

/// Each look at a sync moves it on: pending, active, success.
fn advance(state: &mut State, id: &str, now: Timestamp) -> Reply {
    let Some(sync) = state.records.collection_mut(SYNCS).get_mut(id) else {
        return gone();
    };
    let shown = Reply::json(200, &Value::Object(sync.clone()));
    match text(sync, "status") {
        "pending" => {
            sync.insert("status".into(), "active".into());
            sync.insert("syncStartedAt".into(), now.to_iso().into());
        }
        "active" => {
            sync.insert("status".into(), "success".into());
            sync.insert("syncEndedAt".into(), now.to_iso().into());
        }
        _ => {}
    }
    shown
}

fn data(state: &State, export: &str, call: &Call) -> Reply {
    let Some(export) = state.records.get(EXPORTS, export) else {
        return gone();
    };
    let plural = text(export, "uri").split('/').nth(1).unwrap_or_default();
    let Some(kind) = kind(plural) else {
        return gone();
    };
    let filter = Filter::parse(kind, text(export, "filter"));
    let fields = export
        .get("fields")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let rows: Vec<Value> = state
        .all(plural)
        .filter(|record| {
            filter
                .as_ref()
                .is_none_or(|filter| filter.admits(kind, record))
        })
        .map(|record| {
            let row: Map<String, Value> = fields
                .iter()
                .map(|(alias, statement)| {
                    let name = property_of(kind, statement.as_str().unwrap_or_default());
                    let found = name.and_then(|name| entity::property(kind, record, name));
                    (alias.clone(), found.unwrap_or_default().into())
                })
                .collect();
            Value::Object(row)
        })
        .collect();
    paged(&rows, call)
}

/// `items` is left out when there is none.
fn paged(items: &[Value], call: &Call) -> Reply {
    let number = |name: &str, otherwise: usize| {
        call.query(name)
            .and_then(|text| text.parse::<usize>().ok())
            .unwrap_or(otherwise)
    };
    let (limit, offset) = (number("limit", 1000).clamp(1, 50_000), number("offset", 0));
    let shown: Vec<Value> = items.iter().skip(offset).take(limit).cloned().collect();
    let count = shown.len();
    let mut body = Map::new();
    if count > 0 {
        body.insert("items".into(), shown.into());
    }
    body.insert("totalResults".into(), items.len().into());
    body.insert("limit".into(), limit.into());
    body.insert("offset".into(), offset.into());
    body.insert("count".into(), count.into());
    body.insert(
        "hasMore".into(),
        (offset.saturating_add(count) < items.len()).into(),
    );
    Reply::json(200, &Value::Object(body))
}

fn kind(plural: &str) -> Option<&'static Kind> {
    [&CONTACT, &ACCOUNT]
        .into_iter()
        .find(|kind| kind.plural == plural)
}

/// The property that `{{Contact.Field(C_EmailAddress)}}` or `{{Contact.Id}}` names.
fn property_of<'a>(kind: &Kind, statement: &'a str) -> Option<&'a str> {
    let inner = statement.strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix(kind.type_name)?.strip_prefix('.')?;
    match inner {
        "Id" => Some("id"),
        "CreatedAt" => Some("createdAt"),
        "UpdatedAt" => Some("updatedAt"),
        "Email.IsSubscribed" => Some("isSubscribed"),
        _ => {
            let name = inner.strip_prefix("Field(")?.strip_suffix(')')?;
            kind.fields
                .iter()
                .any(|field| field.internal == name)
                .then_some(name)
        }
    }
}

/// `'{{Contact.UpdatedAt}}' > '2017-01-01 00:00:00'`.
struct Filter {
    name: String,
    operator: String,
    value: String,
}

impl Filter {
    fn parse(kind: &Kind, text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(5, '\'');
        let before = parts.next()?;
        let statement = parts.next()?;
        let operator = parts.next()?.trim();
        let value = parts.next()?;
        let after = parts.next()?;
        let fine = before.is_empty() && after.trim().is_empty();
        if !fine || !["=", "!=", ">", ">=", "<", "<=", "~"].contains(&operator) {
            return None;
        }
        Some(Self {
            name: property_of(kind, statement)?.to_owned(),
            operator: operator.to_owned(),
            value: value.to_owned(),
        })
    }

    fn admits(&self, kind: &Kind, record: &Record) -> bool {
        let found = entity::property(kind, record, &self.name).unwrap_or_default();
        let by = order(&found, &self.value);
        match self.operator.as_str() {
            "=" => by.is_eq(),
            "!=" => by.is_ne(),
            ">" => by.is_gt(),
            ">=" => by.is_ge(),
            "<" => by.is_lt(),
            "<=" => by.is_le(),
            _ => like(&found, &self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_one_comparison() {
        let filter =
            Filter::parse(&CONTACT, "'{{Contact.UpdatedAt}}' > '2017-01-01 00:00:00'").unwrap();
        let record = |at: &str| {
            let mut record = Record::new();
            record.insert("updatedAt".into(), at.into());
            record
        };
        assert!(filter.admits(&CONTACT, &record("1500000000")));
        assert!(!filter.admits(&CONTACT, &record("1400000000")));
        assert!(Filter::parse(&CONTACT, "EXISTS('{{ContactList[4]}}')").is_none());
        assert!(Filter::parse(&CONTACT, "'{{Contact.Field(C_No)}}' = 'x'").is_none());
    }
}
