//! Usage: one row a call, written in batches. No query strings, no bodies, nothing secret.

use ligand_model::id::{AccountId, InstanceId, OrganizationId, UserId};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::error::Error;

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
    /// How they ended.
    pub status: Option<UsageStatus>,
    /// Whose path, element key or request id contains this, in any case.
    pub search: Option<String>,
    /// Only those before this row id.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

impl Store {
    /// Writes a batch, all or nothing.
    pub async fn insert_usage(&self, rows: Vec<UsageRow>) -> Result<(), Error> {
        let _ = rows;
        todo!()
    }

    /// The rows that the filter lets through, newest first.
    pub async fn usage(
        &self,
        organization: OrganizationId,
        filter: UsageFilter,
    ) -> Result<Vec<UsageRow>, Error> {
        let _ = (organization, filter);
        todo!()
    }

    /// The row of one request; also found by its row id written as text.
    pub async fn usage_row(
        &self,
        organization: OrganizationId,
        request_id: &str,
    ) -> Result<Option<UsageRow>, Error> {
        let _ = (organization, request_id);
        todo!()
    }

    /// Deletes the rows of every organization that are older; answers how many.
    pub async fn prune_usage(&self, before: Timestamp) -> Result<u64, Error> {
        let _ = before;
        todo!()
    }
}
