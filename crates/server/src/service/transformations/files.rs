//! Common resources as files, and copies of them.

use std::collections::BTreeSet;

use ligand_engine::transform::Transformation;
use ligand_model::id::{ElementId, VdrId};
use ligand_model::level::Owner;
use ligand_store::identity::Caller;
use ligand_store::transformations::{TransformationChange, TransformationRow};
use serde_json::{Map, Value, json};

use super::super::{Error, elements};
use super::common::{self, Whole, leveled, parts};
use super::vdr_mappings::{element_key, one, split};
use super::vdrs::{Written, describe, get, get_named, listed, named, usual};
use super::{begin, change, checked_name, may_write};
use crate::app::App;

/// A common resource as a file.
///
/// # Shape
/// `{"vdrName", "vdrVersion": "v2", "definition": {"objectName", "fields", …}, "transformation": {"<element key>": {…}}}`
///
/// # Errors
/// Those of the store.
pub async fn export(app: &App, caller: &Caller, whole: &Whole) -> Result<Value, Error> {
    let fields: Vec<Value> = whole
        .parts
        .iter()
        .flat_map(|part| {
            part.fields.iter().map(|field| {
                let mut members = field.as_object().cloned().unwrap_or_default();
                members.remove("id");
                members.insert("level".to_owned(), json!(part.owner.level.as_str()));
                Value::Object(members)
            })
        })
        .collect();
    let mut definition = json!({
        "objectName": whole.vdr.name, "fields": fields, "createdDate": whole.vdr.created.to_iso(),
        "vdrShared": false, "vdrShareLevel": "account",
    });
    if let (false, Value::Object(members)) = (whole.vdr.description.is_empty(), &mut definition) {
        members.insert("description".to_owned(), json!(whole.vdr.description));
    }
    let mut by_element = Map::new();
    for element in whole.elements() {
        let rows: Vec<_> = whole
            .rows
            .iter()
            .filter(|row| row.element.0 == element)
            .collect();
        let Some(first) = rows.first() else { continue };
        let key = element_key(app, caller, first).await?;
        by_element.insert(
            key.clone(),
            Value::Object(one(&whole.vdr.name, &key, &rows, false)?),
        );
    }
    Ok(json!({
        "vdrName": whole.vdr.name, "vdrVersion": "v2", "definition": definition, "transformation": by_element,
    }))
}

/// The id under which the transformations of an element wait that is not there yet: below zero, by its key.
pub fn waiting(key: &str) -> ElementId {
    // FNV-1a: the same in every process.
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ElementId(-i64::try_from(hash >> 2).unwrap_or(1).max(1))
}

/// Takes in an export, definition and transformations; what is there is replaced.
///
/// # Errors
/// 400 for what is no export.
pub async fn import(app: &App, caller: &Caller, body: &Value) -> Result<Written, Error> {
    let definition = body.get("definition").unwrap_or(body);
    let name = named(body).or_else(|| named(definition));
    let name = name.ok_or_else(|| Error::invalid("`vdrName` is missing; it must be text."))?;
    let name = checked_name(name)?;
    let usual = usual(app, caller, body).await?;
    // Instances of elsewhere are nobody here: what was theirs is the account's.
    let moved = |value: &Value| {
        let mut value = value.clone();
        if let Value::Object(members) = &mut value {
            members.remove("associatedId");
            members.remove("associatedLevel");
            members.remove("id");
            match members.get("level").and_then(Value::as_str) {
                Some("instance") => {
                    members.insert("level".to_owned(), json!("account"));
                }
                // What was ready-made is the importer's.
                Some("system") => {
                    members.remove("level");
                }
                _ => {}
            }
        }
        value
    };
    let fields: Vec<Value> = listed(definition, "fields")?.iter().map(moved).collect();
    let fields = leveled(app, caller, &fields, usual).await?;
    let mut ignored = fields
        .iter()
        .any(|(owner, _)| !may_write(caller, owner.level));
    let mut mapped = Vec::new();
    let given = body
        .get("transformation")
        .or_else(|| body.get("transformations"));
    for (key, one) in given.and_then(Value::as_object).into_iter().flatten() {
        let element = elements::find(app, Some(caller.organization), key).await;
        let element = element.map_or_else(|_| waiting(key), |found| found.id);
        let mut one = one.clone();
        if let Value::Object(members) = &mut one {
            for list in ["fields", "configuration", "scripts"] {
                if let Some(Value::Array(items)) = members.get_mut(list) {
                    *items = items.iter().map(moved).collect();
                }
            }
            if element.0 < 0 {
                members.insert("elementOf".to_owned(), json!(key));
            }
        }
        mapped.push((element, one));
    }
    let left_out = change(app, caller.organization, || async {
        let vdr = app.store.vdr_by_name(caller.organization, &name).await?;
        let mut made = begin(vdr.clone(), &name);
        describe(&mut made, definition);
        let whole = match vdr {
            Some(vdr) => Some(common::of(app, caller, vdr).await?),
            None => None,
        };
        let known = whole.as_ref().map_or(&[][..], |whole| &whole.parts);
        made.parts = parts(caller, known, &fields, usual);
        let nothing = Whole {
            vdr: ligand_store::transformations::Vdr {
                id: VdrId(0),
                name: name.clone(),
                description: String::new(),
                version: 0,
                created: app.now(),
                updated: app.now(),
            },
            parts: Vec::new(),
            rows: Vec::new(),
        };
        let whole = whole.unwrap_or(nothing);
        let mut left_out = false;
        for (element, body) in &mapped {
            let split = split(app, caller, &whole, body, usual).await?;
            left_out |= split.ignored;
            for row in whole
                .rows
                .iter()
                .filter(|row| row.element == *element && may_write(caller, row.owner.level))
            {
                if !split.bodies.contains_key(&row.owner) {
                    made.transformations
                        .push(TransformationChange::Delete(row.id));
                }
            }
            for (owner, body) in split.bodies {
                let before = whole
                    .rows
                    .iter()
                    .find(|row| row.element == *element && row.owner == owner);
                made.transformations.push(match before {
                    Some(row) => TransformationChange::Replace(row.id, body),
                    None => TransformationChange::Insert(*element, owner, body),
                });
            }
        }
        Ok((vec![made], left_out))
    })
    .await?;
    ignored |= left_out;
    Ok(Written {
        whole: get_named(app, caller, &name).await?,
        ignored,
    })
}

/// What is copied with a common resource, and to where.
#[derive(Debug, Default)]
pub struct Copy {
    /// The copy's name; the same without.
    pub name: Option<String>,
    /// To the organization, else to the account.
    pub organization: bool,
    /// All transformations.
    pub all: bool,
    /// Those of these elements.
    pub elements: Vec<String>,
}

/// Copies a common resource, every level of it, into one level.
///
/// # Errors
/// 403 for a level that the caller may not write, 404 for what is not there, 409 for a name that has that level.
pub async fn clone(app: &App, caller: &Caller, id: &str, copy: &Copy) -> Result<Whole, Error> {
    let whole = get(app, caller, id).await?;
    let name = checked_name(copy.name.as_deref().unwrap_or(&whole.vdr.name))?;
    let owner = if copy.organization {
        Owner::from(caller.organization)
    } else {
        Owner::from(caller.account)
    };
    if !may_write(caller, owner.level) {
        return Err(Error::new(
            ligand_model::error::ErrorKind::Forbidden,
            format!("You may not write at the level {}.", owner.level.as_str()),
        ));
    }
    let mut wanted = BTreeSet::new();
    for key in &copy.elements {
        wanted.insert(
            elements::find(app, Some(caller.organization), key)
                .await?
                .id
                .0,
        );
    }
    let elements: Vec<i64> = whole
        .elements()
        .into_iter()
        .filter(|id| copy.all || wanted.contains(id))
        .collect();
    change(app, caller.organization, || async {
        let target = app.store.vdr_by_name(caller.organization, &name).await?;
        let there = app.store.vdr_parts_of(caller.organization, owner).await?;
        if target
            .as_ref()
            .is_some_and(|vdr| there.iter().any(|part| part.vdr == vdr.id))
        {
            return Err(Error::conflict(format!(
                "'{name}' exists already at this level."
            )));
        }
        let known = app
            .store
            .transformations_of(caller.organization, owner)
            .await?;
        let mut made = begin(target.clone(), &name);
        made.description.clone_from(&whole.vdr.description);
        let mut paths = BTreeSet::new();
        let fields = whole
            .parts
            .iter()
            .flat_map(|part| &part.fields)
            .filter_map(|field| {
                let mut members = field.as_object()?.clone();
                members.remove("id");
                paths
                    .insert(members.get("path")?.as_str()?.to_owned())
                    .then_some(Value::Object(members))
            });
        made.parts.push((owner, Some(fields.collect())));
        for element in &elements {
            let of: Vec<&TransformationRow> = whole
                .rows
                .iter()
                .filter(|row| row.element.0 == *element)
                .collect();
            let body = Value::Object(one(&name, "", &of, false)?);
            let body = Value::Object(Transformation::read(&body, owner.level)?.to_json());
            let before = target.as_ref().and_then(|vdr| {
                known
                    .iter()
                    .find(|row| row.vdr == vdr.id && row.element.0 == *element)
            });
            made.transformations.push(match before {
                Some(row) => TransformationChange::Replace(row.id, body),
                None => TransformationChange::Insert(ElementId(*element), owner, body),
            });
        }
        Ok((vec![made], ()))
    })
    .await?;
    get_named(app, caller, &name).await
}
