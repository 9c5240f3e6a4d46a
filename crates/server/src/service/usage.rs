//! Usage rows: one a call, collected here and written in batches. Telemetry: a crash may lose the last two seconds.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ligand_model::error::ErrorKind;
use ligand_store::identity::{Caller, Reach};
use ligand_store::usage::{UsageFilter, UsageRow};

use super::{Error, elements};
use crate::app::App;

/// How long a row waits at most.
const EVERY: Duration = Duration::from_millis(1500);
/// Rows that wait at most; when the store cannot keep up, further ones are dropped and counted.
const MOST: usize = 50_000;

/// Rows waiting to be written.
#[derive(Debug, Default)]
pub struct Batch(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    rows: Vec<UsageRow>,
    dropped: u64,
}

impl Batch {
    /// Adds a row.
    pub fn add(&self, row: UsageRow) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.rows.len() < MOST {
            waiting.rows.push(row);
        } else {
            waiting.dropped += 1;
        }
    }

    fn take(&self) -> Waiting {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put_back(&self, mut rows: Vec<UsageRow>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
    loop {
        let stopped = tokio::time::timeout(EVERY, stopping.wait()).await.is_ok();
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
