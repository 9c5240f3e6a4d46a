//! The element builder: changing definitions piece by piece.
//!
//! An organization's own element is changed as a whole definition, and each change is a version. An element of the catalog
//! is never changed: what an account adds to it is a list of resources beside it, which that account alone sees.

pub mod configuration;
pub mod diff;
pub mod ids;
pub mod items;
pub mod metadata;
pub mod resources;
pub mod versions;

use std::collections::BTreeSet;
use std::sync::Arc;

use ligand_engine::catalog::{self, Compiled};
use ligand_model::error::ErrorKind;
use ligand_store::identity::Caller;
use serde_json::{Map, Value, json};

use super::{Error, elements};
use crate::app::App;

/// How often a write that met another is tried again.
const ATTEMPTS: usize = 8;
/// Most resources of an element.
const MOST_RESOURCES: usize = 10_000;

/// A definition while it is changed.
#[derive(Debug)]
pub struct Draft {
    /// The definition, or for an element of the catalog only `resources`: the account's own.
    root: Map<String, Value>,
    /// The hub that paths begin with.
    hub: String,
    /// Ids that are taken outside of `root`.
    taken: BTreeSet<i64>,
    /// Whether the element is one of the catalog.
    of_catalog: bool,
    /// When the change is made, ISO 8601.
    now: String,
}

impl Draft {
    fn new(root: Value, of_catalog: bool, now: String) -> Self {
        let root = match root {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let hub = root.get("hub").and_then(Value::as_str).unwrap_or("general");
        let mut draft = Self {
            hub: hub.to_lowercase(),
            root,
            taken: BTreeSet::new(),
            of_catalog,
            now,
        };
        let hub = draft.hub.clone();
        for resource in draft.resources() {
            if let Some(Value::String(path)) = resource.get_mut("path") {
                *path = resources::stored_path(&hub, path);
            }
        }
        draft.complete();
        draft
    }

    /// Gives every piece an id.
    fn complete(&mut self) {
        ids::complete(&mut self.root, &self.taken);
    }

    /// A list of the definition; what is no list becomes an empty one.
    fn list(&mut self, name: &str) -> &mut Vec<Value> {
        list_of(&mut self.root, name)
    }

    fn resources(&mut self) -> &mut Vec<Value> {
        self.list("resources")
    }

    /// The resource with an id.
    fn resource(&mut self, id: &str) -> Result<&mut Map<String, Value>, Error> {
        let unknown = || not_found("resource", id);
        self.resources()
            .iter_mut()
            .find(|resource| has_id(resource, id))
            .and_then(Value::as_object_mut)
            .ok_or_else(unknown)
    }

    /// An id that nothing has yet, always the same for the same seed and neighbours.
    fn fresh(&mut self, seed: &str) -> i64 {
        let mut taken = self.taken.clone();
        ids::collect(&self.root, &mut taken);
        ids::free(seed, &mut taken)
    }
}

fn list_of<'a>(members: &'a mut Map<String, Value>, name: &str) -> &'a mut Vec<Value> {
    let slot = members.entry(name).or_insert_with(|| json!([]));
    if !slot.is_array() {
        *slot = json!([]);
    }
    match slot {
        Value::Array(items) => items,
        // Made one just now.
        _ => unreachable!(),
    }
}

fn has_id(item: &Value, id: &str) -> bool {
    item.get("id")
        .and_then(Value::as_i64)
        .is_some_and(|known| known.to_string() == id)
}

fn not_found(what: &str, id: &str) -> Error {
    Error::not_found(format!("No {what} found with ID {}", elements::shown(id)))
}

/// The members of a body that must be an object; `null` members count as absent.
fn members(body: &Value) -> Result<Map<String, Value>, Error> {
    match body {
        Value::Object(members) => Ok(members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()),
        _ => Err(Error::invalid("The body must be a JSON object.")),
    }
}

/// A member that must be text and not blank.
fn required<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {
    match members.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
        Some(Value::String(_)) | None => Err(Error::invalid(format!("`{name}` is missing."))),
        Some(_) => Err(Error::invalid(format!("`{name}` must be text."))),
    }
}

/// Changes an organization's element, or what the caller's account added to an element of the catalog.
///
/// # Errors
/// 404 for an unknown element, those of `change`, 400 for a definition that is none any more, 409 when others write
/// without pause.
pub async fn edit<R>(
    app: &App,
    caller: &Caller,
    key_or_id: &str,
    change: impl Fn(&mut Draft) -> Result<R, Error>,
) -> Result<R, Error> {
    if let Some(base) = elements::built_in(app, key_or_id) {
        return extend(app, caller, base, change).await;
    }
    edit_own(app, caller, key_or_id, change).await
}

/// Changes an organization's element.
///
/// # Errors
/// As [`edit`], and 403 for an element of the catalog.
pub async fn edit_own<R>(
    app: &App,
    caller: &Caller,
    key_or_id: &str,
    change: impl Fn(&mut Draft) -> Result<R, Error>,
) -> Result<R, Error> {
    let head = elements::own(app, caller, key_or_id).await?;
    for _ in 0..ATTEMPTS {
        let Some(row) = app.store.element(caller.organization, head.id).await? else {
            return Err(elements::unknown(key_or_id));
        };
        let mut draft = Draft::new(parse(&row.json)?, false, app.now().to_iso());
        let result = change(&mut draft)?;
        draft.root.insert("key".to_owned(), json!(row.key));
        let json = checked(app, &draft)?;
        let (changed, _) = catalog::import(&json, row.id)?;
        if let Some(never) = catalog::endless_chain(&changed) {
            return Err(Error::invalid(format!(
                "{}: {}.",
                never.path, never.message
            )));
        }
        let written = app
            .store
            .update_element(caller.organization, row.id, row.version, caller.user, &json)
            .await?;
        if written.is_some() {
            return Ok(result);
        }
    }
    Err(busy())
}

async fn extend<R>(
    app: &App,
    caller: &Caller,
    base: &Arc<Compiled>,
    change: impl Fn(&mut Draft) -> Result<R, Error>,
) -> Result<R, Error> {
    let (organization, account) = (caller.organization, caller.account);
    for _ in 0..ATTEMPTS {
        let kept = app.store.extension(organization, account, base.id).await?;
        let (version, added) = match &kept {
            Some(kept) => (kept.version, parse(&kept.json)?),
            None => (0, json!([])),
        };
        let mut draft = added_draft(app, base, added);
        let result = change(&mut draft)?;
        checked(app, &draft)?;
        let added = added_json(&mut draft);
        if added.to_string().contains("oauth.api.secret") {
            return Err(Error::invalid(
                "What an account adds to an element of the catalog cannot use `oauth.api.secret`: the application is the \
                 organization's.",
            ));
        }
        let json =
            serde_json::to_vec(&added).map_err(|error| Error::internal(error.to_string()))?;
        let written = app
            .store
            .put_extension(organization, account, base.id, version, &json)
            .await?;
        if written {
            app.memory.extensions_changed();
            app.memory.answers.empty_all(organization);
            return Ok(result);
        }
    }
    Err(busy())
}

/// What an account added, as it is kept: its resources, and its models where there are any.
fn added_json(draft: &mut Draft) -> Value {
    let models = std::mem::take(draft.list("models"));
    let resources = Value::Array(std::mem::take(draft.resources()));
    if models.is_empty() {
        return resources;
    }
    json!({"resources": resources, "models": models})
}

fn added_draft(app: &App, base: &Compiled, added: Value) -> Draft {
    let mut taken = BTreeSet::new();
    if let Value::Object(mut whole) = base.to_json() {
        ids::complete(&mut whole, &BTreeSet::new());
        ids::collect(&whole, &mut taken);
    }
    let (resources, models) = elements::extensions::parts(added);
    let root = json!({"hub": base.element.hub, "resources": resources, "models": models});
    let mut draft = Draft::new(root, true, app.now().to_iso());
    draft.taken = taken;
    draft
}

/// The definition that a caller sees, every piece with its id.
///
/// # Errors
/// 404 for an unknown element.
pub async fn view(app: &App, caller: &Caller, key_or_id: &str) -> Result<Draft, Error> {
    let now = app.now().to_iso();
    if elements::built_in(app, key_or_id).is_some() {
        let found = elements::seen(app, Some(caller), key_or_id).await?;
        return Ok(Draft::new(found.element.to_json(), true, now));
    }
    let head = elements::head(app, caller.organization, key_or_id).await?;
    let head = head.ok_or_else(|| elements::unknown(key_or_id))?;
    let row = app.store.element(caller.organization, head.id).await?;
    let row = row.ok_or_else(|| elements::unknown(key_or_id))?;
    Ok(Draft::new(parse(&row.json)?, false, now))
}

/// The same with the account's own resources alone.
///
/// # Errors
/// 404 for an unknown element.
pub async fn view_added(app: &App, caller: &Caller, key_or_id: &str) -> Result<Draft, Error> {
    let Some(base) = elements::built_in(app, key_or_id) else {
        return view(app, caller, key_or_id).await;
    };
    let (organization, account) = (caller.organization, caller.account);
    let kept = app.store.extension(organization, account, base.id).await?;
    let added = match &kept {
        Some(kept) => parse(&kept.json)?,
        None => json!([]),
    };
    Ok(added_draft(app, base, added))
}

/// Replaces a definition whole; its key stays.
///
/// # Errors
/// As [`edit_own`].
pub async fn replace(
    app: &App,
    caller: &Caller,
    key_or_id: &str,
    definition: &Value,
) -> Result<elements::Found, Error> {
    let mut given = match definition {
        Value::Object(members) => members.clone(),
        _ => {
            return Err(Error::invalid(
                "The body must be a JSON object: an element.",
            ));
        }
    };
    given.remove("id");
    let active = given.get("active").and_then(Value::as_bool);
    edit_own(app, caller, key_or_id, |draft| {
        required(&given, "name")?;
        draft.root.clone_from(&given);
        Ok(())
    })
    .await?;
    if let Some(active) = active {
        elements::set_active(app, caller, key_or_id, active).await?;
    }
    elements::seen(app, Some(caller), key_or_id).await
}

/// Makes a private copy of an element under a key of its own, without the credentials of its application.
///
/// # Errors
/// 404 for an unknown element, 409 when every name for the copy is taken.
pub async fn clone(app: &App, caller: &Caller, key_or_id: &str) -> Result<Arc<Compiled>, Error> {
    let found = elements::seen(app, Some(caller), key_or_id).await?;
    let mut definition = export(app, caller, key_or_id).await?;
    let Value::Object(members) = &mut definition else {
        return Err(Error::internal("an element that is no object"));
    };
    members.remove("id");
    members.insert("private".to_owned(), json!(true));
    members.insert(
        "name".to_owned(),
        json!(format!("{} Clone", found.element.element.name)),
    );
    for entry in list_of(members, "configuration") {
        let key = entry.get("key").and_then(Value::as_str);
        if matches!(key, Some("oauth.api.key" | "oauth.api.secret"))
            && let Value::Object(entry) = entry
        {
            entry.remove("defaultValue");
        }
    }
    let base = format!("{}clone", found.element.element.key);
    for number in 1..=100 {
        let key = match number {
            1 => base.clone(),
            _ => format!("{base}{number}"),
        };
        if let Value::Object(members) = &mut definition {
            members.insert("key".to_owned(), json!(key));
        }
        let json =
            serde_json::to_vec(&definition).map_err(|error| Error::internal(error.to_string()))?;
        match elements::import(app, caller, &json).await {
            Err(Error::Refused {
                kind: ErrorKind::Conflict,
                ..
            }) => {}
            other => return other.map(|(element, _)| element),
        }
    }
    Err(Error::conflict(
        "There are too many clones of this element.",
    ))
}

/// The definition in the form that can be imported: for an organization's own element as it was given.
///
/// # Errors
/// 404 for an unknown element.
pub async fn export(app: &App, caller: &Caller, key_or_id: &str) -> Result<Value, Error> {
    if elements::built_in(app, key_or_id).is_some() {
        let found = elements::seen(app, Some(caller), key_or_id).await?;
        return Ok(found.element.to_json());
    }
    let head = elements::own(app, caller, key_or_id).await?;
    let row = app.store.element(caller.organization, head.id).await?;
    let row = row.ok_or_else(|| elements::unknown(key_or_id))?;
    let mut definition = parse(&row.json)?;
    if let Value::Object(members) = &mut definition {
        members.insert("id".to_owned(), json!(row.id));
        members.insert("key".to_owned(), json!(row.key));
        members.insert("active".to_owned(), json!(row.active));
    }
    Ok(definition)
}

fn checked(app: &App, draft: &Draft) -> Result<Vec<u8>, Error> {
    let resources = draft.root.get("resources").and_then(Value::as_array);
    if resources.is_some_and(|resources| resources.len() > MOST_RESOURCES) {
        return Err(Error::invalid(format!(
            "An element has at most {MOST_RESOURCES} resources."
        )));
    }
    let json =
        serde_json::to_vec(&draft.root).map_err(|error| Error::internal(error.to_string()))?;
    let limit = app.config.http.max_body.0;
    if u64::try_from(json.len()).unwrap_or(u64::MAX) > limit {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("The definition would be larger than {limit} bytes."),
        ));
    }
    Ok(json)
}

fn parse(json: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(json)
        .map_err(|error| Error::internal(format!("a stored definition cannot be read: {error}")))
}

fn busy() -> Error {
    Error::conflict("The element is being changed by others; try again.")
}
