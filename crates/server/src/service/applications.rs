//! Registered applications: an organization's own client at a vendor, once an element.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_model::id::OrganizationId;
use ligand_model::secret::MASK;
use ligand_store::applications::Application;
use ligand_store::identity::Caller;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use super::{Error, callers, elements};
use crate::app::App;

/// Keeps an application. A masked secret leaves the kept one as it is, unless the callback or key is new.
///
/// # Errors
/// 400 naming what is missing or of a wrong type, 403 for who does not administer the organization, 404 for an unknown
/// element.
pub async fn put(
    app: &App,
    caller: &Caller,
    key_or_id: &str,
    body: &Value,
) -> Result<(Arc<Compiled>, Application), Error> {
    callers::administers(caller)?;
    let element = elements::find(app, Some(caller.organization), key_or_id).await?;
    let members = body
        .as_object()
        .ok_or_else(|| Error::invalid("The body must be a JSON object."))?;
    let known = app
        .store
        .application(caller.organization, element.id)
        .await?;
    let api_key = text(members, "apiKey")?;
    let secret = text(members, "apiSecret")?.filter(|secret| secret != MASK);
    let kept = known
        .as_ref()
        .filter(|known| api_key.as_ref().is_none_or(|key| *key == known.api_key))
        .map(|known| known.api_secret.expose_secret().to_owned());
    let api_key = api_key.or_else(|| known.as_ref().map(|known| known.api_key.clone()));
    let (Some(api_key), Some(api_secret)) = (api_key, secret.or(kept)) else {
        return Err(Error::invalid(
            "An application needs `apiKey` and `apiSecret`.",
        ));
    };
    let application = Application {
        element: element.id,
        api_key,
        api_secret: SecretString::from(api_secret),
        callback_url: text(members, "callbackUrl")?
            .or_else(|| known.as_ref().map(|known| known.callback_url.clone()))
            .unwrap_or_default(),
        scope: text(members, "scope")?
            .or_else(|| known.as_ref().map(|known| known.scope.clone()))
            .unwrap_or_default(),
    };
    app.store
        .put_application(caller.organization, application.clone())
        .await?;
    Ok((element, application))
}

/// The application for an element.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    app: &App,
    caller: &Caller,
    key_or_id: &str,
) -> Result<(Arc<Compiled>, Application), Error> {
    let element = elements::find(app, Some(caller.organization), key_or_id).await?;
    match app
        .store
        .application(caller.organization, element.id)
        .await?
    {
        Some(application) => Ok((element, application)),
        None => Err(missing(&element)),
    }
}

/// Deletes the application for an element.
///
/// # Errors
/// 403 for who does not administer the organization, 404 when there is none.
pub async fn delete(app: &App, caller: &Caller, key_or_id: &str) -> Result<(), Error> {
    callers::administers(caller)?;
    let element = elements::find(app, Some(caller.organization), key_or_id).await?;
    if app
        .store
        .delete_application(caller.organization, element.id)
        .await?
    {
        Ok(())
    } else {
        Err(missing(&element))
    }
}

/// 404 for an element without an application.
pub fn missing(element: &Compiled) -> Error {
    Error::not_found(format!(
        "No application found for element {}",
        element.element.key
    ))
}

/// Fills a configuration without a client of its own from the registered one. True when its secret was lent.
///
/// # Errors
/// Those of the store.
pub async fn lend(
    app: &App,
    organization: OrganizationId,
    element: &Compiled,
    values: &mut BTreeMap<String, String>,
) -> Result<bool, Error> {
    let given = |values: &BTreeMap<String, String>, key: &str| {
        values.get(key).is_some_and(|value| !value.is_empty())
    };
    let own = given(values, "oauth.api.key") || given(values, "oauth.api.secret");
    if own || !elements::is_oauth(element) {
        return Ok(false);
    }
    let Some(application) = app.store.application(organization, element.id).await? else {
        return Ok(false);
    };
    values.insert("oauth.api.key".to_owned(), application.api_key);
    values.insert(
        "oauth.api.secret".to_owned(),
        application.api_secret.expose_secret().to_owned(),
    );
    for (key, value) in [
        ("oauth.callback.url", application.callback_url),
        ("oauth.scope", application.scope),
    ] {
        if !given(values, key) && !value.is_empty() {
            values.insert(key.to_owned(), value);
        }
    }
    Ok(true)
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, Error> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::invalid(format!("`{name}` must be text."))),
    }
}
