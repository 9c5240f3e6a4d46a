//! What was called.

use ligand_model::id::{AccountId, InstanceId};
use ligand_model::time::Timestamp;
use ligand_store::usage::{UsageFilter, UsageStatus};
use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::page::Page;
use super::wire;
use crate::service;

/// Default and largest page.
const MOST: usize = 100;
/// How far back a list goes that says nothing else, milliseconds.
const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// `GET /usage`
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let page = Page::within(&call, MOST)?;
    let list = service::pages::List::new(caller.organization, "usage", &call.query);
    let key = call.app.store.data_key(caller.organization).await?;
    let before = match &page.next {
        Some(token) => list.open(&key, token)?.parse::<i64>().ok(),
        None => None,
    };
    let size = i64::try_from(page.size).unwrap_or(i64::MAX);
    let filter = UsageFilter {
        from: Some(time(&call, "from")?.unwrap_or(call.app.now().plus_millis(-WEEK_MS))),
        to: time(&call, "to")?,
        element_keys: call.parameters("keys"),
        accounts: accounts(&call)?,
        instance: instance(&call)?,
        status: status(&call)?,
        search: call.parameter("searchText").map(str::to_owned),
        before,
        limit: size.saturating_add(1),
    };
    let mut rows = service::usage::list(&call.app, &caller, filter).await?;
    let more = rows.len() > page.size;
    rows.truncate(page.size);
    let next = match rows.last() {
        Some(last) if more => Some(list.seal(&key, &last.id.to_string())?),
        _ => None,
    };
    let rows: Vec<Value> = rows.iter().map(wire::usage).collect();
    let count = rows.len();
    Ok(page.headers(Answer::platform(Value::Array(rows)), count, next.as_deref()))
}

/// `GET /usage/{requestId}`
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let row = service::usage::get(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::platform(wire::usage(&row)))
}

fn time(call: &Call, name: &str) -> Result<Option<Timestamp>, ApiError> {
    call.parameter(name)
        .map(|text| {
            Timestamp::parse(text).ok_or_else(|| {
                ApiError::invalid(format!("`{name}` must be a date or a time in ISO 8601."))
            })
        })
        .transpose()
}

fn accounts(call: &Call) -> Result<Vec<AccountId>, ApiError> {
    call.parameters("accountIds")
        .iter()
        .map(|text| text.parse().map(AccountId))
        .collect::<Result<_, _>>()
        .map_err(|_| ApiError::invalid("`accountIds` must be numbers."))
}

fn instance(call: &Call) -> Result<Option<InstanceId>, ApiError> {
    call.parameter("instanceId")
        .map(|text| text.parse().map(InstanceId))
        .transpose()
        .map_err(|_| ApiError::invalid("`instanceId` must be a number."))
}

fn status(call: &Call) -> Result<Option<UsageStatus>, ApiError> {
    match call
        .parameter("status")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None => Ok(None),
        Some("success") => Ok(Some(UsageStatus::Success)),
        Some("failed") => Ok(Some(UsageStatus::Failed)),
        Some(_) => Err(ApiError::invalid("`status` must be `success` or `failed`.")),
    }
}
