//! Documentation of elements and instances, and elements made from documents of others.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use ligand_engine::catalog::Compiled;
use ligand_engine::convert;
use ligand_engine::docs::common::Common;
use ligand_engine::docs::{self, Place};
use ligand_store::identity::Caller;
use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::objects;
use super::resources::{self, Head};
use crate::app::App;
use crate::service::elements;
use crate::service::transformations::common as defined;
use crate::service::transformations::mapped::{self, Mapped};

/// Where the API is, below its origin; the edge puts in the noun.
const BASE: &str = "/{nouns}/api-v2";

/// `GET /elements/{keyOrId}/docs`
///
/// # Shape
/// Swagger 2.0; with `operationId` of that operation alone.
pub async fn of_element(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = elements::seen(&call.app, Some(&caller), call.variable(0)).await?;
    let element = match call.parameter("version").and_then(|text| text.parse().ok()) {
        Some(version) if version != found.version => {
            elements::at(&call.app, caller.organization, found.element.id, version)
                .await?
                .ok_or_else(|| elements::no_version(&found.element.element.key, version))?
        }
        _ => found.element,
    };
    let mapped =
        mapped::of_account(&call.app, caller.organization, caller.account, &element).await?;
    let common = common(&call.app, &caller, &element, &mapped).await?;
    let documented = Documented { element, common };
    document(&call, &documented, call.parameter("operationId"))
}

/// `GET /instances/{id}/docs`
///
/// Common resources whose transformation says `addToDocumentation` stand beside the element's own.
pub async fn of_instance(mut call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let documented = by_id(&mut call).await?;
    document(&call, &documented, call.parameter("operationId"))
}

/// `GET /instances/docs` with a token
pub async fn of_token(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let documented = by_token(&call).await?;
    document(&call, &documented, call.parameter("operationId"))
}

/// `GET /instances/{id}/docs/{operationId}`
pub async fn operation_of_instance(mut call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let documented = by_id(&mut call).await?;
    document(&call, &documented, Some(call.variable(1)))
}

/// `GET /instances/docs/{operationId}` with a token
pub async fn operation_of_token(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let documented = by_token(&call).await?;
    document(&call, &documented, Some(call.variable(0)))
}

/// `GET /instances/{id}/docs/{operationId}/definitions`
pub async fn definitions_of_instance(mut call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let documented = by_id(&mut call).await?;
    let mut document = swagger(&call, &documented, Some(call.variable(1)))?;
    Ok(Answer::platform(definitions(&mut document)))
}

/// `GET /instances/docs/{operationId}/definitions` with a token
pub async fn definitions_of_token(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let documented = by_token(&call).await?;
    let mut document = swagger(&call, &documented, Some(call.variable(0)))?;
    Ok(Answer::platform(definitions(&mut document)))
}

fn definitions(document: &mut Value) -> Value {
    document
        .get_mut("definitions")
        .map(Value::take)
        .unwrap_or_default()
}

/// `POST /elements/convert?type=swagger`: the element is answered, not stored.
pub async fn convert(mut call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    call.caller()?;
    let kind = call
        .parameter("type")
        .unwrap_or("swagger")
        .to_ascii_lowercase();
    if !matches!(kind.as_str(), "swagger" | "openapi") {
        return Err(ApiError::invalid(
            "`type` must be swagger: a Swagger 2 or OpenAPI 3 document in JSON.",
        ));
    }
    let body = call.take_body();
    let head = Head {
        method: call.method.as_str().to_owned(),
        path: call.path.clone(),
        raw_query: String::new(),
        headers: std::mem::take(&mut call.headers),
    };
    let read = resources::read(&call.app, head, body, true).await?;
    let named = read
        .parts
        .iter()
        .find(|part| part.name == "file")
        .or(read.parts.first());
    let file: Bytes = named.map_or(read.body, |part| part.data.clone());
    if file.is_empty() {
        return Err(ApiError::invalid("The multipart field `file` is missing."));
    }
    // Reading a large document takes a while: not on a thread that answers others.
    let made = tokio::task::spawn_blocking(move || convert::swagger(&file)).await;
    let element = made
        .map_err(|error| crate::service::Error::internal(error.to_string()))?
        .map_err(crate::service::Error::from)?;
    Ok(Answer::platform(element))
}

/// An element and the common resources that stand in its documentation.
struct Documented {
    element: Arc<Compiled>,
    common: Vec<Common>,
}

async fn by_id(call: &mut Call) -> Result<Documented, ApiError> {
    objects::by_id(call).await?;
    by_token(call).await
}

async fn by_token(call: &Call) -> Result<Documented, ApiError> {
    let sealed = call.instance()?;
    let element = elements::of_instance(&call.app, &sealed.instance).await?;
    let mapped = mapped::of_instance(&call.app, &sealed.instance, &element).await?;
    let common = common(&call.app, &*call.caller()?, &element, &mapped).await?;
    Ok(Documented { element, common })
}

/// The common resources that are to be documented, with the fields of their definitions and mappings.
async fn common(
    app: &App,
    caller: &Caller,
    element: &Compiled,
    mapped: &Mapped,
) -> Result<Vec<Common>, ApiError> {
    let mut common = Vec::new();
    for entry in mapped.names() {
        if !entry.mapping().documented {
            continue;
        }
        let mapped = entry.whole.fields.iter();
        let mut fields: BTreeMap<String, String> = mapped
            .map(|field| (field.path.clone(), field.kind.clone()))
            .collect();
        for (path, kind) in defined::fields(app, caller, &entry.name).await? {
            fields.insert(path, kind);
        }
        common.push(Common {
            name: entry.name.clone(),
            segment: entry.segment(element).to_owned(),
            fields: fields.into_iter().collect(),
        });
    }
    Ok(common)
}

fn document(
    call: &Call,
    documented: &Documented,
    operation: Option<&str>,
) -> Result<Answer, ApiError> {
    Ok(Answer::platform(swagger(call, documented, operation)?))
}

fn swagger(
    call: &Call,
    documented: &Documented,
    operation: Option<&str>,
) -> Result<Value, ApiError> {
    let place = place(call)?;
    let element = &documented.element.element;
    docs::swagger(element, &documented.common, &place, operation).ok_or_else(|| {
        let wanted = elements::shown(operation.unwrap_or_default());
        ApiError::not_found(format!("No operation found with ID {wanted}"))
    })
}

/// Where the caller finds the API: at `baseUrl`, else at our public address.
fn place(call: &Call) -> Result<Place, ApiError> {
    let given = call.parameter("baseUrl");
    let text = given.unwrap_or(&call.app.urls.public);
    let url = url::Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| ApiError::invalid("`baseUrl` must be an http or https URL."))?;
    let host = url.host_str().unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    Ok(Place {
        scheme: url.scheme().to_owned(),
        host: match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        },
        base_path: match given {
            Some(_) if !path.is_empty() => path.to_owned(),
            _ => format!("{path}{BASE}"),
        },
    })
}
