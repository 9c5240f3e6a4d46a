//! Connect sessions, for the application's server.

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::instances::note_revealed;
use super::wire;
use crate::service::connect::{self as service, Standing, ask::Wanted};

/// `POST /connect/sessions`
///
/// # Shape
/// `{"elements": ["sfdc"], "configuration": {"sfdc": {"site.address": "…"}}, "name": "…", "tags": […],
/// "reference": "…", "callbackUrl": "…", "returnUrl": "…", "origins": ["https://app.example.com"],
/// "instance": {"id": 7}}` → `{"id": 1, "token": "…", "url": "…", "expires": "…"}`
pub async fn begin(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let wanted = Wanted::read(&call.json(vocabulary).await?)?;
    let begun = service::begin(&call.app, &caller, wanted).await?;
    Ok(Answer::platform(json!({
        "id": begun.id,
        "status": "open",
        "token": begun.token,
        "url": begun.url,
        "expires": begun.expires.to_iso(),
    })))
}

/// `GET /connect/sessions/{id}`
///
/// # Shape
/// `{"id": 1, "status": "open|denied|connected|expired", "reference": "…", "expires": "…", "instance": {…, "token"}}`
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let standing = service::standing(&call.app, &caller, call.variable(0)).await?;
    note_revealed(&call, &caller, standing.instance.as_slice()).await?;
    Ok(Answer::platform(shown(&standing)))
}

fn shown(standing: &Standing) -> Value {
    let mut value = json!({
        "id": standing.id,
        "status": standing.status,
        "expires": standing.expires.to_iso(),
    });
    if let Value::Object(members) = &mut value {
        if let Some(reference) = &standing.reference {
            members.insert("reference".to_owned(), json!(reference));
        }
        if let Some(instance) = &standing.instance {
            members.insert("instance".to_owned(), wire::instance(instance, true));
        }
    }
    value
}
