//! Transformations of an element's objects, one level at a time.

use ligand_engine::catalog::Compiled;
use ligand_engine::transform::{Transformation, effective};
use ligand_model::id::ElementId;
use ligand_model::level::{Level, Owner};
use ligand_store::identity::Caller;
use ligand_store::transformations::{Change, TransformationChange, TransformationRow, Vdr};
use serde_json::{Map, Value, json};

use super::super::Error;
use super::{Place, begin, change, checked_name, mark, may_write, no_transformation, read};
use crate::app::App;
use crate::service::elements;

/// The transformation of a name at a level; what it inherits is part of it.
///
/// # Errors
/// 404 without one at this level.
pub async fn get(app: &App, place: Place, element: &Compiled, name: &str) -> Result<Value, Error> {
    let vdr = app
        .store
        .vdr_by_name(place.organization, name)
        .await?
        .ok_or_else(|| no_transformation(name))?;
    let rows = rows(app, place, element.id, Some(&vdr)).await?;
    let own = rows
        .iter()
        .find(|row| row.owner == place.owner)
        .ok_or_else(|| no_transformation(name))?;
    shown(own, &rows, &element.element.key)
}

/// The transformations of a level for an element, by name.
///
/// # Errors
/// Those of the store.
pub async fn all(app: &App, place: Place, element: &Compiled) -> Result<Value, Error> {
    let rows = rows(app, place, element.id, None).await?;
    let mut all = Map::new();
    for own in rows.iter().filter(|row| row.owner == place.owner) {
        let of_name: Vec<_> = rows
            .iter()
            .filter(|row| row.vdr == own.vdr)
            .cloned()
            .collect();
        all.insert(
            own.name.clone(),
            shown(own, &of_name, &element.element.key)?,
        );
    }
    Ok(Value::Object(all))
}

/// Makes a transformation.
///
/// # Errors
/// 400 for a body that is none and for a name without a definition, 409 for one that is there.
pub async fn create(
    app: &App,
    place: Place,
    element: ElementId,
    name: &str,
    body: &Value,
) -> Result<(), Error> {
    let name = checked_name(name)?;
    let given = Transformation::read(body, place.owner.level)?;
    change(app, place.organization, || async {
        let (vdr, parts) = defined(app, place, &name).await?;
        let rows = match &vdr {
            Some(vdr) => rows(app, place, element, Some(vdr)).await?,
            None => Vec::new(),
        };
        if rows.iter().any(|row| row.owner == place.owner) {
            return Err(Error::conflict(format!(
                "A transformation for '{name}' exists already at this level."
            )));
        }
        let body = given.clone().kept(&parts);
        let mut made = begin(vdr, &name);
        made.transformations
            .push(TransformationChange::Insert(element, place.owner, body));
        Ok((vec![made], ()))
    })
    .await
}

/// Replaces a transformation: fields, configuration and script as a whole.
///
/// # Errors
/// 400 for a body that is none and for one that goes back to a legacy script, 404 without one at this level.
pub async fn replace(
    app: &App,
    place: Place,
    element: ElementId,
    name: &str,
    body: &Value,
) -> Result<(), Error> {
    change(app, place.organization, || async {
        let (vdr, parts) = defined(app, place, name).await?;
        let vdr = vdr.ok_or_else(|| no_transformation(name))?;
        let rows = rows(app, place, element, Some(&vdr)).await?;
        let own = rows.into_iter().find(|row| row.owner == place.owner);
        let own = own.ok_or_else(|| no_transformation(name))?;
        let before = read(&own)?;
        let mut body = body.clone();
        if let Value::Object(members) = &mut body {
            for (member, value) in [
                ("vendorName", json!(before.vendor_name)),
                ("isLegacy", json!(before.legacy)),
            ] {
                if members.get(member).is_none_or(Value::is_null) {
                    members.insert(member.to_owned(), value);
                }
            }
        }
        let given = Transformation::read(&body, place.owner.level)?;
        if given.legacy && !before.legacy {
            return Err(Error::invalid(
                "A transformation cannot go back to a legacy script; leave `isLegacy` false.",
            ));
        }
        let mut made = Change::of(vdr);
        made.transformations
            .push(TransformationChange::Replace(own.id, given.kept(&parts)));
        Ok((vec![made], ()))
    })
    .await
}

/// Deletes a transformation; with `above` also what the caller may delete of it at the levels above.
///
/// # Errors
/// 404 without one at this level.
pub async fn delete(
    app: &App,
    place: Place,
    element: ElementId,
    name: &str,
    above: Option<&Caller>,
) -> Result<(), Error> {
    change(app, place.organization, || async {
        let vdr = app
            .store
            .vdr_by_name(place.organization, name)
            .await?
            .ok_or_else(|| no_transformation(name))?;
        let rows = rows(app, place, element, Some(&vdr)).await?;
        if !rows.iter().any(|row| row.owner == place.owner) {
            return Err(no_transformation(name));
        }
        let mut made = Change::of(vdr);
        let goes = |owner: Owner| {
            owner == place.owner || above.is_some_and(|caller| may_write(caller, owner.level))
        };
        made.transformations = rows
            .iter()
            .filter(|row| goes(row.owner))
            .map(|row| TransformationChange::Delete(row.id))
            .collect();
        Ok((vec![made], ()))
    })
    .await
}

/// Deletes every transformation of a level for an element.
///
/// # Errors
/// Those of the store.
pub async fn delete_all(app: &App, place: Place, element: ElementId) -> Result<(), Error> {
    change(app, place.organization, || async {
        let rows = rows(app, place, element, None).await?;
        let vdrs = app.store.vdrs(place.organization).await?;
        let own = rows.iter().filter(|row| row.owner == place.owner);
        let changes = own.filter_map(|row| {
            let vdr = vdrs.iter().find(|vdr| vdr.id == row.vdr)?;
            let mut made = Change::of(vdr.clone());
            made.transformations
                .push(TransformationChange::Delete(row.id));
            Some(made)
        });
        Ok((changes.collect(), ()))
    })
    .await
}

/// Which elements a name is mapped for at a level.
///
/// # Shape
/// `[{"name", "level", "element": {"id", "key", "name", "hub", "image"}, "account": {"id", "externalId", "defaultAccount"}}]`
///
/// # Errors
/// Those of the store.
pub async fn uses(app: &App, place: Place, name: &str) -> Result<Value, Error> {
    let rows = app
        .store
        .transformations_of(place.organization, place.owner)
        .await?;
    let account = app.store.account(place.organization, place.account).await?;
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| row.name == name) {
        let element = elements::shown_of_instance(app, place.organization, row.element).await?;
        let mut of = json!({
            "id": element.id, "key": element.element.key, "name": element.element.name,
            "hub": element.element.hub,
        });
        let mut one = json!({"name": row.name, "level": row.owner.level.as_str()});
        if let (Value::Object(one), Value::Object(of)) = (&mut one, &mut of) {
            if let Some(image) = element.element.extra.get("image") {
                of.insert("image".to_owned(), image.clone());
            }
            one.insert("element".to_owned(), Value::Object(std::mem::take(of)));
            if let Some(account) = &account {
                let account = json!({
                    "id": account.id, "externalId": account.external_id, "defaultAccount": account.default,
                });
                one.insert("account".to_owned(), account);
            }
        }
        found.push(one);
    }
    Ok(Value::Array(found))
}

/// The transformations that count at a place, of one name or of all: its own and those above.
pub(super) async fn rows(
    app: &App,
    place: Place,
    element: ElementId,
    vdr: Option<&Vdr>,
) -> Result<Vec<TransformationRow>, Error> {
    let mut rows = app
        .store
        .transformations_shared(place.organization, place.account, element)
        .await?;
    if place.owner.level == Level::Instance {
        let own = app
            .store
            .transformations_of(place.organization, place.owner)
            .await?;
        rows.extend(own.into_iter().filter(|row| row.element == element));
    }
    let owners = place.owners();
    rows.retain(|row| owners.contains(&row.owner) && vdr.is_none_or(|vdr| vdr.id == row.vdr));
    // What extends something ready-made shows the whole.
    let mut ready = Vec::new();
    for row in app.ready.of_element(element) {
        if let Some(own) = rows.iter().find(|own| own.name == row.name) {
            ready.push(TransformationRow {
                vdr: own.vdr,
                ..row.clone()
            });
        }
    }
    if !ready.is_empty() {
        let own = app
            .store
            .vdr_names(place.organization, place.account)
            .await?;
        rows.extend(ready.into_iter().filter(|row| !own.contains(&row.name)));
    }
    Ok(rows)
}

/// The name and the fields that the caller sees of it.
///
/// # Errors
/// 400 when nothing defines it.
async fn defined(app: &App, place: Place, name: &str) -> Result<(Option<Vdr>, Vec<Value>), Error> {
    let vdr = app.store.vdr_by_name(place.organization, name).await?;
    let parts = match &vdr {
        Some(vdr) => {
            app.store
                .vdr_parts(place.organization, place.account, Some(vdr.id))
                .await?
        }
        None => Vec::new(),
    };
    if let (true, Some(ready)) = (parts.is_empty(), app.ready.get(name)) {
        return Ok((vdr, ready.part.fields.clone()));
    }
    if parts.is_empty() {
        return Err(Error::invalid(format!(
            "No object definition found for '{name}' so no transformation can be created for that object. \
             Please define that object in your object definitions first."
        )));
    }
    Ok((
        vdr,
        parts.into_iter().flat_map(|part| part.fields).collect(),
    ))
}

/// A transformation as answers show it. `rows` are those of its name, at its level and above.
pub fn shown(
    own: &TransformationRow,
    rows: &[TransformationRow],
    element_key: &str,
) -> Result<Value, Error> {
    let levels: Vec<Transformation> = rows.iter().map(read).collect::<Result<_, _>>()?;
    let whole = if read(own)?.inherits() {
        effective(&levels)
    } else {
        None
    };
    let whole = whole.map_or_else(|| read(own), Ok)?;
    let mut members = Map::new();
    members.insert("id".to_owned(), json!(own.id));
    members.insert("objectName".to_owned(), json!(own.name));
    members.insert("elementKey".to_owned(), json!(element_key));
    if own.owner.level == Level::Instance {
        members.insert("elementInstanceId".to_owned(), json!(own.owner.id));
    }
    for (name, value) in whole.to_json() {
        members.insert(name, value);
    }
    members.insert("level".to_owned(), json!(own.owner.level.as_str()));
    // A script is each level's own: an answer shows that of this one.
    if read(own)?.script.is_none() {
        members.remove("script");
    }
    if let Some(Value::Array(fields)) = members.get_mut("fields") {
        for field in fields {
            let Value::Object(field) = field else {
                continue;
            };
            let level = field
                .get("level")
                .and_then(Value::as_str)
                .and_then(Level::parse);
            let owner = rows.iter().find(|row| Some(row.owner.level) == level);
            mark(field, owner.map_or(own.owner, |row| row.owner));
        }
    }
    Ok(Value::Object(members))
}
