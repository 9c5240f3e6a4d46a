//! The catalog as one organization sees it: the built-in elements and those it imported.

use std::sync::Arc;

use ligand_engine::catalog::{self, Compiled, Diagnostic};
use ligand_model::element::AuthenticationKind;
use ligand_model::error::ErrorKind;
use ligand_model::id::{ElementId, OrganizationId};
use ligand_store::elements::ImportedElement;
use ligand_store::identity::Caller;

use super::Error;
use crate::app::App;

/// First id of imported elements.
const FIRST_IMPORTED: i64 = 10_000;

/// The element that a path segment or body names, by key or id.
///
/// # Errors
/// 404 when there is none, or it is another organization's.
pub async fn find(
    app: &App,
    organization: Option<OrganizationId>,
    key_or_id: &str,
) -> Result<Arc<Compiled>, Error> {
    let unknown = || Error::not_found(format!("No element found with key {}", shown(key_or_id)));
    if let Some(id) = numeric(key_or_id) {
        return by_id(app, organization, id).await?.ok_or_else(unknown);
    }
    if let Some(built_in) = app.catalog.by_key(key_or_id) {
        return Ok(Arc::clone(built_in));
    }
    let organization = organization.ok_or_else(unknown)?;
    let row = app
        .store
        .element_by_key(organization, key_or_id)
        .await?
        .ok_or_else(unknown)?;
    compiled(app, &row)
}

/// The element with an id.
///
/// # Errors
/// Those of the store, and 500 for a stored definition that can no longer be read.
pub async fn by_id(
    app: &App,
    organization: Option<OrganizationId>,
    id: ElementId,
) -> Result<Option<Arc<Compiled>>, Error> {
    if let Some(built_in) = app.catalog.by_id(id) {
        return Ok(Some(Arc::clone(built_in)));
    }
    let Some(organization) = organization.filter(|_| id.0 >= FIRST_IMPORTED) else {
        return Ok(None);
    };
    if let Some(known) = app.memory.elements.get(&(organization, id)) {
        return Ok(Some(known));
    }
    match app.store.element(organization, id).await? {
        Some(row) => compiled(app, &row).map(Some),
        None => Ok(None),
    }
}

/// The element of an instance; warm, it costs no statement.
///
/// # Errors
/// 400 when the element has been deleted since.
pub async fn of_instance(
    app: &App,
    organization: OrganizationId,
    id: ElementId,
) -> Result<Arc<Compiled>, Error> {
    by_id(app, Some(organization), id)
        .await?
        .ok_or_else(|| Error::invalid("The element of this instance has been deleted."))
}

/// Every element that a caller may see, in id order.
///
/// # Errors
/// Those of the store.
pub async fn all(
    app: &App,
    organization: Option<OrganizationId>,
) -> Result<Vec<Arc<Compiled>>, Error> {
    let mut elements: Vec<_> = app.catalog.iter().cloned().collect();
    if let Some(organization) = organization {
        for row in app.store.elements(organization).await? {
            elements.push(match app.memory.elements.get(&(organization, row.id)) {
                Some(known) => known,
                None => compiled(app, &row)?,
            });
        }
    }
    Ok(elements)
}

/// What stands below `/elements` where a key would.
const RESERVED: [&str; 5] = ["keys", "metadata", "convert", "client-sdks", "oauthProxies"];

/// The element of an instance for an answer; one that is gone is shown as deleted, so that what it leaves behind can
/// still be listed and deleted.
///
/// # Errors
/// Those of the store.
pub async fn shown_of_instance(
    app: &App,
    organization: OrganizationId,
    id: ElementId,
) -> Result<Arc<Compiled>, Error> {
    if let Some(known) = by_id(app, Some(organization), id).await? {
        return Ok(known);
    }
    let gone = serde_json::json!({
        "name": format!("Deleted element {id}"), "key": id.to_string(), "active": false, "deleted": true,
    });
    Ok(Arc::new(
        catalog::import(gone.to_string().as_bytes(), id)?.0,
    ))
}

/// Keeps an export as it is and makes it callable.
///
/// # Errors
/// 400 for what is no element, 409 for a key that is taken.
pub async fn import(
    app: &App,
    caller: &Caller,
    json: &[u8],
) -> Result<(Arc<Compiled>, Vec<Diagnostic>), Error> {
    let (draft, _) = catalog::import(json, ElementId(0))?;
    let key = &draft.element.key;
    let taken = || {
        Error::conflict(format!(
            "An element with the key {} exists already",
            shown(key)
        ))
    };
    if RESERVED.contains(&key.as_str()) || key.contains(['/', '?', '#', '%']) {
        return Err(Error::invalid(format!(
            "The key {} cannot be reached below /elements; give the element another `key`.",
            shown(key)
        )));
    }
    if app.catalog.by_key(key).is_some() || numeric(key).is_some() {
        return Err(taken());
    }
    let id = match app
        .store
        .insert_element(caller.organization, caller.account, key, json)
        .await
    {
        Err(ligand_store::Error::Conflict { .. }) => return Err(taken()),
        other => other?,
    };
    if !draft.element.active {
        app.store
            .set_element_active(caller.organization, id, false)
            .await?;
    }
    let (compiled, diagnostics) = catalog::import(json, id)?;
    let compiled = Arc::new(compiled);
    app.memory
        .elements
        .insert((caller.organization, id), Arc::clone(&compiled));
    Ok((compiled, diagnostics))
}

/// Switches an imported element on or off.
///
/// # Errors
/// 404 for an unknown one, 403 for a built-in one.
pub async fn set_active(
    app: &App,
    caller: &Caller,
    key_or_id: &str,
    active: bool,
) -> Result<Arc<Compiled>, Error> {
    let element = own(app, caller, key_or_id).await?;
    app.store
        .set_element_active(caller.organization, element.id, active)
        .await?;
    app.memory
        .elements
        .remove(&(caller.organization, element.id));
    of_instance(app, caller.organization, element.id).await
}

/// Deletes an imported element.
///
/// # Errors
/// 404 for an unknown one, 403 for a built-in one, 409 while it has instances.
pub async fn delete(app: &App, caller: &Caller, key_or_id: &str) -> Result<(), Error> {
    let element = own(app, caller, key_or_id).await?;
    let deleted = app
        .store
        .delete_element(caller.organization, element.id)
        .await;
    app.memory
        .elements
        .remove(&(caller.organization, element.id));
    match deleted {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::not_found(format!(
            "No element found with key {}",
            shown(key_or_id)
        ))),
        Err(ligand_store::Error::Conflict { .. }) => Err(Error::conflict(format!(
            "The element {} still has instances; delete them first.",
            element.element.key
        ))),
        Err(other) => Err(other.into()),
    }
}

/// An element of the caller's own organization.
async fn own(app: &App, caller: &Caller, key_or_id: &str) -> Result<Arc<Compiled>, Error> {
    let element = find(app, Some(caller.organization), key_or_id).await?;
    if app.catalog.by_id(element.id).is_some() {
        return Err(Error::new(
            ErrorKind::Forbidden,
            format!(
                "The element {} is built in and cannot be changed.",
                element.element.key
            ),
        ));
    }
    Ok(element)
}

fn compiled(app: &App, row: &ImportedElement) -> Result<Arc<Compiled>, Error> {
    let (mut compiled, _) = catalog::import(&row.json, row.id).map_err(|error| {
        Error::internal(format!(
            "the stored element {} cannot be read: {error}",
            row.id
        ))
    })?;
    compiled.element.active = row.active;
    let compiled = Arc::new(compiled);
    app.memory
        .elements
        .insert((row.organization, row.id), Arc::clone(&compiled));
    Ok(compiled)
}

/// Whether a customer is sent to the vendor, or to our stand-in for a vendor's page.
pub fn is_oauth(element: &Compiled) -> bool {
    let element = &element.element;
    matches!(
        element.authentication.kind,
        AuthenticationKind::Oauth1 | AuthenticationKind::Oauth2
    ) || element.authentication.authorize_url.is_some()
}

fn numeric(text: &str) -> Option<ElementId> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| ElementId(text.parse().unwrap_or(i64::MAX)))
}

/// What a caller sent, short enough to be sent back.
pub fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
