//! The record of what happened to an instance's credential.

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
/// "digest": "<64 hexadecimal digits>"}]`, oldest first, at most 1,000; `after` is the number to go on from. Without
/// `userId` the platform acted by itself.
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let id = call.instance_id(0)?;
    let after = match call.parameter("after") {
        None => 0,
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| *number >= 0)
            .ok_or_else(|| ApiError::invalid("`after` must be the number of an entry."))?,
    };
    let records = service::record(&call.app, &caller, id, after, MOST).await?;
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
