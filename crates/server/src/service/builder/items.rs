//! Parameters and hooks, of an element or of one of its resources.

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
}

impl Kind {
    const fn list(self) -> &'static str {
        match self {
            Self::Parameter => "parameters",
            Self::Hook => "hooks",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Parameter => "parameter",
            Self::Hook => "hook",
        }
    }
}

/// Where it stands.
#[derive(Debug, Clone)]
pub struct Place {
    /// The element, by key or id.
    pub element: String,
    /// Its resource; none for the element itself.
    pub resource: Option<String>,
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
    Ok(items.iter().map(|item| shown(item, place)).collect())
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
        .map(|item| shown(item, place))
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
    write(app, caller, place, |draft| {
        // The place is looked up first: what is wrong with it is said before what is wrong with the body.
        items(draft, place, kind)?;
        let of = place.resource.as_deref().unwrap_or_default();
        let seed = match kind {
            Kind::Parameter => ids::parameter_seed(of, &given),
            Kind::Hook => ids::hook_seed(of, &given),
        };
        let mut item = given.clone();
        item.insert("id".to_owned(), json!(draft.fresh(&seed)));
        item.insert("createdDate".to_owned(), json!(draft.now));
        let item = Value::Object(item);
        items(draft, place, kind)?.push(item.clone());
        Ok(shown(&item, place))
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
    write(app, caller, place, |draft| {
        let items = items(draft, place, kind)?;
        let known = items
            .iter_mut()
            .find(|item| has_id(item, id))
            .ok_or_else(|| not_found(kind.word(), id))?;
        let mut item = checked(kind, given.clone())?;
        let legacy = |item: &Map<String, Value>| item.get("isLegacy") == Some(&json!(true));
        if legacy(&item) && !known.as_object().is_some_and(legacy) {
            return Err(Error::invalid("A hook cannot become a legacy hook."));
        }
        for name in ["id", "createdDate"] {
            if let Some(value) = known.get(name) {
                item.insert(name.to_owned(), value.clone());
            }
        }
        *known = Value::Object(item);
        Ok(shown(known, place))
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
    write(app, caller, place, |draft| {
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

async fn write<R>(
    app: &App,
    caller: &Caller,
    place: &Place,
    change: impl Fn(&mut Draft) -> Result<R, Error>,
) -> Result<R, Error> {
    if place.resource.is_some() {
        edit(app, caller, &place.element, change).await
    } else {
        edit_own(app, caller, &place.element, change).await
    }
}

fn items<'a>(draft: &'a mut Draft, place: &Place, kind: Kind) -> Result<&'a mut Vec<Value>, Error> {
    Ok(match &place.resource {
        Some(id) => list_of(draft.resource(id)?, kind.list()),
        None => draft.list(kind.list()),
    })
}

/// As an answer shows it: with the resource it stands in, and with what is understood where it says nothing.
fn shown(item: &Value, place: &Place) -> Value {
    let mut item = item.clone();
    if let Value::Object(members) = &mut item {
        members.retain(|_, value| !value.is_null());
        let resource = place
            .resource
            .as_deref()
            .and_then(|id| id.parse::<i64>().ok());
        if let Some(resource) = resource {
            members.insert("resourceId".to_owned(), json!(resource));
        }
        if members.contains_key("mimeType") || !members.contains_key("vendorType") {
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
    let value = match kind {
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
