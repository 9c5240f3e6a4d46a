//! Transformations of a common resource by id, every level of an element at once.

use std::collections::{BTreeMap, BTreeSet};

use ligand_engine::transform::Transformation;
use ligand_model::id::{ElementId, TransformationId};
use ligand_model::level::{Level, Owner};
use ligand_store::identity::Caller;
use ligand_store::transformations::{Change, TransformationChange, TransformationRow};
use serde_json::{Map, Value, json};

use super::super::{Error, elements};
use super::common::{Whole, owner_of, reached};
use super::vdrs::{get, listed, usual};
use super::{change, may_write, no_transformation, read};
use crate::app::App;

/// A body that says several levels, taken apart by level.
pub(super) struct Split {
    pub(super) bodies: BTreeMap<Owner, Value>,
    pub(super) ignored: bool,
}

/// Takes a transformation of several levels apart.
///
/// # Errors
/// 400 for a body that is none, 404 for a part of an instance that the caller does not reach.
pub(super) async fn split(
    app: &App,
    caller: &Caller,
    whole: &Whole,
    body: &Value,
    usual: Owner,
) -> Result<Split, Error> {
    let mut bodies: BTreeMap<Owner, Map<String, Value>> = BTreeMap::new();
    let mut ignored = false;
    let fields: BTreeMap<i64, (Owner, &Value)> = whole
        .parts
        .iter()
        .flat_map(|part| part.fields.iter().map(move |field| (part.owner, field)))
        .filter_map(|(owner, field)| Some((field.get("id")?.as_i64()?, (owner, field))))
        .collect();
    let mut put = |owner: Owner, list: &str, item: Value| {
        if !may_write(caller, owner.level) {
            ignored = true;
            return;
        }
        let body = bodies.entry(owner).or_default();
        let list = body.entry(list).or_insert_with(|| json!([]));
        if let Value::Array(items) = list {
            items.push(item);
        }
    };
    for (index, field) in listed(body, "fields")?.iter().enumerate() {
        let of = field
            .get("vdrFieldId")
            .and_then(Value::as_i64)
            .and_then(|id| fields.get(&id));
        let mut field = field.clone();
        let mut usual = usual;
        if let (Some((owner, known)), Value::Object(members)) = (of, &mut field) {
            if owner.level != Level::System {
                usual = *owner;
            }
            for name in ["path", "type"] {
                if let Some(value) = known.get(name) {
                    members.entry(name).or_insert_with(|| value.clone());
                }
            }
        }
        let owner = owner_of(caller, &field, usual, index)?;
        put(owner, "fields", field);
    }
    for (index, setting) in listed(body, "configuration")?.iter().enumerate() {
        put(
            owner_of(caller, setting, usual, index)?,
            "configuration",
            setting.clone(),
        );
    }
    let mut scripts: Vec<Value> = listed(body, "scripts")?.to_vec();
    if let Some(script) = body
        .get("script")
        .filter(|script| script.get("body").is_some_and(Value::is_string))
    {
        let level = |script: &Value| script.get("level").cloned();
        scripts.retain(|other| level(other) != level(script));
        scripts.push(script.clone());
    }
    for (index, script) in scripts.into_iter().enumerate() {
        let owner = owner_of(caller, &script, usual, index)?;
        if may_write(caller, owner.level) {
            bodies
                .entry(owner)
                .or_default()
                .insert("script".to_owned(), script);
        } else {
            ignored = true;
        }
    }
    if bodies.is_empty() {
        let owner = if may_write(caller, usual.level) {
            usual
        } else {
            caller.account.into()
        };
        bodies.insert(owner, Map::new());
    }
    // What runs in an instance's calls is for who reaches the instance.
    reached(app, caller, bodies.keys().copied()).await?;
    let known = [
        "fields",
        "configuration",
        "script",
        "scripts",
        "id",
        "instanceId",
        "level",
        "objectName",
        "elementKey",
    ];
    let mut whole_bodies = BTreeMap::new();
    for (owner, mut members) in bodies {
        if let Value::Object(given) = body {
            for (name, value) in given
                .iter()
                .filter(|(name, _)| !known.contains(&name.as_str()))
            {
                members.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let read = Transformation::read(&Value::Object(members), owner.level)?;
        whole_bodies.insert(owner, Value::Object(read.to_json()));
    }
    Ok(Split {
        bodies: whole_bodies,
        ignored,
    })
}

/// The transformations of a common resource: one an element, every level of it.
///
/// # Errors
/// 404.
pub async fn transformations(app: &App, caller: &Caller, id: &str) -> Result<Value, Error> {
    let whole = get(app, caller, id).await?;
    let mut found = Vec::new();
    for element in whole.elements() {
        found.push(merged(app, caller, &whole, ElementId(element), None).await?);
    }
    Ok(Value::Array(found))
}

/// One of them by id.
///
/// # Errors
/// 404.
pub async fn transformation(
    app: &App,
    caller: &Caller,
    id: &str,
    transformation: &str,
    instance: Option<i64>,
) -> Result<Value, Error> {
    let whole = get(app, caller, id).await?;
    let element = element_of(&whole, transformation)?;
    merged(app, caller, &whole, element, instance).await
}

fn element_of(whole: &Whole, transformation: &str) -> Result<ElementId, Error> {
    let wanted = transformation.parse().map(TransformationId).ok();
    let row = whole.rows.iter().find(|row| Some(row.id) == wanted);
    Ok(row
        .ok_or_else(|| no_transformation(transformation))?
        .element)
}

/// Maps a common resource for an element.
///
/// # Errors
/// 400 for a body that is none, 404 for what is not there, 409 when it is mapped for the element.
pub async fn create_transformation(
    app: &App,
    caller: &Caller,
    id: &str,
    body: &Value,
) -> Result<(Value, bool), Error> {
    let key = body.get("elementKey").or_else(|| body.get("elementId"));
    let key = match key {
        Some(Value::String(key)) => key.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => return Err(Error::invalid("`elementKey` is missing; it must be text.")),
    };
    let element = elements::find(app, Some(caller.organization), &key)
        .await?
        .id;
    let ignored = change(app, caller.organization, || async {
        let whole = get(app, caller, id).await?;
        let own = |row: &&TransformationRow| row.owner.level != Level::System;
        if whole
            .rows
            .iter()
            .filter(own)
            .any(|row| row.element == element)
        {
            return Err(Error::conflict(format!(
                "'{}' is mapped for {key} already.",
                whole.vdr.name
            )));
        }
        let split = split(app, caller, &whole, body, usual(app, caller, body).await?).await?;
        let mut made = Change::of(whole.vdr);
        for (owner, body) in split.bodies {
            made.transformations
                .push(TransformationChange::Insert(element, owner, body));
        }
        Ok((vec![made], split.ignored))
    })
    .await?;
    let whole = get(app, caller, id).await?;
    Ok((merged(app, caller, &whole, element, None).await?, ignored))
}

/// Replaces a transformation at every level that the caller may write.
///
/// # Errors
/// 400 for a body that is none, 404 for what is not there.
pub async fn replace_transformation(
    app: &App,
    caller: &Caller,
    id: &str,
    transformation: &str,
    body: &Value,
) -> Result<(Value, bool), Error> {
    let (element, ignored) = change(app, caller.organization, || async {
        let whole = get(app, caller, id).await?;
        let element = element_of(&whole, transformation)?;
        let mut body = body.clone();
        let first = whole.rows.iter().find(|row| row.element == element);
        if let (Some(first), Value::Object(members)) = (first, &mut body) {
            let vendor = first.body.get("vendorName").cloned().unwrap_or_default();
            members.entry("vendorName").or_insert(vendor);
        }
        let split = split(app, caller, &whole, &body, usual(app, caller, &body).await?).await?;
        let own: Vec<&TransformationRow> = whole
            .rows
            .iter()
            .filter(|row| row.element == element && may_write(caller, row.owner.level))
            .collect();
        let mut made = Change::of(whole.vdr.clone());
        let mut written = BTreeSet::new();
        for (owner, body) in split.bodies {
            let change = match own.iter().find(|row| row.owner == owner) {
                Some(row) => TransformationChange::Replace(row.id, body),
                None => TransformationChange::Insert(element, owner, body),
            };
            written.insert(owner);
            made.transformations.push(change);
        }
        for row in own.iter().filter(|row| !written.contains(&row.owner)) {
            made.transformations
                .push(TransformationChange::Delete(row.id));
        }
        Ok((vec![made], (element, split.ignored)))
    })
    .await?;
    let whole = get(app, caller, id).await?;
    Ok((merged(app, caller, &whole, element, None).await?, ignored))
}

/// Deletes a transformation at every level that the caller may write.
///
/// # Errors
/// 404.
pub async fn delete_transformation(
    app: &App,
    caller: &Caller,
    id: &str,
    transformation: &str,
) -> Result<(), Error> {
    change(app, caller.organization, || async {
        let whole = get(app, caller, id).await?;
        let element = element_of(&whole, transformation)?;
        let mut made = Change::of(whole.vdr);
        made.transformations = whole
            .rows
            .iter()
            .filter(|row| row.element == element && may_write(caller, row.owner.level))
            .map(|row| TransformationChange::Delete(row.id))
            .collect();
        Ok((vec![made], ()))
    })
    .await
}

/// Every level of a transformation as one.
async fn merged(
    app: &App,
    caller: &Caller,
    whole: &Whole,
    element: ElementId,
    instance: Option<i64>,
) -> Result<Value, Error> {
    let rows: Vec<&TransformationRow> = whole
        .rows
        .iter()
        .filter(|row| row.element == element)
        .filter(|row| {
            instance.is_none_or(|id| row.owner.level != Level::Instance || row.owner.id == id)
        })
        .collect();
    let first = rows.iter().min_by_key(|row| row.owner);
    let first = first.ok_or_else(|| no_transformation(&whole.vdr.name))?;
    let key = element_key(app, caller, first).await?;
    let mut members = one(&whole.vdr.name, &key, &rows, true)?;
    let id = whole
        .rows
        .iter()
        .filter(|row| row.element == element)
        .map(|row| row.id)
        .min();
    members.insert("id".to_owned(), json!(id));
    Ok(Value::Object(members))
}

/// The key of a row's element; of one that was not there when the row was imported, the key that it came with.
pub(super) async fn element_key(
    app: &App,
    caller: &Caller,
    row: &TransformationRow,
) -> Result<String, Error> {
    if row.element.0 < 0 {
        let key = row.body.get("elementOf").and_then(Value::as_str);
        return Ok(key.unwrap_or_default().to_owned());
    }
    let element = elements::shown_of_instance(app, caller.organization, row.element).await?;
    Ok(element.element.key.clone())
}

/// The rows of an element as one transformation, each part with its level.
pub(super) fn one(
    name: &str,
    key: &str,
    rows: &[&TransformationRow],
    ids: bool,
) -> Result<Map<String, Value>, Error> {
    let mut members = Map::new();
    let (mut fields, mut settings, mut scripts) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let read = read(row)?;
        for (member, value) in read.to_json() {
            match (member.as_str(), value) {
                ("fields", Value::Array(items)) => {
                    for mut item in items {
                        if let (true, Value::Object(item)) = (ids, &mut item) {
                            super::mark(item, row.owner);
                        }
                        fields.push(item);
                    }
                }
                ("configuration", Value::Array(items)) => settings.extend(items),
                ("script", script) => scripts.push(script),
                ("level" | "elementOf", _) => {}
                (_, value) => {
                    members.entry(member).or_insert(value);
                }
            }
        }
    }
    members.insert("objectName".to_owned(), json!(name));
    members.insert("elementKey".to_owned(), json!(key));
    members.insert("fields".to_owned(), Value::Array(fields));
    if !settings.is_empty() {
        members.insert("configuration".to_owned(), Value::Array(settings));
    }
    if let Some(last) = scripts.last() {
        members.insert("script".to_owned(), last.clone());
        members.insert("scripts".to_owned(), Value::Array(scripts));
    }
    Ok(members)
}
