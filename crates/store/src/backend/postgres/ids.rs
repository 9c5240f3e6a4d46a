//! Ids of what many make at once, handed out beside the transactions that use them.

use std::sync::{Mutex, PoisonError};

use postgres::{Client, Statement};

use super::{Target, failed};
use crate::error::Error;
use crate::sql::identity::NEXT_ID;

/// A client of its own, so that the row of a sequence is locked for the length of one statement and not until somebody's
/// commit is on the disk.
///
/// Its commits do not wait for the disk. Whoever uses an id commits later, and PostgreSQL's log is written in order: that
/// commit takes this one along.
pub(super) struct Ids {
    target: Target,
    client: Mutex<Option<(Client, Statement)>>,
}

impl Ids {
    pub(super) fn of(target: &Target) -> Self {
        Self {
            target: target.clone(),
            client: Mutex::default(),
        }
    }

    pub(super) fn next(&self, kind: &'static str) -> Result<i64, Error> {
        let mut held = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        // A connection that was lost meanwhile is noticed by its first use: the second attempt has a new one.
        if let Some(client) = held.as_mut()
            && let Ok(id) = next(client, kind)
        {
            return Ok(id);
        }
        *held = None;
        let mut client = self
            .target
            .session("SET synchronous_commit = off; SET statement_timeout = '10s'")?;
        let statement = client
            .prepare(NEXT_ID.postgres())
            .map_err(|error| failed(NEXT_ID.name, &error))?;
        next(held.insert((client, statement)), kind).map_err(|error| failed(NEXT_ID.name, &error))
    }
}

fn next((client, statement): &mut (Client, Statement), kind: &str) -> Result<i64, postgres::Error> {
    client.query_one(statement, &[&kind, &1_i64])?.try_get(0)
}
