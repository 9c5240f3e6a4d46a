//! Object definitions and transformations of organizations, accounts and instances.
//!
//! The same calls exist below `/organizations`, `/accounts`, `/accounts/{accountId}`, `/instances/{instanceId}` and,
//! with a token, `/instances`: the path says whose they are about.

use ligand_engine::catalog::Compiled;
use ligand_model::error::ErrorKind;
use ligand_model::id::{AccountId, InstanceId};
use ligand_model::level::Level;
use ligand_store::identity::Caller;
use serde_json::Value;
use std::sync::Arc;

use super::answer::{Answer, Content};
use super::body;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use crate::service::transformations::may_write as permitted;
use crate::service::transformations::{Place, definitions, execute as execution, mappings};
use crate::service::{accounts, elements, instances};

/// `GET …/objects/{objectName}/definitions`
///
/// # Shape
/// `{"id": 17, "objectName": "person", "level": "organization", "fields": [{"id": 91, "path": "id", "type": "string",
/// "level": "organization", "associatedLevel": "organization", "associatedId": 2}]}`
pub async fn definition(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (place, name) = located(&call).await?;
    Ok(Answer::platform(
        definitions::get(&call.app, place, &name).await?,
    ))
}

/// `POST …/objects/{objectName}/definitions`
pub async fn create_definition(
    mut call: Call,
    vocabulary: &Vocabulary,
) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let (place, name) = located(&call).await?;
    definitions::create(&call.app, place, &[(name.clone(), body)]).await?;
    Ok(Answer::platform(
        definitions::get(&call.app, place, &name).await?,
    ))
}

/// `PUT …/objects/{objectName}/definitions`
pub async fn replace_definition(
    mut call: Call,
    vocabulary: &Vocabulary,
) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let (place, name) = located(&call).await?;
    definitions::replace(&call.app, place, &name, &body).await?;
    Ok(Answer::platform(
        definitions::get(&call.app, place, &name).await?,
    ))
}

/// `DELETE …/objects/{objectName}/definitions`
pub async fn delete_definition(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (place, name) = located(&call).await?;
    definitions::delete(&call.app, place, &name).await?;
    Ok(Answer::empty())
}

/// `GET …/objects/definitions`
///
/// # Shape
/// `{"<name>": {…}}`; with `systemOnly=true` what is ready-made.
pub async fn all_definitions(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (place, _) = located(&call).await?;
    if call.flag("systemOnly").unwrap_or(false) {
        let ready = call.app.ready.iter();
        let ready = ready.map(|one| {
            let shown = definitions::shown(&one.vdr, &one.part);
            (one.vdr.name.clone(), shown)
        });
        return Ok(Answer::platform(Value::Object(ready.collect())));
    }
    Ok(Answer::platform(definitions::all(&call.app, place).await?))
}

/// `POST …/objects/definitions`
pub async fn create_definitions(
    mut call: Call,
    vocabulary: &Vocabulary,
) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let (place, _) = located(&call).await?;
    let Value::Object(members) = body else {
        return Err(ApiError::invalid(
            "The body must be an object of definitions by name: {\"person\": {\"fields\": []}}.",
        ));
    };
    let bodies: Vec<_> = members.into_iter().collect();
    definitions::create(&call.app, place, &bodies).await?;
    let mut made = serde_json::Map::new();
    for (name, _) in &bodies {
        made.insert(
            name.clone(),
            definitions::get(&call.app, place, name.trim()).await?,
        );
    }
    Ok(Answer::platform(Value::Object(made)))
}

/// `DELETE …/objects/definitions`
pub async fn delete_definitions(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (place, _) = located(&call).await?;
    definitions::delete_all(&call.app, place).await?;
    Ok(Answer::empty())
}

/// `PATCH …/objects/{objectName}`
///
/// # Shape
/// `{"objectName": "new"}`
pub async fn rename(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let (place, name) = located(&call).await?;
    let new = ["objectName", "name"]
        .iter()
        .find_map(|member| body.get(member).and_then(Value::as_str))
        .ok_or_else(|| ApiError::invalid("`objectName` is missing; it must be the new name."))?;
    definitions::rename(&call.app, place, &name, new).await?;
    let shown = definitions::get(&call.app, place, new.trim()).await?;
    Ok(Answer::platform(shown))
}

/// `GET …/objects/{objectName}/transformations`
pub async fn uses(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (place, name) = located(&call).await?;
    Ok(Answer::platform(
        mappings::uses(&call.app, place, &name).await?,
    ))
}

/// `GET …/transformations/{objectName}`
///
/// # Shape
/// `{"id", "objectName", "elementKey", "vendorName", "level", "isLegacy", "fields": [{"path", "type", "vendorPath", "level"}],
/// "configuration", "script"}`
pub async fn transformation(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (place, element, name) = of_element(&call).await?;
    let shown = mappings::get(&call.app, place, &element, &name).await?;
    Ok(Answer::platform(shown))
}

/// `POST …/transformations/{objectName}`
pub async fn create_transformation(
    mut call: Call,
    vocabulary: &Vocabulary,
) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let (place, element, name) = of_element(&call).await?;
    mappings::create(&call.app, place, element.id, &name, &body).await?;
    let shown = mappings::get(&call.app, place, &element, name.trim()).await?;
    Ok(Answer::platform(shown))
}

/// `PUT …/transformations/{objectName}`
pub async fn replace_transformation(
    mut call: Call,
    vocabulary: &Vocabulary,
) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let (place, element, name) = of_element(&call).await?;
    mappings::replace(&call.app, place, element.id, &name, &body).await?;
    let shown = mappings::get(&call.app, place, &element, &name).await?;
    Ok(Answer::platform(shown))
}

/// `DELETE …/transformations/{objectName}`; with `propagate=true` also above, as far as the caller may.
pub async fn delete_transformation(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (place, element, name) = of_element(&call).await?;
    let caller = call.caller()?;
    let above = call.flag("propagate").unwrap_or(false).then_some(&*caller);
    mappings::delete(&call.app, place, element.id, &name, above).await?;
    Ok(Answer::empty())
}

/// `GET …/transformations`
///
/// # Shape
/// `{"<name>": {…}}`
pub async fn all_transformations(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (place, element, _) = of_element(&call).await?;
    Ok(Answer::platform(
        mappings::all(&call.app, place, &element).await?,
    ))
}

/// `DELETE …/transformations`
pub async fn delete_transformations(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (place, element, _) = of_element(&call).await?;
    mappings::delete_all(&call.app, place, element.id).await?;
    Ok(Answer::empty())
}

/// `PUT /transformations`: makes or replaces the transformation that the body names.
///
/// # Shape
/// As a transformation, with `level`, `objectName`, and `elementInstanceId` or `elementKey`.
pub async fn put(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let name = text("objectName")
        .ok_or_else(|| ApiError::invalid("`objectName` is missing."))?
        .to_owned();
    let instance = number(&body, "elementInstanceId").or_else(|| number(&body, "instanceId"));
    let level = text("level").unwrap_or(if instance.is_some() {
        "instance"
    } else {
        "organization"
    });
    let (place, element) = match (level, instance) {
        ("instance", Some(id)) => {
            let place = of_instance(&call, InstanceId(id)).await?;
            (place, element_of(&call, place, "").await?)
        }
        ("instance", None) => {
            return Err(ApiError::invalid(
                "`elementInstanceId` is missing; the level `instance` needs it.",
            ));
        }
        ("organization" | "account", _) => {
            may_write(
                &call,
                &caller,
                if level == "account" {
                    Level::Account
                } else {
                    Level::Organization
                },
            )?;
            let owner = if level == "account" {
                caller.account.into()
            } else {
                caller.organization.into()
            };
            let place = Place {
                organization: caller.organization,
                account: caller.account,
                owner,
                element: None,
            };
            let key = match (text("elementKey"), number(&body, "elementId"), instance) {
                (Some(key), _, _) => key.to_owned(),
                (None, Some(id), _) => id.to_string(),
                (None, None, Some(id)) => {
                    let of = of_instance(&call, InstanceId(id)).await?;
                    element_of(&call, of, "").await?.id.to_string()
                }
                (None, None, None) => {
                    return Err(ApiError::invalid(
                        "`elementKey` or `elementInstanceId` is missing.",
                    ));
                }
            };
            (place, element_of(&call, place, &key).await?)
        }
        _ => {
            return Err(ApiError::invalid(
                "`level` must be `organization`, `account` or `instance`.",
            ));
        }
    };
    match mappings::replace(&call.app, place, element.id, &name, &body).await {
        Err(error) if ligand_model::error::Classify::kind(&error) == ErrorKind::NotFound => {
            mappings::create(&call.app, place, element.id, &name, &body).await?;
        }
        // Without a definition the answer says that one is missing.
        other => other?,
    }
    let shown = mappings::get(&call.app, place, &element, &name).await?;
    Ok(Answer::platform(shown))
}

fn number(body: &Value, name: &str) -> Option<i64> {
    let value = body.get(name)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Whose objects a path is about, and the variable that stands after: the object's name, or nothing.
async fn located(call: &Call) -> Result<(Place, String), ApiError> {
    let (place, used) = place(call).await?;
    Ok((place, call.variable(used).to_owned()))
}

/// The same with the element that the path or the instance says.
async fn of_element(call: &Call) -> Result<(Place, Arc<Compiled>, String), ApiError> {
    let (place, used) = place(call).await?;
    if place.element.is_some() {
        let element = element_of(call, place, "").await?;
        return Ok((place, element, call.variable(used).to_owned()));
    }
    let element = element_of(call, place, call.variable(used)).await?;
    Ok((place, element, call.variable(used + 1).to_owned()))
}

async fn element_of(call: &Call, place: Place, key: &str) -> Result<Arc<Compiled>, ApiError> {
    let organization = place.organization;
    Ok(match place.element {
        Some(id) => elements::shown_of_instance(&call.app, organization, id).await?,
        None => elements::find(&call.app, Some(organization), key).await?,
    })
}

/// Whose a path is about, and how many of its variables say so.
async fn place(call: &Call) -> Result<(Place, usize), ApiError> {
    let caller = call.caller()?;
    let mut segments = call.path.trim_matches('/').split('/');
    let kind = segments.next().unwrap_or_default();
    let direct = matches!(
        segments.next(),
        Some("objects" | "elements" | "transformations")
    );
    let mut place = Place {
        organization: caller.organization,
        account: caller.account,
        owner: caller.organization.into(),
        element: None,
    };
    match (kind, direct) {
        ("organizations", _) => {
            may_write(call, &caller, Level::Organization)?;
            Ok((place, 0))
        }
        ("accounts", true) => {
            may_write(call, &caller, Level::Account)?;
            place.owner = caller.account.into();
            Ok((place, 0))
        }
        ("accounts", false) => {
            let account = accounts::reached(&call.app, &caller, call.variable(0)).await?;
            may_write(call, &caller, Level::Account)?;
            place.owner = account.id.into();
            place.account = account.id;
            Ok((place, 1))
        }
        (_, true) => {
            let instance = call.instance()?;
            of_instance(call, instance.instance.id)
                .await
                .map(|place| (place, 0))
        }
        (_, false) => {
            let id = call.instance_id(0)?;
            of_instance(call, id).await.map(|place| (place, 1))
        }
    }
}

/// What is everybody's in the organization or the account is written by who administers it.
fn may_write(call: &Call, caller: &Caller, level: Level) -> Result<(), ApiError> {
    if call.method == http::Method::GET || permitted(caller, level) {
        return Ok(());
    }
    let whose = level.as_str();
    Err(ApiError::new(
        ErrorKind::Forbidden,
        format!("Only an administrator of the {whose} may change what is the {whose}'s."),
    ))
}

async fn of_instance(call: &Call, id: InstanceId) -> Result<Place, ApiError> {
    let caller = call.caller()?;
    let sealed = instances::find(&call.app, &*caller, id, None).await?;
    let account: AccountId = sealed.instance.account;
    Ok(Place {
        organization: caller.organization,
        account,
        owner: id.into(),
        element: Some(sealed.instance.element),
    })
}

/// `POST /transformations/{objectName}/execute`
///
/// # Shape
/// `{"payload": {…}, "elementId" | "elementKey" | "instanceId", "method": "GET"}` → the transformed object. `GET` goes from the
/// vendor's shape to the common one; `POST`, `PUT` and `PATCH` the other way.
pub async fn execute(mut call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.take_body();
    let limit = call.app.config.http.max_body.0;
    let body = body::read_json(&call.headers, body, limit).await?;
    let caller = call.caller()?;
    let name = call.variable(0);
    let made = execution::execute(&call.app, &caller, call.key.clone(), name, &body).await?;
    Ok(Answer::new(Content::Json(made)))
}

/// `GET /elements/{keyOrId}/transformations`: what the element is mapped to without set-up.
pub async fn of_catalog(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let (app, key) = (&call.app, call.variable(0));
    let element = elements::find(app, Some(caller.organization), key).await?;
    let rows = app.ready.of_element(element.id);
    let shown = rows.map(|row| {
        let one = mappings::shown(row, std::slice::from_ref(row), &element.element.key)?;
        Ok((row.name.clone(), one))
    });
    let all = shown.collect::<Result<serde_json::Map<_, _>, crate::service::Error>>()?;
    Ok(Answer::platform(Value::Object(all)))
}
