//! Ids of what many make at once, handed out beside the transactions that use them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use postgres::{Client, Statement};

use super::{Target, failed};
use crate::error::Error;
use crate::sql::identity::NEXT_ID;

/// A client of its own, so that the row of a sequence is locked for the length of one statement and not until somebody's
/// commit is on the disk.
///
/// Its commits do not wait for the disk. Whoever uses an id commits later, and PostgreSQL's log is written in order: that
/// commit takes this one along. Whoever has the client takes ids for all who wait for it.
pub(super) struct Ids {
    target: Target,
    /// How many want an id of a kind and have not been counted.
    wanting: Mutex<BTreeMap<&'static str, i64>>,
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    client: Option<(Client, Statement)>,
    /// Taken for those who wait, who fetch them.
    ready: BTreeMap<&'static str, std::ops::RangeInclusive<i64>>,
}

impl Ids {
    pub(super) fn of(target: &Target) -> Self {
        Self {
            target: target.clone(),
            wanting: Mutex::default(),
            desk: Mutex::default(),
        }
    }

    pub(super) fn next(&self, kind: &'static str) -> Result<i64, Error> {
        *locked(&self.wanting).entry(kind).or_default() += 1;
        let mut desk = locked(&self.desk);
        if let Some(id) = desk.ready.get_mut(kind).and_then(Iterator::next) {
            return Ok(id);
        }
        // None are left of those whom a failure has counted in vain.
        let count = locked(&self.wanting).insert(kind, 0).unwrap_or(0).max(1);
        let last = self.take(&mut desk, kind, count)?;
        let mut taken = last - count + 1..=last;
        let first = taken.next();
        desk.ready.insert(kind, taken);
        first.ok_or(Error::Shape { what: "sequence" })
    }

    /// The last of the next `count` ids.
    fn take(&self, desk: &mut Desk, kind: &str, count: i64) -> Result<i64, Error> {
        // A connection that was lost meanwhile is noticed by its first use: the second attempt has a new one.
        if let Some(client) = desk.client.as_mut()
            && let Ok(last) = take(client, kind, count)
        {
            return Ok(last);
        }
        desk.client = None;
        let mut client = self
            .target
            .session("SET synchronous_commit = off; SET statement_timeout = '10s'")?;
        let statement = client
            .prepare(NEXT_ID.postgres())
            .map_err(|error| failed(NEXT_ID.name, &error))?;
        take(desk.client.insert((client, statement)), kind, count)
            .map_err(|error| failed(NEXT_ID.name, &error))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take(
    (client, statement): &mut (Client, Statement),
    kind: &str,
    count: i64,
) -> Result<i64, postgres::Error> {
    client.query_one(statement, &[&kind, &count])?.try_get(0)
}
