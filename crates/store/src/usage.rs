//! Usage: one row a call, written in batches. No query strings, no bodies, nothing secret.

use ligand_model::id::{AccountId, InstanceId, OrganizationId, UserId};
use std::collections::HashMap;

use ligand_model::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::backend::{Row, Value};
use crate::error::Error;
use crate::identity::Reach;
use crate::sql::{BETWEEN, contains, list, usage as sql};
use crate::vault::{Context, DataKey};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// Given by the store, ascending; ignored on insert.
    pub id: i64,
    /// The tenant.
    pub organization: OrganizationId,
    /// The caller's account.
    pub account: AccountId,
    /// The caller.
    pub user: UserId,
    /// The instance, when the call had one.
    pub instance: Option<InstanceId>,
    /// The element's key; empty when the call had none.
    pub element_key: String,
    /// The request's id.
    pub request_id: String,
    /// The path with its variables as names (`/contacts/{id}`), never with a query.
    pub path_template: String,
    /// The verb.
    pub method: String,
    /// Our status.
    pub status: i64,
    /// The vendor's status, when it answered.
    pub vendor_status: Option<i64>,
    /// Calls made to the vendor.
    pub attempts: i64,
    /// Milliseconds spent waiting for limits and retries.
    pub waits_ms: i64,
    /// Milliseconds in all.
    pub duration_ms: i64,
    /// When the call arrived.
    pub time: Timestamp,
    /// The caller's address.
    pub ip: String,
    /// Why it failed; sealed at rest, and read with a single row only.
    pub why: Option<Why>,
}

/// Why a call failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// What the caller was told.
    pub message: String,
    /// The vendor's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_message: Option<String>,
    /// The requests to the vendor that did not go well, in order; the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<FailedAttempt>,
}

/// A request to a vendor that did not go well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// The vendor's status; none when it did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// How long we waited then before trying again, milliseconds; none for the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ms: Option<u64>,
}

/// Calls of a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// How many spans lie between the beginning and this one.
    pub number: i64,
    /// All of them.
    pub count: i64,
    /// Those that failed.
    pub failed: i64,
    /// The shortest, milliseconds.
    pub shortest_ms: i64,
    /// The longest.
    pub longest_ms: i64,
    /// Their mean.
    pub mean_ms: i64,
}

impl Counted {
    /// A span without calls.
    pub const fn none(number: i64) -> Self {
        Self {
            number,
            count: 0,
            failed: 0,
            shortest_ms: 0,
            longest_ms: 0,
            mean_ms: 0,
        }
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageStatus {
    /// Below 400.
    Success,
    /// 400 and above.
    Failed,
}

/// Which rows to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct UsageFilter {
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Of any of these elements; empty = all.
    pub element_keys: Vec<String>,
    /// Of any of these accounts; empty = all.
    pub accounts: Vec<AccountId>,
    /// Of this instance.
    pub instance: Option<InstanceId>,
    /// How they ended.
    pub status: Option<UsageStatus>,
    /// Whose path, element key or request id contains this, in any case.
    pub search: Option<String>,
    /// Only those before this row id.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

/// Rows deleted at once, so that other writers get their turn.
const PRUNED_AT_ONCE: i64 = 5_000;

impl Store {
    /// Writes a batch, all or nothing. Why a call failed is left out where the organization's key is gone.
    pub async fn insert_usage(&self, rows: Vec<UsageRow>) -> Result<(), Error> {
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        if count == 0 {
            return Ok(());
        }
        let mut keys = HashMap::new();
        for row in rows.iter().filter(|row| row.why.is_some()) {
            if !keys.contains_key(&row.organization)
                && let Ok(key) = self.data_key(row.organization).await
            {
                keys.insert(row.organization, key);
            }
        }
        self.write(move |tx| {
            let first = crate::next_id(tx, "usage", count)?.saturating_sub(count) + 1;
            let rows = (first..)
                .zip(rows)
                .map(|(id, row)| {
                    let why = sealed(&row, id, keys.get(&row.organization).map(|key| &**key))?;
                    Ok(write(id, row, why).into())
                })
                .collect::<Result<_, Error>>()?;
            tx.insert_rows(&sql::INSERT_USAGE, "usage", &sql::USAGE_COLUMNS, rows)
        })
        .await
    }

    /// The rows that the filter lets through, newest first.
    pub async fn usage(
        &self,
        organization: OrganizationId,
        filter: UsageFilter,
    ) -> Result<Vec<UsageRow>, Error> {
        let keys = (!filter.element_keys.is_empty()).then(|| list(&filter.element_keys));
        let accounts = (!filter.accounts.is_empty())
            .then(|| list(filter.accounts.iter().map(AccountId::to_string)));
        let (lowest, highest) = match filter.status {
            Some(UsageStatus::Success) => (0, 399),
            Some(UsageStatus::Failed) => (400, i64::MAX),
            None => (0, i64::MAX),
        };
        let values = [
            organization.0.into(),
            filter.before.unwrap_or(i64::MAX).into(),
            filter.from.map_or(i64::MIN, |time| time.0).into(),
            filter.to.map_or(i64::MAX, |time| time.0).into(),
            keys.into(),
            accounts.into(),
            lowest.into(),
            highest.into(),
            filter
                .search
                .map(|text| contains(&text.to_ascii_lowercase()))
                .into(),
            BETWEEN.into(),
            filter.limit.into(),
            filter.instance.map(|id| id.0).into(),
        ];
        self.read(move |tx| {
            tx.query(&sql::USAGE, &values)?
                .into_iter()
                .map(read)
                .collect()
        })
        .await
    }

    /// Calls from a time, before another, counted by spans of so many milliseconds; spans without any are left out.
    pub async fn usage_counted(
        &self,
        reach: Reach,
        from: Timestamp,
        to: Timestamp,
        span_ms: i64,
    ) -> Result<Vec<Counted>, Error> {
        let values = [
            reach.organization.0.into(),
            from.0.into(),
            to.0.into(),
            span_ms.max(1).into(),
            reach.account.map(|id| id.0).into(),
        ];
        self.read(move |tx| {
            tx.query(&sql::USAGE_COUNTED, &values)?
                .into_iter()
                .map(|mut row| {
                    Ok(Counted {
                        number: row.integer()?,
                        count: row.integer()?,
                        failed: row.integer()?,
                        shortest_ms: row.integer()?,
                        longest_ms: row.integer()?,
                        mean_ms: row.integer()?,
                    })
                })
                .collect()
        })
        .await
    }

    /// The row of one request, with why it failed; also found by its row id written as text.
    pub async fn usage_row(
        &self,
        organization: OrganizationId,
        request_id: &str,
    ) -> Result<Option<UsageRow>, Error> {
        let by_request = [organization.0.into(), request_id.into()];
        let by_id = request_id
            .parse::<i64>()
            .ok()
            .map(|id| [organization.0.into(), id.into()]);
        let found = self
            .read(move |tx| {
                let mut row = tx.query_one(&sql::USAGE_BY_REQUEST, &by_request)?;
                if let (None, Some(by_id)) = (&row, by_id) {
                    row = tx.query_one(&sql::USAGE_BY_ID, &by_id)?;
                }
                let Some(row) = row.map(read).transpose()? else {
                    return Ok(None);
                };
                let of = [organization.0.into(), row.id.into()];
                let why = match tx.query_one(&sql::USAGE_WHY, &of)? {
                    Some(mut why) => why.optional_blob()?,
                    None => None,
                };
                Ok(Some((row, why)))
            })
            .await?;
        let Some((mut row, why)) = found else {
            return Ok(None);
        };
        if let Some(why) = why {
            // Telemetry: what its key no longer opens is not shown, the row is.
            let place = place(organization, row.id);
            let key = self.data_key_of(&place, &why).await;
            row.why = key
                .and_then(|key| key.open(&place, &why))
                .ok()
                .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        }
        Ok(Some(row))
    }

    /// Deletes the rows of every organization that are older; answers how many.
    pub async fn prune_usage(&self, before: Timestamp) -> Result<u64, Error> {
        let mut pruned = 0;
        loop {
            let values = [before.0.into(), PRUNED_AT_ONCE.into()];
            match self
                .write(move |tx| tx.execute(&sql::DELETE_USAGE_BEFORE, &values))
                .await?
            {
                0 => return Ok(pruned),
                count => pruned += count,
            }
        }
    }
}

/// Where the reason of a row is sealed for.
fn place(organization: OrganizationId, id: i64) -> Context {
    Context::new(organization, "usage", "why", id)
}

fn sealed(row: &UsageRow, id: i64, key: Option<&DataKey>) -> Result<Option<Vec<u8>>, Error> {
    let (Some(why), Some(key)) = (&row.why, key) else {
        return Ok(None);
    };
    let Ok(bytes) = serde_json::to_vec(why) else {
        return Ok(None);
    };
    Ok(Some(key.seal(&place(row.organization, id), &bytes)?))
}

fn write(id: i64, row: UsageRow, why: Option<Vec<u8>>) -> [Value; 17] {
    [
        id.into(),
        row.organization.0.into(),
        row.account.0.into(),
        row.user.0.into(),
        row.instance.map(|id| id.0).into(),
        row.element_key.into(),
        row.request_id.into(),
        row.path_template.into(),
        row.method.into(),
        row.status.into(),
        row.vendor_status.into(),
        row.attempts.into(),
        row.waits_ms.into(),
        row.duration_ms.into(),
        row.time.0.into(),
        row.ip.into(),
        why.into(),
    ]
}

fn read(mut row: Row) -> Result<UsageRow, Error> {
    Ok(UsageRow {
        id: row.integer()?,
        organization: OrganizationId(row.integer()?),
        account: AccountId(row.integer()?),
        user: UserId(row.integer()?),
        instance: row.optional_integer()?.map(InstanceId),
        element_key: row.text()?,
        request_id: row.text()?,
        path_template: row.text()?,
        method: row.text()?,
        status: row.integer()?,
        vendor_status: row.optional_integer()?,
        attempts: row.integer()?,
        waits_ms: row.integer()?,
        duration_ms: row.integer()?,
        time: Timestamp(row.integer()?),
        ip: row.text()?,
        why: None,
    })
}
