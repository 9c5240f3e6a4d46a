//! The catalog as one organization sees it: the built-in elements and those it imported.

use std::sync::Arc;

use ligand_engine::catalog::{self, Compiled, Diagnostic, Severity};
use ligand_model::element::AuthenticationKind;
use ligand_model::error::ErrorKind;
use ligand_model::id::{ElementId, OrganizationId};
use ligand_model::instance::Instance;
use ligand_store::elements::{ElementHead, ImportedElement};
use ligand_store::farewells::Leaving;
use ligand_store::identity::{Caller, Reach};

use super::Error;
use crate::app::App;

pub mod extensions;
pub mod standard;

/// First id of imported elements.
pub const FIRST_IMPORTED: i64 = 10_000;

/// An element as somebody sees it, and its version.
#[derive(Debug, Clone)]
pub struct Found {
    /// The element.
    pub element: Arc<Compiled>,
    /// Its newest version; 1 for elements of the catalog.
    pub version: i64,
}

/// The element that a path segment or body names, by key or id, without what accounts added to it.
///
/// # Errors
/// 404 when there is none, or it is another organization's.
pub async fn find(
    app: &App,
    organization: Option<OrganizationId>,
    key_or_id: &str,
) -> Result<Arc<Compiled>, Error> {
    newest(app, organization, key_or_id)
        .await
        .map(|found| found.element)
}

/// The same as a caller sees it: with the resources that its account added.
///
/// # Errors
/// As [`find`].
pub async fn seen(app: &App, caller: Option<&Caller>, key_or_id: &str) -> Result<Found, Error> {
    let organization = caller.map(|caller| caller.organization);
    let found = newest(app, organization, key_or_id).await?;
    let Some(caller) = caller else {
        return Ok(found);
    };
    let element =
        extensions::extended(app, caller.organization, caller.account, found.element).await?;
    Ok(Found { element, ..found })
}

async fn newest(
    app: &App,
    organization: Option<OrganizationId>,
    key_or_id: &str,
) -> Result<Found, Error> {
    let built_in = match numeric(key_or_id) {
        Some(id) => app.catalog.by_id(id),
        None => app.catalog.by_key(key_or_id),
    };
    if let Some(element) = built_in {
        let element = Arc::clone(element);
        return Ok(Found {
            element,
            version: 1,
        });
    }
    let organization = organization.ok_or_else(|| unknown(key_or_id))?;
    let head = head(app, organization, key_or_id)
        .await?
        .ok_or_else(|| unknown(key_or_id))?;
    newest_of(app, organization, &head).await
}

/// 404 for an element.
pub fn unknown(key_or_id: &str) -> Error {
    Error::not_found(format!("No element found with key {}", shown(key_or_id)))
}

/// 404 for a version of an element.
pub fn no_version(key: &str, version: i64) -> Error {
    Error::not_found(format!("No version {version} found of the element {key}"))
}

/// An imported element without its definition.
pub(super) async fn head(
    app: &App,
    organization: OrganizationId,
    key_or_id: &str,
) -> Result<Option<ElementHead>, Error> {
    Ok(match numeric(key_or_id) {
        Some(id) => app.store.element_head(organization, id).await?,
        None => {
            app.store
                .element_head_by_key(organization, key_or_id)
                .await?
        }
    })
}

async fn newest_of(
    app: &App,
    organization: OrganizationId,
    head: &ElementHead,
) -> Result<Found, Error> {
    let known = app
        .memory
        .elements
        .get(&(organization, head.id, head.version))
        .filter(|known| known.element.active == head.active);
    if let Some(element) = known {
        return Ok(Found {
            element,
            version: head.version,
        });
    }
    let row = app
        .store
        .element(organization, head.id)
        .await?
        .ok_or_else(|| unknown(&head.key))?;
    Ok(Found {
        element: compiled(app, &row)?,
        version: row.version,
    })
}

/// The newest version of the element with an id.
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
    match app.store.element_head(organization, id).await? {
        Some(head) => newest_of(app, organization, &head)
            .await
            .map(|found| Some(found.element)),
        None => Ok(None),
    }
}

/// An imported element as it was at a version; warm, it costs no statement.
///
/// # Errors
/// Those of the store, and 500 for a stored definition that can no longer be read.
pub async fn at(
    app: &App,
    organization: OrganizationId,
    id: ElementId,
    version: i64,
) -> Result<Option<Arc<Compiled>>, Error> {
    if let Some(known) = app.memory.elements.get(&(organization, id, version)) {
        return Ok(Some(known));
    }
    match app.store.element_at(organization, id, version).await? {
        Some(row) => compiled(app, &row).map(Some),
        None => Ok(None),
    }
}

/// The element of an instance: the version it runs, or the catalog's with what its account added. Warm, it costs no
/// statement.
///
/// # Errors
/// 400 when the element has been deleted since.
pub async fn of_instance(app: &App, instance: &Instance) -> Result<Arc<Compiled>, Error> {
    running(app, instance)
        .await?
        .ok_or_else(|| Error::invalid("The element of this instance has been deleted."))
}

/// The same; none when the element has been deleted since.
///
/// # Errors
/// Those of the store, and 500 for a stored definition that can no longer be read.
pub async fn running(app: &App, instance: &Instance) -> Result<Option<Arc<Compiled>>, Error> {
    of_leaving(app, Leaving::of(instance)).await
}

/// The element of an instance that may be gone; none when the element has been deleted since.
///
/// # Errors
/// As [`running`].
pub async fn of_leaving(app: &App, of: Leaving) -> Result<Option<Arc<Compiled>>, Error> {
    if let Some(built_in) = app.catalog.by_id(of.element) {
        let element = Arc::clone(built_in);
        return extensions::extended(app, of.organization, of.account, element)
            .await
            .map(Some);
    }
    at(app, of.organization, of.element, of.element_version).await
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
        for head in app.store.element_heads(organization).await? {
            elements.push(newest_of(app, organization, &head).await?.element);
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
    // Compiling many scripts takes a while: not on a thread that answers others.
    let (draft, reviewed) = tokio::task::spawn_blocking(move || {
        let reviewed = catalog::review(&draft);
        (draft, reviewed)
    })
    .await
    .map_err(|error| Error::internal(error.to_string()))?;
    if let Some(never) = reviewed.iter().find(|one| one.severity == Severity::Error) {
        return Err(Error::invalid(format!(
            "{}: {}.",
            never.path, never.message
        )));
    }
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
    let (mut compiled, mut diagnostics) = catalog::import(json, id)?;
    diagnostics.extend(reviewed);
    standard::complete(&mut compiled.element);
    let compiled = Arc::new(compiled);
    app.memory
        .elements
        .insert((caller.organization, id, 1), Arc::clone(&compiled));
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
    let head = own(app, caller, key_or_id).await?;
    app.store
        .set_element_active(caller.organization, head.id, active)
        .await?;
    by_id(app, Some(caller.organization), head.id)
        .await?
        .ok_or_else(|| unknown(key_or_id))
}

/// Deletes an imported element.
///
/// # Errors
/// 404 for an unknown one, 403 for a built-in one, 409 while it has instances.
pub async fn delete(app: &App, caller: &Caller, key_or_id: &str) -> Result<(), Error> {
    let head = own(app, caller, key_or_id).await?;
    let organization = caller.organization;
    match app.store.delete_element(organization, head.id).await {
        Ok(true) => {
            for version in 1..=head.version {
                app.memory
                    .elements
                    .remove(&(organization, head.id, version));
            }
            Ok(())
        }
        Ok(false) => Err(unknown(key_or_id)),
        Err(ligand_store::Error::Conflict { .. }) => Err(Error::conflict(format!(
            "The element {} still has instances; delete them first.",
            head.key
        ))),
        Err(other) => Err(other.into()),
    }
}

/// An element of the caller's own organization, to be changed or taken out whole.
///
/// # Errors
/// 404 for an unknown one, 403 for a built-in one and for one that another account imported.
pub(super) async fn own(app: &App, caller: &Caller, key_or_id: &str) -> Result<ElementHead, Error> {
    if let Some(built_in) = built_in(app, key_or_id) {
        return Err(Error::new(
            ErrorKind::Forbidden,
            format!(
                "The element {} is built in and cannot be changed.",
                built_in.element.key
            ),
        ));
    }
    let head = head(app, caller.organization, key_or_id)
        .await?
        .ok_or_else(|| unknown(key_or_id))?;
    if Reach::from(caller).holds(head.account) {
        return of_whoever_lends(app, caller, head).await;
    }
    Err(Error::new(
        ErrorKind::Forbidden,
        format!(
            "The element {} was imported by another account; only its users and administrators of the organization \
             may do this.",
            head.key
        ),
    ))
}

/// An element that the organization lends the secret of its application is changed by nobody but its administrators: what
/// stands in a definition, its hooks and its hosts, decides who gets that secret.
async fn of_whoever_lends(
    app: &App,
    caller: &Caller,
    head: ElementHead,
) -> Result<ElementHead, Error> {
    let lends = || app.store.application(caller.organization, head.id);
    if caller.organization_admin || lends().await?.is_none() {
        return Ok(head);
    }
    Err(Error::new(
        ErrorKind::Forbidden,
        format!(
            "The organization's application is registered for the element {}; only its administrators may change it.",
            head.key
        ),
    ))
}

/// The element of the catalog with this key or id.
pub(super) fn built_in<'a>(app: &'a App, key_or_id: &str) -> Option<&'a Arc<Compiled>> {
    match numeric(key_or_id) {
        Some(id) => app.catalog.by_id(id),
        None => app.catalog.by_key(key_or_id),
    }
}

pub(super) fn compiled(app: &App, row: &ImportedElement) -> Result<Arc<Compiled>, Error> {
    let (mut compiled, _) = catalog::import(&row.json, row.id).map_err(|error| {
        Error::internal(format!(
            "the stored element {} cannot be read: {error}",
            row.id
        ))
    })?;
    compiled.element.active = row.active;
    compiled.element.key.clone_from(&row.key);
    standard::complete(&mut compiled.element);
    let compiled = Arc::new(compiled);
    app.memory.elements.insert(
        (row.organization, row.id, row.version),
        Arc::clone(&compiled),
    );
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
