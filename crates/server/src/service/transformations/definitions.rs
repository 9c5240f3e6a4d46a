//! Object definitions, one level at a time.

use ligand_engine::transform::{MOST_FIELDS, Path};
use ligand_model::level::Owner;
use ligand_store::transformations::{Change, Part, TransformationChange, Vdr};
use serde_json::{Map, Value, json};

use super::super::Error;
use super::{Place, begin, change, checked_name, mark, no_definition};
use crate::app::App;

/// The definition of a name at a level.
///
/// # Errors
/// 404.
pub async fn get(app: &App, place: Place, name: &str) -> Result<Value, Error> {
    let (vdr, part) = find(app, place, name).await?;
    Ok(shown(&vdr, &part))
}

/// The definitions of a level by name.
///
/// # Errors
/// 404 when there is none.
pub async fn all(app: &App, place: Place) -> Result<Value, Error> {
    let parts = app
        .store
        .vdr_parts_of(place.organization, place.owner)
        .await?;
    if parts.is_empty() {
        return Err(Error::not_found("No object definitions found"));
    }
    let vdrs = app.store.vdrs(place.organization).await?;
    let mut all = Map::new();
    for part in &parts {
        if let Some(vdr) = vdrs.iter().find(|vdr| vdr.id == part.vdr) {
            all.insert(vdr.name.clone(), shown(vdr, part));
        }
    }
    Ok(Value::Object(all))
}

/// Makes definitions.
///
/// # Errors
/// 400 for a body that is none, 409 for a name that has one at this level.
pub async fn create(app: &App, place: Place, bodies: &[(String, Value)]) -> Result<(), Error> {
    let mut wanted = Vec::new();
    for (name, body) in bodies {
        wanted.push((
            checked_name(name)?,
            fields(body, name)?.unwrap_or_default(),
            body,
        ));
    }
    change(app, place.organization, || async {
        let mut changes = Vec::new();
        for (name, fields, body) in &wanted {
            let vdr = app.store.vdr_by_name(place.organization, name).await?;
            if let Some(vdr) = &vdr
                && part(app, place, vdr).await?.is_some()
            {
                return Err(Error::conflict(format!(
                    "An object definition for '{name}' exists already at this level."
                )));
            }
            let mut made = begin(vdr, name);
            if let Some(description) = body.get("description").and_then(Value::as_str) {
                description.clone_into(&mut made.description);
            }
            made.parts.push((place.owner, Some(fields.clone())));
            changes.push(made);
        }
        Ok((changes, ()))
    })
    .await
}

/// Replaces the fields of a definition; without any in the body they stay.
///
/// # Errors
/// 400 for a body that is none, 404 without one at this level.
pub async fn replace(app: &App, place: Place, name: &str, body: &Value) -> Result<(), Error> {
    let wanted = fields(body, name)?;
    change(app, place.organization, || async {
        let (vdr, part) = find(app, place, name).await?;
        let mut made = Change::of(vdr);
        if let Some(description) = body.get("description").and_then(Value::as_str) {
            description.clone_into(&mut made.description);
        }
        if let Some(mut fields) = wanted.clone() {
            keep_ids(&mut fields, &part.fields);
            made.parts.push((place.owner, Some(fields)));
        }
        Ok((vec![made], ()))
    })
    .await
}

/// Deletes a definition.
///
/// # Errors
/// 404 without one at this level, 409 while a transformation of this level uses it.
pub async fn delete(app: &App, place: Place, name: &str) -> Result<(), Error> {
    change(app, place.organization, || async {
        let (vdr, _) = find(app, place, name).await?;
        unused(app, place, Some(&vdr)).await?;
        let mut made = Change::of(vdr);
        made.parts.push((place.owner, None));
        Ok((vec![made], ()))
    })
    .await
}

/// Deletes every definition of a level.
///
/// # Errors
/// 404 when there is none, 409 while a transformation of this level uses one.
pub async fn delete_all(app: &App, place: Place) -> Result<(), Error> {
    change(app, place.organization, || async {
        let parts = app
            .store
            .vdr_parts_of(place.organization, place.owner)
            .await?;
        if parts.is_empty() {
            return Err(Error::not_found("No object definitions found"));
        }
        unused(app, place, None).await?;
        let vdrs = app.store.vdrs(place.organization).await?;
        let changes = parts.iter().filter_map(|part| {
            let vdr = vdrs.iter().find(|vdr| vdr.id == part.vdr)?;
            let mut made = Change::of(vdr.clone());
            made.parts.push((place.owner, None));
            Some(made)
        });
        Ok((changes.collect(), ()))
    })
    .await
}

/// Gives a definition and its transformations of this level another name; other levels keep the old one.
///
/// # Errors
/// 404 without one at this level, 409 when the new name has one there.
pub async fn rename(app: &App, place: Place, name: &str, new: &str) -> Result<(), Error> {
    let new = checked_name(new)?;
    if new == name {
        return find(app, place, name).await.map(|_| ());
    }
    change(app, place.organization, || async {
        let (vdr, part) = find(app, place, name).await?;
        let target = app.store.vdr_by_name(place.organization, &new).await?;
        if let Some(target) = &target
            && self::part(app, place, target).await?.is_some()
        {
            return Err(Error::conflict(format!(
                "An object definition for '{new}' exists already at this level."
            )));
        }
        let rows = app
            .store
            .transformations_of(place.organization, place.owner)
            .await?;
        let rows = rows.into_iter().filter(|row| row.vdr == vdr.id);
        let mut arrives = begin(target, &new);
        arrives.description.clone_from(&vdr.description);
        arrives.parts.push((place.owner, Some(part.fields)));
        arrives.transformations = rows
            .map(|row| TransformationChange::Replace(row.id, row.body))
            .collect();
        let mut leaves = Change::of(vdr);
        leaves.parts.push((place.owner, None));
        // What arrives goes first: a name that is left by everything is gone.
        Ok((vec![arrives, leaves], ()))
    })
    .await
}

/// A definition of a level.
///
/// # Errors
/// 404.
pub(super) async fn find(app: &App, place: Place, name: &str) -> Result<(Vdr, Part), Error> {
    let vdr = app
        .store
        .vdr_by_name(place.organization, name)
        .await?
        .ok_or_else(|| no_definition(name))?;
    let part = part(app, place, &vdr)
        .await?
        .ok_or_else(|| no_definition(name))?;
    Ok((vdr, part))
}

async fn part(app: &App, place: Place, vdr: &Vdr) -> Result<Option<Part>, Error> {
    let parts = app
        .store
        .vdr_parts_of(place.organization, place.owner)
        .await?;
    Ok(parts.into_iter().find(|part| part.vdr == vdr.id))
}

async fn unused(app: &App, place: Place, vdr: Option<&Vdr>) -> Result<(), Error> {
    let rows = app
        .store
        .transformations_of(place.organization, place.owner)
        .await?;
    match rows
        .iter()
        .find(|row| vdr.is_none_or(|vdr| vdr.id == row.vdr))
    {
        None => Ok(()),
        Some(row) => Err(Error::conflict(format!(
            "The object definition of '{}' is used by a transformation at this level; delete that first.",
            row.name
        ))),
    }
}

/// The fields of a body; none when it has no such member.
///
/// # Errors
/// 400 that names the member.
pub(super) fn fields(body: &Value, name: &str) -> Result<Option<Vec<Value>>, Error> {
    if !body.is_object() && !body.is_null() {
        return Err(Error::invalid(format!(
            "The definition of '{name}' must be an object such as {{\"fields\": [{{\"path\": \"id\", \"type\": \"string\"}}]}}."
        )));
    }
    let given = match body.get("fields") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(given)) => given,
        Some(_) => return Err(Error::invalid("`fields` must be an array.")),
    };
    if given.len() > MOST_FIELDS {
        return Err(Error::invalid(format!(
            "`fields` has more than {MOST_FIELDS} fields."
        )));
    }
    let mut fields: Vec<Value> = Vec::with_capacity(given.len());
    let mut known = std::collections::HashMap::new();
    for (index, field) in given.iter().enumerate() {
        let field = field_of(field, index)?;
        let path = field
            .get("path")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        // What is said twice counts as said last.
        let earlier = known.get(&path).and_then(|at: &usize| fields.get_mut(*at));
        if let Some(earlier) = earlier {
            *earlier = field;
        } else {
            known.insert(path, fields.len());
            fields.push(field);
        }
    }
    Ok(Some(fields))
}

/// One field as it is kept: whose it is, is not part of it.
pub(super) fn field_of(field: &Value, index: usize) -> Result<Value, Error> {
    let Value::Object(given) = field else {
        return Err(Error::invalid(format!(
            "`fields[{index}]` must be an object with a `path`."
        )));
    };
    let path = given
        .get("path")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Path::parse(path.trim())
        .map_err(|error| Error::invalid(format!("`fields[{index}].path`: {error}.")))?;
    let kind = match given.get("type") {
        None | Some(Value::Null) => "string",
        Some(Value::String(kind)) if kind.trim().is_empty() => "string",
        Some(Value::String(kind)) => kind,
        Some(_) => {
            return Err(Error::invalid(format!(
                "`fields[{index}].type` must be text such as `string`."
            )));
        }
    };
    let mut kept = Map::new();
    kept.insert("path".to_owned(), json!(path.trim()));
    kept.insert("type".to_owned(), json!(kind));
    for (name, value) in given {
        let ours = matches!(
            name.as_str(),
            "path" | "type" | "id" | "level" | "associatedLevel" | "associatedId"
        );
        if !ours && !value.is_null() {
            kept.insert(name.clone(), value.clone());
        }
    }
    Ok(Value::Object(kept))
}

/// Fields that were there keep their ids.
pub(super) fn keep_ids(fields: &mut [Value], before: &[Value]) {
    let ids: std::collections::HashMap<&str, &Value> = before
        .iter()
        .filter_map(|field| Some((field.get("path")?.as_str()?, field.get("id")?)))
        .collect();
    for field in fields {
        let Value::Object(members) = field else {
            continue;
        };
        let known = members.get("path").and_then(Value::as_str);
        if let Some(id) = known.and_then(|path| ids.get(path)) {
            members.insert("id".to_owned(), (*id).clone());
        }
    }
}

/// A level's definition as answers show it.
pub fn shown(vdr: &Vdr, part: &Part) -> Value {
    let mut members = Map::new();
    members.insert("id".to_owned(), json!(vdr.id));
    members.insert("objectName".to_owned(), json!(vdr.name));
    if !vdr.description.is_empty() {
        members.insert("description".to_owned(), json!(vdr.description));
    }
    members.insert("level".to_owned(), json!(part.owner.level.as_str()));
    members.insert(
        "fields".to_owned(),
        part.fields
            .iter()
            .map(|field| shown_field(field, part.owner))
            .collect(),
    );
    members.insert("createdDate".to_owned(), json!(vdr.created.to_iso()));
    Value::Object(members)
}

/// A field with whose it is.
pub(super) fn shown_field(field: &Value, owner: Owner) -> Value {
    let mut members = field.as_object().cloned().unwrap_or_default();
    mark(&mut members, owner);
    Value::Object(members)
}
