//! Resources, and the model of each.

use ligand_model::element::Resource;
use ligand_store::identity::Caller;
use serde_json::{Map, Value, json};

use super::items::{self, Kind};
use super::{Draft, edit, has_id, list_of, members, not_found, required, view, view_added};
use crate::app::App;
use crate::service::elements::extensions::route;
use crate::service::{Error, elements};

/// What a resource may be.
const TYPES: [&str; 15] = [
    "api",
    "apiNoDocumentation",
    "onProvision",
    "onDelete",
    "onRefresh",
    "provisionAuthValidation",
    "onProvisionWebhook",
    "onDeleteWebhook",
    "oauthOnAuthorizeUrl",
    "oauthOnTokenExchange",
    "oauthOnTokenRefresh",
    "oauthOnTokenRevoke",
    "formulaAsResource",
    "describeObjects",
    "describeFields",
];

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// A path as it is stored: `/hubs/{hub}/…`.
pub fn stored_path(hub: &str, path: &str) -> String {
    if path.starts_with("/hubs/") {
        return path.to_owned();
    }
    format!("/hubs/{hub}/{}", path.trim_start_matches('/'))
}

/// The resources that a caller sees, or with `added` those of its account alone.
///
/// # Errors
/// 404 for an unknown element.
pub async fn list(
    app: &App,
    caller: &Caller,
    element: &str,
    added: bool,
) -> Result<Vec<Value>, Error> {
    let mut draft = if added {
        view_added(app, caller, element).await?
    } else {
        view(app, caller, element).await?
    };
    Ok(std::mem::take(draft.resources()))
}

/// One resource.
///
/// # Errors
/// 404 for an unknown element or resource.
pub async fn get(app: &App, caller: &Caller, element: &str, id: &str) -> Result<Value, Error> {
    let mut draft = view(app, caller, element).await?;
    Ok(Value::Object(draft.resource(id)?.clone()))
}

/// Adds a resource.
///
/// # Errors
/// 400 naming what is wrong with it, 409 for a verb and path that the element has.
pub async fn add(app: &App, caller: &Caller, element: &str, body: &Value) -> Result<Value, Error> {
    let given = members(body)?;
    let account = caller.account;
    edit(app, caller, element, |draft| {
        let mut resource = checked(draft, given.clone())?;
        let wanted = route_of(&resource);
        if draft.resources().iter().any(|known| {
            known
                .as_object()
                .is_some_and(|known| route_of(known) == wanted)
        }) {
            return Err(Error::conflict(format!(
                "The element has a resource {} {} already.",
                text(&resource, "method"),
                elements::shown(text(&resource, "path"))
            )));
        }
        // An account's own resource is another one than the element's that it takes the place of.
        let seed = if draft.of_catalog {
            format!("{account} {wanted}")
        } else {
            wanted
        };
        let id = draft.fresh(&seed);
        resource.insert("id".to_owned(), json!(id));
        resource.insert("createdDate".to_owned(), json!(draft.now));
        if draft.of_catalog {
            resource.insert("ownerAccountId".to_owned(), json!(account));
        }
        draft.resources().push(Value::Object(resource));
        draft.complete();
        Ok(Value::Object(draft.resource(&id.to_string())?.clone()))
    })
    .await
}

/// Replaces a resource; its id stays, and so do parameters, hooks and model unless others are given.
///
/// # Errors
/// 400 naming what is wrong with it, 404 for an unknown one, 409 for another's verb and path.
pub async fn replace(
    app: &App,
    caller: &Caller,
    element: &str,
    id: &str,
    body: &Value,
) -> Result<Value, Error> {
    let given = members(body)?;
    edit(app, caller, element, |draft| {
        let known = draft.resource(id)?.clone();
        let mut resource = checked(draft, given.clone())?;
        let wanted = route_of(&resource);
        let taken = draft.resources().iter().any(|other| {
            !has_id(other, id)
                && other
                    .as_object()
                    .is_some_and(|other| route_of(other) == wanted)
        });
        if taken && route_of(&known) != wanted {
            return Err(Error::conflict(
                "Another resource of the element has this verb and path.",
            ));
        }
        for name in [
            "id",
            "createdDate",
            "ownerAccountId",
            "parameters",
            "hooks",
            "model",
        ] {
            let fixed = matches!(name, "id" | "createdDate" | "ownerAccountId");
            if let Some(value) = known.get(name)
                && (fixed || !given.contains_key(name))
            {
                resource.insert(name.to_owned(), value.clone());
            }
        }
        resource.insert("updatedDate".to_owned(), json!(draft.now));
        *draft.resource(id)? = resource;
        draft.complete();
        Ok(Value::Object(draft.resource(id)?.clone()))
    })
    .await
}

/// Deletes a resource.
///
/// # Errors
/// 404 for an unknown one, which in an element of the catalog is every one that the account did not add.
pub async fn remove(app: &App, caller: &Caller, element: &str, id: &str) -> Result<(), Error> {
    edit(app, caller, element, |draft| {
        draft.resource(id)?;
        draft.resources().retain(|resource| !has_id(resource, id));
        Ok(())
    })
    .await
}

/// The model of a resource.
///
/// # Errors
/// 404 when it has none.
pub async fn model(app: &App, caller: &Caller, element: &str, id: &str) -> Result<Value, Error> {
    let mut draft = view(app, caller, element).await?;
    let model = draft
        .resource(id)?
        .get("model")
        .filter(|model| model.is_object());
    model.cloned().ok_or_else(|| no_model(id))
}

/// Sets the model of a resource.
///
/// # Errors
/// 400 without a `name`, 404 for an unknown resource.
pub async fn put_model(
    app: &App,
    caller: &Caller,
    element: &str,
    id: &str,
    body: &Value,
) -> Result<Value, Error> {
    let mut model = members(body)?;
    required(&model, "name")?;
    for name in ["swagger", "requestSwagger"] {
        if model.get(name).is_some_and(|schemas| !schemas.is_object()) {
            return Err(Error::invalid(format!(
                "`{name}` must be an object of schemas by name."
            )));
        }
    }
    model.entry("transform").or_insert(json!(false));
    edit(app, caller, element, |draft| {
        let model = Value::Object(model.clone());
        draft
            .resource(id)?
            .insert("model".to_owned(), model.clone());
        Ok(model)
    })
    .await
}

/// Takes the model from a resource.
///
/// # Errors
/// 404 when it has none.
pub async fn remove_model(
    app: &App,
    caller: &Caller,
    element: &str,
    id: &str,
) -> Result<(), Error> {
    edit(app, caller, element, |draft| {
        draft
            .resource(id)?
            .remove("model")
            .map(drop)
            .ok_or_else(|| no_model(id))
    })
    .await
}

fn no_model(id: &str) -> Error {
    not_found("model", id)
}

fn route_of(resource: &Map<String, Value>) -> String {
    let kind = match text(resource, "type") {
        "api" | "apiNoDocumentation" | "" => "",
        other => other,
    };
    let route = route(text(resource, "method"), text(resource, "path"));
    if kind.is_empty() {
        route
    } else {
        format!("{kind} {route}")
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> &'a str {
    members
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A resource as it may be kept.
fn checked(draft: &Draft, mut given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let method = required(&given, "method")?.trim().to_ascii_uppercase();
    if !METHODS.contains(&method.as_str()) {
        return Err(Error::invalid(format!(
            "`method` must be one of {}.",
            METHODS.join(", ")
        )));
    }
    let path = stored_path(&draft.hub, required(&given, "path")?.trim());
    if path.contains(['?', '#', ' ']) || path.chars().any(char::is_control) {
        return Err(Error::invalid(
            "`path` must be a path without a query or blanks.",
        ));
    }
    let kind = given
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("api")
        .to_owned();
    if !TYPES.contains(&kind.as_str()) {
        return Err(Error::invalid(format!(
            "`type` must be one of {}.",
            TYPES.join(", ")
        )));
    }
    if draft.of_catalog && !matches!(kind.as_str(), "api" | "apiNoDocumentation") {
        return Err(Error::invalid(
            "Only resources of the types api and apiNoDocumentation can be added to an element of the catalog.",
        ));
    }
    given.insert("method".to_owned(), json!(method));
    given.insert("path".to_owned(), json!(path));
    given.insert("type".to_owned(), json!(kind));
    given.entry("kind").or_insert(json!("eb"));
    for (name, kind) in [("parameters", Kind::Parameter), ("hooks", Kind::Hook)] {
        if given.get(name).is_some_and(|items| !items.is_array()) {
            return Err(Error::invalid(format!("`{name}` must be a list.")));
        }
        for item in list_of(&mut given, name) {
            *item = Value::Object(items::checked(kind, members(item)?)?);
        }
    }
    let typed: Result<Resource, _> = serde_json::from_value(Value::Object(given.clone()));
    typed.map_err(|error| Error::invalid(format!("This is no resource: {error}.")))?;
    Ok(given)
}
