//! Common resources by id: `/vdrs`.

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::page::Page;
use crate::service::transformations::{common, files, vdr_mappings as mappings, vdrs as service};

/// What an answer says when fields were left out.
const IGNORED: &str = "What your roles may not write was ignored.";

fn written(value: Value, ignored: bool) -> Answer {
    let answer = Answer::platform(value);
    if ignored {
        answer.header("elements-error", IGNORED)
    } else {
        answer
    }
}

/// `GET /vdrs`
///
/// # Shape
/// `[{"id": 17, "objectName": "person", "fields": [{"id", "path", "type", "level", "associatedId"}], "mappedElementIds": [23]}]`
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let mut all = if call.flag("systemOnly").unwrap_or(false) {
        call.app.ready.iter().map(common::Whole::from).collect()
    } else {
        common::all(&call.app, &caller).await?
    };
    if let Some(text) = call.parameter("where") {
        let names = common::filter(text)?;
        all.retain(|whole| names.contains(&whole.vdr.name));
    }
    let page = Page::of(&call)?;
    let (rows, next) = page.cut(all)?;
    let rows: Vec<Value> = rows.iter().map(service::shown).collect();
    let count = rows.len();
    Ok(page.headers(Answer::platform(Value::Array(rows)), count, next.as_deref()))
}

/// `GET /vdrs/{id}`; `systemOnly=true` shows what is ready-made under the name.
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let mut whole = service::get(&call.app, &caller, call.variable(0)).await?;
    if call.flag("systemOnly").unwrap_or(false) {
        let ready = call.app.ready.get(&whole.vdr.name);
        let name = &whole.vdr.name;
        whole = ready
            .ok_or_else(|| ApiError::not_found(format!("Nothing is ready-made as '{name}'")))?
            .into();
    }
    Ok(Answer::platform(service::shown(&whole)))
}

/// `POST /vdrs`
///
/// # Shape
/// `{"objectName": "person", "fields": [{"path": "id", "type": "string", "level": "organization"}]}`
pub async fn create(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let made = service::create(&call.app, &caller, &body).await?;
    Ok(written(service::shown(&made.whole), made.ignored))
}

/// `PUT /vdrs/{id}`
pub async fn replace(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let made = service::replace(&call.app, &caller, call.variable(0), &body).await?;
    Ok(written(service::shown(&made.whole), made.ignored))
}

/// `DELETE /vdrs/{id}`
pub async fn delete(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let stays = service::delete(&call.app, &caller, call.variable(0)).await?;
    let answer = Answer::empty();
    Ok(if stays {
        answer.header("elements-error", IGNORED)
    } else {
        answer
    })
}

/// `GET /vdrs/{name}/export`
pub async fn export(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let whole = service::get(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::platform(
        files::export(&call.app, &caller, &whole).await?,
    ))
}

/// `PUT /vdrs/import`
pub async fn import(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let made = files::import(&call.app, &caller, &body).await?;
    Ok(written(service::shown(&made.whole), made.ignored))
}

/// `POST /vdrs/{id}/clone`
///
/// # Shape
/// `{"objectName": "copy"}`; query `cloneAllTransformations`, `elementKeys[]`, `level=organization`.
pub async fn clone(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let copy = files::Copy {
        name: body
            .get("objectName")
            .and_then(Value::as_str)
            .map(str::to_owned),
        organization: call.parameter("level") == Some("organization"),
        all: call.flag("cloneAllTransformations").unwrap_or(false),
        elements: call.parameters("elementKeys"),
    };
    let whole = files::clone(&call.app, &caller, call.variable(0), &copy).await?;
    Ok(Answer::platform(service::shown(&whole)))
}

/// `GET /vdrs/{id}/transformations`
pub async fn transformations(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = mappings::transformations(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::platform(found))
}

/// `POST /vdrs/{id}/transformations`
///
/// # Shape
/// `{"vendorName": "Contact", "elementKey": "sfdc", "fields": [{"path" or "vdrFieldId", "vendorPath", "level"}]}`
pub async fn create_transformation(
    mut call: Call,
    vocabulary: &Vocabulary,
) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let (made, ignored) =
        mappings::create_transformation(&call.app, &caller, call.variable(0), &body).await?;
    Ok(written(made, ignored))
}

/// `GET /vdrs/{id}/transformations/{transformationId}`
pub async fn transformation(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let instance = call
        .parameter("instanceId")
        .and_then(|text| text.parse().ok());
    let (id, one) = (call.variable(0), call.variable(1));
    let found = mappings::transformation(&call.app, &caller, id, one, instance).await?;
    Ok(Answer::platform(found))
}

/// `PUT /vdrs/{id}/transformations/{transformationId}`
pub async fn replace_transformation(
    mut call: Call,
    vocabulary: &Vocabulary,
) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let (id, one) = (call.variable(0), call.variable(1));
    let (made, ignored) =
        mappings::replace_transformation(&call.app, &caller, id, one, &body).await?;
    Ok(written(made, ignored))
}

/// `DELETE /vdrs/{id}/transformations/{transformationId}`
pub async fn delete_transformation(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let (id, one) = (call.variable(0), call.variable(1));
    mappings::delete_transformation(&call.app, &caller, id, one).await?;
    Ok(Answer::empty())
}

/// `PUT /vdrs/upgrade/v2`: a number that callers see; nothing else differs.
pub async fn upgrade(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    version(&call, 2).await
}

/// `DELETE /vdrs/upgrade/v2`
pub async fn downgrade(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    version(&call, 1).await
}

async fn version(call: &Call, version: i64) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    call.app
        .store
        .set_vdr_version(caller.organization, version)
        .await?;
    Ok(Answer::platform(
        json!({"vdrVersion": format!("v{version}")}),
    ))
}

/// `GET /vdrs/snippets`
pub async fn snippets(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = call.app.store.snippets(caller.organization, None).await?;
    Ok(Answer::platform(found.iter().map(shown).collect()))
}

/// `GET /vdrs/snippets/{id}`
pub async fn snippet(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    show(&call, number(&call)?).await
}

/// `POST /vdrs/snippets`
///
/// # Shape
/// `{"name": "greeting", "body": "…", "description": "…", "snippetType": "transformation"}`
pub async fn create_snippet(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = checked(call.json(vocabulary).await?)?;
    keep(&call, None, &body).await
}

/// `PUT /vdrs/snippets/{id}`
pub async fn replace_snippet(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = checked(call.json(vocabulary).await?)?;
    let id = number(&call)?;
    keep(&call, Some(id), &body).await
}

/// `DELETE /vdrs/snippets/{id}`
pub async fn delete_snippet(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let id = number(&call)?;
    if call
        .app
        .store
        .delete_snippet(caller.organization, id)
        .await?
    {
        return Ok(Answer::empty());
    }
    Err(unknown(&call))
}

async fn keep(call: &Call, id: Option<i64>, body: &Value) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let kept = call
        .app
        .store
        .put_snippet(caller.organization, id, body)
        .await?;
    show(call, kept.ok_or_else(|| unknown(call))?).await
}

async fn show(call: &Call, id: i64) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = call
        .app
        .store
        .snippets(caller.organization, Some(id))
        .await?;
    let found = found.first().ok_or_else(|| unknown(call))?;
    Ok(Answer::platform(shown(found)))
}

fn shown(snippet: &ligand_store::transformations::Snippet) -> Value {
    let mut members = snippet.body.as_object().cloned().unwrap_or_default();
    members.insert("id".to_owned(), json!(snippet.id));
    Value::Object(members)
}

fn checked(body: Value) -> Result<Value, ApiError> {
    for name in ["name", "body"] {
        let text = body.get(name).and_then(Value::as_str);
        if text.is_none_or(|text| text.trim().is_empty()) {
            return Err(ApiError::invalid(format!(
                "`{name}` is missing; it must be text."
            )));
        }
    }
    Ok(body)
}

fn number(call: &Call) -> Result<i64, ApiError> {
    call.variable(0)
        .parse()
        .ok()
        .filter(|id| *id > 0)
        .ok_or_else(|| unknown(call))
}

fn unknown(call: &Call) -> ApiError {
    let id = crate::service::elements::shown(call.variable(0));
    ApiError::not_found(format!("No snippet found with ID {id}"))
}
