//! Common resources: one name with the fields of every level that a caller sees, as one thing.

use std::collections::{BTreeMap, BTreeSet};

use ligand_model::error::{Classify as _, ErrorKind};
use ligand_model::id::{InstanceId, VdrId};
use ligand_model::level::{Level, Owner};
use ligand_store::identity::Caller;
use ligand_store::transformations::{Change, Part, TransformationChange, TransformationRow, Vdr};
use serde_json::{Map, Value, json};

use super::super::{Error, instances};
use super::definitions::{field_of, keep_ids, shown_field};
use super::ready::Ready;
use super::{begin, change, checked_name, may_write, no_definition};
use crate::app::App;

/// A name with everything that a caller sees of it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// The name.
    pub vdr: Vdr,
    /// Its fields by level.
    pub parts: Vec<Part>,
    /// Its transformations by element and level.
    pub rows: Vec<TransformationRow>,
}

/// Every name that a caller sees something of.
///
/// # Errors
/// Those of the store.
pub async fn all(app: &App, caller: &Caller) -> Result<Vec<Whole>, Error> {
    let organization = caller.organization;
    let mut parts: BTreeMap<VdrId, Vec<Part>> = BTreeMap::new();
    for part in app
        .store
        .vdr_parts(organization, caller.account, None)
        .await?
    {
        parts.entry(part.vdr).or_default().push(part);
    }
    let mut rows: BTreeMap<VdrId, Vec<TransformationRow>> = BTreeMap::new();
    for row in app
        .store
        .transformations(organization, caller.account, None)
        .await?
    {
        rows.entry(row.vdr).or_default().push(row);
    }
    let vdrs = app.store.vdrs(organization).await?.into_iter();
    let mut all: Vec<Whole> = vdrs
        .map(|vdr| Whole {
            parts: parts.remove(&vdr.id).unwrap_or_default(),
            rows: rows.remove(&vdr.id).unwrap_or_default(),
            vdr,
        })
        .filter(|whole| !whole.parts.is_empty() || !whole.rows.is_empty())
        .map(|whole| whole.completed(app))
        .collect();
    let own: BTreeSet<String> = all.iter().map(|whole| whole.vdr.name.clone()).collect();
    let ready = app.ready.iter().filter(|one| !own.contains(&one.vdr.name));
    all.extend(ready.map(Whole::from));
    Ok(all)
}

/// What a caller sees of a name.
///
/// # Errors
/// Those of the store.
pub async fn of(app: &App, caller: &Caller, vdr: Vdr) -> Result<Whole, Error> {
    let (organization, account, id) = (caller.organization, caller.account, Some(vdr.id));
    let whole = Whole {
        parts: app.store.vdr_parts(organization, account, id).await?,
        rows: app.store.transformations(organization, account, id).await?,
        vdr,
    };
    Ok(whole.completed(app))
}

/// The same by name.
///
/// # Errors
/// 404 for a name that the caller sees nothing of.
pub async fn by_name(app: &App, caller: &Caller, name: &str) -> Result<Whole, Error> {
    let vdr = app.store.vdr_by_name(caller.organization, name).await?;
    let whole = match (vdr, app.ready.get(name)) {
        (Some(vdr), _) => of(app, caller, vdr).await?,
        (None, Some(ready)) => ready.into(),
        (None, None) => return Err(no_definition(name)),
    };
    if whole.parts.is_empty() && whole.rows.is_empty() {
        return Err(no_definition(name));
    }
    Ok(whole)
}

/// The fields that a caller's definitions give a name, but for those of single instances: path and type.
///
/// # Errors
/// Those of the store.
pub async fn fields(
    app: &App,
    caller: &Caller,
    name: &str,
) -> Result<Vec<(String, String)>, Error> {
    let whole = match app.store.vdr_by_name(caller.organization, name).await? {
        Some(vdr) => of(app, caller, vdr).await?,
        None => return Ok(Vec::new()),
    };
    let shared = whole
        .parts
        .iter()
        .filter(|part| part.owner.level != Level::Instance);
    let text = |field: &Value, name: &str| field.get(name)?.as_str().map(str::to_owned);
    Ok(shared
        .flat_map(|part| &part.fields)
        .filter_map(|field| Some((text(field, "path")?, text(field, "type")?)))
        .collect())
}

/// Reads fields that say their own level.
///
/// # Errors
/// 400 that names the member.
pub async fn leveled(
    app: &App,
    caller: &Caller,
    fields: &[Value],
    usual: Owner,
) -> Result<Vec<(Owner, Value)>, Error> {
    let mut read = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let owner = owner_of(caller, field, usual, index)?;
        let mut kept = field_of(field, index)?;
        if let (Some(id), Value::Object(members)) =
            (field.get("id").and_then(Value::as_i64), &mut kept)
        {
            members.insert("id".to_owned(), json!(id));
        }
        read.push((owner, kept));
    }
    let owners: BTreeSet<Owner> = read.iter().map(|(owner, _)| *owner).collect();
    reached(app, caller, owners).await?;
    Ok(read)
}

/// That a caller reaches the instances among some owners.
///
/// # Errors
/// 404 for one that is not there, or another account's.
pub(super) async fn reached(
    app: &App,
    caller: &Caller,
    owners: impl IntoIterator<Item = Owner>,
) -> Result<(), Error> {
    for owner in owners {
        if owner.level == Level::Instance {
            instances::find(app, caller, InstanceId(owner.id), None).await?;
        }
    }
    Ok(())
}

/// Whose a field says that it is.
pub fn owner_of(
    caller: &Caller,
    field: &Value,
    usual: Owner,
    index: usize,
) -> Result<Owner, Error> {
    let text = |name: &str| field.get(name).and_then(Value::as_str);
    let number = |name: &str| {
        let value = field.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    let level = match text("associatedLevel").or_else(|| text("level")) {
        None => usual.level,
        Some(text) => Level::parse(text).ok_or_else(|| {
            Error::invalid(format!(
                "`fields[{index}].level` must be `organization`, `account` or `instance`."
            ))
        })?,
    };
    let id = number("associatedId").or_else(|| number("instanceId"));
    Ok(match level {
        Level::System => Owner { level, id: 0 },
        Level::Organization => caller.organization.into(),
        Level::Account => match id {
            Some(id) if caller.organization_admin => Owner { level, id },
            _ => caller.account.into(),
        },
        Level::Instance => Owner {
            level,
            id: id
                .or_else(|| (usual.level == Level::Instance).then_some(usual.id))
                .ok_or_else(|| {
                    Error::invalid(format!(
                        "`fields[{index}].associatedId` is missing; a field of an instance names its id."
                    ))
                })?,
        },
    })
}

/// Makes or changes a common resource: its fields of the levels that the caller may write become those of the body.
///
/// # Errors
/// 400 for a body that is none.
pub async fn put(app: &App, caller: &Caller, body: &Value) -> Result<String, Error> {
    let name = body
        .get("name")
        .or_else(|| body.get("objectName"))
        .and_then(Value::as_str)
        .ok_or_else(|| Error::invalid("`name` is missing; it must be text."))?;
    let name = checked_name(name)?;
    let none = Vec::new();
    let fields = match body.get("fields") {
        None | Some(Value::Null) => &none,
        Some(Value::Array(fields)) => fields,
        Some(_) => return Err(Error::invalid("`fields` must be an array.")),
    };
    let usual = if caller.organization_admin {
        Owner::from(caller.organization)
    } else {
        Owner::from(caller.account)
    };
    let mut fields = leveled(app, caller, fields, usual).await?;
    let extends = app
        .ready
        .get(&name)
        .is_some_and(|ready| own_level(&mut fields, usual, &ready.part.fields));
    let renamed: Vec<(String, String, Option<Level>)> = body
        .get("changedFields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|one| {
            let text = |name: &str| one.get(name).and_then(Value::as_str);
            let level = text("associatedLevel").and_then(Level::parse);
            Some((text("oldPath")?.to_owned(), text("path")?.to_owned(), level))
        })
        .collect();
    change(app, caller.organization, || async {
        let vdr = app.store.vdr_by_name(caller.organization, &name).await?;
        let whole = match vdr {
            Some(vdr) => Some(of(app, caller, vdr).await?),
            None => None,
        };
        let known = whole.as_ref().map_or(&[][..], |whole| &whole.parts);
        let rows = whole.as_ref().map_or(&[][..], |whole| &whole.rows);
        let mut made = begin(whole.as_ref().map(|whole| whole.vdr.clone()), &name);
        made.parts = parts(caller, known, &fields, usual);
        if extends && let Some(ready) = app.ready.get(&name) {
            // A definition of one's own takes the place of what is ready-made: its mappings come along.
            let whole = whole.clone().unwrap_or_else(|| ready.into());
            made.transformations = whole.adopted(usual);
        }
        for (row, body) in rows
            .iter()
            .filter_map(|row| Some((row, with_paths(row, &renamed)?)))
        {
            made.transformations
                .push(TransformationChange::Replace(row.id, body));
        }
        Ok((vec![made], ()))
    })
    .await?;
    Ok(name)
}

/// Gives fields of something ready-made the level at which the caller keeps them, and drops others that say they are;
/// answers whether there were any.
pub(super) fn own_level(fields: &mut Vec<(Owner, Value)>, usual: Owner, ready: &[Value]) -> bool {
    let mut any = false;
    let known = |field: &Value| ready.iter().any(|one| one.get("path") == field.get("path"));
    fields.retain(|(owner, field)| owner.level != Level::System || known(field));
    for (owner, field) in fields
        .iter_mut()
        .filter(|(owner, _)| owner.level == Level::System)
    {
        *owner = usual;
        any = true;
        if let Value::Object(members) = field {
            members.remove("id");
        }
    }
    any
}

/// The parts that fields of several levels come to: those of the caller's levels are replaced, others stay.
pub fn parts(
    caller: &Caller,
    known: &[Part],
    fields: &[(Owner, Value)],
    usual: Owner,
) -> Vec<(Owner, Option<Vec<Value>>)> {
    let mut owners: BTreeSet<Owner> = fields.iter().map(|(owner, _)| *owner).collect();
    owners.extend(known.iter().map(|part| part.owner));
    if owners.is_empty() {
        owners.insert(usual);
    }
    let all_empty = fields.is_empty();
    let mut parts = Vec::new();
    for owner in owners
        .into_iter()
        .filter(|owner| may_write(caller, owner.level))
    {
        let mut own: Vec<Value> = fields
            .iter()
            .filter(|(of, _)| *of == owner)
            .map(|(_, field)| field.clone())
            .collect();
        let before = known.iter().find(|part| part.owner == owner);
        if let Some(before) = before {
            keep_ids(&mut own, &before.fields);
        }
        // A level that has lost its fields is gone, but for the last.
        let keep = !own.is_empty() || (all_empty && owner == usual);
        if keep || before.is_some() {
            parts.push((owner, keep.then_some(own)));
        }
    }
    parts
}

/// A transformation's body after fields of the definition got other paths; none when it has none of them.
pub fn with_paths(
    row: &TransformationRow,
    renamed: &[(String, String, Option<Level>)],
) -> Option<Value> {
    let mut body = row.body.clone();
    let mut any = false;
    for field in body.get_mut("fields")?.as_array_mut()? {
        let Some(path) = field.get("path").and_then(Value::as_str) else {
            continue;
        };
        let found = renamed.iter().find(|(old, _, level)| {
            old == path && level.is_none_or(|level| level == row.owner.level)
        });
        if let (Some((_, new, _)), Value::Object(members)) = (found, field) {
            members.insert("path".to_owned(), json!(new));
            any = true;
        }
    }
    any.then_some(body)
}

/// Whether everything that stands behind a name is the caller's to change, what they do not see included.
///
/// # Errors
/// Those of the store.
pub(super) async fn all_theirs(app: &App, caller: &Caller, vdr: &Vdr) -> Result<bool, Error> {
    if caller.organization_admin {
        return Ok(true);
    }
    let owners = app.store.vdr_owners(caller.organization, vdr.id).await?;
    for owner in owners {
        let own = owner.level != Level::Account || owner == Owner::from(caller.account);
        if !own || !may_write(caller, owner.level) {
            return Ok(false);
        }
        match reached(app, caller, [owner]).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            other => other?,
        }
    }
    Ok(true)
}

/// Gives a name another one at every level.
///
/// # Errors
/// 404 for a name that the caller sees nothing of, 403 for one with levels that are not the caller's or parts of other
/// accounts, 409 for a name that is taken.
pub async fn rename(app: &App, caller: &Caller, name: &str, new: &str) -> Result<String, Error> {
    let new = checked_name(new)?;
    if new == name {
        return by_name(app, caller, name).await.map(|_| new);
    }
    change(app, caller.organization, || async {
        let whole = by_name(app, caller, name).await?;
        if let Some(part) = whole
            .parts
            .iter()
            .find(|part| !may_write(caller, part.owner.level))
        {
            return Err(Error::new(
                ErrorKind::Forbidden,
                format!(
                    "'{name}' has fields of the level {}, which you may not change.",
                    part.owner.level.as_str()
                ),
            ));
        }
        if !all_theirs(app, caller, &whole.vdr).await? {
            return Err(Error::new(
                ErrorKind::Forbidden,
                format!("'{name}' is used by others, too; who administers the organization may rename it."),
            ));
        }
        if app
            .store
            .vdr_by_name(caller.organization, &new)
            .await?
            .is_some()
        {
            return Err(Error::conflict(format!("'{new}' exists already.")));
        }
        let mut made = Change::of(whole.vdr);
        made.name.clone_from(&new);
        Ok((vec![made], ()))
    })
    .await?;
    Ok(new)
}

/// Deletes a name: its definitions, and with `force` its transformations.
///
/// # Errors
/// 404 for a name that the caller sees nothing of, 409 while something is mapped and nothing is forced.
pub async fn delete(app: &App, caller: &Caller, name: &str, force: bool) -> Result<(), Error> {
    change(app, caller.organization, || async {
        let whole = by_name(app, caller, name).await?;
        if whole
            .parts
            .iter()
            .any(|part| part.owner.level == Level::System)
        {
            return Err(Error::new(
                ErrorKind::Forbidden,
                format!(
                    "'{name}' is ready-made and cannot be deleted; a definition of your own takes its place."
                ),
            ));
        }
        if !force && let Some(row) = whole.rows.first() {
            return Err(Error::conflict(format!(
                "'{name}' is mapped at the level {}; delete its transformations first, or all with `force=true`.",
                row.owner.level.as_str()
            )));
        }
        let mut made = Change::of(whole.vdr);
        let mine = |owner: Owner| may_write(caller, owner.level);
        made.parts = whole.parts.iter().filter(|part| mine(part.owner)).map(|part| (part.owner, None)).collect();
        made.transformations = whole
            .rows
            .iter()
            .filter(|row| mine(row.owner))
            .map(|row| TransformationChange::Delete(row.id))
            .collect();
        Ok((vec![made], ()))
    })
    .await
}

impl From<&Ready> for Whole {
    fn from(ready: &Ready) -> Self {
        Self {
            vdr: ready.vdr.clone(),
            parts: vec![ready.part.clone()],
            rows: ready.rows.clone(),
        }
    }
}

impl Whole {
    /// With what is ready-made under a name that the caller maps and does not define.
    fn completed(mut self, app: &App) -> Self {
        if self.parts.is_empty()
            && let Some(ready) = app.ready.get(&self.vdr.name)
        {
            self.parts.push(ready.part.clone());
            self.rows.extend(ready.rows.iter().cloned());
        }
        self
    }

    /// What becomes of it when its caller changes something ready-made: a copy at the caller's own level, to be changed.
    pub(super) fn adopted(&self, usual: Owner) -> Vec<TransformationChange> {
        let ready = self
            .rows
            .iter()
            .filter(|row| row.owner.level == Level::System);
        let missing = ready.filter(|row| {
            let same = |one: &&TransformationRow| one.element == row.element && one.owner == usual;
            !self.rows.iter().any(|one| same(&one))
        });
        missing
            .map(|row| TransformationChange::Insert(row.element, usual, row.body.clone()))
            .collect()
    }

    /// Ids of the elements that it is mapped for.
    pub fn elements(&self) -> Vec<i64> {
        let ids: BTreeSet<i64> = self.rows.iter().map(|row| row.element.0).collect();
        ids.into_iter().collect()
    }

    /// Every field with whose it is.
    pub fn fields(&self) -> Vec<Value> {
        let fields = self.parts.iter().flat_map(|part| {
            part.fields
                .iter()
                .map(|field| shown_field(field, part.owner))
        });
        fields.collect()
    }

    /// As `/common-resources` shows it.
    pub fn common(&self) -> Value {
        let instances: BTreeSet<i64> = self
            .rows
            .iter()
            .filter(|row| row.owner.level == Level::Instance)
            .map(|row| row.owner.id)
            .collect();
        let mut members = Map::new();
        members.insert("name".to_owned(), json!(self.vdr.name));
        members.insert("id".to_owned(), json!(self.vdr.id));
        if !self.vdr.description.is_empty() {
            members.insert("description".to_owned(), json!(self.vdr.description));
        }
        members.insert("fields".to_owned(), Value::Array(self.fields()));
        members.insert("elementInstanceIds".to_owned(), json!(instances));
        members.insert("mappedElementIds".to_owned(), json!(self.elements()));
        Value::Object(members)
    }
}

/// How much of a common resource each element has.
///
/// # Shape
/// `[{"elementKey": "sfdc", "vendorName": "contacts", "fields": ["id", "email"], "missing": ["city"]}]`
///
/// # Errors
/// Those of the store.
pub async fn coverage(app: &App, caller: &Caller, whole: &Whole) -> Result<Value, Error> {
    let paths: BTreeSet<String> = whole
        .parts
        .iter()
        .flat_map(|part| &part.fields)
        .filter_map(|field| field.get("path")?.as_str().map(str::to_owned))
        .collect();
    let mut by_element: BTreeMap<i64, (String, BTreeSet<String>, &TransformationRow)> =
        BTreeMap::new();
    for row in &whole.rows {
        let entry = by_element
            .entry(row.element.0)
            .or_insert_with(|| (String::new(), BTreeSet::new(), row));
        let vendor = row.body.get("vendorName").and_then(Value::as_str);
        vendor.unwrap_or_default().clone_into(&mut entry.0);
        let fields = row.body.get("fields").and_then(Value::as_array);
        let mapped = fields
            .into_iter()
            .flatten()
            .filter(|field| field.get("vendorPath").is_some());
        entry
            .1
            .extend(mapped.filter_map(|field| field.get("path")?.as_str().map(str::to_owned)));
    }
    let mut rows = Vec::new();
    for (vendor, mapped, row) in by_element.into_values() {
        rows.push(json!({
            "elementKey": super::vdr_mappings::element_key(app, caller, row).await?,
            "vendorName": vendor,
            "fields": mapped,
            "missing": paths.difference(&mapped).collect::<Vec<_>>(),
        }));
    }
    Ok(Value::Array(rows))
}

/// The names that `where=objectName in ('a', 'b')` keeps.
///
/// # Errors
/// 400 for a `where` that is none or asks for something else.
pub fn filter(text: &str) -> Result<Vec<String>, Error> {
    let wrong = || Error::invalid("`where` is `objectName = 'a'` or `objectName in ('a', 'b')`.");
    match ligand_engine::query::parse_where(text) {
        Ok(ligand_engine::query::Expression::Comparison(one))
            if matches!(one.field.as_str(), "objectName" | "name")
                && matches!(
                    one.operator,
                    ligand_engine::query::Operator::In | ligand_engine::query::Operator::Equal
                ) =>
        {
            Ok(one
                .values
                .iter()
                .map(|value| value.text().to_owned())
                .collect())
        }
        _ => Err(wrong()),
    }
}
