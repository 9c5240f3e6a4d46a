//! The hubs: groups of elements.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::page::Page;
use super::wire;
use crate::service::elements as service;

/// What people call a hub, and what it is for.
const KNOWN: [(&str, &str, &str); 6] = [
    ("crm", "CRM", "Accounts, contacts, leads and opportunities"),
    (
        "marketing",
        "Marketing",
        "Campaigns, contacts, lists and leads",
    ),
    ("helpdesk", "Help Desk", "Incidents, contacts and agents"),
    ("documents", "Documents", "Files and folders"),
    ("collaboration", "Collaboration", "Channels and messages"),
    ("general", "General", "Everything else"),
];

/// `GET /hubs`
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let page = Page::of(&call)?;
    let hubs = all(&call).await?;
    let hydrate = call.flag("hydrate").unwrap_or(false);
    let rows: Vec<Value> = hubs
        .iter()
        .map(|(key, elements)| hub(key, elements, hydrate))
        .collect();
    let (rows, next) = page.cut(rows)?;
    let count = rows.len();
    Ok(page.headers(Answer::platform(Value::Array(rows)), count, next.as_deref()))
}

/// `GET /hubs/keys`
pub async fn keys(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let hubs = all(&call).await?;
    Ok(Answer::platform(json!(hubs.keys().collect::<Vec<_>>())))
}

/// `GET /hubs/{key}`
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let key = call.variable(0).to_owned();
    match all(&call).await?.get(&key) {
        Some(elements) => Ok(Answer::platform(hub(&key, elements, true))),
        None => Err(unknown(&key)),
    }
}

/// `GET /hubs/{key}/elements`
pub async fn elements(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let page = Page::of(&call)?;
    let key = call.variable(0).to_owned();
    let found = all(&call)
        .await?
        .remove(&key)
        .ok_or_else(|| unknown(&key))?;
    let (rows, next) = page.cut(found)?;
    let rows: Vec<Value> = rows
        .iter()
        .map(|element| wire::element_abridged(element))
        .collect();
    let count = rows.len();
    Ok(page.headers(Answer::platform(Value::Array(rows)), count, next.as_deref()))
}

async fn all(call: &Call) -> Result<BTreeMap<String, Vec<Arc<Compiled>>>, ApiError> {
    let organization = call.caller.as_ref().map(|caller| caller.organization);
    let mut hubs: BTreeMap<String, Vec<Arc<Compiled>>> = BTreeMap::new();
    for element in service::all(&call.app, organization).await? {
        hubs.entry(element.element.hub.clone())
            .or_default()
            .push(element);
    }
    Ok(hubs)
}

fn hub(key: &str, elements: &[Arc<Compiled>], hydrate: bool) -> Value {
    let known = KNOWN
        .iter()
        .zip(1i64..)
        .find(|((name, _, _), _)| *name == key);
    let (id, name, description) = match known {
        Some(((_, name, description), id)) => (id, *name, *description),
        // Hubs of imported elements: a number of their own that stays the same.
        None => (
            1000 + key
                .bytes()
                .fold(0, |sum, byte| (sum * 31 + i64::from(byte)) % 1_000_000),
            key,
            "",
        ),
    };
    let mut value =
        json!({"id": id, "key": key, "name": name, "description": description, "active": true});
    if let Value::Object(members) = &mut value
        && hydrate
    {
        let mut paths: Vec<String> = elements
            .iter()
            .flat_map(|element| &element.element.resources)
            .filter(|resource| resource.kind_of_call == "api")
            .map(|resource| format!("{} {}", resource.method, resource.path))
            .collect();
        paths.sort();
        paths.dedup();
        members.insert("resources".to_owned(), json!(paths));
    }
    value
}

fn unknown(key: &str) -> ApiError {
    ApiError::not_found(format!("No hub found with key {}", service::shown(key)))
}
