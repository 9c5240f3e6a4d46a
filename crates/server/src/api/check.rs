//! Whether the vendor still has what a transformation maps.

use ligand_engine::describe;
use ligand_engine::docs::{bare, object_of};
use ligand_engine::objects::{Object, find};
use ligand_engine::transform::{Checked, Status, check as compare};
use ligand_model::element::Element;
use ligand_model::error::ErrorKind;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::objects::{self, Described};
use crate::service::elements;
use crate::service::transformations::{mapped, no_transformation};

/// `GET /instances/transformations/{objectName}/check` with a token
///
/// Compares the effective transformation of the instance with the fields that the vendor tells now, or, for an element
/// that does not know how to ask, with those of its models.
///
/// # Shape
/// `{"objectName", "elementKey", "vendorName", "level", "describedBy": "vendor|element|nobody", "ok": false,
/// "counts": {"ok": 8, "gone": 1, "changed": 0, "unknown": 0}, "fields": [{"path", "vendorPath", "level", "type"?,
/// "vendorType"?, "status": "ok|gone|changed|unknown", "foundType"?, "message"?}]}`
///
/// # Errors
/// 404 without a transformation; those of a resource call, where the vendor is asked.
pub async fn of_token(mut call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let sealed = call.instance()?;
    let element = elements::of_instance(&call.app, &sealed.instance).await?;
    let known = mapped::of_instance(&call.app, &sealed.instance, &element).await?;
    let name = call.variables.last().cloned().unwrap_or_default();
    let entry = known.get(&name).ok_or_else(|| no_transformation(&name))?;
    let object = object_of(entry.segment(&element)).to_owned();
    let known = find(&element.element, &object);
    let asked = known.clone().unwrap_or_else(|| Object::of(&object));
    // What is told by other names than records have says nothing of a mapping.
    let other_names = describe::fields_resource(&element, &asked)
        .and_then(|(_, resource)| resource.describe.as_ref())
        .is_some_and(|how| how.other_names);
    let told = objects::described(&mut call, &sealed, &element, &object, other_names).await;
    let (by, fields) = match told {
        Ok(Described::Vendor(fields)) => ("vendor", Some(fields)),
        // Models that list nothing describe nothing.
        Ok(Described::Element(mut found)) => match found.get_mut("fields").map(Value::take) {
            Some(Value::Array(fields)) if !fields.is_empty() => ("element", Some(fields)),
            _ => ("nobody", None),
        },
        Ok(Described::Nobody) => ("nobody", None),
        Ok(Described::Explained(answer)) => return Ok(answer),
        // The vendor has lost the whole object; of what only stands below others' records it tells nothing.
        Err(error) if error.kind == ErrorKind::NotFound => {
            if known.is_none() && stands_below(&element.element, &object) {
                ("nobody", None)
            } else {
                ("vendor", Some(Vec::new()))
            }
        }
        Err(error) => return Err(error),
    };
    let checked = compare(&entry.whole, fields.as_deref(), by == "vendor");
    let count = |status| checked.iter().filter(|one| one.status == status).count();
    let all = [Status::Ok, Status::Gone, Status::Changed, Status::Unknown];
    let counts = all.map(|status| (status.as_str().to_owned(), json!(count(status))));
    Ok(Answer::platform(json!({
        "objectName": entry.name,
        "elementKey": element.element.key,
        "vendorName": entry.whole.vendor_name,
        "level": entry.level.as_str(),
        "describedBy": by,
        "ok": count(Status::Gone) + count(Status::Changed) == 0,
        "counts": Map::from_iter(counts),
        "fields": checked.iter().map(Checked::to_json).collect::<Vec<_>>(),
    })))
}

/// Whether an object is one only below records of others: `/contacts/{id}/activities`.
fn stands_below(element: &Element, object: &str) -> bool {
    let mut paths = element.resources.iter().map(|one| bare(&one.path));
    paths.any(|path| path.split('/').nth(3) == Some(object))
}

/// `GET /instances/{id}/transformations/{objectName}/check`
pub async fn of_instance(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    objects::by_id(&mut call).await?;
    of_token(call, vocabulary).await
}
