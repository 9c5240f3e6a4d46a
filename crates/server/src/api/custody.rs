//! The record of what happened to an instance's credential.

use ligand_store::custody::{Event, Page};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::wire;
use crate::service::custody as service;

/// Entries an answer holds at most.
const MOST: i64 = 1000;

/// `GET /instances/{id}/custody`
///
/// # Shape
/// `[{"number": 1, "date": "…", "event": "created", "detail": "…", "userId": 2, "apiKeyId": 1, "requestId": "…",
/// "digest": "<64 hexadecimal digits>"}]`. Without `userId` the platform acted by itself.
///
/// Oldest first, or with `order=desc` newest first; `pageSize` at most, which is 1,000 if not less is asked for; `after`
/// is the number of the entry to go on from in that order; `event` asks for one kind alone.
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let id = call.instance_id(0)?;
    let after = number(&call, "after", 0..=i64::MAX, "the number of an entry")?;
    let page = match call.parameter("order") {
        None | Some("asc") => Page::After(after.unwrap_or(0)),
        Some("desc") => Page::Before(after),
        Some(_) => return Err(ApiError::invalid("`order` must be `asc` or `desc`.")),
    };
    let event = call.parameter("event");
    if event.is_some_and(|event| Event::ALL.iter().all(|known| known.word() != event)) {
        let known = Event::ALL.map(|event| format!("`{}`", event.word()));
        let known = known.join(", ");
        return Err(ApiError::invalid(format!(
            "`event` must be one of {known}."
        )));
    }
    let size = number(&call, "pageSize", 1..=MOST, "a number from 1 to 1000")?;
    let size = size.unwrap_or(MOST);
    let records = service::record(&call.app, &caller, id, page, event, size).await?;
    let rows = records.iter().map(|record| {
        let mut row = json!({
            "number": record.number,
            "date": record.time.to_iso_millis(),
            "event": record.event,
            "detail": record.detail,
            "userId": record.act.user,
            "apiKeyId": record.act.key,
            "requestId": Some(&*record.act.request).filter(|id| !id.is_empty()),
            "digest": record.digest_text(),
        });
        wire::without_nulls(&mut row);
        row
    });
    Ok(Answer::platform(Value::Array(rows.collect())))
}

fn number(
    call: &Call,
    name: &str,
    within: std::ops::RangeInclusive<i64>,
    right: &str,
) -> Result<Option<i64>, ApiError> {
    let Some(text) = call.parameter(name) else {
        return Ok(None);
    };
    let number = text.parse().ok().filter(|number| within.contains(number));
    number
        .map(Some)
        .ok_or_else(|| ApiError::invalid(format!("`{name}` must be {right}.")))
}
