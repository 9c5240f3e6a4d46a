//! Bulk 2.0: fields, exports, imports, and the syncs that carry them out, of contacts, accounts, custom objects and activities.
//!
//! # Source
//! <https://docs.oracle.com/en/cloud/saas/marketing/eloqua-develop/Developers/BulkAPI/bulk-api.htm> (2026-11)

mod export;
mod filter;
mod import;
mod object;
mod scoring;
mod sync;

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::search::like;
use super::state::{State, gone};
use crate::call::{Call, Reply};
use crate::record_store::{Record, put};
use object::Object;

/// Answers `/api/bulk/2.0/…`, whose remaining segments (in lower case) these are.
pub fn answer(state: &mut State, path: &[&str], call: &Call, now: Timestamp) -> Reply {
    match path {
        ["syncs", rest @ ..] => return sync::answer(state, rest, call, now),
        ["customobjects"] => return assets(state, "CustomObject", "customObjects", None, call),
        ["customobjects", id] => {
            return assets(state, "CustomObject", "customObjects", Some(id), call);
        }
        ["accounts", "lists" | "groups", rest @ ..] if rest.len() < 2 => {
            let only = rest.first().copied();
            return assets(state, "AccountGroup", "accounts/lists", only, call);
        }
        ["contacts", "scoring", "models", rest @ ..] => return scoring::answer(rest, call),
        [
            "contacts",
            kind @ ("lists" | "segments" | "filters"),
            rest @ ..,
        ] if rest.len() < 2 => {
            let name = match *kind {
                "lists" => "ContactList",
                "segments" => "ContactSegment",
                _ => "ContactFilter",
            };
            let place = format!("contacts/{kind}");
            return assets(state, name, &place, rest.first().copied(), call);
        }
        _ => {}
    }
    let Some((object, rest)) = Object::of(state, path) else {
        return gone();
    };
    match (call.method.as_str(), rest) {
        ("GET", ["fields"]) => paged(&named(object.fields(), call), call),
        ("GET", ["fields", id]) => object
            .fields()
            .into_iter()
            .find(|field| {
                let uri = field.get("uri").and_then(Value::as_str).unwrap_or_default();
                uri.rsplit('/').next() == Some(id)
            })
            .map_or_else(gone, |field| Reply::json(200, &field)),
        (_, ["exports", rest @ ..]) => export::answer(state, &object, rest, call, now),
        (_, ["imports", rest @ ..]) => import::answer(state, &object, rest, call, now),
        (_, ["fields", ..]) => Reply::empty(405),
        _ => gone(),
    }
}

/// Lists, segments and custom objects as Bulk names them: all, or the one of an id.
fn assets(state: &State, kind: &str, path: &str, only: Option<&str>, call: &Call) -> Reply {
    if call.method != http::Method::GET {
        return Reply::empty(405);
    }
    let shown = |asset: &Record| {
        let id = super::entity::text(asset, "id");
        let mut item = json!({
            "name": asset.get("name"), "uri": format!("/{path}/{id}"), "createdBy": "API.User", "updatedBy": "API.User",
            "createdAt": asset.get("createdAt"), "updatedAt": asset.get("updatedAt"),
        });
        if kind != "CustomObject" {
            put(
                &mut item,
                "statement",
                format!("{{{{{kind}[{id}]}}}}").into(),
            );
        }
        item
    };
    match only {
        Some(id) => state
            .records
            .get(kind, id)
            .map_or_else(gone, |asset| Reply::json(200, &shown(asset))),
        None => paged(&named(state.all(kind).map(shown).collect(), call), call),
    }
}

/// The items that `q="name=*x*"` wants.
fn named(items: Vec<Value>, call: &Call) -> Vec<Value> {
    let wanted = call
        .query("q")
        .map(|q| q.trim_matches('"'))
        .and_then(|q| q.split_once('='))
        .map(|(_, value)| value.trim_matches(['\'', '"']).to_owned());
    let name = |item: &Value| {
        let name = item.get("name").and_then(Value::as_str);
        name.unwrap_or_default().to_owned()
    };
    items
        .into_iter()
        .filter(|item| {
            wanted
                .as_ref()
                .is_none_or(|wanted| like(&name(item), wanted))
        })
        .collect()
}

/// 400: a member of the body breaks a rule.
fn fault(field: &str, rule: &str) -> Reply {
    Reply::json(
        400,
        &json!({"failures": [{"field": field, "constraint": rule}]}),
    )
}

/// The fields of a definition: alias to statement.
///
/// # Errors
/// The 400 of the vendor.
fn read_fields(object: &Object, body: &Value, most: usize) -> Result<Map<String, Value>, Reply> {
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() || name.chars().count() > 100 {
        let rule = "Must be a string value, at least 1 character and at most 100 characters long.";
        return Err(fault("name", rule));
    }
    let fields = body
        .get("fields")
        .and_then(Value::as_object)
        .filter(|fields| !fields.is_empty() && fields.len() <= most)
        .ok_or_else(|| {
            fault(
                "fields",
                &format!("Must contain at least 1 and at most {most} fields."),
            )
        })?;
    let unknown = fields.iter().find(|(_, statement)| {
        let statement = statement.as_str().unwrap_or_default();
        object.property(statement).is_none()
    });
    match unknown {
        Some((alias, _)) => Err(fault(
            &format!("fields.{alias}"),
            "Must reference an existing field.",
        )),
        None => Ok(fields.clone()),
    }
}

/// The definition of an export or import that a path begins with, of this object; the list of all when it names none.
///
/// # Errors
/// The answer: that list, or 404.
fn defined<'a>(
    state: &'a State,
    collection: &str,
    object: &Object,
    path: &[&str],
    call: &Call,
    shown: fn(&Record) -> Value,
) -> Result<&'a Record, Reply> {
    let prefix = format!("/{}/{collection}/", object.path());
    let own = |one: &&Record| super::entity::text(one, "uri").starts_with(&prefix);
    match path.first() {
        Some(id) => {
            let found = state.records.get(collection, id).filter(own);
            found.ok_or_else(gone)
        }
        None if call.method == http::Method::GET => {
            let all: Vec<Value> = state.all(collection).filter(own).map(shown).collect();
            Err(paged(&all, call))
        }
        None => Err(Reply::empty(405)),
    }
}

/// Stores a definition of an export or import and answers it.
fn keep(
    state: &mut State,
    collection: &str,
    object: &Object,
    mut record: Record,
    now: Timestamp,
) -> Reply {
    let stored = state.records.collection_mut(collection);
    let id = stored.next_number().to_string();
    let uri = format!("/{}/{collection}/{id}", object.path());
    for (name, value) in [
        ("uri", uri),
        ("createdBy", "API.User".to_owned()),
        ("createdAt", now.to_iso()),
        ("updatedBy", "API.User".to_owned()),
        ("updatedAt", now.to_iso()),
    ] {
        record.insert(name.into(), value.into());
    }
    let shown = Reply::json(201, &Value::Object(record.clone()));
    stored.insert(record, |_| id);
    shown
}

/// One page of items; `items` is left out when there is none.
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
