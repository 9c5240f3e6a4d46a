//! Resources, models, parameters, hooks and configuration entries of an element.

use serde_json::Value;

use super::super::answer::Answer;
use super::super::call::Call;
use super::super::edge::nouns::Vocabulary;
use super::super::error::ApiError;
use crate::service::builder::items::{self, Holder, Kind, Place};
use crate::service::builder::{configuration, resources};

/// `GET /elements/{keyOrId}/resources`
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let added = call.flag("accountOnly").unwrap_or(false);
    let found = resources::list(&call.app, &caller, call.variable(0), added).await?;
    Ok(Answer::platform(Value::Array(
        found.into_iter().map(without_nulls).collect(),
    )))
}

/// `GET /elements/{keyOrId}/resources/{id}`
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = resources::get(&call.app, &caller, call.variable(0), call.variable(1)).await?;
    Ok(Answer::platform(without_nulls(found)))
}

/// `POST /elements/{keyOrId}/resources`
pub async fn add(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let body = call.json(vocabulary).await?;
    let made = resources::add(&call.app, &caller, call.variable(0), &body).await?;
    Ok(Answer::platform(without_nulls(made)))
}

/// `PUT /elements/{keyOrId}/resources/{id}`
pub async fn replace(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let body = call.json(vocabulary).await?;
    let (element, id) = (call.variable(0), call.variable(1));
    let made = resources::replace(&call.app, &caller, element, id, &body).await?;
    Ok(Answer::platform(without_nulls(made)))
}

/// `DELETE /elements/{keyOrId}/resources/{id}`
pub async fn remove(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    resources::remove(&call.app, &caller, call.variable(0), call.variable(1)).await?;
    Ok(Answer::empty())
}

/// `GET /elements/{keyOrId}/resources/{id}/models`
pub async fn model(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = resources::model(&call.app, &caller, call.variable(0), call.variable(1)).await?;
    Ok(Answer::platform(found))
}

/// `POST|PUT /elements/{keyOrId}/resources/{id}/models`
pub async fn put_model(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let body = call.json(vocabulary).await?;
    let (element, id) = (call.variable(0), call.variable(1));
    let made = resources::put_model(&call.app, &caller, element, id, &body).await?;
    Ok(Answer::platform(made))
}

/// `DELETE /elements/{keyOrId}/resources/{id}/models`
pub async fn remove_model(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    resources::remove_model(&call.app, &caller, call.variable(0), call.variable(1)).await?;
    Ok(Answer::empty())
}

/// `POST /elements/{keyOrId}/configuration`
pub async fn add_entry(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let body = call.json(vocabulary).await?;
    let made = configuration::add(&call.app, &caller, call.variable(0), &body).await?;
    Ok(Answer::platform(made))
}

/// `PUT /elements/{keyOrId}/configuration/{key}`
pub async fn replace_entry(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let body = call.json(vocabulary).await?;
    let (element, key) = (call.variable(0), call.variable(1));
    let made = configuration::replace(&call.app, &caller, element, key, &body).await?;
    Ok(Answer::platform(made))
}

/// `DELETE /elements/{keyOrId}/configuration/{key}`
pub async fn remove_entry(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    configuration::remove(&call.app, &caller, call.variable(0), call.variable(1)).await?;
    Ok(Answer::empty())
}

/// The handlers of parameters and hooks: of the element, then of a resource.
macro_rules! handlers {
    ($kind:ident: $list:ident $get:ident $add:ident $replace:ident $remove:ident;
     $list_of:ident $get_of:ident $add_of:ident $replace_of:ident $remove_of:ident) => {
        handlers!(@ $kind of_element $list $get $add $replace $remove "of an element");
        handlers!(@ $kind of_resource $list_of $get_of $add_of $replace_of $remove_of "of a resource");
    };
    ($kind:ident $place:ident: $list:ident $get:ident $add:ident $replace:ident $remove:ident $where:literal) => {
        handlers!(@ $kind $place $list $get $add $replace $remove $where);
    };
    (@ $kind:ident $place:ident $list:ident $get:ident $add:ident $replace:ident $remove:ident $where:literal) => {
        #[doc = concat!("`GET` the list ", $where)]
        pub async fn $list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
            let caller = call.caller()?;
            let (place, _) = $place(&call);
            let found = items::list(&call.app, &caller, &place, Kind::$kind).await?;
            Ok(Answer::platform(Value::Array(found)))
        }

        #[doc = concat!("`GET` one ", $where)]
        pub async fn $get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
            let caller = call.caller()?;
            let (place, id) = $place(&call);
            let found = items::get(&call.app, &caller, &place, Kind::$kind, &id).await?;
            Ok(Answer::platform(found))
        }

        #[doc = concat!("`POST` one ", $where)]
        pub async fn $add(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
            let caller = call.caller()?;
            let body = call.json(vocabulary).await?;
            let (place, _) = $place(&call);
            let made = items::add(&call.app, &caller, &place, Kind::$kind, &body).await?;
            Ok(Answer::platform(made))
        }

        #[doc = concat!("`PUT` one ", $where)]
        pub async fn $replace(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
            let caller = call.caller()?;
            let body = call.json(vocabulary).await?;
            let (place, id) = $place(&call);
            let made = items::replace(&call.app, &caller, &place, Kind::$kind, &id, &body).await?;
            Ok(Answer::platform(made))
        }

        #[doc = concat!("`DELETE` one ", $where)]
        pub async fn $remove(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
            let caller = call.caller()?;
            let (place, id) = $place(&call);
            items::remove(&call.app, &caller, &place, Kind::$kind, &id).await?;
            Ok(Answer::empty())
        }
    };
}

handlers!(Parameter: list_parameters get_parameter add_parameter replace_parameter remove_parameter;
    list_parameters_of get_parameter_of add_parameter_of replace_parameter_of remove_parameter_of);
handlers!(Hook: list_hooks get_hook add_hook replace_hook remove_hook;
    list_hooks_of get_hook_of add_hook_of replace_hook_of remove_hook_of);

handlers!(Object of_element: list_objects get_object add_object replace_object remove_object "of an element");
handlers!(Field of_object: list_fields get_field add_field replace_field remove_field "of an object");
handlers!(Model of_element: list_models get_model add_model replace_model remove_model_of_element "of an element");

/// `PUT /elements/{keyOrId}/models`: adds a model, or replaces the one whose `id` the body names.
pub async fn upsert_model(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let body = call.json(vocabulary).await?;
    let (place, _) = of_element(&call);
    let made = items::put(&call.app, &caller, &place, Kind::Model, &body).await?;
    Ok(Answer::platform(made))
}

/// The element of a path, and the id behind it.
fn of_element(call: &Call) -> (Place, String) {
    let place = Place {
        element: call.variable(0).to_owned(),
        holder: Holder::Element,
    };
    (place, call.variable(1).to_owned())
}

/// The element and resource of a path, and the id behind them.
fn of_resource(call: &Call) -> (Place, String) {
    let place = Place {
        element: call.variable(0).to_owned(),
        holder: Holder::Resource(call.variable(1).to_owned()),
    };
    (place, call.variable(2).to_owned())
}

/// The element and object of a path, and the id behind them.
fn of_object(call: &Call) -> (Place, String) {
    let place = Place {
        element: call.variable(0).to_owned(),
        holder: Holder::Object(call.variable(1).to_owned()),
    };
    (place, call.variable(2).to_owned())
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}
