//! Usage rows: one a call, collected here and written in batches. Telemetry: a crash may lose the last two seconds.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ligand_model::error::ErrorKind;
use ligand_model::time::Timestamp;
use ligand_store::identity::{Caller, Reach};
use ligand_store::usage::{Counted, UsageFilter, UsageRow};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Error, elements};
use crate::app::App;

/// How long a row waits at most.
const EVERY: Duration = Duration::from_millis(1500);
/// So many rows are written without waiting: a long transaction would hold up other writers, and a thousand calls at
/// once would feel its burst of work.
const SOON: usize = 512;
/// How long rows are kept, milliseconds.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// How often what is older is forgotten.
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// Rows that wait at most; when the store cannot keep up, further ones are dropped and counted.
const MOST: usize = 50_000;

/// Rows waiting to be written.
#[derive(Debug, Default)]
pub struct Batch {
    waiting: Mutex<Waiting>,
    enough: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    rows: Vec<UsageRow>,
    dropped: u64,
}

impl Batch {
    /// Adds a row.
    pub fn add(&self, row: UsageRow) {
        let mut waiting = self.lock();
        if waiting.rows.len() < MOST {
            waiting.rows.push(row);
        } else {
            waiting.dropped += 1;
        }
        if waiting.rows.len() == SOON {
            drop(waiting);
            self.enough.notify_one();
        }
    }

    fn take(&self) -> Waiting {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_back(&self, mut rows: Vec<UsageRow>) {
        let mut waiting = self.lock();
        let room = MOST.saturating_sub(waiting.rows.len());
        let lost = rows.len().saturating_sub(room);
        rows.truncate(room);
        rows.append(&mut waiting.rows);
        waiting.rows = rows;
        waiting.dropped += u64::try_from(lost).unwrap_or(u64::MAX);
    }
}

/// Writes rows every so often until the application stops, and the rest then.
pub async fn write_regularly(app: App) {
    let mut stopping = app.tasks.stopping();
    let mut forgets = Instant::now();
    loop {
        let stopped = tokio::select! {
            () = stopping.wait() => true,
            () = app.memory.usage.enough.notified() => false,
            () = tokio::time::sleep(EVERY) => false,
        };
        if Instant::now() >= forgets {
            forgets = Instant::now() + FORGET_EVERY;
            if let Err(error) = forget(&app).await {
                tracing::warn!(error = %error, "old usage rows could not be forgotten yet");
            }
        }
        if let Err(error) = flush(&app).await {
            tracing::warn!(error = %error, "usage rows could not be written yet");
        }
        if let Err(error) = super::api_keys::flush(&app).await {
            tracing::warn!(error = %error, "when keys were used could not be written yet");
        }
        if stopped {
            return;
        }
    }
}

/// Forgets rows of more than thirty days ago.
///
/// # Errors
/// Those of the store.
pub async fn forget(app: &App) -> Result<(), Error> {
    let before = app.now().plus_millis(-KEPT_MS);
    app.store.prune_usage(before).await?;
    Ok(())
}

/// Writes what is waiting.
///
/// # Errors
/// Those of the store; the rows are kept for the next time.
pub async fn flush(app: &App) -> Result<(), Error> {
    let Waiting { rows, dropped } = app.memory.usage.take();
    if dropped > 0 {
        tracing::warn!(
            dropped,
            "usage rows were dropped: the store does not keep up"
        );
    }
    if rows.is_empty() {
        return Ok(());
    }
    match app.store.insert_usage(rows.clone()).await {
        Ok(()) => Ok(()),
        Err(error) => {
            app.memory.usage.put_back(rows);
            Err(error.into())
        }
    }
}

/// The rows of an organization, newest first.
///
/// # Errors
/// 404 when there are none, 403 for another account's.
pub async fn list(
    app: &App,
    caller: &Caller,
    mut filter: UsageFilter,
) -> Result<Vec<UsageRow>, Error> {
    if let Some(own) = Reach::from(caller).account {
        if filter.accounts.iter().any(|asked| *asked != own) {
            return Err(Error::new(
                ErrorKind::Forbidden,
                "`accountIds` may only name your own account.",
            ));
        }
        filter.accounts = vec![own];
    }
    flush(app).await?;
    let rows = app.store.usage(caller.organization, filter).await?;
    if rows.is_empty() {
        return Err(Error::not_found("No usage found"));
    }
    Ok(rows)
}

/// Calls of an organization from a time, before another, by spans of so many milliseconds.
///
/// # Errors
/// 404 when there are none.
pub async fn counted(
    app: &App,
    caller: &Caller,
    from: Timestamp,
    to: Timestamp,
    span_ms: i64,
) -> Result<Vec<Counted>, Error> {
    flush(app).await?;
    let counted = app
        .store
        .usage_counted(Reach::from(caller), from, to, span_ms)
        .await?;
    if counted.is_empty() {
        return Err(Error::not_found("No usage found"));
    }
    Ok(counted)
}

/// The row of one request.
///
/// # Errors
/// 404 when there is none.
pub async fn get(app: &App, caller: &Caller, request_id: &str) -> Result<UsageRow, Error> {
    flush(app).await?;
    app.store
        .usage_row(caller.organization, request_id)
        .await?
        .filter(|row| Reach::from(caller).holds(row.account))
        .ok_or_else(|| {
            Error::not_found(format!(
                "No usage found with ID {}",
                elements::shown(request_id)
            ))
        })
}

#[cfg(test)]
mod tests {
    use ligand_model::id::{AccountId, OrganizationId, UserId};
    use ligand_model::time::Timestamp;

    use super::*;

    fn row() -> UsageRow {
        UsageRow {
            id: 0,
            organization: OrganizationId(2),
            account: AccountId(2),
            user: UserId(2),
            instance: None,
            element_key: String::new(),
            request_id: String::new(),
            path_template: String::new(),
            method: String::new(),
            status: 200,
            vendor_status: None,
            attempts: 0,
            waits_ms: 0,
            duration_ms: 0,
            time: Timestamp(0),
            ip: String::new(),
            why: None,
        }
    }

    #[tokio::test]
    async fn many_rows_are_not_kept_waiting_and_too_many_are_counted() {
        let batch = Batch::default();
        let soon = async |batch: &Batch| {
            let told = tokio::time::timeout(Duration::ZERO, batch.enough.notified());
            told.await.is_ok()
        };
        (1..SOON).for_each(|_| batch.add(row()));
        assert!(!soon(&batch).await);
        batch.add(row());
        assert!(soon(&batch).await);
        (SOON..MOST + 3).for_each(|_| batch.add(row()));
        let taken = batch.take();
        assert_eq!((taken.rows.len(), taken.dropped), (MOST, 3));
        batch.put_back(taken.rows);
        batch.put_back(vec![row()]);
        assert_eq!(batch.take().dropped, 1);
    }
}
