//! What was called.

use ligand_model::id::{AccountId, InstanceId};
use ligand_model::time::Timestamp;
use ligand_store::usage::{Counted, UsageFilter, UsageStatus};
use serde_json::{Value, json};

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

/// `GET /usage/analytics/statuses`
///
/// # Shape
/// `[{"timestamp": "2026-11-28T17:00:00Z", "count": 12, "success": 11, "failed": 1}]`: a row for each `interval` (`second`,
/// `minute`, `hour`, `day`, `week`; `day` if none is given) from `from` (seven days ago) to `to` (now), oldest first,
/// empty ones too.
///
/// # Errors
/// 400 for a span that ends before it begins or has more than 1,500 rows; 404 when there were no calls at all.
pub async fn statuses(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let row = |counted: &Counted| json!({"success": counted.count - counted.failed, "failed": counted.failed});
    over_time(&call, row).await
}

/// `GET /usage/analytics/times`
///
/// # Shape
/// `[{"timestamp": "2026-11-28T17:00:00Z", "count": 12, "min": 31, "max": 902, "avg": 77}]`, milliseconds; else as
/// `/usage/analytics/statuses`.
///
/// # Errors
/// The same.
pub async fn times(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let row = |counted: &Counted| json!({"min": counted.shortest_ms, "max": counted.longest_ms, "avg": counted.mean_ms});
    over_time(&call, row).await
}

/// Most rows of an answer about time.
const MOST_SPANS: i64 = 1500;

async fn over_time(call: &Call, shown: impl Fn(&Counted) -> Value) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let now = call.app.now();
    let from = time(call, "from")?.unwrap_or(now.plus_millis(-WEEK_MS));
    let to = time(call, "to")?.unwrap_or(now);
    let span = interval(call)?;
    if from.0 > to.0 {
        return Err(ApiError::invalid("`from` must not be after `to`."));
    }
    let (first, last) = (from.0.div_euclid(span), to.0.div_euclid(span));
    let spans = last.saturating_sub(first).saturating_add(1);
    if spans > MOST_SPANS {
        return Err(ApiError::invalid(format!(
            "This is {spans} rows, more than {MOST_SPANS}; ask for a longer `interval` or a shorter time."
        )));
    }
    let begin = Timestamp(first.saturating_mul(span));
    let end = Timestamp(last.saturating_add(1).saturating_mul(span));
    let counted = service::usage::counted(&call.app, &caller, begin, end, span).await?;
    let mut counted = counted.into_iter().peekable();
    let rows = (0..spans).map(|number| {
        let of_this = counted.next_if(|counted| counted.number == number);
        let counted = of_this.unwrap_or(Counted::none(number));
        let mut row = shown(&counted);
        if let Value::Object(members) = &mut row {
            let at = begin.plus_millis(number.saturating_mul(span));
            members.insert("timestamp".to_owned(), json!(at.to_iso()));
            members.insert("count".to_owned(), json!(counted.count));
        }
        row
    });
    Ok(Answer::platform(Value::Array(rows.collect())))
}

/// Milliseconds of an interval.
fn interval(call: &Call) -> Result<i64, ApiError> {
    const SECOND: i64 = 1000;
    match call.parameter("interval") {
        Some("second") => Ok(SECOND),
        Some("minute") => Ok(60 * SECOND),
        Some("hour") => Ok(3600 * SECOND),
        None | Some("day") => Ok(86_400 * SECOND),
        Some("week") => Ok(7 * 86_400 * SECOND),
        Some(_) => Err(ApiError::invalid(
            "`interval` must be `second`, `minute`, `hour`, `day` or `week`.",
        )),
    }
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
