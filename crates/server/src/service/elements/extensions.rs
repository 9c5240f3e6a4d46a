//! Elements of the catalog with the resources that an account added to them.

use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_model::element::Resource;
use ligand_model::id::{AccountId, OrganizationId};
use ligand_store::elements::Extension;
use ligand_store::identity::Caller;
use serde_json::{Value, json};

use super::super::Error;
use crate::app::App;

/// The element as an account sees it. Warm, it costs no statement; an imported element is what it is.
///
/// # Errors
/// Those of the store, and 500 for added resources that can no longer be read.
pub async fn extended(
    app: &App,
    organization: OrganizationId,
    account: AccountId,
    element: Arc<Compiled>,
) -> Result<Arc<Compiled>, Error> {
    if app.catalog.by_id(element.id).is_none() {
        return Ok(element);
    }
    let key = (organization, account, element.id);
    if let Some(known) = app.memory.extensions.get(&key) {
        return Ok(known.unwrap_or(element));
    }
    let epoch = app.memory.epoch();
    let extension = app
        .store
        .extension(organization, account, element.id)
        .await?;
    let merged = match &extension {
        Some(extension) => merge(&element, extension)?,
        None => None,
    };
    app.memory.extensions.insert(key, merged.clone());
    if !app.memory.is_still(epoch) {
        app.memory.extensions.remove(&key);
    }
    Ok(merged.unwrap_or(element))
}

/// Whether a caller's account added resources to an element.
///
/// # Errors
/// As [`extended`].
pub async fn exists(app: &App, caller: &Caller, element: &Arc<Compiled>) -> Result<bool, Error> {
    let seen = extended(
        app,
        caller.organization,
        caller.account,
        Arc::clone(element),
    )
    .await?;
    Ok(!Arc::ptr_eq(&seen, element))
}

/// The element with an account's own resources: one of the same verb and path takes the place of the element's.
///
/// # Errors
/// 500 for resources that can no longer be read.
pub fn merge(base: &Compiled, extension: &Extension) -> Result<Option<Arc<Compiled>>, Error> {
    let unread = |error: serde_json::Error| {
        Error::internal(format!(
            "what was added to {} cannot be read: {error}",
            base.id
        ))
    };
    let (resources, models) = parts(serde_json::from_slice(&extension.json).map_err(unread)?);
    let own: Vec<Resource> = serde_json::from_value(resources).map_err(unread)?;
    let models = models.as_array().cloned().unwrap_or_default();
    if own.is_empty() && models.is_empty() {
        return Ok(None);
    }
    let mut element = base.element.clone();
    if !models.is_empty() {
        let mut extra = element.extra.members();
        let known = extra.entry("models").or_insert_with(|| json!([]));
        if let Value::Array(known) = known {
            known.extend(models);
        }
        element.extra = extra.into();
    }
    for mut resource in own {
        resource.of_account = true;
        let wanted = route(&resource.method, &resource.path);
        let present = element
            .resources
            .iter_mut()
            .find(|known| route(&known.method, &known.path) == wanted);
        match present {
            Some(present) => *present = resource,
            None => element.resources.push(resource),
        }
    }
    Ok(Some(Arc::new(Compiled::new(element, base.id).0)))
}

/// The resources and the models of what an account added: a list of resources, or both by name.
pub fn parts(added: Value) -> (Value, Value) {
    let empty = || Value::Array(Vec::new());
    match added {
        Value::Object(mut members) => {
            let mut part = |name: &str| members.remove(name).unwrap_or_else(empty);
            (part("resources"), part("models"))
        }
        resources => (resources, empty()),
    }
}

/// A verb and path as calls are told apart by: the hub and the names of variables do not matter.
pub fn route(method: &str, path: &str) -> String {
    let path = path.trim_matches('/');
    let path = match path.strip_prefix("hubs/") {
        Some(rest) => rest.split_once('/').map_or("", |(_, rest)| rest),
        None => path,
    };
    let mut text = method.to_ascii_uppercase();
    for segment in path.split('/') {
        text.push('/');
        let variable = segment.find('{').zip(segment.rfind('}'));
        match variable.filter(|(open, close)| open < close) {
            Some((open, close)) => {
                text.push_str(segment.get(..open).unwrap_or_default());
                text.push_str("{}");
                text.push_str(segment.get(close + 1..).unwrap_or_default());
            }
            None => text.push_str(segment),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::route;

    #[test]
    fn hubs_and_names_of_variables_do_not_tell_routes_apart() {
        assert_eq!(
            route("get", "/hubs/crm/a/{id}"),
            route("GET", "a/{accountId}/")
        );
        assert_ne!(route("GET", "/a/{id}"), route("PUT", "/a/{id}"));
        assert_ne!(route("GET", "/a/{id}.json"), route("GET", "/a/{id}"));
    }
}
