//! How the stored accounts are, over every organization: for the operator alone.

use ligand_model::id::{InstanceId, OrganizationId};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::error::Error;
use crate::sql::condition as sql;

/// Counts, and what an operator looks at first. Nothing in it is a customer's data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    /// All instances.
    pub instances: i64,
    /// Those whose customer must reconnect.
    pub invalid: i64,
    /// The first few of these, and since when.
    pub first_invalid: Vec<(OrganizationId, InstanceId, Option<Timestamp>)>,
    /// When an instance was written last, by the clock of whoever did.
    pub last_write: Option<Timestamp>,
    /// Notices that were not taken at the first attempt, and are tried again.
    pub notices_waiting: i64,
    /// When the oldest of these was written.
    pub oldest_notice: Option<Timestamp>,
    /// Notices of the last month that were tried as often as they are.
    pub notices_given_up: i64,
}

impl Store {
    /// Looks through all instances and notices: work for an operator's command, not for a request.
    ///
    /// A notice that was attempted `most_attempts` times counts as given up; the very last may have been taken.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn condition(&self, most_attempts: i64) -> Result<Condition, Error> {
        self.read(move |tx| {
            let mut condition = Condition::default();
            if let Some(mut row) = tx.query_one(&sql::COUNT_INSTANCES_BY_CONDITION, &[])? {
                condition.instances = row.integer()?;
                condition.invalid = row.integer()?;
                condition.last_write = row.optional_integer()?.map(Timestamp);
            }
            for mut row in tx.query(&sql::FIRST_INVALID_INSTANCES, &[])? {
                condition.first_invalid.push((
                    OrganizationId(row.integer()?),
                    InstanceId(row.integer()?),
                    row.optional_integer()?.map(Timestamp),
                ));
            }
            if let Some(mut row) =
                tx.query_one(&sql::COUNT_NOTICES_BY_CONDITION, &[most_attempts.into()])?
            {
                condition.notices_waiting = row.integer()?;
                condition.oldest_notice = row.optional_integer()?.map(Timestamp);
                condition.notices_given_up = row.integer()?;
            }
            Ok(condition)
        })
        .await
    }
}
