//! Trying a transformation out: a payload in, what it becomes out; nobody is called.

use std::sync::Arc;

use bytes::Bytes;
use ligand_engine::transform::Direction;
use ligand_model::id::InstanceId;
use ligand_store::api_keys::KeyHolder;
use ligand_store::identity::Caller;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::{Error, elements, instances};
use super::run::{self, Through};
use super::{mapped, no_transformation};
use crate::app::App;

/// Transforms the `payload` of a body by the transformation of an instance or an element.
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
    let (sealed, known) = if let Some(id) = instance {
        let number = id.parse().map_err(|_| instances::unknown(&id))?;
        let found = instances::find(app, &**caller, InstanceId(number), None).await?;
        let element = elements::of_instance(app, &found.instance).await?;
        let known = mapped::of_instance(app, &found.instance, &element).await?;
        (Some(Arc::new(found)), known)
    } else {
        let wanted = member("elementId").or_else(|| member("elementKey"));
        let wanted = wanted.ok_or_else(|| {
            Error::invalid("`elementId`, `elementKey` or `instanceId` is missing.")
        })?;
        let element = elements::find(app, Some(caller.organization), &wanted).await?;
        let known = mapped::of_account(app, caller.organization, caller.account, &element).await?;
        (None, known)
    };
    let entry = known.get(name).ok_or_else(|| no_transformation(name))?;
    let through = Through {
        entry: Arc::clone(entry),
        caller: Arc::clone(caller),
        key,
        depth: 0,
    };
    let payload = Bytes::copy_from_slice(payload.get().as_bytes());
    run::convert(app, &through, sealed.as_ref(), direction, payload).await
}
