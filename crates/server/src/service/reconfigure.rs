//! PUT and PATCH of an instance: new name, tags, settings or configuration, or a new consent at the vendor.

use std::collections::BTreeSet;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::catalog::configuration::{effective, validate_configuration};
use ligand_engine::hosts;
use ligand_model::configuration::InstanceDocument;
use ligand_model::element::ConfigurationEntry;
use ligand_model::id::{ElementId, InstanceId};
use ligand_model::secret::is_secret_key;
use ligand_store::fault;
use ligand_store::identity::Caller;
use ligand_store::instances::{InstanceChange, SealedInstance};
use secrecy::ExposeSecret as _;

use super::input::{InstanceInput, name_or};
use super::oauth;
use super::refresh::Changes;
use super::{Error, elements, grant, instances, lifecycle, refresh, text};
use crate::app::App;

/// How often a write that met another is tried again.
const ATTEMPTS: usize = 8;

/// Changes an instance. Id and token stay.
///
/// # Errors
/// 400 for faults and refusals, 404 for an unknown one; nothing is changed then.
pub async fn reconfigure(
    app: &App,
    caller: &Caller,
    id: InstanceId,
    of: Option<ElementId>,
    input: InstanceInput,
) -> Result<SealedInstance, Error> {
    let sealed = instances::find(app, caller, id, of).await?;
    let before = sealed.open()?;
    let present = elements::of_instance(app, &sealed.instance).await?;
    let elements::Found { element, version } =
        wanted_element(app, caller, &sealed, &present, &input).await?;
    let mut after = before.clone();
    merge(&element, &input, &mut after);
    let consent = oauth::consent(app, caller, &element, &input, &mut after.values).await?;
    let switched =
        element.id != sealed.instance.element || version != sealed.instance.element_version;
    if element.id != present.id && !caller.organization_admin {
        not_the_organizations(app, caller, &present, &after).await?;
    }
    let widened = switched && leads_elsewhere(&present, &element, &before, &after)?;
    let moved = moved_keys(&element, &before, &after, widened);
    let reconnects = consent.code.is_some() && elements::is_oauth(&element);
    if !moved.is_empty() {
        demand_fresh_secrets(&element, &before, &input, &moved, reconnects)?;
        forget_grant(&element, &input, &mut after);
        after.hosts = grant::freeze(&element, &after.values, false)?;
    }
    let edited = Changes::between(&before, &after);
    if !edited.is_empty() || switched {
        validate_configuration(&element.element, &after.values)?;
    }
    let validated = if reconnects {
        grant::connect(app, &element, &mut after, &consent, false).await?;
        // No farewell, neither to this grant should the write fail nor to the one it replaces: the same customer consented
        // to both, and a vendor may end all of an authorization with one of its tokens (RFC 7009, 2.1).
        fault::point("reconnect.granted");
        true
    } else {
        revalidate(app, &element, &before, &mut after).await?
    };
    let mut change = plain_change(&sealed, &element, &input, validated.then_some(true));
    change.element_version = Some(version).filter(|_| switched);
    let changes = Changes::between(&before, &after);
    if reconnects || changes.regrant() {
        change.regrant = Some(refresh::due(app, &element, &after.values));
    }
    write(app, sealed, change, &changes).await
}

/// The element after the change: a switch is only possible between elements that the organization sees. Named without
/// a version, the instance's own element stays at the version it has.
async fn wanted_element(
    app: &App,
    caller: &Caller,
    sealed: &SealedInstance,
    present: &Arc<Compiled>,
    input: &InstanceInput,
) -> Result<elements::Found, Error> {
    let stays = || elements::Found {
        element: Arc::clone(present),
        version: sealed.instance.element_version,
    };
    let Some(named) = &input.element else {
        return Ok(stays());
    };
    let found = elements::seen(app, Some(caller), &named.text()).await?;
    let wanted = &found.element;
    let found = match input.element_version {
        Some(version) if version != found.version => {
            let at = elements::at(app, caller.organization, wanted.id, version).await?;
            let element = at.ok_or_else(|| elements::no_version(&wanted.element.key, version))?;
            elements::Found { element, version }
        }
        None if wanted.id == present.id => stays(),
        _ => found,
    };
    let wanted = &found.element;
    if wanted.id != present.id
        && wanted.element.authentication.kind != present.element.authentication.kind
    {
        return Err(Error::invalid(format!(
            "An instance of {} cannot become one of {}: they authenticate differently.",
            present.element.key, wanted.element.key
        )));
    }
    Ok(found)
}

/// The secret of the organization's application stays with the element it was registered for: who wrote another element
/// could read it there.
async fn not_the_organizations(
    app: &App,
    caller: &Caller,
    present: &Compiled,
    after: &InstanceDocument,
) -> Result<(), Error> {
    let application = app.store.application(caller.organization, present.id);
    let (application, secret) = (application.await?, after.values.get("oauth.api.secret"));
    let lent = application
        .zip(secret)
        .is_some_and(|(application, secret)| application.api_secret.expose_secret() == secret);
    if !lent {
        return Ok(());
    }
    Err(Error::invalid(
        "The registered application's secret does not go along to another element; give `oauth.api.key` and \
         `oauth.api.secret` of an application of your own.",
    ))
}

/// Whether another definition would let the instance call a host that it may not call now.
fn leads_elsewhere(
    present: &Compiled,
    wanted: &Compiled,
    before: &InstanceDocument,
    after: &InstanceDocument,
) -> Result<bool, Error> {
    let reached = grant::freeze(wanted, &after.values, false)?;
    let known = &present.element.hosts;
    Ok(reached.iter().any(|host| !before.hosts.contains(host))
        || wanted
            .element
            .hosts
            .iter()
            .any(|host| !known.contains(host)))
}

/// Lays the given values over the document. A default that comes back as an answer showed it is no value of the
/// instance's own: the whole answer may be sent back.
fn merge(element: &Compiled, input: &InstanceInput, document: &mut InstanceDocument) {
    let shown = document.values.clone();
    for (key, value) in &input.configuration {
        if !shown.contains_key(key) && effective(&element.element, &shown, key) == *value {
            continue;
        }
        match value {
            Some(value) => document.values.insert(key.clone(), value.clone()),
            None => document.values.remove(key),
        };
    }
}

/// The host-bearing keys whose values changed; the element itself when it leads elsewhere.
fn moved_keys(
    element: &Compiled,
    before: &InstanceDocument,
    after: &InstanceDocument,
    widened: bool,
) -> Vec<String> {
    let keys: BTreeSet<&String> = before.values.keys().chain(after.values.keys()).collect();
    let mut moved: Vec<String> = keys
        .into_iter()
        .filter(|key| {
            let (old, new) = (before.values.get(*key), after.values.get(*key));
            old != new
                && [old, new]
                    .into_iter()
                    .flatten()
                    .any(|value| hosts::bears_host(&element.element, key, value))
        })
        .cloned()
        .collect();
    if widened && moved.is_empty() {
        moved.push("element".to_owned());
    }
    moved
}

/// A new host must not be handed secrets that were given for another: they must be given again.
fn demand_fresh_secrets(
    element: &Compiled,
    before: &InstanceDocument,
    input: &InstanceInput,
    moved: &[String],
    reconnects: bool,
) -> Result<(), Error> {
    let is_secret = |key: &str| {
        is_secret_key(key)
            || element
                .element
                .entry(key)
                .is_some_and(ConfigurationEntry::is_secret)
    };
    let fresh = |key: &str| input.configuration.get(key).is_some_and(Option::is_some);
    let mut stale: Vec<&str> = before
        .values
        .iter()
        .filter(|(key, value)| {
            !value.is_empty()
                && is_secret(key)
                && !key.starts_with("oauth.user.")
                && !key.starts_with("event.")
                && !fresh(key)
        })
        .map(|(key, _)| key.as_str())
        .collect();
    let granted = before
        .values
        .get("oauth.user.token")
        .is_some_and(|token| !token.is_empty());
    if granted && !reconnects && elements::is_oauth(element) {
        stale.push("providerData.code");
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Changing {} may lead to another host, so its secrets must be given again: {}.",
        moved.join(", "),
        stale.join(", ")
    )))
}

/// What the vendor of the old host returned is nothing to the new one.
fn forget_grant(element: &Compiled, input: &InstanceInput, document: &mut InstanceDocument) {
    let returned = &element.element.authentication.token_response;
    document.values.retain(|key, _| {
        input.configuration.contains_key(key)
            || !(key.starts_with("oauth.user.") || returned.contains_key(key))
    });
}

/// The element's own check, when a secret or host changed without a new consent.
async fn revalidate(
    app: &App,
    element: &Arc<Compiled>,
    before: &InstanceDocument,
    after: &mut InstanceDocument,
) -> Result<bool, Error> {
    let matters = |key: &str, value: &str| {
        !key.starts_with("event.")
            && (key == "username"
                || is_secret_key(key)
                || element
                    .element
                    .entry(key)
                    .is_some_and(ConfigurationEntry::is_secret)
                || hosts::bears_host(&element.element, key, value))
    };
    let changed = after
        .values
        .iter()
        .any(|(key, value)| before.values.get(key) != Some(value) && matters(key, value));
    if !changed {
        return Ok(false);
    }
    if lifecycle::declares(element, "provisionAuthValidation") {
        // Only the check: what `onProvision` makes at the vendor was made when the instance was.
        grant::validate(app, element, after).await?;
        return Ok(true);
    }
    // A new key may be good; an OAuth grant that was refused is not mended by new configuration.
    Ok(!elements::is_oauth(element))
}

fn plain_change(
    sealed: &SealedInstance,
    element: &Compiled,
    input: &InstanceInput,
    valid: Option<bool>,
) -> InstanceChange {
    let instance = &sealed.instance;
    let name = input
        .name
        .as_deref()
        .map(|name| name_or(Some(name), &element.element.name));
    let tags = match (&input.tags, &name) {
        (Some(given), _) => {
            let mut tags: Vec<String> = Vec::new();
            for tag in given.iter().map(|tag| text::plain(tag)) {
                if !tag.is_empty() && !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
            Some(tags)
        }
        // The name is the first tag, so a new name replaces it there.
        (None, Some(name)) if instance.tags.first() == Some(&instance.name) => {
            Some(text::tags(name, instance.tags.get(1..).unwrap_or_default()))
        }
        _ => None,
    };
    InstanceChange {
        name,
        tags,
        valid,
        caching_enabled: input.caching_enabled,
        cache_time_to_live: input.cache_time_to_live,
        max_cache_size: input.max_cache_size,
        element: (element.id != instance.element).then_some(element.id),
        external_authentication: input
            .external_authentication
            .clone()
            .filter(|text| !text.is_empty()),
        ..InstanceChange::default()
    }
}

async fn write(
    app: &App,
    mut sealed: SealedInstance,
    mut change: InstanceChange,
    changes: &Changes,
) -> Result<SealedInstance, Error> {
    let (organization, id) = (sealed.instance.organization, sealed.instance.id);
    for _ in 0..ATTEMPTS {
        if !changes.is_empty() {
            let mut document = sealed.open()?;
            changes.apply(&mut document);
            change.document = Some(document);
        }
        let version = sealed.instance.version;
        let written = app
            .store
            .update_instance(organization, id, version, change.clone())
            .await?;
        if let Some(written) = written {
            fault::point("update.written");
            app.memory.instances.publish(written.clone());
            return Ok(written);
        }
        sealed = instances::find(app, organization, id, None).await?;
    }
    Err(Error::conflict(
        "The instance is being changed by others; try again.",
    ))
}

#[cfg(test)]
mod tests;
