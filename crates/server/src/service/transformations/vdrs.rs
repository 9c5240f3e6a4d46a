//! Common resources by id, every level at once: what a caller may not write is left out, not refused.

use std::collections::BTreeMap;

use ligand_model::id::VdrId;
use ligand_model::level::{Level, Owner};
use ligand_store::identity::Caller;
use ligand_store::transformations::{Change, TransformationChange};
use serde_json::{Value, json};

use super::super::{Error, elements};
use super::common::{self, Whole, leveled, parts, with_paths};
use super::{begin, change, checked_name, may_write};
use crate::app::App;

/// What a write came to, and whether something of it was left out.
#[derive(Debug)]
pub struct Written {
    /// The common resource.
    pub whole: Whole,
    /// Whether fields that the caller may not write were left out.
    pub ignored: bool,
}

/// A common resource by id or name.
///
/// # Errors
/// 404 for one that the caller sees nothing of.
pub async fn get(app: &App, caller: &Caller, id: &str) -> Result<Whole, Error> {
    let (vdr, ready) = match id.parse().map(VdrId) {
        Ok(number) => match app.ready.by_id(number) {
            // The caller's own of that name goes before it.
            Some(ready) => {
                let name = &ready.vdr.name;
                let own = app.store.vdr_by_name(caller.organization, name).await?;
                (own, Some(ready))
            }
            None => (app.store.vdr(caller.organization, number).await?, None),
        },
        Err(_) => (
            app.store.vdr_by_name(caller.organization, id).await?,
            app.ready.get(id),
        ),
    };
    let whole = match (vdr, ready) {
        (Some(vdr), _) => common::of(app, caller, vdr).await?,
        (None, Some(ready)) => ready.into(),
        (None, None) => return Err(unknown(id)),
    };
    if whole.parts.is_empty() && whole.rows.is_empty() {
        return Err(unknown(id));
    }
    Ok(whole)
}

fn unknown(id: &str) -> Error {
    Error::not_found(format!("No VDR found with ID {}", elements::shown(id)))
}

/// Where what says no level goes.
///
/// # Errors
/// 404 for an instance that the caller does not reach.
pub(super) async fn usual(app: &App, caller: &Caller, body: &Value) -> Result<Owner, Error> {
    let instance = body.get("instanceId").and_then(Value::as_i64);
    let owner = match instance {
        Some(id) => Owner {
            level: Level::Instance,
            id,
        },
        None if caller.organization_admin => caller.organization.into(),
        None => caller.account.into(),
    };
    common::reached(app, caller, [owner]).await?;
    Ok(owner)
}

pub(super) fn listed<'a>(body: &'a Value, name: &str) -> Result<&'a [Value], Error> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(Error::invalid(format!("`{name}` must be an array."))),
    }
}

pub(super) fn named(body: &Value) -> Option<&str> {
    ["objectName", "name", "vdrName"]
        .iter()
        .find_map(|member| body.get(member).and_then(Value::as_str))
}

/// Makes a common resource.
///
/// # Errors
/// 400 for a body that is none, 409 for a name that has fields already.
pub async fn create(app: &App, caller: &Caller, body: &Value) -> Result<Written, Error> {
    let name =
        named(body).ok_or_else(|| Error::invalid("`objectName` is missing; it must be text."))?;
    let name = checked_name(name)?;
    let usual = usual(app, caller, body).await?;
    let fields = leveled(app, caller, listed(body, "fields")?, usual).await?;
    let ignored = fields
        .iter()
        .any(|(owner, _)| !may_write(caller, owner.level));
    change(app, caller.organization, || async {
        let vdr = app.store.vdr_by_name(caller.organization, &name).await?;
        if let Some(vdr) = &vdr
            && !app
                .store
                .vdr_parts(caller.organization, caller.account, Some(vdr.id))
                .await?
                .is_empty()
        {
            return Err(Error::conflict(format!("'{name}' exists already.")));
        }
        let mut made = begin(vdr, &name);
        describe(&mut made, body);
        made.parts = parts(caller, &[], &fields, usual);
        if made.parts.is_empty() {
            // Its name is there although none of its fields may be.
            made.parts.push((caller.account.into(), Some(Vec::new())));
        }
        Ok((vec![made], ()))
    })
    .await?;
    let whole = get_named(app, caller, &name).await?;
    Ok(Written { whole, ignored })
}

pub(super) async fn get_named(app: &App, caller: &Caller, name: &str) -> Result<Whole, Error> {
    common::by_name(app, caller, name).await
}

pub(super) fn describe(made: &mut Change, body: &Value) {
    if let Some(text) = body.get("description").and_then(Value::as_str) {
        text.clone_into(&mut made.description);
    }
}

/// Changes a common resource: fields by id, new ones without; what is not there any more is gone.
///
/// # Errors
/// 400 for a body that is none, 404 for one that is not there, 409 for a name that is taken.
pub async fn replace(app: &App, caller: &Caller, id: &str, body: &Value) -> Result<Written, Error> {
    let usual = usual(app, caller, body).await?;
    let has_fields = body.get("fields").is_some_and(Value::is_array);
    let fields = leveled(app, caller, listed(body, "fields")?, usual).await?;
    let new_name = named(body).map(checked_name).transpose()?;
    let ignored = change(app, caller.organization, || async {
        let whole = get(app, caller, id).await?;
        let mut made = Change::of(whole.vdr.clone());
        describe(&mut made, body);
        let ready = whole
            .parts
            .iter()
            .any(|part| part.owner.level == Level::System);
        let mut ignored = false;
        if let Some(name) = &new_name {
            ignored |= ready && *name != made.name;
            if !ready {
                made.name.clone_from(name);
            }
        }
        // Name and description are everybody's who has something of it.
        let same = made.name == whole.vdr.name && made.description == whole.vdr.description;
        if !same && !common::all_theirs(app, caller, &whole.vdr).await? {
            made.name.clone_from(&whole.vdr.name);
            made.description.clone_from(&whole.vdr.description);
            ignored = true;
        }
        if has_fields {
            let known: BTreeMap<i64, (Owner, &Value)> = whole
                .parts
                .iter()
                .flat_map(|part| part.fields.iter().map(move |field| (part.owner, field)))
                .filter_map(|(owner, field)| Some((field.get("id")?.as_i64()?, (owner, field))))
                .collect();
            let mut kept = Vec::new();
            let mut renamed = Vec::new();
            let mut fields = fields.clone();
            let ready = whole
                .parts
                .iter()
                .find(|part| part.owner.level == Level::System);
            if let Some(ready) = ready {
                let given = fields.len();
                if common::own_level(&mut fields, usual, &ready.fields) {
                    made.transformations = whole.adopted(usual);
                }
                ignored |= fields.len() < given;
            }
            for (owner, field) in &fields {
                let before = field
                    .get("id")
                    .and_then(Value::as_i64)
                    .and_then(|id| known.get(&id));
                let path =
                    |field: &Value| field.get("path").and_then(Value::as_str).map(str::to_owned);
                // A field stays at its level.
                let owner = before.map_or(*owner, |(owner, _)| *owner);
                if !may_write(caller, owner.level) {
                    ignored |= before.is_none_or(|(_, before)| path(before) != path(field));
                    continue;
                }
                let mut field = field.clone();
                match before {
                    Some((_, before)) => {
                        if let (Some(old), Some(new)) = (path(before), path(&field))
                            && old != new
                        {
                            renamed.push((old, new, Some(owner.level)));
                        }
                    }
                    None => {
                        if let Value::Object(members) = &mut field {
                            members.remove("id");
                        }
                    }
                }
                kept.push((owner, field));
            }
            made.parts = parts(caller, &whole.parts, &kept, usual);
            for row in &whole.rows {
                if let Some(body) = with_paths(row, &renamed) {
                    made.transformations
                        .push(TransformationChange::Replace(row.id, body));
                }
            }
        }
        Ok((vec![made], ignored))
    })
    .await?;
    let name = new_name.unwrap_or_default();
    let whole = match get(app, caller, id).await {
        Err(_) if !name.is_empty() => get_named(app, caller, &name).await?,
        other => other?,
    };
    Ok(Written { whole, ignored })
}

/// Deletes what the caller may delete; answers whether something stayed.
///
/// # Errors
/// 404.
pub async fn delete(app: &App, caller: &Caller, id: &str) -> Result<bool, Error> {
    change(app, caller.organization, || async {
        let whole = get(app, caller, id).await?;
        let mine = |owner: Owner| may_write(caller, owner.level);
        let mut made = Change::of(whole.vdr);
        made.parts = whole
            .parts
            .iter()
            .filter(|part| mine(part.owner))
            .map(|part| (part.owner, None))
            .collect();
        made.transformations = whole
            .rows
            .iter()
            .filter(|row| mine(row.owner))
            .map(|row| TransformationChange::Delete(row.id))
            .collect();
        // What is ready-made is there again.
        let stays = made.parts.len() < whole.parts.len() || app.ready.get(&made.name).is_some();
        Ok((vec![made], stays))
    })
    .await
}

/// As `/vdrs` shows it.
pub fn shown(whole: &Whole) -> Value {
    let mut value = json!({
        "id": whole.vdr.id, "objectName": whole.vdr.name, "fields": whole.fields(),
        "mappedElementIds": whole.elements(), "createdDate": whole.vdr.created.to_iso(),
        "updatedDate": whole.vdr.updated.to_iso(), "vdrShared": false, "vdrShareLevel": "account",
    });
    if let (false, Value::Object(members)) = (whole.vdr.description.is_empty(), &mut value) {
        members.insert("description".to_owned(), json!(whole.vdr.description));
    }
    value
}
