//! Parameters and hooks, of an element or of one of its resources; its objects and their fields, its models.

use ligand_engine::catalog::{PARAMETER_DESTINATIONS, PARAMETER_SOURCES};
use ligand_model::element::{Hook, Parameter};
use ligand_store::identity::Caller;
use serde_json::{Map, Value, json};

use super::{Draft, edit, edit_own, has_id, ids, list_of, members, not_found, required, view};
use crate::app::App;
use crate::service::Error;

/// What is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A parameter.
    Parameter,
    /// A hook.
    Hook,
    /// An object: what records are called, and how they are told apart.
    Object,
    /// A field of an object.
    Field,
    /// A model of the element: the fields that several resources share.
    Model,
}

impl Kind {
    const fn list(self) -> &'static str {
        match self {
            Self::Parameter => "parameters",
            Self::Hook => "hooks",
            Self::Object => "objects",
            Self::Field => "fields",
            Self::Model => "models",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Parameter => "parameter",
            Self::Hook => "hook",
            Self::Object => "object",
            Self::Field => "field",
            Self::Model => "model",
        }
    }
}

/// Where it stands.
#[derive(Debug, Clone)]
pub struct Place {
    /// The element, by key or id.
    pub element: String,
    /// What it belongs to.
    pub holder: Holder,
}

/// What a piece belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// The element itself.
    Element,
    /// One of its resources.
    Resource(String),
    /// One of its objects.
    Object(String),
}

impl Holder {
    fn id(&self) -> Option<&str> {
        match self {
            Self::Element => None,
            Self::Resource(id) | Self::Object(id) => Some(id),
        }
    }
}

/// The parameters or hooks of a place.
///
/// # Errors
/// 404 for an unknown element or resource.
pub async fn list(
    app: &App,
    caller: &Caller,
    place: &Place,
    kind: Kind,
) -> Result<Vec<Value>, Error> {
    let mut draft = view(app, caller, &place.element).await?;
    let items = items(&mut draft, place, kind)?;
    Ok(items.iter().map(|item| shown(item, place, kind)).collect())
}

/// One of them.
///
/// # Errors
/// 404 for an unknown one.
pub async fn get(
    app: &App,
    caller: &Caller,
    place: &Place,
    kind: Kind,
    id: &str,
) -> Result<Value, Error> {
    let mut draft = view(app, caller, &place.element).await?;
    let items = items(&mut draft, place, kind)?;
    let found = items.iter().find(|item| has_id(item, id));
    found
        .map(|item| shown(item, place, kind))
        .ok_or_else(|| not_found(kind.word(), id))
}

/// Adds one.
///
/// # Errors
/// 400 naming what is wrong with it, 404 for an unknown place.
pub async fn add(
    app: &App,
    caller: &Caller,
    place: &Place,
    kind: Kind,
    body: &Value,
) -> Result<Value, Error> {
    let mut given = checked(kind, members(body)?)?;
    given.remove("id");
    write(app, caller, place, kind, |draft| {
        // The place is looked up first: what is wrong with it is said before what is wrong with the body.
        items(draft, place, kind)?;
        let of = place.holder.id().unwrap_or_default();
        let seed = match kind {
            Kind::Parameter => ids::parameter_seed(of, &given),
            Kind::Hook => ids::hook_seed(of, &given),
            Kind::Object | Kind::Field | Kind::Model => ids::named_seed(kind.word(), of, &given),
        };
        let mut item = given.clone();
        item.insert("id".to_owned(), json!(draft.fresh(&seed)));
        item.insert("createdDate".to_owned(), json!(draft.now));
        let item = Value::Object(item);
        let id = item.get("id").cloned().unwrap_or_default();
        items(draft, place, kind)?.push(item);
        // What stands in it gets its ids, too.
        draft.complete();
        let made = items(draft, place, kind)?
            .iter()
            .find(|item| item.get("id") == Some(&id));
        Ok(made
            .map(|item| shown(item, place, kind))
            .unwrap_or_default())
    })
    .await
}

/// Replaces one; its id stays.
///
/// # Errors
/// 400 naming what is wrong with it, 404 for an unknown one.
pub async fn replace(
    app: &App,
    caller: &Caller,
    place: &Place,
    kind: Kind,
    id: &str,
    body: &Value,
) -> Result<Value, Error> {
    let given = members(body)?;
    write(app, caller, place, kind, |draft| {
        let known = items(draft, place, kind)?
            .iter_mut()
            .find(|item| has_id(item, id))
            .ok_or_else(|| not_found(kind.word(), id))?;
        let mut item = checked(kind, given.clone())?;
        let legacy = |item: &Map<String, Value>| item.get("isLegacy") == Some(&json!(true));
        if legacy(&item) && !known.as_object().is_some_and(legacy) {
            return Err(Error::invalid("A hook cannot become a legacy hook."));
        }
        if kind == Kind::Object
            && let (None, Some(fields)) = (item.get("fields"), known.get("fields"))
        {
            item.insert("fields".to_owned(), fields.clone());
        }
        for name in ["id", "createdDate"] {
            if let Some(value) = known.get(name) {
                item.insert(name.to_owned(), value.clone());
            }
        }
        *known = Value::Object(item);
        draft.complete();
        let made = items(draft, place, kind)?
            .iter()
            .find(|item| has_id(item, id));
        Ok(made
            .map(|item| shown(item, place, kind))
            .unwrap_or_default())
    })
    .await
}

/// Deletes one.
///
/// # Errors
/// 404 for an unknown one.
pub async fn remove(
    app: &App,
    caller: &Caller,
    place: &Place,
    kind: Kind,
    id: &str,
) -> Result<(), Error> {
    write(app, caller, place, kind, |draft| {
        let items = items(draft, place, kind)?;
        let before = items.len();
        items.retain(|item| !has_id(item, id));
        if items.len() == before {
            return Err(not_found(kind.word(), id));
        }
        Ok(())
    })
    .await
}

/// Replaces the one whose id the body names, or adds it: `PUT` of a list.
///
/// # Errors
/// As [`add`] and [`replace`].
pub async fn put(
    app: &App,
    caller: &Caller,
    place: &Place,
    kind: Kind,
    body: &Value,
) -> Result<Value, Error> {
    let id = body
        .get("id")
        .and_then(Value::as_i64)
        .map(|id| id.to_string());
    match id {
        Some(id) => replace(app, caller, place, kind, &id, body).await,
        None => add(app, caller, place, kind, body).await,
    }
}

async fn write<R>(
    app: &App,
    caller: &Caller,
    place: &Place,
    kind: Kind,
    change: impl Fn(&mut Draft) -> Result<R, Error>,
) -> Result<R, Error> {
    let of_account = matches!(place.holder, Holder::Resource(_)) || kind == Kind::Model;
    if of_account {
        edit(app, caller, &place.element, change).await
    } else {
        edit_own(app, caller, &place.element, change).await
    }
}

fn items<'a>(draft: &'a mut Draft, place: &Place, kind: Kind) -> Result<&'a mut Vec<Value>, Error> {
    Ok(match &place.holder {
        Holder::Resource(id) => list_of(draft.resource(id)?, kind.list()),
        Holder::Object(id) => {
            let mut objects = draft.list("objects").iter_mut();
            let object = objects
                .find(|object| has_id(object, id))
                .and_then(Value::as_object_mut);
            list_of(object.ok_or_else(|| not_found("object", id))?, kind.list())
        }
        Holder::Element => draft.list(kind.list()),
    })
}

/// As an answer shows it: with what it stands in, and with what is understood where it says nothing.
fn shown(item: &Value, place: &Place, kind: Kind) -> Value {
    let mut item = item.clone();
    if let Value::Object(members) = &mut item {
        members.retain(|_, value| !value.is_null());
        let of = place.holder.id().and_then(|id| id.parse::<i64>().ok());
        if let Some(of) = of {
            let name = match place.holder {
                Holder::Object(_) => "objectId",
                _ => "resourceId",
            };
            members.insert(name.to_owned(), json!(of));
        }
        if kind == Kind::Hook {
            members.entry("body").or_insert(json!(""));
            members.entry("isLegacy").or_insert(json!(false));
        }
    }
    item
}

/// A parameter or hook as it may be kept.
pub(super) fn checked(
    kind: Kind,
    mut given: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    given.remove("resourceId");
    given.remove("objectId");
    let value = match kind {
        Kind::Object => {
            required(&given, "name")?;
            each(&mut given, "fields", Kind::Field)?;
            return Ok(given);
        }
        Kind::Field => {
            required(&given, "name")?;
            given.entry("type").or_insert(json!("string"));
            required(&given, "type")?;
            return Ok(given);
        }
        Kind::Model => {
            required(&given, "name")?;
            given.entry("modelType").or_insert(json!("standard"));
            for name in ["resources", "modelFields"] {
                if given.get(name).is_some_and(|list| !list.is_array()) {
                    return Err(Error::invalid(format!("`{name}` must be a list.")));
                }
            }
            return Ok(given);
        }
        Kind::Parameter => {
            for name in ["name", "type", "vendorName", "vendorType"] {
                required(&given, name)?;
            }
            one_of(&given, "type", PARAMETER_SOURCES)?;
            one_of(&given, "vendorType", PARAMETER_DESTINATIONS)?;
            given.entry("source").or_insert(json!("request"));
            one_of(&given, "source", &["request", "response"])?;
            given.entry("required").or_insert(json!(false));
            let value = Value::Object(given.clone());
            serde_json::from_value::<Parameter>(value).map(drop)
        }
        Kind::Hook => {
            required(&given, "type")?;
            required(&given, "body")?;
            given
                .entry("mimeType")
                .or_insert(json!("application/javascript"));
            given.entry("isLegacy").or_insert(json!(false));
            given.remove("file");
            let value = Value::Object(given.clone());
            serde_json::from_value::<Hook>(value).map(drop)
        }
    };
    value.map_err(|error| Error::invalid(format!("This is no {}: {error}.", kind.word())))?;
    Ok(given)
}

/// Checks each piece that stands in another.
fn each(given: &mut Map<String, Value>, name: &str, kind: Kind) -> Result<(), Error> {
    let Some(list) = given.get_mut(name) else {
        return Ok(());
    };
    let Some(items) = list.as_array_mut() else {
        return Err(Error::invalid(format!("`{name}` must be a list.")));
    };
    for item in items {
        *item = Value::Object(checked(kind, members(item)?)?);
    }
    Ok(())
}

fn one_of(given: &Map<String, Value>, name: &str, known: &[&str]) -> Result<(), Error> {
    let text = required(given, name)?;
    if known.contains(&text) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "`{name}` must be one of {}.",
        known.join(", ")
    )))
}
