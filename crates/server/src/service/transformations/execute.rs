//! Trying a transformation out: a payload in, what it becomes out; nobody is called.

use std::sync::Arc;

use bytes::Bytes;
use ligand_engine::catalog::Compiled;
use ligand_engine::transform::{Direction, Transformation};
use ligand_model::id::InstanceId;
use ligand_model::instance::Instance;
use ligand_store::api_keys::KeyHolder;
use ligand_store::identity::Caller;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::{Error, elements, instances};
use super::mapped::{self, Entry};
use super::run::{self, Through};
use super::{Place, mappings, no_transformation, read};
use crate::app::App;

/// Transforms the `payload` of a body by the transformation of an instance or an element; with a `transformation` in
/// the body as if that one stood at its `level`, nothing of it kept.
///
/// # Errors
/// 400 for a body that is none, 404 for what is not there, and what a call through it would answer.
pub async fn execute(
    app: &App,
    caller: &Arc<Caller>,
    key: Option<Arc<KeyHolder>>,
    name: &str,
    body: &[u8],
) -> Result<Bytes, Error> {
    let body: std::collections::BTreeMap<String, &RawValue> = serde_json::from_slice(body)
        .map_err(|_| Error::invalid("The body must be an object with a `payload`."))?;
    let payload = body
        .get("payload")
        .filter(|payload| payload.get().starts_with(['{', '[']))
        .ok_or_else(|| Error::invalid("`payload` is missing; it must be an object or an array."))?;
    let member = |name: &str| -> Option<String> {
        match serde_json::from_str(body.get(name)?.get()).ok()? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    };
    let method = member("method").unwrap_or_else(|| "GET".to_owned());
    let direction = match method.to_ascii_uppercase().as_str() {
        "GET" => Direction::FromVendor,
        "POST" | "PUT" | "PATCH" => Direction::ToVendor,
        _ => {
            return Err(Error::invalid("`method` must be GET, POST, PUT or PATCH."));
        }
    };
    let instance = member("instanceId").or_else(|| member("elementInstanceId"));
    let draft = match body.get("transformation") {
        None => None,
        Some(raw) => {
            let draft: Value = serde_json::from_str(raw.get())
                .map_err(|_| Error::invalid("`transformation` must be an object."))?;
            Some((draft, member("level")))
        }
    };
    let (sealed, element, known) = if let Some(id) = instance {
        let number = id.parse().map_err(|_| instances::unknown(&id))?;
        let found = instances::find(app, &**caller, InstanceId(number), None).await?;
        let element = elements::of_instance(app, &found.instance).await?;
        let known = mapped::of_instance(app, &found.instance, &element).await?;
        (Some(Arc::new(found)), element, known)
    } else {
        let wanted = member("elementId").or_else(|| member("elementKey"));
        let wanted = wanted.ok_or_else(|| {
            Error::invalid("`elementId`, `elementKey` or `instanceId` is missing.")
        })?;
        let element = elements::find(app, Some(caller.organization), &wanted).await?;
        let known = mapped::of_account(app, caller.organization, caller.account, &element).await?;
        (None, element, known)
    };
    let entry = match draft {
        Some((draft, level)) => {
            let instance = sealed.as_deref().map(|sealed| &sealed.instance);
            let place = drawn_at(caller, instance, level.as_deref())?;
            drafted(app, place, &element, name, &draft).await?
        }
        None => Arc::clone(known.get(name).ok_or_else(|| no_transformation(name))?),
    };
    let through = Through {
        entry,
        caller: Arc::clone(caller),
        key,
        depth: 0,
    };
    let payload = Bytes::copy_from_slice(payload.get().as_bytes());
    run::convert(app, &through, sealed.as_ref(), direction, payload).await
}

/// The level at which a draft is tried: the one that is named, else the instance's, else the organization's.
fn drawn_at(
    caller: &Caller,
    instance: Option<&Instance>,
    level: Option<&str>,
) -> Result<Place, Error> {
    let account = instance.map_or(caller.account, |instance| instance.account);
    let owner = match (level, instance) {
        (Some("instance") | None, Some(instance)) => instance.id.into(),
        (Some("organization"), _) | (None, None) => caller.organization.into(),
        (Some("account"), _) => account.into(),
        (Some("instance"), None) => {
            return Err(Error::invalid(
                "`instanceId` is missing; the level `instance` needs it.",
            ));
        }
        (Some(_), _) => {
            return Err(Error::invalid(
                "`level` must be `organization`, `account` or `instance`.",
            ));
        }
    };
    Ok(Place {
        organization: caller.organization,
        account,
        owner,
        element: instance.map(|instance| instance.element),
    })
}

/// What a draft comes to with the levels above it.
async fn drafted(
    app: &App,
    place: Place,
    element: &Compiled,
    name: &str,
    draft: &Value,
) -> Result<Arc<Entry>, Error> {
    let draft = Transformation::read(draft, place.owner.level)?;
    let mut levels = Vec::new();
    if let Some(vdr) = app.store.vdr_by_name(place.organization, name).await? {
        let rows = mappings::rows(app, place, element.id, Some(&vdr)).await?;
        let others = rows.iter().filter(|row| row.owner != place.owner);
        levels = others.map(read).collect::<Result<_, _>>()?;
    }
    levels.push(draft);
    let entry = Entry::of(name, &levels).ok_or_else(|| no_transformation(name))?;
    Ok(Arc::new(entry))
}
